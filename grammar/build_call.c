/* build_call.c: calls with all their clauses, windows, sort items. */
#include "grammar/build_call.h"

#include "grammar/build_expression.h"

/* A call with room for its name and no arguments yet; `token` is what it was written by, if by a word. */
static struct ast_expression *call_new(struct builder *build, enum ast_call_syntax syntax, const char *function,
                                       struct sql_token token, sql_position position, unsigned child) {
    struct ast_expression *expression = build_expression(build, AST_CALL, position, child);
    struct ast_call *call = &expression->call;
    call->syntax = syntax;
    call->function = function;
    struct ast_name *name = ARENA_NEW(build->arena, struct ast_name);
    *name = (struct ast_name){.text = function, .position = position, .end = position};
    if (token.size)
        *name = build_name(build, token);
    call->name = (struct ast_names){.items = name, .count = 1, .capacity = 1};
    return expression;
}

struct ast_expression *build_function(struct builder *build, enum ast_call_syntax syntax, const char *function,
                                      struct sql_token token, sql_position position, struct ast_expression *first,
                                      struct ast_expression *second, struct ast_expression *third,
                                      struct ast_expression *fourth) {
    struct ast_expression *parts[] = {first, second, third, fourth};
    unsigned count = 0, depth = 0;
    while (count < COUNT_OF(parts) && parts[count])
        depth = depth_max(depth, parts[count++]->depth);
    struct ast_expression *expression = call_new(build, syntax, function, token, position, depth);
    struct ast_arguments *arguments = &expression->call.arguments;
    arguments->items = ARENA_ARRAY(build->arena, struct ast_argument, count ? count : 1);
    arguments->count = arguments->capacity = count;
    arguments->depth = depth;
    for (unsigned i = 0; i < count; i++)
        arguments->items[i].expression = parts[i];
    return expression;
}

struct ast_expression *build_function_of(struct builder *build, enum ast_call_syntax syntax, const char *function,
                                         struct sql_token token, sql_position position, struct ast_expressions *list) {
    struct ast_expression *expression = call_new(build, syntax, function, token, position, DEPTH(list));
    if (list == NULL)
        return expression;
    struct ast_arguments *arguments = &expression->call.arguments;
    arguments->items = ARENA_ARRAY(build->arena, struct ast_argument, list->count);
    arguments->count = arguments->capacity = list->count;
    arguments->depth = list->depth;
    for (unsigned i = 0; i < list->count; i++)
        arguments->items[i].expression = list->items[i];
    return expression;
}

static const char *keyword_function(struct builder *build, struct sql_token keyword) {
    const char *function = build_lower(build, token_text(keyword));
    return strcmp(function, "ceiling") == 0 ? "ceil" : function;
}

struct ast_expression *build_special(struct builder *build, struct sql_token keyword, const char *function,
                                     struct ast_expression *first, struct ast_expression *second,
                                     struct ast_expression *third, struct ast_expression *fourth) {
    return build_function(build, AST_SYNTAX_FUNCTION, function ? function : keyword_function(build, keyword), keyword,
                          keyword.position, first, second, third, fourth);
}

struct ast_expression *build_plain_call(struct builder *build, struct sql_token keyword, struct ast_expressions *list) {
    return build_function_of(build, AST_SYNTAX_FUNCTION, keyword_function(build, keyword), keyword, keyword.position,
                             list);
}

struct ast_expression *build_niladic(struct builder *build, struct sql_token keyword) {
    return call_new(build, AST_SYNTAX_NILADIC, build_lower(build, token_text(keyword)), keyword, keyword.position, 0);
}

struct ast_expression *build_call(struct builder *build, struct ast_names *names, struct ast_arguments *arguments) {
    struct ast_expression *expression = build_expression(build, AST_CALL, names->items[0].position, DEPTH(arguments));
    struct ast_call *call = &expression->call;
    call->function = build_lower(build, str_from(names->items[names->count - 1].text));
    call->name = *names;
    call->arguments = LIST_OR_EMPTY(arguments);
    return expression;
}

struct ast_expression *build_call_star(struct builder *build, struct ast_names *names, struct sql_token star) {
    struct ast_argument argument = {.expression = build_star(build, NULL, star)};
    return build_call(build, names, build_arguments(build, NULL, argument));
}

struct ast_expression *build_call_ordered(struct builder *build, struct ast_names *names, bool distinct,
                                          struct ast_arguments *arguments, struct ast_sort_items *order_by) {
    struct ast_expression *expression = build_call(build, names, arguments);
    expression->call.distinct = distinct;
    expression->call.order_by = LIST_OR_EMPTY(order_by);
    expression->depth = depth_max(expression->depth, build_depth(build, expression->position, DEPTH(order_by)));
    return expression;
}

struct ast_expression *build_call_nulls(struct ast_expression *expression, enum build_nulls nulls) {
    expression->call.ignore_nulls = nulls == BUILD_NULLS_IGNORE;
    expression->call.respect_nulls = nulls == BUILD_NULLS_RESPECT;
    return expression;
}

