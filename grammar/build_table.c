/* build_table.c: CREATE TABLE, one clause at a time. What is written twice or cannot stand together is refused here. */
#include "grammar/build_table.h"

#include "grammar/build_literal.h"
#include "grammar/sql.h"

static void twice(struct builder *build, struct sql_token keyword) {
    BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "%s is written twice",
               build_upper(build, token_text(keyword)));
}

/* --- columns --- */

static struct build_table_column *column_new(struct builder *build, enum ast_column_kind kind, struct ast_name name,
                                             unsigned depth) {
    struct build_table_column *column = ARENA_NEW(build->arena, struct build_table_column);
    column->definition.kind = kind;
    column->definition.name = name;
    column->definition.position = name.position;
    column->definition.end = build->end;
    column->depth = depth;
    return column;
}

struct build_table_column *build_column_bare(struct builder *build, struct ast_name name) {
    return column_new(build, AST_COLUMN_PHYSICAL, name, 0);
}

struct build_table_column *build_column_typed(struct builder *build, struct ast_name name, struct ast_type *type) {
    struct build_table_column *column = column_new(build, AST_COLUMN_PHYSICAL, name, type->depth);
    column->definition.type = type;
    return column;
}

struct build_table_column *build_column_computed(struct builder *build, struct ast_name name,
                                                 struct ast_expression *expression) {
    struct build_table_column *column = column_new(build, AST_COLUMN_COMPUTED, name, expression->depth);
    column->definition.expression = expression;
    return column;
}

struct build_table_column *build_column_metadata(struct builder *build, struct build_table_column *column,
                                                 struct sql_token keyword, const struct sql_token *key) {
    if (column->definition.kind == AST_COLUMN_METADATA)
        twice(build, keyword);
    column->definition.kind = AST_COLUMN_METADATA;
    if (key)
        column->definition.metadata_key = build_string(build, *key);
    column->definition.end = build->end;
    return column;
}

struct build_table_column *build_column_virtual(struct builder *build, struct build_table_column *column,
                                                struct sql_token keyword) {
    if (column->definition.kind != AST_COLUMN_METADATA)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "only a METADATA column can be VIRTUAL");
    column->definition.is_virtual = true;
    column->definition.end = build->end;
    return column;
}

struct build_table_column *build_column_key(struct builder *build, struct build_table_column *column,
                                            struct ast_constraint key) {
    struct ast_names *columns = build_names(build, NULL, column->definition.name);
    key.columns = *columns;
    BUILD_PUSH(build, column->constraints, 0, key);
    column->definition.end = build->end;
    return column;
}

struct build_table_column *build_column_comment(struct builder *build, struct build_table_column *column,
                                                struct sql_token keyword, struct sql_token comment) {
    if (column->definition.comment.data)
        twice(build, keyword);
    column->definition.comment = build_string(build, comment);
    column->definition.end = build->end;
    return column;
}

struct build_table_column *build_column_default(struct builder *build, struct build_table_column *column,
                                                struct sql_token keyword, struct ast_expression *value) {
    if (column->definition.default_value)
        twice(build, keyword);
    column->definition.default_value = value;
    column->definition.end = build->end;
    column->depth = depth_max(column->depth, value->depth);
    return column;
}

struct build_table_column *build_column_place(struct builder *build, struct build_table_column *column,
                                              const struct ast_name *after) {
    column->definition.place = after ? AST_PLACE_AFTER : AST_PLACE_FIRST;
    if (after)
        column->definition.after = *after;
    column->definition.end = build->end;
    return column;
}

/* --- elements --- */

struct ast_constraint build_key(struct builder *build, struct sql_token keyword, const struct ast_name *name,
                                struct ast_names *columns, enum build_enforcement enforcement) {
    struct ast_constraint constraint = {
        .kind = keyword.kind == TOKEN_PRIMARY ? AST_CONSTRAINT_PRIMARY_KEY : AST_CONSTRAINT_UNIQUE,
        .columns = LIST_OR_EMPTY(columns),
        .enforced = enforcement == BUILD_ENFORCEMENT_ENFORCED,
        .not_enforced = enforcement == BUILD_ENFORCEMENT_NOT_ENFORCED,
        .position = keyword.position,
        .end = build->end,
    };
    if (name)
        constraint.name = *name;
    return constraint;
}

struct ast_watermark build_watermark(struct builder *build, struct sql_token keyword, struct ast_names *column,
                                     struct ast_expression *expression) {
    return (struct ast_watermark){
        .column = *column, .expression = expression, .position = keyword.position, .end = build->end};
}

struct build_table_element build_element_column(struct build_table_column *column) {
    return (struct build_table_element){.column = column};
}

struct build_table_element build_element_constraint(struct ast_constraint constraint) {
    return (struct build_table_element){.is_constraint = true, .constraint = constraint};
}

struct build_table_element build_element_watermark(struct ast_watermark watermark) {
    return (struct build_table_element){.watermark = watermark};
}

struct ast_table_schema *build_schema(struct builder *build, struct ast_table_schema *schema,
                                      struct build_table_element element) {
    if (schema == NULL)
        schema = ARENA_NEW(build->arena, struct ast_table_schema);
    struct ast_column_definitions *columns = &schema->columns;
    struct ast_constraints *constraints = &schema->constraints;
    struct ast_watermarks *watermarks = &schema->watermarks;
    struct build_table_column *column = element.column;
    if (column) {
        BUILD_PUSH(build, columns, column->depth, column->definition);
        for (unsigned i = 0; column->constraints && i < column->constraints->count; i++)
            BUILD_PUSH(build, constraints, 0, column->constraints->items[i]);
    } else if (element.is_constraint) {
        BUILD_PUSH(build, constraints, 0, element.constraint);
    } else {
        BUILD_PUSH(build, watermarks, element.watermark.expression->depth, element.watermark);
    }
    return schema;
}

