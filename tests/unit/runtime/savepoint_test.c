/* savepoint_test.c: savepoints are made, restored, forked and kept; of the rest the newest epochs stay, and what is not published. */
#include "tests/unit/runtime/memory_outside.h"

#include <glob.h>

#include "runtime/checkpoint/sweeper.h"

enum { ROWS = 60 };
static struct memory_plan plan;
static char folder[64], other[64];

static int setup(void **state) {
    (void)state;
    make_folder(folder, "savepoint");
    make_folder(other, "savepoint-other");
    memset(&plan, 0, sizeof plan);
    outside_plan(&plan, "sum_bigint");
    outside_expect(&plan, ROWS);
    outside_reset(ROWS);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    outside_spills = outside_any_order = false;
    remove_tree(folder);
    remove_tree(other);
    arena_release(&plan.arena);
    outside_forget_expected();
    outside_release();
    return 0;
}

/* Stops when so many rows were read. */
static void stop_at(struct outside_run *run, uint32_t rows) {
    pthread_t thread;
    outside.row_limit = rows;
    outside.rows_read = 0;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, run), 0);
    OUTSIDE_UNTIL(__atomic_load_n(&outside.rows_read, __ATOMIC_ACQUIRE) == rows);
    outside_stop();
    pthread_join(thread, NULL);
    if (run->status != STATUS_OK)
        fail_msg("%s (%s)", run->error.message, run->error.detail);
}

/* Stops in the middle of the input, with a savepoint, whose name is given back. */
static void stop_with_savepoint(const char *where, char savepoint[512]) {
    struct outside_run run = {.plan = &plan, .folder = where, .stop_with_savepoint = true};
    stop_at(&run, 24);
    assert_int_equal(run.checkpoints.savepoint_count, 1);
    assert_int_equal(run.checkpoints.published_epoch, run.checkpoints.decided_epoch);
    snprintf(savepoint, 512, "%s", run.checkpoints.savepoint);
    assert_non_null(strstr(savepoint, "/savepoints/epoch-"));
    outside_check_beginning("stopped with a savepoint");
    outside.row_limit = ROWS;
}

static void must_refuse(const char *where, const char *savepoint, enum status status, const char *cause) {
    uint64_t commits = outside.commits;
    struct outside_run run = {.plan = &plan, .folder = where, .savepoint = savepoint};
    outside_job(&run);
    if (run.status != status || (!strstr(run.error.message, cause) && !strstr(run.error.detail, cause)))
        fail_msg("%s: %s (%s) instead of: %s", status_name(run.status), run.error.message, run.error.detail, cause);
    assert_int_equal(outside.commits, commits);
}

static void a_savepoint_is_restored_where_it_was_made(void **state) {
    (void)state;
    char savepoint[512];
    struct outside_head before, after;
    stop_with_savepoint(folder, savepoint);
    assert_int_equal(outside_head_read(folder, &before), STATUS_OK);
    struct outside_run run = {.plan = &plan, .folder = folder, .savepoint = savepoint};
    outside_job_ok(&run);
    outside_check("restored");
    assert_int_equal(outside_head_read(folder, &after), STATUS_OK);
    assert_true(incarnation_equal(&before.head.job, &after.head.job));
    must_refuse(folder, savepoint, STATUS_CHECKPOINT_UNUSABLE, "epochs after the savepoint are decided");
    arena_release(&before.arena);
    arena_release(&after.arena);
}

/* HEAD is lost; the savepoint says where the job was. */
static void a_savepoint_replaces_a_lost_head(void **state) {
    (void)state;
    char savepoint[512], path[100];
    stop_with_savepoint(folder, savepoint);
    snprintf(path, sizeof path, "%s/HEAD", folder);
    assert_int_equal(remove(path), 0);
    struct outside_run run = {.plan = &plan, .folder = folder, .savepoint = savepoint};
    outside_job_ok(&run);
    outside_check("restored without HEAD");
}

