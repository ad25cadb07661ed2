/* row_codec.c: rows as bytes; see the header for the form.
 * Encoding writes one form only for equal values; decoding trusts nothing but the types. */
#include "core/data/row_codec.h"

#include "core/base/arena.h"
#include "core/data/real.h"

enum { NULL_BYTES_MAX = 8192 };

static void encode_varint(struct strbuf *out, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    strbuf_append(out, bytes, size);
}

static void encode_cells(struct strbuf *out, const struct column *columns, const uint32_t *column_indexes,
                         uint32_t column_count, uint32_t row, bool exact);

static void encode_list(struct strbuf *out, const struct column *column, uint32_t row, bool exact) {
    const struct list_slice *slice = column_value(column, row);
    encode_varint(out, slice->count);
    uint32_t children = column->type->kind == TYPE_MAP ? 2 : 1;
    for (uint32_t i = 0; i < slice->count; i++)
        encode_cells(out, column->children, NULL, children, slice->offset + i, exact);
}

static void encode_value(struct strbuf *out, const struct column *column, uint32_t row, bool exact) {
    enum layout layout = type_layout(column->type);
    if (layout == LAYOUT_ROW) {
        encode_cells(out, column->children, NULL, column->type->field_count, column_value_index(column, row), exact);
        return;
    }
    const void *value = column_value(column, row);
    if (layout == LAYOUT_LIST) {
        encode_list(out, column, row, exact);
    } else if (layout == LAYOUT_VIEW) {
        struct str text = view_str(value);
        encode_varint(out, text.size);
        strbuf_append_str(out, text);
    } else if (layout == LAYOUT_F64 && !exact) {
        double number = double_canonical(*(const double *)value);
        strbuf_append(out, &number, sizeof number);
    } else if (layout == LAYOUT_F32 && !exact) {
        float number = float_canonical(*(const float *)value);
        strbuf_append(out, &number, sizeof number);
    } else {
        strbuf_append(out, value, layout_size(layout));
    }
}

static void encode_cells(struct strbuf *out, const struct column *columns, const uint32_t *column_indexes,
                         uint32_t column_count, uint32_t row, bool exact) {
    size_t start = out->size;
    uint32_t null_bytes = (column_count + 7) / 8;
    ASSERT(null_bytes <= NULL_BYTES_MAX);
    strbuf_reserve(out, null_bytes);
    memset(out->data + start, 0, null_bytes);
    out->size += null_bytes;
    for (uint32_t i = 0; i < column_count; i++) {
        const struct column *column = &columns[column_indexes ? column_indexes[i] : i];
        if (column_is_null(column, row))
            out->data[start + i / 8] = (char)(out->data[start + i / 8] | 1 << i % 8);
        else
            encode_value(out, column, row, exact);
    }
}

void row_encode(struct strbuf *out, const struct column *columns, const uint32_t *column_indexes, uint32_t column_count,
                uint32_t row) {
    encode_cells(out, columns, column_indexes, column_count, row, false);
}

void row_encode_exact(struct strbuf *out, const struct column *columns, uint32_t column_count, uint32_t row) {
    encode_cells(out, columns, NULL, column_count, row, true);
}

struct reader {
    const uint8_t *at, *end;
    struct arena *arena;
    struct error *error;
};

static enum status fail_cut(struct reader *reader) {
    return FAIL(reader->error, STATUS_MALFORMED_RECORD, "encoded row ends too early");
}

static enum status take(struct reader *reader, size_t size, const uint8_t **bytes) {
    if ((size_t)(reader->end - reader->at) < size)
        return fail_cut(reader);
    *bytes = reader->at;
    reader->at += size;
    return STATUS_OK;
}

/* A length: never more than the bytes that are left, so that nothing is allocated for a lie. */
static enum status take_length(struct reader *reader, uint32_t *length) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const uint8_t *byte = NULL;
        TRY(take(reader, 1, &byte));
        value |= (uint64_t)(*byte & 0x7F) << shift;
        if (*byte & 0x80)
            continue;
        if (value > (uint64_t)(reader->end - reader->at))
            return fail_cut(reader);
        *length = (uint32_t)value;
        return STATUS_OK;
    }
    return FAIL(reader->error, STATUS_MALFORMED_RECORD, "encoded row has a length that is too large");
}

static enum status decode_cells(struct reader *reader, struct column *columns, uint32_t column_count, uint32_t row,
                                uint32_t capacity_rows);

static enum status decode_list(struct reader *reader, struct column *column, uint32_t row) {
    uint32_t count;
    TRY(take_length(reader, &count));
    uint32_t first = column_list_append(column, reader->arena, row, count);
    uint32_t children = column->type->kind == TYPE_MAP ? 2 : 1;
    for (uint32_t i = 0; i < count; i++)
        TRY(decode_cells(reader, column->children, children, first + i, column->element_capacity));
    return STATUS_OK;
}

static enum status decode_value(struct reader *reader, struct column *column, uint32_t row, uint32_t capacity_rows) {
    enum layout layout = type_layout(column->type);
    if (layout == LAYOUT_ROW)
        return decode_cells(reader, column->children, column->type->field_count, row, capacity_rows);
    if (layout == LAYOUT_LIST)
        return decode_list(reader, column, row);
    const uint8_t *bytes = NULL;
    if (layout == LAYOUT_VIEW) {
        uint32_t length;
        TRY(take_length(reader, &length));
        TRY(take(reader, length, &bytes));
        COLUMN_VALUES(column, struct string_view)[row] = view_make((const char *)bytes, length);
        return STATUS_OK;
    }
    size_t size = layout_size(layout);
    TRY(take(reader, size, &bytes));
    if (layout == LAYOUT_BOOL && *bytes > 1)
        return FAIL(reader->error, STATUS_MALFORMED_RECORD, "encoded row has a BOOLEAN that is neither 0 nor 1");
    memcpy((uint8_t *)column->values + size * row, bytes, size);
    return STATUS_OK;
}

static enum status decode_cells(struct reader *reader, struct column *columns, uint32_t column_count, uint32_t row,
                                uint32_t capacity_rows) {
    const uint8_t *nulls = NULL;
    TRY(take(reader, (column_count + 7) / 8, &nulls));
    for (uint32_t i = 0; i < column_count; i++) {
        struct column *column = &columns[i];
        if (nulls[i / 8] >> i % 8 & 1) {
            column_set_null(column, reader->arena, row, capacity_rows);
            continue;
        }
        if (column->validity)
            validity_set(column->validity, row, true);
        TRY(decode_value(reader, column, row, capacity_rows));
    }
    return STATUS_OK;
}

enum status row_decode(struct str bytes, struct column *columns, uint32_t column_count, uint32_t row,
                       uint32_t capacity_rows, struct arena *arena, struct error *error) {
    const uint8_t *data = (const uint8_t *)(bytes.size ? bytes.data : ""); /* a row without columns may have none */
    struct reader reader = {.at = data, .end = data + bytes.size, .arena = arena, .error = error};
    TRY(decode_cells(&reader, columns, column_count, row, capacity_rows));
    if (reader.at != reader.end)
        return FAIL(error, STATUS_MALFORMED_RECORD, "encoded row has %zu bytes too many",
                    (size_t)(reader.end - reader.at));
    return STATUS_OK;
}
