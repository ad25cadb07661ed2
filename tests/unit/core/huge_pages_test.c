/* huge_pages_test.c: pages that are ready are as good as those that are made when they are wanted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/huge_pages.h"

enum { PAGES = 12 };

static void take_and_check(size_t prepared) {
    char *pages[PAGES];
    for (size_t i = 0; i < prepared; i++)
        huge_pages_make_ready(4 * PAGES);
    for (int i = 0; i < PAGES; i++) {
        pages[i] = huge_pages_alloc(HUGE_PAGE_BYTES);
        assert_int_equal((uintptr_t)pages[i] % HUGE_PAGE_BYTES, 0);
        memset(pages[i], i, HUGE_PAGE_BYTES);
    }
    huge_pages_free_ready();
    for (int i = 0; i < PAGES; i++) { /* each is its own */
        assert_int_equal(pages[i][0], i);
        assert_int_equal(pages[i][HUGE_PAGE_BYTES - 1], i);
        free(pages[i]);
    }
}

static void pages_come_whether_they_are_ready_or_not(void **state) {
    (void)state;
    take_and_check(0);
    take_and_check(PAGES / 2);
    take_and_check(4 * PAGES); /* most of which nobody takes; a leak checker sees them */
}

enum { MADE = 50 };
static atomic_int made;

static void *make_many(void *unused) {
    (void)unused;
    for (; atomic_load(&made) < MADE; atomic_fetch_add(&made, 1))
        huge_pages_make_ready(1); /* waits until the one before is gone */
    return NULL;
}

static void one_is_made_when_another_goes(void **state) {
    (void)state;
    pthread_t thread;
    huge_pages_make_ready(1);
    assert_int_equal(pthread_create(&thread, NULL, make_many, NULL), 0);
    while (atomic_load(&made) < MADE) {
        free(huge_pages_alloc(HUGE_PAGE_BYTES));
        huge_pages_free_ready();
    }
    pthread_join(thread, NULL);
    huge_pages_free_ready();
}

static void larger_ones_are_made(void **state) {
    (void)state;
    huge_pages_make_ready(1);
    char *memory = huge_pages_alloc(3 * HUGE_PAGE_BYTES);
    assert_int_equal((uintptr_t)memory % HUGE_PAGE_BYTES, 0);
    memset(memory, 7, 3 * HUGE_PAGE_BYTES);
    free(memory);
    huge_pages_free_ready();
    huge_pages_free_ready();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_come_whether_they_are_ready_or_not),
        cmocka_unit_test(one_is_made_when_another_goes),
        cmocka_unit_test(larger_ones_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
