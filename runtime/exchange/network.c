/* network.c: see the header. */
#include "runtime/exchange/network.h"

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/router.h"

static const struct graph_fragment *producers_of(const struct network *network, const struct graph_edge *edge) {
    return &network->graph->fragments[edge->from_fragment];
}

static const struct graph_fragment *consumers_of(const struct network *network, const struct graph_edge *edge) {
    return &network->graph->fragments[edge->to_fragment];
}

static struct channel **channel_at(const struct network *network, uint32_t edge, uint32_t producer, uint32_t consumer) {
    uint32_t consumers = consumers_of(network, &network->graph->edges[edge])->parallelism;
    return &network->channels[edge][(size_t)producer * consumers + consumer];
}

struct wakeup *network_wakeup(const struct network *network, uint32_t fragment, uint32_t instance) {
    return &network->wakeups[network->graph->fragments[fragment].first_task + instance];
}

static void open_edge(struct network *network, uint32_t number, const struct network_config *config) {
    const struct graph_edge *edge = &network->graph->edges[number];
    uint32_t producers = producers_of(network, edge)->parallelism, consumers = consumers_of(network, edge)->parallelism;
    network->channels[number] = ARENA_ARRAY(network->arena, struct channel *, (size_t)producers * consumers);
    for (uint32_t producer = 0; producer < producers; producer++) {
        uint32_t first, count;
        graph_edge_consumers(network->graph, edge, producer, &first, &count);
        for (uint32_t consumer = first; consumer < first + count; consumer++) {
            struct channel_config channel = {
                .producer = network_wakeup(network, edge->from_fragment, producer),
                .consumer = network_wakeup(network, edge->to_fragment, consumer),
                .batch_limit = config->batch_limit,
                .byte_limit = config->byte_limit,
            };
            *channel_at(network, number, producer, consumer) = channel_new(network->arena, &channel);
        }
    }
}

enum status network_open(struct network *network, const struct network_config *config, struct error *error) {
    const struct execution_graph *graph = config->graph;
    *network = (struct network){
        .graph = graph,
        .arena = config->arena,
        .wakeups = ARENA_ARRAY(config->arena, struct wakeup, graph->task_count),
    };
    for (; network->wakeup_count < graph->task_count; network->wakeup_count++)
        TRY(wakeup_init(&network->wakeups[network->wakeup_count], error));
    network->channels = ARENA_ARRAY(config->arena, struct channel **, graph->edge_count);
    for (uint32_t i = 0; i < graph->edge_count; i++)
        open_edge(network, i, config);
    return STATUS_OK;
}

static void for_each_channel(const struct network *network, void (*visit)(struct channel *channel)) {
    for (uint32_t i = 0; network->channels && i < network->graph->edge_count; i++) {
        const struct graph_edge *edge = &network->graph->edges[i];
        uint32_t pairs = producers_of(network, edge)->parallelism * consumers_of(network, edge)->parallelism;
        for (uint32_t pair = 0; pair < pairs; pair++)
            if (network->channels[i][pair])
                visit(network->channels[i][pair]);
    }
}

void network_close_outputs(struct network *network, uint32_t fragment, uint32_t instance) {
    for (uint32_t i = 0; network->channels && i < network->graph->edge_count; i++) {
        const struct graph_edge *edge = &network->graph->edges[i];
        uint32_t first, count;
        if (edge->from_fragment != fragment)
            continue;
        graph_edge_consumers(network->graph, edge, instance, &first, &count);
        for (uint32_t consumer = first; consumer < first + count; consumer++)
            channel_close(*channel_at(network, i, instance, consumer));
    }
}

void network_close(struct network *network) {
    for_each_channel(network, channel_close);
    for (uint32_t i = 0; i < network->wakeup_count; i++)
        wakeup_release(&network->wakeups[i]);
    *network = (struct network){0};
}

void network_cancel(struct network *network) {
    for_each_channel(network, channel_cancel);
}

static enum status open_router(const struct network *network, uint32_t number, uint32_t instance,
                               struct stream_operator *from, int64_t watermark_granularity_us,
                               struct stream_operator **router, struct error *error) {
    const struct graph_edge *edge = &network->graph->edges[number];
    uint32_t first, count;
    graph_edge_consumers(network->graph, edge, instance, &first, &count);
    struct router_config config = {
        .distribution = edge->distribution,
        .key_columns = edge->key_columns,
        .key_column_count = edge->key_column_count,
        .channels = channel_at(network, number, instance, first),
        .channel_count = count,
        .watermark_granularity_us = watermark_granularity_us,
    };
    return router_new(&config, from, router, error);
}

enum status network_open_routers(const struct network *network, uint32_t fragment, uint32_t instance,
                                 struct stream_operator *const *operators, int64_t watermark_granularity_us,
                                 struct stream_operator **routers, struct stream_operator **sources,
                                 uint32_t *router_count, struct error *error) {
    *router_count = 0;
    for (uint32_t i = 0; i < network->graph->edge_count; i++) {
        const struct graph_edge *edge = &network->graph->edges[i];
        if (edge->from_fragment != fragment)
            continue;
        struct stream_operator *from = operators[edge->from_node], **slot = &routers[*router_count];
        if (sources)
            sources[*router_count] = from;
        enum status status = open_router(network, i, instance, from, watermark_granularity_us, slot, error);
        *router_count += *slot != NULL;
        TRY(status);
    }
    return STATUS_OK;
}

enum status network_open_gates(const struct network *network, uint32_t fragment, uint32_t instance,
                               struct stream_operator *head, struct receiver *receiver, struct error *error) {
    const struct execution_graph *graph = network->graph;
    for (uint32_t i = 0; i < graph->edge_count; i++) {
        const struct graph_edge *edge = &graph->edges[i];
        if (edge->to_fragment != fragment)
            continue;
        struct channel *channels[KEY_GROUP_COUNT];
        uint32_t count = 0, producers = producers_of(network, edge)->parallelism;
        for (uint32_t producer = 0; producer < producers; producer++)
            if (graph_edge_connects(graph, edge, producer, instance))
                channels[count++] = *channel_at(network, i, producer, instance);
        TRY(receiver_add_gate(receiver, head, edge->to_input, graph->plan->nodes[edge->from_node], channels, count,
                              error));
    }
    return STATUS_OK;
}

bool network_has_gates(const struct network *network, uint32_t fragment) {
    for (uint32_t i = 0; i < network->graph->edge_count; i++)
        if (network->graph->edges[i].to_fragment == fragment)
            return true;
    return false;
}
