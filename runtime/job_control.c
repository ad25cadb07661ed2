/* job_control.c: see the header. Invariant: flags only become true, but for `savepoint`, which whoever acts on it takes back. */
#include "runtime/job_control.h"

#include <errno.h>
#include <unistd.h>

#include "runtime/checkpoint/checkpointer.h"
#include "runtime/exchange/network.h"
#include "runtime/exchange/wakeup.h"

void job_control_init(struct job_control *control) {
    *control = (struct job_control){0};
    pthread_mutex_init(&control->mutex, NULL);
}

void job_control_release(struct job_control *control) {
    pthread_mutex_destroy(&control->mutex);
}

/* The descriptor is written whether or not the task sleeps: it may wait elsewhere than in its wakeup. May run inside a signal handler. */
static void wake_tasks(const struct job_control *control) {
    int saved_errno = errno;
    for (uint32_t i = 0; i < control->task_count; i++) {
        uint64_t one = 1;
        ssize_t written = write(control->wakeups[i]->fd, &one, sizeof one);
        (void)written; /* full means that it is readable already */
    }
    errno = saved_errno;
}

void job_control_stop(struct job_control *control) {
    if (__atomic_exchange_n(&control->stop, true, __ATOMIC_ACQ_REL))
        __atomic_store_n(&control->cancel, true, __ATOMIC_RELEASE);
    wake_tasks(control);
}

void job_control_make_savepoint(struct job_control *control) {
    __atomic_store_n(&control->savepoint, true, __ATOMIC_RELEASE);
    wake_tasks(control);
}

void job_control_count_batch(struct job_control *control) {
    uint64_t left = __atomic_load_n(&control->batches_left, __ATOMIC_RELAXED);
    while (left > 0 && !__atomic_compare_exchange_n(&control->batches_left, &left, left - 1, false, __ATOMIC_RELAXED,
                                                    __ATOMIC_RELAXED)) {
    }
    if (left != 1)
        return;
    __atomic_store_n(&control->stopped_itself, true, __ATOMIC_RELEASE);
    wake_tasks(control);
}

void job_control_order_savepoint(struct job_control *control) {
    if (control->checkpointer && __atomic_load_n(&control->savepoint, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(&control->savepoint, false, __ATOMIC_ACQ_REL))
        checkpointer_want_savepoint(control->checkpointer);
}

void job_control_end_reading(struct job_control *control, bool input_ended) {
    if (!input_ended)
        __atomic_store_n(&control->stop_is_needed, true, __ATOMIC_RELEASE);
    if (__atomic_sub_fetch(&control->reading_count, 1, __ATOMIC_ACQ_REL) > 0 ||
        !__atomic_load_n(&control->stop_is_needed, __ATOMIC_ACQUIRE))
        return;
    if (control->stop_with_savepoint)
        checkpointer_want_savepoint(control->checkpointer);
    checkpointer_stop(control->checkpointer);
}

void job_control_order_cancel(struct job_control *control) {
    if (__atomic_load_n(&control->cancel, __ATOMIC_ACQUIRE) &&
        !__atomic_exchange_n(&control->cancel_was_ordered, true, __ATOMIC_ACQ_REL))
        checkpointer_cancel(control->checkpointer);
}

void job_control_fail(struct job_control *control, const struct error *error) {
    pthread_mutex_lock(&control->mutex);
    bool is_first = !job_control_has_failed(control);
    if (is_first)
        control->error = *error;
    __atomic_store_n(&control->failed, true, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&control->mutex);
    if (!is_first)
        return;
    network_cancel(control->network);
    wake_tasks(control);
}

enum status job_control_check(const struct job_control *control, struct error *error) {
    return job_control_has_failed(control) ? FAIL(error, STATUS_CANCELLED, "another task of the job failed")
                                           : STATUS_OK;
}
