/* sort_key_test.c: the order of encoded keys is the order of the values: random values of every type, seeded, and lists of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/data/sort_key.h"

enum { ROWS = 120, LISTS = 60 };

static struct arena arena;
static uint64_t seed;

static int setup(void **state) {
    (void)state;
    arena_init(&arena);
    seed = 1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static uint64_t draw(uint64_t below) {
    seed = hash_u64(seed + 0x9E3779B97F4A7C15ull);
    return seed % below;
}

/* ---- values: those that are near each other, those at the ends, and any ---- */

static int128 draw_integer(unsigned bits) {
    int128 most = ((int128)1 << (bits - 2)) - 1 + ((int128)1 << (bits - 2));
    switch (draw(6)) {
    case 0: return most;
    case 1: return -most - 1;
    case 2: return (int128)draw(5) - 2;
    case 3: return (((int128)1 << draw(bits - 1)) - (int128)draw(2)) * (draw(2) ? 1 : -1);
    default: {
        int128 any = (int128)((unsigned __int128)hash_u64(draw(1u << 20)) << 64 | hash_u64(draw(1u << 20)));
        return any >> (128 - bits);
    }
    }
}

static double draw_double(void) {
    static const double special[] = {0.0, -0.0, NAN, -NAN, INFINITY, -INFINITY, 1.0, -1.0, 5e-324, -5e-324, 1e308};
    if (draw(2))
        return special[draw(sizeof special / sizeof special[0])];
    return ((double)draw(2000) - 1000.0) * pow(10.0, (double)draw(40) - 20.0);
}

/* Few letters, so that one is often a prefix of another; zeros and ones are what an escape could mistake. */
static struct string_view draw_view(void) {
    static const char letters[] = {'\0', '\1', '\xFF', 'a', '\xFE'};
    char text[24];
    uint32_t size = (uint32_t)draw(draw(4) ? 5 : sizeof text);
    for (uint32_t i = 0; i < size; i++)
        text[i] = letters[draw(sizeof letters)];
    return view_copy(&arena, (struct str){text, size});
}

static void fill(struct column *column, uint32_t first, uint32_t count, uint32_t capacity_rows);

static void fill_list(struct column *column, uint32_t row) {
    uint32_t count = (uint32_t)draw(4), first = column_list_append(column, &arena, row, count);
    uint32_t children = column->type->kind == TYPE_MAP ? 2 : 1;
    for (uint32_t i = 0; i < children; i++)
        fill(&column->children[i], first, count, column->element_capacity);
}

static void fill_value(struct column *column, uint32_t row) {
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL: COLUMN_VALUES(column, uint8_t)[row] = (uint8_t)draw(2); break;
    case LAYOUT_I8: COLUMN_VALUES(column, int8_t)[row] = (int8_t)draw_integer(8); break;
    case LAYOUT_I16: COLUMN_VALUES(column, int16_t)[row] = (int16_t)draw_integer(16); break;
    case LAYOUT_I32: COLUMN_VALUES(column, int32_t)[row] = (int32_t)draw_integer(32); break;
    case LAYOUT_I64: COLUMN_VALUES(column, int64_t)[row] = (int64_t)draw_integer(64); break;
    case LAYOUT_I128: COLUMN_VALUES(column, int128)[row] = draw_integer(127); break;
    case LAYOUT_F32: COLUMN_VALUES(column, float)[row] = (float)draw_double(); break;
    case LAYOUT_F64: COLUMN_VALUES(column, double)[row] = draw_double(); break;
    case LAYOUT_VIEW: COLUMN_VALUES(column, struct string_view)[row] = draw_view(); break;
    case LAYOUT_LIST: fill_list(column, row); break;
    default: fail();
    }
}

static void fill(struct column *column, uint32_t first, uint32_t count, uint32_t capacity_rows) {
    if (type_layout(column->type) == LAYOUT_ROW)
        for (uint32_t i = 0; i < column->type->field_count; i++)
            fill(&column->children[i], first, count, capacity_rows);
    for (uint32_t row = first; row < first + count; row++) {
        if (type_layout(column->type) != LAYOUT_ROW)
            fill_value(column, row);
        if (draw(8) == 0)
            column_set_null(column, &arena, row, capacity_rows);
    }
}

/* All kinds, nested ones too. */
static uint32_t all_types(const struct type **types) {
    uint32_t count = 0;
    for (int kind = 0; kind < TYPE_KIND_COUNT; kind++)
        if (kind != TYPE_DECIMAL && kind != TYPE_ROW && kind != TYPE_ARRAY && kind != TYPE_MAP && kind != TYPE_NULL)
            types[count++] = type_simple((enum type_kind)kind);
    struct field fields[] = {{"i", &type_int}, {"s", &type_string}, {"d", &type_double}};
    const struct type *row = type_row(&arena, fields, 3), *array = type_array(&arena, &type_string);
    struct field nested[] = {{"r", row}, {"a", array}, {"b", &type_boolean}};
    types[count++] = type_decimal(&arena, 38, 10);
    types[count++] = row;
    types[count++] = array;
    types[count++] = type_array(&arena, type_array(&arena, &type_tinyint));
    types[count++] = type_array(&arena, row);
    types[count++] = type_map(&arena, &type_string, &type_double);
    types[count++] = type_row(&arena, nested, 3);
    return count;
}
enum { TYPES_MAX = TYPE_KIND_COUNT + 7 };

/* ---- the order ---- */

