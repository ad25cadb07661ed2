/* session_spill_test.c: SESSION windows with room for a handful of keys against SESSION windows in memory: the same rows out, in the same order, over
 * seeded random streams in event time with disorder, late rows, gaps and rows that join two sessions; snapshots at random moments, in tiny steps, given
 * up, in layers; restored with and without RocksDB, by other numbers of instances, and with tables that came with the back-end. */
#include "executor/session_cold.h"
#include "executor/window_sessions.h"
#include "tests/unit/runtime/spilling_windows.h"

static const struct shape closing = {
    .kind = PLAN__WINDOW_KIND__SESSION, .size_ms = 300, .calls = {"count_star", "sum_bigint", "max_bigint"}};
static const struct shape owning = {
    .kind = PLAN__WINDOW_KIND__SESSION, .size_ms = 120, .calls = {"distinct", "count", "min_bigint"}};

static void sessions_that_close(void **state) {
    (void)state;
    run_stream(&closing, 1);
    run_stream(&owning, 2);
}

static void sessions_that_are_updated(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__SESSION,
                               .size_ms = 250,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .calls = {"count_star", "max_bigint", "sum_bigint"}},
               3);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__SESSION,
                               .size_ms = 250,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .retracts = true,
                               .calls = {"distinct", "count_star", "sum_bigint"}},
               4);
}

static void retractions(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__SESSION,
                               .size_ms = 250,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               5);
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
        spilling_open(&half, windows_open, run->shape, &run->place, rocks);
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
        spilling_open(&memory, windows_open, run.shape, &run.place, false);
        spilling_open(&restored, windows_open, run.shape, &run.place, ways & 2);
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
    spilling_open(&memory, windows_open, run->shape, &run->place, false);
    state_budget_init(&restored.budget, BUDGET_BYTES);
    struct rocks_config config = place_config(&run->place, &restored.budget, files, 1);
    config.folder = arena_printf(&run->place.arena, "%s/restored-%d", run->place.folder, into_memory);
    OK(rocks_backend_open(&config, &backend, &error));
    restored.backend = into_memory ? NULL : backend;
    restored_state = into_memory ? backend : NULL;
    windows_open(&restored.chain, run->shape, restored.backend);
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
        spilling_open(&restored, windows_open, run.shape, &run.place, false);
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
        do
            push_next(&run);
        while (session_cold_count(sessions_of((struct window_aggregate *)run.tested.chain.tested)->cold) == 0);
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
