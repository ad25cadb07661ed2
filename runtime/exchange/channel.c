/* channel.c: the ring. `tail` is the producer's, `head` the consumer's; each reads the other's.
 * Invariants: head <= tail <= head + slots; the limits on batches and bytes are checked by the producer alone, against what it has sent
 * and what the consumer says it has taken, so they are never exceeded. Stores of head and tail are sequentially consistent
 * because the wake-ups rely on it (wakeup.h). */
#include "runtime/exchange/channel.h"

#include "core/base/arena.h"
#include "core/data/batch.h"
#include "runtime/exchange/wakeup.h"

enum { END_SLOTS = 1 };

struct channel {
    struct channel_item *items;
    uint64_t slot_count; /* a power of two */
    uint32_t batch_limit;
    size_t byte_limit;
    struct wakeup *producer, *consumer;
    bool cancelled, refused; /* atomic; they only become true */
    /* Written by the producer; apart, so that the two sides do not fight for a cache line. */
    _Alignas(64) uint64_t tail;
    uint64_t batches_sent, bytes_sent, wait_count;
    uint64_t needed_bytes; /* of the batch it may be waiting with */
    bool has_ended;
    /* Written by the consumer. */
    _Alignas(64) uint64_t head;
    uint64_t batches_taken, bytes_taken;
};

