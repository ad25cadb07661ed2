/* cell.h: one SQL value of any type in 16 bytes, for states that keep values (sets, lists, FIRST_VALUE).
 *
 *   CELL_NUMBER   words[0] and words[1]: the value as an int128; floating point by an order-preserving mapping to int64
 *   CELL_VIEW     a string view; long bytes belong to the state memory once owned
 *   CELL_ENCODED  a view of row_codec bytes (ROW, ARRAY, MAP)
 *
 * Equal values are equal cells: -0.0 is kept as 0.0 and every NaN as one. A cell knows neither its kind nor NULL: the
 * owner does.
 */
#pragma once

#include "core/base/status.h"
#include "core/data/column.h"

struct arena;
struct bytes_reader;
struct state_memory;
struct strbuf;

enum cell_kind { CELL_NUMBER, CELL_VIEW, CELL_ENCODED };

struct cell {
    union {
        uint64_t words[2];
        struct string_view view;
    };
};
_Static_assert(sizeof(struct cell) == 16, "cells are 16 bytes");

enum cell_kind cell_kind_of(const struct type *type);
/* The value at a row that is not NULL. Borrows: views point at the column's bytes, ENCODED ones into `scratch` (needed for
 * that kind only), which is overwritten. */
struct cell cell_read(const struct column *column, uint32_t row, struct strbuf *scratch);
/* Copies long bytes into the state memory, and frees them again. */
struct cell cell_own(enum cell_kind kind, struct cell cell, struct state_memory *memory);
void cell_disown(enum cell_kind kind, struct cell *cell, struct state_memory *memory);
/* Into row `row` of a FLAT column of the cell's type; long bytes are copied into the arena. */
void cell_write(struct cell cell, struct column *column, uint32_t row, uint32_t capacity_rows, struct arena *arena);

/* As bytes, for snapshots: numbers as 16 bytes, others as a block. A decoded cell borrows the reader's bytes: cell_own keeps it.
 * `types` say what the bytes of CELL_ENCODED are rows of (one type, or several for a tuple); foreign ones are refused. */
void cell_encode(enum cell_kind kind, struct cell cell, struct strbuf *out);
struct cell cell_decode(enum cell_kind kind, const struct type *const *types, uint32_t type_count,
                        struct bytes_reader *reader);

uint64_t cell_hash(enum cell_kind kind, struct cell cell);
bool cell_equal(enum cell_kind kind, struct cell a, struct cell b);
int cell_compare(enum cell_kind kind, struct cell a, struct cell b); /* CELL_ENCODED: any total order */
