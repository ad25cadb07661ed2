/* grouping.h: what every grouping operator does: keys of rows to records, rows folded into the records' states, records back to
 * output columns.
 *
 *   batch ── keys ──▶ group_table ──▶ records[] ── aggregate_set ──▶ states
 *
 * The operator chooses the tables (one for all time, one per slice, one per window); their records are alike:
 *
 *   header | key | row count (when rows may be retracted) | operator's own bytes | states
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "executor/aggregate_set.h"
#include "executor/group_table.h"
#include "executor/operator.h"

enum { GROUPING_KEYS_MAX = 64 };

struct group_contents;
struct grouping_cold;

/* A table of grouping_table_open. */
struct named_table {
    struct group_table *table;
    char role[32];
    int64_t instance;
};

struct grouping {
    struct stream_operator *owner;
    const uint32_t *key_columns; /* of the input */
    uint32_t key_count;
    const struct type **key_types;
    uint32_t aggregate_count;
    struct aggregate_set *aggregates;
    bool counts_rows;      /* input may retract: groups are gone when their row count is 0 */
    bool keeps_last;       /* the count is 1 after each row, and 0 after one that is taken back */
    uint32_t count_offset; /* of the row count (int64) in a record */
    uint32_t own_offset;   /* of the operator's bytes in a record */
    uint32_t state_size;   /* of all that a record holds behind its key */
    struct column *keys;   /* of the batch at hand */
    struct arena scratch;  /* of one call */
    uint8_t **records;     /* room for a batch */
    uint16_t *new_items;
    uint32_t capacity;
    struct group_table **spare; /* emptied tables, to be used again */
    uint32_t spare_count, spare_capacity;
    struct group_codec *codec;             /* how groups are written and read */
    const struct group_contents *contents; /* grouping_cold.h; NULL: groups are their records */
    struct snapshot_table
        *unwritten; /* tables of the snapshot under way, in order: [next_unwritten, unwritten_count) are not complete */
    uint32_t next_unwritten, unwritten_count, unwritten_capacity;
    uint64_t next_serial;      /* of tables in snapshots */
    struct named_table *named; /* for what restored_state has of them; of a grouping without back-end */
    uint32_t named_count, named_capacity;
    struct group_table **restored; /* tables of the snapshot being read, in order */
    uint32_t restored_count, restored_capacity;
    struct grouping_cold *cold; /* where groups go that memory has no room for (grouping_cold.h); NULL: nowhere */
};

/* own_size: bytes the operator wants in each record, a multiple of 8, zeroed when the group is new. keeps_last: a group is its newest row, and calls
 * give that one's values (aggregate_last_row). */
enum status grouping_open(struct grouping *grouping, struct stream_operator *self, const uint32_t *keys,
                          size_t key_count, Plan__AggregateCall *const *calls, size_t call_count, uint32_t own_size,
                          bool keeps_last, struct error *error) MUST_CHECK;
void grouping_close(struct grouping *grouping);

/* A table for these groups; comes from the spare ones when there are. Its groups stay in memory. */
struct group_table *grouping_table_new(struct grouping *grouping);
/* The same for a table that is part of the operator's state: its groups may leave memory (grouping_cold.h). Role and instance tell it from the other
 * ones that there are at a time. */
struct group_table *grouping_table_open(struct grouping *grouping, const char *role, int64_t instance);
/* The same for a table of the operator's own. */
void grouping_table_name(struct grouping *grouping, struct group_table *table, const char *role, int64_t instance);
/* Groups of a table wherever they are; roughly, when some left memory. */
uint64_t grouping_table_rows(const struct group_table *table);
/* Releases what its groups hold and keeps it for later; a table that a snapshot under way still needs stays until then. */
void grouping_table_recycle(struct grouping *grouping, struct group_table *table);

/* Call once per batch, before lookups: forgets scratch, and knows the key columns. */
void grouping_set_batch(struct grouping *grouping, const struct batch *batch);
/* Records of the selected rows in grouping->records; new ones are ready for rows: so many that were not there before. Records of earlier calls may be
 * gone, but for those of a change list. */
enum status grouping_lookup(struct grouping *grouping, struct group_table *table, const struct selection *selection,
                            uint32_t *new_count, struct error *error) MUST_CHECK;
