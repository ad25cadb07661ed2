/* env_test.c: the same file tests in the real and in the virtual world, then what only one of them does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/env_virtual.h"

struct world {
    struct env *env;
    struct env_virtual *virtual;
    char folder[64];
    char path[96], other[96];
};

static int name_files(struct world *world) {
    snprintf(world->path, sizeof world->path, "%s/first", world->folder);
    snprintf(world->other, sizeof world->other, "%s/second", world->folder);
    return 0;
}

static int enter_posix(void **state) {
    static struct world world;
    world = (struct world){.env = env_posix()};
    snprintf(world.folder, sizeof world.folder, "/tmp/env_test.XXXXXX");
    *state = &world;
    return mkdtemp(world.folder) ? name_files(&world) : -1;
}

static int leave_posix(void **state) {
    struct world *world = *state;
    unlink(world->path);
    unlink(world->other);
    return rmdir(world->folder);
}

static int enter_virtual(void **state) {
    static struct world world;
    world = (struct world){.virtual = env_virtual_new(1700000000000000, 42), .folder = "/data"};
    world.env = env_virtual_env(world.virtual);
    *state = &world;
    return name_files(&world);
}

static int leave_virtual(void **state) {
    struct world *world = *state;
    env_virtual_free(world->virtual);
    return 0;
}

static void write_text(struct world *world, const char *path, enum env_open_mode mode, const char *text) {
    struct env_file *file;
    assert_int_equal(env_file_open(world->env, path, mode, &file, NULL), STATUS_OK);
    assert_int_equal(env_file_write(file, text, strlen(text), NULL), STATUS_OK);
    assert_int_equal(env_file_sync(file, NULL), STATUS_OK);
    env_file_close(file);
}

static void assert_content(struct world *world, const char *path, const char *expected) {
    struct env_file *file;
    assert_int_equal(env_file_open(world->env, path, ENV_OPEN_READ, &file, NULL), STATUS_OK);
    uint64_t size;
    assert_int_equal(env_file_size(file, &size, NULL), STATUS_OK);
    assert_int_equal(size, strlen(expected));
    char data[256];
    size_t total = 0, got;
    do { /* in pieces: reads go on where the last one ended */
        assert_int_equal(env_file_read(file, data + total, 3, &got, NULL), STATUS_OK);
        assert_true(got <= 3);
        total += got;
    } while (got);
    data[total] = '\0';
    assert_string_equal(data, expected);
    env_file_close(file);
}

static void files(void **state) {
    struct world *world = *state;
    write_text(world, world->path, ENV_OPEN_NEW, "one");
    write_text(world, world->path, ENV_OPEN_APPEND, ", two");
    assert_content(world, world->path, "one, two");
    write_text(world, world->path, ENV_OPEN_TRUNCATE, "three");
    assert_content(world, world->path, "three");
    write_text(world, world->other, ENV_OPEN_APPEND, "old");
    assert_int_equal(env_path_rename(world->env, world->path, world->other, NULL), STATUS_OK);
    assert_content(world, world->other, "three");
    assert_int_equal(env_path_remove(world->env, world->other, NULL), STATUS_OK);
}

static void open_file_outlives_its_name(void **state) {
    struct world *world = *state;
    write_text(world, world->path, ENV_OPEN_NEW, "text");
    struct env_file *file;
    assert_int_equal(env_file_open(world->env, world->path, ENV_OPEN_READ, &file, NULL), STATUS_OK);
    assert_int_equal(env_path_remove(world->env, world->path, NULL), STATUS_OK);
    char data[8];
    size_t got;
    assert_int_equal(env_file_read(file, data, sizeof data, &got, NULL), STATUS_OK);
    assert_int_equal(got, 4);
    env_file_close(file);
}

static void failures_name_the_path(void **state) {
    struct world *world = *state;
    struct error error = {0};
    struct env_file *file;
    assert_int_equal(env_file_open(world->env, world->path, ENV_OPEN_READ, &file, &error), STATUS_UNDEFINED_FILE);
    assert_non_null(strstr(error.message, world->path));
    assert_int_equal(env_path_rename(world->env, world->path, world->other, &error), STATUS_UNDEFINED_FILE);
    assert_int_equal(env_path_remove(world->env, world->path, &error), STATUS_UNDEFINED_FILE);
    write_text(world, world->path, ENV_OPEN_NEW, "x");
    assert_int_equal(env_file_open(world->env, world->path, ENV_OPEN_NEW, &file, &error), STATUS_FILE_ERROR);
    assert_int_equal(env_file_open(world->env, world->path, ENV_OPEN_READ, &file, &error), STATUS_OK);
    assert_int_equal(env_file_write(file, "y", 1, &error), STATUS_FILE_ERROR);
    env_file_close(file);
}

