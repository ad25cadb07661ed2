/* merge_projects.c: Project(f, Project(g, x)) ─▶ Project(f∘g, x); a projection that changes nothing goes.
 * Not when g is volatile (RAND() would be drawn twice) or the result would grow out of hand. */
#include "planner/rules/rule.h"

#include <string.h>

#include "core/base/arena.h"

enum { EXPRESSION_SIZE_MAX = 2000 };

static bool same_names(const struct logical *a, const struct logical *b) {
    for (uint32_t i = 0; i < a->column_count; i++)
        if (strcmp(a->columns[i].name, b->columns[i].name) != 0)
            return false;
    return true;
}

static bool count_column(struct expression *node, void *context) {
    uint32_t *uses = context;
    if (node->kind == EXPRESSION_COLUMN)
        uses[node->column]++;
    return true;
}

/* RAND() that is used twice is one number, not two. PROCTIME() is the same wherever it is asked. */
static bool draws_twice(struct rule_context *context, const struct logical *outer, const struct logical *inner) {
    uint32_t *uses = ARENA_ARRAY(context->arena, uint32_t, inner->column_count);
    for (uint32_t i = 0; i < outer->column_count; i++)
        expression_walk(outer->project.expressions[i], count_column, uses);
    for (uint32_t i = 0; i < inner->column_count; i++)
        if (uses[i] > 1 && inner->columns[i].time != TIME_PROCESSING &&
            !expression_is_deterministic(inner->project.expressions[i]))
            return true;
    return false;
}

struct logical *rule_merge_projects(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_PROJECT)
        return NULL;
    struct logical *input = node->inputs[0];
    if (logical_is_identity(node) && same_names(node, input))
        return input;
    if (input->kind != LOGICAL_PROJECT || draws_twice(context, node, input))
        return NULL;
    struct expression **merged = ARENA_ARRAY(context->arena, struct expression *, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++) {
        merged[i] = expression_substitute(context->arena, node->project.expressions[i], input->project.expressions);
        if (expression_size(merged[i], EXPRESSION_SIZE_MAX) >= EXPRESSION_SIZE_MAX)
            return NULL;
    }
    struct logical *copy = logical_with_input(context->arena, node, input->inputs[0]);
    copy->project.expressions = merged;
    return copy;
}
