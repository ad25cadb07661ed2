/* env.h: the world outside the program: clocks, randomness, files.
 *
 * Code that needs one of these gets a `struct env *` and asks it, so that a test can put a virtual world in its place: a clock
 * that moves only when told, a seeded generator, files in memory, and failures on demand. Only the implementations call
 * the system (make lint checks that). Waiting and threads belong to the runtime.
 *
 *     runtime, connectors ──▶ env.h ◀── env_posix.c   the real one
 *                                   ◀── env_virtual.c for tests and simulation
 *
 * The posix world may be used by any number of threads; a virtual one by one thread at a time, its clocks excepted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct env;
struct env_file;

enum env_open_mode {
    ENV_OPEN_READ,     /* must exist */
    ENV_OPEN_TRUNCATE, /* created, or emptied; for writing */
    ENV_OPEN_APPEND,   /* created when absent; writes go to the end */
    ENV_OPEN_NEW,      /* must not exist; for writing */
};

struct env_class {
    int64_t (*now_us)(struct env *env);
    int64_t (*monotonic_us)(struct env *env);
    uint64_t (*random_u64)(struct env *env);
    enum status (*file_open)(struct env *env, const char *path, enum env_open_mode mode, struct env_file **file,
                             struct error *error);
    enum status (*file_read)(struct env_file *file, void *data, size_t size, size_t *got, struct error *error);
    enum status (*file_write)(struct env_file *file, const void *data, size_t size, struct error *error);
    enum status (*file_sync)(struct env_file *file, struct error *error);
    enum status (*file_size)(struct env_file *file, uint64_t *size_bytes, struct error *error);
    void (*file_close)(struct env_file *file);
    enum status (*path_rename)(struct env *env, const char *from, const char *to, struct error *error);
    enum status (*path_remove)(struct env *env, const char *path, struct error *error);
    enum status (*folder_make)(struct env *env, const char *path, struct error *error);
    enum status (*folder_list)(struct env *env, const char *path, void (*found)(void *context, const char *name),
                               void *context, struct error *error);
};

struct env {
    const struct env_class *class;
};

struct env_file {
    struct env *env;
};

struct env *env_posix(void); /* one for the whole process, never freed */

/* Wall clock, microseconds since 1970-01-01 UTC; may jump. */
static inline int64_t env_now_us(struct env *env) {
    return env->class->now_us(env);
}
/* Microseconds since some start; never goes back. */
static inline int64_t env_monotonic_us(struct env *env) {
    return env->class->monotonic_us(env);
}
/* Unpredictable in the posix world; from the seed in a virtual one. */
static inline uint64_t env_random_u64(struct env *env) {
    return env->class->random_u64(env);
}

/* Failures are UNDEFINED_FILE, DISK_FULL or FILE_ERROR, and name the path and what the system said. */
static inline MUST_CHECK enum status env_file_open(struct env *env, const char *path, enum env_open_mode mode,
                                                   struct env_file **file, struct error *error) {
    return env->class->file_open(env, path, mode, file, error);
}
/* Reads on from where the last read ended; *got = 0 at the end, otherwise at least 1 and up to `size`. */
static inline MUST_CHECK enum status env_file_read(struct env_file *file, void *data, size_t size, size_t *got,
                                                   struct error *error) {
    return file->env->class->file_read(file, data, size, got, error);
}
/* All of it, or a failure; after one, how much was written is unknown. */
static inline MUST_CHECK enum status env_file_write(struct env_file *file, const void *data, size_t size,
                                                    struct error *error) {
    return file->env->class->file_write(file, data, size, error);
}
/* Returns when what was written survives a crash of the machine. */
static inline MUST_CHECK enum status env_file_sync(struct env_file *file, struct error *error) {
    return file->env->class->file_sync(file, error);
}
static inline MUST_CHECK enum status env_file_size(struct env_file *file, uint64_t *size_bytes, struct error *error) {
    return file->env->class->file_size(file, size_bytes, error);
}
static inline void env_file_close(struct env_file *file) {
    file->env->class->file_close(file);
}
/* Replaces `to` in one step; survives a crash once it returned. */
static inline MUST_CHECK enum status env_path_rename(struct env *env, const char *from, const char *to,
                                                     struct error *error) {
    return env->class->path_rename(env, from, to, error);
}
static inline MUST_CHECK enum status env_path_remove(struct env *env, const char *path,
                                                     struct error *error) { /* a file, or an empty folder */
    return env->class->path_remove(env, path, error);
}

/* The folder and those above it, where they are not there yet. */
static inline MUST_CHECK enum status env_folder_make(struct env *env, const char *path, struct error *error) {
    return env->class->folder_make(env, path, error);
}
/* Names in the folder, in any order, perhaps more than once; UNDEFINED_FILE when it is not there. */
static inline MUST_CHECK enum status env_folder_list(struct env *env, const char *path,
                                                     void (*found)(void *context, const char *name), void *context,
                                                     struct error *error) {
    return env->class->folder_list(env, path, found, context, error);
}

/* Fills `error` from an errno value: `return env_failed(error, errno, "cannot open", path);` */
enum status env_failed(struct error *error, int error_number, const char *what, const char *path);
