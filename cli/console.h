/* console.h: where results go: stdout, a file (\o), with every failure noticed.
 *
 * Bytes are collected and written in large pieces; a failed write is an error at the next call, once: BROKEN_PIPE when the
 * reader is gone (SIGPIPE is ignored), DISK_FULL, FILE_ERROR. Not thread-safe.
 */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct pager;

struct console {
    int descriptor;
    bool is_terminal;
    bool is_owned;         /* closed by console_release */
    const char *name;      /* for messages; borrowed */
    struct strbuf pending; /* append here, then console_written */
    struct pager *pager;   /* pager.h; NULL: nothing is held back */
};

void console_init_stdout(struct console *console);
/* A file, emptied or created. */
enum status console_init_file(struct console *console, const char *path, struct error *error) MUST_CHECK;
void console_release(struct console *console); /* what is pending is lost: flush first */

/* After something was appended to `pending`: writes when much has come together. */
enum status console_written(struct console *console, struct error *error) MUST_CHECK;
enum status console_flush(struct console *console, struct error *error) MUST_CHECK;

/* Columns and rows of the terminal; 80 × 24 when unknown. */
void console_size(const struct console *console, unsigned *columns, unsigned *rows);
/* Columns that the text takes on a terminal; control characters count as they are shown (escaped). */
unsigned display_width(struct str text);
/* The longest beginning of the text (as display_append left it) that takes at most so many columns. */
struct str display_clip(struct str text, unsigned columns);
/* Appends the text so that it stays on one line and moves no cursor: control characters and broken UTF-8 escaped. */
void display_append(struct strbuf *out, struct str text);
