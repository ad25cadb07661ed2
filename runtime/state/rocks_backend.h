/* rocks_backend.h: keyed state of which the hot part lies in RAM and the rest in RocksDB.
 *
 *   multi_get, multi_write ─▶ hot entries (hot_table, one per table) ── evicted in bulk ─▶ RocksDB, no log
 *                                  ▲────────── misses of a batch, one look-up ────────────┘    │
 *   checkpoint: entries that differ from RocksDB as they were at begin ─▶ RocksDB ─▶ flush ─▶ hard links
 *
 * The working folder belongs to the back-end: what is found in it when it opens is removed, for state comes back from checkpoints only. RocksDB's own
 * memory (memtables, block cache with indexes and filters) is counted in the budget when the back-end opens; it has threads of its own.
 */
#pragma once

#include "executor/state.h"

struct env;

struct rocks_config {
    struct state_budget *budget; /* borrowed */
    struct env *env;
    const char *folder; /* created when absent */
    const char *
        incarnation; /* part of the names of files: unlike that of any other back-end that ever wrote state of this job; no '_' */
    uint32_t share_count; /* how many back-ends will share the budget; at least 1 */
    /* What to start from: the files of checkpoints, each under its name. Several when a task takes over what several tasks had. */
    const struct state_files *sources;
    uint32_t source_count;
    uint32_t first_key_group, end_key_group; /* of keyed entries only these are taken over */
};

/* Failures besides those of state.h: UNDEFINED_FILE or FILE_ERROR for a source that is incomplete or damaged. Digests of the files are the
 * caller's business: he knows them. */
enum status rocks_backend_open(const struct rocks_config *config, struct state_backend **backend,
                               struct error *error) MUST_CHECK;
