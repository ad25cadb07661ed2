/* binder_aggregate.c: GROUP BY, aggregate calls, and the columns that are neither.
 *
 * A grouped SELECT is bound over its input first. Its expressions then mix columns of the input with numbered aggregates
 * and window properties (bases in binder.h). When all are known, grouping_finish builds
 *
 *     Aggregate(keys, calls [, window])        keys, aggregates, window_start, window_end, window_time
 *     +- Project(keys, arguments, filters, time)
 *
 * and grouping_resolve turns the mixed expressions into expressions over the Aggregate: the largest sub-expressions that
 * equal a key become that key. */
#include "planner/binder.h"

#include <ctype.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/functions/aggregate.h"
#include "core/functions/function.h"

/* ---- finding aggregates in the syntax tree ---- */

static bool any_argument_has_aggregate(const struct ast_call *call) {
    for (unsigned i = 0; i < call->arguments.count; i++)
        if (ast_has_aggregate(call->arguments.items[i].expression))
            return true;
    return false;
}

static bool case_has_aggregate(const struct ast_expression *ast) {
    if (ast->case_when.operand && ast_has_aggregate(ast->case_when.operand))
        return true;
    for (unsigned i = 0; i < ast->case_when.whens.count; i++)
        if (ast_has_aggregate(ast->case_when.whens.items[i].condition) ||
            ast_has_aggregate(ast->case_when.whens.items[i].result))
            return true;
    return ast->case_when.otherwise && ast_has_aggregate(ast->case_when.otherwise);
}

static bool list_has_aggregate(const struct ast_expressions *list) {
    for (unsigned i = 0; i < list->count; i++)
        if (ast_has_aggregate(list->items[i]))
            return true;
    return false;
}

bool ast_has_aggregate(const struct ast_expression *ast) {
    switch (ast->kind) {
    case AST_CALL:
        if (ast->call.over)
            return false;
        if (!function_name_exists(ast->call.function) &&
            (aggregate_name_exists(ast->call.function) || is_window_property(ast->call.function) ||
             is_json_aggregate(&ast->call)))
            return true;
        return any_argument_has_aggregate(&ast->call);
    case AST_CASE: return case_has_aggregate(ast);
    case AST_CAST: return ast_has_aggregate(ast->cast.value);
    case AST_FIELD: return ast_has_aggregate(ast->field.row);
    case AST_IN: return ast_has_aggregate(ast->in.value) || list_has_aggregate(&ast->in.list);
    case AST_QUANTIFIED: return ast_has_aggregate(ast->quantified.value) || list_has_aggregate(&ast->quantified.list);
    default: return false;
    }
}

/* ---- aggregate calls ---- */

/* Whether IGNORE NULLS is what the aggregate does anyway. */
static bool skips_nulls(const char *function) {
    return strcmp(function, "first_value") == 0 || strcmp(function, "last_value") == 0;
}

static enum status check_aggregate_syntax(const struct expression_context *context, const struct ast_expression *ast) {
    const struct binder *binder = context->binder;
    const struct ast_call *call = &ast->call;
    if (!context->grouping)
        return FAIL_AT(binder->error, ast->position, STATUS_GROUPING_ERROR, "aggregate functions are not allowed in %s",
                       context->clause);
    if (call->order_by.count)
        return binder_unsupported(binder, ast->position, "ORDER BY inside an aggregate");
    if (call->within_group.count)
        return binder_unsupported(binder, ast->position, "WITHIN GROUP");
    if (call->ignore_nulls && strcmp(call->function, "array_agg") != 0 && !skips_nulls(call->function))
        return binder_unsupported(binder, ast->position, "IGNORE NULLS");
    if (call->respect_nulls && skips_nulls(call->function))
        return binder_unsupported(binder, ast->position, "RESPECT NULLS");
    return STATUS_OK;
}

static bool calls_equal(const struct grouping_call *a, const struct grouping_call *b) {
    if (a->call.aggregate != b->call.aggregate || a->call.distinct != b->call.distinct ||
        a->call.argument_count != b->call.argument_count || a->call.constant_count != b->call.constant_count ||
        !a->filter != !b->filter || (a->filter && !expression_equal(a->filter, b->filter)))
        return false;
    for (uint32_t i = 0; i < a->call.argument_count; i++)
        if (!expression_equal(a->arguments[i], b->arguments[i]))
            return false;
    for (uint32_t i = 0; i < a->call.constant_count; i++)
        if (!expression_equal(a->call.constants[i], b->call.constants[i]))
            return false;
    return true;
}

