/* group_table.c: extendible hashing over the records of a store.
 * Invariants: a shard at depth d holds exactly the groups whose tags share its top d bits, and stands in 2^(D-d) neighbouring
 * directory entries; within a shard a group is found by linear probing from the position its tag's next bits give, with no
 * gap between (removal shifts back, there are no tombstones). */
#include "executor/group_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/huge_pages.h"
#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/functions/state_memory.h"
#include "executor/group_key.h"

enum {
    SHARD_BITS_MIN = 4,
    SHARD_BITS_MAX = 14,
    DIRECTORY_BITS_MAX = 18, /* + SHARD_BITS_MAX = the 32 bits of a tag */
    SLAB_BYTES = HUGE_PAGE_BYTES,
    SLAB_SHARDS = 15,           /* full-sized shards that fit a slab */
    PREFETCH_GROUPS_MIN = 4096, /* smaller tables are in cache anyway */
};

struct slot {
    uint32_t tag;
    uint32_t record; /* number + 1; 0 = free */
};

struct shard {
    uint32_t count;
    uint8_t bits;  /* of slots */
    uint8_t depth; /* of the directory that this shard needs */
    struct slot slots[];
};

/* Repeats what probing needs, so that it touches the directory and the slot and nothing between. */
struct directory_entry {
    struct shard *shard;
    uint32_t bits;
    uint32_t skip; /* home_skip */
};

/* Memory of a full-sized shard that is not in use. */
struct spare_shard {
    struct spare_shard *next;
};

struct group_table {
    struct key_layout keys;
    uint32_t state_offset;
    struct record_store store;
    struct directory_entry *directory; /* 1 << directory_bits entries */
    uint32_t directory_bits;
    struct spare_shard *spare_shards;
    uint8_t **slabs; /* what full-sized shards were cut from */
    uint32_t slab_count, slab_capacity;
    size_t shard_bytes;
    struct state_memory *key_memory; /* bytes of long keys */
    struct cold_groups *cold;
    const struct type *types[KEY_COLUMNS_MAX];
};

/* ---- shards ---- */

static size_t shard_size(uint32_t bits) {
    return sizeof(struct shard) + (sizeof(struct slot) << bits);
}

static void slab_new(struct group_table *table) {
    _Static_assert(SLAB_SHARDS * (sizeof(struct shard) + (sizeof(struct slot) << SHARD_BITS_MAX)) <= SLAB_BYTES,
                   "slab");
    if (table->slab_count == table->slab_capacity) {
        table->slab_capacity = table->slab_capacity ? table->slab_capacity * 2 : 16;
        table->slabs = memory_realloc(table->slabs, sizeof *table->slabs * table->slab_capacity);
    }
    uint8_t *slab = table->slabs[table->slab_count++] = huge_pages_alloc(SLAB_BYTES);
    for (uint32_t i = 0; i < SLAB_SHARDS; i++) {
        struct spare_shard *spare = (struct spare_shard *)((uint8_t *)slab + i * shard_size(SHARD_BITS_MAX));
        spare->next = table->spare_shards;
        table->spare_shards = spare;
    }
    table->shard_bytes += SLAB_BYTES;
}

/* The first full-sized shard of a table is on the heap: slabs are for tables with many. */
static struct shard *shard_new(struct group_table *table, uint32_t bits, uint32_t depth) {
    size_t size = shard_size(bits);
    struct shard *shard;
    if (bits == SHARD_BITS_MAX && depth > 0) {
        if (!table->spare_shards)
            slab_new(table);
        struct spare_shard *spare = table->spare_shards;
        table->spare_shards = spare->next;
        shard = memset((void *)spare, 0, size);
    } else {
        shard = memory_zalloc(size);
        table->shard_bytes += size;
    }
    shard->bits = (uint8_t)bits;
    shard->depth = (uint8_t)depth;
    return shard;
}

static void shard_free(struct group_table *table, struct shard *shard) {
    if (shard->bits == SHARD_BITS_MAX && shard->depth > 0) {
        struct spare_shard *spare = (struct spare_shard *)shard;
        spare->next = table->spare_shards;
        table->spare_shards = spare;
        return;
    }
    table->shard_bytes -= shard_size(shard->bits);
    free(shard);
}

static inline uint32_t shard_mask(const struct shard *shard) {
    return (1u << shard->bits) - 1;
}

