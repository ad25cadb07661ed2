/* filesystem.h: what the source, the sink and the publisher of the filesystem connector share. */
#pragma once

#include "connectors/connector.h"
#include "connectors/filesystem/stream.h"

extern const struct option_spec filesystem_options[];
extern const struct metadata_column filesystem_metadata[];

enum status filesystem_source_open(const struct source_config *config, struct source **source,
                                   struct error *error) MUST_CHECK;
enum status filesystem_sink_open(const struct sink_config *config, struct sink **sink, struct error *error) MUST_CHECK;

extern const struct publisher_support filesystem_publishers;

/* ".json.gz", in the arena. */
const char *filesystem_suffix(struct arena *arena, const struct format_class *format, enum compression compression);
/* An encoder of the table's physical columns. */
enum status filesystem_encoder_open(struct arena *arena, const struct format_class *format,
                                    const struct options *options, const struct schema *schema,
                                    const struct source_column *columns, struct encoder **encoder,
                                    struct error *error) MUST_CHECK;
