/* task_files.h: a task's back-end in its checkpoints: a set of files, made in steps between batches, and lent to the uploader.
 *
 *   IDLE ── barrier: begin ─▶ WRITING ── all written back ─▶ FINISHING ── files are there ─▶ MADE ── handed over ─▶ OVER ─▶ IDLE
 *                                └────────────── the attempt is given up: abandon ─────────────────────────────▶ ┘
 *                                                                               released once the uploader reads them no more
 *
 * Used by the task's thread. */
#pragma once

#include "executor/state.h"

struct uploader;

enum task_files_phase { TASK_FILES_IDLE, TASK_FILES_WRITING, TASK_FILES_FINISHING, TASK_FILES_MADE, TASK_FILES_OVER };

struct task_files {
    struct state_backend *backend; /* NULL: the task has none, or it has no files */
    struct uploader *uploader;
    enum task_files_phase phase;
    struct state_files made; /* MADE */
};

void task_files_init(struct task_files *files, struct state_backend *backend, struct uploader *uploader);
/* Whether the snapshot that begins now can leave the back-end's entries to files: not while those of an attempt that was given up are read,
 * and not when there are no entries. */
enum status task_files_ready(struct task_files *files, bool *ready, struct error *error) MUST_CHECK;
/* As the back-end is now; after _ready said so. */
enum status task_files_begin(struct task_files *files, struct error *error) MUST_CHECK;
/* The next piece of work, if there is any. Never waits. */
enum status task_files_run(struct task_files *files, struct error *error) MUST_CHECK;
/* The files of this attempt, none when it has none; they are the uploader's from now on. Not while they are being made. */
struct state_files task_files_take(struct task_files *files);
void task_files_abandon(struct task_files *files);

/* Being made: the snapshot is not complete. */
static inline bool task_files_are_under_way(const struct task_files *files) {
    return files->phase == TASK_FILES_WRITING || files->phase == TASK_FILES_FINISHING;
}
