/* state_chains.h: the state of a decided epoch, as the tasks of then wrote it, for the tasks of now, of which there may
 * be other numbers.
 *
 *   manifest                                   chain            operators of it      key groups
 *   task 0  full ─ delta ─ delta       ──▶     of task 0        0, 1                 all
 *   task 1  full ─ delta               ──▶     of task 1        2, 3                 [0, 512)
 *   task 2  full                       ──▶     of task 2        2, 3                 [512, 1024)
 *
 * A chain is the layers of one task, a full snapshot and what changed after it; the first snapshot of a generation is
 * always full, so a chain has one number of a task. Chains that have the same operator divide the key groups among
 * them, in order. Loaded once per job, then read by all its tasks. */
#pragma once

#include "core/base/arena.h"
#include "executor/snapshot.h"
#include "runtime/checkpoint/file_set.h"
#include "runtime/checkpoint/state_file.h"
#include "runtime/protocol/manifest.h"

struct store;

struct state_chain {
    uint32_t task; /* its number then */
    uint32_t first_key_group, end_key_group;
    const struct state_file_operator *operators;
    uint32_t operator_count;
    struct str **layers; /* by operator of the chain, then by layer, oldest first */
    uint32_t layer_count;
    const struct stored_file *files; /* of its back-end: the rest of its operators' state */
    uint32_t file_count;
};
struct state_chains {
    struct state_chain *chains; /* by task */
    uint32_t count;             /* 0: the job starts empty */
};

/* Reads and checks all layers; the bytes lie in the arena. Files are only named: checkpoint_fetch reads them. CHECKPOINT_UNUSABLE when they are not
 * the state of these operators. */
enum status state_chains_load(struct store *store, const struct manifest *manifest,
                              const struct state_file_operator *identities, uint32_t operator_count,
                              struct arena *arena, struct state_chains *chains, struct error *error) MUST_CHECK;

/* Readers of the snapshots of a node, for the instance that has these key groups: of all chains, or of those that have
 * some of them. A chain's counters are taken over by the instance that has its first key group. */
struct snapshot_reader *state_chains_readers(const struct state_chains *chains, uint32_t node_id, bool of_all,
                                             uint32_t first_key_group, uint32_t end_key_group, struct arena *arena,
                                             uint32_t *count);
