/* binder.h: from names to columns and types: syntax trees become logical plans. Internal to the planner.
 *
 *   bind_query ─▶ bind_select ─▶ bind_relation (FROM) ─▶ bind_expression (WHERE) ─▶ grouping (GROUP BY, aggregates)
 *                            ─▶ bind_expression (SELECT list, HAVING, ORDER BY)
 *
 * Typing lives in core/functions; the binder knows scopes, aliases, stars, aggregation, windows and time attributes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/settings.h"
#include "core/base/status.h"
#include "core/functions/function.h"
#include "grammar/ast.h"
#include "planner/logical.h"
#include "planner/planner.h"

/* Views and WITH queries are bound anew where they are used: what one statement may grow to. */
enum { VIEW_DEPTH_MAX = 64, RELATIONS_MAX = 10000 };

struct cte {
    const struct ast_cte *definition;
    const struct cte *outer; /* those visible to it, and the next one to look at */
};

struct binder {
    struct arena *arena;
    const struct catalogue *catalogue;
    const struct settings *settings; /* NULL = defaults */
    struct str sql_text;
    struct planner_notices *notices; /* may be NULL */
    struct error *error;
    const struct cte *ctes;
    unsigned view_depth;
    const struct catalogue_object *view; /* whose query is being bound; NULL = the statement's own */
    unsigned relation_count;
    struct evaluation_context evaluation; /* for constants */
    struct logical_emit emit;             /* of the query being bound, or of one around it */
    bool emit_used;                       /* some aggregation took it */
};

void binder_init(struct binder *binder, struct arena *arena, const struct catalogue *catalogue,
                 const struct planner_options *options, struct planner_notices *notices, struct error *error);
bool binder_setting_bool(const struct binder *binder, enum setting setting);
void binder_notice(struct binder *binder, sql_position position, const char *message, const char *hint);
void binder_ignore_hint(struct binder *binder, const struct ast_hint *hint);
/* "JOIN is parsed but not executed yet", SQLSTATE 0A000. */
enum status binder_unsupported(const struct binder *binder, sql_position position, const char *what) MUST_CHECK;

/* ---- scopes ---- */

/* A relation of FROM, as columns may be qualified with it. */
struct scope_table {
    const char *alias;
    const char *database, *catalog; /* NULL unless it is a table under its own name */
};

/* What names mean at one place: the columns of a node. */
struct scope {
    struct logical *node;
    const struct scope_table **tables; /* of each column; an item may be NULL */
};

struct grouping;

struct expression_context {
    struct binder *binder;
    const struct scope *scope;
    struct grouping *grouping; /* NULL: no aggregates here */
    const char *clause;        /* "WHERE", for messages */
};

/* ---- expressions (binder_expression.c, binder_name.c, binder_type.c) ---- */

enum status bind_expression(const struct expression_context *context, const struct ast_expression *ast,
                            struct expression **expression) MUST_CHECK;
/* The same, and BOOLEAN. `what`: "WHERE", for messages. */
enum status bind_condition(const struct expression_context *context, const struct ast_expression *ast, const char *what,
                           struct expression **condition) MUST_CHECK;
enum status bind_arguments(const struct expression_context *context, const struct ast_call *call,
                           struct expression ***arguments, uint32_t *count) MUST_CHECK;
/* The value of a constant expression of this type (INTERVAL DAY TO SECOND, BIGINT); not NULL. */
enum status bind_constant_int64(struct binder *binder, const struct ast_expression *ast, const struct type *type,
                                const char *what, int64_t *value) MUST_CHECK;
enum status bind_type(struct arena *arena, const struct ast_type *ast, const struct type **type,
                      struct error *error) MUST_CHECK;

/* A name to a column (and fields of it). */
enum status bind_column(const struct expression_context *context, const struct ast_names *names,
                        struct expression **expression) MUST_CHECK;
enum status bind_field(const struct binder *binder, struct expression *row, const struct ast_name *name,
                       struct expression **field) MUST_CHECK;
/* The column of the scope that a name means without any field access, or -1. */
int scope_find(const struct scope *scope, const struct ast_names *names);
/* Columns of `table.*`; false when no such table is in scope. */
bool scope_star(const struct scope *scope, const struct ast_names *qualifier, bool *columns);

/* ---- queries ---- */

enum status bind_query(struct binder *binder, const struct ast_query *query, struct logical **result) MUST_CHECK;
enum status bind_body(struct binder *binder, const struct ast_query_body *body, const struct ast_query *query,
                      struct logical **result, bool *ordered) MUST_CHECK;
/* `query` brings ORDER BY (LIMIT is added by the caller). */
enum status bind_select(struct binder *binder, const struct ast_select *select, const struct ast_query *query,
                        struct logical **result) MUST_CHECK;
enum status bind_relation(struct binder *binder, const struct ast_relation *relation, struct scope *scope) MUST_CHECK;
/* The object of a name, looked up from inside the view that is being bound. */
enum status bind_object(struct binder *binder, const struct ast_names *name,
                        const struct catalogue_object **object) MUST_CHECK;
/* A table or view by name, hints applied. */
enum status bind_table(struct binder *binder, const struct ast_names *name, const struct ast_hints *hints,
                       struct logical **result) MUST_CHECK;
