/* printer_table.c: an aligned table with a frame.
 *
 *   +--------+-------+
 *   | city   |  temp |        numbers to the right
 *   +--------+-------+
 *   | Berlin | 20.25 |
 *   +--------+-------+
 *   (1 row)
 *
 * The first rows are held back to learn the widths (up to HELD_ROWS, or until there is nothing more for now); later
 * cells that are wider push the line out.
 */
#include "cli/printer.h"

#include <stdlib.h>

#include "cli/console.h"
#include "core/base/str.h"

enum { HELD_ROWS = 2048 };

struct cell {
    size_t end; /* in texts; starts where the one before ends */
    unsigned width;
};

struct printer_table {
    struct printer base;
    uint32_t column_count; /* `op` included */
    const char **names;
    bool *to_right;
    unsigned *widths;
    bool is_framed; /* the header was printed: widths are fixed */
    struct strbuf texts;
    struct cell *cells; /* held rows, row by row */
    uint32_t cell_count;
    uint32_t cell_capacity;
    struct strbuf value;
    struct arena arena;
};

static void table_start(struct printer *printer) {
    struct printer_table *table = (struct printer_table *)printer;
    const struct schema *schema = printer->config.schema;
    uint32_t first = printer->config.shows_changes ? 1 : 0;
    table->column_count = schema->field_count + first;
    arena_init(&table->arena);
    table->names = ARENA_ARRAY(&table->arena, const char *, table->column_count);
    table->to_right = ARENA_ARRAY(&table->arena, bool, table->column_count);
    table->widths = ARENA_ARRAY(&table->arena, unsigned, table->column_count);
    table->cell_capacity = table->column_count * HELD_ROWS;
    table->cells = memory_alloc(table->cell_capacity * sizeof *table->cells);
    if (first)
        table->names[0] = "op";
    for (uint32_t i = 0; i < schema->field_count; i++) {
        table->names[first + i] = schema->fields[i].name;
        table->to_right[first + i] = type_is_numeric(schema->fields[i].type);
    }
    for (uint32_t i = 0; i < table->column_count; i++)
        table->widths[i] = display_width(str_from(table->names[i]));
}

static void add_cell(struct printer_table *table, uint32_t column, struct str text) {
    struct cell *cell = &table->cells[table->cell_count++];
    display_append(&table->texts, text);
    cell->end = table->texts.size;
    cell->width = display_width(text);
    if (!table->is_framed && cell->width > table->widths[column])
        table->widths[column] = cell->width;
}

static void append_many(struct strbuf *out, char c, unsigned count) {
    while (count--)
        strbuf_append_char(out, c);
}

static void print_rule(struct printer_table *table) {
    struct strbuf *out = table->base.out;
    for (uint32_t i = 0; i < table->column_count; i++) {
        strbuf_append_char(out, '+');
        append_many(out, '-', table->widths[i] + 2);
    }
    strbuf_append_text(out, "+\n");
}

static void print_cell(struct printer_table *table, uint32_t column, struct str text, unsigned width) {
    struct strbuf *out = table->base.out;
    unsigned padding = width < table->widths[column] ? table->widths[column] - width : 0;
    strbuf_append_text(out, "| ");
    append_many(out, ' ', table->to_right[column] ? padding : 0);
    strbuf_append_str(out, text);
    append_many(out, ' ', table->to_right[column] ? 1 : padding + 1);
}

static void print_frame(struct printer_table *table) {
    table->is_framed = true;
    print_rule(table);
    for (uint32_t i = 0; i < table->column_count; i++) {
        struct strbuf name = {0};
        display_append(&name, str_from(table->names[i]));
        print_cell(table, i, strbuf_str(&name), display_width(str_from(table->names[i])));
        strbuf_release(&name);
    }
    strbuf_append_text(table->base.out, "|\n");
    print_rule(table);
}

static void print_held(struct printer_table *table) {
    if (!table->is_framed)
        print_frame(table);
    size_t start = 0;
    for (uint32_t i = 0; i < table->cell_count; i++) {
        uint32_t column = i % table->column_count;
        print_cell(table, column, (struct str){table->texts.data + start, table->cells[i].end - start},
                   table->cells[i].width);
        start = table->cells[i].end;
        if (column + 1 == table->column_count)
            strbuf_append_text(table->base.out, "|\n");
    }
    table->cell_count = 0;
    strbuf_reset(&table->texts);
}

static void table_row(struct printer *printer, const struct column *columns, uint32_t row, const char *change) {
    struct printer_table *table = (struct printer_table *)printer;
    uint32_t column = 0;
    if (change)
        add_cell(table, column++, str_from(change));
    for (uint32_t i = 0; i < printer->config.schema->field_count; i++) {
        strbuf_reset(&table->value);
        column_print_value(&table->value, &columns[i], row);
        add_cell(table, column++, strbuf_str(&table->value));
    }
    if (table->cell_count == table->cell_capacity)
        print_held(table);
}

static void table_idle(struct printer *printer) {
    struct printer_table *table = (struct printer_table *)printer;
    if (table->cell_count)
        print_held(table);
}

static void table_end(struct printer *printer) {
    struct printer_table *table = (struct printer_table *)printer;
    print_held(table);
    print_rule(table);
    strbuf_printf(printer->out, "(%llu row%s)\n", (unsigned long long)printer->row_count,
                  printer->row_count == 1 ? "" : "s");
}

static void table_release(struct printer *printer) {
    struct printer_table *table = (struct printer_table *)printer;
    strbuf_release(&table->texts);
    strbuf_release(&table->value);
    free(table->cells);
    arena_release(&table->arena);
}

const struct printer_class printer_class_table = {
    .name = "table",
    .size = sizeof(struct printer_table),
    .documentation = "an aligned table",
    .start = table_start,
    .row = table_row,
    .end = table_end,
    .idle = table_idle,
    .release = table_release,
};
