/* task_loop.h: the loop of one task thread: asks sources, lets time pass, flushes sinks.
 *
 *   start VALUES ─▶ ┌ ticks that are due ─▶ one step of every source ─▶ flush when it is time ┐ ─▶ flush, end
 *                   └──────────────────────────── until all ended or stop ────────────────────┘
 *
 * When nothing comes it blocks: in its source when there is one, in turns when there are several, never longer than
 * WAIT_MAX_US, so that a stop is noticed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "runtime/checkpoint/task_checkpoint.h"
#include "runtime/dead_letters.h"
#include "runtime/job_status.h"
#include "runtime/task_context.h"

struct task_loop {
    struct task_context *context;
    struct stream_operator **operators; /* in plan order: inputs before users */
    uint32_t operator_count;
    struct stream_operator **sources; /* those of them that are Scans */
    uint32_t source_count;
    struct dead_letters *dead;
    struct job_status *status;
    const bool *stop;                     /* atomic: set by job_stop */
    const bool *cancel;                   /* atomic: it does not wait for its last epoch to be published */
    bool *savepoint;                      /* atomic: one is wanted */
    int wake_fd;                          /* readable after any of these, and when mail came */
    bool nothing_came;                    /* in the last round */
    int64_t last_flush_us, flush_took_us; /* monotonic */
    int64_t next_publish_us;              /* monotonic */
    struct task_checkpoint *checkpoint;   /* NULL: none are taken */
    struct checkpointer *checkpointer;    /* likewise */
    bool stop_with_savepoint;
    uint64_t batches_left; /* until it stops by itself; 0: never */
    bool stopped_itself;
};

enum status task_loop_run(struct task_loop *loop, struct error *error) MUST_CHECK;
