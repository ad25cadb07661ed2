/* job_test.c: jobs as a whole: results, ends, stops, failures, idleness, flushing, processing time, published status. */
#include "tests/unit/runtime/memory_job.h"

#include <pthread.h>
#include <sched.h>

#include "core/data/row_codec.h"

static const char *const count_and_sum[] = {"count_star", "sum_bigint", NULL};
static const char *const count_only[] = {"count_star", NULL};

static const struct memory_row four_rows[] = {
    {1, 10, 1000, 0, 0, 0}, {2, 20, 2000, 1000, 0, 0}, {1, 30, 12000, 11000, 0, 0}, {1, 5, 3000, 2000, 0, 0}};

static void free_job(struct memory_plan *plan) {
    job_free(memory.job);
    memory.job = NULL;
    arena_release(&plan->arena);
}

static void rows_pass_from_source_to_client(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_sink(&plan, "");
    memory_reset(four_rows, 4);
    memory_run_ok(&plan, 3);
    assert_string_equal(strbuf_text(&output.text),
                        "+I 1 10 1000 0\n+I 2 20 2000 1000\n+I 1 30 12000 11000\n+I 1 5 3000 2000\n");
    assert_int_equal(job_rows_in(memory.job), 4);
    assert_int_equal(job_operator_count(memory.job), 2);
    struct job_operator_status status;
    job_operator_status(memory.job, 1, &status);
    assert_string_equal(status.name, "Sink");
    assert_int_equal(status.counters.rows_in, 4);
    assert_int_equal(status.watermark_us, WATERMARK_END);
    free_job(&plan);
    assert_true(memory.closed);
}

static void late_rows_are_counted(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_and_sum);
    plan_add_sink(&plan, "memory");
    memory_reset(four_rows, 4);
    memory_run_ok(&plan, 2048);
    assert_string_equal(strbuf_text(&output.text),
                        "+I 1 1 10 0 10000 9000\n+I 2 1 20 0 10000 9000\n+I 1 1 30 10000 20000 19000\n");
    assert_int_equal(job_rows_late(memory.job), 1);
    assert_int_equal(output.flush_count, 1);
    free_job(&plan);
    assert_true(output.closed);
}

static void watermark_waits_for_the_slowest_split(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{1, 1, 1000, 1000, 0, 0},   {1, 1, 50000, 50000, 0, 0},
                                             {2, 1, 2000, 2000, 1, 0},   {2, 1, 8000, 8000, 1, 0},
                                             {1, 1, 60000, 60000, 0, 0}, {2, 1, 70000, 70000, 1, 0}};
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_only);
    plan_add_sink(&plan, "");
    memory_reset(rows, 6);
    memory.split_count = 2;
    memory_run_ok(&plan, 1);
    assert_int_equal(job_rows_late(memory.job), 0);
    assert_int_equal(job_split_count(memory.job), 2);
    struct job_split_status split;
    job_split_status(memory.job, 1, &split);
    assert_string_equal(split.name, "memory-1");
    assert_int_equal(split.rows, 3);
    assert_int_equal(split.watermark_us, 70000);
    assert_true(split.ended);
    free_job(&plan);
}

/* Two splits, an idle timeout of 5 s, windows of 10 ms. */
static void run_splits(struct memory_plan *plan, const struct memory_row rows[4], bool caught_up,
                       void (*on_poll)(struct memory_table *table, uint32_t next_row)) {
    plan_init(plan);
    plan_add_scan(plan, true, 5000000);
    plan_add_window(plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_only);
    plan_add_sink(plan, "");
    memory_reset(rows, 4);
    memory.split_count = 2;
    memory.caught_up = caught_up;
    memory.on_poll = on_poll;
    memory.world = env_virtual_new(1000000, 1);
    memory_run_ok(plan, 10);
}

/* Split 1 gives nothing for longer than the timeout: split 0 goes on alone. */
static void idle_split_does_not_hold_windows_back(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{1, 1, 1000, 1000, 0, 0},
                                             {1, 1, 50000, 50000, 0, 0},
                                             {1, 1, 51000, 51000, 0, 6000000},
                                             {2, 1, 2000, 2000, 1, 0}};
    for (int caught_up = 0; caught_up < 2; caught_up++) {
        struct memory_plan plan;
        run_splits(&plan, rows, caught_up, NULL);
        assert_int_equal(job_rows_late(memory.job), caught_up);
        assert_string_equal(strbuf_text(&output.text),
                            caught_up ? "+I 1 1 0 10000 9000\n+I 1 2 50000 60000 59000\n"
                                      : "+I 1 1 0 10000 9000\n+I 2 1 0 10000 9000\n+I 1 2 50000 60000 59000\n");
        free_job(&plan);
        env_virtual_free(memory.world);
    }
}

