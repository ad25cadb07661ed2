/* rocks_cache.c: reads and writes, through the hot entries.
 * Invariants: what a call hands out stays where it is until the next call, because entries are evicted and slices of RocksDB released only at the
 * beginning of one. What a checkpoint is owed is in the batch before its entry changes. */
#include <endian.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "runtime/state/entry_codec.h"
#include "runtime/state/rocks_parts.h"

enum { PREFETCH_NEAR = 4, PREFETCH_FAR = 8, PERF_COUNTS_NOTHING = 1 };

enum status rocks_damaged(const struct rocks_backend *backend, const struct rocks_table *table, struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "state \"%s\" of operator \"%s\" in \"%s\" is damaged",
                table->base.descriptor.role, table->base.descriptor.operator_id, backend->folder);
}

/* A table's kind is known when it was opened. */
static void prepare(struct rocks_table *table) {
    if (!table->hot.groups)
        table->hot.ordered = table->base.descriptor.kind != STATE_VALUE;
}

static void key_append(struct strbuf *out, const struct rocks_table *table, const struct state_address *address) {
    uint32_t id = htobe32(table->id);
    strbuf_append(out, &id, sizeof id);
    entry_key_append(out, table->base.descriptor.kind, address);
}

static struct str without_prefix(struct str key) {
    return (struct str){key.data + TABLE_PREFIX, key.size - TABLE_PREFIX};
}

static struct str full_key_at(const struct rocks_backend *backend, uint32_t i) {
    return (struct str){backend->keys.data + backend->starts[i], backend->starts[i + 1] - backend->starts[i]};
}

static struct str key_at(const struct rocks_backend *backend, uint32_t i) {
    return without_prefix(full_key_at(backend, i));
}

static void encode_keys(struct rocks_backend *backend, const struct rocks_table *table,
                        const struct state_address *addresses, size_t stride, uint32_t count) {
    if (backend->start_capacity < count) {
        backend->start_capacity = count;
        backend->starts = memory_realloc(backend->starts, (count + 1) * sizeof *backend->starts);
    }
    strbuf_reset(&backend->keys);
    for (uint32_t i = 0; i < count; i++) {
        backend->starts[i] = backend->keys.size;
        key_append(&backend->keys, table,
                   (const struct state_address *)(const void *)((const char *)addresses + i * stride));
    }
    if (backend->starts)
        backend->starts[count] = backend->keys.size;
}

static void prefetch(const struct rocks_backend *backend, const struct rocks_table *table, uint32_t i, uint32_t count) {
    if (i + PREFETCH_FAR < count)
        hot_table_prefetch(&table->hot, key_at(backend, i + PREFETCH_FAR), false);
    if (i + PREFETCH_NEAR < count)
        hot_table_prefetch(&table->hot, key_at(backend, i + PREFETCH_NEAR), true);
}

/* ---- reads ---- */

void rocks_misses_unpin(struct rocks_backend *backend) {
    struct rocks_misses *misses = &backend->misses;
    for (uint32_t i = 0; i < misses->pinned; i++)
        if (misses->values[i])
            backend->library->pinnableslice_destroy(misses->values[i]);
    misses->pinned = 0;
}

static void misses_reserve(struct rocks_misses *misses, uint32_t count) {
    misses->count = 0;
    if (misses->capacity >= count)
        return;
    misses->capacity = count;
    misses->items = memory_realloc(misses->items, count * sizeof *misses->items);
    misses->keys = memory_realloc(misses->keys, count * sizeof *misses->keys);
    misses->key_sizes = memory_realloc(misses->key_sizes, count * sizeof *misses->key_sizes);
    misses->values = memory_realloc(misses->values, count * sizeof *misses->values);
    misses->errors = memory_realloc(misses->errors, count * sizeof *misses->errors);
}

static void miss(struct rocks_backend *backend, uint32_t i) {
    struct rocks_misses *misses = &backend->misses;
    struct str key = key_at(backend, i);
    uint64_t first = 0;
    memcpy(&first, key.data, key.size < sizeof first ? key.size : sizeof first);
    misses->items[misses->count++] = (struct rocks_miss){.first = be64toh(first), .index = i};
}

