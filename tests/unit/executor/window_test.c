/* window_test.c: windows, case by case: bounds, updates, late rows, retractions, time zones, and the table functions.
 * Agreement with a naive model over random streams is tests/unit/runtime/window_model_test.c. */
#include "tests/unit/executor/chain.h"

struct window_shape {
    Plan__WindowKind kind;
    int64_t size_us, slide_us, offset_us;
    bool global;
    Plan__Emit emit;
    int64_t lateness_us;
    Plan__ChangeMode input_mode;
    bool input_has_window;
    const char *time_type; /* NULL: TIMESTAMP */
};

static Plan__Window *window_node(struct chain *chain, const struct window_shape *shape, uint32_t time_column) {
    Plan__Window *window = ARENA_NEW(&chain->arena, Plan__Window);
    plan__window__init(window);
    window->kind = shape->kind;
    window->size_us = shape->kind == PLAN__WINDOW_KIND__SESSION ? 0 : shape->size_us;
    window->gap_us = shape->kind == PLAN__WINDOW_KIND__SESSION ? shape->size_us : 0;
    window->slide_us = shape->slide_us;
    window->offset_us = shape->offset_us;
    window->time_column = time_column;
    return window;
}

static void open_window(struct chain *chain, const struct window_shape *shape) {
    const char *type = shape->time_type ? shape->time_type : "TIMESTAMP";
    char input[100], result[200];
    snprintf(input, sizeof input, "k STRING,v BIGINT,ts %s%s", type,
             shape->input_has_window ? ",s TIMESTAMP,e TIMESTAMP" : "");
    snprintf(result, sizeof result, "%sn BIGINT,m BIGINT,s %s!,e %s!,t %s!", shape->global ? "" : "k STRING,", type,
             type, type);
    Plan__Node *node = chain_init(chain, input, result);
    node->operation_case = PLAN__NODE__OPERATION_WINDOW_AGGREGATE;
    bool updates = shape->emit != PLAN__EMIT__ON_CLOSE || shape->lateness_us;
    node->change_mode = updates ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    Plan__WindowAggregate *plan = node->window_aggregate = ARENA_NEW(&chain->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(plan);
    static uint32_t keys[] = {0}, arguments[] = {1};
    plan->window = window_node(chain, shape, 2);
    plan->keys = keys;
    plan->n_keys = !shape->global;
    plan->n_aggregates = 2;
    plan->aggregates = ARENA_ARRAY(&chain->arena, Plan__AggregateCall *, 2);
    for (int i = 0; i < 2; i++) {
        Plan__AggregateCall *call = plan->aggregates[i] = ARENA_NEW(&chain->arena, Plan__AggregateCall);
        plan__aggregate_call__init(call);
        call->aggregate = i ? "max_bigint" : "count_star";
        call->type = plan_type_encode(&chain->arena, &type_bigint);
        call->arguments = arguments;
        call->n_arguments = (size_t)i;
    }
    plan->emit = shape->emit;
    plan->allowed_lateness_us = shape->lateness_us;
    plan->input_has_window = shape->input_has_window;
    plan->window_start_column = 3;
    plan->window_end_column = 4;
    chain->input_node->change_mode = shape->input_mode;
    chain_open(chain, node);
}

static void hop_closes_in_order_of_ends(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 10000, .slide_us = 5000});
    chain.collector->shows_control = true;
    chain_push(&chain, "a 1 12000\nb 2 3000\na 5 7000");
    chain_watermark(&chain, 4998);
    chain_expect(&chain, "~4998\n");
    chain_watermark(&chain, 14999);
    chain_expect(&chain, "+I b 1 2 -5000 5000 4000\n+I b 1 2 0 10000 9000\n+I a 1 5 0 10000 9000\n"
                         "+I a 2 5 5000 15000 14000\n~14999\n");
    chain_push(&chain, "c 1 9000\nd 1 14000\ne 1 10000"); /* [0,10000) and [5000,15000) are closed */
    assert_int_equal(chain.tested->counters.rows_late, 1);
    chain_end(&chain);
    chain_expect(&chain, "+I a 1 1 10000 20000 19000\n+I d 1 1 10000 20000 19000\n+I e 1 1 10000 20000 19000\nend\n");
    assert_int_equal(chain.tested->counters.rows_merged, 5);
    assert_int_equal(chain.tested->counters.state_rows, 0);
    chain_close(&chain);
}

