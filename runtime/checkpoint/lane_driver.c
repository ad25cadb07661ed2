/* lane_driver.c: actions of a lane to calls, answers to events. Invariants: the machine is stepped by the lane's thread
 * only; a slot is opened only when no earlier opening of it is under way; an answer that is not certain is handed on as
 * UNKNOWN. */
#include "runtime/checkpoint/lane_driver.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fault.h"
#include "core/base/log.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/mailbox.h"
#include "runtime/checkpoint/retry.h"

enum mail_kind { MAIL_START, MAIL_COMMIT, MAIL_OPENED, MAIL_CLOSE };

struct lane_mail {
    struct message base;
    enum mail_kind kind;
    struct lane_start start;
    struct log_epoch log; /* in the message's arena */
    struct incarnation job;
    uint64_t generation;
    uint32_t slot;
    uint64_t request;
    enum answer answer;
};

struct opener_mail {
    struct message base;
    uint32_t slot;
    uint64_t request;
};

struct lane_slot_driver {
    bool opening;   /* the opener has it */
    bool discarded; /* closed by the machine meanwhile: close it when it is open */
    bool wanted;    /* and opened again by it: hand it to the opener then */
    uint64_t request, wanted_request;
};

struct lane_driver {
    struct lane_driver_config config;
    struct arena arena;
    char job_text[HEX_SIZE];
    struct lane lane;
    struct publisher *publisher; /* opened by the first action that needs it */
    bool prepared, hopeless;
    struct mailbox inbox, opener_inbox;
    pthread_t thread, opener;
    bool cancel;     /* atomic; publisher_config.cancel */
    bool opener_end; /* atomic */
    bool left;       /* the machine was told to close */
    struct lane_slot_driver slots[LANE_SLOTS];
    struct message *kept; /* what the machine's pending logs point to */
    int64_t retry_us;     /* when RETRY is due; INT64_MAX: not */
    uint32_t failures;    /* in a row */
};

static void step(struct lane_driver *driver, const struct lane_event *event);

static bool is_cancelled(const struct lane_driver *driver) {
    return __atomic_load_n(&driver->cancel, __ATOMIC_ACQUIRE);
}

static enum answer answer_of(enum publish_answer answer) {
    switch (answer) {
    case PUBLISH_OK: return ANSWER_OK;
    case PUBLISH_UNKNOWN: return ANSWER_UNKNOWN;
    case PUBLISH_FENCED: return ANSWER_FENCED;
    case PUBLISH_CORRUPT: return ANSWER_CORRUPT;
    }
    UNREACHABLE();
}

/* What goes wrong once is for debugging; what goes on being wrong is for the operator. */
static void note_failure(struct lane_driver *driver, const char *what, const struct error *error) {
    if (is_cancelled(driver))
        return;
    driver->failures++;
    LOG_AT(retry_is_loud(driver->failures) ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "a lane cannot go on; it tries again",
           log_text("doing", what), log_text("table", driver->config.publisher.table),
           log_int("lane", driver->config.publisher.lane), log_int("attempt", driver->failures),
           log_text("error", error->message), log_text("detail", error->detail));
}

/* The first lane of a sink makes sure that the outside can keep the promise; the others cannot be resolved before it
 * is. */
static enum status try_open_publisher(struct lane_driver *driver, struct error *error) {
    struct publisher_config *config = &driver->config.publisher;
    if (config->lane == 0 && !driver->prepared)
        TRY(driver->config.publishers->prepare(config, error));
    driver->prepared = true;
    return driver->config.publishers->open(config, &driver->publisher, error);
}

static void open_publisher(struct lane_driver *driver) {
    struct error error = {0};
    if (driver->publisher || driver->hopeless)
        return;
    hex_format(driver->lane.start.job.bytes, driver->job_text);
    driver->config.publisher.job = driver->job_text;
    driver->config.publisher.arena = &driver->arena;
    driver->config.publisher.cancel = &driver->cancel;
    if (try_open_publisher(driver, &error) == STATUS_OK)
        return;
    driver->publisher = NULL;
    driver->hopeless = !error.retriable;
    if (driver->hopeless)
        driver->config.failed(driver->config.context, &error);
    else
        note_failure(driver, "opening the publisher", &error);
}

