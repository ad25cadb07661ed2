/* lex.h: the smallest steps of reading JSON: finding the end of a string, reading digits, skipping white space.
 *
 * Three pointers: `p` where we are, `end` of the record, and `limit`, up to which bytes may be read: the end plus the padding
 * that the buffer's owner promised. Wide loads happen only below the limit, so any record in any place is safe.
 * Built with AVX2 these use 32-byte loads, otherwise 8-byte words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "core/base/str.h"

static inline uint64_t json_load8(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Sets the high bit of every byte of `word` that equals `byte`; exact for the lowest one. */
static inline uint64_t json_match8(uint64_t word, unsigned char byte) {
    uint64_t x = word ^ (0x0101010101010101ull * byte);
    return (x - 0x0101010101010101ull) & ~x & 0x8080808080808080ull;
}

/* The first quote or backslash at or after p; `end` when there is none. */
static inline const char *json_string_stop(const char *p, const char *end, const char *limit) {
#ifdef __AVX2__
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    while (limit - p >= 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)p);
        __m256i stops = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, backslash));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(stops);
        if (mask) {
            p += __builtin_ctz(mask);
            return p < end ? p : end;
        }
        p += 32;
        if (p >= end)
            return end;
    }
#else
    while (limit - p >= 8) {
        uint64_t word = json_load8(p);
        uint64_t stops = json_match8(word, '"') | json_match8(word, '\\');
        if (stops) {
            p += __builtin_ctzll(stops) / 8;
            return p < end ? p : end;
        }
        p += 8;
        if (p >= end)
            return end;
    }
#endif
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

static inline bool json_is_ascii(const char *p, const char *end, const char *limit) {
#ifdef __AVX2__
    __m256i any = _mm256_setzero_si256();
    while (p < end && limit - p >= 32) { /* padding may be looked at: then the slower check decides */
        any = _mm256_or_si256(any, _mm256_loadu_si256((const __m256i *)p));
        p += 32;
    }
    if (_mm256_movemask_epi8(any))
        return false;
#endif
    uint64_t bits = 0;
    for (; end - p >= 8; p += 8)
        bits |= json_load8(p);
    for (; p < end; p++)
        bits |= (unsigned char)*p;
    return (bits & 0x8080808080808080ull) == 0;
}

static inline bool json_is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
static inline const char *json_skip_space(const char *p, const char *end) {
    while (p < end && json_is_space(*p))
        p++;
    return p;
}
static inline bool json_is_digit(char c) {
    return (unsigned char)(c - '0') < 10;
}

/* Value of up to eight digits at p (eight bytes must be readable); *count receives how many there are. */
static inline uint64_t json_digits8(const char *p, unsigned *count) {
    uint64_t digits = json_load8(p) ^ 0x3030303030303030ull;
    uint64_t others = (digits | (digits + 0x0606060606060606ull)) & 0xF0F0F0F0F0F0F0F0ull;
    *count = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
    if (*count == 0)
        return 0;
    digits <<= 64 - *count * 8; /* what follows goes, zeros come in front */
    digits = (digits & 0x0F0F0F0F0F0F0F0Full) * 2561 >> 8;
    digits = (digits & 0x00FF00FF00FF00FFull) * 6553601 >> 16;
    return (digits & 0x0000FFFF0000FFFFull) * 42949672960001ull >> 32;
}

/* Reads all digits at p; *digits receives their value, as long as it fits, and the result is behind them. *count tells how
 * many there were; with more than 19 the value means nothing. */
static inline const char *json_read_digits(const char *p, const char *end, const char *limit, uint64_t *digits,
                                           unsigned *count) {
    static const uint64_t powers[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t value = 0;
    const char *start = p;
    while (limit - p >= 8) {
        unsigned size;
        uint64_t chunk = json_digits8(p, &size);
        if (p + size > end)
            break; /* digits in the padding */
        value = value * powers[size] + chunk;
        p += size;
        if (size < 8)
            goto done;
    }
    for (; p < end && json_is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
done:
    *digits = value;
    *count = (unsigned)(p - start);
    return p;
}

/* A number as it is written. */
struct json_number {
    const char *start, *end;
    uint64_t digits;      /* of the mantissa, the point left out */
    unsigned digit_count; /* leading zeros included; above 19 `digits` means nothing */
    int64_t exponent;     /* value = ±digits · 10^exponent; clipped to ±100000 */
    bool is_negative;
    bool is_integer; /* neither point nor exponent */
};

/* NULL when it is no JSON number. */
const char *json_read_number(const char *p, const char *end, const char *limit, struct json_number *number);
/* Exact: the nearest double, ties to even. */
double json_number_double(const struct json_number *number);
/* false when it is no integer or does not fit. */
static inline bool json_number_int(const struct json_number *number, int64_t *value) {
    if (!number->is_integer || number->digit_count > 19 || number->digits > (uint64_t)INT64_MAX + number->is_negative)
        return false;
    *value = (int64_t)(number->is_negative ? 0 - number->digits : number->digits);
    return true;
}
