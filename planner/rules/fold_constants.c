/* fold_constants.c: computes what needs no row, and simplifies three-valued logic and CASE around what became known.
 * What fails when computed (1 / 0) is left for run time: perhaps no row ever gets there. */
#include "planner/rules/rule.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/evaluator.h"
#include "planner/rules/fold.h"

static bool is_call(const struct expression *expression, const char *name) {
    return expression->kind == EXPRESSION_CALL && strcmp(expression->call.function->name, name) == 0;
}

static bool is_boolean_literal(const struct expression *expression, bool value) {
    return expression->kind == EXPRESSION_LITERAL && expression->type->kind == TYPE_BOOLEAN &&
           !column_is_null(&expression->literal, 0) && (COLUMN_VALUES(&expression->literal, uint8_t)[0] != 0) == value;
}

static struct expression *evaluate(struct rule_context *context, struct expression *expression) {
    struct column value;
    if (expression->kind == EXPRESSION_LITERAL || !expression_is_constant(expression) ||
        expression_evaluate_constant(context->arena, expression, context->evaluation, &value, NULL) != STATUS_OK)
        return expression;
    struct expression *literal = expression_from_value(context->arena, &value, 0, expression->position);
    literal->type = literal->literal.type = expression->type;
    return literal;
}

static struct expression *with_arguments(struct rule_context *context, const struct expression *call,
                                         struct expression **arguments, uint32_t count) {
    struct expression *copy = arena_copy(context->arena, call, sizeof *call);
    copy->call.arguments = arguments;
    copy->call.argument_count = count;
    return copy;
}

/* AND drops TRUE and is FALSE with one FALSE; OR the other way round. */
static struct expression *simplify_logic(struct rule_context *context, struct expression *call, bool is_and) {
    struct conjuncts kept = {0};
    for (uint32_t i = 0; i < call->call.argument_count; i++) {
        struct expression *argument = call->call.arguments[i];
        if (is_boolean_literal(argument, !is_and))
            return argument;
        bool repeated = false;
        for (size_t k = 0; k < kept.count && !repeated; k++)
            repeated = expression_is_deterministic(argument) && expression_equal(argument, kept.items[k]);
        if (!is_boolean_literal(argument, is_and) && !repeated)
            ARRAY_PUSH(context->arena, &kept, argument);
    }
    if (kept.count == call->call.argument_count)
        return call;
    if (kept.count == 0)
        return expression_boolean(context->arena, is_and, call->position);
    return kept.count == 1 ? kept.items[0] : with_arguments(context, call, kept.items, (uint32_t)kept.count);
}

/* Branches that are never taken go; a branch that always is ends the CASE. */
static struct expression *simplify_case(struct rule_context *context, struct expression *call) {
    uint32_t count = call->call.argument_count;
    struct conjuncts kept = {0};
    struct expression *otherwise = count % 2 ? call->call.arguments[count - 1] : NULL;
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        struct expression *condition = call->call.arguments[i];
        if (is_boolean_literal(condition, false) || expression_is_null_literal(condition))
            continue;
        if (is_boolean_literal(condition, true)) {
            otherwise = call->call.arguments[i + 1];
            break;
        }
        ARRAY_PUSH(context->arena, &kept, condition);
        ARRAY_PUSH(context->arena, &kept, call->call.arguments[i + 1]);
    }
    if (kept.count + 1 >= count)
        return call;
    if (!otherwise)
        otherwise = expression_null(context->arena, call->type, call->position);
    if (kept.count == 0)
        return type_equal_ignore_null(otherwise->type, call->type) ? otherwise : call;
    ARRAY_PUSH(context->arena, &kept, otherwise);
    return with_arguments(context, call, kept.items, (uint32_t)kept.count);
}

static struct expression *simplify(struct rule_context *context, struct expression *expression) {
    if (is_call(expression, "and") || is_call(expression, "or"))
        return simplify_logic(context, expression, is_call(expression, "and"));
    if (is_call(expression, "case"))
        return simplify_case(context, expression);
    if (is_call(expression, "not") && is_call(expression->call.arguments[0], "not"))
        return expression->call.arguments[0]->call.arguments[0];
    return expression;
}

struct expression *fold_expression(struct rule_context *context, struct expression *expression) {
    if (expression->kind == EXPRESSION_FIELD) {
        struct expression *row = fold_expression(context, expression->field.row);
        if (row == expression->field.row)
            return expression;
        struct expression *copy = arena_copy(context->arena, expression, sizeof *expression);
        copy->field.row = row;
        return evaluate(context, copy);
    }
    if (expression->kind != EXPRESSION_CALL)
        return expression;
    struct expression **arguments = NULL;
    for (uint32_t i = 0; i < expression->call.argument_count; i++) {
        struct expression *argument = fold_expression(context, expression->call.arguments[i]);
        if (argument == expression->call.arguments[i])
            continue;
        if (!arguments)
            arguments = arena_copy(context->arena, expression->call.arguments,
                                   expression->call.argument_count * sizeof *arguments);
        arguments[i] = argument;
    }
    if (arguments)
        expression = with_arguments(context, expression, arguments, expression->call.argument_count);
    return evaluate(context, simplify(context, expression));
}

static struct logical *fold_project(struct rule_context *context, struct logical *node) {
    struct expression **folded = NULL;
    for (uint32_t i = 0; i < node->column_count; i++) {
        struct expression *expression = fold_expression(context, node->project.expressions[i]);
        if (expression == node->project.expressions[i])
            continue;
        if (!folded)
            folded = arena_copy(context->arena, node->project.expressions, node->column_count * sizeof *folded);
        folded[i] = expression;
    }
    if (!folded)
        return NULL;
    struct logical *copy = logical_copy(context->arena, node);
    copy->project.expressions = folded;
    return copy;
}

struct logical *rule_fold_constants(struct rule_context *context, struct logical *node) {
    if (node->kind == LOGICAL_PROJECT)
        return fold_project(context, node);
    if (node->kind != LOGICAL_FILTER)
        return NULL;
    struct expression *condition = fold_expression(context, node->filter.condition);
    if (condition == node->filter.condition)
        return NULL;
    return logical_filter(context->arena, node->inputs[0], condition);
}
