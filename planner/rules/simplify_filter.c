/* simplify_filter.c: a filter that lets all rows through goes; one that lets none through becomes an empty input. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"

static struct logical *no_rows(struct rule_context *context, const struct logical *node) {
    struct logical *empty = logical_new(context->arena, LOGICAL_VALUES, NULL);
    empty->columns = node->columns;
    empty->column_count = node->column_count;
    empty->position = node->position;
    return empty;
}

struct logical *rule_simplify_filter(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER || node->filter.condition->kind != EXPRESSION_LITERAL)
        return NULL;
    return expression_is_literal_true(node->filter.condition) ? node->inputs[0] : no_rows(context, node);
}
