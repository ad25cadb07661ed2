/* push_filter.c: moves conditions towards the source: through projections, unions, window table functions and aggregates.
 * Only through what keeps each row's columns: never below a Watermark (rows that do not match still move event time), a LIMIT or a
 * SORT with one. The rules differ in which conjuncts may pass and how they are said below. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"
#include "core/base/array.h"

static struct logical *with_new_input(struct rule_context *context, struct logical *over, struct conjuncts *below) {
    struct logical *filter = logical_filter(context->arena, over->inputs[0], conjuncts_join(context->arena, below));
    return logical_with_input(context->arena, over, filter);
}

/* What stays above may be there to keep this one from failing. */
static bool may_overtake(const struct expression *conjunct, const struct conjuncts *above) {
    return above->count == 0 || !expression_can_fail(conjunct);
}

static struct logical *rest_above(struct rule_context *context, struct logical *node, struct conjuncts *rest) {
    return rest->count ? logical_filter(context->arena, node, conjuncts_join(context->arena, rest)) : node;
}

/* Filter(c, Project(f, x)) ─▶ Project(f, Filter(c∘f, x)) */
struct logical *rule_push_filter_into_project(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER || node->inputs[0]->kind != LOGICAL_PROJECT)
        return NULL;
    struct logical *project = node->inputs[0];
    struct conjuncts all = {0}, below = {0}, above = {0};
    conjuncts_split(context->arena, node->filter.condition, &all);
    for (size_t i = 0; i < all.count; i++) {
        struct expression *moved = expression_substitute(context->arena, all.items[i], project->project.expressions);
        if (may_overtake(moved, &above) && expression_is_deterministic(moved))
            ARRAY_PUSH(context->arena, &below, moved);
        else
            ARRAY_PUSH(context->arena, &above, all.items[i]);
    }
    if (below.count == 0)
        return NULL;
    return rest_above(context, with_new_input(context, project, &below), &above);
}

struct logical *rule_push_filter_into_union(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER || node->inputs[0]->kind != LOGICAL_UNION ||
        !expression_is_deterministic(node->filter.condition))
        return NULL;
    struct logical *both = node->inputs[0];
    struct logical **inputs = ARENA_ARRAY(context->arena, struct logical *, both->input_count);
    for (uint32_t i = 0; i < both->input_count; i++)
        inputs[i] = logical_filter(context->arena, both->inputs[i], node->filter.condition);
    return logical_with_inputs(context->arena, both, inputs);
}

/* Moves the conjuncts that look at allowed columns only; mapping says what these are called below. */
static struct logical *push_allowed(struct rule_context *context, struct logical *node, const bool *allowed,
                                    const uint32_t *mapping) {
    struct conjuncts all = {0}, below = {0}, above = {0};
    conjuncts_split(context->arena, node->filter.condition, &all);
    for (size_t i = 0; i < all.count; i++) {
        struct expression *conjunct = all.items[i];
        if (may_overtake(conjunct, &above) && expression_is_deterministic(conjunct) &&
            expression_uses_only(conjunct, allowed))
            ARRAY_PUSH(context->arena, &below, expression_remap(context->arena, conjunct, mapping));
        else
            ARRAY_PUSH(context->arena, &above, conjunct);
    }
    if (below.count == 0)
        return NULL;
    return rest_above(context, with_new_input(context, node->inputs[0], &below), &above);
}

/* Which window a row belongs to is its own affair, but for sessions: there only whole partitions may go. */
struct logical *rule_push_filter_into_window_table(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER || node->inputs[0]->kind != LOGICAL_WINDOW_TABLE)
        return NULL;
    const struct logical *table = node->inputs[0];
    const struct logical_window *window = &table->window_table.window;
    bool *allowed = ARENA_ARRAY(context->arena, bool, table->column_count);
    uint32_t *mapping = ARENA_ARRAY(context->arena, uint32_t, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++) {
        allowed[i] = i < table->inputs[0]->column_count && window->kind != PLAN__WINDOW_KIND__SESSION;
        mapping[i] = i;
    }
    for (uint32_t i = 0; i < window->partition_count; i++)
        allowed[window->partition_columns[i]] = true;
    return push_allowed(context, node, allowed, mapping);
}

/* A condition on keys keeps or drops whole groups. Without keys there is one group even for no rows: nothing may pass. */
struct logical *rule_push_filter_into_aggregate(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_FILTER || node->inputs[0]->kind != LOGICAL_AGGREGATE)
        return NULL;
    const struct logical *aggregate = node->inputs[0];
    if (aggregate->aggregate.key_count == 0)
        return NULL;
    bool *allowed = ARENA_ARRAY(context->arena, bool, aggregate->column_count);
    uint32_t *mapping = ARENA_ARRAY(context->arena, uint32_t, aggregate->column_count);
    for (uint32_t i = 0; i < aggregate->column_count; i++) {
        allowed[i] = i < aggregate->aggregate.key_count;
        mapping[i] = allowed[i] ? aggregate->aggregate.keys[i] : UINT32_MAX;
    }
    struct logical *pushed = push_allowed(context, node, allowed, mapping);
    return pushed;
}
