/* aggregate_values.c: aggregates that keep values as they came: FIRST_VALUE, LAST_VALUE, ARRAY_AGG, SINGLE_VALUE.
 * FIRST_VALUE and LAST_VALUE keep one value when append-only and a list of all under retraction; both skip NULLs. aggregate_last_row does not. */
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/str.h"
#include "core/functions/aggregate_kernels.h"
#include "core/functions/state_memory.h"

#define STATE_AT(type, address) ((type *)((address) + call->state_offset))

/* The kind of what is kept: the argument's, which is not the result's for ARRAY_AGG. */
static enum cell_kind kind_of(const struct aggregate_call *call) {
    return cell_kind_of(call->argument_types[0]);
}

static void keep(const struct aggregate_call *call, struct kept_value *state, struct cell value) {
    enum cell_kind kind = kind_of(call);
    value = cell_own(kind, value, call->memory);
    if (state->present)
        cell_disown(kind, &state->value, call->memory);
    *state = (struct kept_value){.value = value, .present = 1};
}

enum status first_value_update(const struct aggregate_call *call, const struct column *arguments,
                               const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    struct strbuf scratch = {0};
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        struct kept_value *state = STATE_AT(struct kept_value, states[i]);
        if (!state->present && !column_is_null(&arguments[0], row))
            keep(call, state, cell_read(&arguments[0], row, &scratch));
    }
    strbuf_release(&scratch);
    return STATUS_OK;
}

enum status last_value_update(const struct aggregate_call *call, const struct column *arguments,
                              const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    struct strbuf scratch = {0};
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!column_is_null(&arguments[0], row))
            keep(call, STATE_AT(struct kept_value, states[i]), cell_read(&arguments[0], row, &scratch));
    }
    strbuf_release(&scratch);
    return STATUS_OK;
}

enum status first_value_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                              uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct kept_value *target = STATE_AT(struct kept_value, targets[i]);
        const struct kept_value *source = STATE_AT(struct kept_value, sources[i]);
        if (!target->present && source->present)
            keep(call, target, source->value);
    }
    return STATUS_OK;
}

enum status last_value_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                             uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct kept_value *source = STATE_AT(struct kept_value, sources[i]);
        if (source->present)
            keep(call, STATE_AT(struct kept_value, targets[i]), source->value);
    }
    return STATUS_OK;
}

enum status kept_value_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                              struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct kept_value *state = STATE_AT(struct kept_value, states[i]);
        if (state->present)
            cell_write(state->value, result, i, count, arena);
        else
            column_set_null(result, arena, i, count);
    }
    return STATUS_OK;
}

void kept_value_release(const struct aggregate_call *call, uint8_t *state) {
    struct kept_value *kept = (struct kept_value *)state;
    if (kept->present)
        cell_disown(kind_of(call), &kept->value, call->memory);
    *kept = (struct kept_value){0};
}

void kept_value_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    const struct kept_value *kept = (const struct kept_value *)state;
    bytes_put_u8(out, kept->present != 0);
    if (kept->present)
        cell_encode(kind_of(call), kept->value, out);
}

void kept_value_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    if (!bytes_get_bool(reader))
        return;
    struct cell value = cell_decode(kind_of(call), call->argument_types, 1, reader);
    if (!reader->failed)
        keep(call, (struct kept_value *)state, value);
}

/* --- the last row --- */

static void keep_or_clear(const struct aggregate_call *call, struct kept_value *state, bool is_null,
                          struct cell value) {
    if (!is_null)
        keep(call, state, value);
    else if (state->present)
        kept_value_release(call, (uint8_t *)state);
}

static enum status last_row_update(const struct aggregate_call *call, const struct column *arguments,
                                   const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    struct strbuf scratch = {0};
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        bool is_null = column_is_null(&arguments[0], row);
        struct cell value = {0};
        if (!is_null)
            value = cell_read(&arguments[0], row, &scratch);
        keep_or_clear(call, STATE_AT(struct kept_value, states[i]), is_null, value);
    }
    strbuf_release(&scratch);
    return STATUS_OK;
}

static enum status last_row_retract(const struct aggregate_call *call, const struct column *arguments,
                                    const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)call, (void)arguments, (void)selection, (void)states, (void)error;
    return STATUS_OK;
}

static enum status last_row_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                                  uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct kept_value *source = STATE_AT(struct kept_value, sources[i]);
        keep_or_clear(call, STATE_AT(struct kept_value, targets[i]), !source->present, source->value);
    }
    return STATUS_OK;
}

const struct aggregate aggregate_last_row = {
    .id = "last_row",
    .name = "last_row",
    .signature = "T <- T",
    .argument_kinds = ~0u,
    .argument_count_min = 1,
    .argument_count_max = 1,
    .result = RESULT_ARGUMENT,
    .state_size = sizeof(struct kept_value),
    .update = last_row_update,
    .retract = last_row_retract,
    .merge = last_row_merge,
    .finish = kept_value_finish,
    .release = kept_value_release,
    .encode = kept_value_encode,
    .decode = kept_value_decode,
    .documentation = "the value of the row that came last",
};

