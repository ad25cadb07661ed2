/* task_loop.c: drives a task until everything ended or a stop is asked for. Invariant: barriers are taken, and handed on, between two batches. */
#include "runtime/task_loop.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "core/base/env.h"
#include "runtime/checkpoint/task_checkpoint.h"
#include "runtime/exchange/router.h"
#include "runtime/sink_operator.h"
#include "runtime/source_operator.h"
#include "runtime/task.h"

enum {
    WAIT_MAX_US = 100000,        /* a stop is noticed after so long at the latest */
    WAIT_MAIL_US = 20000,        /* so is a barrier, while a source blocks */
    WAIT_PENDING_US = 2000,      /* for what a snapshot waits for */
    WAIT_IN_TURN_US = 10000,     /* in one of several sources */
    FLUSH_INTERVAL_US = 1000000, /* while rows keep coming */
    FLUSH_IDLE_MIN_US = 10000,   /* when nothing comes: soon, … */
    FLUSH_IDLE_FACTOR = 20,      /* … but flushing takes at most a twentieth of the time */
    PUBLISH_INTERVAL_US = 50000,
};

static bool is_stopped(const struct task *task) {
    return job_control_is_stopped(task->parts->control);
}

static int64_t monotonic_us(const struct task *task) {
    return env_monotonic_us(task->context.env);
}

static void publish(struct task *task) {
    task_publish(task);
    task->next_publish_us = monotonic_us(task) + PUBLISH_INTERVAL_US;
}

/* Operators without inputs that are not sources: their rows are all there. */
static bool is_values(const struct stream_operator *operator) {
    return operator->input_count == 0 && operator->class != & source_operator_class;
}

static enum status start_values(struct task *task, struct error *error) {
    for (uint32_t i = 0; i < task->operator_count && !is_stopped(task); i++)
        if (is_values(task->operators[i]))
            TRY(operator_on_end(task->operators[i], 0, error));
    return STATUS_OK;
}

/* Some operator became done: sources that nobody reads any more end. A receiver refuses its channels itself. */
static enum status end_unwanted_sources(struct task *task, struct error *error) {
    while (task->stop_wanted && !task->has_receiver) {
        task->stop_wanted = false;
        for (uint32_t i = 0; i < task->source_count; i++)
            if (!task->sources[i]->ended && !operator_wants_rows(task->sources[i]))
                TRY(source_operator_end(task->sources[i], error));
    }
    return STATUS_OK;
}

/* Routers look whether anybody still wants rows: a refusal wakes nobody. */
static enum status check_routers(struct task *task, struct error *error) {
    for (uint32_t i = task->node_count; i < task->operator_count; i++)
        router_check(task->operators[i]);
    return end_unwanted_sources(task, error);
}

/* Once a round. Without stamps the wall clock is followed where it goes ahead, in the order that processing_clock_raise wants. */
static void read_clock(struct task *task) {
    bool follows = task->context.follows_wall_clock;
    int64_t wall_clock_us = follows ? env_now_us(task->context.env) : 0, now_us = monotonic_us(task);
    if (follows)
        processing_clock_raise(&task->context.clock, wall_clock_us, now_us);
    task->evaluation.now_us = processing_clock_at(&task->context.clock, now_us);
}

static enum status run_ticks(struct task *task, int64_t *next_tick_us, struct error *error) {
    read_clock(task);
    *next_tick_us = INT64_MAX;
    for (uint32_t i = 0; i < task->operator_count; i++) {
        TRY(operator_on_tick(task->operators[i], task->evaluation.now_us, error));
        if (task->operators[i]->next_tick_us < *next_tick_us)
            *next_tick_us = task->operators[i]->next_tick_us;
    }
    return STATUS_OK;
}

static int64_t flush_interval_us(const struct task *task) {
    if (!task->nothing_came)
        return FLUSH_INTERVAL_US;
    int64_t interval_us = task->flush_took_us * FLUSH_IDLE_FACTOR;
    return interval_us < FLUSH_IDLE_MIN_US ? FLUSH_IDLE_MIN_US : interval_us;
}

