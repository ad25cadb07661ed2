/* operator.c: dispatch between operators: counting, merging watermarks, defaults.
 * Invariant: whatever an operator is handed is in the order in which it was emitted, its merged watermark never falls, and
 * after the end nothing comes. */
#include "executor/operator.h"

#include <string.h>

#include "executor/checked.h"
#include "executor/snapshot.h"

#define OPERATOR(operation, class_name) extern const struct operator_class class_name;
#include "executor/operators.def"
#undef OPERATOR

const struct operator_class *operator_class_for(const Plan__Node *node) {
    switch ((int)node->operation_case) {
#define OPERATOR(operation, class_name)     \
    case PLAN__NODE__OPERATION_##operation: \
        return &class_name;
#include "executor/operators.def"
#undef OPERATOR
    default: return NULL;
    }
}

enum status operator_new(const struct operator_class *class, const Plan__Node *node,
                         struct schema *const *input_schemas, uint32_t input_count, struct operator_context *context,
                         struct stream_operator **self, struct error *error) {
    if (input_count > OPERATOR_INPUTS_MAX)
        return FAIL(error, STATUS_TOO_COMPLEX, "%s has %u inputs, the limit is %d", class->name, input_count,
                    OPERATOR_INPUTS_MAX);
    ASSERT(class->size >= sizeof(struct stream_operator));
    struct stream_operator *created = arena_alloc_aligned(context->arena, class->size, 64);
    memset(created, 0, class->size);
    created->class = class;
    created->node = node;
    created->context = context;
    created->schema = ARENA_NEW(context->arena, struct schema);
    TRY(plan_schema_decode(context->arena, node->output, node->n_output, created->schema, error));
    created->input_schemas = ARENA_ARRAY(context->arena, struct schema *, input_count);
    created->inputs = ARENA_ARRAY(context->arena, struct operator_input, input_count);
    created->outputs = NULL;
    created->input_count = input_count;
    for (uint32_t i = 0; i < input_count; i++) {
        created->input_schemas[i] = input_schemas[i];
        created->inputs[i].watermark_us = WATERMARK_NONE;
    }
    created->watermark_us = WATERMARK_NONE;
    created->next_tick_us = INT64_MAX;
    checked_open(created);
    *self = created; /* before open: its close releases what a failed open left */
    return class->open(created, node, error);
}

void operator_connect(struct stream_operator *from, struct stream_operator *to, uint32_t input) {
    ASSERT(input < to->input_count);
    struct operator_output *outputs = ARENA_ARRAY(from->context->arena, struct operator_output, from->output_count + 1);
    if (from->output_count)
        memcpy(outputs, from->outputs, from->output_count * sizeof *outputs);
    outputs[from->output_count++] = (struct operator_output){.target = to, .input = input};
    from->outputs = outputs;
}

void operator_close(struct stream_operator *self) {
    if (self && self->class->close)
        self->class->close(self);
}

enum status operator_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch, struct error *error) {
    ASSERT(input < self->input_count && !self->inputs[input].ended);
    self->counters.rows_in += batch->row_count;
    self->counters.batches_in++;
    if (self->done) {
        self->counters.rows_filtered += batch->row_count;
        return STATUS_OK;
    }
    return self->class->on_batch(self, input, batch, error);
}

enum status operator_emit_idle(struct stream_operator *self, bool idle, struct error *error) {
    for (uint32_t i = 0; i < self->output_count; i++)
        TRY(operator_on_idle(self->outputs[i].target, self->outputs[i].input, idle, error));
    return STATUS_OK;
}

/* Minimum over the inputs that are not idle; when all are, the maximum: none of them is waited for. */
static int64_t merged_watermark(const struct stream_operator *self) {
    int64_t least = WATERMARK_END, greatest = WATERMARK_NONE;
    bool any_active = false;
    for (uint32_t i = 0; i < self->input_count; i++) {
        const struct operator_input *input = &self->inputs[i];
        if (input->ended)
            continue;
        if (input->watermark_us > greatest)
            greatest = input->watermark_us;
        if (input->idle)
            continue;
        any_active = true;
        if (input->watermark_us < least)
            least = input->watermark_us;
    }
    return any_active ? least : greatest;
}

static enum status raise_watermark(struct stream_operator *self, int64_t watermark_us, struct error *error) {
    if (watermark_us <= self->watermark_us)
        return STATUS_OK;
    self->watermark_us = watermark_us;
    if (self->class->on_watermark)
        return self->class->on_watermark(self, watermark_us, error);
    return operator_emit_watermark(self, watermark_us, error);
}

