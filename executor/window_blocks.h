/* window_blocks.h: merged runs of slices, for windows of many slices (HOP 1 h / 1 s is 3,600 of them).
 *
 *   level 2   |        0..3       |        4..7       |      a block is the merge of two of the level below,
 *   level 1   |  0..1   |  2..3   |  4..5   |  6..7   |      made when a window first needs it
 *   slices    | 0  | 1  | 2  | 3  | 4  | 5  | 6  | 7  |
 *                     └──────── window ────────┘             = 2..3 + 4..5 + 6
 *
 * A window of n slices is merged from at most 2 log2 n blocks, and every slice enters log2 n blocks over its life.
 */
#pragma once

#include <stdint.h>

#include "executor/grouping.h"
#include "executor/window_assigner.h"

struct window_blocks;

/* NULL when windows have so few slices that blocks do not pay. Slices start at offset_us + k * width_us. */
struct window_blocks *window_blocks_new(struct grouping *grouping, int64_t slices_per_window, int64_t width_us,
                                        int64_t offset_us);
void window_blocks_free(struct window_blocks *blocks); /* NULL is ignored */

/* Rows are about to come to this slice (its table is borrowed until it expires): blocks that contain it are forgotten. */
void window_blocks_touch(struct window_blocks *blocks, int64_t start_us, struct group_table *table);
/* Tables that together hold the slices within the bounds, in order of time, at most WINDOW_BLOCKS_MAX; valid until the next call. */
enum { WINDOW_BLOCKS_MAX = 64 };
enum status window_blocks_of(struct window_blocks *blocks, struct window_bounds bounds,
                             struct group_table *tables[WINDOW_BLOCKS_MAX], uint32_t *count,
                             struct error *error) MUST_CHECK;
/* No window will ask for slices that start before this. Call after their tables were recycled or freed. */
void window_blocks_expire(struct window_blocks *blocks, int64_t before_us);
size_t window_blocks_bytes(const struct window_blocks *blocks); /* 0 for NULL */
