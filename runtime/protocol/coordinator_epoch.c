/* coordinator_epoch.c: an epoch from its barrier to its decision. Invariants: an epoch consists of exactly one acknowledgement
 * of every task for one attempt of this generation; HEAD.E rises by one, under the same G and owner; an epoch whose swap was
 * sent stays under way until HEAD tells. */
#include <string.h>

#include "runtime/protocol/coordinator_steps.h"
#include "runtime/protocol/planted.h"

static struct arena *building_arena(struct coordinator *coordinator) {
    return &coordinator->arenas[1 - coordinator->decided_arena];
}

static void begin(struct coordinator *coordinator, bool final, struct coordinator_actions *actions) {
    coordinator->due = false;
    coordinator->began_after_stop = coordinator->stop_wanted;
    coordinator->barrier =
        (struct barrier){.job = coordinator->head.job,
                         .generation = coordinator->head.generation,
                         .epoch = coordinator->head.epoch + 1,
                         .attempt = coordinator->barrier.attempt + 1,
                         .time_us = processing_clock_at(&coordinator->clock, coordinator->monotonic_us),
                         .monotonic_us = coordinator->monotonic_us,
                         .final = final,
                         .savepoint = coordinator->savepoint_wanted};
    if (PLANTED(EPOCH_RESTARTS))
        coordinator->barrier.epoch =
            coordinator->manifest.id.generation < coordinator->head.generation ? 1 : coordinator->head.epoch + 1;
    arena_reset(building_arena(coordinator));
    coordinator->acks = ARENA_ARRAY(building_arena(coordinator), struct task_ack, coordinator->options.task_count);
    coordinator->ack_count = 0;
    coordinator->request = 0;
    coordinator->state = COORDINATOR_COLLECTING;
    coordinator_act(actions, COORDINATOR_ACTION_BARRIER)->barrier = coordinator->barrier;
}

void epoch_begin_if_due(struct coordinator *coordinator, struct coordinator_actions *actions) {
    if (coordinator->state != COORDINATOR_RUNNING || coordinator->hold)
        return;
    if (coordinator->head.epoch - coordinator->published_epoch >= coordinator->options.bound)
        return;
    uint32_t source_count = coordinator->options.source_count;
    bool final = source_count > 0 && coordinator->at_end_count == source_count;
    if (final && PLANTED(NO_FINAL_EPOCH)) {
        coordinator->closing = true;
        coordinator->state = COORDINATOR_DRAINING;
        coordinator_check_drained(coordinator, actions);
        return;
    }
    if (final || coordinator->due || coordinator->savepoint_wanted || coordinator->stop_wanted)
        begin(coordinator, final, actions);
}

void epoch_abort(struct coordinator *coordinator, struct coordinator_actions *actions) {
    ASSERT(coordinator->state == COORDINATOR_COLLECTING || coordinator->state == COORDINATOR_WRITING ||
           PLANTED(UNKNOWN_SWAP_FAILED));
    coordinator_act(actions, COORDINATOR_ACTION_ABORT)->barrier = coordinator->barrier;
    coordinator->state = COORDINATOR_RUNNING;
    coordinator->request = 0;
    coordinator->due = true;
    coordinator->hold = true;
    coordinator_retry_later(coordinator, actions);
}

static bool is_of_ack(const struct coordinator *coordinator, const struct task_ack *ack, const struct object_id *id) {
    return incarnation_equal(&id->job, &coordinator->head.job) && id->generation == ack->generation &&
           id->epoch == ack->epoch && id->attempt == ack->attempt && id->task == ack->task;
}

/* New state, or state of the decided epoch before: nothing that was uploaded for an epoch that never came about. */
static bool state_valid(const struct coordinator *coordinator, const struct task_ack *ack) {
    if (ack->object_count > OBJECTS_MAX / coordinator->options.task_count)
        return false; /* nobody could read the manifest */
    for (uint32_t i = 0; i < ack->object_count; i++) {
        const struct object *object = &ack->objects[i];
        if (!object_is_state(object->id.kind) || object->key_group_first > object->key_group_last)
            return false;
        if (is_of_ack(coordinator, ack, &object->id))
            continue;
        if (coordinator->barrier.savepoint)
            return false;
        const struct object *decided = object_set_find(&coordinator->objects, &object->id);
        if (decided == NULL || decided->size_bytes != object->size_bytes ||
            !digest_equal(&decided->digest, &object->digest))
            return false;
    }
    return true;
}

