/* checkpointer.c: the coordinator's driver. Invariants: the machine is stepped by the coordinator's thread only; what
 * it says is copied before the next step; an error of the store is an answer, and is logged here once it lasts. */
#include "runtime/checkpoint/checkpointer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/env.h"
#include "core/base/fault.h"
#include "core/base/log.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/lane_driver.h"
#include "runtime/checkpoint/plan_change.h"
#include "runtime/checkpoint/retry.h"
#include "runtime/checkpoint/sweeper.h"
#include "runtime/checkpoint/task_mail.h"
#include "runtime/protocol/coordinator.h"
#include "runtime/store/store.h"
#include "version.h"

enum {
    UNPUBLISHED_EPOCHS_MAX = 3, /* K of the protocol */
    RESEND_US = 1000000,
    /* Before anything is deployed, the start is given up with the store's error after so many failures … */
    HOPELESS_ATTEMPTS = 3,           /* … that do not pass by themselves, … */
    HOPELESS_RETRIABLE_ATTEMPTS = 8, /* … or that might, which takes two or three seconds, … */
    HOPELESS_US = 10000000,          /* … or after so long, since some stores are slow to fail */
    HEAD_LOOK_US = 10000000,
};
#define EPOCH_TIMEOUT_US (600 * (int64_t)1000000)

struct coordinator_mail {
    struct message base;
    struct coordinator_event event;
    struct task_ack ack;
    bool is_close;   /* leave the thread */
    bool is_failure; /* end the job with `error` */
    struct error error;
};

struct checkpointer {
    struct checkpointer_config config;
    struct arena arena;           /* of what lives as long as this */
    struct store *store, *origin; /* origin: where the savepoint is; NULL or another store */
    const char *savepoint_name;   /* its object name */
    struct coordinator coordinator;
    struct mailbox inbox;
    pthread_t thread;
    struct lane_driver **lanes; /* NULL until deployed */
    struct lane_identity *identities;
    const struct checkpointed_sink **lane_sinks; /* by lane */
    uint32_t lane_count;
    struct log_segments segments;
    struct sweeper *sweeper;
    struct coordinator_event answer;                           /* kind 0: none is waiting */
    int64_t answer_us;                                         /* when it may be handed on */
    struct strbuf bytes;                                       /* what it points to */
    int64_t trigger_us, retry_us, resend_us, epoch_timeout_us; /* monotonic; INT64_MAX: not */
    int64_t look_us;                                           /* when HEAD is read although nothing needs it */
    int64_t asked_us;                                          /* the question that is open, or was last */
    int64_t failing_since_us;                                  /* of the start */
    int64_t barrier_us;
    uint32_t failures;       /* in a row */
    uint32_t start_failures; /* before it is deployed, in all */
    bool deployed, ended, closed;
    bool cancelled;      /* by checkpointer_cancel */
    uint64_t generation; /* that was deployed */
    uint32_t savepoints;
    struct error error;    /* the last of the store, or why a lane cannot work */
    bool failed;           /* `error` is the reason of the end */
    pthread_mutex_t mutex; /* of status */
    struct checkpointer_status status;
};

static void step(struct checkpointer *checkpointer, const struct coordinator_event *event);

/* ---- what goes in ---- */

static void post(struct checkpointer *checkpointer, struct coordinator_mail *mail) {
    mailbox_post(&checkpointer->inbox, &mail->base);
}

static struct coordinator_mail *new_mail(enum coordinator_event_kind kind) {
    struct coordinator_mail *mail = message_new(sizeof *mail);
    mail->event.kind = kind;
    return mail;
}

static void post_order(struct checkpointer *checkpointer, enum coordinator_event_kind kind) {
    post(checkpointer, new_mail(kind));
}

void checkpointer_want_epoch(struct checkpointer *checkpointer) {
    post_order(checkpointer, COORDINATOR_EVENT_TRIGGER);
}

void checkpointer_stop(struct checkpointer *checkpointer) {
    post_order(checkpointer, COORDINATOR_EVENT_STOP);
}

void checkpointer_cancel(struct checkpointer *checkpointer) {
    post_order(checkpointer, COORDINATOR_EVENT_CANCEL);
}

void checkpointer_want_savepoint(struct checkpointer *checkpointer) {
    post_order(checkpointer, COORDINATOR_EVENT_SAVEPOINT);
}

