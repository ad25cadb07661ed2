/* sink.c: encodes rows as messages. At least once: they are produced; flush returns when every row written before is acknowledged by
 * all in-sync replicas, or fails naming the first that is not. Exactly once: they are logged with the partition they will go to, and a publisher
 * sends them later; what the topic would refuse is refused here, as nothing can be done about it once its epoch is decided.
 * "upsert-kafka" writes the last state of each key; a deleted key becomes a message without value. */
#include <stdlib.h>

#include "connectors/kafka/client.h"
#include "connectors/kafka/kafka.h"
#include "connectors/kafka/partitioner.h"
#include "connectors/kafka/topic_limits.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/data/row_log.h"

enum { RUN_ROWS = 256 /* logged rows without a key go to one partition for so long */ };

enum partitioner { PARTITIONER_DEFAULT, PARTITIONER_FIXED, PARTITIONER_ROUND_ROBIN };

struct side {
    const struct format_class *format;
    struct encoder *encoder; /* NULL: this side is empty */
    int null_column;         /* of the batch: NULL there is a message without this side; -1: none */
    struct encoded_rows rows;
};

struct kafka_sink {
    struct sink base;
    struct sink_config config;
    const struct option_spec *specs;
    struct kafka_client client; /* no handle when rows are logged */
    rd_kafka_topic_t *topic;
    struct kafka_topic_limits limits; /* of logged rows */
    struct strbuf headers;            /* of one logged row */
    struct side key, value;
    int timestamp_column, headers_column; /* of the batch; -1: none */
    enum partitioner partitioner;
    int32_t partition_count;
    uint64_t next_row; /* round robin */
    uint32_t ends_capacity;
    int64_t timeout_us;
};

/* ---- encoding ---- */

static enum status open_side(struct kafka_sink *sink, struct side *side, const struct format_class *format,
                             const struct options *options, const uint32_t *columns, uint32_t count, const char *strip,
                             struct error *error) {
    struct arena *arena = sink->config.arena;
    struct schema *schema = schema_copy(arena, sink->config.schema);
    for (uint32_t i = 0; i < count; i++) {
        struct field *field = &schema->fields[columns[i]];
        if (str_starts_with(str_from(field->name), str_from(strip)))
            field->name += strlen(strip);
    }
    struct encoder_config config = {
        .arena = arena, .options = options, .schema = schema, .columns = columns, .column_count = count};
    side->format = format;
    side->null_column = format->reads_null && count == 1 ? (int)columns[0] : -1;
    if (!format->encoder_open)
        return FAIL(error, STATUS_UNSUPPORTED, "format \"%s\" cannot be written", format->name);
    return format->encoder_open(&config, &side->encoder, error);
}

/* The batch's columns of each side, in the table's order. */
static enum status open_sides(struct kafka_sink *sink, const uint32_t *primary_key, uint32_t primary_key_count,
                              struct error *error) {
    const struct sink_config *config = &sink->config;
    struct arena *arena = config->arena;
    struct kafka_layout layout;
    TRY(kafka_layout_init(&layout, arena, config->options, config->schema, primary_key, primary_key_count, error));
    uint32_t *value_columns = ARENA_ARRAY(arena, uint32_t, config->schema->field_count + 1u);
    uint32_t value_count = 0;
    for (uint32_t i = 0; i < config->schema->field_count; i++) {
        if (config->columns && config->columns[i].table_column < 0) {
            int found = kafka_metadata_find(config->columns[i].name);
            if (found == KAFKA_TIMESTAMP)
                sink->timestamp_column = (int)i;
            else if (found == KAFKA_HEADERS)
                sink->headers_column = (int)i;
            else
                return FAIL(error, STATUS_INVALID_DEFINITION, "Kafka metadata \"%s\" cannot be written",
                            config->columns[i].name);
        } else if (layout.in_value[i]) {
            value_columns[value_count++] = i;
        }
    }
    TRY(open_side(sink, &sink->value, config->format, &layout.value_options, value_columns, value_count, "", error));
    if (!layout.key_format)
        return STATUS_OK;
    const char *prefix = options_text(config->options, sink->specs, "key.fields-prefix");
    return open_side(sink, &sink->key, layout.key_format, &layout.key_options, layout.key_columns, layout.key_count,
                     prefix, error);
}

static enum status encode_side(struct kafka_sink *sink, struct side *side, const struct batch *batch,
                               struct error *error) {
    if (!side->encoder)
        return STATUS_OK;
    if (sink->ends_capacity < batch->row_count || !side->rows.ends) {
        side->rows.ends = memory_realloc(side->rows.ends, sizeof(uint32_t) * BATCH_ROWS_MAX);
        sink->ends_capacity = BATCH_ROWS_MAX;
    }
    strbuf_reset(&side->rows.data);
    struct selection all = {.count = batch->row_count};
    return side->format->encode(side->encoder, batch, &all, &side->rows, error);
}

