/* row_codec_test.c: rows to bytes and back; cut and foreign bytes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/data/row_batch_codec.h"
#include "core/data/row_codec.h"

enum { COLUMNS = 6, ROWS = 50 };

static struct arena arena;
static struct column columns[COLUMNS];

static void fill_columns(void);

static int setup(void **state) {
    (void)state;
    arena_init(&arena);
    fill_columns();
    return 0;
}

static void fill_columns(void) {
    struct field fields[] = {{"x", &type_double}, {"s", &type_string}};
    const struct type *types[COLUMNS] = {&type_bigint,
                                         &type_string,
                                         &type_boolean,
                                         type_decimal(&arena, 38, 2),
                                         type_row(&arena, fields, 2),
                                         type_map(&arena, &type_string, type_array(&arena, &type_int))};
    for (uint32_t i = 0; i < COLUMNS; i++)
        column_init(&columns[i], &arena, types[i], ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        COLUMN_VALUES(&columns[0], int64_t)[row] = (int64_t)hash_u64(row + 1);
        struct str name = str_from(
            arena_printf(&arena, "name %.*s", (int)row, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"));
        COLUMN_VALUES(&columns[1], struct string_view)[row] = view_copy(&arena, name);
        COLUMN_VALUES(&columns[2], uint8_t)[row] = row & 1;
        COLUMN_VALUES(&columns[3], int128)[row] = -(int128)row * ((int128)1 << 90);
        COLUMN_VALUES(&columns[4].children[0], double)[row] = row % 7 ? row / 3.0 : NAN;
        COLUMN_VALUES(&columns[4].children[1], struct string_view)[row] = view_copy(&arena, name);
        uint32_t first = column_list_append(&columns[5], &arena, row, row % 4);
        for (uint32_t i = 0; i < row % 4; i++) {
            COLUMN_VALUES(&columns[5].children[0], struct string_view)[first + i] = view_make("key", 3);
            struct column *lists = &columns[5].children[1];
            uint32_t element = column_list_append(lists, &arena, first + i, i);
            for (uint32_t j = 0; j < i; j++)
                COLUMN_VALUES(&lists->children[0], int32_t)[element + j] = (int32_t)j;
        }
        if (row % 5 == 0)
            column_set_null(&columns[row / 5 % COLUMNS], &arena, row, ROWS);
    }
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static void init_decoded(struct column *decoded) {
    for (uint32_t i = 0; i < COLUMNS; i++)
        column_init(&decoded[i], &arena, columns[i].type, ROWS);
}

static void there_and_back(void **state) {
    (void)state;
    struct strbuf bytes;
    strbuf_init(&bytes);
    struct column decoded[COLUMNS];
    init_decoded(decoded);
    for (uint32_t row = 0; row < ROWS; row++) {
        strbuf_reset(&bytes);
        row_encode(&bytes, columns, NULL, COLUMNS, row);
        struct str copy = {arena_copy(&arena, bytes.data, bytes.size), bytes.size};
        assert_int_equal(row_decode(copy, decoded, COLUMNS, row, ROWS, &arena, NULL), STATUS_OK);
        for (uint32_t i = 0; i < COLUMNS; i++)
            assert_true(column_values_equal(&decoded[i], row, &columns[i], row));
    }
    strbuf_release(&bytes);
}

static void equal_rows_have_equal_bytes(void **state) {
    (void)state;
    struct column column;
    column_init(&column, &arena, &type_double, 4);
    memcpy(column.values, (double[]){0.0, -0.0, NAN, -NAN}, 32);
    struct strbuf bytes[4];
    static const uint32_t twice[] = {0, 0};
    for (uint32_t i = 0; i < 4; i++) {
        strbuf_init(&bytes[i]);
        row_encode(&bytes[i], &column, twice, 2, i);
        assert_int_equal(bytes[i].size, 17);
    }
    assert_memory_equal(bytes[0].data, bytes[1].data, 17);
    assert_memory_equal(bytes[2].data, bytes[3].data, 17);
    assert_memory_not_equal(bytes[0].data, bytes[2].data, 17);
    for (uint32_t i = 0; i < 4; i++)
        strbuf_release(&bytes[i]);
}

static void assert_batch_has_the_bytes_of_rows(const struct column *of, uint32_t count,
                                               const struct selection *selection) {
    struct string_view *views = arena_alloc(&arena, sizeof *views * selection->count);
    row_batch_encode(&arena, of, count, selection, views);
    struct strbuf bytes;
    strbuf_init(&bytes);
    for (uint32_t i = 0; i < selection->count; i++) {
        strbuf_reset(&bytes);
        row_encode(&bytes, of, NULL, count, selection_row(selection, i));
        assert_true(str_equal(strbuf_str(&bytes), view_str(&views[i])));
    }
    strbuf_release(&bytes);
}

static const struct type *const flat_types[] = {&type_boolean, &type_tinyint, &type_smallint, &type_int, &type_bigint,
                                                &type_float,   &type_double,  &type_string,   &type_date};
enum { FLAT_TYPES = sizeof flat_types / sizeof *flat_types };

/* Some are NULL, some texts are long, some numbers are not the only form of what they say. */
static void fill_flat(struct column *flat) {
    for (uint32_t k = 0; k < FLAT_TYPES; k++) {
        column_init(&flat[k], &arena, flat_types[k], ROWS);
        for (uint32_t row = 0; row < ROWS; row++) {
            size_t size = layout_size(type_layout(flat_types[k]));
            uint64_t word = hash_u64(row * FLAT_TYPES + k);
            if (flat_types[k] == &type_string)
                COLUMN_VALUES(&flat[k], struct string_view)[row] = COLUMN_VALUES(&columns[1], struct string_view)[row];
            else if (flat_types[k] == &type_float)
                COLUMN_VALUES(&flat[k], float)[row] = (const float[]){-0.0f, NAN, -NAN, 1.5f}[row % 4];
            else if (flat_types[k] == &type_double)
                COLUMN_VALUES(&flat[k], double)[row] = (const double[]){-0.0, NAN, -NAN, 1.5}[row % 4];
            else
                memcpy((uint8_t *)flat[k].values + row * size, &word, size);
            if (k % 3 != 2 && (row + k) % 11 == 0)
                column_set_null(&flat[k], &arena, row, ROWS);
        }
    }
}

