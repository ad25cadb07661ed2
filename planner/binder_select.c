/* binder_select.c: one SELECT, in the order in which its clauses mean something:
 *
 *     FROM ─ WHERE ─ GROUP BY, aggregates ─ HAVING ─ SELECT list ─ DISTINCT ─ ORDER BY
 *
 * ORDER BY may name outputs, ordinals, or expressions that are not selected: those become hidden columns, dropped on top. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/functions/function.h"

struct select_item {
    struct expression *expression;
    const char *name;                 /* NULL: implied by the expression */
    const struct ast_expression *ast; /* NULL: from a star */
};

struct order_item {
    struct expression *expression; /* NULL: `output` is meant */
    uint32_t output;
    const struct ast_sort_item *ast;
};

struct selection_list {
    struct select_item *items;
    size_t count, capacity;
};

struct select_binder {
    struct binder *binder;
    const struct ast_select *ast;
    struct scope scope;
    struct expression *where;
    struct expression *having;
    struct grouping grouping;
    bool aggregated;
    struct selection_list list;
    struct {
        struct order_item *items;
        size_t count, capacity;
    } order;
};

/* ---- FROM, WHERE ---- */

struct logical *bind_one_row(struct binder *binder) {
    struct logical *node = logical_new(binder->arena, LOGICAL_VALUES, NULL);
    node->values.rows = ARENA_ARRAY(binder->arena, struct expression **, 1);
    node->values.row_count = 1;
    return node;
}

static enum status bind_from(struct select_binder *select) {
    struct binder *binder = select->binder;
    if (select->ast->from) {
        TRY(bind_relation(binder, select->ast->from, &select->scope));
    } else {
        select->scope.node = bind_one_row(binder);
        select->scope.tables = NULL;
    }
    if (!select->ast->where)
        return STATUS_OK;
    struct expression_context context = {.binder = binder, .scope = &select->scope, .clause = "WHERE"};
    TRY(bind_condition(&context, select->ast->where, &select->where));
    select->scope.node = logical_filter(binder->arena, select->scope.node, select->where);
    return STATUS_OK;
}

/* ---- GROUP BY ---- */

