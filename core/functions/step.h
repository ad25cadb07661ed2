/* step.h: the evaluator's program: one step per distinct sub-expression. Internal to core/functions.
 *
 * Steps come after the steps they read, so a step number is below those of its users. A step remembers the last value it
 * computed and the scope in which it did so: a scope is one selection, scopes nest by subset, so a value computed in a
 * scope that is still open covers every selection inside it.
 */
#pragma once

#include <stdint.h>

#include "core/base/array.h"
#include "core/data/column.h"
#include "core/functions/expression.h"
#include "core/functions/function.h"
#include "core/functions/lazy.h"

struct batch;

enum step_kind { STEP_COLUMN, STEP_LITERAL, STEP_FIELD, STEP_RETYPE, STEP_CALL };

struct step {
    enum step_kind kind;
    const struct expression *expression;
    uint32_t *arguments; /* step numbers */
    uint32_t argument_count;
    bool can_fail; /* itself or anything below */
    bool expensive;
    bool dense; /* see FUNCTION_DENSE */
    struct function_call call;
    struct lazy_site site;
    struct column *columns; /* the arguments while the step runs; literals stay in */
    uint64_t scope;         /* in which `value` was computed; 0: never */
    struct column value;
};

struct scope {
    uint64_t id;
    struct selection selection;
};

struct evaluator {
    struct arena *arena; /* lives as long as the evaluator */
    ARRAY_OF(struct step *) steps;
    uint32_t *roots; /* step of each expression */
    uint32_t root_count;
    ARRAY_OF(struct scope) scopes; /* open ones, ids ascending */
    uint64_t next_scope;
    const struct batch *input; /* of the current run */
    const struct evaluation_context *context;
    struct arena *batch_arena;
};

/* Builds the steps of all expressions; equal sub-expressions share one. */
void steps_build(struct evaluator *evaluator, struct expression *const *expressions, uint32_t count);
