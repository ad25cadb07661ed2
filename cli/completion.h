/* completion.h: what may come next at a place in a statement: keywords from the grammar, names from the catalogue. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct arena;
struct session;

struct completion {
    const char **items; /* in the arena, sorted, no duplicates */
    size_t count;
    size_t capacity;
    size_t partial_size; /* bytes at the end of the text that every item continues */
    const char *ending;  /* what follows a finished word: " ", "'" or "" */
};

/* `text` is a statement so far, up to the cursor. */
void completion_find(struct arena *arena, struct session *session, struct str text, struct completion *completion);
/* What the argument of a backslash command is. */
enum completion_names {
    COMPLETION_TABLES,
    COMPLETION_FUNCTIONS,
    COMPLETION_SETTINGS,
    COMPLETION_PRINTERS, /* formats of the results */
    COMPLETION_ON_AND_OFF,
    COMPLETION_FILES,
};
void completion_find_names(struct arena *arena, struct session *session, enum completion_names names,
                           struct str partial, struct completion *completion);
/* The longest beginning that all items share, in bytes. */
size_t completion_common_size(const struct completion *completion);
