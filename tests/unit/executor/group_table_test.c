/* group_table_test.c: the table against a plain model: every key form, growth past many splits, removal, both orders. */
#include "executor/group_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/data/batch.h"

enum { KEY_RANGE = 60000, BATCH = 1000 };

static uint64_t random_state;
static uint64_t next_random(void) {
    return hash_u64(random_state++);
}

/* A key number as columns: the same number gives the same key, different numbers different ones; number 0 is NULL. */
static void make_keys(struct arena *arena, const struct type *const *types, uint32_t key_count, const uint32_t *numbers,
                      struct column *columns) {
    for (uint32_t k = 0; k < key_count; k++) {
        column_init(&columns[k], arena, types[k], BATCH);
        for (uint32_t i = 0; i < BATCH; i++) {
            uint32_t number = numbers[i];
            switch (type_layout(types[k])) {
            case LAYOUT_I64: COLUMN_VALUES(&columns[k], int64_t)[i] = (int64_t)number - 1000; break;
            case LAYOUT_I32: COLUMN_VALUES(&columns[k], int32_t)[i] = (int32_t)(number % 7); break;
            case LAYOUT_I128: COLUMN_VALUES(&columns[k], int128)[i] = (int128)number << 70; break;
            case LAYOUT_F64: COLUMN_VALUES(&columns[k], double)[i] = number / 2.0; break;
            case LAYOUT_VIEW: {
                char *text = arena_printf(arena, number % 2 ? "%u" : "a long key that is not kept inline %u", number);
                COLUMN_VALUES(&columns[k], struct string_view)[i] = view_make(text, (uint32_t)strlen(text));
                break;
            }
            default: fail();
            }
            if (number == 0)
                column_set_null(&columns[k], arena, i, BATCH);
        }
    }
}

static uint64_t *state_of(const struct group_table *table, uint8_t *record) {
    return (uint64_t *)(record + group_table_state_offset(table));
}

/* Counts random keys, removes some, and compares with an array of counts all the way. */
static void check_against_model(const struct type *const *types, uint32_t key_count, uint64_t seed) {
    random_state = seed;
    struct group_table *table = group_table_new(types, key_count, 16);
    uint64_t *model = calloc(KEY_RANGE, sizeof *model);
    struct arena arena;
    arena_init(&arena);
    uint32_t live = 0;
    for (uint32_t round = 0; round < 150; round++) {
        uint32_t numbers[BATCH];
        for (uint32_t i = 0; i < BATCH; i++)
            numbers[i] = (uint32_t)(next_random() % KEY_RANGE);
        struct column columns[3];
        make_keys(&arena, types, key_count, numbers, columns);
        uint8_t *records[BATCH];
        uint16_t new_items[BATCH];
        uint32_t new_count;
        struct selection all = {.count = BATCH};
        group_table_lookup(table, columns, &all, &arena, records, new_items, &new_count);
        for (uint32_t i = 0; i < new_count; i++) {
            assert_int_equal(model[numbers[new_items[i]]], 0);
            state_of(table, records[new_items[i]])[1] = numbers[new_items[i]];
        }
        for (uint32_t i = 0; i < BATCH; i++) {
            live += model[numbers[i]] == 0;
            assert_int_equal(++state_of(table, records[i])[0], ++model[numbers[i]]);
            assert_int_equal(state_of(table, records[i])[1], numbers[i]);
        }
        for (uint32_t i = 0; i < BATCH; i += 3) {
            if (model[numbers[i]] == 0 || round % 2)
                continue;
            group_table_remove(table, records[i]);
            model[numbers[i]] = 0;
            live--;
        }
        assert_int_equal(group_table_count(table), live);
        arena_reset(&arena);
    }
    uint32_t seen = 0, position = 0;
    for (uint8_t *record; (record = group_table_next(table, &position)); seen++)
        assert_int_equal(state_of(table, record)[0], model[state_of(table, record)[1]]);
    assert_int_equal(seen, live);
    uint64_t place = 0;
    uint32_t last_key_group = 0;
    seen = 0;
    for (uint8_t *record; (record = group_table_next_in(table, 0, KEY_GROUP_COUNT - 1, &place)); seen++) {
        uint32_t key_group = ((struct record_header *)record)->tag >> 22;
        assert_true(key_group / 256 >=
                    last_key_group / 256); /* a shard holds a run of key groups, these at least 4 shards */
        last_key_group = key_group;
    }
    assert_int_equal(seen, live);
    free(model);
    group_table_free(table);
    arena_release(&arena);
}