/* How many bits of a tag come before those that say where probing starts: those that the directory used, and the key group's, since an
 * instance of several has a range of key groups only, and its groups would all have their homes in one part of the shard. */
static inline uint32_t home_skip(const struct shard *shard) {
    return shard->depth > KEY_GROUP_BITS ? shard->depth : KEY_GROUP_BITS;
}

/* Where probing for the tag starts. */
static inline uint32_t shard_home(const struct shard *shard, uint32_t tag) {
    return (tag << home_skip(shard)) >> (32 - shard->bits);
}

static inline struct directory_entry entry_of(struct shard *shard) {
    return (struct directory_entry){.shard = shard, .bits = shard->bits, .skip = home_skip(shard)};
}

static inline const struct directory_entry *table_entry(const struct group_table *table, uint32_t tag) {
    return &table->directory[(uint64_t)tag >> (32 - table->directory_bits)];
}
static inline uint32_t entry_home(const struct directory_entry *entry, uint32_t tag) {
    return (tag << entry->skip) >> (32 - entry->bits);
}
static inline struct shard *table_shard(const struct group_table *table, uint32_t tag) {
    return table_entry(table, tag)->shard;
}

static void shard_insert(struct shard *shard, struct slot slot) {
    uint32_t mask = shard_mask(shard);
    uint32_t at = shard_home(shard, slot.tag);
    while (shard->slots[at].record)
        at = (at + 1) & mask;
    shard->slots[at] = slot;
    shard->count++;
}

static bool shard_is_full(const struct shard *shard) {
    return shard->count >= (3u << shard->bits) / 4;
}

/* Points the directory entries of `old` at its successor(s): low for tags with bit `depth` clear, high for set. */
static void directory_replace(struct group_table *table, uint32_t tag, uint32_t old_depth, struct shard *low,
                              struct shard *high) {
    uint32_t span = 1u << (table->directory_bits - old_depth);
    uint32_t first = old_depth ? (tag >> (32 - old_depth)) << (table->directory_bits - old_depth) : 0;
    for (uint32_t i = 0; i < span; i++) {
        struct shard *shard = i < span / 2 || low == high ? low : high;
        table->directory[first + i] = entry_of(shard);
    }
}

/* One small shard for everything. */
static void directory_start(struct group_table *table) {
    struct shard *shard = shard_new(table, SHARD_BITS_MIN, 0);
    table->directory_bits = 0;
    table->directory[0] = entry_of(shard);
}

static void directory_double(struct group_table *table) {
    uint32_t count = 1u << table->directory_bits;
    struct directory_entry *bigger = memory_alloc(sizeof *bigger * count * 2);
    for (uint32_t i = 0; i < count; i++)
        bigger[2 * i] = bigger[2 * i + 1] = table->directory[i];
    free(table->directory);
    table->directory = bigger;
    table->directory_bits++;
}

static void shard_grow(struct group_table *table, struct shard *old, uint32_t tag) {
    bool splits = old->bits >= SHARD_BITS_MAX && old->depth < DIRECTORY_BITS_MAX;
    struct shard *low, *high;
    if (splits) {
        if (old->depth == table->directory_bits)
            directory_double(table);
        low = shard_new(table, old->bits, old->depth + 1u);
        high = shard_new(table, old->bits, old->depth + 1u);
    } else {
        ASSERT(old->bits + old->depth < 32); /* else: 2^32 distinct hashes are used up */
        low = high = shard_new(table, old->bits + 1u, old->depth);
    }
    for (uint32_t i = 0; i <= shard_mask(old); i++) {
        struct slot slot = old->slots[i];
        if (slot.record)
            shard_insert(splits && slot.tag << old->depth >> 31 ? high : low, slot);
    }
    directory_replace(table, tag, old->depth, low, high);
    shard_free(table, old);
}

/* Visits each shard once. */
static struct shard *next_shard(const struct group_table *table, uint32_t *entry) {
    if (*entry >= 1u << table->directory_bits)
        return NULL;
    struct shard *shard = table->directory[*entry].shard;
    *entry += 1u << (table->directory_bits - shard->depth);
    return shard;
}

/* ---- records ---- */

static inline uint8_t *record_at(const struct group_table *table, uint32_t number) {
    return record_store_at(&table->store, number);
}

