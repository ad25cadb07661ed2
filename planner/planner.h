/* planner.h: from a syntax tree to a verified physical plan.
 *
 *   ast ─ binder ─▶ logical plan ─ rules ─▶ optimised logical plan ─ physical ─▶ Plan__Plan
 *         (names, types, time attributes)   (rules/)                (change modes, cost, ids)
 *
 * A plan lives in the given arena with everything that it points to: it borrows nothing from the syntax tree, the
 * catalogue or the options. User mistakes come back as errors with SQLSTATE and position.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/type.h"
#include "core/functions/function.h"
#include "grammar/ast.h"
#include "planner/catalogue.h"
#include "planner/plan.h"

struct arena;
struct settings;

struct planner_options {
    const struct settings *settings; /* NULL = all defaults */
    struct str sql_text;             /* what positions refer to; kept in the plan */
    const char *statement_name;      /* part of the stable ids of state; NULL = "query" */
    bool final_rows_only;            /* the reader wants a bounded query's final rows, not the way there */
    bool trace_rules;                /* fill planner_result.trace */
};

/* Something the user should know; not an error. */
struct planner_notice {
    sql_position position;
    const char *message;
    const char *hint; /* NULL = none */
};
struct planner_notices {
    struct planner_notice *items;
    size_t count;
    size_t capacity;
};
struct planner_trace { /* names of the rules that changed the plan, in order */
    const char **items;
    size_t count;
    size_t capacity;
};

struct planner_result {
    Plan__Plan *plan;
    struct planner_notices notices;
    struct planner_trace trace;
};

/* A SELECT whose rows go to the client: the last node is a Sink with connector "". Its Node.output names the columns
 * (unique), its input's change_mode says which changes come. */
enum status plan_query(struct arena *arena, const struct catalogue *catalogue, const struct ast_query *query,
                       const struct planner_options *options, struct planner_result *result,
                       struct error *error) MUST_CHECK;
enum status plan_insert(struct arena *arena, const struct catalogue *catalogue, const struct ast_insert *insert,
                        const struct planner_options *options, struct planner_result *result,
                        struct error *error) MUST_CHECK;
/* One plan with a sink per INSERT; equal parts (the scan of one table) are shared. */
enum status plan_statement_set(struct arena *arena, const struct catalogue *catalogue,
                               const struct ast_inserts *inserts, const struct planner_options *options,
                               struct planner_result *result, struct error *error) MUST_CHECK;
/* Any statement that becomes a plan. CREATE TABLE … AS creates its table first (result->plan is NULL when it exists
 * already and IF NOT EXISTS was written). */
bool planner_plans(const struct ast_statement *statement);
enum status plan_statement(struct arena *arena, struct catalogue *catalogue, const struct ast_statement *statement,
                           const struct planner_options *options, struct planner_result *result,
                           struct error *error) MUST_CHECK;

/* EXPLAIN of a query, INSERT, statement set or CREATE TABLE … AS (which then creates nothing): three sections of text, or
 * one JSON object with JSON_EXECUTION_PLAN. VERBOSE adds the trace of rules. EXPLAIN ANALYZE runs the statement, so the
 * caller plans explain->statement, runs it, and uses explain_plan for the text. */
enum status explain_statement(struct arena *arena, const struct catalogue *catalogue, const struct ast_explain *explain,
                              const struct planner_options *options, struct planner_notices *notices,
                              struct strbuf *out, struct error *error) MUST_CHECK;
/* The physical plan as JSON: {"nodes": [{"id", "type", "contents", "predecessors": [{"id"}], …}]}, as Flink's. */
void explain_plan_json(struct strbuf *out, const Plan__Plan *plan);

/* The columns of a query without planning it: CREATE VIEW, DESCRIBE, validation, completion. */
enum status planner_query_schema(struct arena *arena, const struct catalogue *catalogue, const struct ast_query *query,
                                 const struct planner_options *options, const struct schema **schema,
                                 struct error *error) MUST_CHECK;
