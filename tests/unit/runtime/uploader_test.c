/* uploader_test.c: a task's snapshots on their way into a store that can be held up. The store's writer is this file's own: it counts what is
 * written, and waits in each call while it is held; so are the few functions of the checkpointer that an uploader and a task call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/env.h"
#include "core/data/row_log.h"
#include "runtime/checkpoint/task_checkpoint.h"
#include "runtime/checkpoint/uploader.h"
#include "runtime/store/store.h"

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool held;
    uint32_t waiting; /* calls that are held */
    uint32_t opened, appended, finished, aborted;
    uint32_t acks, declined;
    uint64_t acked_rows;      /* that the newest acknowledgement's logs have */
    struct object objects[8]; /* of the newest acknowledgement */
    uint32_t object_count;
    struct log_segments segments;
} world = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

struct store_writer {
    int nothing;
};
static struct store_writer the_writer;

static void count(uint32_t *counter) {
    pthread_mutex_lock(&world.mutex);
    ++*counter;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.mutex);
}

static uint32_t value_of(const uint32_t *counter) {
    pthread_mutex_lock(&world.mutex);
    uint32_t value = *counter;
    pthread_mutex_unlock(&world.mutex);
    return value;
}

static void wait_until(const uint32_t *counter, uint32_t value) {
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 60;
    int result = 0;
    pthread_mutex_lock(&world.mutex);
    while (*counter < value && result == 0)
        result = pthread_cond_timedwait(&world.changed, &world.mutex, &limit);
    pthread_mutex_unlock(&world.mutex);
    assert_int_equal(result, 0);
}

static void hold(bool held) {
    pthread_mutex_lock(&world.mutex);
    world.held = held;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.mutex);
}

enum status store_writer_open(struct store *store, const char *name, struct store_writer **writer,
                              struct error *error) {
    (void)store, (void)name, (void)error;
    count(&world.opened);
    *writer = &the_writer;
    return STATUS_OK;
}

enum status store_writer_append(struct store_writer *writer, const void *data, size_t size, struct error *error) {
    (void)writer, (void)data, (void)size, (void)error;
    pthread_mutex_lock(&world.mutex);
    world.appended++;
    world.waiting++;
    pthread_cond_broadcast(&world.changed);
    while (world.held)
        pthread_cond_wait(&world.changed, &world.mutex);
    world.waiting--;
    pthread_mutex_unlock(&world.mutex);
    return STATUS_OK;
}

enum status store_writer_finish(struct store_writer *writer, struct error *error) {
    (void)writer, (void)error;
    count(&world.finished);
    return STATUS_OK;
}

void store_writer_abort(struct store_writer *writer) {
    (void)writer;
    count(&world.aborted);
}

struct store *checkpointer_store(struct checkpointer *checkpointer) {
    (void)checkpointer;
    return NULL;
}

struct log_segments *checkpointer_segments(struct checkpointer *checkpointer) {
    (void)checkpointer;
    return &world.segments;
}

void checkpointer_tell_status(struct checkpointer *checkpointer, const struct task_status *status) {
    (void)checkpointer;
    if (status->kind == TASK_DECLINED)
        count(&world.declined);
}

void checkpointer_tell_ack(struct checkpointer *checkpointer, const struct task_ack *ack) {
    (void)checkpointer;
    uint64_t rows = 0;
    for (uint32_t i = 0; i < ack->lane_count; i++)
        for (uint32_t j = 0; j < ack->lanes[i].log.chunk_count; j++)
            rows += ack->lanes[i].log.chunks[j].row_count;
    world.acked_rows = rows;
    assert_in_range(ack->object_count, 1, 8);
    memcpy(world.objects, ack->objects, ack->object_count * sizeof *ack->objects);
    world.object_count = ack->object_count;
    count(&world.acks);
}

void checkpointer_want_epoch(struct checkpointer *checkpointer) {
    (void)checkpointer;
}

