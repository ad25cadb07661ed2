/* properties.c: see the header. Some of librdkafka's settings load plugins or run shell commands (plugin.library.paths, sasl.kerberos.kinit.cmd), and some
 * are ours to set, because correctness hangs on them: what is not in the list is refused. */
#include "connectors/kafka/properties.h"

#include "core/base/array.h"

enum { TEXT_MAX = 512, NAME_MAX_BYTES = 128 };

enum treatment {
    PASSED,  /* librdkafka has it under this name */
    FAMILY,  /* … and all names that begin so */
    RENAMED, /* it has it under the name in `text` */
    IGNORED, /* changes nothing here: accepted, so that tables made for Flink can be used */
    LOGIN,   /* Java's login module: user and password */
    REFUSED, /* `text` says what to do instead */
};

#define JAVA_CLASS "it names a Java class, and none can be loaded here"
#define NO_KEYSTORE(instead) "Java's key stores are not read: write it as PEM and set 'properties." instead "'"

static const struct property {
    const char *name;
    enum treatment treatment;
    const char *text;
} properties[] = {
    {"acks", PASSED, NULL}, /* then ours: all */
    {"allow.auto.create.topics", IGNORED, NULL},
    {"api.version.", FAMILY, NULL},
    {"auto.commit.interval.ms", IGNORED, NULL},
    {"auto.offset.reset", IGNORED, NULL}, /* start positions are resolved to numbers; see partitions.c */
    {"batch.num.messages", PASSED, NULL},
    {"batch.size", PASSED, NULL},
    {"bootstrap.servers", PASSED, NULL},
    {"broker.", FAMILY, NULL},
    {"buffer.memory", IGNORED, NULL},
    {"check.crcs", PASSED, NULL},
    {"client.dns.lookup", PASSED, NULL},
    {"client.id", PASSED, NULL},
    {"client.id.prefix", RENAMED, "client.id"},
    {"client.rack", PASSED, NULL},
    {"commit.offsets.on.checkpoint", IGNORED, NULL}, /* group_offsets.c reads it */
    {"compression.", FAMILY, NULL},
    {"connections.max.idle.ms", PASSED, NULL},
    {"default.api.timeout.ms", IGNORED, NULL},
    {"delivery.timeout.ms", RENAMED, "message.timeout.ms"},
    {"enable.auto.commit", IGNORED, NULL},
    {"enable.idempotence", PASSED, NULL},
    {"enable.metrics.push", PASSED, NULL},
    {"enable.ssl.certificate.verification", PASSED, NULL},
    {"exclude.internal.topics", IGNORED, NULL},
    {"fetch.", FAMILY, NULL},
    {"fetch.max.wait.ms", RENAMED, "fetch.wait.max.ms"},
    {"group.id", PASSED, NULL},
    {"group.instance.id", IGNORED, NULL}, /* no group is joined */
    {"heartbeat.interval.ms", IGNORED, NULL},
    {"interceptor.classes", REFUSED, JAVA_CLASS},
    {"isolation.level", PASSED, NULL},
    {"key.deserializer", IGNORED, NULL},
    {"key.serializer", IGNORED, NULL},
    {"linger.ms", PASSED, NULL},
    {"max.block.ms", IGNORED, NULL},
    {"max.in.flight", PASSED, NULL},
    {"max.in.flight.requests.per.connection", PASSED, NULL},
    {"max.partition.fetch.bytes", PASSED, NULL},
    {"max.poll.", FAMILY, NULL},
    {"max.poll.records", IGNORED, NULL},
    {"max.request.size", RENAMED, "message.max.bytes"},
    {"message.max.bytes", PASSED, NULL},
    {"message.timeout.ms", PASSED, NULL},
    {"metadata.", FAMILY, NULL},
    {"metric.reporters", REFUSED, JAVA_CLASS},
    {"partition.assignment.strategy", IGNORED, NULL},
    {"partition.discovery.interval.ms", IGNORED, NULL},
    {"partitioner.class", REFUSED, JAVA_CLASS "; see 'sink.partitioner'"},
    {"queue.buffering.", FAMILY, NULL},
    {"queued.", FAMILY, NULL},
    {"receive.buffer.bytes", IGNORED, NULL},
    {"receive.message.max.bytes", PASSED, NULL},
    {"reconnect.", FAMILY, NULL},
    {"register.consumer.metrics", IGNORED, NULL},
    {"request.timeout.ms", PASSED, NULL},
    {"retries", PASSED, NULL},
    {"retry.", FAMILY, NULL},
    {"sasl.jaas.config", LOGIN, NULL},
    {"sasl.login.callback.handler.class", REFUSED, JAVA_CLASS},
    {"sasl.mechanism", PASSED, NULL},
    {"sasl.mechanisms", PASSED, NULL},
    {"sasl.password", PASSED, NULL},
    {"sasl.username", PASSED, NULL},
    {"security.protocol", PASSED, NULL},
    {"send.buffer.bytes", IGNORED, NULL},
    {"session.timeout.ms", IGNORED, NULL},
    {"socket.", FAMILY, NULL},
    {"ssl.ca.location", PASSED, NULL},
    {"ssl.ca.pem", PASSED, NULL},
    {"ssl.certificate.location", PASSED, NULL},
    {"ssl.certificate.pem", PASSED, NULL},
    {"ssl.cipher.suites", PASSED, NULL},
    {"ssl.curves.list", PASSED, NULL},
    {"ssl.endpoint.identification.algorithm", PASSED, NULL},
    {"ssl.key.location", PASSED, NULL},
    {"ssl.key.password", PASSED, NULL},
    {"ssl.key.pem", PASSED, NULL},
    {"ssl.keystore.certificate.chain", RENAMED, "ssl.certificate.pem"},
    {"ssl.keystore.key", RENAMED, "ssl.key.pem"},
    {"ssl.keystore.location", REFUSED, NO_KEYSTORE("ssl.certificate.location' and 'properties.ssl.key.location")},
    {"ssl.keystore.password", REFUSED, NO_KEYSTORE("ssl.certificate.location' and 'properties.ssl.key.location")},
    {"ssl.keystore.type", IGNORED, NULL},
    {"ssl.truststore.certificates", RENAMED, "ssl.ca.pem"},
    {"ssl.truststore.location", REFUSED, NO_KEYSTORE("ssl.ca.location")},
    {"ssl.truststore.password", REFUSED, NO_KEYSTORE("ssl.ca.location")},
    {"ssl.truststore.type", IGNORED, NULL},
    {"statistics.interval.ms", PASSED, NULL},
    {"sticky.partitioning.linger.ms", PASSED, NULL},
    {"topic.metadata.", FAMILY, NULL},
    {"transaction.timeout.ms", PASSED, NULL},
    {"transactional.id", REFUSED, "see 'sink.transactional-id-prefix'"},
    {"value.deserializer", IGNORED, NULL},
    {"value.serializer", IGNORED, NULL},
};

