/* aggregate.h: the catalogue of aggregate functions.
 *
 * aggregates.def has one row per overload. An aggregate is a fixed-size state plus five operations; all work on many groups
 * at once: states[i] is the address of the state for the i-th selected row. Fixed-size parts lie in the group's row;
 * what grows (strings, sets, lists) lies in the state memory handed to every call, is accounted there, and is freed by release.
 * An aggregate without retract is append-only: the planner refuses it where retractions may come, by name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/column.h"

struct arena;
struct expression;
struct state_memory;

struct aggregate_call {
    const struct aggregate *aggregate;
    const struct type *type; /* of the result */
    const struct type *const *argument_types;
    uint32_t argument_count;
    struct state_memory *memory;
    const struct column *constants; /* literal arguments beyond the first (LISTAGG separator …), CONSTANT columns or NULL */
    sql_position position;
};

/* Argument columns are FLAT or CONSTANT. states[i] belongs to row selection_row(selection, i). */
typedef enum status aggregate_update_function(const struct aggregate_call *call, const struct column *arguments,
                                              const struct selection *selection, uint8_t *const *states,
                                              struct error *error);

struct aggregate {
    const char *id;   /* unique, stable: what plans carry, e.g. "sum_bigint" */
    const char *name; /* SQL name, lower case */
    const char *signature;
    uint32_t state_size;  /* bytes, multiple of 8 */
    void (*init)(const struct aggregate_call *call, uint8_t *state);
    aggregate_update_function *update;
    aggregate_update_function *retract; /* NULL: append-only */
    /* target += source; the source stays as it was. */
    enum status (*merge)(const struct aggregate_call *call, uint8_t *target, const uint8_t *source, struct error *error);
    /* Results of `count` states into rows 0..count-1 of a FLAT column; strings are copied into `arena`. */
    enum status (*finish)(const struct aggregate_call *call, uint8_t *const *states, uint32_t count, struct arena *arena,
                          struct column *result, struct error *error);
    void (*release)(const struct aggregate_call *call, uint8_t *state); /* NULL: nothing beyond the fixed part */
    const char *documentation;
};

/* Chooses the overload and the result type by Flink's rules and inserts implicit casts into arguments[] in place.
 * star: COUNT(*) (argument_count 0). Errors as expression_call. */
enum status aggregate_resolve(struct arena *arena, const char *name, bool star, struct expression **arguments,
                              uint32_t argument_count, sql_position position, const struct aggregate **aggregate,
                              const struct type **type, struct error *error) MUST_CHECK;
bool aggregate_name_exists(const char *name);
const struct aggregate *aggregate_by_id(const char *id);
const struct aggregate *aggregate_table(uint32_t *count);

/* Heap for the growing parts of states: size classes over large pages, with exact accounting. One per operator instance. */
struct state_memory *state_memory_new(void);
void state_memory_free(struct state_memory *memory); /* with everything in it */
void *state_memory_alloc(struct state_memory *memory, size_t size);
void *state_memory_realloc(struct state_memory *memory, void *old, size_t old_size, size_t size);
void state_memory_release(struct state_memory *memory, void *piece, size_t size);
size_t state_memory_used_bytes(const struct state_memory *memory);
