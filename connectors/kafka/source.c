/* source.c: reads topics. One split per partition, read by number from its start offset; nothing depends on a consumer group.
 *
 *   partition queue ─▶ up to batch_rows messages ─▶ message_decoder ─▶ batch   (which keeps the messages)
 *
 * Invariant: a message is handed out in a batch, reported as a dead letter, or not yet passed: position = last offset seen + 1. */
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "connectors/kafka/group_offsets.h"
#include "connectors/kafka/kafka.h"
#include "connectors/kafka/message_decoder.h"
#include "connectors/kafka/partitions.h"
#include "connectors/rows.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"
#include "core/base/log.h"

enum { KAFKA_TOPIC_NAME_MAX = 249 };

struct split {
    struct kafka_partition at;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    int64_t position; /* next offset */
    bool is_started, is_ended, caught_up, end_reported;
    const char *name; /* "topic-3" */
};

struct kafka_source {
    struct source base;
    struct source_config config;
    const struct option_spec *specs; /* of "kafka" or "upsert-kafka" */
    struct schema schema;
    struct kafka_client client;
    struct kafka_group_offsets group;
    struct kafka_partitions partitions; /* all of the topics' */
    size_t identified_count;            /* of them, how many have their topic's id, where brokers tell */
    size_t partition_count; /* of them, how many were looked at: splits were made of those that are its own */
    struct message_decoder decoder;
    struct split *splits;
    uint32_t split_capacity;
    uint32_t next_split; /* round robin */
    int wakeup;          /* eventfd: a queue has something */
    bool is_bounded;
    int64_t discovery_interval_us, next_discovery_us;
    uint32_t looks_without_topic; /* in a row */
    uint64_t rows_left;           /* of the row limit */
};

/* ---- opening ---- */

static struct split *add_split(struct kafka_source *source) {
    if (source->base.split_count == source->split_capacity) {
        uint32_t capacity = source->split_capacity ? source->split_capacity * 2 : 8;
        struct split *splits = ARENA_ARRAY(source->config.arena, struct split, capacity);
        if (source->base.split_count)
            memcpy(splits, source->splits, sizeof *splits * source->base.split_count);
        source->splits = splits;
        source->split_capacity = capacity;
    }
    return &source->splits[source->base.split_count++];
}

/* Partitions that were not looked at before become splits, unless another instance serves them. */
static void add_splits(struct kafka_source *source) {
    for (; source->partition_count < source->partitions.count; source->partition_count++) {
        const struct kafka_partition *at = &source->partitions.items[source->partition_count];
        if (!split_is_own(&source->config, at->topic, (uint32_t)at->partition))
            continue;
        *add_split(source) =
            (struct split){.at = *at,
                           .position = at->start,
                           .name = arena_printf(source->config.arena, "%s-%d", at->topic, (int)at->partition)};
    }
}

static enum status start_split(struct kafka_source *source, struct split *split, struct error *error) {
    if (split->position >= split->at.end) {
        split->is_ended = true;
        return STATUS_OK;
    }
    split->topic = rd_kafka_topic_new(source->client.handle, split->at.topic, NULL);
    split->queue = rd_kafka_queue_new(source->client.handle);
    if (!split->topic ||
        rd_kafka_consume_start_queue(split->topic, split->at.partition, split->position, split->queue) != 0)
        return kafka_failed(&source->client, error, rd_kafka_last_error(), split->name);
    split->is_started = true;
    rd_kafka_queue_io_event_enable(split->queue, source->wakeup, &(uint64_t){1}, sizeof(uint64_t));
    return STATUS_OK;
}

static enum status start_splits(struct kafka_source *source, struct error *error) {
    for (uint32_t i = 0; i < source->base.split_count; i++)
        if (!source->splits[i].is_started && !source->splits[i].is_ended)
            TRY(start_split(source, &source->splits[i], error));
    return STATUS_OK;
}

static void identify_topics(struct kafka_source *source);

/* Offsets mean nothing in a topic that was made anew under its name while it was read. */
static enum status check_topics(struct kafka_source *source, struct error *error) {
    const char *checked = "";
    int64_t timeout_us = options_duration_us(source->config.options, source->specs, "connect.timeout");
    for (uint32_t i = 0; i < source->base.split_count; i++) {
        struct kafka_partition at = source->splits[i].at;
        if (strcmp(at.topic, checked) == 0)
            continue;
        checked = at.topic;
        at.start = source->splits[i].position;
        TRY(kafka_topic_check(&source->client, &at, timeout_us, error));
    }
    return STATUS_OK;
}

