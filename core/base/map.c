/* map.c: entries in an array in order of insertion, found through a table of open addressing.
 *
 *   slots:   [ 0 | 2 | 0 | 1 | 0 | 3 | 0 | 0 ]      entry index + 1; 0 = free; linear probing
 *   entries: [ first, second, third ]
 *
 * The table is at most half full. Removing rebuilds it, since maps of names hardly ever shrink. */
#include "core/base/map.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/str.h"

enum { ENTRIES_MIN = 8 };

static uint64_t key_hash(const struct map *map, const char *key) {
    if (!map->ignore_case)
        return hash_bytes(key, strlen(key));
    uint64_t hash = 0;
    for (; *key; key++) {
        unsigned char c = (unsigned char)*key;
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001B3ull; /* FNV-1a step */
    }
    return hash_u64(hash);
}

static bool key_equal(const struct map *map, const char *a, const char *b) {
    return map->ignore_case ? text_equal_ignore_case(a, b) : strcmp(a, b) == 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static unsigned *slot_find(const struct map *map, const char *key) {
    size_t mask = map->slot_count - 1;
    size_t i = key_hash(map, key) & mask;
    while (map->slots[i] && !key_equal(map, map->entries[map->slots[i] - 1].key, key))
        i = (i + 1) & mask;
    return &map->slots[i];
}

static void rebuild_slots(struct map *map) {
    memset(map->slots, 0, map->slot_count * sizeof *map->slots);
    for (size_t i = 0; i < map->count; i++)
        *slot_find(map, map->entries[i].key) = (unsigned)(i + 1);
}

static void grow(struct map *map) {
    size_t capacity = map->capacity ? map->capacity * 2 : ENTRIES_MIN;
    ASSERT(capacity < UINT32_MAX / 2);
    struct map_entry *entries = ARENA_ARRAY(map->arena, struct map_entry, capacity);
    if (map->count)
        memcpy(entries, map->entries, map->count * sizeof *entries);
    map->entries = entries;
    map->capacity = capacity;
    map->slot_count = capacity * 2;
    map->slots = ARENA_ARRAY(map->arena, unsigned, map->slot_count);
    rebuild_slots(map);
}

void map_init(struct map *map, struct arena *arena, bool ignore_case) {
    *map = (struct map){.arena = arena, .ignore_case = ignore_case};
}

void *map_get(const struct map *map, const char *key) {
    if (map->count == 0)
        return NULL;
    unsigned slot = *slot_find(map, key);
    return slot ? map->entries[slot - 1].value : NULL;
}

void *map_put(struct map *map, const char *key, void *value) {
    if (map->count == map->capacity)
        grow(map);
    unsigned *slot = slot_find(map, key);
    if (*slot) {
        struct map_entry *entry = &map->entries[*slot - 1];
        void *former = entry->value;
        entry->value = value;
        return former;
    }
    map->entries[map->count++] = (struct map_entry){arena_strdup(map->arena, key), value};
    *slot = (unsigned)map->count;
    return NULL;
}

bool map_remove(struct map *map, const char *key) {
    if (map->count == 0)
        return false;
    unsigned slot = *slot_find(map, key);
    if (!slot)
        return false;
    memmove(&map->entries[slot - 1], &map->entries[slot], (map->count - slot) * sizeof *map->entries);
    map->count--;
    rebuild_slots(map);
    return true;
}
