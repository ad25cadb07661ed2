/* state_sources.h: the files of a decided epoch in folders of this machine, for a back-end to start from (rocks_config.sources).
 *
 *   chains whose key groups overlap ── each file, its digest checked on the way ──▶ <folder>/restored-<chain>/<name>
 */
#pragma once

#include "core/base/arena.h"
#include "executor/state.h"
#include "runtime/checkpoint/file_set.h"

struct env;
struct state_chains;
struct store;

/* Whose state: of the instance of a fragment that has these key groups. */
struct state_sources_config {
    const struct state_chains *chains;
    struct store *store;
    const uint32_t *node_ids; /* of the operators that have a back-end */
    uint32_t node_count;
    uint32_t first_key_group, end_key_group;
};

struct state_sources {
    struct env *env;
    struct arena arena;
    struct state_files *items;
    char **folders;
    uint32_t count;
    /* What the back-end will hand over under the same names: the files of the first source. */
    const struct stored_file *known;
    uint32_t known_count;
};

/* Whether any of these chains has files. */
bool state_sources_exist(const struct state_sources_config *config);
/* Makes the folders. CHECKPOINT_UNUSABLE or the store's failure; to be released in any case. */
enum status state_sources_fetch(struct state_sources *sources, const struct state_sources_config *config,
                                struct env *env, const char *folder, struct error *error) MUST_CHECK;
/* The folders and what is left in them, which a back-end that is open needs no more. */
void state_sources_remove(struct state_sources *sources);
/* With the folders; a zeroed one is fine. */
void state_sources_release(struct state_sources *sources);