static bool is_plain_name(const struct ast_expression *ast) {
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

static enum status bind_group_expression(struct select_binder *select, const struct ast_expression *ast) {
    struct expression_context context = {.binder = select->binder, .scope = &select->scope, .clause = "GROUP BY"};
    Plan__WindowKind kind;
    const char *name;
    TRY(dereference(select, &ast, &name));
    if (ast->kind == AST_CALL && window_function_find(ast->call.function, &kind) &&
        !function_name_exists(ast->call.function))
        return add_window(select, &context, ast);
    struct expression *key;
    TRY(bind_expression(&context, ast, &key));
    if (!type_is_comparable(key->type))
        return FAIL_AT(select->binder->error, ast->position, STATUS_DATATYPE_MISMATCH, "cannot group by %s",
                       type_text(select->binder->arena, key->type));
    grouping_add_key(&select->grouping, key, name);
    return STATUS_OK;
}

static enum status bind_group_item(struct select_binder *select, const struct ast_group_item *item) {
    static const char *const names[] = {
        [AST_GROUP_ROLLUP] = "ROLLUP", [AST_GROUP_CUBE] = "CUBE", [AST_GROUP_SETS] = "GROUPING SETS"};
    if (item->kind == AST_GROUP_EXPRESSION)
        return bind_group_expression(select, item->expression);
    if (item->kind != AST_GROUP_LIST)
        return binder_unsupported(select->binder, item->position, names[item->kind]);
    for (unsigned i = 0; i < item->items.count; i++)
        TRY(bind_group_item(select, item->items.items[i]));
    return STATUS_OK;
}

static enum status bind_group_by(struct select_binder *select) {
    select->grouping =
        (struct grouping){.binder = select->binder, .scope = &select->scope, .grouped = select->ast->grouped};
    for (unsigned i = 0; i < select->ast->group_by.count; i++)
        TRY(bind_group_item(select, select->ast->group_by.items[i]));
    if (!select->grouping.has_window)
        grouping_attach_window(&select->grouping);
    return STATUS_OK;
}

static bool is_aggregated(const struct ast_select *ast, const struct ast_query *query) {
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

/* ---- SELECT list ---- */

static struct expression_context output_context(struct select_binder *select, const char *clause) {
    return (struct expression_context){
        .binder = select->binder,
        .scope = &select->scope,
        .grouping = select->aggregated ? &select->grouping : NULL,
        .clause = clause,
    };
}

static enum status expand_star(struct select_binder *select, const struct ast_expression *star) {
    struct binder *binder = select->binder;
    const struct logical *input = select->scope.node;
    bool *columns = ARENA_ARRAY(binder->arena, bool, input->column_count + 1);
    if (star->names.count == 0) {
        if (!select->ast->from)
            return FAIL_AT(binder->error, star->position, STATUS_SYNTAX_ERROR, "SELECT * needs a FROM");
        memset(columns, true, input->column_count);
    } else if (!scope_star(&select->scope, &star->names, columns)) {
        return FAIL_AT(binder->error, star->position, STATUS_UNDEFINED_TABLE, "\"%s\" is not a table of this FROM",
                       ast_names_text(binder->arena, &star->names));
    }
    for (uint32_t i = 0; i < input->column_count; i++)
        if (columns[i]) {
            struct expression *column = expression_column(binder->arena, i, input->columns[i].type, star->position);
            ARRAY_PUSH(binder->arena, &select->list, ((struct select_item){column, input->columns[i].name, NULL}));
        }
    return STATUS_OK;
}

/* A column keeps its name through aggregation and window functions. */
static const char *item_name(const struct select_binder *select, const struct ast_select_item *item,
                             const struct expression *expression) {
    if (item->alias.text)
        return item->alias.text;
    if (expression->kind == EXPRESSION_COLUMN && expression->column < COLUMN_AGGREGATE_BASE)
        return select->scope.node->columns[expression->column].name;
    if (item->expression->kind == AST_COLUMN)
        return item->expression->names.items[item->expression->names.count - 1].text;
    return item->expression->kind == AST_FIELD ? item->expression->field.name.text : NULL;
}

static enum status bind_items(struct select_binder *select) {
    struct expression_context context = output_context(select, "the SELECT list");
    for (unsigned i = 0; i < select->ast->items.count; i++) {
        const struct ast_select_item *item = &select->ast->items.items[i];
        if (item->expression->kind == AST_STAR) {
            TRY(expand_star(select, item->expression));
            continue;
        }
        struct expression *expression;
        TRY(bind_expression(&context, item->expression, &expression));
        const char *name = item_name(select, item, expression);
        if (!name)
            name = arena_printf(select->binder->arena, "EXPR$%zu", select->list.count);
        ARRAY_PUSH(select->binder->arena, &select->list, ((struct select_item){expression, name, item->expression}));
    }
    return STATUS_OK;
}

/* ---- implicit grouping keys ---- */

static bool is_input_column(const struct expression *expression) {
    while (expression->kind == EXPRESSION_FIELD)
        expression = expression->field.row;
    return expression->kind == EXPRESSION_COLUMN && expression->column < COLUMN_AGGREGATE_BASE;
}

static bool is_window_time(const struct grouping *grouping, const struct expression *expression) {
    return !grouping->window.attached && expression_equal(grouping->window.time, expression);
}

/* In a windowed GROUP BY, plain columns of the SELECT list are grouping keys. */
static void add_implicit_keys(struct select_binder *select) {
    struct grouping *grouping = &select->grouping;
    struct binder *binder = select->binder;
    if (!grouping->has_window || !binder_setting_bool(binder, SETTING_IMPLICIT_GROUP_KEYS))
        return;
    for (size_t i = 0; i < select->list.count; i++) {
        const struct select_item *item = &select->list.items[i];
        if (!item->ast || item->ast->kind != AST_COLUMN || !is_input_column(item->expression) ||
            is_window_time(grouping, item->expression) || grouping_check(grouping, item->expression) == STATUS_OK)
            continue;
        grouping_add_key(grouping, item->expression, NULL);
        const char *message = arena_printf(binder->arena, "column \"%s\" is not in GROUP BY: it became a grouping key",
                                           ast_names_text(binder->arena, &item->ast->names));
        binder_notice(binder, item->ast->position, message,
                      "SET 'sql.implicit-group-keys' = 'false' makes it an error");
    }
    error_reset(binder->error);
}

/* ---- ORDER BY ---- */

static int output_named(const struct select_binder *select, const char *name) {
    for (size_t i = 0; i < select->list.count; i++)
        if (select->list.items[i].name && text_equal_ignore_case(select->list.items[i].name, name))
            return (int)i;
    return -1;
}

static int output_equal(const struct select_binder *select, const struct expression *expression) {
    for (size_t i = 0; i < select->list.count; i++)
        if (expression_equal(select->list.items[i].expression, expression))
            return (int)i;
    return -1;
}

static enum status bind_order_item(struct select_binder *select, const struct ast_sort_item *ast,
                                   struct order_item *item) {
    const struct ast_expression *expression = ast->expression;
    struct binder *binder = select->binder;
    *item = (struct order_item){.ast = ast};
    int output = -1;
    if (expression->kind == AST_LITERAL && expression->literal.kind == AST_LITERAL_INTEGER) {
        int64_t ordinal = expression->literal.integer;
        if (ordinal < 1 || (size_t)ordinal > select->list.count)
            return FAIL_AT(binder->error, expression->position, STATUS_SYNTAX_ERROR,
                           "ORDER BY position %lld is not in the SELECT list", (long long)ordinal);
        output = (int)(ordinal - 1);
    } else if (is_plain_name(expression)) {
        output = output_named(select, expression->names.items[0].text);
    }
    if (output < 0) {
        struct expression_context context = output_context(select, "ORDER BY");
        TRY(bind_expression(&context, expression, &item->expression));
        output = output_equal(select, item->expression);
    }
    if (output >= 0)
        *item = (struct order_item){.output = (uint32_t)output, .ast = ast};
    else if (select->ast->distinct)
        return FAIL_AT(binder->error, expression->position, STATUS_GROUPING_ERROR,
                       "for SELECT DISTINCT, ORDER BY expressions must appear in the SELECT list");
    const struct type *type =
        item->expression ? item->expression->type : select->list.items[item->output].expression->type;
    if (!type_is_comparable(type))
        return FAIL_AT(binder->error, expression->position, STATUS_DATATYPE_MISMATCH, "cannot sort by %s",
                       type_text(binder->arena, type));
    return STATUS_OK;
}

static enum status bind_order_by(struct select_binder *select, const struct ast_query *query) {
    for (unsigned i = 0; i < query->order_by.count; i++) {
        struct order_item item;
        TRY(bind_order_item(select, &query->order_by.items[i], &item));
        ARRAY_PUSH(select->binder->arena, &select->order, item);
    }
    return STATUS_OK;
}

bool sort_nulls_first(const struct ast_sort_item *item) {
    if (item->nulls != AST_NULLS_DEFAULT)
        return item->nulls == AST_NULLS_FIRST;
    return item->direction == AST_ASCENDING;
}

/* ---- building ---- */

/* Everything that was bound over the input is moved on top of the Aggregate. */
static enum status build_aggregate(struct select_binder *select, struct logical **node) {
    struct grouping *grouping = &select->grouping;
    add_implicit_keys(select);
    for (size_t i = 0; i < select->list.count; i++)
        TRY(grouping_check(grouping, select->list.items[i].expression));
    if (select->having)
        TRY(grouping_check(grouping, select->having));
    for (size_t i = 0; i < select->order.count; i++)
        if (select->order.items[i].expression)
            TRY(grouping_check(grouping, select->order.items[i].expression));
    TRY(grouping_finish(grouping, node));
    for (size_t i = 0; i < select->list.count; i++)
        select->list.items[i].expression = grouping_resolve(grouping, *node, select->list.items[i].expression);
    for (size_t i = 0; i < select->order.count; i++)
        if (select->order.items[i].expression)
            select->order.items[i].expression = grouping_resolve(grouping, *node, select->order.items[i].expression);
    if (select->having)
        *node = logical_filter(select->binder->arena, *node, grouping_resolve(grouping, *node, select->having));
    return STATUS_OK;
}

static struct logical *build_project(struct select_binder *select, struct logical *input) {
    struct arena *arena = select->binder->arena;
    uint32_t count = (uint32_t)select->list.count;
    struct expression **expressions = ARENA_ARRAY(arena, struct expression *, count + select->order.count);
    const char **names = ARENA_ARRAY(arena, const char *, count + select->order.count);
    for (uint32_t i = 0; i < select->list.count; i++) {
        expressions[i] = select->list.items[i].expression;
        names[i] = select->list.items[i].name;
    }
    for (size_t i = 0; i < select->order.count; i++) {
        struct order_item *item = &select->order.items[i];
        if (!item->expression)
            continue;
        item->output = count;
        names[count] = arena_printf(arena, "$sort%zu", i);
        expressions[count++] = item->expression;
    }
    return logical_project(arena, input, expressions, names, count);
}

static struct logical *build_sort(struct select_binder *select, struct logical *input) {
    struct arena *arena = select->binder->arena;
    struct logical *node = logical_new(arena, LOGICAL_SORT, input);
    node->position = select->order.items[0].ast->expression->position;
    node->sort.key_count = (uint32_t)select->order.count;
    node->sort.keys = ARENA_ARRAY(arena, struct logical_sort_key, select->order.count);
    for (size_t i = 0; i < select->order.count; i++) {
        const struct order_item *item = &select->order.items[i];
        node->sort.keys[i] = (struct logical_sort_key){
            .column = item->output,
            .descending = item->ast->direction == AST_DESCENDING,
            .nulls_first = sort_nulls_first(item->ast),
        };
    }
    return node;
}

static enum status build(struct select_binder *select, const struct ast_query *query, struct logical **result) {
    struct arena *arena = select->binder->arena;
    struct logical *node = select->scope.node;
    if (select->aggregated)
        TRY(build_aggregate(select, &node));
    node = build_project(select, node);
    if (select->ast->distinct) {
        node = logical_new(arena, LOGICAL_DISTINCT, node);
        node->position = select->ast->position;
        for (uint32_t i = 0; i < node->column_count; i++)
            if (!type_is_comparable(node->columns[i].type))
                return FAIL_AT(select->binder->error, select->ast->position, STATUS_DATATYPE_MISMATCH,
                               "SELECT DISTINCT cannot compare %s", type_text(arena, node->columns[i].type));
    }
    uint32_t count = (uint32_t)select->list.count;
    if (query->order_by.count) {
        node = build_sort(select, node);
        TRY(bind_range(select->binder, query, &node->sort.range));
    }
    if (node->column_count > count)
        node = logical_project(arena, node, logical_identity(arena, node, count), NULL, count);
    *result = node;
    return STATUS_OK;
}

static enum status refuse_unsupported(const struct select_binder *select) {
    const struct ast_select *ast = select->ast;
    if (ast->distinct_on.count)
        return binder_unsupported(select->binder, ast->distinct_on.items[0]->position, "DISTINCT ON");
    if (ast->qualify)
        return binder_unsupported(select->binder, ast->qualify->position, "QUALIFY");
    if (ast->windows.count)
        return binder_unsupported(select->binder, ast->windows.items[0].name.position, "the WINDOW clause");
    return STATUS_OK;
}

enum status bind_select(struct binder *binder, const struct ast_select *ast, const struct ast_query *query,
                        struct logical **result) {
    struct select_binder select = {.binder = binder, .ast = ast};
    TRY(refuse_unsupported(&select));
    TRY(bind_from(&select));
    select.aggregated = is_aggregated(ast, query);
    if (select.aggregated)
        TRY(bind_group_by(&select));
    TRY(bind_items(&select));
    if (ast->having) {
        struct expression_context context = output_context(&select, "HAVING");
        TRY(bind_condition(&context, ast->having, &select.having));
    }
    TRY(bind_order_by(&select, query));
    return build(&select, query, result);
}
