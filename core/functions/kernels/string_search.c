/* string_search.c: questions about strings: lengths, positions, prefixes. Positions count characters from 1; 0 is "not there". */
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/utf8.h"

/* Kernel with an INT per row, from the text(s) of the row. */
#define TEXT_TO_INT(name, value)                                                                        \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        (void)error;                                                                                    \
        int32_t *out = result->values;                                                                  \
        KERNEL_ROWS (call, row) {                                                                       \
            KERNEL_PREFETCH(call, &arguments[0]);                                                       \
            struct str text = argument_str(&arguments[0], row);                                         \
            out[row] = (int32_t)(value);                                                                \
        }                                                                                               \
        return STATUS_OK;                                                                               \
    }

/* The first byte with its sign, as in Flink: negative when the text starts with a character that is not ASCII. */
static int32_t first_code(struct str text) {
    return text.size ? (int8_t)text.data[0] : 0;
}

TEXT_TO_INT(string_char_length, utf8_count(text))
TEXT_TO_INT(string_octet_length, text.size)
TEXT_TO_INT(string_bit_length, text.size * 8)
TEXT_TO_INT(string_ascii, first_code(text))

/* 1-based character position of `needle`, looked for from character position `start` on. */
static int64_t position_of(struct str needle, struct str text, int64_t start) {
    if (start < 1)
        return 0;
    size_t from = utf8_offset(text, (uint64_t)start - 1);
    if (from == text.size && (needle.size || utf8_count(text) + 1 < (uint64_t)start))
        return 0;
    size_t found = scan_text((struct str){text.data + from, text.size - from}, needle);
    return found == SIZE_MAX ? 0 : (int64_t)utf8_count((struct str){text.data, from + found}) + 1;
}

/* POSITION(needle IN text), LOCATE(needle, text[, start]) */
enum status string_locate(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    (void)error;
    int32_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t start = call->argument_count > 2 ? argument_i64(&arguments[2], row) : 1;
        start = start < 1 ? 1 : start;
        out[row] = (int32_t)position_of(argument_str(&arguments[0], row), argument_str(&arguments[1], row), start);
    }
    return STATUS_OK;
}

/* INSTR(text, needle[, start[, occurrence]]) */
enum status string_instr(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    int32_t *out = result->values;
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row), needle = argument_str(&arguments[1], row);
        int64_t start = call->argument_count > 2 ? argument_i64(&arguments[2], row) : 1;
        int64_t occurrence = call->argument_count > 3 ? argument_i64(&arguments[3], row) : 1;
        int64_t at = occurrence < 1 ? 0 : position_of(needle, text, start);
        while (at > 0 && --occurrence > 0)
            at = position_of(needle, text, at + 1);
        out[row] = (int32_t)at;
    }
    return STATUS_OK;
}

#define TEXTS_TO_BOOLEAN(name, test)                                                                      \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result,   \
                     struct error *error) {                                                               \
        (void)error;                                                                                      \
        uint8_t *out = result->values;                                                                    \
        KERNEL_ROWS (call, row) {                                                                         \
            KERNEL_PREFETCH(call, &arguments[0]);                                                         \
            struct str text = argument_str(&arguments[0], row), other = argument_str(&arguments[1], row); \
            out[row] = test;                                                                              \
        }                                                                                                 \
        return STATUS_OK;                                                                                 \
    }
TEXTS_TO_BOOLEAN(string_starts_with,
                 text.size >= other.size && (!other.size || memcmp(text.data, other.data, other.size) == 0))
TEXTS_TO_BOOLEAN(string_ends_with, text.size >= other.size && (!other.size || memcmp(text.data + text.size - other.size,
                                                                                     other.data, other.size) == 0))
TEXTS_TO_BOOLEAN(string_contains, scan_text(text, other) != SIZE_MAX)

static int64_t count_text(struct str text, struct str needle) {
    int64_t count = 0;
    const char *from = text.data, *end = text.data + text.size;
    while (needle.size && (from = memmem(from, (size_t)(end - from), needle.data, needle.size))) {
        count++;
        from += needle.size;
    }
    return count;
}

/* COUNT_CHAR(text, character): how often it occurs. */
enum status string_count_char(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        struct str text = argument_str(&arguments[0], row), needle = argument_str(&arguments[1], row);
        out[row] = needle.size == 1 ? (int64_t)scan_count_byte(text, needle.data[0]) : count_text(text, needle);
    }
    return STATUS_OK;
}
