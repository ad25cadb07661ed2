/* router.h: the end of a chain: an operator that sends what it is handed to the tasks that go on with it, one channel each.
 *
 *              ┌─ builder 0 ─▶ channel 0        rows: by distribution
 *   chain ──▶ router ─ builder 1 ─▶ channel 1   watermarks, idleness, barriers, the end: to all
 *              └─ builder 2 ─▶ channel 2
 *
 *   HASH                 row ─▶ key group of its key columns (column_hash, core/base/hash.h) ─▶ the instance that owns it
 *   BROADCAST            every batch to every channel, its columns shared
 *   FORWARD, SINGLETON   one channel: batches as they are
 *
 * Rows keep their order on each channel and their change kinds; a -U and the +U behind it stay in one batch when they go the same way.
 * Pieces of batches are packed up to batch_rows. They go on when full, before a barrier, a flush, idleness and the end,
 * after ROUTER_LINGER_US at the latest, and before a watermark that closes a window: one that passes a multiple of the
 * watermark granularity (runtime/split_watermarks.h). A watermark that does not is held with the rows, which may then pass it:
 * no row's lateness depends on it.
 *
 * Sending waits when a channel is full, and so holds back the whole chain; the chain's task must not be waited for by that channel's
 * consumer in any other way. CANCELLED ends the waiting. When no channel wants rows the router is done, as an operator is.
 */
#pragma once

#include "executor/operator.h"
#include "runtime/protocol/message.h"

struct channel;

enum { ROUTER_LINGER_US = 2000 };

extern const struct operator_class router_class;

struct router_config {
    Plan__Distribution distribution;
    const uint32_t *key_columns; /* HASH: of the rows */
    uint32_t key_column_count;
    struct channel *const *channels;  /* HASH: by instance of the consumer */
    uint32_t channel_count;           /* FORWARD, SINGLETON: 1 */
    int64_t watermark_granularity_us; /* <= 1: every watermark counts */
};

/* Makes a router in the task's arena and connects it behind `from`, whose rows it takes. The lists are borrowed. */
enum status router_new(const struct router_config *config, struct stream_operator *from,
                       struct stream_operator **router, struct error *error) MUST_CHECK;
/* Before the first batch: the greeting that receivers wait for (receiver.h): whether `from` is idle; then, when its task was restored, how
 * far it is. */
enum status router_start(struct stream_operator *router, const struct stream_operator *from,
                         struct error *error) MUST_CHECK;
/* Sends what is held, then the barrier, everywhere. Nothing after the end. */
enum status router_barrier(struct stream_operator *router, const struct barrier *barrier,
                           struct error *error) MUST_CHECK;
/* Looks whether anybody still wants rows; to be called now and then, as a consumer's refusal wakes nobody. */
void router_check(struct stream_operator *router);
