/* binder_expression.c: expressions of the syntax tree, bound to the columns of a scope.
 *
 * Which overload, which casts and which type is the function catalogue's business (expression_call, expression_cast). */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/aggregate.h"
#include "core/functions/evaluator.h"
#include "core/functions/function.h"

/* ---- literals ---- */

static enum status bind_typed_literal(struct binder *binder, const struct ast_expression *ast, const struct type *type,
                                      struct expression **expression) {
    return expression_typed_literal(binder->arena, type, ast->literal.text, ast->position, expression, binder->error);
}

static enum status bind_interval(struct binder *binder, const struct ast_expression *ast,
                                 struct expression **expression) {
    const struct ast_interval *interval = &ast->literal.interval;
    if (!interval->year_month) {
        *expression = expression_interval_us(binder->arena, interval->microseconds, ast->position);
        return STATUS_OK;
    }
    if (interval->months < INT32_MIN || interval->months > INT32_MAX)
        return FAIL_AT(binder->error, ast->position, STATUS_OUT_OF_RANGE, "interval is out of range");
    struct column value;
    column_init(&value, binder->arena, type_with_nullable(binder->arena, &type_interval_month, false), 1);
    COLUMN_VALUES(&value, int32_t)[0] = (int32_t)interval->months;
    *expression = expression_from_value(binder->arena, &value, 0, ast->position);
    return STATUS_OK;
}

static enum status bind_bytes(struct binder *binder, const struct ast_expression *ast, struct expression **expression) {
    struct column value;
    uint32_t size = (uint32_t)ast->literal.text.size;
    const struct type *type = type_varchar(binder->arena, TYPE_BINARY, size);
    column_init(&value, binder->arena, type_with_nullable(binder->arena, type, false), 1);
    COLUMN_VALUES(&value, struct string_view)[0] = view_make(ast->literal.text.data, size);
    *expression = expression_from_value(binder->arena, &value, 0, ast->position);
    return STATUS_OK;
}

static enum status bind_literal(const struct expression_context *context, const struct ast_expression *ast,
                                struct expression **expression) {
    struct binder *binder = context->binder;
    switch (ast->literal.kind) {
    case AST_LITERAL_NULL: *expression = expression_null(binder->arena, &type_null, ast->position); return STATUS_OK;
    case AST_LITERAL_BOOLEAN:
        *expression = expression_boolean(binder->arena, ast->literal.boolean, ast->position);
        return STATUS_OK;
    case AST_LITERAL_INTEGER:
    case AST_LITERAL_DECIMAL:
    case AST_LITERAL_DOUBLE:
        return expression_number(binder->arena, ast->literal.text, ast->position, expression, binder->error);
    case AST_LITERAL_STRING:
        *expression = expression_string(binder->arena, ast->literal.text, ast->position);
        return STATUS_OK;
    case AST_LITERAL_BYTES: return bind_bytes(binder, ast, expression);
    case AST_LITERAL_DATE: return bind_typed_literal(binder, ast, &type_date, expression);
    case AST_LITERAL_TIME: return bind_typed_literal(binder, ast, &type_time, expression);
    case AST_LITERAL_TIMESTAMP: return bind_typed_literal(binder, ast, &type_timestamp6, expression);
    case AST_LITERAL_TIMESTAMP_LTZ: return bind_typed_literal(binder, ast, &type_timestamp_ltz6, expression);
    case AST_LITERAL_INTERVAL: return bind_interval(binder, ast, expression);
    }
    UNREACHABLE();
}

/* ---- calls ---- */

enum status bind_arguments(const struct expression_context *context, const struct ast_call *call,
                           struct expression ***arguments, uint32_t *count) {
    struct binder *binder = context->binder;
    *count = call->arguments.count;
    *arguments = ARENA_ARRAY(binder->arena, struct expression *, *count);
    for (uint32_t i = 0; i < *count; i++) {
        const struct ast_argument *argument = &call->arguments.items[i];
        if (argument->name.text)
            return FAIL_AT(binder->error, argument->name.position, STATUS_UNDEFINED_FUNCTION,
                           "%s has no named argument \"%s\"", call->function, argument->name.text);
        TRY(bind_expression(context, argument->expression, &(*arguments)[i]));
    }
    return STATUS_OK;
}

