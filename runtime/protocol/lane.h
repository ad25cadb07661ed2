/* lane.h: the publisher of one sink lane, as a pure state machine: lane_step(state, event) -> actions.
 *
 *   START ─▶ CHECKING ──HEAD.G is mine──▶ FENCING a ─▶ FENCING b ─▶ MEASURING ─▶ READING ──position >= high watermark─▶ resolve
 *      ▲        │ newer: EXITED                                    (high watermark)  (markers)                      │      │
 *      │        ▼                                                                                  contradiction ◀──┘      ▼
 *   DOUBT ◀── anything but a clean answer ───────────────────────────────────────┐     CONFIRMING ─▶ HALTED   IDLE ◀──────┐
 *  (producers destroyed)                                                         │     (HEAD still mine?)       │ commit order
 *                                            ENDING ◀─ SEALED ◀─ MARKING ◀─ SENDING ◀──────────────────────────┘          │
 *                                              │ clean: swap slots, open the used one anew ────────────────────────────────┘
 *
 * Two transactional producers, slots a and b, are used in turn; a producer runs one transaction and is then closed, so
 * that no delayed request of one transaction can meet the next. Three rules make the hand-over between owners safe
 * (docs/design/010-commit-protocol.md has the argument):
 *   - fence before reading: both producers are opened, a strictly before b, before the high watermark is asked;
 *   - after a fence slot a is used first;
 *   - a transaction ends only when the other slot is open again.
 * Every remote answer may be UNKNOWN. A read that does not finish is repeated; it never means "no marker".
 */
#pragma once

#include "runtime/protocol/message.h"

enum lane_state {
    LANE_NEW = 0,
    LANE_CHECKING,   /* is HEAD's generation still ours? */
    LANE_FENCING,    /* opening a, then b: every older transaction of the lane is decided afterwards */
    LANE_MEASURING,  /* end of the progress partition, read uncommitted */
    LANE_READING,    /* markers, read committed, up to that end */
    LANE_IDLE,       /* nothing to publish, or the slot to use is not open yet */
    LANE_SENDING,    /* rows of a chunk */
    LANE_MARKING,    /* its marker */
    LANE_SEALED,     /* all delivered; waiting for the other slot */
    LANE_ENDING,     /* commit asked */
    LANE_DOUBT,      /* waiting before starting over */
    LANE_CONFIRMING, /* found a contradiction; is HEAD still ours? */
    LANE_HALTED,
    LANE_EXITED,
};

enum lane_slot_state { SLOT_CLOSED = 0, SLOT_OPENING, SLOT_OPEN, SLOT_WAITING /* to be opened again later */ };

#define LANE_SLOTS 2

struct lane_start {
    struct incarnation job;
    uint32_t sink;
    uint32_t lane;
    uint32_t lane_index; /* for reports */
    uint64_t generation;
    uint64_t base_epoch;
    uint64_t decided_epoch;
    struct marker_position remembered;
    const struct log_epoch
        *pending; /* as in the manifest; what they point to stays until it is reported as published */
    uint32_t pending_count;
    char engine_version[ENGINE_VERSION_SIZE];
};

enum lane_event_kind {
    LANE_EVENT_START = 1,  /* start; repeated: report again */
    LANE_EVENT_COMMIT,     /* job, generation, log: the epoch is decided. The log's arrays stay until it is published */
    LANE_EVENT_HEAD,       /* answer, head */
    LANE_EVENT_OPENED,     /* answer, slot */
    LANE_EVENT_MEASURED,   /* answer, offset (end of the partition), topic */
    LANE_EVENT_MARKER,     /* answer (OK or CORRUPT), offset, marker */
    LANE_EVENT_POSITION,   /* answer, offset: all committed markers before it were delivered */
    LANE_EVENT_CHUNK_SENT, /* answer, row_count and rows of what was delivered */
    LANE_EVENT_MARKER_SENT, /* answer, offset */
    LANE_EVENT_COMMITTED,   /* answer */
    LANE_EVENT_RETRY,       /* the time asked for by RETRY_LATER has passed */
    LANE_EVENT_CLOSE,       /* leave; say nothing more */
};

