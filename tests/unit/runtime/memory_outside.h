/* memory_outside.h: an outside world for exactly-once sinks, in memory, and jobs that write to it through the real drivers.
 *
 *   source "numbers" ─▶ the job under test ─▶ sink "outside": lanes of two slots, transactions, markers, fencing
 *
 * Row n of the source is (n % 7, n, n * 10 ms), so what has to come out follows from its length. The outside keeps to the rules of a broker:
 * opening a slot ends what an earlier holder had begun, rows and marker of a transaction appear together, and markers behind an open
 * transaction cannot be read. Each call can be answered otherwise than it was carried out, once, or hang until it is let go. */
#pragma once

#include "tests/unit/runtime/memory_job.h"

#include <pthread.h>
#include <time.h>

#include "core/data/row_log.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/checkpointer.h"
#include "runtime/checkpoint/mailbox.h"
#include "runtime/store/store.h"

enum outside_call {
    OUTSIDE_PREPARE,
    OUTSIDE_OPEN_SLOT,
    OUTSIDE_MEASURE,
    OUTSIDE_READ,
    OUTSIDE_ROWS,
    OUTSIDE_MARKER,
    OUTSIDE_COMMIT,
    OUTSIDE_CALLS
};
static const char *const outside_call_names[] = {"prepare", "open_slot", "measure", "read", "rows", "marker", "commit"};

enum outside_answer {
    OUTSIDE_OK,
    OUTSIDE_LOST,    /* done; the answer is UNKNOWN */
    OUTSIDE_NOTHING, /* not done; the answer is UNKNOWN */
    OUTSIDE_LATE,    /* a commit that is carried out when the slot is opened again; UNKNOWN */
    OUTSIDE_FENCED,  /* not done; FENCED although nobody else is there */
    OUTSIDE_ANSWERS
};
static const char *const outside_answer_names[] = {"ok", "lost", "nothing", "late", "fenced"};

enum outside_entry_state { ENTRY_OPEN, ENTRY_COMMITTED, ENTRY_ABORTED };

struct outside_entry {
    enum outside_entry_state state;
    struct strbuf bytes; /* a marker, or whatever a test put there */
};

struct outside_slot {
    uint64_t holder; /* counts openings */
    struct strbuf rows;
    int64_t entry; /* of the open transaction's marker; -1: none */
    bool commits_late;
};

enum { OUTSIDE_SINKS = 2, OUTSIDE_LANES = 3, OUTSIDE_PLACES = 24, OUTSIDE_ENTRIES = 4096 };

/* A lane of a sink of one J. */
struct outside_place {
    char job[40];
    uint32_t sink, lane;
    struct outside_slot slots[2];
    struct outside_entry *entries;
    uint64_t entry_count;
    uint8_t topic[16];
};

static struct {
    pthread_mutex_t mutex;
    struct outside_place places[OUTSIDE_PLACES];
    uint32_t place_count;
    struct strbuf topics[OUTSIDE_SINKS][OUTSIDE_LANES]; /* committed rows, as text */
    uint64_t calls[OUTSIDE_CALLS];
    /* What tests order. */
    enum outside_call fault_call;
    uint64_t fault_passage; /* 0: none */
    enum outside_answer fault_answer;
    enum outside_call crash_call;  /* the job is to be dropped after this one */
    uint64_t crash_passage;        /* 0: none */
    enum status prepare_status;    /* what the preflight says */
    bool away;                     /* atomic: calls hang */
    uint64_t epoch_limit;          /* atomic: markers of later epochs hang */
    uint32_t row_total, row_limit; /* row_limit is atomic: more are not there yet */
    bool endless;                  /* atomic: the source waits after row_total */
    bool paced;                    /* atomic: an epoch is published between two batches */
    bool crash;                    /* atomic: the source fails */
    /* What happened. */
    uint64_t commits;               /* atomic: transactions */
    uint64_t polls;                 /* atomic: of sources */
    uint32_t rows_read;             /* atomic: the furthest that any source came */
    uint32_t told_count, told_rows; /* atomic: decided positions that sources were told, and the one told last */
    uint32_t doubled;               /* commits that a broker could not have carried out */
    struct job *job;                /* that runs, under the mutex */
} outside = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static inline void outside_reset(uint32_t row_total) {
    for (uint32_t i = 0; i < outside.place_count; i++) {
        struct outside_place *place = &outside.places[i];
        for (uint64_t j = 0; j < place->entry_count; j++)
            strbuf_release(&place->entries[j].bytes);
        strbuf_release(&place->slots[0].rows);
        strbuf_release(&place->slots[1].rows);
        free(place->entries);
        *place = (struct outside_place){0};
    }
    outside.place_count = 0;
    for (int sink = 0; sink < OUTSIDE_SINKS; sink++)
        for (int lane = 0; lane < OUTSIDE_LANES; lane++)
            strbuf_reset(&outside.topics[sink][lane]);
    memset(outside.calls, 0, sizeof outside.calls);
    outside.fault_passage = outside.crash_passage = 0;
    outside.prepare_status = STATUS_OK;
    outside.row_total = outside.row_limit = row_total;
    outside.away = outside.crash = outside.endless = false;
    outside.paced = true;
    outside.epoch_limit = UINT64_MAX;
    outside.commits = outside.polls = 0;
    outside.rows_read = outside.doubled = 0;
    outside.told_count = outside.told_rows = 0;
}

