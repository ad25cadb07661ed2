/* signature.h: the text in functions.def that says what an overload takes and gives.
 *
 *   signature := result "<-" [parameter {"," parameter}]
 *   parameter := pattern ["?"] ["..."]    "?" may be left out; "..." one or more of the last
 *   result    := pattern ["!" | "?"]      "!" never NULL, "?" may be NULL whatever is given, neither: NULL when an argument is
 *   pattern   := type | class | variable [":" class] | "array<" pattern ">" | "map<" pattern "," pattern ">"
 *                | "decimal(" rule ")"    results only: add, multiply, divide, modulo, round … of the decimal arguments
 *   type      := boolean tinyint smallint int bigint float double string bytes date time timestamp timestamp_ltz
 *                interval_month interval_second, with "(precision)" for a timestamp result
 *   class     := any comparable numeric integer decimal text timestamps datetime interval unit row
 *   variable  := one capital letter: all its arguments are brought to one type
 *
 * A type takes what Flink casts to it by itself; a class takes its members as they are; "text" takes anything and casts it
 * to a string; "unit" is a string literal that names a time unit ('DAY').
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/type.h"

struct arena;
struct expression;

enum { SIGNATURE_PARAMETER_MAX = 8, SIGNATURE_VARIABLE_COUNT = 26, PATTERN_NODE_MAX = 24 };

enum type_class {
    CLASS_ANY,
    CLASS_COMPARABLE,
    CLASS_NUMERIC,
    CLASS_INTEGER,
    CLASS_DECIMAL,
    CLASS_TEXT,
    CLASS_TIMESTAMPS,
    CLASS_DATETIME,
    CLASS_INTERVAL,
    CLASS_UNIT,
    CLASS_ROW,
    CLASS_COUNT
};

enum pattern_kind { PATTERN_TYPE, PATTERN_CLASS, PATTERN_VARIABLE, PATTERN_ARRAY, PATTERN_MAP, PATTERN_DECIMAL };

struct pattern {
    enum pattern_kind kind;
    enum type_kind type;   /* TYPE */
    int precision;         /* TYPE: -1 none */
    enum type_class class; /* CLASS, VARIABLE */
    uint8_t variable;      /* VARIABLE: 0 … 25 */
    uint8_t rule;          /* DECIMAL */
    const struct pattern *element, *key;
};

struct parameter {
    const struct pattern *pattern;
    bool optional;
    bool repeated;
};

struct signature {
    const struct pattern *result;
    bool never_null, always_nullable;
    struct parameter parameters[SIGNATURE_PARAMETER_MAX];
    uint32_t parameter_count;
    struct pattern nodes[PATTERN_NODE_MAX]; /* where patterns lie */
    uint32_t node_count;
};

/* false when the text is not a signature (a bug in functions.def, found by the catalogue's test). */
bool signature_parse(const char *text, struct signature *signature);

/* How well the arguments fit: 0 exactly, more for each implicit cast, -1 not at all. When they fit: the type that each
 * argument must be cast to (NULL: leave as is) and the type of the result. */
int signature_match(struct arena *arena, const struct signature *signature, struct expression *const *arguments,
                    uint32_t argument_count, const struct type **casts, const struct type **result);

/* Cost of Flink's implicit cast between scalar types: 0 when the kinds are the same, -1 when there is none. */
int implicit_cast_cost(const struct type *from, enum type_kind to);
/* The common type of two arguments that are compared or chosen between; texts give way to the other side when
 * `from_text` (comparison). NULL when there is none. */
const struct type *type_common_argument(struct arena *arena, const struct type *a, const struct type *b,
                                        bool from_text);

/* Flink's DECIMAL arithmetic. Integers count as DECIMAL(3|5|10|19, 0). */
const struct type *decimal_type_of(struct arena *arena, const struct type *type);
const struct type *decimal_add_type(struct arena *arena, const struct type *a, const struct type *b);
const struct type *decimal_multiply_type(struct arena *arena, const struct type *a, const struct type *b);
const struct type *decimal_divide_type(struct arena *arena, const struct type *a, const struct type *b);
const struct type *decimal_modulo_type(struct arena *arena, const struct type *a, const struct type *b);
