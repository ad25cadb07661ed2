/* printer.c: what all formats have in common: local time, batches, when bytes are written; and the list of formats. */
#include "cli/printer.h"

#include <stdlib.h>

#include "cli/console.h"
#include "cli/local_time.h"

const struct printer_class *const *printer_classes(void) {
    static const struct printer_class *const classes[] = {
        &printer_class_table,
        &printer_class_csv,
        &printer_class_tsv,
        &printer_class_json,
        &printer_class_jsonl,
        &printer_class_vertical,
        NULL,
    };
    return classes;
}

const struct printer_class *printer_class_find(const char *name) {
    for (const struct printer_class *const *class = printer_classes(); *class; class ++)
        if (text_equal_ignore_case((*class)->name, name))
            return *class;
    return NULL;
}

enum status printer_open(const struct printer_class *class, const struct printer_config *config,
                         struct printer **printer, struct error *error) {
    struct printer *new = memory_zalloc(class->size);
    new->class = class;
    new->config = *config;
    new->out = &config->console->pending;
    arena_init(&new->arena);
    *printer = new;
    class->start(new);
    return console_written(config->console, error);
}

static struct column *local_columns(struct printer *printer, const struct batch *batch) {
    struct column *columns = ARENA_ARRAY(&printer->arena, struct column, batch->column_count);
    for (uint32_t i = 0; i < batch->column_count; i++)
        columns[i] = local_time_column(&batch->columns[i], &printer->arena, printer->config.zone, batch->row_count);
    return columns;
}

enum status printer_batch(struct printer *printer, const struct batch *batch, struct error *error) {
    ASSERT(batch->column_count == printer->config.schema->field_count);
    arena_reset(&printer->arena);
    struct column *columns = local_columns(printer, batch);
    for (uint32_t row = 0; row < batch->row_count; row++) {
        enum change_kind kind = batch->change_kinds ? batch->change_kinds[row] : CHANGE_INSERT;
        printer->class->row(printer, columns, row, printer->config.shows_changes ? change_kind_text(kind) : NULL);
        printer->row_count++;
        TRY(console_written(printer->config.console, error));
    }
    return STATUS_OK;
}

enum status printer_idle(struct printer *printer, struct error *error) {
    if (printer->class->idle)
        printer->class->idle(printer);
    return console_flush(printer->config.console, error);
}

enum status printer_end(struct printer *printer, struct error *error) {
    if (printer->class->end)
        printer->class->end(printer);
    return console_flush(printer->config.console, error);
}

void printer_free(struct printer *printer) {
    if (!printer)
        return;
    if (printer->class->release)
        printer->class->release(printer);
    arena_release(&printer->arena);
    free(printer);
}
