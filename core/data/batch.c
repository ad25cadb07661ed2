/* batch.c: batches, their pools, and shared buffers.
 * A batch goes back to its pool with its arena's memory, so a running pipeline allocates nothing: what the batch held
 * (other batches, buffers) is let go by the arena's clean-ups. */
#include "core/data/batch.h"

#include <stdlib.h>

#include "core/base/status.h"

const char *change_kind_text(enum change_kind kind) {
    static const char *const texts[] = {"+I", "-U", "+U", "-D"};
    ASSERT((unsigned)kind < 4);
    return texts[kind];
}

static void free_buffer(struct buffer *buffer) {
    free(buffer);
}

struct buffer *buffer_new(size_t size) {
    struct buffer *buffer = memory_alloc(sizeof *buffer + size);
    *buffer = (struct buffer){
        .reference_count = 1,
        .release = free_buffer,
        .data = (char *)(buffer + 1),
        .size = size,
    };
    return buffer;
}

void buffer_reference(struct buffer *buffer) {
    __atomic_add_fetch(&buffer->reference_count, 1, __ATOMIC_RELAXED);
}

void buffer_release(struct buffer *buffer) {
    if (buffer && __atomic_sub_fetch(&buffer->reference_count, 1, __ATOMIC_ACQ_REL) == 0)
        buffer->release(buffer);
}

void batch_pool_init(struct batch_pool *pool) {
    *pool = (struct batch_pool){0};
}

void batch_pool_release(struct batch_pool *pool) {
    ASSERT(pool->live_count == 0);
    while (pool->free) {
        struct batch *batch = pool->free;
        pool->free = batch->next_free;
        arena_release(&batch->arena);
        free(batch);
    }
    batch_pool_init(pool);
}

struct batch *batch_new(struct batch_pool *pool, uint32_t column_count) {
    struct batch *batch = pool->free;
    if (batch) {
        pool->free = batch->next_free;
        pool->free_count--;
    } else {
        batch = memory_alloc(sizeof *batch);
        arena_init(&batch->arena);
    }
    pool->live_count++;
    struct arena arena = batch->arena;
    *batch = (struct batch){.reference_count = 1, .column_count = column_count, .pool = pool, .arena = arena};
    batch->columns = ARENA_ARRAY(&batch->arena, struct column, column_count);
    return batch;
}

struct batch *batch_new_for(struct batch_pool *pool, const struct schema *schema, uint32_t row_count) {
    ASSERT(row_count <= BATCH_ROWS_MAX);
    struct batch *batch = batch_new(pool, schema->field_count);
    batch->row_count = row_count;
    for (uint32_t i = 0; i < schema->field_count; i++)
        column_init(&batch->columns[i], &batch->arena, schema->fields[i].type, row_count);
    return batch;
}

void batch_reference(struct batch *batch) {
    batch->reference_count++;
}

void batch_release(struct batch *batch) {
    if (!batch)
        return;
    ASSERT(batch->reference_count > 0);
    if (--batch->reference_count)
        return;
    arena_reset(&batch->arena); /* lets go of what it held */
    struct batch_pool *pool = batch->pool;
    batch->next_free = pool->free;
    pool->free = batch;
    pool->free_count++;
    pool->live_count--;
}

static void release_held_batch(void *context) {
    batch_release(context);
}

void batch_hold_batch(struct batch *batch, struct batch *other) {
    batch_reference(other);
    arena_on_release(&batch->arena, release_held_batch, other);
}

static void release_held_buffer(void *context) {
    buffer_release(context);
}

void batch_hold_buffer(struct batch *batch, struct buffer *buffer) {
    buffer_reference(buffer);
    arena_on_release(&batch->arena, release_held_buffer, buffer);
}

struct batch *batch_gather(struct batch_pool *pool, struct batch *source, const struct selection *selection) {
    struct batch *batch = batch_new(pool, source->column_count);
    batch->row_count = selection->count;
    batch->ingest_us = source->ingest_us;
    for (uint32_t i = 0; i < source->column_count; i++)
        batch->columns[i] = column_gather(&source->columns[i], &batch->arena, selection);
    if (source->change_kinds && selection->rows) {
        batch->change_kinds = arena_alloc(&batch->arena, selection->count);
        for (uint32_t i = 0; i < selection->count; i++)
            batch->change_kinds[i] = source->change_kinds[selection->rows[i]];
    } else {
        batch->change_kinds = source->change_kinds;
    }
    batch_hold_batch(batch, source);
    return batch;
}
