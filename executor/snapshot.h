/* snapshot.h: an operator's state as bytes, and back; whole, or as what changed since the snapshot before.
 *
 *   snapshot  := frame* directory                    bytes may leave the writer while it goes on (snapshot_writer_take)
 *   frame     := section u32 | record count u32 | payload size u64 | previous u64 | digest u64 | payload
 *   directory := entry* tail                         an entry for each section, in the order in which they were begun
 *   tail      := entry count, mode, counts and digests of all frames, of the snapshot before and of the directory itself
 *
 * A section is a list of records, in one or more frames; frames of several sections may stand in turn, and each names the one
 * before it of its section. There are two kinds:
 *
 *   plain     hash u32 | order varint | key block | value block                      always whole
 *   table     place u32 | hash u32 | marks | nulls | live | 0 | body                 records of a record_store: all, or those that changed
 *
 * `hash` is the top half of the key's hash, so its top ten bits are the key group (core/base/hash.h) and a reader can take a
 * range of key groups and leave the rest to others. `order` is the place among the records of a plain section in which they
 * were made. State without keys has hash 0. A table is known by its serial number; a place in a table holds what the newest
 * layer says of it. A table's record that is not live says nothing but which free place follows it (in `hash`, plus 1).
 *
 * Layers are a FULL snapshot and the DELTAs that were taken after it, in order; each names the digest of the one before.
 * All numbers are little endian. See docs/design/011. A writer and a reader belong to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/base/str.h"

/* DELTA: what changed since the last snapshot that this operator completed. */
enum snapshot_mode { SNAPSHOT_FULL, SNAPSHOT_DELTA };

enum { SNAPSHOT_NAME_SIZE = 24 }; /* of a section, with its NUL */

struct snapshot_record {
    uint32_t hash;
    uint64_t order;
    struct str key, value;
};

/* What the directory says of a section; stored as it is. */
struct snapshot_section {
    char name[SNAPSHOT_NAME_SIZE];
    uint32_t version;
    uint32_t body_size;   /* of the bodies of a table's records; 0: each has its size before it (u32) */
    uint64_t serial;      /* of a table; 0: a plain section */
    uint32_t place_count; /* a table's places are 0 … place_count - 1 */
    uint32_t free_place;  /* + 1: where the chain of a table's free places begins; 0: there is none */
    uint64_t record_count;
    uint64_t last_frame; /* offset + 1 in the snapshot; 0: no records */
};

/* A record of a table. */
struct snapshot_place {
    uint32_t place;
    uint32_t hash;
    uint8_t marks, nulls, live, zero;
};

/* ---- writing ---- */

struct snapshot_writer {
    struct strbuf out; /* what was not taken yet */
    enum snapshot_mode mode;
    bool entries_are_in_files; /* what operators keep in their back-end is saved by it (state.h): not here */
    uint64_t taken_bytes;
    size_t piece_bytes; /* of the last piece taken: the next one will be much like it */
    struct snapshot_section *sections;
    uint32_t section_count, section_capacity;
    uint32_t plain_section; /* being written, + 1; 0: none */
    uint32_t frame_section; /* of the open frame, + 1; 0: none is open */
    uint32_t frame_records;
    size_t frame_start; /* in `out` */
    uint64_t frame_count, frames_digest;
};

void snapshot_writer_init(struct snapshot_writer *writer, enum snapshot_mode mode);
void snapshot_writer_release(struct snapshot_writer *writer);
/* Moves what is written and complete to *piece, which the caller releases; false: there is nothing. Pieces, one after the other,
 * are the snapshot. Between calls to the operator, at any time. */
bool snapshot_writer_take(struct snapshot_writer *writer, struct strbuf *piece);
/* The directory, after everything else. Returns the snapshot's digest; `parent` is that of the one before (DELTA), else 0. */
uint64_t snapshot_writer_end(struct snapshot_writer *writer, uint64_t parent);

/* Returns the section's number. */
uint32_t snapshot_section_begin(struct snapshot_writer *writer, const char *name, uint32_t version);
void snapshot_section_end(struct snapshot_writer *writer);
/* More records for a plain section that was ended: it need not be written at one go. */
void snapshot_section_resume(struct snapshot_writer *writer, uint32_t section);
/* Copies what the record points at. */
void snapshot_put(struct snapshot_writer *writer, const struct snapshot_record *record);
/* A section of one value without a key. */
void snapshot_put_value(struct snapshot_writer *writer, const char *name, uint32_t version, struct str value);

