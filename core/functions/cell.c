/* cell.c: values of all types in one shape, so that containers of values need no template. */
#include "core/functions/cell.h"

#include <math.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/str.h"
#include "core/data/row_codec.h"
#include "core/functions/state_memory.h"

enum cell_kind cell_kind_of(const struct type *type) {
    switch (type_layout(type)) {
    case LAYOUT_VIEW: return CELL_VIEW;
    case LAYOUT_ROW:
    case LAYOUT_LIST: return CELL_ENCODED;
    default: return CELL_NUMBER;
    }
}

static struct cell from_int128(int128 value) {
    return (struct cell){.words = {(uint64_t)value, (uint64_t)((unsigned __int128)value >> 64)}};
}

static int128 to_int128(struct cell cell) {
    return (int128)((unsigned __int128)cell.words[1] << 64 | cell.words[0]);
}

/* Negative numbers have their other bits flipped, so that the integers sort as the numbers do, NaN last. */
static int64_t ordered_from_double(double value) {
    int64_t bits;
    value = isnan(value) ? (double)NAN : value + 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static double ordered_to_double(int64_t bits) {
    double value;
    bits = bits < 0 ? bits ^ INT64_MAX : bits;
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct cell cell_read(const struct column *column, uint32_t row, struct strbuf *scratch) {
    enum layout layout = type_layout(column->type);
    if (layout == LAYOUT_ROW || layout == LAYOUT_LIST) {
        strbuf_reset(scratch);
        row_encode(scratch, column, NULL, 1, row);
        ASSERT(scratch->size <= UINT32_MAX);
        return (struct cell){.view = view_make(scratch->data, (uint32_t)scratch->size)};
    }
    const void *value = column_value(column, row);
    switch (layout) {
    case LAYOUT_BOOL: return from_int128(*(const uint8_t *)value);
    case LAYOUT_I8: return from_int128(*(const int8_t *)value);
    case LAYOUT_I16: return from_int128(*(const int16_t *)value);
    case LAYOUT_I32: return from_int128(*(const int32_t *)value);
    case LAYOUT_I64: return from_int128(*(const int64_t *)value);
    case LAYOUT_I128: return from_int128(*(const int128 *)value);
    case LAYOUT_F32: return from_int128(ordered_from_double((double)*(const float *)value));
    case LAYOUT_F64: return from_int128(ordered_from_double(*(const double *)value));
    case LAYOUT_VIEW: return (struct cell){.view = *(const struct string_view *)value};
    default: UNREACHABLE();
    }
}

struct cell cell_own(enum cell_kind kind, struct cell cell, struct state_memory *memory) {
    if (kind == CELL_NUMBER || cell.view.size <= VIEW_INLINE_MAX)
        return cell;
    char *bytes = state_memory_alloc(memory, cell.view.size);
    memcpy(bytes, cell.view.data, cell.view.size);
    cell.view.data = bytes;
    return cell;
}

void cell_disown(enum cell_kind kind, struct cell *cell, struct state_memory *memory) {
    if (kind != CELL_NUMBER && cell->view.size > VIEW_INLINE_MAX)
        state_memory_release(memory, (void *)(uintptr_t)cell->view.data, cell->view.size);
}

static void write_encoded(struct cell cell, struct column *column, uint32_t row, uint32_t capacity_rows,
                          struct arena *arena) {
    struct str bytes = view_str(&cell.view);
    bytes.data = arena_copy(arena, bytes.data, bytes.size);
    struct error error;
    /* Our own bytes, written by cell_read: not being able to read them is a bug. */
    ASSERT(row_decode(bytes, column, 1, row, capacity_rows, arena, &error) == STATUS_OK);
}

void cell_write(struct cell cell, struct column *column, uint32_t row, uint32_t capacity_rows, struct arena *arena) {
    if (column->validity)
        validity_set(column->validity, row, true);
    int128 number = to_int128(cell);
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL: COLUMN_VALUES(column, uint8_t)[row] = (uint8_t)number; break;
    case LAYOUT_I8: COLUMN_VALUES(column, int8_t)[row] = (int8_t)number; break;
    case LAYOUT_I16: COLUMN_VALUES(column, int16_t)[row] = (int16_t)number; break;
    case LAYOUT_I32: COLUMN_VALUES(column, int32_t)[row] = (int32_t)number; break;
    case LAYOUT_I64: COLUMN_VALUES(column, int64_t)[row] = (int64_t)number; break;
    case LAYOUT_I128: COLUMN_VALUES(column, int128)[row] = number; break;
    case LAYOUT_F32: COLUMN_VALUES(column, float)[row] = (float)ordered_to_double((int64_t)number); break;
    case LAYOUT_F64: COLUMN_VALUES(column, double)[row] = ordered_to_double((int64_t)number); break;
    case LAYOUT_VIEW: COLUMN_VALUES(column, struct string_view)[row] = view_copy(arena, view_str(&cell.view)); break;
    default: write_encoded(cell, column, row, capacity_rows, arena); break;
    }
}

uint64_t cell_hash(enum cell_kind kind, struct cell cell) {
    if (kind == CELL_NUMBER)
        return hash_combine(hash_u64(cell.words[0]), cell.words[1]);
    struct str bytes = view_str(&cell.view);
    return hash_bytes(bytes.data, bytes.size);
}

bool cell_equal(enum cell_kind kind, struct cell a, struct cell b) {
    if (kind == CELL_NUMBER)
        return a.words[0] == b.words[0] && a.words[1] == b.words[1];
    return view_equal(&a.view, &b.view);
}

int cell_compare(enum cell_kind kind, struct cell a, struct cell b) {
    if (kind != CELL_NUMBER)
        return view_compare(&a.view, &b.view);
    int128 left = to_int128(a), right = to_int128(b);
    return (left > right) - (left < right);
}

void cell_encode(enum cell_kind kind, struct cell cell, struct strbuf *out) {
    if (kind == CELL_NUMBER)
        strbuf_append(out, cell.words, sizeof cell.words);
    else
        bytes_put_block(out, view_str(&cell.view));
}

/* Whoever holds an encoded value takes it for granted that it can be decoded. */
static bool is_row_of(struct str bytes, const struct type *const *types, uint32_t type_count) {
    struct arena arena;
    arena_init(&arena);
    struct column *columns = ARENA_ARRAY(&arena, struct column, type_count);
    for (uint32_t i = 0; i < type_count; i++)
        column_init(&columns[i], &arena, types[i], 1);
    bool fits = row_decode(bytes, columns, type_count, 0, 1, &arena, NULL) == STATUS_OK;
    arena_release(&arena);
    return fits;
}

struct cell cell_decode(enum cell_kind kind, const struct type *const *types, uint32_t type_count,
                        struct bytes_reader *reader) {
    struct cell cell = {0};
    if (kind == CELL_NUMBER) {
        cell.words[0] = bytes_get_u64(reader);
        cell.words[1] = bytes_get_u64(reader);
        return cell;
    }
    struct str bytes = bytes_get_block(reader);
    if (bytes.size > UINT32_MAX || (kind == CELL_ENCODED && !reader->failed && !is_row_of(bytes, types, type_count)))
        bytes_refuse(reader);
    cell.view = reader->failed ? view_make(NULL, 0) : view_make(bytes.data, (uint32_t)bytes.size);
    return cell;
}
