/* math_functions_test.c: mathematical functions and rounding. */
#include "tests/unit/core/expression_text.h"

static void test_functions(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("power(2, 10)", "1024.0", "DOUBLE NOT NULL"),
        CASE("power(2.5, 2)", "6.25"),
        CASE("sqrt(16)", "4.0"),
        CASE("sqrt(-1)", "NaN"),
        CASE("cbrt(8)", "2.0"),
        CASE("ln(1)", "0.0"),
        CASE("ln(0)", "-Infinity"),
        CASE("log(1)", "0.0"),
        CASE("log(2, 8)", "3.0"),
        CASE("log10(1000)", "3.0"),
        CASE("log2(8)", "3.0"),
        CASE("exp(0)", "1.0"),
        CASE("sin(0)", "0.0"),
        CASE("cos(0)", "1.0"),
        CASE("tan(0)", "0.0"),
        CASE("round(cot(1), 4)", "0.6421"),
        CASE("round(asin(1), 4)", "1.5708"),
        CASE("acos(1)", "0.0"),
        CASE("round(atan(1), 4)", "0.7854"),
        CASE("round(atan2(1, -1), 4)", "2.3562"),
        CASE("sinh(0)", "0.0"),
        CASE("cosh(0)", "1.0"),
        CASE("tanh(0)", "0.0"),
        CASE("degrees(pi())", "180.0"),
        CASE("round(radians(180), 4)", "3.1416"),
        CASE("round(e(), 4)", "2.7183"),
        CASE("bitand(12, 10)", "8"),
        CASE("bitor(12, 10)", "14"),
        CASE("bitxor(12, 10)", "6"),
        CASE("bitnot(0)", "-1"),
        CASE("shiftleft(1, 4)", "16"),
        CASE("shiftright(-16, 2)", "-4"),
        CASE("shiftleft(1, 64)", "0"),
        CASE("sqrt(NULL)", "NULL"),
        CASE("and(\">=\"(rand(), 0), \"<\"(rand(), 1))", "TRUE"),
        CASE("\"<\"(rand_integer(10), 10)", "TRUE"),
        CASE("rand_integer(0)", "!22003"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_rounding(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("round(2.5)", "3", "DECIMAL(2, 0) NOT NULL"),
        CASE("round(-2.5)", "-3"),
        TYPED("round(12.3456, #2)", "12.35", "DECIMAL(5, 2) NOT NULL"),
        CASE("round(15.0, #-1)", "20"),
        CASE("round(99.95, #1)", "100.0"),
        CASE("round(2.675e0, 2)", "2.68"),
        CASE("round(-2.675e0, 2)", "-2.68"),
        CASE("round(0.29e0, 2)", "0.29"),
        CASE("round(1e300, 2)", "1.0E300"),
        CASE("round(1234.5e0, -2)", "1200.0"),
        TYPED("round(125, -1)", "130", "INT NOT NULL"),
        CASE("round(-125::bigint, -1)", "-130"),
        CASE("round(125, 2)", "125"),
        CASE("round(2147483647, -1)", "!22003"),
        CASE("round(9223372036854775807, -19)", "!22003"),
        CASE("round(9223372036854775807, -20)", "0"),
        TYPED("truncate(12.349, #2)", "12.34", "DECIMAL(5, 2) NOT NULL"),
        CASE("truncate(-12.349e0, 2)", "-12.34"),
        CASE("truncate(0.29e0, 2)", "0.29"),
        CASE("truncate(129, -1)", "120"),
        TYPED("floor(-1.5)", "-2", "DECIMAL(2, 0) NOT NULL"),
        CASE("floor(1.5e0)", "1.0"),
        TYPED("floor(7)", "7", "INT NOT NULL"),
        CASE("ceil(-1.5)", "-1"),
        CASE("ceiling(1.2)", "2"),
        CASE("ceil(1.2e0)", "2.0"),
        CASE("round(NULL, 1)", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_functions), cmocka_unit_test(test_rounding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
