/* value_set.c: open addressing with linear probing; entries are never removed one by one, so there are no tombstones. */
#include "executor/value_set.h"

#include "core/base/bytes.h"
#include "core/functions/state_memory.h"

enum { CAPACITY_FIRST = 2 };

void value_set_format_init(struct value_set_format *format, enum cell_kind kind, bool is_wide, uint32_t count_count) {
    uint32_t value_size = kind == CELL_NUMBER && !is_wide ? 8 : 16;
    *format = (struct value_set_format){
        .kind = kind,
        .value_size = value_size,
        .count_count = count_count,
        .entry_size = (uint32_t)sizeof(struct value_entry_head) + value_size + count_count * 8,
    };
}

static struct value_entry_head *entry_at(const struct value_set *set, const struct value_set_format *format,
                                         uint32_t at) {
    return (struct value_entry_head *)(set->entries + (size_t)at * format->entry_size);
}

struct cell value_set_value(const struct value_set_format *format, const struct value_entry_head *entry) {
    struct cell value;
    memcpy(&value, entry + 1, format->value_size);
    if (format->value_size == 8)
        value.words[1] = (int64_t)value.words[0] < 0 ? UINT64_MAX : 0;
    return value;
}

int64_t *value_set_counts(const struct value_set_format *format, struct value_entry_head *entry) {
    return (int64_t *)((uint8_t *)(entry + 1) + format->value_size);
}

static bool same_value(const struct value_set_format *format, const struct value_entry_head *entry, struct cell value) {
    if (format->value_size == 8)
        return memcmp(entry + 1, &value, 8) == 0;
    return cell_equal(format->kind, value_set_value(format, entry), value);
}

/* Append-only entries have a bit from the moment they are made. */
static bool is_dead(const struct value_set_format *format, struct value_entry_head *entry) {
    const int64_t *counts = value_set_counts(format, entry);
    for (uint32_t i = 0; i < format->count_count; i++)
        if (counts[i])
            return false;
    return format->count_count > 0;
}

static struct value_entry_head *free_place(const struct value_set *set, const struct value_set_format *format,
                                           uint32_t tag) {
    uint32_t at = tag >> 1 & (set->capacity - 1);
    while (entry_at(set, format, at)->tag)
        at = (at + 1) & (set->capacity - 1);
    return entry_at(set, format, at);
}

/* Room for half as many again at least; what is dead goes. */
static void grow(struct value_set *set, const struct value_set_format *format, struct state_memory *memory) {
    uint32_t live = set->count, position = 0;
    struct value_entry_head *entry;
    while (format->count_count && (entry = value_set_next(set, format, &position)))
        live -= is_dead(format, entry);
    struct value_set bigger = {.capacity = set->capacity ? set->capacity : CAPACITY_FIRST};
    while (live >= bigger.capacity / 2)
        bigger.capacity *= 2;
    bigger.entries = state_memory_zalloc(memory, (size_t)bigger.capacity * format->entry_size);
    position = 0;
    while ((entry = value_set_next(set, format, &position))) {
        if (is_dead(format, entry)) {
            struct cell value = value_set_value(format, entry);
            cell_disown(format->kind, &value, memory);
        } else {
            memcpy(free_place(&bigger, format, entry->tag), entry, format->entry_size);
            bigger.count++;
        }
    }
    state_memory_release(memory, set->entries, (size_t)set->capacity * format->entry_size);
    *set = bigger;
}

struct value_entry_head *value_set_add(struct value_set *set, const struct value_set_format *format, uint32_t tag,
                                       struct cell value, struct state_memory *memory) {
    for (uint32_t at = tag >> 1; set->capacity; at++) {
        struct value_entry_head *entry = entry_at(set, format, at & (set->capacity - 1));
        if (entry->tag == tag && same_value(format, entry, value))
            return entry;
        if (!entry->tag)
            break;
    }
    /* A quarter, and at least one place, stays free: probing ends there. */
    uint32_t spare = set->capacity < 4 ? 1 : set->capacity / 4;
    if (set->count + spare >= set->capacity)
        grow(set, format, memory);
    struct value_entry_head *entry = free_place(set, format, tag);
    entry->tag = tag;
    value = cell_own(format->kind, value, memory);
    memcpy(entry + 1, &value, format->value_size);
    set->count++;
    return entry;
}

