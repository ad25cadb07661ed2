/* kafka.c: the model of Kafka's transactions. Invariant: one transactional id has at most one transaction, decided at one
 * moment (prepare), which is when the oracle looks at it. */
#include "tests/sim/kafka.h"

#include "tests/sim/oracle.h"

enum partition_kind { PARTITION_DATA = 0, PARTITION_PROGRESS = 1 };
enum id_state { ID_EMPTY, ID_ONGOING, ID_PREPARE_COMMIT, ID_PREPARE_ABORT, ID_COMPLETE_COMMIT, ID_COMPLETE_ABORT };
enum transaction_state { TRANSACTION_OPEN, TRANSACTION_COMMITTED, TRANSACTION_ABORTED };

enum { TRANSACTION_TIMEOUT_US = 60000, CONCURRENT_RETRY_US = 1500, CONCURRENT_RETRIES = 80, CLIENT_TRIES = 2 };

struct transaction {
    enum transaction_state state;
    bool finished[2]; /* control record written, by kind */
};

struct entry {
    struct str bytes; /* empty: control record */
    struct transaction *transaction;
    bool is_control, is_compacted;
};

struct open_mark {
    struct transaction *transaction;
    uint64_t offset;
};

struct partition {
    struct entry *entries;
    uint32_t count, capacity;
    uint64_t start; /* older ones are deleted */
    struct open_mark open[16];
    uint32_t open_count;
};

struct progress_topic {
    struct incarnation job;
    struct topic_id id;
    struct partition *lanes;
    struct progress_topic *next;
};

struct id {
    struct incarnation job;
    uint32_t lane, slot;
    enum id_state state;
    uint64_t producer_id;
    uint32_t epoch;
    uint32_t sequence[2];
    uint64_t last_offset[2];
    bool added[2];
    struct transaction *transaction;
    uint64_t transaction_count;
    struct id *next;
};

struct kafka {
    struct partition *data;
    struct progress_topic *progress;
    struct id *ids;
    uint64_t producer_ids, topic_ids;
    uint64_t outage_until_us;
};

struct kafka *kafka_new(struct sim *sim) {
    struct kafka *kafka = ARENA_NEW(&sim->arena, struct kafka);
    kafka->data = ARENA_ARRAY(&sim->arena, struct partition, sim->lane_count);
    return kafka;
}

void kafka_create_progress(struct sim *sim, const struct incarnation *job) {
    struct progress_topic *topic = ARENA_NEW(&sim->arena, struct progress_topic);
    topic->job = *job;
    uint64_t number = ++sim->kafka->topic_ids;
    memcpy(topic->id.bytes, &number, sizeof number);
    topic->lanes = ARENA_ARRAY(&sim->arena, struct partition, sim->lane_count);
    topic->next = sim->kafka->progress; /* hides an older one of the same job */
    sim->kafka->progress = topic;
}

static struct progress_topic *find_topic(struct sim *sim, const struct incarnation *job) {
    for (struct progress_topic *topic = sim->kafka->progress; topic != NULL; topic = topic->next)
        if (incarnation_equal(&topic->job, job))
            return topic;
    kafka_create_progress(sim, job);
    return sim->kafka->progress;
}

static struct partition *find_partition(struct sim *sim, const struct incarnation *job, uint32_t lane,
                                        enum partition_kind kind) {
    return kind == PARTITION_DATA ? &sim->kafka->data[lane] : &find_topic(sim, job)->lanes[lane];
}

static struct id *find_id(struct sim *sim, const struct incarnation *job, uint32_t lane, uint32_t slot) {
    for (struct id *id = sim->kafka->ids; id != NULL; id = id->next)
        if (incarnation_equal(&id->job, job) && id->lane == lane && id->slot == slot)
            return id;
    struct id *id = ARENA_NEW(&sim->arena, struct id);
    *id = (struct id){.job = *job, .lane = lane, .slot = slot, .next = sim->kafka->ids};
    sim->kafka->ids = id;
    return id;
}

