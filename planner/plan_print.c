/* plan_print.c: the physical plan as an indented tree, a line per node, sinks first, as Flink prints it:
 *
 *     Sink(table=[client], fields=[city, EXPR$1], changes=[append], rows=[20/s])
 *     +- WindowAggregate(keys=[city], window=[TUMBLE(ts, 10 s)], select=[AVG(temp)], ...)
 *        +- Scan(table=[weather], fields=[city, temp, ts], ...)
 *
 * A node with several users is printed once, with a number, and named by it afterwards. */
#include "planner/plan.h"
#include "planner/plan_print.h"

#include <inttypes.h>
#include <math.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/str.h"

struct printer {
    struct arena *arena;
    struct strbuf *out;
    const Plan__Plan *plan;
    const struct schema *schemas; /* output of every node */
    const uint32_t *uses;
    const uint32_t *parallelism; /* of every node */
    uint32_t *reuse_ids;         /* 0 = not printed yet */
    uint32_t reuse_count;
};

/* ---- values ---- */

void duration_print(struct strbuf *out, int64_t duration_us) {
    static const struct {
        int64_t us;
        const char *unit;
    } units[] = {
        {INT64_C(86400000000), "d"}, {INT64_C(3600000000), "h"}, {60000000, "min"}, {1000000, "s"}, {1000, "ms"},
    };
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (duration_us && duration_us % units[i].us == 0) {
            strbuf_printf(out, "%" PRId64 " %s", duration_us / units[i].us, units[i].unit);
            return;
        }
    strbuf_printf(out, "%" PRId64 " us", duration_us);
}

/* Three digits: estimates are not better. */
void estimate_print(struct strbuf *out, double value) {
    static const char *const suffixes[] = {"", "k", "M", "G", "T", "P"};
    size_t suffix = 0;
    for (; fabs(value) >= 999.5 && suffix + 1 < COUNT_OF(suffixes); suffix++)
        value /= 1000;
    strbuf_printf(out, "%.3g%s", value, suffixes[suffix]);
}

static void print_expression(const struct printer *printer, const Plan__Expression *message,
                             const struct schema *input) {
    struct expression *expression;
    struct error error;
    if (plan_expression_decode(printer->arena, message, input->field_count, &expression, &error) != STATUS_OK)
        strbuf_append_text(printer->out, "?");
    else
        expression_print(printer->out, expression, input);
}

static const char *column_name(const struct schema *schema, uint32_t column) {
    return column < schema->field_count ? schema->fields[column].name : "?";
}

static void print_columns(const struct printer *printer, const char *label, const uint32_t *columns, size_t count,
                          const struct schema *schema) {
    strbuf_printf(printer->out, "%s=[", label);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(printer->out, "%s%s", i ? ", " : "", column_name(schema, columns[i]));
    strbuf_append_text(printer->out, "]");
}

static void print_fields(const struct printer *printer, const struct schema *schema) {
    strbuf_append_text(printer->out, "fields=[");
    for (uint32_t i = 0; i < schema->field_count; i++)
        strbuf_printf(printer->out, "%s%s", i ? ", " : "", schema->fields[i].name);
    strbuf_append_text(printer->out, "]");
}

/* `a, b + 1 AS c` */
static void print_projections(const struct printer *printer, const char *label, Plan__Expression *const *projections,
                              size_t count, const struct schema *input, const struct schema *output) {
    strbuf_printf(printer->out, "%s=[", label);
    for (size_t i = 0; i < count; i++) {
        strbuf_append_text(printer->out, i ? ", " : "");
        size_t start = printer->out->size;
        print_expression(printer, projections[i], input);
        struct str text = {printer->out->data + start, printer->out->size - start};
        if (!str_equal(text, str_from(column_name(output, (uint32_t)i))))
            strbuf_printf(printer->out, " AS %s", column_name(output, (uint32_t)i));
    }
    strbuf_append_text(printer->out, "]");
}

