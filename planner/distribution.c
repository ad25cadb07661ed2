/* distribution.c: how rows must reach an operator that runs in several instances for its answer to be right, and how many instances it
 * can have. The plan says both independently of the number of tasks; plan_parallelism.c applies them to one.
 *
 * An operator with state per key must see all rows of a key in one instance: HASH by its keys, in the order in which it hashes them itself,
 * so that instances own the key groups (core/base/hash.h) that their snapshots have. One whose answer depends on all rows is a
 * SINGLETON. All others work row by row and take rows where they are. Rows that are where they must be, because the operator before
 * was given them by the same columns, are not sent again.
 *
 * Changes: rows of one upsert key come from one instance, in order, and every edge keeps the order of each producer, so a -U never
 * overtakes the row that it takes back. */
#include "planner/physical.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/functions/injective.h"

/* By which output columns the instances of a node divide its rows: equal values are in one instance. */
struct partitioning {
    const uint32_t *columns;
    uint32_t count; /* 0: unknown */
    bool in_words;  /* the values are said in other words than those that were hashed */
};

struct distributions {
    struct physical *physical;
    struct partitioning *partitionings; /* by node */
};

static void require_hash(Plan__Node *node, uint32_t *columns, size_t count) {
    node->distribution = PLAN__DISTRIBUTION__HASH;
    node->distribution_columns = columns;
    node->n_distribution_columns = count;
}

static void require_single(Plan__Node *node) {
    node->parallelism_limit = 1;
    if (node->n_inputs > 0)
        node->distribution = PLAN__DISTRIBUTION__SINGLETON;
}

/* ---- sources and sinks ---- */

/* The connector's limit (0: none), or what the table's options say if that is less. */
static uint32_t table_limit(const struct options *options, const char *key, uint32_t limit) {
    const char *declared = options_find(options, key); /* a whole number: the options were checked */
    unsigned long count = declared ? strtoul(declared, NULL, 10) : 0;
    if (count == 0 || (limit > 0 && limit <= count))
        return limit;
    return count < PARALLELISM_MAX ? (uint32_t)count : PARALLELISM_MAX;
}

static void distribute_scan(struct physical_node *node) {
    const struct logical *scan = node->logical;
    while (scan->kind != LOGICAL_SCAN)
        scan = scan->inputs[0];
    const struct connector_class *connector = scan->scan.table->connector;
    uint32_t limit =
        connector->source_parallelism_limit ? connector->source_parallelism_limit(scan->scan.connector_options) : 1;
    node->message->parallelism_limit = table_limit(scan->scan.options, "scan.parallelism", limit);
}

/* Rows of one primary key are in one instance already. */
static bool is_partitioned_within(const struct partitioning *partitioning, const Plan__Sink *sink) {
    for (uint32_t i = 0; i < partitioning->count; i++) {
        bool found = false;
        for (size_t k = 0; k < sink->n_key_columns && !found; k++)
            found = sink->key_columns[k] == partitioning->columns[i];
        if (!found)
            return false;
    }
    return partitioning->count > 0;
}

/* Rows of one primary key, and updates, must keep their order. */
static void distribute_sink(struct distributions *distributions, struct physical_node *node) {
    Plan__Node *message = node->message;
    const struct logical_sink *sink = &node->logical->sink;
    const struct connector_class *connector = sink->table ? sink->table->connector : NULL;
    uint32_t limit =
        connector && connector->sink_parallelism_limit ? connector->sink_parallelism_limit(sink->connector_options) : 1;
    if (connector)
        limit = table_limit(sink->connector_options, "sink.parallelism", limit);
    bool changes = message->change_mode != PLAN__CHANGE_MODE__APPEND;
    if (limit == 1 || (changes && message->sink->n_key_columns == 0)) {
        require_single(message);
        return;
    }
    message->parallelism_limit = limit;
    if (message->sink->n_key_columns > 0 &&
        !is_partitioned_within(&distributions->partitionings[message->inputs[0]], message->sink))
        require_hash(message, message->sink->key_columns, message->sink->n_key_columns);
}

/* ---- keyed operators ---- */

