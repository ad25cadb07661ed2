/* coordinator_take_over.c: from the order to start until tasks run and lanes are resolved. Invariants: HEAD.G rises by one
 * for every take-over, so that no older coordinator decides anything after it; nothing runs before the manifest and all its
 * objects are verified; every refusal that can be known before HEAD is touched comes before it. */
#include <string.h>

#include "runtime/protocol/coordinator_steps.h"
#include "runtime/protocol/planted.h"

void coordinator_read_head(struct coordinator *coordinator, struct coordinator_actions *actions,
                           enum coordinator_state state) {
    coordinator->state = state;
    coordinator_ask(coordinator, actions, COORDINATOR_ACTION_READ_HEAD);
}

void coordinator_swap(struct coordinator *coordinator, struct coordinator_actions *actions,
                      enum coordinator_state state) {
    coordinator->state = state;
    struct coordinator_action *action = coordinator_ask(coordinator, actions, COORDINATOR_ACTION_SWAP_HEAD);
    action->head = coordinator->wanted;
    action->expected = coordinator->expected;
}

void coordinator_read_savepoint(struct coordinator *coordinator, struct coordinator_actions *actions) {
    coordinator->state = COORDINATOR_READING_SAVEPOINT;
    coordinator_ask(coordinator, actions, COORDINATOR_ACTION_READ_SAVEPOINT);
}

void coordinator_load(struct coordinator *coordinator, struct coordinator_actions *actions) {
    coordinator->state = COORDINATOR_LOADING;
    coordinator_ask(coordinator, actions, COORDINATOR_ACTION_READ_MANIFEST)->reference = coordinator->wanted.manifest;
}

void coordinator_write(struct coordinator *coordinator, struct coordinator_actions *actions,
                       enum coordinator_state state) {
    coordinator->state = state;
    struct coordinator_action *action = coordinator_ask(coordinator, actions, COORDINATOR_ACTION_WRITE);
    action->reference = coordinator->wanted.manifest;
    action->bytes = coordinator->bytes;
}

void coordinator_verify(struct coordinator *coordinator, struct coordinator_actions *actions) {
    coordinator->state = COORDINATOR_VERIFYING;
    coordinator_ask(coordinator, actions, COORDINATOR_ACTION_VERIFY)->manifest = &coordinator->manifest;
}

void coordinator_say_deploy(struct coordinator *coordinator, struct coordinator_actions *actions) {
    struct coordinator_action *action = coordinator_act(actions, COORDINATOR_ACTION_DEPLOY);
    action->generation = coordinator->head.generation;
    action->manifest = &coordinator->manifest;
    action->lanes_only = coordinator->manifest.final;
}

void coordinator_index_objects(struct coordinator *coordinator) {
    struct arena *arena = &coordinator->arenas[coordinator->decided_arena];
    object_set_init(&coordinator->objects, arena, coordinator->manifest.object_count);
    for (uint32_t i = 0; i < coordinator->manifest.object_count; i++)
        object_set_add(&coordinator->objects, &coordinator->manifest.objects[i]);
}

static void again(struct coordinator *coordinator, struct coordinator_actions *actions) {
    coordinator->request = 0;
    coordinator_retry_later(coordinator, actions);
}

void take_over_on_savepoint(struct coordinator *coordinator, const struct coordinator_event *event,
                            struct coordinator_actions *actions) {
    switch (event->answer) {
    case ANSWER_OK:
        coordinator->origin = event->savepoint;
        coordinator_read_head(coordinator, actions, COORDINATOR_READING_HEAD);
        break;
    case ANSWER_MISSING: coordinator_end(coordinator, actions, REASON_SAVEPOINT_MISSING); break;
    case ANSWER_CORRUPT: coordinator_end(coordinator, actions, REASON_SAVEPOINT_CORRUPT); break;
    default: again(coordinator, actions); break;
    }
}

/* The manifest that a job begins with is written before HEAD: HEAD never names what does not exist. */
static void write_first(struct coordinator *coordinator, struct coordinator_actions *actions,
                        const struct manifest *manifest) {
    struct arena *arena = &coordinator->arenas[coordinator->decided_arena];
    coordinator->manifest = *manifest;
    coordinator->loaded = true;
    coordinator_index_objects(coordinator);
    coordinator->bytes = manifest_encode(manifest, arena);
    coordinator->wanted = (struct head){.job = manifest->id.job,
                                        .owner = coordinator->options.owner,
                                        .generation = manifest->id.generation,
                                        .epoch = manifest->id.epoch,
                                        .manifest = {.id = manifest->id}};
    coordinator->wanted.manifest.digest = digest_of(coordinator->bytes.data, coordinator->bytes.size);
    coordinator->expected = (struct head_version){0};
    coordinator_write(coordinator, actions, COORDINATOR_WRITING_FIRST);
}

