/* sink_operator.c: the end of a chain. A connector that works by key never sees -U: the +U of the same key that follows says
 * it all; a -U without one (a filter dropped the +U, or the key itself changed) takes the row away and becomes -D. */
#include "runtime/sink_operator.h"

#include "core/data/row_log.h"

struct sink_operator {
    struct stream_operator base;
    struct sink *sink; /* NULL: rows go to the client */
    bool works_by_key;
    bool dirty;
    int64_t dirty_since_us; /* monotonic; 0: not asked yet */
    struct row_log log;     /* exactly once: lanes not NULL */
};

static const struct task_context *task_of(const struct stream_operator *self) {
    return (const struct task_context *)self->context;
}

static struct sink_config *sink_config_new(const struct stream_operator *self, const Plan__Node *node, bool changes,
                                           struct task_connector *found) {
    struct arena *arena = self->context->arena;
    const Plan__Sink *plan = node->sink;
    struct sink_config *config = ARENA_NEW(arena, struct sink_config);
    *config = (struct sink_config){
        .arena = arena,
        .table = plan->table,
        .options = &found->options,
        .schema = self->schema, /* the names of the table, whatever the query called them */
        .key_columns = plan->key_columns,
        .key_column_count = (uint32_t)plan->n_key_columns,
        .format = found->format,
        .changes = changes,
        .instance = task_of(self)->instance,
        .env = task_of(self)->env,
        .cancel = task_of(self)->cancel,
    };
    return config;
}

/* How the connector takes changes; refuses what it cannot take. */
static enum status check_changes(struct sink_operator *sink, const Plan__Sink *plan, const struct task_connector *found,
                                 bool changes, struct error *error) {
    enum sink_changes accepted = SINK_APPEND_ONLY;
    if (found->connector->sink_changes)
        accepted = found->connector->sink_changes(&found->options, plan->n_key_columns > 0);
    if (changes && accepted == SINK_APPEND_ONLY)
        return FAIL(error, STATUS_UNSUPPORTED,
                    "table \"%s\" (connector \"%s\") takes inserts only, but the query updates its rows", plan->table,
                    plan->connector);
    sink->works_by_key = accepted == SINK_UPSERT;
    return STATUS_OK;
}

enum status sink_operator_guarantee(const struct task_context *task, const Plan__Sink *plan,
                                    struct task_connector *found, bool *exactly_once, struct error *error) {
    TRY(task_connector_find(task, plan->table, plan->connector, plan->format, plan->options, plan->n_options, found,
                            error));
    const struct publisher_support *publishers = found->connector->publishers;
    enum delivery_guarantee wanted = publishers ? publishers->guarantee(&found->options) : DELIVERY_BEST;
    *exactly_once = publishers && task->has_checkpoints && wanted != DELIVERY_AT_LEAST_ONCE;
    if (wanted != DELIVERY_EXACTLY_ONCE || *exactly_once)
        return STATUS_OK;
    (void)FAIL(error, STATUS_INVALID_OPTION, "table \"%s\" asks for exactly-once delivery, which needs checkpoints",
               plan->table);
    error_hint(error, "run it with --checkpoint-dir; 'at-least-once' loses nothing either, but may write rows twice");
    return STATUS_INVALID_OPTION;
}

static void release_log(void *context) {
    struct row_log *log = context;
    for (uint32_t i = 0; i < log->lane_count; i++)
        strbuf_release(&log->lanes[i].records);
}

static void open_log(struct sink_operator *sink, const struct task_connector *found) {
    struct arena *arena = sink->base.context->arena;
    sink->log.lane_count = found->connector->publishers->lane_count(&found->options);
    sink->log.lanes = ARENA_ARRAY(arena, struct row_log_lane, sink->log.lane_count);
    for (uint32_t i = 0; i < sink->log.lane_count; i++)
        strbuf_init(&sink->log.lanes[i].records);
    arena_on_release(arena, release_log, &sink->log);
}

static enum status sink_operator_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct sink_operator *sink = (struct sink_operator *)self;
    const struct task_context *task = task_of(self);
    const Plan__Sink *plan = node->sink;
    if (plan->connector[0] == '\0') {
        if (!task->result)
            return FAIL(error, STATUS_INTERNAL, "the plan returns rows, but nobody takes them");
        return STATUS_OK;
    }
    struct task_connector *found = ARENA_NEW(self->context->arena, struct task_connector);
    bool exactly_once;
    TRY(sink_operator_guarantee(task, plan, found, &exactly_once, error));
    if (!found->connector->sink_open)
        return FAIL(error, STATUS_INVALID_OPTION, "connector \"%s\" of table \"%s\" cannot be written to",
                    plan->connector, plan->table);
    bool changes = node->change_mode != PLAN__CHANGE_MODE__APPEND;
    TRY(check_changes(sink, plan, found, changes, error));
    struct sink_config *config = sink_config_new(self, node, changes, found);
    struct source_column *columns;
    TRY(task_columns_decode(task, plan->columns, plan->n_columns, &columns, error));
    config->columns = columns;
    if (exactly_once)
        open_log(sink, found);
    config->log = exactly_once ? &sink->log : NULL;
    return found->connector->sink_open(config, &sink->sink, error);
}

static bool same_key(const struct batch *batch, const Plan__Sink *plan, uint32_t a, uint32_t b) {
    for (size_t i = 0; i < plan->n_key_columns; i++) {
        const struct column *column = &batch->columns[plan->key_columns[i]];
        if (!column_values_equal(column, a, column, b))
            return false;
    }
    return true;
}

