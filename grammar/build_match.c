/* build_match.c: MATCH_RECOGNIZE.
 *
 * A sequence or an alternation is one node with many parts. While it is being collected it must not swallow one that
 * came in parentheses, `(a b) c`: those are marked by a position before their first part. */
#include "grammar/build_match.h"

#include "grammar/build_literal.h"

struct build_skip build_skip(enum ast_skip_kind kind, const struct ast_name *to) {
    struct build_skip skip = {.kind = kind};
    if (to)
        skip.to = *to;
    return skip;
}

struct ast_match *build_match_head(struct builder *build, struct ast_expressions *partition_by,
                                   struct ast_sort_items *order_by, struct ast_named_expressions *measures,
                                   bool all_rows, struct build_skip skip) {
    struct ast_match *match = ARENA_NEW(build->arena, struct ast_match);
    match->partition_by = LIST_OR_EMPTY(partition_by);
    match->order_by = LIST_OR_EMPTY(order_by);
    match->measures = LIST_OR_EMPTY(measures);
    match->all_rows = all_rows;
    match->skip = skip.kind;
    match->skip_to = skip.to;
    return match;
}

struct ast_match *build_match_clauses(struct builder *build, struct ast_match *match, struct ast_pattern *pattern,
                                      struct ast_expression *within, struct ast_subsets *subsets,
                                      struct ast_named_expressions *define) {
    (void)build;
    match->pattern = pattern;
    match->within = within;
    match->subsets = LIST_OR_EMPTY(subsets);
    match->define = *define;
    return match;
}

struct ast_named_expressions *build_named_expressions(struct builder *build, struct ast_named_expressions *list,
                                                      struct ast_name name, struct ast_expression *expression) {
    BUILD_PUSH(build, list, expression->depth, (struct ast_named_expression){.name = name, .expression = expression});
    return list;
}

struct ast_subsets *build_subsets(struct builder *build, struct ast_subsets *list, struct ast_name name,
                                  struct ast_names *members) {
    BUILD_PUSH(build, list, 0, (struct ast_subset){.name = name, .members = *members});
    return list;
}

/* --- patterns --- */

static struct ast_pattern *pattern_new(struct builder *build, enum ast_pattern_kind kind, sql_position position) {
    struct ast_pattern *pattern = ARENA_NEW(build->arena, struct ast_pattern);
    pattern->kind = kind;
    pattern->position = position;
    pattern->end = build->end;
    pattern->depth = 1;
    return pattern;
}

static void pattern_add(struct builder *build, struct ast_pattern *pattern, struct ast_pattern *part) {
    struct ast_patterns *parts = &pattern->parts;
    BUILD_PUSH(build, parts, part->depth, part);
    pattern->end = build->end;
    pattern->depth = build_depth(build, pattern->position, parts->depth);
}

struct build_quantity build_quantity(struct builder *build, const struct sql_token *minimum,
                                     const struct sql_token *maximum, int64_t fixed_minimum, int64_t fixed_maximum) {
    struct build_quantity quantity = {.minimum = fixed_minimum, .maximum = fixed_maximum};
    if (minimum)
        quantity.minimum = build_integer(build, *minimum);
    if (maximum) {
        quantity.maximum = build_integer(build, *maximum);
        if (quantity.maximum < quantity.minimum || quantity.maximum == 0)
            BUILD_FAIL(build, maximum->position, STATUS_SYNTAX_ERROR,
                       "the upper bound of a quantifier must be at least "
                       "its lower bound, and 1");
    }
    return quantity;
}

struct ast_pattern *build_pattern_variable(struct builder *build, struct ast_name name) {
    struct ast_pattern *pattern = pattern_new(build, AST_PATTERN_VARIABLE, name.position);
    pattern->name = name;
    return pattern;
}

struct ast_pattern *build_pattern(struct builder *build, struct sql_token open, enum ast_pattern_kind kind,
                                  struct ast_pattern *part) {
    struct ast_pattern *pattern = pattern_new(build, kind, open.position);
    if (part)
        pattern_add(build, pattern, part);
    return pattern;
}

struct ast_pattern *build_pattern_in_parens(struct builder *build, struct sql_token open, struct ast_pattern *part) {
    part->position = open.position;
    part->end = build->end;
    return part;
}

static bool in_parens(const struct ast_pattern *pattern) {
    return pattern->parts.count == 0 || pattern->position < pattern->parts.items[0]->position;
}

struct ast_pattern *build_pattern_join(struct builder *build, enum ast_pattern_kind kind, struct ast_pattern *left,
                                       struct ast_pattern *right) {
    if (left->kind != kind || in_parens(left)) {
        struct ast_pattern *first = left;
        left = pattern_new(build, kind, first->position);
        pattern_add(build, left, first);
    }
    pattern_add(build, left, right);
    return left;
}

/* A sequence of one is that one itself; a second part makes it a sequence. */
struct ast_pattern *build_pattern_sequence(struct builder *build, struct ast_pattern *left, struct ast_pattern *right) {
    return left ? build_pattern_join(build, AST_PATTERN_SEQUENCE, left, right) : right;
}

struct ast_pattern *build_pattern_list(struct builder *build, struct ast_pattern *list, struct ast_pattern *part) {
    if (list == NULL)
        list = pattern_new(build, AST_PATTERN_PERMUTE, part->position);
    pattern_add(build, list, part);
    return list;
}

struct ast_pattern *build_pattern_permute(struct builder *build, struct sql_token keyword, struct ast_pattern *list) {
    list->position = keyword.position;
    list->end = build->end;
    return list;
}

struct ast_pattern *build_pattern_repeat(struct builder *build, struct ast_pattern *part,
                                         struct build_quantity quantity, bool reluctant) {
    struct ast_pattern *pattern = pattern_new(build, AST_PATTERN_REPEAT, part->position);
    pattern_add(build, pattern, part);
    pattern->minimum = quantity.minimum;
    pattern->maximum = quantity.maximum;
    pattern->reluctant = reluctant;
    return pattern;
}
