/* foreground.c: the life of one job, from job_open to job_free, in one function. */
#include "server/foreground.h"

#include <sched.h>

#include "core/base/env.h"
#include "runtime/checkpoint/checkpointer.h"

struct listener_target {
    struct result_target base;
    struct session_listener *listener;
    bool has_result;
};

static enum status target_batch(struct result_target *base, struct batch *batch, struct error *error) {
    struct listener_target *target = (struct listener_target *)base;
    if (!target->has_result || !target->listener->on_batch)
        return STATUS_OK;
    return target->listener->on_batch(target->listener, batch, error);
}

static enum status target_idle(struct result_target *base, int64_t now_us, struct error *error) {
    struct listener_target *target = (struct listener_target *)base;
    (void)now_us;
    if (!target->has_result || !target->listener->on_idle)
        return STATUS_OK;
    return target->listener->on_idle(target->listener, error);
}

static void target_savepoint(void *context, const char *name) {
    struct session_listener *listener = context;
    if (listener->on_savepoint)
        listener->on_savepoint(listener, name);
}

void foreground_reset(struct foreground *foreground) {
    atomic_store(&foreground->stop_wanted, false);
    foreground->gave_up = false;
}

bool foreground_was_stopped(const struct foreground *foreground) {
    return atomic_load(&foreground->stop_wanted);
}

bool foreground_gave_up(const struct foreground *foreground) {
    return foreground->gave_up;
}

static struct job *visit(struct foreground *foreground) {
    atomic_fetch_add(&foreground->visitors, 1);
    return atomic_load(&foreground->job);
}

static void leave(struct foreground *foreground) {
    atomic_fetch_sub(&foreground->visitors, 1);
}

void foreground_stop(struct foreground *foreground) {
    atomic_store(&foreground->stop_wanted, true);
    struct job *job = visit(foreground);
    if (job)
        job_stop(job);
    leave(foreground);
}

void foreground_make_savepoint(struct foreground *foreground) {
    struct job *job = visit(foreground);
    if (job)
        job_make_savepoint(job);
    leave(foreground);
}

void foreground_progress(struct foreground *foreground, struct session_progress *progress) {
    struct job *job = visit(foreground);
    *progress = (struct session_progress){.is_running = job != NULL};
    if (job) {
        progress->rows_in = job_rows_in(job);
        progress->rows_late = job_rows_late(job);
        progress->dead_records = job_dead_count(job);
    }
    leave(foreground);
}

/* Nobody new finds the job; those who have it are waited for. */
static void hide(struct foreground *foreground) {
    atomic_store(&foreground->job, NULL);
    while (atomic_load(&foreground->visitors))
        sched_yield();
}

static enum status run_visible(struct foreground *foreground, struct job *job, struct error *error) {
    atomic_store(&foreground->job, job);
    if (foreground_was_stopped(foreground)) /* came before the job was visible */
        job_stop(job);
    return job_run(job, error);
}

enum status foreground_run(struct foreground *foreground, struct foreground_task *task, struct error *error) {
    struct listener_target target = {.base = {.on_batch = target_batch, .on_idle = target_idle},
                                     .listener = task->listener,
                                     .has_result = task->has_result};
    task->config.result = &target.base;
    task->config.savepoint_made = target_savepoint;
    task->config.savepoint_context = task->listener;
    struct job *job;
    int64_t started_us = env_monotonic_us(task->config.env);
    task->config.stop_wanted = &foreground->stop_wanted;
    enum status status = job_open(&task->config, &job, error);
    if (status == STATUS_CANCELLED && foreground_was_stopped(foreground))
        return STATUS_OK; /* nothing had begun */
    TRY(status);
    if (task->listener->on_job_start)
        task->listener->on_job_start(task->listener);
    status = run_visible(foreground, job, error);
    if (job_stopped_itself(job)) /* and with it the text */
        atomic_store(&foreground->stop_wanted, true);
    struct checkpointer_status checkpoints;
    foreground->gave_up = job_checkpoint_status(job, &checkpoints) && checkpoints.gave_up;
    struct session_job_end end = {.job = job,
                                  .gave_up = foreground->gave_up,
                                  .was_stopped = foreground_was_stopped(foreground),
                                  .wrote_rows = task->wrote_rows,
                                  .elapsed_us = env_monotonic_us(task->config.env) - started_us};
    if (status == STATUS_OK && task->measured)
        status = task->measured(task->context, job, error);
    if (task->listener->on_job_end)
        task->listener->on_job_end(task->listener, &end);
    hide(foreground);
    job_free(job);
    return status;
}