static uint64_t append(struct sim *sim, struct partition *partition, struct entry entry) {
    if (partition->count == partition->capacity) {
        uint32_t capacity = partition->capacity ? partition->capacity * 2 : 64;
        struct entry *entries = ARENA_ARRAY(&sim->arena, struct entry, capacity);
        if (partition->count > 0)
            memcpy(entries, partition->entries, partition->count * sizeof *entries);
        partition->entries = entries;
        partition->capacity = capacity;
    }
    partition->entries[partition->count] = entry;
    return partition->count++;
}

static uint64_t last_stable(const struct partition *partition) {
    uint64_t offset = partition->count;
    for (uint32_t i = 0; i < partition->open_count; i++)
        if (partition->open[i].offset < offset)
            offset = partition->open[i].offset;
    return offset;
}

static void open_in(struct sim *sim, struct partition *partition, struct transaction *transaction) {
    for (uint32_t i = 0; i < partition->open_count; i++)
        if (partition->open[i].transaction == transaction)
            return;
    SIM_CHECK(sim, partition->open_count < 16, "the model of Kafka has too many open transactions");
    partition->open[partition->open_count++] =
        (struct open_mark){.transaction = transaction, .offset = partition->count};
}

static void close_in(struct sim *sim, struct partition *partition, struct transaction *transaction) {
    append(sim, partition, (struct entry){.transaction = transaction, .is_control = true});
    for (uint32_t i = 0; i < partition->open_count; i++)
        if (partition->open[i].transaction == transaction)
            partition->open[i--] = partition->open[--partition->open_count];
}

/* Writes the control records of a decided transaction. */
static void complete(struct sim *sim, void *argument) {
    struct id *id = argument;
    if (id->state != ID_PREPARE_COMMIT && id->state != ID_PREPARE_ABORT)
        return;
    for (int kind = PARTITION_DATA; kind <= PARTITION_PROGRESS; kind++)
        if (id->added[kind])
            close_in(sim, find_partition(sim, &id->job, id->lane, kind), id->transaction);
    id->state = id->state == ID_PREPARE_COMMIT ? ID_COMPLETE_COMMIT : ID_COMPLETE_ABORT;
}

static void show_commit(struct sim *sim, struct id *id) {
    struct str *found[2];
    uint32_t counts[2] = {0, 0};
    for (int kind = PARTITION_DATA; kind <= PARTITION_PROGRESS; kind++) {
        struct partition *partition = find_partition(sim, &id->job, id->lane, kind);
        found[kind] = ARENA_ARRAY(&sim->arena, struct str, partition->count);
        for (uint32_t i = 0; i < partition->count; i++)
            if (partition->entries[i].transaction == id->transaction && !partition->entries[i].is_control)
                found[kind][counts[kind]++] = partition->entries[i].bytes;
    }
    oracle_on_commit(sim, &id->job, id->lane, found[PARTITION_DATA], counts[PARTITION_DATA], found[PARTITION_PROGRESS],
                     counts[PARTITION_PROGRESS]);
}

/* The transaction is decided. */
static void prepare(struct sim *sim, struct id *id, bool commit) {
    id->state = commit ? ID_PREPARE_COMMIT : ID_PREPARE_ABORT;
    id->transaction->state = commit ? TRANSACTION_COMMITTED : TRANSACTION_ABORTED;
    NOTE(sim,
         commit ? "kafka: lane %llu slot %llu commits, producer epoch %llu"
                : "kafka: lane %llu slot %llu aborts, producer epoch %llu",
         id->lane, id->slot, id->epoch);
    if (commit)
        show_commit(sim, id);
    uint64_t delay_us = sim_between(sim, STREAM_KAFKA, 100, 2000);
    if (sim_fault(sim, FAULT_SLOW_END, id->lane))
        delay_us += sim_fault_between(sim, FAULT_SLOW_END, id->lane, 5000, 100000);
    sim_after(sim, delay_us, NULL, complete, id);
}