static uint32_t add_call(struct grouping *grouping, struct grouping_call call) {
    for (size_t i = 0; i < grouping->calls.count; i++)
        if (calls_equal(&grouping->calls.items[i], &call))
            return (uint32_t)i;
    ARRAY_PUSH(grouping->binder->arena, &grouping->calls, call);
    return (uint32_t)grouping->calls.count - 1;
}

/* Literals after the first argument are the call's constants, not columns. */
static void split_arguments(struct arena *arena, struct grouping_call *call, struct expression **arguments,
                            uint32_t count) {
    uint32_t columns = count;
    while (columns > 1 && arguments[columns - 1]->kind == EXPRESSION_LITERAL)
        columns--;
    call->arguments = arguments;
    call->call.argument_count = columns;
    call->call.constant_count = count - columns;
    call->call.constants = ARENA_ARRAY(arena, struct expression *, count - columns);
    for (uint32_t i = columns; i < count; i++)
        call->call.constants[i - columns] = arguments[i];
}

static const char *upper_case(struct arena *arena, const char *text) {
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return copy;
}

/* In ARRAY_AGG(UPPER(x) IGNORE NULLS) the grammar gives the words to UPPER: they are the aggregate's. */
static const struct ast_expression *hoist_nulls(struct arena *arena, const struct ast_expression *ast) {
    const struct ast_arguments *arguments = &ast->call.arguments;
    const struct ast_expression *last = arguments->count ? arguments->items[arguments->count - 1].expression : NULL;
    if (!last || last->kind != AST_CALL || !(last->call.ignore_nulls || last->call.respect_nulls) ||
        !function_name_exists(last->call.function))
        return ast;
    struct ast_expression *outer = arena_copy(arena, ast, sizeof *ast), *inner = arena_copy(arena, last, sizeof *last);
    outer->call.ignore_nulls = last->call.ignore_nulls;
    outer->call.respect_nulls = last->call.respect_nulls;
    inner->call.ignore_nulls = inner->call.respect_nulls = false;
    outer->call.arguments.items = arena_copy(arena, arguments->items, arguments->count * sizeof *arguments->items);
    outer->call.arguments.items[arguments->count - 1].expression = inner;
    return outer;
}

/* f(x IGNORE NULLS) is f(x) FILTER (WHERE x IS NOT NULL). */
static enum status filter_nulls(struct binder *binder, struct grouping_call *call, sql_position position) {
    struct expression *test;
    TRY(expression_call(binder->arena, "is_not_null", call->arguments, 1, position, &test, binder->error));
    struct expression *both[] = {call->filter, test};
    if (call->filter)
        TRY(expression_call(binder->arena, "and", both, 2, position, &test, binder->error));
    call->filter = test;
    return STATUS_OK;
}

enum status bind_aggregate(const struct expression_context *context, const struct ast_expression *ast,
                           struct expression **expression) {
    struct binder *binder = context->binder;
    ast = hoist_nulls(binder->arena, ast);
    const struct ast_call *ast_call = &ast->call;
    TRY(check_aggregate_syntax(context, ast));
    struct expression_context inner = *context;
    inner.grouping = NULL;
    inner.clause = "the argument of an aggregate function";
    struct grouping_call call = {
        .call = {.distinct = ast_call->distinct,
                 .filter = -1,
                 .name = upper_case(binder->arena, ast_call->function),
                 .position = ast->position},
    };
    bool star = ast_call->arguments.count == 1 && ast_call->arguments.items[0].expression->kind == AST_STAR;
    struct expression **arguments = NULL;
    uint32_t count = 0;
    if (!star)
        TRY(bind_arguments(&inner, ast_call, &arguments, &count));
    if (ast_call->distinct && (star || count == 0))
        return FAIL_AT(binder->error, ast->position, STATUS_SYNTAX_ERROR, "DISTINCT needs an argument");
    TRY(aggregate_resolve(binder->arena, ast_call->function, star, arguments, count, ast->position,
                          &call.call.aggregate, &call.call.type, binder->error));
    split_arguments(binder->arena, &call, arguments, count);
    if (ast_call->filter) {
        inner.clause = "FILTER";
        TRY(bind_condition(&inner, ast_call->filter, inner.clause, &call.filter));
    }
    if (ast_call->ignore_nulls && !skips_nulls(ast_call->function) && count)
        TRY(filter_nulls(binder, &call, ast->position));
    uint32_t index = add_call(context->grouping, call);
    *expression = expression_column(binder->arena, COLUMN_AGGREGATE_BASE + index, call.call.type, ast->position);
    return STATUS_OK;
}

/* ---- keys ---- */

