/* batch_builder_test.c: packing rows of several batches, lending batches to other threads, key groups and their instances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/data/batch_builder.h"

static const struct type *const element = &type_bigint;
static struct type list_type = {.kind = TYPE_ARRAY, .nullable = true};
static struct field fields[] = {{"number", &type_bigint}, {"text", &type_string}, {"list", &list_type}};
static const struct schema schema = {fields, 3};

static char long_text[64];

static const char *text_of(int64_t number) {
    snprintf(long_text, sizeof long_text, number % 3 ? "%lld" : "a text longer than a view, with number %lld",
             (long long)number);
    return long_text;
}

/* Rows first … first + count - 1; number and list NULL when divisible by 5, kinds -U +U alternating from the second row on. */
static struct batch *make_batch(struct batch_pool *pool, int64_t first, uint32_t count, bool changes) {
    list_type.element = element;
    struct batch *batch = batch_new_for(pool, &schema, count);
    for (uint32_t row = 0; row < count; row++) {
        int64_t number = first + row;
        COLUMN_VALUES(&batch->columns[0], int64_t)[row] = number;
        COLUMN_VALUES(&batch->columns[1], struct string_view)
        [row] = view_copy(&batch->arena, str_from(text_of(number)));
        if (number % 5 == 0) {
            column_set_null(&batch->columns[0], &batch->arena, row, count);
            column_set_null(&batch->columns[2], &batch->arena, row, count);
            continue;
        }
        uint32_t at = column_list_append(&batch->columns[2], &batch->arena, row, 2);
        COLUMN_VALUES(&batch->columns[2].children[0], int64_t)[at] = number;
        COLUMN_VALUES(&batch->columns[2].children[0], int64_t)[at + 1] = -number;
    }
    if (changes) {
        batch->change_kinds = arena_zalloc(&batch->arena, count);
        for (uint32_t row = 1; row < count; row++)
            batch->change_kinds[row] = row % 2 ? CHANGE_UPDATE_BEFORE : CHANGE_UPDATE_AFTER;
    }
    return batch;
}

static void assert_row(const struct batch *batch, uint32_t row, int64_t number) {
    assert_int_equal(column_is_null(&batch->columns[0], row), number % 5 == 0);
    const struct string_view *view = column_value(&batch->columns[1], row);
    assert_true(str_equal(view_str(view), str_from(text_of(number))));
    if (number % 5 == 0) {
        assert_true(column_is_null(&batch->columns[2], row));
        return;
    }
    assert_int_equal(*(const int64_t *)column_value(&batch->columns[0], row), number);
    const struct list_slice *slice = column_value(&batch->columns[2], row);
    assert_int_equal(slice->count, 2);
    assert_int_equal(COLUMN_VALUES(&batch->columns[2].children[0], int64_t)[slice->offset + 1], -number);
}

static void packing(void **state) {
    (void)state;
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct batch_builder builder;
    batch_builder_init(&builder, &pool, &schema, 10);
    assert_null(batch_builder_take(&builder));
    struct batch *first = make_batch(&pool, 0, 8, false), *second = make_batch(&pool, 100, 20, false);
    first->ingest_us = 7;
    static const uint16_t odd[] = {1, 3, 5, 7};
    struct selection some = {odd, 4}, all = {.count = 20};
    assert_int_equal(batch_builder_append(&builder, first, &some, 0), 4);
    assert_false(batch_builder_is_full(&builder));
    batch_release(first); /* its long texts live on */
    assert_int_equal(batch_builder_append(&builder, second, &all, 2), 6);
    assert_true(batch_builder_is_full(&builder));
    assert_int_equal(batch_builder_append(&builder, second, &all, 8), 0);
    struct batch *built = batch_builder_take(&builder);
    assert_int_equal(batch_builder_append(&builder, second, &all, 8), 10);
    assert_int_equal(built->row_count, 10);
    assert_int_equal(built->ingest_us, 7);
    assert_null(built->change_kinds);
    for (uint32_t row = 0; row < 10; row++)
        assert_row(built, row, row < 4 ? 1 + 2 * row : 98 + row);
    batch_release(built);
    batch_release(second);
    batch_builder_release(&builder);
    batch_pool_release(&pool);
}

