/* real_test.c: floating point numbers as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/data/real.h"

static void assert_double(double value, const char *expected) {
    char text[REAL_TEXT_MAX + 1];
    text[double_write(text, value)] = '\0';
    assert_string_equal(text, expected);
}

static void forms(void **state) {
    (void)state;
    assert_double(0, "0.0");
    assert_double(-0.0, "-0.0");
    assert_double(1, "1.0");
    assert_double(-12.5, "-12.5");
    assert_double(0.1, "0.1");
    assert_double(0.1 + 0.2, "0.30000000000000004");
    assert_double(0.001, "0.001");
    assert_double(0.0001, "1.0E-4");
    assert_double(9999999, "9999999.0");
    assert_double(1e7, "1.0E7");
    assert_double(12345678.9, "1.23456789E7");
    assert_double(1.7976931348623157e308, "1.7976931348623157E308");
    assert_double(5e-324, "4.9E-324");
    assert_double(INFINITY, "Infinity");
    assert_double(-INFINITY, "-Infinity");
    assert_double(NAN, "NaN");
    char text[REAL_TEXT_MAX + 1];
    text[float_write(text, 0.1f)] = '\0';
    assert_string_equal(text, "0.1");
    text[float_write(text, 16777216.0f)] = '\0';
    assert_string_equal(text, "1.6777216E7");
}

static void reads_back(void **state) {
    (void)state;
    char text[REAL_TEXT_MAX + 1];
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t bits = hash_u64(i + 1);
        double value, again;
        memcpy(&value, &bits, sizeof value);
        if (i % 2)
            value = (double)(int64_t)(bits >> 40) / (i % 4 == 1 ? 100 : 1e6);
        if (isnan(value) || isinf(value))
            continue;
        size_t size = double_write(text, value);
        assert_true(size <= REAL_TEXT_MAX);
        text[size] = '\0';
        assert_true(strtod(text, NULL) == value);
        assert_true(double_parse((struct str){text, size}, &again) && again == value);
    }
}

static void parsing(void **state) {
    (void)state;
    double value;
    assert_true(double_parse(STR(" 1.5e3 "), &value) && value == 1500);
    assert_true(double_parse(STR("-infinity"), &value) && value == -INFINITY);
    assert_true(double_parse(STR("nan"), &value) && isnan(value));
    static const char *const wrong[] = {"", " ", "1.5x", "0x10", "1e", "--1", "1 2", "infinit", "e5", "."};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (double_parse(str_from(wrong[i]), &value))
            fail_msg("accepted \"%s\"", wrong[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(reads_back),
        cmocka_unit_test(parsing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
