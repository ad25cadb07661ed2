/* coordinator.h: the deciding part of protocol W, as a pure state machine: coordinator_step(state, event) -> actions.
 *
 *  START ─▶ READING_SAVEPOINT ─▶ READING_HEAD ─▶ LOADING ─▶ TAKING ⇄ CHECKING_TAKEN ─▶ VERIFYING ─▶ DEPLOYING
 *           (only from one)        ▲   │ none     manifest    swap HEAD to G+1                          │ tasks run,
 *                                  │   ▼                                                                │ lanes resolved
 *                                  │ WRITING_FIRST                                                      ▼
 *       a task or worker failed ───┘            ┌────────────────── abort ──────────────────────── ▶ RUNNING ◀─┐
 *                                               │                                                       │      │
 *                                               ├─ COLLECTING ◀── barrier (G, E+1, attempt) ────────────┘      │
 *                                               │      │ all acknowledged                                      │
 *                                               └─ WRITING (manifest)                                          │
 *                                                      │                                                       │
 *                     the only commit point:        DECIDING ⇄ CHECKING_DECIDED ── commit order to all lanes ──┤
 *                     HEAD (G,E) -> (G,E+1)                                                                    │
 *                                                      last epoch, or savepoint: DRAINING ─▶ PINNING ──────────┘
 *                                                      all published                         └─▶ ENDED
 *
 * An epoch whose swap was sent is never given up: its answer is found in HEAD. One epoch is under way at a time; up to
 * `bound` decided epochs may be unpublished, then no barrier is sent and the sources are held back by their channels.
 */
#pragma once

#include "core/base/arena.h"
#include "runtime/protocol/message.h"
#include "runtime/protocol/object_set.h"

enum coordinator_state {
    COORDINATOR_NEW = 0,
    COORDINATOR_READING_SAVEPOINT,
    COORDINATOR_READING_HEAD,
    COORDINATOR_LOADING,
    COORDINATOR_WRITING_FIRST,
    COORDINATOR_TAKING,
    COORDINATOR_CHECKING_TAKEN,
    COORDINATOR_VERIFYING,
    COORDINATOR_CONFIRMING, /* an object is missing or damaged; is HEAD still ours? */
    COORDINATOR_DEPLOYING,
    COORDINATOR_RUNNING,
    COORDINATOR_COLLECTING,
    COORDINATOR_WRITING,
    COORDINATOR_DECIDING,
    COORDINATOR_CHECKING_DECIDED,
    COORDINATOR_DRAINING,
    COORDINATOR_PINNING,
    COORDINATOR_CHECKING_PINNED, /* is HEAD still ours, after the savepoint was written? */
    COORDINATOR_ENDED,
};

enum start_kind {
    START_RESUME = 1,      /* HEAD must exist */
    START_EMPTY,           /* HEAD must not exist */
    START_RESUME_OR_EMPTY, /* whichever it is */
    START_RESTORE,         /* the same job from its savepoint: HEAD is at the savepoint, or does not exist */
    START_FORK,            /* a new job from a savepoint: HEAD must not exist */
};

struct lane_identity {
    uint32_t sink;
    uint32_t lane;
    uint32_t
        writer_count; /* tasks that log rows for it: each acknowledges a log of every epoch, rows or none. At least one */
};

struct coordinator_options {
    enum start_kind start;
    struct incarnation owner; /* new for every run */
    struct incarnation job;   /* new for every run; used by an empty start and a fork */
    struct digest plan;
    bool accept_plan_change;
    uint32_t task_count;
    uint32_t source_count; /* tasks 0 … source_count - 1 read input; the job is bounded when all of them end */
    const struct lane_identity *lanes; /* copied */
    uint32_t lane_count;
    uint32_t bound; /* K, 1 … PENDING_EPOCHS_MAX - 1 */
    /* Of an empty start: where the sources begin, resolved to numbers. Copied. */
    const struct split_position *positions;
    uint32_t position_count;
    int64_t time_us, monotonic_us; /* as in events */
};

enum coordinator_event_kind {
    COORDINATOR_EVENT_START = 1,
    COORDINATOR_EVENT_SAVEPOINT_READ, /* answer, savepoint */
    COORDINATOR_EVENT_HEAD,           /* answer, head, version */
    COORDINATOR_EVENT_SWAPPED,        /* answer, version */
    COORDINATOR_EVENT_MANIFEST,       /* answer, bytes */
    COORDINATOR_EVENT_WRITTEN,        /* answer: OK also when it was there with the same bytes */
    COORDINATOR_EVENT_VERIFIED,       /* answer: MISSING or CORRUPT when any object is */
    COORDINATOR_EVENT_PINNED,         /* answer */
    COORDINATOR_EVENT_TASK_STATUS,    /* task_status */
    COORDINATOR_EVENT_TASK_ACK,       /* task_ack */
    COORDINATOR_EVENT_LANE_REPORT,    /* lane_report */
    COORDINATOR_EVENT_TRIGGER,        /* an epoch is due */
    COORDINATOR_EVENT_EPOCH_TIMEOUT,  /* the epoch under way takes too long; ignored once it is being decided */
    COORDINATOR_EVENT_SAVEPOINT,      /* order: make a savepoint */
    COORDINATOR_EVENT_STOP,           /* order: decide and publish one last epoch, then end */
    COORDINATOR_EVENT_CANCEL,         /* order: end at once; HEAD stays where it is */
    COORDINATOR_EVENT_RETRY,          /* the time asked for by RETRY_LATER has passed */
    COORDINATOR_EVENT_RESEND,         /* from time to time: say again what was not answered */
};