static void set_the_clock_an_hour_ahead(struct memory_table *table, uint32_t next_row) {
    if (next_row == 2)
        env_virtual_set_now(table->world, 3600000000);
}

/* Nobody was quiet for longer: the third row comes 6 ms after the second. */
static void a_clock_that_is_set_makes_no_split_idle(void **state) {
    (void)state;
    static const struct memory_row rows[] = {
        {1, 1, 1000, 1000, 0, 0}, {1, 1, 50000, 50000, 0, 0}, {1, 1, 51000, 51000, 0, 6000}, {2, 1, 2000, 2000, 1, 0}};
    struct memory_plan plan;
    run_splits(&plan, rows, true, set_the_clock_an_hour_ahead);
    assert_int_equal(job_rows_late(memory.job), 0);
    free_job(&plan);
    env_virtual_free(memory.world);
}

static void null_event_time_is_an_error(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{1, 1, 1000, 1000, 0, 0}, {1, 1, ROW_NULL, 1000, 0, 0}};
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_only);
    plan_add_sink(&plan, "");
    memory_reset(rows, 2);
    struct error error = {0};
    assert_int_equal(memory_run(&plan, 10, &error), STATUS_NOT_NULL_VIOLATION);
    assert_non_null(strstr(error.message, "\"ts\""));
    free_job(&plan);
}

static void failing_source_ends_the_job_and_reports(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_sink(&plan, "memory");
    memory_reset(four_rows, 4);
    memory.fail_after = 2;
    struct error error = {0};
    assert_int_equal(memory_run(&plan, 1, &error), STATUS_CONNECTION_FAILURE);
    assert_int_equal(job_rows_in(memory.job), 2);
    free_job(&plan);
    assert_true(memory.closed);
    assert_true(output.closed);
}

static void failing_sink_ends_the_job(void **state) {
    (void)state;
    for (int collects = 0; collects < 2; collects++) {
        struct memory_plan plan;
        plan_init(&plan);
        plan_add_scan(&plan, true, 0);
        plan_add_window(&plan, PLAN__WINDOW_KIND__HOP, 10000, 5000, 0, true, count_only);
        plan_add_sink(&plan, collects ? "" : "memory");
        memory_reset(four_rows, 4);
        output.fail_after = 1;
        struct error error = {0};
        assert_int_equal(memory_run(&plan, 10, &error), STATUS_BROKEN_PIPE);
        free_job(&plan);
    }
}

static void unknown_connector_and_zone_are_refused(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0)->connector = "mysql";
    plan_add_sink(&plan, "");
    memory_reset(four_rows, 4);
    struct job_config config = {
        .plan = &plan.plan, .registry = &memory_registry, .env = env_posix(), .result = &output.target};
    struct error error = {0};
    struct job *job = NULL;
    assert_int_equal(job_open(&config, &job, &error), STATUS_INVALID_OPTION);
    assert_non_null(strstr(error.message, "mysql"));
    plan.nodes[0]->scan->connector = "memory";
    config.time_zone = "Mars/Olympus";
    assert_int_equal(job_open(&config, &job, &error), STATUS_INVALID_OPTION);
    assert_null(job);
    arena_release(&plan.arena);
}

static void stop_when_rows_are_out(struct memory_table *table, uint32_t next_row) {
    if (next_row == table->row_count)
        job_stop(table->job);
}

