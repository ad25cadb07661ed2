/* source_operator.c: from a connector's source to batches with event time.
 *
 *   poll ─▶ projections ─▶ watermark per row ─▶ cut before rows that are behind ─▶ emit rows, watermark, rows, watermark …
 *
 * Invariant: after each piece the split's watermark covers exactly the rows emitted, so what a window sees does not depend on
 * where the source cut its batches. */
#include "runtime/source_operator.h"

#include "core/base/env.h"
#include "core/base/map.h"
#include "core/functions/evaluator.h"
#include "executor/snapshot.h"

struct source_operator {
    struct stream_operator base;
    struct source *source;
    const char *table;
    struct evaluator *projections; /* NULL: the columns as read */
    struct evaluator *watermark;   /* NULL: no event time */
    uint32_t time_column;
    struct split_watermarks splits;
    int64_t
        monotonic_us;   /* when the clock was read last: idleness does not depend on processing time, which may leap */
    bool shares_splits; /* with other instances */
};

static const struct task_context *task_of(const struct stream_operator *self) {
    return (const struct task_context *)self->context;
}

static enum status open_projections(struct source_operator *source, const Plan__Scan *scan, struct error *error) {
    struct arena *arena = source->base.context->arena;
    uint32_t count = (uint32_t)scan->n_projections;
    if (count == 0)
        return STATUS_OK;
    struct expression **projections = ARENA_ARRAY(arena, struct expression *, count);
    for (uint32_t i = 0; i < count; i++)
        TRY(plan_expression_decode(arena, scan->projections[i], (uint32_t)scan->n_columns, &projections[i], error));
    return evaluator_open(arena, projections, count, &source->projections, error);
}

static enum status open_watermark(struct source_operator *source, const Plan__Scan *scan, struct error *error) {
    if (!scan->has_watermark)
        return STATUS_OK;
    struct arena *arena = source->base.context->arena;
    uint32_t column_count = source->base.schema->field_count;
    source->time_column = scan->watermark_column;
    if (source->time_column >= column_count ||
        !type_is_timestamp(source->base.schema->fields[source->time_column].type))
        return FAIL(error, STATUS_INVALID_DEFINITION, "the event time of table \"%s\" is not a timestamp column",
                    scan->table);
    struct expression **expression = ARENA_ARRAY(arena, struct expression *, 1);
    TRY(plan_expression_decode(arena, scan->watermark, column_count, expression, error));
    if (!type_is_timestamp(expression[0]->type))
        return FAIL(error, STATUS_INVALID_DEFINITION, "the watermark of table \"%s\" is not a timestamp", scan->table);
    return evaluator_open(arena, expression, 1, &source->watermark, error);
}

/* ---- snapshots: where each split is, and what is known about its time ---- */

enum { SPLITS_VERSION = 1, SPLIT_BYTES_MIN = 2 + sizeof(int64_t) + 4 };

static enum status source_operator_on_snapshot(struct stream_operator *self, struct snapshot_writer *writer,
                                               struct error *error) {
    struct source_operator *source = (struct source_operator *)self;
    struct split_watermarks *splits = &source->splits;
    if (!source->source->class->split_position)
        return FAIL(error, STATUS_UNSUPPORTED, "table \"%s\" cannot say where it is, so it has no checkpoints",
                    source->table);
    split_watermarks_grow(splits, source->source->split_count, source->monotonic_us);
    struct strbuf value, position;
    strbuf_init(&value);
    strbuf_init(&position);
    bytes_put_i64(&value, self->ended ? WATERMARK_END : splits->merged_us);
    bytes_put_u8(&value, self->ended || splits->all_idle);
    bytes_put_varint(&value, splits->count);
    for (uint32_t i = 0; i < splits->count; i++) {
        const struct split_state *split = &splits->splits[i];
        strbuf_reset(&position);
        source->source->class->split_position(source->source, i, &position);
        bytes_put_block(&value, str_from(source_operator_split_name(self, i)));
        bytes_put_block(&value, strbuf_str(&position));
        bytes_put_i64(&value, split->watermark_us);
        bytes_put_varint(&value, split->row_count);
        bytes_put_u8(&value, split->caught_up);
        bytes_put_u8(&value, split->idle);
        bytes_put_u8(&value, split->ended);
    }
    snapshot_put_value(writer, "splits", SPLITS_VERSION, strbuf_str(&value));
    strbuf_release(&value);
    strbuf_release(&position);
    return STATUS_OK;
}

