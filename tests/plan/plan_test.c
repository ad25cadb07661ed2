/* plan_test.c: runs one golden case of the planner: prints what the statements of an SQL file give, without running a job.
 *
 *   plan_test case.sql      DDL changes the catalogue, SET the settings; EXPLAIN, DESCRIBE, SHOW CREATE and errors are printed
 *
 * tests/plan/run compares the output with case.plan. Every plan goes through bytes and back, and must be the same after. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/settings.h"
#include "core/base/str.h"
#include "grammar/parser.h"
#include "planner/planner.h"

struct session {
    struct catalogue *catalogue;
    struct settings settings;
    struct str text;
    struct strbuf out;
};

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *data = NULL;
    size_t capacity = 0;
    *size = 0;
    for (;;) {
        if (*size + 4096 > capacity)
            data = memory_realloc(data, capacity = capacity * 2 + 8192);
        size_t got = fread(data + *size, 1, 4096, file);
        *size += got;
        if (got == 0)
            break;
    }
    fclose(file);
    return data;
}

static struct planner_options options_of(const struct session *session) {
    return (struct planner_options){
        .settings = &session->settings, .sql_text = session->text, .statement_name = "test", .final_rows_only = true};
}

/* Packed and unpacked, a plan prints as before. */
static enum status check_codec(struct arena *arena, const Plan__Plan *plan, struct error *error) {
    Plan__Plan *copy;
    struct strbuf before, after;
    TRY(plan_unpack(arena, plan_pack(arena, plan), &copy, error));
    strbuf_init(&before);
    strbuf_init(&after);
    plan_print(&before, plan);
    plan_print(&after, copy);
    bool same = str_equal(strbuf_str(&before), strbuf_str(&after));
    strbuf_release(&before);
    strbuf_release(&after);
    return same ? STATUS_OK : FAIL(error, STATUS_INTERNAL, "the plan is another one after packing and unpacking");
}

static enum status explain(struct session *session, struct arena *arena, const struct ast_statement *statement,
                           struct error *error) {
    struct planner_options options = options_of(session);
    struct planner_notices notices = {0};
    struct planner_result result;
    TRY(explain_statement(arena, session->catalogue, &statement->explain, &options, &notices, &session->out, error));
    for (size_t i = 0; i < notices.count; i++)
        strbuf_printf(&session->out, "NOTICE: %s\n", notices.items[i].message);
    if (!planner_plans(statement->explain.statement) ||
        statement->explain.statement->kind == AST_STATEMENT_CREATE_TABLE)
        return STATUS_OK;
    TRY(plan_statement(arena, session->catalogue, statement->explain.statement, &options, &result, error));
    return check_codec(arena, result.plan, error);
}

static enum status describe(struct session *session, struct arena *arena, const struct ast_statement *statement,
                            struct error *error) {
    const struct catalogue_object *object;
    struct describe_rows rows;
    TRY(catalogue_find(session->catalogue, &statement->describe.name, &object, error));
    catalogue_describe(arena, object, &rows);
    for (size_t i = 0; i < rows.count; i++)
        strbuf_printf(&session->out, "%s | %s | %s | %s | %s | %s | %s\n", rows.items[i].name, rows.items[i].type,
                      rows.items[i].null, rows.items[i].key, rows.items[i].extras, rows.items[i].watermark,
                      rows.items[i].comment);
    return STATUS_OK;
}

