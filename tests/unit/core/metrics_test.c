/* metrics_test.c: series come and go, add up across threads, and are listed in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/metrics.h"

static void counting(void **state) {
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric_label labels[] = {{"operator", "Calc"}, {"job", "1"}};
    struct metric_label turned[] = {{"job", "1"}, {"operator", "Calc"}};
    struct metric *rows = metrics_counter(metrics, "streamsql_records_out_total", "Rows emitted.", labels, 2);
    struct metric *same = metrics_counter(metrics, "streamsql_records_out_total", "Rows emitted.", turned, 2);
    assert_ptr_equal(rows, same);
    metric_add(rows, 2);
    metric_add(same, 40);
    assert_true(metric_value(rows) == 42);
    struct metric *other = metrics_counter(metrics, "streamsql_records_out_total", "Rows emitted.", labels, 1);
    assert_ptr_not_equal(rows, other);
    metric_release(same);
    metric_add(rows, 1); /* still held */
    metric_release(rows);
    metric_release(other);
    metric_release(NULL);
    struct arena arena;
    arena_init(&arena);
    struct metric_sample *samples;
    assert_int_equal(metrics_snapshot(metrics, &arena, &samples), 0);
    arena_release(&arena);
    metrics_free(metrics);
}

static void snapshot_in_order(void **state) {
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric *held[] = {
        metrics_gauge(metrics, "b", "", (struct metric_label[]){{"x", "2"}}, 1),
        metrics_gauge(metrics, "b", "", (struct metric_label[]){{"x", "1"}}, 1),
        metrics_gauge(metrics, "b", "", (struct metric_label[]){{"y", "0"}, {"x", "1"}}, 2),
        metrics_counter(metrics, "a_total", "First.", NULL, 0),
        metrics_gauge(metrics, "b", "", NULL, 0),
    };
    metric_set(held[0], -2.5);
    metric_add(held[3], 7);
    struct arena arena;
    arena_init(&arena);
    struct metric_sample *samples;
    assert_int_equal(metrics_snapshot(metrics, &arena, &samples), 5);
    for (size_t i = 0; i < 5; i++)
        metric_release(held[i]);
    metrics_free(metrics); /* the snapshot is a copy */
    assert_string_equal(samples[0].name, "a_total");
    assert_string_equal(samples[0].help, "First.");
    assert_int_equal(samples[0].type, METRIC_COUNTER);
    assert_true(samples[0].value == 7);
    assert_int_equal(samples[1].label_count, 0);
    assert_string_equal(samples[2].labels[0].value, "1");
    assert_int_equal(samples[2].label_count, 1);
    assert_int_equal(samples[3].label_count, 2);
    assert_string_equal(samples[3].labels[1].name, "y");
    assert_string_equal(samples[4].labels[0].value, "2");
    assert_true(samples[4].value == -2.5);
    arena_release(&arena);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *count_and_register(void *context) {
    struct metrics *metrics = context;
    struct metric *total = metrics_counter(metrics, "all_total", "", NULL, 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct metric *own = metrics_gauge(metrics, "busy", "", NULL, 0);
        metric_set(own, i);
        metric_add(total, 1);
        metric_release(own);
    }
    metric_release(total);
    return NULL;
}

static void threads_add_up(void **state) {
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric *total = metrics_counter(metrics, "all_total", "", NULL, 0);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_and_register, metrics), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(metric_value(total) == THREADS * ROUNDS);
    metric_release(total);
    metrics_free(metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting),
        cmocka_unit_test(snapshot_in_order),
        cmocka_unit_test(threads_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
