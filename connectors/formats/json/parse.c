/* parse.c: the general path of the JSON decoder: any valid JSON text (RFC 8259; control characters in strings are let pass, as
 * in Flink), keys in any order, of two equal keys the last one. What nobody wants is skipped, but must be valid.
 */
#include "connectors/formats/json/decoder.h"
#include "core/base/arena.h"

/* The bytes between the quotes. */
struct json_string {
    const char *start, *end;
    bool has_escapes;
};

bool json_malformed(struct json_cursor *cursor, const char *at, const char *what) {
    FAIL(cursor->error, STATUS_MALFORMED_RECORD, "malformed JSON at byte %zu: %s", (size_t)(at - cursor->start), what);
    return false;
}

static const char *fail(struct json_cursor *cursor, const char *at, const char *what) {
    json_malformed(cursor, at, what);
    return NULL;
}

static bool read_hex4(const char *p, const char *end, uint32_t *value) {
    *value = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit = json_is_digit(c)       ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit > 15)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

/* Checks the escape at p, which is a backslash; behind it, or NULL. A \u of a surrogate must have its other half. */
static const char *check_escape(const char *p, const char *end) {
    if (end - p < 2)
        return NULL;
    if (p[1] != 'u')
        return memchr("\"\\/bfnrt", p[1], 8) ? p + 2 : NULL;
    uint32_t unit, low;
    if (!read_hex4(p + 2, end, &unit) || (unit >= 0xDC00 && unit < 0xE000))
        return NULL;
    if (unit < 0xD800 || unit >= 0xE000)
        return p + 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u' || !read_hex4(p + 8, end, &low) || low < 0xDC00 || low >= 0xE000)
        return NULL;
    return p + 12;
}

/* p is behind the opening quote; the result is behind the closing one. */
static const char *read_string(struct json_cursor *cursor, const char *p, struct json_string *string) {
    *string = (struct json_string){.start = p};
    for (;;) {
        p = json_string_stop(p, cursor->end, cursor->limit);
        if (p == cursor->end)
            return fail(cursor, string->start - 1, "text without its closing quote");
        if (*p == '"')
            break;
        string->has_escapes = true;
        const char *next = check_escape(p, cursor->end);
        if (!next)
            return fail(cursor, p, "wrong escape");
        p = next;
    }
    string->end = p;
    return p + 1;
}

static char *write_utf8(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xE0 | code >> 12);
        } else {
            *out++ = (char)(0xF0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 63));
        }
        *out++ = (char)(0x80 | (code >> 6 & 63));
    }
    *out++ = (char)(0x80 | (code & 63));
    return out;
}

/* The escape at *in was checked. */
static char *write_escape(const char **in, const char *end, char *out) {
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    const char *p = *in;
    if (p[1] != 'u') {
        for (const char *pair = letters;; pair += 2)
            if (*pair == p[1]) {
                *in = p + 2;
                *out = pair[1];
                return out + 1;
            }
    }
    uint32_t code, low;
    read_hex4(p + 2, end, &code);
    *in = p + 6;
    if (code >= 0xD800 && code < 0xDC00) {
        read_hex4(p + 8, end, &low);
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        *in = p + 12;
    }
    return write_utf8(out, code);
}

/* Unescaped text is never longer than the escaped. */
static struct str unescape(struct arena *arena, const struct json_string *string) {
    const char *p = string->start, *end = string->end;
    char *text = arena_alloc_aligned(arena, (size_t)(end - p) + 1, 1), *out = text;
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((escape ? escape : end) - p);
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (escape)
            out = write_escape(&p, end, out);
    }
    return (struct str){text, (size_t)(out - text)};
}

static struct str string_text(struct json_cursor *cursor, const struct json_string *string) {
    if (string->has_escapes)
        return unescape(cursor->arena, string);
    return (struct str){string->start, (size_t)(string->end - string->start)};
}

static const char *read_literal(struct json_cursor *cursor, const char *p, const char *literal) {
    size_t size = strlen(literal);
    if ((size_t)(cursor->end - p) < size || memcmp(p, literal, size) != 0)
        return fail(cursor, p, "a value was expected");
    return p + size;
}

static const char *skip_scalar(struct json_cursor *cursor, const char *p) {
    struct json_string string;
    struct json_number number;
    switch (*p) {
    case '"': return read_string(cursor, p + 1, &string);
    case 't': return read_literal(cursor, p, "true");
    case 'f': return read_literal(cursor, p, "false");
    case 'n': return read_literal(cursor, p, "null");
    default: break;
    }
    const char *after = json_read_number(p, cursor->end, cursor->limit, &number);
    return after ? after : fail(cursor, p, "a value was expected");
}

/* `"key":` with white space around; *p is at the key, later at the value. */
static bool read_key(struct json_cursor *cursor, const char **p, struct json_string *key) {
    if (*p == cursor->end || **p != '"')
        return json_malformed(cursor, *p, "a key was expected");
    const char *at = read_string(cursor, *p + 1, key);
    if (!at)
        return false;
    at = json_skip_space(at, cursor->end);
    if (at == cursor->end || *at != ':')
        return json_malformed(cursor, at, "':' was expected");
    *p = json_skip_space(at + 1, cursor->end);
    return true;
}