struct restored_splits {
    int64_t merged_us;
    bool all_idle;
    uint32_t count;
    struct source_position *positions;
    struct split_state *states;
};

/* The reader stands before the section. */
static enum status read_splits(struct snapshot_reader *reader, struct arena *arena, struct restored_splits *splits,
                               struct error *error) {
    struct bytes_reader bytes;
    TRY(snapshot_get_value(reader, "splits", SPLITS_VERSION, &bytes, error));
    splits->merged_us = bytes_get_i64(&bytes);
    splits->all_idle = bytes_get_bool(&bytes);
    splits->count = bytes_get_count(&bytes, SPLIT_BYTES_MIN);
    splits->positions = ARENA_ARRAY(arena, struct source_position, splits->count);
    splits->states = ARENA_ARRAY(arena, struct split_state, splits->count);
    for (uint32_t i = 0; i < splits->count; i++) {
        splits->positions[i].split = str_copy(arena, bytes_get_block(&bytes));
        splits->positions[i].position = str_copy(arena, bytes_get_block(&bytes));
        splits->states[i].watermark_us = bytes_get_i64(&bytes);
        splits->states[i].row_count = bytes_get_varint(&bytes);
        splits->states[i].caught_up = bytes_get_bool(&bytes);
        splits->states[i].idle = bytes_get_bool(&bytes);
        splits->states[i].ended = bytes_get_bool(&bytes);
    }
    return snapshot_check(reader, &bytes, error);
}

static enum status source_operator_on_restore(struct stream_operator *self, struct snapshot_reader *reader,
                                              struct error *error) {
    struct source_operator *source = (struct source_operator *)self;
    struct restored_splits restored;
    TRY(read_splits(reader, self->context->arena, &restored, error));
    bool is_first = reader->chain == 0;
    if (is_first || restored.merged_us < source->splits.merged_us)
        source->splits.merged_us = restored.merged_us;
    source->splits.all_idle = restored.all_idle && (is_first || source->splits.all_idle);
    split_watermarks_grow(&source->splits, source->source->split_count, source->monotonic_us);
    struct map by_name; /* number of a split + 1 */
    map_init(&by_name, self->context->arena, false);
    for (uintptr_t i = 0; i < source->splits.count; i++)
        map_put(&by_name, source_operator_split_name(self, (uint32_t)i), (void *)(i + 1));
    for (uint32_t i = 0; i < restored.count; i++) {
        uintptr_t split = (uintptr_t)map_get(&by_name, restored.positions[i].split);
        if (split == 0)
            continue; /* another instance has it now */
        restored.states[i].last_row_us = source->monotonic_us;
        source->splits.splits[split - 1] = restored.states[i];
    }
    return STATUS_OK;
}

/* What one instance of an earlier run has read. */
static enum status find_splits(const struct snapshot_reader *from, struct arena *arena, struct restored_splits *splits,
                               bool *ended, struct error *error) {
    struct snapshot_reader reader = *from;
    TRY(operator_restore_skip(&reader, ended, error));
    *splits = (struct restored_splits){0};
    return snapshot_is_read(&reader) ? STATUS_OK : read_splits(&reader, arena, splits, error);
}

/* Sources are told where to go on when they open, before the operators are restored: where all instances were, since splits may have other
 * owners now. When all had ended it starts anew and is never asked. */
static enum status find_positions(struct source_operator *source, struct source_config *config, struct error *error) {
    const struct task_context *task = task_of(&source->base);
    if (!task->restored)
        return STATUS_OK;
    const struct restored_node *node = &task->restored[source->base.node->id];
    struct restored_splits *splits = ARENA_ARRAY(config->arena, struct restored_splits, node->count);
    bool all_ended = true;
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        bool ended;
        TRY(find_splits(&node->readers[i], config->arena, &splits[i], &ended, error));
        all_ended &= ended;
        count += splits[i].count;
    }
    if (all_ended)
        return STATUS_OK;
    struct source_position *positions = ARENA_ARRAY(config->arena, struct source_position, count);
    config->positions = positions;
    for (uint32_t i = 0; i < node->count; i++)
        for (uint32_t j = 0; j < splits[i].count; j++) {
            positions[config->position_count++] = splits[i].positions[j];
            config->rows_before += splits[i].states[j].row_count;
        }
    return STATUS_OK;
}

