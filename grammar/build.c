/* build.c: names, lists, failures and depth for the builders. */
#include "grammar/build.h"

#include <ctype.h>

void build_refuse(struct builder *build, struct sql_token token) {
    if (build->status != STATUS_OK)
        return;
    build->status = STATUS_SYNTAX_ERROR;
    build->refused = true;
    build->refused_token = token;
}

void build_too_deep(struct builder *build, sql_position position) {
    if (build->status != STATUS_OK)
        return;
    BUILD_FAIL(build, position, STATUS_TOO_COMPLEX, "statement is nested more than %u levels deep", SQL_NESTING_LIMIT);
    error_hint(build->error, "split it with WITH or with views");
}

void build_finish(struct builder *build, struct ast_statement *statement) {
    build->statement = statement;
}

unsigned build_depth(struct builder *build, sql_position position, unsigned child) {
    if (child >= SQL_NESTING_LIMIT)
        build_too_deep(build, position);
    return child + 1;
}

void *build_grow(struct builder *build, void *items, unsigned count, unsigned *capacity, size_t item_size) {
    if (count < *capacity)
        return items;
    unsigned more = *capacity ? *capacity * 2 : 2;
    ASSERT(more > count);
    void *grown = arena_array_alloc(build->arena, more, item_size);
    if (count)
        memcpy(grown, items, count * item_size);
    *capacity = more;
    return grown;
}

/* The text between the quotes, with doubled quotes made one. */
static const char *unquoted(struct builder *build, struct sql_token token) {
    char quote = token.data[0];
    char *name = arena_alloc(build->arena, token.size);
    size_t size = 0;
    for (size_t i = 1; i + 1 < token.size; i++) {
        name[size++] = token.data[i];
        if (token.data[i] == quote)
            i++;
    }
    name[size] = '\0';
    return name;
}

struct ast_name build_name(struct builder *build, struct sql_token token) {
    struct ast_name name = {.position = token.position, .end = token_end(token)};
    name.quoted = token.size && (token.data[0] == '`' || token.data[0] == '"');
    name.text = name.quoted ? unquoted(build, token) : arena_strndup(build->arena, token.data, token.size);
    if (name.text[0] == '\0')
        BUILD_FAIL(build, token.position, STATUS_SYNTAX_ERROR, "a name cannot be empty");
    return name;
}

struct ast_name build_no_name(void) {
    return (struct ast_name){0};
}

struct ast_names *build_names(struct builder *build, struct ast_names *list, struct ast_name name) {
    BUILD_PUSH(build, list, 0, name);
    return list;
}

struct ast_names *build_no_names(struct builder *build) {
    return ARENA_NEW(build->arena, struct ast_names);
}

const char *build_lower(struct builder *build, struct str text) {
    char *lower = arena_strndup(build->arena, text.data, text.size);
    for (char *p = lower; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return lower;
}

const char *build_upper(struct builder *build, struct str text) {
    char *upper = arena_strndup(build->arena, text.data, text.size);
    for (char *p = upper; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return upper;
}