/* After an element: at the next one, or *closed behind `close`. NULL when there is neither comma nor end. */
static const char *next_element(struct json_cursor *cursor, const char *p, char close, bool *closed) {
    p = json_skip_space(p, cursor->end);
    *closed = p < cursor->end && *p == close;
    if (*closed)
        return p + 1;
    if (p == cursor->end || *p != ',')
        return fail(cursor, p, close == '}' ? "',' or '}' was expected" : "',' or ']' was expected");
    return json_skip_space(p + 1, cursor->end);
}

/* At the first element, or *closed behind an empty container. */
static const char *first_element(struct json_cursor *cursor, const char *p, char close, bool *closed) {
    p = json_skip_space(p + 1, cursor->end);
    *closed = p < cursor->end && *p == close;
    return *closed ? p + 1 : p;
}

static bool descend(struct json_cursor *cursor, const char *at) {
    if (++cursor->depth <= JSON_DEPTH_MAX)
        return true;
    FAIL(cursor->error, STATUS_MALFORMED_RECORD, "JSON at byte %zu is nested deeper than %d",
         (size_t)(at - cursor->start), JSON_DEPTH_MAX);
    return false;
}

const char *json_skip_value(struct json_cursor *cursor, const char *p) {
    if (p == cursor->end)
        return fail(cursor, p, "a value was expected");
    if (*p != '{' && *p != '[')
        return skip_scalar(cursor, p);
    if (!descend(cursor, p))
        return NULL;
    char close = *p == '{' ? '}' : ']';
    bool closed;
    struct json_string key;
    p = first_element(cursor, p, close, &closed);
    while (p && !closed) {
        if (close == '}' && !read_key(cursor, &p, &key))
            return NULL;
        p = json_skip_value(cursor, p);
        if (p)
            p = next_element(cursor, p, close, &closed);
    }
    cursor->depth--;
    return p;
}

/* The value up to `after` is valid JSON, but `ok` says whether the column takes it. */
static const char *finish(struct json_cursor *cursor, struct json_node *node, uint32_t row, bool ok,
                          const char *after) {
    if (!ok && cursor->settings->ignore_parse_errors)
        ok = json_set_null(cursor, node, row);
    return ok ? after : NULL;
}

static void trace_step(struct json_cursor *cursor, struct json_node *node, const char *value, const char *value_end) {
    struct json_trace *trace = cursor->trace;
    if (trace && value_end) {
        if (trace->count < trace->capacity)
            trace->steps[trace->count] = (struct json_trace_step){value, value_end, node, cursor->depth};
        trace->count++;
    }
}

static struct json_node *find_child(struct json_node *node, struct str name, uint32_t *hint) {
    for (uint32_t i = 0; i < node->child_count; i++) {
        uint32_t at = *hint + i < node->child_count ? *hint + i : *hint + i - node->child_count;
        struct json_node *child = &node->children[at];
        if (child->name_size == name.size && memcmp(child->name, name.data, name.size) == 0) {
            *hint = at + 1 < node->child_count ? at + 1 : 0;
            return child;
        }
    }
    return NULL;
}

static bool set_missing(struct json_cursor *cursor, struct json_node *node, uint32_t row) {
    for (uint32_t i = 0; i < node->child_count; i++) {
        struct json_node *child = &node->children[i];
        if (child->is_seen)
            continue;
        if (cursor->settings->fail_on_missing_field) {
            FAIL(cursor->error, STATUS_MALFORMED_RECORD, "field \"%s\" is missing", child->name);
            return false;
        }
        if (!json_set_null(cursor, child, row))
            return false;
    }
    return true;
}

/* One `"key": value` of an object that is a ROW. */
static const char *parse_member(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p,
                                uint32_t *hint) {
    struct json_string key;
    if (!read_key(cursor, &p, &key))
        return NULL;
    struct json_node *child = find_child(node, string_text(cursor, &key), hint);
    if (!child) {
        const char *after = json_skip_value(cursor, p);
        trace_step(cursor, NULL, p, after);
        return after;
    }
    if (child->is_seen && cursor->trace)
        cursor->trace->has_duplicates = true;
    child->is_seen = true;
    return json_parse_value(cursor, child, row, p);
}

/* A failure of a field below comes up as a failure of the whole record, unless errors become NULLs. */
static const char *parse_row(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p) {
    if (!descend(cursor, p))
        return NULL;
    json_set_valid(node, row);
    for (uint32_t i = 0; i < node->child_count; i++)
        node->children[i].is_seen = false;
    bool closed;
    uint32_t hint = 0;
    p = first_element(cursor, p, '}', &closed);
    while (p && !closed) {
        p = parse_member(cursor, node, row, p, &hint);
        if (p)
            p = next_element(cursor, p, '}', &closed);
    }
    cursor->depth--;
    return p && set_missing(cursor, node, row) ? p : NULL;
}

