/* verify.c: reads back what was published: the markers of every lane, then all rows of the data topic, read committed, up to the ends that were asked
 * before. Partitions share one queue, so that rows of one chunk come near each other and whoever puts them together need not keep many. */
#include <stdlib.h>

#include "connectors/kafka/kafka.h"
#include "connectors/kafka/publisher.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/data/row_log.h"

static const struct kafka_setting reader_settings[] = {
    {"isolation.level", "read_committed"},
    {"enable.partition.eof", "true"},
    {"queued.min.messages", "10000"},
    {"queued.max.messages.kbytes", "16384"},
};

struct partition {
    uint64_t start, end, position;
};

struct reader {
    struct kafka_publisher publisher; /* of the lane whose markers are read */
    struct published_target *target;
    bool writes_timestamps;
    struct kafka_client client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    struct partition *partitions;
    uint32_t partition_count, open_count;
    struct strbuf record, headers;
};

/* ---- markers ---- */

static void on_marker(void *context, uint64_t offset, struct str marker) {
    struct reader *reader = context;
    reader->target->on_marker(reader->target, reader->publisher.config.lane, offset, marker);
}

/* Ends are asked of all lanes before anything is read. */
static enum status read_markers(struct reader *reader, struct error *error) {
    struct kafka_publisher *publisher = &reader->publisher;
    uint64_t ends[KAFKA_LANES_MAX], start, position;
    uint32_t lanes = publisher->config.lane_count;
    ASSERT(lanes <= KAFKA_LANES_MAX);
    for (uint32_t lane = 0; lane < lanes; lane++)
        TRY(kafka_admin_bounds(&publisher->admin, publisher->settings.progress_topic, lane, &start, &ends[lane],
                               error));
    for (uint32_t lane = 0; lane < lanes; lane++) {
        publisher->config.lane = lane;
        struct error reason = {0};
        if (kafka_markers_read(&publisher->base, 0, ends[lane], on_marker, reader, &position, &reason) == PUBLISH_OK)
            continue;
        if (error)
            *error = reason;
        return reason.status;
    }
    return STATUS_OK;
}

/* ---- rows ---- */

/* The header that says which row it is, is the last one; it is not counted. */
static uint32_t read_headers(struct reader *reader, const rd_kafka_message_t *message, struct published_row *row) {
    rd_kafka_headers_t *headers;
    strbuf_reset(&reader->headers);
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    size_t count = rd_kafka_header_cnt(headers);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        if (i == count - 1 && reader->publisher.settings.row_headers && value && size == KAFKA_ROW_HEADER_SIZE &&
            strcmp(name, KAFKA_ROW_HEADER) == 0) {
            struct bytes_reader place = bytes_reader_of((struct str){value, size});
            row->has_place = true;
            row->epoch = bytes_get_u64(&place);
            row->lane = bytes_get_u32(&place);
            row->number = bytes_get_u32(&place);
            return (uint32_t)i;
        }
        struct str bytes = {value, size};
        row_log_put_header(&reader->headers, str_from(name), value ? &bytes : NULL);
    }
    return (uint32_t)count;
}

static void hand_on(struct reader *reader, const rd_kafka_message_t *message) {
    struct published_row row = {.partition = (uint32_t)message->partition, .offset = (uint64_t)message->offset};
    struct row_log_record record = {
        .partition = row.partition,
        .has_key = message->key != NULL,
        .has_value = message->payload != NULL,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
    };
    rd_kafka_timestamp_type_t type;
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    if (reader->writes_timestamps && type == RD_KAFKA_TIMESTAMP_CREATE_TIME) {
        record.has_timestamp = true;
        record.timestamp_ms = timestamp_ms;
    }
    record.header_count = read_headers(reader, message, &row);
    record.headers = strbuf_str(&reader->headers);
    strbuf_reset(&reader->record);
    if (record.header_count > ROW_LOG_HEADERS_MAX) /* none of ours: no sink logs so many */
        record.header_count = 0, record.headers = (struct str){0}, row.has_place = false;
    row_log_put(&reader->record, &record);
    row.record = strbuf_str(&reader->record);
    reader->target->on_row(reader->target, &row);
}

static void came_to(struct reader *reader, int32_t number, uint64_t position) {
    struct partition *partition = &reader->partitions[number];
    bool was_open = partition->position < partition->end;
    if (position > partition->position)
        partition->position = position;
    if (was_open && partition->position >= partition->end)
        reader->open_count--;
}

static enum status take(struct reader *reader, const rd_kafka_message_t *message, struct error *error) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if ((uint64_t)message->offset < reader->partitions[message->partition].end)
            hand_on(reader, message);
        came_to(reader, message->partition, (uint64_t)message->offset + 1);
        return STATUS_OK;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        came_to(reader, message->partition, (uint64_t)message->offset);
        return STATUS_OK;
    }
    if (message->err == RD_KAFKA_RESP_ERR__TRANSPORT || message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return STATUS_OK;
    return kafka_failed(&reader->client, error, message->err, "rows cannot be read back");
}

