/* ast_print.c: names, types and expressions as S-expressions. */
#include "grammar/ast_print.h"

#include <inttypes.h>

void ast_print_name(struct strbuf *buffer, const struct ast_name *name) {
    strbuf_printf(buffer, name->quoted ? "\"%s\"" : "%s", name->text);
}

void ast_print_names(struct strbuf *buffer, const struct ast_names *names) {
    for (unsigned i = 0; i < names->count; i++) {
        if (i)
            strbuf_append_char(buffer, '.');
        ast_print_name(buffer, &names->items[i]);
    }
}

void ast_print_name_list(struct strbuf *buffer, const char *word, const struct ast_names *names) {
    if (names->count == 0)
        return;
    strbuf_printf(buffer, " (%s", word);
    for (unsigned i = 0; i < names->count; i++) {
        strbuf_append_char(buffer, ' ');
        ast_print_name(buffer, &names->items[i]);
    }
    strbuf_append_char(buffer, ')');
}

void ast_print_string(struct strbuf *buffer, struct str text) {
    strbuf_append_char(buffer, '\'');
    strbuf_append_str(buffer, text);
    strbuf_append_char(buffer, '\'');
}

void ast_print_options(struct strbuf *buffer, const char *word, const struct ast_options *options) {
    if (options->count == 0)
        return;
    strbuf_printf(buffer, " (%s", word);
    for (unsigned i = 0; i < options->count; i++) {
        const struct ast_option *option = &options->items[i];
        strbuf_printf(buffer, " %.*s", STR_FORMAT(option->key));
        if (option->value.data) {
            strbuf_append_char(buffer, '=');
            ast_print_string(buffer, option->value);
        }
    }
    strbuf_append_char(buffer, ')');
}

void ast_print_hints(struct strbuf *buffer, const struct ast_hints *hints) {
    for (unsigned i = 0; i < hints->count; i++) {
        const struct ast_hint *hint = &hints->items[i];
        strbuf_append_text(buffer, " (hint ");
        ast_print_name(buffer, &hint->name);
        ast_print_options(buffer, "options", &hint->options);
        ast_print_name_list(buffer, "arguments", &hint->arguments);
        strbuf_append_char(buffer, ')');
    }
}

/* --- types --- */

static const char *type_word(enum ast_type_kind kind) {
    static const char *const words[] = {
        [AST_TYPE_BOOLEAN] = "boolean",
        [AST_TYPE_TINYINT] = "tinyint",
        [AST_TYPE_SMALLINT] = "smallint",
        [AST_TYPE_INT] = "int",
        [AST_TYPE_BIGINT] = "bigint",
        [AST_TYPE_FLOAT] = "float",
        [AST_TYPE_DOUBLE] = "double",
        [AST_TYPE_DECIMAL] = "decimal",
        [AST_TYPE_CHAR] = "char",
        [AST_TYPE_VARCHAR] = "varchar",
        [AST_TYPE_STRING] = "string",
        [AST_TYPE_BINARY] = "binary",
        [AST_TYPE_VARBINARY] = "varbinary",
        [AST_TYPE_BYTES] = "bytes",
        [AST_TYPE_DATE] = "date",
        [AST_TYPE_TIME] = "time",
        [AST_TYPE_TIMESTAMP] = "timestamp",
        [AST_TYPE_TIMESTAMP_LTZ] = "timestamp_ltz",
        [AST_TYPE_TIMESTAMP_TZ] = "timestamp_tz",
        [AST_TYPE_INTERVAL] = "interval",
        [AST_TYPE_ARRAY] = "array",
        [AST_TYPE_MULTISET] = "multiset",
        [AST_TYPE_MAP] = "map",
        [AST_TYPE_ROW] = "row",
        [AST_TYPE_RAW] = "raw",
        [AST_TYPE_NULL] = "null",
        [AST_TYPE_NAMED] = "named",
    };
    return words[kind];
}

static void print_fields(struct strbuf *buffer, const struct ast_fields *fields) {
    for (unsigned i = 0; i < fields->count; i++) {
        const struct ast_field *field = &fields->items[i];
        strbuf_append_text(buffer, " (");
        ast_print_name(buffer, &field->name);
        strbuf_append_char(buffer, ' ');
        ast_print_type(buffer, field->type);
        if (field->comment.data) {
            strbuf_append_char(buffer, ' ');
            ast_print_string(buffer, field->comment);
        }
        strbuf_append_char(buffer, ')');
    }
}

