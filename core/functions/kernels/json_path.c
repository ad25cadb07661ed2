/* json_path.c: see json_path.h. */
#include "core/functions/kernels/json_path.h"

#include <string.h>

#include "core/functions/kernels/utf8.h"

/* ---- the path ---- */

static enum status bad_path(struct str text, size_t at, sql_position position, struct error *error) {
    FAIL_AT(error, position, STATUS_INVALID_ARGUMENT, "JSON path '%.*s' is not understood at character %zu",
            text.size > 100 ? 100 : (int)text.size, text.data, at + 1);
    error_hint(error, "paths are like $.a.b[0] or $['a b']");
    return STATUS_INVALID_ARGUMENT;
}

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '$' || (uint8_t)c >= 0x80;
}

static bool read_index(struct str text, size_t *at, struct json_step *step) {
    uint32_t index = 0;
    size_t start = *at;
    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9' && *at - start < 9)
        index = index * 10 + (uint32_t)(text.data[(*at)++] - '0');
    *step = (struct json_step){.is_index = true, .index = index};
    return *at > start;
}

/* ['name'], ["name"], [n] */
static bool read_bracket(struct str text, size_t *at, struct json_step *step) {
    char quote = (char)(*at < text.size ? text.data[*at] : 0);
    if (quote == '\'' || quote == '"') {
        size_t start = ++*at;
        while (*at < text.size && text.data[*at] != quote)
            (*at)++;
        *step = (struct json_step){.member = {text.data + start, *at - start}};
        if ((*at)++ >= text.size)
            return false;
    } else if (!read_index(text, at, step)) {
        return false;
    }
    return *at < text.size && text.data[(*at)++] == ']';
}

static bool read_member(struct str text, size_t *at, struct json_step *step) {
    size_t start = *at;
    while (*at < text.size && is_name_byte(text.data[*at]))
        (*at)++;
    *step = (struct json_step){.member = {text.data + start, *at - start}};
    return *at > start;
}

enum status json_path_read(struct str text, struct json_path *path, sql_position position, struct error *error) {
    size_t at = 0;
    path->count = 0;
    if (str_starts_with(text, STR("lax ")))
        at = 4;
    else if (str_starts_with(text, STR("strict ")))
        at = 7;
    if (at >= text.size || text.data[at++] != '$')
        return bad_path(text, at ? at - 1 : 0, position, error);
    while (at < text.size) {
        if (path->count == JSON_PATH_STEPS_MAX)
            return bad_path(text, at, position, error);
        struct json_step *step = &path->steps[path->count++];
        char c = text.data[at++];
        if (!(c == '.' ? read_member(text, &at, step) : c == '[' && read_bracket(text, &at, step)))
            return bad_path(text, at - 1, position, error);
    }
    return STATUS_OK;
}

/* ---- the text ---- */

struct json_cursor {
    const char *at, *end;
};

static void skip_space(struct json_cursor *cursor) {
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t' || *cursor->at == '\r'))
        cursor->at++;
}

/* Past the closing quote; *text is what lies between. */
static bool read_string(struct json_cursor *cursor, struct str *text) {
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
            if (!read_string(cursor, &string))
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

/* One value, whatever it is; the cursor stands after it. */
static enum json_kind read_value(struct json_cursor *cursor, struct str *value) {
    skip_space(cursor);
    if (cursor->at >= cursor->end)
        return JSON_NONE;
    const char *start = cursor->at;
    if (*start == '"')
        return read_string(cursor, value) ? JSON_STRING : JSON_NONE;
    enum json_kind kind = *start == '{' ? JSON_OBJECT : *start == '[' ? JSON_ARRAY : JSON_NONE;
    if (kind == JSON_NONE)
        kind = read_scalar(cursor);
    else if (!skip_nested(cursor))
        return JSON_NONE;
    *value = (struct str){start, (size_t)(cursor->at - start)};
    return kind;
}

static bool key_is(struct str key, struct str member) {
    char unescaped[256];
    if (key.size == member.size && memcmp(key.data, member.data, key.size) == 0)
        return true;
    if (key.size > sizeof unescaped || !memchr(key.data, '\\', key.size))
        return false;
    size_t size = json_path_unescape(unescaped, key);
    return size == member.size && memcmp(unescaped, member.data, size) == 0;
}

/* After '{': the cursor comes to stand before the member's value. */
static bool enter_member(struct json_cursor *cursor, struct str member) {
    for (;;) {
        struct str key, value;
        skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at != '"' || !read_string(cursor, &key))
            return false;
        skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ':')
            return false;
        if (key_is(key, member))
            return true;
        if (read_value(cursor, &value) == JSON_NONE)
            return false;
        skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ',')
            return false;
    }
}

/* After '[': the cursor comes to stand before the element. */
static bool enter_element(struct json_cursor *cursor, uint32_t index) {
    struct str value;
    for (; index > 0; index--) {
        if (read_value(cursor, &value) == JSON_NONE)
            return false;
        skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ',')
            return false;
    }
    skip_space(cursor);
    return cursor->at < cursor->end && *cursor->at != ']';
}

enum json_kind json_path_find(const struct json_path *path, struct str text, struct str *value) {
    struct json_cursor cursor = {text.data, text.data + text.size};
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        skip_space(&cursor);
        if (cursor.at >= cursor.end || *cursor.at++ != (step->is_index ? '[' : '{'))
            return JSON_NONE;
        if (!(step->is_index ? enter_element(&cursor, step->index) : enter_member(&cursor, step->member)))
            return JSON_NONE;
    }
    enum json_kind kind = read_value(&cursor, value);
    skip_space(&cursor);
    return path->count == 0 && cursor.at < cursor.end ? JSON_NONE : kind;
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

size_t json_path_unescape(char *out, struct str text) {
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

size_t json_path_compact(char *out, struct str text) {
    struct json_cursor cursor = {text.data, text.data + text.size};
    size_t size = 0;
    while (skip_space(&cursor), cursor.at < cursor.end) {
        const char *start = cursor.at;
        struct str string;
        if (*start == '"')
            read_string(&cursor, &string);
        else
            cursor.at++;
        memcpy(out + size, start, (size_t)(cursor.at - start));
        size += (size_t)(cursor.at - start);
    }
    return size;
}
