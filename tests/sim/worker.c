/* worker.c: a worker process: source tasks, lane tasks with state and alignment of barriers, and the lanes' publishers.
 *
 * A source sends rows in order to writers (lane tasks), of which each logs for one lane; a writer numbers them in the order of their
 * arrival, which a second run does not repeat. So what a lane publishes for an epoch can only come from its log. */
#include "tests/sim/cluster.h"

#include <stdio.h>

#include "core/base/hash.h"
#include "runtime/protocol/lane.h"
#include "tests/sim/kafka.h"
#include "tests/sim/oracle.h"
#include "tests/sim/store.h"

enum { CHANNEL_ROWS = 12, UPLOAD_TRIES = 6, RESTORE_TRIES = 8, INPUTS_MAX = 8 };
enum { OPERATOR_COUNT = 100, OPERATOR_VERSION = 200 };

struct item {
    bool is_barrier;
    uint32_t source;
    uint64_t sequence;
    struct barrier barrier;
    struct item *next;
};

/* From one source to one writer; shared by both ends only for counting credits. */
struct channel {
    uint64_t sent, consumed; /* rows */
    uint64_t put;            /* items */
};

/* What a task has acknowledged last, to say it again. */
struct last_ack {
    uint64_t epoch;
    uint32_t attempt;
    struct task_ack ack;
    bool complete;
};

struct source_task {
    struct attempt *owner;
    uint32_t index;
    uint64_t position;
    bool told_end;
    uint64_t epoch;
    uint32_t attempt;
    struct channel *channels; /* by writer */
    struct last_ack last;
};

struct input {
    struct item *first, *last;
    uint64_t taken; /* items received, in order */
    bool blocked;
    struct channel *channel;
};

struct state_version {
    struct object object;
    uint64_t version;
    bool exists;
};

struct lane_task {
    struct attempt *owner;
    uint32_t writer, lane, task;
    bool running, flushed;
    uint32_t restoring; /* reads under way */
    uint64_t count;
    int64_t time_us; /* processing time of its newest row, or of its start */
    struct processing_clock clock;
    uint64_t version; /* state that changes rarely: its object is reused from decided epochs */
    struct input inputs[INPUTS_MAX];
    struct barrier aligning;
    bool is_aligning;
    uint32_t arrived;
    char *rows; /* of epochs that are not known to be decided */
    uint32_t row_count, row_capacity, sealed_count;
    uint64_t epoch; /* newest one that was snapshotted */
    uint32_t attempt;
    struct state_version decided, newest;
    struct last_ack last;
};

struct sim_lane {
    struct attempt *owner;
    uint32_t index;
    struct lane machine;
    struct producer *producers[LANE_SLOTS];
};

struct attempt {
    struct process *process;
    struct deployment deployment;
    bool closed;
    struct source_task **sources;  /* by task; NULL: elsewhere */
    struct lane_task **lane_tasks; /* by writer */
    struct sim_lane **lanes;
};

struct worker_node {
    struct attempt *attempt;
};

struct process *worker_new(struct sim *sim) {
    struct worker_node *node = ARENA_NEW(&sim->arena, struct worker_node);
    return process_new(sim, "worker", false, node);
}

static bool is_dead(const struct attempt *attempt) {
    return attempt->closed || !attempt->process->alive;
}

/* A place where the process may die or be stopped. Returns true when it died. */
static bool passes_point(struct sim *sim, struct process *process, uint32_t site) {
    if (sim_fault(sim, FAULT_WORKER_CRASH, site)) {
        cluster_kill(process);
        return true;
    }
    if (sim_fault(sim, FAULT_WORKER_PAUSE, site))
        process->paused_until_us = sim->now_us + sim_fault_between(sim, FAULT_WORKER_PAUSE, site, 2000, 120000);
    return false;
}

struct report {
    struct coordinator_node *node;
    struct coordinator_event event;
    struct task_ack ack;
};

static void deliver_report(struct sim *sim, void *argument) {
    (void)sim;
    struct report *report = argument;
    if (report->event.kind == COORDINATOR_EVENT_TASK_ACK)
        report->event.task_ack = &report->ack;
    coordinator_node_step(report->node, &report->event);
}

static void tell(struct sim *sim, struct attempt *attempt, enum message_site site, const struct report *report) {
    struct report copy = *report;
    copy.node = attempt->deployment.coordinator;
    if (copy.node == NULL)
        return; /* in a duel */
    post(sim, copy.node->process, site, deliver_report, &copy, sizeof copy);
}

static void tell_status(struct sim *sim, struct attempt *attempt, enum task_status_kind kind, uint32_t task,
                        const struct barrier *barrier) {
    struct report report = {.event = {.kind = COORDINATOR_EVENT_TASK_STATUS}};
    report.event.task_status =
        (struct task_status){.kind = kind, .generation = attempt->deployment.generation, .task = task};
    report.event.task_status.job = attempt->deployment.manifest->id.job;
    if (barrier != NULL) {
        report.event.task_status.epoch = barrier->epoch;
        report.event.task_status.attempt = barrier->attempt;
    }
    tell(sim, attempt, MESSAGE_STATUS, &report);
}