/* What stands in the parentheses of a type that has parts; nothing for a plain one. */
static void print_type_parts(struct strbuf *buffer, const struct ast_type *type) {
    if (type->key) {
        strbuf_append_char(buffer, ' ');
        ast_print_type(buffer, type->key);
    }
    if (type->element) {
        strbuf_append_char(buffer, ' ');
        ast_print_type(buffer, type->element);
    }
    print_fields(buffer, &type->fields);
    if (type->from_unit)
        strbuf_printf(buffer, " %s", ast_time_unit_name(type->from_unit));
    if (type->to_unit)
        strbuf_printf(buffer, " to %s", ast_time_unit_name(type->to_unit));
    if (type->kind == AST_TYPE_NAMED) {
        strbuf_append_char(buffer, ' ');
        ast_print_names(buffer, &type->name);
    }
    if (type->raw_class.data) {
        strbuf_append_char(buffer, ' ');
        ast_print_string(buffer, type->raw_class);
        strbuf_append_char(buffer, ' ');
        ast_print_string(buffer, type->raw_serializer);
    }
}

void ast_print_type(struct strbuf *buffer, const struct ast_type *type) {
    bool parts = type->element || type->kind == AST_TYPE_ROW || type->from_unit || type->kind == AST_TYPE_NAMED ||
                 type->raw_class.data;
    strbuf_printf(buffer, "%s%s", parts ? "(" : "", type_word(type->kind));
    if (type->precision >= 0)
        strbuf_printf(buffer, "[%d", type->precision);
    else if (type->scale >= 0)
        strbuf_append_char(buffer, '[');
    if (type->scale >= 0)
        strbuf_printf(buffer, ",%d", type->scale);
    if (type->precision >= 0 || type->scale >= 0)
        strbuf_append_char(buffer, ']');
    print_type_parts(buffer, type);
    if (parts)
        strbuf_append_char(buffer, ')');
    if (type->null || type->not_null)
        strbuf_append_text(buffer, type->null ? "?" : "!");
}

/* --- expressions --- */

static void print_interval(struct strbuf *buffer, const struct ast_interval *interval) {
    if (interval->duration)
        strbuf_printf(buffer, "(duration %" PRId64 "us)", interval->microseconds);
    else if (interval->year_month)
        strbuf_printf(buffer, "(interval %" PRId64 "mo", interval->months);
    else
        strbuf_printf(buffer, "(interval %" PRId64 "us", interval->microseconds);
    if (interval->duration)
        return;
    strbuf_printf(buffer, " %s", ast_time_unit_name(interval->from_unit));
    if (interval->to_unit)
        strbuf_printf(buffer, " to %s", ast_time_unit_name(interval->to_unit));
    strbuf_append_char(buffer, ')');
}

static void print_literal(struct strbuf *buffer, const struct ast_literal *literal) {
    static const char *const words[] = {
        [AST_LITERAL_DATE] = "date",
        [AST_LITERAL_TIME] = "time",
        [AST_LITERAL_TIMESTAMP] = "timestamp",
        [AST_LITERAL_TIMESTAMP_LTZ] = "timestamp_ltz",
    };
    switch (literal->kind) {
    case AST_LITERAL_NULL: strbuf_append_text(buffer, "NULL"); break;
    case AST_LITERAL_BOOLEAN: strbuf_append_text(buffer, literal->boolean ? "TRUE" : "FALSE"); break;
    case AST_LITERAL_INTEGER: strbuf_printf(buffer, "%" PRId64, literal->integer); break;
    case AST_LITERAL_DECIMAL: strbuf_printf(buffer, "%.*sm", STR_FORMAT(literal->text)); break;
    case AST_LITERAL_DOUBLE: strbuf_printf(buffer, "%ge", literal->number); break;
    case AST_LITERAL_STRING: ast_print_string(buffer, literal->text); break;
    case AST_LITERAL_BYTES:
        strbuf_append_text(buffer, "X'");
        for (size_t i = 0; i < literal->text.size; i++)
            strbuf_printf(buffer, "%02X", (unsigned char)literal->text.data[i]);
        strbuf_append_char(buffer, '\'');
        break;
    case AST_LITERAL_DATE:
    case AST_LITERAL_TIME:
    case AST_LITERAL_TIMESTAMP:
    case AST_LITERAL_TIMESTAMP_LTZ:
        strbuf_printf(buffer, "(%s '%.*s')", words[literal->kind], STR_FORMAT(literal->text));
        break;
    case AST_LITERAL_INTERVAL: print_interval(buffer, &literal->interval); break;
    }
}

