/* admin.c: see the header. Each call has a queue of its own, so that an answer that comes after its caller left meets nobody. */
#include "connectors/kafka/admin.h"

#include <stdlib.h>

enum { WAIT_MS = 100, TEXT_MAX = 256 };

static const struct kafka_setting admin_settings[] = {{"enable.idempotence", "false"}};

enum status kafka_admin_open(struct kafka_admin *admin, const struct options *options, const bool *cancel,
                             int64_t timeout_us, struct error *error) {
    *admin = (struct kafka_admin){.cancel = cancel, .timeout_us = timeout_us};
    return kafka_client_open_with(&admin->client, RD_KAFKA_PRODUCER, options, admin_settings, 1, error);
}

void kafka_admin_close(struct kafka_admin *admin) {
    kafka_client_drop(&admin->client);
}

/* ---- one call ---- */

struct call {
    struct kafka_admin *admin;
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
};

static int timeout_ms(const struct kafka_admin *admin) {
    return admin->timeout_us / 1000 < INT32_MAX ? (int)(admin->timeout_us / 1000) : INT32_MAX;
}

static void call_begin(struct call *call, struct kafka_admin *admin, rd_kafka_admin_op_t operation) {
    char text[TEXT_MAX];
    *call = (struct call){.admin = admin, .queue = rd_kafka_queue_new(admin->client.handle)};
    call->options = rd_kafka_AdminOptions_new(admin->client.handle, operation);
    /* Refused only when it is out of range; then the library's own default holds. */
    (void)rd_kafka_AdminOptions_set_request_timeout(call->options, timeout_ms(admin), text, sizeof text);
}

static void call_end(struct call *call) {
    if (call->event)
        rd_kafka_event_destroy(call->event);
    rd_kafka_AdminOptions_destroy(call->options);
    rd_kafka_queue_destroy(call->queue);
}

/* The answer. The library ends the request at its timeout; the margin is for its being late. */
static enum status call_wait(struct call *call, const char *what, struct error *error) {
    struct kafka_admin *admin = call->admin;
    for (int left_ms = timeout_ms(admin) + 2000; left_ms > 0 && !call->event; left_ms -= WAIT_MS) {
        if (admin->cancel && __atomic_load_n(admin->cancel, __ATOMIC_ACQUIRE))
            return FAIL(error, STATUS_CANCELLED, "%s: cancelled", what);
        call->event = rd_kafka_queue_poll(call->queue, WAIT_MS);
    }
    if (!call->event)
        return kafka_failed(&admin->client, error, RD_KAFKA_RESP_ERR__TIMED_OUT, what);
    rd_kafka_resp_err_t code = rd_kafka_event_error(call->event);
    return code ? kafka_failed(&admin->client, error, code, what) : STATUS_OK;
}

/* ---- topics ---- */

static void put_big_endian(uint8_t *bytes, uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
}

static void read_topic(const rd_kafka_TopicDescription_t *description, struct kafka_topic *topic) {
    const rd_kafka_Uuid_t *id = rd_kafka_TopicDescription_topic_id(description);
    put_big_endian(topic->id, (uint64_t)rd_kafka_Uuid_most_significant_bits(id));
    put_big_endian(topic->id + 8, (uint64_t)rd_kafka_Uuid_least_significant_bits(id));
    size_t count;
    const rd_kafka_TopicPartitionInfo_t **partitions = rd_kafka_TopicDescription_partitions(description, &count);
    topic->exists = true;
    topic->partition_count = (uint32_t)count;
    topic->replica_count = UINT32_MAX;
    topic->has_leaders = count > 0;
    for (size_t i = 0; i < count; i++) {
        size_t replicas;
        rd_kafka_TopicPartitionInfo_replicas(partitions[i], &replicas);
        topic->replica_count = replicas < topic->replica_count ? (uint32_t)replicas : topic->replica_count;
        const rd_kafka_Node_t *leader = rd_kafka_TopicPartitionInfo_leader(partitions[i]);
        topic->has_leaders = topic->has_leaders && leader && rd_kafka_Node_id(leader) >= 0;
    }
}

