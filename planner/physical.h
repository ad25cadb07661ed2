/* physical.h: from the optimised logical plan to the nodes that operators run. Internal to the planner.
 *
 *   build (physical.c)           one Plan__Node per operator; equal nodes are built once, so equal scans are shared
 *   change modes (change_mode.c) which nodes give updates, who needs the rows before an update, who cannot take any
 *   distribution (distribution.c) how rows reach the instances of an operator, and how many it may have
 *   ids (physical.c)             stable names for state, from statement, role and columns
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/settings.h"
#include "planner/cost.h"
#include "planner/logical.h"
#include "planner/planner.h"

/* A node while the plan is being made. */
struct physical_node {
    Plan__Node *message;
    const struct logical *logical; /* what it was made from */
    struct statistics statistics;
    bool bounded;
    bool has_key; /* message->key_columns (perhaps none: one row) identify a row, should it be updated */
    uint32_t *keys;
    uint32_t key_count;
    struct expression *condition; /* Calc: over the input */
    struct expression **projections;
    double groups; /* aggregates: estimate */
};

struct physical {
    struct arena *arena;
    const struct planner_options *options;
    struct settings settings; /* a copy, or the defaults */
    struct physical_node *nodes;
    uint32_t count, capacity;
    struct {
        uint64_t *hashes; /* of nodes that may be shared, parallel to nodes; 0 = not */
        struct str *bytes;
    } shared;
    bool interactive; /* a client looks on: changes are not held back for long, unless it asked for that */
    uint32_t client_count;
    struct error *error;
};

/* `roots` are Sink nodes. The plan is verified. */
enum status physical_plan(struct arena *arena, struct logical *const *roots, uint32_t root_count,
                          const struct planner_options *options, Plan__Plan **plan, struct error *error) MUST_CHECK;

/* Decides change_mode, emit_before, emit_final and keys of all nodes; refuses what cannot be. */
enum status change_modes(struct physical *physical) MUST_CHECK;

/* Decides distribution and parallelism_limit of all nodes, which are complete otherwise. */
void distribute_nodes(struct physical *physical);

/* Lists of indexes in the plan's arena. */
uint32_t *indexes_copy(struct arena *arena, const uint32_t *indexes, uint32_t count);
