/* binder_query.c: whole queries: WITH, set operations, VALUES, ORDER BY and LIMIT over them, EMIT. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/evaluator.h"

/* ---- VALUES ---- */

static enum status common_type(struct binder *binder, const struct type *a, const struct type *b, sql_position position,
                               const char *what, uint32_t column, const struct type **type) {
    *type = type_least_common(binder->arena, a, b);
    if (*type)
        return STATUS_OK;
    return FAIL_AT(binder->error, position, STATUS_DATATYPE_MISMATCH, "%s: column %u is %s and %s", what, column + 1,
                   type_text(binder->arena, a), type_text(binder->arena, b));
}

static enum status bind_value_rows(struct binder *binder, const struct ast_query_body *body,
                                   struct expression ***rows) {
    struct scope scope = {.node = bind_one_row(binder)};
    struct expression_context context = {.binder = binder, .scope = &scope, .clause = "VALUES"};
    unsigned columns = body->values.items[0].count;
    for (unsigned i = 0; i < body->values.count; i++) {
        const struct ast_expressions *row = &body->values.items[i];
        if (row->count != columns)
            return FAIL_AT(binder->error, row->count ? row->items[0]->position : body->position, STATUS_SYNTAX_ERROR,
                           "VALUES lists must all have the same length");
        rows[i] = ARENA_ARRAY(binder->arena, struct expression *, columns);
        for (unsigned k = 0; k < columns; k++)
            TRY(bind_expression(&context, row->items[k], &rows[i][k]));
    }
    return STATUS_OK;
}

/* Casts a row to the columns' types; *literal tells whether all are literals now. */
static enum status finish_row(struct binder *binder, const struct logical *values, struct expression **row,
                              bool *literal) {
    *literal = true;
    for (uint32_t k = 0; k < values->column_count; k++) {
        const struct type *type = type_with_nullable(binder->arena, values->columns[k].type, true);
        if (row[k]->type->kind != type->kind || !type_equal_ignore_null(row[k]->type, type))
            TRY(expression_cast(binder->arena, row[k], type, CAST_EXPLICIT, row[k]->position, &row[k], binder->error));
        if (row[k]->kind != EXPRESSION_LITERAL && expression_is_constant(row[k])) {
            struct column value;
            TRY(expression_evaluate_constant(binder->arena, row[k], &binder->evaluation, &value, binder->error));
            row[k] = expression_from_value(binder->arena, &value, 0, row[k]->position);
        }
        *literal &= row[k]->kind == EXPRESSION_LITERAL;
    }
    return STATUS_OK;
}

/* Rows that are not literals (NOW()) are computed when the query runs: a union of projections. */
static struct logical *union_of_rows(struct binder *binder, const struct logical *values, struct expression ***rows,
                                     uint32_t count) {
    const char **names = ARENA_ARRAY(binder->arena, const char *, values->column_count);
    struct logical **inputs = ARENA_ARRAY(binder->arena, struct logical *, count);
    for (uint32_t i = 0; i < values->column_count; i++)
        names[i] = values->columns[i].name;
    for (uint32_t i = 0; i < count; i++)
        inputs[i] = logical_project(binder->arena, bind_one_row(binder), rows[i], names, values->column_count);
    return count == 1 ? inputs[0] : logical_union(binder->arena, inputs, count);
}

static enum status bind_values(struct binder *binder, const struct ast_query_body *body, struct logical **result) {
    uint32_t count = body->values.count;
    struct expression ***rows = ARENA_ARRAY(binder->arena, struct expression **, count);
    TRY(bind_value_rows(binder, body, rows));
    struct logical *values = logical_new(binder->arena, LOGICAL_VALUES, NULL);
    values->position = body->position;
    values->column_count = body->values.items[0].count;
    values->columns = ARENA_ARRAY(binder->arena, struct logical_column, values->column_count);
    for (uint32_t k = 0; k < values->column_count; k++) {
        struct logical_column *column = &values->columns[k];
        column->name = arena_printf(binder->arena, "EXPR$%u", k);
        column->type = rows[0][k]->type;
        for (uint32_t i = 1; i < count; i++)
            TRY(common_type(binder, column->type, rows[i][k]->type, rows[i][k]->position, "VALUES", k, &column->type));
    }
    bool all_literal = true;
    for (uint32_t i = 0; i < count; i++) {
        bool literal;
        TRY(finish_row(binder, values, rows[i], &literal));
        all_literal &= literal;
    }
    values->values.rows = rows;
    values->values.row_count = count;
    *result = all_literal ? values : union_of_rows(binder, values, rows, count);
    return STATUS_OK;
}

/* ---- set operations ---- */