/* In another folder it is another job, with markers of its own; both go on by themselves. */
static void a_savepoint_is_forked_to_another_folder(void **state) {
    (void)state;
    char savepoint[512];
    struct outside_head origin, fork;
    stop_with_savepoint(folder, savepoint);
    struct outside_run run = {.plan = &plan, .folder = other, .savepoint = savepoint};
    outside_job_ok(&run);
    outside_check("forked"); /* the first job's rows, and then the fork's */
    assert_int_equal(outside_head_read(folder, &origin), STATUS_OK);
    assert_int_equal(outside_head_read(other, &fork), STATUS_OK);
    assert_false(incarnation_equal(&origin.head.job, &fork.head.job));
    assert_true(fork.head.epoch > origin.head.epoch);
    must_refuse(other, savepoint, STATUS_CHECKPOINT_UNUSABLE, "there is a checkpoint at this path already");
    /* The origin is as it was: it writes the second half once more, as the job that it is. */
    size_t size = outside.topics[0][0].size;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    assert_true(outside.topics[0][0].size > size);
    arena_release(&origin.arena);
    arena_release(&fork.arena);
}

/* The fork lives on its own, also after its origin is gone. */
static void a_fork_needs_its_origin_only_once(void **state) {
    (void)state;
    char savepoint[512];
    pthread_t thread;
    stop_with_savepoint(folder, savepoint);
    struct outside_run run = {.plan = &plan, .folder = other, .savepoint = savepoint};
    outside.row_limit = 40;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, &run), 0);
    OUTSIDE_UNTIL(__atomic_load_n(&outside.rows_read, __ATOMIC_ACQUIRE) == 40);
    outside_stop();
    pthread_join(thread, NULL);
    assert_int_equal(run.status, STATUS_OK);
    remove_tree(folder);
    outside.row_limit = ROWS;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = other});
    outside_check("a fork without its origin");
}

static void what_is_no_savepoint_of_ours_is_refused(void **state) {
    (void)state;
    char savepoint[512], path[600], command[700];
    stop_with_savepoint(folder, savepoint);
    const char *name = strrchr(savepoint, '#') + 1;
    must_refuse(other, folder, STATUS_INVALID_OPTION, "is not a savepoint");
    snprintf(path, sizeof path, "%s#nothing/savepoints/here", folder);
    must_refuse(other, path, STATUS_CHECKPOINT_UNUSABLE, "there is no such savepoint");
    snprintf(path, sizeof path, "%s#../../etc/passwd", folder);
    must_refuse(other, path, STATUS_INVALID_ARGUMENT, "cannot be the name of a stored object");
    /* Another job's, in this one's folder. */
    char second[512];
    outside_reset(ROWS);
    stop_with_savepoint(other, second);
    snprintf(command, sizeof command, "cp -r %s/%.32s %s/", folder, name, other);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s#%s", other, name);
    must_refuse(other, path, STATUS_CHECKPOINT_UNUSABLE, "the savepoint belongs to another job");
    /* And one that was damaged. */
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fputc('x', file), 'x');
    fclose(file);
    must_refuse(folder, savepoint, STATUS_CHECKPOINT_UNUSABLE, "the savepoint cannot be read");
}

/* ---- what stays ---- */

static uint32_t count_files(const char *pattern) {
    char text[300];
    glob_t found;
    snprintf(text, sizeof text, "%s/%s", folder, pattern);
    uint32_t count = glob(text, 0, NULL, &found) == 0 ? (uint32_t)found.gl_pathc : 0;
    globfree(&found);
    return count;
}

/* One run of garbage collection in the name of the generation that HEAD names. */
static void sweep(uint64_t published_epoch, uint32_t manifests_left) {
    struct outside_head head;
    struct arena arena;
    struct store *store;
    struct error error;
    arena_init(&arena);
    assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
    assert_int_equal(store_open(checkpoint_uri(&arena, folder, NULL), NULL, &store, &error), STATUS_OK);
    struct sweeper_config config = {.store = store,
                                    .job = head.head.job,
                                    .owner = head.head.owner,
                                    .generation = head.head.generation,
                                    .pause_us = 1000};
    struct sweeper *sweeper = sweeper_new(&config);
    sweeper_published(sweeper, published_epoch);
    OUTSIDE_UNTIL(count_files("*/*/*/*/manifest-*") == manifests_left);
    sweeper_free(sweeper);
    store_close(store);
    arena_release(&head.arena);
    arena_release(&arena);
}

