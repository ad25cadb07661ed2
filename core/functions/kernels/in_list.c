/* in_list.c: x IN (constants). Up to eight constants are compared one by one; longer lists become a hash set, built once
 * per call site. The resolver has taken NULLs out of the list. */
#include <string.h>

#include "core/base/hash.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"

enum { LINEAR_MAX = 8 };

struct in_list {
    struct column values; /* FLAT, the constants */
    uint32_t count;
    uint32_t mask;   /* slots - 1; 0: no hash set */
    uint32_t *slots; /* position in values + 1; 0: free */
};

static void build_slots(struct in_list *list, struct arena *arena) {
    uint32_t capacity = 16;
    while (capacity < list->count * 2)
        capacity *= 2;
    uint64_t *hashes = arena_alloc(arena, list->count * sizeof(uint64_t));
    column_hash(&list->values, &(struct selection){NULL, list->count}, hashes, true);
    list->slots = ARENA_ARRAY(arena, uint32_t, capacity);
    list->mask = capacity - 1;
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t slot = (uint32_t)hashes[i] & list->mask;
        while (list->slots[slot] && !column_values_equal(&list->values, i, &list->values, list->slots[slot] - 1))
            slot = (slot + 1) & list->mask;
        if (!list->slots[slot]) /* repeated values would make one long chain */
            list->slots[slot] = i + 1;
    }
}

static struct in_list *build(struct function_call *call, const struct column *arguments) {
    struct in_list *list = ARENA_NEW(call->state_arena, struct in_list);
    list->count = call->argument_count - 1;
    column_init(&list->values, call->state_arena, arguments[0].type, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        column_copy_value(&list->values, call->state_arena, i, list->count, &arguments[i + 1], 0);
    if (list->count > LINEAR_MAX)
        build_slots(list, call->state_arena);
    return list;
}

static void find_hashed(struct function_call *call, const struct in_list *list, const struct column *argument,
                        uint8_t *values) {
    uint64_t *hashes = arena_alloc(call->arena, call->selection.count * sizeof(uint64_t));
    column_hash(argument, &call->selection, hashes, true);
    uint32_t i = 0;
    KERNEL_ROWS (call, row) {
        uint32_t slot = (uint32_t)hashes[i++] & list->mask;
        bool found = false;
        for (; !found && list->slots[slot]; slot = (slot + 1) & list->mask)
            found = column_values_equal(argument, row, &list->values, list->slots[slot] - 1);
        values[row] = found;
    }
}

#define FIND_LINEAR(type)                                                     \
    {                                                                         \
        const type *in = argument->values, *candidates = list->values.values; \
        KERNEL_ROWS (call, row) {                                             \
            type value = in[argument_index(argument, row)];                   \
            uint8_t found = 0;                                                \
            for (uint32_t i = 0; i < list->count; i++)                        \
                found |= value == candidates[i];                              \
            values[row] = found;                                              \
        }                                                                     \
        return;                                                               \
    }

static void find_linear(struct function_call *call, const struct in_list *list, const struct column *argument,
                        uint8_t *values) {
    switch (type_layout(argument->type)) {
    case LAYOUT_I32: FIND_LINEAR(int32_t)
    case LAYOUT_I64: FIND_LINEAR(int64_t)
    case LAYOUT_F64: FIND_LINEAR(double)
    case LAYOUT_VIEW: {
        const struct string_view *in = argument->values, *candidates = list->values.values;
        KERNEL_ROWS (call, row) {
            const struct string_view *value = &in[argument_index(argument, row)];
            bool found = false;
            for (uint32_t i = 0; i < list->count && !found; i++)
                found = view_equal(value, &candidates[i]);
            values[row] = found;
        }
        return;
    }
    default: break;
    }
    KERNEL_ROWS (call, row) {
        bool found = false;
        for (uint32_t i = 0; i < list->count && !found; i++)
            found = column_values_equal(argument, row, &list->values, i);
        values[row] = found;
    }
}

enum status in_list_find(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    if (!call->state)
        call->state = build(call, arguments);
    const struct in_list *list = call->state;
    const struct column *argument = &arguments[0];
    uint8_t *values = result->values;
    if (list->mask)
        find_hashed(call, list, argument, values);
    else
        find_linear(call, list, argument, values);
    return STATUS_OK;
}