static enum status check_scalar_syntax(const struct binder *binder, const struct ast_expression *ast) {
    const struct ast_call *call = &ast->call;
    const char *what = call->distinct             ? "DISTINCT"
                       : call->filter             ? "FILTER"
                       : call->within_group.count ? "WITHIN GROUP"
                       : call->order_by.count     ? "ORDER BY"
                       : call->ignore_nulls       ? "IGNORE NULLS"
                       : call->respect_nulls      ? "RESPECT NULLS"
                                                  : NULL;
    if (!what)
        return STATUS_OK;
    if (!function_name_exists(call->function))
        return STATUS_OK; /* the missing function is the better message */
    return FAIL_AT(binder->error, ast->position, STATUS_GROUPING_ERROR, "%s given, but %s is not an aggregate function",
                   what, call->function);
}

static enum status misplaced_window(const struct expression_context *context, const struct ast_expression *ast) {
    struct error *error = context->binder->error;
    FAIL_AT(error, ast->position, STATUS_WINDOWING_ERROR, "%s stands in GROUP BY or in FROM, not in %s",
            ast->call.name.count ? ast->call.name.items[ast->call.name.count - 1].text : ast->call.function,
            context->clause);
    error_hint(error, "window_start, window_end and window_time name the window's bounds");
    return STATUS_WINDOWING_ERROR;
}

/* (a, b) OVERLAPS (c, d): two spans, each a start and an end or a length; one that touches the other overlaps, as in Flink. */
static enum status bind_span(const struct expression_context *context, const struct ast_expression *ast,
                             struct expression *ends[2]) {
    struct binder *binder = context->binder;
    if (ast->kind != AST_CALL || strcmp(ast->call.function, "row") != 0 || ast->call.arguments.count != 2)
        return FAIL_AT(binder->error, ast->position, STATUS_SYNTAX_ERROR,
                       "OVERLAPS compares two spans, each (start, end) or (start, interval)");
    struct expression *given[2], *in_order;
    for (unsigned i = 0; i < 2; i++)
        TRY(bind_expression(context, ast->call.arguments.items[i].expression, &given[i]));
    if (type_is_interval(given[1]->type))
        TRY(expression_call(binder->arena, "+", given, 2, ast->position, &given[1], binder->error));
    TRY(expression_call(binder->arena, "<=", given, 2, ast->position, &in_order, binder->error));
    struct expression *first[] = {in_order, given[0], given[1]}, *last[] = {in_order, given[1], given[0]};
    TRY(expression_call(binder->arena, "if", first, 3, ast->position, &ends[0], binder->error));
    return expression_call(binder->arena, "if", last, 3, ast->position, &ends[1], binder->error);
}

static enum status bind_overlaps(const struct expression_context *context, const struct ast_expression *ast,
                                 struct expression **expression) {
    struct binder *binder = context->binder;
    struct expression *a[2], *b[2], *both[2];
    TRY(bind_span(context, ast->call.arguments.items[0].expression, a));
    TRY(bind_span(context, ast->call.arguments.items[1].expression, b));
    struct expression *first[] = {a[0], b[1]}, *second[] = {b[0], a[1]};
    TRY(expression_call(binder->arena, "<=", first, 2, ast->position, &both[0], binder->error));
    TRY(expression_call(binder->arena, "<=", second, 2, ast->position, &both[1], binder->error));
    return expression_call(binder->arena, "and", both, 2, ast->position, expression, binder->error);
}

static enum status bind_call(const struct expression_context *context, const struct ast_expression *ast,
                             struct expression **expression) {
    struct binder *binder = context->binder;
    const struct ast_call *call = &ast->call;
    if (call->over)
        return binder_unsupported(binder, ast->position, "OVER");
    Plan__WindowKind kind;
    bool is_scalar = function_name_exists(call->function);
    if (!is_scalar && is_window_property(call->function))
        return bind_window_property(context, ast, expression);
    if (!is_scalar && window_function_find(call->function, &kind))
        return misplaced_window(context, ast);
    if (!is_scalar && is_grouping_indicator(call->function))
        return bind_grouping_indicator(context, ast, expression);
    if (!is_scalar && aggregate_name_exists(call->function))
        return bind_aggregate(context, ast, expression);
    if (strcmp(call->function, "overlaps") == 0 && call->syntax == AST_SYNTAX_OPERATOR)
        return bind_overlaps(context, ast, expression);
    if (strcmp(call->function, "current_database") == 0 && call->arguments.count == 0) {
        *expression =
            expression_string(binder->arena, str_from(catalogue_current_database(binder->catalogue)), ast->position);
        return expression_cast(binder->arena, *expression, type_with_nullable(binder->arena, &type_string, false),
                               CAST_EXPLICIT, ast->position, expression, binder->error);
    }
    if (is_json_call(call))
        return bind_json_call(context, ast, expression);
    TRY(check_scalar_syntax(binder, ast));
    struct expression **arguments;
    uint32_t count;
    TRY(bind_arguments(context, call, &arguments, &count));
    enum status status =
        expression_call(binder->arena, call->function, arguments, count, ast->position, expression, binder->error);
    const char *window = status == STATUS_UNDEFINED_FUNCTION ? window_function_nearest(call->function) : NULL;
    if (window && !binder->error->hint[0])
        error_hint(binder->error, "did you mean \"%s\"?", window);
    return status;
}

