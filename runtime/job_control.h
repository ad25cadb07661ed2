/* job_control.h: what the tasks of a job have in common while they run: orders from outside, and the first failure.
 *
 *   job_stop, a failing task ──▶ flags ──▶ every task looks at them once a round, and is woken
 *
 * All functions may be called from any thread. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"

struct network;
struct checkpointer;
struct wakeup;

struct job_control {
    bool stop;               /* atomic: job_stop */
    bool cancel;             /* atomic: the second one: the last epoch is not waited for to be published */
    bool savepoint;          /* atomic: one is wanted */
    bool stopped_itself;     /* atomic: batches_left came to 0 */
    bool failed;             /* atomic: `error` says why */
    bool cancel_was_ordered; /* atomic: from the checkpointer */
    bool stop_is_needed;     /* atomic: a source task stopped before its input ended */
    uint32_t reading_count;  /* atomic: source tasks that have not come to their end */
    bool stop_with_savepoint;
    uint64_t batches_left; /* atomic: of all sources, until the job stops by itself; 0: never */
    int64_t start_us;      /* of the statement */
    pthread_mutex_t mutex; /* of error */
    struct error error;
    struct checkpointer *checkpointer; /* NULL: no checkpoints */
    struct wakeup *const *wakeups;     /* of the tasks */
    uint32_t task_count;
    struct network *network;
};

void job_control_init(struct job_control *control);
void job_control_release(struct job_control *control);

/* Async-signal-safe. */
void job_control_stop(struct job_control *control);
void job_control_make_savepoint(struct job_control *control);

/* Whether sources are to read no more. */
static inline bool job_control_is_stopped(const struct job_control *control) {
    return __atomic_load_n(&control->stop, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&control->stopped_itself, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&control->failed, __ATOMIC_ACQUIRE);
}
static inline bool job_control_has_failed(const struct job_control *control) {
    return __atomic_load_n(&control->failed, __ATOMIC_ACQUIRE);
}

/* A source read a batch. */
void job_control_count_batch(struct job_control *control);
/* A source task reads no more. When it is the last one, and not all input was read, the checkpointer makes the last epoch: all that was read is
 * part of it. */
void job_control_end_reading(struct job_control *control, bool input_ended);
/* Asks the checkpointer for what was ordered here, once. */
void job_control_order_savepoint(struct job_control *control);
void job_control_order_cancel(struct job_control *control);

/* A task failed: if it is the first, its error is the job's, and all others are made to give up. */
void job_control_fail(struct job_control *control, const struct error *error);
/* The error of a task that ends because another failed. */
enum status job_control_check(const struct job_control *control, struct error *error) MUST_CHECK;
