/* split_watermarks.h: event time of one source: a watermark per split, merged with idleness.
 *
 * The merged watermark is the minimum over splits that are neither idle nor ended, the maximum over idle ones when there is no
 * other, and never falls. A split is idle when it is read to its end and has been quiet for the idle timeout. Pure: time comes
 * in as an argument, of a monotonic clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct split_state {
    int64_t watermark_us;
    int64_t last_row_us; /* monotonic time of its last rows, or of when it was first seen */
    uint64_t row_count;
    bool caught_up;
    bool idle;
    bool ended;
};

struct split_watermarks {
    struct split_state *splits;
    uint32_t count, capacity;
    int64_t idle_timeout_us; /* 0: never idle */
    int64_t merged_us;
    bool all_idle;     /* no split that has not ended is active, and there is one, or … */
    bool lacks_splits; /* … other instances of the source have them all: it holds nothing back */
};

void split_watermarks_init(struct split_watermarks *watermarks, int64_t idle_timeout_us);
void split_watermarks_release(struct split_watermarks *watermarks);
/* Splits that are new start without a watermark: they hold the merged one where it is. */
void split_watermarks_grow(struct split_watermarks *watermarks, uint32_t count, int64_t now_us);
/* Rows came for the split: it is not idle. */
void split_watermarks_active(struct split_watermarks *watermarks, uint32_t split, int64_t now_us);
/* Marks quiet splits idle, then merges again. True when merged_us or all_idle changed. */
bool split_watermarks_update(struct split_watermarks *watermarks, int64_t now_us);
/* When the next split may become idle; INT64_MAX for never. */
int64_t split_watermarks_next_idle_us(const struct split_watermarks *watermarks);

/* The cut rule: how many rows of [first, count) may travel before the watermark has to be emitted.
 *
 * times[] are event times, marks[] what the watermark expression gave per row (INT64_MIN for NULL), *watermark_us the split's
 * watermark as emitted; it is raised to what it is after these rows. A row behind the running watermark of the rows before it
 * must come after the windows which that watermark closes, whatever the batch size. Windows end at multiples of
 * granularity_us (1: anywhere), so the batch is cut before a row only if it is before an end that lies between the emitted
 * and the running watermark: a window [s, e) closes when the watermark reaches e - 1. reach_us is 1 when sessions are among the
 * windows (else 0): a row at e itself would still have joined the session that ends there. */
uint32_t watermark_cut(const int64_t *times, const int64_t *marks, uint32_t first, uint32_t count,
                       int64_t granularity_us, int64_t reach_us, int64_t *watermark_us);
