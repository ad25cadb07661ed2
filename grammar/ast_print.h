/* ast_print.h: the tree as one line of S-expressions, for tests and for looking.
 *
 *   SELECT a, b + 1 AS c FROM t WHERE x  ->  (select a (as c (+ b 1)) (from t) (where x))
 *
 * Everything in the tree is printed but positions. Names in quotes are printed in double quotes. */
#pragma once

#include "core/base/str.h"
#include "grammar/ast.h"

void ast_print_statement(struct strbuf *buffer, const struct ast_statement *statement);
void ast_print_query(struct strbuf *buffer, const struct ast_query *query);
void ast_print_relation(struct strbuf *buffer, const struct ast_relation *relation);
void ast_print_expression(struct strbuf *buffer, const struct ast_expression *expression);
void ast_print_type(struct strbuf *buffer, const struct ast_type *type);
void ast_print_name(struct strbuf *buffer, const struct ast_name *name);
void ast_print_names(struct strbuf *buffer, const struct ast_names *names); /* a.b.c */
/* ` (word a b c)`, or nothing when the list is empty */
void ast_print_name_list(struct strbuf *buffer, const char *word, const struct ast_names *names);
void ast_print_expressions(struct strbuf *buffer, const char *word, const struct ast_expressions *list);
void ast_print_order(struct strbuf *buffer, const char *word, const struct ast_sort_items *items);
void ast_print_hints(struct strbuf *buffer, const struct ast_hints *hints);
void ast_print_options(struct strbuf *buffer, const char *word, const struct ast_options *options);
void ast_print_string(struct strbuf *buffer, struct str text); /* in single quotes */
