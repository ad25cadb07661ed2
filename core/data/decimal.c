/* decimal.c: arithmetic on unscaled 128-bit integers. Products and scaled dividends go through 256 bits, so a result is
 * either exact up to its one rounding or reported as not fitting. */
#include "core/data/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/status.h"

typedef unsigned __int128 uint128;

/* A magnitude of up to 256 bits. */
struct wide {
    uint128 high, low;
};

#define TEN_18 ((int128)1000000000000000000)

int128 decimal_power_of_ten(unsigned exponent) {
    static const int128 powers[DECIMAL_PRECISION_MAX + 1] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        TEN_18 * 10,
        TEN_18 * 100,
        TEN_18 * 1000,
        TEN_18 * 10000,
        TEN_18 * 100000,
        TEN_18 * 1000000,
        TEN_18 * 10000000,
        TEN_18 * 100000000,
        TEN_18 * 1000000000,
        TEN_18 * 10000000000,
        TEN_18 * 100000000000,
        TEN_18 * 1000000000000,
        TEN_18 * 10000000000000,
        TEN_18 * 100000000000000,
        TEN_18 * 1000000000000000,
        TEN_18 * 10000000000000000,
        TEN_18 * 100000000000000000,
        TEN_18 * 1000000000000000000,
        TEN_18 * TEN_18 * 10,
        TEN_18 * TEN_18 * 100,
    };
    ASSERT(exponent <= DECIMAL_PRECISION_MAX);
    return powers[exponent];
}

static uint128 magnitude(int128 value) {
    return value < 0 ? (uint128)0 - (uint128)value : (uint128)value;
}

unsigned decimal_digits(int128 value) {
    uint128 rest = magnitude(value);
    unsigned digits = 1;
    while (digits <= DECIMAL_PRECISION_MAX && rest >= (uint128)decimal_power_of_ten(digits))
        digits++;
    return digits;
}

bool decimal_fits(int128 value, unsigned precision) {
    return magnitude(value) < (uint128)decimal_power_of_ten(precision);
}

static struct wide wide_multiply(uint128 a, uint128 b) {
    uint128 a_high = a >> 64, a_low = (uint64_t)a, b_high = b >> 64, b_low = (uint64_t)b;
    uint128 low = a_low * b_low;
    uint128 middle = a_high * b_low + (low >> 64);
    uint128 middle_carry = a_low * b_high + (uint64_t)middle;
    return (struct wide){
        .high = a_high * b_high + (middle >> 64) + (middle_carry >> 64),
        .low = (middle_carry << 64) | (uint64_t)low,
    };
}

/* false when the quotient has more than 128 bits. A dividend above 128 bits needs a divisor below 2^127. */
static bool wide_divide(struct wide dividend, uint128 divisor, uint128 *quotient, uint128 *rest) {
    if (dividend.high == 0) {
        *quotient = dividend.low / divisor;
        *rest = dividend.low % divisor;
        return true;
    }
    if (dividend.high >= divisor)
        return false;
    *rest = dividend.high;
    *quotient = 0;
    for (int bit = 127; bit >= 0; bit--) {
        *rest = (*rest << 1) | (dividend.low >> bit & 1);
        *quotient <<= 1;
        if (*rest >= divisor) {
            *rest -= divisor;
            *quotient |= 1;
        }
    }
    return true;
}

static bool wide_divide_rounded(struct wide dividend, uint128 divisor, uint128 *quotient) {
    uint128 rest;
    if (!wide_divide(dividend, divisor, quotient, &rest))
        return false;
    return rest < divisor - rest || ++*quotient != 0;
}

static bool finish(uint128 value, bool negative, int128 *result) {
    if (value >= (uint128)decimal_power_of_ten(DECIMAL_PRECISION_MAX))
        return false;
    *result = negative ? -(int128)value : (int128)value;
    return true;
}

/* value * 10^exponent, exponent of either sign. */
static bool scale_wide(struct wide value, int exponent, bool negative, int128 *result) {
    uint128 scaled;
    if (exponent > 0) {
        if (value.high)
            return false;
        if (value.low == 0)
            return finish(0, false, result);
        if (exponent > DECIMAL_PRECISION_MAX)
            return false;
        value = wide_multiply(value.low, (uint128)decimal_power_of_ten((unsigned)exponent));
        return value.high == 0 && finish(value.low, negative, result);
    }
    if (-exponent >
        DECIMAL_PRECISION_MAX) { /* first 38 digits are cut, which changes nothing for the rounding after it */
        uint128 rest;
        if (!wide_divide(value, (uint128)decimal_power_of_ten(DECIMAL_PRECISION_MAX), &value.low, &rest))
            return false;
        value.high = 0;
        exponent += DECIMAL_PRECISION_MAX;
    }
    return wide_divide_rounded(value, (uint128)decimal_power_of_ten((unsigned)-exponent), &scaled) &&
           finish(scaled, negative, result);
}

bool decimal_rescale(int128 value, unsigned scale, unsigned new_scale, int128 *result) {
    struct wide wide = {0, magnitude(value)};
    return scale_wide(wide, (int)new_scale - (int)scale, value < 0, result);
}

bool decimal_multiply(int128 a, unsigned scale_a, int128 b, unsigned scale_b, unsigned result_scale, int128 *result) {
    struct wide product = wide_multiply(magnitude(a), magnitude(b));
    return scale_wide(product, (int)result_scale - (int)(scale_a + scale_b), (a < 0) != (b < 0), result);
}

