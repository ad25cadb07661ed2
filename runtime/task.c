/* task.c: builds a task from its part of the execution graph, restores it, and takes it down. Invariant: an operator is opened after those
 * whose rows it takes, here or in tasks before this one. */
#include "runtime/task.h"

#include "core/base/env.h"
#include "core/base/hash.h"
#include "core/data/datetime.h"
#include "executor/snapshot.h"
#include "runtime/checkpoint/state_chains.h"
#include "runtime/checkpoint/task_checkpoint.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/router.h"
#include "runtime/plan_watermarks.h"
#include "runtime/sink_operator.h"
#include "runtime/source_operator.h"
#include "runtime/task_loop.h"

static const struct graph_fragment *fragment_of(const struct task *task) {
    return &task->parts->graph->fragments[task->fragment];
}

static uint32_t batch_rows(uint32_t wanted) {
    uint32_t rows = wanted ? wanted : BATCH_ROWS_DEFAULT;
    return rows > BATCH_ROWS_MAX ? BATCH_ROWS_MAX : rows;
}

static void init_evaluation(struct task *task) {
    struct env *env = task->parts->config->env;
    task->evaluation.zone = task->parts->zone;
    task->evaluation.watermark_us = WATERMARK_NONE;
    task->evaluation.random_state = env_random_u64(env);
}

static void init_context(struct task *task) {
    const struct job_config *config = task->parts->config;
    task->context = (struct task_context){
        .operators =
            {
                .arena = &task->arena,
                .plan = task->parts->plan,
                .pool = &task->pool,
                .evaluation = &task->evaluation,
                .batch_rows = batch_rows(config->batch_rows),
                .stop_wanted = &task->stop_wanted,
            },
        .registry = config->registry,
        .env = config->env,
        .result = config->result,
        .dead = &task->parts->dead->target,
        .cancel = config->stop_wanted,
        .has_checkpoints = config->checkpoint_uri != NULL,
        .follows_wall_clock = !config->checkpoint_uri || config->checkpoint_interval_us == 0,
        .instance = task->instance,
        .instance_count = task_instance_count(task),
        .watermark_granularity_us = plan_watermark_granularity_us(task->parts->plan, task->parts->zone),
        .watermark_reach_us = plan_has_sessions(task->parts->plan) ? 1 : 0,
    };
}

void task_init(struct task *task, const struct task_parts *parts, uint32_t number, uint32_t fragment,
               uint32_t instance) {
    *task = (struct task){.parts = parts,
                          .number = number,
                          .fragment = fragment,
                          .instance = instance,
                          .wakeup = network_wakeup(parts->network, fragment, instance)};
    arena_init(&task->arena);
    batch_pool_init(&task->pool);
    init_evaluation(task);
    init_context(task);
}

/* ---- operators ---- */

static const struct operator_class *class_for(const Plan__Node *node) {
    if (node->operation_case == PLAN__NODE__OPERATION_SCAN)
        return &source_operator_class;
    if (node->operation_case == PLAN__NODE__OPERATION_SINK)
        return &sink_operator_class;
    return operator_class_for(node);
}

/* Of the rows of a node, which may be another task's. */
static enum status input_schema(struct task *task, uint32_t node_id, struct schema **schema, struct error *error) {
    if (task->by_node[node_id]) {
        *schema = task->by_node[node_id]->schema;
        return STATUS_OK;
    }
    const Plan__Node *node = task->parts->plan->nodes[node_id];
    *schema = ARENA_NEW(&task->arena, struct schema);
    return plan_schema_decode(&task->arena, node->output, node->n_output, *schema, error);
}

static enum status open_operator(struct task *task, const Plan__Node *node, struct error *error) {
    const struct operator_class *class = class_for(node);
    if (!class)
        return FAIL(error, STATUS_UNSUPPORTED, "%s cannot be executed yet", plan_node_name(node));
    uint32_t input_count = (uint32_t)node->n_inputs;
    struct schema **input_schemas = ARENA_ARRAY(&task->arena, struct schema *, input_count);
    for (uint32_t i = 0; i < input_count; i++)
        TRY(input_schema(task, node->inputs[i], &input_schemas[i], error));
    struct stream_operator **slot = &task->operators[task->operator_count];
    enum status status = operator_new(class, node, input_schemas, input_count, &task->context.operators, slot, error);
    task->operator_count += *slot != NULL;
    task->node_count = task->operator_count;
    TRY(status);
    task->by_node[node->id] = *slot;
    for (uint32_t i = 0; i < input_count; i++)
        if (task->by_node[node->inputs[i]])
            operator_connect(task->by_node[node->inputs[i]], *slot, i);
    if (class == &source_operator_class)
        task->sources[task->source_count++] = *slot;
    task->has_client |= class == &sink_operator_class && node->sink->connector[0] == '\0';
    return STATUS_OK;
}

