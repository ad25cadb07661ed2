/* message_decoder.h: messages of one partition to rows of a batch: the value's columns, the key's, and metadata.
 *
 *   messages ─▶ value decoder ─▶ columns     (strings point into the messages: the batch must hold them)
 *            ─▶ key decoder   ─▶
 *            ─▶ metadata
 *
 * Every message is a row or a dead letter. One without a key has NULL in the key's columns. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/kafka.h"

/* One side of a message with its decoder. */
struct side {
    const struct format_class *format;
    struct decoder *decoder; /* NULL: nothing of this side is wanted */
    const uint32_t *targets; /* columns of the batch that it fills */
    uint32_t target_count;
};

struct message_decoder {
    const struct source_config *config;
    bool upserts; /* rows are +U, and messages without value -D of their key */
    struct kafka_layout layout;
    struct side key, value;
    struct {
        uint32_t column;
        enum kafka_metadata metadata;
    } * metadata;
    uint32_t metadata_count;
    /* of the call under way */
    const char *topic, *split;
    rd_kafka_message_t **messages;
};

/* Borrows config. Closing what was not opened, or failed to, is fine when it is zeroed. */
enum status message_decoder_open(struct message_decoder *decoder, const struct source_config *config, bool upserts,
                                 struct error *error) MUST_CHECK;
/* Fills *batch, new with room for all messages, with at most row_limit rows; may put another batch in its place. `split` names their partition in dead letters. */
enum status message_decoder_run(struct message_decoder *decoder, const char *topic, const char *split,
                                rd_kafka_message_t **messages, uint32_t count, uint64_t row_limit, struct batch **batch,
                                struct error *error) MUST_CHECK;
void message_decoder_close(struct message_decoder *decoder);
