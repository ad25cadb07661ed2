/* group_offsets.h: tells the table's consumer group how far decided checkpoints have read, for those who watch its lag. Nothing here is ever read
 * back: where a job goes on is in its checkpoint. Used by the source's thread only. */
#pragma once

#include "connectors/kafka/client.h"

struct kafka_group_offsets {
    struct kafka_client *client; /* NULL: the table names no group */
    rd_kafka_queue_t *answers;
    bool is_sent;                           /* a commit whose answer is not here yet */
    rd_kafka_topic_partition_list_t *newer; /* to commit after it; NULL: nothing */
    uint64_t committed_count, failed_count; /* answers */
};

/* Does nothing from here on when the options have no 'properties.group.id'. `client` stays where it is, and open until the release. */
void kafka_group_offsets_init(struct kafka_group_offsets *offsets, struct kafka_client *client,
                              const struct options *options);
/* Commits them without waiting; takes the list. A list that was not sent yet is forgotten for a newer one. */
void kafka_group_offsets_commit(struct kafka_group_offsets *offsets, rd_kafka_topic_partition_list_t *list);
/* Takes answers that are here; a failure is logged at level info. */
void kafka_group_offsets_poll(struct kafka_group_offsets *offsets);
/* Waits a moment for what is under way; also of what _init was never called for (all zero). */
void kafka_group_offsets_release(struct kafka_group_offsets *offsets);
