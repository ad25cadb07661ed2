/* json_path.c: see json_path.h. */
#include "core/functions/kernels/json_path.h"

#include <string.h>

#include "core/functions/kernels/json_scan.h"

/* ---- the path ---- */

static enum status bad_path(struct str text, size_t at, sql_position position, struct error *error) {
    FAIL_AT(error, position, STATUS_INVALID_ARGUMENT, "JSON path '%.*s' is not understood at character %zu",
            text.size > 100 ? 100 : (int)text.size, text.data, at + 1);
    error_hint(error, "paths are like $.a.b[0], $['a b'] or $.a[*].b");
    return STATUS_INVALID_ARGUMENT;
}

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '$' || (uint8_t)c >= 0x80;
}

static bool read_index(struct str text, size_t *at, int32_t *index) {
    bool negative = *at < text.size && text.data[*at] == '-';
    size_t start = *at += negative;
    *index = 0;
    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9' && *at - start < 9)
        *index = *index * 10 + (text.data[(*at)++] - '0');
    *index = negative ? -*index : *index;
    return *at > start;
}

/* n, from:to, :to, from: */
static bool read_range(struct str text, size_t *at, struct json_step *step) {
    *step = (struct json_step){.kind = JSON_STEP_ELEMENT, .to = INT32_MAX};
    bool has_from = read_index(text, at, &step->from);
    if (*at >= text.size || text.data[*at] != ':')
        return has_from;
    (*at)++;
    step->kind = JSON_STEP_SLICE;
    return read_index(text, at, &step->to) ? true : (step->to = INT32_MAX, has_from);
}

/* ['name'], ["name"], [n], [from:to], [*] */
static bool read_bracket(struct str text, size_t *at, struct json_step *step) {
    char first = (char)(*at < text.size ? text.data[*at] : 0);
    if (first == '\'' || first == '"') {
        size_t start = ++*at;
        while (*at < text.size && text.data[*at] != first)
            (*at)++;
        *step = (struct json_step){.member = {text.data + start, *at - start}};
        if ((*at)++ >= text.size)
            return false;
    } else if (first == '*') {
        *step = (struct json_step){.kind = JSON_STEP_ALL};
        (*at)++;
    } else if (!read_range(text, at, step)) {
        return false;
    }
    return *at < text.size && text.data[(*at)++] == ']';
}

/* After a point: a name, *, or a bracket, which Flink takes here too. */
static bool read_member(struct str text, size_t *at, struct json_step *step) {
    size_t start = *at;
    if (*at < text.size && (text.data[*at] == '*' || text.data[*at] == '[')) {
        (*at)++;
        *step = (struct json_step){.kind = JSON_STEP_ALL};
        return text.data[start] == '*' || read_bracket(text, at, step);
    }
    while (*at < text.size && is_name_byte(text.data[*at]))
        (*at)++;
    *step = (struct json_step){.member = {text.data + start, *at - start}};
    return *at > start;
}

/* text[*at] is what a step starts with. */
static bool read_step(struct str text, size_t *at, struct json_path *path) {
    char first = text.data[(*at)++];
    if (first == '.' && *at < text.size && text.data[*at] == '.') {
        (*at)++;
        path->steps[path->count++] = (struct json_step){.kind = JSON_STEP_DEEP};
        path->leads_to_many = true;
    }
    if (path->count == JSON_PATH_STEPS_MAX)
        return false;
    struct json_step *step = &path->steps[path->count++];
    if (!(first == '.' ? read_member(text, at, step) : first == '[' && read_bracket(text, at, step)))
        return false;
    path->leads_to_many |= step->kind == JSON_STEP_ALL || step->kind == JSON_STEP_SLICE;
    return true;
}