static enum status open_operators(struct task *task, struct error *error) {
    const struct graph_fragment *fragment = fragment_of(task);
    const struct execution_graph *graph = task->parts->graph;
    uint32_t router_max = graph->edge_count;
    task->by_node = ARENA_ARRAY(&task->arena, struct stream_operator *, graph->plan->n_nodes);
    task->operators = ARENA_ARRAY(&task->arena, struct stream_operator *, fragment->node_count + router_max);
    task->router_sources = ARENA_ARRAY(&task->arena, struct stream_operator *, router_max);
    task->sources = ARENA_ARRAY(&task->arena, struct stream_operator *, fragment->node_count);
    for (uint32_t i = 0; i < fragment->node_count; i++)
        TRY(open_operator(task, graph->plan->nodes[fragment->nodes[i]], error));
    return STATUS_OK;
}

/* The files that the task's part of a decided epoch has. */
static struct state_sources_config sources_of(struct task *task) {
    const struct graph_fragment *fragment = fragment_of(task);
    uint32_t count = task_instance_count(task), node_count = 0;
    uint32_t *nodes = ARENA_ARRAY(&task->arena, uint32_t, fragment->node_count);
    for (uint32_t i = 0; i < fragment->node_count; i++)
        if (job_state_serves(task->parts->graph->plan->nodes[fragment->nodes[i]]))
            nodes[node_count++] = fragment->nodes[i];
    return (struct state_sources_config){.chains = task->parts->chains,
                                         .store = task->parts->store,
                                         .node_ids = nodes,
                                         .node_count = node_count,
                                         .first_key_group = key_group_first(task->instance, count),
                                         .end_key_group = key_group_first(task->instance + 1, count)};
}

/* A job whose state stays in memory takes over what another had in files: they are opened for as long as operators are restored. */
static enum status open_restored_state(struct task *task, const struct state_sources_config *sources,
                                       struct error *error) {
    if (!state_sources_exist(sources))
        return STATUS_OK;
    enum status status = job_state_open(&task->restored_state, task->parts->config, task->parts->graph,
                                        task->parts->budget, sources, error);
    if (status == STATUS_UNSUPPORTED)
        error_hint(
            error,
            "the checkpoint has state in files of RocksDB; where that is, a savepoint can be made that needs none");
    task->context.operators.restored_state = task->restored_state.backend;
    return status;
}

static enum status open_state(struct task *task, struct error *error) {
    const struct execution_graph *graph = task->parts->graph;
    if (job_state_tasks(graph, fragment_of(task)) == 0)
        return STATUS_OK;
    struct state_sources_config sources = sources_of(task);
    if (!task->parts->config->uses_rocksdb)
        return open_restored_state(task, &sources, error);
    TRY(job_state_open(&task->state, task->parts->config, graph, task->parts->budget, &sources, error));
    task->context.operators.state = task->state.backend;
    return STATUS_OK;
}

static bool owns_table(const struct task *task, const struct state_table *table) {
    for (uint32_t i = 0; i < task->node_count; i++) {
        char id[STATE_OPERATOR_ID_SIZE];
        state_operator_id(task->operators[i]->class->name, task->operators[i]->node->id, id);
        if (strcmp(table->descriptor.operator_id, id) == 0)
            return true;
    }
    return false;
}

/* Operators that were together then need not be now: what another task goes on with must not be handed on from here too. */
static enum status drop_foreign_tables(struct task *task, struct error *error) {
    struct state_table *table = task->state.backend ? task->state.backend->tables : NULL;
    while (table) {
        struct state_table *next = table->next;
        if (!owns_table(task, table))
            TRY(state_table_drop(table, error));
        table = next;
    }
    return STATUS_OK;
}

/* ---- routers and gates ---- */

