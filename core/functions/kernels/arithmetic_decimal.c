/* arithmetic_decimal.c: DECIMAL arithmetic. The result type was chosen so that most operations cannot overflow (see
 * signature_decimal.c): those are plain 128-bit arithmetic. Only where 38 digits capped the type is every step checked. */
#include "core/data/decimal.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"

typedef unsigned __int128 uint128;

static int128 value_at(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, int128)[argument_index(argument, row)];
}

static enum status __attribute__((cold))
overflow(const struct function_call *call, const struct column *arguments, uint32_t row, struct error *error) {
    struct strbuf text;
    strbuf_init(&text);
    for (uint32_t i = 0; i < call->argument_count; i++) {
        if (i)
            strbuf_printf(&text, " %s ", call->function->name);
        column_print_value(&text, &arguments[i], row);
    }
    FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "DECIMAL(%u, %u) out of range: %s", call->type->precision,
            call->type->scale, strbuf_text(&text));
    strbuf_release(&text);
    return STATUS_OUT_OF_RANGE;
}

static unsigned larger(unsigned a, unsigned b) {
    return a > b ? a : b;
}

/* Whole digits of the sum's operands, one for the carry, and the full scale fit: no value overflows. */
static bool sum_is_exact(const struct type *a, const struct type *b) {
    unsigned scale = larger(a->scale, b->scale);
    unsigned whole = larger((unsigned)a->precision - a->scale, (unsigned)b->precision - b->scale);
    return whole + scale + 1 <= DECIMAL_PRECISION_MAX;
}

static bool sum_checked(int128 a, unsigned scale_a, int128 b, unsigned scale_b, const struct type *type, int128 *out) {
    unsigned scale = larger(scale_a, scale_b);
    int128 x, y, sum;
    if (!decimal_rescale(a, scale_a, scale, &x) || !decimal_rescale(b, scale_b, scale, &y) ||
        __builtin_add_overflow(x, y, &sum))
        return false;
    return decimal_rescale(sum, scale, type->scale, out) && decimal_fits(*out, type->precision);
}

static enum status sum(struct function_call *call, const struct column *arguments, struct column *result, bool subtract,
                       struct error *error) {
    const struct type *a = arguments[0].type, *b = arguments[1].type;
    int128 *out = result->values;
    unsigned scale = larger(a->scale, b->scale);
    if (sum_is_exact(a, b)) {
        uint128 factor_a = (uint128)decimal_power_of_ten(scale - a->scale);
        uint128 factor_b = (uint128)decimal_power_of_ten(scale - b->scale) * (subtract ? (uint128)-1 : 1);
        KERNEL_ROWS (call, row)
            out[row] = (int128)((uint128)value_at(&arguments[0], row) * factor_a +
                                (uint128)value_at(&arguments[1], row) * factor_b);
        return STATUS_OK;
    }
    KERNEL_ROWS (call, row) {
        int128 x = value_at(&arguments[0], row), y = value_at(&arguments[1], row);
        if (!sum_checked(x, a->scale, subtract ? -y : y, b->scale, call->type, &out[row]))
            return overflow(call, arguments, row, error);
    }
    return STATUS_OK;
}

enum status arithmetic_plus_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    return sum(call, arguments, result, false, error);
}

enum status arithmetic_minus_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                     struct error *error) {
    return sum(call, arguments, result, true, error);
}

enum status arithmetic_multiply_decimal(struct function_call *call, const struct column *arguments,
                                        struct column *result, struct error *error) {
    const struct type *a = arguments[0].type, *b = arguments[1].type;
    int128 *out = result->values;
    if (a->precision + b->precision <= DECIMAL_PRECISION_MAX) {
        KERNEL_ROWS (call, row)
            out[row] = (int128)((uint128)value_at(&arguments[0], row) * (uint128)value_at(&arguments[1], row));
        return STATUS_OK;
    }
    KERNEL_ROWS (call, row) {
        if (!decimal_multiply(value_at(&arguments[0], row), a->scale, value_at(&arguments[1], row), b->scale,
                              call->type->scale, &out[row]))
            return overflow(call, arguments, row, error);
    }
    return STATUS_OK;
}

enum status arithmetic_divide_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                      struct error *error) {
    int128 *out = result->values;
    KERNEL_ROWS (call, row) {
        int128 divisor = value_at(&arguments[1], row);
        if (divisor == 0)
            return FAIL_AT(error, call->position, STATUS_DIVISION_BY_ZERO, "division by zero");
        if (!decimal_divide(value_at(&arguments[0], row), arguments[0].type->scale, divisor, arguments[1].type->scale,
                            call->type->scale, &out[row]) ||
            !decimal_fits(out[row], call->type->precision))
            return overflow(call, arguments, row, error);
    }
    return STATUS_OK;
}

enum status arithmetic_modulo_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                      struct error *error) {
    const struct type *a = arguments[0].type, *b = arguments[1].type;
    unsigned scale = larger(a->scale, b->scale);
    int128 *out = result->values;
    KERNEL_ROWS (call, row) {
        int128 x, y;
        if (value_at(&arguments[1], row) == 0)
            return FAIL_AT(error, call->position, STATUS_DIVISION_BY_ZERO, "division by zero");
        if (!decimal_rescale(value_at(&arguments[0], row), a->scale, scale, &x) ||
            !decimal_rescale(value_at(&arguments[1], row), b->scale, scale, &y) ||
            !decimal_rescale(x % y, scale, call->type->scale, &out[row]))
            return overflow(call, arguments, row, error);
    }
    return STATUS_OK;
}

enum status arithmetic_negate_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                      struct error *error) {
    (void)error;
    int128 *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = -value_at(&arguments[0], row);
    return STATUS_OK;
}

enum status arithmetic_abs_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                   struct error *error) {
    (void)error;
    int128 *out = result->values;
    KERNEL_ROWS (call, row) {
        int128 value = value_at(&arguments[0], row);
        out[row] = value < 0 ? -value : value;
    }
    return STATUS_OK;
}

enum status arithmetic_sign_decimal(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    (void)error;
    int128 *out = result->values;
    int128 one = decimal_power_of_ten(arguments[0].type->scale);
    KERNEL_ROWS (call, row) {
        int128 value = value_at(&arguments[0], row);
        out[row] = value > 0 ? one : value < 0 ? -one : 0;
    }
    return STATUS_OK;
}
