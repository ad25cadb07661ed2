/* topic_limits.c: see the header. Broker and client limit a batch of one message, before compression, so a row that passes here passes
 * there as long as the settings stay. */
#include "connectors/kafka/topic_limits.h"

#include "connectors/kafka/admin.h"
#include "core/base/env.h"
#include "core/base/log.h"
#include "core/data/row_log.h"

enum {
    FRAME_BYTES = 61 + 36 + 8 + 32, /* batch header, record's own numbers, header count, the header sx; rounded up */
    HEADER_BYTES = 12,              /* per header: its two sizes, at most */
    TOPIC_BYTES_DEFAULT = 1048588,
};

enum { LIMIT_SIZE, LIMIT_TIMESTAMP_TYPE, LIMIT_BEFORE, LIMIT_AFTER, LIMIT_CLEANUP, LIMIT_KEYS };
static const char *const keys[LIMIT_KEYS] = {"max.message.bytes", "message.timestamp.type",
                                             "message.timestamp.before.max.ms", "message.timestamp.after.max.ms",
                                             "cleanup.policy"};

static int64_t number_or(const char *text, int64_t otherwise) {
    int64_t value;
    return int_parse(str_from(text), &value) ? value : otherwise;
}

static enum status read_settings(struct kafka_topic_limits *limits, struct kafka_admin *admin, struct error *error) {
    char values[LIMIT_KEYS][KAFKA_SETTING_VALUE_SIZE], client_size[32] = "";
    struct error reason = {0};
    enum status status =
        kafka_admin_settings(admin, RD_KAFKA_RESOURCE_TOPIC, limits->topic, keys, LIMIT_KEYS, values, &reason);
    if (reason.retriable) {
        if (error)
            *error = reason;
        return status;
    }
    if (status != STATUS_OK) /* values are empty */
        log_warn("limits of the topic are not known, defaults are taken", log_text("topic", limits->topic),
                 LOG_ERROR_FIELDS(&reason));
    size_t size = sizeof client_size;
    (void)rd_kafka_conf_get(rd_kafka_conf(admin->client.handle), "message.max.bytes", client_size, &size);
    int64_t topic_bytes = number_or(values[LIMIT_SIZE], TOPIC_BYTES_DEFAULT);
    int64_t client_bytes = number_or(client_size, TOPIC_BYTES_DEFAULT);
    limits->size_bytes = (uint64_t)(topic_bytes < client_bytes ? topic_bytes : client_bytes);
    limits->takes_timestamps = strcmp(values[LIMIT_TIMESTAMP_TYPE], "LogAppendTime") != 0;
    limits->before_ms = number_or(values[LIMIT_BEFORE], INT64_MAX);
    limits->after_ms = number_or(values[LIMIT_AFTER], INT64_MAX);
    limits->needs_key = strstr(values[LIMIT_CLEANUP], "compact") != NULL;
    return STATUS_OK;
}

enum status kafka_topic_limits_read(struct kafka_topic_limits *limits, const struct options *options, const char *topic,
                                    int64_t timeout_us, struct error *error) {
    *limits = (struct kafka_topic_limits){0};
    snprintf(limits->topic, sizeof limits->topic, "%s", topic);
    struct kafka_admin admin;
    enum status status = kafka_admin_open(&admin, options, NULL, timeout_us, error);
    if (status == STATUS_OK)
        status = read_settings(limits, &admin, error);
    kafka_admin_close(&admin);
    return status;
}

static enum status check_timestamp(const struct kafka_topic_limits *limits, int64_t timestamp_ms, struct env *env,
                                   struct error *error) {
    if (timestamp_ms <= 0) { /* Kafka knows no time before 1970, and the client takes 0 for "now" */
        FAIL(error, STATUS_OUT_OF_RANGE, "topic \"%s\" takes no timestamp of 1970-01-01 00:00:00 or before",
             limits->topic);
        return STATUS_OUT_OF_RANGE;
    }
    if (!limits->takes_timestamps || (limits->before_ms == INT64_MAX && limits->after_ms == INT64_MAX))
        return STATUS_OK;
    int64_t ahead_ms = timestamp_ms - env_now_us(env) / 1000;
    if (ahead_ms <= limits->after_ms && -ahead_ms <= limits->before_ms)
        return STATUS_OK;
    FAIL(error, STATUS_OUT_OF_RANGE, "a row's timestamp is %lld ms %s, farther than topic \"%s\" takes it",
         (long long)(ahead_ms > 0 ? ahead_ms : -ahead_ms), ahead_ms > 0 ? "in the future" : "in the past",
         limits->topic);
    error_hint(error, "raise the topic's message.timestamp.after.max.ms or message.timestamp.before.max.ms");
    return STATUS_OUT_OF_RANGE;
}

enum status kafka_topic_limits_check(const struct kafka_topic_limits *limits, const struct row_log_record *record,
                                     struct env *env, struct error *error) {
    if (limits->needs_key && !record->has_key)
        return FAIL(error, STATUS_NOT_NULL_VIOLATION,
                    "a row has no key, and topic \"%s\" is compacted and takes none without", limits->topic);
    if (record->has_timestamp)
        TRY(check_timestamp(limits, record->timestamp_ms, env, error));
    if (record->header_count > ROW_LOG_HEADERS_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "a row has %u headers; at most %d can be written",
                    record->header_count, ROW_LOG_HEADERS_MAX);
    uint64_t size = FRAME_BYTES + (uint64_t)HEADER_BYTES * record->header_count + record->key.size +
                    record->value.size + record->headers.size;
    if (size <= limits->size_bytes)
        return STATUS_OK;
    FAIL(error, STATUS_LIMIT_EXCEEDED, "a row of %llu bytes is larger than topic \"%s\" takes it (%llu)",
         (unsigned long long)size, limits->topic, (unsigned long long)limits->size_bytes);
    error_hint(error, "raise the topic's max.message.bytes and 'properties.message.max.bytes' of the table");
    return STATUS_LIMIT_EXCEEDED;
}
