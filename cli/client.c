/* client.c: decides how a result is shown, and shows it.
 *
 *   terminal, unbounded, format table  ─▶ live table
 *   bounded, changes                   ─▶ changelog, its final rows at the end ─▶ printer
 *   anything else                      ─▶ printer, row by row (with the column `op` when there are changes)
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/changelog.h"
#include "cli/live_table.h"
#include "cli/pager.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "core/base/env.h"
#include "core/base/settings.h"
#include "runtime/job.h"

static struct session *volatile signal_session; /* executes a text now: a signal stops its job */
static volatile sig_atomic_t signal_count, signal_number;

/* A job with checkpoints ends with one, which may take long: when its place is full or away, for ever. */
static volatile sig_atomic_t tells_of_stop;
static const char stop_text[] = "\nstopping with a last checkpoint; the next signal stops at once\n";

static void on_signal(int number) {
    signal_number = number;
    if (!signal_session)
        return;
    signal_count = signal_count + 1;
    if (signal_count > 2) /* a stop that hangs must not hold the user */
        _exit(128 + number);
    if (signal_count == 1 && tells_of_stop)
        (void)!write(STDERR_FILENO, stop_text, sizeof stop_text - 1);
    session_stop(signal_session);
}

static void on_savepoint_signal(int number) {
    (void)number;
    if (signal_session)
        session_make_savepoint(signal_session);
}

