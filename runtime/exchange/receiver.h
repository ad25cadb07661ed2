/* receiver.h: the head of a chain that takes rows from other tasks: reads their channels fairly and aligns barriers.
 *
 *   channels of input 0 ══▶ gate 0 ─┐
 *                                   ├─▶ head ─▶ … the chain
 *   channels of input 1 ══▶ gate 1 ─┘
 *
 * A gate is an operator with one input per channel: the dispatcher merges their watermarks, idleness and ends, as it does for every
 * operator (executor/operator.h), and the head sees one input per input of its plan node.
 *
 * Nothing is read until every channel has its first item, which tells whether its producer is idle (router_start); these are taken first.
 * So the first rows of one are not judged before it is known which of the others have a say in the watermark.
 *
 * Alignment: a channel that delivered barrier b is not read on until every channel that has not ended has delivered b; then
 * on_barrier is called, with all rows before b in the state and none behind it, and reading goes on.
 *
 *              first channel delivers b                        the last one does: on_barrier(b)
 *   reading ───────────────────────────▶ aligning b ───────────────────────────────────────────▶ reading
 *                                         │    ▲
 *                                         └────┘ a newer barrier comes (another attempt): it takes b's place,
 *                                                channels that wait for b are read on; receiver_abort: as if it had come
 *
 * Barriers are ordered by generation, epoch, attempt; one that is not newer than what was completed or given up is passed over.
 * Everything runs on the task's thread.
 */
#pragma once

#include "core/base/arena.h"
#include "executor/operator.h"
#include "runtime/protocol/message.h"

struct channel;
struct env;
struct wakeup;

struct receiver_config {
    struct arena *arena;   /* the task's */
    struct wakeup *wakeup; /* the consumer's of all channels */
    struct env *env;
    /* All state before the barrier, none behind it: snapshot now, then hand the barrier on (router_barrier). */
    enum status (*on_barrier)(void *context, const struct barrier *barrier, struct error *error);
    void *context;
};

struct receiver_channel;

struct receiver {
    struct receiver_config config;
    struct {
        struct receiver_channel *items;
        size_t count, capacity;
    } channels;
    struct {
        struct stream_operator **items;
        size_t count, capacity;
    } gates;
    bool has_begun;        /* every channel has */
    uint32_t next_channel; /* the one to begin with */
    uint32_t live_count;   /* channels that have not ended */
    struct barrier newest; /* being aligned, or the last completed or given up; generation 0: none yet */
    bool aligning;
    uint32_t arrived_count; /* live channels that delivered it */
    int64_t aligning_since_us;
    /* Observed */
    int64_t aligned_last_us, aligned_total_us; /* from the first to the last delivery of a completed barrier */
    uint64_t barriers_completed, barriers_given_up;
};

void receiver_init(struct receiver *receiver, const struct receiver_config *config);
/* Input `input` of the head comes from these channels, rows as `from` has them in the plan. Without channels (a consumer of a FORWARD
 * edge that has fewer producers) the input ends at once, in receiver_start. */
enum status receiver_add_gate(struct receiver *receiver, struct stream_operator *head, uint32_t input,
                              const Plan__Node *from, struct channel *const *channels, uint32_t channel_count,
                              struct error *error) MUST_CHECK;
enum status receiver_start(struct receiver *receiver, struct stream_operator *head, struct error *error) MUST_CHECK;
void receiver_close(struct receiver *receiver); /* not the channels */

/* One round: from every channel that may be read at most one batch, with the control records before it. *made_progress: something was
 * there. A channel whose rows nobody wants any more is told so. */
enum status receiver_step(struct receiver *receiver, bool *made_progress, struct error *error) MUST_CHECK;
/* Sleeps until something may be there to read, or the wakeup is posted for another reason; at most max_wait_us (< 0: for ever).
 * CANCELLED when channels were cancelled. */
enum status receiver_wait(struct receiver *receiver, int64_t max_wait_us, struct error *error) MUST_CHECK;
/* Every channel has ended, and so has the head. */
bool receiver_has_ended(const struct receiver *receiver);

/* A barrier for a task all of whose channels have ended: nobody sends it any. Completes at once. */
enum status receiver_inject(struct receiver *receiver, const struct barrier *barrier, struct error *error) MUST_CHECK;
/* This attempt, and what is older, will not be completed. Every receiver must be told so when a newer attempt begins: channels alone can
 * leave two attempts waiting for each other (docs/design/014-exchange.md). */
void receiver_abort(struct receiver *receiver, const struct barrier *barrier);
