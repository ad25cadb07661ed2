/* object_set.c: open addressing over the hash of the encoded id. Invariant: never more than half full. Pure. */
#include "runtime/protocol/object_set.h"

#include <string.h>

static size_t hash_id(const struct object_id *id) {
    uint8_t bytes[OBJECT_ID_SIZE];
    struct byte_writer writer = {.data = bytes, .capacity = sizeof bytes};
    write_object_id(&writer, id);
    struct digest digest = digest_of(bytes, writer.size);
    size_t hash;
    memcpy(&hash, digest.bytes, sizeof hash);
    return hash;
}

void object_set_init(struct object_set *set, struct arena *arena, size_t count) {
    *set = (struct object_set){.capacity = 8};
    while (set->capacity < 2 * count)
        set->capacity *= 2;
    set->slots = ARENA_ARRAY(arena, const struct object *, set->capacity);
}

static size_t find_slot(const struct object_set *set, const struct object_id *id) {
    size_t i = hash_id(id) & (set->capacity - 1);
    while (set->slots[i] != NULL && !object_id_equal(&set->slots[i]->id, id))
        i = (i + 1) & (set->capacity - 1);
    return i;
}

void object_set_add(struct object_set *set, const struct object *object) {
    size_t i = find_slot(set, &object->id);
    if (set->slots[i] != NULL)
        return;
    ASSERT(2 * (set->count + 1) <= set->capacity);
    set->slots[i] = object;
    set->count++;
}

const struct object *object_set_find(const struct object_set *set, const struct object_id *id) {
    return set->capacity == 0 ? NULL : set->slots[find_slot(set, id)];
}
