/* job_checkpoint.c: between a plan and its checkpoints. Invariant: identities depend on what the operators compute, not on where their brokers
 * are, nor on what the planner expects of them, nor on how many tasks share their work. */
#include "runtime/job_checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/data/row_log.h"
#include "runtime/checkpoint/task_checkpoint.h"
#include "runtime/sink_operator.h"
#include "runtime/source_operator.h"
#include "runtime/task.h"
#include "runtime/task_loop.h"

/* ---- identities ---- */

static bool is_connection_option(const Plan__Option *option) {
    return strncmp(option->key, "properties.", 11) == 0;
}

/* A list without the options that only say how to reach the outside. */
static size_t without_connection(Plan__Option **options, size_t count, Plan__Option **kept) {
    size_t kept_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_connection_option(options[i]))
            kept[kept_count++] = options[i];
    return kept_count;
}

static uint64_t packed_digest(const Plan__Node *node) {
    size_t size = plan__node__get_packed_size(node);
    uint8_t *bytes = memory_alloc(size + 1);
    plan__node__pack(node, bytes);
    uint64_t digest = hash_bytes(bytes, size);
    free(bytes);
    return digest;
}

static uint64_t node_digest(const Plan__Node *node, struct arena *arena) {
    Plan__Node copy = *node;
    copy.rows_per_second = copy.row_count = copy.state_bytes = 0; /* guesses, which get better with every release */
    copy.state_description = (char *)protobuf_c_empty_string;
    copy.distribution = PLAN__DISTRIBUTION__FORWARD; /* follows from the rest */
    copy.n_distribution_columns = 0;
    copy.parallelism_limit = 0;
    if (node->operation_case == PLAN__NODE__OPERATION_SCAN) {
        Plan__Scan scan = *node->scan;
        scan.options = ARENA_ARRAY(arena, Plan__Option *, scan.n_options);
        scan.n_options = without_connection(node->scan->options, node->scan->n_options, scan.options);
        copy.scan = &scan;
        return packed_digest(&copy);
    }
    if (node->operation_case == PLAN__NODE__OPERATION_SINK) {
        Plan__Sink sink = *node->sink;
        sink.options = ARENA_ARRAY(arena, Plan__Option *, sink.n_options);
        sink.n_options = without_connection(node->sink->options, node->sink->n_options, sink.options);
        copy.sink = &sink;
        return packed_digest(&copy);
    }
    return packed_digest(&copy);
}

static struct digest identify(struct job_checkpoint *checkpoint, const Plan__Plan *plan, struct arena *arena) {
    checkpoint->operator_count = (uint32_t)plan->n_nodes;
    checkpoint->identities = ARENA_ARRAY(arena, struct state_file_operator, plan->n_nodes);
    uint64_t *digests = ARENA_ARRAY(arena, uint64_t, plan->n_nodes);
    for (size_t i = 0; i < plan->n_nodes; i++) {
        digests[i] = node_digest(plan->nodes[i], arena);
        checkpoint->identities[i] = (struct state_file_operator){
            .node_id = plan->nodes[i]->id, .node_digest = digests[i], .name = str_from(plan_node_name(plan->nodes[i]))};
    }
    return digest_of(digests, plan->n_nodes * sizeof *digests);
}

/* ---- sinks ---- */

