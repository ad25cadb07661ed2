/* filesystem.c: files as a table: options, metadata columns, and what is possible. */
#include "connectors/filesystem/filesystem.h"

#include "connectors/connectors.h"
#include "connectors/filesystem/listing.h"
#include "connectors/name_pattern.h"
#include "connectors/rows.h"
#include "core/base/arena.h"

const struct option_spec filesystem_options[] = {
    {"path", OPTION_STRING, NULL, true, NULL,
     "a file, a folder, or a pattern such as /data/*.json; a sink needs a folder"},
    {"compression", OPTION_CHOICE, "auto", false, "auto|none|gzip|zstd",
     "how files are packed; auto looks at the file, and writes without"},
    {"max-record-size", OPTION_SIZE, "64mb", false, NULL, "a longer record is reported and passed over"},
    {"source.monitor-interval", OPTION_DURATION, NULL, false, NULL,
     "look for new files so often; the table then has no end"},
    {"source.path.regex-pattern", OPTION_STRING, NULL, false, NULL,
     "regular expression over whole paths: which files of the folder are read"},
    {"partition.default-name", OPTION_STRING, "__DEFAULT_PARTITION__", false, NULL,
     "the folder's value that means NULL in a column of PARTITIONED BY"},
    {"source.report-statistics", OPTION_CHOICE, "ALL", false, "ALL|NONE", "accepted for Flink's sake"},
    {"sink.rolling-policy.file-size", OPTION_SIZE, "128mb", false, NULL, "a file is finished when it is that large"},
    {"sink.rolling-policy.rollover-interval", OPTION_DURATION, "1min", false, NULL,
     "… or when its first row is that old; until then nobody sees its rows"},
    {"sink.delivery-guarantee", OPTION_CHOICE, NULL, false, "exactly-once|at-least-once|none",
     "what a row may count on; when not given: exactly-once for jobs with checkpoints, else at-least-once"},
    {"sink.rolling-policy.check-interval", OPTION_DURATION, "1min", false, NULL, "accepted for Flink's sake"},
    {0},
};

const struct metadata_column filesystem_metadata[] = {
    {"file.path", &type_string, false},
    {"file.name", &type_string, false},
    {"file.size", &type_bigint, false},
    {"file.modification-time", &type_timestamp_ltz3, false},
    {0},
};

const char *filesystem_suffix(struct arena *arena, const struct format_class *format, enum compression compression) {
    return arena_printf(arena, ".%s%s", format->name,
                        compression == COMPRESSION_GZIP   ? ".gz"
                        : compression == COMPRESSION_ZSTD ? ".zst"
                                                          : "");
}

enum status filesystem_encoder_open(struct arena *arena, const struct format_class *format,
                                    const struct options *options, const struct schema *schema,
                                    const struct source_column *columns, struct encoder **encoder,
                                    struct error *error) {
    uint32_t *included = ARENA_ARRAY(arena, uint32_t, schema->field_count), count = 0;
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (!columns || columns[i].table_column >= 0)
            included[count++] = i;
    struct encoder_config config = {
        .arena = arena, .options = options, .schema = schema, .columns = included, .column_count = count};
    return format->encoder_open(&config, encoder, error);
}

static enum status filesystem_validate(const struct schema *schema, const struct options *options,
                                       struct error *error) {
    (void)schema;
    if (*options_text(options, filesystem_options, "path") == '\0')
        return FAIL(error, STATUS_INVALID_OPTION, "option \"path\" is empty");
    const char *pattern = options_find(options, "source.path.regex-pattern");
    if (pattern)
        TRY(name_pattern_check(pattern, "source.path.regex-pattern", error));
    static const char *const sizes[] = {"max-record-size", "sink.rolling-policy.file-size"};
    for (int i = 0; i < 2; i++)
        if (options_size_bytes(options, filesystem_options, sizes[i]) == 0)
            return FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" must not be 0", sizes[i]);
    if (options_size_bytes(options, filesystem_options, "max-record-size") > 1ull << 31)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"max-record-size\" must be at most 2gb");
    return STATUS_OK;
}

static bool filesystem_is_bounded(const struct options *options) {
    return options_find(options, "source.monitor-interval") == NULL;
}

static uint32_t filesystem_source_parallelism_limit(const struct options *options) {
    return listing_is_many(listing_local_path(options_text(options, filesystem_options, "path"))) ? 0 : 1;
}

/* Each has files of its own, under names that it draws. */
static uint32_t filesystem_sink_parallelism_limit(const struct options *options) {
    (void)options;
    return 0;
}

const struct connector_class filesystem_connector = {
    .name = "filesystem",
    .options = filesystem_options,
    .metadata = filesystem_metadata,
    .uses_format = true,
    .validate = filesystem_validate,
    .is_bounded = filesystem_is_bounded,
    .reads_partitions = true,
    .source_open = filesystem_source_open,
    .source_parallelism_limit = filesystem_source_parallelism_limit,
    .sink_open = filesystem_sink_open,
    .sink_parallelism_limit = filesystem_sink_parallelism_limit,
    .publishers = &filesystem_publishers,
};
