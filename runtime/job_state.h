/* job_state.h: the state back-ends of a job's tasks, which share one budget, and their folders of working files, new for each run and gone afterwards.
 *
 *   <state.backend.rocksdb.localdir>/streamsql-state-<random>/                RocksDB's; nothing in it outlives the job
 *                                                           /restored-<n>/    a checkpoint's files, until the back-end is open
 *
 * Durability is the checkpoints' business. A process that was killed leaves its folder behind, and the next job with state in the same place removes
 * it (state/working_folder.h). Opened and closed by the job's thread, used by the task's. */
#pragma once

#include "executor/state.h"
#include "runtime/checkpoint/state_sources.h"
#include "runtime/state/working_folder.h"
#include "planner/plan.h"

struct execution_graph;
struct graph_fragment;
struct job_config;

struct job_state {
    struct state_backend *backend; /* NULL: all state stays in memory */
    struct state_sources sources;  /* their folders are gone once it is open */
    struct working_folder folder;
};

/* Whether an operator has state that can leave memory. */
bool job_state_serves(const Plan__Node *node);
/* How many tasks of a fragment have such operators: all or none. */
uint32_t job_state_tasks(const struct execution_graph *graph, const struct graph_fragment *fragment);
/* The budget of the job: what its state may take in memory, that of all its tasks together. */
void job_state_budget_init(struct state_budget *budget, const struct job_config *config);
/* Of one task, for a zeroed one; the budget is the job's. It has what the files of `from` have. */
enum status job_state_open(struct job_state *state, const struct job_config *config,
                           const struct execution_graph *graph, struct state_budget *budget,
                           const struct state_sources_config *from, struct error *error) MUST_CHECK;
/* After the operators were closed; a zeroed one is fine. */
void job_state_close(struct job_state *state);