/* Constant and dictionary columns become flat; codes under a NULL are not followed. */
static void column_kinds(void **state) {
    (void)state;
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct field plain[] = {{"a", &type_bigint}, {"b", &type_string}};
    struct schema two = {plain, 2};
    struct batch *source = batch_new_for(&pool, &two, 3);
    source->columns[0].kind = COLUMN_CONSTANT;
    COLUMN_VALUES(&source->columns[0], int64_t)[0] = 42;
    uint16_t codes[] = {1, 60000, 0};
    struct string_view dictionary[] = {view_make("x", 1), view_make("y", 1)};
    source->columns[1].kind = COLUMN_DICTIONARY;
    source->columns[1].values = dictionary;
    source->columns[1].codes = codes;
    source->columns[1].dictionary_size = 2;
    source->columns[1].validity = validity_new(&source->arena, 3, true);
    validity_set(source->columns[1].validity, 1, false);
    struct batch_builder builder;
    batch_builder_init(&builder, &pool, &two, 10);
    struct selection all = {.count = 3};
    assert_int_equal(batch_builder_append(&builder, source, &all, 0), 3);
    struct batch *built = batch_builder_take(&builder);
    for (uint32_t row = 0; row < 3; row++)
        assert_int_equal(COLUMN_VALUES(&built->columns[0], int64_t)[row], 42);
    assert_true(column_is_null(&built->columns[1], 1));
    assert_int_equal(COLUMN_VALUES(&built->columns[1], struct string_view)[0].inlined[0], 'y');
    assert_int_equal(COLUMN_VALUES(&built->columns[1], struct string_view)[2].inlined[0], 'x');
    batch_release(built);
    batch_release(source);
    batch_pool_release(&pool);
}

/* The cut would fall behind a -U: its +U comes along. Kinds of rows without kinds are inserts. */
static void updates_stay_whole(void **state) {
    (void)state;
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct batch_builder builder;
    batch_builder_init(&builder, &pool, &schema, 4);
    struct batch *inserts = make_batch(&pool, 0, 2, false), *changes = make_batch(&pool, 100, 7, true);
    struct selection two = {.count = 2}, seven = {.count = 7};
    assert_int_equal(batch_builder_append(&builder, inserts, &two, 0), 2);
    assert_int_equal(batch_builder_append(&builder, changes, &seven, 0), 3); /* +I -U +U: one more than there is room */
    struct batch *built = batch_builder_take(&builder);
    static const uint8_t kinds[] = {CHANGE_INSERT, CHANGE_INSERT, CHANGE_INSERT, CHANGE_UPDATE_BEFORE,
                                    CHANGE_UPDATE_AFTER};
    assert_int_equal(built->row_count, 5);
    assert_memory_equal(built->change_kinds, kinds, 5);
    batch_release(built);
    assert_int_equal(batch_builder_append(&builder, changes, &seven, 3), 4);
    batch_builder_release(&builder);
    batch_release(inserts);
    batch_release(changes);
    batch_pool_release(&pool);
}

static void lending(void **state) {
    (void)state;
    struct batch_pool home, other;
    batch_pool_init(&home);
    batch_pool_init(&other);
    struct batch *batch = make_batch(&home, 0, 10, true);
    batch_reference(batch);
    struct batch *lent = batch_lend(&home, batch); /* somebody else has it too: a new one */
    assert_ptr_not_equal(lent, batch);
    assert_true(lent->is_lent && !batch->is_lent);
    assert_ptr_equal(lent->columns[1].values, batch->columns[1].values);
    batch_release(batch); /* alive through the lent one */
    struct selection all = {.count = 10};
    struct batch *derived = batch_gather(&other, lent, &all);
    batch_release(lent);
    struct batch *again = batch_lend(&other, derived);
    assert_ptr_equal(again, derived);
    assert_true(batch_size_bytes(again) > 10 * (8 + 16 + 8));
    assert_int_equal(home.live_count, 2);
    batch_release(again);
    assert_int_equal(other.live_count, 1); /* until its thread looks */
    batch_pool_collect(&other);
    assert_int_equal(other.live_count, 0);
    assert_int_equal(home.live_count, 2);
    batch_release(batch_new(&home, 1)); /* looks, too */
    assert_int_equal(home.live_count, 0);
    batch_pool_release(&other);
    batch_pool_release(&home);
}

