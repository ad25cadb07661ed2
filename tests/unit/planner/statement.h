/* statement.h: SQL text to plans in tests: one catalogue, one arena, statements one after the other. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/settings.h"
#include "core/base/str.h"
#include "grammar/parser.h"
#include "planner/planner.h"

struct fixture {
    struct catalogue *catalogue;
    struct settings settings;
    struct arena arena;
    struct planner_options options;
    struct planner_result result;
    struct error error;
    const char *summary;
};

static inline void fixture_init(struct fixture *fixture) {
    memset(fixture, 0, sizeof *fixture);
    fixture->catalogue = catalogue_new(connectors_builtin());
    settings_init(&fixture->settings);
    arena_init(&fixture->arena);
    fixture->options = (struct planner_options){.settings = &fixture->settings, .statement_name = "test"};
}

static inline void fixture_release(struct fixture *fixture) {
    arena_release(&fixture->arena);
    settings_release(&fixture->settings);
    catalogue_free(fixture->catalogue);
}

/* Parses, and executes or plans, one statement; the plan is in fixture->result. */
static inline enum status run(struct fixture *fixture, const char *sql) {
    struct ast_statement *statement;
    struct str text = str_from(arena_strdup(&fixture->arena, sql));
    size_t offset = 0;
    error_reset(&fixture->error);
    TRY(sql_parse_next(&fixture->arena, text, &offset, &statement, &fixture->error));
    if (catalogue_executes(statement))
        return catalogue_execute(fixture->catalogue, statement, text, &fixture->settings, &fixture->arena,
                                 &fixture->summary, &fixture->error);
    fixture->options.sql_text = text;
    return plan_statement(&fixture->arena, fixture->catalogue, statement, &fixture->options, &fixture->result,
                          &fixture->error);
}

static inline void run_ok(struct fixture *fixture, const char *sql) {
    if (run(fixture, sql) != STATUS_OK)
        fail_msg("%s\n%s", sql, fixture->error.message);
}

static inline const Plan__Node *find_node(const Plan__Plan *plan, Plan__Node__OperationCase operation) {
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i]->operation_case == operation)
            return plan->nodes[i];
    fail_msg("no such node");
    return NULL;
}

static inline char *plan_text(const Plan__Plan *plan) {
    struct strbuf text;
    strbuf_init(&text);
    plan_print(&text, plan);
    return text.data; /* free() */
}
