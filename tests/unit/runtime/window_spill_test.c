/* window_spill_test.c: windows with room for a handful of groups against windows in memory: the same rows out, over seeded random streams in event time
 * with disorder and late rows; snapshots at random moments, in tiny steps, given up, in layers, restored with and without RocksDB. */
#include "tests/unit/runtime/spilling_groups.h"

enum {
    KEYS = 120,
    VALUES = 8,
    PUSHES = 150,
    ROWS_MAX = 60,
    STEP_MS = 40,      /* of event time, between two pushes at most */
    DISORDER_MS = 200, /* beyond it rows may be late */
    LATE_MS = 2500,    /* at most */
};

struct shape {
    Plan__WindowKind kind;
    int64_t size_ms, slide_ms;
    Plan__Emit emit;
    int64_t lateness_ms;
    bool retracts;
    const char *calls[3]; /* ids over column v; "distinct" is COUNT(DISTINCT v) */
};

static bool emits_updates(const struct shape *shape) {
    return shape->emit != PLAN__EMIT__ON_CLOSE || shape->lateness_ms > 0;
}

static void window_open(struct chain *chain, const void *tested, struct state_backend *backend) {
    const struct shape *shape = tested;
    Plan__Node *node = chain_init(chain, "k STRING,v BIGINT,ts TIMESTAMP",
                                  "k STRING,a BIGINT,b BIGINT,c BIGINT,s TIMESTAMP!,e TIMESTAMP!,t TIMESTAMP!");
    chain->context.state = backend;
    node->operation_case = PLAN__NODE__OPERATION_WINDOW_AGGREGATE;
    node->change_mode = emits_updates(shape) ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    Plan__WindowAggregate *plan = node->window_aggregate = ARENA_NEW(&chain->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(plan);
    static uint32_t keys[] = {0};
    plan->window = ARENA_NEW(&chain->arena, Plan__Window);
    plan__window__init(plan->window);
    plan->window->kind = shape->kind;
    plan->window->size_us = shape->size_ms * 1000;
    plan->window->slide_us = shape->slide_ms * 1000;
    plan->window->time_column = 2;
    plan->keys = keys;
    plan->n_keys = 1;
    plan->n_aggregates = sizeof shape->calls / sizeof shape->calls[0];
    plan->aggregates = ARENA_ARRAY(&chain->arena, Plan__AggregateCall *, plan->n_aggregates);
    for (size_t i = 0; i < plan->n_aggregates; i++)
        plan->aggregates[i] = call_node(chain, shape->calls[i]);
    plan->emit = shape->emit;
    plan->allowed_lateness_us = shape->lateness_ms * 1000;
    chain->input_node->change_mode = shape->retracts ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    chain_open(chain, node);
}

/* ---- rows: key, value and time in a number ---- */

static void put_row(struct stream *stream, const char *kind, uint32_t row) {
    uint32_t value = row % VALUES, key = row / VALUES % KEYS, time_ms = row / VALUES / KEYS;
    put_key(stream, kind, key);
    strbuf_printf(&stream->rows, value ? " %u" : " NULL", value * 11);
    strbuf_printf(&stream->rows, " %u", time_ms * 1000);
}

static const char *next_rows(struct stream *stream, const struct shape *shape, uint32_t now_ms) {
    strbuf_reset(&stream->rows);
    for (uint32_t left = 1 + draw(stream, ROWS_MAX); left > 0; left--) {
        if (shape->retracts && stream->live_count > 0 && draw(stream, 5) < 2) {
            put_row(stream, "-D", take_live(stream));
            continue;
        }
        uint32_t late_ms = draw(stream, draw(stream, 8) ? DISORDER_MS : LATE_MS);
        uint32_t time_ms = now_ms > late_ms ? now_ms - late_ms : 0;
        uint32_t key = draw(stream, draw(stream, 5) ? KEYS / 5 : KEYS);
        uint32_t row = (time_ms * KEYS + key) * VALUES + draw(stream, VALUES);
        add_live(stream, row);
        put_row(stream, "+I", row);
    }
    return strbuf_text(&stream->rows);
}

static void watermark_both(struct chain *left, struct chain *right, uint32_t now_ms) {
    int64_t watermark_us = ((int64_t)now_ms - DISORDER_MS) * 1000 - 1;
    chain_watermark(left, watermark_us);
    chain_watermark(right, watermark_us);
    expect_same(left, right, false);
}

/* ---- a stream ---- */

struct run {
    const struct shape *shape;
    struct place place;
    struct spilling memory, tested;
    struct stream stream;
    struct layers layers;
    uint32_t now_ms, compared;
    uint64_t entries_most;
};

/* Both go on the same way from here, late rows included. */
static void compare_restored(struct run *run, bool rocks) {
    struct spilling memory, restored;
    spilling_open(&memory, window_open, run->shape, &run->place, false);
    spilling_open(&restored, window_open, run->shape, &run->place, rocks);
    restore_both(&run->layers, &memory.chain, &restored.chain);
    struct stream probe = {.random = run->stream.random};
    strbuf_init(&probe.rows);
    for (uint32_t key = 0; key < KEYS; key++)
        put_row(&probe, "+I", ((run->now_ms - key % 7 * (uint32_t)run->shape->slide_ms / 2) * KEYS + key) * VALUES + 1);
    push_same(&memory.chain, &restored.chain, strbuf_text(&probe.rows), false);
    watermark_both(&memory.chain, &restored.chain, run->now_ms + (uint32_t)run->shape->slide_ms);
    chain_end(&memory.chain);
    chain_end(&restored.chain);
    expect_same(&memory.chain, &restored.chain, false);
    strbuf_release(&probe.rows);
    spilling_close(&memory);
    spilling_close(&restored);
}

static void step(struct run *run) {
    run->now_ms += draw(&run->stream, STEP_MS);
    push_same(&run->memory.chain, &run->tested.chain, next_rows(&run->stream, run->shape, run->now_ms), false);
    if (draw(&run->stream, 3) == 0)
        watermark_both(&run->memory.chain, &run->tested.chain, run->now_ms);
    if (!run->layers.under_way && draw(&run->stream, 8) == 0) {
        snapshot_begin(&run->layers, &run->memory.chain, &run->tested.chain);
        expect_same(&run->memory.chain, &run->tested.chain, false); /* what was held back */
    } else if (run->layers.under_way && draw(&run->stream, 60) == 0) {
        snapshot_give_up(&run->layers, &run->tested.chain);
    } else if (run->layers.under_way &&
               snapshot_step(&run->layers, &run->tested.chain, 1 + draw(&run->stream, 60000))) {
        compare_restored(run, draw(&run->stream, 2));
        run->compared++;
    }
    uint64_t entries = spilling_entries(&run->tested);
    run->entries_most = entries > run->entries_most ? entries : run->entries_most;
    assert_int_equal(run->memory.chain.tested->counters.rows_late, run->tested.chain.tested->counters.rows_late);
}

static void run_stream(const struct shape *shape, uint64_t seed) {
    struct run run = {.shape = shape, .stream.random = stream_seed(seed), .now_ms = 4000};
    place_open(&run.place);
    strbuf_init(&run.stream.rows);
    spilling_open(&run.memory, window_open, shape, &run.place, false);
    spilling_open(&run.tested, window_open, shape, &run.place, true);
    for (uint32_t i = 0; i < PUSHES; i++)
        step(&run);
    assert_true(run.compared > 3);
    assert_true(run.entries_most > KEYS / 2); /* or nothing was tested */
    assert_true(run.memory.chain.tested->counters.rows_late > 0);
    if (!run.layers.under_way)
        snapshot_begin(&run.layers, &run.memory.chain, &run.tested.chain);
    chain_end(&run.memory.chain);
    chain_end(&run.tested.chain);
    expect_same(&run.memory.chain, &run.tested.chain, false);
    while (!snapshot_step(&run.layers, &run.tested.chain, 1000))
        ; /* begun before the end, done after it: its windows are gone */
    compare_restored(&run, true);
    assert_int_equal(run.tested.chain.tested->counters.state_rows, 0);
    spilling_close(&run.memory);
    spilling_close(&run.tested);
    layers_forget(&run.layers);
    strbuf_release(&run.layers.whole);
    strbuf_release(&run.stream.rows);
    place_close(&run.place);
}

static void tumble(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .calls = {"count_star", "sum_bigint", "max_bigint"}},
               1);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .calls = {"distinct", "sum_bigint", "min_bigint"}},
               2);
}

