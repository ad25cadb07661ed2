/* checkpointer.h: a job's checkpoints in this process: coordinator, lanes and garbage collection, each on its own
 * thread.
 *
 *            task inboxes ◀── deploy · barrier · abort · ended ──┐
 *   tasks ── running · at end · acknowledgements · declined ──▶ coordinator thread ── HEAD, manifests ──▶ store
 *                                                                │   │ decided logs
 *                                        sweeper ◀── published ──┘   ▼
 *                                                                 lanes (lane_driver.h) ──▶ outside
 *
 * The machines are those of runtime/protocol; this is the driver of the first and the house of the others. The tasks'
 * side is task_checkpoint.h. All functions may be called from any thread. See docs/design/010 and 015.
 */
#pragma once

#include "connectors/connector.h"
#include "core/base/status.h"
#include "runtime/checkpoint/log_segments.h"
#include "runtime/checkpoint/mailbox.h"
#include "runtime/checkpoint/state_file.h"
#include "runtime/protocol/message.h"

struct checkpointer;
struct env;
struct store;

/* A sink that is written exactly once. */
struct checkpointed_sink {
    const struct publisher_support *publishers;
    /* Table, options, format, sink, lane_count, env; the rest is filled in per lane. */
    struct publisher_config publisher;
    uint32_t node;         /* the sink's, in the plan */
    uint32_t writer_count; /* tasks that log its rows, each for all lanes */
};

struct checkpointer_config {
    const char *uri; /* of the job's own place in a store (store.h); a path without :// is a folder */
    /* Store URI, '#', object name, as told when it was made: start from it. NULL: resume, or start empty. */
    const char *savepoint;
    struct env *env;
    struct digest plan;
    bool must_resume; /* refuse to start empty */
    bool accept_plan_change;
    const struct state_file_operator *operators; /* of the plan, to say what differs; borrowed */
    uint32_t operator_count;
    struct mailbox *const *inboxes; /* of the tasks; the first source_count read input */
    uint32_t task_count, source_count;
    const struct checkpointed_sink *sinks; /* copied */
    uint32_t sink_count;
    int64_t interval_us;  /* 0: only the last epoch */
    int64_t head_look_us; /* without epochs HEAD is read so often, to learn of a successor; 0: every 10 s */
    void (*savepoint_made)(void *context, const char *name); /* MAY; on the coordinator's thread */
    void *savepoint_context;
};

/* Opens the store, which is refused when its swaps do not compare, and starts. Tasks get TASK_MAIL_DEPLOY, or
 * TASK_MAIL_ENDED with the reason why not: a store that only fails is among them, after seconds. */
enum status checkpointer_open(const struct checkpointer_config *config, struct checkpointer **checkpointer,
                              struct error *error) MUST_CHECK;
/* Gives up what is under way and waits for the threads; what is decided stays decided. NULL is fine. */
void checkpointer_close(struct checkpointer *checkpointer);

void checkpointer_tell_status(struct checkpointer *checkpointer, const struct task_status *status);
void checkpointer_tell_ack(struct checkpointer *checkpointer, const struct task_ack *ack); /* copied */
/* An epoch is wanted now: a task holds more than it likes. */
void checkpointer_want_epoch(struct checkpointer *checkpointer);
/* One more epoch is decided and published, then TASK_MAIL_ENDED comes. */
void checkpointer_stop(struct checkpointer *checkpointer);
/* At once: undecided work is given up. */
void checkpointer_cancel(struct checkpointer *checkpointer);
/* Makes a savepoint of the next epoch; its name is logged and kept for checkpointer_savepoint. */
void checkpointer_want_savepoint(struct checkpointer *checkpointer);

struct store *checkpointer_store(struct checkpointer *checkpointer);
struct log_segments *checkpointer_segments(struct checkpointer *checkpointer);

struct checkpointer_status {
    uint64_t generation, decided_epoch, published_epoch;
    uint64_t aborted_count;   /* attempts */
    bool gave_up;             /* checkpointer_cancel ended it: what was not decided will be done again */
    int64_t last_duration_us; /* barrier to decision */
    uint64_t savepoint_count;
    char savepoint[512]; /* the newest one, as checkpointer_config.savepoint takes it; "" */
};
void checkpointer_status(struct checkpointer *checkpointer, struct checkpointer_status *status);

/* "folder" -> "file:///…/folder"; what has :// stays. `name` (NULL: none) is added as a last part, before options. In
 * the arena. */
const char *checkpoint_uri(struct arena *arena, const char *place, const char *name);
