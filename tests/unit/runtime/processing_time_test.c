/* processing_time_test.c: jobs in processing time while the wall clock is set back and forward, between batches and between runs. What they
 * count is what a clock would have made them count that never went back. */
#include "tests/unit/runtime/memory_job.h"

#include <stdatomic.h>

#include "core/base/env.h"
#include "runtime/checkpoint/checkpointer.h"

#define HOUR_US 3600000000LL

static const char *const count_only[] = {"count_star", NULL};

static void make_plan(struct memory_plan *plan, int64_t size_us) {
    plan_init(plan);
    plan_add_scan(plan, false, 0);
    plan->nodes[0]->parallelism_limit = 1;
    Plan__WindowAggregate *window = plan_add_window(plan, PLAN__WINDOW_KIND__TUMBLE, size_us, 0, 0, true, count_only);
    window->window->processing_time = true;
    static uint32_t first_column[] = {0};
    plan->nodes[1]->distribution = PLAN__DISTRIBUTION__HASH;
    plan->nodes[1]->distribution_columns = first_column;
    plan->nodes[1]->n_distribution_columns = 1;
    plan_add_sink(plan, "");
    plan->nodes[2]->distribution = PLAN__DISTRIBUTION__SINGLETON;
    plan->nodes[2]->parallelism_limit = 1;
}

/* ---- a clock that is moved by hand ---- */

/* Once, before the row: the wall clock is set to so much. */
static struct {
    uint32_t row;
    int64_t wall_us; /* 0: not, or no more */
} jumps[2];

static void jump_before_rows(struct memory_table *table, uint32_t next_row) {
    for (int i = 0; i < 2; i++)
        if (jumps[i].wall_us && jumps[i].row == next_row) {
            env_virtual_set_now(table->world, jumps[i].wall_us);
            jumps[i].wall_us = 0;
        }
}

static void set_jumps(uint32_t first_row, int64_t first_us, uint32_t second_row, int64_t second_us) {
    jumps[0].row = first_row, jumps[0].wall_us = first_us;
    jumps[1].row = second_row, jumps[1].wall_us = second_us;
}

/* Windows of ten milliseconds; it is two o'clock. */
static void begin_runs(struct memory_plan *plan, const struct memory_row *rows, uint32_t row_count, char *folder) {
    make_plan(plan, 10000);
    memory_reset(rows, row_count);
    memory.world = env_virtual_new(2 * HOUR_US, 1);
    memory.on_poll = jump_before_rows;
    if (!folder)
        return;
    make_folder(folder, "processing-time");
    memory.checkpoint_uri = folder;
}

/* To its end, or stopped after so many batches; no row is late. */
static void run_once(struct memory_plan *plan, uint64_t stop_batches, const char *wanted) {
    memory.stop_batches = stop_batches;
    memory_run_ok(plan, 1);
    assert_int_equal(job_stopped_itself(memory.job), stop_batches > 0);
    assert_int_equal(job_rows_late(memory.job), 0);
    assert_string_equal(strbuf_text(&output.text), wanted);
    job_free(memory.job);
}

static void end_runs(struct memory_plan *plan, const char *folder) {
    arena_release(&plan->arena);
    env_virtual_free(memory.world);
    if (folder)
        remove_tree(folder);
}

/* Without checkpoints nobody stamps: a wall clock that goes ahead is followed, one that goes back is not. */
static void windows_close_in_order_while_the_clock_jumps(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{.key = 1},
                                             {.key = 1, .wait_us = 4000},
                                             {.key = 1, .wait_us = 4000},
                                             {.key = 1, .wait_us = 4000},
                                             {.key = 1, .wait_us = 4000}};
    struct memory_plan plan;
    begin_runs(&plan, rows, 5, NULL);
    set_jumps(1, HOUR_US, 4, 3 * HOUR_US);
    run_once(&plan, 0,
             "+I 1 3 7200000000 7200010000 7200009000\n"
             "+I 1 1 7200010000 7200020000 7200019000\n"
             "+I 1 1 10800000000 10800010000 10800009000\n");
    end_runs(&plan, NULL);
}

/* A job that was stopped within a window goes on in it, although the clock is an hour back, and does not open it again when it is an hour ahead. */
static void a_restored_job_does_not_go_behind_its_state(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{.key = 1}, {.key = 1, .wait_us = 4000},
                                             {.key = 1}, {.key = 1, .wait_us = 4000},
                                             {.key = 1}, {.key = 1, .wait_us = 4000}};
    for (int is_stamped = 0; is_stamped < 2; is_stamped++) {
        struct memory_plan plan;
        char folder[64];
        begin_runs(&plan, rows, 6, folder);
        memory.checkpoint_interval_us = is_stamped ? HOUR_US : 0; /* none but the last epoch */
        run_once(&plan, 2, "");
        env_virtual_set_now(memory.world, HOUR_US);
        run_once(&plan, 2, "");
        env_virtual_set_now(memory.world, 3 * HOUR_US);
        run_once(&plan, 0,
                 "+I 1 4 7200000000 7200010000 7200009000\n"
                 "+I 1 2 10800000000 10800010000 10800009000\n");
        end_runs(&plan, folder);
    }
}

