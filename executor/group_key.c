/* group_key.c: key columns to words and back, by physical layout. */
#include "executor/group_key.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/data/real.h"
#include "core/data/row_batch_codec.h"
#include "core/data/row_codec.h"

static bool fits_word(const struct type *type) {
    switch (type_layout(type)) {
    case LAYOUT_BOOL:
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64:
    case LAYOUT_F32:
    case LAYOUT_F64: return true;
    default: return false;
    }
}

void key_layout_init(struct key_layout *layout, const struct type **types, uint32_t column_count) {
    *layout = (struct key_layout){.column_count = column_count, .types = types, .form = KEY_BYTES, .is_encoded = true};
    if (column_count == 1 && type_layout(types[0]) == LAYOUT_VIEW)
        layout->is_encoded = false;
    else if (column_count == 1 && type_layout(types[0]) == LAYOUT_I128)
        layout->form = KEY_PAIR;
    else if (column_count == 1 && fits_word(types[0]))
        layout->form = KEY_WORD;
    else if (column_count == 2 && fits_word(types[0]) && fits_word(types[1]))
        layout->form = KEY_PAIR;
}

static uint64_t double_word(double value) {
    value = double_canonical(value);
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

/* The i-th word of a column goes to words[i * stride]. */
#define COPY_WORDS(ctype, expression)                                               \
    for (uint32_t i = 0; i < selection->count; i++) {                               \
        ctype value = ((const ctype *)column->values)[selection_row(selection, i)]; \
        words[(size_t)i * stride] = (expression);                                   \
    }                                                                               \
    break

static void copy_words(const struct column *column, const struct selection *selection, uint64_t *words,
                       uint32_t stride) {
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL: COPY_WORDS(uint8_t, value);
    case LAYOUT_I8: COPY_WORDS(int8_t, (uint64_t)value);
    case LAYOUT_I16: COPY_WORDS(int16_t, (uint64_t)value);
    case LAYOUT_I32: COPY_WORDS(int32_t, (uint64_t)value);
    case LAYOUT_I64: COPY_WORDS(int64_t, (uint64_t)value);
    case LAYOUT_F32: COPY_WORDS(float, double_word((double)value));
    case LAYOUT_F64: COPY_WORDS(double, double_word(value));
    default: UNREACHABLE();
    }
}

static void copy_wide(const struct column *column, const struct selection *selection, uint64_t *words) {
    const int128 *values = column->values;
    for (uint32_t i = 0; i < selection->count; i++)
        memcpy(&words[2 * (size_t)i], &values[selection_row(selection, i)], sizeof(int128));
}

/* Zeroes the words of NULLs and sets their bit. */
static uint8_t *mark_nulls(const struct column *column, const struct selection *selection, uint64_t *words,
                           uint32_t stride, uint32_t width, uint8_t bit, uint8_t *nulls, struct arena *scratch) {
    if (!column->validity)
        return nulls;
    for (uint32_t i = 0; i < selection->count; i++) {
        if (validity_get(column->validity, selection_row(selection, i)))
            continue;
        if (!nulls)
            nulls = arena_zalloc(scratch, selection->count);
        nulls[i] |= bit;
        memset(&words[(size_t)i * stride], 0, width * sizeof *words);
    }
    return nulls;
}

static void read_words(const struct key_layout *layout, const struct column *columns, const struct selection *selection,
                       struct arena *scratch, struct batch_keys *keys) {
    if (layout->form == KEY_WORD && type_layout(layout->types[0]) == LAYOUT_I64 && !selection->rows &&
        !columns[0].validity) {
        keys->words = columns[0].values;
        return;
    }
    uint32_t stride = layout->form == KEY_WORD ? 1 : 2;
    uint64_t *words = arena_alloc(scratch, sizeof *words * stride * selection->count);
    uint8_t *nulls = NULL;
    for (uint32_t k = 0; k < layout->column_count; k++) {
        bool wide = type_layout(layout->types[k]) == LAYOUT_I128;
        if (wide)
            copy_wide(&columns[k], selection, words);
        else
            copy_words(&columns[k], selection, words + k, stride);
        nulls = mark_nulls(&columns[k], selection, words + k, stride, wide ? 2 : 1, (uint8_t)(1u << k), nulls, scratch);
    }
    keys->words = words;
    keys->nulls = nulls;
}

