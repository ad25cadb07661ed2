/* printer_delimited.c: csv and tsv, with a header line.
 *
 *   csv  RFC 4180: fields with , " or a line break are quoted; NULL is empty, an empty string is ""
 *   tsv  as PostgreSQL's COPY: \t \n \r \\ escaped; NULL is \N
 */
#include "cli/printer.h"

#include "core/base/str.h"

struct printer_delimited {
    struct printer base;
    struct strbuf value;
};

static void append_csv(struct strbuf *out, struct str text) {
    bool quoted = text.size == 0;
    for (size_t i = 0; i < text.size && !quoted; i++)
        quoted = text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n' || text.data[i] == '\r';
    if (!quoted) {
        strbuf_append_str(out, text);
        return;
    }
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            strbuf_append_char(out, '"');
        strbuf_append_char(out, text.data[i]);
    }
    strbuf_append_char(out, '"');
}

static void append_tsv(struct strbuf *out, struct str text) {
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '\t': strbuf_append_text(out, "\\t"); break;
        case '\n': strbuf_append_text(out, "\\n"); break;
        case '\r': strbuf_append_text(out, "\\r"); break;
        case '\\': strbuf_append_text(out, "\\\\"); break;
        default: strbuf_append_char(out, text.data[i]);
        }
    }
}

typedef void append_function(struct strbuf *out, struct str text);

static void print_header(struct printer *printer, char separator, append_function *append) {
    const struct schema *schema = printer->config.schema;
    bool first = true;
    if (printer->config.shows_changes) {
        strbuf_append_text(printer->out, "op");
        first = false;
    }
    for (uint32_t i = 0; i < schema->field_count; i++) {
        if (!first)
            strbuf_append_char(printer->out, separator);
        first = false;
        append(printer->out, str_from(schema->fields[i].name));
    }
    strbuf_append_char(printer->out, '\n');
}

static void print_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change,
                      char separator, append_function *append, const char *null) {
    struct strbuf *value = &((struct printer_delimited *)printer)->value;
    if (change)
        strbuf_append_text(printer->out, change);
    for (uint32_t i = 0; i < printer->config.schema->field_count; i++) {
        if (i || change)
            strbuf_append_char(printer->out, separator);
        if (column_is_null(&columns[i], row)) {
            strbuf_append_text(printer->out, null);
            continue;
        }
        strbuf_reset(value);
        column_print_value(value, &columns[i], row);
        append(printer->out, strbuf_str(value));
    }
    strbuf_append_char(printer->out, '\n');
}

static void csv_start(struct printer *printer) {
    print_header(printer, ',', append_csv);
}

static void csv_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    print_row(printer, columns, row, change, ',', append_csv, "");
}

static void tsv_start(struct printer *printer) {
    print_header(printer, '\t', append_tsv);
}

static void tsv_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    print_row(printer, columns, row, change, '\t', append_tsv, "\\N");
}

static void delimited_release(struct printer *printer) {
    strbuf_release(&((struct printer_delimited *)printer)->value);
}

const struct printer_class printer_class_csv = {
    .name = "csv",
    .size = sizeof(struct printer_delimited),
    .documentation = "comma-separated values with a header line",
    .start = csv_start,
    .row = csv_row,
    .release = delimited_release,
};

const struct printer_class printer_class_tsv = {
    .name = "tsv",
    .size = sizeof(struct printer_delimited),
    .documentation = "tab-separated values with a header line",
    .start = tsv_start,
    .row = tsv_row,
    .release = delimited_release,
};
