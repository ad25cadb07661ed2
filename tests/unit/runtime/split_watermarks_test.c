/* split_watermarks_test.c: merging over splits with idleness, and the cut rule against a row-by-row model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "executor/operator.h"
#include "runtime/split_watermarks.h"

static void merged_is_minimum_of_active_splits(void **state) {
    (void)state;
    struct split_watermarks watermarks;
    split_watermarks_init(&watermarks, 1000);
    split_watermarks_grow(&watermarks, 3, 0);
    watermarks.splits[0].watermark_us = 50;
    watermarks.splits[1].watermark_us = 30;
    assert_false(split_watermarks_update(&watermarks, 10));
    assert_int_equal(watermarks.merged_us, WATERMARK_NONE); /* split 2 has none yet */
    watermarks.splits[2].watermark_us = 70;
    assert_true(split_watermarks_update(&watermarks, 10));
    assert_int_equal(watermarks.merged_us, 30);
    watermarks.splits[1].ended = true;
    assert_true(split_watermarks_update(&watermarks, 10));
    assert_int_equal(watermarks.merged_us, 50);
    split_watermarks_release(&watermarks);
}

/* One of several instances of a source that got no split holds nobody back, until it gets one. */
static void an_instance_without_splits_is_idle(void **state) {
    (void)state;
    struct split_watermarks watermarks;
    split_watermarks_init(&watermarks, 1000);
    assert_false(split_watermarks_update(&watermarks, 10));
    watermarks.lacks_splits = true;
    assert_true(split_watermarks_update(&watermarks, 10));
    assert_true(watermarks.all_idle);
    assert_int_equal(watermarks.merged_us, WATERMARK_NONE);
    watermarks.lacks_splits = false;
    split_watermarks_grow(&watermarks, 1, 20);
    assert_true(split_watermarks_update(&watermarks, 20));
    assert_false(watermarks.all_idle);
    split_watermarks_release(&watermarks);
}

static void merged_never_falls(void **state) {
    (void)state;
    struct split_watermarks watermarks;
    split_watermarks_init(&watermarks, 1000);
    split_watermarks_grow(&watermarks, 1, 0);
    watermarks.splits[0].watermark_us = 50;
    assert_true(split_watermarks_update(&watermarks, 10));
    split_watermarks_grow(&watermarks, 2, 10);
    assert_false(split_watermarks_update(&watermarks, 10));
    watermarks.splits[1].watermark_us = 20;
    assert_false(split_watermarks_update(&watermarks, 10));
    assert_int_equal(watermarks.merged_us, 50);
    split_watermarks_release(&watermarks);
}

static void quiet_split_becomes_idle_when_caught_up(void **state) {
    (void)state;
    struct split_watermarks watermarks;
    split_watermarks_init(&watermarks, 1000);
    split_watermarks_grow(&watermarks, 2, 0);
    split_watermarks_active(&watermarks, 0, 0);
    watermarks.splits[0].watermark_us = 40;
    assert_false(split_watermarks_update(&watermarks, 5000)); /* split 1 may still have rows to read */
    watermarks.splits[1].caught_up = true;
    assert_int_equal(split_watermarks_next_idle_us(&watermarks), 1000);
    assert_false(split_watermarks_update(&watermarks, 999));
    assert_true(split_watermarks_update(&watermarks, 1000 + 999));
    assert_int_equal(watermarks.merged_us, 40);
    assert_false(watermarks.all_idle);
    watermarks.splits[0].caught_up = true;
    assert_true(split_watermarks_update(&watermarks, 9000));
    assert_true(watermarks.all_idle);
    assert_int_equal(watermarks.merged_us, 40);
    split_watermarks_active(&watermarks, 1, 9001);
    assert_true(split_watermarks_update(&watermarks, 9001));
    assert_false(watermarks.all_idle);
    split_watermarks_release(&watermarks);
}

static void when_all_are_idle_none_is_waited_for(void **state) {
    (void)state;
    struct split_watermarks watermarks;
    split_watermarks_init(&watermarks, 1000);
    split_watermarks_grow(&watermarks, 2, 0);
    watermarks.splits[0].watermark_us = 40;
    watermarks.splits[1].watermark_us = 70;
    watermarks.splits[0].caught_up = watermarks.splits[1].caught_up = true;
    assert_true(split_watermarks_update(&watermarks, 10));
    assert_int_equal(watermarks.merged_us, 40);
    assert_true(split_watermarks_update(&watermarks, 1000));
    assert_true(watermarks.all_idle);
    assert_int_equal(watermarks.merged_us, 70);
    split_watermarks_release(&watermarks);
}