void checkpointer_tell_status(struct checkpointer *checkpointer, const struct task_status *status) {
    struct coordinator_mail *mail = new_mail(COORDINATOR_EVENT_TASK_STATUS);
    mail->event.task_status = *status;
    post(checkpointer, mail);
}

void checkpointer_tell_ack(struct checkpointer *checkpointer, const struct task_ack *ack) {
    struct coordinator_mail *mail = new_mail(COORDINATOR_EVENT_TASK_ACK);
    struct arena *arena = &mail->base.arena;
    mail->ack = *ack;
    mail->ack.objects = arena_copy(arena, ack->objects, ack->object_count * sizeof *ack->objects);
    struct split_position *positions = ARENA_ARRAY(arena, struct split_position, ack->position_count);
    for (uint32_t i = 0; i < ack->position_count; i++) {
        positions[i] = ack->positions[i];
        positions[i].split.data = arena_copy(arena, ack->positions[i].split.data, ack->positions[i].split.size);
        positions[i].position.data =
            arena_copy(arena, ack->positions[i].position.data, ack->positions[i].position.size);
    }
    mail->ack.positions = positions;
    struct ack_lane *lanes = ARENA_ARRAY(arena, struct ack_lane, ack->lane_count);
    for (uint32_t i = 0; i < ack->lane_count; i++)
        lanes[i] =
            (struct ack_lane){.lane_index = ack->lanes[i].lane_index, .log = log_epoch_copy(arena, &ack->lanes[i].log)};
    mail->ack.lanes = lanes;
    mail->event.task_ack = &mail->ack;
    post(checkpointer, mail);
}

static void on_lane_report(void *context, const struct lane_report *report) {
    struct coordinator_mail *mail = new_mail(COORDINATOR_EVENT_LANE_REPORT);
    mail->event.lane_report = *report;
    post(context, mail);
}

static void on_lane_failure(void *context, const struct error *error) {
    struct coordinator_mail *mail = new_mail(COORDINATOR_EVENT_CANCEL);
    mail->is_failure = true;
    mail->error = *error;
    post(context, mail);
}

/* ---- what comes out ---- */

static void tell_tasks(struct checkpointer *checkpointer, const struct task_mail *mail) {
    for (uint32_t i = 0; i < checkpointer->config.task_count; i++) {
        struct task_mail *copy = message_new(sizeof *copy);
        struct message base = copy->base;
        *copy = *mail;
        copy->base = base;
        mailbox_post(checkpointer->config.inboxes[i], &copy->base);
    }
}

/* Through its own encoding: a copy that shares nothing. */
static void tell_deploy(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct arena arena;
    arena_init(&arena);
    struct str bytes = manifest_encode(action->manifest, &arena);
    for (uint32_t i = 0; i < checkpointer->config.task_count; i++) {
        struct task_mail *mail = message_new(sizeof *mail);
        mail->kind = TASK_MAIL_DEPLOY;
        mail->generation = action->generation;
        mail->lanes_only = action->lanes_only;
        enum status status = manifest_decode(bytes.data, bytes.size, &mail->base.arena, &mail->manifest, NULL);
        ASSERT(status == STATUS_OK);
        mailbox_post(checkpointer->config.inboxes[i], &mail->base);
    }
    arena_release(&arena);
}

static void start_lanes(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    const struct manifest *manifest = action->manifest;
    for (uint32_t i = 0; i < checkpointer->lane_count; i++) {
        const struct manifest_lane *lane = &manifest->lanes[i];
        struct lane_driver_config config = {.store = checkpointer->store,
                                            .segments = &checkpointer->segments,
                                            .publishers = checkpointer->lane_sinks[i]->publishers,
                                            .publisher = checkpointer->lane_sinks[i]->publisher,
                                            .report = on_lane_report,
                                            .failed = on_lane_failure,
                                            .context = checkpointer};
        config.publisher.lane = lane->lane;
        struct lane_start start = {.job = manifest->id.job,
                                   .sink = lane->sink,
                                   .lane = lane->lane,
                                   .lane_index = i,
                                   .generation = action->generation,
                                   .base_epoch = manifest->base_epoch,
                                   .decided_epoch = manifest->id.epoch,
                                   .remembered = lane->marker,
                                   .pending = lane->pending,
                                   .pending_count = lane->pending_count};
        snprintf(start.engine_version, sizeof start.engine_version, "%s", STREAMSQL_VERSION);
        checkpointer->lanes[i] = lane_driver_new(&config);
        lane_driver_start(checkpointer->lanes[i], &start);
    }
}

