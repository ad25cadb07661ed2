/* protocol_lane_test.c: what a lane asks for, in which order, and what it makes of each answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "runtime/protocol/lane.h"
#include "tests/unit/runtime/protocol_sample.h"

struct fixture {
    struct arena arena;
    struct lane lane;
    struct lane_actions actions;
    struct log_epoch logs[4]; /* of epochs 4 … 7: one, two, no chunks, one */
    uint64_t head_generation;
};

static void step(struct fixture *fixture, const struct lane_event *event) {
    lane_step(&fixture->lane, event, &fixture->actions);
}

static const struct lane_action *find_action(const struct fixture *fixture, enum lane_action_kind kind) {
    for (uint32_t i = 0; i < fixture->actions.count; i++)
        if (fixture->actions.items[i].kind == kind)
            return &fixture->actions.items[i];
    return NULL;
}

static const struct lane_action *expect_action(const struct fixture *fixture, enum lane_action_kind kind) {
    const struct lane_action *action = find_action(fixture, kind);
    assert_non_null(action);
    return action;
}

static void expect_only(const struct fixture *fixture, enum lane_action_kind kind) {
    assert_int_equal(fixture->actions.count, 1);
    assert_int_equal(fixture->actions.items[0].kind, kind);
}

/* Published up to epoch 3, as the manifest of epoch 5 remembers; 4 and 5 are pending. */
static void start(struct fixture *fixture, bool remembered) {
    arena_init(&fixture->arena);
    lane_init(&fixture->lane);
    for (uint32_t i = 0; i < 4; i++)
        fixture->logs[i] = sample_log(&fixture->arena, 1, 4 + i, (uint32_t[]){1, 2, 0, 1}[i]);
    fixture->head_generation = 2;
    struct lane_start lane_start = {.job = sample_incarnation(7),
                                    .sink = 1,
                                    .lane = 2,
                                    .lane_index = 6,
                                    .generation = 2,
                                    .base_epoch = remembered ? 0 : 3,
                                    .decided_epoch = 5,
                                    .pending = fixture->logs,
                                    .pending_count = 2};
    if (remembered)
        lane_start.remembered =
            (struct marker_position){.known = true, .epoch = 3, .chunk = 1, .chunk_count = 1, .offset = 40};
    step(fixture, &(struct lane_event){.kind = LANE_EVENT_START, .start = &lane_start});
}

static void answer_head(struct fixture *fixture, enum answer answer) {
    struct lane_event event = {.kind = LANE_EVENT_HEAD, .answer = answer, .request = fixture->lane.request};
    event.head = sample_head();
    event.head.generation = fixture->head_generation;
    step(fixture, &event);
}

static void answer_opened(struct fixture *fixture, uint32_t slot, enum answer answer) {
    step(fixture,
         &(struct lane_event){
             .kind = LANE_EVENT_OPENED, .slot = slot, .answer = answer, .request = fixture->lane.slots[slot].request});
}

static void answer(struct fixture *fixture, enum lane_event_kind kind, enum answer answer, uint64_t offset) {
    step(fixture,
         &(struct lane_event){.kind = kind, .answer = answer, .offset = offset, .request = fixture->lane.request});
}

static void fence(struct fixture *fixture) {
    answer_head(fixture, ANSWER_OK);
    answer_opened(fixture, 0, ANSWER_OK);
    answer_opened(fixture, 1, ANSWER_OK);
}

static struct marker marker_of(const struct log_epoch *log, uint32_t chunk) {
    struct marker marker = sample_marker();
    marker.epoch = log->epoch;
    marker.chunk = chunk;
    marker.chunk_count = log->chunk_count;
    marker.row_count = log->chunks[chunk - 1].row_count;
    marker.rows = log->chunks[chunk - 1].rows;
    marker.log = log->digest;
    return marker;
}