static enum status topic_of(struct call *call, const char *what, struct kafka_topic *topic, struct error *error) {
    TRY(call_wait(call, what, error));
    size_t count;
    const rd_kafka_TopicDescription_t **topics =
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(call->event), &count);
    if (count != 1)
        return kafka_failed(&call->admin->client, error, RD_KAFKA_RESP_ERR__BAD_MSG, what);
    const rd_kafka_error_t *failure = rd_kafka_TopicDescription_error(topics[0]);
    rd_kafka_resp_err_t code = failure ? rd_kafka_error_code(failure) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return STATUS_OK;
    if (code)
        return kafka_failed(&call->admin->client, error, code, what);
    read_topic(topics[0], topic);
    return STATUS_OK;
}

enum status kafka_admin_topic(struct kafka_admin *admin, const char *name, struct kafka_topic *topic,
                              struct error *error) {
    *topic = (struct kafka_topic){0};
    struct call call;
    call_begin(&call, admin, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_TopicCollection_t *names = rd_kafka_TopicCollection_of_topic_names(&name, 1);
    rd_kafka_DescribeTopics(admin->client.handle, names, call.options, call.queue);
    rd_kafka_TopicCollection_destroy(names);
    char what[TEXT_MAX];
    snprintf(what, sizeof what, "topic \"%s\" cannot be described", name);
    enum status status = topic_of(&call, what, topic, error);
    call_end(&call);
    return status;
}

static enum status created(struct call *call, const char *what, struct error *error) {
    TRY(call_wait(call, what, error));
    size_t count;
    const rd_kafka_topic_result_t **topics =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(call->event), &count);
    if (count != 1)
        return kafka_failed(&call->admin->client, error, RD_KAFKA_RESP_ERR__BAD_MSG, what);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return STATUS_OK;
    enum status status = kafka_failed(&call->admin->client, error, code, what);
    const char *text = rd_kafka_topic_result_error_string(topics[0]);
    if (text)
        error_detail(error, "%s", text);
    return status;
}

enum status kafka_admin_create_topic(struct kafka_admin *admin, const char *name, uint32_t partition_count,
                                     uint32_t replica_count, const struct kafka_setting *settings, size_t setting_count,
                                     struct error *error) {
    char text[TEXT_MAX];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(name, (int)partition_count, (int)replica_count, text, sizeof text);
    if (!topic)
        return FAIL(error, STATUS_TOPIC_ERROR, "topic \"%s\" cannot be made: %s", name, text);
    for (size_t i = 0; i < setting_count; i++)
        (void)rd_kafka_NewTopic_set_config(topic, settings[i].key, settings[i].value);
    struct call call;
    call_begin(&call, admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->client.handle, &topic, 1, call.options, call.queue);
    rd_kafka_NewTopic_destroy(topic);
    snprintf(text, sizeof text, "topic \"%s\" cannot be made", name);
    enum status status = created(&call, text, error);
    call_end(&call);
    return status;
}

/* ---- brokers and settings ---- */

/* By the plain metadata call, which cannot be left early, so it is made with more and more patience. DescribeCluster would be the call for it, but a
 * cluster that has no broker at the moment (its last one is fenced) makes librdkafka 2.15.1 abort the process there. */
enum status kafka_admin_brokers(struct kafka_admin *admin, int32_t *ids, size_t capacity, size_t *count,
                                struct error *error) {
    static const char what[] = "the cluster cannot be described";
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    *count = 0;
    for (int left_ms = timeout_ms(admin), wait_ms = WAIT_MS; left_ms > 0 && code; left_ms -= wait_ms, wait_ms *= 2) {
        if (admin->cancel && __atomic_load_n(admin->cancel, __ATOMIC_ACQUIRE))
            return FAIL(error, STATUS_CANCELLED, "%s: cancelled", what);
        code = rd_kafka_metadata(admin->client.handle, 0, NULL, &metadata, wait_ms < left_ms ? wait_ms : left_ms);
    }
    if (code == RD_KAFKA_RESP_ERR__PARTIAL) /* an answer without brokers */
        code = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    if (code)
        return kafka_failed(&admin->client, error, code, what);
    *count = (size_t)metadata->broker_cnt;
    for (size_t i = 0; i < *count && i < capacity; i++)
        ids[i] = metadata->brokers[i].id;
    rd_kafka_metadata_destroy(metadata);
    return STATUS_OK;
}

