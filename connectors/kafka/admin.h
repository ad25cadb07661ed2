/* admin.h: questions to a cluster: what topics and brokers are like, where partitions end; and making a topic. Calls block, at most as long as
 * the timeout, and return CANCELLED soon after *cancel was set. One thread at a time. */
#pragma once

#include "connectors/kafka/client.h"

struct kafka_admin {
    struct kafka_client client;
    const bool *cancel; /* may be NULL */
    int64_t timeout_us; /* of one call */
};

struct kafka_topic {
    bool exists;
    uint8_t id[16]; /* changes when the topic is made anew */
    uint32_t partition_count;
    uint32_t replica_count; /* of the partition that has fewest */
    bool has_leaders;       /* all partitions */
};

enum { KAFKA_SETTING_VALUE_SIZE = 128 };

/* `admin` must stay where it is. */
enum status kafka_admin_open(struct kafka_admin *admin, const struct options *options, const bool *cancel,
                             int64_t timeout_us, struct error *error) MUST_CHECK;
void kafka_admin_close(struct kafka_admin *admin);

/* A topic that is not there is no failure. */
enum status kafka_admin_topic(struct kafka_admin *admin, const char *name, struct kafka_topic *topic,
                              struct error *error) MUST_CHECK;
/* Ids of the cluster's brokers; *count: how many there are, which may be more than `capacity`. */
enum status kafka_admin_brokers(struct kafka_admin *admin, int32_t *ids, size_t capacity, size_t *count,
                                struct error *error) MUST_CHECK;
/* Effective values of settings of a topic or a broker (its id as text), "" for those that it does not have. */
enum status kafka_admin_settings(struct kafka_admin *admin, rd_kafka_ResourceType_t type, const char *name,
                                 const char *const *keys, size_t key_count, char (*values)[KAFKA_SETTING_VALUE_SIZE],
                                 struct error *error) MUST_CHECK;
/* Also OK when it exists by now. */
enum status kafka_admin_create_topic(struct kafka_admin *admin, const char *name, uint32_t partition_count,
                                     uint32_t replica_count, const struct kafka_setting *settings, size_t setting_count,
                                     struct error *error) MUST_CHECK;
/* First offset of a partition, and one past its last, committed or not. Asked of the leader, not remembered. */
enum status kafka_admin_bounds(struct kafka_admin *admin, const char *topic, uint32_t partition, uint64_t *start,
                               uint64_t *end, struct error *error) MUST_CHECK;
