/* execution_graph.c: see the header. */
#include "runtime/execution_graph.h"

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/str.h"
#include "runtime/protocol/manifest.h"

struct builder {
    struct arena *arena;
    struct execution_graph *graph;
    uint32_t *parallelism; /* by node */
    struct {
        struct graph_edge *items;
        size_t count, capacity;
    } edges;
};

static uint32_t node_count(const struct builder *builder) {
    return (uint32_t)builder->graph->plan->n_nodes;
}

static void add_node(struct builder *builder, uint32_t fragment, const Plan__Node *node) {
    struct graph_fragment *to = &builder->graph->fragments[fragment];
    to->nodes[to->node_count++] = node->id;
    builder->graph->fragment_of_node[node->id] = fragment;
}

static uint32_t add_fragment(struct builder *builder, uint32_t parallelism) {
    struct execution_graph *graph = builder->graph;
    struct graph_fragment *fragment = &graph->fragments[graph->fragment_count];
    fragment->nodes = ARENA_ARRAY(builder->arena, uint32_t, node_count(builder));
    fragment->parallelism = parallelism;
    return graph->fragment_count++;
}

/* Whether the node can be called directly by its inputs; then *fragment is theirs. */
static bool joins_inputs(const struct builder *builder, const Plan__Node *node, uint32_t *fragment) {
    const struct execution_graph *graph = builder->graph;
    if (node->n_inputs == 0)
        return false;
    *fragment = graph->fragment_of_node[node->inputs[0]];
    for (size_t i = 1; i < node->n_inputs; i++)
        if (graph->fragment_of_node[node->inputs[i]] != *fragment)
            return false;
    uint32_t instances = builder->parallelism[node->id];
    return graph->fragments[*fragment].parallelism == instances &&
           (node->distribution == PLAN__DISTRIBUTION__FORWARD || instances == 1);
}

static void add_edges(struct builder *builder, const Plan__Node *node) {
    const struct execution_graph *graph = builder->graph;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        struct graph_edge edge = {
            .from_node = node->inputs[i],
            .from_fragment = graph->fragment_of_node[node->inputs[i]],
            .to_node = node->id,
            .to_fragment = graph->fragment_of_node[node->id],
            .to_input = i,
            .distribution = node->distribution,
            .key_columns = node->distribution_columns,
            .key_column_count = (uint32_t)node->n_distribution_columns,
        };
        ARRAY_PUSH(builder->arena, &builder->edges, edge);
    }
}

static void place_node(struct builder *builder, const Plan__Node *node) {
    uint32_t fragment;
    if (joins_inputs(builder, node, &fragment)) {
        add_node(builder, fragment, node);
        return;
    }
    add_node(builder, add_fragment(builder, builder->parallelism[node->id]), node);
    add_edges(builder, node);
}

/* Everything in one task, whatever it requires. */
static void place_all(struct builder *builder) {
    uint32_t fragment = add_fragment(builder, 1);
    for (size_t i = 0; i < builder->graph->plan->n_nodes; i++)
        add_node(builder, fragment, builder->graph->plan->nodes[i]);
}

static enum status number_tasks(struct execution_graph *graph, struct error *error) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < graph->fragment_count; i++) {
        graph->fragments[i].first_task = (uint32_t)count;
        count += graph->fragments[i].parallelism;
        if (count > TASKS_MAX)
            return FAIL(error, STATUS_TOO_COMPLEX, "with a parallelism of %u the query has more than %u tasks",
                        graph->plan->parallelism, TASKS_MAX);
    }
    graph->task_count = (uint32_t)count;
    return STATUS_OK;
}

enum status execution_graph_build(struct arena *arena, const Plan__Plan *plan, struct execution_graph *graph,
                                  struct error *error) {
    *graph = (struct execution_graph){
        .plan = plan,
        .fragments = ARENA_ARRAY(arena, struct graph_fragment, plan->n_nodes),
        .fragment_of_node = ARENA_ARRAY(arena, uint32_t, plan->n_nodes),
    };
    struct builder builder = {
        .arena = arena, .graph = graph, .parallelism = ARENA_ARRAY(arena, uint32_t, plan->n_nodes)};
    plan_parallelism(plan, builder.parallelism);
    if (plan->parallelism <= 1)
        place_all(&builder);
    for (size_t i = 0; plan->parallelism > 1 && i < plan->n_nodes; i++)
        place_node(&builder, plan->nodes[i]);
    graph->edges = builder.edges.items;
    graph->edge_count = (uint32_t)builder.edges.count;
    return number_tasks(graph, error);
}

/* FORWARD between different numbers of instances: a producer has one consumer, so its order is kept. */
void graph_edge_consumers(const struct execution_graph *graph, const struct graph_edge *edge, uint32_t producer,
                          uint32_t *first, uint32_t *count) {
    uint32_t consumers = graph->fragments[edge->to_fragment].parallelism;
    *first = edge->distribution == PLAN__DISTRIBUTION__FORWARD ? producer % consumers : 0;
    *count = edge->distribution == PLAN__DISTRIBUTION__HASH || edge->distribution == PLAN__DISTRIBUTION__BROADCAST
                 ? consumers
                 : 1;
}

bool graph_edge_connects(const struct execution_graph *graph, const struct graph_edge *edge, uint32_t producer,
                         uint32_t consumer) {
    uint32_t first, count;
    graph_edge_consumers(graph, edge, producer, &first, &count);
    return consumer >= first && consumer - first < count;
}

static void print_edge(struct strbuf *out, const struct graph_edge *edge) {
    static const char *const names[] = {"forward", "hash", "singleton", "broadcast"};
    strbuf_printf(out, " <- %u by %s", edge->from_node, names[edge->distribution]);
    for (uint32_t i = 0; i < edge->key_column_count; i++)
        strbuf_printf(out, "%s%u", i ? " " : "[", edge->key_columns[i]);
    strbuf_append_text(out, edge->key_column_count ? "]" : "");
}

void execution_graph_print(struct strbuf *out, const struct execution_graph *graph) {
    for (uint32_t i = 0; i < graph->fragment_count; i++) {
        const struct graph_fragment *fragment = &graph->fragments[i];
        strbuf_printf(out, "%u x%u:", i, fragment->parallelism);
        for (uint32_t n = 0; n < fragment->node_count; n++)
            strbuf_printf(out, "%s %s %u", n ? "," : "", plan_node_name(graph->plan->nodes[fragment->nodes[n]]),
                          fragment->nodes[n]);
        for (uint32_t e = 0; e < graph->edge_count; e++)
            if (graph->edges[e].to_fragment == i)
                print_edge(out, &graph->edges[e]);
        strbuf_append_char(out, '\n');
    }
}
