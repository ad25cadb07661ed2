/* comparison.c: = <> < <= > >= of every type, IS [NOT] DISTINCT FROM, GREATEST, LEAST.
 * Both sides have one type by now; the layout picks the loop. > and >= are < and <= with the sides exchanged.
 * DOUBLE compares as IEEE says (NaN equals nothing), as Flink does; sorting and grouping have an order of their own. */
#include <string.h>

#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"

#define COMPARISON_TYPE uint8_t
#define COMPARISON_SUFFIX u8
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE int8_t
#define COMPARISON_SUFFIX i8
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE int16_t
#define COMPARISON_SUFFIX i16
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE int32_t
#define COMPARISON_SUFFIX i32
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE int64_t
#define COMPARISON_SUFFIX i64
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE int128
#define COMPARISON_SUFFIX i128
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE float
#define COMPARISON_SUFFIX f32
#include "core/functions/kernels/comparison.inc.h"
#define COMPARISON_TYPE double
#define COMPARISON_SUFFIX f64
#include "core/functions/kernels/comparison.inc.h"

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, COMPARISON_COUNT };

#define COMPARISON_ROW(suffix) \
    { equal_##suffix, not_equal_##suffix, less_##suffix, less_equal_##suffix }
static kernel_function *const fixed_kernels[LAYOUT_COUNT][COMPARISON_COUNT] = {
    [LAYOUT_BOOL] = COMPARISON_ROW(u8), [LAYOUT_I8] = COMPARISON_ROW(i8),   [LAYOUT_I16] = COMPARISON_ROW(i16),
    [LAYOUT_I32] = COMPARISON_ROW(i32), [LAYOUT_I64] = COMPARISON_ROW(i64), [LAYOUT_I128] = COMPARISON_ROW(i128),
    [LAYOUT_F32] = COMPARISON_ROW(f32), [LAYOUT_F64] = COMPARISON_ROW(f64),
};

/* A short constant is compared as two words. */
static void equal_short_view(struct function_call *call, const struct string_view *views,
                             const struct string_view *constant, uint8_t *values, bool equal) {
    uint64_t low, high;
    memcpy(&low, constant, 8);
    memcpy(&high, (const char *)constant + 8, 8);
    KERNEL_ROWS (call, row) {
        uint64_t words[2];
        memcpy(words, &views[row], 16);
        values[row] = (((words[0] ^ low) | (words[1] ^ high)) == 0) == equal;
    }
}

static void compare_views(struct function_call *call, const struct column *left, const struct column *right,
                          uint8_t *values, enum comparison comparison) {
    const struct string_view *a = left->values, *b = right->values;
    if (comparison <= NOT_EQUAL && right->kind == COLUMN_CONSTANT && left->kind == COLUMN_FLAT &&
        b->size <= VIEW_INLINE_MAX) {
        equal_short_view(call, a, b, values, comparison == EQUAL);
        return;
    }
    KERNEL_ROWS (call, row) {
        const struct string_view *x = &a[argument_index(left, row)], *y = &b[argument_index(right, row)];
        if (comparison <= NOT_EQUAL)
            values[row] = view_equal(x, y) == (comparison == EQUAL);
        else
            values[row] = view_compare(x, y) < (comparison == LESS_EQUAL);
    }
}

static void compare_nested(struct function_call *call, const struct column *left, const struct column *right,
                           uint8_t *values, enum comparison comparison) {
    KERNEL_ROWS (call, row) {
        if (comparison <= NOT_EQUAL)
            values[row] = column_values_equal(left, row, right, row) == (comparison == EQUAL);
        else
            values[row] = column_values_compare(left, row, right, row) < (comparison == LESS_EQUAL);
    }
}

static enum status compare(struct function_call *call, const struct column *arguments, struct column *result,
                           enum comparison comparison, struct error *error) {
    enum layout layout = type_layout(arguments[0].type);
    if (layout == LAYOUT_VIEW)
        compare_views(call, &arguments[0], &arguments[1], result->values, comparison);
    else if (layout == LAYOUT_ROW || layout == LAYOUT_LIST)
        compare_nested(call, &arguments[0], &arguments[1], result->values, comparison);
    else
        return fixed_kernels[layout][comparison](call, arguments, result, error);
    return STATUS_OK;
}

#define COMPARISON_KERNEL(name, comparison, first, second)                                              \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        struct column sides[] = {arguments[first], arguments[second]};                                  \
        return compare(call, sides, result, comparison, error);                                         \
    }
COMPARISON_KERNEL(comparison_equal, EQUAL, 0, 1)
COMPARISON_KERNEL(comparison_not_equal, NOT_EQUAL, 0, 1)
COMPARISON_KERNEL(comparison_less, LESS, 0, 1)
COMPARISON_KERNEL(comparison_less_equal, LESS_EQUAL, 0, 1)
COMPARISON_KERNEL(comparison_greater, LESS, 1, 0)
COMPARISON_KERNEL(comparison_greater_equal, LESS_EQUAL, 1, 0)

static void compare_distinct(struct function_call *call, const struct column *arguments, struct column *result,
                             bool distinct) {
    uint8_t *values = result->values;
    KERNEL_ROWS (call, row)
        values[row] = column_values_equal(&arguments[0], row, &arguments[1], row) != distinct;
}

enum status comparison_distinct(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    compare_distinct(call, arguments, result, true);
    return STATUS_OK;
}

enum status comparison_not_distinct(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    (void)error;
    compare_distinct(call, arguments, result, false);
    return STATUS_OK;
}

/* Copies the chosen argument's value; sign: 1 greatest, -1 least. Values of fixed width and strings only need their bytes. */
static void choose_extreme(struct function_call *call, const struct column *arguments, struct column *result,
                           int sign) {
    size_t size = layout_size(type_layout(result->type));
    bool flat_value = size > 0 && type_layout(result->type) != LAYOUT_LIST;
    KERNEL_ROWS (call, row) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < call->argument_count; i++) {
            if (column_values_compare(&arguments[i], row, &arguments[best], row) * sign > 0)
                best = i;
        }
        if (flat_value)
            memcpy((uint8_t *)result->values + row * size, column_value(&arguments[best], row), size);
        else
            column_copy_value(result, call->arena, row, call->row_count, &arguments[best], row);
    }
}

enum status comparison_greatest(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    choose_extreme(call, arguments, result, 1);
    return STATUS_OK;
}

enum status comparison_least(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    choose_extreme(call, arguments, result, -1);
    return STATUS_OK;
}