static inline uint8_t *record_key(uint8_t *record) {
    return record + sizeof(struct record_header);
}

/* ---- keys: by form, so that the loops below are compiled once per form ---- */

static inline __attribute__((always_inline)) bool key_equals(enum key_form form, const uint8_t *record,
                                                             const struct batch_keys *keys, uint32_t i) {
    const struct record_header *header = (const struct record_header *)record;
    const uint8_t *key = record + sizeof(struct record_header);
    if (header->nulls != (keys->nulls ? keys->nulls[i] : 0))
        return false;
    if (form == KEY_BYTES)
        return view_equal((const struct string_view *)key, &keys->views[i]);
    const uint64_t *words = (const uint64_t *)key;
    if (form == KEY_WORD)
        return words[0] == keys->words[i];
    return words[0] == keys->words[2 * (size_t)i] && words[1] == keys->words[2 * (size_t)i + 1];
}

static void store_view(struct group_table *table, uint8_t *key, struct string_view view) {
    if (view.size > VIEW_INLINE_MAX) {
        char *bytes = state_memory_alloc(table->key_memory, view.size);
        memcpy(bytes, view.data, view.size);
        view.data = bytes;
    }
    memcpy(key, &view, sizeof view);
}

static void store_key(struct group_table *table, uint8_t *record, const struct batch_keys *keys, uint32_t i) {
    uint8_t *key = record_key(record);
    record_header(record)->nulls = keys->nulls ? keys->nulls[i] : 0;
    switch (table->keys.form) {
    case KEY_WORD: memcpy(key, &keys->words[i], 8); break;
    case KEY_PAIR: memcpy(key, &keys->words[2 * (size_t)i], 16); break;
    case KEY_BYTES: store_view(table, key, keys->views[i]); break;
    }
}

/* ---- find and create ---- */

static inline __attribute__((always_inline)) uint8_t *find(const struct group_table *table, enum key_form form,
                                                           uint32_t tag, const struct batch_keys *keys, uint32_t i) {
    const struct directory_entry *entry = table_entry(table, tag);
    const struct slot *slots = entry->shard->slots;
    uint32_t mask = (1u << entry->bits) - 1;
    for (uint32_t at = entry_home(entry, tag);; at = (at + 1) & mask) {
        struct slot slot = slots[at];
        if (!slot.record)
            return NULL;
        if (slot.tag != tag)
            continue;
        uint8_t *record = record_at(table, slot.record - 1);
        if (key_equals(form, record, keys, i))
            return record;
    }
}

static uint8_t *create(struct group_table *table, uint32_t tag, const struct batch_keys *keys, uint32_t i) {
    struct shard *shard = table_shard(table, tag);
    while (shard_is_full(shard)) {
        shard_grow(table, shard, tag);
        shard = table_shard(table, tag);
    }
    uint32_t number = record_store_add(&table->store, tag);
    shard_insert(shard, (struct slot){.tag = tag, .record = number + 1});
    uint8_t *record = record_at(table, number);
    store_key(table, record, keys, i);
    memset(record + table->state_offset, 0, table->store.record_size - table->state_offset);
    return record;
}

/* Brings slots, then the likely records, into cache before they are needed. */
static void prefetch(const struct group_table *table, const uint64_t *hashes, uint32_t count, uint8_t **candidates) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag = (uint32_t)(hashes[i] >> 32);
        const struct directory_entry *entry = table_entry(table, tag);
        __builtin_prefetch(&entry->shard->slots[entry_home(entry, tag)]);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag = (uint32_t)(hashes[i] >> 32);
        const struct directory_entry *entry = table_entry(table, tag);
        const struct slot *slots = entry->shard->slots;
        uint32_t at = entry_home(entry, tag);
        uint32_t mask = (1u << entry->bits) - 1;
        while (slots[at].record && slots[at].tag != tag)
            at = (at + 1) & mask;
        uint32_t number = slots[at].record;
        candidates[i] = number ? record_at(table, number - 1) : NULL;
        if (number) {
            __builtin_prefetch(candidates[i], 1);
            __builtin_prefetch(candidates[i] + table->store.record_size - 1, 1);
        }
    }
}

