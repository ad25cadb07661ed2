/* arithmetic.c: + - * / % and sign changes of integers and floating-point numbers.
 * Integers never wrap: a result that does not fit is an error, and so is division by zero. Floating point follows IEEE 754.
 */
#include <inttypes.h>
#include <math.h>

#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"

static enum status overflow(const struct function_call *call, int64_t left, int64_t right, struct error *error) {
    return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "%s out of range: %" PRId64 " %s %" PRId64,
                   type_kind_name(call->type->kind), left, call->function->name, right);
}

static enum status overflow_of_one(const struct function_call *call, int64_t value, struct error *error) {
    return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "%s out of range: %s of %" PRId64,
                   type_kind_name(call->type->kind), call->function->name, value);
}

static enum status division_by_zero(const struct function_call *call, struct error *error) {
    return FAIL_AT(error, call->position, STATUS_DIVISION_BY_ZERO, "division by zero");
}

/* Types with a wider one to multiply in. */
#define NARROW_MULTIPLY(left, right, out, bad, type, wide)      \
    do {                                                        \
        wide product_ = (wide)((wide)(left) * (wide)(right));   \
        bad = (type)(bad | ((wide)(type)product_ != product_)); \
        (out) = (type)product_;                                 \
    } while (0)

#define INTEGER_TYPE int8_t
#define INTEGER_UNSIGNED uint8_t
#define INTEGER_MIN INT8_MIN
#define INTEGER_SUFFIX i8
#define INTEGER_MULTIPLY(left, right, out, bad) NARROW_MULTIPLY(left, right, out, bad, int8_t, int32_t)
#include "core/functions/kernels/arithmetic_integer.inc.h"

#define INTEGER_TYPE int16_t
#define INTEGER_UNSIGNED uint16_t
#define INTEGER_MIN INT16_MIN
#define INTEGER_SUFFIX i16
#define INTEGER_MULTIPLY(left, right, out, bad) NARROW_MULTIPLY(left, right, out, bad, int16_t, int32_t)
#include "core/functions/kernels/arithmetic_integer.inc.h"

#define INTEGER_TYPE int32_t
#define INTEGER_UNSIGNED uint32_t
#define INTEGER_MIN INT32_MIN
#define INTEGER_SUFFIX i32
#define INTEGER_MULTIPLY(left, right, out, bad) NARROW_MULTIPLY(left, right, out, bad, int32_t, int64_t)
#include "core/functions/kernels/arithmetic_integer.inc.h"

#define INTEGER_TYPE int64_t
#define INTEGER_UNSIGNED uint64_t
#define INTEGER_MIN INT64_MIN
#define INTEGER_SUFFIX i64
#define INTEGER_MULTIPLY(left, right, out, bad) (bad |= __builtin_mul_overflow(left, right, &(out)))
#include "core/functions/kernels/arithmetic_integer.inc.h"

#define REAL_TYPE float
#define REAL_SUFFIX f32
#define REAL_MODULO fmodf
#define REAL_ABS fabsf
#include "core/functions/kernels/arithmetic_real.inc.h"

#define REAL_TYPE double
#define REAL_SUFFIX f64
#define REAL_MODULO fmod
#define REAL_ABS fabs
#include "core/functions/kernels/arithmetic_real.inc.h"