enum { LENT = 20000, BORROWERS = 3 };
struct handover {
    struct batch *slots[BORROWERS]; /* atomic */
    int64_t sums[BORROWERS];
};
struct borrower {
    struct handover *handover;
    uint32_t number;
};

static void *borrow(void *context) {
    struct borrower *borrower = context;
    struct batch **slot = &borrower->handover->slots[borrower->number];
    struct batch_pool pool;
    batch_pool_init(&pool);
    for (uint32_t i = 0; i < LENT; i++) {
        struct batch *batch;
        while (!(batch = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL)))
            sched_yield();
        struct selection all = {.count = batch->row_count};
        struct batch *derived = batch_gather(&pool, batch, &all);
        batch_release(batch);
        borrower->handover->sums[borrower->number] += COLUMN_VALUES(&derived->columns[0], int64_t)[0];
        batch_release(derived);
    }
    batch_pool_release(&pool);
    return NULL;
}

/* Batches that share one source go to several threads and come back in any order; the pool stays small. */
static void lending_to_threads(void **state) {
    (void)state;
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct handover handover = {0};
    struct borrower borrowers[BORROWERS];
    pthread_t threads[BORROWERS];
    for (uint32_t t = 0; t < BORROWERS; t++) {
        borrowers[t] = (struct borrower){&handover, t};
        assert_int_equal(pthread_create(&threads[t], NULL, borrow, &borrowers[t]), 0);
    }
    struct field plain[] = {{"a", &type_bigint}};
    struct schema one = {plain, 1};
    for (uint32_t i = 0; i < LENT; i++) {
        struct batch *batch = batch_new_for(&pool, &one, 1);
        COLUMN_VALUES(&batch->columns[0], int64_t)[0] = i;
        for (uint32_t t = 0; t < BORROWERS; t++) {
            batch_reference(batch);
            struct batch *lent = batch_lend(&pool, batch), *expected = NULL;
            while (!__atomic_compare_exchange_n(&handover.slots[t], &expected, lent, false, __ATOMIC_ACQ_REL,
                                                __ATOMIC_RELAXED)) {
                expected = NULL;
                sched_yield();
            }
        }
        batch_release(batch);
    }
    for (uint32_t t = 0; t < BORROWERS; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(handover.sums[t], (int64_t)LENT * (LENT - 1) / 2);
    }
    batch_pool_collect(&pool);
    assert_int_equal(pool.live_count, 0);
    assert_true(pool.free_count <= 8 * BORROWERS); /* what was under way at once */
    batch_pool_release(&pool);
}

static void instances_of_key_groups(void **state) {
    (void)state;
    for (uint32_t count = 1; count <= KEY_GROUP_COUNT; count++) {
        assert_int_equal(key_group_first(0, count), 0);
        assert_int_equal(key_group_first(count, count), KEY_GROUP_COUNT);
        for (uint32_t instance = 0; instance < count; instance++) {
            uint32_t first = key_group_first(instance, count), end = key_group_first(instance + 1, count);
            assert_true(first < end);
            assert_int_equal(key_group_instance(first, count), instance);
            assert_int_equal(key_group_instance(end - 1, count), instance);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing), cmocka_unit_test(column_kinds),       cmocka_unit_test(updates_stay_whole),
        cmocka_unit_test(lending), cmocka_unit_test(lending_to_threads), cmocka_unit_test(instances_of_key_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
