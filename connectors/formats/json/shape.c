/* shape.c: the fast path of the JSON decoder: layouts of records, learnt from records that the general path parsed.
 *
 *     {"id":17,"at":"2024-05-01 12:00:00","bid":{"price":3}}
 *     ^^^^^^  ^^^^^^                     ^^^^^^^^^^^^^^^^ ^^^    prefixes of the slots, and the suffix
 *
 * Everything between two values (keys, colons, white space, braces of nested ROWs) is constant in the records of one
 * writer, so it is compared as one piece of bytes. Values are read by type; a value that is not of the plain form (NULL, an
 * escape, an exponent) goes to the general path alone. Any other difference gives the whole record to the general path.
 */
#include <stdlib.h>

#include "connectors/formats/json/decoder.h"
#include "connectors/formats/text_value.h"
#include "connectors/view.h"
#include "core/base/arena.h"

enum {
    SHAPES_MAX = 4,
    SLOTS_MAX = 256,
    PREFIX_MAX = 512,
    WIDE_COMPARE = 32,
    PAUSE_AFTER_MISSES = 64, /* when so many records in a row fit no shape, shapes are not tried … */
    PAUSE_RECORDS = 1000,    /* … for so many records */
};

enum slot_kind { SLOT_GENERAL, SLOT_SKIP, SLOT_INT, SLOT_DOUBLE, SLOT_STRING, SLOT_TIMESTAMP, SLOT_BOOL };

struct json_slot {
    char prefix[WIDE_COMPARE]; /* the first bytes of it */
    const char *whole_prefix;
    uint32_t prefix_size;
    uint32_t prefix_mask; /* bits of the bytes that count in a wide compare */
    enum slot_kind kind;
    uint32_t depth;
    struct json_node *node;
};

struct json_shape {
    struct json_slot *slots;
    uint32_t slot_count;
    struct json_node **missing; /* not in such records: NULL */
    uint32_t missing_count;
    char *suffix;
    uint32_t suffix_size;
    uint64_t last_used;
    char *bytes; /* all prefixes and the suffix; heap */
};

struct json_shapes {
    struct json_shape shapes[SHAPES_MAX];
    uint32_t count;
    uint32_t recent; /* tried first */
    uint32_t miss_run, pause;
    uint64_t clock;
    struct json_trace trace;
    struct json_trace_step steps[SLOTS_MAX];
};

struct json_shapes *json_shapes_new(struct arena *arena) {
    return ARENA_NEW(arena, struct json_shapes);
}

static void shape_free(struct json_shape *shape) {
    free(shape->slots);
    free(shape->missing);
    free(shape->bytes);
    *shape = (struct json_shape){0};
}

void json_shapes_free(struct json_shapes *shapes) {
    for (uint32_t i = 0; i < shapes->count; i++)
        shape_free(&shapes->shapes[i]);
    shapes->count = 0;
}

static inline bool prefix_fits(const struct json_slot *slot, const char *p, const char *end, const char *limit) {
#ifdef __AVX2__
    if (__builtin_expect(limit - p >= WIDE_COMPARE && slot->prefix_size <= WIDE_COMPARE, 1)) {
        __m256i wanted = _mm256_loadu_si256((const __m256i *)slot->prefix);
        __m256i found = _mm256_loadu_si256((const __m256i *)p);
        uint32_t equal = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(wanted, found));
        return (equal & slot->prefix_mask) == slot->prefix_mask && end - p > (ptrdiff_t)slot->prefix_size;
    }
#endif
    (void)limit;
    return end - p > (ptrdiff_t)slot->prefix_size && memcmp(p, slot->whole_prefix, slot->prefix_size) == 0;
}

/* The readers below return where the value ends, or NULL when it is not of the plain form. */

static inline const char *read_int(const struct json_slot *slot, const struct json_cursor *cursor, uint32_t row,
                                   const char *p) {
    bool is_negative = *p == '-';
    p += is_negative;
    uint64_t digits;
    unsigned count;
    const char *after = json_read_digits(p, cursor->end, cursor->limit, &digits, &count);
    if (count == 0 || count > 18 || (count > 1 && *p == '0') || after == cursor->end || *after == '.' ||
        (*after | 32) == 'e')
        return NULL;
    int64_t value = is_negative ? -(int64_t)digits : (int64_t)digits;
    void *values = slot->node->values;
    switch (slot->node->layout) {
    case LAYOUT_I64: ((int64_t *)values)[row] = value; return after;
    case LAYOUT_I32: ((int32_t *)values)[row] = (int32_t)value; return value == (int32_t)value ? after : NULL;
    case LAYOUT_I16: ((int16_t *)values)[row] = (int16_t)value; return value == (int16_t)value ? after : NULL;
    default: ((int8_t *)values)[row] = (int8_t)value; return value == (int8_t)value ? after : NULL;
    }
}

