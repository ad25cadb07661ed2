/* prune_columns.c: what nobody reads is not computed, and not read: down to single fields of a ROW column.
 *
 * One walk from the root: each node is told what is wanted of its columns, asks its input for what it then needs itself, and comes back
 * with fewer columns and a mapping from old ones to new. A scan keeps at least one column, so that rows can be counted. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"
#include "planner/rules/need.h"

struct pruner {
    struct arena *arena;
    bool changed;
};

/* A node with fewer columns. Old column c is column mapping[c] (UINT32_MAX: gone), with what left[c] says of its fields. */
struct pruned {
    struct logical *node;
    uint32_t *mapping;
    const struct need *left;
};

static struct pruned prune(struct pruner *pruner, struct logical *node, struct need *needs);

static struct need *no_needs(struct pruner *pruner, const struct logical *node) {
    return ARENA_ARRAY(pruner->arena, struct need, node->column_count + 1u);
}

static struct pruned unchanged(struct pruner *pruner, struct logical *node) {
    struct pruned result = {.node = node, .mapping = ARENA_ARRAY(pruner->arena, uint32_t, node->column_count + 1u)};
    struct need *left = no_needs(pruner, node);
    for (uint32_t i = 0; i < node->column_count; i++) {
        result.mapping[i] = i;
        left[i].whole = true;
    }
    result.left = left;
    return result;
}

static const struct type *const *column_types(struct pruner *pruner, const struct logical *node) {
    const struct type **types = ARENA_ARRAY(pruner->arena, const struct type *, node->column_count + 1u);
    for (uint32_t i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    return types;
}

static struct expression *over(struct pruner *pruner, struct expression *expression, const struct pruned *input) {
    return need_rewrite(pruner->arena, expression, input->left, input->mapping, column_types(pruner, input->node));
}

/* ---- leaves ---- */

static uint32_t narrowest_column(const struct logical *scan) {
    uint32_t best = 0;
    size_t best_size = SIZE_MAX;
    for (uint32_t i = 0; i < scan->column_count; i++) {
        size_t size = layout_size(type_layout(scan->columns[i].type));
        if (size > 0 && size < best_size) {
            best = i;
            best_size = size;
        }
    }
    return best;
}

static struct pruned prune_scan(struct pruner *pruner, struct logical *node, struct need *needs) {
    struct pruned result = unchanged(pruner, node);
    bool any = false;
    for (uint32_t i = 0; i < node->column_count; i++)
        any |= need_any(&needs[i]);
    if (!any && node->column_count)
        needs[narrowest_column(node)].whole = true;
    struct logical *copy = logical_copy(pruner->arena, node);
    copy->columns = ARENA_ARRAY(pruner->arena, struct logical_column, node->column_count + 1u);
    copy->scan.columns = ARENA_ARRAY(pruner->arena, struct scan_column, node->column_count + 1u);
    copy->column_count = 0;
    bool changed = false;
    for (uint32_t i = 0; i < node->column_count; i++) {
        result.mapping[i] = UINT32_MAX;
        changed |= !need_any(&needs[i]) || need_shrinks(&needs[i], node->columns[i].type);
        if (!need_any(&needs[i]))
            continue;
        uint32_t to = copy->column_count++;
        result.mapping[i] = to;
        copy->columns[to] = node->columns[i];
        copy->scan.columns[to] = node->scan.columns[i];
        copy->columns[to].type = copy->scan.columns[to].type =
            need_shrink(pruner->arena, &needs[i], node->columns[i].type);
    }
    result.left = needs;
    if (changed) {
        result.node = copy;
        pruner->changed = true;
    }
    return result;
}

/* ---- nodes that make columns ---- */

static struct pruned prune_project(struct pruner *pruner, struct logical *node, struct need *needs) {
    struct need *below = no_needs(pruner, node->inputs[0]);
    for (uint32_t i = 0; i < node->column_count; i++)
        if (need_any(&needs[i]))
            need_collect(pruner->arena, node->project.expressions[i], &needs[i], below);
    struct pruned input = prune(pruner, node->inputs[0], below);
    struct pruned result = unchanged(pruner, node);
    struct need *left = no_needs(pruner, node);
    struct logical *copy = logical_with_input(pruner->arena, node, input.node);
    copy->columns = ARENA_ARRAY(pruner->arena, struct logical_column, node->column_count + 1u);
    copy->project.expressions = ARENA_ARRAY(pruner->arena, struct expression *, node->column_count + 1u);
    copy->column_count = 0;
    for (uint32_t i = 0; i < node->column_count; i++) {
        result.mapping[i] = UINT32_MAX;
        if (!need_any(&needs[i])) {
            pruner->changed = true;
            continue;
        }
        uint32_t to = copy->column_count++;
        struct expression *expression = node->project.expressions[i];
        left[i] = *need_of_value(expression, input.left);
        result.mapping[i] = to;
        copy->columns[to] = node->columns[i];
        copy->project.expressions[to] = over(pruner, expression, &input);
        if (need_shrinks(&left[i], node->columns[i].type))
            copy->columns[to].type = copy->project.expressions[to]->type;
    }
    result.node = copy;
    result.left = left;
    return result;
}

static void want(struct need *needs, uint32_t column) {
    needs[column] = (struct need){.whole = true};
}

/* Windows over processing time, and those that the input brings with it, look at no time column. */
static bool reads_time(const struct logical_aggregate *aggregate) {
    return aggregate->has_window && !aggregate->input_has_window && !aggregate->window.processing_time;
}

static void aggregate_needs(const struct logical_aggregate *aggregate, const struct need *needs, struct need *below) {
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        want(below, aggregate->keys[i]);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        const struct logical_aggregate_call *call = &aggregate->calls[i];
        if (!need_any(&needs[aggregate->key_count + i]))
            continue;
        for (uint32_t k = 0; k < call->argument_count; k++)
            want(below, call->arguments[k]);
        if (call->filter >= 0)
            want(below, (uint32_t)call->filter);
    }
    if (reads_time(aggregate))
        want(below, aggregate->window.time_column);
    if (aggregate->input_has_window) {
        want(below, aggregate->window_start_column);
        want(below, aggregate->window_end_column);
    }
}

