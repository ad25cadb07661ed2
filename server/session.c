/* session.c: from statements to the parts of the engine that execute them. Every kind of statement is one row of a table. */
#include "server/session.h"

#include <stdlib.h>

#include "connectors/connector.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/data/datetime.h"
#include "grammar/ast.h"
#include "grammar/parser.h"
#include "planner/catalogue.h"
#include "planner/planner.h"
#include "runtime/checkpoint/checkpointer.h"
#include "runtime/job.h"
#include "runtime/job_verify.h"
#include "server/foreground.h"
#include "server/show.h"
#include "server/text_rows.h"

struct session {
    struct session_config config;
    struct settings settings;
    struct catalogue *catalogue;
    struct foreground foreground;
    bool wants_quit;
    uint32_t job_count; /* begun with checkpoints */
};

/* One text being executed. */
struct execution {
    struct session *session;
    struct session_listener *listener;
    struct arena *arena; /* lives as long as the statement; under SESSION_RUN as the text */
    struct str text;
    enum session_mode mode;
    ARRAY_OF(struct ast_insert *) waiting; /* SESSION_RUN: INSERTs over unbounded input, for the end */
};

enum status session_open(const struct session_config *config, struct session **session, struct error *error) {
    (void)error;
    struct session *new = memory_zalloc(sizeof *new);
    new->config = *config;
    settings_init(&new->settings);
    new->catalogue = catalogue_new(config->registry);
    *session = new;
    return STATUS_OK;
}

void session_close(struct session *session) {
    if (!session)
        return;
    catalogue_free(session->catalogue);
    settings_release(&session->settings);
    free(session);
}

void session_forget_stop(struct session *session) {
    foreground_reset(&session->foreground);
}

void session_stop(struct session *session) {
    foreground_stop(&session->foreground);
}

void session_make_savepoint(struct session *session) {
    foreground_make_savepoint(&session->foreground);
}

bool session_was_stopped(const struct session *session) {
    return foreground_was_stopped(&session->foreground);
}

bool session_gave_up(const struct session *session) {
    return foreground_gave_up(&session->foreground);
}

bool session_wants_quit(const struct session *session) {
    return session->wants_quit;
}

struct settings *session_settings(struct session *session) {
    return &session->settings;
}

struct catalogue *session_catalogue(struct session *session) {
    return session->catalogue;
}

void session_progress(struct session *session, struct session_progress *progress) {
    foreground_progress(&session->foreground, progress);
}

static const struct time_zone *session_zone(const struct session *session) {
    const struct time_zone *zone = time_zone_find(settings_text(&session->settings, SETTING_TIME_ZONE));
    return zone ? zone : time_zone_find("UTC");
}

static void tell_done(struct execution *execution, const char *summary) {
    if (execution->listener->on_done && summary)
        execution->listener->on_done(execution->listener, summary);
}

static void tell_notice(struct execution *execution, sql_position position, const char *message, const char *hint) {
    if (execution->listener->on_notice)
        execution->listener->on_notice(execution->listener, position, message, hint);
}

static void tell_notices(struct execution *execution, const struct planner_notices *notices) {
    for (size_t i = 0; i < notices->count; i++)
        tell_notice(execution, notices->items[i].position, notices->items[i].message, notices->items[i].hint);
}

/* ---- plans ---- */

static struct planner_options planner_options_for(const struct execution *execution) {
    const struct settings *settings = &execution->session->settings;
    const char *name = settings_text(settings, SETTING_JOB_NAME);
    return (struct planner_options){
        .settings = settings,
        .sql_text = execution->text,
        .statement_name = name[0] ? name : NULL,
        .final_rows_only =
            !execution->listener->wants_changes && !settings_choice_is(settings, SETTING_RUNTIME_MODE, "streaming"),
    };
}

/* Jobs are known by their order: the same text runs the same jobs again. */
static const char *checkpoint_uri_for(const struct execution *execution) {
    struct session *session = execution->session;
    if (!session->config.checkpoint_uri)
        return NULL;
    const char *name = arena_printf(execution->arena, "job-%u", ++session->job_count);
    return checkpoint_uri(execution->arena, session->config.checkpoint_uri, name);
}

