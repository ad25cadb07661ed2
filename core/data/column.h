/* column.h: one column of a batch.
 *
 *   FLAT        values[row], validity bit per row
 *   CONSTANT    values[0] for every row, validity bit 0
 *   DICTIONARY  values[codes[row]]; validity is per row; values are never NULL
 *
 * validity == NULL means no NULLs; a set bit means not NULL. What lies under a NULL is unspecified but readable.
 * A ROW column has only validity and children; its "values" are the child rows, so the child row of a batch row is
 * column_value_index of the parent (a CONSTANT ROW has one child row). A child's own NULLs are in the child; under a NULL
 * parent the child is unspecified. A LIST column's slices point into its children, which have their own length.
 * Columns do not own memory: it belongs to the batch that they are part of, or to what that batch holds.
 * A row number is below 65536: batches are at most BATCH_ROWS_MAX rows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/str.h"
#include "core/data/type.h"

struct arena;

enum column_kind { COLUMN_FLAT, COLUMN_CONSTANT, COLUMN_DICTIONARY };

enum { VIEW_INLINE_MAX = 12 };

/* A string or byte string: 16 bytes; up to 12 bytes lie inside, longer ones are pointed to.
 * Inline bytes past `size` are zero, so that short views compare as whole words. */
struct string_view {
    union {
        struct {
            uint32_t size;
            char prefix[4];
            const char *data; /* size > VIEW_INLINE_MAX; borrowed: the batch holds the bytes */
        };
        struct {
            uint32_t inlined_size; /* the same as size */
            char inlined[VIEW_INLINE_MAX];
        };
    };
};
_Static_assert(sizeof(struct string_view) == 16, "string views are 16 bytes");

struct list_slice {
    uint32_t offset; /* first element in the child columns */
    uint32_t count;
};

typedef __int128 int128;

struct column {
    const struct type *type;
    enum column_kind kind;
    uint32_t element_capacity; /* LIST being built: room in the children */
    void *values;
    uint64_t *validity;
    uint16_t *codes;          /* DICTIONARY only */
    uint32_t dictionary_size; /* DICTIONARY only */
    uint32_t element_count;   /* LIST being built: elements in the children so far */
    struct column *children;  /* ROW: one per field; ARRAY: 1; MAP: 2 */
};

/* Which rows of a batch an operation is about: rows[0..count) ascending, or, when rows is NULL, 0..count-1. */
struct selection {
    const uint16_t *rows;
    uint32_t count;
};
static inline uint32_t selection_row(const struct selection *selection, uint32_t i) {
    return selection->rows ? selection->rows[i] : i;
}

static inline const char *view_data(const struct string_view *view) {
    return view->size <= VIEW_INLINE_MAX ? view->inlined : view->data;
}
static inline struct str view_str(const struct string_view *view) {
    return (struct str){view_data(view), view->size};
}
/* Points at `data` when long: the caller sees to it that the bytes live as long as the view. */
static inline struct string_view view_make(const char *data, uint32_t size) {
    struct string_view view = {.size = size};
    if (size <= VIEW_INLINE_MAX) {
        memset(view.inlined, 0, sizeof view.inlined);
        if (size)
            memcpy(view.inlined, data, size);
    } else {
        memcpy(view.prefix, data, sizeof view.prefix);
        view.data = data;
    }
    return view;
}
struct string_view view_copy(struct arena *arena, struct str text); /* copies long bytes into the arena */
bool view_equal_long(const struct string_view *a, const struct string_view *b);
static inline bool view_equal(const struct string_view *a, const struct string_view *b) {
    uint64_t head_a, head_b;
    memcpy(&head_a, a, 8);
    memcpy(&head_b, b, 8);
    return head_a == head_b && view_equal_long(a, b); /* size and first four bytes first */
}
int view_compare(const struct string_view *a, const struct string_view *b); /* byte order */