static void bump(struct id *id) {
    id->epoch++;
    id->sequence[0] = id->sequence[1] = 0;
}

struct timeout {
    struct id *id;
    uint64_t transaction;
};

static void timed_out(struct sim *sim, void *argument) {
    struct timeout *timeout = argument;
    struct id *id = timeout->id;
    if (id->state != ID_ONGOING || id->transaction_count != timeout->transaction)
        return;
    NOTE(sim, "kafka: transaction of lane %llu slot %llu timed out", id->lane, id->slot, 0);
    bump(id);
    prepare(sim, id, false);
}

/* What follows happens at the broker. */

enum operation { OPERATION_INIT, OPERATION_ADD, OPERATION_PRODUCE, OPERATION_END, OPERATION_MEASURE, OPERATION_FETCH };
enum result { RESULT_OK, RESULT_AGAIN, RESULT_REFUSED };

struct call {
    enum operation operation;
    enum kafka_site site;
    struct process *process;
    struct producer *producer; /* NULL for reads */
    struct incarnation job;
    uint32_t lane, slot;
    uint64_t producer_id;
    uint32_t epoch;
    enum partition_kind kind;
    uint32_t sequence;
    const struct str *records;
    uint32_t record_count;
    uint64_t offset;
    bool uncommitted;
    uint32_t tries, again; /* left */
    uint32_t number;       /* of the newest try */
    bool settled;
    kafka_done *done;
    void *argument;
};

struct attempt {
    struct call *call;
    struct fate fate;
    uint32_t number;
    enum result result;
    struct kafka_answer answer;
    uint64_t producer_id;
    uint32_t epoch;
};

static bool is_current(const struct id *id, const struct call *call) {
    return id->producer_id == call->producer_id && id->epoch == call->epoch && id->producer_id != 0;
}

static enum result broker_init(struct sim *sim, struct id *id, struct attempt *attempt) {
    if (id->state == ID_ONGOING) {
        bump(id);
        prepare(sim, id, false);
        return RESULT_AGAIN;
    }
    if (id->state == ID_PREPARE_COMMIT || id->state == ID_PREPARE_ABORT)
        return RESULT_AGAIN;
    if (id->producer_id == 0 || sim_fault(sim, FAULT_ID_EXPIRY, id->lane)) {
        id->producer_id = ++sim->kafka->producer_ids;
        id->epoch = 0;
        id->sequence[0] = id->sequence[1] = 0;
    } else {
        bump(id);
    }
    id->state = ID_EMPTY;
    attempt->producer_id = id->producer_id;
    attempt->epoch = id->epoch;
    NOTE(sim, "kafka: lane %llu slot %llu opened, producer epoch %llu", id->lane, id->slot, id->epoch);
    return RESULT_OK;
}

static enum result broker_add(struct sim *sim, struct id *id, const struct call *call) {
    if (!is_current(id, call))
        return RESULT_REFUSED;
    if (id->state == ID_PREPARE_COMMIT || id->state == ID_PREPARE_ABORT)
        return RESULT_AGAIN;
    if (id->state != ID_ONGOING) {
        id->state = ID_ONGOING;
        id->transaction = ARENA_NEW(&sim->arena, struct transaction);
        id->added[0] = id->added[1] = false;
        struct timeout *timeout = ARENA_NEW(&sim->arena, struct timeout);
        *timeout = (struct timeout){.id = id, .transaction = ++id->transaction_count};
        sim_after(sim, TRANSACTION_TIMEOUT_US, NULL, timed_out, timeout);
    }
    id->added[call->kind] = true;
    return RESULT_OK;
}

