/* state_chains.c: objects of a manifest, grouped by task. Invariant: after loading, every operator has chains, and
 * these have every key group once. */
#include "runtime/checkpoint/state_chains.h"

#include <string.h>

#include "core/base/fault.h"
#include "core/base/hash.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/protocol/object_set.h"

static enum status unusable(const char *what, struct error *error) {
    return FAIL(error, STATUS_CHECKPOINT_UNUSABLE, "the checkpoint %s", what);
}

static enum status load_layer(struct store *store, const struct object *object, struct arena *arena,
                              struct state_file *file, struct error *error) {
    struct strbuf *bytes = ARENA_NEW(arena, struct strbuf);
    strbuf_init(bytes);
    arena_on_release(arena, (void (*)(void *))strbuf_release, bytes);
    strbuf_reserve(bytes, object->size_bytes);
    enum answer answer = checkpoint_get(store, object, bytes, error);
    if (answer != ANSWER_OK)
        return error->status;
    return state_file_read(bytes->data, bytes->size, arena, file, error);
}

static bool same_operators(const struct state_chain *chain, const struct state_file *file) {
    if (chain->operator_count != file->operator_count)
        return false;
    for (uint32_t i = 0; i < chain->operator_count; i++)
        if (chain->operators[i].node_id != file->operators[i].node_id)
            return false;
    return true;
}

static void begin_chain(struct state_chain *chain, const struct object *object, const struct state_file *file,
                        uint32_t layers_max, struct arena *arena) {
    *chain = (struct state_chain){.task = object->id.task,
                                  .first_key_group = object->key_group_first,
                                  .end_key_group = object->key_group_last + 1,
                                  .operators = file->operators,
                                  .operator_count = file->operator_count};
    chain->layers = ARENA_ARRAY(arena, struct str *, chain->operator_count);
    for (uint32_t i = 0; i < chain->operator_count; i++)
        chain->layers[i] = ARENA_ARRAY(arena, struct str, layers_max);
}

/* Those of the newest layer. */
static enum status set_files(struct state_chain *chain, const struct state_file *file, const struct object_set *objects,
                             struct arena *arena, struct error *error) {
    struct stored_file *files = ARENA_ARRAY(arena, struct stored_file, file->part_count);
    for (uint32_t i = 0; i < file->part_count; i++) {
        const struct state_file_part *part = &file->parts[i];
        const struct object *object = object_set_find(objects, &part->object);
        if (!object)
            return unusable("names a file that it does not have", error);
        files[i] =
            (struct stored_file){.name = arena_strndup(arena, part->name.data, part->name.size), .object = *object};
    }
    chain->files = files;
    chain->file_count = file->part_count;
    return STATUS_OK;
}

static enum status add_layer(struct state_chains *chains, const struct object *object, const struct state_file *file,
                             uint32_t layers_max, struct arena *arena, struct error *error) {
    struct state_chain *last = chains->count ? &chains->chains[chains->count - 1] : NULL;
    bool goes_on = last && last->task == object->id.task;
    if (!goes_on && file->delta)
        return unusable("begins with a delta", error);
    if (!goes_on && last && last->task > object->id.task)
        return unusable("has its state in no order", error);
    if (!goes_on)
        begin_chain(last = &chains->chains[chains->count++], object, file, layers_max, arena);
    else if (!file->delta)
        last->layer_count = 0;
    if (!same_operators(last, file) || last->first_key_group != object->key_group_first ||
        last->end_key_group != object->key_group_last + 1)
        return unusable("has layers of different operators", error);
    for (uint32_t i = 0; i < last->operator_count; i++)
        last->layers[i][last->layer_count] = file->snapshots[i];
    last->layer_count++;
    return STATUS_OK;
}

static int operator_in(const struct state_chain *chain, uint32_t node_id) {
    for (uint32_t i = 0; i < chain->operator_count; i++)
        if (chain->operators[i].node_id == node_id)
            return (int)i;
    return -1;
}

