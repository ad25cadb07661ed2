/* file_set.h: the files of a task's back-end in one epoch, by name, and the objects that hold them. */
#pragma once

#include "core/base/arena.h"
#include "runtime/protocol/manifest.h"

struct stored_file {
    const char *name; /* of executor/state.h: equal names have equal contents */
    struct object object;
};

struct file_set {
    struct arena arena;
    struct stored_file *items; /* by name, in byte order */
    uint32_t count;
};

void file_set_init(struct file_set *set);
void file_set_release(struct file_set *set);
/* Instead of what the set had; everything is copied. Names are unlike one another. */
void file_set_assign(struct file_set *set, const struct stored_file *files, uint32_t count);
const struct object *file_set_find(const struct file_set *set, const char *name); /* NULL: none */
