/* client.h: the program's side of a session: executes texts, prints their rows, reports what went wrong.
 *
 * Used by -c, -f, run, demo and the shell alike. SIGINT, SIGTERM and SIGHUP stop the job that is running, in the clean way.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/console.h"
#include "cli/report.h"
#include "core/base/status.h"
#include "server/session.h"

struct changelog;
struct live_table;
struct printer;
struct progress;

struct client {
    struct session_listener listener; /* first: what the session calls */
    struct session *session;
    struct console console;
    const char *format;  /* NULL: by where the output goes; borrowed */
    bool is_interactive; /* says what was done, shows HELP */
    bool shows_timing;
    bool pages;                  /* long results that end go through pager.h */
    struct report_source source; /* the text being executed */

    /* The result being printed. */
    const struct session_result *result; /* between its start and its end */
    struct printer *printer;
    struct live_table *live;
    struct changelog *final_rows;
    bool prints_text;
    struct progress *progress;
};

/* Opens the session; `config` as for session_open. */
enum status client_open(struct client *client, const struct session_config *config, const char *format,
                        struct error *error) MUST_CHECK;
void client_close(struct client *client);

/* Executes the source's text and reports. Returns what session_execute did; the error was printed. */
enum status client_execute(struct client *client, const struct report_source *source, enum session_mode mode);
/* Sends results to a file from here on; NULL: to stdout again. */
enum status client_output(struct client *client, const char *path, struct error *error) MUST_CHECK;

/* The last SIGINT, SIGTERM or SIGHUP since client_forget_signal, or 0. A text that is executed after one is stopped before it begins. */
int client_signal(void);
void client_forget_signal(void);
/* Waits until something can be read; false when a signal came, also one that came before. */
bool client_wait_for_input(int descriptor);
/* Installs the process's signal handlers. A third signal while one text is being executed ends the process. */
void client_catch_signals(void);
