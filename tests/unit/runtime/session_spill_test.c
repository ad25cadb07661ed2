/* session_spill_test.c: SESSION windows with room for a handful of keys against SESSION windows in memory: the same rows out, in the same order, over
 * seeded random streams in event time with disorder, late rows, gaps and rows that join two sessions; snapshots at random moments, in tiny steps, given
 * up, in layers; restored with and without RocksDB, by other numbers of instances, and with tables that came with the back-end. */
#include "executor/window_aggregate.h"
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
    int64_t gap_ms;
    Plan__Emit emit;
    bool retracts;
    const char *calls[3]; /* ids over column v; "distinct" is COUNT(DISTINCT v) */
};

static struct state_backend *restored_state; /* of a chain that is opened without a back-end */

static void sessions_open(struct chain *chain, const void *tested, struct state_backend *backend) {
    const struct shape *shape = tested;
    Plan__Node *node = chain_init(chain, "k STRING,v BIGINT,ts TIMESTAMP",
                                  "k STRING,a BIGINT,b BIGINT,c BIGINT,s TIMESTAMP!,e TIMESTAMP!,t TIMESTAMP!");
    chain->context.state = backend;
    chain->context.restored_state = restored_state;
    bool updates = shape->emit != PLAN__EMIT__ON_CLOSE;
    node->operation_case = PLAN__NODE__OPERATION_WINDOW_AGGREGATE;
    node->change_mode = updates ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    Plan__WindowAggregate *plan = node->window_aggregate = ARENA_NEW(&chain->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(plan);
    static uint32_t key_column = 0;
    plan->keys = &key_column;
    plan->n_keys = 1;
    plan->window = ARENA_NEW(&chain->arena, Plan__Window);
    plan__window__init(plan->window);
    plan->window->kind = PLAN__WINDOW_KIND__SESSION;
    plan->window->gap_us = shape->gap_ms * 1000;
    plan->window->time_column = 2;
    plan->emit = shape->emit;
    plan->n_aggregates = 3;
    plan->aggregates = ARENA_ARRAY(&chain->arena, Plan__AggregateCall *, 3);
    for (size_t i = 0; i < 3; i++)
        plan->aggregates[i] = call_node(chain, shape->calls[i]);
    chain->input_node->change_mode = shape->retracts ? PLAN__CHANGE_MODE__RETRACT : PLAN__CHANGE_MODE__APPEND;
    chain_open(chain, node);
}

/* ---- rows: key, value and time in a number ---- */

static uint32_t row_of(uint32_t key, uint32_t value, uint32_t time_ms) {
    return (time_ms * KEYS + key) * VALUES + value;
}

static void put_row(struct stream *stream, const char *kind, uint32_t row) {
    uint32_t value = row % VALUES, time_ms = row / VALUES / KEYS;
    put_key(stream, kind, row / VALUES % KEYS);
    if (value == 0)
        strbuf_append_text(&stream->rows, " NULL");
    else
        strbuf_printf(&stream->rows, " %u", value * 7);
    strbuf_printf(&stream->rows, " %u", time_ms * 1000);
}

static uint32_t draw_time(struct stream *stream, uint32_t now_ms) {
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

static void advance_both(struct chain *left, struct chain *right, uint32_t now_ms, bool in_order) {
    chain_watermark(left, ((int64_t)now_ms - DISORDER_MS) * 1000);
    chain_watermark(right, ((int64_t)now_ms - DISORDER_MS) * 1000);
    expect_same(left, right, in_order);
}

/* Both go on with the same rows, for every key and some late, until the end. */
static void compare_ends(struct chain *left, struct chain *right, uint32_t now_ms, uint64_t random, bool in_order) {
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

static void run_open(struct run *run, const struct shape *shape, uint64_t seed) {
    *run = (struct run){.shape = shape, .stream.random = stream_seed(seed), .now_ms = 4000};
    place_open(&run->place);
    strbuf_init(&run->stream.rows);
    spilling_open(&run->memory, sessions_open, shape, &run->place, false);
    spilling_open(&run->tested, sessions_open, shape, &run->place, true);
}

static void run_close(struct run *run) {
    spilling_close(&run->memory);
    spilling_close(&run->tested);
    layers_forget(&run->layers);
    strbuf_release(&run->layers.whole);
    strbuf_release(&run->stream.rows);
    place_close(&run->place);
}

static void push_next(struct run *run) {
    struct chain *memory = &run->memory.chain, *tested = &run->tested.chain;
    run->now_ms += draw(&run->stream, draw(&run->stream, 30) ? STEP_MS : PAUSE_MS);
    push_same(memory, tested, next_rows(&run->stream, run->shape->retracts, run->now_ms), true);
    if (draw(&run->stream, 3) == 0)
        advance_both(memory, tested, run->now_ms, true);
    uint64_t entries = spilling_entries(&run->tested);
    run->entries_most = entries > run->entries_most ? entries : run->entries_most;
    assert_int_equal(memory->tested->counters.rows_late, tested->tested->counters.rows_late);
}

static void compare_restored(struct run *run, bool rocks) {
    struct spilling memory, restored;
    spilling_open(&memory, sessions_open, run->shape, &run->place, false);
    spilling_open(&restored, sessions_open, run->shape, &run->place, rocks);
    restore_into(&memory.chain, &run->layers.whole, 1);
    restore_into(&restored.chain, run->layers.items, run->layers.count);
    compare_ends(&memory.chain, &restored.chain, run->now_ms, run->stream.random, true);
    spilling_close(&memory);
    spilling_close(&restored);
    run->compared++;
}

static void step_snapshot(struct run *run) {
    struct chain *memory = &run->memory.chain, *tested = &run->tested.chain;
    if (run->layers.under_way) {
        if (draw(&run->stream, 40) == 0)
            snapshot_give_up(&run->layers, tested);
        else if (snapshot_step(&run->layers, tested, 1 + draw(&run->stream, 40000)))
            compare_restored(run, draw(&run->stream, 2));
    } else if (draw(&run->stream, 8) == 0) {
        snapshot_begin(&run->layers, memory, tested);
        expect_same(memory, tested, true); /* what was held back */
    }
}

static void run_stream(const struct shape *shape, uint64_t seed) {
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
    compare_ends(&run.memory.chain, &run.tested.chain, run.now_ms, 1, true);
    while (!snapshot_step(&run.layers, &run.tested.chain, 1000))
        ; /* begun before the end, done after it: its sessions are gone */
    compare_restored(&run, true);
    assert_int_equal(run.tested.chain.tested->counters.state_rows, 0);
    run_close(&run);
}

static const struct shape closing = {.gap_ms = 300, .calls = {"count_star", "sum_bigint", "max_bigint"}};
static const struct shape owning = {.gap_ms = 120, .calls = {"distinct", "count", "min_bigint"}};

static void sessions_that_close(void **state) {
    (void)state;
    run_stream(&closing, 1);
    run_stream(&owning, 2);
}

static void sessions_that_are_updated(void **state) {
    (void)state;
    run_stream(&(struct shape){.gap_ms = 250,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .calls = {"count_star", "max_bigint", "sum_bigint"}},
               3);
    run_stream(&(struct shape){.gap_ms = 250,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .retracts = true,
                               .calls = {"distinct", "count_star", "sum_bigint"}},
               4);
}

static void retractions(void **state) {
    (void)state;
    run_stream(&(struct shape){.gap_ms = 250, .retracts = true, .calls = {"count_star", "sum_bigint", "distinct"}}, 5);
}

/* ---- other numbers of instances ---- */

enum { HALVES = 2 };

static struct snapshot_reader reader_of(struct strbuf *snapshot, uint32_t first_key_group, uint32_t end_key_group) {
    struct snapshot_reader reader;
    snapshot_reader_init(&reader, strbuf_str(snapshot));
    reader.first_key_group = first_key_group;
    reader.end_key_group = end_key_group;
    return reader;
}

/* Of an operator as it is. */
static void snapshot_with(struct chain *chain, struct snapshot_writer *writer, struct strbuf *snapshot) {
    chain_check(chain, operator_on_flush(chain->tested, &chain->error));
    chain_check(chain, operator_snapshot(chain->tested, writer, &chain->error));
    assert_true(snapshot_writer_take(writer, snapshot));
    snapshot_writer_release(writer);
}

static void snapshot_now(struct chain *chain, struct strbuf *snapshot) {
    struct snapshot_writer writer;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    snapshot_with(chain, &writer, snapshot);
}

/* What is in a snapshot, with half of the key groups in each of two instances, as their snapshots. */
static void split(struct run *run, struct strbuf *whole, bool rocks, struct strbuf halves[HALVES]) {
    for (uint32_t i = 0; i < HALVES; i++) {
        struct spilling half;
        spilling_open(&half, sessions_open, run->shape, &run->place, rocks);
        struct snapshot_reader reader = reader_of(whole, key_group_first(i, HALVES), key_group_first(i + 1, HALVES));
        chain_check(&half.chain, operator_restore(half.chain.tested, &reader, &half.chain.error));
        snapshot_now(&half.chain, &halves[i]);
        spilling_close(&half);
    }
}

static void restore_halves(struct chain *chain, struct strbuf halves[HALVES]) {
    struct snapshot_reader readers[HALVES];
    for (uint32_t i = 0; i < HALVES; i++)
        readers[i] = reader_of(&halves[i], 0, KEY_GROUP_COUNT);
    chain_check(chain, operator_restore_chains(chain->tested, readers, HALVES, &chain->error));
}

/* One instance, split into two, and these together in one again, with and without RocksDB at each stage. */
static void instances_become_others(void **state) {
    (void)state;
    for (uint32_t ways = 0; ways < 4; ways++) {
        struct run run;
        struct strbuf whole[2], halves[2][HALVES];
        run_open(&run, ways % 2 ? &owning : &closing, 20 + ways);
        for (uint32_t i = 0; i < PUSHES / 3; i++)
            push_next(&run);
        snapshot_now(&run.memory.chain, &whole[0]);
        snapshot_now(&run.tested.chain, &whole[1]);
        split(&run, &whole[0], false, halves[0]);
        split(&run, &whole[1], ways & 1, halves[1]);
        struct spilling memory, restored;
        spilling_open(&memory, sessions_open, run.shape, &run.place, false);
        spilling_open(&restored, sessions_open, run.shape, &run.place, ways & 2);
        restore_halves(&memory.chain, halves[0]);
        restore_halves(&restored.chain, halves[1]);
        compare_ends(&memory.chain, &restored.chain, run.now_ms, run.stream.random, true);
        spilling_close(&memory);
        spilling_close(&restored);
        for (uint32_t i = 0; i < 2 * HALVES; i++)
            strbuf_release(&halves[i / HALVES][i % HALVES]);
        strbuf_release(&whole[0]);
        strbuf_release(&whole[1]);
        run_close(&run);
    }
}

/* ---- tables that come with the back-end ---- */

/* The operator's records only: its entries are in the files of its back-end. */
static void snapshot_without_entries(struct chain *chain, struct strbuf *snapshot) {
    struct snapshot_writer writer;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    writer.entries_are_in_files = true;
    snapshot_with(chain, &writer, snapshot);
}

/* Above these tables, or into memory while they are at hand. */
static void compare_with_tables(struct run *run, const struct state_files *files, struct strbuf *whole,
                                struct strbuf *records, bool into_memory) {
    struct spilling memory, restored = {0};
    struct error error = {0};
    struct state_backend *backend;
    spilling_open(&memory, sessions_open, run->shape, &run->place, false);
    state_budget_init(&restored.budget, BUDGET_BYTES);
    struct rocks_config config = place_config(&run->place, &restored.budget, files, 1);
    config.folder = arena_printf(&run->place.arena, "%s/restored-%d", run->place.folder, into_memory);
    OK(rocks_backend_open(&config, &backend, &error));
    restored.backend = into_memory ? NULL : backend;
    restored_state = into_memory ? backend : NULL;
    sessions_open(&restored.chain, run->shape, restored.backend);
    restored_state = NULL;
    restore_into(&memory.chain, whole, 1);
    restore_into(&restored.chain, records, 1);
    if (into_memory) {
        restored.chain.context.restored_state = NULL;
        state_backend_close(backend);
    } else {
        assert_true(spilling_entries(&restored) > KEYS / 2);
    }
    compare_ends(&memory.chain, &restored.chain, run->now_ms, run->stream.random, true);
    spilling_close(&memory);
    spilling_close(&restored);
}

static void restored_tables_are_taken_as_they_are(void **state) {
    (void)state;
    struct run run;
    struct strbuf whole, records;
    run_open(&run, &closing, 30);
    for (uint32_t i = 0; i < PUSHES / 3; i++)
        push_next(&run);
    snapshot_now(&run.memory.chain, &whole);
    snapshot_without_entries(&run.tested.chain, &records);
    struct state_files files = place_checkpoint(&run.place, run.tested.backend);
    compare_with_tables(&run, &files, &whole, &records, false);
    compare_with_tables(&run, &files, &whole, &records, true);
    strbuf_release(&whole);
    strbuf_release(&records);
    run_close(&run);
}

/* ---- foreign bytes ---- */

#define MARKS_AND_COUNT "\0\1"
#define BOUNDS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define REST "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define TEXT(bytes) \
    { bytes, sizeof bytes - 1 }

static void foreign_entries_are_refused(void **state) {
    (void)state;
    const struct str foreign[][2] = {
        {TEXT(""), TEXT("\0")},                                     /* no key */
        {TEXT("\0\5ab"), TEXT("\0")},                               /* the key is cut */
        {TEXT("\0\2ab"), TEXT("")},                                 /* nothing */
        {TEXT("\0\2ab"), TEXT("\0\0")},                             /* no session */
        {TEXT("\0\2ab"), TEXT(MARKS_AND_COUNT)},                    /* it is cut */
        {TEXT("\0\2ab"), TEXT("\0\xff\xff\xff\xff\x0f")},           /* too many */
        {TEXT("\0\2ab"), TEXT(MARKS_AND_COUNT "\x31" BOUNDS REST)}, /* no states */
        {TEXT("\0\2ab"),
         TEXT(MARKS_AND_COUNT "\x31\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f" REST)}, /* no end */
        {TEXT("\0\2ab"), TEXT(MARKS_AND_COUNT "\x31" BOUNDS REST "more")},
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct run run;
        struct strbuf snapshot;
        struct error error = {0};
        run_open(&run, &closing, 40);
        while (spilling_entries(&run.tested) == 0)
            push_next(&run);
        struct state_table *table = state_table_find(run.tested.backend, "WindowAggregate 1", "sessions", 0);
        OK(state_put(table, &(struct state_address){.hash = 7, .key = foreign[i][0]}, foreign[i][1], &error));
        snapshot_now(&run.tested.chain, &snapshot);
        struct spilling restored;
        spilling_open(&restored, sessions_open, run.shape, &run.place, false);
        struct snapshot_reader reader = reader_of(&snapshot, 0, KEY_GROUP_COUNT);
        assert_int_equal(operator_restore(restored.chain.tested, &reader, &error), STATUS_FILE_ERROR);
        assert_non_null(strstr(error.message, "WindowAggregate"));
        spilling_close(&restored);
        strbuf_release(&snapshot);
        run_close(&run);
    }
}

/* In all key groups, behind all other ends. */
static void put_ends(struct state_table *ends, struct str key, uint32_t low_hash, size_t value_size) {
    struct error error = {0};
    for (uint32_t key_group = 0; key_group < KEY_GROUP_COUNT; key_group++) {
        char key_group_key[] = {(char)(key_group >> 8), (char)(key_group & 255)};
        struct state_address address = {.hash = key_group << 22,
                                        .key = {key_group_key, sizeof key_group_key},
                                        .order = INT64_C(1) << 40,
                                        .user_key = key};
        uint32_t value[] = {(key_group << 22) + low_hash, 1, 0};
        OK(state_put(ends, &address, (struct str){(const char *)value, value_size}, &error));
    }
}

static void foreign_ends_are_refused(void **state) {
    (void)state;
    const struct {
        struct str key;
        uint32_t low_hash;
        size_t value_size;
    } foreign[] = {
        {TEXT("\0\2ab"), 7, 8},                                /* a key that has no entry */
        {TEXT("\0\7ab"), 7, 8},                                /* no key */
        {TEXT(""), 7, 8},                                      /* likewise */
        {TEXT("\0\2ab"), 7, 7},                                /* the value is cut */
        {TEXT("\0\2ab"), 7, 9}, {TEXT("\0\2ab"), 1u << 22, 8}, /* of another key group */
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct run run;
        struct error error = {0};
        run_open(&run, &closing, 41);
        while (spilling_entries(&run.tested) == 0)
            push_next(&run);
        struct state_table *ends = state_table_find(run.tested.backend, "WindowAggregate 1", "session ends", 0);
        put_ends(ends, foreign[i].key, foreign[i].low_hash, foreign[i].value_size);
        assert_int_equal(operator_on_watermark(run.tested.chain.tested, 0, WATERMARK_END, &error), STATUS_FILE_ERROR);
        assert_non_null(strstr(error.message, "WindowAggregate"));
        run_close(&run);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_that_close),
        cmocka_unit_test(sessions_that_are_updated),
        cmocka_unit_test(retractions),
        cmocka_unit_test(instances_become_others),
        cmocka_unit_test(restored_tables_are_taken_as_they_are),
        cmocka_unit_test(foreign_entries_are_refused),
        cmocka_unit_test(foreign_ends_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
