/* exactly_once_test.c: jobs through the real drivers, to an outside that fails: whatever happens, each row is there once and in order. */
#include "tests/unit/runtime/memory_outside.h"

#include "core/base/array.h"
#include "core/base/fault.h"

enum { ROWS = 40 };
static struct memory_plan plan;
static char folder[64];

static int setup(void **state) {
    (void)state;
    make_folder(folder, "exactly-once");
    memset(&plan, 0, sizeof plan);
    outside_plan(&plan, "sum_bigint");
    outside_expect(&plan, ROWS);
    outside_reset(ROWS);
    return 0;
}

/* Three tasks for the windows and their sink, beside that of the source. */
static int setup_three(void **state) {
    int code = setup(state);
    plan.plan.parallelism = 3;
    outside_any_order = true;
    return code;
}

/* Every process has another parallelism than the one before. */
static bool rescales;
static int setup_rescaling(void **state) {
    rescales = true;
    return setup_three(state);
}

static int setup_files(void **state) {
    outside_spills = true;
    return setup_rescaling(state);
}

/* Every second process has all groups in memory. */
static bool moves;
static int setup_moving(void **state) {
    moves = true;
    return setup_files(state);
}

static uint32_t files_seen; /* in the epochs at which jobs were dropped */

static int teardown(void **state) {
    (void)state;
    outside_any_order = rescales = outside_spills = moves = false;
    files_seen = 0;
    remove_tree(folder);
    arena_release(&plan.arena);
    outside_forget_expected();
    outside_release();
    unsetenv("STREAMSQL_FAULT");
    return fault_init(NULL) == STATUS_OK ? 0 : -1;
}

/* The next case begins with nothing. */
static void start_over(void) {
    remove_tree(folder);
    outside_reset(ROWS);
}

static void undisturbed_jobs_write_each_row_once(void **state) {
    (void)state;
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job_ok(&run);
    outside_check("undisturbed");
    assert_in_range(run.checkpoints.decided_epoch, 5, 1000); /* paced: an epoch between two batches */
    assert_int_equal(run.checkpoints.published_epoch, run.checkpoints.decided_epoch);
    assert_in_range(outside.told_count, 3,
                    run.checkpoints.decided_epoch); /* the source learns of them, one epoch later */
    assert_in_range(outside.told_rows, 1, ROWS);
    /* And once more: the input had ended and all is published. */
    outside_job_ok(&run);
    outside_check("ended before");
}

/* Each kind of call, answered in each way, once, early and later. */
static void every_call_may_get_any_answer(void **state) {
    (void)state;
    uint32_t cases = 0;
    for (int call = OUTSIDE_OPEN_SLOT; call < OUTSIDE_CALLS; call++)
        for (int answer = OUTSIDE_LOST; answer < OUTSIDE_ANSWERS; answer++)
            for (uint64_t passage = 1; passage <= (call <= OUTSIDE_READ ? 7 : 19); passage += 6) {
                if (answer == OUTSIDE_LATE && call != OUTSIDE_COMMIT)
                    continue;
                char name[100];
                snprintf(name, sizeof name, "%s %s, passage %d", outside_call_names[call], outside_answer_names[answer],
                         (int)passage);
                start_over();
                outside.fault_call = (enum outside_call)call;
                outside.fault_answer = (enum outside_answer)answer;
                outside.fault_passage = passage;
                struct outside_run run = {.plan = &plan, .folder = folder};
                outside_job(&run);
                if (run.status != STATUS_OK)
                    fail_msg("%s: %s (%s)", name, run.error.message, run.error.detail);
                outside_check(name);
                cases += outside.calls[call] >= passage;
            }
    assert_in_range(cases, 40, 1000); /* that the passage came about */
}

/* Of the newest epoch, when there is one. */
static uint32_t files_now(void) {
    char path[100];
    uint32_t shared;
    snprintf(path, sizeof path, "%s/HEAD", folder);
    return access(path, F_OK) == 0 ? outside_files(folder, &shared) : 0;
}

