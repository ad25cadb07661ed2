/* explain.c: EXPLAIN: the three plans of a statement as text, or the physical one as JSON. */
#include "planner/planner.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/json_string.h"
#include "planner/pipeline.h"
#include "planner/plan_print.h"

/* ---- text ---- */

static void print_trees(struct strbuf *out, const char *title, const struct logical_list *trees) {
    strbuf_printf(out, "== %s ==\n", title);
    for (size_t i = 0; i < trees->count; i++) {
        if (i)
            strbuf_append_text(out, "\n");
        logical_print(out, trees->items[i]);
    }
}

/* "merge_projects x3" in the order of their first use. */
static void print_trace(struct strbuf *out, const struct planner_trace *trace) {
    strbuf_append_text(out, "\n== Rules ==\n");
    if (!trace->count)
        strbuf_append_text(out, "none applied\n");
    for (size_t i = 0; i < trace->count; i++) {
        size_t uses = 0;
        bool first = true;
        for (size_t k = 0; k < trace->count; k++) {
            bool same = strcmp(trace->items[k], trace->items[i]) == 0;
            uses += same;
            first &= !(same && k < i);
        }
        if (first && uses > 1)
            strbuf_printf(out, "%s x%zu\n", trace->items[i], uses);
        else if (first)
            strbuf_printf(out, "%s\n", trace->items[i]);
    }
}

static void print_sections(struct strbuf *out, const struct pipeline *pipeline, const Plan__Plan *plan,
                           const struct planner_trace *trace) {
    print_trees(out, "Abstract Syntax Tree", &pipeline->roots);
    strbuf_append_text(out, "\n");
    print_trees(out, "Optimized Logical Plan", &pipeline->optimised);
    strbuf_append_text(out, "\n== Physical Plan ==\n");
    plan_print(out, plan);
    if (trace)
        print_trace(out, trace);
}

/* ---- JSON ---- */

static void json_text(struct strbuf *out, const char *text) {
    json_string_append(out, str_from(text));
}

static void json_number(struct strbuf *out, const char *key, double value) {
    if (isfinite(value))
        strbuf_printf(out, ", \"%s\": %.10g", key, value);
    else
        strbuf_printf(out, ", \"%s\": null", key);
}

/* As Flink calls it: "HASH[[city]]". */
static void json_strategy(struct strbuf *out, const Plan__Plan *plan, const Plan__Node *node) {
    static const char *const names[] = {"FORWARD", "HASH", "GLOBAL", "BROADCAST"};
    bool is_parallel = plan->parallelism > 1;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append_text(&text, names[is_parallel ? node->distribution : PLAN__DISTRIBUTION__FORWARD]);
    for (size_t i = 0; is_parallel && i < node->n_distribution_columns; i++)
        strbuf_printf(&text, "%s%s", i ? ", " : "[[",
                      plan->nodes[node->inputs[0]]->output[node->distribution_columns[i]]->name);
    strbuf_append_text(&text, is_parallel && node->n_distribution_columns ? "]]" : "");
    json_text(out, strbuf_text(&text));
    strbuf_release(&text);
}

static void json_node(struct strbuf *out, const Plan__Plan *plan, const Plan__Node *node, uint32_t parallelism) {
    static const char *const modes[] = {"append", "upsert", "retract"};
    struct strbuf contents;
    strbuf_init(&contents);
    plan_node_print(&contents, plan, node->id);
    strbuf_printf(out, "{\"id\": %u, \"type\": \"%s\", \"pact\": \"%s\", \"contents\": ", node->id,
                  plan_node_name(node),
                  node->operation_case == PLAN__NODE__OPERATION_SCAN   ? "Data Source"
                  : node->operation_case == PLAN__NODE__OPERATION_SINK ? "Data Sink"
                                                                       : "Operator");
    json_text(out, strbuf_text(&contents));
    strbuf_release(&contents);
    strbuf_append_text(out, ", \"stable_id\": ");
    json_text(out, node->stable_id);
    strbuf_printf(out, ", \"parallelism\": %u, \"change_mode\": \"%s\", \"upsert_key\": [", parallelism,
                  modes[node->change_mode]);
    for (size_t i = 0; i < node->n_key_columns; i++) {
        strbuf_append_text(out, i ? ", " : "");
        json_text(out, node->output[node->key_columns[i]]->name);
    }
    strbuf_append_text(out, "]");
    json_number(out, "rows_per_second", node->rows_per_second);
    json_number(out, "row_count", node->row_count);
    json_number(out, "state_bytes", node->state_bytes);
    strbuf_append_text(out, ", \"predecessors\": [");
    for (size_t i = 0; i < node->n_inputs; i++) {
        strbuf_printf(out, "%s{\"id\": %u, \"ship_strategy\": ", i ? ", " : "", node->inputs[i]);
        json_strategy(out, plan, node);
        strbuf_append_text(out, ", \"side\": \"second\"}");
    }
    strbuf_append_text(out, "]}");
}

void explain_plan_json(struct strbuf *out, const Plan__Plan *plan) {
    struct arena arena;
    arena_init(&arena);
    uint32_t *parallelism = ARENA_ARRAY(&arena, uint32_t, plan->n_nodes);
    plan_parallelism(plan, parallelism);
    strbuf_append_text(out, "{\"nodes\": [");
    for (size_t i = 0; i < plan->n_nodes; i++) {
        strbuf_append_text(out, i ? ",\n  " : "\n  ");
        json_node(out, plan, plan->nodes[i], parallelism[i]);
    }
    strbuf_append_text(out, "\n]}\n");
    arena_release(&arena);
}

/* ---- the statement ---- */

enum status explain_statement(struct arena *arena, const struct catalogue *catalogue, const struct ast_explain *explain,
                              const struct planner_options *options, struct planner_notices *notices,
                              struct strbuf *out, struct error *error) {
    struct pipeline pipeline;
    struct planner_trace trace = {0};
    Plan__Plan *plan;
    pipeline_init(&pipeline, arena, catalogue, options, notices, error);
    TRY(pipeline_bind(&pipeline, explain->statement));
    pipeline_optimise(&pipeline, &trace);
    TRY(pipeline_build(&pipeline, &plan));
    if (explain->json_execution_plan)
        explain_plan_json(out, plan);
    else
        print_sections(out, &pipeline, plan, explain->verbose ? &trace : NULL);
    return STATUS_OK;
}
