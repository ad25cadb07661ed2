/* job_state.h: the state back-end of a job: its budget, and its folder of working files, which is new for each run and gone afterwards.
 *
 *   <state.backend.rocksdb.localdir>/streamsql-state-<random>/        RocksDB's; nothing in it outlives the job
 *
 * Durability is the checkpoints' business. A process that was killed leaves its folder behind. Opened, used and closed by the job's thread. */
#pragma once

#include "executor/state.h"

struct env;
struct job_config;

struct job_state {
    struct state_budget budget;
    struct state_backend *backend; /* NULL: all state stays in memory */
    struct env *env;
    char *folder;
};

/* Leaves it zeroed when the job does not want a back-end, or has no use for one. It must not move afterwards. */
enum status job_state_open(struct job_state *state, const struct job_config *config, struct error *error) MUST_CHECK;
/* After the operators were closed. */
void job_state_close(struct job_state *state);
