/* arithmetic_binary.inc.h: the common part of arithmetic_integer.inc.h's binary kernels. */
#define KERNEL_LEFT INTEGER_TYPE
#define KERNEL_RIGHT INTEGER_TYPE
#define KERNEL_OUT INTEGER_TYPE
#define KERNEL_BAD INTEGER_TYPE
#include "core/functions/kernels/binary.inc.h"
