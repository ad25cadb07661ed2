/* row_batch_codec.c: see the header. Values that have values of their own (ROW, ARRAY, MAP) go row by row through row_codec. */
#include "core/data/row_batch_codec.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/data/real.h"
#include "core/data/row_codec.h"

static uint32_t varint_size(uint32_t value) {
    uint32_t size = 1;
    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

static char *write_varint(char *at, uint32_t value) {
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* ---- sizes ---- */

static void add_sizes(const struct column *column, const struct selection *selection, uint32_t *sizes) {
    enum layout layout = type_layout(column->type);
    const struct string_view *texts = layout == LAYOUT_VIEW ? column->values : NULL;
    uint32_t width = texts ? 0 : (uint32_t)layout_size(layout);
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!validity_get(column->validity, row))
            continue;
        sizes[i] += texts ? varint_size(texts[row].size) + texts[row].size : width;
    }
}

/* ---- values ---- */

#define WRITE_VALUES(ctype, expression)                     \
    for (uint32_t i = 0; i < selection->count; i++) {       \
        uint32_t row = selection_row(selection, i);         \
        if (!validity_get(column->validity, row))           \
            continue;                                       \
        ctype value = ((const ctype *)column->values)[row]; \
        value = (expression);                               \
        memcpy(cursors[i], &value, sizeof value);           \
        cursors[i] += sizeof value;                         \
    }                                                       \
    break

static void write_texts(const struct column *column, const struct selection *selection, char **cursors) {
    const struct string_view *texts = column->values;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!validity_get(column->validity, row))
            continue;
        char *at = write_varint(cursors[i], texts[row].size);
        memcpy(at, view_data(&texts[row]), texts[row].size);
        cursors[i] = at + texts[row].size;
    }
}

static void write_values(const struct column *column, const struct selection *selection, char **cursors) {
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL:
    case LAYOUT_I8: WRITE_VALUES(uint8_t, value);
    case LAYOUT_I16: WRITE_VALUES(uint16_t, value);
    case LAYOUT_I32: WRITE_VALUES(uint32_t, value);
    case LAYOUT_I64: WRITE_VALUES(uint64_t, value);
    case LAYOUT_I128: WRITE_VALUES(int128, value);
    case LAYOUT_F32: WRITE_VALUES(float, float_canonical(value));
    case LAYOUT_F64: WRITE_VALUES(double, double_canonical(value));
    case LAYOUT_VIEW: write_texts(column, selection, cursors); break;
    default: UNREACHABLE();
    }
}

static void mark_nulls(const struct column *columns, uint32_t column_count, const struct selection *selection,
                       char **cursors) {
    for (uint32_t k = 0; k < column_count; k++) {
        if (!columns[k].validity)
            continue;
        for (uint32_t i = 0; i < selection->count; i++)
            if (!validity_get(columns[k].validity, selection_row(selection, i)))
                cursors[i][k / 8] = (char)(cursors[i][k / 8] | 1 << k % 8);
    }
}

static void encode_columns(struct arena *arena, const struct column *columns, uint32_t column_count,
                           const struct selection *selection, struct string_view *views) {
    uint32_t null_bytes = (column_count + 7) / 8;
    uint32_t *sizes = arena_alloc(arena, selection->count * sizeof *sizes);
    for (uint32_t i = 0; i < selection->count; i++)
        sizes[i] = null_bytes;
    for (uint32_t k = 0; k < column_count; k++)
        add_sizes(&columns[k], selection, sizes);
    size_t total = 0;
    for (uint32_t i = 0; i < selection->count; i++)
        total += sizes[i];

    char *bytes = arena_alloc(arena, total + 1);
    char **cursors = arena_alloc(arena, selection->count * sizeof *cursors);
    char *at = bytes;
    for (uint32_t i = 0; i < selection->count; i++) {
        cursors[i] = at;
        memset(at, 0, null_bytes);
        at += sizes[i];
    }
    mark_nulls(columns, column_count, selection, cursors);
    for (uint32_t i = 0; i < selection->count; i++)
        cursors[i] += null_bytes;
    for (uint32_t k = 0; k < column_count; k++)
        write_values(&columns[k], selection, cursors);
    at = bytes;
    for (uint32_t i = 0; i < selection->count; at += sizes[i++])
        views[i] = view_make(at, sizes[i]);
}

/* ---- nested values ---- */

static void encode_rows(struct arena *arena, const struct column *columns, uint32_t column_count,
                        const struct selection *selection, struct string_view *views) {
    struct strbuf bytes;
    strbuf_init(&bytes);
    for (uint32_t i = 0; i < selection->count; i++) {
        strbuf_reset(&bytes);
        row_encode(&bytes, columns, NULL, column_count, selection_row(selection, i));
        views[i] = view_copy(arena, strbuf_str(&bytes));
    }
    strbuf_release(&bytes);
}

static bool is_nested(const struct type *type) {
    return type_layout(type) == LAYOUT_ROW || type_layout(type) == LAYOUT_LIST;
}

void row_batch_encode(struct arena *arena, const struct column *columns, uint32_t column_count,
                      const struct selection *selection, struct string_view *views) {
    bool nested = false;
    for (uint32_t k = 0; k < column_count; k++)
        nested |= is_nested(columns[k].type);
    if (nested)
        encode_rows(arena, columns, column_count, selection, views);
    else
        encode_columns(arena, columns, column_count, selection, views);
}
