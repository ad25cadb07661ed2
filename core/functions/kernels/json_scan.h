/* json_scan.h: steps through JSON text without building a tree. Foreign text: every step is bounded by the cursor's end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

/* Levels of nesting that are looked at. */
enum { JSON_DEPTH_MAX = 500 };

enum json_kind { JSON_NONE, JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

struct json_cursor {
    const char *at, *end;
};

void json_skip_space(struct json_cursor *cursor);
/* The cursor stands on a quote; afterwards past the closing one. *text is what lies between, still escaped. */
bool json_read_string(struct json_cursor *cursor, struct str *text);
/* One value, whatever it is; the cursor stands after it. *value is its text, a string's without its quotes. Objects and arrays are
 * passed by counting brackets; JSON_NONE when there is no value. */
enum json_kind json_read_value(struct json_cursor *cursor, struct str *value);
/* The values in an object or array, one after the other. */
struct json_children {
    struct json_cursor cursor;
    bool is_object, started;
};
/* The cursor stands before a value; false when that is neither an object nor an array. */
bool json_children_begin(struct json_children *children, struct json_cursor cursor);
/* *child is a cursor before the next child; returns false after the last. A child is read only when one after it is wanted. */
bool json_children_next(struct json_children *children, struct str *key, struct json_cursor *child);

/* Bytes written to `out`, which has room for text.size; wrong escapes are left as they are. */
size_t json_unescape(char *out, struct str text);
/* Without white space between tokens; `out` has room for text.size. */
size_t json_compact(char *out, struct str text);
/* Appends a text between quotes, escaped as Jackson does; ascii_only: everything beyond ASCII as \uXXXX, and a slash escaped, as
 * JSON_QUOTE does. */
void json_write_string(struct strbuf *out, struct str text, bool ascii_only);
/* The kind of the one value that the text is; JSON_NONE when it is not JSON, nested deeper than JSON_DEPTH_MAX, or more than one. */
enum json_kind json_check(struct str text);
