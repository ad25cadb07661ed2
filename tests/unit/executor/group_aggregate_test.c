/* group_aggregate_test.c: changes of groups, per batch and held back; retractions; final results; expiry. */
#include "tests/unit/executor/chain.h"

struct group_shape {
    bool global; /* no keys */
    bool emit_before, emit_final;
    Plan__ChangeMode input_mode;
    uint64_t mini_batch_rows;
    int64_t mini_batch_us, state_ttl_us;
    const char *calls[4]; /* aggregate ids over column v; "count_star" */
};

static Plan__AggregateCall *call_node(struct chain *chain, const char *id) {
    Plan__AggregateCall *call = ARENA_NEW(&chain->arena, Plan__AggregateCall);
    plan__aggregate_call__init(call);
    call->aggregate = (char *)id;
    call->name = (char *)id;
    call->type = plan_type_encode(&chain->arena, &type_bigint);
    if (strcmp(id, "count_star") != 0) {
        call->arguments = ARENA_ARRAY(&chain->arena, uint32_t, 1);
        call->arguments[0] = 1;
        call->n_arguments = 1;
    }
    return call;
}

static void open_group(struct chain *chain, const struct group_shape *shape) {
    struct strbuf columns;
    strbuf_init(&columns);
    strbuf_append_text(&columns, shape->global ? "" : "k STRING,");
    size_t count = 0;
    for (; count < 4 && shape->calls[count]; count++)
        strbuf_printf(&columns, "a%zu BIGINT,", count);
    Plan__Node *node = chain_init(chain, "k STRING,v BIGINT", columns.data);
    strbuf_release(&columns);
    node->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    node->change_mode = shape->emit_final    ? PLAN__CHANGE_MODE__APPEND
                        : shape->emit_before ? PLAN__CHANGE_MODE__RETRACT
                                             : PLAN__CHANGE_MODE__UPSERT;
    Plan__GroupAggregate *plan = node->group_aggregate = ARENA_NEW(&chain->arena, Plan__GroupAggregate);
    plan__group_aggregate__init(plan);
    static uint32_t keys[] = {0};
    plan->keys = keys;
    plan->n_keys = !shape->global;
    plan->aggregates = ARENA_ARRAY(&chain->arena, Plan__AggregateCall *, count);
    plan->n_aggregates = count;
    for (size_t i = 0; i < count; i++)
        plan->aggregates[i] = call_node(chain, shape->calls[i]);
    plan->emit_before = shape->emit_before;
    plan->emit_final = shape->emit_final;
    plan->mini_batch_rows = shape->mini_batch_rows;
    plan->mini_batch_us = shape->mini_batch_us;
    plan->state_ttl_us = shape->state_ttl_us;
    chain->input_node->change_mode = shape->input_mode;
    chain_open(chain, node);
}

static void changes_go_out_after_each_batch(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){.emit_before = true, .calls = {"count_star", "sum_bigint"}});
    chain_push(&chain, "b 1\na-key-of-some-length 2\nb 3");
    chain_expect(&chain, "+I b 2 4\n+I a-key-of-some-length 1 2\n");
    chain_push(&chain, "NULL 7\nb 1\nb NULL");
    chain_expect(&chain, "+I NULL 1 7\n-U b 2 4\n+U b 4 5\n");
    chain_push(&chain, "NULL NULL");
    chain_expect(&chain, "-U NULL 1 7\n+U NULL 2 7\n");
    chain_end(&chain);
    chain_expect(&chain, "");
    assert_int_equal(chain.tested->counters.rows_merged, 7);
    assert_int_equal(chain.tested->counters.state_rows, 3);
    chain_close(&chain);
}

static void updates_that_change_nothing_are_not_emitted(void **state) {
    (void)state;
    for (int emit_before = 0; emit_before < 2; emit_before++) {
        struct chain chain;
        open_group(&chain, &(struct group_shape){.emit_before = emit_before, .calls = {"max_bigint"}});
        chain_push(&chain, "a 5\nb 6");
        chain_push(&chain, "a 4\nb 9");
        chain_push(&chain, "a NULL");
        chain_expect(&chain, emit_before ? "+I a 5\n+I b 6\n-U b 6\n+U b 9\n" : "+I a 5\n+I b 6\n+U b 9\n");
        chain_close(&chain);
    }
}