/* A broker that is away is no reason to stop reading; a topic that is not there, time after time, is. */
static enum status note_failed_look(struct kafka_source *source, int64_t now_us, struct error *error) {
    enum { LOOKS_WITHOUT_TOPIC = 3, SECOND_US = 1000000 };
    source->looks_without_topic = error->status == STATUS_TOPIC_ERROR ? source->looks_without_topic + 1 : 0;
    if (source->looks_without_topic >= LOOKS_WITHOUT_TOPIC) {
        error_hint(error, "it was there when the job began: was it deleted, or a permission taken away?");
        return error->status;
    }
    if (source->looks_without_topic && source->discovery_interval_us > SECOND_US)
        source->next_discovery_us = now_us + SECOND_US;
    log_warn("looking for new partitions failed", log_text("table", source->config.table), LOG_ERROR_FIELDS(error));
    error_reset(error);
    return STATUS_OK;
}

static enum status discover(struct kafka_source *source, struct error *error) {
    int64_t now_us = env_monotonic_us(source->config.env);
    if (source->discovery_interval_us == 0 || now_us < source->next_discovery_us)
        return STATUS_OK;
    source->next_discovery_us = now_us + source->discovery_interval_us;
    enum status status = kafka_partitions_discover(&source->client, source->config.options, source->specs,
                                                   source->config.arena, &source->partitions, error);
    if (status != STATUS_OK)
        return note_failed_look(source, now_us, error);
    source->looks_without_topic = 0;
    identify_topics(source);
    TRY(check_topics(source, error));
    add_splits(source);
    return start_splits(source, error);
}

/* ---- one batch ---- */

static void destroy_messages(rd_kafka_message_t **messages, size_t count) {
    for (size_t i = 0; i < count; i++)
        rd_kafka_message_destroy(messages[i]);
}

struct message_list {
    rd_kafka_message_t **messages;
    size_t count;
};

static void release_messages(void *context) {
    struct message_list *list = context;
    destroy_messages(list->messages, list->count);
}

/* An answer that is not a row: the end of the partition, or trouble. */
static enum status note_event(struct kafka_source *source, struct split *split, const rd_kafka_message_t *message,
                              struct error *error) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (message->offset > split->position) /* transaction markers have offsets, too */
            split->position = message->offset;
        split->caught_up = true;
        return STATUS_OK;
    }
    char what[256];
    snprintf(what, sizeof what, "reading topic \"%s\" partition %d at offset %lld", split->at.topic,
             (int)split->at.partition, (long long)split->position);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        kafka_failed(&source->client, error, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, what);
        error_hint(error,
                   "the topic's retention, or somebody who made it anew, removed records that were not read yet");
        return error->status;
    }
    if (message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
        message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        return kafka_failed(&source->client, error, message->err, what);
    log_warn("kafka source", log_text("split", split->name), log_text("error", rd_kafka_message_errstr(message)));
    return STATUS_OK; /* the client goes on trying */
}

/* Keeps the messages that are rows within bounds, in order; the others are noted and destroyed. */
static enum status sort_out(struct kafka_source *source, struct split *split, rd_kafka_message_t **messages,
                            size_t count, size_t *kept, struct error *error) {
    enum status status = STATUS_OK;
    *kept = 0;
    for (size_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = messages[i];
        if (status == STATUS_OK && message->err)
            status = note_event(source, split, message, error);
        if (status != STATUS_OK || message->err || message->offset >= split->at.end) {
            if (!message->err && message->offset >= split->at.end)
                split->position = split->at.end;
            rd_kafka_message_destroy(message);
            continue;
        }
        split->caught_up = false;
        split->position = message->offset + 1;
        split->at.leader_epoch = rd_kafka_message_leader_epoch(message);
        messages[(*kept)++] = message;
    }
    if (status != STATUS_OK)
        destroy_messages(messages, *kept);
    return status;
}

