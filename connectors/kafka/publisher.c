/* publisher.c: the transactional producers of a lane.
 *
 * The library reads values from the caller's bytes while it sends (only keys and headers are copied). Invariant: a call that got bytes returns
 * when every message is acknowledged, or when the producer is gone; nobody reads the bytes later.
 *
 * Whatever is not a clean success ends the slot: no abort is sent (one that meets a produce on its way can end fatally), no
 * producer is used again after a doubt, and the next to open the id finds out what became of the transaction. */
#include "connectors/kafka/publisher.h"

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/data/row_log.h"

enum { TRANSACTION_TIMEOUT_LEAST_MS = 1000, PREFIX_MAX = 150, ROWS_BETWEEN_POLLS = 8192, WARM_UP_MS = 100 };

static const char marker_key[] = "marker";

/* ---- options ---- */

static int64_t transaction_timeout_ms(const struct options *options) {
    const char *java = options_find(options, "properties.transaction.timeout.ms"); /* where Flink's users write it */
    int64_t given_ms;
    if (java && !options_find(options, "sink.transaction-timeout") && int_parse(str_from(java), &given_ms))
        return given_ms;
    return options_duration_us(options, kafka_publisher_options, "sink.transaction-timeout") / 1000;
}

enum status kafka_publisher_validate(const struct options *options, struct error *error) {
    int64_t lanes = options_int(options, kafka_publisher_options, "sink.lanes");
    if (lanes < 1 || lanes > KAFKA_LANES_MAX)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"sink.lanes\" must be between 1 and %d", KAFKA_LANES_MAX);
    int64_t timeout_ms = transaction_timeout_ms(options);
    if (timeout_ms < TRANSACTION_TIMEOUT_LEAST_MS || timeout_ms > INT32_MAX)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"sink.transaction-timeout\" must be 1 s or more");
    const char *prefix = options_text(options, kafka_publisher_options, "sink.transactional-id-prefix");
    size_t size = strlen(prefix);
    if (size == 0 || size > PREFIX_MAX ||
        strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != size)
        return FAIL(error, STATUS_INVALID_OPTION,
                    "option \"sink.transactional-id-prefix\" takes 1 to %d letters, digits, '.', '_' and '-'",
                    PREFIX_MAX);
    return STATUS_OK;
}

void kafka_publisher_settings_read(struct kafka_publisher_settings *settings, const struct publisher_config *config) {
    const struct options *options = config->options;
    const char *prefix = options_text(options, kafka_publisher_options, "sink.transactional-id-prefix");
    *settings = (struct kafka_publisher_settings){
        .data_topic = options_find(options, "topic"),
        .progress_topic =
            arena_printf(config->arena, "%s-progress-%.12s-%u", prefix, config->job, (unsigned)config->sink),
        .id_prefix = arena_printf(config->arena, "%s.%s.%u", prefix, config->job, (unsigned)config->sink),
        .connect_timeout_us = options_duration_us(options, kafka_publisher_options, "connect.timeout"),
        .transaction_timeout_ms = transaction_timeout_ms(options),
        .row_headers = options_bool(options, kafka_publisher_options, "sink.row-headers"),
        .warn_only = text_equal_ignore_case(options_text(options, kafka_publisher_options, "sink.preflight"), "warn"),
    };
}

static uint32_t lane_count(const struct options *options) {
    return (uint32_t)options_int(options, kafka_publisher_options, "sink.lanes");
}

/* ---- a slot and its ends ---- */

void kafka_slot_drop(struct kafka_slot *slot) {
    if (slot->data)
        rd_kafka_topic_destroy(slot->data);
    if (slot->progress)
        rd_kafka_topic_destroy(slot->progress);
    kafka_client_drop(&slot->client);
    slot->data = slot->progress = NULL;
}

