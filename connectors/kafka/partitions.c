/* partitions.c: topics to partitions, modes to offsets. */
#include "connectors/kafka/partitions.h"

#include "connectors/kafka/admin.h"

#include "core/base/arena.h"
#include "core/base/array.h"

enum { TEXT_MAX = 512 };

enum position {
    POSITION_EARLIEST,
    POSITION_LATEST,
    POSITION_GROUP,
    POSITION_TIMESTAMP,
    POSITION_SPECIFIC,
    POSITION_NONE
};

static const struct {
    const char *name;
    enum position position;
} modes[] = {
    {"earliest-offset", POSITION_EARLIEST}, {"latest-offset", POSITION_LATEST},      {"group-offsets", POSITION_GROUP},
    {"timestamp", POSITION_TIMESTAMP},      {"specific-offsets", POSITION_SPECIFIC}, {"unbounded", POSITION_NONE},
};

/* One end of what is read: startup or bounded. */
struct bound {
    enum position position;
    const char *offsets_key, *timestamp_key;
    const struct options *options;
    const struct option_spec *specs;
};

static struct bound read_bound(const struct options *options, const struct option_spec *specs, const char *mode_key,
                               const char *offsets_key, const char *timestamp_key) {
    struct bound bound = {POSITION_NONE, offsets_key, timestamp_key, options, specs};
    const char *mode = options_text(options, specs, mode_key);
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (text_equal_ignore_case(modes[i].name, mode))
            bound.position = modes[i].position;
    return bound;
}

static struct bound startup_bound(const struct options *options, const struct option_spec *specs) {
    return read_bound(options, specs, "scan.startup.mode", "scan.startup.specific-offsets",
                      "scan.startup.timestamp-millis");
}

static struct bound end_bound(const struct options *options, const struct option_spec *specs) {
    return read_bound(options, specs, "scan.bounded.mode", "scan.bounded.specific-offsets",
                      "scan.bounded.timestamp-millis");
}

bool kafka_scan_is_bounded(const struct options *options, const struct option_spec *specs) {
    return end_bound(options, specs).position != POSITION_NONE;
}

/* "partition:0,offset:42;partition:1,offset:300": the offset for a partition, or -1 when it is not named. */
static enum status specific_offset(const char *text, const char *key, int32_t partition, int64_t *offset,
                                   struct error *error) {
    *offset = -1;
    while (*text) {
        size_t size = strcspn(text, ";");
        struct str part = str_trim((struct str){text, size});
        char item[128] = "";
        if (part.size < sizeof item)
            memcpy(item, part.data, part.size);
        long long number, value;
        int used = 0;
        if (part.size && (sscanf(item, "partition:%lld,offset:%lld%n", &number, &value, &used) != 2 ||
                          (size_t)used != part.size || number < 0 || value < 0))
            return FAIL(error, STATUS_INVALID_OPTION,
                        "option \"%s\" must be like partition:0,offset:42;partition:1,offset:300, not \"%.*s\"", key,
                        STR_FORMAT(part));
        if (part.size && number == partition)
            *offset = value;
        text += size + (text[size] == ';');
    }
    return STATUS_OK;
}

static enum status validate_bound(const struct bound *bound, struct error *error) {
    const char *needed = bound->position == POSITION_TIMESTAMP  ? bound->timestamp_key
                         : bound->position == POSITION_SPECIFIC ? bound->offsets_key
                                                                : NULL;
    if (needed && !options_find(bound->options, needed))
        return FAIL(error, STATUS_INVALID_OPTION, "this mode needs the option \"%s\"", needed);
    int64_t ignored;
    return bound->position == POSITION_SPECIFIC ? specific_offset(options_find(bound->options, bound->offsets_key),
                                                                  bound->offsets_key, 0, &ignored, error)
                                                : STATUS_OK;
}

enum status kafka_scan_validate(const struct options *options, const struct option_spec *specs, struct error *error) {
    struct bound start = startup_bound(options, specs), end = end_bound(options, specs);
    TRY(validate_bound(&start, error));
    return validate_bound(&end, error);
}