bool decimal_divide(int128 a, unsigned scale_a, int128 b, unsigned scale_b, unsigned result_scale, int128 *result) {
    if (b == 0)
        return false;
    uint128 divisor = magnitude(b), quotient;
    int shift = (int)result_scale + (int)scale_b - (int)scale_a;
    struct wide dividend = {0, magnitude(a)};
    if (shift > 2 * DECIMAL_PRECISION_MAX || shift < -DECIMAL_PRECISION_MAX)
        return false;
    if (shift > DECIMAL_PRECISION_MAX) { /* the wide product takes 38 digits; the rest must fit beside the value */
        uint128 extra = (uint128)decimal_power_of_ten((unsigned)shift - DECIMAL_PRECISION_MAX);
        struct wide scaled = wide_multiply(dividend.low, extra);
        if (scaled.high)
            return false;
        dividend = wide_multiply(scaled.low, (uint128)decimal_power_of_ten(DECIMAL_PRECISION_MAX));
    } else if (shift >= 0) {
        dividend = wide_multiply(dividend.low, (uint128)decimal_power_of_ten((unsigned)shift));
    } else {
        struct wide scaled = wide_multiply(divisor, (uint128)decimal_power_of_ten((unsigned)-shift));
        if (scaled.high)
            return finish(0, false, result); /* |a| < 10^38 is less than half of it */
        divisor = scaled.low;
    }
    return wide_divide_rounded(dividend, divisor, &quotient) && finish(quotient, (a < 0) != (b < 0), result);
}

/* Reads [+-]digits[.digits][(e|E)[+-]digits] into significant digits and a power of ten. */
struct number_text {
    bool negative;
    bool dropped;    /* digits beyond the 38 kept were cut */
    bool round_up;   /* the first of them was 5 or more */
    unsigned digits; /* significant digits kept */
    uint128 value;
    int exponent; /* value * 10^exponent */
};

static bool read_digit(struct number_text *number, unsigned digit, bool fraction) {
    if (number->digits == DECIMAL_PRECISION_MAX) {
        number->round_up |= !number->dropped && digit >= 5;
        number->dropped = true;
        number->exponent += !fraction;
        return number->exponent < 100000;
    }
    number->value = number->value * 10 + digit;
    number->digits += number->digits || digit;
    number->exponent -= fraction;
    return number->exponent > -100000;
}

static bool read_exponent(struct str text, size_t at, int *exponent) {
    bool negative = at < text.size && text.data[at] == '-';
    if (at < text.size && (text.data[at] == '-' || text.data[at] == '+'))
        at++;
    if (at == text.size)
        return false;
    int value = 0;
    for (; at < text.size; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return false;
        if (value < 100000)
            value = value * 10 + (text.data[at] - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

static bool read_number(struct str text, struct number_text *number) {
    *number = (struct number_text){0};
    size_t at = 0;
    if (at < text.size && (text.data[at] == '-' || text.data[at] == '+'))
        number->negative = text.data[at++] == '-';
    bool any = false, fraction = false;
    for (; at < text.size; at++) {
        char c = text.data[at];
        if (c == '.' && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            any = true;
            if (!read_digit(number, (unsigned)(c - '0'), fraction))
                return false;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (at == text.size)
        return true;
    int exponent;
    if ((text.data[at] != 'e' && text.data[at] != 'E') || !read_exponent(text, at + 1, &exponent))
        return false;
    number->exponent += exponent;
    return true;
}

bool decimal_parse(struct str text, unsigned precision, unsigned scale, int128 *value) {
    struct number_text number;
    if (!read_number(str_trim(text), &number))
        return false;
    int128 result;
    int shift = number.exponent + (int)scale;
    if (shift == 0 && number.round_up)
        number.value++;
    if (number.value == 0 || shift < -DECIMAL_PRECISION_MAX)
        result = 0;
    else if (!scale_wide((struct wide){0, number.value}, shift, number.negative, &result))
        return false;
    if (!decimal_fits(result, precision))
        return false;
    *value = result;
    return true;
}

void decimal_print(struct strbuf *out, int128 value, unsigned scale) {
    char text[48];
    size_t at = sizeof text;
    uint128 rest = magnitude(value);
    for (unsigned digit = 0; rest || digit <= scale; digit++) {
        if (digit == scale && scale)
            text[--at] = '.';
        if ((uint64_t)rest == rest) { /* most values: 64-bit division */
            uint64_t small = (uint64_t)rest;
            text[--at] = (char)('0' + small % 10);
            rest = small / 10;
        } else {
            text[--at] = (char)('0' + (unsigned)(rest % 10));
            rest /= 10;
        }
    }
    if (value < 0)
        text[--at] = '-';
    strbuf_append(out, text + at, sizeof text - at);
}

double decimal_to_double(int128 value, unsigned scale) {
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (scale < sizeof exact / sizeof exact[0])
        return (double)value / exact[scale];
    return (double)value / exact[22] / exact[scale - 22];
}

bool decimal_from_double(double value, unsigned precision, unsigned scale, int128 *result) {
    if (!isfinite(value))
        return false;
    char text[64];
    int length = snprintf(text, sizeof text, "%.17g", value);
    for (int digits = 15; digits < 17;
         digits++) { /* the shortest text that reads back: 0.1 is 0.1, not 0.10000000000000001 */
        char shorter[64];
        int shorter_length = snprintf(shorter, sizeof shorter, "%.*g", digits, value);
        if (strtod(shorter, NULL) == value) {
            memcpy(text, shorter, (size_t)shorter_length + 1);
            length = shorter_length;
            break;
        }
    }
    return decimal_parse((struct str){text, (size_t)length}, precision, scale, result);
}
