/* rocks_eviction.c: what leaves RAM, and how it gets to RocksDB.
 *
 * GCLOCK (Nicola, Dan, Dias, 1992) over key groups: a hand goes round tables and key groups; an entry that was used since is cooled by one, a cold
 * one goes. Because the hand moves in the order of keys, what is evicted together lies together in RocksDB: its files have narrow ranges of
 * keys, which overlap little and are cheap to merge.
 * Invariant: an entry leaves RAM only after the batch with its value was written, or when it has none to write. */
#include <endian.h>

#include "core/base/hash.h"
#include "runtime/state/entry_codec.h"
#include "runtime/state/rocks_parts.h"

/* SLACK: a trim frees a 32nd of the share at once, so that it is worth its trouble. */
enum { BATCH_BYTES = 256 << 10, SLACK = 32, EXPIRY_GROUPS = 8 };

static struct str prefixed(struct rocks_backend *backend, const struct rocks_table *table, struct str key) {
    uint32_t id = htobe32(table->id);
    strbuf_reset(&backend->key);
    strbuf_append(&backend->key, &id, sizeof id);
    strbuf_append_str(&backend->key, key);
    return strbuf_str(&backend->key);
}

void rocks_batch_put(struct rocks_backend *backend, const struct rocks_table *table, struct str key, struct str value) {
    struct str full = prefixed(backend, table, key);
    backend->library->writebatch_put(backend->batch, full.data, full.size, value.data, value.size);
    backend->batch_bytes += full.size + value.size;
}

void rocks_batch_delete(struct rocks_backend *backend, const struct rocks_table *table, struct str key) {
    struct str full = prefixed(backend, table, key);
    backend->library->writebatch_delete(backend->batch, full.data, full.size);
    backend->batch_bytes += full.size;
}

enum status rocks_batch_write(struct rocks_backend *backend, struct error *error) {
    if (backend->library->writebatch_count(backend->batch) == 0)
        return STATUS_OK;
    char *message = NULL;
    backend->library->write(backend->db, backend->write_options, backend->batch, &message);
    backend->library->writebatch_clear(backend->batch);
    backend->batch_bytes = 0;
    return rocks_check(backend, message, "writing", error);
}

enum status rocks_batch_write_when_big(struct rocks_backend *backend, struct error *error) {
    return backend->batch_bytes < BATCH_BYTES ? STATUS_OK : rocks_batch_write(backend, error);
}

void rocks_write_back(struct rocks_backend *backend, struct rocks_table *table, struct hot_entry *entry) {
    if (entry->marks & ENTRY_DELETED)
        rocks_batch_delete(backend, table, hot_entry_key(entry));
    else
        rocks_batch_put(backend, table, hot_entry_key(entry), hot_entry_value(entry));
    entry->marks &= (uint8_t) ~(ENTRY_DIRTY | ENTRY_ALONE);
    table->stored = true;
}

struct eviction {
    struct rocks_backend *backend;
    struct rocks_table *table;
};

static bool evict(void *context, struct hot_entry *entry) {
    struct eviction *eviction = context;
    if (entry->heat > 0) {
        entry->heat--;
        return false;
    }
    if (entry_is_held(eviction->backend, entry))
        return false;
    if (entry->marks & ENTRY_DIRTY)
        rocks_write_back(eviction->backend, eviction->table, entry);
    return true;
}

static enum status evict_group(struct rocks_backend *backend, struct error *error) {
    struct rocks_table *table = backend->hand_table;
    struct eviction eviction = {backend, table};
    size_t before = table->hot.bytes;
    hot_table_sweep(&table->hot, backend->hand_group, evict, &eviction);
    rocks_account(backend, table, before);
    return rocks_batch_write_when_big(backend, error);
}

/* Moves the hand to the next key group, past tables without entries. */
static void hand_move(struct rocks_backend *backend) {
    struct rocks_table *table = backend->hand_table;
    if (table && table->hot.count > 0 && ++backend->hand_group < KEY_GROUP_COUNT)
        return;
    struct state_table *next = table ? table->base.next : NULL;
    backend->hand_table = rocks_table_of(next ? next : backend->base.tables);
    backend->hand_group = 0;
}

/* As many moves as cool the hottest entry and then take it. */
static uint64_t moves_enough(const struct rocks_backend *backend) {
    uint64_t moves = 0;
    for (struct state_table *table = backend->base.tables; table; table = table->next)
        moves += rocks_table_of(table)->hot.count > 0 ? KEY_GROUP_COUNT : 1;
    return moves * (HEAT_MAX + 2);
}

static enum status evict_to(struct rocks_backend *backend, size_t hot_bytes, struct error *error) {
    for (uint64_t moves = moves_enough(backend); backend->hot_bytes > hot_bytes && moves > 0; moves--) {
        hand_move(backend);
        TRY(evict_group(backend, error));
    }
    return rocks_batch_write(backend, error);
}

struct expiry {
    struct rocks_backend *backend;
    struct rocks_table *table;
};

/* What RocksDB has too, or does not know of, may go; the rest when it is evicted. */
static bool is_expired(void *context, struct hot_entry *entry) {
    const struct expiry *expiry = context;
    struct str payload;
    int64_t expires_us;
    bool dirty = entry->marks & ENTRY_DIRTY, alone = entry->marks & ENTRY_ALONE;
    if ((entry->marks & ENTRY_DELETED) || (dirty && !alone) || entry_is_owed(expiry->backend, entry))
        return false;
    if (!entry_value_read(hot_entry_value(entry), &payload, &expires_us) ||
        !entry_expired(expires_us, expiry->backend->base.now_us))
        return false;
    expiry->table->rows -= expiry->table->rows > 0;
    return true;
}

void rocks_expire(struct rocks_backend *backend) {
    for (struct state_table *base = backend->base.tables; base; base = base->next) {
        struct rocks_table *table = rocks_table_of(base);
        if (base->descriptor.ttl_us <= 0 || table->hot.count == 0)
            continue;
        struct expiry expiry = {backend, table};
        size_t before = table->hot.bytes;
        for (uint32_t i = 0; i < EXPIRY_GROUPS; i++)
            hot_table_sweep(&table->hot, (backend->expiry_group + i) % KEY_GROUP_COUNT, is_expired, &expiry);
        rocks_account(backend, table, before);
    }
    backend->expiry_group = (backend->expiry_group + EXPIRY_GROUPS) % KEY_GROUP_COUNT;
}

enum status rocks_trim(struct rocks_backend *backend, struct error *error) {
    struct state_budget *budget = backend->base.budget;
    rocks_misses_unpin(backend);
    size_t used = state_budget_used(budget), share = state_budget_share(budget);
    size_t own = backend->hot_bytes + backend->reserved_bytes;
    if (used <= budget->limit_bytes || own <= share)
        return STATUS_OK;
    size_t excess = used - budget->limit_bytes, beyond_share = own - share;
    size_t wanted = (excess < beyond_share ? excess : beyond_share) + share / SLACK;
    rocks_measure(backend);
    TRY(rocks_batch_write(backend, error));
    return evict_to(backend, backend->hot_bytes > wanted ? backend->hot_bytes - wanted : 0, error);
}
