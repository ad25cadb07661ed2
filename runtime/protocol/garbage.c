/* garbage.c: which objects may go. Invariant: nothing that a retained manifest names, nothing that is not decided yet,
 * nothing of a newer generation, and no log whose marker was not seen is ever in a delete action. Pure; one arena a run. */
#include "runtime/protocol/garbage.h"

#include <string.h>

#include "runtime/protocol/planted.h"

void garbage_init(struct garbage *garbage, const struct garbage_options *options) {
    ASSERT(options->retained >= 1);
    memset(garbage, 0, sizeof *garbage);
    garbage->options = *options;
    arena_init(&garbage->arena);
}

void garbage_release(struct garbage *garbage) {
    arena_release(&garbage->arena);
}

static bool ask(struct garbage *garbage, struct garbage_action *action, enum garbage_state state,
                enum garbage_action_kind kind) {
    garbage->state = state;
    garbage->request = ++garbage->requests;
    *action = (struct garbage_action){.kind = kind, .request = garbage->request};
    return true;
}

static bool end(struct garbage *garbage, struct garbage_action *action, enum garbage_state state) {
    garbage->state = state;
    garbage->request = 0;
    *action = (struct garbage_action){.kind = GARBAGE_ACTION_ENDED};
    return true;
}

static void add_root(struct garbage *garbage, const struct manifest_reference *reference, bool is_chain) {
    for (uint32_t i = 0; i < garbage->root_count; i++)
        if (manifest_reference_equal(&garbage->roots[i], reference))
            return;
    ASSERT(garbage->root_count < garbage->root_capacity);
    garbage->roots[garbage->root_count] = *reference;
    garbage->root_is_chain[garbage->root_count++] = is_chain;
}

static bool is_ours(const struct garbage *garbage, const struct garbage_event *event) {
    return event->answer == ANSWER_OK && incarnation_equal(&event->head.job, &garbage->options.job) &&
           incarnation_equal(&event->head.owner, &garbage->options.owner) &&
           event->head.generation == garbage->options.generation;
}

static void push_id(struct garbage *garbage, struct object_id **ids, uint32_t *count, uint32_t *capacity,
                    const struct object_id *id) {
    if (*count == *capacity) {
        uint32_t grown_capacity = *capacity ? *capacity * 2 : 256;
        struct object_id *grown = arena_alloc(&garbage->arena, grown_capacity * sizeof *grown);
        if (*count > 0)
            memcpy(grown, *ids, *count * sizeof *grown);
        *ids = grown;
        *capacity = grown_capacity;
    }
    (*ids)[(*count)++] = *id;
}

static bool manifest_is_live(const struct garbage *garbage, const struct object_id *id) {
    for (uint32_t i = 0; i < garbage->root_count; i++)
        if (object_id_equal(&garbage->roots[i].id, id))
            return true;
    return false;
}

static bool is_garbage(const struct garbage *garbage, const struct object_id *id, int64_t age_ms) {
    const struct garbage_options *options = &garbage->options;
    if (!incarnation_equal(&id->job, &options->job))
        return false;
    if (id->generation > options->generation && !PLANTED(GARBAGE_UNCHECKED))
        return false;
    if (id->generation == options->generation && id->epoch > garbage->head.epoch)
        return false;
    if (id->kind == OBJECT_LOG && id->epoch > options->published_epoch && !PLANTED(GARBAGE_BEFORE_MARKER))
        return false;
    if (age_ms < options->grace_ms)
        return false;
    return id->kind == OBJECT_MANIFEST ? !manifest_is_live(garbage, id) : object_set_find(&garbage->live, id) == NULL;
}

/* Epoch first, then who wrote it: along a chain of parents this is from oldest to newest. */
static bool is_older(const struct object_id *a, const struct object_id *b) {
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch;
    if (a->generation != b->generation)
        return a->generation < b->generation;
    return a->attempt < b->attempt;
}

static void sort_oldest_first(struct object_id *ids, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        struct object_id id = ids[i];
        uint32_t j = i;
        for (; j > 0 && is_older(&id, &ids[j - 1]); j--)
            ids[j] = ids[j - 1];
        ids[j] = id;
    }
}

