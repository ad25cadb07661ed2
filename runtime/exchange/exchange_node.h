/* exchange_node.h: routers and gates are not nodes of the plan; they go by a node of its own without an operation, that has
 * the id, columns and change mode of the node whose rows they carry. */
#pragma once

#include "planner/plan.h"

struct arena;

Plan__Node *exchange_node_new(struct arena *arena, const Plan__Node *node);