enum status json_path_read(struct str text, struct json_path *path, sql_position position, struct error *error) {
    size_t at = 0;
    *path = (struct json_path){0};
    if ((path->lax = str_starts_with(text, STR("lax "))))
        at = 4;
    else if (str_starts_with(text, STR("strict ")))
        at = 7;
    if (at >= text.size || text.data[at++] != '$')
        return bad_path(text, at ? at - 1 : 0, position, error);
    while (at < text.size) {
        size_t start = at;
        if (path->count == JSON_PATH_STEPS_MAX || !read_step(text, &at, path))
            return bad_path(text, path->count == JSON_PATH_STEPS_MAX ? start : at - 1, position, error);
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

static int64_t count_children(struct json_cursor cursor) {
    struct json_children children;
    struct json_cursor child;
    struct str key;
    int64_t count = 0;
    if (!json_children_begin(&children, cursor))
        return 0;
    while (json_children_next(&children, &key, &child))
        count++;
    return count;
}

/* The cursor, before an array, comes to stand before its element. */
static bool enter_element(struct json_cursor *cursor, int32_t from) {
    struct json_children children;
    struct str key;
    int64_t index = from < 0 ? from + count_children(*cursor) : from;
    if (index < 0 || !json_children_begin(&children, *cursor) || children.is_object)
        return false;
    for (; index >= 0; index--)
        if (!json_children_next(&children, &key, cursor))
            return false;
    return true;
}

/* The cursor, before an object, comes to stand before its member. */
static bool enter_member(struct json_cursor *cursor, struct str member) {
    struct json_children children;
    struct str key;
    if (!json_children_begin(&children, *cursor) || !children.is_object)
        return false;
    while (json_children_next(&children, &key, cursor))
        if (key_is(key, member))
            return true;
    return false;
}

/* The way down a step that leads to one value. */
static bool enter(struct json_cursor *cursor, const struct json_step *step) {
    return step->kind == JSON_STEP_ELEMENT ? enter_element(cursor, step->from) : enter_member(cursor, step->member);
}

enum json_kind json_path_find(const struct json_path *path, struct str text, struct str *value) {
    struct json_cursor cursor = {text.data, text.data + text.size};
    ASSERT(!path->leads_to_many);
    for (uint32_t i = 0; i < path->count; i++)
        if (!enter(&cursor, &path->steps[i]))
            return JSON_NONE;
    enum json_kind kind = json_read_value(&cursor, value);
    json_skip_space(&cursor);
    return path->count == 0 && cursor.at < cursor.end ? JSON_NONE : kind;
}

/* ---- many values ---- */

struct json_collection {
    const struct json_path *path;
    struct strbuf *out;
    uint32_t depth;
};

static void collect(struct json_collection *collection, uint32_t step, struct json_cursor cursor);

static void collect_value(struct json_collection *collection, struct json_cursor cursor) {
    struct str value;
    json_skip_space(&cursor);
    const char *start = cursor.at;
    if (json_read_value(&cursor, &value) == JSON_NONE)
        return;
    struct str text = {start, (size_t)(cursor.at - start)};
    struct strbuf *out = collection->out;
    if (out->data[out->size - 1] != '[')
        strbuf_append_char(out, ',');
    strbuf_reserve(out, text.size);
    out->size += json_compact(out->data + out->size, text);
}

static void collect_children(struct json_collection *collection, uint32_t step, struct json_cursor cursor, int64_t from,
                             int64_t to) {
    struct json_children children;
    struct json_cursor child;
    struct str key;
    if (!json_children_begin(&children, cursor) || collection->depth == JSON_DEPTH_MAX)
        return;
    collection->depth++;
    for (int64_t i = 0; i < to && json_children_next(&children, &key, &child); i++)
        if (i >= from)
            collect(collection, step, child);
    collection->depth--;
}

/* What the path's steps from `step` on find at the cursor. */
static void collect(struct json_collection *collection, uint32_t step, struct json_cursor cursor) {
    if (step == collection->path->count) {
        collect_value(collection, cursor);
        return;
    }
    const struct json_step *at = &collection->path->steps[step];
    int64_t count = at->from < 0 || at->to < 0 ? count_children(cursor) : 0;
    switch (at->kind) {
    case JSON_STEP_MEMBER:
    case JSON_STEP_ELEMENT:
        if (enter(&cursor, at))
            collect(collection, step + 1, cursor);
        break;
    case JSON_STEP_ALL: collect_children(collection, step + 1, cursor, 0, INT64_MAX); break;
    case JSON_STEP_SLICE:
        collect_children(collection, step + 1, cursor, at->from < 0 ? at->from + count : at->from,
                         at->to < 0 ? at->to + count : at->to);
        break;
    case JSON_STEP_DEEP:
        collect(collection, step + 1, cursor);
        collect_children(collection, step, cursor, 0, INT64_MAX);
        break;
    }
}

bool json_path_collect(const struct json_path *path, struct str text, struct strbuf *out) {
    struct json_cursor cursor = {text.data, text.data + text.size}, whole = cursor;
    struct json_collection collection = {.path = path, .out = out};
    struct str value;
    uint32_t step = 0;
    if (json_read_value(&whole, &value) == JSON_NONE)
        return false;
    while (path->steps[step].kind <= JSON_STEP_ELEMENT && enter(&cursor, &path->steps[step]))
        step++;
    bool stuck = path->steps[step].kind <= JSON_STEP_ELEMENT;
    if (stuck && !path->lax)
        return false;
    strbuf_append_char(out, '[');
    if (!stuck)
        collect(&collection, step, cursor);
    strbuf_append_char(out, ']');
    return true;
}
