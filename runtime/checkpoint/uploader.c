/* uploader.c: one thread, one attempt at a time. Invariants: an attempt is acknowledged only when every object that it
 * names is durable; what belongs to a given-up attempt is never named again. */
#include "runtime/checkpoint/uploader.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/env.h"
#include "core/base/fault.h"
#include "core/base/log.h"
#include "runtime/checkpoint/digest_stream.h"
#include "runtime/checkpoint/state_file.h"
#include "runtime/checkpoint/task_mail.h"
#include "runtime/store/store.h"

enum {
    STATE_OBJECT_NUMBER = 0,
    FIRST_SEGMENT_NUMBER = 1,
    SLICE_BYTES = 1024 * 1024, /* of what is written before it is asked whether to go on */
};

enum files_use { FILES_UNUSED, FILES_READ, FILES_UNWANTED };

enum upload_mail_kind { UPLOAD_BEGIN, UPLOAD_PIECE, UPLOAD_FINISH, UPLOAD_ABANDON, UPLOAD_END };

struct upload_mail {
    struct message base;
    enum upload_mail_kind kind;
    struct barrier barrier;
    bool delta, at_end;
    struct strbuf piece;
    struct upload_lane *lanes;
    uint32_t lane_count;
    struct backend_file *files;
    uint32_t file_count;
    struct split_position *positions;
    uint32_t position_count;
};

struct uploader {
    struct uploader_config config;
    struct mailbox inbox;
    pthread_t thread;
    uint64_t backlog_bytes; /* atomic */
    bool ending;            /* atomic: nothing more is written, whatever is queued */
    int files_use;          /* atomic: of the files that were handed over */
    /* The attempt under way. */
    bool active; /* begun, and nothing failed */
    bool delta;
    struct barrier barrier;
    struct store_writer *writer;
    struct digest_stream *digest;
    uint64_t size_bytes;
    struct error error; /* why it failed */
    /* Layers: of the decided epoch, and of the attempt finished last. */
    struct object *decided, *newest;
    uint32_t decided_count, newest_count;
    struct file_set decided_files, newest_files;
    uint64_t newest_epoch;
};

static void set_layers(struct object **layers, uint32_t *count, const struct object *from, uint32_t from_count,
                       const struct object *last) {
    struct object *copy = memory_alloc((from_count + 1) * sizeof *copy);
    if (from_count > 0)
        memcpy(copy, from, from_count * sizeof *copy);
    if (last)
        copy[from_count++] = *last;
    free(*layers);
    *layers = copy;
    *count = from_count;
}

static struct object_id object_of(const struct uploader *uploader, enum object_kind kind, uint32_t number) {
    return (struct object_id){.job = uploader->config.job,
                              .generation = uploader->barrier.generation,
                              .epoch = uploader->barrier.epoch,
                              .attempt = uploader->barrier.attempt,
                              .kind = kind,
                              .task = uploader->config.task,
                              .number = number};
}

static enum status open_object(struct uploader *uploader, const struct object_id *id, struct error *error) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    if (fault_point(FAULT_UPLOAD))
        return FAIL(error, STATUS_FILE_ERROR, "fault point: \"%s\" was refused", name);
    digest_stream_reset(uploader->digest);
    uploader->size_bytes = 0;
    return store_writer_open(checkpointer_store(uploader->config.checkpointer), name, &uploader->writer, error);
}

static bool is_ending(const struct uploader *uploader) {
    return __atomic_load_n(&uploader->ending, __ATOMIC_ACQUIRE);
}

static enum status append(struct uploader *uploader, const void *data, size_t size, struct error *error) {
    digest_stream_update(uploader->digest, data, size);
    uploader->size_bytes += size;
    for (size_t done = 0; done < size; done += SLICE_BYTES) {
        if (is_ending(uploader))
            return FAIL(error, STATUS_CANCELLED, "the task has ended");
        size_t slice = size - done < SLICE_BYTES ? size - done : SLICE_BYTES;
        TRY(store_writer_append(uploader->writer, (const char *)data + done, slice, error));
    }
    return STATUS_OK;
}

