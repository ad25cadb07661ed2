/* audit.h: was what a sink published what its markers say, each row once? From the outside alone: rows carry their
 * place (epoch, lane, number), markers carry counts and digests.
 *
 *   markers of a lane  ─▶ chunks: (epoch, rows first … first + count - 1, digest)
 *   rows, by partition ─▶ put in the order of their numbers within (lane, epoch) ─▶ digest of each chunk
 *
 * Rows come partition by partition, or mixed: those that are ahead of their chunk's next number are kept until it
 * comes. Pure; one thread. */
#pragma once

#include "connectors/connector.h"
#include "runtime/protocol/records.h"

struct audit_counts {
    uint64_t chunks, rows;    /* that are as their marker says */
    uint64_t missing;         /* rows that a marker counts and that are not there */
    uint64_t doubled;         /* rows whose place was seen before */
    uint64_t altered;         /* chunks with all their rows but another digest */
    uint64_t reordered;       /* rows behind one of a later place of their lane, in one partition */
    uint64_t foreign;         /* rows without a place: not written by a job, or 'sink.row-headers' is off */
    uint64_t unmarked;        /* rows of epochs whose markers are compacted away: looked at for doubles and gaps only */
    uint64_t newer;           /* rows behind the newest marker: published while this was read */
    uint64_t bad_markers;     /* of another job or lane, out of order, or no markers at all */
    uint64_t published_epoch; /* of the lane that is least far */
};

struct audit {
    struct published_target target; /* what a connector's verify is given */
    struct incarnation job;
    uint32_t sink, lane_count;
    struct audit_lane *lanes;
    struct audit_partition *partitions;
    uint32_t partition_count;
    struct audit_counts counts;
};

void audit_init(struct audit *audit, const struct incarnation *job, uint32_t sink, uint32_t lane_count);
void audit_release(struct audit *audit);
/* After everything was handed over: what is still open is missing. */
void audit_finish(struct audit *audit);
/* Nothing is missing, doubled, altered, reordered or badly marked. */
bool audit_is_clean(const struct audit_counts *counts);