static bool logs_valid(const struct coordinator *coordinator, const struct task_ack *ack) {
    for (uint32_t i = 0; i < ack->lane_count; i++) {
        const struct log_epoch *log = &ack->lanes[i].log;
        const char *problem;
        if (ack->lanes[i].lane_index >= coordinator->options.lane_count || log->epoch != ack->epoch ||
            !log_epoch_valid(log, &problem))
            return false;
        for (uint32_t j = 0; j < log->segment_count; j++)
            if (!is_of_ack(coordinator, ack, &log->segments[j].id))
                return false;
    }
    return true;
}

static void keep_ack(struct coordinator *coordinator, const struct task_ack *ack) {
    struct arena *arena = building_arena(coordinator);
    struct task_ack *kept = &coordinator->acks[ack->task];
    *kept = *ack;
    kept->objects = arena_copy(arena, ack->objects, ack->object_count * sizeof *ack->objects);
    struct split_position *positions = ARENA_ARRAY(arena, struct split_position, ack->position_count);
    for (uint32_t i = 0; i < ack->position_count; i++) {
        positions[i] = ack->positions[i];
        positions[i].split.data = arena_copy(arena, positions[i].split.data, positions[i].split.size);
        positions[i].position.data = arena_copy(arena, positions[i].position.data, positions[i].position.size);
    }
    kept->positions = positions;
    struct ack_lane *lanes = ARENA_ARRAY(arena, struct ack_lane, ack->lane_count);
    for (uint32_t i = 0; i < ack->lane_count; i++)
        lanes[i] =
            (struct ack_lane){.lane_index = ack->lanes[i].lane_index, .log = log_epoch_copy(arena, &ack->lanes[i].log)};
    kept->lanes = lanes;
    coordinator->ack_count++;
    processing_clock_raise(&coordinator->clock, ack->time_us, coordinator->monotonic_us);
}

/* What a lane's tasks logged for the new epoch, in their order. */
struct lane_parts {
    const struct log_epoch **logs; /* writer_count */
    uint32_t count;
};

/* By lane; false when a lane has more of them than tasks that log for it. */
static bool collect_parts(const struct coordinator *coordinator, struct arena *arena, struct lane_parts *parts) {
    const struct coordinator_options *options = &coordinator->options;
    for (uint32_t i = 0; i < options->lane_count; i++)
        parts[i].logs = ARENA_ARRAY(arena, const struct log_epoch *, options->lanes[i].writer_count);
    for (uint32_t task = 0; task < options->task_count; task++)
        for (uint32_t i = 0; i < coordinator->acks[task].lane_count; i++) {
            const struct ack_lane *acked = &coordinator->acks[task].lanes[i];
            struct lane_parts *lane = &parts[acked->lane_index];
            if (lane->count == options->lanes[acked->lane_index].writer_count)
                return false;
            lane->logs[lane->count++] = &acked->log;
        }
    return true;
}

/* The new epoch's log of every lane, by lane; NULL when one is not whole. */
static const struct log_epoch *collect_logs(struct coordinator *coordinator) {
    struct arena *arena = building_arena(coordinator);
    uint32_t lane_count = coordinator->options.lane_count;
    struct lane_parts *parts = ARENA_ARRAY(arena, struct lane_parts, lane_count);
    struct log_epoch *logs = ARENA_ARRAY(arena, struct log_epoch, lane_count);
    if (!collect_parts(coordinator, arena, parts))
        return NULL;
    for (uint32_t i = 0; i < lane_count; i++) {
        const char *problem;
        if (parts[i].count < coordinator->options.lanes[i].writer_count)
            return NULL;
        logs[i] = log_epoch_join(arena, parts[i].logs, PLANTED(WRITER_FORGOTTEN) ? 1 : parts[i].count);
        if (!log_epoch_valid(&logs[i], &problem))
            return NULL; /* too many chunks for a manifest */
    }
    return logs;
}

