/* state_memory_test.c: pieces of all sizes do not overlap, and the books balance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/base/hash.h"
#include "core/functions/state_memory.h"

enum { PIECES = 400 };

struct piece {
    uint8_t *data;
    size_t size;
    uint8_t fill;
};

static void fill(struct piece *piece, uint8_t value) {
    piece->fill = value;
    memset(piece->data, value, piece->size);
}

static void check(const struct piece *piece, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (piece->data[i] != piece->fill)
            fail();
}

static void random_pieces(void **state) {
    (void)state;
    struct state_memory *memory = state_memory_new();
    struct piece pieces[PIECES] = {{0}};
    uint64_t seed = 42;
    for (int step = 0; step < 30000; step++) {
        seed = hash_u64(seed + 1);
        struct piece *piece = &pieces[seed % PIECES];
        size_t size = (seed >> 20) % ((size_t)1 << ((seed >> 40) % 17)) + 1;
        if (!piece->data) {
            *piece = (struct piece){state_memory_alloc(memory, size), size, 0};
            assert_int_equal((uintptr_t)piece->data % 16, 0);
        } else if (step % 3) {
            check(piece, piece->size);
            state_memory_release(memory, piece->data, piece->size);
            *piece = (struct piece){0};
            continue;
        } else {
            piece->data = state_memory_realloc(memory, piece->data, piece->size, size);
            check(piece, piece->size < size ? piece->size : size);
            piece->size = size;
        }
        fill(piece, (uint8_t)step);
    }
    size_t wanted = 0;
    for (int i = 0; i < PIECES; i++)
        wanted += pieces[i].size;
    size_t used = state_memory_used_bytes(memory);
    assert_true(used >= wanted && used <= wanted + wanted / 4 + (size_t)PIECES * 16);
    assert_true(state_memory_held_bytes(memory) >= used);
    for (int i = 0; i < PIECES; i++)
        state_memory_release(memory, pieces[i].data, pieces[i].size);
    assert_int_equal(state_memory_used_bytes(memory), 0);
    state_memory_free(memory);
}

static void freed_pieces_are_used_again(void **state) {
    (void)state;
    struct state_memory *memory = state_memory_new();
    for (int round = 0; round < 1000; round++) {
        void *pieces[20];
        for (size_t i = 0; i < 20; i++)
            pieces[i] = memset(state_memory_alloc(memory, i * 100), 1, i * 100);
        for (size_t i = 0; i < 20; i++)
            state_memory_release(memory, pieces[i], i * 100);
    }
    assert_true(state_memory_held_bytes(memory) < 100000);
    state_memory_alloc(memory, 1000);
    state_memory_reset(memory);
    assert_int_equal(state_memory_used_bytes(memory), 0);
    memset(state_memory_zalloc(memory, 5 << 20), 1, 5 << 20);
    state_memory_free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_pieces),
        cmocka_unit_test(freed_pieces_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
