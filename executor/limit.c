/* limit.c: OFFSET and LIMIT over inserts, in order of arrival. When the last wanted row has passed, the operator is done and
 * its sources may stop. Rows that are skipped or cut off count as filtered. */
#include <stdlib.h>

#include "executor/operator.h"
#include "executor/snapshot.h"

struct limit {
    struct stream_operator base;
    uint64_t skip_rows; /* still to skip */
    uint64_t take_rows; /* still to take */
};

static enum status limit_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)error;
    struct limit *limit = (struct limit *)self;
    limit->skip_rows = node->limit->offset;
    limit->take_rows = node->limit->has_limit ? node->limit->limit : UINT64_MAX;
    if (limit->take_rows == 0)
        operator_set_done(self);
    return STATUS_OK;
}

/* Rows [first, first + count) of the batch, sharing its memory where they are all of it. */
static struct batch *batch_range(struct operator_context *context, struct batch *batch, uint32_t first,
                                 uint32_t count) {
    if (count == batch->row_count) {
        batch_reference(batch);
        return batch;
    }
    uint16_t *rows =
        memory_alloc(sizeof *rows * count); /* happens where the skipping ends and at the last batch only */
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (uint16_t)(first + i);
    struct selection selection = {.rows = rows, .count = count};
    struct batch *range = batch_gather(context->pool, batch, &selection);
    free(rows);
    return range;
}

static enum status limit_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                  struct error *error) {
    (void)input;
    struct limit *limit = (struct limit *)self;
    if (batch->change_kinds)
        return FAIL(error, STATUS_UNSUPPORTED, "LIMIT without ORDER BY over a result that is updated");
    uint32_t first = limit->skip_rows < batch->row_count ? (uint32_t)limit->skip_rows : batch->row_count;
    uint32_t count = batch->row_count - first;
    if (count > limit->take_rows)
        count = (uint32_t)limit->take_rows;
    limit->skip_rows -= first;
    if (limit->take_rows != UINT64_MAX)
        limit->take_rows -= count;
    self->counters.rows_filtered += batch->row_count - count;
    if (limit->take_rows == 0)
        operator_set_done(self);
    return count ? operator_emit(self, batch_range(self->context, batch, first, count), error) : STATUS_OK;
}

enum { FIELDS_VERSION = 1 };

static enum status limit_on_snapshot(struct stream_operator *self, struct snapshot_writer *writer,
                                     struct error *error) {
    (void)error;
    const struct limit *limit = (const struct limit *)self;
    struct strbuf fields;
    strbuf_init(&fields);
    bytes_put_u64(&fields, limit->skip_rows);
    bytes_put_u64(&fields, limit->take_rows);
    snapshot_put_value(writer, "fields", FIELDS_VERSION, strbuf_str(&fields));
    strbuf_release(&fields);
    return STATUS_OK;
}

static enum status limit_on_restore(struct stream_operator *self, struct snapshot_reader *reader, struct error *error) {
    struct limit *limit = (struct limit *)self;
    struct bytes_reader fields;
    TRY(snapshot_get_value(reader, "fields", FIELDS_VERSION, &fields, error));
    limit->skip_rows = bytes_get_u64(&fields);
    limit->take_rows = bytes_get_u64(&fields);
    return snapshot_check(reader, &fields, error);
}

const struct operator_class limit_class = {
    .name = "Limit",
    .size = sizeof(struct limit),
    .open = limit_open,
    .on_batch = limit_on_batch,
    .on_snapshot = limit_on_snapshot,
    .on_restore = limit_on_restore,
};
