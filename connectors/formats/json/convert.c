/* convert.c: one JSON value into one row of a column, by Flink's rules: a text may hold a number or a boolean, a number may go
 * into a STRING as it is written, a fraction into an integer column is cut off; what does not fit is an error, never
 * another value.
 */
#include <math.h>
#include <stdio.h>

#include "connectors/formats/json/decoder.h"
#include "connectors/formats/text_value.h"
#include "connectors/view.h"
#include "core/data/decimal.h"

enum { SHOWN_BYTES = 60 };

void json_node_bind(struct json_node *node, struct column *column, uint32_t capacity) {
    node->column = column;
    node->values = column->values;
    node->capacity = capacity;
    if (node->layout == LAYOUT_ROW)
        for (uint32_t i = 0; i < node->child_count; i++)
            json_node_bind(&node->children[i], &column->children[i], capacity);
}

void json_clear(struct json_node *node, uint32_t row) {
    if (node->layout == LAYOUT_ROW) {
        for (uint32_t i = 0; i < node->child_count; i++)
            json_clear(&node->children[i], row);
        return;
    }
    size_t size = layout_size(node->layout);
    memset((char *)node->values + size * row, 0, size);
}

void json_reset_row(struct json_node *node, uint32_t row) {
    json_set_valid(node, row);
    for (uint32_t i = 0; node->layout == LAYOUT_ROW && i < node->child_count; i++)
        json_reset_row(&node->children[i], row);
}

bool json_set_null(struct json_cursor *cursor, struct json_node *node, uint32_t row) {
    if (!node->type->nullable) {
        FAIL(cursor->error, STATUS_NOT_NULL_VIOLATION, "field \"%s\" is NOT NULL but has no value", node->name);
        return false;
    }
    json_clear(node, row);
    cursor->wrote_null = true;
    column_set_null(node->column, cursor->arena, row, node->capacity);
    return true;
}

bool json_mismatch(struct json_cursor *cursor, const struct json_node *node, const char *found, struct str text) {
    char type[128];
    struct strbuf buffer;
    strbuf_init(&buffer);
    type_print(&buffer, node->type);
    snprintf(type, sizeof type, "%s", strbuf_text(&buffer));
    strbuf_release(&buffer);
    int shown = text.size < SHOWN_BYTES ? (int)text.size : SHOWN_BYTES;
    FAIL(cursor->error, STATUS_INVALID_TEXT, "field \"%s\" of type %s cannot take the %s %.*s%s", node->name, type,
         found, shown, text.data, text.size > SHOWN_BYTES ? "…" : "");
    return false;
}

static void *slot_of(struct json_node *node, uint32_t row) {
    return (char *)node->values + layout_size(node->layout) * row;
}

bool json_convert_text(struct json_cursor *cursor, struct json_node *node, uint32_t row, struct str text) {
    if (!text_value_read(node->type, slot_of(node, row), text, cursor->text))
        return json_mismatch(cursor, node, "text", text);
    json_set_valid(node, row);
    return true;
}

static bool store_number(struct json_node *node, uint32_t row, const struct json_number *number) {
    struct str text = {number->start, (size_t)(number->end - number->start)};
    const struct type *type = node->type;
    int64_t integer;
    if (type_is_string(type)) {
        view_store((struct string_view *)node->values + row, text.data, (uint32_t)text.size, text.size);
        return true;
    }
    if (type_is_datetime(type) || type_is_binary(type))
        return false;
    switch (node->layout) {
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64:
        if (!number->is_integer) {
            double value = trunc(json_number_double(number));
            if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0))
                return false;
            integer = (int64_t)value;
        } else if (!json_number_int(number, &integer)) {
            return false;
        }
        if (type->kind == TYPE_INTERVAL_SECOND && __builtin_mul_overflow(integer, 1000, &integer))
            return false;
        return int_value_store(node->layout, slot_of(node, row), integer);
    case LAYOUT_I128: return decimal_parse(text, type->precision, type->scale, &((int128 *)node->values)[row]);
    case LAYOUT_F32:
    case LAYOUT_F64: return real_value_store(node->layout, slot_of(node, row), json_number_double(number), false);
    default: return false;
    }
}

bool json_convert_number(struct json_cursor *cursor, struct json_node *node, uint32_t row,
                         const struct json_number *number) {
    if (!store_number(node, row, number))
        return json_mismatch(cursor, node, "number",
                             (struct str){number->start, (size_t)(number->end - number->start)});
    json_set_valid(node, row);
    return true;
}

bool json_convert_bool(struct json_cursor *cursor, struct json_node *node, uint32_t row, bool value) {
    struct str text = value ? STR("true") : STR("false");
    if (node->layout == LAYOUT_BOOL)
        ((uint8_t *)node->values)[row] = value;
    else if (type_is_string(node->type))
        ((struct string_view *)node->values)[row] = view_make(text.data, (uint32_t)text.size);
    else
        return json_mismatch(cursor, node, "boolean", text);
    json_set_valid(node, row);
    return true;
}
