/* grouping_cold.h: the groups of an operator's tables that memory has no room for, in cold tables of the state back-end (state.h).
 *
 *   look-up ─▶ group_table ── not there ─▶ its cold table, one get per batch ─▶ a record, as it was when it left
 *                  │                            ▲
 *                  └── over the budget: groups that were not looked up lately leave, table by table, in the order of their hashes
 *
 * A group is its record, or what the operator says it is: struct group_contents.
 *
 * A table of grouping_table_open may have a cold one, of the same name; it is made when a group leaves for the first time and goes with the table.
 * Everything of grouping.h works wherever groups are. A group that came back keeps its entry in the cold table (RECORD_STORED) until it leaves
 * again, which writes over it; so the newest state of a group is its record when there is one, else its entry. An entry is
 *
 *   key := nulls u8 | group_table_encode_key     value := marks u8 | grouping_encode_states, or what contents encode
 *
 * Snapshots. The records are written as always. The entries are saved by the back-end, as files (snapshot_writer.entries_are_in_files), or follow in a
 * plain section for all tables, all of them each time, as they were at the barrier: by key groups, and a key group is written before anything in it
 * changes. `order` of an entry is the number of its table among those of the snapshot. Where both have a group the record counts. A snapshot without
 * entries is one that memory alone writes, and either back-end reads the other's.
 *
 * All belongs to the operator's thread. A failure is the back-end's, and the job's end. */
#pragma once

#include "executor/grouping.h"

struct arena;
struct bytes_reader;
struct cold_groups;
struct snapshot_reader;
struct snapshot_writer;
struct state_address;
struct state_write;
struct str;

struct grouping_cold_config {
    int64_t ttl_us; /* 0: groups stay; otherwise touched_offset says where a record has its last touch (i64) */
    uint32_t touched_offset;
};

/* What a group holds when that is not in its record: its sessions. Set in the grouping before anything is looked up; records then have no states of
 * aggregates. All members are there. */
struct group_contents {
    void *context;
    /* Memory of everything that records hold elsewhere, but for that of aggregates. */
    size_t (*bytes)(void *context);
    bool (*may_leave)(void *context, const uint8_t *record);
    void (*encode)(void *context, const uint8_t *record, struct strbuf *out);
    /* Into a record that has nothing but its key. False for bytes that mean nothing, also when some are left. */
    bool (*decode)(void *context, uint8_t *record, struct bytes_reader *bytes);
    /* The record's entry is written; the record is removed next. */
    void (*release)(void *context, uint8_t *record);
    /* After some were released. */
    void (*give_back)(void *context);
    /* A value of a snapshot as it has to be here; a changed one is in the arena. False for bytes that mean nothing. */
    bool (*restore)(void *context, struct arena *arena, struct str *value);
    /* Entries of groups that are only below from now on. */
    enum status (*stored)(void *context, const struct state_write *writes, uint32_t count, struct error *error);
    /* Those with values (.data) are groups in memory now. */
    enum status (*loaded)(void *context, const struct state_address *addresses, const struct str *values,
                          uint32_t count, struct error *error);
    /* A restored back-end had the table's entries. */
    enum status (*adopt)(void *context, struct error *error);
};

/* After grouping_open and before the first table: groups may leave to context->state. Nothing when there is none, or no keys. */
void grouping_cold_open(struct grouping *grouping, const struct grouping_cold_config *config);
void grouping_cold_close(struct grouping *grouping); /* without one: nothing; the tables may be gone */

/* Groups leave when the budget asks for it, as they do before each look-up. */
enum status grouping_cold_give_back(struct grouping *grouping, struct error *error) MUST_CHECK;

/* Groups of a table below it that are not in it; 0 without a cold one. */
uint64_t grouping_cold_count(const struct group_table *table);
/* What follows knows every group that lives: also those that are away get GROUP_EMITTED when they come back. */
void grouping_cold_set_emitted(struct group_table *table);

/* Begins the section of entries, behind all tables of the snapshot, unless they are in files; step and abandon as those of grouping. */
enum status grouping_cold_snapshot(struct grouping *grouping, struct snapshot_writer *writer,
                                   struct error *error) MUST_CHECK;
enum status grouping_cold_snapshot_step(struct grouping *grouping, size_t *budget_bytes, bool *done,
                                        struct error *error) MUST_CHECK;
void grouping_cold_snapshot_abandon(struct grouping *grouping);
/* Behind all grouping_restore of a reader: entries of a snapshot that has some, and those that came with the back-end; without one they become
 * records, as does what context->restored_state has. */
enum status grouping_cold_restore(struct grouping *grouping, struct snapshot_reader *reader,
                                  struct error *error) MUST_CHECK;