static void read_strings(const struct column *column, const struct selection *selection, struct arena *scratch,
                         struct batch_keys *keys) {
    const struct string_view *values = column->values;
    if (!selection->rows && !column->validity) {
        keys->views = values;
        return;
    }
    struct string_view *views = arena_alloc(scratch, sizeof *views * selection->count);
    uint8_t *nulls = column->validity ? arena_zalloc(scratch, selection->count) : NULL;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        bool valid = validity_get(column->validity, row);
        views[i] = valid ? values[row] : view_make(NULL, 0);
        if (!valid)
            nulls[i] = 1;
    }
    keys->views = views;
    keys->nulls = nulls;
}

static void read_rows(const struct key_layout *layout, const struct column *columns, const struct selection *selection,
                      struct arena *scratch, struct batch_keys *keys) {
    struct string_view *views = arena_alloc(scratch, sizeof *views * selection->count);
    row_batch_encode(scratch, columns, layout->column_count, selection, views);
    keys->views = views;
}

void key_layout_read(const struct key_layout *layout, const struct column *columns, const struct selection *selection,
                     struct arena *scratch, struct batch_keys *keys) {
    *keys = (struct batch_keys){0};
    struct column flat[KEY_COLUMNS_MAX];
    ASSERT(layout->column_count <= KEY_COLUMNS_MAX);
    uint32_t row_count = 0;
    if (selection->count)
        row_count = selection_row(selection, selection->count - 1) + 1;
    for (uint32_t k = 0; k < layout->column_count; k++)
        flat[k] = column_flatten(&columns[k], scratch, row_count);
    if (layout->form != KEY_BYTES)
        read_words(layout, flat, selection, scratch, keys);
    else if (layout->is_encoded)
        read_rows(layout, flat, selection, scratch, keys);
    else
        read_strings(&flat[0], selection, scratch, keys);
}

static void write_word(struct column *column, uint64_t word, uint32_t row) {
    double real;
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL:
    case LAYOUT_I8: COLUMN_VALUES(column, int8_t)[row] = (int8_t)word; break;
    case LAYOUT_I16: COLUMN_VALUES(column, int16_t)[row] = (int16_t)word; break;
    case LAYOUT_I32: COLUMN_VALUES(column, int32_t)[row] = (int32_t)word; break;
    case LAYOUT_I64: COLUMN_VALUES(column, int64_t)[row] = (int64_t)word; break;
    case LAYOUT_F32:
        memcpy(&real, &word, sizeof real);
        COLUMN_VALUES(column, float)[row] = (float)real;
        break;
    case LAYOUT_F64: memcpy(&COLUMN_VALUES(column, double)[row], &word, sizeof word); break;
    default: UNREACHABLE();
    }
}

void key_layout_write(const struct key_layout *layout, const uint8_t *key, uint8_t nulls, struct column *columns,
                      uint32_t row, uint32_t capacity_rows, struct arena *arena) {
    if (layout->form == KEY_BYTES) {
        struct string_view view;
        memcpy(&view, key, sizeof view);
        struct string_view copy = view_copy(arena, view_str(&view));
        if (layout->is_encoded) {
            const char *bytes = copy.size > VIEW_INLINE_MAX ? copy.data : arena_strndup(arena, copy.inlined, copy.size);
            enum status status = row_decode((struct str){bytes, copy.size}, columns, layout->column_count, row,
                                            capacity_rows, arena, NULL);
            ASSERT(status == STATUS_OK); /* our own bytes */
            return;
        }
        COLUMN_VALUES(&columns[0], struct string_view)[row] = copy;
        if (nulls)
            column_set_null(&columns[0], arena, row, capacity_rows);
        return;
    }
    for (uint32_t k = 0; k < layout->column_count; k++) {
        if (type_layout(layout->types[k]) == LAYOUT_I128) {
            memcpy(&COLUMN_VALUES(&columns[k], int128)[row], key, sizeof(int128));
        } else {
            uint64_t word;
            memcpy(&word, key + 8 * k, sizeof word);
            write_word(&columns[k], word, row);
        }
        if (nulls >> k & 1)
            column_set_null(&columns[k], arena, row, capacity_rows);
    }
}

bool key_layout_accepts(const struct key_layout *layout, struct str bytes) {
    if (!layout->is_encoded)
        return true;
    struct arena arena;
    arena_init(&arena);
    struct column *columns = ARENA_ARRAY(&arena, struct column, layout->column_count + 1);
    for (uint32_t k = 0; k < layout->column_count; k++)
        column_init(&columns[k], &arena, layout->types[k], 1);
    bool accepted = row_decode(bytes, columns, layout->column_count, 0, 1, &arena, NULL) == STATUS_OK;
    arena_release(&arena);
    return accepted;
}
