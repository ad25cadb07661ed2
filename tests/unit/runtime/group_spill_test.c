/* group_spill_test.c: GROUP BY with room for a handful of groups against GROUP BY in memory: the same rows in, the same bytes out, over seeded random
 * streams with retractions; snapshots at random moments, in tiny steps, whole and in layers, restored with and without RocksDB. */
#include "tests/unit/runtime/spilling_groups.h"

enum { KEYS = 300, PUSHES = 400, ROWS_MAX = 40 };

struct shape {
    bool retracts, emit_final;
    int64_t state_ttl_us;
    uint64_t mini_batch_rows; /* held back; 0: changes go out after each batch */
    const char *calls[5];     /* ids over column v; "distinct" is COUNT(DISTINCT v) */
};

static void group_open(struct chain *chain, const void *tested, struct state_backend *backend) {
    const struct shape *shape = tested;
    Plan__Node *node = chain_init(chain, "k STRING,v BIGINT", "k STRING,a BIGINT,b BIGINT,c BIGINT,d BIGINT,e BIGINT");
    chain->context.state = backend;
    node->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    node->change_mode = shape->emit_final ? PLAN__CHANGE_MODE__APPEND : PLAN__CHANGE_MODE__RETRACT;
    Plan__GroupAggregate *plan = node->group_aggregate = ARENA_NEW(&chain->arena, Plan__GroupAggregate);
    plan__group_aggregate__init(plan);
    static uint32_t keys[] = {0};
    plan->keys = keys;
    plan->n_keys = 1;
    plan->n_aggregates = sizeof shape->calls / sizeof shape->calls[0];
    plan->aggregates = ARENA_ARRAY(&chain->arena, Plan__AggregateCall *, plan->n_aggregates);
    for (size_t i = 0; i < plan->n_aggregates; i++)
        plan->aggregates[i] = call_node(chain, shape->calls[i]);
    plan->emit_before = !shape->emit_final;
    plan->emit_final = shape->emit_final;
    plan->state_ttl_us = shape->state_ttl_us;
    plan->mini_batch_rows = shape->mini_batch_rows;
    plan->mini_batch_us = shape->mini_batch_rows ? 1000 : 0;
    chain->input_node->change_mode = shape->retracts ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    chain_open(chain, node);
}

static void put_row(struct stream *stream, const char *kind, uint32_t row) {
    uint32_t key = row / 8, value = row % 8;
    put_key(stream, kind, key);
    strbuf_printf(&stream->rows, value ? " %u" : " NULL", value * 11);
}

/* A fifth of the keys has most rows. */
static const char *next_rows(struct stream *stream, bool retracts) {
    strbuf_reset(&stream->rows);
    for (uint32_t left = 1 + draw(stream, ROWS_MAX); left > 0; left--) {
        if (retracts && stream->live_count > 0 && draw(stream, 5) < 2) {
            put_row(stream, "-D", take_live(stream));
            continue;
        }
        uint32_t key = draw(stream, draw(stream, 5) ? KEYS / 5 : KEYS);
        uint32_t row = key * 8 + draw(stream, 8);
        add_live(stream, row);
        put_row(stream, "+I", row);
    }
    return strbuf_text(&stream->rows);
}

/* A row for every key tells what each group was; or the end does. */
static void compare_restored(const struct layers *layers, const struct shape *shape, struct place *place, bool rocks) {
    struct spilling memory, restored;
    spilling_open(&memory, group_open, shape, place, false);
    spilling_open(&restored, group_open, shape, place, rocks);
    restore_both(layers, &memory.chain, &restored.chain);
    struct stream probe = {0};
    strbuf_init(&probe.rows);
    for (uint32_t key = 0; key < KEYS; key++)
        put_row(&probe, "+I", key * 8 + 1);
    push_same(&memory.chain, &restored.chain, strbuf_text(&probe.rows), true);
    chain_end(&memory.chain);
    chain_end(&restored.chain);
    expect_same(&memory.chain, &restored.chain, !shape->emit_final);
    strbuf_release(&probe.rows);
    spilling_close(&memory);
    spilling_close(&restored);
}

/* ---- tests ---- */

