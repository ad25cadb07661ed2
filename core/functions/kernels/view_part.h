/* view_part.h: a view of a part of a text. As view_make, but where twelve bytes can be read at the part's start (nearly
 * always) a short part is moved into the view by two fixed loads and masks instead of a copy of varying size. */
#pragma once

#include "core/data/column.h"

/* The low `count` bytes of eight set; count 0 … 8. */
static inline uint64_t low_bytes(uint32_t count) {
    return count >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * count)) - 1;
}

static inline struct string_view view_part(struct str text, size_t from, size_t size) {
    const char *data = text.data + from;
    if (size > VIEW_INLINE_MAX || text.size - from < VIEW_INLINE_MAX)
        return view_make(data, (uint32_t)size);
    struct string_view view = {.size = (uint32_t)size};
    uint32_t head;
    uint64_t rest;
    memcpy(&head, data, sizeof head);
    memcpy(&rest, data + sizeof head, sizeof rest);
    head &= (uint32_t)low_bytes((uint32_t)size);
    rest &= size > 4 ? low_bytes((uint32_t)size - 4) : 0;
    memcpy(view.inlined, &head, sizeof head);
    memcpy(view.inlined + sizeof head, &rest, sizeof rest);
    return view;
}