/* Runs until one run comes to the end; the one before was dropped in the middle. How many were. */
static int run_through_crashes(const char *name) {
    for (int dropped = 0;; dropped++) {
        struct outside_run run = {.plan = &plan, .folder = folder};
        if (rescales)
            plan.plan.parallelism = plan.plan.parallelism % 4 + 1;
        if (moves)
            outside_spills = !outside_spills;
        outside_job(&run);
        bool crashed = outside.crash;
        if (run.status != STATUS_OK && !crashed)
            fail_msg("%s: %s (%s)", name, run.error.message, run.error.detail);
        outside_check_beginning(name);
        files_seen += files_now();
        outside.crash = false;
        outside.crash_passage = 0;
        if (!crashed)
            return dropped;
    }
}

/* The job is dropped at each kind of call, early and late, and another takes over. */
static void every_call_may_be_the_last(void **state) {
    (void)state;
    int dropped = 0;
    for (int call = OUTSIDE_PREPARE; call < OUTSIDE_CALLS; call++)
        for (uint64_t passage = 1; passage <= 31; passage += call <= OUTSIDE_READ ? 2 : 5) {
            char name[100];
            snprintf(name, sizeof name, "crash at %s, passage %d", outside_call_names[call], (int)passage);
            start_over();
            outside.crash_call = (enum outside_call)call;
            outside.crash_passage = passage;
            dropped += run_through_crashes(name);
            outside_check(name);
        }
    assert_in_range(dropped, 30, 1000);
    assert_int_equal(files_seen > 0, outside_spills);
}

/* Crashes in a row, faults in between: what comes is decided by a seed. */
static void crashes_and_faults_come_together(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int history = 0; history < 30; history++) {
        char name[100];
        snprintf(name, sizeof name, "history %d", history);
        start_over();
        for (bool dropped = true; dropped;) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            memset(outside.calls, 0, sizeof outside.calls);
            outside.fault_call = OUTSIDE_OPEN_SLOT + (seed >> 33) % (OUTSIDE_CALLS - 1);
            outside.fault_answer = OUTSIDE_LOST + (seed >> 40) % 3;
            outside.fault_passage = 1 + (seed >> 50) % 12;
            outside.crash_call = OUTSIDE_ROWS + (seed >> 36) % 3;
            outside.crash_passage = 1 + (seed >> 45) % 32;
            dropped = run_through_crashes(name) > 0;
        }
        outside_check(name);
    }
}

/* Attempts that are given up, answers of the store that get lost, lanes that fail: by the program's own fault points. */
static void faults_of_the_store_and_the_task(void **state) {
    (void)state;
    static const struct {
        enum fault_name name;
        bool aborts;
    } points[] = {
        {FAULT_SNAPSHOT, true},     {FAULT_UPLOAD, true},          {FAULT_MANIFEST, false},
        {FAULT_SWAP, false},        {FAULT_SWAPPED, false},        {FAULT_LANE_ROWS, false},
        {FAULT_LANE_MARKER, false}, {FAULT_LANE_COMMIT, false},    {FAULT_LANE_FENCE, false},
        {FAULT_LANE_FENCED, false}, {FAULT_LANE_COMMITTED, false},
    };
    for (size_t i = 0; i < COUNT_OF(points); i++)
        for (int passage = 1; passage <= 13; passage += 4) {
            char name[100], orders[200];
            snprintf(name, sizeof name, "%s, passage %d", fault_name_text(points[i].name), passage);
            snprintf(orders, sizeof orders, "%s:%d:error;%s:%d:error", fault_name_text(points[i].name), passage,
                     fault_name_text(points[i].name), passage + 1);
            start_over();
            assert_int_equal(setenv("STREAMSQL_FAULT", orders, 1), 0);
            assert_int_equal(fault_init(NULL), STATUS_OK);
            struct outside_run run = {.plan = &plan, .folder = folder};
            outside_job(&run);
            if (run.status != STATUS_OK)
                fail_msg("%s: %s (%s)", name, run.error.message, run.error.detail);
            outside_check(name);
            if (points[i].aborts && passage == 1 && run.checkpoints.aborted_count == 0)
                fail_msg("%s: no attempt was given up", name);
        }
}

