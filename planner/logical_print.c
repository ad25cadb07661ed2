/* logical_print.c: the logical plan as an indented tree, as in Flink's EXPLAIN:
 *
 *     LogicalProject(city=[city], EXPR$1=[$agg0])
 *     +- LogicalAggregate(group=[city], window=[TUMBLE(ts, 10 s)], $agg0=[AVG(temp)])
 *        +- ...
 */
#include "planner/logical.h"

#include <inttypes.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/functions/aggregate.h"
#include "planner/plan_print.h"

struct logical_printer {
    struct arena *arena;
    struct strbuf *out;
};

static const char *const kind_names[] = {
    [LOGICAL_SCAN] = "LogicalTableScan",      [LOGICAL_WATERMARK] = "LogicalWatermarkAssigner",
    [LOGICAL_VALUES] = "LogicalValues",       [LOGICAL_PROJECT] = "LogicalProject",
    [LOGICAL_FILTER] = "LogicalFilter",       [LOGICAL_WINDOW_TABLE] = "LogicalWindowTable",
    [LOGICAL_AGGREGATE] = "LogicalAggregate", [LOGICAL_DISTINCT] = "LogicalDistinct",
    [LOGICAL_SORT] = "LogicalSort",           [LOGICAL_LIMIT] = "LogicalLimit",
    [LOGICAL_UNION] = "LogicalUnion",         [LOGICAL_SINK] = "LogicalSink",
};

static void print_names(struct strbuf *out, const struct logical *node) {
    for (uint32_t i = 0; i < node->column_count; i++)
        strbuf_printf(out, "%s%s", i ? ", " : "", node->columns[i].name);
}

static void print_column_list(struct strbuf *out, const char *label, const struct logical *input,
                              const uint32_t *columns, uint32_t count) {
    strbuf_printf(out, "%s=[", label);
    for (uint32_t i = 0; i < count; i++)
        strbuf_printf(out, "%s%s", i ? ", " : "", input->columns[columns[i]].name);
    strbuf_append_text(out, "]");
}

static void print_scan(struct logical_printer *printer, const struct logical *node) {
    const struct catalogue_object *table = node->scan.table;
    strbuf_printf(printer->out, "table=[[%s, %s, %s]], fields=[", table->catalog, table->database, table->name);
    for (uint32_t i = 0; i < node->column_count; i++) {
        strbuf_printf(printer->out, "%s%s", i ? ", " : "", node->columns[i].name);
        if (!type_equal_ignore_null(node->scan.columns[i].type,
                                    table->columns[node->scan.columns[i].table_column].type)) {
            strbuf_append_text(printer->out, " ");
            type_print(printer->out, node->scan.columns[i].type);
        }
    }
    strbuf_append_text(printer->out, "]");
    if (node->scan.row_limit)
        strbuf_printf(printer->out, ", limit=[%" PRIu64 "]", node->scan.row_limit);
}

static void print_window(struct strbuf *out, const struct logical_window *window, const struct logical *input,
                         bool with_time) {
    static const char *const names[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    strbuf_printf(out, "window=[%s(", names[window->kind]);
    if (with_time)
        strbuf_printf(out, "%s, ",
                      window->processing_time ? "processing time" : input->columns[window->time_column].name);
    if (window->kind == PLAN__WINDOW_KIND__HOP || window->kind == PLAN__WINDOW_KIND__CUMULATE) {
        duration_print(out, window->slide_us);
        strbuf_append_text(out, ", ");
    }
    duration_print(out, window->kind == PLAN__WINDOW_KIND__SESSION ? window->gap_us : window->size_us);
    if (window->offset_us) {
        strbuf_append_text(out, ", offset ");
        duration_print(out, window->offset_us);
    }
    strbuf_append_text(out, ")]");
    if (window->partition_count) {
        strbuf_append_text(out, ", ");
        print_column_list(out, "partition", input, window->partition_columns, window->partition_count);
    }
}

static void print_call(struct strbuf *out, const struct logical_aggregate_call *call, const struct logical *input) {
    strbuf_printf(out, "%s(%s", call->name, call->distinct ? "DISTINCT " : "");
    if (!call->argument_count)
        strbuf_append_text(out, "*");
    for (uint32_t i = 0; i < call->argument_count; i++)
        strbuf_printf(out, "%s%s", i ? ", " : "", input->columns[call->arguments[i]].name);
    for (uint32_t i = 0; i < call->constant_count; i++) {
        strbuf_append_text(out, ", ");
        expression_print(out, call->constants[i], NULL);
    }
    strbuf_append_text(out, ")");
    if (call->filter >= 0)
        strbuf_printf(out, " FILTER %s", input->columns[call->filter].name);
}

static void print_aggregate(struct strbuf *out, const struct logical *node) {
    const struct logical_aggregate *aggregate = &node->aggregate;
    const struct logical *input = node->inputs[0];
    print_column_list(out, "group", input, aggregate->keys, aggregate->key_count);
    if (aggregate->has_window) {
        strbuf_append_text(out, ", ");
        print_window(out, &aggregate->window, input, !aggregate->input_has_window);
        if (aggregate->input_has_window)
            strbuf_printf(out, ", attached=[%s, %s]", input->columns[aggregate->window_start_column].name,
                          input->columns[aggregate->window_end_column].name);
    }
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        strbuf_printf(out, ", %s=[", node->columns[aggregate->key_count + i].name);
        print_call(out, &aggregate->calls[i], input);
        strbuf_append_text(out, "]");
    }
    if (aggregate->keeps_last)
        strbuf_append_text(out, ", rows=[the last of each group]");
    if (aggregate->emit.kind == AST_EMIT_ON_CLOSE)
        strbuf_append_text(out, ", emit=[on close]");
    else if (aggregate->emit.kind == AST_EMIT_ON_UPDATE)
        strbuf_append_text(out, ", emit=[on update]");
    else if (aggregate->emit.kind == AST_EMIT_EVERY) {
        strbuf_append_text(out, ", emit=[every ");
        duration_print(out, aggregate->emit.interval_us);
        strbuf_append_text(out, "]");
    }
}