/* The bytes of one side; without data (NULL, not empty) where the message has none. */
static struct str encoded(const struct side *side, const struct batch *batch, uint32_t row) {
    if (!side->encoder || (side->null_column >= 0 && column_is_null(&batch->columns[side->null_column], row)))
        return (struct str){0};
    uint32_t start = row ? side->rows.ends[row - 1] : 0, end = side->rows.ends[row];
    return (struct str){end > start ? side->rows.data.data + start : "", end - start};
}

static struct str encoded_value(const struct kafka_sink *sink, const struct batch *batch, uint32_t row) {
    bool is_deleted = batch->change_kinds && change_kind_is_retraction(batch->change_kinds[row]);
    if (is_deleted)
        return (struct str){0};
    return encoded(&sink->value, batch, row);
}

/* ---- producing ---- */

/* Keys go where the Java client puts them, whether rows are logged or sent at once. */
static int32_t partition_of(struct kafka_sink *sink, struct str key) {
    uint32_t count = (uint32_t)sink->partition_count;
    switch (sink->partitioner) {
    case PARTITIONER_DEFAULT:
        if (key.data)
            return (int32_t)kafka_key_partition(key, count);
        return sink->config.log ? (int32_t)(sink->next_row++ / RUN_ROWS % count) : RD_KAFKA_PARTITION_UA;
    case PARTITIONER_FIXED: return (int32_t)(sink->config.instance % count);
    case PARTITIONER_ROUND_ROBIN: return (int32_t)(sink->next_row++ % count);
    }
    UNREACHABLE();
}

static rd_kafka_headers_t *headers_of(const struct kafka_sink *sink, const struct batch *batch, uint32_t row) {
    if (sink->headers_column < 0 || column_is_null(&batch->columns[sink->headers_column], row))
        return NULL;
    const struct column *column = &batch->columns[sink->headers_column];
    const struct list_slice *slice = column_value(column, row);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(slice->count);
    for (uint32_t i = slice->offset; i < slice->offset + slice->count; i++) {
        struct str name = view_str(column_value(&column->children[0], i));
        bool is_null = column_is_null(&column->children[1], i);
        struct str value = {0};
        if (!is_null)
            value = view_str(column_value(&column->children[1], i));
        rd_kafka_header_add(headers, name.data, (ssize_t)name.size, is_null ? NULL : value.data, (ssize_t)value.size);
    }
    return headers;
}

static rd_kafka_resp_err_t produce_plain(struct kafka_sink *sink, int32_t partition, struct str key, struct str value) {
    int failed = rd_kafka_produce(sink->topic, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.data,
                                  value.size, key.data, key.size, NULL);
    return failed ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t produce_with_metadata(struct kafka_sink *sink, const struct batch *batch, uint32_t row,
                                                 int32_t partition, struct str key, struct str value) {
    rd_kafka_vu_t fields[7];
    size_t count = 0;
    fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = sink->topic};
    fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition};
    fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY};
    fields[count++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value.data, value.size}};
    if (key.data)
        fields[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key.data, key.size}};
    if (sink->timestamp_column >= 0 && !column_is_null(&batch->columns[sink->timestamp_column], row)) {
        const int64_t *time_us = column_value(&batch->columns[sink->timestamp_column], row);
        if (*time_us / 1000 <= 0) /* the client takes 0 for "now" */
            return RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
        fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = *time_us / 1000};
    }
    rd_kafka_headers_t *headers = headers_of(sink, batch, row);
    if (headers)
        fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    rd_kafka_error_t *failure = rd_kafka_produceva(sink->client.handle, fields, count);
    rd_kafka_resp_err_t code = failure ? rd_kafka_error_code(failure) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (failure)
        rd_kafka_error_destroy(failure);
    if (code && headers)
        rd_kafka_headers_destroy(headers); /* it is ours again when produce failed */
    return code;
}

static enum status check_deliveries(struct kafka_sink *sink, struct error *error) {
    if (sink->client.failed_count == 0)
        return STATUS_OK;
    FAIL(error, STATUS_CONNECTION_FAILURE, "%llu rows could not be delivered to table \"%s\"",
         (unsigned long long)sink->client.failed_count, sink->config.table);
    error_detail(error, "the first: %s", sink->client.first_failure);
    return STATUS_CONNECTION_FAILURE;
}

