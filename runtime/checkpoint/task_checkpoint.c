/* task_checkpoint.c: barriers to snapshots. Invariants: a snapshot, the rows sealed with it and the positions noted
 * with it are of one moment between two batches; rows stay here until their epoch is decided. */
#include "runtime/checkpoint/task_checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fault.h"
#include "core/base/hash.h"
#include "core/data/row_log.h"
#include "executor/snapshot.h"
#include "runtime/checkpoint/task_files.h"
#include "runtime/checkpoint/uploader.h"

enum {
    STEP_BYTES = 128 * 1024,   /* of snapshots, between two batches */
    PIECE_BYTES = 1024 * 1024, /* handed to the uploader */
    UPLOAD_BACKLOG_BYTES_DEFAULT = 64 << 20,
    BACKLOG_LOOK_US = 10000, /* while it is full and there is nothing else to do */
    WANT_EPOCH_PART = 4,     /* of that: an epoch is wanted before its time */
    LAYERS_MAX = 24,         /* deltas on top of a full snapshot, or when they are as large as it */
};

struct sealed_lane {
    struct log_buffer *buffer; /* of undecided attempts; NULL: none */
};

struct task_checkpoint {
    struct task_checkpoint_config config;
    struct uploader *uploader;
    struct incarnation job;
    uint64_t generation;
    struct snapshot_writer *writers; /* by operator */
    struct strbuf piece;
    struct task_files files;
    bool snapshotting;
    uint32_t next_operator;   /* whose snapshot is being written */
    struct barrier barrier;   /* the newest one that was taken */
    struct barrier announced; /* the newest one that is to come through channels; generation 0: none */
    bool attempt_open;        /* `barrier` is neither decided, for all we know, nor given up */
    bool next_is_full;
    uint64_t full_bytes, delta_bytes; /* of the layers as uploaded */
    uint32_t delta_count;
    struct sealed_lane *sealed; /* by lane of the logs, in order */
    uint32_t lane_count;
    struct arena arena; /* of the attempt: positions */
    struct split_position *positions;
    uint32_t position_count;
    bool at_end;
    bool wanted; /* an epoch was asked for */
    bool ended;
    struct error error;
};

struct task_checkpoint *task_checkpoint_new(const struct task_checkpoint_config *config) {
    struct task_checkpoint *checkpoint = memory_zalloc(sizeof *checkpoint);
    const struct manifest *manifest = &config->deployment->manifest;
    checkpoint->config = *config;
    if (config->log_bytes_max == 0)
        checkpoint->config.log_bytes_max = LOG_BYTES_DEFAULT;
    if (config->upload_backlog_bytes_max == 0)
        checkpoint->config.upload_backlog_bytes_max = UPLOAD_BACKLOG_BYTES_DEFAULT;
    checkpoint->job = manifest->id.job;
    checkpoint->generation = config->deployment->generation;
    checkpoint->next_is_full = true;
    checkpoint->writers = memory_zalloc((config->operator_count + 1) * sizeof *checkpoint->writers);
    strbuf_init(&checkpoint->piece);
    arena_init(&checkpoint->arena);
    for (uint32_t i = 0; i < config->log_count; i++)
        checkpoint->lane_count += config->logs[i].log->lane_count;
    checkpoint->sealed = memory_zalloc((checkpoint->lane_count + 1) * sizeof *checkpoint->sealed);
    struct uploader_config uploader = {.checkpointer = config->checkpointer,
                                       .task_inbox = config->inbox,
                                       .job = checkpoint->job,
                                       .generation = checkpoint->generation,
                                       .task = config->task,
                                       .files = config->files,
                                       .file_count = config->file_count,
                                       .env = config->env,
                                       .operator_id = config->identities[0].node_id,
                                       .key_group_first = config->first_key_group,
                                       .key_group_last = config->end_key_group - 1};
    checkpoint->uploader = uploader_new(&uploader);
    task_files_init(&checkpoint->files, config->state, checkpoint->uploader);
    struct task_status running = {
        .kind = TASK_RUNNING, .job = checkpoint->job, .generation = checkpoint->generation, .task = config->task};
    if (!config->deployment->lanes_only)
        checkpointer_tell_status(config->checkpointer, &running);
    return checkpoint;
}