/* An hour ahead for a moment that the coordinator did not see: its stamp is behind, and the state of the task is not. */
static void a_task_that_was_ahead_of_the_stamp_is_restored_there(void **state) {
    (void)state;
    static const struct memory_row rows[] = {
        {.key = 1}, {.key = 1, .wait_us = 4000}, {.key = 1, .wait_us = 4000}, {.key = 1}};
    struct memory_plan plan;
    char folder[64];
    begin_runs(&plan, rows, 4, folder);
    set_jumps(1, 3 * HOUR_US, 2, 2 * HOUR_US);
    run_once(&plan, 3, "+I 1 1 7200000000 7200010000 7200009000\n");
    run_once(&plan, 0,
             "+I 1 1 7200000000 7200010000 7200009000\n"
             "+I 1 3 10800000000 10800010000 10800009000\n");
    end_runs(&plan, folder);
}

/* ---- several tasks, and barriers ---- */

/* The real clocks, and a wall clock that is set to another time. */
static struct {
    struct env env;
    struct env_class class;
    _Atomic int64_t ahead_us;
} shifted;

static int64_t shifted_now_us(struct env *env) {
    (void)env;
    return env_now_us(env_posix()) + atomic_load(&shifted.ahead_us);
}

static void set_wall_clock(int64_t wall_us) {
    atomic_store(&shifted.ahead_us, wall_us - env_now_us(env_posix()));
}

enum { KEYS = 8 };

/* Before a row: the wall clock is set, and two epochs are decided, the second of which was stamped and taken by all tasks afterwards. */
static struct {
    uint32_t row;
    int64_t wall_us;
    uint64_t epoch; /* to wait for; 0: not set yet */
} jump;

static bool has_jumped(struct memory_table *table, uint32_t next_row) {
    if (next_row != jump.row)
        return true;
    struct checkpointer_status status;
    assert_true(job_checkpoint_status(table->job, &status));
    if (jump.epoch == 0) {
        set_wall_clock(jump.wall_us);
        jump.epoch = status.decided_epoch + 2;
    }
    return status.decided_epoch >= jump.epoch;
}

static void run_shifted(struct memory_plan *plan, const char *folder, uint32_t row, int64_t wall_us) {
    struct job_config config = {.plan = &plan->plan,
                                .registry = &memory_registry,
                                .env = &shifted.env,
                                .result = &output.target,
                                .batch_rows = 1,
                                .checkpoint_uri = folder,
                                .checkpoint_interval_us = 2000};
    struct error error = {0};
    jump.row = row, jump.wall_us = wall_us, jump.epoch = 0;
    if (job_open(&config, &memory.job, &error) != STATUS_OK || job_run(memory.job, &error) != STATUS_OK)
        fail_msg("%s: %s", status_name(error.status), error.message);
    assert_int_equal(job_rows_late(memory.job), 0);
}

static bool stops_after_two_rounds(struct memory_table *table, uint32_t next_row) {
    if (next_row < 2 * KEYS)
        return has_jumped(table, next_row);
    job_stop(table->job);
    return false;
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Windows of an hour, three rows a key: one before the wall clock is set an hour ahead; one after, when a barrier has brought that to all tasks;
 * one after a restart, two hours back. */
static void all_tasks_go_by_the_stamps_of_barriers(void **state) {
    (void)state;
    static struct memory_row rows[3 * KEYS];
    for (uint32_t i = 0; i < 3 * KEYS; i++)
        rows[i] = (struct memory_row){.key = i % KEYS};
    shifted.class = *env_posix()->class;
    shifted.class.now_us = shifted_now_us;
    shifted.env.class = &shifted.class;
    struct memory_plan plan;
    char folder[64], *lines[2 * KEYS + 1] = {0}, *save;
    make_folder(folder, "processing-time");
    make_plan(&plan, HOUR_US);
    plan.plan.parallelism = 3;
    memory_reset(rows, 3 * KEYS);
    memory.is_ready = stops_after_two_rounds;
    set_wall_clock(100 * HOUR_US + HOUR_US / 2);
    run_shifted(&plan, folder, KEYS, 101 * HOUR_US + HOUR_US / 2);
    assert_int_equal(memory.next_row, 2 * KEYS);
    job_free(memory.job);
    memory.is_ready = has_jumped;
    set_wall_clock(99 * HOUR_US + HOUR_US / 2);
    run_shifted(&plan, folder, 2 * KEYS, 99 * HOUR_US + HOUR_US / 2);
    uint32_t count = 0;
    for (char *line = strtok_r(output.text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        assert_true(count < 2 * KEYS);
        lines[count++] = line;
    }
    assert_int_equal(count, 2 * KEYS);
    qsort(lines, count, sizeof *lines, compare_texts);
    for (uint32_t i = 0; i < count; i++) {
        char wanted[100];
        long long start_us = (100 + i % 2) * HOUR_US;
        snprintf(wanted, sizeof wanted, "+I %u %u %lld %lld %lld", i / 2, 1 + i % 2, start_us, start_us + HOUR_US,
                 start_us + HOUR_US - 1000);
        assert_string_equal(lines[i], wanted);
    }
    job_free(memory.job);
    arena_release(&plan.arena);
    remove_tree(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_close_in_order_while_the_clock_jumps),
        cmocka_unit_test(a_restored_job_does_not_go_behind_its_state),
        cmocka_unit_test(a_task_that_was_ahead_of_the_stamp_is_restored_there),
        cmocka_unit_test(all_tasks_go_by_the_stamps_of_barriers),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_release(&output.text);
    return failed;
}