static void tell_superseded(struct sim *sim, const struct attempt *attempt, struct coordinator_node *to) {
    struct report report = {.node = to, .event = {.kind = COORDINATOR_EVENT_TASK_STATUS}};
    report.event.task_status = (struct task_status){.kind = TASK_SUPERSEDED,
                                                    .job = attempt->deployment.manifest->id.job,
                                                    .generation = attempt->deployment.generation};
    post(sim, to->process, MESSAGE_STATUS, deliver_report, &report, sizeof report);
}

static void tell_ack(struct sim *sim, struct attempt *attempt, const struct task_ack *ack) {
    struct report report = {.event = {.kind = COORDINATOR_EVENT_TASK_ACK}, .ack = *ack};
    tell(sim, attempt, MESSAGE_ACK, &report);
}

struct delivery {
    struct process *to;
    uint32_t path;
    uint64_t generation;
    uint32_t writer, source;
    uint64_t number; /* of the item in its channel */
    struct channel *channel;
    struct item item;
};

static void lane_task_wake(struct sim *sim, struct lane_task *task);

/* Whether an attempt is older (< 0), the same, or newer. */
static int compare_deployments(const struct deployment *deployment, uint32_t path, uint64_t generation) {
    if (deployment->path != path)
        return deployment->path < path ? -1 : 1;
    if (deployment->generation != generation)
        return deployment->generation < generation ? -1 : 1;
    return 0;
}

static void deliver_item(struct sim *sim, void *argument) {
    struct delivery *delivery = argument;
    struct attempt *attempt = ((struct worker_node *)delivery->to->body)->attempt;
    int order = attempt == NULL ? -1 : compare_deployments(&attempt->deployment, delivery->path, delivery->generation);
    if (order > 0)
        return;
    struct lane_task *task = NULL;
    if (order == 0)
        task = attempt->lane_tasks[delivery->writer];
    /* Not there yet, or an earlier item is still on its way: a connection waits. */
    if (task == NULL || task->inputs[delivery->source].taken != delivery->number) {
        if (order < 0 || !attempt->closed)
            sim_after(sim, 300, delivery->to, deliver_item, delivery);
        return;
    }
    struct input *input = &task->inputs[delivery->source];
    input->taken++;
    input->channel = delivery->channel;
    struct item *item = sim_copy(sim, &delivery->item, sizeof delivery->item);
    item->next = NULL;
    if (input->first == NULL)
        input->first = item;
    else
        input->last->next = item;
    input->last = item;
    lane_task_wake(sim, task);
}

static void put_item(struct sim *sim, struct source_task *source, uint32_t writer, const struct item *item) {
    const struct deployment *deployment = &source->owner->deployment;
    uint32_t worker = worker_of_writer(sim, deployment->generation, deployment->worker_count, writer);
    struct delivery delivery = {.to = deployment->workers[worker],
                                .path = deployment->path,
                                .generation = deployment->generation,
                                .writer = writer,
                                .source = source->index,
                                .number = source->channels[writer].put++,
                                .channel = &source->channels[writer],
                                .item = *item};
    sim_after(sim, sim_between(sim, STREAM_TASK, 5, 150), delivery.to, deliver_item,
              sim_copy(sim, &delivery, sizeof delivery));
}

static void source_tick(struct sim *sim, void *argument) {
    struct source_task *source = argument;
    if (is_dead(source->owner))
        return;
    if (source->position < sim->rows_per_source) {
        uint32_t writer =
            (uint32_t)(hash_combine(hash_combine(7, source->index), source->position) % sim->writer_count);
        struct channel *channel = &source->channels[writer];
        if (channel->sent - channel->consumed < CHANNEL_ROWS) {
            channel->sent++;
            struct item item = {.source = source->index, .sequence = source->position++};
            put_item(sim, source, writer, &item);
        }
    } else if (!source->told_end) {
        source->told_end = true;
        tell_status(sim, source->owner, TASK_AT_END, source->index, NULL);
    }
    sim_after(sim, sim_between(sim, STREAM_TASK, 200, 1800), source->owner->process, source_tick, source);
}

static void source_on_barrier(struct sim *sim, struct source_task *source, const struct barrier *barrier) {
    if (barrier->epoch < source->epoch || (barrier->epoch == source->epoch && barrier->attempt < source->attempt))
        return;
    if (barrier->epoch == source->epoch && barrier->attempt == source->attempt) {
        tell_ack(sim, source->owner, &source->last.ack);
        return;
    }
    source->epoch = barrier->epoch;
    source->attempt = barrier->attempt;
    struct item item = {.is_barrier = true, .barrier = *barrier};
    for (uint32_t writer = 0; writer < sim->writer_count; writer++)
        put_item(sim, source, writer, &item);
    struct split_position *position = ARENA_NEW(&sim->arena, struct split_position);
    *position = (struct split_position){
        .source_id = source->index, .split = STR("all"), .position = {sim_copy(sim, &source->position, 8), 8}};
    source->last.ack = (struct task_ack){.job = barrier->job,
                                         .generation = barrier->generation,
                                         .epoch = barrier->epoch,
                                         .attempt = barrier->attempt,
                                         .task = source->index,
                                         .at_end = source->position == sim->rows_per_source,
                                         .positions = position,
                                         .position_count = 1};
    tell_ack(sim, source->owner, &source->last.ack);
}