static enum status close_object(struct uploader *uploader, const struct object_id *id, struct object *object,
                                struct error *error) {
    struct store_writer *writer = uploader->writer;
    if (is_ending(uploader))
        return FAIL(error, STATUS_CANCELLED, "the task has ended");
    uploader->writer = NULL;
    TRY(store_writer_finish(writer, error));
    *object = (struct object){
        .id = *id, .size_bytes = uploader->size_bytes, .digest = digest_stream_digest(uploader->digest)};
    return STATUS_OK;
}

static void give_up(struct uploader *uploader) {
    if (uploader->writer)
        store_writer_abort(uploader->writer);
    uploader->writer = NULL;
    uploader->active = false;
}

/* The store failed: the coordinator gives the attempt up and tells the task. */
static void decline(struct uploader *uploader, const struct error *error) {
    give_up(uploader);
    if (error->status == STATUS_CANCELLED)
        return; /* by uploader_free: nobody asks any more */
    log_warn("a checkpoint could not be written", log_int("epoch", (int64_t)uploader->barrier.epoch),
             LOG_ERROR_FIELDS(error));
    struct task_status status = {.kind = TASK_DECLINED,
                                 .job = uploader->config.job,
                                 .generation = uploader->barrier.generation,
                                 .task = uploader->config.task,
                                 .epoch = uploader->barrier.epoch,
                                 .attempt = uploader->barrier.attempt};
    checkpointer_tell_status(uploader->config.checkpointer, &status);
}

static void on_begin(struct uploader *uploader, const struct upload_mail *mail) {
    struct error error = {0};
    give_up(uploader);
    /* A barrier of a later epoch says that the former one is decided. */
    if (mail->barrier.epoch > uploader->newest_epoch && uploader->newest_epoch > 0) {
        set_layers(&uploader->decided, &uploader->decided_count, uploader->newest, uploader->newest_count, NULL);
        file_set_assign(&uploader->decided_files, uploader->newest_files.items, uploader->newest_files.count);
    }
    uploader->barrier = mail->barrier;
    uploader->delta = mail->delta;
    uploader->active = true;
    struct object_id id = object_of(uploader, OBJECT_STATE, STATE_OBJECT_NUMBER);
    if (open_object(uploader, &id, &error) != STATUS_OK)
        decline(uploader, &error);
}

static void on_piece(struct uploader *uploader, const struct upload_mail *mail) {
    struct error error = {0};
    if (uploader->active && append(uploader, mail->piece.data, mail->piece.size, &error) != STATUS_OK)
        decline(uploader, &error);
    __atomic_sub_fetch(&uploader->backlog_bytes, mail->piece.size, __ATOMIC_RELAXED);
}

static enum status write_segment(struct uploader *uploader, struct arena *arena, const struct upload_lane *lane,
                                 struct ack_lane *ack, struct error *error) {
    ack->lane_index = lane->lane_index;
    if (!lane->buffer) {
        ack->log = log_epoch_empty(uploader->barrier.epoch);
        return STATUS_OK;
    }
    struct object *segment = ARENA_NEW(arena, struct object);
    struct object_id id = object_of(uploader, OBJECT_LOG, FIRST_SEGMENT_NUMBER + lane->lane_index);
    TRY(open_object(uploader, &id, error));
    TRY(append(uploader, LOG_SEGMENT_HEADER, LOG_SEGMENT_HEADER_SIZE, error));
    TRY(append(uploader, lane->buffer->records.data, lane->buffer->records.size, error));
    TRY(close_object(uploader, &id, segment, error));
    ack->log = (struct log_epoch){.epoch = uploader->barrier.epoch, .segments = segment, .segment_count = 1};
    ack->log.chunks =
        log_buffer_chunks(lane->buffer, LOG_CHUNK_BYTES_MAX, LOG_CHUNK_ROWS_MAX, arena, &ack->log.chunk_count);
    ack->log.digest = log_epoch_digest(&ack->log);
    log_segments_add(checkpointer_segments(uploader->config.checkpointer), &id, lane->buffer);
    return STATUS_OK;
}

/* ---- files ---- */

static bool are_unwanted(const struct uploader *uploader) {
    return __atomic_load_n(&uploader->files_use, __ATOMIC_ACQUIRE) == FILES_UNWANTED;
}

static void let_go_of_files(struct uploader *uploader) {
    __atomic_store_n(&uploader->files_use, FILES_UNUSED, __ATOMIC_RELEASE);
}