static int setup(void **state) {
    (void)state;
    world.held = false;
    world.opened = world.appended = world.finished = world.aborted = world.acks = world.declined = 0;
    log_segments_init(&world.segments);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    log_segments_release(&world.segments);
    return 0;
}

static void put_piece(struct uploader *uploader, size_t size) {
    struct strbuf piece;
    strbuf_init(&piece);
    strbuf_reserve(&piece, size);
    memset(piece.data, 'x', size);
    piece.size = size;
    uploader_piece(uploader, &piece);
}

static void an_attempt_is_written_and_acknowledged(void **state) {
    (void)state;
    struct mailbox inbox;
    mailbox_init(&inbox, -1);
    struct uploader *uploader = uploader_new(&(struct uploader_config){.task_inbox = &inbox});
    uploader_begin(uploader, &(struct barrier){.epoch = 1, .attempt = 1}, false);
    put_piece(uploader, 100);
    put_piece(uploader, 3 * 1024 * 1024 + 1); /* in slices of a MiB */
    uploader_finish(uploader, &(struct upload_end){0});
    wait_until(&world.acks, 1);
    assert_int_equal(world.appended, 1 + 4 + 1); /* and the end of the file */
    assert_int_equal(world.finished, 1);
    assert_int_equal(uploader_backlog_bytes(uploader), 0);
    uploader_free(uploader);
    assert_int_equal(world.aborted, 0);
    mailbox_release(&inbox);
}

/* What is queued when the task goes is not written any more, however slow the store is; nor is the rest of a large piece. */
static void a_stop_gives_up_what_is_queued(void **state) {
    (void)state;
    struct mailbox inbox;
    mailbox_init(&inbox, -1);
    struct uploader *uploader = uploader_new(&(struct uploader_config){.task_inbox = &inbox});
    hold(true);
    uploader_begin(uploader, &(struct barrier){.epoch = 1, .attempt = 1}, false);
    put_piece(uploader, 3 * 1024 * 1024);
    for (int i = 0; i < 9; i++)
        put_piece(uploader, 100);
    struct strbuf rows;
    strbuf_init(&rows);
    strbuf_append_text(&rows, "rows");
    struct upload_lane lane = {.buffer = log_buffer_new(&rows, 1)};
    uploader_finish(uploader, &(struct upload_end){.lanes = &lane, .lane_count = 1});
    wait_until(&world.waiting, 1);
    uploader_stop(uploader);
    hold(false);
    uploader_free(uploader);
    assert_int_equal(world.appended, 1);
    assert_int_equal(world.finished, 0);
    assert_int_equal(world.aborted, 1);
    assert_int_equal(world.acks + world.declined, 0);
    mailbox_release(&inbox);
}

/* ---- files ---- */

enum { FILE_BYTES = 2 * 1024 * 1024 + 5 };

struct files {
    struct mailbox inbox;
    struct uploader *uploader;
    char path[64];
    struct backend_file items[2]; /* a shared one, and one that is new each time; both are the same file here */
};

static void files_open(struct files *files, const struct uploader_config *config) {
    struct uploader_config own = *config;
    mailbox_init(&files->inbox, -1);
    own.task_inbox = &files->inbox;
    own.env = env_posix();
    files->uploader = uploader_new(&own);
    snprintf(files->path, sizeof files->path, "/tmp/uploader-XXXXXX");
    int descriptor = mkstemp(files->path);
    assert_true(descriptor >= 0);
    assert_int_equal(ftruncate(descriptor, FILE_BYTES), 0);
    close(descriptor);
    files->items[0] = (struct backend_file){.name = "a_1.sst", .path = files->path, .shared = true};
    files->items[1] = (struct backend_file){.name = "a_CURRENT", .path = files->path};
}

static void files_close(struct files *files) {
    uploader_free(files->uploader);
    mailbox_release(&files->inbox);
    (void)remove(files->path);
}

