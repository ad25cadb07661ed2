/* spilling_windows.h: windows of any kind with room for a handful of groups beside the same windows in memory, over seeded random streams in event time with
 * disorder, pauses and late rows; snapshots at random moments, in tiny steps, given up, in layers, restored with and without RocksDB. */
#pragma once

#include "tests/unit/runtime/spilling_groups.h"

enum {
    KEYS = 120,
    VALUES = 8,
    PUSHES = 150,
    ROWS_MAX = 60,
    STEP_MS = 40,      /* of event time, between two pushes at most */
    PAUSE_MS = 900,    /* now and then */
    DISORDER_MS = 200, /* beyond it rows may be late */
    LATE_MS = 2500,    /* at most */
    PROBES = 6,
};

struct shape {
    Plan__WindowKind kind;
    int64_t size_ms, slide_ms; /* SESSION: size is the gap */
    Plan__Emit emit;
    int64_t lateness_ms;
    bool retracts;
    const char *calls[3]; /* ids over column v; "distinct" is COUNT(DISTINCT v) */
};

static struct state_backend *restored_state; /* of a chain that is opened without a back-end */

/* Sessions close in the same order wherever they were; what else has left memory comes out last. */
static inline bool is_in_order(const struct shape *shape) {
    return shape->kind == PLAN__WINDOW_KIND__SESSION;
}

