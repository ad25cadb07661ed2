/* job_verify.h: proves from the outside that a job's exactly-once sinks have each row once: what is published against its markers, and the markers against
 * HEAD. Changes nothing; the job may be running. */
#pragma once

#include "core/base/arena.h"
#include "runtime/checkpoint/audit.h"
#include "runtime/job.h"

struct verified_sink {
    const char *table;
    uint32_t lane_count;
    uint64_t decided_epoch; /* HEAD, read before the outside was */
    struct audit_counts counts;
    bool is_clean; /* audit_is_clean, and no marker is ahead of HEAD */
};

/* `config` as for job_open: plan, registry, env, checkpoint_uri. UNDEFINED_FILE when there is no checkpoint. *sinks is in the arena; none when the
 * plan has no exactly-once sink. */
enum status job_verify(const struct job_config *config, struct arena *arena, struct verified_sink **sinks,
                       uint32_t *count, struct error *error) MUST_CHECK;