/* A job that is not run keeps its number. */
static void session_skip_job(struct session *session) {
    session->job_count++;
}

static int64_t checkpoint_interval_us(const struct session *session) {
    int64_t set_us = settings_duration_us(&session->settings, SETTING_CHECKPOINT_INTERVAL);
    return set_us > 0 && !session->config.interval_is_given ? set_us : session->config.checkpoint_interval_us;
}

static struct job_config job_config_for(const struct execution *execution, const Plan__Plan *plan) {
    const struct session *session = execution->session;
    int64_t batch_rows = session->config.batch_rows ? (int64_t)session->config.batch_rows
                                                    : settings_int(&session->settings, SETTING_BATCH_SIZE);
    const char *uri = checkpoint_uri_for(execution);
    return (struct job_config){
        .plan = plan,
        .registry = session->config.registry,
        .env = session->config.env,
        .batch_rows = (uint32_t)(batch_rows > BATCH_ROWS_MAX ? BATCH_ROWS_MAX : batch_rows),
        .time_zone = settings_text(&session->settings, SETTING_TIME_ZONE),
        .dead_letter_path = session->config.dead_letter_path,
        .checkpoint_uri = uri,
        .checkpoint_interval_us = checkpoint_interval_us(session),
        .savepoint = session->job_count == 1 ? session->config.savepoint : NULL,
        .must_resume = session->config.must_resume,
        .stop_with_savepoint = session->config.stop_with_savepoint,
        .accept_plan_change = session->config.accept_plan_change,
        .checkpoint_stop_batches = session->config.checkpoint_stop_batches,
        .uses_rocksdb = settings_choice_is(&session->settings, SETTING_STATE_BACKEND, "rocksdb"),
        .state_budget_bytes = settings_size_bytes(&session->settings, SETTING_STATE_MEMORY_BUDGET),
        .state_folder = settings_text(&session->settings, SETTING_STATE_LOCAL_FOLDER),
    };
}

static const Plan__Node *last_node(const Plan__Plan *plan) {
    return plan->nodes[plan->n_nodes - 1];
}

static const char *count_text(struct execution *execution, uint64_t count) {
    return arena_printf(execution->arena, "%llu", (unsigned long long)count);
}

static void add_verified(struct execution *execution, struct text_rows *rows, const struct verified_sink *sink) {
    const struct audit_counts *counts = &sink->counts;
    const uint64_t numbers[] = {sink->lane_count,   sink->decided_epoch, counts->published_epoch, counts->chunks,
                                counts->rows,       counts->missing,     counts->doubled,         counts->altered,
                                counts->reordered,  counts->foreign,     counts->unmarked,        counts->newer,
                                counts->bad_markers};
    enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
    const char *values[NUMBERS + 2] = {sink->table};
    for (size_t i = 0; i < NUMBERS; i++)
        values[i + 1] = count_text(execution, numbers[i]);
    values[NUMBERS + 1] = sink->is_clean ? "proved" : "WRONG";
    text_rows_add(rows, values);
}

/* One row a sink; a sink that is not as it should be fails the text after its rows were told. */
static enum status verify_writing(struct execution *execution, const Plan__Plan *plan, struct error *error) {
    static const char *const names[] = {"table",   "lanes",    "decided", "published",   "chunks",
                                        "rows",    "missing",  "doubled", "altered",     "reordered",
                                        "foreign", "unmarked", "newer",   "bad_markers", "verdict"};
    struct job_config config = job_config_for(execution, plan);
    struct verified_sink *sinks;
    uint32_t count, wrong = 0;
    TRY(job_verify(&config, execution->arena, &sinks, &count, error));
    struct text_rows rows;
    text_rows_init(&rows, execution->arena, names, sizeof names / sizeof names[0]);
    for (uint32_t i = 0; i < count; i++) {
        add_verified(execution, &rows, &sinks[i]);
        wrong += !sinks[i].is_clean;
    }
    TRY(text_rows_deliver(&rows, session_zone(execution->session), execution->listener, error));
    if (count == 0)
        return FAIL(error, STATUS_INVALID_DEFINITION, "the job has no sink that is written exactly once");
    return wrong == 0 ? STATUS_OK
                      : FAIL(error, STATUS_CHECKPOINT_UNUSABLE, "%u of %u sinks do not have what their markers say",
                             wrong, count);
}

