/* column_values.c: what single values mean: equality, order, hash. Part of column.h.
 * Equal values hash alike: integers of all widths hash as int64, -0.0 as 0.0, every NaN as one. */
#include <math.h>

#include "core/base/hash.h"
#include "core/base/status.h"
#include "core/data/column.h"
#include "core/data/real.h"

#define HASH_OF_NULL UINT64_C(0x9AE16A3B2F90404F)

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_doubles(double a, double b) {
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return COMPARE(a, b);
}

static int compare_lists(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b) {
    const struct list_slice *slice_a = column_value(a, row_a), *slice_b = column_value(b, row_b);
    uint32_t shorter = slice_a->count < slice_b->count ? slice_a->count : slice_b->count;
    uint32_t children = a->type->kind == TYPE_MAP ? 2 : 1;
    for (uint32_t i = 0; i < shorter; i++)
        for (uint32_t child = 0; child < children; child++) {
            int order = column_values_compare(&a->children[child], slice_a->offset + i, &b->children[child],
                                              slice_b->offset + i);
            if (order)
                return order;
        }
    return COMPARE(slice_a->count, slice_b->count);
}

static int compare_rows(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b) {
    row_a = column_value_index(a, row_a);
    row_b = column_value_index(b, row_b);
    for (uint32_t i = 0; i < a->type->field_count; i++) {
        int order = column_values_compare(&a->children[i], row_a, &b->children[i], row_b);
        if (order)
            return order;
    }
    return 0;
}

#define COMPARE_AS(ctype) COMPARE(*(const ctype *)value_a, *(const ctype *)value_b)

int column_values_compare(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b) {
    enum layout layout = type_layout(a->type);
    ASSERT(layout == type_layout(b->type));
    bool null_a = column_is_null(a, row_a), null_b = column_is_null(b, row_b);
    if (null_a || null_b)
        return (int)null_b - (int)null_a;
    if (layout == LAYOUT_ROW)
        return compare_rows(a, row_a, b, row_b);
    if (layout == LAYOUT_LIST)
        return compare_lists(a, row_a, b, row_b);
    const void *value_a = column_value(a, row_a), *value_b = column_value(b, row_b);
    switch (layout) {
    case LAYOUT_BOOL: return COMPARE_AS(uint8_t);
    case LAYOUT_I8: return COMPARE_AS(int8_t);
    case LAYOUT_I16: return COMPARE_AS(int16_t);
    case LAYOUT_I32: return COMPARE_AS(int32_t);
    case LAYOUT_I64: return COMPARE_AS(int64_t);
    case LAYOUT_I128: return COMPARE_AS(int128);
    case LAYOUT_F32: return compare_doubles((double)*(const float *)value_a, (double)*(const float *)value_b);
    case LAYOUT_F64: return compare_doubles(*(const double *)value_a, *(const double *)value_b);
    case LAYOUT_VIEW: return view_compare(value_a, value_b);
    default: UNREACHABLE();
    }
}

bool column_values_equal(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b) {
    if (type_layout(a->type) == LAYOUT_VIEW && !column_is_null(a, row_a) && !column_is_null(b, row_b))
        return view_equal(column_value(a, row_a), column_value(b, row_b));
    return column_values_compare(a, row_a, b, row_b) == 0;
}

static inline uint64_t hash_double(double value) {
    uint64_t bits;
    value = double_canonical(value);
    memcpy(&bits, &value, sizeof bits);
    return hash_u64(bits);
}

/* Two words folded by one 128-bit multiplication, then finished as an integer. */
static inline uint64_t hash_two_words(uint64_t low, uint64_t high) {
    unsigned __int128 product = (unsigned __int128)(low ^ 0xA0761D6478BD642Full) * (high ^ 0xE7037ED1A0B428DBull);
    return hash_u64((uint64_t)product ^ (uint64_t)(product >> 64));
}

static inline uint64_t hash_view(const struct string_view *view) {
    uint64_t words[2];
    if (view->size > VIEW_INLINE_MAX)
        return hash_bytes(view->data, view->size);
    memcpy(words, view, sizeof words);
    return hash_two_words(words[0], words[1]);
}

static inline uint64_t hash_int128(const int128 *value) {
    return hash_two_words((uint64_t)*value, (uint64_t)((unsigned __int128)*value >> 64));
}

