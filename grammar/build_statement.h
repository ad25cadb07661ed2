/* build_statement.h: statements other than CREATE TABLE's inside: INSERT, views, functions, ALTER, SHOW, SET ... */
#pragma once

#include "grammar/build.h"

/* --- rows --- */

struct ast_statement *build_query_statement(struct builder *build, struct ast_query *query);
struct ast_statement *build_insert_statement(struct builder *build, struct ast_insert *insert);
struct ast_statement *build_statement_set(struct builder *build, struct sql_token keyword, struct ast_inserts *inserts);
struct ast_inserts *build_inserts(struct builder *build, struct ast_inserts *list, struct ast_insert *insert);
struct ast_insert *build_insert(struct builder *build, struct sql_token keyword, bool overwrite,
                                struct ast_names *table, struct ast_hints *hints,
                                struct ast_partition_values *partition);
struct ast_insert *build_insert_query(struct builder *build, struct ast_insert *insert, struct ast_names *columns,
                                      struct ast_query *query);
struct ast_partition_values *build_partition_values(struct builder *build, struct ast_partition_values *list,
                                                    struct ast_name column, struct ast_expression *value);

struct build_alias;
struct build_analyze_columns {
    bool all;
    struct ast_names *columns;
};
struct ast_statement *build_delete(struct builder *build, struct sql_token keyword, struct ast_names *table,
                                   struct build_alias alias, struct ast_expression *where);
struct ast_statement *build_update(struct builder *build, struct sql_token keyword, struct ast_names *table,
                                   struct build_alias alias, struct ast_assignments *assignments,
                                   struct ast_expression *where);
struct ast_assignments *build_assignments(struct builder *build, struct ast_assignments *list, struct ast_names *column,
                                          struct ast_expression *value);
struct ast_statement *build_truncate(struct builder *build, struct sql_token keyword, struct ast_names *table);
struct ast_statement *build_analyze(struct builder *build, struct sql_token keyword, struct ast_names *table,
                                    struct ast_partition_values *partition, struct build_analyze_columns columns);
struct build_analyze_columns build_analyze_columns(bool all, struct ast_names *columns);

/* --- definitions --- */

struct ast_statement *build_create_table_statement(struct builder *build, struct ast_create_table *table);
struct ast_create_view *build_create_view(struct builder *build, struct sql_token keyword, int replace, bool temporary,
                                          bool materialized, bool if_not_exists, struct ast_names *name,
                                          struct ast_view_columns *columns);
struct ast_create_view *build_view_comment(struct builder *build, struct ast_create_view *view,
                                           struct sql_token keyword, struct sql_token comment);
struct ast_create_view *build_view_options(struct builder *build, struct ast_create_view *view,
                                           struct sql_token keyword, struct ast_options *options);
struct ast_statement *build_create_view_statement(struct builder *build, struct ast_create_view *view,
                                                  struct ast_query *query);
struct ast_view_columns *build_view_columns(struct builder *build, struct ast_view_columns *list, struct ast_name name,
                                            const struct sql_token *comment);
struct ast_create_function *build_create_function(struct builder *build, bool if_not_exists, struct ast_names *name,
                                                  struct sql_token identifier, struct ast_name language,
                                                  struct ast_options *resources);
struct ast_options *build_resource(struct builder *build, struct ast_options *list, struct sql_token kind,
                                   struct sql_token path);
struct ast_statement *build_create_function_statement(struct builder *build, struct sql_token keyword, int replace,
                                                      bool temporary, bool system,
                                                      struct ast_create_function *function);
/* CREATE CATALOG and CREATE DATABASE, as `object` says */
struct ast_statement *build_create_catalog(struct builder *build, struct sql_token keyword, int replace,
                                           struct sql_token object, bool if_not_exists, struct ast_names *name,
                                           struct str comment, struct ast_options *options);
struct ast_statement *build_drop(struct builder *build, struct sql_token keyword, bool temporary, bool system,
                                 enum ast_object_kind object, bool if_exists, struct ast_names *name, bool cascade);

struct ast_statement *build_alter_statement(struct builder *build, struct sql_token keyword,
                                            enum ast_object_kind object, bool if_exists, struct ast_names *name,
                                            struct ast_alter *alter);
/* RENAME TO (`column` NULL) or RENAME column TO */
struct ast_alter *build_alter_rename(struct builder *build, struct ast_names *column, struct ast_names *new_name);
struct ast_alter *build_alter_options(struct builder *build, enum ast_alter_action action, struct ast_options *options);
struct ast_alter *build_alter_schema(struct builder *build, enum ast_alter_action action,
                                     struct ast_table_schema *schema);
struct ast_alter *build_alter_drop(struct builder *build, enum ast_alter_action action, struct ast_names *names);
struct ast_alter *build_alter_query(struct builder *build, struct ast_query *query);
