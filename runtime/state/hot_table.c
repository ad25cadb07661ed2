/* hot_table.c: hash maps and skip lists of entries, one per key group.
 * Invariants: in a map an entry is found by linear probing from its home, with no gap between (removal shifts back); in a list, level 0
 * has all entries in memcmp order of their keys and level n + 1 a part of those of level n. `bytes` is the sum of what was allocated. */
#include "runtime/state/hot_table.h"

#include <endian.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/hash.h"

enum { SLOT_BITS_MIN = 2, SLOT_BITS_MAX = 22, HEIGHT_MAX = 8, ROUND = 16 };

struct hot_group {
    union {
        uint64_t *slots;         /* unordered: 1 << bits, or NULL */
        struct hot_entry **head; /* ordered: HEIGHT_MAX links, or NULL */
    };
    uint32_t count;
    uint8_t bits;
};

static uint32_t key_hash(struct str key) {
    uint32_t hash = 0;
    memcpy(&hash, key.data, key.size < sizeof hash ? key.size : sizeof hash);
    return be32toh(hash);
}

static struct hot_group *group_of(const struct hot_table *table, struct str key) {
    return &table->groups[key_hash(key) >> 22];
}

/* ---- entries ---- */

static size_t allocation_size(uint32_t height, size_t key_size, size_t value_size) {
    size_t size = height * sizeof(struct hot_entry *) + sizeof(struct hot_entry) + key_size + value_size;
    return (size + ROUND - 1) & ~(size_t)(ROUND - 1);
}

static size_t entry_allocation(const struct hot_entry *entry) {
    return allocation_size(entry->height, entry->key_size, entry->value_size);
}

static struct hot_entry **entry_links(const struct hot_entry *entry) {
    return (struct hot_entry **)(void *)entry - entry->height;
}

static struct hot_entry *entry_new(struct hot_table *table, uint32_t height, struct str key, size_t value_size) {
    ASSERT(key.size <= UINT32_MAX && value_size <= UINT32_MAX);
    size_t size = allocation_size(height, key.size, value_size);
    uint8_t *memory = memory_alloc(size);
    struct hot_entry *entry = (struct hot_entry *)(void *)(memory + height * sizeof(struct hot_entry *));
    *entry = (struct hot_entry){
        .key_size = (uint32_t)key.size, .value_size = (uint32_t)value_size, .height = (uint8_t)height};
    memcpy(entry->bytes, key.data, key.size);
    table->bytes += size;
    return entry;
}

static void entry_free(struct hot_table *table, struct hot_entry *entry) {
    table->bytes -= entry_allocation(entry);
    free(entry_links(entry));
}

/* ---- maps ---- */

static struct hot_entry *slot_entry(uint64_t slot) {
    return (struct hot_entry *)(uintptr_t)(slot & ((1ull << 48) - 1));
}

static uint64_t slot_of(const struct hot_entry *entry, uint32_t hash) {
    uint64_t address = (uintptr_t)entry;
    ASSERT(address >> 48 == 0);
    return address | (uint64_t)(hash & 0xFFFF) << 48;
}

static uint32_t slot_home(const struct hot_group *group, uint32_t hash) {
    return (hash << 10) >> (32 - group->bits);
}

static uint32_t slot_mask(const struct hot_group *group) {
    return (1u << group->bits) - 1;
}

/* The slot of the key, or the free one in which it would be. */
static uint32_t map_slot(const struct hot_group *group, struct str key) {
    uint32_t hash = key_hash(key), mask = slot_mask(group);
    for (uint32_t at = slot_home(group, hash);; at = (at + 1) & mask) {
        uint64_t slot = group->slots[at];
        if (slot == 0)
            return at;
        if (slot >> 48 == (hash & 0xFFFF) && str_equal(hot_entry_key(slot_entry(slot)), key))
            return at;
    }
}

