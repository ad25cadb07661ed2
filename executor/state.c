/* state.c: what all back-ends have: budget, the list of tables, and the rules of the interface, asserted.
 * Invariant: no call that may change a back-end reaches it while one of its iterators is open. */
#include "executor/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/hash.h"

enum { DELETE_BATCH = 256 };

void state_budget_init(struct state_budget *budget, size_t limit_bytes) {
    budget->limit_bytes = limit_bytes;
    atomic_init(&budget->used_bytes, 0);
    atomic_init(&budget->member_count, 0);
}

size_t state_budget_share(struct state_budget *budget) {
    uint32_t members = atomic_load_explicit(&budget->member_count, memory_order_relaxed);
    return budget->limit_bytes / (members ? members : 1);
}

/* ---- tables ---- */

struct state_table *state_table_find(struct state_backend *backend, const char *operator_id, const char *role,
                                     int64_t instance) {
    for (struct state_table *table = backend->tables; table; table = table->next) {
        const struct state_descriptor *descriptor = &table->descriptor;
        if (descriptor->instance == instance && strcmp(descriptor->role, role) == 0 &&
            strcmp(descriptor->operator_id, operator_id) == 0)
            return table;
    }
    return NULL;
}

static void descriptor_release(struct state_descriptor *descriptor) {
    free((char *)descriptor->operator_id);
    free((char *)descriptor->role);
    free((char *)descriptor->description);
}

static enum status table_create(struct state_backend *backend, const struct state_descriptor *descriptor,
                                struct state_table **created, struct error *error) {
    struct state_table *table;
    TRY(backend->class->table_create(backend, &table, error));
    table->backend = backend;
    table->descriptor = *descriptor;
    table->descriptor.operator_id = memory_strdup(descriptor->operator_id);
    table->descriptor.role = memory_strdup(descriptor->role);
    table->descriptor.description = memory_strdup(descriptor->description ? descriptor->description : "");
    struct state_table **end = &backend->tables;
    while (*end)
        end = &(*end)->next;
    *end = table;
    *created = table;
    return STATUS_OK;
}

enum status state_table_open(struct state_backend *backend, const struct state_descriptor *descriptor,
                             struct state_table **table, struct error *error) {
    ASSERT(descriptor->operator_id && descriptor->role && backend->iterator_count == 0);
    *table = state_table_find(backend, descriptor->operator_id, descriptor->role, descriptor->instance);
    if (!*table)
        TRY(table_create(backend, descriptor, table, error));
    struct state_descriptor *kept = &(*table)->descriptor;
    if (kept->version != descriptor->version)
        return FAIL(error, STATUS_UNSUPPORTED, "state \"%s\" of operator \"%s\" has version %u, this program reads %u",
                    kept->role, kept->operator_id, kept->version, descriptor->version);
    if (kept->kind != descriptor->kind)
        return FAIL(error, STATUS_INTERNAL, "state \"%s\" of operator \"%s\" is of another kind than it was saved as",
                    kept->role, kept->operator_id);
    if (!(*table)->opened && descriptor->description) {
        free((char *)kept->description);
        kept->description = memory_strdup(descriptor->description);
    }
    kept->ttl_us = descriptor->ttl_us;
    kept->cold = descriptor->cold;
    (*table)->opened = true;
    return STATUS_OK;
}

enum status state_table_drop(struct state_table *table, struct error *error) {
    struct state_backend *backend = table->backend;
    ASSERT(backend->iterator_count == 0);
    struct state_table **link = &backend->tables;
    while (*link != table)
        link = &(*link)->next;
    *link = table->next;
    struct state_descriptor descriptor = table->descriptor;
    enum status status = backend->class->table_drop(table, error);
    descriptor_release(&descriptor);
    return status;
}

/* ---- entries ---- */

enum status state_multi_get(struct state_table *table, const struct state_address *addresses, uint32_t count,
                            struct str *values, struct error *error) {
    ASSERT(table->backend->iterator_count == 0);
    return table->backend->class->multi_get(table, addresses, count, values, error);
}

enum status state_multi_write(struct state_table *table, const struct state_write *writes, uint32_t count,
                              struct error *error) {
    ASSERT(table->backend->iterator_count == 0);
    return table->backend->class->multi_write(table, writes, count, error);
}

enum status state_get(struct state_table *table, const struct state_address *address, struct str *value,
                      struct error *error) {
    return state_multi_get(table, address, 1, value, error);
}

enum status state_put(struct state_table *table, const struct state_address *address, struct str value,
                      struct error *error) {
    return state_multi_write(table, &(struct state_write){.address = *address, .value = value}, 1, error);
}

enum status state_delete(struct state_table *table, const struct state_address *address, struct error *error) {
    return state_multi_write(table, &(struct state_write){.address = *address, .is_delete = true}, 1, error);
}

/* ---- ranges ---- */

struct state_range state_range_all(void) {
    return (struct state_range){.end_key_group = KEY_GROUP_COUNT};
}

struct state_range state_range_key(uint32_t hash, struct str key) {
    return (struct state_range){.one_key = true, .hash = hash, .key = key};
}

struct state_range state_range_orders(uint32_t hash, struct str key, int64_t first_order, int64_t end_order) {
    return (struct state_range){.one_key = true,
                                .hash = hash,
                                .key = key,
                                .by_order = true,
                                .first_order = first_order,
                                .end_order = end_order};
}

