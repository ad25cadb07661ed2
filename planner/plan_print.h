/* plan_print.h: pieces of the plan's text that EXPLAIN needs besides the whole (plan_print in plan.h). */
#pragma once

#include <stdint.h>

#include "planner/plan.h"

struct strbuf;

/* What stands between the parentheses, without change mode and estimates. */
void plan_node_print(struct strbuf *out, const Plan__Plan *plan, uint32_t id);
/* "10 s", "90 min", "1500 ms": in the largest unit that divides it. */
void duration_print(struct strbuf *out, int64_t duration_us);
/* Three digits and a suffix: "12.3k". */
void estimate_print(struct strbuf *out, double value);