static enum status show(struct session *session, struct arena *arena, const struct ast_statement *statement,
                        struct error *error) {
    const struct catalogue_object *object;
    struct catalogue_names names;
    static const struct {
        enum ast_show_kind show;
        enum catalogue_list list;
    } lists[] = {
        {AST_SHOW_TABLES, CATALOGUE_LIST_TABLES},
        {AST_SHOW_VIEWS, CATALOGUE_LIST_VIEWS},
        {AST_SHOW_DATABASES, CATALOGUE_LIST_DATABASES},
        {AST_SHOW_CATALOGS, CATALOGUE_LIST_CATALOGS},
    };
    if (statement->show.kind == AST_SHOW_CREATE_TABLE || statement->show.kind == AST_SHOW_CREATE_VIEW) {
        TRY(catalogue_find(session->catalogue, &statement->show.name, &object, error));
        catalogue_show_create(&session->out, object);
        strbuf_append_text(&session->out, "\n");
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i].show == statement->show.kind) {
            TRY(catalogue_list(session->catalogue, lists[i].list, &statement->show.name, arena, &names, error));
            for (size_t k = 0; k < names.count; k++)
                strbuf_printf(&session->out, "%s\n", names.items[k]);
        }
    return STATUS_OK;
}

static enum status set(struct session *session, struct arena *arena, const struct ast_statement *statement,
                       struct error *error) {
    bool has_effect;
    return settings_set(&session->settings, str_copy(arena, statement->set.key), str_copy(arena, statement->set.value),
                        &has_effect, error);
}

static enum status plan(struct session *session, struct arena *arena, const struct ast_statement *statement,
                        struct error *error) {
    struct planner_options options = options_of(session);
    struct planner_result result;
    TRY(plan_statement(arena, session->catalogue, statement, &options, &result, error));
    if (!result.plan)
        return STATUS_OK;
    plan_print(&session->out, result.plan);
    for (size_t i = 0; i < result.notices.count; i++)
        strbuf_printf(&session->out, "NOTICE: %s\n", result.notices.items[i].message);
    return check_codec(arena, result.plan, error);
}

static enum status execute(struct session *session, struct arena *arena, const struct ast_statement *statement,
                           struct error *error) {
    if (catalogue_executes(statement)) {
        const char *summary;
        TRY(catalogue_execute(session->catalogue, statement, session->text, &session->settings, arena, &summary,
                              error));
        strbuf_printf(&session->out, "%s\n", summary);
        return STATUS_OK;
    }
    switch (statement->kind) {
    case AST_STATEMENT_EXPLAIN: return explain(session, arena, statement, error);
    case AST_STATEMENT_DESCRIBE: return describe(session, arena, statement, error);
    case AST_STATEMENT_SHOW: return show(session, arena, statement, error);
    case AST_STATEMENT_SET: return set(session, arena, statement, error);
    case AST_STATEMENT_RESET: settings_reset_all(&session->settings); return STATUS_OK;
    default: return plan(session, arena, statement, error);
    }
}

static void run(struct session *session) {
    struct arena arena;
    size_t offset = 0;
    arena_init(&arena);
    for (;;) {
        struct ast_statement *statement;
        struct error error = {0};
        enum status status = sql_parse_next(&arena, session->text, &offset, &statement, &error);
        if (status == STATUS_OK && !statement)
            break;
        if (status == STATUS_OK) {
            strbuf_printf(&session->out, "> %.*s\n", STR_FORMAT(statement->text));
            status = execute(session, &arena, statement, &error);
        }
        if (status != STATUS_OK)
            sql_render_error(&session->out, session->text, 0, &error);
        strbuf_append_text(&session->out, "\n");
        arena_reset(&arena);
    }
    arena_release(&arena);
}

int main(int argument_count, char **arguments) {
    struct session session = {0};
    if (argument_count != 2) {
        fprintf(stderr, "usage: %s case.sql\n", arguments[0]);
        return 2;
    }
    size_t size;
    char *text = read_file(arguments[1], &size);
    if (!text) {
        fprintf(stderr, "cannot read %s\n", arguments[1]);
        return 2;
    }
    session.text = (struct str){text, size};
    session.catalogue = catalogue_new(connectors_builtin());
    settings_init(&session.settings);
    strbuf_init(&session.out);
    run(&session);
    fwrite(session.out.data, 1, session.out.size, stdout);
    strbuf_release(&session.out);
    settings_release(&session.settings);
    catalogue_free(session.catalogue);
    free(text);
    return 0;
}
