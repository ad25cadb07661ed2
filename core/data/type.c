/* type.c: SQL types: the static ones, construction in an arena, comparison, printing, the least common type.
 * A type never changes after it was built, so types share their parts freely within one lifetime. */
#include "core/data/type.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/data/column.h"

static const struct {
    const char *name;
    enum layout layout;
} kinds[TYPE_KIND_COUNT] = {
#define TYPE(kind, name, layout) [TYPE_##kind] = {name, LAYOUT_##layout},
#include "core/data/types.def"
#undef TYPE
};

enum {
    TIMESTAMP_PRECISION_DEFAULT = 6,
    DECIMAL_PRECISION_DEFAULT = 10,
};

const struct type type_null = {.kind = TYPE_NULL, .nullable = true};
const struct type type_boolean = {.kind = TYPE_BOOLEAN, .nullable = true};
const struct type type_tinyint = {.kind = TYPE_TINYINT, .nullable = true};
const struct type type_smallint = {.kind = TYPE_SMALLINT, .nullable = true};
const struct type type_int = {.kind = TYPE_INT, .nullable = true};
const struct type type_bigint = {.kind = TYPE_BIGINT, .nullable = true};
const struct type type_float = {.kind = TYPE_FLOAT, .nullable = true};
const struct type type_double = {.kind = TYPE_DOUBLE, .nullable = true};
const struct type type_string = {.kind = TYPE_VARCHAR, .nullable = true, .length = LENGTH_MAX};
const struct type type_bytes = {.kind = TYPE_VARBINARY, .nullable = true, .length = LENGTH_MAX};
const struct type type_date = {.kind = TYPE_DATE, .nullable = true};
const struct type type_time = {.kind = TYPE_TIME, .nullable = true};
const struct type type_timestamp3 = {.kind = TYPE_TIMESTAMP, .nullable = true, .precision = 3};
const struct type type_timestamp6 = {.kind = TYPE_TIMESTAMP, .nullable = true, .precision = 6};
const struct type type_timestamp_ltz3 = {.kind = TYPE_TIMESTAMP_LTZ, .nullable = true, .precision = 3};
const struct type type_timestamp_ltz6 = {.kind = TYPE_TIMESTAMP_LTZ, .nullable = true, .precision = 6};
const struct type type_interval_month = {.kind = TYPE_INTERVAL_MONTH, .nullable = true};
const struct type type_interval_second = {.kind = TYPE_INTERVAL_SECOND, .nullable = true};

static const struct type default_decimal = {
    .kind = TYPE_DECIMAL, .nullable = true, .precision = DECIMAL_PRECISION_DEFAULT};
static const struct type default_char = {.kind = TYPE_CHAR, .nullable = true, .length = 1};
static const struct type default_binary = {.kind = TYPE_BINARY, .nullable = true, .length = 1};

enum layout type_layout(const struct type *type) {
    return kinds[type->kind].layout;
}

size_t layout_size(enum layout layout) {
    static const uint8_t sizes[LAYOUT_COUNT] = {
        [LAYOUT_BOOL] = 1,
        [LAYOUT_I8] = 1,
        [LAYOUT_I16] = 2,
        [LAYOUT_I32] = 4,
        [LAYOUT_I64] = 8,
        [LAYOUT_I128] = sizeof(int128),
        [LAYOUT_F32] = 4,
        [LAYOUT_F64] = 8,
        [LAYOUT_VIEW] = sizeof(struct string_view),
        [LAYOUT_ROW] = 0,
        [LAYOUT_LIST] = sizeof(struct list_slice),
    };
    return sizes[layout];
}

const char *type_kind_name(enum type_kind kind) {
    ASSERT((unsigned)kind < TYPE_KIND_COUNT);
    return kinds[kind].name;
}

