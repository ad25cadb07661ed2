/* real.c: shortest decimal text of binary floating point numbers.
 * Numbers with few decimals (most measured data) are found by scaling to an integer; the rest by trying 15 to 17 digits. */
#include "core/data/real.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/str.h"

/* Digits without sign or point, and the exponent of the first: d.ddd * 10^exponent. */
struct digits {
    char text[24];
    int count;
    int exponent;
};

static int write_integer(char *text, uint64_t value) {
    char reversed[20];
    int count = 0;
    do {
        reversed[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (int i = 0; i < count; i++)
        text[i] = reversed[count - 1 - i];
    return count;
}

/* value = n / 10^k with n < 10^15 and k <= 6: then n's digits are the shortest, because 15 digits always read back. */
static bool few_decimals(double value, struct digits *digits) {
    static const double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
    for (int k = 0; k < 7; k++) {
        double scaled = value * powers[k];
        if (scaled >= 1e15)
            return false;
        double whole = nearbyint(scaled);
        if (fabs(scaled - whole) > 1e-3 || whole / powers[k] != value)
            continue;
        digits->count = write_integer(digits->text, (uint64_t)whole);
        digits->exponent = digits->count - 1 - k;
        return true;
    }
    return false;
}

static bool reads_back(const char *text, double value, bool single) {
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

static void search_digits(double value, bool single, struct digits *digits) {
    char text[REAL_TEXT_MAX];
    int most = single ? 9 : 17;
    bool normal = value >= (single ? (double)FLT_MIN : DBL_MIN); /* then 6 or 15 digits always read back */
    int least = !normal ? 2 : single ? 6 : 15;
    for (int precision = least; precision <= most; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (precision == most || reads_back(text, value, single))
            break;
    }
    digits->count = 0;
    const char *c = text;
    for (; *c && *c != 'e'; c++)
        if (*c >= '0' && *c <= '9')
            digits->text[digits->count++] = *c;
    int64_t exponent = 0;
    bool is_number = *c == 'e' && int_parse(str_from(c + 1), &exponent);
    ASSERT(is_number);
    digits->exponent = (int)exponent;
}

static size_t write_plain(char *text, const struct digits *digits) {
    size_t size = 0;
    int at = 0;
    if (digits->exponent < 0) {
        text[size++] = '0';
    } else {
        for (; at <= digits->exponent; at++)
            text[size++] = at < digits->count ? digits->text[at] : '0';
    }
    text[size++] = '.';
    for (int zero = -1; zero > digits->exponent; zero--)
        text[size++] = '0';
    if (at >= digits->count)
        text[size++] = '0';
    for (; at < digits->count; at++)
        text[size++] = digits->text[at];
    return size;
}

static size_t write_scientific(char *text, const struct digits *digits) {
    size_t size = 0;
    text[size++] = digits->text[0];
    text[size++] = '.';
    if (digits->count == 1)
        text[size++] = '0';
    for (int i = 1; i < digits->count; i++)
        text[size++] = digits->text[i];
    text[size++] = 'E';
    if (digits->exponent < 0)
        text[size++] = '-';
    return size + (size_t)write_integer(text + size, (uint64_t)abs(digits->exponent));
}

static size_t write_real(char *text, double value, bool single) {
    if (isnan(value)) {
        memcpy(text, "NaN", 3);
        return 3;
    }
    size_t sign = 0;
    if (signbit(value))
        text[sign++] = '-';
    value = fabs(value);
    if (isinf(value)) {
        memcpy(text + sign, "Infinity", 8);
        return sign + 8;
    }
    struct digits digits = {.text = "0", .count = 1};
    if (value != 0 && (single || !few_decimals(value, &digits)))
        search_digits(value, single, &digits);
    while (digits.count > 1 && digits.text[digits.count - 1] == '0')
        digits.count--;
    bool plain = value == 0 || (digits.exponent >= -3 && digits.exponent < 7);
    return sign + (plain ? write_plain(text + sign, &digits) : write_scientific(text + sign, &digits));
}

size_t double_write(char *text, double value) {
    return write_real(text, value, false);
}

size_t float_write(char *text, float value) {
    return write_real(text, (double)value, true);
}

void double_print(struct strbuf *out, double value) {
    char text[REAL_TEXT_MAX];
    strbuf_append(out, text, double_write(text, value));
}

void float_print(struct strbuf *out, float value) {
    char text[REAL_TEXT_MAX];
    strbuf_append(out, text, float_write(text, value));
}

static bool parse_name(struct str text, double *value) {
    bool negative = text.size && text.data[0] == '-';
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) {
        text.data++;
        text.size--;
    }
    if (str_equal_ignore_case(text, STR("Infinity")) || str_equal_ignore_case(text, STR("Inf")))
        *value = negative ? -INFINITY : INFINITY;
    else if (str_equal_ignore_case(text, STR("NaN")))
        *value = NAN;
    else
        return false;
    return true;
}

bool double_parse(struct str text, double *value) {
    text = str_trim(text);
    for (size_t i = 0; i < text.size; i++) /* strtod would take hexadecimal and names as well */
        if (!strchr("0123456789+-.eE", text.data[i]) || !text.data[i])
            return parse_name(text, value);
    char copy[64];
    char *long_copy = text.size < sizeof copy ? NULL : malloc(text.size + 1);
    char *digits = text.size < sizeof copy ? copy : long_copy;
    if (!digits || !text.size) {
        free(long_copy);
        return false;
    }
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    char *end;
    *value = strtod(digits, &end);
    bool whole = end == digits + text.size;
    free(long_copy);
    return whole;
}
