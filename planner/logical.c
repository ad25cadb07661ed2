/* logical.c: building, copying and comparing the nodes of the logical plan.
 *
 * The constructors keep the two invariants that everybody relies on: `columns` describes what the node gives, and time
 * attributes and window roles follow a column only while it is passed on as it is. */
#include "planner/logical.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/functions/function.h"

struct logical *logical_new(struct arena *arena, enum logical_kind kind, struct logical *input) {
    struct logical *node = ARENA_NEW(arena, struct logical);
    node->kind = kind;
    if (!input)
        return node;
    node->inputs = ARENA_NEW(arena, struct logical *);
    node->inputs[0] = input;
    node->input_count = 1;
    node->columns = input->columns;
    node->column_count = input->column_count;
    node->position = input->position;
    return node;
}

struct logical *logical_copy(struct arena *arena, const struct logical *node) {
    return arena_copy(arena, node, sizeof *node);
}

struct logical *logical_with_inputs(struct arena *arena, const struct logical *node, struct logical **inputs) {
    struct logical *copy = logical_copy(arena, node);
    copy->inputs = inputs;
    return copy;
}

struct logical *logical_with_input(struct arena *arena, const struct logical *node, struct logical *input) {
    struct logical **inputs = ARENA_NEW(arena, struct logical *);
    inputs[0] = input;
    return logical_with_inputs(arena, node, inputs);
}

/* ---- columns ---- */

bool expression_is_processing_time(const struct expression *expression) {
    return expression->kind == EXPRESSION_CALL && strcmp(expression->call.function->name, "proctime") == 0;
}

static struct logical_column projected_column(const struct logical *input, struct expression *expression,
                                              const char *name) {
    struct logical_column column = {.name = name, .type = expression->type};
    if (expression->kind == EXPRESSION_COLUMN) {
        const struct logical_column *source = &input->columns[expression->column];
        column.time = source->time;
        column.window = source->window;
    } else if (expression_is_processing_time(expression)) {
        column.time = TIME_PROCESSING;
    }
    return column;
}

/* The name that SQL gives an expression without an alias: that of the column or field. */
static const char *implied_name(struct arena *arena, const struct logical *input, const struct expression *expression,
                                uint32_t index) {
    if (expression->kind == EXPRESSION_COLUMN)
        return input->columns[expression->column].name;
    if (expression->kind == EXPRESSION_FIELD)
        return expression->field.row->type->fields[expression->field.index].name;
    return arena_printf(arena, "EXPR$%u", index);
}

struct logical *logical_project(struct arena *arena, struct logical *input, struct expression **expressions,
                                const char *const *names, uint32_t count) {
    struct logical *node = logical_new(arena, LOGICAL_PROJECT, input);
    node->project.expressions = expressions;
    node->columns = ARENA_ARRAY(arena, struct logical_column, count);
    node->column_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = names && names[i] ? names[i] : implied_name(arena, input, expressions[i], i);
        node->columns[i] = projected_column(input, expressions[i], name);
    }
    return node;
}

struct expression **logical_identity(struct arena *arena, const struct logical *input, uint32_t count) {
    struct expression **expressions = ARENA_ARRAY(arena, struct expression *, count);
    for (uint32_t i = 0; i < count; i++)
        expressions[i] = logical_column_reference(arena, input, i);
    return expressions;
}

struct logical *logical_filter(struct arena *arena, struct logical *input, struct expression *condition) {
    struct logical *node = logical_new(arena, LOGICAL_FILTER, input);
    node->filter.condition = condition;
    return node;
}

struct logical *logical_union(struct arena *arena, struct logical **inputs, uint32_t count) {
    struct logical *node = ARENA_NEW(arena, struct logical);
    node->kind = LOGICAL_UNION;
    node->inputs = inputs;
    node->input_count = count;
    node->column_count = inputs[0]->column_count;
    node->columns = ARENA_ARRAY(arena, struct logical_column, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++) {
        node->columns[i] = inputs[0]->columns[i];
        for (uint32_t k = 1; k < count; k++) {
            const struct logical_column *other = &inputs[k]->columns[i];
            if (other->type->nullable)
                node->columns[i].type = type_with_nullable(arena, node->columns[i].type, true);
            if (other->time != node->columns[i].time)
                node->columns[i].time = TIME_NONE;
            node->columns[i].window = WINDOW_ROLE_NONE; /* whose window it would be is not known */
        }
    }
    return node;
}