enum status operator_on_watermark(struct stream_operator *self, uint32_t input, int64_t watermark_us,
                                  struct error *error) {
    ASSERT(input < self->input_count);
    struct operator_input *state = &self->inputs[input];
    if (watermark_us <= state->watermark_us)
        return STATUS_OK;
    state->watermark_us = watermark_us;
    if (self->input_count == 1)
        return raise_watermark(self, watermark_us, error);
    return raise_watermark(self, merged_watermark(self), error);
}

/* An ended input neither holds the others back nor keeps the operator from being idle. */
static bool all_inputs_idle(const struct stream_operator *self) {
    bool any_idle = false;
    for (uint32_t i = 0; i < self->input_count; i++) {
        if (!self->inputs[i].idle && !self->inputs[i].ended)
            return false;
        any_idle |= !self->inputs[i].ended;
    }
    return any_idle;
}

static enum status update_idle(struct stream_operator *self, struct error *error) {
    bool idle = all_inputs_idle(self);
    if (idle == self->idle)
        return STATUS_OK;
    self->idle = idle;
    return self->class->on_idle ? self->class->on_idle(self, idle, error) : operator_emit_idle(self, idle, error);
}

enum status operator_on_idle(struct stream_operator *self, uint32_t input, bool idle, struct error *error) {
    ASSERT(input < self->input_count);
    if (self->inputs[input].idle == idle)
        return STATUS_OK;
    self->inputs[input].idle = idle;
    TRY(raise_watermark(self, merged_watermark(self), error));
    return update_idle(self, error);
}

/* Everything has come: the rest is emitted, the end goes on. */
static enum status end_operator(struct stream_operator *self, struct error *error) {
    if (self->input_count > 0)
        TRY(raise_watermark(self, WATERMARK_END, error));
    if (self->class->on_end)
        TRY(self->class->on_end(self, error));
    if (self->input_count == 0)
        TRY(operator_emit_watermark(self, WATERMARK_END, error));
    self->ended = true;
    self->next_tick_us = INT64_MAX;
    checked_end(self);
    for (uint32_t i = 0; i < self->output_count; i++)
        TRY(operator_on_end(self->outputs[i].target, self->outputs[i].input, error));
    return STATUS_OK;
}

enum status operator_on_end(struct stream_operator *self, uint32_t input, struct error *error) {
    if (self->ended)
        return STATUS_OK;
    if (self->input_count == 0)
        return end_operator(self, error);
    ASSERT(input < self->input_count);
    self->inputs[input].ended = true;
    self->inputs[input].watermark_us = WATERMARK_END;
    for (uint32_t i = 0; i < self->input_count; i++) {
        if (!self->inputs[i].ended) {
            TRY(raise_watermark(self, merged_watermark(self), error));
            return update_idle(self, error);
        }
    }
    return end_operator(self, error);
}

enum status operator_on_tick(struct stream_operator *self, int64_t now_us, struct error *error) {
    if (now_us < self->next_tick_us || self->ended || !self->class->on_tick)
        return STATUS_OK;
    return self->class->on_tick(self, now_us, error);
}

enum status operator_on_memory_short(struct stream_operator *self, struct error *error) {
    return self->ended || !self->class->on_memory_short ? STATUS_OK : self->class->on_memory_short(self, error);
}

enum status operator_on_flush(struct stream_operator *self, struct error *error) {
    return self->class->on_flush ? self->class->on_flush(self, error) : STATUS_OK;
}

enum status operator_emit(struct stream_operator *self, struct batch *batch, struct error *error) {
    enum status status = STATUS_OK;
    if (batch->row_count > 0) {
        self->counters.rows_out += batch->row_count;
        self->counters.batches_out++;
        checked_batch(self, batch);
        for (uint32_t i = 0; i < self->output_count && status == STATUS_OK; i++)
            status = operator_on_batch(self->outputs[i].target, self->outputs[i].input, batch, error);
    }
    batch_release(batch);
    return status;
}

enum status operator_emit_watermark(struct stream_operator *self, int64_t watermark_us, struct error *error) {
    checked_watermark(self, watermark_us);
    for (uint32_t i = 0; i < self->output_count; i++)
        TRY(operator_on_watermark(self->outputs[i].target, self->outputs[i].input, watermark_us, error));
    return STATUS_OK;
}

void operator_set_done(struct stream_operator *self) {
    self->done = true;
    *self->context->stop_wanted = true;
}

bool operator_wants_rows(const struct stream_operator *self) {
    if (self->done || self->ended)
        return false;
    for (uint32_t i = 0; i < self->output_count; i++)
        if (operator_wants_rows(self->outputs[i].target))
            return true;
    return self->output_count == 0;
}

