/* task_loop.c: drives sources and operators until everything ended or a stop is asked for. */
#include "runtime/task_loop.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "core/base/env.h"
#include "runtime/sink_operator.h"
#include "runtime/source_operator.h"

enum {
    WAIT_MAX_US = 100000,        /* a stop is noticed after so long at the latest */
    WAIT_MAIL_US = 20000,        /* so is a barrier, while a source blocks */
    WAIT_IN_TURN_US = 10000,     /* in one of several sources */
    FLUSH_INTERVAL_US = 1000000, /* while rows keep coming */
    FLUSH_IDLE_MIN_US = 10000,   /* when nothing comes: soon, … */
    FLUSH_IDLE_FACTOR = 20,      /* … but flushing takes at most a twentieth of the time */
    PUBLISH_INTERVAL_US = 50000,
};

static bool is_stopped(const struct task_loop *loop) {
    return __atomic_load_n(loop->stop, __ATOMIC_ACQUIRE);
}

static int64_t monotonic_us(const struct task_loop *loop) {
    return env_monotonic_us(loop->context->env);
}

static void publish(struct task_loop *loop) {
    job_status_publish(loop->status, loop->operators, loop->dead->count);
    loop->next_publish_us = monotonic_us(loop) + PUBLISH_INTERVAL_US;
}

/* Operators without inputs that are not sources: their rows are all there. */
static enum status start_values(struct task_loop *loop, struct error *error) {
    for (uint32_t i = 0; i < loop->operator_count && !is_stopped(loop); i++) {
        struct stream_operator *values = loop->operators[i];
        if (values->input_count == 0 && values->class != &source_operator_class)
            TRY(operator_on_end(values, 0, error));
    }
    return STATUS_OK;
}

/* Some operator became done: sources that nobody reads any more end. */
static enum status end_unwanted_sources(struct task_loop *loop, struct error *error) {
    while (*loop->context->operators.stop_wanted) {
        *loop->context->operators.stop_wanted = false;
        for (uint32_t i = 0; i < loop->source_count; i++)
            if (!loop->sources[i]->ended && !operator_wants_rows(loop->sources[i]))
                TRY(source_operator_end(loop->sources[i], error));
    }
    return STATUS_OK;
}

static enum status run_ticks(struct task_loop *loop, int64_t *next_tick_us, struct error *error) {
    struct evaluation_context *evaluation = loop->context->operators.evaluation;
    evaluation->now_us = env_now_us(loop->context->env);
    *next_tick_us = INT64_MAX;
    for (uint32_t i = 0; i < loop->operator_count; i++) {
        TRY(operator_on_tick(loop->operators[i], evaluation->now_us, error));
        if (loop->operators[i]->next_tick_us < *next_tick_us)
            *next_tick_us = loop->operators[i]->next_tick_us;
    }
    return STATUS_OK;
}

static int64_t flush_interval_us(const struct task_loop *loop) {
    if (!loop->nothing_came)
        return FLUSH_INTERVAL_US;
    int64_t interval_us = loop->flush_took_us * FLUSH_IDLE_FACTOR;
    return interval_us < FLUSH_IDLE_MIN_US ? FLUSH_IDLE_MIN_US : interval_us;
}

/* When this sink wants its flush. */
static int64_t flush_due_us(const struct task_loop *loop, struct stream_operator *sink) {
    if (sink->class != &sink_operator_class || !sink_operator_is_dirty(sink))
        return INT64_MAX;
    int64_t wish_us = sink_operator_flush_interval_us(sink);
    if (wish_us >= 0)
        return sink_operator_dirty_since_us(sink, monotonic_us(loop)) + wish_us;
    return loop->last_flush_us + flush_interval_us(loop);
}

