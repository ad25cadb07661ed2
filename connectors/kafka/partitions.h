/* partitions.h: which partitions a table reads, and from which offset to which: always numbers, resolved before the first read.
 *
 * "latest" kept as a word would mean something else after a restart, and what arrived in between would be lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "connectors/kafka/client.h"

#define KAFKA_OFFSET_UNBOUNDED INT64_MAX

struct kafka_partition {
    const char *topic;
    int32_t partition;
    int64_t start; /* first offset to read */
    int64_t end;   /* one past the last; KAFKA_OFFSET_UNBOUNDED */
    /* Of an earlier run's position: which topic of that name it was, and under which leader its last record was written. */
    bool has_topic_id;
    uint8_t topic_id[16];
    int32_t leader_epoch; /* -1: not known */
};

struct kafka_partitions {
    struct kafka_partition *items; /* in the arena, by topic and number */
    size_t count;
    size_t capacity;
};

/* Checks the scan.* options that need no broker. */
enum status kafka_scan_validate(const struct options *options, const struct option_spec *specs,
                                struct error *error) MUST_CHECK;
bool kafka_scan_is_bounded(const struct options *options, const struct option_spec *specs);

/* All partitions of the table's topics with start and end resolved. */
enum status kafka_partitions_resolve(struct kafka_client *client, const struct options *options,
                                     const struct option_spec *specs, struct arena *arena,
                                     struct kafka_partitions *partitions, struct error *error) MUST_CHECK;
/* Refuses a topic that is not the one whose id the partition has; when that cannot be found out, it is taken for the same. */
enum status kafka_topic_check(struct kafka_client *client, const struct kafka_partition *partition, int64_t timeout_us,
                              struct error *error) MUST_CHECK;
/* Whether reading can go on at an earlier run's position: TOPIC_ERROR when records that were not read are gone (retention), when fewer are
 * there than were read (the partition was cut), or when the topic is another one of the same name. */
enum status kafka_partition_check(struct kafka_client *client, const struct kafka_partition *partition,
                                  int64_t timeout_us, struct error *error) MUST_CHECK;
/* The id of the topic that has this name now; false: the brokers do not tell. */
bool kafka_topic_id(struct kafka_client *client, const char *topic, int64_t timeout_us, uint8_t id[16]);
/* Adds partitions that are new since; they are read from their beginning, so that nothing written to them is missed. */
enum status kafka_partitions_discover(struct kafka_client *client, const struct options *options,
                                      const struct option_spec *specs, struct arena *arena,
                                      struct kafka_partitions *partitions, struct error *error) MUST_CHECK;
