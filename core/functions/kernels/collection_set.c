/* collection_set.c: functions that make a new array out of arrays: append, concatenate, distinct, sort, slice, set operations. */
#include <stdlib.h>

#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/list_writer.h"

static struct list_slice slice_at(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, struct list_slice)[argument_index(argument, row)];
}

static uint64_t total_of(const struct function_call *call, const struct column *arguments, uint32_t lists) {
    uint64_t total = 0;
    KERNEL_ROWS (call, row) {
        for (uint32_t i = 0; i < lists; i++)
            total += column_is_null(&arguments[i], row) ? 0 : slice_at(&arguments[i], row).count;
    }
    return total;
}

static void add_all(struct list_writer *writer, const struct column *argument, uint32_t row) {
    struct list_slice slice = slice_at(argument, row);
    for (uint32_t i = 0; i < slice.count; i++)
        list_writer_add(writer, 0, argument->children, slice.offset + i);
}

enum status collection_concat(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, call->argument_count));
    KERNEL_ROWS (call, row) {
        for (uint32_t i = 0; i < call->argument_count; i++)
            add_all(&writer, &arguments[i], row);
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* A NULL element is added like any other. */
static void add_one(struct function_call *call, const struct column *arguments, struct column *result, bool first) {
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, 1) + call->selection.count);
    KERNEL_ROWS (call, row) {
        if (column_is_null(&arguments[0], row)) {
            result_null(call, result, row);
            continue;
        }
        if (first)
            list_writer_add(&writer, 0, &arguments[1], row);
        add_all(&writer, &arguments[0], row);
        if (!first)
            list_writer_add(&writer, 0, &arguments[1], row);
        list_writer_end(&writer, row);
    }
}

enum status collection_append(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    add_one(call, arguments, result, false);
    return STATUS_OK;
}

enum status collection_prepend(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    add_one(call, arguments, result, true);
    return STATUS_OK;
}

enum status collection_reverse(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, 1));
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        for (uint32_t i = slice.count; i-- > 0;)
            list_writer_add(&writer, 0, arguments[0].children, slice.offset + i);
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* ARRAY_SLICE(array, start[, end]): positions from 1, both included; negative ones from the end. */
enum status collection_slice(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, 1));
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        int64_t start = argument_i64(&arguments[1], row);
        int64_t end = call->argument_count > 2 ? argument_i64(&arguments[2], row) : slice.count;
        start = start < 0 ? start + slice.count + 1 : start;
        end = end < 0 ? end + slice.count + 1 : end;
        start = start < 1 ? 1 : start;
        end = end > slice.count ? slice.count : end;
        for (int64_t i = start; i <= end; i++)
            list_writer_add(&writer, 0, arguments[0].children, slice.offset + (uint32_t)i - 1);
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* ---- as sets ---- */

static bool slice_has(const struct column *elements, uint32_t from, uint32_t to, const struct column *value,
                      uint32_t at) {
    for (uint32_t i = from; i < to; i++) {
        if (column_values_equal(elements, i, value, at))
            return true;
    }
    return false;
}

/* Adds what is not in the open row yet. */
static void add_new(struct list_writer *writer, const struct column *elements, uint32_t at) {
    if (!slice_has(&writer->result->children[0], writer->start, writer->counts[0], elements, at))
        list_writer_add(writer, 0, elements, at);
}

enum status collection_distinct(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, call->argument_count));
    KERNEL_ROWS (call, row) {
        for (uint32_t k = 0; k < call->argument_count; k++) {
            struct list_slice slice = slice_at(&arguments[k], row);
            for (uint32_t i = 0; i < slice.count; i++)
                add_new(&writer, arguments[k].children, slice.offset + i);
        }
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

static void keep_if(struct function_call *call, const struct column *arguments, struct column *result, bool in_second) {
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, 1));
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row), other = slice_at(&arguments[1], row);
        for (uint32_t i = slice.offset; i < slice.offset + slice.count; i++) {
            bool found =
                slice_has(arguments[1].children, other.offset, other.offset + other.count, arguments[0].children, i);
            if (found == in_second)
                add_new(&writer, arguments[0].children, i);
        }
        list_writer_end(&writer, row);
    }
}

enum status collection_intersect(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    (void)error;
    keep_if(call, arguments, result, true);
    return STATUS_OK;
}

enum status collection_except(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    keep_if(call, arguments, result, false);
    return STATUS_OK;
}

/* ARRAY_REMOVE(array, value) takes every such value out; a NULL value takes NULLs out. */
enum status collection_remove(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, total_of(call, arguments, 1));
    KERNEL_ROWS (call, row) {
        if (column_is_null(&arguments[0], row)) {
            result_null(call, result, row);
            continue;
        }
        struct list_slice slice = slice_at(&arguments[0], row);
        for (uint32_t i = slice.offset; i < slice.offset + slice.count; i++) {
            if (!column_values_equal(arguments[0].children, i, &arguments[1], row))
                list_writer_add(&writer, 0, arguments[0].children, i);
        }
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* ---- sorting ---- */

struct sort_order {
    const struct column *elements;
    bool descending, nulls_first;
};

static int compare_elements(const void *a, const void *b, void *context) {
    const struct sort_order *order = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    bool left_null = column_is_null(order->elements, left), right_null = column_is_null(order->elements, right);
    if (left_null || right_null)
        return (left_null - right_null) * (order->nulls_first ? -1 : 1);
    int compared = column_values_compare(order->elements, left, order->elements, right);
    return order->descending ? -compared : compared;
}

/* ARRAY_SORT(array[, ascending[, nulls first]]): NULLs come first when ascending unless said otherwise. */
enum status collection_sort(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    (void)error;
    uint64_t total = total_of(call, arguments, 1);
    struct list_writer writer = list_writer_make(call, result, total);
    uint32_t *order = arena_alloc(call->arena, (total + 1) * sizeof(uint32_t));
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        struct sort_order sort = {.elements = arguments[0].children};
        sort.descending = call->argument_count > 1 && !argument_bool(&arguments[1], row);
        sort.nulls_first = call->argument_count > 2 ? argument_bool(&arguments[2], row) : !sort.descending;
        for (uint32_t i = 0; i < slice.count; i++)
            order[i] = slice.offset + i;
        qsort_r(order, slice.count, sizeof order[0], compare_elements, &sort);
        for (uint32_t i = 0; i < slice.count; i++)
            list_writer_add(&writer, 0, arguments[0].children, order[i]);
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}
