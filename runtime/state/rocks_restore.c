/* rocks_restore.c: from the files of checkpoints to a database with the wanted key groups.
 *
 * The first source becomes the database: its SSTs are linked, its few other files copied, and what it has outside the wanted key groups is dropped
 * by range. Of further sources each is opened beside it and its wanted ranges are copied. Tables are told by their identity: ids differ between sources.
 * Invariant: a local name is one of the forms that RocksDB writes into a checkpoint, whatever the caller's names are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "executor/state_descriptor.h"
#include "runtime/state/entry_codec.h"
#include "runtime/state/rocks_parts.h"

enum { PATH_BYTES = 4096, COPY_BYTES = 64 << 10 };
#define ID_BYTES sizeof(uint32_t)

static void path_join(char path[PATH_BYTES], const char *folder, const char *name) {
    int size = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    ASSERT(size > 0 && size < PATH_BYTES);
}

/* ---- folders ---- */

struct name_list {
    char **items;
    size_t count, capacity;
};

static void collect_name(void *context, const char *name) {
    struct name_list *names = context;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return;
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? names->capacity * 2 : 32;
        names->items = memory_realloc(names->items, names->capacity * sizeof *names->items);
    }
    names->items[names->count++] = memory_strdup(name);
}

static void name_list_release(struct name_list *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

enum status rocks_folder_clear(struct env *env, const char *folder, bool remove_folder, struct error *error) {
    struct name_list names = {0};
    enum status status = env_folder_list(env, folder, collect_name, &names, error);
    if (status == STATUS_UNDEFINED_FILE) {
        name_list_release(&names);
        error_reset(error);
        return STATUS_OK;
    }
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++) {
        char path[PATH_BYTES];
        path_join(path, folder, names.items[i]);
        status = env_path_remove(env, path, error);
    }
    name_list_release(&names);
    if (status == STATUS_OK && remove_folder)
        status = env_path_remove(env, folder, error);
    return status;
}

/* What an earlier back-end left in the working folder: databases and checkpoints, folders of files. */
static enum status clear_working_folder(struct env *env, const char *folder, struct error *error) {
    struct name_list names = {0};
    enum status status = env_folder_list(env, folder, collect_name, &names, error);
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++) {
        const char *name = names.items[i];
        char path[PATH_BYTES];
        path_join(path, folder, name);
        bool ours =
            strcmp(name, "db") == 0 || strncmp(name, "source-", 7) == 0 || strncmp(name, "checkpoint-", 11) == 0;
        if (ours)
            status = rocks_folder_clear(env, path, true, error);
    }
    name_list_release(&names);
    return status;
}

/* ---- files of a source ---- */

static bool all_digits(const char *text, const char *end) {
    if (text == end)
        return false;
    for (; text < end; text++)
        if (*text < '0' || *text > '9')
            return false;
    return true;
}

/* The local part of a name: after the last '_'; NULL unless RocksDB would call a file of a checkpoint so. */
static const char *local_name(const char *name, bool *is_sst) {
    const char *local = strrchr(name, '_');
    local = local ? local + 1 : name;
    const char *end = local + strlen(local);
    *is_sst = end - local > 4 && strcmp(end - 4, ".sst") == 0;
    bool known = strcmp(local, "CURRENT") == 0 || (*is_sst && all_digits(local, end - 4)) ||
                 (strncmp(local, "MANIFEST-", 9) == 0 && all_digits(local + 9, end)) ||
                 (strncmp(local, "OPTIONS-", 8) == 0 && all_digits(local + 8, end));
    return known && strlen(local) < 64 ? local : NULL;
}

static enum status copy_bytes(struct env_file *from, struct env_file *to, struct error *error) {
    char *bytes = memory_alloc(COPY_BYTES);
    enum status status = STATUS_OK;
    for (size_t got = 1; status == STATUS_OK && got > 0;) {
        status = env_file_read(from, bytes, COPY_BYTES, &got, error);
        if (status == STATUS_OK && got > 0)
            status = env_file_write(to, bytes, got, error);
    }
    free(bytes);
    return status;
}

