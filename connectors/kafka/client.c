/* client.c: librdkafka handles: defaults, what tables may set (properties.c), and what is ours to set, because correctness hangs on it. */
#include "connectors/kafka/client.h"

#include "connectors/kafka/properties.h"
#include "connectors/name_pattern.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"
#include "core/base/log.h"

enum { TEXT_MAX = 512 };

/* Ours: the checkpoint and the table say where to read, a gap is an error, bytes are checked. The queue sizes keep the decoder fed. */
static const struct kafka_setting consumer_settings[] = {
    {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},  {"enable.partition.eof", "true"},
    {"check.crcs", "true"},          {"allow.auto.create.topics", "false"},
};
static const struct kafka_setting consumer_defaults[] = {
    {"isolation.level", "read_committed"},  {"queued.min.messages", "500000"}, {"queued.max.messages.kbytes", "131072"},
    {"fetch.message.max.bytes", "4194304"}, {"fetch.wait.max.ms", "50"},       {"fetch.queue.backoff.ms", "20"},
    {"fetch.error.backoff.ms", "100"},      {"group.id", "streamsql"},
};
static const struct kafka_setting producer_settings[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"delivery.report.only.error", "true"},
    {"allow.auto.create.topics", "true"},
};
static const struct kafka_setting producer_defaults[] = {
    {"linger.ms", "20"},
    {"batch.size", "1000000"},
    {"queue.buffering.max.messages", "500000"},
    {"queue.buffering.max.kbytes", "262144"},
    {"partitioner", "murmur2_random"}, /* as the Java client: keyed rows to their partition, others anywhere */
};

static enum status set_all(rd_kafka_conf_t *conf, const struct kafka_setting *settings, size_t count,
                           struct error *error) {
    for (size_t i = 0; i < count; i++)
        TRY(kafka_property_set(conf, settings[i].key, settings[i].value, error));
    return STATUS_OK;
}

/* Defaults, then the table's properties, then what is not for the table to choose. */
static enum status configure(rd_kafka_conf_t *conf, rd_kafka_type_t type, const struct options *options,
                             struct error *error) {
    bool consumes = type == RD_KAFKA_CONSUMER;
    if (consumes)
        TRY(set_all(conf, consumer_defaults, COUNT_OF(consumer_defaults), error));
    else
        TRY(set_all(conf, producer_defaults, COUNT_OF(producer_defaults), error));
    TRY(kafka_property_set(conf, "client.id", "streamsql", error));
    TRY(kafka_properties_apply(conf, options, error));
    return consumes ? set_all(conf, consumer_settings, COUNT_OF(consumer_settings), error)
                    : set_all(conf, producer_settings, COUNT_OF(producer_settings), error);
}

/* ---- callbacks: served from kafka_client_check on our thread, but for the log ---- */

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque) {
    struct kafka_client *client = opaque;
    bool all_down = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN; /* follows a broker's own, which says why */
    if (!all_down || !client->last_error[0])
        snprintf(client->last_error, sizeof client->last_error, "%s", reason);
    if (all_down)
        client->all_brokers_down = true;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        client->is_fatal = true;
        rd_kafka_fatal_error(handle, client->last_error, sizeof client->last_error);
    }
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text) {
    (void)handle;
    if (level <= 3)
        log_info("kafka client", log_text("facility", facility), log_text("text", text));
    else
        log_debug("kafka client", log_text("facility", facility), log_text("text", text));
}

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    (void)handle;
    struct kafka_client *client = opaque;
    if (!message->err) {
        client->delivered_count++;
        if (message->_private)
            *(int64_t *)message->_private = message->offset;
        return;
    }
    if (client->failed_count++ == 0)
        snprintf(client->first_failure, sizeof client->first_failure, "topic \"%s\" partition %d: %s",
                 message->rkt ? rd_kafka_topic_name(message->rkt) : "?", (int)message->partition,
                 rd_kafka_err2str(message->err));
}

enum status kafka_client_open(struct kafka_client *client, rd_kafka_type_t type, const struct options *options,
                              struct error *error) {
    return kafka_client_open_with(client, type, options, NULL, 0, error);
}

