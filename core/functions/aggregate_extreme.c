/* aggregate_extreme.c: MIN and MAX.
 * Append-only they keep the one value; under retraction all values in a sorted bag. Doubles in the order of
 * column_values_compare: NaN is highest. */
#include <math.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/functions/aggregate_kernels.h"
#include "core/functions/state_memory.h"

#define STATE_AT(type, address) ((type *)((address) + call->state_offset))

#define LESS(a, b) ((a) < (b))
#define GREATER(a, b) ((a) > (b))
#define REAL_LESS(a, b) ((a) < (b) || (isnan(b) && !isnan(a)))
#define REAL_GREATER(a, b) ((a) > (b) || (isnan(a) && !isnan(b)))

#define LAYOUT i8
#define VALUE_OF int8_t
#define IS_LESS LESS
#define IS_GREATER GREATER
#include "core/functions/aggregate_extreme.inc.h"
#define LAYOUT i16
#define VALUE_OF int16_t
#define IS_LESS LESS
#define IS_GREATER GREATER
#include "core/functions/aggregate_extreme.inc.h"
#define LAYOUT i32
#define VALUE_OF int32_t
#define IS_LESS LESS
#define IS_GREATER GREATER
#include "core/functions/aggregate_extreme.inc.h"
#define LAYOUT i64
#define VALUE_OF int64_t
#define IS_LESS LESS
#define IS_GREATER GREATER
#include "core/functions/aggregate_extreme.inc.h"
#define LAYOUT i128
#define VALUE_OF state_int128
#define IS_LESS LESS
#define IS_GREATER GREATER
#include "core/functions/aggregate_extreme.inc.h"
#define LAYOUT f32
#define VALUE_OF float
#define IS_LESS REAL_LESS
#define IS_GREATER REAL_GREATER
#include "core/functions/aggregate_extreme.inc.h"
#define LAYOUT f64
#define VALUE_OF double
#define IS_LESS REAL_LESS
#define IS_GREATER REAL_GREATER
#include "core/functions/aggregate_extreme.inc.h"

/* Strings: a view whose long bytes are in the state memory; this size stands for "none yet". */
#define VIEW_ABSENT UINT32_MAX

void extreme_view_init(const struct aggregate_call *call, uint8_t *state) {
    (void)call;
    *(struct string_view *)state = (struct string_view){.size = VIEW_ABSENT};
}

static void keep_view(const struct aggregate_call *call, struct string_view *kept, const struct string_view *view) {
    struct cell old = {.view = *kept}, value = {.view = *view};
    value = cell_own(CELL_VIEW, value, call->memory);
    if (kept->size != VIEW_ABSENT)
        cell_disown(CELL_VIEW, &old, call->memory);
    *kept = value.view;
}

#define VIEW_STEP(state, value, order)                                                 \
    do {                                                                               \
        struct string_view candidate = (value);                                        \
        if ((state)->size == VIEW_ABSENT || view_compare(&candidate, (state)) order 0) \
            keep_view(call, (state), &candidate);                                      \
    } while (0)
#define VIEW_MIN_STEP(state, value) VIEW_STEP(state, value, <)
#define VIEW_MAX_STEP(state, value) VIEW_STEP(state, value, >)

#define NAME min_view_update
#define VALUE struct string_view
#define STATE struct string_view
#define STEP VIEW_MIN_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"
#define NAME max_view_update
#define VALUE struct string_view
#define STATE struct string_view
#define STEP VIEW_MAX_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

enum status min_view_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                           uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct string_view *source = STATE_AT(struct string_view, sources[i]);
        if (source->size != VIEW_ABSENT)
            VIEW_MIN_STEP(STATE_AT(struct string_view, targets[i]), *source);
    }
    return STATUS_OK;
}

enum status max_view_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                           uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct string_view *source = STATE_AT(struct string_view, sources[i]);
        if (source->size != VIEW_ABSENT)
            VIEW_MAX_STEP(STATE_AT(struct string_view, targets[i]), *source);
    }
    return STATUS_OK;
}

enum status extreme_view_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct string_view *state = STATE_AT(struct string_view, states[i]);
        if (state->size == VIEW_ABSENT)
            column_set_null(result, arena, i, count);
        else
            COLUMN_VALUES(result, struct string_view)[i] = view_copy(arena, view_str(state));
    }
    return STATUS_OK;
}

void extreme_view_release(const struct aggregate_call *call, uint8_t *state) {
    struct cell kept = {.view = *(struct string_view *)state};
    if (kept.view.size != VIEW_ABSENT)
        cell_disown(CELL_VIEW, &kept, call->memory);
    extreme_view_init(call, state);
}

void extreme_view_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    (void)call;
    const struct string_view *kept = (const struct string_view *)state;
    bytes_put_u8(out, kept->size != VIEW_ABSENT);
    if (kept->size != VIEW_ABSENT)
        bytes_put_block(out, view_str(kept));
}

void extreme_view_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    if (!bytes_get_bool(reader))
        return;
    struct cell value = cell_decode(CELL_VIEW, NULL, 0, reader);
    if (value.view.size == VIEW_ABSENT)
        bytes_refuse(reader);
    if (!reader->failed)
        keep_view(call, (struct string_view *)state, &value.view);
}

/* --- under retraction --- */

static enum status bag_step(const struct aggregate_call *call, const struct column *arguments,
                            const struct selection *selection, uint8_t *const *states, int64_t step) {
    const struct column *column = &arguments[0];
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!column_is_null(column, row))
            sorted_bag_add(STATE_AT(struct sorted_bag, states[i]), cell_kind_of(column->type),
                           cell_read(column, row, NULL), step, call->memory);
    }
    return STATUS_OK;
}

enum status bag_update(const struct aggregate_call *call, const struct column *arguments,
                       const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    return bag_step(call, arguments, selection, states, 1);
}

enum status bag_retract(const struct aggregate_call *call, const struct column *arguments,
                        const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    return bag_step(call, arguments, selection, states, -1);
}

enum status bag_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                      uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++)
        sorted_bag_merge(STATE_AT(struct sorted_bag, targets[i]), cell_kind_of(call->type),
                         STATE_AT(struct sorted_bag, sources[i]), call->memory);
    return STATUS_OK;
}

static enum status finish_bag(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                              struct arena *arena, struct column *result,
                              bool (*pick)(const struct sorted_bag *bag, struct cell *value)) {
    for (uint32_t i = 0; i < count; i++) {
        struct cell value;
        if (pick(STATE_AT(const struct sorted_bag, states[i]), &value))
            cell_write(value, result, i, count, arena);
        else
            column_set_null(result, arena, i, count);
    }
    return STATUS_OK;
}

enum status bag_min_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                           struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    return finish_bag(call, states, count, arena, result, sorted_bag_first);
}

enum status bag_max_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                           struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    return finish_bag(call, states, count, arena, result, sorted_bag_last);
}

void bag_release(const struct aggregate_call *call, uint8_t *state) {
    sorted_bag_release((struct sorted_bag *)state, cell_kind_of(call->type), call->memory);
}

void bag_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    sorted_bag_encode((const struct sorted_bag *)state, cell_kind_of(call->type), out);
}

void bag_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    sorted_bag_decode((struct sorted_bag *)state, cell_kind_of(call->type), reader, call->memory);
}