static inline void windows_open(struct chain *chain, const void *tested, struct state_backend *backend) {
    const struct shape *shape = tested;
    Plan__Node *node = chain_init(chain, "k STRING,v BIGINT,ts TIMESTAMP",
                                  "k STRING,a BIGINT,b BIGINT,c BIGINT,s TIMESTAMP!,e TIMESTAMP!,t TIMESTAMP!");
    chain->context.state = backend;
    chain->context.restored_state = restored_state;
    bool updates = shape->emit != PLAN__EMIT__ON_CLOSE || shape->lateness_ms > 0;
    bool is_session = shape->kind == PLAN__WINDOW_KIND__SESSION;
    node->operation_case = PLAN__NODE__OPERATION_WINDOW_AGGREGATE;
    node->change_mode = updates ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    Plan__WindowAggregate *plan = node->window_aggregate = ARENA_NEW(&chain->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(plan);
    static uint32_t key_column = 0;
    plan->keys = &key_column;
    plan->n_keys = 1;
    plan->window = ARENA_NEW(&chain->arena, Plan__Window);
    plan__window__init(plan->window);
    plan->window->kind = shape->kind;
    plan->window->gap_us = is_session ? shape->size_ms * 1000 : 0;
    plan->window->size_us = is_session ? 0 : shape->size_ms * 1000;
    plan->window->slide_us = shape->slide_ms * 1000;
    plan->window->time_column = 2;
    plan->emit = shape->emit;
    plan->allowed_lateness_us = shape->lateness_ms * 1000;
    plan->n_aggregates = 3;
    plan->aggregates = ARENA_ARRAY(&chain->arena, Plan__AggregateCall *, 3);
    for (size_t i = 0; i < 3; i++)
        plan->aggregates[i] = call_node(chain, shape->calls[i]);
    chain->input_node->change_mode = shape->retracts ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    chain_open(chain, node);
}

/* ---- rows: key, value and time in a number ---- */

static inline uint32_t row_of(uint32_t key, uint32_t value, uint32_t time_ms) {
    return (time_ms * KEYS + key) * VALUES + value;
}

static inline void put_row(struct stream *stream, const char *kind, uint32_t row) {
    uint32_t value = row % VALUES, time_ms = row / VALUES / KEYS;
    put_key(stream, kind, row / VALUES % KEYS);
    if (value == 0)
        strbuf_append_text(&stream->rows, " NULL");
    else
        strbuf_printf(&stream->rows, " %u", value * 7);
    strbuf_printf(&stream->rows, " %u", time_ms * 1000);
}

static inline uint32_t draw_time(struct stream *stream, uint32_t now_ms) {
    uint32_t behind_ms = draw(stream, draw(stream, 8) ? DISORDER_MS : LATE_MS);
    return now_ms > behind_ms ? now_ms - behind_ms : 0;
}

static const char *next_rows(struct stream *stream, bool retracts, uint32_t now_ms) {
    uint32_t count = 1 + draw(stream, ROWS_MAX);
    strbuf_reset(&stream->rows);
    for (uint32_t i = 0; i < count; i++) {
        bool takes = retracts && stream->live_count > 0 && draw(stream, 5) < 2;
        uint32_t key = draw(stream, draw(stream, 5) ? KEYS / 5 : KEYS);
        uint32_t row = takes ? take_live(stream) : row_of(key, draw(stream, VALUES), draw_time(stream, now_ms));
        put_row(stream, takes ? "-D" : "+I", row);
        if (!takes)
            add_live(stream, row);
    }
    return strbuf_text(&stream->rows);
}

static inline void advance_both(struct chain *left, struct chain *right, uint32_t now_ms, bool in_order) {
    chain_watermark(left, ((int64_t)now_ms - DISORDER_MS) * 1000);
    chain_watermark(right, ((int64_t)now_ms - DISORDER_MS) * 1000);
    expect_same(left, right, in_order);
}

/* Both go on with the same rows, for every key and some late, until the end. */
static inline void compare_ends(struct chain *left, struct chain *right, uint32_t now_ms, uint64_t random,
                                bool in_order) {
    struct stream probe = {.random = random};
    strbuf_init(&probe.rows);
    for (uint32_t i = 0; i < PROBES; i++) {
        strbuf_reset(&probe.rows);
        for (uint32_t key = i % 3; key < KEYS; key += 3)
            put_row(&probe, "+I", row_of(key, 1 + draw(&probe, VALUES - 1), draw_time(&probe, now_ms)));
        push_same(left, right, strbuf_text(&probe.rows), in_order);
        now_ms += 2 * STEP_MS;
        advance_both(left, right, now_ms, in_order);
        assert_int_equal(left->tested->counters.rows_late, right->tested->counters.rows_late);
    }
    chain_end(left);
    chain_end(right);
    expect_same(left, right, in_order);
    strbuf_release(&probe.rows);
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

static inline void run_open(struct run *run, const struct shape *shape, uint64_t seed) {
    *run = (struct run){.shape = shape, .stream.random = stream_seed(seed), .now_ms = 4000};
    place_open(&run->place);
    strbuf_init(&run->stream.rows);
    spilling_open(&run->memory, windows_open, shape, &run->place, false);
    spilling_open(&run->tested, windows_open, shape, &run->place, true);
}

static inline void run_close(struct run *run) {
    spilling_close(&run->memory);
    spilling_close(&run->tested);
    layers_forget(&run->layers);
    strbuf_release(&run->layers.whole);
    strbuf_release(&run->stream.rows);
    place_close(&run->place);
}

static inline void push_next(struct run *run) {
    struct chain *memory = &run->memory.chain, *tested = &run->tested.chain;
    run->now_ms += draw(&run->stream, draw(&run->stream, 30) ? STEP_MS : PAUSE_MS);
    push_same(memory, tested, next_rows(&run->stream, run->shape->retracts, run->now_ms), is_in_order(run->shape));
    if (draw(&run->stream, 3) == 0)
        advance_both(memory, tested, run->now_ms, is_in_order(run->shape));
    uint64_t entries = spilling_entries(&run->tested);
    run->entries_most = entries > run->entries_most ? entries : run->entries_most;
    assert_int_equal(memory->tested->counters.rows_late, tested->tested->counters.rows_late);
}

static inline void compare_restored(struct run *run, bool rocks) {
    struct spilling memory, restored;
    spilling_open(&memory, windows_open, run->shape, &run->place, false);
    spilling_open(&restored, windows_open, run->shape, &run->place, rocks);
    restore_both(&run->layers, &memory.chain, &restored.chain);
    compare_ends(&memory.chain, &restored.chain, run->now_ms, run->stream.random, is_in_order(run->shape));
    spilling_close(&memory);
    spilling_close(&restored);
    run->compared++;
}

static inline void step_snapshot(struct run *run) {
    struct chain *memory = &run->memory.chain, *tested = &run->tested.chain;
    if (run->layers.under_way) {
        if (draw(&run->stream, 40) == 0)
            snapshot_give_up(&run->layers, tested);
        else if (snapshot_step(&run->layers, tested, 1 + draw(&run->stream, 40000)))
            compare_restored(run, draw(&run->stream, 2));
    } else if (draw(&run->stream, 8) == 0) {
        snapshot_begin(&run->layers, memory, tested);
        expect_same(memory, tested, is_in_order(run->shape)); /* what was held back */
    }
}

static inline void run_stream(const struct shape *shape, uint64_t seed) {
    struct run run;
    run_open(&run, shape, seed);
    for (uint32_t i = 0; i < PUSHES; i++) {
        push_next(&run);
        step_snapshot(&run);
    }
    assert_true(run.compared > 3);
    assert_true(run.entries_most > KEYS / 2); /* or nothing was tested */
    assert_true(run.memory.chain.tested->counters.rows_late > 0);
    if (!run.layers.under_way)
        snapshot_begin(&run.layers, &run.memory.chain, &run.tested.chain);
    compare_ends(&run.memory.chain, &run.tested.chain, run.now_ms, 1, is_in_order(shape));
    while (!snapshot_step(&run.layers, &run.tested.chain, 1000))
        ; /* begun before the end, done after it: its windows are gone */
    compare_restored(&run, true);
    assert_int_equal(run.tested.chain.tested->counters.state_rows, 0);
    run_close(&run);
}