enum status bind_union_inputs(struct binder *binder, struct logical **inputs, uint32_t count, sql_position position) {
    uint32_t columns = inputs[0]->column_count;
    const char **names = ARENA_ARRAY(binder->arena, const char *, columns);
    const struct type **types = ARENA_ARRAY(binder->arena, const struct type *, columns);
    for (uint32_t k = 0; k < columns; k++) {
        names[k] = inputs[0]->columns[k].name;
        types[k] = inputs[0]->columns[k].type;
        for (uint32_t i = 1; i < count; i++)
            TRY(common_type(binder, types[k], inputs[i]->columns[k].type, position, "UNION", k, &types[k]));
    }
    for (uint32_t i = 0; i < count; i++) {
        struct expression **expressions = logical_identity(binder->arena, inputs[i], columns);
        bool changed = false;
        for (uint32_t k = 0; k < columns; k++) {
            changed |= strcmp(inputs[i]->columns[k].name, names[k]) != 0;
            if (type_equal_ignore_null(expressions[k]->type, types[k]))
                continue;
            const struct type *type = type_with_nullable(binder->arena, types[k], expressions[k]->type->nullable);
            TRY(expression_cast(binder->arena, expressions[k], type, CAST_EXPLICIT, position, &expressions[k],
                                binder->error));
            changed = true;
        }
        if (changed)
            inputs[i] = logical_project(binder->arena, inputs[i], expressions, names, columns);
    }
    return STATUS_OK;
}

struct union_operands {
    struct logical **items;
    size_t count, capacity;
};

static bool is_union_all(const struct ast_query_body *body) {
    return body->kind == AST_BODY_SET_OPERATION && body->set.operator== AST_UNION && body->set.all;
}

/* a UNION ALL b UNION ALL c is one union of three. */
static enum status collect_operands(struct binder *binder, const struct ast_query_body *body, bool flatten,
                                    struct union_operands *operands) {
    static const struct ast_query no_order;
    if (flatten && is_union_all(body)) {
        TRY(collect_operands(binder, body->set.left, true, operands));
        return collect_operands(binder, body->set.right, true, operands);
    }
    struct logical *node;
    bool ordered;
    TRY(bind_body(binder, body, &no_order, &node, &ordered));
    ARRAY_PUSH(binder->arena, operands, node);
    return STATUS_OK;
}

static enum status bind_set_operation(struct binder *binder, const struct ast_query_body *body,
                                      struct logical **result) {
    static const char *const names[] = {"UNION", "INTERSECT", "EXCEPT"};
    if (body->set.operator!= AST_UNION)
        return binder_unsupported(binder, body->set.position, names[body->set.operator]);
    struct union_operands operands = {0};
    TRY(collect_operands(binder, body->set.left, body->set.all, &operands));
    TRY(collect_operands(binder, body->set.right, body->set.all, &operands));
    for (size_t i = 1; i < operands.count; i++)
        if (operands.items[i]->column_count != operands.items[0]->column_count)
            return FAIL_AT(binder->error, body->set.position, STATUS_SYNTAX_ERROR,
                           "each UNION query must have the same number of columns, not %u and %u",
                           operands.items[0]->column_count, operands.items[i]->column_count);
    TRY(bind_union_inputs(binder, operands.items, (uint32_t)operands.count, body->set.position));
    *result = logical_union(binder->arena, operands.items, (uint32_t)operands.count);
    (*result)->position = body->set.position;
    if (!body->set.all) {
        *result = logical_new(binder->arena, LOGICAL_DISTINCT, *result);
        (*result)->position = body->set.position;
    }
    return STATUS_OK;
}

/* ---- ORDER BY over anything but a SELECT ---- */

static enum status find_output(struct binder *binder, const struct logical *node, const struct ast_expression *ast,
                               uint32_t *column) {
    if (ast->kind == AST_LITERAL && ast->literal.kind == AST_LITERAL_INTEGER) {
        if (ast->literal.integer < 1 || ast->literal.integer > node->column_count)
            return FAIL_AT(binder->error, ast->position, STATUS_SYNTAX_ERROR,
                           "ORDER BY position %lld is not in the SELECT list", (long long)ast->literal.integer);
        *column = (uint32_t)(ast->literal.integer - 1);
        return STATUS_OK;
    }
    const struct scope_table **tables = ARENA_ARRAY(binder->arena, const struct scope_table *, node->column_count);
    struct scope scope = {.node = (struct logical *)(uintptr_t)node, .tables = tables};
    struct expression_context context = {.binder = binder, .scope = &scope, .clause = "ORDER BY"};
    struct expression *expression;
    TRY(bind_expression(&context, ast, &expression));
    if (expression->kind != EXPRESSION_COLUMN)
        return binder_unsupported(binder, ast->position, "an expression in the ORDER BY of a set operation");
    *column = expression->column;
    return STATUS_OK;
}

static enum status sort_outputs(struct binder *binder, const struct ast_query *query, struct logical **node) {
    struct logical *sort = logical_new(binder->arena, LOGICAL_SORT, *node);
    sort->position = query->order_by.items[0].expression->position;
    sort->sort.key_count = query->order_by.count;
    sort->sort.keys = ARENA_ARRAY(binder->arena, struct logical_sort_key, query->order_by.count);
    for (unsigned i = 0; i < query->order_by.count; i++) {
        const struct ast_sort_item *item = &query->order_by.items[i];
        struct logical_sort_key *key = &sort->sort.keys[i];
        TRY(find_output(binder, *node, item->expression, &key->column));
        key->descending = item->direction == AST_DESCENDING;
        key->nulls_first = sort_nulls_first(item);
    }
    TRY(bind_range(binder, query, &sort->sort.range));
    *node = sort;
    return STATUS_OK;
}

