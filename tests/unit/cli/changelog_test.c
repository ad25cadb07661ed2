/* changelog_test.c: the rows that changes stand for: against a naive list, and the order in which they appear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/changelog.h"
#include "core/base/str.h"
#include "core/data/batch.h"

static const struct schema schema = {.fields = (struct field[]){{"k", &type_int}, {"v", &type_string}},
                                     .field_count = 2};

static void apply(struct changelog *changelog, enum change_kind kind, int32_t key, const char *value) {
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct batch *batch = batch_new_for(&pool, &schema, 1);
    batch->row_count = 1;
    batch->change_kinds = arena_alloc(&batch->arena, 1);
    batch->change_kinds[0] = (uint8_t)kind;
    COLUMN_VALUES(&batch->columns[0], int32_t)[0] = key;
    COLUMN_VALUES(&batch->columns[1], struct string_view)[0] = view_make(value, (uint32_t)strlen(value));
    changelog_apply(changelog, batch);
    batch_release(batch);
    batch_pool_release(&pool);
}

static enum status append_rows(void *context, const struct batch *batch, struct error *error) {
    struct strbuf *out = context;
    (void)error;
    for (uint32_t row = 0; row < batch->row_count; row++) {
        column_print_value(out, &batch->columns[0], row);
        column_print_value(out, &batch->columns[1], row);
        strbuf_append_char(out, ' ');
    }
    return STATUS_OK;
}

static void assert_rows(struct changelog *changelog, const char *expected) {
    struct strbuf text = {0};
    struct error error = {0};
    assert_int_equal(changelog_rows(changelog, 0, UINT64_MAX, append_rows, &text, &error), STATUS_OK);
    assert_string_equal(strbuf_text(&text), expected);
    strbuf_release(&text);
}

static void retractions_remove_equal_rows(void **state) {
    (void)state;
    struct changelog *changelog = changelog_new(&schema, NULL, 0);
    apply(changelog, CHANGE_INSERT, 1, "a");
    apply(changelog, CHANGE_INSERT, 2, "b");
    apply(changelog, CHANGE_INSERT, 1, "a");
    assert_rows(changelog, "1a 2b 1a ");
    apply(changelog, CHANGE_DELETE, 1, "a");
    assert_rows(changelog, "1a 2b ");
    apply(changelog, CHANGE_DELETE, 9, "z"); /* not there: nothing happens */
    apply(changelog, CHANGE_DELETE, 1, "a");
    assert_rows(changelog, "2b ");
    changelog_free(changelog);
}

static void updates_keep_the_place(void **state) {
    (void)state;
    struct changelog *changelog = changelog_new(&schema, NULL, 0);
    apply(changelog, CHANGE_INSERT, 1, "a");
    apply(changelog, CHANGE_INSERT, 2, "b");
    apply(changelog, CHANGE_UPDATE_BEFORE, 1, "a");
    apply(changelog, CHANGE_UPDATE_AFTER, 1, "a long value that does not fit inside");
    assert_rows(changelog, "1a long value that does not fit inside 2b ");
    apply(changelog, CHANGE_DELETE, 2, "b");
    apply(changelog, CHANGE_INSERT, 3, "c");
    assert_rows(changelog, "1a long value that does not fit inside 3c ");
    changelog_free(changelog);
}

static void upserts_replace_by_key(void **state) {
    (void)state;
    struct changelog *changelog = changelog_new(&schema, (uint32_t[]){0}, 1);
    apply(changelog, CHANGE_INSERT, 1, "a");
    apply(changelog, CHANGE_INSERT, 2, "b");
    apply(changelog, CHANGE_UPDATE_AFTER, 1, "c");
    assert_rows(changelog, "1c 2b ");
    apply(changelog, CHANGE_DELETE, 1, "whatever");
    assert_rows(changelog, "2b ");
    changelog_free(changelog);
}

static void newest_rows_are_kept(void **state) {
    (void)state;
    struct changelog *changelog = changelog_new(&schema, NULL, 0);
    changelog_keep_newest(changelog, 3);
    for (int32_t i = 0; i < 5000; i++)
        apply(changelog, CHANGE_INSERT, i, "x");
    assert_rows(changelog, "4997x 4998x 4999x ");
    assert_int_equal(changelog_row_count(changelog), 3);
    changelog_free(changelog);
}

/* A group's count goes up and down at random; the list must say what a plain array says, in the same order. */
static void many_updates_agree_with_an_array(void **state) {
    (void)state;
    enum { GROUPS = 700, STEPS = 20000 };
    int counts[GROUPS] = {0};
    char text[16];
    struct changelog *changelog = changelog_new(&schema, NULL, 0);
    uint32_t random = 12345;
    for (int32_t i = 0; i < GROUPS; i++)
        apply(changelog, CHANGE_INSERT, i, "0");
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        int32_t group = (int32_t)(random >> 8) % GROUPS;
        snprintf(text, sizeof text, "%d", counts[group]);
        apply(changelog, CHANGE_UPDATE_BEFORE, group, text);
        counts[group]++;
        snprintf(text, sizeof text, "%d", counts[group]);
        apply(changelog, CHANGE_UPDATE_AFTER, group, text);
    }
    struct strbuf expected = {0};
    for (int i = 0; i < GROUPS; i++)
        strbuf_printf(&expected, "%d%d ", i, counts[i]);
    assert_rows(changelog, strbuf_text(&expected));
    strbuf_release(&expected);
    changelog_free(changelog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retractions_remove_equal_rows),    cmocka_unit_test(updates_keep_the_place),
        cmocka_unit_test(upserts_replace_by_key),           cmocka_unit_test(newest_rows_are_kept),
        cmocka_unit_test(many_updates_agree_with_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
