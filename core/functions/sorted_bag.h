/* sorted_bag.h: a sorted multiset of values with signed counts: MIN and MAX under retraction.
 *
 * A value retracted before it came has a negative count, and the two cancel out. Sorted chunks under a sorted list of
 * chunks: adding to n values costs O(log n) comparisons and moves at most one chunk (and now and then the list).
 *
 *   chunks -> [a a b c][d f f g][k m …]     at most 128 entries each, none empty
 */
#pragma once

#include "core/functions/cell.h"

struct bag_chunk;

struct sorted_bag {
    struct bag_chunk **chunks; /* in the state memory */
    uint32_t chunk_count, chunk_capacity;
};

/* A zeroed bag is empty. Adds `count` (not 0, may be negative) of the value; the bag copies a value it does not have yet. */
void sorted_bag_add(struct sorted_bag *bag, enum cell_kind kind, struct cell value, int64_t count,
                    struct state_memory *memory);
/* Smallest or largest value with a positive count; borrowed; false when there is none. */
bool sorted_bag_first(const struct sorted_bag *bag, struct cell *value);
bool sorted_bag_last(const struct sorted_bag *bag, struct cell *value);
/* Adds all of `source`'s values. */
void sorted_bag_merge(struct sorted_bag *bag, enum cell_kind kind, const struct sorted_bag *source,
                      struct state_memory *memory);
/* All entries in order, as bytes and back into an empty bag. What was read before a failure is in the bag. */
struct bytes_reader;
struct strbuf;
void sorted_bag_encode(const struct sorted_bag *bag, enum cell_kind kind, struct strbuf *out);
void sorted_bag_decode(struct sorted_bag *bag, enum cell_kind kind, struct bytes_reader *reader,
                       struct state_memory *memory);
void sorted_bag_release(struct sorted_bag *bag, enum cell_kind kind, struct state_memory *memory);