static enum status copy_file(struct env *env, const char *from_path, const char *to_path, struct error *error) {
    struct env_file *from, *to;
    TRY(env_file_open(env, from_path, ENV_OPEN_READ, &from, error));
    enum status status = env_file_open(env, to_path, ENV_OPEN_TRUNCATE, &to, error);
    if (status == STATUS_OK) {
        status = copy_bytes(from, to, error);
        env_file_close(to);
    }
    env_file_close(from);
    return status;
}

/* SSTs never change, so a second name for the same file will do; RocksDB rewrites the others. */
static enum status place_file(struct rocks_backend *backend, const char *from, const char *to, bool is_sst,
                              struct error *error) {
    if (is_sst && link(from, to) == 0)
        return STATUS_OK;
    return copy_file(backend->env, from, to, error);
}

static enum status place_source(struct rocks_backend *backend, const struct state_files *source, const char *folder,
                                bool inherit, struct error *error) {
    TRY(env_folder_make(backend->env, folder, error));
    for (uint32_t i = 0; i < source->count; i++) {
        bool is_sst;
        const char *local = local_name(source->items[i].name, &is_sst);
        if (!local)
            return FAIL(error, STATUS_FILE_ERROR, "\"%s\" is no file of a checkpoint of RocksDB",
                        source->items[i].name);
        char path[PATH_BYTES];
        path_join(path, folder, local);
        TRY(place_file(backend, source->items[i].path, path, is_sst, error));
        if (!inherit || !is_sst)
            continue;
        if (backend->inherited_count == backend->inherited_capacity) {
            backend->inherited_capacity = backend->inherited_capacity ? backend->inherited_capacity * 2 : 64;
            backend->inherited =
                memory_realloc(backend->inherited, backend->inherited_capacity * sizeof *backend->inherited);
        }
        backend->inherited[backend->inherited_count++] =
            (struct inherited_file){memory_strdup(local), memory_strdup(source->items[i].name)};
    }
    return STATUS_OK;
}

/* ---- catalogues ---- */

struct catalogue_entry {
    uint32_t id;
    struct state_descriptor descriptor;
    uint64_t rows;
};

struct catalogue {
    struct arena arena; /* descriptors' strings */
    struct catalogue_entry *entries;
    size_t count, capacity;
    uint32_t next_table_id;
};

static void catalogue_init(struct catalogue *catalogue) {
    *catalogue = (struct catalogue){.next_table_id = 0};
    arena_init(&catalogue->arena);
}

static void catalogue_release(struct catalogue *catalogue) {
    arena_release(&catalogue->arena);
    free(catalogue->entries);
}

static uint32_t id_of(const char *bytes) {
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* False for a record that means nothing. Records come in the order of ids, the next id first. */
static bool read_record(struct catalogue *catalogue, struct str key, struct str value) {
    if (key.size != 2 * ID_BYTES)
        return false;
    uint32_t id = id_of(key.data + ID_BYTES);
    struct bytes_reader reader = bytes_reader_of(value);
    if (id == 0) {
        catalogue->next_table_id = bytes_get_u32(&reader);
        return bytes_are_done(&reader) && catalogue->next_table_id > 0;
    }
    if (catalogue->count == catalogue->capacity) {
        catalogue->capacity = catalogue->capacity ? catalogue->capacity * 2 : 16;
        catalogue->entries = memory_realloc(catalogue->entries, catalogue->capacity * sizeof *catalogue->entries);
    }
    struct catalogue_entry *entry = &catalogue->entries[catalogue->count];
    *entry = (struct catalogue_entry){.id = id};
    state_descriptor_get(&reader, &catalogue->arena, &entry->descriptor);
    entry->rows = bytes_get_u64(&reader);
    if (!bytes_are_done(&reader) || id >= catalogue->next_table_id)
        return false;
    catalogue->count++;
    return true;
}

static enum status damaged(const struct rocks_backend *backend, struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "the catalogue of the state in \"%s\" is damaged", backend->folder);
}