struct batch *operator_batch_new(struct stream_operator *self, uint32_t row_count) {
    return batch_new_for(self->context->pool, self->schema, row_count);
}

bool operator_input_may_change(const struct stream_operator *self, uint32_t input) {
    ASSERT(input < self->node->n_inputs);
    return self->context->plan->nodes[self->node->inputs[input]]->change_mode != PLAN__CHANGE_MODE__APPEND;
}

/* ---- snapshots ---- */

enum { DISPATCH_VERSION = 1, STEP_BYTES = 1 << 20 };

static void put_counters(struct strbuf *out, const struct operator_counters *counters) {
    const uint64_t values[] = {counters->rows_in,     counters->batches_in,    counters->rows_out,
                               counters->batches_out, counters->rows_filtered, counters->rows_late,
                               counters->rows_merged};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        bytes_put_varint(out, values[i]);
}

static void get_counters(struct bytes_reader *bytes, struct operator_counters *counters) {
    uint64_t *const values[] = {&counters->rows_in,     &counters->batches_in,    &counters->rows_out,
                                &counters->batches_out, &counters->rows_filtered, &counters->rows_late,
                                &counters->rows_merged};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        *values[i] = bytes_get_varint(bytes);
}

static void put_dispatch(const struct stream_operator *self, struct snapshot_writer *writer) {
    struct strbuf value;
    strbuf_init(&value);
    bytes_put_i64(&value, self->watermark_us);
    bytes_put_u8(&value, self->idle);
    bytes_put_u8(&value, self->ended);
    bytes_put_u8(&value, self->done);
    bytes_put_varint(&value, self->input_count);
    for (uint32_t i = 0; i < self->input_count; i++) {
        bytes_put_i64(&value, self->inputs[i].watermark_us);
        bytes_put_u8(&value, self->inputs[i].idle);
        bytes_put_u8(&value, self->inputs[i].ended);
    }
    put_counters(&value, &self->counters);
    snapshot_put_value(writer, "dispatch", DISPATCH_VERSION, strbuf_str(&value));
    strbuf_release(&value);
}

enum status operator_snapshot_begin(struct stream_operator *self, struct snapshot_writer *writer, struct error *error) {
    ASSERT(!self->snapshot_under_way && (writer->mode == SNAPSHOT_FULL || self->has_snapshot));
    put_dispatch(self, writer);
    self->snapshot_under_way = true;
    bool has_state = self->class->on_snapshot && (!self->ended || self->class->keeps_state_at_end);
    return has_state ? self->class->on_snapshot(self, writer, error) : STATUS_OK;
}

enum status operator_snapshot_step(struct stream_operator *self, struct snapshot_writer *writer, size_t budget_bytes,
                                   bool *done, struct error *error) {
    ASSERT(self->snapshot_under_way && budget_bytes > 0);
    *done = true;
    if (self->class->on_snapshot_step)
        TRY(self->class->on_snapshot_step(self, &budget_bytes, done, error));
    if (!*done)
        return STATUS_OK;
    uint64_t parent = writer->mode == SNAPSHOT_FULL ? 0 : self->snapshot_digest;
    self->snapshot_digest = snapshot_writer_end(writer, parent);
    self->snapshot_under_way = false;
    self->has_snapshot = true;
    return STATUS_OK;
}

void operator_snapshot_abandon(struct stream_operator *self) {
    if (self->snapshot_under_way && self->class->on_snapshot_abandon)
        self->class->on_snapshot_abandon(self);
    self->snapshot_under_way = self->has_snapshot = false;
}

enum status operator_snapshot(struct stream_operator *self, struct snapshot_writer *writer, struct error *error) {
    TRY(operator_snapshot_begin(self, writer, error));
    for (bool done = false; !done;)
        TRY(operator_snapshot_step(self, writer, STEP_BYTES, &done, error));
    return STATUS_OK;
}

enum status operator_restore_skip(struct snapshot_reader *reader, bool *ended, struct error *error) {
    struct bytes_reader bytes;
    TRY(snapshot_get_value(reader, "dispatch", DISPATCH_VERSION, &bytes, error));
    (void)bytes_get_i64(&bytes);  /* watermark */
    (void)bytes_get_bool(&bytes); /* idle */
    *ended = bytes_get_bool(&bytes);
    return bytes.failed ? snapshot_malformed(reader, "cannot be decoded", error) : STATUS_OK;
}

/* What the dispatcher keeps of one instance. */
struct dispatch {
    int64_t watermark_us;
    bool idle, ended, done;
    struct operator_input *inputs; /* the operator's count of them */
    struct operator_counters counters;
};

