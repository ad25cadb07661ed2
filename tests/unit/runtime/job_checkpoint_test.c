/* checkpoint_test.c: checkpoints of whole jobs on a virtual disk: what is damaged is found and named, whatever fails leaves one that can
 * be used, and state never meets another query. That a job goes on as if nothing had happened: window_model_test, tests/sql. */
#include "tests/unit/runtime/memory_job.h"

#include "runtime/checkpoint.h"

enum { ROWS = 60 };
static struct memory_row rows[ROWS];
static struct env_virtual *world;
static struct memory_plan plan;

static void build_plan(const char *aggregate) {
    static const char *ids[3];
    ids[0] = "count_star";
    ids[1] = aggregate;
    plan_init(&plan);
    plan_add_scan(&plan, true, 0);
    plan_add_window(&plan, PLAN__WINDOW_KIND__TUMBLE, 100000, 100000, 0, true, ids);
    plan_add_sink(&plan, "");
}

static int setup(void **state) {
    (void)state;
    memset(&plan, 0, sizeof plan);
    world = env_virtual_new(1000000, 1);
    for (int64_t i = 0; i < ROWS; i++)
        rows[i] =
            (struct memory_row){.key = i % 7, .value = i * 3, .time_us = i * 10000, .watermark_us = i * 10000 - 50000};
    build_plan("sum_bigint");
    memory_reset(rows, ROWS);
    memory.world = world;
    memory.checkpoint_uri = "folder";
    return 0;
}

static int teardown(void **state) {
    (void)state;
    memory_reset(rows, 0);
    strbuf_release(&output.text);
    arena_release(&plan.arena);
    env_virtual_free(world);
    return 0;
}

static enum status run_piece(uint64_t batches, struct error *error) {
    memory.next_row = 0;
    memory.stop_batches = batches;
    memory.job = NULL;
    *error = (struct error){0};
    enum status status = memory_run(&plan, 3, error);
    if (memory.job)
        job_free(memory.job);
    return status;
}

static void must_run(uint64_t batches) {
    struct error error;
    if (run_piece(batches, &error) != STATUS_OK)
        fail_msg("%s: %s", status_name(error.status), error.message);
}

static bool has_file(const char *path) {
    struct env_file *file;
    if (env_file_open(env_virtual_env(world), path, ENV_OPEN_READ, &file, NULL) != STATUS_OK)
        return false;
    env_file_close(file);
    return true;
}

static size_t read_whole(const char *path, char *data, size_t capacity) {
    struct env_file *file;
    size_t size = 0, got = 1;
    assert_int_equal(env_file_open(env_virtual_env(world), path, ENV_OPEN_READ, &file, NULL), STATUS_OK);
    for (; got > 0; size += got)
        assert_int_equal(env_file_read(file, data + size, capacity - size, &got, NULL), STATUS_OK);
    env_file_close(file);
    assert_true(size < capacity);
    return size;
}

static void write_whole(const char *path, const char *data, size_t size) {
    struct env_file *file;
    assert_int_equal(env_file_open(env_virtual_env(world), path, ENV_OPEN_TRUNCATE, &file, NULL), STATUS_OK);
    assert_int_equal(env_file_write(file, data, size, NULL), STATUS_OK);
    env_file_close(file);
}

static enum status load(uint64_t number, struct error *error) {
    struct checkpoint *checkpoint = NULL;
    *error = (struct error){0};
    enum status status = checkpoint_load(env_virtual_env(world), "folder", number, &plan.plan, &checkpoint, error);
    checkpoint_free(checkpoint);
    return status;
}

static const char *const files[] = {"folder/chk-1/manifest", "folder/chk-1/op-0.state", "folder/chk-1/op-1.state",
                                    "folder/chk-1/op-2.state"};
enum { FILES = sizeof files / sizeof files[0], FILE_MAX = 1 << 16 };

