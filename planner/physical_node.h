/* physical_node.h: what physical.c and physical_plan.c share. Internal to the physical planner. */
#pragma once

#include "planner/physical.h"

/* The node for the top of this tree, and those below it. */
enum status physical_build(struct physical *physical, const struct logical *logical, uint32_t *id) MUST_CHECK;
/* "1k groups of 48 B". */
char *describe_groups(struct arena *arena, const struct aggregate_estimate *estimate, bool windowed);
