/* rocks_backend.c: opening and closing, options, tables, and what RocksDB's messages mean.
 * Invariant: base.budget knows of reserved_bytes + hot_bytes, and hot_bytes is the sum over the tables' hot entries. */
#include "runtime/state/rocks_backend.h"

#include <endian.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "runtime/state/entry_codec.h"
#include "runtime/state/rocks_parts.h"

#define MEMTABLE_BLOOM_PART 0.1 /* of the memtable */

enum {
    CHECKSUM_XXH3 = 4,
    FORMAT_VERSION = 5,
    LOG_FATAL_ONLY = 4,
    BLOCK_BYTES = 2048,
    BLOOM_BITS_PER_KEY = 10,
    BLOCK_INDEX_BINARY_AND_HASH = 1,
};

static bool contains(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

enum status rocks_check(const struct rocks_backend *backend, char *message, const char *what, struct error *error) {
    if (!message)
        return STATUS_OK;
    enum status status = STATUS_FILE_ERROR;
    const char *meaning = "failed";
    if (contains(message, "No space left") || contains(message, "Disk quota")) {
        status = STATUS_DISK_FULL;
        meaning = "found the disk full";
    } else if (contains(message, "No such file") || contains(message, "does not exist")) {
        status = STATUS_UNDEFINED_FILE;
        meaning = "misses a file";
    } else if (contains(message, "Corruption") || contains(message, "Invalid argument")) {
        meaning = "found damaged files";
    }
    status = FAIL(error, status, "%s of the state in \"%s\" %s", what, backend->folder, meaning);
    error_detail(error, "%s", message);
    if (error && status == STATUS_DISK_FULL)
        error->retriable = true;
    backend->library->free(message);
    return status;
}

void rocks_account(struct rocks_backend *backend, const struct rocks_table *table, size_t before_bytes) {
    backend->hot_bytes += table->hot.bytes - before_bytes;
    state_budget_change(backend->base.budget, table->hot.bytes, before_bytes);
}

/* ---- options ---- */

static size_t clamp(size_t value, size_t least, size_t most) {
    return value < least ? least : value > most ? most : value;
}

/* Runs in RocksDB's threads. */
static unsigned char filter_expired(void *state, int level, const char *key, size_t key_size, const char *value,
                                    size_t value_size, char **new_value, size_t *new_size, unsigned char *changed) {
    (void)level, (void)new_value, (void)new_size;
    struct rocks_backend *backend = state;
    struct str payload;
    int64_t expires_us;
    *changed = 0;
    if (key_size <= TABLE_PREFIX || memcmp(key, "\0\0\0\0", TABLE_PREFIX) == 0)
        return 0; /* the catalogue */
    return entry_value_read((struct str){value, value_size}, &payload, &expires_us) &&
           entry_expired(expires_us, atomic_load_explicit(&backend->expiry_now_us, memory_order_relaxed));
}

static const char *filter_name(void *state) {
    (void)state;
    return "expiry";
}

static void filter_destroy(void *state) {
    (void)state;
}

static void make_table_options(struct rocks_backend *backend, size_t cache_bytes) {
    const struct rocks_library *library = backend->library;
    rocksdb_block_based_table_options_t *table = library->block_based_options_create();
    backend->block_cache = library->cache_create_lru(cache_bytes);
    library->block_based_options_set_block_cache(table, backend->block_cache);
    library->block_based_options_set_block_size(table, BLOCK_BYTES);
    library->block_based_options_set_format_version(table, FORMAT_VERSION);
    library->block_based_options_set_checksum(table,
                                              CHECKSUM_XXH3); /* distributions build CRC-32C without instructions */
    library->block_based_options_set_data_block_index_type(table, BLOCK_INDEX_BINARY_AND_HASH);
    library->block_based_options_set_filter_policy(table, library->filterpolicy_create_bloom_full(BLOOM_BITS_PER_KEY));
    backend->table_options = table;
}

static void make_options(struct rocks_backend *backend, size_t share_bytes) {
    const struct rocks_library *library = backend->library;
    size_t memtable_bytes = clamp(share_bytes / 20, 64 << 10, 64 << 20);
    size_t cache_bytes = clamp(share_bytes / 32, 128 << 10, 64 << 20);
    backend->reserved_bytes = 2 * memtable_bytes + cache_bytes;
    make_table_options(backend, cache_bytes);
    rocksdb_options_t *options = library->options_create();
    backend->options = options;
    library->options_set_block_based_table_factory(options, backend->table_options);
    library->options_set_create_if_missing(options, 1);
    library->options_set_write_buffer_size(options, memtable_bytes);
    library->options_set_max_write_buffer_number(options, 2);
    library->options_set_arena_block_size(options, memtable_bytes / 16);
    library->options_set_memtable_whole_key_filtering(options, 1); /* most of what is looked up is in files */
    library->options_set_memtable_prefix_bloom_size_ratio(options, MEMTABLE_BLOOM_PART);
    library->options_set_allow_concurrent_memtable_write(options, 0); /* one writer */
    library->options_set_compression(options,
                                     rocksdb_no_compression); /* a look-up would unpack a block for one entry */
    library->options_set_target_file_size_base(options, 4 * memtable_bytes);
    library->options_set_max_bytes_for_level_base(options, 16 * memtable_bytes);
    library->options_set_level_compaction_dynamic_level_bytes(options, 1);
    library->options_set_level0_file_num_compaction_trigger(options, 4);
    library->options_set_level0_slowdown_writes_trigger(options, 24);
    library->options_set_level0_stop_writes_trigger(options, 40);
    library->options_set_max_background_jobs(options, 2);
    library->options_set_max_open_files(options, -1);
    library->options_set_info_log_level(options, LOG_FATAL_ONLY);
    library->options_set_keep_log_file_num(options, 1);
    library->options_set_stats_dump_period_sec(options, 0);
    backend->expiry = library->compactionfilter_create(backend, filter_destroy, filter_expired, filter_name);
    library->options_set_compaction_filter(options, backend->expiry);
    backend->read_options = library->readoptions_create();
    backend->write_options = library->writeoptions_create();
    library->writeoptions_disable_WAL(backend->write_options, 1);
    library->writeoptions_set_memtable_insert_hint_per_batch(backend->write_options, 1); /* batches are about sorted */
    backend->batch = library->writebatch_create();
}

enum status rocks_db_open(struct rocks_backend *backend, const char *path, rocksdb_t **db,
                          rocksdb_column_family_handle_t **column_family, struct error *error) {
    const char *name = "default";
    const rocksdb_options_t *options = backend->options;
    char *message = NULL;
    *db = backend->library->open_column_families(backend->options, path, 1, &name, &options, column_family, &message);
    if (message)
        *db = NULL;
    return rocks_check(backend, message, "opening", error);
}

/* Indexes and filters of files stay in RAM outside the block cache, which would cost three more look-ups a read; they are counted as they grow. */
void rocks_measure(struct rocks_backend *backend) {
    uint64_t bytes;
    if (backend->library->property_int(backend->db, "rocksdb.estimate-table-readers-mem", &bytes) != 0)
        return;
    state_budget_change(backend->base.budget, bytes, backend->reader_bytes);
    backend->reserved_bytes += bytes - backend->reader_bytes;
    backend->reader_bytes = bytes;
}

/* ---- tables ---- */

struct rocks_table *rocks_table_new(struct rocks_backend *backend) {
    struct rocks_table *table = memory_zalloc(sizeof *table);
    table->base.backend = &backend->base;
    return table;
}

static enum status table_create(struct state_backend *base, struct state_table **table, struct error *error) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    if (backend->next_table_id == UINT32_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "too many tables of state were created");
    struct rocks_table *created = rocks_table_new(backend);
    created->id = backend->next_table_id++;
    *table = &created->base;
    return STATUS_OK;
}

