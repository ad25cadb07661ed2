/* window_assigner.h: which windows a time belongs to.
 *
 * A window is [start, end). It closes when the watermark reaches its last microsecond, end - 1: a watermark W says that no
 * row with a time <= W comes any more. Windows over TIMESTAMP_LTZ lie in the session's time zone (a day starts at local
 * midnight, as in Flink): times are shifted into it before they are assigned, bounds back when they go out.
 *
 *   TUMBLE    [k*size, (k+1)*size)
 *   HOP       [k*slide, k*slide + size)                       a time is in size/slide of them
 *   CUMULATE  [k*size, k*size + j*slide), j = 1 … size/slide  a time is in those that end after it
 *   SESSION   [time, time + gap), merged where they overlap
 * all moved by the offset.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/batch.h"
#include "core/functions/function.h"
#include "planner/plan.h"

struct window_assigner {
    Plan__WindowKind kind;
    int64_t size_us;   /* CUMULATE: the longest */
    int64_t slide_us;  /* TUMBLE: the size; CUMULATE: the step */
    int64_t offset_us; /* 0 <= offset < size */
    int64_t gap_us;
    bool processing_time;
    uint32_t time_column;
    const char *time_column_name; /* borrowed from the schema */
    const struct time_zone *zone; /* NULL: windows lie on the column's own line */
};

void window_assigner_init(struct window_assigner *assigner, const Plan__Window *window, const struct schema *input,
                          const struct evaluation_context *evaluation);

/* The time of every row, on the line of the windows; memory from `arena` or the batch's own. NULL: *constant_us is the time of
 * all rows (processing time). Fails on NULL and on times beyond the range of timestamps. */
enum status window_assigner_times(const struct window_assigner *assigner, const struct batch *batch,
                                  const struct evaluation_context *evaluation, struct arena *arena,
                                  const int64_t **times, int64_t *constant_us, struct error *error) MUST_CHECK;

struct window_bounds {
    int64_t start_us, end_us;
};
/* How many windows (not SESSION) a time is in, and the index-th of them, by end. */
uint32_t window_assigner_count(const struct window_assigner *assigner, int64_t time_us);
struct window_bounds window_assigner_window(const struct window_assigner *assigner, int64_t time_us, uint32_t index);

/* The watermark that closes a window with this end. */
int64_t window_assigner_close_us(const struct window_assigner *assigner, int64_t end_us);
/* A bound as a value of an output column of this type. */
int64_t window_assigner_bound(const struct window_assigner *assigner, int64_t bound_us, const struct type *type);
/* Writes window_start, window_end and window_time (the last millisecond) of one row into three FLAT columns. */
void window_assigner_write(const struct window_assigner *assigner, struct window_bounds window, struct column *columns,
                           uint32_t row);
