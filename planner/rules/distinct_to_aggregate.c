/* distinct_to_aggregate.c: Distinct(x) ─▶ Aggregate(all columns as keys, no calls): one operator does both. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"

struct logical *rule_distinct_to_aggregate(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_DISTINCT)
        return NULL;
    struct logical *aggregate = logical_new(context->arena, LOGICAL_AGGREGATE, node->inputs[0]);
    aggregate->position = node->position;
    aggregate->columns = arena_copy(context->arena, node->columns, node->column_count * sizeof *node->columns);
    aggregate->aggregate.key_count = node->column_count;
    aggregate->aggregate.keys = ARENA_ARRAY(context->arena, uint32_t, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++)
        aggregate->aggregate.keys[i] = i;
    return aggregate;
}
