/* json_scan.c: see json_scan.h. */
#include "core/functions/kernels/json_scan.h"

#include <string.h>

#include "core/base/json_string.h"
#include "core/functions/kernels/utf8.h"

void json_skip_space(struct json_cursor *cursor) {
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t' || *cursor->at == '\r'))
        cursor->at++;
}

bool json_read_string(struct json_cursor *cursor, struct str *text) {
    const char *start = ++cursor->at;
    for (; cursor->at < cursor->end; cursor->at++) {
        if (*cursor->at == '"') {
            *text = (struct str){start, (size_t)(cursor->at - start)};
            cursor->at++;
            return true;
        }
        if (*cursor->at == '\\')
            cursor->at++;
    }
    cursor->at = cursor->end;
    return false;
}

/* Past an object or array, by counting brackets outside of strings. */
static bool skip_nested(struct json_cursor *cursor) {
    uint32_t depth = 0;
    struct str string;
    while (cursor->at < cursor->end) {
        char c = *cursor->at;
        if (c == '"') {
            if (!json_read_string(cursor, &string))
                return false;
            continue;
        }
        cursor->at++;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (depth == 0)
            return true;
    }
    return false;
}

static bool read_word(struct json_cursor *cursor, struct str word) {
    if ((size_t)(cursor->end - cursor->at) < word.size || memcmp(cursor->at, word.data, word.size) != 0)
        return false;
    cursor->at += word.size;
    return true;
}

static enum json_kind read_scalar(struct json_cursor *cursor) {
    if (read_word(cursor, STR("true")))
        return JSON_TRUE;
    if (read_word(cursor, STR("false")))
        return JSON_FALSE;
    if (read_word(cursor, STR("null")))
        return JSON_NULL;
    const char *start = cursor->at;
    bool digits = false;
    for (; cursor->at < cursor->end; cursor->at++) {
        char c = *cursor->at;
        if (c >= '0' && c <= '9')
            digits = true;
        else if (c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E')
            break;
    }
    return digits && *start != '+' && *start != '.' ? JSON_NUMBER : JSON_NONE;
}

enum json_kind json_read_value(struct json_cursor *cursor, struct str *value) {
    json_skip_space(cursor);
    if (cursor->at >= cursor->end)
        return JSON_NONE;
    const char *start = cursor->at;
    if (*start == '"')
        return json_read_string(cursor, value) ? JSON_STRING : JSON_NONE;
    enum json_kind kind = *start == '{' ? JSON_OBJECT : *start == '[' ? JSON_ARRAY : JSON_NONE;
    if (kind == JSON_NONE)
        kind = read_scalar(cursor);
    else if (!skip_nested(cursor))
        return JSON_NONE;
    *value = (struct str){start, (size_t)(cursor->at - start)};
    return kind;
}

/* ---- children ---- */

bool json_children_begin(struct json_children *children, struct json_cursor cursor) {
    json_skip_space(&cursor);
    if (cursor.at >= cursor.end || (*cursor.at != '{' && *cursor.at != '['))
        return false;
    *children = (struct json_children){.is_object = *cursor.at == '{'};
    cursor.at++;
    children->cursor = cursor;
    return true;
}

bool json_children_next(struct json_children *children, struct str *key, struct json_cursor *child) {
    struct json_cursor *cursor = &children->cursor;
    struct str value;
    if (children->started && json_read_value(cursor, &value) == JSON_NONE)
        return false;
    json_skip_space(cursor);
    if (cursor->at >= cursor->end || *cursor->at == '}' || *cursor->at == ']')
        return false;
    if (children->started && *cursor->at++ != ',')
        return false;
    children->started = true;
    json_skip_space(cursor);
    if (children->is_object) {
        if (cursor->at >= cursor->end || *cursor->at != '"' || !json_read_string(cursor, key))
            return false;
        json_skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ':')
            return false;
    }
    *child = *cursor;
    return true;
}

/* ---- rewriting ---- */

static bool read_hex(struct str text, size_t at, uint32_t *code) {
    *code = 0;
    if (at + 4 > text.size)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = text.data[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit > 15)
            return false;
        *code = *code << 4 | digit;
    }
    return true;
}

/* \uXXXX at text[at], a surrogate pair as one; returns the bytes consumed, 0 when it is wrong. */
static size_t read_unicode(struct str text, size_t at, uint32_t *code) {
    uint32_t low;
    if (!read_hex(text, at + 2, code))
        return 0;
    if (*code < 0xD800 || *code > 0xDFFF)
        return 6;
    if (*code > 0xDBFF || at + 8 > text.size || text.data[at + 6] != '\\' || text.data[at + 7] != 'u' ||
        !read_hex(text, at + 8, &low) || low < 0xDC00 || low > 0xDFFF)
        return 0;
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

size_t json_unescape(char *out, struct str text) {
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        char next = (char)(i + 1 < text.size ? text.data[i + 1] : 0);
        const char *escape = text.data[i] == '\\' && next ? strchr(escapes, next) : NULL;
        uint32_t code;
        size_t consumed = text.data[i] == '\\' && next == 'u' ? read_unicode(text, i, &code) : 0;
        if (consumed) {
            size += utf8_write(out + size, code);
            i += consumed;
        } else if (escape) {
            out[size++] = meanings[escape - escapes];
            i += 2;
        } else {
            out[size++] = text.data[i++];
        }
    }
    return size;
}

size_t json_compact(char *out, struct str text) {
    struct json_cursor cursor = {text.data, text.data + text.size};
    size_t size = 0;
    while (json_skip_space(&cursor), cursor.at < cursor.end) {
        const char *start = cursor.at;
        struct str string;
        if (*start == '"')
            json_read_string(&cursor, &string);
        else
            cursor.at++;
        memcpy(out + size, start, (size_t)(cursor.at - start));
        size += (size_t)(cursor.at - start);
    }
    return size;
}

static void write_unit(struct strbuf *out, uint32_t unit) {
    strbuf_printf(out, "\\u%04x", unit);
}

/* A character beyond ASCII, which valid UTF-8 starts here, as one or two UTF-16 units; returns its bytes. */
static size_t write_wide(struct strbuf *out, struct str text) {
    size_t size = utf8_next(text, 0);
    uint32_t code = utf8_code((struct str){text.data, size});
    if (code >= 0x10000) {
        write_unit(out, 0xD800 + ((code - 0x10000) >> 10));
        code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    write_unit(out, code);
    return size;
}

/* ASCII only: characters beyond it and slashes are escaped too. */
static void write_ascii(struct strbuf *out, struct str text) {
    static const char escaped[] = "\"\\\b\f\n\r\t/", letters[] = "\"\\bfnrt/";
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < text.size;) {
        unsigned char c = (unsigned char)text.data[i];
        const char *special = c ? strchr(escaped, c) : NULL;
        if (c >= 0x80) {
            i += write_wide(out, (struct str){text.data + i, text.size - i});
            continue;
        }
        if (special)
            strbuf_append(out, (char[]){'\\', letters[special - escaped]}, 2);
        else if (c < 0x20)
            write_unit(out, c);
        else
            strbuf_append_char(out, (char)c);
        i++;
    }
    strbuf_append_char(out, '"');
}

void json_write_string(struct strbuf *out, struct str text, bool ascii_only) {
    if (ascii_only)
        write_ascii(out, text);
    else
        json_string_append(out, text);
}
