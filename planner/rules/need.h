/* need.h: which columns, and which fields of ROW columns, are wanted from below.
 *
 * A need is a tree along the type: all of the value, or some of its fields. It is collected from expressions (a chain of field
 * accesses on a column wants only that path), shrinks types, and afterwards says how field indexes moved. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct expression;
struct type;

struct need {
    bool whole;
    struct need *fields; /* one per field of the ROW type when some field is wanted; NULL = none is */
};

static inline bool need_any(const struct need *need) {
    return need->whole || need->fields;
}

/* Adds what the expression reads to needs[column]; `result` is what is wanted of its value (NULL: all). */
void need_collect(struct arena *arena, const struct expression *expression, const struct need *result,
                  struct need *needs);
/* Adds all that `more` wants. */
void need_merge(struct arena *arena, struct need *need, const struct need *more, const struct type *type);
/* The type with only the wanted fields. */
const struct type *need_shrink(struct arena *arena, const struct need *need, const struct type *type);
/* Does shrinking change the type? */
bool need_shrinks(const struct need *need, const struct type *type);
/* The expression over shrunken columns: column c is column mapping[c] of type types[mapping[c]], shrunk by needs[c]. */
struct expression *need_rewrite(struct arena *arena, struct expression *expression, const struct need *needs,
                                const uint32_t *mapping, const struct type *const *types);
/* What is left of the value of a column or field chain; an all-wanting need for anything else. */
const struct need *need_of_value(const struct expression *expression, const struct need *needs);