static void build_live(struct garbage *garbage) {
    size_t count = 0;
    for (uint32_t i = 0; i < garbage->manifest_count; i++) {
        const struct manifest *manifest = &garbage->manifests[i];
        count += manifest->object_count;
        for (uint32_t j = 0; j < manifest->lane_count; j++)
            for (uint32_t k = 0; k < manifest->lanes[j].pending_count; k++)
                count += manifest->lanes[j].pending[k].segment_count;
    }
    object_set_init(&garbage->live, &garbage->arena, count);
    for (uint32_t i = 0; i < garbage->manifest_count; i++) {
        const struct manifest *manifest = &garbage->manifests[i];
        for (uint32_t j = 0; j < manifest->object_count; j++)
            object_set_add(&garbage->live, &manifest->objects[j]);
        for (uint32_t j = 0; j < manifest->lane_count && !PLANTED(GARBAGE_BEFORE_MARKER); j++)
            for (uint32_t k = 0; k < manifest->lanes[j].pending_count; k++) {
                const struct log_epoch *log = &manifest->lanes[j].pending[k];
                for (uint32_t l = 0; l < log->segment_count; l++)
                    object_set_add(&garbage->live, &log->segments[l]);
            }
    }
}

static bool list(struct garbage *garbage, struct garbage_action *action) {
    ask(garbage, action, GARBAGE_LISTING, GARBAGE_ACTION_LIST);
    action->page = garbage->page++;
    return true;
}

/* Whatever is next: a batch of data, another page, a batch of manifests, or the end. */
static bool go_on(struct garbage *garbage, struct garbage_action *action) {
    if (garbage->data_done < garbage->data_count || (!garbage->more && garbage->dead_done < garbage->dead_count))
        return ask(garbage, action, GARBAGE_CHECKING_HEAD, GARBAGE_ACTION_READ_HEAD);
    garbage->data_count = garbage->data_done = 0;
    return garbage->more ? list(garbage, action) : end(garbage, action, GARBAGE_DONE);
}

static bool read_next_manifest(struct garbage *garbage, struct garbage_action *action) {
    /* Savepoints after the chain, so that one which is in it does not cut it short. */
    if (garbage->root_read == garbage->root_count && garbage->savepoint_count > 0) {
        for (uint32_t i = 0; i < garbage->savepoint_count && !PLANTED(GARBAGE_IGNORES_SAVEPOINTS); i++)
            add_root(garbage, &garbage->savepoints[i].manifest, false);
        garbage->savepoint_count = 0;
    }
    if (garbage->root_read == garbage->root_count) {
        build_live(garbage);
        garbage->more = true;
        return list(garbage, action);
    }
    ask(garbage, action, GARBAGE_READING_MANIFESTS, GARBAGE_ACTION_READ_MANIFEST);
    action->reference = garbage->roots[garbage->root_read];
    return true;
}

static bool on_head(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    if (!is_ours(garbage, event))
        return end(garbage, action, GARBAGE_GIVEN_UP);
    garbage->head = event->head;
    return ask(garbage, action, GARBAGE_READING_SAVEPOINTS, GARBAGE_ACTION_READ_SAVEPOINTS);
}

static bool on_savepoints(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    if (event->answer != ANSWER_OK || event->savepoint_count > GARBAGE_SAVEPOINTS_MAX)
        return end(garbage, action, GARBAGE_GIVEN_UP);
    garbage->root_capacity = event->savepoint_count + garbage->options.retained;
    garbage->roots = ARENA_ARRAY(&garbage->arena, struct manifest_reference, garbage->root_capacity);
    garbage->root_is_chain = ARENA_ARRAY(&garbage->arena, bool, garbage->root_capacity);
    garbage->manifests = ARENA_ARRAY(&garbage->arena, struct manifest, garbage->root_capacity);
    garbage->chain_left = garbage->options.retained - 1;
    garbage->savepoints =
        arena_copy(&garbage->arena, event->savepoints, event->savepoint_count * sizeof *event->savepoints);
    garbage->savepoint_count = event->savepoint_count;
    add_root(garbage, &garbage->head.manifest, true);
    return read_next_manifest(garbage, action);
}

