/* build_json.c: JSON functions. */
#include "grammar/build_json.h"

#include "grammar/build_call.h"
#include "grammar/build_expression.h"
#include "grammar/sql.h"

static struct ast_argument named(const char *name, struct sql_token token, struct ast_expression *value) {
    struct ast_name written = {.text = name, .position = token.position, .end = token_end(token)};
    return build_argument(&written, value);
}

struct ast_argument build_json_word(struct builder *build, const char *name, const char *word, struct sql_token token) {
    struct ast_expression *value = build_expression(build, AST_LITERAL, token.position, 0);
    value->literal.kind = AST_LITERAL_STRING;
    value->literal.text = str_from(word);
    return named(name, token, value);
}

struct ast_argument build_json_behaviour(struct builder *build, const char *behaviour, struct sql_token when) {
    return build_json_word(build, when.kind == TOKEN_EMPTY ? "on_empty" : "on_error", behaviour, when);
}

struct ast_argument build_json_default(struct builder *build, struct ast_expression *value, struct sql_token when) {
    (void)build;
    return named(when.kind == TOKEN_EMPTY ? "default_on_empty" : "default_on_error", when, value);
}

/* The type travels as a NULL of it. */
struct ast_argument build_json_returning(struct builder *build, struct sql_token keyword, struct ast_type *type) {
    struct ast_expression *null = build_expression(build, AST_LITERAL, keyword.position, 0);
    return named("returning", keyword, build_cast(build, keyword.position, null, type, false));
}

static struct ast_expression *json_call(struct builder *build, struct sql_token keyword,
                                        struct ast_arguments *arguments) {
    return build_call(build, build_names(build, NULL, build_name(build, keyword)), arguments);
}

/* Each clause may stand once, and DEFAULT x ON EMPTY excludes NULL ON EMPTY. */
static void check_clauses(struct builder *build, const struct ast_arguments *clauses) {
    for (unsigned i = 0; clauses && i < clauses->count; i++)
        for (unsigned k = 0; k < i; k++) {
            const char *a = clauses->items[i].name.text, *b = clauses->items[k].name.text;
            if (strcmp(a + (strncmp(a, "default_", 8) == 0 ? 8 : 0), b + (strncmp(b, "default_", 8) == 0 ? 8 : 0)) == 0)
                BUILD_FAIL(build, clauses->items[i].name.position, STATUS_SYNTAX_ERROR, "this clause is written twice");
        }
}

struct ast_expression *build_json_path(struct builder *build, struct sql_token keyword, struct ast_expression *document,
                                       struct ast_expression *path, struct ast_arguments *clauses) {
    struct ast_arguments *arguments = build_arguments(build, NULL, build_argument(NULL, document));
    arguments = build_arguments(build, arguments, build_argument(NULL, path));
    check_clauses(build, clauses);
    for (unsigned i = 0; clauses && i < clauses->count; i++)
        arguments = build_arguments(build, arguments, clauses->items[i]);
    return json_call(build, keyword, arguments);
}

struct ast_expression *build_json(struct builder *build, struct sql_token keyword, struct ast_arguments *items,
                                  const char *on_null) {
    if (items == NULL && (keyword.kind == TOKEN_JSON_OBJECTAGG || keyword.kind == TOKEN_JSON_ARRAYAGG))
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "%s needs something to aggregate",
                   build_upper(build, token_text(keyword)));
    if (on_null)
        items = build_arguments(build, items, build_json_word(build, "on_null", on_null, keyword));
    return json_call(build, keyword, items);
}

struct ast_arguments *build_json_items(struct builder *build, struct ast_expressions *list) {
    struct ast_arguments *arguments = NULL;
    for (unsigned i = 0; i < list->count; i++)
        arguments = build_arguments(build, arguments, build_argument(NULL, list->items[i]));
    return arguments;
}

struct ast_arguments *build_json_pair(struct builder *build, struct ast_arguments *list, struct ast_expression *key,
                                      struct ast_expression *value) {
    list = build_arguments(build, list, build_argument(NULL, key));
    return build_arguments(build, list, build_argument(NULL, value));
}
