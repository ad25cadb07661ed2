/* protocol_coordinator_test.c: taking over, deciding, publishing, ending, and every refusal by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "runtime/protocol/coordinator.h"
#include "tests/unit/runtime/protocol_sample.h"

/* Two sources (tasks 0, 1), one task with two lanes (task 2). HEAD's version is a counter. */
struct fixture {
    struct arena arena;
    struct coordinator coordinator;
    struct coordinator_actions actions;
    struct head head; /* in the store */
    bool head_exists;
    uint8_t version;
    struct str manifest; /* newest one written */
    struct barrier barrier;
};

static const struct lane_identity lanes[] = {{1, 0, 1}, {1, 1, 1}};

static struct coordinator_options options_of(enum start_kind start) {
    return (struct coordinator_options){.start = start,
                                        .owner = sample_incarnation(9),
                                        .job = sample_incarnation(7),
                                        .plan = digest_of("plan", 4),
                                        .task_count = 3,
                                        .source_count = 2,
                                        .lanes = lanes,
                                        .lane_count = 2,
                                        .bound = 2};
}

static void step(struct fixture *fixture, const struct coordinator_event *event) {
    coordinator_step(&fixture->coordinator, event, &fixture->actions);
}

static const struct coordinator_action *find_action(const struct fixture *fixture, enum coordinator_action_kind kind) {
    for (uint32_t i = 0; i < fixture->actions.count; i++)
        if (fixture->actions.items[i].kind == kind)
            return &fixture->actions.items[i];
    return NULL;
}

static const struct coordinator_action *expect_action(const struct fixture *fixture,
                                                      enum coordinator_action_kind kind) {
    const struct coordinator_action *action = find_action(fixture, kind);
    assert_non_null(action);
    return action;
}

static void expect_end(const struct fixture *fixture, enum reason reason) {
    assert_int_equal(expect_action(fixture, COORDINATOR_ACTION_ENDED)->reason, reason);
    assert_int_equal(fixture->coordinator.state, COORDINATOR_ENDED);
}

static void answer(struct fixture *fixture, enum coordinator_event_kind kind, enum answer answer) {
    struct coordinator_event event = {.kind = kind, .answer = answer, .request = fixture->coordinator.request};
    event.version.size = 1;
    event.version.bytes[0] = fixture->version;
    event.head = fixture->head;
    event.bytes = fixture->manifest;
    step(fixture, &event);
}

static void answer_head(struct fixture *fixture) {
    expect_action(fixture, COORDINATOR_ACTION_READ_HEAD);
    answer(fixture, COORDINATOR_EVENT_HEAD, fixture->head_exists ? ANSWER_OK : ANSWER_MISSING);
}

/* What a store does with a swap. */
static void perform_swap(struct fixture *fixture) {
    const struct coordinator_action *action = expect_action(fixture, COORDINATOR_ACTION_SWAP_HEAD);
    if (fixture->head_exists)
        assert_true(action->expected.size == 1 && action->expected.bytes[0] == fixture->version);
    else
        assert_int_equal(action->expected.size, 0);
    fixture->head = action->head;
    fixture->head_exists = true;
    fixture->version++;
}

static void write_manifest(struct fixture *fixture) {
    const struct coordinator_action *action = expect_action(fixture, COORDINATOR_ACTION_WRITE);
    fixture->manifest.data = arena_copy(&fixture->arena, action->bytes.data, action->bytes.size);
    fixture->manifest.size = action->bytes.size;
    answer(fixture, COORDINATOR_EVENT_WRITTEN, ANSWER_OK);
}

static void begin(struct fixture *fixture, const struct coordinator_options *options) {
    coordinator_init(&fixture->coordinator, options);
    step(fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_START});
}

static void setup(struct fixture *fixture) {
    memset(fixture, 0, sizeof *fixture);
    arena_init(&fixture->arena);
}

static void teardown(struct fixture *fixture) {
    coordinator_release(&fixture->coordinator);
    arena_release(&fixture->arena);
}

static void tell_task(struct fixture *fixture, enum task_status_kind kind, uint32_t task) {
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_TASK_STATUS};
    event.task_status = (struct task_status){.kind = kind,
                                             .job = fixture->head.job,
                                             .generation = fixture->head.generation,
                                             .task = task,
                                             .epoch = fixture->barrier.epoch,
                                             .attempt = fixture->barrier.attempt};
    step(fixture, &event);
}

