/* change_list.h: groups touched since results were last emitted, and the changes that follow from it.
 *
 *   touch (before rows are folded in) ─▶ old results are kept ─▶ … rows … ─▶ flush: old against new
 *
 *   before     after      emitted
 *   absent     live       +I new
 *   live       live       -U old, +U new   (-U only when wanted; nothing when old equals new)
 *   live       gone       -D old
 *   absent     gone       nothing
 *
 * A group is in the list once, however often it is touched; changes come out in the order of first touches. Records carry two
 * marks in their header. One list belongs to one table.
 */
#pragma once

#include <stdint.h>

#include "executor/grouping.h"

enum group_marks {
    GROUP_TOUCHED = 1, /* is in the list */
    GROUP_EMITTED = 2, /* what follows knows the group */
};

struct change_chunk;

/* How results go out; the same for all lists of an operator. */
struct change_style {
    bool emits_before; /* -U is wanted */
    bool keeps_old;    /* old results are needed: for -U, or to see that nothing changed */
    /* Fills the columns behind keys and results, then nothing more; NULL when there are none. */
    void (*add_columns)(void *context, struct batch *batch);
};

struct change_list {
    struct grouping *grouping;
    const struct change_style *style;
    struct group_table *table;
    struct change_chunk *chunks;
    uint32_t chunk_count, chunk_capacity;
    uint64_t touched_count;
};

void change_list_init(struct change_list *list, struct grouping *grouping, const struct change_style *style,
                      struct group_table *table);
void change_list_release(struct change_list *list); /* forgets what is held back */

/* The records of `count` rows (repeats allowed) are about to change. */
enum status change_list_touch(struct change_list *list, uint8_t *const *records, uint32_t count,
                              struct error *error) MUST_CHECK;
/* Emits the changes through the grouping's operator; groups that are gone are removed. */
enum status change_list_flush(struct change_list *list, void *context, struct error *error) MUST_CHECK;
