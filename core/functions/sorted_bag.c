/* sorted_bag.c: see the header. Entries with count 0 do not exist; neither do empty chunks. */
#include "core/functions/sorted_bag.h"

#include "core/base/bytes.h"
#include "core/functions/state_memory.h"

enum { CHUNK_ENTRIES_MAX = 128 };

struct bag_entry {
    struct cell value;
    int64_t count;
};

struct bag_chunk {
    uint32_t count, capacity;
    struct bag_entry entries[];
};

static size_t chunk_size(uint32_t capacity) {
    return sizeof(struct bag_chunk) + capacity * sizeof(struct bag_entry);
}

static struct bag_chunk *chunk_new(uint32_t capacity, struct state_memory *memory) {
    struct bag_chunk *chunk = state_memory_alloc(memory, chunk_size(capacity));
    chunk->count = 0;
    chunk->capacity = capacity;
    return chunk;
}

/* The chunk the value belongs to: the last one that does not start after it. */
static uint32_t find_chunk(const struct sorted_bag *bag, enum cell_kind kind, struct cell value) {
    uint32_t low = 0, high = bag->chunk_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (cell_compare(kind, bag->chunks[middle]->entries[0].value, value) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* First entry that is not smaller than the value. */
static uint32_t find_entry(const struct bag_chunk *chunk, enum cell_kind kind, struct cell value, bool *found) {
    uint32_t low = 0, high = chunk->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cell_compare(kind, chunk->entries[middle].value, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < chunk->count && cell_compare(kind, chunk->entries[low].value, value) == 0;
    return low;
}

static void insert_chunk(struct sorted_bag *bag, uint32_t at, struct bag_chunk *chunk, struct state_memory *memory) {
    if (bag->chunk_count == bag->chunk_capacity) {
        uint32_t capacity = bag->chunk_capacity ? bag->chunk_capacity * 2 : 1;
        bag->chunks = state_memory_realloc(memory, bag->chunks, bag->chunk_capacity * sizeof(struct bag_chunk *),
                                           capacity * sizeof(struct bag_chunk *));
        bag->chunk_capacity = capacity;
    }
    memmove(&bag->chunks[at + 1], &bag->chunks[at], (bag->chunk_count - at) * sizeof(struct bag_chunk *));
    bag->chunks[at] = chunk;
    bag->chunk_count++;
}

/* Makes room for one entry at `*entry` of chunk `at`; a full chunk is split in two, and the place may be in the second. */
static struct bag_chunk *make_room(struct sorted_bag *bag, uint32_t at, uint32_t *entry, struct state_memory *memory) {
    struct bag_chunk *chunk = bag->chunks[at];
    if (chunk->count < chunk->capacity)
        return chunk;
    if (chunk->capacity < CHUNK_ENTRIES_MAX) {
        uint32_t capacity = chunk->capacity * 2;
        chunk = state_memory_realloc(memory, chunk, chunk_size(chunk->capacity), chunk_size(capacity));
        chunk->capacity = capacity;
        bag->chunks[at] = chunk;
        return chunk;
    }
    /* Values that come in order fill chunks to the brim; others split in the middle. */
    uint32_t keep = *entry == chunk->count ? chunk->count : chunk->count / 2;
    struct bag_chunk *second = chunk_new(CHUNK_ENTRIES_MAX, memory);
    second->count = chunk->count - keep;
    memcpy(second->entries, &chunk->entries[keep], second->count * sizeof(struct bag_entry));
    chunk->count = keep;
    insert_chunk(bag, at + 1, second, memory);
    if (*entry < keep)
        return chunk;
    *entry -= keep;
    return second;
}

static void drop_chunk(struct sorted_bag *bag, uint32_t at, struct state_memory *memory) {
    state_memory_release(memory, bag->chunks[at], chunk_size(bag->chunks[at]->capacity));
    bag->chunk_count--;
    memmove(&bag->chunks[at], &bag->chunks[at + 1], (bag->chunk_count - at) * sizeof(struct bag_chunk *));
}

static void remove_entry(struct sorted_bag *bag, uint32_t at, uint32_t entry, enum cell_kind kind,
                         struct state_memory *memory) {
    struct bag_chunk *chunk = bag->chunks[at];
    cell_disown(kind, &chunk->entries[entry].value, memory);
    chunk->count--;
    memmove(&chunk->entries[entry], &chunk->entries[entry + 1], (chunk->count - entry) * sizeof(struct bag_entry));
    if (chunk->count == 0) {
        drop_chunk(bag, at, memory);
        return;
    }
    /* Two neighbours that fit into half a chunk become one, so that memory follows the number of values. */
    struct bag_chunk *next = at + 1 < bag->chunk_count ? bag->chunks[at + 1] : NULL;
    if (next && chunk->count + next->count <= CHUNK_ENTRIES_MAX / 2 && chunk->capacity == CHUNK_ENTRIES_MAX) {
        memcpy(&chunk->entries[chunk->count], next->entries, next->count * sizeof(struct bag_entry));
        chunk->count += next->count;
        drop_chunk(bag, at + 1, memory);
    }
}

void sorted_bag_add(struct sorted_bag *bag, enum cell_kind kind, struct cell value, int64_t count,
                    struct state_memory *memory) {
    if (!bag->chunk_count)
        insert_chunk(bag, 0, chunk_new(1, memory), memory);
    uint32_t at = find_chunk(bag, kind, value);
    bool found;
    uint32_t entry = find_entry(bag->chunks[at], kind, value, &found);
    if (found) {
        int64_t *present = &bag->chunks[at]->entries[entry].count;
        *present += count;
        if (*present == 0)
            remove_entry(bag, at, entry, kind, memory);
        return;
    }
    struct bag_chunk *chunk = make_room(bag, at, &entry, memory);
    memmove(&chunk->entries[entry + 1], &chunk->entries[entry], (chunk->count - entry) * sizeof(struct bag_entry));
    chunk->entries[entry] = (struct bag_entry){.value = cell_own(kind, value, memory), .count = count};
    chunk->count++;
}

bool sorted_bag_first(const struct sorted_bag *bag, struct cell *value) {
    for (uint32_t at = 0; at < bag->chunk_count; at++)
        for (uint32_t i = 0; i < bag->chunks[at]->count; i++)
            if (bag->chunks[at]->entries[i].count > 0) {
                *value = bag->chunks[at]->entries[i].value;
                return true;
            }
    return false;
}

bool sorted_bag_last(const struct sorted_bag *bag, struct cell *value) {
    for (uint32_t at = bag->chunk_count; at-- > 0;)
        for (uint32_t i = bag->chunks[at]->count; i-- > 0;)
            if (bag->chunks[at]->entries[i].count > 0) {
                *value = bag->chunks[at]->entries[i].value;
                return true;
            }
    return false;
}

void sorted_bag_merge(struct sorted_bag *bag, enum cell_kind kind, const struct sorted_bag *source,
                      struct state_memory *memory) {
    for (uint32_t at = 0; at < source->chunk_count; at++)
        for (uint32_t i = 0; i < source->chunks[at]->count; i++)
            sorted_bag_add(bag, kind, source->chunks[at]->entries[i].value, source->chunks[at]->entries[i].count,
                           memory);
}

void sorted_bag_encode(const struct sorted_bag *bag, enum cell_kind kind, struct strbuf *out) {
    uint64_t count = 0;
    for (uint32_t at = 0; at < bag->chunk_count; at++)
        count += bag->chunks[at]->count;
    bytes_put_varint(out, count);
    for (uint32_t at = 0; at < bag->chunk_count; at++)
        for (uint32_t i = 0; i < bag->chunks[at]->count; i++) {
            cell_encode(kind, bag->chunks[at]->entries[i].value, out);
            bytes_put_i64(out, bag->chunks[at]->entries[i].count);
        }
}

void sorted_bag_decode(struct sorted_bag *bag, enum cell_kind kind, struct bytes_reader *reader,
                       struct state_memory *memory) {
    ASSERT(kind != CELL_ENCODED); /* nested values have no order */
    uint32_t count = bytes_get_count(reader, sizeof(int64_t) + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct cell value = cell_decode(kind, NULL, 0, reader);
        int64_t times = bytes_get_i64(reader);
        if (times == 0)
            bytes_refuse(reader);
        if (reader->failed)
            return;
        sorted_bag_add(bag, kind, value, times, memory);
    }
}

void sorted_bag_release(struct sorted_bag *bag, enum cell_kind kind, struct state_memory *memory) {
    for (uint32_t at = 0; at < bag->chunk_count; at++) {
        struct bag_chunk *chunk = bag->chunks[at];
        for (uint32_t i = 0; i < chunk->count; i++)
            cell_disown(kind, &chunk->entries[i].value, memory);
        state_memory_release(memory, chunk, chunk_size(chunk->capacity));
    }
    state_memory_release(memory, bag->chunks, bag->chunk_capacity * sizeof(struct bag_chunk *));
    *bag = (struct sorted_bag){0};
}