static void timeout_zero_never_idles(void **state) {
    (void)state;
    struct split_watermarks watermarks;
    split_watermarks_init(&watermarks, 0);
    split_watermarks_grow(&watermarks, 1, 0);
    watermarks.splits[0].caught_up = true;
    assert_false(split_watermarks_update(&watermarks, INT64_MAX));
    assert_int_equal(split_watermarks_next_idle_us(&watermarks), INT64_MAX);
    split_watermarks_release(&watermarks);
}

static void rows_in_order_are_not_cut(void **state) {
    (void)state;
    int64_t times[100], marks[100], watermark_us = WATERMARK_NONE;
    for (int i = 0; i < 100; i++)
        times[i] = marks[i] = i / 7 * 1000; /* equal times too */
    assert_int_equal(watermark_cut(times, marks, 0, 100, 1000, 0, &watermark_us), 100);
    assert_int_equal(watermark_us, 14000);
}

static void cut_comes_before_the_row_of_a_closed_window(void **state) {
    (void)state;
    /* Windows of 10: [0, 10) closes at watermark 9. */
    int64_t times[] = {5, 12, 11, 7, 13};
    int64_t marks[] = {5, 12, 11, 7, 13};
    int64_t watermark_us = WATERMARK_NONE;
    assert_int_equal(watermark_cut(times, marks, 0, 5, 10, 0, &watermark_us),
                     3); /* 11 is behind 12, but in an open window */
    assert_int_equal(watermark_us, 12);
    assert_int_equal(watermark_cut(times, marks, 3, 5, 10, 0, &watermark_us), 2); /* 12 is emitted: 7 can come */
    assert_int_equal(watermark_us, 13);
}

/* Feeding one row at a time, a row sees the watermark of all rows before it. Cut batches must let every row see the same set of
 * closed windows that matter to it: an end e > its time is closed now if and only if it was then. */
static void cuts_agree_with_single_rows(void **state) {
    (void)state;
    enum { ROWS = 400 };
    srand(7);
    for (int round = 0; round < 300; round++) {
        int64_t times[ROWS], marks[ROWS], running[ROWS + 1];
        int64_t granularity_us = 1 + rand() % 40, lag_us = rand() % 50, disorder = 1 + rand() % 100;
        running[0] = WATERMARK_NONE;
        for (int i = 0; i < ROWS; i++) {
            times[i] = i + rand() % disorder - 50;
            marks[i] = rand() % 50 ? times[i] - lag_us : WATERMARK_NONE;
            running[i + 1] = marks[i] > running[i] ? marks[i] : running[i];
        }
        int64_t watermark_us = WATERMARK_NONE;
        for (uint32_t first = 0; first < ROWS;) {
            int64_t emitted_us = watermark_us;
            uint32_t count = watermark_cut(times, marks, first, ROWS, granularity_us, 0, &watermark_us);
            assert_true(count > 0);
            assert_int_equal(watermark_us, running[first + count]);
            for (uint32_t row = first; row < first + count; row++)
                for (int64_t end = -400; end < 900; end++)
                    if (end % granularity_us == 0 && end > times[row])
                        assert_int_equal(end - 1 <= emitted_us, end - 1 <= running[row]);
            first += count;
        }
    }
}

/* A session that ends at 20 closes with the watermark 20; a row at 20 would have joined it. */
static void test_cut__a_row_that_touches_a_closed_session_waits(void **state) {
    (void)state;
    const int64_t times[] = {10, 20, 20, 20}, marks[] = {10, 20, 20, 20};
    int64_t watermark_us = WATERMARK_NONE;
    assert_int_equal(watermark_cut(times, marks, 0, 4, 10, 1, &watermark_us), 2);
    assert_int_equal(watermark_us, 20);
    assert_int_equal(watermark_cut(times, marks, 2, 4, 10, 1, &watermark_us), 2);
    watermark_us = WATERMARK_NONE;
    assert_int_equal(watermark_cut(times, marks, 0, 4, 10, 0, &watermark_us),
                     4); /* no window [s, 20) has a row at 20 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut__a_row_that_touches_a_closed_session_waits),
        cmocka_unit_test(merged_is_minimum_of_active_splits),
        cmocka_unit_test(merged_never_falls),
        cmocka_unit_test(an_instance_without_splits_is_idle),
        cmocka_unit_test(quiet_split_becomes_idle_when_caught_up),
        cmocka_unit_test(when_all_are_idle_none_is_waited_for),
        cmocka_unit_test(timeout_zero_never_idles),
        cmocka_unit_test(rows_in_order_are_not_cut),
        cmocka_unit_test(cut_comes_before_the_row_of_a_closed_window),
        cmocka_unit_test(cuts_agree_with_single_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