static void append_prefix(struct strbuf *out, uint32_t table_id) {
    table_id = htobe32(table_id);
    strbuf_append(out, &table_id, sizeof table_id);
}

enum status rocks_range_drop(struct rocks_backend *backend, uint32_t table_id, struct str start, struct str end,
                             struct error *error) {
    struct strbuf from, to;
    strbuf_init(&from);
    strbuf_init(&to);
    append_prefix(&from, table_id);
    strbuf_append_str(&from, start);
    append_prefix(&to, end.size ? table_id : table_id + 1);
    strbuf_append_str(&to, end);
    char *message = NULL;
    backend->library->delete_file_in_range(backend->db, from.data, from.size, to.data, to.size, &message);
    backend->library->writebatch_delete_range(backend->batch, from.data, from.size, to.data, to.size);
    enum status status = rocks_check(backend, message, "dropping a table", error);
    strbuf_release(&from);
    strbuf_release(&to);
    return status != STATUS_OK ? status : rocks_batch_write(backend, error);
}

static enum status table_drop(struct state_table *base, struct error *error) {
    struct rocks_backend *backend = rocks_backend_of(base);
    struct rocks_table *table = rocks_table_of(base);
    rocks_misses_unpin(backend);
    enum status status = rocks_checkpoint_forget(backend, table, error);
    size_t before = table->hot.bytes;
    hot_table_release(&table->hot);
    rocks_account(backend, table, before);
    if (backend->hand_table == table)
        backend->hand_table = NULL;
    bool now = backend->phase == PHASE_IDLE || backend->phase == PHASE_MADE;
    if (status == STATUS_OK && now && table->stored)
        status = rocks_range_drop(backend, table->id, (struct str){0}, (struct str){0}, error);
    free(table);
    return status;
}

