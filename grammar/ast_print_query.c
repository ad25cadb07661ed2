/* ast_print_query.c: queries and relations as S-expressions. */
#include <inttypes.h>

#include "grammar/ast_print.h"

/* ` (word expression)`, or nothing */
static void print_clause(struct strbuf *buffer, const char *word, const struct ast_expression *expression) {
    if (expression == NULL)
        return;
    strbuf_printf(buffer, " (%s ", word);
    ast_print_expression(buffer, expression);
    strbuf_append_char(buffer, ')');
}

/* --- relations --- */

static void print_join(struct strbuf *buffer, const struct ast_relation *relation) {
    static const char *const words[] = {"comma", "cross-join", "join", "left-join", "right-join", "full-join"};
    strbuf_printf(buffer, "(%s%s%s ", relation->join.natural ? "natural-" : "", relation->join.asof ? "asof-" : "",
                  words[relation->join.kind]);
    ast_print_relation(buffer, relation->join.left);
    strbuf_append_char(buffer, ' ');
    ast_print_relation(buffer, relation->join.right);
    print_clause(buffer, "match", relation->join.match_condition);
    print_clause(buffer, "on", relation->join.on);
    ast_print_name_list(buffer, "using", &relation->join.using_columns);
    strbuf_append_char(buffer, ')');
}

static void print_pattern(struct strbuf *buffer, const struct ast_pattern *pattern) {
    static const char *const words[] = {
        [AST_PATTERN_SEQUENCE] = "seq",    [AST_PATTERN_ALTERNATION] = "alt", [AST_PATTERN_PERMUTE] = "permute",
        [AST_PATTERN_EXCLUDE] = "exclude", [AST_PATTERN_REPEAT] = "repeat",   [AST_PATTERN_START] = "start",
        [AST_PATTERN_END] = "end",
    };
    if (pattern->kind == AST_PATTERN_VARIABLE) {
        ast_print_name(buffer, &pattern->name);
        return;
    }
    strbuf_printf(buffer, "(%s", words[pattern->kind]);
    if (pattern->kind == AST_PATTERN_REPEAT)
        strbuf_printf(buffer, " %" PRId64 "..%" PRId64 "%s", pattern->minimum, pattern->maximum,
                      pattern->reluctant ? " reluctant" : "");
    for (unsigned i = 0; i < pattern->parts.count; i++) {
        strbuf_append_char(buffer, ' ');
        print_pattern(buffer, pattern->parts.items[i]);
    }
    strbuf_append_char(buffer, ')');
}

static void print_named(struct strbuf *buffer, const char *word, const struct ast_named_expressions *list) {
    if (list->count == 0)
        return;
    strbuf_printf(buffer, " (%s", word);
    for (unsigned i = 0; i < list->count; i++) {
        strbuf_append_text(buffer, " (");
        ast_print_name(buffer, &list->items[i].name);
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, list->items[i].expression);
        strbuf_append_char(buffer, ')');
    }
    strbuf_append_char(buffer, ')');
}

static void print_match(struct strbuf *buffer, const struct ast_match *match) {
    static const char *const skips[] = {"", " skip-past-last", " skip-to-next", " (skip-to-first ", " (skip-to-last "};
    strbuf_append_text(buffer, "(match ");
    ast_print_relation(buffer, match->input);
    ast_print_expressions(buffer, "partition", &match->partition_by);
    ast_print_order(buffer, "order", &match->order_by);
    print_named(buffer, "measures", &match->measures);
    if (match->all_rows)
        strbuf_append_text(buffer, " all-rows");
    strbuf_append_text(buffer, skips[match->skip]);
    if (match->skip_to.text) {
        ast_print_name(buffer, &match->skip_to);
        strbuf_append_char(buffer, ')');
    }
    strbuf_append_text(buffer, " (pattern ");
    print_pattern(buffer, match->pattern);
    strbuf_append_char(buffer, ')');
    print_clause(buffer, "within", match->within);
    for (unsigned i = 0; i < match->subsets.count; i++)
        ast_print_name_list(buffer, match->subsets.items[i].name.text, &match->subsets.items[i].members);
    print_named(buffer, "define", &match->define);
    strbuf_append_char(buffer, ')');
}

