/* state.h: keyed state that may be larger than memory, as operators see it.
 *
 * A task has one back-end; an operator opens tables in it and reads and writes entries, a batch at a time. Keys and values are bytes whose
 * meaning only the operator knows; the back-end knows where an entry belongs:
 *
 *   kind      address of an entry                       ascending order within a key
 *   VALUE     key                                       –
 *   MAP       key, user key                             bytes of the user key
 *   LIST      key, position                             position
 *   ORDERED   key, time[, user key]                     time, then bytes of the user key: several entries may have one time
 *
 * `hash` is the top half of the key's hash (core/base/hash.h), so its top ten bits are the key group: the unit of growth, snapshot and
 * rescale. Whole tables are walked in the order of hash, key, and place within the key, the same in every back-end.
 *
 *   operators ──▶ state.h ◀── runtime/state/memory_backend    everything in RAM
 *                         ◀── runtime/state/rocks_backend   the hot part in RAM, the rest in RocksDB
 *
 * Borrowed bytes. What a get or an iterator hands out belongs to the back-end and is valid until the next call on the same back-end. What is
 * handed in is copied. While an iterator is open, only iterators may be used.
 *
 * Time to live. A table with `ttl_us` forgets an entry that long after its last write. Nobody here reads a clock: the time is what the task
 * last gave to state_backend_advance, and an entry whose time is up is never handed out, whether or not its space was reclaimed.
 *
 * A back-end and all that belongs to it are used by one thread at a time; a budget may be shared by any number of threads.
 * Errors: FILE_ERROR and UNDEFINED_FILE for damaged or missing files, DISK_FULL (retriable), UNSUPPORTED for an unknown version.
 * After a failure other than of open the back-end may only be closed: the task goes back to a checkpoint. See docs/design/013.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct snapshot_reader;
struct snapshot_writer;
struct state_backend;

/* ---- memory: one budget per process -------------------------------------------------------------------------------- */

/* A back-end that holds more than its share (limit / members) gives memory back while all together hold more than the limit, if it
 * has somewhere to put it; `memory` has not, and only counts. */
struct state_budget {
    size_t limit_bytes;
    _Atomic size_t used_bytes;
    _Atomic uint32_t member_count;
};
void state_budget_init(struct state_budget *budget, size_t limit_bytes);
static inline void state_budget_change(struct state_budget *budget, size_t more_bytes, size_t less_bytes) {
    atomic_fetch_add_explicit(&budget->used_bytes, more_bytes - less_bytes, memory_order_relaxed);
}
static inline size_t state_budget_used(struct state_budget *budget) {
    return atomic_load_explicit(&budget->used_bytes, memory_order_relaxed);
}
size_t state_budget_share(struct state_budget *budget);

/* ---- tables ----------------------------------------------------------------------------------------------------------- */

enum state_kind { STATE_VALUE = 1, STATE_MAP, STATE_LIST, STATE_ORDERED };

/* What a table is. (operator_id, role, instance) is its identity, also in checkpoints: none of them depends on positions in a plan. */
struct state_descriptor {
    const char *operator_id; /* stable: statement, role, columns */
    const char *role;        /* "groups", "left rows" */
    int64_t instance;        /* of several tables of one role: the start of a window's slice; otherwise 0 */
    enum state_kind kind;
    uint32_t version;        /* of the encoding of keys and values */
    const char *description; /* for people: EXPLAIN, tools */
    int64_t ttl_us;          /* 0: entries stay */
    bool cold;               /* the operator keeps hot entries itself: nothing is cached here. See below */
};

struct state_usage {
    uint64_t
        rows; /* memory: exact. rocksdb: an estimate; overwriting an entry that is not in RAM without reading it counts twice */
    uint64_t memory_bytes; /* in RAM, overhead included */
    uint64_t disk_bytes;   /* roughly; 0 until something was written there */
};

struct state_table {
    struct state_backend *backend;
    struct state_table *next;           /* of the back-end's tables; order of creation */
    struct state_descriptor descriptor; /* the strings are the table's */
    bool opened;                        /* false: restored, and nobody asked for it yet */
};

/* "<operator> <node>": of the tables of an operator that has a place in a plan. */
enum { STATE_OPERATOR_ID_SIZE = 64 };
void state_operator_id(const char *operator, uint32_t node_id, char id[STATE_OPERATOR_ID_SIZE]);
/* Finds the table, restored or open already, or creates it; the back-end owns it. Descriptor strings are copied. A restored table of another
 * version is UNSUPPORTED, of another kind INTERNAL. Description, ttl and cold are as now given. */