static void describe(const struct uploader *uploader, struct object *object) {
    object->operator_id = uploader->config.operator_id;
    object->key_group_first = uploader->config.key_group_first;
    object->key_group_last = uploader->config.key_group_last;
}

/* Which object each file will be in, by file: those of the decided epoch, and new ones. */
static struct stored_file *place_files(const struct uploader *uploader, struct upload_mail *mail) {
    struct stored_file *files = ARENA_ARRAY(&mail->base.arena, struct stored_file, mail->file_count);
    for (uint32_t i = 0; i < mail->file_count; i++) {
        const struct backend_file *file = &mail->files[i];
        const struct object *known = file->shared ? file_set_find(&uploader->decided_files, file->name) : NULL;
        files[i].name = file->name;
        if (known)
            files[i].object = *known;
        else
            files[i].object.id = object_of(uploader, OBJECT_FILE, i);
        describe(uploader, &files[i].object);
    }
    return files;
}

static enum status append_end(struct uploader *uploader, struct arena *arena, const struct stored_file *files,
                              uint32_t count, struct error *error) {
    struct state_file_part *parts = ARENA_ARRAY(arena, struct state_file_part, count);
    for (uint32_t i = 0; i < count; i++)
        parts[i] = (struct state_file_part){.name = str_from(files[i].name), .object = files[i].object.id};
    struct strbuf end;
    strbuf_init(&end);
    state_file_end(&end, parts, count);
    enum status status = append(uploader, end.data, end.size, error);
    strbuf_release(&end);
    return status;
}

static enum status append_file(struct uploader *uploader, struct env_file *file, struct error *error) {
    char *bytes = memory_alloc(SLICE_BYTES);
    enum status status = STATUS_OK;
    for (size_t got = 1; status == STATUS_OK && got > 0;) {
        if (are_unwanted(uploader))
            status = FAIL(error, STATUS_CANCELLED, "the attempt was given up");
        if (status == STATUS_OK)
            status = env_file_read(file, bytes, SLICE_BYTES, &got, error);
        if (status == STATUS_OK)
            status = append(uploader, bytes, got, error);
    }
    free(bytes);
    return status;
}

static bool is_of_attempt(const struct uploader *uploader, const struct object_id *id) {
    return id->generation == uploader->barrier.generation && id->epoch == uploader->barrier.epoch &&
           id->attempt == uploader->barrier.attempt;
}

static enum status write_files(struct uploader *uploader, const struct upload_mail *mail, struct stored_file *files,
                               struct error *error) {
    for (uint32_t i = 0; i < mail->file_count; i++) {
        struct object_id id = files[i].object.id;
        if (!is_of_attempt(uploader, &id))
            continue;
        struct env_file *file;
        TRY(env_file_open(uploader->config.env, mail->files[i].path, ENV_OPEN_READ, &file, error));
        enum status status = open_object(uploader, &id, error);
        if (status == STATUS_OK)
            status = append_file(uploader, file, error);
        env_file_close(file);
        TRY(status);
        TRY(close_object(uploader, &id, &files[i].object, error));
        describe(uploader, &files[i].object);
    }
    return STATUS_OK;
}

/* ---- the end of an attempt ---- */

static enum status write_all(struct uploader *uploader, struct upload_mail *mail, struct object *state,
                             struct stored_file *files, struct ack_lane *lanes, struct error *error) {
    struct object_id id = object_of(uploader, OBJECT_STATE, STATE_OBJECT_NUMBER);
    TRY(append_end(uploader, &mail->base.arena, files, mail->file_count, error));
    TRY(close_object(uploader, &id, state, error));
    describe(uploader, state);
    TRY(write_files(uploader, mail, files, error));
    for (uint32_t i = 0; i < mail->lane_count; i++)
        TRY(write_segment(uploader, &mail->base.arena, &mail->lanes[i], &lanes[i], error));
    return STATUS_OK;
}

static void tell_uploaded(struct uploader *uploader, const struct object *state) {
    struct task_mail *mail = message_new(sizeof *mail);
    mail->kind = TASK_MAIL_UPLOADED;
    mail->barrier = uploader->barrier;
    mail->size_bytes = state->size_bytes;
    mail->delta = uploader->delta;
    mailbox_post(uploader->config.task_inbox, &mail->base);
}

