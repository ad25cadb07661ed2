/* state_sources.c: downloads. Invariant: a folder has exactly the files of its chain's newest epoch, each with the digest that the manifest says. */
#include "runtime/checkpoint/state_sources.h"

#include "core/base/env.h"
#include "core/base/log.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/state_chains.h"

static bool has_node(const struct state_chain *chain, uint32_t node_id) {
    for (uint32_t i = 0; i < chain->operator_count; i++)
        if (chain->operators[i].node_id == node_id)
            return true;
    return false;
}

static bool is_wanted(const struct state_sources_config *config, const struct state_chain *chain) {
    bool overlaps = chain->first_key_group < config->end_key_group && config->first_key_group < chain->end_key_group;
    for (uint32_t i = 0; i < config->node_count && overlaps && chain->file_count > 0; i++)
        if (has_node(chain, config->node_ids[i]))
            return true;
    return false;
}

bool state_sources_exist(const struct state_sources_config *config) {
    for (uint32_t i = 0; config->chains && i < config->chains->count; i++)
        if (is_wanted(config, &config->chains->chains[i]))
            return true;
    return false;
}

static enum status fetch_chain(struct state_sources *sources, struct store *store, const struct state_chain *chain,
                               char *folder, struct error *error) {
    struct backend_file *files = ARENA_ARRAY(&sources->arena, struct backend_file, chain->file_count);
    struct state_files *source = &sources->items[sources->count];
    *source = (struct state_files){.items = files};
    TRY(env_folder_make(sources->env, folder, error));
    sources->folders[sources->count++] = folder;
    for (uint32_t i = 0; i < chain->file_count; i++) {
        const struct stored_file *file = &chain->files[i];
        files[i] = (struct backend_file){.name = arena_strdup(&sources->arena, file->name),
                                         .path = arena_printf(&sources->arena, "%s/%s", folder, file->name),
                                         .size_bytes = file->object.size_bytes};
        source->count++;
        if (checkpoint_fetch(store, &file->object, sources->env, files[i].path, error) != ANSWER_OK)
            return error->status;
    }
    return STATUS_OK;
}

static void remember(struct state_sources *sources, const struct state_chain *chain) {
    struct stored_file *known = arena_copy(&sources->arena, chain->files, chain->file_count * sizeof *known);
    for (uint32_t i = 0; i < chain->file_count; i++)
        known[i].name = arena_strdup(&sources->arena, known[i].name);
    sources->known = known;
    sources->known_count = chain->file_count;
}

enum status state_sources_fetch(struct state_sources *sources, const struct state_sources_config *config,
                                struct env *env, const char *folder, struct error *error) {
    *sources = (struct state_sources){.env = env};
    arena_init(&sources->arena);
    uint32_t chain_count = config->chains ? config->chains->count : 0;
    sources->items = ARENA_ARRAY(&sources->arena, struct state_files, chain_count);
    sources->folders = ARENA_ARRAY(&sources->arena, char *, chain_count);
    for (uint32_t i = 0; i < chain_count; i++) {
        const struct state_chain *chain = &config->chains->chains[i];
        if (!is_wanted(config, chain))
            continue;
        if (sources->count == 0)
            remember(sources, chain);
        char *own = arena_printf(&sources->arena, "%s/restored-%u", folder, i);
        TRY(fetch_chain(sources, config->store, chain, own, error));
    }
    return STATUS_OK;
}

static void remove_files(const struct state_sources *sources, const struct state_files *source) {
    for (uint32_t i = 0; i < source->count; i++)
        (void)!env_path_remove(sources->env, source->items[i].path, NULL); /* the folder's removal tells */
}

void state_sources_remove(struct state_sources *sources) {
    for (uint32_t i = 0; i < sources->count; i++) {
        struct error error = {0};
        remove_files(sources, &sources->items[i]);
        if (env_path_remove(sources->env, sources->folders[i], &error) != STATUS_OK)
            log_warn("files of restored state were left behind", log_text("folder", sources->folders[i]),
                     log_text("error", error.message));
    }
    sources->count = 0;
}

void state_sources_release(struct state_sources *sources) {
    if (!sources->env)
        return;
    state_sources_remove(sources);
    arena_release(&sources->arena);
    *sources = (struct state_sources){0};
}