static void cumulate_grows_until_its_size(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__CUMULATE, .size_us = 9000, .slide_us = 3000});
    chain_push(&chain, "a 1 1000\nb 2 4000");
    chain_watermark(&chain, 5999);
    chain_expect(&chain, "+I a 1 1 0 3000 2000\n+I a 1 1 0 6000 5000\n+I b 1 2 0 6000 5000\n");
    chain_push(&chain, "a 9 500\nc 3 9500"); /* the first counts in the last window only */
    chain_end(&chain);
    chain_expect(&chain, "+I a 2 9 0 9000 8000\n+I b 1 2 0 9000 8000\n"
                         "+I c 1 3 9000 12000 11000\n+I c 1 3 9000 15000 14000\n+I c 1 3 9000 18000 17000\n");
    assert_int_equal(chain.tested->counters.rows_late, 0);
    chain_close(&chain);
}

static void without_keys(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000, .global = true});
    chain_push(&chain, "a 1 1000\nb 7 2000\nb 3 25000");
    chain_end(&chain);
    chain_expect(&chain, "+I 2 7 0 10000 9000\n+I 1 3 20000 30000 29000\n");
    chain_close(&chain);
}

static void updates_while_the_window_is_open(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){
                            .kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000, .emit = PLAN__EMIT__ON_UPDATE});
    chain_push(&chain, "a 1 1000\na 2 2000\nb 1 11000");
    chain_expect(&chain, "+I a 2 2 0 10000 9000\n+I b 1 1 10000 20000 19000\n");
    chain_push(&chain, "a 1 3000");
    chain_expect(&chain, "-U a 2 2 0 10000 9000\n+U a 3 2 0 10000 9000\n");
    chain_watermark(&chain, 9999);
    chain_expect(&chain, ""); /* nothing changed since */
    chain_push(&chain, "a 1 4000");
    chain_expect(&chain, "");
    assert_int_equal(chain.tested->counters.rows_late, 1);
    chain_close(&chain);
}

static void late_rows_within_the_lateness_update(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain,
                &(struct window_shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000, .lateness_us = 5000});
    chain_push(&chain, "a 1 1000\nb 2 2000");
    chain_expect(&chain, "");
    chain_watermark(&chain, 9999);
    chain_expect(&chain, "+I a 1 1 0 10000 9000\n+I b 1 2 0 10000 9000\n");
    chain_push(&chain, "a 0 3000\na 7 3000\nc 1 4000\na 1 12000");
    chain_expect(&chain, "-U a 1 1 0 10000 9000\n+U a 2 1 0 10000 9000\n-U a 2 1 0 10000 9000\n"
                         "+U a 3 7 0 10000 9000\n+I c 1 1 0 10000 9000\n");
    chain_watermark(&chain, 14998);
    chain_push(&chain, "c 2 4000");
    chain_expect(&chain, "-U c 1 1 0 10000 9000\n+U c 2 2 0 10000 9000\n");
    chain_watermark(&chain, 14999);
    chain_push(&chain, "c 2 4000");
    chain_expect(&chain, "");
    assert_int_equal(chain.tested->counters.rows_late, 1);
    chain_end(&chain);
    chain_expect(&chain, "+I a 1 1 10000 20000 19000\n");
    chain_close(&chain);
}

static void retractions_take_rows_out_of_windows(void **state) {
    (void)state;
    static const Plan__WindowKind kinds[] = {PLAN__WINDOW_KIND__TUMBLE, PLAN__WINDOW_KIND__HOP,
                                             PLAN__WINDOW_KIND__CUMULATE};
    for (size_t i = 0; i < 3; i++) {
        struct chain chain;
        open_window(&chain, &(struct window_shape){.kind = kinds[i],
                                                   .size_us = 10000,
                                                   .slide_us = 10000,
                                                   .input_mode = PLAN__CHANGE_MODE__RETRACT});
        chain_push(&chain, "+I a 5 1000\n+I a 9 2000\n+I b 1 3000");
        chain_push(&chain, "-U a 9 2000\n+U a 4 2000\n-D b 1 3000");
        chain_end(&chain);
        chain_expect(&chain, "+I a 2 5 0 10000 9000\n");
        chain_close(&chain);
    }
}

