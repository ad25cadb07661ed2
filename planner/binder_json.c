/* binder_json.c: JSON functions with clauses. The grammar hands clauses over as named arguments after the others.
 *
 * They become calls of functions that take the clauses as letters (core/functions/kernels/json_text.c, json_build.c);
 * RETURNING becomes a cast of the result, JSON_OBJECTAGG and JSON_ARRAYAGG become LISTAGG of their pieces, in brackets.
 */
#include <string.h>

#include "core/base/arena.h"
#include "planner/binder.h"

struct clauses {
    const char *on_empty, *on_error, *on_null, *wrapper; /* NULL: not given */
    const struct ast_expression *default_on_empty, *default_on_error;
    const struct ast_type *returning;
    sql_position position; /* of the last */
};

/* Of arguments with names; *count is how many come before them. */
static void read_clauses(const struct ast_call *call, struct clauses *clauses, uint32_t *count) {
    *clauses = (struct clauses){0};
    *count = 0;
    for (unsigned i = 0; i < call->arguments.count; i++) {
        const struct ast_argument *argument = &call->arguments.items[i];
        const char *name = argument->name.text;
        const struct ast_expression *value = argument->expression;
        const char *word = value->kind == AST_LITERAL ? value->literal.text.data : NULL;
        if (!name) {
            ++*count;
            continue;
        }
        clauses->position = argument->name.position;
        if (strcmp(name, "on_empty") == 0)
            clauses->on_empty = word;
        else if (strcmp(name, "on_error") == 0)
            clauses->on_error = word;
        else if (strcmp(name, "on_null") == 0)
            clauses->on_null = word;
        else if (strcmp(name, "wrapper") == 0)
            clauses->wrapper = word;
        else if (strcmp(name, "default_on_empty") == 0)
            clauses->default_on_empty = value;
        else if (strcmp(name, "default_on_error") == 0)
            clauses->default_on_error = value;
        else
            clauses->returning = value->cast.type;
    }
}

static enum status refuse_clause(const struct expression_context *context, const struct ast_expression *ast,
                                 const struct clauses *clauses, const char *what) {
    FAIL_AT(context->binder->error, clauses->position ? clauses->position : ast->position, STATUS_SYNTAX_ERROR,
            "%s is no clause of %s", what, ast->call.function);
    return STATUS_SYNTAX_ERROR;
}

/* The letter of a behaviour, of those the function has. */
static enum status behaviour_letter(const struct expression_context *context, const struct ast_expression *ast,
                                    const struct clauses *clauses, const char *word, const char *letters,
                                    char *letter) {
    *letter = strcmp(word, "EMPTY ARRAY") == 0 ? 'A' : strcmp(word, "EMPTY OBJECT") == 0 ? 'O' : word[0];
    return strchr(letters, *letter) ? STATUS_OK : refuse_clause(context, ast, clauses, word);
}

static struct expression *letters_literal(const struct expression_context *context, const struct ast_expression *ast,
                                          const char *letters) {
    return expression_string(context->binder->arena, str_from(letters), ast->position);
}

static enum status call(const struct expression_context *context, const struct ast_expression *ast,
                        const char *function, struct expression **arguments, uint32_t count,
                        struct expression **expression) {
    struct binder *binder = context->binder;
    return expression_call(binder->arena, function, arguments, count, ast->position, expression, binder->error);
}

static enum status bind_first_two(const struct expression_context *context, const struct ast_call *call,
                                  struct expression **arguments) {
    for (unsigned i = 0; i < 2; i++)
        TRY(bind_expression(context, call->arguments.items[i].expression, &arguments[i]));
    return STATUS_OK;
}

/* ---- JSON_VALUE ---- */

/* The types of RETURNING that a scalar may be read as; 0 for another. */
static char returning_letter(const struct type *type) {
    switch (type->kind) {
    case TYPE_CHAR:
    case TYPE_VARCHAR: return 's';
    case TYPE_BOOLEAN: return 'b';
    case TYPE_INT: return 'i';
    case TYPE_BIGINT: return 'l';
    case TYPE_DOUBLE: return 'd';
    default: return 0;
    }
}

