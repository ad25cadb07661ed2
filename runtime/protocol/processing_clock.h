/* processing_clock.h: processing time, made of a monotonic clock and of the times that it was told.
 *
 *   wall clock at the start, stamps of barriers ──▶ raise ──▶ lead over the monotonic clock ──▶ at = processing time
 *
 * It runs as the monotonic clock does and never goes back: a time that is ahead is taken over at once, one that is behind changes nothing. Both
 * clocks come in, in microseconds; the monotonic one may have any zero and must not go back. Times are within PROCESSING_TIME_MAX_US of 1970. */
#pragma once

#include <stdint.h>

#define PROCESSING_TIME_MAX_US (INT64_MAX / 4)

struct processing_clock {
    int64_t lead_us; /* only rises */
};

/* Processing time at this moment of the monotonic clock. */
static inline int64_t processing_clock_at(const struct processing_clock *clock, int64_t monotonic_us) {
    return clock->lead_us + monotonic_us;
}

/* It is not before time_us at this moment. To follow a clock, read it first and the monotonic one afterwards: what passes between the two then
 * never adds up to a lead. */
static inline void processing_clock_raise(struct processing_clock *clock, int64_t time_us, int64_t monotonic_us) {
    if (time_us - monotonic_us > clock->lead_us)
        clock->lead_us = time_us - monotonic_us;
}

static inline struct processing_clock processing_clock_from(int64_t time_us, int64_t monotonic_us) {
    return (struct processing_clock){.lead_us = time_us - monotonic_us};
}