static void read_marker(struct fixture *fixture, const struct marker *marker, uint64_t offset) {
    step(fixture, &(struct lane_event){.kind = LANE_EVENT_MARKER,
                                       .answer = ANSWER_OK,
                                       .offset = offset,
                                       .marker = *marker,
                                       .request = fixture->lane.request});
}

/* The marker that the manifest remembers, which a read always meets again. */
static void read_remembered(struct fixture *fixture) {
    struct log_epoch log = sample_log(&fixture->arena, 1, 3, 1);
    struct marker marker = marker_of(&log, 1);
    read_marker(fixture, &marker, 40);
}

static void order(struct fixture *fixture, uint64_t generation, const struct log_epoch *log) {
    step(fixture, &(struct lane_event){
                      .kind = LANE_EVENT_COMMIT, .job = sample_incarnation(7), .generation = generation, .log = log});
}

/* To IDLE, with nothing published of epochs 4 and 5, and allowed to publish. */
static void resolve(struct fixture *fixture) {
    start(fixture, true);
    fence(fixture);
    answer(fixture, LANE_EVENT_MEASURED, ANSWER_OK, 42);
    read_remembered(fixture);
    answer(fixture, LANE_EVENT_POSITION, ANSWER_OK, 42);
    assert_int_equal(fixture->lane.state, LANE_IDLE);
}

static void send_chunk(struct fixture *fixture) {
    const struct log_chunk *chunk = &fixture->lane.pending[0].chunks[fixture->lane.chunk];
    step(fixture, &(struct lane_event){.kind = LANE_EVENT_CHUNK_SENT,
                                       .answer = ANSWER_OK,
                                       .row_count = chunk->row_count,
                                       .rows = chunk->rows,
                                       .request = fixture->lane.request});
}

static void both_are_fenced_in_order_before_anything_is_read(void **state) {
    (void)state;
    struct fixture fixture;
    start(&fixture, true);
    expect_only(&fixture, LANE_ACTION_READ_HEAD);
    answer_head(&fixture, ANSWER_UNKNOWN);
    expect_only(&fixture, LANE_ACTION_RETRY_LATER);
    step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
    expect_only(&fixture, LANE_ACTION_READ_HEAD);
    answer_head(&fixture, ANSWER_OK);
    expect_only(&fixture, LANE_ACTION_OPEN_PRODUCER);
    assert_int_equal(fixture.actions.items[0].slot, 0);
    answer_opened(&fixture, 0, ANSWER_OK);
    expect_only(&fixture, LANE_ACTION_OPEN_PRODUCER);
    assert_int_equal(fixture.actions.items[0].slot, 1);
    answer_opened(&fixture, 1, ANSWER_OK);
    expect_only(&fixture, LANE_ACTION_MEASURE);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 42);
    const struct lane_action *action = expect_action(&fixture, LANE_ACTION_READ_MARKERS);
    assert_int_equal(action->offset, 40);
    assert_int_equal(action->until, 42);
    assert_false(action->uncommitted);
    arena_release(&fixture.arena);
}

static void a_doubtful_opening_starts_over(void **state) {
    (void)state;
    struct fixture fixture;
    start(&fixture, true);
    answer_head(&fixture, ANSWER_OK);
    answer_opened(&fixture, 0, ANSWER_OK);
    answer_opened(&fixture, 1, ANSWER_UNKNOWN);
    assert_int_equal(fixture.lane.state, LANE_DOUBT);
    assert_int_equal(fixture.actions.count, 3); /* both handles destroyed, and a pause */
    step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
    expect_only(&fixture, LANE_ACTION_READ_HEAD); /* before any producer is opened again */
    arena_release(&fixture.arena);
}

