/* codec.c: bounded cursors, CRC-32C, digests and frames. Invariant: no byte outside the given range is touched, whatever
 * the input says. Pure: no allocation. */
#include "runtime/protocol/codec.h"

#include <string.h>
#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

#define XXH_INLINE_ALL
#define XXH_NO_STREAM
#include <xxhash.h>

#include "core/base/status.h"

struct digest digest_of(const void *data, size_t size) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
    struct digest digest;
    memcpy(digest.bytes, canonical.digest, DIGEST_SIZE);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b) {
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

void hex_format(const uint8_t bytes[DIGEST_SIZE], char text[HEX_SIZE]) {
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[2 * DIGEST_SIZE] = '\0';
}

uint32_t crc32c(const void *data, size_t size) {
    const uint8_t *bytes = data;
    uint32_t crc = 0xFFFFFFFFu;
#ifdef __SSE4_2__
    for (; size >= 8; size -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        crc = (uint32_t)_mm_crc32_u64(crc, word);
    }
    for (; size > 0; size--, bytes++)
        crc = _mm_crc32_u8(crc, *bytes);
#else
    /* Half a byte at a time: the remainders of the sixteen half bytes by the reflected polynomial 0x82F63B78. */
    static const uint32_t half_bytes[16] = {
        0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
        0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
    };
    for (; size > 0; size--, bytes++) {
        crc ^= *bytes;
        crc = crc >> 4 ^ half_bytes[crc & 15];
        crc = crc >> 4 ^ half_bytes[crc & 15];
    }
#endif
    return ~crc;
}

void write_bytes(struct byte_writer *writer, const void *data, size_t size) {
    ASSERT(size <= writer->capacity - writer->size);
    if (size > 0)
        memcpy(writer->data + writer->size, data, size);
    writer->size += size;
}

static void write_integer(struct byte_writer *writer, uint64_t value, size_t size) {
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    write_bytes(writer, bytes, size);
}

void write_u8(struct byte_writer *writer, uint8_t value) {
    write_integer(writer, value, 1);
}
void write_u16(struct byte_writer *writer, uint16_t value) {
    write_integer(writer, value, 2);
}
void write_u32(struct byte_writer *writer, uint32_t value) {
    write_integer(writer, value, 4);
}
void write_u64(struct byte_writer *writer, uint64_t value) {
    write_integer(writer, value, 8);
}
void write_digest(struct byte_writer *writer, const struct digest *digest) {
    write_bytes(writer, digest->bytes, DIGEST_SIZE);
}

const uint8_t *read_bytes(struct byte_reader *reader, size_t size) {
    if (reader->failed || size > reader->size - reader->position) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->position;
    reader->position += size;
    return bytes;
}

static uint64_t read_integer(struct byte_reader *reader, size_t size) {
    const uint8_t *bytes = read_bytes(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t read_u8(struct byte_reader *reader) {
    return (uint8_t)read_integer(reader, 1);
}
uint16_t read_u16(struct byte_reader *reader) {
    return (uint16_t)read_integer(reader, 2);
}
uint32_t read_u32(struct byte_reader *reader) {
    return (uint32_t)read_integer(reader, 4);
}
uint64_t read_u64(struct byte_reader *reader) {
    return read_integer(reader, 8);
}

struct digest read_digest(struct byte_reader *reader) {
    struct digest digest = {{0}};
    const uint8_t *bytes = read_bytes(reader, DIGEST_SIZE);
    if (bytes != NULL)
        memcpy(digest.bytes, bytes, DIGEST_SIZE);
    return digest;
}

bool read_flag(struct byte_reader *reader) {
    uint8_t value = read_u8(reader);
    if (value > 1)
        reader->failed = true;
    return value == 1;
}

uint32_t read_count(struct byte_reader *reader, size_t item_size, uint32_t limit) {
    uint32_t count = read_u32(reader);
    if (reader->failed || count > limit || count > reader_left(reader) / item_size) {
        reader->failed = true;
        return 0;
    }
    return count;
}

void frame_begin(struct byte_writer *writer, const struct frame_kind *kind) {
    ASSERT(writer->size == 0);
    write_u32(writer, kind->magic);
    write_u16(writer, kind->version);
    write_u16(writer, 0);
    write_u32(writer, 0); /* the size, known at the end */
}

void frame_end(struct byte_writer *writer) {
    ASSERT(writer->size >= FRAME_HEADER_SIZE && writer->size - FRAME_HEADER_SIZE <= UINT32_MAX);
    struct byte_writer size_field = {.data = writer->data + 8, .capacity = 4};
    write_u32(&size_field, (uint32_t)(writer->size - FRAME_HEADER_SIZE));
    write_u32(writer, crc32c(writer->data, writer->size));
}

enum status frame_open(const struct frame_kind *kind, const void *data, size_t size, struct byte_reader *reader,
                       struct error *error) {
    if (size < FRAME_SIZE)
        return FAIL(error, STATUS_MALFORMED_RECORD, "%s of %zu bytes is cut off", kind->name, size);
    struct byte_reader header = {.data = data, .size = size};
    if (read_u32(&header) != kind->magic)
        return FAIL(error, STATUS_MALFORMED_RECORD, "this is no %s: it begins differently", kind->name);
    uint16_t version = read_u16(&header);
    uint16_t zero = read_u16(&header);
    uint32_t payload_size = read_u32(&header);
    struct byte_reader trailer = {.data = data, .size = size, .position = size - 4};
    if (read_u32(&trailer) != crc32c(data, size - 4))
        return FAIL(error, STATUS_MALFORMED_RECORD, "%s of %zu bytes is damaged: its checksum differs", kind->name,
                    size);
    if (version != kind->version) {
        FAIL(error, STATUS_MALFORMED_RECORD, "%s has version %u; this program reads version %u", kind->name, version,
             kind->version);
        error_hint(error, "use the release that wrote it");
        return STATUS_MALFORMED_RECORD;
    }
    if (zero != 0 || payload_size != size - FRAME_SIZE)
        return FAIL(error, STATUS_MALFORMED_RECORD, "%s of %zu bytes says that it has %u", kind->name, size,
                    payload_size);
    *reader = (struct byte_reader){.data = (const uint8_t *)data + FRAME_HEADER_SIZE, .size = payload_size};
    return STATUS_OK;
}

enum status frame_close(const struct frame_kind *kind, const struct byte_reader *reader, struct error *error) {
    if (reader->failed || reader->position != reader->size)
        return FAIL(error, STATUS_MALFORMED_RECORD, "%s has fields that do not fit", kind->name);
    return STATUS_OK;
}