static enum result broker_produce(struct sim *sim, struct id *id, const struct call *call, struct attempt *attempt) {
    if (!is_current(id, call) || id->state != ID_ONGOING || !id->added[call->kind])
        return RESULT_REFUSED;
    if (call->sequence < id->sequence[call->kind]) { /* a repeated batch: acknowledged, not written */
        attempt->answer.offset = id->last_offset[call->kind];
        return RESULT_OK;
    }
    if (call->sequence > id->sequence[call->kind])
        return RESULT_REFUSED;
    struct partition *partition = find_partition(sim, &id->job, id->lane, call->kind);
    open_in(sim, partition, id->transaction);
    for (uint32_t i = 0; i < call->record_count; i++)
        id->last_offset[call->kind] =
            append(sim, partition, (struct entry){.bytes = call->records[i], .transaction = id->transaction});
    id->sequence[call->kind]++;
    attempt->answer.offset = id->last_offset[call->kind];
    return RESULT_OK;
}

static enum result broker_end(struct sim *sim, struct id *id, const struct call *call) {
    if (!is_current(id, call))
        return RESULT_REFUSED;
    switch (id->state) {
    case ID_ONGOING: prepare(sim, id, true); return RESULT_OK;
    case ID_PREPARE_COMMIT: return RESULT_AGAIN;
    case ID_COMPLETE_COMMIT: return RESULT_OK; /* a repeated request */
    default: return RESULT_REFUSED;
    }
}

static void compact(struct partition *partition) {
    bool is_last = true;
    for (uint64_t i = last_stable(partition); i-- > partition->start;) {
        struct entry *entry = &partition->entries[i];
        if (entry->is_control || entry->transaction->state != TRANSACTION_COMMITTED)
            continue;
        if (!is_last)
            entry->is_compacted = true;
        is_last = false;
    }
}

static void broker_fetch(struct sim *sim, const struct call *call, struct attempt *attempt) {
    struct partition *partition = find_partition(sim, &call->job, call->lane, PARTITION_PROGRESS);
    if (sim_fault(sim, FAULT_COMPACTION, call->lane))
        compact(partition);
    uint64_t end = call->uncommitted ? partition->count : last_stable(partition);
    uint64_t position = call->offset > partition->start ? call->offset : partition->start;
    if (position > end)
        position = call->offset;
    struct kafka_record *records = ARENA_ARRAY(&sim->arena, struct kafka_record, 8);
    uint32_t count = 0;
    for (; position < end && count < 8; position++) {
        struct entry *entry = &partition->entries[position];
        if (entry->is_control || entry->is_compacted ||
            (!call->uncommitted && entry->transaction->state != TRANSACTION_COMMITTED))
            continue;
        records[count++] = (struct kafka_record){.offset = position, .bytes = entry->bytes};
    }
    attempt->answer.records = records;
    attempt->answer.record_count = count;
    attempt->answer.offset = position;
}

static enum result perform(struct sim *sim, struct attempt *attempt) {
    struct call *call = attempt->call;
    if (call->operation == OPERATION_MEASURE) {
        attempt->answer.offset = find_partition(sim, &call->job, call->lane, PARTITION_PROGRESS)->count;
        attempt->answer.topic = find_topic(sim, &call->job)->id;
        return RESULT_OK;
    }
    if (call->operation == OPERATION_FETCH) {
        broker_fetch(sim, call, attempt);
        return RESULT_OK;
    }
    struct id *id = find_id(sim, &call->job, call->lane, call->slot);
    switch (call->operation) {
    case OPERATION_INIT: return broker_init(sim, id, attempt);
    case OPERATION_ADD: return broker_add(sim, id, call);
    case OPERATION_PRODUCE: return broker_produce(sim, id, call, attempt);
    case OPERATION_END: return broker_end(sim, id, call);
    default: UNREACHABLE();
    }
}

/* What follows happens at the client. */

static void try_call(struct sim *sim, struct call *call);