static void run_stream(const struct shape *shape, uint64_t seed) {
    struct place place;
    struct spilling memory, tested;
    struct stream stream = {.random = stream_seed(seed)};
    struct layers layers = {0};
    uint32_t compared = 0;
    uint64_t entries_most = 0;
    place_open(&place);
    strbuf_init(&stream.rows);
    spilling_open(&memory, group_open, shape, &place, false);
    spilling_open(&tested, group_open, shape, &place, true);
    for (uint32_t i = 0; i < PUSHES; i++) {
        push_same(&memory.chain, &tested.chain, next_rows(&stream, shape->retracts), true);
        if (!layers.under_way && draw(&stream, 8) == 0)
            snapshot_begin(&layers, &memory.chain, &tested.chain);
        else if (layers.under_way && draw(&stream, 60) == 0)
            snapshot_give_up(&layers, &tested.chain);
        else if (layers.under_way && snapshot_step(&layers, &tested.chain, 1 + draw(&stream, 8000))) {
            compare_restored(&layers, shape, &place, draw(&stream, 2));
            compared++;
        }
        entries_most = spilling_entries(&tested) > entries_most ? spilling_entries(&tested) : entries_most;
    }
    if (!layers.under_way)
        snapshot_begin(&layers, &memory.chain, &tested.chain);
    assert_true(compared > 3);
    assert_true(entries_most > KEYS / 4); /* or nothing was tested */
    chain_end(&memory.chain);
    chain_end(&tested.chain);
    expect_same(&memory.chain, &tested.chain, !shape->emit_final);
    while (!snapshot_step(&layers, &tested.chain, 1000))
        ; /* begun before the end, done after it */
    compare_restored(&layers, shape, &place, true);
    spilling_close(&memory);
    spilling_close(&tested);
    layers_forget(&layers);
    strbuf_release(&layers.whole);
    strbuf_release(&stream.rows);
    place_close(&place);
}

static void inserts(void **state) {
    (void)state;
    run_stream(&(struct shape){.calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "count"}}, 1);
    run_stream(&(struct shape){.calls = {"sum_bigint", "sum_bigint", "distinct", "max_bigint", "count"}}, 2);
}

static void retractions(void **state) {
    (void)state;
    run_stream(&(struct shape){.retracts = true,
                               .calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "distinct"}},
               3);
    run_stream(&(struct shape){.retracts = true, .calls = {"sum_bigint", "sum_bigint", "count", "count", "count"}}, 4);
}

static void changes_held_back(void **state) {
    (void)state;
    run_stream(&(struct shape){.retracts = true,
                               .mini_batch_rows = 100,
                               .calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "distinct"}},
               7);
}

static void final_results(void **state) {
    (void)state;
    run_stream(&(struct shape){.emit_final = true,
                               .calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "distinct"}},
               5);
    run_stream(&(struct shape){.retracts = true,
                               .emit_final = true,
                               .calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "count"}},
               6);
}

static void groups_expire_wherever_they_are(void **state) {
    (void)state;
    const struct shape shape = {.state_ttl_us = 1000,
                                .calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "count"}};
    struct place place;
    struct spilling tested;
    struct stream all = {0};
    place_open(&place);
    strbuf_init(&all.rows);
    spilling_open(&tested, group_open, &shape, &place, true);
    struct chain *chain = &tested.chain;
    for (uint32_t key = 0; key < KEYS; key++)
        put_row(&all, "+I", key * 8 + 1);
    chain_push(chain, strbuf_text(&all.rows));
    chain_push(chain, "k1 5"); /* the others leave */
    strbuf_reset(&chain->out);
    chain->evaluation.now_us = 900;
    chain_push(chain, "k1 5\nk2 5");
    chain_expect(chain, "-U k1 2 16 5 11 2\n+U k1 3 21 5 11 3\n-U k2 1 11 11 11 1\n+U k2 2 16 5 11 2\n");
    assert_true(spilling_entries(&tested) > KEYS / 2);
    chain->evaluation.now_us = 1500;
    chain_tick(chain, 1500);
    chain_push(chain, "k4 5\nk1 5\nk2 5\nk5 5");
    chain_expect(chain, "+I k4 1 5 5 5 1\n-U k1 3 21 5 11 3\n+U k1 4 26 5 11 4\n-U k2 2 16 5 11 2\n+U k2 3 21 5 11 3\n"
                        "+I k5 1 5 5 5 1\n");
    strbuf_release(&all.rows);
    spilling_close(&tested);
    place_close(&place);
}

/* ---- two operators, one budget ---- */

enum { SHARED_BYTES = 2 << 20, STEP_KEYS = 1000 };

static void open_sharing(struct spilling *spilling, struct state_budget *budget, struct place *place) {
    static const struct shape shape = {.calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "count"}};
    struct error error = {0};
    struct rocks_config config = place_config(place, budget, NULL, 0);
    config.share_count = 2;
    OK(rocks_backend_open(&config, &spilling->backend, &error));
    group_open(&spilling->chain, &shape, spilling->backend);
}

