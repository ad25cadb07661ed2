/* physical.c: builds the physical plan: fuses projections with filters into Calc and table, computed columns and watermark
 * into Scan, and shares equal nodes. The result borrows nothing: every text is copied. */
#include "planner/physical.h"

#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/data/row_codec.h"
#include "core/functions/aggregate.h"
#include "planner/physical_node.h"

enum { INTERACTIVE_LATENCY_US = 200000 };

/* ---- nodes ---- */

static uint32_t add_node(struct physical *physical, struct physical_node node) {
    if (physical->count == physical->capacity) {
        uint32_t capacity = physical->capacity ? physical->capacity * 2 : 16;
        struct physical_node *nodes = ARENA_ARRAY(physical->arena, struct physical_node, capacity);
        uint64_t *hashes = ARENA_ARRAY(physical->arena, uint64_t, capacity);
        struct str *bytes = ARENA_ARRAY(physical->arena, struct str, capacity);
        if (physical->count) {
            memcpy(nodes, physical->nodes, physical->count * sizeof *nodes);
            memcpy(hashes, physical->shared.hashes, physical->count * sizeof *hashes);
            memcpy(bytes, physical->shared.bytes, physical->count * sizeof *bytes);
        }
        physical->nodes = nodes;
        physical->shared.hashes = hashes;
        physical->shared.bytes = bytes;
        physical->capacity = capacity;
    }
    physical->nodes[physical->count] = node;
    return physical->count++;
}

static bool is_deterministic(const struct physical_node *node) {
    if (node->condition && !expression_is_deterministic(node->condition))
        return false;
    for (uint32_t i = 0; node->projections && i < node->message->n_output; i++)
        if (!expression_is_deterministic(node->projections[i]))
            return false;
    return true;
}

/* The node itself, or an equal one that is there already: equal in everything but its id. */
static uint32_t add_shared(struct physical *physical, struct physical_node node) {
    if (!is_deterministic(&node))
        return add_node(physical, node);
    size_t size = plan__node__get_packed_size(node.message);
    uint8_t *bytes = arena_alloc(physical->arena, size + 1);
    plan__node__pack(node.message, bytes);
    uint64_t hash = hash_bytes(bytes, size) | 1;
    for (uint32_t i = 0; i < physical->count; i++)
        if (physical->shared.hashes[i] == hash && physical->shared.bytes[i].size == size &&
            memcmp(physical->shared.bytes[i].data, bytes, size) == 0)
            return i;
    uint32_t id = add_node(physical, node);
    physical->shared.hashes[id] = hash;
    physical->shared.bytes[id] = (struct str){(const char *)bytes, size};
    return id;
}

uint32_t *indexes_copy(struct arena *arena, const uint32_t *indexes, uint32_t count) {
    uint32_t *copy = ARENA_ARRAY(arena, uint32_t, count);
    if (count)
        memcpy(copy, indexes, count * sizeof *copy);
    return copy;
}

static Plan__Field **encode_columns(struct arena *arena, const struct logical_column *columns, uint32_t count) {
    Plan__Field **fields = ARENA_ARRAY(arena, Plan__Field *, count);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = ARENA_NEW(arena, Plan__Field);
        plan__field__init(fields[i]);
        fields[i]->name = arena_strdup(arena, columns[i].name);
        fields[i]->type = plan_type_encode(arena, columns[i].type);
    }
    return fields;
}

static struct physical_node new_node(struct physical *physical, const struct logical *logical) {
    Plan__Node *message = ARENA_NEW(physical->arena, Plan__Node);
    plan__node__init(message);
    message->n_output = logical->column_count;
    message->output = encode_columns(physical->arena, logical->columns, logical->column_count);
    return (struct physical_node){.message = message, .logical = logical};
}

static void set_input(struct physical *physical, struct physical_node *node, uint32_t input) {
    node->message->n_inputs = 1;
    node->message->inputs = indexes_copy(physical->arena, &input, 1);
    node->bounded = physical->nodes[input].bounded;
}

/* ---- Scan ---- */