static void begin_epoch(struct files *files, uint64_t epoch, uint32_t attempt) {
    uploader_begin(files->uploader, &(struct barrier){.generation = 1, .epoch = epoch, .attempt = attempt}, false);
}

static void end_epoch(struct files *files, uint32_t count) {
    uploader_finish(files->uploader, &(struct upload_end){.files = {files->items, count}});
}

/* Objects as acknowledged: the layer, then the files. */
static void upload_epoch(struct files *files, uint64_t epoch, uint32_t attempt, uint32_t count) {
    uint32_t acks = value_of(&world.acks);
    begin_epoch(files, epoch, attempt);
    end_epoch(files, count);
    wait_until(&world.acks, acks + 1);
    assert_false(uploader_reads_files(files->uploader));
    assert_int_equal(world.object_count, 1 + count);
    for (uint32_t i = 1; i < world.object_count; i++) {
        assert_int_equal(world.objects[i].id.kind, OBJECT_FILE);
        assert_int_equal(world.objects[i].size_bytes, FILE_BYTES);
    }
}

static void expect_written_by(uint32_t object, uint64_t epoch, uint32_t attempt) {
    assert_int_equal(world.objects[object].id.epoch, epoch);
    assert_int_equal(world.objects[object].id.attempt, attempt);
}

static void shared_files_of_decided_epochs_are_not_written_again(void **state) {
    (void)state;
    struct files files;
    files_open(&files, &(struct uploader_config){.task = 3});
    upload_epoch(&files, 1, 1, 2);
    assert_int_equal(world.finished, 3);
    upload_epoch(&files, 1, 2, 2); /* the first attempt did not come about: nothing of it is named again */
    assert_int_equal(world.finished, 6);
    expect_written_by(1, 1, 2);
    upload_epoch(&files, 2, 3, 2); /* so epoch 1 is decided */
    assert_int_equal(world.finished, 6 + 2);
    expect_written_by(1, 1, 2);
    expect_written_by(2, 2, 3);
    upload_epoch(&files, 2, 4, 2); /* what the given-up attempt named of epoch 1 may still be named */
    expect_written_by(1, 1, 2);
    expect_written_by(2, 2, 4);
    upload_epoch(&files, 3, 5, 0); /* a savepoint: it has no files, … */
    upload_epoch(&files, 4, 6, 1); /* … and the next epoch may only name what the decided one has */
    expect_written_by(1, 4, 6);
    files_close(&files);
}

static void restored_files_are_not_written_again(void **state) {
    (void)state;
    struct files files;
    struct stored_file known = {
        .name = "a_1.sst",
        .object = {.id = {.generation = 7, .epoch = 9, .kind = OBJECT_FILE, .task = 5}, .size_bytes = FILE_BYTES}};
    files_open(&files, &(struct uploader_config){.files = &known, .file_count = 1});
    upload_epoch(&files, 10, 1, 2);
    assert_int_equal(world.finished, 2);
    assert_true(object_id_equal(&world.objects[1].id, &known.object.id));
    expect_written_by(2, 10, 1);
    files_close(&files);
}

/* The rest of a large file is not read when its attempt is given up; then the task may have the files back. */
static void files_of_given_up_attempts_are_left(void **state) {
    (void)state;
    struct files files;
    files_open(&files, &(struct uploader_config){0});
    hold(true);
    begin_epoch(&files, 1, 1);
    end_epoch(&files, 2);
    wait_until(&world.waiting, 1); /* with the end of the state file */
    assert_true(uploader_reads_files(files.uploader));
    uploader_abandon(files.uploader);
    uploader_leave_files(files.uploader);
    assert_true(uploader_reads_files(files.uploader)); /* it is in a call of the store */
    hold(false);
    wait_until(&world.aborted, 1);
    while (uploader_reads_files(files.uploader)) /* at once now */
        sched_yield();
    assert_int_equal(world.appended, 1);
    assert_int_equal(world.acks + world.declined, 0);
    upload_epoch(&files, 1, 2, 2);
    files_close(&files);
}