/* When this sink wants its flush. */
static int64_t flush_due_us(const struct task *task, struct stream_operator *sink) {
    if (sink->class != &sink_operator_class || !sink_operator_is_dirty(sink))
        return INT64_MAX;
    int64_t wish_us = sink_operator_flush_interval_us(sink);
    if (wish_us >= 0)
        return sink_operator_dirty_since_us(sink, monotonic_us(task)) + wish_us;
    return task->last_flush_us + flush_interval_us(task);
}

/* Flushes what has waited long enough. *next_us: monotonic time of the next flush that is wanted. */
static enum status flush_if_due(struct task *task, int64_t *next_us, struct error *error) {
    int64_t start_us = monotonic_us(task);
    bool flushed = false;
    *next_us = INT64_MAX;
    for (uint32_t i = 0; i < task->operator_count; i++) {
        int64_t due_us = flush_due_us(task, task->operators[i]);
        if (start_us < due_us) {
            *next_us = due_us < *next_us ? due_us : *next_us;
            continue;
        }
        flushed = true;
        TRY(operator_on_flush(task->operators[i], error));
    }
    if (flushed) {
        task->last_flush_us = monotonic_us(task);
        task->flush_took_us = task->last_flush_us - start_us;
    }
    return STATUS_OK;
}

static void wait_for(const struct task *task, int64_t wait_us) {
    struct pollfd wake = {.fd = task->wakeup->fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    uint64_t count;
    if (ppoll(&wake, 1, &timeout, NULL) > 0 && read(task->wakeup->fd, &count, sizeof count) < 0)
        return; /* interrupted or not: the loop looks again */
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* How long a round without rows may take before something else is due. */
static int64_t wait_budget_us(const struct task *task, int64_t next_tick_us, int64_t next_flush_us) {
    /* A source that blocks does not see its mail. */
    int64_t budget_us = task->checkpoint && !task->has_receiver ? WAIT_MAIL_US : WAIT_MAX_US;
    if (task->checkpoint && task_checkpoint_is_busy(task->checkpoint))
        return 0;
    if (task->checkpoint && task_checkpoint_is_pending(task->checkpoint))
        budget_us = WAIT_PENDING_US;
    if (next_tick_us != INT64_MAX)
        budget_us = smaller(budget_us, next_tick_us - task->evaluation.now_us);
    if (next_flush_us != INT64_MAX)
        budget_us = smaller(budget_us, next_flush_us - monotonic_us(task));
    for (uint32_t i = 0; i < task->source_count; i++) {
        int64_t idle_us = split_watermarks_next_idle_us(source_operator_splits(task->sources[i]));
        if (!task->sources[i]->ended && idle_us != INT64_MAX)
            budget_us = smaller(budget_us, idle_us - monotonic_us(task));
    }
    return budget_us < 0 ? 0 : budget_us;
}

static uint32_t live_source_count(const struct task *task) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < task->source_count; i++)
        count += !task->sources[i]->ended;
    return count;
}

/* One step of every source. A source that had nothing and did not block for as long as it might have is waited for here. */
static enum status poll_sources(struct task *task, int64_t budget_us, struct error *error) {
    uint32_t live = live_source_count(task);
    int64_t wait_us = live > 1 ? smaller(budget_us, WAIT_IN_TURN_US) : budget_us;
    int64_t start_us = monotonic_us(task), ask_again_us = INT64_MAX;
    bool came = false;
    for (uint32_t i = 0; i < task->source_count && !is_stopped(task); i++) {
        if (task->sources[i]->ended)
            continue;
        struct source_step step;
        TRY(source_operator_step(task->sources[i], task->nothing_came && !came ? wait_us : 0, &step, error));
        TRY(end_unwanted_sources(task, error));
        came |= step.made_progress || task->sources[i]->ended;
        ask_again_us = smaller(ask_again_us, step.wait_us);
    }
    if (!came && task->nothing_came && !is_stopped(task)) {
        int64_t left_us = smaller(budget_us, ask_again_us) - (monotonic_us(task) - start_us);
        if (left_us > 0)
            wait_for(task, left_us);
    }
    task->nothing_came = !came;
    return STATUS_OK;
}

