/* kafka.h: what the parts of the Kafka connector share: option tables, metadata columns, formats of key and value. */
#pragma once

#include "connectors/connector.h"

extern const struct option_spec kafka_options[];
extern const struct option_spec upsert_kafka_options[];

enum kafka_metadata {
    KAFKA_TOPIC,
    KAFKA_PARTITION,
    KAFKA_HEADERS,
    KAFKA_LEADER_EPOCH,
    KAFKA_OFFSET,
    KAFKA_TIMESTAMP,
    KAFKA_TIMESTAMP_TYPE,
    KAFKA_METADATA_COUNT
};
/* Rows in the order of enum kafka_metadata; ends with a NULL key. */
extern const struct metadata_column kafka_metadata_columns[];
int kafka_metadata_find(const char *key); /* -1: no such key */

/* Which physical columns are in the key and which in the value. */
struct kafka_layout {
    bool *in_key; /* by column of the table's schema */
    bool *in_value;
    uint32_t *key_columns; /* table columns of the key, in order of key.fields */
    uint32_t key_count;
    const struct format_class *key_format; /* NULL: keys are not looked at */
    struct options key_options;            /* "key." taken off */
    struct options value_options;          /* "value." taken off */
};
/* key_columns: the primary key, for upsert-kafka (else NULL, 0). */
enum status kafka_layout_init(struct kafka_layout *layout, struct arena *arena, const struct options *options,
                              const struct schema *schema, const uint32_t *primary_key, uint32_t primary_key_count,
                              struct error *error) MUST_CHECK;

enum status kafka_source_open(const struct source_config *config, struct source **source, struct error *error);
enum status upsert_kafka_source_open(const struct source_config *config, struct source **source, struct error *error);
enum status kafka_sink_open(const struct sink_config *config, struct sink **sink, struct error *error);
enum status upsert_kafka_sink_open(const struct sink_config *config, struct sink **sink, struct error *error);
