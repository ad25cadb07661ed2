/* network.h: all channels of a job in this process, and what each task has of them: routers at the ends of its chain, gates at its head.
 *
 *   execution graph ─▶ a wakeup per task, a channel per pair of instances that an edge connects
 *
 * Opened and closed by one thread while no task runs. Tasks that are opened share nothing else.
 */
#pragma once

#include "runtime/exchange/receiver.h"
#include "runtime/exchange/wakeup.h"
#include "runtime/execution_graph.h"

struct network_config {
    struct arena *arena; /* outlives all tasks */
    const struct execution_graph *graph;
    uint32_t batch_limit; /* of each channel, as in channel_config */
    size_t byte_limit;
};

struct network {
    const struct execution_graph *graph;
    struct arena *arena;
    struct wakeup *wakeups; /* by task number */
    uint32_t wakeup_count;
    struct channel ***channels; /* by edge: [producer * consumers + consumer], NULL where there is none */
};

/* After a failure network_close is still to be called. */
enum status network_open(struct network *network, const struct network_config *config, struct error *error) MUST_CHECK;
/* Lets go of what an instance sent and nobody took. Consumers' operators were closed, its own were not: a source must be the last to know of the
 * bytes that its rows borrow. */
void network_close_outputs(struct network *network, uint32_t fragment, uint32_t instance);
/* All tasks have ended: what is under way is released. Then pools may go, from the last fragment's to the first's. A zeroed one is fine. */
void network_close(struct network *network);
/* Any thread: whoever waits for room gives up, whoever waits for something to read wakes. */
void network_cancel(struct network *network);

struct wakeup *network_wakeup(const struct network *network, uint32_t fragment, uint32_t instance);

/* The routers of one instance, behind its operators (by node id); they belong to its task. routers, zeroed, and sources have room for all edges;
 * sources (MAY be NULL) receives whose rows each sends. After a failure the last of them may be there in part: it is counted. */
enum status network_open_routers(const struct network *network, uint32_t fragment, uint32_t instance,
                                 struct stream_operator *const *operators, int64_t watermark_granularity_us,
                                 struct stream_operator **routers, struct stream_operator **sources,
                                 uint32_t *router_count, struct error *error) MUST_CHECK;
/* Likewise its gates, before its head; none when no edge leads to it. */
enum status network_open_gates(const struct network *network, uint32_t fragment, uint32_t instance,
                               struct stream_operator *head, struct receiver *receiver, struct error *error) MUST_CHECK;
/* Whether an edge leads to the fragment. */
bool network_has_gates(const struct network *network, uint32_t fragment);
