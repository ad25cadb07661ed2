/* grouping_cold.h: the groups of one table that memory has no room for, in a cold table of the state back-end (state.h).
 *
 *   look-up ─▶ group_table ── not there ─▶ cold table, one get per batch ─▶ a record, as it was when it left
 *                  │                            ▲
 *                  └── over the budget: groups that were not looked up lately leave, in the order of their hashes
 *
 * A group that came back keeps its entry in the cold table (RECORD_STORED) until it leaves again, which writes over it; so the newest state of
 * a group is its record when there is one, else its entry. An entry is
 *
 *   key := nulls u8 | group_table_encode_key     value := marks u8 | grouping_encode_states
 *
 * Snapshots. The records are written as always. The entries follow in a plain section of their own, all of them each time, as they were at the
 * barrier: key group by key group, and a key group is written before anything in it changes. Where both have a group the record counts.
 * A snapshot without entries is one that memory alone writes, and either back-end reads the other's.
 *
 * Order. Final results come out in the order in which groups were made. Where groups leave, places do not tell it; so records carry a number.
 * All belongs to the operator's thread. A failure is the back-end's, and the job's end. */
#pragma once

#include "executor/grouping.h"

struct snapshot_reader;
struct snapshot_writer;

struct grouping_cold_config {
    struct group_table *table;
    int64_t ttl_us; /* 0: groups stay; otherwise touched_offset says where a record has its last touch (i64) */
    uint32_t touched_offset;
    bool is_numbered; /* groups have their number (u64) at number_offset */
    uint32_t number_offset;
};

/* After grouping_open, in context->state. */
enum status grouping_cold_open(struct grouping *grouping, const struct grouping_cold_config *config,
                               struct error *error) MUST_CHECK;
void grouping_cold_close(struct grouping *grouping); /* without one: nothing */

/* As grouping_lookup; records from earlier calls, but for those of a change list, may be gone afterwards. */
enum status grouping_cold_lookup(struct grouping *grouping, const struct selection *selection,
                                 struct error *error) MUST_CHECK;
/* For grouping_remove: the group is about to go for good. */
void grouping_cold_forget(struct grouping *grouping, const uint8_t *record);
/* Groups that left, those that came back counted again; 0: all groups are in the table. */
uint64_t grouping_cold_evicted(const struct grouping *grouping);

/* Of the group that is made next, where groups are numbered: part of the operator's own state. */
int64_t grouping_cold_next_number(const struct grouping *grouping);
void grouping_cold_set_next_number(struct grouping *grouping, int64_t number); /* of several the greatest counts */
/* All groups by number: sort moves them out of the table; next fills it with the next ones, up to `limit`, instead of those of the call
 * before. No more look-ups then. */
enum status grouping_cold_sort(struct grouping *grouping, struct error *error) MUST_CHECK;
enum status grouping_cold_next(struct grouping *grouping, uint8_t **records, uint32_t limit, uint32_t *count,
                               struct error *error) MUST_CHECK;

/* Begins the section of entries, right behind that of the records; step and abandon as those of grouping. */
enum status grouping_cold_snapshot(struct grouping *grouping, struct snapshot_writer *writer,
                                   struct error *error) MUST_CHECK;
enum status grouping_cold_snapshot_step(struct grouping *grouping, size_t *budget_bytes, bool *done,
                                        struct error *error) MUST_CHECK;
void grouping_cold_snapshot_abandon(struct grouping *grouping);
/* Behind grouping_restore: entries of a snapshot that has some; without a cold table they become records of `table`. */
enum status grouping_cold_restore(struct grouping *grouping, struct group_table *table, struct snapshot_reader *reader,
                                  struct error *error) MUST_CHECK;
