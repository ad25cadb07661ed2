/* job_checkpoint.h: what a job needs to have checkpoints: the identity of its plan and operators, its exactly-once sinks, and the wait until it
 * is deployed. */
#pragma once

#include "runtime/checkpoint/task_checkpoint.h"
#include "runtime/job.h"
#include "runtime/task_context.h"

struct job_checkpoint {
    struct checkpointer *checkpointer;
    struct mailbox inbox; /* of the job's task */
    bool has_inbox;
    struct state_file_operator *identities; /* by node */
    uint32_t operator_count;
    struct task_mail *deployment; /* until the task is open */
    struct arena layers_arena;    /* likewise: what operators are restored from */
    struct task_layers layers;
    struct task_checkpoint *task;
};

/* The exactly-once sinks of the context's plan, numbered in its order; room for as many as it has nodes. In the context's arena. */
enum status job_checkpoint_sinks(const struct task_context *context, struct checkpointed_sink *sinks, uint32_t *count,
                                 struct error *error) MUST_CHECK;
/* Takes over the job's place in the store and waits until the coordinator deploys it. `context` finds connectors. */
enum status job_checkpoint_open(struct job_checkpoint *checkpoint, const struct job_config *config,
                                const struct task_context *context, int wake_fd, struct error *error) MUST_CHECK;
/* Restores operators that are open and wired, and starts the task's part. */
enum status job_checkpoint_start(struct job_checkpoint *checkpoint, struct stream_operator *const *operators,
                                 struct stream_operator *const *sources, uint32_t source_count, uint64_t log_bytes_max,
                                 struct arena *arena, struct error *error) MUST_CHECK;
/* What is undecided is given up. */
void job_checkpoint_close(struct job_checkpoint *checkpoint);
