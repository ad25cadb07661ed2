/* math_bits.inc.h: a bit operation of two BIGINTs. Include with KERNEL_NAME and MATH_BITS (a function). */
#define KERNEL_LEFT int64_t
#define KERNEL_RIGHT int64_t
#define KERNEL_OUT int64_t
#define KERNEL_STEP(left, right, out, bad) ((out) = MATH_BITS((left), (right)))
#include "core/functions/kernels/binary.inc.h"
#undef MATH_BITS