/* For a memory checker's sake. */
static inline void outside_release(void) {
    outside_reset(0);
    for (int sink = 0; sink < OUTSIDE_SINKS; sink++)
        for (int lane = 0; lane < OUTSIDE_LANES; lane++)
            strbuf_release(&outside.topics[sink][lane]);
}

/* ---- source ---- */

struct outside_source {
    struct source base;
    const struct source_config *config;
    uint32_t next_row;
    uint32_t told_rows; /* decided, as far as this source knows */
    uint64_t commits_seen;
};

static inline enum status numbers_poll(struct source *self, int64_t max_wait_us, struct source_poll *poll,
                                       struct error *error) {
    (void)max_wait_us;
    struct outside_source *source = (struct outside_source *)self;
    __atomic_add_fetch(&outside.polls, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&outside.crash, __ATOMIC_ACQUIRE))
        return FAIL(error, STATUS_CONNECTION_FAILURE, "the process is gone");
    uint64_t commits = __atomic_load_n(&outside.commits, __ATOMIC_ACQUIRE);
    uint32_t limit = __atomic_load_n(&outside.row_limit, __ATOMIC_ACQUIRE);
    bool at_end = source->next_row == outside.row_total;
    if (at_end && !__atomic_load_n(&outside.endless, __ATOMIC_ACQUIRE)) {
        poll->state = SOURCE_END;
        return STATUS_OK;
    }
    bool waits =
        __atomic_load_n(&outside.paced, __ATOMIC_ACQUIRE) && source->next_row > 0 && commits == source->commits_seen;
    if (at_end || source->next_row >= limit || waits) {
        poll->state = SOURCE_WAIT;
        poll->wait_us = 200;
        return STATUS_OK;
    }
    source->commits_seen = commits;
    uint32_t count = 0;
    struct memory_row rows[16];
    for (; count < source->config->batch_rows && count < 16 && source->next_row + count < limit; count++) {
        int64_t n = source->next_row + count;
        rows[count] =
            (struct memory_row){.key = n % 7, .value = n, .time_us = n * 10000, .watermark_us = n * 10000 - 50000};
    }
    poll->batch = batch_new(source->config->pool, source->config->column_count);
    poll->batch->row_count = count;
    memory_fill(source->config, poll->batch, rows);
    source->next_row += count;
    if (source->next_row > __atomic_load_n(&outside.rows_read, __ATOMIC_ACQUIRE))
        __atomic_store_n(&outside.rows_read, source->next_row, __ATOMIC_RELEASE);
    return STATUS_OK;
}

static inline const char *numbers_split_name(const struct source *source, uint32_t split) {
    (void)source, (void)split;
    return "numbers";
}

static inline void numbers_split_position(const struct source *source, uint32_t split, struct strbuf *out) {
    (void)split;
    strbuf_printf(out, "%u", ((const struct outside_source *)source)->next_row);
}

/* Transactions of sinks lag behind decisions, never the other way round: what was told is logged for good. */
static inline void numbers_committed(struct source *source, const struct source_position *positions, uint32_t count) {
    struct outside_source *self = (struct outside_source *)source;
    uint32_t rows = (uint32_t)strtoul(positions[0].position, NULL, 10);
    assert_int_equal(count, 1);
    assert_string_equal(positions[0].split, "numbers");
    assert_in_range(rows, self->told_rows, self->next_row);
    self->told_rows = rows;
    __atomic_store_n(&outside.told_rows, rows, __ATOMIC_RELAXED);
    __atomic_add_fetch(&outside.told_count, 1, __ATOMIC_RELAXED);
}