static void map_grow(struct hot_table *table, struct hot_group *group) {
    uint64_t *old = group->slots;
    uint32_t old_count = old ? 1u << group->bits : 0;
    group->bits = old ? (uint8_t)(group->bits + 1) : SLOT_BITS_MIN;
    ASSERT(group->bits <= SLOT_BITS_MAX);
    group->slots = memory_zalloc(sizeof *group->slots << group->bits);
    for (uint32_t i = 0; i < old_count; i++) {
        if (!old[i])
            continue;
        uint32_t at = slot_home(group, key_hash(hot_entry_key(slot_entry(old[i]))));
        while (group->slots[at])
            at = (at + 1) & slot_mask(group);
        group->slots[at] = old[i];
    }
    table->bytes += (sizeof *group->slots << group->bits) - old_count * sizeof *old;
    free(old);
}

static void map_put(struct hot_table *table, struct hot_group *group, struct hot_entry *entry) {
    if (!group->slots || (uint64_t)(group->count + 1) * 4 > (3ull << group->bits))
        map_grow(table, group);
    struct str key = hot_entry_key(entry);
    group->slots[map_slot(group, key)] = slot_of(entry, key_hash(key));
}

static void map_remove_at(struct hot_group *group, uint32_t hole) {
    uint32_t mask = slot_mask(group);
    for (uint32_t at = (hole + 1) & mask; group->slots[at]; at = (at + 1) & mask) {
        uint32_t home = slot_home(group, key_hash(hot_entry_key(slot_entry(group->slots[at]))));
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* its home lies behind the hole */
        group->slots[hole] = group->slots[at];
        hole = at;
    }
    group->slots[hole] = 0;
}

/* A group from which most was evicted gives its slots back; called between sweeps only. */
static void map_shrink(struct hot_table *table, struct hot_group *group) {
    if (group->bits <= SLOT_BITS_MIN || group->count == 0 || (uint64_t)group->count * 8 > 1ull << group->bits)
        return;
    uint64_t *old = group->slots;
    uint32_t old_count = 1u << group->bits;
    group->bits = SLOT_BITS_MIN;
    while ((uint64_t)(group->count + 1) * 2 > 1ull << group->bits)
        group->bits++;
    group->slots = memory_zalloc(sizeof *group->slots << group->bits);
    table->bytes -= old_count * sizeof *old - (sizeof *group->slots << group->bits);
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i])
            group->slots[map_slot(group, hot_entry_key(slot_entry(old[i])))] = old[i];
    free(old);
}

/* ---- lists ---- */

/* The links that point at the first entry not before `key`, one per level. */
static struct hot_entry *list_seek(const struct hot_group *group, struct str key, struct hot_entry ***links) {
    struct hot_entry **level_links = group->head;
    for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
        while (level_links[level] && str_compare(hot_entry_key(level_links[level]), key) < 0)
            level_links = entry_links(level_links[level]);
        if (links)
            links[level] = &level_links[level];
    }
    return level_links[0];
}

/* A quarter of the entries reach the next level. */
static uint32_t list_height(struct hot_table *table) {
    uint64_t random = hash_u64(++table->height_seed);
    uint32_t height = 1;
    while (height < HEIGHT_MAX && (random & 3) == 0) {
        height++;
        random >>= 2;
    }
    return height;
}

static void list_put(struct hot_table *table, struct hot_group *group, struct hot_entry *entry) {
    if (!group->head) {
        group->head = memory_zalloc(HEIGHT_MAX * sizeof *group->head);
        table->bytes += HEIGHT_MAX * sizeof *group->head;
    }
    struct hot_entry **links[HEIGHT_MAX];
    list_seek(group, hot_entry_key(entry), links);
    for (uint32_t level = 0; level < entry->height; level++) {
        entry_links(entry)[level] = *links[level];
        *links[level] = entry;
    }
}

static void list_remove(struct hot_group *group, struct hot_entry *entry) {
    struct hot_entry **links[HEIGHT_MAX];
    struct hot_entry *found = list_seek(group, hot_entry_key(entry), links);
    ASSERT(found == entry);
    for (uint32_t level = 0; level < entry->height; level++)
        *links[level] = entry_links(entry)[level];
}

/* ---- tables ---- */

void hot_table_init(struct hot_table *table, bool ordered) {
    *table = (struct hot_table){.ordered = ordered};
}

static bool always(void *context, struct hot_entry *entry) {
    (void)context;
    (void)entry;
    return true;
}

/* What an empty group holds. */
static void group_release(struct hot_table *table, struct hot_group *group) {
    if (group->slots)
        table->bytes -= table->ordered ? HEIGHT_MAX * sizeof *group->head : sizeof *group->slots << group->bits;
    free(group->slots);
    *group = (struct hot_group){0};
}