static enum status run_writing(struct execution *execution, const Plan__Plan *plan, struct error *error) {
    if (execution->mode == SESSION_VERIFY)
        return verify_writing(execution, plan, error);
    struct foreground_task task = {
        .config = job_config_for(execution, plan), .listener = execution->listener, .wrote_rows = true};
    return foreground_run(&execution->session->foreground, &task, error);
}

static enum status run_query(struct execution *execution, const Plan__Plan *plan, bool final_rows,
                             struct error *error) {
    struct session *session = execution->session;
    struct session_listener *listener = execution->listener;
    const Plan__Node *sink = last_node(plan);
    const Plan__Node *input = plan->nodes[sink->inputs[0]];
    struct schema schema;
    TRY(plan_schema_decode(execution->arena, sink->output, sink->n_output, &schema, error));
    struct session_result result = {
        .schema = &schema,
        .change_mode = input->change_mode,
        .key_columns = input->key_columns,
        .key_column_count = input->change_mode == PLAN__CHANGE_MODE__UPSERT ? (uint32_t)input->n_key_columns : 0,
        .bounded = plan->bounded,
        .wants_final_rows = plan->bounded && final_rows,
        .zone = session_zone(session),
    };
    if (listener->on_start)
        TRY(listener->on_start(listener, &result, error));
    struct foreground_task task = {.config = job_config_for(execution, plan), .listener = listener, .has_result = true};
    TRY(foreground_run(&session->foreground, &task, error));
    return listener->on_end ? listener->on_end(listener, session_was_stopped(session), error) : STATUS_OK;
}

/* INSERTs over unbounded input wait for the end of the script. CREATE TABLE … AS has made its table and waits as an INSERT. */
static void wait_for_end(struct execution *execution, const struct ast_statement *statement) {
    if (statement->kind == AST_STATEMENT_STATEMENT_SET) {
        for (unsigned i = 0; i < statement->statement_set.count; i++)
            ARRAY_PUSH(execution->arena, &execution->waiting, statement->statement_set.items[i]);
        return;
    }
    struct ast_insert *insert = statement->insert;
    if (statement->kind == AST_STATEMENT_CREATE_TABLE) {
        insert = ARENA_NEW(execution->arena, struct ast_insert);
        insert->table = statement->create_table->name;
        insert->query = statement->create_table->query;
        insert->by_name = true;
        insert->position = statement->position;
        insert->end = statement->end;
    }
    ARRAY_PUSH(execution->arena, &execution->waiting, insert);
}

static enum status execute_planned(struct execution *execution, const struct ast_statement *statement,
                                   struct error *error) {
    struct planner_options options = planner_options_for(execution);
    struct planner_result result = {0};
    TRY(plan_statement(execution->arena, execution->session->catalogue, statement, &options, &result, error));
    tell_notices(execution, &result.notices);
    if (!result.plan) {
        tell_done(execution, "table exists already, skipped");
        return STATUS_OK;
    }
    bool waits = execution->mode != SESSION_SEQUENTIAL && !result.plan->bounded;
    if (statement->kind != AST_STATEMENT_QUERY) {
        if (!waits)
            return run_writing(execution, result.plan, error);
        wait_for_end(execution, statement);
        return STATUS_OK;
    }
    if (waits && execution->waiting.count) {
        enum status status = FAIL_AT(error, statement->position, STATUS_UNSUPPORTED,
                                     "an unbounded SELECT cannot run beside the INSERTs of this script yet");
        error_hint(error, "run it in a script of its own");
        return status;
    }
    if (execution->mode == SESSION_VERIFY) {
        session_skip_job(execution->session);
        return STATUS_OK;
    }
    return run_query(execution, result.plan, options.final_rows_only, error);
}

