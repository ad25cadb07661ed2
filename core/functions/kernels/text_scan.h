/* text_scan.h: looking for bytes in strings of some tens of bytes, 32 at a time. For such short strings the call and the
 * set-up of memchr and memmem cost more than the search itself.
 * Nothing outside of the string is read: what is left after the whole blocks is covered by loads that overlap the bytes
 * before it, and strings below 32 bytes by two overlapping halves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/str.h"

enum { SCAN_BLOCK = 32 };

typedef char scan_bytes __attribute__((vector_size(SCAN_BLOCK)));
typedef int8_t scan_block __attribute__((vector_size(SCAN_BLOCK)));

static inline scan_block scan_load(const char *data) {
    scan_block block;
    memcpy(&block, data, sizeof block);
    return block;
}

static inline scan_block scan_fill(char byte) {
    return (scan_block){0} + (int8_t)byte;
}

/* Bit i: byte i of a comparison's result. */
static inline uint32_t scan_mask(scan_block compared) {
#ifdef __AVX2__
    return (uint32_t)__builtin_ia32_pmovmskb256((scan_bytes)compared);
#else
    uint64_t words[4];
    uint32_t mask = 0;
    memcpy(words, &compared, sizeof words);
    for (int i = 0; i < 4; i++)
        mask |= (uint32_t)(((words[i] & 0x0101010101010101ull) * 0x0102040810204080ull) >> 56) << (8 * i);
    return mask;
#endif
}

enum scan_test { SCAN_EQUAL, SCAN_ABOVE };

static inline uint32_t scan_compare(scan_block block, enum scan_test test, scan_block than) {
    return scan_mask(test == SCAN_EQUAL ? block == than : block > than);
}

/* Bit i: byte i of up to 31 bytes passes. */
static inline uint32_t scan_small(const char *data, size_t size, enum scan_test test, scan_block than) {
    char halves[SCAN_BLOCK] = {0};
    size_t half = size >= 16 ? 16 : size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : size;
    if (half == 0)
        return 0;
    switch (half) {
    case 16:
        memcpy(halves, data, 16);
        memcpy(halves + 16, data + size - 16, 16);
        break;
    case 8:
        memcpy(halves, data, 8);
        memcpy(halves + 16, data + size - 8, 8);
        break;
    case 4:
        memcpy(halves, data, 4);
        memcpy(halves + 16, data + size - 4, 4);
        break;
    case 2:
        memcpy(halves, data, 2);
        memcpy(halves + 16, data + size - 2, 2);
        break;
    default: halves[0] = halves[16] = data[0]; break;
    }
    uint32_t mask = scan_compare(scan_load(halves), test, than);
    uint32_t part = (1u << half) - 1;
    return (mask & part) | (mask >> 16 & part) << (size - half);
}

/* Runs body for all bytes of the text, up to 32 at a time: bit i of `mask` is set when byte at + i passes. */
#define SCAN_EACH(text, test, than, at, mask, body)                                                             \
    do {                                                                                                        \
        size_t at = 0;                                                                                          \
        for (; at + SCAN_BLOCK <= (text).size; at += SCAN_BLOCK) {                                              \
            uint32_t mask = scan_compare(scan_load((text).data + at), test, than);                              \
            body                                                                                                \
        }                                                                                                       \
        size_t left_ = (text).size - at;                                                                        \
        if (left_) {                                                                                            \
            uint32_t mask = at ? scan_compare(scan_load((text).data + (text).size - SCAN_BLOCK), test, than) >> \
                                     (SCAN_BLOCK - left_)                                                       \
                               : scan_small((text).data, left_, test, than);                                    \
            body                                                                                                \
        }                                                                                                       \
    } while (0)

/* Offset of occurrence number `index` (from 0) of a byte; SIZE_MAX when there are not so many. */
static inline size_t scan_byte(struct str text, char byte, uint64_t index) {
    const scan_block wanted = scan_fill(byte);
    SCAN_EACH(text, SCAN_EQUAL, wanted, at, mask, {
        unsigned count = (unsigned)__builtin_popcount(mask);
        if (index < count) {
            for (; index > 0; index--)
                mask &= mask - 1;
            return at + (unsigned)__builtin_ctz(mask);
        }
        index -= count;
    });
    return SIZE_MAX;
}

static inline size_t scan_count_byte(struct str text, char byte) {
    const scan_block wanted = scan_fill(byte);
    size_t count = 0;
    SCAN_EACH(text, SCAN_EQUAL, wanted, at, mask, { count += (unsigned)__builtin_popcount(mask); });
    return count;
}

/* Characters: bytes that are no continuation bytes (those are -128 to -65). */
static inline size_t scan_count_characters(struct str text) {
    const scan_block last_continuation = scan_fill((char)-65);
    size_t count = 0;
    SCAN_EACH(text, SCAN_ABOVE, last_continuation, at, mask, { count += (unsigned)__builtin_popcount(mask); });
    return count;
}

static inline bool scan_same(const char *a, const char *b, size_t size) {
    for (; size >= 8; size -= 8, a += 8, b += 8) {
        if (memcmp(a, b, 8) != 0)
            return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

/* First occurrence of the needle; SIZE_MAX without one. Candidates agree in the first and the last byte (Wojciech Muła,
 * "SIMD-friendly algorithms for substring searching"). */
static inline size_t scan_text(struct str text, struct str needle) {
    if (needle.size <= 1)
        return needle.size ? scan_byte(text, needle.data[0], 0) : 0;
    if (text.size < needle.size)
        return SIZE_MAX;
    const scan_block first = scan_fill(needle.data[0]), last = scan_fill(needle.data[needle.size - 1]);
    const char *tail = text.data + needle.size - 1;
    size_t starts = text.size - needle.size + 1; /* where it may start */
    for (size_t at = 0; at < starts; at += SCAN_BLOCK) {
        size_t from = at, left = starts - at;
        uint32_t mask;
        if (left < SCAN_BLOCK && at) {
            from = starts - SCAN_BLOCK;
            mask = scan_mask((scan_load(text.data + from) == first) & (scan_load(tail + from) == last));
        } else if (left < SCAN_BLOCK) {
            mask = scan_small(text.data, left, SCAN_EQUAL, first) & scan_small(tail, left, SCAN_EQUAL, last);
        } else {
            mask = scan_mask((scan_load(text.data + at) == first) & (scan_load(tail + at) == last));
        }
        for (; mask; mask &= mask - 1) {
            size_t found = from + (unsigned)__builtin_ctz(mask);
            if (scan_same(text.data + found, needle.data, needle.size))
                return found;
        }
    }
    return SIZE_MAX;
}
