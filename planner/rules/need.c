/* need.c: trees of wanted fields. Invariant: `whole` and `fields` are never both set. */
#include "planner/rules/need.h"

#include "core/base/arena.h"
#include "core/functions/expression.h"

static const struct need everything = {.whole = true};

static void want_whole(struct need *need) {
    *need = everything;
}

static struct need *want_field(struct arena *arena, struct need *need, const struct type *type, uint32_t index) {
    if (need->whole)
        return NULL;
    if (!need->fields)
        need->fields = ARENA_ARRAY(arena, struct need, type->field_count);
    return &need->fields[index];
}

void need_merge(struct arena *arena, struct need *need, const struct need *more, const struct type *type) {
    if (need->whole || !need_any(more))
        return;
    if (more->whole) {
        want_whole(need);
        return;
    }
    for (uint32_t i = 0; i < type->field_count; i++)
        if (need_any(&more->fields[i]))
            need_merge(arena, want_field(arena, need, type, i), &more->fields[i], type->fields[i].type);
}

/* The column at the root of a.b.c, or NULL. */
static const struct expression *chain_root(const struct expression *expression) {
    while (expression->kind == EXPRESSION_FIELD)
        expression = expression->field.row;
    return expression->kind == EXPRESSION_COLUMN ? expression : NULL;
}

/* The need at the end of a chain; NULL when a part of it is wanted whole already. */
static struct need *chain_need(struct arena *arena, const struct expression *chain, struct need *needs) {
    if (chain->kind == EXPRESSION_COLUMN)
        return needs[chain->column].whole ? NULL : &needs[chain->column];
    struct need *row = chain_need(arena, chain->field.row, needs);
    if (!row)
        return NULL;
    struct need *field = want_field(arena, row, chain->field.row->type, chain->field.index);
    return field && !field->whole ? field : NULL;
}

void need_collect(struct arena *arena, const struct expression *expression, const struct need *result,
                  struct need *needs) {
    if (!result)
        result = &everything;
    if (chain_root(expression)) {
        struct need *need = chain_need(arena, expression, needs);
        if (need)
            need_merge(arena, need, result, expression->type);
        return;
    }
    if (expression->kind == EXPRESSION_FIELD) {
        need_collect(arena, expression->field.row, NULL, needs);
    } else if (expression->kind == EXPRESSION_CALL) {
        for (uint32_t i = 0; i < expression->call.argument_count; i++)
            need_collect(arena, expression->call.arguments[i], NULL, needs);
    }
}

bool need_shrinks(const struct need *need, const struct type *type) {
    if (need->whole || type->kind != TYPE_ROW || !need->fields)
        return false;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!need_any(&need->fields[i]) || need_shrinks(&need->fields[i], type->fields[i].type))
            return true;
    return false;
}

const struct type *need_shrink(struct arena *arena, const struct need *need, const struct type *type) {
    if (!need_shrinks(need, type))
        return type;
    struct field *fields = ARENA_ARRAY(arena, struct field, type->field_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!need_any(&need->fields[i]))
            continue;
        fields[count].name = type->fields[i].name;
        fields[count++].type = need_shrink(arena, &need->fields[i], type->fields[i].type);
    }
    return type_with_nullable(arena, type_row(arena, fields, count), type->nullable);
}

const struct need *need_of_value(const struct expression *expression, const struct need *needs) {
    if (expression->kind == EXPRESSION_COLUMN)
        return &needs[expression->column];
    if (expression->kind != EXPRESSION_FIELD || !chain_root(expression))
        return &everything;
    const struct need *row = need_of_value(expression->field.row, needs);
    return row->whole || !row->fields ? &everything : &row->fields[expression->field.index];
}

struct rewriting {
    struct arena *arena;
    const struct need *needs;
    const uint32_t *mapping;
    const struct type *const *types;
};

static struct expression *rewrite(const struct rewriting *rewriting, struct expression *expression);

static struct expression *rewrite_field(const struct rewriting *rewriting, struct expression *expression) {
    const struct need *need = need_of_value(expression->field.row, rewriting->needs);
    uint32_t index = expression->field.index;
    if (!need->whole && need->fields && chain_root(expression)) {
        index = 0;
        for (uint32_t i = 0; i < expression->field.index; i++)
            index += need_any(&need->fields[i]);
    }
    struct expression *row = rewrite(rewriting, expression->field.row);
    struct expression *field = expression_field(rewriting->arena, row, index, expression->position);
    return field;
}

static struct expression *rewrite(const struct rewriting *rewriting, struct expression *expression) {
    switch (expression->kind) {
    case EXPRESSION_LITERAL: return expression;
    case EXPRESSION_COLUMN: {
        uint32_t column = rewriting->mapping[expression->column];
        ASSERT(column != UINT32_MAX);
        return expression_column(rewriting->arena, column, rewriting->types[column], expression->position);
    }
    case EXPRESSION_FIELD: return rewrite_field(rewriting, expression);
    case EXPRESSION_CALL: break;
    }
    struct expression *copy = arena_copy(rewriting->arena, expression, sizeof *expression);
    copy->call.arguments = ARENA_ARRAY(rewriting->arena, struct expression *, expression->call.argument_count);
    for (uint32_t i = 0; i < expression->call.argument_count; i++)
        copy->call.arguments[i] = rewrite(rewriting, expression->call.arguments[i]);
    return copy;
}

struct expression *need_rewrite(struct arena *arena, struct expression *expression, const struct need *needs,
                                const uint32_t *mapping, const struct type *const *types) {
    struct rewriting rewriting = {arena, needs, mapping, types};
    return rewrite(&rewriting, expression);
}
