/* cost.c: see the header. The constants are rules of thumb as in other planners (a tenth for =, a third for <): what counts is
 * that they order alternatives well, not that they are right. */
#include "planner/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/functions/aggregate.h"
#include "core/functions/function.h"

#define EQUALITY_SELECTIVITY 0.1

enum { STRING_BYTES = 24, LIST_ITEMS = 4, EXPENSIVE_COST = 20, STRING_COST = 4 };

/* ---- statistics ---- */

double estimate_type_bytes(const struct type *type) {
    double bytes = 0;
    switch (type_layout(type)) {
    case LAYOUT_VIEW: return type->length < STRING_BYTES ? 16 : STRING_BYTES;
    case LAYOUT_ROW:
        for (uint32_t i = 0; i < type->field_count; i++)
            bytes += estimate_type_bytes(type->fields[i].type);
        return bytes;
    case LAYOUT_LIST:
        bytes = estimate_type_bytes(type->element) + (type->key ? estimate_type_bytes(type->key) : 0);
        return 8 + LIST_ITEMS * bytes;
    default: return (double)layout_size(type_layout(type));
    }
}

static double width_of(const struct logical_column *columns, uint32_t count) {
    double bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += estimate_type_bytes(columns[i].type);
    return bytes;
}

static double default_distinct(const struct type *type) {
    switch (type->kind) {
    case TYPE_NULL: return 1;
    case TYPE_BOOLEAN: return 2;
    case TYPE_TINYINT: return 256;
    default: return DEFAULT_DISTINCT;
    }
}

static double option_number(const struct options *options, const char *key, double otherwise) {
    const char *text = options_find(options, key);
    return text ? strtod(text, NULL) : otherwise;
}

struct statistics statistics_of_scan(struct arena *arena, const struct logical *scan) {
    const struct catalogue_object *table = scan->scan.table;
    struct source_statistics source = {.rows_per_second = -1, .row_count = -1};
    if (table->connector->statistics)
        table->connector->statistics(scan->scan.connector_options, &source);
    struct statistics statistics = {
        .rows_per_second = option_number(scan->scan.options, "statistics.rows-per-second", source.rows_per_second),
        .row_count = option_number(scan->scan.options, "statistics.row-count", source.row_count),
        .distinct = ARENA_ARRAY(arena, double, scan->column_count),
        .width_bytes = width_of(scan->columns, scan->column_count),
    };
    if (statistics.rows_per_second < 0)
        statistics.rows_per_second = DEFAULT_ROWS_PER_SECOND;
    if (!scan->scan.bounded)
        statistics.row_count = -1;
    else if (statistics.row_count < 0)
        statistics.row_count = DEFAULT_ROW_COUNT;
    if (scan->scan.row_limit && scan->scan.bounded)
        statistics.row_count = fmin(statistics.row_count, (double)scan->scan.row_limit);
    for (uint32_t i = 0; i < scan->column_count; i++) {
        const char *key = arena_printf(arena, "statistics.%s.distinct-count", scan->columns[i].name);
        statistics.distinct[i] =
            fmax(1, option_number(scan->scan.options, key, default_distinct(scan->columns[i].type)));
    }
    return statistics;
}

struct statistics statistics_of_values(struct arena *arena, const struct logical *values) {
    struct statistics statistics = {
        .row_count = values->values.row_count,
        .distinct = ARENA_ARRAY(arena, double, values->column_count),
        .width_bytes = width_of(values->columns, values->column_count),
    };
    for (uint32_t i = 0; i < values->column_count; i++)
        statistics.distinct[i] = fmax(1, values->values.row_count);
    return statistics;
}

static double distinct_of(const struct expression *expression, const struct statistics *input) {
    if (expression->kind == EXPRESSION_LITERAL)
        return 1;
    if (expression->kind == EXPRESSION_COLUMN)
        return input->distinct[expression->column];
    double distinct = default_distinct(expression->type);
    if (expression->kind == EXPRESSION_CALL && expression->call.argument_count) {
        /* No more results than combinations of arguments. */
        double combinations = 1;
        for (uint32_t i = 0; i < expression->call.argument_count; i++)
            combinations *= distinct_of(expression->call.arguments[i], input);
        distinct = fmin(distinct, combinations);
    }
    return fmax(1, distinct);
}