static inline __attribute__((always_inline)) uint32_t lookup(struct group_table *table, enum key_form form,
                                                             const uint64_t *hashes, uint32_t count,
                                                             const struct batch_keys *keys, uint8_t **records,
                                                             uint16_t *new_items) {
    uint32_t new_count = 0;
    bool prefetched = table->store.live_count >= PREFETCH_GROUPS_MIN;
    if (prefetched)
        prefetch(table, hashes, count, records);
    for (uint32_t i = 0; i < count; i++) {
        if (prefetched && records[i] && key_equals(form, records[i], keys, i))
            continue;
        uint32_t tag = (uint32_t)(hashes[i] >> 32);
        uint8_t *record = find(table, form, tag, keys, i);
        if (!record) {
            record = create(table, tag, keys, i);
            new_items[new_count++] = (uint16_t)i;
        }
        records[i] = record;
    }
    return new_count;
}

void group_table_lookup_hashed(struct group_table *table, const struct column *keys, const struct selection *selection,
                               const uint64_t *hashes, struct arena *scratch, uint8_t **records, uint16_t *new_items,
                               uint32_t *new_count) {
    struct batch_keys read;
    key_layout_read(&table->keys, keys, selection, scratch, &read);
    switch (table->keys.form) {
    case KEY_WORD: *new_count = lookup(table, KEY_WORD, hashes, selection->count, &read, records, new_items); break;
    case KEY_PAIR: *new_count = lookup(table, KEY_PAIR, hashes, selection->count, &read, records, new_items); break;
    case KEY_BYTES: *new_count = lookup(table, KEY_BYTES, hashes, selection->count, &read, records, new_items); break;
    }
}

void group_table_lookup(struct group_table *table, const struct column *keys, const struct selection *selection,
                        struct arena *scratch, uint8_t **records, uint16_t *new_items, uint32_t *new_count) {
    uint64_t *hashes = arena_zalloc(scratch, sizeof *hashes * selection->count);
    for (uint32_t k = 0; k < table->keys.column_count; k++)
        column_hash(&keys[k], selection, hashes, k == 0);
    group_table_lookup_hashed(table, keys, selection, hashes, scratch, records, new_items, new_count);
}

/* The key of a record of another table, in the shape of a batch of one. */
static struct batch_keys record_keys(const struct group_table *source, const uint8_t *record) {
    const struct record_header *header = (const struct record_header *)record;
    const uint8_t *key = record + sizeof *header;
    struct batch_keys keys = {.nulls = &header->nulls};
    if (source->keys.form == KEY_BYTES)
        keys.views = (const struct string_view *)key;
    else
        keys.words = (const uint64_t *)key;
    return keys;
}

static uint8_t *find_key(const struct group_table *table, uint32_t tag, const struct batch_keys *keys) {
    switch (table->keys.form) {
    case KEY_WORD: return find(table, KEY_WORD, tag, keys, 0);
    case KEY_PAIR: return find(table, KEY_PAIR, tag, keys, 0);
    default: return find(table, KEY_BYTES, tag, keys, 0);
    }
}

uint8_t *group_table_find_record(const struct group_table *table, const struct group_table *source,
                                 const uint8_t *record) {
    struct batch_keys keys = record_keys(source, record);
    uint32_t tag = ((const struct record_header *)record)->tag;
    ASSERT(table->keys.form == source->keys.form);
    return find_key(table, tag, &keys);
}

uint8_t *group_table_lookup_record(struct group_table *table, const struct group_table *source, const uint8_t *record,
                                   bool *created) {
    uint8_t *found = group_table_find_record(table, source, record);
    *created = !found;
    if (found)
        return found;
    struct batch_keys keys = record_keys(source, record);
    return create(table, ((const struct record_header *)record)->tag, &keys, 0);
}

/* ---- removal ---- */

static void release_key(struct group_table *table, uint8_t *record) {
    if (table->keys.form != KEY_BYTES)
        return;
    struct string_view view;
    memcpy(&view, record_key(record), sizeof view);
    if (view.size > VIEW_INLINE_MAX)
        state_memory_release(table->key_memory, (void *)(uintptr_t)view.data, view.size);
}

