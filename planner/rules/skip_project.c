/* skip_project.c: Aggregate(k, f(v), Project(columns, x)) ─▶ Aggregate(k', f(v'), x): a projection that only picks columns is
 * spared when an aggregate can pick them itself. Above a filter it costs nothing, and keeps columns that only the filter reads
 * from being carried on. */
#include "planner/rules/rule.h"

#include <string.h>

#include "core/base/arena.h"

static bool only_columns(const struct logical *project) {
    for (uint32_t i = 0; i < project->column_count; i++)
        if (project->project.expressions[i]->kind != EXPRESSION_COLUMN)
            return false;
    return true;
}

static uint32_t *moved(struct rule_context *context, const uint32_t *columns, uint32_t count,
                       const struct logical *project) {
    uint32_t *list = ARENA_ARRAY(context->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        list[i] = project->project.expressions[columns[i]]->column;
    return list;
}

static uint32_t moved_column(const struct logical *project, uint32_t column) {
    return project->project.expressions[column]->column;
}

static void move_calls(struct rule_context *context, struct logical_aggregate *aggregate,
                       const struct logical *project) {
    struct logical_aggregate_call *calls =
        ARENA_ARRAY(context->arena, struct logical_aggregate_call, aggregate->call_count);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        calls[i] = aggregate->calls[i];
        calls[i].arguments = moved(context, calls[i].arguments, calls[i].argument_count, project);
        if (calls[i].filter >= 0)
            calls[i].filter = (int)moved_column(project, (uint32_t)calls[i].filter);
    }
    aggregate->calls = calls;
}

struct logical *rule_skip_project(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_AGGREGATE || node->inputs[0]->kind != LOGICAL_PROJECT || !only_columns(node->inputs[0]))
        return NULL;
    const struct logical *project = node->inputs[0];
    if (project->inputs[0]->kind == LOGICAL_FILTER)
        return NULL;
    struct logical *copy = logical_with_input(context->arena, node, project->inputs[0]);
    struct logical_aggregate *aggregate = &copy->aggregate;
    aggregate->keys = moved(context, aggregate->keys, aggregate->key_count, project);
    move_calls(context, aggregate, project);
    if (aggregate->has_window && !aggregate->input_has_window && !aggregate->window.processing_time)
        aggregate->window.time_column = moved_column(project, aggregate->window.time_column);
    if (aggregate->input_has_window) {
        aggregate->window_start_column = moved_column(project, aggregate->window_start_column);
        aggregate->window_end_column = moved_column(project, aggregate->window_end_column);
    }
    return copy;
}
