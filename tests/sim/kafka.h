/* kafka.h: a model of Kafka's transactions as a librdkafka producer meets them (protocol "v1").
 *
 *   transactional id: Empty ─add partition─▶ Ongoing ─EndTxn─▶ Prepare{Commit,Abort} ─markers written─▶ Complete ─┐
 *                       ▲ init: epoch + 1        │ timeout or init: epoch + 1, PrepareAbort                       │
 *                       └───────────────────────────────────────────────────────────────────── add partition ◀──┘
 *
 * Partitions keep offsets, control records, the last stable offset and aborted rows. Requests are lost, late and
 * doubled; in particular a late EndTxn ends whatever transaction of the same producer epoch it meets. The client part
 * retries inside, as the library does, and says UNKNOWN in the end.
 */
#pragma once

#include "tests/sim/sim.h"

enum kafka_site {
    KAFKA_INIT = 16,
    KAFKA_ADD,
    KAFKA_PRODUCE,
    KAFKA_MARKER,
    KAFKA_END,
    KAFKA_MEASURE,
    KAFKA_FETCH,
    KAFKA_SITES_END
};

/* A client's handle; in the memory of a process. */
struct producer {
    struct process *process;
    struct incarnation job;
    uint32_t lane, slot;
    uint64_t producer_id;
    uint32_t epoch;
    uint32_t sequence[2]; /* of data and progress */
    bool added[2];
    bool closed;
};

struct kafka_record {
    uint64_t offset;
    struct str bytes;
};

struct kafka_answer {
    enum answer answer;
    uint64_t offset;
    uint64_t row_count; /* delivered */
    struct digest rows;
    struct topic_id topic;
    const struct kafka_record *records;
    uint32_t record_count;
};

typedef void kafka_done(struct sim *sim, void *argument, const struct kafka_answer *answer);

struct kafka *kafka_new(struct sim *sim);
/* A progress topic for this job, empty, with an id of its own. */
void kafka_create_progress(struct sim *sim, const struct incarnation *job);

struct producer *kafka_open(struct sim *sim, struct process *process, const struct incarnation *job, uint32_t lane,
                            uint32_t slot, kafka_done *done, void *argument);
void kafka_close(struct producer *producer);
/* Rows of `row_size` bytes each. OK also when not all were delivered: see row_count. */
void kafka_send_rows(struct sim *sim, struct producer *producer, struct str rows, uint32_t row_size, kafka_done *done,
                     void *argument);
void kafka_send_marker(struct sim *sim, struct producer *producer, struct str marker, kafka_done *done, void *argument);
void kafka_commit(struct sim *sim, struct producer *producer, kafka_done *done, void *argument);
void kafka_measure(struct sim *sim, struct process *process, const struct incarnation *job, uint32_t lane,
                   kafka_done *done, void *argument);
/* Records from `offset` on; answer.offset is the position after them. */
void kafka_fetch(struct sim *sim, struct process *process, const struct incarnation *job, uint32_t lane,
                 uint64_t offset, bool uncommitted, kafka_done *done, void *argument);

/* What people do to a progress topic. */
void kafka_empty_progress(struct sim *sim, const struct incarnation *job);
void kafka_append_committed(struct sim *sim, const struct incarnation *job, uint32_t lane, struct str marker);

/* Rows of the lane's data partition that a read_committed reader sees, in order of offset, through `visit`. */
void kafka_visit_committed(struct sim *sim, uint32_t lane,
                           void (*visit)(struct sim *sim, uint32_t lane, struct str row));