/* Closes the gap at `hole`: later slots of the run move back when their home allows it. */
static void close_gap(struct shard *shard, uint32_t hole) {
    uint32_t mask = shard_mask(shard);
    for (uint32_t at = (hole + 1) & mask; shard->slots[at].record; at = (at + 1) & mask) {
        uint32_t home = shard_home(shard, shard->slots[at].tag);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* its home lies behind the hole */
        shard->slots[hole] = shard->slots[at];
        hole = at;
    }
    shard->slots[hole] = (struct slot){0};
}

/* Where the shard has the record. */
static uint32_t slot_of(const struct group_table *table, const struct shard *shard, const uint8_t *record) {
    uint32_t tag = ((const struct record_header *)record)->tag;
    uint32_t at = shard_home(shard, tag);
    for (; shard->slots[at].tag != tag || record_at(table, shard->slots[at].record - 1) != record;
         at = (at + 1) & shard_mask(shard))
        ASSERT(shard->slots[at].record);
    return at;
}

uint32_t group_table_place(const struct group_table *table, const uint8_t *record) {
    const struct shard *shard = table_shard(table, ((const struct record_header *)record)->tag);
    return shard->slots[slot_of(table, shard, record)].record - 1;
}

void group_table_remove(struct group_table *table, uint8_t *record) {
    ASSERT(record_is_live(record));
    struct shard *shard = table_shard(table, record_header(record)->tag);
    uint32_t at = slot_of(table, shard, record);
    uint32_t number = shard->slots[at].record - 1;
    release_key(table, record);
    close_gap(shard, at);
    shard->count--;
    record_store_kill(&table->store, number);
    record_store_free(&table->store, number);
}

/* ---- whole table ---- */

struct group_table *group_table_new(const struct type *const *key_types, uint32_t key_count, uint32_t state_size) {
    ASSERT(key_count <= KEY_COLUMNS_MAX && state_size % 8 == 0);
    struct group_table *table = memory_zalloc(sizeof *table);
    for (uint32_t k = 0; k < key_count; k++)
        table->types[k] = key_types[k];
    key_layout_init(&table->keys, table->types, key_count);
    table->state_offset = (uint32_t)sizeof(struct record_header) + key_form_size(table->keys.form);
    record_store_init(&table->store, table->state_offset + state_size);
    table->key_memory = state_memory_new();
    table->directory = memory_alloc(sizeof *table->directory);
    directory_start(table);
    return table;
}

static void free_shards(struct group_table *table) {
    for (uint32_t entry = 0;;) {
        struct shard *shard = next_shard(table, &entry);
        if (!shard)
            break;
        shard_free(table, shard);
    }
    for (uint32_t i = 0; i < table->slab_count; i++)
        free(table->slabs[i]);
    table->shard_bytes -= (size_t)table->slab_count * SLAB_BYTES;
    table->slab_count = 0;
    table->spare_shards = NULL;
}

void group_table_free(struct group_table *table) {
    if (!table)
        return;
    free_shards(table);
    record_store_release(&table->store);
    free(table->directory);
    free(table->slabs);
    state_memory_free(table->key_memory);
    free(table);
}

void group_table_reset(struct group_table *table) {
    bool oversized = record_store_reset(&table->store);
    if (oversized) {
        free_shards(table);
        directory_start(table);
    }
    for (uint32_t entry = 0; !oversized;) {
        struct shard *shard = next_shard(table, &entry);
        if (!shard)
            break;
        memset(shard->slots, 0, sizeof(struct slot) << shard->bits);
        shard->count = 0;
    }
    if (state_memory_used_bytes(table->key_memory) > 0) {
        state_memory_free(table->key_memory);
        table->key_memory = state_memory_new();
    }
}

void group_table_give_back(struct group_table *table) {
    ASSERT(table->store.live_count == 0);
    if (table->store.under_way)
        return;
    for (uint32_t i = 0; i < 2; i++)
        group_table_reset(table); /* the second time of no groups at all, so nothing is kept */
}

struct cold_groups *group_table_cold(const struct group_table *table) {
    return table->cold;
}

void group_table_set_cold(struct group_table *table, struct cold_groups *groups) {
    table->cold = groups;
}

uint32_t group_table_count(const struct group_table *table) {
    return table->store.live_count;
}

size_t group_table_bytes(const struct group_table *table) {
    return sizeof *table + table->store.page_bytes + table->shard_bytes +
           (sizeof *table->directory << table->directory_bits) +
           sizeof(void *) * (table->store.page_capacity + table->store.extent_capacity) +
           state_memory_used_bytes(table->key_memory);
}