static void settle(struct sim *sim, struct call *call, const struct kafka_answer *answer) {
    if (call->settled)
        return;
    call->settled = true;
    if (call->producer == NULL || !call->producer->closed)
        call->done(sim, call->argument, answer);
}

static void try_again(struct sim *sim, void *argument) {
    try_call(sim, argument);
}

static void answered(struct sim *sim, void *argument) {
    struct attempt *attempt = argument;
    struct call *call = attempt->call;
    if (call->settled || (call->producer != NULL && call->producer->closed))
        return;
    if (attempt->result == RESULT_AGAIN) {
        if (attempt->number != call->number)
            return;
        call->number++;
        if (call->again-- > 0)
            sim_after(sim, CONCURRENT_RETRY_US, call->process, try_again, call);
        else
            settle(sim, call, &(struct kafka_answer){.answer = ANSWER_UNKNOWN});
        return;
    }
    attempt->answer.answer = attempt->result == RESULT_OK ? ANSWER_OK : ANSWER_FENCED;
    if (call->operation == OPERATION_INIT && attempt->result == RESULT_OK) {
        call->producer->producer_id = attempt->producer_id;
        call->producer->epoch = attempt->epoch;
    }
    settle(sim, call, &attempt->answer);
}

static void timed_out_client(struct sim *sim, void *argument) {
    struct attempt *attempt = argument;
    struct call *call = attempt->call;
    if (call->settled || attempt->number != call->number || (call->producer != NULL && call->producer->closed))
        return;
    if (call->tries-- > 0)
        try_call(sim, call);
    else
        settle(sim, call, &(struct kafka_answer){.answer = ANSWER_UNKNOWN});
}

static void arrived(struct sim *sim, void *argument) {
    struct attempt *attempt = argument;
    if (sim->now_us < sim->kafka->outage_until_us)
        return;
    attempt->result = perform(sim, attempt);
    if (attempt->fate.twice) {
        struct attempt *copy = sim_copy(sim, attempt, sizeof *attempt);
        copy->fate.twice = copy->fate.answered = false;
        sim_after(sim, attempt->fate.again_us, NULL, arrived, copy);
    }
    if (attempt->fate.answered)
        sim_after(sim, attempt->fate.back_us, attempt->call->process, answered, attempt);
}

static void try_call(struct sim *sim, struct call *call) {
    if (call->settled || (call->producer != NULL && call->producer->closed))
        return;
    if (sim_fault(sim, FAULT_KAFKA_OUTAGE, call->site))
        sim->kafka->outage_until_us =
            sim->now_us + sim_fault_between(sim, FAULT_KAFKA_OUTAGE, call->site, 10000, 250000);
    struct attempt *attempt = ARENA_NEW(&sim->arena, struct attempt);
    attempt->call = call;
    attempt->number = ++call->number;
    attempt->fate = sim_fate(sim, call->site);
    if (attempt->fate.arrives)
        sim_after(sim, attempt->fate.there_us, NULL, arrived, attempt);
    sim_after(sim, REQUEST_TIMEOUT_US, call->process, timed_out_client, attempt);
}

static struct call *new_call(struct sim *sim, enum operation operation, enum kafka_site site, struct producer *producer,
                             kafka_done *done, void *argument) {
    struct call *call = ARENA_NEW(&sim->arena, struct call);
    *call = (struct call){.operation = operation,
                          .site = site,
                          .producer = producer,
                          .tries = CLIENT_TRIES,
                          .again = CONCURRENT_RETRIES,
                          .done = done,
                          .argument = argument};
    if (producer != NULL) {
        call->process = producer->process;
        call->job = producer->job;
        call->lane = producer->lane;
        call->slot = producer->slot;
        call->producer_id = producer->producer_id;
        call->epoch = producer->epoch;
    }
    return call;
}

