/* report.h: what the program tells its user on stderr: errors with a caret, notices, what a job dropped. */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct job;

/* Where a text came from, for positions: the file's name, or NULL for -c and the shell. */
struct report_source {
    const char *file; /* NULL: none */
    struct str text;
    unsigned lines_before; /* lines of the file before the text */
};

void report_error(const struct report_source *source, const struct error *error);
void report_notice(const struct report_source *source, sql_position position, const char *message, const char *hint);
void report_line(const char *format, ...) PRINTF_LIKE(1, 2);
/* "3 late rows dropped, 1 record could not be used (first: …)"; nothing when nothing was dropped. */
void report_dropped(const struct job *job);