static enum status open_source(struct source_operator *source, const Plan__Scan *scan, struct error *error) {
    const struct task_context *task = task_of(&source->base);
    struct arena *arena = task->operators.arena;
    struct task_connector *found = ARENA_NEW(arena, struct task_connector);
    TRY(task_connector_find(task, scan->table, scan->connector, scan->format, scan->options, scan->n_options, found,
                            error));
    if (!found->connector->source_open)
        return FAIL(error, STATUS_INVALID_OPTION, "connector \"%s\" of table \"%s\" cannot be read from",
                    scan->connector, scan->table);
    struct schema *table_schema = ARENA_NEW(arena, struct schema);
    TRY(plan_schema_decode(arena, scan->table_columns, scan->n_table_columns, table_schema, error));
    struct source_column *columns;
    TRY(task_columns_decode(task, scan->columns, scan->n_columns, &columns, error));
    struct source_config *config = ARENA_NEW(arena, struct source_config);
    *config = (struct source_config){
        .arena = arena,
        .table = scan->table,
        .options = &found->options,
        .table_schema = table_schema,
        .columns = columns,
        .column_count = (uint32_t)scan->n_columns,
        .format = found->format,
        .row_limit = scan->row_limit,
        .batch_rows = task->operators.batch_rows,
        .pool = task->operators.pool,
        .env = task->env,
        .dead = task->dead,
        .instance = task->instance,
        .instance_count = task->instance_count,
        .is_resumable = task->has_checkpoints,
        .key_columns = scan->key_columns,
        .key_column_count = (uint32_t)scan->n_key_columns,
        .cancel = task->cancel,
        .partition_columns = scan->partition_columns,
        .partition_column_count = (uint32_t)scan->n_partition_columns,
    };
    source->shares_splits = config->instance_count > 1;
    TRY(find_positions(source, config, error));
    return found->connector->source_open(config, &source->source, error);
}

static enum status source_operator_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct source_operator *source = (struct source_operator *)self;
    const Plan__Scan *scan = node->scan;
    source->table = scan->table;
    source->monotonic_us = env_monotonic_us(task_of(self)->env);
    split_watermarks_init(&source->splits, scan->idle_timeout_us);
    TRY(open_projections(source, scan, error));
    TRY(open_watermark(source, scan, error));
    return open_source(source, scan, error);
}

/* The rows as the rest of the plan sees them. Takes the batch. */
static enum status project(struct source_operator *source, struct batch *read, struct batch **output,
                           struct error *error) {
    if (!source->projections) {
        *output = read;
        return STATUS_OK;
    }
    struct batch *projected = batch_new(source->base.context->pool, source->base.schema->field_count);
    projected->row_count = read->row_count;
    projected->ingest_us = read->ingest_us;
    projected->change_kinds = read->change_kinds;
    batch_hold_batch(projected, read);
    struct selection all = {.count = read->row_count};
    enum status status = evaluator_run(source->projections, read, &all, source->base.context->evaluation,
                                       &projected->arena, projected->columns, error);
    batch_release(read);
    if (status == STATUS_OK)
        *output = projected;
    else
        batch_release(projected);
    return status;
}

static enum status emit_event_time(struct source_operator *source, struct error *error) {
    struct stream_operator *self = &source->base;
    bool was_idle = source->splits.all_idle;
    int64_t was_us = source->splits.merged_us;
    if (!split_watermarks_update(&source->splits, source->monotonic_us))
        return STATUS_OK;
    if (was_idle && !source->splits.all_idle)
        TRY(operator_emit_idle(self, false, error));
    if (source->splits.merged_us > was_us && source->splits.merged_us != WATERMARK_END) {
        self->context->evaluation->watermark_us = source->splits.merged_us;
        self->watermark_us = source->splits.merged_us;
        TRY(operator_emit_watermark(self, source->splits.merged_us, error));
    }
    if (!was_idle && source->splits.all_idle)
        TRY(operator_emit_idle(self, true, error));
    self->idle = source->splits.all_idle;
    return STATUS_OK;
}