/* A value to take instead: of the type of the result, then as text, as the value itself is. */
static enum status bind_default(const struct expression_context *context, const struct ast_expression *ast,
                                const struct type *type, struct expression **expression) {
    struct binder *binder = context->binder;
    if (!ast) {
        *expression = expression_null(binder->arena, &type_string, 0);
        return STATUS_OK;
    }
    TRY(bind_expression(context, ast, expression));
    const struct type *nullable = type_with_nullable(binder->arena, type, true);
    TRY(expression_cast(binder->arena, *expression, nullable, CAST_EXPLICIT, ast->position, expression, binder->error));
    return expression_cast(binder->arena, *expression, &type_string, CAST_EXPLICIT, ast->position, expression,
                           binder->error);
}

static enum status bind_json_value(const struct expression_context *context, const struct ast_expression *ast,
                                   const struct clauses *clauses, struct expression **expression) {
    struct binder *binder = context->binder;
    const struct type *type = &type_string;
    char letters[] = "NNs";
    struct expression *arguments[5];
    if (clauses->wrapper)
        return refuse_clause(context, ast, clauses, "a wrapper");
    if (clauses->returning)
        TRY(bind_type(binder->arena, clauses->returning, &type, binder->error));
    type = type_with_nullable(binder->arena, type, true);
    if (!(letters[2] = returning_letter(type))) {
        FAIL_AT(binder->error, clauses->returning->position, STATUS_UNSUPPORTED, "JSON_VALUE cannot return %s",
                type_text(binder->arena, type));
        error_hint(binder->error,
                   "RETURNING takes STRING, BOOLEAN, INTEGER, BIGINT or DOUBLE; CAST makes others of them");
        return STATUS_UNSUPPORTED;
    }
    if (clauses->on_empty)
        TRY(behaviour_letter(context, ast, clauses, clauses->on_empty, "NE", &letters[0]));
    if (clauses->on_error)
        TRY(behaviour_letter(context, ast, clauses, clauses->on_error, "NE", &letters[1]));
    if (clauses->default_on_empty)
        letters[0] = 'D';
    if (clauses->default_on_error)
        letters[1] = 'D';
    TRY(bind_first_two(context, &ast->call, arguments));
    arguments[2] = letters_literal(context, ast, letters);
    TRY(bind_default(context, clauses->default_on_empty, type, &arguments[3]));
    TRY(bind_default(context, clauses->default_on_error, type, &arguments[4]));
    TRY(call(context, ast, "json value", arguments, 5, expression));
    return expression_cast(binder->arena, *expression, type, CAST_EXPLICIT, ast->position, expression, binder->error);
}

/* ---- JSON_QUERY, JSON_EXISTS ---- */

static enum status bind_json_query(const struct expression_context *context, const struct ast_expression *ast,
                                   const struct clauses *clauses, struct expression **expression) {
    struct binder *binder = context->binder;
    const struct type *type = &type_string;
    char letters[] = "NNW";
    struct expression *arguments[3];
    if (clauses->default_on_empty || clauses->default_on_error)
        return refuse_clause(context, ast, clauses, "DEFAULT");
    if (clauses->returning)
        TRY(bind_type(binder->arena, clauses->returning, &type, binder->error));
    bool array = type->kind == TYPE_ARRAY && type_is_string(type->element);
    if (!array && !type_is_string(type)) {
        FAIL_AT(binder->error, clauses->returning->position, STATUS_UNSUPPORTED, "JSON_QUERY cannot return %s",
                type_text(binder->arena, type));
        error_hint(binder->error, "RETURNING takes STRING or ARRAY<STRING>");
        return STATUS_UNSUPPORTED;
    }
    if (clauses->on_empty)
        TRY(behaviour_letter(context, ast, clauses, clauses->on_empty, "NEAO", &letters[0]));
    if (clauses->on_error)
        TRY(behaviour_letter(context, ast, clauses, clauses->on_error, "NEAO", &letters[1]));
    if (clauses->wrapper)
        letters[2] = clauses->wrapper[0]; /* WITHOUT, CONDITIONAL, UNCONDITIONAL */
    TRY(bind_first_two(context, &ast->call, arguments));
    arguments[2] = letters_literal(context, ast, letters);
    TRY(call(context, ast, "json query", arguments, 3, expression));
    return array ? call(context, ast, "json elements", expression, 1, expression) : STATUS_OK;
}