static void test_group_table__word(void **state) {
    (void)state;
    check_against_model((const struct type *const[]){&type_bigint}, 1, 1);
    check_against_model((const struct type *const[]){&type_double}, 1, 2);
}

static void test_group_table__pair(void **state) {
    (void)state;
    check_against_model((const struct type *const[]){&type_bigint, &type_int}, 2, 3);
    struct arena arena;
    arena_init(&arena);
    check_against_model((const struct type *const[]){type_decimal(&arena, 38, 0)}, 1, 4);
    arena_release(&arena);
}

static void test_group_table__bytes(void **state) {
    (void)state;
    check_against_model((const struct type *const[]){&type_string}, 1, 5);
    check_against_model((const struct type *const[]){&type_string, &type_int, &type_bigint}, 3, 6);
}

static void test_group_table__keys_come_back(void **state) {
    (void)state;
    const struct type *const types[] = {&type_string, &type_int, &type_bigint};
    struct group_table *table = group_table_new(types, 3, 8);
    struct arena arena;
    arena_init(&arena);
    uint32_t numbers[BATCH];
    for (uint32_t i = 0; i < BATCH; i++)
        numbers[i] = i;
    struct column columns[3], back[3];
    make_keys(&arena, types, 3, numbers, columns);
    uint8_t *records[BATCH];
    uint16_t new_items[BATCH];
    uint32_t new_count;
    struct selection all = {.count = BATCH};
    group_table_lookup(table, columns, &all, &arena, records, new_items, &new_count);
    assert_int_equal(new_count, BATCH);
    group_table_keys(table, records, BATCH, &arena, back);
    for (uint32_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < BATCH; i++)
            assert_true(column_values_equal(&columns[k], i, &back[k], i));
    group_table_free(table);
    arena_release(&arena);
}

static void test_group_table__merge_and_reset(void **state) {
    (void)state;
    const struct type *const types[] = {&type_string};
    struct group_table *from = group_table_new(types, 1, 8), *into = group_table_new(types, 1, 8);
    struct arena arena;
    arena_init(&arena);
    uint32_t numbers[BATCH];
    for (uint32_t i = 0; i < BATCH; i++)
        numbers[i] = i;
    struct column column;
    make_keys(&arena, types, 1, numbers, &column);
    uint8_t *records[BATCH];
    uint16_t new_items[BATCH];
    uint32_t new_count;
    for (int round = 0; round < 3; round++) {
        struct selection all = {.count = BATCH};
        group_table_lookup(from, &column, &all, &arena, records, new_items, &new_count);
        assert_int_equal(new_count, BATCH);
        bool created;
        for (uint32_t i = 0; i < BATCH; i++) {
            assert_null(group_table_find_record(into, from, records[i]));
            uint8_t *first = group_table_lookup_record(into, from, records[i], &created);
            assert_true(created);
            assert_ptr_equal(group_table_lookup_record(into, from, records[i], &created), first);
            assert_false(created);
        }
        assert_int_equal(group_table_count(into), BATCH);
        group_table_reset(from);
        group_table_reset(into);
        assert_int_equal(group_table_count(into), 0);
    }
    group_table_free(from);
    group_table_free(into);
    arena_release(&arena);
}

static void test_group_table__no_keys_is_one_group(void **state) {
    (void)state;
    struct group_table *table = group_table_new(NULL, 0, 8);
    struct arena arena;
    arena_init(&arena);
    uint8_t *records[BATCH];
    uint16_t new_items[BATCH];
    uint32_t new_count;
    struct selection all = {.count = BATCH};
    group_table_lookup(table, NULL, &all, &arena, records, new_items, &new_count);
    assert_int_equal(new_count, 1);
    assert_ptr_equal(records[0], records[BATCH - 1]);
    group_table_free(table);
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group_table__word),
        cmocka_unit_test(test_group_table__pair),
        cmocka_unit_test(test_group_table__bytes),
        cmocka_unit_test(test_group_table__keys_come_back),
        cmocka_unit_test(test_group_table__merge_and_reset),
        cmocka_unit_test(test_group_table__no_keys_is_one_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
