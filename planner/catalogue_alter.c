/* catalogue_alter.c: ALTER TABLE, VIEW, DATABASE, and the definition of views.
 *
 * A table is altered by changing its definition and building it anew: whatever would not pass CREATE TABLE does not pass
 * here, and on failure the old one stays. */
#include "planner/catalogue_store.h"

#include <string.h>

#include "core/base/array.h"
#include "planner/binder.h"

struct alteration {
    struct catalogue *catalogue;
    const struct ast_alter *ast;
    struct str sql_text;
    const struct settings *settings;
    struct arena *arena;
    struct object_path path;
    struct stored_object *old;
    struct table_definition definition;
    const char *summary;
    struct error *error;
};

/* ---- ALTER TABLE: one function per action changes the definition ---- */

static enum status column_of(struct alteration *alteration, const struct ast_names *names, size_t *index) {
    const struct ast_name *name = &names->items[0];
    if (names->count > 1)
        return FAIL_AT(alteration->error, name->position, STATUS_UNSUPPORTED,
                       "altering a field of a ROW is parsed but not executed yet");
    int found = definition_column(&alteration->definition, name->text);
    if (found < 0)
        return FAIL_AT(alteration->error, name->position, STATUS_UNDEFINED_COLUMN,
                       "column \"%s\" of table \"%s\" does not exist", name->text, alteration->old->object.name);
    *index = (size_t)found;
    return STATUS_OK;
}

static void rename_in(const char **names, size_t count, const char *old, const char *new) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], old) == 0)
            names[i] = new;
}

static enum status rename_column(struct alteration *alteration) {
    struct table_definition *definition = &alteration->definition;
    const struct ast_name *new = &alteration->ast->new_name.items[0];
    size_t index;
    TRY(column_of(alteration, &alteration->ast->column, &index));
    if (definition_column(definition, new->text) >= 0)
        return FAIL_AT(alteration->error, new->position, STATUS_DUPLICATE_COLUMN, "column \"%s\" exists already",
                       new->text);
    const char *old = definition->columns.items[index].name;
    definition->columns.items[index].name = new->text;
    rename_in(definition->primary_key.items, definition->primary_key.count, old, new->text);
    rename_in(definition->partitioned_by.items, definition->partitioned_by.count, old, new->text);
    if (definition->watermark_column && strcmp(definition->watermark_column, old) == 0)
        definition->watermark_column = new->text;
    return STATUS_OK;
}

static enum status reset_options(struct alteration *alteration) {
    struct table_definition *definition = &alteration->definition;
    for (unsigned i = 0; i < alteration->ast->options.count; i++) {
        size_t kept = 0;
        for (size_t k = 0; k < definition->options.count; k++)
            if (!str_equal(alteration->ast->options.items[i].key, str_from(definition->options.items[k].key)))
                definition->options.items[kept++] = definition->options.items[k];
        definition->options.count = kept;
    }
    return STATUS_OK;
}

static void drop_watermark(struct table_definition *definition) {
    definition->watermark_column = NULL;
    definition->watermark_text = NULL;
    definition->watermark_ast = NULL;
}

static enum status modify(struct alteration *alteration) {
    struct table_definition *definition = &alteration->definition;
    const struct ast_table_schema *schema = &alteration->ast->schema;
    struct table_definition changes = {0};
    struct ast_table_schema others =
        *schema; /* columns may be placed after others of the table, so they are no schema of their own */
    others.columns.count = 0;
    TRY(definition_add_schema(alteration->arena, &changes, &others, alteration->sql_text, alteration->error));
    for (unsigned i = 0; i < schema->columns.count; i++)
        TRY(definition_replace_column(alteration->arena, definition, &schema->columns.items[i], alteration->sql_text,
                                      alteration->error));
    if (changes.primary_key.count) {
        memcpy(&definition->primary_key, &changes.primary_key, sizeof changes.primary_key);
        definition->primary_key_name = changes.primary_key_name;
    }
    if (changes.watermark_column) {
        definition->watermark_column = changes.watermark_column;
        definition->watermark_text = changes.watermark_text;
        definition->watermark_ast = changes.watermark_ast;
        definition->watermark_position = changes.watermark_position;
    }
    return STATUS_OK;
}

