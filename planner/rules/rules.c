/* rules.c: the driver. Invariant: every pass either changes the tree or ends the loop; a bound on the passes turns a pair of rules
 * that undo each other into a slow plan instead of a hang. */
#include "planner/rules/rule.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "planner/planner.h"

enum { PASSES_MAX = 64, AT_ONE_NODE_MAX = 64 };

static const struct {
    const char *name;
    rule_function *apply;
} node_rules[] = {
#define RULE(name) {#name, rule_##name},
#define TREE_RULE(name)
#include "planner/rules/rules.def"
#undef RULE
#undef TREE_RULE
};

static const struct {
    const char *name;
    tree_rule_function *apply;
} tree_rules[] = {
#define RULE(name)
#define TREE_RULE(name) {#name, rule_##name},
#include "planner/rules/rules.def"
#undef RULE
#undef TREE_RULE
};

static void note(struct rule_context *context, const char *name) {
    if (context->trace)
        ARRAY_PUSH(context->arena, context->trace, name);
}

static struct logical *apply_at(struct rule_context *context, struct logical *node, bool *changed) {
    for (unsigned tries = 0; tries < AT_ONE_NODE_MAX; tries++) {
        struct logical *better = NULL;
        for (size_t i = 0; i < COUNT_OF(node_rules) && !better; i++) {
            better = node_rules[i].apply(context, node);
            if (better)
                note(context, node_rules[i].name);
        }
        if (!better)
            return node;
        ASSERT(better->column_count == node->column_count);
        node = better;
        *changed = true;
    }
    return node;
}

static struct logical *apply_below(struct rule_context *context, struct logical *node, bool *changed) {
    struct logical **inputs = NULL;
    for (uint32_t i = 0; i < node->input_count; i++) {
        struct logical *input = apply_below(context, node->inputs[i], changed);
        if (input == node->inputs[i])
            continue;
        if (!inputs)
            inputs = arena_copy(context->arena, node->inputs, node->input_count * sizeof *inputs);
        inputs[i] = input;
    }
    if (inputs)
        node = logical_with_inputs(context->arena, node, inputs);
    return apply_at(context, node, changed);
}

struct logical *rules_apply(struct rule_context *context, struct logical *root) {
    bool changed = true;
    for (unsigned pass = 0; changed && pass < PASSES_MAX; pass++) {
        changed = false;
        root = apply_below(context, root, &changed);
        for (size_t i = 0; i < COUNT_OF(tree_rules); i++) {
            struct logical *better = tree_rules[i].apply(context, root);
            if (!better)
                continue;
            note(context, tree_rules[i].name);
            root = better;
            changed = true;
        }
    }
    return root;
}

struct logical *rules_apply_nodes(struct rule_context *context, struct logical *root) {
    bool changed = true;
    for (unsigned pass = 0; changed && pass < PASSES_MAX; pass++) {
        changed = false;
        root = apply_below(context, root, &changed);
    }
    return root;
}
