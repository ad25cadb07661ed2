/* values.c: rows that are part of the plan. It has no input: the task starts it by ending it, and the rows come out. */
#include "executor/operator.h"

#include "core/data/row_codec.h"

static enum status values_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)node;
    if (self->input_count != 0)
        return FAIL(error, STATUS_INTERNAL, "VALUES has no input");
    return STATUS_OK;
}

static enum status values_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                   struct error *error) {
    (void)self;
    (void)input;
    (void)batch;
    return FAIL(error, STATUS_INTERNAL, "VALUES has no input");
}

static enum status decode_rows(struct batch *batch, ProtobufCBinaryData *rows, uint32_t count, struct error *error) {
    for (uint32_t row = 0; row < count; row++) {
        struct str bytes = {.data = (const char *)rows[row].data, .size = rows[row].len};
        TRY(row_decode(bytes, batch->columns, batch->column_count, row, count, &batch->arena, error));
    }
    return STATUS_OK;
}

static enum status values_on_end(struct stream_operator *self, struct error *error) {
    const Plan__Values *values = self->node->values;
    size_t first = 0;
    while (first < values->n_rows && operator_wants_rows(self)) {
        size_t left = values->n_rows - first;
        uint32_t count = left < self->context->batch_rows ? (uint32_t)left : self->context->batch_rows;
        struct batch *batch = operator_batch_new(self, count);
        batch->ingest_us = self->context->evaluation->now_us;
        enum status status = decode_rows(batch, values->rows + first, count, error);
        if (status != STATUS_OK) {
            batch_release(batch);
            return status;
        }
        TRY(operator_emit(self, batch, error));
        first += count;
    }
    return STATUS_OK;
}

const struct operator_class values_class = {
    .name = "Values",
    .size = sizeof(struct stream_operator),
    .open = values_open,
    .on_batch = values_on_batch,
    .on_end = values_on_end,
};