static void an_update_is_not_torn_apart(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){.emit_before = true, .calls = {"count_star"}});
    chain.context.batch_rows = 1;
    chain_push(&chain, "a 1\nb 1");
    chain_push(&chain, "a 1\nb 1\nc 1");
    chain_expect(&chain, "+I a 1\n+I b 1\n-U a 1\n+U a 2\n-U b 1\n+U b 2\n+I c 1\n");
    assert_int_equal(chain.tested->counters.batches_out, 5);
    chain_close(&chain);
}

static void retractions_take_rows_out(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){.emit_before = true,
                                             .input_mode = PLAN__CHANGE_MODE__RETRACT,
                                             .calls = {"count_star", "max_bigint"}});
    chain_push(&chain, "+I a 5\n+I a 7\n+I b 1");
    chain_expect(&chain, "+I a 2 7\n+I b 1 1\n");
    chain_push(&chain, "-U a 7\n+U a 6");
    chain_expect(&chain, "-U a 2 7\n+U a 2 6\n");
    chain_push(&chain, "-D b 1\n-D a 5\n+I c 1\n-D c 1"); /* c came and went: nobody hears of it */
    chain_expect(&chain, "-D b 1 1\n-U a 2 6\n+U a 1 6\n");
    chain_push(&chain, "+I b 4");
    chain_expect(&chain, "+I b 1 4\n");
    assert_int_equal(chain.tested->counters.state_rows, 2);
    chain_close(&chain);
}

static void upsert_deletes_by_key(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){.input_mode = PLAN__CHANGE_MODE__RETRACT, .calls = {"sum_bigint"}});
    chain_push(&chain, "+I a 5\n+I a 7");
    chain_push(&chain, "-D a 5\n-D a 7");
    chain_expect(&chain, "+I a 12\n-D a 12\n");
    chain_close(&chain);
}

static void changes_are_held_back_and_merged(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){
                           .emit_before = true, .mini_batch_rows = 5, .mini_batch_us = 1000, .calls = {"sum_bigint"}});
    chain.collector->shows_control = true;
    chain.evaluation.now_us = 50000;
    chain_push(&chain, "a 1\nb 1");
    chain_watermark(&chain, 7);
    chain_push(&chain, "a 1");
    chain_watermark(&chain, 8);
    chain_expect(&chain, "");
    assert_int_equal(chain.tested->next_tick_us, 51000);
    chain_tick(&chain, 50999);
    chain_expect(&chain, "");
    chain_tick(&chain, 51000);
    chain_expect(&chain, "+I a 2\n+I b 1\n~8\n"); /* the watermark does not overtake */
    assert_int_equal(chain.tested->next_tick_us, INT64_MAX);
    chain_watermark(&chain, 9);
    chain_expect(&chain, "~9\n");
    chain_push(&chain, "a 1\na 1\na 1\na 1");
    chain_push(&chain, "b 1\nc 3");
    chain_expect(&chain, "-U a 2\n+U a 6\n-U b 1\n+U b 2\n+I c 3\n");
    chain_push(&chain, "c 1");
    chain_check(&chain, operator_on_flush(chain.tested, &chain.error));
    chain_expect(&chain, "-U c 3\n+U c 4\n");
    chain_push(&chain, "c 1");
    chain_end(&chain);
    chain_expect(&chain, "-U c 4\n+U c 5\nend\n");
    chain_close(&chain);
}

static void final_results_come_at_the_end(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){.emit_final = true,
                                             .input_mode = PLAN__CHANGE_MODE__RETRACT,
                                             .calls = {"count_star", "sum_bigint"}});
    chain.context.batch_rows = 1;
    chain_push(&chain, "+I a 1\n+I b 2\n+I a 3\n-D b 2\n+I c NULL");
    chain_watermark(&chain, 3);
    chain_check(&chain, operator_on_flush(chain.tested, &chain.error));
    chain_expect(&chain, "");
    chain_end(&chain);
    chain_expect(&chain, "+I a 2 4\n+I c 1 NULL\n");
    assert_int_equal(chain.tested->counters.batches_out, 2);
    chain_close(&chain);
}

