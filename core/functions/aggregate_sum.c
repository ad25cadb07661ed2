/* aggregate_sum.c: SUM and AVG.
 *
 * Sums of integers up to INT cannot overflow their 64 bits; BIGINT and DECIMAL sums are checked where they grow, AVG(BIGINT)
 * adds in 128 bits. A sum that leaves its result type is OUT_OF_RANGE. Floating point sums that take retractions are
 * compensated (Neumaier) and count what is not finite, so that what was added and taken back leaves nothing behind. */
#include <math.h>

#include "core/base/arena.h"
#include "core/data/decimal.h"
#include "core/functions/aggregate_kernels.h"

static enum status out_of_range(const struct aggregate_call *call, struct error *error) {
    FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "%s over %s does not fit %s", call->aggregate->name,
            type_kind_name(call->argument_types[0]->kind), type_kind_name(call->type->kind));
    if (call->type->kind != TYPE_DECIMAL)
        error_hint(error, "cast the argument to a wider type: %s(CAST(... AS %s))", call->aggregate->name,
                   call->type->kind == TYPE_BIGINT ? "DECIMAL(38, 0)" : "BIGINT");
    return STATUS_OUT_OF_RANGE;
}

#define ADD(state, value) ((state)->sum += (value), (state)->count++)
#define SUBTRACT(state, value) ((state)->sum -= (value), (state)->count--)
#define ADD_CHECKED(state, value) \
    (failed |= __builtin_add_overflow((state)->sum, (value), &(state)->sum), (state)->count++)
#define SUBTRACT_CHECKED(state, value) \
    (failed |= __builtin_sub_overflow((state)->sum, (value), &(state)->sum), (state)->count--)

#define ADD_REAL(state, value) ((state)->sum += (double)(value), (state)->count++)

#define VALUE_OF int8_t
#define SUM_NAME(what) sum_tinyint_##what
#define SUM_STATE struct integer_sum
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int16_t
#define SUM_NAME(what) sum_smallint_##what
#define SUM_STATE struct integer_sum
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int32_t
#define SUM_NAME(what) sum_int_##what
#define SUM_STATE struct integer_sum
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int64_t
#define SUM_NAME(what) sum_bigint_##what
#define SUM_STATE struct integer_sum
#define SUM_ADD ADD_CHECKED
#define SUM_SUBTRACT SUBTRACT_CHECKED
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int64_t
#define SUM_NAME(what) sum_wide_##what
#define SUM_STATE struct wide_sum
#define SUM_ADD ADD
#define SUM_SUBTRACT SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF int128
#define SUM_NAME(what) sum_decimal_##what
#define SUM_STATE struct wide_sum
#define SUM_ADD ADD_CHECKED
#define SUM_SUBTRACT SUBTRACT_CHECKED
#include "core/functions/aggregate_sum.inc.h"
#define NAME sum_float_update
#define VALUE float
#define STATE struct real_sum
#define STEP ADD_REAL
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"
#define NAME sum_double_update
#define VALUE double
#define STATE struct real_sum
#define STEP ADD_REAL
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

static void exact_add(struct exact_sum *state, double value) {
    double sum = state->sum + value;
    if (fabs(state->sum) >= fabs(value))
        state->correction += (state->sum - sum) + value;
    else
        state->correction += (value - sum) + state->sum;
    state->sum = sum;
}

static inline void exact_step(struct exact_sum *state, double value, int sign) {
    state->count += sign;
    if (isnan(value))
        state->nan_count += sign;
    else if (isinf(value) && value > 0)
        state->positive_count += sign;
    else if (isinf(value))
        state->negative_count += sign;
    else
        exact_add(state, sign < 0 ? -value : value);
    if (state->count == 0)
        state->sum = state->correction = 0;
}

#define EXACT_ADD(state, value) exact_step(state, (double)(value), 1)
#define EXACT_SUBTRACT(state, value) exact_step(state, (double)(value), -1)

#define VALUE_OF float
#define SUM_NAME(what) exact_float_##what
#define SUM_STATE struct exact_sum
#define SUM_ADD EXACT_ADD
#define SUM_SUBTRACT EXACT_SUBTRACT
#include "core/functions/aggregate_sum.inc.h"
#define VALUE_OF double
#define SUM_NAME(what) exact_double_##what
#define SUM_STATE struct exact_sum
#define SUM_ADD EXACT_ADD
#define SUM_SUBTRACT EXACT_SUBTRACT
#include "core/functions/aggregate_sum.inc.h"

#define STATE_AT(type, address) ((type *)((address) + call->state_offset))

enum status integer_sum_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                              uint32_t count, struct error *error) {
    bool failed = false;
    for (uint32_t i = 0; i < count; i++) {
        struct integer_sum *target = STATE_AT(struct integer_sum, targets[i]);
        const struct integer_sum *source = STATE_AT(struct integer_sum, sources[i]);
        failed |= __builtin_add_overflow(target->sum, source->sum, &target->sum);
        target->count += source->count;
    }
    return failed ? out_of_range(call, error) : STATUS_OK;
}

