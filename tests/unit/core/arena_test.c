/* arena_test.c: memory by lifetime, and arrays in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/array.h"

static void pieces_do_not_overlap(void **state) {
    (void)state;
    enum { PIECES = 500 };
    struct arena arena;
    arena_init(&arena);
    uint8_t *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&arena, i * 7);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i & 0xFF), i * 7);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < i * 7; j++)
            assert_int_equal(pieces[i][j], i & 0xFF);
    assert_true(arena.size_bytes >= PIECES * PIECES / 2 * 7);
    arena_release(&arena);
    assert_int_equal(arena.size_bytes, 0);
}

static void alignment(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t align = 1; align <= 64; align *= 2) {
        arena_alloc_aligned(&arena, 3, 1);
        assert_int_equal((uintptr_t)arena_alloc_aligned(&arena, 5, align) % align, 0);
    }
    assert_int_equal((uintptr_t)arena_alloc_aligned(&arena, 3 << 20, 64) % 64, 0); /* a block of its own */
    arena_release(&arena);
}

static void huge_and_zeroed(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    size_t size = 5u << 20;
    uint8_t *huge = arena_zalloc(&arena, size);
    assert_int_equal(huge[0], 0);
    assert_int_equal(huge[size - 1], 0);
    memset(huge, 1, size);
    int *numbers = ARENA_ARRAY(&arena, int, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(numbers[i], 0);
    for (int round = 0; round < 200; round++) { /* the huge block is not kept for ever */
        arena_reset(&arena);
        memset(arena_alloc(&arena, 100), round, 100);
    }
    assert_true(arena.size_bytes <= 1u << 20);
    arena_alloc(&arena, 100u << 20);
    arena_reset(&arena);
    assert_true(arena.size_bytes <= 16u << 20);
    arena_release(&arena);
}

static void reset_reuses_memory(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    arena_reset(&arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            memset(arena_alloc(&arena, 100), round, 100);
        arena_reset(&arena);
    }
    size_t kept = arena.size_bytes;
    assert_true(kept > 0);
    arena_alloc(&arena, 100);
    assert_int_equal(arena.size_bytes, kept);
    arena_release(&arena);
}

/* What a pool of batches relies on: rounds of equal need get the same memory each time. */
static void equal_rounds_take_nothing(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct arena_block *block = NULL;
    for (int round = 0; round < 300; round++) {
        for (int i = 0; i < 30; i++)
            arena_alloc(&arena, 100000);
        if (round == 1)
            block = arena.block;
        else if (round)
            assert_ptr_equal(arena.block, block);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

static void texts(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(arena_strdup(&arena, "weather"), "weather");
    assert_string_equal(arena_strndup(&arena, "weather", 3), "wea");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(arena_printf(&arena, "%s-%d", "part", 3), "part-3");
    char *wide = arena_printf(&arena, "%09000d", 1);
    assert_int_equal(strlen(wide), 9000);
    assert_memory_equal(arena_copy(&arena, "a\0b", 3), "a\0b", 3);
    arena_release(&arena);
}

static void note(void *context) {
    char *text = context;
    text[strlen(text)] = 'x';
}

struct order {
    char *log;
    char letter;
};

static void note_letter(void *context) {
    struct order *order = context;
    order->log[strlen(order->log)] = order->letter;
}

static void cleanups_run_newest_first(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char log[8] = "";
    struct order first = {log, 'a'}, second = {log, 'b'};
    arena_on_release(&arena, note_letter, &first);
    arena_on_release(&arena, note_letter, &second);
    arena_reset(&arena);
    assert_string_equal(log, "ba");
    arena_on_release(&arena, note, log);
    arena_release(&arena);
    assert_string_equal(log, "bax");
}

static void arrays_grow(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    ARRAY_OF(int) numbers = {0};
    for (int i = 0; i < 1000; i++)
        ARRAY_PUSH(&arena, &numbers, i * 3);
    assert_int_equal(numbers.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.items[i], i * 3);
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap),     cmocka_unit_test(alignment),
        cmocka_unit_test(huge_and_zeroed),           cmocka_unit_test(reset_reuses_memory),
        cmocka_unit_test(equal_rounds_take_nothing), cmocka_unit_test(texts),
        cmocka_unit_test(cleanups_run_newest_first), cmocka_unit_test(arrays_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