struct value_entry_head *value_set_next(const struct value_set *set, const struct value_set_format *format,
                                        uint32_t *position) {
    while (*position < set->capacity) {
        struct value_entry_head *entry = entry_at(set, format, (*position)++);
        if (entry->tag)
            return entry;
    }
    return NULL;
}

void value_set_encode(const struct value_set *set, const struct value_set_format *format, struct strbuf *out) {
    bytes_put_u32(out, set->capacity);
    bytes_put_varint(out, set->count);
    for (uint32_t at = 0; at < set->capacity; at++) {
        struct value_entry_head *entry = entry_at(set, format, at);
        if (!entry->tag)
            continue;
        bytes_put_varint(out, at);
        bytes_put_u32(out, entry->tag);
        bytes_put_u32(out, entry->mask);
        cell_encode(format->kind, value_set_value(format, entry), out);
        strbuf_append(out, value_set_counts(format, entry), format->count_count * sizeof(int64_t));
    }
}

/* An entry as read, at its place or, in a set that is laid out anew, at a free one. */
static void decode_entry(struct value_set *set, const struct value_set_format *format, bool keeps_places,
                         const struct type *const *types, uint32_t type_count, struct bytes_reader *reader,
                         struct state_memory *memory) {
    uint64_t at = bytes_get_varint(reader);
    uint32_t tag = bytes_get_u32(reader), mask = bytes_get_u32(reader);
    struct cell value = cell_decode(format->kind, types, type_count, reader);
    struct str counts = bytes_get(reader, format->count_count * sizeof(int64_t));
    if (tag == 0 || (keeps_places && (at >= set->capacity || entry_at(set, format, (uint32_t)at)->tag)))
        bytes_refuse(reader);
    if (reader->failed)
        return;
    struct value_entry_head *entry = keeps_places ? entry_at(set, format, (uint32_t)at) : free_place(set, format, tag);
    entry->tag = tag;
    entry->mask = mask;
    value = cell_own(format->kind, value, memory);
    memcpy(entry + 1, &value, format->value_size);
    if (counts.size)
        memcpy(value_set_counts(format, entry), counts.data, counts.size);
    set->count++;
}

void value_set_decode(struct value_set *set, const struct value_set_format *format, const struct type *const *types,
                      uint32_t type_count, struct bytes_reader *reader, struct state_memory *memory) {
    uint32_t capacity = bytes_get_u32(reader);
    uint32_t count = bytes_get_count(reader, sizeof(struct value_entry_head) + 1);
    bool possible =
        capacity == 0 ? count == 0 : capacity >= CAPACITY_FIRST && (capacity & (capacity - 1)) == 0 && count < capacity;
    if (!possible)
        bytes_refuse(reader);
    if (reader->failed || capacity == 0)
        return;
    /* A set that once was far larger is laid out anew: what memory is taken follows from what was read. */
    bool keeps_places = capacity / 64 <= count + 1;
    while (!keeps_places && capacity / 8 > count + 1)
        capacity /= 2;
    *set = (struct value_set){.entries = state_memory_zalloc(memory, (size_t)capacity * format->entry_size),
                              .capacity = capacity};
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        decode_entry(set, format, keeps_places, types, type_count, reader, memory);
}

void value_set_release(struct value_set *set, const struct value_set_format *format, struct state_memory *memory) {
    uint32_t position = 0;
    struct value_entry_head *entry;
    while (format->kind != CELL_NUMBER && (entry = value_set_next(set, format, &position))) {
        struct cell value = value_set_value(format, entry);
        cell_disown(format->kind, &value, memory);
    }
    state_memory_release(memory, set->entries, (size_t)set->capacity * format->entry_size);
    *set = (struct value_set){0};
}
