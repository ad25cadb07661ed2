/* conditional.c: CASE and COALESCE. Every branch is computed only for the rows that take it and is then laid into the
 * result; strings are laid in as views, so no bytes are copied. */
#include <string.h>

#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/lazy.h"
#include "core/functions/selection.h"

static void copy_fixed(struct column *result, const struct column *source, const struct selection *selection,
                       size_t size) {
    uint8_t *target = result->values;
    const uint8_t *values = source->values;
    bool constant = source->kind == COLUMN_CONSTANT;
#define COPY_SIZE(bytes)                                                                    \
    case bytes:                                                                             \
        for (uint32_t i = 0; i < selection->count; i++) {                                   \
            size_t row = selection_row(selection, i);                                       \
            memcpy(target + row * (bytes), values + (constant ? 0 : row * (bytes)), bytes); \
        }                                                                                   \
        break
    switch (size) {
        COPY_SIZE(1);
        COPY_SIZE(2);
        COPY_SIZE(4);
        COPY_SIZE(8);
        COPY_SIZE(16);
    default: UNREACHABLE();
    }
#undef COPY_SIZE
}

static void copy_rows(struct function_call *call, struct column *result, const struct column *source,
                      const struct selection *selection) {
    if (source->validity) {
        for (uint32_t i = 0; i < selection->count; i++) {
            uint32_t row = selection_row(selection, i);
            if (column_is_null(source, row))
                result_null(call, result, row);
        }
        if (source->kind == COLUMN_CONSTANT && column_is_null(source, 0))
            return;
    }
    enum layout layout = type_layout(result->type);
    if (layout != LAYOUT_ROW && layout != LAYOUT_LIST) {
        copy_fixed(result, source, selection, layout_size(layout));
        return;
    }
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!column_is_null(source, row))
            column_copy_value(result, call->arena, row, call->row_count, source, row);
    }
}

static enum status take_branch(struct function_call *call, uint32_t index, const struct selection *selection,
                               struct column *result, struct error *error) {
    if (selection->count == 0)
        return STATUS_OK;
    struct column value;
    TRY(lazy_argument(call, index, selection, &value, error));
    copy_rows(call, result, &value, selection);
    return STATUS_OK;
}

/* arguments: condition, result, condition, result, …, otherwise */
enum status conditional_case(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)arguments;
    uint16_t *branch_rows = arena_alloc(call->arena, call->selection.count * sizeof(uint16_t));
    uint16_t *left_rows = arena_alloc(call->arena, call->selection.count * sizeof(uint16_t));
    struct selection left = call->selection;
    for (uint32_t i = 0; i + 1 < call->argument_count && left.count; i += 2) {
        struct selection branch;
        TRY(lazy_filter(call, i, &left, branch_rows, &branch, error));
        TRY(take_branch(call, i + 1, &branch, result, error));
        left = selection_without(&left, &branch, left_rows);
    }
    return take_branch(call, call->argument_count - 1, &left, result, error);
}

enum status conditional_coalesce(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    (void)arguments;
    uint16_t *rows = arena_alloc(call->arena, call->selection.count * sizeof(uint16_t));
    uint16_t *left_rows = arena_alloc(call->arena, call->selection.count * sizeof(uint16_t));
    struct selection left = call->selection;
    for (uint32_t i = 0; i < call->argument_count && left.count; i++) {
        struct column value;
        TRY(lazy_argument(call, i, &left, &value, error));
        uint32_t count = 0;
        uint32_t left_count = 0;
        for (uint32_t k = 0; k < left.count; k++) {
            uint32_t row = selection_row(&left, k);
            bool null = column_is_null(&value, row);
            rows[count] = (uint16_t)row;
            count += !null;
            left_rows[left_count] = (uint16_t)row;
            left_count += null;
        }
        value.validity = NULL;
        if (count)
            copy_rows(call, result, &value, &(struct selection){rows, count});
        left = (struct selection){left_rows, left_count};
    }
    for (uint32_t k = 0; k < left.count; k++)
        result_null(call, result, selection_row(&left, k));
    return STATUS_OK;
}
