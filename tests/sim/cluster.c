/* cluster.c: coordinator processes, and the supervisor that watches, starts again, gives orders and makes mistakes. */
#include "tests/sim/cluster.h"

#include <stdio.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "tests/sim/kafka.h"
#include "tests/sim/oracle.h"
#include "tests/sim/store.h"

enum { SUPERVISOR_US = 4000, LEASE_US = 15000, QUIET_US = 320000, EPOCH_TIMEOUT_US = 90000 };
enum { NODES_MAX = 512 };

enum goal { GOAL_RUN, GOAL_STOP, GOAL_FORK, GOAL_RESTORE };

struct cluster {
    struct coordinator_node *nodes[NODES_MAX];
    uint32_t node_count;
    struct coordinator_node *current;
    struct process *workers[WORKERS_MAX];
    enum start_kind start;
    bool wrong_plan;
    uint32_t path; /* of the checkpoint; a fork has its own */
    uint64_t incarnations;
    int64_t clock_step_us; /* of the wall clock that all machines have */
    enum goal goal;
    uint32_t savepoints;       /* names given out */
    struct str savepoint_made; /* newest one that is complete, of this path's job */
    struct manifest_reference savepoint_manifest;
    struct str origin;      /* savepoint to start from */
    uint64_t start_at_us;   /* the next coordinator; 0: one is running */
    uint64_t mistake_at_us; /* everything is dead: the mistake is made then */
    enum fault_kind mistake;
    bool refused_reasons[REASON_COUNT]; /* by one of these the run must end */
    bool expecting, going_on;           /* a refusal is expected; afterwards the job runs on as it should */
    char description[512];
};

static void supervise(struct sim *sim, void *argument);

struct cluster *cluster_new(struct sim *sim) {
    struct cluster *cluster = ARENA_NEW(&sim->arena, struct cluster);
    cluster->start = START_RESUME_OR_EMPTY;
    return cluster;
}

void cluster_release(struct sim *sim) {
    for (uint32_t i = 0; i < sim->cluster->node_count; i++) {
        coordinator_release(&sim->cluster->nodes[i]->machine);
        if (sim->cluster->nodes[i]->garbage != NULL)
            garbage_release(sim->cluster->nodes[i]->garbage);
    }
}

const char *cluster_describe(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    const struct coordinator_node *node = cluster->current;
    if (node == NULL)
        return "a duel";
    size_t used =
        (size_t)snprintf(cluster->description, sizeof cluster->description,
                         "coordinator state %u generation %llu epoch %llu published %llu; ",
                         node ? node->machine.state : 0, node ? (unsigned long long)node->machine.head.generation : 0,
                         node ? (unsigned long long)node->machine.head.epoch : 0,
                         node ? (unsigned long long)node->machine.published_epoch : 0);
    for (uint32_t i = 0; i < sim->worker_count && used < sizeof cluster->description; i++) {
        worker_describe(cluster->workers[i], cluster->description + used, sizeof cluster->description - used);
        used = strlen(cluster->description);
    }
    return cluster->description;
}

uint32_t worker_of_task(const struct sim *sim, uint64_t generation, uint32_t worker_count, uint32_t task) {
    return task < sim->source_count ? (uint32_t)((task + generation) % worker_count)
                                    : worker_of_writer(sim, generation, worker_count, task - sim->source_count);
}

/* With its lane, or beside it. */
uint32_t worker_of_writer(const struct sim *sim, uint64_t generation, uint32_t worker_count, uint32_t writer) {
    return worker_of_lane(sim, generation, worker_count, writer % sim->lane_count + writer / sim->lane_count);
}

uint32_t worker_of_lane(const struct sim *sim, uint64_t generation, uint32_t worker_count, uint32_t lane) {
    (void)sim;
    return (uint32_t)((lane + generation) % worker_count);
}

void cluster_kill(struct process *process) {
    process->alive = false;
    NOTE(process->sim, "process %llu dies", process->number, 0, 0);
}

void post(struct sim *sim, struct process *to, enum message_site site, void (*run)(struct sim *, void *),
          const void *argument, size_t size) {
    if (sim_fault(sim, FAULT_MESSAGE_LOST, site))
        return;
    uint64_t delay_us = sim_between(sim, STREAM_MESSAGE, 20, 300);
    if (sim_fault(sim, FAULT_MESSAGE_LATE, site))
        delay_us += sim_fault_between(sim, FAULT_MESSAGE_LATE, site, 1000, 60000);
    if (sim_fault(sim, FAULT_MESSAGE_TWICE, site))
        sim_after(sim, delay_us + sim_fault_between(sim, FAULT_MESSAGE_TWICE, site, 100, 60000), to, run,
                  sim_copy(sim, argument, size));
    sim_after(sim, delay_us, to, run, sim_copy(sim, argument, size));
}

static bool passes_point(struct sim *sim, struct process *process, uint32_t site) {
    if (sim_fault(sim, FAULT_COORDINATOR_CRASH, site)) {
        cluster_kill(process);
        return true;
    }
    if (sim_fault(sim, FAULT_COORDINATOR_PAUSE, site))
        process->paused_until_us = sim->now_us + sim_fault_between(sim, FAULT_COORDINATOR_PAUSE, site, 2000, 120000);
    return false;
}

