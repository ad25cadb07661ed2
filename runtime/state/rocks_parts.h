/* rocks_parts.h: what the files of the RocksDB back-end share.
 *
 * An entry in RAM has these marks; one without DIRTY has the value that RocksDB has and may go at any time.
 *
 *   DIRTY    RocksDB has not this value          DELETED  a tombstone: RocksDB may have the key, and must forget it
 *   ALONE    RocksDB surely has not the key
 *
 * A checkpoint divides time by `epoch`, the number of the last begin. An entry that is DIRTY with an older epoch has its begin-time value and is
 * written back in steps, or before it changes; one that is DIRTY with this epoch stays in RAM while the phase is before MADE.
 *
 *   IDLE ── begin ─▶ WRITING ── all written back, finish ─▶ FLUSHING ── memtables on disk ─▶ MADE ── release ─▶ IDLE
 *
 * RocksDB's keys are `table id u32 big endian | key of entry_codec.h`. Table 0 is the catalogue: `0 | table id` -> descriptor, and
 * `0 | 0` -> the next table id. Ids are never used again.
 */
#pragma once

#include <rocksdb/c.h>

#include "runtime/state/hot_table.h"
#include "runtime/state/rocks_backend.h"
#include "runtime/state/rocks_library.h"

enum { ENTRY_DIRTY = 1, ENTRY_DELETED = 2, ENTRY_ALONE = 4, HEAT_MAX = 3, TABLE_PREFIX = 4 };
enum checkpoint_phase { PHASE_IDLE, PHASE_WRITING, PHASE_FLUSHING, PHASE_MADE };

struct rocks_table {
    struct state_table base;
    uint32_t id;
    bool stored;   /* RocksDB may have entries of it */
    bool reads;    /* entries are read before they are written: then only reads make them hot */
    uint64_t rows; /* see state_usage */
    struct hot_table hot;
};

/* A file that came with the state this back-end started from, and the name it was known by. */
struct inherited_file {
    char *local, *name;
};

struct file_list {
    struct backend_file *items;
    size_t count, capacity;
};

struct rocks_backend {
    struct state_backend base;
    const struct rocks_library *library;
    struct env *env;
    char *folder, *incarnation;
    rocksdb_t *db;
    rocksdb_column_family_handle_t *column_family;
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *table_options;
    rocksdb_cache_t *block_cache;
    rocksdb_readoptions_t *read_options;
    rocksdb_writeoptions_t *write_options;
    rocksdb_compactionfilter_t *expiry;
    _Atomic int64_t expiry_now_us; /* base.now_us, for RocksDB's threads */
    size_t reserved_bytes;         /* RocksDB's own memory */
    size_t reader_bytes;           /* of it, as measured: indexes and filters */
    size_t hot_bytes;              /* of all tables */
    uint32_t next_table_id;
    /* Writes on their way to RocksDB. What is in here is also in RAM, or is not looked up before it is written. */
    rocksdb_writebatch_t *batch;
    size_t batch_bytes;
    struct strbuf key; /* of the entry being written */
    /* The call's keys, with prefix, one after the other. */
    struct strbuf keys;
    size_t *starts;
    uint32_t start_capacity;
    /* Values of cold tables handed out by the last call, and arrays for look-ups. */
    struct rocks_misses {
        struct rocks_miss {
            uint64_t first; /* bytes of the key, as a number */
            uint32_t index; /* in the call's addresses */
        } * items;
        const char **keys;
        size_t *key_sizes;
        rocksdb_pinnableslice_t **values;
        char **errors;
        uint32_t count, capacity, pinned;
    } misses;
    /* Eviction goes on where it stopped. */
    struct rocks_table *hand_table;
    uint32_t hand_group;
    uint32_t expiry_group;
    /* The checkpoint. */
    enum checkpoint_phase phase;
    uint8_t epoch;
    struct rocks_table *sweep_table; /* next to be written back; NULL: all were */
    uint32_t sweep_group;
    uint64_t checkpoint_number;
    uint32_t *deferred_drops; /* ids of tables dropped since begin */
    size_t deferred_count, deferred_capacity;
    struct file_list files;
    struct inherited_file *inherited;
    size_t inherited_count, inherited_capacity;
};