/* New groups, until so many bytes of the budget are used, or some left. */
static void fill(struct spilling *spilling, struct stream *stream, uint64_t bytes) {
    uint32_t key = 1;
    while (state_budget_used(spilling->backend->budget) < bytes && spilling_entries(spilling) == 0) {
        strbuf_reset(&stream->rows);
        for (uint32_t end = key + STEP_KEYS; key < end; key++)
            put_row(stream, "+I", key * 8 + 1);
        chain_push(&spilling->chain, strbuf_text(&stream->rows));
        strbuf_reset(&spilling->chain.out);
    }
}

/* The first one has most of the memory and no more rows: it gives back only when it is told that others need it. */
static void an_idle_operator_gives_back_what_others_need(void **state) {
    (void)state;
    struct place place;
    struct spilling idle, busy;
    struct state_budget budget;
    struct stream stream = {0};
    struct error error = {0};
    place_open(&place);
    strbuf_init(&stream.rows);
    state_budget_init(&budget, SHARED_BYTES);
    open_sharing(&idle, &budget, &place);
    open_sharing(&busy, &budget, &place);
    fill(&idle, &stream, SHARED_BYTES / 16 * 15);
    assert_int_equal(spilling_entries(&idle), 0);
    OK(operator_on_memory_short(idle.chain.tested, &error)); /* it is not short yet */
    assert_int_equal(spilling_entries(&idle), 0);
    fill(&busy, &stream, SIZE_MAX);
    assert_true(spilling_entries(&busy) > 0);
    assert_true(state_budget_used(&budget) > SHARED_BYTES);
    OK(operator_on_memory_short(idle.chain.tested, &error));
    assert_true(spilling_entries(&idle) > 0);
    assert_true(state_budget_used(&budget) <= SHARED_BYTES);
    chain_push(&idle.chain, "+I k1 5\n+I k2 6");
    chain_expect(&idle.chain, "-U k1 1 11 11 11 1\n+U k1 2 16 5 11 2\n-U k2 1 11 11 11 1\n+U k2 2 17 6 11 2\n");
    chain_close(&idle.chain);
    chain_close(&busy.chain);
    state_backend_close(idle.backend);
    state_backend_close(busy.backend);
    assert_int_equal(state_budget_used(&budget), 0);
    strbuf_release(&stream.rows);
    place_close(&place);
}

/* Entries that nobody wrote, in a snapshot whose digests are right. */
static void foreign_entries_are_refused(void **state) {
    (void)state;
    const struct shape shape = {.calls = {"count_star", "sum_bigint", "min_bigint", "max_bigint", "count"}};
    const struct str foreign[][2] = {
        {{"", 0}, {"\0", 1}},                 /* no key */
        {{"\0", 1}, {"\0", 1}},               /* the key is cut */
        {{"\0\5ab", 4}, {"\0", 1}},           /* likewise */
        {{"\0\2abc", 5}, {"\0", 1}},          /* and something behind it */
        {{"\0\2ab", 4}, {"", 0}},             /* no state */
        {{"\0\2ab", 4}, {"\0\0\0\0\0\0", 6}}, /* the state is cut */
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct place place;
        struct spilling tested, memory;
        struct layers layers = {0};
        struct stream all = {0};
        struct error error = {0};
        place_open(&place);
        strbuf_init(&all.rows);
        spilling_open(&tested, group_open, &shape, &place, true);
        for (uint32_t key = 0; key < KEYS; key++)
            put_row(&all, "+I", key * 8 + 1);
        chain_push(&tested.chain, strbuf_text(&all.rows));
        chain_push(&tested.chain, "k1 5"); /* the others leave */
        struct state_table *table = state_table_find(tested.backend, "GroupAggregate 1", "groups", 0);
        OK(state_put(table, &(struct state_address){.hash = 7, .key = foreign[i][0]}, foreign[i][1], &error));
        spilling_open(&memory, group_open, &shape, &place, false);
        snapshot_begin(&layers, &memory.chain, &tested.chain);
        while (!snapshot_step(&layers, &tested.chain, SIZE_MAX))
            ;
        struct snapshot_reader reader;
        snapshot_reader_init(&reader, strbuf_str(&layers.items[0]));
        assert_int_equal(operator_restore(memory.chain.tested, &reader, &error), STATUS_FILE_ERROR);
        assert_non_null(strstr(error.message, "GroupAggregate"));
        layers_forget(&layers);
        strbuf_release(&layers.whole);
        strbuf_release(&all.rows);
        spilling_close(&memory);
        spilling_close(&tested);
        place_close(&place);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserts),
        cmocka_unit_test(retractions),
        cmocka_unit_test(changes_held_back),
        cmocka_unit_test(final_results),
        cmocka_unit_test(groups_expire_wherever_they_are),
        cmocka_unit_test(an_idle_operator_gives_back_what_others_need),
        cmocka_unit_test(foreign_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
