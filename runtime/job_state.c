/* job_state.c: opens the back-end that a job wants, when its plan has state that can leave memory: RocksDB is not loaded for anything else. */
#include "runtime/job_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "runtime/execution_graph.h"
#include "runtime/job.h"
#include "runtime/state/rocks_backend.h"

bool job_state_serves(const Plan__Node *node) {
    if (node->operation_case == PLAN__NODE__OPERATION_GROUP_AGGREGATE)
        return node->group_aggregate->n_keys > 0;
    if (node->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE)
        return node->window_aggregate->n_keys > 0;
    return node->operation_case == PLAN__NODE__OPERATION_SORT;
}

uint32_t job_state_tasks(const struct execution_graph *graph, const struct graph_fragment *fragment) {
    for (uint32_t i = 0; i < fragment->node_count; i++)
        if (job_state_serves(graph->plan->nodes[fragment->nodes[i]]))
            return fragment->parallelism;
    return 0;
}

void job_state_budget_init(struct state_budget *budget, const struct job_config *config) {
    state_budget_init(budget, config->state_budget_bytes);
}

static const char *parent_folder(const struct job_config *config) {
    const char *parent = config->state_folder && config->state_folder[0] ? config->state_folder : getenv("TMPDIR");
    return parent && parent[0] ? parent : "/tmp";
}

enum status job_state_open(struct job_state *state, const struct job_config *config,
                           const struct execution_graph *graph, struct state_budget *budget,
                           const struct state_sources_config *from, struct error *error) {
    uint32_t share_count = 0;
    for (uint32_t i = 0; i < graph->fragment_count; i++)
        share_count += job_state_tasks(graph, &graph->fragments[i]);
    uint64_t random;
    working_folders_sweep(parent_folder(config));
    TRY(working_folder_open(&state->folder, config->env, parent_folder(config), &random, error));
    TRY(state_sources_fetch(&state->sources, from, config->env, state->folder.path, error));
    char incarnation[24];
    snprintf(incarnation, sizeof incarnation, "%016llx", (unsigned long long)random);
    struct rocks_config rocks = {.budget = budget,
                                 .env = config->env,
                                 .folder = state->folder.path,
                                 .incarnation = incarnation,
                                 .share_count = share_count,
                                 .sources = state->sources.items,
                                 .source_count = state->sources.count,
                                 .first_key_group = from->first_key_group,
                                 .end_key_group = from->end_key_group};
    TRY(rocks_backend_open(&rocks, &state->backend, error));
    state_sources_remove(&state->sources);
    return STATUS_OK;
}

void job_state_close(struct job_state *state) {
    state_backend_close(state->backend);
    state_sources_release(&state->sources);
    working_folder_close(&state->folder);
    *state = (struct job_state){0};
}
