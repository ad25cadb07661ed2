/* column.c: building, copying and gathering columns.
 * Values are moved by physical layout only; comparing, hashing and printing are in column_values.c. */
#include "core/data/column.h"

#include "core/base/arena.h"
#include "core/base/status.h"

enum { VALUES_ALIGN = 64 };

struct string_view view_copy(struct arena *arena, struct str text) {
    ASSERT(text.size <= UINT32_MAX);
    if (text.size <= VIEW_INLINE_MAX)
        return view_make(text.data, (uint32_t)text.size);
    char *bytes = arena_alloc_aligned(arena, text.size, 1);
    memcpy(bytes, text.data, text.size);
    return view_make(bytes, (uint32_t)text.size);
}

bool view_equal_long(const struct string_view *a, const struct string_view *b) {
    uint64_t tail_a, tail_b;
    memcpy(&tail_a, (const char *)a + 8, 8);
    memcpy(&tail_b, (const char *)b + 8, 8);
    if (tail_a == tail_b)
        return true; /* the same inline bytes, or the same address */
    return a->size > VIEW_INLINE_MAX && memcmp(a->data, b->data, a->size) == 0;
}

int view_compare(const struct string_view *a, const struct string_view *b) {
    uint32_t head_a, head_b;
    memcpy(&head_a, a->prefix, 4);
    memcpy(&head_b, b->prefix, 4);
    if (head_a != head_b) /* short views are padded with zeros, which sort lowest */
        return __builtin_bswap32(head_a) < __builtin_bswap32(head_b) ? -1 : 1;
    uint32_t shorter = a->size < b->size ? a->size : b->size;
    int order = memcmp(view_data(a), view_data(b), shorter);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static size_t validity_words(uint32_t row_count) {
    return ((size_t)row_count + 63) / 64;
}

uint64_t *validity_new(struct arena *arena, uint32_t row_count, bool valid) {
    size_t size = validity_words(row_count) * sizeof(uint64_t);
    uint64_t *validity = arena_alloc(arena, size);
    return memset(validity, valid ? 0xFF : 0, size);
}

static uint32_t child_count(const struct type *type) {
    return type->kind == TYPE_ROW ? type->field_count : type->kind == TYPE_MAP ? 2 : type->kind == TYPE_ARRAY ? 1 : 0;
}

static const struct type *child_type(const struct type *type, uint32_t index) {
    return type->kind == TYPE_ROW                 ? type->fields[index].type
           : type->kind == TYPE_MAP && index == 0 ? type->key
                                                  : type->element;
}

static void *values_alloc(struct arena *arena, const struct type *type, uint32_t row_count) {
    return arena_alloc_aligned(arena, layout_size(type_layout(type)) * row_count, VALUES_ALIGN);
}

void column_init(struct column *column, struct arena *arena, const struct type *type, uint32_t row_count) {
    *column = (struct column){.type = type, .kind = COLUMN_FLAT};
    column->values = values_alloc(arena, type, row_count);
    uint32_t children = child_count(type);
    if (!children)
        return;
    bool is_list = type_layout(type) == LAYOUT_LIST;
    if (is_list)
        memset(column->values, 0, sizeof(struct list_slice) * row_count);
    column->children = ARENA_ARRAY(arena, struct column, children);
    for (uint32_t i = 0; i < children; i++)
        column_init(&column->children[i], arena, child_type(type, i), is_list ? 0 : row_count);
}

void column_set_null(struct column *column, struct arena *arena, uint32_t row, uint32_t capacity_rows) {
    ASSERT(row < capacity_rows);
    if (!column->validity)
        column->validity = validity_new(arena, capacity_rows, true);
    validity_set(column->validity, row, false);
    if (type_layout(column->type) == LAYOUT_VIEW) /* readable: kernels may look before they look at validity */
        COLUMN_VALUES(column, struct string_view)[row] = (struct string_view){0};
}

void column_init_null(struct column *column, struct arena *arena, const struct type *type) {
    column_init(column, arena, type, 1);
    column->kind = COLUMN_CONSTANT;
    column->validity = validity_new(arena, 1, false);
    memset(column->values, 0, layout_size(type_layout(type))); /* under a NULL lies something readable */
    for (uint32_t i = 0; type->kind == TYPE_ROW && i < type->field_count; i++)
        column_init_null(&column->children[i], arena, type->fields[i].type);
}

/* Gives a FLAT column room for more rows; the first `old_rows` keep their values. */
static void column_grow(struct column *column, struct arena *arena, uint32_t old_rows, uint32_t new_rows) {
    size_t size = layout_size(type_layout(column->type));
    void *values = values_alloc(arena, column->type, new_rows);
    memcpy(values, column->values, size * old_rows);
    if (type_layout(column->type) == LAYOUT_LIST)
        memset((uint8_t *)values + size * old_rows, 0, size * (new_rows - old_rows));
    column->values = values;
    if (column->validity) {
        uint64_t *validity = validity_new(arena, new_rows, true);
        memcpy(validity, column->validity, validity_words(old_rows) * sizeof(uint64_t));
        if (old_rows & 63)
            validity[old_rows >> 6] |= ~0ull << (old_rows & 63);
        column->validity = validity;
    }
    for (uint32_t i = 0; column->type->kind == TYPE_ROW && i < column->type->field_count; i++)
        column_grow(&column->children[i], arena, old_rows, new_rows);
}

uint32_t column_list_append(struct column *column, struct arena *arena, uint32_t row, uint32_t count) {
    uint32_t first = column->element_count;
    ASSERT(column->kind == COLUMN_FLAT && count <= UINT32_MAX / 2 - first);
    uint32_t needed = first + count;
    if (needed > column->element_capacity) {
        uint32_t capacity = column->element_capacity < 16 ? 16 : column->element_capacity * 2;
        if (capacity < needed)
            capacity = needed;
        for (uint32_t i = 0; i < child_count(column->type); i++)
            column_grow(&column->children[i], arena, first, capacity);
        column->element_capacity = capacity;
    }
    column->element_count = needed;
    COLUMN_VALUES(column, struct list_slice)[row] = (struct list_slice){first, count};
    return first;
}

#define VALUE uint8_t
#define NAME gather_1
#include "core/data/column_gather.inc.h"
#define VALUE uint16_t
#define NAME gather_2
#include "core/data/column_gather.inc.h"
#define VALUE uint32_t
#define NAME gather_4
#include "core/data/column_gather.inc.h"
#define VALUE uint64_t
#define NAME gather_8
#include "core/data/column_gather.inc.h"
#define VALUE int128
#define NAME gather_16
#include "core/data/column_gather.inc.h"

static void gather_values(size_t size, void *target, const void *source, const uint16_t *rows, uint32_t count) {
    switch (size) {
    case 1: gather_1(target, source, rows, count); break;
    case 2: gather_2(target, source, rows, count); break;
    case 4: gather_4(target, source, rows, count); break;
    case 8: gather_8(target, source, rows, count); break;
    case 16: gather_16(target, source, rows, count); break;
    default: break; /* ROW: children only */
    }
}

static uint64_t *gather_validity(struct arena *arena, const uint64_t *validity, const uint16_t *rows, uint32_t count) {
    uint64_t *result = arena_alloc(arena, validity_words(count) * sizeof(uint64_t));
    for (uint32_t base = 0; base < count; base += 64) {
        uint32_t bits = count - base < 64 ? count - base : 64;
        uint64_t word = 0;
        for (uint32_t i = 0; i < bits; i++) {
            uint32_t row = rows[base + i];
            word |= (validity[row >> 6] >> (row & 63) & 1) << i;
        }
        result[base / 64] = word;
    }
    return result;
}

struct column column_gather(const struct column *column, struct arena *arena, const struct selection *selection) {
    struct column result = *column;
    const uint16_t *rows = selection->rows;
    uint32_t count = selection->count;
    if (!rows || column->kind == COLUMN_CONSTANT)
        return result;
    if (column->validity)
        result.validity = gather_validity(arena, column->validity, rows, count);
    if (column->kind == COLUMN_DICTIONARY) {
        result.codes = arena_alloc(arena, sizeof(uint16_t) * count);
        gather_2(result.codes, column->codes, rows, count);
        return result;
    }
    result.values = values_alloc(arena, column->type, count);
    gather_values(layout_size(type_layout(column->type)), result.values, column->values, rows, count);
    if (column->type->kind == TYPE_ROW) {
        result.children = ARENA_ARRAY(arena, struct column, column->type->field_count);
        for (uint32_t i = 0; i < column->type->field_count; i++)
            result.children[i] = column_gather(&column->children[i], arena, selection);
    }
    return result;
}

static struct column flatten_constant(const struct column *column, struct arena *arena, uint32_t row_count) {
    struct column result = *column;
    result.kind = COLUMN_FLAT;
    result.validity = column_is_null(column, 0) ? validity_new(arena, row_count, false) : NULL;
    size_t size = layout_size(type_layout(column->type));
    result.values = values_alloc(arena, column->type, row_count);
    for (uint32_t row = 0; size && row < row_count; row++)
        memcpy((uint8_t *)result.values + size * row, column->values, size);
    if (column->type->kind == TYPE_ROW) {
        result.children = ARENA_ARRAY(arena, struct column, column->type->field_count);
        for (uint32_t i = 0; i < column->type->field_count; i++) {
            struct column child = column_flatten(&column->children[i], arena, 1);
            child.kind = COLUMN_CONSTANT;
            result.children[i] = flatten_constant(&child, arena, row_count);
        }
    }
    return result;
}

static struct column flatten_dictionary(const struct column *column, struct arena *arena, uint32_t row_count) {
    struct column dictionary = *column;
    dictionary.kind = COLUMN_FLAT;
    dictionary.validity = NULL;
    dictionary.codes = NULL;
    dictionary.dictionary_size = 0;
    struct selection codes = {.rows = column->codes, .count = row_count};
    struct column result = column_gather(&dictionary, arena, &codes);
    result.validity = column->validity;
    return result;
}

/* One past the last element that a row's slice points at. */
static uint32_t list_elements_end(const struct column *column, uint32_t row_count) {
    uint32_t end = 0;
    for (uint32_t row = 0; row < row_count; row++) {
        const struct list_slice *slice = &COLUMN_VALUES(column, struct list_slice)[row];
        if (validity_get(column->validity, row) && slice->offset + slice->count > end)
            end = slice->offset + slice->count;
    }
    return end;
}

static bool is_flat_at_every_depth(const struct column *column) {
    if (column->kind != COLUMN_FLAT)
        return false;
    for (uint32_t i = 0; i < child_count(column->type); i++)
        if (!is_flat_at_every_depth(&column->children[i]))
            return false;
    return true;
}

struct column column_flatten(const struct column *column, struct arena *arena, uint32_t row_count) {
    if (column->kind == COLUMN_FLAT && !column->children)
        return *column;
    struct column result = column->kind == COLUMN_CONSTANT     ? flatten_constant(column, arena, row_count)
                           : column->kind == COLUMN_DICTIONARY ? flatten_dictionary(column, arena, row_count)
                                                               : *column;
    if (is_flat_at_every_depth(&result))
        return result;
    uint32_t children = child_count(column->type);
    uint32_t child_rows = column->type->kind == TYPE_ROW ? row_count : list_elements_end(&result, row_count);
    struct column *flat = ARENA_ARRAY(arena, struct column, children);
    for (uint32_t i = 0; i < children; i++)
        flat[i] = column_flatten(&result.children[i], arena, child_rows);
    result.children = flat;
    return result;
}

struct column column_field(const struct column *column, struct arena *arena, uint32_t index, uint32_t row_count) {
    ASSERT(column->type->kind == TYPE_ROW && index < column->type->field_count);
    struct column parent = column->kind == COLUMN_DICTIONARY ? column_flatten(column, arena, row_count) : *column;
    struct column field = parent.children[index];
    if (parent.kind == COLUMN_CONSTANT) {
        field = column_flatten(&field, arena, 1);
        field.kind = COLUMN_CONSTANT;
        if (column_is_null(&parent, 0))
            field.validity = parent.validity;
        return field;
    }
    if (!parent.validity)
        return field;
    if (field.kind == COLUMN_CONSTANT)
        field = column_flatten(&field, arena, row_count);
    uint64_t *validity = validity_new(arena, row_count, true);
    for (size_t i = 0; i < validity_words(row_count); i++)
        validity[i] = parent.validity[i] & (field.validity ? field.validity[i] : ~0ull);
    field.validity = validity;
    return field;
}

static void copy_list(struct column *target, struct arena *arena, uint32_t row, const struct column *source,
                      uint32_t source_row) {
    struct list_slice slice = *(const struct list_slice *)column_value(source, source_row);
    uint32_t first = column_list_append(target, arena, row, slice.count);
    for (uint32_t child = 0; child < child_count(target->type); child++)
        for (uint32_t i = 0; i < slice.count; i++)
            column_copy_value(&target->children[child], arena, first + i, target->element_capacity,
                              &source->children[child], slice.offset + i);
}

void column_copy_value(struct column *target, struct arena *arena, uint32_t row, uint32_t capacity_rows,
                       const struct column *source, uint32_t source_row) {
    enum layout layout = type_layout(target->type);
    ASSERT(target->kind == COLUMN_FLAT && layout == type_layout(source->type));
    if (column_is_null(source, source_row)) {
        column_set_null(target, arena, row, capacity_rows);
        return;
    }
    if (target->validity)
        validity_set(target->validity, row, true);
    size_t size = layout_size(layout);
    if (layout == LAYOUT_VIEW) {
        const struct string_view *view = column_value(source, source_row);
        COLUMN_VALUES(target, struct string_view)[row] = view_copy(arena, view_str(view));
    } else if (layout == LAYOUT_LIST) {
        copy_list(target, arena, row, source, source_row);
    } else if (layout == LAYOUT_ROW) {
        uint32_t source_child_row = column_value_index(source, source_row);
        for (uint32_t i = 0; i < target->type->field_count; i++)
            column_copy_value(&target->children[i], arena, row, capacity_rows, &source->children[i], source_child_row);
    } else {
        memcpy((uint8_t *)target->values + size * row, column_value(source, source_row), size);
    }
}

/* Codes under a NULL may be out of range: they are not followed. */
static void append_coded(uint8_t *to, size_t size, const struct column *source, const struct selection *selection) {
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (column_is_null(source, row))
            memset(to + size * i, 0, size);
        else
            memcpy(to + size * i, column_value(source, row), size);
    }
}

