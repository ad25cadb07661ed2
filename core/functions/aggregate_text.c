/* aggregate_text.c: LISTAGG (STRING_AGG) and APPROX_COUNT_DISTINCT.
 * LISTAGG grows one text per group; under retraction it keeps the parts (value_list.h) and joins them when asked. */
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/functions/aggregate_kernels.h"
#include "core/functions/state_memory.h"

#define STATE_AT(type, address) ((type *)((address) + call->state_offset))
#define TEXT_SIZE_MAX (UINT32_C(1) << 30)

static struct str separator_of(const struct aggregate_call *call) {
    if (!call->constants || column_is_null(&call->constants[0], 0))
        return STR(",");
    return view_str(COLUMN_VALUES(&call->constants[0], struct string_view));
}

static enum status too_long(const struct aggregate_call *call, struct error *error) {
    return FAIL_AT(error, call->position, STATUS_LIMIT_EXCEEDED, "a text made by %s is larger than 1 GiB",
                   call->aggregate->name);
}

static enum status append_text(const struct aggregate_call *call, struct text_list *list, struct str text,
                               struct error *error) {
    struct str separator = list->data ? separator_of(call) : (struct str){"", 0};
    size_t size = list->size + separator.size + text.size;
    if (size > TEXT_SIZE_MAX)
        return too_long(call, error);
    if (!list->data || size > list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity : 16;
        while (capacity < size)
            capacity *= 2;
        list->data = state_memory_realloc(call->memory, list->data, list->capacity, capacity);
        list->capacity = capacity;
    }
    if (separator.size)
        memcpy(list->data + list->size, separator.data, separator.size);
    if (text.size)
        memcpy(list->data + list->size + separator.size, text.data, text.size);
    list->size = (uint32_t)size;
    return STATUS_OK;
}

enum status listagg_update(const struct aggregate_call *call, const struct column *arguments,
                           const struct selection *selection, uint8_t *const *states, struct error *error) {
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!column_is_null(&arguments[0], row))
            TRY(append_text(call, STATE_AT(struct text_list, states[i]), view_str(column_value(&arguments[0], row)),
                            error));
    }
    return STATUS_OK;
}

enum status listagg_merge(const struct aggregate_call *call, uint8_t *const *targets, uint8_t *const *sources,
                          uint32_t count, struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        const struct text_list *source = STATE_AT(struct text_list, sources[i]);
        struct str text = {source->data, source->size};
        if (source->data)
            TRY(append_text(call, STATE_AT(struct text_list, targets[i]), text, error));
    }
    return STATUS_OK;
}

enum status listagg_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                           struct arena *arena, struct column *result, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct text_list *list = STATE_AT(struct text_list, states[i]);
        struct str text = {list->data, list->size};
        if (list->data)
            COLUMN_VALUES(result, struct string_view)[i] = view_copy(arena, text);
        else
            column_set_null(result, arena, i, count);
    }
    return STATUS_OK;
}

void listagg_release(const struct aggregate_call *call, uint8_t *state) {
    struct text_list *list = (struct text_list *)state;
    state_memory_release(call->memory, list->data, list->capacity);
    *list = (struct text_list){0};
}

void listagg_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    (void)call;
    const struct text_list *list = (const struct text_list *)state;
    bytes_put_u8(out, list->data != NULL);
    if (list->data)
        bytes_put_block(out, (struct str){list->data, list->size});
}

void listagg_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    struct text_list *list = (struct text_list *)state;
    if (!bytes_get_bool(reader))
        return;
    struct str text = bytes_get_block(reader);
    if (reader->failed || append_text(call, list, text, NULL) != STATUS_OK)
        bytes_refuse(reader);
}

static size_t joined_size(const struct value_list *list, struct str separator) {
    size_t size = separator.size * (list->live_count - 1);
    uint32_t position = 0;
    struct cell value;
    for (bool is_null; value_list_next(list, &position, &value, &is_null);)
        size += value.view.size;
    return size;
}

static char *copy_part(char *end, struct str part) {
    if (part.size)
        memcpy(end, part.data, part.size);
    return end + part.size;
}

enum status listagg_of_list_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                   struct arena *arena, struct column *result, struct error *error) {
    struct str separator = separator_of(call);
    for (uint32_t i = 0; i < count; i++) {
        const struct value_list *list = STATE_AT(struct value_list, states[i]);
        if (list->live_count == 0) {
            column_set_null(result, arena, i, count);
            continue;
        }
        size_t size = joined_size(list, separator);
        if (size > TEXT_SIZE_MAX)
            return too_long(call, error);
        char *text = arena_alloc_aligned(arena, size + 1, 1), *end = text;
        uint32_t position = 0, left = list->live_count;
        struct cell value;
        for (bool is_null; value_list_next(list, &position, &value, &is_null);) {
            end = copy_part(end, view_str(&value.view));
            if (--left)
                end = copy_part(end, separator);
        }
        COLUMN_VALUES(result, struct string_view)[i] = view_make(text, (uint32_t)size);
    }
    return STATUS_OK;
}

enum { HASH_BLOCK_ROWS = 256 };

enum status approx_count_distinct_update(const struct aggregate_call *call, const struct column *arguments,
                                         const struct selection *selection, uint8_t *const *states,
                                         struct error *error) {
    (void)error;
    uint64_t hashes[HASH_BLOCK_ROWS];
    uint16_t rows[HASH_BLOCK_ROWS];
    for (uint32_t done = 0; done < selection->count; done += HASH_BLOCK_ROWS) {
        uint32_t count = selection->count - done < HASH_BLOCK_ROWS ? selection->count - done : HASH_BLOCK_ROWS;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = (uint16_t)selection_row(selection, done + i);
        struct selection block = {rows, count};
        column_hash(&arguments[0], &block, hashes, true);
        for (uint32_t i = 0; i < count; i++)
            if (!column_is_null(&arguments[0], rows[i]))
                hyperloglog_add(STATE_AT(struct hyperloglog, states[done + i]), hashes[i], call->memory);
    }
    return STATUS_OK;
}

enum status approx_count_distinct_merge(const struct aggregate_call *call, uint8_t *const *targets,
                                        uint8_t *const *sources, uint32_t count, struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < count; i++)
        hyperloglog_merge(STATE_AT(struct hyperloglog, targets[i]), STATE_AT(struct hyperloglog, sources[i]),
                          call->memory);
    return STATUS_OK;
}

enum status approx_count_distinct_finish(const struct aggregate_call *call, uint8_t *const *states, uint32_t count,
                                         struct arena *arena, struct column *result, struct error *error) {
    (void)arena, (void)error;
    for (uint32_t i = 0; i < count; i++)
        COLUMN_VALUES(result, int64_t)[i] = hyperloglog_estimate(STATE_AT(struct hyperloglog, states[i]));
    return STATUS_OK;
}

void approx_count_distinct_release(const struct aggregate_call *call, uint8_t *state) {
    hyperloglog_release((struct hyperloglog *)state, call->memory);
}

void approx_count_distinct_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    (void)call;
    hyperloglog_encode((const struct hyperloglog *)state, out);
}

void approx_count_distinct_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    hyperloglog_decode((struct hyperloglog *)state, reader, call->memory);
}
