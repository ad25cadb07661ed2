/* function.h: the catalogue of scalar functions.
 *
 * functions.def has one row per overload; look-up, type check, documentation, completion and the catalogue's own sanity
 * test are derived from it. A row's signature is text: "double <- double", "T <- T, T"; see functions.def.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/column.h"

struct arena;
struct call_request;
struct expression;
struct function;
struct function_call;
struct lazy_site;
struct time_zone;

enum function_flags {
    FUNCTION_STRICT = 1,   /* NULL in, NULL out; the kernel never sees a row with a NULL argument when it can fail */
    FUNCTION_CAN_FAIL = 2, /* may raise an error for a value: evaluated only for selected, non-NULL rows */
    FUNCTION_VOLATILE = 4, /* RAND(), UUID(): never folded, never pushed down twice */
    FUNCTION_STATEMENT_TIME = 8, /* NOW(), PROCTIME(), CURRENT_…: depends on the evaluation context */
    FUNCTION_LAZY = 16,  /* AND, OR, CASE, COALESCE …: evaluates its own arguments under narrowed selections */
    FUNCTION_DENSE = 32, /* the kernel may compute unselected and NULL rows too: fixed-width arguments, and it reports
                                  only failures of rows that are selected and not NULL */
    FUNCTION_EXPENSIVE = 64, /* AND and OR look at cheaper operands first */
    FUNCTION_ZONE = 128,     /* depends on the session time zone */
};

/* Computes the selected rows of `result` (a FLAT column with room for call->row_count rows, no validity yet).
 * Arguments are FLAT or CONSTANT. Rows outside the selection may be written or not. */
typedef enum status kernel_function(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error);

/* Overload with typing rules of its own: looks at request->arguments and sets request->result. */
typedef enum status resolve_function(struct call_request *request, const struct function *function);

struct function {
    const char *id;   /* unique, stable: what plans carry, e.g. "plus_bigint" */
    const char *name; /* SQL name, lower case; operators by symbol */
    const char *signature;
    uint32_t flags;
    kernel_function *kernel;   /* no_kernel: always rewritten into other calls by `resolve` */
    resolve_function *resolve; /* NULL: typed by its signature */
    const char *documentation; /* one line */
};

struct function_call {
    const struct function *function;
    const struct type *type; /* of the result */
    const struct type *const *argument_types;
    uint32_t argument_count;
    uint32_t row_count;         /* rows in the batch (positions), selected or not */
    struct selection selection; /* rows to compute */
    uint32_t dense_count;       /* > 0: compute rows [0, dense_count) instead, a superset of the selection */
    struct arena *arena;        /* lives as long as the result batch */
    const struct evaluation_context *context;
    void *state;                  /* per call site, NULL at open, the kernel's own: compiled patterns, caches … */
    struct arena *state_arena;    /* lives as long as the evaluator */
    const struct lazy_site *lazy; /* FUNCTION_LAZY: where the arguments come from (see lazy.h) */
    sql_position position;
};

/* What an expression may know about the world besides its input. */
struct evaluation_context {
    int64_t now_us;               /* processing time of this batch, UTC; set by the task */
    int64_t statement_start_us;   /* for NOW() in bounded queries */
    const struct time_zone *zone; /* session time zone */
    int64_t watermark_us;         /* CURRENT_WATERMARK(); INT64_MIN when none yet */
    uint64_t random_state;        /* RAND(); seeded by the task */
};

const struct function *function_by_id(const char *id);  /* NULL when unknown */
const struct function *function_table(uint32_t *count); /* all overloads, sorted by name */
const char *const *function_names(uint32_t *count);     /* distinct SQL names, for completion and hints */
bool function_name_exists(const char *name);            /* ASCII case ignored; aliases count */
/* The overloads of a name or alias (ASCII case ignored); NULL when there is none. */
const struct function *function_overloads(const char *name, uint32_t *count);
