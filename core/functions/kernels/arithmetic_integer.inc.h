/* arithmetic_integer.inc.h: + - * / % negate abs of one integer type, every overflow noticed.
 * Include with INTEGER_TYPE, INTEGER_UNSIGNED, INTEGER_MIN, INTEGER_SUFFIX (i32 …), INTEGER_MULTIPLY(left, right, out, bad). */

#define INTEGER_BINARY "core/functions/kernels/arithmetic_binary.inc.h"

#define KERNEL_NAME KERNEL_PASTE(arithmetic_plus_, INTEGER_SUFFIX)
#define KERNEL_STEP(left, right, out, bad)                                               \
    do {                                                                                 \
        INTEGER_TYPE x_ = (left), y_ = (right);                                          \
        INTEGER_TYPE sum_ = (INTEGER_TYPE)((INTEGER_UNSIGNED)x_ + (INTEGER_UNSIGNED)y_); \
        bad = (INTEGER_TYPE)(bad | ((x_ ^ sum_) & (y_ ^ sum_)));                         \
        (out) = sum_;                                                                    \
    } while (0)
#define KERNEL_FAILED(bad) ((bad) < 0)
#define KERNEL_REPORT(call, left, right, error) overflow(call, left, right, error)
#include INTEGER_BINARY

#define KERNEL_NAME KERNEL_PASTE(arithmetic_minus_, INTEGER_SUFFIX)
#define KERNEL_STEP(left, right, out, bad)                                                      \
    do {                                                                                        \
        INTEGER_TYPE x_ = (left), y_ = (right);                                                 \
        INTEGER_TYPE difference_ = (INTEGER_TYPE)((INTEGER_UNSIGNED)x_ - (INTEGER_UNSIGNED)y_); \
        bad = (INTEGER_TYPE)(bad | ((x_ ^ y_) & (x_ ^ difference_)));                           \
        (out) = difference_;                                                                    \
    } while (0)
#define KERNEL_FAILED(bad) ((bad) < 0)
#define KERNEL_REPORT(call, left, right, error) overflow(call, left, right, error)
#include INTEGER_BINARY

#define KERNEL_NAME KERNEL_PASTE(arithmetic_multiply_, INTEGER_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) INTEGER_MULTIPLY(left, right, out, bad)
#define KERNEL_FAILED(bad) ((bad) != 0)
#define KERNEL_REPORT(call, left, right, error) overflow(call, left, right, error)
#include INTEGER_BINARY

/* The smallest value divided by -1 does not fit. */
#define KERNEL_NAME KERNEL_PASTE(arithmetic_divide_, INTEGER_SUFFIX)
#define KERNEL_STEP(left, right, out, bad)                      \
    do {                                                        \
        INTEGER_TYPE x_ = (left), y_ = (right);                 \
        bool bad_ = y_ == 0 || (y_ == -1 && x_ == INTEGER_MIN); \
        bad = (INTEGER_TYPE)(bad | bad_);                       \
        (out) = (INTEGER_TYPE)(x_ / (bad_ ? 1 : y_));           \
    } while (0)
#define KERNEL_FAILED(bad) ((bad) != 0)
#define KERNEL_REPORT(call, left, right, error) \
    ((right) == 0 ? division_by_zero(call, error) : overflow(call, left, right, error))
#include INTEGER_BINARY

#define KERNEL_NAME KERNEL_PASTE(arithmetic_modulo_, INTEGER_SUFFIX)
#define KERNEL_STEP(left, right, out, bad)                           \
    do {                                                             \
        INTEGER_TYPE x_ = (left), y_ = (right);                      \
        bad = (INTEGER_TYPE)(bad | (y_ == 0));                       \
        (out) = (INTEGER_TYPE)(x_ % (y_ == 0 || y_ == -1 ? 1 : y_)); \
    } while (0)
#define KERNEL_FAILED(bad) ((bad) != 0)
#define KERNEL_REPORT(call, left, right, error) division_by_zero(call, error)
#include INTEGER_BINARY

#define KERNEL_NAME KERNEL_PASTE(arithmetic_negate_, INTEGER_SUFFIX)
#define KERNEL_STEP(in, out, bad)                                             \
    do {                                                                      \
        bad = (INTEGER_TYPE)(bad | ((in) == INTEGER_MIN));                    \
        (out) = (INTEGER_TYPE)((INTEGER_UNSIGNED)0 - (INTEGER_UNSIGNED)(in)); \
    } while (0)
#define KERNEL_REPORT(call, in, error) overflow_of_one(call, in, error)
#include "core/functions/kernels/arithmetic_unary.inc.h"

#define KERNEL_NAME KERNEL_PASTE(arithmetic_abs_, INTEGER_SUFFIX)
#define KERNEL_STEP(in, out, bad)                                                                                 \
    do {                                                                                                          \
        bad = (INTEGER_TYPE)(bad | ((in) == INTEGER_MIN));                                                        \
        (out) = (INTEGER_TYPE)((in) < 0 ? (INTEGER_UNSIGNED)0 - (INTEGER_UNSIGNED)(in) : (INTEGER_UNSIGNED)(in)); \
    } while (0)
#define KERNEL_REPORT(call, in, error) overflow_of_one(call, in, error)
#include "core/functions/kernels/arithmetic_unary.inc.h"

#define KERNEL_NAME KERNEL_PASTE(arithmetic_sign_, INTEGER_SUFFIX)
#define KERNEL_IN INTEGER_TYPE
#define KERNEL_OUT INTEGER_TYPE
#define KERNEL_STEP(in, out, bad) ((out) = (INTEGER_TYPE)(((in) > 0) - ((in) < 0)))
#include "core/functions/kernels/unary.inc.h"

#undef INTEGER_BINARY
#undef INTEGER_TYPE
#undef INTEGER_UNSIGNED
#undef INTEGER_MIN
#undef INTEGER_SUFFIX
#undef INTEGER_MULTIPLY
