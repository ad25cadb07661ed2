/* checkpoint.h: the state of a whole job in a folder.
 *
 *   <folder>/chk-7/op-0.state      one file per operator: its snapshot (executor/snapshot.h)
 *                  op-1.state      each written beside its name, synced, renamed
 *                  manifest        written last: what is there, with digests; without it there is no checkpoint
 *
 *   manifest   streamsql checkpoint 1
 *              number 7
 *              operator 0 Scan <digest of the plan node> <bytes> <digest of op-0.state>
 *              …
 *              digest <XXH3 of everything above>
 *
 * An operator is known by its node's number and the digest of its node in the plan, so that state never meets another query. The newest
 * KEPT checkpoints stay. Used by the task thread only. See docs/design/011.
 */
#pragma once

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "planner/plan.h"

struct env;
struct stream_operator;

enum { CHECKPOINTS_KEPT = 3 };

struct checkpoints {
    struct env *env;
    const char *folder; /* borrowed */
    const Plan__Plan *plan;
    uint64_t next_number;
    uint64_t numbers[CHECKPOINTS_KEPT]; /* complete ones, oldest first */
    uint32_t number_count;
    int64_t taken_us; /* monotonic: when the last was complete */
};

/* A loaded checkpoint: snapshots by node id, in memory of its own. */
struct checkpoint {
    struct arena arena;
    uint64_t number;
    struct str *snapshots;
};

/* Makes the folder and looks what is there. `newest` receives the newest checkpoint that is whole, NULL when there is none at
 * all. One that is damaged is named in the log and an older one taken: sources read more again (at least once). Fails when
 * all are damaged (MALFORMED_RECORD), when the newest belongs to another query (INVALID_OPTION, names the operator), and when the
 * disk cannot be read: that may pass, and is no reason to use older state. */
enum status checkpoints_open(struct checkpoints *checkpoints, struct env *env, const char *folder,
                             const Plan__Plan *plan, struct checkpoint **newest, struct error *error) MUST_CHECK;
/* Snapshots all operators, which were flushed, in plan order, and forgets the oldest checkpoint when there are enough. */
enum status checkpoints_take(struct checkpoints *checkpoints, struct stream_operator *const *operators,
                             uint32_t operator_count, struct error *error) MUST_CHECK;
/* Exactly this one. */
enum status checkpoint_load(struct env *env, const char *folder, uint64_t number, const Plan__Plan *plan,
                            struct checkpoint **checkpoint, struct error *error) MUST_CHECK;
/* Restores operators that were opened and wired. */
enum status checkpoint_restore(const struct checkpoint *checkpoint, struct stream_operator *const *operators,
                               uint32_t operator_count, struct error *error) MUST_CHECK;
void checkpoint_free(struct checkpoint *checkpoint); /* NULL is ignored */
