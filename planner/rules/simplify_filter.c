/* simplify_filter.c: a filter that lets all rows through goes; one that lets none through, or has none to look at, becomes an
 * empty input. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"

static struct logical *no_rows(struct rule_context *context, const struct logical *node) {
    struct logical *empty = logical_new(context->arena, LOGICAL_VALUES, NULL);
    empty->columns = node->columns;
    empty->column_count = node->column_count;
    empty->position = node->position;
    return empty;
}

/* A condition that is FALSE or NULL for every row: one conjunct suffices. What could fail before it need not run. */
static bool is_never_true(struct rule_context *context, struct expression *condition) {
    struct conjuncts conjuncts = {0};
    conjuncts_split(context->arena, condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++)
        if (conjuncts.items[i]->kind == EXPRESSION_LITERAL && !expression_is_literal_true(conjuncts.items[i]))
            return true;
    return false;
}

struct logical *rule_simplify_filter(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER)
        return NULL;
    if (expression_is_literal_true(node->filter.condition))
        return node->inputs[0];
    bool empty = is_never_true(context, node->filter.condition);
    return empty ? no_rows(context, node) : NULL;
}