static enum status drop_columns(struct alteration *alteration) {
    struct table_definition *definition = &alteration->definition;
    for (unsigned i = 0; i < alteration->ast->columns.count; i++) {
        struct ast_names name = {.items = &alteration->ast->columns.items[i], .count = 1};
        size_t index;
        TRY(column_of(alteration, &name, &index));
        definition->columns.count--;
        memmove(&definition->columns.items[index], &definition->columns.items[index + 1],
                (definition->columns.count - index) * sizeof definition->columns.items[0]);
    }
    return STATUS_OK;
}

static enum status drop_primary_key(struct alteration *alteration) {
    struct table_definition *definition = &alteration->definition;
    const char *name = alteration->ast->column.count ? alteration->ast->column.items[0].text : NULL;
    bool named = alteration->ast->action == AST_ALTER_DROP_CONSTRAINT;
    if (!definition->primary_key.count ||
        (named && (!definition->primary_key_name || strcmp(definition->primary_key_name, name) != 0)))
        return FAIL_AT(alteration->error, alteration->path.position, STATUS_UNDEFINED_OBJECT,
                       "table \"%s\" has no such constraint", alteration->old->object.name);
    definition->primary_key.count = 0;
    definition->primary_key_name = NULL;
    return STATUS_OK;
}

static enum status change_definition(struct alteration *alteration) {
    switch (alteration->ast->action) {
    case AST_ALTER_RENAME_COLUMN: return rename_column(alteration);
    case AST_ALTER_SET_OPTIONS:
        return definition_add_options(alteration->arena, &alteration->definition, &alteration->ast->options, true,
                                      alteration->error);
    case AST_ALTER_RESET_OPTIONS: return reset_options(alteration);
    case AST_ALTER_ADD:
        return definition_add_schema(alteration->arena, &alteration->definition, &alteration->ast->schema,
                                     alteration->sql_text, alteration->error);
    case AST_ALTER_MODIFY: return modify(alteration);
    case AST_ALTER_DROP_COLUMNS: return drop_columns(alteration);
    case AST_ALTER_DROP_PRIMARY_KEY:
    case AST_ALTER_DROP_CONSTRAINT: return drop_primary_key(alteration);
    case AST_ALTER_DROP_WATERMARK: drop_watermark(&alteration->definition); return STATUS_OK;
    case AST_ALTER_RENAME:
    case AST_ALTER_AS: break;
    }
    return FAIL_AT(alteration->error, alteration->path.position, STATUS_INVALID_DEFINITION,
                   "this cannot be altered in a table");
}

static enum status alter_table(struct alteration *alteration) {
    struct stored_object *new;
    definition_from_object(alteration->arena, &alteration->definition, &alteration->old->object);
    alteration->definition.position = alteration->path.position;
    TRY(change_definition(alteration));
    struct object_path path = alteration->path;
    path.name = alteration->old->object.name;
    TRY(definition_build(alteration->catalogue, alteration->arena, &alteration->definition, &path,
                         alteration->old->object.temporary, &new, alteration->error));
    database_remove(path.database, alteration->old);
    database_add(path.database, new);
    alteration->summary = arena_printf(alteration->arena, "table \"%s\" altered", new->object.name);
    return STATUS_OK;
}

/* ---- renaming, views, databases ---- */

static enum status rename_object(struct alteration *alteration) {
    const struct ast_names *names = &alteration->ast->new_name;
    const struct ast_name *name = &names->items[names->count - 1];
    struct stored_object *stored = alteration->old;
    struct stored_object *other = database_find(alteration->path.database, name->text, stored->object.temporary);
    if (other && other != stored)
        return FAIL_AT(alteration->error, name->position, STATUS_DUPLICATE_TABLE, "\"%s\" exists already", name->text);
    alteration->summary = arena_printf(alteration->arena, "\"%s\" renamed to \"%s\"", stored->object.name, name->text);
    stored->object.name = arena_strdup(&stored->arena, name->text);
    return STATUS_OK;
}

