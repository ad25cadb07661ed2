/* catalogue_definition.c: what a table is made of, collected from CREATE TABLE, LIKE, ALTER TABLE and from tables that exist.
 *
 * Expressions are kept as text (and as the statement's tree, while there is one): a table that is altered or copied is put
 * together again and bound again, so it is checked exactly as a new one. */
#include "planner/catalogue_store.h"

#include <string.h>

#include "core/base/array.h"
#include "planner/binder.h"

/* ---- from the statement ---- */

int definition_column(const struct table_definition *definition, const char *name) {
    for (size_t i = 0; i < definition->columns.count; i++)
        if (strcmp(definition->columns.items[i].name, name) == 0)
            return (int)i;
    return -1;
}

static enum status make_column(struct arena *arena, const struct ast_column_definition *ast, struct str sql_text,
                               struct column_definition *column, struct error *error) {
    static const enum table_column_kind kinds[] = {
        [AST_COLUMN_PHYSICAL] = TABLE_COLUMN_PHYSICAL,
        [AST_COLUMN_COMPUTED] = TABLE_COLUMN_COMPUTED,
        [AST_COLUMN_METADATA] = TABLE_COLUMN_METADATA,
    };
    *column = (struct column_definition){
        .name = arena_strdup(arena, ast->name.text),
        .kind = kinds[ast->kind],
        .is_virtual = ast->is_virtual,
        .comment = ast->comment.data ? str_copy(arena, ast->comment) : NULL,
        .position = ast->position,
    };
    if (ast->default_value)
        return FAIL_AT(error, ast->default_value->position, STATUS_UNSUPPORTED,
                       "DEFAULT is parsed but not executed yet");
    if (ast->kind == AST_COLUMN_COMPUTED) {
        column->ast = ast->expression;
        column->expression_text = str_copy(arena, ast_text(sql_text, ast->expression->position, ast->expression->end));
        return STATUS_OK;
    }
    if (!ast->type)
        return FAIL_AT(error, ast->position, STATUS_INVALID_DEFINITION, "column \"%s\" needs a type", ast->name.text);
    if (ast->kind == AST_COLUMN_METADATA)
        column->metadata_key = ast->metadata_key.data ? str_copy(arena, ast->metadata_key) : column->name;
    return bind_type(arena, ast->type, &column->type, error);
}

/* FIRST and AFTER c of ALTER TABLE ADD. */
static enum status column_place(const struct table_definition *definition, const struct ast_column_definition *ast,
                                size_t *place, struct error *error) {
    *place = definition->columns.count;
    if (ast->place == AST_PLACE_FIRST)
        *place = 0;
    if (ast->place != AST_PLACE_AFTER)
        return STATUS_OK;
    int after = definition_column(definition, ast->after.text);
    if (after < 0)
        return FAIL_AT(error, ast->after.position, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist",
                       ast->after.text);
    *place = (size_t)after + 1;
    return STATUS_OK;
}

static enum status add_column(struct arena *arena, struct table_definition *definition,
                              const struct ast_column_definition *ast, struct str sql_text, struct error *error) {
    struct column_definition column;
    size_t place;
    TRY(make_column(arena, ast, sql_text, &column, error));
    if (definition_column(definition, column.name) >= 0)
        return FAIL_AT(error, ast->name.position, STATUS_DUPLICATE_COLUMN, "column \"%s\" is named twice", column.name);
    TRY(column_place(definition, ast, &place, error));
    ARRAY_PUSH(arena, &definition->columns, column);
    memmove(&definition->columns.items[place + 1], &definition->columns.items[place],
            (definition->columns.count - 1 - place) * sizeof column);
    definition->columns.items[place] = column;
    return STATUS_OK;
}

