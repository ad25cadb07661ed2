/* connectors_test.c: options, and the check of WITH clauses. */
#include "tests/unit/connectors/table.h"

static void check_fails(const char *const *options, const char *message, const char *hint, int option_index) {
    struct table table;
    table_init(&table, options);
    int index = -7;
    assert_int_equal(table_validate(&table, &index), STATUS_INVALID_OPTION);
    assert_string_equal(table.error.message, message);
    if (!strstr(table.error.hint, hint))
        fail_msg("hint is \"%s\"", table.error.hint);
    assert_int_equal(index, option_index);
    table_release(&table);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void wrong_clauses(void **state) {
    (void)state;
    check_fails(OPTIONS("seed", "1"), "option \"connector\" is missing", "weather", -1);
    check_fails(OPTIONS("seed", "1", "connector", "wether"), "unknown connector \"wether\"",
                "did you mean \"weather\"?", 1);
    check_fails(OPTIONS("connector", "weather", "sed", "1"), "connector \"weather\" has no option \"sed\"",
                "did you mean \"seed\"?", 1);
    check_fails(OPTIONS("connector", "weather", "Seed", "1"), "connector \"weather\" has no option \"Seed\"",
                "did you mean \"seed\"?", 1);
    check_fails(OPTIONS("connector", "weather", "seed", "x"), "option \"seed\" must be an integer, not \"x\"", "", 1);
    check_fails(OPTIONS("connector", "weather", "late", "1.5"), "option \"late\" must be between 0 and 1", "", 1);
    check_fails(OPTIONS("connector", "filesystem", "path", "/x", "format", "csv", "csv.field-delimiter", "||"),
                "option \"csv.field-delimiter\" must be one character, not \"||\"", "", 3);
    check_fails(OPTIONS("connector", "kafka", "topic", "t", "properties.bootstrap.servers", "h:1", "value.format",
                        "csv", "value.csv.field-delimiter", "||"),
                "option \"csv.field-delimiter\" must be one character, not \"||\"", "", 4);
    check_fails(OPTIONS("connector", "weather", "time-step", "soon"),
                "option \"time-step\": \"soon\" is not a duration", "10s", 1);
    check_fails(OPTIONS("connector", "print", "standard-error", "yes"),
                "option \"standard-error\" must be true or false, not \"yes\"", "", 1);
}

static void patterns(void **state) {
    (void)state;
    static const struct option_spec specs[] = {{.name = "properties.*"},
                                               {.name = "fields.*.kind"},
                                               {.name = "fields.*.max-past"},
                                               {.name = "properties.exact"},
                                               {0}};
    assert_ptr_equal(option_spec_find(specs, "properties.a.b"), &specs[0]);
    assert_ptr_equal(option_spec_find(specs, "properties.exact"), &specs[3]);
    assert_null(option_spec_find(specs, "properties."));
    assert_ptr_equal(option_spec_find(specs, "fields.a.b.kind"), &specs[1]);
    assert_null(option_spec_find(specs, "fields..kind"));
    assert_null(option_spec_find(specs, "fields.a.min"));
}

static void values_and_defaults(void **state) {
    (void)state;
    static const struct option_spec specs[] = {
        {"text", OPTION_STRING, NULL, false, NULL, ""},
        {"int", OPTION_INT, "7", false, NULL, ""},
        {"double", OPTION_DOUBLE, "0.5", false, NULL, ""},
        {"bool", OPTION_BOOL, "true", false, NULL, ""},
        {"wait", OPTION_DURATION, "2s", false, NULL, ""},
        {"size", OPTION_SIZE, "4kb", false, NULL, ""},
        {0},
    };
    struct arena arena;
    arena_init(&arena);
    struct options options;
    options_init(&options, &arena);
    assert_null(options_text(&options, specs, "text"));
    assert_int_equal(options_int(&options, specs, "int"), 7);
    assert_true(options_double(&options, specs, "double") == 0.5);
    assert_true(options_bool(&options, specs, "bool"));
    assert_int_equal(options_duration_us(&options, specs, "wait"), 2000000);
    assert_int_equal(options_size_bytes(&options, specs, "size"), 4096);
    options_put(&options, "int", " -12 ");
    options_put(&options, "bool", "FALSE");
    options_put(&options, "wait", "10");
    assert_int_equal(options_int(&options, specs, "int"), -12);
    assert_false(options_bool(&options, specs, "bool"));
    assert_int_equal(options_duration_us(&options, specs, "wait"), 10000);
    arena_release(&arena);
}

static void check_table(const struct option_spec *spec) {
    assert_non_null(spec);
    for (; spec->name; spec++) {
        assert_true(spec->documentation && *spec->documentation);
        assert_true((spec->type == OPTION_CHOICE) == (spec->choices != NULL));
        assert_false(spec->required && spec->default_value);
        struct error error;
        if (spec->default_value)
            assert_int_equal(option_check(spec, spec->name, spec->default_value, &error), STATUS_OK);
    }
}

/* Every table is complete: documented, with defaults that are values of their type; every class has what it must have. */
static void tables_of_all(void **state) {
    (void)state;
    const struct connector_registry *registry = connectors_builtin();
    unsigned connectors = 0, formats = 0;
    for (; registry->connectors[connectors]; connectors++) {
        const struct connector_class *connector = registry->connectors[connectors];
        check_table(connector->options);
        assert_ptr_equal(connector_find(registry, connector->name), connector);
        assert_true(connector->source_open || connector->sink_open);
    }
    for (; registry->formats[formats]; formats++) {
        const struct format_class *format = registry->formats[formats];
        check_table(format->options);
        assert_ptr_equal(format_find(registry, format->name), format);
        assert_true(format->decoder_open && format->decode && format->decoder_close);
        assert_true(format->encoder_open && format->encode && format->encoder_close);
    }
    assert_int_equal(connectors, 8);
    assert_int_equal(formats, 3);
    assert_null(connector_find(registry, "Kafka"));
    assert_null(format_find(registry, "avro"));
}

/* Which split is whose never changes, or a restored job would read twice or not at all. */
static void owners_of_splits(void **state) {
    (void)state;
    assert_int_equal(split_owner("bids", 0, 0), 0);
    assert_int_equal(split_owner("bids", 7, 1), 0);
    assert_int_equal(split_owner("bids", 0, 4), 0);
    assert_int_equal(split_owner("bids", 1, 4), 1);
    assert_int_equal(split_owner("/data/a.json", 0, 1024), 822);
    uint32_t counts[4] = {0};
    for (uint32_t partition = 0; partition < 40; partition++)
        counts[split_owner("topic", partition, 4)]++;
    for (int i = 0; i < 4; i++)
        assert_int_equal(counts[i], 10);
    struct source_config config = {.instance = 1, .instance_count = 2};
    assert_true(split_is_own(&config, "t", 0) != split_is_own(&config, "t", 1));
    assert_true(split_is_own(&(struct source_config){0}, "t", 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_clauses), cmocka_unit_test(patterns),         cmocka_unit_test(values_and_defaults),
        cmocka_unit_test(tables_of_all), cmocka_unit_test(owners_of_splits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