static void rows_that_bring_their_window(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain,
                &(struct window_shape){
                    .kind = PLAN__WINDOW_KIND__HOP, .size_us = 10000, .slide_us = 5000, .input_has_window = true});
    chain_push(&chain, "a 1 6000 0 10000\na 1 6000 5000 15000\nb 2 6000 0 10000");
    chain_watermark(&chain, 9999);
    chain_expect(&chain, "+I a 1 1 0 10000 9000\n+I b 1 2 0 10000 9000\n");
    chain_push(&chain, "a 1 6000 0 10000\nb 3 6000 5000 15000");
    assert_int_equal(chain.tested->counters.rows_late, 1);
    chain_end(&chain);
    chain_expect(&chain, "+I a 1 1 5000 15000 14000\n+I b 1 3 5000 15000 14000\n");
    chain_close(&chain);
}

static void sessions_extend_merge_and_close(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__SESSION, .size_us = 10000});
    chain_push(&chain, "a 1 1000\nb 9 2000\na 2 11000\na 3 40000"); /* exactly the gap apart is together */
    chain_push(&chain, "a 4 60000\na 5 50000");                     /* the last one joins two sessions */
    chain_watermark(&chain, 20999);
    chain_expect(&chain, "+I b 1 9 2000 12000 11000\n+I a 2 2 1000 21000 20000\n");
    chain_push(&chain, "a 6 5000\na 7 31000\nb 1 11000\nb 2 12000"); /* late; extends to the left; own session open */
    assert_int_equal(chain.tested->counters.rows_late, 2);
    assert_int_equal(chain.tested->counters.state_rows, 2);
    chain_end(&chain);
    chain_expect(&chain, "+I b 1 2 12000 22000 21000\n+I a 4 7 31000 70000 69000\n");
    assert_int_equal(chain.tested->counters.state_rows, 0);
    chain_close(&chain);
}

static void sessions_updated_while_open(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){
                            .kind = PLAN__WINDOW_KIND__SESSION, .size_us = 10000, .emit = PLAN__EMIT__ON_UPDATE});
    chain_push(&chain, "a 1 1000\na 2 30000");
    chain_expect(&chain, "+I a 1 1 1000 11000 10000\n+I a 1 2 30000 40000 39000\n");
    chain_push(&chain, "a 3 5000\nb 1 0");
    chain_expect(&chain, "-D a 1 1 1000 11000 10000\n+I a 2 3 1000 15000 14000\n+I b 1 1 0 10000 9000\n");
    chain_push(&chain, "a 0 14000\na 9 22000"); /* bridges */
    chain_expect(&chain, "-D a 2 3 1000 15000 14000\n-D a 1 2 30000 40000 39000\n+I a 5 9 1000 40000 39000\n");
    chain_end(&chain);
    chain_expect(&chain, "");
    chain_close(&chain);
}

static void days_begin_at_local_midnight(void **state) {
    (void)state;
    struct chain chain;
    int64_t day_us = 24 * 3600 * INT64_C(1000000), hour_us = day_us / 24;
    struct window_shape shape = {
        .kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = day_us, .global = true, .time_type = "LTZ"};
    char rows[200], expected[200];
    int64_t midnight_us = 19844 * day_us - 2 * hour_us; /* 2024-05-01 00:00 in Berlin */
    snprintf(rows, sizeof rows, "a 1 %lld\na 2 %lld\na 3 %lld", (long long)midnight_us - 1000, (long long)midnight_us,
             (long long)(midnight_us + day_us - 1000));
    snprintf(expected, sizeof expected, "+I 1 1 %lld %lld %lld\n+I 2 3 %lld %lld %lld\n",
             (long long)(midnight_us - day_us), (long long)midnight_us, (long long)midnight_us - 1000,
             (long long)midnight_us, (long long)(midnight_us + day_us), (long long)(midnight_us + day_us - 1000));
    chain_zone = "Europe/Berlin";
    open_window(&chain, &shape);
    chain_zone = "UTC";
    chain_push(&chain, rows);
    chain_watermark(&chain, midnight_us - 2);
    chain_expect(&chain, "");
    chain_watermark(&chain, midnight_us - 1);
    chain_watermark(&chain, midnight_us + day_us - 1);
    chain_expect(&chain, expected);
    chain_close(&chain);
}