static void release_writers(struct task_checkpoint *checkpoint) {
    for (uint32_t i = 0; checkpoint->snapshotting && i < checkpoint->config.operator_count; i++)
        snapshot_writer_release(&checkpoint->writers[i]);
    checkpoint->snapshotting = false;
}

void task_checkpoint_free(struct task_checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    for (uint32_t i = 0; checkpoint->snapshotting && i < checkpoint->config.operator_count; i++)
        operator_snapshot_abandon(checkpoint->config.operators[i]); /* they know the writers */
    uploader_free(checkpoint->uploader);
    release_writers(checkpoint);
    for (uint32_t i = 0; i < checkpoint->lane_count; i++)
        log_buffer_release(checkpoint->sealed[i].buffer);
    strbuf_release(&checkpoint->piece);
    arena_release(&checkpoint->arena);
    free(checkpoint->sealed);
    free(checkpoint->writers);
    free(checkpoint);
}

/* ---- logs ---- */

static struct row_log_lane *lane_at(const struct task_checkpoint *checkpoint, uint32_t index, uint32_t *job_lane) {
    for (uint32_t i = 0; i < checkpoint->config.log_count; i++) {
        const struct task_sink_log *log = &checkpoint->config.logs[i];
        if (index < log->log->lane_count) {
            *job_lane = log->first_lane + index;
            return &log->log->lanes[index];
        }
        index -= log->log->lane_count;
    }
    UNREACHABLE();
}

/* The rows of this lane since the last decided epoch, those of given-up attempts first. */
static void seal_lane(struct task_checkpoint *checkpoint, uint32_t index) {
    uint32_t job_lane;
    struct row_log_lane *lane = lane_at(checkpoint, index, &job_lane);
    struct sealed_lane *sealed = &checkpoint->sealed[index];
    if (sealed->buffer && lane->row_count > 0) {
        struct strbuf joined;
        strbuf_init(&joined);
        strbuf_reserve(&joined, sealed->buffer->records.size + lane->records.size);
        strbuf_append_str(&joined, strbuf_str(&sealed->buffer->records));
        strbuf_append_str(&joined, strbuf_str(&lane->records));
        uint64_t row_count = sealed->buffer->row_count + lane->row_count;
        log_buffer_release(sealed->buffer);
        sealed->buffer = log_buffer_new(&joined, row_count);
        strbuf_reset(&lane->records);
    } else if (lane->row_count > 0) {
        sealed->buffer = log_buffer_new(&lane->records, lane->row_count);
    }
    lane->row_count = 0;
}

/* The epoch that they were sealed for is decided: lanes and the cache have their own references. */
static void forget_sealed(struct task_checkpoint *checkpoint) {
    for (uint32_t i = 0; i < checkpoint->lane_count; i++) {
        log_buffer_release(checkpoint->sealed[i].buffer);
        checkpoint->sealed[i].buffer = NULL;
    }
}

/* The attempt that is open is the one that was decided, and its positions are still here. */
static void tell_decided(struct task_checkpoint *checkpoint) {
    if (checkpoint->config.decided && checkpoint->position_count > 0)
        checkpoint->config.decided(checkpoint->config.context, checkpoint->positions, checkpoint->position_count);
}

static uint64_t logged_bytes(const struct task_checkpoint *checkpoint) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < checkpoint->config.log_count; i++)
        for (uint32_t j = 0; j < checkpoint->config.logs[i].log->lane_count; j++)
            bytes += checkpoint->config.logs[i].log->lanes[j].records.size;
    for (uint32_t i = 0; i < checkpoint->lane_count; i++)
        bytes += checkpoint->sealed[i].buffer ? checkpoint->sealed[i].buffer->records.size : 0;
    return bytes;
}

static bool is_newer(const struct barrier *a, const struct barrier *b) {
    return a->epoch > b->epoch || (a->epoch == b->epoch && a->attempt > b->attempt);
}

bool task_checkpoint_is_awaited(const struct task_checkpoint *checkpoint, struct barrier *barrier) {
    *barrier = checkpoint->announced;
    return barrier->generation != 0 && is_newer(barrier, &checkpoint->barrier);
}