/* ---- the task ---- */

static void post(struct mailbox *inbox, enum task_mail_kind kind, uint32_t attempt) {
    struct task_mail *mail = message_new(sizeof *mail);
    mail->kind = kind;
    mail->barrier = (struct barrier){.epoch = 1, .attempt = attempt};
    mailbox_post(inbox, &mail->base);
}

/* A snapshot that cannot go on is nothing to be busy with: the task reads, or waits. */
static void a_full_backlog_is_no_work(void **state) {
    (void)state;
    struct mailbox inbox;
    struct error error = {0};
    struct task_mail deployment = {.kind = TASK_MAIL_DEPLOY};
    mailbox_init(&inbox, -1);
    struct state_file_operator identity = {.name = STR("Nothing")}; /* of the fragment; it has no operators here */
    struct task_checkpoint_config config = {
        .inbox = &inbox, .deployment = &deployment, .identities = &identity, .upload_backlog_bytes_max = 1};
    struct task_checkpoint *task = task_checkpoint_new(&config);
    hold(true);
    post(&inbox, TASK_MAIL_BARRIER, 1);
    assert_true(task_checkpoint_is_busy(task));
    assert_int_equal(task_checkpoint_run(task, &error), STATUS_OK); /* handed over whole: there are no operators */
    wait_until(&world.waiting, 1);
    assert_false(task_checkpoint_is_busy(task));
    post(&inbox, TASK_MAIL_ABORT, 1);
    post(&inbox, TASK_MAIL_BARRIER, 2);
    assert_int_equal(task_checkpoint_run(task, &error), STATUS_OK);
    assert_false(task_checkpoint_is_busy(task)); /* the first attempt's bytes are in the way */
    int64_t start_us = mailbox_now_us();
    assert_int_equal(task_checkpoint_wait(task, start_us + 2000, &error), STATUS_OK);
    assert_true(mailbox_now_us() - start_us >= 2000);
    hold(false);
    for (start_us = mailbox_now_us(); value_of(&world.acks) < 2;) {
        assert_int_equal(task_checkpoint_wait(task, mailbox_now_us() + 1000, &error), STATUS_OK);
        assert_true(mailbox_now_us() - start_us < 60000000);
    }
    assert_int_equal(world.finished, 2); /* the first one too: it was handed over before it was given up */
    task_checkpoint_free(task);
    mailbox_release(&inbox);
}

/* A task behind channels: its mail may be ahead of its barriers. */
struct sink_task {
    struct mailbox inbox;
    struct row_log_lane lane;
    struct row_log log;
    struct task_sink_log logs[1];
    struct task_checkpoint *task;
};

static void sink_task_open(struct sink_task *sink) {
    static const struct state_file_operator identity = {.name = {"Nothing", 7}};
    struct task_mail deployment = {.kind = TASK_MAIL_DEPLOY};
    *sink = (struct sink_task){.log = {.lanes = &sink->lane, .lane_count = 1}};
    mailbox_init(&sink->inbox, -1);
    sink->logs[0].log = &sink->log;
    struct task_checkpoint_config config = {.inbox = &sink->inbox,
                                            .deployment = &deployment,
                                            .identities = &identity,
                                            .logs = sink->logs,
                                            .log_count = 1,
                                            .log_bytes_max = 1 << 20,
                                            .has_channels = true};
    sink->task = task_checkpoint_new(&config);
}

static void sink_task_write(struct sink_task *sink, int rows) {
    for (int i = 0; i < rows; i++)
        row_log_append(&sink->log, &(struct row_log_record){.has_value = true, .value = STR("a row")});
}

