/* log_test.c: what a line looks like, and that lines of several threads do not mix. The log is written into a pipe or a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/base/env_virtual.h"
#include "core/base/log.h"
#include "core/base/str.h"

static struct env_virtual *world;
static char path[64];
static int descriptor;

static int enter(void **state) {
    (void)state;
    world = env_virtual_new(1714564800123456, 1); /* 2024-05-01 12:00:00.123456 */
    snprintf(path, sizeof path, "/tmp/log_test.XXXXXX");
    descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : unlink(path);
}

static int leave(void **state) {
    (void)state;
    log_configure(&(struct log_config){.level = LOG_LEVEL_WARN, .descriptor = STDERR_FILENO});
    env_virtual_free(world);
    return close(descriptor);
}

static void configure(enum log_level level, enum log_format format) {
    log_configure(&(struct log_config){level, format, descriptor, env_virtual_env(world)});
}

/* Everything logged since the last call. */
static const char *logged(void) {
    static char text[1 << 16];
    ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
    assert_true(size >= 0);
    text[size] = '\0';
    assert_int_equal(ftruncate(descriptor, 0), 0);
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
    return text;
}

static void plain_lines(void **state) {
    (void)state;
    configure(LOG_LEVEL_INFO, LOG_FORMAT_PLAIN);
    log_info("started");
    assert_string_equal(logged(), "2024-05-01T12:00:00.123456Z INFO started\n");
    log_warn("broker is gone", log_text("broker", "localhost:9092"), log_int("attempt", -3),
             log_bool("retriable", true), log_double("wait", 0.25), log_text("reason", "no route\nto \"host\""),
             log_text("empty", ""), log_text("none", NULL), log_text("pair", "a=b"));
    assert_string_equal(logged(),
                        "2024-05-01T12:00:00.123456Z WARN broker is gone broker=localhost:9092 attempt=-3 "
                        "retriable=true wait=0.25 reason=\"no route\\u000ato \\\"host\\\"\" empty=\"\" none=null "
                        "pair=\"a=b\"\n");
}

static void json_lines(void **state) {
    (void)state;
    configure(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    log_debug("a \"message\"", log_text("text", "tab\there \xFF \xC3\xA4"), log_int("min", INT64_MIN),
              log_double("bad", NAN), log_bool("no", false), log_text("none", NULL));
    const char *line = logged();
    assert_int_equal(line[strlen(line) - 1], '\n');
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "time")), "2024-05-01T12:00:00.123456Z");
    assert_string_equal(json_string_value(json_object_get(object, "level")), "debug");
    assert_string_equal(json_string_value(json_object_get(object, "message")), "a \"message\"");
    assert_string_equal(json_string_value(json_object_get(object, "text")), "tab\there \xEF\xBF\xBD \xC3\xA4");
    assert_int_equal(json_integer_value(json_object_get(object, "min")), INT64_MIN);
    assert_true(json_is_null(json_object_get(object, "bad")));
    assert_true(json_is_false(json_object_get(object, "no")));
    assert_true(json_is_null(json_object_get(object, "none")));
    json_decref(object);
}

static int evaluated;

static int64_t count_evaluation(void) {
    return ++evaluated;
}

static void levels(void **state) {
    (void)state;
    configure(LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
    log_warn("quiet", log_int("n", count_evaluation()));
    assert_string_equal(logged(), "");
    assert_int_equal(evaluated, 0);
    log_error("loud", log_int("n", count_evaluation()));
    assert_string_equal(logged(), "2024-05-01T12:00:00.123456Z ERROR loud n=1\n");
    configure(LOG_LEVEL_OFF, LOG_FORMAT_PLAIN);
    log_error("nothing");
    assert_string_equal(logged(), "");
    enum log_level level;
    assert_true(log_level_parse("Warn", &level));
    assert_int_equal(level, LOG_LEVEL_WARN);
    assert_false(log_level_parse("loud", &level));
}

static void times(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {951782399999999, "2000-02-28T23:59:59.999999Z"},
        {951868799000000, "2000-02-29T23:59:59.000000Z"},
        {1709251199000000, "2024-02-29T23:59:59.000000Z"},
        {4107542400000000, "2100-03-01T00:00:00.000000Z"},
    };
    configure(LOG_LEVEL_INFO, LOG_FORMAT_PLAIN);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        env_virtual_set_now(world, cases[i].us);
        log_info("x");
        assert_memory_equal(logged(), cases[i].text, strlen(cases[i].text));
    }
}

static void long_lines_are_cut_and_stay_valid(void **state) {
    (void)state;
    static char wide[20000];
    for (size_t i = 0; i + 3 < sizeof wide; i += 3)
        memcpy(wide + i, "\xE2\x82\xAC", 3);
    configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (size_t shift = 0; shift < 5; shift++) {
        char before[8] = "aaaaaaa";
        before[shift] = '\0';
        log_info("long", log_text("before", before), log_text("wide", wide), log_text("after", "x"));
        const char *line = logged();
        assert_true(strlen(line) <= LOG_LINE_MAX);
        assert_true(strlen(line) > LOG_LINE_MAX - 64);
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        json_decref(object);
    }
    for (size_t i = 0; i + 1 < sizeof wide; i++)
        wide[i] = '\x01';
    log_info("control characters", log_text("wide", wide));
    json_t *object = json_loads(logged(), 0, NULL);
    assert_non_null(object);
    json_decref(object);
}

enum { THREADS = 4, LINES = 200 };

static void *log_many(void *name) {
    for (int i = 0; i < LINES; i++)
        log_info("from a thread", log_text("name", name), log_int("i", i));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state) {
    (void)state;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    fcntl(pipe_ends[1], F_SETPIPE_SZ, 1 << 20);
    log_configure(&(struct log_config){LOG_LEVEL_INFO, LOG_FORMAT_JSON, pipe_ends[1], env_virtual_env(world)});
    pthread_t threads[THREADS];
    static char names[THREADS][16];
    for (int i = 0; i < THREADS; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    close(pipe_ends[1]);
    FILE *lines = fdopen(pipe_ends[0], "r");
    char line[256];
    int count = 0;
    while (fgets(line, sizeof line, lines)) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        json_decref(object);
        count++;
    }
    assert_int_equal(count, THREADS * LINES);
    fclose(lines);
}

#define LOGGED(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        LOGGED(plain_lines),
        LOGGED(json_lines),
        LOGGED(levels),
        LOGGED(times),
        LOGGED(long_lines_are_cut_and_stay_valid),
        LOGGED(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
