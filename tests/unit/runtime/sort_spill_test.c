/* sort_spill_test.c: ORDER BY with room for a handful of rows against ORDER BY in memory: the same rows in, the same bytes and counters out, over
 * seeded random streams; snapshots at random moments, in tiny steps, whole and in layers, restored with and without RocksDB. */
#include "tests/unit/runtime/spilling.h"

enum { PUSHES = 150, ROWS_MAX = 40, KEYS_MAX = 3, FEW_ROWS_BYTES = 2048, FEW_BATCHES_BYTES = 64 << 10 };
#define COLUMNS "a BIGINT,b STRING,c DOUBLE,d BOOLEAN,e TIMESTAMP,f INT,n BIGINT"

struct shape {
    Plan__SortKey keys[KEYS_MAX];
    uint32_t key_count;
    bool has_limit;
    uint64_t limit, offset;
    uint32_t batch_rows; /* of the output */
    size_t budget_bytes;
    uint64_t stored_least; /* rows in RocksDB, or nothing was tested */
};

static void spilling_open(struct spilling *spilling, const struct shape *shape, struct place *place, bool rocks) {
    struct chain *chain = &spilling->chain;
    spilling_open_backend(spilling, place, shape->budget_bytes, rocks);
    Plan__Node *node = chain_init(chain, COLUMNS, COLUMNS);
    chain->context.state = spilling->backend;
    chain->context.batch_rows = shape->batch_rows;
    node->operation_case = PLAN__NODE__OPERATION_SORT;
    Plan__Sort *plan = node->sort = ARENA_NEW(&chain->arena, Plan__Sort);
    plan__sort__init(plan);
    plan->has_limit = shape->has_limit;
    plan->limit = shape->limit;
    plan->offset = shape->offset;
    plan->n_keys = shape->key_count;
    plan->keys = ARENA_ARRAY(&chain->arena, Plan__SortKey *, KEYS_MAX);
    for (uint32_t i = 0; i < shape->key_count; i++)
        plan->keys[i] = arena_copy(&chain->arena, &shape->keys[i], sizeof shape->keys[i]);
    chain_open(chain, node);
}

static struct state_table *table_of(const struct spilling *spilling) {
    return state_table_find(spilling->backend, "Sort 1", "sorted rows", 0);
}

/* ---- rows: few values, so that many keys are equal ---- */

struct stream {
    uint64_t random;
    uint32_t row_count;
    struct strbuf rows;
};

static uint32_t draw(struct stream *stream, uint32_t below) {
    stream->random = hash_u64(stream->random + 0x9E3779B97F4A7C15ull);
    return (uint32_t)(stream->random >> 33) % below;
}

static void put_value(struct stream *stream, const char *format, int value) {
    strbuf_append_char(&stream->rows, ' ');
    if (draw(stream, 10) == 0)
        strbuf_append_text(&stream->rows, "NULL");
    else
        strbuf_printf(&stream->rows, format, value); // NOLINT: the formats are those below
}

static const char *next_rows(struct stream *stream) {
    static const char *const doubles[] = {"NaN", "-0.0", "0.0", "-1.5", "1e300", "-inf"};
    static const char *const texts[] = {"a%d", "text-that-is-not-kept-inline-%d", "text-that-is-not%d"};
    strbuf_reset(&stream->rows);
    for (uint32_t left = 1 + draw(stream, ROWS_MAX); left > 0; left--) {
        if (stream->rows.size)
            strbuf_append_text(&stream->rows, "\n");
        strbuf_append_text(&stream->rows, "+I");
        put_value(stream, "%d", (int)draw(stream, 200) - 100);
        put_value(stream, texts[draw(stream, 3)], (int)draw(stream, 12));
        put_value(stream, doubles[draw(stream, 6)], 0);
        put_value(stream, draw(stream, 2) ? "TRUE" : "FALSE", 0);
        put_value(stream, "%d", (int)draw(stream, 50) * 1000);
        put_value(stream, "%d", (int)draw(stream, 3));
        strbuf_printf(&stream->rows, " %u", stream->row_count++);
    }
    return strbuf_text(&stream->rows);
}

/* ---- streams ---- */

static void end_both(struct spilling *left, struct spilling *right) {
    chain_end(&left->chain);
    chain_end(&right->chain);
    assert_string_equal(strbuf_text(&left->chain.out), strbuf_text(&right->chain.out));
    assert_memory_equal(&left->chain.tested->counters, &right->chain.tested->counters,
                        sizeof(struct operator_counters));
}

