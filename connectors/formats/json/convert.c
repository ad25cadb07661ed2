/* convert.c: one JSON value into one row of a column, by Flink's rules: a text may hold a number or a boolean, a number may go
 * into a STRING as it is written, a fraction into an integer column is cut off; what does not fit is an error, never
 * another value.
 */
#include <math.h>
#include <stdio.h>

#include "connectors/formats/json/decoder.h"
#include "connectors/view.h"
#include "core/base/arena.h"
#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"

enum { SHOWN_BYTES = 60 };

void json_node_bind(struct json_node *node, struct column *column, uint32_t capacity) {
    node->column = column;
    node->values = column->values;
    node->capacity = capacity;
    if (node->layout == LAYOUT_ROW)
        for (uint32_t i = 0; i < node->child_count; i++)
            json_node_bind(&node->children[i], &column->children[i], capacity);
}

void json_clear(struct json_node *node, uint32_t row) {
    if (node->layout == LAYOUT_ROW) {
        for (uint32_t i = 0; i < node->child_count; i++)
            json_clear(&node->children[i], row);
        return;
    }
    size_t size = layout_size(node->layout);
    memset((char *)node->values + size * row, 0, size);
}

void json_reset_row(struct json_node *node, uint32_t row) {
    json_set_valid(node, row);
    for (uint32_t i = 0; node->layout == LAYOUT_ROW && i < node->child_count; i++)
        json_reset_row(&node->children[i], row);
}

bool json_set_null(struct json_cursor *cursor, struct json_node *node, uint32_t row) {
    if (!node->type->nullable) {
        FAIL(cursor->error, STATUS_NOT_NULL_VIOLATION, "field \"%s\" is NOT NULL but has no value", node->name);
        return false;
    }
    json_clear(node, row);
    cursor->wrote_null = true;
    column_set_null(node->column, cursor->arena, row, node->capacity);
    return true;
}

bool json_mismatch(struct json_cursor *cursor, const struct json_node *node, const char *found, struct str text) {
    char type[128];
    struct strbuf buffer;
    strbuf_init(&buffer);
    type_print(&buffer, node->type);
    snprintf(type, sizeof type, "%s", strbuf_text(&buffer));
    strbuf_release(&buffer);
    int shown = text.size < SHOWN_BYTES ? (int)text.size : SHOWN_BYTES;
    FAIL(cursor->error, STATUS_INVALID_TEXT, "field \"%s\" of type %s cannot take the %s %.*s%s", node->name, type,
         found, shown, text.data, text.size > SHOWN_BYTES ? "…" : "");
    return false;
}

static bool store_int(struct json_node *node, uint32_t row, int64_t value) {
    switch (node->layout) {
    case LAYOUT_I8:
        if (value != (int8_t)value)
            return false;
        ((int8_t *)node->values)[row] = (int8_t)value;
        return true;
    case LAYOUT_I16:
        if (value != (int16_t)value)
            return false;
        ((int16_t *)node->values)[row] = (int16_t)value;
        return true;
    case LAYOUT_I32:
        if (value != (int32_t)value)
            return false;
        ((int32_t *)node->values)[row] = (int32_t)value;
        return true;
    default: ((int64_t *)node->values)[row] = value; return true;
    }
}

static bool store_double(struct json_node *node, uint32_t row, double value, bool is_finite_text) {
    if (node->layout == LAYOUT_F64) {
        ((double *)node->values)[row] = value;
        return isfinite(value) || !is_finite_text;
    }
    ((float *)node->values)[row] = (float)value;
    return isfinite((float)value) || !is_finite_text;
}

/* Days and times of texts. DATE, TIME, both timestamps. */
static bool store_datetime(struct json_cursor *cursor, struct json_node *node, uint32_t row, struct str text) {
    int64_t value;
    bool has_zone;
    switch (node->type->kind) {
    case TYPE_DATE: return date_parse(text, &((int32_t *)node->values)[row]);
    case TYPE_TIME: return time_parse(text, &((int64_t *)node->values)[row]);
    default:
        if (!json_timestamp(cursor->dates, text, &value, &has_zone) ||
            (node->type->kind == TYPE_TIMESTAMP_LTZ && !has_zone))
            return false;
        ((int64_t *)node->values)[row] = json_timestamp_clip(node->type, value);
        return true;
    }
}

static bool parse_bool(struct str text, uint8_t *value) {
    *value = str_equal_ignore_case(text, STR("true"));
    return *value || str_equal_ignore_case(text, STR("false"));
}

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool store_base64(struct json_cursor *cursor, struct json_node *node, uint32_t row, struct str text) {
    if (text.size % 4)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    char *bytes = arena_alloc_aligned(cursor->arena, text.size / 4 * 3 + 1, 1);
    size_t size = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        int digit = i >= text.size - padding ? 0 : base64_digit(text.data[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 3) {
            bytes[size++] = (char)(bits >> 16);
            bytes[size++] = (char)(bits >> 8);
            bytes[size++] = (char)bits;
        }
    }
    ((struct string_view *)node->values)[row] = view_make(bytes, (uint32_t)(size - padding));
    return true;
}