static Plan__Option **encode_options(struct arena *arena, const struct options *options, size_t *count) {
    Plan__Option **list = ARENA_ARRAY(arena, Plan__Option *, options->map.count);
    *count = options->map.count;
    for (size_t i = 0; i < options->map.count; i++) {
        list[i] = ARENA_NEW(arena, Plan__Option);
        plan__option__init(list[i]);
        list[i]->key = arena_strdup(arena, options->map.entries[i].key);
        list[i]->value = arena_strdup(arena, options->map.entries[i].value);
    }
    return list;
}

/* As users call it: qualified only outside of the default database. */
static char *table_text(struct arena *arena, const struct catalogue_object *table) {
    bool is_default =
        strcmp(table->catalog, "default_catalog") == 0 && strcmp(table->database, "default_database") == 0;
    return is_default ? arena_strdup(arena, table->name)
                      : arena_printf(arena, "%s.%s.%s", table->catalog, table->database, table->name);
}

/* Index among the physical columns. */
static uint32_t physical_index(const struct catalogue_object *table, uint32_t column) {
    uint32_t index = 0;
    for (uint32_t i = 0; i < column; i++)
        index += table->columns[i].kind == TABLE_COLUMN_PHYSICAL;
    return index;
}

static Plan__ScanColumn *encode_table_column(struct arena *arena, const struct catalogue_object *table, uint32_t column,
                                             const struct type *type) {
    const struct table_column *source = &table->columns[column];
    Plan__ScanColumn *message = ARENA_NEW(arena, Plan__ScanColumn);
    plan__scan_column__init(message);
    message->is_metadata = source->kind == TABLE_COLUMN_METADATA;
    message->name = arena_strdup(arena, message->is_metadata ? source->metadata_key : source->name);
    message->type = plan_type_encode(arena, type);
    message->table_column = message->is_metadata ? 0 : physical_index(table, column);
    return message;
}

static void encode_physical_columns(struct arena *arena, const struct catalogue_object *table, Plan__Scan *scan) {
    struct logical_column *columns = ARENA_ARRAY(arena, struct logical_column, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind == TABLE_COLUMN_PHYSICAL)
            columns[scan->n_table_columns++] =
                (struct logical_column){.name = table->columns[i].name, .type = table->columns[i].type};
    scan->table_columns = encode_columns(arena, columns, (uint32_t)scan->n_table_columns);
}

static Plan__Expression **encode_expressions(struct arena *arena, struct expression *const *expressions,
                                             uint32_t count) {
    Plan__Expression **list = ARENA_ARRAY(arena, Plan__Expression *, count);
    for (uint32_t i = 0; i < count; i++)
        list[i] = plan_expression_encode(arena, expressions[i]);
    return list;
}

static int64_t idle_timeout_us(const struct physical *physical, const struct logical *scan) {
    const char *option = options_find(scan->scan.options, "scan.watermark.idle-timeout");
    int64_t timeout_us = settings_duration_us(&physical->settings, SETTING_IDLE_TIMEOUT);
    if (option && duration_parse(str_from(option), &timeout_us, NULL) != STATUS_OK)
        UNREACHABLE(); /* checked when the table was made */
    return timeout_us;
}

static Plan__Scan *encode_scan(struct physical *physical, const struct logical *scan) {
    struct arena *arena = physical->arena;
    const struct catalogue_object *table = scan->scan.table;
    Plan__Scan *message = ARENA_NEW(arena, Plan__Scan);
    plan__scan__init(message);
    message->table = table_text(arena, table);
    message->connector = arena_strdup(arena, table->connector->name);
    message->options = encode_options(arena, scan->scan.connector_options, &message->n_options);
    message->format = arena_strdup(arena, table->format ? table->format->name : "");
    message->row_limit = scan->scan.row_limit;
    message->bounded = scan->scan.bounded;
    encode_physical_columns(arena, table, message);
    if (table->connector->source_upserts) {
        message->n_key_columns = table->primary_key_count;
        message->key_columns = ARENA_ARRAY(arena, uint32_t, table->primary_key_count);
        for (uint32_t i = 0; i < table->primary_key_count; i++)
            message->key_columns[i] = physical_index(table, table->primary_key[i]);
    }
    if (table->connector->reads_partitions) {
        message->n_partition_columns = table->partitioned_by.count;
        message->partition_columns = ARENA_ARRAY(arena, uint32_t, table->partitioned_by.count);
        for (unsigned i = 0; i < table->partitioned_by.count; i++)
            message->partition_columns[i] =
                physical_index(table, (uint32_t)catalogue_object_column(table, table->partitioned_by.items[i].text));
    }
    message->n_columns = scan->column_count;
    message->columns = ARENA_ARRAY(arena, Plan__ScanColumn *, scan->column_count);
    for (uint32_t i = 0; i < scan->column_count; i++)
        message->columns[i] =
            encode_table_column(arena, table, scan->scan.columns[i].table_column, scan->scan.columns[i].type);
    return message;
}