struct node_call {
    struct coordinator_node *node;
    enum coordinator_event_kind kind;
    uint64_t request;
    const struct manifest *manifest;
};

static struct node_call *new_node_call(struct sim *sim, struct coordinator_node *node, enum coordinator_event_kind kind,
                                       uint64_t request) {
    struct node_call *call = ARENA_NEW(&sim->arena, struct node_call);
    *call = (struct node_call){.node = node, .kind = kind, .request = request};
    return call;
}

static void node_answered(struct sim *sim, void *argument, const struct store_answer *answer) {
    (void)sim;
    struct node_call *call = argument;
    struct coordinator_event event = {.kind = call->kind,
                                      .request = call->request,
                                      .answer = answer->answer,
                                      .version = answer->version,
                                      .bytes = answer->bytes};
    const void *bytes = answer->bytes.data;
    size_t size = answer->bytes.size;
    if (answer->answer == ANSWER_OK && call->kind == COORDINATOR_EVENT_HEAD &&
        head_decode(bytes, size, &event.head, NULL) != STATUS_OK)
        event.answer = ANSWER_CORRUPT;
    if (answer->answer == ANSWER_OK && call->kind == COORDINATOR_EVENT_SAVEPOINT_READ &&
        savepoint_decode(bytes, size, &event.savepoint, NULL) != STATUS_OK)
        event.answer = ANSWER_CORRUPT;
    coordinator_node_step(call->node, &event);
}

static enum answer verify_object(struct sim *sim, const struct object *object) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(&object->id, name);
    const struct stored *stored = store_find(sim, str_from(name));
    if (stored == NULL)
        return ANSWER_MISSING;
    struct digest digest = digest_of(stored->bytes.data, stored->bytes.size);
    bool equal = stored->bytes.size == object->size_bytes && digest_equal(&digest, &object->digest);
    return equal ? ANSWER_OK : ANSWER_CORRUPT;
}

static enum answer verify_manifest(struct sim *sim, const struct manifest *manifest) {
    enum answer answer = ANSWER_OK;
    for (uint32_t i = 0; i < manifest->object_count && answer == ANSWER_OK; i++)
        answer = verify_object(sim, &manifest->objects[i]);
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        for (uint32_t j = 0; j < manifest->lanes[i].pending_count; j++)
            for (uint32_t k = 0; k < manifest->lanes[i].pending[j].segment_count && answer == ANSWER_OK; k++)
                answer = verify_object(sim, &manifest->lanes[i].pending[j].segments[k]);
    return answer;
}

static void verified(struct sim *sim, void *argument, const struct store_answer *answer) {
    struct node_call *call = argument;
    struct coordinator_event event = {.kind = call->kind, .request = call->request, .answer = answer->answer};
    if (answer->answer == ANSWER_OK)
        event.answer = verify_manifest(sim, call->manifest);
    coordinator_node_step(call->node, &event);
}

struct garbage_call {
    struct coordinator_node *node;
    struct garbage *garbage;
    enum garbage_event_kind kind;
    uint64_t request;
    uint32_t page;
};

static void garbage_run(struct sim *sim, struct coordinator_node *node, struct garbage *garbage,
                        const struct garbage_event *event);

enum { PAGE = 40 };

static void list_page(struct sim *sim, uint32_t page, struct garbage_event *event) {
    uint32_t count;
    const struct stored *const *all = store_all(sim, &count);
    struct garbage_entry *entries = ARENA_ARRAY(&sim->arena, struct garbage_entry, PAGE);
    event->entries = entries;
    for (uint32_t i = page * PAGE; i < count && i < (page + 1) * PAGE; i++)
        if (all[i]->exists)
            entries[event->entry_count++] = (struct garbage_entry){
                .name = all[i]->name, .age_ms = (int64_t)(sim->now_us - all[i]->written_us) / 1000};
    event->more = (page + 1) * PAGE < count;
}

static void list_savepoints(struct sim *sim, struct garbage_event *event) {
    uint32_t count;
    const struct stored *const *all = store_all(sim, &count);
    struct savepoint *savepoints = ARENA_ARRAY(&sim->arena, struct savepoint, count);
    for (uint32_t i = 0; i < count; i++)
        if (all[i]->exists && str_starts_with(all[i]->name, STR("savepoints/")) &&
            savepoint_decode(all[i]->bytes.data, all[i]->bytes.size, &savepoints[event->savepoint_count], NULL) ==
                STATUS_OK)
            event->savepoint_count++;
    event->savepoints = savepoints;
}

static void garbage_answered(struct sim *sim, void *argument, const struct store_answer *answer) {
    struct garbage_call *call = argument;
    struct garbage_event event = {
        .kind = call->kind, .request = call->request, .answer = answer->answer, .bytes = answer->bytes};
    if (answer->answer == ANSWER_OK && call->kind == GARBAGE_EVENT_HEAD &&
        head_decode(answer->bytes.data, answer->bytes.size, &event.head, NULL) != STATUS_OK)
        event.answer = ANSWER_CORRUPT;
    if (answer->answer == ANSWER_OK && call->kind == GARBAGE_EVENT_SAVEPOINTS)
        list_savepoints(sim, &event);
    if (answer->answer == ANSWER_OK && call->kind == GARBAGE_EVENT_LISTED)
        list_page(sim, call->page, &event);
    garbage_run(sim, call->node, call->garbage, &event);
}

