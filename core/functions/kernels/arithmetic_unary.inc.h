/* arithmetic_unary.inc.h: the common part of arithmetic_integer.inc.h's unary kernels. */
#define KERNEL_IN INTEGER_TYPE
#define KERNEL_OUT INTEGER_TYPE
#define KERNEL_BAD INTEGER_TYPE
#define KERNEL_FAILED(bad) ((bad) != 0)
#include "core/functions/kernels/unary.inc.h"