/* How many rows are acknowledged for this barrier, which came through the channels. */
static uint64_t sink_task_take(struct sink_task *sink, uint64_t epoch, uint32_t attempt) {
    struct error error = {0};
    uint32_t before = value_of(&world.acks);
    struct barrier barrier = {.generation = 1, .epoch = epoch, .attempt = attempt};
    assert_int_equal(task_checkpoint_take(sink->task, &barrier, &error), STATUS_OK);
    assert_int_equal(task_checkpoint_run(sink->task, &error), STATUS_OK);
    wait_until(&world.acks, before + 1);
    return world.acked_rows;
}

static void sink_task_abort(struct sink_task *sink, uint64_t epoch, uint32_t attempt) {
    struct error error = {0};
    struct task_mail *mail = message_new(sizeof *mail);
    mail->kind = TASK_MAIL_ABORT;
    mail->barrier = (struct barrier){.generation = 1, .epoch = epoch, .attempt = attempt};
    mailbox_post(&sink->inbox, &mail->base);
    assert_int_equal(task_checkpoint_run(sink->task, &error), STATUS_OK);
}

static void sink_task_close(struct sink_task *sink) {
    task_checkpoint_free(sink->task);
    strbuf_release(&sink->lane.records);
    mailbox_release(&sink->inbox);
}

/* Rows of a decided epoch are not logged again because a later attempt was given up before its barrier came. */
static void an_abort_that_overtakes_its_barrier(void **state) {
    (void)state;
    struct sink_task sink;
    sink_task_open(&sink);
    sink_task_write(&sink, 3);
    assert_int_equal(sink_task_take(&sink, 1, 1), 3);
    sink_task_write(&sink, 2);
    sink_task_abort(&sink, 2, 2); /* so epoch 1 is decided */
    sink_task_write(&sink, 4);
    assert_int_equal(sink_task_take(&sink, 2, 3), 2 + 4);
    sink_task_close(&sink);
}

/* Those of an attempt that was given up are, once more and first. */
static void an_abort_of_what_was_taken(void **state) {
    (void)state;
    struct sink_task sink;
    sink_task_open(&sink);
    sink_task_write(&sink, 3);
    assert_int_equal(sink_task_take(&sink, 1, 1), 3);
    sink_task_write(&sink, 2);
    sink_task_abort(&sink, 1, 1);
    sink_task_abort(&sink, 1, 1);
    assert_int_equal(sink_task_take(&sink, 1, 2), 3 + 2);
    sink_task_write(&sink, 1);
    assert_int_equal(sink_task_take(&sink, 2, 3), 1);
    sink_task_abort(&sink, 2, 2); /* an older attempt, late */
    sink_task_write(&sink, 7);
    assert_int_equal(sink_task_take(&sink, 3, 4), 7);
    sink_task_close(&sink);
}

/* ---- a task's back-end ---- */

/* A back-end that notes what it is asked for, and is as quick as the test says. */
static struct {
    struct state_backend base;
    struct state_table table; /* what is not empty */
    uint32_t begun, steps, finishes, released;
    uint32_t steps_left, finishes_left; /* that are not the last */
    enum status finish_status;
    struct backend_file file;
} fake;

static bool fake_table_is_empty(const struct state_table *table) {
    (void)table;
    return false;
}

static enum status fake_begin(struct state_backend *backend, struct error *error) {
    (void)backend, (void)error;
    fake.begun++;
    return STATUS_OK;
}

static enum status fake_step(struct state_backend *backend, uint32_t entries, bool *done, struct error *error) {
    (void)backend, (void)entries, (void)error;
    fake.steps++;
    *done = fake.steps_left == 0;
    fake.steps_left -= !*done;
    return STATUS_OK;
}

static enum status fake_finish(struct state_backend *backend, struct state_files *files, bool *done,
                               struct error *error) {
    (void)backend;
    fake.finishes++;
    if (fake.finish_status != STATUS_OK)
        return FAIL(error, fake.finish_status, "the fake has had enough");
    *done = fake.finishes_left == 0;
    fake.finishes_left -= !*done;
    *files = (struct state_files){&fake.file, 1};
    return STATUS_OK;
}

