/* progress.c: a thread that wakes twice a second, with all signals blocked so that they reach the main thread. */
#include "cli/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "server/session.h"

enum { PERIOD_US = 500000 };

struct progress {
    struct session *session;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool wants_end;
    bool has_line;
    uint64_t rows_in;
    int64_t shown_us;
};

static void show(struct progress *progress) {
    struct session_progress now;
    int64_t now_us = env_monotonic_us(env_posix());
    session_progress(progress->session, &now);
    if (!now.is_running)
        return;
    double rate = (double)(now.rows_in - progress->rows_in) * 1e6 / (double)(now_us - progress->shown_us);
    char text[160];
    int size =
        snprintf(text, sizeof text, "\r\033[K%llu rows read, %.0f rows/s", (unsigned long long)now.rows_in, rate);
    if (now.rows_late && size < 100)
        size += snprintf(text + size, sizeof text - (size_t)size, ", %llu late", (unsigned long long)now.rows_late);
    if (now.dead_records && size < 130)
        size += snprintf(text + size, sizeof text - (size_t)size, ", %llu dead", (unsigned long long)now.dead_records);
    progress->has_line = write(STDERR_FILENO, text, (size_t)size) > 0;
    progress->rows_in = now.rows_in;
    progress->shown_us = now_us;
}

static void *watch(void *context) {
    struct progress *progress = context;
    pthread_mutex_lock(&progress->lock);
    while (!progress->wants_end) {
        int64_t until_us = env_now_us(env_posix()) + PERIOD_US;
        struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
        pthread_cond_timedwait(&progress->ended, &progress->lock, &until);
        if (!progress->wants_end)
            show(progress);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

struct progress *progress_start(struct session *session) {
    if (!isatty(STDERR_FILENO))
        return NULL;
    struct progress *progress = memory_zalloc(sizeof *progress);
    progress->session = session;
    progress->shown_us = env_monotonic_us(env_posix());
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->ended, NULL);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&progress->thread, NULL, watch, progress);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        free(progress);
        return NULL;
    }
    return progress;
}

void progress_stop(struct progress *progress) {
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->wants_end = true;
    pthread_cond_signal(&progress->ended);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    if (progress->has_line && write(STDERR_FILENO, "\r\033[K", 4) < 0)
        progress->has_line = false;
    pthread_mutex_destroy(&progress->lock);
    pthread_cond_destroy(&progress->ended);
    free(progress);
}
