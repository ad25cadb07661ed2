/* logical.h: the logical plan: what a query means, before it is decided how it runs.
 *
 * A tree of immutable nodes in the statement's arena; rules build new nodes and share the old ones. Expressions of a node
 * refer to its input's columns by index. Every column knows whether it still is a time attribute and whether it is the
 * start, end or time of a window: that is what windows, OVER and temporal operators ask for, through projections and views.
 *
 *   node        columns it gives                                     operands
 *   Scan        the chosen columns of a table                        -
 *   Watermark   as its input                                         rowtime column, watermark expression
 *   Values      literals                                             rows
 *   Project     one per expression                                   expressions over the input
 *   Filter      as its input                                         condition
 *   WindowTable input, window_start, window_end, window_time         window
 *   Aggregate   keys, aggregates [, window_start, window_end, window_time]
 *   Distinct    as its input                                         -
 *   Sort        as its input                                         keys [, limit, offset]
 *   Limit       as its input                                         limit, offset
 *   Union       as its inputs (types are equal)                      - (UNION ALL)
 *   Sink        as its input                                         table, or the client
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/type.h"
#include "core/functions/expression.h"
#include "planner/catalogue.h"
#include "planner/plan.h"

struct aggregate;
struct arena;
struct strbuf;

enum logical_kind {
    LOGICAL_SCAN,
    LOGICAL_WATERMARK,
    LOGICAL_VALUES,
    LOGICAL_PROJECT,
    LOGICAL_FILTER,
    LOGICAL_WINDOW_TABLE,
    LOGICAL_AGGREGATE,
    LOGICAL_DISTINCT,
    LOGICAL_SORT,
    LOGICAL_LIMIT,
    LOGICAL_UNION,
    LOGICAL_SINK,
};

enum time_attribute { TIME_NONE, TIME_EVENT, TIME_PROCESSING };
enum window_role { WINDOW_ROLE_NONE, WINDOW_ROLE_START, WINDOW_ROLE_END, WINDOW_ROLE_TIME };

struct logical_column {
    const char *name;
    const struct type *type;
    enum time_attribute time;
    enum window_role window;
};

/* A column of the table as it is read. */
struct scan_column {
    uint32_t table_column;   /* index into the object's columns (physical or metadata) */
    const struct type *type; /* as read: a ROW may have fewer fields than declared */
};

struct logical_scan {
    const struct catalogue_object *table;
    const struct options *options;           /* with hints applied */
    const struct options *connector_options; /* the same, for the connector */
    struct scan_column *columns;             /* parallel to the node's columns */
    uint64_t row_limit;                      /* 0 = none */
    bool bounded;
};

struct logical_window {
    Plan__WindowKind kind;
    int64_t size_us, slide_us, offset_us, gap_us;
    uint32_t time_column; /* of the input */
    bool processing_time;
    uint32_t *partition_columns; /* of the input; SESSION table function */
    uint32_t partition_count;
};

struct logical_aggregate_call {
    const struct aggregate *aggregate;
    uint32_t *arguments; /* input columns */
    uint32_t argument_count;
    struct expression **constants; /* literal arguments after the first */
    uint32_t constant_count;
    bool distinct;
    int filter; /* BOOLEAN input column; -1 = none */
    const struct type *type;
    const char *name; /* SQL name, upper case */
    sql_position position;
};

struct logical_emit {
    enum ast_emit_kind kind;
    int64_t interval_us;
    sql_position position;
};

struct logical_aggregate {
    uint32_t *keys; /* input columns */
    uint32_t key_count;
    struct logical_aggregate_call *calls;
    uint32_t call_count;
    bool has_window;
    struct logical_window window;
    bool input_has_window; /* the window is in these input columns already */
    uint32_t window_start_column, window_end_column;
    struct logical_emit emit;
    bool
        keeps_last; /* rows that replace each other by key, from a source of such: the calls are LAST_VALUE, NULL included */
};

struct logical_sort_key {
    uint32_t column;
    bool descending;
    bool nulls_first;
};

struct logical_range { /* LIMIT and OFFSET */
    bool has_limit;
    uint64_t limit, offset;
};

struct logical_sort {
    struct logical_sort_key *keys;
    uint32_t key_count;
    struct logical_range range;
};

struct logical_sink {
    const struct catalogue_object *table; /* NULL = the client */
    const struct options *connector_options;
    uint32_t *table_columns; /* parallel to the node's columns: index into the table's */
};