struct coordinator_event {
    enum coordinator_event_kind kind;
    uint64_t request; /* of the action that this answers */
    enum answer answer;
    int64_t time_us;      /* the wall clock when the event comes in, which may jump; 0: not looked at */
    int64_t monotonic_us; /* and a clock that goes on while it does */
    struct savepoint savepoint;
    struct head head;
    struct head_version version;
    struct str bytes;
    struct task_status task_status;
    const struct task_ack *task_ack;
    struct lane_report lane_report;
};

enum coordinator_action_kind {
    COORDINATOR_ACTION_READ_SAVEPOINT = 1,
    COORDINATOR_ACTION_READ_HEAD,
    COORDINATOR_ACTION_SWAP_HEAD,     /* expected (size 0: must not exist), head -> SWAPPED */
    COORDINATOR_ACTION_READ_MANIFEST, /* reference -> MANIFEST */
    COORDINATOR_ACTION_WRITE,         /* reference.id, bytes: create only -> WRITTEN */
    COORDINATOR_ACTION_VERIFY,        /* manifest: existence, size and digest of all objects and segments -> VERIFIED */
    COORDINATOR_ACTION_PIN,           /* savepoint -> PINNED */
    COORDINATOR_ACTION_DEPLOY,  /* generation, manifest, lanes_only: start every task and lane that does not run yet */
    COORDINATOR_ACTION_BARRIER, /* barrier: to all tasks; sources begin it, who has acknowledged it says so again */
    COORDINATOR_ACTION_ABORT,   /* barrier: this attempt will not be decided */
    COORDINATOR_ACTION_COMMIT,  /* generation, manifest: every lane gets its pending epochs, oldest first */
    COORDINATOR_ACTION_CANCEL,  /* generation: tasks and lanes of it stop */
    COORDINATOR_ACTION_RETRY_LATER,    /* attempt -> RETRY */
    COORDINATOR_ACTION_DECIDED,        /* epoch: for metrics and consumer-group offsets */
    COORDINATOR_ACTION_PUBLISHED,      /* epoch: all lanes are through; garbage may be collected */
    COORDINATOR_ACTION_SAVEPOINT_DONE, /* savepoint; reason: why there is none */
    COORDINATOR_ACTION_ENDED,          /* reason */
};

/* Pointers are borrowed until the next step. */
struct coordinator_action {
    enum coordinator_action_kind kind;
    uint64_t request;
    uint64_t generation;
    uint64_t epoch;
    uint32_t attempt;
    bool lanes_only;
    enum reason reason;
    struct head head;
    struct head_version expected;
    struct manifest_reference reference;
    struct savepoint savepoint;
    struct barrier barrier;
    struct str bytes;
    const struct manifest *manifest;
};

#define COORDINATOR_ACTIONS_MAX 8
struct coordinator_actions {
    struct coordinator_action items[COORDINATOR_ACTIONS_MAX];
    uint32_t count;
};

struct coordinator_lane {
    bool ready; /* resolved in this generation */
    uint64_t published_epoch;
    struct marker_position position;
};

struct coordinator {
    enum coordinator_state state;
    struct coordinator_options options;
    struct arena memory;    /* of the options' lists */
    struct arena arenas[2]; /* manifests: the decided one's, and the one being built or loaded */
    uint32_t decided_arena; /* index of the former */
    uint64_t requests, request;
    uint32_t attempts;  /* since the last success */
    enum reason reason; /* of ENDED */

    struct savepoint origin; /* RESTORE and FORK */
    bool taken;              /* HEAD was ours once in this run */
    bool loaded;             /* `manifest` is the one that head names */
    struct head head;        /* as last read or written */
    struct head_version version;
    struct head wanted; /* being swapped in */
    struct head_version expected;
    bool reread; /* the manifest of `missing` was not there: HEAD may have moved on */
    struct manifest_reference missing;
    struct manifest manifest;  /* of head.epoch, in arenas[decided_arena] */
    struct object_set objects; /* of that manifest */

    uint64_t task_running[TASKS_MAX / 64]; /* bits */
    uint32_t running_count;
    uint64_t task_at_end[TASKS_MAX / 64];
    uint32_t at_end_count;
    struct coordinator_lane lanes[LANES_MAX];
    uint32_t ready_count;
    uint64_t published_epoch; /* of all lanes */

    bool due;  /* an epoch is wanted */
    bool hold; /* not before RETRY: the last attempt was aborted */
    bool savepoint_wanted, stop_wanted;
    bool began_after_stop;         /* the epoch under way: what the sources read before the stop is part of it */
    bool closing;                  /* the last epoch is decided, or was before we came */
    bool pinning;                  /* the newest decided epoch is to become a savepoint */
    bool failed;                   /* while pinning a task failed: restart afterwards */
    struct processing_clock clock; /* of stamps */
    int64_t monotonic_us;          /* newest seen */
    struct barrier barrier;        /* of the epoch under way */
    struct task_ack *acks;         /* by task; in the building arena */
    uint32_t ack_count;
    struct manifest building;
    struct str bytes; /* its encoding */
};

void coordinator_init(struct coordinator *coordinator, const struct coordinator_options *options);
void coordinator_release(struct coordinator *coordinator);
/* Handles one event. `actions` is emptied first. */
void coordinator_step(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions);
