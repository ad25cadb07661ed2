/* hot_table_test.c: maps and lists against a naive array: finding, replacing, removing, sweeping, walking; and the books balance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "runtime/state/hot_table.h"

enum { KEYS = 3000, STEPS = 60000, KEY_BYTES = 6 };

struct model {
    struct hot_table table;
    uint32_t sizes[KEYS]; /* of the value + 1; 0: absent */
    char keys[KEYS][KEY_BYTES];
};

/* Few key groups and few distinct hashes, so that probing and lists have work to do. */
static void make_keys(struct model *model) {
    for (uint32_t i = 0; i < KEYS; i++) {
        uint32_t hash = htobe32((uint32_t)(hash_u64(i / 2 + 1) >> 32) & ~0x3F000000u);
        uint16_t number = htobe16((uint16_t)i);
        memcpy(model->keys[i], &hash, 4);
        memcpy(model->keys[i] + 4, &number, 2);
    }
}

static struct str key_of(const struct model *model, uint32_t i) {
    return (struct str){model->keys[i], KEY_BYTES};
}

static void check(const struct model *model, uint32_t i, const struct hot_entry *entry) {
    assert_int_equal(entry != NULL, model->sizes[i] > 0);
    if (!entry)
        return;
    assert_true(str_equal(hot_entry_key(entry), key_of(model, i)));
    assert_int_equal(entry->value_size, model->sizes[i] - 1);
    for (uint32_t b = 0; b < entry->value_size; b++)
        assert_int_equal(entry->bytes[entry->key_size + b], i & 0xFF);
}

static bool is_odd(void *context, struct hot_entry *entry) {
    struct model *model = context;
    uint16_t number;
    memcpy(&number, entry->bytes + 4, 2);
    number = be16toh(number);
    if (number % 2)
        model->sizes[number] = 0;
    return number % 2;
}

static void walk(const struct model *model, uint32_t from, uint32_t to) {
    struct str start = key_of(model, from), end = key_of(model, to);
    struct hot_cursor cursor;
    hot_cursor_open(&cursor, &model->table, start, end);
    uint32_t wanted = 0, found = 0;
    for (uint32_t i = 0; i < KEYS; i++)
        wanted +=
            model->sizes[i] && str_compare(key_of(model, i), start) >= 0 && str_compare(key_of(model, i), end) < 0;
    struct str last = {0};
    for (struct hot_entry *entry; (entry = hot_cursor_next(&cursor)); found++) {
        assert_true(!last.data || str_compare(last, hot_entry_key(entry)) < 0);
        assert_true(str_compare(hot_entry_key(entry), start) >= 0 && str_compare(hot_entry_key(entry), end) < 0);
        last = hot_entry_key(entry);
    }
    hot_cursor_close(&cursor);
    assert_int_equal(found, wanted);
}

static void against_an_array(bool ordered) {
    struct model *model = memory_zalloc(sizeof *model);
    make_keys(model);
    hot_table_init(&model->table, ordered);
    uint64_t count = 0;
    for (uint64_t step = 0; step < STEPS; step++) {
        uint64_t random = hash_u64(step + 1);
        uint32_t i = (uint32_t)(random >> 8) % KEYS;
        struct hot_entry *entry = hot_table_find(&model->table, key_of(model, i));
        check(model, i, entry);
        if (random % 4 == 0 && entry) {
            hot_table_remove(&model->table, entry);
            model->sizes[i] = 0;
        } else if (random % 4 > 1) {
            bool created, was_there = entry;
            uint8_t marks = entry ? entry->marks : 0;
            uint32_t size = (uint32_t)(random >> 40) % 70;
            entry = hot_table_put(&model->table, key_of(model, i), size, &created);
            assert_int_equal(created, !was_there);
            assert_int_equal(entry->marks, marks);
            entry->marks = (uint8_t)random;
            memset(entry->bytes + entry->key_size, (int)(i & 0xFF), size);
            model->sizes[i] = size + 1;
        } else if (random % 64 == 1) {
            hot_table_sweep(&model->table, (uint32_t)(random >> 20) % KEY_GROUP_COUNT, is_odd, model);
        } else if (random % 256 == 5) {
            walk(model, i, (uint32_t)(random >> 40) % KEYS);
        }
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        count += model->sizes[i] > 0;
        check(model, i, hot_table_find(&model->table, key_of(model, i)));
    }
    assert_int_equal(model->table.count, count);
    assert_true(model->table.bytes > count * KEY_BYTES);
    hot_table_release(&model->table); /* asserts that nothing is left on the books */
    assert_null(hot_table_find(&model->table, key_of(model, 0)));
    free(model);
}

static void maps(void **state) {
    (void)state;
    against_an_array(false);
}

static void lists(void **state) {
    (void)state;
    against_an_array(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(maps), cmocka_unit_test(lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