static inline void numbers_close(struct source *source) {
    (void)source;
}

static const struct source_class numbers_source_class = {.poll = numbers_poll,
                                                         .split_name = numbers_split_name,
                                                         .split_position = numbers_split_position,
                                                         .committed = numbers_committed,
                                                         .close = numbers_close};

static inline enum status numbers_open(const struct source_config *config, struct source **source,
                                       struct error *error) {
    (void)error;
    struct outside_source *opened = ARENA_NEW(config->arena, struct outside_source);
    opened->base = (struct source){.class = &numbers_source_class, .split_count = 1};
    opened->config = config;
    if (config->position_count > 0)
        opened->next_row = (uint32_t)strtoul(config->positions[0].position, NULL, 10);
    opened->told_rows = opened->next_row;
    *source = &opened->base;
    return STATUS_OK;
}

/* ---- sink: rows as text ---- */

struct outside_sink {
    struct sink base;
    const struct sink_config *config;
    uint32_t sink, lane_count;
};

static inline uint32_t outside_lane_count(const struct options *options) {
    return (uint32_t)strtoul(options_find(options, "lanes"), NULL, 10);
}

static inline enum status outside_write(struct sink *self, struct batch *batch, struct error *error) {
    (void)error;
    struct outside_sink *sink = (struct outside_sink *)self;
    struct strbuf text = {0};
    for (uint32_t row = 0; row < batch->row_count; row++) {
        strbuf_reset(&text);
        for (uint32_t i = 0; i < batch->column_count; i++)
            strbuf_printf(&text, "%lld ",
                          (long long)(column_is_null(&batch->columns[i], row)
                                          ? -1
                                          : *(const int64_t *)column_value(&batch->columns[i], row)));
        uint32_t partition = (uint32_t) * (const int64_t *)column_value(&batch->columns[0], row);
        if (sink->config->log) {
            struct row_log_record record = {.partition = partition, .has_value = true, .value = strbuf_str(&text)};
            row_log_append(sink->config->log, &record);
            continue;
        }
        pthread_mutex_lock(&outside.mutex);
        struct strbuf *topic = &outside.topics[sink->sink][partition % sink->lane_count];
        strbuf_append_str(topic, strbuf_str(&text));
        strbuf_append_char(topic, '\n');
        pthread_mutex_unlock(&outside.mutex);
    }
    strbuf_release(&text);
    return STATUS_OK;
}

static inline enum status outside_flush(struct sink *sink, struct error *error) {
    (void)sink, (void)error;
    return STATUS_OK;
}

static inline void outside_sink_close(struct sink *sink) {
    (void)sink;
}

static const struct sink_class outside_sink_class = {
    .write = outside_write, .flush = outside_flush, .close = outside_sink_close};

static inline enum status outside_sink_open(const struct sink_config *config, struct sink **sink, struct error *error) {
    (void)error;
    struct outside_sink *opened = ARENA_NEW(config->arena, struct outside_sink);
    opened->base.class = &outside_sink_class;
    opened->config = config;
    opened->sink = (uint32_t)strtoul(config->table, NULL, 10);
    opened->lane_count = outside_lane_count(config->options);
    *sink = &opened->base;
    return STATUS_OK;
}

/* ---- publisher ---- */

struct outside_publisher {
    struct publisher base;
    const bool *cancel;
    struct outside_place *place;
    uint32_t sink;
    uint64_t holds[2]; /* 0: closed */
};

/* While the outside is away: until it is back, or the lane has to leave. True: leave. */
static inline bool outside_hangs(const bool *cancel) {
    while (__atomic_load_n(&outside.away, __ATOMIC_ACQUIRE)) {
        if (__atomic_load_n(cancel, __ATOMIC_ACQUIRE))
            return true;
        struct timespec rest = {.tv_nsec = 200000};
        nanosleep(&rest, NULL);
    }
    return false;
}

/* The same while the marker's epoch is beyond the limit. */
static inline bool outside_holds(struct str bytes, const bool *cancel) {
    struct marker marker;
    if (marker_decode(bytes.data, bytes.size, &marker, NULL) != STATUS_OK)
        return false;
    while (marker.epoch > __atomic_load_n(&outside.epoch_limit, __ATOMIC_ACQUIRE)) {
        if (__atomic_load_n(cancel, __ATOMIC_ACQUIRE))
            return true;
        struct timespec rest = {.tv_nsec = 200000};
        nanosleep(&rest, NULL);
    }
    return false;
}

