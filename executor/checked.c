/* checked.c: asserts what checked.h promises. Empty in builds without CHECKED_OPERATORS. */
#include "executor/checked.h"

#ifdef CHECKED_OPERATORS

#include "executor/operator.h"

struct operator_checks {
    int64_t watermark_us;
    bool ended;
    bool makes_pairs;        /* every -U must be followed by its +U */
    bool update_before_open; /* a -U was emitted and its +U is still to come */
};

void checked_open(struct stream_operator *self) {
    self->checks = ARENA_NEW(self->context->arena, struct operator_checks);
    self->checks->watermark_us = WATERMARK_NONE;
    const Plan__Node *node = self->node;
    self->checks->makes_pairs = node->change_mode == PLAN__CHANGE_MODE__RETRACT &&
                                (node->operation_case == PLAN__NODE__OPERATION_GROUP_AGGREGATE ||
                                 node->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE);
}

static void check_column(const struct column *column, const struct type *type, uint32_t row_count) {
    ASSERT(column->type);
    ASSERT(column->type->kind == type->kind);
    if (column->kind == COLUMN_DICTIONARY)
        for (uint32_t row = 0; row < row_count; row++)
            ASSERT(column_is_null(column, row) || column->codes[row] < column->dictionary_size);
    if (!type->nullable && column->validity)
        for (uint32_t row = 0; row < row_count; row++)
            ASSERT(!column_is_null(column, row));
    for (uint32_t i = 0; type->kind == TYPE_ROW && i < type->field_count; i++)
        ASSERT(column->children[i].type->kind == type->fields[i].type->kind);
}

static void check_change_kind(struct operator_checks *checks, Plan__ChangeMode mode, uint8_t kind) {
    ASSERT(kind <= CHANGE_DELETE);
    ASSERT(mode != PLAN__CHANGE_MODE__APPEND || kind == CHANGE_INSERT);
    ASSERT(mode != PLAN__CHANGE_MODE__UPSERT || kind != CHANGE_UPDATE_BEFORE);
    if (!checks->makes_pairs)
        return;
    ASSERT(checks->update_before_open == (kind == CHANGE_UPDATE_AFTER));
    checks->update_before_open = kind == CHANGE_UPDATE_BEFORE;
}

void checked_batch(struct stream_operator *self, const struct batch *batch) {
    struct operator_checks *checks = self->checks;
    ASSERT(!checks->ended);
    ASSERT(batch->reference_count > 0);
    ASSERT(batch->row_count <= BATCH_ROWS_MAX);
    ASSERT(batch->column_count == self->schema->field_count);
    for (uint32_t i = 0; i < batch->column_count; i++)
        check_column(&batch->columns[i], self->schema->fields[i].type, batch->row_count);
    if (checks->makes_pairs || batch->change_kinds)
        for (uint32_t row = 0; row < batch->row_count; row++)
            check_change_kind(checks, self->node->change_mode,
                              batch->change_kinds ? batch->change_kinds[row] : (uint8_t)CHANGE_INSERT);
}

void checked_watermark(struct stream_operator *self, int64_t watermark_us) {
    ASSERT(!self->checks->ended);
    ASSERT(watermark_us >= self->checks->watermark_us);
    self->checks->watermark_us = watermark_us;
}

void checked_end(struct stream_operator *self) {
    ASSERT(!self->checks->ended);
    ASSERT(!self->checks->update_before_open);
    self->checks->ended = true;
}

#endif