/* What the partition has now, as a batch in poll->batch. */
static enum status poll_split(struct kafka_source *source, struct split *split, struct source_poll *poll,
                              struct error *error) {
    struct batch *batch = batch_new_for(source->config.pool, &source->schema, source->config.batch_rows);
    batch->row_count = 0;
    rd_kafka_message_t **messages = arena_alloc(&batch->arena, sizeof(void *) * source->config.batch_rows);
    ssize_t count = rd_kafka_consume_batch_queue(split->queue, 0, messages, source->config.batch_rows);
    size_t kept = 0;
    enum status status = count > 0 ? sort_out(source, split, messages, (size_t)count, &kept, error) : STATUS_OK;
    if (status == STATUS_OK && kept > 0) {
        struct message_list *list = arena_alloc(&batch->arena, sizeof *list);
        *list = (struct message_list){messages, kept};
        arena_on_release(&batch->arena, release_messages, list);
        status = message_decoder_run(&source->decoder, split->at.topic, split->name, messages, (uint32_t)kept,
                                     source->rows_left, &batch, error);
    }
    if (status != STATUS_OK || batch->row_count == 0) {
        batch_release(batch);
    } else {
        poll->batch = batch;
        if (source->rows_left != UINT64_MAX)
            source->rows_left -= batch->row_count;
    }
    if (status == STATUS_OK && count > 0)
        poll->state = SOURCE_READY;
    return status;
}

/* A bounded partition is done when everything below its end has been passed. */
static void end_split(struct split *split) {
    if (split->position < split->at.end || split->is_ended)
        return;
    split->is_ended = true;
    rd_kafka_consume_stop(split->topic, split->at.partition);
}

static void wait_for_messages(struct kafka_source *source, int64_t max_wait_us) {
    struct pollfd descriptor = {.fd = source->wakeup, .events = POLLIN};
    int timeout_ms = (int)((max_wait_us + 999) / 1000);
    if (poll(&descriptor, 1, timeout_ms) > 0) {
        uint64_t ignored;
        ssize_t got = read(source->wakeup, &ignored, sizeof ignored);
        (void)got; /* only the waking counts */
    }
}

/* An instance that has no partitions yet may get some, unless the table ends. */
static bool all_ended(const struct kafka_source *source) {
    if (source->base.split_count == 0)
        return source->is_bounded;
    for (uint32_t i = 0; i < source->base.split_count; i++)
        if (!source->splits[i].is_ended || !source->splits[i].end_reported)
            return false;
    return true;
}

/* One round over the partitions, from the one after the last that gave rows. */
static enum status poll_round(struct kafka_source *source, struct source_poll *result, struct error *error) {
    uint32_t count = source->base.split_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (source->next_split + i) % count;
        struct split *split = &source->splits[index];
        if (split->end_reported)
            continue;
        bool was_caught_up = split->caught_up;
        if (!split->is_ended)
            TRY(poll_split(source, split, result, error));
        end_split(split);
        if (!result->batch && !split->is_ended && split->caught_up == was_caught_up)
            continue;
        result->split = index;
        result->split_ended = split->end_reported = split->is_ended;
        result->split_caught_up = split->caught_up;
        result->state = SOURCE_READY;
        source->next_split = (index + 1) % count;
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status kafka_poll(struct source *base, int64_t max_wait_us, struct source_poll *result,
                              struct error *error) {
    struct kafka_source *source = (struct kafka_source *)base;
    *result = (struct source_poll){.state = SOURCE_WAIT, .wait_us = 10000};
    TRY(kafka_client_check(&source->client, error));
    kafka_group_offsets_poll(&source->group);
    TRY(discover(source, error));
    TRY(poll_round(source, result, error));
    if (result->state == SOURCE_WAIT && max_wait_us > 0 && !all_ended(source)) {
        wait_for_messages(source, max_wait_us);
        TRY(poll_round(source, result, error));
    }
    bool limit_reached = source->rows_left == 0 && source->config.row_limit;
    if (limit_reached || (all_ended(source) && !result->batch))
        result->state = SOURCE_END;
    return STATUS_OK;
}

/* ---- the rest ---- */

static const char *kafka_split_name(const struct source *base, uint32_t split) {
    return ((const struct kafka_source *)base)->splits[split].name;
}

/* "42": the next offset; "42/100": of a table that ends before offset 100; then, as far as known, ";" and the topic's id, ";" and the
 * leader epoch of the last record. */
static void kafka_split_position(const struct source *base, uint32_t index, struct strbuf *out) {
    const struct split *split = &((const struct kafka_source *)base)->splits[index];
    strbuf_printf(out, "%lld", (long long)split->position);
    if (split->at.end != KAFKA_OFFSET_UNBOUNDED)
        strbuf_printf(out, "/%lld", (long long)split->at.end);
    if (!split->at.has_topic_id)
        return;
    strbuf_append_char(out, ';');
    for (size_t i = 0; i < sizeof split->at.topic_id; i++)
        strbuf_printf(out, "%02x", split->at.topic_id[i]);
    if (split->at.leader_epoch >= 0)
        strbuf_printf(out, ";%d", (int)split->at.leader_epoch);
}

static bool parse_topic_id(struct str text, struct kafka_partition *partition) {
    partition->has_topic_id = true;
    if (text.size != 2 * sizeof partition->topic_id)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        partition->topic_id[i / 2] = (uint8_t)(partition->topic_id[i / 2] << 4 | digit);
    }
    return true;
}

