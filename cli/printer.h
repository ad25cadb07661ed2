/* printer.h: rows of one result as text in one of the formats.
 *
 * A format is one row in printer.c and one file printer_<name>.c. A printer gets all batches of one result, in order, and
 * appends to a console; it prints change kinds as a first column `op` when the configuration says so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/data/batch.h"
#include "core/data/type.h"

struct console;
struct printer_class;
struct time_zone;

struct printer_config {
    struct console *console;      /* borrowed for the printer's life */
    const struct schema *schema;  /* borrowed */
    const struct time_zone *zone; /* for TIMESTAMP_LTZ */
    bool shows_changes;           /* prints the column `op` */
};

struct printer {
    const struct printer_class *class;
    struct printer_config config;
    struct strbuf *out; /* config.console->pending */
    struct arena arena; /* for the batch at hand */
    uint64_t row_count;
};

struct printer_class {
    const char *name;
    size_t size; /* of the instance; struct printer is its first member */
    const char *documentation;
    void (*start)(struct printer *printer);
    /* One row; columns are in local time already. */
    void (*row)(struct printer *printer, const struct column *columns, uint32_t row, const char *change);
    void (*end)(struct printer *printer);     /* MAY */
    void (*idle)(struct printer *printer);    /* MAY: show what is held back */
    void (*release)(struct printer *printer); /* MAY */
};

const struct printer_class *printer_class_find(const char *name); /* NULL when unknown */
const struct printer_class *const *printer_classes(void);         /* NULL-terminated */

/* Prints what comes before the first row. */
enum status printer_open(const struct printer_class *class, const struct printer_config *config,
                         struct printer **printer, struct error *error) MUST_CHECK;
enum status printer_batch(struct printer *printer, const struct batch *batch, struct error *error) MUST_CHECK;
/* Nothing more for now: everything so far is written. */
enum status printer_idle(struct printer *printer, struct error *error) MUST_CHECK;
enum status printer_end(struct printer *printer, struct error *error) MUST_CHECK;
void printer_free(struct printer *printer);

extern const struct printer_class printer_class_table, printer_class_csv, printer_class_tsv, printer_class_json,
    printer_class_jsonl, printer_class_vertical;
