/* text_writer.h: new strings into a batch's arena, one after the other in large pieces.
 *
 *     char *at = text_reserve(&writer, most);      room for at most that many bytes
 *     … write size bytes …
 *     views[row] = text_commit(&writer, size);     short ones move into the view and take no memory
 */
#pragma once

#include "core/base/arena.h"
#include "core/data/column.h"

enum { TEXT_CHUNK_MIN = 4096, TEXT_CHUNK_MAX = 65536 };

struct text_writer {
    struct arena *arena;
    char *at, *end;
    size_t chunk;
};

static inline struct text_writer text_writer_make(struct arena *arena) {
    return (struct text_writer){.arena = arena, .chunk = TEXT_CHUNK_MIN};
}

static inline char *text_reserve(struct text_writer *writer, size_t size) {
    if ((size_t)(writer->end - writer->at) < size || !writer->at) {
        size_t chunk = size > writer->chunk ? size : writer->chunk;
        writer->at = arena_alloc_aligned(writer->arena, chunk, 1);
        writer->end = writer->at + chunk;
        if (writer->chunk < TEXT_CHUNK_MAX)
            writer->chunk *= 2;
    }
    return writer->at;
}

static inline struct string_view text_commit(struct text_writer *writer, size_t size) {
    struct string_view view = view_make(writer->at, (uint32_t)size);
    if (size > VIEW_INLINE_MAX)
        writer->at += size;
    return view;
}

static inline struct string_view text_put(struct text_writer *writer, struct str text) {
    if (text.size)
        memcpy(text_reserve(writer, text.size), text.data, text.size);
    else
        text_reserve(writer, 1);
    return text_commit(writer, text.size);
}