static enum status bind_json_exists(const struct expression_context *context, const struct ast_expression *ast,
                                    const struct clauses *clauses, struct expression **expression) {
    char letters[] = "F";
    struct expression *arguments[3];
    if (!clauses->on_error || clauses->on_empty || clauses->returning || clauses->wrapper ||
        clauses->default_on_empty || clauses->default_on_error)
        return refuse_clause(context, ast, clauses, "this");
    TRY(behaviour_letter(context, ast, clauses, clauses->on_error, "TFUE", &letters[0]));
    TRY(bind_first_two(context, &ast->call, arguments));
    arguments[2] = letters_literal(context, ast, letters);
    return call(context, ast, "json exists", arguments, 3, expression);
}

/* ---- JSON_OBJECT, JSON_ARRAY ---- */

/* A value that is written as JSON already: the call of one of these functions itself. */
static bool makes_json(const struct ast_expression *ast) {
    return ast->kind == AST_CALL &&
           (strcmp(ast->call.function, "json_object") == 0 || strcmp(ast->call.function, "json_array") == 0);
}

static enum status bind_key(const struct expression_context *context, const struct ast_expression *ast,
                            struct expression **expression) {
    struct binder *binder = context->binder;
    TRY(bind_expression(context, ast, expression));
    if (!type_is_string((*expression)->type))
        return FAIL_AT(binder->error, ast->position, STATUS_DATATYPE_MISMATCH, "a key of a JSON object is text, not %s",
                       type_text(binder->arena, (*expression)->type));
    return STATUS_OK;
}

static enum status bind_json_items(const struct expression_context *context, const struct ast_expression *ast,
                                   const struct clauses *clauses, uint32_t count, struct expression **expression) {
    struct arena *arena = context->binder->arena;
    bool object = strcmp(ast->call.function, "json_object") == 0;
    char *letters = arena_alloc(arena, count + 2);
    struct expression **arguments = ARENA_ARRAY(arena, struct expression *, count + 1);
    uint32_t letter = 0;
    letters[letter++] = clauses->on_null ? clauses->on_null[0] : object ? 'N' : 'A';
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_expression *item = ast->call.arguments.items[i].expression;
        if (object && i % 2 == 0) {
            TRY(bind_key(context, item, &arguments[i + 1]));
            continue;
        }
        TRY(bind_expression(context, item, &arguments[i + 1]));
        letters[letter++] = makes_json(item) ? 'j' : 'v';
    }
    letters[letter] = '\0';
    arguments[0] = letters_literal(context, ast, letters);
    return call(context, ast, object ? "json object" : "json array", arguments, count + 1, expression);
}

/* ---- JSON_OBJECTAGG, JSON_ARRAYAGG ---- */

bool is_json_aggregate(const struct ast_call *call) {
    return strcmp(call->function, "json_objectagg") == 0 || strcmp(call->function, "json_arrayagg") == 0;
}

static struct ast_expression *literal(struct arena *arena, const struct ast_expression *ast, const char *text) {
    struct ast_expression *expression = ARENA_NEW(arena, struct ast_expression);
    expression->kind = AST_LITERAL;
    expression->position = ast->position;
    expression->end = ast->end;
    expression->literal.kind = AST_LITERAL_STRING;
    expression->literal.text = str_from(text);
    return expression;
}

