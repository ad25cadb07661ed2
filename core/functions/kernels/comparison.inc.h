/* comparison.inc.h: = <> < <= of one fixed-width type. Include with COMPARISON_TYPE (C type) and COMPARISON_SUFFIX. */
#define KERNEL_NAME KERNEL_PASTE(equal_, COMPARISON_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) == (right))
#include "core/functions/kernels/comparison_one.inc.h"
#define KERNEL_NAME KERNEL_PASTE(not_equal_, COMPARISON_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) != (right))
#include "core/functions/kernels/comparison_one.inc.h"
#define KERNEL_NAME KERNEL_PASTE(less_, COMPARISON_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) < (right))
#include "core/functions/kernels/comparison_one.inc.h"
#define KERNEL_NAME KERNEL_PASTE(less_equal_, COMPARISON_SUFFIX)
#define KERNEL_STEP(left, right, out, bad) ((out) = (left) <= (right))
#include "core/functions/kernels/comparison_one.inc.h"
#undef COMPARISON_TYPE
#undef COMPARISON_SUFFIX
