/* protocol_fuzz.c: any bytes as a HEAD, a marker, a savepoint, a manifest or an object's name. Nothing foreign does harm, and
 * what decodes encodes to the same bytes. The checksum is made right first, or nothing would come past it. */
#include <string.h>

#include "runtime/protocol/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *bytes, size_t size, const char *magic) {
    struct byte_writer writer = {.data = bytes, .capacity = size};
    write_bytes(&writer, magic, 4);
    write_u16(&writer, 1);
    write_u16(&writer, 0);
    write_u32(&writer, (uint32_t)(size - FRAME_SIZE));
    writer.size = size - 4;
    write_u32(&writer, crc32c(bytes, size - 4));
}

static void try_record(uint8_t kind, uint8_t *bytes, size_t size, struct arena *arena) {
    static const char magics[4][5] = {"SQHD", "SQMK", "SQSP", "SQMF"};
    struct error error;
    uint8_t again[HEAD_SIZE + MARKER_SIZE + SAVEPOINT_SIZE];
    seal(bytes, size, magics[kind]);
    struct head head;
    struct marker marker;
    struct savepoint savepoint;
    struct manifest manifest;
    if (kind == 0 && head_decode(bytes, size, &head, &error) == STATUS_OK) {
        head_encode(&head, again);
        ASSERT(size == HEAD_SIZE && memcmp(bytes, again, size) == 0);
    } else if (kind == 1 && marker_decode(bytes, size, &marker, &error) == STATUS_OK) {
        marker_encode(&marker, again);
        ASSERT(size == MARKER_SIZE && memcmp(bytes, again, size) == 0);
    } else if (kind == 2 && savepoint_decode(bytes, size, &savepoint, &error) == STATUS_OK) {
        savepoint_encode(&savepoint, again);
        ASSERT(size == SAVEPOINT_SIZE && memcmp(bytes, again, size) == 0);
    } else if (kind == 3 && manifest_decode(bytes, size, arena, &manifest, &error) == STATUS_OK) {
        struct str encoded = manifest_encode(&manifest, arena);
        ASSERT(encoded.size == size && memcmp(bytes, encoded.data, size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct arena arena;
    arena_init(&arena);
    uint8_t kind = data[0] % 5;
    data++, size--;
    if (kind == 4) {
        struct object_id id;
        struct str name = {(const char *)data, size};
        char again[OBJECT_NAME_SIZE];
        if (object_name_parse(name, &id)) {
            object_name_format(&id, again);
            ASSERT(str_equal(name, str_from(again)));
        }
    } else {
        /* The payload alone, framed; and as it is. */
        struct error error;
        struct manifest manifest;
        if (kind == 3 && manifest_decode(data, size, &arena, &manifest, &error) == STATUS_OK)
            ASSERT(manifest.id.kind == OBJECT_MANIFEST);
        uint8_t *bytes = arena_zalloc(&arena, size + FRAME_SIZE);
        memcpy(bytes + FRAME_HEADER_SIZE, data, size);
        try_record(kind, bytes, size + FRAME_SIZE, &arena);
    }
    arena_release(&arena);
    return 0;
}