/* Folds the selected rows of the batch into their records. */
enum status grouping_update(struct grouping *grouping, const struct batch *batch, const struct selection *selection,
                            uint8_t *const *records, struct error *error) MUST_CHECK;

/* ---- all groups of a table, wherever they are (grouping_walk.c) ---- */

/* A stretch of key groups, [first, end). */
struct key_groups {
    uint32_t first, end;
};
struct key_groups key_groups_all(void);
/* Some groups: of `table`, which is the one walked or, for those that are not in memory, one that holds them for the call. */
typedef enum status grouping_visit(void *context, struct group_table *table, uint8_t **records, uint32_t count,
                                   struct error *error);
/* At most `limit` groups at a time; first those in memory, in order of creation when all key groups are wanted. Groups of the table must not come or go
 * meanwhile; those in memory may be changed. */
enum status grouping_walk(struct grouping *grouping, struct group_table *table, struct key_groups wanted,
                          uint32_t limit, grouping_visit *visit, void *context, struct error *error) MUST_CHECK;
/* target += those groups of source, group by group. */
enum status grouping_merge(struct grouping *grouping, struct group_table *target, struct group_table *source,
                           struct key_groups wanted, struct error *error) MUST_CHECK;

/* Whether rows are left in the group. */
static inline bool grouping_is_live(const struct grouping *grouping, const uint8_t *record) {
    return !grouping->counts_rows || *(const int64_t *)(record + grouping->count_offset) > 0;
}
/* Key columns, then results, as FLAT columns of `columns`. */
enum status grouping_write(struct grouping *grouping, struct group_table *table, uint8_t *const *records,
                           uint32_t count, struct arena *arena, struct column *columns, struct error *error) MUST_CHECK;
void grouping_write_keys(struct grouping *grouping, struct group_table *table, uint8_t *const *records, uint32_t count,
                         struct arena *arena, struct column *columns);
enum status grouping_write_results(struct grouping *grouping, uint8_t *const *records, uint32_t count,
                                   struct arena *arena, struct column *columns, struct error *error) MUST_CHECK;
/* Removes a group and what it holds. */
void grouping_remove(struct grouping *grouping, struct group_table *table, uint8_t *record);
/* The records are about to change (lookup and merge do this themselves). */
void grouping_note(struct grouping *grouping, struct group_table *table, uint8_t *const *records, uint32_t count);

/* ---- snapshots (grouping_snapshot.c) ---- */

struct snapshot_reader;
struct snapshot_writer;
/* Before records are read or written, once the records' layout is known. */
void grouping_codec_open(struct grouping *grouping);
void grouping_codec_close(struct grouping *grouping);
const struct record_codec *grouping_codec(const struct grouping *grouping, struct group_table *table);

/* What a record holds behind its key, as bytes, and back into a record whose key is there; all bytes must be used up. False for bytes that mean
 * nothing; the states can be released whatever happens. */
void grouping_encode_states(const struct grouping *grouping, const uint8_t *record, struct strbuf *out);
bool grouping_decode_states(const struct grouping *grouping, uint8_t *record, struct bytes_reader *bytes) MUST_CHECK;
/* The groups of a table as a section of a snapshot: it is only marked here, and written by the steps. */
void grouping_snapshot(struct grouping *grouping, struct group_table *table, const char *name,
                       struct snapshot_writer *writer);
/* Writes more of the tables marked since the last snapshot, until the budget is used up; true when all are complete. */
bool grouping_snapshot_step(struct grouping *grouping, size_t *budget_bytes);
void grouping_snapshot_abandon(struct grouping *grouping);
/* For grouping_table_recycle: true when the snapshot under way needs the table; it is recycled when it is written. */
bool grouping_snapshot_keeps(struct grouping *grouping, struct group_table *table);
/* The next table of the snapshot being read, before anything of it is: grouping_restore does this itself. */
enum status grouping_restore_begin(struct grouping *grouping, struct group_table *table,
                                   struct error *error) MUST_CHECK;
/* A section back into an empty table, the groups of the reader's key groups, in the order in which they were made. */
enum status grouping_restore(struct grouping *grouping, struct group_table *table, const char *name,
                             struct snapshot_reader *reader, struct error *error) MUST_CHECK;
