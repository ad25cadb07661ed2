/* json_scan.h: steps through JSON text without building a tree. Foreign text: every step is bounded by the cursor's end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

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
/* Bytes written to `out`, which has room for text.size; wrong escapes are left as they are. */
size_t json_unescape(char *out, struct str text);
/* Without white space between tokens; `out` has room for text.size. */
size_t json_compact(char *out, struct str text);
