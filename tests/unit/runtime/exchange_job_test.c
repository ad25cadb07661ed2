/* exchange_job_test.c: a job of three stages on six threads, with barriers flowing, checked as Chandy and Lamport would:
 *
 *   source ×2 ══ hash[k] ══▶ SUM(v), COUNT(*) GROUP BY k ×3 ══ singleton ══▶ collector
 *
 * Sources choose on their own when a barrier goes, and write down the sum of what went before it; the aggregates give changes, which the
 * collector adds up. At each barrier the collector must have exactly what all sources had sent before it: nothing that went
 * after, nothing less, wherever the rows were at that moment. */
#include "tests/unit/runtime/exchange_chain.h"

#include <pthread.h>

#include "core/base/hash.h"

enum {
    SOURCES = 2,
    AGGREGATES = 3,
    TASKS = SOURCES + AGGREGATES + 1,
    BATCHES = 600,
    BATCH_ROWS = 200,
    KEYS = 1000,
    BARRIERS_MAX = 64,
};

static const char row_columns[] = "k BIGINT, v BIGINT";
static const char sum_columns[] = "k BIGINT, total BIGINT, n BIGINT";
static const uint32_t first_column[] = {0};

struct cut {
    int64_t total, rows;
};

struct task {
    struct job *job;
    uint32_t instance;
    struct chain chain;
    struct wakeup wakeup;
    struct receiver receiver;
    struct stream_operator *router;
    struct cut cuts[BARRIERS_MAX]; /* by epoch: written by this task, read when it has ended */
    uint32_t last_epoch;
    struct cut seen;
    int64_t totals[KEYS]; /* the collector's */
};

struct job {
    struct arena arena;
    struct task tasks[TASKS];
    struct channel *hashed[SOURCES][AGGREGATES], *collected[AGGREGATES];
    uint32_t batch_limit;
    bool late_end; /* source 1 goes on for longer than source 0 */
};

static void check(struct task *task, enum status status) {
    chain_check(&task->chain, status);
}

/* ---- sources ---- */

static struct batch *random_batch(struct task *task, uint64_t *seed) {
    struct batch *batch = batch_new_for(&task->chain.pool, task->chain.input, BATCH_ROWS);
    for (uint32_t row = 0; row < BATCH_ROWS; row++) {
        *seed = hash_u64(*seed + 1);
        int64_t value = (int64_t)(*seed >> 40) % 2000 - 1000;
        COLUMN_VALUES(&batch->columns[0], int64_t)[row] = (int64_t)(*seed % KEYS);
        COLUMN_VALUES(&batch->columns[1], int64_t)[row] = value;
        task->seen.total += value;
        task->seen.rows++;
    }
    return batch;
}

static void *run_source(void *context) {
    struct task *task = context;
    uint64_t seed = task->instance + 1;
    uint32_t batches = BATCHES * (task->job->late_end && task->instance ? 2 : 1);
    for (uint32_t i = 1; i <= batches; i++) {
        struct batch *batch = random_batch(task, &seed);
        check(task, operator_on_batch(task->chain.tested, 0, batch, &task->chain.error));
        batch_release(batch);
        if (seed % 4 == 0)
            check(task, operator_on_watermark(task->chain.tested, 0, i, &task->chain.error));
        if (i % (25 + 7 * task->instance) != 0)
            continue;
        struct barrier barrier = {.generation = 1, .epoch = ++task->last_epoch, .attempt = 1};
        task->cuts[barrier.epoch] = task->seen;
        check(task, router_barrier(task->router, &barrier, &task->chain.error));
    }
    check(task, operator_on_end(task->chain.tested, 0, &task->chain.error));
    return NULL;
}

/* ---- aggregates and the collector ---- */

static void *run_receiver(void *context) {
    struct task *task = context;
    check(task, receiver_start(&task->receiver, task->chain.tested, &task->chain.error));
    while (!receiver_has_ended(&task->receiver)) {
        bool made_progress;
        check(task, receiver_step(&task->receiver, &made_progress, &task->chain.error));
        task->chain.evaluation.now_us = env_now_us(env_posix());
        if (task->router)
            check(task, operator_on_tick(task->router, task->chain.evaluation.now_us, &task->chain.error));
        if (!made_progress && !receiver_has_ended(&task->receiver))
            receiver_wait(&task->receiver,
                          task->router && task->router->next_tick_us != INT64_MAX ? ROUTER_LINGER_US : -1);
    }
    return NULL;
}

