/* view.h: writes string views as two words each, straight to their place. A view built in a local and then copied is read
 * back before its bytes have left the store buffer, which costs more than all the rest of making it. */
#pragma once

#include <string.h>

#include "core/data/column.h"

/* size must be greater than VIEW_INLINE_MAX. */
static inline void view_store_long(struct string_view *target, const char *data, uint32_t size) {
    uint32_t prefix;
    memcpy(&prefix, data, sizeof prefix);
    uint64_t words[2] = {size | (uint64_t)prefix << 32, (uint64_t)(uintptr_t)data};
    memcpy(target, words, sizeof words);
}

/* Sizes up to VIEW_INLINE_MAX; 12 bytes at `data` must be readable whatever the size. */
static inline void view_store_inline_padded(struct string_view *target, const char *data, uint32_t size) {
    uint32_t first;
    uint64_t rest;
    memcpy(&first, data, sizeof first);
    memcpy(&rest, data + 4, sizeof rest);
    uint64_t first_bits = size >= 4 ? 32 : size * 8, rest_bits = size > 4 ? (size - 4) * 8 : 0;
    uint64_t prefix = first & ((1ull << first_bits) - 1);
    rest = rest_bits == 64 ? rest : rest & ((1ull << rest_bits) - 1);
    uint64_t words[2] = {size | prefix << 32, rest};
    memcpy(target, words, sizeof words);
}

/* Any size; `readable` bytes may be read at `data` (at least size). */
static inline void view_store(struct string_view *target, const char *data, uint32_t size, size_t readable) {
    if (size > VIEW_INLINE_MAX)
        view_store_long(target, data, size);
    else if (readable >= VIEW_INLINE_MAX)
        view_store_inline_padded(target, data, size);
    else
        *target = view_make(data, size);
}
