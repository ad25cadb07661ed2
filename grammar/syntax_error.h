/* syntax_error.h: what the grammar would have taken, in words. */
#pragma once

#include "grammar/drive.h"

/* Fills build.error for the token that the grammar refused: message, expected tokens, the nearest keyword.
 * `offset` is where the statement begins. */
void syntax_error_describe(const struct drive *drive, size_t offset);
