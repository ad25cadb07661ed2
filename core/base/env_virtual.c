/* env_virtual.c: a world in memory. A file keeps how much of it was synced, and a crash cuts it back to that; names are
 * durable at once, as renames are in the contract. An open file outlives its name, as on a real disk. */
#include "core/base/env_virtual.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/str.h"

struct content {
    struct content *next;
    char *path; /* NULL when it was removed or replaced */
    struct strbuf data;
    size_t synced_size;
    unsigned open_count;
};

struct env_virtual {
    struct env env;
    struct content *contents;
    _Atomic int64_t now_us;
    _Atomic int64_t monotonic_us;
    uint64_t random_state;
    uint64_t operations;
    int64_t fail_in; /* operations until the failing one; -1 none */
    enum status fail_status;
    uint64_t capacity_bytes;
};

struct virtual_file {
    struct env_file base;
    struct content *content;
    size_t read_offset;
    bool writable;
};

static const char *content_name(const struct content *content) {
    return content->path ? content->path : "(removed)";
}

static struct env_virtual *world_of(struct env *env) {
    return (struct env_virtual *)env;
}

static int64_t virtual_now_us(struct env *env) {
    return world_of(env)->now_us;
}

static int64_t virtual_monotonic_us(struct env *env) {
    return world_of(env)->monotonic_us;
}

static uint64_t virtual_random_u64(struct env *env) {
    return hash_u64(world_of(env)->random_state += 0x9E3779B97F4A7C15ull);
}

/* Counts an operation that may fail, and fails it when it is its turn. */
static enum status operation(struct env_virtual *world, const char *what, const char *path, struct error *error) {
    world->operations++;
    if (world->fail_in < 0 || world->fail_in-- > 0)
        return STATUS_OK;
    return FAIL(error, world->fail_status, "%s \"%s\": failure on demand", what, path);
}

static struct content *content_find(struct env_virtual *world, const char *path) {
    for (struct content *content = world->contents; content; content = content->next)
        if (content->path && strcmp(content->path, path) == 0)
            return content;
    return NULL;
}

static struct content *content_new(struct env_virtual *world, const char *path) {
    struct content *content = memory_zalloc(sizeof *content);
    content->path = memory_strdup(path);
    strbuf_init(&content->data);
    content->next = world->contents;
    world->contents = content;
    return content;
}

/* Frees a file that has neither a name nor a user. */
static void content_drop(struct env_virtual *world, struct content *content) {
    if (content->path || content->open_count)
        return;
    struct content **link = &world->contents;
    while (*link != content)
        link = &(*link)->next;
    *link = content->next;
    strbuf_release(&content->data);
    free(content);
}

static void content_unname(struct env_virtual *world, struct content *content) {
    free(content->path);
    content->path = NULL;
    content_drop(world, content);
}

static enum status virtual_file_open(struct env *env, const char *path, enum env_open_mode mode, struct env_file **file,
                                     struct error *error) {
    struct env_virtual *world = world_of(env);
    TRY(operation(world, "cannot open", path, error));
    struct content *content = content_find(world, path);
    if (!content && mode == ENV_OPEN_READ)
        return FAIL(error, STATUS_UNDEFINED_FILE, "cannot open \"%s\": no such file", path);
    if (content && mode == ENV_OPEN_NEW)
        return FAIL(error, STATUS_FILE_ERROR, "cannot open \"%s\": file exists", path);
    if (!content)
        content = content_new(world, path);
    if (mode == ENV_OPEN_TRUNCATE) {
        strbuf_reset(&content->data);
        content->synced_size = 0;
    }
    content->open_count++;
    struct virtual_file *opened = memory_alloc(sizeof *opened);
    *opened = (struct virtual_file){.base.env = env, .content = content, .writable = mode != ENV_OPEN_READ};
    *file = &opened->base;
    return STATUS_OK;
}

static enum status virtual_file_read(struct env_file *file, void *data, size_t size, size_t *got, struct error *error) {
    struct virtual_file *virtual = (struct virtual_file *)file;
    struct content *content = virtual->content;
    TRY(operation(world_of(file->env), "cannot read", content_name(content), error));
    size_t left = content->data.size > virtual->read_offset ? content->data.size - virtual->read_offset : 0;
    *got = size < left ? size : left;
    if (*got)
        memcpy(data, content->data.data + virtual->read_offset, *got);
    virtual->read_offset += *got;
    return STATUS_OK;
}

static uint64_t used_bytes(const struct env_virtual *world) {
    uint64_t used = 0;
    for (const struct content *content = world->contents; content; content = content->next)
        used += content->data.size;
    return used;
}

static enum status virtual_file_write(struct env_file *file, const void *data, size_t size, struct error *error) {
    struct virtual_file *virtual = (struct virtual_file *)file;
    struct env_virtual *world = world_of(file->env);
    struct content *content = virtual->content;
    TRY(operation(world, "cannot write", content_name(content), error));
    if (!virtual->writable)
        return FAIL(error, STATUS_FILE_ERROR, "cannot write \"%s\": opened for reading", content_name(content));
    uint64_t used = used_bytes(world);
    uint64_t room = world->capacity_bytes > used ? world->capacity_bytes - used : 0;
    strbuf_append(&content->data, data, size < room ? size : (size_t)room);
    if (size > room)
        return FAIL(error, STATUS_DISK_FULL, "cannot write \"%s\": no space left", content_name(content));
    return STATUS_OK;
}

