/* math.c: mathematical functions of DOUBLE, rounding of every number type, bit operations, random numbers.
 * Outside of a function's domain the result is what IEEE 754 and Java give (NaN, Infinity), as in Flink. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "core/data/decimal.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"

#define MATH_NAME math_sqrt
#define MATH_VALUE(x) sqrt(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_ln
#define MATH_VALUE(x) log(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_log10
#define MATH_VALUE(x) log10(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_log2
#define MATH_VALUE(x) log2(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_exp
#define MATH_VALUE(x) exp(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_sin
#define MATH_VALUE(x) sin(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_cos
#define MATH_VALUE(x) cos(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_tan
#define MATH_VALUE(x) tan(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_cot
#define MATH_VALUE(x) (1 / tan(x))
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_asin
#define MATH_VALUE(x) asin(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_acos
#define MATH_VALUE(x) acos(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_atan
#define MATH_VALUE(x) atan(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_sinh
#define MATH_VALUE(x) sinh(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_cosh
#define MATH_VALUE(x) cosh(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_tanh
#define MATH_VALUE(x) tanh(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_degrees
#define MATH_VALUE(x) ((x) * (180 / M_PI))
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_radians
#define MATH_VALUE(x) ((x) * (M_PI / 180))
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_floor
#define MATH_VALUE(x) floor(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_ceil
#define MATH_VALUE(x) ceil(x)
#include "core/functions/kernels/math.inc.h"
#define MATH_NAME math_cbrt
#define MATH_VALUE(x) cbrt(x)
#include "core/functions/kernels/math.inc.h"

#define KERNEL_NAME math_power
#define KERNEL_LEFT double
#define KERNEL_RIGHT double
#define KERNEL_OUT double
#define KERNEL_STEP(left, right, out, bad) ((out) = pow((left), (right)))
#include "core/functions/kernels/binary.inc.h"

#define KERNEL_NAME math_atan2
#define KERNEL_LEFT double
#define KERNEL_RIGHT double
#define KERNEL_OUT double
#define KERNEL_STEP(left, right, out, bad) ((out) = atan2((left), (right)))
#include "core/functions/kernels/binary.inc.h"

/* LOG(base, x) */
#define KERNEL_NAME math_log
#define KERNEL_LEFT double
#define KERNEL_RIGHT double
#define KERNEL_OUT double
#define KERNEL_STEP(left, right, out, bad) ((out) = log(right) / log(left))
#include "core/functions/kernels/binary.inc.h"

static enum status math_constant(struct column *result, double value) {
    COLUMN_VALUES(result, double)[0] = value;
    return STATUS_OK;
}

enum status math_pi(struct function_call *call, const struct column *arguments, struct column *result,
                    struct error *error) {
    (void)call, (void)arguments, (void)error;
    return math_constant(result, M_PI);
}

enum status math_e(struct function_call *call, const struct column *arguments, struct column *result,
                   struct error *error) {
    (void)call, (void)arguments, (void)error;
    return math_constant(result, M_E);
}

/* ---- rounding ---- */

/* The digits argument, limited to what makes a difference. */
static int digits_at(const struct function_call *call, const struct column *arguments, uint32_t row) {
    if (call->argument_count < 2)
        return 0;
    int32_t digits = argument_i32(&arguments[1], row);
    return digits > 400 ? 400 : digits < -400 ? -400 : digits;
}

/* Half away from zero on the decimal digits that the number is written with: 2.675 to two digits is 2.68, though the binary
 * number lies below. So the middle between two candidates is compared as the double nearest to it. */
static double round_double(double value, int digits) {
    double scale = pow(10, abs(digits)), size = fabs(value);
    if (!isfinite(value) || digits > 22)
        return value;
    if (digits < 0)
        return digits < -308 ? 0 : copysign(round(size / scale) * scale, value);
    double scaled = size * scale;
    if (scaled >= 4503599627370496.0)
        return value;
    double whole = floor(scaled);
    bool up = size >= (whole + 0.5) / scale;
    return copysign((whole + up) / scale, value);
}

static double truncate_double(double value, int digits) {
    double scale = pow(10, abs(digits)), size = fabs(value);
    if (!isfinite(value) || digits > 22)
        return value;
    if (digits < 0)
        return digits < -308 ? 0 : copysign(floor(size / scale) * scale, value);
    double scaled = size * scale;
    if (scaled >= 4503599627370496.0)
        return value;
    double whole = floor(scaled);
    bool next = (whole + 1) / scale <= size; /* 0.29 * 100 is 28.999… */
    return copysign((whole + next) / scale, value);
}