static void garbage_delete(struct sim *sim, struct coordinator_node *node, const struct garbage_action *action,
                           struct garbage_call *call) {
    struct str *names = ARENA_ARRAY(&sim->arena, struct str, action->id_count);
    for (uint32_t i = 0; i < action->id_count; i++) {
        char *name = arena_alloc(&sim->arena, OBJECT_NAME_SIZE);
        object_name_format(&action->ids[i], name);
        names[i] = str_from(name);
    }
    store_delete(sim, node->process, names, action->id_count, garbage_answered, call);
}

static void garbage_run(struct sim *sim, struct coordinator_node *node, struct garbage *garbage,
                        const struct garbage_event *event) {
    struct garbage_action action;
    if (garbage != node->garbage || !garbage_step(garbage, event, &action))
        return;
    struct garbage_call *call = ARENA_NEW(&sim->arena, struct garbage_call);
    *call = (struct garbage_call){.node = node, .garbage = garbage, .request = action.request, .page = action.page};
    char name[OBJECT_NAME_SIZE];
    switch (action.kind) {
    case GARBAGE_ACTION_READ_HEAD:
        call->kind = GARBAGE_EVENT_HEAD;
        store_get(sim, node->process, STORE_GET_HEAD, node->head_name, garbage_answered, call);
        break;
    case GARBAGE_ACTION_READ_SAVEPOINTS:
        call->kind = GARBAGE_EVENT_SAVEPOINTS;
        store_ask(sim, node->process, STORE_LIST, garbage_answered, call);
        break;
    case GARBAGE_ACTION_READ_MANIFEST:
        call->kind = GARBAGE_EVENT_MANIFEST;
        object_name_format(&action.reference.id, name);
        store_get(sim, node->process, STORE_GET, str_from(name), garbage_answered, call);
        break;
    case GARBAGE_ACTION_LIST:
        call->kind = GARBAGE_EVENT_LISTED;
        store_ask(sim, node->process, STORE_LIST, garbage_answered, call);
        break;
    case GARBAGE_ACTION_DELETE:
        call->kind = GARBAGE_EVENT_DELETED;
        garbage_delete(sim, node, &action, call);
        break;
    case GARBAGE_ACTION_ENDED:
        garbage_release(garbage);
        node->garbage = NULL;
        break;
    }
}

static void collect_garbage(struct sim *sim, struct coordinator_node *node, uint64_t published_epoch) {
    if (node->garbage != NULL)
        return;
    node->garbage = ARENA_NEW(&sim->arena, struct garbage);
    garbage_init(node->garbage, &(struct garbage_options){
                                    .job = node->machine.head.job,
                                    .owner = node->machine.options.owner,
                                    .generation = node->machine.head.generation,
                                    .published_epoch = published_epoch,
                                    .retained = 1 + (uint32_t)(sim->options.seed % 3),
                                    .grace_ms = sim->options.seed % 5 == 0 ? 20 : 0,
                                });
    garbage_run(sim, node, node->garbage, &(struct garbage_event){.kind = GARBAGE_EVENT_START});
}

static void say_deploy(struct sim *sim, struct coordinator_node *node, const struct coordinator_action *action) {
    struct cluster *cluster = sim->cluster;
    if (node->generation != action->generation) {
        node->generation = action->generation;
        node->job = action->manifest->id.job;
        memcpy(node->workers, cluster->workers, sizeof node->workers);
        node->worker_count = sim->worker_count;
        cluster->start = START_RESUME;
    }
    struct str bytes = manifest_encode(action->manifest, &sim->arena);
    struct manifest *manifest = ARENA_NEW(&sim->arena, struct manifest);
    struct error error;
    SIM_CHECK(sim, manifest_decode(bytes.data, bytes.size, &sim->arena, manifest, &error) == STATUS_OK,
              "a manifest does not decode: %s", error.message);
    for (uint32_t i = 0; i < node->worker_count; i++) {
        struct deployment deployment = {.to = node->workers[i],
                                        .coordinator = node,
                                        .worker_count = node->worker_count,
                                        .generation = action->generation,
                                        .path = node->path,
                                        .manifest = manifest,
                                        .head_name = node->head_name,
                                        .lanes_only = action->lanes_only};
        memcpy(deployment.workers, node->workers, sizeof deployment.workers);
        post(sim, node->workers[i], MESSAGE_DEPLOY, worker_on_deploy, &deployment, sizeof deployment);
    }
}

static void say_barrier(struct sim *sim, struct coordinator_node *node, const struct barrier *barrier, bool is_abort) {
    for (uint32_t i = 0; i < node->worker_count; i++) {
        struct barrier_message message = {.to = node->workers[i], .from = node, .barrier = *barrier};
        post(sim, message.to, is_abort ? MESSAGE_ABORT : MESSAGE_BARRIER,
             is_abort ? worker_on_abort : worker_on_barrier, &message, sizeof message);
    }
}

