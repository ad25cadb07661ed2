/* batch_builder.c: see the header. Between calls the batch being built has between one row and capacity_rows + 1. */
#include "core/data/batch_builder.h"

#include "core/base/status.h"

void batch_builder_init(struct batch_builder *builder, struct batch_pool *pool, const struct schema *schema,
                        uint32_t capacity_rows) {
    ASSERT(capacity_rows > 0 && capacity_rows < BATCH_ROWS_MAX);
    *builder = (struct batch_builder){.pool = pool, .schema = schema, .capacity_rows = capacity_rows};
}

void batch_builder_release(struct batch_builder *builder) {
    batch_release(builder->batch);
    builder->batch = NULL;
}

bool batch_builder_is_full(const struct batch_builder *builder) {
    return builder->batch && builder->batch->row_count >= builder->capacity_rows;
}

static uint32_t rows_that_fit(const struct batch_builder *builder, const struct batch *source,
                              const struct selection *selection, uint32_t first) {
    uint32_t used = builder->batch ? builder->batch->row_count : 0;
    uint32_t room = used < builder->capacity_rows ? builder->capacity_rows - used : 0;
    uint32_t left = selection->count - first;
    if (left <= room || room == 0)
        return left <= room ? left : 0;
    const uint8_t *kinds = source->change_kinds;
    bool tears_update = kinds && kinds[selection_row(selection, first + room - 1)] == CHANGE_UPDATE_BEFORE &&
                        kinds[selection_row(selection, first + room)] == CHANGE_UPDATE_AFTER;
    return room + tears_update;
}

static void append_kinds(struct batch_builder *builder, const struct batch *source, const struct selection *selection) {
    struct batch *batch = builder->batch;
    if (!source->change_kinds)
        return;
    if (!batch->change_kinds)
        batch->change_kinds = arena_zalloc(&batch->arena, builder->capacity_rows + 1);
    for (uint32_t i = 0; i < selection->count; i++)
        batch->change_kinds[batch->row_count + i] = source->change_kinds[selection_row(selection, i)];
}

static bool has_long_view(const struct column *column, uint32_t first, uint32_t count) {
    if (type_layout(column->type) != LAYOUT_VIEW)
        return false;
    for (uint32_t row = first; row < first + count; row++)
        if (validity_get(column->validity, row) &&
            COLUMN_VALUES(column, struct string_view)[row].size > VIEW_INLINE_MAX)
            return true;
    return false;
}

static void append_rows(struct batch_builder *builder, struct batch *source, const struct selection *selection) {
    struct batch *batch = builder->batch;
    bool borrows = false;
    for (uint32_t i = 0; i < batch->column_count; i++) {
        column_append(&batch->columns[i], &batch->arena, batch->row_count, builder->capacity_rows + 1,
                      &source->columns[i], selection);
        borrows = borrows || has_long_view(&batch->columns[i], batch->row_count, selection->count);
    }
    append_kinds(builder, source, selection);
    if (borrows)
        batch_hold_batch(batch, source);
    if (source->ingest_us && (batch->ingest_us == 0 || source->ingest_us < batch->ingest_us))
        batch->ingest_us = source->ingest_us; /* the oldest: latency is not made to look better */
    batch->row_count += selection->count;
}

uint32_t batch_builder_append(struct batch_builder *builder, struct batch *source, const struct selection *selection,
                              uint32_t first) {
    ASSERT(first <= selection->count && source->column_count == builder->schema->field_count);
    uint32_t count = rows_that_fit(builder, source, selection, first);
    if (count == 0)
        return 0;
    if (!builder->batch) {
        builder->batch = batch_new_for(builder->pool, builder->schema, builder->capacity_rows + 1);
        builder->batch->row_count = 0;
    }
    uint16_t *rows = NULL;
    if (!selection->rows && first > 0) { /* rows first … are not 0 … any more */
        rows = arena_alloc(&builder->batch->arena, sizeof *rows * count);
        for (uint32_t i = 0; i < count; i++)
            rows[i] = (uint16_t)(first + i);
    }
    struct selection part = {.rows = selection->rows ? selection->rows + first : rows, .count = count};
    append_rows(builder, source, &part);
    return count;
}

struct batch *batch_builder_take(struct batch_builder *builder) {
    struct batch *batch = builder->batch;
    builder->batch = NULL;
    return batch;
}