static void find_values(const rd_kafka_ConfigResource_t *resource, const char *const *keys, size_t key_count,
                        char (*values)[KAFKA_SETTING_VALUE_SIZE]) {
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entries[i]), *value = rd_kafka_ConfigEntry_value(entries[i]);
        for (size_t k = 0; k < key_count; k++)
            if (value && strcmp(name, keys[k]) == 0)
                snprintf(values[k], KAFKA_SETTING_VALUE_SIZE, "%s", value);
    }
}

static enum status described(struct call *call, const char *what, const char *const *keys, size_t key_count,
                             char (*values)[KAFKA_SETTING_VALUE_SIZE], struct error *error) {
    TRY(call_wait(call, what, error));
    size_t count;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(call->event), &count);
    rd_kafka_resp_err_t code = count == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    if (code)
        return kafka_failed(&call->admin->client, error, code, what);
    find_values(resources[0], keys, key_count, values);
    return STATUS_OK;
}

enum status kafka_admin_settings(struct kafka_admin *admin, rd_kafka_ResourceType_t type, const char *name,
                                 const char *const *keys, size_t key_count, char (*values)[KAFKA_SETTING_VALUE_SIZE],
                                 struct error *error) {
    for (size_t i = 0; i < key_count; i++)
        values[i][0] = '\0';
    struct call call;
    call_begin(&call, admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(type, name);
    rd_kafka_DescribeConfigs(admin->client.handle, &resource, 1, call.options, call.queue);
    rd_kafka_ConfigResource_destroy(resource);
    char what[TEXT_MAX];
    snprintf(what, sizeof what, "settings of %s \"%s\" cannot be read",
             type == RD_KAFKA_RESOURCE_TOPIC ? "topic" : "broker", name);
    enum status status = described(&call, what, keys, key_count, values, error);
    call_end(&call);
    return status;
}

/* ---- offsets ---- */

static enum status listed(struct call *call, const char *what, uint64_t *offset, struct error *error) {
    TRY(call_wait(call, what, error));
    size_t count;
    const rd_kafka_ListOffsetsResultInfo_t **infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(call->event), &count);
    const rd_kafka_topic_partition_t *found =
        count == 1 ? rd_kafka_ListOffsetsResultInfo_topic_partition(infos[0]) : NULL;
    rd_kafka_resp_err_t code = found ? found->err : RD_KAFKA_RESP_ERR__BAD_MSG;
    if (!code && found->offset < 0)
        code = RD_KAFKA_RESP_ERR__BAD_MSG;
    if (code)
        return kafka_failed(&call->admin->client, error, code, what);
    *offset = (uint64_t)found->offset;
    return STATUS_OK;
}

static enum status offset_of(struct kafka_admin *admin, const char *topic, uint32_t partition, int64_t place,
                             uint64_t *offset, struct error *error) {
    struct call call;
    call_begin(&call, admin, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
    rd_kafka_error_t *refused =
        rd_kafka_AdminOptions_set_isolation_level(call.options, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
    ASSERT(!refused);
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, topic, (int32_t)partition)->offset = place;
    rd_kafka_ListOffsets(admin->client.handle, partitions, call.options, call.queue);
    rd_kafka_topic_partition_list_destroy(partitions);
    char what[TEXT_MAX];
    snprintf(what, sizeof what, "offsets of topic \"%s\" partition %u cannot be read", topic, partition);
    enum status status = listed(&call, what, offset, error);
    call_end(&call);
    return status;
}

enum status kafka_admin_bounds(struct kafka_admin *admin, const char *topic, uint32_t partition, uint64_t *start,
                               uint64_t *end, struct error *error) {
    TRY(offset_of(admin, topic, partition, RD_KAFKA_OFFSET_SPEC_EARLIEST, start, error));
    return offset_of(admin, topic, partition, RD_KAFKA_OFFSET_SPEC_LATEST, end, error);
}
