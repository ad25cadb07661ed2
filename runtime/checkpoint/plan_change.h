/* plan_change.h: what is different, when a checkpoint is that of another query. */
#pragma once

#include <stdint.h>

#include "core/base/status.h"

struct manifest;
struct state_file_operator;
struct store;

/* Adds to the error a detail that names an operator which is gone, new, or has other properties; nothing when none of that can be told. Reads
 * the heads of state objects. */
void plan_change_explain(struct store *store, const struct manifest *manifest,
                         const struct state_file_operator *operators, uint32_t operator_count, struct error *error);
