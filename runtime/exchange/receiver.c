/* receiver.c: see the header. Invariants: a channel is blocked only while aligning; arrived_count counts the blocked channels that
 * have not ended; an alignment is completed in the step in which its last delivery, or the end of the last missing channel, comes. */
#include "runtime/exchange/receiver.h"

#include "core/base/array.h"
#include "core/base/env.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/exchange_node.h"
#include "runtime/exchange/wakeup.h"

struct receiver_channel {
    struct channel *channel;
    struct stream_operator *gate;
    uint32_t gate_input;
    bool ended;
    bool blocked; /* delivered the barrier being aligned */
    bool refused;
};

/* ---- gates ---- */

static enum status gate_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)self, (void)node, (void)error;
    return STATUS_OK;
}

static enum status gate_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                 struct error *error) {
    (void)input;
    batch_reference(batch);
    return operator_emit(self, batch, error);
}

static enum status gate_on_watermark(struct stream_operator *self, int64_t watermark_us, struct error *error) {
    if (watermark_us != WATERMARK_END)
        self->context->evaluation->watermark_us = watermark_us;
    return operator_emit_watermark(self, watermark_us, error);
}

static const struct operator_class gate_class = {
    .name = "Exchange",
    .size = sizeof(struct stream_operator),
    .open = gate_open,
    .on_batch = gate_on_batch,
    .on_watermark = gate_on_watermark,
};

void receiver_init(struct receiver *receiver, const struct receiver_config *config) {
    *receiver = (struct receiver){.config = *config};
}

enum status receiver_add_gate(struct receiver *receiver, struct stream_operator *head, uint32_t input,
                              const Plan__Node *from, struct channel *const *channels, uint32_t channel_count,
                              struct error *error) {
    if (channel_count == 0)
        return STATUS_OK;
    struct arena *arena = receiver->config.arena;
    struct schema **schemas = ARENA_ARRAY(arena, struct schema *, channel_count);
    for (uint32_t i = 0; i < channel_count; i++)
        schemas[i] = head->input_schemas[input];
    struct stream_operator *gate = NULL;
    TRY(operator_new(&gate_class, exchange_node_new(arena, from), schemas, channel_count, head->context, &gate, error));
    operator_connect(gate, head, input);
    ARRAY_PUSH(arena, &receiver->gates, gate);
    for (uint32_t i = 0; i < channel_count; i++) {
        struct receiver_channel added = {.channel = channels[i], .gate = gate, .gate_input = i};
        ARRAY_PUSH(arena, &receiver->channels, added);
    }
    receiver->live_count += channel_count;
    return STATUS_OK;
}

static bool has_gate(const struct receiver *receiver, uint32_t input) {
    for (size_t i = 0; i < receiver->gates.count; i++)
        if (receiver->gates.items[i]->outputs[0].input == input)
            return true;
    return false;
}

enum status receiver_start(struct receiver *receiver, struct stream_operator *head, struct error *error) {
    for (uint32_t input = 0; input < head->input_count; input++)
        if (!has_gate(receiver, input))
            TRY(operator_on_end(head, input, error));
    return STATUS_OK;
}

void receiver_close(struct receiver *receiver) {
    for (size_t i = 0; i < receiver->gates.count; i++)
        operator_close(receiver->gates.items[i]);
}

bool receiver_has_ended(const struct receiver *receiver) {
    return receiver->live_count == 0;
}

/* ---- alignment ---- */

static int compare_barriers(const struct barrier *a, const struct barrier *b) {
    if (a->generation != b->generation)
        return a->generation < b->generation ? -1 : 1;
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    return (a->attempt > b->attempt) - (a->attempt < b->attempt);
}

static void unblock(struct receiver *receiver) {
    for (size_t i = 0; i < receiver->channels.count; i++)
        receiver->channels.items[i].blocked = false;
    receiver->arrived_count = 0;
    receiver->aligning = false;
}

static enum status complete_if_aligned(struct receiver *receiver, struct error *error) {
    if (!receiver->aligning || receiver->arrived_count < receiver->live_count)
        return STATUS_OK;
    receiver->aligned_last_us = env_monotonic_us(receiver->config.env) - receiver->aligning_since_us;
    receiver->aligned_total_us += receiver->aligned_last_us;
    receiver->barriers_completed++;
    unblock(receiver);
    struct barrier completed = receiver->newest;
    return receiver->config.on_barrier(receiver->config.context, &completed, error);
}

/* Whether the barrier is to be aligned; begins to when it is the first of its kind. */
static bool enter_alignment(struct receiver *receiver, const struct barrier *barrier) {
    int order = compare_barriers(barrier, &receiver->newest);
    if (order < 0 || (order == 0 && !receiver->aligning))
        return false;
    if (order == 0)
        return true;
    receiver->barriers_given_up += receiver->aligning;
    unblock(receiver);
    receiver->newest = *barrier;
    receiver->aligning = true;
    receiver->aligning_since_us = env_monotonic_us(receiver->config.env);
    return true;
}

