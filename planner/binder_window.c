/* binder_window.c: windows: TUMBLE, HOP, CUMULATE and SESSION in GROUP BY and as table functions, and the names of their
 * bounds. A window stands on a time attribute: the column that the table's watermark is declared for, or PROCTIME(), as
 * long as it was passed on unchanged. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/function.h"

enum { LENGTHS_MAX = 3 };

/* The intervals that a window function takes, after its time attribute. */
static const struct window_function {
    const char *name;
    Plan__WindowKind kind;
    unsigned required, allowed;
    const char *lengths[LENGTHS_MAX];
} window_functions[] = {
    {"tumble", PLAN__WINDOW_KIND__TUMBLE, 1, 2, {"size", "offset"}},
    {"hop", PLAN__WINDOW_KIND__HOP, 2, 3, {"slide", "size", "offset"}},
    {"cumulate", PLAN__WINDOW_KIND__CUMULATE, 2, 3, {"step", "size", "offset"}},
    {"session", PLAN__WINDOW_KIND__SESSION, 1, 1, {"gap"}},
};

static const struct window_function *find_function(const char *name) {
    for (size_t i = 0; i < COUNT_OF(window_functions); i++)
        if (strcmp(window_functions[i].name, name) == 0)
            return &window_functions[i];
    return NULL;
}

bool window_function_find(const char *function, Plan__WindowKind *kind) {
    const struct window_function *found = find_function(function);
    if (found)
        *kind = found->kind;
    return found != NULL;
}

const char *window_function_nearest(const char *name) {
    const char *names[COUNT_OF(window_functions)];
    for (size_t i = 0; i < COUNT_OF(window_functions); i++)
        names[i] = window_functions[i].name;
    return text_nearest(name, names, COUNT_OF(window_functions));
}