size_t group_table_live_bytes(const struct group_table *table) {
    return (size_t)table->store.live_count * (table->store.record_size + 2 * sizeof(struct slot)) +
           state_memory_used_bytes(table->key_memory);
}

uint32_t group_table_state_offset(const struct group_table *table) {
    return table->state_offset;
}

uint8_t *group_table_next(const struct group_table *table, uint32_t *position) {
    while (*position < table->store.place_count) {
        uint8_t *record = record_at(table, (*position)++);
        if (record_is_live(record))
            return record;
    }
    return NULL;
}

uint8_t *group_table_next_in(const struct group_table *table, uint32_t first_key_group, uint32_t last_key_group,
                             uint64_t *position) {
    uint32_t entry = (uint32_t)(*position >> 32), at = (uint32_t)*position;
    while (entry < 1u << table->directory_bits) {
        const struct shard *shard = table->directory[entry].shard;
        for (; at <= shard_mask(shard); at++) {
            struct slot slot = shard->slots[at];
            uint32_t key_group = slot.tag >> 22;
            if (!slot.record || key_group < first_key_group || key_group > last_key_group)
                continue;
            *position = (uint64_t)entry << 32 | (at + 1);
            return record_at(table, slot.record - 1);
        }
        entry += 1u << (table->directory_bits - shard->depth);
        at = 0;
    }
    *position = (uint64_t)entry << 32;
    return NULL;
}

/* ---- snapshots ---- */

struct record_store *group_table_store(struct group_table *table) {
    return &table->store;
}

uint32_t group_table_key_size(const struct group_table *table) {
    return table->keys.form == KEY_BYTES ? 0 : key_form_size(table->keys.form);
}

void group_table_encode_key(const struct group_table *table, const uint8_t *record, struct strbuf *out) {
    const uint8_t *key = record + sizeof(struct record_header);
    if (table->keys.form == KEY_BYTES)
        bytes_put_block(out, view_str((const struct string_view *)key));
    else
        strbuf_append(out, key, key_form_size(table->keys.form));
}

/* The key's bytes as a batch of one; `words` and `view` are its memory. */
static bool decode_key(const struct group_table *table, struct bytes_reader *key, uint64_t *words,
                       struct string_view *view) {
    if (table->keys.form == KEY_BYTES) {
        struct str bytes = bytes_get_block(key);
        if (bytes.size > UINT32_MAX || !key_layout_accepts(&table->keys, bytes))
            bytes_refuse(key);
        else
            *view = view_make(bytes.data, (uint32_t)bytes.size);
    } else {
        struct str bytes = bytes_get(key, key_form_size(table->keys.form));
        if (bytes.size)
            memcpy(words, bytes.data, bytes.size);
    }
    return !key->failed;
}

bool group_table_decode_key(struct group_table *table, uint8_t *record, struct bytes_reader *key) {
    uint64_t words[2] = {0};
    struct string_view view;
    uint8_t nulls = record_header(record)->nulls;
    struct batch_keys keys = {.words = words, .views = &view, .nulls = &nulls};
    if (!decode_key(table, key, words, &view))
        return false;
    store_key(table, record, &keys, 0);
    return true;
}

uint8_t *group_table_insert(struct group_table *table, uint32_t hash, uint8_t nulls, struct bytes_reader *key,
                            bool *created) {
    uint64_t words[2] = {0};
    struct string_view view;
    struct batch_keys keys = {.words = words, .views = &view, .nulls = &nulls};
    if (!decode_key(table, key, words, &view))
        return NULL;
    uint8_t *found = find_key(table, hash, &keys);
    *created = !found;
    return found ? found : create(table, hash, &keys, 0);
}

uint8_t *group_table_find(const struct group_table *table, uint32_t hash, uint8_t nulls, struct bytes_reader *key) {
    uint64_t words[2] = {0};
    struct string_view view;
    struct batch_keys keys = {.words = words, .views = &view, .nulls = &nulls};
    return decode_key(table, key, words, &view) ? find_key(table, hash, &keys) : NULL;
}