static void append_row(struct sim *sim, struct lane_task *task, uint32_t source, uint64_t sequence) {
    if (task->row_count == task->row_capacity) {
        task->row_capacity = task->row_capacity ? task->row_capacity * 2 : 32;
        char *rows = arena_alloc(&sim->arena, (size_t)task->row_capacity * ROW_SIZE);
        if (task->row_count > 0)
            memcpy(rows, task->rows, (size_t)task->row_count * ROW_SIZE);
        task->rows = rows;
    }
    task->time_us = processing_clock_at(&task->clock, (int64_t)sim->now_us);
    struct row row = {.writer = task->writer, .source = source, .sequence = sequence, .ordinal = ++task->count};
    memcpy(task->rows + (size_t)task->row_count++ * ROW_SIZE, &row, ROW_SIZE);
}

struct upload {
    struct lane_task *task;
    struct barrier barrier;
    struct task_ack ack;
    struct object objects[2];
    uint32_t left; /* puts under way */
    uint32_t tries;
    bool declined;
};
struct put {
    struct upload *upload;
    struct str name, bytes;
};

static struct object_id next_object(const struct upload *upload, enum object_kind kind, uint32_t number) {
    const struct attempt *attempt = upload->task->owner;
    return (struct object_id){.job = attempt->deployment.manifest->id.job,
                              .generation = upload->barrier.generation,
                              .epoch = upload->barrier.epoch,
                              .attempt = upload->barrier.attempt,
                              .kind = kind,
                              .task = upload->task->task,
                              .number = number};
}

static void decline(struct sim *sim, struct upload *upload) {
    if (upload->declined)
        return;
    upload->declined = true;
    tell_status(sim, upload->task->owner, TASK_DECLINED, upload->task->task, &upload->barrier);
}

static void uploaded(struct sim *sim, void *argument, const struct store_answer *answer) {
    struct put *put = argument;
    struct upload *upload = put->upload;
    struct attempt *attempt = upload->task->owner;
    if (is_dead(attempt) || upload->declined)
        return;
    if (answer->answer == ANSWER_UNKNOWN && upload->tries++ < UPLOAD_TRIES) {
        store_put(sim, attempt->process, STORE_PUT, put->name, put->bytes, uploaded, put);
        return;
    }
    if (answer->answer != ANSWER_OK) {
        decline(sim, upload);
        return;
    }
    if (passes_point(sim, attempt->process, SITE_UPLOADING))
        return;
    if (--upload->left > 0 || passes_point(sim, attempt->process, SITE_UPLOADED))
        return;
    struct lane_task *task = upload->task;
    if (upload->barrier.epoch == task->epoch && upload->barrier.attempt == task->attempt) {
        task->last.ack = upload->ack;
        task->last.complete = true;
    }
    tell_ack(sim, attempt, &upload->ack);
}

static struct object put_object(struct sim *sim, struct upload *upload, struct object_id id, struct str bytes) {
    struct put *put = ARENA_NEW(&sim->arena, struct put);
    char name[OBJECT_NAME_SIZE];
    object_name_format(&id, name);
    size_t size = strlen(name);
    *put = (struct put){.upload = upload, .name = {sim_copy(sim, name, size), size}, .bytes = bytes};
    upload->left++;
    store_put(sim, upload->task->owner->process, STORE_PUT, put->name, put->bytes, uploaded, put);
    return (struct object){.id = id, .size_bytes = bytes.size, .digest = digest_of(bytes.data, bytes.size)};
}

/* Cuts the undecided rows into chunks, in one segment or two. */
static void upload_log(struct sim *sim, struct upload *upload) {
    struct lane_task *task = upload->task;
    struct ack_lane *lane = ARENA_NEW(&sim->arena, struct ack_lane);
    upload->ack.lanes = lane;
    upload->ack.lane_count = 1;
    lane->lane_index = task->lane;
    if (task->row_count == 0) {
        lane->log = log_epoch_empty(upload->barrier.epoch);
        return;
    }
    uint32_t chunk_count = (task->row_count + sim->chunk_rows - 1) / sim->chunk_rows;
    uint32_t first_chunks = (uint32_t)sim_between(sim, STREAM_TASK, 1, chunk_count);
    uint32_t segment_count = first_chunks < chunk_count ? 2 : 1;
    struct object *segments = ARENA_ARRAY(&sim->arena, struct object, segment_count);
    struct log_chunk *chunks = ARENA_ARRAY(&sim->arena, struct log_chunk, chunk_count);
    size_t starts[3] = {0, (size_t)first_chunks * sim->chunk_rows * ROW_SIZE, (size_t)task->row_count * ROW_SIZE};
    if (segment_count == 1)
        starts[1] = starts[2];
    for (uint32_t i = 0; i < segment_count; i++) {
        struct str bytes = {sim_copy(sim, task->rows + starts[i], starts[i + 1] - starts[i]),
                            starts[i + 1] - starts[i]};
        segments[i] = put_object(sim, upload, next_object(upload, OBJECT_LOG, 10 + i), bytes);
    }
    for (uint32_t i = 0; i < chunk_count; i++) {
        uint32_t rows = i + 1 < chunk_count ? sim->chunk_rows : task->row_count - i * sim->chunk_rows;
        size_t start = (size_t)i * sim->chunk_rows * ROW_SIZE;
        uint32_t segment = i < first_chunks ? 0 : 1;
        chunks[i] = (struct log_chunk){.segment = segment,
                                       .offset = start - starts[segment],
                                       .size_bytes = rows * ROW_SIZE,
                                       .row_count = rows,
                                       .rows = digest_of(task->rows + start, rows * ROW_SIZE)};
    }
    lane->log = (struct log_epoch){.epoch = upload->barrier.epoch,
                                   .segments = segments,
                                   .segment_count = segment_count,
                                   .chunks = chunks,
                                   .chunk_count = chunk_count};
    lane->log.digest = log_epoch_digest(&lane->log);
}