static enum status open_edges(struct task *task, struct error *error) {
    const struct network *network = task->parts->network;
    receiver_init(&task->receiver, &(struct receiver_config){.arena = &task->arena,
                                                             .wakeup = task->wakeup,
                                                             .env = task->context.env,
                                                             .on_barrier = task_on_barrier,
                                                             .context = task});
    uint32_t router_count;
    enum status status = network_open_routers(
        network, task->fragment, task->instance, task->by_node, task->context.watermark_granularity_us,
        &task->operators[task->node_count], task->router_sources, &router_count, error);
    task->operator_count += router_count;
    TRY(status);
    task->has_receiver = network_has_gates(network, task->fragment);
    return network_open_gates(network, task->fragment, task->instance, task->operators[0], &task->receiver, error);
}

/* ---- restoring ---- */

/* Where rows come by key, instances had the same watermarks and ends at the barrier, and their state is divided by key. Elsewhere each was on
 * its own, and what matters is what all had seen. */
static bool is_restored_from_all(const struct task *task) {
    const struct execution_graph *graph = task->parts->graph;
    for (uint32_t i = 0; i < graph->edge_count; i++)
        if (graph->edges[i].to_fragment == task->fragment && graph->edges[i].distribution == PLAN__DISTRIBUTION__HASH)
            return false;
    return true;
}

static struct restored_node *find_readers(struct task *task) {
    struct restored_node *nodes = ARENA_ARRAY(&task->arena, struct restored_node, task->parts->plan->n_nodes);
    uint32_t count = task_instance_count(task), first = key_group_first(task->instance, count);
    for (uint32_t i = 0; i < fragment_of(task)->node_count; i++) {
        struct restored_node *node = &nodes[fragment_of(task)->nodes[i]];
        node->readers =
            state_chains_readers(task->parts->chains, fragment_of(task)->nodes[i], is_restored_from_all(task), first,
                                 key_group_first(task->instance + 1, count), &task->arena, &node->count);
    }
    return nodes;
}

static enum status restore(struct task *task, const struct restored_node *nodes, struct error *error) {
    for (uint32_t i = 0; i < task->node_count; i++) {
        const struct restored_node *node = &nodes[task->operators[i]->node->id];
        struct snapshot_reader *readers = arena_copy(&task->arena, node->readers, node->count * sizeof *readers);
        TRY(operator_restore_chains(task->operators[i], readers, node->count, error));
    }
    return STATUS_OK;
}

static void start_clock(struct task *task) {
    task->context.clock = *task->parts->clock;
    task->evaluation.now_us = processing_clock_at(&task->context.clock, env_monotonic_us(task->context.env));
    task->evaluation.statement_start_us = task->evaluation.now_us;
}

enum status task_open(struct task *task, struct error *error) {
    start_clock(task);
    bool is_restored = task->parts->chains && task->parts->chains->count > 0;
    const struct restored_node *nodes = is_restored ? find_readers(task) : NULL;
    TRY(open_state(task, error));
    task->context.restored = nodes;
    enum status status = open_operators(task, error);
    task->context.restored = NULL;
    TRY(status);
    TRY(drop_foreign_tables(task, error));
    TRY(open_edges(task, error));
    if (is_restored)
        TRY(restore(task, nodes, error));
    task->context.operators.restored_state = NULL;
    job_state_close(&task->restored_state);
    return STATUS_OK;
}

/* ---- running and the end ---- */

/* Who comes after this task knows nothing yet. */
static enum status start(struct task *task, struct error *error) {
    for (uint32_t i = 0; i < task->source_count; i++)
        TRY(source_operator_start(task->sources[i], error));
    for (uint32_t i = 0; i < task_router_count(task); i++)
        TRY(router_start(task->operators[task->node_count + i], task->router_sources[i], error));
    return task->has_receiver ? receiver_start(&task->receiver, task->operators[0], error) : STATUS_OK;
}

void task_run(struct task *task) {
    struct error error = {0};
    enum status status = start(task, &error);
    if (status == STATUS_OK)
        status = task_loop_run(task, &error);
    if (status != STATUS_OK)
        job_control_fail(task->parts->control, &error);
}

void task_publish(struct task *task) {
    job_status_publish(task->parts->status, task->number, task->operators, task->node_count);
}

/* Batches that came home hold what they borrowed until the pool takes them back. */
void task_close_operators(struct task *task) {
    for (uint32_t i = task->operator_count; i > 0; i--) {
        batch_pool_collect(&task->pool);
        operator_close(task->operators[i - 1]);
    }
    job_state_close(&task->state);
    job_state_close(&task->restored_state);
    receiver_close(&task->receiver);
    batch_pool_collect(&task->pool);
}

void task_release(struct task *task) {
    arena_release(&task->arena);
    batch_pool_release(&task->pool);
}
