/* text_value.c: values of the scalar types as texts. */
#include "connectors/formats/text_value.h"

#include <math.h>

#include "connectors/view.h"
#include "core/base/arena.h"
#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"

enum { INT_TEXT_MAX = 24, PLAIN_EXPONENT_LEAST = -6 };

bool int_value_store(enum layout layout, void *slot, int64_t value) {
    switch (layout) {
    case LAYOUT_I8: *(int8_t *)slot = (int8_t)value; return value == (int8_t)value;
    case LAYOUT_I16: *(int16_t *)slot = (int16_t)value; return value == (int16_t)value;
    case LAYOUT_I32: *(int32_t *)slot = (int32_t)value; return value == (int32_t)value;
    default: *(int64_t *)slot = value; return true;
    }
}

bool real_value_store(enum layout layout, void *slot, double value, bool is_infinity_meant) {
    if (layout == LAYOUT_F64) {
        *(double *)slot = value;
        return isfinite(value) || is_infinity_meant;
    }
    *(float *)slot = (float)value;
    return isfinite((float)value) || is_infinity_meant;
}

static bool read_datetime(const struct type *type, void *slot, struct str text, struct date_cache *dates) {
    int64_t value = 0;
    bool has_zone;
    switch (type->kind) {
    case TYPE_DATE: return date_parse(text, slot);
    case TYPE_TIME: return time_parse(text, slot);
    default:
        if (!text_timestamp_read(dates, text, &value, &has_zone) || (type->kind == TYPE_TIMESTAMP_LTZ && !has_zone))
            return false;
        *(int64_t *)slot = timestamp_clip(type, value);
        return true;
    }
}

static bool read_bool(struct str text, uint8_t *value) {
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

static bool read_base64(struct string_view *view, struct str text, struct arena *arena) {
    if (text.size % 4)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    char *bytes = arena_alloc_aligned(arena, text.size / 4 * 3 + 1, 1);
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
    *view = view_make(bytes, (uint32_t)(size - padding));
    return true;
}

static bool read_number(const struct type *type, void *slot, struct str text) {
    enum layout layout = type_layout(type);
    int64_t integer;
    double real;
    switch (layout) {
    case LAYOUT_BOOL: return read_bool(text, slot);
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64:
        if (!int_parse(text, &integer))
            return false;
        if (type->kind == TYPE_INTERVAL_SECOND && __builtin_mul_overflow(integer, 1000, &integer))
            return false;
        return int_value_store(layout, slot, integer);
    case LAYOUT_I128: return decimal_parse(text, type->precision, type->scale, slot);
    case LAYOUT_F32:
    case LAYOUT_F64:
        return double_parse(text, &real) &&
               real_value_store(layout, slot, real, !memchr(".0123456789", text.data[text.size - 1], 11));
    default: return false;
    }
}

bool text_value_read(const struct type *type, void *slot, struct str text, struct text_context *context) {
    if (type_is_string(type)) {
        view_store(slot, text.data, (uint32_t)text.size, text.size);
        return true;
    }
    text = str_trim(text);
    if (type_is_binary(type))
        return read_base64(slot, text, context->arena);
    if (type_is_datetime(type))
        return read_datetime(type, slot, text, &context->dates);
    return read_number(type, slot, text);
}

/* Two digits, or above 99 when they are none. */
static inline unsigned two_digits(const char *p) {
    unsigned tens = (unsigned char)(p[0] - '0'), ones = (unsigned char)(p[1] - '0');
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

static bool day_of(struct date_cache *dates, const char *text, int64_t *day_us) {
    uint64_t key[2] = {0};
    memcpy(key, text, 10);
    if (key[0] != dates->text[0] || key[1] != dates->text[1]) {
        int32_t days;
        if (!date_parse((struct str){text, 10}, &days))
            return false;
        *dates = (struct date_cache){.text = {key[0], key[1]}, .day_us = days * US_PER_DAY};
    }
    *day_us = dates->day_us;
    return true;
}

bool text_timestamp_read(struct date_cache *dates, struct str text, int64_t *timestamp_us, bool *has_zone) {
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
        for (; at < text.size && (unsigned char)(p[at] - '0') < 10 && at - first < 6; at++)
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

int64_t timestamp_clip(const struct type *type, int64_t timestamp_us) {
    static const int64_t units_us[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if (type->precision >= 6)
        return timestamp_us;
    if (type->precision == 3 && timestamp_us >= 0) /* nearly always; a constant divisor */
        return timestamp_us - timestamp_us % 1000;
    int64_t unit_us = units_us[type->precision];
    return floor_divide(timestamp_us, unit_us) * unit_us;
}

void text_int_write(struct strbuf *out, int64_t value) {
    char text[INT_TEXT_MAX], *end = text + sizeof text, *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--p = '-';
    strbuf_append(out, p, (size_t)(end - p));
}

void text_decimal_write(struct strbuf *out, int128 value, unsigned scale, bool is_plain) {
    unsigned digits = decimal_digits(value);
    int exponent = (int)digits - 1 - (int)scale;
    if (is_plain || exponent >= PLAIN_EXPONENT_LEAST) {
        decimal_print(out, value, scale);
        return;
    }
    struct strbuf text;
    strbuf_init(&text);
    decimal_print(&text, value < 0 ? -value : value, 0);
    strbuf_printf(out, "%s%c", value < 0 ? "-" : "", text.data[0]);
    if (text.size > 1)
        strbuf_printf(out, ".%s", text.data + 1);
    strbuf_printf(out, "E%d", exponent);
    strbuf_release(&text);
}

/* Digits up to the precision, without zeros at the end, and without a point when there are none. */
static void trim_fraction(struct strbuf *out, size_t start) {
    if (!memchr(out->data + start, '.', out->size - start))
        return;
    while (out->data[out->size - 1] == '0')
        out->size--;
    out->size -= out->data[out->size - 1] == '.';
    out->data[out->size] = '\0';
}

void text_datetime_write(struct strbuf *out, const struct type *type, const void *value, bool is_iso) {
    size_t start = out->size;
    unsigned precision = type->precision < 6 ? type->precision : 6;
    if (type->kind == TYPE_DATE) {
        date_print(out, *(const int32_t *)value);
    } else if (type->kind == TYPE_TIME) {
        time_print(out, *(const int64_t *)value, precision);
        trim_fraction(out, start);
    } else {
        timestamp_print(out, *(const int64_t *)value, precision);
        trim_fraction(out, start);
        char *separator = is_iso ? memchr(out->data + start, ' ', out->size - start) : NULL;
        if (separator)
            *separator = 'T';
        if (type->kind == TYPE_TIMESTAMP_LTZ)
            strbuf_append_char(out, 'Z');
    }
}
