/* snapshot.h: an operator's state as bytes, and back.
 *
 *   snapshot := section*                 in the order the operator wrote them; it reads them in the same order
 *   section  := name block | version u32 | record count u64 | payload size u64 | XXH3 of the payload u64 | payload
 *   record   := hash u32 | order varint | key block | value block        in key-group order: hash >> 22 never falls
 *
 * `hash` is the top half of the key's hash, so its top ten bits are the key group (core/base/hash.h) and a reader can take a
 * range of key groups and leave the rest to others. `order` is the place among the records of the section in which they were
 * made: where it matters (the order in which groups come out), the reader sorts by it. State without keys has hash 0.
 * See docs/design/011. A writer and a reader belong to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/base/str.h"

struct snapshot_record {
    uint32_t hash;
    uint64_t order;
    struct str key, value;
};

struct snapshot_writer {
    struct strbuf out;
    size_t section_start; /* of the open section's counters in `out`; 0: none is open */
    uint64_t record_count;
    uint32_t last_key_group;
};

void snapshot_writer_init(struct snapshot_writer *writer);
void snapshot_writer_release(struct snapshot_writer *writer);
void snapshot_section_begin(struct snapshot_writer *writer, const char *name, uint32_t version);
void snapshot_section_end(struct snapshot_writer *writer);
/* Copies what the record points at. */
void snapshot_put(struct snapshot_writer *writer, const struct snapshot_record *record);
/* A section of one value without a key. */
void snapshot_put_value(struct snapshot_writer *writer, const char *name, uint32_t version, struct str value);

struct snapshot_reader {
    struct bytes_reader bytes;   /* sections to come */
    struct bytes_reader section; /* records to come */
    const char *name;            /* of the section, as asked for */
    uint64_t records_left;
    uint32_t last_key_group;
    uint32_t first_key_group, end_key_group; /* of keyed records: only these are wanted */
};

/* Borrows the bytes. All key groups are wanted until the range is set. */
void snapshot_reader_init(struct snapshot_reader *reader, struct str bytes);
/* The next section must have this name and version, and the digest of its payload must be right: MALFORMED_RECORD if not. */
enum status snapshot_section_open(struct snapshot_reader *reader, const char *name, uint32_t version,
                                  struct error *error) MUST_CHECK;
/* Next record of the section; *found false after the last. Borrows from the reader's bytes. */
enum status snapshot_next(struct snapshot_reader *reader, struct snapshot_record *record, bool *found,
                          struct error *error) MUST_CHECK;
/* All records of the wanted key groups, sorted by `order`; *records is the caller's to free. */
enum status snapshot_records(struct snapshot_reader *reader, struct snapshot_record **records, size_t *count,
                             struct error *error) MUST_CHECK;
/* Opens a section of one value without a key, as snapshot_put_value wrote it. */
enum status snapshot_get_value(struct snapshot_reader *reader, const char *name, uint32_t version,
                               struct bytes_reader *value, struct error *error) MUST_CHECK;
/* MALFORMED_RECORD, naming the section, unless all of `bytes` was read and meant something. */
enum status snapshot_check(const struct snapshot_reader *reader, const struct bytes_reader *bytes,
                           struct error *error) MUST_CHECK;
/* All sections were read. */
enum status snapshot_finish(const struct snapshot_reader *reader, struct error *error) MUST_CHECK;
