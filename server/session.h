/* session.h: one user's conversation with the embedded engine.
 *
 * A session has settings and a catalogue, and executes SQL texts, statement after statement, on the calling thread. What
 * comes out goes to a listener: rows of a SELECT as they come, SHOW and DESCRIBE as rows of text, lines about what was done.
 *
 *   SQL text ─▶ parse all of it ─▶ for each statement: DDL, SET … ─▶ catalogue, settings
 *                                                     SHOW …      ─▶ rows of text
 *                                                     the rest    ─▶ plan ─▶ job ─▶ rows
 *
 * A text with a syntax error is refused as a whole. Other errors end the text where they occur; what ran before has run.
 * A statement that parses but cannot be executed is refused by its name (UNSUPPORTED).
 *
 * INSERT and EXECUTE STATEMENT SET run in the foreground, until their input ends or session_stop. In SESSION_RUN mode an INSERT
 * over unbounded input is checked where it stands and started when the end of the text is reached, together with the
 * others as one statement set, so that none keeps the next from running.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/batch.h"
#include "core/data/type.h"
#include "planner/plan.h"

struct catalogue;
struct connector_registry;
struct env;
struct job;
struct session;
struct settings;
struct time_zone;

/* Rows that are about to come. Borrowed for the length of the result. */
struct session_result {
    const struct schema *schema;
    Plan__ChangeMode change_mode; /* of the rows as they come */
    const uint32_t *key_columns;  /* under UPSERT: what identifies a row */
    uint32_t key_column_count;
    bool bounded;
    bool wants_final_rows; /* bounded, and the runtime mode is not `streaming`: show only what is left at the end */
    bool is_text;          /* one STRING column of lines that stand for themselves: EXPLAIN, SHOW CREATE TABLE */
    const struct time_zone *zone; /* of the session */
};

/* What a finished job leaves to report. */
struct session_job_end {
    const struct job *job; /* valid during the call; see job.h */
    bool was_stopped;
    bool gave_up;    /* by a second stop: what was not decided will be done again */
    bool wrote_rows; /* INSERT and statement sets */
    int64_t elapsed_us;
};

/* Who listens. All calls come from the thread that called session_execute; a failure ends the text. Members MAY be NULL. */
struct session_listener {
    enum status (*on_start)(struct session_listener *listener, const struct session_result *result,
                            struct error *error);
    enum status (*on_batch)(struct session_listener *listener, const struct batch *batch, struct error *error);
    /* The result waits for more rows. */
    enum status (*on_idle)(struct session_listener *listener, struct error *error);
    /* All rows came (or the user stopped the job); follows every successful on_start unless an error is returned. */
    enum status (*on_end)(struct session_listener *listener, bool was_stopped, struct error *error);
    /* A statement without rows did its work: `table "t" created`. */
    void (*on_done)(struct session_listener *listener, const char *summary);
    /* Something the user should know; position refers to the text being executed. */
    void (*on_notice)(struct session_listener *listener, sql_position position, const char *message, const char *hint);
    void (*on_job_start)(struct session_listener *listener);
    void (*on_job_end)(struct session_listener *listener, const struct session_job_end *end);
    /* A savepoint was made; `name` is what --from-savepoint takes. From another thread, while session_execute runs. */
    void (*on_savepoint)(struct session_listener *listener, const char *name);
    /* HELP, CLEAR: the client's own statements. */
    void (*on_client_statement)(struct session_listener *listener, const char *name);
    bool wants_changes; /* asks for the change log of a bounded query instead of its final rows */
};

struct session_config {
    const struct connector_registry *registry; /* borrowed for the session's life */
    struct env *env;                           /* likewise */
    uint32_t batch_rows;                       /* 0: the setting decides */
    const char *checkpoint_uri;                /* NULL: none; the n-th job of the session has job-n in it */
    int64_t checkpoint_interval_us;            /* job_config */
    bool interval_is_given;                    /* it wins over 'execution.checkpointing.interval' */
    const char *savepoint;                     /* of the first job; NULL: none */
    bool must_resume, stop_with_savepoint, accept_plan_change; /* job_config */
    uint64_t checkpoint_stop_batches;                          /* likewise */
    const char *dead_letter_path;                              /* JSON lines of broken records; NULL: none */
};

enum session_mode {
    SESSION_SEQUENTIAL, /* every statement ends before the next one starts */
    SESSION_RUN,        /* INSERTs over unbounded input run together at the end */
    SESSION_VERIFY, /* as RUN, but jobs are not run: what they published is compared with their markers, and told as rows */
};

enum status session_open(const struct session_config *config, struct session **session, struct error *error) MUST_CHECK;
void session_close(struct session *session);

/* Positions in `error` refer to `text`. */
enum status session_execute(struct session *session, struct str text, enum session_mode mode,
                            struct session_listener *listener, struct error *error) MUST_CHECK;
/* Ends the job that is running, and the text with it, in the clean way; async-signal-safe, from any thread. Without a running
 * job nothing is begun, in this text and the next ones, until session_forget_stop. */
void session_stop(struct session *session);
void session_forget_stop(struct session *session);
/* The job that is running makes a savepoint; async-signal-safe. */
void session_make_savepoint(struct session *session);
bool session_was_stopped(const struct session *session); /* since session_forget_stop */
bool session_gave_up(const struct session *session); /* likewise, by a second stop: undecided work will be done again */
bool session_wants_quit(const struct session *session); /* QUIT or EXIT was executed */

struct settings *session_settings(struct session *session);
struct catalogue *session_catalogue(struct session *session);

/* For an observer on another thread. */
struct session_progress {
    bool is_running;
    uint64_t rows_in;
    uint64_t rows_late;
    uint64_t dead_records;
};
void session_progress(struct session *session, struct session_progress *progress);
