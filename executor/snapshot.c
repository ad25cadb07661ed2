/* snapshot.c: sections of records. Invariant: what a reader hands out lies within a payload whose digest was right. */
#include "executor/snapshot.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/hash.h"

/* Bytes of a section between its version and its payload. */
enum { COUNTERS_BYTES = 3 * sizeof(uint64_t), KEY_GROUP_SHIFT = 22, RECORD_BYTES_MIN = sizeof(uint32_t) + 3 };

void snapshot_writer_init(struct snapshot_writer *writer) {
    *writer = (struct snapshot_writer){0};
    strbuf_init(&writer->out);
}

void snapshot_writer_release(struct snapshot_writer *writer) {
    strbuf_release(&writer->out);
}

void snapshot_section_begin(struct snapshot_writer *writer, const char *name, uint32_t version) {
    ASSERT(writer->section_start == 0);
    bytes_put_block(&writer->out, str_from(name));
    bytes_put_u32(&writer->out, version);
    writer->section_start = writer->out.size;
    writer->record_count = 0;
    writer->last_key_group = 0;
    for (int i = 0; i < 3; i++)
        bytes_put_u64(&writer->out, 0);
}

void snapshot_section_end(struct snapshot_writer *writer) {
    ASSERT(writer->section_start > 0);
    const char *payload = writer->out.data + writer->section_start + COUNTERS_BYTES;
    uint64_t size = writer->out.size - writer->section_start - COUNTERS_BYTES;
    uint64_t counters[3] = {writer->record_count, size, hash_bytes(payload, size)};
    memcpy(writer->out.data + writer->section_start, counters, sizeof counters);
    writer->section_start = 0;
}

void snapshot_put(struct snapshot_writer *writer, const struct snapshot_record *record) {
    uint32_t key_group = record->hash >> KEY_GROUP_SHIFT;
    ASSERT(writer->section_start > 0 && key_group >= writer->last_key_group);
    writer->last_key_group = key_group;
    writer->record_count++;
    bytes_put_u32(&writer->out, record->hash);
    bytes_put_varint(&writer->out, record->order);
    bytes_put_block(&writer->out, record->key);
    bytes_put_block(&writer->out, record->value);
}

void snapshot_put_value(struct snapshot_writer *writer, const char *name, uint32_t version, struct str value) {
    snapshot_section_begin(writer, name, version);
    snapshot_put(writer, &(struct snapshot_record){.value = value});
    snapshot_section_end(writer);
}

void snapshot_reader_init(struct snapshot_reader *reader, struct str bytes) {
    *reader = (struct snapshot_reader){.bytes = bytes_reader_of(bytes), .name = "", .end_key_group = KEY_GROUP_COUNT};
}

static enum status malformed(const struct snapshot_reader *reader, const char *what, struct error *error) {
    return FAIL(error, STATUS_MALFORMED_RECORD, "state \"%s\" of a snapshot %s", reader->name, what);
}

enum status snapshot_section_open(struct snapshot_reader *reader, const char *name, uint32_t version,
                                  struct error *error) {
    reader->name = name;
    struct str found_name = bytes_get_block(&reader->bytes);
    uint32_t found_version = bytes_get_u32(&reader->bytes);
    uint64_t record_count = bytes_get_u64(&reader->bytes), size = bytes_get_u64(&reader->bytes);
    uint64_t digest = bytes_get_u64(&reader->bytes);
    struct str payload = bytes_get(&reader->bytes, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
    if (reader->bytes.failed)
        return malformed(reader, "is cut short", error);
    if (!str_equal(found_name, str_from(name)))
        return malformed(reader, "is not where it should be", error);
    if (found_version != version)
        return FAIL(error, STATUS_UNSUPPORTED, "state \"%s\" of a snapshot has version %u, this program reads %u", name,
                    found_version, version);
    if (hash_bytes(payload.data, payload.size) != digest)
        return malformed(reader, "is corrupted: its digest is wrong", error);
    if (record_count > payload.size / RECORD_BYTES_MIN)
        return malformed(reader, "has fewer records than it says", error);
    reader->section = bytes_reader_of(payload);
    reader->records_left = record_count;
    reader->last_key_group = 0;
    return STATUS_OK;
}

enum status snapshot_next(struct snapshot_reader *reader, struct snapshot_record *record, bool *found,
                          struct error *error) {
    for (;;) {
        *found = reader->records_left > 0;
        if (!*found)
            return bytes_are_done(&reader->section) ? STATUS_OK : malformed(reader, "has more than it says", error);
        reader->records_left--;
        record->hash = bytes_get_u32(&reader->section);
        record->order = bytes_get_varint(&reader->section);
        record->key = bytes_get_block(&reader->section);
        record->value = bytes_get_block(&reader->section);
        uint32_t key_group = record->hash >> KEY_GROUP_SHIFT;
        if (reader->section.failed)
            return malformed(reader, "is cut short", error);
        if (key_group < reader->last_key_group)
            return malformed(reader, "is not in the order of its key groups", error);
        reader->last_key_group = key_group;
        if (key_group >= reader->first_key_group && key_group < reader->end_key_group)
            return STATUS_OK;
    }
}

static int compare_orders(const void *left, const void *right) {
    const struct snapshot_record *a = left, *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

enum status snapshot_records(struct snapshot_reader *reader, struct snapshot_record **records, size_t *count,
                             struct error *error) {
    struct snapshot_record *list = memory_alloc((reader->records_left + 1) * sizeof *list); /* bounded by the payload */
    *count = 0;
    for (bool found = true; found; *count += found) {
        enum status status = snapshot_next(reader, &list[*count], &found, error);
        if (status != STATUS_OK) {
            free(list);
            return status;
        }
    }
    qsort(list, *count, sizeof *list, compare_orders);
    *records = list;
    return STATUS_OK;
}

enum status snapshot_get_value(struct snapshot_reader *reader, const char *name, uint32_t version,
                               struct bytes_reader *value, struct error *error) {
    struct snapshot_reader all = *reader; /* a value without a key belongs to every range */
    all.first_key_group = 0;
    all.end_key_group = KEY_GROUP_COUNT;
    TRY(snapshot_section_open(&all, name, version, error));
    struct snapshot_record record = {0};
    bool found;
    TRY(snapshot_next(&all, &record, &found, error));
    if (!found || all.records_left > 0)
        return malformed(&all, "is not one value", error);
    reader->bytes = all.bytes;
    reader->name = name;
    *value = bytes_reader_of(record.value);
    return STATUS_OK;
}

enum status snapshot_check(const struct snapshot_reader *reader, const struct bytes_reader *bytes,
                           struct error *error) {
    return bytes_are_done(bytes) ? STATUS_OK : malformed(reader, "cannot be decoded", error);
}

enum status snapshot_finish(const struct snapshot_reader *reader, struct error *error) {
    return bytes_are_done(&reader->bytes) ? STATUS_OK : malformed(reader, "is followed by more than is known", error);
}