/* LIMIT and OFFSET of a query. */
enum status bind_range(struct binder *binder, const struct ast_query *query, struct logical_range *range) MUST_CHECK;
/* NULLS FIRST/LAST of an item, as Flink defaults it: first when ascending. */
bool sort_nulls_first(const struct ast_sort_item *item);
/* One-row, no-column input for SELECT without FROM. */
struct logical *bind_one_row(struct binder *binder);
/* Brings the inputs' columns to common types, position by position. */
enum status bind_union_inputs(struct binder *binder, struct logical **inputs, uint32_t count,
                              sql_position position) MUST_CHECK;

/* INSERT: the query's columns as the table wants them, and the sink on top. */
enum status bind_insert(struct binder *binder, const struct ast_insert *insert, struct logical **sink) MUST_CHECK;
enum status bind_insert_query(struct binder *binder, const struct catalogue_object *table, struct logical *query,
                              sql_position position, struct logical **sink) MUST_CHECK;
struct logical *bind_client_sink(struct binder *binder, struct logical *query);
/* Names made unique as Flink does: id, id0, id1. */
const char **unique_names(struct arena *arena, const struct logical *node);

/* ---- aggregation (binder_aggregate.c) ---- */

/* Columns of an expression bound in a grouped SELECT, before its Aggregate exists: below these bases they are the
 * input's, above them the numbered aggregate or window property. grouping_finish turns all into columns of the Aggregate. */
enum { COLUMN_AGGREGATE_BASE = 1 << 24, COLUMN_WINDOW_BASE = 1 << 25, COLUMN_INDICATOR_BASE = 1 << 26 };

/* A window in GROUP BY, or attached to the input by a window table function. */
struct group_window {
    const char *function; /* "TUMBLE" */
    struct logical_window window;
    struct expression *time; /* over the input; NULL when attached */
    bool attached;
    uint32_t start_column, end_column; /* of the input, when attached */
    int role_column;                   /* the input's window_time, when attached; -1 = none */
    sql_position position;
};

struct grouping_key {
    struct expression *expression; /* over the input */
    const char *name;              /* NULL = none of its own */
};

struct grouping_call {
    struct logical_aggregate_call call; /* arguments and filter index `arguments` of the grouping */
    struct expression **arguments;
    struct expression *filter;
};

/* GROUPING(a, b): which of these keys are not in the set that a row is of. */
struct grouping_indicator {
    struct expression **arguments;
    uint32_t count;
};

struct grouping {
    struct binder *binder;
    const struct scope *scope; /* of the input */
    struct {
        struct grouping_key *items;
        size_t count, capacity;
    } keys;
    struct {
        struct grouping_call *items;
        size_t count, capacity;
    } calls;
    struct {
        struct grouping_indicator *items;
        size_t count, capacity;
    } indicators;
    bool has_window;
    struct group_window window;
    bool grouped; /* GROUP BY was written */
};

/* An aggregate call found while binding an expression of a grouped SELECT. */
enum status bind_aggregate(const struct expression_context *context, const struct ast_expression *ast,
                           struct expression **expression) MUST_CHECK;
/* Adds a key unless it is one already; returns its index. */
uint32_t grouping_add_key(struct grouping *grouping, struct expression *expression, const char *name);
/* Index of the key that the expression equals; -1 = none. */
int grouping_key_of(const struct grouping *grouping, const struct expression *expression);
/* GROUPING_ERROR for an input column that is neither grouped nor aggregated. */
enum status grouping_check(const struct grouping *grouping, struct expression *expression) MUST_CHECK;
/* Builds Project and Aggregate; expressions bound before are brought over with grouping_resolve. */
enum status grouping_finish(struct grouping *grouping, struct logical **result) MUST_CHECK;
/* The expression over the Aggregate's columns. */
struct expression *grouping_resolve(const struct grouping *grouping, const struct logical *aggregate,
                                    struct expression *expression);
bool ast_has_aggregate(const struct ast_expression *ast);
/* GROUPING and GROUPING_ID (binder_group_by.c). */
bool is_grouping_indicator(const char *function);
enum status bind_grouping_indicator(const struct expression_context *context, const struct ast_expression *ast,
                                    struct expression **expression) MUST_CHECK;

/* ---- JSON functions (binder_json.c) ---- */

/* A call that binder_json.c binds: one with clauses, or one that makes JSON. */
bool is_json_call(const struct ast_call *call);
/* JSON_OBJECTAGG, JSON_ARRAYAGG. */
bool is_json_aggregate(const struct ast_call *call);
enum status bind_json_call(const struct expression_context *context, const struct ast_expression *ast,
                           struct expression **expression) MUST_CHECK;

/* ---- windows (binder_window.c) ---- */

/* TUMBLE, HOP, SESSION, CUMULATE by function name. */
const char *window_function_nearest(const char *name); /* for hints; NULL: none is near */
bool window_function_find(const char *function, Plan__WindowKind *kind);
/* TUMBLE_START … in a grouped SELECT, also the bare names window_start, window_end, window_time. */
bool is_window_property(const char *function);
enum status bind_window_property(const struct expression_context *context, const struct ast_expression *ast,
                                 struct expression **expression) MUST_CHECK;
bool bind_window_column(const struct grouping *grouping, const struct ast_names *names, struct expression **expression);
/* TUMBLE(ts, 10s) of a GROUP BY. */
enum status bind_group_window(const struct expression_context *context, const struct ast_expression *ast,
                              struct group_window *window) MUST_CHECK;
/* Takes window_start and window_end from the keys when the input's columns have these roles. */
void grouping_attach_window(struct grouping *grouping);
/* TUMBLE(TABLE t, DESCRIPTOR(ts), …) of a FROM. */
enum status bind_window_table(struct binder *binder, const struct ast_expression *ast, struct scope *scope) MUST_CHECK;