static void print_window(const struct printer *printer, const Plan__Window *window, const struct schema *input,
                         bool with_time) {
    static const char *const names[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    strbuf_printf(printer->out, "window=[%s(", names[window->kind]);
    if (with_time)
        strbuf_printf(printer->out, "%s, ",
                      window->processing_time ? "processing time" : column_name(input, window->time_column));
    if (window->kind == PLAN__WINDOW_KIND__HOP || window->kind == PLAN__WINDOW_KIND__CUMULATE) {
        strbuf_append_text(printer->out, window->kind == PLAN__WINDOW_KIND__HOP ? "slide " : "step ");
        duration_print(printer->out, window->slide_us);
        strbuf_append_text(printer->out, ", ");
    }
    bool session = window->kind == PLAN__WINDOW_KIND__SESSION;
    strbuf_append_text(printer->out, session ? "gap " : "size ");
    duration_print(printer->out, session ? window->gap_us : window->size_us);
    if (window->offset_us) {
        strbuf_append_text(printer->out, ", offset ");
        duration_print(printer->out, window->offset_us);
    }
    strbuf_append_text(printer->out, ")]");
    if (window->n_partition_columns) {
        strbuf_append_text(printer->out, ", ");
        print_columns(printer, "partition", window->partition_columns, window->n_partition_columns, input);
    }
}

static void print_aggregates(const struct printer *printer, Plan__AggregateCall *const *calls, size_t count,
                             const struct schema *input, const struct schema *output, size_t first) {
    strbuf_append_text(printer->out, "select=[");
    for (size_t i = 0; i < count; i++) {
        const Plan__AggregateCall *call = calls[i];
        strbuf_printf(printer->out, "%s%s(%s", i ? ", " : "", call->name, call->distinct ? "DISTINCT " : "");
        if (!call->n_arguments)
            strbuf_append_text(printer->out, "*");
        for (size_t k = 0; k < call->n_arguments; k++)
            strbuf_printf(printer->out, "%s%s", k ? ", " : "", column_name(input, call->arguments[k]));
        for (size_t k = 0; k < call->n_constants; k++) {
            strbuf_append_text(printer->out, ", ");
            print_expression(printer, call->constants[k], &(struct schema){0});
        }
        strbuf_append_text(printer->out, ")");
        if (call->has_filter)
            strbuf_printf(printer->out, " FILTER %s", column_name(input, call->filter));
        strbuf_printf(printer->out, " AS %s", column_name(output, (uint32_t)(first + i)));
    }
    strbuf_append_text(printer->out, "]");
}

/* ---- operations ---- */

static void print_scan(const struct printer *printer, const Plan__Scan *scan, const struct schema *output) {
    struct schema columns = {ARENA_ARRAY(printer->arena, struct field, scan->n_columns), (uint32_t)scan->n_columns};
    struct error error;
    strbuf_printf(printer->out, "table=[%s], columns=[", scan->table);
    for (size_t i = 0; i < scan->n_columns; i++) {
        const Plan__ScanColumn *column = scan->columns[i];
        columns.fields[i] = (struct field){column->name, &type_null};
        if (plan_type_decode(printer->arena, column->type, &columns.fields[i].type, &error) != STATUS_OK)
            columns.fields[i].type = &type_null;
        strbuf_printf(printer->out, "%s%s%s", i ? ", " : "", column->is_metadata ? "METADATA " : "", column->name);
        const struct type *type = columns.fields[i].type;
        if (type->kind == TYPE_ROW) {
            strbuf_append_text(printer->out, " ");
            type_print(printer->out, type);
        }
    }
    strbuf_append_text(printer->out, "]");
    if (scan->n_projections) {
        strbuf_append_text(printer->out, ", ");
        print_projections(printer, "select", scan->projections, scan->n_projections, &columns, output);
    }
    if (scan->has_watermark) {
        strbuf_printf(printer->out, ", watermark=[%s: ", column_name(output, scan->watermark_column));
        print_expression(printer, scan->watermark, output);
        strbuf_append_text(printer->out, "]");
    }
    if (scan->row_limit)
        strbuf_printf(printer->out, ", limit=[%" PRIu64 "]", scan->row_limit);
}

static void print_calc(const struct printer *printer, const Plan__Calc *calc, const struct schema *input,
                       const struct schema *output) {
    print_projections(printer, "select", calc->projections, calc->n_projections, input, output);
    if (!calc->condition)
        return;
    strbuf_append_text(printer->out, ", where=[");
    print_expression(printer, calc->condition, input);
    strbuf_append_text(printer->out, "]");
}

static void print_window_aggregate(const struct printer *printer, const Plan__WindowAggregate *aggregate,
                                   const struct schema *input, const struct schema *output) {
    static const char *const emits[] = {"on close", "on update", "every "};
    print_columns(printer, "keys", aggregate->keys, aggregate->n_keys, input);
    strbuf_append_text(printer->out, ", ");
    print_window(printer, aggregate->window, input, !aggregate->input_has_window);
    if (aggregate->input_has_window)
        strbuf_printf(printer->out, ", attached=[%s, %s]", column_name(input, aggregate->window_start_column),
                      column_name(input, aggregate->window_end_column));
    strbuf_append_text(printer->out, ", ");
    print_aggregates(printer, aggregate->aggregates, aggregate->n_aggregates, input, output, aggregate->n_keys);
    strbuf_printf(printer->out, ", emit=[%s", emits[aggregate->emit]);
    if (aggregate->emit == PLAN__EMIT__EVERY)
        duration_print(printer->out, aggregate->emit_interval_us);
    strbuf_append_text(printer->out, "]");
    if (aggregate->allowed_lateness_us) {
        strbuf_append_text(printer->out, ", lateness=[");
        duration_print(printer->out, aggregate->allowed_lateness_us);
        strbuf_append_text(printer->out, "]");
    }
}

static void print_group_aggregate(const struct printer *printer, const Plan__GroupAggregate *aggregate,
                                  const struct schema *input, const struct schema *output) {
    print_columns(printer, "keys", aggregate->keys, aggregate->n_keys, input);
    strbuf_append_text(printer->out, ", ");
    print_aggregates(printer, aggregate->aggregates, aggregate->n_aggregates, input, output, aggregate->n_keys);
    if (aggregate->keeps_last)
        strbuf_append_text(printer->out, ", rows=[the last of each group]");
    if (aggregate->emit_final)
        strbuf_append_text(printer->out, ", emit=[at the end]");
    if (aggregate->mini_batch_rows) {
        strbuf_printf(printer->out, ", mini-batch=[%" PRIu64 " rows, ", aggregate->mini_batch_rows);
        duration_print(printer->out, aggregate->mini_batch_us);
        strbuf_append_text(printer->out, "]");
    }
    if (aggregate->state_ttl_us) {
        strbuf_append_text(printer->out, ", ttl=[");
        duration_print(printer->out, aggregate->state_ttl_us);
        strbuf_append_text(printer->out, "]");
    }
}

static void print_range(const struct printer *printer, bool has_limit, uint64_t limit, uint64_t offset) {
    if (offset)
        strbuf_printf(printer->out, "offset=[%" PRIu64 "]%s", offset, has_limit ? ", " : "");
    if (has_limit)
        strbuf_printf(printer->out, "fetch=[%" PRIu64 "]", limit);
}

static void print_sort(const struct printer *printer, const Plan__Sort *sort, const struct schema *input) {
    strbuf_append_text(printer->out, "orderBy=[");
    for (size_t i = 0; i < sort->n_keys; i++) {
        const Plan__SortKey *key = sort->keys[i];
        strbuf_printf(printer->out, "%s%s %s%s", i ? ", " : "", column_name(input, key->column),
                      key->descending ? "DESC" : "ASC",
                      key->nulls_first == key->descending ? (key->descending ? " NULLS FIRST" : " NULLS LAST") : "");
    }
    strbuf_append_text(printer->out, "]");
    if (sort->has_limit || sort->offset)
        strbuf_append_text(printer->out, ", ");
    print_range(printer, sort->has_limit, sort->limit, sort->offset);
}

static void print_sink(const struct printer *printer, const Plan__Sink *sink, const struct schema *output) {
    strbuf_printf(printer->out, "table=[%s], ", sink->connector[0] ? sink->table : "client");
    print_fields(printer, output);
    if (sink->n_key_columns) {
        strbuf_append_text(printer->out, ", ");
        print_columns(printer, "primaryKey", sink->key_columns, sink->n_key_columns, output);
    }
}

static void print_operation(const struct printer *printer, const Plan__Node *node, const struct schema *input,
                            const struct schema *output) {
    switch (node->operation_case) {
    case PLAN__NODE__OPERATION_SCAN: print_scan(printer, node->scan, output); break;
    case PLAN__NODE__OPERATION_VALUES:
        print_fields(printer, output);
        strbuf_printf(printer->out, ", tuples=[%zu]", node->values->n_rows);
        break;
    case PLAN__NODE__OPERATION_CALC: print_calc(printer, node->calc, input, output); break;
    case PLAN__NODE__OPERATION_WINDOW_TABLE: print_window(printer, node->window_table->window, input, true); break;
    case PLAN__NODE__OPERATION_WINDOW_AGGREGATE:
        print_window_aggregate(printer, node->window_aggregate, input, output);
        break;
    case PLAN__NODE__OPERATION_GROUP_AGGREGATE:
        print_group_aggregate(printer, node->group_aggregate, input, output);
        break;
    case PLAN__NODE__OPERATION_SORT: print_sort(printer, node->sort, input); break;
    case PLAN__NODE__OPERATION_LIMIT:
        print_range(printer, node->limit->has_limit, node->limit->limit, node->limit->offset);
        break;
    case PLAN__NODE__OPERATION_UNION_ALL: print_fields(printer, output); break;
    case PLAN__NODE__OPERATION_SINK: print_sink(printer, node->sink, output); break;
    default: break;
    }
}

/* How rows come to the instances, and how many there are; nothing of this in a plan for one task. */
static void print_distribution(const struct printer *printer, const Plan__Node *node, const struct schema *input) {
    static const char *const names[] = {"forward", "hash", "singleton", "broadcast"};
    if (printer->plan->parallelism <= 1)
        return;
    if (node->n_distribution_columns) {
        strbuf_append_text(printer->out, ", ");
        print_columns(printer, "hash", node->distribution_columns, node->n_distribution_columns, input);
    } else if (node->n_inputs) {
        strbuf_printf(printer->out, ", distribution=[%s]", names[node->distribution]);
    }
    strbuf_printf(printer->out, ", parallelism=[%u]", printer->parallelism[node->id]);
}

/* Change mode, key, estimated rows and state: what every node has. */
static void print_properties(const struct printer *printer, const Plan__Node *node, const struct schema *output) {
    static const char *const modes[] = {"append", "upsert", "retract"};
    struct strbuf *out = printer->out;
    strbuf_printf(out, ", changes=[%s]", modes[node->change_mode]);
    if (node->n_key_columns) {
        strbuf_append_text(out, ", ");
        print_columns(printer, "upsertKey", node->key_columns, node->n_key_columns, output);
    }
    if (node->row_count >= 0) {
        strbuf_append_text(out, ", rows=[");
        estimate_print(out, node->row_count);
    } else {
        strbuf_append_text(out, ", rate=[");
        estimate_print(out, node->rows_per_second);
        strbuf_append_text(out, "/s");
    }
    strbuf_append_text(out, "]");
    if (node->state_bytes > 0) {
        strbuf_append_text(out, ", state=[");
        estimate_print(out, node->state_bytes);
        strbuf_printf(out, "B%s%s]", node->state_description[0] ? ": " : "", node->state_description);
    }
}

static void print_node(struct printer *printer, uint32_t id, const char *prefix, bool root, bool last) {
    const Plan__Node *node = printer->plan->nodes[id];
    const struct schema *output = &printer->schemas[id];
    static const struct schema no_columns;
    const struct schema *input = node->n_inputs ? &printer->schemas[node->inputs[0]] : &no_columns;
    struct strbuf *out = printer->out;
    strbuf_printf(out, "%s%s", prefix, root ? "" : last ? "+- " : ":- ");
    if (printer->reuse_ids[id]) {
        strbuf_printf(out, "Reused(reference_id=[%u])\n", printer->reuse_ids[id]);
        return;
    }
    strbuf_printf(out, "%s(", plan_node_name(node));
    print_operation(printer, node, input, output);
    print_distribution(printer, node, input);
    print_properties(printer, node, output);
    strbuf_append_text(out, ")");
    if (printer->uses[id] > 1) {
        printer->reuse_ids[id] = ++printer->reuse_count;
        strbuf_printf(out, "(reuse_id=[%u])", printer->reuse_ids[id]);
    }
    strbuf_append_text(out, "\n");
    const char *deeper = root ? prefix : arena_printf(printer->arena, "%s%s", prefix, last ? "   " : ":  ");
    for (size_t i = 0; i < node->n_inputs; i++)
        print_node(printer, node->inputs[i], deeper, false, i + 1 == node->n_inputs);
}

static struct schema *decode_schemas(struct arena *arena, const Plan__Plan *plan) {
    struct schema *schemas = ARENA_ARRAY(arena, struct schema, plan->n_nodes);
    struct error error;
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan_schema_decode(arena, plan->nodes[i]->output, plan->nodes[i]->n_output, &schemas[i], &error) !=
            STATUS_OK)
            schemas[i].field_count = 0;
    return schemas;
}