static void upload_state(struct sim *sim, struct upload *upload) {
    struct lane_task *task = upload->task;
    uint64_t words[3] = {task->count, task->version, (uint64_t)task->time_us};
    struct str bytes = {sim_copy(sim, words, sizeof words), sizeof words};
    upload->objects[0] = put_object(sim, upload, next_object(upload, OBJECT_STATE, 0), bytes);
    upload->objects[0].operator_id = OPERATOR_COUNT + task->writer;
    bool reuse = task->decided.exists && task->decided.version == task->version && !upload->barrier.savepoint;
    if (reuse) {
        upload->objects[1] = task->decided.object;
    } else {
        struct str version = {sim_copy(sim, &task->version, 8), 8};
        upload->objects[1] = put_object(sim, upload, next_object(upload, OBJECT_STATE, 1), version);
        upload->objects[1].operator_id = OPERATOR_VERSION + task->writer;
    }
    task->newest = (struct state_version){.object = upload->objects[1], .version = task->version, .exists = true};
    upload->ack.objects = upload->objects;
    upload->ack.object_count = 2;
}

static void snapshot(struct sim *sim, struct lane_task *task, const struct barrier *barrier) {
    /* A barrier of the next epoch says that the former one is decided. */
    if (barrier->epoch > task->epoch && task->epoch > 0) {
        if (task->sealed_count > 0)
            memmove(task->rows, task->rows + (size_t)task->sealed_count * ROW_SIZE,
                    (size_t)(task->row_count - task->sealed_count) * ROW_SIZE);
        task->row_count -= task->sealed_count;
        task->decided = task->newest;
    }
    if (barrier->final && !task->flushed)
        append_row(sim, task, ROW_FINAL, 0);
    task->flushed |= barrier->final;
    task->epoch = barrier->epoch;
    task->attempt = barrier->attempt;
    task->sealed_count = task->row_count;
    task->last.complete = false;
    processing_clock_raise(&task->clock, barrier->time_us, (int64_t)sim->now_us);
    struct upload *upload = ARENA_NEW(&sim->arena, struct upload);
    *upload = (struct upload){.task = task, .barrier = *barrier};
    upload->ack = (struct task_ack){.job = barrier->job,
                                    .generation = barrier->generation,
                                    .epoch = barrier->epoch,
                                    .attempt = barrier->attempt,
                                    .task = task->task,
                                    .time_us = processing_clock_at(&task->clock, (int64_t)sim->now_us)};
    if (passes_point(sim, task->owner->process, SITE_SNAPSHOT))
        return;
    if (sim_fault(sim, FAULT_DECLINE, task->lane)) {
        decline(sim, upload);
        return;
    }
    upload_state(sim, upload);
    upload_log(sim, upload);
}

static void lane_task_take_barrier(struct sim *sim, struct lane_task *task, struct input *input,
                                   const struct barrier *barrier) {
    const struct barrier *aligning = &task->aligning;
    bool older =
        barrier->epoch < aligning->epoch || (barrier->epoch == aligning->epoch && barrier->attempt < aligning->attempt);
    if (older)
        return;
    bool same = barrier->epoch == aligning->epoch && barrier->attempt == aligning->attempt;
    if (!same) {
        task->aligning = *barrier;
        task->is_aligning = true;
        task->arrived = 0;
        for (uint32_t i = 0; i < sim->source_count; i++)
            task->inputs[i].blocked = false;
    }
    if (!task->is_aligning)
        return;
    input->blocked = true;
    if (++task->arrived < sim->source_count)
        return;
    task->is_aligning = false;
    for (uint32_t i = 0; i < sim->source_count; i++)
        task->inputs[i].blocked = false;
    snapshot(sim, task, &task->aligning);
}

static void lane_task_tick(struct sim *sim, void *argument) {
    struct lane_task *task = argument;
    if (is_dead(task->owner))
        return;
    struct input *ready[INPUTS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim->source_count && task->running; i++)
        if (!task->inputs[i].blocked && task->inputs[i].first != NULL)
            ready[count++] = &task->inputs[i];
    if (count == 0)
        return;
    struct input *input = ready[sim_random(sim, STREAM_TASK) % count];
    struct item *item = input->first;
    input->first = item->next;
    if (item->is_barrier) {
        lane_task_take_barrier(sim, task, input, &item->barrier);
    } else {
        input->channel->consumed++;
        append_row(sim, task, item->source, item->sequence);
        if (sim_random(sim, STREAM_TASK) % 16 == 0)
            task->version++;
    }
    lane_task_wake(sim, task);
}

static void lane_task_wake(struct sim *sim, struct lane_task *task) {
    sim_after(sim, sim_between(sim, STREAM_TASK, 5, 60), task->owner->process, lane_task_tick, task);
}

struct restore {
    struct lane_task *task;
    const struct object *object;
    uint32_t tries;
};