void ast_print_expressions(struct strbuf *buffer, const char *word, const struct ast_expressions *list) {
    if (list->count == 0)
        return;
    strbuf_printf(buffer, " (%s", word);
    for (unsigned i = 0; i < list->count; i++) {
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, list->items[i]);
    }
    strbuf_append_char(buffer, ')');
}

void ast_print_order(struct strbuf *buffer, const char *word, const struct ast_sort_items *items) {
    if (items->count == 0)
        return;
    strbuf_printf(buffer, " (%s", word);
    for (unsigned i = 0; i < items->count; i++) {
        const struct ast_sort_item *item = &items->items[i];
        const char *direction = item->direction == AST_DESCENDING ? "desc" : item->direction_given ? "asc" : NULL;
        bool plain = direction == NULL && item->nulls == AST_NULLS_DEFAULT;
        strbuf_append_text(buffer, plain ? " " : " (");
        if (direction)
            strbuf_printf(buffer, "%s ", direction);
        if (item->nulls)
            strbuf_append_text(buffer, item->nulls == AST_NULLS_FIRST ? "nulls-first " : "nulls-last ");
        ast_print_expression(buffer, item->expression);
        if (!plain)
            strbuf_append_char(buffer, ')');
    }
    strbuf_append_char(buffer, ')');
}

static void print_bound(struct strbuf *buffer, const struct ast_frame_bound *bound) {
    static const char *const words[] = {"unbounded-preceding", "preceding", "current-row", "following",
                                        "unbounded-following"};
    strbuf_append_char(buffer, ' ');
    if (bound->offset) {
        strbuf_printf(buffer, "(%s ", words[bound->kind]);
        ast_print_expression(buffer, bound->offset);
        strbuf_append_char(buffer, ')');
    } else {
        strbuf_append_text(buffer, words[bound->kind]);
    }
}

static void print_window(struct strbuf *buffer, const struct ast_window *window) {
    static const char *const units[] = {"", "rows", "range", "groups"};
    strbuf_append_text(buffer, window->reference ? " (over-name" : " (over");
    if (window->base.text) {
        strbuf_append_char(buffer, ' ');
        ast_print_name(buffer, &window->base);
    }
    ast_print_expressions(buffer, "partition", &window->partition_by);
    ast_print_order(buffer, "order", &window->order_by);
    if (window->frame) {
        strbuf_printf(buffer, " (%s", units[window->frame]);
        print_bound(buffer, &window->frame_start);
        print_bound(buffer, &window->frame_end);
        strbuf_append_char(buffer, ')');
    }
    strbuf_append_char(buffer, ')');
}

static void print_call(struct strbuf *buffer, const struct ast_call *call) {
    strbuf_append_char(buffer, '(');
    if (call->name.count > 1)
        ast_print_names(buffer, &call->name);
    else
        strbuf_append_text(buffer, call->function);
    if (call->distinct)
        strbuf_append_text(buffer, " distinct");
    for (unsigned i = 0; i < call->arguments.count; i++) {
        const struct ast_argument *argument = &call->arguments.items[i];
        strbuf_append_char(buffer, ' ');
        if (argument->name.text) {
            ast_print_name(buffer, &argument->name);
            strbuf_append_text(buffer, "=>");
        }
        ast_print_expression(buffer, argument->expression);
    }
    ast_print_order(buffer, "order", &call->order_by);
    ast_print_order(buffer, "within-group", &call->within_group);
    if (call->ignore_nulls || call->respect_nulls)
        strbuf_append_text(buffer, call->ignore_nulls ? " ignore-nulls" : " respect-nulls");
    if (call->filter) {
        strbuf_append_text(buffer, " (filter ");
        ast_print_expression(buffer, call->filter);
        strbuf_append_char(buffer, ')');
    }
    if (call->over)
        print_window(buffer, call->over);
    strbuf_append_char(buffer, ')');
}