static void hop(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 800,
                               .slide_ms = 200,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               3);
}

/* Slices so many that blocks of them are merged first, and leave memory too. */
static void hop_of_many_slices(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 1600,
                               .slide_ms = 100,
                               .calls = {"count_star", "sum_bigint", "max_bigint"}},
               4);
}

static void cumulate(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE,
                               .size_ms = 1000,
                               .slide_ms = 250,
                               .calls = {"count_star", "distinct", "max_bigint"}},
               5);
}

static void updates(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               6);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 600,
                               .slide_ms = 200,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .retracts = true,
                               .calls = {"sum_bigint", "count", "count_star"}},
               7);
}

static void late_updates(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 300,
                               .slide_ms = 300,
                               .lateness_ms = 150,
                               .calls = {"count_star", "sum_bigint", "max_bigint"}},
               8);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 400,
                               .slide_ms = 200,
                               .lateness_ms = 150,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               9);
}

static void retractions(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               10);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE,
                               .size_ms = 900,
                               .slide_ms = 300,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "min_bigint"}},
               11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tumble),      cmocka_unit_test(hop),     cmocka_unit_test(hop_of_many_slices),
        cmocka_unit_test(cumulate),    cmocka_unit_test(updates), cmocka_unit_test(late_updates),
        cmocka_unit_test(retractions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