static struct logical_aggregate_call remap_call(struct pruner *pruner, const struct logical_aggregate_call *call,
                                                const uint32_t *mapping) {
    struct logical_aggregate_call moved = *call;
    moved.arguments = ARENA_ARRAY(pruner->arena, uint32_t, call->argument_count + 1u);
    for (uint32_t k = 0; k < call->argument_count; k++)
        moved.arguments[k] = mapping[call->arguments[k]];
    if (call->filter >= 0)
        moved.filter = (int)mapping[call->filter];
    return moved;
}

/* Keys and the window's columns stay; calls that nobody reads go. */
static struct pruned prune_aggregate(struct pruner *pruner, struct logical *node, struct need *needs) {
    const struct logical_aggregate *aggregate = &node->aggregate;
    struct need *below = no_needs(pruner, node->inputs[0]);
    aggregate_needs(aggregate, needs, below);
    struct pruned input = prune(pruner, node->inputs[0], below);
    struct pruned result = unchanged(pruner, node);
    struct logical *copy = logical_with_input(pruner->arena, node, input.node);
    copy->columns = ARENA_ARRAY(pruner->arena, struct logical_column, node->column_count + 1u);
    copy->column_count = 0;
    copy->aggregate.keys = ARENA_ARRAY(pruner->arena, uint32_t, aggregate->key_count + 1u);
    copy->aggregate.calls = ARENA_ARRAY(pruner->arena, struct logical_aggregate_call, aggregate->call_count + 1u);
    copy->aggregate.call_count = 0;
    for (uint32_t i = 0; i < node->column_count; i++) {
        bool is_call = i >= aggregate->key_count && i < aggregate->key_count + aggregate->call_count;
        if (is_call && !need_any(&needs[i])) {
            result.mapping[i] = UINT32_MAX;
            pruner->changed = true;
            continue;
        }
        if (i < aggregate->key_count)
            copy->aggregate.keys[i] = input.mapping[aggregate->keys[i]];
        else if (is_call)
            copy->aggregate.calls[copy->aggregate.call_count++] =
                remap_call(pruner, &aggregate->calls[i - aggregate->key_count], input.mapping);
        result.mapping[i] = copy->column_count;
        copy->columns[copy->column_count++] = node->columns[i];
    }
    copy->aggregate.window.time_column =
        reads_time(aggregate) ? input.mapping[aggregate->window.time_column] : 0; /* 0: not looked at */
    if (aggregate->input_has_window) {
        copy->aggregate.window_start_column = input.mapping[aggregate->window_start_column];
        copy->aggregate.window_end_column = input.mapping[aggregate->window_end_column];
    }
    result.node = copy;
    return result;
}