static inline struct rocks_backend *rocks_backend_of(const struct state_table *table) {
    return (struct rocks_backend *)table->backend;
}
static inline struct rocks_table *rocks_table_of(struct state_table *table) {
    return (struct rocks_table *)table;
}
/* Has its value from before the checkpoint began, and RocksDB needs it for that. */
static inline bool entry_is_owed(const struct rocks_backend *backend, const struct hot_entry *entry) {
    return backend->phase == PHASE_WRITING && (entry->marks & ENTRY_DIRTY) && entry->epoch != backend->epoch;
}
/* Must not reach RocksDB yet. */
static inline bool entry_is_held(const struct rocks_backend *backend, const struct hot_entry *entry) {
    return (backend->phase == PHASE_WRITING || backend->phase == PHASE_FLUSHING) && (entry->marks & ENTRY_DIRTY) &&
           entry->epoch == backend->epoch;
}

/* rocks_backend.c. Turns RocksDB's message, which it frees, into an error; NULL is no failure. */
enum status rocks_check(const struct rocks_backend *backend, char *message, const char *what,
                        struct error *error) MUST_CHECK;
void rocks_account(struct rocks_backend *backend, const struct rocks_table *table, size_t before_bytes);
enum status rocks_db_open(struct rocks_backend *backend, const char *path, rocksdb_t **db,
                          rocksdb_column_family_handle_t **column_family, struct error *error) MUST_CHECK;
/* Counts RocksDB's indexes and filters again. */
void rocks_measure(struct rocks_backend *backend);
struct rocks_table *rocks_table_new(struct rocks_backend *backend);
/* Range deletion of what is stored under a table id: all, or keys between two bounds (an empty `end` is the table's end). */
enum status rocks_range_drop(struct rocks_backend *backend, uint32_t table_id, struct str start, struct str end,
                             struct error *error) MUST_CHECK;

/* rocks_cache.c */
enum status rocks_multi_get(struct state_table *table, const struct state_address *addresses, uint32_t count,
                            struct str *values, struct error *error);
enum status rocks_multi_write(struct state_table *table, const struct state_write *writes, uint32_t count,
                              struct error *error);
void rocks_misses_unpin(struct rocks_backend *backend);
enum status rocks_damaged(const struct rocks_backend *backend, const struct rocks_table *table, struct error *error);

/* rocks_eviction.c. Puts or deletes in the batch; the entry is then no longer DIRTY. */
void rocks_write_back(struct rocks_backend *backend, struct rocks_table *table, struct hot_entry *entry);
void rocks_batch_put(struct rocks_backend *backend, const struct rocks_table *table, struct str key, struct str value);
void rocks_batch_delete(struct rocks_backend *backend, const struct rocks_table *table, struct str key);
enum status rocks_batch_write(struct rocks_backend *backend, struct error *error) MUST_CHECK;
enum status rocks_batch_write_when_big(struct rocks_backend *backend, struct error *error) MUST_CHECK;
/* Evicts when the budget asks for it. */
enum status rocks_trim(struct rocks_backend *backend, struct error *error) MUST_CHECK;
/* Frees what expired in a few key groups. */
void rocks_expire(struct rocks_backend *backend);

/* rocks_iterator.c */
enum status rocks_iterator_open(struct state_table *table, const struct state_range *range,
                                struct state_iterator **iterator, struct error *error);
enum status rocks_iterator_next(struct state_iterator *iterator, struct state_entry *entry, bool *found,
                                struct error *error);
void rocks_iterator_close(struct state_iterator *iterator);

/* rocks_checkpoint.c */
enum status rocks_checkpoint_begin(struct state_backend *backend, struct error *error);
enum status rocks_checkpoint_step(struct state_backend *backend, uint32_t entries, bool *done, struct error *error);
enum status rocks_checkpoint_finish(struct state_backend *backend, struct state_files *files, bool *done,
                                    struct error *error);
enum status rocks_checkpoint_release(struct state_backend *backend, struct error *error);
/* A table that is dropped while a checkpoint is under way: what the checkpoint is owed of it is written back. */
enum status rocks_checkpoint_forget(struct rocks_backend *backend, struct rocks_table *table,
                                    struct error *error) MUST_CHECK;
void file_list_release(struct file_list *files);

/* rocks_restore.c. Makes the folder of the database, with what the sources have of the wanted key groups, and opens it. */
enum status rocks_restore(struct rocks_backend *backend, const struct rocks_config *config,
                          struct error *error) MUST_CHECK;
/* Removes the files of a folder, and the folder; one that is not there is no failure. */
enum status rocks_folder_clear(struct env *env, const char *folder, bool remove_folder, struct error *error) MUST_CHECK;