/* Three epochs, and the savepoint's; all can be started from. */
static void the_newest_epochs_and_savepoints_stay(void **state) {
    (void)state;
    char savepoint[512];
    struct outside_head head;
    stop_with_savepoint(folder, savepoint);
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("after the savepoint");
    assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
    assert_in_range(head.head.epoch, SWEEPER_RETAINED_EPOCHS + 3, 1000);
    /* By its run at the end: the job was shorter than the pause before the first. */
    assert_int_equal(count_files("*/*/*/*/manifest-*"), SWEEPER_RETAINED_EPOCHS + 1);
    assert_int_equal(count_files("*/savepoints/*"), 1);
    arena_release(&head.arena);
    /* HEAD's epoch is whole, … */
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("after the collection");
    /* … and the savepoint's: what follows it comes once more, in another job. */
    size_t size = outside.topics[0][0].size;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = other, .savepoint = savepoint});
    assert_true(outside.topics[0][0].size > size);
}

/* An outside that was away for long: the logs that it still has to get are older than the epochs that are kept. */
static void what_is_not_published_stays(void **state) {
    (void)state;
    pthread_t thread;
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside.paced = false;
    outside.row_limit = 40;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, &run), 0);
    OUTSIDE_UNTIL(outside_checkpoints().published_epoch >= 6);
    __atomic_store_n(&outside.away, true, __ATOMIC_RELEASE);
    __atomic_store_n(&outside.row_limit, ROWS - 4, __ATOMIC_RELEASE);
    OUTSIDE_UNTIL(outside_checkpoints().decided_epoch == outside_checkpoints().published_epoch + 3);
    outside_stop();
    outside_stop();
    pthread_join(thread, NULL);
    assert_int_equal(run.status, STATUS_OK);
    uint64_t published = run.checkpoints.published_epoch;
    assert_true(published < run.checkpoints.decided_epoch);
    sweep(published, SWEEPER_RETAINED_EPOCHS);
    __atomic_store_n(&outside.away, false, __ATOMIC_RELEASE);
    outside.row_limit = ROWS;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("published after the collection");
}

static void leave_garbage(const struct head *head) {
    struct object_id id = {
        .job = head->job, .generation = head->generation, .epoch = 1, .kind = OBJECT_STATE, .number = 77};
    char name[OBJECT_NAME_SIZE], command[2 * OBJECT_NAME_SIZE + 200];
    object_name_format(&id, name);
    snprintf(command, sizeof command, "cd %s && mkdir -p $(dirname %s) && touch %s", folder, name, name);
    assert_int_equal(system(command), 0);
}

/* Who was superseded deletes nothing, whatever it believes. */
static void a_stale_sweeper_deletes_nothing(void **state) {
    (void)state;
    struct outside_head head;
    struct arena arena;
    struct store *store;
    struct error error;
    arena_init(&arena);
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder}); /* another generation: HEAD is its */
    /* Something that is garbage for whoever does not look at HEAD: an object of the first generation that nobody names. */
    leave_garbage(&head.head);
    uint32_t count = count_files("*/*/*/*/*");
    assert_int_equal(store_open(checkpoint_uri(&arena, folder, NULL), NULL, &store, &error), STATUS_OK);
    struct sweeper_config config = {.store = store,
                                    .job = head.head.job,
                                    .owner = head.head.owner,
                                    .generation = head.head.generation,
                                    .pause_us = 1000};
    struct sweeper *sweeper = sweeper_new(&config);
    sweeper_published(sweeper, head.head.epoch);
    uint32_t seen = 0;
    OUTSIDE_UNTIL_CALM(seen != count_files("*/*/*/*/*"), seen = count_files("*/*/*/*/*"));
    sweeper_free(sweeper);
    assert_int_equal(seen, count);
    store_close(store);
    arena_release(&head.arena);
    arena_release(&arena);
}