static bool is_partitioned_by(const struct partitioning *partitioning, const uint32_t *columns, size_t count) {
    return count > 0 && partitioning->count == count && !partitioning->in_words &&
           memcmp(partitioning->columns, columns, count * sizeof *columns) == 0;
}

static void distribute_keyed(struct distributions *distributions, struct physical_node *node, uint32_t *columns,
                             size_t count) {
    Plan__Node *message = node->message;
    if (count == 0)
        require_single(message);
    else if (!is_partitioned_by(&distributions->partitionings[message->inputs[0]], columns, count))
        require_hash(message, columns, count);
}

/* Keys are the first columns of an aggregate's output. */
static void partition_by_first(struct distributions *distributions, const Plan__Node *node, size_t count) {
    uint32_t *columns = ARENA_ARRAY(distributions->physical->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = i;
    distributions->partitionings[node->id] = (struct partitioning){columns, (uint32_t)count, false};
}

/* ---- operators that take rows where they are ---- */

static int projected_to(struct arena *arena, const struct physical_node *calc, uint32_t column) {
    int in_words = -1;
    for (uint32_t i = 0; i < calc->message->n_output; i++) {
        if (calc->projections[i]->kind == EXPRESSION_COLUMN && calc->projections[i]->column == column)
            return (int)i;
        if (expression_tells(arena, calc->projections[i], column))
            in_words = (int)i;
    }
    return in_words;
}

static void pass_calc(struct distributions *distributions, const struct physical_node *node) {
    struct arena *arena = distributions->physical->arena;
    struct partitioning input = distributions->partitionings[node->message->inputs[0]];
    uint32_t *columns = ARENA_ARRAY(arena, uint32_t, input.count);
    bool in_words = input.in_words;
    for (uint32_t i = 0; i < input.count; i++) {
        int column = projected_to(arena, node, input.columns[i]);
        if (column < 0)
            return;
        columns[i] = (uint32_t)column;
        in_words |= node->projections[column]->kind != EXPRESSION_COLUMN;
    }
    distributions->partitionings[node->message->id] = (struct partitioning){columns, input.count, in_words};
}

static void distribute_window_table(struct distributions *distributions, struct physical_node *node) {
    Plan__Node *message = node->message;
    Plan__Window *window = message->window_table->window;
    if (window->kind == PLAN__WINDOW_KIND__SESSION) {
        distribute_keyed(distributions, node, window->partition_columns, window->n_partition_columns);
        distributions->partitionings[message->id] =
            (struct partitioning){window->partition_columns, (uint32_t)window->n_partition_columns, false};
    } else {
        distributions->partitionings[message->id] = distributions->partitionings[message->inputs[0]];
    }
}

static void distribute(struct distributions *distributions, struct physical_node *node) {
    Plan__Node *message = node->message;
    switch ((int)message->operation_case) {
    case PLAN__NODE__OPERATION_SCAN: distribute_scan(node); break;
    case PLAN__NODE__OPERATION_CALC: pass_calc(distributions, node); break;
    case PLAN__NODE__OPERATION_WINDOW_TABLE: distribute_window_table(distributions, node); break;
    case PLAN__NODE__OPERATION_WINDOW_AGGREGATE:
        distribute_keyed(distributions, node, message->window_aggregate->keys, message->window_aggregate->n_keys);
        partition_by_first(distributions, message, message->window_aggregate->n_keys);
        break;
    case PLAN__NODE__OPERATION_GROUP_AGGREGATE:
        distribute_keyed(distributions, node, message->group_aggregate->keys, message->group_aggregate->n_keys);
        partition_by_first(distributions, message, message->group_aggregate->n_keys);
        break;
    case PLAN__NODE__OPERATION_VALUES:
    case PLAN__NODE__OPERATION_SORT:
    case PLAN__NODE__OPERATION_LIMIT: require_single(message); break;
    case PLAN__NODE__OPERATION_SINK: distribute_sink(distributions, node); break;
    default: break; /* UnionAll: its inputs may be divided differently */
    }
}

void distribute_nodes(struct physical *physical) {
    struct distributions distributions = {
        .physical = physical,
        .partitionings = ARENA_ARRAY(physical->arena, struct partitioning, physical->count),
    };
    for (uint32_t i = 0; i < physical->count; i++)
        distribute(&distributions, &physical->nodes[i]);
}