static void free_lanes(struct checkpointer *checkpointer) {
    for (uint32_t i = 0; i < checkpointer->lane_count; i++) {
        if (checkpointer->lanes[i])
            lane_driver_free(checkpointer->lanes[i]);
        checkpointer->lanes[i] = NULL;
    }
}

/* The machine says it again until all answered; everything here is told once, as nothing gets lost. */
static void deploy(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    if (checkpointer->deployed && checkpointer->generation == action->generation)
        return;
    if (checkpointer->deployed) {
        struct error error = {0};
        (void)FAIL(&error, STATUS_SUPERSEDED, "this process lost its place in the job to itself; start it again");
        error.retriable = true;
        on_lane_failure(checkpointer, &error);
        return;
    }
    checkpointer->deployed = true;
    error_reset(&checkpointer->error); /* what went before has nothing to do with what may come */
    checkpointer->generation = action->generation;
    checkpointer->failures = 0;
    checkpointer->trigger_us =
        checkpointer->config.interval_us > 0 ? mailbox_now_us() + checkpointer->config.interval_us : INT64_MAX;
    const struct head *head = &checkpointer->coordinator.head;
    struct sweeper_config config = {
        .store = checkpointer->store, .job = head->job, .owner = head->owner, .generation = head->generation};
    checkpointer->sweeper = sweeper_new(&config);
    tell_deploy(checkpointer, action);
    start_lanes(checkpointer, action);
}

static void say_commit(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    const struct manifest *manifest = action->manifest;
    for (uint32_t i = 0; i < checkpointer->lane_count; i++)
        for (uint32_t j = 0; j < manifest->lanes[i].pending_count; j++)
            if (checkpointer->lanes[i])
                lane_driver_commit(checkpointer->lanes[i], &manifest->id.job, action->generation,
                                   &manifest->lanes[i].pending[j]);
}

/* ---- the end ---- */

static enum status status_of(enum reason reason) {
    switch (reason) {
    case REASON_SUPERSEDED:
    case REASON_JOB_REPLACED: return STATUS_SUPERSEDED;
    default: return STATUS_CHECKPOINT_UNUSABLE;
    }
}

static void end(struct checkpointer *checkpointer, enum reason reason) {
    const struct coordinator *coordinator = &checkpointer->coordinator;
    struct task_mail mail = {.kind = TASK_MAIL_ENDED, .reason = reason};
    mail.decided_epoch = coordinator->taken ? coordinator->head.epoch : 0;
    if (checkpointer->failed) {
        mail.error = checkpointer->error;
    } else if (reason != REASON_FINISHED && reason != REASON_STOPPED) {
        struct error last = checkpointer->error;
        (void)FAIL(&mail.error, status_of(reason), "the checkpoint at %s: %s", store_uri_text(checkpointer->store),
                   reason_text(reason));
        error_hint(&mail.error, "%s", reason_hint(reason));
        if (reason == REASON_PLAN_CHANGED)
            plan_change_explain(checkpointer->store, &coordinator->manifest, checkpointer->config.operators,
                                checkpointer->config.operator_count, &mail.error);
        else if (last.status != STATUS_OK)
            error_detail(&mail.error, "%s", last.message);
    }
    checkpointer->ended = true;
    if (checkpointer->cancelled && mail.error.status == STATUS_OK) {
        pthread_mutex_lock(&checkpointer->mutex);
        checkpointer->status.gave_up = true;
        pthread_mutex_unlock(&checkpointer->mutex);
    } else if (checkpointer->sweeper && mail.error.status == STATUS_OK) {
        sweeper_finish(checkpointer->sweeper);
    }
    tell_tasks(checkpointer, &mail);
}

/* ---- the store ---- */

/* Nothing was deployed, so nothing is lost by an end that says what is wrong. */
static bool start_is_hopeless(const struct checkpointer *checkpointer, const struct error *error) {
    uint32_t failures_max = error->retriable ? HOPELESS_RETRIABLE_ATTEMPTS : HOPELESS_ATTEMPTS;
    return !checkpointer->deployed && (checkpointer->start_failures >= failures_max ||
                                       mailbox_now_us() - checkpointer->failing_since_us >= HOPELESS_US);
}

