/* settings_test.c: the table itself, and setting, refusing, resetting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/settings.h"

static void the_table_is_sound(void **state) {
    (void)state;
    struct settings settings;
    settings_init(&settings); /* asserts that every default is a value */
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_spec *spec = setting_spec((enum setting)i);
        enum setting found;
        assert_true(setting_find(spec->key, &found));
        assert_int_equal(found, i);
        assert_true(strlen(spec->documentation) > 10);
        assert_true((spec->type == SETTING_TYPE_CHOICE) <= (spec->bounds != NULL));
        assert_true(settings_is_default(&settings, (enum setting)i));
        assert_string_equal(settings_text(&settings, (enum setting)i), spec->default_value);
        assert_int_equal(settings_set(&settings, spec->key, spec->default_value, NULL, NULL), STATUS_OK);
        if (i > 0)
            assert_true(strcmp(setting_spec((enum setting)(i - 1))->key, spec->key) < 0);
    }
    settings_release(&settings);
}

static void values_of_every_type(void **state) {
    (void)state;
    struct settings settings;
    settings_init(&settings);
    bool has_effect = false;
    assert_int_equal(settings_int(&settings, SETTING_BATCH_SIZE), 2048);
    assert_int_equal(settings_set(&settings, "pipeline.batch-size", "3", &has_effect, NULL), STATUS_OK);
    assert_true(has_effect);
    assert_int_equal(settings_int(&settings, SETTING_BATCH_SIZE), 3);
    assert_string_equal(settings_find(&settings, "pipeline.batch-size"), "3");
    assert_true(settings_bool(&settings, SETTING_IMPLICIT_GROUP_KEYS));
    assert_int_equal(settings_set(&settings, "sql.implicit-group-keys", "FALSE", NULL, NULL), STATUS_OK);
    assert_false(settings_bool(&settings, SETTING_IMPLICIT_GROUP_KEYS));
    assert_int_equal(settings_set(&settings, "table.exec.state.ttl", "1 h", NULL, NULL), STATUS_OK);
    assert_int_equal(settings_duration_us(&settings, SETTING_STATE_TTL), 3600000000);
    assert_int_equal(settings_set(&settings, "execution.runtime-mode", "STREAMING", NULL, NULL), STATUS_OK);
    assert_true(settings_choice_is(&settings, SETTING_RUNTIME_MODE, "streaming"));
    assert_false(settings_choice_is(&settings, SETTING_RUNTIME_MODE, "batch"));
    assert_int_equal(settings_set(&settings, "pipeline.name", "my job", NULL, NULL), STATUS_OK);
    assert_string_equal(settings_text(&settings, SETTING_JOB_NAME), "my job");
    settings_release(&settings);
}

static void bad_values_change_nothing(void **state) {
    (void)state;
    struct settings settings;
    settings_init(&settings);
    static const struct {
        const char *key, *value, *hint;
    } cases[] = {
        {"pipeline.batch-size", "0", "1..65536"},
        {"pipeline.batch-size", "65537", "1..65536"},
        {"pipeline.batch-size", "many", "whole number"},
        {"pipeline.batch-size", "", "whole number"},
        {"sql.implicit-group-keys", "yes", "true or false"},
        {"table.exec.state.ttl", "soon", "1h30m"},
        {"execution.runtime-mode", "stream", "automatic|streaming|batch"},
        {"execution.runtime-mode", "", "automatic|streaming|batch"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};
        assert_int_equal(settings_set(&settings, cases[i].key, cases[i].value, NULL, &error), STATUS_INVALID_OPTION);
        assert_non_null(strstr(error.message, cases[i].key));
        assert_non_null(strstr(error.hint, cases[i].hint));
    }
    for (int i = 0; i < SETTING_COUNT; i++)
        assert_true(settings_is_default(&settings, (enum setting)i));
    settings_release(&settings);
}

static void unknown_keys(void **state) {
    (void)state;
    struct settings settings;
    settings_init(&settings);
    struct error error = {0};
    assert_int_equal(settings_set(&settings, "pipeline.batchsize", "3", NULL, &error), STATUS_INVALID_OPTION);
    assert_string_equal(error.hint, "did you mean 'pipeline.batch-size'?");
    assert_int_equal(settings_set(&settings, "table.exec.mini-batch.enable", "true", NULL, &error),
                     STATUS_INVALID_OPTION);
    assert_string_equal(error.hint, "did you mean 'table.exec.mini-batch.enabled'?");
    assert_int_equal(settings_set(&settings, "pipelin.name", "x", NULL, &error), STATUS_INVALID_OPTION);
    assert_string_equal(error.hint, "did you mean 'pipeline.name'?");
    assert_int_equal(settings_set(&settings, "colour", "red", NULL, &error), STATUS_INVALID_OPTION);
    assert_int_equal(settings_set(&settings, "", "", NULL, &error), STATUS_INVALID_OPTION);
    assert_int_equal(settings_reset(&settings, "colour", &error), STATUS_INVALID_OPTION);
    assert_null(settings_find(&settings, "colour"));
    settings_release(&settings);
}