/* A row that is taken back may have its key and no more. */
static bool may_lack_time(const struct batch *batch, uint32_t row) {
    return batch->change_kinds && change_kind_is_retraction(batch->change_kinds[row]);
}

static enum status check_event_times(const struct source_operator *source, const struct batch *batch,
                                     const struct column *times, struct error *error) {
    for (uint32_t row = 0; times->validity && row < batch->row_count; row++)
        if (!validity_get(times->validity, row) && !may_lack_time(batch, row)) {
            enum status status =
                FAIL(error, STATUS_NOT_NULL_VIOLATION, "NULL in event-time column \"%s\" of table \"%s\"",
                     source->base.schema->fields[source->time_column].name, source->table);
            error_hint(error, "filter such rows where the table is written, or compute the column with COALESCE");
            return status;
        }
    return STATUS_OK;
}

/* Without a time a row is behind no watermark. */
static int64_t *times_of(struct batch *batch, const struct column *column) {
    int64_t *times = COLUMN_VALUES(column, int64_t);
    if (!column->validity)
        return times;
    times = arena_copy(&batch->arena, times, sizeof *times * batch->row_count);
    for (uint32_t row = 0; row < batch->row_count; row++)
        if (!validity_get(column->validity, row))
            times[row] = INT64_MAX;
    return times;
}

/* Event times and watermarks of the rows as plain arrays in the batch's arena. */
static enum status compute_event_times(struct source_operator *source, struct batch *batch, const int64_t **times,
                                       const int64_t **marks, struct error *error) {
    struct arena *arena = &batch->arena;
    struct column time_column = column_flatten(&batch->columns[source->time_column], arena, batch->row_count);
    TRY(check_event_times(source, batch, &time_column, error));
    struct column mark_column;
    struct selection all = {.count = batch->row_count};
    TRY(evaluator_run(source->watermark, batch, &all, source->base.context->evaluation, arena, &mark_column, error));
    mark_column = column_flatten(&mark_column, arena, batch->row_count);
    int64_t *values = COLUMN_VALUES(&mark_column, int64_t);
    if (mark_column.validity) {
        values = arena_copy(arena, values, sizeof *values * batch->row_count);
        for (uint32_t row = 0; row < batch->row_count; row++)
            values[row] = validity_get(mark_column.validity, row) ? values[row] : WATERMARK_NONE;
    }
    *times = times_of(batch, &time_column);
    *marks = values;
    return STATUS_OK;
}

static enum status emit_range(struct source_operator *source, struct batch *batch, uint32_t first, uint32_t count,
                              struct error *error) {
    if (count == batch->row_count) {
        batch_reference(batch);
        return operator_emit(&source->base, batch, error);
    }
    uint16_t *rows = arena_alloc(&batch->arena, sizeof *rows * count);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (uint16_t)(first + i);
    struct selection selection = {.rows = rows, .count = count};
    return operator_emit(&source->base, batch_gather(source->base.context->pool, batch, &selection), error);
}

static enum status emit_with_event_time(struct source_operator *source, struct batch *batch, uint32_t split,
                                        struct error *error) {
    const int64_t *times, *marks;
    TRY(compute_event_times(source, batch, &times, &marks, error));
    const struct task_context *task = task_of(&source->base);
    for (uint32_t first = 0; first < batch->row_count;) {
        int64_t watermark_us = source->splits.splits[split].watermark_us;
        uint32_t count = watermark_cut(times, marks, first, batch->row_count, task->watermark_granularity_us,
                                       task->watermark_reach_us, &watermark_us);
        TRY(emit_range(source, batch, first, count, error));
        source->splits.splits[split].watermark_us = watermark_us;
        TRY(emit_event_time(source, error));
        first += count;
    }
    return STATUS_OK;
}

static enum status emit_rows(struct source_operator *source, struct batch *read, uint32_t split, struct error *error) {
    source->splits.splits[split].row_count += read->row_count;
    source->base.counters.rows_in += read->row_count;
    source->base.counters.batches_in++;
    read->ingest_us = source->base.context->evaluation->now_us;
    split_watermarks_active(&source->splits, split, source->monotonic_us);
    TRY(emit_event_time(source, error)); /* active again before its rows come */
    struct batch *batch;
    TRY(project(source, read, &batch, error));
    if (!source->watermark)
        return operator_emit(&source->base, batch, error);
    enum status status = emit_with_event_time(source, batch, split, error);
    batch_release(batch);
    return status;
}