static int compare_misses(const void *left, const void *right, void *context) {
    const struct rocks_backend *backend = context;
    const struct rocks_miss *a = left, *b = right;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return str_compare(key_at(backend, a->index), key_at(backend, b->index));
}

/* In the order of keys, by which RocksDB would sort them with a call for each comparison. */
static void sort_misses(struct rocks_backend *backend) {
    struct rocks_misses *misses = &backend->misses;
    qsort_r(misses->items, misses->count, sizeof *misses->items, compare_misses, backend);
    for (uint32_t i = 0; i < misses->count; i++) {
        struct str key = full_key_at(backend, misses->items[i].index);
        misses->keys[i] = key.data;
        misses->key_sizes[i] = key.size;
        misses->values[i] = NULL;
        misses->errors[i] = NULL;
    }
}

/* Values stay pinned until misses_unpin. */
static enum status look_up(struct rocks_backend *backend, struct error *error) {
    struct rocks_misses *misses = &backend->misses;
    sort_misses(backend);
    backend->library->set_perf_level(PERF_COUNTS_NOTHING); /* of this thread */
    backend->library->batched_multi_get_cf(backend->db, backend->read_options, backend->column_family, misses->count,
                                           misses->keys, misses->key_sizes, misses->values, misses->errors, true);
    misses->pinned = misses->count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < misses->count; i++) {
        if (!misses->errors[i])
            continue;
        if (status == STATUS_OK)
            status = rocks_check(backend, misses->errors[i], "reading", error);
        else
            backend->library->free(misses->errors[i]);
    }
    return status;
}

/* What is said about a value's bytes; nothing when it expired. */
static enum status read_value(const struct rocks_backend *backend, const struct rocks_table *table, struct str bytes,
                              struct str *value, struct error *error) {
    int64_t expires_us;
    if (!entry_value_read(bytes, value, &expires_us))
        return rocks_damaged(backend, table, error);
    if (entry_expired(expires_us, backend->base.now_us))
        *value = (struct str){0};
    return STATUS_OK;
}

static struct hot_entry *load(struct rocks_table *table, struct str key, struct str bytes) {
    bool created;
    struct hot_entry *entry = hot_table_find(&table->hot, key); /* twice in one batch */
    if (entry)
        return entry;
    entry = hot_table_put(&table->hot, key, bytes.size, &created);
    memcpy(entry->bytes + entry->key_size, bytes.data, bytes.size);
    return entry;
}

static enum status take_misses(struct rocks_backend *backend, struct rocks_table *table, struct str *values,
                               struct error *error) {
    struct rocks_misses *misses = &backend->misses;
    for (uint32_t i = 0; i < misses->count; i++) {
        if (!misses->values[i])
            continue;
        struct str bytes, *value = &values[misses->items[i].index];
        bytes.data = backend->library->pinnableslice_value(misses->values[i], &bytes.size);
        TRY(read_value(backend, table, bytes, value, error));
        if (!value->data || table->base.descriptor.cold)
            continue;
        const struct hot_entry *entry = load(table, key_at(backend, misses->items[i].index), bytes);
        TRY(read_value(backend, table, hot_entry_value(entry), value, error));
    }
    if (!table->base.descriptor.cold)
        rocks_misses_unpin(backend);
    return STATUS_OK;
}

enum status rocks_multi_get(struct state_table *base, const struct state_address *addresses, uint32_t count,
                            struct str *values, struct error *error) {
    struct rocks_backend *backend = rocks_backend_of(base);
    struct rocks_table *table = rocks_table_of(base);
    TRY(rocks_trim(backend, error));
    prepare(table);
    table->reads = true;
    encode_keys(backend, table, addresses, sizeof *addresses, count);
    misses_reserve(&backend->misses, count);
    for (uint32_t i = 0; i < count; i++) {
        prefetch(backend, table, i, count);
        struct hot_entry *entry = hot_table_find(&table->hot, key_at(backend, i));
        values[i] = (struct str){0};
        if (!entry && table->stored)
            miss(backend, i);
        if (!entry || (entry->marks & ENTRY_DELETED))
            continue;
        if (entry->heat < HEAT_MAX)
            entry->heat++;
        TRY(read_value(backend, table, hot_entry_value(entry), &values[i], error));
    }
    if (backend->misses.count == 0)
        return STATUS_OK;
    TRY(rocks_batch_write(backend, error));
    TRY(look_up(backend, error));
    size_t before = table->hot.bytes;
    enum status status = take_misses(backend, table, values, error);
    rocks_account(backend, table, before);
    return status;
}