static void print_range(struct strbuf *out, const struct logical_range *range, const char *before) {
    if (range->offset) {
        strbuf_printf(out, "%soffset=[%" PRIu64 "]", before, range->offset);
        before = ", ";
    }
    if (range->has_limit)
        strbuf_printf(out, "%sfetch=[%" PRIu64 "]", before, range->limit);
}

static void print_sort(struct strbuf *out, const struct logical *node) {
    strbuf_append_text(out, "sort=[");
    for (uint32_t i = 0; i < node->sort.key_count; i++) {
        const struct logical_sort_key *key = &node->sort.keys[i];
        strbuf_printf(out, "%s%s %s%s", i ? ", " : "", node->columns[key->column].name,
                      key->descending ? "DESC" : "ASC",
                      key->nulls_first == key->descending ? (key->descending ? " NULLS FIRST" : " NULLS LAST") : "");
    }
    strbuf_append_text(out, "]");
    print_range(out, &node->sort.range, ", ");
}

static void print_values(struct strbuf *out, const struct logical *node) {
    enum { SHOWN_ROWS = 10 };
    strbuf_append_text(out, "tuples=[[");
    for (uint32_t i = 0; i < node->values.row_count && i < SHOWN_ROWS; i++) {
        strbuf_append_text(out, i ? ", {" : "{");
        for (uint32_t k = 0; k < node->column_count; k++) {
            strbuf_append_text(out, k ? ", " : "");
            expression_print(out, node->values.rows[i][k], NULL);
        }
        strbuf_append_text(out, "}");
    }
    strbuf_append_text(out, node->values.row_count > SHOWN_ROWS ? ", ...]]" : "]]");
}

static void print_project(struct logical_printer *printer, const struct logical *node) {
    const struct schema *names = logical_schema(printer->arena, node->inputs[0]);
    for (uint32_t i = 0; i < node->column_count; i++) {
        strbuf_printf(printer->out, "%s%s=[", i ? ", " : "", node->columns[i].name);
        expression_print(printer->out, node->project.expressions[i], names);
        strbuf_append_text(printer->out, "]");
    }
}

static void print_operands(struct logical_printer *printer, const struct logical *node) {
    struct strbuf *out = printer->out;
    switch (node->kind) {
    case LOGICAL_SCAN: print_scan(printer, node); break;
    case LOGICAL_WATERMARK:
        strbuf_printf(out, "rowtime=[%s], watermark=[", node->columns[node->watermark.column].name);
        expression_print(out, node->watermark.expression, logical_schema(printer->arena, node));
        strbuf_append_text(out, "]");
        break;
    case LOGICAL_VALUES: print_values(out, node); break;
    case LOGICAL_PROJECT: print_project(printer, node); break;
    case LOGICAL_FILTER:
        strbuf_append_text(out, "condition=[");
        expression_print(out, node->filter.condition, logical_schema(printer->arena, node));
        strbuf_append_text(out, "]");
        break;
    case LOGICAL_WINDOW_TABLE: print_window(out, &node->window_table.window, node->inputs[0], true); break;
    case LOGICAL_AGGREGATE: print_aggregate(out, node); break;
    case LOGICAL_DISTINCT: print_names(out, node); break;
    case LOGICAL_SORT: print_sort(out, node); break;
    case LOGICAL_LIMIT: print_range(out, &node->limit, ""); break;
    case LOGICAL_UNION: strbuf_append_text(out, "all=[true]"); break;
    case LOGICAL_SINK:
        if (node->sink.table)
            strbuf_printf(out, "table=[%s.%s.%s]", node->sink.table->catalog, node->sink.table->database,
                          node->sink.table->name);
        else
            strbuf_append_text(out, "table=[client]");
        strbuf_append_text(out, ", fields=[");
        print_names(out, node);
        strbuf_append_text(out, "]");
        break;
    }
}

static void print_tree(struct logical_printer *printer, const struct logical *node, const char *prefix, bool root,
                       bool last) {
    strbuf_printf(printer->out, "%s%s%s(", prefix, root ? "" : last ? "+- " : ":- ", kind_names[node->kind]);
    print_operands(printer, node);
    strbuf_append_text(printer->out, ")\n");
    const char *deeper = root ? prefix : arena_printf(printer->arena, "%s%s", prefix, last ? "   " : ":  ");
    for (uint32_t i = 0; i < node->input_count; i++)
        print_tree(printer, node->inputs[i], deeper, false, i + 1 == node->input_count);
}

void logical_print(struct strbuf *out, const struct logical *node) {
    struct arena arena;
    arena_init(&arena);
    struct logical_printer printer = {.arena = &arena, .out = out};
    print_tree(&printer, node, "", true, true);
    arena_release(&arena);
}
