/* kafka.c: the connectors "kafka" and "upsert-kafka": options, metadata columns, and what is refused when a table is created. */
#include "connectors/kafka/kafka.h"

#include "connectors/connectors.h"
#include "connectors/kafka/client.h"
#include "connectors/kafka/partitions.h"
#include "connectors/kafka/properties.h"
#include "connectors/kafka/publisher.h"
#include "connectors/name_pattern.h"
#include "core/base/arena.h"

#define CONNECTION_OPTIONS                                                                                             \
    {"properties.bootstrap.servers",                                                                                   \
     OPTION_STRING,                                                                                                    \
     NULL,                                                                                                             \
     true,                                                                                                             \
     NULL,                                                                                                             \
     "brokers to ask first, host:port, separated by commas"},                                                          \
        {"properties.*", OPTION_STRING, NULL, false, NULL, "settings of the Kafka client, an allow-listed selection"}, \
    {                                                                                                                  \
        "connect.timeout", OPTION_DURATION, "10s", false, NULL, "how long to wait for a broker before giving up"       \
    }

#define END_OPTIONS                                                                                    \
    {"scan.bounded.mode",                                                                              \
     OPTION_CHOICE,                                                                                    \
     "unbounded",                                                                                      \
     false,                                                                                            \
     "unbounded|latest-offset|timestamp|specific-offsets|group-offsets",                               \
     "where to end"},                                                                                  \
        {"scan.bounded.specific-offsets",                                                              \
         OPTION_STRING,                                                                                \
         NULL,                                                                                         \
         false,                                                                                        \
         NULL,                                                                                         \
         "partition:0,offset:42;partition:1,offset:300"},                                              \
        {"scan.bounded.timestamp-millis", OPTION_INT, NULL, false, NULL, "milliseconds since 1970"}, { \
        "scan.topic-partition-discovery.interval", OPTION_DURATION, "5min", false, NULL,               \
            "how often to look for new partitions; 0 is never"                                         \
    }

#define SINK_OPTIONS                                                                                                   \
    {"sink.delivery-guarantee",                                                                                        \
     OPTION_CHOICE,                                                                                                    \
     NULL,                                                                                                             \
     false,                                                                                                            \
     "exactly-once|at-least-once|none",                                                                                \
     "what a row may count on; when not given: exactly-once for jobs with checkpoints, else at-least-once"},           \
        {"sink.transactional-id-prefix",                                                                               \
         OPTION_STRING,                                                                                                \
         "streamsql",                                                                                                  \
         false,                                                                                                        \
         NULL,                                                                                                         \
         "first part of the names of transactional ids and progress topics (exactly-once)"},                           \
        {"sink.lanes", OPTION_INT, "1",                                                                                \
         false,        NULL,       "how many transactions at a time publish the sink's rows, 1 to 64 (exactly-once)"}, \
        {"sink.preflight", OPTION_CHOICE,                                                                              \
         "strict",         false,                                                                                      \
         "strict|warn",    "whether topics that may lose acknowledged rows are refused (exactly-once)"},               \
        {"sink.row-headers",                                                                                           \
         OPTION_BOOL,                                                                                                  \
         "true",                                                                                                       \
         false,                                                                                                        \
         NULL,                                                                                                         \
         "whether each row carries its epoch, lane and number in the header sx (exactly-once)"},                       \
    {                                                                                                                  \
        "sink.transaction-timeout", OPTION_DURATION, "60s", false, NULL,                                               \
            "how long a transaction may take before the broker aborts it (exactly-once)"                               \
    }

const struct option_spec kafka_publisher_options[] = {CONNECTION_OPTIONS, SINK_OPTIONS, {0}};