/* What the poll says about its split, rows aside. */
static void note_split(struct source_operator *source, const struct source_poll *poll) {
    if (poll->split >= source->splits.count)
        return; /* a source without splits yet */
    struct split_state *state = &source->splits.splits[poll->split];
    if (poll->batch || poll->split_caught_up)
        state->caught_up = poll->split_caught_up;
    state->ended = state->ended || poll->split_ended;
}

/* Splits may have come since. */
static void note_splits(struct source_operator *source) {
    split_watermarks_grow(&source->splits, source->source->split_count, source->monotonic_us);
    source->splits.lacks_splits = source->shares_splits && source->splits.count == 0;
}

enum status source_operator_start(struct stream_operator *self, struct error *error) {
    struct source_operator *source = (struct source_operator *)self;
    if (self->ended)
        return STATUS_OK;
    note_splits(source);
    return emit_event_time(source, error);
}

enum status source_operator_step(struct stream_operator *self, int64_t max_wait_us, struct source_step *step,
                                 struct error *error) {
    struct source_operator *source = (struct source_operator *)self;
    struct source_poll poll = {0};
    TRY(source->source->class->poll(source->source, max_wait_us, &poll, error));
    source->monotonic_us = env_monotonic_us(task_of(self)->env);
    self->context->evaluation->now_us = processing_clock_at(&task_of(self)->clock, source->monotonic_us);
    note_splits(source);
    *step = (struct source_step){.made_progress = poll.batch || poll.state == SOURCE_READY, .wait_us = poll.wait_us};
    if (step->wait_us <= 0)
        step->wait_us = 1000;
    if (poll.batch) {
        ASSERT(poll.split < source->splits.count);
        TRY(emit_rows(source, poll.batch, poll.split, error));
    }
    note_split(source, &poll);
    TRY(emit_event_time(source, error));
    return poll.state == SOURCE_END ? source_operator_end(self, error) : STATUS_OK;
}

enum status source_operator_end(struct stream_operator *self, struct error *error) {
    struct source_operator *source = (struct source_operator *)self;
    for (uint32_t i = 0; i < source->splits.count; i++)
        source->splits.splits[i].ended = true;
    self->watermark_us = WATERMARK_END;
    return operator_on_end(self, 0, error);
}

static enum status source_operator_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                            struct error *error) {
    (void)self;
    (void)input;
    (void)batch;
    return FAIL(error, STATUS_INTERNAL, "a source has no input");
}

static void source_operator_close(struct stream_operator *self) {
    struct source_operator *source = (struct source_operator *)self;
    if (source->source)
        source->source->class->close(source->source);
    source->source = NULL;
    split_watermarks_release(&source->splits);
}

const struct split_watermarks *source_operator_splits(const struct stream_operator *self) {
    return &((const struct source_operator *)self)->splits;
}

const char *source_operator_split_name(const struct stream_operator *self, uint32_t split) {
    const struct source_operator *source = (const struct source_operator *)self;
    return source->source->class->split_name(source->source, split);
}

void source_operator_split_position(const struct stream_operator *self, uint32_t split, struct strbuf *out) {
    const struct source_operator *source = (const struct source_operator *)self;
    source->source->class->split_position(source->source, split, out);
}

void source_operator_committed(struct stream_operator *self, const struct source_position *positions, uint32_t count) {
    struct source_operator *source = (struct source_operator *)self;
    if (source->source && source->source->class->committed && count > 0)
        source->source->class->committed(source->source, positions, count);
}

const char *source_operator_table(const struct stream_operator *self) {
    return ((const struct source_operator *)self)->table;
}

const struct operator_class source_operator_class = {
    .name = "Scan",
    .size = sizeof(struct source_operator),
    .open = source_operator_open,
    .on_batch = source_operator_on_batch,
    .on_snapshot = source_operator_on_snapshot,
    .on_restore = source_operator_on_restore,
    .is_divisible = true,
    .keeps_state_at_end = true,
    .close = source_operator_close,
};
