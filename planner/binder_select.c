/* binder_select.c: one SELECT, in the order in which its clauses mean something:
 *
 *     FROM ─ WHERE ─ GROUP BY, aggregates ─ HAVING ─ SELECT list ─ DISTINCT ─ ORDER BY
 *
 * ORDER BY may name outputs, ordinals, or expressions that are not selected: those become hidden columns, dropped on top. */
#include "planner/binder_select.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/functions/function.h"

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
    TRY(bind_condition(&context, select->ast->where, context.clause, &select->where));
    select->scope.node = logical_filter(binder->arena, select->scope.node, select->where);
    return STATUS_OK;
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

/* r.* where r is no table but a ROW: its fields. */
static enum status expand_row(struct select_binder *select, const struct ast_expression *star) {
    struct binder *binder = select->binder;
    struct expression_context context = output_context(select, "SELECT");
    struct expression *row;
    if (bind_column(&context, &star->names, &row) != STATUS_OK || row->type->kind != TYPE_ROW) {
        error_reset(binder->error);
        return FAIL_AT(binder->error, star->position, STATUS_UNDEFINED_TABLE,
                       "\"%s\" is neither a table of this FROM nor a ROW", ast_names_text(binder->arena, &star->names));
    }
    for (uint32_t i = 0; i < row->type->field_count; i++) {
        struct expression *field = expression_field(binder->arena, row, i, star->position);
        ARRAY_PUSH(binder->arena, &select->list, ((struct select_item){field, row->type->fields[i].name, NULL}));
    }
    return STATUS_OK;
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
        return expand_row(select, star);
    }
    for (uint32_t i = 0; i < input->column_count; i++)
        if (columns[i]) {
            struct expression *column = expression_column(binder->arena, i, input->columns[i].type, star->position);
            ARRAY_PUSH(binder->arena, &select->list, ((struct select_item){column, input->columns[i].name, NULL}));
        }
    return STATUS_OK;
}

/* A column keeps its name through aggregation and window functions. What is written as an expression has none, as in Flink, even
 * when it comes down to a column (a cast to its own type). */
static const char *item_name(const struct select_binder *select, const struct ast_select_item *item,
                             const struct expression *expression) {
    if (item->alias.text)
        return item->alias.text;
    if (item->expression->kind != AST_COLUMN)
        return NULL;
    if (expression->kind == EXPRESSION_COLUMN && expression->column < COLUMN_AGGREGATE_BASE)
        return select->scope.node->columns[expression->column].name;
    return item->expression->names.items[item->expression->names.count - 1].text;
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
        uint32_t key = grouping_add_key(grouping, item->expression, NULL);
        for (size_t k = 0; k < select->sets.count; k++)
            select->sets.items[k] |= key < 64 ? UINT64_C(1) << key : 0;
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

/* One grouping set: aggregation and projection, hidden columns included. */
static enum status build_set(struct select_binder *select, struct logical **result) {
    TRY(build_aggregate(select, result));
    *result = build_project(select, *result);
    return STATUS_OK;
}

/* GROUPING SETS are a union of one aggregation per set, each with NULL for the keys that are not its own. */
static enum status build_sets(struct select_binder *select, struct logical **result) {
    struct arena *arena = select->binder->arena;
    uint32_t count = (uint32_t)select->sets.count;
    struct logical **inputs = ARENA_ARRAY(arena, struct logical *, count);
    for (uint32_t i = 0; i < count; i++) {
        struct select_binder one;
        select_of_set(select, select->sets.items[i], &one);
        TRY(build_set(&one, &inputs[i]));
        for (size_t k = 0; k < select->order.count; k++)
            if (i + 1 == count && select->order.items[k].expression)
                select->order.items[k].output = one.order.items[k].output; /* the same for every set */
    }
    TRY(bind_union_inputs(select->binder, inputs, count, select->ast->position));
    *result = logical_union(arena, inputs, count);
    return STATUS_OK;
}

static enum status build_rows(struct select_binder *select, struct logical **result) {
    if (!select->aggregated) {
        *result = build_project(select, select->scope.node);
        return STATUS_OK;
    }
    add_implicit_keys(select);
    if (select->sets.count > 1)
        return build_sets(select, result);
    struct select_binder one = *select;
    if (select->grouping.indicators.count || select->sets.items[0] != UINT64_MAX)
        select_of_set(select, select->sets.items[0], &one);
    TRY(build_set(&one, result));
    select->order = one.order;
    return STATUS_OK;
}

static enum status build(struct select_binder *select, const struct ast_query *query, struct logical **result) {
    struct arena *arena = select->binder->arena;
    struct logical *node;
    TRY(build_rows(select, &node));
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
    for (unsigned i = 0; i < ast->hints.count; i++)
        binder_ignore_hint(binder, &ast->hints.items[i]);
    TRY(bind_from(&select));
    select.aggregated = select_is_aggregated(ast, query);
    if (select.aggregated)
        TRY(select_group_by(&select));
    TRY(bind_items(&select));
    if (ast->having) {
        struct expression_context context = output_context(&select, "HAVING");
        TRY(bind_condition(&context, ast->having, context.clause, &select.having));
    }
    TRY(bind_order_by(&select, query));
    return build(&select, query, result);
}