static void say_commit(struct sim *sim, struct coordinator_node *node, const struct coordinator_action *action) {
    for (uint32_t lane = 0; lane < action->manifest->lane_count; lane++)
        for (uint32_t i = 0; i < action->manifest->lanes[lane].pending_count; i++) {
            uint32_t worker = worker_of_lane(sim, node->generation, node->worker_count, lane);
            struct commit_message message = {
                .to = node->workers[worker],
                .from = node,
                .job = node->job,
                .generation = action->generation,
                .lane = lane,
                .log = log_epoch_copy(&sim->arena, &action->manifest->lanes[lane].pending[i])};
            post(sim, message.to, MESSAGE_COMMIT, worker_on_commit, &message, sizeof message);
        }
}

static void say_cancel(struct sim *sim, struct coordinator_node *node, uint64_t generation) {
    for (uint32_t i = 0; i < node->worker_count; i++) {
        struct cancel_message message = {.to = node->workers[i], .job = node->job, .generation = generation};
        post(sim, message.to, MESSAGE_CANCEL, worker_on_cancel, &message, sizeof message);
    }
}

static struct incarnation new_incarnation(struct sim *sim) {
    struct incarnation incarnation = {{0}};
    uint64_t number = ++sim->cluster->incarnations;
    uint64_t mixed = hash_u64(sim->options.seed + number * 977);
    memcpy(incarnation.bytes, &number, sizeof number);
    memcpy(incarnation.bytes + 8, &mixed, sizeof mixed);
    return incarnation;
}

static void on_ended(struct sim *sim, struct coordinator_node *node, enum reason reason);

