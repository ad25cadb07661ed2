/* build_type.c: data types by their names. */
#include "grammar/build_type.h"

/* How many numbers may follow in parentheses. */
#define TYPE_NAMES(TYPE)                    \
    TYPE("BOOLEAN", BOOLEAN, 0)             \
    TYPE("BOOL", BOOLEAN, 0)                \
    TYPE("TINYINT", TINYINT, 0)             \
    TYPE("SMALLINT", SMALLINT, 0)           \
    TYPE("INT", INT, 0)                     \
    TYPE("INTEGER", INT, 0)                 \
    TYPE("INT2", SMALLINT, 0)               \
    TYPE("INT4", INT, 0)                    \
    TYPE("INT8", BIGINT, 0)                 \
    TYPE("BIGINT", BIGINT, 0)               \
    TYPE("FLOAT", FLOAT, 0)                 \
    TYPE("REAL", FLOAT, 0)                  \
    TYPE("FLOAT4", FLOAT, 0)                \
    TYPE("FLOAT8", DOUBLE, 0)               \
    TYPE("DOUBLE", DOUBLE, 0)               \
    TYPE("DECIMAL", DECIMAL, 2)             \
    TYPE("DEC", DECIMAL, 2)                 \
    TYPE("NUMERIC", DECIMAL, 2)             \
    TYPE("CHAR", CHAR, 1)                   \
    TYPE("CHARACTER", CHAR, 1)              \
    TYPE("VARCHAR", VARCHAR, 1)             \
    TYPE("STRING", STRING, 0)               \
    TYPE("TEXT", STRING, 0)                 \
    TYPE("BINARY", BINARY, 1)               \
    TYPE("VARBINARY", VARBINARY, 1)         \
    TYPE("BYTES", BYTES, 0)                 \
    TYPE("BYTEA", BYTES, 0)                 \
    TYPE("DATE", DATE, 0)                   \
    TYPE("TIME", TIME, 1)                   \
    TYPE("TIMESTAMP", TIMESTAMP, 1)         \
    TYPE("TIMESTAMP_LTZ", TIMESTAMP_LTZ, 1) \
    TYPE("TIMESTAMPTZ", TIMESTAMP_LTZ, 1)   \
    TYPE("INTERVAL", INTERVAL, 0)           \
    TYPE("RAW", RAW, 0)                     \
    TYPE("ROW", ROW, 0)                     \
    TYPE("ARRAY", ARRAY, 0)                 \
    TYPE("MAP", MAP, 0)                     \
    TYPE("MULTISET", MULTISET, 0)

#define TYPE(name, kind, numbers) name,
const char *const type_names[] = {TYPE_NAMES(TYPE)};
#undef TYPE
const size_t type_name_count = COUNT_OF(type_names);

static const struct {
    enum ast_type_kind kind;
    int numbers;
} types[] = {
#define TYPE(name, kind, numbers) {AST_TYPE_##kind, numbers},
    TYPE_NAMES(TYPE)
#undef TYPE
};

static struct ast_type *type_new(struct builder *build, enum ast_type_kind kind, sql_position position,
                                 unsigned child) {
    struct ast_type *type = ARENA_NEW(build->arena, struct ast_type);
    type->kind = kind;
    type->position = position;
    type->end = build->end;
    type->depth = build_depth(build, position, child);
    type->precision = type->scale = -1;
    return type;
}

/* The words after the name change the kind: DOUBLE PRECISION, TIMESTAMP WITH TIME ZONE. */
static enum ast_type_kind with_suffix(struct builder *build, struct ast_names *names, enum ast_type_kind kind,
                                      enum build_zone zone) {
    bool timestamp = kind == AST_TYPE_TIMESTAMP;
    switch (zone) {
    case BUILD_ZONE_NONE: return kind;
    case BUILD_ZONE_WITHOUT:
        if (timestamp || kind == AST_TYPE_TIME)
            return kind;
        break;
    case BUILD_ZONE_WITH:
        if (timestamp)
            return AST_TYPE_TIMESTAMP_TZ;
        break;
    case BUILD_ZONE_LOCAL:
        if (timestamp)
            return AST_TYPE_TIMESTAMP_LTZ;
        break;
    case BUILD_ZONE_PRECISION:
        if (kind == AST_TYPE_DOUBLE)
            return kind;
        break;
    case BUILD_ZONE_VARYING:
        if (kind == AST_TYPE_CHAR)
            return AST_TYPE_VARCHAR;
        break;
    }
    BUILD_FAIL(build, names->items[0].position, STATUS_SYNTAX_ERROR, "there is no such kind of type %s",
               names->items[0].text);
    return kind;
}