static void groups_release(struct hot_table *table) {
    for (uint32_t i = 0; i < KEY_GROUP_COUNT; i++)
        group_release(table, &table->groups[i]);
    free(table->groups);
    table->groups = NULL;
    table->bytes -= KEY_GROUP_COUNT * sizeof *table->groups;
}

void hot_table_release(struct hot_table *table) {
    for (uint32_t i = 0; table->groups && i < KEY_GROUP_COUNT; i++)
        hot_table_sweep(table, i, always, NULL);
    if (table->groups) /* the last entries were removed one by one */
        groups_release(table);
    ASSERT(table->bytes == 0 && table->count == 0);
    *table = (struct hot_table){.ordered = table->ordered};
}

struct hot_entry *hot_table_find(const struct hot_table *table, struct str key) {
    if (!table->groups)
        return NULL;
    const struct hot_group *group = group_of(table, key);
    if (!group->slots)
        return NULL;
    if (!table->ordered)
        return slot_entry(group->slots[map_slot(group, key)]);
    struct hot_entry *entry = list_seek(group, key, NULL);
    return entry && str_equal(hot_entry_key(entry), key) ? entry : NULL;
}

void hot_table_prefetch(const struct hot_table *table, struct str key, bool deep) {
    if (table->ordered || !table->groups)
        return;
    const struct hot_group *group = group_of(table, key);
    if (!group->slots)
        return;
    const uint64_t *slot = &group->slots[slot_home(group, key_hash(key))];
    if (deep)
        __builtin_prefetch(slot_entry(*slot));
    else
        __builtin_prefetch(slot);
}

static void insert(struct hot_table *table, struct hot_group *group, struct hot_entry *entry) {
    if (table->ordered)
        list_put(table, group, entry);
    else
        map_put(table, group, entry);
    group->count++;
    table->count++;
}

static void unlink_entry(struct hot_table *table, struct hot_group *group, struct hot_entry *entry) {
    if (table->ordered)
        list_remove(group, entry);
    else
        map_remove_at(group, map_slot(group, hot_entry_key(entry)));
    group->count--;
    table->count--;
}

/* Another allocation for the same entry. */
static struct hot_entry *resize(struct hot_table *table, struct hot_entry *old, size_t value_size) {
    struct hot_group *group = group_of(table, hot_entry_key(old));
    struct hot_entry *entry = entry_new(table, old->height, hot_entry_key(old), value_size);
    entry->marks = old->marks;
    entry->heat = old->heat;
    entry->epoch = old->epoch;
    unlink_entry(table, group, old);
    insert(table, group, entry);
    entry_free(table, old);
    return entry;
}

struct hot_entry *hot_table_put(struct hot_table *table, struct str key, size_t value_size, bool *created) {
    struct hot_entry *entry = hot_table_find(table, key);
    *created = !entry;
    if (entry && entry_allocation(entry) == allocation_size(entry->height, key.size, value_size)) {
        entry->value_size = (uint32_t)value_size;
        return entry;
    }
    if (entry)
        return resize(table, entry, value_size);
    if (!table->groups) {
        table->groups = memory_zalloc(KEY_GROUP_COUNT * sizeof *table->groups);
        table->bytes += KEY_GROUP_COUNT * sizeof *table->groups;
    }
    entry = entry_new(table, table->ordered ? list_height(table) : 0, key, value_size);
    insert(table, group_of(table, key), entry);
    return entry;
}

void hot_table_remove(struct hot_table *table, struct hot_entry *entry) {
    unlink_entry(table, group_of(table, hot_entry_key(entry)), entry);
    entry_free(table, entry);
}

static void map_sweep(struct hot_table *table, struct hot_group *group,
                      bool (*visit)(void *context, struct hot_entry *entry), void *context) {
    for (uint32_t at = 0; at < 1u << group->bits;) {
        struct hot_entry *entry = slot_entry(group->slots[at]);
        if (!entry || !visit(context, entry)) {
            at++;
            continue;
        }
        map_remove_at(group, at); /* another may be in this slot now */
        group->count--;
        table->count--;
        entry_free(table, entry);
    }
    map_shrink(table, group);
}