/* Failures of the store are answers; they are told when they last, and end a start that gets nowhere. */
static void note_failure(struct checkpointer *checkpointer, const char *what, enum answer answer,
                         const struct error *error) {
    if (answer == ANSWER_OK || error->status == STATUS_OK)
        return;
    checkpointer->error = *error;
    if (answer != ANSWER_UNKNOWN)
        return;
    checkpointer->failures++;
    if (!checkpointer->deployed && checkpointer->start_failures++ == 0)
        checkpointer->failing_since_us = checkpointer->asked_us;
    LOG_AT(retry_is_loud(checkpointer->failures) ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
           "the store gave no answer; it is asked again", log_text("doing", what),
           log_int("attempt", checkpointer->failures), LOG_ERROR_FIELDS(error));
    if (start_is_hopeless(checkpointer, error))
        checkpointer->failed = true;
}

/* The answer of the one question that is open; the thread's loop hands it to the machine. After failures it comes late,
 * since some states ask again at once: after those in a row; during the start after all, since a swap that fails and a
 * read that does not take turns. */
static void keep_answer(struct checkpointer *checkpointer, const struct coordinator_event *event, const char *what,
                        const struct error *error) {
    bool failed = event->answer == ANSWER_UNKNOWN;
    note_failure(checkpointer, what, event->answer, error);
    if (!failed)
        checkpointer->failures = 0;
    checkpointer->answer = *event;
    uint32_t failures = checkpointer->deployed ? checkpointer->failures : checkpointer->start_failures;
    checkpointer->answer_us = failed && failures > 0 ? mailbox_now_us() + retry_pause_us(failures) : 0;
    if (event->answer == ANSWER_OK &&
        (event->kind == COORDINATOR_EVENT_HEAD || event->kind == COORDINATOR_EVENT_SWAPPED))
        checkpointer->look_us = mailbox_now_us() + checkpointer->config.head_look_us;
    if (checkpointer->failed) {
        checkpointer->answer = (struct coordinator_event){.kind = COORDINATOR_EVENT_CANCEL};
        checkpointer->answer_us = 0;
    }
}

static void read_head(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_HEAD, .request = action->request};
    event.answer = checkpoint_read_head(checkpointer->store, &event.head, &event.version, &error);
    if (!checkpointer->deployed)
        (void)fault_point(FAULT_TAKE_OVER);
    keep_answer(checkpointer, &event, "reading HEAD", &error);
}

static void swap_head(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_SWAPPED, .request = action->request};
    event.answer = checkpoint_swap_head(checkpointer->store, &action->expected, &action->head, &event.version, &error);
    keep_answer(checkpointer, &event, "swapping HEAD", &error);
}

static void read_manifest(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_MANIFEST, .request = action->request};
    strbuf_reset(&checkpointer->bytes);
    event.answer = checkpoint_get_manifest(checkpointer->store, &action->reference.id, &checkpointer->bytes, &error);
    event.bytes = strbuf_str(&checkpointer->bytes);
    keep_answer(checkpointer, &event, "reading the manifest", &error);
}

static void write_manifest(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    struct coordinator_event event = {
        .kind = COORDINATOR_EVENT_WRITTEN, .request = action->request, .answer = ANSWER_UNKNOWN};
    if (fault_point(FAULT_MANIFEST))
        (void)FAIL(&error, STATUS_FILE_ERROR, "fault point: the manifest was refused");
    else
        event.answer = checkpoint_put(checkpointer->store, &action->reference.id, action->bytes, &error);
    keep_answer(checkpointer, &event, "writing the manifest", &error);
}

static void verify(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_VERIFIED, .request = action->request};
    event.answer = checkpoint_verify(checkpointer->store, action->manifest, &error);
    keep_answer(checkpointer, &event, "verifying the checkpoint", &error);
}

/* A savepoint of another store is copied before anything refers to it. */
static void read_savepoint(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_SAVEPOINT_READ, .request = action->request};
    struct store *from = checkpointer->origin ? checkpointer->origin : checkpointer->store;
    event.answer = checkpoint_get_savepoint(from, checkpointer->savepoint_name, &event.savepoint, &error);
    if (event.answer == ANSWER_OK && checkpointer->origin)
        event.answer = checkpoint_copy(from, checkpointer->store, &event.savepoint, &error);
    keep_answer(checkpointer, &event, "reading the savepoint", &error);
}