/* ---- special forms ---- */

static enum status bind_case(const struct expression_context *context, const struct ast_expression *ast,
                             struct expression **expression) {
    struct binder *binder = context->binder;
    uint32_t count = 0;
    struct expression *operand = NULL;
    struct expression **arguments = ARENA_ARRAY(binder->arena, struct expression *, ast->case_when.whens.count * 2 + 1);
    if (ast->case_when.operand)
        TRY(bind_expression(context, ast->case_when.operand, &operand));
    for (unsigned i = 0; i < ast->case_when.whens.count; i++) {
        const struct ast_when *when = &ast->case_when.whens.items[i];
        struct expression *condition;
        if (operand) {
            TRY(bind_expression(context, when->condition, &condition));
            struct expression *both[] = {operand, condition};
            TRY(expression_call(binder->arena, "=", both, 2, when->condition->position, &condition, binder->error));
        } else {
            TRY(bind_condition(context, when->condition, "CASE WHEN", &condition));
        }
        arguments[count++] = condition;
        TRY(bind_expression(context, when->result, &arguments[count++]));
    }
    if (ast->case_when.otherwise)
        TRY(bind_expression(context, ast->case_when.otherwise, &arguments[count++]));
    else
        arguments[count++] = expression_null(binder->arena, &type_null, ast->position);
    return expression_call(binder->arena, "case", arguments, count, ast->position, expression, binder->error);
}

static enum status bind_cast(const struct expression_context *context, const struct ast_expression *ast,
                             struct expression **expression) {
    struct binder *binder = context->binder;
    struct expression *value;
    const struct type *type;
    TRY(bind_expression(context, ast->cast.value, &value));
    TRY(bind_type(binder->arena, ast->cast.type, &type, binder->error));
    return expression_cast(binder->arena, value, type, ast->cast.try_cast ? CAST_TRY : CAST_EXPLICIT, ast->position,
                           expression, binder->error);
}

static enum status bind_in(const struct expression_context *context, const struct ast_expression *ast,
                           struct expression **expression) {
    struct binder *binder = context->binder;
    if (ast->in.query)
        return binder_unsupported(binder, ast->position, "IN (SELECT ...)");
    uint32_t count = ast->in.list.count + 1;
    struct expression **arguments = ARENA_ARRAY(binder->arena, struct expression *, count);
    TRY(bind_expression(context, ast->in.value, &arguments[0]));
    for (uint32_t i = 1; i < count; i++)
        TRY(bind_expression(context, ast->in.list.items[i - 1], &arguments[i]));
    return expression_call(binder->arena, "in", arguments, count, ast->position, expression, binder->error);
}

/* a = ANY (b, c) is a = b OR a = c; ALL is AND. */
static enum status bind_quantified(const struct expression_context *context, const struct ast_expression *ast,
                                   struct expression **expression) {
    struct binder *binder = context->binder;
    if (ast->quantified.query)
        return binder_unsupported(binder, ast->position, "a comparison with ANY or ALL (SELECT ...)");
    const char *join = ast->quantified.quantifier == AST_ANY ? "or" : "and";
    struct expression *value, *result = NULL;
    TRY(bind_expression(context, ast->quantified.value, &value));
    for (unsigned i = 0; i < ast->quantified.list.count; i++) {
        struct expression *item, *comparison;
        TRY(bind_expression(context, ast->quantified.list.items[i], &item));
        struct expression *both[] = {value, item};
        TRY(expression_call(binder->arena, ast->quantified.function, both, 2, ast->position, &comparison,
                            binder->error));
        struct expression *pair[] = {result, comparison};
        if (!result)
            result = comparison;
        else
            TRY(expression_call(binder->arena, join, pair, 2, ast->position, &result, binder->error));
    }
    *expression = result ? result : expression_boolean(binder->arena, join[0] == 'a', ast->position);
    return STATUS_OK;
}

