/* string_case.h: case mapping of whole strings. */
#pragma once

#include <stdbool.h>

#include "core/base/str.h"
#include "core/functions/kernels/text_writer.h"

/* The view itself (sharing its bytes) when nothing changes. */
struct string_view case_map(struct text_writer *writer, const struct string_view *view, bool upper);