enum status math_round_double(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    double *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = round_double(argument_f64(&arguments[0], row), digits_at(call, arguments, row));
    return STATUS_OK;
}

enum status math_truncate_double(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    (void)error;
    double *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = truncate_double(argument_f64(&arguments[0], row), digits_at(call, arguments, row));
    return STATUS_OK;
}

/* Rounds to a multiple of 10^-digits; whole numbers change for negative digits only. false when the result does not fit. */
static bool round_bigint(int64_t value, int digits, bool truncate, int64_t *result) {
    *result = value;
    if (digits >= 0)
        return true;
    *result = 0;
    if (digits < -19)
        return true;
    int128 unit = decimal_power_of_ten((unsigned)-digits);
    int128 size = value < 0 ? -(int128)value : value;
    int128 rounded = (truncate ? size : size + unit / 2) / unit * unit;
    rounded = value < 0 ? -rounded : rounded;
    *result = (int64_t)rounded;
    return *result == rounded;
}

static enum status round_bigints(struct function_call *call, const struct column *arguments, struct column *result,
                                 bool truncate, struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t value = argument_i64(&arguments[0], row);
        if (!round_bigint(value, digits_at(call, arguments, row), truncate, &out[row]))
            return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "BIGINT out of range: %" PRId64 " rounded",
                           value);
    }
    return STATUS_OK;
}

static enum status round_ints(struct function_call *call, const struct column *arguments, struct column *result,
                              bool truncate, struct error *error) {
    int32_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t rounded;
        int32_t value = argument_i32(&arguments[0], row);
        round_bigint(value, digits_at(call, arguments, row), truncate, &rounded);
        out[row] = (int32_t)rounded;
        if (out[row] != rounded)
            return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "INT out of range: %" PRId32 " rounded", value);
    }
    return STATUS_OK;
}

enum status math_round_bigint(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    return round_bigints(call, arguments, result, false, error);
}

enum status math_truncate_bigint(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    return round_bigints(call, arguments, result, true, error);
}

enum status math_round_int(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    return round_ints(call, arguments, result, false, error);
}

enum status math_truncate_int(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    return round_ints(call, arguments, result, true, error);
}

enum decimal_rounding { ROUND_HALF_UP, ROUND_DOWN, ROUND_FLOOR, ROUND_CEIL };

/* A multiple of 10^(scale - digits), then brought to the result's scale. */
static bool round_decimal(int128 value, int scale, int digits, enum decimal_rounding rounding, const struct type *type,
                          int128 *result) {
    int dropped = scale - digits;
    if (dropped > 0) {
        if (dropped > DECIMAL_PRECISION_MAX) {
            *result = 0;
            return true;
        }
        int128 unit = decimal_power_of_ten((unsigned)dropped);
        int128 quotient = value / unit, rest = value % unit;
        if (rounding == ROUND_HALF_UP && (rest < 0 ? -rest : rest) >= unit - (rest < 0 ? -rest : rest))
            quotient += value < 0 ? -1 : 1;
        quotient -= rounding == ROUND_FLOOR && rest < 0;
        quotient += rounding == ROUND_CEIL && rest > 0;
        if (digits < 0)
            return decimal_multiply(quotient, 0, decimal_power_of_ten((unsigned)-digits), 0, type->scale, result);
        return decimal_rescale(quotient, (unsigned)digits, type->scale, result);
    }
    return decimal_rescale(value, (unsigned)scale, type->scale, result);
}

static enum status round_decimals(struct function_call *call, const struct column *arguments, struct column *result,
                                  enum decimal_rounding rounding, struct error *error) {
    int128 *out = result->values;
    const int128 *in = arguments[0].values;
    KERNEL_ROWS (call, row) {
        int digits = digits_at(call, arguments, row);
        if (!round_decimal(in[argument_index(&arguments[0], row)], arguments[0].type->scale, digits, rounding,
                           call->type, &out[row]) ||
            !decimal_fits(out[row], call->type->precision))
            return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "rounded DECIMAL does not fit %u digits",
                           call->type->precision);
    }
    return STATUS_OK;
}

#define ROUND_DECIMAL(name, rounding)                                                                   \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        return round_decimals(call, arguments, result, rounding, error);                                \
    }
