/* operator.c: dispatch between operators: counting, merging watermarks, defaults.
 * Invariant: whatever an operator is handed is in the order in which it was emitted, its merged watermark never falls, and
 * after the end nothing comes. */
#include "executor/operator.h"

#include <string.h>

#include "executor/checked.h"

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
                         struct operator** operator, struct error * error) {
    if (input_count > OPERATOR_INPUTS_MAX)
        return FAIL(error, STATUS_TOO_COMPLEX, "%s has %u inputs, the limit is %d", class->name, input_count,
                    OPERATOR_INPUTS_MAX);
    ASSERT(class->size >= sizeof(struct operator));
    struct operator* created = arena_alloc_aligned(context->arena, class->size, 64);
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
    *operator= created; /* before open: its close releases what a failed open left */
    return class->open(created, node, error);
}

void operator_connect(struct operator* from, struct operator* to, uint32_t input) {
    ASSERT(input < to->input_count);
    struct operator_output *outputs = ARENA_ARRAY(from->context->arena, struct operator_output, from->output_count + 1);
    if (from->output_count)
        memcpy(outputs, from->outputs, from->output_count * sizeof *outputs);
    outputs[from->output_count++] = (struct operator_output){.target = to, .input = input};
    from->outputs = outputs;
}

void operator_close(struct operator* operator) {
    if (operator&& operator->class->close)
        operator->class->close(operator);
}

enum status operator_on_batch(struct operator* operator, uint32_t input, struct batch *batch, struct error *error) {
    ASSERT(input < operator->input_count && !operator->inputs[input].ended);
    operator->counters.rows_in += batch->row_count;
    operator->counters.batches_in++;
    if (operator->done) {
        operator->counters.rows_filtered += batch->row_count;
        return STATUS_OK;
    }
    return operator->class->on_batch(operator, input, batch, error);
}

enum status operator_emit_idle(struct operator* operator, bool idle, struct error *error) {
    for (uint32_t i = 0; i < operator->output_count; i++)
        TRY(operator_on_idle(operator->outputs[i].target, operator->outputs[i].input, idle, error));
    return STATUS_OK;
}

/* Minimum over the inputs that count; when none does, what the operator has already. */
static int64_t merged_watermark(const struct operator* operator) {
    int64_t merged = WATERMARK_END;
    bool any = false;
    for (uint32_t i = 0; i < operator->input_count; i++) {
        const struct operator_input *input = &operator->inputs[i];
        if (input->idle && !input->ended)
            continue;
        any = true;
        if (input->watermark_us < merged)
            merged = input->watermark_us;
    }
    return any ? merged : operator->watermark_us;
}

static enum status raise_watermark(struct operator* operator, int64_t watermark_us, struct error *error) {
    if (watermark_us <= operator->watermark_us)
        return STATUS_OK;
    operator->watermark_us = watermark_us;
    if (operator->class->on_watermark)
        return operator->class->on_watermark(operator, watermark_us, error);
    return operator_emit_watermark(operator, watermark_us, error);
}

enum status operator_on_watermark(struct operator* operator, uint32_t input, int64_t watermark_us,
                                  struct error *error) {
    ASSERT(input < operator->input_count);
    struct operator_input *state = &operator->inputs[input];
    if (watermark_us <= state->watermark_us)
        return STATUS_OK;
    state->watermark_us = watermark_us;
    if (operator->input_count == 1)
        return raise_watermark(operator, watermark_us, error);
    return raise_watermark(operator, merged_watermark(operator), error);
}

/* An ended input neither holds the others back nor keeps the operator from being idle. */
static bool all_inputs_idle(const struct operator* operator) {
    bool any_idle = false;
    for (uint32_t i = 0; i < operator->input_count; i++) {
        if (!operator->inputs[i].idle && !operator->inputs[i].ended)
            return false;
        any_idle |= !operator->inputs[i].ended;
    }
    return any_idle;
}

static enum status update_idle(struct operator* operator, struct error * error) {
    bool idle = all_inputs_idle(operator);
    if (idle == operator->idle)
        return STATUS_OK;
    operator->idle = idle;
    return operator_emit_idle(operator, idle, error);
}

enum status operator_on_idle(struct operator* operator, uint32_t input, bool idle, struct error *error) {
    ASSERT(input < operator->input_count);
    if (operator->inputs[input].idle == idle)
        return STATUS_OK;
    operator->inputs[input].idle = idle;
    TRY(raise_watermark(operator, merged_watermark(operator), error));
    return update_idle(operator, error);
}

/* Everything has come: the rest is emitted, the end goes on. */
static enum status end_operator(struct operator* operator, struct error * error) {
    if (operator->input_count> 0)
        TRY(raise_watermark(operator, WATERMARK_END, error));
    if (operator->class->on_end)
        TRY(operator->class->on_end(operator, error));
    if (operator->input_count == 0)
        TRY(operator_emit_watermark(operator, WATERMARK_END, error));
    operator->ended = true;
    operator->next_tick_us = INT64_MAX;
    checked_end(operator);
    for (uint32_t i = 0; i < operator->output_count; i++)
        TRY(operator_on_end(operator->outputs[i].target, operator->outputs[i].input, error));
    return STATUS_OK;
}

enum status operator_on_end(struct operator* operator, uint32_t input, struct error *error) {
    if (operator->ended)
        return STATUS_OK;
    if (operator->input_count == 0)
        return end_operator(operator, error);
    ASSERT(input < operator->input_count);
    operator->inputs[input].ended = true;
    operator->inputs[input].watermark_us = WATERMARK_END;
    for (uint32_t i = 0; i < operator->input_count; i++) {
        if (!operator->inputs[i].ended) {
            TRY(raise_watermark(operator, merged_watermark(operator), error));
            return update_idle(operator, error);
        }
    }
    return end_operator(operator, error);
}

enum status operator_on_tick(struct operator* operator, int64_t now_us, struct error *error) {
    if (now_us < operator->next_tick_us || operator->ended || !operator->class->on_tick)
        return STATUS_OK;
    return operator->class->on_tick(operator, now_us, error);
}

enum status operator_on_flush(struct operator* operator, struct error * error) {
    return operator->class->on_flush ? operator->class->on_flush(operator, error) : STATUS_OK;
}

enum status operator_emit(struct operator* operator, struct batch * batch, struct error *error) {
    enum status status = STATUS_OK;
    if (batch->row_count > 0) {
        operator->counters.rows_out += batch->row_count;
        operator->counters.batches_out++;
        checked_batch(operator, batch);
        for (uint32_t i = 0; i < operator->output_count && status == STATUS_OK; i++)
            status = operator_on_batch(operator->outputs[i].target, operator->outputs[i].input, batch, error);
    }
    batch_release(batch);
    return status;
}

enum status operator_emit_watermark(struct operator* operator, int64_t watermark_us, struct error *error) {
    checked_watermark(operator, watermark_us);
    for (uint32_t i = 0; i < operator->output_count; i++)
        TRY(operator_on_watermark(operator->outputs[i].target, operator->outputs[i].input, watermark_us, error));
    return STATUS_OK;
}

void operator_set_done(struct operator* operator) {
    operator->done = true;
    *operator->context->stop_wanted = true;
}

bool operator_wants_rows(const struct operator* operator) {
    if (operator->done || operator->ended)
        return false;
    for (uint32_t i = 0; i < operator->output_count; i++)
        if (operator_wants_rows(operator->outputs[i].target))
            return true;
    return operator->output_count == 0;
}

struct batch *operator_batch_new(struct operator* operator, uint32_t row_count) {
    return batch_new_for(operator->context->pool, operator->schema, row_count);
}
