/* window_blocks.c: a binary hierarchy of merged slices, built on demand from the bottom.
 * Invariant: a block that stands holds exactly the rows of its slices; one whose slices changed or expired is removed, with every
 * block above it. */
#include "executor/window_blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/data/datetime.h"

enum { SLICES_MIN = 9, LEVELS_MAX = 24 };
_Static_assert(WINDOW_BLOCKS_MAX >= 2 * LEVELS_MAX, "two of each level");

/* A stretch of 2^level slices from index << level on. */
struct block {
    int64_t index;
    struct group_table *table; /* NULL: no rows there */
    bool owned;                /* else the table of a block below, or a slice's */
};

struct level {
    struct block *blocks; /* by index */
    uint32_t count, capacity;
};

struct window_blocks {
    struct grouping *grouping;
    int64_t width_us, offset_us;
    int64_t built_until; /* no block above the slices reaches this slice */
    uint32_t level_count;
    struct level levels[LEVELS_MAX]; /* 0: the slices */
};

struct window_blocks *window_blocks_new(struct grouping *grouping, int64_t slices_per_window, int64_t width_us,
                                        int64_t offset_us) {
    if (slices_per_window < SLICES_MIN)
        return NULL;
    struct window_blocks *blocks = memory_zalloc(sizeof *blocks);
    blocks->grouping = grouping;
    blocks->width_us = width_us;
    blocks->offset_us = offset_us;
    blocks->built_until = INT64_MIN;
    blocks->level_count = 1;
    while (blocks->level_count < LEVELS_MAX && slices_per_window >> blocks->level_count)
        blocks->level_count++;
    return blocks;
}

void window_blocks_free(struct window_blocks *blocks) {
    if (!blocks)
        return;
    for (uint32_t level = 0; level < blocks->level_count; level++) {
        for (uint32_t i = 0; i < blocks->levels[level].count; i++)
            if (blocks->levels[level].blocks[i].owned)
                group_table_free(blocks->levels[level].blocks[i].table);
        free(blocks->levels[level].blocks);
    }
    free(blocks);
}

static uint32_t lower_bound(const struct level *level, int64_t index) {
    uint32_t low = 0, high = level->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (level->blocks[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct block *find(const struct level *level, int64_t index) {
    uint32_t at = lower_bound(level, index);
    return at < level->count && level->blocks[at].index == index ? &level->blocks[at] : NULL;
}

static void insert(struct level *level, struct block block) {
    if (level->count == level->capacity) {
        level->capacity = level->capacity ? level->capacity * 2 : 16;
        level->blocks = memory_realloc(level->blocks, level->capacity * sizeof *level->blocks);
    }
    uint32_t at = lower_bound(level, block.index);
    memmove(&level->blocks[at + 1], &level->blocks[at], (level->count - at) * sizeof *level->blocks);
    level->blocks[at] = block;
    level->count++;
}

static void discard(struct window_blocks *blocks, struct block *block) {
    if (block->owned)
        grouping_table_recycle(blocks->grouping, block->table);
}

static int64_t slice_index(const struct window_blocks *blocks, int64_t start_us) {
    return floor_divide(start_us - blocks->offset_us, blocks->width_us);
}

void window_blocks_touch(struct window_blocks *blocks, int64_t start_us, struct group_table *table) {
    int64_t index = slice_index(blocks, start_us);
    struct level *slices = &blocks->levels[0];
    if (slices->count == 0 || slices->blocks[slices->count - 1].index < index || !find(slices, index))
        insert(slices, (struct block){.index = index, .table = table});
    for (uint32_t level = 1; index < blocks->built_until && level < blocks->level_count; level++) {
        struct block *block = find(&blocks->levels[level], index >> level);
        if (!block)
            continue;
        discard(blocks, block);
        struct block *end = blocks->levels[level].blocks + --blocks->levels[level].count;
        memmove(block, block + 1, (size_t)(end - block) * sizeof *block);
    }
}

static enum status block_table(struct window_blocks *blocks, uint32_t level, int64_t index, struct group_table **table,
                               struct error *error);

/* Makes a block from the two below it; when only one has rows, its table serves for both levels. */
static enum status build(struct window_blocks *blocks, uint32_t level, int64_t index, struct block *block,
                         struct error *error) {
    struct group_table *early, *late;
    TRY(block_table(blocks, level - 1, 2 * index, &early, error));
    TRY(block_table(blocks, level - 1, 2 * index + 1, &late, error));
    *block = (struct block){.index = index, .table = early ? early : late};
    if (!early || !late)
        return STATUS_OK;
    char role[24];
    snprintf(role, sizeof role, "block %u", level);
    block->table = grouping_table_open(blocks->grouping, role, index);
    block->owned = true;
    enum status status = grouping_merge(blocks->grouping, block->table, early, key_groups_all(), error);
    if (status == STATUS_OK)
        status = grouping_merge(blocks->grouping, block->table, late, key_groups_all(), error);
    if (status != STATUS_OK)
        grouping_table_recycle(blocks->grouping, block->table);
    return status;
}

static enum status block_table(struct window_blocks *blocks, uint32_t level, int64_t index, struct group_table **table,
                               struct error *error) {
    struct block *block = find(&blocks->levels[level], index);
    *table = block ? block->table : NULL;
    if (block || level == 0)
        return STATUS_OK;
    struct block built;
    TRY(build(blocks, level, index, &built, error));
    insert(&blocks->levels[level], built);
    int64_t end = (index + 1) * (INT64_C(1) << level);
    if (end > blocks->built_until)
        blocks->built_until = end;
    *table = built.table;
    return STATUS_OK;
}

/* The highest level whose block starts at `first` and ends by `end`. */
static uint32_t widest_level(const struct window_blocks *blocks, int64_t first, int64_t end) {
    uint32_t level = 0;
    while (level + 1 < blocks->level_count && (first & ((INT64_C(2) << level) - 1)) == 0 &&
           first + (INT64_C(2) << level) <= end)
        level++;
    return level;
}

enum status window_blocks_of(struct window_blocks *blocks, struct window_bounds bounds,
                             struct group_table *tables[WINDOW_BLOCKS_MAX], uint32_t *count, struct error *error) {
    int64_t first = slice_index(blocks, bounds.start_us), end = slice_index(blocks, bounds.end_us);
    *count = 0;
    while (first < end) {
        uint32_t level = widest_level(blocks, first, end);
        struct group_table *table;
        TRY(block_table(blocks, level, first >> level, &table, error));
        if (table)
            tables[(*count)++] = table;
        first += INT64_C(1) << level;
    }
    return STATUS_OK;
}

void window_blocks_expire(struct window_blocks *blocks, int64_t before_us) {
    int64_t before = slice_index(blocks, before_us);
    for (uint32_t i = 0; i < blocks->level_count; i++) {
        struct level *level = &blocks->levels[i];
        uint32_t gone = 0;
        while (gone < level->count && level->blocks[gone].index * (INT64_C(1) << i) < before)
            discard(blocks, &level->blocks[gone++]);
        level->count -= gone;
        if (gone)
            memmove(level->blocks, level->blocks + gone, level->count * sizeof *level->blocks);
    }
}

size_t window_blocks_bytes(const struct window_blocks *blocks) {
    size_t bytes = 0;
    for (uint32_t level = 1; blocks && level < blocks->level_count; level++)
        for (uint32_t i = 0; i < blocks->levels[level].count; i++)
            if (blocks->levels[level].blocks[i].owned)
                bytes += group_table_bytes(blocks->levels[level].blocks[i].table);
    return bytes;
}