struct logical *logical_limit(struct arena *arena, struct logical *input, const struct logical_range *range) {
    struct logical *node = logical_new(arena, LOGICAL_LIMIT, input);
    node->limit = *range;
    return node;
}

void logical_window_columns(struct arena *arena, const struct type *time_type, bool processing_time,
                            struct logical_column *columns) {
    const struct type *bound = type_with_nullable(arena, &type_timestamp3, false);
    enum type_kind kind = processing_time ? TYPE_TIMESTAMP_LTZ : time_type->kind;
    const struct type *time = type_with_nullable(arena, type_timestamp(arena, kind, 3), false);
    columns[0] = (struct logical_column){"window_start", bound, TIME_NONE, WINDOW_ROLE_START};
    columns[1] = (struct logical_column){"window_end", bound, TIME_NONE, WINDOW_ROLE_END};
    columns[2] =
        (struct logical_column){"window_time", time, processing_time ? TIME_PROCESSING : TIME_EVENT, WINDOW_ROLE_TIME};
}

const struct logical_window *logical_window_origin(const struct logical *node, uint32_t column) {
    while (node->columns[column].window != WINDOW_ROLE_NONE) {
        const struct logical *input = node->input_count ? node->inputs[0] : NULL;
        if (node->kind == LOGICAL_WINDOW_TABLE && column >= input->column_count)
            return &node->window_table.window;
        if (node->kind == LOGICAL_AGGREGATE)
            return &node->aggregate.window;
        if (node->kind == LOGICAL_PROJECT)
            column = node->project.expressions[column]->column;
        if (!input)
            return NULL;
        node = input;
    }
    return NULL;
}

struct expression *logical_column_reference(struct arena *arena, const struct logical *node, uint32_t column) {
    ASSERT(column < node->column_count);
    return expression_column(arena, column, node->columns[column].type, 0);
}

struct schema *logical_schema(struct arena *arena, const struct logical *node) {
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->fields = ARENA_ARRAY(arena, struct field, node->column_count);
    schema->field_count = node->column_count;
    for (uint32_t i = 0; i < node->column_count; i++)
        schema->fields[i] = (struct field){node->columns[i].name, node->columns[i].type};
    return schema;
}

bool logical_is_bounded(const struct logical *node) {
    switch (node->kind) {
    case LOGICAL_SCAN: return node->scan.bounded;
    case LOGICAL_VALUES: return true;
    case LOGICAL_LIMIT:
        if (node->limit.has_limit)
            return true;
        break;
    default: break;
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        if (!logical_is_bounded(node->inputs[i]))
            return false;
    return true;
}

bool logical_is_identity(const struct logical *project) {
    if (project->kind != LOGICAL_PROJECT || project->column_count != project->inputs[0]->column_count)
        return false;
    for (uint32_t i = 0; i < project->column_count; i++) {
        const struct expression *expression = project->project.expressions[i];
        if (expression->kind != EXPRESSION_COLUMN || expression->column != i)
            return false;
    }
    return true;
}

/* ---- equality ---- */

static bool columns_equal(const struct logical *a, const struct logical *b) {
    if (a->column_count != b->column_count)
        return false;
    for (uint32_t i = 0; i < a->column_count; i++)
        if (strcmp(a->columns[i].name, b->columns[i].name) != 0 ||
            !type_equal(a->columns[i].type, b->columns[i].type) || a->columns[i].time != b->columns[i].time)
            return false;
    return true;
}

static bool expressions_equal(struct expression *const *a, struct expression *const *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!expression_equal(a[i], b[i]))
            return false;
    return true;
}

static bool indexes_equal(const uint32_t *a, uint32_t count_a, const uint32_t *b, uint32_t count_b) {
    return count_a == count_b && (count_a == 0 || memcmp(a, b, count_a * sizeof *a) == 0);
}

static bool windows_equal(const struct logical_window *a, const struct logical_window *b) {
    return a->kind == b->kind && a->size_us == b->size_us && a->slide_us == b->slide_us &&
           a->offset_us == b->offset_us && a->gap_us == b->gap_us && a->time_column == b->time_column &&
           a->processing_time == b->processing_time &&
           indexes_equal(a->partition_columns, a->partition_count, b->partition_columns, b->partition_count);
}

static bool ranges_equal(const struct logical_range *a, const struct logical_range *b) {
    return a->has_limit == b->has_limit && a->limit == b->limit && a->offset == b->offset;
}