/* All key groups, each once, in order. */
static enum status check_operator(const struct state_chains *chains, const struct state_file_operator *identity,
                                  struct error *error) {
    uint32_t next = 0, found = 0;
    for (uint32_t i = 0; i < chains->count; i++) {
        const struct state_chain *chain = &chains->chains[i];
        if (operator_in(chain, identity->node_id) < 0)
            continue;
        if (chain->first_key_group != next)
            return unusable("lacks key groups, or has them twice", error);
        next = chain->end_key_group;
        found++;
    }
    if (found == 0)
        return FAIL(error, STATUS_CHECKPOINT_UNUSABLE, "operator %u (%.*s) has no state in the checkpoint",
                    identity->node_id, STR_FORMAT(identity->name));
    return next == KEY_GROUP_COUNT ? STATUS_OK : unusable("lacks key groups, or has them twice", error);
}

static enum status check_foreign(const struct state_chain *chain, const struct state_file_operator *identities,
                                 uint32_t operator_count, struct error *error) {
    for (uint32_t i = 0; i < chain->operator_count; i++) {
        bool known = false;
        for (uint32_t j = 0; j < operator_count && !known; j++)
            known = identities[j].node_id == chain->operators[i].node_id;
        if (!known)
            return unusable("has more operators than the query", error);
    }
    return STATUS_OK;
}

/* Those of the objects that are layers; a task's stand together. The files go into the set. */
static const struct object **list_layers(const struct manifest *manifest, struct arena *arena, struct object_set *files,
                                         uint32_t *count) {
    const struct object **layers = ARENA_ARRAY(arena, const struct object *, manifest->object_count);
    object_set_init(files, arena, manifest->object_count);
    *count = 0;
    for (uint32_t i = 0; i < manifest->object_count; i++)
        if (manifest->objects[i].id.kind == OBJECT_FILE)
            object_set_add(files, &manifest->objects[i]);
        else
            layers[(*count)++] = &manifest->objects[i];
    return layers;
}

static enum status load_layers(struct store *store, const struct manifest *manifest, struct arena *arena,
                               struct state_chains *chains, struct error *error) {
    uint32_t count;
    struct object_set files;
    const struct object **layers = list_layers(manifest, arena, &files, &count);
    for (uint32_t i = 0; i < count;) {
        uint32_t end = i;
        while (end < count && layers[end]->id.task == layers[i]->id.task)
            end++;
        struct state_file file = {0};
        for (uint32_t first = i; i < end; i++) {
            TRY(load_layer(store, layers[i], arena, &file, error));
            TRY(add_layer(chains, layers[i], &file, end - first, arena, error));
        }
        TRY(set_files(&chains->chains[chains->count - 1], &file, &files, arena, error));
    }
    return STATUS_OK;
}

enum status state_chains_load(struct store *store, const struct manifest *manifest,
                              const struct state_file_operator *identities, uint32_t operator_count,
                              struct arena *arena, struct state_chains *chains, struct error *error) {
    (void)fault_point(FAULT_RESTORE);
    *chains = (struct state_chains){.chains = ARENA_ARRAY(arena, struct state_chain, manifest->object_count)};
    TRY(load_layers(store, manifest, arena, chains, error));
    for (uint32_t i = 0; i < chains->count; i++)
        TRY(check_foreign(&chains->chains[i], identities, operator_count, error));
    for (uint32_t i = 0; i < operator_count && chains->count > 0; i++)
        TRY(check_operator(chains, &identities[i], error));
    return STATUS_OK;
}

struct snapshot_reader *state_chains_readers(const struct state_chains *chains, uint32_t node_id, bool of_all,
                                             uint32_t first_key_group, uint32_t end_key_group, struct arena *arena,
                                             uint32_t *count) {
    struct snapshot_reader *readers = ARENA_ARRAY(arena, struct snapshot_reader, chains->count);
    *count = 0;
    for (uint32_t i = 0; i < chains->count; i++) {
        const struct state_chain *chain = &chains->chains[i];
        int index = operator_in(chain, node_id);
        bool overlaps = chain->first_key_group < end_key_group && first_key_group < chain->end_key_group;
        if (index < 0 || (!overlaps && !of_all))
            continue;
        struct snapshot_reader *reader = &readers[(*count)++];
        snapshot_reader_init_layers(reader, chain->layers[index], chain->layer_count);
        reader->first_key_group = first_key_group;
        reader->end_key_group = end_key_group;
        reader->counted_elsewhere = chain->first_key_group < first_key_group || chain->first_key_group >= end_key_group;
    }
    return readers;
}