static void a_timeout_is_never_no_marker(void **state) {
    (void)state;
    struct fixture fixture;
    start(&fixture, true);
    fence(&fixture);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_UNKNOWN, 0);
    expect_only(&fixture, LANE_ACTION_RETRY_LATER);
    step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
    expect_only(&fixture, LANE_ACTION_MEASURE);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 44);
    read_remembered(&fixture);
    for (int i = 0; i < 100; i++) {
        answer(&fixture, LANE_EVENT_POSITION, ANSWER_UNKNOWN, 0);
        assert_int_equal(fixture.lane.state, LANE_READING);
        step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
        assert_int_equal(expect_action(&fixture, LANE_ACTION_READ_MARKERS)->offset, 41);
    }
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 43); /* not yet at the high watermark */
    assert_int_equal(fixture.lane.state, LANE_READING);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 44);
    assert_int_equal(fixture.lane.state, LANE_IDLE);
    arena_release(&fixture.arena);
}

static void nothing_is_published_before_the_order(void **state) {
    (void)state;
    struct fixture fixture;
    resolve(&fixture);
    assert_null(find_action(&fixture, LANE_ACTION_SEND_CHUNK));
    const struct lane_report *report = &expect_action(&fixture, LANE_ACTION_REPORT)->report;
    assert_int_equal(report->published_epoch, 3);
    assert_int_equal(report->lane_index, 6);
    order(&fixture, 1, &fixture.logs[0]); /* of an older generation */
    assert_int_equal(fixture.actions.count, 0);
    order(&fixture, 2, &fixture.logs[0]);
    const struct lane_action *action = expect_action(&fixture, LANE_ACTION_SEND_CHUNK);
    assert_int_equal(action->slot, 0);
    assert_int_equal(action->log->epoch, 4);
    arena_release(&fixture.arena);
}

static void one_transaction_per_producer_in_turn(void **state) {
    (void)state;
    struct fixture fixture;
    resolve(&fixture);
    order(&fixture, 2, &fixture.logs[0]);
    send_chunk(&fixture);
    const struct lane_action *action = expect_action(&fixture, LANE_ACTION_SEND_MARKER);
    assert_int_equal(action->marker.epoch, 4);
    assert_int_equal(action->marker.chunk, 1);
    assert_int_equal(action->marker.generation, 2);
    answer(&fixture, LANE_EVENT_MARKER_SENT, ANSWER_OK, 43);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_COMMIT)->slot, 0);
    answer(&fixture, LANE_EVENT_COMMITTED, ANSWER_OK, 0);
    /* The used producer is thrown away and opened anew; the report; the next chunk on the other one. */
    assert_int_equal(fixture.actions.items[0].kind, LANE_ACTION_CLOSE_PRODUCER);
    assert_int_equal(fixture.actions.items[1].kind, LANE_ACTION_OPEN_PRODUCER);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_REPORT)->report.published_epoch, 4);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_SEND_CHUNK)->slot, 1);
    send_chunk(&fixture);
    answer(&fixture, LANE_EVENT_MARKER_SENT, ANSWER_OK, 45);
    /* The first one is not open again: no commit until it is. */
    assert_int_equal(fixture.lane.state, LANE_SEALED);
    assert_int_equal(fixture.actions.count, 0);
    answer_opened(&fixture, 0, ANSWER_UNKNOWN);
    assert_int_equal(fixture.lane.state, LANE_SEALED);
    step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
    expect_only(&fixture, LANE_ACTION_OPEN_PRODUCER);
    answer_opened(&fixture, 0, ANSWER_OK);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_COMMIT)->slot, 1);
    answer(&fixture, LANE_EVENT_COMMITTED, ANSWER_OK, 0);
    assert_null(find_action(&fixture, LANE_ACTION_REPORT)); /* one chunk of two */
    action = expect_action(&fixture, LANE_ACTION_SEND_CHUNK);
    assert_int_equal(action->slot, 0);
    assert_int_equal(action->chunk, 1);
    arena_release(&fixture.arena);
}

