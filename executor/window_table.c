/* window_table.c: the window table functions TUMBLE, HOP and CUMULATE: every row with window_start, window_end and window_time
 * of its windows. TUMBLE shares the input's columns; HOP and CUMULATE repeat the row, in order of the windows' ends.
 * Late rows pass: lateness is for whoever closes windows to judge. */
#include "executor/operator.h"

#include "executor/window_assigner.h"

struct window_table {
    struct stream_operator base;
    struct window_assigner assigner;
    struct arena scratch; /* of one batch */
};

static enum status window_table_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct window_table *table = (struct window_table *)self;
    window_assigner_init(&table->assigner, node->window_table->window, self->input_schemas[0],
                         self->context->evaluation);
    if (table->assigner.kind == PLAN__WINDOW_KIND__SESSION)
        return FAIL(error, STATUS_UNSUPPORTED,
                    "SESSION as a table function without aggregation cannot be executed yet");
    return STATUS_OK;
}

/* Output of one piece: input rows and their windows. */
struct piece {
    uint16_t *rows;
    struct window_bounds *windows;
    uint32_t count;
};

static enum status emit_piece(struct window_table *table, struct batch *input, struct piece *piece,
                              struct error *error) {
    struct stream_operator *self = &table->base;
    if (piece->count == 0)
        return STATUS_OK;
    struct batch *output = batch_new(self->context->pool, self->schema->field_count);
    output->row_count = piece->count;
    output->ingest_us = input->ingest_us;
    bool all = table->assigner.kind == PLAN__WINDOW_KIND__TUMBLE && piece->count == input->row_count;
    struct selection selection = {.rows = all ? NULL : piece->rows, .count = piece->count};
    for (uint32_t i = 0; i < input->column_count; i++)
        output->columns[i] = column_gather(&input->columns[i], &output->arena, &selection);
    output->change_kinds = input->change_kinds;
    if (input->change_kinds && !all) {
        output->change_kinds = arena_alloc(&output->arena, piece->count);
        for (uint32_t i = 0; i < piece->count; i++)
            output->change_kinds[i] = input->change_kinds[piece->rows[i]];
    }
    struct column *window_columns = &output->columns[input->column_count];
    for (uint32_t i = 0; i < 3; i++)
        column_init(&window_columns[i], &output->arena, self->schema->fields[input->column_count + i].type,
                    piece->count);
    for (uint32_t i = 0; i < piece->count; i++)
        window_assigner_write(&table->assigner, piece->windows[i], window_columns, i);
    batch_hold_batch(output, input);
    piece->count = 0;
    return operator_emit(self, output, error);
}

static enum status repeat_rows(struct window_table *table, struct batch *input, const int64_t *times,
                               int64_t constant_us, struct piece *piece, uint32_t capacity, struct error *error) {
    for (uint32_t row = 0; row < input->row_count; row++) {
        int64_t time_us = times ? times[row] : constant_us;
        uint32_t count = window_assigner_count(&table->assigner, time_us);
        for (uint32_t i = 0; i < count; i++) {
            if (piece->count == capacity)
                TRY(emit_piece(table, input, piece, error));
            piece->rows[piece->count] = (uint16_t)row;
            piece->windows[piece->count++] = window_assigner_window(&table->assigner, time_us, i);
        }
    }
    return emit_piece(table, input, piece, error);
}

static enum status window_table_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                         struct error *error) {
    (void)input;
    struct window_table *table = (struct window_table *)self;
    struct arena *scratch = &table->scratch;
    uint32_t capacity = batch->row_count > self->context->batch_rows ? batch->row_count : self->context->batch_rows;
    struct piece piece = {
        .rows = arena_alloc(scratch, sizeof *piece.rows * capacity),
        .windows = arena_alloc(scratch, sizeof *piece.windows * capacity),
    };
    const int64_t *times;
    int64_t constant_us = 0;
    enum status status =
        window_assigner_times(&table->assigner, batch, self->context->evaluation, scratch, &times, &constant_us, error);
    if (status == STATUS_OK)
        status = repeat_rows(table, batch, times, constant_us, &piece, capacity, error);
    arena_reset(scratch);
    return status;
}

static void window_table_close(struct stream_operator *self) {
    arena_release(&((struct window_table *)self)->scratch);
}

const struct operator_class window_table_class = {
    .name = "WindowTable",
    .size = sizeof(struct window_table),
    .open = window_table_open,
    .on_batch = window_table_on_batch,
    .close = window_table_close,
};