enum status job_checkpoint_sinks(const struct task_context *context, struct checkpointed_sink *sinks, uint32_t *count,
                                 uint32_t *first_lanes, struct error *error) {
    const Plan__Plan *plan = context->operators.plan;
    uint32_t lane_count = 0;
    *count = 0;
    for (size_t i = 0; i < plan->n_nodes; i++) {
        const Plan__Node *node = plan->nodes[i];
        if (node->operation_case != PLAN__NODE__OPERATION_SINK || node->sink->connector[0] == '\0')
            continue;
        struct task_connector *found = ARENA_NEW(context->operators.arena, struct task_connector);
        bool exactly_once;
        TRY(sink_operator_guarantee(context, node->sink, found, &exactly_once, error));
        if (!exactly_once)
            continue;
        struct schema *schema = ARENA_NEW(context->operators.arena, struct schema);
        struct source_column *columns;
        TRY(plan_schema_decode(context->operators.arena, node->output, node->n_output, schema, error));
        TRY(task_columns_decode(context, node->sink->columns, node->sink->n_columns, &columns, error));
        const struct publisher_support *publishers = found->connector->publishers;
        first_lanes[i] = lane_count;
        lane_count += publishers->lane_count(&found->options);
        sinks[*count] = (struct checkpointed_sink){.publishers = publishers,
                                                   .node = node->id,
                                                   .publisher = {.table = node->sink->table,
                                                                 .options = &found->options,
                                                                 .format = found->format,
                                                                 .schema = schema,
                                                                 .columns = columns,
                                                                 .sink = *count,
                                                                 .lane_count = publishers->lane_count(&found->options),
                                                                 .env = context->env}};
        ++*count;
    }
    return STATUS_OK;
}

/* ---- deployment ---- */

enum { LOOK_FOR_STOP_US = 50000 };

/* The store may take its time, or never answer: whoever waits may give up. */
static enum status wait_for_deployment(struct mailbox *inbox, const atomic_bool *stop_wanted,
                                       struct task_mail **deployment, struct error *error) {
    struct task_mail *mail = NULL;
    while (!mail) {
        if (stop_wanted && atomic_load(stop_wanted))
            return FAIL(error, STATUS_CANCELLED, "stopped before the job had begun");
        mail = (struct task_mail *)mailbox_wait(inbox, stop_wanted ? mailbox_now_us() + LOOK_FOR_STOP_US : INT64_MAX);
    }
    if (mail->kind == TASK_MAIL_DEPLOY) {
        *deployment = mail;
        return STATUS_OK;
    }
    ASSERT(mail->kind == TASK_MAIL_ENDED && mail->error.status != STATUS_OK);
    *error = mail->error;
    message_free(&mail->base);
    return error->status;
}

static struct mailbox **open_inboxes(struct job_checkpoint *checkpoint, const struct task *tasks, uint32_t task_count,
                                     struct arena *arena) {
    checkpoint->inboxes = ARENA_ARRAY(arena, struct mailbox, task_count);
    checkpoint->deployments = ARENA_ARRAY(arena, struct task_mail *, task_count);
    struct mailbox **list = ARENA_ARRAY(arena, struct mailbox *, task_count);
    for (uint32_t i = 0; i < task_count; i++) {
        mailbox_init(&checkpoint->inboxes[i], tasks[i].wakeup->fd);
        list[i] = &checkpoint->inboxes[i];
    }
    checkpoint->task_count = task_count;
    return list;
}

/* Whether there are records, which lie in huge pages (executor/record_store.h). */
static bool has_records(const Plan__Plan *plan) {
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i]->operation_case == PLAN__NODE__OPERATION_GROUP_AGGREGATE ||
            plan->nodes[i]->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE)
            return true;
    return false;
}

/* Records take about as much memory as they take in the checkpoint. */
static void prepare_memory(struct memory_ahead *ahead, const struct job_config *config,
                           const struct manifest *manifest) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < manifest->object_count; i++)
        bytes += manifest->objects[i].id.kind == OBJECT_STATE ? manifest->objects[i].size_bytes : 0;
    if (config->uses_rocksdb && bytes > config->state_budget_bytes)
        bytes = config->state_budget_bytes;
    if (has_records(config->plan))
        memory_ahead_start(ahead, bytes);
}