/* The text up to `end`, or all of it; *text moves behind it. */
static struct str next_field(const char **text, char end) {
    const char *found = strchr(*text, end);
    struct str field = {*text, found ? (size_t)(found - *text) : strlen(*text)};
    *text += field.size + (found != NULL);
    return field;
}

static bool parse_offsets(struct str text, struct kafka_partition *partition) {
    const char *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
    size_t digits = slash ? (size_t)(slash - text.data) : text.size;
    partition->end = KAFKA_OFFSET_UNBOUNDED;
    return int_parse((struct str){text.data, digits}, &partition->start) && partition->start >= 0 &&
           (!slash || int_parse((struct str){slash + 1, text.size - digits - 1}, &partition->end));
}

/* All but the topic as text of its own: *topic lies in `from`. */
static bool parse_position(const struct source_position *from, struct str *topic, struct kafka_partition *partition) {
    const char *dash = strrchr(from->split, '-'), *text = from->position;
    int64_t number, epoch = -1;
    if (!dash || !int_parse(str_from(dash + 1), &number) || number < 0 || number > INT32_MAX)
        return false;
    if (!parse_offsets(next_field(&text, ';'), partition) ||
        (*text && !parse_topic_id(next_field(&text, ';'), partition)) ||
        (*text && (!int_parse(str_from(text), &epoch) || epoch < 0 || epoch > INT32_MAX)))
        return false;
    *topic = (struct str){from->split, (size_t)(dash - from->split)};
    partition->partition = (int32_t)number;
    partition->leader_epoch = (int32_t)epoch;
    return true;
}

/* Splits of one topic share what is asked once. */
static void identify_topics(struct kafka_source *source) {
    if (!source->config.is_resumable && source->discovery_interval_us == 0)
        return;
    int64_t timeout_us = options_duration_us(source->config.options, source->specs, "connect.timeout");
    for (size_t i = source->identified_count; i < source->partitions.count; i++) {
        struct kafka_partition *partition = &source->partitions.items[i];
        const struct kafka_partition *before = i > 0 ? partition - 1 : NULL;
        if (partition->has_topic_id)
            continue;
        if (before && strcmp(before->topic, partition->topic) == 0) {
            partition->has_topic_id = before->has_topic_id;
            memcpy(partition->topic_id, before->topic_id, sizeof partition->topic_id);
        } else {
            partition->has_topic_id =
                kafka_topic_id(&source->client, partition->topic, timeout_us, partition->topic_id);
        }
    }
    source->identified_count = source->partitions.count;
}

/* Partitions go on where they were, to the ends they had; those that are new since start at their beginning. */
static enum status restore_partitions(struct kafka_source *source, struct error *error) {
    const struct source_config *config = &source->config;
    int64_t timeout_us = options_duration_us(config->options, source->specs, "connect.timeout");
    for (uint32_t i = 0; i < config->position_count; i++) {
        struct kafka_partition partition = {0};
        struct str topic;
        if (!parse_position(&config->positions[i], &topic, &partition))
            return FAIL(error, STATUS_MALFORMED_RECORD, "table \"%s\" cannot go on from \"%s\" of partition \"%s\"",
                        config->table, config->positions[i].position, config->positions[i].split);
        partition.topic = str_copy(config->arena, topic);
        if (split_is_own(config, partition.topic, (uint32_t)partition.partition))
            TRY(kafka_partition_check(&source->client, &partition, timeout_us, error));
        ARRAY_PUSH(config->arena, &source->partitions, partition);
    }
    return kafka_partitions_discover(&source->client, config->options, source->specs, config->arena,
                                     &source->partitions, error);
}

