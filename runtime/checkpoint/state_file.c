/* state_file.c: frames of snapshots. Invariant: the reader hands out only bytes that lie within what it was given, or
 * copies of them. */
#include "runtime/checkpoint/state_file.h"

#include <string.h>

#define STATE_FILE_MAGIC "SSQSTATE"
enum { MAGIC_SIZE = sizeof STATE_FILE_MAGIC - 1, OPERATOR_BYTES_MIN = 10 };

void state_file_begin(struct strbuf *out, bool delta, const struct state_file_operator *operators, uint32_t count) {
    strbuf_append(out, STATE_FILE_MAGIC, MAGIC_SIZE);
    bytes_put_u32(out, STATE_FILE_VERSION);
    bytes_put_u8(out, delta);
    bytes_put_varint(out, count);
    for (uint32_t i = 0; i < count; i++) {
        bytes_put_varint(out, operators[i].node_id);
        bytes_put_u64(out, operators[i].node_digest);
        bytes_put_block(out, operators[i].name);
    }
}

void state_file_put(struct strbuf *out, uint32_t operator_index, struct str piece) {
    if (piece.size == 0)
        return;
    bytes_put_varint(out, (uint64_t)operator_index + 1);
    bytes_put_block(out, piece);
}

void state_file_end(struct strbuf *out) {
    bytes_put_varint(out, 0);
}

static enum status malformed(const char *what, struct error *error) {
    return FAIL(error, STATUS_MALFORMED_RECORD, "a state file %s", what);
}

static enum status read_head(struct bytes_reader *reader, struct arena *arena, struct state_file *file,
                             struct error *error) {
    struct str magic = bytes_get(reader, MAGIC_SIZE);
    if (reader->failed || memcmp(magic.data, STATE_FILE_MAGIC, MAGIC_SIZE) != 0)
        return malformed("does not begin like one", error);
    uint32_t version = bytes_get_u32(reader);
    if (!reader->failed && version != STATE_FILE_VERSION)
        return FAIL(error, STATUS_UNSUPPORTED, "a state file has version %u, this program reads %d", version,
                    STATE_FILE_VERSION);
    file->delta = bytes_get_bool(reader);
    file->operator_count = bytes_get_count(reader, OPERATOR_BYTES_MIN);
    file->operators = ARENA_ARRAY(arena, struct state_file_operator, file->operator_count);
    for (uint32_t i = 0; i < file->operator_count; i++) {
        uint64_t node_id = bytes_get_varint(reader);
        if (node_id > UINT32_MAX)
            bytes_refuse(reader);
        file->operators[i].node_id = (uint32_t)node_id;
        file->operators[i].node_digest = bytes_get_u64(reader);
        file->operators[i].name = bytes_get_block(reader);
    }
    return reader->failed ? malformed("is cut short", error) : STATUS_OK;
}

enum status state_file_read_head(struct str bytes, struct arena *arena, struct state_file *file, struct error *error) {
    struct bytes_reader reader = bytes_reader_of(bytes);
    *file = (struct state_file){0};
    return read_head(&reader, arena, file, error);
}

/* The next frame; *index is the operator count at the end. */
static struct str read_frame(struct bytes_reader *reader, uint32_t operator_count, uint32_t *index) {
    uint64_t number = bytes_get_varint(reader);
    if (number > operator_count)
        bytes_refuse(reader);
    *index = number == 0 || reader->failed ? operator_count : (uint32_t)number - 1;
    return *index < operator_count ? bytes_get_block(reader) : (struct str){0};
}

/* Two walks: sizes, then bytes, so that what is joined is allocated once. */
enum status state_file_read(struct str bytes, struct arena *arena, struct state_file *file, struct error *error) {
    struct bytes_reader reader = bytes_reader_of(bytes);
    *file = (struct state_file){0};
    TRY(read_head(&reader, arena, file, error));
    struct str *snapshots = file->snapshots = ARENA_ARRAY(arena, struct str, file->operator_count);
    uint32_t *pieces = ARENA_ARRAY(arena, uint32_t, file->operator_count);
    struct bytes_reader frames = reader;
    uint32_t index;
    for (;;) {
        struct str piece = read_frame(&reader, file->operator_count, &index);
        if (index == file->operator_count)
            break;
        pieces[index]++;
        snapshots[index] = (struct str){piece.data, snapshots[index].size + piece.size};
    }
    if (!bytes_are_done(&reader))
        return malformed("is cut short, or is longer than it should be", error);
    char **ends = ARENA_ARRAY(arena, char *, file->operator_count);
    for (uint32_t i = 0; i < file->operator_count; i++) {
        if (pieces[i] < 2)
            continue;
        ends[i] = arena_alloc(arena, snapshots[i].size);
        snapshots[i].data = ends[i];
    }
    for (;;) {
        struct str piece = read_frame(&frames, file->operator_count, &index);
        if (index == file->operator_count)
            return STATUS_OK;
        if (!ends[index])
            continue;
        memcpy(ends[index], piece.data, piece.size);
        ends[index] += piece.size;
    }
}