static enum status catalogue_read(struct rocks_backend *backend, rocksdb_t *db, struct catalogue *catalogue,
                                  struct error *error) {
    const struct rocks_library *library = backend->library;
    rocksdb_iterator_t *iterator = library->create_iterator(db, backend->read_options);
    bool fine = true;
    for (library->iter_seek(iterator, "\0\0\0\0", ID_BYTES); library->iter_valid(iterator) && fine;
         library->iter_next(iterator)) {
        struct str key, value;
        key.data = library->iter_key(iterator, &key.size);
        if (key.size < ID_BYTES || id_of(key.data) != 0)
            break;
        value.data = library->iter_value(iterator, &value.size);
        fine = read_record(catalogue, key, value);
    }
    char *message = NULL;
    library->iter_get_error(iterator, &message);
    library->iter_destroy(iterator);
    TRY(rocks_check(backend, message, "reading", error));
    return fine && catalogue->next_table_id > 0 ? STATUS_OK : damaged(backend, error);
}

/* ---- the first source ---- */

static void adopt(struct rocks_backend *backend, const struct catalogue_entry *entry) {
    struct rocks_table *table = rocks_table_new(backend);
    table->id = entry->id;
    table->stored = true;
    table->rows = entry->rows;
    table->base.descriptor = entry->descriptor;
    table->base.descriptor.operator_id = memory_strdup(entry->descriptor.operator_id);
    table->base.descriptor.role = memory_strdup(entry->descriptor.role);
    table->base.descriptor.description = memory_strdup(entry->descriptor.description);
    struct state_table **end = &backend->base.tables;
    while (*end)
        end = &(*end)->next;
    *end = &table->base;
}

/* Drops a table's entries outside the wanted key groups; what is left of its rows is guessed from their share. */
static enum status narrow(struct rocks_backend *backend, struct rocks_table *table, const struct rocks_config *config,
                          struct error *error) {
    struct state_range wanted = state_range_all();
    wanted.first_key_group = config->first_key_group;
    wanted.end_key_group = config->end_key_group;
    uint32_t groups = wanted.end_key_group - wanted.first_key_group;
    if (groups == KEY_GROUP_COUNT)
        return STATUS_OK;
    table->rows = table->rows * groups / KEY_GROUP_COUNT;
    if (groups == 0)
        return rocks_range_drop(backend, table->id, (struct str){0}, (struct str){0}, error);
    struct strbuf start, end;
    strbuf_init(&start);
    strbuf_init(&end);
    entry_range_append(&start, &end, &wanted);
    enum status status = STATUS_OK;
    if (wanted.first_key_group > 0)
        status = rocks_range_drop(backend, table->id, (struct str){0}, strbuf_str(&start), error);
    if (status == STATUS_OK && end.size > 0)
        status = rocks_range_drop(backend, table->id, strbuf_str(&end), (struct str){0}, error);
    strbuf_release(&start);
    strbuf_release(&end);
    return status;
}

static enum status take_first(struct rocks_backend *backend, const struct rocks_config *config, struct error *error) {
    struct catalogue catalogue;
    catalogue_init(&catalogue);
    enum status status = catalogue_read(backend, backend->db, &catalogue, error);
    for (size_t i = 0; i < catalogue.count && status == STATUS_OK; i++)
        adopt(backend, &catalogue.entries[i]);
    backend->next_table_id = catalogue.next_table_id;
    for (struct state_table *table = backend->base.tables; table && status == STATUS_OK; table = table->next)
        status = narrow(backend, rocks_table_of(table), config, error);
    catalogue_release(&catalogue);
    return status;
}

/* ---- further sources ---- */

