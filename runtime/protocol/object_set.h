/* object_set.h: a set of objects by id, for "is it in that manifest?". In an arena; fixed after building. Pure. */
#pragma once

#include "runtime/protocol/manifest.h"

struct object_set {
    const struct object **slots; /* open addressing, at most half full; NULL: free */
    size_t capacity;             /* power of two */
    size_t count;
};

/* Room for `count` objects. */
void object_set_init(struct object_set *set, struct arena *arena, size_t count);
/* Borrows the object. One that is there already stays. */
void object_set_add(struct object_set *set, const struct object *object);
const struct object *object_set_find(const struct object_set *set, const struct object_id *id);
