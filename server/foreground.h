/* foreground.h: runs one plan at a time on the calling thread, and lets others stop and watch it.
 *
 * Stop and progress come from other threads or from a signal handler and must not meet a job that is being freed: they
 * announce themselves in `visitors`, and the runner waits for them before it frees the job.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "runtime/job.h"
#include "server/session.h"

struct foreground {
    _Atomic(struct job *) job; /* the one that runs, or NULL */
    atomic_uint visitors;
    atomic_bool stop_wanted; /* stays until foreground_reset */
    bool gave_up;            /* likewise; of the thread that runs jobs */
};

/* Rows go to the listener when has_result; `measured` (may be NULL) sees the job after it ended. */
struct foreground_task {
    struct job_config config;
    struct session_listener *listener;
    bool has_result;
    bool wrote_rows;
    enum status (*measured)(void *context, const struct job *job, struct error *error);
    void *context;
};

void foreground_reset(struct foreground *foreground); /* forgets a stop */
enum status foreground_run(struct foreground *foreground, struct foreground_task *task, struct error *error) MUST_CHECK;
void foreground_stop(struct foreground *foreground);           /* async-signal-safe */
void foreground_make_savepoint(struct foreground *foreground); /* likewise */
bool foreground_was_stopped(const struct foreground *foreground);
/* A second stop ended the last job before its work was decided and published. Only from the thread that ran it. */
bool foreground_gave_up(const struct foreground *foreground);
void foreground_progress(struct foreground *foreground, struct session_progress *progress);
