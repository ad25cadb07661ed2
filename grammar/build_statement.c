/* build_statement.c: statements that move rows, and definitions. */
#include "grammar/build_statement.h"

#include "grammar/build_command.h"
#include "grammar/build_literal.h"
#include "grammar/build_relation.h"
#include "grammar/build_table.h"
#include "grammar/sql.h"

/* --- rows --- */

struct ast_statement *build_query_statement(struct builder *build, struct ast_query *query) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_QUERY, query->position);
    statement->query = query;
    return statement;
}

struct ast_statement *build_insert_statement(struct builder *build, struct ast_insert *insert) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_INSERT, insert->position);
    statement->insert = insert;
    return statement;
}

struct ast_statement *build_statement_set(struct builder *build, struct sql_token keyword,
                                          struct ast_inserts *inserts) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_STATEMENT_SET, keyword.position);
    statement->statement_set = *inserts;
    return statement;
}

struct ast_inserts *build_inserts(struct builder *build, struct ast_inserts *list, struct ast_insert *insert) {
    BUILD_PUSH(build, list, insert->query->depth, insert);
    return list;
}

struct ast_insert *build_insert(struct builder *build, struct sql_token keyword, bool overwrite,
                                struct ast_names *table, struct ast_hints *hints,
                                struct ast_partition_values *partition) {
    struct ast_insert *insert = ARENA_NEW(build->arena, struct ast_insert);
    insert->overwrite = overwrite;
    insert->table = *table;
    insert->hints = LIST_OR_EMPTY(hints);
    insert->partition = LIST_OR_EMPTY(partition);
    insert->position = keyword.position;
    return insert;
}

struct ast_insert *build_insert_query(struct builder *build, struct ast_insert *insert, struct ast_names *columns,
                                      struct ast_query *query) {
    insert->columns = LIST_OR_EMPTY(columns);
    insert->query = query;
    insert->end = build->end;
    return insert;
}

struct ast_partition_values *build_partition_values(struct builder *build, struct ast_partition_values *list,
                                                    struct ast_name column, struct ast_expression *value) {
    BUILD_PUSH(build, list, DEPTH(value), (struct ast_partition_value){.column = column, .value = value});
    return list;
}

static struct ast_statement *modify_new(struct builder *build, enum ast_statement_kind kind, struct sql_token keyword,
                                        struct ast_names *table) {
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    statement->modify = ARENA_NEW(build->arena, struct ast_modify);
    statement->modify->table = *table;
    return statement;
}

static void table_alias(struct builder *build, struct ast_modify *modify, struct build_alias alias) {
    modify->alias = alias.name;
    if (alias.columns && alias.columns->count)
        BUILD_FAIL(build, alias.columns->items[0].position, STATUS_SYNTAX_ERROR, "no column names may stand here");
}

struct ast_statement *build_delete(struct builder *build, struct sql_token keyword, struct ast_names *table,
                                   struct build_alias alias, struct ast_expression *where) {
    struct ast_statement *statement = modify_new(build, AST_STATEMENT_DELETE, keyword, table);
    table_alias(build, statement->modify, alias);
    statement->modify->where = where;
    return statement;
}

struct ast_statement *build_update(struct builder *build, struct sql_token keyword, struct ast_names *table,
                                   struct build_alias alias, struct ast_assignments *assignments,
                                   struct ast_expression *where) {
    struct ast_statement *statement = modify_new(build, AST_STATEMENT_UPDATE, keyword, table);
    table_alias(build, statement->modify, alias);
    statement->modify->assignments = *assignments;
    statement->modify->where = where;
    return statement;
}

struct ast_assignments *build_assignments(struct builder *build, struct ast_assignments *list, struct ast_names *column,
                                          struct ast_expression *value) {
    BUILD_PUSH(build, list, value->depth, (struct ast_assignment){.column = *column, .value = value});
    return list;
}

struct ast_statement *build_truncate(struct builder *build, struct sql_token keyword, struct ast_names *table) {
    return modify_new(build, AST_STATEMENT_TRUNCATE_TABLE, keyword, table);
}