/* Every bit of every file, flipped alone; then every file cut everywhere, and one byte longer. */
static void damage_is_found(void **state) {
    (void)state;
    static char data[FILE_MAX];
    struct error error;
    must_run(4);
    assert_int_equal(load(1, &error), STATUS_OK);
    for (int f = 0; f < FILES; f++) {
        size_t size = read_whole(files[f], data, FILE_MAX - 1);
        assert_true(size > 20);
        for (size_t bit = 0; bit < size * 8; bit++) {
            data[bit / 8] = (char)(data[bit / 8] ^ 1 << bit % 8);
            write_whole(files[f], data, size);
            assert_int_equal(load(1, &error), STATUS_MALFORMED_RECORD);
            assert_non_null(strstr(error.message, files[f]));
            data[bit / 8] = (char)(data[bit / 8] ^ 1 << bit % 8);
        }
        for (size_t cut = 0; cut < size; cut++) {
            write_whole(files[f], data, cut);
            assert_int_equal(load(1, &error), STATUS_MALFORMED_RECORD);
        }
        data[size] = '\n';
        write_whole(files[f], data, size + 1);
        assert_int_equal(load(1, &error), STATUS_MALFORMED_RECORD);
        write_whole(files[f], data, size);
        assert_int_equal(load(1, &error), STATUS_OK);
        assert_int_equal(env_path_remove(env_virtual_env(world), files[f], NULL), STATUS_OK);
        assert_int_equal(load(1, &error), STATUS_UNDEFINED_FILE);
        write_whole(files[f], data, size);
    }
    assert_int_equal(load(1, &error), STATUS_OK);
}

static void older_one_is_used(void **state) {
    (void)state;
    struct error error;
    must_run(2);
    must_run(2);
    write_whole("folder/chk-2/op-1.state", "x", 1);
    memory.next_row = 0;
    struct checkpoints checkpoints;
    struct checkpoint *newest;
    assert_int_equal(checkpoints_open(&checkpoints, env_virtual_env(world), "folder", &plan.plan, &newest, &error),
                     STATUS_OK);
    assert_int_equal(newest->number, 1);
    assert_int_equal(checkpoints.next_number, 3);
    checkpoint_free(newest);
    write_whole("folder/chk-1/manifest", "x", 1);
    assert_int_equal(run_piece(2, &error), STATUS_MALFORMED_RECORD);
    assert_non_null(strstr(error.message, "folder/chk-1/manifest"));
}

static void three_are_kept(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++)
        must_run(1);
    assert_false(has_file("folder/chk-1/manifest"));
    assert_false(has_file("folder/chk-2/manifest"));
    assert_false(has_file("folder/chk-2/op-0.state"));
    for (int i = 3; i <= 5; i++) {
        char path[64];
        snprintf(path, sizeof path, "folder/chk-%d/manifest", i);
        assert_true(has_file(path));
    }
}

static void another_query_is_refused(void **state) {
    (void)state;
    struct error error;
    must_run(2);
    arena_release(&plan.arena);
    memset(&plan, 0, sizeof plan);
    build_plan("max_bigint");
    assert_int_equal(run_piece(2, &error), STATUS_INVALID_OPTION);
    assert_string_equal(error.message, "checkpoint 1 is of another query: operator 1 was WindowAggregate with other "
                                       "properties, or is WindowAggregate now");
}

/* The straight run's rows, from pieces of which any may fail at any of its accesses to the disk. What was emitted after the last
 * checkpoint comes again, so each row is there at least once, and the last checkpoint always is whole. */
static void any_failure_leaves_a_checkpoint(void **state) {
    (void)state;
    struct error error;
    must_run(0);
    char last_line[1000];
    const char *text = strbuf_text(&output.text);
    assert_true(strlen(text) > 300);
    snprintf(last_line, sizeof last_line, "%s", text + strlen(text) - 300);
    for (int64_t operation = 0;; operation++) {
        struct env_virtual *earlier = world;
        env_virtual_free(earlier);
        memory.world = world = env_virtual_new(1000000, 1);
        strbuf_reset(&output.text);
        must_run(3);
        env_virtual_fail_at(world, operation, operation % 2 ? STATUS_DISK_FULL : STATUS_FILE_ERROR);
        enum status failed = run_piece(3, &error);
        env_virtual_fail_at(world, -1, STATUS_FILE_ERROR);
        if (operation % 3 == 0)
            env_virtual_crash(world);
        strbuf_reset(&output.text);
        must_run(0);
        assert_int_equal(memory.next_row, ROWS);
        assert_non_null(
            strstr(strbuf_text(&output.text), last_line)); /* windows that close last, with all their rows */
        if (failed == STATUS_OK && operation > 100)
            break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(damage_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(older_one_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(three_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(another_query_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(any_failure_leaves_a_checkpoint, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