/* Rows of an open transaction are waited for: it ends, or the broker ends it. */
static enum status read_rows(struct reader *reader, struct error *error) {
    const struct publisher_config *config = &reader->publisher.config;
    int64_t patience_us =
        reader->publisher.settings.connect_timeout_us + reader->publisher.settings.transaction_timeout_ms * 1000;
    int64_t last_us = env_monotonic_us(config->env);
    while (reader->open_count > 0) {
        if (kafka_publisher_is_cancelled(config))
            return FAIL(error, STATUS_CANCELLED, "reading back: cancelled");
        rd_kafka_message_t *message = rd_kafka_consume_queue(reader->queue, KAFKA_WAIT_MS);
        enum status status = message ? take(reader, message, error) : STATUS_OK;
        bool is_news = message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (message)
            rd_kafka_message_destroy(message);
        TRY(status);
        if (is_news)
            last_us = env_monotonic_us(config->env);
        else if (env_monotonic_us(config->env) - last_us > patience_us)
            return kafka_failed(&reader->client, error, RD_KAFKA_RESP_ERR__TIMED_OUT, "rows cannot be read back");
    }
    return STATUS_OK;
}

static enum status start(struct reader *reader, struct error *error) {
    const struct kafka_publisher_settings *settings = &reader->publisher.settings;
    TRY(kafka_client_open_with(&reader->client, RD_KAFKA_CONSUMER, reader->publisher.config.options, reader_settings,
                               sizeof reader_settings / sizeof *reader_settings, error));
    reader->queue = rd_kafka_queue_new(reader->client.handle);
    reader->topic = rd_kafka_topic_new(reader->client.handle, settings->data_topic, NULL);
    if (!reader->topic)
        return kafka_failed(&reader->client, error, rd_kafka_last_error(), settings->data_topic);
    for (uint32_t i = 0; i < reader->partition_count; i++) {
        struct partition *partition = &reader->partitions[i];
        if (partition->position >= partition->end)
            continue;
        if (rd_kafka_consume_start_queue(reader->topic, (int32_t)i, (int64_t)partition->start, reader->queue) != 0)
            return kafka_failed(&reader->client, error, rd_kafka_last_error(), settings->data_topic);
        reader->open_count++;
    }
    return STATUS_OK;
}

static enum status find_partitions(struct reader *reader, struct error *error) {
    struct kafka_publisher *publisher = &reader->publisher;
    const char *name = publisher->settings.data_topic;
    struct kafka_topic topic;
    TRY(kafka_admin_topic(&publisher->admin, name, &topic, error));
    if (!topic.exists)
        return FAIL(error, STATUS_TOPIC_ERROR, "topic \"%s\" does not exist", name);
    reader->partition_count = topic.partition_count;
    reader->partitions = ARENA_ARRAY(publisher->config.arena, struct partition, topic.partition_count);
    for (uint32_t i = 0; i < topic.partition_count; i++) {
        struct partition *partition = &reader->partitions[i];
        TRY(kafka_admin_bounds(&publisher->admin, name, i, &partition->start, &partition->end, error));
        partition->position = partition->start;
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static bool writes_timestamps(const struct publisher_config *config) {
    for (uint32_t i = 0; config->schema && config->columns && i < config->schema->field_count; i++)
        if (config->columns[i].table_column < 0 && kafka_metadata_find(config->columns[i].name) == KAFKA_TIMESTAMP)
            return true;
    return false;
}

/* Where data ends is asked after the markers' ends are: what a marker tells of was written before it. */
static enum status read_all(struct reader *reader, struct error *error) {
    struct kafka_publisher *publisher = &reader->publisher;
    TRY(kafka_admin_open(&publisher->admin, publisher->config.options, publisher->config.cancel,
                         publisher->settings.connect_timeout_us, error));
    TRY(read_markers(reader, error));
    TRY(find_partitions(reader, error));
    TRY(start(reader, error));
    return read_rows(reader, error);
}

enum status kafka_publisher_verify(const struct publisher_config *config, struct published_target *target,
                                   struct error *error) {
    struct reader reader = {
        .publisher = {.config = *config}, .target = target, .writes_timestamps = writes_timestamps(config)};
    kafka_publisher_settings_read(&reader.publisher.settings, config);
    enum status status = read_all(&reader, error);
    for (uint32_t i = 0; reader.topic && i < reader.partition_count; i++)
        if (reader.partitions[i].start < reader.partitions[i].end)
            rd_kafka_consume_stop(reader.topic, (int32_t)i);
    if (reader.topic)
        rd_kafka_topic_destroy(reader.topic);
    if (reader.queue)
        rd_kafka_queue_destroy(reader.queue);
    kafka_client_drop(&reader.client);
    kafka_admin_close(&reader.publisher.admin);
    strbuf_release(&reader.record);
    strbuf_release(&reader.headers);
    return status;
}