static enum status fake_release(struct state_backend *backend, struct error *error) {
    (void)backend, (void)error;
    fake.released++;
    return STATUS_OK;
}

static const struct state_backend_class fake_class = {.name = "fake",
                                                      .table_is_empty = fake_table_is_empty,
                                                      .checkpoint_begin = fake_begin,
                                                      .checkpoint_step = fake_step,
                                                      .checkpoint_finish = fake_finish,
                                                      .checkpoint_release = fake_release};

struct stateful_task {
    struct files files; /* only the path is used */
    struct mailbox inbox;
    struct task_checkpoint *task;
};

static void stateful_open(struct stateful_task *stateful) {
    static const struct state_file_operator identity = {.name = {"Nothing", 7}};
    struct task_mail deployment = {.kind = TASK_MAIL_DEPLOY};
    memset(&fake, 0, sizeof fake);
    fake.base = (struct state_backend){.class = &fake_class, .tables = &fake.table};
    files_open(&stateful->files, &(struct uploader_config){0});
    fake.file = stateful->files.items[0];
    mailbox_init(&stateful->inbox, -1);
    struct task_checkpoint_config config = {.inbox = &stateful->inbox,
                                            .deployment = &deployment,
                                            .identities = &identity,
                                            .state = &fake.base,
                                            .env = env_posix()};
    stateful->task = task_checkpoint_new(&config);
}

static void stateful_close(struct stateful_task *stateful) {
    task_checkpoint_free(stateful->task);
    mailbox_release(&stateful->inbox);
    files_close(&stateful->files);
}

static void stateful_run(struct stateful_task *stateful, int rounds) {
    struct error error = {0};
    for (int i = 0; i < rounds; i++)
        assert_int_equal(task_checkpoint_run(stateful->task, &error), STATUS_OK);
}

static void stateful_wait(struct stateful_task *stateful, const uint32_t *counter, uint32_t value) {
    struct error error = {0};
    for (int64_t start_us = mailbox_now_us(); value_of(counter) < value;) {
        assert_int_equal(task_checkpoint_wait(stateful->task, mailbox_now_us() + 1000, &error), STATUS_OK);
        assert_true(mailbox_now_us() - start_us < 60000000);
    }
}

static void a_back_end_is_saved_between_batches(void **state) {
    (void)state;
    struct stateful_task stateful;
    stateful_open(&stateful);
    fake.steps_left = 2;
    fake.finishes_left = 3;
    post(&stateful.inbox, TASK_MAIL_BARRIER, 1);
    stateful_run(&stateful, 1);
    assert_int_equal(fake.begun, 1);
    assert_int_equal(fake.steps, 1); /* one piece a round */
    assert_true(task_checkpoint_is_busy(stateful.task));
    stateful_run(&stateful, 2);
    assert_int_equal(fake.steps, 3);
    assert_false(task_checkpoint_is_busy(stateful.task)); /* from here on RocksDB works, not the task */
    assert_true(task_checkpoint_is_pending(stateful.task));
    stateful_run(&stateful, 3);
    assert_int_equal(fake.finishes, 3);
    stateful_wait(&stateful, &world.acks, 1);
    assert_int_equal(world.object_count, 2);
    assert_false(task_checkpoint_is_pending(stateful.task));
    stateful_wait(&stateful, &fake.released, 1);
    struct task_mail *mail = message_new(sizeof *mail);
    mail->kind = TASK_MAIL_BARRIER;
    mail->barrier = (struct barrier){.epoch = 2, .attempt = 2, .savepoint = true};
    mailbox_post(&stateful.inbox, &mail->base);
    stateful_wait(&stateful, &world.acks, 2);
    assert_int_equal(fake.begun, 1); /* a savepoint is no business of its */
    assert_int_equal(world.object_count, 1);
    stateful_close(&stateful);
}

