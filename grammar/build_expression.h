/* build_expression.h: expressions, calls, windows (OVER), sorting. */
#pragma once

#include "grammar/build.h"

/* An empty expression from `position` to the last token; `child` is the depth of its deepest part. */
struct ast_expression *build_expression(struct builder *build, enum ast_expression_kind kind, sql_position position,
                                        unsigned child);
struct ast_expressions *build_expressions(struct builder *build, struct ast_expressions *list,
                                          struct ast_expression *expression);

/* --- operators --- */

struct ast_expression *build_binary(struct builder *build, struct sql_token operator, struct ast_expression * left,
                                    struct ast_expression *right);
/* AND, OR, ||: as build_binary, but a long chain becomes a balanced tree. */
struct ast_expression *build_chain(struct builder *build, struct sql_token operator, struct ast_expression * left,
                                   struct ast_expression *right);
struct ast_expression *build_not(struct builder *build, sql_position position, struct ast_expression *expression);
struct ast_expression *build_sign(struct builder *build, struct sql_token operator, struct ast_expression * expression);
struct ast_expression *build_matching(struct builder *build, struct sql_token operator, struct ast_expression * value,
                                      struct ast_expression *pattern, struct ast_expression *escape, bool negated);
struct ast_expression *build_between(struct builder *build, struct ast_expression *value, bool symmetric,
                                     struct ast_expression *from, struct ast_expression *to, bool negated);
struct ast_expression *build_in(struct builder *build, struct ast_expression *value, struct ast_expressions *list,
                                struct ast_query *query, bool negated);
struct ast_expression *build_quantified(struct builder *build, struct ast_expression *value, struct sql_token operator,
                                        enum ast_quantifier quantifier, struct ast_expressions *list,
                                        struct ast_query *query);
struct ast_expression *build_is(struct builder *build, struct ast_expression *value, bool negated,
                                struct sql_token what);
struct ast_expression *build_is_json(struct builder *build, struct ast_expression *value, bool negated,
                                     const char *kind);
struct ast_expression *build_is_distinct(struct builder *build, struct ast_expression *left, bool negated,
                                         struct ast_expression *right);
struct ast_expression *build_at_time_zone(struct builder *build, struct ast_expression *value,
                                          struct ast_expression *zone);
struct ast_expression *build_element(struct builder *build, struct ast_expression *value, struct ast_expression *index);

/* --- primaries --- */

struct ast_expression *build_column(struct builder *build, struct ast_names *names);
struct ast_expression *build_star(struct builder *build, struct ast_names *qualifier, struct sql_token star);
struct ast_expression *build_field_access(struct builder *build, struct ast_expression *row, struct ast_name name);
/* Widens the expression to its parentheses. */
struct ast_expression *build_parens(struct builder *build, struct sql_token open, struct ast_expression *expression);
struct ast_expression *build_row(struct builder *build, struct sql_token open, struct ast_expression *first,
                                 struct ast_expressions *rest);
/* The items of ROW(a, b) or (a, b); of anything else a list of that alone. NULL for ROW(). */
struct ast_expressions *build_row_items(struct builder *build, struct ast_expression *expression);
struct ast_expression *build_constructor(struct builder *build, struct sql_token keyword, struct ast_expressions *list);
struct ast_expression *build_subquery(struct builder *build, struct ast_query *query);
struct ast_expression *build_exists(struct builder *build, struct sql_token keyword, struct ast_query *query);
struct ast_expression *build_case(struct builder *build, struct sql_token keyword, struct ast_expression *operand,
                                  struct ast_whens *whens, struct ast_expression *otherwise);
struct ast_whens *build_whens(struct builder *build, struct ast_whens *list, struct ast_expression *condition,
                              struct ast_expression *result);
struct ast_expression *build_cast(struct builder *build, sql_position position, struct ast_expression *value,
                                  struct ast_type *type, bool try_cast);
struct ast_expression *build_unit(struct builder *build, struct sql_token unit);