static inline bool validity_get(const uint64_t *validity, uint32_t row) {
    return !validity || (validity[row >> 6] >> (row & 63) & 1);
}
static inline void validity_set(uint64_t *validity, uint32_t row, bool valid) {
    uint64_t bit = 1ull << (row & 63);
    validity[row >> 6] = valid ? validity[row >> 6] | bit : validity[row >> 6] & ~bit;
}
uint64_t *validity_new(struct arena *arena, uint32_t row_count, bool valid); /* all rows set alike */

/* The row of `values` (and, unless DICTIONARY, of validity) that holds this batch row. */
static inline uint32_t column_value_index(const struct column *column, uint32_t row) {
    return column->kind == COLUMN_FLAT ? row : column->kind == COLUMN_CONSTANT ? 0 : column->codes[row];
}
static inline bool column_is_null(const struct column *column, uint32_t row) {
    return !validity_get(column->validity, column->kind == COLUMN_CONSTANT ? 0 : row);
}
static inline const void *column_value(const struct column *column, uint32_t row) {
    return (const uint8_t *)column->values + layout_size(type_layout(column->type)) * column_value_index(column, row);
}

#define COLUMN_VALUES(column, ctype) ((ctype *)(column)->values)

/* A FLAT column with room for row_count rows (children too, LIST children empty); values uninitialised, no validity
 * (the slices of a LIST are zeroed: empty lists). */
void column_init(struct column *column, struct arena *arena, const struct type *type, uint32_t row_count);
/* Allocates validity (all set) when there is none, then marks the row NULL. capacity_rows as given to column_init. */
void column_set_null(struct column *column, struct arena *arena, uint32_t row, uint32_t capacity_rows);
/* A CONSTANT NULL of the type. */
void column_init_null(struct column *column, struct arena *arena, const struct type *type);
/* Appends `count` elements to the children of a FLAT LIST column, makes them the value of `row` and returns the first one's
 * row in the children (FLAT; write values there, capacity for column_set_null is column->element_capacity). */
uint32_t column_list_append(struct column *column, struct arena *arena, uint32_t row, uint32_t count);
/* Field `index` of a ROW column, NULL where the row is; shares memory where it can. */
struct column column_field(const struct column *column, struct arena *arena, uint32_t index, uint32_t row_count);
/* FLAT copy of CONSTANT/DICTIONARY columns at every depth; a FLAT column is returned as it is (shares memory). */
struct column column_flatten(const struct column *column, struct arena *arena, uint32_t row_count);
/* The selected rows (any order), packed: FLAT (or CONSTANT/DICTIONARY kept as such). Views still point at the source's
 * bytes, lists at its elements; with selection->rows NULL the column itself is returned. */
struct column column_gather(const struct column *column, struct arena *arena, const struct selection *selection);
/* Writes the selected rows of `source` to rows [at, at + count) of a FLAT column of the same layout, whose rows from `at` on were
 * not written yet. Views still point at the source's bytes; ROW and LIST values are copied. */
void column_append(struct column *target, struct arena *arena, uint32_t at, uint32_t capacity_rows,
                   const struct column *source, const struct selection *selection);
/* Deep copy of one value into row `row` of a FLAT column, long strings into the arena. */
void column_copy_value(struct column *target, struct arena *arena, uint32_t row, uint32_t capacity_rows,
                       const struct column *source, uint32_t source_row);
/* NULLs equal NULLs. Both columns of one type. */
bool column_values_equal(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b);
/* <0, 0, >0; NULL counts as lowest. Doubles: NaN is highest and equals itself, -0 equals 0. */
int column_values_compare(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b);
/* Mixes the column's value hashes into hashes[i] for the i-th selected row (hash_combine); NULLs hash alike. */
void column_hash(const struct column *column, const struct selection *selection, uint64_t *hashes, bool first);
/* Text of a value as the results show it, as Flink casts it to STRING: NULL is "NULL"; TRUE; DOUBLE "1.0", "1.0E10";
 * TIMESTAMP "2024-05-01 12:00:00.123"; BYTES x'00ff'; ROW "(1, a)", ARRAY "[1, 2]", MAP "{a=1}"; intervals "+1-02", "+1 02:03:04.000". */
struct strbuf;
void column_print_value(struct strbuf *out, const struct column *column, uint32_t row);