static const struct manifest_lane *fresh_lanes(struct coordinator *coordinator, struct arena *arena) {
    const struct coordinator_options *options = &coordinator->options;
    struct manifest_lane *lanes = ARENA_ARRAY(arena, struct manifest_lane, options->lane_count);
    for (uint32_t i = 0; i < options->lane_count; i++)
        lanes[i] = (struct manifest_lane){.sink = options->lanes[i].sink, .lane = options->lanes[i].lane};
    return lanes;
}

static void start_empty(struct coordinator *coordinator, struct coordinator_actions *actions) {
    const struct coordinator_options *options = &coordinator->options;
    struct arena *arena = &coordinator->arenas[coordinator->decided_arena];
    arena_reset(arena);
    struct manifest manifest = {
        .id = {.job = options->job, .generation = 1, .kind = OBJECT_MANIFEST},
        .plan = options->plan,
        .time_us = processing_clock_at(&coordinator->clock, coordinator->monotonic_us),
        .positions = options->positions,
        .position_count = options->position_count,
        .lanes = fresh_lanes(coordinator, arena),
        .lane_count = options->lane_count,
    };
    write_first(coordinator, actions, &manifest);
}

/* The savepoint's state under a new J, which has published nothing and inherits no log. Epochs go on counting. */
static void start_fork(struct coordinator *coordinator, struct coordinator_actions *actions) {
    struct arena *arena = &coordinator->arenas[coordinator->decided_arena];
    struct manifest manifest = coordinator->manifest;
    manifest.has_parent = true;
    manifest.parent = coordinator->origin.manifest;
    manifest.id = (struct object_id){.job = coordinator->options.job,
                                     .generation = 1,
                                     .epoch = coordinator->manifest.id.epoch,
                                     .kind = OBJECT_MANIFEST};
    manifest.base_epoch = manifest.id.epoch;
    manifest.plan = coordinator->options.plan;
    manifest.lanes = fresh_lanes(coordinator, arena);
    write_first(coordinator, actions, &manifest);
}

/* Prepares the swap to the next generation on top of the HEAD that was read. */
static void take_from(struct coordinator *coordinator, const struct head *head, const struct head_version *version,
                      struct coordinator_actions *actions) {
    coordinator->head = *head;
    coordinator->version = *version;
    coordinator->wanted = *head;
    coordinator->wanted.owner = coordinator->options.owner;
    coordinator->wanted.generation = head->generation + 1;
    coordinator->expected = *version;
    if (coordinator->loaded && object_id_equal(&coordinator->manifest.id, &head->manifest.id) && !PLANTED(NO_TAKE_OVER))
        coordinator_swap(coordinator, actions, COORDINATOR_TAKING);
    else
        coordinator_load(coordinator, actions);
}

static void on_no_head(struct coordinator *coordinator, struct coordinator_actions *actions) {
    const struct savepoint *origin = &coordinator->origin;
    if (coordinator->taken) {
        coordinator_end(coordinator, actions, REASON_HEAD_MISSING);
        return;
    }
    switch (coordinator->options.start) {
    case START_RESUME: coordinator_end(coordinator, actions, REASON_HEAD_MISSING); break;
    case START_EMPTY:
    case START_RESUME_OR_EMPTY: start_empty(coordinator, actions); break;
    case START_RESTORE:
    case START_FORK:
        coordinator->wanted = (struct head){.job = origin->manifest.id.job,
                                            .owner = coordinator->options.owner,
                                            .generation = origin->generation + 1,
                                            .epoch = origin->manifest.id.epoch,
                                            .manifest = origin->manifest};
        coordinator->expected = (struct head_version){0};
        coordinator_load(coordinator, actions);
        break;
    }
}

/* REASON_NONE: this run may take over from that HEAD. */
static enum reason judge_head(const struct coordinator *coordinator, const struct head *head) {
    const struct manifest_reference *origin = &coordinator->origin.manifest;
    if (coordinator->taken) {
        if (!incarnation_equal(&head->job, &coordinator->head.job))
            return REASON_JOB_REPLACED;
        return incarnation_equal(&head->owner, &coordinator->options.owner) || PLANTED(NO_TAKE_OVER)
                   ? REASON_NONE
                   : REASON_SUPERSEDED;
    }
    switch (coordinator->options.start) {
    case START_RESUME:
    case START_RESUME_OR_EMPTY: return REASON_NONE;
    case START_EMPTY:
    case START_FORK: return REASON_HEAD_EXISTS;
    case START_RESTORE:
        if (!incarnation_equal(&head->job, &origin->id.job))
            return REASON_SAVEPOINT_OTHER_JOB;
        return manifest_reference_equal(&head->manifest, origin) ? REASON_NONE : REASON_SAVEPOINT_BEHIND;
    }
    UNREACHABLE();
}