static void print_unnamed(struct strbuf *buffer, const struct ast_relation *relation) {
    switch (relation->kind) {
    case AST_RELATION_TABLE:
        if (relation->table.hints.count || relation->table.system_time) {
            strbuf_append_text(buffer, "(table ");
            ast_print_names(buffer, &relation->table.name);
            ast_print_hints(buffer, &relation->table.hints);
            print_clause(buffer, "as-of", relation->table.system_time);
            strbuf_append_char(buffer, ')');
        } else {
            ast_print_names(buffer, &relation->table.name);
        }
        break;
    case AST_RELATION_QUERY: ast_print_query(buffer, relation->query); break;
    case AST_RELATION_FUNCTION:
        strbuf_append_text(buffer, "(table-function ");
        ast_print_expression(buffer, relation->function);
        strbuf_append_char(buffer, ')');
        break;
    case AST_RELATION_UNNEST:
        strbuf_append_text(buffer, relation->unnest.ordinality ? "(unnest-ordinality" : "(unnest");
        ast_print_expressions(buffer, "of", &relation->unnest.arrays);
        strbuf_append_char(buffer, ')');
        break;
    case AST_RELATION_JOIN: print_join(buffer, relation); break;
    case AST_RELATION_MATCH: print_match(buffer, relation->match); break;
    }
}

void ast_print_relation(struct strbuf *buffer, const struct ast_relation *relation) {
    if (relation->lateral)
        strbuf_append_text(buffer, "(lateral ");
    if (relation->alias.text) {
        strbuf_append_text(buffer, "(as ");
        ast_print_name(buffer, &relation->alias);
        ast_print_name_list(buffer, "columns", &relation->alias_columns);
        strbuf_append_char(buffer, ' ');
    }
    print_unnamed(buffer, relation);
    if (relation->alias.text)
        strbuf_append_char(buffer, ')');
    if (relation->lateral)
        strbuf_append_char(buffer, ')');
}

/* --- queries --- */

static void print_group_item(struct strbuf *buffer, const struct ast_group_item *item) {
    static const char *const words[] = {"", "list", "rollup", "cube", "sets"};
    if (item->kind == AST_GROUP_EXPRESSION) {
        ast_print_expression(buffer, item->expression);
        return;
    }
    strbuf_printf(buffer, "(%s", words[item->kind]);
    for (unsigned i = 0; i < item->items.count; i++) {
        strbuf_append_char(buffer, ' ');
        print_group_item(buffer, item->items.items[i]);
    }
    strbuf_append_char(buffer, ')');
}

static void print_group(struct strbuf *buffer, const struct ast_select *select) {
    strbuf_append_text(buffer, select->group_distinct ? " (group-distinct" : " (group");
    for (unsigned i = 0; i < select->group_by.count; i++) {
        strbuf_append_char(buffer, ' ');
        print_group_item(buffer, select->group_by.items[i]);
    }
    strbuf_append_char(buffer, ')');
}

static void print_windows(struct strbuf *buffer, const struct ast_named_windows *windows) {
    for (unsigned i = 0; i < windows->count; i++) {
        const struct ast_window *window = windows->items[i].window;
        strbuf_append_text(buffer, " (window ");
        ast_print_name(buffer, &windows->items[i].name);
        if (window->base.text) {
            strbuf_append_text(buffer, " (base ");
            ast_print_name(buffer, &window->base);
            strbuf_append_char(buffer, ')');
        }
        ast_print_expressions(buffer, "partition", &window->partition_by);
        ast_print_order(buffer, "order", &window->order_by);
        strbuf_append_char(buffer, ')');
    }
}