struct statistics statistics_of_calc(struct arena *arena, const struct statistics *input, struct expression *condition,
                                     struct expression *const *projections, const struct logical_column *columns,
                                     uint32_t column_count) {
    double selectivity = condition ? estimate_selectivity(condition, input) : 1;
    struct statistics statistics = {
        .rows_per_second = input->rows_per_second * selectivity,
        .row_count = input->row_count < 0 ? -1 : input->row_count * selectivity,
        .distinct = ARENA_ARRAY(arena, double, column_count),
        .width_bytes = width_of(columns, column_count),
    };
    for (uint32_t i = 0; i < column_count; i++)
        statistics.distinct[i] = projections ? distinct_of(projections[i], input) : input->distinct[i];
    return statistics;
}

struct statistics statistics_of_union(struct arena *arena, const struct statistics *inputs, uint32_t count,
                                      uint32_t column_count) {
    struct statistics statistics = {.distinct = ARENA_ARRAY(arena, double, column_count)};
    for (uint32_t i = 0; i < count; i++) {
        statistics.rows_per_second += inputs[i].rows_per_second;
        statistics.row_count =
            inputs[i].row_count < 0 || statistics.row_count < 0 ? -1 : statistics.row_count + inputs[i].row_count;
        statistics.width_bytes = inputs[i].width_bytes;
        for (uint32_t k = 0; k < column_count; k++)
            statistics.distinct[k] = fmax(statistics.distinct[k], inputs[i].distinct[k]);
    }
    return statistics;
}

struct statistics statistics_of_limit(const struct statistics *input, const struct logical_range *range) {
    struct statistics statistics = *input;
    double left = input->row_count < 0 ? -1 : fmax(0, input->row_count - (double)range->offset);
    if (range->has_limit)
        left = left < 0 ? (double)range->limit : fmin(left, (double)range->limit);
    statistics.row_count = left;
    return statistics;
}

/* Windows that a row is in. */
static double windows_per_row(const struct logical_window *window) {
    if (window->kind == PLAN__WINDOW_KIND__HOP)
        return ceil((double)window->size_us / (double)window->slide_us);
    if (window->kind == PLAN__WINDOW_KIND__CUMULATE)
        return ((double)window->size_us / (double)window->slide_us + 1) / 2;
    return 1;
}

struct statistics statistics_of_window_table(struct arena *arena, const struct statistics *input,
                                             const struct logical *node) {
    double factor = windows_per_row(&node->window_table.window);
    uint32_t before = node->inputs[0]->column_count;
    struct statistics statistics = {
        .rows_per_second = input->rows_per_second * factor,
        .row_count = input->row_count < 0 ? -1 : input->row_count * factor,
        .distinct = ARENA_ARRAY(arena, double, node->column_count),
        .width_bytes = width_of(node->columns, node->column_count),
    };
    for (uint32_t i = 0; i < node->column_count; i++)
        statistics.distinct[i] = i < before ? input->distinct[i] : DEFAULT_DISTINCT;
    return statistics;
}

/* ---- aggregation ---- */

static double key_combinations(const struct statistics *input, const struct logical_aggregate *aggregate) {
    double combinations = 1;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        combinations *= input->distinct[aggregate->keys[i]];
    return combinations;
}

/* Of `rows` rows thrown at `groups` groups, how many groups are hit? */
static double groups_hit(double rows, double groups) {
    return groups <= 1 ? fmin(1, rows) : groups * (1 - pow(1 - 1 / groups, rows));
}

static double group_bytes(const struct logical *node) {
    const struct logical_aggregate *aggregate = &node->aggregate;
    double bytes = GROUP_OVERHEAD_BYTES + width_of(node->columns, aggregate->key_count);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        bytes += aggregate->calls[i].aggregate->state_size;
        if (aggregate->calls[i].distinct)
            bytes += 16 * LIST_ITEMS;
    }
    return bytes;
}

