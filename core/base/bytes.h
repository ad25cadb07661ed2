/* bytes.h: numbers and byte strings to bytes and back: what snapshots and manifests are made of.
 *
 *   fixed-width numbers little endian | varint: 7 bits per byte, low first, at most 10 | block: varint size + bytes
 *
 * A reader never passes its end. Its first failure stays: later reads give zeros, so a decoder may read on and ask once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

void bytes_put_u8(struct strbuf *out, uint8_t value);
void bytes_put_u32(struct strbuf *out, uint32_t value);
void bytes_put_u64(struct strbuf *out, uint64_t value);
void bytes_put_i64(struct strbuf *out, int64_t value);
void bytes_put_varint(struct strbuf *out, uint64_t value);
void bytes_put_block(struct strbuf *out, struct str bytes);

struct bytes_reader {
    const char *at, *end;
    bool failed; /* cut short, or marked foreign by a decoder */
};

static inline struct bytes_reader bytes_reader_of(struct str bytes) {
    return (struct bytes_reader){.at = bytes.data, .end = bytes.data ? bytes.data + bytes.size : NULL};
}
static inline size_t bytes_left(const struct bytes_reader *reader) {
    return reader->failed ? 0 : (size_t)(reader->end - reader->at);
}
/* For decoders: these bytes mean nothing. */
void bytes_refuse(struct bytes_reader *reader);
/* True when nothing failed and nothing is left. */
bool bytes_are_done(const struct bytes_reader *reader);

uint8_t bytes_get_u8(struct bytes_reader *reader);
bool bytes_get_bool(struct bytes_reader *reader); /* refuses what is neither 0 nor 1 */
uint32_t bytes_get_u32(struct bytes_reader *reader);
uint64_t bytes_get_u64(struct bytes_reader *reader);
int64_t bytes_get_i64(struct bytes_reader *reader);
uint64_t bytes_get_varint(struct bytes_reader *reader);
/* A count of things that take at least `least_bytes` each, so that what is left bounds it. */
uint32_t bytes_get_count(struct bytes_reader *reader, size_t least_bytes);
/* The next `size` bytes, borrowed; empty after a failure. */
struct str bytes_get(struct bytes_reader *reader, size_t size);
struct str bytes_get_block(struct bytes_reader *reader);
