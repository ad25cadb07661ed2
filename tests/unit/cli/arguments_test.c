/* arguments_test.c: flags, subcommands, combinations, suggestions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/arguments.h"
#include "core/base/arena.h"
#include "core/base/log.h"

static struct arena arena;
static struct arguments arguments;
static struct error error;

static enum status parse(const char *line) {
    static char text[256];
    char *argv[16] = {"streamsql"};
    int argc = 1;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    error = (struct error){0};
    return arguments_parse(&arguments, &arena, argc, argv, &error);
}

static void commands(void **state) {
    (void)state;
    assert_int_equal(parse(""), STATUS_OK);
    assert_int_equal(arguments.command, COMMAND_SHELL);
    assert_int_equal(parse("run a.sql --batch-rows 3"), STATUS_OK);
    assert_int_equal(arguments.command, COMMAND_RUN);
    assert_string_equal(arguments.inputs.items[0].text, "a.sql");
    assert_int_equal(arguments.batch_rows, 3);
    assert_int_equal(parse("--format=json run a.sql"), STATUS_OK);
    assert_string_equal(arguments.format, "json");
    assert_int_equal(parse("-c x -f y -f -"), STATUS_OK);
    assert_int_equal(arguments.command, COMMAND_TEXTS);
    assert_int_equal(arguments.inputs.count, 3);
    assert_true(arguments.inputs.items[2].is_file);
    assert_int_equal(parse("demo --duration 2s --rows 10"), STATUS_OK);
    assert_int_equal(arguments.duration_us, 2000000);
    assert_int_equal(parse("--help --nonsense"), STATUS_OK);
    assert_int_equal(arguments.command, COMMAND_HELP);
    assert_int_equal(parse("--set a.b=c=d -c x"), STATUS_OK);
    assert_string_equal(arguments.settings.items[0].key, "a.b");
    assert_string_equal(arguments.settings.items[0].value, "c=d");
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum status status;
        const char *hint;
    } cases[] = {
        {"--formt csv", STATUS_INVALID_OPTION, "--format"},
        {"--format cvs", STATUS_INVALID_OPTION, "csv"},
        {"rum a.sql", STATUS_INVALID_OPTION, "run"},
        {"a.sql", STATUS_INVALID_OPTION, "run a.sql"},
        {"run", STATUS_INVALID_OPTION, ""},
        {"run a.sql b.sql", STATUS_INVALID_OPTION, ""},
        {"-c x y", STATUS_INVALID_OPTION, ""},
        {"-c", STATUS_INVALID_OPTION, ""},
        {"--help=x", STATUS_INVALID_OPTION, ""},
        {"--batch-rows 65536 -c x", STATUS_INVALID_OPTION, ""},
        {"--batch-rows x -c x", STATUS_INVALID_OPTION, ""},
        {"--duration 1s -c x", STATUS_INVALID_OPTION, ""},
        {"--set =x -c x", STATUS_INVALID_OPTION, ""},
        {"--parallelism 0", STATUS_INVALID_OPTION, ""},
        {"--parallelism 1025", STATUS_INVALID_OPTION, ""},
        {"--state-backend memry", STATUS_INVALID_OPTION, ""},
        {"worker", STATUS_UNSUPPORTED, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum status status = parse(cases[i].line);
        if (status != cases[i].status || !strstr(error.hint, cases[i].hint))
            fail_msg("%s: %s, hint \"%s\"", cases[i].line, status_name(status), error.hint);
    }
}

static void log_level(void **state) {
    (void)state;
    setenv("LOG_LEVEL", "info", 1);
    assert_int_equal(arguments_check_environment(&error), STATUS_OK);
    assert_true(log_enabled(LOG_LEVEL_INFO));
    assert_false(log_enabled(LOG_LEVEL_DEBUG));
    setenv("LOG_LEVEL", "loud", 1);
    assert_int_equal(arguments_check_environment(&error), STATUS_INVALID_OPTION);
    unsetenv("LOG_LEVEL");
    assert_int_equal(arguments_check_environment(&error), STATUS_OK);
    assert_false(log_enabled(LOG_LEVEL_INFO));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(commands), cmocka_unit_test(refusals),
                                       cmocka_unit_test(log_level)};
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
