/* column_test.c: columns of every kind: building, gathering, flattening, comparing, hashing, printing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/data/column.h"
#include "core/data/datetime.h"

static struct arena arena;
static struct strbuf text;

static int setup(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    strbuf_release(&text);
    return 0;
}

static const char *value_text(const struct column *column, uint32_t row) {
    strbuf_reset(&text);
    column_print_value(&text, column, row);
    return strbuf_text(&text);
}

static struct column bigints(uint32_t count) {
    struct column column;
    column_init(&column, &arena, &type_bigint, count);
    for (uint32_t i = 0; i < count; i++)
        COLUMN_VALUES(&column, int64_t)[i] = (int64_t)i * 10;
    return column;
}

static struct column strings(const char *const *values, uint32_t count) {
    struct column column;
    column_init(&column, &arena, &type_string, count);
    for (uint32_t i = 0; i < count; i++)
        if (values[i])
            COLUMN_VALUES(&column, struct string_view)[i] = view_copy(&arena, str_from(values[i]));
        else
            column_set_null(&column, &arena, i, count);
    return column;
}

static void views(void **state) {
    (void)state;
    static const char *const ordered[] = {
        "",  "a",       "a\x01", "ab", "abcd", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmn", "abcdefghijkn",
        "b", "\xC3\xA4"};
    for (uint32_t i = 0; i < 11; i++)
        for (uint32_t j = 0; j < 11; j++) {
            struct string_view a = view_copy(&arena, str_from(ordered[i])), b = view_copy(&arena, str_from(ordered[j]));
            assert_int_equal(view_equal(&a, &b), i == j);
            int order = view_compare(&a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void gathering(void **state) {
    (void)state;
    static const uint16_t rows[] = {1, 3, 70, 99};
    struct selection selection = {rows, 4}, all = {NULL, 100};
    struct column column = bigints(100);
    column_set_null(&column, &arena, 70, 100);
    struct column gathered = column_gather(&column, &arena, &selection);
    assert_string_equal(value_text(&gathered, 1), "30");
    assert_string_equal(value_text(&gathered, 2), "NULL");
    assert_string_equal(value_text(&gathered, 3), "990");
    assert_ptr_equal(column_gather(&column, &arena, &all).values, column.values);
    struct column constant;
    column_init_null(&constant, &arena, &type_string);
    assert_true(column_is_null(&constant, 99));
    gathered = column_gather(&constant, &arena, &selection);
    assert_int_equal(gathered.kind, COLUMN_CONSTANT);
    assert_true(column_is_null(&gathered, 3));
}

static void dictionaries(void **state) {
    (void)state;
    static const char *const words[] = {"berlin", "a city with a long name"};
    static uint16_t codes[] = {0, 1, 1, 0};
    static const uint16_t rows[] = {1, 3};
    struct column column = strings(words, 2);
    column.kind = COLUMN_DICTIONARY;
    column.codes = codes;
    column.dictionary_size = 2;
    column.validity = validity_new(&arena, 4, true);
    validity_set(column.validity, 2, false);
    struct column flat = column_flatten(&column, &arena, 4);
    assert_int_equal(flat.kind, COLUMN_FLAT);
    assert_string_equal(value_text(&flat, 1), words[1]);
    assert_string_equal(value_text(&flat, 2), "NULL");
    struct selection selection = {rows, 2}, all = {NULL, 4};
    struct column gathered = column_gather(&column, &arena, &selection);
    assert_string_equal(value_text(&gathered, 1), "berlin");
    uint64_t hashes[4], flat_hashes[4];
    column_hash(&column, &all, hashes, true);
    column_hash(&flat, &all, flat_hashes, true);
    assert_memory_equal(hashes, flat_hashes, sizeof hashes);
    assert_true(hashes[0] == hashes[3] && hashes[0] != hashes[1]);
}

static struct column list_of(const struct type *type, uint32_t rows) {
    struct column list;
    column_init(&list, &arena, type, rows);
    for (uint32_t row = 0; row < rows; row++) { /* row n: [0, NULL, 2 … n-1] */
        uint32_t first = column_list_append(&list, &arena, row, row);
        for (uint32_t i = 0; i < row; i++)
            if (i == 1)
                column_set_null(&list.children[0], &arena, first + i, list.element_capacity);
            else
                COLUMN_VALUES(&list.children[0], int32_t)[first + i] = (int32_t)i;
    }
    return list;
}

static void nested(void **state) {
    (void)state;
    const struct type *array = type_array(&arena, &type_int);
    struct field fields[] = {{"n", &type_bigint}, {"l", array}};
    const struct type *row_type = type_row(&arena, fields, 2);
    struct column row;
    column_init(&row, &arena, row_type, 20);
    row.children[0] = bigints(20);
    row.children[1] = list_of(array, 20);
    assert_string_equal(value_text(&row, 3), "(30, [0, NULL, 2])");
    assert_string_equal(value_text(&row, 0), "(0, [])");
    column_set_null(&row, &arena, 5, 20);
    struct column copy;
    column_init(&copy, &arena, row_type, 20);
    for (uint32_t i = 0; i < 20; i++)
        column_copy_value(&copy, &arena, i, 20, &row, 19 - i);
    uint64_t hashes[20], copy_hashes[20];
    struct selection all = {NULL, 20};
    column_hash(&row, &all, hashes, true);
    column_hash(&copy, &all, copy_hashes, true);
    for (uint32_t i = 0; i < 20; i++) {
        assert_true(column_values_equal(&copy, i, &row, 19 - i));
        assert_int_equal(hashes[i], copy_hashes[19 - i]);
        assert_int_equal(column_values_compare(&copy, i, &row, 10), i == 14 ? -1 : 9 > i ? 1 : i == 9 ? 0 : -1);
    }
    struct column field = column_field(&row, &arena, 0, 20);
    assert_string_equal(value_text(&field, 5), "NULL");
    assert_string_equal(value_text(&field, 6), "60");
    struct column constant = row;
    constant.kind = COLUMN_CONSTANT;
    struct column flat = column_flatten(&constant, &arena, 3);
    assert_string_equal(value_text(&flat, 2), "(0, [])");
    field = column_field(&constant, &arena, 1, 20);
    assert_string_equal(value_text(&field, 13), "[]");
    static uint16_t codes[] = {4, 2};
    struct column dictionary = copy;
    dictionary.kind = COLUMN_DICTIONARY;
    dictionary.codes = codes;
    dictionary.validity = NULL;
    flat = column_flatten(&dictionary, &arena, 2);
    assert_string_equal(value_text(&flat, 1), value_text(&dictionary, 1));
    assert_true(column_values_equal(&flat, 0, &row, 15));
}