enum status state_table_open(struct state_backend *backend, const struct state_descriptor *descriptor,
                             struct state_table **table, struct error *error) MUST_CHECK;
/* The same, but NULL when there is none. */
struct state_table *state_table_find(struct state_backend *backend, const char *operator_id, const char *role,
                                     int64_t instance);
/* Forgets the table and all its entries: one range deletion, however many they are. */
enum status state_table_drop(struct state_table *table, struct error *error) MUST_CHECK;

/* ---- entries ---------------------------------------------------------------------------------------------------------- */

struct state_address {
    uint32_t hash; /* top half of the hash of `key`: a function of it */
    struct str key;
    int64_t order;       /* LIST: position; ORDERED: time; otherwise 0 */
    struct str user_key; /* MAP; ORDERED, may be empty; otherwise empty */
};

struct state_write {
    struct state_address address;
    struct str value;
    int64_t expires_us; /* 0: what the table's ttl says. For copies of entries that have a time already */
    bool is_delete;
};

/* values[i] is the i-th entry's value, or .data = NULL when there is none (an empty value has data). */
enum status state_multi_get(struct state_table *table, const struct state_address *addresses, uint32_t count,
                            struct str *values, struct error *error) MUST_CHECK;
/* Puts and deletes, in order. Deleting what is not there is no mistake. */
enum status state_multi_write(struct state_table *table, const struct state_write *writes, uint32_t count,
                              struct error *error) MUST_CHECK;
/* The same for one entry; value->data = NULL when there is none. */
enum status state_get(struct state_table *table, const struct state_address *address, struct str *value,
                      struct error *error) MUST_CHECK;
enum status state_put(struct state_table *table, const struct state_address *address, struct str value,
                      struct error *error) MUST_CHECK;
enum status state_delete(struct state_table *table, const struct state_address *address,
                         struct error *error) MUST_CHECK;

/* Which entries: all of some key groups, or of one key all or those of a range of positions or times. */
struct state_range {
    uint32_t first_key_group, end_key_group; /* [first, end) */
    bool one_key;                            /* then the key groups are not looked at */
    uint32_t hash;
    struct str key;
    bool by_order; /* LIST, ORDERED of one key: first_order <= order < end_order */
    int64_t first_order, end_order;
};
struct state_range state_range_all(void);
struct state_range state_range_key(uint32_t hash, struct str key);
struct state_range state_range_orders(uint32_t hash, struct str key, int64_t first_order, int64_t end_order);

struct state_entry {
    struct state_address address;
    struct str value;
    int64_t expires_us; /* 0: never */
};

struct state_iterator {
    struct state_table *table;
};
/* Ascending. The range's key is copied. */
enum status state_iterator_open(struct state_table *table, const struct state_range *range,
                                struct state_iterator **iterator, struct error *error) MUST_CHECK;
enum status state_iterator_next(struct state_iterator *iterator, struct state_entry *entry, bool *found,
                                struct error *error) MUST_CHECK;
void state_iterator_close(struct state_iterator *iterator); /* NULL is ignored */

/* Deletes the entries of a range one by one. */
enum status state_range_delete(struct state_table *table, const struct state_range *range,
                               struct error *error) MUST_CHECK;

struct state_usage state_table_usage(const struct state_table *table);
struct state_usage state_operator_usage(const struct state_backend *backend, const char *operator_id);

/* ---- cold tables -------------------------------------------------------------------------------------------------------
 *
 * Tables of operators that keep in RAM themselves what is worth it. ORDER BY has its sorted runs in a LIST table, writes each once and reads
 * all at the end (executor/sort_runs.h). One with hot groups in a table of its own (executor/group_table.h) opens a VALUE table for the others:
 * one state_multi_get for the groups of a batch that it did not find, with key bytes of group_table_encode_key and the header's tag as hash;
 * one state_multi_write for all groups that it evicts; iteration and state_table_drop when a window closes. Reads and writes go past the cache.
 *
 * A checkpoint has their entries as they were when it began; what the operator holds in RAM is for itself to save. What is written between begin
 * and finish is kept back in RAM until the checkpoint is made: evicting is allowed then, and gives no memory back.
 */

