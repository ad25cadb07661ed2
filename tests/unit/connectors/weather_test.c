/* weather_test.c: the demo's generator: addressable, out of order and late as asked, paced. */
#include "core/base/env_virtual.h"
#include "core/data/datetime.h"
#include "tests/unit/connectors/table.h"

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char *read_text(const char *const *options, const char *const *columns, uint32_t batch_rows) {
    struct table table;
    table_init(&table, options);
    assert_int_equal(table_open(&table, columns, NULL, batch_rows, NULL), STATUS_OK);
    assert_int_equal(table_read(&table, 0, 0), STATUS_OK);
    char *text = memory_strdup(strbuf_text(&table.rows));
    table_release(&table);
    return text;
}

static void same_rows_in_any_batches(void **state) {
    (void)state;
    const char *const *options = OPTIONS("connector", "weather", "number-of-rows", "100", "rows-per-second", "0",
                                         "out-of-order", "0.3", "late", "0.1", "seed", "9");
    char *whole = read_text(options, NULL, 2048), *parts = read_text(options, NULL, 7);
    assert_string_equal(whole, parts);
    char *column = read_text(options, OPTIONS("temp", "city"), 64);
    char *line = whole, *pruned = column;
    for (int i = 0; i < 100; i++) { /* pruning changes no value */
        char city[64], temp[64], expected[160];
        assert_int_equal(sscanf(line, "%63[^|]|%63[^|]|", city, temp), 2);
        snprintf(expected, sizeof expected, "%s|%s\n", temp, city);
        assert_memory_equal(pruned, expected, strlen(expected));
        line = strchr(line, '\n') + 1;
        pruned = strchr(pruned, '\n') + 1;
    }
    char *other = read_text(
        OPTIONS("connector", "weather", "number-of-rows", "100", "rows-per-second", "0", "seed", "10"), NULL, 2048);
    assert_string_not_equal(whole, other);
    free(whole), free(parts), free(column), free(other);
}

static void times(void **state) {
    (void)state;
    struct table table;
    table_init(&table, OPTIONS("connector", "weather", "number-of-rows", "10000", "rows-per-second", "0",
                               "out-of-order", "0.2", "late", "0.05", "max-delay", "3s", "late-delay", "1h",
                               "time-step", "100ms", "start-time", "2024-01-01 00:00:00"));
    assert_int_equal(table_open(&table, OPTIONS("ts"), NULL, 2048, NULL), STATUS_OK);
    int64_t expected;
    assert_true(timestamp_parse(STR("2024-01-01 00:00:00"), &expected, NULL, NULL));
    unsigned ordered = 0, delayed = 0, late = 0;
    struct source_poll poll = {0};
    while (poll.state != SOURCE_END) {
        assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
        for (uint32_t i = 0; i < poll.batch->row_count; i++, expected += 100000) {
            int64_t back = expected - COLUMN_VALUES(&poll.batch->columns[0], int64_t)[i];
            assert_int_equal(back % 1000, 0);
            assert_true(back == 3600 * US_PER_SECOND || (back >= 0 && back <= 3 * US_PER_SECOND));
            ordered += back == 0, late += back == 3600 * US_PER_SECOND;
            delayed += back > 0 && back <= 3 * US_PER_SECOND;
        }
        batch_release(poll.batch);
    }
    assert_in_range(late, 400, 600);
    assert_in_range(delayed, 1800, 2200);
    assert_int_equal(ordered + delayed + late, 10000);
    table_release(&table);
}

static void pace(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new(1000000, 1);
    struct table table;
    table_init(&table, OPTIONS("connector", "weather", "rows-per-second", "5"));
    assert_int_equal(table_open(&table, NULL, NULL, 2048, env_virtual_env(world)), STATUS_OK);
    struct source_poll poll;
    uint64_t rows = 0;
    int64_t passed_us = 0;
    while (passed_us < 2000000) {
        assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
        if (poll.state == SOURCE_WAIT) {
            assert_in_range(poll.wait_us, 1, 200000);
            env_virtual_advance(world, poll.wait_us);
            passed_us += poll.wait_us;
        } else {
            assert_int_equal(poll.batch->row_count, 1);
            rows++;
            batch_release(poll.batch);
        }
    }
    assert_in_range(rows, 9, 11);
    env_virtual_advance(world, 10 * US_PER_SECOND); /* after a pause the rows come in one batch */
    assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
    assert_in_range(poll.batch->row_count, 49, 51);
    batch_release(poll.batch);
    table_release(&table);
    env_virtual_free(world);
}

static void declared_columns(void **state) {
    (void)state;
    struct field fields[] = {{"ts", &type_timestamp_ltz3}, {"city", &type_string}};
    struct table table;
    table_init(&table, OPTIONS("connector", "weather", "cities", " A ;; B;"));
    table.schema = (struct schema){fields, 2};
    assert_int_equal(table_validate(&table, NULL), STATUS_INVALID_DEFINITION);
    fields[0].type = &type_timestamp6;
    assert_int_equal(table_validate(&table, NULL), STATUS_OK);
    fields[1].name = "cty";
    assert_int_equal(table_validate(&table, NULL), STATUS_INVALID_DEFINITION);
    assert_string_equal(table.error.hint, "did you mean \"city\"?");
    table_release(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_rows_in_any_batches),
        cmocka_unit_test(times),
        cmocka_unit_test(pace),
        cmocka_unit_test(declared_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