struct ast_type *build_type_named(struct builder *build, struct ast_names *names, const struct sql_token *first,
                                  const struct sql_token *second, enum build_zone zone) {
    const struct ast_name *name = &names->items[0];
    struct ast_type *type = type_new(build, AST_TYPE_NAMED, name->position, 0);
    type->name = *names;
    if (first)
        type->precision = build_precision(build, *first);
    if (second)
        type->scale = build_precision(build, *second);
    int numbers = 2;
    for (size_t i = 0; names->count == 1 && !name->quoted && i < type_name_count; i++)
        if (text_equal_ignore_case(name->text, type_names[i])) {
            type->kind = types[i].kind;
            numbers = types[i].numbers;
            break;
        }
    if ((type->kind >= AST_TYPE_ARRAY && type->kind <= AST_TYPE_ROW))
        BUILD_FAIL(build, name->position, STATUS_SYNTAX_ERROR, "type %s needs its element types: %s", name->text,
                   type->kind == AST_TYPE_MAP   ? "MAP<STRING, INT>"
                   : type->kind == AST_TYPE_ROW ? "ROW<a INT, b STRING>"
                                                : "ARRAY<INT>");
    if ((first != NULL) + (second != NULL) > numbers)
        BUILD_FAIL(build, (numbers ? second : first)->position, STATUS_SYNTAX_ERROR, "type %s takes %s", name->text,
                   numbers == 0 ? "no length or precision" : "one number only");
    type->kind = with_suffix(build, names, type->kind, zone);
    return type;
}

struct ast_type *build_type_raw(struct builder *build, struct ast_names *names, struct sql_token class,
                                struct sql_token serializer) {
    struct ast_type *type = type_new(build, AST_TYPE_RAW, names->items[0].position, 0);
    if (names->count != 1 || !text_equal_ignore_case(names->items[0].text, "RAW"))
        BUILD_FAIL(build, names->items[0].position, STATUS_SYNTAX_ERROR, "only type RAW takes strings");
    type->raw_class = build_string(build, class);
    type->raw_serializer = build_string(build, serializer);
    return type;
}

struct ast_type *build_type_row(struct builder *build, struct sql_token keyword, struct ast_fields *fields) {
    struct ast_type *type = type_new(build, AST_TYPE_ROW, keyword.position, DEPTH(fields));
    type->fields = LIST_OR_EMPTY(fields);
    return type;
}

struct ast_type *build_type_of(struct builder *build, enum ast_type_kind kind, sql_position position,
                               struct ast_type *key, struct ast_type *element) {
    struct ast_type *type = type_new(build, kind, position, depth_max(DEPTH(key), element->depth));
    type->key = key;
    type->element = element;
    return type;
}

struct ast_type *build_type_interval(struct builder *build, struct sql_token keyword, struct build_units units) {
    struct ast_type *type = type_new(build, AST_TYPE_INTERVAL, keyword.position, 0);
    type->from_unit = build_time_unit(units.from);
    type->to_unit = units.to.kind ? build_time_unit(units.to) : AST_UNIT_NONE;
    type->precision = units.precision;
    type->scale = units.scale;
    return type;
}

struct ast_type *build_type_simple(struct builder *build, struct sql_token keyword, enum ast_type_kind kind) {
    return type_new(build, kind, keyword.position, 0);
}

struct ast_type *build_type_nullable(struct builder *build, struct ast_type *type, bool null) {
    type->null = null;
    type->not_null = !null;
    type->end = build->end;
    return type;
}

struct ast_fields *build_fields(struct builder *build, struct ast_fields *list, struct ast_field field) {
    BUILD_PUSH(build, list, field.type->depth, field);
    return list;
}

struct ast_field build_field(struct builder *build, struct ast_name name, struct ast_type *type,
                             const struct sql_token *comment) {
    struct ast_field field = {.name = name, .type = type};
    if (comment)
        field.comment = build_string(build, *comment);
    return field;
}