static void node_retry(struct sim *sim, void *argument) {
    (void)sim;
    coordinator_node_step(argument, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
}

static enum store_site swap_site(const struct coordinator_node *node) {
    return node->machine.state == COORDINATOR_DECIDING ? STORE_SWAP_DECIDE : STORE_SWAP_TAKE;
}

static void node_ask_store(struct sim *sim, struct coordinator_node *node, const struct coordinator_action *action) {
    char name[OBJECT_NAME_SIZE];
    uint8_t bytes[HEAD_SIZE > SAVEPOINT_SIZE ? HEAD_SIZE : SAVEPOINT_SIZE];
    struct process *process = node->process;
    struct node_call *call = new_node_call(sim, node, COORDINATOR_EVENT_HEAD, action->request);
    switch (action->kind) {
    case COORDINATOR_ACTION_READ_HEAD:
        store_get(sim, process, STORE_GET_HEAD, node->head_name, node_answered, call);
        break;
    case COORDINATOR_ACTION_SWAP_HEAD:
        call->kind = COORDINATOR_EVENT_SWAPPED;
        head_encode(&action->head, bytes);
        store_swap(sim, process, swap_site(node), node->head_name, action->expected,
                   (struct str){(char *)bytes, HEAD_SIZE}, node_answered, call);
        break;
    case COORDINATOR_ACTION_READ_SAVEPOINT:
        call->kind = COORDINATOR_EVENT_SAVEPOINT_READ;
        store_get(sim, process, STORE_GET, node->origin_name, node_answered, call);
        break;
    case COORDINATOR_ACTION_READ_MANIFEST:
        call->kind = COORDINATOR_EVENT_MANIFEST;
        object_name_format(&action->reference.id, name);
        store_get(sim, process, STORE_GET, str_from(name), node_answered, call);
        break;
    case COORDINATOR_ACTION_WRITE:
        call->kind = COORDINATOR_EVENT_WRITTEN;
        object_name_format(&action->reference.id, name);
        store_put(sim, process, STORE_PUT_MANIFEST, str_from(name), action->bytes, node_answered, call);
        break;
    case COORDINATOR_ACTION_VERIFY:
        call->kind = COORDINATOR_EVENT_VERIFIED;
        call->manifest = action->manifest;
        store_ask(sim, process, STORE_LIST, verified, call);
        break;
    case COORDINATOR_ACTION_PIN:
        call->kind = COORDINATOR_EVENT_PINNED;
        savepoint_encode(&action->savepoint, bytes);
        store_put(sim, process, STORE_PUT_SAVEPOINT, node->savepoint_name, (struct str){(char *)bytes, SAVEPOINT_SIZE},
                  node_answered, call);
        break;
    default: UNREACHABLE();
    }
}

static void node_act(struct sim *sim, struct coordinator_node *node, const struct coordinator_action *action) {
    struct cluster *cluster = sim->cluster;
    NOTE(sim, "coordinator %llu of generation %llu: action %llu", node->process->number, node->machine.head.generation,
         action->kind);
    switch (action->kind) {
    case COORDINATOR_ACTION_DEPLOY: say_deploy(sim, node, action); break;
    case COORDINATOR_ACTION_BARRIER: say_barrier(sim, node, &action->barrier, false); break;
    case COORDINATOR_ACTION_ABORT: say_barrier(sim, node, &action->barrier, true); break;
    case COORDINATOR_ACTION_COMMIT: say_commit(sim, node, action); break;
    case COORDINATOR_ACTION_CANCEL: say_cancel(sim, node, action->generation); break;
    case COORDINATOR_ACTION_RETRY_LATER: {
        uint64_t most_us = 500u << (action->attempt < 5 ? action->attempt : 5);
        sim_after(sim, sim_between(sim, STREAM_SUPERVISOR, most_us / 2, most_us), node->process, node_retry, node);
        break;
    }
    case COORDINATOR_ACTION_DECIDED: break;
    case COORDINATOR_ACTION_PUBLISHED: collect_garbage(sim, node, action->epoch); break;
    case COORDINATOR_ACTION_SAVEPOINT_DONE:
        if (action->reason == REASON_NONE)
            oracle_on_savepoint(sim, &action->savepoint);
        if (action->reason == REASON_NONE && node == cluster->current) {
            cluster->savepoint_made = node->savepoint_name;
            cluster->savepoint_manifest = action->savepoint.manifest;
        }
        node->savepoint_name = (struct str){0};
        break;
    case COORDINATOR_ACTION_ENDED: on_ended(sim, node, action->reason); break;
    default: node_ask_store(sim, node, action); break;
    }
}

int64_t cluster_wall_clock_us(const struct sim *sim) {
    return (int64_t)sim->now_us + 10000000000 + sim->cluster->clock_step_us;
}

/* Processing time never goes back, never stands still, and is not behind the wall clock or what was restored. */
static void check_stamp(struct sim *sim, struct coordinator_node *node, const struct barrier *barrier) {
    bool same_run = barrier->generation == node->stamped.generation;
    if (same_run && barrier->attempt == node->stamped.attempt)
        return; /* said again */
    int64_t passed_us = (int64_t)(sim->now_us - node->stamped_at_us);
    SIM_CHECK(sim, node->stamped.generation == 0 || barrier->time_us >= node->stamped.time_us + passed_us,
              "the stamp of epoch %llu is %lld us after the last one, which is %lld us ago",
              (unsigned long long)barrier->epoch, (long long)(barrier->time_us - node->stamped.time_us),
              (long long)passed_us);
    SIM_CHECK(sim, barrier->time_us >= cluster_wall_clock_us(sim), "a stamp is behind the wall clock");
    SIM_CHECK(sim, barrier->time_us >= node->machine.manifest.time_us, "a stamp is behind the decided epoch");
    node->stamped = *barrier;
    node->stamped_at_us = sim->now_us;
}

void coordinator_node_step(struct coordinator_node *node, const struct coordinator_event *told) {
    struct process *process = node->process;
    struct sim *sim = process->sim;
    if (!process->alive)
        return;
    struct coordinator_actions *actions = arena_alloc(&sim->arena, sizeof *actions);
    struct coordinator_event event = *told;
    event.time_us = cluster_wall_clock_us(sim);
    event.monotonic_us = (int64_t)sim->now_us;
    coordinator_step(&node->machine, &event, actions);
    for (uint32_t i = 0; i < actions->count && !sim->done; i++) {
        uint32_t kind = actions->items[i].kind;
        if (passes_point(sim, process, kind))
            return;
        if (kind == COORDINATOR_ACTION_BARRIER && event.kind != COORDINATOR_EVENT_RESEND)
            node->barrier_us = sim->now_us;
        if (kind == COORDINATOR_ACTION_BARRIER)
            check_stamp(sim, node, &actions->items[i].barrier);
        node_act(sim, node, &actions->items[i]);
        if (!process->alive || passes_point(sim, process, SITE_AFTER + kind))
            return;
    }
}

/* Epochs, time, and what was not answered. */
static void node_tick(struct sim *sim, void *argument) {
    struct coordinator_node *node = argument;
    if (node->machine.state == COORDINATOR_ENDED)
        return;
    if (sim_fault(sim, FAULT_CLOCK_STEP, 0))
        sim->cluster->clock_step_us +=
            (int64_t)sim_fault_between(sim, FAULT_CLOCK_STEP, 0, 0, 7200000000u) - 3600000000;
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_TRIGGER};
    coordinator_node_step(node, &event);
    event.kind = COORDINATOR_EVENT_RESEND;
    if (node->resend_count++ % 2 == 1)
        coordinator_node_step(node, &event);
    event.kind = COORDINATOR_EVENT_EPOCH_TIMEOUT;
    bool slow = node->machine.state == COORDINATOR_COLLECTING && sim->now_us - node->barrier_us > EPOCH_TIMEOUT_US;
    if (slow || sim_fault(sim, FAULT_EPOCH_TIMEOUT, 0))
        coordinator_node_step(node, &event);
    if (node->process->alive)
        sim_after(sim, sim->tick_us + sim_between(sim, STREAM_SUPERVISOR, 0, 4000), node->process, node_tick, node);
}

static struct digest plan_digest(bool wrong) {
    return digest_of(wrong ? "another query" : "the query", 9);
}

static struct str head_name(struct sim *sim, uint32_t path) {
    char *name = arena_printf(&sim->arena, "HEAD-%u", path);
    return str_from(name);
}

