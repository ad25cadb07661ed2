/* kernels.h: declares every kernel named in functions.def. */
#pragma once

#include "core/functions/function.h"

#define FUNCTION(id, name, signature, flags, kernel, documentation) kernel_function kernel;
#define SPECIAL(id, name, signature, flags, kernel, resolve, documentation) kernel_function kernel;
#define ALIAS(alias, name)
#include "core/functions/functions.def"
#undef FUNCTION
#undef SPECIAL
#undef ALIAS
