/* value_set.h: the distinct values of one argument in one group, with a bit or a count for each call that counts them.
 *
 *   entry   tag (32 bits of the hash, never 0) | mask | value (8 or 16 bytes) | counts[format->count_count]
 *
 * Without counts a bit of the mask, once set, stays: append-only input. With counts the owner keeps bit i of the mask equal to
 * counts[i] > 0; an entry whose counts are all 0 is dropped when the set grows next.
 */
#pragma once

#include "core/functions/cell.h"

struct value_set_format {
    enum cell_kind kind;
    uint32_t value_size;  /* 8 where values are numbers of at most 64 bits, else 16 */
    uint32_t count_count; /* 0: bits only */
    uint32_t entry_size;
};

struct value_set {
    uint8_t *entries;  /* in the state memory */
    uint32_t capacity; /* power of two, or 0 */
    uint32_t count;
};

struct value_entry_head {
    uint32_t tag;
    uint32_t mask;
};

void value_set_format_init(struct value_set_format *format, enum cell_kind kind, bool is_wide, uint32_t count_count);

static inline uint32_t value_set_tag(uint64_t hash) {
    return (uint32_t)(hash >> 32) | 1;
}
/* Where probing for the tag starts: for prefetching. The set is not empty. */
static inline const void *value_set_home(const struct value_set *set, const struct value_set_format *format,
                                         uint32_t tag) {
    return set->entries + (size_t)(tag >> 1 & (set->capacity - 1)) * format->entry_size;
}

/* A zeroed set is empty. The entry of the value, made when absent (mask and counts 0; long bytes are copied). It stays where it
 * is until the next add. */
struct value_entry_head *value_set_add(struct value_set *set, const struct value_set_format *format, uint32_t tag,
                                       struct cell value, struct state_memory *memory);
/* All entries, dead ones included: start with *position 0; NULL at the end. */
struct value_entry_head *value_set_next(const struct value_set *set, const struct value_set_format *format,
                                        uint32_t *position);
struct cell value_set_value(const struct value_set_format *format, const struct value_entry_head *entry);
int64_t *value_set_counts(const struct value_set_format *format, struct value_entry_head *entry);
/* As bytes and back into an empty set, each entry at its place, so that the order of value_set_next is kept; `types` as for
 * cell_decode. What was read before a failure is in the set. */
struct bytes_reader;
struct strbuf;
void value_set_encode(const struct value_set *set, const struct value_set_format *format, struct strbuf *out);
void value_set_decode(struct value_set *set, const struct value_set_format *format, const struct type *const *types,
                      uint32_t type_count, struct bytes_reader *reader, struct state_memory *memory);
void value_set_release(struct value_set *set, const struct value_set_format *format, struct state_memory *memory);