static void restored_all(struct sim *sim, struct lane_task *task) {
    task->running = true;
    tell_status(sim, task->owner, TASK_RUNNING, task->task, NULL);
    lane_task_wake(sim, task);
}

static void restored(struct sim *sim, void *argument, const struct store_answer *answer) {
    struct restore *restore = argument;
    struct lane_task *task = restore->task;
    if (is_dead(task->owner))
        return;
    char name[OBJECT_NAME_SIZE];
    object_name_format(&restore->object->id, name);
    if (answer->answer != ANSWER_OK) {
        if (restore->tries++ < RESTORE_TRIES)
            store_get(sim, task->owner->process, STORE_GET, str_from(name), restored, restore);
        else
            tell_status(sim, task->owner, TASK_FAILED, task->task, NULL);
        return;
    }
    uint64_t words[3];
    SIM_CHECK(sim, answer->bytes.size >= 8 && answer->bytes.size <= sizeof words, "state of a wrong size");
    memcpy(words, answer->bytes.data, answer->bytes.size);
    if (restore->object->operator_id >= OPERATOR_VERSION) {
        task->decided = (struct state_version){.object = *restore->object, .version = words[0], .exists = true};
    } else {
        task->count = words[0];
        task->version = words[1];
        SIM_CHECK(sim, task->time_us >= (int64_t)words[2], "writer %u goes on at a time before that of its state",
                  task->writer);
    }
    if (--task->restoring > 0)
        return;
    SIM_CHECK(sim, !task->decided.exists || task->decided.version == task->version,
              "writer %u restores parts of its state from different epochs", task->writer);
    restored_all(sim, task);
}

static void start_lane_task(struct sim *sim, struct attempt *attempt, uint32_t writer) {
    struct lane_task *task = ARENA_NEW(&sim->arena, struct lane_task);
    task->owner = attempt;
    task->writer = writer;
    task->lane = writer % sim->lane_count;
    task->task = sim->source_count + writer;
    attempt->lane_tasks[writer] = task;
    const struct manifest *manifest = attempt->deployment.manifest;
    task->clock = processing_clock_from(cluster_wall_clock_us(sim), (int64_t)sim->now_us);
    processing_clock_raise(&task->clock, manifest->time_us, (int64_t)sim->now_us);
    task->time_us = processing_clock_at(&task->clock, (int64_t)sim->now_us);
    for (uint32_t i = 0; i < manifest->object_count; i++) {
        const struct object *object = &manifest->objects[i];
        if (object->operator_id != OPERATOR_COUNT + writer && object->operator_id != OPERATOR_VERSION + writer)
            continue;
        struct restore *restore = ARENA_NEW(&sim->arena, struct restore);
        *restore = (struct restore){.task = task, .object = object};
        task->restoring++;
        char name[OBJECT_NAME_SIZE];
        object_name_format(&object->id, name);
        store_get(sim, attempt->process, STORE_GET, str_from(name), restored, restore);
    }
    SIM_CHECK(sim, task->restoring == (manifest->object_count > 0 ? 2u : 0u),
              "writer %u: its state is not in the manifest", writer);
    if (task->restoring == 0)
        restored_all(sim, task);
}

static void start_source(struct sim *sim, struct attempt *attempt, uint32_t index) {
    struct source_task *source = ARENA_NEW(&sim->arena, struct source_task);
    source->owner = attempt;
    source->index = index;
    source->channels = ARENA_ARRAY(&sim->arena, struct channel, sim->writer_count);
    const struct manifest *manifest = attempt->deployment.manifest;
    for (uint32_t i = 0; i < manifest->position_count; i++)
        if (manifest->positions[i].source_id == index)
            memcpy(&source->position, manifest->positions[i].position.data, sizeof source->position);
    attempt->sources[index] = source;
    tell_status(sim, attempt, TASK_RUNNING, index, NULL);
    sim_after(sim, 500, attempt->process, source_tick, source);
}

static void lane_step_and_act(struct sim *sim, struct sim_lane *lane, const struct lane_event *event);

/* What an answer belongs to. */
struct lane_call {
    struct sim_lane *lane;
    enum lane_event_kind kind;
    uint64_t request;
    uint32_t slot;
    uint64_t until;
    bool uncommitted;
    const struct log_epoch *log;
    uint32_t chunk;
};

static struct lane_call *new_lane_call(struct sim *sim, struct sim_lane *lane, enum lane_event_kind kind,
                                       const struct lane_action *action) {
    struct lane_call *call = ARENA_NEW(&sim->arena, struct lane_call);
    *call = (struct lane_call){.lane = lane,
                               .kind = kind,
                               .request = action->request,
                               .slot = action->slot,
                               .until = action->until,
                               .uncommitted = action->uncommitted};
    return call;
}

static void lane_head_read(struct sim *sim, void *argument, const struct store_answer *answer) {
    struct lane_call *call = argument;
    struct lane_event event = {.kind = LANE_EVENT_HEAD, .request = call->request, .answer = answer->answer};
    if (answer->answer == ANSWER_OK &&
        head_decode(answer->bytes.data, answer->bytes.size, &event.head, NULL) != STATUS_OK)
        event.answer = ANSWER_CORRUPT;
    lane_step_and_act(sim, call->lane, &event);
}

