/* arena.c: block-wise bump allocation. A block is one heap allocation; requests larger than the next
 * block size get a block of their own size. */
#include "core/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE_MIN = 4096,
    BLOCK_SIZE_MAX = 1 << 20,
    KEEP_SIZE_MAX = 16 << 20, /* over a reset */
    SHRINK_AFTER_RESETS = 64,
};

struct arena_block {
    struct arena_block *previous;
    size_t size; /* of the data part */
    uint8_t data[] __attribute__((aligned(16)));
};

struct arena_cleanup {
    struct arena_cleanup *previous;
    void (*run)(void *context);
    void *context;
};

static _Noreturn void out_of_memory(size_t size) {
    fprintf(stderr, "out of memory: %zu bytes could not be allocated\n", size);
    abort();
}

void *memory_alloc(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *memory_zalloc(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *memory_realloc(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

char *memory_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(memory_alloc(size), text, size);
}

void arena_init(struct arena *arena) {
    *arena = (struct arena){0};
}

static void run_cleanups(struct arena *arena) {
    while (arena->cleanup) {
        struct arena_cleanup *cleanup = arena->cleanup;
        arena->cleanup = cleanup->previous;
        cleanup->run(cleanup->context);
    }
}

static void free_blocks(struct arena *arena) {
    struct arena_block *block = arena->block;
    while (block) {
        struct arena_block *previous = block->previous;
        free(block);
        block = previous;
    }
    arena->block = NULL;
}

void arena_release(struct arena *arena) {
    run_cleanups(arena);
    free_blocks(arena);
    arena_init(arena);
}

static size_t used_bytes(const struct arena *arena) {
    size_t used = (size_t)(arena->next - arena->block->data);
    for (const struct arena_block *block = arena->block->previous; block; block = block->previous)
        used += block->size;
    return used;
}

static struct arena_block *block_new(size_t size) {
    struct arena_block *block = memory_alloc(sizeof *block + size);
    block->previous = NULL;
    block->size = size;
    return block;
}

/* The block that suits what was needed lately: one, so that a round that needs no more than the last ones takes no memory
 * from the heap; smaller again after many rounds that needed much less, so that one huge round does not pin its memory. */
static struct arena_block *block_for_next_round(struct arena *arena) {
    struct arena_block *block = arena->block;
    size_t used = used_bytes(arena);
    if (used > arena->peak_bytes)
        arena->peak_bytes = used;
    bool fits = !block->previous && block->size <= KEEP_SIZE_MAX;
    if (fits && ++arena->reset_count < SHRINK_AFTER_RESETS)
        return block;
    size_t wanted = fits ? arena->peak_bytes : arena->size_bytes;
    bool suits = fits && block->size / 4 <= wanted + BLOCK_SIZE_MIN;
    arena->reset_count = 0;
    arena->peak_bytes = 0;
    if (suits)
        return block;
    free_blocks(arena);
    return block_new(wanted < BLOCK_SIZE_MIN ? BLOCK_SIZE_MIN : wanted > KEEP_SIZE_MAX ? KEEP_SIZE_MAX : wanted);
}

void arena_reset(struct arena *arena) {
    run_cleanups(arena);
    if (!arena->block)
        return;
    struct arena_block *block = block_for_next_round(arena);
    arena->block = block;
    arena->next = block->data;
    arena->end = block->data + block->size;
    arena->size_bytes = block->size;
}

void *arena_alloc_slow(struct arena *arena, size_t size, size_t align) {
    if (size > SIZE_MAX / 2)
        out_of_memory(size);
    size_t wanted = arena->block ? arena->block->size * 2 : BLOCK_SIZE_MIN;
    if (wanted > BLOCK_SIZE_MAX)
        wanted = BLOCK_SIZE_MAX;
    if (wanted < size + align)
        wanted = size + align;
    struct arena_block *block = block_new(wanted);
    block->previous = arena->block;
    arena->block = block;
    arena->next = block->data;
    arena->end = block->data + wanted;
    arena->size_bytes += wanted;
    return arena_alloc_aligned(arena, size, align);
}

void *arena_alloc(struct arena *arena, size_t size) {
    return arena_alloc_aligned(arena, size, 16);
}

void *arena_zalloc(struct arena *arena, size_t size) {
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_array_alloc(struct arena *arena, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory(SIZE_MAX);
    return arena_zalloc(arena, total);
}

void *arena_copy(struct arena *arena, const void *data, size_t size) {
    void *memory = arena_alloc(arena, size);
    if (size)
        memcpy(memory, data, size);
    return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t size) {
    char *copy = arena_alloc_aligned(arena, size + 1, 1);
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text) {
    return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    ASSERT(length >= 0);
    char *text = arena_alloc_aligned(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

void arena_on_release(struct arena *arena, void (*run)(void *context), void *context) {
    struct arena_cleanup *cleanup = ARENA_NEW(arena, struct arena_cleanup);
    *cleanup = (struct arena_cleanup){.previous = arena->cleanup, .run = run, .context = context};
    arena->cleanup = cleanup;
}