/* ---- slots ---- */

static void ask_opener(struct lane_driver *driver, uint32_t slot, uint64_t request) {
    struct opener_mail *mail = message_new(sizeof *mail);
    mail->slot = slot;
    mail->request = request;
    driver->slots[slot].opening = true;
    driver->slots[slot].discarded = false;
    driver->slots[slot].request = request;
    mailbox_post(&driver->opener_inbox, &mail->base);
}

static void tell_opened(struct lane_driver *driver, uint32_t slot, uint64_t request, enum answer answer) {
    struct lane_mail *mail = message_new(sizeof *mail);
    mail->kind = MAIL_OPENED;
    mail->slot = slot;
    mail->request = request;
    mail->answer = answer;
    mailbox_post(&driver->inbox, &mail->base);
}

static void open_slot(struct lane_driver *driver, const struct lane_action *action) {
    struct lane_slot_driver *slot = &driver->slots[action->slot];
    open_publisher(driver);
    if (!driver->publisher) {
        tell_opened(driver, action->slot, action->request, ANSWER_UNKNOWN);
    } else if (slot->opening) {
        slot->wanted = true;
        slot->wanted_request = action->request;
    } else {
        ask_opener(driver, action->slot, action->request);
    }
}

static void close_slot(struct lane_driver *driver, uint32_t number) {
    struct lane_slot_driver *slot = &driver->slots[number];
    if (slot->opening) {
        slot->discarded = true;
        slot->wanted = false;
    } else if (driver->publisher) {
        driver->publisher->class->close_slot(driver->publisher, number);
    }
}

static void on_opened(struct lane_driver *driver, const struct lane_mail *mail) {
    struct lane_slot_driver *slot = &driver->slots[mail->slot];
    slot->opening = false;
    if (slot->discarded) {
        slot->discarded = false;
        driver->publisher->class->close_slot(driver->publisher, mail->slot);
        if (slot->wanted)
            ask_opener(driver, mail->slot, slot->wanted_request);
        slot->wanted = false;
        return;
    }
    struct lane_event event = {
        .kind = LANE_EVENT_OPENED, .request = mail->request, .slot = mail->slot, .answer = mail->answer};
    step(driver, &event);
}

static void *run_opener(void *argument) {
    struct lane_driver *driver = argument;
    while (!__atomic_load_n(&driver->opener_end, __ATOMIC_ACQUIRE)) {
        struct opener_mail *mail = (struct opener_mail *)mailbox_wait(&driver->opener_inbox, INT64_MAX);
        if (mail->slot < LANE_SLOTS && !is_cancelled(driver)) {
            struct error error = {0};
            enum publish_answer answer = PUBLISH_UNKNOWN;
            if (!fault_point(FAULT_LANE_FENCE))
                answer = driver->publisher->class->open_slot(driver->publisher, mail->slot, &error);
            if (answer != PUBLISH_OK && !is_cancelled(driver))
                log_info("a producer could not be opened", log_text("table", driver->config.publisher.table),
                         log_text("error", error.message), log_text("detail", error.detail));
            tell_opened(driver, mail->slot, mail->request, answer_of(answer));
        }
        message_free(&mail->base);
    }
    return NULL;
}

/* ---- reading ---- */

static void read_head(struct lane_driver *driver, const struct lane_action *action) {
    struct error error = {0};
    struct head_version version;
    struct lane_event event = {.kind = LANE_EVENT_HEAD, .request = action->request};
    event.answer = checkpoint_read_head(driver->config.store, &event.head, &version, &error);
    if (event.answer != ANSWER_OK)
        note_failure(driver, "reading HEAD", &error);
    step(driver, &event);
}

static void measure(struct lane_driver *driver, const struct lane_action *action) {
    struct error error = {0};
    struct lane_event event = {.kind = LANE_EVENT_MEASURED, .request = action->request, .answer = ANSWER_UNKNOWN};
    _Static_assert(sizeof event.topic == 16, "a place is a topic id");
    if (!fault_point(FAULT_LANE_FENCED))
        event.answer = answer_of(
            driver->publisher->class->measure(driver->publisher, &event.offset, (uint8_t *)&event.topic, &error));
    if (event.answer != ANSWER_OK) {
        event.answer = ANSWER_UNKNOWN;
        note_failure(driver, "asking where the markers end", &error);
    }
    step(driver, &event);
}