/* ---- the back-end -------------------------------------------------------------------------------------------------------- */

/* A file of a checkpoint. Names are unique among all checkpoints of all incarnations; equal names have equal contents. */
struct backend_file {
    const char *name;
    const char *path;
    uint64_t size_bytes;
    bool shared; /* may be part of later checkpoints too: then it is not handed over again under another name */
};
struct state_files {
    const struct backend_file *items;
    uint32_t count;
};

struct state_backend {
    const struct state_backend_class *class;
    struct state_budget *budget;
    struct state_table *tables; /* those of restored state included */
    int64_t now_us;
    uint32_t iterator_count;
    bool begun; /* a checkpoint is under way */
};

struct state_backend_class {
    const char *name;
    enum status (*table_create)(struct state_backend *backend, struct state_table **table, struct error *error);
    /* The table was taken off the list; frees it, but for its descriptor. */
    enum status (*table_drop)(struct state_table *table, struct error *error);
    enum status (*multi_get)(struct state_table *table, const struct state_address *addresses, uint32_t count,
                             struct str *values, struct error *error);
    enum status (*multi_write)(struct state_table *table, const struct state_write *writes, uint32_t count,
                               struct error *error);
    enum status (*iterator_open)(struct state_table *table, const struct state_range *range,
                                 struct state_iterator **iterator, struct error *error);
    enum status (*iterator_next)(struct state_iterator *iterator, struct state_entry *entry, bool *found,
                                 struct error *error);
    void (*iterator_close)(struct state_iterator *iterator);
    struct state_usage (*table_usage)(const struct state_table *table);
    bool (*table_is_empty)(const struct state_table *table);
    /* The time has come to base.now_us: give up what expired and what is over the budget. */
    enum status (*advance)(struct state_backend *backend, struct error *error);
    void (*close)(struct state_backend *backend); /* frees its tables, but for their descriptors, and itself */
    /* MAY: NULL in a back-end without files. */
    enum status (*checkpoint_begin)(struct state_backend *backend, struct error *error);
    enum status (*checkpoint_step)(struct state_backend *backend, uint32_t entries, bool *done, struct error *error);
    enum status (*checkpoint_finish)(struct state_backend *backend, struct state_files *files, bool *done,
                                     struct error *error);
    enum status (*checkpoint_release)(struct state_backend *backend, struct error *error);
};

/* The time, wall clock, microseconds: between two batches; also where an idle task gives back memory that others need. */
enum status state_backend_advance(struct state_backend *backend, int64_t now_us, struct error *error) MUST_CHECK;
void state_backend_close(struct state_backend *backend); /* with its tables; NULL is ignored */

/* Checkpoint by files, for back-ends that have them (state_backend_has_files). The checkpoint has the entries as they were at begin:
 *
 *   begin ─▶ step … step ─▶ finish … finish ─▶ (files are read) ─▶ release
 *
 * Between the calls processing goes on. A step looks at about `entries` entries; *done when nothing is left to write back. finish may
 * need several calls (*done) while files are written in the background; calls in between cost little, so ask again with the next batch.
 * The files stay until release, which must come before the next begin. There is no way to abandon one: release ends it, finished or not. */
bool state_backend_has_files(const struct state_backend *backend);
/* Whether no table has an entry; false may be said of one whose entries are all gone. */
bool state_backend_is_empty(const struct state_backend *backend);
enum status state_checkpoint_begin(struct state_backend *backend, struct error *error) MUST_CHECK;
enum status state_checkpoint_step(struct state_backend *backend, uint32_t entries, bool *done,
                                  struct error *error) MUST_CHECK;
enum status state_checkpoint_finish(struct state_backend *backend, struct state_files *files, bool *done,
                                    struct error *error) MUST_CHECK;
enum status state_checkpoint_release(struct state_backend *backend, struct error *error) MUST_CHECK;

/* All entries as sections of a snapshot: how `memory` is checkpointed, and, from any back-end to any other, the form of savepoints. Restoring takes
 * the reader's range of key groups and adds to what is there; several snapshots may be restored one after the other. */
enum status state_backend_snapshot(struct state_backend *backend, struct snapshot_writer *writer,
                                   struct error *error) MUST_CHECK;
enum status state_backend_restore(struct state_backend *backend, struct snapshot_reader *reader,
                                  struct error *error) MUST_CHECK;