/* Everything of the epochs up to this one is published on the lane. */
static void tell_lane(struct fixture *fixture, uint32_t lane, uint64_t epoch) {
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_LANE_REPORT};
    event.lane_report = (struct lane_report){
        .job = fixture->head.job, .generation = fixture->head.generation, .lane_index = lane, .published_epoch = epoch};
    if (epoch > 0)
        event.lane_report.position =
            (struct marker_position){.known = true, .epoch = epoch, .chunk = 1, .chunk_count = 1, .offset = 10 * epoch};
    step(fixture, &event);
}

static void trigger(struct fixture *fixture, int64_t time_us) {
    step(fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_TRIGGER, .time_us = time_us});
}

static void take_barrier(struct fixture *fixture) {
    fixture->barrier = expect_action(fixture, COORDINATOR_ACTION_BARRIER)->barrier;
}

static struct task_ack ack_of(const struct fixture *fixture, uint32_t task) {
    return (struct task_ack){.job = fixture->head.job,
                             .generation = fixture->barrier.generation,
                             .epoch = fixture->barrier.epoch,
                             .attempt = fixture->barrier.attempt,
                             .task = task};
}

static struct object_id new_id(const struct fixture *fixture, uint32_t number) {
    return (struct object_id){.job = fixture->head.job,
                              .generation = fixture->barrier.generation,
                              .epoch = fixture->barrier.epoch,
                              .attempt = fixture->barrier.attempt,
                              .kind = OBJECT_STATE,
                              .task = 2,
                              .number = number};
}

static void tell_ack(struct fixture *fixture, const struct task_ack *ack) {
    step(fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_TASK_ACK, .task_ack = ack});
}

/* The acknowledgement of the task with the lanes; its state is `object`. */
static void tell_last_ack(struct fixture *fixture, const struct object *object) {
    struct ack_lane acked[] = {{.lane_index = 0, .log = log_epoch_empty(fixture->barrier.epoch)},
                               {.lane_index = 1, .log = log_epoch_empty(fixture->barrier.epoch)}};
    struct task_ack ack = ack_of(fixture, 2);
    ack.objects = object;
    ack.object_count = 1;
    ack.lanes = acked;
    ack.lane_count = 2;
    tell_ack(fixture, &ack);
}

static void tell_all_acks(struct fixture *fixture) {
    struct object object = {.id = new_id(fixture, 0), .size_bytes = 5};
    for (uint32_t task = 0; task < 2; task++) {
        struct task_ack ack = ack_of(fixture, task);
        tell_ack(fixture, &ack);
    }
    tell_last_ack(fixture, &object);
}

/* From an empty store to RUNNING in generation 1, epoch 0. */
static void run_empty_with(struct fixture *fixture, const struct coordinator_options *options) {
    begin(fixture, options);
    answer_head(fixture);
    write_manifest(fixture);
    perform_swap(fixture);
    answer(fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
    answer(fixture, COORDINATOR_EVENT_VERIFIED, ANSWER_OK);
    assert_int_equal(expect_action(fixture, COORDINATOR_ACTION_DEPLOY)->generation, 1);
    for (uint32_t task = 0; task < 3; task++)
        tell_task(fixture, TASK_RUNNING, task);
    tell_lane(fixture, 0, 0);
    assert_int_equal(fixture->coordinator.state, COORDINATOR_DEPLOYING);
    tell_lane(fixture, 1, 0);
    assert_int_equal(fixture->coordinator.state, COORDINATOR_RUNNING);
}

static void run_empty(struct fixture *fixture) {
    struct coordinator_options options = options_of(START_EMPTY);
    run_empty_with(fixture, &options);
}

static void decide_epoch(struct fixture *fixture) {
    take_barrier(fixture);
    tell_all_acks(fixture);
    write_manifest(fixture);
    perform_swap(fixture);
    answer(fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
}

static void an_epoch_is_decided_by_the_swap_alone(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    assert_int_equal(fixture.head.epoch, 0);
    trigger(&fixture, 1000);
    take_barrier(&fixture);
    assert_int_equal(fixture.barrier.epoch, 1);
    assert_int_equal(fixture.barrier.time_us, 1000);
    tell_all_acks(&fixture);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_COMMIT));
    write_manifest(&fixture);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_COMMIT));
    perform_swap(&fixture);
    answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_COMMIT)->manifest->id.epoch, 1);
    assert_int_equal(fixture.head.epoch, 1);
    tell_lane(&fixture, 0, 1);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_PUBLISHED));
    tell_lane(&fixture, 1, 1);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_PUBLISHED)->epoch, 1);
    trigger(&fixture, 500); /* the clock went back; processing time does not */
    take_barrier(&fixture);
    assert_int_equal(fixture.barrier.time_us, 1000);
    teardown(&fixture);
}