static const char *property_name(const char *key) {
    static const char prefix[] = "properties.";
    return strncmp(key, prefix, sizeof prefix - 1) == 0 ? key + sizeof prefix - 1 : NULL;
}

/* An exact row wins over a family. */
static const struct property *find(const char *name) {
    const struct property *family = NULL;
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        if (strcmp(properties[i].name, name) == 0)
            return &properties[i];
        if (properties[i].treatment == FAMILY && str_starts_with(str_from(name), str_from(properties[i].name)))
            family = &properties[i];
    }
    return family;
}

static void hint_nearest(struct error *error, const char *name) {
    const char *names[COUNT_OF(properties)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(properties); i++)
        if (properties[i].treatment != FAMILY && properties[i].treatment != REFUSED)
            names[count++] = properties[i].name;
    const char *nearest = text_nearest(name, names, count);
    if (nearest)
        error_hint(error, "did you mean \"properties.%s\"?", nearest);
}

static enum status refuse(const char *name, const char *why, struct error *error) {
    FAIL(error, STATUS_INVALID_OPTION, "client property \"properties.%s\" may not be set by a table", name);
    error_hint(error, "%s",
               why ? why : "properties that a table may set are those of connection, security, fetching and producing");
    if (!why)
        hint_nearest(error, name);
    return STATUS_INVALID_OPTION;
}

enum status kafka_property_set(rd_kafka_conf_t *conf, const char *key, const char *value, struct error *error) {
    char text[TEXT_MAX];
    rd_kafka_conf_res_t answer = rd_kafka_conf_set(conf, key, value, text, sizeof text);
    if (answer == RD_KAFKA_CONF_OK)
        return STATUS_OK;
    FAIL(error, STATUS_INVALID_OPTION, "client property \"properties.%s\": %s", key, text);
    if (answer == RD_KAFKA_CONF_UNKNOWN)
        hint_nearest(error, key);
    return STATUS_INVALID_OPTION;
}

/* ---- Java's login modules ---- */