static void maps_print(void **state) {
    (void)state;
    struct column map;
    column_init(&map, &arena, type_map(&arena, &type_string, &type_int), 1);
    uint32_t first = column_list_append(&map, &arena, 0, 2);
    for (uint32_t i = 0; i < 2; i++) {
        COLUMN_VALUES(&map.children[0], struct string_view)[first + i] = view_make(i ? "b" : "a", 1);
        COLUMN_VALUES(&map.children[1], int32_t)[first + i] = (int32_t)i;
    }
    assert_string_equal(value_text(&map, 0), "{a=0, b=1}");
}

static void printing(void **state) {
    (void)state;
    struct column column;
    column_init(&column, &arena, type_decimal(&arena, 5, 2), 1);
    *COLUMN_VALUES(&column, int128) = -7;
    assert_string_equal(value_text(&column, 0), "-0.07");
    column_init(&column, &arena, &type_boolean, 1);
    *COLUMN_VALUES(&column, uint8_t) = 1;
    assert_string_equal(value_text(&column, 0), "TRUE");
    column_init(&column, &arena, &type_bigint, 1);
    *COLUMN_VALUES(&column, int64_t) = INT64_MIN;
    assert_string_equal(value_text(&column, 0), "-9223372036854775808");
    column_init(&column, &arena, &type_bytes, 1);
    *COLUMN_VALUES(&column, struct string_view) = view_make("\x00\xFF", 2);
    assert_string_equal(value_text(&column, 0), "x'00ff'");
    column_init(&column, &arena, &type_interval_month, 1);
    *COLUMN_VALUES(&column, int32_t) = -14;
    assert_string_equal(value_text(&column, 0), "-1-02");
    column_init(&column, &arena, &type_interval_second, 1);
    *COLUMN_VALUES(&column, int64_t) = US_PER_DAY + 2 * US_PER_HOUR + 5000;
    assert_string_equal(value_text(&column, 0), "+1 02:00:00.005");
}

static void doubles(void **state) {
    (void)state;
    static const double ordered[] = {-INFINITY, -1, -0.0, 0.0, 1, INFINITY, NAN, -NAN};
    static const int ranks[] = {0, 1, 2, 2, 3, 4, 5, 5};
    struct column column;
    column_init(&column, &arena, &type_double, 8);
    memcpy(column.values, ordered, sizeof ordered);
    struct selection all = {NULL, 8};
    uint64_t hashes[8];
    column_hash(&column, &all, hashes, true);
    for (uint32_t i = 0; i < 8; i++)
        for (uint32_t j = 0; j < 8; j++) {
            int order = column_values_compare(&column, i, &column, j);
            assert_int_equal(order, (ranks[i] > ranks[j]) - (ranks[i] < ranks[j]));
            assert_int_equal(hashes[i] == hashes[j], order == 0);
        }
}

/* Integer kinds hash alike, selections and NULLs do not change a value's hash, and buckets fill evenly. */
static void hashing(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    struct column wide = bigints(COUNT), narrow;
    column_init(&narrow, &arena, &type_int, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        COLUMN_VALUES(&narrow, int32_t)[i] = (int32_t)i * 10;
    struct selection all = {NULL, COUNT};
    uint64_t *hashes = ARENA_ARRAY(&arena, uint64_t, COUNT), *others = ARENA_ARRAY(&arena, uint64_t, COUNT);
    column_hash(&wide, &all, hashes, true);
    column_hash(&narrow, &all, others, true);
    assert_memory_equal(hashes, others, COUNT * sizeof *hashes);
    static const uint16_t rows[] = {3, 500, 19999};
    struct selection some = {rows, 3};
    column_set_null(&wide, &arena, 500, COUNT);
    column_hash(&wide, &some, others, true);
    assert_true(others[0] == hashes[3] && others[1] != hashes[500] && others[2] == hashes[19999]);
    column_hash(&narrow, &some, others, false);
    assert_true(others[0] == hash_combine(hashes[3], hashes[3]));
    struct column names;
    column_init(&names, &arena, &type_string, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        COLUMN_VALUES(&names, struct string_view)[i] = view_copy(&arena, str_from(arena_printf(&arena, "user-%u", i)));
    column_hash(&names, &all, others, true);
    for (int turn = 0; turn < 2; turn++) {
        uint32_t groups[KEY_GROUP_COUNT] = {0}, fullest = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t size = ++groups[hash_key_group(turn ? others[i] : hashes[i])];
            fullest = size > fullest ? size : fullest;
        }
        assert_in_range(fullest, 20, 50); /* 19.5 on average */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),   cmocka_unit_test(gathering),  cmocka_unit_test(dictionaries),
        cmocka_unit_test(nested),  cmocka_unit_test(maps_print), cmocka_unit_test(printing),
        cmocka_unit_test(doubles), cmocka_unit_test(hashing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
