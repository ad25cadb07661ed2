/* array.h: a growing array in an arena, for lists built once and then read.
 *
 *     struct { struct column *items; size_t count, capacity; } columns = {0};
 *     ARRAY_PUSH(arena, &columns, column);
 *
 * Growing leaves the old items behind in the arena, so it suits statement-lived lists, not state.
 */
#pragma once

#include <string.h>

#include "core/base/arena.h"

#define ARRAY_OF(type)   \
    struct {             \
        type *items;     \
        size_t count;    \
        size_t capacity; \
    }

#define ARRAY_PUSH(arena, array, item)                                                    \
    do {                                                                                  \
        if ((array)->count == (array)->capacity) {                                        \
            size_t capacity_ = (array)->capacity ? (array)->capacity * 2 : 8;             \
            void *items_ = arena_array_alloc((arena), capacity_, sizeof *(array)->items); \
            if ((array)->count)                                                           \
                memcpy(items_, (array)->items, (array)->count * sizeof *(array)->items);  \
            (array)->items = items_;                                                      \
            (array)->capacity = capacity_;                                                \
        }                                                                                 \
        (array)->items[(array)->count++] = (item);                                        \
    } while (0)

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))
