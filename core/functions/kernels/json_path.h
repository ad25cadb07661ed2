/* json_path.h: SQL/JSON paths over JSON text, without building a tree: '$.a.b[0]', "$['a b'].c", with 'lax' or 'strict' before it.
 * The text is read only as far as the path goes; what comes after it is not checked. Repeated keys: the first counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/functions/kernels/json_scan.h"

enum { JSON_PATH_STEPS_MAX = 32 };

struct json_step {
    bool is_index;
    uint32_t index;
    struct str member; /* points into the path's text */
};

struct json_path {
    struct json_step steps[JSON_PATH_STEPS_MAX];
    uint32_t count;
};

/* Fails on wildcards, filters and whatever else is not a plain way down. Borrows the text. */
enum status json_path_read(struct str text, struct json_path *path, sql_position position,
                           struct error *error) MUST_CHECK;
/* The kind of the value at the path and its text (a string's without its quotes, still escaped); JSON_NONE when there is none
 * or the text is no JSON. */
enum json_kind json_path_find(const struct json_path *path, struct str text, struct str *value);
