/* sort_key.c: order-preserving keys; see the header for the form.
 * Invariant: of one type, no encoded value is a proper prefix of another, so flipping all bits turns the order round. */
#include "core/data/sort_key.h"

#include <endian.h>
#include <math.h>

#include "core/base/bytes.h"

enum { NULL_LOWEST, NOT_NULL, NULL_HIGHEST };
enum { LIST_END, LIST_ELEMENT };

static void put_u16(struct strbuf *out, uint16_t value) {
    value = htobe16(value);
    strbuf_append(out, &value, sizeof value);
}

static void put_u32(struct strbuf *out, uint32_t value) {
    value = htobe32(value);
    strbuf_append(out, &value, sizeof value);
}

static void put_u64(struct strbuf *out, uint64_t value) {
    value = htobe64(value);
    strbuf_append(out, &value, sizeof value);
}

static void put_decimal(struct strbuf *out, int128 value) {
    put_u64(out, (uint64_t)(value >> 64) ^ 1ull << 63);
    put_u64(out, (uint64_t)value);
}

static void put_float(struct strbuf *out, float value) {
    uint32_t bits;
    value += 0.0f; /* -0.0 becomes 0.0 */
    memcpy(&bits, &value, sizeof bits);
    put_u32(out, isnan(value) ? UINT32_MAX : bits >> 31 ? ~bits : bits | 1u << 31);
}

static void put_double(struct strbuf *out, double value) {
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    put_u64(out, isnan(value) ? UINT64_MAX : bits >> 63 ? ~bits : bits | 1ull << 63);
}

static void put_text(struct strbuf *out, struct str text) {
    while (text.size > 0) {
        const char *zero = memchr(text.data, 0, text.size);
        size_t plain = zero ? (size_t)(zero - text.data) : text.size;
        strbuf_append(out, text.data, plain);
        if (zero)
            strbuf_append(out, "\0\xFF", 2);
        plain += zero != NULL;
        text = (struct str){text.data + plain, text.size - plain};
    }
    strbuf_append(out, "\0\0", 2);
}

static void put_value(struct strbuf *out, const struct column *column, uint32_t row);

static void put_inner(struct strbuf *out, const struct column *column, uint32_t row) {
    bool is_null = column_is_null(column, row);
    bytes_put_u8(out, is_null ? NULL_LOWEST : NOT_NULL);
    if (!is_null)
        put_value(out, column, row);
}

static void put_row(struct strbuf *out, const struct column *column, uint32_t row) {
    uint32_t child_row = column_value_index(column, row);
    for (uint32_t i = 0; i < column->type->field_count; i++)
        put_inner(out, &column->children[i], child_row);
}

static void put_list(struct strbuf *out, const struct column *column, uint32_t row) {
    const struct list_slice *slice = column_value(column, row);
    uint32_t children = column->type->kind == TYPE_MAP ? 2 : 1;
    for (uint32_t i = 0; i < slice->count; i++) {
        bytes_put_u8(out, LIST_ELEMENT);
        for (uint32_t child = 0; child < children; child++)
            put_inner(out, &column->children[child], slice->offset + i);
    }
    bytes_put_u8(out, LIST_END);
}

static void put_value(struct strbuf *out, const struct column *column, uint32_t row) {
    enum layout layout = type_layout(column->type);
    if (layout == LAYOUT_ROW) {
        put_row(out, column, row);
        return;
    }
    const void *value = column_value(column, row);
    switch (layout) {
    case LAYOUT_BOOL: bytes_put_u8(out, *(const uint8_t *)value); break;
    case LAYOUT_I8: bytes_put_u8(out, (uint8_t)(*(const uint8_t *)value ^ 1u << 7)); break;
    case LAYOUT_I16: put_u16(out, (uint16_t)(*(const uint16_t *)value ^ 1u << 15)); break;
    case LAYOUT_I32: put_u32(out, *(const uint32_t *)value ^ 1u << 31); break;
    case LAYOUT_I64: put_u64(out, *(const uint64_t *)value ^ 1ull << 63); break;
    case LAYOUT_I128: put_decimal(out, *(const int128 *)value); break;
    case LAYOUT_F32: put_float(out, *(const float *)value); break;
    case LAYOUT_F64: put_double(out, *(const double *)value); break;
    case LAYOUT_VIEW: put_text(out, view_str(value)); break;
    case LAYOUT_LIST: put_list(out, column, row); break;
    default: UNREACHABLE();
    }
}

void sort_key_encode(struct strbuf *out, const struct column *columns, const struct sort_key *keys, uint32_t key_count,
                     uint32_t row) {
    for (uint32_t i = 0; i < key_count; i++) {
        const struct column *column = &columns[keys[i].column];
        if (column_is_null(column, row)) {
            bytes_put_u8(out, keys[i].nulls_first ? NULL_LOWEST : NULL_HIGHEST);
            continue;
        }
        bytes_put_u8(out, NOT_NULL);
        size_t start = out->size;
        put_value(out, column, row);
        for (size_t at = start; keys[i].descending && at < out->size; at++)
            out->data[at] = (char)~out->data[at];
    }
}
