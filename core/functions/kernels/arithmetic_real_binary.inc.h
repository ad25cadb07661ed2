/* arithmetic_real_binary.inc.h: the common part of arithmetic_real.inc.h's binary kernels. */
#define KERNEL_LEFT REAL_TYPE
#define KERNEL_RIGHT REAL_TYPE
#define KERNEL_OUT REAL_TYPE
#include "core/functions/kernels/binary.inc.h"
