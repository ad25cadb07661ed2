/* shell.c: lines go to the script; Ctrl-C stops a query, or drops the lines of the statement that is being written. */
#include "cli/shell.h"

#include <signal.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/completion.h"
#include "cli/line_reader.h"
#include "cli/script.h"
#include "version.h"

void shell_init(struct shell *shell, struct client *client) {
    *shell = (struct shell){.client = client, .chosen_format = client->format};
}

void shell_release(struct shell *shell) {
    free(shell->output_path);
}

static void complete(void *context, struct arena *arena, struct str text, struct completion *completion) {
    struct shell *shell = context;
    if (text.size && text.data[0] == '\\')
        shell_complete_command(shell, arena, text, completion);
    else
        completion_find(arena, shell->client->session, text, completion);
}

/* What became of one line of input; the exit status when it ends the shell, -1 when it does not. */
static int take(struct shell *shell, enum line_result result, struct str line) {
    bool is_terminal = line_reader_is_terminal(shell->reader);
    shell->was_stopped = false;
    if (result == LINE_INTERRUPTED) {
        report_line("^C");
        strbuf_reset(&shell->script->text);
        return -1;
    }
    if (result == LINE_FAILED)
        return 1;
    if (result == LINE_END && client_signal())
        return 128 + client_signal();
    if (result == LINE_END && is_terminal) {
        report_line("%s", ""); /* the next prompt is not on this line */
        return 0;
    }
    enum status status = result == LINE_READ ? script_line(shell, line) : script_end(shell);
    if (!is_terminal && status != STATUS_OK)
        return 1;
    if (!is_terminal && shell->was_stopped)
        return 128 + client_signal();
    return result == LINE_END || shell->wants_quit ? 0 : -1;
}

int shell_run(struct shell *shell) {
    struct client *client = shell->client;
    struct script script;
    struct str line;
    int code = -1;
    shell->reader = line_reader_open(complete, shell);
    client->is_interactive = client->pages = line_reader_is_terminal(shell->reader);
    if (client->is_interactive)
        report_line("streamsql %s. Statements end with ;   \\? for help, \\q to quit.", STREAMSQL_VERSION);
    script_begin(&script, shell, client->is_interactive ? NULL : "stdin");
    while (code < 0) {
        const char *prompt = script.text.size ? "        -> " : "streamsql> ";
        enum line_result result = line_reader_next(shell->reader, prompt, strbuf_str(&script.text), &line);
        code = take(shell, result, line);
    }
    script_finish(&script, shell);
    line_reader_close(shell->reader);
    shell->reader = NULL;
    return code;
}
