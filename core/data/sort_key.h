/* sort_key.h: the keys of ORDER BY as bytes whose memcmp order is the order of the rows, whatever the types and directions are.
 *
 *   key    := cell*                                  one for each sort key, first to last
 *   cell   := null u8 [value]                        0 NULL FIRST, 1 not NULL, 2 NULL LAST; of DESC the value's bits are flipped
 *   value  := BOOLEAN u8 | integers, DECIMAL, times: big endian, sign bit flipped
 *           | FLOAT, DOUBLE: IEEE bits, all flipped when negative, else the sign bit; -0.0 as 0.0, NaN as one that is highest
 *           | strings, bytes: 00 written as 00 FF, then 00 00
 *           | ROW: inner* | ARRAY, MAP: (1 inner+)* 0  of a MAP key and value in turn
 *   inner  := 0 | 1 value                            NULL is lowest inside of values
 *
 * The order is that of column_values_compare. Equal keys have equal bytes, and no key is a proper prefix of another of the same list,
 * so anything may stand behind one. Encodings like it: Blasgen, Casey, Eswaran, "An encoding method for multifield sorting and indexing",
 * CACM 20(11), 1977. There is no way back to the values: a row is kept beside its key. No state, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/data/column.h"

struct sort_key {
    uint32_t column;
    bool descending;
    bool nulls_first;
};

/* Appends the row's key. */
void sort_key_encode(struct strbuf *out, const struct column *columns, const struct sort_key *keys, uint32_t key_count,
                     uint32_t row);
