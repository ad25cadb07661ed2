/* grouping_cold_parts.h: what executor/grouping_cold*.c share, and those who make use of struct group_contents. Invariants: every group is in the table,
 * in the cold table, or, with RECORD_STORED, in both, and then the record is the newer; while a snapshot is under way nothing changes in a key group of a
 * cold table that is not written. */
#pragma once

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "executor/grouping_cold.h"
#include "executor/state.h"

enum {
    ENTRIES_VERSION = 1,
    STEP_GROUPS = 1024,   /* that leave, or come back from a snapshot, at once */
    KEY_GROUP_SHIFT = 22, /* a hash here is the upper half of one: hash.h */
};
#define NO_NUMBER UINT32_MAX

/* The cold part of one table. */
struct cold_groups {
    struct grouping *grouping;
    struct group_table *table; /* NULL: recycled, and only a snapshot needs the entries */
    char role[32];
    int64_t instance;
    struct state_table *entries; /* NULL: no group has left yet */
    bool was_restored;           /* the entries: any record may have one */
    uint64_t away;               /* groups that are only there, roughly: for people */
    uint64_t hand;               /* position of group_table_next_in */
    size_t counted_bytes;        /* of the table, in the sum of all */
    uint32_t walks;              /* under way over the groups: none leaves */
    bool all_emitted;            /* grouping_cold_set_emitted */
    struct strbuf
        forgotten;   /* entries of groups that are gone, to be deleted before anything is read: hash u32 | key block */
    uint32_t number; /* in the snapshot under way; NO_NUMBER: not part of it */
    uint64_t written[KEY_GROUP_COUNT / 64]; /* its key groups that are in that snapshot */
};

struct grouping_cold {
    struct grouping_cold_config config;
    struct state_backend *backend;
    char operator_id[STATE_OPERATOR_ID_SIZE];
    struct cold_groups **parts;
    uint32_t part_count, part_capacity;
    uint32_t hand;                /* the part from which groups leave next */
    struct state_table **dropped; /* of tables that were recycled */
    uint32_t dropped_count, dropped_capacity;
    bool has_settled;     /* what a restored back-end has and no table wants is gone */
    size_t table_bytes;   /* of all tables */
    size_t counted_bytes; /* in the budget */
    /* Bytes and writes of one step. */
    struct strbuf bytes;
    struct arena scratch;
    struct state_write writes[STEP_GROUPS];
    uint8_t *leaving[STEP_GROUPS];
    size_t ends[2 * STEP_GROUPS]; /* in `bytes`: of each key and value */
    /* The snapshot under way. */
    struct snapshot_writer *writer; /* NULL: none, or complete */
    uint32_t section, next_part, next_key_group;
};

/* A table that grouping_table_new gave gets a cold part. */
void cold_groups_new(struct grouping *grouping, struct group_table *table, const char *role, int64_t instance);
/* The table is being restored: what a restored back-end has of it is its own. */
enum status cold_groups_adopt(struct cold_groups *groups, struct error *error) MUST_CHECK;
/* The table is recycled; what is below goes when no snapshot needs it. True when groups had left it: memory is short. */
bool cold_groups_retire(struct cold_groups *groups);
/* Drops what recycled tables, and a back-end that was restored, still have. */
enum status grouping_cold_settle(struct grouping_cold *cold, struct error *error) MUST_CHECK;
/* As grouping_lookup; records from earlier calls, but for those of a change list, may be gone afterwards. */
enum status cold_groups_lookup(struct cold_groups *groups, const struct selection *selection, uint32_t *new_count,
                               struct error *error) MUST_CHECK;
/* Before a merge into the table: makes room for its groups, as a look-up does. */
enum status cold_groups_make_room(struct cold_groups *groups, struct error *error) MUST_CHECK;
/* Fills new records of the table from below; those that are new indeed stay in the list of their places in `records`. */
enum status cold_groups_load(struct cold_groups *groups, uint8_t *const *records, uint16_t *new_items,
                             uint32_t *new_count, struct error *error) MUST_CHECK;
/* The group is about to go for good. */
void cold_groups_forget(struct cold_groups *groups, const uint8_t *record);
enum status cold_groups_delete_forgotten(struct cold_groups *groups, struct error *error) MUST_CHECK;
enum status cold_groups_open_entries(struct cold_groups *groups, struct error *error) MUST_CHECK;
/* The first `count` of cold->writes into the entries. */
enum status cold_groups_write(struct cold_groups *groups, uint32_t count, struct error *error) MUST_CHECK;
/* The same for groups that are in memory no more. */
enum status cold_groups_store(struct cold_groups *groups, uint32_t count, struct error *error) MUST_CHECK;
/* An entry's value into a record that has its key. */
enum status cold_groups_decode(struct grouping *grouping, uint8_t *record, struct str value,
                               struct error *error) MUST_CHECK;
/* A group of an entry in a table. */
enum status cold_groups_make(struct grouping *grouping, struct group_table *table, uint32_t hash, struct str key,
                             struct str value, uint8_t **record, bool *created, struct error *error) MUST_CHECK;
enum status cold_groups_damaged(const struct grouping *grouping, const char *what, struct error *error) MUST_CHECK;
/* The key group's entries as they are, when a snapshot wants them and has them not. */
enum status cold_groups_save(struct cold_groups *groups, uint32_t key_group, struct error *error) MUST_CHECK;