static enum status read_dispatch(const struct stream_operator *self, struct snapshot_reader *reader,
                                 struct dispatch *dispatch, struct error *error) {
    struct bytes_reader bytes;
    TRY(snapshot_get_value(reader, "dispatch", DISPATCH_VERSION, &bytes, error));
    dispatch->watermark_us = bytes_get_i64(&bytes);
    dispatch->idle = bytes_get_bool(&bytes);
    dispatch->ended = bytes_get_bool(&bytes);
    dispatch->done = bytes_get_bool(&bytes);
    if (bytes_get_varint(&bytes) != self->input_count)
        bytes_refuse(&bytes);
    for (uint32_t i = 0; i < self->input_count; i++) {
        dispatch->inputs[i].watermark_us = bytes_get_i64(&bytes);
        dispatch->inputs[i].idle = bytes_get_bool(&bytes);
        dispatch->inputs[i].ended = bytes_get_bool(&bytes);
    }
    get_counters(&bytes, &dispatch->counters);
    return snapshot_check(reader, &bytes, error);
}

void operator_counters_add(struct operator_counters *to, const struct operator_counters *more) {
    to->rows_in += more->rows_in;
    to->batches_in += more->batches_in;
    to->rows_out += more->rows_out;
    to->batches_out += more->batches_out;
    to->rows_filtered += more->rows_filtered;
    to->rows_late += more->rows_late;
    to->rows_merged += more->rows_merged;
    to->state_rows += more->state_rows;
    to->state_bytes += more->state_bytes;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* An operator that ended is at the end of time, so those that go on decide. */
static void take_dispatch(struct stream_operator *self, const struct dispatch *dispatch, bool is_first) {
    self->watermark_us = is_first ? dispatch->watermark_us : least(self->watermark_us, dispatch->watermark_us);
    self->idle = dispatch->idle && (is_first || self->idle);
    self->ended = dispatch->ended && (is_first || self->ended);
    self->done = dispatch->done && (is_first || self->done);
    for (uint32_t i = 0; i < self->input_count; i++) {
        struct operator_input *input = &self->inputs[i];
        const struct operator_input *read = &dispatch->inputs[i];
        input->watermark_us = is_first ? read->watermark_us : least(input->watermark_us, read->watermark_us);
        input->idle = read->idle && (is_first || input->idle);
        input->ended = read->ended && (is_first || input->ended);
    }
}

static enum status check_divisible(const struct stream_operator *self, uint32_t count, struct error *error) {
    if (count == 1 || !self->class->on_restore || self->class->is_divisible)
        return STATUS_OK;
    (void)FAIL(error, STATUS_UNSUPPORTED, "%s (node %u) cannot be restored from %u instances", self->class->name,
               self->node->id, count);
    error_hint(error, "restore it with the parallelism that it had");
    return STATUS_UNSUPPORTED;
}

/* An operator that ended holds nothing any more, unless its class says otherwise. */
static enum status restore_states(struct stream_operator *self, struct snapshot_reader *readers, const bool *ended,
                                  uint32_t count, struct error *error) {
    bool keeps_state = self->class->keeps_state_at_end;
    uint32_t chain = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool has_state = !ended[i] || (keeps_state && !snapshot_is_read(&readers[i]));
        if (self->ended && has_state)
            continue; /* of no use any more */
        readers[i].chain_count = count;
        if (self->class->on_restore && has_state) {
            readers[i].chain = chain++;
            TRY(self->class->on_restore(self, &readers[i], error));
        }
        TRY(snapshot_finish(&readers[i], error));
    }
    return STATUS_OK;
}

enum status operator_restore_chains(struct stream_operator *self, struct snapshot_reader *readers, uint32_t count,
                                    struct error *error) {
    ASSERT(count > 0);
    struct arena *arena = self->context->arena;
    bool *ended = ARENA_ARRAY(arena, bool, count);
    struct dispatch dispatch = {.inputs = ARENA_ARRAY(arena, struct operator_input, self->input_count)};
    TRY(check_divisible(self, count, error));
    for (uint32_t i = 0; i < count; i++) {
        TRY(read_dispatch(self, &readers[i], &dispatch, error));
        take_dispatch(self, &dispatch, i == 0);
        ended[i] = dispatch.ended;
        if (!readers[i].counted_elsewhere)
            operator_counters_add(&self->counters, &dispatch.counters);
    }
    if (self->done)
        *self->context->stop_wanted = true;
    if (self->ended)
        self->next_tick_us = INT64_MAX;
    return restore_states(self, readers, ended, count, error);
}

enum status operator_restore(struct stream_operator *self, struct snapshot_reader *reader, struct error *error) {
    return operator_restore_chains(self, reader, 1, error);
}