static void lane_kafka_answered(struct sim *sim, void *argument, const struct kafka_answer *answer) {
    struct lane_call *call = argument;
    struct lane_event event = {.kind = call->kind,
                               .request = call->request,
                               .slot = call->slot,
                               .answer = answer->answer,
                               .offset = answer->offset,
                               .row_count = answer->row_count,
                               .rows = answer->rows,
                               .topic = answer->topic};
    if (event.kind != LANE_EVENT_OPENED && event.answer != ANSWER_OK)
        event.answer = ANSWER_UNKNOWN;
    lane_step_and_act(sim, call->lane, &event);
}

static void lane_fetched(struct sim *sim, void *argument, const struct kafka_answer *answer);

struct fetch_again {
    struct lane_call *call;
    uint64_t offset;
};

static void fetch_again(struct sim *sim, void *argument) {
    struct fetch_again *again = argument;
    struct sim_lane *lane = again->call->lane;
    if (is_dead(lane->owner) || lane->machine.request != again->call->request)
        return;
    kafka_fetch(sim, lane->owner->process, &lane->machine.start.job, lane->index, again->offset,
                again->call->uncommitted, lane_fetched, again->call);
}

static void lane_fetched(struct sim *sim, void *argument, const struct kafka_answer *answer) {
    struct lane_call *call = argument;
    struct sim_lane *lane = call->lane;
    for (uint32_t i = 0; i < answer->record_count; i++) {
        struct lane_event event = {.kind = LANE_EVENT_MARKER,
                                   .request = call->request,
                                   .answer = ANSWER_OK,
                                   .offset = answer->records[i].offset};
        struct str bytes = answer->records[i].bytes;
        if (marker_decode(bytes.data, bytes.size, &event.marker, NULL) != STATUS_OK)
            event.answer = ANSWER_CORRUPT;
        lane_step_and_act(sim, lane, &event);
    }
    struct lane_event event = {
        .kind = LANE_EVENT_POSITION, .request = call->request, .answer = answer->answer, .offset = answer->offset};
    lane_step_and_act(sim, lane, &event);
    if (answer->answer == ANSWER_OK && lane->machine.request == call->request) {
        struct fetch_again *again = ARENA_NEW(&sim->arena, struct fetch_again);
        *again = (struct fetch_again){.call = call, .offset = answer->offset};
        sim_after(sim, 1500, lane->owner->process, fetch_again, again);
    }
}

static void send_chunk_bytes(struct sim *sim, struct lane_call *call, struct str segment) {
    struct sim_lane *lane = call->lane;
    const struct log_chunk *chunk = &call->log->chunks[call->chunk];
    struct str rows = {segment.data + chunk->offset, chunk->size_bytes};
    struct digest digest = digest_of(rows.data, rows.size);
    if (chunk->size_bytes > 0 && !digest_equal(&digest, &chunk->rows)) {
        struct lane_event event = {.kind = LANE_EVENT_CHUNK_SENT, .request = call->request, .answer = ANSWER_CORRUPT};
        lane_step_and_act(sim, lane, &event);
        return;
    }
    kafka_send_rows(sim, lane->producers[call->slot], rows, ROW_SIZE, lane_kafka_answered, call);
}

static void segment_read(struct sim *sim, void *argument, const struct store_answer *answer) {
    struct lane_call *call = argument;
    struct sim_lane *lane = call->lane;
    if (is_dead(lane->owner) || lane->machine.request != call->request)
        return;
    if (answer->answer == ANSWER_OK) {
        send_chunk_bytes(sim, call, answer->bytes);
        return;
    }
    struct lane_event event = {.kind = LANE_EVENT_CHUNK_SENT, .request = call->request, .answer = answer->answer};
    lane_step_and_act(sim, lane, &event);
}

static void lane_send_chunk(struct sim *sim, struct sim_lane *lane, const struct lane_action *action) {
    struct lane_call *call = new_lane_call(sim, lane, LANE_EVENT_CHUNK_SENT, action);
    struct log_epoch *log = ARENA_NEW(&sim->arena, struct log_epoch);
    *log = *action->log;
    call->log = log;
    call->chunk = action->chunk;
    const struct log_chunk *chunk = &log->chunks[action->chunk];
    if (chunk->segment == LOG_NO_SEGMENT) {
        send_chunk_bytes(sim, call, (struct str){0});
        return;
    }
    const struct object_id *id = &log->segments[chunk->segment].id;
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    const struct stored *stored = store_find(sim, str_from(name));
    /* What this generation logged is still in memory. */
    if (stored != NULL && id->generation == lane->owner->deployment.generation)
        send_chunk_bytes(sim, call, stored->bytes);
    else
        store_get(sim, lane->owner->process, STORE_GET, str_from(name), segment_read, call);
}

static void lane_retry(struct sim *sim, void *argument) {
    lane_step_and_act(sim, argument, &(struct lane_event){.kind = LANE_EVENT_RETRY});
}

