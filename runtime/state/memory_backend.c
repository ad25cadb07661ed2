/* memory_backend.c: one hot_table per table, and nothing below.
 * Invariant: an entry that expired is not handed out; advance() takes a few key groups in turn and frees what expired in them. */
#include "runtime/state/memory_backend.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "runtime/state/entry_codec.h"
#include "runtime/state/hot_table.h"

enum { SWEEP_GROUPS = 8, PREFETCH_NEAR = 4, PREFETCH_FAR = 8 };

struct memory_table {
    struct state_table base;
    struct hot_table entries;
};

struct memory_backend {
    struct state_backend base;
    size_t used_bytes;       /* as told to the budget */
    struct strbuf key;       /* of the call */
    struct strbuf keys;      /* of a batch, one after the other */
    size_t *starts;          /* of each, and the end */
    uint32_t start_capacity; /* keys */
    uint32_t sweep_group;
};

struct memory_iterator {
    struct state_iterator base;
    struct strbuf start, end;
    struct hot_cursor cursor;
};

static struct memory_backend *backend_of(const struct state_table *table) {
    return (struct memory_backend *)table->backend;
}

static struct memory_table *table_of(struct state_table *table) {
    return (struct memory_table *)table;
}

/* What a table now has more or less than `before`. */
static void account(struct memory_backend *backend, const struct memory_table *table, size_t before) {
    backend->used_bytes += table->entries.bytes - before;
    state_budget_change(backend->base.budget, table->entries.bytes, before);
}

static enum status table_create(struct state_backend *backend, struct state_table **table, struct error *error) {
    (void)backend;
    (void)error;
    *table = memory_zalloc(sizeof(struct memory_table));
    return STATUS_OK;
}

static enum status table_drop(struct state_table *table, struct error *error) {
    (void)error;
    struct memory_table *dropped = table_of(table);
    size_t before = dropped->entries.bytes;
    hot_table_release(&dropped->entries);
    account(backend_of(table), dropped, before);
    free(dropped);
    return STATUS_OK;
}

/* The kind is known only when the table was opened. */
static void prepare(struct memory_table *table) {
    if (!table->entries.groups)
        table->entries.ordered = table->base.descriptor.kind != STATE_VALUE;
}

static struct str key_at(const struct memory_backend *backend, uint32_t i) {
    return (struct str){backend->keys.data + backend->starts[i], backend->starts[i + 1] - backend->starts[i]};
}

static void encode_keys(struct memory_backend *backend, const struct state_table *table,
                        const struct state_address *addresses, uint32_t count) {
    if (backend->start_capacity < count) {
        backend->start_capacity = count;
        backend->starts = memory_realloc(backend->starts, (count + 1) * sizeof *backend->starts);
    }
    strbuf_reset(&backend->keys);
    for (uint32_t i = 0; i < count; i++) {
        backend->starts[i] = backend->keys.size;
        entry_key_append(&backend->keys, table->descriptor.kind, &addresses[i]);
    }
    backend->starts[count] = backend->keys.size;
}

static enum status multi_get(struct state_table *table, const struct state_address *addresses, uint32_t count,
                             struct str *values, struct error *error) {
    (void)error;
    struct memory_backend *backend = backend_of(table);
    const struct hot_table *entries = &table_of(table)->entries;
    if (count == 0)
        return STATUS_OK;
    encode_keys(backend, table, addresses, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i + PREFETCH_FAR < count)
            hot_table_prefetch(entries, key_at(backend, i + PREFETCH_FAR), false);
        if (i + PREFETCH_NEAR < count)
            hot_table_prefetch(entries, key_at(backend, i + PREFETCH_NEAR), true);
        const struct hot_entry *entry = hot_table_find(entries, key_at(backend, i));
        int64_t expires_us;
        values[i] = (struct str){0};
        if (!entry)
            continue;
        ASSERT(entry_value_read(hot_entry_value(entry), &values[i], &expires_us));
        if (entry_expired(expires_us, backend->base.now_us))
            values[i] = (struct str){0};
    }
    return STATUS_OK;
}

static enum status multi_write(struct state_table *table, const struct state_write *writes, uint32_t count,
                               struct error *error) {
    (void)error;
    struct memory_backend *backend = backend_of(table);
    struct memory_table *target = table_of(table);
    prepare(target);
    size_t before = target->entries.bytes;
    for (uint32_t i = 0; i < count; i++) {
        const struct state_write *write = &writes[i];
        strbuf_reset(&backend->key);
        entry_key_append(&backend->key, table->descriptor.kind, &write->address);
        if (write->is_delete) {
            struct hot_entry *entry = hot_table_find(&target->entries, strbuf_str(&backend->key));
            if (entry)
                hot_table_remove(&target->entries, entry);
            continue;
        }
        int64_t expires_us = entry_expires_us(table, write);
        bool created;
        struct hot_entry *entry = hot_table_put(&target->entries, strbuf_str(&backend->key),
                                                entry_value_size(write->value, expires_us), &created);
        entry_value_write(entry->bytes + entry->key_size, write->value, expires_us);
    }
    account(backend, target, before);
    return STATUS_OK;
}