/* What is in the channels before the barrier is bounded by them. */
bool task_checkpoint_is_full(const struct task_checkpoint *checkpoint) {
    struct barrier awaited;
    return checkpoint->lane_count > 0 && logged_bytes(checkpoint) > checkpoint->config.log_bytes_max &&
           !task_checkpoint_is_awaited(checkpoint, &awaited);
}

/* ---- a barrier ---- */

static enum status flush_operators(const struct task_checkpoint *checkpoint, struct error *error) {
    for (uint32_t i = 0; i < checkpoint->config.operator_count; i++)
        TRY(operator_on_flush(checkpoint->config.operators[i], error));
    return STATUS_OK;
}

static void abandon(struct task_checkpoint *checkpoint) {
    if (checkpoint->snapshotting)
        uploader_abandon(checkpoint->uploader);
    for (uint32_t i = 0; i < checkpoint->config.operator_count; i++)
        operator_snapshot_abandon(checkpoint->config.operators[i]);
    release_writers(checkpoint);
    task_files_abandon(&checkpoint->files);
    checkpoint->attempt_open = false;
    checkpoint->next_is_full = true;
}

static bool wants_full(const struct task_checkpoint *checkpoint) {
    return checkpoint->next_is_full || checkpoint->barrier.savepoint || checkpoint->delta_count >= LAYERS_MAX ||
           checkpoint->delta_bytes > checkpoint->full_bytes;
}

static enum status begin_snapshots(struct task_checkpoint *checkpoint, enum snapshot_mode mode, struct error *error) {
    bool has_files = false;
    if (!checkpoint->barrier.savepoint)
        TRY(task_files_ready(&checkpoint->files, &has_files, error));
    for (uint32_t i = 0; i < checkpoint->config.operator_count; i++) {
        snapshot_writer_init(&checkpoint->writers[i], mode);
        checkpoint->writers[i].entries_are_in_files = has_files;
    }
    checkpoint->snapshotting = true;
    checkpoint->next_operator = 0;
    for (uint32_t i = 0; i < checkpoint->config.operator_count; i++)
        TRY(operator_snapshot_begin(checkpoint->config.operators[i], &checkpoint->writers[i], error));
    return has_files ? task_files_begin(&checkpoint->files, error) : STATUS_OK;
}

static void note_positions(struct task_checkpoint *checkpoint) {
    arena_reset(&checkpoint->arena);
    checkpoint->positions = NULL;
    checkpoint->position_count = 0;
    if (checkpoint->config.positions)
        checkpoint->config.positions(checkpoint->config.context, &checkpoint->arena, &checkpoint->positions,
                                     &checkpoint->position_count);
}

/* Rows logged from here on belong to the next epoch: they are sealed now, and handed over with the rest of the
 * snapshot. */
static void seal_logs(struct task_checkpoint *checkpoint) {
    for (uint32_t i = 0; i < checkpoint->lane_count; i++)
        seal_lane(checkpoint, i);
}

static void be_decided(struct task_checkpoint *checkpoint) {
    tell_decided(checkpoint);
    forget_sealed(checkpoint);
    checkpoint->attempt_open = false;
}

static enum status take_barrier(struct task_checkpoint *checkpoint, const struct barrier *barrier,
                                struct error *error) {
    (void)fault_point(FAULT_BARRIER);
    if (barrier->epoch > checkpoint->barrier.epoch && checkpoint->attempt_open)
        be_decided(checkpoint);
    else if (checkpoint->attempt_open)
        abandon(checkpoint);
    checkpoint->barrier = *barrier;
    checkpoint->attempt_open = true;
    checkpoint->wanted = false;
    TRY(flush_operators(checkpoint, error));
    bool full = wants_full(checkpoint);
    TRY(begin_snapshots(checkpoint, full ? SNAPSHOT_FULL : SNAPSHOT_DELTA, error));
    checkpoint->next_is_full = false;
    seal_logs(checkpoint);
    note_positions(checkpoint);
    if (checkpoint->config.take_stamp)
        checkpoint->barrier.time_us = checkpoint->config.take_stamp(checkpoint->config.context, barrier);
    uploader_begin(checkpoint->uploader, &checkpoint->barrier, !full);
    strbuf_reset(&checkpoint->piece);
    state_file_begin(&checkpoint->piece, !full, checkpoint->config.identities, checkpoint->config.operator_count);
    return checkpoint->config.hand_on ? checkpoint->config.hand_on(checkpoint->config.context, barrier, error)
                                      : STATUS_OK;
}