/* ---- offsets ---- */

enum { LEADER_WAIT_MS = 100 };

struct resolver {
    struct kafka_client *client;
    int timeout_ms;
};

static enum status failed(struct resolver *resolver, const struct kafka_partition *partition, rd_kafka_resp_err_t code,
                          struct error *error) {
    char what[TEXT_MAX];
    snprintf(what, sizeof what, "offsets of topic \"%s\" partition %d cannot be read", partition->topic,
             (int)partition->partition);
    return kafka_failed(resolver->client, error, code, what);
}

/* Leaders move, and a broker that has just come back leads nothing yet: that passes by itself. */
static bool is_without_leader(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

static enum status watermarks(struct resolver *resolver, const struct kafka_partition *partition, int64_t *low,
                              int64_t *high, struct error *error) {
    rd_kafka_resp_err_t code;
    for (int left_ms = resolver->timeout_ms;; left_ms -= LEADER_WAIT_MS) {
        code = rd_kafka_query_watermark_offsets(resolver->client->handle, partition->topic, partition->partition, low,
                                                high, resolver->timeout_ms);
        if (!is_without_leader(code) || left_ms <= 0)
            break;
        rd_kafka_poll(resolver->client->handle, LEADER_WAIT_MS);
    }
    return code ? failed(resolver, partition, code, error) : STATUS_OK;
}

/* Asks with a list of one: offsets for times, or committed offsets. -1 when there is none. */
static enum status ask_one(struct resolver *resolver, const struct kafka_partition *partition, int64_t timestamp_ms,
                           bool committed, int64_t *offset, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, partition->topic, partition->partition)->offset = timestamp_ms;
    rd_kafka_resp_err_t code = committed
                                   ? rd_kafka_committed(resolver->client->handle, list, resolver->timeout_ms)
                                   : rd_kafka_offsets_for_times(resolver->client->handle, list, resolver->timeout_ms);
    if (!code)
        code = list->elems[0].err;
    *offset = list->elems[0].offset >= 0 ? list->elems[0].offset : -1;
    rd_kafka_topic_partition_list_destroy(list);
    return code ? failed(resolver, partition, code, error) : STATUS_OK;
}

/* Where auto.offset.reset says that a group without offsets begins; POSITION_NONE: nowhere. */
static enum position reset_position(const struct options *options) {
    const char *reset = options_find(options, "properties.auto.offset.reset");
    return reset && text_equal_ignore_case(reset, "earliest") ? POSITION_EARLIEST
           : reset && text_equal_ignore_case(reset, "latest") ? POSITION_LATEST
                                                              : POSITION_NONE;
}

/* A group that committed nothing yet starts where auto.offset.reset says; saying nothing there is an error, as in Kafka. */
static enum status group_offset(struct resolver *resolver, const struct bound *bound,
                                const struct kafka_partition *partition, int64_t low, int64_t high, int64_t *offset,
                                struct error *error) {
    *offset = -1;
    if (options_find(bound->options, "properties.group.id"))
        TRY(ask_one(resolver, partition, -1, true, offset, error));
    if (*offset >= 0)
        return STATUS_OK;
    enum position reset = reset_position(bound->options);
    if (reset != POSITION_NONE) {
        *offset = reset == POSITION_EARLIEST ? low : high;
        return STATUS_OK;
    }
    FAIL(error, STATUS_TOPIC_ERROR, "group \"%s\" has committed no offset for topic \"%s\" partition %d",
         options_find(bound->options, "properties.group.id"), partition->topic, (int)partition->partition);
    error_hint(error, "set 'scan.startup.mode' = 'earliest-offset', or 'properties.auto.offset.reset' = 'earliest'");
    return STATUS_TOPIC_ERROR;
}

/* Only who reads needs a group, or a place for those that have no offsets: a table that is written to has the same default mode. */
static enum status check_group(const struct bound *bound, struct error *error) {
    if (bound->position == POSITION_GROUP && !options_find(bound->options, "properties.group.id") &&
        reset_position(bound->options) == POSITION_NONE) {
        FAIL(error, STATUS_INVALID_OPTION, "mode 'group-offsets' needs the option \"properties.group.id\"");
        error_hint(error, "or say where to begin: 'scan.startup.mode' = 'earliest-offset'");
        return STATUS_INVALID_OPTION;
    }
    return STATUS_OK;
}