/* What a task does at a barrier: flush, snapshot, hand it on. */
static enum status on_barrier(void *context, const struct barrier *barrier, struct error *error) {
    struct task *task = context;
    struct snapshot_writer writer;
    TRY(operator_on_flush(task->chain.tested, error));
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    enum status status = operator_snapshot(task->chain.tested, &writer, error);
    snapshot_writer_release(&writer);
    TRY(status);
    task->cuts[barrier->epoch] = task->seen;
    task->last_epoch = (uint32_t)barrier->epoch;
    return task->router ? router_barrier(task->router, barrier, error) : STATUS_OK;
}

static struct task *collecting; /* where the collector's operator counts */

static enum status collect(struct stream_operator *self, uint32_t input, struct batch *batch, struct error *error) {
    (void)self, (void)input, (void)error;
    for (uint32_t row = 0; row < batch->row_count; row++) {
        bool gone = batch->change_kinds && change_kind_is_retraction(batch->change_kinds[row]);
        int64_t key = COLUMN_VALUES(&batch->columns[0], int64_t)[row];
        int64_t total = COLUMN_VALUES(&batch->columns[1], int64_t)[row];
        if (gone)
            assert_int_equal(collecting->totals[key], total); /* takes back what was there */
        else
            assert_int_equal(collecting->totals[key], 0);
        collecting->totals[key] = gone ? 0 : total;
        collecting->seen.total += gone ? -total : total;
        collecting->seen.rows += COLUMN_VALUES(&batch->columns[2], int64_t)[row] * (gone ? -1 : 1);
    }
    return STATUS_OK;
}

static const struct operator_class collect_class = {
    .name = "Collect", .size = sizeof(struct stream_operator), .open = collector_open, .on_batch = collect};

/* ---- wiring ---- */

static Plan__AggregateCall *aggregate_call(struct arena *arena, char *id, bool has_argument) {
    Plan__AggregateCall *call = ARENA_NEW(arena, Plan__AggregateCall);
    plan__aggregate_call__init(call);
    call->aggregate = id;
    call->type = plan_type_encode(arena, &type_bigint);
    call->arguments = ARENA_ARRAY(arena, uint32_t, 1);
    call->arguments[0] = 1;
    call->n_arguments = has_argument;
    return call;
}

static Plan__Node *open_task(struct job *job, uint32_t number, const char *input, const char *output) {
    struct task *task = &job->tasks[number];
    task->job = job;
    Plan__Node *node = chain_init(&task->chain, input, output);
    task->chain.context.batch_rows = 256;
    assert_int_equal(wakeup_init(&task->wakeup, &task->chain.error), STATUS_OK);
    receiver_init(&task->receiver, &(struct receiver_config){.arena = &task->chain.arena,
                                                             .wakeup = &task->wakeup,
                                                             .env = env_posix(),
                                                             .on_barrier = on_barrier,
                                                             .context = task});
    return node;
}

static void open_head(struct task *task, const struct operator_class *class, const Plan__Node *node) {
    check(task, operator_new(class, node, &task->chain.input, 1, &task->chain.context, &task->chain.tested,
                             &task->chain.error));
}

static void open_router(struct task *task, Plan__Distribution distribution, struct channel **channels, uint32_t count) {
    struct router_config config = {distribution, first_column, distribution == PLAN__DISTRIBUTION__HASH,
                                   channels,     count,        1};
    check(task, router_new(&config, task->chain.tested, &task->router, &task->chain.error));
}

static struct channel *connect(struct job *job, uint32_t from, uint32_t to) {
    return channel_new(&job->arena, &(struct channel_config){.producer = &job->tasks[from].wakeup,
                                                             .consumer = &job->tasks[to].wakeup,
                                                             .batch_limit = job->batch_limit});
}

static void open_source(struct job *job, uint32_t instance) {
    struct task *task = &job->tasks[instance];
    Plan__Node *node = open_task(job, instance, row_columns, row_columns);
    task->instance = instance;
    node->operation_case = PLAN__NODE__OPERATION_UNION_ALL;
    open_head(task, operator_class_for(node), node);
    for (uint32_t i = 0; i < AGGREGATES; i++)
        job->hashed[instance][i] = connect(job, instance, SOURCES + i);
    open_router(task, PLAN__DISTRIBUTION__HASH, job->hashed[instance], AGGREGATES);
}

