/* kafka_test.c: what the Kafka connector refuses, and how it meets a broker that fails, on librdkafka's mock cluster. What a
 * broker means by its answers is tested on a real one (tests/integration). */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tests/unit/connectors/table.h"

#define OPTIONS(...) ((const char *const[]){"connector", "kafka", __VA_ARGS__, NULL})
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct field fields[] = {{"id", &type_bigint}, {"s", &type_string}};
static const struct schema table_schema = {(struct field *)fields, 2};

static rd_kafka_t *mock_handle; /* a producer whose only use is to hold the cluster and to fill topics */
static rd_kafka_mock_cluster_t *cluster;
static const char *servers;

static int start_cluster(void **state) {
    (void)state;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "2", NULL, 0);
    mock_handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    cluster = mock_handle ? rd_kafka_handle_mock_cluster(mock_handle) : NULL;
    servers = cluster ? rd_kafka_mock_cluster_bootstraps(cluster) : NULL;
    return servers ? 0 : -1;
}

static int stop_cluster(void **state) {
    (void)state;
    rd_kafka_destroy(mock_handle);
    return 0;
}

static void produce(const char *topic, int32_t partition, const char *key, const char *value) {
    rd_kafka_resp_err_t code =
        rd_kafka_producev(mock_handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value ? strlen(value) : 0),
                          RD_KAFKA_V_TIMESTAMP(1700000000123), RD_KAFKA_V_END);
    assert_int_equal(code, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void put(const char *topic, int32_t partition, const char *key, const char *value) {
    produce(topic, partition, key, value);
    assert_int_equal(rd_kafka_flush(mock_handle, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void make_topic(const char *topic, int partitions) {
    assert_int_equal(rd_kafka_mock_topic_create(cluster, topic, partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static enum status open_table(struct table *table, const char *const *options, const char *const *metadata) {
    table_init(table, options);
    table->schema = table_schema;
    return table_open(table, NULL, metadata, 100, NULL);
}

static void refused(const char *const *options, enum status status, const char *message) {
    struct table table;
    table_init(&table, options);
    table.schema = table_schema;
    assert_int_equal(table_validate(&table, NULL), status);
    if (!strstr(table.error.message, message))
        fail_msg("message is \"%s\"", table.error.message);
    table_release(&table);
}

static void wrong_options(void **state) {
    (void)state;
#define BASE "topic", "t", "properties.bootstrap.servers", "h:1", "format", "json"
    refused(OPTIONS("topic", "t", "format", "json"), STATUS_INVALID_OPTION, "properties.bootstrap.servers");
    refused(OPTIONS("properties.bootstrap.servers", "h:1", "format", "json"), STATUS_INVALID_OPTION, "topic");
    refused(OPTIONS(BASE, "topic-pattern", "t.*"), STATUS_INVALID_OPTION, "exclude each other");
    refused(OPTIONS("topic", "t", "properties.bootstrap.servers", "h:1"), STATUS_INVALID_OPTION, "format");
    refused(OPTIONS(BASE, "properties.plugin.library.paths", "/tmp/x.so"), STATUS_INVALID_OPTION, "may not be set");
    refused(OPTIONS(BASE, "properties.sasl.kerberos.kinit.cmd", "rm"), STATUS_INVALID_OPTION, "may not be set");
    refused(OPTIONS(BASE, "properties.fetch.foo", "1"), STATUS_INVALID_OPTION, "properties.fetch.foo");
    refused(OPTIONS(BASE, "properties.linger.ms", "soon"), STATUS_INVALID_OPTION, "properties.linger.ms");
    refused(OPTIONS(BASE, "properties.auto.offset.reset", "first"), STATUS_INVALID_OPTION, "auto.offset.reset");
    refused(OPTIONS(BASE, "properties.ssl.truststore.type", "JKS"), STATUS_INVALID_OPTION, "cannot be \"JKS\"");
    refused(OPTIONS(BASE, "scan.startup.mode", "newest"), STATUS_INVALID_OPTION, "scan.startup.mode");
    refused(OPTIONS(BASE, "scan.startup.mode", "timestamp"), STATUS_INVALID_OPTION, "scan.startup.timestamp-millis");
    refused(OPTIONS(BASE, "scan.startup.mode", "specific-offsets", "scan.startup.specific-offsets", "0:3"),
            STATUS_INVALID_OPTION, "partition:0,offset:42");
    refused(OPTIONS(BASE, "sink.delivery-guarantee", "at-most-once"), STATUS_INVALID_OPTION, "delivery-guarantee");
    refused(OPTIONS(BASE, "sink.lanes", "0"), STATUS_INVALID_OPTION, "between 1 and 64");
    refused(OPTIONS(BASE, "sink.lanes", "65"), STATUS_INVALID_OPTION, "between 1 and 64");
    refused(OPTIONS(BASE, "sink.transaction-timeout", "900ms"), STATUS_INVALID_OPTION, "1 s or more");
    refused(OPTIONS(BASE, "sink.transactional-id-prefix", "a b"), STATUS_INVALID_OPTION, "letters, digits");
    refused(OPTIONS(BASE, "sink.transactional-id-prefix", ""), STATUS_INVALID_OPTION, "letters, digits");
    refused(OPTIONS(BASE, "sink.preflight", "none"), STATUS_INVALID_OPTION, "sink.preflight");
    refused(OPTIONS(BASE, "key.format", "json"), STATUS_INVALID_OPTION, "go together");
    refused(OPTIONS(BASE, "key.format", "json", "key.fields", "id", "key.fields-prefix", "i"), STATUS_INVALID_OPTION,
            "EXCEPT_KEY");
    refused(OPTIONS(BASE, "key.format", "json", "key.fields", "id; s", "key.fields-prefix", "i", "value.fields-include",
                    "EXCEPT_KEY"),
            STATUS_INVALID_OPTION, "\"s\" does not start with the prefix \"i\"");
    refused(OPTIONS("topic-pattern", "a(b", "properties.bootstrap.servers", "h:1", "format", "json"),
            STATUS_INVALID_REGEX, "topic-pattern");
    refused(OPTIONS(BASE, "key.format", "json", "key.fields", "nothing"), STATUS_INVALID_OPTION,
            "no column \"nothing\"");
    refused(OPTIONS(BASE, "key.format", "xml", "key.fields", "id"), STATUS_INVALID_OPTION, "unknown format \"xml\"");
    refused(OPTIONS(BASE, "value.json.on-error", "fail"), STATUS_INVALID_OPTION, "no option \"value.json.on-error\"");
    refused(OPTIONS(BASE, "json.on-eror", "fail"), STATUS_INVALID_OPTION, "no option \"json.on-eror\"");
#undef BASE
}

/* What tables made for Flink have, under Java's names. */
static void properties_of_java(void **state) {
    (void)state;
    static const char *const accepted[][2] = {
        {"client.dns.lookup", "use_all_dns_ips"},
        {"client.id.prefix", "job"},
        {"default.api.timeout.ms", "1000"},
        {"fetch.max.wait.ms", "100"},
        {"group.instance.id", "one"},
        {"receive.buffer.bytes", "-1"},
        {"max.poll.records", "500"},
        {"max.in.flight.requests.per.connection", "5"},
        {"ssl.endpoint.identification.algorithm", ""},
        {"ssl.truststore.type", "PEM"},
        {"sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" "
                             "password=\"p;=\\\"q\" ;"},
        {"sasl.jaas.config", "a.b.scram.ScramLoginModule required\n  username=\"u\"\n  password=\"p\";"},
    };
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        char key[128];
        snprintf(key, sizeof key, "properties.%s", accepted[i][0]);
        struct table table;
        table_init(&table,
                   OPTIONS("topic", "t", "properties.bootstrap.servers", "h:1", "format", "json", key, accepted[i][1]));
        table.schema = table_schema;
        if (table_validate(&table, NULL))
            fail_msg("%s: %s", key, table.error.message);
        table_release(&table);
    }
}

static void properties_refused_with_place_and_remedy(void **state) {
    (void)state;
    static const char *const refused[][3] = {
        {"grup.id", "x", "properties.group.id"},
        {"ssl.truststore.location", "/x", "properties.ssl.ca.location"},
        {"transactional.id", "x", "sink.transactional-id-prefix"},
        {"partitioner.class", "x", "sink.partitioner"},
        {"sasl.jaas.config", "a.b.Krb5LoginModule required;", "sasl.username"},
        {"sasl.jaas.config", "a.PlainLoginModule required username=\"u", "sasl.username"},
        {"sasl.jaas.config", "a.PlainLoginModule required username=u;", "sasl.username"},
        {"sasl.jaas.config", "a.PlainLoginModule", "sasl.username"},
        {"sasl.jaas.config", "", "sasl.username"},
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        char key[128];
        snprintf(key, sizeof key, "properties.%s", refused[i][0]);
        struct table table;
        table_init(&table,
                   OPTIONS("topic", "t", "properties.bootstrap.servers", "h:1", key, refused[i][1], "format", "json"));
        table.schema = table_schema;
        int index = -1;
        assert_int_equal(table_validate(&table, &index), STATUS_INVALID_OPTION);
        assert_int_equal(index, 3);
        if (!strstr(table.error.hint, refused[i][2]))
            fail_msg("%s: hint is \"%s\"", key, table.error.hint);
        table_release(&table);
    }
}

static void nobody_there(void **state) {
    (void)state;
    struct table table;
    assert_int_equal(open_table(&table,
                                OPTIONS("topic", "t", "properties.bootstrap.servers", "127.0.0.1:1", "format", "json",
                                        "scan.startup.mode", "earliest-offset", "connect.timeout", "300ms"),
                                NULL),
                     STATUS_CONNECTION_FAILURE);
    assert_true(table.error.retriable);
    assert_non_null(strstr(table.error.hint, "127.0.0.1:1"));
    table_release(&table);
}

#define READ(topic)                                                                                                    \
    "topic", topic, "properties.bootstrap.servers", servers, "format", "json", "scan.startup.mode", "earliest-offset", \
        "scan.bounded.mode", "latest-offset"

static void no_such_topic(void **state) {
    (void)state;
    struct table table;
    assert_int_equal(open_table(&table, OPTIONS(READ("nowhere")), NULL), STATUS_TOPIC_ERROR);
    assert_non_null(strstr(table.error.message, "\"nowhere\""));
    table_release(&table);
}

/* Rows, and letters with topic, partition and offset for what is no row. */
static void reading(void **state) {
    (void)state;
    make_topic("reading", 1);
    put("reading", 0, NULL, "{\"id\":1,\"s\":\"a text longer than twelve bytes\"}");
    put("reading", 0, NULL, "{\"id\":}");
    put("reading", 0, "k", NULL);
    put("reading", 0, NULL, "{\"id\":2}");
    struct table table;
    assert_int_equal(open_table(&table, OPTIONS(READ("reading")), NAMES("partition", "offset", "timestamp", "topic")),
                     STATUS_OK);
    if (table_read(&table, 0, 1000))
        fail_msg("%s", table.error.message);
    assert_string_equal(table.rows.data, "1|a text longer than twelve bytes|0|0|2023-11-14 22:13:20.123|reading\n"
                                         "2|NULL|0|3|2023-11-14 22:13:20.123|reading\n");
    assert_int_equal(table.letter_count, 2);
    assert_non_null(strstr(table.letters.data, "reading-0:1:0:malformed JSON"));
    assert_non_null(strstr(table.letters.data, "reading-0:2:0:"));
    struct strbuf position;
    strbuf_init(&position);
    table.source->class->split_position(table.source, 0, &position);
    assert_string_equal(position.data, "4/4");
    strbuf_release(&position);
    table_release(&table);
}

enum { SHARED_PARTITIONS = 5 };

/* Each instance reads its partitions from the positions; returns how many partitions the instances had. */
static uint32_t read_shared(uint32_t instance_count, const struct table_positions *from, struct table_positions *to,
                            struct arena *arena, uint32_t *seen) {
    uint32_t splits = 0;
    for (uint32_t instance = 0; instance < instance_count; instance++) {
        struct table table;
        assert_int_equal(open_table(&table, OPTIONS(READ("shared")), NULL), STATUS_OK);
        if (table_reopen(&table, instance, instance_count, from->items, (uint32_t)from->count) ||
            table_read(&table, 0, 1000))
            fail_msg("%s", table.error.message);
        splits += table.source->split_count;
        table_positions_add(to, arena, &table);
        for (const char *line = table.rows.data, *end; line && (end = strchr(line, '\n')); line = end + 1)
            seen[atoi(line)]++;
        table_release(&table);
    }
    return splits;
}

/* Partitions are divided among instances, more than there are partitions too, and go on with others from where they were. */
static void partitions_are_shared(void **state) {
    (void)state;
    make_topic("shared", SHARED_PARTITIONS);
    for (int id = 0; id < 50; id++) {
        char value[32];
        snprintf(value, sizeof value, "{\"id\":%d}", id);
        produce("shared", id % SHARED_PARTITIONS, NULL, value);
    }
    assert_int_equal(rd_kafka_flush(mock_handle, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    struct arena arena;
    arena_init(&arena);
    static const uint32_t counts[] = {1, 2, 3, 8};
    struct table_positions half = {0};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct table_positions none = {0}, ends = {0};
        uint32_t seen[50] = {0};
        assert_int_equal(read_shared(counts[i], &none, &ends, &arena, seen), SHARED_PARTITIONS);
        for (int id = 0; id < 50; id++)
            assert_int_equal(seen[id], 1);
        half = ends;
    }
    for (size_t i = 0; i < half.count; i++)
        half.items[i].position = "4/10"; /* of each partition six rows are left */
    struct table_positions ends = {0};
    uint32_t seen[50] = {0};
    assert_int_equal(read_shared(2, &half, &ends, &arena, seen), SHARED_PARTITIONS);
    for (int id = 0; id < 50; id++)
        assert_int_equal(seen[id], id >= 4 * SHARED_PARTITIONS);
    arena_release(&arena);
}

/* Rows beyond a limit are not lost to the next batch while bad records make room. */
static void row_limit(void **state) {
    (void)state;
    make_topic("limit", 1);
    for (int i = 0; i < 600; i++) {
        char value[32];
        snprintf(value, sizeof value, i % 2 ? "{\"id\":%d}" : "broken %d", i);
        produce("limit", 0, NULL, value);
    }
    assert_int_equal(rd_kafka_flush(mock_handle, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    struct table table;
    assert_int_equal(open_table(&table, OPTIONS(READ("limit")), NULL), STATUS_OK);
    table.source->class->close(table.source);
    table.config.row_limit = 60;
    assert_int_equal(table.connector->source_open(&table.config, &table.source, &table.error), STATUS_OK);
    assert_int_equal(table_read(&table, 0, 1000), STATUS_OK);
    const char *line = table.rows.data;
    for (int i = 0; i < 60; i++, line = strchr(line, '\n') + 1)
        assert_int_equal(atoi(line), i * 2 + 1);
    assert_string_equal(line, "");
    table_release(&table);
}

static void keys_and_partitions(void **state) {
    (void)state;
    make_topic("keyed", 3);
    put("keyed", 0, "{\"k_id\":7}", "{\"s\":\"zero\"}");
    put("keyed", 2, "{\"k_id\":8}", "{\"s\":\"two\"}");
    put("keyed", 2, "nonsense", "{\"s\":\"bad key\"}");
    const struct field keyed[] = {{"k_id", &type_bigint}, {"s", &type_string}};
    struct table table;
    table_init(&table, OPTIONS("topic", "keyed", "properties.bootstrap.servers", servers, "value.format", "json",
                               "key.format", "json", "key.fields", "k_id", "value.fields-include", "EXCEPT_KEY",
                               "scan.startup.mode", "earliest-offset", "scan.bounded.mode", "latest-offset"));
    table.schema = (struct schema){(struct field *)keyed, 2};
    assert_int_equal(table_open(&table, NULL, NAMES("partition"), 100, NULL), STATUS_OK);
    assert_int_equal(table.source->split_count, 3);
    assert_int_equal(table_read(&table, 0, 1000), STATUS_OK);
    assert_int_equal(table.row_count, 2);
    assert_non_null(strstr(table.rows.data, "7|zero|0\n"));
    assert_non_null(strstr(table.rows.data, "8|two|2\n"));
    assert_int_equal(table.letter_count, 1);
    table_release(&table);
}

static void specific_offsets(void **state) {
    (void)state;
    make_topic("specific", 1);
    for (int i = 0; i < 5; i++) {
        char value[32];
        snprintf(value, sizeof value, "{\"id\":%d}", i);
        put("specific", 0, NULL, value);
    }
    struct table table;
    assert_int_equal(open_table(&table,
                                OPTIONS("topic", "specific", "properties.bootstrap.servers", servers, "format", "json",
                                        "scan.startup.mode", "specific-offsets", "scan.startup.specific-offsets",
                                        "partition:0,offset:1", "scan.bounded.mode", "specific-offsets",
                                        "scan.bounded.specific-offsets", "partition:0,offset:4"),
                                NULL),
                     STATUS_OK);
    assert_int_equal(table_read(&table, 0, 1000), STATUS_OK);
    assert_string_equal(table.rows.data, "1|NULL\n2|NULL\n3|NULL\n");
    table_release(&table);
}

static enum status open_sink(struct table *table, const char *const *options) {
    table_init(table, options);
    table->schema = table_schema;
    assert_int_equal(table_validate(table, NULL), STATUS_OK);
    struct sink_config config = {
        .arena = &table->arena,
        .table = "t",
        .options = &table->options,
        .schema = &table->schema,
        .format = table->format,
        .key_columns = (uint32_t[]){0},
        .key_column_count = 1,
        .env = env_posix(),
    };
    return table->connector->sink_open(&config, &table->sink, &table->error);
}

static enum status write_row(struct table *table, int64_t id, const char *text, uint8_t change) {
    struct batch *batch = batch_new_for(&table->pool, &table->schema, 1);
    COLUMN_VALUES(&batch->columns[0], int64_t)[0] = id;
    COLUMN_VALUES(&batch->columns[1], struct string_view)[0] = view_make(text, (uint32_t)strlen(text));
    if (change)
        batch->change_kinds = arena_copy(&batch->arena, &change, 1);
    enum status status = table->sink->class->write(table->sink, batch, &table->error);
    batch_release(batch);
    return status;
}

static void check_topic(const char *topic, const char *rows, uint32_t letters) {
    struct table table;
    assert_int_equal(open_table(&table, OPTIONS(READ(topic)), NULL), STATUS_OK);
    assert_int_equal(table_read(&table, 0, 1000), STATUS_OK);
    assert_string_equal(strbuf_text(&table.rows), rows);
    assert_int_equal(table.letter_count, letters);
    table_release(&table);
}

static void writing(void **state) {
    (void)state;
    make_topic("written", 1);
    struct table table;
    if (open_sink(&table, OPTIONS("topic", "written", "properties.bootstrap.servers", servers, "format", "json")))
        fail_msg("%s", table.error.message);
    assert_int_equal(write_row(&table, 1, "one", 0), STATUS_OK);
    assert_int_equal(write_row(&table, 2, "two", 0), STATUS_OK);
    assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
    table_release(&table);
    check_topic("written", "1|one\n2|two\n", 0);
}

/* The last state of each key; a deletion has no value. */
static void upserting(void **state) {
    (void)state;
    make_topic("upserted", 1);
    struct table table;
    const char *const options[] = {"connector", "upsert-kafka", "topic", "upserted",     "properties.bootstrap.servers",
                                   servers,     "key.format",   "json",  "value.format", "json",
                                   NULL};
    if (open_sink(&table, options))
        fail_msg("%s", table.error.message);
    assert_int_equal(write_row(&table, 1, "one", CHANGE_INSERT), STATUS_OK);
    assert_int_equal(write_row(&table, 1, "one", CHANGE_UPDATE_BEFORE), STATUS_OK);
    assert_int_equal(write_row(&table, 1, "uno", CHANGE_UPDATE_AFTER), STATUS_OK);
    assert_int_equal(write_row(&table, 1, "uno", CHANGE_DELETE), STATUS_OK);
    assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
    table_release(&table);
    check_topic("upserted", "1|one\n1|uno\n", 1);
}

/* The broker refuses what was written: flush says so and names the topic. */
static void refused_writes(void **state) {
    (void)state;
    make_topic("refused", 1);
    struct table table;
    assert_int_equal(
        open_sink(&table, OPTIONS("topic", "refused", "properties.bootstrap.servers", servers, "format", "json")),
        STATUS_OK);
    rd_kafka_mock_push_request_errors(cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(write_row(&table, 1, "one", 0), STATUS_OK);
    assert_int_not_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
    assert_non_null(strstr(table.error.detail, "\"refused\""));
    table_release(&table);
    rd_kafka_mock_clear_request_errors(cluster, 0);
}

/* A moment without the broker is waited out, in both directions. */
static void broker_comes_back(void **state) {
    (void)state;
    make_topic("restarted", 1);
    struct table table;
    assert_int_equal(
        open_sink(&table, OPTIONS("topic", "restarted", "properties.bootstrap.servers", servers, "format", "json")),
        STATUS_OK);
    rd_kafka_mock_push_request_errors(cluster, 0, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    assert_int_equal(write_row(&table, 1, "one", 0), STATUS_OK);
    if (table.sink->class->flush(table.sink, &table.error))
        fail_msg("%s %s", table.error.message, table.error.detail);
    table_release(&table);
    rd_kafka_mock_push_request_errors(cluster, 1 /* Fetch */, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR__TRANSPORT);
    check_topic("restarted", "1|one\n", 0);
    /* A broker that has just come back does not lead its partitions yet: offsets are asked for again. */
    rd_kafka_mock_push_request_errors(cluster, 2 /* ListOffsets */, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    check_topic("restarted", "1|one\n", 0);
}

static void guarantees(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum delivery_guarantee guarantee;
    } cases[] = {{"exactly-once", DELIVERY_EXACTLY_ONCE},
                 {"Exactly-Once", DELIVERY_EXACTLY_ONCE},
                 {"at-least-once", DELIVERY_AT_LEAST_ONCE},
                 {"none", DELIVERY_AT_LEAST_ONCE}};
    struct arena memory;
    arena_init(&memory);
    struct options options;
    options_init(&options, &memory);
    const struct publisher_support *publishers = connector_find(connectors_builtin(), "upsert-kafka")->publishers;
    assert_int_equal(publishers->guarantee(&options), DELIVERY_BEST);
    assert_int_equal(publishers->lane_count(&options), 1);
    options_put(&options, "sink.lanes", "7");
    assert_int_equal(publishers->lane_count(&options), 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options_init(&options, &memory);
        options_put(&options, "sink.delivery-guarantee", cases[i].text);
        assert_int_equal(publishers->guarantee(&options), cases[i].guarantee);
    }
    arena_release(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(properties_of_java),
        cmocka_unit_test(properties_refused_with_place_and_remedy),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(no_such_topic),
        cmocka_unit_test(reading),
        cmocka_unit_test(partitions_are_shared),
        cmocka_unit_test(row_limit),
        cmocka_unit_test(keys_and_partitions),
        cmocka_unit_test(specific_offsets),
        cmocka_unit_test(writing),
        cmocka_unit_test(upserting),
        cmocka_unit_test(refused_writes),
        cmocka_unit_test(broker_comes_back),
        cmocka_unit_test(guarantees),
    };
    return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