const struct option_spec kafka_options[] = {
    {"topic", OPTION_STRING, NULL, false, NULL, "topic to read or write; several to read, separated by semicolons"},
    {"topic-pattern", OPTION_STRING, NULL, false, NULL, "regular expression: all topics to read"},
    CONNECTION_OPTIONS,
    {"value.format", OPTION_STRING, NULL, false, NULL, "format of the value; the same as 'format'"},
    {"key.format", OPTION_STRING, NULL, false, NULL, "format of the key; without it keys are not looked at"},
    {"key.fields", OPTION_STRING, NULL, false, NULL, "columns in the key, separated by semicolons"},
    {"key.fields-prefix", OPTION_STRING, "", false, NULL,
     "prefix of key columns' names that the key itself does not have"},
    {"value.fields-include", OPTION_CHOICE, "ALL", false, "ALL|EXCEPT_KEY",
     "whether the value has the key's columns too"},
    {"scan.startup.mode", OPTION_CHOICE, "group-offsets", false,
     "earliest-offset|latest-offset|group-offsets|timestamp|specific-offsets", "where to begin"},
    {"scan.startup.specific-offsets", OPTION_STRING, NULL, false, NULL, "partition:0,offset:42;partition:1,offset:300"},
    {"scan.startup.timestamp-millis", OPTION_INT, NULL, false, NULL, "milliseconds since 1970"},
    END_OPTIONS,
    {"sink.partitioner", OPTION_CHOICE, "default", false, "default|fixed|round-robin", "which partition a row goes to"},
    SINK_OPTIONS,
    {0},
};

const struct option_spec upsert_kafka_options[] = {
    {"topic", OPTION_STRING, NULL, true, NULL, "topic to read or write; several to read, separated by semicolons"},
    CONNECTION_OPTIONS,
    {"key.format", OPTION_STRING, NULL, true, NULL, "format of the key: the columns of PRIMARY KEY"},
    {"value.format", OPTION_STRING, NULL, true, NULL, "format of the value; a deleted row has none"},
    {"key.fields-prefix", OPTION_STRING, "", false, NULL,
     "prefix of key columns' names that the key itself does not have"},
    {"value.fields-include", OPTION_CHOICE, "ALL", false, "ALL|EXCEPT_KEY",
     "whether the value has the key's columns too"},
    {"scan.startup.mode", OPTION_CHOICE, "earliest-offset", false, "earliest-offset",
     "a table by key is read from its beginning"},
    END_OPTIONS,
    {"sink.buffer-flush.max-rows", OPTION_INT, "0", false, NULL, "accepted for Flink's sake"},
    {"sink.buffer-flush.interval", OPTION_DURATION, "0", false, NULL, "accepted for Flink's sake"},
    SINK_OPTIONS,
    {0},
};

static const struct type headers_type = {
    .kind = TYPE_MAP, .nullable = true, .key = &type_string, .element = &type_bytes};

const struct metadata_column kafka_metadata_columns[] = {
    [KAFKA_TOPIC] = {"topic", &type_string, false},
    [KAFKA_PARTITION] = {"partition", &type_int, false},
    [KAFKA_HEADERS] = {"headers", &headers_type, true},
    [KAFKA_LEADER_EPOCH] = {"leader-epoch", &type_int, false},
    [KAFKA_OFFSET] = {"offset", &type_bigint, false},
    [KAFKA_TIMESTAMP] = {"timestamp", &type_timestamp_ltz3, true},
    [KAFKA_TIMESTAMP_TYPE] = {"timestamp-type", &type_string, false},
    {0},
};

int kafka_metadata_find(const char *key) {
    for (int i = 0; i < KAFKA_METADATA_COUNT; i++)
        if (strcmp(kafka_metadata_columns[i].key, key) == 0)
            return i;
    return -1;
}

static enum status add_key_field(struct kafka_layout *layout, const struct schema *schema, struct arena *arena,
                                 struct str name, struct error *error) {
    const char *text = str_copy(arena, name);
    int column = schema_find(schema, text);
    if (column < 0)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"key.fields\": there is no column \"%s\"", text);
    if (layout->in_key[column])
        return FAIL(error, STATUS_INVALID_OPTION, "option \"key.fields\" names \"%s\" twice", text);
    layout->in_key[column] = true;
    layout->key_columns[layout->key_count++] = (uint32_t)column;
    return STATUS_OK;
}