void take_over_on_head(struct coordinator *coordinator, const struct coordinator_event *event,
                       struct coordinator_actions *actions) {
    if (event->answer == ANSWER_MISSING) {
        on_no_head(coordinator, actions);
    } else if (event->answer == ANSWER_CORRUPT) {
        coordinator_end(coordinator, actions, REASON_HEAD_CORRUPT);
    } else if (event->answer != ANSWER_OK) {
        again(coordinator, actions);
    } else {
        enum reason reason = judge_head(coordinator, &event->head);
        if (reason != REASON_NONE)
            coordinator_end(coordinator, actions, reason);
        else
            take_from(coordinator, &event->head, &event->version, actions);
    }
}

static bool lanes_equal(const struct coordinator_options *options, const struct manifest *manifest) {
    if (options->lane_count != manifest->lane_count)
        return false;
    for (uint32_t i = 0; i < options->lane_count; i++)
        if (options->lanes[i].sink != manifest->lanes[i].sink || options->lanes[i].lane != manifest->lanes[i].lane)
            return false;
    return true;
}

/* Decodes and checks the manifest that `wanted` names. */
static enum reason judge_manifest(struct coordinator *coordinator, struct str bytes) {
    const struct manifest_reference *reference = &coordinator->wanted.manifest;
    struct arena *arena = &coordinator->arenas[coordinator->decided_arena];
    arena_reset(arena);
    coordinator->objects = (struct object_set){0};
    struct digest digest = digest_of(bytes.data, bytes.size);
    if (!digest_equal(&digest, &reference->digest))
        return REASON_MANIFEST_CORRUPT;
    if (manifest_decode(bytes.data, bytes.size, arena, &coordinator->manifest, NULL) != STATUS_OK ||
        !object_id_equal(&coordinator->manifest.id, &reference->id))
        return REASON_MANIFEST_CORRUPT;
    if (!digest_equal(&coordinator->manifest.plan, &coordinator->options.plan) &&
        !coordinator->options.accept_plan_change && !PLANTED(PLAN_UNCHECKED))
        return REASON_PLAN_CHANGED;
    return lanes_equal(&coordinator->options, &coordinator->manifest) ? REASON_NONE : REASON_LANES_CHANGED;
}

static void be_taken(struct coordinator *coordinator, const struct head_version *version,
                     struct coordinator_actions *actions) {
    ASSERT(!coordinator->taken || coordinator->wanted.generation > coordinator->head.generation ||
           PLANTED(NO_TAKE_OVER));
    ASSERT(object_id_equal(&coordinator->manifest.id, &coordinator->wanted.manifest.id));
    coordinator->head = coordinator->wanted;
    coordinator->version = *version;
    coordinator->taken = true;
    coordinator->attempts = 0;
    coordinator->published_epoch = 0;
    coordinator_verify(coordinator, actions);
}

void take_over_on_manifest(struct coordinator *coordinator, const struct coordinator_event *event,
                           struct coordinator_actions *actions) {
    const struct manifest_reference *reference = &coordinator->wanted.manifest;
    coordinator->loaded = false;
    enum reason reason = REASON_MANIFEST_CORRUPT;
    if (event->answer == ANSWER_MISSING) {
        /* The old coordinator may have gone on, and removed it since HEAD was read. */
        if (coordinator->reread && manifest_reference_equal(&coordinator->missing, reference)) {
            coordinator_end(coordinator, actions, REASON_MANIFEST_MISSING);
            return;
        }
        coordinator->reread = true;
        coordinator->missing = *reference;
        coordinator_read_head(coordinator, actions, COORDINATOR_READING_HEAD);
        return;
    }
    if (event->answer == ANSWER_OK)
        reason = judge_manifest(coordinator, event->bytes);
    else if (event->answer != ANSWER_CORRUPT) {
        again(coordinator, actions);
        return;
    }
    if (reason != REASON_NONE) {
        coordinator_end(coordinator, actions, reason);
        return;
    }
    coordinator->loaded = true;
    coordinator->reread = false;
    coordinator_index_objects(coordinator);
    if (coordinator->options.start == START_FORK && !coordinator->taken) {
        start_fork(coordinator, actions);
    } else if (PLANTED(NO_TAKE_OVER) && coordinator->expected.size > 0) {
        coordinator->wanted = coordinator->head;
        be_taken(coordinator, &coordinator->expected, actions);
    } else {
        coordinator_swap(coordinator, actions, COORDINATOR_TAKING);
    }
}

void take_over_on_first_written(struct coordinator *coordinator, const struct coordinator_event *event,
                                struct coordinator_actions *actions) {
    if (event->answer == ANSWER_OK)
        coordinator_swap(coordinator, actions, COORDINATOR_TAKING);
    else if (event->answer == ANSWER_CONFLICT)
        coordinator_end(coordinator, actions, REASON_SUPERSEDED); /* somebody else writes under our J */
    else
        again(coordinator, actions);
}

