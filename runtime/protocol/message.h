/* message.h: what coordinator, tasks and lanes say to each other, as plain structs.
 *
 *             ── start ── barrier ── abort ── commit ──▶   tasks and lanes
 *   coordinator                                             of generation G
 *             ◀── task_status ── task_ack ── lane_report ─
 *
 * Messages may be lost, late, repeated and out of order: every one carries J and its generation, receivers take each at
 * most once, and the coordinator says everything again that was not answered. A worker that gets an order of an older
 * generation of the same J answers its sender with TASK_SUPERSEDED. Pointers are borrowed for the call that delivers the
 * message.
 */
#pragma once

#include "runtime/protocol/manifest.h"
#include "runtime/protocol/reason.h"

/* The answer of a remote operation. Nothing but OK and the definite ones says what happened: an operation whose answer
 * is UNKNOWN was done, or not, or will be. */
enum answer {
    ANSWER_OK = 1,
    ANSWER_UNKNOWN,
    ANSWER_MISSING,  /* definitely not there */
    ANSWER_CONFLICT, /* definitely refused: it was not what the caller expected */
    ANSWER_CORRUPT,  /* bytes that differ from their digest or do not decode */
    ANSWER_FENCED,   /* refused for good: somebody else opened a producer of the same transactional id */
};

/* The store's name for one content of HEAD: an ETag, a generation number, a counter. Opaque. */
struct head_version {
    uint8_t bytes[64];
    uint8_t size; /* 0: no object */
};

struct barrier {
    struct incarnation job;
    uint64_t generation;
    uint64_t epoch;
    uint32_t attempt;
    int64_t
        time_us; /* the coordinator's stamp: all that follows has this processing time or a later one; never goes back */
    int64_t monotonic_us; /* of the stamp; who brings it to another machine puts that one's in its place */
    bool final;           /* the input ended: flush everything, this is the last epoch */
    bool savepoint;       /* the snapshot must not refer to objects of former epochs */
};

/* A task has snapshotted its part of an epoch, and all that it names is in the store. */
struct ack_lane {
    uint32_t lane_index; /* in the coordinator's list of lanes */
    struct log_epoch log;
};
struct task_ack {
    struct incarnation job;
    uint64_t generation;
    uint64_t epoch;
    uint32_t attempt;
    uint32_t task;
    int64_t time_us; /* its processing time when it took the barrier: nothing in its state is of a later one */
    bool at_end;     /* a source task: no more input will come */
    const struct object *objects;
    uint32_t object_count;
    const struct split_position *positions;
    uint32_t position_count;
    const struct ack_lane *lanes;
    uint32_t lane_count;
};

enum task_status_kind {
    TASK_RUNNING = 1, /* state is restored */
    TASK_AT_END,      /* a source task has read all of a bounded input */
    TASK_DECLINED,    /* cannot snapshot this attempt; goes on */
    TASK_FAILED,      /* is gone, or its worker was given up */
    TASK_SUPERSEDED,  /* its worker serves a newer generation, which is in `generation` */
};
struct task_status {
    enum task_status_kind kind;
    struct incarnation job;
    uint64_t generation;
    uint32_t task;
    uint64_t epoch; /* TASK_DECLINED */
    uint32_t attempt;
};

struct lane_report {
    struct incarnation job;
    uint64_t generation;
    uint32_t lane_index;
    enum reason reason;              /* not REASON_NONE: the lane has halted, or left because HEAD is another's */
    uint64_t published_epoch;        /* every decided epoch up to this one is published whole */
    struct marker_position position; /* the newest marker */
};