static void pin(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    struct error error = {0};
    char name[SAVEPOINT_NAME_MAX];
    const struct object_id *id = &action->savepoint.manifest.id;
    snprintf(name, sizeof name, "epoch-%llu", (unsigned long long)id->epoch);
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_PINNED, .request = action->request};
    event.answer = checkpoint_put_savepoint(checkpointer->store, &id->job, name, &action->savepoint, &error);
    keep_answer(checkpointer, &event, "writing the savepoint", &error);
}

static void savepoint_done(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    if (action->reason != REASON_NONE) {
        log_error("no savepoint was made", log_text("reason", reason_text(action->reason)));
        return;
    }
    char name[SAVEPOINT_NAME_MAX];
    const struct object_id *id = &action->savepoint.manifest.id;
    snprintf(name, sizeof name, "epoch-%llu", (unsigned long long)id->epoch);
    char *object_name = savepoint_object_name(&id->job, name);
    pthread_mutex_lock(&checkpointer->mutex);
    struct checkpointer_status *status = &checkpointer->status;
    snprintf(status->savepoint, sizeof status->savepoint, "%s#%s", checkpointer->config.uri, object_name);
    status->savepoint_count++;
    pthread_mutex_unlock(&checkpointer->mutex);
    log_info("savepoint made", log_text("savepoint", status->savepoint));
    if (checkpointer->config.savepoint_made)
        checkpointer->config.savepoint_made(checkpointer->config.savepoint_context, status->savepoint);
    free(object_name);
}

/* ---- the machine ---- */

static void retry_later(struct checkpointer *checkpointer, uint32_t attempt) {
    checkpointer->retry_us = mailbox_now_us() + retry_pause_us(attempt);
}

static void tell_barrier(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    bool abort = action->kind == COORDINATOR_ACTION_ABORT;
    int64_t now_us = mailbox_now_us();
    if (!abort && checkpointer->epoch_timeout_us == INT64_MAX) {
        checkpointer->epoch_timeout_us = now_us + EPOCH_TIMEOUT_US;
        checkpointer->barrier_us = now_us;
    }
    if (abort) {
        checkpointer->epoch_timeout_us = INT64_MAX;
        pthread_mutex_lock(&checkpointer->mutex);
        checkpointer->status.aborted_count++;
        pthread_mutex_unlock(&checkpointer->mutex);
        log_warn("an epoch was given up and is tried again", log_int("epoch", (int64_t)action->barrier.epoch),
                 log_int("attempt", action->barrier.attempt));
    }
    tell_tasks(checkpointer,
               &(struct task_mail){.kind = abort ? TASK_MAIL_ABORT : TASK_MAIL_BARRIER, .barrier = action->barrier});
}

static void on_published(struct checkpointer *checkpointer, uint64_t epoch) {
    log_segments_drop(&checkpointer->segments, epoch);
    if (checkpointer->sweeper)
        sweeper_published(checkpointer->sweeper, epoch);
}

static void on_decided(struct checkpointer *checkpointer, uint64_t epoch) {
    int64_t duration_us = mailbox_now_us() - checkpointer->barrier_us;
    checkpointer->epoch_timeout_us = INT64_MAX;
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->status.decided_epoch = epoch;
    checkpointer->status.last_duration_us = duration_us;
    pthread_mutex_unlock(&checkpointer->mutex);
    log_debug("epoch decided", log_int("epoch", (int64_t)epoch), log_int("duration_us", duration_us));
    if (checkpointer->lane_count == 0) /* nobody is to report it */
        on_published(checkpointer, epoch);
}

/* One process runs one generation of the job: whoever gives it up starts the process again. */
static void on_cancel(struct checkpointer *checkpointer) {
    if (checkpointer->deployed && checkpointer->coordinator.state != COORDINATOR_ENDED)
        free_lanes(checkpointer);
}