/* Copies one table's wanted entries from another database. */
static enum status copy_entries(struct rocks_backend *backend, rocksdb_iterator_t *from, uint32_t from_id,
                                struct rocks_table *to, const struct rocks_config *config, struct error *error) {
    const struct rocks_library *library = backend->library;
    char start[ID_BYTES] = {(char)(from_id >> 24), (char)(from_id >> 16), (char)(from_id >> 8), (char)from_id};
    for (library->iter_seek(from, start, sizeof start); library->iter_valid(from); library->iter_next(from)) {
        struct str key, value;
        key.data = library->iter_key(from, &key.size);
        if (key.size < ID_BYTES || id_of(key.data) != from_id)
            break;
        struct state_address address;
        struct str entry_key = {key.data + ID_BYTES, key.size - ID_BYTES};
        if (!entry_key_read(entry_key, to->base.descriptor.kind, &address))
            return rocks_damaged(backend, to, error);
        uint32_t key_group = address.hash >> 22;
        if (key_group < config->first_key_group)
            continue;
        if (key_group >= config->end_key_group)
            break;
        value.data = library->iter_value(from, &value.size);
        rocks_batch_put(backend, to, entry_key, value);
        to->rows++;
        TRY(rocks_batch_write_when_big(backend, error));
    }
    char *message = NULL;
    library->iter_get_error(from, &message);
    return rocks_check(backend, message, "reading", error);
}

static enum status copy_table(struct rocks_backend *backend, rocksdb_t *from, const struct catalogue_entry *entry,
                              const struct rocks_config *config, struct error *error) {
    const struct state_descriptor *descriptor = &entry->descriptor;
    struct state_table *table =
        state_table_find(&backend->base, descriptor->operator_id, descriptor->role, descriptor->instance);
    if (!table) {
        TRY(state_table_open(&backend->base, descriptor, &table, error));
        table->opened = false; /* nobody asked for it yet */
    }
    if (table->descriptor.kind != descriptor->kind || table->descriptor.version != descriptor->version)
        return FAIL(error, STATUS_UNSUPPORTED,
                    "state \"%s\" of operator \"%s\" has several versions in what is restored", descriptor->role,
                    descriptor->operator_id);
    rocks_table_of(table)->stored = true;
    rocksdb_iterator_t *iterator = backend->library->create_iterator(from, backend->read_options);
    enum status status = copy_entries(backend, iterator, entry->id, rocks_table_of(table), config, error);
    backend->library->iter_destroy(iterator);
    return status;
}

static enum status copy_source(struct rocks_backend *backend, rocksdb_t *from, const struct rocks_config *config,
                               struct error *error) {
    struct catalogue catalogue;
    catalogue_init(&catalogue);
    enum status status = catalogue_read(backend, from, &catalogue, error);
    for (size_t i = 0; i < catalogue.count && status == STATUS_OK; i++)
        status = copy_table(backend, from, &catalogue.entries[i], config, error);
    catalogue_release(&catalogue);
    return status != STATUS_OK ? status : rocks_batch_write(backend, error);
}

static enum status take_further(struct rocks_backend *backend, const struct rocks_config *config, uint32_t number,
                                struct error *error) {
    char folder[PATH_BYTES];
    int size = snprintf(folder, sizeof folder, "%s/source-%u", backend->folder, number);
    ASSERT(size > 0 && size < PATH_BYTES);
    TRY(place_source(backend, &config->sources[number], folder, false, error));
    rocksdb_t *from;
    rocksdb_column_family_handle_t *column_family;
    TRY(rocks_db_open(backend, folder, &from, &column_family, error));
    enum status status = copy_source(backend, from, config, error);
    backend->library->column_family_handle_destroy(column_family);
    backend->library->close(from);
    return status != STATUS_OK ? status : rocks_folder_clear(backend->env, folder, true, error);
}

enum status rocks_restore(struct rocks_backend *backend, const struct rocks_config *config, struct error *error) {
    TRY(env_folder_make(backend->env, backend->folder, error));
    TRY(clear_working_folder(backend->env, backend->folder, error));
    char folder[PATH_BYTES];
    path_join(folder, backend->folder, "db");
    if (config->source_count > 0)
        TRY(place_source(backend, &config->sources[0], folder, true, error));
    backend->library->options_set_create_if_missing(backend->options, config->source_count == 0);
    TRY(rocks_db_open(backend, folder, &backend->db, &backend->column_family, error));
    if (config->source_count > 0)
        TRY(take_first(backend, config, error));
    for (uint32_t i = 1; i < config->source_count; i++)
        TRY(take_further(backend, config, i, error));
    rocks_measure(backend);
    return STATUS_OK;
}