/* ---- writes ---- */

/* Before an entry changes: the checkpoint gets the value from before. */
static void pay(struct rocks_backend *backend, struct rocks_table *table, struct hot_entry *entry) {
    if (entry && entry_is_owed(backend, entry))
        rocks_write_back(backend, table, entry);
}

static void put(struct rocks_backend *backend, struct rocks_table *table, struct str key,
                const struct state_write *write) {
    int64_t expires_us = entry_expires_us(&table->base, write);
    if (backend->phase == PHASE_WRITING)
        pay(backend, table, hot_table_find(&table->hot, key));
    bool created;
    struct hot_entry *entry = hot_table_put(&table->hot, key, entry_value_size(write->value, expires_us), &created);
    entry_value_write(entry->bytes + entry->key_size, write->value, expires_us);
    if (created || (entry->marks & ENTRY_DELETED))
        table->rows++;
    if (created)
        entry->marks = table->stored ? 0 : ENTRY_ALONE;
    else if (!table->reads && entry->heat < HEAT_MAX)
        entry->heat++;
    entry->marks = (uint8_t)((entry->marks & ENTRY_ALONE) | ENTRY_DIRTY);
    entry->epoch = backend->epoch;
}

static void delete_entry(struct rocks_backend *backend, struct rocks_table *table, struct str key) {
    struct hot_entry *entry = hot_table_find(&table->hot, key);
    pay(backend, table, entry);
    if (entry && !(entry->marks & ENTRY_DELETED) && table->rows > 0)
        table->rows--;
    if (!entry && !table->stored)
        return;
    if (entry && (entry->marks & ENTRY_ALONE)) {
        hot_table_remove(&table->hot, entry);
        return;
    }
    bool created;
    entry = hot_table_put(&table->hot, key, 0, &created);
    entry->marks = ENTRY_DIRTY | ENTRY_DELETED;
    entry->epoch = backend->epoch;
}

/* Past the cache, as a cold table's entries go; not while a checkpoint keeps writes back, nor when the cache still has the key. */
static bool write_cold(struct rocks_backend *backend, struct rocks_table *table, struct str key,
                       const struct state_write *write) {
    bool open = backend->phase == PHASE_IDLE || backend->phase == PHASE_MADE;
    if (!table->base.descriptor.cold || !open || hot_table_find(&table->hot, key))
        return false;
    if (write->is_delete) {
        if (table->stored)
            rocks_batch_delete(backend, table, key);
        table->rows -= table->rows > 0;
        return true;
    }
    uint8_t bytes[256];
    int64_t expires_us = entry_expires_us(&table->base, write);
    size_t size = entry_value_size(write->value, expires_us);
    uint8_t *value = size <= sizeof bytes ? bytes : memory_alloc(size);
    entry_value_write(value, write->value, expires_us);
    rocks_batch_put(backend, table, key, (struct str){(char *)value, size});
    if (value != bytes)
        free(value);
    table->rows++;
    table->stored = true;
    return true;
}

enum status rocks_multi_write(struct state_table *base, const struct state_write *writes, uint32_t count,
                              struct error *error) {
    struct rocks_backend *backend = rocks_backend_of(base);
    struct rocks_table *table = rocks_table_of(base);
    TRY(rocks_trim(backend, error));
    prepare(table);
    encode_keys(backend, table, &writes->address, sizeof *writes, count);
    size_t before = table->hot.bytes;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        prefetch(backend, table, i, count);
        struct str key = key_at(backend, i);
        if (write_cold(backend, table, key, &writes[i]))
            ;
        else if (writes[i].is_delete)
            delete_entry(backend, table, key);
        else
            put(backend, table, key, &writes[i]);
        status = rocks_batch_write_when_big(backend, error);
    }
    rocks_account(backend, table, before);
    return status;
}
