/* column_pick.c: interleaving and comparing columns of results. Fixed-width values and views are moved as words of their size;
 * nested types value by value. */
#include "executor/column_pick.h"

#include "core/base/arena.h"

#define VALUE uint8_t
#define NAME pick_1
#include "executor/column_pick.inc.h"
#define VALUE uint16_t
#define NAME pick_2
#include "executor/column_pick.inc.h"
#define VALUE uint32_t
#define NAME pick_4
#include "executor/column_pick.inc.h"
#define VALUE uint64_t
#define NAME pick_8
#include "executor/column_pick.inc.h"
#define VALUE int128
#define NAME pick_16
#include "executor/column_pick.inc.h"

static void pick_values(size_t size, void *target, const void *const sources[2], const struct column_pick *picks,
                        uint32_t count) {
    switch (size) {
    case 1: pick_1(target, sources, picks, count); break;
    case 2: pick_2(target, sources, picks, count); break;
    case 4: pick_4(target, sources, picks, count); break;
    case 8: pick_8(target, sources, picks, count); break;
    case 16: pick_16(target, sources, picks, count); break;
    default: UNREACHABLE();
    }
}

static void pick_validity(struct column *target, const struct column *const sources[2], const struct column_pick *picks,
                          uint32_t count, struct arena *arena) {
    if ((!sources[0] || !sources[0]->validity) && !sources[1]->validity)
        return;
    target->validity = validity_new(arena, count, true);
    for (uint32_t i = 0; i < count; i++)
        if (!validity_get(sources[picks[i].source]->validity, picks[i].row))
            validity_set(target->validity, i, false);
}

struct column column_pick_rows(const struct column *const sources[2], const struct column_pick *picks, uint32_t count,
                               struct arena *arena) {
    const struct type *type = sources[1]->type;
    enum layout layout = type_layout(type);
    struct column target;
    column_init(&target, arena, type, count);
    if (layout == LAYOUT_ROW || layout == LAYOUT_LIST) {
        for (uint32_t i = 0; i < count; i++)
            column_copy_value(&target, arena, i, count, sources[picks[i].source], picks[i].row);
        return target;
    }
    const void *values[2] = {sources[0] ? sources[0]->values : NULL, sources[1]->values};
    pick_values(layout_size(layout), target.values, values, picks, count);
    pick_validity(&target, sources, picks, count, arena);
    return target;
}

void column_mark_changed(const struct column *a, const struct column *b, uint32_t count, uint8_t *changed) {
    if (!a->validity && !b->validity && type_layout(a->type) == LAYOUT_I64) {
        const int64_t *values_a = a->values, *values_b = b->values;
        for (uint32_t i = 0; i < count; i++)
            changed[i] |= values_a[i] != values_b[i];
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!changed[i])
            changed[i] = !column_values_equal(a, i, b, i);
}
