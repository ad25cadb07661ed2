/* file_set.c: a sorted list. */
#include "runtime/checkpoint/file_set.h"

#include <stdlib.h>
#include <string.h>

void file_set_init(struct file_set *set) {
    *set = (struct file_set){.count = 0};
    arena_init(&set->arena);
}

void file_set_release(struct file_set *set) {
    arena_release(&set->arena);
}

static int compare_names(const void *left, const void *right) {
    return strcmp(((const struct stored_file *)left)->name, ((const struct stored_file *)right)->name);
}

void file_set_assign(struct file_set *set, const struct stored_file *files, uint32_t count) {
    arena_reset(&set->arena);
    set->items = arena_copy(&set->arena, files, count * sizeof *files);
    set->count = count;
    for (uint32_t i = 0; i < count; i++)
        set->items[i].name = arena_strdup(&set->arena, files[i].name);
    if (count > 0)
        qsort(set->items, count, sizeof *set->items, compare_names);
}

const struct object *file_set_find(const struct file_set *set, const char *name) {
    struct stored_file wanted = {.name = name};
    const struct stored_file *found =
        set->count ? bsearch(&wanted, set->items, set->count, sizeof *set->items, compare_names) : NULL;
    return found ? &found->object : NULL;
}
