/* plan_watermarks.h: which watermarks matter to a plan: those that pass an end of one of its windows. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "planner/plan.h"

struct time_zone;

/* Every window of the plan closes at a multiple of this (split_watermarks.h). */
int64_t plan_watermark_granularity_us(const Plan__Plan *plan, const struct time_zone *zone);
bool plan_has_sessions(const Plan__Plan *plan);
