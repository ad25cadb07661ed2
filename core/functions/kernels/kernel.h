/* kernel.h: what kernels share: reading arguments, walking the rows, adding NULLs. See function.h for the contract.
 *
 * Fixed-width kernels come from binary.inc.h and unary.inc.h. The others read like this:
 *
 *     KERNEL_ROWS(call, row) {
 *         struct str text = argument_str(&arguments[0], row);
 *         views[row] = …;
 *     }
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/data/batch.h"
#include "core/data/column.h"
#include "core/functions/function.h"

#define KERNEL_PASTE_(a, b) a##b
#define KERNEL_PASTE(a, b) KERNEL_PASTE_(a, b)

/* Every row to compute, in ascending order. */
#define KERNEL_ROWS(call, row)                                                     \
    for (uint32_t index_##row = 0, count_##row = (call)->selection.count, row = 0; \
         index_##row < count_##row && ((row = selection_row(&(call)->selection, index_##row)), true); index_##row++)

static inline uint32_t argument_index(const struct column *argument, uint32_t row) {
    return argument->kind == COLUMN_CONSTANT ? 0 : row;
}
static inline struct str argument_str(const struct column *argument, uint32_t row) {
    return view_str(COLUMN_VALUES(argument, struct string_view) + argument_index(argument, row));
}
/* Inside KERNEL_ROWS(call, row): asks for the bytes of a string some rows ahead. Strings of a batch lie all over memory, and
 * a kernel that does little with each would mostly wait for them. */
#define KERNEL_PREFETCH(call, argument) argument_prefetch((call), (argument), index_row)
static inline void argument_prefetch(const struct function_call *call, const struct column *argument, uint32_t index) {
    enum { ROWS_AHEAD = 8 };
    if (argument->kind == COLUMN_CONSTANT || index + ROWS_AHEAD >= call->selection.count)
        return;
    uint32_t row = selection_row(&call->selection, index + ROWS_AHEAD);
    const struct string_view *view = COLUMN_VALUES(argument, struct string_view) + row;
    if (view->size > VIEW_INLINE_MAX) {
        __builtin_prefetch(view->data);
        __builtin_prefetch(view->data + view->size - 1);
    }
}
static inline int64_t argument_i64(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, int64_t)[argument_index(argument, row)];
}
static inline int32_t argument_i32(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, int32_t)[argument_index(argument, row)];
}
static inline double argument_f64(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, double)[argument_index(argument, row)];
}
static inline bool argument_bool(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, uint8_t)[argument_index(argument, row)] != 0;
}
/* Letter number `index` of an argument that says how to do something; 0 when there is none. */
static inline char argument_letter(const struct column *argument, uint32_t row, uint32_t index) {
    if (column_is_null(argument, row))
        return 0;
    struct str letters = argument_str(argument, row);
    return index < letters.size ? letters.data[index] : 0;
}
/* A CONSTANT argument that is not NULL. */
static inline bool argument_is_constant(const struct column *argument) {
    return argument->kind == COLUMN_CONSTANT && !column_is_null(argument, 0);
}

static inline void result_null(struct function_call *call, struct column *result, uint32_t row) {
    column_set_null(result, call->arena, row, call->row_count);
}
/* No argument of this row is NULL: what a DENSE kernel asks before it reports a failure. */
static inline bool arguments_are_valid(const struct function_call *call, const struct column *arguments, uint32_t row) {
    for (uint32_t i = 0; i < call->argument_count; i++) {
        if (column_is_null(&arguments[i], row))
            return false;
    }
    return true;
}
