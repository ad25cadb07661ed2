/* decoder.h: the parts of the JSON decoder.
 *
 *   record ── shapes: learnt layouts, whole records matched piece by piece      shape.c, the fast path
 *      └────── parser: any valid JSON, any key order                             parse.c, the general path
 *                 └── convert.c: one JSON value into one column's row
 *
 * A node is a place for values: a column, a field of a ROW, the elements of an ARRAY. Both paths fill nodes, and must give
 * the same rows: tests/fuzz/json_fuzz.c compares them.
 */
#pragma once

#include "connectors/connector.h"
#include "connectors/formats/json/lex.h"

enum { JSON_DEPTH_MAX = 256 };

struct json_node {
    const struct type *type;
    const char *name; /* key; "element", "key" or "value" inside ARRAY and MAP */
    size_t name_size;
    enum layout layout;
    struct json_node *children; /* ROW: wanted fields; ARRAY: 1; MAP: 2 */
    uint32_t child_count;
    bool is_seen; /* during one object */
    /* The column of the batch that is being filled. */
    struct column *column;
    void *values;
    uint32_t capacity;
};

struct json_settings {
    bool fail_on_missing_field;
    bool ignore_parse_errors;
    bool fail_on_error;
    bool general_only; /* tests: no shapes */
};

/* What decoding one record needs. */
struct json_cursor {
    const char *start, *end, *limit;
    struct arena *arena; /* the batch's */
    uint32_t depth;
    bool wrote_null;     /* since it was last cleared */
    struct error *error; /* the reason, once a function here returned false or NULL */
    const struct json_settings *settings;
    struct text_context *text;
    struct json_trace *trace; /* not NULL: the parser notes the record's layout */
};

/* One value found in a record, in order: a leaf, or something that nobody wants. */
struct json_trace_step {
    const char *value; /* where it starts */
    const char *value_end;
    struct json_node *node; /* NULL: skipped */
    uint32_t depth;
};
struct json_trace {
    struct json_trace_step *steps;
    uint32_t count, capacity; /* count > capacity: too many, do not learn */
    bool has_duplicates;
};

/* convert.c. All return false after setting cursor->error, for values that do not fit the node. */
void json_node_bind(struct json_node *node, struct column *column, uint32_t capacity);
bool json_set_null(struct json_cursor *cursor, struct json_node *node, uint32_t row);
/* As json_set_null, but also what lies below, and without looking at NOT NULL: rows nobody will look at. */
void json_clear(struct json_node *node, uint32_t row);
/* Undoes the NULLs of a row that was given up: a row's validity bits are set until it is filled. */
void json_reset_row(struct json_node *node, uint32_t row);
static inline void json_set_valid(struct json_node *node, uint32_t row) {
    if (__builtin_expect(node->column->validity != NULL, 0))
        validity_set(node->column->validity, row, true);
}
bool json_convert_text(struct json_cursor *cursor, struct json_node *node, uint32_t row, struct str text);
bool json_convert_number(struct json_cursor *cursor, struct json_node *node, uint32_t row,
                         const struct json_number *number);
bool json_convert_bool(struct json_cursor *cursor, struct json_node *node, uint32_t row, bool value);
bool json_mismatch(struct json_cursor *cursor, const struct json_node *node, const char *found, struct str text);
/* parse.c. Return where the value ends, or NULL after setting cursor->error. */
const char *json_parse_value(struct json_cursor *cursor, struct json_node *node, uint32_t row, const char *p);
const char *json_skip_value(struct json_cursor *cursor, const char *p);
/* The whole record. */
bool json_parse_record(struct json_cursor *cursor, struct json_node *root, uint32_t row);
bool json_malformed(struct json_cursor *cursor, const char *at, const char *what);

/* shape.c */
struct json_shapes;
struct json_shapes *json_shapes_new(struct arena *arena);
void json_shapes_free(struct json_shapes *shapes);
/* false: no known shape fits, the row is as before, nothing is reported. */
bool json_shapes_decode(struct json_shapes *shapes, struct json_cursor *cursor, struct json_node *root, uint32_t row);
/* Where the parser shall note the layout of the record that no shape fitted; NULL: there is nothing to learn now. */
struct json_trace *json_shapes_trace(struct json_shapes *shapes);
/* The parser has filled the row and the trace. */
void json_shapes_learn(struct json_shapes *shapes, const struct json_cursor *cursor, struct json_node *root,
                       uint32_t row);

/* json.c, for tests: no shapes from here on. */
struct decoder;
void json_decoder_use_general_path(struct decoder *decoder);
