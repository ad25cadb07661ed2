/* batch_builder.h: rows of several batches, packed into larger ones.
 *
 *   batch, rows 0 3 4 ──▶ ┌─────────┐
 *   batch, rows 1 9   ──▶ │ 0 3 4 1 9 …  up to capacity_rows ──▶ batch_builder_take
 *                         └─────────┘
 *
 * Plain values are copied once, long strings stay where they are: the batch being built holds their owner. Change kinds go along,
 * and a -U is never parted from the +U behind it, so a batch may have one row more than the capacity. One thread.
 */
#pragma once

#include "core/data/batch.h"

struct batch_builder {
    struct batch_pool *pool;
    const struct schema *schema;
    uint32_t capacity_rows;
    struct batch *batch; /* being built; NULL: no rows */
};

/* The schema is kept by pointer; capacity_rows is at most BATCH_ROWS_MAX - 1. */
void batch_builder_init(struct batch_builder *builder, struct batch_pool *pool, const struct schema *schema,
                        uint32_t capacity_rows);
void batch_builder_release(struct batch_builder *builder); /* drops the rows */

/* Adds rows of the selection from its `first` on, as many as there is room for; returns how many that were. Less than all: the
 * builder is full. */
uint32_t batch_builder_append(struct batch_builder *builder, struct batch *source, const struct selection *selection,
                              uint32_t first);
bool batch_builder_is_full(const struct batch_builder *builder);
/* The batch (the caller's reference), NULL when there are no rows; the builder is empty then. */
struct batch *batch_builder_take(struct batch_builder *builder);
