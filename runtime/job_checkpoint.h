/* job_checkpoint.h: what a job needs to have checkpoints: the identity of its plan and operators, its exactly-once sinks, the inboxes of its
 * tasks, and the wait until it is deployed. */
#pragma once

#include "runtime/checkpoint/checkpointer.h"
#include "runtime/checkpoint/state_chains.h"
#include "runtime/job.h"
#include "runtime/memory_ahead.h"

struct task;
struct task_context;
struct task_mail;

struct job_checkpoint {
    struct checkpointer *checkpointer;
    struct mailbox *inboxes;                /* of the tasks */
    uint32_t task_count;                    /* 0: closed */
    struct state_file_operator *identities; /* by node */
    uint32_t operator_count;
    uint32_t *first_lanes;          /* by node: of exactly-once sinks, among those of the job */
    struct task_mail **deployments; /* by task, until it is open */
    struct arena chains_arena;      /* likewise: what operators are restored from */
    struct state_chains chains;
    struct memory_ahead memory; /* for what is restored; stopped by whoever opens the tasks, whatever comes of it */
};

/* The exactly-once sinks of the context's plan, numbered in its order (how many tasks write them is not known
 * here), and by node the number of each one's first lane; room for as many as it has
 * nodes. In the context's arena. */
enum status job_checkpoint_sinks(const struct task_context *context, struct checkpointed_sink *sinks, uint32_t *count,
                                 uint32_t *first_lanes, struct error *error) MUST_CHECK;
/* Takes over the job's place in the store, waits until the coordinator deploys it, and reads the state. The tasks were initialised, and the first
 * source_count of them read input. */
enum status job_checkpoint_open(struct job_checkpoint *checkpoint, const struct job_config *config,
                                const struct task *tasks, uint32_t task_count, uint32_t source_count,
                                struct arena *arena, struct error *error) MUST_CHECK;
/* Of what is restored: nothing in it is of a later processing time. Before job_checkpoint_start. */
int64_t job_checkpoint_time_us(const struct job_checkpoint *checkpoint);
/* All tasks are open and restored: starts their parts. The state that was read is let go of. */
void job_checkpoint_start(struct job_checkpoint *checkpoint, struct task *tasks, uint64_t log_bytes_max);
/* What is undecided is given up. Before the tasks' operators are closed. */
void job_checkpoint_close(struct job_checkpoint *checkpoint, struct task *tasks);
