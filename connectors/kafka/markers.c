/* markers.c: where a lane's markers end, and what they say.
 *
 * The end is asked of the leader, read uncommitted, after the lane was fenced; every transaction that began before is decided by then, so a
 * read-committed reader can come that far. How far it came is its position, not its last message: control records, rows of aborted
 * transactions and gaps of compaction take up offsets and are never handed out. The library tells the position in its
 * end-of-partition events: it is the last stable offset, and everything before was handed out. */
#include "connectors/kafka/publisher.h"

#include "core/base/env.h"

static const struct kafka_setting reader_settings[] = {
    {"isolation.level", "read_committed"},  {"enable.partition.eof", "true"}, {"queued.min.messages", "1000"},
    {"queued.max.messages.kbytes", "4096"}, {"fetch.wait.max.ms", "20"},
};

static enum publish_answer unknown(const struct kafka_publisher *publisher, const char *what, struct error *error) {
    FAIL(error, STATUS_TOPIC_ERROR, "topic \"%s\" %s", publisher->settings.progress_topic, what);
    return PUBLISH_UNKNOWN;
}

static bool same_place(const struct kafka_topic *a, const struct kafka_topic *b) {
    return a->exists && b->exists && memcmp(a->id, b->id, sizeof a->id) == 0;
}

enum publish_answer kafka_markers_measure(struct publisher *base, uint64_t *end, uint8_t place[16],
                                          struct error *error) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    const char *topic = publisher->settings.progress_topic;
    struct kafka_topic before, after;
    uint64_t start;
    if (kafka_admin_topic(&publisher->admin, topic, &before, error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    if (!before.exists)
        return unknown(publisher, "is not there any more", error);
    if (kafka_admin_bounds(&publisher->admin, topic, publisher->config.lane, &start, end, error) != STATUS_OK ||
        kafka_admin_topic(&publisher->admin, topic, &after, error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    if (!same_place(&before, &after))
        return unknown(publisher, "was made anew just now", error);
    memcpy(place, after.id, sizeof after.id);
    return PUBLISH_OK;
}

/* ---- reading ---- */

struct reading {
    struct kafka_publisher *publisher;
    struct kafka_client client;
    rd_kafka_topic_t *topic;
    uint64_t until, position;
    int64_t deadline_us; /* moves on with the position */
    void (*on_marker)(void *context, uint64_t offset, struct str marker);
    void *context;
};

static void came_to(struct reading *reading, uint64_t position) {
    struct kafka_publisher *publisher = reading->publisher;
    if (position <= reading->position)
        return;
    reading->position = position;
    reading->deadline_us = env_monotonic_us(publisher->config.env) + publisher->settings.connect_timeout_us;
}

/* A record, the end of what is stable, or a complaint; complaints that pass by themselves are waited out. */
static enum publish_answer take(struct reading *reading, const rd_kafka_message_t *message, struct error *error) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        uint64_t offset = (uint64_t)message->offset;
        if (offset < reading->until)
            reading->on_marker(reading->context, offset, (struct str){message->payload, message->len});
        came_to(reading, offset + 1);
        return PUBLISH_OK;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        came_to(reading, (uint64_t)message->offset);
        return PUBLISH_OK;
    }
    if (message->err == RD_KAFKA_RESP_ERR__TRANSPORT || message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return PUBLISH_OK;
    kafka_failed(&reading->client, error, message->err, "markers cannot be read");
    return PUBLISH_UNKNOWN;
}

static enum publish_answer read_on(struct reading *reading, struct error *error) {
    struct kafka_publisher *publisher = reading->publisher;
    int32_t lane = (int32_t)publisher->config.lane;
    while (reading->position < reading->until) {
        if (kafka_publisher_is_cancelled(&publisher->config)) {
            FAIL(error, STATUS_CANCELLED, "reading markers: cancelled");
            return PUBLISH_UNKNOWN;
        }
        rd_kafka_message_t *message = rd_kafka_consume(reading->topic, lane, KAFKA_WAIT_MS);
        enum publish_answer answer = message ? take(reading, message, error) : PUBLISH_OK;
        if (message)
            rd_kafka_message_destroy(message);
        if (answer != PUBLISH_OK)
            return answer;
        if (reading->position < reading->until && env_monotonic_us(publisher->config.env) > reading->deadline_us)
            return unknown(publisher, "does not give its markers: no progress in time", error);
    }
    return PUBLISH_OK;
}

static enum publish_answer read_from(struct reading *reading, uint64_t from, struct error *error) {
    struct kafka_publisher *publisher = reading->publisher;
    int32_t lane = (int32_t)publisher->config.lane;
    if (kafka_client_open_with(&reading->client, RD_KAFKA_CONSUMER, publisher->config.options, reader_settings,
                               sizeof reader_settings / sizeof *reader_settings, error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    reading->topic = rd_kafka_topic_new(reading->client.handle, publisher->settings.progress_topic, NULL);
    enum publish_answer answer = PUBLISH_UNKNOWN;
    if (!reading->topic || rd_kafka_consume_start(reading->topic, lane, (int64_t)from) != 0) {
        kafka_failed(&reading->client, error, rd_kafka_last_error(), "markers cannot be read");
    } else {
        answer = read_on(reading, error);
        rd_kafka_consume_stop(reading->topic, lane);
    }
    if (reading->topic)
        rd_kafka_topic_destroy(reading->topic);
    kafka_client_drop(&reading->client);
    return answer;
}

enum publish_answer kafka_markers_read(struct publisher *base, uint64_t from, uint64_t until,
                                       void (*on_marker)(void *context, uint64_t offset, struct str marker),
                                       void *context, uint64_t *position, struct error *error) {
    struct kafka_publisher *publisher = (struct kafka_publisher *)base;
    *position = from;
    if (from >= until)
        return PUBLISH_OK;
    uint64_t start, end;
    if (kafka_admin_bounds(&publisher->admin, publisher->settings.progress_topic, publisher->config.lane, &start, &end,
                           error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    if (end < until)
        return unknown(publisher, "ends before where it ended", error);
    struct reading reading = {
        .publisher = publisher,
        .until = until,
        .position = from,
        .deadline_us = env_monotonic_us(publisher->config.env) + publisher->settings.connect_timeout_us,
        .on_marker = on_marker,
        .context = context,
    };
    /* What lies before the start was deleted: what is left is read, and whoever remembers more sees that it is missing. */
    enum publish_answer answer = PUBLISH_OK;
    if (start >= until)
        came_to(&reading, until);
    else
        answer = read_from(&reading, from > start ? from : start, error);
    *position = reading.position;
    return answer;
}
