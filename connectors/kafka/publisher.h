/* publisher.h: rows of the log into Kafka, a transaction a chunk, with a marker in the progress topic (docs/design/012).
 *
 *   transactional ids   <prefix>.<J>.<sink>.<lane>.<a|b>
 *   progress topic      <prefix>-progress-<first 12 digits of J>-<sink>, a partition per lane, compacted
 *
 * A lane's markers have a partition of their own: nobody else's open transaction keeps a committed one from being read. The data
 * topic and the progress topic are in one cluster, as a transaction never spans two.
 */
#pragma once

#include "connectors/kafka/admin.h"

/* The header of a row: epoch u64, lane u32, number of the row u32, little endian. */
#define KAFKA_ROW_HEADER "sx"
enum { KAFKA_ROW_HEADER_SIZE = 16 };

enum { KAFKA_SLOTS = 2, KAFKA_LANES_MAX = 64, KAFKA_WAIT_MS = 100 /* between two looks at `cancel` */ };

extern const struct publisher_support kafka_publishers;
/* The rows of the option table that publishers read: those of both connectors. */
extern const struct option_spec kafka_publisher_options[];

/* What a sink's options and the job's name say. */
struct kafka_publisher_settings {
    const char *data_topic, *progress_topic; /* in the arena */
    const char *id_prefix;                   /* "<prefix>.<J>.<sink>", in the arena */
    int64_t connect_timeout_us;
    int64_t transaction_timeout_ms;
    bool row_headers;
    bool warn_only; /* durability */
};
void kafka_publisher_settings_read(struct kafka_publisher_settings *settings, const struct publisher_config *config);
/* Checks the sink.* options that need no broker. */
enum status kafka_publisher_validate(const struct options *options, struct error *error) MUST_CHECK;

/* A transactional producer, from its opening until its transaction ends. */
struct kafka_slot {
    struct kafka_client client; /* handle NULL: not open */
    rd_kafka_topic_t *data, *progress;
    bool has_begun;
    uint64_t sent_count; /* messages given to the library */
};

struct kafka_publisher {
    struct publisher base;
    struct publisher_config config;
    struct kafka_publisher_settings settings;
    struct kafka_slot slots[KAFKA_SLOTS];
    struct kafka_admin admin;
};

static inline bool kafka_publisher_is_cancelled(const struct publisher_config *config) {
    return config->cancel && __atomic_load_n(config->cancel, __ATOMIC_ACQUIRE);
}

/* Opens slot's producer without asking a broker for anything: whether its settings agree. */
enum status kafka_slot_configure(struct kafka_slot *slot, const struct publisher_config *config,
                                 const struct kafka_publisher_settings *settings, uint32_t number,
                                 struct error *error) MUST_CHECK;
void kafka_slot_drop(struct kafka_slot *slot);

/* preflight.c; as in struct publisher_support. */
enum status kafka_publisher_prepare(const struct publisher_config *config, struct error *error);
/* markers.c; as in struct publisher_class. */
enum publish_answer kafka_markers_measure(struct publisher *publisher, uint64_t *end, uint8_t place[16],
                                          struct error *error);
enum publish_answer kafka_markers_read(struct publisher *publisher, uint64_t from, uint64_t until,
                                       void (*on_marker)(void *context, uint64_t offset, struct str marker),
                                       void *context, uint64_t *position, struct error *error);
/* verify.c; as in struct publisher_support. */
enum status kafka_publisher_verify(const struct publisher_config *config, struct published_target *target,
                                   struct error *error);
