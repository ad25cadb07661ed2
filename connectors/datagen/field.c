/* field.c: values of datagen fields. */
#include "connectors/datagen/field.h"

#include <float.h>
#include <stdio.h>

#include "connectors/generator.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/data/batch.h"
#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"

enum { TEXT_LENGTH_DEFAULT = 100, LIST_LENGTH_DEFAULT = 3, LENGTH_LIMIT = 1 << 20, SEQUENCE_DIGITS_MAX = 20 };

static const char *field_option(const struct options *options, struct arena *arena, const char *path,
                                const char *name) {
    return options_text(options, datagen_options, arena_printf(arena, "fields.%s.%s", path, name));
}

static enum status wrong_value(struct error *error, const char *path, const char *name, const char *value,
                               const struct type *type, struct arena *arena) {
    return FAIL(error, STATUS_INVALID_OPTION, "option \"fields.%s.%s\" cannot be \"%s\" for a column of type %s", path,
                name, value, type_text(arena, type));
}

/* The least and the greatest value of an integer layout. */
static void integer_bounds(enum layout layout, int64_t *least, int64_t *greatest) {
    unsigned bits = (unsigned)layout_size(layout) * 8 - 1;
    *greatest = (int64_t)(((uint64_t)1 << bits) - 1);
    *least = -*greatest - 1;
}

static bool integer_value(const struct type *type, const char *text, int64_t *value) {
    int64_t least, greatest;
    if (type->kind == TYPE_INTERVAL_SECOND)
        return duration_parse(str_from(text), value, NULL) == STATUS_OK;
    integer_bounds(type_layout(type), &least, &greatest);
    return int_parse(str_trim(str_from(text)), value) && *value >= least && *value <= greatest;
}

static enum status read_integer_range(struct datagen_field *field, struct arena *arena, const struct options *options,
                                      const char *path, struct error *error) {
    integer_bounds(type_layout(field->type), &field->min, &field->max);
    if (field->type->kind == TYPE_INTERVAL_MONTH)
        field->min = 0, field->max = 120000;
    if (field->type->kind == TYPE_INTERVAL_SECOND)
        field->min = 0, field->max = 10000 * US_PER_DAY;
    const char *min = field_option(options, arena, path, "min"), *max = field_option(options, arena, path, "max");
    if (min && !integer_value(field->type, min, &field->min))
        return wrong_value(error, path, "min", min, field->type, arena);
    if (max && !integer_value(field->type, max, &field->max))
        return wrong_value(error, path, "max", max, field->type, arena);
    if (field->min > field->max)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"fields.%s.min\" is greater than \"fields.%s.max\"", path,
                    path);
    return STATUS_OK;
}

static enum status read_real_range(struct datagen_field *field, struct arena *arena, const struct options *options,
                                   const char *path, struct error *error) {
    field->min_real = 0;
    field->max_real = field->type->kind == TYPE_FLOAT ? (double)FLT_MAX : DBL_MAX;
    const char *min = field_option(options, arena, path, "min"), *max = field_option(options, arena, path, "max");
    if (min && !double_parse(str_from(min), &field->min_real))
        return wrong_value(error, path, "min", min, field->type, arena);
    if (max && !double_parse(str_from(max), &field->max_real))
        return wrong_value(error, path, "max", max, field->type, arena);
    if (!(field->min_real <= field->max_real) || field->max_real - field->min_real > DBL_MAX)
        return FAIL(error, STATUS_INVALID_OPTION, "options \"fields.%s.min\" and \"fields.%s.max\" make no range", path,
                    path);
    return STATUS_OK;
}

static enum status read_decimal_range(struct datagen_field *field, struct arena *arena, const struct options *options,
                                      const char *path, struct error *error) {
    unsigned precision = field->type->precision, scale = field->type->scale;
    field->max_decimal = decimal_power_of_ten(precision) - 1;
    field->min_decimal = 0;
    const char *min = field_option(options, arena, path, "min"), *max = field_option(options, arena, path, "max");
    if (min && !decimal_parse(str_from(min), precision, scale, &field->min_decimal))
        return wrong_value(error, path, "min", min, field->type, arena);
    if (max && !decimal_parse(str_from(max), precision, scale, &field->max_decimal))
        return wrong_value(error, path, "max", max, field->type, arena);
    if (field->min_decimal > field->max_decimal)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"fields.%s.min\" is greater than \"fields.%s.max\"", path,
                    path);
    return STATUS_OK;
}

