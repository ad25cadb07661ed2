/* execution_graph.h: which operators of a plan form chains, in how many instances each chain runs, and what lies between chains.
 *
 *   plan                          graph, with a parallelism of 3
 *   Scan ─▶ Calc ─▶ Aggregate     fragment 0: Scan, Calc  ×2 ══ hash[k] ══▶ fragment 1: Aggregate  ×3 ══ singleton ══▶ …
 *
 * A fragment is a tree of nodes that grows from one head: a node without inputs, or one all of whose inputs come over edges. Its
 * operators call each other directly; each of its instances is one task on one thread. The sources of a fragment are at its head, so
 * a task waits for a source or for channels, never for both. A plan with a parallelism of 1 is one fragment, heads and all.
 *
 * What each node requires is in the plan (Node.distribution, planner/distribution.c); this only applies it:
 *   - a node joins the fragment of its inputs when all of them are in one, with as many instances as it has itself, and it takes
 *     rows where they are, or there is one instance;
 *   - otherwise it is the head of a new fragment, with an edge for each input.
 *
 * Why the answer is that of one task: a row of an edge goes to one instance (all, with BROADCAST) by its key alone or by its producer alone,
 * and each producer's order is kept on each channel. So all changes of one upsert key, which come from one instance, stay in order
 * up to the next operator; an operator with state per key sees all rows of a key in one instance, and for rows of one key from
 * several producers the order was never defined. A -U and its +U may part when an edge hashes by something that the update
 * changed: each then goes to the instance that has the rows it takes back or adds to, behind them. Watermarks are the minimum
 * over producers, so no window closes while rows before its end are under way.
 *
 * Pure; borrows the plan.
 */
#pragma once

#include <stdint.h>

#include "core/base/status.h"
#include "planner/plan.h"

struct arena;
struct strbuf;

struct graph_edge {
    uint32_t from_node, from_fragment;
    uint32_t to_node, to_fragment; /* to_node is the head of its fragment */
    uint32_t to_input;             /* which input of it */
    Plan__Distribution distribution;
    const uint32_t *key_columns; /* HASH: of the rows */
    uint32_t key_column_count;
};

struct graph_fragment {
    uint32_t *nodes; /* inputs before users; the head first, except in a plan for one task */
    uint32_t node_count;
    uint32_t parallelism; /* instances */
    uint32_t first_task;  /* tasks are numbered fragment by fragment, instance by instance */
};

struct execution_graph {
    const Plan__Plan *plan;
    struct graph_fragment *fragments; /* producers before consumers */
    uint32_t fragment_count;
    struct graph_edge *edges; /* by consumer, then by its input */
    uint32_t edge_count;
    uint32_t *fragment_of_node;
    uint32_t task_count;
};

/* The plan was verified. TOO_COMPLEX when there would be more tasks than a job may have (TASKS_MAX of runtime/protocol). */
enum status execution_graph_build(struct arena *arena, const Plan__Plan *plan, struct execution_graph *graph,
                                  struct error *error) MUST_CHECK;

/* The instances of the consumer to which this instance of the producer has channels: [first, first + count). */
void graph_edge_consumers(const struct execution_graph *graph, const struct graph_edge *edge, uint32_t producer,
                          uint32_t *first, uint32_t *count);
/* Whether there is a channel between two instances. */
bool graph_edge_connects(const struct execution_graph *graph, const struct graph_edge *edge, uint32_t producer,
                         uint32_t consumer);

/* A fragment a line, its nodes and instances, and what comes in over which edge:
 *     1 x3: GroupAggregate 2 <- 0 by hash[0]
 */
void execution_graph_print(struct strbuf *out, const struct execution_graph *graph);