static uint32_t *count_uses(struct arena *arena, const Plan__Plan *plan) {
    uint32_t *uses = ARENA_ARRAY(arena, uint32_t, plan->n_nodes);
    for (size_t i = 0; i < plan->n_nodes; i++)
        for (size_t k = 0; k < plan->nodes[i]->n_inputs; k++)
            uses[plan->nodes[i]->inputs[k]]++;
    return uses;
}

void plan_print(struct strbuf *out, const Plan__Plan *plan) {
    struct arena arena;
    arena_init(&arena);
    uint32_t *parallelism = ARENA_ARRAY(&arena, uint32_t, plan->n_nodes);
    plan_parallelism(plan, parallelism);
    struct printer printer = {
        .arena = &arena,
        .out = out,
        .plan = plan,
        .parallelism = parallelism,
        .schemas = decode_schemas(&arena, plan),
        .uses = count_uses(&arena, plan),
        .reuse_ids = ARENA_ARRAY(&arena, uint32_t, plan->n_nodes),
    };
    bool first = true;
    for (size_t i = 0; i < plan->n_nodes; i++) {
        if (printer.uses[i])
            continue;
        if (!first)
            strbuf_append_text(out, "\n");
        first = false;
        print_node(&printer, (uint32_t)i, "", true, true);
    }
    arena_release(&arena);
}

void plan_node_print(struct strbuf *out, const Plan__Plan *plan, uint32_t id) {
    struct arena arena;
    arena_init(&arena);
    struct printer printer = {.arena = &arena, .out = out, .plan = plan, .schemas = decode_schemas(&arena, plan)};
    const Plan__Node *node = plan->nodes[id];
    static const struct schema no_columns;
    print_operation(&printer, node, node->n_inputs ? &printer.schemas[node->inputs[0]] : &no_columns,
                    &printer.schemas[id]);
    arena_release(&arena);
}
