/* row_codec.h: values of some columns of one row, as bytes and back: group keys of several columns, state, sort runs.
 *
 *   row   := null_bits[(n + 7) / 8] value*          values of NULL columns are absent
 *   value := fixed-width little endian | varint size + bytes | ROW: row | LIST: varint count + element row each
 *
 * Equal rows have equal bytes (-0.0 is written as 0.0, NaN in one form), so encoded keys compare with memcmp.
 * Decoding bounds-checks every length and fails on foreign or cut bytes.
 */
#pragma once

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/column.h"

struct arena;
struct strbuf;

/* Appends the row's bytes. */
void row_encode(struct strbuf *out, const struct column *columns, const uint32_t *column_indexes, uint32_t column_count,
                uint32_t row);
/* The same form with every bit of every value, so that -0.0 stays what it is: for rows that come out again. Not for keys. */
void row_encode_exact(struct strbuf *out, const struct column *columns, uint32_t column_count, uint32_t row);
/* Writes the values into row `row` of FLAT columns [0, column_count) (room for capacity_rows); long strings point into `bytes`. */
enum status row_decode(struct str bytes, struct column *columns, uint32_t column_count, uint32_t row,
                       uint32_t capacity_rows, struct arena *arena, struct error *error) MUST_CHECK;
