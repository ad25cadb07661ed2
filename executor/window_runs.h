/* window_runs.h: splits the rows of a batch by the stretch of time they fall into.
 *
 * A run is all selected rows of one stretch [start, end), in their order. Batches mostly lie in one stretch: then the run is the
 * selection itself and nothing is copied. Runs come in the order in which their first rows do.
 */
#pragma once

#include <stdint.h>

#include "core/base/arena.h"
#include "core/data/column.h"

struct window_run {
    int64_t start_us, end_us;
    struct selection selection;
};

struct window_runs {
    struct window_run *runs;
    uint32_t count;
};

/* By stretches of width_us that start at offset_us + k * width_us. times[row] for every selected row. */
struct window_runs window_runs_by_width(const int64_t *times, const struct selection *selection, int64_t width_us,
                                        int64_t offset_us, struct arena *arena);
/* By the stretch that each row names itself. */
struct window_runs window_runs_by_bounds(const int64_t *starts, const int64_t *ends, const struct selection *selection,
                                         struct arena *arena);
