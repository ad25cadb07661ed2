/* local_time.c: moves points in time to a zone's wall clock, for printing only: the copies keep their type. */
#include "cli/local_time.h"

#include "core/base/arena.h"
#include "core/data/datetime.h"

bool local_time_needed(const struct type *type) {
    if (type->kind == TYPE_TIMESTAMP_LTZ)
        return true;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (local_time_needed(type->fields[i].type))
            return true;
    return (type->element && local_time_needed(type->element)) || (type->key && local_time_needed(type->key));
}

/* Rows that the children of a flat LIST column must have. */
static uint32_t list_children_count(const struct column *list, uint32_t row_count) {
    const struct list_slice *slices = list->values;
    uint32_t count = 0;
    for (uint32_t row = 0; row < row_count; row++)
        if (validity_get(list->validity, row) && slices[row].offset + slices[row].count > count)
            count = slices[row].offset + slices[row].count;
    return count;
}

static void shift_children(struct column *column, struct arena *arena, const struct time_zone *zone,
                           uint32_t child_count, uint32_t children) {
    struct column *shifted = ARENA_ARRAY(arena, struct column, children);
    for (uint32_t i = 0; i < children; i++)
        shifted[i] = local_time_column(&column->children[i], arena, zone, child_count);
    column->children = shifted;
}

struct column local_time_column(const struct column *column, struct arena *arena, const struct time_zone *zone,
                                uint32_t row_count) {
    if (!local_time_needed(column->type))
        return *column;
    struct column flat = column_flatten(column, arena, row_count);
    if (flat.type->kind == TYPE_ROW) {
        shift_children(&flat, arena, zone, row_count, flat.type->field_count);
    } else if (type_layout(flat.type) == LAYOUT_LIST) {
        shift_children(&flat, arena, zone, list_children_count(&flat, row_count), flat.type->kind == TYPE_MAP ? 2 : 1);
    } else {
        const int64_t *from = flat.values;
        int64_t *to = arena_alloc(arena, row_count * sizeof *to);
        for (uint32_t row = 0; row < row_count; row++)
            to[row] = validity_get(flat.validity, row) ? from[row] + time_zone_offset_us(zone, from[row]) : 0;
        flat.values = to;
    }
    return flat;
}