const struct type *type_simple(enum type_kind kind) {
    static const struct type *const simple[TYPE_KIND_COUNT] = {
        [TYPE_NULL] = &type_null,
        [TYPE_BOOLEAN] = &type_boolean,
        [TYPE_TINYINT] = &type_tinyint,
        [TYPE_SMALLINT] = &type_smallint,
        [TYPE_INT] = &type_int,
        [TYPE_BIGINT] = &type_bigint,
        [TYPE_FLOAT] = &type_float,
        [TYPE_DOUBLE] = &type_double,
        [TYPE_DECIMAL] = &default_decimal,
        [TYPE_CHAR] = &default_char,
        [TYPE_VARCHAR] = &type_string,
        [TYPE_BINARY] = &default_binary,
        [TYPE_VARBINARY] = &type_bytes,
        [TYPE_DATE] = &type_date,
        [TYPE_TIME] = &type_time,
        [TYPE_TIMESTAMP] = &type_timestamp6,
        [TYPE_TIMESTAMP_LTZ] = &type_timestamp_ltz6,
        [TYPE_INTERVAL_MONTH] = &type_interval_month,
        [TYPE_INTERVAL_SECOND] = &type_interval_second,
    };
    ASSERT((unsigned)kind < TYPE_KIND_COUNT && simple[kind]);
    return simple[kind];
}

static struct type *new_type(struct arena *arena, enum type_kind kind) {
    struct type *type = ARENA_NEW(arena, struct type);
    type->kind = kind;
    type->nullable = true;
    return type;
}

struct type *type_decimal(struct arena *arena, unsigned precision, unsigned scale) {
    ASSERT(precision >= 1 && precision <= DECIMAL_PRECISION_MAX && scale <= precision);
    struct type *type = new_type(arena, TYPE_DECIMAL);
    type->precision = (uint8_t)precision;
    type->scale = (uint8_t)scale;
    return type;
}

struct type *type_timestamp(struct arena *arena, enum type_kind kind, unsigned precision) {
    ASSERT(precision <= 9);
    struct type *type = new_type(arena, kind);
    type->precision = (uint8_t)precision;
    return type;
}

struct type *type_varchar(struct arena *arena, enum type_kind kind, uint32_t length) {
    struct type *type = new_type(arena, kind);
    type->length = length;
    return type;
}

struct type *type_row(struct arena *arena, const struct field *fields, uint32_t field_count) {
    struct type *type = new_type(arena, TYPE_ROW);
    type->fields = arena_copy(arena, fields, field_count * sizeof *fields);
    type->field_count = field_count;
    return type;
}

struct type *type_array(struct arena *arena, const struct type *element) {
    struct type *type = new_type(arena, TYPE_ARRAY);
    type->element = element;
    return type;
}

struct type *type_map(struct arena *arena, const struct type *key, const struct type *value) {
    struct type *type = new_type(arena, TYPE_MAP);
    type->key = key;
    type->element = value;
    return type;
}

const struct type *type_with_nullable(struct arena *arena, const struct type *type, bool nullable) {
    if (type->nullable == nullable)
        return type;
    struct type *copy = arena_copy(arena, type, sizeof *type);
    copy->nullable = nullable;
    return copy;
}

struct type *type_copy(struct arena *arena, const struct type *type) {
    struct type *copy = arena_copy(arena, type, sizeof *type);
    if (type->element)
        copy->element = type_copy(arena, type->element);
    if (type->key)
        copy->key = type_copy(arena, type->key);
    if (type->field_count) {
        struct field *fields = ARENA_ARRAY(arena, struct field, type->field_count);
        for (uint32_t i = 0; i < type->field_count; i++) {
            fields[i].name = type->fields[i].name ? arena_strdup(arena, type->fields[i].name) : NULL;
            fields[i].type = type_copy(arena, type->fields[i].type);
        }
        copy->fields = fields;
    }
    return copy;
}

static bool equal(const struct type *a, const struct type *b, bool with_nullability) {
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind || a->precision != b->precision || a->scale != b->scale ||
        a->length != b->length || a->field_count != b->field_count)
        return false;
    if (with_nullability && a->nullable != b->nullable)
        return false;
    if (!equal(a->element, b->element, with_nullability) || !equal(a->key, b->key, with_nullability))
        return false;
    for (uint32_t i = 0; i < a->field_count; i++) {
        if (!equal(a->fields[i].type, b->fields[i].type, with_nullability))
            return false;
        if (!str_equal(str_from(a->fields[i].name), str_from(b->fields[i].name)))
            return false;
    }
    return true;
}

bool type_equal(const struct type *a, const struct type *b) {
    return equal(a, b, true);
}

bool type_equal_ignore_null(const struct type *a, const struct type *b) {
    return equal(a, b, false);
}

bool type_is_integer(const struct type *type) {
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_BIGINT;
}