/* Flushes what has waited long enough. *next_us: monotonic time of the next flush that is wanted. */
static enum status flush_if_due(struct task_loop *loop, int64_t *next_us, struct error *error) {
    int64_t start_us = monotonic_us(loop);
    bool flushed = false;
    *next_us = INT64_MAX;
    for (uint32_t i = 0; i < loop->operator_count; i++) {
        int64_t due_us = flush_due_us(loop, loop->operators[i]);
        if (start_us < due_us) {
            *next_us = due_us < *next_us ? due_us : *next_us;
            continue;
        }
        flushed = true;
        TRY(operator_on_flush(loop->operators[i], error));
    }
    if (flushed) {
        loop->last_flush_us = monotonic_us(loop);
        loop->flush_took_us = loop->last_flush_us - start_us;
    }
    return STATUS_OK;
}

static void wait_for(const struct task_loop *loop, int64_t wait_us) {
    struct pollfd wake = {.fd = loop->wake_fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    uint64_t count;
    if (ppoll(&wake, 1, &timeout, NULL) > 0 && read(loop->wake_fd, &count, sizeof count) < 0)
        return; /* interrupted or not: the loop looks again */
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* How long a round without rows may take before something else is due. */
static int64_t wait_budget_us(const struct task_loop *loop, int64_t next_tick_us, int64_t next_flush_us) {
    int64_t now_us = loop->context->operators.evaluation->now_us;
    int64_t budget_us = loop->checkpoint ? WAIT_MAIL_US : WAIT_MAX_US;
    if (loop->checkpoint && task_checkpoint_is_busy(loop->checkpoint))
        return 0;
    if (next_tick_us != INT64_MAX)
        budget_us = smaller(budget_us, next_tick_us - now_us);
    if (next_flush_us != INT64_MAX)
        budget_us = smaller(budget_us, next_flush_us - monotonic_us(loop));
    for (uint32_t i = 0; i < loop->source_count; i++) {
        int64_t idle_us = split_watermarks_next_idle_us(source_operator_splits(loop->sources[i]));
        if (!loop->sources[i]->ended && idle_us != INT64_MAX)
            budget_us = smaller(budget_us, idle_us - now_us);
    }
    return budget_us < 0 ? 0 : budget_us;
}

static uint32_t live_source_count(const struct task_loop *loop) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < loop->source_count; i++)
        count += !loop->sources[i]->ended;
    return count;
}

/* One step of every source. A source that had nothing and did not block for as long as it might have is waited for here. */
static enum status poll_sources(struct task_loop *loop, int64_t budget_us, struct error *error) {
    uint32_t live = live_source_count(loop);
    int64_t wait_us = live > 1 ? smaller(budget_us, WAIT_IN_TURN_US) : budget_us;
    int64_t start_us = monotonic_us(loop), ask_again_us = INT64_MAX;
    bool came = false;
    for (uint32_t i = 0; i < loop->source_count && !is_stopped(loop); i++) {
        if (loop->sources[i]->ended)
            continue;
        struct source_step step;
        TRY(source_operator_step(loop->sources[i], loop->nothing_came && !came ? wait_us : 0, &step, error));
        TRY(end_unwanted_sources(loop, error));
        came |= step.made_progress || loop->sources[i]->ended;
        ask_again_us = smaller(ask_again_us, step.wait_us);
    }
    if (!came && loop->nothing_came && !is_stopped(loop)) {
        int64_t left_us = smaller(budget_us, ask_again_us) - (monotonic_us(loop) - start_us);
        if (left_us > 0)
            wait_for(loop, left_us);
    }
    loop->nothing_came = !came;
    return STATUS_OK;
}

static enum status flush_all(struct task_loop *loop, struct error *error) {
    for (uint32_t i = 0; i < loop->operator_count; i++)
        TRY(operator_on_flush(loop->operators[i], error));
    return STATUS_OK;
}

static void order_savepoint(struct task_loop *loop) {
    if (loop->checkpointer && __atomic_exchange_n(loop->savepoint, false, __ATOMIC_ACQ_REL))
        checkpointer_want_savepoint(loop->checkpointer);
}

