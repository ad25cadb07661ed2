/* print.c: a sink that writes every row to standard output (or standard error) as Flink does: "+I[Berlin, 12.5]". */
#include <errno.h>
#include <stdio.h>

#include "connectors/connectors.h"
#include "core/base/arena.h"

struct print {
    struct sink sink;
    const char *identifier; /* may be NULL */
    FILE *stream;
    struct strbuf text;
};

static const struct option_spec print_options[] = {
    {"print-identifier", OPTION_STRING, NULL, false, NULL, "written before every row"},
    {"standard-error", OPTION_BOOL, "false", false, NULL, "write to standard error"},
    {0},
};

static enum status print_failed(struct error *error) {
    if (errno == EPIPE)
        return FAIL(error, STATUS_BROKEN_PIPE, "the output of sink \"print\" was closed");
    return FAIL(error, errno == ENOSPC ? STATUS_DISK_FULL : STATUS_FILE_ERROR,
                "cannot write the output of sink \"print\": %s", strerror(errno));
}

static enum status print_write(struct sink *sink, struct batch *batch, struct error *error) {
    struct print *print = (struct print *)sink;
    strbuf_reset(&print->text);
    for (uint32_t row = 0; row < batch->row_count; row++) {
        if (print->identifier)
            strbuf_printf(&print->text, "%s> ", print->identifier);
        enum change_kind kind = batch->change_kinds ? (enum change_kind)batch->change_kinds[row] : CHANGE_INSERT;
        strbuf_printf(&print->text, "%s[", change_kind_text(kind));
        for (uint32_t i = 0; i < batch->column_count; i++) {
            if (i)
                strbuf_append_text(&print->text, ", ");
            column_print_value(&print->text, &batch->columns[i], row);
        }
        strbuf_append_text(&print->text, "]\n");
    }
    if (print->text.size && fwrite(print->text.data, print->text.size, 1, print->stream) != 1)
        return print_failed(error);
    return fflush(print->stream) == 0 ? STATUS_OK : print_failed(error);
}

static enum status print_flush(struct sink *sink, struct error *error) {
    return fflush(((struct print *)sink)->stream) == 0 ? STATUS_OK : print_failed(error);
}

static void print_close(struct sink *sink) {
    strbuf_release(&((struct print *)sink)->text);
}

static const struct sink_class print_sink = {.write = print_write, .flush = print_flush, .close = print_close};

static enum status print_open(const struct sink_config *config, struct sink **sink, struct error *error) {
    (void)error;
    struct print *print = ARENA_NEW(config->arena, struct print);
    print->sink.class = &print_sink;
    const char *identifier = options_text(config->options, print_options, "print-identifier");
    print->identifier = identifier ? arena_strdup(config->arena, identifier) : NULL;
    print->stream = options_bool(config->options, print_options, "standard-error") ? stderr : stdout;
    strbuf_init(&print->text);
    *sink = &print->sink;
    return STATUS_OK;
}

static enum sink_changes print_changes(const struct options *options, bool has_key) {
    (void)options, (void)has_key;
    return SINK_RETRACT;
}

const struct connector_class print_connector = {
    .name = "print",
    .options = print_options,
    .sink_open = print_open,
    .sink_changes = print_changes,
};
