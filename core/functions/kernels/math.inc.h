/* math.inc.h: DOUBLE functions of one argument. Include with MATH_NAME and MATH_VALUE(x). */
#define KERNEL_NAME MATH_NAME
#define KERNEL_IN double
#define KERNEL_OUT double
#define KERNEL_STEP(in, out, bad) ((out) = MATH_VALUE(in))
#include "core/functions/kernels/unary.inc.h"
#undef MATH_NAME
#undef MATH_VALUE
