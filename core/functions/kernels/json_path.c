/* json_path.c: see json_path.h. */
#include "core/functions/kernels/json_path.h"

#include <string.h>

#include "core/functions/kernels/json_scan.h"

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

static bool key_is(struct str key, struct str member) {
    char unescaped[256];
    if (key.size == member.size && memcmp(key.data, member.data, key.size) == 0)
        return true;
    if (key.size > sizeof unescaped || !memchr(key.data, '\\', key.size))
        return false;
    size_t size = json_unescape(unescaped, key);
    return size == member.size && memcmp(unescaped, member.data, size) == 0;
}

/* After '{': the cursor comes to stand before the member's value. */
static bool enter_member(struct json_cursor *cursor, struct str member) {
    for (;;) {
        struct str key, value;
        json_skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at != '"' || !json_read_string(cursor, &key))
            return false;
        json_skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ':')
            return false;
        if (key_is(key, member))
            return true;
        if (json_read_value(cursor, &value) == JSON_NONE)
            return false;
        json_skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ',')
            return false;
    }
}

/* After '[': the cursor comes to stand before the element. */
static bool enter_element(struct json_cursor *cursor, uint32_t index) {
    struct str value;
    for (; index > 0; index--) {
        if (json_read_value(cursor, &value) == JSON_NONE)
            return false;
        json_skip_space(cursor);
        if (cursor->at >= cursor->end || *cursor->at++ != ',')
            return false;
    }
    json_skip_space(cursor);
    return cursor->at < cursor->end && *cursor->at != ']';
}

enum json_kind json_path_find(const struct json_path *path, struct str text, struct str *value) {
    struct json_cursor cursor = {text.data, text.data + text.size};
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        json_skip_space(&cursor);
        if (cursor.at >= cursor.end || *cursor.at++ != (step->is_index ? '[' : '{'))
            return JSON_NONE;
        if (!(step->is_index ? enter_element(&cursor, step->index) : enter_member(&cursor, step->member)))
            return JSON_NONE;
    }
    enum json_kind kind = json_read_value(&cursor, value);
    json_skip_space(&cursor);
    return path->count == 0 && cursor.at < cursor.end ? JSON_NONE : kind;
}