static void expect_stamp(struct fixture *fixture, int64_t wall_us, int64_t monotonic_us, int64_t wanted_us) {
    step(fixture, &(struct coordinator_event){
                      .kind = COORDINATOR_EVENT_TRIGGER, .time_us = wall_us, .monotonic_us = monotonic_us});
    take_barrier(fixture);
    assert_int_equal(fixture->barrier.time_us, wanted_us);
    assert_int_equal(fixture->barrier.monotonic_us, monotonic_us);
}

static void decide_stamped(struct fixture *fixture, int64_t wanted_us) {
    tell_all_acks(fixture);
    write_manifest(fixture);
    assert_int_equal(fixture->coordinator.building.time_us, wanted_us);
    perform_swap(fixture);
    answer(fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
    for (uint32_t lane = 0; lane < 2; lane++)
        tell_lane(fixture, lane, fixture->head.epoch);
}

/* Any event tells what time it is; a wall clock that was set back does not hold stamps up. */
static void stamps_go_on_while_the_clock_is_back(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    expect_stamp(&fixture, 100000, 10, 100000);
    decide_stamped(&fixture, 100000);
    expect_stamp(&fixture, 40000, 25, 100015);
    step(&fixture,
         &(struct coordinator_event){.kind = COORDINATOR_EVENT_EPOCH_TIMEOUT, .time_us = 40010, .monotonic_us = 35});
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY, .time_us = 40020, .monotonic_us = 45});
    take_barrier(&fixture);
    assert_int_equal(fixture.barrier.time_us, 100035); /* the next attempt has its own */
    decide_stamped(&fixture, 100035);
    expect_stamp(&fixture, 100036, 46, 100036);
    decide_stamped(&fixture, 100036);
    expect_stamp(&fixture, 200000, 50, 200000);
    teardown(&fixture);
}

/* A task may be ahead of the stamp, which came late or from another machine: what is restored is not before its time. */
static void an_epoch_has_the_time_of_its_latest_task(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    expect_stamp(&fixture, 1000, 10, 1000);
    struct task_ack ahead = ack_of(&fixture, 1);
    ahead.time_us = 1700;
    tell_ack(&fixture, &ahead);
    decide_stamped(&fixture, 1700);
    expect_stamp(&fixture, 1020, 30, 1720);
    coordinator_release(&fixture.coordinator);
    struct coordinator_options options = options_of(START_RESUME);
    options.owner = sample_incarnation(4);
    options.time_us = 300;
    options.monotonic_us = 5; /* another machine's */
    begin(&fixture, &options);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    perform_swap(&fixture);
    answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
    answer(&fixture, COORDINATOR_EVENT_VERIFIED, ANSWER_OK);
    for (uint32_t task = 0; task < 3; task++)
        tell_task(&fixture, TASK_RUNNING, task);
    for (uint32_t lane = 0; lane < 2; lane++)
        tell_lane(&fixture, lane, 1);
    expect_stamp(&fixture, 310, 15, 1710);
    teardown(&fixture);
}

static void a_swap_in_doubt_is_looked_up(void **state) {
    (void)state;
    for (int done = 0; done < 2; done++) {
        struct fixture fixture;
        setup(&fixture);
        run_empty(&fixture);
        trigger(&fixture, 1);
        take_barrier(&fixture);
        tell_all_acks(&fixture);
        write_manifest(&fixture);
        if (done)
            perform_swap(&fixture);
        answer(&fixture, COORDINATOR_EVENT_SWAPPED, done ? ANSWER_CONFLICT : ANSWER_UNKNOWN);
        expect_action(&fixture, COORDINATOR_ACTION_READ_HEAD);
        answer(&fixture, COORDINATOR_EVENT_HEAD, ANSWER_UNKNOWN);
        step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_EPOCH_TIMEOUT}); /* too late for that */
        assert_int_equal(fixture.coordinator.state, COORDINATOR_CHECKING_DECIDED);
        step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
        answer_head(&fixture);
        if (!done) { /* the same swap again */
            perform_swap(&fixture);
            answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
        }
        expect_action(&fixture, COORDINATOR_ACTION_COMMIT);
        assert_int_equal(fixture.coordinator.head.epoch, 1);
        teardown(&fixture);
    }
}