static void open_aggregate(struct job *job, uint32_t instance) {
    uint32_t number = SOURCES + instance;
    struct task *task = &job->tasks[number];
    Plan__Node *node = open_task(job, number, row_columns, sum_columns);
    struct arena *arena = &task->chain.arena;
    Plan__GroupAggregate *aggregate = ARENA_NEW(arena, Plan__GroupAggregate);
    plan__group_aggregate__init(aggregate);
    aggregate->keys = arena_copy(arena, first_column, sizeof first_column);
    aggregate->n_keys = 1;
    aggregate->aggregates = ARENA_ARRAY(arena, Plan__AggregateCall *, 2);
    aggregate->aggregates[0] = aggregate_call(arena, "sum_bigint", true);
    aggregate->aggregates[1] = aggregate_call(arena, "count_star", false);
    aggregate->n_aggregates = 2;
    aggregate->emit_before = true;
    node->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    node->group_aggregate = aggregate;
    node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    open_head(task, operator_class_for(node), node);
    struct channel *inputs[SOURCES];
    for (uint32_t i = 0; i < SOURCES; i++)
        inputs[i] = job->hashed[i][instance];
    check(task, receiver_add_gate(&task->receiver, task->chain.tested, 0, task->chain.input_node, inputs, SOURCES,
                                  &task->chain.error));
    job->collected[instance] = connect(job, number, TASKS - 1);
    open_router(task, PLAN__DISTRIBUTION__SINGLETON, &job->collected[instance], 1);
}

static void open_collector(struct job *job) {
    struct task *task = &job->tasks[TASKS - 1];
    Plan__Node *node = open_task(job, TASKS - 1, sum_columns, sum_columns);
    task->chain.input_node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    open_head(task, &collect_class, node);
    check(task, receiver_add_gate(&task->receiver, task->chain.tested, 0, task->chain.input_node, job->collected,
                                  AGGREGATES, &task->chain.error));
    collecting = task;
}

static void close_job(struct job *job) {
    for (uint32_t i = 0; i < SOURCES; i++)
        for (uint32_t k = 0; k < AGGREGATES; k++)
            channel_close(job->hashed[i][k]);
    for (uint32_t i = 0; i < AGGREGATES; i++)
        channel_close(job->collected[i]);
    for (uint32_t i = TASKS; i > 0; i--) { /* borrowers before lenders */
        struct task *task = &job->tasks[i - 1];
        operator_close(task->router);
        receiver_close(&task->receiver);
        wakeup_release(&task->wakeup);
        chain_close(&task->chain);
    }
    arena_release(&job->arena);
    free(job);
}

static struct cut sum_of_sources(const struct job *job, uint32_t epoch) {
    struct cut sum = {0};
    for (uint32_t i = 0; i < SOURCES; i++) {
        const struct task *source = &job->tasks[i];
        struct cut cut = epoch <= source->last_epoch ? source->cuts[epoch] : source->seen; /* ended before: all of it */
        sum.total += cut.total;
        sum.rows += cut.rows;
    }
    return sum;
}

static void run_job(uint32_t batch_limit, bool late_end, uint32_t epochs) {
    struct job *job = memory_zalloc(sizeof *job);
    pthread_t threads[TASKS];
    arena_init(&job->arena);
    job->batch_limit = batch_limit;
    job->late_end = late_end;
    for (uint32_t i = 0; i < SOURCES; i++)
        open_source(job, i);
    for (uint32_t i = 0; i < AGGREGATES; i++)
        open_aggregate(job, i);
    open_collector(job);
    for (uint32_t i = 0; i < TASKS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < SOURCES ? run_source : run_receiver, &job->tasks[i]), 0);
    for (uint32_t i = 0; i < TASKS; i++)
        pthread_join(threads[i], NULL);
    const struct task *collector = &job->tasks[TASKS - 1];
    assert_int_equal(collector->last_epoch, epochs);
    for (uint32_t epoch = 1; epoch <= epochs; epoch++) {
        struct cut sources = sum_of_sources(job, epoch);
        assert_int_equal(collector->cuts[epoch].total, sources.total);
        assert_int_equal(collector->cuts[epoch].rows, sources.rows);
    }
    struct cut all = sum_of_sources(job, BARRIERS_MAX - 1);
    assert_int_equal(collector->seen.total, all.total);
    assert_int_equal(collector->seen.rows, all.rows);
    close_job(job);
}

static void snapshots_are_consistent(void **state) {
    (void)state;
    run_job(0, false, BATCHES / 25);
}

/* Every channel full most of the time. */
static void through_narrow_channels(void **state) {
    (void)state;
    run_job(1, false, BATCHES / 25);
}

/* Barriers go on when a source has ended. */
static void when_a_source_has_ended(void **state) {
    (void)state;
    run_job(2, true, 2 * BATCHES / 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshots_are_consistent),
        cmocka_unit_test(through_narrow_channels),
        cmocka_unit_test(when_a_source_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
