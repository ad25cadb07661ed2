/* local_time.h: between instants and the session's wall clock, and fractions cut to a declared precision. */
#pragma once

#include "core/data/datetime.h"
#include "core/functions/function.h"

/* No zone is UTC. */
static inline int64_t utc_to_local(const struct evaluation_context *context, int64_t utc_us) {
    return context && context->zone ? utc_us + time_zone_offset_us(context->zone, utc_us) : utc_us;
}
static inline int64_t local_to_utc(const struct evaluation_context *context, int64_t local_us) {
    return context && context->zone ? time_zone_to_utc(context->zone, local_us) : local_us;
}

/* Rounds down to so many fraction digits; storage has six. */
static inline int64_t precision_floor(int64_t us, unsigned precision) {
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    return precision >= 6 ? us : floor_divide(us, units[precision]) * units[precision];
}