static void an_empty_epoch_has_a_marker(void **state) {
    (void)state;
    struct fixture fixture;
    start(&fixture, true);
    fence(&fixture);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 60);
    read_remembered(&fixture);
    struct marker marker = marker_of(&fixture.logs[1], 2); /* epoch 5 is through */
    read_marker(&fixture, &marker, 58);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_REPORT)->report.published_epoch, 5);
    order(&fixture, 2, &fixture.logs[3]); /* epoch 7 came before 6: said again later */
    assert_null(find_action(&fixture, LANE_ACTION_SEND_CHUNK));
    order(&fixture, 2, &fixture.logs[2]);
    const struct lane_action *action = expect_action(&fixture, LANE_ACTION_SEND_CHUNK);
    assert_int_equal(action->log->chunks[0].row_count, 0);
    send_chunk(&fixture);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_SEND_MARKER)->marker.epoch, 6);
    order(&fixture, 2, &fixture.logs[2]); /* twice changes nothing */
    assert_int_equal(fixture.lane.decided_epoch, 6);
    arena_release(&fixture.arena);
}

/* Whatever goes wrong in a transaction: the handles go, HEAD is read, both are fenced, markers are read; only then it is
 * known whether to send again or to skip. */
static void every_doubt_reads_the_marker(void **state) {
    (void)state;
    for (int point = 0; point < 5; point++) {
        struct fixture fixture;
        resolve(&fixture);
        order(&fixture, 2, &fixture.logs[0]);
        if (point == 0)
            answer(&fixture, LANE_EVENT_CHUNK_SENT, ANSWER_UNKNOWN, 0);
        if (point == 1) /* fewer rows reported than logged */
            answer(&fixture, LANE_EVENT_CHUNK_SENT, ANSWER_OK, 0);
        if (point >= 2)
            send_chunk(&fixture);
        if (point == 2)
            answer(&fixture, LANE_EVENT_MARKER_SENT, ANSWER_UNKNOWN, 0);
        if (point >= 3)
            answer(&fixture, LANE_EVENT_MARKER_SENT, ANSWER_OK, 43);
        if (point >= 3)
            answer(&fixture, LANE_EVENT_COMMITTED, point == 3 ? ANSWER_UNKNOWN : ANSWER_FENCED, 0);
        assert_int_equal(fixture.lane.state, LANE_DOUBT);
        step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
        fence(&fixture);
        answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 45);
        assert_int_equal(expect_action(&fixture, LANE_ACTION_READ_MARKERS)->offset, 40);
        read_remembered(&fixture);
        bool was_committed = point == 3;
        struct marker marker = marker_of(&fixture.logs[0], 1);
        if (was_committed)
            read_marker(&fixture, &marker, 43);
        answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 45);
        const struct lane_action *action = expect_action(&fixture, LANE_ACTION_SEND_CHUNK);
        assert_int_equal(action->log->epoch, was_committed ? 5 : 4);
        assert_int_equal(action->slot, 0);
        arena_release(&fixture.arena);
    }
}

static void a_partial_epoch_goes_on_where_it_was(void **state) {
    (void)state;
    struct fixture fixture;
    start(&fixture, true);
    fence(&fixture);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 60);
    read_remembered(&fixture);
    struct marker marker =
        marker_of(&fixture.logs[1], 1); /* 4 and the first chunk of 5; 4's marker was compacted away */
    read_marker(&fixture, &marker, 58);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_REPORT)->report.published_epoch, 4);
    order(&fixture, 2, &fixture.logs[0]);
    const struct lane_action *action = expect_action(&fixture, LANE_ACTION_SEND_CHUNK);
    assert_int_equal(action->log->epoch, 5);
    assert_int_equal(action->chunk, 1);
    arena_release(&fixture.arena);
}