static void without_keys_there_is_one_group(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain,
               &(struct group_shape){.global = true, .emit_final = true, .calls = {"count_star", "sum_bigint"}});
    chain_end(&chain);
    chain_expect(&chain, "+I 0 NULL\n");
    chain_close(&chain);
    open_group(&chain,
               &(struct group_shape){.global = true, .emit_before = true, .calls = {"count_star", "sum_bigint"}});
    chain_push(&chain, "a 1\nb 2");
    chain_push(&chain, "a 4");
    chain_end(&chain);
    chain_expect(&chain, "+I 2 3\n-U 2 3\n+U 3 7\n");
    chain_close(&chain);
}

static void untouched_state_expires(void **state) {
    (void)state;
    struct chain chain;
    open_group(&chain, &(struct group_shape){.state_ttl_us = 1000, .calls = {"count_star"}});
    chain.evaluation.now_us = 100;
    chain_push(&chain, "a 1\nb 1");
    chain.evaluation.now_us = 900;
    chain_push(&chain, "b 1");
    assert_int_equal(chain.tested->next_tick_us, 1000);
    chain_tick(&chain, 1200);
    assert_int_equal(chain.tested->counters.state_rows, 1);
    assert_int_equal(chain.tested->next_tick_us, 1450);
    chain_push(&chain, "a 1\nb 1");
    chain_expect(&chain, "+I a 1\n+I b 1\n+U b 2\n+I a 1\n+U b 3\n");
    chain_close(&chain);
}