static enum status misplaced(const struct expression_context *context, const struct ast_expression *ast,
                             const char *what) {
    return FAIL_AT(context->binder->error, ast->position, STATUS_SYNTAX_ERROR, "%s is not an expression of %s", what,
                   context->clause);
}

enum status bind_expression(const struct expression_context *context, const struct ast_expression *ast,
                            struct expression **expression) {
    struct binder *binder = context->binder;
    switch (ast->kind) {
    case AST_LITERAL: return bind_literal(context, ast, expression);
    case AST_COLUMN: return bind_column(context, &ast->names, expression);
    case AST_FIELD:
        TRY(bind_expression(context, ast->field.row, expression));
        return bind_field(binder, *expression, &ast->field.name, expression);
    case AST_STAR:
        return FAIL_AT(binder->error, ast->position, STATUS_SYNTAX_ERROR,
                       "* stands in a SELECT list or in COUNT(*), not in %s", context->clause);
    case AST_CALL: return bind_call(context, ast, expression);
    case AST_CASE: return bind_case(context, ast, expression);
    case AST_CAST: return bind_cast(context, ast, expression);
    case AST_IN: return bind_in(context, ast, expression);
    case AST_QUANTIFIED: return bind_quantified(context, ast, expression);
    case AST_EXISTS: return binder_unsupported(binder, ast->position, "EXISTS");
    case AST_SUBQUERY: return binder_unsupported(binder, ast->position, "a scalar subquery");
    case AST_TIME_UNIT:
        *expression = expression_string(binder->arena, str_from(ast_time_unit_name(ast->unit)), ast->position);
        return STATUS_OK;
    case AST_DESCRIPTOR: return misplaced(context, ast, "DESCRIPTOR");
    case AST_TABLE_ARGUMENT: return misplaced(context, ast, "TABLE");
    }
    UNREACHABLE();
}

enum status bind_condition(const struct expression_context *context, const struct ast_expression *ast, const char *what,
                           struct expression **condition) {
    struct binder *binder = context->binder;
    TRY(bind_expression(context, ast, condition));
    if ((*condition)->type->kind == TYPE_BOOLEAN)
        return STATUS_OK;
    if ((*condition)->type->kind == TYPE_NULL)
        return expression_cast(binder->arena, *condition, &type_boolean, CAST_IMPLICIT, ast->position, condition,
                               binder->error);
    return FAIL_AT(binder->error, ast->position, STATUS_DATATYPE_MISMATCH, "argument of %s must be BOOLEAN, not %s",
                   what, type_text(binder->arena, type_with_nullable(binder->arena, (*condition)->type, true)));
}

static enum status not_constant_of(struct binder *binder, sql_position position, const struct type *type,
                                   const char *what, const struct type *actual) {
    FAIL_AT(binder->error, position, STATUS_DATATYPE_MISMATCH, "%s must be %s, not %s", what,
            type_text(binder->arena, type), type_text(binder->arena, type_with_nullable(binder->arena, actual, true)));
    if (type == &type_interval_second)
        error_hint(binder->error, "a time is written INTERVAL '10' SECOND or, without a space, 10s");
    return STATUS_DATATYPE_MISMATCH;
}

enum status bind_constant_int64(struct binder *binder, const struct ast_expression *ast, const struct type *type,
                                const char *what, int64_t *value) {
    struct scope scope = {.node = bind_one_row(binder)};
    struct expression_context context = {.binder = binder, .scope = &scope, .clause = what};
    struct expression *expression;
    struct column column;
    TRY(bind_expression(&context, ast, &expression));
    if (expression->type->kind != type->kind &&
        (type_is_interval(type) || !type_can_cast(expression->type, type, CAST_IMPLICIT)))
        return not_constant_of(binder, ast->position, type, what, expression->type);
    TRY(expression_cast(binder->arena, expression, type_with_nullable(binder->arena, type, true), CAST_IMPLICIT,
                        ast->position, &expression, binder->error));
    if (!expression_is_constant(expression))
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_ARGUMENT, "%s must be a constant", what);
    TRY(expression_evaluate_constant(binder->arena, expression, &binder->evaluation, &column, binder->error));
    if (column_is_null(&column, 0))
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_ARGUMENT, "%s must not be NULL", what);
    *value = COLUMN_VALUES(&column, int64_t)[0];
    return STATUS_OK;
}