static struct ast_expression *call_of(struct arena *arena, const struct ast_expression *like, const char *function,
                                      struct ast_expression *const *arguments, unsigned count) {
    struct ast_expression *expression = ARENA_NEW(arena, struct ast_expression);
    *expression = *like;
    struct ast_call *made = &expression->call;
    *made = (struct ast_call){.function = function, .syntax = like->call.syntax};
    made->arguments.items = ARENA_ARRAY(arena, struct ast_argument, count);
    made->arguments.count = count;
    for (unsigned i = 0; i < count; i++)
        made->arguments.items[i] = (struct ast_argument){.expression = arguments[i]};
    return expression;
}

/* LISTAGG(piece) with the call's DISTINCT and FILTER. */
static struct ast_expression *list_of_pieces(struct arena *arena, const struct ast_expression *ast, bool object,
                                             const struct clauses *clauses) {
    const struct ast_arguments *given = &ast->call.arguments;
    const struct ast_expression *value = given->items[object ? 1 : 0].expression;
    char letters[] = "Nv";
    letters[0] = clauses->on_null ? clauses->on_null[0] : object ? 'N' : 'A';
    letters[1] = makes_json(value) ? 'j' : 'v';
    struct ast_expression *parts[] = {literal(arena, ast, arena_strdup(arena, letters)), given->items[0].expression,
                                      object ? given->items[1].expression : NULL};
    struct ast_expression *piece = call_of(arena, ast, object ? "json member" : "json element", parts, object ? 3 : 2);
    struct ast_expression *list = call_of(arena, ast, "listagg", &piece, 1);
    list->call.distinct = ast->call.distinct;
    list->call.filter = ast->call.filter;
    list->call.order_by = ast->call.order_by;
    list->call.within_group = ast->call.within_group;
    return list;
}

static enum status bind_json_aggregate(const struct expression_context *context, const struct ast_expression *ast,
                                       const struct clauses *clauses, uint32_t count, struct expression **expression) {
    struct binder *binder = context->binder;
    bool object = strcmp(ast->call.function, "json_objectagg") == 0;
    if (count != (object ? 2 : 1))
        return FAIL_AT(binder->error, ast->position, STATUS_DATATYPE_MISMATCH, "%s takes %s", ast->call.function,
                       object ? "one key and its value" : "one value");
    struct expression *list, *empty = expression_string(binder->arena, STR(""), ast->position);
    TRY(bind_expression(context, list_of_pieces(binder->arena, ast, object, clauses), &list));
    struct expression *or_empty[] = {list, empty};
    TRY(call(context, ast, "coalesce", or_empty, 2, &list));
    if (object)
        return call(context, ast, "json members", &list, 1, expression);
    struct expression *in_brackets[] = {expression_string(binder->arena, STR("["), ast->position), list,
                                        expression_string(binder->arena, STR("]"), ast->position)};
    return call(context, ast, "||", in_brackets, 3, expression);
}

/* ---- which ---- */

bool is_json_call(const struct ast_call *call) {
    bool has_clauses = call->arguments.count && call->arguments.items[call->arguments.count - 1].name.text;
    if (strcmp(call->function, "json_value") == 0 || strcmp(call->function, "json_query") == 0 ||
        strcmp(call->function, "json_exists") == 0)
        return has_clauses;
    return strcmp(call->function, "json_object") == 0 || strcmp(call->function, "json_array") == 0 ||
           is_json_aggregate(call);
}

enum status bind_json_call(const struct expression_context *context, const struct ast_expression *ast,
                           struct expression **expression) {
    const char *function = ast->call.function;
    struct clauses clauses;
    uint32_t count;
    read_clauses(&ast->call, &clauses, &count);
    if (strcmp(function, "json_value") == 0)
        return bind_json_value(context, ast, &clauses, expression);
    if (strcmp(function, "json_query") == 0)
        return bind_json_query(context, ast, &clauses, expression);
    if (strcmp(function, "json_exists") == 0)
        return bind_json_exists(context, ast, &clauses, expression);
    if (is_json_aggregate(&ast->call))
        return bind_json_aggregate(context, ast, &clauses, count, expression);
    return bind_json_items(context, ast, &clauses, count, expression);
}