bool type_is_numeric(const struct type *type) {
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_DECIMAL;
}

bool type_is_string(const struct type *type) {
    return type->kind == TYPE_CHAR || type->kind == TYPE_VARCHAR;
}

bool type_is_binary(const struct type *type) {
    return type->kind == TYPE_BINARY || type->kind == TYPE_VARBINARY;
}

bool type_is_timestamp(const struct type *type) {
    return type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ;
}

bool type_is_datetime(const struct type *type) {
    return type->kind >= TYPE_DATE && type->kind <= TYPE_TIMESTAMP_LTZ;
}

bool type_is_interval(const struct type *type) {
    return type->kind == TYPE_INTERVAL_MONTH || type->kind == TYPE_INTERVAL_SECOND;
}

bool type_is_comparable(const struct type *type) {
    if (type->kind == TYPE_MAP)
        return false;
    if (type->element && !type_is_comparable(type->element))
        return false;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!type_is_comparable(type->fields[i].type))
            return false;
    return true;
}

static void print_name(struct strbuf *out, const char *name) {
    strbuf_append_char(out, '`');
    for (const char *c = name ? name : ""; *c; c++) {
        if (*c == '`')
            strbuf_append_char(out, '`');
        strbuf_append_char(out, *c);
    }
    strbuf_append_char(out, '`');
}

static void print_fields(struct strbuf *out, const struct type *type) {
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (i)
            strbuf_append_text(out, ", ");
        print_name(out, type->fields[i].name);
        strbuf_append_char(out, ' ');
        type_print(out, type->fields[i].type);
    }
}

/* What follows the kind's name: parameters in parentheses, element types in angle brackets. */
static void print_parameters(struct strbuf *out, const struct type *type) {
    switch (type->kind) {
    case TYPE_DECIMAL: strbuf_printf(out, "(%u, %u)", type->precision, type->scale); break;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: strbuf_printf(out, "(%u)", type->length); break;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: strbuf_printf(out, "(%u)", type->precision); break;
    case TYPE_ROW:
    case TYPE_ARRAY:
    case TYPE_MAP:
        strbuf_append_char(out, '<');
        if (type->kind == TYPE_ROW)
            print_fields(out, type);
        if (type->kind == TYPE_MAP) {
            type_print(out, type->key);
            strbuf_append_text(out, ", ");
        }
        if (type->kind != TYPE_ROW)
            type_print(out, type->element);
        strbuf_append_char(out, '>');
        break;
    default: break;
    }
}

void type_print(struct strbuf *out, const struct type *type) {
    if (type->kind == TYPE_VARCHAR && type->length == LENGTH_MAX) {
        strbuf_append_text(out, "STRING");
    } else if (type->kind == TYPE_VARBINARY && type->length == LENGTH_MAX) {
        strbuf_append_text(out, "BYTES");
    } else {
        strbuf_append_text(out, type_kind_name(type->kind));
        print_parameters(out, type);
    }
    if (!type->nullable)
        strbuf_append_text(out, " NOT NULL");
}