static void start_coordinator(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    SIM_CHECK(sim, cluster->node_count < NODES_MAX, "too many coordinators were started");
    struct coordinator_node *node = ARENA_NEW(&sim->arena, struct coordinator_node);
    node->process = process_new(sim, "coordinator", true, node);
    node->path = cluster->path;
    node->wrong_plan = cluster->wrong_plan;
    node->head_name = head_name(sim, cluster->path);
    node->origin_name = cluster->origin;
    struct lane_identity *lanes = ARENA_ARRAY(&sim->arena, struct lane_identity, sim->lane_count);
    for (uint32_t i = 0; i < sim->lane_count; i++)
        lanes[i] = (struct lane_identity){.sink = 1, .lane = i, .writer_count = sim->writer_count / sim->lane_count};
    struct split_position *positions = ARENA_ARRAY(&sim->arena, struct split_position, sim->source_count);
    static const char zero[8];
    for (uint32_t i = 0; i < sim->source_count; i++)
        positions[i] = (struct split_position){.source_id = i, .split = STR("all"), .position = {zero, sizeof zero}};
    struct incarnation owner = new_incarnation(sim), job = new_incarnation(sim);
    struct coordinator_options options = {.start = cluster->start,
                                          .owner = owner,
                                          .job = job,
                                          .plan = plan_digest(cluster->wrong_plan),
                                          .task_count = sim->source_count + sim->writer_count,
                                          .source_count = sim->source_count,
                                          .lanes = lanes,
                                          .lane_count = sim->lane_count,
                                          .bound = sim->bound,
                                          .positions = positions,
                                          .position_count = sim->source_count,
                                          .time_us = cluster_wall_clock_us(sim),
                                          .monotonic_us = (int64_t)sim->now_us};
    coordinator_init(&node->machine, &options);
    cluster->nodes[cluster->node_count++] = node;
    cluster->current = node;
    cluster->start_at_us = 0;
    NOTE(sim, "coordinator %llu starts, kind %llu", node->process->number, cluster->start, 0);
    coordinator_node_step(node, &(struct coordinator_event){.kind = COORDINATOR_EVENT_START});
    sim_after(sim, sim->tick_us, node->process, node_tick, node);
}

void cluster_start(struct sim *sim) {
    for (uint32_t i = 0; i < sim->worker_count; i++)
        sim->cluster->workers[i] = worker_new(sim);
    start_coordinator(sim);
    sim_after(sim, SUPERVISOR_US, NULL, supervise, NULL);
}

static void start_later(struct sim *sim, uint64_t delay_us) {
    sim->cluster->start_at_us = sim->now_us + delay_us;
}

static void on_stopped(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    enum goal goal = cluster->goal;
    cluster->goal = GOAL_RUN;
    const struct head *head = oracle_head(sim);
    bool at_savepoint = cluster->savepoint_made.size > 0 && head != NULL &&
                        manifest_reference_equal(&head->manifest, &cluster->savepoint_manifest);
    if (goal == GOAL_FORK && at_savepoint) {
        /* Whoever forks sees to it that nobody runs the origin any more. */
        for (uint32_t i = 0; i < cluster->node_count; i++)
            cluster->nodes[i]->process->alive = false;
        cluster->path++;
        cluster->start = START_FORK;
        cluster->origin = cluster->savepoint_made;
        cluster->savepoint_made = (struct str){0};
    } else if (goal == GOAL_RESTORE && at_savepoint) {
        cluster->start = START_RESTORE;
        cluster->origin = cluster->savepoint_made;
    } else {
        cluster->start = START_RESUME;
    }
    start_later(sim, 3000);
}

/* A refusal that was not asked for: it may be the consequence of an earlier life of the same order. */
static bool is_explained(struct sim *sim, const struct coordinator_node *node, enum reason reason) {
    enum start_kind start = node->machine.options.start;
    if (start == START_FORK && reason == REASON_HEAD_EXISTS)
        return true;
    if (reason == REASON_PLAN_CHANGED)
        return node->wrong_plan; /* an earlier one of that mistake, which was noticed since */
    return start == START_RESTORE && reason == REASON_SAVEPOINT_BEHIND &&
           !manifest_reference_equal(&oracle_head(sim)->manifest, &node->machine.origin.manifest);
}

static void on_ended(struct sim *sim, struct coordinator_node *node, enum reason reason) {
    struct cluster *cluster = sim->cluster;
    NOTE(sim, "coordinator %llu ends, reason %llu", node->process->number, reason, 0);
    node->process->alive = false;
    if (reason == REASON_SUPERSEDED) {
        if (node == cluster->current && cluster->start_at_us == 0)
            start_later(sim, 2000);
        return;
    }
    if (cluster->expecting && cluster->refused_reasons[reason]) {
        cluster->expecting = false;
        sim->refused = reason;
        if (!cluster->going_on) {
            sim->done = true;
            return;
        }
        cluster->wrong_plan = false;
        cluster->start = START_RESUME;
        start_later(sim, 2000);
        return;
    }
    SIM_CHECK(sim, !cluster->expecting, "the job must refuse to run, but ends as %s", reason_name(reason));
    if (reason == REASON_FINISHED) {
        sim->done = true;
    } else if (reason == REASON_STOPPED) {
        on_stopped(sim);
    } else if (is_explained(sim, node, reason)) {
        if (node != cluster->current)
            return;
        cluster->start = START_RESUME;
        start_later(sim, 2000);
    } else {
        sim_fail(sim, "the job stops: %s (%s)", reason_text(reason), reason_name(reason));
    }
}

