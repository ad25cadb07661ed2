/* merge_filters.c: Filter(a, Filter(b, x)) ─▶ Filter(b AND a, x). b stays first: it may keep a from failing. */
#include "planner/rules/rule.h"

struct logical *rule_merge_filters(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER || node->inputs[0]->kind != LOGICAL_FILTER)
        return NULL;
    struct conjuncts conjuncts = {0};
    conjuncts_split(context->arena, node->inputs[0]->filter.condition, &conjuncts);
    conjuncts_split(context->arena, node->filter.condition, &conjuncts);
    return logical_filter(context->arena, node->inputs[0]->inputs[0], conjuncts_join(context->arena, &conjuncts));
}
