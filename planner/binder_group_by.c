/* binder_group_by.c: GROUP BY: keys, one window, and sets of keys.
 *
 *     GROUP BY a, ROLLUP (b, c)   is   GROUPING SETS ((a, b, c), (a, b), (a))
 *
 * Every item is a list of sets; items next to each other combine every set of one with every set of the other. A set is a
 * bit mask over the keys, so at most 64 keys where there are several sets. */
#include "planner/binder_select.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/function.h"

enum { SET_KEYS_MAX = 63, SETS_MAX = 64 };

bool is_plain_name(const struct ast_expression *ast) {
    return ast->kind == AST_COLUMN && ast->names.count == 1;
}

/* GROUP BY 2 and GROUP BY alias stand for an expression of the SELECT list; a column of the input goes first. */
static enum status dereference(const struct select_binder *select, const struct ast_expression **ast,
                               const char **name) {
    const struct ast_select_items *items = &select->ast->items;
    *name = NULL;
    if ((*ast)->kind == AST_LITERAL && (*ast)->literal.kind == AST_LITERAL_INTEGER) {
        int64_t ordinal = (*ast)->literal.integer;
        if (ordinal < 1 || ordinal > items->count || items->items[ordinal - 1].expression->kind == AST_STAR)
            return FAIL_AT(select->binder->error, (*ast)->position, STATUS_SYNTAX_ERROR,
                           "GROUP BY position %lld is not in the SELECT list", (long long)ordinal);
        *name = items->items[ordinal - 1].alias.text;
        *ast = items->items[ordinal - 1].expression;
        return STATUS_OK;
    }
    if (!is_plain_name(*ast) || scope_find(&select->scope, &(*ast)->names) >= 0)
        return STATUS_OK;
    for (unsigned i = 0; i < items->count; i++)
        if (items->items[i].alias.text &&
            text_equal_ignore_case(items->items[i].alias.text, (*ast)->names.items[0].text)) {
            *name = items->items[i].alias.text;
            *ast = items->items[i].expression;
            return STATUS_OK;
        }
    return STATUS_OK;
}

static enum status add_window(struct select_binder *select, const struct expression_context *context,
                              const struct ast_expression *ast) {
    struct grouping *grouping = &select->grouping;
    if (grouping->has_window)
        return FAIL_AT(select->binder->error, ast->position, STATUS_WINDOWING_ERROR,
                       "GROUP BY has more than one window");
    grouping->has_window = true;
    return bind_group_window(context, ast, &grouping->window);
}

static enum status bind_group_expression(struct select_binder *select, const struct ast_expression *ast,
                                         uint64_t *set) {
    struct expression_context context = {.binder = select->binder, .scope = &select->scope, .clause = "GROUP BY"};
    Plan__WindowKind kind;
    const char *name;
    *set = 0;
    TRY(dereference(select, &ast, &name));
    if (ast->kind == AST_CALL && window_function_find(ast->call.function, &kind) &&
        !function_name_exists(ast->call.function))
        return add_window(select, &context, ast);
    struct expression *key;
    TRY(bind_expression(&context, ast, &key));
    if (!type_is_comparable(key->type))
        return FAIL_AT(select->binder->error, ast->position, STATUS_DATATYPE_MISMATCH, "cannot group by %s",
                       type_text(select->binder->arena, key->type));
    uint32_t index = grouping_add_key(&select->grouping, key, name);
    *set = index < SET_KEYS_MAX ? UINT64_C(1) << index : 0;
    return STATUS_OK;
}

/* ---- sets ---- */

static enum status add_set(struct select_binder *select, struct grouping_sets *sets, uint64_t set,
                           sql_position position) {
    if (sets->count >= SETS_MAX)
        return FAIL_AT(select->binder->error, position, STATUS_LIMIT_EXCEEDED,
                       "GROUP BY has more than %d grouping sets", SETS_MAX);
    ARRAY_PUSH(select->binder->arena, sets, set);
    return STATUS_OK;
}

static enum status bind_group_item(struct select_binder *select, const struct ast_group_item *item,
                                   struct grouping_sets *sets);

/* (a, b): one set of all of them. */
static enum status bind_composite(struct select_binder *select, const struct ast_group_item *item, uint64_t *set) {
    *set = 0;
    if (item->kind == AST_GROUP_EXPRESSION)
        return bind_group_expression(select, item->expression, set);
    for (unsigned i = 0; i < item->items.count; i++) {
        uint64_t part;
        TRY(bind_composite(select, item->items.items[i], &part));
        *set |= part;
    }
    return STATUS_OK;
}