static enum status read_length(struct datagen_field *field, struct arena *arena, const struct options *options,
                               const char *path, struct error *error) {
    const struct type *type = field->type;
    bool is_list = type_layout(type) == LAYOUT_LIST;
    bool is_fixed = type->kind == TYPE_CHAR || type->kind == TYPE_BINARY;
    field->length = is_list ? LIST_LENGTH_DEFAULT : type->length == LENGTH_MAX ? TEXT_LENGTH_DEFAULT : type->length;
    const char *variable = field_option(options, arena, path, "var-len");
    field->has_variable_length = variable && text_equal_ignore_case(variable, "true");
    const char *text = field_option(options, arena, path, "length");
    int64_t length = field->length;
    if (text && (!int_parse(str_trim(str_from(text)), &length) || length < 0 || (is_fixed && length != type->length) ||
                 (!is_list && length > (int64_t)type->length)))
        return wrong_value(error, path, "length", text, type, arena);
    if (is_fixed && field->has_variable_length)
        return wrong_value(error, path, "var-len", variable, type, arena);
    if (length > (is_list ? BATCH_ROWS_DEFAULT : LENGTH_LIMIT))
        return FAIL(error, STATUS_LIMIT_EXCEEDED,
                    "column \"%s\" would have values of length %lld; set \"fields.%s.length\"", path, (long long)length,
                    path);
    field->length = (uint32_t)length;
    return STATUS_OK;
}

static enum status read_sequence(struct datagen_field *field, struct arena *arena, const struct options *options,
                                 const char *path, struct error *error) {
    const struct type *type = field->type;
    if (!type_is_numeric(type) && type_layout(type) != LAYOUT_VIEW) {
        return FAIL(error, STATUS_UNSUPPORTED, "column \"%s\" of type %s cannot be a sequence", path,
                    type_text(arena, type));
    }
    const char *start = field_option(options, arena, path, "start"), *end = field_option(options, arena, path, "end");
    if (!start || !end)
        return FAIL(error, STATUS_INVALID_OPTION, "a sequence needs the option \"fields.%s.%s\"", path,
                    start ? "end" : "start");
    const struct type *as = type_is_integer(type) ? type : &type_bigint;
    if (!integer_value(as, start, &field->min))
        return wrong_value(error, path, "start", start, type, arena);
    if (!integer_value(as, end, &field->max) || field->max < field->min)
        return wrong_value(error, path, "end", end, type, arena);
    if (type->kind == TYPE_DECIMAL && (decimal_digits(field->max) + type->scale > type->precision ||
                                       decimal_digits(field->min) + type->scale > type->precision))
        return wrong_value(error, path, "end", end, type, arena);
    if (type_layout(type) == LAYOUT_VIEW && type->length < SEQUENCE_DIGITS_MAX)
        return FAIL(error, STATUS_UNSUPPORTED, "column \"%s\" of type %s is too short for a sequence", path,
                    type_text(arena, type));
    return STATUS_OK;
}

static enum status init_children(struct datagen_field *field, struct arena *arena, const struct options *options,
                                 const char *path, struct map *paths, struct error *error) {
    const struct type *type = field->type;
    struct field array[] = {{"element", type->element}}, map[] = {{"key", type->key}, {"value", type->element}};
    const struct field *fields = type->kind == TYPE_ROW ? type->fields : type->kind == TYPE_MAP ? map : array;
    field->child_count = type->kind == TYPE_ROW ? type->field_count : type->kind == TYPE_MAP ? 2 : 1;
    field->children = ARENA_ARRAY(arena, struct datagen_field, field->child_count);
    for (uint32_t i = 0; i < field->child_count; i++)
        TRY(datagen_field_init(&field->children[i], arena, options, arena_printf(arena, "%s.%s", path, fields[i].name),
                               fields[i].type, paths, error));
    return STATUS_OK;
}

static enum status read_range(struct datagen_field *field, struct arena *arena, const struct options *options,
                              const char *path, struct map *paths, struct error *error) {
    switch (type_layout(field->type)) {
    case LAYOUT_BOOL: return STATUS_OK;
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64: {
        const char *max_past = field_option(options, arena, path, "max-past");
        if (max_past && duration_parse(str_from(max_past), &field->max_past_us, error))
            return STATUS_INVALID_OPTION;
        return type_is_datetime(field->type) ? STATUS_OK : read_integer_range(field, arena, options, path, error);
    }
    case LAYOUT_I128: return read_decimal_range(field, arena, options, path, error);
    case LAYOUT_F32:
    case LAYOUT_F64: return read_real_range(field, arena, options, path, error);
    case LAYOUT_VIEW: return read_length(field, arena, options, path, error);
    case LAYOUT_LIST: TRY(read_length(field, arena, options, path, error)); /* fall through */
    case LAYOUT_ROW: return init_children(field, arena, options, path, paths, error);
    case LAYOUT_COUNT: break;
    }
    UNREACHABLE();
}

