/* comparison_one.inc.h: one comparison of comparison.inc.h. */
#define KERNEL_LEFT COMPARISON_TYPE
#define KERNEL_RIGHT COMPARISON_TYPE
#define KERNEL_OUT uint8_t
#define KERNEL_STATIC static
#include "core/functions/kernels/binary.inc.h"
#undef KERNEL_STATIC
