/* build_json.h: the JSON functions of the SQL standard; their clauses become named arguments (see ast.h). */
#pragma once

#include "grammar/build.h"

/* JSON_EXISTS, JSON_VALUE, JSON_QUERY; `clauses` may be NULL. */
struct ast_expression *build_json_path(struct builder *build, struct sql_token keyword, struct ast_expression *document,
                                       struct ast_expression *path, struct ast_arguments *clauses);
/* JSON_OBJECT, JSON_ARRAY and their aggregates; `items` and `on_null` may be NULL. */
struct ast_expression *build_json(struct builder *build, struct sql_token keyword, struct ast_arguments *items,
                                  const char *on_null);
struct ast_arguments *build_json_items(struct builder *build, struct ast_expressions *list);
struct ast_arguments *build_json_pair(struct builder *build, struct ast_arguments *list, struct ast_expression *key,
                                      struct ast_expression *value);

struct ast_argument build_json_returning(struct builder *build, struct sql_token keyword, struct ast_type *type);
/* `when` is the word EMPTY or ERROR. */
struct ast_argument build_json_behaviour(struct builder *build, const char *behaviour, struct sql_token when);
struct ast_argument build_json_default(struct builder *build, struct ast_expression *value, struct sql_token when);
struct ast_argument build_json_word(struct builder *build, const char *name, const char *word, struct sql_token token);