/* What is not known to be published stays in the manifest: I4. */
static const struct manifest_lane *build_lanes(struct coordinator *coordinator, const struct log_epoch *logs) {
    struct arena *arena = building_arena(coordinator);
    uint32_t lane_count = coordinator->options.lane_count;
    struct manifest_lane *lanes = ARENA_ARRAY(arena, struct manifest_lane, lane_count);
    for (uint32_t i = 0; i < lane_count; i++) {
        const struct manifest_lane *former = &coordinator->manifest.lanes[i];
        struct log_epoch *pending = ARENA_ARRAY(arena, struct log_epoch, former->pending_count + 1);
        uint32_t count = 0;
        for (uint32_t j = 0; j < former->pending_count; j++)
            if (former->pending[j].epoch > coordinator->lanes[i].published_epoch && !PLANTED(PENDING_FORGOTTEN))
                pending[count++] = log_epoch_copy(arena, &former->pending[j]);
        pending[count++] = logs[i];
        lanes[i] = (struct manifest_lane){.sink = former->sink,
                                          .lane = former->lane,
                                          .marker = coordinator->lanes[i].position,
                                          .pending = pending,
                                          .pending_count = count};
    }
    return lanes;
}

static void build_lists(struct coordinator *coordinator, struct manifest *manifest) {
    struct arena *arena = building_arena(coordinator);
    uint32_t task_count = coordinator->options.task_count;
    for (uint32_t task = 0; task < task_count; task++) {
        manifest->object_count += coordinator->acks[task].object_count;
        manifest->position_count += coordinator->acks[task].position_count;
    }
    struct object *objects = ARENA_ARRAY(arena, struct object, manifest->object_count);
    struct split_position *positions = ARENA_ARRAY(arena, struct split_position, manifest->position_count);
    manifest->objects = objects;
    manifest->positions = positions;
    for (uint32_t task = 0; task < task_count; task++) {
        const struct task_ack *ack = &coordinator->acks[task];
        for (uint32_t i = 0; i < ack->object_count; i++)
            *objects++ = ack->objects[i];
        for (uint32_t i = 0; i < ack->position_count; i++)
            *positions++ = ack->positions[i];
    }
}

/* A task may have been ahead of the stamp, and its state is what a restart goes on from. */
static int64_t latest_time_us(const struct coordinator *coordinator) {
    int64_t time_us = coordinator->barrier.time_us;
    for (uint32_t task = 0; task < coordinator->options.task_count && !PLANTED(TASKS_TIME_FORGOTTEN); task++)
        if (coordinator->acks[task].time_us > time_us)
            time_us = coordinator->acks[task].time_us;
    return time_us;
}

static void write_manifest(struct coordinator *coordinator, struct coordinator_actions *actions) {
    const struct barrier *barrier = &coordinator->barrier;
    const struct log_epoch *logs = collect_logs(coordinator);
    if (logs == NULL) {
        epoch_abort(coordinator, actions);
        return;
    }
    struct manifest *building = &coordinator->building;
    *building = (struct manifest){
        .id = {.job = coordinator->head.job,
               .generation = barrier->generation,
               .epoch = barrier->epoch,
               .attempt = barrier->attempt,
               .kind = OBJECT_MANIFEST},
        .base_epoch = coordinator->manifest.base_epoch,
        .plan = coordinator->options.plan,
        .has_parent = true,
        .parent = coordinator->head.manifest,
        .final = barrier->final,
        .time_us = latest_time_us(coordinator),
        .lanes = build_lanes(coordinator, logs),
        .lane_count = coordinator->options.lane_count,
    };
    build_lists(coordinator, building);
    coordinator->bytes = manifest_encode(building, building_arena(coordinator));
    coordinator->wanted = coordinator->head;
    coordinator->wanted.epoch = barrier->epoch;
    coordinator->wanted.manifest = (struct manifest_reference){
        .id = building->id, .digest = digest_of(coordinator->bytes.data, coordinator->bytes.size)};
    coordinator->expected = coordinator->version;
    coordinator_write(coordinator, actions, COORDINATOR_WRITING);
}

void epoch_on_ack(struct coordinator *coordinator, const struct task_ack *ack, struct coordinator_actions *actions) {
    if (coordinator->state != COORDINATOR_COLLECTING) {
        epoch_begin_if_due(coordinator, actions); /* it may have told that the input ended */
        return;
    }
    if (ack->epoch != coordinator->barrier.epoch || coordinator->acks[ack->task].generation != 0)
        return;
    if (ack->attempt != coordinator->barrier.attempt && !PLANTED(OLD_ATTEMPT_ACKS) && !PLANTED(OLD_GENERATION_ACKS))
        return;
    if (!state_valid(coordinator, ack) || !logs_valid(coordinator, ack)) {
        epoch_abort(coordinator, actions);
        return;
    }
    keep_ack(coordinator, ack);
    if (coordinator->ack_count == coordinator->options.task_count)
        write_manifest(coordinator, actions);
}