static enum status run_waiting(struct execution *execution, struct error *error) {
    if (!execution->waiting.count || session_was_stopped(execution->session))
        return STATUS_OK;
    struct planner_options options = planner_options_for(execution);
    struct planner_result result = {0};
    const struct catalogue *catalogue = execution->session->catalogue;
    if (execution->waiting.count == 1)
        TRY(plan_insert(execution->arena, catalogue, execution->waiting.items[0], &options, &result, error));
    else
        TRY(plan_statement_set(
            execution->arena, catalogue,
            &(struct ast_inserts){.items = execution->waiting.items, .count = (unsigned)execution->waiting.count},
            &options, &result, error));
    return run_writing(execution, result.plan, error);
}

/* ---- EXPLAIN ---- */

static enum status deliver_text(struct execution *execution, const char *text, struct error *error) {
    static const char *const names[] = {"result"};
    struct text_rows rows;
    text_rows_init(&rows, execution->arena, names, 1);
    rows.is_text = true;
    text_rows_add(&rows, &text);
    return text_rows_deliver(&rows, session_zone(execution->session), execution->listener, error);
}

static enum status measure(void *context, const struct job *job, struct error *error) {
    struct strbuf *out = context;
    (void)error;
    strbuf_append_text(out, "\n== Measured ==\n");
    for (uint32_t i = 0; i < job_operator_count(job); i++) {
        struct job_operator_status status;
        job_operator_status(job, i, &status);
        const struct operator_counters *counters = &status.counters;
        strbuf_printf(out, "%u %s: in=%llu out=%llu filtered=%llu merged=%llu late=%llu state_rows=%llu\n",
                      status.node_id, status.name, (unsigned long long)counters->rows_in,
                      (unsigned long long)counters->rows_out, (unsigned long long)counters->rows_filtered,
                      (unsigned long long)counters->rows_merged, (unsigned long long)counters->rows_late,
                      (unsigned long long)counters->state_rows);
    }
    return STATUS_OK;
}

static enum status explain_analyze(struct execution *execution, const struct ast_explain *explain, struct strbuf *out,
                                   struct error *error) {
    struct planner_options options = planner_options_for(execution);
    struct planner_result result = {0};
    if (!planner_plans(explain->statement))
        return FAIL_AT(error, explain->statement->position, STATUS_UNSUPPORTED,
                       "EXPLAIN ANALYZE of %s is not supported", ast_statement_name(explain->statement->kind));
    TRY(plan_statement(execution->arena, execution->session->catalogue, explain->statement, &options, &result, error));
    tell_notices(execution, &result.notices);
    if (!result.plan)
        return STATUS_OK;
    strbuf_append_text(out, "== Physical Plan ==\n");
    plan_print(out, result.plan);
    struct foreground_task task = {.config = job_config_for(execution, result.plan),
                                   .listener = execution->listener,
                                   .wrote_rows = true,
                                   .measured = measure,
                                   .context = out};
    return foreground_run(&execution->session->foreground, &task, error);
}

static enum status execute_explain(struct execution *execution, const struct ast_statement *statement,
                                   struct error *error) {
    struct planner_options options = planner_options_for(execution);
    struct planner_notices notices = {0};
    struct strbuf out;
    strbuf_init(&out);
    enum status status = statement->explain.mode == AST_EXPLAIN_ANALYZE
                             ? explain_analyze(execution, &statement->explain, &out, error)
                             : explain_statement(execution->arena, execution->session->catalogue, &statement->explain,
                                                 &options, &notices, &out, error);
    const char *text = arena_strdup(execution->arena, strbuf_text(&out));
    strbuf_release(&out);
    TRY(status);
    tell_notices(execution, &notices);
    return deliver_text(execution, text, error);
}

/* ---- the other statements ---- */