const char *type_text(struct arena *arena, const struct type *type) {
    struct strbuf text;
    strbuf_init(&text);
    type_print(&text, type);
    char *copy = str_copy(arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}

static unsigned integer_digits(const struct type *type) {
    static const uint8_t digits[] = {3, 5, 10, 19}; /* TINYINT … BIGINT */
    return type->kind == TYPE_DECIMAL ? (unsigned)type->precision - type->scale : digits[type->kind - TYPE_TINYINT];
}

/* Exact stays exact; what does not fit 38 digits gives up fraction digits rather than integer digits. */
static const struct type *common_numeric(struct arena *arena, const struct type *a, const struct type *b) {
    if (type_is_integer(a) && type_is_integer(b))
        return type_simple(a->kind > b->kind ? a->kind : b->kind);
    bool approximate =
        a->kind == TYPE_FLOAT || a->kind == TYPE_DOUBLE || b->kind == TYPE_FLOAT || b->kind == TYPE_DOUBLE;
    if (approximate) {
        bool wide =
            a->kind == TYPE_DOUBLE || b->kind == TYPE_DOUBLE || a->kind == TYPE_DECIMAL || b->kind == TYPE_DECIMAL;
        return wide ? &type_double : &type_float;
    }
    unsigned digits_a = integer_digits(a), digits_b = integer_digits(b);
    unsigned digits = digits_a > digits_b ? digits_a : digits_b;
    unsigned scale = a->scale > b->scale ? a->scale : b->scale;
    if (digits + scale > DECIMAL_PRECISION_MAX)
        scale = DECIMAL_PRECISION_MAX - digits;
    return type_decimal(arena, digits + scale, scale);
}

/* Fixed lengths that differ become varying, so that no value is padded. */
static const struct type *common_length(struct arena *arena, const struct type *a, const struct type *b,
                                        enum type_kind fixed, enum type_kind varying) {
    bool same = a->kind == fixed && b->kind == fixed && a->length == b->length;
    return type_varchar(arena, same ? fixed : varying, a->length > b->length ? a->length : b->length);
}

static const struct type *common_datetime(struct arena *arena, const struct type *a, const struct type *b) {
    unsigned precision = a->precision > b->precision ? a->precision : b->precision;
    if (a->kind == b->kind)
        return a->kind == TYPE_DATE ? &type_date : type_timestamp(arena, a->kind, precision);
    if (a->kind == TYPE_TIME || b->kind == TYPE_TIME)
        return NULL;
    bool local = a->kind == TYPE_TIMESTAMP_LTZ || b->kind == TYPE_TIMESTAMP_LTZ;
    return type_timestamp(arena, local ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP, precision);
}

static const struct type *common_nested(struct arena *arena, const struct type *a, const struct type *b) {
    if (a->kind != b->kind || a->field_count != b->field_count)
        return NULL;
    struct type *result = new_type(arena, a->kind);
    if (a->element && !(result->element = type_least_common(arena, a->element, b->element)))
        return NULL;
    if (a->key && !(result->key = type_least_common(arena, a->key, b->key)))
        return NULL;
    struct field *fields = ARENA_ARRAY(arena, struct field, a->field_count);
    for (uint32_t i = 0; i < a->field_count; i++) {
        fields[i].name = a->fields[i].name;
        fields[i].type = type_least_common(arena, a->fields[i].type, b->fields[i].type);
        if (!fields[i].type)
            return NULL;
    }
    result->fields = fields;
    result->field_count = a->field_count;
    return result;
}

static const struct type *common_kind(struct arena *arena, const struct type *a, const struct type *b) {
    if (type_equal_ignore_null(a, b) && !a->element && !a->field_count)
        return a;
    if (type_is_numeric(a) && type_is_numeric(b))
        return common_numeric(arena, a, b);
    if (type_is_string(a) && type_is_string(b))
        return common_length(arena, a, b, TYPE_CHAR, TYPE_VARCHAR);
    if (type_is_binary(a) && type_is_binary(b))
        return common_length(arena, a, b, TYPE_BINARY, TYPE_VARBINARY);
    if (type_is_datetime(a) && type_is_datetime(b))
        return common_datetime(arena, a, b);
    return common_nested(arena, a, b);
}

const struct type *type_least_common(struct arena *arena, const struct type *a, const struct type *b) {
    if (a->kind == TYPE_NULL)
        return type_with_nullable(arena, b, true);
    if (b->kind == TYPE_NULL)
        return type_with_nullable(arena, a, true);
    const struct type *common = common_kind(arena, a, b);
    return common ? type_with_nullable(arena, common, a->nullable || b->nullable) : NULL;
}

int schema_find(const struct schema *schema, const char *name) {
    for (int exact = 1; exact >= 0; exact--) {
        int found = -1;
        for (uint32_t i = 0; i < schema->field_count; i++) {
            const char *field = schema->fields[i].name;
            if (!field || !(exact ? strcmp(field, name) == 0 : text_equal_ignore_case(field, name)))
                continue;
            if (found >= 0)
                return -2;
            found = (int)i;
        }
        if (found >= 0)
            return found;
    }
    return -1;
}

struct schema *schema_copy(struct arena *arena, const struct schema *schema) {
    struct schema *copy = ARENA_NEW(arena, struct schema);
    copy->fields = ARENA_ARRAY(arena, struct field, schema->field_count);
    copy->field_count = schema->field_count;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        copy->fields[i].name = schema->fields[i].name ? arena_strdup(arena, schema->fields[i].name) : NULL;
        copy->fields[i].type = type_copy(arena, schema->fields[i].type);
    }
    return copy;
}
