/* rocks_checkpoint.c: a consistent set of files while processing goes on. Phases and epochs: rocks_parts.h.
 *
 *   begin   the catalogue goes into the batch; from now on entries count as owed or held
 *   step    a sweep over all tables and key groups writes back what is owed
 *   finish  memtables are flushed in the background; when they are on disk, hard links are made
 *   release the links go, and what was put off is done: tables dropped since begin
 *
 * Invariant: between begin and MADE nothing reaches RocksDB but begin-time values, so whatever it holds when links are made is the
 * state at begin. Drops of tables are deletions and wait as well. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "executor/state_descriptor.h"
#include "runtime/state/rocks_parts.h"

enum { PATH_BYTES = 4096 };

void file_list_release(struct file_list *files) {
    for (size_t i = 0; i < files->count; i++) {
        free((char *)files->items[i].name);
        free((char *)files->items[i].path);
    }
    free(files->items);
    *files = (struct file_list){0};
}

/* ---- begin ---- */

static void catalogue_put(struct rocks_backend *backend, uint32_t id, struct str value) {
    struct rocks_table catalogue = {0};
    uint32_t key = htobe32(id);
    rocks_batch_put(backend, &catalogue, (struct str){(const char *)&key, sizeof key}, value);
}

static void catalogue_write(struct rocks_backend *backend) {
    struct strbuf value;
    strbuf_init(&value);
    bytes_put_u32(&value, backend->next_table_id);
    catalogue_put(backend, 0, strbuf_str(&value));
    for (struct state_table *table = backend->base.tables; table; table = table->next) {
        strbuf_reset(&value);
        state_descriptor_put(&value, &table->descriptor);
        bytes_put_u64(&value, rocks_table_of(table)->rows);
        catalogue_put(backend, rocks_table_of(table)->id, strbuf_str(&value));
    }
    strbuf_release(&value);
}

enum status rocks_checkpoint_begin(struct state_backend *base, struct error *error) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    ASSERT(backend->phase == PHASE_IDLE);
    TRY(rocks_batch_write(backend, error));
    backend->epoch++;
    backend->phase = PHASE_WRITING;
    backend->checkpoint_number++;
    backend->sweep_table = rocks_table_of(base->tables);
    backend->sweep_group = 0;
    catalogue_write(backend);
    return rocks_batch_write(backend, error);
}

/* ---- step ---- */

struct sweep {
    struct rocks_backend *backend;
    struct rocks_table *table;
    uint32_t seen;
};

static bool write_back_owed(void *context, struct hot_entry *entry) {
    struct sweep *sweep = context;
    sweep->seen++;
    if (entry_is_owed(sweep->backend, entry))
        rocks_write_back(sweep->backend, sweep->table, entry);
    return false;
}

static void sweep_next(struct rocks_backend *backend) {
    if (backend->sweep_table->hot.count > 0 && ++backend->sweep_group < KEY_GROUP_COUNT)
        return;
    backend->sweep_table = rocks_table_of(backend->sweep_table->base.next);
    backend->sweep_group = 0;
}

enum status rocks_checkpoint_step(struct state_backend *base, uint32_t entries, bool *done, struct error *error) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    ASSERT(backend->phase == PHASE_WRITING);
    struct sweep sweep = {.backend = backend};
    while (backend->sweep_table && sweep.seen < entries) {
        sweep.table = backend->sweep_table;
        size_t before = sweep.table->hot.bytes;
        hot_table_sweep(&sweep.table->hot, backend->sweep_group, write_back_owed, &sweep);
        rocks_account(backend, sweep.table, before); /* maps may shrink */
        TRY(rocks_batch_write_when_big(backend, error));
        sweep_next(backend);
    }
    *done = !backend->sweep_table;
    return STATUS_OK;
}

enum status rocks_checkpoint_forget(struct rocks_backend *backend, struct rocks_table *table, struct error *error) {
    if (backend->phase == PHASE_WRITING) {
        struct sweep sweep = {.backend = backend, .table = table};
        for (uint32_t group = 0; group < KEY_GROUP_COUNT; group++)
            hot_table_sweep(&table->hot, group, write_back_owed, &sweep);
        if (backend->sweep_table == table) {
            backend->sweep_table = rocks_table_of(table->base.next);
            backend->sweep_group = 0;
        }
    }
    bool put_off = backend->phase == PHASE_WRITING || backend->phase == PHASE_FLUSHING;
    if (put_off && backend->deferred_count == backend->deferred_capacity) {
        backend->deferred_capacity = backend->deferred_capacity ? backend->deferred_capacity * 2 : 16;
        backend->deferred_drops =
            memory_realloc(backend->deferred_drops, backend->deferred_capacity * sizeof *backend->deferred_drops);
    }
    if (put_off)
        backend->deferred_drops[backend->deferred_count++] = table->id;
    uint32_t key = htobe32(table->id);
    struct rocks_table catalogue = {0};
    if (!put_off)
        rocks_batch_delete(backend, &catalogue, (struct str){(const char *)&key, sizeof key});
    return rocks_batch_write_when_big(backend, error);
}

/* ---- finish ---- */

static uint64_t property(const struct rocks_backend *backend, const char *name) {
    uint64_t value = 0;
    return backend->library->property_int(backend->db, name, &value) == 0 ? value : 0;
}

