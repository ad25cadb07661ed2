/* encoder.c: values as JSON, as Flink writes them: timestamps without trailing zeros, BYTES in Base64, NaN as a text.
 * Column names are escaped once, when the sink is opened.
 */
#include "connectors/formats/json/encoder.h"

#include <math.h>

#include "connectors/formats/json/lex.h"
#include "core/base/arena.h"
#include "core/data/column.h"
#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"

enum { INT_TEXT_MAX = 24, PLAIN_EXPONENT_LEAST = -6 };

void json_output_init(struct json_output *output, struct arena *arena, const char *name, const struct type *type) {
    *output = (struct json_output){.type = type};
    struct strbuf prefix;
    strbuf_init(&prefix);
    json_write_text(&prefix, str_from(name));
    strbuf_append_char(&prefix, ':');
    output->prefix = (struct str){arena_copy(arena, prefix.data, prefix.size), prefix.size};
    strbuf_release(&prefix);
    const struct field array[] = {{"element", type->element}}, map[] = {{"key", type->key}, {"value", type->element}};
    const struct field *fields = type->kind == TYPE_ROW ? type->fields : type->kind == TYPE_MAP ? map : array;
    output->child_count = type->kind == TYPE_ROW     ? type->field_count
                          : type->kind == TYPE_MAP   ? 2
                          : type->kind == TYPE_ARRAY ? 1
                                                     : 0;
    output->children = ARENA_ARRAY(arena, struct json_output, output->child_count);
    for (uint32_t i = 0; i < output->child_count; i++)
        json_output_init(&output->children[i], arena, fields[i].name, fields[i].type);
}

static void write_int(struct strbuf *out, int64_t value) {
    char text[INT_TEXT_MAX], *end = text + sizeof text, *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--p = '-';
    strbuf_append(out, p, (size_t)(end - p));
}

/* The first byte at or after p that a JSON text must escape. */
static const char *find_special(const char *p, const char *end) {
#ifdef __AVX2__
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), control = _mm256_set1_epi8(0x1F);
    for (; end - p >= 32; p += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)p);
        __m256i marks = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, backslash));
        marks = _mm256_or_si256(marks, _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, control), bytes));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(marks);
        if (mask)
            return p + __builtin_ctz(mask);
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

static void write_escaped(struct strbuf *out, unsigned char c) {
    static const char letters[] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'};
    strbuf_append_char(out, '\\');
    if (c < sizeof letters && letters[c])
        strbuf_append_char(out, letters[c]);
    else
        strbuf_printf(out, "u%04X", c);
}

void json_write_text(struct strbuf *out, struct str text) {
    const char *p = text.data, *end = text.data + text.size;
    strbuf_reserve(out, text.size + 2);
    strbuf_append_char(out, '"');
    while (p < end) {
        const char *special = find_special(p, end);
        strbuf_append(out, p, (size_t)(special - p));
        if (special < end)
            write_escaped(out, (unsigned char)*special++);
        p = special;
    }
    strbuf_append_char(out, '"');
}

static void write_double(struct strbuf *out, double value, bool is_float) {
    char text[REAL_TEXT_MAX];
    size_t size = is_float ? float_write(text, (float)value) : double_write(text, value);
    if (isfinite(value))
        strbuf_append(out, text, size);
    else
        json_write_text(out, (struct str){text, size});
}