static void lane_act(struct sim *sim, struct sim_lane *lane, const struct lane_action *action) {
    struct process *process = lane->owner->process;
    const struct incarnation *job = &lane->machine.start.job;
    NOTE(sim, "lane %llu of generation %llu: action %llu", lane->index, lane->machine.start.generation, action->kind);
    switch (action->kind) {
    case LANE_ACTION_READ_HEAD:
        store_get(sim, process, STORE_GET_HEAD, lane->owner->deployment.head_name, lane_head_read,
                  new_lane_call(sim, lane, LANE_EVENT_HEAD, action));
        break;
    case LANE_ACTION_OPEN_PRODUCER:
        lane->producers[action->slot] = kafka_open(sim, process, job, lane->index, action->slot, lane_kafka_answered,
                                                   new_lane_call(sim, lane, LANE_EVENT_OPENED, action));
        break;
    case LANE_ACTION_CLOSE_PRODUCER:
        if (lane->producers[action->slot] != NULL)
            kafka_close(lane->producers[action->slot]);
        lane->producers[action->slot] = NULL;
        break;
    case LANE_ACTION_MEASURE:
        kafka_measure(sim, process, job, lane->index, lane_kafka_answered,
                      new_lane_call(sim, lane, LANE_EVENT_MEASURED, action));
        break;
    case LANE_ACTION_READ_MARKERS:
        kafka_fetch(sim, process, job, lane->index, action->offset, action->uncommitted, lane_fetched,
                    new_lane_call(sim, lane, LANE_EVENT_POSITION, action));
        break;
    case LANE_ACTION_SEND_CHUNK: lane_send_chunk(sim, lane, action); break;
    case LANE_ACTION_SEND_MARKER: {
        uint8_t bytes[MARKER_SIZE];
        marker_encode(&action->marker, bytes);
        kafka_send_marker(sim, lane->producers[action->slot], (struct str){(char *)bytes, sizeof bytes},
                          lane_kafka_answered, new_lane_call(sim, lane, LANE_EVENT_MARKER_SENT, action));
        break;
    }
    case LANE_ACTION_COMMIT:
        kafka_commit(sim, lane->producers[action->slot], lane_kafka_answered,
                     new_lane_call(sim, lane, LANE_EVENT_COMMITTED, action));
        break;
    case LANE_ACTION_RETRY_LATER: {
        uint64_t most_us = 500u << (action->attempt < 5 ? action->attempt : 5);
        sim_after(sim, sim_between(sim, STREAM_TASK, most_us / 2, most_us), process, lane_retry, lane);
        break;
    }
    case LANE_ACTION_REPORT: {
        struct report report = {.event = {.kind = COORDINATOR_EVENT_LANE_REPORT, .lane_report = action->report}};
        tell(sim, lane->owner, MESSAGE_LANE, &report);
        break;
    }
    }
}

static void lane_step_and_act(struct sim *sim, struct sim_lane *lane, const struct lane_event *event) {
    struct process *process = lane->owner->process;
    if (!process->alive)
        return;
    struct lane_actions *actions = arena_alloc(&sim->arena, sizeof *actions);
    lane_step(&lane->machine, event, actions);
    for (uint32_t i = 0; i < actions->count; i++) {
        uint32_t kind = actions->items[i].kind;
        if (passes_point(sim, process, kind))
            return;
        lane_act(sim, lane, &actions->items[i]);
        if (passes_point(sim, process, SITE_AFTER + kind))
            return;
    }
}

static void start_lane(struct sim *sim, struct attempt *attempt, uint32_t index) {
    struct sim_lane *lane = ARENA_NEW(&sim->arena, struct sim_lane);
    lane->owner = attempt;
    lane->index = index;
    attempt->lanes[index] = lane;
    lane_init(&lane->machine);
    const struct manifest *manifest = attempt->deployment.manifest;
    const struct manifest_lane *saved = &manifest->lanes[index];
    struct lane_start start = {.job = manifest->id.job,
                               .sink = saved->sink,
                               .lane = saved->lane,
                               .lane_index = index,
                               .generation = attempt->deployment.generation,
                               .base_epoch = manifest->base_epoch,
                               .decided_epoch = manifest->id.epoch,
                               .remembered = saved->marker,
                               .pending = saved->pending,
                               .pending_count = saved->pending_count,
                               .engine_version = "simulated"};
    lane_step_and_act(sim, lane, &(struct lane_event){.kind = LANE_EVENT_START, .start = &start});
}

static void close_attempt(struct sim *sim, struct attempt *attempt) {
    if (attempt == NULL || attempt->closed)
        return;
    attempt->closed = true;
    for (uint32_t i = 0; i < sim->lane_count; i++)
        if (attempt->lanes[i] != NULL)
            lane_step_and_act(sim, attempt->lanes[i], &(struct lane_event){.kind = LANE_EVENT_CLOSE});
}

/* A deployment that came again: those who answered may not have been heard. */
static void say_again(struct sim *sim, struct attempt *attempt) {
    for (uint32_t i = 0; i < sim->source_count; i++)
        if (attempt->sources[i] != NULL)
            tell_status(sim, attempt, TASK_RUNNING, i, NULL);
    for (uint32_t i = 0; i < sim->writer_count; i++)
        if (attempt->lane_tasks[i] != NULL && attempt->lane_tasks[i]->running)
            tell_status(sim, attempt, TASK_RUNNING, sim->source_count + i, NULL);
    for (uint32_t i = 0; i < sim->lane_count; i++) {
        if (attempt->lanes[i] != NULL) {
            struct lane_start start = {.generation = attempt->deployment.generation};
            lane_step_and_act(sim, attempt->lanes[i], &(struct lane_event){.kind = LANE_EVENT_START, .start = &start});
        }
    }
}