static struct state_usage table_usage(const struct state_table *base) {
    const struct rocks_table *table = (const struct rocks_table *)base;
    struct rocks_backend *backend = rocks_backend_of(base);
    struct state_usage usage = {.rows = table->rows, .memory_bytes = table->hot.bytes};
    if (!table->stored)
        return usage;
    uint32_t bounds[2] = {htobe32(table->id), htobe32(table->id + 1)};
    const char *start = (const char *)&bounds[0], *end = (const char *)&bounds[1];
    size_t size = sizeof bounds[0];
    char *message = NULL;
    backend->library->approximate_sizes(backend->db, 1, &start, &size, &end, &size, &usage.disk_bytes, &message);
    if (message)
        backend->library->free(message); /* it is an estimate anyway */
    return usage;
}

static bool table_is_empty(const struct state_table *base) {
    const struct rocks_table *table = (const struct rocks_table *)base;
    return !table->stored && table->hot.count == 0;
}

/* ---- open and close ---- */

static enum status advance(struct state_backend *base, struct error *error) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    /* A checkpoint has what was not yet expired when it began, also when the clock is set back. */
    if (backend->phase == PHASE_IDLE || backend->phase == PHASE_MADE)
        atomic_store_explicit(&backend->expiry_now_us, base->now_us, memory_order_relaxed);
    rocks_expire(backend);
    return rocks_trim(backend, error);
}

static void release_rocksdb(struct rocks_backend *backend) {
    const struct rocks_library *library = backend->library;
    rocks_misses_unpin(backend);
    if (backend->db) {
        library->column_family_handle_destroy(backend->column_family);
        library->close(backend->db);
    }
    library->writebatch_destroy(backend->batch);
    library->writeoptions_destroy(backend->write_options);
    library->readoptions_destroy(backend->read_options);
    library->options_destroy(backend->options);
    library->compactionfilter_destroy(backend->expiry);
    library->block_based_options_destroy(backend->table_options);
    library->cache_destroy(backend->block_cache);
}

static void close_backend(struct state_backend *base) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    release_rocksdb(backend);
    for (struct state_table *table = base->tables, *next; table; table = next) {
        next = table->next;
        hot_table_release(&rocks_table_of(table)->hot);
        free(table);
    }
    state_budget_change(base->budget, 0, backend->reserved_bytes + backend->hot_bytes);
    atomic_fetch_sub(&base->budget->member_count, 1);
    file_list_release(&backend->files);
    for (size_t i = 0; i < backend->inherited_count; i++) {
        free(backend->inherited[i].local);
        free(backend->inherited[i].name);
    }
    free(backend->inherited);
    free(backend->deferred_drops);
    free(backend->misses.items);
    free(backend->misses.keys);
    free(backend->misses.key_sizes);
    free(backend->misses.values);
    free(backend->misses.errors);
    free(backend->starts);
    strbuf_release(&backend->key);
    strbuf_release(&backend->keys);
    free(backend->folder);
    free(backend->incarnation);
    free(backend);
}

static const struct state_backend_class rocks_class = {
    .name = "rocksdb",
    .table_create = table_create,
    .table_drop = table_drop,
    .multi_get = rocks_multi_get,
    .multi_write = rocks_multi_write,
    .iterator_open = rocks_iterator_open,
    .iterator_next = rocks_iterator_next,
    .iterator_close = rocks_iterator_close,
    .table_usage = table_usage,
    .table_is_empty = table_is_empty,
    .advance = advance,
    .close = close_backend,
    .checkpoint_begin = rocks_checkpoint_begin,
    .checkpoint_step = rocks_checkpoint_step,
    .checkpoint_finish = rocks_checkpoint_finish,
    .checkpoint_release = rocks_checkpoint_release,
};

enum status rocks_backend_open(const struct rocks_config *config, struct state_backend **opened, struct error *error) {
    ASSERT(config->share_count > 0 && !strchr(config->incarnation, '_') && !strchr(config->incarnation, '/'));
    ASSERT(config->first_key_group <= config->end_key_group && config->end_key_group <= KEY_GROUP_COUNT);
    const struct rocks_library *library;
    TRY(rocks_library_load(&library, error));
    struct rocks_backend *backend = memory_zalloc(sizeof *backend);
    backend->base.class = &rocks_class;
    backend->base.budget = config->budget;
    backend->library = library;
    backend->env = config->env;
    backend->folder = memory_strdup(config->folder);
    backend->incarnation = memory_strdup(config->incarnation);
    backend->next_table_id = 1;
    strbuf_init(&backend->key);
    strbuf_init(&backend->keys);
    make_options(backend, config->budget->limit_bytes / config->share_count);
    state_budget_change(config->budget, backend->reserved_bytes, 0);
    atomic_fetch_add(&config->budget->member_count, 1);
    enum status status = rocks_restore(backend, config, error);
    if (status == STATUS_OK)
        *opened = &backend->base;
    else
        state_backend_close(&backend->base);
    return status;
}