static void stop_flushes_changes_but_no_open_windows(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    Plan__GroupAggregate *group = plan_add_group(&plan, true, count_and_sum);
    group->mini_batch_rows = 1000;
    group->mini_batch_us = 60000000;
    plan.nodes[1]->change_mode = PLAN__CHANGE_MODE__UPSERT;
    plan_add_sink(&plan, "");
    memory_reset(four_rows, 4);
    memory.unbounded = true;
    memory.on_poll = stop_when_rows_are_out;
    memory_run_ok(&plan, 10);
    assert_string_equal(strbuf_text(&output.text), "+I 1 3 45\n+I 2 1 20\n");
    free_job(&plan);

    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_only);
    plan_add_sink(&plan, "");
    memory_reset(four_rows, 3);
    memory.unbounded = true;
    memory.on_poll = stop_when_rows_are_out;
    memory_run_ok(&plan, 10);
    assert_string_equal(strbuf_text(&output.text), "+I 1 1 0 10000 9000\n+I 2 1 0 10000 9000\n");
    free_job(&plan);
}

static void limit_ends_an_unbounded_source(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    Plan__Node *node = plan_add(&plan, PLAN__NODE__OPERATION_LIMIT);
    node->output = plan.nodes[0]->output;
    node->n_output = plan.nodes[0]->n_output;
    node->limit = ARENA_NEW(&plan.arena, Plan__Limit);
    plan__limit__init(node->limit);
    node->limit->has_limit = true;
    node->limit->limit = 2;
    plan_add_sink(&plan, "");
    memory_reset(four_rows, 4);
    memory.unbounded = true;
    memory_run_ok(&plan, 1);
    assert_int_equal(job_rows_in(memory.job), 2);
    assert_string_equal(strbuf_text(&output.text), "+I 1 10 1000 0\n+I 2 20 2000 1000\n");
    free_job(&plan);
}

/* Windows of 10 ms of processing time; rows come 4 ms apart. */
static void processing_time_windows_close_by_the_clock(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{1, 1, 0, 0, 0, 0},
                                             {1, 1, 0, 0, 0, 4000},
                                             {2, 1, 0, 0, 0, 4000},
                                             {1, 1, 0, 0, 0, 4000},
                                             {1, 1, 0, 0, 0, 50000}};
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    Plan__WindowAggregate *window = plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_only);
    window->window->processing_time = true;
    plan_add_sink(&plan, "");
    memory_reset(rows, 5);
    memory.world = env_virtual_new(1000000, 1);
    memory_run_ok(&plan, 10);
    assert_string_equal(strbuf_text(&output.text), "+I 1 2 1000000 1010000 1009000\n+I 2 1 1000000 1010000 1009000\n"
                                                   "+I 1 1 1010000 1020000 1019000\n+I 1 1 1060000 1070000 1069000\n");
    free_job(&plan);
    env_virtual_free(memory.world);
}

static void results_every_so_often(void **state) {
    (void)state;
    static const struct memory_row rows[] = {
        {1, 1, 1000, 0, 0, 0}, {1, 2, 1500, 0, 0, 400000}, {1, 3, 1600, 0, 0, 2000000}, {1, 4, 1700, 0, 0, 300000}};
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    Plan__WindowAggregate *window = plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 0, 0, true, count_and_sum);
    window->emit = PLAN__EMIT__EVERY;
    window->emit_interval_us = 1000000;
    plan.nodes[1]->change_mode = PLAN__CHANGE_MODE__RETRACT;
    plan_add_sink(&plan, "");
    memory_reset(rows, 4);
    memory.world = env_virtual_new(1000000, 1);
    memory_run_ok(&plan, 10);
    assert_string_equal(strbuf_text(&output.text), "+I 1 2 3 0 10000 9000\n"
                                                   "-U 1 2 3 0 10000 9000\n+U 1 4 10 0 10000 9000\n");
    free_job(&plan);
    env_virtual_free(memory.world);
}

static void stop_after_a_while(struct memory_table *table, uint32_t next_row) {
    (void)next_row;
    if (table->waited_us > 3000000)
        job_stop(table->job);
}

static void let_time_pass(struct memory_table *table, uint32_t next_row) {
    (void)next_row;
    env_virtual_advance(table->world, 50000);
}

static void idle_job_waits_instead_of_spinning(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_sink(&plan, "memory");
    memory_reset(four_rows, 4);
    memory.unbounded = true;
    memory.world = env_virtual_new(0, 1);
    memory.on_poll = stop_after_a_while;
    memory_run_ok(&plan, 10);
    assert_true(memory.poll_count < 100);    /* three seconds in steps of up to 100 ms */
    assert_int_equal(output.flush_count, 1); /* once, soon after the rows; nothing to flush later */
    free_job(&plan);
    env_virtual_free(memory.world);
}