static int sign(int order) {
    return (order > 0) - (order < 0);
}

/* What ORDER BY says. */
static int compare_rows(const struct column *columns, const struct sort_key *keys, uint32_t count, uint32_t a,
                        uint32_t b) {
    for (uint32_t i = 0; i < count; i++) {
        const struct column *column = &columns[keys[i].column];
        bool null_a = column_is_null(column, a), null_b = column_is_null(column, b);
        int order = column_values_compare(column, a, column, b);
        if (null_a != null_b)
            return null_a == keys[i].nulls_first ? -1 : 1;
        if (order)
            return keys[i].descending ? -sign(order) : sign(order);
    }
    return 0;
}

static void check_order(const struct column *columns, const struct sort_key *keys, uint32_t count) {
    struct strbuf encoded[ROWS];
    for (uint32_t row = 0; row < ROWS; row++) {
        strbuf_init(&encoded[row]);
        sort_key_encode(&encoded[row], columns, keys, count, row);
    }
    for (uint32_t a = 0; a < ROWS; a++)
        for (uint32_t b = 0; b < ROWS; b++) {
            struct str key_a = strbuf_str(&encoded[a]), key_b = strbuf_str(&encoded[b]);
            assert_int_equal(sign(str_compare(key_a, key_b)), compare_rows(columns, keys, count, a, b));
            assert_true(!str_starts_with(key_b, key_a) || key_a.size == key_b.size); /* no proper prefix */
        }
    for (uint32_t row = 0; row < ROWS; row++)
        strbuf_release(&encoded[row]);
}

static void every_type_in_every_direction(void **state) {
    (void)state;
    const struct type *types[TYPES_MAX];
    uint32_t type_count = all_types(types);
    for (uint32_t i = 0; i < type_count; i++)
        for (unsigned way = 0; way < 4; way++) {
            struct column column;
            struct sort_key key = {.descending = way & 1, .nulls_first = way & 2};
            column_init(&column, &arena, types[i], ROWS);
            fill(&column, 0, ROWS, ROWS);
            check_order(&column, &key, 1);
        }
}

static void lists_of_keys(void **state) {
    (void)state;
    const struct type *types[TYPES_MAX];
    uint32_t type_count = all_types(types);
    for (uint32_t list = 0; list < LISTS; list++) {
        struct column columns[3];
        struct sort_key keys[3];
        for (uint32_t i = 0; i < 3; i++) {
            column_init(&columns[i], &arena, types[draw(type_count)], ROWS);
            fill(&columns[i], 0, ROWS, ROWS);
            keys[i] = (struct sort_key){.column = 2 - i, .descending = draw(2), .nulls_first = draw(2)};
        }
        for (uint32_t row = 1; row < ROWS; row++) /* so that later keys decide often */
            for (uint32_t i = 0; i < 3; i++)
                if (draw(3) && !column_is_null(&columns[i], row - 1) && !column_is_null(&columns[i], row))
                    if (type_layout(columns[i].type) != LAYOUT_ROW && type_layout(columns[i].type) != LAYOUT_LIST)
                        column_copy_value(&columns[i], &arena, row, ROWS, &columns[i], row - 1);
        check_order(columns, keys, 3);
        check_order(columns, keys, 0);
    }
}

static void constants_and_dictionaries(void **state) {
    (void)state;
    struct column columns[3], names;
    struct sort_key keys[] = {{.column = 0}, {.column = 1, .descending = true}, {.column = 2}};
    struct field fields[] = {{"i", &type_int}};
    column_init(&names, &arena, &type_string, 7);
    for (uint32_t i = 0; i < 7; i++)
        COLUMN_VALUES(&names, struct string_view)[i] = draw_view();
    columns[0] = columns[1] = names;
    columns[0].kind = COLUMN_CONSTANT;
    columns[1].kind = COLUMN_DICTIONARY;
    columns[1].dictionary_size = 7;
    columns[1].codes = ARENA_ARRAY(&arena, uint16_t, ROWS);
    for (uint32_t row = 0; row < ROWS; row++)
        columns[1].codes[row] = (uint16_t)draw(7);
    column_init(&columns[2], &arena, type_row(&arena, fields, 1), 1);
    COLUMN_VALUES(&columns[2].children[0], int32_t)[0] = 5;
    columns[2].kind = COLUMN_CONSTANT;
    check_order(columns, keys, 3);
}

/* The bytes of the form: what is stored is read by later programs. */
static void the_form_stays(void **state) {
    (void)state;
    struct column columns[3];
    struct sort_key keys[] = {{.column = 0}, {.column = 1, .descending = true}, {.column = 2, .nulls_first = true}};
    const struct type *types[] = {&type_int, &type_string, &type_double};
    for (uint32_t i = 0; i < 3; i++)
        column_init(&columns[i], &arena, types[i], 1);
    COLUMN_VALUES(&columns[0], int32_t)[0] = 258;
    COLUMN_VALUES(&columns[1], struct string_view)[0] = view_make("a\0b", 3);
    column_set_null(&columns[2], &arena, 0, 1);
    struct strbuf out;
    strbuf_init(&out);
    sort_key_encode(&out, columns, keys, 3, 0);
    static const char expected[] = "\1\x80\0\1\2\1\x9E\xFF\0\x9D\xFF\xFF";
    assert_int_equal(out.size, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    strbuf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_in_every_direction, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_of_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(constants_and_dictionaries, setup, teardown),
        cmocka_unit_test_setup_teardown(the_form_stays, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