static enum status flush(struct rocks_backend *backend, bool wait, struct error *error) {
    const struct rocks_library *library = backend->library;
    rocksdb_flushoptions_t *options = library->flushoptions_create();
    library->flushoptions_set_wait(options, wait);
    char *message = NULL;
    library->flush(backend->db, options, &message);
    library->flushoptions_destroy(options);
    return rocks_check(backend, message, "flushing", error);
}

/* The name of a file in checkpoints: SSTs keep theirs for life, the few others are new each time. */
static char *name_of(const struct rocks_backend *backend, const char *local, bool shared) {
    for (size_t i = 0; i < backend->inherited_count; i++)
        if (shared && strcmp(backend->inherited[i].local, local) == 0)
            return memory_strdup(backend->inherited[i].name);
    char name[PATH_BYTES];
    int size = shared ? snprintf(name, sizeof name, "%s_%s", backend->incarnation, local)
                      : snprintf(name, sizeof name, "%s_%llu_%s", backend->incarnation,
                                 (unsigned long long)backend->checkpoint_number, local);
    ASSERT(size > 0 && (size_t)size < sizeof name);
    return memory_strdup(name);
}

struct listing {
    struct rocks_backend *backend;
    const char *folder;
};

static void list_file(void *context, const char *local) {
    const struct listing *listing = context;
    struct file_list *files = &listing->backend->files;
    if (local[0] == '.')
        return;
    char path[PATH_BYTES];
    int path_size = snprintf(path, sizeof path, "%s/%s", listing->folder, local);
    ASSERT(path_size > 0 && (size_t)path_size < sizeof path);
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].path, path) == 0)
            return; /* folders may be listed twice */
    if (files->count == files->capacity) {
        files->capacity = files->capacity ? files->capacity * 2 : 64;
        files->items = memory_realloc(files->items, files->capacity * sizeof *files->items);
    }
    size_t size = strlen(local);
    bool shared = size > 4 && strcmp(local + size - 4, ".sst") == 0;
    files->items[files->count++] = (struct state_file){
        .name = name_of(listing->backend, local, shared), .path = memory_strdup(path), .shared = shared};
}

static enum status list_files(struct rocks_backend *backend, const char *folder, struct error *error) {
    file_list_release(&backend->files);
    struct listing listing = {backend, folder};
    TRY(env_folder_list(backend->env, folder, list_file, &listing, error));
    for (size_t i = 0; i < backend->files.count; i++) {
        struct state_file *file = &backend->files.items[i];
        struct env_file *opened;
        TRY(env_file_open(backend->env, file->path, ENV_OPEN_READ, &opened, error));
        enum status status = env_file_size(opened, &file->size_bytes, error);
        env_file_close(opened);
        TRY(status);
    }
    return STATUS_OK;
}

static void checkpoint_folder(const struct rocks_backend *backend, char folder[PATH_BYTES]) {
    int size = snprintf(folder, PATH_BYTES, "%s/checkpoint-%llu", backend->folder,
                        (unsigned long long)backend->checkpoint_number);
    ASSERT(size > 0 && size < PATH_BYTES);
}

static enum status make_links(struct rocks_backend *backend, struct error *error) {
    const struct rocks_library *library = backend->library;
    char folder[PATH_BYTES];
    checkpoint_folder(backend, folder);
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint = library->checkpoint_object_create(backend->db, &message);
    TRY(rocks_check(backend, message, "preparing a checkpoint", error));
    library->checkpoint_create(checkpoint, folder, 0, &message);
    library->checkpoint_object_destroy(checkpoint);
    TRY(rocks_check(backend, message, "a checkpoint", error));
    return list_files(backend, folder, error);
}

enum status rocks_checkpoint_finish(struct state_backend *base, struct state_files *files, bool *done,
                                    struct error *error) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    *done = false;
    if (backend->phase == PHASE_WRITING) {
        bool swept;
        TRY(rocks_checkpoint_step(base, UINT32_MAX, &swept, error));
        TRY(rocks_batch_write(backend, error));
        TRY(flush(backend, false, error));
        backend->phase = PHASE_FLUSHING;
    }
    if (backend->phase == PHASE_FLUSHING) {
        if (property(backend, "rocksdb.background-errors") > 0)
            TRY(flush(backend, true, error)); /* says which */
        if (property(backend, "rocksdb.num-immutable-mem-table") > 0)
            return STATUS_OK;
        TRY(make_links(backend, error));
        backend->phase = PHASE_MADE;
    }
    *files = (struct state_files){backend->files.items, (uint32_t)backend->files.count};
    *done = true;
    return STATUS_OK;
}

enum status rocks_checkpoint_release(struct state_backend *base, struct error *error) {
    struct rocks_backend *backend = (struct rocks_backend *)base;
    bool made = backend->phase == PHASE_MADE;
    backend->phase = PHASE_IDLE;
    for (size_t i = 0; i < backend->deferred_count; i++) {
        uint32_t key = htobe32(backend->deferred_drops[i]);
        struct rocks_table catalogue = {0};
        rocks_batch_delete(backend, &catalogue, (struct str){(const char *)&key, sizeof key});
        TRY(rocks_range_drop(backend, backend->deferred_drops[i], (struct str){0}, (struct str){0}, error));
    }
    backend->deferred_count = 0;
    file_list_release(&backend->files);
    if (!made)
        return STATUS_OK;
    char folder[PATH_BYTES];
    checkpoint_folder(backend, folder);
    return rocks_folder_clear(backend->env, folder, true, error);
}