enum status view_define(const struct catalogue *catalogue, struct stored_object *view, const struct ast_query *query,
                        struct str query_text, const struct ast_view_columns *columns, const struct settings *settings,
                        struct arena *scratch, struct error *error) {
    struct planner_options options = {.settings = settings};
    struct catalogue_object *object = &view->object;
    const struct schema *schema;
    TRY(planner_query_schema(scratch, catalogue, query, &options, &schema, error));
    if (columns->count && columns->count != schema->field_count)
        return FAIL_AT(error, columns->items[0].name.position, STATUS_INVALID_DEFINITION,
                       "%u column names for the %u columns of the query", columns->count, schema->field_count);
    object->column_count = schema->field_count;
    object->columns = ARENA_ARRAY(&view->arena, struct table_column, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct table_column *column = &object->columns[i];
        column->name =
            arena_strdup(&view->arena, columns->count ? columns->items[i].name.text : schema->fields[i].name);
        column->type = type_copy(&view->arena, schema->fields[i].type);
        column->comment =
            columns->count && columns->items[i].comment.data ? str_copy(&view->arena, columns->items[i].comment) : NULL;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(object->columns[k].name, column->name) == 0)
                return FAIL_AT(error, query->position, STATUS_DUPLICATE_COLUMN,
                               "column \"%s\" of the view is there twice: give it another alias", column->name);
    }
    object->query_text = str_copy(&view->arena, query_text);
    object->path_catalog = arena_strdup(&view->arena, catalogue->current_catalog->name);
    object->path_database =
        arena_strdup(&view->arena, catalogue->current_database ? catalogue->current_database->name : "");
    return parse_query_text(&view->arena, str_from(object->query_text), &object->query, error);
}

static enum status alter_view(struct alteration *alteration) {
    const struct ast_alter *ast = alteration->ast;
    static const struct ast_view_columns no_columns;
    if (ast->action != AST_ALTER_AS)
        return FAIL_AT(alteration->error, alteration->path.position, STATUS_UNSUPPORTED,
                       "this ALTER VIEW is parsed but not executed yet");
    struct object_path path = alteration->path;
    path.name = alteration->old->object.name;
    struct stored_object *view = stored_object_new(alteration->old->object.kind, &path);
    view->object.temporary = alteration->old->object.temporary;
    enum status status = view_define(alteration->catalogue, view, ast->query, ast->query_text, &no_columns,
                                     alteration->settings, alteration->arena, alteration->error);
    if (status != STATUS_OK) {
        stored_object_free(view);
        return status;
    }
    database_remove(path.database, alteration->old);
    database_add(path.database, view);
    alteration->summary = arena_printf(alteration->arena, "view \"%s\" altered", view->object.name);
    return STATUS_OK;
}

static enum status alter_object(struct alteration *alteration) {
    const struct ast_alter *ast = alteration->ast;
    const char *what = ast_object_name(ast->object);
    const struct ast_name *name = &ast->name.items[ast->name.count - 1];
    TRY(path_resolve(alteration->catalogue, &ast->name, &alteration->path, alteration->error));
    alteration->old = database_find_any(alteration->path.database, alteration->path.name);
    if (!alteration->old && ast->if_exists) {
        alteration->summary = arena_printf(alteration->arena, "%s \"%s\" does not exist, skipped", what, name->text);
        return STATUS_OK;
    }
    if (!alteration->old || (alteration->old->object.kind == CATALOGUE_TABLE) != (ast->object == AST_OBJECT_TABLE))
        return FAIL_AT(alteration->error, name->position, STATUS_UNDEFINED_TABLE, "%s \"%s\" does not exist", what,
                       name->text);
    if (ast->action == AST_ALTER_RENAME)
        return rename_object(alteration);
    return ast->object == AST_OBJECT_TABLE ? alter_table(alteration) : alter_view(alteration);
}

enum status alter_execute(struct catalogue *catalogue, const struct ast_alter *alter, struct str sql_text,
                          const struct settings *settings, struct arena *arena, const char **summary,
                          struct error *error) {
    struct alteration alteration = {
        .catalogue = catalogue,
        .ast = alter,
        .sql_text = sql_text,
        .settings = settings,
        .arena = arena,
        .error = error,
    };
    TRY(alter_object(&alteration));
    *summary = alteration.summary;
    catalogue->version++;
    return STATUS_OK;
}
