/* value_list_test.c: values in order, taken out by value, against a plain array; seeds are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/base/hash.h"
#include "core/functions/state_memory.h"
#include "core/functions/value_list.h"

enum { MODEL_MAX = 4000, IS_NULL = 1000000 };

static uint32_t model[MODEL_MAX];
static uint32_t model_count;
static struct state_memory *memory;

static struct cell text(uint32_t i) {
    static char buffer[40];
    int size = snprintf(buffer, sizeof buffer, i % 2 ? "%u" : "%u, a text that is long", i);
    return (struct cell){.view = view_make(buffer, (uint32_t)size)};
}

static void check(const struct value_list *list) {
    uint32_t position = 0;
    struct cell value;
    bool is_null;
    assert_int_equal(list->live_count, model_count);
    for (uint32_t i = 0; i < model_count; i++) {
        assert_true(value_list_next(list, &position, &value, &is_null));
        assert_int_equal(is_null, model[i] == IS_NULL);
        if (!is_null)
            assert_true(cell_equal(CELL_VIEW, value, text(model[i])));
    }
    assert_false(value_list_next(list, &position, &value, &is_null));
    assert_int_equal(value_list_last(list, &value, &is_null), model_count > 0);
    if (model_count)
        assert_int_equal(is_null, model[model_count - 1] == IS_NULL);
    if (model_count && !is_null)
        assert_true(cell_equal(CELL_VIEW, value, text(model[model_count - 1])));
}

static void append(struct value_list *list, uint32_t i) {
    struct cell value = text(i);
    assert_int_equal(value_list_append(list, CELL_VIEW, i == IS_NULL ? NULL : &value, memory, NULL), STATUS_OK);
    model[model_count++] = i;
}

static void remove_value(struct value_list *list, uint32_t i) {
    struct cell value = text(i);
    uint32_t at = 0;
    while (at < model_count && model[at] != i)
        at++;
    assert_int_equal(value_list_remove(list, CELL_VIEW, i == IS_NULL ? NULL : &value, memory), at < model_count);
    if (at < model_count) {
        model_count--;
        memmove(&model[at], &model[at + 1], (model_count - at) * sizeof model[0]);
    }
}

/* `variety` different values: few make long chains, many make many. */
static void run(uint64_t seed, uint32_t variety, uint32_t target) {
    struct value_list list = {0};
    memory = state_memory_new();
    model_count = 0;
    for (int step = 0; step < 20000; step++) {
        seed = hash_u64(seed + 1);
        uint32_t i = (uint32_t)(seed >> 20) % variety;
        if (i == 0)
            i = IS_NULL;
        bool grow = model_count < target ? seed % 8 < 5 : seed % 8 < 3;
        if (grow && model_count < MODEL_MAX)
            append(&list, i);
        else if (seed >> 60 < 4 && model_count)
            remove_value(&list, model[seed >> 59 & 1 ? 0 : model_count - 1]);
        else
            remove_value(&list, i);
        if (step % 97 == 0)
            check(&list);
    }
    check(&list);
    value_list_release(&list, CELL_VIEW, memory);
    assert_int_equal(state_memory_used_bytes(memory), 0);
    state_memory_free(memory);
}

static void few_values(void **state) {
    (void)state;
    run(1, 5, 2000);
    run(2, 5, 10);
}

static void many_values(void **state) {
    (void)state;
    run(3, 3000, 2000);
    run(4, 300, 20);
}

/* A queue: appended at one end, taken from the other; memory stays in proportion. */
static void sliding(void **state) {
    (void)state;
    struct value_list list = {0};
    memory = state_memory_new();
    model_count = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        append(&list, i % 700);
        if (i >= 100)
            remove_value(&list, model[0]);
    }
    check(&list);
    assert_true(list.capacity <= 512);
    value_list_release(&list, CELL_VIEW, memory);
    state_memory_free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values),
        cmocka_unit_test(many_values),
        cmocka_unit_test(sliding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