static const char *function_text(const struct window_function *function) {
    static const char *const names[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    return names[function->kind];
}

/* ---- lengths ---- */

static int64_t *length_of(struct logical_window *window, const char *name) {
    if (strcmp(name, "size") == 0)
        return &window->size_us;
    if (strcmp(name, "gap") == 0)
        return &window->gap_us;
    return strcmp(name, "offset") == 0 ? &window->offset_us : &window->slide_us;
}

static enum status check_lengths(struct binder *binder, const struct window_function *function,
                                 struct logical_window *window, sql_position position) {
    bool slides = function->kind == PLAN__WINDOW_KIND__HOP || function->kind == PLAN__WINDOW_KIND__CUMULATE;
    if (slides && window->slide_us > window->size_us) {
        FAIL_AT(binder->error, position, STATUS_WINDOWING_ERROR, "%s: the %s must not be longer than the size",
                function_text(function), function->lengths[0]);
        error_hint(binder->error, "the %s comes first, then the size", function->lengths[0]);
        return STATUS_WINDOWING_ERROR;
    }
    if (function->kind == PLAN__WINDOW_KIND__CUMULATE && window->size_us % window->slide_us)
        return FAIL_AT(binder->error, position, STATUS_WINDOWING_ERROR,
                       "CUMULATE: the size must be a multiple of the step");
    /* Windows lie on a grid: an offset counts modulo its step. */
    int64_t grid = function->kind == PLAN__WINDOW_KIND__HOP ? window->slide_us : window->size_us;
    if (grid)
        window->offset_us = (window->offset_us % grid + grid) % grid;
    return STATUS_OK;
}

/* lengths[i] is the expression for function->lengths[i]; NULL = not given. */
static enum status bind_lengths(struct binder *binder, const struct window_function *function,
                                struct ast_expression *const *lengths, sql_position position,
                                struct logical_window *window) {
    window->kind = function->kind;
    for (unsigned i = 0; i < function->allowed; i++) {
        if (!lengths[i] && i < function->required)
            return FAIL_AT(binder->error, position, STATUS_WINDOWING_ERROR,
                           "%s needs a %s, as INTERVAL '10' SECOND or 10s", function_text(function),
                           function->lengths[i]);
        if (!lengths[i])
            continue;
        int64_t *length_us = length_of(window, function->lengths[i]);
        const char *what = arena_printf(binder->arena, "%s of %s", function->lengths[i], function_text(function));
        TRY(bind_constant_int64(binder, lengths[i], &type_interval_second, what, length_us));
        if (*length_us <= 0 && length_us != &window->offset_us)
            return FAIL_AT(binder->error, lengths[i]->position, STATUS_WINDOWING_ERROR, "%s must be positive", what);
    }
    return check_lengths(binder, function, window, position);
}

/* ---- time attributes ---- */

static const char *first_time_attribute(const struct logical *node) {
    for (uint32_t i = 0; i < node->column_count; i++)
        if (node->columns[i].time != TIME_NONE)
            return node->columns[i].name;
    return NULL;
}

static enum status no_time_attribute(struct binder *binder, const struct scope *scope, const char *function,
                                     const struct expression *time) {
    bool is_column = time->kind == EXPRESSION_COLUMN;
    const char *name = is_column ? scope->node->columns[time->column].name : "this expression";
    if (!type_is_timestamp(time->type))
        FAIL_AT(binder->error, time->position, STATUS_WINDOWING_ERROR, "%s needs a time attribute, but %s%s%s is %s",
                function, is_column ? "\"" : "", name, is_column ? "\"" : "", type_text(binder->arena, time->type));
    else
        FAIL_AT(binder->error, time->position, STATUS_WINDOWING_ERROR,
                "%s needs a time attribute, but %s%s%s is an ordinary timestamp", function, is_column ? "\"" : "", name,
                is_column ? "\"" : "");
    const char *attribute = first_time_attribute(scope->node);
    if (attribute)
        error_hint(binder->error, "the time attribute here is \"%s\"", attribute);
    else
        error_hint(binder->error,
                   "declare WATERMARK FOR %s AS ... in the CREATE TABLE, or use a column AS PROCTIME(); computing with "
                   "a time attribute makes it an ordinary timestamp",
                   is_column && type_is_timestamp(time->type) ? name : "ts");
    return STATUS_WINDOWING_ERROR;
}

static enum status check_time_attribute(struct binder *binder, const struct scope *scope, const char *function,
                                        const struct expression *time, struct logical_window *window) {
    enum time_attribute attribute = expression_is_processing_time(time) ? TIME_PROCESSING
                                    : time->kind != EXPRESSION_COLUMN   ? TIME_NONE
                                                                        : scope->node->columns[time->column].time;
    if (attribute == TIME_NONE)
        return no_time_attribute(binder, scope, function, time);
    window->processing_time = attribute == TIME_PROCESSING;
    return STATUS_OK;
}

/* ---- GROUP BY TUMBLE(ts, 10s) ---- */

/* Arguments of TUMBLE(ts, …) and TUMBLE_START(ts, …). */
static enum status bind_window_arguments(const struct expression_context *context, const struct ast_expression *ast,
                                         const struct window_function *function, struct expression **time,
                                         struct logical_window *window) {
    struct binder *binder = context->binder;
    const struct ast_arguments *arguments = &ast->call.arguments;
    struct expression_context inner = *context;
    inner.grouping = NULL;
    inner.clause = "GROUP BY";
    if (arguments->count == 0)
        return FAIL_AT(binder->error, ast->position, STATUS_WINDOWING_ERROR, "%s needs a time attribute and a %s",
                       function_text(function), function->lengths[0]);
    if (arguments->count > function->allowed + 1)
        return FAIL_AT(binder->error, arguments->items[function->allowed + 1].expression->position,
                       STATUS_WINDOWING_ERROR, "%s takes at most %u arguments", function_text(function),
                       function->allowed + 1);
    struct ast_expression *lengths[LENGTHS_MAX] = {0};
    for (unsigned i = 1; i < arguments->count; i++)
        lengths[i - 1] = arguments->items[i].expression;
    TRY(bind_expression(&inner, arguments->items[0].expression, time));
    TRY(check_time_attribute(binder, context->scope, function_text(function), *time, window));
    return bind_lengths(binder, function, lengths, ast->position, window);
}

enum status bind_group_window(const struct expression_context *context, const struct ast_expression *ast,
                              struct group_window *window) {
    const struct window_function *function = find_function(ast->call.function);
    *window = (struct group_window){.function = function_text(function), .role_column = -1, .position = ast->position};
    return bind_window_arguments(context, ast, function, &window->time, &window->window);
}

void grouping_attach_window(struct grouping *grouping) {
    const struct logical *input = grouping->scope->node;
    int columns[WINDOW_ROLE_TIME + 1] = {-1, -1, -1, -1};
    for (size_t i = 0; i < grouping->keys.count; i++) {
        const struct expression *key = grouping->keys.items[i].expression;
        if (key->kind == EXPRESSION_COLUMN)
            columns[input->columns[key->column].window] = (int)key->column;
    }
    if (columns[WINDOW_ROLE_START] < 0 || columns[WINDOW_ROLE_END] < 0)
        return;
    const struct logical_window *window = logical_window_origin(input, (uint32_t)columns[WINDOW_ROLE_START]);
    if (window != logical_window_origin(input, (uint32_t)columns[WINDOW_ROLE_END]))
        return;
    for (uint32_t i = 0; i < input->column_count; i++)
        if (input->columns[i].window == WINDOW_ROLE_TIME && columns[WINDOW_ROLE_TIME] < 0)
            columns[WINDOW_ROLE_TIME] = (int)i;
    size_t kept = 0;
    for (size_t i = 0; i < grouping->keys.count; i++) {
        const struct expression *key = grouping->keys.items[i].expression;
        if (key->kind != EXPRESSION_COLUMN || (int)key->column != columns[input->columns[key->column].window] ||
            input->columns[key->column].window == WINDOW_ROLE_NONE)
            grouping->keys.items[kept++] = grouping->keys.items[i];
    }
    grouping->keys.count = kept;
    grouping->has_window = true;
    grouping->window = (struct group_window){
        .function = "window",
        .window = *window,
        .attached = true,
        .start_column = (uint32_t)columns[WINDOW_ROLE_START],
        .end_column = (uint32_t)columns[WINDOW_ROLE_END],
        .role_column = columns[WINDOW_ROLE_TIME],
    };
    grouping->window.window.time_column = 0; /* not looked at */
    grouping->window.window.partition_count = 0;
}

/* ---- TUMBLE_START, window_start … ---- */

static const struct {
    const char *suffix;
    const char *column;
    uint32_t index; /* among window_start, window_end, window_time */
} properties[] = {
    {"_start", "window_start", 0},
    {"_end", "window_end", 1},
    {"_rowtime", "window_time", 2},
    {"_proctime", "window_time", 2},
};

/* "tumble_start" to TUMBLE and the property's row; -1 when it is none. */
static int find_property(const char *name, const struct window_function **function) {
    for (size_t i = 0; i < COUNT_OF(window_functions); i++) {
        size_t size = strlen(window_functions[i].name);
        if (strncmp(name, window_functions[i].name, size) != 0)
            continue;
        for (size_t k = 0; k < COUNT_OF(properties); k++)
            if (strcmp(name + size, properties[k].suffix) == 0) {
                *function = &window_functions[i];
                return (int)k;
            }
    }
    return -1;
}

bool is_window_property(const char *name) {
    const struct window_function *function;
    return find_property(name, &function) >= 0;
}

static struct expression *window_reference(const struct grouping *grouping, uint32_t index, sql_position position) {
    const struct group_window *window = &grouping->window;
    struct logical_column columns[3];
    logical_window_columns(grouping->binder->arena, window->time->type, window->window.processing_time, columns);
    return expression_column(grouping->binder->arena, COLUMN_WINDOW_BASE + index, columns[index].type, position);
}

bool bind_window_column(const struct grouping *grouping, const struct ast_names *names,
                        struct expression **expression) {
    if (!grouping->has_window || grouping->window.attached || names->count != 1)
        return false;
    for (size_t i = 0; i < COUNT_OF(properties); i++)
        if (text_equal_ignore_case(properties[i].column, names->items[0].text)) {
            *expression = window_reference(grouping, properties[i].index, names->items[0].position);
            return true;
        }
    return false;
}

static bool same_window(const struct logical_window *a, const struct logical_window *b) {
    return a->kind == b->kind && a->size_us == b->size_us && a->slide_us == b->slide_us && a->gap_us == b->gap_us &&
           a->offset_us == b->offset_us;
}

enum status bind_window_property(const struct expression_context *context, const struct ast_expression *ast,
                                 struct expression **expression) {
    struct binder *binder = context->binder;
    const struct grouping *grouping = context->grouping;
    const struct window_function *function = NULL;
    int property = find_property(ast->call.function, &function);
    ASSERT(property >= 0);
    if (!grouping || !grouping->has_window || grouping->window.attached ||
        grouping->window.window.kind != function->kind) {
        FAIL_AT(binder->error, ast->position, STATUS_WINDOWING_ERROR, "%s has no %s in the GROUP BY of its query",
                ast->call.function, function_text(function));
        if (grouping && grouping->has_window)
            error_hint(binder->error, "window_start, window_end and window_time name the bounds of any window");
        return STATUS_WINDOWING_ERROR;
    }
    if (ast->call.arguments.count) {
        struct logical_window window = {0};
        struct expression *time;
        TRY(bind_window_arguments(context, ast, function, &time, &window));
        if (!expression_equal(time, grouping->window.time) || !same_window(&window, &grouping->window.window))
            return FAIL_AT(binder->error, ast->position, STATUS_WINDOWING_ERROR,
                           "%s names another window than the GROUP BY", ast->call.function);
    }
    *expression = window_reference(grouping, properties[property].index, ast->position);
    return STATUS_OK;
}

/* ---- TUMBLE(TABLE t, DESCRIPTOR(ts), …) ---- */

struct table_arguments {
    const struct ast_expression *data;
    const struct ast_expression *time;
    struct ast_expression *lengths[LENGTHS_MAX];
};

static enum status place_argument(struct binder *binder, const struct window_function *function,
                                  const struct ast_argument *argument, unsigned index, struct table_arguments *placed) {
    const char *name = argument->name.text;
    struct ast_expression *expression = argument->expression;
    if (name ? text_equal_ignore_case(name, "data") : index == 0) {
        placed->data = expression;
        return STATUS_OK;
    }
    if (name ? text_equal_ignore_case(name, "timecol") : index == 1) {
        placed->time = expression;
        return STATUS_OK;
    }
    for (unsigned i = 0; i < function->allowed; i++)
        if (name ? text_equal_ignore_case(name, function->lengths[i]) : index == i + 2) {
            placed->lengths[i] = expression;
            return STATUS_OK;
        }
    if (name)
        return FAIL_AT(binder->error, argument->name.position, STATUS_WINDOWING_ERROR, "%s has no argument \"%s\"",
                       function_text(function), name);
    return FAIL_AT(binder->error, expression->position, STATUS_WINDOWING_ERROR, "%s takes at most %u arguments",
                   function_text(function), function->allowed + 2);
}

static enum status bind_table_data(struct binder *binder, const struct ast_expression *data, struct scope *scope) {
    struct ast_relation relation = {.position = data->position, .end = data->end};
    if (data->kind == AST_TABLE_ARGUMENT && data->table.query) {
        relation.kind = AST_RELATION_QUERY;
        relation.query = data->table.query;
    } else if (data->kind == AST_SUBQUERY) {
        relation.kind = AST_RELATION_QUERY;
        relation.query = data->query;
    } else if (data->kind == AST_TABLE_ARGUMENT || data->kind == AST_COLUMN) {
        relation.kind = AST_RELATION_TABLE;
        relation.table.name = data->kind == AST_COLUMN ? data->names : data->table.name;
    } else {
        return FAIL_AT(binder->error, data->position, STATUS_WINDOWING_ERROR, "this must be TABLE and a table's name");
    }
    return bind_relation(binder, &relation, scope);
}

static enum status bind_descriptor(const struct expression_context *context, const struct window_function *function,
                                   const struct ast_expression *ast, struct logical_window *window) {
    struct binder *binder = context->binder;
    if (ast->kind != AST_DESCRIPTOR || ast->names.count != 1)
        return FAIL_AT(binder->error, ast->position, STATUS_WINDOWING_ERROR, "%s needs DESCRIPTOR(time attribute) here",
                       function_text(function));
    struct expression *time;
    TRY(bind_column(context, &ast->names, &time));
    TRY(check_time_attribute(binder, context->scope, function_text(function), time, window));
    window->time_column = time->column;
    return STATUS_OK;
}

static enum status bind_partition(const struct expression_context *context, const struct window_function *function,
                                  const struct ast_expression *data, struct logical_window *window) {
    struct binder *binder = context->binder;
    if (data->kind != AST_TABLE_ARGUMENT || data->table.partition_by.count == 0)
        return STATUS_OK;
    const struct ast_expressions *list = &data->table.partition_by;
    if (function->kind != PLAN__WINDOW_KIND__SESSION)
        return FAIL_AT(binder->error, list->items[0]->position, STATUS_WINDOWING_ERROR,
                       "PARTITION BY belongs to SESSION, not to %s", function_text(function));
    window->partition_columns = ARENA_ARRAY(binder->arena, uint32_t, list->count);
    window->partition_count = list->count;
    for (unsigned i = 0; i < list->count; i++) {
        struct expression *column;
        TRY(bind_expression(context, list->items[i], &column));
        if (column->kind != EXPRESSION_COLUMN)
            return FAIL_AT(binder->error, list->items[i]->position, STATUS_WINDOWING_ERROR,
                           "PARTITION BY of SESSION takes columns");
        window->partition_columns[i] = column->column;
    }
    return STATUS_OK;
}

enum status bind_window_table(struct binder *binder, const struct ast_expression *ast, struct scope *scope) {
    const struct window_function *function = find_function(ast->call.function);
    struct table_arguments arguments = {0};
    for (unsigned i = 0; i < ast->call.arguments.count; i++)
        TRY(place_argument(binder, function, &ast->call.arguments.items[i], i, &arguments));
    if (!arguments.data || !arguments.time)
        return FAIL_AT(binder->error, ast->position, STATUS_WINDOWING_ERROR,
                       "%s needs TABLE t, DESCRIPTOR(time attribute) and a %s", function_text(function),
                       function->lengths[0]);
    struct scope input;
    TRY(bind_table_data(binder, arguments.data, &input));
    struct expression_context context = {.binder = binder, .scope = &input, .clause = function_text(function)};
    struct logical_window window = {0};
    TRY(bind_descriptor(&context, function, arguments.time, &window));
    TRY(bind_partition(&context, function, arguments.data, &window));
    TRY(bind_lengths(binder, function, arguments.lengths, ast->position, &window));

    struct arena *arena = binder->arena;
    struct logical *node = logical_new(arena, LOGICAL_WINDOW_TABLE, input.node);
    node->position = ast->position;
    node->window_table.window = window;
    node->column_count = input.node->column_count + 3;
    node->columns = ARENA_ARRAY(arena, struct logical_column, node->column_count);
    for (uint32_t i = 0; i < input.node->column_count; i++) {
        node->columns[i] = input.node->columns[i];
        if (node->columns[i].time == TIME_EVENT)
            node->columns[i].time = TIME_NONE; /* window_time is the time attribute from here on */
    }
    logical_window_columns(arena, input.node->columns[window.time_column].type, window.processing_time,
                           &node->columns[input.node->column_count]);
    scope->node = node;
    scope->tables = ARENA_ARRAY(arena, const struct scope_table *, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++)
        scope->tables[i] = i < input.node->column_count ? input.tables[i] : NULL;
    return STATUS_OK;
}