enum status datagen_field_init(struct datagen_field *field, struct arena *arena, const struct options *options,
                               const char *path, const struct type *type, struct map *paths, struct error *error) {
    *field = (struct datagen_field){.type = type};
    if (paths)
        map_put(paths, path, field);
    uint64_t stream = (uint64_t)options_int(options, datagen_options, "seed");
    for (const char *c = path; *c; c++)
        stream = random_stream(stream, (uint8_t)*c);
    field->value_stream = random_stream(stream, 1);
    field->null_stream = random_stream(stream, 2);
    field->length_stream = random_stream(stream, 3);
    const char *null_rate = field_option(options, arena, path, "null-rate");
    if (null_rate &&
        (!double_parse(str_from(null_rate), &field->null_rate) || field->null_rate < 0 || field->null_rate > 1))
        return wrong_value(error, path, "null-rate", null_rate, type, arena);
    if (field->null_rate > 0 && !type->nullable)
        return FAIL(error, STATUS_INVALID_OPTION, "column \"%s\" is NOT NULL: \"fields.%s.null-rate\" must be 0", path,
                    path);
    const char *kind = field_option(options, arena, path, "kind");
    field->is_sequence = kind && text_equal_ignore_case(kind, "sequence");
    return field->is_sequence ? read_sequence(field, arena, options, path, error)
                              : read_range(field, arena, options, path, paths, error);
}

/* A number from min to max. Multiplies instead of dividing; spans of 2^64 take the random number as it is. */
static int64_t random_between(uint64_t random, int64_t min, int64_t max) {
    uint64_t span = (uint64_t)max - (uint64_t)min + 1;
    if (span == 0)
        return (int64_t)random;
    return (int64_t)((uint64_t)min + (uint64_t)(((__uint128_t)random * span) >> 64));
}

#define VALUE int8_t
#define NAME fill_i8
#include "connectors/datagen/field_integers.inc.h"
#define VALUE int16_t
#define NAME fill_i16
#include "connectors/datagen/field_integers.inc.h"
#define VALUE int32_t
#define NAME fill_i32
#include "connectors/datagen/field_integers.inc.h"
#define VALUE int64_t
#define NAME fill_i64
#include "connectors/datagen/field_integers.inc.h"

static void fill_datetime(const struct datagen_field *field, struct column *column, const struct datagen_batch *batch,
                          const uint64_t *ids, uint32_t first_row, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        int64_t at_us = batch->now_us;
        if (field->max_past_us)
            at_us -= random_between(random_at(field->value_stream, ids[i]), 0, field->max_past_us);
        int64_t day = floor_divide(at_us, US_PER_DAY);
        if (field->type->kind == TYPE_DATE)
            COLUMN_VALUES(column, int32_t)[first_row + i] = (int32_t)day;
        else if (field->type->kind == TYPE_TIME)
            COLUMN_VALUES(column, int64_t)[first_row + i] = floor_divide(at_us - day * US_PER_DAY, 1000) * 1000;
        else
            COLUMN_VALUES(column, int64_t)[first_row + i] = floor_divide(at_us, 1000) * 1000;
    }
}

static void fill_numbers(const struct datagen_field *field, struct column *column, const uint64_t *ids,
                         uint32_t first_row, uint32_t count) {
    double span = field->max_real - field->min_real;
    __uint128_t span_decimal = (__uint128_t)(field->max_decimal - field->min_decimal) + 1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t random = random_at(field->value_stream, ids[i]);
        double real =
            field->is_sequence ? (double)(field->min + (int64_t)ids[i]) : field->min_real + random_unit(random) * span;
        if (field->type->kind == TYPE_DOUBLE) {
            COLUMN_VALUES(column, double)[first_row + i] = real;
        } else if (field->type->kind == TYPE_FLOAT) {
            COLUMN_VALUES(column, float)[first_row + i] = (float)real;
        } else if (field->is_sequence) {
            COLUMN_VALUES(column, int128)
            [first_row + i] = (field->min + (int64_t)ids[i]) * decimal_power_of_ten(field->type->scale);
        } else {
            uint64_t low = random_at(field->length_stream, ids[i]);
            __uint128_t wide = ((__uint128_t)random << 64 | low) % span_decimal;
            COLUMN_VALUES(column, int128)[first_row + i] = field->min_decimal + (int128)wide;
        }
    }
}

