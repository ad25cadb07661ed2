/* type_test.c: types: printing, comparison, the least common type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/data/type.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct type *not_null(const struct type *type) {
    return type_with_nullable(&arena, type, false);
}

static void printing(void **state) {
    (void)state;
    struct field fields[] = {{"a", &type_int}, {"b`c", not_null(&type_string)}};
    const struct type *row = type_row(&arena, fields, 2);
    assert_string_equal(type_text(&arena, row), "ROW<`a` INT, `b``c` STRING NOT NULL>");
    assert_string_equal(type_text(&arena, type_array(&arena, row)), "ARRAY<ROW<`a` INT, `b``c` STRING NOT NULL>>");
    assert_string_equal(type_text(&arena, type_map(&arena, &type_string, &type_double)), "MAP<STRING, DOUBLE>");
    assert_string_equal(type_text(&arena, not_null(type_decimal(&arena, 10, 2))), "DECIMAL(10, 2) NOT NULL");
    assert_string_equal(type_text(&arena, type_varchar(&arena, TYPE_CHAR, 3)), "CHAR(3)");
    assert_string_equal(type_text(&arena, &type_bytes), "BYTES");
    assert_string_equal(type_text(&arena, &type_timestamp_ltz3), "TIMESTAMP_LTZ(3)");
    assert_string_equal(type_text(&arena, &type_interval_month), "INTERVAL YEAR TO MONTH");
}

static void equality(void **state) {
    (void)state;
    struct field fields[] = {{"a", &type_int}}, other[] = {{"b", &type_int}}, strict[] = {{"a", not_null(&type_int)}};
    const struct type *row = type_row(&arena, fields, 1);
    assert_true(type_equal(row, type_copy(&arena, row)));
    assert_false(type_equal(row, type_row(&arena, other, 1)));
    assert_false(type_equal(row, type_row(&arena, strict, 1)));
    assert_true(type_equal_ignore_null(row, type_row(&arena, strict, 1)));
    assert_false(type_equal(type_decimal(&arena, 10, 2), type_decimal(&arena, 10, 3)));
    assert_false(type_is_comparable(type_array(&arena, type_map(&arena, &type_int, &type_int))));
    assert_true(type_is_comparable(row));
}

/* Both orders; NULL for none. */
static void assert_common(const struct type *a, const struct type *b, const char *expected) {
    for (int turn = 0; turn < 2; turn++) {
        const struct type *common = turn ? type_least_common(&arena, b, a) : type_least_common(&arena, a, b);
        if (!expected)
            assert_null(common);
        else
            assert_string_equal(type_text(&arena, common), expected);
    }
}

static void least_common(void **state) {
    (void)state;
    assert_common(&type_int, &type_bigint, "BIGINT");
    assert_common(not_null(&type_int), not_null(&type_int), "INT NOT NULL");
    assert_common(not_null(&type_int), &type_smallint, "INT");
    assert_common(&type_null, not_null(&type_int), "INT");
    assert_common(&type_int, type_decimal(&arena, 5, 2), "DECIMAL(12, 2)");
    assert_common(&type_bigint, type_decimal(&arena, 30, 25), "DECIMAL(38, 19)");
    assert_common(type_decimal(&arena, 10, 0), type_decimal(&arena, 5, 4), "DECIMAL(14, 4)");
    assert_common(&type_float, &type_bigint, "FLOAT");
    assert_common(&type_float, type_decimal(&arena, 5, 2), "DOUBLE");
    assert_common(&type_double, &type_int, "DOUBLE");
    assert_common(type_varchar(&arena, TYPE_CHAR, 3), type_varchar(&arena, TYPE_CHAR, 3), "CHAR(3)");
    assert_common(type_varchar(&arena, TYPE_CHAR, 3), type_varchar(&arena, TYPE_CHAR, 7), "VARCHAR(7)");
    assert_common(type_varchar(&arena, TYPE_CHAR, 3), &type_string, "STRING");
    assert_common(&type_date, &type_timestamp3, "TIMESTAMP(3)");
    assert_common(&type_timestamp6, &type_timestamp_ltz3, "TIMESTAMP_LTZ(6)");
    assert_common(&type_time, &type_date, NULL);
    assert_common(&type_int, &type_string, NULL);
    assert_common(&type_boolean, &type_int, NULL);
    assert_common(&type_interval_month, &type_interval_second, NULL);
    assert_common(type_array(&arena, &type_int), type_array(&arena, &type_double), "ARRAY<DOUBLE>");
    assert_common(type_array(&arena, &type_int), type_array(&arena, &type_string), NULL);
}

static void finding_fields(void **state) {
    (void)state;
    struct field fields[] = {
        {"id", &type_int}, {"ID", &type_int}, {"Name", &type_string}, {"x", &type_int}, {"x", &type_int}};
    struct schema schema = {fields, 5};
    assert_int_equal(schema_find(&schema, "ID"), 1);
    assert_int_equal(schema_find(&schema, "name"), 2);
    assert_int_equal(schema_find(&schema, "Id"), -2);
    assert_int_equal(schema_find(&schema, "x"), -2);
    assert_int_equal(schema_find(&schema, "y"), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printing),
        cmocka_unit_test(equality),
        cmocka_unit_test(least_common),
        cmocka_unit_test(finding_fields),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