int grouping_key_of(const struct grouping *grouping, const struct expression *expression) {
    for (size_t i = 0; i < grouping->keys.count; i++)
        if (expression_equal(grouping->keys.items[i].expression, expression))
            return (int)i;
    return -1;
}

uint32_t grouping_add_key(struct grouping *grouping, struct expression *expression, const char *name) {
    int index = grouping_key_of(grouping, expression);
    if (index >= 0)
        return (uint32_t)index;
    ARRAY_PUSH(grouping->binder->arena, &grouping->keys, ((struct grouping_key){expression, name}));
    return (uint32_t)grouping->keys.count - 1;
}

static bool is_window_input(const struct grouping *grouping, uint32_t column) {
    const struct group_window *window = &grouping->window;
    return grouping->has_window && window->attached &&
           (column == window->start_column || column == window->end_column || (int)column == window->role_column);
}

static enum status ungrouped_column(const struct grouping *grouping, const struct expression *column) {
    struct binder *binder = grouping->binder;
    const struct scope *scope = grouping->scope;
    const struct scope_table *table = scope->tables[column->column];
    const char *name = scope->node->columns[column->column].name;
    FAIL_AT(binder->error, column->position, STATUS_GROUPING_ERROR,
            "column \"%s%s%s\" must appear in the GROUP BY clause or be used in an aggregate function",
            table ? table->alias : "", table ? "." : "", name);
    if (grouping->has_window && !grouping->window.attached && grouping->window.time->kind == EXPRESSION_COLUMN &&
        grouping->window.time->column == column->column)
        error_hint(binder->error, "window_start, window_end and window_time tell the window");
    return STATUS_GROUPING_ERROR;
}

enum status grouping_check(const struct grouping *grouping, struct expression *expression) {
    if (grouping_key_of(grouping, expression) >= 0)
        return STATUS_OK;
    switch (expression->kind) {
    case EXPRESSION_LITERAL: return STATUS_OK;
    case EXPRESSION_FIELD: return grouping_check(grouping, expression->field.row);
    case EXPRESSION_COLUMN:
        if (expression->column >= COLUMN_AGGREGATE_BASE || is_window_input(grouping, expression->column))
            return STATUS_OK;
        return ungrouped_column(grouping, expression);
    case EXPRESSION_CALL: break;
    }
    for (uint32_t i = 0; i < expression->call.argument_count; i++)
        TRY(grouping_check(grouping, expression->call.arguments[i]));
    return STATUS_OK;
}

/* ---- building ---- */

/* The columns below the Aggregate: equal expressions share one. */
struct prepared {
    struct binder *binder;
    const struct logical *input;
    struct {
        struct expression **items;
        size_t count, capacity;
    } expressions;
    struct {
        const char **items;
        size_t count, capacity;
    } names;
};

static uint32_t prepare(struct prepared *prepared, struct expression *expression, const char *name) {
    for (size_t i = 0; i < prepared->expressions.count; i++)
        if (expression_equal(prepared->expressions.items[i], expression))
            return (uint32_t)i;
    struct arena *arena = prepared->binder->arena;
    bool named = name || expression->kind == EXPRESSION_COLUMN || expression->kind == EXPRESSION_FIELD;
    const char *generated = named ? name : arena_printf(arena, "$f%zu", prepared->expressions.count);
    ARRAY_PUSH(arena, &prepared->expressions, expression);
    ARRAY_PUSH(arena, &prepared->names, generated);
    return (uint32_t)prepared->expressions.count - 1;
}

static void prepare_call(struct prepared *prepared, const struct grouping_call *source,
                         struct logical_aggregate_call *call) {
    *call = source->call;
    call->arguments = ARENA_ARRAY(prepared->binder->arena, uint32_t, call->argument_count);
    for (uint32_t i = 0; i < call->argument_count; i++)
        call->arguments[i] = prepare(prepared, source->arguments[i], NULL);
    if (source->filter)
        call->filter = (int)prepare(prepared, source->filter, NULL);
}

static void prepare_window(struct prepared *prepared, const struct group_window *window,
                           struct logical_aggregate *aggregate) {
    const struct logical *input = prepared->input;
    struct arena *arena = prepared->binder->arena;
    aggregate->has_window = true;
    aggregate->window = window->window;
    aggregate->input_has_window = window->attached;
    if (window->attached) {
        aggregate->window_start_column =
            prepare(prepared, logical_column_reference(arena, input, window->start_column), NULL);
        aggregate->window_end_column =
            prepare(prepared, logical_column_reference(arena, input, window->end_column), NULL);
    } else {
        aggregate->window.time_column = prepare(prepared, window->time, NULL);
    }
}