enum status job_checkpoint_open(struct job_checkpoint *checkpoint, const struct job_config *config,
                                const struct task *tasks, uint32_t task_count, uint32_t source_count,
                                struct arena *arena, struct error *error) {
    const Plan__Plan *plan = tasks[0].parts->plan;
    struct checkpointed_sink *sinks = ARENA_ARRAY(arena, struct checkpointed_sink, plan->n_nodes);
    uint32_t sink_count;
    checkpoint->first_lanes = ARENA_ARRAY(arena, uint32_t, plan->n_nodes);
    TRY(job_checkpoint_sinks(&tasks[0].context, sinks, &sink_count, checkpoint->first_lanes, error));
    const struct execution_graph *graph = tasks[0].parts->graph;
    for (uint32_t i = 0; i < sink_count; i++)
        sinks[i].writer_count = graph->fragments[graph->fragment_of_node[sinks[i].node]].parallelism;
    arena_init(&checkpoint->chains_arena);
    struct mailbox **inboxes = open_inboxes(checkpoint, tasks, task_count, arena);
    struct checkpointer_config checkpointer = {
        .uri = config->checkpoint_uri,
        .savepoint = config->savepoint,
        .env = config->env,
        .plan = identify(checkpoint, plan, arena),
        .must_resume = config->must_resume,
        .accept_plan_change = config->accept_plan_change,
        .operators = checkpoint->identities,
        .operator_count = checkpoint->operator_count,
        .inboxes = inboxes,
        .task_count = task_count,
        .source_count = source_count,
        .sinks = sinks,
        .sink_count = sink_count,
        .interval_us = config->checkpoint_interval_us,
        .savepoint_made = config->savepoint_made,
        .savepoint_context = config->savepoint_context,
    };
    TRY(checkpointer_open(&checkpointer, &checkpoint->checkpointer, error));
    for (uint32_t i = 0; i < task_count; i++)
        TRY(wait_for_deployment(&checkpoint->inboxes[i], config->stop_wanted, &checkpoint->deployments[i], error));
    prepare_memory(&checkpoint->memory, config, &checkpoint->deployments[0]->manifest);
    return state_chains_load(checkpointer_store(checkpoint->checkpointer), &checkpoint->deployments[0]->manifest,
                             checkpoint->identities, checkpoint->operator_count, &checkpoint->chains_arena,
                             &checkpoint->chains, error);
}

int64_t job_checkpoint_time_us(const struct job_checkpoint *checkpoint) {
    return checkpoint->deployments[0]->manifest.time_us;
}

static void list_positions(void *context, struct arena *arena, struct split_position **positions, uint32_t *count) {
    const struct task *task = context;
    uint32_t capacity = 0;
    for (uint32_t i = 0; i < task->source_count; i++)
        capacity += source_operator_splits(task->sources[i])->count;
    *positions = ARENA_ARRAY(arena, struct split_position, capacity);
    *count = 0;
    struct strbuf text;
    strbuf_init(&text);
    for (uint32_t i = 0; i < task->source_count; i++) {
        const struct stream_operator *source = task->sources[i];
        for (uint32_t j = 0; j < source_operator_splits(source)->count && !source->ended; j++) {
            strbuf_reset(&text);
            source_operator_split_position(source, j, &text);
            const char *split = arena_strdup(arena, source_operator_split_name(source, j));
            (*positions)[(*count)++] =
                (struct split_position){.source_id = source->node->id,
                                        .split = str_from(split),
                                        .position = {arena_copy(arena, text.data, text.size), text.size}};
        }
    }
    strbuf_release(&text);
}

static void tell_sources(void *context, const struct split_position *positions, uint32_t count) {
    const struct task *task = context;
    struct arena arena;
    arena_init(&arena);
    struct source_position *own = ARENA_ARRAY(&arena, struct source_position, count);
    for (uint32_t i = 0; i < task->source_count; i++) {
        uint32_t own_count = 0;
        for (uint32_t j = 0; j < count; j++)
            if (positions[j].source_id == task->sources[i]->node->id)
                own[own_count++] = (struct source_position){.split = str_copy(&arena, positions[j].split),
                                                            .position = str_copy(&arena, positions[j].position)};
        source_operator_committed(task->sources[i], own, own_count);
    }
    arena_release(&arena);
}

