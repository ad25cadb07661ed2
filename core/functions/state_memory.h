/* state_memory.h: heap for the growing parts of keyed state (strings, sets, lists), one per operator instance.
 *
 * Pieces come in size classes (four to a doubling) carved from large blocks; a freed piece is kept for its class, so a
 * state that lives on in place neither fragments nor calls malloc. Callers remember sizes: no header per piece.
 * Not thread-safe. Allocation never fails (arena.h).
 */
#pragma once

#include <stddef.h>

#include "core/base/str.h"

struct state_memory;

struct state_memory *state_memory_new(void);
void state_memory_free(struct state_memory *memory);  /* with everything in it */
void state_memory_reset(struct state_memory *memory); /* frees every piece; keeps some memory for reuse */

/* 16-byte aligned, uninitialised. size 0 gives a piece of the smallest class. */
void *state_memory_alloc(struct state_memory *memory, size_t size);
void *state_memory_zalloc(struct state_memory *memory, size_t size);
/* Keeps the first old_size bytes (or fewer when shrinking); old may be NULL when old_size is 0. */
void *state_memory_realloc(struct state_memory *memory, void *old, size_t old_size, size_t size);
void state_memory_release(struct state_memory *memory, void *piece,
                          size_t size); /* size as requested; NULL is ignored */

/* Bytes of the pieces handed out, rounded up to their classes, and bytes taken from the heap for them. */
size_t state_memory_used_bytes(const struct state_memory *memory);
size_t state_memory_held_bytes(const struct state_memory *memory);
