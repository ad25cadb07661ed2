/* encoding.h: what other kernels need of encoding.c. */
#pragma once

#include <stddef.h>

#include "core/base/str.h"

/* Base64 with padding; `at` has room for four bytes for every three begun. Returns the bytes written. */
size_t encoding_base64_write(char *at, struct str bytes);
