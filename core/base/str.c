/* str.c: borrowed strings, a growing string, and the parsing of small texts in options and literals.
 * Case is ASCII case everywhere: names and units are ASCII, and SQL text functions have their own kernels. */
#include "core/base/str.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/arena.h"

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool str_equal_ignore_case(struct str a, struct str b) {
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool text_equal_ignore_case(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) == lower(*b);
}

int str_compare(struct str a, struct str b) {
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool str_starts_with(struct str text, struct str prefix) {
    return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}

struct str str_trim(struct str text) {
    while (text.size && is_space(text.data[0]))
        text.data++, text.size--;
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

char *str_copy(struct arena *arena, struct str text) {
    return arena_strndup(arena, text.data, text.size);
}

char *text_lower(struct arena *arena, const char *text) {
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        *c = lower(*c);
    return copy;
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

enum { DISTANCE_LENGTH_MAX = 63 };

/* Optimal string alignment: three rows of the usual table (Wagner and Fischer, with swaps of neighbours). */
unsigned text_distance(const char *a, const char *b, unsigned limit) {
    size_t a_size = strlen(a), b_size = strlen(b);
    size_t difference = a_size > b_size ? a_size - b_size : b_size - a_size;
    if (difference > limit || a_size > DISTANCE_LENGTH_MAX || b_size > DISTANCE_LENGTH_MAX)
        return text_equal_ignore_case(a, b) ? 0 : limit + 1;
    unsigned rows[3][DISTANCE_LENGTH_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return least(above[b_size], limit + 1);
}

/* A slip changes at most a third of the letters, and three at most. */
const char *text_nearest(const char *name, const char *const *candidates, size_t count) {
    size_t size = strlen(name);
    unsigned limit = size < 3 ? 1 : size < 6 ? 2 : 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = text_distance(name, candidates[i], limit);
        if (distance > limit || distance * 3 > least((unsigned)size, (unsigned)strlen(candidates[i])) + 1)
            continue;
        nearest = candidates[i];
        if (distance == 0)
            break;
        limit = distance - 1; /* only a nearer one can replace it; the first of equals wins */
    }
    return nearest;
}

static void skip(struct str *text, size_t size) {
    if (size == 0)
        return; /* data may be NULL */
    text->data += size;
    text->size -= size;
}

/* Reads the digits at the text's start; false when there are none or the number does not fit. */
static bool take_number(struct str *text, uint64_t *number) {
    size_t i = 0;
    *number = 0;
    for (; i < text->size && is_digit(text->data[i]); i++)
        if (__builtin_mul_overflow(*number, 10u, number) ||
            __builtin_add_overflow(*number, (unsigned)(text->data[i] - '0'), number))
            return false;
    skip(text, i);
    return i > 0;
}

/* Reads the letters at the text's start, after optional white space. */
static struct str take_word(struct str *text) {
    *text = str_trim(*text);
    size_t i = 0;
    while (i < text->size && !is_digit(text->data[i]) && !is_space(text->data[i]))
        i++;
    struct str word = {text->data, i};
    skip(text, i);
    *text = str_trim(*text);
    return word;
}

struct unit {
    const char *names; /* separated by spaces */
    uint64_t factor;
};

static const struct unit duration_units[] = {
    {"us micro micros microsecond microseconds \xC2\xB5s", 1},
    {"ms milli millis millisecond milliseconds", 1000},
    {"s sec secs second seconds", 1000000},
    {"m min mins minute minutes", 60 * 1000000ull},
    {"h hour hours", 3600 * 1000000ull},
    {"d day days", 86400 * 1000000ull},
    {"w week weeks", 7 * 86400 * 1000000ull},
};

static const struct unit size_units[] = {
    {"b byte bytes", 1},
    {"k kb kib kibibytes", 1ull << 10},
    {"m mb mib mebibytes", 1ull << 20},
    {"g gb gib gibibytes", 1ull << 30},
    {"t tb tib tebibytes", 1ull << 40},
};

/* The unit's factor; 0 when there is no such unit. */
static uint64_t unit_factor(const struct unit *units, size_t count, struct str name) {
    for (size_t i = 0; name.size && i < count; i++) {
        for (const char *known = units[i].names; *known;) {
            size_t size = strcspn(known, " ");
            if (str_equal_ignore_case(name, (struct str){known, size}))
                return units[i].factor;
            known += size + (known[size] == ' ');
        }
    }
    return 0;
}

enum status duration_parse(struct str text, int64_t *duration_us, struct error *error) {
    struct str rest = str_trim(text);
    uint64_t total = 0;
    bool first = true;
    do {
        uint64_t number;
        if (!take_number(&rest, &number)) {
            if (rest.size && is_digit(rest.data[0]))
                return FAIL(error, STATUS_OUT_OF_RANGE, "duration \"%.*s\" is too long", STR_FORMAT(text));
            goto malformed;
        }
        struct str unit = take_word(&rest);
        uint64_t factor = unit.size == 0 && rest.size == 0 && first ? 1000 : unit_factor(duration_units, 7, unit);
        if (factor == 0)
            goto malformed;
        if (__builtin_mul_overflow(number, factor, &number) || __builtin_add_overflow(total, number, &total) ||
            total > INT64_MAX)
            return FAIL(error, STATUS_OUT_OF_RANGE, "duration \"%.*s\" is too long", STR_FORMAT(text));
        first = false;
    } while (rest.size);
    *duration_us = (int64_t)total;
    return STATUS_OK;
malformed:
    FAIL(error, STATUS_INVALID_TEXT, "\"%.*s\" is not a duration", STR_FORMAT(text));
    error_hint(error, "write a number and a unit (us, ms, s, min, h, d, w), such as 10s or 1h30m");
    return STATUS_INVALID_TEXT;
}

enum status size_parse(struct str text, uint64_t *size_bytes, struct error *error) {
    struct str rest = str_trim(text);
    uint64_t number;
    if (!take_number(&rest, &number)) {
        if (rest.size && is_digit(rest.data[0]))
            return FAIL(error, STATUS_OUT_OF_RANGE, "size \"%.*s\" is too large", STR_FORMAT(text));
        goto malformed;
    }
    struct str unit = take_word(&rest);
    uint64_t factor = unit.size == 0 ? 1 : unit_factor(size_units, 5, unit);
    if (factor == 0 || rest.size)
        goto malformed;
    if (__builtin_mul_overflow(number, factor, size_bytes))
        return FAIL(error, STATUS_OUT_OF_RANGE, "size \"%.*s\" is too large", STR_FORMAT(text));
    return STATUS_OK;
malformed:
    FAIL(error, STATUS_INVALID_TEXT, "\"%.*s\" is not a size", STR_FORMAT(text));
    error_hint(error, "write a number and a unit (b, kb, mb, gb, tb), such as 64mb");
    return STATUS_INVALID_TEXT;
}

bool int_parse(struct str text, int64_t *value) {
    bool negative = text.size && text.data[0] == '-';
    if (text.size && (negative || text.data[0] == '+'))
        text.data++, text.size--;
    uint64_t magnitude;
    if (!take_number(&text, &magnitude) || text.size || magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

/* Length of the valid multi-byte character at `p`, or 0. Table 3-7 of the Unicode standard. */
static size_t utf8_character(const unsigned char *p, size_t left) {
    unsigned char lead = p[0];
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || left < size)
        return 0;
    unsigned char low = 0x80, high = 0xBF; /* bounds of the second byte */
    switch (lead) {
    case 0xE0: low = 0xA0; break;
    case 0xED: high = 0x9F; break;
    case 0xF0: low = 0x90; break;
    case 0xF4: high = 0x8F; break;
    default: break;
    }
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

size_t utf8_validate(const char *data, size_t size) {
    const unsigned char *bytes = (const unsigned char *)data;
    size_t i = 0;
    while (i < size) {
        uint64_t word;
        if (size - i >= sizeof word) { /* eight ASCII bytes at once */
            memcpy(&word, bytes + i, sizeof word);
            if ((word & 0x8080808080808080ull) == 0) {
                i += sizeof word;
                continue;
            }
        }
        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = utf8_character(bytes + i, size - i);
        if (length == 0)
            return i;
        i += length;
    }
    return size;
}

void strbuf_init(struct strbuf *buffer) {
    *buffer = (struct strbuf){0};
}

void strbuf_release(struct strbuf *buffer) {
    free(buffer->data);
    strbuf_init(buffer);
}

void strbuf_reset(struct strbuf *buffer) {
    buffer->size = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void strbuf_reserve(struct strbuf *buffer, size_t more) {
    ASSERT(more < SIZE_MAX / 4 && buffer->size < SIZE_MAX / 4);
    size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    buffer->data = memory_realloc(buffer->data, capacity);
    buffer->data[buffer->size] = '\0';
    buffer->capacity = capacity;
}

void strbuf_append(struct strbuf *buffer, const void *data, size_t size) {
    strbuf_reserve(buffer, size);
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void strbuf_append_text(struct strbuf *buffer, const char *text) {
    strbuf_append(buffer, text, strlen(text));
}

void strbuf_append_str(struct strbuf *buffer, struct str text) {
    strbuf_append(buffer, text.data, text.size);
}

void strbuf_append_char(struct strbuf *buffer, char c) {
    strbuf_append(buffer, &c, 1);
}

void strbuf_vprintf(struct strbuf *buffer, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    strbuf_reserve(buffer, 80);
    size_t room = buffer->capacity - buffer->size;
    int length = vsnprintf(buffer->data + buffer->size, room, format, arguments);
    ASSERT(length >= 0);
    if ((size_t)length >= room) {
        strbuf_reserve(buffer, (size_t)length);
        vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again);
    }
    va_end(again);
    buffer->size += (size_t)length;
}

void strbuf_printf(struct strbuf *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(buffer, format, arguments);
    va_end(arguments);
}
