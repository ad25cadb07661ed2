/* topic_limits.h: what a topic would refuse. A row in a decided epoch must be publishable, or its lane never gets on; so rows are measured
 * against the topic before they are logged. */
#pragma once

#include "connectors/connector.h"

struct env;
struct row_log_record;

struct kafka_topic_limits {
    char topic[256];
    uint64_t size_bytes;   /* of a row with all that goes around it: the topic's and the client's, the smaller one */
    bool takes_timestamps; /* false: the broker puts its own in their place, and looks at none */
    int64_t before_ms, after_ms; /* how far a timestamp may be from the clock */
    bool needs_key;              /* compacted */
};

/* Asks the cluster; where it does not tell, Kafka's defaults hold, and the log says so. */
enum status kafka_topic_limits_read(struct kafka_topic_limits *limits, const struct options *options, const char *topic,
                                    int64_t timeout_us, struct error *error) MUST_CHECK;
/* LIMIT_EXCEEDED or OUT_OF_RANGE for a row that the topic would not take. */
enum status kafka_topic_limits_check(const struct kafka_topic_limits *limits, const struct row_log_record *record,
                                     struct env *env, struct error *error) MUST_CHECK;
