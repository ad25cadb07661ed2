/* rows.h: what every source needs to build its batches. */
#pragma once

#include "connectors/connector.h"

/* The schema of the batches a source makes: config's columns in order; lives in config->arena. */
struct schema source_config_schema(const struct source_config *config);

/* Checks the number behind an option: INVALID_OPTION when it is below `least` or above `most`. */
enum status option_check_range(const struct options *options, const struct option_spec *specs, const char *key,
                               int64_t least, int64_t most, struct error *error) MUST_CHECK;

/* Whether a declared table fits the columns a connector produces: every declared column must be one of them, by name and
 * type (nullability and fraction digits aside; ROW types may leave fields out). INVALID_DEFINITION names the culprit. */
enum status schema_check_subset(const struct schema *declared, const struct schema *produced, const char *connector,
                                struct error *error) MUST_CHECK;
