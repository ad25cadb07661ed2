/* client.h: one librdkafka handle: its configuration from the table's 'properties.*', what it last complained about, and the
 * answers of its calls as our errors. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"

struct kafka_client {
    rd_kafka_t *handle;
    const char *servers;       /* properties.bootstrap.servers */
    const atomic_bool *cancel; /* requests of metadata return CANCELLED soon after it was set; NULL: never */
    char last_error[256];      /* newest complaint of the library; may be empty */
    bool all_brokers_down;     /* as of now */
    bool is_fatal;
    uint64_t delivered_count; /* producer: messages acknowledged, when "delivery.report.only.error" is off */
    uint64_t failed_count;    /* producer: messages that could not be delivered */
    char first_failure[384];  /* of those */
};

/* A setting of librdkafka that stands above the table's properties. */
struct kafka_setting {
    const char *key, *value;
};

/* Opens a consumer or producer; `client` must stay where it is. A delivered message's opaque, when it has one, is an int64_t to receive the
 * message's offset. */
enum status kafka_client_open(struct kafka_client *client, rd_kafka_type_t type, const struct options *options,
                              struct error *error) MUST_CHECK;
enum status kafka_client_open_with(struct kafka_client *client, rd_kafka_type_t type, const struct options *options,
                                   const struct kafka_setting *settings, size_t setting_count,
                                   struct error *error) MUST_CHECK;
void kafka_client_close(struct kafka_client *client);
/* Gives up at once: nothing more is sent, what is queued or under way is forgotten. */
void kafka_client_drop(struct kafka_client *client);
/* Serves callbacks; FAILs when the handle is beyond use. */
enum status kafka_client_check(struct kafka_client *client, struct error *error) MUST_CHECK;
/* Fills `error` from a librdkafka code: CONNECTION_FAILURE, TOPIC_ERROR …; what = "reading topic \"t\"". */
enum status kafka_failed(struct kafka_client *client, struct error *error, rd_kafka_resp_err_t code, const char *what);

/* Number of partitions of a topic; TOPIC_ERROR when it does not exist, CONNECTION_FAILURE when nobody answers in time. */
enum status kafka_partition_count(struct kafka_client *client, const char *topic, int64_t timeout_us, int32_t *count,
                                  struct error *error) MUST_CHECK;
/* All topics whose names match the whole pattern (PCRE); names live in `arena`. */
enum status kafka_topics_matching(struct kafka_client *client, const char *pattern, int64_t timeout_us,
                                  struct arena *arena, const char ***topics, uint32_t *count,
                                  struct error *error) MUST_CHECK;