struct lane_event {
    enum lane_event_kind kind;
    uint64_t request; /* of the action that this answers */
    enum answer answer;
    uint32_t slot;
    uint64_t offset;
    struct incarnation job;
    uint64_t generation;
    uint64_t row_count;
    struct digest rows;
    struct topic_id topic;
    struct head head;
    struct marker marker;
    const struct lane_start *start;
    const struct log_epoch *log;
};

enum lane_action_kind {
    LANE_ACTION_READ_HEAD = 1,  /* -> HEAD */
    LANE_ACTION_OPEN_PRODUCER,  /* slot: new handle, init_transactions until it succeeds or is in doubt -> OPENED */
    LANE_ACTION_CLOSE_PRODUCER, /* slot: destroy the handle, no abort; nothing it was asked is answered any more */
    LANE_ACTION_MEASURE,        /* end of the progress partition, read uncommitted -> MEASURED */
    LANE_ACTION_READ_MARKERS, /* read committed from offset to until -> MARKER*, POSITION (until reached, or UNKNOWN) */
    LANE_ACTION_SEND_CHUNK,   /* slot, log, chunk: begin, send the rows, wait for all reports -> CHUNK_SENT */
    LANE_ACTION_SEND_MARKER,  /* slot, marker -> MARKER_SENT */
    LANE_ACTION_COMMIT,       /* slot -> COMMITTED; anything but a clean success is UNKNOWN */
    LANE_ACTION_RETRY_LATER,  /* attempt: wait the longer the higher it is -> RETRY */
    LANE_ACTION_REPORT,       /* report: to the coordinator */
};

struct lane_action {
    enum lane_action_kind kind;
    uint64_t request;
    uint32_t slot;
    uint32_t chunk; /* index in log->chunks */
    uint32_t attempt;
    bool uncommitted; /* READ_MARKERS: false outside the simulator */
    uint64_t offset;
    uint64_t until;
    const struct log_epoch *log; /* borrowed from the lane's queue */
    struct marker marker;
    struct lane_report report;
};

#define LANE_ACTIONS_MAX 16
struct lane_actions {
    struct lane_action items[LANE_ACTIONS_MAX];
    uint32_t count;
};

struct lane_slot {
    enum lane_slot_state state;
    uint64_t request; /* of the opening */
};

struct lane {
    enum lane_state state;
    struct lane_start start;
    uint64_t requests;  /* given out so far */
    uint64_t request;   /* the one whose answer the state waits for; 0: none */
    uint32_t attempts;  /* since the last success */
    bool resolved;      /* since the start: the coordinator may count on this lane */
    bool released;      /* a commit order came: all lanes are resolved, and none has found a contradiction */
    enum reason reason; /* of CONFIRMING, HALTED, EXITED */
    struct lane_slot slots[LANE_SLOTS];
    uint32_t slot; /* the one to use next */
    uint64_t decided_epoch;
    uint64_t published_epoch;
    struct log_epoch pending[PENDING_EPOCHS_MAX]; /* published_epoch + 1 … decided_epoch */
    uint32_t pending_count;
    uint32_t chunk;                  /* of pending[0]: the next one to publish */
    struct marker_position position; /* newest marker that is known to be committed */
    uint64_t marker_offset;          /* of the marker in the open transaction */
    /* While reading. */
    uint64_t read_offset, read_until;
    bool read_any;
    struct marker read_marker;
    uint64_t read_marker_offset;
    struct topic_id topic;
};

void lane_init(struct lane *lane);
/* Handles one event. `actions` is emptied first. Answers to forgotten requests are ignored. */
void lane_step(struct lane *lane, const struct lane_event *event, struct lane_actions *actions);