static enum status execute_definition(struct execution *execution, const struct ast_statement *statement,
                                      struct error *error) {
    struct session *session = execution->session;
    const char *summary = NULL;
    TRY(catalogue_execute(session->catalogue, statement, execution->text, &session->settings, execution->arena,
                          &summary, error));
    tell_done(execution, summary);
    if (statement->kind == AST_STATEMENT_CREATE_MATERIALIZED_VIEW)
        tell_notice(execution, statement->position,
                    "a materialized view is not kept up to date: its query runs whenever it is read",
                    "a job that writes its rows to a table is INSERT INTO");
    return STATUS_OK;
}

static enum status execute_show(struct execution *execution, const struct ast_statement *statement,
                                struct error *error) {
    struct session *session = execution->session;
    struct text_rows rows;
    TRY(show_statement(execution->arena, session->catalogue, &session->settings, statement, &rows, error));
    return text_rows_deliver(&rows, session_zone(session), execution->listener, error);
}

static void warn_about_setting(struct execution *execution, const struct ast_statement *statement, const char *key,
                               bool has_effect) {
    const struct settings *settings = &execution->session->settings;
    enum setting setting;
    if (!has_effect)
        tell_notice(execution, statement->set.key_position,
                    arena_printf(execution->arena, "setting \"%s\" has no effect here", key),
                    setting_foreign_hint(key));
    else if (setting_find(key, &setting) && setting == SETTING_CHECKPOINT_INTERVAL &&
             settings_duration_us(settings, setting) > 0 && !execution->session->config.checkpoint_uri)
        tell_notice(execution, statement->set.value_position, "checkpoints are taken with --checkpoint-dir only", NULL);
}

static enum status execute_set(struct execution *execution, const struct ast_statement *statement,
                               struct error *error) {
    const struct ast_set *set = &statement->set;
    if (!set->key.data)
        return execute_show(execution, statement, error);
    const char *key = str_copy(execution->arena, set->key);
    const char *value = str_copy(execution->arena, set->value);
    bool has_effect = true;
    enum setting setting;
    enum status status = settings_set(&execution->session->settings, key, value, &has_effect, error);
    if (status != STATUS_OK) {
        if (!error->position)
            error->position = setting_find(key, &setting) ? set->value_position : set->key_position;
        return status;
    }
    if (strcmp(key, setting_spec(SETTING_TIME_ZONE)->key) == 0 && !time_zone_find(value)) {
        TRY(settings_reset(&execution->session->settings, key, error));
        return FAIL_AT(error, set->value_position, STATUS_INVALID_OPTION, "there is no time zone \"%s\"", value);
    }
    warn_about_setting(execution, statement, key, has_effect);
    tell_done(execution, arena_printf(execution->arena, "%s = %s", key, value));
    return STATUS_OK;
}

static enum status execute_reset(struct execution *execution, const struct ast_statement *statement,
                                 struct error *error) {
    struct settings *settings = &execution->session->settings;
    if (!statement->set.key.data) {
        settings_reset_all(settings);
        tell_done(execution, "all settings are back to their defaults");
        return STATUS_OK;
    }
    const char *key = str_copy(execution->arena, statement->set.key);
    enum status status = settings_reset(settings, key, error);
    if (status != STATUS_OK && !error->position)
        error->position = statement->set.key_position;
    TRY(status);
    tell_done(execution, arena_printf(execution->arena, "%s is back to its default", key));
    return STATUS_OK;
}

static enum status refuse(const struct ast_statement *statement, struct error *error) {
    return FAIL_AT(error, statement->position, STATUS_UNSUPPORTED, "%s is not supported yet",
                   ast_statement_name(statement->kind));
}

static enum status execute_jar(struct execution *execution, const struct ast_statement *statement,
                               struct error *error) {
    (void)error;
    tell_notice(execution, statement->position,
                arena_printf(execution->arena, "%s has no effect: connectors and formats are built in",
                             ast_statement_name(statement->kind)),
                NULL);
    return STATUS_OK;
}