static bool is_fenced(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* Says what the library has to say and drops the producer. Takes `failure`, which may be NULL. */
static enum publish_answer give_up(struct kafka_slot *slot, rd_kafka_error_t *failure, const char *what,
                                   struct error *error) {
    char fatal[256] = "";
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(slot->client.handle, fatal, sizeof fatal);
    enum publish_answer answer =
        is_fenced(code) || (failure && is_fenced(rd_kafka_error_code(failure))) ? PUBLISH_FENCED : PUBLISH_UNKNOWN;
    const char *reason = failure                      ? rd_kafka_error_string(failure)
                         : fatal[0]                   ? fatal
                         : slot->client.failed_count  ? slot->client.first_failure
                         : slot->client.last_error[0] ? slot->client.last_error
                                                      : "no answer";
    FAIL(error, STATUS_CONNECTION_FAILURE, "%s: %s", what, reason);
    if (error)
        error->retriable = true;
    if (failure)
        rd_kafka_error_destroy(failure);
    kafka_slot_drop(slot);
    return answer;
}

static enum publish_answer leave(struct kafka_slot *slot, const char *what, struct error *error) {
    FAIL(error, STATUS_CANCELLED, "%s: cancelled", what);
    kafka_slot_drop(slot);
    return PUBLISH_UNKNOWN;
}

static enum publish_answer not_open(struct error *error) {
    FAIL(error, STATUS_CONNECTION_FAILURE, "the producer was given up");
    return PUBLISH_UNKNOWN;
}

/* ---- opening ---- */

enum status kafka_slot_configure(struct kafka_slot *slot, const struct publisher_config *config,
                                 const struct kafka_publisher_settings *settings, uint32_t number,
                                 struct error *error) {
    char id[512], transaction_timeout[24], message_timeout[24];
    snprintf(id, sizeof id, "%s.%u.%c", settings->id_prefix, (unsigned)config->lane, (char)('a' + number));
    snprintf(transaction_timeout, sizeof transaction_timeout, "%lld", (long long)settings->transaction_timeout_ms);
    snprintf(message_timeout, sizeof message_timeout, "%lld", (long long)settings->transaction_timeout_ms * 3 / 4);
    const struct kafka_setting own[] = {
        {"transactional.id", id},
        {"transaction.timeout.ms", transaction_timeout},
        {"message.timeout.ms",
         message_timeout}, /* rows that cannot be sent are known before the broker gives up on us */
        {"max.in.flight", "5"},
        {"delivery.report.only.error", "false"},
        {"allow.auto.create.topics", "false"},
    };
    *slot = (struct kafka_slot){0};
    TRY(kafka_client_open_with(&slot->client, RD_KAFKA_PRODUCER, config->options, own, sizeof own / sizeof *own,
                               error));
    slot->data = rd_kafka_topic_new(slot->client.handle, settings->data_topic, NULL);
    slot->progress = rd_kafka_topic_new(slot->client.handle, settings->progress_topic, NULL);
    if (slot->data && slot->progress)
        return STATUS_OK;
    kafka_failed(&slot->client, error, rd_kafka_last_error(), settings->data_topic);
    kafka_slot_drop(slot);
    return STATUS_TOPIC_ERROR;
}

/* Leaders are asked for while nobody waits; that it fails shows when rows are sent. */
static void warm_up(struct kafka_slot *slot) {
    rd_kafka_topic_t *topics[] = {slot->data, slot->progress};
    for (size_t i = 0; i < 2; i++) {
        const struct rd_kafka_metadata *metadata;
        if (rd_kafka_metadata(slot->client.handle, 0, topics[i], &metadata, WARM_UP_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
            rd_kafka_metadata_destroy(metadata);
    }
}

/* A call of the library that ran out of its time goes on by itself; calling again waits on. */
static bool goes_on(rd_kafka_error_t *failure) {
    bool retriable = rd_kafka_error_code(failure) == RD_KAFKA_RESP_ERR__TIMED_OUT && !rd_kafka_error_is_fatal(failure);
    if (retriable)
        rd_kafka_error_destroy(failure);
    return retriable;
}

static enum publish_answer open_slot(struct publisher *base, uint32_t number, struct error *error) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    struct kafka_slot *slot = &publisher->slots[number];
    ASSERT(number < KAFKA_SLOTS);
    kafka_slot_drop(slot);
    if (kafka_slot_configure(slot, &publisher->config, &publisher->settings, number, error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    for (;;) {
        if (kafka_publisher_is_cancelled(&publisher->config))
            return leave(slot, "opening a producer", error);
        rd_kafka_error_t *failure = rd_kafka_init_transactions(slot->client.handle, KAFKA_WAIT_MS);
        if (!failure)
            break;
        rd_kafka_poll(slot->client.handle, 0);
        bool again = !rd_kafka_error_is_fatal(failure) && rd_kafka_error_is_retriable(failure);
        if (goes_on(failure))
            continue;
        if (!again)
            return give_up(slot, failure, "opening a producer", error);
        rd_kafka_error_destroy(failure);
        rd_kafka_poll(slot->client.handle, KAFKA_WAIT_MS);
    }
    warm_up(slot);
    return PUBLISH_OK;
}

static void close_slot(struct publisher *base, uint32_t number) {
    ASSERT(number < KAFKA_SLOTS);
    kafka_slot_drop(&((struct kafka_publisher *)base)->slots[number]);
}

/* ---- sending ---- */

static void put_row_header(uint8_t bytes[KAFKA_ROW_HEADER_SIZE], uint64_t epoch, uint32_t lane, uint32_t row) {
    memcpy(bytes, &epoch, 8); /* machines are little endian: core/base/bytes.c asserts it */
    memcpy(bytes + 8, &lane, 4);
    memcpy(bytes + 12, &row, 4);
}

static rd_kafka_headers_t *headers_of(const struct row_log_record *record, const uint8_t *own) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count + 1);
    struct bytes_reader reader = bytes_reader_of(record->headers);
    struct str name, value;
    bool has_value;
    while (row_log_next_header(&reader, &name, &has_value, &value))
        rd_kafka_header_add(headers, name.data, (ssize_t)name.size, has_value ? value.data : NULL, (ssize_t)value.size);
    if (own)
        rd_kafka_header_add(headers, KAFKA_ROW_HEADER, sizeof KAFKA_ROW_HEADER - 1, own, KAFKA_ROW_HEADER_SIZE);
    return headers;
}

static rd_kafka_resp_err_t produce_plain(struct kafka_slot *slot, const struct row_log_record *record) {
    static const char empty[1] = "";
    /* The library takes a NULL for an absent key or value, and anything else of size 0 for an empty one. */
    const char *key = !record->has_key ? NULL : record->key.size ? record->key.data : empty;
    const char *value = !record->has_value ? NULL : record->value.size ? record->value.data : empty;
    int failed = rd_kafka_produce(slot->data, (int32_t)record->partition, 0, (void *)(uintptr_t)value,
                                  record->value.size, key, record->key.size, NULL);
    return failed ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t produce_with_metadata(struct kafka_slot *slot, const struct row_log_record *record,
                                                 const uint8_t *own) {
    rd_kafka_vu_t fields[6];
    size_t count = 0;
    static const char empty[1] = "";
    fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = slot->data};
    fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = (int32_t)record->partition};
    if (record->has_value) {
        const char *value = record->value.size ? record->value.data : empty;
        fields[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value, record->value.size}};
    }
    if (record->has_key) {
        const char *key = record->key.size ? record->key.data : empty;
        fields[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key, record->key.size}};
    }
    if (record->has_timestamp)
        fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms};
    rd_kafka_headers_t *headers = record->header_count || own ? headers_of(record, own) : NULL;
    if (headers)
        fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    rd_kafka_error_t *failure = rd_kafka_produceva(slot->client.handle, fields, count);
    if (!failure)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    if (headers)
        rd_kafka_headers_destroy(headers); /* they are ours again when it failed */
    return code;
}

