/* expression.c: bound expressions: construction, comparison, traversal and the properties that rules ask for.
 * Nodes never change once built, so every operation that "changes" one returns a copy that shares what stayed the same. */
#include "core/functions/expression.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/functions/function.h"

static struct expression *node_new(struct arena *arena, enum expression_kind kind, const struct type *type,
                                   sql_position position) {
    struct expression *expression = ARENA_NEW(arena, struct expression);
    expression->kind = kind;
    expression->type = type;
    expression->position = position;
    return expression;
}

struct expression *expression_column(struct arena *arena, uint32_t column, const struct type *type,
                                     sql_position position) {
    struct expression *expression = node_new(arena, EXPRESSION_COLUMN, type, position);
    expression->column = column;
    return expression;
}

struct expression *expression_field(struct arena *arena, struct expression *row, uint32_t index,
                                    sql_position position) {
    ASSERT(row->type->kind == TYPE_ROW && index < row->type->field_count);
    const struct type *type = row->type->fields[index].type;
    if (row->type->nullable)
        type = type_with_nullable(arena, type, true);
    struct expression *expression = node_new(arena, EXPRESSION_FIELD, type, position);
    expression->field.row = row;
    expression->field.index = index;
    return expression;
}

/* ---- literals ---- */

struct expression *expression_null(struct arena *arena, const struct type *type, sql_position position) {
    struct expression *expression =
        node_new(arena, EXPRESSION_LITERAL, type_with_nullable(arena, type, true), position);
    column_init_null(&expression->literal, arena, expression->type);
    return expression;
}

static struct expression *literal_new(struct arena *arena, const struct type *type, const void *value, size_t size,
                                      sql_position position) {
    struct expression *expression =
        node_new(arena, EXPRESSION_LITERAL, type_with_nullable(arena, type, false), position);
    expression->literal =
        (struct column){.type = expression->type, .kind = COLUMN_CONSTANT, .values = arena_copy(arena, value, size)};
    return expression;
}

struct expression *expression_boolean(struct arena *arena, bool value, sql_position position) {
    uint8_t byte = value;
    return literal_new(arena, &type_boolean, &byte, sizeof byte, position);
}

struct expression *expression_bigint(struct arena *arena, int64_t value, sql_position position) {
    return literal_new(arena, &type_bigint, &value, sizeof value, position);
}

struct expression *expression_int(struct arena *arena, int32_t value, sql_position position) {
    return literal_new(arena, &type_int, &value, sizeof value, position);
}

struct expression *expression_double(struct arena *arena, double value, sql_position position) {
    return literal_new(arena, &type_double, &value, sizeof value, position);
}

struct expression *expression_interval_us(struct arena *arena, int64_t value_us, sql_position position) {
    return literal_new(arena, &type_interval_second, &value_us, sizeof value_us, position);
}

static uint32_t code_point_count(struct str text) {
    uint32_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((uint8_t)text.data[i] & 0xC0) != 0x80;
    return count;
}

struct expression *expression_string(struct arena *arena, struct str value, sql_position position) {
    struct string_view view = view_copy(arena, value);
    return literal_new(arena, type_varchar(arena, TYPE_CHAR, code_point_count(value)), &view, sizeof view, position);
}

struct expression *expression_from_value(struct arena *arena, const struct column *column, uint32_t row,
                                         sql_position position) {
    if (column_is_null(column, row))
        return expression_null(arena, column->type, position);
    struct expression *expression = node_new(arena, EXPRESSION_LITERAL, column->type, position);
    column_init(&expression->literal, arena, column->type, 1);
    column_copy_value(&expression->literal, arena, 0, 1, column, row);
    expression->literal.kind = COLUMN_CONSTANT;
    return expression;
}

/* ---- traversal ---- */

static uint32_t child_count(const struct expression *expression) {
    return expression->kind == EXPRESSION_CALL ? expression->call.argument_count : expression->kind == EXPRESSION_FIELD;
}

