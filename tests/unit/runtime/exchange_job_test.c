/* exchange_job_test.c: a job of three stages on six threads, wired by its execution graph, with barriers flowing, checked as Chandy and Lamport would:
 *
 *   source ×2 ══ hash[k] ══▶ SUM(v), COUNT(*) GROUP BY k ×3 ══ singleton ══▶ collector
 *
 * Sources choose on their own when a barrier goes, and write down the sum of what went before it; the aggregates give changes, which the
 * collector adds up. At each barrier the collector must have exactly what all sources had sent before it: nothing that went
 * after, nothing less, wherever the rows were at that moment. */
#include "tests/unit/runtime/exchange_chain.h"

#include <pthread.h>

#include "core/base/hash.h"
#include "runtime/exchange/network.h"

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

struct cut {
    int64_t total, rows;
};

struct task {
    struct job *job;
    uint32_t instance;
    struct chain chain;
    struct receiver receiver;
    struct stream_operator *router;
    struct cut cuts[BARRIERS_MAX]; /* by epoch: written by this task, read when it has ended */
    uint32_t last_epoch;
    struct cut seen;
    int64_t totals[KEYS]; /* the collector's */
};

struct job {
    struct arena arena;
    Plan__Plan plan;
    Plan__Node nodes[3], *node_list[3];
    struct execution_graph graph;
    struct network network;
    struct task tasks[TASKS]; /* as the graph numbers them */
    bool late_end;            /* source 1 goes on for longer than source 0 */
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

static enum status run_round(struct task *task) {
    struct error *error = &task->chain.error;
    bool made_progress;
    TRY(receiver_step(&task->receiver, &made_progress, error));
    task->chain.evaluation.now_us = env_now_us(env_posix());
    if (task->router)
        TRY(operator_on_tick(task->router, task->chain.evaluation.now_us, error));
    if (made_progress || receiver_has_ended(&task->receiver))
        return STATUS_OK;
    bool holds = task->router && task->router->next_tick_us != INT64_MAX;
    return receiver_wait(&task->receiver, holds ? ROUTER_LINGER_US : -1, error);
}

/* Returns the task when it was cancelled. */
static void *run_receiver(void *context) {
    struct task *task = context;
    enum status status = receiver_start(&task->receiver, task->chain.tested, &task->chain.error);
    while (status == STATUS_OK && !receiver_has_ended(&task->receiver))
        status = run_round(task);
    if (status == STATUS_CANCELLED)
        return task;
    check(task, status);
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

/* Scan, GroupAggregate and Sink as far as the graph looks at them. */
static void plan_job(struct job *job) {
    static uint32_t inputs[] = {0, 0, 1}, keys[] = {0};
    const char *columns[] = {row_columns, sum_columns, sum_columns};
    plan__plan__init(&job->plan);
    job->plan.parallelism = AGGREGATES;
    job->plan.nodes = job->node_list;
    job->plan.n_nodes = 3;
    for (uint32_t i = 0; i < 3; i++) {
        Plan__Node *node = job->node_list[i] = &job->nodes[i];
        plan__node__init(node);
        node->id = i;
        node->inputs = &inputs[i];
        node->n_inputs = i > 0;
        struct schema *schema = chain_schema(&job->arena, columns[i]);
        node->output = chain_fields(&job->arena, schema);
        node->n_output = schema->field_count;
        node->change_mode = i > 0 ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    }
    job->nodes[0].parallelism_limit = SOURCES;
    job->nodes[1].distribution = PLAN__DISTRIBUTION__HASH;
    job->nodes[1].distribution_columns = keys;
    job->nodes[1].n_distribution_columns = 1;
    job->nodes[2].distribution = PLAN__DISTRIBUTION__SINGLETON;
}

static Plan__Node *start_task(struct job *job, uint32_t fragment, uint32_t instance, const char *input,
                              const char *output) {
    struct task *task = &job->tasks[job->graph.fragments[fragment].first_task + instance];
    task->job = job;
    task->instance = instance;
    Plan__Node *node = chain_init(&task->chain, input, output);
    task->chain.context.batch_rows = 256;
    receiver_init(&task->receiver,
                  &(struct receiver_config){.arena = &task->chain.arena,
                                            .wakeup = network_wakeup(&job->network, fragment, instance),
                                            .env = env_posix(),
                                            .on_barrier = on_barrier,
                                            .context = task});
    return node;
}

/* The one operator of the task, with what is before and behind it. */
static void open_task(struct job *job, uint32_t fragment, uint32_t instance, const struct operator_class *class,
                      const Plan__Node *node) {
    struct task *task = &job->tasks[job->graph.fragments[fragment].first_task + instance];
    struct stream_operator *operators[3] = {0};
    uint32_t router_count;
    check(task, operator_new(class, node, &task->chain.input, 1, &task->chain.context, &task->chain.tested,
                             &task->chain.error));
    operators[fragment] = task->chain.tested; /* a node a fragment */
    check(task, network_open_gates(&job->network, fragment, instance, task->chain.tested, &task->receiver,
                                   &task->chain.error));
    check(task, network_open_routers(&job->network, fragment, instance, operators, 1, &task->router, NULL,
                                     &router_count, &task->chain.error));
    assert_int_equal(router_count, fragment < 2);
    if (task->router)
        check(task, router_start(task->router, task->chain.tested, &task->chain.error));
}

static void open_source(struct job *job, uint32_t instance) {
    Plan__Node *node = start_task(job, 0, instance, row_columns, row_columns);
    node->operation_case = PLAN__NODE__OPERATION_UNION_ALL; /* passes on what the test hands it */
    open_task(job, 0, instance, operator_class_for(node), node);
}

static void open_aggregate(struct job *job, uint32_t instance) {
    Plan__Node *node = start_task(job, 1, instance, row_columns, sum_columns);
    struct arena *arena = &job->arena;
    Plan__GroupAggregate *aggregate = ARENA_NEW(arena, Plan__GroupAggregate);
    plan__group_aggregate__init(aggregate);
    aggregate->keys = job->nodes[1].distribution_columns;
    aggregate->n_keys = 1;
    aggregate->aggregates = ARENA_ARRAY(arena, Plan__AggregateCall *, 2);
    aggregate->aggregates[0] = aggregate_call(arena, "sum_bigint", true);
    aggregate->aggregates[1] = aggregate_call(arena, "count_star", false);
    aggregate->n_aggregates = 2;
    aggregate->emit_before = true;
    node->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    node->group_aggregate = aggregate;
    node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    open_task(job, 1, instance, operator_class_for(node), node);
}

static void open_collector(struct job *job) {
    const Plan__Node *node = start_task(job, 2, 0, sum_columns, sum_columns);
    open_task(job, 2, 0, &collect_class, node);
    collecting = &job->tasks[TASKS - 1];
}

static void open_job(struct job *job, uint32_t batch_limit) {
    struct error error = {0};
    arena_init(&job->arena);
    plan_job(job);
    assert_int_equal(execution_graph_build(&job->arena, &job->plan, &job->graph, &error), STATUS_OK);
    assert_int_equal(job->graph.task_count, TASKS);
    struct network_config config = {.arena = &job->arena, .graph = &job->graph, .batch_limit = batch_limit};
    assert_int_equal(network_open(&job->network, &config, &error), STATUS_OK);
    for (uint32_t i = 0; i < SOURCES; i++)
        open_source(job, i);
    for (uint32_t i = 0; i < AGGREGATES; i++)
        open_aggregate(job, i);
    open_collector(job);
}

static void close_job(struct job *job) {
    network_close(&job->network);
    for (uint32_t i = TASKS; i > 0; i--) { /* borrowers before lenders */
        struct task *task = &job->tasks[i - 1];
        operator_close(task->router);
        receiver_close(&task->receiver);
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
    job->late_end = late_end;
    open_job(job, batch_limit);
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

static void *run_source_until_cancelled(void *context) {
    struct task *task = context;
    uint64_t seed = 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct batch *batch = random_batch(task, &seed);
        status = operator_on_batch(task->chain.tested, 0, batch, &task->chain.error);
        batch_release(batch);
    }
    assert_int_equal(status, STATUS_CANCELLED);
    return NULL;
}

/* One aggregate is gone; the sources wait for room, the others for rows that do not come; a failure cancels all. What was under way
 * is released. */
static void cancelled_in_the_midst(void **state) {
    (void)state;
    struct job *job = memory_zalloc(sizeof *job);
    pthread_t threads[TASKS];
    void *result;
    open_job(job, 2);
    struct task *gone = &job->tasks[SOURCES];
    for (uint32_t i = 0; i < TASKS; i++)
        if (&job->tasks[i] != gone)
            assert_int_equal(pthread_create(&threads[i], NULL, i < SOURCES ? run_source_until_cancelled : run_receiver,
                                            &job->tasks[i]),
                             0);
    bool made_progress = false;
    while (!made_progress) /* something is on its way through it */
        check(gone, receiver_step(&gone->receiver, &made_progress, &gone->chain.error));
    network_cancel(&job->network);
    for (uint32_t i = 0; i < TASKS; i++)
        if (&job->tasks[i] != gone) {
            pthread_join(threads[i], &result);
            assert_ptr_equal(result, i < SOURCES ? NULL : &job->tasks[i]);
        }
    close_job(job);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshots_are_consistent),
        cmocka_unit_test(through_narrow_channels),
        cmocka_unit_test(when_a_source_has_ended),
        cmocka_unit_test(cancelled_in_the_midst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