static bool has_same_key(const struct group_table *table, const uint8_t *left, const uint8_t *right) {
    struct batch_keys keys = record_keys(table, right);
    switch (table->keys.form) {
    case KEY_WORD: return key_equals(KEY_WORD, left, &keys, 0);
    case KEY_PAIR: return key_equals(KEY_PAIR, left, &keys, 0);
    default: return key_equals(KEY_BYTES, left, &keys, 0);
    }
}

/* False when the key is there already. */
static bool index_slot(struct group_table *table, struct slot slot) {
    struct shard *shard = table_shard(table, slot.tag);
    while (shard_is_full(shard)) {
        shard_grow(table, shard, slot.tag);
        shard = table_shard(table, slot.tag);
    }
    uint32_t mask = shard_mask(shard), at = shard_home(shard, slot.tag);
    for (; shard->slots[at].record; at = (at + 1) & mask)
        if (shard->slots[at].tag == slot.tag &&
            has_same_key(table, record_at(table, shard->slots[at].record - 1), record_at(table, slot.record - 1)))
            return false;
    shard->slots[at] = slot;
    shard->count++;
    return true;
}

/* An empty table gets a directory of 2^bits shards, each with room for the slots that it will have: those from ends[entry - 1] to ends[entry]. */
static void directory_make(struct group_table *table, uint32_t bits, const uint32_t *ends) {
    free_shards(table);
    table->directory = memory_realloc(table->directory, sizeof *table->directory << bits);
    table->directory_bits = bits;
    for (uint32_t entry = 0; entry < 1u << bits; entry++) {
        uint32_t count = ends[entry] - (entry ? ends[entry - 1] : 0), shard_bits = SHARD_BITS_MIN;
        while (shard_bits < SHARD_BITS_MAX && count >= (3u << shard_bits) / 4)
            shard_bits++;
        struct shard *shard = shard_new(table, shard_bits, bits);
        table->directory[entry] = entry_of(shard);
    }
}

/* The slots of all live records, by directory entry: ends[e] is where those of entry e end. */
static struct slot *slots_by_entry(const struct group_table *table, uint32_t bits, uint32_t *ends) {
    struct slot *slots = memory_alloc((table->store.live_count + (size_t)1) * sizeof *slots);
    uint32_t position = 0, start = 0;
    for (uint8_t *record; (record = group_table_next(table, &position));)
        ends[(uint64_t)record_header(record)->tag >> (32 - bits)]++;
    for (uint32_t entry = 0; entry < 1u << bits; entry++) {
        uint32_t count = ends[entry];
        ends[entry] = start; /* moves on with each slot */
        start += count;
    }
    position = 0;
    for (uint8_t *record; (record = group_table_next(table, &position));) {
        uint32_t tag = record_header(record)->tag;
        slots[ends[(uint64_t)tag >> (32 - bits)]++] = (struct slot){.tag = tag, .record = position};
    }
    return slots;
}

bool group_table_index(struct group_table *table, uint32_t key_group_count) {
    uint64_t expected =
        (uint64_t)table->store.live_count * KEY_GROUP_COUNT / key_group_count; /* were there groups of all key groups */
    uint32_t bits = 0;
    while (bits < DIRECTORY_BITS_MAX && expected >> bits >= (1u << SHARD_BITS_MAX) * 5 / 8)
        bits++;
    uint32_t *ends = memory_zalloc(sizeof *ends << bits);
    struct slot *slots = slots_by_entry(table, bits, ends);
    directory_make(table, bits, ends);
    bool is_sound = true;
    for (uint32_t i = 0; i < table->store.live_count && is_sound; i++)
        is_sound = index_slot(table, slots[i]);
    free(slots);
    free(ends);
    return is_sound;
}

bool group_table_index_more(struct group_table *table, uint32_t first_place) {
    uint32_t position = first_place;
    for (uint8_t *record; (record = group_table_next(table, &position));)
        if (!index_slot(table, (struct slot){.tag = record_header(record)->tag, .record = position}))
            return false;
    return true;
}

void group_table_keys(const struct group_table *table, uint8_t *const *records, uint32_t count, struct arena *arena,
                      struct column *columns) {
    for (uint32_t k = 0; k < table->keys.column_count; k++)
        column_init(&columns[k], arena, table->types[k], count);
    for (uint32_t i = 0; i < count; i++)
        key_layout_write(&table->keys, record_key(records[i]), record_header(records[i])->nulls, columns, i, count,
                         arena);
}