#define HASH_INTEGER(value) hash_u64((uint64_t)(int64_t) * (value))

#define VALUE int8_t
#define HASH HASH_INTEGER
#define NAME hash_i8
#include "core/data/column_hash.inc.h"
#define VALUE int16_t
#define HASH HASH_INTEGER
#define NAME hash_i16
#include "core/data/column_hash.inc.h"
#define VALUE int32_t
#define HASH HASH_INTEGER
#define NAME hash_i32
#include "core/data/column_hash.inc.h"
#define VALUE int64_t
#define HASH HASH_INTEGER
#define NAME hash_i64
#include "core/data/column_hash.inc.h"
#define VALUE int128
#define HASH hash_int128
#define NAME hash_i128
#include "core/data/column_hash.inc.h"
#define VALUE float
#define HASH(value) hash_double((double)*(value))
#define NAME hash_f32
#include "core/data/column_hash.inc.h"
#define VALUE double
#define HASH(value) hash_double(*(value))
#define NAME hash_f64
#include "core/data/column_hash.inc.h"
#define VALUE struct string_view
#define HASH hash_view
#define NAME hash_views
#include "core/data/column_hash.inc.h"

static uint64_t hash_one(const struct column *column, uint32_t row);

static uint64_t hash_list(const struct column *column, uint32_t row) {
    const struct list_slice *slice = column_value(column, row);
    uint64_t hash = hash_u64(slice->count);
    uint32_t children = column->type->kind == TYPE_MAP ? 2 : 1;
    for (uint32_t i = 0; i < slice->count; i++)
        for (uint32_t child = 0; child < children; child++)
            hash = hash_combine(hash, hash_one(&column->children[child], slice->offset + i));
    return hash;
}

/* Nested values, one at a time. */
static uint64_t hash_one(const struct column *column, uint32_t row) {
    if (column_is_null(column, row))
        return HASH_OF_NULL;
    if (type_layout(column->type) == LAYOUT_LIST)
        return hash_list(column, row);
    uint32_t value_row = column_value_index(column, row);
    if (type_layout(column->type) == LAYOUT_ROW) {
        uint64_t hash = hash_u64(column->type->field_count);
        for (uint32_t i = 0; i < column->type->field_count; i++)
            hash = hash_combine(hash, hash_one(&column->children[i], value_row));
        return hash;
    }
    struct column flat = *column;
    flat.kind = COLUMN_FLAT;
    flat.validity = NULL;
    flat.values = (uint8_t *)column->values + layout_size(type_layout(column->type)) * value_row;
    struct selection one = {.count = 1};
    uint64_t hash;
    column_hash(&flat, &one, &hash, true);
    return hash;
}

static void hash_one_by_one(const struct column *column, const struct selection *selection, uint64_t *hashes,
                            bool first) {
    uint64_t constant = column->kind == COLUMN_CONSTANT && selection->count ? hash_one(column, 0) : 0;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint64_t hash = column->kind == COLUMN_CONSTANT ? constant : hash_one(column, selection_row(selection, i));
        hashes[i] = first ? hash : hash_combine(hashes[i], hash);
    }
}

void column_hash(const struct column *column, const struct selection *selection, uint64_t *hashes, bool first) {
    enum layout layout = type_layout(column->type);
    if (column->kind != COLUMN_FLAT || layout == LAYOUT_ROW || layout == LAYOUT_LIST) {
        hash_one_by_one(column, selection, hashes, first);
        return;
    }
    switch (layout) {
    case LAYOUT_BOOL:
    case LAYOUT_I8: hash_i8(column, selection, hashes, first); break;
    case LAYOUT_I16: hash_i16(column, selection, hashes, first); break;
    case LAYOUT_I32: hash_i32(column, selection, hashes, first); break;
    case LAYOUT_I64: hash_i64(column, selection, hashes, first); break;
    case LAYOUT_I128: hash_i128(column, selection, hashes, first); break;
    case LAYOUT_F32: hash_f32(column, selection, hashes, first); break;
    case LAYOUT_F64: hash_f64(column, selection, hashes, first); break;
    case LAYOUT_VIEW: hash_views(column, selection, hashes, first); break;
    default: UNREACHABLE();
    }
}
