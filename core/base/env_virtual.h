/* env_virtual.h: a world for tests and simulation: the clock stands until it is moved, randomness comes from a seed, files
 * live in memory, and any operation on them can be made to fail. One thread at a time, but any may read the clocks. */
#pragma once

#include "core/base/env.h"

struct env_virtual;

struct env_virtual *env_virtual_new(int64_t now_us, uint64_t seed);
void env_virtual_free(struct env_virtual *world);       /* all files must be closed */
struct env *env_virtual_env(struct env_virtual *world); /* borrowed: lives as long as the world */

/* Both clocks move. */
void env_virtual_advance(struct env_virtual *world, int64_t duration_us);
/* The wall clock alone jumps, back or forth. */
void env_virtual_set_now(struct env_virtual *world, int64_t now_us);

/* Counts every call that may fail; the one with this number (0 = the next) fails with `status`. -1: none does. */
void env_virtual_fail_at(struct env_virtual *world, int64_t operation, enum status status);
uint64_t env_virtual_operations(const struct env_virtual *world); /* so far, failed ones included */
/* All files together may hold so much; beyond it a write takes what fits and fails with DISK_FULL. Default: no limit. */
void env_virtual_set_capacity(struct env_virtual *world, uint64_t size_bytes);
/* What a power cut leaves: every file loses what was written after its last sync. */
void env_virtual_crash(struct env_virtual *world);
