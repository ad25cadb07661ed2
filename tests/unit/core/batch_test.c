/* batch_test.c: lifetimes of batches, pools and buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/data/batch.h"

static uint32_t freed_buffers;

static void count_and_free(struct buffer *buffer) {
    freed_buffers++;
    free(buffer);
}

static void holding(void **state) {
    (void)state;
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct field fields[] = {{"a", &type_bigint}, {"b", &type_string}};
    struct schema schema = {fields, 2};
    struct buffer *buffer = buffer_new(100);
    memset(buffer->data, 'x', 100);
    buffer->release = count_and_free;
    struct batch *source = batch_new_for(&pool, &schema, 10);
    for (uint32_t i = 0; i < 10; i++) {
        COLUMN_VALUES(&source->columns[0], int64_t)[i] = i;
        COLUMN_VALUES(&source->columns[1], struct string_view)[i] = view_make(buffer->data + i, 50);
    }
    static uint8_t kinds[10] = {0, 1, 2, 3};
    source->change_kinds = kinds;
    batch_hold_buffer(source, buffer);
    buffer_release(buffer);
    static const uint16_t rows[] = {1, 3, 9};
    struct selection selection = {rows, 3};
    struct batch *gathered = batch_gather(&pool, source, &selection);
    batch_release(source);
    assert_int_equal(freed_buffers, 0);
    assert_int_equal(pool.live_count, 2);
    assert_int_equal(gathered->row_count, 3);
    assert_int_equal(gathered->change_kinds[1], CHANGE_DELETE);
    assert_int_equal(COLUMN_VALUES(&gathered->columns[0], int64_t)[2], 9);
    assert_int_equal(view_data(&COLUMN_VALUES(&gathered->columns[1], struct string_view)[2])[49], 'x');
    batch_reference(gathered);
    batch_release(gathered);
    assert_int_equal(freed_buffers, 0);
    batch_release(gathered);
    assert_int_equal(freed_buffers, 1);
    assert_int_equal(pool.live_count, 0);
    assert_int_equal(pool.free_count, 2);
    batch_pool_release(&pool);
}

/* A running pipeline neither takes nor gives back memory: the same block serves every round. */
static void steady_state(void **state) {
    (void)state;
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct field fields[20];
    for (uint32_t i = 0; i < 20; i++)
        fields[i] = (struct field){"c", &type_string};
    struct schema schema = {fields, 20};
    struct arena_block *block = NULL;
    for (int round = 0; round < 200; round++) {
        struct batch *batch = batch_new_for(&pool, &schema, BATCH_ROWS_DEFAULT);
        arena_alloc(&batch->arena, 1 << 20);
        if (round == 1)
            block = batch->arena.block;
        else if (round)
            assert_ptr_equal(batch->arena.block, block);
        batch_release(batch);
    }
    assert_int_equal(pool.free_count, 1);
    batch_pool_release(&pool);
}

static void kinds_of_change(void **state) {
    (void)state;
    assert_string_equal(change_kind_text(CHANGE_UPDATE_BEFORE), "-U");
    assert_true(change_kind_is_retraction(CHANGE_DELETE));
    assert_false(change_kind_is_retraction(CHANGE_UPDATE_AFTER));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holding),
        cmocka_unit_test(steady_state),
        cmocka_unit_test(kinds_of_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