static void kafka_committed(struct source *base, const struct source_position *positions, uint32_t count) {
    struct kafka_source *source = (struct kafka_source *)base;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        struct kafka_partition partition = {0};
        struct str topic;
        char name[KAFKA_TOPIC_NAME_MAX + 1];
        bool is_position = parse_position(&positions[i], &topic, &partition) && topic.size < sizeof name;
        ASSERT(is_position); /* as kafka_split_position gave it */
        snprintf(name, sizeof name, "%.*s", STR_FORMAT(topic));
        rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(list, name, partition.partition);
        place->offset = partition.start;
        if (partition.leader_epoch >= 0)
            rd_kafka_topic_partition_set_leader_epoch(place, partition.leader_epoch);
    }
    kafka_group_offsets_commit(&source->group, list);
}

static void kafka_close(struct source *base) {
    struct kafka_source *source = (struct kafka_source *)base;
    kafka_group_offsets_release(&source->group);
    for (uint32_t i = 0; i < source->base.split_count; i++) {
        struct split *split = &source->splits[i];
        if (split->is_started && !split->is_ended)
            rd_kafka_consume_stop(split->topic, split->at.partition);
        if (split->queue)
            rd_kafka_queue_destroy(split->queue);
        if (split->topic)
            rd_kafka_topic_destroy(split->topic);
    }
    message_decoder_close(&source->decoder);
    kafka_client_close(&source->client);
    if (source->wakeup >= 0)
        close(source->wakeup);
}

static const struct source_class kafka_source_class = {
    .poll = kafka_poll,
    .split_name = kafka_split_name,
    .split_position = kafka_split_position,
    .committed = kafka_committed,
    .close = kafka_close,
};

static enum status open_parts(struct kafka_source *source, struct error *error) {
    const struct source_config *config = &source->config;
    TRY(message_decoder_open(&source->decoder, config, source->specs == upsert_kafka_options, error));
    TRY(kafka_client_open(&source->client, RD_KAFKA_CONSUMER, config->options, error));
    source->client.cancel = config->cancel;
    kafka_group_offsets_init(&source->group, &source->client, config->options);
    if (config->position_count)
        TRY(restore_partitions(source, error));
    else
        TRY(kafka_partitions_resolve(&source->client, config->options, source->specs, config->arena,
                                     &source->partitions, error));
    identify_topics(source);
    add_splits(source);
    return start_splits(source, error);
}

static enum status source_open(const struct source_config *config, const struct option_spec *specs,
                               struct source **source_out, struct error *error) {
    struct kafka_source *source = ARENA_NEW(config->arena, struct kafka_source);
    source->base.class = &kafka_source_class;
    source->specs = specs;
    source->config = *config;
    source->schema = source_config_schema(config);
    source->rows_left = config->row_limit ? config->row_limit : UINT64_MAX;
    if (config->row_limit)
        source->rows_left -= config->rows_before < config->row_limit ? config->rows_before : config->row_limit;
    source->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (source->wakeup < 0)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "no more file descriptors");
    source->is_bounded = kafka_scan_is_bounded(config->options, source->specs);
    if (!source->is_bounded)
        source->discovery_interval_us =
            options_duration_us(config->options, source->specs, "scan.topic-partition-discovery.interval");
    source->next_discovery_us = env_monotonic_us(config->env) + source->discovery_interval_us;
    enum status status = open_parts(source, error);
    if (status != STATUS_OK) {
        kafka_close(&source->base);
        return status;
    }
    *source_out = &source->base;
    return STATUS_OK;
}

enum status kafka_source_open(const struct source_config *config, struct source **source, struct error *error) {
    return source_open(config, kafka_options, source, error);
}

enum status upsert_kafka_source_open(const struct source_config *config, struct source **source, struct error *error) {
    ASSERT(config->key_column_count > 0); /* the planner refuses such tables */
    return source_open(config, upsert_kafka_options, source, error);
}