struct logical {
    enum logical_kind kind;
    sql_position position; /* of what made it in the SQL text; 0 unknown */
    struct logical **inputs;
    uint32_t input_count;
    struct logical_column *columns;
    uint32_t column_count;
    union {
        struct logical_scan scan;
        struct {
            uint32_t column;
            struct expression *expression;
        } watermark;
        struct {
            struct expression ***rows; /* literals */
            uint32_t row_count;
        } values;
        struct {
            struct expression **expressions; /* parallel to columns */
        } project;
        struct {
            struct expression *condition;
        } filter;
        struct {
            struct logical_window window;
        } window_table;
        struct logical_aggregate aggregate;
        struct logical_sort sort;
        struct logical_range limit;
        struct logical_sink sink;
    };
};

/* Constructors: nodes in `arena`; lists are taken, not copied. */
struct logical *logical_new(struct arena *arena, enum logical_kind kind, struct logical *input);
/* A copy that may be changed before it is shared. */
struct logical *logical_copy(struct arena *arena, const struct logical *node);
/* The same operation over other inputs (same columns). */
struct logical *logical_with_inputs(struct arena *arena, const struct logical *node, struct logical **inputs);
struct logical *logical_with_input(struct arena *arena, const struct logical *node, struct logical *input);

/* names[i] may be NULL: taken from a column reference, else EXPR$i. Time attributes follow plain column references. */
struct logical *logical_project(struct arena *arena, struct logical *input, struct expression **expressions,
                                const char *const *names, uint32_t count);
/* The first `count` columns (all when count is the input's number) as they are. */
struct expression **logical_identity(struct arena *arena, const struct logical *input, uint32_t count);
struct logical *logical_filter(struct arena *arena, struct logical *input, struct expression *condition);
struct logical *logical_union(struct arena *arena, struct logical **inputs, uint32_t count);
struct logical *logical_limit(struct arena *arena, struct logical *input, const struct logical_range *range);

/* The three columns that windows add, in columns[0..3): the bounds as wall-clock times of the session, as in Flink, and the
 * row time, of the time attribute's kind. */
void logical_window_columns(struct arena *arena, const struct type *time_type, bool processing_time,
                            struct logical_column *columns);

/* The window whose start, end or time this column is; NULL when its role is WINDOW_ROLE_NONE. */
const struct logical_window *logical_window_origin(const struct logical *node, uint32_t column);

/* A reference to a column of the node. */
struct expression *logical_column_reference(struct arena *arena, const struct logical *node, uint32_t column);
struct schema *logical_schema(struct arena *arena, const struct logical *node);
bool logical_is_bounded(const struct logical *node);
/* Does the project give its input's columns, in order? Names do not count. */
bool logical_is_identity(const struct logical *project);
bool scan_options_equal(const struct options *a, const struct options *b); /* the same keys and values, in any order */
/* Depth-first equality of whole trees, names included. */
bool logical_equal(const struct logical *a, const struct logical *b);

/* ---- expressions over columns ---- */

/* Conjuncts of an AND tree, left to right, appended. */
struct conjuncts {
    struct expression **items;
    size_t count;
    size_t capacity;
};
void conjuncts_split(struct arena *arena, struct expression *condition, struct conjuncts *conjuncts);
/* NULL for none. */
struct expression *conjuncts_join(struct arena *arena, const struct conjuncts *conjuncts);

/* Replaces column i by replacements[i]; an entry may be NULL when the column is known not to occur. */
struct expression *expression_substitute(struct arena *arena, struct expression *expression,
                                         struct expression *const *replacements);
/* Column i becomes column mapping[i]; UINT32_MAX must not occur. */
struct expression *expression_remap(struct arena *arena, struct expression *expression, const uint32_t *mapping);
/* Marks the columns that occur. */
void expression_mark_columns(struct expression *expression, bool *used);
bool expression_uses_only(struct expression *expression, const bool *allowed);
/* PROCTIME() itself. */
bool expression_is_processing_time(const struct expression *expression);
/* Nodes of the expression as a tree, counting no further than `limit`. */
size_t expression_size(const struct expression *expression, size_t limit);

/* ---- EXPLAIN ---- */

/* The tree as indented text, as Flink's "Abstract Syntax Tree". */
void logical_print(struct strbuf *out, const struct logical *node);