/* There is one module, core, and it is always used. */
static enum status execute_use_modules(struct execution *execution, const struct ast_statement *statement,
                                       struct error *error) {
    const struct ast_names *names = &statement->module.names;
    for (unsigned i = 0; i < names->count; i++)
        if (strcmp(names->items[i].text, "core") != 0 || i > 0)
            return FAIL_AT(error, names->items[i].position, STATUS_UNDEFINED_OBJECT,
                           i > 0 ? "module \"%s\" is one too many" : "module \"%s\" does not exist: there is core only",
                           names->items[i].text);
    tell_done(execution, "module core is used");
    return STATUS_OK;
}

static enum status execute_client(struct execution *execution, const struct ast_statement *statement,
                                  struct error *error) {
    (void)error;
    if (statement->kind == AST_STATEMENT_QUIT)
        execution->session->wants_quit = true;
    else if (execution->listener->on_client_statement)
        execution->listener->on_client_statement(execution->listener, ast_statement_name(statement->kind));
    return STATUS_OK;
}

static enum status execute_statement(struct execution *execution, const struct ast_statement *statement,
                                     struct error *error) {
    if (planner_plans(statement))
        return execute_planned(execution, statement, error);
    if (catalogue_executes(statement))
        return execute_definition(execution, statement, error);
    switch (statement->kind) {
    case AST_STATEMENT_EXPLAIN: return execute_explain(execution, statement, error);
    case AST_STATEMENT_DESCRIBE:
    case AST_STATEMENT_SHOW: return execute_show(execution, statement, error);
    case AST_STATEMENT_SET: return execute_set(execution, statement, error);
    case AST_STATEMENT_RESET: return execute_reset(execution, statement, error);
    case AST_STATEMENT_USE_MODULES: return execute_use_modules(execution, statement, error);
    case AST_STATEMENT_ADD_JAR:
    case AST_STATEMENT_REMOVE_JAR: return execute_jar(execution, statement, error);
    case AST_STATEMENT_HELP:
    case AST_STATEMENT_CLEAR:
    case AST_STATEMENT_QUIT: return execute_client(execution, statement, error);
    default: return refuse(statement, error);
    }
}

/* Nothing runs when the text has a syntax error anywhere. */
static enum status check_syntax(struct str text, struct error *error) {
    enum status status = STATUS_OK;
    struct ast_statement *statement;
    struct arena arena;
    arena_init(&arena);
    size_t offset = 0;
    do {
        arena_reset(&arena);
        status = sql_parse_next(&arena, text, &offset, &statement, error);
    } while (status == STATUS_OK && statement);
    arena_release(&arena);
    return status;
}

/* Parses and executes the statement at *offset; *ended when there was none. */
static enum status execute_next(struct execution *execution, size_t *offset, bool *ended, struct error *error) {
    struct ast_statement *statement;
    TRY(sql_parse_next(execution->arena, execution->text, offset, &statement, error));
    *ended = statement == NULL;
    return statement ? execute_statement(execution, statement, error) : STATUS_OK;
}

static enum status execute_text(struct execution *execution, struct error *error) {
    size_t offset = 0;
    bool ended = false;
    TRY(check_syntax(execution->text, error));
    while (!ended && !session_was_stopped(execution->session)) {
        TRY(execute_next(execution, &offset, &ended, error));
        if (session_was_stopped(execution->session) || execution->session->wants_quit)
            return STATUS_OK;
        if (execution->mode == SESSION_SEQUENTIAL) /* otherwise INSERTs may wait for the end */
            arena_reset(execution->arena);
    }
    return run_waiting(execution, error);
}

enum status session_execute(struct session *session, struct str text, enum session_mode mode,
                            struct session_listener *listener, struct error *error) {
    struct arena arena;
    arena_init(&arena);
    session->wants_quit = false;
    struct execution execution = {
        .session = session, .listener = listener, .arena = &arena, .text = text, .mode = mode};
    enum status status = execute_text(&execution, error);
    arena_release(&arena);
    return status;
}