static void act(struct checkpointer *checkpointer, const struct coordinator_action *action) {
    if (action->request != 0)
        checkpointer->asked_us = mailbox_now_us();
    switch (action->kind) {
    case COORDINATOR_ACTION_READ_SAVEPOINT: read_savepoint(checkpointer, action); break;
    case COORDINATOR_ACTION_READ_HEAD: read_head(checkpointer, action); break;
    case COORDINATOR_ACTION_SWAP_HEAD: swap_head(checkpointer, action); break;
    case COORDINATOR_ACTION_READ_MANIFEST: read_manifest(checkpointer, action); break;
    case COORDINATOR_ACTION_WRITE: write_manifest(checkpointer, action); break;
    case COORDINATOR_ACTION_VERIFY: verify(checkpointer, action); break;
    case COORDINATOR_ACTION_PIN: pin(checkpointer, action); break;
    case COORDINATOR_ACTION_DEPLOY: deploy(checkpointer, action); break;
    case COORDINATOR_ACTION_BARRIER:
    case COORDINATOR_ACTION_ABORT: tell_barrier(checkpointer, action); break;
    case COORDINATOR_ACTION_COMMIT: say_commit(checkpointer, action); break;
    case COORDINATOR_ACTION_CANCEL: on_cancel(checkpointer); break;
    case COORDINATOR_ACTION_RETRY_LATER: retry_later(checkpointer, action->attempt); break;
    case COORDINATOR_ACTION_DECIDED: on_decided(checkpointer, action->epoch); break;
    case COORDINATOR_ACTION_PUBLISHED: on_published(checkpointer, action->epoch); break;
    case COORDINATOR_ACTION_SAVEPOINT_DONE: savepoint_done(checkpointer, action); break;
    case COORDINATOR_ACTION_ENDED: end(checkpointer, action->reason); break;
    }
}

static void publish_status(struct checkpointer *checkpointer) {
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->status.generation = checkpointer->coordinator.head.generation;
    checkpointer->status.published_epoch = checkpointer->coordinator.published_epoch;
    if (checkpointer->coordinator.taken)
        checkpointer->status.decided_epoch = checkpointer->coordinator.head.epoch;
    pthread_mutex_unlock(&checkpointer->mutex);
}

static void step(struct checkpointer *checkpointer, const struct coordinator_event *event) {
    struct coordinator_actions actions;
    struct coordinator_event timed = *event;
    timed.time_us = env_now_us(checkpointer->config.env);
    timed.monotonic_us = env_monotonic_us(checkpointer->config.env);
    coordinator_step(&checkpointer->coordinator, &timed, &actions);
    publish_status(checkpointer);
    for (uint32_t i = 0; i < actions.count; i++)
        act(checkpointer, &actions.items[i]);
}

/* ---- the thread ---- */

static int64_t earliest(const struct checkpointer *checkpointer) {
    const int64_t times[] = {checkpointer->answer.kind ? checkpointer->answer_us : INT64_MAX,
                             checkpointer->trigger_us,
                             checkpointer->retry_us,
                             checkpointer->resend_us,
                             checkpointer->epoch_timeout_us,
                             checkpointer->look_us};
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        first = times[i] < first ? times[i] : first;
    return first;
}

/* A job with nothing to decide asks HEAD nothing: this tells it that there is a successor. The machine then asks
 * itself. */
static void look_at_head(struct checkpointer *checkpointer) {
    struct head head;
    struct head_version version;
    struct error error = {0};
    checkpointer->look_us = mailbox_now_us() + checkpointer->config.head_look_us;
    if (!checkpointer->deployed || checkpointer->ended || checkpointer->answer.kind)
        return;
    const struct head *own = &checkpointer->coordinator.head;
    if (checkpoint_read_head(checkpointer->store, &head, &version, &error) != ANSWER_OK)
        return;
    bool same_job = incarnation_equal(&head.job, &own->job);
    if (same_job && head.generation <= own->generation)
        return;
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_TASK_STATUS,
                                      .task_status = {.kind = TASK_SUPERSEDED,
                                                      .job = own->job,
                                                      .generation = same_job ? head.generation : own->generation + 1}};
    step(checkpointer, &event);
}

static void run_timers(struct checkpointer *checkpointer) {
    int64_t now_us = mailbox_now_us();
    if (checkpointer->answer.kind && now_us >= checkpointer->answer_us) {
        struct coordinator_event answer = checkpointer->answer;
        checkpointer->answer.kind = 0;
        step(checkpointer, &answer);
    }
    if (now_us >= checkpointer->retry_us) {
        checkpointer->retry_us = INT64_MAX;
        step(checkpointer, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
    }
    if (now_us >= checkpointer->trigger_us) {
        checkpointer->trigger_us = now_us + checkpointer->config.interval_us;
        step(checkpointer, &(struct coordinator_event){.kind = COORDINATOR_EVENT_TRIGGER});
    }
    if (now_us >= checkpointer->epoch_timeout_us) {
        checkpointer->epoch_timeout_us = INT64_MAX;
        step(checkpointer, &(struct coordinator_event){.kind = COORDINATOR_EVENT_EPOCH_TIMEOUT});
    }
    if (now_us >= checkpointer->resend_us) {
        checkpointer->resend_us = now_us + RESEND_US;
        step(checkpointer, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RESEND});
    }
    if (now_us >= checkpointer->look_us)
        look_at_head(checkpointer);
}

