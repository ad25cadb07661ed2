/* coordinator.c: dispatch of events, reports of lanes, orders. Invariant: an answer counts only in the state that asked for
 * it, a message only in its generation. Pure; memory in arenas. */
#include "runtime/protocol/coordinator.h"

#include <string.h>

#include "runtime/protocol/coordinator_steps.h"
#include "runtime/protocol/planted.h"

struct coordinator_action *coordinator_act(struct coordinator_actions *actions, enum coordinator_action_kind kind) {
    ASSERT(actions->count < COORDINATOR_ACTIONS_MAX);
    struct coordinator_action *action = &actions->items[actions->count++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    return action;
}

struct coordinator_action *coordinator_ask(struct coordinator *coordinator, struct coordinator_actions *actions,
                                           enum coordinator_action_kind kind) {
    struct coordinator_action *action = coordinator_act(actions, kind);
    coordinator->request = ++coordinator->requests;
    action->request = coordinator->request;
    return action;
}

void coordinator_retry_later(struct coordinator *coordinator, struct coordinator_actions *actions) {
    coordinator->attempts++;
    coordinator_act(actions, COORDINATOR_ACTION_RETRY_LATER)->attempt = coordinator->attempts;
}

void coordinator_end(struct coordinator *coordinator, struct coordinator_actions *actions, enum reason reason) {
    if (coordinator->taken)
        coordinator_act(actions, COORDINATOR_ACTION_CANCEL)->generation = coordinator->head.generation;
    coordinator->state = COORDINATOR_ENDED;
    coordinator->request = 0;
    coordinator->reason = reason;
    coordinator_act(actions, COORDINATOR_ACTION_ENDED)->reason = reason;
}

void coordinator_init(struct coordinator *coordinator, const struct coordinator_options *options) {
    ASSERT(options->task_count > 0 && options->task_count <= TASKS_MAX && options->source_count <= options->task_count);
    ASSERT(options->lane_count <= LANES_MAX && options->bound >= 1 && options->bound < PENDING_EPOCHS_MAX);
    memset(coordinator, 0, sizeof *coordinator);
    coordinator->options = *options;
    arena_init(&coordinator->memory);
    arena_init(&coordinator->arenas[0]);
    arena_init(&coordinator->arenas[1]);
    struct coordinator_options *own = &coordinator->options;
    for (uint32_t i = 0; i < options->lane_count; i++)
        ASSERT(options->lanes[i].writer_count > 0 && options->lanes[i].writer_count <= options->task_count);
    own->lanes = arena_copy(&coordinator->memory, options->lanes, options->lane_count * sizeof *options->lanes);
    struct split_position *positions =
        ARENA_ARRAY(&coordinator->memory, struct split_position, options->position_count);
    for (uint32_t i = 0; i < options->position_count; i++) {
        positions[i] = options->positions[i];
        positions[i].split.data = arena_copy(&coordinator->memory, positions[i].split.data, positions[i].split.size);
        positions[i].position.data =
            arena_copy(&coordinator->memory, positions[i].position.data, positions[i].position.size);
    }
    own->positions = positions;
    coordinator->monotonic_us = options->monotonic_us;
    coordinator->clock = processing_clock_from(options->time_us, options->monotonic_us);
}

void coordinator_release(struct coordinator *coordinator) {
    arena_release(&coordinator->memory);
    arena_release(&coordinator->arenas[0]);
    arena_release(&coordinator->arenas[1]);
}

void coordinator_count_published(struct coordinator *coordinator) {
    uint64_t published = coordinator->head.epoch;
    for (uint32_t i = 0; i < coordinator->options.lane_count; i++)
        if (coordinator->lanes[i].published_epoch < published)
            published = coordinator->lanes[i].published_epoch;
    coordinator->published_epoch = published;
}

void coordinator_say_commit(struct coordinator *coordinator, struct coordinator_actions *actions) {
    if (coordinator->ready_count < coordinator->options.lane_count ||
        coordinator->published_epoch == coordinator->head.epoch)
        return;
    struct coordinator_action *action = coordinator_act(actions, COORDINATOR_ACTION_COMMIT);
    action->generation = coordinator->head.generation;
    action->manifest = &coordinator->manifest;
}

/* After the last decided epoch nothing follows but its publication, and perhaps a savepoint of it. */
void coordinator_check_drained(struct coordinator *coordinator, struct coordinator_actions *actions) {
    if (coordinator->state != COORDINATOR_DRAINING)
        return;
    if (coordinator->published_epoch < coordinator->head.epoch &&
        !(PLANTED(FINISH_BEFORE_PUBLISHED) && coordinator->closing))
        return;
    if (coordinator->pinning) {
        coordinator->state = COORDINATOR_PINNING;
        coordinator_ask(coordinator, actions, COORDINATOR_ACTION_PIN)->savepoint =
            (struct savepoint){.generation = coordinator->head.generation,
                               .manifest = coordinator->head.manifest,
                               .plan = coordinator->manifest.plan};
        return;
    }
    if (coordinator->closing) {
        bool finished = coordinator->manifest.final || (PLANTED(NO_FINAL_EPOCH) && !coordinator->stop_wanted);
        coordinator_end(coordinator, actions, finished ? REASON_FINISHED : REASON_STOPPED);
        return;
    }
    coordinator->state = COORDINATOR_RUNNING;
    epoch_begin_if_due(coordinator, actions);
}

/* Everything of this generation is given up; HEAD tells where to go on. */
static void restart(struct coordinator *coordinator, struct coordinator_actions *actions) {
    /* A savepoint of what is published already needs no task: first its name is settled. */
    coordinator->failed =
        coordinator->state == COORDINATOR_PINNING || coordinator->state == COORDINATOR_CHECKING_PINNED;
    if (coordinator->failed)
        return;
    coordinator_act(actions, COORDINATOR_ACTION_CANCEL)->generation = coordinator->head.generation;
    coordinator_read_head(coordinator, actions, COORDINATOR_READING_HEAD);
}

/* A successor may have collected the epoch as garbage before the savepoint named it: it counts only if HEAD is ours after
 * it was written. */
static void on_pinned(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions) {
    if (event->answer != ANSWER_OK && event->answer != ANSWER_CONFLICT) {
        coordinator->request = 0;
        coordinator_retry_later(coordinator, actions);
        return;
    }
    if (event->answer == ANSWER_OK && coordinator->state == COORDINATOR_PINNING) {
        coordinator_read_head(coordinator, actions, COORDINATOR_CHECKING_PINNED);
        return;
    }
    if (event->answer == ANSWER_OK && !head_equal(&event->head, &coordinator->head)) {
        bool same_job = incarnation_equal(&event->head.job, &coordinator->head.job);
        coordinator_end(coordinator, actions, same_job ? REASON_SUPERSEDED : REASON_JOB_REPLACED);
        return;
    }
    struct coordinator_action *done = coordinator_act(actions, COORDINATOR_ACTION_SAVEPOINT_DONE);
    done->savepoint = (struct savepoint){.generation = coordinator->head.generation,
                                         .manifest = coordinator->head.manifest,
                                         .plan = coordinator->manifest.plan};
    done->reason = event->kind == COORDINATOR_EVENT_HEAD ? REASON_NONE : REASON_SAVEPOINT_EXISTS;
    coordinator->pinning = false;
    coordinator->savepoint_wanted = false;
    coordinator->state = COORDINATOR_DRAINING;
    if (coordinator->failed && !coordinator->closing)
        restart(coordinator, actions);
    else
        coordinator_check_drained(coordinator, actions);
}

/* Sets a task's bit; false when it was set. */
static bool set_bit(uint64_t *bits, uint32_t task) {
    uint64_t mask = 1ull << (task % 64);
    bool is_new = (bits[task / 64] & mask) == 0;
    bits[task / 64] |= mask;
    return is_new;
}

static void note_at_end(struct coordinator *coordinator, uint32_t task) {
    if (task < coordinator->options.source_count && set_bit(coordinator->task_at_end, task))
        coordinator->at_end_count++;
}

/* Messages mean something only to a coordinator that has deployed, and has not given that up. */
static bool is_deployed(const struct coordinator *coordinator, const struct incarnation *job) {
    return coordinator->taken && coordinator->state >= COORDINATOR_DEPLOYING &&
           coordinator->state != COORDINATOR_ENDED && incarnation_equal(job, &coordinator->head.job);
}

static void on_task_status(struct coordinator *coordinator, const struct task_status *status,
                           struct coordinator_actions *actions) {
    if (!is_deployed(coordinator, &status->job))
        return;
    if (status->kind == TASK_SUPERSEDED && status->generation > coordinator->head.generation)
        restart(coordinator, actions); /* HEAD will say so */
    if (status->generation != coordinator->head.generation || status->task >= coordinator->options.task_count)
        return;
    switch (status->kind) {
    case TASK_RUNNING:
        if (set_bit(coordinator->task_running, status->task))
            coordinator->running_count++;
        take_over_check_deployed(coordinator, actions);
        break;
    case TASK_AT_END:
        note_at_end(coordinator, status->task);
        epoch_begin_if_due(coordinator, actions);
        break;
    case TASK_DECLINED:
        if (coordinator->state == COORDINATOR_COLLECTING && status->epoch == coordinator->barrier.epoch &&
            status->attempt == coordinator->barrier.attempt)
            epoch_abort(coordinator, actions);
        break;
    case TASK_FAILED: restart(coordinator, actions); break;
    case TASK_SUPERSEDED: break;
    }
}

static void on_task_ack(struct coordinator *coordinator, const struct task_ack *ack,
                        struct coordinator_actions *actions) {
    if (!is_deployed(coordinator, &ack->job) || ack->task >= coordinator->options.task_count)
        return;
    if (ack->generation != coordinator->head.generation && !PLANTED(OLD_GENERATION_ACKS))
        return;
    if (ack->at_end)
        note_at_end(coordinator, ack->task);
    epoch_on_ack(coordinator, ack, actions);
}

static bool position_is_newer(const struct marker_position *a, const struct marker_position *b) {
    if (!b->known)
        return a->known;
    return a->known && (a->epoch > b->epoch || (a->epoch == b->epoch && a->chunk > b->chunk));
}

static void on_lane_report(struct coordinator *coordinator, const struct lane_report *report,
                           struct coordinator_actions *actions) {
    if (!is_deployed(coordinator, &report->job) || report->generation != coordinator->head.generation ||
        report->lane_index >= coordinator->options.lane_count)
        return;
    if (report->reason == REASON_SUPERSEDED || report->reason == REASON_JOB_REPLACED) {
        restart(coordinator, actions); /* HEAD will say so */
        return;
    }
    if (report->reason != REASON_NONE) {
        coordinator_end(coordinator, actions, report->reason);
        return;
    }
    struct coordinator_lane *lane = &coordinator->lanes[report->lane_index];
    if (report->position.known && report->position.epoch > coordinator->head.epoch)
        return;
    bool is_last = !lane->ready && coordinator->ready_count + 1 == coordinator->options.lane_count;
    if (!lane->ready) {
        lane->ready = true;
        coordinator->ready_count++;
    }
    if (position_is_newer(&report->position, &lane->position)) {
        lane->position = report->position;
        bool whole = report->position.chunk == report->position.chunk_count;
        lane->published_epoch = whole ? report->position.epoch : report->position.epoch - 1;
    }
    uint64_t before = coordinator->published_epoch;
    coordinator_count_published(coordinator);
    if (coordinator->published_epoch > before)
        coordinator_act(actions, COORDINATOR_ACTION_PUBLISHED)->epoch = coordinator->published_epoch;
    /* Until now no lane has published anything in this generation: any of them may have found a contradiction. */
    if (is_last)
        coordinator_say_commit(coordinator, actions);
    take_over_check_deployed(coordinator, actions);
    epoch_begin_if_due(coordinator, actions);
    coordinator_check_drained(coordinator, actions);
}

/* The state's own question again, after an answer that was none. */
static void ask_again(struct coordinator *coordinator, struct coordinator_actions *actions) {
    enum coordinator_state state = coordinator->state;
    switch (state) {
    case COORDINATOR_READING_SAVEPOINT: coordinator_read_savepoint(coordinator, actions); break;
    case COORDINATOR_READING_HEAD:
    case COORDINATOR_CONFIRMING:
    case COORDINATOR_CHECKING_PINNED:
    case COORDINATOR_CHECKING_TAKEN:
    case COORDINATOR_CHECKING_DECIDED: coordinator_read_head(coordinator, actions, state); break;
    case COORDINATOR_LOADING: coordinator_load(coordinator, actions); break;
    case COORDINATOR_WRITING_FIRST:
    case COORDINATOR_WRITING: coordinator_write(coordinator, actions, state); break;
    case COORDINATOR_TAKING:
    case COORDINATOR_DECIDING: coordinator_swap(coordinator, actions, state); break;
    case COORDINATOR_VERIFYING: coordinator_verify(coordinator, actions); break;
    case COORDINATOR_PINNING:
        coordinator->state = COORDINATOR_DRAINING;
        coordinator_check_drained(coordinator, actions);
        break;
    default: break;
    }
}

static void on_retry(struct coordinator *coordinator, struct coordinator_actions *actions) {
    if (coordinator->hold) {
        coordinator->hold = false;
        epoch_begin_if_due(coordinator, actions);
    }
    if (coordinator->request == 0)
        ask_again(coordinator, actions);
}

static void on_resend(struct coordinator *coordinator, struct coordinator_actions *actions) {
    if (!is_deployed(coordinator, &coordinator->head.job))
        return;
    if (coordinator->state == COORDINATOR_DEPLOYING || coordinator->ready_count < coordinator->options.lane_count)
        coordinator_say_deploy(coordinator, actions);
    if (coordinator->state == COORDINATOR_COLLECTING)
        coordinator_act(actions, COORDINATOR_ACTION_BARRIER)->barrier = coordinator->barrier;
    coordinator_say_commit(coordinator, actions);
}

static void on_answer(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions) {
    if (coordinator->request == 0 || event->request != coordinator->request)
        return;
    switch (coordinator->state) {
    case COORDINATOR_READING_SAVEPOINT: take_over_on_savepoint(coordinator, event, actions); break;
    case COORDINATOR_READING_HEAD: take_over_on_head(coordinator, event, actions); break;
    case COORDINATOR_LOADING: take_over_on_manifest(coordinator, event, actions); break;
    case COORDINATOR_WRITING_FIRST: take_over_on_first_written(coordinator, event, actions); break;
    case COORDINATOR_TAKING: take_over_on_swapped(coordinator, event, actions); break;
    case COORDINATOR_CHECKING_TAKEN: take_over_on_head_again(coordinator, event, actions); break;
    case COORDINATOR_VERIFYING: take_over_on_verified(coordinator, event, actions); break;
    case COORDINATOR_CONFIRMING: take_over_on_confirmed(coordinator, event, actions); break;
    case COORDINATOR_WRITING: epoch_on_written(coordinator, event, actions); break;
    case COORDINATOR_DECIDING: epoch_on_swapped(coordinator, event, actions); break;
    case COORDINATOR_CHECKING_DECIDED: epoch_on_head(coordinator, event, actions); break;
    case COORDINATOR_PINNING:
    case COORDINATOR_CHECKING_PINNED: on_pinned(coordinator, event, actions); break;
    default: break;
    }
}

static void on_start(struct coordinator *coordinator, struct coordinator_actions *actions) {
    ASSERT(coordinator->state == COORDINATOR_NEW);
    if (coordinator->options.start == START_RESTORE || coordinator->options.start == START_FORK)
        coordinator_read_savepoint(coordinator, actions);
    else
        coordinator_read_head(coordinator, actions, COORDINATOR_READING_HEAD);
}

static void on_order(struct coordinator *coordinator, const struct coordinator_event *event,
                     struct coordinator_actions *actions) {
    switch (event->kind) {
    case COORDINATOR_EVENT_TRIGGER: coordinator->due = true; break;
    case COORDINATOR_EVENT_SAVEPOINT: coordinator->savepoint_wanted = true; break;
    case COORDINATOR_EVENT_STOP: coordinator->stop_wanted = true; break;
    case COORDINATOR_EVENT_CANCEL: coordinator_end(coordinator, actions, REASON_STOPPED); return;
    default: UNREACHABLE();
    }
    epoch_begin_if_due(coordinator, actions);
}

/* A wall clock that was set back does not make stamps stand still: they go on with the other one. */
static void note_time(struct coordinator *coordinator, const struct coordinator_event *event) {
    if (event->time_us == 0)
        return;
    if (event->monotonic_us > coordinator->monotonic_us && !PLANTED(STAMPS_STAND_STILL))
        coordinator->monotonic_us = event->monotonic_us;
    processing_clock_raise(&coordinator->clock, event->time_us, coordinator->monotonic_us);
    if (PLANTED(STAMPS_FOLLOW_THE_CLOCK))
        coordinator->clock = processing_clock_from(event->time_us, coordinator->monotonic_us);
}

void coordinator_step(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions) {
    actions->count = 0;
    if (coordinator->state == COORDINATOR_ENDED)
        return;
    note_time(coordinator, event);
    switch (event->kind) {
    case COORDINATOR_EVENT_START: on_start(coordinator, actions); break;
    case COORDINATOR_EVENT_TASK_STATUS: on_task_status(coordinator, &event->task_status, actions); break;
    case COORDINATOR_EVENT_TASK_ACK: on_task_ack(coordinator, event->task_ack, actions); break;
    case COORDINATOR_EVENT_LANE_REPORT: on_lane_report(coordinator, &event->lane_report, actions); break;
    case COORDINATOR_EVENT_TRIGGER:
    case COORDINATOR_EVENT_SAVEPOINT:
    case COORDINATOR_EVENT_STOP:
    case COORDINATOR_EVENT_CANCEL: on_order(coordinator, event, actions); break;
    case COORDINATOR_EVENT_EPOCH_TIMEOUT:
        if (coordinator->state == COORDINATOR_COLLECTING || coordinator->state == COORDINATOR_WRITING)
            epoch_abort(coordinator, actions);
        break;
    case COORDINATOR_EVENT_RETRY: on_retry(coordinator, actions); break;
    case COORDINATOR_EVENT_RESEND: on_resend(coordinator, actions); break;
    default: on_answer(coordinator, event, actions); break;
    }
    /* No lane has published what is not decided. */
    ASSERT(!coordinator->taken || coordinator->published_epoch <= coordinator->head.epoch);
}
