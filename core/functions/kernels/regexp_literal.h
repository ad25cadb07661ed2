/* regexp_literal.h: what every match of a regular expression must contain, for a quick search before the match.
 * In '(&|^)channel_id=([^&]*)' that is "channel_id=", and a match starts at most one character before it. */
#pragma once

#include <stddef.h>

#include "core/base/str.h"

enum { REGEXP_LITERAL_MAX = 64, REGEXP_BEFORE_ANY = -1 };

struct regexp_literal {
    char text[REGEXP_LITERAL_MAX];
    size_t size; /* 0: nothing is certain */
    int before;  /* most characters of a match before the literal; REGEXP_BEFORE_ANY: no bound is known */
};

/* Careful: anything it does not understand means that nothing is certain. */
void regexp_literal_find(struct str pattern, struct regexp_literal *literal);