static void on_mail(struct checkpointer *checkpointer, struct coordinator_mail *mail) {
    if (mail->is_close) {
        checkpointer->closed = true;
        return;
    }
    if (mail->is_failure && !checkpointer->ended) {
        checkpointer->failed = true;
        checkpointer->error = mail->error;
    }
    checkpointer->cancelled |= mail->event.kind == COORDINATOR_EVENT_CANCEL && !checkpointer->ended;
    step(checkpointer, &mail->event);
}

static void *run_coordinator(void *argument) {
    struct checkpointer *checkpointer = argument;
    step(checkpointer, &(struct coordinator_event){.kind = COORDINATOR_EVENT_START});
    while (!checkpointer->closed) {
        int64_t until_us = earliest(checkpointer);
        struct message *message =
            until_us == 0 ? mailbox_poll(&checkpointer->inbox) : mailbox_wait(&checkpointer->inbox, until_us);
        if (message)
            on_mail(checkpointer, (struct coordinator_mail *)message);
        message_free(message);
        run_timers(checkpointer);
    }
    return NULL;
}

/* ---- opening ---- */

static struct incarnation random_incarnation(struct env *env) {
    struct incarnation incarnation;
    uint64_t words[2] = {env_random_u64(env), env_random_u64(env)};
    memcpy(incarnation.bytes, words, sizeof incarnation.bytes);
    return incarnation;
}

const char *checkpoint_uri(struct arena *arena, const char *place, const char *name) {
    const char *slash = name ? "/" : "";
    name = name ? name : "";
    if (!strstr(place, "://")) {
        char current[4096];
        bool absolute = place[0] == '/' || !getcwd(current, sizeof current);
        return arena_printf(arena, "file://%s%s%s%s%s", absolute ? "" : current, absolute ? "" : "/", place, slash,
                            name);
    }
    const char *options = strchr(place, '?');
    if (!options)
        return arena_printf(arena, "%s%s%s", place, slash, name);
    return arena_printf(arena, "%.*s%s%s%s", (int)(options - place), place, slash, name, options);
}

static enum status open_origin(struct checkpointer *checkpointer, struct error *error) {
    const char *savepoint = checkpointer->config.savepoint;
    const char *hash = savepoint ? strrchr(savepoint, '#') : NULL;
    if (!savepoint)
        return STATUS_OK;
    if (!hash) {
        (void)FAIL(error, STATUS_INVALID_OPTION, "\"%s\" is not a savepoint", savepoint);
        error_hint(error, "give it as it was told when it was made: STORE#JOB/savepoints/NAME");
        return STATUS_INVALID_OPTION;
    }
    const char *place = arena_strndup(&checkpointer->arena, savepoint, (size_t)(hash - savepoint));
    checkpointer->savepoint_name = arena_strdup(&checkpointer->arena, hash + 1);
    const char *uri = checkpoint_uri(&checkpointer->arena, place, NULL);
    if (strcmp(uri, checkpointer->config.uri) == 0)
        return STATUS_OK;
    return store_open(uri, NULL, &checkpointer->origin, error);
}

static void list_lanes(struct checkpointer *checkpointer) {
    const struct checkpointer_config *config = &checkpointer->config;
    uint32_t count = 0;
    for (uint32_t i = 0; i < config->sink_count; i++)
        count += config->sinks[i].publisher.lane_count;
    struct arena *arena = &checkpointer->arena;
    checkpointer->lane_count = count;
    checkpointer->lanes = ARENA_ARRAY(arena, struct lane_driver *, count);
    checkpointer->identities = ARENA_ARRAY(arena, struct lane_identity, count);
    checkpointer->lane_sinks = ARENA_ARRAY(arena, const struct checkpointed_sink *, count);
    uint32_t index = 0;
    for (uint32_t i = 0; i < config->sink_count; i++)
        for (uint32_t lane = 0; lane < config->sinks[i].publisher.lane_count; lane++, index++) {
            checkpointer->identities[index] = (struct lane_identity){
                .sink = config->sinks[i].publisher.sink, .lane = lane, .writer_count = config->sinks[i].writer_count};
            checkpointer->lane_sinks[index] = &config->sinks[i];
        }
}