void client_catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal}, savepoint = {.sa_handler = on_savepoint_signal};
    sigemptyset(&action.sa_mask);
    sigemptyset(&savepoint.sa_mask);
    sigaction(SIGUSR1, &savepoint, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hang_up;
    if (sigaction(SIGHUP, NULL, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) /* nohup ignores it for us */
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int client_signal(void) {
    return signal_number;
}

void client_forget_signal(void) {
    signal_number = 0;
}

/* Signals are let in only while waiting, so none is missed between looking and waiting. */
bool client_wait_for_input(int descriptor) {
    struct pollfd input = {.fd = descriptor, .events = POLLIN};
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, &before);
    int ready = 0;
    while (!signal_number && ready == 0) {
        ready = ppoll(&input, 1, NULL, &before);
        if (ready < 0 && errno == EINTR)
            ready = 0;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !signal_number;
}

/* ---- how a result is shown ---- */

static bool wants_changelog(const struct client *client) {
    if (client->format)
        return strcmp(client->format, "changelog") == 0;
    return settings_choice_is(session_settings(client->session), SETTING_RESULT_MODE, "changelog");
}

static const struct printer_class *class_for(const struct client *client) {
    const struct printer_class *class = client->format ? printer_class_find(client->format) : NULL;
    if (class)
        return class;
    return client->console.is_terminal ? &printer_class_table : &printer_class_csv;
}

static struct client *client_of(struct session_listener *listener) {
    return (struct client *)listener;
}

static bool is_json(const struct printer_class *class) {
    return class == &printer_class_json || class == &printer_class_jsonl;
}

static enum status on_start(struct session_listener *listener, const struct session_result *result,
                            struct error *error) {
    struct client *client = client_of(listener);
    (void)error;
    client->result = result;
    client->prints_text = result->is_text && !is_json(class_for(client));
    if (client->pages && result->bounded)
        console_page(&client->console);
    return STATUS_OK;
}

/* With the first rows, or when there is nothing to do for now: a query that fails at once prints no header. */
static enum status show_result(struct client *client, struct error *error) {
    const struct session_result *result = client->result;
    const struct printer_class *class = class_for(client);
    bool has_changes = result->change_mode != PLAN__CHANGE_MODE__APPEND;
    if (client->printer || client->live || client->prints_text)
        return STATUS_OK;
    if (client->console.is_terminal && !result->bounded && class == &printer_class_table && !wants_changelog(client)) {
        client->live = live_table_new(&client->console, client->session, result);
        return STATUS_OK;
    }
    bool shows_final = result->wants_final_rows && !wants_changelog(client);
    if (has_changes && shows_final)
        client->final_rows = changelog_new(result->schema, result->key_columns, result->key_column_count);
    struct printer_config config = {.console = &client->console,
                                    .schema = result->schema,
                                    .zone = result->zone,
                                    .shows_changes =
                                        !result->is_text && (wants_changelog(client) || (has_changes && !shows_final))};
    return printer_open(class, &config, &client->printer, error);
}

static enum status print_text(struct client *client, const struct batch *batch, struct error *error) {
    for (uint32_t row = 0; row < batch->row_count; row++) {
        struct strbuf *out = &client->console.pending;
        column_print_value(out, &batch->columns[0], row);
        if (!out->size || out->data[out->size - 1] != '\n')
            strbuf_append_char(out, '\n');
    }
    return console_flush(&client->console, error);
}

static enum status on_batch(struct session_listener *listener, const struct batch *batch, struct error *error) {
    struct client *client = client_of(listener);
    TRY(show_result(client, error));
    if (client->prints_text)
        return print_text(client, batch, error);
    if (client->live)
        return live_table_batch(client->live, batch, error);
    if (!client->final_rows)
        return printer_batch(client->printer, batch, error);
    changelog_apply(client->final_rows, batch);
    return STATUS_OK;
}

static enum status on_idle(struct session_listener *listener, struct error *error) {
    struct client *client = client_of(listener);
    TRY(show_result(client, error));
    if (client->live)
        return live_table_idle(client->live, error);
    if (client->printer && !client->final_rows)
        return printer_idle(client->printer, error);
    return STATUS_OK;
}

static enum status print_batch(void *context, const struct batch *batch, struct error *error) {
    return printer_batch(context, batch, error);
}

static void result_release(struct client *client) {
    struct error error; /* of a result that was cut short: its own error is the one that is told */
    if (console_page_end(&client->console, &error) != STATUS_OK)
        strbuf_reset(&client->console.pending);
    printer_free(client->printer);
    live_table_free(client->live);
    changelog_free(client->final_rows);
    client->printer = NULL;
    client->live = NULL;
    client->final_rows = NULL;
    client->result = NULL;
}

static enum status finish_result(struct client *client, struct error *error) {
    TRY(show_result(client, error));
    if (client->live)
        return live_table_end(client->live, error);
    if (!client->printer)
        return STATUS_OK;
    if (client->final_rows)
        TRY(changelog_rows(client->final_rows, 0, UINT64_MAX, print_batch, client->printer, error));
    return printer_end(client->printer, error);
}

static enum status on_end(struct session_listener *listener, bool was_stopped, struct error *error) {
    struct client *client = client_of(listener);
    (void)was_stopped;
    enum status status = finish_result(client, error);
    if (status == STATUS_OK)
        status = console_page_end(&client->console, error);
    result_release(client);
    return status;
}

/* ---- what is said beside the rows ---- */

static void on_done(struct session_listener *listener, const char *summary) {
    if (client_of(listener)->is_interactive)
        report_line("%s", summary);
}

static void on_notice(struct session_listener *listener, sql_position position, const char *message, const char *hint) {
    report_notice(&client_of(listener)->source, position, message, hint);
}

/* A line of progress would run into rows on the same terminal. */
static void on_job_start(struct session_listener *listener) {
    struct client *client = client_of(listener);
    if (!client->result || !client->console.is_terminal)
        client->progress = progress_start(client->session);
}

static void on_job_end(struct session_listener *listener, const struct session_job_end *end) {
    struct client *client = client_of(listener);
    progress_stop(client->progress);
    client->progress = NULL;
    if (end->wrote_rows && client->is_interactive)
        report_line("%s: %llu rows read in %.3f s", end->was_stopped ? "stopped" : "done",
                    (unsigned long long)job_rows_in(end->job), (double)end->elapsed_us / 1e6);
    if (end->gave_up)
        report_line("stopped at once: work since the last checkpoint is given up; the next start does it again");
    report_dropped(end->job);
}

static void on_savepoint(struct session_listener *listener, const char *name) {
    (void)listener;
    report_line("savepoint: %s", name);
}

static void on_client_statement(struct session_listener *listener, const char *name) {
    struct client *client = client_of(listener);
    if (strcmp(name, "CLEAR") == 0 && client->console.is_terminal)
        strbuf_append_text(&client->console.pending, "\033[H\033[2J");
    else if (strcmp(name, "HELP") == 0)
        report_line(
            "Statements end with ;   \\? lists the shell's commands, SHOW TABLES and SHOW FUNCTIONS what there is");
}

/* ---- the client itself ---- */

enum status client_open(struct client *client, const struct session_config *config, const char *format,
                        struct error *error) {
    *client = (struct client){
        .listener = {.on_start = on_start,
                     .on_batch = on_batch,
                     .on_idle = on_idle,
                     .on_end = on_end,
                     .on_done = on_done,
                     .on_notice = on_notice,
                     .on_job_start = on_job_start,
                     .on_job_end = on_job_end,
                     .on_savepoint = on_savepoint,
                     .on_client_statement = on_client_statement},
        .format = format,
    };
    tells_of_stop = config->checkpoint_uri && isatty(STDERR_FILENO);
    console_init_stdout(&client->console);
    return session_open(config, &client->session, error);
}

void client_close(struct client *client) {
    result_release(client);
    session_close(client->session);
    console_release(&client->console);
}

enum status client_output(struct client *client, const char *path, struct error *error) {
    struct console console;
    if (path)
        TRY(console_init_file(&console, path, error));
    else
        console_init_stdout(&console);
    console_release(&client->console);
    client->console = console;
    return STATUS_OK;
}

enum status client_execute(struct client *client, const struct report_source *source, enum session_mode mode) {
    struct error error = {0}, flush_error = {0};
    int64_t started_us = env_monotonic_us(env_posix());
    client->source = *source;
    client->listener.wants_changes = wants_changelog(client);
    session_forget_stop(client->session);
    signal_count = 0;
    signal_session = client->session;
    if (client_signal()) /* it came while no text was executed: between two, or before the first */
        session_stop(client->session);
    enum status status = session_execute(client->session, source->text, mode, &client->listener, &error);
    signal_session = NULL;
    result_release(client); /* of a result that was cut short */
    enum status flushed = console_flush(&client->console, &flush_error);
    if (status == STATUS_OK && flushed != STATUS_OK) {
        status = flushed;
        error = flush_error;
    }
    if (status != STATUS_OK)
        report_error(source, &error);
    if (client->shows_timing)
        report_line("Time: %.3f ms", (double)(env_monotonic_us(env_posix()) - started_us) / 1e3);
    return status;
}