static uint64_t load(const uint64_t *number) {
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

static void add(uint64_t *number, uint64_t amount) { /* one writer */
    __atomic_store_n(number, load(number) + amount, __ATOMIC_RELAXED);
}

struct channel *channel_new(struct arena *arena, const struct channel_config *config) {
    struct channel *channel = arena_alloc_aligned(arena, sizeof *channel, 64);
    *channel = (struct channel){
        .batch_limit = config->batch_limit ? config->batch_limit : CHANNEL_BATCHES_DEFAULT,
        .byte_limit = config->byte_limit ? config->byte_limit : CHANNEL_BYTES_DEFAULT,
        .producer = config->producer,
        .consumer = config->consumer,
        .slot_count = 1,
    };
    while (channel->slot_count < channel->batch_limit + CHANNEL_CONTROL_SLOTS + CHANNEL_BARRIER_SLOTS + END_SLOTS)
        channel->slot_count *= 2;
    channel->items = ARENA_ARRAY(arena, struct channel_item, channel->slot_count);
    return channel;
}

void channel_close(struct channel *channel) {
    struct channel_item item;
    while (channel_take(channel, &item))
        if (item.kind == CHANNEL_BATCH)
            batch_release(item.batch);
}

/* ---- the producer ---- */

/* Whether an item fits that must leave `reserved` slots to others. */
static bool has_slot(const struct channel *channel, uint64_t reserved) {
    uint64_t used = load(&channel->tail) - __atomic_load_n(&channel->head, __ATOMIC_SEQ_CST);
    return used + reserved < channel->slot_count;
}

static void put(struct channel *channel, const struct channel_item *item) {
    ASSERT(!channel->has_ended);
    uint64_t tail = load(&channel->tail);
    channel->items[tail & (channel->slot_count - 1)] = *item;
    __atomic_store_n(&channel->tail, tail + 1, __ATOMIC_SEQ_CST);
    wakeup_post(channel->consumer);
}

static bool has_room_for_batch(const struct channel *channel, size_t size_bytes) {
    if (!has_slot(channel,
                  CHANNEL_CONTROL_SLOTS + CHANNEL_BARRIER_SLOTS + END_SLOTS)) /* reads head: what follows is as new */
        return false;
    uint64_t batches = load(&channel->batches_sent) - load(&channel->batches_taken);
    uint64_t bytes = load(&channel->bytes_sent) - load(&channel->bytes_taken);
    return batches == 0 || (batches < channel->batch_limit && bytes + size_bytes <= channel->byte_limit);
}

bool channel_try_batch(struct channel *channel, struct batch *batch) {
    ASSERT(batch->is_lent && batch->reference_count == 1);
    if (channel_is_refused(channel)) {
        batch_release(batch);
        return true;
    }
    struct channel_item item = {.kind = CHANNEL_BATCH, .batch = batch, .size_bytes = batch_size_bytes(batch)};
    if (!has_room_for_batch(channel, item.size_bytes)) {
        __atomic_store_n(&channel->needed_bytes, item.size_bytes, __ATOMIC_SEQ_CST);
        return false;
    }
    __atomic_store_n(&channel->needed_bytes, 0, __ATOMIC_SEQ_CST);
    add(&channel->batches_sent, 1);
    add(&channel->bytes_sent, item.size_bytes);
    put(channel, &item);
    return true;
}

static bool try_control(struct channel *channel, const struct channel_item *item, uint64_t reserved) {
    if (!has_slot(channel, reserved))
        return false;
    put(channel, item);
    return true;
}

bool channel_try_watermark(struct channel *channel, int64_t watermark_us) {
    return try_control(channel, &(struct channel_item){.kind = CHANNEL_WATERMARK, .watermark_us = watermark_us},
                       CHANNEL_BARRIER_SLOTS + END_SLOTS);
}

bool channel_try_idle(struct channel *channel, bool idle) {
    return try_control(channel, &(struct channel_item){.kind = CHANNEL_IDLE, .idle = idle},
                       CHANNEL_BARRIER_SLOTS + END_SLOTS);
}

bool channel_try_barrier(struct channel *channel, const struct barrier *barrier) {
    return try_control(channel, &(struct channel_item){.kind = CHANNEL_BARRIER, .barrier = *barrier}, END_SLOTS);
}

void channel_end(struct channel *channel) {
    ASSERT(has_slot(channel, 0));
    put(channel, &(struct channel_item){.kind = CHANNEL_END});
    channel->has_ended = true;
}

/* Whether it is worth waking the producer: half of everything is free, and what it waits with fits. */
static bool has_room_again(const struct channel *channel) {
    uint64_t used =
        __atomic_load_n(&channel->tail, __ATOMIC_SEQ_CST) - __atomic_load_n(&channel->head, __ATOMIC_SEQ_CST);
    uint64_t batches = load(&channel->batches_sent) - load(&channel->batches_taken);
    uint64_t bytes = load(&channel->bytes_sent) - load(&channel->bytes_taken);
    uint64_t needed = __atomic_load_n(&channel->needed_bytes, __ATOMIC_SEQ_CST);
    bool has_room_for_rows = batches == 0 || (batches <= channel->batch_limit / 2 && bytes <= channel->byte_limit / 2 &&
                                              bytes + needed <= channel->byte_limit);
    return has_room_for_rows && used <= CHANNEL_CONTROL_SLOTS / 2;
}

enum status channel_wait_for_room(struct channel *channel, struct error *error) {
    add(&channel->wait_count, 1);
    wakeup_arm(channel->producer);
    if (has_room_again(channel) || channel_is_refused(channel) || channel_is_cancelled(channel))
        wakeup_disarm(channel->producer);
    else
        wakeup_wait(channel->producer, -1);
    return channel_is_cancelled(channel) ? FAIL(error, STATUS_CANCELLED, "the job is being stopped") : STATUS_OK;
}

bool channel_is_refused(const struct channel *channel) {
    return __atomic_load_n(&channel->refused, __ATOMIC_SEQ_CST);
}

/* ---- the consumer ---- */

bool channel_has_items(const struct channel *channel) {
    return __atomic_load_n(&channel->tail, __ATOMIC_SEQ_CST) != load(&channel->head);
}

bool channel_take(struct channel *channel, struct channel_item *item) {
    if (!channel_has_items(channel))
        return false;
    uint64_t head = load(&channel->head);
    *item = channel->items[head & (channel->slot_count - 1)];
    if (item->kind == CHANNEL_BATCH) {
        add(&channel->batches_taken, 1);
        add(&channel->bytes_taken, item->size_bytes);
    }
    __atomic_store_n(&channel->head, head + 1, __ATOMIC_SEQ_CST);
    if (has_room_again(channel))
        wakeup_post(channel->producer);
    return true;
}

void channel_refuse(struct channel *channel) {
    __atomic_store_n(&channel->refused, true, __ATOMIC_SEQ_CST);
    wakeup_post(channel->producer);
}

/* ---- both ---- */

void channel_cancel(struct channel *channel) {
    __atomic_store_n(&channel->cancelled, true, __ATOMIC_SEQ_CST);
    wakeup_post(channel->producer);
    wakeup_post(channel->consumer);
}

bool channel_is_cancelled(const struct channel *channel) {
    return __atomic_load_n(&channel->cancelled, __ATOMIC_SEQ_CST);
}

uint64_t channel_queued_batches(const struct channel *channel) {
    uint64_t taken = load(&channel->batches_taken), sent = load(&channel->batches_sent);
    return sent - taken; /* in this order: sent is never behind */
}

uint64_t channel_wait_count(const struct channel *channel) {
    return load(&channel->wait_count);
}
