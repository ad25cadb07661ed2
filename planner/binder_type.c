/* binder_type.c: types as written to types as meant, with Flink's defaults and limits. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"

enum { PRECISION_MAX = 9, TIMESTAMP_PRECISION_DEFAULT = 6, DECIMAL_PRECISION_DEFAULT = 10 };

struct type_binder {
    struct arena *arena;
    const struct ast_type *ast;
    struct error *error;
};

/* Kinds that need nothing but a look-up. */
static const struct {
    enum ast_type_kind from;
    enum type_kind to;
} simple_kinds[] = {
    {AST_TYPE_BOOLEAN, TYPE_BOOLEAN}, {AST_TYPE_TINYINT, TYPE_TINYINT}, {AST_TYPE_SMALLINT, TYPE_SMALLINT},
    {AST_TYPE_INT, TYPE_INT},         {AST_TYPE_BIGINT, TYPE_BIGINT},   {AST_TYPE_FLOAT, TYPE_FLOAT},
    {AST_TYPE_DOUBLE, TYPE_DOUBLE},   {AST_TYPE_STRING, TYPE_VARCHAR},  {AST_TYPE_BYTES, TYPE_VARBINARY},
    {AST_TYPE_DATE, TYPE_DATE},       {AST_TYPE_NULL, TYPE_NULL},
};

static const struct type *simple_type(enum ast_type_kind kind) {
    for (size_t i = 0; i < COUNT_OF(simple_kinds); i++)
        if (simple_kinds[i].from == kind)
            return kind == AST_TYPE_STRING  ? &type_string
                   : kind == AST_TYPE_BYTES ? &type_bytes
                                            : type_simple(simple_kinds[i].to);
    return NULL;
}

static enum status bind_decimal(const struct type_binder *binder, const struct type **type) {
    const struct ast_type *ast = binder->ast;
    int precision = ast->precision < 0 ? DECIMAL_PRECISION_DEFAULT : ast->precision;
    int scale = ast->scale < 0 ? 0 : ast->scale;
    if (precision < 1 || precision > DECIMAL_PRECISION_MAX)
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_DEFINITION,
                       "precision of DECIMAL must be between 1 and %d, not %d", DECIMAL_PRECISION_MAX, precision);
    if (scale > precision)
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_DEFINITION,
                       "scale of DECIMAL must be between 0 and its precision %d, not %d", precision, scale);
    *type = type_decimal(binder->arena, (unsigned)precision, (unsigned)scale);
    return STATUS_OK;
}

static enum status bind_length(const struct type_binder *binder, enum type_kind kind, int length_default,
                               const struct type **type) {
    const struct ast_type *ast = binder->ast;
    int length = ast->precision < 0 ? length_default : ast->precision;
    if (length < 1)
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_DEFINITION, "length of %s must be at least 1",
                       type_kind_name(kind));
    *type = type_varchar(binder->arena, kind, (uint32_t)length);
    return STATUS_OK;
}

static enum status bind_fraction(const struct type_binder *binder, enum type_kind kind, int precision_default,
                                 const struct type **type) {
    const struct ast_type *ast = binder->ast;
    int precision = ast->precision < 0 ? precision_default : ast->precision;
    if (precision > PRECISION_MAX)
        return FAIL_AT(binder->error, ast->position, STATUS_INVALID_DEFINITION,
                       "precision of %s must be between 0 and %d, not %d", type_kind_name(kind), PRECISION_MAX,
                       precision);
    *type = type_timestamp(binder->arena, kind, (unsigned)precision);
    return STATUS_OK;
}

static enum status bind_row(const struct type_binder *binder, const struct type **type) {
    const struct ast_fields *list = &binder->ast->fields;
    struct field *fields = ARENA_ARRAY(binder->arena, struct field, list->count);
    for (size_t i = 0; i < list->count; i++) {
        fields[i].name = arena_strdup(binder->arena, list->items[i].name.text);
        for (size_t k = 0; k < i; k++)
            if (strcmp(fields[k].name, fields[i].name) == 0)
                return FAIL_AT(binder->error, list->items[i].name.position, STATUS_DUPLICATE_COLUMN,
                               "field \"%s\" of a ROW is named twice", fields[i].name);
        TRY(bind_type(binder->arena, list->items[i].type, &fields[i].type, binder->error));
    }
    *type = type_row(binder->arena, fields, (uint32_t)list->count);
    return STATUS_OK;
}

static enum status bind_collection(const struct type_binder *binder, const struct type **type) {
    const struct type *element, *key;
    TRY(bind_type(binder->arena, binder->ast->element, &element, binder->error));
    if (binder->ast->kind == AST_TYPE_ARRAY) {
        *type = type_array(binder->arena, element);
        return STATUS_OK;
    }
    TRY(bind_type(binder->arena, binder->ast->key, &key, binder->error));
    *type = type_map(binder->arena, key, element);
    return STATUS_OK;
}