static enum status refused(struct kafka_sink *sink, rd_kafka_resp_err_t code, struct error *error) {
    const char *topic = rd_kafka_topic_name(sink->topic);
    if (code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        return FAIL(error, STATUS_OUT_OF_RANGE, "topic \"%s\" takes no timestamp of 1970-01-01 00:00:00 or before",
                    topic);
    char what[384];
    snprintf(what, sizeof what, "writing to topic \"%s\"", topic);
    kafka_failed(&sink->client, error, code, what);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        error_hint(error, "raise the topic's max.message.bytes and 'properties.max.request.size' of the table");
    return error->status;
}

/* Waits while the client's queue is full: that is the back-pressure. */
static enum status produce(struct kafka_sink *sink, const struct batch *batch, uint32_t row, struct error *error) {
    struct str key = encoded(&sink->key, batch, row), value = encoded_value(sink, batch, row);
    bool has_metadata = sink->timestamp_column >= 0 || sink->headers_column >= 0;
    int32_t partition = partition_of(sink, key);
    for (;;) {
        rd_kafka_resp_err_t code = has_metadata ? produce_with_metadata(sink, batch, row, partition, key, value)
                                                : produce_plain(sink, partition, key, value);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return STATUS_OK;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return refused(sink, code, error);
        rd_kafka_poll(sink->client.handle, 100);
        TRY(check_deliveries(sink, error));
    }
}

/* ---- logging ---- */

static uint32_t put_headers(struct kafka_sink *sink, const struct batch *batch, uint32_t row) {
    strbuf_reset(&sink->headers);
    if (sink->headers_column < 0 || column_is_null(&batch->columns[sink->headers_column], row))
        return 0;
    const struct column *column = &batch->columns[sink->headers_column];
    const struct list_slice *slice = column_value(column, row);
    for (uint32_t i = slice->offset; i < slice->offset + slice->count; i++) {
        struct str value = {0};
        bool is_null = column_is_null(&column->children[1], i);
        if (!is_null)
            value = view_str(column_value(&column->children[1], i));
        row_log_put_header(&sink->headers, view_str(column_value(&column->children[0], i)), is_null ? NULL : &value);
    }
    return slice->count;
}

/* A table that writes timestamps logs one for every row, the clock's where the column is NULL: so it is known of a message
 * whether its timestamp is part of the row. */
static int64_t timestamp_ms(const struct kafka_sink *sink, const struct batch *batch, uint32_t row) {
    const struct column *column = &batch->columns[sink->timestamp_column];
    if (column_is_null(column, row))
        return env_now_us(sink->config.env) / 1000;
    const int64_t *time_us = column_value(column, row);
    return *time_us / 1000;
}

static enum status log_row(struct kafka_sink *sink, const struct batch *batch, uint32_t row, struct error *error) {
    struct row_log_record record = {.key = encoded(&sink->key, batch, row), .value = encoded_value(sink, batch, row)};
    record.has_key = record.key.data != NULL;
    record.has_value = record.value.data != NULL;
    if (sink->timestamp_column >= 0 && sink->limits.takes_timestamps) {
        record.has_timestamp = true;
        record.timestamp_ms = timestamp_ms(sink, batch, row);
    }
    record.header_count = put_headers(sink, batch, row);
    record.headers = strbuf_str(&sink->headers);
    TRY(kafka_topic_limits_check(&sink->limits, &record, sink->config.env, error));
    record.partition = (uint32_t)partition_of(sink, record.key);
    row_log_append(sink->config.log, &record);
    return STATUS_OK;
}

/* ---- the sink's class ---- */

static enum status kafka_write(struct sink *base, struct batch *batch, struct error *error) {
    struct kafka_sink *sink = (struct kafka_sink *)base;
    TRY(encode_side(sink, &sink->value, batch, error));
    TRY(encode_side(sink, &sink->key, batch, error));
    for (uint32_t row = 0; row < batch->row_count; row++) {
        if (batch->change_kinds && batch->change_kinds[row] == CHANGE_UPDATE_BEFORE)
            continue; /* the +U that follows overwrites the key */
        TRY(sink->config.log ? log_row(sink, batch, row, error) : produce(sink, batch, row, error));
    }
    if (sink->config.log)
        return STATUS_OK;
    TRY(kafka_client_check(&sink->client, error));
    return check_deliveries(sink, error);
}

static enum status kafka_flush(struct sink *base, struct error *error) {
    struct kafka_sink *sink = (struct kafka_sink *)base;
    if (sink->config.log)
        return STATUS_OK;
    /* The library gives up on a message after message.timeout.ms and reports it, so this ends. */
    while (rd_kafka_outq_len(sink->client.handle) > 0 && sink->client.failed_count == 0 && !sink->client.is_fatal)
        rd_kafka_flush(sink->client.handle, 1000);
    TRY(kafka_client_check(&sink->client, error));
    return check_deliveries(sink, error);
}

static void side_close(struct side *side) {
    if (side->encoder && side->format->encoder_close)
        side->format->encoder_close(side->encoder);
    strbuf_release(&side->rows.data);
    free(side->rows.ends);
}

static void kafka_sink_close(struct sink *base) {
    struct kafka_sink *sink = (struct kafka_sink *)base;
    side_close(&sink->key);
    side_close(&sink->value);
    strbuf_release(&sink->headers);
    if (sink->client.handle) /* what was not flushed is given up at once */
        rd_kafka_purge(sink->client.handle,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (sink->topic)
        rd_kafka_topic_destroy(sink->topic);
    kafka_client_close(&sink->client);
}

static const struct sink_class kafka_sink_class = {
    .write = kafka_write, .flush = kafka_flush, .close = kafka_sink_close};

/* A broker that makes topics on first use needs a moment to do so. */
static enum status wait_for_topic(struct kafka_sink *sink, const char *topic, struct error *error) {
    enum { TRIES = 10, PAUSE_MS = 200 };
    for (unsigned tries = 1;; tries++) {
        enum status status =
            kafka_partition_count(&sink->client, topic, sink->timeout_us, &sink->partition_count, error);
        if (status != STATUS_TOPIC_ERROR || tries == TRIES)
            return status;
        rd_kafka_poll(sink->client.handle, PAUSE_MS);
    }
}

/* What logged rows need to know of the topic; the client is not kept. */
static enum status read_topic(struct kafka_sink *sink, const char *topic, struct error *error) {
    TRY(kafka_topic_limits_read(&sink->limits, sink->config.options, topic, sink->timeout_us, error));
    if (sink->limits.needs_key && !sink->key.encoder) {
        FAIL(error, STATUS_INVALID_DEFINITION, "topic \"%s\" is compacted and takes no rows without a key", topic);
        error_hint(error, "give the table 'key.format' and 'key.fields', or a topic with cleanup.policy = delete");
        return STATUS_INVALID_DEFINITION;
    }
    kafka_client_close(&sink->client);
    return STATUS_OK;
}

static enum status open_parts(struct kafka_sink *sink, const uint32_t *primary_key, uint32_t primary_key_count,
                              struct error *error) {
    const struct options *options = sink->config.options;
    const char *topic = options_find(options, "topic");
    if (!topic || strchr(topic, ';'))
        return FAIL(error, STATUS_INVALID_OPTION, "table \"%s\" cannot be written: 'topic' must name one topic",
                    sink->config.table);
    TRY(open_sides(sink, primary_key, primary_key_count, error));
    TRY(kafka_client_open(&sink->client, RD_KAFKA_PRODUCER, options, error));
    sink->client.cancel = sink->config.cancel;
    sink->timeout_us = options_duration_us(options, sink->specs, "connect.timeout");
    TRY(wait_for_topic(sink, topic, error));
    if (sink->config.log)
        return read_topic(sink, topic, error);
    sink->topic = rd_kafka_topic_new(sink->client.handle, topic, NULL);
    if (!sink->topic)
        return kafka_failed(&sink->client, error, rd_kafka_last_error(), topic);
    return STATUS_OK;
}

static enum status sink_open(const struct sink_config *config, const struct option_spec *specs,
                             const uint32_t *primary_key, uint32_t primary_key_count, struct sink **sink_out,
                             struct error *error) {
    struct kafka_sink *sink = ARENA_NEW(config->arena, struct kafka_sink);
    sink->base.class = &kafka_sink_class;
    sink->config = *config;
    sink->specs = specs;
    sink->timestamp_column = sink->headers_column = -1;
    enum status status = open_parts(sink, primary_key, primary_key_count, error);
    if (status != STATUS_OK) {
        kafka_sink_close(&sink->base);
        return status;
    }
    *sink_out = &sink->base;
    return STATUS_OK;
}

enum status kafka_sink_open(const struct sink_config *config, struct sink **sink, struct error *error) {
    TRY(sink_open(config, kafka_options, NULL, 0, sink, error));
    const char *name = options_text(config->options, kafka_options, "sink.partitioner");
    ((struct kafka_sink *)*sink)->partitioner = text_equal_ignore_case(name, "fixed")         ? PARTITIONER_FIXED
                                                : text_equal_ignore_case(name, "round-robin") ? PARTITIONER_ROUND_ROBIN
                                                                                              : PARTITIONER_DEFAULT;
    return STATUS_OK;
}

enum status upsert_kafka_sink_open(const struct sink_config *config, struct sink **sink, struct error *error) {
    if (config->key_column_count == 0)
        return FAIL(error, STATUS_INVALID_DEFINITION, "table \"%s\" needs a PRIMARY KEY for connector \"upsert-kafka\"",
                    config->table);
    return sink_open(config, upsert_kafka_options, config->key_columns, config->key_column_count, sink, error);
}
