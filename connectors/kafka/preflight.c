/* preflight.c: whether a cluster can keep the promise, and the progress topic.
 *
 * What is asked, and of whom:
 *   every broker   transaction.max.timeout.ms ≥ ours                    else refused: no producer could open
 *                  transaction.partition.verification.enable is on      KIP-890: late rows of a dead transaction are not taken (3.6)
 *                  telemetry.max.bytes exists                           it came with 3.7, which made that verification sound
 *   both topics    3 replicas, min.insync.replicas ≥ 2, no unclean elections
 *   progress       a partition per lane, compacted and never deleted from
 * The client library does not tell a broker's version; settings that a version brought stand for it. A managed service may hide them,
 * then it is a finding like the others: refused unless 'sink.preflight' = 'warn', a warning on a cluster of one broker. */
#include "connectors/kafka/publisher.h"
#include "core/base/env.h"
#include "core/base/log.h"

enum {
    BROKERS_MAX = 1024,
    REPLICAS_WANTED = 3,
    INSYNC_WANTED = 2,
    TOPIC_WAIT_US = 15 * 1000 * 1000, /* for leaders */
    TOPIC_MADE_US = 3 * 1000 * 1000,  /* for a topic that is being made */
    TOPIC_PAUSE_MS = 50
};

struct preflight {
    const struct publisher_config *config;
    struct kafka_publisher_settings settings;
    struct kafka_admin admin;
    int32_t brokers[BROKERS_MAX];
    size_t broker_count;
    struct strbuf findings; /* what makes it less safe, joined by "; " */
};

static void PRINTF_LIKE(2, 3) find(struct preflight *preflight, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (preflight->findings.size)
        strbuf_append_text(&preflight->findings, "; ");
    strbuf_vprintf(&preflight->findings, format, arguments);
    va_end(arguments);
}

/* ---- brokers ---- */

enum { BROKER_TIMEOUT, BROKER_VERIFIES, BROKER_TELEMETRY, BROKER_KEYS };
static const char *const broker_keys[BROKER_KEYS] = {
    "transaction.max.timeout.ms", "transaction.partition.verification.enable", "telemetry.max.bytes"};

static enum status check_broker(struct preflight *preflight, int32_t id, bool *is_old, struct error *error) {
    char name[16], values[BROKER_KEYS][KAFKA_SETTING_VALUE_SIZE];
    snprintf(name, sizeof name, "%d", (int)id);
    struct error reason = {0};
    enum status status = kafka_admin_settings(&preflight->admin, RD_KAFKA_RESOURCE_BROKER, name, broker_keys,
                                              BROKER_KEYS, values, &reason);
    if (status == STATUS_CANCELLED || reason.retriable) {
        if (error)
            *error = reason;
        return status;
    }
    if (status != STATUS_OK) {
        find(preflight, "%s", reason.message);
        return STATUS_OK;
    }
    int64_t most_ms;
    if (int_parse(str_from(values[BROKER_TIMEOUT]), &most_ms) && most_ms < preflight->settings.transaction_timeout_ms) {
        FAIL(error, STATUS_INVALID_OPTION, "broker %s allows transactions of %lld ms, the sink's may take %lld ms",
             name, (long long)most_ms, (long long)preflight->settings.transaction_timeout_ms);
        error_hint(error, "lower 'sink.transaction-timeout', or raise the broker's transaction.max.timeout.ms");
        return STATUS_INVALID_OPTION;
    }
    if (strcmp(values[BROKER_VERIFIES], "true") != 0 || !values[BROKER_TELEMETRY][0])
        *is_old = true;
    return STATUS_OK;
}

static enum status check_brokers(struct preflight *preflight, struct error *error) {
    TRY(kafka_admin_brokers(&preflight->admin, preflight->brokers, BROKERS_MAX, &preflight->broker_count, error));
    bool is_old = false;
    for (size_t i = 0; i < preflight->broker_count && i < BROKERS_MAX; i++)
        TRY(check_broker(preflight, preflight->brokers[i], &is_old, error));
    if (is_old)
        find(preflight, "brokers are older than Kafka 3.7 or have transaction.partition.verification.enable off");
    return STATUS_OK;
}

/* ---- topics ---- */

enum { TOPIC_INSYNC, TOPIC_UNCLEAN, TOPIC_CLEANUP, TOPIC_KEYS };
static const char *const topic_keys[TOPIC_KEYS] = {"min.insync.replicas", "unclean.leader.election.enable",
                                                   "cleanup.policy"};

static enum status check_topic(struct preflight *preflight, const char *name, const struct kafka_topic *topic,
                               bool is_progress, struct error *error) {
    if (topic->replica_count < REPLICAS_WANTED)
        find(preflight, "topic \"%s\" has %u of %d replicas", name, topic->replica_count, REPLICAS_WANTED);
    char values[TOPIC_KEYS][KAFKA_SETTING_VALUE_SIZE];
    struct error reason = {0};
    enum status status =
        kafka_admin_settings(&preflight->admin, RD_KAFKA_RESOURCE_TOPIC, name, topic_keys, TOPIC_KEYS, values, &reason);
    if (status == STATUS_CANCELLED || reason.retriable) {
        if (error)
            *error = reason;
        return status;
    }
    if (status != STATUS_OK) {
        find(preflight, "%s", reason.message);
        return STATUS_OK;
    }
    int64_t insync;
    if (!int_parse(str_from(values[TOPIC_INSYNC]), &insync) || insync < INSYNC_WANTED)
        find(preflight, "topic \"%s\" has min.insync.replicas = %s instead of %d", name, values[TOPIC_INSYNC],
             INSYNC_WANTED);
    if (strcmp(values[TOPIC_UNCLEAN], "true") == 0)
        find(preflight, "topic \"%s\" allows unclean leader elections", name);
    if (is_progress && strcmp(values[TOPIC_CLEANUP], "compact") != 0)
        find(preflight, "topic \"%s\" has cleanup.policy = %s instead of compact: markers may be deleted", name,
             values[TOPIC_CLEANUP]);
    return STATUS_OK;
}

