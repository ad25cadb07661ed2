/* aggregate_variance.c: VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP.
 * Running mean and squared deviations (Welford); partial states combine as in Chan, Golub and LeVeque, "Updating formulae
 * and a pairwise algorithm for computing sample variances" (1979). Under retraction that would leave rounding errors behind:
 * there, sums of values and squares in quadruple precision, exact for integers up to 2^50. Values that are not finite are
 * only counted. */
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

static inline void exact_step(struct exact_variance *state, state_wide_real value, int sign) {
    if (!isfinite((double)value)) {
        state->not_finite_count += sign;
        return;
    }
    state->count += sign;
    state->sum += sign < 0 ? -value : value;
    state->squares += sign < 0 ? -(value * value) : value * value;
}

#define TYPE_NAME tinyint
#define VALUE_OF int8_t
#define TO_DOUBLE(value) ((double)(value))
#define TO_WIDE(value) ((state_wide_real)(value))
#include "core/functions/aggregate_variance.inc.h"
#define TYPE_NAME smallint
#define VALUE_OF int16_t
#define TO_DOUBLE(value) ((double)(value))
#define TO_WIDE(value) ((state_wide_real)(value))
#include "core/functions/aggregate_variance.inc.h"
#define TYPE_NAME int
#define VALUE_OF int32_t
#define TO_DOUBLE(value) ((double)(value))
#define TO_WIDE(value) ((state_wide_real)(value))
#include "core/functions/aggregate_variance.inc.h"
#define TYPE_NAME bigint
#define VALUE_OF int64_t
#define TO_DOUBLE(value) ((double)(value))
#define TO_WIDE(value) ((state_wide_real)(value))
#include "core/functions/aggregate_variance.inc.h"
#define TYPE_NAME float
#define VALUE_OF float
#define TO_DOUBLE(value) ((double)(value))
#define TO_WIDE(value) ((state_wide_real)(value))
#include "core/functions/aggregate_variance.inc.h"
#define TYPE_NAME double
#define VALUE_OF double
#define TO_DOUBLE(value) ((double)(value))
#define TO_WIDE(value) ((state_wide_real)(value))
#include "core/functions/aggregate_variance.inc.h"
#define TYPE_NAME decimal
#define VALUE_OF int128
#define TO_DOUBLE(value) decimal_to_double(value, column->type->scale)
#define TO_WIDE(value) ((state_wide_real)(value)) /* unscaled: finish scales the result */
#include "core/functions/aggregate_variance.inc.h"

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

enum status exact_variance_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                                 uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct exact_variance *target = STATE_AT(struct exact_variance, targets[i]);
        const struct exact_variance *source = STATE_AT(struct exact_variance, sources[i]);
        target->count += source->count;
        target->not_finite_count += source->not_finite_count;
        target->sum += source->sum;
        target->squares += source->squares;
    }
    return STATUS_OK;
}

/* The sum of squared deviations; never negative, whatever rounding does. */
static double exact_deviations(const struct aggregate_call *call, const struct exact_variance *state) {
    if (state->count <= 0)
        return 0;
    state_wide_real deviations = state->squares - state->sum * state->sum / (state_wide_real)state->count;
    const struct type *type = call->argument_types[0];
    if (type->kind == TYPE_DECIMAL) {
        state_wide_real unit = (state_wide_real)decimal_power_of_ten(type->scale);
        deviations /= unit * unit;
    }
    return deviations > 0 ? (double)deviations : 0;
}

/* NULL for too few values, NaN when some are not finite. */
static void write_spread(struct column *result, struct arena *arena, uint32_t row, uint32_t row_count, int64_t count,
                         int64_t not_finite_count, double deviations, int64_t freedom, bool root) {
    if (count + not_finite_count <= freedom) {
        column_set_null(result, arena, row, row_count);
        return;
    }
    double value = not_finite_count > 0 ? (double)NAN : deviations / (double)(count - freedom);
    COLUMN_VALUES(result, double)[row] = root ? sqrt(value) : value;
}

#define FINISH(name, freedom, root)                                                                               \
    enum status name##_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,          \
                              struct arena *arena, struct column *result, struct error *error) {                  \
        (void)error;                                                                                              \
        for (uint32_t i = 0; i < count; i++) {                                                                    \
            const struct variance *state = STATE_AT(struct variance, states[i]);                                  \
            write_spread(result, arena, i, count, state->count, state->not_finite_count, state->squares, freedom, \
                         root);                                                                                   \
        }                                                                                                         \
        return STATUS_OK;                                                                                         \
    }                                                                                                             \
    enum status exact_##name##_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,  \
                                      struct arena *arena, struct column *result, struct error *error) {          \
        (void)error;                                                                                              \
        for (uint32_t i = 0; i < count; i++) {                                                                    \
            const struct exact_variance *state = STATE_AT(struct exact_variance, states[i]);                      \
            write_spread(result, arena, i, count, state->count, state->not_finite_count,                          \
                         exact_deviations(call, state), freedom, root);                                           \
        }                                                                                                         \
        return STATUS_OK;                                                                                         \
    }

FINISH(var_pop, 0, false)
FINISH(var_samp, 1, false)
FINISH(stddev_pop, 0, true)
FINISH(stddev_samp, 1, true)