static struct expression *child_at(const struct expression *expression, uint32_t i) {
    return expression->kind == EXPRESSION_CALL ? expression->call.arguments[i] : expression->field.row;
}

bool expression_walk(struct expression *expression, bool (*visit)(struct expression *node, void *context),
                     void *context) {
    if (!visit(expression, context))
        return false;
    for (uint32_t i = 0; i < child_count(expression); i++) {
        if (!expression_walk(child_at(expression, i), visit, context))
            return false;
    }
    return true;
}

struct expression *expression_replace_columns(struct arena *arena, struct expression *expression,
                                              struct expression *(*replace)(struct arena *arena,
                                                                            struct expression *column, void *context),
                                              void *context) {
    if (expression->kind == EXPRESSION_COLUMN) {
        struct expression *replaced = replace(arena, expression, context);
        return replaced ? replaced : expression;
    }
    struct expression *copy = NULL;
    for (uint32_t i = 0; i < child_count(expression); i++) {
        struct expression *child = child_at(expression, i);
        struct expression *replaced = expression_replace_columns(arena, child, replace, context);
        if (replaced == child)
            continue;
        if (!copy) {
            copy = arena_copy(arena, expression, sizeof *expression);
            if (copy->kind == EXPRESSION_CALL)
                copy->call.arguments = arena_copy(arena, expression->call.arguments,
                                                  expression->call.argument_count * sizeof(struct expression *));
        }
        if (copy->kind == EXPRESSION_CALL)
            copy->call.arguments[i] = replaced;
        else
            copy->field.row = replaced;
    }
    return copy ? copy : expression;
}

/* ---- properties ---- */

/* Whether no call of the tree has one of these flags; columns count as `columns_allowed`. */
static bool tree_is_without(const struct expression *expression, uint32_t flags, bool columns_allowed) {
    if (expression->kind == EXPRESSION_COLUMN)
        return columns_allowed;
    if (expression->kind == EXPRESSION_CALL && expression->call.function->flags & flags)
        return false;
    for (uint32_t i = 0; i < child_count(expression); i++) {
        if (!tree_is_without(child_at(expression, i), flags, columns_allowed))
            return false;
    }
    return true;
}

bool expression_is_constant(const struct expression *expression) {
    return tree_is_without(expression, FUNCTION_VOLATILE | FUNCTION_STATEMENT_TIME, false);
}

bool expression_is_deterministic(const struct expression *expression) {
    return tree_is_without(expression, FUNCTION_VOLATILE | FUNCTION_STATEMENT_TIME, true);
}

bool expression_can_fail(const struct expression *expression) {
    return !tree_is_without(expression, FUNCTION_CAN_FAIL, true);
}

bool expression_is_null_literal(const struct expression *expression) {
    return expression->kind == EXPRESSION_LITERAL && column_is_null(&expression->literal, 0);
}

bool expression_is_literal_true(const struct expression *expression) {
    return expression->kind == EXPRESSION_LITERAL && expression->type->kind == TYPE_BOOLEAN &&
           !column_is_null(&expression->literal, 0) && COLUMN_VALUES(&expression->literal, uint8_t)[0];
}

bool expression_equal(const struct expression *a, const struct expression *b) {
    if (a == b)
        return true;
    if (a->kind != b->kind || !type_equal_ignore_null(a->type, b->type))
        return false;
    switch (a->kind) {
    case EXPRESSION_COLUMN: return a->column == b->column;
    case EXPRESSION_LITERAL: return column_values_equal(&a->literal, 0, &b->literal, 0);
    case EXPRESSION_FIELD: return a->field.index == b->field.index && expression_equal(a->field.row, b->field.row);
    case EXPRESSION_CALL: break;
    }
    if (a->call.function != b->call.function || a->call.argument_count != b->call.argument_count ||
        a->call.function->flags & FUNCTION_VOLATILE)
        return false;
    for (uint32_t i = 0; i < a->call.argument_count; i++) {
        if (!expression_equal(a->call.arguments[i], b->call.arguments[i]))
            return false;
    }
    return true;
}
