/* list_writer.h: builds LIST results (ARRAY, MAP): elements are added row by row, then the row is ended.
 * The child columns get their room at the start, so the most elements of all rows together must be known. */
#pragma once

#include "core/functions/kernels/kernel.h"

struct list_writer {
    struct function_call *call;
    struct column *result;
    uint32_t capacity;
    uint32_t start;     /* of the open row */
    uint32_t counts[2]; /* elements written, per child */
};

static inline struct list_writer list_writer_make(struct function_call *call, struct column *result,
                                                  uint64_t capacity) {
    const struct type *type = result->type;
    ASSERT(capacity < UINT32_MAX);
    result->element_capacity = (uint32_t)capacity;
    column_init(&result->children[0], call->arena, type->kind == TYPE_MAP ? type->key : type->element,
                (uint32_t)capacity);
    if (type->kind == TYPE_MAP)
        column_init(&result->children[1], call->arena, type->element, (uint32_t)capacity);
    return (struct list_writer){.call = call, .result = result, .capacity = (uint32_t)capacity};
}

static inline void list_writer_add(struct list_writer *writer, int child, const struct column *source, uint32_t row) {
    struct column *target = &writer->result->children[child];
    uint32_t at = writer->counts[child]++;
    ASSERT(at < writer->capacity);
    if (type_layout(target->type) == LAYOUT_VIEW && !column_is_null(source, row))
        COLUMN_VALUES(target, struct string_view)[at] = *(const struct string_view *)column_value(source, row);
    else
        column_copy_value(target, writer->call->arena, at, writer->capacity, source, row);
}

static inline void list_writer_add_pair(struct list_writer *writer, const struct column *key, uint32_t key_row,
                                        const struct column *value, uint32_t value_row) {
    list_writer_add(writer, 0, key, key_row);
    list_writer_add(writer, 1, value, value_row);
}

/* Shares the bytes; data NULL adds a NULL. */
static inline void list_writer_add_text(struct list_writer *writer, int child, struct str text) {
    struct column *target = &writer->result->children[child];
    uint32_t at = writer->counts[child]++;
    ASSERT(at < writer->capacity);
    if (text.data)
        COLUMN_VALUES(target, struct string_view)[at] = view_make(text.data, (uint32_t)text.size);
    else
        column_set_null(target, writer->call->arena, at, writer->capacity);
}

static inline void list_writer_add_view(struct list_writer *writer, int child, struct string_view view) {
    uint32_t at = writer->counts[child]++;
    ASSERT(at < writer->capacity);
    COLUMN_VALUES(&writer->result->children[child], struct string_view)[at] = view;
}

static inline void list_writer_end(struct list_writer *writer, uint32_t row) {
    uint32_t count = writer->counts[0];
    COLUMN_VALUES(writer->result, struct list_slice)[row] = (struct list_slice){writer->start, count - writer->start};
    writer->start = count;
}
