/* cast.h: which casts exist and how they run. Internal to core/functions.
 *
 * A cast is a call of "cast" (fails on a bad value), "try_cast" (NULL instead) or "cast_safe" (no value can fail); all three
 * share one dispatcher that picks the kernel by the two types. */
#pragma once

#include <stdbool.h>

#include "core/functions/function.h"
#include "core/data/type.h"

/* Both types have the same values in the same layout: nothing is to be done at run time. */
bool cast_is_free(const struct type *from, const struct type *to);
/* Some value of `from` has no counterpart in `to`. */
bool cast_can_fail(const struct type *from, const struct type *to);
bool cast_needs_zone(const struct type *from, const struct type *to);

/* What a cast kernel gets: one column in, FLAT column out. A value that does not fit: cast_reject. */
struct cast_job {
    struct function_call *call;
    const struct column *source; /* FLAT or CONSTANT, its type is the source type */
    struct column *result;       /* FLAT; its type is the target type */
    struct selection selection;  /* not NULL rows */
    uint32_t dense_count;        /* > 0: a cast that cannot fail may do rows [0, dense_count) instead */
    uint32_t row_count;
    bool try_cast; /* bad values become NULL */
    struct error *error;
};
typedef enum status cast_kernel(struct cast_job *job);

/* The value in `row` cannot be cast: NULL in a TRY_CAST, else an error that shows the value. */
enum status cast_reject(struct cast_job *job, uint32_t row, enum status status) MUST_CHECK;
/* Runs the cast for a column of any two types that can be cast; also used for elements of nested values. */
enum status cast_run(struct cast_job *job) MUST_CHECK;

/* NULL when there is no cast between the two kinds. */
cast_kernel *cast_kernel_for(const struct type *from, const struct type *to);
cast_kernel *cast_numeric_kernel(const struct type *from, const struct type *to);
cast_kernel *cast_text_kernel(const struct type *from, const struct type *to);
cast_kernel *cast_datetime_kernel(const struct type *from, const struct type *to);
cast_kernel *cast_nested_kernel(const struct type *from, const struct type *to);

/* The calls; named in functions.def. */
kernel_function cast_strict, cast_or_null;