static struct pruned prune_window_table(struct pruner *pruner, struct logical *node, struct need *needs) {
    struct logical *rows = node->inputs[0];
    struct logical_window window = node->window_table.window;
    if (!window.processing_time)
        want(needs, window.time_column);
    for (uint32_t i = 0; i < window.partition_count; i++)
        want(needs, window.partition_columns[i]);
    struct need *below = arena_copy(pruner->arena, needs, sizeof *needs * (rows->column_count + 1u));
    struct pruned input = prune(pruner, rows, below);
    struct pruned result = unchanged(pruner, node);
    struct need *left = no_needs(pruner, node);
    struct logical *copy = logical_with_input(pruner->arena, node, input.node);
    copy->column_count = input.node->column_count + (node->column_count - rows->column_count);
    copy->columns = ARENA_ARRAY(pruner->arena, struct logical_column, copy->column_count);
    for (uint32_t i = 0; i < node->column_count; i++) {
        bool of_input = i < rows->column_count;
        uint32_t to = of_input ? input.mapping[i] : input.node->column_count + (i - rows->column_count);
        result.mapping[i] = to;
        left[i] = of_input ? input.left[i] : (struct need){.whole = true};
        if (to == UINT32_MAX)
            continue;
        copy->columns[to] = node->columns[i];
        if (of_input)
            copy->columns[to].type = input.node->columns[to].type;
    }
    window.time_column = window.processing_time ? 0 : input.mapping[window.time_column];
    window.partition_columns = ARENA_ARRAY(pruner->arena, uint32_t, window.partition_count + 1u);
    for (uint32_t i = 0; i < window.partition_count; i++)
        window.partition_columns[i] = input.mapping[node->window_table.window.partition_columns[i]];
    copy->window_table.window = window;
    result.node = copy;
    result.left = left;
    return result;
}

/* Inputs must agree: each is asked for the same columns, and brought to exactly them. */
static struct pruned prune_union(struct pruner *pruner, struct logical *node, struct need *needs) {
    struct pruned result = unchanged(pruner, node);
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->column_count; i++)
        result.mapping[i] = need_any(&needs[i]) ? count++ : UINT32_MAX;
    if (count < node->column_count)
        pruner->changed = true;
    struct logical **inputs = ARENA_ARRAY(pruner->arena, struct logical *, node->input_count);
    for (uint32_t k = 0; k < node->input_count; k++) {
        struct need *below = no_needs(pruner, node);
        for (uint32_t i = 0; i < node->column_count; i++)
            below[i].whole = need_any(&needs[i]);
        struct pruned input = prune(pruner, node->inputs[k], below);
        bool exact = input.node->column_count == count;
        struct expression **expressions = ARENA_ARRAY(pruner->arena, struct expression *, count + 1u);
        const char **names = ARENA_ARRAY(pruner->arena, const char *, count + 1u);
        for (uint32_t i = 0; i < node->column_count; i++) {
            uint32_t to = result.mapping[i];
            if (to == UINT32_MAX)
                continue;
            exact = exact && input.mapping[i] == to;
            expressions[to] = logical_column_reference(pruner->arena, input.node, input.mapping[i]);
            names[to] = node->inputs[k]->columns[i].name;
        }
        inputs[k] = exact ? input.node : logical_project(pruner->arena, input.node, expressions, names, count);
    }
    struct logical *copy = logical_with_inputs(pruner->arena, node, inputs);
    copy->columns = ARENA_ARRAY(pruner->arena, struct logical_column, count + 1u);
    copy->column_count = count;
    for (uint32_t i = 0; i < node->column_count; i++)
        if (result.mapping[i] != UINT32_MAX)
            copy->columns[result.mapping[i]] = node->columns[i];
    result.node = copy;
    return result;
}