/* Both go on with the same rows. */
static void compare_restored(const struct layers *layers, const struct shape *shape, struct place *place, bool rocks,
                             uint64_t seed) {
    struct spilling memory, restored;
    struct stream more = {.random = seed, .row_count = 1000000};
    spilling_open(&memory, shape, place, false);
    spilling_open(&restored, shape, place, rocks);
    restore_both(layers, &memory.chain, &restored.chain);
    strbuf_init(&more.rows);
    if (!memory.chain.tested->ended) {
        for (uint32_t i = draw(&more, 4); i > 0; i--)
            push_both(&memory.chain, &restored.chain, next_rows(&more));
        end_both(&memory, &restored);
    }
    strbuf_release(&more.rows);
    spilling_close(&memory);
    spilling_close(&restored);
}

/* The tested one goes on as one that was restored, above the other back-end: what one writes the other reads. */
static void go_on_restored(struct spilling *tested, struct layers *layers, const struct shape *shape,
                           struct place *place) {
    struct spilling restored;
    spilling_open(&restored, shape, place, !tested->backend);
    restore_into(&restored.chain, layers->items, layers->count);
    spilling_close(tested);
    layers_forget(layers);
    memset(tested, 0, sizeof *tested);
    spilling_open(tested, shape, place, restored.backend != NULL);
    struct snapshot_writer writer;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    chain_check(&restored.chain, operator_snapshot(restored.chain.tested, &writer, &restored.chain.error));
    restore_into(&tested->chain, &writer.out, 1);
    snapshot_writer_release(&writer);
    spilling_close(&restored);
}

static void run_stream(const struct shape *shape, uint64_t seed) {
    struct place place;
    struct spilling memory, tested;
    struct stream stream = {.random = seed};
    struct layers layers = {0};
    uint32_t compared = 0;
    uint64_t stored_most = 0;
    place_open(&place);
    strbuf_init(&stream.rows);
    spilling_open(&memory, shape, &place, false);
    spilling_open(&tested, shape, &place, true);
    for (uint32_t i = 0; i < PUSHES; i++) {
        push_both(&memory.chain, &tested.chain, next_rows(&stream));
        uint64_t stored = tested.backend ? state_table_usage(table_of(&tested)).rows : 0;
        stored_most = stored > stored_most ? stored : stored_most;
        if (!layers.under_way && draw(&stream, 4) == 0) {
            snapshot_begin(&layers, &memory.chain, &tested.chain);
        } else if (layers.under_way && draw(&stream, 30) == 0) {
            snapshot_give_up(&layers, &tested.chain);
        } else if (layers.under_way && snapshot_step(&layers, &tested.chain, 1 + draw(&stream, 60000))) {
            compare_restored(&layers, shape, &place, draw(&stream, 2), stream.random);
            compared++;
        } else if (!layers.under_way && layers.count > 0 && draw(&stream, 20) == 0) {
            snapshot_begin(&layers, &memory.chain, &tested.chain);
            while (!snapshot_step(&layers, &tested.chain, 1 + draw(&stream, 5000)))
                ;
            go_on_restored(&tested, &layers, shape, &place);
        }
    }
    if (!layers.under_way)
        snapshot_begin(&layers, &memory.chain, &tested.chain);
    assert_true(compared > 3);
    assert_true(stored_most >= shape->stored_least);
    end_both(&memory, &tested);
    while (!snapshot_step(&layers, &tested.chain, 1000))
        ; /* begun before the end, done after it */
    compare_restored(&layers, shape, &place, true, seed);
    compare_restored(&layers, shape, &place, false, seed);
    spilling_close(&memory);
    spilling_close(&tested);
    layers_forget(&layers);
    strbuf_release(&layers.whole);
    strbuf_release(&stream.rows);
    place_close(&place);
}

#define KEY(index, ...) \
    { .base = PROTOBUF_C_MESSAGE_INIT(&plan__sort_key__descriptor), .column = index, __VA_ARGS__ }