static void init_coordinator(struct checkpointer *checkpointer) {
    const struct checkpointer_config *config = &checkpointer->config;
    enum start_kind start = config->must_resume ? START_RESUME : START_RESUME_OR_EMPTY;
    if (config->savepoint)
        start = checkpointer->origin ? START_FORK : START_RESTORE;
    struct coordinator_options options = {
        .start = start,
        .owner = random_incarnation(config->env),
        .job = random_incarnation(config->env),
        .plan = config->plan,
        .accept_plan_change = config->accept_plan_change,
        .task_count = config->task_count,
        .source_count = config->source_count,
        .lanes = checkpointer->identities,
        .lane_count = checkpointer->lane_count,
        .bound = UNPUBLISHED_EPOCHS_MAX,
        .time_us = env_now_us(config->env),
        .monotonic_us = env_monotonic_us(config->env),
    };
    coordinator_init(&checkpointer->coordinator, &options);
}

static enum status open_stores(struct checkpointer *checkpointer, struct error *error) {
    TRY(store_open(checkpointer->config.uri, NULL, &checkpointer->store, error));
    if (!store_is_folder(checkpointer->store))
        TRY(store_probe_swap(checkpointer->store, error));
    return open_origin(checkpointer, error);
}

enum status checkpointer_open(const struct checkpointer_config *config, struct checkpointer **out,
                              struct error *error) {
    struct checkpointer *checkpointer = memory_zalloc(sizeof *checkpointer);
    arena_init(&checkpointer->arena);
    checkpointer->config = *config;
    checkpointer->config.uri = checkpoint_uri(&checkpointer->arena, config->uri, NULL);
    checkpointer->config.sinks =
        arena_copy(&checkpointer->arena, config->sinks, config->sink_count * sizeof *config->sinks);
    checkpointer->config.inboxes =
        arena_copy(&checkpointer->arena, config->inboxes, config->task_count * sizeof *config->inboxes);
    if (config->head_look_us == 0)
        checkpointer->config.head_look_us = HEAD_LOOK_US;
    strbuf_init(&checkpointer->bytes);
    enum status status = open_stores(checkpointer, error);
    if (status != STATUS_OK) {
        store_close(checkpointer->store);
        arena_release(&checkpointer->arena);
        free(checkpointer);
        return status;
    }
    list_lanes(checkpointer);
    init_coordinator(checkpointer);
    mailbox_init(&checkpointer->inbox, -1);
    log_segments_init(&checkpointer->segments);
    pthread_mutex_init(&checkpointer->mutex, NULL);
    checkpointer->trigger_us = checkpointer->retry_us = checkpointer->epoch_timeout_us = INT64_MAX;
    int64_t now_us = mailbox_now_us();
    checkpointer->resend_us = now_us + RESEND_US;
    checkpointer->look_us = now_us + checkpointer->config.head_look_us;
    if (pthread_create(&checkpointer->thread, NULL, run_coordinator, checkpointer) != 0)
        assert_failed("the coordinator has its thread", __FILE__, __LINE__);
    *out = checkpointer;
    return STATUS_OK;
}

void checkpointer_close(struct checkpointer *checkpointer) {
    if (!checkpointer)
        return;
    struct coordinator_mail *mail = message_new(sizeof *mail);
    mail->is_close = true;
    post(checkpointer, mail);
    pthread_join(checkpointer->thread, NULL);
    free_lanes(checkpointer);
    sweeper_free(checkpointer->sweeper);
    coordinator_release(&checkpointer->coordinator);
    strbuf_release(&checkpointer->bytes);
    mailbox_release(&checkpointer->inbox);
    log_segments_release(&checkpointer->segments);
    pthread_mutex_destroy(&checkpointer->mutex);
    store_close(checkpointer->origin);
    store_close(checkpointer->store);
    arena_release(&checkpointer->arena);
    free(checkpointer);
}

struct store *checkpointer_store(struct checkpointer *checkpointer) {
    return checkpointer->store;
}

struct log_segments *checkpointer_segments(struct checkpointer *checkpointer) {
    return &checkpointer->segments;
}

void checkpointer_status(struct checkpointer *checkpointer, struct checkpointer_status *status) {
    pthread_mutex_lock(&checkpointer->mutex);
    *status = checkpointer->status;
    pthread_mutex_unlock(&checkpointer->mutex);
}
