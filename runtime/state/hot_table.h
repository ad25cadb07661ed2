/* hot_table.h: one table's entries in RAM, by key group: what `memory` consists of, and the cache above RocksDB.
 *
 *   key groups                 unordered: open addressing, homes in the order of hashes; 48 bits of pointer, 16 of the hash
 *   ┌──────┐  slots  ┌─────┬─────┬─────┐
 *   │ 0   ─┼───────▶ │ ptr │     │ ptr │ …       entry: header | key | value
 *   │ 1   ─┼──┐      └─────┴─────┴─────┘
 *   │ …    │  │      ordered: a skip list (Pugh, 1990)
 *   │ 1023 │  └────▶ head ─▶ entry ─▶ entry ─▶ …    links lie before the entry
 *   └──────┘
 *
 * Keys are those of entry_codec.h and start with their hash, so the order of keys is that of the key groups. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct hot_entry {
    uint32_t key_size, value_size;
    uint8_t marks, heat, epoch; /* the owner's; 0 in a new entry */
    uint8_t height;             /* of links before the entry; 0: unordered */
    uint8_t bytes[];            /* key, value */
};

static inline struct str hot_entry_key(const struct hot_entry *entry) {
    return (struct str){(const char *)entry->bytes, entry->key_size};
}
static inline struct str hot_entry_value(const struct hot_entry *entry) {
    return (struct str){(const char *)entry->bytes + entry->key_size, entry->value_size};
}

struct hot_group;

struct hot_table {
    struct hot_group *groups; /* KEY_GROUP_COUNT of them; NULL while the table is empty */
    bool ordered;
    uint64_t count;
    size_t bytes; /* of everything */
    uint64_t height_seed;
};

void hot_table_init(struct hot_table *table, bool ordered);
void hot_table_release(struct hot_table *table);

struct hot_entry *hot_table_find(const struct hot_table *table, struct str key); /* NULL when absent */
/* Brings near what a find of this key will look at; `deep` when the slot is near already. */
void hot_table_prefetch(const struct hot_table *table, struct str key, bool deep);
/* The entry of a key with room for a value of this size, whose bytes are the caller's to fill. An entry that is there may move; its
 * header stays, its old value does not. */
struct hot_entry *hot_table_put(struct hot_table *table, struct str key, size_t value_size, bool *created);
void hot_table_remove(struct hot_table *table, struct hot_entry *entry);

/* Shows every entry of a key group, about in the order of hashes, some perhaps twice; removes those for which visit returns true. */
void hot_table_sweep(struct hot_table *table, uint32_t key_group, bool (*visit)(void *context, struct hot_entry *entry),
                     void *context);

/* Entries of [start, end) in the order of keys; an empty `end` is the end. Borrows both bounds. No changes meanwhile, but of values in place. */
struct hot_cursor {
    const struct hot_table *table;
    struct str start, end;
    uint32_t key_group;     /* being walked */
    struct hot_entry *next; /* ordered */
    struct hot_entry **sorted;
    size_t sorted_count, sorted_at, sorted_capacity;
    bool entered; /* the key group's entries were looked up */
};
void hot_cursor_open(struct hot_cursor *cursor, const struct hot_table *table, struct str start, struct str end);
struct hot_entry *hot_cursor_next(struct hot_cursor *cursor); /* NULL at the end */
void hot_cursor_close(struct hot_cursor *cursor);