/* Up to eight digits, a point, up to eight digits: 16 digits below 2^53 over an exact power of ten, rounded once. */
static inline const char *read_double(const struct json_slot *slot, const struct json_cursor *cursor, uint32_t row,
                                      const char *p) {
    static const uint32_t powers[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    if (cursor->limit - p < 19) /* sign, eight digits, point, eight digits, one more */
        return NULL;
    bool is_negative = *p == '-';
    p += is_negative;
    unsigned count, fraction_count = 0;
    uint64_t mantissa = json_digits8(p, &count);
    if (count == 0 || (count > 1 && *p == '0'))
        return NULL;
    p += count;
    if (*p == '.') {
        uint64_t fraction = json_digits8(++p, &fraction_count);
        if (fraction_count == 0)
            return NULL;
        mantissa = mantissa * powers[fraction_count] + fraction;
        p += fraction_count;
    }
    if (p >= cursor->end || json_is_digit(*p) || (*p | 32) == 'e' || *p == '.' || mantissa >= 1ull << 53)
        return NULL;
    double value = (double)mantissa;
    if (fraction_count)
        value /= powers[fraction_count];
    ((double *)slot->node->values)[row] = is_negative ? -value : value;
    return p;
}

static inline const char *read_string(const struct json_slot *slot, const struct json_cursor *cursor, uint32_t row,
                                      const char *p) {
    if (*p++ != '"')
        return NULL;
    const char *stop = json_string_stop(p, cursor->end, cursor->limit);
    if (stop == cursor->end || *stop != '"')
        return NULL;
    struct string_view *view = (struct string_view *)slot->node->values + row;
    view_store(view, p, (uint32_t)(stop - p), (size_t)(cursor->limit - p));
    return stop + 1;
}

static inline const char *read_timestamp(const struct json_slot *slot, const struct json_cursor *cursor, uint32_t row,
                                         const char *p) {
    if (*p++ != '"')
        return NULL;
    const char *stop = json_string_stop(p, cursor->end, cursor->limit);
    int64_t timestamp_us = 0;
    bool has_zone;
    if (stop == cursor->end || *stop != '"' ||
        !text_timestamp_read(&cursor->text->dates, (struct str){p, (size_t)(stop - p)}, &timestamp_us, &has_zone) ||
        (slot->node->type->kind == TYPE_TIMESTAMP_LTZ && !has_zone))
        return NULL;
    ((int64_t *)slot->node->values)[row] = timestamp_clip(slot->node->type, timestamp_us);
    return stop + 1;
}

static inline const char *read_bool(const struct json_slot *slot, const struct json_cursor *cursor, uint32_t row,
                                    const char *p) {
    bool value = *p == 't';
    size_t size = value ? 4 : 5;
    if ((size_t)(cursor->end - p) < size || memcmp(p, value ? "true" : "false", size) != 0)
        return NULL;
    ((uint8_t *)slot->node->values)[row] = value;
    return p + size;
}

static inline const char *skip(const struct json_cursor *cursor, const char *p) {
    if (*p == '"') {
        const char *stop = json_string_stop(p + 1, cursor->end, cursor->limit);
        return stop < cursor->end && *stop == '"' ? stop + 1 : NULL;
    }
    struct json_number number;
    return *p == '-' || json_is_digit(*p) ? json_read_number(p, cursor->end, cursor->limit, &number) : NULL;
}

static inline const char *read_plain(const struct json_slot *slot, const struct json_cursor *cursor, uint32_t row,
                                     const char *p) {
    switch (slot->kind) {
    case SLOT_GENERAL: return NULL;
    case SLOT_SKIP: return skip(cursor, p);
    case SLOT_INT: return read_int(slot, cursor, row, p);
    case SLOT_DOUBLE: return read_double(slot, cursor, row, p);
    case SLOT_STRING: return read_string(slot, cursor, row, p);
    case SLOT_TIMESTAMP: return read_timestamp(slot, cursor, row, p);
    case SLOT_BOOL: return read_bool(slot, cursor, row, p);
    }
    UNREACHABLE();
}

static const char *read_general(const struct json_slot *slot, struct json_cursor *cursor, uint32_t row, const char *p) {
    cursor->depth = slot->depth;
    return slot->kind == SLOT_SKIP ? json_skip_value(cursor, p) : json_parse_value(cursor, slot->node, row, p);
}

static bool shape_decode(const struct json_shape *shape, struct json_cursor *cursor, uint32_t row) {
    const char *p = cursor->start, *end = cursor->end, *limit = cursor->limit;
    for (const struct json_slot *slot = shape->slots; slot < shape->slots + shape->slot_count; slot++) {
        if (!prefix_fits(slot, p, end, limit))
            return false;
        p += slot->prefix_size;
        const char *after = read_plain(slot, cursor, row, p);
        if (__builtin_expect(after == NULL, 0)) {
            after = read_general(slot, cursor, row, p);
            if (!after)
                return false;
        }
        p = after;
    }
    if ((size_t)(end - p) != shape->suffix_size || memcmp(p, shape->suffix, shape->suffix_size) != 0)
        return false;
    for (uint32_t i = 0; i < shape->missing_count; i++)
        if (!json_set_null(cursor, shape->missing[i], row))
            return false;
    return true;
}

static bool try_shape(struct json_shapes *shapes, uint32_t index, struct json_cursor *cursor, uint32_t row) {
    if (!shape_decode(&shapes->shapes[index], cursor, row))
        return false;
    shapes->recent = index;
    shapes->shapes[index].last_used = ++shapes->clock;
    shapes->miss_run = 0;
    return true;
}

bool json_shapes_decode(struct json_shapes *shapes, struct json_cursor *cursor, struct json_node *root, uint32_t row) {
    if (shapes->pause) {
        shapes->pause--;
        return false;
    }
    cursor->trace = NULL;
    cursor->wrote_null = false;
    for (uint32_t i = 0; i < shapes->count; i++) {
        uint32_t index = shapes->recent + i < shapes->count ? shapes->recent + i : shapes->recent + i - shapes->count;
        if (try_shape(shapes, index, cursor, row))
            return true;
        if (cursor->wrote_null)
            json_reset_row(root, row);
    }
    if (++shapes->miss_run >= PAUSE_AFTER_MISSES) {
        shapes->miss_run = 0;
        shapes->pause = PAUSE_RECORDS;
    }
    return false;
}

struct json_trace *json_shapes_trace(struct json_shapes *shapes) {
    if (shapes->pause)
        return NULL;
    shapes->trace = (struct json_trace){.steps = shapes->steps, .capacity = SLOTS_MAX};
    return &shapes->trace;
}

static enum slot_kind slot_kind_of(const struct json_node *node) {
    if (!node)
        return SLOT_SKIP;
    switch (node->type->kind) {
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT: return SLOT_INT;
    case TYPE_DOUBLE: return SLOT_DOUBLE;
    case TYPE_CHAR:
    case TYPE_VARCHAR: return SLOT_STRING;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return SLOT_TIMESTAMP;
    case TYPE_BOOLEAN: return SLOT_BOOL;
    default: return SLOT_GENERAL;
    }
}

static void slot_init(struct json_slot *slot, const struct json_trace_step *step, char *bytes, const char *from) {
    slot->prefix_size = (uint32_t)(step->value - from);
    slot->whole_prefix = bytes;
    memcpy(bytes, from, slot->prefix_size);
    memcpy(slot->prefix, from, slot->prefix_size < WIDE_COMPARE ? slot->prefix_size : WIDE_COMPARE);
    slot->prefix_mask = slot->prefix_size >= 32 ? UINT32_MAX : (1u << slot->prefix_size) - 1;
    slot->kind = slot_kind_of(step->node);
    slot->node = step->node;
    slot->depth = step->depth;
}

/* The fields that objects of this record did not have. Visits a ROW only when it was an object here. */
static uint32_t collect_missing(struct json_node *node, uint32_t row, struct json_node **missing, uint32_t count) {
    for (uint32_t i = 0; i < node->child_count; i++) {
        struct json_node *child = &node->children[i];
        if (!child->is_seen) {
            if (missing)
                missing[count] = child;
            count++;
        } else if (child->layout == LAYOUT_ROW && validity_get(child->column->validity, row)) {
            count = collect_missing(child, row, missing, count);
        }
    }
    return count;
}

static bool is_learnable(const struct json_trace *trace, const struct json_cursor *cursor) {
    if (trace->count == 0 || trace->count > trace->capacity || trace->has_duplicates)
        return false;
    const char *from = cursor->start;
    for (uint32_t i = 0; i < trace->count; from = trace->steps[i++].value_end)
        if (trace->steps[i].value - from > PREFIX_MAX)
            return false;
    return cursor->end - from <= PREFIX_MAX;
}

static struct json_shape *place_for_shape(struct json_shapes *shapes) {
    if (shapes->count < SHAPES_MAX)
        return &shapes->shapes[shapes->count++];
    struct json_shape *oldest = &shapes->shapes[0];
    for (uint32_t i = 1; i < SHAPES_MAX; i++)
        if (shapes->shapes[i].last_used < oldest->last_used)
            oldest = &shapes->shapes[i];
    shape_free(oldest);
    return oldest;
}

void json_shapes_learn(struct json_shapes *shapes, const struct json_cursor *cursor, struct json_node *root,
                       uint32_t row) {
    const struct json_trace *trace = &shapes->trace;
    if (!is_learnable(trace, cursor))
        return;
    struct json_shape *shape = place_for_shape(shapes);
    shape->last_used = ++shapes->clock;
    shape->slot_count = trace->count;
    shape->slots = memory_zalloc(trace->count * sizeof *shape->slots);
    shape->bytes = memory_alloc((size_t)(cursor->end - cursor->start) + 1);
    char *bytes = shape->bytes;
    const char *from = cursor->start;
    for (uint32_t i = 0; i < trace->count; i++) {
        slot_init(&shape->slots[i], &trace->steps[i], bytes, from);
        bytes += shape->slots[i].prefix_size;
        from = trace->steps[i].value_end;
    }
    shape->suffix = bytes;
    shape->suffix_size = (uint32_t)(cursor->end - from);
    memcpy(bytes, from, shape->suffix_size);
    shape->missing_count = collect_missing(root, row, NULL, 0);
    shape->missing = memory_alloc((shape->missing_count + 1) * sizeof *shape->missing);
    collect_missing(root, row, shape->missing, 0);
}
