/* planner.c: the way of a statement through the planner: bind, rewrite, build. */
#include "planner/planner.h"

#include "core/base/arena.h"
#include "core/base/array.h"
#include "planner/binder.h"
#include "planner/physical.h"
#include "planner/pipeline.h"
#include "planner/rules/rule.h"
#include "planner/share_scans.h"

static const struct planner_options default_options;

/* ---- binding: one Sink per query ---- */

static enum status bind_client(struct pipeline *pipeline, const struct ast_query *query) {
    struct binder *binder = &pipeline->binder;
    struct logical *node;
    TRY(bind_query(binder, query, &node));
    struct logical *sink = bind_client_sink(binder, node);
    sink->position = query->position;
    ARRAY_PUSH(binder->arena, &pipeline->roots, sink);
    return STATUS_OK;
}

static enum status bind_table_insert(struct pipeline *pipeline, const struct ast_insert *insert) {
    struct logical *sink;
    TRY(bind_insert(&pipeline->binder, insert, &sink));
    ARRAY_PUSH(pipeline->binder.arena, &pipeline->roots, sink);
    return STATUS_OK;
}

static enum status bind_inserts(struct pipeline *pipeline, const struct ast_inserts *inserts) {
    for (unsigned i = 0; i < inserts->count; i++)
        TRY(bind_table_insert(pipeline, inserts->items[i]));
    return STATUS_OK;
}

/* CREATE TABLE … AS that only shall be explained: the rows go to the client. */
static enum status bind_statement(struct pipeline *pipeline, const struct ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY: return bind_client(pipeline, statement->query);
    case AST_STATEMENT_INSERT: return bind_table_insert(pipeline, statement->insert);
    case AST_STATEMENT_STATEMENT_SET: return bind_inserts(pipeline, &statement->statement_set);
    case AST_STATEMENT_CREATE_TABLE:
        if (statement->create_table->query)
            return bind_client(pipeline, statement->create_table->query);
        break;
    case AST_STATEMENT_CREATE_VIEW:
    case AST_STATEMENT_CREATE_MATERIALIZED_VIEW: return bind_client(pipeline, statement->create_view->query);
    default: break;
    }
    return FAIL_AT(pipeline->binder.error, statement->position, STATUS_UNSUPPORTED, "%s has no plan",
                   ast_statement_name(statement->kind));
}

/* ---- the stages ---- */

void pipeline_init(struct pipeline *pipeline, struct arena *arena, const struct catalogue *catalogue,
                   const struct planner_options *options, struct planner_notices *notices, struct error *error) {
    *pipeline = (struct pipeline){.options = options ? options : &default_options};
    binder_init(&pipeline->binder, arena, catalogue, pipeline->options, notices, error);
}

enum status pipeline_bind(struct pipeline *pipeline, const struct ast_statement *statement) {
    return bind_statement(pipeline, statement);
}

void pipeline_optimise(struct pipeline *pipeline, struct planner_trace *trace) {
    struct arena *arena = pipeline->binder.arena;
    struct rule_context context = {.arena = arena, .evaluation = &pipeline->binder.evaluation, .trace = trace};
    for (size_t i = 0; i < pipeline->roots.count; i++) {
        struct logical *optimised = rules_apply(&context, pipeline->roots.items[i]);
        ARRAY_PUSH(arena, &pipeline->optimised, optimised);
    }
    if (!share_scans(arena, &pipeline->optimised))
        return;
    for (size_t i = 0; i < pipeline->optimised.count; i++)
        pipeline->optimised.items[i] = rules_apply_nodes(&context, pipeline->optimised.items[i]);
}

enum status pipeline_build(struct pipeline *pipeline, Plan__Plan **plan) {
    return physical_plan(pipeline->binder.arena, pipeline->optimised.items, (uint32_t)pipeline->optimised.count,
                         pipeline->options, plan, pipeline->binder.error);
}

static enum status finish(struct pipeline *pipeline, struct planner_result *result) {
    pipeline_optimise(pipeline, pipeline->options->trace_rules ? &result->trace : NULL);
    return pipeline_build(pipeline, &result->plan);
}

/* ---- public functions ---- */