static enum publish_answer begin(struct kafka_slot *slot, struct error *error) {
    if (slot->has_begun)
        return PUBLISH_OK;
    rd_kafka_error_t *failure = rd_kafka_begin_transaction(slot->client.handle);
    if (failure)
        return give_up(slot, failure, "beginning a transaction", error);
    slot->has_begun = true;
    return PUBLISH_OK;
}

/* A full queue is waited out: that is the back-pressure. */
static enum publish_answer send_row(struct kafka_publisher *publisher, struct kafka_slot *slot,
                                    const struct row_log_record *record, const uint8_t *own, struct error *error) {
    bool is_plain = !own && record->header_count == 0 && !record->has_timestamp;
    for (;;) {
        rd_kafka_resp_err_t code = is_plain ? produce_plain(slot, record) : produce_with_metadata(slot, record, own);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            slot->sent_count++;
            return PUBLISH_OK;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            snprintf(slot->client.last_error, sizeof slot->client.last_error, "%s", rd_kafka_err2str(code));
            return give_up(slot, NULL, "sending a row", error);
        }
        rd_kafka_poll(slot->client.handle, KAFKA_WAIT_MS);
        if (kafka_publisher_is_cancelled(&publisher->config))
            return leave(slot, "sending rows", error);
    }
}

/* Ends, as the library gives up on a message after message.timeout.ms. */
static enum publish_answer await_deliveries(struct kafka_publisher *publisher, struct kafka_slot *slot,
                                            const char *what, struct error *error) {
    struct kafka_client *client = &slot->client;
    while (rd_kafka_outq_len(client->handle) > 0 && client->failed_count == 0 && !client->is_fatal) {
        if (kafka_publisher_is_cancelled(&publisher->config))
            return leave(slot, what, error);
        rd_kafka_flush(client->handle, KAFKA_WAIT_MS);
    }
    if (client->failed_count > 0 || client->is_fatal || client->delivered_count != slot->sent_count)
        return give_up(slot, NULL, what, error);
    return PUBLISH_OK;
}