enum status definition_replace_column(struct arena *arena, struct table_definition *definition,
                                      const struct ast_column_definition *ast, struct str sql_text,
                                      struct error *error) {
    struct column_definition column, *columns = definition->columns.items;
    size_t place;
    int found = definition_column(definition, ast->name.text);
    if (found < 0)
        return FAIL_AT(error, ast->position, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", ast->name.text);
    TRY(make_column(arena, ast, sql_text, &column, error));
    if (!column.comment)
        column.comment = columns[found].comment;
    TRY(column_place(definition, ast, &place, error));
    if (ast->place == AST_PLACE_DEFAULT) {
        columns[found] = column;
        return STATUS_OK;
    }
    size_t old = (size_t)found;
    if (place > old) {
        place--;
        memmove(&columns[old], &columns[old + 1], (place - old) * sizeof column);
    } else {
        memmove(&columns[place + 1], &columns[place], (old - place) * sizeof column);
    }
    columns[place] = column;
    return STATUS_OK;
}

static enum status add_constraint(struct arena *arena, struct table_definition *definition,
                                  const struct ast_constraint *ast, struct error *error) {
    if (ast->kind == AST_CONSTRAINT_UNIQUE)
        return FAIL_AT(error, ast->position, STATUS_UNSUPPORTED, "UNIQUE is parsed but not executed yet");
    if (ast->enforced) {
        FAIL_AT(error, ast->position, STATUS_UNSUPPORTED, "a primary key cannot be enforced: the data is not ours");
        error_hint(error, "write NOT ENFORCED");
        return STATUS_UNSUPPORTED;
    }
    if (definition->primary_key.count)
        return FAIL_AT(error, ast->position, STATUS_INVALID_DEFINITION, "the table has a primary key already");
    for (unsigned i = 0; i < ast->columns.count; i++) {
        const char *name = arena_strdup(arena, ast->columns.items[i].text);
        ARRAY_PUSH(arena, &definition->primary_key, name);
    }
    definition->primary_key_name = ast->name.text ? arena_strdup(arena, ast->name.text) : NULL;
    definition->primary_key_position = ast->position;
    return STATUS_OK;
}

static enum status add_watermark(struct arena *arena, struct table_definition *definition,
                                 const struct ast_watermark *ast, struct str sql_text, struct error *error) {
    if (definition->watermark_column)
        return FAIL_AT(error, ast->position, STATUS_INVALID_DEFINITION, "the table has a watermark already");
    if (ast->column.count > 1)
        return FAIL_AT(error, ast->position, STATUS_UNSUPPORTED,
                       "a watermark on a field of a ROW is parsed but not executed yet");
    definition->watermark_column = arena_strdup(arena, ast->column.items[0].text);
    definition->watermark_ast = ast->expression;
    definition->watermark_text = str_copy(arena, ast_text(sql_text, ast->expression->position, ast->expression->end));
    definition->watermark_position = ast->position;
    return STATUS_OK;
}

enum status definition_add_schema(struct arena *arena, struct table_definition *definition,
                                  const struct ast_table_schema *schema, struct str sql_text, struct error *error) {
    for (unsigned i = 0; i < schema->columns.count; i++)
        TRY(add_column(arena, definition, &schema->columns.items[i], sql_text, error));
    for (unsigned i = 0; i < schema->constraints.count; i++)
        TRY(add_constraint(arena, definition, &schema->constraints.items[i], error));
    for (unsigned i = 0; i < schema->watermarks.count; i++)
        TRY(add_watermark(arena, definition, &schema->watermarks.items[i], sql_text, error));
    return STATUS_OK;
}

static struct option_definition *find_option(const struct table_definition *definition, const char *key) {
    for (size_t i = 0; i < definition->options.count; i++)
        if (strcmp(definition->options.items[i].key, key) == 0)
            return &definition->options.items[i];
    return NULL;
}

enum status definition_add_options(struct arena *arena, struct table_definition *definition,
                                   const struct ast_options *options, bool replace, struct error *error) {
    for (unsigned i = 0; i < options->count; i++) {
        const struct ast_option *ast = &options->items[i];
        struct option_definition option = {str_copy(arena, ast->key),
                                           ast->value.data ? str_copy(arena, ast->value) : "", ast->position};
        struct option_definition *old = find_option(definition, option.key);
        if (old && !replace)
            return FAIL_AT(error, ast->position, STATUS_INVALID_OPTION, "option \"%s\" is given twice", option.key);
        if (old)
            *old = option;
        else
            ARRAY_PUSH(arena, &definition->options, option);
    }
    return STATUS_OK;
}

/* ---- from a table that exists ---- */

static struct column_definition column_of_object(const struct table_column *column) {
    return (struct column_definition){
        .name = column->name,
        .kind = column->kind,
        .type = column->kind == TABLE_COLUMN_COMPUTED ? NULL : column->type,
        .expression_text = column->expression_text,
        .metadata_key = column->metadata_key,
        .is_virtual = column->is_virtual,
        .comment = column->comment,
    };
}

void definition_from_object(struct arena *arena, struct table_definition *definition,
                            const struct catalogue_object *object) {
    *definition = (struct table_definition){.comment = object->comment};
    for (uint32_t i = 0; i < object->column_count; i++)
        ARRAY_PUSH(arena, &definition->columns, column_of_object(&object->columns[i]));
    for (size_t i = 0; i < object->options.map.count; i++) {
        const struct map_entry *entry = &object->options.map.entries[i];
        ARRAY_PUSH(arena, &definition->options, ((struct option_definition){entry->key, entry->value, 0}));
    }
    for (uint32_t i = 0; i < object->primary_key_count; i++)
        ARRAY_PUSH(arena, &definition->primary_key, object->columns[object->primary_key[i]].name);
    definition->primary_key_name = object->primary_key_name;
    for (unsigned i = 0; i < object->partitioned_by.count; i++)
        ARRAY_PUSH(arena, &definition->partitioned_by, object->partitioned_by.items[i].text);
    if (object->watermark_column >= 0) {
        definition->watermark_column = object->columns[object->watermark_column].name;
        definition->watermark_text = object->watermark_text;
    }
}

/* ---- LIKE ---- */

enum like_feature {
    LIKE_CONSTRAINTS,
    LIKE_GENERATED,
    LIKE_METADATA,
    LIKE_OPTIONS,
    LIKE_PARTITIONS,
    LIKE_WATERMARKS,
    LIKE_COUNT
};
enum like_merging { LIKE_INCLUDING, LIKE_EXCLUDING, LIKE_OVERWRITING };

static const char *const like_features[LIKE_COUNT] = {"CONSTRAINTS", "GENERATED",  "METADATA",
                                                      "OPTIONS",     "PARTITIONS", "WATERMARKS"};

static enum like_merging merging_of(const char *text) {
    if (strcmp(text, "EXCLUDING") == 0)
        return LIKE_EXCLUDING;
    return strcmp(text, "OVERWRITING") == 0 ? LIKE_OVERWRITING : LIKE_INCLUDING;
}

/* Flink's defaults: everything is included; options, generated columns and watermarks may be overwritten. */
static enum status like_rules(const struct ast_create_table *create, enum like_merging *rules, struct error *error) {
    for (int i = 0; i < LIKE_COUNT; i++)
        rules[i] = i == LIKE_OPTIONS ? LIKE_OVERWRITING : LIKE_INCLUDING;
    for (int pass = 0; pass < 2; pass++) /* ALL first, what is more special after it */
        for (unsigned i = 0; i < create->like_options.count; i++) {
            const struct ast_like_option *option = &create->like_options.items[i];
            bool all = strcmp(option->feature, "ALL") == 0;
            bool found = all;
            if (all != (pass == 0))
                continue;
            for (int k = 0; k < LIKE_COUNT; k++)
                if (all || strcmp(option->feature, like_features[k]) == 0) {
                    rules[k] = merging_of(option->merging);
                    found = true;
                }
            if (!found)
                return FAIL_AT(error, option->position, STATUS_UNSUPPORTED, "%s %s is parsed but not executed yet",
                               option->merging, option->feature);
        }
    return STATUS_OK;
}

static bool like_takes(const struct column_definition *column, const enum like_merging *rules) {
    if (column->kind == TABLE_COLUMN_COMPUTED)
        return rules[LIKE_GENERATED] != LIKE_EXCLUDING;
    return column->kind == TABLE_COLUMN_PHYSICAL || rules[LIKE_METADATA] != LIKE_EXCLUDING;
}

/* The source's columns go first; one that the statement declares too is the statement's. */
static enum status like_columns(struct arena *arena, struct table_definition *definition,
                                const struct table_definition *source, const enum like_merging *rules,
                                struct error *error) {
    struct table_definition merged = {0};
    for (size_t i = 0; i < source->columns.count; i++) {
        const struct column_definition *column = &source->columns.items[i];
        if (!like_takes(column, rules))
            continue;
        int own = definition_column(definition, column->name);
        bool overwrites = column->kind == TABLE_COLUMN_COMPUTED ? rules[LIKE_GENERATED] == LIKE_OVERWRITING
                                                                : rules[LIKE_METADATA] == LIKE_OVERWRITING;
        if (own >= 0 && (column->kind == TABLE_COLUMN_PHYSICAL || !overwrites))
            return FAIL_AT(error, definition->columns.items[own].position, STATUS_DUPLICATE_COLUMN,
                           "column \"%s\" exists in the table that is copied", column->name);
        if (own < 0)
            ARRAY_PUSH(arena, &merged.columns, *column);
    }
    for (size_t i = 0; i < definition->columns.count; i++)
        ARRAY_PUSH(arena, &merged.columns, definition->columns.items[i]);
    memcpy(&definition->columns, &merged.columns, sizeof merged.columns);
    return STATUS_OK;
}

static void like_options(struct arena *arena, struct table_definition *definition,
                         const struct table_definition *source) {
    for (size_t i = 0; i < source->options.count; i++)
        if (!find_option(definition, source->options.items[i].key))
            ARRAY_PUSH(arena, &definition->options, source->options.items[i]);
}

enum status definition_add_like(struct arena *arena, struct table_definition *definition,
                                const struct ast_create_table *create, const struct catalogue_object *source,
                                struct error *error) {
    if (source->kind != CATALOGUE_TABLE)
        return FAIL_AT(error, create->like.items[0].position, STATUS_INVALID_DEFINITION, "\"%s\" is a view",
                       source->name);
    enum like_merging rules[LIKE_COUNT];
    struct table_definition like;
    TRY(like_rules(create, rules, error));
    definition_from_object(arena, &like, source);
    TRY(like_columns(arena, definition, &like, rules, error));
    if (rules[LIKE_OPTIONS] != LIKE_EXCLUDING)
        like_options(arena, definition, &like);
    if (rules[LIKE_CONSTRAINTS] != LIKE_EXCLUDING && !definition->primary_key.count) {
        memcpy(&definition->primary_key, &like.primary_key, sizeof like.primary_key);
        definition->primary_key_name = like.primary_key_name;
    }
    if (rules[LIKE_PARTITIONS] != LIKE_EXCLUDING && !definition->partitioned_by.count)
        memcpy(&definition->partitioned_by, &like.partitioned_by, sizeof like.partitioned_by);
    if (rules[LIKE_WATERMARKS] == LIKE_EXCLUDING || !like.watermark_column)
        return STATUS_OK;
    if (definition->watermark_column && rules[LIKE_WATERMARKS] != LIKE_OVERWRITING)
        return FAIL_AT(error, definition->watermark_position, STATUS_INVALID_DEFINITION,
                       "the table that is copied has a watermark: write OVERWRITING WATERMARKS");
    if (!definition->watermark_column) {
        definition->watermark_column = like.watermark_column;
        definition->watermark_text = like.watermark_text;
    }
    return STATUS_OK;
}
