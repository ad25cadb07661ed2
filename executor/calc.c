/* calc.c: a condition and projections over one input.
 * The condition becomes a selection; projections are computed for the selected rows only, and only what is emitted is packed.
 * When every row passes, columns are shared with the input. The output holds the input batch alive: its columns may be, or
 * point into, the input's. */
#include "executor/operator.h"

#include "core/functions/evaluator.h"

struct calc {
    struct stream_operator base;
    struct evaluator *condition; /* NULL: every row passes */
    struct evaluator *projections;
    uint32_t projection_count;
};

static enum status open_condition(struct calc *calc, const Plan__Expression *message, struct error *error) {
    struct arena *arena = calc->base.context->arena;
    struct expression *condition;
    TRY(plan_expression_decode(arena, message, calc->base.input_schemas[0]->field_count, &condition, error));
    struct expression **list = ARENA_ARRAY(arena, struct expression *, 1);
    list[0] = condition;
    return evaluator_open(arena, list, 1, &calc->condition, error);
}

static enum status calc_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct calc *calc = (struct calc *)self;
    struct arena *arena = self->context->arena;
    const Plan__Calc *plan = node->calc;
    if (plan->condition)
        TRY(open_condition(calc, plan->condition, error));
    calc->projection_count = (uint32_t)plan->n_projections;
    struct expression **projections = ARENA_ARRAY(arena, struct expression *, calc->projection_count);
    for (uint32_t i = 0; i < calc->projection_count; i++)
        TRY(plan_expression_decode(arena, plan->projections[i], self->input_schemas[0]->field_count, &projections[i],
                                   error));
    return evaluator_open(arena, projections, calc->projection_count, &calc->projections, error);
}

/* Rows of the batch that pass; rows == NULL when all do. */
static enum status calc_select(struct calc *calc, struct batch *input, struct arena *arena, struct selection *selected,
                               struct error *error) {
    struct selection all = {.count = input->row_count};
    if (!calc->condition) {
        *selected = all;
        return STATUS_OK;
    }
    uint16_t *rows = arena_alloc(arena, sizeof *rows * input->row_count);
    TRY(evaluator_filter(calc->condition, 0, input, &all, calc->base.context->evaluation, arena, rows, selected,
                         error));
    if (selected->count == input->row_count)
        *selected = all;
    return STATUS_OK;
}

static uint8_t *gather_change_kinds(const struct batch *input, const struct selection *selected, struct arena *arena) {
    if (!input->change_kinds || !selected->rows)
        return input->change_kinds;
    uint8_t *kinds = arena_alloc(arena, selected->count);
    for (uint32_t i = 0; i < selected->count; i++)
        kinds[i] = input->change_kinds[selected->rows[i]];
    return kinds;
}

static enum status calc_project(struct calc *calc, struct batch *input, struct batch *output, struct error *error) {
    struct selection selected;
    TRY(calc_select(calc, input, &output->arena, &selected, error));
    calc->base.counters.rows_filtered += input->row_count - selected.count;
    output->row_count = selected.count;
    if (selected.count == 0)
        return STATUS_OK;
    TRY(evaluator_run(calc->projections, input, &selected, calc->base.context->evaluation, &output->arena,
                      output->columns, error));
    if (selected.rows)
        for (uint32_t i = 0; i < output->column_count; i++)
            output->columns[i] = column_gather(&output->columns[i], &output->arena, &selected);
    output->change_kinds = gather_change_kinds(input, &selected, &output->arena);
    output->ingest_us = input->ingest_us;
    batch_hold_batch(output, input);
    return STATUS_OK;
}

static enum status calc_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                 struct error *error) {
    (void)input;
    struct calc *calc = (struct calc *)self;
    self->context->evaluation->watermark_us =
        self->watermark_us; /* CURRENT_WATERMARK() is that of this place in the plan */
    struct batch *output = batch_new(self->context->pool, calc->projection_count);
    enum status status = calc_project(calc, batch, output, error);
    if (status != STATUS_OK) {
        batch_release(output);
        return status;
    }
    return operator_emit(self, output, error);
}

const struct operator_class calc_class = {
    .name = "Calc",
    .size = sizeof(struct calc),
    .open = calc_open,
    .on_batch = calc_on_batch,
};
