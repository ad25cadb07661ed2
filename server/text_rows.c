/* text_rows.c: collects cells, then hands them out as batches of STRING columns. */
#include "server/text_rows.h"

#include "core/base/arena.h"
#include "core/data/batch.h"
#include "server/session.h"

void text_rows_init(struct text_rows *rows, struct arena *arena, const char *const *names, uint32_t column_count) {
    *rows = (struct text_rows){.arena = arena, .names = names, .column_count = column_count};
}

void text_rows_add(struct text_rows *rows, const char *const *cells) {
    if (rows->row_count == rows->row_capacity) {
        uint32_t capacity = rows->row_capacity ? rows->row_capacity * 2 : 16;
        const char **grown = ARENA_ARRAY(rows->arena, const char *, (size_t)capacity * rows->column_count);
        if (rows->row_count)
            memcpy(grown, rows->cells, (size_t)rows->row_count * rows->column_count * sizeof *grown);
        rows->cells = grown;
        rows->row_capacity = capacity;
    }
    memcpy(rows->cells + (size_t)rows->row_count * rows->column_count, cells, rows->column_count * sizeof *cells);
    rows->row_count++;
}

static void fill(struct batch *batch, const struct text_rows *rows, uint32_t first, uint32_t count) {
    batch->row_count = count;
    for (uint32_t row = 0; row < count; row++) {
        const char **cells = rows->cells + (size_t)(first + row) * rows->column_count;
        for (uint32_t i = 0; i < rows->column_count; i++) {
            if (cells[i])
                COLUMN_VALUES(&batch->columns[i], struct string_view)
            [row] = view_make(cells[i], (uint32_t)strlen(cells[i]));
            else column_set_null(&batch->columns[i], &batch->arena, row, count);
        }
    }
}

static enum status deliver_batches(const struct text_rows *rows, const struct schema *schema, struct batch_pool *pool,
                                   struct session_listener *listener, struct error *error) {
    for (uint32_t first = 0; first < rows->row_count; first += BATCH_ROWS_DEFAULT) {
        uint32_t count = rows->row_count - first < BATCH_ROWS_DEFAULT ? rows->row_count - first : BATCH_ROWS_DEFAULT;
        struct batch *batch = batch_new_for(pool, schema, count);
        fill(batch, rows, first, count);
        enum status status = listener->on_batch(listener, batch, error);
        batch_release(batch);
        TRY(status);
    }
    return STATUS_OK;
}

enum status text_rows_deliver(const struct text_rows *rows, const struct time_zone *zone,
                              struct session_listener *listener, struct error *error) {
    struct schema schema = {ARENA_ARRAY(rows->arena, struct field, rows->column_count), rows->column_count};
    for (uint32_t i = 0; i < rows->column_count; i++)
        schema.fields[i] = (struct field){rows->names[i], &type_string};
    struct session_result result = {.schema = &schema,
                                    .change_mode = PLAN__CHANGE_MODE__APPEND,
                                    .bounded = true,
                                    .wants_final_rows = true,
                                    .is_text = rows->is_text,
                                    .zone = zone};
    if (listener->on_start)
        TRY(listener->on_start(listener, &result, error));
    if (listener->on_batch) {
        struct batch_pool pool;
        batch_pool_init(&pool);
        enum status status = deliver_batches(rows, &schema, &pool, listener, error);
        batch_pool_release(&pool);
        TRY(status);
    }
    return listener->on_end ? listener->on_end(listener, false, error) : STATUS_OK;
}