static void who_lost_head_leaves(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    trigger(&fixture, 1);
    take_barrier(&fixture);
    tell_all_acks(&fixture);
    write_manifest(&fixture);
    fixture.head.generation = 2;
    fixture.head.owner = sample_incarnation(1);
    answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_CONFLICT);
    answer_head(&fixture);
    expect_end(&fixture, REASON_SUPERSEDED);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_COMMIT));
    teardown(&fixture);
}

static void the_bound_stops_barriers(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    for (int epoch = 1; epoch <= 2; epoch++) {
        trigger(&fixture, epoch);
        decide_epoch(&fixture);
    }
    trigger(&fixture, 3);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_BARRIER));
    assert_int_equal(fixture.coordinator.manifest.lanes[0].pending_count, 2);
    tell_lane(&fixture, 0, 2);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_BARRIER));
    tell_lane(&fixture, 1, 1);
    decide_epoch(&fixture); /* as soon as it may */
    assert_int_equal(fixture.coordinator.manifest.lanes[0].pending_count, 1);
    assert_int_equal(fixture.coordinator.manifest.lanes[1].pending_count, 2);
    teardown(&fixture);
}

static void only_acks_of_this_attempt_count(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    trigger(&fixture, 1);
    take_barrier(&fixture);
    struct task_ack old = ack_of(&fixture, 0);
    tell_task(&fixture, TASK_DECLINED, 1);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_ABORT)->barrier.attempt, 1);
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
    take_barrier(&fixture);
    assert_int_equal(fixture.barrier.epoch, 1);
    assert_int_equal(fixture.barrier.attempt, 2);
    tell_ack(&fixture, &old);
    assert_int_equal(fixture.coordinator.ack_count, 0);
    struct task_ack ack = ack_of(&fixture, 0);
    ack.generation = 7;
    tell_ack(&fixture, &ack);
    ack = ack_of(&fixture, 0);
    ack.job = sample_incarnation(3);
    tell_ack(&fixture, &ack);
    ack = ack_of(&fixture, 99);
    tell_ack(&fixture, &ack);
    assert_int_equal(fixture.coordinator.ack_count, 0);
    ack = ack_of(&fixture, 0);
    tell_ack(&fixture, &ack);
    tell_ack(&fixture, &ack); /* the same again */
    assert_int_equal(fixture.coordinator.ack_count, 1);
    teardown(&fixture);
}

/* Lane 1 is logged by all three tasks, lane 0 by the last one. */
static const struct lane_identity shared_lanes[] = {{1, 0, 1}, {1, 1, 3}};

static struct log_epoch log_of(struct fixture *fixture, uint32_t task, uint32_t chunk_count) {
    struct log_epoch log =
        sample_log(&fixture->arena, fixture->barrier.generation, fixture->barrier.epoch, chunk_count);
    if (chunk_count > 0) {
        struct object_id *id = &((struct object *)log.segments)->id;
        *id = new_id(fixture, 9);
        id->kind = OBJECT_LOG;
        id->task = task;
    }
    return log;
}

static void tell_logs(struct fixture *fixture, uint32_t task, const struct ack_lane *acked, uint32_t count) {
    struct task_ack ack = ack_of(fixture, task);
    ack.lanes = acked;
    ack.lane_count = count;
    tell_ack(fixture, &ack);
}

static void run_shared(struct fixture *fixture) {
    struct coordinator_options options = options_of(START_EMPTY);
    options.lanes = shared_lanes;
    setup(fixture);
    run_empty_with(fixture, &options);
    trigger(fixture, 1);
    take_barrier(fixture);
}

static void a_lane_has_the_rows_of_all_its_tasks(void **state) {
    (void)state;
    struct fixture fixture;
    run_shared(&fixture);
    tell_logs(&fixture, 2,
              (const struct ack_lane[]){{.lane_index = 1, .log = log_of(&fixture, 2, 1)},
                                        {.lane_index = 0, .log = log_of(&fixture, 2, 2)}},
              2); /* whoever is first: tasks are joined in their order */
    tell_logs(&fixture, 0, &(struct ack_lane){.lane_index = 1, .log = log_of(&fixture, 0, 2)}, 1);
    tell_logs(&fixture, 1, &(struct ack_lane){.lane_index = 1, .log = log_of(&fixture, 1, 0)}, 1);
    write_manifest(&fixture);
    struct manifest manifest;
    assert_int_equal(manifest_decode(fixture.manifest.data, fixture.manifest.size, &fixture.arena, &manifest, NULL),
                     STATUS_OK);
    assert_int_equal(manifest.lanes[0].pending[0].chunk_count, 2);
    const struct log_epoch *log = &manifest.lanes[1].pending[0];
    assert_int_equal(log->segment_count, 2);
    assert_int_equal(log->segments[0].id.task, 0);
    assert_int_equal(log->segments[1].id.task, 2);
    assert_int_equal(log->chunk_count, 3);
    teardown(&fixture);
}

