/* plan_verify.c: is this a plan that operators may trust?
 *
 * One function per operation checks indexes, counts and types against the node's inputs and output; afterwards an operator
 * may use every column reference and every enumeration without looking again. */
#include "planner/plan.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/data/row_codec.h"
#include "core/functions/aggregate.h"

enum { NODES_MAX = 4096, NODE_COLUMNS_MAX = 10000, ARGUMENTS_MAX = 16 };

struct verifier {
    struct arena *arena;
    const Plan__Plan *plan;
    struct schema *schemas; /* output of the nodes verified so far */
    const Plan__Node *node;
    const struct schema *output;
    const struct schema *input; /* of the first input; no columns when there is none */
    struct error *error;
};

#define BAD(verifier, ...) bad((verifier), __FILE__, __LINE__, __VA_ARGS__)

static enum status bad(const struct verifier *verifier, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(4, 5);
static enum status bad(const struct verifier *verifier, const char *file, int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *message = arena_vprintf(verifier->arena, format, arguments);
    va_end(arguments);
    return error_set(verifier->error, STATUS_INVALID_DEFINITION, 0, file, line, "plan: node %u (%s): %s",
                     verifier->node->id, plan_node_name(verifier->node), message);
}

static enum status check_columns(const struct verifier *verifier, const uint32_t *columns, size_t count,
                                 const struct schema *schema, const char *what) {
    if (count > NODE_COLUMNS_MAX)
        return BAD(verifier, "%zu %s", count, what);
    for (size_t i = 0; i < count; i++)
        if (columns[i] >= schema->field_count)
            return BAD(verifier, "%s: column %u of %u", what, columns[i], schema->field_count);
    return STATUS_OK;
}

static enum status check_type(const struct verifier *verifier, const struct type *actual, const struct type *wanted,
                              const char *what, size_t index) {
    if (!type_equal_ignore_null(actual, wanted))
        return BAD(verifier, "%s %zu is %s, not %s", what, index, type_text(verifier->arena, actual),
                   type_text(verifier->arena, wanted));
    return STATUS_OK;
}

/* COLUMN nodes must claim the type that their column has. */
struct column_types {
    const struct verifier *verifier;
    const struct schema *schema;
};
static bool column_has_its_type(struct expression *node, void *context) {
    const struct column_types *types = context;
    return node->kind != EXPRESSION_COLUMN ||
           type_equal_ignore_null(node->type, types->schema->fields[node->column].type);
}

static enum status check_expression(const struct verifier *verifier, const Plan__Expression *message,
                                    const struct schema *input, struct expression **expression) {
    TRY(plan_expression_decode(verifier->arena, message, input->field_count, expression, verifier->error));
    struct column_types types = {.verifier = verifier, .schema = input};
    if (!expression_walk(*expression, column_has_its_type, &types))
        return BAD(verifier, "an expression gives a column another type");
    return STATUS_OK;
}

static enum status check_boolean(const struct verifier *verifier, const Plan__Expression *message,
                                 const struct schema *input) {
    struct expression *condition;
    TRY(check_expression(verifier, message, input, &condition));
    if (condition->type->kind != TYPE_BOOLEAN && condition->type->kind != TYPE_NULL)
        return BAD(verifier, "the condition is %s", type_text(verifier->arena, condition->type));
    return STATUS_OK;
}

static enum status check_projections(const struct verifier *verifier, Plan__Expression *const *projections,
                                     size_t count, const struct schema *input) {
    if (count != verifier->output->field_count)
        return BAD(verifier, "%zu projections for %u columns", count, verifier->output->field_count);
    for (size_t i = 0; i < count; i++) {
        struct expression *expression;
        TRY(check_expression(verifier, projections[i], input, &expression));
        TRY(check_type(verifier, expression->type, verifier->output->fields[i].type, "projection", i));
    }
    return STATUS_OK;
}

/* Output columns [first, first + count) are these input columns. */
static enum status check_copied(const struct verifier *verifier, const uint32_t *columns, size_t count, size_t first) {
    if (first + count > verifier->output->field_count)
        return BAD(verifier, "%u output columns are too few", verifier->output->field_count);
    for (size_t i = 0; i < count; i++)
        TRY(check_type(verifier, verifier->output->fields[first + i].type,
                       verifier->input->fields[columns ? columns[i] : i].type, "column", first + i));
    return STATUS_OK;
}

/* ---- operations ---- */

static enum status verify_scan_columns(const struct verifier *verifier, const Plan__Scan *scan,
                                       struct schema *columns) {
    struct schema table;
    TRY(plan_schema_decode(verifier->arena, scan->table_columns, scan->n_table_columns, &table, verifier->error));
    columns->fields = ARENA_ARRAY(verifier->arena, struct field, scan->n_columns);
    columns->field_count = (uint32_t)scan->n_columns;
    for (size_t i = 0; i < scan->n_columns; i++) {
        const Plan__ScanColumn *column = scan->columns[i];
        columns->fields[i].name = column->name;
        TRY(plan_type_decode(verifier->arena, column->type, &columns->fields[i].type, verifier->error));
        if (column->is_metadata)
            continue;
        if (column->table_column >= table.field_count)
            return BAD(verifier, "column %u of a table with %u", column->table_column, table.field_count);
        const struct type *declared = table.fields[column->table_column].type;
        if (declared->kind != columns->fields[i].type->kind)
            return BAD(verifier, "column \"%s\" is read as another type than declared", column->name);
    }
    TRY(check_columns(verifier, scan->partition_columns, scan->n_partition_columns, &table, "partition columns"));
    return check_columns(verifier, scan->key_columns, scan->n_key_columns, &table, "primary key");
}

static enum status verify_scan(const struct verifier *verifier) {
    const Plan__Scan *scan = verifier->node->scan;
    if (scan->n_columns > NODE_COLUMNS_MAX || scan->idle_timeout_us < 0)
        return BAD(verifier, "bad limits");
    struct schema columns;
    TRY(verify_scan_columns(verifier, scan, &columns));
    if (scan->n_projections) {
        TRY(check_projections(verifier, scan->projections, scan->n_projections, &columns));
    } else {
        if (columns.field_count != verifier->output->field_count)
            return BAD(verifier, "%u columns for %u", columns.field_count, verifier->output->field_count);
        for (uint32_t i = 0; i < columns.field_count; i++)
            TRY(check_type(verifier, columns.fields[i].type, verifier->output->fields[i].type, "column", i));
    }
    if (!scan->has_watermark)
        return STATUS_OK;
    struct expression *watermark;
    TRY(check_expression(verifier, scan->watermark, verifier->output, &watermark));
    if (scan->watermark_column >= verifier->output->field_count ||
        !type_is_timestamp(verifier->output->fields[scan->watermark_column].type) ||
        !type_is_timestamp(watermark->type))
        return BAD(verifier, "the watermark is not a timestamp");
    return STATUS_OK;
}

static enum status verify_values(const struct verifier *verifier) {
    const Plan__Values *values = verifier->node->values;
    uint32_t count = verifier->output->field_count;
    struct column *columns = ARENA_ARRAY(verifier->arena, struct column, count);
    for (size_t i = 0; i < values->n_rows; i++) {
        for (uint32_t k = 0; k < count; k++)
            column_init(&columns[k], verifier->arena, verifier->output->fields[k].type, 1);
        struct str bytes = {(const char *)values->rows[i].data, values->rows[i].len};
        TRY(row_decode(bytes, columns, count, 0, 1, verifier->arena, verifier->error));
    }
    return STATUS_OK;
}

static enum status verify_calc(const struct verifier *verifier) {
    const Plan__Calc *calc = verifier->node->calc;
    if (calc->condition)
        TRY(check_boolean(verifier, calc->condition, verifier->input));
    return check_projections(verifier, calc->projections, calc->n_projections, verifier->input);
}

static enum status verify_window(const struct verifier *verifier, const Plan__Window *window, bool has_time_column) {
    if (!window || (unsigned)window->kind > PLAN__WINDOW_KIND__SESSION)
        return BAD(verifier, "no such window");
    if (has_time_column && !window->processing_time &&
        (window->time_column >= verifier->input->field_count ||
         !type_is_timestamp(verifier->input->fields[window->time_column].type)))
        return BAD(verifier, "the time column is not a timestamp");
    bool session = window->kind == PLAN__WINDOW_KIND__SESSION;
    bool slides = window->kind == PLAN__WINDOW_KIND__HOP || window->kind == PLAN__WINDOW_KIND__CUMULATE;
    if ((session && window->gap_us <= 0) || (!session && window->size_us <= 0) || (slides && window->slide_us <= 0))
        return BAD(verifier, "a window without length");
    if (slides && window->slide_us > window->size_us)
        return BAD(verifier, "a window that slides further than it is long");
    if (window->kind == PLAN__WINDOW_KIND__CUMULATE && window->size_us % window->slide_us)
        return BAD(verifier, "the maximum size is no multiple of the step");
    return check_columns(verifier, window->partition_columns, window->n_partition_columns, verifier->input,
                         "partition columns");
}

static enum status check_window_columns(const struct verifier *verifier, size_t first) {
    if (verifier->output->field_count != first + 3)
        return BAD(verifier, "%u output columns instead of %zu", verifier->output->field_count, first + 3);
    for (size_t i = first; i < first + 3; i++)
        if (!type_is_timestamp(verifier->output->fields[i].type))
            return BAD(verifier, "window column %zu is not a timestamp", i);
    return STATUS_OK;
}

static enum status verify_window_table(const struct verifier *verifier) {
    TRY(verify_window(verifier, verifier->node->window_table->window, true));
    TRY(check_copied(verifier, NULL, verifier->input->field_count, 0));
    return check_window_columns(verifier, verifier->input->field_count);
}

/* Arguments as expressions over the input: columns, then literals. */
static enum status aggregate_arguments(const struct verifier *verifier, const Plan__AggregateCall *call,
                                       struct expression **arguments) {
    for (size_t i = 0; i < call->n_arguments; i++)
        arguments[i] =
            expression_column(verifier->arena, call->arguments[i], verifier->input->fields[call->arguments[i]].type, 0);
    for (size_t i = 0; i < call->n_constants; i++) {
        struct expression **constant = &arguments[call->n_arguments + i];
        TRY(plan_expression_decode(verifier->arena, call->constants[i], 0, constant, verifier->error));
        if ((*constant)->kind != EXPRESSION_LITERAL)
            return BAD(verifier, "argument %zu of %.100s is not a literal", i + 1, call->aggregate);
    }
    return STATUS_OK;
}

/* The aggregate is what its name resolves to over these arguments, or its twin that takes back rows; no cast is missing. */
static enum status check_overload(const struct verifier *verifier, const Plan__AggregateCall *call,
                                  const struct aggregate *aggregate, const struct type *type) {
    uint32_t count = (uint32_t)(call->n_arguments + call->n_constants);
    if (count > ARGUMENTS_MAX)
        return BAD(verifier, "%u arguments of %.100s", count, call->aggregate);
    struct expression *arguments[ARGUMENTS_MAX], *cast[ARGUMENTS_MAX];
    TRY(aggregate_arguments(verifier, call, arguments));
    memcpy(cast, arguments, sizeof cast);
    const struct aggregate *resolved;
    const struct type *resolved_type;
    TRY(aggregate_resolve(verifier->arena, aggregate->name, count == 0, cast, count, 0, &resolved, &resolved_type,
                          verifier->error));
    bool same = resolved == aggregate || aggregate_retractable(resolved) == aggregate;
    for (uint32_t i = 0; i < count; i++)
        same &= cast[i] == arguments[i];
    if (!same || !type_equal_ignore_null(type, resolved_type))
        return BAD(verifier, "%.100s does not take these arguments", call->aggregate);
    return STATUS_OK;
}

static enum status verify_aggregate(const struct verifier *verifier, const Plan__AggregateCall *call, size_t output) {
    const struct aggregate *aggregate = aggregate_by_id(call->aggregate);
    if (!aggregate)
        return BAD(verifier, "unknown aggregate \"%.100s\"", call->aggregate);
    TRY(check_columns(verifier, call->arguments, call->n_arguments, verifier->input, "arguments"));
    if (call->has_filter) {
        TRY(check_columns(verifier, &call->filter, 1, verifier->input, "filter"));
        if (verifier->input->fields[call->filter].type->kind != TYPE_BOOLEAN)
            return BAD(verifier, "the filter of %.100s is not BOOLEAN", call->aggregate);
    }
    const struct type *type;
    TRY(plan_type_decode(verifier->arena, call->type, &type, verifier->error));
    TRY(check_overload(verifier, call, aggregate, type));
    return check_type(verifier, type, verifier->output->fields[output].type, "aggregate", output);
}

static enum status verify_aggregates(const struct verifier *verifier, const uint32_t *keys, size_t key_count,
                                     Plan__AggregateCall *const *calls, size_t call_count) {
    TRY(check_columns(verifier, keys, key_count, verifier->input, "keys"));
    TRY(check_copied(verifier, keys, key_count, 0));
    if (key_count + call_count > verifier->output->field_count)
        return BAD(verifier, "%u output columns are too few", verifier->output->field_count);
    for (size_t i = 0; i < call_count; i++)
        TRY(verify_aggregate(verifier, calls[i], key_count + i));
    return STATUS_OK;
}

static enum status verify_window_aggregate(const struct verifier *verifier) {
    const Plan__WindowAggregate *aggregate = verifier->node->window_aggregate;
    TRY(verify_window(verifier, aggregate->window, !aggregate->input_has_window));
    if ((unsigned)aggregate->emit > PLAN__EMIT__EVERY || aggregate->allowed_lateness_us < 0 ||
        aggregate->emit_interval_us < 0)
        return BAD(verifier, "bad emission");
    if (aggregate->input_has_window) {
        uint32_t columns[] = {aggregate->window_start_column, aggregate->window_end_column};
        TRY(check_columns(verifier, columns, 2, verifier->input, "window columns"));
        if (!type_is_timestamp(verifier->input->fields[columns[0]].type) ||
            !type_is_timestamp(verifier->input->fields[columns[1]].type))
            return BAD(verifier, "the window columns are not timestamps");
    }
    TRY(verify_aggregates(verifier, aggregate->keys, aggregate->n_keys, aggregate->aggregates,
                          aggregate->n_aggregates));
    return check_window_columns(verifier, aggregate->n_keys + aggregate->n_aggregates);
}

static enum status verify_group_aggregate(const struct verifier *verifier) {
    const Plan__GroupAggregate *aggregate = verifier->node->group_aggregate;
    if (aggregate->mini_batch_us < 0 || aggregate->state_ttl_us < 0)
        return BAD(verifier, "negative times");
    if (aggregate->n_keys + aggregate->n_aggregates != verifier->output->field_count)
        return BAD(verifier, "%zu keys and %zu aggregates for %u columns", aggregate->n_keys, aggregate->n_aggregates,
                   verifier->output->field_count);
    return verify_aggregates(verifier, aggregate->keys, aggregate->n_keys, aggregate->aggregates,
                             aggregate->n_aggregates);
}

static enum status check_passed_through(const struct verifier *verifier, const struct schema *input) {
    if (input->field_count != verifier->output->field_count)
        return BAD(verifier, "%u columns become %u", input->field_count, verifier->output->field_count);
    for (uint32_t i = 0; i < input->field_count; i++)
        TRY(check_type(verifier, input->fields[i].type, verifier->output->fields[i].type, "column", i));
    return STATUS_OK;
}

static enum status verify_sort(const struct verifier *verifier) {
    const Plan__Sort *sort = verifier->node->sort;
    for (size_t i = 0; i < sort->n_keys; i++) {
        TRY(check_columns(verifier, &sort->keys[i]->column, 1, verifier->input, "sort keys"));
        if (!type_is_comparable(verifier->input->fields[sort->keys[i]->column].type))
            return BAD(verifier, "sort key %zu has no order", i);
    }
    return check_passed_through(verifier, verifier->input);
}

static enum status verify_same_columns(const struct verifier *verifier) {
    for (size_t i = 0; i < verifier->node->n_inputs; i++)
        TRY(check_passed_through(verifier, &verifier->schemas[verifier->node->inputs[i]]));
    return STATUS_OK;
}

static enum status verify_sink(const struct verifier *verifier) {
    const Plan__Sink *sink = verifier->node->sink;
    TRY(check_columns(verifier, sink->key_columns, sink->n_key_columns, verifier->input, "primary key"));
    if (sink->n_columns && sink->n_columns != verifier->input->field_count)
        return BAD(verifier, "%zu columns are written from %u", sink->n_columns, verifier->input->field_count);
    return check_passed_through(verifier, verifier->input);
}

/* ---- nodes ---- */

struct operation {
    Plan__Node__OperationCase operation;
    const char *name;
    size_t inputs_min, inputs_max;
    enum status (*verify)(const struct verifier *verifier);
};

static const struct operation operations[] = {
    {PLAN__NODE__OPERATION_SCAN, "Scan", 0, 0, verify_scan},
    {PLAN__NODE__OPERATION_VALUES, "Values", 0, 0, verify_values},
    {PLAN__NODE__OPERATION_CALC, "Calc", 1, 1, verify_calc},
    {PLAN__NODE__OPERATION_WINDOW_TABLE, "WindowTable", 1, 1, verify_window_table},
    {PLAN__NODE__OPERATION_WINDOW_AGGREGATE, "WindowAggregate", 1, 1, verify_window_aggregate},
    {PLAN__NODE__OPERATION_GROUP_AGGREGATE, "GroupAggregate", 1, 1, verify_group_aggregate},
    {PLAN__NODE__OPERATION_SORT, "Sort", 1, 1, verify_sort},
    {PLAN__NODE__OPERATION_LIMIT, "Limit", 1, 1, verify_same_columns},
    {PLAN__NODE__OPERATION_UNION_ALL, "UnionAll", 1, SIZE_MAX, verify_same_columns},
    {PLAN__NODE__OPERATION_SINK, "Sink", 1, 1, verify_sink},
};

static const struct operation *find_operation(const Plan__Node *node) {
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (operations[i].operation == node->operation_case)
            return &operations[i];
    return NULL;
}

const char *plan_node_name(const Plan__Node *node) {
    const struct operation *operation = find_operation(node);
    if (node->operation_case == PLAN__NODE__OPERATION_GROUP_AGGREGATE && node->group_aggregate->keeps_last)
        return "ChangelogNormalize";
    return operation ? operation->name : "Unknown";
}

static enum status verify_distribution(const struct verifier *verifier) {
    const Plan__Node *node = verifier->node;
    if ((unsigned)node->distribution > PLAN__DISTRIBUTION__BROADCAST)
        return BAD(verifier, "unknown distribution");
    bool is_hash = node->distribution == PLAN__DISTRIBUTION__HASH;
    if (is_hash != (node->n_distribution_columns > 0) || (node->distribution && node->n_inputs == 0))
        return BAD(verifier, "a distribution without columns to hash, or without rows");
    if (node->distribution == PLAN__DISTRIBUTION__SINGLETON && node->parallelism_limit != 1)
        return BAD(verifier, "a singleton with several instances");
    if (node->parallelism_limit > PARALLELISM_MAX)
        return BAD(verifier, "a parallelism of %u", node->parallelism_limit);
    return check_columns(verifier, node->distribution_columns, node->n_distribution_columns, verifier->input,
                         "distribution columns");
}

static enum status verify_node(struct verifier *verifier, size_t index) {
    const Plan__Node *node = verifier->node = verifier->plan->nodes[index];
    const struct operation *operation = find_operation(node);
    if (!operation || node->id != index)
        return BAD(verifier, "unknown operation, or not in its place");
    if (node->n_inputs < operation->inputs_min || node->n_inputs > operation->inputs_max)
        return BAD(verifier, "%zu inputs", node->n_inputs);
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] >= index)
            return BAD(verifier, "input %u comes after it", node->inputs[i]);
        if (verifier->plan->nodes[node->inputs[i]]->operation_case == PLAN__NODE__OPERATION_SINK)
            return BAD(verifier, "a sink is its input");
    }
    if ((unsigned)node->change_mode > PLAN__CHANGE_MODE__RETRACT)
        return BAD(verifier, "unknown change mode");
    struct schema *output = &verifier->schemas[index];
    TRY(plan_schema_decode(verifier->arena, node->output, node->n_output, output, verifier->error));
    static const struct schema no_columns;
    verifier->output = output;
    verifier->input = node->n_inputs ? &verifier->schemas[node->inputs[0]] : &no_columns;
    TRY(check_columns(verifier, node->key_columns, node->n_key_columns, output, "key columns"));
    TRY(verify_distribution(verifier));
    return operation->verify(verifier);
}

enum status plan_verify(const Plan__Plan *plan, struct error *error) {
    if (plan->version != PLAN_VERSION)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: version %u, this program reads version %d", plan->version,
                    PLAN_VERSION);
    if (plan->n_nodes == 0 || plan->n_nodes > NODES_MAX)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: %zu nodes", plan->n_nodes);
    if (plan->parallelism > PARALLELISM_MAX)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: a parallelism of %u", plan->parallelism);
    struct arena arena;
    arena_init(&arena);
    struct verifier verifier = {.arena = &arena, .plan = plan, .error = error};
    verifier.schemas = ARENA_ARRAY(&arena, struct schema, plan->n_nodes);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < plan->n_nodes; i++)
        status = verify_node(&verifier, i);
    arena_release(&arena);
    return status;
}
