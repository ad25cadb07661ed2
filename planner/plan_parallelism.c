/* plan_parallelism.c: how many instances each node has when the plan runs with its parallelism. Part of plan.h. */
#include "planner/plan.h"

static uint32_t wanted_parallelism(const Plan__Plan *plan, const Plan__Node *node, const uint32_t *parallelism) {
    uint32_t tasks = plan->parallelism ? plan->parallelism : 1, most = 1;
    if (node->distribution == PLAN__DISTRIBUTION__SINGLETON)
        return 1;
    if (node->distribution != PLAN__DISTRIBUTION__FORWARD || node->n_inputs == 0)
        return tasks;
    for (size_t i = 0; i < node->n_inputs; i++)
        if (parallelism[node->inputs[i]] > most)
            most = parallelism[node->inputs[i]];
    return most;
}

void plan_parallelism(const Plan__Plan *plan, uint32_t *parallelism) {
    for (size_t i = 0; i < plan->n_nodes; i++) {
        const Plan__Node *node = plan->nodes[i];
        parallelism[i] = wanted_parallelism(plan, node, parallelism);
        if (node->parallelism_limit && node->parallelism_limit < parallelism[i])
            parallelism[i] = node->parallelism_limit;
    }
}