void take_over_on_swapped(struct coordinator *coordinator, const struct coordinator_event *event,
                          struct coordinator_actions *actions) {
    if (event->answer == ANSWER_OK)
        be_taken(coordinator, &event->version, actions);
    else /* also after a conflict: our own first try may be what we ran into */
        coordinator_read_head(coordinator, actions, COORDINATOR_CHECKING_TAKEN);
}

void take_over_on_head_again(struct coordinator *coordinator, const struct coordinator_event *event,
                             struct coordinator_actions *actions) {
    bool creating = coordinator->expected.size == 0;
    if (event->answer == ANSWER_MISSING && creating) {
        coordinator_swap(coordinator, actions, COORDINATOR_TAKING);
    } else if (event->answer == ANSWER_MISSING) {
        coordinator_end(coordinator, actions, REASON_HEAD_MISSING);
    } else if (event->answer == ANSWER_CORRUPT) {
        coordinator_end(coordinator, actions, REASON_HEAD_CORRUPT);
    } else if (event->answer != ANSWER_OK) {
        again(coordinator, actions);
    } else if (head_equal(&event->head, &coordinator->wanted)) {
        be_taken(coordinator, &event->version, actions);
    } else if (creating) {
        coordinator_end(coordinator, actions, REASON_SUPERSEDED);
    } else if (!incarnation_equal(&event->head.job, &coordinator->wanted.job)) {
        coordinator_end(coordinator, actions, REASON_JOB_REPLACED);
    } else if (event->head.generation < coordinator->wanted.generation) {
        take_from(coordinator, &event->head, &event->version, actions); /* the old one decided one more epoch */
    } else {
        coordinator_end(coordinator, actions, REASON_SUPERSEDED);
    }
}

static void deploy(struct coordinator *coordinator, struct coordinator_actions *actions) {
    const struct manifest *manifest = &coordinator->manifest;
    memset(coordinator->task_running, 0, sizeof coordinator->task_running);
    memset(coordinator->task_at_end, 0, sizeof coordinator->task_at_end);
    coordinator->running_count = coordinator->at_end_count = coordinator->ready_count = 0;
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        coordinator->lanes[i] =
            (struct coordinator_lane){.published_epoch = manifest->id.epoch - manifest->lanes[i].pending_count,
                                      .position = manifest->lanes[i].marker};
    coordinator_count_published(coordinator);
    if (!PLANTED(STAMPS_FORGET_THE_MANIFEST))
        processing_clock_raise(&coordinator->clock, manifest->time_us, coordinator->monotonic_us);
    coordinator->barrier = (struct barrier){0};
    coordinator->hold = false;
    coordinator->request = 0;
    coordinator->closing = manifest->final;
    coordinator->pinning = manifest->final && coordinator->savepoint_wanted;
    coordinator->state = manifest->final ? COORDINATOR_DRAINING : COORDINATOR_DEPLOYING;
    coordinator_say_deploy(coordinator, actions);
    coordinator_check_drained(coordinator, actions);
}

void take_over_on_verified(struct coordinator *coordinator, const struct coordinator_event *event,
                           struct coordinator_actions *actions) {
    switch (event->answer) {
    case ANSWER_OK: deploy(coordinator, actions); break;
    case ANSWER_MISSING:
    case ANSWER_CORRUPT:
        /* Who was superseded meanwhile sees its successor's garbage collection, not a damage. */
        coordinator->reason = event->answer == ANSWER_MISSING ? REASON_OBJECT_MISSING : REASON_OBJECT_CORRUPT;
        coordinator_read_head(coordinator, actions, COORDINATOR_CONFIRMING);
        break;
    default: again(coordinator, actions); break;
    }
}

void take_over_on_confirmed(struct coordinator *coordinator, const struct coordinator_event *event,
                            struct coordinator_actions *actions) {
    if (event->answer == ANSWER_UNKNOWN)
        again(coordinator, actions);
    else if (event->answer != ANSWER_OK || head_equal(&event->head, &coordinator->head))
        coordinator_end(coordinator, actions, coordinator->reason);
    else
        coordinator_end(coordinator, actions,
                        incarnation_equal(&event->head.job, &coordinator->head.job) ? REASON_SUPERSEDED
                                                                                    : REASON_JOB_REPLACED);
}

void take_over_check_deployed(struct coordinator *coordinator, struct coordinator_actions *actions) {
    if (coordinator->state != COORDINATOR_DEPLOYING || coordinator->running_count < coordinator->options.task_count ||
        coordinator->ready_count < coordinator->options.lane_count)
        return;
    coordinator->attempts = 0;
    coordinator->state = COORDINATOR_RUNNING;
    epoch_begin_if_due(coordinator, actions);
}
