/* value_list.c: see the header. Chains hold live entries only; removed entries leave gaps that compaction closes. */
#include "core/functions/value_list.h"

#include "core/base/bytes.h"
#include "core/functions/state_memory.h"

enum { INDEX_FROM = 16, NONE = -1 };
#define ENTRIES_MAX (UINT32_C(1) << 31)
#define HASH_OF_NULL_ENTRY UINT64_C(0x9AE16A3B2F90404F)

struct value_entry {
    struct cell value;
    int64_t next : 62; /* entry with the same value, or NONE */
    uint64_t is_null : 1;
    uint64_t is_removed : 1;
};

struct value_slot {
    uint32_t hash; /* 0: never used */
    uint32_t unused;
    int64_t first, last; /* NONE: the value is gone */
};

static bool same(enum cell_kind kind, const struct value_entry *entry, const struct cell *value) {
    if (!value || entry->is_null)
        return !value && entry->is_null;
    return cell_equal(kind, entry->value, *value);
}

static uint32_t hash_of(enum cell_kind kind, const struct cell *value) {
    uint64_t hash = value ? cell_hash(kind, *value) : HASH_OF_NULL_ENTRY;
    return (uint32_t)(hash >> 32) | 1;
}

/* The slot of the value, or the unused one where it belongs. A slot whose chain is empty matches nothing. */
static struct value_slot *find_slot(const struct value_list *list, enum cell_kind kind, const struct cell *value,
                                    uint32_t hash) {
    uint32_t mask = list->slot_capacity - 1;
    for (uint32_t at = hash >> 1;; at++) {
        struct value_slot *slot = &list->slots[at & mask];
        if (!slot->hash)
            return slot;
        if (slot->hash == hash && slot->first != NONE && same(kind, &list->entries[slot->first], value))
            return slot;
    }
}

static void chain_entry(struct value_list *list, enum cell_kind kind, uint32_t entry) {
    struct value_entry *added = &list->entries[entry];
    const struct cell *value = added->is_null ? NULL : &added->value;
    uint32_t hash = hash_of(kind, value);
    struct value_slot *slot = find_slot(list, kind, value, hash);
    added->next = NONE;
    if (slot->hash) {
        list->entries[slot->last].next = entry;
        slot->last = entry;
    } else {
        *slot = (struct value_slot){.hash = hash, .first = entry, .last = entry};
        list->chain_count++;
    }
}

static void build_index(struct value_list *list, enum cell_kind kind, struct state_memory *memory) {
    state_memory_release(memory, list->slots, list->slot_capacity * sizeof *list->slots);
    uint32_t capacity = 64;
    while (capacity < list->live_count * 2)
        capacity *= 2;
    list->slots = state_memory_zalloc(memory, capacity * sizeof *list->slots);
    list->slot_capacity = capacity;
    list->chain_count = 0;
    for (uint32_t i = list->head; i < list->count; i++)
        if (!list->entries[i].is_removed)
            chain_entry(list, kind, i);
}

/* Closes the gaps; entry numbers change, so the index is built anew. */
static void compact(struct value_list *list, enum cell_kind kind, struct state_memory *memory) {
    uint32_t to = 0;
    for (uint32_t from = list->head; from < list->count; from++)
        if (!list->entries[from].is_removed)
            list->entries[to++] = list->entries[from];
    list->count = to;
    list->head = 0;
    if (list->slots)
        build_index(list, kind, memory);
}

enum status value_list_append(struct value_list *list, enum cell_kind kind, const struct cell *value,
                              struct state_memory *memory, struct error *error) {
    if (list->count == list->capacity && list->live_count < list->count / 2)
        compact(list, kind, memory);
    if (list->count == list->capacity) {
        if (list->capacity >= ENTRIES_MAX / 2)
            return FAIL(error, STATUS_LIMIT_EXCEEDED, "one group of an aggregate keeps more than %u values",
                        (unsigned)(ENTRIES_MAX / 2));
        uint32_t capacity = list->capacity ? list->capacity * 2 : 1;
        list->entries = state_memory_realloc(memory, list->entries, list->capacity * sizeof *list->entries,
                                             capacity * sizeof *list->entries);
        list->capacity = capacity;
    }
    uint32_t entry = list->count++;
    list->entries[entry] = (struct value_entry){.next = NONE, .is_null = !value};
    if (value)
        list->entries[entry].value = cell_own(kind, *value, memory);
    list->live_count++;
    if (!list->slots)
        return STATUS_OK;
    if (list->chain_count >= list->slot_capacity / 4 * 3)
        build_index(list, kind, memory);
    else
        chain_entry(list, kind, entry);
    return STATUS_OK;
}

