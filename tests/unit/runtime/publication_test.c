/* publication_test.c: what is decided is published before a job ends, is bounded while the outside is away, and is found by the next start. */
#include "tests/unit/runtime/memory_outside.h"

#include "core/base/fault.h"

enum { ROWS = 400, BOUND = 3 };
static struct memory_plan plan;
static char folder[64];
static pthread_t thread;

static int setup(void **state) {
    (void)state;
    make_folder(folder, "publication");
    memset(&plan, 0, sizeof plan);
    outside_plan(&plan, "sum_bigint");
    outside_expect(&plan, ROWS);
    outside_reset(ROWS);
    outside.paced = false;
    return 0;
}

/* Rows then wait in channels, too, and barriers have to pass them. */
static int setup_three(void **state) {
    int code = setup(state);
    plan.plan.parallelism = 3;
    outside_any_order = true;
    return code;
}

static int teardown(void **state) {
    (void)state;
    outside_any_order = false;
    remove_tree(folder);
    arena_release(&plan.arena);
    outside_forget_expected();
    outside_release();
    return 0;
}

static void start(struct outside_run *run) {
    *run = (struct outside_run){.plan = &plan, .folder = folder};
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, run), 0);
}

static bool is_done(const struct outside_run *run) {
    return __atomic_load_n(&run->done, __ATOMIC_ACQUIRE);
}

static uint32_t rows_read(void) {
    return __atomic_load_n(&outside.rows_read, __ATOMIC_ACQUIRE);
}

static void be_away(bool away) {
    __atomic_store_n(&outside.away, away, __ATOMIC_RELEASE);
}

static uint64_t unpublished(void) {
    struct checkpointer_status status = outside_checkpoints();
    return status.decided_epoch - status.published_epoch;
}

/* Rows enough for ever; the outside goes away for a while. */
static void an_outside_that_is_away_holds_the_sources_back(void **state) {
    (void)state;
    enum { LOG_BYTES = 4000, RECORD_BYTES = 20, BATCH_ROWS = 4, CHANNEL_ROWS = 17 * BATCH_ROWS };
    struct outside_run run = {.plan = &plan, .folder = folder, .log_bytes_max = LOG_BYTES};
    outside.row_total = outside.row_limit = 10000000;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, &run), 0);
    OUTSIDE_UNTIL(outside_checkpoints().published_epoch >= 3);
    be_away(true);
    uint32_t before = rows_read();
    OUTSIDE_UNTIL(unpublished() == BOUND);
    /* Now the rest of the log fills, and then nothing is read any more. */
    uint64_t polls = 0;
    OUTSIDE_UNTIL_CALM(polls != __atomic_load_n(&outside.polls, __ATOMIC_RELAXED),
                       polls = __atomic_load_n(&outside.polls, __ATOMIC_RELAXED));
    assert_int_equal(unpublished(), BOUND);
    /* At most a full log in each unpublished epoch, in the one under way, and in the one that was being published. */
    uint32_t in_channels = plan.plan.parallelism > 1 ? CHANNEL_ROWS : 0;
    assert_in_range(rows_read() - before, 1, (BOUND + 2) * (LOG_BYTES / RECORD_BYTES + BATCH_ROWS + in_channels));
    be_away(false);
    uint32_t held = rows_read();
    OUTSIDE_UNTIL(rows_read() > held + 1000 && outside_checkpoints().published_epoch > 8);
    outside_stop();
    pthread_join(thread, NULL);
    assert_int_equal(run.status, STATUS_OK);
    assert_int_equal(run.checkpoints.published_epoch, run.checkpoints.decided_epoch);
    for (int sink = 0; sink < 1; sink++) /* far beyond what was expected: the beginning is the same */
        for (int lane = 0; lane < 2; lane++)
            assert_memory_equal(strbuf_text(&outside.topics[sink][lane]), outside_expected[sink][lane],
                                strlen(outside_expected[sink][lane]));
}

static void a_stop_waits_for_publication(void **state) {
    (void)state;
    struct outside_run run;
    outside.row_limit = ROWS / 2;
    start(&run);
    OUTSIDE_UNTIL(outside_checkpoints().published_epoch >= 2);
    be_away(true);
    OUTSIDE_UNTIL(unpublished() > 0);
    uint64_t decided = outside_checkpoints().decided_epoch;
    outside_stop();
    OUTSIDE_UNTIL_CALM(decided != outside_checkpoints().decided_epoch, decided = outside_checkpoints().decided_epoch);
    assert_false(is_done(&run));
    be_away(false);
    pthread_join(thread, NULL);
    assert_int_equal(run.status, STATUS_OK);
    assert_int_equal(run.checkpoints.published_epoch, run.checkpoints.decided_epoch);
    assert_false(run.checkpoints.gave_up);
    outside_check_beginning("stopped");
    assert_true(strbuf_text(&outside.topics[0][0])[0] != 0);
    outside.row_limit = ROWS;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("stopped, and gone on");
}

