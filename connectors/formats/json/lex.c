/* lex.c: JSON numbers. */
#include "connectors/formats/json/lex.h"

#include "core/data/real.h"

enum { EXPONENT_MAX = 100000, EXACT_POWER_MAX = 22 };

static const char *read_exponent(const char *p, const char *end, const char *limit, int64_t *exponent) {
    bool is_negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    uint64_t digits;
    unsigned count;
    p = json_read_digits(p, end, limit, &digits, &count);
    if (count == 0)
        return NULL;
    if (count > 19 || digits > EXPONENT_MAX)
        digits = EXPONENT_MAX;
    *exponent += is_negative ? -(int64_t)digits : (int64_t)digits;
    return p;
}

const char *json_read_number(const char *p, const char *end, const char *limit, struct json_number *number) {
    static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    *number = (struct json_number){.start = p, .is_integer = true};
    if (p < end && *p == '-')
        number->is_negative = true, p++;
    const char *integer = p;
    p = json_read_digits(p, end, limit, &number->digits, &number->digit_count);
    if (p == integer || (*integer == '0' && p - integer > 1))
        return NULL;
    if (p < end && *p == '.') {
        uint64_t fraction;
        unsigned count;
        p = json_read_digits(p + 1, end, limit, &fraction, &count);
        if (count == 0)
            return NULL;
        number->is_integer = false;
        number->digit_count += count;
        number->exponent = -(int64_t)count;
        if (number->digit_count <= 19) {
            for (; count >= 9; count -= 9)
                number->digits *= powers[9];
            number->digits = number->digits * powers[count] + fraction;
        }
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        number->is_integer = false;
        p = read_exponent(p + 1, end, limit, &number->exponent);
        if (!p)
            return NULL;
    }
    number->end = p;
    return p;
}

/* A mantissa below 2^53 times or over a power of ten that a double holds exactly is rounded once, hence right (Clinger 1990).
 * Everything else goes to strtod. */
double json_number_double(const struct json_number *number) {
    static const double powers[EXACT_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (number->digit_count <= 19 && number->digits < 1ull << 53 && number->exponent >= -EXACT_POWER_MAX &&
        number->exponent <= EXACT_POWER_MAX) {
        double value = (double)number->digits;
        value = number->exponent < 0 ? value / powers[-number->exponent] : value * powers[number->exponent];
        return number->is_negative ? -value : value;
    }
    double value = 0;
    bool is_number = double_parse((struct str){number->start, (size_t)(number->end - number->start)}, &value);
    ASSERT(is_number);
    return value;
}