struct producer *kafka_open(struct sim *sim, struct process *process, const struct incarnation *job, uint32_t lane,
                            uint32_t slot, kafka_done *done, void *argument) {
    struct producer *producer = ARENA_NEW(&sim->arena, struct producer);
    *producer = (struct producer){.process = process, .job = *job, .lane = lane, .slot = slot};
    try_call(sim, new_call(sim, OPERATION_INIT, KAFKA_INIT, producer, done, argument));
    return producer;
}

void kafka_close(struct producer *producer) {
    producer->closed = true;
}

/* Rows or a marker on their way: the partition is added first, then batch after batch. */
struct sending {
    struct producer *producer;
    enum partition_kind kind;
    struct str *records;
    uint32_t count, next, batch;
    struct str rows; /* what was delivered, one after the other */
    uint32_t row_size;
    uint32_t delivered;
    kafka_done *done;
    void *argument;
};

static void send_batch(struct sim *sim, struct sending *sending);

static void finish_sending(struct sim *sim, struct sending *sending, enum answer answer, uint64_t offset) {
    struct kafka_answer result = {.answer = answer, .row_count = sending->delivered, .offset = offset};
    result.rows = digest_of(sending->rows.data, sending->rows.size);
    sending->done(sim, sending->argument, &result);
}

static void nothing_to_send(struct sim *sim, void *argument) {
    finish_sending(sim, argument, ANSWER_OK, 0);
}

static void batch_sent(struct sim *sim, void *argument, const struct kafka_answer *answer) {
    struct sending *sending = argument;
    if (answer->answer != ANSWER_OK) {
        finish_sending(sim, sending, answer->answer, 0);
        return;
    }
    sending->producer->sequence[sending->kind]++;
    for (uint32_t i = 0; i < sending->batch && sending->row_size > 0; i++) {
        const struct str *record = &sending->records[sending->next + i];
        memcpy((char *)sending->rows.data + sending->rows.size, record->data, record->size);
        sending->rows.size += record->size;
    }
    sending->delivered += sending->batch;
    sending->next += sending->batch;
    if (sending->next == sending->count)
        finish_sending(sim, sending, ANSWER_OK, answer->offset);
    else
        send_batch(sim, sending);
}

static void send_batch(struct sim *sim, struct sending *sending) {
    sending->batch = sending->count - sending->next;
    if (sending->row_size > 0 && sending->batch > 1)
        sending->batch = (uint32_t)sim_between(sim, STREAM_KAFKA, 1, sending->batch);
    if (sending->kind == PARTITION_DATA && sim_fault(sim, FAULT_DELIVERY_FAILED, sending->producer->lane)) {
        sending->next += sending->batch; /* its report tells; nothing reached the broker */
        if (sending->next == sending->count)
            finish_sending(sim, sending, ANSWER_OK, 0);
        else
            send_batch(sim, sending);
        return;
    }
    struct call *call = new_call(sim, OPERATION_PRODUCE, sending->kind == PARTITION_DATA ? KAFKA_PRODUCE : KAFKA_MARKER,
                                 sending->producer, batch_sent, sending);
    call->kind = sending->kind;
    call->sequence = sending->producer->sequence[sending->kind];
    call->records = sending->records + sending->next;
    call->record_count = sending->batch;
    try_call(sim, call);
}

static void partition_added(struct sim *sim, void *argument, const struct kafka_answer *answer) {
    struct sending *sending = argument;
    if (answer->answer != ANSWER_OK)
        finish_sending(sim, sending, answer->answer, 0);
    else
        send_batch(sim, sending);
}

static void start_sending(struct sim *sim, struct sending *sending) {
    struct call *call = new_call(sim, OPERATION_ADD, KAFKA_ADD, sending->producer, partition_added, sending);
    call->kind = sending->kind;
    try_call(sim, call);
}

