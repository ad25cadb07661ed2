/* collection_functions_test.c: ARRAY, MAP and ROW: construction, access, functions. */
#include "tests/unit/core/expression_text.h"

static void test_access(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("array(1, 2, 3)", "[1, 2, 3]", "ARRAY<INT NOT NULL> NOT NULL"),
        CASE("array(1, NULL, 2.5)", "[1.0, NULL, 2.5]"),
        CASE("array(1, 'a')", "!42804"),
        CASE("array('a text that is long', 'b')", "[a text that is long, b]"),
        CASE("\"[]\"(array(1, 2, 3), 2)", "2"),
        CASE("\"[]\"(array(1, 2, 3), 4)", "NULL"),
        CASE("\"[]\"(array(1, 2, 3), 0)", "NULL"),
        CASE("\"[]\"(array('a text that is long', 'b'), 1)", "a text that is long"),
        CASE("\"[]\"(map('a', 1, 'b', 2), 'b')", "2"),
        CASE("\"[]\"(map('a', 1, 'b', 2), 'c')", "NULL"),
        CASE("\"[]\"(map('a', 1, 'a', 2), 'a')", "2"),
        CASE("map('a', 1, 'b')", "!42804"),
        CASE("cardinality(map('a', 1, 'a', 2))", "1"),
        CASE("cardinality(array(1, 2))", "2"),
        CASE("cardinality(NULL::array(int))", "NULL"),
        CASE("element(array(5))", "5"),
        CASE("element(array(5, 6))", "!22000"),
        CASE("is_null(row(1, NULL))", "FALSE"),
        CASE("array_contains(array(1, 2), 2)", "TRUE"),
        CASE("array_contains(array(1, 2), 3::bigint)", "FALSE"),
        CASE("array_contains(array(1, NULL), NULL)", "TRUE"),
        CASE("array_contains(NULL::array(int), 1)", "NULL"),
        CASE("array_position(array('a', 'b'), 'b')", "2"),
        CASE("array_max(array(1, NULL, 3))", "3"),
        CASE("array_min(array('b', 'a'))", "a"),
        CASE("array_min(array(NULL::int))", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_functions(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("array_join(array('a', NULL, 'b'), '-')", "a-b"),
        CASE("array_join(array('a', NULL, 'b'), '-', '?')", "a-?-b"),
        CASE("array_append(array(1, 2), 3)", "[1, 2, 3]"),
        CASE("array_append(array(1, 2), NULL)", "[1, 2, NULL]"),
        CASE("array_prepend(array(1, 2), 3)", "[3, 1, 2]"),
        CASE("array_concat(array(1), array(2), array(3))", "[1, 2, 3]"),
        CASE("array_reverse(array(1, 2, 3))", "[3, 2, 1]"),
        CASE("array_slice(array(1, 2, 3), 2)", "[2, 3]"),
        CASE("array_slice(array(1, 2, 3), -2, -2)", "[2]"),
        CASE("array_slice(array(1, 2, 3), 5, 9)", "[]"),
        CASE("array_distinct(array(1, 2, 1, NULL, NULL))", "[1, 2, NULL]"),
        CASE("array_union(array(1, 2), array(2, 3))", "[1, 2, 3]"),
        CASE("array_intersect(array(1, 2), array(2, 3))", "[2]"),
        CASE("array_except(array(1, 2), array(2, 3))", "[1]"),
        CASE("array_remove(array(1, 2, 1), 1)", "[2]"),
        CASE("array_sort(array(3, NULL, 1))", "[NULL, 1, 3]"),
        CASE("array_sort(array(3, NULL, 1), FALSE)", "[3, 1, NULL]"),
        CASE("array_sort(array(3, NULL, 1), TRUE, FALSE)", "[1, 3, NULL]"),
        CASE("map_keys(map('a', 1, 'b', 2))", "[a, b]"),
        CASE("map_values(map('a', 1, 'b', 2))", "[1, 2]"),
        CASE("map_entries(map('a', 1, 'b', 2))", "[(a, 1), (b, 2)]"),
        CASE("map_union(map('a', 1, 'b', 2), map('b', 3), map('c', 4, 'a', 5))", "{b=3, c=4, a=5}"),
        CASE("\"[]\"(map_from_arrays(array('a', 'b'), array(1, 2)), 'b')", "2"),
        CASE("map_from_arrays(array('a', 'b'), array(1))", "!22000"),
        CASE("split('a,b,,c', ',')", "[a, b, , c]"),
        CASE("split('aüc', '')", "[a, ü, c]"),
        CASE("split('abc', ';')", "[abc]"),
        CASE("\"[]\"(str_to_map('k1=v1,k2=v2'), 'k2')", "v2"),
        CASE("\"[]\"(str_to_map('k1:v1;k2', ';', ':'), 'k2')", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_access), cmocka_unit_test(test_functions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