static void posix_failures(void **state) {
    struct world *world = *state;
    struct error error = {0};
    struct env_file *file;
    assert_int_equal(env_file_open(world->env, world->folder, ENV_OPEN_READ, &file, &error), STATUS_FILE_ERROR);
    assert_non_null(strstr(error.message, "directory"));
    assert_int_equal(env_file_open(world->env, "/dev/full", ENV_OPEN_APPEND, &file, &error), STATUS_OK);
    assert_int_equal(env_file_write(file, "x", 1, &error), STATUS_DISK_FULL);
    assert_string_equal(status_sqlstate(error.status), "53100");
    env_file_close(file);
}

static void posix_clocks_and_randomness(void **state) {
    struct world *world = *state;
    int64_t before = env_monotonic_us(world->env);
    int64_t now_us = env_now_us(world->env);
    assert_true(now_us > 1700000000000000 && now_us < 4102444800000000); /* 2023 to 2100 */
    assert_true(env_monotonic_us(world->env) >= before);
    assert_int_not_equal(env_random_u64(world->env), env_random_u64(world->env));
}

static void virtual_clocks_and_randomness(void **state) {
    struct world *world = *state;
    assert_int_equal(env_now_us(world->env), 1700000000000000);
    int64_t start = env_monotonic_us(world->env);
    env_virtual_advance(world->virtual, 1500);
    assert_int_equal(env_now_us(world->env), 1700000000001500);
    env_virtual_set_now(world->virtual, 7);
    assert_int_equal(env_now_us(world->env), 7);
    assert_int_equal(env_monotonic_us(world->env), start + 1500);
    struct env_virtual *same = env_virtual_new(0, 42), *other = env_virtual_new(0, 43);
    uint64_t first = env_random_u64(world->env);
    assert_int_equal(env_random_u64(env_virtual_env(same)), first);
    assert_int_not_equal(env_random_u64(env_virtual_env(other)), first);
    assert_int_not_equal(env_random_u64(world->env), first);
    env_virtual_free(same);
    env_virtual_free(other);
}

static enum status write_and_sync(struct world *world, struct error *error) {
    struct env_file *file;
    TRY(env_file_open(world->env, world->path, ENV_OPEN_TRUNCATE, &file, error));
    enum status status = env_file_write(file, "abc", 3, error);
    if (status == STATUS_OK)
        status = env_file_sync(file, error);
    env_file_close(file);
    return status;
}

static void virtual_failures_in_turn(void **state) {
    struct world *world = *state;
    for (int64_t i = 0; i < 3; i++) {
        struct error error = {0};
        env_virtual_fail_at(world->virtual, i, STATUS_DISK_FULL);
        assert_int_equal(write_and_sync(world, &error), STATUS_DISK_FULL);
        assert_non_null(strstr(error.message, world->path));
        assert_int_equal(write_and_sync(world, &error), STATUS_OK); /* once only */
    }
    uint64_t before = env_virtual_operations(world->virtual);
    env_virtual_fail_at(world->virtual, 3, STATUS_FILE_ERROR);
    assert_int_equal(write_and_sync(world, NULL), STATUS_OK);
    assert_int_equal(env_virtual_operations(world->virtual), before + 3);
}

static void virtual_disk_full(void **state) {
    struct world *world = *state;
    env_virtual_set_capacity(world->virtual, 2);
    assert_int_equal(write_and_sync(world, NULL), STATUS_DISK_FULL);
    env_virtual_set_capacity(world->virtual, 3);
    assert_int_equal(write_and_sync(world, NULL), STATUS_OK);
    assert_content(world, world->path, "abc");
}

static void virtual_crash_loses_what_was_not_synced(void **state) {
    struct world *world = *state;
    write_text(world, world->path, ENV_OPEN_NEW, "safe");
    struct env_file *file;
    assert_int_equal(env_file_open(world->env, world->path, ENV_OPEN_APPEND, &file, NULL), STATUS_OK);
    assert_int_equal(env_file_write(file, " or not", 7, NULL), STATUS_OK);
    assert_content(world, world->path, "safe or not");
    env_virtual_crash(world->virtual);
    assert_content(world, world->path, "safe");
    env_file_close(file);
}

#define POSIX(test) cmocka_unit_test_setup_teardown(test, enter_posix, leave_posix)
#define VIRTUAL(test) cmocka_unit_test_setup_teardown(test, enter_virtual, leave_virtual)

int main(void) {
    const struct CMUnitTest tests[] = {
        POSIX(files),
        VIRTUAL(files),
        POSIX(open_file_outlives_its_name),
        VIRTUAL(open_file_outlives_its_name),
        POSIX(failures_name_the_path),
        VIRTUAL(failures_name_the_path),
        POSIX(posix_failures),
        POSIX(posix_clocks_and_randomness),
        VIRTUAL(virtual_clocks_and_randomness),
        VIRTUAL(virtual_failures_in_turn),
        VIRTUAL(virtual_disk_full),
        VIRTUAL(virtual_crash_loses_what_was_not_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