enum status state_iterator_open(struct state_table *table, const struct state_range *range,
                                struct state_iterator **iterator, struct error *error) {
    bool has_order = table->descriptor.kind == STATE_LIST || table->descriptor.kind == STATE_ORDERED;
    ASSERT(!range->by_order || (range->one_key && has_order));
    TRY(table->backend->class->iterator_open(table, range, iterator, error));
    (*iterator)->table = table;
    table->backend->iterator_count++;
    return STATUS_OK;
}

enum status state_iterator_next(struct state_iterator *iterator, struct state_entry *entry, bool *found,
                                struct error *error) {
    return iterator->table->backend->class->iterator_next(iterator, entry, found, error);
}

void state_iterator_close(struct state_iterator *iterator) {
    if (!iterator)
        return;
    struct state_backend *backend = iterator->table->backend;
    ASSERT(backend->iterator_count > 0);
    backend->iterator_count--;
    backend->class->iterator_close(iterator);
}

/* Deletions that wait for their iterator to be closed; addresses point into `arena`. */
static enum status collect_deletes(struct state_table *table, const struct state_range *range, struct arena *arena,
                                   struct state_write *writes, uint32_t *count, struct error *error) {
    struct state_iterator *iterator;
    TRY(state_iterator_open(table, range, &iterator, error));
    enum status status = STATUS_OK;
    for (*count = 0; *count < DELETE_BATCH;) {
        struct state_entry entry;
        bool found;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status != STATUS_OK || !found)
            break;
        struct state_address *address = &entry.address;
        address->key.data = arena_copy(arena, address->key.data, address->key.size);
        address->user_key.data = arena_copy(arena, address->user_key.data, address->user_key.size);
        writes[(*count)++] = (struct state_write){.address = *address, .is_delete = true};
    }
    state_iterator_close(iterator);
    return status;
}

enum status state_range_delete(struct state_table *table, const struct state_range *range, struct error *error) {
    struct arena arena;
    arena_init(&arena);
    struct state_write *writes = memory_alloc(DELETE_BATCH * sizeof *writes);
    uint32_t count = DELETE_BATCH;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && count == DELETE_BATCH) {
        arena_reset(&arena);
        status = collect_deletes(table, range, &arena, writes, &count, error);
        if (status == STATUS_OK)
            status = state_multi_write(table, writes, count, error);
    }
    free(writes);
    arena_release(&arena);
    return status;
}

/* ---- usage ---- */

struct state_usage state_table_usage(const struct state_table *table) {
    return table->backend->class->table_usage(table);
}

struct state_usage state_operator_usage(const struct state_backend *backend, const char *operator_id) {
    struct state_usage sum = {0};
    for (const struct state_table *table = backend->tables; table; table = table->next) {
        if (strcmp(table->descriptor.operator_id, operator_id) != 0)
            continue;
        struct state_usage usage = state_table_usage(table);
        sum.rows += usage.rows;
        sum.memory_bytes += usage.memory_bytes;
        sum.disk_bytes += usage.disk_bytes;
    }
    return sum;
}

/* ---- the back-end ---- */

enum status state_backend_advance(struct state_backend *backend, int64_t now_us, struct error *error) {
    ASSERT(backend->iterator_count == 0);
    backend->now_us = now_us;
    return backend->class->advance(backend, error);
}

void state_backend_close(struct state_backend *backend) {
    if (!backend)
        return;
    ASSERT(backend->iterator_count == 0);
    for (struct state_table *table = backend->tables; table; table = table->next)
        descriptor_release(&table->descriptor);
    backend->class->close(backend);
}

void state_operator_id(const char *operator, uint32_t node_id, char id[STATE_OPERATOR_ID_SIZE]) {
    snprintf(id, STATE_OPERATOR_ID_SIZE, "%s %u", operator, node_id);
}

bool state_backend_is_empty(const struct state_backend *backend) {
    for (const struct state_table *table = backend->tables; table; table = table->next)
        if (!backend->class->table_is_empty(table))
            return false;
    return true;
}

bool state_backend_has_files(const struct state_backend *backend) {
    return backend->class->checkpoint_begin != NULL;
}

enum status state_checkpoint_begin(struct state_backend *backend, struct error *error) {
    ASSERT(!backend->begun && backend->iterator_count == 0);
    TRY(backend->class->checkpoint_begin(backend, error));
    backend->begun = true;
    return STATUS_OK;
}

enum status state_checkpoint_step(struct state_backend *backend, uint32_t entries, bool *done, struct error *error) {
    ASSERT(backend->begun && backend->iterator_count == 0);
    return backend->class->checkpoint_step(backend, entries, done, error);
}

enum status state_checkpoint_finish(struct state_backend *backend, struct state_files *files, bool *done,
                                    struct error *error) {
    ASSERT(backend->begun && backend->iterator_count == 0);
    return backend->class->checkpoint_finish(backend, files, done, error);
}

enum status state_checkpoint_release(struct state_backend *backend, struct error *error) {
    ASSERT(backend->begun && backend->iterator_count == 0);
    backend->begun = false;
    return backend->class->checkpoint_release(backend, error);
}