static void hand_over_piece(struct task_checkpoint *checkpoint) {
    uploader_piece(checkpoint->uploader, &checkpoint->piece);
}

static void finish_attempt(struct task_checkpoint *checkpoint) {
    hand_over_piece(checkpoint);
    release_writers(checkpoint);
    if (fault_point(FAULT_SNAPSHOT)) {
        uploader_abandon(checkpoint->uploader);
        task_files_abandon(&checkpoint->files);
        struct task_status declined = {.kind = TASK_DECLINED,
                                       .job = checkpoint->job,
                                       .generation = checkpoint->generation,
                                       .task = checkpoint->config.task,
                                       .epoch = checkpoint->barrier.epoch,
                                       .attempt = checkpoint->barrier.attempt};
        checkpointer_tell_status(checkpoint->config.checkpointer, &declined);
        return;
    }
    struct upload_lane *lanes = ARENA_ARRAY(&checkpoint->arena, struct upload_lane, checkpoint->lane_count);
    for (uint32_t i = 0; i < checkpoint->lane_count; i++) {
        lane_at(checkpoint, i, &lanes[i].lane_index);
        struct log_buffer *buffer = checkpoint->sealed[i].buffer;
        lanes[i].buffer = buffer ? log_buffer_reference(buffer) : NULL;
    }
    struct upload_end end = {.lanes = lanes,
                             .lane_count = checkpoint->lane_count,
                             .files = task_files_take(&checkpoint->files),
                             .positions = checkpoint->positions,
                             .position_count = checkpoint->position_count,
                             .at_end = checkpoint->at_end};
    uploader_finish(checkpoint->uploader, &end);
}

/* A snapshot is under way, and the uploader can take more of it. */
static bool can_step(const struct task_checkpoint *checkpoint) {
    bool waits_for_files = checkpoint->next_operator == checkpoint->config.operator_count &&
                           checkpoint->files.phase == TASK_FILES_FINISHING;
    return checkpoint->snapshotting && !waits_for_files &&
           uploader_backlog_bytes(checkpoint->uploader) <= checkpoint->config.upload_backlog_bytes_max;
}

bool task_checkpoint_is_pending(const struct task_checkpoint *checkpoint) {
    return checkpoint->snapshotting && !can_step(checkpoint);
}

/* Goes on with the operator whose turn it is; after the last one, and once there are files, the attempt is handed over. */
static enum status step_snapshot(struct task_checkpoint *checkpoint, struct error *error) {
    size_t left = STEP_BYTES;
    while (checkpoint->next_operator < checkpoint->config.operator_count && left > 0) {
        uint32_t index = checkpoint->next_operator;
        struct snapshot_writer *writer = &checkpoint->writers[index];
        bool done = false;
        TRY(operator_snapshot_step(checkpoint->config.operators[index], writer, left, &done, error));
        struct strbuf taken;
        if (snapshot_writer_take(writer, &taken)) {
            left -= taken.size < left ? taken.size : left;
            state_file_put(&checkpoint->piece, index, strbuf_str(&taken));
            strbuf_release(&taken);
        }
        if (checkpoint->piece.size >= PIECE_BYTES)
            hand_over_piece(checkpoint);
        checkpoint->next_operator += done;
    }
    if (checkpoint->next_operator == checkpoint->config.operator_count && !task_files_are_under_way(&checkpoint->files))
        finish_attempt(checkpoint);
    return STATUS_OK;
}

/* ---- mail ---- */

static void on_uploaded(struct task_checkpoint *checkpoint, const struct task_mail *mail) {
    if (mail->delta) {
        checkpoint->delta_bytes += mail->size_bytes;
        checkpoint->delta_count++;
    } else {
        checkpoint->full_bytes = mail->size_bytes;
        checkpoint->delta_bytes = 0;
        checkpoint->delta_count = 0;
    }
}

enum status task_checkpoint_take(struct task_checkpoint *checkpoint, const struct barrier *barrier,
                                 struct error *error) {
    return !checkpoint->ended && is_newer(barrier, &checkpoint->barrier) ? take_barrier(checkpoint, barrier, error)
                                                                         : STATUS_OK;
}

