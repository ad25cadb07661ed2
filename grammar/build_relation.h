/* build_relation.h: what stands in FROM: tables, joins, table functions, MATCH_RECOGNIZE. */
#pragma once

#include "grammar/build.h"

struct build_join {
    enum ast_join_kind kind;
};
struct build_alias {
    struct ast_name name;
    struct ast_names *columns; /* NULL = no alias */
};

struct build_join build_join_plain(enum ast_join_kind kind);
/* `on` and `using_columns` may be NULL. */
struct ast_relation *build_join(struct builder *build, struct build_join join, struct ast_relation *left,
                                struct ast_relation *right, struct ast_expression *on, struct ast_names *using_columns);
struct ast_relation *build_join_natural(struct builder *build, struct build_join join, struct ast_relation *left,
                                        struct ast_relation *right);
struct ast_relation *build_join_asof(struct builder *build, struct build_join join, struct ast_relation *left,
                                     struct ast_relation *right, struct ast_expression *match_condition,
                                     struct ast_expression *on, struct ast_names *using_columns);

struct build_alias build_no_alias(void);
struct build_alias build_alias(struct ast_name name, struct ast_names *columns);
struct ast_relation *build_aliased(struct builder *build, struct ast_relation *relation, struct build_alias alias);

struct ast_relation *build_table(struct builder *build, struct ast_names *name, struct ast_hints *hints,
                                 struct ast_expression *system_time);
struct ast_relation *build_derived(struct builder *build, sql_position position, struct ast_query *query, bool lateral);
struct ast_relation *build_table_function(struct builder *build, sql_position position, struct ast_expression *call,
                                          bool lateral);
struct ast_relation *build_unnest(struct builder *build, struct sql_token keyword, struct ast_expressions *arrays,
                                  bool ordinality);
struct ast_relation *build_relation_in_parens(struct builder *build, struct sql_token open,
                                              struct ast_relation *relation);
struct ast_relation *build_match(struct builder *build, struct ast_relation *input, struct ast_match *match);