static void the_second_stop_does_not_wait(void **state) {
    (void)state;
    struct outside_run run;
    outside.row_limit = ROWS / 2;
    start(&run);
    OUTSIDE_UNTIL(outside_checkpoints().published_epoch >= 2);
    be_away(true);
    OUTSIDE_UNTIL(unpublished() == BOUND); /* more than what was on its way */
    outside_stop();
    outside_stop();
    pthread_join(thread, NULL); /* although the outside is away */
    assert_int_equal(run.status, STATUS_OK);
    assert_true(run.checkpoints.published_epoch < run.checkpoints.decided_epoch);
    assert_true(run.checkpoints.gave_up);
    be_away(false);
    outside.row_limit = ROWS;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("stopped twice, and gone on");
}

static void a_refused_preflight_ends_the_job(void **state) {
    (void)state;
    outside.prepare_status = STATUS_INVALID_OPTION;
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job(&run);
    assert_int_equal(run.status, STATUS_INVALID_OPTION);
    assert_non_null(strstr(run.error.message, "has one copy only"));
    assert_int_equal(strlen(strbuf_text(&outside.topics[0][0])), 0);
    outside.prepare_status = STATUS_OK;
    outside_job_ok(&run);
    outside_check("after the preflight");
}

static void a_preflight_without_answer_is_repeated(void **state) {
    (void)state;
    outside.fault_call = OUTSIDE_PREPARE;
    outside.fault_answer = OUTSIDE_NOTHING;
    outside.fault_passage = 1;
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job_ok(&run);
    outside_check("preflight");
    assert_in_range(outside.calls[OUTSIDE_PREPARE], OUTSIDE_SINKS + 1, OUTSIDE_SINKS + 1);
}

/* The input ended and its last epoch is decided; then the process goes. The next one publishes and reads nothing. */
static void the_end_is_published_by_the_next_start(void **state) {
    (void)state;
    struct outside_run run;
    struct outside_head head;
    outside.row_limit = ROWS - 4;
    start(&run);
    OUTSIDE_UNTIL(outside_checkpoints().published_epoch >= 2 && rows_read() == ROWS - 4);
    __atomic_store_n(&outside.epoch_limit, outside_checkpoints().decided_epoch, __ATOMIC_RELEASE);
    __atomic_store_n(&outside.row_limit, ROWS, __ATOMIC_RELEASE);
    for (bool final = false; !final && !is_done(&run); arena_release(&head.arena)) {
        assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
        final = head.manifest.final;
        if (!final && unpublished() == BOUND) { /* no room for the last one: let one through */
            uint64_t published = outside_checkpoints().published_epoch;
            __atomic_store_n(&outside.epoch_limit, published + 1, __ATOMIC_RELEASE);
            OUTSIDE_UNTIL(outside_checkpoints().published_epoch > published);
        }
    }
    outside_stop();
    outside_stop();
    pthread_join(thread, NULL);
    assert_int_equal(run.status, STATUS_OK);
    bool was_left = run.checkpoints.published_epoch < run.checkpoints.decided_epoch;
    outside.epoch_limit = UINT64_MAX;
    outside.polls = 0;
    uint64_t commits = outside.commits;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("published by the next start");
    assert_int_equal(outside.polls, 0);
    assert_true(was_left);
    assert_true(outside.commits > commits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_outside_that_is_away_holds_the_sources_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stop_waits_for_publication, setup, teardown),
        cmocka_unit_test_setup_teardown(the_second_stop_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_preflight_ends_the_job, setup, teardown),
        cmocka_unit_test_setup_teardown(a_preflight_without_answer_is_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_is_published_by_the_next_start, setup, teardown),
        {"three: held back", an_outside_that_is_away_holds_the_sources_back, setup_three, teardown, NULL},
        {"three: a stop waits", a_stop_waits_for_publication, setup_three, teardown, NULL},
        {"three: the second stop does not", the_second_stop_does_not_wait, setup_three, teardown, NULL},
        {"three: published by the next start", the_end_is_published_by_the_next_start, setup_three, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