static void everything(void **state) {
    (void)state;
    const struct shape shapes[] = {
        {.keys = {KEY(0)}, .key_count = 1, .batch_rows = 2048},
        {.keys = {KEY(1, .descending = true), KEY(2, .nulls_first = true)}, .key_count = 2, .batch_rows = 7},
        {.keys = {KEY(3, .nulls_first = true), KEY(2, .descending = true), KEY(4)}, .key_count = 3, .batch_rows = 64},
        {.keys = {KEY(5, .descending = true), KEY(1, .nulls_first = true)}, .key_count = 2, .batch_rows = 1},
        {.key_count = 0, .batch_rows = 100, .offset = 20},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct shape shape = shapes[i];
        shape.budget_bytes = FEW_ROWS_BYTES;
        shape.stored_least = PUSHES * ROWS_MAX / 4;
        run_stream(&shape, 10 + i);
        shape.budget_bytes = FEW_BATCHES_BYTES;
        run_stream(&shape, 20 + i);
    }
}

static void offset_and_limit(void **state) {
    (void)state;
    const uint64_t limits[] = {3, 50, 700, 100000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct shape shape = {.keys = {KEY(2, .descending = true), KEY(5)},
                              .key_count = 2,
                              .has_limit = true,
                              .limit = limits[i],
                              .batch_rows = 33,
                              .budget_bytes = FEW_ROWS_BYTES,
                              .stored_least = limits[i] / 2 < 1000 ? limits[i] / 2 : 1000};
        run_stream(&shape, 30 + i);
        shape.offset = 17;
        run_stream(&shape, 40 + i);
        shape.offset = 1000000; /* behind everything */
        run_stream(&shape, 50 + i);
    }
}

/* Rows that had room until others took it leave without another row. */
static void an_idle_sort_gives_back_what_others_need(void **state) {
    (void)state;
    const struct shape shape = {.keys = {KEY(0)}, .key_count = 1, .batch_rows = 64, .budget_bytes = 2 << 20};
    struct place place;
    struct spilling memory, tested;
    struct stream stream = {.random = 60};
    place_open(&place);
    strbuf_init(&stream.rows);
    spilling_open(&memory, &shape, &place, false);
    spilling_open(&tested, &shape, &place, true);
    struct chain *chain = &tested.chain;
    while (chain->tested->counters.state_bytes <= state_budget_share(&tested.budget))
        push_both(&memory.chain, chain, next_rows(&stream));
    chain_check(chain, operator_on_memory_short(chain->tested, &chain->error)); /* it is not short */
    assert_int_equal(state_table_usage(table_of(&tested)).rows, 0);
    state_budget_change(&tested.budget, shape.budget_bytes, 0); /* somebody takes that */
    chain_check(chain, operator_on_memory_short(chain->tested, &chain->error));
    assert_true(state_table_usage(table_of(&tested)).rows > PUSHES);
    state_budget_change(&tested.budget, 0, shape.budget_bytes);
    chain_end(&memory.chain);
    chain_end(chain);
    assert_string_equal(strbuf_text(&memory.chain.out), strbuf_text(&chain->out));
    spilling_close(&memory);
    spilling_close(&tested);
    strbuf_release(&stream.rows);
    place_close(&place);
}

/* Entries that nobody wrote, and one that is missing. */
static void damage_is_noticed(void **state) {
    (void)state;
    const struct str foreign[] = {{"", 0}, {"\5ab", 3}, {"\2ab", 3}, {NULL, 0}};
    const struct shape shape = {
        .keys = {KEY(0)}, .key_count = 1, .batch_rows = 100, .budget_bytes = FEW_ROWS_BYTES, .stored_least = 1};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct place place;
        struct spilling tested;
        struct stream stream = {.random = 60 + i};
        struct error error = {0};
        place_open(&place);
        strbuf_init(&stream.rows);
        spilling_open(&tested, &shape, &place, true);
        for (uint32_t push = 0; push < 5; push++)
            chain_push(&tested.chain, next_rows(&stream));
        struct state_address first = {.key = {"\0\0\0\0", 4}};
        struct str value;
        OK(state_get(table_of(&tested), &first, &value, &error));
        assert_non_null(value.data);
        if (foreign[i].data)
            OK(state_put(table_of(&tested), &first, foreign[i], &error));
        else
            OK(state_delete(table_of(&tested), &first, &error));
        enum status status = operator_on_end(tested.chain.tested, 0, &error);
        assert_int_equal(status, i == 2 ? STATUS_MALFORMED_RECORD : STATUS_FILE_ERROR); /* 2: a key without a row */
        assert_non_null(strstr(error.message, "row"));
        strbuf_release(&stream.rows);
        spilling_close(&tested);
        place_close(&place);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(offset_and_limit),
        cmocka_unit_test(an_idle_sort_gives_back_what_others_need),
        cmocka_unit_test(damage_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