/* The layers, then the files. */
static struct object *list_objects(const struct uploader *uploader, struct arena *arena) {
    uint32_t layer_count = uploader->newest_count, file_count = uploader->newest_files.count;
    struct object *objects = ARENA_ARRAY(arena, struct object, layer_count + file_count);
    memcpy(objects, uploader->newest, layer_count * sizeof *objects);
    for (uint32_t i = 0; i < file_count; i++)
        objects[layer_count + i] = uploader->newest_files.items[i].object;
    return objects;
}

static void acknowledge(struct uploader *uploader, struct upload_mail *mail, const struct object *state,
                        const struct stored_file *files, const struct ack_lane *lanes) {
    set_layers(&uploader->newest, &uploader->newest_count, uploader->decided,
               uploader->delta ? uploader->decided_count : 0, state);
    file_set_assign(&uploader->newest_files, files, mail->file_count);
    uploader->newest_epoch = uploader->barrier.epoch;
    tell_uploaded(uploader, state);
    struct task_ack ack = {.job = uploader->config.job,
                           .generation = uploader->barrier.generation,
                           .epoch = uploader->barrier.epoch,
                           .attempt = uploader->barrier.attempt,
                           .task = uploader->config.task,
                           .time_us = uploader->barrier.time_us,
                           .at_end = mail->at_end,
                           .objects = list_objects(uploader, &mail->base.arena),
                           .object_count = uploader->newest_count + uploader->newest_files.count,
                           .positions = mail->positions,
                           .position_count = mail->position_count,
                           .lanes = lanes,
                           .lane_count = mail->lane_count};
    checkpointer_tell_ack(uploader->config.checkpointer, &ack);
}

static void on_finish(struct uploader *uploader, struct upload_mail *mail) {
    struct error error = {0};
    struct object state;
    if (!uploader->active)
        return;
    struct ack_lane *lanes = ARENA_ARRAY(&mail->base.arena, struct ack_lane, mail->lane_count);
    struct stored_file *files = place_files(uploader, mail);
    if (write_all(uploader, mail, &state, files, lanes, &error) != STATUS_OK) {
        decline(uploader, &error);
        return;
    }
    uploader->active = false;
    (void)fault_point(FAULT_UPLOADED);
    if (mail->file_count > 0)
        let_go_of_files(uploader); /* before the task can hear of it */
    acknowledge(uploader, mail, &state, files, lanes);
}

static void release_mail(struct upload_mail *mail) {
    for (uint32_t i = 0; i < mail->lane_count; i++)
        log_buffer_release(mail->lanes[i].buffer);
    strbuf_release(&mail->piece);
    message_free(&mail->base);
}

/* What nobody will write: the messages own more than their arenas. */
static void release_queued(struct uploader *uploader) {
    for (struct message *message = mailbox_poll(&uploader->inbox); message; message = mailbox_poll(&uploader->inbox))
        release_mail((struct upload_mail *)message);
}

static void *run_uploader(void *argument) {
    struct uploader *uploader = argument;
    while (!is_ending(uploader)) {
        struct upload_mail *mail = (struct upload_mail *)mailbox_wait(&uploader->inbox, INT64_MAX);
        switch (mail->kind) {
        case UPLOAD_BEGIN: on_begin(uploader, mail); break;
        case UPLOAD_PIECE: on_piece(uploader, mail); break;
        case UPLOAD_FINISH: on_finish(uploader, mail); break;
        case UPLOAD_ABANDON: give_up(uploader); break;
        case UPLOAD_END: break;
        }
        if (mail->file_count > 0)
            let_go_of_files(uploader);
        release_mail(mail);
    }
    give_up(uploader);
    return NULL;
}

struct uploader *uploader_new(const struct uploader_config *config) {
    struct uploader *uploader = memory_zalloc(sizeof *uploader);
    uploader->config = *config;
    uploader->digest = digest_stream_new();
    set_layers(&uploader->decided, &uploader->decided_count, config->layers, config->layer_count, NULL);
    file_set_init(&uploader->decided_files);
    file_set_init(&uploader->newest_files);
    file_set_assign(&uploader->decided_files, config->files, config->file_count);
    mailbox_init(&uploader->inbox, -1);
    if (pthread_create(&uploader->thread, NULL, run_uploader, uploader) != 0)
        assert_failed("the uploader has its thread", __FILE__, __LINE__);
    return uploader;
}