/* false: the text is not a value of the type. */
static bool store_text(struct json_cursor *cursor, struct json_node *node, uint32_t row, struct str text) {
    const struct type *type = node->type;
    int64_t integer;
    double number;
    if (type_is_string(type)) {
        view_store((struct string_view *)node->values + row, text.data, (uint32_t)text.size, text.size);
        return true;
    }
    if (type_is_binary(type))
        return store_base64(cursor, node, row, text);
    text = str_trim(text);
    if (type_is_datetime(type))
        return store_datetime(cursor, node, row, text);
    switch (node->layout) {
    case LAYOUT_BOOL: return parse_bool(text, &((uint8_t *)node->values)[row]);
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64:
        if (!int_parse(text, &integer))
            return false;
        if (type->kind == TYPE_INTERVAL_SECOND && __builtin_mul_overflow(integer, 1000, &integer))
            return false;
        return store_int(node, row, integer);
    case LAYOUT_I128: return decimal_parse(text, type->precision, type->scale, &((int128 *)node->values)[row]);
    case LAYOUT_F32:
    case LAYOUT_F64:
        return double_parse(text, &number) &&
               store_double(node, row, number, memchr("+-.0123456789", text.data[text.size - 1], 13) != NULL);
    default: return false;
    }
}

bool json_convert_text(struct json_cursor *cursor, struct json_node *node, uint32_t row, struct str text) {
    if (!store_text(cursor, node, row, text))
        return json_mismatch(cursor, node, "text", text);
    json_set_valid(node, row);
    return true;
}

static bool store_number(struct json_node *node, uint32_t row, const struct json_number *number) {
    struct str text = {number->start, (size_t)(number->end - number->start)};
    const struct type *type = node->type;
    int64_t integer;
    if (type_is_string(type)) {
        view_store((struct string_view *)node->values + row, text.data, (uint32_t)text.size, text.size);
        return true;
    }
    if (type_is_datetime(type) || type_is_binary(type))
        return false;
    switch (node->layout) {
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64:
        if (!number->is_integer) {
            double value = trunc(json_number_double(number));
            if (!(value >= -0x1p63 && value < 0x1p63))
                return false;
            integer = (int64_t)value;
        } else if (!json_number_int(number, &integer)) {
            return false;
        }
        if (type->kind == TYPE_INTERVAL_SECOND && __builtin_mul_overflow(integer, 1000, &integer))
            return false;
        return store_int(node, row, integer);
    case LAYOUT_I128: return decimal_parse(text, type->precision, type->scale, &((int128 *)node->values)[row]);
    case LAYOUT_F32:
    case LAYOUT_F64: return store_double(node, row, json_number_double(number), true);
    default: return false;
    }
}

bool json_convert_number(struct json_cursor *cursor, struct json_node *node, uint32_t row,
                         const struct json_number *number) {
    if (!store_number(node, row, number))
        return json_mismatch(cursor, node, "number",
                             (struct str){number->start, (size_t)(number->end - number->start)});
    json_set_valid(node, row);
    return true;
}

bool json_convert_bool(struct json_cursor *cursor, struct json_node *node, uint32_t row, bool value) {
    struct str text = value ? STR("true") : STR("false");
    if (node->layout == LAYOUT_BOOL)
        ((uint8_t *)node->values)[row] = value;
    else if (type_is_string(node->type))
        ((struct string_view *)node->values)[row] = view_make(text.data, (uint32_t)text.size);
    else
        return json_mismatch(cursor, node, "boolean", text);
    json_set_valid(node, row);
    return true;
}

/* Two digits, or above 99 when they are none. */
static inline unsigned two_digits(const char *p) {
    unsigned tens = (unsigned char)(p[0] - '0'), ones = (unsigned char)(p[1] - '0');
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

static bool day_of(struct json_date_cache *dates, const char *text, int64_t *day_us) {
    uint64_t key[2] = {0};
    memcpy(key, text, 10);
    if (key[0] != dates->text[0] || key[1] != dates->text[1]) {
        int32_t days;
        if (!date_parse((struct str){text, 10}, &days))
            return false;
        *dates = (struct json_date_cache){.text = {key[0], key[1]}, .day_us = days * US_PER_DAY};
    }
    *day_us = dates->day_us;
    return true;
}

bool json_timestamp(struct json_date_cache *dates, struct str text, int64_t *timestamp_us, bool *has_zone) {
    static const uint32_t fraction_units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    const char *p = text.data;
    int64_t zone_us = 0;
    if (text.size < 19 || (p[10] != ' ' && p[10] != 'T') || p[13] != ':' || p[16] != ':')
        goto general;
    unsigned hour = two_digits(p + 11), minute = two_digits(p + 14), second = two_digits(p + 17);
    if (hour > 23 || minute > 59 || second > 59 || !day_of(dates, p, timestamp_us))
        goto general;
    size_t at = 19;
    uint32_t fraction = 0;
    if (at < text.size && p[at] == '.') {
        size_t first = ++at;
        for (; at < text.size && json_is_digit(p[at]) && at - first < 6; at++)
            fraction = fraction * 10 + (uint32_t)(p[at] - '0');
        if (at == first)
            goto general;
        fraction *= fraction_units[at - first];
    }
    *has_zone = at + 1 == text.size && p[at] == 'Z';
    if (at + *has_zone != text.size)
        goto general;
    *timestamp_us += ((int64_t)hour * 3600 + minute * 60 + second) * US_PER_SECOND + fraction;
    return true;
general:
    if (!timestamp_parse(text, timestamp_us, has_zone, &zone_us))
        return false;
    *timestamp_us -= *has_zone ? zone_us : 0;
    return true;
}

int64_t json_timestamp_clip(const struct type *type, int64_t timestamp_us) {
    static const int64_t units_us[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if (type->precision >= 6)
        return timestamp_us;
    if (type->precision == 3 && timestamp_us >= 0) /* nearly always; a constant divisor */
        return timestamp_us - timestamp_us % 1000;
    int64_t unit_us = units_us[type->precision];
    return floor_divide(timestamp_us, unit_us) * unit_us;
}
