/* memory_backend.h: keyed state in RAM alone. Never over the budget's limit by its own doing: it counts what it uses, and whoever drives the task
 * decides what to do about it. Checkpoints: state_backend_snapshot. */
#pragma once

#include "executor/state.h"

/* Borrows the budget. Cannot fail. */
struct state_backend *memory_backend_open(struct state_budget *budget);
