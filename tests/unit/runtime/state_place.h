/* state_place.h: for tests of keyed state: a folder of its own, and a stand-in for the object store: checkpoints' files under their names. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "executor/state.h"
#include "runtime/state/memory_backend.h"
#include "runtime/state/rocks_backend.h"

/* Calls that fill `error`, and those that do not. */
#define OK(call)                                                        \
    do {                                                                \
        if ((call) != STATUS_OK)                                        \
            fail_msg("%s: %s; %s", #call, error.message, error.detail); \
    } while (0)

struct place {
    struct arena arena;
    char *folder;
    uint32_t incarnations;
    uint32_t uploads, uploads_shared; /* files that were new to the store */
};

static inline void place_open(struct place *place) {
    *place = (struct place){0};
    arena_init(&place->arena);
    const char *base = getenv("TMPDIR");
    place->folder = arena_printf(&place->arena, "%s/state-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    struct error error = {0};
    OK(env_folder_make(env_posix(), arena_printf(&place->arena, "%s/store", place->folder), &error));
}

static inline void place_remove_one(void *context, const char *name) {
    char path[4096];
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    snprintf(path, sizeof path, "%s/%s", (const char *)context, name);
    if (unlink(path) == 0 || rmdir(path) == 0)
        return;
    (void)!env_folder_list(env_posix(), path, place_remove_one, path, NULL);
    rmdir(path);
}

static inline void place_close(struct place *place) {
    place_remove_one((void *)"", place->folder + 1);
    arena_release(&place->arena);
}

static inline void place_read(const char *path, struct strbuf *out) {
    struct env_file *file;
    struct error error = {0};
    OK(env_file_open(env_posix(), path, ENV_OPEN_READ, &file, &error));
    char bytes[4096];
    for (size_t got = 1; got > 0;) {
        OK(env_file_read(file, bytes, sizeof bytes, &got, &error));
        strbuf_append(out, bytes, got);
    }
    env_file_close(file);
}

/* Writes what is not there yet; what is there must have the same content. Returns the files in the store. */
static inline struct state_files place_upload(struct place *place, const struct state_files *files) {
    struct state_file *items = ARENA_ARRAY(&place->arena, struct state_file, files->count + 1);
    struct strbuf bytes, stored;
    strbuf_init(&bytes);
    strbuf_init(&stored);
    for (uint32_t i = 0; i < files->count; i++) {
        const struct state_file *file = &files->items[i];
        items[i] = *file;
        items[i].name = arena_strdup(&place->arena, file->name);
        items[i].path = arena_printf(&place->arena, "%s/store/%s", place->folder, file->name);
        strbuf_reset(&bytes);
        place_read(file->path, &bytes);
        assert_int_equal(bytes.size, file->size_bytes);
        if (access(items[i].path, F_OK) == 0) {
            strbuf_reset(&stored);
            place_read(items[i].path, &stored);
            assert_true(str_equal(strbuf_str(&bytes), strbuf_str(&stored)));
            continue;
        }
        place->uploads++;
        place->uploads_shared += file->shared;
        struct env_file *target;
        struct error error = {0};
        OK(env_file_open(env_posix(), items[i].path, ENV_OPEN_NEW, &target, &error));
        OK(env_file_write(target, bytes.data, bytes.size, &error));
        env_file_close(target);
    }
    strbuf_release(&bytes);
    strbuf_release(&stored);
    return (struct state_files){items, files->count};
}

static inline struct rocks_config place_config(struct place *place, struct state_budget *budget,
                                               const struct state_files *sources, uint32_t source_count) {
    place->incarnations++;
    return (struct rocks_config){
        .budget = budget,
        .env = env_posix(),
        .folder = arena_printf(&place->arena, "%s/work-%u", place->folder, place->incarnations % 4),
        .incarnation = arena_printf(&place->arena, "i%u", place->incarnations),
        .share_count = 1,
        .sources = sources,
        .source_count = source_count,
        .end_key_group = KEY_GROUP_COUNT,
    };
}

/* From begin to the files in the store, at once. */
static inline struct state_files place_checkpoint(struct place *place, struct state_backend *backend) {
    struct error error = {0};
    OK(state_checkpoint_begin(backend, &error));
    struct state_files files;
    for (bool done = false; !done;)
        OK(state_checkpoint_finish(backend, &files, &done, &error));
    struct state_files stored = place_upload(place, &files);
    OK(state_checkpoint_release(backend, &error));
    return stored;
}
