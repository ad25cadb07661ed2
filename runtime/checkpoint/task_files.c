/* task_files.c: begin, steps, finish and release of the back-end's checkpoints (executor/state.h). Invariant: files are released when neither the
 * attempt nor the uploader needs them. */
#include "runtime/checkpoint/task_files.h"

#include "runtime/checkpoint/uploader.h"

enum { STEP_ENTRIES = 4096 };

void task_files_init(struct task_files *files, struct state_backend *backend, struct uploader *uploader) {
    *files = (struct task_files){.uploader = uploader};
    if (backend && state_backend_has_files(backend))
        files->backend = backend;
}

static enum status release_if_over(struct task_files *files, struct error *error) {
    if (files->phase != TASK_FILES_OVER || uploader_reads_files(files->uploader))
        return STATUS_OK;
    files->phase = TASK_FILES_IDLE;
    return state_checkpoint_release(files->backend, error);
}

enum status task_files_ready(struct task_files *files, bool *ready, struct error *error) {
    TRY(release_if_over(files, error));
    *ready = files->backend && files->phase == TASK_FILES_IDLE && !state_backend_is_empty(files->backend);
    return STATUS_OK;
}

enum status task_files_begin(struct task_files *files, struct error *error) {
    ASSERT(files->phase == TASK_FILES_IDLE);
    TRY(state_checkpoint_begin(files->backend, error));
    files->phase = TASK_FILES_WRITING;
    return STATUS_OK;
}

enum status task_files_run(struct task_files *files, struct error *error) {
    bool done = false;
    if (files->phase == TASK_FILES_WRITING) {
        TRY(state_checkpoint_step(files->backend, STEP_ENTRIES, &done, error));
        files->phase = done ? TASK_FILES_FINISHING : TASK_FILES_WRITING;
    } else if (files->phase == TASK_FILES_FINISHING) {
        TRY(state_checkpoint_finish(files->backend, &files->made, &done, error));
        files->phase = done ? TASK_FILES_MADE : TASK_FILES_FINISHING;
    }
    return release_if_over(files, error);
}

struct state_files task_files_take(struct task_files *files) {
    ASSERT(!task_files_are_under_way(files));
    if (files->phase != TASK_FILES_MADE)
        return (struct state_files){0};
    files->phase = TASK_FILES_OVER;
    return files->made;
}

void task_files_abandon(struct task_files *files) {
    if (files->phase == TASK_FILES_OVER)
        uploader_leave_files(files->uploader);
    else if (files->phase != TASK_FILES_IDLE)
        files->phase = TASK_FILES_OVER;
}
