/* real.h: FLOAT and DOUBLE as text: the shortest digits that read back as the same number, in the form Flink gives them
 * ("1.0", "0.001", "1.0E7", "Infinity", "NaN"), and the one form of numbers that group together. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

enum { REAL_TEXT_MAX = 40 };

/* 0.0 for -0.0 and one NaN for all: numbers that group together then have the same bits. */
static inline double double_canonical(double value) {
    return isnan(value) ? (double)NAN : value + 0.0;
}
static inline float float_canonical(float value) {
    return isnan(value) ? NAN : value + 0.0f;
}

/* Writes at most REAL_TEXT_MAX bytes, no NUL; returns the size. */
size_t double_write(char *text, double value);
size_t float_write(char *text, float value);
void double_print(struct strbuf *out, double value);
void float_print(struct strbuf *out, float value);

/* Whole text (white space around it allowed), decimal or exponent form, "Infinity", "NaN" in any case. false when it is not
 * a number; a number too large for the type is infinite, one too small 0. */
bool double_parse(struct str text, double *value);