static struct str next_word(const char **at) {
    *at += strspn(*at, " \t\r\n");
    struct str word = {*at, strcspn(*at, " \t\r\n;=")};
    *at += word.size;
    return word;
}

/* A value in double quotes, with backslash escapes. False when it is none, or too long. */
static bool next_quoted(const char **at, char *out, size_t size) {
    if (*(*at)++ != '"')
        return false;
    size_t used = 0;
    for (; **at && **at != '"'; (*at)++) {
        if (**at == '\\' && (*at)[1])
            (*at)++;
        if (used + 1 >= size)
            return false;
        out[used++] = **at;
    }
    out[used] = '\0';
    return *(*at)++ == '"';
}

static enum status bad_login(struct error *error) {
    FAIL(error, STATUS_INVALID_OPTION, "client property \"properties.sasl.jaas.config\" cannot be understood");
    error_hint(error, "PlainLoginModule and ScramLoginModule with username=\"…\" and password=\"…\", or set "
                      "'properties.sasl.username' and 'properties.sasl.password'");
    return STATUS_INVALID_OPTION;
}

static bool ends_with(struct str text, const char *end) {
    size_t size = strlen(end);
    return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

/* org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p"; — the value is never shown. */
static enum status apply_login(rd_kafka_conf_t *conf, const char *value, struct error *error) {
    const char *at = value;
    struct str class = next_word(&at);
    if (!ends_with(class, "PlainLoginModule") && !ends_with(class, "ScramLoginModule"))
        return bad_login(error);
    if (!str_equal(next_word(&at), str_from("required")))
        return bad_login(error);
    for (;;) {
        struct str key = next_word(&at);
        if (key.size == 0)
            return *at == ';' ? STATUS_OK : bad_login(error);
        char text[TEXT_MAX];
        if (*at++ != '=' || !next_quoted(&at, text, sizeof text))
            return bad_login(error);
        if (str_equal(key, str_from("username")))
            TRY(kafka_property_set(conf, "sasl.username", text, error));
        else if (str_equal(key, str_from("password")))
            TRY(kafka_property_set(conf, "sasl.password", text, error));
        else
            return bad_login(error);
    }
}

/* ---- all ---- */

/* Values of what has no effect that would have one in Java. */
static const struct {
    const char *name, *values;
} known_values[] = {
    {"auto.offset.reset", "earliest|latest|none"},
    {"ssl.keystore.type", "PEM"},
    {"ssl.truststore.type", "PEM"},
};

static enum status check_ignored(const char *name, const char *value, struct error *error) {
    for (size_t i = 0; i < COUNT_OF(known_values); i++)
        if (strcmp(known_values[i].name, name) == 0 &&
            !option_choice_contains(known_values[i].values, str_from(value))) {
            FAIL(error, STATUS_INVALID_OPTION, "client property \"properties.%s\" cannot be \"%s\"", name, value);
            error_hint(error, "possible values: %s", known_values[i].values);
            return STATUS_INVALID_OPTION;
        }
    return STATUS_OK;
}

/* Java switches the check off with an empty text. */
static const char *value_of(const char *name, const char *value) {
    return *value == '\0' && strcmp(name, "ssl.endpoint.identification.algorithm") == 0 ? "none" : value;
}

static enum status apply(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error) {
    const struct property *property = find(name);
    if (!property) {
        bool runs = strcmp(name, "plugin.library.paths") == 0 || strstr(name, ".cmd");
        return refuse(name, runs ? "it would load or run a program on this machine" : NULL, error);
    }
    switch (property->treatment) {
    case PASSED:
    case FAMILY: return kafka_property_set(conf, name, value_of(name, value), error);
    case RENAMED: return kafka_property_set(conf, property->text, value, error);
    case IGNORED: return check_ignored(name, value, error);
    case LOGIN: return apply_login(conf, value, error);
    case REFUSED: return refuse(name, property->text, error);
    }
    UNREACHABLE();
}

enum status kafka_properties_apply(rd_kafka_conf_t *conf, const struct options *options, struct error *error) {
    for (size_t i = 0; i < options->map.count; i++) {
        const char *name = property_name(options->map.entries[i].key);
        if (name)
            TRY(apply(conf, name, options->map.entries[i].value, error));
    }
    return STATUS_OK;
}

enum status kafka_properties_validate(const struct options *options, struct error *error) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = kafka_properties_apply(conf, options, error);
    rd_kafka_conf_destroy(conf);
    return status;
}
