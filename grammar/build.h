/* build.h: what the grammar's actions share: the builder, names, lists, errors, depth.
 *
 * A builder function makes one node from its parts and always returns one, also after a failure, so that an action
 * never has to look. The first failure is kept in the builder; the parser stops before the next token.
 * A node ends where the last token that was read ends (builder.end): a rule is reduced right after its last token.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/str.h"
#include "grammar/ast.h"

struct sql_token {
    int kind;         /* TOKEN_... of the generated sql.h; 0 = end of text */
    uint32_t size;    /* bytes */
    const char *data; /* borrows the SQL text */
    sql_position position;
    bool soft; /* a keyword that may also be a name */
};

struct builder {
    struct arena *arena;
    struct str text;     /* the whole SQL text: positions count from its start */
    struct error *error; /* may be NULL */
    enum status status;  /* of the first failure */
    sql_position end;    /* where the last token read ends */
    bool refused;        /* the grammar does not take `refused_token` here; its error is still to be told */
    struct sql_token refused_token;
    struct ast_statement *statement; /* the result */
};

/* Keeps the first failure. */
#define BUILD_FAIL(build, position, code, ...)                                          \
    do {                                                                                \
        if ((build)->status == STATUS_OK)                                               \
            (build)->status = FAIL_AT((build)->error, (position), (code), __VA_ARGS__); \
    } while (0)

void build_refuse(struct builder *build, struct sql_token token);
void build_too_deep(struct builder *build, sql_position position);
void build_finish(struct builder *build, struct ast_statement *statement);

/* `child` + 1, or a failure at `position` beyond SQL_NESTING_LIMIT. */
unsigned build_depth(struct builder *build, sql_position position, unsigned child);

static inline unsigned depth_max(unsigned a, unsigned b) {
    return a > b ? a : b;
}
/* Depth of a node or list that may be NULL. */
#define DEPTH(node) ((node) ? (node)->depth : 0)

/* Adds to a list, making it when it is NULL. The list lives in the arena. */
#define BUILD_PUSH(build, list, item_depth, ...)                                                                     \
    do {                                                                                                             \
        if (!(list))                                                                                                 \
            (list) = ARENA_NEW((build)->arena, __typeof__(*(list)));                                                 \
        (list)->items = build_grow((build), (list)->items, (list)->count, &(list)->capacity, sizeof *(list)->items); \
        (list)->items[(list)->count++] = (__VA_ARGS__);                                                              \
        (list)->depth = depth_max((list)->depth, (item_depth));                                                      \
    } while (0)
void *build_grow(struct builder *build, void *items, unsigned count, unsigned *capacity, size_t item_size);

/* The value of a list that may be NULL. */
#define LIST_OR_EMPTY(list) ((list) ? *(list) : (__typeof__(*(list))){0})

static inline sql_position token_end(struct sql_token token) {
    return token.position + token.size;
}
static inline struct str token_text(struct sql_token token) {
    return (struct str){token.data, token.size};
}

/* An identifier without its quotes. */
struct ast_name build_name(struct builder *build, struct sql_token token);
struct ast_name build_no_name(void);
struct ast_names *build_names(struct builder *build, struct ast_names *list, struct ast_name name);
struct ast_names *build_no_names(struct builder *build);
/* A keyword's or a name's text in lower or upper case, in the arena. */
const char *build_lower(struct builder *build, struct str text);
const char *build_upper(struct builder *build, struct str text);