struct reading {
    struct lane_driver *driver;
    uint64_t request;
};

static void on_marker(void *context, uint64_t offset, struct str bytes) {
    struct reading *reading = context;
    struct lane_event event = {
        .kind = LANE_EVENT_MARKER, .request = reading->request, .answer = ANSWER_OK, .offset = offset};
    if (marker_decode(bytes.data, bytes.size, &event.marker, NULL) != STATUS_OK)
        event.answer = ANSWER_CORRUPT;
    step(reading->driver, &event);
}

static void read_markers(struct lane_driver *driver, const struct lane_action *action) {
    struct error error = {0};
    struct reading reading = {.driver = driver, .request = action->request};
    uint64_t position = action->offset;
    enum publish_answer answer = driver->publisher->class->read_markers(
        driver->publisher, action->offset, action->until, on_marker, &reading, &position, &error);
    struct lane_event event = {
        .kind = LANE_EVENT_POSITION, .request = action->request, .answer = ANSWER_OK, .offset = position};
    if (answer != PUBLISH_OK) {
        note_failure(driver, "reading markers", &error);
        step(driver, &event); /* what was read is read */
        event.answer = answer == PUBLISH_CORRUPT ? ANSWER_CORRUPT : ANSWER_UNKNOWN;
    }
    step(driver, &event);
}

/* ---- sending ---- */

/* The chunk's records: still in memory, or read back. `bytes` owns what was read. */
static enum answer find_records(struct lane_driver *driver, const struct log_epoch *log, const struct log_chunk *chunk,
                                struct log_buffer **buffer, struct strbuf *bytes, struct str *records,
                                struct error *error) {
    if (chunk->segment == LOG_NO_SEGMENT)
        return ANSWER_OK;
    const struct object *segment = &log->segments[chunk->segment];
    *buffer = log_segments_find(driver->config.segments, &segment->id);
    if (*buffer) {
        size_t start = (size_t)chunk->offset - LOG_SEGMENT_HEADER_SIZE;
        ASSERT(start + chunk->size_bytes <= (*buffer)->records.size);
        *records = (struct str){(*buffer)->records.data + start, (size_t)chunk->size_bytes};
        return ANSWER_OK;
    }
    strbuf_reserve(bytes, (size_t)chunk->size_bytes);
    enum answer answer = checkpoint_get_range(driver->config.store, &segment->id, chunk->offset,
                                              (size_t)chunk->size_bytes, bytes->data, error);
    *records = (struct str){bytes->data, (size_t)chunk->size_bytes};
    struct digest digest = digest_of(records->data, records->size);
    if (answer == ANSWER_OK && !digest_equal(&digest, &chunk->rows))
        return ANSWER_CORRUPT;
    return answer;
}

/* Number of the chunk's first row within the epoch. */
static uint64_t first_row(const struct log_epoch *log, uint32_t chunk) {
    uint64_t rows = 0;
    for (uint32_t i = 0; i < chunk; i++)
        rows += log->chunks[i].row_count;
    return rows;
}

static void send_chunk(struct lane_driver *driver, const struct lane_action *action) {
    const struct log_chunk *chunk = &action->log->chunks[action->chunk];
    struct lane_event event = {.kind = LANE_EVENT_CHUNK_SENT, .request = action->request, .rows = chunk->rows};
    struct log_buffer *buffer = NULL;
    struct strbuf bytes;
    struct str records = {0};
    struct error error = {0};
    strbuf_init(&bytes);
    event.answer = find_records(driver, action->log, chunk, &buffer, &bytes, &records, &error);
    if (event.answer == ANSWER_OK && records.size > 0)
        event.answer = answer_of(
            driver->publisher->class->send_rows(driver->publisher, action->slot, records, action->log->epoch,
                                                first_row(action->log, action->chunk), &event.row_count, &error));
    if (fault_point(FAULT_LANE_ROWS))
        event.answer = ANSWER_UNKNOWN;
    if (event.answer != ANSWER_OK)
        note_failure(driver, "sending rows", &error);
    log_buffer_release(buffer);
    strbuf_release(&bytes);
    step(driver, &event);
}

