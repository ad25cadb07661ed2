/* json_canonical.h: JSON text as Jackson writes it back, which is what Flink gives: members sorted by name, of repeated names the last,
 * no white space, no needless escapes. */
#pragma once

#include <stdbool.h>

#include "core/base/str.h"

struct arena;

struct json_canonical {
    struct strbuf *out;
    struct arena *arena;       /* for names while an object is open; the caller resets it */
    bool numbers;              /* numbers too: as Java's BigDecimal prints them, see json_number_write */
    const char *repeated_name; /* set to the first name of the outermost object that is there twice */
    unsigned depth;
};

/* Appends the text. What is no JSON, or nested too deep, is appended as it is without white space. */
void json_canonical_write(struct json_canonical *canonical, struct str text);
/* A JSON number as BigDecimal.toString() has it: 1e3 is 1E+3, 1E-3 is 0.001, 1.50 stays. */
void json_number_write(struct strbuf *out, struct str number);