/* ROLLUP (a, b): (a, b), (a), (). CUBE (a, b): (a, b), (a), (b), (). */
static enum status bind_rollup_or_cube(struct select_binder *select, const struct ast_group_item *item,
                                       struct grouping_sets *sets) {
    enum { PARTS_MAX = 32 };
    uint64_t parts[PARTS_MAX];
    unsigned count = item->items.count;
    bool cube = item->kind == AST_GROUP_CUBE;
    if (count > PARTS_MAX || (cube && count > 6))
        return FAIL_AT(select->binder->error, item->position, STATUS_LIMIT_EXCEEDED,
                       "GROUP BY has more than %d grouping sets", SETS_MAX);
    for (unsigned i = 0; i < count; i++)
        TRY(bind_composite(select, item->items.items[i], &parts[i]));
    unsigned set_count = cube ? 1u << count : count + 1;
    for (unsigned k = 0; k < set_count; k++) {
        uint64_t set = 0;
        for (unsigned i = 0; i < count; i++)
            if (cube ? !(k >> (count - 1 - i) & 1) : i < count - k)
                set |= parts[i];
        TRY(add_set(select, sets, set, item->position));
    }
    return STATUS_OK;
}

static enum status bind_group_item(struct select_binder *select, const struct ast_group_item *item,
                                   struct grouping_sets *sets) {
    if (item->kind == AST_GROUP_ROLLUP || item->kind == AST_GROUP_CUBE)
        return bind_rollup_or_cube(select, item, sets);
    if (item->kind == AST_GROUP_SETS) {
        for (unsigned i = 0; i < item->items.count; i++)
            TRY(bind_group_item(select, item->items.items[i], sets));
        return STATUS_OK;
    }
    uint64_t set;
    TRY(bind_composite(select, item, &set));
    return add_set(select, sets, set, item->position);
}

/* Every set of the one with every set of the other. */
static enum status combine(struct select_binder *select, const struct grouping_sets *more, sql_position position) {
    struct grouping_sets combined = {0};
    for (size_t i = 0; i < select->sets.count; i++)
        for (size_t k = 0; k < more->count; k++)
            TRY(add_set(select, &combined, select->sets.items[i] | more->items[k], position));
    select->sets = combined;
    return STATUS_OK;
}

static void drop_repeated(struct grouping_sets *sets) {
    size_t kept = 0;
    for (size_t i = 0; i < sets->count; i++) {
        bool repeated = false;
        for (size_t k = 0; k < kept; k++)
            repeated |= sets->items[k] == sets->items[i];
        if (!repeated)
            sets->items[kept++] = sets->items[i];
    }
    sets->count = kept;
}

static bool has_sets(const struct ast_group_items *items) {
    for (unsigned i = 0; i < items->count; i++)
        if (items->items[i]->kind == AST_GROUP_ROLLUP || items->items[i]->kind == AST_GROUP_CUBE ||
            items->items[i]->kind == AST_GROUP_SETS)
            return true;
    return false;
}

/* A key is NULL in the rows of sets without it, so nothing may rely on its NOT NULL from here on. */
static void make_nullable(struct select_binder *select) {
    struct arena *arena = select->binder->arena;
    struct logical *node = logical_copy(arena, select->scope.node);
    node->columns = arena_copy(arena, node->columns, node->column_count * sizeof *node->columns);
    for (uint32_t i = 0; i < node->column_count; i++)
        node->columns[i].type = type_with_nullable(arena, node->columns[i].type, true);
    select->scope.node = node;
}

enum status select_group_by(struct select_binder *select) {
    const struct ast_select *ast = select->ast;
    if (has_sets(&ast->group_by))
        make_nullable(select);
    select->grouping = (struct grouping){.binder = select->binder, .scope = &select->scope, .grouped = ast->grouped};
    TRY(add_set(select, &select->sets, 0, ast->position));
    for (unsigned i = 0; i < ast->group_by.count; i++) {
        struct grouping_sets sets = {0};
        TRY(bind_group_item(select, ast->group_by.items[i], &sets));
        TRY(combine(select, &sets, ast->group_by.items[i]->position));
    }
    if (!has_sets(&ast->group_by)) {
        select->sets.items[0] = UINT64_MAX;
        if (!select->grouping.has_window)
            grouping_attach_window(&select->grouping);
        return STATUS_OK;
    }
    if (select->grouping.keys.count > SET_KEYS_MAX)
        return FAIL_AT(select->binder->error, ast->group_by.items[0]->position, STATUS_LIMIT_EXCEEDED,
                       "grouping sets are made of at most %d keys", SET_KEYS_MAX);
    if (ast->group_distinct)
        drop_repeated(&select->sets);
    return STATUS_OK;
}

/* ---- one set of several ---- */

static bool is_in_set(uint64_t set, int key) {
    return key >= SET_KEYS_MAX || (set >> key & 1);
}

/* GROUPING(a, b): a bit per argument, the first the highest; set where the argument is not in the set. */
static struct expression *indicator_value(const struct grouping *grouping, uint64_t set,
                                          const struct expression *column) {
    const struct grouping_indicator *indicator = &grouping->indicators.items[column->column - COLUMN_INDICATOR_BASE];
    int64_t bits = 0;
    for (uint32_t i = 0; i < indicator->count; i++)
        bits = bits * 2 + !is_in_set(set, grouping_key_of(grouping, indicator->arguments[i]));
    return expression_bigint(grouping->binder->arena, bits, column->position);
}