static void send_marker(struct lane_driver *driver, const struct lane_action *action) {
    struct error error = {0};
    uint8_t bytes[MARKER_SIZE];
    marker_encode(&action->marker, bytes);
    struct lane_event event = {.kind = LANE_EVENT_MARKER_SENT, .request = action->request};
    struct str marker = {(const char *)bytes, sizeof bytes};
    event.answer = answer_of(
        driver->publisher->class->send_marker(driver->publisher, action->slot, marker, &event.offset, &error));
    if (fault_point(FAULT_LANE_MARKER))
        event.answer = ANSWER_UNKNOWN;
    if (event.answer != ANSWER_OK)
        note_failure(driver, "sending a marker", &error);
    step(driver, &event);
}

static void commit(struct lane_driver *driver, const struct lane_action *action) {
    struct error error = {0};
    struct lane_event event = {.kind = LANE_EVENT_COMMITTED, .request = action->request, .answer = ANSWER_UNKNOWN};
    if (!fault_point(FAULT_LANE_COMMIT))
        event.answer = answer_of(driver->publisher->class->commit(driver->publisher, action->slot, &error));
    if (fault_point(FAULT_LANE_COMMITTED))
        event.answer = ANSWER_UNKNOWN;
    if (event.answer == ANSWER_OK)
        driver->failures = 0;
    else
        note_failure(driver, "committing", &error);
    step(driver, &event);
}

/* ---- the machine ---- */

static void retry_later(struct lane_driver *driver, uint32_t attempt) {
    int64_t due_us = mailbox_now_us() + retry_pause_us(attempt);
    if (due_us < driver->retry_us)
        driver->retry_us = due_us;
}

static void act(struct lane_driver *driver, const struct lane_action *action) {
    switch (action->kind) {
    case LANE_ACTION_READ_HEAD: read_head(driver, action); break;
    case LANE_ACTION_OPEN_PRODUCER: open_slot(driver, action); break;
    case LANE_ACTION_CLOSE_PRODUCER: close_slot(driver, action->slot); break;
    case LANE_ACTION_MEASURE: measure(driver, action); break;
    case LANE_ACTION_READ_MARKERS: read_markers(driver, action); break;
    case LANE_ACTION_SEND_CHUNK: send_chunk(driver, action); break;
    case LANE_ACTION_SEND_MARKER: send_marker(driver, action); break;
    case LANE_ACTION_COMMIT: commit(driver, action); break;
    case LANE_ACTION_RETRY_LATER: retry_later(driver, action->attempt); break;
    case LANE_ACTION_REPORT: driver->config.report(driver->config.context, &action->report); break;
    }
}

/* Blocking calls answer at once, so stepping nests: at most as deep as one chunk has actions, since what comes after a
 * commit is sent on by the loop below. */
static void step(struct lane_driver *driver, const struct lane_event *event) {
    struct lane_actions actions;
    lane_step(&driver->lane, event, &actions);
    for (uint32_t i = 0; i < actions.count; i++)
        act(driver, &actions.items[i]);
}

static bool is_used(const struct lane_driver *driver, const struct lane_mail *mail) {
    if (mail->kind == MAIL_START)
        return true; /* and there is only one */
    for (uint32_t i = 0; i < driver->lane.pending_count; i++)
        if (driver->lane.pending[i].chunks == mail->log.chunks)
            return true;
    return false;
}

/* Frees the messages whose logs are published. */
static void sweep_kept(struct lane_driver *driver) {
    for (struct message **link = &driver->kept; *link;) {
        struct message *message = *link;
        if (is_used(driver, (struct lane_mail *)message)) {
            link = &message->next;
            continue;
        }
        *link = message->next;
        message_free(message);
    }
}