/* --- lists --- */

static enum status append_values(const struct aggregate_call *call, const struct column *column,
                                 const struct selection *selection, uint8_t *const *states, bool with_nulls,
                                 struct strbuf *scratch, struct error *error) {
    enum cell_kind kind = kind_of(call);
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        bool is_null = column_is_null(column, row);
        if (is_null && !with_nulls)
            continue;
        struct cell value;
        if (!is_null)
            value = cell_read(column, row, scratch);
        TRY(value_list_append(STATE_AT(struct value_list, states[i]), kind, is_null ? NULL : &value, call->memory,
                              error));
    }
    return STATUS_OK;
}

static void remove_values(const struct aggregate_call *call, const struct column *column,
                          const struct selection *selection, uint8_t *const *states, bool with_nulls) {
    struct strbuf scratch = {0};
    enum cell_kind kind = kind_of(call);
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        bool is_null = column_is_null(column, row);
        if (is_null && !with_nulls)
            continue;
        struct cell value;
        if (!is_null)
            value = cell_read(column, row, &scratch);
        value_list_remove(STATE_AT(struct value_list, states[i]), kind, is_null ? NULL : &value, call->memory);
    }
    strbuf_release(&scratch);
}

enum status value_list_update(const struct aggregate_call *call, const struct column *arguments,
                              const struct selection *selection, uint8_t *const *states, struct error *error) {
    struct strbuf scratch = {0};
    enum status status = append_values(call, &arguments[0], selection, states, false, &scratch, error);
    strbuf_release(&scratch);
    return status;
}

enum status value_list_retract(const struct aggregate_call *call, const struct column *arguments,
                               const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    remove_values(call, &arguments[0], selection, states, false);
    return STATUS_OK;
}

enum status all_values_update(const struct aggregate_call *call, const struct column *arguments,
                              const struct selection *selection, uint8_t *const *states, struct error *error) {
    struct strbuf scratch = {0};
    enum status status = append_values(call, &arguments[0], selection, states, true, &scratch, error);
    strbuf_release(&scratch);
    return status;
}

enum status all_values_retract(const struct aggregate_call *call, const struct column *arguments,
                               const struct selection *selection, uint8_t *const *states, struct error *error) {
    (void)error;
    remove_values(call, &arguments[0], selection, states, true);
    return STATUS_OK;
}

enum status value_list_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                             uint32_t count, struct error *error) {
    enum cell_kind kind = kind_of(call);
    for (uint32_t i = 0; i < count; i++) {
        const struct value_list *source = STATE_AT(struct value_list, sources[i]);
        uint32_t position = 0;
        struct cell value;
        for (bool is_null; value_list_next(source, &position, &value, &is_null);)
            TRY(value_list_append(STATE_AT(struct value_list, targets[i]), kind, is_null ? NULL : &value, call->memory,
                                  error));
    }
    return STATUS_OK;
}

void list_release(const struct aggregate_call *call, uint8_t *state) {
    value_list_release((struct value_list *)state, kind_of(call), call->memory);
}

void list_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    value_list_encode((const struct value_list *)state, kind_of(call), out);
}

void list_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    value_list_decode((struct value_list *)state, call->argument_types[0], reader, call->memory);
}

static void write_value(struct column *result, uint32_t row, uint32_t count, bool present, struct cell value,
                        struct arena *arena) {
    if (present)
        cell_write(value, result, row, count, arena);
    else
        column_set_null(result, arena, row, count);
}

enum status first_of_list_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                 struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t position = 0;
        struct cell value = {0};
        bool is_null = true;
        bool found = value_list_next(STATE_AT(struct value_list, states[i]), &position, &value, &is_null);
        write_value(result, i, count, found && !is_null, value, arena);
    }
    return STATUS_OK;
}

enum status last_of_list_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        struct cell value = {0};
        bool is_null = true;
        bool found = value_list_last(STATE_AT(struct value_list, states[i]), &value, &is_null);
        write_value(result, i, count, found && !is_null, value, arena);
    }
    return STATUS_OK;
}

enum status single_value_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                struct arena *arena, struct column *result, struct error *error) {
    for (uint32_t i = 0; i < count; i++)
        if (STATE_AT(struct value_list, states[i])->live_count > 1)
            return FAIL_AT(error, call->position, STATUS_CARDINALITY_VIOLATION,
                           "a subquery used as one value returned more than one row");
    return first_of_list_finish(call, states, count, arena, result, error);
}

enum status array_agg_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                             struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct value_list *list = STATE_AT(struct value_list, states[i]);
        if (list->live_count == 0) {
            column_set_null(result, arena, i, count);
            continue;
        }
        uint32_t element = column_list_append(result, arena, i, list->live_count), position = 0;
        struct cell value;
        for (bool is_null; value_list_next(list, &position, &value, &is_null); element++)
            write_value(&result->children[0], element, result->element_capacity, !is_null, value, arena);
    }
    return STATUS_OK;
}
