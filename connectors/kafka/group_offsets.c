/* group_offsets.c: one commit at a time, the newest next; what fails is told and left. Invariant: nobody waits for a group but the end of a source,
 * and that not for long. */
#include "connectors/kafka/group_offsets.h"

#include "core/base/log.h"

enum { WAIT_AT_END_MS = 3000, WAIT_STEP_MS = 50 };

static void send_list(struct kafka_group_offsets *offsets, rd_kafka_topic_partition_list_t *list);

static void on_answer(rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                      void *opaque) {
    (void)handle;
    struct kafka_group_offsets *offsets = opaque;
    offsets->is_sent = false;
    for (int i = 0; list && i < list->cnt && !code; i++)
        code = list->elems[i].err;
    offsets->committed_count += !code;
    offsets->failed_count += code != 0;
    if (code)
        log_info("offsets were not committed to the consumer group; they are for monitoring only",
                 log_text("reason", rd_kafka_err2str(code)));
    rd_kafka_topic_partition_list_t *newer = offsets->newer;
    offsets->newer = NULL;
    if (newer)
        send_list(offsets, newer);
}

static void send_list(struct kafka_group_offsets *offsets, rd_kafka_topic_partition_list_t *list) {
    offsets->is_sent = true;
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(offsets->client->handle, list, offsets->answers, on_answer, offsets);
    rd_kafka_topic_partition_list_destroy(list);
    if (code)
        on_answer(offsets->client->handle, code, NULL, offsets);
}

void kafka_group_offsets_init(struct kafka_group_offsets *offsets, struct kafka_client *client,
                              const struct options *options) {
    *offsets = (struct kafka_group_offsets){0};
    const char *wanted = options_find(options, "properties.commit.offsets.on.checkpoint");
    if (!options_find(options, "properties.group.id") || (wanted && text_equal_ignore_case(wanted, "false")))
        return;
    offsets->client = client;
    offsets->answers = rd_kafka_queue_new(client->handle);
}

void kafka_group_offsets_commit(struct kafka_group_offsets *offsets, rd_kafka_topic_partition_list_t *list) {
    if (!offsets->client || list->cnt == 0) {
        rd_kafka_topic_partition_list_destroy(list);
        return;
    }
    kafka_group_offsets_poll(offsets);
    if (!offsets->is_sent) {
        send_list(offsets, list);
        return;
    }
    if (offsets->newer)
        rd_kafka_topic_partition_list_destroy(offsets->newer);
    offsets->newer = list;
}

void kafka_group_offsets_poll(struct kafka_group_offsets *offsets) {
    if (offsets->is_sent)
        (void)rd_kafka_queue_poll_callback(offsets->answers, 0);
}

void kafka_group_offsets_release(struct kafka_group_offsets *offsets) {
    if (!offsets->client)
        return;
    for (int left_ms = WAIT_AT_END_MS; offsets->is_sent && left_ms > 0; left_ms -= WAIT_STEP_MS)
        (void)rd_kafka_queue_poll_callback(offsets->answers, WAIT_STEP_MS);
    if (offsets->newer)
        rd_kafka_topic_partition_list_destroy(offsets->newer);
    rd_kafka_queue_destroy(offsets->answers);
    offsets->client = NULL;
}
