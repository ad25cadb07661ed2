/* aggregate_count.c: COUNT(*), COUNT(x, …), BOOL_AND, BOOL_OR: aggregates that only count. */
#include "core/base/arena.h"
#include "core/functions/aggregate_kernels.h"

static inline int64_t *counter(const struct aggregate_call *call, uint8_t *state) {
    return (int64_t *)(state + call->state_offset);
}

enum status count_star_update(const struct aggregate_call *call, const struct column *arguments,
                              const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)arguments, (void)error;
    uint32_t offset = call->state_offset;
    for (uint32_t i = 0; i < selection->count; i++)
        ++*(int64_t *)(states[i] + offset);
    return STATUS_OK;
}

enum status count_star_retract(const struct aggregate_call *call, const struct column *arguments,
                               const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)arguments, (void)error;
    for (uint32_t i = 0; i < selection->count; i++)
        --*counter(call, states[i]);
    return STATUS_OK;
}

static bool all_not_null(const struct aggregate_call *call, const struct column *arguments, uint32_t row) {
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (column_is_null(&arguments[i], row))
            return false;
    return true;
}

/* The usual single FLAT argument adds its validity bit without a branch. */
static void count_rows(const struct aggregate_call *call, const struct column *arguments,
                       const struct selection *selection, uint8_t *const *states, int64_t step) {
    bool single = call->argument_count == 1 && arguments[0].kind == COLUMN_FLAT;
    const uint64_t *validity = arguments[0].validity;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        bool counted = single ? validity_get(validity, row) : all_not_null(call, arguments, row);
        *counter(call, states[i]) += counted ? step : 0;
    }
}

enum status count_update(const struct aggregate_call *call, const struct column *arguments,
                         const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    count_rows(call, arguments, selection, states, 1);
    return STATUS_OK;
}

enum status count_retract(const struct aggregate_call *call, const struct column *arguments,
                          const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    count_rows(call, arguments, selection, states, -1);
    return STATUS_OK;
}

enum status count_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                        uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++)
        *counter(call, targets[i]) += *counter(call, sources[i]);
    return STATUS_OK;
}

enum status count_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count, struct arena *arena,
                         struct column *result, struct error *error) {
    (void)arena, (void)error;
    for (uint32_t i = 0; i < count; i++)
        COLUMN_VALUES(result, int64_t)[i] = *counter(call, states[i]);
    return STATUS_OK;
}

#define NAME truth_update
#define VALUE uint8_t
#define STATE struct truth_counts
#define STEP(state, value) (value ? state->true_count++ : state->false_count++)
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

#define NAME truth_retract
#define VALUE uint8_t
#define STATE struct truth_counts
#define STEP(state, value) (value ? state->true_count-- : state->false_count--)
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

enum status truth_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                        uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct truth_counts *target = (void *)(targets[i] + call->state_offset);
        const struct truth_counts *source = (const void *)(sources[i] + call->state_offset);
        target->true_count += source->true_count;
        target->false_count += source->false_count;
    }
    return STATUS_OK;
}

static void finish_truth(const struct aggregate_call *call, uint8_t *const *states, uint32_t count, struct arena *arena,
                         struct column *result, bool any) {
    for (uint32_t i = 0; i < count; i++) {
        const struct truth_counts *state = (const void *)(states[i] + call->state_offset);
        if (state->true_count + state->false_count == 0)
            column_set_null(result, arena, i, count);
        COLUMN_VALUES(result, uint8_t)[i] = any ? state->true_count > 0 : state->false_count <= 0;
    }
}

enum status bool_and_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                            struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    finish_truth(call, states, count, arena, result, false);
    return STATUS_OK;
}

enum status bool_or_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                           struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    finish_truth(call, states, count, arena, result, true);
    return STATUS_OK;
}