void kafka_send_rows(struct sim *sim, struct producer *producer, struct str rows, uint32_t row_size, kafka_done *done,
                     void *argument) {
    struct sending *sending = ARENA_NEW(&sim->arena, struct sending);
    *sending = (struct sending){
        .producer = producer, .kind = PARTITION_DATA, .row_size = row_size, .done = done, .argument = argument};
    sending->count = (uint32_t)(rows.size / row_size);
    sending->records = ARENA_ARRAY(&sim->arena, struct str, sending->count);
    sending->rows.data = arena_alloc(&sim->arena, rows.size);
    for (uint32_t i = 0; i < sending->count; i++)
        sending->records[i] = (struct str){sim_copy(sim, rows.data + (size_t)i * row_size, row_size), row_size};
    if (sending->count == 0)
        sim_after(sim, 1, producer->process, nothing_to_send, sending);
    else
        start_sending(sim, sending);
}

void kafka_send_marker(struct sim *sim, struct producer *producer, struct str marker, kafka_done *done,
                       void *argument) {
    struct sending *sending = ARENA_NEW(&sim->arena, struct sending);
    *sending = (struct sending){.producer = producer, .kind = PARTITION_PROGRESS, .done = done, .argument = argument};
    sending->count = 1;
    sending->records = ARENA_NEW(&sim->arena, struct str);
    *sending->records = (struct str){sim_copy(sim, marker.data, marker.size), marker.size};
    start_sending(sim, sending);
}

void kafka_commit(struct sim *sim, struct producer *producer, kafka_done *done, void *argument) {
    try_call(sim, new_call(sim, OPERATION_END, KAFKA_END, producer, done, argument));
}

static struct call *new_read(struct sim *sim, enum operation operation, enum kafka_site site, struct process *process,
                             const struct incarnation *job, uint32_t lane, kafka_done *done, void *argument) {
    struct call *call = new_call(sim, operation, site, NULL, done, argument);
    call->process = process;
    call->job = *job;
    call->lane = lane;
    call->tries = 0; /* a read that times out is told at once */
    return call;
}

void kafka_measure(struct sim *sim, struct process *process, const struct incarnation *job, uint32_t lane,
                   kafka_done *done, void *argument) {
    try_call(sim, new_read(sim, OPERATION_MEASURE, KAFKA_MEASURE, process, job, lane, done, argument));
}

void kafka_fetch(struct sim *sim, struct process *process, const struct incarnation *job, uint32_t lane,
                 uint64_t offset, bool uncommitted, kafka_done *done, void *argument) {
    struct call *call = new_read(sim, OPERATION_FETCH, KAFKA_FETCH, process, job, lane, done, argument);
    call->offset = offset;
    call->uncommitted = uncommitted;
    try_call(sim, call);
}

void kafka_empty_progress(struct sim *sim, const struct incarnation *job) {
    struct progress_topic *topic = find_topic(sim, job);
    for (uint32_t lane = 0; lane < sim->lane_count; lane++)
        topic->lanes[lane].start = topic->lanes[lane].count;
}

void kafka_append_committed(struct sim *sim, const struct incarnation *job, uint32_t lane, struct str marker) {
    struct transaction *transaction = ARENA_NEW(&sim->arena, struct transaction);
    transaction->state = TRANSACTION_COMMITTED;
    struct partition *partition = find_partition(sim, job, lane, PARTITION_PROGRESS);
    append(sim, partition,
           (struct entry){.bytes = {sim_copy(sim, marker.data, marker.size), marker.size}, .transaction = transaction});
    append(sim, partition, (struct entry){.transaction = transaction, .is_control = true});
}

void kafka_visit_committed(struct sim *sim, uint32_t lane,
                           void (*visit)(struct sim *sim, uint32_t lane, struct str row)) {
    struct partition *partition = &sim->kafka->data[lane];
    for (uint32_t i = 0; i < partition->count; i++) {
        const struct entry *entry = &partition->entries[i];
        if (!entry->is_control && entry->transaction->state == TRANSACTION_COMMITTED)
            visit(sim, lane, entry->bytes);
    }
}
