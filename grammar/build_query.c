/* build_query.c: queries and their clauses. */
#include "grammar/build_query.h"

#include "grammar/build_expression.h"
#include "grammar/build_literal.h"
#include "grammar/sql.h"

/* --- SELECT --- */

struct build_quantifier build_select_distinct(bool distinct, struct ast_expressions *on) {
    return (struct build_quantifier){.distinct = distinct, .on = on};
}

struct build_group build_no_group(void) {
    return (struct build_group){0};
}

struct build_group build_group(bool distinct, struct ast_group_items *items) {
    return (struct build_group){.grouped = true, .distinct = distinct, .items = items};
}

struct ast_select *build_select(struct builder *build, struct sql_token keyword, struct ast_hints *hints,
                                struct build_quantifier quantifier, struct ast_select_items *items) {
    struct ast_select *select = ARENA_NEW(build->arena, struct ast_select);
    select->position = keyword.position;
    select->hints = LIST_OR_EMPTY(hints);
    select->distinct = quantifier.distinct;
    select->distinct_on = LIST_OR_EMPTY(quantifier.on);
    select->items = *items;
    select->depth = depth_max(items->depth, DEPTH(quantifier.on));
    return select;
}

struct ast_select *build_select_clauses(struct builder *build, struct ast_select *select, struct ast_relation *from,
                                        struct ast_expression *where, struct build_group group,
                                        struct ast_expression *having, struct ast_named_windows *windows,
                                        struct ast_expression *qualify) {
    select->from = from;
    select->where = where;
    select->grouped = group.grouped;
    select->group_distinct = group.distinct;
    select->group_by = LIST_OR_EMPTY(group.items);
    select->having = having;
    select->windows = LIST_OR_EMPTY(windows);
    select->qualify = qualify;
    select->end = build->end;
    const unsigned depths[] = {DEPTH(from),   DEPTH(where),   DEPTH(group.items),
                               DEPTH(having), DEPTH(windows), DEPTH(qualify)};
    for (size_t i = 0; i < COUNT_OF(depths); i++)
        select->depth = depth_max(select->depth, depths[i]);
    return select;
}

struct ast_select_items *build_select_items(struct builder *build, struct ast_select_items *list,
                                            struct ast_select_item item) {
    BUILD_PUSH(build, list, item.expression->depth, item);
    return list;
}

struct ast_select_item build_select_item(struct builder *build, struct ast_expression *expression,
                                         const struct ast_name *alias) {
    struct ast_select_item item = {.expression = expression};
    if (alias)
        item.alias = *alias;
    item.text = ast_text(build->text, expression->position, expression->end);
    return item;
}

struct ast_group_items *build_group_items(struct builder *build, struct ast_group_items *list,
                                          struct ast_group_item *item) {
    BUILD_PUSH(build, list, item->depth, item);
    return list;
}

static struct ast_group_item *group_item_new(struct builder *build, enum ast_group_kind kind, sql_position position,
                                             unsigned child) {
    struct ast_group_item *item = ARENA_NEW(build->arena, struct ast_group_item);
    item->kind = kind;
    item->position = position;
    item->end = build->end;
    item->depth = build_depth(build, position, child);
    return item;
}

/* (a, b) arrives as a row and is a list of two keys. */
struct ast_group_item *build_group_expression(struct builder *build, struct ast_expression *expression) {
    struct ast_group_item *item = group_item_new(build, AST_GROUP_EXPRESSION, expression->position, expression->depth);
    item->expression = expression;
    if (expression->kind != AST_CALL || expression->call.syntax != AST_SYNTAX_OPERATOR ||
        strcmp(expression->call.function, "row") != 0)
        return item;
    struct ast_expressions *parts = build_row_items(build, expression);
    struct ast_group_items *items = NULL;
    for (unsigned i = 0; i < parts->count; i++) {
        struct ast_group_item *part =
            group_item_new(build, AST_GROUP_EXPRESSION, parts->items[i]->position, parts->items[i]->depth);
        part->end = parts->items[i]->end;
        part->expression = parts->items[i];
        items = build_group_items(build, items, part);
    }
    item->kind = AST_GROUP_LIST;
    item->expression = NULL;
    item->items = LIST_OR_EMPTY(items);
    return item;
}

struct ast_group_item *build_group_of(struct builder *build, struct sql_token keyword, enum ast_group_kind kind,
                                      struct ast_group_items *items) {
    struct ast_group_item *item = group_item_new(build, kind, keyword.position, DEPTH(items));
    item->items = LIST_OR_EMPTY(items);
    for (unsigned i = 0; kind != AST_GROUP_SETS && i < item->items.count; i++)
        if (item->items.items[i]->kind > AST_GROUP_LIST)
            BUILD_FAIL(build, item->items.items[i]->position, STATUS_SYNTAX_ERROR,
                       "%.*s takes expressions and lists of expressions", (int)keyword.size, keyword.data);
    return item;
}

