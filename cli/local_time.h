/* local_time.h: TIMESTAMP_LTZ values as the session's time zone shows them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/data/column.h"

struct arena;
struct time_zone;

/* Does the type hold a TIMESTAMP_LTZ at any depth? */
bool local_time_needed(const struct type *type);
/* A copy whose TIMESTAMP_LTZ values, at every depth, are moved from UTC to the zone's wall clock; what holds none is shared. */
struct column local_time_column(const struct column *column, struct arena *arena, const struct time_zone *zone,
                                uint32_t row_count);