static enum status virtual_file_sync(struct env_file *file, struct error *error) {
    struct content *content = ((struct virtual_file *)file)->content;
    TRY(operation(world_of(file->env), "cannot sync", content_name(content), error));
    content->synced_size = content->data.size;
    return STATUS_OK;
}

static enum status virtual_file_size(struct env_file *file, uint64_t *size_bytes, struct error *error) {
    struct content *content = ((struct virtual_file *)file)->content;
    TRY(operation(world_of(file->env), "cannot examine", content_name(content), error));
    *size_bytes = content->data.size;
    return STATUS_OK;
}

static void virtual_file_close(struct env_file *file) {
    struct content *content = ((struct virtual_file *)file)->content;
    content->open_count--;
    content_drop(world_of(file->env), content);
    free(file);
}

static enum status virtual_path_rename(struct env *env, const char *from, const char *to, struct error *error) {
    struct env_virtual *world = world_of(env);
    TRY(operation(world, "cannot rename", from, error));
    struct content *content = content_find(world, from);
    if (!content)
        return FAIL(error, STATUS_UNDEFINED_FILE, "cannot rename \"%s\": no such file", from);
    struct content *replaced = content_find(world, to);
    if (replaced == content)
        return STATUS_OK;
    if (replaced)
        content_unname(world, replaced);
    free(content->path);
    content->path = memory_strdup(to);
    return STATUS_OK;
}

static enum status virtual_path_remove(struct env *env, const char *path, struct error *error) {
    struct env_virtual *world = world_of(env);
    TRY(operation(world, "cannot remove", path, error));
    struct content *content = content_find(world, path);
    if (!content)
        return FAIL(error, STATUS_UNDEFINED_FILE, "cannot remove \"%s\": no such file", path);
    content_unname(world, content);
    return STATUS_OK;
}

/* Folders are what the names of files say. */
static enum status virtual_folder_make(struct env *env, const char *path, struct error *error) {
    return operation(world_of(env), "cannot create folder", path, error);
}

static enum status virtual_folder_list(struct env *env, const char *path,
                                       void (*found)(void *context, const char *name), void *context,
                                       struct error *error) {
    struct env_virtual *world = world_of(env);
    TRY(operation(world, "cannot list", path, error));
    size_t size = strlen(path);
    bool any = false;
    for (struct content *content = world->contents; content; content = content->next) {
        if (!content->path || strncmp(content->path, path, size) != 0 || content->path[size] != '/')
            continue;
        const char *rest = content->path + size + 1;
        char *name = strndup(rest, strcspn(rest, "/"));
        ASSERT(name);
        found(context, name);
        free(name);
        any = true;
    }
    return any ? STATUS_OK : FAIL(error, STATUS_UNDEFINED_FILE, "cannot list \"%s\": no such folder", path);
}

static const struct env_class virtual_class = {
    .now_us = virtual_now_us,
    .monotonic_us = virtual_monotonic_us,
    .random_u64 = virtual_random_u64,
    .file_open = virtual_file_open,
    .file_read = virtual_file_read,
    .file_write = virtual_file_write,
    .file_sync = virtual_file_sync,
    .file_size = virtual_file_size,
    .file_close = virtual_file_close,
    .path_rename = virtual_path_rename,
    .path_remove = virtual_path_remove,
    .folder_make = virtual_folder_make,
    .folder_list = virtual_folder_list,
};

struct env_virtual *env_virtual_new(int64_t now_us, uint64_t seed) {
    struct env_virtual *world = memory_zalloc(sizeof *world);
    world->env.class = &virtual_class;
    world->now_us = now_us;
    world->random_state = seed;
    world->fail_in = -1;
    world->capacity_bytes = UINT64_MAX;
    return world;
}

void env_virtual_free(struct env_virtual *world) {
    while (world->contents) {
        struct content *content = world->contents;
        ASSERT(content->open_count == 0);
        content_unname(world, content);
    }
    free(world);
}

struct env *env_virtual_env(struct env_virtual *world) {
    return &world->env;
}

void env_virtual_advance(struct env_virtual *world, int64_t duration_us) {
    ASSERT(duration_us >= 0);
    world->monotonic_us += duration_us; /* first: who reads the wall clock and then this one never sees a leap */
    world->now_us += duration_us;
}

void env_virtual_set_now(struct env_virtual *world, int64_t now_us) {
    world->now_us = now_us;
}

void env_virtual_fail_at(struct env_virtual *world, int64_t operation_number, enum status status) {
    ASSERT(status != STATUS_OK);
    world->fail_in = operation_number;
    world->fail_status = status;
}

uint64_t env_virtual_operations(const struct env_virtual *world) {
    return world->operations;
}

void env_virtual_set_capacity(struct env_virtual *world, uint64_t size_bytes) {
    world->capacity_bytes = size_bytes;
}

void env_virtual_crash(struct env_virtual *world) {
    for (struct content *content = world->contents; content; content = content->next) {
        if (content->data.size > content->synced_size)
            content->data.size = content->synced_size;
    }
}