static void print_select(struct strbuf *buffer, const struct ast_select *select) {
    strbuf_append_text(buffer, "(select");
    ast_print_hints(buffer, &select->hints);
    if (select->distinct)
        strbuf_append_text(buffer, " distinct");
    ast_print_expressions(buffer, "distinct-on", &select->distinct_on);
    for (unsigned i = 0; i < select->items.count; i++) {
        const struct ast_select_item *item = &select->items.items[i];
        strbuf_append_char(buffer, ' ');
        if (item->alias.text) {
            strbuf_append_text(buffer, "(as ");
            ast_print_name(buffer, &item->alias);
            strbuf_append_char(buffer, ' ');
        }
        ast_print_expression(buffer, item->expression);
        if (item->alias.text)
            strbuf_append_char(buffer, ')');
    }
    if (select->from) {
        strbuf_append_text(buffer, " (from ");
        ast_print_relation(buffer, select->from);
        strbuf_append_char(buffer, ')');
    }
    print_clause(buffer, "where", select->where);
    if (select->grouped)
        print_group(buffer, select);
    print_clause(buffer, "having", select->having);
    print_windows(buffer, &select->windows);
    print_clause(buffer, "qualify", select->qualify);
    strbuf_append_char(buffer, ')');
}

static void print_body(struct strbuf *buffer, const struct ast_query_body *body) {
    static const char *const operators[] = {"union", "intersect", "except"};
    switch (body->kind) {
    case AST_BODY_SELECT: print_select(buffer, body->select); return;
    case AST_BODY_QUERY: ast_print_query(buffer, body->query); return;
    case AST_BODY_VALUES:
        strbuf_append_text(buffer, "(values");
        for (unsigned i = 0; i < body->values.count; i++)
            ast_print_expressions(buffer, "row", &body->values.items[i]);
        break;
    case AST_BODY_TABLE:
        strbuf_append_text(buffer, "(table ");
        ast_print_names(buffer, &body->table);
        break;
    case AST_BODY_SET_OPERATION:
        strbuf_printf(buffer, "(%s%s ", operators[body->set.operator], body->set.all ? "-all" : "");
        print_body(buffer, body->set.left);
        strbuf_append_char(buffer, ' ');
        print_body(buffer, body->set.right);
        break;
    }
    strbuf_append_char(buffer, ')');
}

static void print_ctes(struct strbuf *buffer, const struct ast_query *query) {
    strbuf_append_text(buffer, query->recursive ? " (with-recursive" : " (with");
    for (unsigned i = 0; i < query->ctes.count; i++) {
        const struct ast_cte *cte = &query->ctes.items[i];
        strbuf_append_text(buffer, " (");
        ast_print_name(buffer, &cte->name);
        ast_print_name_list(buffer, "columns", &cte->columns);
        strbuf_append_char(buffer, ' ');
        ast_print_query(buffer, cte->query);
        strbuf_append_char(buffer, ')');
    }
    strbuf_append_text(buffer, ") ");
}

void ast_print_query(struct strbuf *buffer, const struct ast_query *query) {
    static const char *const emits[] = {"", " emit-on-close", " emit-on-update", ""};
    bool bare = !query->ctes.count && !query->order_by.count && !query->limit && !query->offset && !query->emit.kind;
    if (bare) {
        print_body(buffer, query->body);
        return;
    }
    strbuf_append_text(buffer, "(query");
    if (query->ctes.count)
        print_ctes(buffer, query);
    else
        strbuf_append_char(buffer, ' ');
    print_body(buffer, query->body);
    ast_print_order(buffer, "order", &query->order_by);
    print_clause(buffer, "limit", query->limit);
    print_clause(buffer, "offset", query->offset);
    strbuf_append_text(buffer, emits[query->emit.kind]);
    print_clause(buffer, "emit-every", query->emit.every);
    strbuf_append_char(buffer, ')');
}