void epoch_on_written(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions) {
    if (event->answer == ANSWER_OK) {
        coordinator_swap(coordinator, actions, COORDINATOR_DECIDING);
        if (PLANTED(PUBLISH_BEFORE_DECISION)) {
            struct coordinator_action *action = coordinator_act(actions, COORDINATOR_ACTION_COMMIT);
            action->generation = coordinator->head.generation;
            action->manifest = &coordinator->building;
        }
    } else if (event->answer == ANSWER_CONFLICT) {
        epoch_abort(coordinator, actions);
    } else {
        coordinator->request = 0;
        coordinator_retry_later(coordinator, actions);
    }
}

/* The swap is known to have happened. */
static void be_decided(struct coordinator *coordinator, const struct head_version *version,
                       struct coordinator_actions *actions) {
    ASSERT(coordinator->wanted.generation == coordinator->head.generation &&
           coordinator->wanted.epoch == coordinator->head.epoch + 1);
    ASSERT(manifest_reference_equal(&coordinator->building.parent, &coordinator->head.manifest));
    coordinator->head = coordinator->wanted;
    coordinator->version = *version;
    coordinator->decided_arena = 1 - coordinator->decided_arena;
    coordinator->manifest = coordinator->building;
    coordinator_index_objects(coordinator);
    coordinator_count_published(coordinator);
    coordinator->attempts = 0;
    coordinator->request = 0;
    coordinator->pinning = coordinator->barrier.savepoint;
    bool is_last = coordinator->pinning || (coordinator->began_after_stop && !coordinator->savepoint_wanted);
    coordinator->closing = coordinator->barrier.final || (coordinator->stop_wanted && is_last);
    coordinator->state = coordinator->closing || coordinator->pinning ? COORDINATOR_DRAINING : COORDINATOR_RUNNING;
    coordinator_say_commit(coordinator, actions);
    coordinator_act(actions, COORDINATOR_ACTION_DECIDED)->epoch = coordinator->head.epoch;
    coordinator_check_drained(coordinator, actions);
    epoch_begin_if_due(coordinator, actions);
}

void epoch_on_swapped(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions) {
    if (event->answer == ANSWER_OK || (event->answer == ANSWER_UNKNOWN && PLANTED(UNKNOWN_SWAP_DONE)))
        be_decided(coordinator, &event->version, actions);
    else /* also after a conflict: our own first try may be what we ran into */
        coordinator_read_head(coordinator, actions, COORDINATOR_CHECKING_DECIDED);
}

void epoch_on_head(struct coordinator *coordinator, const struct coordinator_event *event,
                   struct coordinator_actions *actions) {
    if (event->answer == ANSWER_MISSING) {
        coordinator_end(coordinator, actions, REASON_HEAD_MISSING);
    } else if (event->answer == ANSWER_CORRUPT) {
        coordinator_end(coordinator, actions, REASON_HEAD_CORRUPT);
    } else if (event->answer != ANSWER_OK) {
        coordinator->request = 0;
        coordinator_retry_later(coordinator, actions);
    } else if (PLANTED(UNKNOWN_SWAP_FAILED) && event->head.generation == coordinator->head.generation) {
        coordinator->version = event->version;
        epoch_abort(coordinator, actions);
    } else if (head_equal(&event->head, &coordinator->wanted)) {
        be_decided(coordinator, &event->version, actions);
    } else if (head_equal(&event->head, &coordinator->head)) {
        /* Not yet, or never: the same swap once more. If the first one is still on its way, only one of them happens. */
        coordinator->expected = event->version;
        coordinator_swap(coordinator, actions, COORDINATOR_DECIDING);
    } else {
        coordinator_end(coordinator, actions,
                        incarnation_equal(&event->head.job, &coordinator->head.job) ? REASON_SUPERSEDED
                                                                                    : REASON_JOB_REPLACED);
    }
}