/* Is the -U of this row followed by the +U that replaces it? */
static bool is_replaced(const struct batch *batch, const Plan__Sink *plan, uint32_t row) {
    return row + 1 < batch->row_count && batch->change_kinds[row + 1] == CHANGE_UPDATE_AFTER &&
           same_key(batch, plan, row, row + 1);
}

/* Without -U rows: replaced ones are dropped, others become -D. NULL when nothing is left. */
static struct batch *resolve_update_before(struct stream_operator *self, struct batch *batch) {
    const Plan__Sink *plan = self->node->sink;
    uint16_t *rows = arena_alloc(&batch->arena, sizeof *rows * batch->row_count);
    struct selection selection = {.rows = rows};
    bool deletes = false;
    for (uint32_t row = 0; row < batch->row_count; row++) {
        bool before = batch->change_kinds[row] == CHANGE_UPDATE_BEFORE;
        if (before && is_replaced(batch, plan, row))
            continue;
        deletes |= before;
        rows[selection.count++] = (uint16_t)row;
    }
    self->counters.rows_merged += batch->row_count - selection.count;
    if (selection.count == 0)
        return NULL;
    if (selection.count == batch->row_count && !deletes) {
        batch_reference(batch);
        return batch;
    }
    struct batch *kept = batch_gather(self->context->pool, batch, &selection);
    if (deletes) {
        kept->change_kinds = arena_copy(&kept->arena, kept->change_kinds, kept->row_count);
        for (uint32_t row = 0; row < kept->row_count; row++)
            if (kept->change_kinds[row] == CHANGE_UPDATE_BEFORE)
                kept->change_kinds[row] = CHANGE_DELETE;
    }
    return kept;
}

/* The table's NOT NULL: checked where the query's column may be NULL. Rows that go away may hold anything. */
static enum status check_not_null(const struct stream_operator *self, const struct batch *batch, struct error *error) {
    for (uint32_t i = 0; i < batch->column_count; i++) {
        if (self->schema->fields[i].type->nullable || !batch->columns[i].validity)
            continue;
        for (uint32_t row = 0; row < batch->row_count; row++) {
            bool goes = batch->change_kinds && change_kind_is_retraction(batch->change_kinds[row]);
            if (goes || !column_is_null(&batch->columns[i], row))
                continue;
            FAIL(error, STATUS_NOT_NULL_VIOLATION, "NULL for column \"%s\" of table \"%s\", which is NOT NULL",
                 self->schema->fields[i].name, self->node->sink->table);
            error_hint(error, "filter such rows out, or replace NULL with COALESCE");
            return STATUS_NOT_NULL_VIOLATION;
        }
    }
    return STATUS_OK;
}

static enum status write_batch(struct sink_operator *sink, struct batch *batch, struct error *error) {
    sink->base.counters.rows_out += batch->row_count;
    sink->base.counters.batches_out++;
    if (!sink->sink) {
        struct result_target *result = task_of(&sink->base)->result;
        return result->on_batch(result, batch, error);
    }
    TRY(check_not_null(&sink->base, batch, error));
    sink->dirty = !sink->log.lanes;
    return sink->sink->class->write(sink->sink, batch, error);
}

static enum status sink_operator_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                          struct error *error) {
    (void)input;
    struct sink_operator *sink = (struct sink_operator *)self;
    if (!sink->works_by_key || !batch->change_kinds)
        return write_batch(sink, batch, error);
    struct batch *kept = resolve_update_before(self, batch);
    if (!kept)
        return STATUS_OK;
    enum status status = write_batch(sink, kept, error);
    batch_release(kept);
    return status;
}

static enum status sink_operator_on_flush(struct stream_operator *self, struct error *error) {
    struct sink_operator *sink = (struct sink_operator *)self;
    if (!sink->sink || !sink->dirty)
        return STATUS_OK;
    TRY(sink->sink->class->flush(sink->sink, error));
    sink->dirty = false;
    sink->dirty_since_us = 0;
    return STATUS_OK;
}

static void sink_operator_close(struct stream_operator *self) {
    struct sink_operator *sink = (struct sink_operator *)self;
    if (sink->sink)
        sink->sink->class->close(sink->sink);
    sink->sink = NULL;
}

struct row_log *sink_operator_log(struct stream_operator *self) {
    struct sink_operator *sink = (struct sink_operator *)self;
    return sink->log.lanes ? &sink->log : NULL;
}

bool sink_operator_is_dirty(const struct stream_operator *self) {
    return ((const struct sink_operator *)self)->dirty;
}

int64_t sink_operator_flush_interval_us(const struct stream_operator *self) {
    const struct sink *sink = ((const struct sink_operator *)self)->sink;
    return sink && sink->class->flush_interval_us ? sink->class->flush_interval_us(sink) : -1;
}

int64_t sink_operator_dirty_since_us(struct stream_operator *self, int64_t now_us) {
    struct sink_operator *sink = (struct sink_operator *)self;
    if (sink->dirty_since_us == 0)
        sink->dirty_since_us = now_us;
    return sink->dirty_since_us;
}

const struct operator_class sink_operator_class = {
    .name = "Sink",
    .size = sizeof(struct sink_operator),
    .open = sink_operator_open,
    .on_batch = sink_operator_on_batch,
    .on_flush = sink_operator_on_flush,
    .close = sink_operator_close,
};