static void a_lane_without_one_of_its_tasks_is_no_epoch(void **state) {
    (void)state;
    struct ack_lane lane = {.lane_index = 1};
    for (uint32_t more = 0; more < 3; more += 2) { /* the second task's logs: one belongs there */
        struct fixture fixture;
        run_shared(&fixture);
        lane.log = log_of(&fixture, 0, 0);
        struct ack_lane twice[] = {lane, lane};
        struct ack_lane last[] = {{.lane_index = 0, .log = lane.log}, lane};
        tell_logs(&fixture, 0, &lane, 1);
        tell_logs(&fixture, 1, twice, more);
        tell_logs(&fixture, 2, last, 2);
        expect_action(&fixture, COORDINATOR_ACTION_ABORT);
        teardown(&fixture);
    }
}

static void state_of_an_undecided_epoch_is_not_reused(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    trigger(&fixture, 1);
    take_barrier(&fixture);
    struct object aborted = {.id = new_id(&fixture, 0), .size_bytes = 5};
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_EPOCH_TIMEOUT});
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
    take_barrier(&fixture);
    tell_last_ack(&fixture, &aborted);
    expect_action(&fixture, COORDINATOR_ACTION_ABORT);
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
    decide_epoch(&fixture);
    struct object decided = {.id = new_id(&fixture, 0), .size_bytes = 5};
    trigger(&fixture, 2);
    take_barrier(&fixture);
    tell_last_ack(&fixture, &decided);
    assert_int_equal(fixture.coordinator.ack_count, 1); /* of the epoch before: fine */
    teardown(&fixture);
}

static void a_failure_starts_the_next_generation(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    trigger(&fixture, 1);
    decide_epoch(&fixture);
    tell_task(&fixture, TASK_FAILED, 1);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_CANCEL)->generation, 1);
    answer_head(&fixture);
    perform_swap(&fixture);
    answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_UNKNOWN);
    answer_head(&fixture);
    expect_action(&fixture, COORDINATOR_ACTION_VERIFY);
    answer(&fixture, COORDINATOR_EVENT_VERIFIED, ANSWER_OK);
    const struct coordinator_action *action = expect_action(&fixture, COORDINATOR_ACTION_DEPLOY);
    assert_int_equal(action->generation, 2);
    assert_int_equal(action->manifest->id.epoch, 1);
    /* Nothing is ordered before the last lane has read its markers. */
    tell_lane(&fixture, 1, 1);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_COMMIT));
    tell_lane(&fixture, 0, 0);
    expect_action(&fixture, COORDINATOR_ACTION_COMMIT);
    teardown(&fixture);
}

static void the_last_epoch_is_published_before_the_end(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    tell_task(&fixture, TASK_AT_END, 0);
    assert_null(find_action(&fixture, COORDINATOR_ACTION_BARRIER));
    tell_task(&fixture, TASK_AT_END, 1);
    take_barrier(&fixture);
    assert_true(fixture.barrier.final);
    tell_all_acks(&fixture);
    write_manifest(&fixture);
    perform_swap(&fixture);
    answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
    assert_int_equal(fixture.coordinator.state, COORDINATOR_DRAINING);
    tell_lane(&fixture, 0, 1);
    assert_int_equal(fixture.coordinator.state, COORDINATOR_DRAINING);
    tell_lane(&fixture, 1, 1);
    expect_end(&fixture, REASON_FINISHED);
    coordinator_release(&fixture.coordinator);
    /* Started again, it publishes what is left, and nothing else. */
    struct coordinator_options options = options_of(START_RESUME);
    options.owner = sample_incarnation(4);
    begin(&fixture, &options);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    perform_swap(&fixture);
    answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
    answer(&fixture, COORDINATOR_EVENT_VERIFIED, ANSWER_OK);
    assert_true(expect_action(&fixture, COORDINATOR_ACTION_DEPLOY)->lanes_only);
    tell_lane(&fixture, 0, 1);
    tell_lane(&fixture, 1, 1);
    expect_end(&fixture, REASON_FINISHED);
    teardown(&fixture);
}

