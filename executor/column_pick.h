/* column_pick.h: one column out of two: rows picked from either, in any order. For changes, where old and new results of groups
 * alternate. */
#pragma once

#include <stdint.h>

#include "core/data/column.h"

struct arena;

struct column_pick {
    uint16_t row;
    uint16_t source; /* 0 or 1 */
};

/* Both sources FLAT and of one type; sources[0] is looked at only where a pick says so. Long strings stay where they are. */
struct column column_pick_rows(const struct column *const sources[2], const struct column_pick *picks, uint32_t count,
                               struct arena *arena);
/* changed[i] |= values of row i differ (NULLs equal NULLs). */
void column_mark_changed(const struct column *a, const struct column *b, uint32_t count, uint8_t *changed);
