/* report.c: every line for the user's eyes goes through here, in one write each. */
#include "cli/report.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/console.h"
#include "grammar/parser.h"
#include "runtime/job.h"

static void write_all(const struct strbuf *text) {
    size_t done = 0;
    while (done < text->size) {
        ssize_t written = write(STDERR_FILENO, text->data + done, text->size - done);
        if (written <= 0)
            return; /* nobody to tell */
        done += (size_t)written;
    }
}

void report_line(const char *format, ...) {
    struct strbuf text;
    strbuf_init(&text);
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    strbuf_append_char(&text, '\n');
    write_all(&text);
    strbuf_release(&text);
}

void report_error(const struct report_source *source, const struct error *error) {
    struct strbuf text;
    strbuf_init(&text);
    unsigned line, column;
    if (source->file && sql_locate(source->text, error->position, &line, &column))
        strbuf_printf(&text, "%s:%u: ", source->file, source->lines_before + line);
    sql_render_error(&text, source->text, source->lines_before, error);
    if (text.size && text.data[text.size - 1] != '\n')
        strbuf_append_char(&text, '\n');
    write_all(&text);
    strbuf_release(&text);
}

static void append_place(struct strbuf *out, const struct report_source *source, sql_position position) {
    unsigned line, column;
    if (!sql_locate(source->text, position, &line, &column))
        return;
    line += source->lines_before;
    if (source->file)
        strbuf_printf(out, "%s:%u:%u: ", source->file, line, column);
    else
        strbuf_printf(out, "line %u, column %u: ", line, column);
}

void report_notice(const struct report_source *source, sql_position position, const char *message, const char *hint) {
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append_text(&text, "notice: ");
    append_place(&text, source, position);
    strbuf_append_text(&text, message);
    if (hint && hint[0])
        strbuf_printf(&text, " (%s)", hint);
    strbuf_append_char(&text, '\n');
    write_all(&text);
    strbuf_release(&text);
}

static void append_count(struct strbuf *out, uint64_t count, const char *one, const char *many) {
    strbuf_printf(out, "%s%llu %s", out->size ? ", " : "", (unsigned long long)count, count == 1 ? one : many);
}

static void append_first(struct strbuf *out, const struct job *job) {
    uint32_t count;
    const struct job_dead_letter *letters = job_dead_letters(job, &count);
    if (!count)
        return;
    strbuf_printf(out, job_dead_count(job) > count ? " (one of the last: %s" : " (first: %s", letters->split);
    if (letters->line)
        strbuf_printf(out, " line %lld", (long long)letters->line);
    else
        strbuf_printf(out, " offset %lld", (long long)letters->offset);
    strbuf_append_text(out, ": ");
    display_append(out, str_from(letters->reason));
    strbuf_append_char(out, ')');
}

void report_dropped(const struct job *job) {
    struct strbuf text;
    strbuf_init(&text);
    if (job_rows_late(job))
        append_count(&text, job_rows_late(job), "late row", "late rows");
    if (job_dead_count(job)) {
        append_count(&text, job_dead_count(job), "dead record", "dead records");
        append_first(&text, job);
    }
    if (text.size)
        report_line("%s", strbuf_text(&text));
    strbuf_release(&text);
}