enum status plan_query(struct arena *arena, const struct catalogue *catalogue, const struct ast_query *query,
                       const struct planner_options *options, struct planner_result *result, struct error *error) {
    struct pipeline pipeline;
    *result = (struct planner_result){0};
    pipeline_init(&pipeline, arena, catalogue, options, &result->notices, error);
    TRY(bind_client(&pipeline, query));
    return finish(&pipeline, result);
}

enum status plan_insert(struct arena *arena, const struct catalogue *catalogue, const struct ast_insert *insert,
                        const struct planner_options *options, struct planner_result *result, struct error *error) {
    struct pipeline pipeline;
    *result = (struct planner_result){0};
    pipeline_init(&pipeline, arena, catalogue, options, &result->notices, error);
    TRY(bind_table_insert(&pipeline, insert));
    return finish(&pipeline, result);
}

enum status plan_statement_set(struct arena *arena, const struct catalogue *catalogue,
                               const struct ast_inserts *inserts, const struct planner_options *options,
                               struct planner_result *result, struct error *error) {
    struct pipeline pipeline;
    *result = (struct planner_result){0};
    pipeline_init(&pipeline, arena, catalogue, options, &result->notices, error);
    TRY(bind_inserts(&pipeline, inserts));
    return finish(&pipeline, result);
}

bool planner_plans(const struct ast_statement *statement) {
    return statement->kind == AST_STATEMENT_QUERY || statement->kind == AST_STATEMENT_INSERT ||
           statement->kind == AST_STATEMENT_STATEMENT_SET ||
           (statement->kind == AST_STATEMENT_CREATE_TABLE && statement->create_table->query);
}

/* The query is planned as far as its columns before the table is made, and the table goes again when the rest fails. */
static enum status plan_create_table_as(struct arena *arena, struct catalogue *catalogue,
                                        const struct ast_create_table *create, const struct planner_options *options,
                                        struct planner_result *result, struct error *error) {
    struct pipeline pipeline;
    struct logical *query, *sink;
    bool created;
    *result = (struct planner_result){0};
    pipeline_init(&pipeline, arena, catalogue, options, &result->notices, error);
    TRY(bind_query(&pipeline.binder, create->query, &query));
    const char **names = unique_names(arena, query);
    struct schema *schema = logical_schema(arena, query);
    for (uint32_t i = 0; i < schema->field_count; i++)
        schema->fields[i].name = names[i];
    TRY(catalogue_create_table_as(catalogue, create, schema, pipeline.options->sql_text, pipeline.options->settings,
                                  &created, error));
    if (!created)
        return STATUS_OK;
    const struct catalogue_object *table = NULL;
    enum status status = catalogue_find(catalogue, &create->name, &table, error);
    if (status == STATUS_OK)
        status = bind_insert_query(&pipeline.binder, table, query, create->name.items[0].position, &sink);
    if (status == STATUS_OK) {
        ARRAY_PUSH(arena, &pipeline.roots, sink);
        status = finish(&pipeline, result);
    }
    if (status != STATUS_OK && table)
        catalogue_remove(catalogue, table);
    return status;
}

enum status plan_statement(struct arena *arena, struct catalogue *catalogue, const struct ast_statement *statement,
                           const struct planner_options *options, struct planner_result *result, struct error *error) {
    if (statement->kind == AST_STATEMENT_CREATE_TABLE && statement->create_table->query)
        return plan_create_table_as(arena, catalogue, statement->create_table, options, result, error);
    struct pipeline pipeline;
    *result = (struct planner_result){0};
    pipeline_init(&pipeline, arena, catalogue, options, &result->notices, error);
    TRY(pipeline_bind(&pipeline, statement));
    return finish(&pipeline, result);
}

enum status planner_query_schema(struct arena *arena, const struct catalogue *catalogue, const struct ast_query *query,
                                 const struct planner_options *options, const struct schema **schema,
                                 struct error *error) {
    struct pipeline pipeline;
    struct logical *node;
    pipeline_init(&pipeline, arena, catalogue, options, NULL, error);
    TRY(bind_query(&pipeline.binder, query, &node));
    *schema = logical_schema(arena, node);
    return STATUS_OK;
}