struct ast_named_windows *build_named_windows(struct builder *build, struct ast_named_windows *list,
                                              struct ast_name name, struct ast_window *window) {
    BUILD_PUSH(build, list, window->depth, (struct ast_named_window){.name = name, .window = window});
    return list;
}

/* --- bodies --- */

static struct ast_query_body *body_new(struct builder *build, enum ast_query_body_kind kind, sql_position position,
                                       unsigned depth) {
    struct ast_query_body *body = ARENA_NEW(build->arena, struct ast_query_body);
    body->kind = kind;
    body->position = position;
    body->end = build->end;
    body->depth = depth;
    return body;
}

struct ast_query_body *build_body_select(struct builder *build, struct ast_select *select) {
    struct ast_query_body *body = body_new(build, AST_BODY_SELECT, select->position, select->depth);
    body->select = select;
    return body;
}

struct ast_query_body *build_body_values(struct builder *build, struct sql_token keyword,
                                         struct ast_expressions *rows) {
    struct ast_query_body *body = body_new(build, AST_BODY_VALUES, keyword.position, rows->depth);
    struct ast_value_rows *values = NULL;
    for (unsigned i = 0; i < rows->count; i++) {
        struct ast_expressions *row = build_row_items(build, rows->items[i]);
        if (row == NULL)
            BUILD_FAIL(build, rows->items[i]->position, STATUS_SYNTAX_ERROR, "a row of VALUES cannot be empty");
        else if (values && row->count != values->items[0].count)
            BUILD_FAIL(build, rows->items[i]->position, STATUS_SYNTAX_ERROR,
                       "all rows of VALUES must have the same number of columns: this one has %u, the first %u",
                       row->count, values->items[0].count);
        BUILD_PUSH(build, values, rows->items[i]->depth, LIST_OR_EMPTY(row));
    }
    body->values = LIST_OR_EMPTY(values);
    return body;
}

struct ast_query_body *build_body_table(struct builder *build, struct sql_token keyword, struct ast_names *name) {
    struct ast_query_body *body = body_new(build, AST_BODY_TABLE, keyword.position, 0);
    body->table = *name;
    return body;
}

struct ast_query_body *build_body_set(struct builder *build, struct sql_token operator, bool all,
                                      struct ast_query_body *left, struct ast_query_body *right) {
    unsigned depth = build_depth(build, operator.position, depth_max(left->depth, right->depth));
    struct ast_query_body *body = body_new(build, AST_BODY_SET_OPERATION, left->position, depth);
    body->set.operator= operator.kind == TOKEN_UNION ? AST_UNION :
    operator.kind == TOKEN_INTERSECT                 ? AST_INTERSECT
                                                     : AST_EXCEPT;
    body->set.all = all;
    body->set.left = left;
    body->set.right = right;
    body->set.position = operator.position;
    return body;
}

/* Parentheses that change nothing do not become a node. */
struct ast_query_body *build_body_query(struct builder *build, struct ast_query *query) {
    struct ast_query_body *body = body_new(build, AST_BODY_QUERY, query->position, query->depth);
    body->end = query->end;
    body->query = query;
    if (query->ctes.count || query->order_by.count || query->limit || query->offset || query->emit.kind)
        return body;
    query->body->position = query->position;
    query->body->end = query->end;
    return query->body;
}

/* --- queries --- */

struct ast_query *build_query(struct builder *build, const struct build_with *with, struct ast_query_body *body,
                              const struct build_tail *tail) {
    struct ast_query *query = ARENA_NEW(build->arena, struct ast_query);
    query->position = with ? with->position : body->position;
    query->end = build->end;
    query->body = body;
    query->depth = body->depth;
    if (with) {
        query->recursive = with->recursive;
        query->ctes = *with->ctes;
        query->depth = depth_max(query->depth, with->ctes->depth);
    }
    if (tail) {
        query->order_by = LIST_OR_EMPTY(tail->order_by);
        query->limit = tail->limit;
        query->offset = tail->offset;
        query->emit = tail->emit;
        query->depth = depth_max(query->depth,
                                 depth_max(DEPTH(tail->order_by), depth_max(DEPTH(tail->limit), DEPTH(tail->offset))));
    }
    return query;
}

