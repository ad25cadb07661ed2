/* sweeper.h: garbage collection of a job's checkpoints, on a thread of its own: runs of runtime/protocol/garbage.h
 * against the store. A run begins some time after an epoch was published on all lanes; runs keep a distance, since each
 * lists all objects. A job that is too short for one has its run at its end. Failures end a run and are of no
 * consequence but space. */
#pragma once

#include "runtime/protocol/garbage.h"

struct store;
struct sweeper;

enum { SWEEPER_RETAINED_EPOCHS = 3 };

struct sweeper_config {
    struct store *store;
    struct incarnation job, owner;
    uint64_t generation;
    int64_t pause_us; /* before the first run, and between runs; 0: 5 s for a folder, a minute for a bucket */
};

struct sweeper *sweeper_new(const struct sweeper_config *config);
/* All lanes are through with this epoch. Any thread. */
void sweeper_published(struct sweeper *sweeper, uint64_t epoch);
/* The job came to a clean end: one more run, at once, if anything was published since the last. sweeper_free then waits
 * for it, 5 s at most. */
void sweeper_finish(struct sweeper *sweeper);
/* Ends a run between two batches of deletions. NULL is fine. */
void sweeper_free(struct sweeper *sweeper);