static enum publish_answer send_all(struct kafka_publisher *publisher, struct kafka_slot *slot, struct str records,
                                    uint64_t epoch, uint64_t first_row, struct error *error) {
    struct bytes_reader reader = bytes_reader_of(records);
    uint8_t own[KAFKA_ROW_HEADER_SIZE];
    for (uint64_t row = 0;; row++) {
        struct row_log_record record;
        bool found;
        if (row_log_next(&reader, &record, &found, error) != STATUS_OK) {
            kafka_slot_drop(slot);
            return PUBLISH_UNKNOWN;
        }
        if (!found)
            return PUBLISH_OK;
        if (publisher->settings.row_headers)
            put_row_header(own, epoch, publisher->config.lane, (uint32_t)(first_row + row));
        enum publish_answer answer =
            send_row(publisher, slot, &record, publisher->settings.row_headers ? own : NULL, error);
        if (answer != PUBLISH_OK)
            return answer;
        if (row % ROWS_BETWEEN_POLLS == ROWS_BETWEEN_POLLS - 1) {
            rd_kafka_poll(slot->client.handle, 0);
            if (slot->client.failed_count > 0 || slot->client.is_fatal)
                return give_up(slot, NULL, "sending rows", error);
            if (kafka_publisher_is_cancelled(&publisher->config))
                return leave(slot, "sending rows", error);
        }
    }
}

static enum publish_answer send_rows(struct publisher *base, uint32_t number, struct str records, uint64_t epoch,
                                     uint64_t first_row, uint64_t *delivered, struct error *error) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    struct kafka_slot *slot = &publisher->slots[number];
    *delivered = 0;
    if (!slot->client.handle)
        return not_open(error);
    uint64_t before = slot->client.delivered_count;
    enum publish_answer answer = begin(slot, error);
    if (answer == PUBLISH_OK)
        answer = send_all(publisher, slot, records, epoch, first_row, error);
    if (answer == PUBLISH_OK)
        answer = await_deliveries(publisher, slot, "sending rows", error);
    *delivered = slot->client.delivered_count - before;
    return answer;
}

static enum publish_answer send_marker(struct publisher *base, uint32_t number, struct str marker, uint64_t *offset,
                                       struct error *error) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    struct kafka_slot *slot = &publisher->slots[number];
    if (!slot->client.handle)
        return not_open(error);
    enum publish_answer answer = begin(slot, error);
    if (answer != PUBLISH_OK)
        return answer;
    int64_t place = -1;
    if (rd_kafka_produce(slot->progress, (int32_t)publisher->config.lane, 0, (void *)(uintptr_t)marker.data,
                         marker.size, marker_key, sizeof marker_key - 1, &place) != 0) {
        snprintf(slot->client.last_error, sizeof slot->client.last_error, "%s",
                 rd_kafka_err2str(rd_kafka_last_error()));
        return give_up(slot, NULL, "sending a marker", error);
    }
    slot->sent_count++;
    answer = await_deliveries(publisher, slot, "sending a marker", error);
    if (answer == PUBLISH_OK && place < 0) /* a repeated request was recognised as such: it is there, who knows where */
        answer = give_up(slot, NULL, "the marker's offset is not known", error);
    *offset = place < 0 ? 0 : (uint64_t)place;
    return answer;
}

static enum publish_answer commit(struct publisher *base, uint32_t number, struct error *error) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    struct kafka_slot *slot = &publisher->slots[number];
    if (!slot->client.handle)
        return not_open(error);
    int64_t end_us = env_monotonic_us(publisher->config.env) + publisher->settings.transaction_timeout_ms * 1000;
    for (;;) {
        rd_kafka_error_t *failure = rd_kafka_commit_transaction(slot->client.handle, KAFKA_WAIT_MS);
        if (!failure)
            return PUBLISH_OK;
        if (env_monotonic_us(publisher->config.env) >= end_us || !goes_on(failure))
            return give_up(slot, failure, "committing", error);
        if (kafka_publisher_is_cancelled(&publisher->config))
            return leave(slot, "committing", error);
    }
}

/* ---- the class ---- */

static void publisher_close(struct publisher *base) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    for (uint32_t i = 0; i < KAFKA_SLOTS; i++)
        kafka_slot_drop(&publisher->slots[i]);
    kafka_admin_close(&publisher->admin);
}

static const struct publisher_class publisher_class = {
    .open_slot = open_slot,
    .close_slot = close_slot,
    .measure = kafka_markers_measure,
    .read_markers = kafka_markers_read,
    .send_rows = send_rows,
    .send_marker = send_marker,
    .commit = commit,
    .close = publisher_close,
};

static enum status publisher_open(const struct publisher_config *config, struct publisher **publisher_out,
                                  struct error *error) {
    struct kafka_publisher *publisher = ARENA_NEW(config->arena, struct kafka_publisher);
    publisher->base.class = &publisher_class;
    publisher->config = *config;
    kafka_publisher_settings_read(&publisher->settings, config);
    TRY(kafka_admin_open(&publisher->admin, config->options, config->cancel, publisher->settings.connect_timeout_us,
                         error));
    *publisher_out = &publisher->base;
    return STATUS_OK;
}

const struct publisher_support kafka_publishers = {
    .guarantee = options_guarantee,
    .lane_count = lane_count,
    .prepare = kafka_publisher_prepare,
    .open = publisher_open,
    .verify = kafka_publisher_verify,
};
