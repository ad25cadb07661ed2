/* live_table.c: draws with the table printer into memory, clips to the screen, moves the cursor back up. */
#include "cli/live_table.h"

#include <stdlib.h>

#include "cli/changelog.h"
#include "cli/console.h"
#include "cli/printer.h"
#include "core/base/env.h"
#include "server/session.h"

enum { REDRAW_US = 100000, MEASURE_US = 1000000, FRAME_LINES = 6 }; /* rules, header, count, and a line below */

struct live_table {
    struct console *console;
    struct session *session;
    struct session_result result;
    struct changelog *rows;
    bool has_changes;
    bool is_stale; /* rows came since the last drawing */
    uint64_t row_count;
    int64_t measured_us, drawn_us;
    uint64_t rows_in;          /* when measured last */
    double rows_in_per_second; /* < 0: not known yet */
    unsigned drawn_lines;
};

struct live_table *live_table_new(struct console *console, struct session *session,
                                  const struct session_result *result) {
    struct live_table *table = memory_zalloc(sizeof *table);
    table->console = console;
    table->session = session;
    table->result = *result;
    table->has_changes = result->change_mode != PLAN__CHANGE_MODE__APPEND;
    table->rows = changelog_new(result->schema, result->key_columns, result->key_column_count);
    table->measured_us = env_monotonic_us(env_posix());
    table->rows_in_per_second = -1;
    if (!table->has_changes) {
        unsigned columns, lines;
        console_size(console, &columns, &lines);
        changelog_keep_newest(table->rows, lines > FRAME_LINES + 3 ? lines - FRAME_LINES : 3);
    }
    return table;
}

void live_table_free(struct live_table *table) {
    if (!table)
        return;
    changelog_free(table->rows);
    free(table);
}

static enum status print_rows(void *context, const struct batch *batch, struct error *error) {
    return printer_batch(context, batch, error);
}

static enum status draw_rows(struct live_table *table, unsigned visible, struct strbuf *text, struct error *error) {
    struct console memory = {.descriptor = -1, .name = "screen"};
    struct printer_config config = {.console = &memory, .schema = table->result.schema, .zone = table->result.zone};
    struct printer *printer;
    TRY(printer_open(&printer_class_table, &config, &printer, error));
    enum status status = changelog_rows(table->rows, 0, visible, print_rows, printer, error);
    if (status == STATUS_OK)
        status = printer_end(printer, error);
    *text = memory.pending;
    printer_free(printer);
    return status;
}

/* Over a second each time: the first rows of a slow source, divided by the moment that they took, look like a fast one. */
static void measure(struct live_table *table, int64_t now_us) {
    struct session_progress progress;
    int64_t elapsed_us = now_us - table->measured_us;
    if (elapsed_us < MEASURE_US)
        return;
    session_progress(table->session, &progress);
    if (!progress.is_running)
        return;
    double rate = (double)(progress.rows_in - table->rows_in) * 1e6 / (double)elapsed_us;
    bool is_first = table->rows_in_per_second < 0;
    table->rows_in_per_second = is_first ? rate : (table->rows_in_per_second + rate) / 2;
    table->rows_in = progress.rows_in;
    table->measured_us = now_us;
}

static unsigned append_clipped(struct strbuf *out, const struct strbuf *text, unsigned columns) {
    unsigned lines = 0;
    for (size_t at = 0; at < text->size;) {
        const char *end = memchr(text->data + at, '\n', text->size - at);
        size_t size = end ? (size_t)(end - (text->data + at)) : text->size - at;
        struct str line = {text->data + at, size};
        strbuf_append_str(out, display_clip(line, columns));
        strbuf_append_char(out, '\n');
        at += size + 1;
        lines++;
    }
    return lines;
}

static enum status draw(struct live_table *table, bool is_last, struct error *error) {
    unsigned columns, lines;
    console_size(table->console, &columns, &lines);
    unsigned visible = lines > FRAME_LINES + 3 ? lines - FRAME_LINES : 3;
    uint64_t held = changelog_row_count(table->rows);
    struct strbuf text = {0};
    enum status status = draw_rows(table, visible, &text, error);
    if (status == STATUS_OK) {
        uint64_t total = table->has_changes ? held : table->row_count;
        /* The printer counted the visible rows: the true count replaces its last line. */
        while (text.size && text.data[text.size - 1] == '\n')
            text.size--;
        while (text.size && text.data[text.size - 1] != '\n')
            text.size--;
        strbuf_printf(&text, "(%llu row%s", (unsigned long long)total, total == 1 ? "" : "s");
        if (total > visible)
            strbuf_printf(&text, table->has_changes ? ", the first %u shown" : ", the newest %u shown", visible);
        if (!is_last && table->rows_in_per_second >= 0)
            strbuf_printf(&text, "; %.0f rows/s read", table->rows_in_per_second);
        if (!is_last)
            strbuf_append_text(&text, "; Ctrl-C stops");
        strbuf_append_text(&text, ")\n");
        struct strbuf *out = &table->console->pending;
        if (table->drawn_lines)
            strbuf_printf(out, "\033[%uA\r\033[J", table->drawn_lines);
        table->drawn_lines = append_clipped(out, &text, columns);
        status = console_flush(table->console, error);
    }
    strbuf_release(&text);
    table->is_stale = false;
    return status;
}

static enum status draw_when_due(struct live_table *table, struct error *error) {
    int64_t now_us = env_monotonic_us(env_posix());
    int64_t wait_us = table->is_stale ? REDRAW_US : 10 * REDRAW_US; /* without new rows only the rate changes */
    if (now_us - table->drawn_us < wait_us)
        return STATUS_OK;
    measure(table, now_us);
    table->drawn_us = now_us;
    return draw(table, false, error);
}

enum status live_table_batch(struct live_table *table, const struct batch *batch, struct error *error) {
    changelog_apply(table->rows, batch);
    table->row_count += batch->row_count;
    table->is_stale = true;
    return draw_when_due(table, error);
}

enum status live_table_idle(struct live_table *table, struct error *error) {
    return draw_when_due(table, error);
}

enum status live_table_end(struct live_table *table, struct error *error) {
    return draw(table, true, error);
}
