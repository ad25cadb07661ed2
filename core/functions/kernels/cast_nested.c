/* cast_nested.c: ROW to ROW field by field, ARRAY and MAP element by element. */
#include "core/functions/cast.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/selection.h"

enum { ELEMENT_CHUNK = 32768 }; /* rows of a selection are 16-bit */

/* Casts one column's not NULL rows into `target`, whose memory is there. */
static enum status cast_column(struct cast_job *job, const struct column *source, struct column *target,
                               const struct selection *selection, uint32_t row_count) {
    if (source->type->kind == TYPE_NULL || (source->kind == COLUMN_CONSTANT && column_is_null(source, 0))) {
        for (uint32_t i = 0; i < selection->count; i++)
            column_set_null(target, job->call->arena, selection_row(selection, i), row_count);
        return STATUS_OK;
    }
    struct column flat = column_flatten(source, job->call->arena, row_count);
    uint16_t *rows = arena_alloc(job->call->arena, (selection->count + 8) * sizeof(uint16_t));
    struct cast_job inner = *job;
    inner.source = &flat;
    inner.result = target;
    inner.selection = selection_where_valid(flat.validity, selection, rows);
    inner.dense_count = 0;
    inner.row_count = row_count;
    if (cast_is_free(source->type, target->type)) {
        const struct type *type = target->type;
        *target = flat;
        target->type = type;
        return STATUS_OK;
    }
    TRY(cast_run(&inner));
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (column_is_null(&flat, row))
            column_set_null(target, job->call->arena, row, row_count);
    }
    return STATUS_OK;
}

static enum status row_to_row(struct cast_job *job) {
    struct column flat = *job->source;
    flat.kind = COLUMN_FLAT; /* a constant is cast as one row */
    for (uint32_t i = 0; i < job->result->type->field_count; i++)
        TRY(cast_column(job, &flat.children[i], &job->result->children[i], &job->selection, job->row_count));
    return STATUS_OK;
}

static uint32_t total_elements(const struct cast_job *job) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < job->selection.count; i++) {
        uint32_t row = selection_row(&job->selection, i);
        total += COLUMN_VALUES(job->source, struct list_slice)[argument_index(job->source, row)].count;
    }
    ASSERT(total < UINT32_MAX);
    return (uint32_t)total;
}

/* Elements [offset, offset + count) of source, cast, to position `to` of target. */
static enum status cast_elements(struct cast_job *job, const struct column *source, uint32_t offset, uint32_t count,
                                 struct column *target, uint32_t to, uint32_t capacity) {
    struct column in, out;
    column_init(&in, job->call->arena, source->type, count);
    column_init(&out, job->call->arena, target->type, count);
    for (uint32_t i = 0; i < count; i++)
        column_copy_value(&in, job->call->arena, i, count, source, offset + i);
    TRY(cast_column(job, &in, &out, &(struct selection){NULL, count}, count));
    for (uint32_t i = 0; i < count; i++)
        column_copy_value(target, job->call->arena, to + i, capacity, &out, i);
    return STATUS_OK;
}

static enum status list_to_list(struct cast_job *job) {
    const struct list_slice *in = job->source->values;
    struct list_slice *out = job->result->values;
    uint32_t child_count = job->source->type->kind == TYPE_MAP ? 2 : 1;
    uint32_t total = total_elements(job);
    for (uint32_t child = 0; child < child_count; child++) {
        struct column *target = &job->result->children[child];
        const struct type *type = job->result->type;
        column_init(target, job->call->arena, child_count == 2 && child == 0 ? type->key : type->element, total);
        uint32_t to = 0;
        for (uint32_t i = 0; i < job->selection.count; i++) {
            uint32_t row = selection_row(&job->selection, i);
            struct list_slice slice = in[argument_index(job->source, row)];
            out[row] = (struct list_slice){to, slice.count};
            for (uint32_t done = 0; done < slice.count; done += ELEMENT_CHUNK) {
                uint32_t count = slice.count - done < ELEMENT_CHUNK ? slice.count - done : ELEMENT_CHUNK;
                TRY(cast_elements(job, &job->source->children[child], slice.offset + done, count, target, to + done,
                                  total));
            }
            to += slice.count;
        }
    }
    return STATUS_OK;
}

static bool parts_can_cast(const struct type *from, const struct type *to) {
    if (from->field_count != to->field_count)
        return false;
    for (uint32_t i = 0; i < from->field_count; i++) {
        if (!cast_is_free(from->fields[i].type, to->fields[i].type) && from->fields[i].type->kind != TYPE_NULL &&
            !cast_kernel_for(from->fields[i].type, to->fields[i].type))
            return false;
    }
    if (from->element && !cast_is_free(from->element, to->element) && from->element->kind != TYPE_NULL &&
        !cast_kernel_for(from->element, to->element))
        return false;
    return !from->key || cast_is_free(from->key, to->key) || cast_kernel_for(from->key, to->key);
}

cast_kernel *cast_nested_kernel(const struct type *from, const struct type *to) {
    if (from->kind != to->kind || !parts_can_cast(from, to))
        return NULL;
    if (from->kind == TYPE_ROW)
        return row_to_row;
    return from->kind == TYPE_ARRAY || from->kind == TYPE_MAP ? list_to_list : NULL;
}