/* Until all partitions have leaders. A topic that nobody made is made by a broker that does so on first use, or not at all. */
static enum status wait_for_topic(struct preflight *preflight, const char *name, struct kafka_topic *topic,
                                  struct error *error) {
    struct env *env = preflight->config->env;
    int64_t begin_us = env_monotonic_us(env);
    for (;;) {
        TRY(kafka_admin_topic(&preflight->admin, name, topic, error));
        if (topic->exists && topic->has_leaders)
            return STATUS_OK;
        if (kafka_publisher_is_cancelled(preflight->config))
            return FAIL(error, STATUS_CANCELLED, "cancelled");
        int64_t waited_us = env_monotonic_us(env) - begin_us;
        if (topic->exists && waited_us > TOPIC_WAIT_US)
            return FAIL(error, STATUS_TOPIC_ERROR, "topic \"%s\" has partitions without a leader", name);
        if (!topic->exists) { /* to ask is to have it made, where brokers do that */
            int32_t count;
            enum status status = kafka_partition_count(&preflight->admin.client, name,
                                                       preflight->settings.connect_timeout_us, &count, error);
            if (status != STATUS_OK && (status != STATUS_TOPIC_ERROR || waited_us > TOPIC_MADE_US))
                return status;
        }
        rd_kafka_poll(preflight->admin.client.handle, TOPIC_PAUSE_MS);
    }
}

static enum status make_progress_topic(struct preflight *preflight, struct error *error) {
    size_t brokers = preflight->broker_count;
    uint32_t replicas = brokers < REPLICAS_WANTED ? (uint32_t)(brokers ? brokers : 1) : REPLICAS_WANTED;
    const struct kafka_setting settings[] = {
        {"cleanup.policy", "compact"},
        {"min.insync.replicas", replicas < REPLICAS_WANTED ? "1" : "2"},
        {"unclean.leader.election.enable", "false"},
        {"segment.bytes", "16777216"},
    };
    return kafka_admin_create_topic(&preflight->admin, preflight->settings.progress_topic,
                                    preflight->config->lane_count, replicas, settings,
                                    sizeof settings / sizeof *settings, error);
}

static enum status check_progress_topic(struct preflight *preflight, struct error *error) {
    const char *name = preflight->settings.progress_topic;
    struct kafka_topic topic;
    TRY(kafka_admin_topic(&preflight->admin, name, &topic, error));
    if (!topic.exists)
        TRY(make_progress_topic(preflight, error));
    TRY(wait_for_topic(preflight, name, &topic, error));
    if (topic.partition_count != preflight->config->lane_count) {
        FAIL(error, STATUS_INVALID_OPTION, "progress topic \"%s\" has %u partitions, but the sink has %u lanes", name,
             topic.partition_count, preflight->config->lane_count);
        error_hint(error, "'sink.lanes' stays the same for the life of a job");
        return STATUS_INVALID_OPTION;
    }
    return check_topic(preflight, name, &topic, true, error);
}

/* ---- the whole ---- */

static enum status judge(const struct preflight *preflight, struct error *error) {
    if (preflight->findings.size == 0)
        return STATUS_OK;
    if (preflight->settings.warn_only || preflight->broker_count == 1) {
        log_warn("exactly-once rests on a cluster that may lose acknowledged rows",
                 log_text("table", preflight->config->table), log_text("findings", strbuf_text(&preflight->findings)));
        return STATUS_OK;
    }
    FAIL(error, STATUS_INVALID_OPTION,
         "table \"%s\" cannot be written exactly once: the cluster may lose acknowledged rows",
         preflight->config->table);
    error_detail(error, "%s", strbuf_text(&preflight->findings));
    error_hint(error, "mend it, or accept it with 'sink.preflight' = 'warn', or take 'sink.delivery-guarantee' = "
                      "'at-least-once'");
    return STATUS_INVALID_OPTION;
}

static enum status run(struct preflight *preflight, struct error *error) {
    const struct publisher_config *config = preflight->config;
    const char *data_topic = preflight->settings.data_topic;
    if (!data_topic || strchr(data_topic, ';'))
        return FAIL(error, STATUS_INVALID_OPTION, "table \"%s\" cannot be written: 'topic' must name one topic",
                    config->table);
    struct kafka_slot trial;
    TRY(kafka_slot_configure(&trial, config, &preflight->settings, 0, error));
    kafka_slot_drop(&trial);
    TRY(kafka_admin_open(&preflight->admin, config->options, config->cancel, preflight->settings.connect_timeout_us,
                         error));
    TRY(check_brokers(preflight, error));
    struct kafka_topic topic;
    TRY(wait_for_topic(preflight, data_topic, &topic, error));
    TRY(check_topic(preflight, data_topic, &topic, false, error));
    TRY(check_progress_topic(preflight, error));
    return judge(preflight, error);
}

enum status kafka_publisher_prepare(const struct publisher_config *config, struct error *error) {
    struct preflight preflight = {.config = config};
    kafka_publisher_settings_read(&preflight.settings, config);
    enum status status = run(&preflight, error);
    kafka_admin_close(&preflight.admin);
    strbuf_release(&preflight.findings);
    return status;
}