static void set_columns(const struct grouping *grouping, struct logical *node, const struct logical *input) {
    struct arena *arena = grouping->binder->arena;
    const struct logical_aggregate *aggregate = &node->aggregate;
    node->column_count = aggregate->key_count + aggregate->call_count + (aggregate->has_window ? 3 : 0);
    node->columns = ARENA_ARRAY(arena, struct logical_column, node->column_count);
    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        node->columns[i] = input->columns[aggregate->keys[i]];
        node->columns[i].time = TIME_NONE;
        node->columns[i].window = WINDOW_ROLE_NONE;
    }
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        node->columns[aggregate->key_count + i] =
            (struct logical_column){.name = arena_printf(arena, "$agg%u", i), .type = aggregate->calls[i].type};
    if (!aggregate->has_window)
        return;
    const struct group_window *window = &grouping->window;
    const struct type *time = window->attached && window->role_column < 0 ? &type_timestamp3
                              : window->attached ? grouping->scope->node->columns[window->role_column].type
                                                 : window->time->type;
    logical_window_columns(arena, time, aggregate->window.processing_time,
                           &node->columns[aggregate->key_count + aggregate->call_count]);
}

enum status grouping_finish(struct grouping *grouping, struct logical **result) {
    struct binder *binder = grouping->binder;
    struct arena *arena = binder->arena;
    struct logical *input = grouping->scope->node;
    struct prepared prepared = {.binder = binder, .input = input};
    struct logical_aggregate aggregate = {
        .key_count = (uint32_t)grouping->keys.count,
        .call_count = (uint32_t)grouping->calls.count,
        .emit = binder->emit,
    };
    binder->emit_used = true;
    aggregate.keys = ARENA_ARRAY(arena, uint32_t, aggregate.key_count);
    aggregate.calls = ARENA_ARRAY(arena, struct logical_aggregate_call, aggregate.call_count);
    for (uint32_t i = 0; i < aggregate.key_count; i++)
        aggregate.keys[i] = prepare(&prepared, grouping->keys.items[i].expression, grouping->keys.items[i].name);
    for (uint32_t i = 0; i < aggregate.call_count; i++)
        prepare_call(&prepared, &grouping->calls.items[i], &aggregate.calls[i]);
    if (grouping->has_window)
        prepare_window(&prepared, &grouping->window, &aggregate);
    struct logical *project = logical_project(arena, input, prepared.expressions.items, prepared.names.items,
                                              (uint32_t)prepared.expressions.count);
    struct logical *node = logical_new(arena, LOGICAL_AGGREGATE, project);
    node->aggregate = aggregate;
    if (grouping->has_window)
        node->position = grouping->window.position;
    set_columns(grouping, node, project);
    *result = node;
    return STATUS_OK;
}

static struct expression *resolve_column(const struct grouping *grouping, const struct logical *aggregate,
                                         struct expression *expression) {
    const struct logical_aggregate *operands = &aggregate->aggregate;
    uint32_t windows = operands->key_count + operands->call_count;
    uint32_t column;
    if (expression->column >= COLUMN_WINDOW_BASE)
        column = windows + (expression->column - COLUMN_WINDOW_BASE);
    else if (expression->column >= COLUMN_AGGREGATE_BASE)
        column = operands->key_count + (expression->column - COLUMN_AGGREGATE_BASE);
    else
        column = windows + (uint32_t)grouping->scope->node->columns[expression->column].window - WINDOW_ROLE_START;
    return expression_column(grouping->binder->arena, column, aggregate->columns[column].type, expression->position);
}

struct expression *grouping_resolve(const struct grouping *grouping, const struct logical *aggregate,
                                    struct expression *expression) {
    struct arena *arena = grouping->binder->arena;
    int key = grouping_key_of(grouping, expression);
    if (key >= 0)
        return expression_column(arena, (uint32_t)key, expression->type, expression->position);
    if (expression->kind == EXPRESSION_LITERAL)
        return expression;
    if (expression->kind == EXPRESSION_COLUMN)
        return resolve_column(grouping, aggregate, expression);
    struct expression *copy = arena_copy(arena, expression, sizeof *expression);
    if (expression->kind == EXPRESSION_FIELD) {
        copy->field.row = grouping_resolve(grouping, aggregate, expression->field.row);
        return copy;
    }
    copy->call.arguments = ARENA_ARRAY(arena, struct expression *, expression->call.argument_count);
    for (uint32_t i = 0; i < expression->call.argument_count; i++)
        copy->call.arguments[i] = grouping_resolve(grouping, aggregate, expression->call.arguments[i]);
    return copy;
}
