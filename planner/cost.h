/* cost.h: how many rows, how many distinct values, how much state: estimates from what connectors and options tell.
 *
 * Statistics flow upward with the plan: rows per second, row count, and per column the number of distinct values. They come
 * from the connector, from the options 'statistics.rows-per-second', 'statistics.row-count' and
 * 'statistics.<column>.distinct-count', and otherwise from the defaults below. Nothing depends on them but choices:
 * the order of conditions, mini-batching, and what EXPLAIN shows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "planner/logical.h"

struct arena;

enum {
    DEFAULT_ROWS_PER_SECOND = 100000, /* a source that does not say gives what it can */
    DEFAULT_ROW_COUNT = 1000000,      /* bounded input that does not say */
    DEFAULT_DISTINCT = 1000,          /* values of a column */
    DEFAULT_SESSION_ROWS = 10,        /* per session */
    GROUP_OVERHEAD_BYTES = 24,        /* hash slot and header per group */
};

struct statistics {
    double rows_per_second;
    double row_count;   /* < 0 unbounded */
    double *distinct;   /* per column */
    double width_bytes; /* of one row */
};

/* Of a table as it is read: the scan node's columns. */
struct statistics statistics_of_scan(struct arena *arena, const struct logical *scan);
struct statistics statistics_of_values(struct arena *arena, const struct logical *values);
/* After a condition (may be NULL) and a projection (NULL: the columns as they are). */
struct statistics statistics_of_calc(struct arena *arena, const struct statistics *input, struct expression *condition,
                                     struct expression *const *projections, const struct logical_column *columns,
                                     uint32_t column_count);
struct statistics statistics_of_union(struct arena *arena, const struct statistics *inputs, uint32_t count,
                                      uint32_t column_count);
struct statistics statistics_of_limit(const struct statistics *input, const struct logical_range *range);
struct statistics statistics_of_window_table(struct arena *arena, const struct statistics *input,
                                             const struct logical *node);

struct aggregate_estimate {
    struct statistics statistics;
    double groups;      /* kept at once */
    double group_bytes; /* each */
    double state_bytes;
};
struct aggregate_estimate estimate_aggregate(struct arena *arena, const struct statistics *input,
                                             const struct logical *node);

double estimate_type_bytes(const struct type *type);
/* Part of the rows, 0 to 1, for which the condition is TRUE. */
double estimate_selectivity(const struct expression *condition, const struct statistics *input);
/* Work per row, in units of one fixed-width operation. */
double estimate_expression_cost(const struct expression *expression);
/* Orders conjuncts so that cheap and selective ones come first. One that may fail never overtakes another, which may be there to
 * guard it; the others may go before it. */
void order_conjuncts(struct arena *arena, struct conjuncts *conjuncts, const struct statistics *input);

/* Should the changes of a group be held back and merged? Worth it when a group gets several rows within the latency. */
struct mini_batch {
    uint64_t rows; /* 0 = no */
    int64_t latency_us;
};
struct mini_batch choose_mini_batch(const struct statistics *input, double groups, uint64_t rows_max,
                                    int64_t latency_us);
