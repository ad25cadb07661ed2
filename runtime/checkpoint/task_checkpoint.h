/* task_checkpoint.h: a task's part in checkpoints: takes barriers between two batches, snapshots its operators piece by
 * piece while the task goes on, seals what its sinks logged, and hands all to its uploader.
 *
 *   barrier ─▶ flush operators ─▶ begin snapshots, seal logs, note positions ─▶ hand it on ─▶ step · step · … ─▶ uploader
 *
 * What the operators keep in the back-end goes into files meanwhile (task_files.h), but for savepoints.
 * A task that reads its input itself takes barriers from its mail; for one that has channels mail only announces them.
 * Everything is called by the task's thread. Rows of an attempt that was given up are logged again in the next one, and
 * the next snapshot is whole. */
#pragma once

#include "executor/operator.h"
#include "runtime/checkpoint/checkpointer.h"
#include "runtime/checkpoint/file_set.h"
#include "runtime/checkpoint/task_mail.h"

struct state_backend;
struct task_checkpoint;

enum { LOG_BYTES_DEFAULT = 256 << 20 };

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
    struct state_backend *state; /* whose entries go into files, but for savepoints; NULL: none */
    /* Those that the back-end was restored from and may hand over again; borrowed for the call of _new. */
    const struct stored_file *files;
    uint32_t file_count;
    struct env *env;
    struct stream_operator *const *operators;     /* in plan order; borrowed, as all arrays */
    const struct state_file_operator *identities; /* of the operators */
    uint32_t operator_count;
    const struct task_sink_log *logs;
    uint32_t log_count;
    /* Logged and not decided: the task is full; an epoch is wanted at a quarter of it. 0: LOG_BYTES_DEFAULT. */
    uint64_t log_bytes_max;
    uint64_t upload_backlog_bytes_max; /* handed to the uploader and not written: more is not snapshotted. 0: default */
    /* A barrier's stamp is taken over; returns the task's own processing time, which is not before it. MAY be NULL. */
    int64_t (*take_stamp)(void *context, const struct barrier *barrier);
    /* Where the sources are, for those who look at the manifest: appended to the arena's lists. MAY be NULL. */
    void (*positions)(void *context, struct arena *arena, struct split_position **positions, uint32_t *count);
    /* These positions are of an epoch that is decided. MAY be NULL. */
    void (*decided)(void *context, const struct split_position *positions, uint32_t count);
    /* The snapshot has begun: the barrier goes to the tasks behind. An attempt will not come about. MAY be NULL. */
    enum status (*hand_on)(void *context, const struct barrier *barrier, struct error *error);
    void (*given_up)(void *context, const struct barrier *barrier);
    bool has_channels;                       /* barriers come with task_checkpoint_take */
    uint32_t first_key_group, end_key_group; /* of this instance's state */
    void *context;
};

/* Says TASK_RUNNING. */
struct task_checkpoint *task_checkpoint_new(const struct task_checkpoint_config *config);
void task_checkpoint_free(struct task_checkpoint *checkpoint); /* NULL is fine */

/* Takes mail, and does the next piece of a snapshot under way. To be called between batches: soon when
 * task_checkpoint_is_busy. A failure is one of the operators. */
enum status task_checkpoint_run(struct task_checkpoint *checkpoint, struct error *error) MUST_CHECK;
/* A barrier that came through the task's channels; between two batches. */
enum status task_checkpoint_take(struct task_checkpoint *checkpoint, const struct barrier *barrier,
                                 struct error *error) MUST_CHECK;
/* A barrier that was announced, and neither taken nor given up: a task whose channels have all ended takes it now. */
bool task_checkpoint_is_awaited(const struct task_checkpoint *checkpoint, struct barrier *barrier);
/* There is mail, or a snapshot under way that can go on. */
bool task_checkpoint_is_busy(const struct task_checkpoint *checkpoint);
/* A snapshot is under way that waits for something which no mail announces: to be looked at again soon. */
bool task_checkpoint_is_pending(const struct task_checkpoint *checkpoint);
/* Too much is logged and not decided: the task reads no more until it is, or until a barrier is on its way to it. */
bool task_checkpoint_is_full(const struct task_checkpoint *checkpoint);
/* All input was read: the last epoch follows. */
void task_checkpoint_at_end(struct task_checkpoint *checkpoint);
/* Waits for mail until the monotonic time; for when there is nothing else to do. */
enum status task_checkpoint_wait(struct task_checkpoint *checkpoint, int64_t until_us, struct error *error) MUST_CHECK;
/* The job is over; its error, OK after a clean end. */
bool task_checkpoint_has_ended(const struct task_checkpoint *checkpoint, struct error *error);