/* One after the other on one path, while the first still runs: it is told, and nothing doubles. */
static void the_first_of_two_is_superseded(void **state) {
    (void)state;
    pthread_t thread;
    outside.row_limit = ROWS / 2;
    struct outside_run first = {.plan = &plan, .folder = folder}, second = first;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, &first), 0);
    OUTSIDE_UNTIL(outside_calls(OUTSIDE_COMMIT) >= 10);
    __atomic_store_n(&outside.paced, false, __ATOMIC_RELEASE);
    __atomic_store_n(&outside.row_limit, ROWS, __ATOMIC_RELEASE);
    outside_job_ok(&second);
    pthread_join(thread, NULL);
    outside_check("two jobs");
    /* The first may have come to the end before the second took over. */
    assert_int_equal(second.checkpoints.generation, first.checkpoints.generation + 1);
    if (first.status != STATUS_OK)
        assert_int_equal(first.status, STATUS_SUPERSEDED);
}

/* As before, but the first one cannot have ended. */
static void who_waits_is_superseded_too(void **state) {
    (void)state;
    pthread_t thread;
    outside.row_limit = ROWS / 2;
    outside.endless = true;
    struct outside_run first = {.plan = &plan, .folder = folder}, second = first;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, &first), 0);
    OUTSIDE_UNTIL(outside_calls(OUTSIDE_COMMIT) >= 10);
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, outside_thread, &second), 0);
    pthread_join(thread, NULL); /* only a successor ends it */
    assert_int_equal(first.status, STATUS_SUPERSEDED);
    assert_string_equal(first.error.detail, ""); /* that there was no HEAD at its start has nothing to do with it */
    __atomic_store_n(&outside.paced, false, __ATOMIC_RELEASE);
    __atomic_store_n(&outside.endless, false, __ATOMIC_RELEASE);
    __atomic_store_n(&outside.row_limit, ROWS, __ATOMIC_RELEASE);
    pthread_join(other, NULL);
    assert_int_equal(second.status, STATUS_OK);
    outside_check("who waits");
}

/* Several at the same moment, again and again, until one comes to the end; each of the others is superseded. */
static void races_have_one_winner(void **state) {
    (void)state;
    enum { RACERS = 3 };
    for (int race = 0; race < 10; race++) {
        char name[100];
        snprintf(name, sizeof name, "race %d", race);
        start_over();
        outside.paced = false;
        pthread_t threads[RACERS];
        struct outside_run runs[RACERS];
        int ended = 0;
        for (int i = 0; i < RACERS; i++) {
            runs[i] = (struct outside_run){.plan = &plan, .folder = folder};
            assert_int_equal(pthread_create(&threads[i], NULL, outside_thread, &runs[i]), 0);
        }
        for (int i = 0; i < RACERS; i++) {
            pthread_join(threads[i], NULL);
            ended += runs[i].status == STATUS_OK;
            if (runs[i].status != STATUS_OK && runs[i].status != STATUS_SUPERSEDED)
                fail_msg("%s: %s (%s)", name, runs[i].error.message, runs[i].error.detail);
        }
        assert_in_range(ended, 1, RACERS); /* after the first has ended others find its end */
        outside_check(name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(undisturbed_jobs_write_each_row_once, setup, teardown),
        cmocka_unit_test_setup_teardown(every_call_may_get_any_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(every_call_may_be_the_last, setup, teardown),
        cmocka_unit_test_setup_teardown(crashes_and_faults_come_together, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_of_the_store_and_the_task, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_of_two_is_superseded, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_is_superseded_too, setup, teardown),
        cmocka_unit_test_setup_teardown(races_have_one_winner, setup, teardown),
        {"three: undisturbed", undisturbed_jobs_write_each_row_once, setup_three, teardown, NULL},
        {"three: every call may get any answer", every_call_may_get_any_answer, setup_three, teardown, NULL},
        {"three: faults of the store and the task", faults_of_the_store_and_the_task, setup_three, teardown, NULL},
        {"three: who waits is superseded", who_waits_is_superseded_too, setup_three, teardown, NULL},
        {"three: races", races_have_one_winner, setup_three, teardown, NULL},
        {"files: every call may be the last", every_call_may_be_the_last, setup_files, teardown, NULL},
        {"files: faults of the store and the task", faults_of_the_store_and_the_task, setup_files, teardown, NULL},
        {"moving: crashes and faults", crashes_and_faults_come_together, setup_moving, teardown, NULL},
        {"rescaled: every call may be the last", every_call_may_be_the_last, setup_rescaling, teardown, NULL},
        {"rescaled: crashes and faults", crashes_and_faults_come_together, setup_rescaling, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