static void expect(struct sim *sim, bool going_on, const enum reason *reasons, uint32_t count) {
    struct cluster *cluster = sim->cluster;
    memset(cluster->refused_reasons, 0, sizeof cluster->refused_reasons);
    for (uint32_t i = 0; i < count; i++)
        cluster->refused_reasons[reasons[i]] = true;
    cluster->expecting = true;
    cluster->going_on = going_on;
    if (!going_on)
        oracle_expect_refusal(sim);
}
#define EXPECT(sim, going_on, ...) \
    expect((sim), (going_on), (const enum reason[]){__VA_ARGS__}, COUNT_OF(((const enum reason[]){__VA_ARGS__})))

static bool rolls_back(struct sim *sim) {
    for (uint32_t back = 1; back < 12; back++) {
        uint64_t epoch;
        struct str former = oracle_former_head(sim, back, &epoch);
        if (former.size == 0)
            return false;
        for (uint32_t lane = 0; lane < sim->lane_count; lane++)
            if (oracle_committed_epoch(sim, lane) > epoch) {
                store_overwrite(sim, head_name(sim, sim->cluster->path), former);
                EXPECT(sim, false, REASON_MARKER_AHEAD, REASON_MANIFEST_MISSING, REASON_OBJECT_MISSING);
                return true;
            }
    }
    return false;
}

static bool remembers_marker(struct sim *sim) {
    const struct manifest *manifest = oracle_manifest(sim);
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        if (manifest->lanes[i].marker.known)
            return true;
    return false;
}

static bool adds_foreign_marker(struct sim *sim) {
    const struct head *head = oracle_head(sim);
    if (head->epoch == 0)
        return false;
    struct incarnation other = new_incarnation(sim);
    struct marker marker = {.job = other,
                            .sink = 1,
                            .epoch = head->epoch,
                            .chunk = 1,
                            .chunk_count = 1,
                            .generation = 1,
                            .engine_version = "foreign"};
    struct log_epoch log = log_epoch_empty(head->epoch);
    marker.rows = log.chunks[0].rows;
    marker.log = log.digest;
    uint8_t bytes[MARKER_SIZE];
    marker_encode(&marker, bytes);
    kafka_append_committed(sim, &head->job, 0, (struct str){(char *)bytes, sizeof bytes});
    EXPECT(sim, false, REASON_OTHER_JOB);
    return true;
}

static bool adds_other_history(struct sim *sim) {
    const struct head *head = oracle_head(sim);
    for (uint32_t lane = 0; lane < sim->lane_count; lane++) {
        const struct expected_chunk *next = oracle_next_chunk(sim, lane);
        if (next == NULL)
            continue;
        struct marker marker = {.job = head->job,
                                .sink = 1,
                                .lane = lane,
                                .epoch = next->epoch,
                                .chunk = next->chunk,
                                .chunk_count = next->chunk_count,
                                .generation = head->generation,
                                .row_count = next->row_count,
                                .rows = next->log,
                                .log = next->digest,
                                .engine_version = "other history"};
        uint8_t bytes[MARKER_SIZE];
        marker_encode(&marker, bytes);
        kafka_append_committed(sim, &head->job, lane, (struct str){(char *)bytes, sizeof bytes});
        EXPECT(sim, false, REASON_DIGEST_DIFFERS);
        return true;
    }
    return false;
}

static bool rots(struct sim *sim) {
    const struct manifest *manifest = oracle_manifest(sim);
    const struct object_id *id = &manifest->id;
    uint64_t chance = sim_random(sim, STREAM_SUPERVISOR);
    if (manifest->object_count > 0 && chance % 2 == 0)
        id = &manifest->objects[(chance >> 8) % manifest->object_count].id;
    for (uint32_t i = 0; i < manifest->lane_count && chance % 3 == 0; i++)
        if (manifest->lanes[i].pending_count > 0 && manifest->lanes[i].pending[0].segment_count > 0)
            id = &manifest->lanes[i].pending[0].segments[0].id;
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    const struct stored *stored = store_find(sim, str_from(name));
    char *bytes = sim_copy(sim, stored->bytes.data, stored->bytes.size);
    bytes[(chance >> 16) % stored->bytes.size] ^= (char)(1 << (chance >> 40) % 8);
    store_overwrite(sim, str_from(name), (struct str){bytes, stored->bytes.size});
    EXPECT(sim, false, REASON_OBJECT_CORRUPT, REASON_MANIFEST_CORRUPT);
    return true;
}

static bool restores_old_savepoint(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    const struct head *head = oracle_head(sim);
    if (cluster->savepoint_made.size == 0 || manifest_reference_equal(&head->manifest, &cluster->savepoint_manifest))
        return false;
    cluster->start = START_RESTORE;
    cluster->origin = cluster->savepoint_made;
    EXPECT(sim, true, REASON_SAVEPOINT_BEHIND);
    return true;
}

