/* filesystem.h: what the source and the sink of the filesystem connector share. */
#pragma once

#include "connectors/connector.h"

extern const struct option_spec filesystem_options[];
extern const struct metadata_column filesystem_metadata[];

enum status filesystem_source_open(const struct source_config *config, struct source **source,
                                   struct error *error) MUST_CHECK;
enum status filesystem_sink_open(const struct sink_config *config, struct sink **sink, struct error *error) MUST_CHECK;
