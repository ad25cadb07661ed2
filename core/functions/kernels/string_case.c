/* string_case.c: LOWER, UPPER, INITCAP. ASCII takes a path of its own: short strings are mapped inside their view, and a
 * long one that is in that case already is not copied. The rest goes through utf8proc, one character at a time. */
#include "core/functions/kernels/string_case.h"

#include <utf8proc.h>

#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/utf8.h"

#define EACH_BYTE(value) (0x0101010101010101ull * (value))

/* Flips bit 5 of the ASCII letters that have the other case; all eight bytes must be below 128. */
static inline uint64_t case_word(uint64_t word, bool upper) {
    uint8_t first = upper ? 'a' : 'A';
    uint64_t at_least = word + EACH_BYTE(128u - first), above = word + EACH_BYTE(128u - first - 26u);
    return word ^ ((at_least & ~above & EACH_BYTE(0x80)) >> 2);
}

static struct string_view case_inline(const struct string_view *view, bool upper) {
    struct string_view mapped = *view;
    uint64_t low = 0, high;
    memcpy(&low, mapped.inlined, 4);
    memcpy(&high, mapped.inlined + 4, 8);
    low = case_word(low, upper);
    high = case_word(high, upper);
    memcpy(mapped.inlined, &low, 4);
    memcpy(mapped.inlined + 4, &high, 8);
    return mapped;
}

static inline scan_block case_flips(scan_block block, bool upper) {
    scan_block letters = (block >= scan_fill(upper ? 'a' : 'A')) & (block <= scan_fill(upper ? 'z' : 'Z'));
    return letters & scan_fill(0x20);
}

/* More than 12 bytes, all ASCII. */
static struct string_view case_ascii(struct text_writer *writer, const struct string_view *view, bool upper) {
    const char *data = view->data;
    size_t size = view->size;
    char *out = text_reserve(writer, size > SCAN_BLOCK ? size : SCAN_BLOCK);
    uint32_t changes = 0;
    if (size < SCAN_BLOCK) {
        memcpy(out, data, size);
        scan_block block = scan_load(out), flips = case_flips(block, upper);
        changes = scan_mask(flips != 0) & ((1u << size) - 1);
        block ^= flips;
        memcpy(out, &block, sizeof block);
    }
    for (size_t at = 0; size >= SCAN_BLOCK && at < size; at += SCAN_BLOCK) {
        size_t from = at + SCAN_BLOCK <= size ? at : size - SCAN_BLOCK; /* the last block overlaps the one before */
        scan_block block = scan_load(data + from), flips = case_flips(block, upper);
        changes |= scan_mask(flips != 0);
        block ^= flips;
        memcpy(out + from, &block, sizeof block);
    }
    return changes ? text_commit(writer, size) : *view;
}

static size_t case_character(char *out, utf8proc_int32_t code, bool upper) {
    if (upper && code == 0xDF) { /* ß */
        out[0] = out[1] = 'S';
        return 2;
    }
    return utf8_write(out, (uint32_t)(upper ? utf8proc_toupper(code) : utf8proc_tolower(code)));
}

static struct string_view case_unicode(struct text_writer *writer, struct str text, bool upper) {
    char *out = text_reserve(writer, text.size * 3 + 4);
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t read =
            utf8proc_iterate((const uint8_t *)text.data + i, (utf8proc_ssize_t)(text.size - i), &code);
        if (read <= 0)
            out[size++] = text.data[i++];
        else
            size += case_character(out + size, code, upper);
        i += read > 0 ? (size_t)read : 0;
    }
    return text_commit(writer, size);
}

struct string_view case_map(struct text_writer *writer, const struct string_view *view, bool upper) {
    struct str text = view_str(view);
    if (!utf8_is_ascii(text))
        return case_unicode(writer, text, upper);
    return view->size <= VIEW_INLINE_MAX ? case_inline(view, upper) : case_ascii(writer, view, upper);
}

static enum status case_all(struct function_call *call, const struct column *arguments, struct column *result,
                            bool upper) {
    struct string_view *out = result->values;
    const struct string_view *in = arguments[0].values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        out[row] = case_map(&writer, &in[argument_index(&arguments[0], row)], upper);
    }
    return STATUS_OK;
}

enum status string_lower(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    return case_all(call, arguments, result, false);
}

enum status string_upper(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    return case_all(call, arguments, result, true);
}

static bool is_word_character(utf8proc_int32_t code) {
    if (code < 128)
        return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
    utf8proc_category_t category = utf8proc_category(code);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || category == UTF8PROC_CATEGORY_ND;
}

enum status string_initcap(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        char *at = text_reserve(&writer, text.size * 3 + 4);
        size_t size = 0;
        bool inside = false;
        for (size_t i = 0; i < text.size;) {
            utf8proc_int32_t code;
            utf8proc_ssize_t read =
                utf8proc_iterate((const uint8_t *)text.data + i, (utf8proc_ssize_t)(text.size - i), &code);
            if (read <= 0) {
                at[size++] = text.data[i++];
                continue;
            }
            size += case_character(at + size, code, !inside);
            inside = is_word_character(code);
            i += (size_t)read;
        }
        out[row] = text_commit(&writer, size);
    }
    return STATUS_OK;
}