static void stop_with_savepoint(void **state) {
    (void)state;
    for (int superseded = 0; superseded < 2; superseded++) {
        struct fixture fixture;
        setup(&fixture);
        run_empty(&fixture);
        step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_SAVEPOINT});
        take_barrier(&fixture);
        assert_true(fixture.barrier.savepoint);
        step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_STOP});
        tell_all_acks(&fixture);
        write_manifest(&fixture);
        perform_swap(&fixture);
        answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
        tell_lane(&fixture, 0, 1);
        assert_null(find_action(&fixture, COORDINATOR_ACTION_PIN));
        tell_lane(&fixture, 1, 1);
        assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_PIN)->savepoint.manifest.id.epoch, 1);
        tell_task(&fixture, TASK_FAILED, 0); /* of no consequence any more */
        answer(&fixture, COORDINATOR_EVENT_PINNED, ANSWER_UNKNOWN);
        step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_RETRY});
        answer(&fixture, COORDINATOR_EVENT_PINNED, ANSWER_OK);
        /* It counts only if nobody took over before it was written. */
        assert_null(find_action(&fixture, COORDINATOR_ACTION_SAVEPOINT_DONE));
        if (superseded) {
            fixture.head.generation = 2;
            fixture.head.owner = sample_incarnation(1);
        }
        answer_head(&fixture);
        assert_int_equal(find_action(&fixture, COORDINATOR_ACTION_SAVEPOINT_DONE) != NULL, !superseded);
        expect_end(&fixture, superseded ? REASON_SUPERSEDED : REASON_STOPPED);
        teardown(&fixture);
    }
}

/* What the sources read between the barrier of an epoch and the stop is part of one more. */
static void a_stop_during_an_epoch_takes_another(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    trigger(&fixture, 1);
    take_barrier(&fixture);
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_STOP});
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        assert_int_equal(fixture.barrier.epoch, epoch);
        tell_all_acks(&fixture);
        write_manifest(&fixture);
        perform_swap(&fixture);
        answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
        if (epoch == 1)
            take_barrier(&fixture);
    }
    tell_lane(&fixture, 0, 2);
    tell_lane(&fixture, 1, 2);
    expect_end(&fixture, REASON_STOPPED);
    teardown(&fixture);
}

static void a_savepoint_holds_its_own_state(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    trigger(&fixture, 1);
    decide_epoch(&fixture);
    struct object decided = {.id = new_id(&fixture, 0), .size_bytes = 5};
    step(&fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_SAVEPOINT});
    take_barrier(&fixture);
    tell_last_ack(&fixture, &decided);
    expect_action(&fixture, COORDINATOR_ACTION_ABORT);
    teardown(&fixture);
}

/* A store with epoch 5 of sample_manifest(), whose lanes are the fixture's. */
static void prepare_sample(struct fixture *fixture) {
    setup(fixture);
    struct manifest manifest = sample_manifest(&fixture->arena);
    fixture->manifest = manifest_encode(&manifest, &fixture->arena);
    fixture->head = sample_head();
    fixture->head.manifest.digest = digest_of(fixture->manifest.data, fixture->manifest.size);
    fixture->head_exists = true;
}

static void refusals_before_head_is_touched(void **state) {
    (void)state;
    struct fixture fixture;
    struct coordinator_options options = options_of(START_RESUME);

    setup(&fixture);
    begin(&fixture, &options);
    answer_head(&fixture);
    expect_end(&fixture, REASON_HEAD_MISSING);
    teardown(&fixture);

    prepare_sample(&fixture);
    begin(&fixture, &options);
    answer(&fixture, COORDINATOR_EVENT_HEAD, ANSWER_CORRUPT);
    expect_end(&fixture, REASON_HEAD_CORRUPT);
    teardown(&fixture);

    prepare_sample(&fixture);
    options.start = START_EMPTY;
    begin(&fixture, &options);
    answer_head(&fixture);
    expect_end(&fixture, REASON_HEAD_EXISTS);
    teardown(&fixture);

    prepare_sample(&fixture);
    options.start = START_RESUME;
    options.plan.bytes[0] ^= 1;
    begin(&fixture, &options);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    expect_end(&fixture, REASON_PLAN_CHANGED);
    teardown(&fixture);

    prepare_sample(&fixture);
    options.accept_plan_change = true;
    begin(&fixture, &options);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    expect_action(&fixture, COORDINATOR_ACTION_SWAP_HEAD);
    teardown(&fixture);

    prepare_sample(&fixture);
    options.lane_count = 1;
    begin(&fixture, &options);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    expect_end(&fixture, REASON_LANES_CHANGED);
    teardown(&fixture);

    prepare_sample(&fixture);
    options = options_of(START_RESUME);
    begin(&fixture, &options);
    answer_head(&fixture);
    ((char *)fixture.manifest.data)[100] ^= 4;
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    expect_end(&fixture, REASON_MANIFEST_CORRUPT);
    teardown(&fixture);
}

