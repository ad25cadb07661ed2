/* expression_literal.c: literals from SQL text: numbers as Flink types them, and DATE '…', TIMESTAMP '…' and the like. */
#include "core/functions/expression.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"

static struct expression *fixed_literal(struct arena *arena, const struct type *type, const void *value, size_t size,
                                        sql_position position) {
    struct expression *expression = ARENA_NEW(arena, struct expression);
    expression->kind = EXPRESSION_LITERAL;
    expression->type = type_with_nullable(arena, type, false);
    expression->position = position;
    expression->literal =
        (struct column){.type = expression->type, .kind = COLUMN_CONSTANT, .values = arena_copy(arena, value, size)};
    return expression;
}

/* ---- numbers ---- */

struct number_shape {
    unsigned digits, fraction_digits; /* digits: as written, leading zeros too, which count for Flink */
    unsigned leading_zeros;
    bool has_point, has_exponent, valid;
};

static struct number_shape number_shape(struct str text) {
    struct number_shape shape = {.valid = true};
    size_t i = text.size && (text.data[0] == '-' || text.data[0] == '+');
    bool leading = true, some = false;
    for (; i < text.size; i++) {
        char c = text.data[i];
        if (c >= '0' && c <= '9') {
            some = true;
            leading &= c == '0' && !shape.has_point;
            shape.leading_zeros += leading;
            shape.digits++;
            shape.fraction_digits += shape.has_point;
        } else if (c == '.' && !shape.has_point) {
            shape.has_point = true;
            leading = false;
        } else if ((c == 'e' || c == 'E') && some) {
            shape.has_exponent = true;
            break;
        } else {
            shape.valid = false;
        }
    }
    shape.valid &= some;
    return shape;
}

enum status expression_number(struct arena *arena, struct str text, sql_position position, struct expression **result,
                              struct error *error) {
    struct number_shape shape = number_shape(text);
    int64_t whole;
    if (shape.valid && shape.has_exponent) {
        double value;
        if (!double_parse(text, &value))
            shape.valid = false;
        else
            *result = expression_double(arena, value, position);
    } else if (shape.valid && !shape.fraction_digits &&
               int_parse((struct str){text.data, text.size - shape.has_point}, &whole)) {
        *result = whole == (int32_t)whole ? expression_int(arena, (int32_t)whole, position)
                                          : expression_bigint(arena, whole, position);
    } else if (shape.valid) {
        bool too_long = shape.digits > DECIMAL_PRECISION_MAX;
        unsigned precision = too_long ? shape.digits - shape.leading_zeros : shape.digits;
        int128 value;
        if (precision > DECIMAL_PRECISION_MAX || !decimal_parse(text, precision, shape.fraction_digits, &value))
            return FAIL_AT(error, position, STATUS_OUT_OF_RANGE, "number has more than %d digits",
                           DECIMAL_PRECISION_MAX);
        const struct type *type = type_decimal(arena, precision, shape.fraction_digits);
        *result = fixed_literal(arena, type, &value, sizeof value, position);
    }
    if (!shape.valid)
        return FAIL_AT(error, position, STATUS_INVALID_TEXT, "\"%.*s\" is not a number", STR_FORMAT(text));
    return STATUS_OK;
}

/* ---- typed literals ---- */

static enum status bad_literal(const struct type *type, struct str text, sql_position position, struct error *error) {
    static const char *const examples[TYPE_KIND_COUNT] = {
        [TYPE_DATE] = "DATE '2024-05-01'",
        [TYPE_TIME] = "TIME '12:30:00'",
        [TYPE_TIMESTAMP] = "TIMESTAMP '2024-05-01 12:30:00'",
        [TYPE_TIMESTAMP_LTZ] = "TIMESTAMP_LTZ '2024-05-01 12:30:00Z'",
    };
    FAIL_AT(error, position, STATUS_INVALID_DATETIME, "'%.*s' is not a valid %s", STR_FORMAT(text),
            type_kind_name(type->kind));
    if (examples[type->kind])
        error_hint(error, "write it like %s", examples[type->kind]);
    return STATUS_INVALID_DATETIME;
}