bool scan_options_equal(const struct options *a, const struct options *b) {
    if (a->map.count != b->map.count)
        return false;
    for (size_t i = 0; i < a->map.count; i++) {
        const char *other = options_find(b, a->map.entries[i].key);
        if (!other || strcmp(a->map.entries[i].value, other) != 0)
            return false;
    }
    return true;
}

static bool scans_equal(const struct logical *a, const struct logical *b) {
    if (a->scan.table != b->scan.table || a->scan.row_limit != b->scan.row_limit ||
        !scan_options_equal(a->scan.options, b->scan.options))
        return false;
    for (uint32_t i = 0; i < a->column_count; i++)
        if (a->scan.columns[i].table_column != b->scan.columns[i].table_column ||
            !type_equal(a->scan.columns[i].type, b->scan.columns[i].type))
            return false;
    return true;
}

static bool calls_equal(const struct logical_aggregate_call *a, const struct logical_aggregate_call *b) {
    return a->aggregate == b->aggregate && a->distinct == b->distinct && a->filter == b->filter &&
           type_equal(a->type, b->type) &&
           indexes_equal(a->arguments, a->argument_count, b->arguments, b->argument_count) &&
           a->constant_count == b->constant_count && expressions_equal(a->constants, b->constants, a->constant_count);
}

static bool aggregates_equal(const struct logical_aggregate *a, const struct logical_aggregate *b) {
    if (!indexes_equal(a->keys, a->key_count, b->keys, b->key_count) || a->call_count != b->call_count ||
        a->has_window != b->has_window || a->input_has_window != b->input_has_window || a->emit.kind != b->emit.kind ||
        a->emit.interval_us != b->emit.interval_us || a->keeps_last != b->keeps_last)
        return false;
    if (a->has_window && !windows_equal(&a->window, &b->window))
        return false;
    if (a->input_has_window &&
        (a->window_start_column != b->window_start_column || a->window_end_column != b->window_end_column))
        return false;
    for (uint32_t i = 0; i < a->call_count; i++)
        if (!calls_equal(&a->calls[i], &b->calls[i]))
            return false;
    return true;
}

static bool values_equal(const struct logical *a, const struct logical *b) {
    if (a->values.row_count != b->values.row_count)
        return false;
    for (uint32_t i = 0; i < a->values.row_count; i++)
        if (!expressions_equal(a->values.rows[i], b->values.rows[i], a->column_count))
            return false;
    return true;
}

static bool sorts_equal(const struct logical_sort *a, const struct logical_sort *b) {
    if (a->key_count != b->key_count || !ranges_equal(&a->range, &b->range))
        return false;
    for (uint32_t i = 0; i < a->key_count; i++)
        if (a->keys[i].column != b->keys[i].column || a->keys[i].descending != b->keys[i].descending ||
            a->keys[i].nulls_first != b->keys[i].nulls_first)
            return false;
    return true;
}

static bool operands_equal(const struct logical *a, const struct logical *b) {
    switch (a->kind) {
    case LOGICAL_SCAN: return scans_equal(a, b);
    case LOGICAL_WATERMARK:
        return a->watermark.column == b->watermark.column &&
               expression_equal(a->watermark.expression, b->watermark.expression);
    case LOGICAL_VALUES: return values_equal(a, b);
    case LOGICAL_PROJECT: return expressions_equal(a->project.expressions, b->project.expressions, a->column_count);
    case LOGICAL_FILTER: return expression_equal(a->filter.condition, b->filter.condition);
    case LOGICAL_WINDOW_TABLE: return windows_equal(&a->window_table.window, &b->window_table.window);
    case LOGICAL_AGGREGATE: return aggregates_equal(&a->aggregate, &b->aggregate);
    case LOGICAL_SORT: return sorts_equal(&a->sort, &b->sort);
    case LOGICAL_LIMIT: return ranges_equal(&a->limit, &b->limit);
    case LOGICAL_DISTINCT:
    case LOGICAL_UNION: return true;
    case LOGICAL_SINK: return false;
    }
    UNREACHABLE();
}

bool logical_equal(const struct logical *a, const struct logical *b) {
    if (a == b)
        return true;
    if (a->kind != b->kind || a->input_count != b->input_count || !columns_equal(a, b) || !operands_equal(a, b))
        return false;
    for (uint32_t i = 0; i < a->input_count; i++)
        if (!logical_equal(a->inputs[i], b->inputs[i]))
            return false;
    return true;
}