/* Random changes over few keys: what the changes add up to is what counting afresh gives, however rows are batched. */
static void changes_add_up(void **state) {
    (void)state;
    enum { ROWS = 5000, KEYS = 40 };
    static const uint32_t batch_sizes[] = {1, 7, 200, 3000};
    for (size_t size = 0; size < 4; size++) {
        struct chain chain;
        open_group(&chain, &(struct group_shape){.emit_before = true,
                                                 .input_mode = PLAN__CHANGE_MODE__RETRACT,
                                                 .mini_batch_rows = size % 2 ? 500 : 0,
                                                 .mini_batch_us = size % 2 ? 1000000 : 0,
                                                 .calls = {"count_star", "sum_bigint"}});
        int64_t counts[KEYS] = {0}, sums[KEYS] = {0};
        int values[KEYS][ROWS], depth[KEYS] = {0};
        struct strbuf rows;
        strbuf_init(&rows);
        srand(5);
        for (int i = 0; i < ROWS; i++) {
            int key = rand() % KEYS;
            bool removes = depth[key] > 0 && rand() % 100 < 48;
            int value = removes ? values[key][--depth[key]] : rand() % 100;
            if (!removes)
                values[key][depth[key]++] = value;
            counts[key] += removes ? -1 : 1;
            sums[key] += removes ? -value : value;
            strbuf_printf(&rows, "%s%s key-number-%d %d", rows.size ? "\n" : "", removes ? "-D" : "+I", key, value);
            if ((i + 1) % (int)batch_sizes[size] == 0 || i + 1 == ROWS) {
                chain_push(&chain, rows.data);
                strbuf_reset(&rows);
            }
        }
        chain_end(&chain);
        strbuf_release(&rows);
        int64_t seen_counts[KEYS] = {0}, seen_sums[KEYS] = {0};
        char *rest = NULL;
        for (char *line = strtok_r(chain.out.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            int key;
            long long count, sum;
            assert_int_equal(sscanf(line + 3, "key-number-%d %lld %lld", &key, &count, &sum), 3);
            if (line[0] == '-') { /* takes back exactly what stands */
                assert_int_equal(seen_counts[key], count);
                assert_int_equal(seen_sums[key], sum);
                count = sum = 0;
            } else {
                assert_true(line[1] == 'U' || seen_counts[key] == 0);
            }
            seen_counts[key] = count;
            seen_sums[key] = sum;
        }
        for (int key = 0; key < KEYS; key++) {
            assert_int_equal(seen_counts[key], counts[key]);
            assert_int_equal(seen_sums[key], counts[key] ? sums[key] : 0);
        }
        chain_close(&chain);
    }
}

/* Random changes of many groups, with states that own memory; groups go, come back, and come out at the end in the order of their places. */
static void run_random(const struct group_shape *shape) {
    enum { KEYS = 3000 };
    struct chain chain;
    struct strbuf rows;
    int *counts = calloc(KEYS, sizeof *counts);
    bool retracts = shape->input_mode == PLAN__CHANGE_MODE__RETRACT;
    strbuf_init(&rows);
    open_group(&chain, shape);
    for (int batch = 0; batch < 150; batch++) {
        strbuf_reset(&rows);
        for (unsigned i = 1 + chain_random(batch ? 60 : 2000); i > 0; i--) {
            unsigned key = chain_random(batch % 2 ? KEYS : 200);
            bool removes = retracts && counts[key] > 0 && chain_random(2);
            counts[key] += removes ? -1 : 1;
            strbuf_printf(&rows, "%s%s%s-%u %u", rows.size ? "\n" : "", removes ? "-D " : "",
                          key % 2 ? "k" : "a-key-that-is-not-kept-inline", key, key % 10);
        }
        chain_push(&chain, rows.data);
        if (shape->state_ttl_us) {
            chain.evaluation.now_us += 100;
            chain_tick(&chain, chain.evaluation.now_us);
        }
        chain_expect_twin(&chain);
    }
    chain_end(&chain);
    chain_expect_twin(&chain);
    chain_close(&chain);
    strbuf_release(&rows);
    free(counts);
}

static void random_changes(void **state) {
    (void)state;
    run_random(&(struct group_shape){.emit_before = true, .calls = {"count_star", "sum_bigint"}});
    run_random(&(struct group_shape){.input_mode = PLAN__CHANGE_MODE__RETRACT,
                                     .emit_final = true,
                                     .calls = {"count_star", "max_bigint", "sum_bigint"}});
    run_random(&(struct group_shape){.input_mode = PLAN__CHANGE_MODE__RETRACT, .calls = {"max_bigint"}});
    run_random(&(struct group_shape){.state_ttl_us = 1000, .calls = {"count_star"}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_go_out_after_each_batch),
        cmocka_unit_test(updates_that_change_nothing_are_not_emitted),
        cmocka_unit_test(an_update_is_not_torn_apart),
        cmocka_unit_test(retractions_take_rows_out),
        cmocka_unit_test(upsert_deletes_by_key),
        cmocka_unit_test(changes_are_held_back_and_merged),
        cmocka_unit_test(final_results_come_at_the_end),
        cmocka_unit_test(without_keys_there_is_one_group),
        cmocka_unit_test(untouched_state_expires),
        cmocka_unit_test(changes_add_up),
        RESTORED(changes_go_out_after_each_batch),
        RESTORED(updates_that_change_nothing_are_not_emitted),
        RESTORED(an_update_is_not_torn_apart),
        RESTORED(retractions_take_rows_out),
        RESTORED(upsert_deletes_by_key),
        RESTORED(final_results_come_at_the_end),
        RESTORED(without_keys_there_is_one_group),
        RESTORED(untouched_state_expires),
        RESTORED(changes_add_up),
        LAYERED(changes_go_out_after_each_batch),
        LAYERED(updates_that_change_nothing_are_not_emitted),
        LAYERED(an_update_is_not_torn_apart),
        LAYERED(retractions_take_rows_out),
        LAYERED(upsert_deletes_by_key),
        LAYERED(final_results_come_at_the_end),
        LAYERED(without_keys_there_is_one_group),
        LAYERED(untouched_state_expires),
        LAYERED(changes_add_up),
        LAYERED(random_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