/* While nothing of the job runs and nothing that it sent is on its way. */
static void make_mistake(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    const struct head *head = oracle_head(sim);
    if (head == NULL || cluster->expecting || cluster->start == START_FORK || cluster->start == START_RESTORE)
        return;
    switch (cluster->mistake) {
    case FAULT_MISTAKE_PLAN:
        cluster->wrong_plan = true;
        EXPECT(sim, true, REASON_PLAN_CHANGED);
        break;
    case FAULT_MISTAKE_OLD_SAVEPOINT: restores_old_savepoint(sim); break;
    case FAULT_MISTAKE_ROLLBACK: rolls_back(sim); break;
    case FAULT_MISTAKE_FOREIGN_MARKER: adds_foreign_marker(sim); break;
    case FAULT_MISTAKE_TOPIC_EMPTIED:
        if (!remembers_marker(sim))
            break;
        kafka_empty_progress(sim, &head->job);
        EXPECT(sim, false, REASON_MARKER_ABSENT);
        break;
    case FAULT_MISTAKE_TOPIC_RECREATED:
        if (!remembers_marker(sim))
            break;
        kafka_create_progress(sim, &head->job);
        EXPECT(sim, false, REASON_PROGRESS_TOPIC_CHANGED);
        break;
    case FAULT_MISTAKE_OTHER_HISTORY: adds_other_history(sim); break;
    case FAULT_MISTAKE_BIT_ROT: rots(sim); break;
    default: UNREACHABLE();
    }
}

static void kill_all(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    for (uint32_t i = 0; i < cluster->node_count; i++)
        cluster->nodes[i]->process->alive = false;
    for (uint32_t i = 0; i < sim->worker_count; i++)
        cluster->workers[i]->alive = false;
    cluster->goal = GOAL_RUN;
    start_later(sim, 3000);
    for (int kind = FAULT_MISTAKE_PLAN; kind < FAULT_COUNT; kind++)
        if (sim_fault(sim, kind, 0)) {
            cluster->mistake = kind;
            cluster->mistake_at_us = sim->now_us + QUIET_US;
            start_later(sim, QUIET_US + 1000);
        }
}

static void give_orders(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    struct coordinator_node *node = cluster->current;
    if (!node->process->alive || node->machine.state < COORDINATOR_RUNNING || cluster->goal != GOAL_RUN ||
        node->process->paused_until_us > sim->now_us)
        return;
    enum goal goal = GOAL_RUN;
    bool savepoint = sim_fault(sim, FAULT_ORDER_SAVEPOINT, 0);
    if (sim_fault(sim, FAULT_ORDER_STOP, 0))
        goal = GOAL_STOP;
    else if (sim_fault(sim, FAULT_ORDER_FORK, 0))
        goal = GOAL_FORK;
    else if (sim_fault(sim, FAULT_ORDER_RESTORE, 0))
        goal = GOAL_RESTORE;
    savepoint |= goal == GOAL_FORK || goal == GOAL_RESTORE;
    cluster->goal = goal;
    if (savepoint && node->savepoint_name.size == 0) {
        node->savepoint_name = str_from(arena_printf(&sim->arena, "savepoints/%u", ++cluster->savepoints));
        coordinator_node_step(node, &(struct coordinator_event){.kind = COORDINATOR_EVENT_SAVEPOINT});
    }
    if (goal != GOAL_RUN)
        coordinator_node_step(node, &(struct coordinator_event){.kind = COORDINATOR_EVENT_STOP});
}

static bool is_away(const struct sim *sim, const struct process *process) {
    return !process->alive || process->paused_until_us > sim->now_us + LEASE_US;
}

/* Workers that died, or that are silent for too long: others take their place, and who counted on them is told. */
static void watch_workers(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    for (uint32_t i = 0; i < sim->worker_count; i++)
        if (is_away(sim, cluster->workers[i]))
            cluster->workers[i] = worker_new(sim);
    for (uint32_t i = 0; i < cluster->node_count; i++) {
        struct coordinator_node *node = cluster->nodes[i];
        bool stale = false;
        for (uint32_t j = 0; j < node->worker_count; j++)
            stale |= node->workers[j] != cluster->workers[j];
        if (!node->process->alive || !stale || node->process->paused_until_us > sim->now_us)
            continue;
        struct coordinator_event event = {.kind = COORDINATOR_EVENT_TASK_STATUS};
        event.task_status = (struct task_status){.kind = TASK_FAILED, .job = node->job, .generation = node->generation};
        coordinator_node_step(node, &event);
    }
}

static void watch_coordinator(struct sim *sim) {
    struct cluster *cluster = sim->cluster;
    if (cluster->mistake_at_us > 0 && sim->now_us >= cluster->mistake_at_us) {
        cluster->mistake_at_us = 0;
        make_mistake(sim);
    }
    if (cluster->start_at_us == 0 && is_away(sim, cluster->current->process)) {
        cluster->goal = GOAL_RUN;
        start_later(sim, 2000);
    }
    if (cluster->start_at_us == 0 && sim_fault(sim, FAULT_SECOND_COORDINATOR, 0))
        start_later(sim, 1000);
    if (cluster->start_at_us > 0 && sim->now_us >= cluster->start_at_us)
        start_coordinator(sim);
}

static void supervise(struct sim *sim, void *argument) {
    (void)argument;
    if (sim->cluster->mistake_at_us == 0 && sim_fault(sim, FAULT_KILL_ALL, 0))
        kill_all(sim);
    if (sim->cluster->mistake_at_us == 0) {
        watch_workers(sim);
        if (!sim->done)
            give_orders(sim);
    }
    if (!sim->done)
        watch_coordinator(sim);
    sim_after(sim, SUPERVISOR_US, NULL, supervise, NULL);
}
