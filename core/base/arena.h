/* arena.h: memory by lifetime.
 *
 * An arena hands out memory that is freed all at once. Lifetimes are process, statement, task and
 * batch; each has its arena, and nobody frees a single piece. Allocation never returns NULL: when
 * the system has no memory left the process ends with a message, and recovery is the checkpoint's job.
 * Not thread-safe: one arena belongs to one thread at a time.
 *
 *   arena -> [block: used | free] -> [block: used] -> ...      newest first, sizes double up to 1 MiB
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct arena_block;
struct arena_cleanup;

struct arena {
    struct arena_block *block; /* the block that serves requests; NULL before the first */
    uint8_t *next;             /* free space of that block */
    uint8_t *end;
    struct arena_cleanup *cleanup; /* run newest first on reset and release */
    size_t size_bytes;             /* all blocks together */
    size_t peak_bytes;             /* most that a round used since the block was chosen */
    uint32_t reset_count;          /* resets since then */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena); /* frees everything; the arena may be used again */
void arena_reset(struct arena *arena);   /* as release, but keeps the memory as one block for reuse */

/* Slow path of arena_alloc; do not call. */
void *arena_alloc_slow(struct arena *arena, size_t size, size_t align);

/* Uninitialised memory. `align` is a power of two, at most 64. */
static inline void *arena_alloc_aligned(struct arena *arena, size_t size, size_t align) {
    uintptr_t start = ((uintptr_t)arena->next + (align - 1)) & ~(uintptr_t)(align - 1);
    if (__builtin_expect(arena->next == NULL || start > (uintptr_t)arena->end || size > (uintptr_t)arena->end - start,
                         0))
        return arena_alloc_slow(arena, size, align);
    arena->next = (uint8_t *)start + size;
    return (void *)start;
}

void *arena_alloc(struct arena *arena, size_t size);                     /* 16-byte aligned */
void *arena_zalloc(struct arena *arena, size_t size);                    /* zeroed */
void *arena_array_alloc(struct arena *arena, size_t count, size_t size); /* zeroed; checks the product */
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments);

/* Calls run(context) when the arena is reset or released. */
void arena_on_release(struct arena *arena, void (*run)(void *context), void *context);

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array_alloc((arena), (count), sizeof(type)))

/* Heap allocation outside arenas; ends the process when memory is exhausted. Free with free(). */
void *memory_alloc(size_t size);
void *memory_zalloc(size_t size);
void *memory_realloc(void *old, size_t size);
char *memory_strdup(const char *text);
