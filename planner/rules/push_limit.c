/* push_limit.c: LIMIT goes below projections, and tells a source that stands right under it how many rows will do. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"

/* The limit stays where it is: a source may give more than it was asked for. */
static struct logical *limit_scan(struct rule_context *context, struct logical *node) {
    struct logical *scan = node->inputs[0];
    uint64_t rows;
    if (__builtin_add_overflow(node->limit.limit, node->limit.offset, &rows) || rows == 0)
        return NULL;
    if (scan->scan.row_limit && scan->scan.row_limit <= rows)
        return NULL;
    struct logical *copy = logical_copy(context->arena, scan);
    copy->scan.row_limit = rows;
    return logical_with_input(context->arena, node, copy);
}

struct logical *rule_push_limit(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_LIMIT)
        return NULL;
    struct logical *input = node->inputs[0];
    if (input->kind == LOGICAL_SCAN && node->limit.has_limit)
        return limit_scan(context, node);
    if (input->kind != LOGICAL_PROJECT)
        return NULL;
    struct logical *limit = logical_limit(context->arena, input->inputs[0], &node->limit);
    return logical_with_input(context->arena, input, limit);
}