/* Scan, Project over Scan below a watermark, or these below a Watermark: one node. */
static uint32_t build_scan(struct physical *physical, const struct logical *top) {
    struct arena *arena = physical->arena;
    const struct logical *watermark = top->kind == LOGICAL_WATERMARK ? top : NULL;
    const struct logical *project = watermark ? top->inputs[0] : top;
    const struct logical *scan = project->kind == LOGICAL_PROJECT ? project->inputs[0] : project;
    ASSERT(scan->kind == LOGICAL_SCAN);
    struct physical_node node = new_node(physical, top);
    node.bounded = scan->scan.bounded;
    node.statistics = statistics_of_scan(arena, scan);
    Plan__Scan *message = encode_scan(physical, scan);
    node.message->operation_case = PLAN__NODE__OPERATION_SCAN;
    node.message->scan = message;
    if (project != scan) {
        message->n_projections = project->column_count;
        message->projections = encode_expressions(arena, project->project.expressions, project->column_count);
        node.projections = project->project.expressions;
        node.statistics = statistics_of_calc(arena, &node.statistics, NULL, project->project.expressions,
                                             project->columns, project->column_count);
    }
    if (watermark) {
        message->has_watermark = true;
        message->watermark = plan_expression_encode(arena, watermark->watermark.expression);
        message->watermark_column = watermark->watermark.column;
        message->idle_timeout_us = idle_timeout_us(physical, scan);
    }
    return add_shared(physical, node);
}

/* ---- Values, Calc, WindowTable ---- */

static uint32_t build_values(struct physical *physical, const struct logical *values) {
    struct arena *arena = physical->arena;
    struct physical_node node = new_node(physical, values);
    Plan__Values *message = ARENA_NEW(arena, Plan__Values);
    plan__values__init(message);
    uint32_t *indexes = ARENA_ARRAY(arena, uint32_t, values->column_count);
    struct column *columns = ARENA_ARRAY(arena, struct column, values->column_count);
    struct strbuf bytes;
    strbuf_init(&bytes);
    message->n_rows = values->values.row_count;
    message->rows = ARENA_ARRAY(arena, ProtobufCBinaryData, message->n_rows);
    for (uint32_t i = 0; i < values->values.row_count; i++) {
        for (uint32_t k = 0; k < values->column_count; k++) {
            indexes[k] = k;
            columns[k] = values->values.rows[i][k]->literal;
        }
        strbuf_reset(&bytes);
        row_encode(&bytes, columns, indexes, values->column_count, 0);
        message->rows[i] = (ProtobufCBinaryData){bytes.size, arena_copy(arena, strbuf_text(&bytes), bytes.size)};
    }
    strbuf_release(&bytes);
    node.message->operation_case = PLAN__NODE__OPERATION_VALUES;
    node.message->values = message;
    node.bounded = true;
    node.statistics = statistics_of_values(arena, values);
    return add_shared(physical, node);
}

static struct expression *ordered_condition(struct physical *physical, struct expression *condition,
                                            const struct statistics *input) {
    struct conjuncts conjuncts = {0};
    conjuncts_split(physical->arena, condition, &conjuncts);
    order_conjuncts(physical->arena, &conjuncts, input);
    return conjuncts_join(physical->arena, &conjuncts);
}

