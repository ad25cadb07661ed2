/* keywords.h: looking up words, and what tokens are called in messages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct keyword {
    const char *name; /* upper case */
    int token;        /* TOKEN_... */
    bool reserved;
};

extern const struct keyword keywords[]; /* ordered by name */
extern const size_t keyword_count;

/* Case is ignored; NULL when the word is no keyword. */
const struct keyword *keyword_find(struct str word);
/* How a message calls it: FROM, ',', a name. NULL for tokens nobody writes. */
const char *token_name(int token);
