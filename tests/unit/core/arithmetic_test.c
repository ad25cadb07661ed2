/* arithmetic_test.c: arithmetic, comparison, logic and conditionals: values, result types, NULLs, errors. */
#include "tests/unit/core/expression_text.h"

static void test_integers(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("\"+\"(1, 2)", "3", "INT NOT NULL"),
        TYPED("\"+\"(1, 2::bigint)", "3", "BIGINT NOT NULL"),
        TYPED("\"+\"(1::tinyint, 2::smallint)", "3", "SMALLINT NOT NULL"),
        TYPED("\"+\"(1, NULL)", "NULL", "INT"),
        CASE("\"+\"(2147483647, 1)", "!22003"),
        CASE("\"+\"(9223372036854775807, 1)", "!22003"),
        CASE("\"+\"(127::tinyint, 1::tinyint)", "!22003"),
        CASE("\"-\"(-2147483647, 2)", "!22003"),
        CASE("\"-\"(5, 7)", "-2"),
        CASE("\"*\"(65536, 65536)", "!22003"),
        CASE("\"*\"(65536::bigint, 65536)", "4294967296"),
        CASE("\"*\"(4294967296, 4294967296)", "!22003"),
        TYPED("\"/\"(7, 2)", "3", "INT NOT NULL"),
        CASE("\"/\"(-7, 2)", "-3"),
        CASE("\"/\"(7, 0)", "!22012"),
        CASE("\"/\"(7, 0::bigint)", "!22012"),
        CASE("\"/\"(\"-\"(-9223372036854775807, 1), -1)", "!22003"),
        CASE("\"%\"(7, 3)", "1"),
        CASE("mod(-7, 3)", "-1"),
        CASE("mod(7, 0)", "!22012"),
        CASE("\"%\"(\"-\"(-9223372036854775807, 1), -1)", "0"),
        CASE("negate(5)", "-5"),
        CASE("negate(-2147483648)", "!22003"),
        CASE("abs(-5)", "5"),
        CASE("abs(-128::tinyint)", "!22003"),
        TYPED("sign(-9::bigint)", "-1", "BIGINT NOT NULL"),
        CASE("plus(4)", "4"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_decimals(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("\"+\"(1.5, 2.25)", "3.75", "DECIMAL(4, 2) NOT NULL"),
        TYPED("\"+\"(1, 2.5)", "3.5", "DECIMAL(12, 1) NOT NULL"),
        TYPED("\"-\"(1.5, 2.25)", "-0.75", "DECIMAL(4, 2) NOT NULL"),
        TYPED("\"*\"(0.908, 100::bigint)", "90.800", "DECIMAL(24, 3) NOT NULL"),
        TYPED("\"*\"(1.5, 1.5)", "2.25", "DECIMAL(5, 2) NOT NULL"),
        TYPED("\"/\"(1.0, 3.0)", "0.333333", "DECIMAL(8, 6) NOT NULL"),
        CASE("\"/\"(2.0, 3.0)", "0.666667"),
        CASE("\"/\"(1.5, 0.0)", "!22012"),
        TYPED("\"%\"(7.5, 2)", "1.5", "DECIMAL(2, 1) NOT NULL"),
        CASE("\"%\"(7.5, 0)", "!22012"),
        TYPED("\"+\"(1.5, 1.0e0)", "2.5", "DOUBLE NOT NULL"),
        CASE("\"+\"(99999999999999999999999999999999999999, 1)", "!22003"),
        CASE("\"*\"(99999999999999999999, 99999999999999999999)", "!22003"),
        TYPED("\"*\"(12345678901234567890.5, 2.5)", "30864197253086419726.25", "DECIMAL(24, 2) NOT NULL"),
        CASE("negate(1.5)", "-1.5"),
        TYPED("abs(-1.5)", "1.5", "DECIMAL(2, 1) NOT NULL"),
        TYPED("sign(-1.5)", "-1.0", "DECIMAL(2, 1) NOT NULL"),
        CASE("\"+\"(1.5, NULL)", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_reals(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("\"+\"(1.5e0, 2)", "3.5", "DOUBLE NOT NULL"),
        TYPED("\"+\"(1::float, 2)", "3.0", "FLOAT NOT NULL"),
        TYPED("\"+\"(1::float, 2.5)", "3.5", "DOUBLE NOT NULL"),
        CASE("\"/\"(1e0, 0)", "Infinity"),
        CASE("\"%\"(7.5e0, 2e0)", "1.5"),
        CASE("abs(-1.5e0)", "1.5"),
        CASE("sign(-1.5e0)", "-1.0"),
        CASE("negate(1.5e0)", "-1.5"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_comparison(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("\"=\"(1, 1)", "TRUE", "BOOLEAN NOT NULL"),
        CASE("\"=\"(1, 1.0)", "TRUE"),
        CASE("\"=\"(1, 2::bigint)", "FALSE"),
        CASE("\"<>\"(1, 2)", "TRUE"),
        CASE("\"!=\"(1, 1)", "FALSE"),
        CASE("\"<\"(1, 2)", "TRUE"),
        CASE("\"<=\"(2, 2)", "TRUE"),
        CASE("\">\"(1, 2)", "FALSE"),
        CASE("\">=\"(1.5, 1.4)", "TRUE"),
        CASE("\"=\"('abc', 'abc')", "TRUE"),
        CASE("\"=\"('abc', 'abd')", "FALSE"),
        CASE("\"<>\"('a long string of text', 'a long string of text')", "FALSE"),
        CASE("\"<\"('a long string of text', 'a long string of texts')", "TRUE"),
        CASE("\">\"('b', 'abc')", "TRUE"),
        CASE("\"=\"('', '')", "TRUE"),
        CASE("\"<\"(TRUE, FALSE)", "FALSE"),
        TYPED("\"=\"(NULL, 1)", "NULL", "BOOLEAN"),
        CASE("\"=\"('12', 12)", "TRUE"),
        CASE("\">\"(TIMESTAMP '2024-05-01 12:00:00', '2024-05-01')", "TRUE"),
        CASE("\"=\"(DATE '2024-05-01', '2024-05-01')", "TRUE"),
        CASE("\"=\"(DATE '2024-05-01', TIMESTAMP '2024-05-01 00:00:00')", "TRUE"),
        CASE("\"=\"(TIMESTAMP '2024-05-01 00:00:00', 'soon')", "!22007"),
        CASE("\"=\"(array(1, 2), array(1, 2))", "TRUE"),
        CASE("\"=\"(row(1, 'a'), row(1, 'b'))", "FALSE"),
        CASE("\"=\"(1, DATE '2024-05-01')", "!42804"),
        CASE("is_distinct_from(NULL, 1)", "TRUE"),
        CASE("is_distinct_from(NULL::int, NULL)", "FALSE"),
        TYPED("is_not_distinct_from(1, 1)", "TRUE", "BOOLEAN NOT NULL"),
        CASE("between(5, 1, 10)", "TRUE"),
        CASE("between(5, 10, 1)", "FALSE"),
        CASE("between_symmetric(5, 10, 1)", "TRUE"),
        CASE("in(5, #1, #5)", "TRUE"),
        CASE("in(5, #1, #2)", "FALSE"),
        CASE("in(5, #1, #NULL)", "NULL"),
        CASE("in(5, #5, #NULL)", "TRUE"),
        CASE("in(5, 5)", "TRUE"),
        CASE("in('e', #'a', #'b', #'c', #'d', #'e', #'f', #'g', #'h', #'i', #'j')", "TRUE"),
        CASE("in('z', #'a', #'b', #'c', #'d', #'e', #'f', #'g', #'h', #'i', #'j')", "FALSE"),
        CASE("in(NULL::int, #1, #2)", "NULL"),
        CASE("in(3, 1, \"+\"(1, 2))", "TRUE"),
        CASE("greatest(1, 5, 3)", "5"),
        CASE("least('b', 'a', 'c')", "a"),
        CASE("greatest(1, NULL)", "NULL"),
        CASE("least(1.5, 1)", "1.0"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_logic(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("and(TRUE, TRUE)", "TRUE"),
        CASE("and(TRUE, FALSE)", "FALSE"),
        CASE("and(NULL, FALSE)", "FALSE"),
        CASE("and(FALSE, NULL)", "FALSE"),
        CASE("and(NULL, TRUE)", "NULL"),
        CASE("and(TRUE, and(TRUE, NULL::boolean), TRUE)", "NULL"),
        CASE("or(NULL, TRUE)", "TRUE"),
        CASE("or(NULL, FALSE)", "NULL"),
        CASE("or(FALSE, FALSE)", "FALSE"),
        CASE("or(FALSE, TRUE, FALSE)", "TRUE"),
        CASE("not(TRUE)", "FALSE"),
        CASE("not(NULL)", "NULL"),
        CASE("is_null(NULL::int)", "TRUE"),
        TYPED("is_null(1)", "FALSE", "BOOLEAN NOT NULL"),
        CASE("is_not_null('a')", "TRUE"),
        CASE("is_true(NULL::boolean)", "FALSE"),
        CASE("is_not_true(NULL::boolean)", "TRUE"),
        CASE("is_false(FALSE)", "TRUE"),
        CASE("is_not_false(NULL::boolean)", "TRUE"),
        CASE("is_unknown(NULL::boolean)", "TRUE"),
        CASE("is_not_unknown(NULL::boolean)", "FALSE"),
        CASE("and(\"<>\"(0, 0), \">\"(\"/\"(1, 0), 2))", "FALSE"),
        CASE("or(\"=\"(0, 0), \">\"(\"/\"(1, 0), 2))", "TRUE"),
        CASE("and(\"=\"(0, 0), \">\"(\"/\"(1, 0), 2))", "!22012"),
        CASE("and(1, TRUE)", "!42804"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_conditionals(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("case(TRUE, 1, 2)", "1", "INT NOT NULL"),
        TYPED("case(FALSE, 1, 2.5)", "2.5", "DECIMAL(11, 1) NOT NULL"),
        TYPED("case(FALSE, 1)", "NULL", "INT"),
        CASE("case(NULL, 'a', 'b')", "b"),
        CASE("case(FALSE, 'a', TRUE, 'a longer text than twelve', 'c')", "a longer text than twelve"),
        CASE("case(\"<>\"(0, 0), \"/\"(1, 0), 7)", "7"),
        CASE("case(\"=\"(0, 0), \"/\"(1, 0), 7)", "!22012"),
        CASE("case(TRUE, NULL, 7)", "NULL"),
        CASE("case(TRUE, 1, 'a')", "!42804"),
        CASE("case(1, 1, 2)", "!42804"),
        CASE("case(TRUE, array(1, 2), array(3))", "[1, 2]"),
        TYPED("coalesce(NULL, NULL, 3)", "3", "INT NOT NULL"),
        TYPED("coalesce(NULL::int, 4::bigint)", "4", "BIGINT NOT NULL"),
        TYPED("coalesce(NULL::int, NULL::int)", "NULL", "INT"),
        CASE("coalesce(NULL::string, 'x')", "x"),
        CASE("coalesce(1, \"/\"(1, 0))", "1"),
        CASE("ifnull(NULL::int, 1)", "1"),
        CASE("nullif(1, 1)", "NULL"),
        CASE("nullif(1, 2)", "1"),
        CASE("if(TRUE, 1, 2)", "1"),
        CASE("if(NULL, 1, 2)", "2"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),   cmocka_unit_test(test_decimals), cmocka_unit_test(test_reals),
        cmocka_unit_test(test_comparison), cmocka_unit_test(test_logic),    cmocka_unit_test(test_conditionals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