static void set_aggregate_statistics(struct arena *arena, const struct statistics *input, const struct logical *node,
                                     struct statistics *statistics) {
    const struct logical_aggregate *aggregate = &node->aggregate;
    statistics->distinct = ARENA_ARRAY(arena, double, node->column_count);
    statistics->width_bytes = width_of(node->columns, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++)
        statistics->distinct[i] = i < aggregate->key_count ? input->distinct[aggregate->keys[i]] : DEFAULT_DISTINCT;
}

/* Seconds between the results of one group. */
static double window_period_s(const struct logical_window *window) {
    bool slides = window->kind == PLAN__WINDOW_KIND__HOP || window->kind == PLAN__WINDOW_KIND__CUMULATE;
    int64_t us = window->kind == PLAN__WINDOW_KIND__SESSION ? window->gap_us
                 : slides                                   ? window->slide_us
                                                            : window->size_us;
    return fmax(1e-6, (double)us / 1e6);
}

static void estimate_windows(const struct statistics *input, const struct logical_aggregate *aggregate,
                             struct aggregate_estimate *estimate) {
    const struct logical_window *window = &aggregate->window;
    double keys = key_combinations(input, aggregate);
    double rate = input->rows_per_second;
    double period_s = window_period_s(window);
    double rows = rate > 0 ? rate * period_s : DEFAULT_SESSION_ROWS;
    double per_window = aggregate->key_count ? groups_hit(rows, keys) : fmin(1, rows);
    double slices = window->kind == PLAN__WINDOW_KIND__SESSION ? 1 : windows_per_row(window);
    if (window->kind == PLAN__WINDOW_KIND__SESSION)
        per_window = fmin(keys, rows / DEFAULT_SESSION_ROWS);
    estimate->groups = per_window * (slices + 1); /* the one that fills, and those not yet closed */
    estimate->statistics.rows_per_second = per_window / period_s;
    if (input->row_count >= 0)
        estimate->statistics.row_count = input->row_count / fmax(1, rows) * per_window;
}

struct aggregate_estimate estimate_aggregate(struct arena *arena, const struct statistics *input,
                                             const struct logical *node) {
    const struct logical_aggregate *aggregate = &node->aggregate;
    struct aggregate_estimate estimate = {.group_bytes = group_bytes(node)};
    set_aggregate_statistics(arena, input, node, &estimate.statistics);
    estimate.statistics.row_count = -1;
    if (aggregate->has_window) {
        estimate_windows(input, aggregate, &estimate);
    } else {
        double keys = aggregate->key_count ? key_combinations(input, aggregate) : 1;
        estimate.groups = input->row_count >= 0 ? groups_hit(input->row_count, keys) : keys;
        estimate.statistics.rows_per_second = input->rows_per_second;
        if (input->row_count >= 0)
            estimate.statistics.row_count = estimate.groups;
    }
    estimate.state_bytes = estimate.groups * estimate.group_bytes;
    return estimate;
}

/* ---- conditions ---- */

static double equality_selectivity(const struct expression *call, const struct statistics *input) {
    double distinct = 1;
    for (uint32_t i = 0; i < call->call.argument_count && i < 2; i++)
        distinct = fmax(distinct, distinct_of(call->call.arguments[i], input));
    return distinct == DEFAULT_DISTINCT ? EQUALITY_SELECTIVITY : 1 / fmax(2, distinct); /* not known : known */
}

static double combined_selectivity(const struct expression *call, const struct statistics *input, bool all) {
    double passes = 1;
    for (uint32_t i = 0; i < call->call.argument_count; i++) {
        double selectivity = estimate_selectivity(call->call.arguments[i], input);
        passes *= all ? selectivity : 1 - selectivity;
    }
    return all ? passes : 1 - passes;
}