/* Keys that are not in the set are NULL. */
static struct expression *in_set(const struct grouping *grouping, uint64_t set, struct expression *expression) {
    struct arena *arena = grouping->binder->arena;
    int key = grouping_key_of(grouping, expression);
    if (key >= 0)
        return is_in_set(set, key) ? expression : expression_null(arena, expression->type, expression->position);
    if (expression->kind == EXPRESSION_LITERAL)
        return expression;
    if (expression->kind == EXPRESSION_COLUMN)
        return expression->column >= COLUMN_INDICATOR_BASE ? indicator_value(grouping, set, expression) : expression;
    struct expression *copy = arena_copy(arena, expression, sizeof *expression);
    if (expression->kind == EXPRESSION_FIELD) {
        copy->field.row = in_set(grouping, set, expression->field.row);
        return copy;
    }
    copy->call.arguments = ARENA_ARRAY(arena, struct expression *, expression->call.argument_count);
    for (uint32_t i = 0; i < expression->call.argument_count; i++)
        copy->call.arguments[i] = in_set(grouping, set, expression->call.arguments[i]);
    return copy;
}

static void keys_of_set(const struct grouping *grouping, uint64_t set, struct grouping *one) {
    memset(&one->keys, 0, sizeof one->keys);
    for (size_t i = 0; i < grouping->keys.count; i++)
        if (is_in_set(set, (int)i))
            ARRAY_PUSH(grouping->binder->arena, &one->keys, grouping->keys.items[i]);
}

void select_of_set(const struct select_binder *select, uint64_t set, struct select_binder *one) {
    struct arena *arena = select->binder->arena;
    const struct grouping *grouping = &select->grouping;
    *one = *select;
    one->list.items = arena_copy(arena, select->list.items, select->list.count * sizeof *select->list.items);
    for (size_t i = 0; i < one->list.count; i++)
        one->list.items[i].expression = in_set(grouping, set, one->list.items[i].expression);
    one->order.items = arena_copy(arena, select->order.items, select->order.count * sizeof *select->order.items);
    for (size_t i = 0; i < one->order.count; i++)
        if (one->order.items[i].expression)
            one->order.items[i].expression = in_set(grouping, set, one->order.items[i].expression);
    if (select->having)
        one->having = in_set(grouping, set, select->having);
    keys_of_set(grouping, set, &one->grouping);
    if (!one->grouping.has_window)
        grouping_attach_window(&one->grouping);
}

/* ---- GROUPING(a, b) ---- */

bool is_grouping_indicator(const char *function) {
    return strcmp(function, "grouping") == 0 || strcmp(function, "grouping_id") == 0;
}

enum status bind_grouping_indicator(const struct expression_context *context, const struct ast_expression *ast,
                                    struct expression **expression) {
    struct binder *binder = context->binder;
    struct grouping *grouping = context->grouping;
    if (!grouping)
        return FAIL_AT(binder->error, ast->position, STATUS_GROUPING_ERROR,
                       "%s needs a GROUP BY and is not allowed in %s", ast->call.function, context->clause);
    struct expression_context inner = *context;
    struct grouping_indicator indicator;
    inner.grouping = NULL;
    TRY(bind_arguments(&inner, &ast->call, &indicator.arguments, &indicator.count));
    for (uint32_t i = 0; i < indicator.count; i++)
        if (grouping_key_of(grouping, indicator.arguments[i]) < 0)
            return FAIL_AT(binder->error, indicator.arguments[i]->position, STATUS_GROUPING_ERROR,
                           "arguments of %s must be grouping expressions", ast->call.function);
    if (indicator.count == 0 || indicator.count > SET_KEYS_MAX)
        return FAIL_AT(binder->error, ast->position, STATUS_GROUPING_ERROR, "%s takes between 1 and %d arguments",
                       ast->call.function, SET_KEYS_MAX);
    ARRAY_PUSH(binder->arena, &grouping->indicators, indicator);
    *expression = expression_column(binder->arena, COLUMN_INDICATOR_BASE + (uint32_t)grouping->indicators.count - 1,
                                    type_with_nullable(binder->arena, &type_bigint, false), ast->position);
    return STATUS_OK;
}

/* ---- is it grouped? ---- */

bool select_is_aggregated(const struct ast_select *ast, const struct ast_query *query) {
    if (ast->grouped || ast->having)
        return true;
    for (unsigned i = 0; i < ast->items.count; i++)
        if (ast_has_aggregate(ast->items.items[i].expression))
            return true;
    for (unsigned i = 0; i < query->order_by.count; i++)
        if (ast_has_aggregate(query->order_by.items[i].expression))
            return true;
    return false;
}
