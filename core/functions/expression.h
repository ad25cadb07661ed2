/* expression.h: bound expressions: what the binder builds, the rules rewrite, the plan carries, and the evaluator runs.
 *
 * Immutable, in an arena, shared freely. Every node knows its type and its place in the SQL text.
 * All typing rules live here and in the function catalogue: callers say which function on which arguments, and get
 * a node with overload chosen, implicit casts inserted and the result type computed, or a user error.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/column.h"
#include "core/data/type.h"

struct arena;
struct function;
struct strbuf;

enum expression_kind {
    EXPRESSION_COLUMN,  /* an input column */
    EXPRESSION_LITERAL, /* a CONSTANT column of one value */
    EXPRESSION_CALL,    /* a function, operator, CASE, CAST … */
    EXPRESSION_FIELD,   /* a field of a ROW expression */
};

struct expression {
    enum expression_kind kind;
    const struct type *type;
    sql_position position;
    union {
        uint32_t column;
        struct column literal;
        struct {
            const struct function *function;
            struct expression **arguments;
            uint32_t argument_count;
        } call;
        struct {
            struct expression *row;
            uint32_t index;
        } field;
    };
};

struct expression *expression_column(struct arena *arena, uint32_t column, const struct type *type,
                                     sql_position position);
struct expression *expression_field(struct arena *arena, struct expression *row, uint32_t index, sql_position position);
struct expression *expression_null(struct arena *arena, const struct type *type, sql_position position);
struct expression *expression_boolean(struct arena *arena, bool value, sql_position position);
struct expression *expression_bigint(struct arena *arena, int64_t value, sql_position position);
struct expression *expression_int(struct arena *arena, int32_t value, sql_position position);
struct expression *expression_double(struct arena *arena, double value, sql_position position);
struct expression *expression_string(struct arena *arena, struct str value,
                                     sql_position position); /* CHAR(n) NOT NULL */
struct expression *expression_interval_us(struct arena *arena, int64_t value_us, sql_position position);
/* Number text as SQL types it: INT, BIGINT, DECIMAL(p,s), DOUBLE when it has an exponent. */
enum status expression_number(struct arena *arena, struct str text, sql_position position, struct expression **result,
                              struct error *error) MUST_CHECK;
/* Typed literal from text: DATE '…', TIMESTAMP '…', X'…' …  */
enum status expression_typed_literal(struct arena *arena, const struct type *type, struct str text,
                                     sql_position position, struct expression **result, struct error *error) MUST_CHECK;
/* From one value of a column (constant folding). */
struct expression *expression_from_value(struct arena *arena, const struct column *column, uint32_t row,
                                         sql_position position);

/* Calls the scalar function or operator of this name (ASCII case ignored; canonical operator names are listed in
 * functions.def: "+", "=", "and", "case", "like", "is null", "array", "row", "element" …).
 * Errors: UNDEFINED_FUNCTION with the nearest name or the signatures that exist, DATATYPE_MISMATCH; point at `position`. */
enum status expression_call(struct arena *arena, const char *name, struct expression *const *arguments,
                            uint32_t argument_count, sql_position position, struct expression **result,
                            struct error *error) MUST_CHECK;

enum cast_kind {
    CAST_IMPLICIT, /* only where Flink casts by itself; DATATYPE_MISMATCH otherwise */
    CAST_EXPLICIT, /* CAST(x AS t): fails at run time on a bad value */
    CAST_TRY,      /* TRY_CAST: NULL on a bad value */
};
/* Returns `argument` itself when it is of the type already. */
enum status expression_cast(struct arena *arena, struct expression *argument, const struct type *type,
                            enum cast_kind kind, sql_position position, struct expression **result,
                            struct error *error) MUST_CHECK;
bool type_can_cast(const struct type *from, const struct type *to, enum cast_kind kind);

/* Properties the rules ask for. */
bool expression_is_constant(const struct expression *expression); /* no column, nothing volatile or of session time */
bool expression_is_deterministic(
    const struct expression *expression);                      /* same input, same output (no RAND, NOW, PROCTIME) */
bool expression_can_fail(const struct expression *expression); /* may raise an error at run time (division, cast …) */
bool expression_equal(const struct expression *a, const struct expression *b);
bool expression_is_literal_true(const struct expression *expression);
bool expression_is_null_literal(const struct expression *expression);
/* Calls visit for every node, parents first; stops when it returns false. */
bool expression_walk(struct expression *expression, bool (*visit)(struct expression *node, void *context),
                     void *context);
/* Copy with every COLUMN node replaced by replace(column node); NULL result keeps the node. */
struct expression *expression_replace_columns(struct arena *arena, struct expression *expression,
                                              struct expression *(*replace)(struct arena *arena,
                                                                            struct expression *column, void *context),
                                              void *context);
/* SQL text, with names for columns ("$3" where names is NULL or too short). Operators in infix form. */
void expression_print(struct strbuf *out, const struct expression *expression, const struct schema *names);