static struct upload_mail *new_mail(enum upload_mail_kind kind) {
    struct upload_mail *mail = message_new(sizeof *mail);
    mail->kind = kind;
    strbuf_init(&mail->piece);
    return mail;
}

void uploader_stop(struct uploader *uploader) {
    __atomic_store_n(&uploader->ending, true, __ATOMIC_RELEASE);
    mailbox_post(&uploader->inbox, &new_mail(UPLOAD_END)->base); /* wakes it */
}

void uploader_free(struct uploader *uploader) {
    if (!uploader)
        return;
    uploader_stop(uploader);
    pthread_join(uploader->thread, NULL);
    release_queued(uploader);
    mailbox_release(&uploader->inbox);
    digest_stream_free(uploader->digest);
    file_set_release(&uploader->decided_files);
    file_set_release(&uploader->newest_files);
    free(uploader->decided);
    free(uploader->newest);
    free(uploader);
}

void uploader_begin(struct uploader *uploader, const struct barrier *barrier, bool delta) {
    struct upload_mail *mail = new_mail(UPLOAD_BEGIN);
    mail->barrier = *barrier;
    mail->delta = delta;
    mailbox_post(&uploader->inbox, &mail->base);
}

void uploader_piece(struct uploader *uploader, struct strbuf *piece) {
    struct upload_mail *mail = new_mail(UPLOAD_PIECE);
    mail->piece = *piece;
    strbuf_init(piece);
    __atomic_add_fetch(&uploader->backlog_bytes, mail->piece.size, __ATOMIC_RELAXED);
    mailbox_post(&uploader->inbox, &mail->base);
}

static void copy_files(struct upload_mail *mail, const struct state_files *files) {
    struct arena *arena = &mail->base.arena;
    mail->files = arena_copy(arena, files->items, files->count * sizeof *files->items);
    mail->file_count = files->count;
    for (uint32_t i = 0; i < files->count; i++) {
        mail->files[i].name = arena_strdup(arena, files->items[i].name);
        mail->files[i].path = arena_strdup(arena, files->items[i].path);
    }
}

void uploader_finish(struct uploader *uploader, const struct upload_end *end) {
    struct upload_mail *mail = new_mail(UPLOAD_FINISH);
    struct arena *arena = &mail->base.arena;
    mail->at_end = end->at_end;
    mail->lanes = arena_copy(arena, end->lanes, end->lane_count * sizeof *end->lanes);
    mail->lane_count = end->lane_count;
    mail->positions = ARENA_ARRAY(arena, struct split_position, end->position_count);
    mail->position_count = end->position_count;
    for (uint32_t i = 0; i < end->position_count; i++) {
        const struct split_position *from = &end->positions[i];
        mail->positions[i] = *from;
        mail->positions[i].split.data = arena_copy(arena, from->split.data, from->split.size);
        mail->positions[i].position.data = arena_copy(arena, from->position.data, from->position.size);
    }
    copy_files(mail, &end->files);
    ASSERT(end->files.count == 0 || !uploader_reads_files(uploader));
    if (end->files.count > 0)
        __atomic_store_n(&uploader->files_use, FILES_READ, __ATOMIC_RELEASE);
    mailbox_post(&uploader->inbox, &mail->base);
}

bool uploader_reads_files(const struct uploader *uploader) {
    return __atomic_load_n(&uploader->files_use, __ATOMIC_ACQUIRE) != FILES_UNUSED;
}

void uploader_leave_files(struct uploader *uploader) {
    int read = FILES_READ;
    __atomic_compare_exchange_n(&uploader->files_use, &read, FILES_UNWANTED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void uploader_abandon(struct uploader *uploader) {
    mailbox_post(&uploader->inbox, &new_mail(UPLOAD_ABANDON)->base);
}

uint64_t uploader_backlog_bytes(const struct uploader *uploader) {
    return __atomic_load_n(&uploader->backlog_bytes, __ATOMIC_RELAXED);
}
