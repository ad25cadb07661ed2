/* aggregate.h: the catalogue of aggregate functions.
 *
 * aggregates.def has one row per overload. An aggregate is a fixed-size state plus a few operations; all work on many groups
 * at once: states[i] + call->state_offset is the address of the state for the i-th selected row. Fixed-size parts lie in
 * the group's row; what grows (strings, sets, lists) lies in the state memory of the call, is accounted there, and is freed
 * by release. States hold no pointers into themselves: a row of states may be copied to start another group while it is
 * still as init left it.
 *
 * An aggregate without retract is append-only. aggregate_retractable names the one to use where retractions may come
 * ("max_bigint" -> "max_bigint_retract", which keeps all values); the planner refuses an aggregate that has none, by name.
 * Aggregates skip rows in which an argument is NULL, except COUNT(*), ARRAY_AGG and SINGLE_VALUE.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/column.h"

struct arena;
struct bytes_reader;
struct expression;
struct state_memory;
struct strbuf;

struct aggregate_call {
    const struct aggregate *aggregate;
    const struct type *type; /* of the result */
    const struct type *const *argument_types;
    uint32_t argument_count;
    uint32_t state_offset; /* of the state behind the addresses in states[] */
    struct state_memory *memory;
    const struct column
        *constants; /* literal arguments beyond the first (LISTAGG separator …), CONSTANT columns or NULL */
    sql_position position;
};

/* Argument columns are FLAT or CONSTANT. states[i] belongs to row selection_row(selection, i). */
typedef enum status aggregate_update_function(const struct aggregate_call *call, const struct column *arguments,
                                              const struct selection *selection, uint8_t *const *states,
                                              struct error *error);

/* targets[i] += sources[i], in that order (FIRST_VALUE: the target's rows came first); sources stay as they were.
 * A target may appear many times. Both have call->state_offset. */
typedef enum status aggregate_merge_function(const struct aggregate_call *call, uint8_t *const *targets,
                                             uint8_t *const *sources, uint32_t count, struct error *error);
/* Results of `count` states into rows 0..count-1 of a FLAT column made for them; strings are copied into `arena`. */
typedef enum status aggregate_finish_function(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                              struct arena *arena, struct column *result, struct error *error);

/* How the type of the result follows from the first argument's. */
enum aggregate_result {
    RESULT_COUNT,       /* BIGINT NOT NULL */
    RESULT_ARGUMENT,    /* the argument's */
    RESULT_DOUBLE,      /* DOUBLE */
    RESULT_DECIMAL_SUM, /* DECIMAL(38, s) */
    RESULT_DECIMAL_AVG, /* DECIMAL(38, max(6, s)) */
    RESULT_STRING,      /* STRING */
    RESULT_BOOLEAN,     /* BOOLEAN */
    RESULT_ARRAY,       /* ARRAY of the argument's */
};

struct aggregate {
    const char *id;          /* unique, stable: what plans carry, e.g. "sum_bigint" */
    const char *name;        /* SQL name, lower case */
    const char *signature;   /* for people */
    uint32_t argument_kinds; /* of the first argument: bit 1 << enum type_kind */
    uint8_t argument_count_min, argument_count_max;
    enum aggregate_result result;
    bool ignores_duplicates; /* DISTINCT changes nothing: MIN, MAX, BOOL_AND … */
    uint32_t state_size;     /* bytes, multiple of 8; states are 8-byte aligned */
    /* NULL: a new state is all zeros. `state` is the address itself, without state_offset. */
    void (*init)(const struct aggregate_call *call, uint8_t *state);
    aggregate_update_function *update;
    aggregate_update_function *retract; /* NULL: append-only */
    aggregate_merge_function *merge;
    aggregate_finish_function *finish;
    /* What lies in the state memory; NULL: nothing does. `state` without state_offset, as for init. */
    void (*release)(const struct aggregate_call *call, uint8_t *state);
    /* The state as bytes, for snapshots; NULL: its own state_size bytes. decode fills a state that is as init left it, refuses
     * foreign bytes, and leaves a state that can be released whatever happens. `state` as for init. */
    void (*encode)(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out);
    void (*decode)(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader);
    const char *retractable_id; /* NULL: see aggregate_retractable */
    const char *documentation;
};

/* By the members above; `state` without state_offset. */
void aggregate_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out);
void aggregate_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader);

/* Chooses the overload and the result type by Flink's rules and inserts implicit casts into arguments[] in place.
 * star: COUNT(*) (argument_count 0). Errors as expression_call. */
enum status aggregate_resolve(struct arena *arena, const char *name, bool star, struct expression **arguments,
                              uint32_t argument_count, sql_position position, const struct aggregate **aggregate,
                              const struct type **type, struct error *error) MUST_CHECK;
bool aggregate_name_exists(const char *name);            /* ASCII case ignored */
const struct aggregate *aggregate_by_id(const char *id); /* NULL when unknown */
/* All overloads by name. Those made for retractions have ids that end in "_retract"; aggregate_resolve never returns them. */
const struct aggregate *aggregate_table(uint32_t *count);
const char *const *aggregate_names(uint32_t *count); /* distinct SQL names, for completion and hints */

/* Not in the catalogue: the value of the row that came last, NULL included; rows taken back change nothing. For rows that replace each other by key, where
 * a row that is taken back is no earlier one (a plan's keeps_last). */
extern const struct aggregate aggregate_last_row;

/* The aggregate that gives the same results and takes retractions: itself when it does, its twin, or NULL. */
const struct aggregate *aggregate_retractable(const struct aggregate *aggregate);
