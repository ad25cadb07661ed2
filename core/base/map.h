/* map.h: string -> pointer, in an arena, insertion-ordered. For names (catalogue, options, settings), not for rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct map_entry {
    const char *key; /* owned by the map's arena */
    void *value;
};

struct map {
    struct arena *arena;
    struct map_entry *entries; /* in order of insertion */
    size_t count;
    size_t capacity;
    unsigned *slots; /* entry index + 1; open addressing */
    size_t slot_count;
    bool ignore_case; /* ASCII */
};

void map_init(struct map *map, struct arena *arena, bool ignore_case);
void *map_get(const struct map *map, const char *key); /* NULL when absent */
/* Adds or replaces; returns the former value or NULL. Copies the key. */
void *map_put(struct map *map, const char *key, void *value);
bool map_remove(struct map *map, const char *key); /* keeps the order of the others */