static const struct {
    const char *function;
    double selectivity;
} known_selectivities[] = {
    {"<", 1.0 / 3},    {"<=", 1.0 / 3},       {">", 1.0 / 3},       {">=", 1.0 / 3},
    {"like", 0.1},     {"ilike", 0.1},        {"rlike", 0.1},       {"similar_to", 0.1},
    {"is_null", 0.05}, {"is_not_null", 0.95}, {"is_unknown", 0.05}, {"is_not_unknown", 0.95},
    {"is_true", 0.5},  {"is_not_true", 0.5},  {"is_false", 0.5},    {"is_not_false", 0.5},
};

double estimate_selectivity(const struct expression *condition, const struct statistics *input) {
    if (condition->kind == EXPRESSION_LITERAL)
        return expression_is_literal_true(condition) ? 1 : 0;
    if (condition->kind != EXPRESSION_CALL)
        return 0.5;
    const char *name = condition->call.function->name;
    if (strcmp(name, "and") == 0 || strcmp(name, "or") == 0)
        return combined_selectivity(condition, input, name[0] == 'a');
    if (strcmp(name, "not") == 0)
        return 1 - estimate_selectivity(condition->call.arguments[0], input);
    if (strcmp(name, "=") == 0 || strcmp(name, "is_not_distinct_from") == 0)
        return equality_selectivity(condition, input);
    if (strcmp(name, "<>") == 0 || strcmp(name, "is_distinct_from") == 0)
        return 1 - equality_selectivity(condition, input);
    if (strcmp(name, "in") == 0)
        return fmin(0.5, (condition->call.argument_count - 1) * equality_selectivity(condition, input));
    for (size_t i = 0; i < sizeof known_selectivities / sizeof known_selectivities[0]; i++)
        if (strcmp(name, known_selectivities[i].function) == 0)
            return known_selectivities[i].selectivity;
    return 0.5;
}

static bool add_cost(struct expression *node, void *context) {
    double *cost = context;
    if (node->kind != EXPRESSION_CALL)
        return true;
    *cost += 1;
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        if (type_layout(node->call.arguments[i]->type) == LAYOUT_VIEW)
            *cost += STRING_COST;
    if (node->call.function->flags & FUNCTION_EXPENSIVE)
        *cost += EXPENSIVE_COST;
    return true;
}

double estimate_expression_cost(const struct expression *expression) {
    double cost = 0.1;
    expression_walk((struct expression *)(uintptr_t)expression, add_cost, &cost);
    return cost;
}

/* Rows dropped per unit of work: the greater, the earlier. */
static double conjunct_rank(const struct expression *conjunct, const struct statistics *input) {
    return (1 - estimate_selectivity(conjunct, input)) / estimate_expression_cost(conjunct);
}

void order_conjuncts(struct arena *arena, struct conjuncts *conjuncts, const struct statistics *input) {
    double *ranks = ARENA_ARRAY(arena, double, conjuncts->count);
    struct expression **items = conjuncts->items;
    for (size_t i = 0; i < conjuncts->count; i++) {
        struct expression *item = items[i];
        double rank = conjunct_rank(item, input);
        size_t to = i;
        if (!expression_can_fail(item))
            while (to > 0 && rank > ranks[to - 1] + 1e-12)
                to--;
        memmove(&items[to + 1], &items[to], (i - to) * sizeof *items);
        memmove(&ranks[to + 1], &ranks[to], (i - to) * sizeof *ranks);
        items[to] = item;
        ranks[to] = rank;
    }
}

/* ---- mini-batches ---- */

struct mini_batch choose_mini_batch(const struct statistics *input, double groups, uint64_t rows_max,
                                    int64_t latency_us) {
    enum { ROWS_PER_GROUP_MIN = 2 };
    struct mini_batch mini_batch = {.rows = rows_max, .latency_us = latency_us};
    if (input->row_count >= 0)
        return mini_batch; /* bounded: as fast as it can be read, nobody waits for a single change */
    double rows = fmin((double)rows_max, input->rows_per_second * (double)latency_us / 1e6);
    if (rows < ROWS_PER_GROUP_MIN * groups_hit(rows, groups))
        mini_batch = (struct mini_batch){0};
    return mini_batch;
}