/* 2024-10-27, Berlin: 02:00 to 03:00 comes twice. An hour's window takes the rows of both. */
static void an_hour_that_comes_twice_is_one_window(void **state) {
    (void)state;
    struct chain chain;
    int64_t hour_us = 3600 * INT64_C(1000000);
    int64_t first_us = 20023 * 24 * hour_us; /* 00:00 UTC: 02:00 summer time */
    struct window_shape shape = {
        .kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = hour_us, .global = true, .time_type = "LTZ"};
    chain_zone = "Europe/Berlin";
    open_window(&chain, &shape);
    chain_zone = "UTC";
    char rows[100];
    snprintf(rows, sizeof rows, "a 1 %lld", (long long)first_us + 60000000);
    chain_push(&chain, rows);
    chain_watermark(&chain, first_us + hour_us + 59000000);
    chain_expect(&chain, "");
    snprintf(rows, sizeof rows, "a 2 %lld", (long long)(first_us + hour_us + 60000000));
    chain_push(&chain, rows);
    assert_int_equal(chain.tested->counters.rows_late, 0);
    chain_watermark(&chain, first_us + 2 * hour_us - 1);
    assert_non_null(strstr(strbuf_text(&chain.out), "+I 2 2 "));
    chain_close(&chain);
}

static void null_time_is_an_error(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000});
    assert_int_equal(chain_try_push(&chain, 0, "a 1 NULL"), STATUS_NOT_NULL_VIOLATION);
    assert_non_null(strstr(chain.error.message, "\"ts\""));
    chain_close(&chain);
}

static void times_out_of_range_are_an_error(void **state) {
    (void)state;
    struct chain chain;
    open_window(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000});
    assert_int_equal(chain_try_push(&chain, 0, "a 1 9223372036854775807"), STATUS_OUT_OF_RANGE);
    assert_int_equal(chain_try_push(&chain, 0, "a 1 -9223372036854775807"), STATUS_OUT_OF_RANGE);
    chain_close(&chain);
}

/* ---- table functions ---- */

static void open_table(struct chain *chain, const struct window_shape *shape) {
    Plan__Node *node =
        chain_init(chain, "k STRING,ts TIMESTAMP", "k STRING,ts TIMESTAMP,s TIMESTAMP!,e TIMESTAMP!,t TIMESTAMP!");
    node->operation_case = PLAN__NODE__OPERATION_WINDOW_TABLE;
    node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    node->window_table = ARENA_NEW(&chain->arena, Plan__WindowTable);
    plan__window_table__init(node->window_table);
    node->window_table->window = window_node(chain, shape, 1);
    chain_open(chain, node);
}

static void table_functions_append_windows(void **state) {
    (void)state;
    struct chain chain;
    open_table(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000, .offset_us = 1000});
    chain_push(&chain, "a 1000\nNULL 999");
    chain_push(&chain, "-U b 5000\n+U b 6000");
    chain_expect(&chain, "+I a 1000 1000 11000 10000\n+I NULL 999 -9000 1000 0\n"
                         "-U b 5000 1000 11000 10000\n+U b 6000 1000 11000 10000\n");
    chain_close(&chain);
    open_table(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 10000, .slide_us = 4000});
    chain.context.batch_rows = 2;
    chain_push(&chain, "a 5000\n-D b 9000");
    chain_expect(&chain, "+I a 5000 -4000 6000 5000\n+I a 5000 0 10000 9000\n+I a 5000 4000 14000 13000\n"
                         "-D b 9000 0 10000 9000\n-D b 9000 4000 14000 13000\n-D b 9000 8000 18000 17000\n");
    assert_int_equal(chain.tested->counters.batches_out, 3);
    chain_close(&chain);
    open_table(&chain, &(struct window_shape){.kind = PLAN__WINDOW_KIND__CUMULATE, .size_us = 9000, .slide_us = 3000});
    chain_push(&chain, "a 3000\nb 8999");
    chain_expect(&chain, "+I a 3000 0 6000 5000\n+I a 3000 0 9000 8000\n+I b 8999 0 9000 8000\n");
    chain_close(&chain);
}