static enum status build_calc(struct physical *physical, const struct logical *top, uint32_t *id) {
    struct arena *arena = physical->arena;
    const struct logical *project = top->kind == LOGICAL_PROJECT ? top : NULL;
    const struct logical *filter = project ? project->inputs[0] : top;
    if (filter->kind != LOGICAL_FILTER)
        filter = NULL;
    const struct logical *below = filter ? filter->inputs[0] : project->inputs[0];
    uint32_t input;
    TRY(physical_build(physical, below, &input));
    const struct statistics *statistics = &physical->nodes[input].statistics;
    struct physical_node node = new_node(physical, top);
    set_input(physical, &node, input);
    if (filter)
        node.condition = ordered_condition(physical, filter->filter.condition, statistics);
    node.projections = project ? project->project.expressions : logical_identity(arena, below, below->column_count);
    node.statistics =
        statistics_of_calc(arena, statistics, node.condition, node.projections, top->columns, top->column_count);
    Plan__Calc *message = ARENA_NEW(arena, Plan__Calc);
    plan__calc__init(message);
    message->condition = node.condition ? plan_expression_encode(arena, node.condition) : NULL;
    message->n_projections = top->column_count;
    message->projections = encode_expressions(arena, node.projections, top->column_count);
    node.message->operation_case = PLAN__NODE__OPERATION_CALC;
    node.message->calc = message;
    *id = add_shared(physical, node);
    return STATUS_OK;
}

static Plan__Window *encode_window(struct arena *arena, const struct logical_window *window) {
    Plan__Window *message = ARENA_NEW(arena, Plan__Window);
    plan__window__init(message);
    message->kind = window->kind;
    message->size_us = window->size_us;
    message->slide_us = window->slide_us;
    message->offset_us = window->offset_us;
    message->gap_us = window->gap_us;
    message->time_column = window->processing_time ? 0 : window->time_column;
    message->processing_time = window->processing_time;
    message->n_partition_columns = window->partition_count;
    message->partition_columns = indexes_copy(arena, window->partition_columns, window->partition_count);
    return message;
}

static enum status build_window_table(struct physical *physical, const struct logical *logical, uint32_t *id) {
    uint32_t input;
    if (logical->window_table.window.kind == PLAN__WINDOW_KIND__SESSION) {
        FAIL_AT(physical->error, logical->position, STATUS_UNSUPPORTED,
                "SESSION as a table function is only executed below a GROUP BY of its window and its partition");
        error_hint(physical->error, "GROUP BY window_start, window_end and exactly the columns of PARTITION BY");
        return STATUS_UNSUPPORTED;
    }
    TRY(physical_build(physical, logical->inputs[0], &input));
    struct physical_node node = new_node(physical, logical);
    set_input(physical, &node, input);
    node.statistics = statistics_of_window_table(physical->arena, &physical->nodes[input].statistics, logical);
    node.message->operation_case = PLAN__NODE__OPERATION_WINDOW_TABLE;
    node.message->window_table = ARENA_NEW(physical->arena, Plan__WindowTable);
    plan__window_table__init(node.message->window_table);
    node.message->window_table->window = encode_window(physical->arena, &logical->window_table.window);
    *id = add_shared(physical, node);
    return STATUS_OK;
}

/* ---- aggregates ---- */

static Plan__AggregateCall **encode_calls(struct arena *arena, const struct logical_aggregate *aggregate) {
    Plan__AggregateCall **list = ARENA_ARRAY(arena, Plan__AggregateCall *, aggregate->call_count);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        const struct logical_aggregate_call *call = &aggregate->calls[i];
        Plan__AggregateCall *message = list[i] = ARENA_NEW(arena, Plan__AggregateCall);
        plan__aggregate_call__init(message);
        message->aggregate = arena_strdup(arena, call->aggregate->id);
        message->n_arguments = call->argument_count;
        message->arguments = indexes_copy(arena, call->arguments, call->argument_count);
        message->n_constants = call->constant_count;
        message->constants = encode_expressions(arena, call->constants, call->constant_count);
        message->distinct = call->distinct;
        message->has_filter = call->filter >= 0;
        message->filter = call->filter >= 0 ? (uint32_t)call->filter : 0;
        message->type = plan_type_encode(arena, call->type);
        message->name = arena_strdup(arena, call->name);
    }
    return list;
}