enum status kafka_client_open_with(struct kafka_client *client, rd_kafka_type_t type, const struct options *options,
                                   const struct kafka_setting *settings, size_t setting_count, struct error *error) {
    *client = (struct kafka_client){0};
    client->servers = options_find(options, "properties.bootstrap.servers");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = configure(conf, type, options, error);
    if (status == STATUS_OK)
        status = set_all(conf, settings, setting_count, error);
    if (status != STATUS_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    char text[TEXT_MAX];
    client->handle = rd_kafka_new(type, conf, text, sizeof text);
    if (client->handle)
        return STATUS_OK;
    rd_kafka_conf_destroy(conf);
    return FAIL(error, STATUS_INVALID_OPTION, "the Kafka client refuses its settings: %s", text);
}

void kafka_client_close(struct kafka_client *client) {
    if (client->handle)
        rd_kafka_destroy(client->handle);
    client->handle = NULL;
}

void kafka_client_drop(struct kafka_client *client) {
    if (client->handle) {
        rd_kafka_purge(client->handle,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_destroy_flags(client->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    client->handle = NULL;
}

enum status kafka_client_check(struct kafka_client *client, struct error *error) {
    client->all_brokers_down = false;
    rd_kafka_poll(client->handle, 0);
    if (!client->is_fatal)
        return STATUS_OK;
    return FAIL(error, STATUS_CONNECTION_FAILURE, "the Kafka client cannot go on: %s", client->last_error);
}

/* ---- answers ---- */

static enum status status_of(rd_kafka_resp_err_t code, bool *retriable) {
    *retriable = false;
    switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return STATUS_TOPIC_ERROR;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return STATUS_LIMIT_EXCEEDED;
    default: break;
    }
    *retriable = code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                 code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    return STATUS_CONNECTION_FAILURE;
}

enum status kafka_failed(struct kafka_client *client, struct error *error, rd_kafka_resp_err_t code, const char *what) {
    bool retriable;
    enum status status = status_of(code, &retriable);
    rd_kafka_poll(client->handle, 0); /* the library's own words, when it has any */
    error_set(error, status, 0, __FILE__, __LINE__, "%s: %s", what, rd_kafka_err2str(code));
    if (status == STATUS_CONNECTION_FAILURE && client->last_error[0])
        error_detail(error, "%s", client->last_error);
    if (status == STATUS_CONNECTION_FAILURE)
        error_hint(error, "is a broker of 'properties.bootstrap.servers' = '%s' reachable?", client->servers);
    if (error)
        error->retriable = retriable;
    return status;
}

enum { SLICE_MS = 200 };

static int milliseconds(int64_t duration_us) {
    return duration_us / 1000 > INT32_MAX ? INT32_MAX : (int)(duration_us / 1000);
}

/* rd_kafka_metadata in slices, to look at `cancel` between them. A slice in which no broker could be reached costs nothing; one
 * that ended before the answer came is followed by a longer one, so that slow brokers are heard. */
static rd_kafka_resp_err_t request_metadata(const struct kafka_client *client, rd_kafka_topic_t *topic,
                                            const struct rd_kafka_metadata **metadata, int64_t timeout_us,
                                            bool *is_cancelled) {
    int left_ms = milliseconds(timeout_us);
    for (int slice_ms = SLICE_MS;;) {
        int wait_ms = client->cancel && slice_ms < left_ms ? slice_ms : left_ms;
        int64_t started_us = env_monotonic_us(env_posix());
        rd_kafka_resp_err_t code = rd_kafka_metadata(client->handle, topic == NULL, topic, metadata, wait_ms);
        int64_t waited_ms = (env_monotonic_us(env_posix()) - started_us) / 1000;
        bool is_late = code == RD_KAFKA_RESP_ERR__TIMED_OUT;
        left_ms -= wait_ms;
        *is_cancelled = client->cancel && atomic_load(client->cancel);
        if ((!is_late && code != RD_KAFKA_RESP_ERR__TRANSPORT) || waited_ms < wait_ms / 2 || left_ms <= 0 ||
            *is_cancelled)
            return code;
        slice_ms = is_late ? 2 * slice_ms : slice_ms;
    }
}

enum status kafka_partition_count(struct kafka_client *client, const char *topic, int64_t timeout_us, int32_t *count,
                                  struct error *error) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client->handle, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    bool is_cancelled = false;
    rd_kafka_resp_err_t code =
        handle ? request_metadata(client, handle, &metadata, timeout_us, &is_cancelled) : rd_kafka_last_error();
    if (handle)
        rd_kafka_topic_destroy(handle);
    char what[TEXT_MAX];
    snprintf(what, sizeof what, "topic \"%s\" at \"%s\" cannot be used", topic, client->servers);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return is_cancelled ? FAIL(error, STATUS_CANCELLED, "%s: cancelled", what)
                            : kafka_failed(client, error, code, what);
    ASSERT(metadata->topic_cnt == 1);
    code = metadata->topics[0].err;
    *count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && *count > 0)
        return STATUS_OK;
    return kafka_failed(client, error, code ? code : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, what);
}

enum status kafka_topics_matching(struct kafka_client *client, const char *pattern, int64_t timeout_us,
                                  struct arena *arena, const char ***topics, uint32_t *count, struct error *error) {
    struct name_pattern wanted;
    TRY(name_pattern_open(&wanted, pattern, "topic-pattern", error));
    const struct rd_kafka_metadata *metadata;
    bool is_cancelled;
    rd_kafka_resp_err_t answer = request_metadata(client, NULL, &metadata, timeout_us, &is_cancelled);
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) {
        name_pattern_close(&wanted);
        return is_cancelled ? FAIL(error, STATUS_CANCELLED, "the list of topics was not waited for")
                            : kafka_failed(client, error, answer, "the list of topics cannot be read");
    }
    ARRAY_OF(const char *) found = {0};
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const char *name = metadata->topics[i].topic;
        if (metadata->topics[i].partition_cnt > 0 && name_pattern_matches(&wanted, name))
            ARRAY_PUSH(arena, &found, arena_strdup(arena, name));
    }
    name_pattern_close(&wanted);
    rd_kafka_metadata_destroy(metadata);
    *topics = found.items;
    *count = (uint32_t)found.count;
    return STATUS_OK;
}