static void on_mail(struct lane_driver *driver, struct lane_mail *mail) {
    struct lane_event event = {
        .job = mail->job, .generation = mail->generation, .log = &mail->log, .start = &mail->start};
    switch (mail->kind) {
    case MAIL_START:
        event.kind = LANE_EVENT_START;
        mail->base.next = driver->kept;
        driver->kept = &mail->base;
        step(driver, &event);
        return;
    case MAIL_COMMIT:
        event.kind = LANE_EVENT_COMMIT;
        mail->base.next = driver->kept;
        driver->kept = &mail->base;
        (void)fault_point(FAULT_LANE_COMMIT_ORDER);
        step(driver, &event);
        sweep_kept(driver);
        return;
    case MAIL_OPENED: on_opened(driver, mail); break;
    case MAIL_CLOSE:
        driver->left = true;
        event.kind = LANE_EVENT_CLOSE;
        step(driver, &event);
        break;
    }
    message_free(&mail->base);
    sweep_kept(driver);
}

static void *run_lane(void *argument) {
    struct lane_driver *driver = argument;
    while (!driver->left) {
        struct message *message = mailbox_wait(&driver->inbox, driver->retry_us);
        if (message) {
            on_mail(driver, (struct lane_mail *)message);
            continue;
        }
        driver->retry_us = INT64_MAX;
        step(driver, &(struct lane_event){.kind = LANE_EVENT_RETRY});
        sweep_kept(driver);
    }
    return NULL;
}

struct lane_driver *lane_driver_new(const struct lane_driver_config *config) {
    struct lane_driver *driver = memory_zalloc(sizeof *driver);
    driver->config = *config;
    arena_init(&driver->arena);
    lane_init(&driver->lane);
    mailbox_init(&driver->inbox, -1);
    mailbox_init(&driver->opener_inbox, -1);
    driver->retry_us = INT64_MAX;
    if (pthread_create(&driver->thread, NULL, run_lane, driver) != 0 ||
        pthread_create(&driver->opener, NULL, run_opener, driver) != 0)
        assert_failed("a lane has its threads", __FILE__, __LINE__);
    return driver;
}

void lane_driver_start(struct lane_driver *driver, const struct lane_start *start) {
    struct lane_mail *mail = message_new(sizeof *mail);
    struct log_epoch *pending = ARENA_ARRAY(&mail->base.arena, struct log_epoch, start->pending_count);
    for (uint32_t i = 0; i < start->pending_count; i++)
        pending[i] = log_epoch_copy(&mail->base.arena, &start->pending[i]);
    mail->kind = MAIL_START;
    mail->start = *start;
    mail->start.pending = pending;
    mailbox_post(&driver->inbox, &mail->base);
}

void lane_driver_commit(struct lane_driver *driver, const struct incarnation *job, uint64_t generation,
                        const struct log_epoch *log) {
    struct lane_mail *mail = message_new(sizeof *mail);
    mail->kind = MAIL_COMMIT;
    mail->job = *job;
    mail->generation = generation;
    mail->log = log_epoch_copy(&mail->base.arena, log);
    mailbox_post(&driver->inbox, &mail->base);
}

void lane_driver_free(struct lane_driver *driver) {
    __atomic_store_n(&driver->cancel, true, __ATOMIC_RELEASE);
    struct lane_mail *mail = message_new(sizeof *mail);
    mail->kind = MAIL_CLOSE;
    mailbox_post(&driver->inbox, &mail->base);
    pthread_join(driver->thread, NULL);
    __atomic_store_n(&driver->opener_end, true, __ATOMIC_RELEASE);
    struct opener_mail *end = message_new(sizeof *end);
    end->slot = LANE_SLOTS;
    mailbox_post(&driver->opener_inbox, &end->base);
    pthread_join(driver->opener, NULL);
    if (driver->publisher) {
        for (uint32_t slot = 0; slot < LANE_SLOTS; slot++)
            driver->publisher->class->close_slot(driver->publisher, slot);
        driver->publisher->class->close(driver->publisher);
    }
    while (driver->kept) {
        struct message *next = driver->kept->next;
        message_free(driver->kept);
        driver->kept = next;
    }
    mailbox_release(&driver->inbox);
    mailbox_release(&driver->opener_inbox);
    arena_release(&driver->arena);
    free(driver);
}
