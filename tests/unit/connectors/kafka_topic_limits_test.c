/* kafka_topic_limits_test.c: what is refused before it is logged, at each limit and one beyond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/kafka/topic_limits.h"
#include "core/base/env_virtual.h"
#include "core/data/row_log.h"

enum { DAY_MS = 86400000 };

static enum status check(const struct kafka_topic_limits *limits, const struct row_log_record *record,
                         struct env *env) {
    struct error error = {0};
    enum status status = kafka_topic_limits_check(limits, record, env, &error);
    assert_int_equal(status, error.status);
    if (status != STATUS_OK)
        assert_non_null(strstr(error.message, "\"there\""));
    return status;
}

static const struct kafka_topic_limits wide = {
    .topic = "there", .size_bytes = 1000, .takes_timestamps = true, .before_ms = INT64_MAX, .after_ms = INT64_MAX};

/* The largest row that fits, and that one byte more does not, wherever it is. */
static void sizes(void **state) {
    (void)state;
    static char bytes[2000];
    struct row_log_record record = {.has_key = true, .has_value = true, .value = {bytes, 0}};
    while (check(&wide, &record, NULL) == STATUS_OK)
        record.value.size++;
    assert_in_range(record.value.size, 800, 999);
    record.value.size--;
    assert_int_equal(check(&wide, &record, NULL), STATUS_OK);
    record.key = (struct str){bytes, 1};
    assert_int_equal(check(&wide, &record, NULL), STATUS_LIMIT_EXCEEDED);
    record.key.size = 0;
    record.header_count = 1;
    assert_int_equal(check(&wide, &record, NULL), STATUS_LIMIT_EXCEEDED);
}

static enum status check_time(struct kafka_topic_limits limits, int64_t timestamp_ms, struct env *env) {
    return check(&limits, &(struct row_log_record){.has_timestamp = true, .timestamp_ms = timestamp_ms}, env);
}

static void timestamps(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new((int64_t)20000 * DAY_MS * 1000, 1);
    struct env *env = env_virtual_env(world);
    int64_t now_ms = env_now_us(env) / 1000;
    assert_int_equal(check_time(wide, 1, env), STATUS_OK);
    assert_int_equal(check_time(wide, 0, env), STATUS_OUT_OF_RANGE);
    assert_int_equal(check_time(wide, -1, env), STATUS_OUT_OF_RANGE);
    assert_int_equal(check_time(wide, now_ms + 1000 * (int64_t)DAY_MS, env), STATUS_OK);
    struct kafka_topic_limits narrow = wide;
    narrow.after_ms = narrow.before_ms = DAY_MS;
    assert_int_equal(check_time(narrow, now_ms + DAY_MS, env), STATUS_OK);
    assert_int_equal(check_time(narrow, now_ms + DAY_MS + 1, env), STATUS_OUT_OF_RANGE);
    assert_int_equal(check_time(narrow, now_ms - DAY_MS, env), STATUS_OK);
    assert_int_equal(check_time(narrow, now_ms - DAY_MS - 1, env), STATUS_OUT_OF_RANGE);
    narrow.takes_timestamps = false; /* the broker looks at none */
    assert_int_equal(check_time(narrow, now_ms + DAY_MS + 1, env), STATUS_OK);
    env_virtual_free(world);
}

/* An empty key is one. */
static void keys(void **state) {
    (void)state;
    struct kafka_topic_limits compacted = wide;
    compacted.needs_key = true;
    struct row_log_record record = {.has_key = true, .has_value = true};
    assert_int_equal(check(&compacted, &record, NULL), STATUS_OK);
    record.has_key = false;
    assert_int_equal(check(&compacted, &record, NULL), STATUS_NOT_NULL_VIOLATION);
    assert_int_equal(check(&wide, &record, NULL), STATUS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(timestamps), cmocka_unit_test(keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