struct ast_statement *build_analyze(struct builder *build, struct sql_token keyword, struct ast_names *table,
                                    struct ast_partition_values *partition, struct build_analyze_columns columns) {
    struct ast_statement *statement = modify_new(build, AST_STATEMENT_ANALYZE_TABLE, keyword, table);
    statement->modify->partition = LIST_OR_EMPTY(partition);
    statement->modify->all_columns = columns.all;
    statement->modify->columns = LIST_OR_EMPTY(columns.columns);
    return statement;
}

struct build_analyze_columns build_analyze_columns(bool all, struct ast_names *columns) {
    return (struct build_analyze_columns){.all = all, .columns = columns};
}

/* --- definitions --- */

struct ast_statement *build_create_table_statement(struct builder *build, struct ast_create_table *table) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_CREATE_TABLE, table->position);
    statement->create_table = table;
    return statement;
}

struct ast_create_view *build_create_view(struct builder *build, struct sql_token keyword, int replace, bool temporary,
                                          bool materialized, bool if_not_exists, struct ast_names *name,
                                          struct ast_view_columns *columns) {
    struct ast_create_view *view = ARENA_NEW(build->arena, struct ast_create_view);
    view->position = keyword.position;
    view->or_replace = replace == BUILD_REPLACE_OR_REPLACE;
    view->or_alter = replace == BUILD_REPLACE_OR_ALTER;
    view->temporary = temporary;
    view->materialized = materialized;
    view->if_not_exists = if_not_exists;
    view->name = *name;
    view->columns = LIST_OR_EMPTY(columns);
    if (replace && if_not_exists)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "OR %s and IF NOT EXISTS exclude each other",
                   view->or_alter ? "ALTER" : "REPLACE");
    return view;
}

struct ast_create_view *build_view_comment(struct builder *build, struct ast_create_view *view,
                                           struct sql_token keyword, struct sql_token comment) {
    if (view->comment.data)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "COMMENT is written twice");
    view->comment = build_string(build, comment);
    return view;
}

struct ast_create_view *build_view_options(struct builder *build, struct ast_create_view *view,
                                           struct sql_token keyword, struct ast_options *options) {
    if (!view->materialized)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "only a materialized view takes options");
    if (view->options.count)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "WITH is written twice");
    view->options = *options;
    return view;
}

struct ast_statement *build_create_view_statement(struct builder *build, struct ast_create_view *view,
                                                  struct ast_query *query) {
    struct ast_statement *statement = build_statement(
        build, view->materialized ? AST_STATEMENT_CREATE_MATERIALIZED_VIEW : AST_STATEMENT_CREATE_VIEW, view->position);
    view->query = query;
    view->query_text = ast_text(build->text, query->position, query->end);
    statement->create_view = view;
    return statement;
}

struct ast_view_columns *build_view_columns(struct builder *build, struct ast_view_columns *list, struct ast_name name,
                                            const struct sql_token *comment) {
    struct ast_view_column column = {.name = name};
    if (comment)
        column.comment = build_string(build, *comment);
    BUILD_PUSH(build, list, 0, column);
    return list;
}

struct ast_create_function *build_create_function(struct builder *build, bool if_not_exists, struct ast_names *name,
                                                  struct sql_token identifier, struct ast_name language,
                                                  struct ast_options *resources) {
    struct ast_create_function *function = ARENA_NEW(build->arena, struct ast_create_function);
    function->if_not_exists = if_not_exists;
    function->name = *name;
    function->identifier = build_string(build, identifier);
    function->language = language;
    function->resources = LIST_OR_EMPTY(resources);
    return function;
}

struct ast_options *build_resource(struct builder *build, struct ast_options *list, struct sql_token kind,
                                   struct sql_token path) {
    BUILD_PUSH(build, list, 0,
               (struct ast_option){.key = str_from(build_upper(build, token_text(kind))),
                                   .value = build_string(build, path),
                                   .position = kind.position,
                                   .value_position = path.position,
                                   .end = token_end(path)});
    return list;
}

