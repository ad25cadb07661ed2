/* properties.h: 'properties.*' of a table: which there are, by the names of the Java client and of librdkafka, and what they do here. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "connectors/connector.h"

/* Refuses what is not known (nearest name as hint), what would run code or belongs to us (and says what to do instead), and wrong values. Called when
 * a table is created. */
enum status kafka_properties_validate(const struct options *options, struct error *error) MUST_CHECK;
/* Sets them all, under librdkafka's names. */
enum status kafka_properties_apply(rd_kafka_conf_t *conf, const struct options *options,
                                   struct error *error) MUST_CHECK;
/* One setting of librdkafka; the error speaks of "properties.<key>". */
enum status kafka_property_set(rd_kafka_conf_t *conf, const char *key, const char *value,
                               struct error *error) MUST_CHECK;
