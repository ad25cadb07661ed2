/* build_match.h: the inside of MATCH_RECOGNIZE and its patterns. */
#pragma once

#include "grammar/build.h"

struct build_skip {
    enum ast_skip_kind kind;
    struct ast_name to;
};
struct build_quantity {
    int64_t minimum;
    int64_t maximum; /* -1 = no bound */
};

struct build_skip build_skip(enum ast_skip_kind kind, const struct ast_name *to);
struct ast_match *build_match_head(struct builder *build, struct ast_expressions *partition_by,
                                   struct ast_sort_items *order_by, struct ast_named_expressions *measures,
                                   bool all_rows, struct build_skip skip);
struct ast_match *build_match_clauses(struct builder *build, struct ast_match *match, struct ast_pattern *pattern,
                                      struct ast_expression *within, struct ast_subsets *subsets,
                                      struct ast_named_expressions *define);
struct ast_named_expressions *build_named_expressions(struct builder *build, struct ast_named_expressions *list,
                                                      struct ast_name name, struct ast_expression *expression);
struct ast_subsets *build_subsets(struct builder *build, struct ast_subsets *list, struct ast_name name,
                                  struct ast_names *members);

/* Bounds given as tokens win over the numbers. */
struct build_quantity build_quantity(struct builder *build, const struct sql_token *minimum,
                                     const struct sql_token *maximum, int64_t fixed_minimum, int64_t fixed_maximum);
struct ast_pattern *build_pattern_variable(struct builder *build, struct ast_name name);
/* A pattern around `part`, which may be NULL. */
struct ast_pattern *build_pattern(struct builder *build, struct sql_token open, enum ast_pattern_kind kind,
                                  struct ast_pattern *part);
struct ast_pattern *build_pattern_in_parens(struct builder *build, struct sql_token open, struct ast_pattern *part);
/* Adds to `left` when it is of that kind already. */
struct ast_pattern *build_pattern_join(struct builder *build, enum ast_pattern_kind kind, struct ast_pattern *left,
                                       struct ast_pattern *right);
struct ast_pattern *build_pattern_sequence(struct builder *build, struct ast_pattern *left, struct ast_pattern *right);
struct ast_pattern *build_pattern_list(struct builder *build, struct ast_pattern *list, struct ast_pattern *part);
struct ast_pattern *build_pattern_permute(struct builder *build, struct sql_token keyword, struct ast_pattern *list);
struct ast_pattern *build_pattern_repeat(struct builder *build, struct ast_pattern *part,
                                         struct build_quantity quantity, bool reluctant);
