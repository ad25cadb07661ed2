/* text_value.h: values as texts, in the forms that Flink's JSON and CSV formats share, and back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/data/column.h"

struct arena;

/* The day of the last timestamps: most records of a stream share it. */
struct date_cache {
    uint64_t text[2]; /* ten bytes, zero-padded */
    int64_t day_us;
};

/* What reading may need. */
struct text_context {
    struct arena *arena; /* for BYTES */
    struct date_cache dates;
};

/* Stores the text's value at `slot`, a place of the type's layout: numbers and booleans with white space around, decimals
 * rounded half up, timestamps, BYTES in Base64, intervals as months and milliseconds; a STRING points at the text. false: it
 * is not a value of the type, or out of its range. Not for ROW, ARRAY, MAP. */
bool text_value_read(const struct type *type, void *slot, struct str text, struct text_context *context);

/* "2024-05-01 12:00:00.123" with ' ' or 'T', up to nine fraction digits, 'Z' or an offset. */
bool text_timestamp_read(struct date_cache *dates, struct str text, int64_t *timestamp_us, bool *has_zone);
/* Rounds down to the type's fraction digits. */
int64_t timestamp_clip(const struct type *type, int64_t timestamp_us);

/* false when the number does not fit the layout. */
bool int_value_store(enum layout layout, void *slot, int64_t value);
/* false when a finite number becomes infinite. */
bool real_value_store(enum layout layout, void *slot, double value, bool is_infinity_meant);

/* DATE, TIME and timestamps: no zeros at the end of the fraction; TIMESTAMP_LTZ in UTC with a 'Z'. */
void text_datetime_write(struct strbuf *out, const struct type *type, const void *value, bool is_iso);
/* As BigDecimal prints: 0.0000001 becomes 1E-7, unless plain numbers are wanted. */
void text_decimal_write(struct strbuf *out, int128 value, unsigned scale, bool is_plain);
void text_int_write(struct strbuf *out, int64_t value);