/* --- the table --- */

struct ast_create_table *build_create_table(struct builder *build, struct sql_token keyword, int replace,
                                            bool temporary, bool if_not_exists, struct ast_names *name,
                                            struct ast_table_schema *schema) {
    struct ast_create_table *table = ARENA_NEW(build->arena, struct ast_create_table);
    if (replace == BUILD_REPLACE_OR_ALTER)
        BUILD_FAIL(build, keyword.position, STATUS_SYNTAX_ERROR, "CREATE OR ALTER is for views");
    table->position = keyword.position;
    table->or_replace = replace == BUILD_REPLACE_OR_REPLACE;
    table->temporary = temporary;
    table->if_not_exists = if_not_exists;
    table->name = *name;
    if (schema)
        table->schema = *schema;
    return table;
}

struct ast_create_table *build_table_comment(struct builder *build, struct ast_create_table *table,
                                             struct sql_token keyword, struct sql_token comment) {
    if (table->comment.data)
        twice(build, keyword);
    table->comment = build_string(build, comment);
    return table;
}

struct ast_create_table *build_table_partitioned(struct builder *build, struct ast_create_table *table,
                                                 struct sql_token keyword, struct ast_names *columns) {
    if (table->partitioned_by.count)
        twice(build, keyword);
    table->partitioned_by = *columns;
    return table;
}

struct ast_create_table *build_table_distributed(struct builder *build, struct ast_create_table *table,
                                                 struct sql_token keyword, struct ast_distribution distribution) {
    if (table->distribution.kind)
        twice(build, keyword);
    table->distribution = distribution;
    return table;
}

struct ast_create_table *build_table_options(struct builder *build, struct ast_create_table *table,
                                             struct sql_token keyword, struct ast_options *options) {
    if (table->options.count)
        twice(build, keyword);
    table->options = *options;
    return table;
}

struct ast_create_table *build_table_like(struct builder *build, struct ast_create_table *table,
                                          struct sql_token keyword, struct ast_names *source,
                                          struct ast_like_options *options) {
    if (table->like.count)
        twice(build, keyword);
    table->like = *source;
    table->like_options = LIST_OR_EMPTY(options);
    return table;
}

struct ast_create_table *build_table_query(struct builder *build, struct ast_create_table *table,
                                           struct ast_query *query) {
    if (table->like.count)
        BUILD_FAIL(build, query->position, STATUS_SYNTAX_ERROR, "CREATE TABLE takes LIKE or AS, not both");
    table->query = query;
    return table;
}

struct ast_distribution build_distribution(enum ast_distribution_kind kind, struct ast_names *columns,
                                           int64_t buckets) {
    return (struct ast_distribution){.kind = kind, .columns = LIST_OR_EMPTY(columns), .buckets = buckets};
}

int64_t build_buckets(struct builder *build, struct sql_token token) {
    int64_t buckets = build_integer(build, token);
    if (buckets <= 0)
        BUILD_FAIL(build, token.position, STATUS_OUT_OF_RANGE, "the number of buckets must be positive");
    return buckets;
}

struct ast_like_options *build_like_options(struct builder *build, struct ast_like_options *list,
                                            struct sql_token merging, struct sql_token feature) {
    static const char *const features[] = {"ALL",      "CONSTRAINTS", "DISTRIBUTION", "GENERATED",
                                           "METADATA", "OPTIONS",     "PARTITIONS",   "WATERMARKS"};
    const char *word = build_upper(build, token_text(feature));
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(features); i++)
        known = known || strcmp(word, features[i]) == 0;
    if (!known && build->status == STATUS_OK) {
        BUILD_FAIL(build, feature.position, STATUS_SYNTAX_ERROR, "LIKE knows no feature \"%.*s\"",
                   (int)(feature.size < 100 ? feature.size : 100), feature.data);
        error_hint(build->error, "the features are ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, "
                                 "PARTITIONS, WATERMARKS");
    }
    BUILD_PUSH(build, list, 0,
               (struct ast_like_option){
                   .merging = build_upper(build, token_text(merging)), .feature = word, .position = merging.position});
    return list;
}

/* --- options --- */

struct ast_options *build_no_options(struct builder *build) {
    return ARENA_NEW(build->arena, struct ast_options);
}

/* Strings lose their quotes; numbers, durations and truth values stand as written. */
static struct str option_text(struct builder *build, struct sql_token token) {
    if (token.kind == TOKEN_STRING)
        return build_string(build, token);
    return str_from(arena_strndup(build->arena, token.data, token.size));
}

struct ast_options *build_option(struct builder *build, struct ast_options *list, struct sql_token key,
                                 struct sql_token value) {
    BUILD_PUSH(build, list, 0,
               (struct ast_option){.key = build_string(build, key),
                                   .value = option_text(build, value),
                                   .position = key.position,
                                   .value_position = value.position,
                                   .end = token_end(value)});
    return list;
}

struct ast_options *build_named_option(struct builder *build, struct ast_options *list, struct ast_names *key,
                                       struct sql_token value) {
    BUILD_PUSH(build, list, 0,
               (struct ast_option){.key = str_from(ast_names_text(build->arena, key)),
                                   .value = option_text(build, value),
                                   .position = key->items[0].position,
                                   .value_position = value.position,
                                   .end = token_end(value)});
    return list;
}

struct ast_options *build_option_key(struct builder *build, struct ast_options *list, struct sql_token key) {
    BUILD_PUSH(build, list, 0,
               (struct ast_option){.key = build_string(build, key), .position = key.position, .end = token_end(key)});
    return list;
}
