/* union_all.c: UNION ALL: the rows of all inputs in the order in which they come. Nothing is copied; merging watermarks and
 * idleness of the inputs is the dispatcher's. */
#include "executor/operator.h"

static enum status union_all_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)node;
    for (uint32_t i = 0; i < self->input_count; i++)
        if (self->input_schemas[i]->field_count != self->schema->field_count)
            return FAIL(error, STATUS_INTERNAL, "an input of UNION ALL has %u columns instead of %u",
                        self->input_schemas[i]->field_count, self->schema->field_count);
    return STATUS_OK;
}

static enum status union_all_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                      struct error *error) {
    (void)input;
    batch_reference(batch);
    return operator_emit(self, batch, error);
}

const struct operator_class union_all_class = {
    .name = "UnionAll",
    .size = sizeof(struct stream_operator),
    .open = union_all_open,
    .on_batch = union_all_on_batch,
};
