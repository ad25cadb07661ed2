/* row_batch_codec.h: the rows of a batch as bytes, column by column: the same bytes that row_encode (row_codec.h) writes for each.
 *
 * Sizes are added up first, then each column is written down the rows with one cursor a row, so that nothing is asked of a type or
 * a buffer more than once a column.
 */
#pragma once

#include <stdint.h>

#include "core/data/column.h"

struct arena;

/* views[i] (room for selection->count) receives the bytes of the i-th selected row, which are in `arena` or inline. Columns are FLAT. */
void row_batch_encode(struct arena *arena, const struct column *columns, uint32_t column_count,
                      const struct selection *selection, struct string_view *views);