struct ast_expression *build_call_clauses(struct builder *build, struct ast_expression *expression,
                                          struct ast_sort_items *within_group, enum build_nulls nulls,
                                          struct ast_expression *filter, struct ast_window *over) {
    struct ast_call *call = &expression->call;
    call->within_group = LIST_OR_EMPTY(within_group);
    if (nulls != BUILD_NULLS_DEFAULT)
        build_call_nulls(expression, nulls);
    call->filter = filter;
    call->over = over;
    unsigned deepest = depth_max(DEPTH(within_group), depth_max(DEPTH(filter), DEPTH(over)));
    expression->depth = depth_max(expression->depth, build_depth(build, expression->position, deepest));
    expression->end = build->end;
    return expression;
}

struct ast_arguments *build_arguments(struct builder *build, struct ast_arguments *list, struct ast_argument argument) {
    BUILD_PUSH(build, list, argument.expression->depth, argument);
    return list;
}

struct ast_argument build_argument(const struct ast_name *name, struct ast_expression *expression) {
    struct ast_argument argument = {.expression = expression};
    if (name)
        argument.name = *name;
    return argument;
}

struct ast_expression *build_table_argument(struct builder *build, struct sql_token keyword, struct ast_names *names,
                                            struct ast_query *query, struct ast_expression *partition_by,
                                            struct ast_sort_items *order_by) {
    unsigned depth = depth_max(DEPTH(query), depth_max(DEPTH(partition_by), DEPTH(order_by)));
    struct ast_expression *expression = build_expression(build, AST_TABLE_ARGUMENT, keyword.position, depth);
    expression->table.name = LIST_OR_EMPTY(names);
    expression->table.query = query;
    if (partition_by) { /* PARTITION BY a or PARTITION BY (a, b): the latter arrives as a row */
        struct ast_expressions *keys = build_row_items(build, partition_by);
        expression->table.partition_by = LIST_OR_EMPTY(keys);
    }
    expression->table.order_by = LIST_OR_EMPTY(order_by);
    return expression;
}

struct ast_expression *build_descriptor(struct builder *build, struct sql_token keyword, struct ast_names *columns) {
    struct ast_expression *expression = build_expression(build, AST_DESCRIPTOR, keyword.position, 0);
    expression->names = *columns;
    return expression;
}

/* --- sorting and windows --- */

struct ast_sort_items *build_sort_items(struct builder *build, struct ast_sort_items *list, struct ast_sort_item item) {
    BUILD_PUSH(build, list, item.expression->depth, item);
    return list;
}

struct ast_sort_item build_sort_item(struct ast_expression *expression, int direction, enum ast_nulls_order nulls) {
    return (struct ast_sort_item){.expression = expression,
                                  .direction = direction == AST_DESCENDING ? AST_DESCENDING : AST_ASCENDING,
                                  .direction_given = direction >= 0,
                                  .nulls = nulls};
}

struct ast_window *build_window_reference(struct builder *build, struct ast_name name) {
    struct ast_window *window = ARENA_NEW(build->arena, struct ast_window);
    window->base = name;
    window->reference = true;
    window->position = name.position;
    window->end = name.end;
    return window;
}

struct ast_window *build_window(struct builder *build, struct sql_token open, const struct ast_name *base,
                                struct ast_expressions *partition_by, struct ast_sort_items *order_by,
                                struct build_frame frame) {
    struct ast_window *window = ARENA_NEW(build->arena, struct ast_window);
    if (base)
        window->base = *base;
    window->partition_by = LIST_OR_EMPTY(partition_by);
    window->order_by = LIST_OR_EMPTY(order_by);
    window->frame = frame.unit;
    window->frame_start = frame.start;
    window->frame_end = frame.end;
    window->position = open.position;
    window->end = build->end;
    window->depth = depth_max(depth_max(DEPTH(partition_by), DEPTH(order_by)),
                              depth_max(DEPTH(frame.start.offset), DEPTH(frame.end.offset)));
    return window;
}

struct build_frame build_no_frame(void) {
    return (struct build_frame){0};
}

/* What cannot be a frame: it would start after the last row, or end before the first or before its start. */
static void check_frame(struct builder *build, const struct build_frame *frame) {
    const struct ast_frame_bound *start = &frame->start, *end = &frame->end;
    if (start->kind == AST_BOUND_UNBOUNDED_FOLLOWING)
        BUILD_FAIL(build, start->position, STATUS_WINDOWING_ERROR, "a frame cannot start at UNBOUNDED FOLLOWING");
    else if (end->kind == AST_BOUND_UNBOUNDED_PRECEDING)
        BUILD_FAIL(build, end->position, STATUS_WINDOWING_ERROR, "a frame cannot end at UNBOUNDED PRECEDING");
    else if (start->kind > end->kind)
        BUILD_FAIL(build, start->position, STATUS_WINDOWING_ERROR, "the frame ends before it starts");
}

struct build_frame build_frame(struct builder *build, enum ast_frame_unit unit, struct ast_frame_bound start,
                               const struct ast_frame_bound *end) {
    struct build_frame frame = {.unit = unit, .start = start};
    frame.end = end ? *end : build_bound(AST_BOUND_CURRENT_ROW, start.position, NULL);
    check_frame(build, &frame);
    return frame;
}

struct ast_frame_bound build_bound(enum ast_frame_bound_kind kind, sql_position position,
                                   struct ast_expression *offset) {
    return (struct ast_frame_bound){.kind = kind, .offset = offset, .position = position};
}