/* A row that needs no reading, to the client. */
static void plan_values(struct memory_plan *plan) {
    struct strbuf row;
    struct column column;
    plan_init(plan);
    Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_VALUES);
    plan_add_column(plan, node, "v", &type_bigint);
    Plan__Values *values = node->values = ARENA_NEW(&plan->arena, Plan__Values);
    plan__values__init(values);
    column_init(&column, &plan->arena, &type_bigint, 1);
    COLUMN_VALUES(&column, int64_t)[0] = 7;
    strbuf_init(&row);
    row_encode_exact(&row, &column, 1, 0);
    values->rows = ARENA_NEW(&plan->arena, ProtobufCBinaryData);
    values->rows[0] = (ProtobufCBinaryData){.len = row.size, .data = arena_copy(&plan->arena, row.data, row.size)};
    values->n_rows = 1;
    strbuf_release(&row);
    plan_add_sink(plan, "");
}

/* The stop comes before the row: its epoch must not say that the input has ended, or the row is in no epoch ever. */
static void a_stop_before_rows_that_need_no_reading_keeps_them(void **state) {
    (void)state;
    struct memory_plan plan;
    struct error error = {0};
    char folder[64];
    make_folder(folder, "values");
    plan_values(&plan);
    for (uint32_t process = 0; process < 3; process++) {
        memory_reset(NULL, 0);
        struct job_config config = {.plan = &plan.plan,
                                    .registry = &memory_registry,
                                    .env = env_posix(),
                                    .result = &output.target,
                                    .checkpoint_uri = folder};
        assert_int_equal(job_open(&config, &memory.job, &error), STATUS_OK);
        if (process == 0)
            job_stop(memory.job);
        assert_int_equal(job_run(memory.job, &error), STATUS_OK);
        job_free(memory.job);
        assert_string_equal(strbuf_text(&output.text), process == 1 ? "+I 7\n" : "");
    }
    strbuf_release(&output.text);
    remove_tree(folder);
    arena_release(&plan.arena);
}

static void upsert_sink_never_sees_update_before(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_group(&plan, true, count_only)->emit_before = true;
    plan.nodes[1]->change_mode = PLAN__CHANGE_MODE__RETRACT;
    plan_add_sink(&plan, "memory");
    memory_reset(four_rows, 4);
    output.changes = SINK_UPSERT;
    memory_run_ok(&plan, 2);
    assert_string_equal(strbuf_text(&output.text), "+I 1 1\n+I 2 1\n+U 1 3\n");
    free_job(&plan);
}

static void sinks_are_flushed_every_second_while_rows_come(void **state) {
    (void)state;
    enum { ROWS = 100 };
    static struct memory_row rows[ROWS];
    for (int i = 0; i < ROWS; i++)
        rows[i] = (struct memory_row){.key = i, .value = i};
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_sink(&plan, "memory");
    memory_reset(rows, ROWS);
    memory.world = env_virtual_new(0, 1);
    memory.on_poll = let_time_pass; /* 50 ms per row */
    memory_run_ok(&plan, 1);
    assert_in_range(output.flush_count, 4, 7);
    free_job(&plan);
    env_virtual_free(memory.world);
}

/* Another thread looks at a running job, and stops it. */
static void *observe_and_stop(void *context) {
    struct job *job = context;
    uint64_t rows = 0;
    while (rows < 1000) {
        assert_true(job_rows_in(job) >= rows);
        rows = job_rows_in(job);
        for (uint32_t i = 0; i < job_operator_count(job); i++) {
            struct job_operator_status status;
            job_operator_status(job, i, &status);
            assert_true(status.counters.rows_out <= status.counters.rows_in);
        }
        for (uint32_t i = 0; i < job_split_count(job); i++) {
            struct job_split_status split;
            job_split_status(job, i, &split);
            assert_string_equal(split.source, "t");
        }
        sched_yield();
    }
    job_stop(job);
    return NULL;
}

static pthread_t observer;

static void start_observer_then_repeat(struct memory_table *table, uint32_t next_row) {
    if (table->poll_count == 1)
        assert_int_equal(pthread_create(&observer, NULL, observe_and_stop, table->job), 0);
    if (next_row == table->row_count)
        table->next_row = 0;
}

