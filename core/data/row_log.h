/* row_log.h: rows on their way out, as bytes: what a sink logs inside the checkpoint, and what is published from there later.
 *
 *   record  := size u32 (of what follows) | flags u8 | partition varint | timestamp ms i64, if given
 *              | key block, if given | value block, if given | header count varint | header*
 *   header  := name block | 0 or 1 | value block, if 1
 *
 * Fixed-width numbers are little-endian, blocks are a varint size and bytes (core/base/bytes.h). Equal rows have equal bytes, and
 * nothing else is part of them (no clock, no place), so a digest over records can be computed again from what an outside
 * system gives back. Records are made once, when a row reaches the sink, and are never changed. See docs/design/012.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/base/str.h"

enum {
    ROW_LOG_RECORD_SIZE_MAX = 128 * 1024 * 1024, /* what a reader accepts */
    ROW_LOG_HEADERS_MAX = 4096,
};

struct row_log_record {
    uint32_t partition; /* of the outside: a Kafka partition; 0 where there is only one */
    bool has_timestamp; /* false: the time at which it is published */
    bool has_key, has_value;
    int64_t timestamp_ms;
    struct str key, value;
    uint32_t header_count;
    struct str headers; /* encoded, as row_log_put_header appends them */
};

/* Appends one header to the encoded headers of a record. value NULL: a header without value. */
void row_log_put_header(struct strbuf *headers, struct str name, const struct str *value);
/* The next one; false at the end. The reader was made of row_log_record.headers; *has_value may be false. */
bool row_log_next_header(struct bytes_reader *headers, struct str *name, bool *has_value, struct str *value);

/* Appends a record. */
void row_log_put(struct strbuf *out, const struct row_log_record *record);
/* The next record; borrows from the reader's bytes. *found is false at the end; MALFORMED_RECORD for anything that row_log_put
 * would not have written, headers included. */
enum status row_log_next(struct bytes_reader *reader, struct row_log_record *record, bool *found,
                         struct error *error) MUST_CHECK;

/* The rows of one epoch on their way to their lanes, as a sink's write puts them. Belongs to the sink's task. */
struct row_log_lane {
    struct strbuf records;
    uint64_t row_count;
};
struct row_log {
    struct row_log_lane *lanes; /* borrowed */
    uint32_t lane_count;
};
/* Lane of a record: its partition mod the number of lanes, so that one key has one lane. */
void row_log_append(struct row_log *log, const struct row_log_record *record);