static enum status resolve_bound(struct resolver *resolver, const struct bound *bound,
                                 const struct kafka_partition *partition, int64_t *offset, struct error *error) {
    if (bound->position == POSITION_NONE) {
        *offset = KAFKA_OFFSET_UNBOUNDED;
        return STATUS_OK;
    }
    int64_t low, high;
    TRY(watermarks(resolver, partition, &low, &high, error));
    switch (bound->position) {
    case POSITION_EARLIEST: *offset = low; return STATUS_OK;
    case POSITION_LATEST: *offset = high; return STATUS_OK;
    case POSITION_GROUP: return group_offset(resolver, bound, partition, low, high, offset, error);
    case POSITION_TIMESTAMP: {
        TRY(ask_one(resolver, partition, options_int(bound->options, bound->specs, bound->timestamp_key), false, offset,
                    error));
        if (*offset < 0)
            *offset = high; /* nothing as new as that */
        return STATUS_OK;
    }
    case POSITION_SPECIFIC:
        TRY(specific_offset(options_find(bound->options, bound->offsets_key), bound->offsets_key, partition->partition,
                            offset, error));
        if (*offset < 0)
            *offset = low; /* a partition that is not named, from its beginning (start) or not at all (end) */
        return STATUS_OK;
    case POSITION_NONE: break;
    }
    UNREACHABLE();
}

/* ---- topics ---- */

static enum status topic_names(struct kafka_client *client, const struct options *options, int64_t timeout_us,
                               struct arena *arena, const char ***names, uint32_t *count, struct error *error) {
    const char *pattern = options_find(options, "topic-pattern");
    if (pattern)
        return kafka_topics_matching(client, pattern, timeout_us, arena, names, count, error);
    ARRAY_OF(const char *) list = {0};
    for (const char *text = options_find(options, "topic"); text && *text;) {
        size_t size = strcspn(text, ";");
        struct str name = str_trim((struct str){text, size});
        if (name.size)
            ARRAY_PUSH(arena, &list, str_copy(arena, name));
        text += size + (text[size] == ';');
    }
    *names = list.items;
    *count = (uint32_t)list.count;
    return STATUS_OK;
}

static bool is_known(const struct kafka_partitions *partitions, const char *topic, int32_t number) {
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->items[i].partition == number && strcmp(partitions->items[i].topic, topic) == 0)
            return true;
    return false;
}

/* The partitions of one topic that are not among them yet. */
static enum status add_topic(struct resolver *resolver, const char *topic, const struct bound *start,
                             const struct bound *end, struct arena *arena, struct kafka_partitions *partitions,
                             struct error *error) {
    const char *kept = NULL;
    int32_t count;
    TRY(kafka_partition_count(resolver->client, topic, (int64_t)resolver->timeout_ms * 1000, &count, error));
    for (int32_t number = 0; number < count; number++) {
        if (is_known(partitions, topic, number))
            continue;
        if (!kept)
            kept = arena_strdup(arena, topic);
        struct kafka_partition partition = {.topic = kept, .partition = number, .leader_epoch = -1};
        TRY(resolve_bound(resolver, start, &partition, &partition.start, error));
        TRY(resolve_bound(resolver, end, &partition, &partition.end, error));
        ARRAY_PUSH(arena, partitions, partition);
    }
    return STATUS_OK;
}