static enum status take_barrier(struct receiver *receiver, struct receiver_channel *from, const struct barrier *barrier,
                                struct error *error) {
    if (!enter_alignment(receiver, barrier))
        return STATUS_OK;
    from->blocked = true;
    receiver->arrived_count++;
    return complete_if_aligned(receiver, error);
}

static enum status take_end(struct receiver *receiver, struct receiver_channel *from, struct error *error) {
    from->ended = true;
    receiver->live_count--;
    TRY(operator_on_end(from->gate, from->gate_input, error));
    return complete_if_aligned(receiver, error);
}

enum status receiver_inject(struct receiver *receiver, const struct barrier *barrier, struct error *error) {
    ASSERT(receiver->live_count == 0);
    return enter_alignment(receiver, barrier) ? complete_if_aligned(receiver, error) : STATUS_OK;
}

void receiver_abort(struct receiver *receiver, const struct barrier *barrier) {
    if (compare_barriers(barrier, &receiver->newest) < 0)
        return;
    receiver->barriers_given_up += receiver->aligning;
    unblock(receiver);
    receiver->newest = *barrier;
}

/* ---- reading ---- */

static enum status deliver(struct receiver *receiver, struct receiver_channel *from, struct channel_item *item,
                           struct error *error) {
    enum status status;
    switch (item->kind) {
    case CHANNEL_BATCH:
        status = operator_on_batch(from->gate, from->gate_input, item->batch, error);
        batch_release(item->batch);
        return status;
    case CHANNEL_WATERMARK: return operator_on_watermark(from->gate, from->gate_input, item->watermark_us, error);
    case CHANNEL_IDLE: return operator_on_idle(from->gate, from->gate_input, item->idle, error);
    case CHANNEL_BARRIER: return take_barrier(receiver, from, &item->barrier, error);
    case CHANNEL_END: return take_end(receiver, from, error);
    }
    UNREACHABLE();
}

static enum status read_channel(struct receiver *receiver, struct receiver_channel *from, bool *made_progress,
                                struct error *error) {
    struct channel_item item = {0};
    while (item.kind != CHANNEL_BATCH && !from->ended && !from->blocked && channel_take(from->channel, &item)) {
        *made_progress = true;
        TRY(deliver(receiver, from, &item, error));
    }
    return STATUS_OK;
}

static void refuse_unwanted(struct receiver *receiver, bool *stop_wanted) {
    *stop_wanted = false;
    for (size_t i = 0; i < receiver->channels.count; i++) {
        struct receiver_channel *channel = &receiver->channels.items[i];
        if (channel->ended || channel->refused || operator_wants_rows(channel->gate))
            continue;
        channel->refused = true;
        channel_refuse(channel->channel);
    }
}

static bool have_all_begun(const struct receiver *receiver) {
    for (size_t i = 0; i < receiver->channels.count; i++)
        if (!channel_has_items(receiver->channels.items[i].channel))
            return false;
    return true;
}

/* What each channel begins with, before what follows it on any. */
static enum status begin(struct receiver *receiver, struct error *error) {
    receiver->has_begun = true;
    for (size_t i = 0; i < receiver->channels.count; i++) {
        struct receiver_channel *from = &receiver->channels.items[i];
        struct channel_item item;
        channel_take(from->channel, &item);
        TRY(deliver(receiver, from, &item, error));
    }
    return STATUS_OK;
}

enum status receiver_step(struct receiver *receiver, bool *made_progress, struct error *error) {
    uint32_t count = (uint32_t)receiver->channels.count;
    *made_progress = !receiver->has_begun && have_all_begun(receiver);
    if (*made_progress)
        TRY(begin(receiver, error));
    if (!receiver->has_begun)
        return STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        struct receiver_channel *from = &receiver->channels.items[(receiver->next_channel + i) % count];
        TRY(read_channel(receiver, from, made_progress, error));
        bool *stop_wanted = from->gate->context->stop_wanted;
        if (*stop_wanted)
            refuse_unwanted(receiver, stop_wanted);
    }
    receiver->next_channel = count ? (receiver->next_channel + 1) % count : 0;
    return STATUS_OK;
}

static bool has_something(const struct receiver *receiver) {
    if (!receiver->has_begun)
        return have_all_begun(receiver);
    for (size_t i = 0; i < receiver->channels.count; i++) {
        const struct receiver_channel *channel = &receiver->channels.items[i];
        if (!channel->ended && !channel->blocked && channel_has_items(channel->channel))
            return true;
    }
    return false;
}

static bool is_cancelled(const struct receiver *receiver) {
    for (size_t i = 0; i < receiver->channels.count; i++)
        if (channel_is_cancelled(receiver->channels.items[i].channel))
            return true;
    return false;
}

enum status receiver_wait(struct receiver *receiver, int64_t max_wait_us, struct error *error) {
    wakeup_arm(receiver->config.wakeup);
    bool cancelled = is_cancelled(receiver);
    if (cancelled || has_something(receiver))
        wakeup_disarm(receiver->config.wakeup);
    else
        wakeup_wait(receiver->config.wakeup, max_wait_us);
    return cancelled ? FAIL(error, STATUS_CANCELLED, "the job is being stopped") : STATUS_OK;
}