static enum status read_key_fields(struct kafka_layout *layout, const struct options *options,
                                   const struct schema *schema, struct arena *arena, struct error *error) {
    for (const char *text = options_find(options, "key.fields"); text && *text;) {
        size_t size = strcspn(text, ";");
        struct str name = str_trim((struct str){text, size});
        if (name.size)
            TRY(add_key_field(layout, schema, arena, name, error));
        text += size + (text[size] == ';');
    }
    bool has_format = options_find(options, "key.format") != NULL;
    if (has_format == (layout->key_count > 0))
        return STATUS_OK;
    return FAIL(error, STATUS_INVALID_OPTION, "options \"key.format\" and \"key.fields\" go together");
}

/* The options that a format sees: with the prefix off where they were written with one. */
static void format_options(struct options *result, struct arena *arena, const struct options *options,
                           const char *prefix) {
    options_init_stripped(result, arena, options, prefix);
    for (size_t i = 0; i < options->map.count; i++)
        if (!options_find(result, options->map.entries[i].key))
            options_put(result, options->map.entries[i].key, options->map.entries[i].value);
}

enum status kafka_layout_init(struct kafka_layout *layout, struct arena *arena, const struct options *options,
                              const struct schema *schema, const uint32_t *primary_key, uint32_t primary_key_count,
                              struct error *error) {
    *layout = (struct kafka_layout){0};
    layout->in_key = ARENA_ARRAY(arena, bool, schema->field_count + 1u);
    layout->in_value = ARENA_ARRAY(arena, bool, schema->field_count + 1u);
    layout->key_columns = ARENA_ARRAY(arena, uint32_t, schema->field_count + 1u);
    if (primary_key) {
        for (uint32_t i = 0; i < primary_key_count; i++) {
            layout->in_key[primary_key[i]] = true;
            layout->key_columns[layout->key_count++] = primary_key[i];
        }
    } else {
        TRY(read_key_fields(layout, options, schema, arena, error));
    }
    const char *include = options_find(options, "value.fields-include");
    bool except_key = include && text_equal_ignore_case(include, "EXCEPT_KEY");
    for (uint32_t i = 0; i < schema->field_count; i++)
        layout->in_value[i] = !except_key || !layout->in_key[i];
    const char *key_format = options_find(options, "key.format");
    if (key_format && layout->key_count)
        layout->key_format = format_find(connectors_builtin(), key_format);
    options_init_stripped(&layout->key_options, arena, options, "key.");
    format_options(&layout->value_options, arena, options, "value.");
    return STATUS_OK;
}

/* The schema as one side's format sees it. */
static struct schema side_schema(struct arena *arena, const struct schema *schema, const bool *included) {
    struct schema side = {.fields = ARENA_ARRAY(arena, struct field, schema->field_count + 1u)};
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (included[i])
            side.fields[side.field_count++] = schema->fields[i];
    return side;
}

static enum status validate_formats(const struct schema *schema, const struct options *options, bool by_primary_key,
                                    struct error *error) {
    struct arena arena;
    arena_init(&arena);
    struct kafka_layout layout;
    /* With a primary key (upsert) all that can be checked here is the value: the key's columns come with the sink. */
    static const uint32_t no_columns[1];
    const uint32_t *primary_key = by_primary_key ? no_columns : NULL;
    enum status status = kafka_layout_init(&layout, &arena, options, schema, primary_key, 0, error);
    const char *name = options_find(options, "value.format");
    const struct format_class *format =
        format_find(connectors_builtin(), name ? name : options_find(options, "format"));
    if (status == STATUS_OK && format->validate) {
        struct schema side = side_schema(&arena, schema, layout.in_value);
        status = format->validate(&side, &layout.value_options, error);
    }
    if (status == STATUS_OK && layout.key_format && layout.key_format->validate) {
        struct schema side = side_schema(&arena, schema, layout.in_key);
        status = layout.key_format->validate(&side, &layout.key_options, error);
    }
    arena_release(&arena);
    return status;
}

