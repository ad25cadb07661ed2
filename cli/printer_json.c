/* printer_json.c: json (one array) and jsonl (one object a line).
 *
 * Numbers and booleans as such (NaN and infinities as strings), bytes in base64, ROW as object, ARRAY as array, MAP as object
 * with the keys' texts, everything else as the string that the other formats show.
 */
#include "cli/printer.h"

#include <math.h>

#include "core/base/base64.h"
#include "core/base/json_string.h"
#include "core/base/str.h"

struct printer_json {
    struct printer base;
    struct strbuf value;
};

static void append_base64(struct strbuf *out, struct str bytes) {
    strbuf_append_char(out, '"');
    base64_append(out, bytes);
    strbuf_append_char(out, '"');
}

static void append_value(struct strbuf *out, struct strbuf *scratch, const struct column *column, uint32_t row);

static void append_member(struct strbuf *out, struct strbuf *scratch, const char *name, const struct column *column,
                          uint32_t row) {
    json_string_append(out, str_from(name));
    strbuf_append_char(out, ':');
    append_value(out, scratch, column, row);
}

static void append_row(struct strbuf *out, struct strbuf *scratch, const struct column *column, uint32_t row) {
    uint32_t child_row = column_value_index(column, row);
    strbuf_append_char(out, '{');
    for (uint32_t i = 0; i < column->type->field_count; i++) {
        if (i)
            strbuf_append_char(out, ',');
        append_member(out, scratch, column->type->fields[i].name, &column->children[i], child_row);
    }
    strbuf_append_char(out, '}');
}

static void append_list(struct strbuf *out, struct strbuf *scratch, const struct column *column, uint32_t row) {
    bool is_map = column->type->kind == TYPE_MAP;
    const struct list_slice *slice = column_value(column, row);
    strbuf_append_char(out, is_map ? '{' : '[');
    for (uint32_t i = slice->offset; i < slice->offset + slice->count; i++) {
        if (i > slice->offset)
            strbuf_append_char(out, ',');
        if (is_map) {
            strbuf_reset(scratch);
            column_print_value(scratch, &column->children[0], i);
            json_string_append(out, strbuf_str(scratch));
            strbuf_append_char(out, ':');
        }
        append_value(out, scratch, &column->children[is_map ? 1 : 0], i);
    }
    strbuf_append_char(out, is_map ? '}' : ']');
}

static void append_text(struct strbuf *out, struct strbuf *scratch, const struct column *column, uint32_t row) {
    strbuf_reset(scratch);
    column_print_value(scratch, column, row);
    json_string_append(out, strbuf_str(scratch));
}

static bool is_finite(const struct column *column, uint32_t row) {
    const void *value = column_value(column, row);
    return column->type->kind == TYPE_FLOAT ? isfinite(*(const float *)value) : isfinite(*(const double *)value);
}

static void append_value(struct strbuf *out, struct strbuf *scratch, const struct column *column, uint32_t row) {
    if (column_is_null(column, row)) {
        strbuf_append_text(out, "null");
        return;
    }
    switch (column->type->kind) {
    case TYPE_NULL: strbuf_append_text(out, "null"); break;
    case TYPE_BOOLEAN: strbuf_append_text(out, *(const uint8_t *)column_value(column, row) ? "true" : "false"); break;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_DECIMAL: column_print_value(out, column, row); break;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        if (is_finite(column, row))
            column_print_value(out, column, row);
        else
            append_text(out, scratch, column, row);
        break;
    case TYPE_CHAR:
    case TYPE_VARCHAR: json_string_append(out, view_str(column_value(column, row))); break;
    case TYPE_BINARY:
    case TYPE_VARBINARY: append_base64(out, view_str(column_value(column, row))); break;
    case TYPE_ROW: append_row(out, scratch, column, row); break;
    case TYPE_ARRAY:
    case TYPE_MAP: append_list(out, scratch, column, row); break;
    default: append_text(out, scratch, column, row);
    }
}

static void append_object(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    struct strbuf *scratch = &((struct printer_json *)printer)->value;
    const struct schema *schema = printer->config.schema;
    strbuf_append_char(printer->out, '{');
    if (change)
        strbuf_printf(printer->out, "\"op\":\"%s\"", change);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        if (i || change)
            strbuf_append_char(printer->out, ',');
        append_member(printer->out, scratch, schema->fields[i].name, &columns[i], row);
    }
    strbuf_append_char(printer->out, '}');
}

static void json_start(struct printer *printer) {
    strbuf_append_char(printer->out, '[');
}

static void json_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    strbuf_append_text(printer->out, printer->row_count ? ",\n" : "\n");
    append_object(printer, columns, row, change);
}

static void json_end(struct printer *printer) {
    strbuf_append_text(printer->out, printer->row_count ? "\n]\n" : "]\n");
}

static void jsonl_start(struct printer *printer) {
    (void)printer;
}

static void jsonl_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    append_object(printer, columns, row, change);
    strbuf_append_char(printer->out, '\n');
}

static void json_release(struct printer *printer) {
    strbuf_release(&((struct printer_json *)printer)->value);
}

const struct printer_class printer_class_json = {
    .name = "json",
    .size = sizeof(struct printer_json),
    .documentation = "one array of objects",
    .start = json_start,
    .row = json_row,
    .end = json_end,
    .release = json_release,
};

const struct printer_class printer_class_jsonl = {
    .name = "jsonl",
    .size = sizeof(struct printer_json),
    .documentation = "one object a line",
    .start = jsonl_start,
    .row = jsonl_row,
    .release = json_release,
};
