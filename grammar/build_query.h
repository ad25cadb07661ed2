/* build_query.h: queries: SELECT, VALUES, set operations, WITH, ORDER BY, LIMIT, EMIT, hints. */
#pragma once

#include "grammar/build.h"

struct build_quantifier { /* SELECT [DISTINCT [ON (...)]] */
    bool distinct;
    struct ast_expressions *on;
};
struct build_group {
    bool grouped;
    bool distinct;
    struct ast_group_items *items;
};
struct build_tail { /* what follows the body of a query; for paging only limit and offset count */
    struct ast_sort_items *order_by;
    struct ast_expression *limit;
    struct ast_expression *offset;
    struct ast_emit emit;
};
struct build_with {
    sql_position position;
    bool recursive;
    struct ast_ctes *ctes;
};

/* --- SELECT --- */

struct build_quantifier build_select_distinct(bool distinct, struct ast_expressions *on);
struct build_group build_no_group(void);
struct build_group build_group(bool distinct, struct ast_group_items *items);
struct ast_select *build_select(struct builder *build, struct sql_token keyword, struct ast_hints *hints,
                                struct build_quantifier quantifier, struct ast_select_items *items);
struct ast_select *build_select_clauses(struct builder *build, struct ast_select *select, struct ast_relation *from,
                                        struct ast_expression *where, struct build_group group,
                                        struct ast_expression *having, struct ast_named_windows *windows,
                                        struct ast_expression *qualify);
struct ast_select_items *build_select_items(struct builder *build, struct ast_select_items *list,
                                            struct ast_select_item item);
struct ast_select_item build_select_item(struct builder *build, struct ast_expression *expression,
                                         const struct ast_name *alias);
struct ast_group_items *build_group_items(struct builder *build, struct ast_group_items *list,
                                          struct ast_group_item *item);
struct ast_group_item *build_group_expression(struct builder *build, struct ast_expression *expression);
struct ast_group_item *build_group_of(struct builder *build, struct sql_token keyword, enum ast_group_kind kind,
                                      struct ast_group_items *items);
struct ast_named_windows *build_named_windows(struct builder *build, struct ast_named_windows *list,
                                              struct ast_name name, struct ast_window *window);

/* --- bodies and queries --- */

struct ast_query_body *build_body_select(struct builder *build, struct ast_select *select);
struct ast_query_body *build_body_values(struct builder *build, struct sql_token keyword, struct ast_expressions *rows);
struct ast_query_body *build_body_table(struct builder *build, struct sql_token keyword, struct ast_names *name);
struct ast_query_body *build_body_set(struct builder *build, struct sql_token operator, bool all,
                                      struct ast_query_body *left, struct ast_query_body *right);
struct ast_query_body *build_body_query(struct builder *build, struct ast_query *query);
/* `with` and `tail` may be NULL. */
struct ast_query *build_query(struct builder *build, const struct build_with *with, struct ast_query_body *body,
                              const struct build_tail *tail);
struct ast_query *build_query_in_parens(struct builder *build, struct sql_token open, struct ast_query *query);

struct build_with build_with(struct sql_token keyword, bool recursive, struct ast_ctes *ctes);
struct ast_ctes *build_ctes(struct builder *build, struct ast_ctes *list, struct ast_cte cte);
struct ast_cte build_cte(struct ast_name name, struct ast_names *columns, struct ast_query *query);

struct build_tail build_paging(struct ast_expression *limit, struct ast_expression *offset);
struct build_tail build_tail(struct ast_sort_items *order_by, struct build_tail paging, struct ast_emit emit);
struct ast_emit build_no_emit(void);
struct ast_emit build_emit(struct builder *build, struct sql_token keyword, enum ast_emit_kind kind,
                           struct ast_expression *every);

/* --- hints --- */

struct ast_hints *build_hints(struct builder *build, struct ast_hints *list, struct ast_hint *hint);
/* Names the arguments collected so far (NULL = none). */
struct ast_hint *build_hint(struct builder *build, struct ast_name name, struct ast_hint *arguments);
struct ast_hint *build_hint_option(struct builder *build, struct ast_hint *hint, struct sql_token key,
                                   struct sql_token value);
struct ast_hint *build_hint_named_option(struct builder *build, struct ast_hint *hint, struct ast_name key,
                                         struct sql_token value);
struct ast_hint *build_hint_text(struct builder *build, struct ast_hint *hint, struct sql_token token);
struct ast_hint *build_hint_names(struct builder *build, struct ast_hint *hint, struct ast_names *names);