static bool on_manifest(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    uint32_t root = garbage->root_read;
    const struct manifest_reference *reference = &garbage->roots[root];
    struct manifest *manifest = &garbage->manifests[garbage->manifest_count];
    struct digest digest = digest_of(event->bytes.data, event->answer == ANSWER_OK ? event->bytes.size : 0);
    bool readable =
        event->answer == ANSWER_OK && digest_equal(&digest, &reference->digest) &&
        manifest_decode(event->bytes.data, event->bytes.size, &garbage->arena, manifest, NULL) == STATUS_OK &&
        object_id_equal(&manifest->id, &reference->id);
    /* An old parent may be gone already: the chain ends there. So may the manifest of a savepoint that a superseded
     * coordinator wrote too late: it never counted, and there is nothing left to keep. */
    bool is_head = manifest_reference_equal(reference, &garbage->head.manifest);
    if (!readable && (is_head || event->answer != ANSWER_MISSING))
        return end(garbage, action, GARBAGE_GIVEN_UP);
    garbage->root_read++;
    if (readable) {
        garbage->manifest_count++;
        bool own_parent = manifest->has_parent && incarnation_equal(&manifest->parent.id.job, &garbage->options.job);
        if (garbage->root_is_chain[root] && garbage->chain_left > 0 && own_parent) {
            garbage->chain_left--;
            add_root(garbage, &manifest->parent, true);
        }
    }
    return read_next_manifest(garbage, action);
}

static bool on_listed(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    if (event->answer != ANSWER_OK)
        return end(garbage, action, GARBAGE_GIVEN_UP);
    garbage->more = event->more;
    for (uint32_t i = 0; i < event->entry_count; i++) {
        struct object_id id;
        if (!object_name_parse(event->entries[i].name, &id) || !is_garbage(garbage, &id, event->entries[i].age_ms))
            continue;
        if (id.kind == OBJECT_MANIFEST)
            push_id(garbage, &garbage->dead_manifests, &garbage->dead_count, &garbage->dead_capacity, &id);
        else
            push_id(garbage, &garbage->data, &garbage->data_count, &garbage->data_capacity, &id);
    }
    if (!garbage->more)
        sort_oldest_first(garbage->dead_manifests, garbage->dead_count);
    return go_on(garbage, action);
}

static bool delete_batch(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    if (!is_ours(garbage, event) && !PLANTED(GARBAGE_UNCHECKED))
        return end(garbage, action, GARBAGE_GIVEN_UP);
    ask(garbage, action, GARBAGE_DELETING, GARBAGE_ACTION_DELETE);
    bool is_data = garbage->data_done < garbage->data_count;
    uint32_t done = is_data ? garbage->data_done : garbage->dead_done;
    uint32_t left = (is_data ? garbage->data_count : garbage->dead_count) - done;
    garbage->batch = left < GARBAGE_BATCH ? left : GARBAGE_BATCH;
    action->ids = (is_data ? garbage->data : garbage->dead_manifests) + done;
    action->id_count = garbage->batch;
    for (uint32_t i = 0; i < action->id_count; i++) {
        const struct object_id *id = &action->ids[i];
        ASSERT(id->kind == OBJECT_MANIFEST ? !is_data && !manifest_is_live(garbage, id)
                                           : is_data && object_set_find(&garbage->live, id) == NULL);
        ASSERT(id->kind != OBJECT_LOG || id->epoch <= garbage->options.published_epoch ||
               PLANTED(GARBAGE_BEFORE_MARKER));
    }
    if (is_data)
        garbage->data_done += garbage->batch;
    else
        garbage->dead_done += garbage->batch;
    return true;
}

static bool on_deleted(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    if (event->answer != ANSWER_OK)
        return end(garbage, action, GARBAGE_GIVEN_UP);
    garbage->deleted_count += garbage->batch;
    return go_on(garbage, action);
}

bool garbage_step(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action) {
    if (event->kind == GARBAGE_EVENT_START) {
        ASSERT(garbage->state == GARBAGE_NEW);
        return ask(garbage, action, GARBAGE_READING_HEAD, GARBAGE_ACTION_READ_HEAD);
    }
    if (garbage->request == 0 || event->request != garbage->request)
        return false;
    switch (garbage->state) {
    case GARBAGE_READING_HEAD: return on_head(garbage, event, action);
    case GARBAGE_READING_SAVEPOINTS: return on_savepoints(garbage, event, action);
    case GARBAGE_READING_MANIFESTS: return on_manifest(garbage, event, action);
    case GARBAGE_LISTING: return on_listed(garbage, event, action);
    case GARBAGE_CHECKING_HEAD: return delete_batch(garbage, event, action);
    case GARBAGE_DELETING: return on_deleted(garbage, event, action);
    default: return false;
    }
}
