/* build_call.h: function calls with all their clauses, windows (OVER), sort items. */
#pragma once

#include "grammar/build.h"

enum build_nulls { BUILD_NULLS_DEFAULT, BUILD_NULLS_IGNORE, BUILD_NULLS_RESPECT };

/* A call of a canonical function with that many arguments, any of them NULL from some point on. */
struct ast_expression *build_function(struct builder *build, enum ast_call_syntax syntax, const char *function,
                                      struct sql_token token, sql_position position, struct ast_expression *first,
                                      struct ast_expression *second, struct ast_expression *third,
                                      struct ast_expression *fourth);
/* The same of a list; may be NULL. */
struct ast_expression *build_function_of(struct builder *build, enum ast_call_syntax syntax, const char *function,
                                         struct sql_token token, sql_position position, struct ast_expressions *list);

/* Special forms: `function` NULL = the keyword's own name. */
struct ast_expression *build_special(struct builder *build, struct sql_token keyword, const char *function,
                                     struct ast_expression *first, struct ast_expression *second,
                                     struct ast_expression *third, struct ast_expression *fourth);
struct ast_expression *build_plain_call(struct builder *build, struct sql_token keyword, struct ast_expressions *list);
struct ast_expression *build_niladic(struct builder *build, struct sql_token keyword);

struct ast_expression *build_call(struct builder *build, struct ast_names *names, struct ast_arguments *arguments);
struct ast_expression *build_call_star(struct builder *build, struct ast_names *names, struct sql_token star);
struct ast_expression *build_call_ordered(struct builder *build, struct ast_names *names, bool distinct,
                                          struct ast_arguments *arguments, struct ast_sort_items *order_by);
/* IGNORE NULLS or RESPECT NULLS, inside the parentheses or after them. */
struct ast_expression *build_call_nulls(struct ast_expression *expression, enum build_nulls nulls);
struct ast_expression *build_call_clauses(struct builder *build, struct ast_expression *call,
                                          struct ast_sort_items *within_group, enum build_nulls nulls,
                                          struct ast_expression *filter, struct ast_window *over);

struct ast_arguments *build_arguments(struct builder *build, struct ast_arguments *list, struct ast_argument argument);
struct ast_argument build_argument(const struct ast_name *name, struct ast_expression *expression);
struct ast_expression *build_table_argument(struct builder *build, struct sql_token keyword, struct ast_names *names,
                                            struct ast_query *query, struct ast_expression *partition_by,
                                            struct ast_sort_items *order_by);
struct ast_expression *build_descriptor(struct builder *build, struct sql_token keyword, struct ast_names *columns);

/* --- sorting and windows --- */

struct build_frame {
    enum ast_frame_unit unit;
    struct ast_frame_bound start;
    struct ast_frame_bound end;
};

struct ast_sort_items *build_sort_items(struct builder *build, struct ast_sort_items *list, struct ast_sort_item item);
struct ast_sort_item build_sort_item(struct ast_expression *expression, int direction, enum ast_nulls_order nulls);
struct ast_window *build_window_reference(struct builder *build, struct ast_name name);
struct ast_window *build_window(struct builder *build, struct sql_token open, const struct ast_name *base,
                                struct ast_expressions *partition_by, struct ast_sort_items *order_by,
                                struct build_frame frame);
struct build_frame build_no_frame(void);
struct build_frame build_frame(struct builder *build, enum ast_frame_unit unit, struct ast_frame_bound start,
                               const struct ast_frame_bound *end);
struct ast_frame_bound build_bound(enum ast_frame_bound_kind kind, sql_position position,
                                   struct ast_expression *offset);