static void a_missing_manifest_is_looked_for_twice(void **state) {
    (void)state;
    struct fixture fixture;
    prepare_sample(&fixture);
    struct coordinator_options options = options_of(START_RESUME);
    begin(&fixture, &options);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_MISSING);
    answer_head(&fixture); /* HEAD has not moved on */
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_MISSING);
    expect_end(&fixture, REASON_MANIFEST_MISSING);
    teardown(&fixture);
}

static void damaged_objects_are_confirmed(void **state) {
    (void)state;
    for (int superseded = 0; superseded < 2; superseded++) {
        struct fixture fixture;
        prepare_sample(&fixture);
        struct coordinator_options options = options_of(START_RESUME);
        begin(&fixture, &options);
        answer_head(&fixture);
        answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
        perform_swap(&fixture);
        answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_OK);
        answer(&fixture, COORDINATOR_EVENT_VERIFIED, superseded ? ANSWER_MISSING : ANSWER_CORRUPT);
        if (superseded)
            fixture.head.generation++;
        answer_head(&fixture);
        expect_end(&fixture, superseded ? REASON_SUPERSEDED : REASON_OBJECT_CORRUPT);
        teardown(&fixture);
    }
}

static void read_savepoint(struct fixture *fixture, const struct savepoint *savepoint) {
    expect_action(fixture, COORDINATOR_ACTION_READ_SAVEPOINT);
    step(fixture, &(struct coordinator_event){.kind = COORDINATOR_EVENT_SAVEPOINT_READ,
                                              .answer = ANSWER_OK,
                                              .request = fixture->coordinator.request,
                                              .savepoint = *savepoint});
}

static void restoring_refuses_what_is_not_safe(void **state) {
    (void)state;
    struct fixture fixture;
    struct coordinator_options options = options_of(START_RESTORE);

    prepare_sample(&fixture);
    begin(&fixture, &options);
    answer(&fixture, COORDINATOR_EVENT_SAVEPOINT_READ, ANSWER_MISSING);
    expect_end(&fixture, REASON_SAVEPOINT_MISSING);
    teardown(&fixture);

    prepare_sample(&fixture);
    struct savepoint savepoint = {.generation = 2, .manifest = fixture.head.manifest};
    savepoint.manifest.id.job = sample_incarnation(8);
    begin(&fixture, &options);
    read_savepoint(&fixture, &savepoint);
    answer_head(&fixture);
    expect_end(&fixture, REASON_SAVEPOINT_OTHER_JOB);
    teardown(&fixture);

    prepare_sample(&fixture);
    savepoint.manifest = fixture.head.manifest;
    savepoint.manifest.id.epoch = 4;
    begin(&fixture, &options);
    read_savepoint(&fixture, &savepoint);
    answer_head(&fixture);
    expect_end(&fixture, REASON_SAVEPOINT_BEHIND);
    teardown(&fixture);

    prepare_sample(&fixture); /* HEAD is at the savepoint */
    savepoint.manifest = fixture.head.manifest;
    begin(&fixture, &options);
    read_savepoint(&fixture, &savepoint);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_SWAP_HEAD)->head.generation, 4);
    teardown(&fixture);

    prepare_sample(&fixture); /* at a new path: the lanes' markers will tell whether it is behind */
    fixture.head_exists = false;
    begin(&fixture, &options);
    read_savepoint(&fixture, &savepoint);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_SWAP_HEAD)->head.generation, 3);
    assert_int_equal(expect_action(&fixture, COORDINATOR_ACTION_SWAP_HEAD)->expected.size, 0);
    teardown(&fixture);
}