/* Counts a call and says how it is to be answered. */
static inline enum outside_answer outside_passes(enum outside_call call, const bool *cancel) {
    if (outside_hangs(cancel))
        return OUTSIDE_NOTHING;
    pthread_mutex_lock(&outside.mutex);
    uint64_t passage = ++outside.calls[call];
    bool hit = outside.fault_passage == passage && outside.fault_call == call;
    if (outside.crash_passage == passage && outside.crash_call == call) {
        __atomic_store_n(&outside.crash, true, __ATOMIC_RELEASE);
        if (outside.job) { /* once for a stop, once for not waiting; a source that is still read fails first */
            job_stop(outside.job);
            job_stop(outside.job);
        }
    }
    pthread_mutex_unlock(&outside.mutex);
    return hit ? outside.fault_answer : OUTSIDE_OK;
}

static inline enum publish_answer outside_answered(enum outside_answer answer, struct error *error) {
    if (answer == OUTSIDE_OK)
        return PUBLISH_OK;
    (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the outside gave no answer");
    return answer == OUTSIDE_FENCED ? PUBLISH_FENCED : PUBLISH_UNKNOWN;
}

static inline bool outside_does(enum outside_answer answer) {
    return answer == OUTSIDE_OK || answer == OUTSIDE_LOST;
}

static inline void outside_commit_slot(struct outside_publisher *publisher, struct outside_slot *slot) {
    struct strbuf *topic = &outside.topics[publisher->sink][publisher->place->lane];
    if (slot->entry < 0) {
        outside.doubled++; /* nothing is open: a commit without its marker */
        return;
    }
    strbuf_append_str(topic, strbuf_str(&slot->rows));
    strbuf_reset(&slot->rows);
    publisher->place->entries[slot->entry].state = ENTRY_COMMITTED;
    slot->entry = -1;
    __atomic_add_fetch(&outside.commits, 1, __ATOMIC_ACQ_REL);
}

static inline enum publish_answer outside_open_slot(struct publisher *self, uint32_t number, struct error *error) {
    struct outside_publisher *publisher = (struct outside_publisher *)self;
    enum outside_answer answer = outside_passes(OUTSIDE_OPEN_SLOT, publisher->cancel);
    pthread_mutex_lock(&outside.mutex);
    struct outside_slot *slot = &publisher->place->slots[number];
    if (outside_does(answer)) {
        if (slot->commits_late)
            outside_commit_slot(publisher, slot);
        else if (slot->entry >= 0)
            publisher->place->entries[slot->entry].state = ENTRY_ABORTED;
        slot->commits_late = false;
        slot->entry = -1;
        strbuf_reset(&slot->rows);
        publisher->holds[number] = ++slot->holder;
    }
    pthread_mutex_unlock(&outside.mutex);
    return outside_answered(answer, error);
}

static inline void outside_close_slot(struct publisher *self, uint32_t number) {
    ((struct outside_publisher *)self)->holds[number] = 0;
}

static inline enum publish_answer outside_measure(struct publisher *self, uint64_t *end, uint8_t place[16],
                                                  struct error *error) {
    struct outside_publisher *publisher = (struct outside_publisher *)self;
    enum outside_answer answer = outside_passes(OUTSIDE_MEASURE, publisher->cancel);
    pthread_mutex_lock(&outside.mutex);
    *end = publisher->place->entry_count;
    memcpy(place, publisher->place->topic, 16);
    pthread_mutex_unlock(&outside.mutex);
    return outside_answered(answer, error);
}

static inline enum publish_answer outside_read_markers(struct publisher *self, uint64_t from, uint64_t until,
                                                       void (*on_marker)(void *context, uint64_t offset,
                                                                         struct str marker),
                                                       void *context, uint64_t *position, struct error *error) {
    struct outside_publisher *publisher = (struct outside_publisher *)self;
    enum outside_answer answer = outside_passes(OUTSIDE_READ, publisher->cancel);
    if (!outside_does(answer))
        return outside_answered(answer, error);
    for (uint64_t i = from; i < until; i++) {
        uint8_t copy[4 * MARKER_SIZE];
        pthread_mutex_lock(&outside.mutex);
        enum outside_entry_state state =
            i < publisher->place->entry_count ? publisher->place->entries[i].state : ENTRY_OPEN;
        struct str bytes = state == ENTRY_COMMITTED ? strbuf_str(&publisher->place->entries[i].bytes) : (struct str){0};
        memcpy(copy, bytes.data ? bytes.data : "", bytes.size);
        pthread_mutex_unlock(&outside.mutex);
        if (state == ENTRY_OPEN)
            return outside_answered(OUTSIDE_NOTHING, error); /* somebody's transaction is in the way */
        *position = i + 1;
        if (state == ENTRY_COMMITTED)
            on_marker(context, i, (struct str){(const char *)copy, bytes.size});
    }
    return outside_answered(answer, error);
}

static inline enum publish_answer outside_send_rows(struct publisher *self, uint32_t number, struct str records,
                                                    uint64_t epoch, uint64_t first_row, uint64_t *delivered,
                                                    struct error *error) {
    (void)epoch, (void)first_row;
    struct outside_publisher *publisher = (struct outside_publisher *)self;
    enum outside_answer answer = outside_passes(OUTSIDE_ROWS, publisher->cancel);
    pthread_mutex_lock(&outside.mutex);
    struct outside_slot *slot = &publisher->place->slots[number];
    if (publisher->holds[number] != slot->holder)
        answer = OUTSIDE_FENCED;
    struct bytes_reader reader = bytes_reader_of(records);
    struct row_log_record record;
    bool found = true;
    while (outside_does(answer) && row_log_next(&reader, &record, &found, error) == STATUS_OK && found) {
        strbuf_append_str(&slot->rows, record.value);
        strbuf_append_char(&slot->rows, '\n');
        ++*delivered;
    }
    pthread_mutex_unlock(&outside.mutex);
    return outside_answered(answer, error);
}

static inline enum publish_answer outside_send_marker(struct publisher *self, uint32_t number, struct str marker,
                                                      uint64_t *offset, struct error *error) {
    struct outside_publisher *publisher = (struct outside_publisher *)self;
    enum outside_answer answer = outside_passes(OUTSIDE_MARKER, publisher->cancel);
    if (outside_holds(marker, publisher->cancel))
        answer = OUTSIDE_NOTHING;
    pthread_mutex_lock(&outside.mutex);
    struct outside_place *place = publisher->place;
    struct outside_slot *slot = &place->slots[number];
    if (publisher->holds[number] != slot->holder)
        answer = OUTSIDE_FENCED;
    if (outside_does(answer)) {
        assert_in_range(place->entry_count, 0, OUTSIDE_ENTRIES - 1);
        *offset = place->entry_count;
        slot->entry = (int64_t)place->entry_count;
        struct outside_entry *entry = &place->entries[place->entry_count++];
        *entry = (struct outside_entry){.state = ENTRY_OPEN};
        strbuf_append_str(&entry->bytes, marker);
    }
    pthread_mutex_unlock(&outside.mutex);
    return outside_answered(answer, error);
}

static inline enum publish_answer outside_commit(struct publisher *self, uint32_t number, struct error *error) {
    struct outside_publisher *publisher = (struct outside_publisher *)self;
    enum outside_answer answer = outside_passes(OUTSIDE_COMMIT, publisher->cancel);
    pthread_mutex_lock(&outside.mutex);
    struct outside_slot *slot = &publisher->place->slots[number];
    if (publisher->holds[number] != slot->holder)
        answer = OUTSIDE_FENCED;
    if (outside_does(answer))
        outside_commit_slot(publisher, slot);
    slot->commits_late |= answer == OUTSIDE_LATE;
    pthread_mutex_unlock(&outside.mutex);
    return outside_answered(answer, error);
}

static inline void outside_publisher_close(struct publisher *self) {
    (void)self;
}

static const struct publisher_class outside_publisher_class = {
    .open_slot = outside_open_slot,
    .close_slot = outside_close_slot,
    .measure = outside_measure,
    .read_markers = outside_read_markers,
    .send_rows = outside_send_rows,
    .send_marker = outside_send_marker,
    .commit = outside_commit,
    .close = outside_publisher_close,
};

static inline enum delivery_guarantee outside_guarantee(const struct options *options) {
    (void)options;
    return DELIVERY_BEST;
}

static inline enum status outside_prepare(const struct publisher_config *config, struct error *error) {
    enum outside_answer answer = outside_passes(OUTSIDE_PREPARE, config->cancel);
    if (outside.prepare_status != STATUS_OK)
        return FAIL(error, outside.prepare_status, "topic of \"%s\" has one copy only", config->table);
    if (answer == OUTSIDE_OK || answer == OUTSIDE_LOST)
        return STATUS_OK;
    (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the outside gave no answer");
    error->retriable = true;
    return error->status;
}

static inline enum status outside_publisher_open(const struct publisher_config *config, struct publisher **publisher,
                                                 struct error *error) {
    (void)error;
    struct outside_publisher *opened = ARENA_NEW(config->arena, struct outside_publisher);
    opened->base.class = &outside_publisher_class;
    opened->cancel = config->cancel;
    opened->sink = (uint32_t)strtoul(config->table, NULL, 10);
    pthread_mutex_lock(&outside.mutex);
    for (uint32_t i = 0; i < outside.place_count && !opened->place; i++) {
        struct outside_place *place = &outside.places[i];
        if (strcmp(place->job, config->job) == 0 && place->sink == config->sink && place->lane == config->lane)
            opened->place = place;
    }
    if (!opened->place) {
        assert_in_range(outside.place_count, 0, OUTSIDE_PLACES - 1);
        opened->place = &outside.places[outside.place_count++];
        *opened->place = (struct outside_place){.sink = config->sink, .lane = config->lane};
        snprintf(opened->place->job, sizeof opened->place->job, "%s", config->job);
        opened->place->entries = memory_zalloc(OUTSIDE_ENTRIES * sizeof *opened->place->entries);
        opened->place->slots[0].entry = opened->place->slots[1].entry = -1;
    }
    pthread_mutex_unlock(&outside.mutex);
    *publisher = &opened->base;
    return STATUS_OK;
}

static const struct publisher_support outside_publishers = {.guarantee = outside_guarantee,
                                                            .lane_count = outside_lane_count,
                                                            .prepare = outside_prepare,
                                                            .open = outside_publisher_open};
static const struct connector_class outside_connector = {
    .name = "outside",
    .source_open = numbers_open,
    .sink_open = outside_sink_open,
    .publishers = &outside_publishers,
};
static const struct connector_class *const outside_connectors[] = {&outside_connector, NULL};
static const struct connector_registry outside_registry = {outside_connectors, memory_formats};

/* ---- jobs ---- */

static inline Plan__Sink *outside_plan_sink(struct memory_plan *plan, const char *table, const char *lanes) {
    Plan__Sink *sink = plan_add_sink(plan, "outside");
    sink->table = (char *)table;
    sink->options = ARENA_ARRAY(&plan->arena, Plan__Option *, 1);
    sink->options[0] = ARENA_NEW(&plan->arena, Plan__Option);
    plan__option__init(sink->options[0]);
    sink->options[0]->key = "lanes";
    sink->options[0]->value = (char *)lanes;
    sink->n_options = 1;
    return sink;
}

/* All rows to sink 0 (two lanes), and windows of ten rows, by key, to sink 1 (three lanes). With a parallelism above 1 the source has one instance,
 * and so has the sink of its rows; the windows have as many as that, and each logs for all lanes of its sink. */
static inline void outside_plan(struct memory_plan *plan, const char *aggregate) {
    const char *ids[] = {"count_star", aggregate, NULL};
    plan_init(plan);
    plan_add_scan(plan, true, 0)->connector = "outside";
    plan_add_window(plan, PLAN__WINDOW_KIND__TUMBLE, 100000, 100000, 0, true, ids);
    outside_plan_sink(plan, "1", "3");
    outside_plan_sink(plan, "0", "2");
    static uint32_t first_column[] = {0};
    plan->nodes[0]->parallelism_limit = 1;
    plan->nodes[1]->distribution = PLAN__DISTRIBUTION__HASH;
    plan->nodes[1]->distribution_columns = first_column;
    plan->nodes[1]->n_distribution_columns = 1;
    plan->nodes[3]->inputs[0] = 0;
    plan->nodes[3]->output = plan->nodes[0]->output;
    plan->nodes[3]->n_output = plan->nodes[0]->n_output;
}

/* Groups of the jobs to come go to files, but for a few. */
static bool outside_spills;

struct outside_run {
    struct memory_plan *plan;
    const char *folder; /* NULL: no checkpoints */
    const char *savepoint;
    uint64_t log_bytes_max;
    int64_t interval_us; /* 0: one millisecond; -1: only at the end */
    bool stop_with_savepoint;
    bool accept_plan_change;
    const atomic_bool *stop_wanted;
    /* How it went. */
    bool done; /* atomic: outside_thread came to its end */
    enum status status;
    struct error error;
    struct checkpointer_status checkpoints;
};

static inline void outside_job(struct outside_run *run) {
    struct job *job = NULL;
    struct job_config config = {
        .plan = &run->plan->plan,
        .registry = &outside_registry,
        .env = env_posix(),
        .batch_rows = 4,
        .checkpoint_uri = run->folder,
        .savepoint = run->savepoint,
        .log_bytes_max = run->log_bytes_max,
        .checkpoint_interval_us = run->interval_us == 0  ? 1000
                                  : run->interval_us < 0 ? 0
                                                         : run->interval_us,
        .stop_with_savepoint = run->stop_with_savepoint,
        .accept_plan_change = run->accept_plan_change,
        .stop_wanted = run->stop_wanted,
        .uses_rocksdb = outside_spills,
        .state_budget_bytes = 100,
    };
    run->error = (struct error){0};
    run->status = job_open(&config, &job, &run->error);
    if (run->status != STATUS_OK)
        return;
    pthread_mutex_lock(&outside.mutex);
    outside.job = job;
    pthread_mutex_unlock(&outside.mutex);
    run->status = job_run(job, &run->error);
    pthread_mutex_lock(&outside.mutex);
    outside.job = NULL;
    pthread_mutex_unlock(&outside.mutex);
    (void)job_checkpoint_status(job, &run->checkpoints);
    job_free(job);
}

static inline void outside_job_ok(struct outside_run *run) {
    outside_job(run);
    if (run->status != STATUS_OK)
        fail_msg("%s: %s (%s)", status_name(run->status), run->error.message, run->error.detail);
}

static inline void *outside_thread(void *run) {
    outside_job(run);
    __atomic_store_n(&((struct outside_run *)run)->done, true, __ATOMIC_RELEASE);
    return NULL;
}

/* What the job that runs says of its checkpoints; zeroes when none runs. */
static inline struct checkpointer_status outside_checkpoints(void) {
    struct checkpointer_status status = {0};
    pthread_mutex_lock(&outside.mutex);
    if (outside.job)
        (void)job_checkpoint_status(outside.job, &status);
    pthread_mutex_unlock(&outside.mutex);
    return status;
}

static inline void outside_stop(void) {
    pthread_mutex_lock(&outside.mutex);
    if (outside.job)
        job_stop(outside.job);
    pthread_mutex_unlock(&outside.mutex);
}

/* HEAD and its manifest. */
struct outside_head {
    struct arena arena;
    struct head head;
    struct manifest manifest;
};
static inline enum status outside_head_read(const char *folder, struct outside_head *out) {
    struct arena arena;
    struct store *store;
    struct head_version version;
    struct error error = {0};
    arena_init(&arena);
    arena_init(&out->arena);
    assert_int_equal(store_open(checkpoint_uri(&arena, folder, NULL), NULL, &store, &error), STATUS_OK);
    enum status status =
        checkpoint_read_head(store, &out->head, &version, &error) == ANSWER_OK ? STATUS_OK : error.status;
    if (status == STATUS_OK)
        status = checkpoint_load_manifest(store, &out->head.manifest, &out->arena, &out->manifest, &error);
    store_close(store);
    arena_release(&arena);
    return status;
}

/* How many of the objects of the newest epoch are files; of them, those of other generations than HEAD's. */
static inline uint32_t outside_files(const char *folder, uint32_t *shared) {
    struct outside_head head;
    uint32_t count = 0;
    *shared = 0;
    assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
    for (uint32_t i = 0; i < head.manifest.object_count; i++) {
        const struct object_id *id = &head.manifest.objects[i].id;
        count += id->kind == OBJECT_FILE;
        *shared += id->kind == OBJECT_FILE && id->generation != head.head.generation;
    }
    arena_release(&head.arena);
    return count;
}

/* Waits for what another thread brings about; a minute is for ever. */
#define OUTSIDE_UNTIL(condition)                              \
    do {                                                      \
        int64_t start_us_ = mailbox_now_us();                 \
        while (!(condition)) {                                \
            struct timespec rest_ = {.tv_nsec = 200000};      \
            nanosleep(&rest_, NULL);                          \
            if (mailbox_now_us() - start_us_ > 60000000)      \
                fail_msg("never came about: %s", #condition); \
        }                                                     \
    } while (0)

/* Waits until something did not change for a fifth of a second. Too early at worst, on a slow machine: what is then asserted holds all the time. */
#define OUTSIDE_UNTIL_CALM(changed, note)                                                              \
    do {                                                                                               \
        note;                                                                                          \
        for (int64_t calm_since_us_ = mailbox_now_us(); mailbox_now_us() - calm_since_us_ < 200000;) { \
            struct timespec rest_ = {.tv_nsec = 1000000};                                              \
            nanosleep(&rest_, NULL);                                                                   \
            if (changed)                                                                               \
                calm_since_us_ = mailbox_now_us();                                                     \
            note;                                                                                      \
        }                                                                                              \
    } while (0)

static inline uint64_t outside_calls(enum outside_call call) {
    pthread_mutex_lock(&outside.mutex);
    uint64_t count = outside.calls[call];
    pthread_mutex_unlock(&outside.mutex);
    return count;
}

/* ---- what has to come out ---- */

static char *outside_expected[OUTSIDE_SINKS][OUTSIDE_LANES];

/* From a straight run without checkpoints, whose rows go out as they come. */
static inline void outside_expect(struct memory_plan *plan, uint32_t row_total) {
    struct outside_run run = {.plan = plan};
    outside_reset(row_total);
    outside.paced = false;
    outside_job_ok(&run);
    for (int sink = 0; sink < OUTSIDE_SINKS; sink++)
        for (int lane = 0; lane < OUTSIDE_LANES; lane++) {
            free(outside_expected[sink][lane]);
            outside_expected[sink][lane] = memory_strdup(strbuf_text(&outside.topics[sink][lane]));
        }
    assert_true(strlen(outside_expected[0][0]) > row_total * 4);
    assert_true(strlen(outside_expected[1][2]) > 20);
}

static inline void outside_forget_expected(void) {
    for (int sink = 0; sink < OUTSIDE_SINKS; sink++)
        for (int lane = 0; lane < OUTSIDE_LANES; lane++) {
            free(outside_expected[sink][lane]);
            outside_expected[sink][lane] = NULL;
        }
}

/* Windows of several tasks come in any order. */
static bool outside_any_order;

static int outside_compare_lines(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines of a text, sorted; they lie in *copy. The caller frees both. */
static inline char **outside_lines(const char *text, char **copy, size_t *count) {
    char **lines = memory_alloc(sizeof *lines * (strlen(text) + 1));
    *copy = memory_strdup(text);
    *count = 0;
    for (char *save, *line = strtok_r(*copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        lines[(*count)++] = line;
    qsort(lines, *count, sizeof *lines, outside_compare_lines);
    return lines;
}

/* Whether each line is among those wanted, as often at most; with `all`, all of them are there. */
static inline bool outside_has_lines(const char *text, const char *wanted, bool all) {
    char *is_copy, *wanted_copy;
    size_t is_count, wanted_count, i = 0;
    char **is = outside_lines(text, &is_copy, &is_count), **want = outside_lines(wanted, &wanted_copy, &wanted_count);
    for (size_t k = 0; k < wanted_count && i < is_count; k++)
        i += strcmp(is[i], want[k]) == 0;
    free(is), free(want), free(is_copy), free(wanted_copy);
    return i == is_count && (!all || is_count == wanted_count);
}

/* Every row once, in the lane's order. `name` says which run it was. */
static inline void outside_check(const char *name) {
    assert_int_equal(outside.doubled, 0);
    for (int sink = 0; sink < OUTSIDE_SINKS; sink++)
        for (int lane = 0; lane < OUTSIDE_LANES; lane++) {
            const char *is = strbuf_text(&outside.topics[sink][lane]), *wanted = outside_expected[sink][lane];
            if (outside_any_order && sink == 1 ? !outside_has_lines(is, wanted, true) : strcmp(is, wanted) != 0)
                fail_msg("%s: sink %d lane %d has\n%s\ninstead of\n%s", name, sink, lane, is, wanted);
        }
}
/* What is there so far is a beginning of what has to come out. */
static inline void outside_check_beginning(const char *name) {
    for (int sink = 0; sink < OUTSIDE_SINKS; sink++)
        for (int lane = 0; lane < OUTSIDE_LANES; lane++) {
            const char *is = strbuf_text(&outside.topics[sink][lane]);
            const char *wanted = outside_expected[sink][lane];
            if (outside_any_order && sink == 1 ? !outside_has_lines(is, wanted, false)
                                               : strncmp(is, wanted, strlen(is)) != 0)
                fail_msg("%s: sink %d lane %d has\n%s", name, sink, lane, is);
        }
}
