/* uploader.h: writes a task's snapshots and logs to the store while the task goes on, and acknowledges.
 *
 *   task thread: begin(barrier) · piece · piece · … · finish(logs, files, positions)      or abandon
 *   uploader thread: one state object, one for each new file, a segment for every lane with rows ─▶ acknowledgement
 *                    to the coordinator, TASK_MAIL_UPLOADED to the task; when the store fails: TASK_DECLINED
 *
 * The uploader also knows the layers: the objects, oldest first, that together are the task's state. A full snapshot
 * begins anew, a delta is added to those of the decided epoch. And it knows the files of the decided epoch: one that
 * is shared and was part of it is named again, not written again. */
#pragma once

#include "executor/state.h"
#include "runtime/checkpoint/checkpointer.h"
#include "runtime/checkpoint/file_set.h"

struct uploader;

struct uploader_config {
    struct checkpointer *checkpointer;
    struct mailbox *task_inbox;
    struct incarnation job;
    uint64_t generation;
    uint32_t task;
    const struct object *layers; /* of the decided epoch; copied */
    uint32_t layer_count;
    const struct stored_file *files; /* of the decided epoch; copied */
    uint32_t file_count;
    struct env *env;      /* to read files with */
    uint64_t operator_id; /* of the state objects */
    uint32_t key_group_first, key_group_last;
};

struct uploader *uploader_new(const struct uploader_config *config);
/* Nothing more is written, whatever is queued; at once, while the store has what it is writing. */
void uploader_stop(struct uploader *uploader);
void uploader_free(
    struct uploader *uploader); /* stops it, and waits for the call of the store that is open; NULL is fine */

/* An attempt begins; one that is unfinished is given up. The barrier's time is the task's when it took it. */
void uploader_begin(struct uploader *uploader, const struct barrier *barrier, bool delta);
/* The next bytes of the state file, without its end; taken, the strbuf is empty afterwards. */
void uploader_piece(struct uploader *uploader, struct strbuf *piece);

struct upload_lane {
    uint32_t lane_index;
    struct log_buffer *buffer; /* NULL: no rows. The reference is taken */
};
/* What an attempt ends with; borrowed for the call, but for the lanes' buffers and the contents of the files. */
struct upload_end {
    const struct upload_lane *lanes;
    uint32_t lane_count;
    struct state_files files; /* must stay until !uploader_reads_files */
    const struct split_position *positions;
    uint32_t position_count;
    bool at_end;
};
/* Ends the state file. With files: not before those of the attempt before are let go of. */
void uploader_finish(struct uploader *uploader, const struct upload_end *end);
void uploader_abandon(struct uploader *uploader);
/* Whether files that were handed over are still needed. The task's thread, as the next one. */
bool uploader_reads_files(const struct uploader *uploader);
/* Their attempt was given up: they are let go of soon, the attempt may fail for it. */
void uploader_leave_files(struct uploader *uploader);
/* Bytes handed over and not written yet. Any thread. */
uint64_t uploader_backlog_bytes(const struct uploader *uploader);
