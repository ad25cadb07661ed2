/* shell.c: lines are collected until a statement is complete, then executed; Ctrl-C stops a query, or drops the lines. */
#include "cli/shell.h"

#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/completion.h"
#include "cli/line_reader.h"
#include "cli/report.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "grammar/parser.h"
#include "version.h"

static void complete(void *context, struct arena *arena, struct str text, struct completion *completion) {
    struct shell *shell = context;
    if (!text.size || text.data[0] != '\\' || memchr(text.data, ' ', text.size)) {
        completion_find(arena, shell->client->session, text, completion);
        return;
    }
    *completion = (struct completion){.ending = " ", .partial_size = text.size};
    for (const char *const *name = shell_command_names(); *name; name++)
        if (strncmp(*name, text.data, text.size) == 0)
            ARRAY_PUSH(arena, completion, *name);
}

/* Executes the complete statements at the front of `text` and removes them. */
static enum status execute_complete(struct shell *shell, struct strbuf *text) {
    size_t done = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && str_trim((struct str){text->data + done, text->size - done}).size) {
        bool complete_statement;
        size_t end = sql_statement_end(strbuf_str(text), done, &complete_statement);
        if (!complete_statement)
            break;
        struct str statement = {text->data + done, end - done};
        line_reader_remember(shell->reader, statement);
        status = client_execute(shell->client, statement, NULL, SESSION_SEQUENTIAL);
        shell->wants_quit |= session_wants_quit(shell->client->session);
        done = end;
    }
    if (status != STATUS_OK || !str_trim((struct str){text->data + done, text->size - done}).size)
        done = text->size;
    memmove(text->data, text->data + done, text->size - done);
    text->size -= done;
    return status;
}

static enum status take_line(struct shell *shell, struct strbuf *text, struct str line) {
    struct str trimmed = str_trim(line);
    if (!text->size && trimmed.size && trimmed.data[0] == '\\') {
        line_reader_remember(shell->reader, trimmed);
        return shell_command(shell, trimmed);
    }
    if (!text->size && !trimmed.size)
        return STATUS_OK;
    strbuf_append_str(text, line);
    strbuf_append_char(text, '\n');
    return execute_complete(shell, text);
}

/* A last statement without its semicolon, from a pipe. */
static enum status execute_rest(struct shell *shell, struct strbuf *text) {
    return text->size ? client_execute(shell->client, strbuf_str(text), NULL, SESSION_SEQUENTIAL) : STATUS_OK;
}

static int run_lines(struct shell *shell) {
    struct strbuf text;
    struct str line;
    bool is_terminal = line_reader_is_terminal(shell->reader);
    int code = 0;
    strbuf_init(&text);
    while (!shell->wants_quit && !code) {
        const char *prompt = text.size ? "        -> " : "streamsql> ";
        enum line_result result = line_reader_next(shell->reader, prompt, strbuf_str(&text), &line);
        if (result == LINE_INTERRUPTED) {
            report_line("^C");
            strbuf_reset(&text);
            continue;
        }
        enum status status = result == LINE_READ ? take_line(shell, &text, line) : execute_rest(shell, &text);
        if (!is_terminal)
            code = status != STATUS_OK ? 1 : session_was_stopped(shell->client->session) ? 128 + client_signal() : 0;
        if (result == LINE_END)
            break;
    }
    strbuf_release(&text);
    return code;
}

int shell_run(struct client *client) {
    struct shell shell = {.client = client, .chosen_format = client->format};
    shell.reader = line_reader_open(complete, &shell);
    client->is_interactive = line_reader_is_terminal(shell.reader);
    if (client->is_interactive)
        report_line("streamsql %s. Statements end with ;   \\? for help, \\q to quit.", STREAMSQL_VERSION);
    int code = run_lines(&shell);
    line_reader_close(shell.reader);
    free(shell.output_path);
    return code;
}