static void print_case(struct strbuf *buffer, const struct ast_expression *expression) {
    strbuf_append_text(buffer, "(case");
    if (expression->case_when.operand) {
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, expression->case_when.operand);
    }
    for (unsigned i = 0; i < expression->case_when.whens.count; i++) {
        strbuf_append_text(buffer, " (when ");
        ast_print_expression(buffer, expression->case_when.whens.items[i].condition);
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, expression->case_when.whens.items[i].result);
        strbuf_append_char(buffer, ')');
    }
    if (expression->case_when.otherwise) {
        strbuf_append_text(buffer, " (else ");
        ast_print_expression(buffer, expression->case_when.otherwise);
        strbuf_append_char(buffer, ')');
    }
    strbuf_append_char(buffer, ')');
}

/* The right side of IN and of = ANY. */
static void print_members(struct strbuf *buffer, const struct ast_expressions *list, const struct ast_query *query) {
    ast_print_expressions(buffer, "list", list);
    if (query) {
        strbuf_append_char(buffer, ' ');
        ast_print_query(buffer, query);
    }
    strbuf_append_char(buffer, ')');
}

static void print_table_argument(struct strbuf *buffer, const struct ast_table_argument *table) {
    strbuf_append_text(buffer, "(table ");
    if (table->query)
        ast_print_query(buffer, table->query);
    else
        ast_print_names(buffer, &table->name);
    ast_print_expressions(buffer, "partition", &table->partition_by);
    ast_print_order(buffer, "order", &table->order_by);
    strbuf_append_char(buffer, ')');
}

static void print_star(struct strbuf *buffer, const struct ast_names *qualifier) {
    ast_print_names(buffer, qualifier);
    strbuf_append_text(buffer, qualifier->count ? ".*" : "*");
}

void ast_print_expression(struct strbuf *buffer, const struct ast_expression *expression) {
    switch (expression->kind) {
    case AST_LITERAL: print_literal(buffer, &expression->literal); return;
    case AST_COLUMN: ast_print_names(buffer, &expression->names); return;
    case AST_STAR: print_star(buffer, &expression->names); return;
    case AST_CALL: print_call(buffer, &expression->call); return;
    case AST_CASE: print_case(buffer, expression); return;
    case AST_TIME_UNIT: strbuf_append_text(buffer, ast_time_unit_name(expression->unit)); return;
    case AST_TABLE_ARGUMENT: print_table_argument(buffer, &expression->table); return;
    case AST_IN:
        strbuf_append_text(buffer, "(in ");
        ast_print_expression(buffer, expression->in.value);
        print_members(buffer, &expression->in.list, expression->in.query);
        return;
    case AST_QUANTIFIED:
        strbuf_printf(buffer, "(%s-%s ", expression->quantified.function,
                      expression->quantified.quantifier == AST_ANY ? "any" : "all");
        ast_print_expression(buffer, expression->quantified.value);
        print_members(buffer, &expression->quantified.list, expression->quantified.query);
        return;
    case AST_FIELD:
        strbuf_append_text(buffer, "(field ");
        ast_print_expression(buffer, expression->field.row);
        strbuf_append_char(buffer, ' ');
        ast_print_name(buffer, &expression->field.name);
        break;
    case AST_CAST:
        strbuf_append_text(buffer, expression->cast.try_cast ? "(try_cast " : "(cast ");
        ast_print_expression(buffer, expression->cast.value);
        strbuf_append_char(buffer, ' ');
        ast_print_type(buffer, expression->cast.type);
        break;
    case AST_EXISTS:
    case AST_SUBQUERY:
        strbuf_append_text(buffer, expression->kind == AST_EXISTS ? "(exists " : "(subquery ");
        ast_print_query(buffer, expression->query);
        break;
    case AST_DESCRIPTOR:
        strbuf_append_text(buffer, "(descriptor");
        for (unsigned i = 0; i < expression->names.count; i++) {
            strbuf_append_char(buffer, ' ');
            ast_print_name(buffer, &expression->names.items[i]);
        }
        break;
    }
    strbuf_append_char(buffer, ')');
}