ROUND_DECIMAL(math_round_decimal, ROUND_HALF_UP)
ROUND_DECIMAL(math_truncate_decimal, ROUND_DOWN)
ROUND_DECIMAL(math_floor_decimal, ROUND_FLOOR)
ROUND_DECIMAL(math_ceil_decimal, ROUND_CEIL)

/* ---- bits ---- */

#define BITS(name, expression)                              \
    static inline int64_t name##_of(int64_t a, int64_t b) { \
        (void)b;                                            \
        return expression;                                  \
    }
BITS(and, a &b)
BITS(or, a | b)
BITS(xor, a ^ b)
BITS(left, b<0 || b> 63 ? 0 : (int64_t)((uint64_t)a << b))
BITS(right, a >> (b < 0 || b > 63 ? 63 : b))

#define KERNEL_NAME math_bit_and
#define MATH_BITS and_of
#include "core/functions/kernels/math_bits.inc.h"
#define KERNEL_NAME math_bit_or
#define MATH_BITS or_of
#include "core/functions/kernels/math_bits.inc.h"
#define KERNEL_NAME math_bit_xor
#define MATH_BITS xor_of
#include "core/functions/kernels/math_bits.inc.h"
#define KERNEL_NAME math_shift_left
#define MATH_BITS left_of
#include "core/functions/kernels/math_bits.inc.h"
#define KERNEL_NAME math_shift_right
#define MATH_BITS right_of
#include "core/functions/kernels/math_bits.inc.h"

#define KERNEL_NAME math_bit_not
#define KERNEL_IN int64_t
#define KERNEL_OUT int64_t
#define KERNEL_STEP(in, out, bad) ((out) = ~(in))
#include "core/functions/kernels/unary.inc.h"

/* ---- random ---- */

/* SplitMix64 (Sebastiano Vigna, public domain). */
static uint64_t random_next(uint64_t *state) {
    uint64_t x = *state += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

/* One sequence per call site, from the seed given or the task's. */
static uint64_t *random_state(struct function_call *call, const struct column *seed) {
    if (!call->state) {
        uint64_t *state = ARENA_NEW(call->state_arena, uint64_t);
        *state = seed ? (uint64_t)argument_i64(seed, call->selection.rows ? call->selection.rows[0] : 0)
                      : call->context->random_state ^ (uint64_t)(uintptr_t)call->position * 0x9E3779B97F4A7C15ull;
        call->state = state;
    }
    return call->state;
}

enum status math_rand(struct function_call *call, const struct column *arguments, struct column *result,
                      struct error *error) {
    (void)error;
    double *out = result->values;
    uint64_t *state = random_state(call, call->argument_count ? &arguments[0] : NULL);
    KERNEL_ROWS (call, row)
        out[row] = (double)(random_next(state) >> 11) * 0x1p-53;
    return STATUS_OK;
}

/* RAND_INTEGER([seed,] bound): 0 … bound - 1 */
enum status math_rand_integer(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    int32_t *out = result->values;
    uint64_t *state = random_state(call, call->argument_count > 1 ? &arguments[0] : NULL);
    KERNEL_ROWS (call, row) {
        int64_t bound = argument_i64(&arguments[call->argument_count - 1], row);
        if (bound < 1 || bound > INT32_MAX)
            return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "RAND_INTEGER bound must be a positive INT");
        out[row] = (int32_t)((random_next(state) >> 32) * (uint64_t)bound >> 32);
    }
    return STATUS_OK;
}

/* A random (version 4) UUID. */
enum status math_uuid(struct function_call *call, const struct column *arguments, struct column *result,
                      struct error *error) {
    (void)arguments, (void)error;
    static const char digits[] = "0123456789abcdef";
    enum { UUID_SIZE = 36 };
    struct string_view *out = result->values;
    uint64_t *state = random_state(call, NULL);
    char *text = arena_alloc(call->arena, (size_t)UUID_SIZE * (call->selection.count + 1));
    KERNEL_ROWS (call, row) {
        uint64_t words[2] = {random_next(state), random_next(state)};
        words[0] = (words[0] & ~UINT64_C(0xF000)) | 0x4000;
        words[1] = (words[1] & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
        unsigned nibble = 0;
        for (int i = 0; i < UUID_SIZE; i++) {
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            text[i] = dash ? '-' : digits[words[nibble / 16] >> (60 - nibble % 16 * 4) & 15];
            nibble += !dash;
        }
        out[row] = view_make(text, UUID_SIZE);
        text += UUID_SIZE;
    }
    return STATUS_OK;
}
