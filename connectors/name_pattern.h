/* name_pattern.h: an option whose value is a regular expression (PCRE) that whole names have to match: of topics, of files. */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"

struct name_pattern {
    void *code, *match; /* PCRE2's */
};

/* `option` names it in the error, INVALID_REGEX. A zeroed pattern may be closed. */
enum status name_pattern_open(struct name_pattern *pattern, const char *text, const char *option,
                              struct error *error) MUST_CHECK;
bool name_pattern_matches(const struct name_pattern *pattern, const char *name);
void name_pattern_close(struct name_pattern *pattern);
/* Whether it is one: for checks when a table is created. */
enum status name_pattern_check(const char *text, const char *option, struct error *error) MUST_CHECK;