/* As BigDecimal prints: 0.0000001 becomes 1E-7, unless plain numbers are wanted. */
static void write_decimal(struct strbuf *out, int128 value, unsigned scale, bool is_plain) {
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

static void write_base64(struct strbuf *out, struct str bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes.data[i] << 16;
        bits |= left > 1 ? (uint32_t)(unsigned char)bytes.data[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)bytes.data[i + 2] : 0;
        char text[4] = {digits[bits >> 18], digits[bits >> 12 & 63], left > 1 ? digits[bits >> 6 & 63] : '=',
                        left > 2 ? digits[bits & 63] : '='};
        strbuf_append(out, text, 4);
    }
    strbuf_append_char(out, '"');
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

static void write_datetime(struct strbuf *out, const struct type *type, const void *value, bool is_iso) {
    strbuf_append_char(out, '"');
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
    strbuf_append_char(out, '"');
}

static enum status write_row(struct strbuf *out, const struct json_output *output, const struct column *column,
                             uint32_t row, const struct json_encode_settings *settings, struct error *error) {
    uint32_t child_row = column_value_index(column, row);
    strbuf_append_char(out, '{');
    size_t start = out->size;
    for (uint32_t i = 0; i < output->child_count; i++)
        TRY(json_write_field(out, &output->children[i], &column->children[i], child_row, settings, error));
    out->size -= out->size > start; /* the last comma */
    strbuf_append_char(out, '}');
    return STATUS_OK;
}

static enum status write_array(struct strbuf *out, const struct json_output *output, const struct column *column,
                               uint32_t row, const struct json_encode_settings *settings, struct error *error) {
    const struct list_slice *slice = column_value(column, row);
    strbuf_append_char(out, '[');
    for (uint32_t i = 0; i < slice->count; i++) {
        if (i)
            strbuf_append_char(out, ',');
        TRY(json_write_value(out, &output->children[0], &column->children[0], slice->offset + i, settings, error));
    }
    strbuf_append_char(out, ']');
    return STATUS_OK;
}

static void write_key(struct strbuf *out, const struct column *keys, uint32_t row) {
    const struct type *type = keys->type;
    if (type_is_string(type)) {
        json_write_text(out, view_str(column_value(keys, row)));
        return;
    }
    struct strbuf text;
    strbuf_init(&text);
    column_print_value(&text, keys, row);
    json_write_text(out, strbuf_str(&text));
    strbuf_release(&text);
}

static enum status write_map(struct strbuf *out, const struct json_output *output, const struct column *column,
                             uint32_t row, const struct json_encode_settings *settings, struct error *error) {
    const struct list_slice *slice = column_value(column, row);
    const struct column *keys = &column->children[0], *values = &column->children[1];
    bool is_first = true;
    strbuf_append_char(out, '{');
    for (uint32_t i = slice->offset; i < slice->offset + slice->count; i++) {
        bool is_null_key = column_is_null(keys, i);
        if (is_null_key && settings->null_key == JSON_NULL_KEY_DROP)
            continue;
        if (is_null_key && settings->null_key == JSON_NULL_KEY_FAIL) {
            FAIL(error, STATUS_NOT_NULL_VIOLATION, "a MAP with a NULL key cannot be written as JSON");
            error_hint(error, "set 'json.map-null-key.mode' to DROP or LITERAL");
            return STATUS_NOT_NULL_VIOLATION;
        }
        if (!is_first)
            strbuf_append_char(out, ',');
        is_first = false;
        if (is_null_key)
            json_write_text(out, str_from(settings->null_key_literal));
        else
            write_key(out, keys, i);
        strbuf_append_char(out, ':');
        TRY(json_write_value(out, &output->children[1], values, i, settings, error));
    }
    strbuf_append_char(out, '}');
    return STATUS_OK;
}

enum status json_write_value(struct strbuf *out, const struct json_output *output, const struct column *column,
                             uint32_t row, const struct json_encode_settings *settings, struct error *error) {
    if (column_is_null(column, row)) {
        strbuf_append(out, "null", 4);
        return STATUS_OK;
    }
    const struct type *type = output->type;
    if (type->kind == TYPE_ROW)
        return write_row(out, output, column, row, settings, error);
    const void *value = column_value(column, row);
    if (type_is_datetime(type)) {
        write_datetime(out, type, value, settings->is_iso_time);
        return STATUS_OK;
    }
    switch (type_layout(type)) {
    case LAYOUT_BOOL: strbuf_append_text(out, *(const uint8_t *)value ? "true" : "false"); break;
    case LAYOUT_I8: write_int(out, *(const int8_t *)value); break;
    case LAYOUT_I16: write_int(out, *(const int16_t *)value); break;
    case LAYOUT_I32: write_int(out, *(const int32_t *)value); break;
    case LAYOUT_I64: write_int(out, *(const int64_t *)value / (type->kind == TYPE_INTERVAL_SECOND ? 1000 : 1)); break;
    case LAYOUT_I128: write_decimal(out, *(const int128 *)value, type->scale, settings->is_plain_decimal); break;
    case LAYOUT_F32: write_double(out, (double)*(const float *)value, true); break;
    case LAYOUT_F64: write_double(out, *(const double *)value, false); break;
    case LAYOUT_VIEW:
        if (type_is_binary(type))
            write_base64(out, view_str(value));
        else
            json_write_text(out, view_str(value));
        break;
    case LAYOUT_LIST:
        return type->kind == TYPE_MAP ? write_map(out, output, column, row, settings, error)
                                      : write_array(out, output, column, row, settings, error);
    case LAYOUT_ROW:
    case LAYOUT_COUNT: UNREACHABLE();
    }
    return STATUS_OK;
}

enum status json_write_field(struct strbuf *out, const struct json_output *output, const struct column *column,
                             uint32_t row, const struct json_encode_settings *settings, struct error *error) {
    if (settings->ignores_null_fields && column_is_null(column, row))
        return STATUS_OK;
    strbuf_append_str(out, output->prefix);
    TRY(json_write_value(out, output, column, row, settings, error));
    strbuf_append_char(out, ',');
    return STATUS_OK;
}