static void list_sweep(struct hot_table *table, struct hot_group *group,
                       bool (*visit)(void *context, struct hot_entry *entry), void *context) {
    struct hot_entry **links[HEIGHT_MAX]; /* where the next entry hangs, on each level */
    for (uint32_t level = 0; level < HEIGHT_MAX; level++)
        links[level] = &group->head[level];
    while (*links[0]) {
        struct hot_entry *entry = *links[0];
        bool remove = visit(context, entry);
        for (uint32_t level = 0; level < entry->height; level++) {
            if (remove)
                *links[level] = entry_links(entry)[level];
            else
                links[level] = &entry_links(entry)[level];
        }
        if (remove) {
            group->count--;
            table->count--;
            entry_free(table, entry);
        }
    }
}

void hot_table_sweep(struct hot_table *table, uint32_t key_group, bool (*visit)(void *context, struct hot_entry *entry),
                     void *context) {
    struct hot_group *group = table->groups ? &table->groups[key_group] : NULL;
    if (!group || !group->slots)
        return;
    if (table->ordered)
        list_sweep(table, group, visit, context);
    else
        map_sweep(table, group, visit, context);
    if (group->count == 0)
        group_release(table, group);
    if (table->count == 0)
        groups_release(table);
}

/* ---- cursors ---- */

void hot_cursor_open(struct hot_cursor *cursor, const struct hot_table *table, struct str start, struct str end) {
    *cursor = (struct hot_cursor){.table = table, .start = start, .end = end, .key_group = key_hash(start) >> 22};
}

void hot_cursor_close(struct hot_cursor *cursor) {
    free(cursor->sorted);
    cursor->sorted = NULL;
}

static bool before_end(const struct hot_cursor *cursor, const struct hot_entry *entry) {
    return cursor->end.size == 0 || str_compare(hot_entry_key(entry), cursor->end) < 0;
}

static int compare_entries(const void *left, const void *right) {
    return str_compare(hot_entry_key(*(struct hot_entry *const *)left),
                       hot_entry_key(*(struct hot_entry *const *)right));
}

/* A map's entries of the key group that are in the range, sorted. */
static void sort_group(struct hot_cursor *cursor, const struct hot_group *group) {
    cursor->sorted_count = cursor->sorted_at = 0;
    if (cursor->sorted_capacity < group->count) {
        cursor->sorted_capacity = group->count;
        cursor->sorted = memory_realloc(cursor->sorted, group->count * sizeof *cursor->sorted);
    }
    for (uint32_t at = 0; at <= slot_mask(group); at++) {
        struct hot_entry *entry = slot_entry(group->slots[at]);
        if (entry && str_compare(hot_entry_key(entry), cursor->start) >= 0 && before_end(cursor, entry))
            cursor->sorted[cursor->sorted_count++] = entry;
    }
    if (cursor->sorted_count > 1)
        qsort(cursor->sorted, cursor->sorted_count, sizeof *cursor->sorted, compare_entries);
}

static void enter_group(struct hot_cursor *cursor) {
    const struct hot_group *group = &cursor->table->groups[cursor->key_group];
    cursor->entered = true;
    cursor->next = NULL;
    cursor->sorted_count = cursor->sorted_at = 0;
    if (!group->slots)
        return;
    if (cursor->table->ordered)
        cursor->next = list_seek(group, cursor->start, NULL);
    else
        sort_group(cursor, group);
}

struct hot_entry *hot_cursor_next(struct hot_cursor *cursor) {
    if (!cursor->table->groups)
        return NULL;
    uint32_t last = cursor->end.size ? key_hash(cursor->end) >> 22 : KEY_GROUP_COUNT - 1;
    for (; cursor->key_group <= last; cursor->key_group++, cursor->entered = false) {
        if (!cursor->entered)
            enter_group(cursor);
        if (cursor->sorted_at < cursor->sorted_count)
            return cursor->sorted[cursor->sorted_at++];
        struct hot_entry *entry = cursor->next;
        if (!entry)
            continue;
        if (!before_end(cursor, entry)) {
            cursor->key_group = KEY_GROUP_COUNT;
            return NULL;
        }
        cursor->next = entry_links(entry)[0];
        return entry;
    }
    return NULL;
}
