/* aggregate_extreme.inc.h: template: MIN and MAX of one layout, a value and whether there is one. Define before including:
 * LAYOUT (name part), VALUE_OF (C type, at most 8-byte aligned), IS_LESS(a, b), IS_GREATER(a, b). */
#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define EXTREME_STATE struct JOIN(extreme_, LAYOUT, )

EXTREME_STATE {
    VALUE_OF value;
    uint8_t present;
};
_Static_assert((sizeof(EXTREME_STATE) + 7) / 8 * 8 == EXTREME_SIZE(VALUE_OF), "size as in the catalogue");

#define MIN_STEP(state, candidate)                               \
    if (!(state)->present || IS_LESS(candidate, (state)->value)) \
    (state)->value = (candidate), (state)->present = 1
#define MAX_STEP(state, candidate)                                  \
    if (!(state)->present || IS_GREATER(candidate, (state)->value)) \
    (state)->value = (candidate), (state)->present = 1

#define NAME JOIN(min_, LAYOUT, _update)
#define VALUE VALUE_OF
#define STATE EXTREME_STATE
#define STEP MIN_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

#define NAME JOIN(max_, LAYOUT, _update)
#define VALUE VALUE_OF
#define STATE EXTREME_STATE
#define STEP MAX_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

enum status JOIN(min_, LAYOUT, _merge)(const struct aggregate_call *call, uint8_t *const *targets,
                                       uint8_t *const *sources, uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        EXTREME_STATE *target = STATE_AT(EXTREME_STATE, targets[i]);
        const EXTREME_STATE *source = STATE_AT(EXTREME_STATE, sources[i]);
        if (source->present) {
            MIN_STEP(target, source->value);
        }
    }
    return STATUS_OK;
}

enum status JOIN(max_, LAYOUT, _merge)(const struct aggregate_call *call, uint8_t *const *targets,
                                       uint8_t *const *sources, uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        EXTREME_STATE *target = STATE_AT(EXTREME_STATE, targets[i]);
        const EXTREME_STATE *source = STATE_AT(EXTREME_STATE, sources[i]);
        if (source->present) {
            MAX_STEP(target, source->value);
        }
    }
    return STATUS_OK;
}

enum status JOIN(extreme_, LAYOUT, _finish)(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                            struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const EXTREME_STATE *state = STATE_AT(EXTREME_STATE, states[i]);
        COLUMN_VALUES(result, VALUE_OF)[i] = state->value;
        if (!state->present)
            column_set_null(result, arena, i, count);
    }
    return STATUS_OK;
}

#undef JOIN_
#undef JOIN
#undef EXTREME_STATE
#undef MIN_STEP
#undef MAX_STEP
#undef LAYOUT
#undef VALUE_OF
#undef IS_LESS
#undef IS_GREATER
