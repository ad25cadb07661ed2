/* bytes.c: see the header. Machines are little endian: numbers are copied. */
#include "core/base/bytes.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they lie in memory");

void bytes_put_u8(struct strbuf *out, uint8_t value) {
    strbuf_append(out, &value, sizeof value);
}

void bytes_put_u32(struct strbuf *out, uint32_t value) {
    strbuf_append(out, &value, sizeof value);
}

void bytes_put_u64(struct strbuf *out, uint64_t value) {
    strbuf_append(out, &value, sizeof value);
}

void bytes_put_i64(struct strbuf *out, int64_t value) {
    strbuf_append(out, &value, sizeof value);
}

void bytes_put_varint(struct strbuf *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        bytes_put_u8(out, (uint8_t)(value | 0x80));
    bytes_put_u8(out, (uint8_t)value);
}

void bytes_put_block(struct strbuf *out, struct str bytes) {
    bytes_put_varint(out, bytes.size);
    if (bytes.size)
        strbuf_append(out, bytes.data, bytes.size);
}

void bytes_refuse(struct bytes_reader *reader) {
    reader->failed = true;
}

bool bytes_are_done(const struct bytes_reader *reader) {
    return !reader->failed && reader->at == reader->end;
}

struct str bytes_get(struct bytes_reader *reader, size_t size) {
    if (size > bytes_left(reader)) {
        reader->failed = true;
        return (struct str){"", 0};
    }
    struct str bytes = {reader->at, size};
    if (size)
        reader->at += size;
    return bytes;
}

static void get_number(struct bytes_reader *reader, void *value, size_t size) {
    struct str bytes = bytes_get(reader, size);
    if (bytes.size)
        memcpy(value, bytes.data, size);
}

uint8_t bytes_get_u8(struct bytes_reader *reader) {
    uint8_t value = 0;
    get_number(reader, &value, sizeof value);
    return value;
}

bool bytes_get_bool(struct bytes_reader *reader) {
    uint8_t value = bytes_get_u8(reader);
    if (value > 1)
        bytes_refuse(reader);
    return value == 1;
}

uint32_t bytes_get_u32(struct bytes_reader *reader) {
    uint32_t value = 0;
    get_number(reader, &value, sizeof value);
    return value;
}

uint64_t bytes_get_u64(struct bytes_reader *reader) {
    uint64_t value = 0;
    get_number(reader, &value, sizeof value);
    return value;
}

int64_t bytes_get_i64(struct bytes_reader *reader) {
    int64_t value = 0;
    get_number(reader, &value, sizeof value);
    return value;
}

uint64_t bytes_get_varint(struct bytes_reader *reader) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = bytes_get_u8(reader);
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80)
            return reader->failed ? 0 : value;
    }
    bytes_refuse(reader);
    return 0;
}

uint32_t bytes_get_count(struct bytes_reader *reader, size_t least_bytes) {
    uint64_t count = bytes_get_varint(reader);
    if (count <= UINT32_MAX && count <= bytes_left(reader) / (least_bytes ? least_bytes : 1))
        return (uint32_t)count;
    bytes_refuse(reader);
    return 0;
}

struct str bytes_get_block(struct bytes_reader *reader) {
    uint64_t size = bytes_get_varint(reader);
    return bytes_get(reader, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
}
