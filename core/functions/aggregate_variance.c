/* aggregate_variance.c: VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP.
 * Running mean and squared deviations (Welford); partial states combine as in Chan, Golub and LeVeque, "Updating formulae
 * and a pairwise algorithm for computing sample variances" (1979). Values that are not finite are only counted. */
#include <math.h>

#include "core/base/arena.h"
#include "core/data/decimal.h"
#include "core/functions/aggregate_kernels.h"

static inline void variance_add(struct variance *state, double value) {
    if (!isfinite(value)) {
        state->not_finite_count++;
        return;
    }
    state->count++;
    double distance = value - state->mean;
    state->mean += distance / (double)state->count;
    state->squares += distance * (value - state->mean);
}

static inline void variance_subtract(struct variance *state, double value) {
    if (!isfinite(value)) {
        state->not_finite_count--;
        return;
    }
    if (--state->count <= 0) {
        state->mean = state->squares = 0;
        return;
    }
    double distance = value - state->mean;
    state->mean -= distance / (double)state->count;
    state->squares -= distance * (value - state->mean);
    if (state->squares < 0 || state->count == 1)
        state->squares = 0;
}

#define ADD(state, value) variance_add(state, (double)(value))
#define SUBTRACT(state, value) variance_subtract(state, (double)(value))
#define ADD_DECIMAL(state, value) variance_add(state, decimal_to_double(value, column->type->scale))
#define SUBTRACT_DECIMAL(state, value) variance_subtract(state, decimal_to_double(value, column->type->scale))

#define out_of_range(call, error) STATUS_INTERNAL
#define VALUE_OF int8_t
#define SUM_NAME(what) variance_tinyint_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int16_t
#define SUM_NAME(what) variance_smallint_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int32_t
#define SUM_NAME(what) variance_int_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int64_t
#define SUM_NAME(what) variance_bigint_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF float
#define SUM_NAME(what) variance_float_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF double
#define SUM_NAME(what) variance_double_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int128
#define SUM_NAME(what) variance_decimal_##what
#define SUM_STATE struct variance
#define SUM_ADD ADD_DECIMAL
#define SUM_SUBTRACT SUBTRACT_DECIMAL
#include "core/functions/aggregate_sum.inc.h"

#define STATE_AT(type, address) ((type *)((address) + call->state_offset))

enum status variance_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                           uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct variance *target = STATE_AT(struct variance, targets[i]);
        const struct variance *source = STATE_AT(struct variance, sources[i]);
        target->not_finite_count += source->not_finite_count;
        if (source->count == 0)
            continue;
        double total = (double)(target->count + source->count), distance = source->mean - target->mean;
        target->squares +=
            source->squares + distance * distance * (double)target->count * (double)source->count / total;
        target->mean += distance * (double)source->count / total;
        target->count += source->count;
    }
    return STATUS_OK;
}

static void finish_variance(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                            struct arena *arena, struct column *result, int64_t freedom, bool root) {
    double *values = COLUMN_VALUES(result, double);
    for (uint32_t i = 0; i < count; i++) {
        const struct variance *state = STATE_AT(struct variance, states[i]);
        if (state->count + state->not_finite_count <= freedom) {
            column_set_null(result, arena, i, count);
            continue;
        }
        double value = state->not_finite_count ? (double)NAN : state->squares / (double)(state->count - freedom);
        values[i] = root ? sqrt(value) : value;
    }
}

#define FINISH(name, freedom, root)                                                                                  \
    enum status name(const struct aggregate_call *call, uint8_t *const *states, uint32_t count, struct arena *arena, \
                     struct column *result, struct error *error) {                                                   \
        (void)error;                                                                                                 \
        finish_variance(call, states, count, arena, result, freedom, root);                                          \
        return STATUS_OK;                                                                                            \
    }

FINISH(var_pop_finish, 0, false)
FINISH(var_samp_finish, 1, false)
FINISH(stddev_pop_finish, 0, true)
FINISH(stddev_samp_finish, 1, true)