static void expect_halt(struct fixture *fixture, enum reason reason) {
    assert_int_equal(fixture->lane.state, LANE_CONFIRMING);
    expect_only(fixture, LANE_ACTION_READ_HEAD);
    answer_head(fixture, ANSWER_UNKNOWN);
    step(fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
    answer_head(fixture, ANSWER_OK);
    assert_int_equal(fixture->lane.state, LANE_HALTED);
    assert_int_equal(expect_action(fixture, LANE_ACTION_REPORT)->report.reason, reason);
    arena_release(&fixture->arena);
}

static void start_reading(struct fixture *fixture, bool remembered) {
    start(fixture, remembered);
    fence(fixture);
    answer(fixture, LANE_EVENT_MEASURED, ANSWER_OK, 60);
}

static void contradictions_halt_by_name(void **state) {
    (void)state;
    struct fixture fixture;
    start_reading(&fixture, true);
    struct marker marker = marker_of(&fixture.logs[1], 1);
    marker.job = sample_incarnation(8);
    read_marker(&fixture, &marker, 58);
    expect_halt(&fixture, REASON_OTHER_JOB);

    start_reading(&fixture, true);
    marker = marker_of(&fixture.logs[1], 1);
    marker.lane = 3;
    read_marker(&fixture, &marker, 58);
    expect_halt(&fixture, REASON_OTHER_LANE);

    start_reading(&fixture, true);
    marker = marker_of(&fixture.logs[1], 1);
    read_marker(&fixture, &marker, 57);
    read_marker(&fixture, &marker, 58);
    expect_halt(&fixture, REASON_MARKER_REPEATED);

    start_reading(&fixture, true);
    marker.rows.bytes[5] ^= 1;
    read_marker(&fixture, &marker, 58);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    expect_halt(&fixture, REASON_DIGEST_DIFFERS);

    start_reading(&fixture, true);
    marker = marker_of(&fixture.logs[2], 1); /* epoch 6, while HEAD is at 5 */
    read_marker(&fixture, &marker, 58);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    expect_halt(&fixture, REASON_MARKER_AHEAD);

    start_reading(&fixture, true);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    expect_halt(&fixture, REASON_MARKER_ABSENT);

    start_reading(&fixture, true);
    step(&fixture,
         &(struct lane_event){
             .kind = LANE_EVENT_MARKER, .answer = ANSWER_CORRUPT, .offset = 58, .request = fixture.lane.request});
    expect_halt(&fixture, REASON_PROGRESS_FOREIGN);
}

static void more_contradictions_halt_by_name(void **state) {
    (void)state;
    struct fixture fixture;
    start(&fixture, true);
    fence(&fixture);
    struct lane_event event = {
        .kind = LANE_EVENT_MEASURED, .answer = ANSWER_OK, .offset = 60, .request = fixture.lane.request};
    event.topic.bytes[0] = 1;
    step(&fixture, &event);
    expect_halt(&fixture, REASON_PROGRESS_TOPIC_CHANGED);

    start(&fixture, true); /* the partition ends before the marker that is remembered */
    fence(&fixture);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 12);
    expect_halt(&fixture, REASON_MARKER_ABSENT);

    start_reading(&fixture, true);
    struct log_epoch old = sample_log(&fixture.arena, 1, 2, 1);
    struct marker marker = marker_of(&old, 1);
    read_marker(&fixture, &marker, 58);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    expect_halt(&fixture, REASON_MARKER_BEHIND);

    start_reading(&fixture, false); /* nothing is published after the fork at epoch 3: as it should be */
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    assert_int_equal(fixture.lane.state, LANE_IDLE);
    arena_release(&fixture.arena);

    start(&fixture, true);
    fixture.lane.pending_count = 1; /* the manifest has lost epoch 4 */
    fixture.lane.pending[0] = fixture.logs[1];
    fence(&fixture);
    answer(&fixture, LANE_EVENT_MEASURED, ANSWER_OK, 60);
    read_remembered(&fixture);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    expect_halt(&fixture, REASON_LOG_MISSING);

    resolve(&fixture);
    order(&fixture, 2, &fixture.logs[0]);
    answer(&fixture, LANE_EVENT_CHUNK_SENT, ANSWER_CORRUPT, 0);
    expect_halt(&fixture, REASON_LOG_CORRUPT);
}

