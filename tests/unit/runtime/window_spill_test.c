/* window_spill_test.c: windows with room for a handful of groups against windows in memory: the same rows out, over seeded random streams in event time
 * with disorder and late rows; snapshots at random moments, in tiny steps, given up, in layers, restored with and without RocksDB. */
#include "tests/unit/runtime/spilling_windows.h"

static void tumble(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .calls = {"count_star", "sum_bigint", "max_bigint"}},
               1);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .calls = {"distinct", "sum_bigint", "min_bigint"}},
               2);
}

static void hop(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 800,
                               .slide_ms = 200,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               3);
}

/* Slices so many that blocks of them are merged first, and leave memory too. */
static void hop_of_many_slices(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 1600,
                               .slide_ms = 100,
                               .calls = {"count_star", "sum_bigint", "max_bigint"}},
               4);
}

static void cumulate(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE,
                               .size_ms = 1000,
                               .slide_ms = 250,
                               .calls = {"count_star", "distinct", "max_bigint"}},
               5);
}

static void updates(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               6);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 600,
                               .slide_ms = 200,
                               .emit = PLAN__EMIT__ON_UPDATE,
                               .retracts = true,
                               .calls = {"sum_bigint", "count", "count_star"}},
               7);
}

static void late_updates(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 300,
                               .slide_ms = 300,
                               .lateness_ms = 150,
                               .calls = {"count_star", "sum_bigint", "max_bigint"}},
               8);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__HOP,
                               .size_ms = 400,
                               .slide_ms = 200,
                               .lateness_ms = 150,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               9);
}

static void retractions(void **state) {
    (void)state;
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE,
                               .size_ms = 500,
                               .slide_ms = 500,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "distinct"}},
               10);
    run_stream(&(struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE,
                               .size_ms = 900,
                               .slide_ms = 300,
                               .retracts = true,
                               .calls = {"count_star", "sum_bigint", "min_bigint"}},
               11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tumble),      cmocka_unit_test(hop),     cmocka_unit_test(hop_of_many_slices),
        cmocka_unit_test(cumulate),    cmocka_unit_test(updates), cmocka_unit_test(late_updates),
        cmocka_unit_test(retractions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