/* `scratch` has what is forgotten when this returns: looking again and again must not fill `arena`. */
static enum status add_topics(struct kafka_client *client, const struct options *options,
                              const struct option_spec *specs, struct arena *scratch, struct arena *arena,
                              bool discovery, struct kafka_partitions *partitions, struct error *error) {
    int64_t timeout_us = options_duration_us(options, specs, "connect.timeout");
    struct resolver resolver = {client, (int)(timeout_us / 1000)};
    struct bound start = startup_bound(options, specs), end = end_bound(options, specs);
    TRY(check_group(&start, error));
    TRY(check_group(&end, error));
    if (discovery)
        start.position = POSITION_EARLIEST;
    const char **topics;
    uint32_t topic_count;
    TRY(topic_names(client, options, timeout_us, scratch, &topics, &topic_count, error));
    for (uint32_t t = 0; t < topic_count; t++)
        TRY(add_topic(&resolver, topics[t], &start, &end, arena, partitions, error));
    return STATUS_OK;
}

static enum status add_partitions(struct kafka_client *client, const struct options *options,
                                  const struct option_spec *specs, struct arena *arena, bool discovery,
                                  struct kafka_partitions *partitions, struct error *error) {
    struct arena scratch;
    arena_init(&scratch);
    enum status status = add_topics(client, options, specs, &scratch, arena, discovery, partitions, error);
    arena_release(&scratch);
    return status;
}

bool kafka_topic_id(struct kafka_client *client, const char *topic, int64_t timeout_us, uint8_t id[16]) {
    static const uint8_t none[16];
    struct kafka_admin admin = {.client = *client, .timeout_us = timeout_us}; /* the same handle */
    struct kafka_topic found;
    struct error ignored;
    if (kafka_admin_topic(&admin, topic, &found, &ignored) != STATUS_OK || !found.exists ||
        memcmp(found.id, none, sizeof none) == 0)
        return false;
    memcpy(id, found.id, sizeof found.id);
    return true;
}

static enum status refused(const struct kafka_partition *partition, const char *what, const char *hint,
                           struct error *error) {
    (void)FAIL(error, STATUS_TOPIC_ERROR, "topic \"%s\" partition %d cannot be read on from offset %lld: %s",
               partition->topic, (int)partition->partition, (long long)partition->start, what);
    error_hint(error, "%s", hint);
    return STATUS_TOPIC_ERROR;
}

enum status kafka_topic_check(struct kafka_client *client, const struct kafka_partition *partition, int64_t timeout_us,
                              struct error *error) {
    uint8_t id[16];
    if (partition->has_topic_id && kafka_topic_id(client, partition->topic, timeout_us, id) &&
        memcmp(id, partition->topic_id, sizeof id) != 0)
        return refused(
            partition, "it was deleted and made again",
            "offsets of the former topic mean nothing in this one: start the job with an empty checkpoint path", error);
    return STATUS_OK;
}

enum status kafka_partition_check(struct kafka_client *client, const struct kafka_partition *partition,
                                  int64_t timeout_us, struct error *error) {
    int64_t low, high;
    struct resolver resolver = {client, (int)(timeout_us / 1000)};
    TRY(kafka_topic_check(client, partition, timeout_us, error));
    TRY(watermarks(&resolver, partition, &low, &high, error));
    if (partition->start < low)
        return refused(
            partition, "records that were not read yet are gone",
            "retention, or somebody who deleted records, overtook the job: start it with an empty checkpoint path",
            error);
    if (partition->start > high && partition->start < partition->end)
        return refused(
            partition, "fewer records are there than were read",
            "the partition was cut, as an unclean leader election does: what was read may not be what is there now",
            error);
    return STATUS_OK;
}

enum status kafka_partitions_resolve(struct kafka_client *client, const struct options *options,
                                     const struct option_spec *specs, struct arena *arena,
                                     struct kafka_partitions *partitions, struct error *error) {
    *partitions = (struct kafka_partitions){0};
    TRY(add_partitions(client, options, specs, arena, false, partitions, error));
    if (partitions->count == 0)
        return FAIL(error, STATUS_TOPIC_ERROR, "no topic matches 'topic-pattern' = '%s'",
                    options_find(options, "topic-pattern"));
    return STATUS_OK;
}

enum status kafka_partitions_discover(struct kafka_client *client, const struct options *options,
                                      const struct option_spec *specs, struct arena *arena,
                                      struct kafka_partitions *partitions, struct error *error) {
    return add_partitions(client, options, specs, arena, true, partitions, error);
}
