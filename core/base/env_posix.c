/* env_posix.c: the real world. Interrupted calls are taken up again; every failure carries the path. */
#include "core/base/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/arena.h"

struct posix_file {
    struct env_file base;
    int descriptor;
    char *path;
};

static int64_t clock_us(clockid_t clock) {
    struct timespec time;
    int result = clock_gettime(clock, &time);
    ASSERT(result == 0);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t posix_now_us(struct env *env) {
    (void)env;
    return clock_us(CLOCK_REALTIME);
}

static int64_t posix_monotonic_us(struct env *env) {
    (void)env;
    return clock_us(CLOCK_MONOTONIC);
}

static uint64_t posix_random_u64(struct env *env) {
    (void)env;
    uint64_t value;
    while (getrandom(&value, sizeof value, 0) != sizeof value)
        ASSERT(errno == EINTR);
    return value;
}

enum status env_failed(struct error *error, int error_number, const char *what, const char *path) {
    enum status status;
    switch (error_number) {
    case ENOENT: status = STATUS_UNDEFINED_FILE; break;
    case ENOSPC:
    case EDQUOT: status = STATUS_DISK_FULL; break;
    case EPIPE: status = STATUS_BROKEN_PIPE; break;
    default: status = STATUS_FILE_ERROR; break;
    }
    char reason[128];
    return FAIL(error, status, "%s \"%s\": %s", what, path, strerror_r(error_number, reason, sizeof reason));
}

static enum status posix_file_open(struct env *env, const char *path, enum env_open_mode mode, struct env_file **file,
                                   struct error *error) {
    static const int flags[] = {
        [ENV_OPEN_READ] = O_RDONLY,
        [ENV_OPEN_TRUNCATE] = O_RDWR | O_CREAT | O_TRUNC,
        [ENV_OPEN_APPEND] = O_RDWR | O_CREAT | O_APPEND,
        [ENV_OPEN_NEW] = O_RDWR | O_CREAT | O_EXCL,
    };
    int descriptor;
    do
        descriptor = open(path, flags[mode] | O_CLOEXEC, 0666);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0)
        return env_failed(error, errno, "cannot open", path);
    struct stat info;
    if (fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) { /* open for reading works, reading would not */
        close(descriptor);
        return env_failed(error, EISDIR, "cannot open", path);
    }
    struct posix_file *opened = memory_alloc(sizeof *opened);
    *opened = (struct posix_file){.base.env = env, .descriptor = descriptor, .path = memory_strdup(path)};
    *file = &opened->base;
    return STATUS_OK;
}

static enum status posix_file_read(struct env_file *file, void *data, size_t size, size_t *got, struct error *error) {
    struct posix_file *posix = (struct posix_file *)file;
    ssize_t count;
    do
        count = read(posix->descriptor, data, size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return env_failed(error, errno, "cannot read", posix->path);
    *got = (size_t)count;
    return STATUS_OK;
}

static enum status posix_file_write(struct env_file *file, const void *data, size_t size, struct error *error) {
    struct posix_file *posix = (struct posix_file *)file;
    const char *next = data;
    while (size) {
        ssize_t count = write(posix->descriptor, next, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return env_failed(error, errno, "cannot write", posix->path);
        next += count;
        size -= (size_t)count;
    }
    return STATUS_OK;
}

static enum status posix_file_sync(struct env_file *file, struct error *error) {
    struct posix_file *posix = (struct posix_file *)file;
    if (fdatasync(posix->descriptor) != 0 && errno != EINVAL && errno != EROFS) /* pipes and devices have no disk */
        return env_failed(error, errno, "cannot sync", posix->path);
    return STATUS_OK;
}

static enum status posix_file_size(struct env_file *file, uint64_t *size_bytes, struct error *error) {
    struct posix_file *posix = (struct posix_file *)file;
    struct stat info;
    if (fstat(posix->descriptor, &info) != 0)
        return env_failed(error, errno, "cannot examine", posix->path);
    *size_bytes = (uint64_t)info.st_size;
    return STATUS_OK;
}

static void posix_file_close(struct env_file *file) {
    struct posix_file *posix = (struct posix_file *)file;
    close(posix->descriptor);
    free(posix->path);
    free(posix);
}

/* A rename is on disk when the folder that holds the new name is. */
static enum status sync_folder_of(const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    ASSERT(folder);
    enum status status = STATUS_OK;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL))
        status = env_failed(error, errno, "cannot sync folder", folder);
    if (descriptor >= 0)
        close(descriptor);
    free(folder);
    return status;
}

static enum status posix_path_rename(struct env *env, const char *from, const char *to, struct error *error) {
    (void)env;
    if (rename(from, to) != 0)
        return env_failed(error, errno, "cannot rename", from);
    return sync_folder_of(to, error);
}

static enum status posix_path_remove(struct env *env, const char *path, struct error *error) {
    (void)env;
    return remove(path) == 0 ? STATUS_OK : env_failed(error, errno, "cannot remove", path);
}

static enum status posix_folder_make(struct env *env, const char *path, struct error *error) {
    (void)env;
    char *copy = memory_strdup(path);
    enum status status = STATUS_OK;
    for (char *slash = copy; slash && status == STATUS_OK;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(copy, 0777) == 0)
            status = sync_folder_of(copy, error);
        else if (errno != EEXIST)
            status = env_failed(error, errno, "cannot create folder", copy);
        if (slash)
            *slash = '/';
    }
    free(copy);
    return status;
}

static enum status posix_folder_list(struct env *env, const char *path, void (*found)(void *context, const char *name),
                                     void *context, struct error *error) {
    (void)env;
    DIR *folder = opendir(path);
    if (!folder)
        return env_failed(error, errno, "cannot list", path);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            found(context, entry->d_name);
    closedir(folder);
    return STATUS_OK;
}

static const struct env_class posix_class = {
    .now_us = posix_now_us,
    .monotonic_us = posix_monotonic_us,
    .random_u64 = posix_random_u64,
    .file_open = posix_file_open,
    .file_read = posix_file_read,
    .file_write = posix_file_write,
    .file_sync = posix_file_sync,
    .file_size = posix_file_size,
    .file_close = posix_file_close,
    .path_rename = posix_path_rename,
    .path_remove = posix_path_remove,
    .folder_make = posix_folder_make,
    .folder_list = posix_folder_list,
};

struct env *env_posix(void) {
    static struct env env = {&posix_class};
    return &env;
}
