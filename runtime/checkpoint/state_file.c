/* state_file.c: frames of snapshots. Invariant: the reader hands out only bytes that lie within what it was given, or
 * copies of them. */
#include "runtime/checkpoint/state_file.h"

#include <string.h>

#define STATE_FILE_MAGIC "SSQSTATE"
enum { MAGIC_SIZE = sizeof STATE_FILE_MAGIC - 1, OPERATOR_BYTES_MIN = 10, PART_BYTES_MIN = 46, PART_NAME_MAX = 200 };

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

void state_file_end(struct strbuf *out, const struct state_file_part *parts, uint32_t part_count) {
    bytes_put_varint(out, 0);
    bytes_put_varint(out, part_count);
    for (uint32_t i = 0; i < part_count; i++) {
        const struct object_id *object = &parts[i].object;
        bytes_put_block(out, parts[i].name);
        strbuf_append(out, object->job.bytes, sizeof object->job.bytes);
        bytes_put_u64(out, object->generation);
        bytes_put_u64(out, object->epoch);
        bytes_put_u32(out, object->attempt);
        bytes_put_u32(out, object->task);
        bytes_put_u32(out, object->number);
    }
}

static enum status malformed(const char *what, struct error *error) {
    return FAIL(error, STATUS_MALFORMED_RECORD, "a state file %s", what);
}

static enum status read_head(struct bytes_reader *reader, struct arena *arena, struct state_file *file,
                             struct error *error) {
    struct str magic = bytes_get(reader, MAGIC_SIZE);
    if (reader->failed || memcmp(magic.data, STATE_FILE_MAGIC, MAGIC_SIZE) != 0)
        return malformed("does not begin like one", error);
    file->version = bytes_get_u32(reader);
    if (!reader->failed && (file->version < STATE_FILE_VERSION_MIN || file->version > STATE_FILE_VERSION))
        return FAIL(error, STATUS_UNSUPPORTED, "a state file has version %u, this program reads %d to %d",
                    file->version, STATE_FILE_VERSION_MIN, STATE_FILE_VERSION);
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

/* They become names of files in a folder. */
static bool is_part_name(struct str name) {
    if (name.size == 0 || name.size > PART_NAME_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static void read_parts(struct bytes_reader *reader, struct arena *arena, struct state_file *file) {
    if (file->version < 2)
        return;
    file->part_count = bytes_get_count(reader, PART_BYTES_MIN);
    file->parts = ARENA_ARRAY(arena, struct state_file_part, file->part_count);
    for (uint32_t i = 0; i < file->part_count; i++) {
        struct state_file_part *part = &file->parts[i];
        part->name = bytes_get_block(reader);
        struct object_id *object = &part->object;
        struct str job = bytes_get(reader, sizeof object->job.bytes);
        if (reader->failed || !is_part_name(part->name)) {
            bytes_refuse(reader);
            return;
        }
        object->kind = OBJECT_FILE;
        memcpy(object->job.bytes, job.data, job.size);
        object->generation = bytes_get_u64(reader);
        object->epoch = bytes_get_u64(reader);
        object->attempt = bytes_get_u32(reader);
        object->task = bytes_get_u32(reader);
        object->number = bytes_get_u32(reader);
    }
}

/* Where the pieces of each snapshot are moved or copied to: NULL where there is nothing to do. Those of the largest one, of some gigabytes
 * perhaps, stay in `bytes`: they move to where the first one is, over what lies between. */
static char **place_snapshots(char *bytes, const struct str *snapshots, const char *const *firsts,
                              const uint32_t *pieces, uint32_t count, struct arena *arena) {
    char **places = ARENA_ARRAY(arena, char *, count);
    uint32_t largest = 0;
    for (uint32_t i = 1; i < count; i++)
        if (snapshots[i].size > snapshots[largest].size)
            largest = i;
    for (uint32_t i = 0; i < count; i++) {
        bool in_the_way = i != largest && pieces[i] == 1 && pieces[largest] > 1 && firsts[i] > firsts[largest];
        if (pieces[i] > 1 || in_the_way)
            places[i] = i == largest ? bytes + (firsts[i] - bytes) : arena_alloc(arena, snapshots[i].size);
    }
    return places;
}

/* Two walks: sizes, then bytes. A piece that is moved goes to the left, over frames that were walked over. */
enum status state_file_read(char *bytes, size_t size, struct arena *arena, struct state_file *file,
                            struct error *error) {
    struct bytes_reader reader = bytes_reader_of((struct str){bytes, size});
    *file = (struct state_file){0};
    TRY(read_head(&reader, arena, file, error));
    struct str *snapshots = file->snapshots = ARENA_ARRAY(arena, struct str, file->operator_count);
    const char **firsts = ARENA_ARRAY(arena, const char *, file->operator_count);
    uint32_t *pieces = ARENA_ARRAY(arena, uint32_t, file->operator_count);
    struct bytes_reader frames = reader;
    uint32_t index;
    for (;;) {
        struct str piece = read_frame(&reader, file->operator_count, &index);
        if (index == file->operator_count)
            break;
        if (pieces[index]++ == 0)
            firsts[index] = piece.data;
        snapshots[index].size += piece.size;
    }
    read_parts(&reader, arena, file);
    if (!bytes_are_done(&reader))
        return malformed("is cut short, or is longer than it should be", error);
    char **ends = place_snapshots(bytes, snapshots, firsts, pieces, file->operator_count, arena);
    for (uint32_t i = 0; i < file->operator_count; i++)
        snapshots[i].data = ends[i] ? ends[i] : firsts[i];
    for (;;) {
        struct str piece = read_frame(&frames, file->operator_count, &index);
        if (index == file->operator_count)
            return STATUS_OK;
        if (!ends[index])
            continue;
        memmove(ends[index], piece.data, piece.size);
        ends[index] += piece.size;
    }
}