/* Mail may overtake barriers, which come through channels: an attempt at a later epoch that is given up before it came here says that the
 * epoch before it is decided. */
static void on_abort(struct task_checkpoint *checkpoint, const struct barrier *barrier) {
    if (checkpoint->attempt_open && barrier->epoch > checkpoint->barrier.epoch)
        be_decided(checkpoint);
    else if (checkpoint->attempt_open && !is_newer(&checkpoint->barrier, barrier))
        abandon(checkpoint);
    if (!is_newer(&checkpoint->announced, barrier))
        checkpoint->announced = (struct barrier){0};
    if (checkpoint->config.given_up)
        checkpoint->config.given_up(checkpoint->config.context, barrier);
}

static enum status on_mail(struct task_checkpoint *checkpoint, const struct task_mail *mail, struct error *error) {
    switch (mail->kind) {
    case TASK_MAIL_BARRIER:
        if (!checkpoint->config.has_channels)
            return task_checkpoint_take(checkpoint, &mail->barrier, error);
        if (is_newer(&mail->barrier, &checkpoint->announced))
            checkpoint->announced = mail->barrier;
        break;
    case TASK_MAIL_ABORT: on_abort(checkpoint, &mail->barrier); break;
    case TASK_MAIL_UPLOADED: on_uploaded(checkpoint, mail); break;
    case TASK_MAIL_ENDED:
        if (checkpoint->attempt_open && mail->error.status == STATUS_OK &&
            mail->decided_epoch >= checkpoint->barrier.epoch)
            tell_decided(checkpoint);
        checkpoint->ended = true;
        checkpoint->error = mail->error;
        break;
    case TASK_MAIL_DEPLOY: break; /* this process runs one deployment */
    }
    return STATUS_OK;
}

static void want_epoch(struct task_checkpoint *checkpoint) {
    if (checkpoint->wanted || checkpoint->lane_count == 0 ||
        logged_bytes(checkpoint) < checkpoint->config.log_bytes_max / WANT_EPOCH_PART)
        return;
    checkpoint->wanted = true;
    checkpointer_want_epoch(checkpoint->config.checkpointer);
}

enum status task_checkpoint_run(struct task_checkpoint *checkpoint, struct error *error) {
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct message *message = mailbox_poll(checkpoint->config.inbox);
        if (!message)
            break;
        status = on_mail(checkpoint, (const struct task_mail *)message, error);
        message_free(message);
    }
    TRY(status);
    want_epoch(checkpoint);
    TRY(task_files_run(&checkpoint->files, error));
    return can_step(checkpoint) ? step_snapshot(checkpoint, error) : STATUS_OK;
}

enum status task_checkpoint_wait(struct task_checkpoint *checkpoint, int64_t until_us, struct error *error) {
    int64_t look_us = mailbox_now_us() + BACKLOG_LOOK_US; /* no mail tells that the backlog shrinks */
    if (checkpoint->snapshotting && look_us < until_us)
        until_us = look_us;
    if (!can_step(checkpoint) && !checkpoint->ended) {
        struct message *message = mailbox_wait(checkpoint->config.inbox, until_us);
        enum status status = STATUS_OK;
        if (message)
            status = on_mail(checkpoint, (const struct task_mail *)message, error);
        message_free(message);
        TRY(status);
    }
    return task_checkpoint_run(checkpoint, error);
}

bool task_checkpoint_is_busy(const struct task_checkpoint *checkpoint) {
    return can_step(checkpoint) || mailbox_has_mail(checkpoint->config.inbox);
}

void task_checkpoint_at_end(struct task_checkpoint *checkpoint) {
    if (checkpoint->at_end)
        return;
    checkpoint->at_end = true;
    struct task_status status = {.kind = TASK_AT_END,
                                 .job = checkpoint->job,
                                 .generation = checkpoint->generation,
                                 .task = checkpoint->config.task};
    checkpointer_tell_status(checkpoint->config.checkpointer, &status);
}

bool task_checkpoint_has_ended(const struct task_checkpoint *checkpoint, struct error *error) {
    if (checkpoint->ended && checkpoint->error.status != STATUS_OK)
        *error = checkpoint->error;
    return checkpoint->ended;
}
