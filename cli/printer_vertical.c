/* printer_vertical.c: one column a line, a block per row. */
#include "cli/printer.h"

#include "cli/console.h"
#include "core/base/str.h"

struct printer_vertical {
    struct printer base;
    unsigned name_width;
    struct strbuf value;
};

static void vertical_start(struct printer *printer) {
    struct printer_vertical *vertical = (struct printer_vertical *)printer;
    vertical->name_width = printer->config.shows_changes ? 2 : 0;
    for (uint32_t i = 0; i < printer->config.schema->field_count; i++) {
        unsigned width = display_width(str_from(printer->config.schema->fields[i].name));
        if (width > vertical->name_width)
            vertical->name_width = width;
    }
}

static void print_line(struct printer_vertical *vertical, const char *name, struct str value) {
    struct strbuf *out = vertical->base.out;
    unsigned width = display_width(str_from(name));
    display_append(out, str_from(name));
    for (; width < vertical->name_width; width++)
        strbuf_append_char(out, ' ');
    strbuf_append_text(out, value.size ? " | " : " |");
    display_append(out, value);
    strbuf_append_char(out, '\n');
}

static void vertical_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    struct printer_vertical *vertical = (struct printer_vertical *)printer;
    strbuf_printf(printer->out, "-[ RECORD %llu ]-\n", (unsigned long long)printer->row_count + 1);
    if (change)
        print_line(vertical, "op", str_from(change));
    for (uint32_t i = 0; i < printer->config.schema->field_count; i++) {
        strbuf_reset(&vertical->value);
        column_print_value(&vertical->value, &columns[i], row);
        print_line(vertical, printer->config.schema->fields[i].name, strbuf_str(&vertical->value));
    }
}

static void vertical_release(struct printer *printer) {
    strbuf_release(&((struct printer_vertical *)printer)->value);
}

const struct printer_class printer_class_vertical = {
    .name = "vertical",
    .size = sizeof(struct printer_vertical),
    .documentation = "one column a line",
    .start = vertical_start,
    .row = vertical_row,
    .release = vertical_release,
};
