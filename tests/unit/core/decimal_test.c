/* decimal_test.c: 128-bit decimals against small-number arithmetic and known edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/data/decimal.h"

static const char *text_of(int128 value, unsigned scale) {
    static struct strbuf text;
    strbuf_reset(&text);
    decimal_print(&text, value, scale);
    return strbuf_text(&text);
}

static int128 parsed(const char *text, unsigned precision, unsigned scale) {
    int128 value = -1;
    assert_true(decimal_parse(str_from(text), precision, scale, &value));
    return value;
}

static void assert_refused(const char *text, unsigned precision, unsigned scale) {
    int128 value;
    assert_false(decimal_parse(str_from(text), precision, scale, &value));
}

static void parsing_and_printing(void **state) {
    (void)state;
    assert_string_equal(text_of(parsed("12.345", 10, 2), 2), "12.35");
    assert_string_equal(text_of(parsed("-12.345", 10, 2), 2), "-12.35");
    assert_string_equal(text_of(parsed("12.3449999", 10, 2), 2), "12.34");
    assert_string_equal(text_of(parsed(" 1e3 ", 10, 2), 2), "1000.00");
    assert_string_equal(text_of(parsed("-.5E-1", 10, 3), 3), "-0.050");
    assert_string_equal(text_of(parsed("00000000000000000000000000000000000000000000001", 1, 0), 0), "1");
    assert_string_equal(text_of(parsed("99999999999999999999999999999999999999", 38, 0), 0),
                        "99999999999999999999999999999999999999");
    assert_string_equal(text_of(parsed("0.99999999999999999999999999999999999999", 38, 38), 38),
                        "0.99999999999999999999999999999999999999");
    assert_string_equal(text_of(parsed("0.000000000000000000000000000000000000015", 38, 38), 38),
                        "0.00000000000000000000000000000000000002");
    assert_string_equal(text_of(parsed("0.123456789012345678901234567890123456785", 38, 38), 38),
                        "0.12345678901234567890123456789012345679");
    assert_string_equal(text_of(parsed("1e-400", 5, 2), 2), "0.00");
    assert_string_equal(text_of(0, 3), "0.000");
    assert_string_equal(text_of(-5, 0), "-5");
    assert_refused("1000", 3, 0);
    assert_refused("999.5", 3, 0);
    assert_refused("1e38", 38, 0);
    assert_refused("1e999999999", 38, 0);
    assert_refused("", 5, 0);
    assert_refused(".", 5, 0);
    assert_refused("1.2.3", 5, 0);
    assert_refused("12a", 5, 0);
    assert_refused("1e", 5, 0);
}

static void small_numbers(void **state) {
    (void)state;
    /* Against 64-bit arithmetic: values of scale 2, result of scale 3, half away from zero. */
    for (int64_t a = -1000; a <= 1000; a += 7)
        for (int64_t b = -500; b <= 500; b += 3) {
            int128 result;
            assert_true(decimal_multiply(a, 2, b, 2, 3, &result));
            int64_t product = a * b, expected = (product < 0 ? -product : product) + 5;
            expected = expected / 10 * (product < 0 ? -1 : 1);
            assert_true(result == expected);
            assert_int_equal(decimal_divide(a, 2, b, 2, 3, &result), b != 0);
            if (b == 0)
                continue;
            int64_t dividend = (a < 0 ? -a : a) * 1000, divisor = b < 0 ? -b : b;
            expected = (2 * dividend + divisor) / (2 * divisor) * ((a < 0) != (b < 0) ? -1 : 1);
            assert_true(result == expected);
        }
}

static void large_numbers(void **state) {
    (void)state;
    int128 nines = decimal_power_of_ten(38) - 1, result;
    assert_false(decimal_multiply(nines, 0, 10, 0, 0, &result));
    assert_true(decimal_multiply(nines, 38, nines, 38, 38, &result));
    assert_true(result == nines - 1);
    assert_true(decimal_multiply(nines, 38, nines, 38, 6, &result));
    assert_true(result == 1000000);
    assert_true(decimal_multiply(nines, 30, nines, 38, 25, &result)); /* 43 digits dropped */
    assert_string_equal(text_of(result, 25), "100000000.0000000000000000000000000");
    assert_true(decimal_divide(nines, 0, nines, 0, 37, &result));
    assert_true(result == decimal_power_of_ten(37));
    assert_true(decimal_divide(1, 0, 3, 0, 37, &result));
    assert_string_equal(text_of(result, 37), "0.3333333333333333333333333333333333333");
    assert_true(decimal_divide(1, 38, nines, 0, 0, &result));
    assert_true(result == 0);
    assert_true(decimal_divide(decimal_power_of_ten(30), 0, decimal_power_of_ten(37), 37, 6, &result));
    assert_true(result == decimal_power_of_ten(36));
    assert_false(decimal_divide(nines, 0, 1, 38, 0, &result));
    assert_true(decimal_rescale(nines, 38, 0, &result));
    assert_true(result == 1);
    assert_false(decimal_rescale(nines, 0, 1, &result));
    assert_int_equal(decimal_digits(nines), 38);
    assert_int_equal(decimal_digits(0), 1);
    assert_int_equal(decimal_digits(-100), 3);
    assert_true(decimal_fits(-999, 3));
    assert_false(decimal_fits(1000, 3));
}

static void doubles(void **state) {
    (void)state;
    int128 value;
    assert_true(decimal_from_double(0.1, 10, 5, &value));
    assert_true(value == 10000);
    assert_true(decimal_from_double(-2.675, 10, 2, &value)); /* as written, not as stored */
    assert_true(value == -268);
    assert_false(decimal_from_double(1e30, 20, 0, &value));
    assert_false(decimal_from_double(__builtin_nan(""), 20, 0, &value));
    assert_true(decimal_to_double(parsed("12345.678", 10, 3), 3) == 12345.678);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing_and_printing),
        cmocka_unit_test(small_numbers),
        cmocka_unit_test(large_numbers),
        cmocka_unit_test(doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