/* One round of all channels. */
static enum status read_channels(struct task *task, int64_t budget_us, struct error *error) {
    bool made_progress;
    TRY(receiver_step(&task->receiver, &made_progress, error));
    if (!made_progress && task->nothing_came)
        TRY(receiver_wait(&task->receiver, budget_us, error));
    task->nothing_came = !made_progress;
    return STATUS_OK;
}

static enum status flush_all(struct task *task, struct error *error) {
    for (uint32_t i = 0; i < task->operator_count; i++)
        TRY(operator_on_flush(task->operators[i], error));
    return STATUS_OK;
}

/* ---- barriers ---- */

int64_t task_take_stamp(void *context, const struct barrier *barrier) {
    struct task *task = context;
    processing_clock_raise(&task->context.clock, barrier->time_us, barrier->monotonic_us);
    task->evaluation.now_us = processing_clock_at(&task->context.clock, monotonic_us(task));
    return task->evaluation.now_us;
}

enum status task_hand_on(void *context, const struct barrier *barrier, struct error *error) {
    struct task *task = context;
    for (uint32_t i = task->node_count; i < task->operator_count; i++)
        TRY(router_barrier(task->operators[i], barrier, error));
    return STATUS_OK;
}

void task_give_up(void *context, const struct barrier *barrier) {
    struct task *task = context;
    if (task->has_receiver)
        receiver_abort(&task->receiver, barrier);
}

enum status task_on_barrier(void *context, const struct barrier *barrier, struct error *error) {
    struct task *task = context;
    if (task->checkpoint)
        return task_checkpoint_take(task->checkpoint, barrier, error);
    task->is_stopped = true;
    TRY(flush_all(task, error));
    return task_hand_on(task, barrier, error);
}

/* Those whose channels have all ended get no barriers through them. */
static enum status inject_barrier(struct task *task, struct error *error) {
    struct barrier barrier;
    if (task->has_receiver && receiver_has_ended(&task->receiver) &&
        task_checkpoint_is_awaited(task->checkpoint, &barrier))
        return receiver_inject(&task->receiver, &barrier, error);
    return STATUS_OK;
}

/* Mail, and pieces of snapshots. While too much is undecided nothing more is read. */
static enum status run_checkpoint(struct task *task, bool *may_read, struct error *error) {
    *may_read = true;
    if (!task->checkpoint)
        return STATUS_OK;
    job_control_order_savepoint(task->parts->control);
    job_control_order_cancel(task->parts->control); /* sources may wait for room, which the outside keeps from them */
    TRY(task_checkpoint_run(task->checkpoint, error));
    TRY(inject_barrier(task, error));
    if (task_checkpoint_is_full(task->checkpoint)) {
        *may_read = false;
        TRY(task_checkpoint_wait(task->checkpoint, mailbox_now_us() + WAIT_MAIL_US, error));
    }
    struct error ended = {0};
    task->is_over = task_checkpoint_has_ended(task->checkpoint, &ended);
    if (ended.status != STATUS_OK)
        *error = ended;
    return ended.status;
}

/* ---- rounds ---- */

/* The others have more rows, and need the memory. */
static enum status give_back_memory(struct task *task, struct error *error) {
    struct state_budget *budget = task->parts->budget;
    if (!task->state.backend || state_budget_used(budget) <= budget->limit_bytes)
        return STATUS_OK;
    for (uint32_t i = 0; i < task->node_count; i++)
        TRY(operator_on_memory_short(task->operators[i], error));
    return STATUS_OK;
}

static enum status tell_idle(struct task *task, struct error *error) {
    struct result_target *result = task->context.result;
    if (!task->is_callers || !result || !result->on_idle)
        return STATUS_OK;
    return result->on_idle(result, task->evaluation.now_us, error);
}

