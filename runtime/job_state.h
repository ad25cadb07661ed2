/* job_state.h: the state back-end of one task of a job: its share of the budget, and its folder of working files, new for each run and gone afterwards.
 *
 *   <state.backend.rocksdb.localdir>/streamsql-state-<random>/        RocksDB's; nothing in it outlives the job
 *
 * Durability is the checkpoints' business. A process that was killed leaves its folder behind. Opened and closed by the job's thread, used by the task's. */
#pragma once

#include "executor/state.h"
#include "planner/plan.h"

struct env;
struct job_config;

struct job_state {
    struct state_budget budget;
    struct state_backend *backend; /* NULL: all state stays in memory */
    struct env *env;
    char *folder;
};

/* Whether an operator has state that can leave memory. */
bool job_state_serves(const Plan__Node *node);
/* For a zeroed one, which must not move afterwards; the job's budget is divided by share_count (at least 1). */
enum status job_state_open(struct job_state *state, const struct job_config *config, uint32_t share_count,
                           struct error *error) MUST_CHECK;
/* After the operators were closed; a zeroed one is fine. */
void job_state_close(struct job_state *state);
