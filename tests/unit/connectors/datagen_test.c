/* datagen_test.c: Flink's generator: kinds, ranges, every type, bounds and wrong options. */
#include "core/base/env_virtual.h"
#include "tests/unit/connectors/table.h"

#define OPTIONS(...) ((const char *const[]){"connector", "datagen", "rows-per-second", "0", __VA_ARGS__, NULL})

static struct type row_type, array_type, map_type, decimal_type, char_type;
static const struct field row_fields[] = {{"x", &type_int}, {"y", &type_string}};

static void read_table(struct table *table, const struct field *fields, uint32_t count, const char *const *options,
                       uint32_t batch_rows, uint64_t row_limit) {
    table_init(table, options);
    table->schema = (struct schema){(struct field *)fields, count};
    if (table_open(table, NULL, NULL, batch_rows, NULL) != STATUS_OK)
        fail_msg("%s", table->error.message);
    assert_int_equal(table_read(table, row_limit, 0), STATUS_OK);
}

static void sequences(void **state) {
    (void)state;
    const struct field fields[] = {{"a", &type_bigint}, {"b", &type_string}, {"c", &type_double}, {"d", &decimal_type}};
    struct table table;
    read_table(&table, fields, 4,
               OPTIONS("fields.a.kind", "sequence", "fields.a.start", "-1", "fields.a.end", "1", "fields.b.kind",
                       "sequence", "fields.b.start", "10", "fields.b.end", "99", "fields.c.kind", "sequence",
                       "fields.c.start", "0", "fields.c.end", "9", "fields.d.kind", "sequence", "fields.d.start", "5",
                       "fields.d.end", "9"),
               2, 0);
    assert_string_equal(table.rows.data, "-1|10|0.0|5.00\n0|11|1.0|6.00\n1|12|2.0|7.00\n");
    table_release(&table);
}

static void ranges(void **state) {
    (void)state;
    const struct field fields[] = {{"a", &type_int}, {"b", &type_tinyint}, {"c", &type_double}};
    struct table table;
    table_init(&table, OPTIONS("fields.a.min", "-3", "fields.a.max", "3", "fields.c.min", "1", "fields.c.max", "2",
                               "number-of-rows", "5000"));
    table.schema = (struct schema){(struct field *)fields, 3};
    assert_int_equal(table_open(&table, NULL, NULL, 2048, NULL), STATUS_OK);
    unsigned seen[7] = {0}, rows = 0;
    bool negative = false, positive = false;
    struct source_poll poll = {0};
    while (poll.state != SOURCE_END) {
        assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
        for (uint32_t i = 0; i < poll.batch->row_count; i++, rows++) {
            int32_t a = COLUMN_VALUES(&poll.batch->columns[0], int32_t)[i];
            assert_true(a >= -3 && a <= 3);
            seen[a + 3]++;
            int8_t b = COLUMN_VALUES(&poll.batch->columns[1], int8_t)[i];
            negative |= b<-120, positive |= b> 120;
            double c = COLUMN_VALUES(&poll.batch->columns[2], double)[i];
            assert_true(c >= 1 && c <= 2);
        }
        batch_release(poll.batch);
    }
    assert_int_equal(rows, 5000);
    assert_true(negative && positive);
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 5000 / 7 - 120, 5000 / 7 + 120);
    table_release(&table);
}

/* All types at once: the text is the same whatever the batch size, and NULLs come as asked. */
static void every_type(void **state) {
    (void)state;
    const struct field fields[] = {
        {"b", &type_boolean}, {"s", &type_smallint},       {"f", &type_float},
        {"d", &decimal_type}, {"c", &char_type},           {"v", &type_string},
        {"y", &type_bytes},   {"m", &type_interval_month}, {"i", &type_interval_second},
        {"r", &row_type},     {"a", &array_type},          {"o", &map_type},
    };
    const char *const *options = OPTIONS(
        "number-of-rows", "300", "fields.v.length", "20", "fields.v.var-len", "true", "fields.v.null-rate", "0.5",
        "fields.y.length", "2", "fields.r.y.length", "1", "fields.r.null-rate", "0.2", "fields.r.x.max", "9",
        "fields.r.x.min", "0", "fields.a.length", "4", "fields.a.var-len", "true", "fields.a.element.null-rate", "0.1",
        "fields.o.length", "2", "fields.o.key.length", "3", "fields.f.max", "10", "seed", "77");
    struct table whole, parts;
    read_table(&whole, fields, COUNT_OF(fields), options, 2048, 0);
    read_table(&parts, fields, COUNT_OF(fields), options, 11, 0);
    assert_int_equal(whole.row_count, 300);
    assert_string_equal(whole.rows.data, parts.rows.data);
    assert_non_null(strstr(whole.rows.data, "|NULL|"));
    assert_non_null(strstr(whole.rows.data, "NULL, "));
    table_release(&whole);
    table_release(&parts);
}