static void remove_entry(struct value_list *list, enum cell_kind kind, uint32_t at, struct state_memory *memory) {
    struct value_entry *entry = &list->entries[at];
    if (!entry->is_null)
        cell_disown(kind, &entry->value, memory);
    entry->is_removed = true;
    list->live_count--;
    while (list->head < list->count && list->entries[list->head].is_removed)
        list->head++;
    while (list->count > list->head && list->entries[list->count - 1].is_removed)
        list->count--;
    if (list->live_count == 0)
        value_list_release(list, kind, memory);
}

bool value_list_remove(struct value_list *list, enum cell_kind kind, const struct cell *value,
                       struct state_memory *memory) {
    if (!list->slots && list->live_count <= INDEX_FROM) {
        for (uint32_t i = list->head; i < list->count; i++)
            if (!list->entries[i].is_removed && same(kind, &list->entries[i], value)) {
                remove_entry(list, kind, i, memory);
                return true;
            }
        return false;
    }
    if (!list->slots)
        build_index(list, kind, memory);
    struct value_slot *slot = find_slot(list, kind, value, hash_of(kind, value));
    if (!slot->hash)
        return false;
    uint32_t at = (uint32_t)slot->first;
    slot->first = list->entries[at].next;
    if (slot->first == NONE)
        slot->last = NONE;
    remove_entry(list, kind, at, memory);
    return true;
}

bool value_list_next(const struct value_list *list, uint32_t *position, struct cell *value, bool *is_null) {
    uint32_t at = *position < list->head ? list->head : *position;
    while (at < list->count && list->entries[at].is_removed)
        at++;
    *position = at + 1;
    if (at >= list->count)
        return false;
    *value = list->entries[at].value;
    *is_null = list->entries[at].is_null;
    return true;
}

bool value_list_last(const struct value_list *list, struct cell *value, bool *is_null) {
    for (uint32_t at = list->count; at-- > list->head;)
        if (!list->entries[at].is_removed) {
            *value = list->entries[at].value;
            *is_null = list->entries[at].is_null;
            return true;
        }
    return false;
}

void value_list_encode(const struct value_list *list, enum cell_kind kind, struct strbuf *out) {
    bytes_put_varint(out, list->live_count);
    uint32_t position = 0;
    struct cell value;
    for (bool is_null; value_list_next(list, &position, &value, &is_null);) {
        bytes_put_u8(out, is_null);
        if (!is_null)
            cell_encode(kind, value, out);
    }
}

void value_list_decode(struct value_list *list, const struct type *type, struct bytes_reader *reader,
                       struct state_memory *memory) {
    enum cell_kind kind = cell_kind_of(type);
    uint32_t count = bytes_get_count(reader, 1);
    for (uint32_t i = 0; i < count; i++) {
        struct cell value = {0};
        bool is_null = bytes_get_bool(reader);
        if (!is_null)
            value = cell_decode(kind, &type, 1, reader);
        if (reader->failed || value_list_append(list, kind, is_null ? NULL : &value, memory, NULL) != STATUS_OK) {
            bytes_refuse(reader);
            return;
        }
    }
}

void value_list_release(struct value_list *list, enum cell_kind kind, struct state_memory *memory) {
    for (uint32_t i = list->head; list->live_count && i < list->count; i++)
        if (!list->entries[i].is_removed && !list->entries[i].is_null)
            cell_disown(kind, &list->entries[i].value, memory);
    state_memory_release(memory, list->entries, list->capacity * sizeof *list->entries);
    state_memory_release(memory, list->slots, list->slot_capacity * sizeof *list->slots);
    *list = (struct value_list){0};
}