static uint32_t list_logs(const struct job_checkpoint *checkpoint, const struct task *task,
                          struct task_sink_log *logs) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < task->node_count; i++) {
        struct stream_operator *sink = task->operators[i];
        struct row_log *log = sink->class == &sink_operator_class ? sink_operator_log(sink) : NULL;
        if (log)
            logs[count++] = (struct task_sink_log){.log = log, .first_lane = checkpoint->first_lanes[sink->node->id]};
    }
    return count;
}

enum { LOG_BYTES_SHARE_MIN = 32 << 20 };

/* Of what a sink's tasks may log together: so much for one of them that epochs are not wanted all the time. */
static uint64_t log_bytes_share(uint64_t log_bytes_max, uint32_t writer_count) {
    uint64_t all = log_bytes_max ? log_bytes_max : LOG_BYTES_DEFAULT;
    uint64_t least = all < LOG_BYTES_SHARE_MIN ? all : LOG_BYTES_SHARE_MIN;
    return all / writer_count > least ? all / writer_count : least;
}

static void start_task(struct job_checkpoint *checkpoint, struct task *task, uint64_t log_bytes_max) {
    uint32_t instance_count = task_instance_count(task);
    struct task_sink_log *logs = ARENA_ARRAY(&task->arena, struct task_sink_log, task->node_count);
    struct state_file_operator *identities = ARENA_ARRAY(&task->arena, struct state_file_operator, task->node_count);
    for (uint32_t i = 0; i < task->node_count; i++)
        identities[i] = checkpoint->identities[task->operators[i]->node->id];
    struct task_checkpoint_config config = {
        .checkpointer = checkpoint->checkpointer,
        .inbox = &checkpoint->inboxes[task->number],
        .deployment = checkpoint->deployments[task->number],
        .task = task->number,
        .state = task->state.backend,
        .files = task->state.sources.known,
        .file_count = task->state.sources.known_count,
        .env = task->context.env,
        .operators = task->operators,
        .identities = identities,
        .operator_count = task->node_count,
        .logs = logs,
        .log_count = list_logs(checkpoint, task, logs),
        .log_bytes_max = log_bytes_share(log_bytes_max, instance_count),
        .positions = list_positions,
        .decided = task->source_count > 0 ? tell_sources : NULL,
        .take_stamp = task_take_stamp,
        .hand_on = task_hand_on,
        .given_up = task_give_up,
        .has_channels = task->has_receiver,
        .first_key_group = key_group_first(task->instance, instance_count),
        .end_key_group = key_group_first(task->instance + 1, instance_count),
        .context = task,
    };
    task->checkpoint = task_checkpoint_new(&config);
    message_free(&checkpoint->deployments[task->number]->base);
    checkpoint->deployments[task->number] = NULL;
}

void job_checkpoint_start(struct job_checkpoint *checkpoint, struct task *tasks, uint64_t log_bytes_max) {
    const struct task_mail *deployment = checkpoint->deployments[0];
    log_info("the job is restored and begins", log_int("generation", (int64_t)deployment->generation),
             log_int("epoch", (int64_t)deployment->manifest.id.epoch));
    arena_release(&checkpoint->chains_arena);
    checkpoint->chains = (struct state_chains){0};
    for (uint32_t i = 0; i < checkpoint->task_count; i++)
        start_task(checkpoint, &tasks[i], log_bytes_max);
}

void job_checkpoint_close(struct job_checkpoint *checkpoint, struct task *tasks) {
    for (uint32_t i = 0; i < checkpoint->task_count; i++) {
        task_checkpoint_free(tasks[i].checkpoint);
        tasks[i].checkpoint = NULL;
    }
    checkpointer_close(checkpoint->checkpointer);
    for (uint32_t i = 0; i < checkpoint->task_count; i++) {
        if (checkpoint->deployments[i])
            message_free(&checkpoint->deployments[i]->base);
        mailbox_release(&checkpoint->inboxes[i]);
    }
    if (checkpoint->task_count > 0)
        arena_release(&checkpoint->chains_arena);
    checkpoint->task_count = 0;
}
