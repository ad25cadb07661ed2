/* planner_fuzz.c: any SQL text is planned or refused, with a reason that can be shown; every plan passes through bytes. */
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/settings.h"
#include "core/base/str.h"
#include "grammar/parser.h"
#include "planner/planner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char setup[] =
    "CREATE TABLE t (a INT, b STRING, x DOUBLE, d DECIMAL(10, 2), r ROW<i INT, s STRING>, l ARRAY<INT>, ts "
    "TIMESTAMP(3), "
    "WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');"
    "CREATE TABLE s (a INT, b STRING, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'blackhole');"
    "CREATE VIEW v AS SELECT a, r.s AS text, ts FROM t WHERE a > 1;";

struct session {
    struct catalogue *catalogue;
    struct arena arena;
    struct str text;
    bool must_succeed;
};

static enum status execute(struct session *session, const struct ast_statement *statement, struct error *error) {
    struct planner_options options = {.sql_text = session->text, .final_rows_only = session->text.size % 2};
    struct planner_result result;
    Plan__Plan *again;
    const char *summary;
    if (catalogue_executes(statement))
        return catalogue_execute(session->catalogue, statement, session->text, NULL, &session->arena, &summary, error);
    if (statement->kind == AST_STATEMENT_EXPLAIN) {
        struct strbuf out;
        strbuf_init(&out);
        enum status status =
            explain_statement(&session->arena, session->catalogue, &statement->explain, &options, NULL, &out, error);
        strbuf_release(&out);
        return status;
    }
    TRY(plan_statement(&session->arena, session->catalogue, statement, &options, &result, error));
    if (result.plan)
        ASSERT(plan_unpack(&session->arena, plan_pack(&session->arena, result.plan), &again, error) == STATUS_OK);
    return STATUS_OK;
}

static void run(struct session *session) {
    for (size_t offset = 0; offset < session->text.size;) {
        struct ast_statement *statement;
        struct error error = {0};
        enum status status = sql_parse_next(&session->arena, session->text, &offset, &statement, &error);
        if (status == STATUS_OK && !statement)
            return;
        if (status == STATUS_OK)
            status = execute(session, statement, &error);
        ASSERT(status == STATUS_OK || !session->must_succeed);
        if (status != STATUS_OK) {
            ASSERT(error.message[0] && error.position <= session->text.size + 1);
            ASSERT(status != STATUS_INTERNAL &&
                   utf8_validate(error.message, strlen(error.message)) == strlen(error.message));
        }
        arena_reset(&session->arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct session session = {.catalogue = catalogue_new(connectors_builtin()), .must_succeed = true};
    arena_init(&session.arena);
    session.text = STR(setup);
    run(&session);
    session.text = (struct str){(const char *)data, size};
    session.must_succeed = false;
    run(&session);
    arena_release(&session.arena);
    catalogue_free(session.catalogue);
    return 0;
}
