/* flatten_union.c: Union(Union(a, b), c) ─▶ Union(a, b, c); inputs that give no rows go. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"
#include "core/base/array.h"

enum { INPUTS_MAX = 64 }; /* what an operator takes */

static bool gives_nothing(const struct logical *node) {
    return node->kind == LOGICAL_VALUES && node->values.row_count == 0;
}

/* The union's columns are named after its first input. */
static struct logical *only_input(struct rule_context *context, const struct logical *node, struct logical *input) {
    const char **names = ARENA_ARRAY(context->arena, const char *, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++)
        names[i] = node->columns[i].name;
    return logical_project(context->arena, input, logical_identity(context->arena, input, input->column_count), names,
                           node->column_count);
}

struct logical *rule_flatten_union(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_UNION)
        return NULL;
    ARRAY_OF(struct logical *) inputs = {0};
    bool changed = false;
    for (uint32_t i = 0; i < node->input_count; i++) {
        struct logical *input = node->inputs[i];
        bool drop = gives_nothing(input) && (inputs.count > 0 || i + 1 < node->input_count);
        changed |= drop || input->kind == LOGICAL_UNION;
        for (uint32_t k = 0; input->kind == LOGICAL_UNION && k < input->input_count; k++)
            ARRAY_PUSH(context->arena, &inputs, input->inputs[k]);
        if (!drop && input->kind != LOGICAL_UNION)
            ARRAY_PUSH(context->arena, &inputs, input);
    }
    if (node->input_count == 1 || (changed && inputs.count == 1))
        return only_input(context, node, inputs.items[0]);
    if (!changed || inputs.count > INPUTS_MAX)
        return NULL;
    struct logical *copy = logical_with_inputs(context->arena, node, inputs.items);
    copy->input_count = (uint32_t)inputs.count;
    return copy;
}
