/* record_store.h: keyed records of one size, by place, that never move; and their snapshots, which are written while they change.
 *
 *   places     0 1 2 3 │ 4 5 6 7 │ 8 9 …        pages; a freed place is given out again, the last freed first
 *                   ▲ position of the walk       what lies before it is written, what changes behind it is written first
 *
 * A place is a record's identity between snapshots, and the order in which records were made. Each record has a dirty bit for the
 * changes before the last barrier and one for those after it, which swap at every barrier (record_store_begin): beginning a
 * snapshot touches no record. While one is under way, a record that belongs to it and is about to change is written at once
 * (record_store_note), and the walk (record_store_step) writes the rest. A snapshot of all records, not only of dirty ones, raises the
 * generation; records take it over when they are written. Freed places are written too, so that those who read them back give places out
 * in the same order.
 * Who holds the store calls record_store_note before a record changes; taking and freeing places note themselves. One store belongs to one
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct snapshot_place;
struct snapshot_reader;
struct snapshot_writer;
struct str;
struct strbuf;

/* How every record begins. `marks`, `tag` and `nulls` are the owner's; of a free place, the rest holds the next free place + 1. */
struct record_header {
    uint32_t tag; /* the upper half of the key's hash */
    uint8_t marks;
    uint8_t nulls;
    uint8_t bits;
    uint8_t generation; /* of the snapshots of all records */
};
enum record_bits {
    RECORD_DIRTY = 3,
    RECORD_LIVE = 4,
    RECORD_RECENT = 8,  /* grouping_cold.h: was looked up since the hand passed */
    RECORD_STORED = 16, /* grouping_cold.h: the cold table has an entry of the group */
};

/* What a record's body is in a snapshot. */
struct record_codec {
    void *context;
    /* NULL: the body is the record's bytes behind its header, as they are. */
    void (*encode)(void *context, const uint8_t *record, struct strbuf *out);
    /* Fills a record whose header is complete; its other bytes are unspecified. False for bytes that mean nothing; then the record
     * stays as far as it came and the store is of no use. */
    bool (*decode)(void *context, uint8_t *record, struct str body);
};

struct record_store {
    uint32_t record_size;
    uint32_t page_shift; /* records per page = 1 << page_shift */
    uint8_t **pages;
    uint32_t page_count, page_capacity;
    uint8_t **extents; /* what pages were cut from; a store's first pages are extents of one page */
    uint32_t extent_count, extent_capacity;
    size_t page_bytes;
    uint32_t place_count; /* given out so far, free ones included */
    uint32_t live_count;
    uint32_t free_place; /* + 1; 0: none is free */
    /* snapshots */
    uint8_t dirty;      /* bit of changes from now on; 0: there was no snapshot yet, so nothing is noted */
    uint8_t generation; /* of the last snapshot of all records, and of records made since */
    uint8_t done_generation;
    bool under_way;
    bool all; /* the snapshot under way has all records */
    uint32_t position, end;
    uint64_t serial; /* the table in its operator's snapshots; 0: in none yet */
    struct snapshot_writer *writer;
    uint32_t section;
};

void record_store_init(struct record_store *store, uint32_t record_size);
void record_store_release(struct record_store *store);
/* Forgets all records; pages stay, unless they are four times too many for what was in them: then true. Not while a snapshot is under way. */
bool record_store_reset(struct record_store *store);

static inline uint8_t *record_store_at(const struct record_store *store, uint32_t place) {
    uint8_t *page = store->pages[place >> store->page_shift];
    return page + (size_t)(place & ((1u << store->page_shift) - 1)) * store->record_size;
}
static inline struct record_header *record_header(uint8_t *record) {
    return (struct record_header *)record;
}
static inline bool record_is_live(const uint8_t *record) {
    return ((const struct record_header *)record)->bits & RECORD_LIVE;
}

/* A place for a record: its header is set, with this tag, and the rest unspecified. */
uint32_t record_store_add(struct record_store *store, uint32_t tag);
/* The record is gone: it was noted, and what it holds was released. Its place is still taken. */
void record_store_kill(struct record_store *store, uint32_t place);
/* The place of a record that is gone may be given to another. */
void record_store_free(struct record_store *store, uint32_t place);

/* Whether the record belongs to the snapshot under way and is not written yet. */
static inline bool record_is_pending(const struct record_store *store, const struct record_header *header) {
    if (!store->under_way)
        return false;
    return store->all ? header->generation != store->generation : (header->bits & RECORD_DIRTY & ~store->dirty) != 0;
}
void record_store_write(struct record_store *store, const struct record_codec *codec, uint32_t place);
/* The record is about to change, or to go. Whoever does not know the place asks record_is_pending first. */
static inline void record_store_note(struct record_store *store, const struct record_codec *codec, uint32_t place) {
    struct record_header *header = record_header(record_store_at(store, place));
    if (record_is_pending(store, header))
        record_store_write(store, codec, place);
    header->bits |= store->dirty;
}

/* Begins a section of the snapshot: of all records when the writer's mode is FULL or this store was never in a snapshot (it then gets
 * *next_serial, which rises), else of those that changed. The writer is borrowed until the section is done or given up. */
void record_store_begin(struct record_store *store, const struct record_codec *codec, struct snapshot_writer *writer,
                        const char *name, uint32_t version, uint64_t *next_serial);
/* Writes and looks at more records until *budget bytes are used up, which it counts down; true when the section is complete. */
bool record_store_step(struct record_store *store, const struct record_codec *codec, size_t *budget);
/* The snapshot will not be complete, or not be part of a checkpoint: the next one must be FULL. */
void record_store_abandon(struct record_store *store);

/* Reads a section: into an empty store all places as they were or, when the reader does not have everything (snapshot_is_whole) or places need
 * not be kept, the records in the same order without places between, behind those that are there. When it fails the store can only be
 * released. */
enum status record_store_restore(struct record_store *store, const struct record_codec *codec, bool keeps_places,
                                 const char *name, uint32_t version, struct snapshot_reader *reader,
                                 struct error *error) MUST_CHECK;
