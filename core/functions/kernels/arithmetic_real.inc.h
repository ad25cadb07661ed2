/* arithmetic_real.inc.h: arithmetic of one floating-point type. Include with REAL_TYPE, REAL_SUFFIX, REAL_MODULO, REAL_ABS. */
#define KERNEL_NAME KERNEL_PASTE(arithmetic_plus_, REAL_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) + (right))
#include "core/functions/kernels/arithmetic_real_binary.inc.h"
#define KERNEL_NAME KERNEL_PASTE(arithmetic_minus_, REAL_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) - (right))
#include "core/functions/kernels/arithmetic_real_binary.inc.h"
#define KERNEL_NAME KERNEL_PASTE(arithmetic_multiply_, REAL_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) * (right))
#include "core/functions/kernels/arithmetic_real_binary.inc.h"
#define KERNEL_NAME KERNEL_PASTE(arithmetic_divide_, REAL_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) / (right))
#include "core/functions/kernels/arithmetic_real_binary.inc.h"
#define KERNEL_NAME KERNEL_PASTE(arithmetic_modulo_, REAL_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = REAL_MODULO((left), (right)))
#include "core/functions/kernels/arithmetic_real_binary.inc.h"

#define KERNEL_NAME KERNEL_PASTE(arithmetic_negate_, REAL_SUFFIX)
#define KERNEL_IN REAL_TYPE
#define KERNEL_OUT REAL_TYPE
#define KERNEL_STEP(in, out, bad) ((out) = -(in))
#include "core/functions/kernels/unary.inc.h"
#define KERNEL_NAME KERNEL_PASTE(arithmetic_abs_, REAL_SUFFIX)
#define KERNEL_IN REAL_TYPE
#define KERNEL_OUT REAL_TYPE
#define KERNEL_STEP(in, out, bad) ((out) = REAL_ABS(in))
#include "core/functions/kernels/unary.inc.h"
#define KERNEL_NAME KERNEL_PASTE(arithmetic_sign_, REAL_SUFFIX)
#define KERNEL_IN REAL_TYPE
#define KERNEL_OUT REAL_TYPE
#define KERNEL_STEP(in, out, bad) ((out) = (in) != (in) ? (in) : (REAL_TYPE)(((in) > 0) - ((in) < 0)))
#include "core/functions/kernels/unary.inc.h"

#undef REAL_TYPE
#undef REAL_SUFFIX
#undef REAL_MODULO
#undef REAL_ABS
