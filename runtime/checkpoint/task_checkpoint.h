/* task_checkpoint.h: a task's part in checkpoints: takes barriers between two batches, snapshots its operators piece by
 * piece while the task goes on, seals what its sinks logged, and hands all to its uploader.
 *
 *   barrier ─▶ flush operators ─▶ begin snapshots, seal logs, note positions ─▶ step · step · … ─▶ uploader
 *
 * Everything is called by the task's thread. Rows of an attempt that was given up are logged again in the next one, and
 * the next snapshot is whole. */
#pragma once

#include "executor/operator.h"
#include "runtime/checkpoint/checkpointer.h"
#include "runtime/checkpoint/task_mail.h"

struct task_checkpoint;

/* The log of one exactly-once sink of the task: lane i of it is lane first_lane + i of the job. */
struct task_sink_log {
    struct row_log *log;
    uint32_t first_lane;
};

struct task_checkpoint_config {
    struct checkpointer *checkpointer;
    struct mailbox *inbox;
    const struct task_mail *deployment; /* as it came; borrowed for the call of _new */
    uint32_t task;
    struct stream_operator *const *operators;     /* in plan order; borrowed, as all arrays */
    const struct state_file_operator *identities; /* of the operators */
    uint32_t operator_count;
    const struct task_sink_log *logs;
    uint32_t log_count;
    /* Logged and not decided: the task is full; an epoch is wanted at a quarter of it. 0: default. */
    uint64_t log_bytes_max;
    uint64_t upload_backlog_bytes_max; /* handed to the uploader and not written: more is not snapshotted. 0: default */
    /* Where the sources are, for those who look at the manifest: appended to the arena's lists. MAY be NULL. */
    void (*positions)(void *context, struct arena *arena, struct split_position **positions, uint32_t *count);
    void *context;
};

/* Says TASK_RUNNING. */
struct task_checkpoint *task_checkpoint_new(const struct task_checkpoint_config *config);
void task_checkpoint_free(struct task_checkpoint *checkpoint); /* NULL is fine */

/* Takes mail, and does the next piece of a snapshot under way. To be called between batches: soon when
 * task_checkpoint_is_busy. A failure is one of the operators. */
enum status task_checkpoint_run(struct task_checkpoint *checkpoint, struct error *error) MUST_CHECK;
/* There is mail, or a snapshot under way that can go on. */
bool task_checkpoint_is_busy(const struct task_checkpoint *checkpoint);
/* Too much is logged and not decided: the task reads no more until it is. */
bool task_checkpoint_is_full(const struct task_checkpoint *checkpoint);
/* All input was read: the last epoch follows. */
void task_checkpoint_at_end(struct task_checkpoint *checkpoint);
/* Waits for mail until the monotonic time; for when there is nothing else to do. */
enum status task_checkpoint_wait(struct task_checkpoint *checkpoint, int64_t until_us, struct error *error) MUST_CHECK;
/* The job is over; its error, OK after a clean end. */
bool task_checkpoint_has_ended(const struct task_checkpoint *checkpoint, struct error *error);

/* For the benchmark of barriers: the longest time the task stood still for one. */
int64_t task_checkpoint_longest_stall_us(const struct task_checkpoint *checkpoint);

/* The snapshots of a deployment, by operator: layers[i] is a list of layer_count. Reads and checks the objects of this
 * task; the bytes lie in the arena. None (*layer_count 0) when the job starts empty. */
struct task_layers {
    uint32_t layer_count;
    struct str **layers; /* by operator, then by layer, oldest first */
};
enum status task_layers_load(struct store *store, const struct manifest *manifest, uint32_t task,
                             const struct state_file_operator *identities, uint32_t operator_count, struct arena *arena,
                             struct task_layers *layers, struct error *error) MUST_CHECK;