/* In steps, and while files are made in the background: the back-end is free for the next attempt at once. */
static void attempts_are_given_up_while_files_are_made(void **state) {
    (void)state;
    for (uint32_t finishing = 0; finishing < 2; finishing++) {
        struct stateful_task stateful;
        stateful_open(&stateful);
        fake.steps_left = finishing ? 0 : 100;
        fake.finishes_left = 100;
        post(&stateful.inbox, TASK_MAIL_BARRIER, 1);
        stateful_run(&stateful, 5);
        assert_int_equal(fake.finishes > 0, finishing);
        post(&stateful.inbox, TASK_MAIL_ABORT, 1);
        stateful_run(&stateful, 1);
        assert_int_equal(fake.released, 1);
        assert_false(task_checkpoint_is_pending(stateful.task));
        fake.steps_left = fake.finishes_left = 0;
        post(&stateful.inbox, TASK_MAIL_BARRIER, 2);
        stateful_wait(&stateful, &world.acks, finishing + 1);
        assert_int_equal(fake.begun, 2);
        assert_int_equal(world.object_count, 2);
        stateful_close(&stateful);
    }
}

/* The uploader hangs in the store with them: the next attempt does not wait for it, and the one after that has files again. */
static void an_attempt_is_given_up_while_files_are_written(void **state) {
    (void)state;
    struct stateful_task stateful;
    stateful_open(&stateful);
    hold(true);
    post(&stateful.inbox, TASK_MAIL_BARRIER, 1);
    stateful_run(&stateful, 3);
    wait_until(&world.waiting, 1);
    post(&stateful.inbox, TASK_MAIL_ABORT, 1);
    post(&stateful.inbox, TASK_MAIL_BARRIER, 2);
    stateful_run(&stateful, 2);
    assert_int_equal(fake.begun, 1);
    assert_int_equal(fake.released, 0);
    hold(false);
    stateful_wait(&stateful, &world.acks, 1);
    assert_int_equal(world.object_count, 1); /* the entries are in its snapshots */
    stateful_wait(&stateful, &fake.released, 1);
    post(&stateful.inbox, TASK_MAIL_ABORT, 2);
    post(&stateful.inbox, TASK_MAIL_BARRIER, 3);
    stateful_wait(&stateful, &world.acks, 2);
    assert_int_equal(fake.begun, 2);
    assert_int_equal(world.object_count, 2);
    stateful_close(&stateful);
}

/* Nobody can go on with such a back-end: the task fails, and its job goes back to a checkpoint. */
static void a_full_disk_ends_the_task(void **state) {
    (void)state;
    struct stateful_task stateful;
    struct error error = {0};
    stateful_open(&stateful);
    fake.finish_status = STATUS_DISK_FULL;
    post(&stateful.inbox, TASK_MAIL_BARRIER, 1);
    stateful_run(&stateful, 1);
    assert_int_equal(task_checkpoint_run(stateful.task, &error), STATUS_DISK_FULL);
    stateful_close(&stateful);
    assert_int_equal(world.acks, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_abort_that_overtakes_its_barrier, setup, teardown),
        cmocka_unit_test_setup_teardown(an_abort_of_what_was_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(an_attempt_is_written_and_acknowledged, setup, teardown),
        cmocka_unit_test_setup_teardown(shared_files_of_decided_epochs_are_not_written_again, setup, teardown),
        cmocka_unit_test_setup_teardown(restored_files_are_not_written_again, setup, teardown),
        cmocka_unit_test_setup_teardown(files_of_given_up_attempts_are_left, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stop_gives_up_what_is_queued, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_backlog_is_no_work, setup, teardown),
        cmocka_unit_test_setup_teardown(a_back_end_is_saved_between_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(attempts_are_given_up_while_files_are_made, setup, teardown),
        cmocka_unit_test_setup_teardown(an_attempt_is_given_up_while_files_are_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_ends_the_task, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
