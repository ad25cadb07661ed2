/* regexp_cache.h: compiled regular expressions of one call site.
 * PCRE2 with JIT, UTF-8 (invalid bytes in the subject never match), and limits on matching, so that no pattern can hang
 * a job. A constant pattern is compiled once; of changing ones the last few are kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/functions/function.h"
#include "core/functions/kernels/regexp_literal.h"

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

struct regexp {
    pcre2_code *code;
    bool jit;
    pcre2_match_data *match_data;
    pcre2_match_context *match_context;
    const size_t
        *offsets; /* of the last match: start and end of group 0, 1, …; PCRE2_UNSET for a group that took no part */
    uint32_t group_count;          /* without group 0 */
    struct regexp_literal literal; /* looked for first */
};

enum regexp_syntax { REGEXP_PLAIN, REGEXP_SIMILAR };

/* The compiled pattern, valid until the next call; kept in call->state. Fails on an invalid pattern. */
enum status regexp_get(struct function_call *call, struct str pattern, enum regexp_syntax syntax,
                       struct regexp **regexp, struct error *error) MUST_CHECK;
/* Looks for the first match from byte `start` on. Fails when the limits are reached. */
enum status regexp_find(const struct function_call *call, struct regexp *regexp, struct str text, size_t start,
                        bool *found, struct error *error) MUST_CHECK;