static enum status run_round(struct task *task, struct error *error) {
    int64_t next_tick_us, next_flush_us;
    bool may_read;
    TRY(run_checkpoint(task, &may_read, error));
    if (task->is_over)
        return STATUS_OK;
    TRY(run_ticks(task, &next_tick_us, error));
    TRY(flush_if_due(task, &next_flush_us, error));
    if (task->nothing_came) {
        TRY(tell_idle(task, error));
        TRY(give_back_memory(task, error));
    }
    if (may_read && task->has_receiver)
        TRY(read_channels(task, wait_budget_us(task, next_tick_us, next_flush_us), error));
    else if (may_read)
        TRY(poll_sources(task, wait_budget_us(task, next_tick_us, next_flush_us), error));
    TRY(check_routers(task, error));
    TRY(dead_letters_check(task->parts->dead, error));
    if (monotonic_us(task) >= task->next_publish_us)
        publish(task);
    if (!task->nothing_came && !task->has_receiver)
        job_control_count_batch(task->parts->control);
    return STATUS_OK;
}

/* Of a task that reads its input itself. */
static enum status run_sources(struct task *task, struct error *error) {
    while (!is_stopped(task) && !task->is_over && live_source_count(task) > 0)
        TRY(run_round(task, error));
    return job_control_check(task->parts->control, error);
}

static bool has_come_to_its_end(const struct task *task) {
    return task->checkpoint ? task->is_over : task->is_stopped || receiver_has_ended(&task->receiver);
}

static enum status run_channels(struct task *task, struct error *error) {
    while (!has_come_to_its_end(task)) {
        TRY(job_control_check(task->parts->control, error));
        TRY(run_round(task, error));
    }
    return STATUS_OK;
}

/* ---- the end ---- */

/* A stop may have come before the rows that need no reading. */
static bool has_input_ended(const struct task *task) {
    for (uint32_t i = 0; i < task->operator_count; i++)
        if (is_values(task->operators[i]) && !task->operators[i]->ended)
            return false;
    return live_source_count(task) == 0;
}

/* The last epoch: decided, and published. */
static enum status run_last_epoch(struct task *task, struct error *error) {
    struct job_control *control = task->parts->control;
    bool input_ended = has_input_ended(task);
    if (input_ended)
        task_checkpoint_at_end(task->checkpoint);
    job_control_end_reading(control, input_ended);
    TRY(tell_idle(task, error)); /* shows what it can */
    struct error ended = {0};
    while (!task_checkpoint_has_ended(task->checkpoint, &ended)) {
        TRY(job_control_check(control, error));
        job_control_order_savepoint(control);
        job_control_order_cancel(control);
        TRY(task_checkpoint_wait(task->checkpoint, mailbox_now_us() + WAIT_MAX_US, error));
    }
    if (ended.status != STATUS_OK)
        *error = ended;
    return ended.status;
}

/* Without checkpoints: those behind learn that nothing more comes, when their input has not ended. */
static enum status hand_on_stop(struct task *task, struct error *error) {
    static const struct barrier stop = {.generation = 1, .epoch = 1, .attempt = 1};
    TRY(flush_all(task, error));
    return task_hand_on(task, &stop, error);
}

static enum status run_to_the_end(struct task *task, struct error *error) {
    if (task->has_receiver) {
        TRY(run_channels(task, error));
        return task->checkpoint || task->is_stopped ? STATUS_OK : flush_all(task, error);
    }
    TRY(start_values(task, error));
    TRY(end_unwanted_sources(task, error));
    TRY(run_sources(task, error));
    return task->checkpoint ? run_last_epoch(task, error) : hand_on_stop(task, error);
}

enum status task_loop_run(struct task *task, struct error *error) {
    read_clock(task);
    task->evaluation.statement_start_us = task->parts->control->start_us;
    task->last_flush_us = monotonic_us(task);
    enum status status = run_to_the_end(task, error);
    publish(task);
    return status;
}