static enum status bind_row_count(struct binder *binder, const struct ast_expression *ast, const char *what,
                                  uint64_t *count) {
    int64_t value;
    TRY(bind_constant_int64(binder, ast, &type_bigint, what, &value));
    if (value < 0)
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_ARGUMENT, "%s must not be negative", what);
    *count = (uint64_t)value;
    return STATUS_OK;
}

enum status bind_range(struct binder *binder, const struct ast_query *query, struct logical_range *range) {
    *range = (struct logical_range){0};
    if (query->limit) {
        range->has_limit = true;
        TRY(bind_row_count(binder, query->limit, "LIMIT", &range->limit));
    }
    if (query->offset)
        TRY(bind_row_count(binder, query->offset, "OFFSET", &range->offset));
    return STATUS_OK;
}

/* ---- bodies and queries ---- */

static enum status bind_table_body(struct binder *binder, const struct ast_names *name, struct logical **result) {
    struct ast_relation relation = {.kind = AST_RELATION_TABLE, .position = name->items[0].position};
    relation.table.name = *name;
    struct scope scope;
    TRY(bind_relation(binder, &relation, &scope));
    *result = scope.node;
    return STATUS_OK;
}

/* *ordered: the query's ORDER BY and LIMIT are in the result already. */
enum status bind_body(struct binder *binder, const struct ast_query_body *body, const struct ast_query *query,
                      struct logical **result, bool *ordered) {
    *ordered = false;
    switch (body->kind) {
    case AST_BODY_SELECT: *ordered = query->order_by.count > 0; return bind_select(binder, body->select, query, result);
    case AST_BODY_VALUES: return bind_values(binder, body, result);
    case AST_BODY_SET_OPERATION: return bind_set_operation(binder, body, result);
    case AST_BODY_TABLE: return bind_table_body(binder, &body->table, result);
    case AST_BODY_QUERY: return bind_query(binder, body->query, result);
    }
    UNREACHABLE();
}

static enum status bind_emit(struct binder *binder, const struct ast_emit *ast) {
    binder->emit = (struct logical_emit){.kind = ast->kind, .position = ast->position};
    if (ast->kind != AST_EMIT_EVERY)
        return STATUS_OK;
    TRY(bind_constant_int64(binder, ast->every, &type_interval_second, "EMIT EVERY", &binder->emit.interval_us));
    if (binder->emit.interval_us <= 0)
        return FAIL_AT(binder->error, ast->every->position, STATUS_INVALID_ARGUMENT, "EMIT EVERY must be positive");
    return STATUS_OK;
}

static enum status bind_ordered(struct binder *binder, const struct ast_query *query, struct logical **result) {
    bool ordered;
    TRY(bind_body(binder, query->body, query, result, &ordered));
    if (!ordered && query->order_by.count)
        return sort_outputs(binder, query, result);
    if (!ordered && (query->limit || query->offset)) {
        struct logical_range range;
        TRY(bind_range(binder, query, &range));
        *result = logical_limit(binder->arena, *result, &range);
        (*result)->position = query->limit ? query->limit->position : query->offset->position;
    }
    return STATUS_OK;
}

static enum status bind_emitting(struct binder *binder, const struct ast_query *query, struct logical **result) {
    if (query->emit.kind == AST_EMIT_DEFAULT)
        return bind_ordered(binder, query, result);
    struct logical_emit outer = binder->emit;
    bool outer_used = binder->emit_used;
    binder->emit_used = false;
    TRY(bind_emit(binder, &query->emit));
    TRY(bind_ordered(binder, query, result));
    if (!binder->emit_used) {
        FAIL_AT(binder->error, query->emit.position, STATUS_WINDOWING_ERROR, "EMIT needs an aggregation");
        error_hint(binder->error, "without one, every row is emitted at once");
        return STATUS_WINDOWING_ERROR;
    }
    binder->emit = outer;
    binder->emit_used = outer_used;
    return STATUS_OK;
}

enum status bind_query(struct binder *binder, const struct ast_query *query, struct logical **result) {
    const struct cte *outer = binder->ctes;
    if (query->recursive)
        return binder_unsupported(binder, query->position, "WITH RECURSIVE");
    for (unsigned i = 0; i < query->ctes.count; i++) {
        struct cte *cte = ARENA_NEW(binder->arena, struct cte);
        *cte = (struct cte){.definition = &query->ctes.items[i], .outer = binder->ctes};
        binder->ctes = cte;
    }
    enum status status = bind_emitting(binder, query, result);
    binder->ctes = outer;
    return status;
}