static void append_validity(struct column *target, struct arena *arena, uint32_t at, uint32_t capacity_rows,
                            const struct column *source, const struct selection *selection) {
    if (!source->validity)
        return;
    if (!target->validity)
        target->validity = validity_new(arena, capacity_rows, true);
    for (uint32_t i = 0; i < selection->count; i++)
        if (column_is_null(source, selection_row(selection, i)))
            validity_set(target->validity, at + i, false);
}

void column_append(struct column *target, struct arena *arena, uint32_t at, uint32_t capacity_rows,
                   const struct column *source, const struct selection *selection) {
    enum layout layout = type_layout(target->type);
    ASSERT(target->kind == COLUMN_FLAT && layout == type_layout(source->type));
    ASSERT(at + selection->count <= capacity_rows);
    if (layout == LAYOUT_ROW || layout == LAYOUT_LIST) {
        for (uint32_t i = 0; i < selection->count; i++)
            column_copy_value(target, arena, at + i, capacity_rows, source, selection_row(selection, i));
        return;
    }
    size_t size = layout_size(layout);
    uint8_t *to = (uint8_t *)target->values + size * at;
    if (source->kind != COLUMN_FLAT)
        append_coded(to, size, source, selection);
    else if (selection->rows)
        gather_values(size, to, source->values, selection->rows, selection->count);
    else if (selection->count)
        memcpy(to, source->values, size * selection->count);
    append_validity(target, arena, at, capacity_rows, source, selection);
}