/* ---- nodes that pass columns on ---- */

/* What the node reads itself. */
static void own_needs(struct pruner *pruner, const struct logical *node, struct need *needs) {
    switch (node->kind) {
    case LOGICAL_FILTER: need_collect(pruner->arena, node->filter.condition, NULL, needs); break;
    case LOGICAL_WATERMARK:
        want(needs, node->watermark.column);
        need_collect(pruner->arena, node->watermark.expression, NULL, needs);
        break;
    case LOGICAL_SORT:
        for (uint32_t i = 0; i < node->sort.key_count; i++)
            want(needs, node->sort.keys[i].column);
        break;
    default: break;
    }
}

static void remap_own(struct pruner *pruner, struct logical *node, const struct pruned *input) {
    switch (node->kind) {
    case LOGICAL_FILTER: node->filter.condition = over(pruner, node->filter.condition, input); break;
    case LOGICAL_WATERMARK:
        node->watermark.column = input->mapping[node->watermark.column];
        node->watermark.expression = over(pruner, node->watermark.expression, input);
        break;
    case LOGICAL_SORT:
        node->sort.keys = arena_copy(pruner->arena, node->sort.keys, node->sort.key_count * sizeof *node->sort.keys);
        for (uint32_t i = 0; i < node->sort.key_count; i++)
            node->sort.keys[i].column = input->mapping[node->sort.keys[i].column];
        break;
    default: break;
    }
}

static struct pruned prune_passing(struct pruner *pruner, struct logical *node, struct need *needs) {
    own_needs(pruner, node, needs);
    struct pruned input = prune(pruner, node->inputs[0], needs);
    struct logical *copy = logical_with_input(pruner->arena, node, input.node);
    copy->column_count = input.node->column_count;
    copy->columns = ARENA_ARRAY(pruner->arena, struct logical_column, copy->column_count + 1u);
    for (uint32_t i = 0; i < node->column_count; i++) {
        uint32_t to = input.mapping[i];
        if (to == UINT32_MAX)
            continue;
        copy->columns[to] = node->columns[i];
        copy->columns[to].type = input.node->columns[to].type;
    }
    remap_own(pruner, copy, &input);
    return (struct pruned){.node = copy, .mapping = input.mapping, .left = input.left};
}

/* The reader's columns are given by what it is: its input is brought to exactly them. */
static struct pruned prune_whole(struct pruner *pruner, struct logical *node) {
    struct pruned result = unchanged(pruner, node);
    struct logical **inputs = ARENA_ARRAY(pruner->arena, struct logical *, node->input_count + 1u);
    for (uint32_t k = 0; k < node->input_count; k++) {
        struct logical *input = node->inputs[k];
        struct need *below = no_needs(pruner, input);
        for (uint32_t i = 0; i < input->column_count; i++)
            below[i].whole = true;
        inputs[k] = prune(pruner, input, below).node;
    }
    if (node->input_count)
        result.node = logical_with_inputs(pruner->arena, node, inputs);
    return result;
}

static struct pruned prune(struct pruner *pruner, struct logical *node, struct need *needs) {
    switch (node->kind) {
    case LOGICAL_SCAN: return prune_scan(pruner, node, needs);
    case LOGICAL_PROJECT: return prune_project(pruner, node, needs);
    case LOGICAL_AGGREGATE: return prune_aggregate(pruner, node, needs);
    case LOGICAL_WINDOW_TABLE: return prune_window_table(pruner, node, needs);
    case LOGICAL_UNION: return prune_union(pruner, node, needs);
    case LOGICAL_FILTER:
    case LOGICAL_WATERMARK:
    case LOGICAL_SORT:
    case LOGICAL_LIMIT: return prune_passing(pruner, node, needs);
    case LOGICAL_VALUES:
    case LOGICAL_DISTINCT:
    case LOGICAL_SINK: return prune_whole(pruner, node);
    }
    UNREACHABLE();
}

struct logical *rule_prune_columns(struct rule_context *context, struct logical *root) {
    struct pruner pruner = {.arena = context->arena};
    struct pruned result = prune_whole(&pruner, root);
    return pruner.changed ? result.node : NULL;
}
