/* pull_filter_over_window.c: WHERE window_start > x below GROUP BY window_start, window_end chooses whole groups, so it may as
 * well choose them afterwards:
 *
 *   Aggregate(keys, bounds; Project?(Filter(c(bounds), WindowTable)))  ─▶  Filter(c, Aggregate(keys, bounds; Project?(WindowTable)))
 *
 * which lets the window table function go into the aggregate. Rows of windows that are dropped are aggregated in vain, but none
 * is repeated per window. Only for conditions that cannot fail and look at nothing but the bounds. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"
#include "core/base/array.h"

/* The aggregate's output column for this column of the window table; UINT32_MAX when it is none of the bounds. */
static uint32_t output_of(const struct logical *aggregate, const struct logical *table, uint32_t column) {
    uint32_t first = aggregate->aggregate.key_count + aggregate->aggregate.call_count;
    if (column < table->inputs[0]->column_count)
        return UINT32_MAX;
    if (table->columns[column].window == WINDOW_ROLE_START)
        return first;
    return table->columns[column].window == WINDOW_ROLE_END ? first + 1 : UINT32_MAX;
}

static bool bounds_come_from(const struct logical *project, uint32_t column, const struct logical *table,
                             enum window_role role) {
    if (project) {
        const struct expression *expression = project->project.expressions[column];
        if (expression->kind != EXPRESSION_COLUMN)
            return false;
        column = expression->column;
    }
    return column >= table->inputs[0]->column_count && table->columns[column].window == role;
}

struct logical *rule_pull_filter_over_window(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_AGGREGATE || !node->aggregate.input_has_window)
        return NULL;
    struct arena *arena = context->arena;
    struct logical *project = node->inputs[0]->kind == LOGICAL_PROJECT ? node->inputs[0] : NULL;
    struct logical *filter = project ? project->inputs[0] : node->inputs[0];
    if (filter->kind != LOGICAL_FILTER || filter->inputs[0]->kind != LOGICAL_WINDOW_TABLE)
        return NULL;
    struct logical *table = filter->inputs[0];
    if (!bounds_come_from(project, node->aggregate.window_start_column, table, WINDOW_ROLE_START) ||
        !bounds_come_from(project, node->aggregate.window_end_column, table, WINDOW_ROLE_END))
        return NULL;
    uint32_t *mapping = ARENA_ARRAY(arena, uint32_t, table->column_count);
    bool *allowed = ARENA_ARRAY(arena, bool, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++) {
        mapping[i] = output_of(node, table, i);
        allowed[i] = mapping[i] != UINT32_MAX;
    }
    struct conjuncts all = {0}, above = {0}, below = {0};
    conjuncts_split(arena, filter->filter.condition, &all);
    for (size_t i = 0; i < all.count; i++) {
        struct expression *conjunct = all.items[i];
        if (expression_uses_only(conjunct, allowed) && expression_is_deterministic(conjunct) &&
            !expression_can_fail(conjunct))
            ARRAY_PUSH(arena, &above, expression_remap(arena, conjunct, mapping));
        else
            ARRAY_PUSH(arena, &below, conjunct);
    }
    if (!above.count)
        return NULL;
    struct logical *input = below.count ? logical_filter(arena, table, conjuncts_join(arena, &below)) : table;
    if (project)
        input = logical_with_input(arena, project, input);
    return logical_filter(arena, logical_with_input(arena, node, input), conjuncts_join(arena, &above));
}
