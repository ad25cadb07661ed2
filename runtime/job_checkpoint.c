/* job_checkpoint.c: between a plan and its checkpoints. Invariant: identities depend on what the operators compute, not on where their brokers
 * are, nor on what the planner expects of them. */
#include "runtime/job_checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/data/row_log.h"
#include "executor/snapshot.h"
#include "runtime/sink_operator.h"
#include "runtime/source_operator.h"

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

static enum status list_sinks(const struct task_context *context, struct checkpointed_sink *sinks, uint32_t *count,
                              struct error *error) {
    const Plan__Plan *plan = context->operators.plan;
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
        sinks[*count] = (struct checkpointed_sink){.publishers = publishers,
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

static enum status wait_for_deployment(struct job_checkpoint *checkpoint, struct error *error) {
    struct task_mail *mail = (struct task_mail *)mailbox_wait(&checkpoint->inbox, INT64_MAX);
    if (mail->kind == TASK_MAIL_DEPLOY) {
        checkpoint->deployment = mail;
        return STATUS_OK;
    }
    ASSERT(mail->kind == TASK_MAIL_ENDED && mail->error.status != STATUS_OK);
    *error = mail->error;
    message_free(&mail->base);
    return error->status;
}

enum status job_checkpoint_open(struct job_checkpoint *checkpoint, const struct job_config *config,
                                const struct task_context *context, int wake_fd, struct error *error) {
    struct arena *arena = context->operators.arena;
    struct checkpointed_sink *sinks = ARENA_ARRAY(arena, struct checkpointed_sink, config->plan->n_nodes);
    uint32_t sink_count;
    TRY(list_sinks(context, sinks, &sink_count, error));
    mailbox_init(&checkpoint->inbox, wake_fd);
    arena_init(&checkpoint->layers_arena);
    checkpoint->has_inbox = true;
    struct mailbox *inboxes[] = {&checkpoint->inbox};
    struct checkpointer_config checkpointer = {
        .uri = config->checkpoint_uri,
        .savepoint = config->savepoint,
        .env = config->env,
        .plan = identify(checkpoint, config->plan, arena),
        .must_resume = config->must_resume,
        .accept_plan_change = config->accept_plan_change,
        .operators = checkpoint->identities,
        .operator_count = checkpoint->operator_count,
        .inboxes = inboxes,
        .task_count = 1,
        .source_count = 1,
        .sinks = sinks,
        .sink_count = sink_count,
        .interval_us = config->checkpoint_interval_us,
        .savepoint_made = config->savepoint_made,
        .savepoint_context = config->savepoint_context,
    };
    TRY(checkpointer_open(&checkpointer, &checkpoint->checkpointer, error));
    TRY(wait_for_deployment(checkpoint, error));
    return task_layers_load(checkpointer_store(checkpoint->checkpointer), &checkpoint->deployment->manifest, 0,
                            checkpoint->identities, checkpoint->operator_count, &checkpoint->layers_arena,
                            &checkpoint->layers, error);
}

static enum status restore(const struct job_checkpoint *checkpoint, struct stream_operator *const *operators,
                           struct error *error) {
    const struct task_layers *layers = &checkpoint->layers;
    for (uint32_t i = 0; i < checkpoint->operator_count && layers->layer_count > 0; i++) {
        struct snapshot_reader reader;
        snapshot_reader_init_layers(&reader, layers->layers[i], layers->layer_count);
        TRY(operator_restore(operators[i], &reader, error));
    }
    return STATUS_OK;
}

struct job_sources {
    struct stream_operator *const *sources;
    uint32_t count;
};

static void list_positions(void *context, struct arena *arena, struct split_position **positions, uint32_t *count) {
    const struct job_sources *sources = context;
    uint32_t capacity = 0;
    for (uint32_t i = 0; i < sources->count; i++)
        capacity += source_operator_splits(sources->sources[i])->count;
    *positions = ARENA_ARRAY(arena, struct split_position, capacity);
    *count = 0;
    struct strbuf text;
    strbuf_init(&text);
    for (uint32_t i = 0; i < sources->count; i++) {
        const struct stream_operator *source = sources->sources[i];
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
    const struct job_sources *sources = context;
    struct arena arena;
    arena_init(&arena);
    struct source_position *own = ARENA_ARRAY(&arena, struct source_position, count);
    for (uint32_t i = 0; i < sources->count; i++) {
        uint32_t own_count = 0;
        for (uint32_t j = 0; j < count; j++)
            if (positions[j].source_id == sources->sources[i]->node->id)
                own[own_count++] = (struct source_position){.split = str_copy(&arena, positions[j].split),
                                                            .position = str_copy(&arena, positions[j].position)};
        source_operator_committed(sources->sources[i], own, own_count);
    }
    arena_release(&arena);
}

enum status job_checkpoint_start(struct job_checkpoint *checkpoint, struct stream_operator *const *operators,
                                 struct stream_operator *const *sources, uint32_t source_count, uint64_t log_bytes_max,
                                 struct arena *arena, struct error *error) {
    TRY(restore(checkpoint, operators, error));
    arena_release(&checkpoint->layers_arena);
    struct task_sink_log *logs = ARENA_ARRAY(arena, struct task_sink_log, checkpoint->operator_count);
    struct job_sources *list = ARENA_NEW(arena, struct job_sources);
    uint32_t log_count = 0, lane_count = 0;
    for (uint32_t i = 0; i < checkpoint->operator_count; i++) {
        struct row_log *log = operators[i]->class == &sink_operator_class ? sink_operator_log(operators[i]) : NULL;
        if (!log)
            continue;
        logs[log_count++] = (struct task_sink_log){.log = log, .first_lane = lane_count};
        lane_count += log->lane_count;
    }
    *list = (struct job_sources){.sources = sources, .count = source_count};
    struct task_checkpoint_config config = {
        .checkpointer = checkpoint->checkpointer,
        .inbox = &checkpoint->inbox,
        .deployment = checkpoint->deployment,
        .operators = operators,
        .identities = checkpoint->identities,
        .operator_count = checkpoint->operator_count,
        .logs = logs,
        .log_count = log_count,
        .log_bytes_max = log_bytes_max,
        .positions = list_positions,
        .decided = tell_sources,
        .context = list,
    };
    checkpoint->task = task_checkpoint_new(&config);
    message_free(&checkpoint->deployment->base);
    checkpoint->deployment = NULL;
    return STATUS_OK;
}

void job_checkpoint_close(struct job_checkpoint *checkpoint) {
    if (!checkpoint->has_inbox)
        return;
    task_checkpoint_free(checkpoint->task);
    checkpointer_close(checkpoint->checkpointer);
    if (checkpoint->deployment)
        message_free(&checkpoint->deployment->base);
    arena_release(&checkpoint->layers_arena);
    mailbox_release(&checkpoint->inbox);
    checkpoint->has_inbox = false;
}
