/* working_folder.c: see the header. Invariant: a folder is made after its lock is held, and is gone before the lock's file is. */
#include "runtime/state/working_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/log.h"

#define NAME_PREFIX "streamsql-state-"
#define LOCK_SUFFIX ".lock"

enum { PATH_BYTES = 4096, DEPTH_MAX = 4 };

/* ---- removal ---- */

static int remove_tree(int parent, const char *name, unsigned depth);

static int remove_entry(int folder, const char *name, unsigned depth) {
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (unlinkat(folder, name, 0) == 0)
        return 0;
    return errno == EISDIR || errno == EPERM ? remove_tree(folder, name, depth + 1) : errno;
}

/* A folder of this user with all that is in it; the error number of the first thing that stays. */
static int remove_tree(int parent, const char *name, unsigned depth) {
    struct stat info;
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    if (depth > DEPTH_MAX || fstat(descriptor, &info) != 0 || info.st_uid != geteuid()) {
        close(descriptor);
        return EPERM;
    }
    DIR *entries = fdopendir(descriptor);
    int failure = 0;
    for (struct dirent *entry; !failure && (entry = readdir(entries));)
        failure = remove_entry(descriptor, entry->d_name, depth);
    closedir(entries);
    if (failure == 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0)
        failure = errno;
    return failure;
}

/* While the lock is held. */
static void remove_locked(const char *path, const char *lock_path) {
    int failure = remove_tree(AT_FDCWD, path, 0);
    if (failure != 0 && failure != ENOENT) {
        log_warn("a folder of state was left behind", log_text("folder", path), log_text("error", strerror(failure)));
        return;
    }
    unlink(lock_path);
}

/* ---- locks ---- */

/* 0: the lock is held now, and is still the one under this name. EWOULDBLOCK: it is another's, or the file is gone; else why it cannot be had. */
static int take_lock(int lock) {
    struct stat info;
    if (flock(lock, LOCK_EX | LOCK_NB) != 0 || fstat(lock, &info) != 0)
        return errno;
    return info.st_nlink > 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() ? 0 : EWOULDBLOCK;
}

static char *join(const char *parent, const char *name, size_t name_size) {
    char path[PATH_BYTES];
    int size = snprintf(path, sizeof path, "%s/%.*s", parent, (int)name_size, name);
    return size > 0 && (size_t)size < sizeof path ? memory_strdup(path) : NULL;
}

static void sweep_one(const char *parent, const char *name) {
    size_t size = strlen(name), suffix = strlen(LOCK_SUFFIX);
    if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0 || size <= suffix ||
        strcmp(name + size - suffix, LOCK_SUFFIX) != 0)
        return;
    char *lock_path = join(parent, name, size), *path = join(parent, name, size - suffix);
    int lock = lock_path && path ? open(lock_path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (lock >= 0 && take_lock(lock) == 0)
        remove_locked(path, lock_path);
    if (lock >= 0)
        close(lock);
    free(lock_path);
    free(path);
}

void working_folders_sweep(const char *parent) {
    DIR *entries = opendir(parent);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        sweep_one(parent, entry->d_name);
    if (entries)
        closedir(entries);
}

/* ---- opening ---- */

static void forget(struct working_folder *folder) {
    if (folder->lock >= 0)
        close(folder->lock);
    free(folder->path);
    free(folder->lock_path);
    *folder = (struct working_folder){.lock = -1};
}

/* A name and its lock. Between the two a sweeper may have taken it for a dead process's: then another one. */
static enum status take_name(struct working_folder *folder, struct env *env, const char *parent, uint64_t *random,
                             struct error *error) {
    for (;;) {
        char name[64];
        *random = env_random_u64(env);
        size_t size = (size_t)snprintf(name, sizeof name, NAME_PREFIX "%016" PRIx64 LOCK_SUFFIX, *random);
        *folder = (struct working_folder){
            .lock_path = join(parent, name, size), .path = join(parent, name, size - strlen(LOCK_SUFFIX)), .lock = -1};
        if (!folder->lock_path || !folder->path) {
            forget(folder);
            return FAIL(error, STATUS_INVALID_OPTION, "the path of the folder for state, \"%s\", is too long", parent);
        }
        folder->lock = open(folder->lock_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (folder->lock < 0) {
            int code = errno;
            forget(folder);
            return env_failed(error, code, "cannot make a folder for state in", parent);
        }
        int code = take_lock(folder->lock);
        if (code == 0)
            return STATUS_OK;
        if (code != EWOULDBLOCK && code != EINTR) {
            unlink(folder->lock_path);
            forget(folder);
            return env_failed(error, code, "cannot lock a folder for state in", parent);
        }
        forget(folder);
    }
}

enum status working_folder_open(struct working_folder *folder, struct env *env, const char *parent, uint64_t *random,
                                struct error *error) {
    *folder = (struct working_folder){.lock = -1};
    TRY(env_folder_make(env, parent, error));
    TRY(take_name(folder, env, parent, random, error));
    if (mkdir(folder->path, 0700) == 0)
        return STATUS_OK;
    enum status status = env_failed(error, errno, "cannot make the folder for state", folder->path);
    unlink(folder->lock_path);
    forget(folder);
    return status;
}

void working_folder_close(struct working_folder *folder) {
    if (!folder->path)
        return;
    remove_locked(folder->path, folder->lock_path);
    forget(folder);
}