static void a_fork_is_another_job(void **state) {
    (void)state;
    struct fixture fixture;
    prepare_sample(&fixture);
    struct savepoint savepoint = {.generation = 2, .manifest = fixture.head.manifest};
    struct coordinator_options options = options_of(START_FORK);
    options.job = sample_incarnation(5);
    fixture.head_exists = false;
    begin(&fixture, &options);
    read_savepoint(&fixture, &savepoint);
    answer_head(&fixture);
    answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
    write_manifest(&fixture);
    struct manifest manifest;
    assert_int_equal(manifest_decode(fixture.manifest.data, fixture.manifest.size, &fixture.arena, &manifest, NULL),
                     STATUS_OK);
    assert_true(incarnation_equal(&manifest.id.job, &options.job));
    assert_int_equal(manifest.id.epoch, 5);
    assert_int_equal(manifest.base_epoch, 5);
    assert_int_equal(manifest.lanes[0].pending_count, 0); /* it inherits no log */
    assert_false(manifest.lanes[0].marker.known);
    assert_int_equal(manifest.object_count, 3); /* but all state */
    perform_swap(&fixture);
    assert_int_equal(fixture.head.generation, 1);
    teardown(&fixture);
}

/* While we took over, the old coordinator decided one more epoch; or somebody else took over. */
static void races_of_take_overs(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) {
        struct fixture fixture;
        prepare_sample(&fixture);
        struct coordinator_options options = options_of(START_RESUME);
        options.owner = sample_incarnation(4);
        begin(&fixture, &options);
        answer_head(&fixture);
        answer(&fixture, COORDINATOR_EVENT_MANIFEST, ANSWER_OK);
        fixture.version = 9;
        if (other)
            fixture.head.generation++;
        answer(&fixture, COORDINATOR_EVENT_SWAPPED, ANSWER_CONFLICT);
        answer_head(&fixture);
        if (other)
            expect_end(&fixture, REASON_SUPERSEDED);
        else
            perform_swap(&fixture);
        teardown(&fixture);
    }
}

static void a_lane_that_halts_stops_the_job(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    struct coordinator_event event = {.kind = COORDINATOR_EVENT_LANE_REPORT};
    event.lane_report =
        (struct lane_report){.job = fixture.head.job, .generation = 1, .lane_index = 1, .reason = REASON_MARKER_AHEAD};
    step(&fixture, &event);
    expect_action(&fixture, COORDINATOR_ACTION_CANCEL);
    expect_end(&fixture, REASON_MARKER_AHEAD);
    teardown(&fixture);
}

static void stale_coordinators_look_at_head(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    run_empty(&fixture);
    fixture.head.generation = 2;
    fixture.head.owner = sample_incarnation(1);
    tell_task(&fixture, TASK_SUPERSEDED, 0); /* of generation 2 */
    answer_head(&fixture);
    expect_end(&fixture, REASON_SUPERSEDED);
    teardown(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_is_decided_by_the_swap_alone),
        cmocka_unit_test(stamps_go_on_while_the_clock_is_back),
        cmocka_unit_test(an_epoch_has_the_time_of_its_latest_task),
        cmocka_unit_test(a_swap_in_doubt_is_looked_up),
        cmocka_unit_test(who_lost_head_leaves),
        cmocka_unit_test(the_bound_stops_barriers),
        cmocka_unit_test(only_acks_of_this_attempt_count),
        cmocka_unit_test(state_of_an_undecided_epoch_is_not_reused),
        cmocka_unit_test(a_failure_starts_the_next_generation),
        cmocka_unit_test(the_last_epoch_is_published_before_the_end),
        cmocka_unit_test(stop_with_savepoint),
        cmocka_unit_test(a_stop_during_an_epoch_takes_another),
        cmocka_unit_test(a_savepoint_holds_its_own_state),
        cmocka_unit_test(refusals_before_head_is_touched),
        cmocka_unit_test(a_missing_manifest_is_looked_for_twice),
        cmocka_unit_test(damaged_objects_are_confirmed),
        cmocka_unit_test(restoring_refuses_what_is_not_safe),
        cmocka_unit_test(a_fork_is_another_job),
        cmocka_unit_test(races_of_take_overs),
        cmocka_unit_test(a_lane_that_halts_stops_the_job),
        cmocka_unit_test(stale_coordinators_look_at_head),
        cmocka_unit_test(a_lane_has_the_rows_of_all_its_tasks),
        cmocka_unit_test(a_lane_without_one_of_its_tasks_is_no_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
