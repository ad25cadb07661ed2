/* selection.h: from truth values to lists of rows. Internal to core/functions. */
#pragma once

#include <stdint.h>

#include "core/data/column.h"

/* Rows of `selection` whose BOOLEAN in `column` is TRUE. `rows` has room for selection->count and may be selection->rows.
 * Gives {NULL, count} back when all rows of an unlisted selection stay. */
struct selection selection_where_true(const struct column *column, const struct selection *selection, uint16_t *rows);
/* Rows of `selection` that are not NULL in the bitmap (any bitmap position is a row). */
struct selection selection_where_valid(const uint64_t *validity, const struct selection *selection, uint16_t *rows);
/* Rows of `all` that are not in `part` (a subset). `rows` may be all->rows. */
struct selection selection_without(const struct selection *all, const struct selection *part, uint16_t *rows);
/* Union of two disjoint lists, ascending; `rows` is neither of theirs and has room for both. */
struct selection selection_merge(const struct selection *a, const struct selection *b, uint16_t *rows);
