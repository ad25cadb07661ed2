/* use_equalities.c: above a filter `column = constant` the column is that constant.
 *
 *   Project(f(c), Filter(c = 2 AND …, x))  ─▶  Project(f(2), Filter(c = 2 AND …, x))
 *
 * With folding behind it, CASE event_type WHEN … picks its branch, and the others' columns are not read at all. */
#include "planner/rules/rule.h"

#include <string.h>

#include "core/base/arena.h"

struct known {
    struct expression **values; /* by column; NULL = not known */
    bool replaced;
};

/* `column = literal` either way round, of one type and not NULL. */
static void learn(struct expression *conjunct, struct expression **values) {
    if (conjunct->kind != EXPRESSION_CALL || strcmp(conjunct->call.function->name, "=") != 0)
        return;
    struct expression *a = conjunct->call.arguments[0], *b = conjunct->call.arguments[1];
    if (a->kind == EXPRESSION_LITERAL) {
        struct expression *swap = a;
        a = b;
        b = swap;
    }
    if (a->kind != EXPRESSION_COLUMN || b->kind != EXPRESSION_LITERAL || expression_is_null_literal(b) ||
        !type_equal_ignore_null(a->type, b->type))
        return;
    enum layout layout = type_layout(a->type);
    if (layout == LAYOUT_F32 || layout == LAYOUT_F64) /* 0.0 = -0.0, yet they are not the same */
        return;
    values[a->column] = b;
}

static struct expression *replace_known(struct arena *arena, struct expression *column, void *context) {
    (void)arena;
    struct known *known = context;
    if (!known->values[column->column])
        return NULL;
    known->replaced = true;
    return known->values[column->column];
}

struct logical *rule_use_equalities(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_PROJECT || node->inputs[0]->kind != LOGICAL_FILTER)
        return NULL;
    struct logical *filter = node->inputs[0];
    struct known known = {.values = ARENA_ARRAY(context->arena, struct expression *, filter->column_count)};
    struct conjuncts conjuncts = {0};
    conjuncts_split(context->arena, filter->filter.condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++)
        learn(conjuncts.items[i], known.values);
    struct expression **expressions = ARENA_ARRAY(context->arena, struct expression *, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++)
        expressions[i] =
            expression_replace_columns(context->arena, node->project.expressions[i], replace_known, &known);
    if (!known.replaced)
        return NULL;
    struct logical *copy = logical_copy(context->arena, node);
    copy->project.expressions = expressions;
    return copy;
}
