/* working_folder_test.c: folders of dead processes go, with all that is in them; what is in use, or is somebody else's business, stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/env.h"
#include "runtime/state/working_folder.h"
#include "tests/unit/runtime/memory_job.h"

static char parent[64];

static int setup(void **state) {
    (void)state;
    make_folder(parent, "working-folder");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    remove_tree(parent);
    return 0;
}

static const char *under(const char *base, const char *name) {
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", base, name);
    return path;
}

static void put_file(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(descriptor >= 0);
    close(descriptor);
}

static bool exists(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

static void fill(const char *folder) {
    put_file(under(folder, "CURRENT"));
    assert_int_equal(mkdir(under(folder, "db"), 0700), 0);
    put_file(under(folder, "db/000001.sst"));
}

static void open_folder(struct working_folder *folder) {
    uint64_t random;
    struct error error;
    assert_int_equal(working_folder_open(folder, env_posix(), parent, &random, &error), STATUS_OK);
    fill(folder->path);
}

static void a_folder_goes_when_it_is_closed(void **state) {
    (void)state;
    struct working_folder folder;
    struct stat info;
    open_folder(&folder);
    assert_int_equal(stat(folder.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    char path[256], lock_path[256];
    snprintf(path, sizeof path, "%s", folder.path);
    snprintf(lock_path, sizeof lock_path, "%s", folder.lock_path);
    working_folders_sweep(parent); /* it is in use */
    assert_true(exists(path) && exists(lock_path));
    working_folder_close(&folder);
    assert_false(exists(path) || exists(lock_path));
    working_folder_close(&folder);
}

/* A child that makes a folder and is killed. */
static void leave_one_behind(char *path, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct working_folder folder;
        open_folder(&folder);
        (void)!write(ends[1], folder.path, strlen(folder.path));
        close(ends[1]);
        for (;;)
            pause();
    }
    close(ends[1]);
    ssize_t got = 0, more;
    while ((more = read(ends[0], path + got, size - 1 - (size_t)got)) > 0)
        got += more;
    path[got] = '\0';
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void what_a_killed_process_left_is_removed(void **state) {
    (void)state;
    struct working_folder own;
    char left[256];
    open_folder(&own);
    leave_one_behind(left, sizeof left);
    assert_true(exists(under(left, "db/000001.sst")));
    working_folders_sweep(parent);
    assert_false(exists(left));
    strcat(left, ".lock");
    assert_false(exists(left));
    assert_true(exists(under(own.path, "db/000001.sst")));
    working_folder_close(&own);
}

static void only_our_own_is_removed(void **state) {
    (void)state;
    assert_int_equal(mkdir(under(parent, "precious"), 0700), 0);
    fill(under(parent, "precious"));
    /* A folder without a lock, a lock of another name, a link in the place of the folder, one in the place of the lock, one inside. */
    assert_int_equal(mkdir(under(parent, "streamsql-state-1"), 0700), 0);
    put_file(under(parent, "other-state-2.lock"));
    assert_int_equal(mkdir(under(parent, "other-state-2"), 0700), 0);
    put_file(under(parent, "streamsql-state-3.lock"));
    assert_int_equal(symlink("precious", under(parent, "streamsql-state-3")), 0);
    assert_int_equal(symlink("precious/CURRENT", under(parent, "streamsql-state-4.lock")), 0);
    assert_int_equal(mkdir(under(parent, "streamsql-state-4"), 0700), 0);
    put_file(under(parent, "streamsql-state-5.lock"));
    assert_int_equal(mkdir(under(parent, "streamsql-state-5"), 0700), 0);
    assert_int_equal(symlink("../precious", under(parent, "streamsql-state-5/db")), 0);
    working_folders_sweep(parent);
    assert_true(exists(under(parent, "precious/db/000001.sst")) && exists(under(parent, "precious/CURRENT")));
    assert_true(exists(under(parent, "streamsql-state-1")) && exists(under(parent, "other-state-2")));
    assert_true(exists(under(parent, "streamsql-state-4")));
    assert_false(exists(under(parent, "streamsql-state-5")));
}

static void a_folder_that_cannot_be_made_is_named(void **state) {
    (void)state;
    struct working_folder folder;
    uint64_t random;
    struct error error;
    put_file(under(parent, "file"));
    assert_int_not_equal(working_folder_open(&folder, env_posix(), under(parent, "file"), &random, &error), STATUS_OK);
    assert_non_null(strstr(error.message, "file"));
    working_folder_close(&folder);
    working_folders_sweep(under(parent, "file"));
    working_folders_sweep(under(parent, "missing"));
    assert_int_equal(working_folder_open(&folder, env_posix(), under(parent, "new/folder"), &random, &error),
                     STATUS_OK);
    assert_true(exists(folder.path));
    working_folder_close(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_goes_when_it_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_killed_process_left_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(only_our_own_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_made_is_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
