/* main.c: the program `streamsql`: reads its arguments and does one of: shell, texts (-c, -f), run, demo. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/demo.h"
#include "cli/script.h"
#include "cli/shell.h"
#include "cli/text_file.h"
#include "connectors/connector.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/fault.h"
#include "core/base/settings.h"
#include "version.h"

enum { EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

static int fail_plainly(const struct error *error) {
    struct report_source source = {0};
    report_error(&source, error);
    return EXIT_ERROR;
}

static int fail_usage(const struct error *error) {
    if (error->hint[0])
        report_line("streamsql: %s (%s)", error->message, error->hint);
    else
        report_line("streamsql: %s", error->message);
    return error->status == STATUS_UNSUPPORTED ? EXIT_ERROR : EXIT_USAGE;
}

static int print_and_exit(struct strbuf *text) {
    struct console console;
    struct error error = {0};
    console_init_stdout(&console);
    strbuf_append_str(&console.pending, strbuf_str(text));
    enum status status = console_flush(&console, &error);
    console_release(&console);
    strbuf_release(text);
    return status == STATUS_OK ? 0 : fail_plainly(&error);
}

static int print_help(void) {
    struct strbuf text;
    strbuf_init(&text);
    arguments_print_help(&text);
    return print_and_exit(&text);
}

static int print_version(void) {
    struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text, "streamsql %s (%s)\n", STREAMSQL_VERSION, STREAMSQL_COMMIT);
    return print_and_exit(&text);
}

/* One JSON object a line; the texts of faults.def need no escapes. */
static int print_fault_points(void) {
    struct strbuf text;
    strbuf_init(&text);
    for (int i = 0; i < FAULT_NAME_COUNT; i++)
        strbuf_printf(&text, "{\"name\": \"%s\", \"meaning\": \"%s\"}\n", fault_name_text((enum fault_name)i),
                      fault_name_meaning((enum fault_name)i));
    return print_and_exit(&text);
}

/* Backslash commands work in -c and -f too; a text without them is parsed as a whole before its first statement runs. */
static enum status execute_text(struct shell *shell, struct str text, const char *name, enum session_mode mode) {
    struct report_source source = {.file = name, .text = text};
    if (mode == SESSION_SEQUENTIAL && script_has_commands(text))
        return script_run(shell, text, name);
    return client_execute(shell->client, &source, mode);
}

static int execute_input(struct shell *shell, const struct input_text *input, enum session_mode mode) {
    struct error error = {0};
    struct strbuf text;
    strbuf_init(&text);
    const char *name = NULL;
    if (input->is_file) {
        name = strcmp(input->text, "-") == 0 ? "stdin" : input->text;
        if (text_file_read(input->text, &text, &error) != STATUS_OK) {
            strbuf_release(&text);
            return error.status == STATUS_CANCELLED ? EXIT_SIGNAL + client_signal() : fail_plainly(&error);
        }
    } else {
        strbuf_append_text(&text, input->text);
    }
    enum status status = execute_text(shell, strbuf_str(&text), name, mode);
    strbuf_release(&text);
    return status == STATUS_OK ? 0 : EXIT_ERROR;
}

static int execute_inputs(struct shell *shell, const struct arguments *arguments) {
    const struct session *session = shell->client->session;
    bool is_run = arguments->command == COMMAND_RUN;
    enum session_mode mode = is_run                                 ? SESSION_RUN
                             : arguments->command == COMMAND_VERIFY ? SESSION_VERIFY
                                                                    : SESSION_SEQUENTIAL;
    for (size_t i = 0; i < arguments->inputs.count; i++) {
        int code = execute_input(shell, &arguments->inputs.items[i], mode);
        if (code)
            return code;
        if (session_was_stopped(session)) /* for `run` a signal is the way to end, a second one is not */
            return is_run && !session_gave_up(session) ? 0 : EXIT_SIGNAL + client_signal();
        if (session_wants_quit(session) || shell->wants_quit)
            break;
    }
    return 0;
}

static enum status apply_settings(struct client *client, const struct arguments *arguments, struct error *error) {
    if (arguments->state_backend)
        TRY(settings_set(session_settings(client->session), "state.backend.type", arguments->state_backend, NULL,
                         error));
    for (size_t i = 0; i < arguments->settings.count; i++)
        TRY(settings_set(session_settings(client->session), arguments->settings.items[i].key,
                         arguments->settings.items[i].value, NULL, error));
    return STATUS_OK;
}

static int run_shell(struct shell *shell, const struct arguments *arguments) {
    struct client *client = shell->client;
    struct error error = {0};
    client_catch_signals();
    if (apply_settings(client, arguments, &error) != STATUS_OK)
        return fail_usage(&error);
    client->is_interactive = isatty(STDERR_FILENO);
    switch (arguments->command) {
    case COMMAND_TEXTS:
    case COMMAND_RUN:
    case COMMAND_VERIFY: return execute_inputs(shell, arguments);
    case COMMAND_DEMO: return demo_run(client, arguments->duration_us, arguments->rows);
    case COMMAND_SHELL: return shell_run(shell);
    case COMMAND_HELP:
    case COMMAND_VERSION:
    case COMMAND_FAULT_POINTS: break;
    }
    UNREACHABLE();
}

static int run(const struct arguments *arguments) {
    struct session_config config = {.registry = connectors_builtin(),
                                    .env = env_posix(),
                                    .batch_rows = arguments->batch_rows,
                                    .checkpoint_uri = arguments->checkpoint_uri,
                                    .checkpoint_interval_us = arguments->checkpoint_interval_us,
                                    .interval_is_given = arguments->interval_is_given,
                                    .savepoint = arguments->savepoint,
                                    .must_resume = arguments->resume,
                                    .stop_with_savepoint = arguments->stop_with_savepoint,
                                    .accept_plan_change = arguments->accept_plan_change,
                                    .checkpoint_stop_batches = (uint64_t)arguments->checkpoint_stop_batches,
                                    .dead_letter_path = arguments->dead_letter_path};
    struct client client;
    struct shell shell;
    struct error error = {0};
    if (client_open(&client, &config, arguments->format, &error) != STATUS_OK)
        return fail_plainly(&error);
    shell_init(&shell, &client);
    int code = run_shell(&shell, arguments);
    client_close(&client);
    shell_release(&shell);
    return code;
}

int main(int argc, char **argv) {
    struct arena arena;
    struct arguments arguments;
    struct error error = {0};
    int code;
    arena_init(&arena);
    signal(SIGPIPE, SIG_IGN);
    if (fault_init(&error) != STATUS_OK || arguments_parse(&arguments, &arena, argc, argv, &error) != STATUS_OK)
        code = fail_usage(&error);
    else if (arguments.command == COMMAND_HELP)
        code = print_help();
    else if (arguments.command == COMMAND_VERSION)
        code = print_version();
    else if (arguments.command == COMMAND_FAULT_POINTS)
        code = print_fault_points();
    else if (arguments_check_environment(&error) != STATUS_OK)
        code = fail_usage(&error);
    else
        code = run(&arguments);
    arena_release(&arena);
    return code;
}
