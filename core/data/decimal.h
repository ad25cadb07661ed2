/* decimal.h: DECIMAL values as unscaled 128-bit integers. Every operation reports overflow instead of wrapping. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/data/column.h"

struct strbuf;

int128 decimal_power_of_ten(unsigned exponent); /* exponent <= 38 */
unsigned decimal_digits(int128 value);          /* decimal digits of |value|; 1 for 0 */
bool decimal_fits(int128 value, unsigned precision);
/* Changes scale, rounding half away from zero when digits are dropped; false when it does not fit 38 digits. */
bool decimal_rescale(int128 value, unsigned scale, unsigned new_scale, int128 *result);
/* false on overflow of 38 digits (divide: also when the divisor is 0). Results have result_scale, rounded half up. */
bool decimal_multiply(int128 a, unsigned scale_a, int128 b, unsigned scale_b, unsigned result_scale, int128 *result);
bool decimal_divide(int128 a, unsigned scale_a, int128 b, unsigned scale_b, unsigned result_scale, int128 *result);
bool decimal_parse(struct str text, unsigned precision, unsigned scale,
                   int128 *value); /* rounds half up; exponent allowed */
void decimal_print(struct strbuf *out, int128 value, unsigned scale);
double decimal_to_double(int128 value, unsigned scale);
bool decimal_from_double(double value, unsigned precision, unsigned scale, int128 *result);
