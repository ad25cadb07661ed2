/* status.c: error records. Text is cut at the buffer's end, never in the middle of a UTF-8 sequence. */
#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *sqlstate;
    const char *summary;
} status_table[STATUS_COUNT] = {
    [STATUS_OK] = {"OK", "00000", "success"},
#define STATUS_CODE(name, sqlstate, summary) [STATUS_##name] = {#name, sqlstate, summary},
#include "core/base/errors.def"
#undef STATUS_CODE
};

/* Drops the last bytes of a cut text until it ends on a whole character. */
static void trim_partial_character(char *text) {
    size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (start - 1 + length > size)
        text[start - 1] = '\0';
}

static void format_into(char *buffer, size_t size, const char *format, va_list arguments) {
    int length = vsnprintf(buffer, size, format, arguments);
    if (length >= (int)size)
        trim_partial_character(buffer);
}

enum status error_set(struct error *error, enum status status, sql_position position, const char *source_file,
                      int source_line, const char *format, ...) {
    if (!error)
        return status;
    error_reset(error);
    error->status = status;
    error->position = position;
    error->source_file = source_file;
    error->source_line = source_line;
    va_list arguments;
    va_start(arguments, format);
    format_into(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

void error_detail(struct error *error, const char *format, ...) {
    if (!error)
        return;
    va_list arguments;
    va_start(arguments, format);
    format_into(error->detail, sizeof error->detail, format, arguments);
    va_end(arguments);
}

void error_hint(struct error *error, const char *format, ...) {
    if (!error)
        return;
    va_list arguments;
    va_start(arguments, format);
    format_into(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
}

void error_reset(struct error *error) {
    if (!error)
        return;
    error->status = STATUS_OK;
    error->message[0] = error->detail[0] = error->hint[0] = '\0';
    error->position = 0;
    error->retriable = false;
    error->source_file = NULL;
    error->source_line = 0;
}

const char *status_sqlstate(enum status status) {
    ASSERT((unsigned)status < STATUS_COUNT);
    return status_table[status].sqlstate;
}

const char *status_summary(enum status status) {
    ASSERT((unsigned)status < STATUS_COUNT);
    return status_table[status].summary;
}

const char *status_name(enum status status) {
    ASSERT((unsigned)status < STATUS_COUNT);
    return status_table[status].name;
}

void assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}