static void other_threads_may_look_and_stop(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    plan_add_sink(&plan, "memory");
    memory_reset(four_rows, 4);
    memory.unbounded = true;
    memory.on_poll = start_observer_then_repeat;
    memory_run_ok(&plan, 1);
    assert_int_equal(pthread_join(observer, NULL), 0);
    assert_true(job_rows_in(memory.job) >= 1000);
    free_job(&plan);
}

/* c < 2 over (k, c) of a count: a row that counts on leaves the result. */
static void plan_add_filter(struct memory_plan *plan) {
    Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_CALC);
    Plan__Calc *calc = node->calc = ARENA_NEW(&plan->arena, Plan__Calc);
    plan__calc__init(calc);
    const Plan__Node *input = plan->nodes[node->id - 1];
    struct expression *columns[] = {expression_column(&plan->arena, 0, &type_bigint, 0),
                                    expression_column(&plan->arena, 1, &type_bigint, 0)};
    struct expression *both[] = {columns[1], expression_bigint(&plan->arena, 2, 0)};
    struct expression *condition;
    assert_int_equal(expression_call(&plan->arena, "<", both, 2, 0, &condition, NULL), STATUS_OK);
    calc->condition = plan_expression_encode(&plan->arena, condition);
    calc->projections = ARENA_ARRAY(&plan->arena, Plan__Expression *, 2);
    calc->n_projections = 2;
    for (size_t i = 0; i < 2; i++)
        calc->projections[i] = plan_expression_encode(&plan->arena, columns[i]);
    node->output = input->output;
    node->n_output = input->n_output;
    node->change_mode = input->change_mode;
}

static void upsert_sink_deletes_rows_that_a_filter_takes_away(void **state) {
    (void)state;
    struct memory_plan plan;
    uint32_t key = 0;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_group(&plan, true, count_only)->emit_before = true;
    plan.nodes[1]->change_mode = PLAN__CHANGE_MODE__RETRACT;
    plan_add_filter(&plan);
    Plan__Sink *sink = plan_add_sink(&plan, "memory");
    sink->key_columns = &key;
    sink->n_key_columns = 1;
    memory_reset(four_rows, 4);
    output.changes = SINK_UPSERT;
    memory_run_ok(&plan, 2);
    assert_string_equal(strbuf_text(&output.text), "+I 1 1\n+I 2 1\n-D 1 1\n");
    free_job(&plan);
}

static void append_only_sink_refuses_changes(void **state) {
    (void)state;
    struct memory_plan plan;
    plan_init(&plan);
    plan_add_scan(&plan, false, 0);
    plan_add_group(&plan, true, count_only);
    plan.nodes[1]->change_mode = PLAN__CHANGE_MODE__UPSERT;
    plan_add_sink(&plan, "memory");
    memory_reset(four_rows, 4);
    struct error error = {0};
    assert_int_equal(memory_run(&plan, 2, &error), STATUS_UNSUPPORTED);
    arena_release(&plan.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_pass_from_source_to_client),
        cmocka_unit_test(late_rows_are_counted),
        cmocka_unit_test(watermark_waits_for_the_slowest_split),
        cmocka_unit_test(idle_split_does_not_hold_windows_back),
        cmocka_unit_test(a_clock_that_is_set_makes_no_split_idle),
        cmocka_unit_test(null_event_time_is_an_error),
        cmocka_unit_test(failing_source_ends_the_job_and_reports),
        cmocka_unit_test(failing_sink_ends_the_job),
        cmocka_unit_test(unknown_connector_and_zone_are_refused),
        cmocka_unit_test(stop_flushes_changes_but_no_open_windows),
        cmocka_unit_test(limit_ends_an_unbounded_source),
        cmocka_unit_test(processing_time_windows_close_by_the_clock),
        cmocka_unit_test(results_every_so_often),
        cmocka_unit_test(idle_job_waits_instead_of_spinning),
        cmocka_unit_test(sinks_are_flushed_every_second_while_rows_come),
        cmocka_unit_test(other_threads_may_look_and_stop),
        cmocka_unit_test(a_stop_before_rows_that_need_no_reading_keeps_them),
        cmocka_unit_test(upsert_sink_never_sees_update_before),
        cmocka_unit_test(upsert_sink_deletes_rows_that_a_filter_takes_away),
        cmocka_unit_test(append_only_sink_refuses_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