static uint32_t length_of(const struct datagen_field *field, uint64_t id) {
    if (!field->has_variable_length || field->length == 0)
        return field->length;
    return 1 + random_below((uint32_t)random_at(field->length_stream, id), field->length);
}

static void fill_bytes(const struct datagen_field *field, char *bytes, uint32_t size, uint64_t id) {
    bool is_text = type_is_string(field->type);
    uint64_t stream = random_stream(field->value_stream, id);
    for (uint32_t i = 0; i < size; i += 8) {
        uint64_t random = random_at(stream, i);
        char block[8];
        for (unsigned j = 0; j < 8; j++, random >>= 8)
            block[j] = is_text ? "0123456789abcdef"[random & 15] : (char)random;
        memcpy(bytes + i, block, size - i < 8 ? size - i : 8);
    }
}

static void fill_views(const struct datagen_field *field, struct column *column, const struct datagen_batch *batch,
                       const uint64_t *ids, uint32_t first_row, uint32_t count) {
    struct string_view *views = COLUMN_VALUES(column, struct string_view) + first_row;
    for (uint32_t i = 0; i < count; i++) {
        if (field->is_sequence) {
            char digits[SEQUENCE_DIGITS_MAX + 1];
            int size = snprintf(digits, sizeof digits, "%lld", (long long)(field->min + (int64_t)ids[i]));
            views[i] = view_copy(batch->arena, (struct str){digits, (size_t)size});
            continue;
        }
        uint32_t size = length_of(field, ids[i]);
        char *bytes = arena_alloc_aligned(batch->arena, size + 1, 1);
        fill_bytes(field, bytes, size, ids[i]);
        views[i] = view_make(bytes, size);
    }
}

static void fill_lists(const struct datagen_field *field, struct column *column, const struct datagen_batch *batch,
                       const uint64_t *ids, uint32_t first_row, uint32_t count) {
    uint64_t *element_ids = arena_alloc(batch->arena, ((size_t)field->length + 1) * sizeof *element_ids);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length = length_of(field, ids[i]);
        uint32_t first = column_list_append(column, batch->arena, first_row + i, length);
        uint64_t stream = random_stream(field->length_stream, ids[i]);
        for (uint32_t j = 0; j < length; j++)
            element_ids[j] = random_at(stream, j);
        for (uint32_t c = 0; c < field->child_count; c++)
            datagen_field_fill(&field->children[c], &column->children[c], batch, element_ids, first, length,
                               column->element_capacity);
    }
}

static void fill_values(const struct datagen_field *field, struct column *column, const struct datagen_batch *batch,
                        const uint64_t *ids, uint32_t first_row, uint32_t count, uint32_t capacity_rows) {
    if (type_is_datetime(field->type)) {
        fill_datetime(field, column, batch, ids, first_row, count);
        return;
    }
    switch (type_layout(field->type)) {
    case LAYOUT_BOOL:
        for (uint32_t i = 0; i < count; i++)
            COLUMN_VALUES(column, uint8_t)[first_row + i] = (uint8_t)(random_at(field->value_stream, ids[i]) >> 63);
        break;
    case LAYOUT_I8: fill_i8(field, column, ids, first_row, count); break;
    case LAYOUT_I16: fill_i16(field, column, ids, first_row, count); break;
    case LAYOUT_I32: fill_i32(field, column, ids, first_row, count); break;
    case LAYOUT_I64: fill_i64(field, column, ids, first_row, count); break;
    case LAYOUT_I128:
    case LAYOUT_F32:
    case LAYOUT_F64: fill_numbers(field, column, ids, first_row, count); break;
    case LAYOUT_VIEW: fill_views(field, column, batch, ids, first_row, count); break;
    case LAYOUT_LIST: fill_lists(field, column, batch, ids, first_row, count); break;
    case LAYOUT_ROW:
        for (uint32_t i = 0; i < field->child_count; i++)
            datagen_field_fill(&field->children[i], &column->children[i], batch, ids, first_row, count, capacity_rows);
        break;
    case LAYOUT_COUNT: UNREACHABLE();
    }
}

void datagen_field_fill(const struct datagen_field *field, struct column *column, const struct datagen_batch *batch,
                        const uint64_t *ids, uint32_t first_row, uint32_t count, uint32_t capacity_rows) {
    fill_values(field, column, batch, ids, first_row, count, capacity_rows);
    if (field->null_rate <= 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        if (random_unit(random_at(field->null_stream, ids[i])) < field->null_rate)
            column_set_null(column, batch->arena, first_row + i, capacity_rows);
}
