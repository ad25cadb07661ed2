/* logical_expression.c: what rules do to expressions besides looking at them: split and join conditions, move them from one
 * node's columns to another's, and measure them. */
#include "planner/logical.h"

#include <string.h>

#include "core/base/array.h"
#include "core/functions/function.h"

static bool is_and(const struct expression *expression) {
    return expression->kind == EXPRESSION_CALL && strcmp(expression->call.function->name, "and") == 0;
}

void conjuncts_split(struct arena *arena, struct expression *condition, struct conjuncts *conjuncts) {
    if (!is_and(condition)) {
        ARRAY_PUSH(arena, conjuncts, condition);
        return;
    }
    for (uint32_t i = 0; i < condition->call.argument_count; i++)
        conjuncts_split(arena, condition->call.arguments[i], conjuncts);
}

struct expression *conjuncts_join(struct arena *arena, const struct conjuncts *conjuncts) {
    if (conjuncts->count <= 1)
        return conjuncts->count ? conjuncts->items[0] : NULL;
    struct expression *result;
    enum status status = expression_call(arena, "and", conjuncts->items, (uint32_t)conjuncts->count,
                                         conjuncts->items[0]->position, &result, NULL);
    ASSERT(status == STATUS_OK); /* all are BOOLEAN */
    return result;
}

static struct expression *replace_by_list(struct arena *arena, struct expression *column, void *context) {
    (void)arena;
    struct expression *const *replacements = context;
    ASSERT(replacements[column->column]);
    return replacements[column->column];
}

struct expression *expression_substitute(struct arena *arena, struct expression *expression,
                                         struct expression *const *replacements) {
    return expression_replace_columns(arena, expression, replace_by_list, (void *)(uintptr_t)replacements);
}

static struct expression *replace_by_index(struct arena *arena, struct expression *column, void *context) {
    const uint32_t *mapping = context;
    ASSERT(mapping[column->column] != UINT32_MAX);
    return expression_column(arena, mapping[column->column], column->type, column->position);
}

struct expression *expression_remap(struct arena *arena, struct expression *expression, const uint32_t *mapping) {
    return expression_replace_columns(arena, expression, replace_by_index, (void *)(uintptr_t)mapping);
}

static bool mark_column(struct expression *node, void *context) {
    bool *used = context;
    if (node->kind == EXPRESSION_COLUMN)
        used[node->column] = true;
    return true;
}

void expression_mark_columns(struct expression *expression, bool *used) {
    expression_walk(expression, mark_column, used);
}

static bool column_is_allowed(struct expression *node, void *context) {
    const bool *allowed = context;
    return node->kind != EXPRESSION_COLUMN || allowed[node->column];
}

bool expression_uses_only(struct expression *expression, const bool *allowed) {
    return expression_walk(expression, column_is_allowed, (void *)(uintptr_t)allowed);
}

struct size_count {
    size_t count, limit;
};
static bool count_node(struct expression *node, void *context) {
    (void)node;
    struct size_count *size = context;
    return ++size->count < size->limit;
}

size_t expression_size(const struct expression *expression, size_t limit) {
    struct size_count size = {.limit = limit};
    expression_walk((struct expression *)(uintptr_t)expression, count_node, &size);
    return size.count;
}