/* Barriers and pieces of snapshots. While too much is undecided nothing more is read. */
static enum status run_checkpoint(struct task_loop *loop, bool *may_read, struct error *error) {
    *may_read = true;
    if (!loop->checkpoint)
        return STATUS_OK;
    order_savepoint(loop);
    TRY(task_checkpoint_run(loop->checkpoint, error));
    if (task_checkpoint_is_full(loop->checkpoint)) {
        *may_read = false;
        TRY(task_checkpoint_wait(loop->checkpoint, mailbox_now_us() + WAIT_MAIL_US, error));
    }
    if (task_checkpoint_has_ended(loop->checkpoint, error)) {
        ASSERT(error->status != STATUS_OK); /* nobody asked for the end yet */
        return error->status;
    }
    return STATUS_OK;
}

static enum status run_round(struct task_loop *loop, struct error *error) {
    struct result_target *result = loop->context->result;
    int64_t next_tick_us, next_flush_us;
    bool may_read;
    TRY(run_checkpoint(loop, &may_read, error));
    TRY(run_ticks(loop, &next_tick_us, error));
    TRY(flush_if_due(loop, &next_flush_us, error));
    if (loop->nothing_came && result && result->on_idle)
        TRY(result->on_idle(result, loop->context->operators.evaluation->now_us, error));
    if (may_read)
        TRY(poll_sources(loop, wait_budget_us(loop, next_tick_us, next_flush_us), error));
    if (loop->dead->error.status != STATUS_OK) {
        *error = loop->dead->error;
        return error->status;
    }
    if (monotonic_us(loop) >= loop->next_publish_us)
        publish(loop);
    loop->stopped_itself = loop->batches_left > 0 && !loop->nothing_came && --loop->batches_left == 0;
    return STATUS_OK;
}

static enum status run_until_end(struct task_loop *loop, struct error *error) {
    while (!is_stopped(loop) && !loop->stopped_itself && live_source_count(loop) > 0)
        TRY(run_round(loop, error));
    return STATUS_OK;
}

/* The last epoch: decided, and published. */
static enum status run_last_epoch(struct task_loop *loop, struct error *error) {
    bool is_at_end = live_source_count(loop) == 0, cancelled = false;
    if (is_at_end)
        task_checkpoint_at_end(loop->checkpoint);
    else if (loop->stop_with_savepoint)
        checkpointer_want_savepoint(loop->checkpointer);
    if (!is_at_end)
        checkpointer_stop(loop->checkpointer);
    struct result_target *result = loop->context->result;
    if (result && result->on_idle) /* shows what it can */
        TRY(result->on_idle(result, loop->context->operators.evaluation->now_us, error));
    struct error ended = {0};
    while (!task_checkpoint_has_ended(loop->checkpoint, &ended)) {
        if (!cancelled && __atomic_load_n(loop->cancel, __ATOMIC_ACQUIRE)) {
            cancelled = true;
            checkpointer_cancel(loop->checkpointer);
        }
        TRY(task_checkpoint_wait(loop->checkpoint, mailbox_now_us() + WAIT_MAX_US, error));
    }
    if (ended.status != STATUS_OK)
        *error = ended;
    return ended.status;
}

enum status task_loop_run(struct task_loop *loop, struct error *error) {
    struct evaluation_context *evaluation = loop->context->operators.evaluation;
    evaluation->now_us = env_now_us(loop->context->env);
    evaluation->statement_start_us = evaluation->now_us;
    loop->last_flush_us = monotonic_us(loop);
    enum status status = start_values(loop, error);
    if (status == STATUS_OK)
        status = end_unwanted_sources(loop, error);
    if (status == STATUS_OK)
        status = run_until_end(loop, error);
    if (status == STATUS_OK)
        status = loop->checkpoint ? run_last_epoch(loop, error) : flush_all(loop, error);
    publish(loop);
    return status;
}