static void who_was_superseded_leaves(void **state) {
    (void)state;
    struct fixture fixture;
    start_reading(&fixture, true); /* what looks like a contradiction is a successor's work */
    struct marker marker = marker_of(&fixture.logs[2], 1);
    read_marker(&fixture, &marker, 58);
    answer(&fixture, LANE_EVENT_POSITION, ANSWER_OK, 60);
    fixture.head_generation = 3;
    answer_head(&fixture, ANSWER_OK);
    assert_int_equal(fixture.lane.state, LANE_EXITED);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_REPORT)->report.reason, REASON_SUPERSEDED);
    arena_release(&fixture.arena);

    resolve(&fixture);
    order(&fixture, 2, &fixture.logs[0]);
    send_chunk(&fixture);
    answer(&fixture, LANE_EVENT_MARKER_SENT, ANSWER_OK, 43);
    answer(&fixture, LANE_EVENT_COMMITTED, ANSWER_FENCED, 0);
    fixture.head_generation = 3;
    step(&fixture, &(struct lane_event){.kind = LANE_EVENT_RETRY});
    answer_head(&fixture, ANSWER_OK);
    assert_int_equal(fixture.lane.state, LANE_EXITED);
    assert_null(find_action(&fixture, LANE_ACTION_OPEN_PRODUCER));
    order(&fixture, 2, &fixture.logs[2]);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_REPORT)->report.reason, REASON_SUPERSEDED);
    arena_release(&fixture.arena);

    resolve(&fixture);
    order(&fixture, 3, &fixture.logs[0]);
    assert_int_equal(fixture.lane.state, LANE_EXITED);
    assert_int_equal(expect_action(&fixture, LANE_ACTION_CLOSE_PRODUCER)->slot, 0);
    arena_release(&fixture.arena);
}

static void late_answers_are_ignored(void **state) {
    (void)state;
    struct fixture fixture;
    resolve(&fixture);
    order(&fixture, 2, &fixture.logs[0]);
    uint64_t former = fixture.lane.request;
    answer(&fixture, LANE_EVENT_CHUNK_SENT, ANSWER_UNKNOWN, 0);
    assert_int_equal(fixture.lane.state, LANE_DOUBT);
    struct lane_event late = {.kind = LANE_EVENT_COMMITTED, .answer = ANSWER_OK, .request = former};
    step(&fixture, &late);
    late.kind = LANE_EVENT_CHUNK_SENT;
    step(&fixture, &late);
    late.kind = LANE_EVENT_OPENED;
    step(&fixture, &late);
    assert_int_equal(fixture.lane.state, LANE_DOUBT);
    assert_int_equal(fixture.actions.count, 0);
    struct lane_event other_job = {
        .kind = LANE_EVENT_COMMIT, .job = sample_incarnation(8), .generation = 9, .log = &fixture.logs[2]};
    step(&fixture, &other_job);
    assert_int_equal(fixture.lane.state, LANE_DOUBT);
    arena_release(&fixture.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_fenced_in_order_before_anything_is_read),
        cmocka_unit_test(a_doubtful_opening_starts_over),
        cmocka_unit_test(a_timeout_is_never_no_marker),
        cmocka_unit_test(nothing_is_published_before_the_order),
        cmocka_unit_test(one_transaction_per_producer_in_turn),
        cmocka_unit_test(an_empty_epoch_has_a_marker),
        cmocka_unit_test(every_doubt_reads_the_marker),
        cmocka_unit_test(a_partial_epoch_goes_on_where_it_was),
        cmocka_unit_test(contradictions_halt_by_name),
        cmocka_unit_test(more_contradictions_halt_by_name),
        cmocka_unit_test(who_was_superseded_leaves),
        cmocka_unit_test(late_answers_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