/* ---- iterators ---- */

static enum status iterator_open(struct state_table *table, const struct state_range *range,
                                 struct state_iterator **iterator, struct error *error) {
    (void)error;
    struct memory_iterator *opened = memory_zalloc(sizeof *opened);
    strbuf_init(&opened->start);
    strbuf_init(&opened->end);
    entry_range_append(&opened->start, &opened->end, range);
    hot_cursor_open(&opened->cursor, &table_of(table)->entries, strbuf_str(&opened->start), strbuf_str(&opened->end));
    *iterator = &opened->base;
    return STATUS_OK;
}

static enum status iterator_next(struct state_iterator *iterator, struct state_entry *entry, bool *found,
                                 struct error *error) {
    (void)error;
    struct memory_iterator *walk = (struct memory_iterator *)iterator;
    for (;;) {
        const struct hot_entry *next = hot_cursor_next(&walk->cursor);
        *found = next != NULL;
        if (!next)
            return STATUS_OK;
        ASSERT(entry_value_read(hot_entry_value(next), &entry->value, &entry->expires_us));
        if (entry_expired(entry->expires_us, iterator->table->backend->now_us))
            continue;
        ASSERT(entry_key_read(hot_entry_key(next), iterator->table->descriptor.kind, &entry->address));
        return STATUS_OK;
    }
}

static void iterator_close(struct state_iterator *iterator) {
    struct memory_iterator *walk = (struct memory_iterator *)iterator;
    hot_cursor_close(&walk->cursor);
    strbuf_release(&walk->start);
    strbuf_release(&walk->end);
    free(walk);
}

/* ---- the rest ---- */

static struct state_usage table_usage(const struct state_table *table) {
    const struct hot_table *entries = &((const struct memory_table *)table)->entries;
    return (struct state_usage){.rows = entries->count, .memory_bytes = entries->bytes};
}

static bool table_is_empty(const struct state_table *table) {
    return ((const struct memory_table *)table)->entries.count == 0;
}

static bool is_expired(void *context, struct hot_entry *entry) {
    const struct state_backend *backend = context;
    struct str payload;
    int64_t expires_us;
    ASSERT(entry_value_read(hot_entry_value(entry), &payload, &expires_us));
    return entry_expired(expires_us, backend->now_us);
}

static enum status advance(struct state_backend *base, struct error *error) {
    (void)error;
    struct memory_backend *backend = (struct memory_backend *)base;
    for (struct state_table *table = base->tables; table; table = table->next) {
        struct memory_table *swept = table_of(table);
        if (table->descriptor.ttl_us <= 0 || swept->entries.count == 0)
            continue;
        size_t before = swept->entries.bytes;
        for (uint32_t i = 0; i < SWEEP_GROUPS; i++)
            hot_table_sweep(&swept->entries, (backend->sweep_group + i) % KEY_GROUP_COUNT, is_expired, base);
        account(backend, swept, before);
    }
    backend->sweep_group = (backend->sweep_group + SWEEP_GROUPS) % KEY_GROUP_COUNT;
    return STATUS_OK;
}

static void close_backend(struct state_backend *base) {
    struct memory_backend *backend = (struct memory_backend *)base;
    for (struct state_table *table = base->tables, *next; table; table = next) {
        next = table->next;
        hot_table_release(&table_of(table)->entries);
        free(table);
    }
    state_budget_change(base->budget, 0, backend->used_bytes);
    atomic_fetch_sub(&base->budget->member_count, 1);
    strbuf_release(&backend->key);
    strbuf_release(&backend->keys);
    free(backend->starts);
    free(backend);
}

static const struct state_backend_class memory_class = {
    .name = "memory",
    .table_create = table_create,
    .table_drop = table_drop,
    .multi_get = multi_get,
    .multi_write = multi_write,
    .iterator_open = iterator_open,
    .iterator_next = iterator_next,
    .iterator_close = iterator_close,
    .table_usage = table_usage,
    .table_is_empty = table_is_empty,
    .advance = advance,
    .close = close_backend,
};

struct state_backend *memory_backend_open(struct state_budget *budget) {
    struct memory_backend *backend = memory_zalloc(sizeof *backend);
    backend->base.class = &memory_class;
    backend->base.budget = budget;
    strbuf_init(&backend->key);
    strbuf_init(&backend->keys);
    atomic_fetch_add(&budget->member_count, 1);
    return &backend->base;
}