/* Random rows, some of them late; keys come and go, and windows close while a snapshot needs them. */
static void run_random(const struct window_shape *shape, int64_t lateness_us) {
    struct chain chain;
    struct strbuf rows;
    strbuf_init(&rows);
    open_window(&chain, shape);
    chain.collector->shows_control = true;
    int64_t now_us = 0;
    for (int batch = 0; batch < 120; batch++) {
        strbuf_reset(&rows);
        for (unsigned i = 1 + chain_random(40); i > 0; i--) {
            now_us += chain_random(900);
            int64_t time_us = now_us - (int64_t)chain_random(6000);
            const char *key = chain_random(3) ? "key" : "a-key-that-is-not-kept-inline";
            strbuf_printf(&rows, "%s%s-%u %u %lld", rows.size ? "\n" : "", key, chain_random(30), chain_random(1000),
                          (long long)time_us);
        }
        chain_push(&chain, rows.data);
        if (chain_random(2))
            chain_watermark(&chain, now_us - lateness_us);
        chain_expect_twin(&chain);
    }
    chain_end(&chain);
    chain_expect_twin(&chain);
    assert_int_equal(chain.tested->counters.rows_late, chain.twin->counters.rows_late);
    chain_close(&chain);
    strbuf_release(&rows);
}

static void random_streams(void **state) {
    (void)state;
    static const struct window_shape shapes[] = {
        {.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000},
        {.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 10000, .lateness_us = 8000},
        {.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 30000, .emit = PLAN__EMIT__ON_UPDATE},
        {.kind = PLAN__WINDOW_KIND__HOP, .size_us = 20000, .slide_us = 5000},
        {.kind = PLAN__WINDOW_KIND__HOP, .size_us = 60000, .slide_us = 3000},
        {.kind = PLAN__WINDOW_KIND__HOP, .size_us = 20000, .slide_us = 10000, .emit = PLAN__EMIT__ON_UPDATE},
        {.kind = PLAN__WINDOW_KIND__CUMULATE, .size_us = 40000, .slide_us = 10000},
        {.kind = PLAN__WINDOW_KIND__SESSION, .size_us = 6000},
        {.kind = PLAN__WINDOW_KIND__SESSION, .size_us = 20000, .emit = PLAN__EMIT__ON_UPDATE},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int64_t lateness_us = 1000; lateness_us < 6000; lateness_us += 2000)
            run_random(&shapes[i], lateness_us);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hop_closes_in_order_of_ends),
        cmocka_unit_test(cumulate_grows_until_its_size),
        cmocka_unit_test(without_keys),
        cmocka_unit_test(updates_while_the_window_is_open),
        cmocka_unit_test(late_rows_within_the_lateness_update),
        cmocka_unit_test(retractions_take_rows_out_of_windows),
        cmocka_unit_test(rows_that_bring_their_window),
        cmocka_unit_test(sessions_extend_merge_and_close),
        cmocka_unit_test(sessions_updated_while_open),
        cmocka_unit_test(days_begin_at_local_midnight),
        cmocka_unit_test(an_hour_that_comes_twice_is_one_window),
        cmocka_unit_test(null_time_is_an_error),
        cmocka_unit_test(times_out_of_range_are_an_error),
        cmocka_unit_test(table_functions_append_windows),
        RESTORED(hop_closes_in_order_of_ends),
        RESTORED(cumulate_grows_until_its_size),
        RESTORED(without_keys),
        RESTORED(updates_while_the_window_is_open),
        RESTORED(late_rows_within_the_lateness_update),
        RESTORED(retractions_take_rows_out_of_windows),
        RESTORED(rows_that_bring_their_window),
        RESTORED(sessions_extend_merge_and_close),
        RESTORED(sessions_updated_while_open),
        RESTORED(days_begin_at_local_midnight),
        RESTORED(an_hour_that_comes_twice_is_one_window),
        RESTORED(null_time_is_an_error),
        RESTORED(times_out_of_range_are_an_error),
        RESTORED(table_functions_append_windows),
        LAYERED(hop_closes_in_order_of_ends),
        LAYERED(cumulate_grows_until_its_size),
        LAYERED(without_keys),
        LAYERED(updates_while_the_window_is_open),
        LAYERED(late_rows_within_the_lateness_update),
        LAYERED(retractions_take_rows_out_of_windows),
        LAYERED(rows_that_bring_their_window),
        LAYERED(sessions_extend_merge_and_close),
        LAYERED(sessions_updated_while_open),
        LAYERED(days_begin_at_local_midnight),
        LAYERED(an_hour_that_comes_twice_is_one_window),
        LAYERED(null_time_is_an_error),
        LAYERED(times_out_of_range_are_an_error),
        LAYERED(table_functions_append_windows),
        LAYERED(random_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
