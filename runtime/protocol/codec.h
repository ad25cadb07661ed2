/* codec.h: fixed binary encodings: bounded cursors, CRC-32C, XXH3-128 digests, and the frame that every record is in.
 *
 *   frame:  magic (4) | version (2) | zero (2) | payload size (4) | payload | CRC-32C of all before (4)
 *
 * Integers are little-endian. A writer is given exactly the memory that it fills; overflow is a bug (ASSERT). A reader
 * never reads past its end: the first bad read makes it fail, every later one gives zeros, and the caller looks once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

/* XXH3-128 in canonical (big-endian) byte order. Guards against accidents, not against an attacker. */
#define DIGEST_SIZE 16
struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

struct digest digest_of(const void *data, size_t size);
bool digest_equal(const struct digest *a, const struct digest *b);
/* Lower-case hexadecimal with a closing NUL. */
#define HEX_SIZE (2 * DIGEST_SIZE + 1)
void hex_format(const uint8_t bytes[DIGEST_SIZE], char text[HEX_SIZE]);

/* CRC-32C (Castagnoli), as in iSCSI and Kafka: crc32c("123456789") = 0xE3069283. */
uint32_t crc32c(const void *data, size_t size);

struct byte_writer {
    uint8_t *data;
    size_t capacity;
    size_t size;
};

void write_bytes(struct byte_writer *writer, const void *data, size_t size);
void write_u8(struct byte_writer *writer, uint8_t value);
void write_u16(struct byte_writer *writer, uint16_t value);
void write_u32(struct byte_writer *writer, uint32_t value);
void write_u64(struct byte_writer *writer, uint64_t value);
void write_digest(struct byte_writer *writer, const struct digest *digest);

struct byte_reader {
    const uint8_t *data;
    size_t size;
    size_t position;
    bool failed;
};

/* Borrows `size` bytes; NULL when fewer are left. */
const uint8_t *read_bytes(struct byte_reader *reader, size_t size);
uint8_t read_u8(struct byte_reader *reader);
uint16_t read_u16(struct byte_reader *reader);
uint32_t read_u32(struct byte_reader *reader);
uint64_t read_u64(struct byte_reader *reader);
struct digest read_digest(struct byte_reader *reader);
/* A byte that must be 0 or 1. */
bool read_flag(struct byte_reader *reader);
/* A count of items of at least `item_size` bytes, at most `limit`: fails before memory for it is taken. */
uint32_t read_count(struct byte_reader *reader, size_t item_size, uint32_t limit);
static inline size_t reader_left(const struct byte_reader *reader) {
    return reader->failed ? 0 : reader->size - reader->position;
}

#define FRAME_HEADER_SIZE 12
#define FRAME_SIZE (FRAME_HEADER_SIZE + 4)
#define MAGIC(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

struct frame_kind {
    uint32_t magic;
    uint16_t version;
    const char *name; /* for messages: "HEAD", "manifest" */
};

/* The writer must have room for FRAME_SIZE bytes more than the payload. Frame must be the writer's only content. */
void frame_begin(struct byte_writer *writer, const struct frame_kind *kind);
void frame_end(struct byte_writer *writer);
/* Checks magic, version, length and CRC of exactly `size` bytes; `reader` then borrows the payload. */
enum status frame_open(const struct frame_kind *kind, const void *data, size_t size, struct byte_reader *reader,
                       struct error *error) MUST_CHECK;
/* After the last field: all read, nothing left. */
enum status frame_close(const struct frame_kind *kind, const struct byte_reader *reader,
                        struct error *error) MUST_CHECK;