enum status wide_sum_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                           uint32_t count, struct error *error) {
    bool failed = false;
    for (uint32_t i = 0; i < count; i++) {
        struct wide_sum *target = STATE_AT(struct wide_sum, targets[i]);
        const struct wide_sum *source = STATE_AT(struct wide_sum, sources[i]);
        failed |= __builtin_add_overflow(target->sum, source->sum, &target->sum);
        target->count += source->count;
    }
    return failed ? out_of_range(call, error) : STATUS_OK;
}

enum status real_sum_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                           uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct real_sum *target = STATE_AT(struct real_sum, targets[i]);
        const struct real_sum *source = STATE_AT(struct real_sum, sources[i]);
        target->sum += source->sum;
        target->count += source->count;
    }
    return STATUS_OK;
}

enum status exact_sum_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                            uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct exact_sum *target = STATE_AT(struct exact_sum, targets[i]);
        const struct exact_sum *source = STATE_AT(struct exact_sum, sources[i]);
        exact_add(target, source->sum);
        exact_add(target, source->correction);
        target->count += source->count;
        target->nan_count += source->nan_count;
        target->positive_count += source->positive_count;
        target->negative_count += source->negative_count;
    }
    return STATUS_OK;
}

/* Results, from one expression each: `state` in, NULL when no row counts. */
#define FINISH(name, state_type, result_type, in_range, expression)                                                  \
    enum status name(const struct aggregate_call *call, uint8_t *const *states, uint32_t count, struct arena *arena, \
                     struct column *result, struct error *error) {                                                   \
        (void)error;                                                                                                 \
        for (uint32_t i = 0; i < count; i++) {                                                                       \
            const state_type *state = STATE_AT(state_type, states[i]);                                               \
            if (state->count <= 0) {                                                                                 \
                column_set_null(result, arena, i, count);                                                            \
                continue;                                                                                            \
            }                                                                                                        \
            if (!(in_range))                                                                                         \
                return out_of_range(call, error);                                                                    \
            COLUMN_VALUES(result, result_type)[i] = (result_type)(expression);                                       \
        }                                                                                                            \
        return STATUS_OK;                                                                                            \
    }

FINISH(sum_tinyint_finish, struct integer_sum, int8_t, state->sum >= INT8_MIN && state->sum <= INT8_MAX, state->sum)
FINISH(sum_smallint_finish, struct integer_sum, int16_t, state->sum >= INT16_MIN && state->sum <= INT16_MAX, state->sum)
FINISH(sum_int_finish, struct integer_sum, int32_t, state->sum >= INT32_MIN && state->sum <= INT32_MAX, state->sum)
FINISH(sum_bigint_finish, struct integer_sum, int64_t, true, state->sum)
FINISH(sum_decimal_finish, struct wide_sum, int128, decimal_fits(state->sum, DECIMAL_PRECISION_MAX), state->sum)
FINISH(sum_float_finish, struct real_sum, float, true, state->sum)
FINISH(sum_double_finish, struct real_sum, double, true, state->sum)
FINISH(avg_tinyint_finish, struct integer_sum, int8_t, true, state->sum / state->count)
FINISH(avg_smallint_finish, struct integer_sum, int16_t, true, state->sum / state->count)
FINISH(avg_int_finish, struct integer_sum, int32_t, true, state->sum / state->count)
FINISH(avg_bigint_finish, struct wide_sum, int64_t, true, state->sum / state->count)
FINISH(avg_float_finish, struct real_sum, float, true, state->sum / (double)state->count)
FINISH(avg_double_finish, struct real_sum, double, true, state->sum / (double)state->count)

static double exact_total(const struct exact_sum *state) {
    if (state->nan_count > 0 || (state->positive_count > 0 && state->negative_count > 0))
        return (double)NAN;
    if (state->positive_count > 0 || state->negative_count > 0)
        return state->positive_count > 0 ? (double)INFINITY : -(double)INFINITY;
    return state->sum + state->correction;
}

FINISH(exact_sum_float_finish, struct exact_sum, float, true, exact_total(state))
FINISH(exact_sum_double_finish, struct exact_sum, double, true, exact_total(state))
FINISH(exact_avg_float_finish, struct exact_sum, float, true, exact_total(state) / (double)state->count)
FINISH(exact_avg_double_finish, struct exact_sum, double, true, exact_total(state) / (double)state->count)

enum status avg_decimal_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                               struct arena *arena, struct column *result, struct error *error) {
    unsigned scale = call->argument_types[0]->scale;
    for (uint32_t i = 0; i < count; i++) {
        const struct wide_sum *state = STATE_AT(struct wide_sum, states[i]);
        int128 average = 0;
        if (state->count <= 0)
            column_set_null(result, arena, i, count);
        else if (!decimal_divide(state->sum, scale, state->count, 0, call->type->scale, &average))
            return out_of_range(call, error);
        COLUMN_VALUES(result, int128)[i] = average;
    }
    return STATUS_OK;
}
