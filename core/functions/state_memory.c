/* state_memory.c: size classes over blocks.
 *
 *   small (up to 32 KiB)   classes[c] -> free piece -> free piece …   else carved off the newest block
 *   large                  one heap allocation each, in a doubly linked list
 */
#include "core/functions/state_memory.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/huge_pages.h"
#include "core/base/status.h"

enum {
    SMALL_MAX = 32 << 10,
    CLASS_COUNT = 40,
    BLOCK_SIZE_FIRST = 16 << 10,
    BLOCK_SIZE_MAX = 1 << 20,
    HUGE_FROM = 4 << 20,
};

struct free_piece {
    struct free_piece *next;
};

struct block {
    struct block *previous;
    size_t size;
    uint8_t data[] __attribute__((aligned(16)));
};

struct large_piece {
    struct large_piece *next, *previous;
    size_t size;
    uint8_t data[] __attribute__((aligned(16)));
};

struct state_memory {
    struct free_piece *free[CLASS_COUNT];
    struct block *block; /* newest, and the largest */
    uint8_t *next, *end; /* its free space */
    struct large_piece *large;
    size_t used_bytes, held_bytes;
};

/* Classes 0 … 3: 16, 32, 48, 64; then quarters of each doubling: 80, 96, 112, 128, 160 … */
static unsigned class_of(size_t size) {
    if (size <= 64)
        return size <= 16 ? 0 : (unsigned)((size - 1) >> 4);
    unsigned log = 63 - (unsigned)__builtin_clzll(size - 1); /* 2^log <= size - 1 */
    unsigned quarter = (unsigned)((size - 1) >> (log - 2)) & 3;
    return (log - 6) * 4 + quarter + 4;
}

static size_t class_size(unsigned class) {
    if (class < 4)
        return ((size_t) class + 1) * 16;
    unsigned log = (class - 4) / 4 + 6, quarter = (class - 4) % 4;
    return ((size_t)1 << log) + ((size_t)(quarter + 1) << (log - 2));
}

struct state_memory *state_memory_new(void) {
    return memory_zalloc(sizeof(struct state_memory));
}

static void free_large(struct state_memory *memory) {
    while (memory->large) {
        struct large_piece *next = memory->large->next;
        free(memory->large);
        memory->large = next;
    }
}

static void free_blocks(struct block *block) {
    while (block) {
        struct block *previous = block->previous;
        free(block);
        block = previous;
    }
}

void state_memory_free(struct state_memory *memory) {
    if (!memory)
        return;
    free_large(memory);
    free_blocks(memory->block);
    free(memory);
}

void state_memory_reset(struct state_memory *memory) {
    struct block *keep = memory->block;
    free_large(memory);
    if (keep)
        free_blocks(keep->previous);
    *memory = (struct state_memory){.block = keep};
    if (keep) {
        keep->previous = NULL;
        memory->next = keep->data;
        memory->end = keep->data + keep->size;
        memory->held_bytes = keep->size;
    }
}

static void *carve(struct state_memory *memory, size_t size) {
    if ((size_t)(memory->end - memory->next) < size) {
        size_t wanted = memory->block ? memory->block->size * 2 : BLOCK_SIZE_FIRST;
        if (wanted > BLOCK_SIZE_MAX)
            wanted = BLOCK_SIZE_MAX;
        if (wanted < SMALL_MAX && size > wanted)
            wanted = SMALL_MAX;
        /* What is left of the old block goes to the classes it can still serve. */
        while (memory->end - memory->next >= 16) {
            size_t left = (size_t)(memory->end - memory->next);
            unsigned class = left >= SMALL_MAX ? class_of(SMALL_MAX) : class_of(left);
            if (class_size(class) > left)
                class --;
            struct free_piece *piece = (void *)memory->next;
            piece->next = memory->free[class];
            memory->free[class] = piece;
            memory->next += class_size(class);
        }
        struct block *block = memory_alloc(sizeof *block + wanted);
        block->previous = memory->block;
        block->size = wanted;
        memory->block = block;
        memory->next = block->data;
        memory->end = block->data + wanted;
        memory->held_bytes += wanted;
    }
    void *piece = memory->next;
    memory->next += size;
    return piece;
}

/* Very large pieces (sets of a million values) are asked to lie in huge pages: they are read all over. */
static void *large_block_new(size_t size) {
    return size < HUGE_FROM ? memory_alloc(size) : huge_pages_alloc(size);
}

static void *alloc_large(struct state_memory *memory, size_t size) {
    ASSERT(size < SIZE_MAX / 2);
    struct large_piece *piece = large_block_new(sizeof *piece + size);
    *piece = (struct large_piece){.next = memory->large, .size = size};
    if (memory->large)
        memory->large->previous = piece;
    memory->large = piece;
    memory->used_bytes += size;
    memory->held_bytes += size;
    return piece->data;
}

static void release_large(struct state_memory *memory, void *data) {
    struct large_piece *piece = (void *)((uint8_t *)data - offsetof(struct large_piece, data));
    if (piece->previous)
        piece->previous->next = piece->next;
    else
        memory->large = piece->next;
    if (piece->next)
        piece->next->previous = piece->previous;
    memory->used_bytes -= piece->size;
    memory->held_bytes -= piece->size;
    free(piece);
}

void *state_memory_alloc(struct state_memory *memory, size_t size) {
    if (size > SMALL_MAX)
        return alloc_large(memory, size);
    unsigned class = class_of(size);
    memory->used_bytes += class_size(class);
    struct free_piece *piece = memory->free[class];
    if (!piece)
        return carve(memory, class_size(class));
    memory->free[class] = piece->next;
    return piece;
}

void *state_memory_zalloc(struct state_memory *memory, size_t size) {
    return memset(state_memory_alloc(memory, size), 0, size);
}

void state_memory_release(struct state_memory *memory, void *piece, size_t size) {
    if (!piece)
        return;
    if (size > SMALL_MAX) {
        release_large(memory, piece);
        return;
    }
    unsigned class = class_of(size);
    memory->used_bytes -= class_size(class);
    struct free_piece *free_piece = piece;
    free_piece->next = memory->free[class];
    memory->free[class] = free_piece;
}

void *state_memory_realloc(struct state_memory *memory, void *old, size_t old_size, size_t size) {
    if (old && old_size <= SMALL_MAX && size <= SMALL_MAX && class_of(old_size) == class_of(size))
        return old;
    void *piece = state_memory_alloc(memory, size);
    if (old_size)
        memcpy(piece, old, old_size < size ? old_size : size);
    state_memory_release(memory, old, old_size);
    return piece;
}

size_t state_memory_used_bytes(const struct state_memory *memory) {
    return memory->used_bytes;
}

size_t state_memory_held_bytes(const struct state_memory *memory) {
    return memory->held_bytes;
}
