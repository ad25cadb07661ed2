/* dead_letters_test.c: unusable records are counted, the last ones kept, all written; a file that cannot be written is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/env_virtual.h"
#include "runtime/dead_letters.h"

static void report(struct dead_letters *dead, int64_t offset, struct str bytes) {
    struct error reason = {.status = STATUS_MALFORMED_RECORD};
    snprintf(reason.message, sizeof reason.message, "not a \"number\"");
    struct dead_letter letter = {
        .table = "orders",
        .split = "orders-3",
        .offset = offset,
        .line = 7,
        .bytes = bytes,
        .size_bytes = bytes.size,
        .reason = &reason,
    };
    dead->target.report(&dead->target, &letter);
}

static void the_last_ones_are_kept(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new(0, 1);
    struct dead_letters dead;
    struct error error;
    assert_int_equal(dead_letters_open(&dead, env_virtual_env(world), NULL, &error), STATUS_OK);
    uint32_t count;
    dead_letters_list(&dead, &count);
    assert_int_equal(count, 0);
    for (int64_t i = 0; i < DEAD_LETTERS_KEPT + 5; i++)
        report(&dead, i, STR("a\nb\xFF\"c"));
    const struct job_dead_letter *list = dead_letters_list(&dead, &count);
    assert_int_equal(dead.count, DEAD_LETTERS_KEPT + 5);
    assert_int_equal(count, DEAD_LETTERS_KEPT);
    assert_int_equal(list[0].offset, 5);
    assert_int_equal(list[count - 1].offset, DEAD_LETTERS_KEPT + 4);
    assert_string_equal(list[0].table, "orders");
    assert_string_equal(list[0].split, "orders-3");
    assert_string_equal(list[0].reason, "not a \"number\"");
    assert_string_equal(list[0].bytes, "a\\u000Ab\\xFF\"c");
    dead_letters_close(&dead);
    env_virtual_free(world);
}

static void all_are_written_as_json_lines(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new(0, 1);
    struct env *env = env_virtual_env(world);
    for (int run = 0; run < 2; run++) { /* the second run appends */
        struct dead_letters dead;
        struct error error;
        assert_int_equal(dead_letters_open(&dead, env, "dead.jsonl", &error), STATUS_OK);
        report(&dead, 10 + run, STR("{\"a\": \x01 \\ \xC3\xA4 \xC3"));
        assert_int_equal(dead.error.status, STATUS_OK);
        dead_letters_close(&dead);
    }
    struct env_file *file;
    char text[2000] = {0};
    size_t got;
    assert_int_equal(env_file_open(env, "dead.jsonl", ENV_OPEN_READ, &file, NULL), STATUS_OK);
    assert_int_equal(env_file_read(file, text, sizeof text - 1, &got, NULL), STATUS_OK);
    env_file_close(file);
    assert_string_equal(
        text,
        "{\"table\":\"orders\",\"split\":\"orders-3\",\"offset\":10,\"line\":7,\"sqlstate\":\"22P04\","
        "\"reason\":\"not a \\\"number\\\"\",\"size\":14,\"bytes\":\"{\\\"a\\\": \\u0001 \\\\ \xC3\xA4 \\\\xC3\"}\n"
        "{\"table\":\"orders\",\"split\":\"orders-3\",\"offset\":11,\"line\":7,\"sqlstate\":\"22P04\","
        "\"reason\":\"not a \\\"number\\\"\",\"size\":14,\"bytes\":\"{\\\"a\\\": \\u0001 \\\\ \xC3\xA4 \\\\xC3\"}\n");
    env_virtual_free(world);
}

static void a_full_disk_is_noticed(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new(0, 1);
    env_virtual_set_capacity(world, 100);
    struct dead_letters dead;
    struct error error;
    assert_int_equal(dead_letters_open(&dead, env_virtual_env(world), "dead.jsonl", &error), STATUS_OK);
    report(&dead, 1, STR("x"));
    assert_int_equal(dead.error.status, STATUS_DISK_FULL);
    report(&dead, 2, STR("y"));
    assert_int_equal(dead.count, 2);
    dead_letters_close(&dead);
    env_virtual_free(world);
}

static void long_records_are_clipped_in_memory(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new(0, 1);
    struct dead_letters dead;
    struct error error;
    assert_int_equal(dead_letters_open(&dead, env_virtual_env(world), NULL, &error), STATUS_OK);
    char bytes[4 * DEAD_LETTER_KEPT_BYTES];
    memset(bytes, 'z', sizeof bytes);
    report(&dead, 1, (struct str){bytes, sizeof bytes});
    uint32_t count;
    assert_int_equal(strlen(dead_letters_list(&dead, &count)->bytes), DEAD_LETTER_KEPT_BYTES);
    dead_letters_close(&dead);
    env_virtual_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_are_kept),
        cmocka_unit_test(all_are_written_as_json_lines),
        cmocka_unit_test(a_full_disk_is_noticed),
        cmocka_unit_test(long_records_are_clipped_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
