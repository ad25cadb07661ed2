/* use_equalities.c: above a filter `column = constant`, and beside it, the column is that constant.
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

static struct known learn_all(struct rule_context *context, const struct logical *filter, struct conjuncts *conjuncts) {
    struct known known = {.values = ARENA_ARRAY(context->arena, struct expression *, filter->column_count)};
    conjuncts_split(context->arena, filter->filter.condition, conjuncts);
    for (size_t i = 0; i < conjuncts->count; i++)
        learn(conjuncts->items[i], known.values);
    return known;
}

/* The other conjuncts of the same filter: a = 2 AND CASE a … END > x. Those that said what is known stay. */
static struct logical *use_in_filter(struct rule_context *context, struct logical *node) {
    struct conjuncts conjuncts = {0};
    struct known known = learn_all(context, node, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        struct known here = known;
        struct expression **own = ARENA_ARRAY(context->arena, struct expression *, node->column_count + 1u);
        learn(conjuncts.items[i], own);
        bool teaches = false;
        for (uint32_t k = 0; k < node->column_count; k++)
            teaches |= own[k] != NULL;
        if (teaches)
            continue;
        conjuncts.items[i] = expression_replace_columns(context->arena, conjuncts.items[i], replace_known, &here);
        known.replaced |= here.replaced;
    }
    if (!known.replaced)
        return NULL;
    return logical_filter(context->arena, node->inputs[0], conjuncts_join(context->arena, &conjuncts));
}

static struct logical *use_in_project(struct rule_context *context, struct logical *node) {
    struct conjuncts conjuncts = {0};
    struct known known = learn_all(context, node->inputs[0], &conjuncts);
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

struct logical *rule_use_equalities(struct rule_context *context, struct logical *node) {
    if (node->kind == LOGICAL_FILTER)
        return use_in_filter(context, node);
    if (node->kind == LOGICAL_PROJECT && node->inputs[0]->kind == LOGICAL_FILTER)
        return use_in_project(context, node);
    return NULL;
}