static void times(void **state) {
    (void)state;
    const struct field fields[] = {{"now", &type_timestamp3}, {"past", &type_timestamp_ltz3}, {"day", &type_date}};
    struct env_virtual *world = env_virtual_new(1700000000123456, 1);
    struct table table;
    table_init(&table, OPTIONS("number-of-rows", "100", "fields.past.max-past", "1h"));
    table.schema = (struct schema){(struct field *)fields, 3};
    assert_int_equal(table_open(&table, NULL, NULL, 2048, env_virtual_env(world)), STATUS_OK);
    struct source_poll poll;
    assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
    int64_t least = INT64_MAX;
    for (uint32_t i = 0; i < poll.batch->row_count; i++) {
        assert_int_equal(COLUMN_VALUES(&poll.batch->columns[0], int64_t)[i], 1700000000123000);
        int64_t past = 1700000000123456 - COLUMN_VALUES(&poll.batch->columns[1], int64_t)[i];
        assert_true(past >= 0 && past <= 3600000000 + 1000);
        least = past < least ? past : least;
        assert_int_equal(COLUMN_VALUES(&poll.batch->columns[2], int32_t)[i], 1700000000 / 86400);
    }
    assert_true(least < 600000000);
    batch_release(poll.batch);
    table_release(&table);
    env_virtual_free(world);
}

static void wrong_options(void **state) {
    (void)state;
    const struct field fields[] = {{"a", &type_tinyint}, {"t", &type_timestamp3}, {"r", &row_type}};
    static const char *const cases[][3] = {
        {"fields.a.min", "200", "option \"fields.a.min\" cannot be \"200\" for a column of type TINYINT"},
        {"fields.b.min", "1", "option \"fields.b.min\" names no column of the table"},
        {"fields.a.kind", "sequence", "a sequence needs the option \"fields.a.start\""},
        {"fields.t.kind", "sequence", "column \"t\" of type TIMESTAMP(3) cannot be a sequence"},
        {"fields.a.kind", "weird", "option \"fields.a.kind\" cannot be \"weird\""},
        {"fields.r.x.length", "-1", NULL},
        {"fields.r.y.length", "-1", "option \"fields.r.y.length\" cannot be \"-1\" for a column of type STRING"},
        {"fields.r.y.length", "2000000",
         "column \"r.y\" would have values of length 2000000; set \"fields.r.y.length\""},
        {"fields.a.null-rate", "2", "option \"fields.a.null-rate\" cannot be \"2\" for a column of type TINYINT"},
        {"number-of-rows", "-1", "option \"number-of-rows\" must be between 0 and 9223372036854775807, not -1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct table table;
        table_init(&table, OPTIONS(cases[i][0], cases[i][1]));
        table.schema = (struct schema){(struct field *)fields, 3};
        enum status status = table_validate(&table, NULL);
        assert_true((status == STATUS_OK) == (cases[i][2] == NULL));
        if (status)
            assert_string_equal(table.error.message, cases[i][2]);
        table_release(&table);
    }
}

static void unbounded_is_known(void **state) {
    (void)state;
    struct table table;
    table_init(&table, OPTIONS("seed", "3"));
    assert_int_equal(table_validate(&table, NULL), STATUS_OK);
    assert_false(table.connector->is_bounded(&table.options));
    options_put(&table.options, "number-of-rows", "3");
    assert_true(table.connector->is_bounded(&table.options));
    table_release(&table);
}

int main(void) {
    row_type = (struct type){.kind = TYPE_ROW, .nullable = true, .fields = row_fields, .field_count = 2};
    array_type = (struct type){.kind = TYPE_ARRAY, .nullable = true, .element = &type_int};
    map_type = (struct type){.kind = TYPE_MAP, .nullable = true, .key = &type_string, .element = &type_double};
    decimal_type = (struct type){.kind = TYPE_DECIMAL, .nullable = true, .precision = 10, .scale = 2};
    char_type = (struct type){.kind = TYPE_CHAR, .nullable = true, .length = 5};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences), cmocka_unit_test(ranges),        cmocka_unit_test(every_type),
        cmocka_unit_test(times),     cmocka_unit_test(wrong_options), cmocka_unit_test(unbounded_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