static enum status unsupported_type(const struct type_binder *binder, const char *name) {
    return FAIL_AT(binder->error, binder->ast->position, STATUS_UNSUPPORTED, "type %s is not supported", name);
}

/* Names that other systems have, and the nearest of our own. */
static enum status undefined_type(const struct type_binder *binder) {
    static const char *const foreign[][2] = {
        {"uuid", "STRING"},
        {"json", "STRING"},
        {"jsonb", "STRING"},
        {"varchar2", "STRING"},
        {"enum", "STRING"},
        {"datetime", "TIMESTAMP"},
        {"timestamp_ntz", "TIMESTAMP"},
        {"long", "BIGINT"},
        {"byte", "TINYINT"},
        {"short", "SMALLINT"},
        {"number", "DECIMAL"},
        {"serial", "INT"},
        {"bigserial", "BIGINT"},
        {"blob", "BYTES"},
        {"struct", "ROW"},
    };
    static const char *const names[] = {
        "TINYINT", "SMALLINT", "INT",       "INTEGER", "BIGINT", "DECIMAL", "NUMERIC",       "FLOAT",   "DOUBLE",
        "REAL",    "BOOLEAN",  "STRING",    "VARCHAR", "CHAR",   "TEXT",    "BYTES",         "BINARY",  "VARBINARY",
        "DATE",    "TIME",     "TIMESTAMP", "ARRAY",   "MAP",    "ROW",     "TIMESTAMP_LTZ", "INTERVAL"};
    const char *name = ast_names_text(binder->arena, &binder->ast->name);
    const char *nearest = NULL;
    for (size_t i = 0; i < COUNT_OF(foreign) && !nearest; i++)
        nearest = str_equal_ignore_case(str_from(name), str_from(foreign[i][0])) ? foreign[i][1] : NULL;
    if (!nearest)
        nearest = text_nearest(name, names, COUNT_OF(names));
    FAIL_AT(binder->error, binder->ast->position, STATUS_UNDEFINED_OBJECT, "type \"%s\" does not exist", name);
    if (nearest)
        error_hint(binder->error, "did you mean %s?", nearest);
    return STATUS_UNDEFINED_OBJECT;
}

static enum status bind_kind(const struct type_binder *binder, const struct type **type) {
    const struct ast_type *ast = binder->ast;
    *type = simple_type(ast->kind);
    if (*type)
        return STATUS_OK;
    switch (ast->kind) {
    case AST_TYPE_DECIMAL: return bind_decimal(binder, type);
    case AST_TYPE_CHAR: return bind_length(binder, TYPE_CHAR, 1, type);
    case AST_TYPE_VARCHAR: return bind_length(binder, TYPE_VARCHAR, LENGTH_MAX, type);
    case AST_TYPE_BINARY: return bind_length(binder, TYPE_BINARY, 1, type);
    case AST_TYPE_VARBINARY: return bind_length(binder, TYPE_VARBINARY, LENGTH_MAX, type);
    case AST_TYPE_TIME: return bind_fraction(binder, TYPE_TIME, 0, type);
    case AST_TYPE_TIMESTAMP: return bind_fraction(binder, TYPE_TIMESTAMP, TIMESTAMP_PRECISION_DEFAULT, type);
    case AST_TYPE_TIMESTAMP_LTZ: return bind_fraction(binder, TYPE_TIMESTAMP_LTZ, TIMESTAMP_PRECISION_DEFAULT, type);
    case AST_TYPE_INTERVAL: {
        bool months = ast->from_unit == AST_UNIT_YEAR || ast->from_unit == AST_UNIT_MONTH;
        *type = months ? &type_interval_month : &type_interval_second;
        return STATUS_OK;
    }
    case AST_TYPE_ARRAY:
    case AST_TYPE_MAP: return bind_collection(binder, type);
    case AST_TYPE_ROW: return bind_row(binder, type);
    case AST_TYPE_TIMESTAMP_TZ: return unsupported_type(binder, "TIMESTAMP WITH TIME ZONE");
    case AST_TYPE_MULTISET: return unsupported_type(binder, "MULTISET");
    case AST_TYPE_RAW: return unsupported_type(binder, "RAW");
    default: break;
    }
    return undefined_type(binder);
}

enum status bind_type(struct arena *arena, const struct ast_type *ast, const struct type **type, struct error *error) {
    struct type_binder binder = {.arena = arena, .ast = ast, .error = error};
    TRY(bind_kind(&binder, type));
    if (ast->not_null)
        *type = type_with_nullable(arena, *type, false);
    return STATUS_OK;
}