struct ast_query *build_query_in_parens(struct builder *build, struct sql_token open, struct ast_query *query) {
    query->position = open.position;
    query->end = build->end;
    return query;
}

struct build_with build_with(struct sql_token keyword, bool recursive, struct ast_ctes *ctes) {
    return (struct build_with){.position = keyword.position, .recursive = recursive, .ctes = ctes};
}

struct ast_ctes *build_ctes(struct builder *build, struct ast_ctes *list, struct ast_cte cte) {
    BUILD_PUSH(build, list, build_depth(build, cte.name.position, cte.query->depth), cte);
    return list;
}

struct ast_cte build_cte(struct ast_name name, struct ast_names *columns, struct ast_query *query) {
    return (struct ast_cte){.name = name, .columns = *columns, .query = query};
}

struct build_tail build_paging(struct ast_expression *limit, struct ast_expression *offset) {
    return (struct build_tail){.limit = limit, .offset = offset};
}

struct build_tail build_tail(struct ast_sort_items *order_by, struct build_tail paging, struct ast_emit emit) {
    paging.order_by = order_by;
    paging.emit = emit;
    return paging;
}

struct ast_emit build_no_emit(void) {
    return (struct ast_emit){0};
}

struct ast_emit build_emit(struct builder *build, struct sql_token keyword, enum ast_emit_kind kind,
                           struct ast_expression *every) {
    if (every &&
        (every->kind != AST_LITERAL || every->literal.kind != AST_LITERAL_INTERVAL ||
         every->literal.interval.year_month || every->literal.interval.microseconds <= 0) &&
        build->status == STATUS_OK) {
        BUILD_FAIL(build, every->position, STATUS_SYNTAX_ERROR, "EMIT EVERY takes a duration");
        error_hint(build->error, "write EMIT EVERY 1s or EMIT EVERY INTERVAL '1' SECOND");
    }
    return (struct ast_emit){.kind = kind, .every = every, .position = keyword.position, .end = build->end};
}

/* --- hints --- */

struct ast_hints *build_hints(struct builder *build, struct ast_hints *list, struct ast_hint *hint) {
    BUILD_PUSH(build, list, 0, *hint);
    return list;
}

struct ast_hint *build_hint(struct builder *build, struct ast_name name, struct ast_hint *arguments) {
    struct ast_hint *hint = arguments ? arguments : ARENA_NEW(build->arena, struct ast_hint);
    hint->name = name;
    hint->position = name.position;
    hint->end = build->end;
    return hint;
}

static struct ast_hint *hint_option(struct builder *build, struct ast_hint *hint, struct ast_option option) {
    if (hint == NULL)
        hint = ARENA_NEW(build->arena, struct ast_hint);
    struct ast_options *options = &hint->options;
    BUILD_PUSH(build, options, 0, option);
    return hint;
}

struct ast_hint *build_hint_option(struct builder *build, struct ast_hint *hint, struct sql_token key,
                                   struct sql_token value) {
    return hint_option(build, hint,
                       (struct ast_option){.key = build_string(build, key),
                                           .value = build_string(build, value),
                                           .position = key.position,
                                           .value_position = value.position,
                                           .end = token_end(value)});
}

struct ast_hint *build_hint_named_option(struct builder *build, struct ast_hint *hint, struct ast_name key,
                                         struct sql_token value) {
    return hint_option(build, hint,
                       (struct ast_option){.key = str_from(key.text),
                                           .value = build_string(build, value),
                                           .position = key.position,
                                           .value_position = value.position,
                                           .end = token_end(value)});
}

static struct ast_hint *hint_argument(struct builder *build, struct ast_hint *hint, struct ast_name argument) {
    if (hint == NULL)
        hint = ARENA_NEW(build->arena, struct ast_hint);
    struct ast_names *arguments = &hint->arguments;
    BUILD_PUSH(build, arguments, 0, argument);
    return hint;
}

struct ast_hint *build_hint_text(struct builder *build, struct ast_hint *hint, struct sql_token token) {
    struct str text = token.kind == TOKEN_STRING ? build_string(build, token) : token_text(token);
    return hint_argument(build, hint,
                         (struct ast_name){.text = str_copy(build->arena, text),
                                           .quoted = token.kind == TOKEN_STRING,
                                           .position = token.position,
                                           .end = token_end(token)});
}

struct ast_hint *build_hint_names(struct builder *build, struct ast_hint *hint, struct ast_names *names) {
    struct ast_name name = names->items[0];
    name.end = names->items[names->count - 1].end;
    if (names->count > 1)
        name.text = ast_names_text(build->arena, names);
    return hint_argument(build, hint, name);
}