struct ast_statement *build_create_function_statement(struct builder *build, struct sql_token keyword, int replace,
                                                      bool temporary, bool system,
                                                      struct ast_create_function *function) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_CREATE_FUNCTION, keyword.position);
    if (replace == BUILD_REPLACE_OR_ALTER)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "CREATE OR ALTER is for views");
    function->or_replace = replace == BUILD_REPLACE_OR_REPLACE;
    function->temporary = temporary;
    function->system = system;
    statement->create_function = function;
    return statement;
}

struct ast_statement *build_create_catalog(struct builder *build, struct sql_token keyword, int replace,
                                           struct sql_token object, bool if_not_exists, struct ast_names *name,
                                           struct str comment, struct ast_options *options) {
    enum ast_statement_kind kind =
        object.kind == TOKEN_CATALOG ? AST_STATEMENT_CREATE_CATALOG : AST_STATEMENT_CREATE_DATABASE;
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    if (replace)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "%s takes no OR REPLACE", ast_statement_name(kind));
    struct ast_create_catalog *catalog = ARENA_NEW(build->arena, struct ast_create_catalog);
    catalog->if_not_exists = if_not_exists;
    catalog->name = *name;
    catalog->comment = comment;
    catalog->options = LIST_OR_EMPTY(options);
    statement->create_catalog = catalog;
    return statement;
}

struct ast_statement *build_drop(struct builder *build, struct sql_token keyword, bool temporary, bool system,
                                 enum ast_object_kind object, bool if_exists, struct ast_names *name, bool cascade) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_DROP, keyword.position);
    struct ast_drop *drop = ARENA_NEW(build->arena, struct ast_drop);
    drop->object = object;
    drop->temporary = temporary;
    drop->system = system;
    drop->if_exists = if_exists;
    drop->cascade = cascade;
    drop->name = *name;
    statement->drop = drop;
    return statement;
}

/* --- ALTER --- */

struct ast_statement *build_alter_statement(struct builder *build, struct sql_token keyword,
                                            enum ast_object_kind object, bool if_exists, struct ast_names *name,
                                            struct ast_alter *alter) {
    enum ast_statement_kind kind = object == AST_OBJECT_TABLE  ? AST_STATEMENT_ALTER_TABLE
                                   : object == AST_OBJECT_VIEW ? AST_STATEMENT_ALTER_VIEW
                                                               : AST_STATEMENT_ALTER_DATABASE;
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    alter->object = object;
    alter->if_exists = if_exists;
    alter->name = *name;
    statement->alter = alter;
    return statement;
}

static struct ast_alter *alter_new(struct builder *build, enum ast_alter_action action) {
    struct ast_alter *alter = ARENA_NEW(build->arena, struct ast_alter);
    alter->action = action;
    return alter;
}

struct ast_alter *build_alter_rename(struct builder *build, struct ast_names *column, struct ast_names *new_name) {
    struct ast_alter *alter = alter_new(build, column ? AST_ALTER_RENAME_COLUMN : AST_ALTER_RENAME);
    alter->column = LIST_OR_EMPTY(column);
    alter->new_name = *new_name;
    return alter;
}

struct ast_alter *build_alter_options(struct builder *build, enum ast_alter_action action,
                                      struct ast_options *options) {
    struct ast_alter *alter = alter_new(build, action);
    alter->options = *options;
    return alter;
}

struct ast_alter *build_alter_schema(struct builder *build, enum ast_alter_action action,
                                     struct ast_table_schema *schema) {
    struct ast_alter *alter = alter_new(build, action);
    alter->schema = *schema;
    return alter;
}

struct ast_alter *build_alter_drop(struct builder *build, enum ast_alter_action action, struct ast_names *names) {
    struct ast_alter *alter = alter_new(build, action);
    if (action == AST_ALTER_DROP_COLUMNS)
        alter->columns = *names;
    else if (names)
        alter->column = *names;
    return alter;
}

struct ast_alter *build_alter_query(struct builder *build, struct ast_query *query) {
    struct ast_alter *alter = alter_new(build, AST_ALTER_AS);
    alter->query = query;
    alter->query_text = ast_text(build->text, query->position, query->end);
    return alter;
}