static void encode_window_aggregate(struct physical *physical, const struct logical_aggregate *aggregate,
                                    Plan__Node *node) {
    static const Plan__Emit emits[] = {
        [AST_EMIT_DEFAULT] = PLAN__EMIT__ON_CLOSE,
        [AST_EMIT_ON_CLOSE] = PLAN__EMIT__ON_CLOSE,
        [AST_EMIT_ON_UPDATE] = PLAN__EMIT__ON_UPDATE,
        [AST_EMIT_EVERY] = PLAN__EMIT__EVERY,
    };
    Plan__WindowAggregate *message = ARENA_NEW(physical->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(message);
    message->window = encode_window(physical->arena, &aggregate->window);
    message->n_keys = aggregate->key_count;
    message->keys = indexes_copy(physical->arena, aggregate->keys, aggregate->key_count);
    message->n_aggregates = aggregate->call_count;
    message->aggregates = encode_calls(physical->arena, aggregate);
    message->emit = emits[aggregate->emit.kind];
    message->emit_interval_us = aggregate->emit.interval_us;
    message->allowed_lateness_us = settings_duration_us(&physical->settings, SETTING_ALLOW_LATENESS);
    message->input_has_window = aggregate->input_has_window;
    message->window_start_column = aggregate->window_start_column;
    message->window_end_column = aggregate->window_end_column;
    node->operation_case = PLAN__NODE__OPERATION_WINDOW_AGGREGATE;
    node->window_aggregate = message;
}

static void set_mini_batch(const struct physical *physical, const struct logical_aggregate *aggregate,
                           const struct physical_node *node, const struct statistics *input,
                           Plan__GroupAggregate *message) {
    const struct settings *settings = &physical->settings;
    struct mini_batch chosen = {0};
    uint64_t rows_max = (uint64_t)settings_int(settings, SETTING_MINI_BATCH_SIZE);
    int64_t latency_us = settings_duration_us(settings, SETTING_MINI_BATCH_ALLOW_LATENCY);
    if (physical->interactive && settings_is_default(settings, SETTING_MINI_BATCH_ALLOW_LATENCY) &&
        latency_us > INTERACTIVE_LATENCY_US)
        latency_us = INTERACTIVE_LATENCY_US;
    if (aggregate->emit.kind == AST_EMIT_EVERY)
        chosen = (struct mini_batch){rows_max, aggregate->emit.interval_us};
    else if (aggregate->emit.kind == AST_EMIT_ON_UPDATE || !settings_bool(settings, SETTING_MINI_BATCH_ENABLED) ||
             aggregate->call_count == 0) /* DISTINCT gives a row once: there is nothing to merge */
        chosen = (struct mini_batch){0};
    else if (!settings_is_default(settings, SETTING_MINI_BATCH_ENABLED))
        chosen = (struct mini_batch){rows_max, latency_us};
    else
        chosen = choose_mini_batch(input, node->groups, rows_max, latency_us);
    message->mini_batch_rows = chosen.rows;
    message->mini_batch_us = chosen.latency_us;
}

static void encode_group_aggregate(struct physical *physical, const struct logical_aggregate *aggregate,
                                   const struct statistics *input, struct physical_node *node) {
    Plan__GroupAggregate *message = ARENA_NEW(physical->arena, Plan__GroupAggregate);
    plan__group_aggregate__init(message);
    message->n_keys = aggregate->key_count;
    message->keys = indexes_copy(physical->arena, aggregate->keys, aggregate->key_count);
    message->n_aggregates = aggregate->call_count;
    message->aggregates = encode_calls(physical->arena, aggregate);
    message->keeps_last = aggregate->keeps_last;
    message->state_ttl_us = settings_duration_us(&physical->settings, SETTING_STATE_TTL);
    set_mini_batch(physical, aggregate, node, input, message);
    node->message->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    node->message->group_aggregate = message;
}

/* With RocksDB it matters to know what can go there. */
#define GROUPS_THAT_LEAVE "cold ones in RocksDB"
#define ROWS_THAT_LEAVE "sorted runs in RocksDB"
#define NONE_LEAVE "in memory"

static char *describe_place(const struct physical *physical, const char *state, const char *place) {
    bool rocks = settings_choice_is(&physical->settings, SETTING_STATE_BACKEND, "rocksdb");
    return arena_printf(physical->arena, "%s%s%s", state, rocks ? ", " : "", rocks ? place : "");
}

static enum status build_aggregate(struct physical *physical, const struct logical *logical, uint32_t *id) {
    const struct logical_aggregate *aggregate = &logical->aggregate;
    uint32_t input;
    TRY(physical_build(physical, logical->inputs[0], &input));
    const struct statistics *statistics = &physical->nodes[input].statistics;
    struct physical_node node = new_node(physical, logical);
    set_input(physical, &node, input);
    struct aggregate_estimate estimate = estimate_aggregate(physical->arena, statistics, logical);
    node.statistics = estimate.statistics;
    node.groups = estimate.groups;
    if (aggregate->has_window)
        encode_window_aggregate(physical, aggregate, node.message);
    else
        encode_group_aggregate(physical, aggregate, statistics, &node);
    *id = add_shared(physical, node);
    physical->nodes[*id].message->state_bytes = estimate.state_bytes;
    const char *groups = describe_groups(physical->arena, &estimate, aggregate->has_window);
    const char *place = aggregate->key_count > 0 ? GROUPS_THAT_LEAVE : NONE_LEAVE;
    physical->nodes[*id].message->state_description = describe_place(physical, groups, place);
    return STATUS_OK;
}

/* ---- Sort, Limit, Union, Sink ---- */

static enum status build_sort(struct physical *physical, const struct logical *logical, uint32_t *id) {
    const struct logical_sort *sort = &logical->sort;
    uint32_t input;
    TRY(physical_build(physical, logical->inputs[0], &input));
    struct physical_node node = new_node(physical, logical);
    set_input(physical, &node, input);
    const struct statistics *statistics = &physical->nodes[input].statistics;
    node.statistics = statistics_of_limit(statistics, &sort->range);
    Plan__Sort *message = ARENA_NEW(physical->arena, Plan__Sort);
    plan__sort__init(message);
    message->has_limit = sort->range.has_limit;
    message->limit = sort->range.limit;
    message->offset = sort->range.offset;
    message->n_keys = sort->key_count;
    message->keys = ARENA_ARRAY(physical->arena, Plan__SortKey *, sort->key_count);
    for (uint32_t i = 0; i < sort->key_count; i++) {
        message->keys[i] = ARENA_NEW(physical->arena, Plan__SortKey);
        plan__sort_key__init(message->keys[i]);
        message->keys[i]->column = sort->keys[i].column;
        message->keys[i]->descending = sort->keys[i].descending;
        message->keys[i]->nulls_first = sort->keys[i].nulls_first;
    }
    node.message->operation_case = PLAN__NODE__OPERATION_SORT;
    node.message->sort = message;
    *id = add_shared(physical, node);
    double rows =
        sort->range.has_limit ? (double)sort->range.limit + (double)sort->range.offset : statistics->row_count;
    physical->nodes[*id].message->state_bytes = rows * statistics->width_bytes;
    physical->nodes[*id].message->state_description = describe_place(physical, "rows to sort", ROWS_THAT_LEAVE);
    return STATUS_OK;
}

static enum status build_limit(struct physical *physical, const struct logical *logical, uint32_t *id) {
    uint32_t input;
    TRY(physical_build(physical, logical->inputs[0], &input));
    struct physical_node node = new_node(physical, logical);
    set_input(physical, &node, input);
    node.bounded |= logical->limit.has_limit;
    node.statistics = statistics_of_limit(&physical->nodes[input].statistics, &logical->limit);
    Plan__Limit *message = ARENA_NEW(physical->arena, Plan__Limit);
    plan__limit__init(message);
    message->has_limit = logical->limit.has_limit;
    message->limit = logical->limit.limit;
    message->offset = logical->limit.offset;
    node.message->operation_case = PLAN__NODE__OPERATION_LIMIT;
    node.message->limit = message;
    *id = add_shared(physical, node);
    return STATUS_OK;
}

static uint32_t add_union(struct physical *physical, const struct logical *logical, const uint32_t *inputs,
                          uint32_t count) {
    struct arena *arena = physical->arena;
    struct physical_node node = new_node(physical, logical);
    struct statistics *statistics = ARENA_ARRAY(arena, struct statistics, count);
    node.bounded = true;
    for (uint32_t i = 0; i < count; i++) {
        statistics[i] = physical->nodes[inputs[i]].statistics;
        node.bounded &= physical->nodes[inputs[i]].bounded;
    }
    node.statistics = statistics_of_union(arena, statistics, count, logical->column_count);
    node.message->n_inputs = count;
    node.message->inputs = indexes_copy(arena, inputs, count);
    node.message->operation_case = PLAN__NODE__OPERATION_UNION_ALL;
    node.message->union_all = ARENA_NEW(arena, Plan__UnionAll);
    plan__union_all__init(node.message->union_all);
    return add_shared(physical, node);
}

/* An operator has at most 64 inputs: wide unions become trees. */
static enum status build_union(struct physical *physical, const struct logical *logical, uint32_t *id) {
    enum { INPUTS_MAX = 64 };
    uint32_t count = logical->input_count;
    uint32_t *inputs = ARENA_ARRAY(physical->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        TRY(physical_build(physical, logical->inputs[i], &inputs[i]));
    while (count > INPUTS_MAX) {
        uint32_t groups = 0;
        for (uint32_t i = 0; i < count; i += INPUTS_MAX)
            inputs[groups++] =
                add_union(physical, logical, &inputs[i], count - i < INPUTS_MAX ? count - i : INPUTS_MAX);
        count = groups;
    }
    *id = add_union(physical, logical, inputs, count);
    return STATUS_OK;
}

static void encode_table_sink(struct physical *physical, const struct logical *logical, Plan__Sink *message) {
    struct arena *arena = physical->arena;
    const struct logical_sink *sink = &logical->sink;
    const struct catalogue_object *table = sink->table;
    message->table = table_text(arena, table);
    message->connector = arena_strdup(arena, table->connector->name);
    message->format = arena_strdup(arena, table->format ? table->format->name : "");
    message->options = encode_options(arena, sink->connector_options, &message->n_options);
    message->n_columns = logical->column_count;
    message->columns = ARENA_ARRAY(arena, Plan__ScanColumn *, logical->column_count);
    message->key_columns = ARENA_ARRAY(arena, uint32_t, table->primary_key_count);
    for (uint32_t i = 0; i < logical->column_count; i++)
        message->columns[i] = encode_table_column(arena, table, sink->table_columns[i], logical->columns[i].type);
    for (uint32_t k = 0; k < table->primary_key_count; k++)
        for (uint32_t i = 0; i < logical->column_count; i++)
            if (sink->table_columns[i] == table->primary_key[k])
                message->key_columns[message->n_key_columns++] = i;
}

/* A sink's columns are declared by its table: NOT NULL there is what its writer checks. */
static void declare_sink_columns(const struct logical *logical, Plan__Node *node) {
    for (uint32_t i = 0; logical->sink.table && i < logical->column_count; i++) {
        const struct table_column *column = &logical->sink.table->columns[logical->sink.table_columns[i]];
        node->output[i]->type->nullable = column->type->nullable;
    }
}

static enum status build_sink(struct physical *physical, const struct logical *logical, uint32_t *id) {
    uint32_t input;
    TRY(physical_build(physical, logical->inputs[0], &input));
    struct physical_node node = new_node(physical, logical);
    set_input(physical, &node, input);
    node.statistics = physical->nodes[input].statistics;
    Plan__Sink *message = ARENA_NEW(physical->arena, Plan__Sink);
    plan__sink__init(message);
    if (logical->sink.table)
        encode_table_sink(physical, logical, message);
    else
        message->collect_id = physical->client_count++;
    declare_sink_columns(logical, node.message);
    node.message->operation_case = PLAN__NODE__OPERATION_SINK;
    node.message->sink = message;
    *id = add_node(physical, node);
    return STATUS_OK;
}

enum status physical_build(struct physical *physical, const struct logical *logical, uint32_t *id) {
    switch (logical->kind) {
    case LOGICAL_SCAN:
    case LOGICAL_WATERMARK: *id = build_scan(physical, logical); return STATUS_OK;
    case LOGICAL_VALUES: *id = build_values(physical, logical); return STATUS_OK;
    case LOGICAL_PROJECT:
        if (logical_is_identity(logical))
            return physical_build(physical, logical->inputs[0], id);
        return build_calc(physical, logical, id);
    case LOGICAL_FILTER: return build_calc(physical, logical, id);
    case LOGICAL_WINDOW_TABLE: return build_window_table(physical, logical, id);
    case LOGICAL_AGGREGATE: return build_aggregate(physical, logical, id);
    case LOGICAL_SORT: return build_sort(physical, logical, id);
    case LOGICAL_LIMIT: return build_limit(physical, logical, id);
    case LOGICAL_UNION: return build_union(physical, logical, id);
    case LOGICAL_SINK: return build_sink(physical, logical, id);
    case LOGICAL_DISTINCT: break; /* a rule makes it an Aggregate */
    }
    UNREACHABLE();
}