/* A prefix is taken off the key's columns, which the value then must not have. */
static enum status validate_prefix(const struct options *options, struct error *error) {
    const char *prefix = options_find(options, "key.fields-prefix"),
               *include = options_find(options, "value.fields-include");
    if (!prefix || !*prefix)
        return STATUS_OK;
    if (!include || !text_equal_ignore_case(include, "EXCEPT_KEY"))
        return FAIL(error, STATUS_INVALID_OPTION,
                    "option \"key.fields-prefix\" needs 'value.fields-include' = 'EXCEPT_KEY'");
    for (const char *text = options_find(options, "key.fields"); text && *text;) {
        struct str name = str_trim((struct str){text, strcspn(text, ";")});
        if (name.size && !str_starts_with(name, str_from(prefix)))
            return FAIL(error, STATUS_INVALID_OPTION,
                        "option \"key.fields\": \"%.*s\" does not start with the prefix \"%s\"", STR_FORMAT(name),
                        prefix);
        text += strcspn(text, ";");
        text += *text == ';';
    }
    return STATUS_OK;
}

static enum status kafka_validate(const struct schema *schema, const struct options *options, struct error *error) {
    bool topic = options_find(options, "topic"), pattern = options_find(options, "topic-pattern");
    if (topic == pattern)
        return FAIL(error, STATUS_INVALID_OPTION,
                    topic ? "options \"topic\" and \"topic-pattern\" exclude each other"
                          : "connector \"kafka\" needs the option \"topic\"");
    if (pattern)
        TRY(name_pattern_check(options_find(options, "topic-pattern"), "topic-pattern", error));
    TRY(validate_prefix(options, error));
    TRY(kafka_properties_validate(options, error));
    TRY(kafka_scan_validate(options, kafka_options, error));
    TRY(kafka_publisher_validate(options, error));
    return validate_formats(schema, options, false, error);
}

static enum status upsert_kafka_validate(const struct schema *schema, const struct options *options,
                                         struct error *error) {
    TRY(validate_prefix(options, error));
    TRY(kafka_properties_validate(options, error));
    TRY(kafka_scan_validate(options, upsert_kafka_options, error));
    TRY(kafka_publisher_validate(options, error));
    return validate_formats(schema, options, true, error);
}

static bool kafka_is_bounded(const struct options *options) {
    return kafka_scan_is_bounded(options, kafka_options);
}

static bool upsert_kafka_is_bounded(const struct options *options) {
    return kafka_scan_is_bounded(options, upsert_kafka_options);
}

/* How many partitions there are is the broker's knowledge: an instance without any has nothing to do. */
static uint32_t kafka_source_parallelism_limit(const struct options *options) {
    (void)options;
    return 0;
}

/* Messages of a key keep their order as long as one task has them; exactly-once logs are joined in the order of tasks. */
static uint32_t kafka_sink_parallelism_limit(const struct options *options) {
    (void)options;
    return 0;
}

static enum sink_changes upsert_changes(const struct options *options, bool has_key) {
    (void)options;
    return has_key ? SINK_UPSERT : SINK_APPEND_ONLY;
}

const struct connector_class kafka_connector = {
    .name = "kafka",
    .options = kafka_options,
    .metadata = kafka_metadata_columns,
    .uses_format = true,
    .validates_formats = true,
    .validate = kafka_validate,
    .is_bounded = kafka_is_bounded,
    .source_open = kafka_source_open,
    .source_parallelism_limit = kafka_source_parallelism_limit,
    .sink_open = kafka_sink_open,
    .sink_parallelism_limit = kafka_sink_parallelism_limit,
    .publishers = &kafka_publishers,
};

const struct connector_class upsert_kafka_connector = {
    .name = "upsert-kafka",
    .options = upsert_kafka_options,
    .metadata = kafka_metadata_columns,
    .uses_format = true,
    .validates_formats = true,
    .validate = upsert_kafka_validate,
    .is_bounded = upsert_kafka_is_bounded,
    .source_open = upsert_kafka_source_open,
    .source_upserts = true,
    .source_parallelism_limit = kafka_source_parallelism_limit,
    .sink_open = upsert_kafka_sink_open,
    .sink_parallelism_limit = kafka_sink_parallelism_limit,
    .sink_changes = upsert_changes,
    .publishers = &kafka_publishers,
};
