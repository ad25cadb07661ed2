/* fuse_window_aggregate.c: grouping by a window table function's bounds needs no row per window:
 *
 *   Aggregate(keys, window_start, window_end; Project?(WindowTable(w, x)))  ─▶  Aggregate(keys, w; Project(x))
 *
 * Possible when nothing else looks at the window's columns: a row then goes into its slices once, however many windows share it. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"

/* The columns the aggregate reads, as expressions over the window table's output. */
static struct expression *column_source(struct rule_context *context, const struct logical *input, uint32_t column) {
    if (input->kind == LOGICAL_PROJECT)
        return input->project.expressions[column];
    return logical_column_reference(context->arena, input, column);
}

static bool is_window_bound(const struct expression *expression, const struct logical *table, enum window_role role) {
    return expression->kind == EXPRESSION_COLUMN && table->columns[expression->column].window == role &&
           expression->column >= table->inputs[0]->column_count;
}

static void mark_used(const struct logical_aggregate *aggregate, bool *used) {
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        used[aggregate->keys[i]] = true;
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        const struct logical_aggregate_call *call = &aggregate->calls[i];
        for (uint32_t k = 0; k < call->argument_count; k++)
            used[call->arguments[k]] = true;
        if (call->filter >= 0)
            used[call->filter] = true;
    }
}

/* Every column in use must be computed from the rows themselves. */
static bool uses_window_columns(struct rule_context *context, const struct logical *input, const struct logical *table,
                                const bool *used) {
    bool *allowed = ARENA_ARRAY(context->arena, bool, table->column_count);
    for (uint32_t i = 0; i < table->inputs[0]->column_count; i++)
        allowed[i] = true;
    for (uint32_t i = 0; i < input->column_count; i++)
        if (used[i] && !expression_uses_only(column_source(context, input, i), allowed))
            return true;
    return false;
}

/* A session per partition is the same window only when the partition is part of the keys and nothing else is. */
static bool partitions_match(struct rule_context *context, const struct logical_aggregate *aggregate,
                             const struct logical *input, const struct logical_window *window) {
    if (window->kind != PLAN__WINDOW_KIND__SESSION)
        return true;
    if (window->partition_count != aggregate->key_count)
        return false;
    for (uint32_t i = 0; i < window->partition_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < aggregate->key_count && !found; k++) {
            const struct expression *key = column_source(context, input, aggregate->keys[k]);
            found = key->kind == EXPRESSION_COLUMN && key->column == window->partition_columns[i];
        }
        if (!found)
            return false;
    }
    return true;
}

struct logical *rule_fuse_window_aggregate(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_AGGREGATE || !node->aggregate.input_has_window)
        return NULL;
    const struct logical_aggregate *aggregate = &node->aggregate;
    struct logical *input = node->inputs[0];
    struct logical *table = input->kind == LOGICAL_PROJECT ? input->inputs[0] : input;
    if (table->kind != LOGICAL_WINDOW_TABLE)
        return NULL;
    if (!is_window_bound(column_source(context, input, aggregate->window_start_column), table, WINDOW_ROLE_START) ||
        !is_window_bound(column_source(context, input, aggregate->window_end_column), table, WINDOW_ROLE_END))
        return NULL;
    bool *used = ARENA_ARRAY(context->arena, bool, input->column_count);
    mark_used(aggregate, used);
    if (uses_window_columns(context, input, table, used) ||
        !partitions_match(context, aggregate, input, &table->window_table.window))
        return NULL;

    /* The input's columns keep their places; what only spoke of the window becomes the time column. */
    struct logical *rows = table->inputs[0];
    uint32_t time_column = table->window_table.window.time_column;
    if (time_column >= rows->column_count) /* processing time over rows without columns */
        return NULL;
    struct expression **expressions = ARENA_ARRAY(context->arena, struct expression *, input->column_count + 1);
    const char **names = ARENA_ARRAY(context->arena, const char *, input->column_count + 1);
    for (uint32_t i = 0; i < input->column_count; i++) {
        expressions[i] =
            used[i] ? column_source(context, input, i) : logical_column_reference(context->arena, rows, time_column);
        names[i] = used[i] ? input->columns[i].name : rows->columns[time_column].name;
    }
    expressions[input->column_count] = logical_column_reference(context->arena, rows, time_column);
    names[input->column_count] = rows->columns[time_column].name;

    struct logical *fused = logical_with_input(
        context->arena, node, logical_project(context->arena, rows, expressions, names, input->column_count + 1));
    fused->aggregate.input_has_window = false;
    fused->aggregate.has_window = true;
    fused->aggregate.window = table->window_table.window;
    fused->aggregate.window.time_column = input->column_count;
    fused->aggregate.window.partition_columns = NULL;
    fused->aggregate.window.partition_count = 0;
    return fused;
}
