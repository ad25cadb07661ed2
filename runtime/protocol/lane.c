/* lane.c: the publisher of one sink lane. Invariants: a chunk is attempted only after its epoch was decided, and only right
 * after a clean commit of its predecessor or a fence followed by a complete read of the markers; one transaction per
 * producer; no answer that did not arrive is taken for a no. Pure: no allocation. */
#include "runtime/protocol/lane.h"

#include <string.h>

#include "runtime/protocol/planted.h"

static struct lane_action *act(struct lane_actions *actions, enum lane_action_kind kind) {
    ASSERT(actions->count < LANE_ACTIONS_MAX);
    struct lane_action *action = &actions->items[actions->count++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    return action;
}

/* An action whose answer the state waits for. */
static struct lane_action *ask(struct lane *lane, struct lane_actions *actions, enum lane_action_kind kind) {
    struct lane_action *action = act(actions, kind);
    lane->request = ++lane->requests;
    action->request = lane->request;
    return action;
}

static void retry_later(struct lane *lane, struct lane_actions *actions) {
    lane->attempts++;
    act(actions, LANE_ACTION_RETRY_LATER)->attempt = lane->attempts;
}

static void report(struct lane *lane, struct lane_actions *actions) {
    act(actions, LANE_ACTION_REPORT)->report = (struct lane_report){
        .job = lane->start.job,
        .generation = lane->start.generation,
        .lane_index = lane->start.lane_index,
        .reason = lane->state == LANE_HALTED || lane->state == LANE_EXITED ? lane->reason : REASON_NONE,
        .published_epoch = lane->published_epoch,
        .position = lane->position,
    };
}

static void close_slot(struct lane *lane, struct lane_actions *actions, uint32_t slot) {
    if (lane->slots[slot].state == SLOT_OPENING || lane->slots[slot].state == SLOT_OPEN)
        act(actions, LANE_ACTION_CLOSE_PRODUCER)->slot = slot;
    lane->slots[slot] = (struct lane_slot){0};
}

static void open_slot(struct lane *lane, struct lane_actions *actions, uint32_t slot) {
    ASSERT(lane->slots[slot].state == SLOT_CLOSED || lane->slots[slot].state == SLOT_WAITING);
    struct lane_action *action = act(actions, LANE_ACTION_OPEN_PRODUCER);
    action->slot = slot;
    action->request = ++lane->requests;
    lane->slots[slot] = (struct lane_slot){.state = SLOT_OPENING, .request = action->request};
}

static void leave(struct lane *lane, struct lane_actions *actions, enum lane_state state, enum reason reason) {
    for (uint32_t slot = 0; slot < LANE_SLOTS; slot++)
        close_slot(lane, actions, slot);
    lane->request = 0;
    lane->state = state;
    lane->reason = reason;
}

static void leave_and_report(struct lane *lane, struct lane_actions *actions, enum lane_state state,
                             enum reason reason) {
    leave(lane, actions, state, reason);
    report(lane, actions);
}

/* Everything in flight is given up: what it did will be read from the progress topic after the next fence. */
static void doubt(struct lane *lane, struct lane_actions *actions) {
    lane->request = 0;
    lane->state = LANE_DOUBT;
    if (!PLANTED(REUSE_WITHOUT_INIT))
        for (uint32_t slot = 0; slot < LANE_SLOTS; slot++)
            close_slot(lane, actions, slot);
    retry_later(lane, actions);
}

static void check_head(struct lane *lane, struct lane_actions *actions) {
    lane->state = LANE_CHECKING;
    ask(lane, actions, LANE_ACTION_READ_HEAD);
}

/* A lane that was superseded may see what it cannot explain; only an owner may call it a contradiction. */
static void contradiction(struct lane *lane, struct lane_actions *actions, enum reason reason) {
    lane->state = LANE_CONFIRMING;
    lane->reason = reason;
    ask(lane, actions, LANE_ACTION_READ_HEAD);
}

static void measure(struct lane *lane, struct lane_actions *actions) {
    lane->state = LANE_MEASURING;
    ask(lane, actions, LANE_ACTION_MEASURE);
}

static void read_on(struct lane *lane, struct lane_actions *actions) {
    struct lane_action *action = ask(lane, actions, LANE_ACTION_READ_MARKERS);
    action->offset = lane->read_offset;
    action->until = lane->read_until;
    action->uncommitted = PLANTED(READ_UNCOMMITTED);
}

static void fence(struct lane *lane, struct lane_actions *actions) {
    if (PLANTED(REUSE_WITHOUT_INIT) && lane->slots[0].state == SLOT_OPEN && lane->slots[1].state == SLOT_OPEN) {
        measure(lane, actions);
        return;
    }
    lane->state = LANE_FENCING;
    lane->request = 0;
    for (uint32_t slot = 0; slot < LANE_SLOTS; slot++)
        close_slot(lane, actions, slot);
    open_slot(lane, actions, 0);
}

static const struct log_epoch *find_pending(const struct lane *lane, uint64_t epoch) {
    for (uint32_t i = 0; i < lane->pending_count; i++)
        if (lane->pending[i].epoch == epoch)
            return &lane->pending[i];
    return NULL;
}

static void drop_published(struct lane *lane) {
    uint32_t published = 0;
    while (published < lane->pending_count && lane->pending[published].epoch <= lane->published_epoch)
        published++;
    lane->pending_count -= published;
    memmove(lane->pending, lane->pending + published, lane->pending_count * sizeof *lane->pending);
}

static bool marker_matches(const struct marker *marker, const struct log_epoch *log) {
    return marker->chunk_count == log->chunk_count && digest_equal(&marker->log, &log->digest) &&
           digest_equal(&marker->rows, &log->chunks[marker->chunk - 1].rows) &&
           marker->row_count == log->chunks[marker->chunk - 1].row_count;
}

static void publish(struct lane *lane, struct lane_actions *actions) {
    if (lane->state != LANE_IDLE || lane->pending_count == 0 || lane->slots[lane->slot].state != SLOT_OPEN ||
        !lane->released)
        return;
    const struct log_epoch *log = &lane->pending[0];
    ASSERT(log->epoch == lane->published_epoch + 1 && log->epoch <= lane->decided_epoch);
    ASSERT(lane->chunk < log->chunk_count);
    if (PLANTED(NO_EMPTY_MARKER) && log->chunks[lane->chunk].segment == LOG_NO_SEGMENT) {
        lane->published_epoch = log->epoch;
        drop_published(lane);
        report(lane, actions);
        publish(lane, actions);
        return;
    }
    lane->state = LANE_SENDING;
    struct lane_action *action = ask(lane, actions, LANE_ACTION_SEND_CHUNK);
    action->slot = lane->slot;
    action->log = log;
    action->chunk = lane->chunk;
}

/* All markers up to the high watermark were read: where to go on? */
static enum reason judge_markers(const struct lane *lane) {
    const struct marker_position *remembered = &lane->position;
    const struct marker *marker = &lane->read_marker;
    if (!lane->read_any)
        return remembered->known && !PLANTED(TRUST_REMEMBERED) ? REASON_MARKER_ABSENT : REASON_NONE;
    if (remembered->known && (marker->epoch < remembered->epoch ||
                              (marker->epoch == remembered->epoch && marker->chunk < remembered->chunk)))
        return REASON_MARKER_BEHIND;
    if (marker->epoch > lane->decided_epoch)
        return PLANTED(SKIP_AHEAD) ? REASON_NONE : REASON_MARKER_AHEAD;
    const struct log_epoch *log = find_pending(lane, marker->epoch);
    if (log != NULL)
        return marker_matches(marker, log) || PLANTED(DIGEST_UNCHECKED) ? REASON_NONE : REASON_DIGEST_DIFFERS;
    return marker->chunk < marker->chunk_count ? REASON_LOG_MISSING : REASON_NONE;
}

static void take_markers(struct lane *lane) {
    lane->chunk = 0;
    if (lane->read_any) {
        const struct marker *marker = &lane->read_marker;
        bool whole = marker->chunk == marker->chunk_count || PLANTED(SKIP_WHOLE_EPOCH);
        lane->published_epoch = whole ? marker->epoch : marker->epoch - 1;
        lane->chunk = whole ? 0 : marker->chunk;
        lane->position = (struct marker_position){.known = true,
                                                  .epoch = marker->epoch,
                                                  .chunk = marker->chunk,
                                                  .chunk_count = marker->chunk_count,
                                                  .offset = lane->read_marker_offset,
                                                  .topic = lane->topic};
    } else if (!lane->position.known) {
        lane->published_epoch = lane->start.base_epoch;
    }
    if (PLANTED(SKIP_AHEAD) && lane->published_epoch > lane->decided_epoch)
        lane->published_epoch = lane->decided_epoch;
    drop_published(lane);
}

static void be_idle(struct lane *lane, struct lane_actions *actions) {
    lane->state = LANE_IDLE;
    lane->request = 0;
    lane->attempts = 0;
    lane->resolved = true;
    lane->slot = PLANTED(START_WITH_SECOND) ? 1 : 0;
    report(lane, actions);
    publish(lane, actions);
}

/* A slot was opened while fencing. The order of the slots matters: see lane.h. */
static void fenced_slot(struct lane *lane, struct lane_actions *actions) {
    bool both = lane->slots[1].state == SLOT_OPEN || PLANTED(FENCE_ONE_SLOT);
    if (!both)
        open_slot(lane, actions, 1);
    if (both && (PLANTED(READ_BEFORE_FENCE) || (PLANTED(COMMIT_ERROR_IS_FAILURE) && lane->resolved)))
        be_idle(lane, actions);
    else if (both)
        measure(lane, actions);
}

static void resolve(struct lane *lane, struct lane_actions *actions) {
    enum reason reason = judge_markers(lane);
    if (reason == REASON_NONE) {
        take_markers(lane);
        bool gap = lane->pending_count > 0 ? lane->pending[0].epoch != lane->published_epoch + 1
                                           : lane->published_epoch != lane->decided_epoch;
        if (gap)
            reason = REASON_LOG_MISSING;
    }
    if (reason != REASON_NONE) {
        contradiction(lane, actions, reason);
        return;
    }
    if (PLANTED(READ_BEFORE_FENCE)) {
        fence(lane, actions);
        return;
    }
    ASSERT(lane->slots[0].state == SLOT_OPEN && (lane->slots[1].state == SLOT_OPEN || PLANTED(FENCE_ONE_SLOT)));
    be_idle(lane, actions);
}

static void on_start(struct lane *lane, const struct lane_start *start, struct lane_actions *actions) {
    if (lane->state != LANE_NEW) {
        if (start->generation == lane->start.generation && (lane->resolved || lane->state >= LANE_HALTED))
            report(lane, actions);
        return;
    }
    ASSERT(start->pending_count <= PENDING_EPOCHS_MAX && start->generation > 0);
    lane->start = *start;
    lane->start.pending = NULL;
    lane->decided_epoch = start->decided_epoch;
    lane->published_epoch = start->decided_epoch - start->pending_count;
    lane->position = start->remembered;
    lane->pending_count = start->pending_count;
    if (start->pending_count > 0)
        memcpy(lane->pending, start->pending, start->pending_count * sizeof *start->pending);
    check_head(lane, actions);
}

static void on_commit(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    if (lane->state == LANE_NEW || !incarnation_equal(&event->job, &lane->start.job))
        return;
    if (lane->state >= LANE_HALTED) {
        report(lane, actions); /* perhaps nobody heard it */
        return;
    }
    if (event->generation > lane->start.generation) {
        leave_and_report(lane, actions, LANE_EXITED, REASON_SUPERSEDED);
        return;
    }
    if (event->generation < lane->start.generation)
        return;
    lane->released = true;
    if (event->log->epoch <= lane->published_epoch && lane->resolved)
        report(lane, actions);
    /* One that is here already, or one whose predecessor got lost: the coordinator says it again. */
    if (event->log->epoch == lane->decided_epoch + 1 && lane->pending_count < PENDING_EPOCHS_MAX) {
        lane->pending[lane->pending_count++] = *event->log;
        lane->decided_epoch = event->log->epoch;
    }
    publish(lane, actions);
}

static void on_head(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    lane->request = 0;
    if (event->answer != ANSWER_OK ||
        (incarnation_equal(&event->head.job, &lane->start.job) && event->head.generation < lane->start.generation)) {
        retry_later(lane, actions);
        return;
    }
    if (!incarnation_equal(&event->head.job, &lane->start.job)) {
        leave_and_report(lane, actions, LANE_EXITED, REASON_JOB_REPLACED);
        return;
    }
    if (event->head.generation > lane->start.generation) {
        leave_and_report(lane, actions, LANE_EXITED, REASON_SUPERSEDED);
        return;
    }
    if (lane->state == LANE_CONFIRMING) {
        leave_and_report(lane, actions, LANE_HALTED, lane->reason);
        return;
    }
    if (PLANTED(READ_BEFORE_FENCE))
        measure(lane, actions);
    else
        fence(lane, actions);
}

static void on_opened(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    ASSERT(event->slot < LANE_SLOTS);
    struct lane_slot *slot = &lane->slots[event->slot];
    if (slot->state != SLOT_OPENING || slot->request != event->request)
        return;
    if (event->answer == ANSWER_OK) {
        slot->state = SLOT_OPEN;
        if (lane->state == LANE_FENCING) {
            fenced_slot(lane, actions);
        } else if (lane->state == LANE_SEALED) {
            lane->state = LANE_ENDING;
            ask(lane, actions, LANE_ACTION_COMMIT)->slot = lane->slot;
        } else {
            publish(lane, actions);
        }
        return;
    }
    if (lane->state == LANE_FENCING || event->answer == ANSWER_FENCED) {
        doubt(lane, actions);
        return;
    }
    /* Only prepared for the next transaction: the one under way need not know. */
    act(actions, LANE_ACTION_CLOSE_PRODUCER)->slot = event->slot;
    *slot = (struct lane_slot){.state = SLOT_WAITING};
    retry_later(lane, actions);
}

static void on_measured(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    lane->request = 0;
    if (event->answer != ANSWER_OK) {
        retry_later(lane, actions);
        return;
    }
    const struct marker_position *remembered = &lane->position;
    if (remembered->known && memcmp(&remembered->topic, &event->topic, sizeof event->topic) != 0 &&
        !PLANTED(TRUST_REMEMBERED)) {
        contradiction(lane, actions, REASON_PROGRESS_TOPIC_CHANGED);
        return;
    }
    lane->topic = event->topic;
    lane->read_offset = remembered->known ? remembered->offset : 0;
    lane->read_until = event->offset;
    lane->read_any = false;
    lane->state = LANE_READING;
    if (lane->read_offset >= lane->read_until)
        resolve(lane, actions);
    else
        read_on(lane, actions);
}

static void on_marker(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    const struct marker *marker = &event->marker;
    enum reason reason = REASON_NONE;
    if (event->offset < lane->read_offset)
        return;
    if (event->answer != ANSWER_OK)
        reason = REASON_PROGRESS_FOREIGN;
    else if (!incarnation_equal(&marker->job, &lane->start.job) && !PLANTED(SKIP_WITHOUT_JOB))
        reason = REASON_OTHER_JOB;
    else if (marker->sink != lane->start.sink || marker->lane != lane->start.lane)
        reason = REASON_OTHER_LANE;
    else if (marker->epoch <= lane->start.base_epoch)
        reason = REASON_MARKER_REPEATED;
    else if (lane->read_any && (marker->epoch < lane->read_marker.epoch ||
                                (marker->epoch == lane->read_marker.epoch && marker->chunk <= lane->read_marker.chunk)))
        reason = REASON_MARKER_REPEATED;
    if (reason != REASON_NONE) {
        contradiction(lane, actions, reason);
        return;
    }
    lane->read_any = true;
    lane->read_marker = *marker;
    lane->read_marker_offset = event->offset;
    lane->read_offset = event->offset + 1;
}

static void on_position(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    if (event->answer == ANSWER_OK && event->offset > lane->read_offset)
        lane->read_offset = event->offset;
    if (lane->read_offset >= lane->read_until || (PLANTED(TIMEOUT_IS_NO_MARKER) && event->answer != ANSWER_OK)) {
        resolve(lane, actions);
        return;
    }
    if (event->answer == ANSWER_OK)
        return; /* more of the same request is to come */
    lane->request = 0;
    retry_later(lane, actions);
}

static void send_marker(struct lane *lane, struct lane_actions *actions) {
    const struct log_epoch *log = &lane->pending[0];
    const struct log_chunk *chunk = &log->chunks[lane->chunk];
    lane->state = LANE_MARKING;
    struct lane_action *action = ask(lane, actions, LANE_ACTION_SEND_MARKER);
    action->slot = lane->slot;
    action->marker = (struct marker){.job = lane->start.job,
                                     .sink = lane->start.sink,
                                     .lane = lane->start.lane,
                                     .epoch = log->epoch,
                                     .chunk = lane->chunk + 1,
                                     .chunk_count = log->chunk_count,
                                     .generation = lane->start.generation,
                                     .row_count = chunk->row_count,
                                     .rows = chunk->rows,
                                     .log = log->digest};
    memcpy(action->marker.engine_version, lane->start.engine_version, ENGINE_VERSION_SIZE);
}

static void on_chunk_sent(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    const struct log_chunk *chunk = &lane->pending[0].chunks[lane->chunk];
    bool complete =
        event->answer == ANSWER_OK && event->row_count == chunk->row_count && digest_equal(&event->rows, &chunk->rows);
    if (event->answer == ANSWER_CORRUPT)
        contradiction(lane, actions, REASON_LOG_CORRUPT);
    else if (event->answer == ANSWER_MISSING)
        contradiction(lane, actions, REASON_LOG_MISSING);
    else if (complete || (event->answer == ANSWER_OK && PLANTED(COUNT_UNCHECKED)))
        send_marker(lane, actions);
    else
        doubt(lane, actions);
}

static void on_marker_sent(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    lane->request = 0;
    if (event->answer != ANSWER_OK) {
        doubt(lane, actions);
        return;
    }
    lane->marker_offset = event->offset;
    lane->state = LANE_SEALED;
    if (lane->slots[1 - lane->slot].state == SLOT_OPEN || PLANTED(COMMIT_BEFORE_OTHER_IS_FRESH) ||
        PLANTED(FENCE_ONE_SLOT)) {
        lane->state = LANE_ENDING;
        ask(lane, actions, LANE_ACTION_COMMIT)->slot = lane->slot;
    }
}

static void on_committed(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    lane->request = 0;
    if (event->answer != ANSWER_OK) {
        doubt(lane, actions);
        return;
    }
    const struct log_epoch *log = &lane->pending[0];
    /* Markers rise by exactly one step. */
    ASSERT(!lane->position.known || lane->position.epoch == log->epoch
               ? lane->chunk == 0 || lane->position.chunk == lane->chunk
               : lane->chunk == 0);
    lane->position = (struct marker_position){.known = true,
                                              .epoch = log->epoch,
                                              .chunk = lane->chunk + 1,
                                              .chunk_count = log->chunk_count,
                                              .offset = lane->marker_offset,
                                              .topic = lane->topic};
    lane->attempts = 0;
    lane->state = LANE_IDLE;
    if (!PLANTED(TWO_TRANSACTIONS)) {
        uint32_t used = lane->slot;
        close_slot(lane, actions, used);
        open_slot(lane, actions, used);
        lane->slot = 1 - used;
        if (PLANTED(FENCE_ONE_SLOT) && lane->slots[1].state == SLOT_CLOSED)
            open_slot(lane, actions, 1);
    }
    if (++lane->chunk == log->chunk_count) {
        lane->published_epoch = log->epoch;
        lane->chunk = 0;
        drop_published(lane);
        report(lane, actions);
    }
    publish(lane, actions);
}

static void on_retry(struct lane *lane, struct lane_actions *actions) {
    for (uint32_t slot = 0; slot < LANE_SLOTS; slot++)
        if (lane->slots[slot].state == SLOT_WAITING)
            open_slot(lane, actions, slot);
    if (lane->request != 0)
        return;
    switch (lane->state) {
    case LANE_DOUBT: check_head(lane, actions); break;
    case LANE_CHECKING:
    case LANE_CONFIRMING: ask(lane, actions, LANE_ACTION_READ_HEAD); break;
    case LANE_MEASURING: measure(lane, actions); break;
    case LANE_READING: read_on(lane, actions); break;
    default: break;
    }
}

/* The state in which the answer to the current request makes sense. */
static bool is_expected(const struct lane *lane, const struct lane_event *event) {
    if (lane->request == 0 || event->request != lane->request)
        return false;
    switch (event->kind) {
    case LANE_EVENT_HEAD: return lane->state == LANE_CHECKING || lane->state == LANE_CONFIRMING;
    case LANE_EVENT_MEASURED: return lane->state == LANE_MEASURING;
    case LANE_EVENT_MARKER:
    case LANE_EVENT_POSITION: return lane->state == LANE_READING;
    case LANE_EVENT_CHUNK_SENT: return lane->state == LANE_SENDING;
    case LANE_EVENT_MARKER_SENT: return lane->state == LANE_MARKING;
    case LANE_EVENT_COMMITTED: return lane->state == LANE_ENDING;
    default: return false;
    }
}

void lane_init(struct lane *lane) {
    memset(lane, 0, sizeof *lane);
}

static void on_answer(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    if (!is_expected(lane, event))
        return;
    switch (event->kind) {
    case LANE_EVENT_HEAD: on_head(lane, event, actions); break;
    case LANE_EVENT_MEASURED: on_measured(lane, event, actions); break;
    case LANE_EVENT_MARKER: on_marker(lane, event, actions); break;
    case LANE_EVENT_POSITION: on_position(lane, event, actions); break;
    case LANE_EVENT_CHUNK_SENT: on_chunk_sent(lane, event, actions); break;
    case LANE_EVENT_MARKER_SENT: on_marker_sent(lane, event, actions); break;
    case LANE_EVENT_COMMITTED: on_committed(lane, event, actions); break;
    default: UNREACHABLE();
    }
}

void lane_step(struct lane *lane, const struct lane_event *event, struct lane_actions *actions) {
    actions->count = 0;
    switch (event->kind) {
    case LANE_EVENT_START: on_start(lane, event->start, actions); break;
    case LANE_EVENT_COMMIT: on_commit(lane, event, actions); break;
    case LANE_EVENT_CLOSE:
        if (lane->state < LANE_HALTED)
            leave(lane, actions, LANE_EXITED, REASON_STOPPED);
        break;
    case LANE_EVENT_RETRY: on_retry(lane, actions); break;
    case LANE_EVENT_OPENED: on_opened(lane, event, actions); break;
    default: on_answer(lane, event, actions); break;
    }
    ASSERT(lane->pending_count <= PENDING_EPOCHS_MAX);
    if (lane->state >= LANE_IDLE && lane->state <= LANE_ENDING)
        ASSERT(lane->published_epoch + lane->pending_count == lane->decided_epoch);
}