static void keys_of_flink_pass(void **state) {
    (void)state;
    static const char *const keys[] = {"table.optimizer.agg-phase-strategy",
                                       "execution.checkpointing.mode",
                                       "pipeline.object-reuse",
                                       "state.backend.incremental",
                                       "restart-strategy.type",
                                       "table.exec.resource.default-parallelism",
                                       "sql-client.verbose"};
    struct settings settings;
    settings_init(&settings);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool has_effect = true;
        struct error error = {0};
        assert_int_equal(settings_set(&settings, keys[i], "first", &has_effect, &error), STATUS_OK);
        assert_false(has_effect);
        assert_int_equal(settings_set(&settings, keys[i], "second", NULL, &error), STATUS_OK);
        assert_string_equal(settings_find(&settings, keys[i]), "second");
    }
    assert_int_equal(settings_reset(&settings, keys[0], NULL), STATUS_OK);
    assert_null(settings_find(&settings, keys[0]));
    assert_int_equal(settings_reset(&settings, keys[0], NULL), STATUS_OK); /* was not set: nothing to do */
    settings_reset_all(&settings);
    assert_null(settings_find(&settings, keys[1]));
    settings_release(&settings);
}

/* Values of Flink's settings that a script counts on are refused; the others have a word on what to do instead. */
static void settings_with_a_word(void **state) {
    (void)state;
    struct settings settings;
    struct error error = {0};
    bool has_effect = true;
    settings_init(&settings);
    assert_int_equal(settings_set(&settings, "table.sql-dialect", "Default", &has_effect, NULL), STATUS_OK);
    assert_false(has_effect);
    assert_int_equal(settings_set(&settings, "table.sql-dialect", "hive", NULL, &error), STATUS_UNSUPPORTED);
    assert_string_equal(error.hint, "scripts are Flink SQL");
    assert_int_equal(settings_set(&settings, "execution.savepoint.path", "/s", NULL, NULL), STATUS_UNSUPPORTED);
    assert_int_equal(settings_set(&settings, "execution.savepoint.path", "", NULL, NULL), STATUS_OK);
    assert_int_equal(settings_set(&settings, "table.exec.sink.type-length-enforcer", "TRIM_PAD", NULL, NULL),
                     STATUS_OK);
    assert_int_equal(settings_set(&settings, "table.exec.sink.type-length-enforcer", "ERROR", NULL, NULL),
                     STATUS_UNSUPPORTED);
    assert_int_equal(settings_set(&settings, "pipeline.jars", "x.jar", NULL, NULL), STATUS_OK);
    assert_string_equal(setting_foreign_hint("pipeline.jars"), "connectors and formats are built in");
    assert_null(setting_foreign_hint("pipeline.object-reuse"));
    settings_release(&settings);
}

static void reset_and_copy(void **state) {
    (void)state;
    struct settings settings, copy;
    settings_init(&settings);
    assert_int_equal(settings_set(&settings, "parallelism.default", "4", NULL, NULL), STATUS_OK);
    assert_int_equal(settings_set(&settings, "pipeline.jars", "x.jar", NULL, NULL), STATUS_OK);
    settings_copy(&copy, &settings);
    assert_int_equal(settings_reset(&settings, "parallelism.default", NULL), STATUS_OK);
    assert_int_equal(settings_int(&settings, SETTING_PARALLELISM), 1);
    settings_release(&settings);
    assert_int_equal(settings_int(&copy, SETTING_PARALLELISM), 4);
    assert_string_equal(settings_find(&copy, "pipeline.jars"), "x.jar");
    settings_reset_all(&copy);
    assert_int_equal(settings_int(&copy, SETTING_PARALLELISM), 1);
    settings_release(&copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(values_of_every_type),
        cmocka_unit_test(bad_values_change_nothing),
        cmocka_unit_test(unknown_keys),
        cmocka_unit_test(keys_of_flink_pass),
        cmocka_unit_test(settings_with_a_word),
        cmocka_unit_test(reset_and_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
