/* selection.c: from truth values to lists of rows, without a branch per row.
 * Unlisted input is handled eight rows at a time: the eight truth bytes become a bit mask, and a table gives the positions
 * of its set bits; the list grows by their number. */
#include "core/functions/selection.h"

#include <pthread.h>
#include <string.h>

#include "core/base/status.h"

static uint16_t positions[256][8]; /* of the set bits, then anything */
static pthread_once_t positions_ready = PTHREAD_ONCE_INIT;

static void positions_fill(void) {
    for (unsigned mask = 0; mask < 256; mask++) {
        unsigned count = 0;
        for (uint16_t bit = 0; bit < 8; bit++) {
            if (mask >> bit & 1)
                positions[mask][count++] = bit;
        }
    }
}

/* Bit i of the result: byte i of eight truth values. Only the lowest bit counts: what lies under a NULL may be anything. */
static inline unsigned mask_of_bytes(const uint8_t *values) {
    uint64_t bytes;
    memcpy(&bytes, values, sizeof bytes);
    bytes &= 0x0101010101010101ull;
    return (unsigned)((bytes * 0x0102040810204080ull) >> 56);
}

typedef uint16_t eight_rows __attribute__((vector_size(16)));

static inline uint32_t put_rows(uint16_t *rows, uint32_t count, uint32_t first_row, unsigned mask) {
    eight_rows list;
    memcpy(&list, positions[mask], sizeof list);
    list += (uint16_t)first_row;
    memcpy(rows + count, &list, sizeof list);
    return count + (uint32_t)__builtin_popcount(mask);
}

static inline unsigned validity_byte(const uint64_t *validity, uint32_t row) {
    return validity ? (unsigned)(validity[row >> 6] >> (row & 63)) & 0xFF : 0xFF;
}

static struct selection finish(const uint16_t *rows, uint32_t count, const struct selection *selection) {
    if (!selection->rows && count == selection->count)
        return *selection;
    return (struct selection){rows, count};
}

/* values may be NULL: then only validity counts. */
static struct selection select_dense(const uint8_t *values, const uint64_t *validity, const struct selection *selection,
                                     uint16_t *rows) {
    pthread_once(&positions_ready, positions_fill);
    uint32_t count = 0, row = 0, end = selection->count;
    for (; row + 8 <= end; row += 8) {
        unsigned mask = validity_byte(validity, row) & (values ? mask_of_bytes(values + row) : 0xFF);
        count = put_rows(rows, count, row, mask);
    }
    for (; row < end; row++) {
        rows[count] = (uint16_t)row;
        count += validity_get(validity, row) && (!values || values[row]);
    }
    return finish(rows, count, selection);
}

static struct selection select_listed(const struct column *column, const struct selection *selection, uint16_t *rows) {
    const uint8_t *values = column->values;
    const uint16_t *codes = column->kind == COLUMN_DICTIONARY ? column->codes : NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        rows[count] = (uint16_t)row;
        uint32_t code =
            codes && codes[row] < column->dictionary_size ? codes[row] : 0; /* a NULL row's may be anything */
        count += validity_get(column->validity, row) & values[codes ? code : row];
    }
    return finish(rows, count, selection);
}

struct selection selection_where_true(const struct column *column, const struct selection *selection, uint16_t *rows) {
    if (column->kind == COLUMN_CONSTANT) {
        bool passes = !column_is_null(column, 0) && COLUMN_VALUES(column, uint8_t)[0];
        return passes ? *selection : (struct selection){rows, 0};
    }
    if (column->kind == COLUMN_FLAT && !selection->rows)
        return select_dense(column->values, column->validity, selection, rows);
    return select_listed(column, selection, rows);
}

struct selection selection_where_valid(const uint64_t *validity, const struct selection *selection, uint16_t *rows) {
    if (!validity)
        return *selection;
    if (!selection->rows)
        return select_dense(NULL, validity, selection, rows);
    uint32_t count = 0;
    for (uint32_t i = 0; i < selection->count; i++) {
        rows[count] = selection->rows[i];
        count += validity_get(validity, selection->rows[i]);
    }
    return (struct selection){rows, count};
}

struct selection selection_without(const struct selection *all, const struct selection *part, uint16_t *rows) {
    if (part->count == 0)
        return *all;
    if (part->count == all->count)
        return (struct selection){rows, 0};
    uint32_t count = 0, next = 0, taken_row = selection_row(part, 0);
    for (uint32_t i = 0; i < all->count; i++) {
        uint32_t row = selection_row(all, i);
        bool taken = row == taken_row;
        next += taken;
        taken_row = next < part->count ? selection_row(part, next) : UINT32_MAX;
        rows[count] = (uint16_t)row;
        count += !taken;
    }
    return (struct selection){rows, count};
}

struct selection selection_merge(const struct selection *a, const struct selection *b, uint16_t *rows) {
    uint32_t i = 0, j = 0, count = 0;
    while (i < a->count && j < b->count) {
        uint32_t row_a = selection_row(a, i), row_b = selection_row(b, j);
        bool first = row_a < row_b;
        rows[count++] = (uint16_t)(first ? row_a : row_b);
        i += first;
        j += !first;
    }
    for (; i < a->count; i++)
        rows[count++] = (uint16_t)selection_row(a, i);
    for (; j < b->count; j++)
        rows[count++] = (uint16_t)selection_row(b, j);
    return (struct selection){rows, count};
}
