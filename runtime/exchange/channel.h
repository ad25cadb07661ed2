/* channel.h: from one task to another in the same process: a bounded ring with one producer and one consumer, which carries, in one
 * order, batches and control records.
 *
 *   producer's thread                                                     consumer's thread
 *   channel_try_… ──▶ [ batch │ batch │ watermark │ batch │ barrier │ … ] ──▶ channel_take
 *                      room for batches: batch_limit, byte_limit
 *                      room for control records: their own, so a full queue of batches never keeps one back
 *
 * A batch is admitted while fewer than batch_limit are queued and their bytes stay below byte_limit; one is always admitted when none is
 * queued. Batches are lent (batch_lend): the channel has their only reference, then the consumer.
 * Control records keep their place among the batches. Watermarks and idleness have CHANNEL_CONTROL_SLOTS, barriers
 * CHANNEL_BARRIER_SLOTS more, the end one that nothing else can take. When a consumer that does not read leaves even these
 * full, its producer waits as it would for room for a batch.
 *
 * Neither side locks or waits in here. The consumer's wakeup is posted for every item, the producer's when the ring is half empty
 * again, so that the two do not wake each other for each batch; channel_wait_for_room is the producer's way to sleep.
 * Why no barrier can be caught in a cycle of waiting: docs/design/014-exchange.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "runtime/protocol/message.h"

struct arena;
struct batch;
struct channel;
struct wakeup;

enum {
    CHANNEL_BATCHES_DEFAULT = 16,
    CHANNEL_BYTES_DEFAULT = 4 << 20,
    CHANNEL_CONTROL_SLOTS = 64,
    CHANNEL_BARRIER_SLOTS = 8,
};

enum channel_item_kind { CHANNEL_BATCH = 1, CHANNEL_WATERMARK, CHANNEL_IDLE, CHANNEL_BARRIER, CHANNEL_END };

struct channel_item {
    enum channel_item_kind kind;
    union {
        struct {
            struct batch *batch; /* the taker's reference */
            size_t size_bytes;
        };
        int64_t watermark_us;
        bool idle;
        struct barrier barrier;
    };
};

struct channel_config {
    struct wakeup *producer, *consumer; /* of the two tasks; outlive the channel */
    uint32_t batch_limit;               /* 0: CHANNEL_BATCHES_DEFAULT */
    size_t byte_limit;                  /* 0: CHANNEL_BYTES_DEFAULT */
};

struct channel *channel_new(struct arena *arena, const struct channel_config *config);
/* Releases what was not taken. Both threads must be done with it; the memory is the arena's. */
void channel_close(struct channel *channel);

/* The producer. False: no room now, nothing was done. A lent batch is taken when true; once the consumer refuses rows it is let go of. */
bool channel_try_batch(struct channel *channel, struct batch *batch);
bool channel_try_watermark(struct channel *channel, int64_t watermark_us);
bool channel_try_idle(struct channel *channel, bool idle);
bool channel_try_barrier(struct channel *channel, const struct barrier *barrier);
/* The last thing; there is always room. */
void channel_end(struct channel *channel);
/* Sleeps until there may be room again. CANCELLED when channel_cancel was called. */
enum status channel_wait_for_room(struct channel *channel, struct error *error) MUST_CHECK;
/* Whether the consumer wants no more rows (it has its LIMIT). */
bool channel_is_refused(const struct channel *channel);

/* The consumer. */
bool channel_take(struct channel *channel, struct channel_item *item);
bool channel_has_items(const struct channel *channel);
void channel_refuse(struct channel *channel);

/* Any thread: whoever waits for room gives up, now and from now on. */
void channel_cancel(struct channel *channel);
bool channel_is_cancelled(const struct channel *channel);

/* Any thread, for metrics: batches queued now, and how often the producer had to sleep. */
uint64_t channel_queued_batches(const struct channel *channel);
uint64_t channel_wait_count(const struct channel *channel);
