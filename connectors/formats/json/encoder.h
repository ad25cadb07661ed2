/* encoder.h: rows of a batch as JSON objects. */
#pragma once

#include "connectors/connector.h"

enum json_null_key { JSON_NULL_KEY_FAIL, JSON_NULL_KEY_DROP, JSON_NULL_KEY_LITERAL };

struct json_encode_settings {
    bool is_iso_time;
    bool is_plain_decimal;
    bool ignores_null_fields;
    enum json_null_key null_key;
    const char *null_key_literal;
};

/* A place for values, as the decoder's node: what is written before it is made once. */
struct json_output {
    const struct type *type;
    struct str prefix; /* `"name":`, escaped */
    struct json_output *children;
    uint32_t child_count;
};

void json_output_init(struct json_output *output, struct arena *arena, const char *name, const struct type *type);
/* One value. */
enum status json_write_value(struct strbuf *out, const struct json_output *output, const struct column *column,
                             uint32_t row, const struct json_encode_settings *settings, struct error *error) MUST_CHECK;
/* `"prefix":value,`, or nothing for a NULL that is to be left out. */
enum status json_write_field(struct strbuf *out, const struct json_output *output, const struct column *column,
                             uint32_t row, const struct json_encode_settings *settings, struct error *error) MUST_CHECK;
void json_write_text(struct strbuf *out, struct str text);