void worker_on_deploy(struct sim *sim, void *argument) {
    struct deployment *deployment = argument;
    struct process *process = deployment->to;
    struct worker_node *node = process->body;
    struct attempt *current = node->attempt;
    int order =
        current == NULL ? -1 : compare_deployments(&current->deployment, deployment->path, deployment->generation);
    if (order > 0 && current->deployment.path == deployment->path)
        tell_superseded(sim, current, deployment->coordinator);
    if (order > 0)
        return;
    if (order == 0) {
        if (!current->closed)
            say_again(sim, current);
        return;
    }
    close_attempt(sim, current);
    if (!process->alive)
        return;
    struct attempt *attempt = ARENA_NEW(&sim->arena, struct attempt);
    attempt->process = process;
    attempt->deployment = *deployment;
    attempt->sources = ARENA_ARRAY(&sim->arena, struct source_task *, sim->source_count);
    attempt->lane_tasks = ARENA_ARRAY(&sim->arena, struct lane_task *, sim->writer_count);
    attempt->lanes = ARENA_ARRAY(&sim->arena, struct sim_lane *, sim->lane_count);
    node->attempt = attempt;
    for (uint32_t i = 0; i < sim->source_count && !deployment->lanes_only; i++)
        if (deployment->workers[worker_of_task(sim, deployment->generation, deployment->worker_count, i)] == process)
            start_source(sim, attempt, i);
    for (uint32_t i = 0; i < sim->writer_count && process->alive && !deployment->lanes_only; i++)
        if (deployment->workers[worker_of_writer(sim, deployment->generation, deployment->worker_count, i)] == process)
            start_lane_task(sim, attempt, i);
    for (uint32_t i = 0; i < sim->lane_count && process->alive; i++)
        if (deployment->workers[worker_of_lane(sim, deployment->generation, deployment->worker_count, i)] == process)
            start_lane(sim, attempt, i);
}

/* The attempt that an order is for; NULL when it is not here any more, which its sender is told. */
static struct attempt *attempt_of(struct sim *sim, struct process *process, const struct incarnation *job,
                                  uint64_t generation, struct coordinator_node *from) {
    struct attempt *attempt = ((struct worker_node *)process->body)->attempt;
    if (attempt == NULL || !incarnation_equal(job, &attempt->deployment.manifest->id.job))
        return NULL;
    if (attempt->deployment.generation > generation)
        tell_superseded(sim, attempt, from);
    return attempt->deployment.generation == generation && !attempt->closed ? attempt : NULL;
}

void worker_on_barrier(struct sim *sim, void *argument) {
    struct barrier_message *message = argument;
    struct attempt *attempt =
        attempt_of(sim, message->to, &message->barrier.job, message->barrier.generation, message->from);
    if (attempt == NULL)
        return;
    for (uint32_t i = 0; i < sim->source_count; i++)
        if (attempt->sources[i] != NULL)
            source_on_barrier(sim, attempt->sources[i], &message->barrier);
    for (uint32_t i = 0; i < sim->writer_count; i++) {
        struct lane_task *task = attempt->lane_tasks[i];
        if (task != NULL && task->last.complete && task->epoch == message->barrier.epoch &&
            task->attempt == message->barrier.attempt)
            tell_ack(sim, attempt, &task->last.ack);
    }
}

/* The rows stay for the next attempt; an upload under way may go on, its acknowledgement comes too late. */
void worker_on_abort(struct sim *sim, void *argument) {
    struct barrier_message *message = argument;
    NOTE(sim, "worker %llu: epoch %llu, attempt %llu is aborted", message->to->number, message->barrier.epoch,
         message->barrier.attempt);
}

void worker_on_commit(struct sim *sim, void *argument) {
    struct commit_message *message = argument;
    struct attempt *attempt = attempt_of(sim, message->to, &message->job, message->generation, message->from);
    if (attempt == NULL || attempt->lanes[message->lane] == NULL)
        return;
    struct lane_event event = {
        .kind = LANE_EVENT_COMMIT, .job = message->job, .generation = message->generation, .log = &message->log};
    lane_step_and_act(sim, attempt->lanes[message->lane], &event);
}

void worker_on_cancel(struct sim *sim, void *argument) {
    struct cancel_message *message = argument;
    struct attempt *attempt = ((struct worker_node *)message->to->body)->attempt;
    if (attempt != NULL && attempt->deployment.generation <= message->generation &&
        incarnation_equal(&attempt->deployment.manifest->id.job, &message->job))
        close_attempt(sim, attempt);
}

void worker_describe(struct process *process, char *text, size_t size) {
    struct attempt *attempt = ((struct worker_node *)process->body)->attempt;
    int used = snprintf(text, size, "worker %u%s%s gen %llu:", process->number, process->alive ? "" : " dead",
                        attempt != NULL && attempt->closed ? " closed" : "",
                        attempt != NULL ? (unsigned long long)attempt->deployment.generation : 0);
    for (uint32_t i = 0; attempt != NULL && i < process->sim->lane_count && used > 0 && (size_t)used < size; i++)
        if (attempt->lanes[i] != NULL)
            used += snprintf(text + used, size - (size_t)used, " lane %u state %u epoch %llu of %llu;", i,
                             attempt->lanes[i]->machine.state,
                             (unsigned long long)attempt->lanes[i]->machine.published_epoch,
                             (unsigned long long)attempt->lanes[i]->machine.decided_epoch);
}
