/* json_path.h: SQL/JSON paths over JSON text, without building a tree: '$.a.b[0]', "$['a b'].c", with 'lax' or 'strict' before it.
 * Without a word before it a path is strict, as in Flink. $.a[*], $.*, $.a[1:3] and $..b lead to many values.
 * The text is read only as far as the path goes; what comes after it is not checked. Repeated keys: the first counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/functions/kernels/json_scan.h"

enum { JSON_PATH_STEPS_MAX = 32 };

enum json_step_kind {
    JSON_STEP_MEMBER,  /* .name */
    JSON_STEP_ELEMENT, /* [from] */
    JSON_STEP_ALL,     /* .* or [*] */
    JSON_STEP_SLICE,   /* [from:to] */
    JSON_STEP_DEEP,    /* ..: the next step from here and from everything below */
};

struct json_step {
    enum json_step_kind kind;
    int32_t from, to;  /* negative: from the end; INT32_MAX: to the end */
    struct str member; /* points into the path's text */
};

struct json_path {
    struct json_step steps[JSON_PATH_STEPS_MAX];
    uint32_t count;
    bool lax;
    bool leads_to_many;
};

/* Fails on filters and whatever else is not above. Borrows the text. */
enum status json_path_read(struct str text, struct json_path *path, sql_position position,
                           struct error *error) MUST_CHECK;
/* The kind of the value at the path and its text (a string's without its quotes, still escaped); JSON_NONE when there is none
 * or the text is no JSON. For paths that lead to one value. */
enum json_kind json_path_find(const struct json_path *path, struct str text, struct str *value);
/* Appends all values at the path as one JSON array without white space; false when the text is no JSON, or when a strict path
 * ends before its first step that leads to many. */
bool json_path_collect(const struct json_path *path, struct str text, struct strbuf *out);