/* Jobs of a few milliseconds, without a lane that could report a publication: their place does not grow for ever. */
static void short_jobs_collect_too(void **state) {
    (void)state;
    static const struct memory_row rows[] = {{1, 1, 1000, ROW_NULL, 0, 0}, {2, 2, 2000, ROW_NULL, 0, 0},
                                             {3, 3, 3000, ROW_NULL, 0, 0}, {4, 4, 4000, ROW_NULL, 0, 0},
                                             {5, 5, 5000, ROW_NULL, 0, 0}, {6, 6, 6000, ROW_NULL, 0, 0}};
    struct memory_plan short_plan = {0};
    plan_init(&short_plan);
    plan_add_scan(&short_plan, false, 0);
    plan_add_sink(&short_plan, "memory");
    memory_reset(rows, 6);
    memory.checkpoint_uri = folder;
    memory.stop_batches = 1;
    for (int i = 0; i < 6; i++) {
        memory_run_ok(&short_plan, 1);
        job_free(memory.job);
        assert_in_range(count_files("*/*/*/*/manifest-*"), 1, SWEEPER_RETAINED_EPOCHS);
    }
    assert_int_equal(memory.next_row, 6);
    arena_release(&short_plan.arena);
    strbuf_release(&output.text);
}

/* Groups of one window, which stays open. */
static void keep_groups(void) {
    Plan__Window *window = plan.nodes[1]->window_aggregate->window;
    window->size_us = window->slide_us = INT64_C(1) << 40;
    outside_forget_expected();
    outside_expect(&plan, ROWS);
    outside_reset(ROWS);
    outside.paced = false;
    outside_spills = outside_any_order = true;
}

/* What the first epochs wrote of the groups later ones name, in whichever process; CURRENT and the like are written each time. */
static void files_are_written_once(void **state) {
    (void)state;
    uint32_t shared;
    keep_groups();
    for (uint32_t stop = 0; stop < 3; stop++) {
        struct outside_run run = {.plan = &plan, .folder = folder, .interval_us = -1};
        stop_at(&run, 14 * (stop + 1));
        assert_int_equal(outside_files(folder, &shared), 4 + stop);
        assert_int_equal(shared, stop);
    }
    outside.row_limit = ROWS;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    outside_check("to the end");
}

/* It has all groups in it, so it goes to another folder, and to memory; the epoch after it has files again. */
static void a_savepoint_has_no_files(void **state) {
    (void)state;
    char savepoint[512];
    uint32_t shared;
    keep_groups();
    struct outside_run run = {.plan = &plan, .folder = folder};
    stop_at(&run, 14);
    assert_true(outside_files(folder, &shared) > 0);
    stop_with_savepoint(folder, savepoint);
    assert_int_equal(outside_files(folder, &shared), 0);
    outside_spills = false;
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = other, .savepoint = savepoint});
    outside_check("in memory");
    outside_spills = true;
    run = (struct outside_run){.plan = &plan, .folder = folder, .interval_us = -1};
    stop_at(&run, 28);
    assert_true(outside_files(folder, &shared) > 0);
    assert_int_equal(shared, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_written_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_savepoint_has_no_files, setup, teardown),
        cmocka_unit_test_setup_teardown(a_savepoint_is_restored_where_it_was_made, setup, teardown),
        cmocka_unit_test_setup_teardown(a_savepoint_replaces_a_lost_head, setup, teardown),
        cmocka_unit_test_setup_teardown(a_savepoint_is_forked_to_another_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fork_needs_its_origin_only_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_savepoint_of_ours_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_epochs_and_savepoints_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_published_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_sweeper_deletes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(short_jobs_collect_too, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