/* Digits after the second's point, as written; a literal has that precision. */
static unsigned fraction_digits(struct str text) {
    const char *point = memchr(text.data, '.', text.size);
    unsigned digits = 0;
    while (point && ++point < text.data + text.size && *point >= '0' && *point <= '9')
        digits++;
    return digits > 9 ? 9 : digits;
}

static enum status timestamp_literal(struct arena *arena, const struct type *type, struct str text,
                                     sql_position position, struct expression **result, struct error *error) {
    int64_t value, offset_us = 0;
    bool has_zone = false;
    if (!timestamp_parse(text, &value, &has_zone, &offset_us))
        return bad_literal(type, text, position, error);
    const struct type *literal_type = type_timestamp(arena, type->kind, fraction_digits(text));
    if (type->kind == TYPE_TIMESTAMP && has_zone)
        return bad_literal(type, text, position, error);
    if (type->kind == TYPE_TIMESTAMP_LTZ && !has_zone) {
        /* The session's zone is not known here: a cast of the local time, folded where it is. */
        const struct type *local_type = type_timestamp(arena, TYPE_TIMESTAMP, literal_type->precision);
        struct expression *local = fixed_literal(arena, local_type, &value, sizeof value, position);
        literal_type = type_with_nullable(arena, literal_type, false);
        return expression_cast(arena, local, literal_type, CAST_EXPLICIT, position, result, error);
    }
    value -= offset_us;
    *result = fixed_literal(arena, literal_type, &value, sizeof value, position);
    return STATUS_OK;
}

enum status expression_typed_literal(struct arena *arena, const struct type *type, struct str text,
                                     sql_position position, struct expression **result, struct error *error) {
    text = type_is_datetime(type) ? str_trim(text) : text;
    switch (type->kind) {
    case TYPE_DATE: {
        int32_t days;
        if (!date_parse(text, &days))
            return bad_literal(type, text, position, error);
        *result = fixed_literal(arena, type, &days, sizeof days, position);
        return STATUS_OK;
    }
    case TYPE_TIME: {
        int64_t time_us;
        if (!time_parse(text, &time_us))
            return bad_literal(type, text, position, error);
        struct type *time_type = type_copy(arena, type);
        time_type->precision = (uint8_t)fraction_digits(text);
        *result = fixed_literal(arena, time_type, &time_us, sizeof time_us, position);
        return STATUS_OK;
    }
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return timestamp_literal(arena, type, text, position, result, error);
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: {
        int64_t value;
        if (!int_parse(text, &value) || (type->kind == TYPE_INTERVAL_MONTH && value != (int32_t)value))
            return FAIL_AT(error, position, STATUS_INVALID_DATETIME, "'%.*s' is not a number of %s", STR_FORMAT(text),
                           type->kind == TYPE_INTERVAL_MONTH ? "months" : "microseconds");
        int32_t months = (int32_t)value;
        bool month = type->kind == TYPE_INTERVAL_MONTH;
        *result = fixed_literal(arena, type, month ? (void *)&months : (void *)&value, month ? 4 : 8, position);
        return STATUS_OK;
    }
    case TYPE_BINARY:
    case TYPE_VARBINARY: {
        struct string_view view = view_copy(arena, text);
        const struct type *bytes = type_varchar(arena, TYPE_BINARY, (uint32_t)text.size);
        *result = fixed_literal(arena, bytes, &view, sizeof view, position);
        return STATUS_OK;
    }
    default: {
        struct expression *string = expression_string(arena, text, position);
        return expression_cast(arena, string, type_with_nullable(arena, type, false), CAST_EXPLICIT, position, result,
                               error);
    }
    }
}