/* A table's section, whose records may be written at any time until the end; name, version and what the table is are read from
 * `section`. Returns its number. */
uint32_t snapshot_table_begin(struct snapshot_writer *writer, const struct snapshot_section *section);
/* Where to append the next record of the table: struct snapshot_place, then, when it is live, the body. */
struct strbuf *snapshot_table_record(struct snapshot_writer *writer, uint32_t section);

/* ---- reading ---- */

struct snapshot_reader {
    const struct str *layers; /* NULL: `only` */
    struct str only;
    size_t layer_count;
    bool is_verified;
    uint32_t next_section; /* of the newest layer */
    const char *name;      /* of the open section, as asked for */
    struct snapshot_section section;
    size_t layer;           /* whose records are read */
    uint32_t section_index; /* there */
    uint64_t next_frame;    /* of the open section, in `layer`: offset + 1; 0: none */
    uint32_t frame_records; /* left in the open frame */
    struct bytes_reader frame;
    uint32_t first_key_group, end_key_group; /* of keyed records: only these are wanted */
    /* Of the snapshots from which one operator is restored, one after the other: operator_restore_chains. */
    uint32_t chain, chain_count; /* 0: the first one */
    bool counted_elsewhere;      /* another instance goes on with its counters */
};

/* One layer, FULL. Borrows the bytes. All key groups are wanted until the range is set. */
void snapshot_reader_init(struct snapshot_reader *reader, struct str bytes);
/* layers[0] is FULL, the rest DELTAs in order. Borrows the list and the bytes. */
void snapshot_reader_init_layers(struct snapshot_reader *reader, const struct str *layers, size_t count);
/* The next section must have this name and version. MALFORMED_RECORD if not, and when anything in any layer is damaged: all digests
 * are looked at before the first section is opened. UNSUPPORTED: another version. */
enum status snapshot_section_open(struct snapshot_reader *reader, const char *name, uint32_t version,
                                  struct error *error) MUST_CHECK;
/* Next record of the plain section, in no particular order; *found false after the last. Borrows from the reader's bytes. */
enum status snapshot_next(struct snapshot_reader *reader, struct snapshot_record *record, bool *found,
                          struct error *error) MUST_CHECK;
/* All records of the wanted key groups, sorted by `order`; *records is the caller's to free. */
enum status snapshot_records(struct snapshot_reader *reader, struct snapshot_record **records, size_t *count,
                             struct error *error) MUST_CHECK;
/* Opens a section of one value without a key, as snapshot_put_value wrote it. */
enum status snapshot_get_value(struct snapshot_reader *reader, const char *name, uint32_t version,
                               struct bytes_reader *value, struct error *error) MUST_CHECK;
/* As snapshot_section_open, for a table; reader->section says what it is. Each of its places is in a record of some layer. */
enum status snapshot_table_open(struct snapshot_reader *reader, const char *name, uint32_t version,
                                struct error *error) MUST_CHECK;
/* Next record of the table, all of the newest layer before those of the one before it: the first record of a place is the one
 * that holds. Key groups are the caller's business. `body` is empty when the record is not live. */
enum status snapshot_table_next(struct snapshot_reader *reader, struct snapshot_place *place, struct str *body,
                                bool *found, struct error *error) MUST_CHECK;
/* Whether all of the operator's state is in this snapshot, and all is wanted: then places can be kept as they were. */
bool snapshot_is_whole(const struct snapshot_reader *reader);
static inline bool snapshot_wants(const struct snapshot_reader *reader, uint32_t hash) {
    return hash >> 22 >= reader->first_key_group && hash >> 22 < reader->end_key_group;
}
/* The error of a section that cannot be right: "state … of a snapshot <what>". */
enum status snapshot_malformed(const struct snapshot_reader *reader, const char *what, struct error *error) MUST_CHECK;
/* MALFORMED_RECORD, naming the section, unless all of `bytes` was read and meant something. */
enum status snapshot_check(const struct snapshot_reader *reader, const struct bytes_reader *bytes,
                           struct error *error) MUST_CHECK;
/* Whether all sections were read; after the first one was opened. */
bool snapshot_is_read(const struct snapshot_reader *reader);
/* MALFORMED_RECORD unless all sections were read. */
enum status snapshot_finish(const struct snapshot_reader *reader, struct error *error) MUST_CHECK;
