/* build_table.h: CREATE TABLE: columns, constraints, watermarks, options. */
#pragma once

#include "grammar/build.h"

enum build_replace { BUILD_REPLACE_NO, BUILD_REPLACE_OR_REPLACE, BUILD_REPLACE_OR_ALTER };
enum build_enforcement { BUILD_ENFORCEMENT_DEFAULT, BUILD_ENFORCEMENT_ENFORCED, BUILD_ENFORCEMENT_NOT_ENFORCED };

struct build_table_column {
    struct ast_column_definition definition;
    struct ast_constraints *constraints; /* written at the column; NULL = none */
    unsigned depth;
};

/* One element between the parentheses; exactly one member is meant. */
struct build_table_element {
    struct build_table_column *column;
    bool is_constraint;
    struct ast_constraint constraint;
    struct ast_watermark watermark;
};

/* --- columns --- */

struct build_table_column *build_column_bare(struct builder *build, struct ast_name name);
struct build_table_column *build_column_typed(struct builder *build, struct ast_name name, struct ast_type *type);
struct build_table_column *build_column_computed(struct builder *build, struct ast_name name,
                                                 struct ast_expression *expression);
struct build_table_column *build_column_metadata(struct builder *build, struct build_table_column *column,
                                                 struct sql_token keyword, const struct sql_token *key);
struct build_table_column *build_column_virtual(struct builder *build, struct build_table_column *column,
                                                struct sql_token keyword);
struct build_table_column *build_column_key(struct builder *build, struct build_table_column *column,
                                            struct ast_constraint key);
struct build_table_column *build_column_comment(struct builder *build, struct build_table_column *column,
                                                struct sql_token keyword, struct sql_token comment);
struct build_table_column *build_column_default(struct builder *build, struct build_table_column *column,
                                                struct sql_token keyword, struct ast_expression *value);
/* FIRST (`after` NULL) or AFTER name */
struct build_table_column *build_column_place(struct builder *build, struct build_table_column *column,
                                              const struct ast_name *after);

/* --- elements --- */

struct ast_constraint build_key(struct builder *build, struct sql_token keyword, const struct ast_name *name,
                                struct ast_names *columns, enum build_enforcement enforcement);
struct ast_watermark build_watermark(struct builder *build, struct sql_token keyword, struct ast_names *column,
                                     struct ast_expression *expression);
struct build_table_element build_element_column(struct build_table_column *column);
struct build_table_element build_element_constraint(struct ast_constraint constraint);
struct build_table_element build_element_watermark(struct ast_watermark watermark);
struct ast_table_schema *build_schema(struct builder *build, struct ast_table_schema *schema,
                                      struct build_table_element element);

/* --- the table; each clause may stand once, in any order --- */

struct ast_create_table *build_create_table(struct builder *build, struct sql_token keyword, int replace,
                                            bool temporary, bool if_not_exists, struct ast_names *name,
                                            struct ast_table_schema *schema);
struct ast_create_table *build_table_comment(struct builder *build, struct ast_create_table *table,
                                             struct sql_token keyword, struct sql_token comment);
struct ast_create_table *build_table_partitioned(struct builder *build, struct ast_create_table *table,
                                                 struct sql_token keyword, struct ast_names *columns);
struct ast_create_table *build_table_distributed(struct builder *build, struct ast_create_table *table,
                                                 struct sql_token keyword, struct ast_distribution distribution);
struct ast_create_table *build_table_options(struct builder *build, struct ast_create_table *table,
                                             struct sql_token keyword, struct ast_options *options);
struct ast_create_table *build_table_like(struct builder *build, struct ast_create_table *table,
                                          struct sql_token keyword, struct ast_names *source,
                                          struct ast_like_options *options);
struct ast_create_table *build_table_query(struct builder *build, struct ast_create_table *table,
                                           struct ast_query *query);
struct ast_distribution build_distribution(enum ast_distribution_kind kind, struct ast_names *columns, int64_t buckets);
int64_t build_buckets(struct builder *build, struct sql_token token);
struct ast_like_options *build_like_options(struct builder *build, struct ast_like_options *list,
                                            struct sql_token merging, struct sql_token feature);

/* --- options --- */

struct ast_options *build_no_options(struct builder *build);
struct ast_options *build_option(struct builder *build, struct ast_options *list, struct sql_token key,
                                 struct sql_token value);
struct ast_options *build_named_option(struct builder *build, struct ast_options *list, struct ast_names *key,
                                       struct sql_token value);
struct ast_options *build_option_key(struct builder *build, struct ast_options *list, struct sql_token key);
