/* resolve.h: how a call by name becomes a call of one overload. Internal to core/functions.
 *
 * Most rows of functions.def are typed by their signature. SPECIAL rows have a resolver: it looks at the arguments and
 * either builds the call itself or rewrites it into other calls (BETWEEN into two comparisons). */
#pragma once

#include <stdint.h>

#include "core/base/status.h"
#include "core/functions/function.h"

struct arena;
struct expression;
struct type;

struct call_request {
    struct arena *arena;
    const char *name;
    struct expression **arguments; /* a copy: resolvers may replace items */
    uint32_t argument_count;
    sql_position position;
    struct expression *result;
    struct error *error;
};

/* The call node, nothing checked; takes the list of arguments. */
struct expression *call_new(struct call_request *request, const struct function *function, const struct type *type);
/* Fails with the list of signatures that exist. */
enum status resolve_mismatch(struct call_request *request);
/* Casts argument i where it is not of the type already (nullability aside). */
enum status resolve_cast_argument(struct call_request *request, uint32_t i, const struct type *type) MUST_CHECK;
/* Casts the arguments first, first + step, … (and, with_last, the last one) to their common type. from_text: texts give way. */
enum status resolve_common(struct call_request *request, uint32_t first, uint32_t step, bool with_last, bool from_text,
                           const struct type **common) MUST_CHECK;
bool resolve_any_nullable(const struct call_request *request);
/* Rewriting: the call of another function at the same place. */
enum status resolve_call(struct call_request *request, const char *name, struct expression *const *arguments,
                         uint32_t argument_count, struct expression **result) MUST_CHECK;

resolve_function resolve_internal; /* CAST and the like: have a syntax of their own, are not called by name */
resolve_function resolve_first;    /* f(x) is x */
/* resolve_logic.c */
resolve_function resolve_between, resolve_between_symmetric, resolve_in, resolve_case, resolve_coalesce, resolve_if,
    resolve_nullif;
/* resolve_value.c */
resolve_function resolve_array, resolve_map, resolve_map_entries, resolve_row, resolve_decimal_round,
    resolve_decimal_floor, resolve_date_interval, resolve_extract, resolve_date_add, resolve_date_format,
    resolve_typeof;
