/* remove_watermarks.c: event time that nobody asks for is not computed: the Watermark goes, and with it the reason to read and
 * compute its column for every row. Asked for by windows on event time (fused or above a window table function) and by
 * CURRENT_WATERMARK. */
#include "planner/rules/rule.h"

#include <string.h>

#include "core/base/arena.h"

static bool reads_watermark(struct expression *node, void *context) {
    bool *reads = context;
    if (node->kind == EXPRESSION_CALL && strcmp(node->call.function->name, "current_watermark") == 0)
        *reads = true;
    return !*reads;
}

static bool wants_event_time(const struct logical *node) {
    bool reads = false;
    switch (node->kind) {
    case LOGICAL_AGGREGATE:
        return node->aggregate.input_has_window ||
               (node->aggregate.has_window && !node->aggregate.window.processing_time);
    case LOGICAL_WINDOW_TABLE: return node->window_table.window.kind == PLAN__WINDOW_KIND__SESSION;
    case LOGICAL_FILTER: expression_walk(node->filter.condition, reads_watermark, &reads); return reads;
    case LOGICAL_PROJECT:
        for (uint32_t i = 0; i < node->column_count && !reads; i++)
            expression_walk(node->project.expressions[i], reads_watermark, &reads);
        return reads;
    default: return false;
    }
}

static struct logical *remove_below(struct rule_context *context, struct logical *node, bool wanted) {
    wanted = wanted || wants_event_time(node);
    if (node->kind == LOGICAL_WATERMARK && !wanted)
        return remove_below(context, node->inputs[0], wanted);
    struct logical **inputs = NULL;
    for (uint32_t i = 0; i < node->input_count; i++) {
        struct logical *input = remove_below(context, node->inputs[i], wanted);
        if (input == node->inputs[i])
            continue;
        if (!inputs)
            inputs = arena_copy(context->arena, node->inputs, node->input_count * sizeof *inputs);
        inputs[i] = input;
    }
    return inputs ? logical_with_inputs(context->arena, node, inputs) : node;
}

struct logical *rule_remove_watermarks(struct rule_context *context, struct logical *root) {
    struct logical *result = remove_below(context, root, false);
    return result == root ? NULL : result;
}