static void batches_have_the_bytes_of_their_rows(void **state) {
    (void)state;
    struct column flat[FLAT_TYPES];
    fill_flat(flat);
    static const uint16_t some[] = {0, 3, 4, 20, 21, 22, 47, 49};
    const struct selection selections[] = {{.count = ROWS}, {.rows = some, .count = 8}, {.count = 0}};
    for (size_t s = 0; s < 3; s++) {
        for (uint32_t count = 0; count <= FLAT_TYPES; count++)
            assert_batch_has_the_bytes_of_rows(flat, count, &selections[s]);
        assert_batch_has_the_bytes_of_rows(columns, COLUMNS, &selections[s]);
        assert_batch_has_the_bytes_of_rows(columns, 4, &selections[s]);
    }
}

static void wrong_bytes(void **state) {
    (void)state;
    struct strbuf bytes;
    strbuf_init(&bytes);
    row_encode(&bytes, columns, NULL, COLUMNS, 47);
    struct error error;
    struct column decoded[COLUMNS];
    init_decoded(decoded);
    for (size_t size = 0; size < bytes.size; size++) { /* every cut */
        struct str cut = {arena_copy(&arena, bytes.data, size), size};
        assert_int_equal(row_decode(cut, decoded, COLUMNS, 0, ROWS, &arena, &error), STATUS_MALFORMED_RECORD);
    }
    strbuf_append_char(&bytes, 'x');
    assert_int_equal(row_decode(strbuf_str(&bytes), decoded, COLUMNS, 0, ROWS, &arena, &error),
                     STATUS_MALFORMED_RECORD);
    uint64_t seed = 42;
    for (int round = 0; round < 2000; round++) { /* flipped bytes: any answer, but no harm */
        struct str copy = {arena_copy(&arena, bytes.data, bytes.size - 1), bytes.size - 1};
        seed = hash_u64(seed + (uint64_t)round);
        ((char *)copy.data)[seed % copy.size] = (char)(seed >> 32);
        enum status status = row_decode(copy, decoded, COLUMNS, 0, ROWS, &arena, &error);
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED_RECORD);
        arena_reset(&arena);
        fill_columns();
        init_decoded(decoded);
    }
    strbuf_release(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(equal_rows_have_equal_bytes),
        cmocka_unit_test(batches_have_the_bytes_of_their_rows),
        cmocka_unit_test(wrong_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
