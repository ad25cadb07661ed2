/* json_canonical.c: see json_canonical.h. */
#include "core/functions/kernels/json_canonical.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/kernels/json_scan.h"

/* ---- numbers ---- */

/* A number's parts: value = digits × 10^−scale. */
struct number {
    bool negative;
    char *digits; /* without leading zeros; "0" */
    size_t size;
    int64_t scale;
};

static void read_number(struct str text, struct number *number) {
    size_t i = 0;
    int64_t exponent = 0;
    bool fraction = false;
    number->negative = text.size && text.data[0] == '-';
    number->size = 0;
    number->scale = 0;
    for (i += number->negative; i < text.size && (text.data[i] | 0x20) != 'e'; i++) {
        char c = text.data[i];
        if (c == '.') {
            fraction = true;
            continue;
        }
        number->scale += fraction;
        if (c != '0' || number->size)
            number->digits[number->size++] = c;
    }
    if (i < text.size && int_parse((struct str){text.data + i + 1, text.size - i - 1}, &exponent) &&
        exponent > -INT32_MAX && exponent < INT32_MAX)
        number->scale -= exponent;
    if (number->size == 0) {
        number->digits[number->size++] = '0';
        number->negative = false;
    }
}

void json_number_write(struct strbuf *out, struct str text) {
    struct number number = {.digits = memory_alloc(text.size + 1)};
    read_number(text, &number);
    int64_t size = (int64_t)number.size, adjusted = size - 1 - number.scale;
    if (number.negative)
        strbuf_append_char(out, '-');
    if (number.scale == 0) {
        strbuf_append(out, number.digits, number.size);
    } else if (number.scale > 0 && adjusted >= -6) {
        int64_t whole = size - number.scale;
        if (whole > 0)
            strbuf_append(out, number.digits, (size_t)whole);
        else
            strbuf_append_char(out, '0');
        strbuf_append_char(out, '.');
        for (int64_t zero = whole; zero < 0; zero++)
            strbuf_append_char(out, '0');
        whole = whole > 0 ? whole : 0;
        strbuf_append(out, number.digits + whole, (size_t)(size - whole));
    } else {
        strbuf_append_char(out, number.digits[0]);
        if (size > 1) {
            strbuf_append_char(out, '.');
            strbuf_append(out, number.digits + 1, number.size - 1);
        }
        strbuf_printf(out, "E%+lld", (long long)adjusted);
    }
    free(number.digits);
}

/* ---- objects ---- */

struct member {
    struct str name; /* unescaped */
    struct str text;
    size_t place;
};

struct members {
    struct member *items;
    size_t count, capacity;
};

static struct str unescaped(struct arena *arena, struct str text) {
    if (!memchr(text.data, '\\', text.size))
        return text;
    char *out = arena_alloc(arena, text.size);
    return (struct str){out, json_unescape(out, text)};
}

/* The text of the value at the cursor, a string's with its quotes. */
static struct str value_text(struct json_cursor cursor) {
    struct str value = {0};
    json_skip_space(&cursor);
    const char *start = cursor.at;
    json_read_value(&cursor, &value);
    return (struct str){start, (size_t)(cursor.at - start)};
}

static int compare_members(const void *a, const void *b) {
    const struct member *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : x->place < y->place ? -1 : 1;
}

static void write_members(struct json_canonical *canonical, const struct members *members) {
    strbuf_append_char(canonical->out, '{');
    bool some = false;
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->items[i];
        if (i + 1 < members->count && str_equal(member->name, members->items[i + 1].name)) {
            if (canonical->depth == 1 && !canonical->repeated_name)
                canonical->repeated_name = str_copy(canonical->arena, member->name);
            continue;
        }
        if (some)
            strbuf_append_char(canonical->out, ',');
        some = true;
        json_write_string(canonical->out, member->name, false);
        strbuf_append_char(canonical->out, ':');
        json_canonical_write(canonical, member->text);
    }
    strbuf_append_char(canonical->out, '}');
}

static void write_object(struct json_canonical *canonical, struct json_children *children) {
    struct members members = {0};
    struct json_cursor child;
    struct str name;
    while (json_children_next(children, &name, &child)) {
        struct member member = {unescaped(canonical->arena, name), value_text(child), members.count};
        ARRAY_PUSH(canonical->arena, &members, member);
    }
    if (members.count > 1)
        qsort(members.items, members.count, sizeof *members.items, compare_members);
    write_members(canonical, &members);
}

static void write_array(struct json_canonical *canonical, struct json_children *children) {
    struct json_cursor child;
    struct str name;
    bool some = false;
    strbuf_append_char(canonical->out, '[');
    while (json_children_next(children, &name, &child)) {
        if (some)
            strbuf_append_char(canonical->out, ',');
        some = true;
        json_canonical_write(canonical, value_text(child));
    }
    strbuf_append_char(canonical->out, ']');
}

static void write_as_it_is(struct strbuf *out, struct str text) {
    strbuf_reserve(out, text.size);
    out->size += json_compact(out->data + out->size, text);
}

void json_canonical_write(struct json_canonical *canonical, struct str text) {
    struct json_cursor cursor = {text.data, text.data + text.size};
    struct json_children children;
    struct str value;
    if (json_children_begin(&children, cursor) && canonical->depth < JSON_DEPTH_MAX) {
        canonical->depth++;
        (children.is_object ? write_object : write_array)(canonical, &children);
        canonical->depth--;
        return;
    }
    enum json_kind kind = json_read_value(&cursor, &value);
    if (kind == JSON_STRING)
        json_write_string(canonical->out, unescaped(canonical->arena, value), false);
    else if (kind == JSON_NUMBER && canonical->numbers)
        json_number_write(canonical->out, value);
    else
        write_as_it_is(canonical->out, text);
}
