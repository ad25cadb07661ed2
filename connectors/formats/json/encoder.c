/* encoder.c: values as JSON, as Flink writes them: timestamps without trailing zeros, BYTES in Base64, NaN as a text.
 * Column names are escaped once, when the sink is opened.
 */
#include "connectors/formats/json/encoder.h"

#include <math.h>

#include "connectors/formats/json/lex.h"
#include "connectors/formats/text_value.h"
#include "core/base/arena.h"
#include "core/base/base64.h"
#include "core/data/column.h"
#include "core/data/real.h"

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
    for (; end - p >= 8; p += 8) {
        uint64_t word = json_load8(p), controls = (word - 0x2020202020202020ull) & ~word & 0x8080808080808080ull;
        if (controls | json_match8(word, '"') | json_match8(word, '\\'))
            break; /* which one it is, the loop below finds */
    }
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
        strbuf_append_char(out, '"');
        text_datetime_write(out, type, value, settings->is_iso_time);
        strbuf_append_char(out, '"');
        return STATUS_OK;
    }
    switch (type_layout(type)) {
    case LAYOUT_BOOL: strbuf_append_text(out, *(const uint8_t *)value ? "true" : "false"); break;
    case LAYOUT_I8: text_int_write(out, *(const int8_t *)value); break;
    case LAYOUT_I16: text_int_write(out, *(const int16_t *)value); break;
    case LAYOUT_I32: text_int_write(out, *(const int32_t *)value); break;
    case LAYOUT_I64:
        text_int_write(out, *(const int64_t *)value / (type->kind == TYPE_INTERVAL_SECOND ? 1000 : 1));
        break;
    case LAYOUT_I128: text_decimal_write(out, *(const int128 *)value, type->scale, settings->is_plain_decimal); break;
    case LAYOUT_F32: write_double(out, (double)*(const float *)value, true); break;
    case LAYOUT_F64: write_double(out, *(const double *)value, false); break;
    case LAYOUT_VIEW:
        if (type_is_string(type)) {
            json_write_text(out, view_str(value));
            break;
        }
        strbuf_append_char(out, '"');
        base64_append(out, view_str(value));
        strbuf_append_char(out, '"');
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
