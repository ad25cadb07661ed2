/* charset.c: ENCODE and DECODE: text, which is UTF-8 here, to and from bytes of other character sets. As in Java a character that a set
 * does not have becomes '?', and bytes that are none of a set's become U+FFFD. */
#include "core/base/array.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/text_writer.h"
#include "core/functions/kernels/utf8.h"

enum charset { CHARSET_UTF8, CHARSET_ASCII, CHARSET_LATIN1, CHARSET_UTF16, CHARSET_UTF16BE, CHARSET_UTF16LE };

enum { REPLACEMENT = 0xFFFD };

static enum status charset_find(const struct function_call *call, struct str name, enum charset *charset,
                                struct error *error) {
    static const struct {
        const char *name;
        enum charset charset;
    } names[] = {{"UTF-8", CHARSET_UTF8},      {"UTF8", CHARSET_UTF8},         {"US-ASCII", CHARSET_ASCII},
                 {"ASCII", CHARSET_ASCII},     {"ISO-8859-1", CHARSET_LATIN1}, {"LATIN1", CHARSET_LATIN1},
                 {"UTF-16", CHARSET_UTF16},    {"UTF16", CHARSET_UTF16},       {"UTF-16BE", CHARSET_UTF16BE},
                 {"UTF-16LE", CHARSET_UTF16LE}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal_ignore_case(name, str_from(names[i].name))) {
            *charset = names[i].charset;
            return STATUS_OK;
        }
    }
    FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "there is no character set \"%.*s\"",
            name.size > 60 ? 60 : (int)name.size, name.data);
    error_hint(error, "US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE and UTF-16LE");
    return STATUS_INVALID_ARGUMENT;
}

/* ---- to bytes ---- */

static size_t put_unit(char *out, uint32_t unit, bool little) {
    out[little ? 0 : 1] = (char)unit;
    out[little ? 1 : 0] = (char)(unit >> 8);
    return 2;
}

static size_t put_code(char *out, uint32_t code, enum charset charset) {
    bool little = charset == CHARSET_UTF16LE;
    switch (charset) {
    case CHARSET_UTF8: return utf8_write(out, code);
    case CHARSET_ASCII: out[0] = code < 0x80 ? (char)code : '?'; return 1;
    case CHARSET_LATIN1: out[0] = code < 0x100 ? (char)code : '?'; return 1;
    default: break;
    }
    if (code < 0x10000)
        return put_unit(out, code, little);
    put_unit(out, 0xD800 + ((code - 0x10000) >> 10 & 0x3FF), little);
    return 2 + put_unit(out + 2, 0xDC00 + ((code - 0x10000) & 0x3FF), little);
}

/* Bytes written; `out` has room for 2 × text.size + 2. */
static size_t encode(char *out, struct str text, enum charset charset) {
    size_t size = charset == CHARSET_UTF16 ? put_unit(out, 0xFEFF, false) : 0;
    for (size_t i = 0; i < text.size;) {
        size_t next = utf8_next(text, i);
        size += put_code(out + size, utf8_code((struct str){text.data + i, next - i}), charset);
        i = next;
    }
    return size;
}

enum status charset_encode(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        enum charset charset;
        TRY(charset_find(call, argument_str(&arguments[1], row), &charset, error));
        char *at = text_reserve(&writer, 2 * text.size + 2);
        out[row] = text_commit(&writer, encode(at, text, charset));
    }
    return STATUS_OK;
}

/* ---- from bytes ---- */

static uint32_t unit_at(struct str bytes, size_t at, bool little) {
    uint32_t first = (uint8_t)bytes.data[at], second = (uint8_t)bytes.data[at + 1];
    return little ? second << 8 | first : first << 8 | second;
}

/* The code point at *at, which moves on. */
static uint32_t take_utf16(struct str bytes, size_t *at, bool little) {
    if (*at + 2 > bytes.size) {
        *at = bytes.size;
        return REPLACEMENT;
    }
    uint32_t unit = unit_at(bytes, *at, little);
    *at += 2;
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    uint32_t low = unit < 0xDC00 && *at + 2 <= bytes.size ? unit_at(bytes, *at, little) : 0;
    if (low < 0xDC00 || low > 0xDFFF)
        return REPLACEMENT;
    *at += 2;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static size_t decode_utf8(char *out, struct str bytes) {
    size_t size = 0;
    for (size_t i = 0; i < bytes.size;) {
        size_t valid = utf8_validate(bytes.data + i, bytes.size - i);
        memcpy(out + size, bytes.data + i, valid);
        size += valid;
        i += valid;
        if (i < bytes.size) {
            size += utf8_write(out + size, REPLACEMENT);
            i = utf8_next(bytes, i);
        }
    }
    return size;
}

/* Bytes written; `out` has room for 3 × bytes.size. */
static size_t decode(char *out, struct str bytes, enum charset charset) {
    size_t size = 0, at = 0;
    bool little = charset == CHARSET_UTF16LE;
    if (charset == CHARSET_UTF8)
        return decode_utf8(out, bytes);
    if (charset == CHARSET_UTF16 && bytes.size >= 2 &&
        (unit_at(bytes, 0, false) == 0xFEFF || unit_at(bytes, 0, true) == 0xFEFF)) {
        little = unit_at(bytes, 0, true) == 0xFEFF;
        at = 2;
    }
    while (at < bytes.size) {
        uint32_t byte = (uint8_t)bytes.data[at];
        if (charset == CHARSET_ASCII || charset == CHARSET_LATIN1) {
            at++;
            size += utf8_write(out + size, charset == CHARSET_ASCII && byte > 0x7F ? REPLACEMENT : byte);
        } else {
            size += utf8_write(out + size, take_utf16(bytes, &at, little));
        }
    }
    return size;
}

enum status charset_decode(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str bytes = argument_str(&arguments[0], row);
        enum charset charset;
        TRY(charset_find(call, argument_str(&arguments[1], row), &charset, error));
        char *at = text_reserve(&writer, 3 * bytes.size + 1);
        out[row] = text_commit(&writer, decode(at, bytes, charset));
    }
    return STATUS_OK;
}