/* How many elements the container at p has, and where it ends. */
static const char *count_elements(struct json_cursor *cursor, const char *p, uint32_t *count) {
    if (!descend(cursor, p))
        return NULL;
    char close = *p == '{' ? '}' : ']';
    bool closed;
    struct json_string key;
    *count = 0;
    p = first_element(cursor, p, close, &closed);
    while (p && !closed) {
        if (close == '}' && !read_key(cursor, &p, &key))
            return NULL;
        p = json_skip_value(cursor, p);
        (*count)++;
        if (p)
            p = next_element(cursor, p, close, &closed);
    }
    cursor->depth--;
    return p;
}

static const char *parse_elements(struct json_cursor *cursor, struct json_node *node, uint32_t first, const char *p) {
    char close = *p == '{' ? '}' : ']';
    bool closed;
    struct json_string key;
    cursor->depth++;
    p = first_element(cursor, p, close, &closed);
    for (uint32_t i = 0; p && !closed; i++) {
        if (close == '}') {
            bool ok = read_key(cursor, &p, &key) &&
                      json_convert_text(cursor, &node->children[0], first + i, string_text(cursor, &key));
            if (!finish(cursor, &node->children[0], first + i, ok, p))
                return NULL;
        }
        p = json_parse_value(cursor, &node->children[node->child_count - 1], first + i, p);
        if (p)
            p = next_element(cursor, p, close, &closed);
    }
    cursor->depth--;
    return p;
}

/* An array into ARRAY, an object into MAP. Counted first, so that its elements lie side by side. */
static const char *parse_list(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p) {
    uint32_t count;
    const char *after = count_elements(cursor, p, &count);
    if (!after)
        return NULL;
    uint32_t first = column_list_append(node->column, cursor->arena, row, count);
    for (uint32_t i = 0; i < node->child_count; i++)
        json_node_bind(&node->children[i], &node->column->children[i], node->column->element_capacity);
    struct json_trace *trace = cursor->trace;
    cursor->trace = NULL; /* the list is one step */
    p = parse_elements(cursor, node, first, p);
    cursor->trace = trace;
    json_set_valid(node, row);
    return p;
}

/* An object or array as a STRING: the text without the white space between its tokens, as Flink gives it. */
static struct str without_space(struct json_cursor *cursor, struct str text) {
    char *out = ARENA_ARRAY(cursor->arena, char, text.size);
    size_t size = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (in_string && c == '\\' && i + 1 < text.size)
            out[size++] = text.data[i++];
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        out[size++] = text.data[i];
    }
    return (struct str){out, size};
}

static const char *parse_container(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p) {
    bool is_object = *p == '{';
    if (is_object && node->layout == LAYOUT_ROW)
        return parse_row(cursor, node, row, p);
    if (is_object ? node->type->kind == TYPE_MAP : node->type->kind == TYPE_ARRAY)
        return parse_list(cursor, node, row, p);
    const char *after = json_skip_value(cursor, p);
    if (!after)
        return NULL;
    struct str text = {p, (size_t)(after - p)};
    bool ok = type_is_string(node->type) ? json_convert_text(cursor, node, row, without_space(cursor, text))
                                         : json_mismatch(cursor, node, is_object ? "object" : "array", text);
    return finish(cursor, node, row, ok, after);
}

static const char *parse_scalar(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p) {
    struct json_string string;
    struct json_number number;
    const char *after;
    bool ok;
    switch (*p) {
    case '"':
        after = read_string(cursor, p + 1, &string);
        ok = after && json_convert_text(cursor, node, row, string_text(cursor, &string));
        break;
    case 't':
    case 'f':
        after = read_literal(cursor, p, *p == 't' ? "true" : "false");
        ok = after && json_convert_bool(cursor, node, row, *p == 't');
        break;
    case 'n':
        after = read_literal(cursor, p, "null");
        ok = after && json_set_null(cursor, node, row);
        break;
    default:
        after = json_read_number(p, cursor->end, cursor->limit, &number);
        if (!after)
            return fail(cursor, p, "a value was expected");
        ok = json_convert_number(cursor, node, row, &number);
        break;
    }
    return after ? finish(cursor, node, row, ok, after) : NULL;
}

const char *json_parse_value(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p) {
    if (p == cursor->end)
        return fail(cursor, p, "a value was expected");
    bool is_row = *p == '{' && node->layout == LAYOUT_ROW;
    const char *after =
        *p == '{' || *p == '[' ? parse_container(cursor, node, row, p) : parse_scalar(cursor, node, row, p);
    if (!is_row) /* its fields are the steps */
        trace_step(cursor, node, p, after);
    return after;
}

bool json_parse_record(struct json_cursor *cursor, struct json_node *root, uint32_t row) {
    cursor->depth = 0;
    const char *p = json_skip_space(cursor->start, cursor->end);
    if (p == cursor->end)
        return json_malformed(cursor, p, "the record is empty");
    if (*p != '{')
        return json_skip_value(cursor, p) && json_malformed(cursor, p, "an object was expected");
    p = parse_row(cursor, root, row, p);
    if (!p)
        return false;
    p = json_skip_space(p, cursor->end);
    return p == cursor->end || json_malformed(cursor, p, "there is more after the object");
}
