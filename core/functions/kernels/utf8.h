/* utf8.h: stepping through UTF-8 by characters. Bytes that are not valid UTF-8 are walked over without harm: a character
 * is any byte and the continuation bytes (10xxxxxx) after it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/str.h"
#include "core/functions/kernels/text_scan.h"

static inline bool utf8_starts(char c) {
    return ((uint8_t)c & 0xC0) != 0x80;
}

/* The byte offset of the character after the one at `offset`. */
static inline size_t utf8_next(struct str text, size_t offset) {
    offset++;
    while (offset < text.size && !utf8_starts(text.data[offset]))
        offset++;
    return offset;
}

static inline size_t utf8_count(struct str text) {
    return scan_count_characters(text);
}

/* Byte offset of character number `characters`; the size when there are fewer. Eight bytes at a time; in a word of ASCII
 * characters are bytes. */
static inline size_t utf8_offset(struct str text, size_t characters) {
    size_t i = 0;
    for (; i + 8 <= text.size; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, sizeof word);
        uint64_t continuation = (word >> 7) & ~(word >> 6) & 0x0101010101010101ull;
        unsigned starts = 8 - (unsigned)__builtin_popcountll(continuation);
        if (characters < starts) {
            if (!continuation)
                return i + characters;
            break;
        }
        characters -= starts;
    }
    for (; i < text.size; i++) {
        if (utf8_starts(text.data[i]) && characters-- == 0)
            return i;
    }
    return text.size;
}

static inline bool utf8_is_ascii(struct str text) {
    size_t i = 0;
    uint64_t any = 0, word;
    for (; i + 8 <= text.size; i += 8) {
        memcpy(&word, text.data + i, sizeof word);
        any |= word;
    }
    for (; i < text.size; i++)
        any |= (uint64_t)(uint8_t)text.data[i];
    return !(any & 0x8080808080808080ull);
}

/* The code point of one character, which is all of the text. */
static inline uint32_t utf8_code(struct str character) {
    uint8_t first = (uint8_t)character.data[0];
    size_t size = character.size > 4 ? 4 : character.size;
    uint32_t code = size == 1 ? first : first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((uint8_t)character.data[i] & 0x3F);
    return code > 0x10FFFF ? 0xFFFD : code;
}

/* At most four bytes; no more than U+10FFFF. */
static inline size_t utf8_write(char *out, uint32_t code) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}
