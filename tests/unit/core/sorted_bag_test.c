/* sorted_bag_test.c: a sorted multiset against counts in an array; seeds are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/base/hash.h"
#include "core/functions/sorted_bag.h"
#include "core/functions/state_memory.h"

enum { VALUES = 5000 };

static int64_t counts[VALUES];
static struct state_memory *memory;

static struct cell number(uint32_t i) {
    int64_t value = (int64_t)i - VALUES / 2;
    return (struct cell){.words = {(uint64_t)value, value < 0 ? UINT64_MAX : 0}};
}

/* Texts of both lengths, in the order of i. */
static struct cell text(uint32_t i) {
    static char buffer[40];
    int size = snprintf(buffer, sizeof buffer, i % 2 ? "%05u" : "%05u is a text that is long", i);
    return (struct cell){.view = view_make(buffer, (uint32_t)size)};
}

static struct cell value_of(enum cell_kind kind, uint32_t i) {
    return kind == CELL_NUMBER ? number(i) : text(i);
}

static void check(const struct sorted_bag *bag, enum cell_kind kind) {
    uint32_t first = 0, last = VALUES;
    while (first < VALUES && counts[first] <= 0)
        first++;
    while (last > 0 && counts[last - 1] <= 0)
        last--;
    struct cell value;
    assert_int_equal(sorted_bag_first(bag, &value), first < VALUES);
    if (first < VALUES)
        assert_true(cell_equal(kind, value, value_of(kind, first)));
    assert_int_equal(sorted_bag_last(bag, &value), last > 0);
    if (last > 0)
        assert_true(cell_equal(kind, value, value_of(kind, last - 1)));
}

static void add(struct sorted_bag *bag, enum cell_kind kind, uint32_t i, int64_t count) {
    sorted_bag_add(bag, kind, value_of(kind, i), count, memory);
    counts[i] += count;
}

static void run(enum cell_kind kind, uint64_t seed) {
    struct sorted_bag bag = {0}, other = {0};
    memset(counts, 0, sizeof counts);
    memory = state_memory_new();
    for (uint32_t i = 0; i < VALUES; i += 2) /* in order, then backward */
        add(&bag, kind, i, 1);
    check(&bag, kind);
    for (uint32_t i = VALUES; i-- > 0;)
        add(&bag, kind, i, 2);
    check(&bag, kind);
    for (uint32_t i = 0; i < VALUES; i++) { /* from the ends inward, so that the ends move */
        uint32_t at = i % 2 ? i / 2 : VALUES - 1 - i / 2;
        add(&bag, kind, at, -counts[at]);
        if (i % 61 == 0)
            check(&bag, kind);
    }
    assert_int_equal(bag.chunk_count, 0);
    for (int step = 0; step < 40000; step++) { /* at random, below zero as well */
        seed = hash_u64(seed + 1);
        uint32_t i = (uint32_t)(seed >> 20) % VALUES;
        if (step % 3 == 0 && counts[i])
            add(&bag, kind, i, -counts[i]);
        else
            add(&bag, kind, i, seed & 1 ? 1 : -1);
        if (step % 997 == 0)
            check(&bag, kind);
    }
    for (uint32_t i = 0; i < VALUES; i += 3) {
        sorted_bag_add(&other, kind, value_of(kind, i), 5, memory);
        counts[i] += 5;
    }
    sorted_bag_merge(&bag, kind, &other, memory);
    check(&bag, kind);
    sorted_bag_release(&bag, kind, memory);
    sorted_bag_release(&other, kind, memory);
    assert_int_equal(state_memory_used_bytes(memory), 0);
    state_memory_free(memory);
}

static void numbers(void **state) {
    (void)state;
    run(CELL_NUMBER, 1);
}

static void texts(void **state) {
    (void)state;
    run(CELL_VIEW, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
