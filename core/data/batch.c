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

/* Lets go of what it held. */
static void recycle(struct batch *batch) {
    arena_reset(&batch->arena);
    struct batch_pool *pool = batch->pool;
    batch->next_free = pool->free;
    pool->free = batch;
    pool->free_count++;
    pool->live_count--;
}

static void give_back(struct batch *batch) {
    struct batch **returned = &batch->pool->returned;
    batch->next_free = __atomic_load_n(returned, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(returned, &batch->next_free, batch, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

void batch_pool_collect(struct batch_pool *pool) {
    struct batch *batch = __atomic_exchange_n(&pool->returned, NULL, __ATOMIC_ACQUIRE);
    while (batch) {
        struct batch *next = batch->next_free;
        recycle(batch);
        batch = next;
    }
}

void batch_pool_release(struct batch_pool *pool) {
    while (
        __atomic_load_n(&pool->returned, __ATOMIC_RELAXED)) /* a returned one may have held a lent one of this pool */
        batch_pool_collect(pool);
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
    if (__atomic_load_n(&pool->returned, __ATOMIC_RELAXED))
        batch_pool_collect(pool);
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
    if (batch->is_lent)
        give_back(batch);
    else
        recycle(batch);
}

struct batch *batch_lend(struct batch_pool *pool, struct batch *batch) {
    if (batch->reference_count > 1) {
        struct batch *shared = batch_new(pool, batch->column_count);
        shared->row_count = batch->row_count;
        shared->change_kinds = batch->change_kinds;
        shared->ingest_us = batch->ingest_us;
        if (batch->column_count)
            memcpy(shared->columns, batch->columns, sizeof *batch->columns * batch->column_count);
        batch_hold_batch(shared, batch);
        batch_release(batch);
        batch = shared;
    }
    batch->is_lent = true;
    return batch;
}

static size_t long_view_bytes(const struct string_view *views, uint32_t count) {
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++)
        size += views[i].size > VIEW_INLINE_MAX ? views[i].size : 0;
    return size;
}

/* Strings and lists, whose values say how much more there is; elements of lists are taken for 16 bytes each. */
static size_t outlying_bytes(const struct column *column, uint32_t row_count) {
    bool is_list = type_layout(column->type) == LAYOUT_LIST;
    if (!is_list && column->kind == COLUMN_FLAT && !column->validity)
        return long_view_bytes(column->values, row_count);
    size_t size = 0;
    for (uint32_t row = 0; row < row_count; row++) {
        if (column_is_null(column, row))
            continue;
        uint32_t index = column_value_index(column, row);
        size += is_list ? 16 * (size_t)COLUMN_VALUES(column, struct list_slice)[index].count
                        : long_view_bytes(&COLUMN_VALUES(column, struct string_view)[index], 1);
    }
    return size;
}

static size_t column_size_bytes(const struct column *column, uint32_t row_count) {
    enum layout layout = type_layout(column->type);
    uint32_t rows = column->kind == COLUMN_CONSTANT ? 1 : row_count;
    size_t size = layout_size(layout) * rows;
    for (uint32_t i = 0; layout == LAYOUT_ROW && i < column->type->field_count; i++)
        size += column_size_bytes(&column->children[i], rows);
    return layout == LAYOUT_VIEW || layout == LAYOUT_LIST ? size + outlying_bytes(column, rows) : size;
}

size_t batch_size_bytes(const struct batch *batch) {
    size_t size = batch->change_kinds ? batch->row_count : 0;
    for (uint32_t i = 0; i < batch->column_count; i++)
        size += column_size_bytes(&batch->columns[i], batch->row_count);
    return size;
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
