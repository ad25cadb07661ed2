/* catalogue_ddl.c: CREATE, DROP and USE; ALTER and views have their own files. Nothing changes before everything is checked. */
#include "planner/catalogue_store.h"

#include <string.h>

#include "core/base/array.h"
#include "grammar/parser.h"

struct ddl {
    struct catalogue *catalogue;
    const struct ast_statement *statement;
    struct str sql_text;
    const struct settings *settings;
    struct arena *arena;
    const char *summary;
    struct error *error;
};

/* ---- CREATE TABLE ---- */

static enum status define_table(struct ddl *ddl, const struct ast_create_table *create,
                                struct table_definition *definition) {
    *definition = (struct table_definition){
        .comment = create->comment.data ? str_copy(ddl->arena, create->comment) : NULL,
        .position = create->name.items[0].position,
    };
    if (create->distribution.kind != AST_DISTRIBUTION_NONE)
        return FAIL_AT(ddl->error, definition->position, STATUS_UNSUPPORTED,
                       "DISTRIBUTED is parsed but not executed yet");
    TRY(definition_add_schema(ddl->arena, definition, &create->schema, ddl->sql_text, ddl->error));
    TRY(definition_add_options(ddl->arena, definition, &create->options, false, ddl->error));
    for (unsigned i = 0; i < create->partitioned_by.count; i++)
        ARRAY_PUSH(ddl->arena, &definition->partitioned_by, create->partitioned_by.items[i].text);
    if (!create->like.count)
        return STATUS_OK;
    const struct catalogue_object *source;
    TRY(catalogue_find(ddl->catalogue, &create->like, &source, ddl->error));
    return definition_add_like(ddl->arena, definition, create, source, ddl->error);
}

/* What stands at the path now: an error, nothing to do (*skip), or to be replaced (*old). */
static enum status check_existing(struct ddl *ddl, const struct object_path *path, bool temporary, bool if_not_exists,
                                  bool or_replace, struct stored_object **old, bool *skip) {
    *old = database_find(path->database, path->name, temporary);
    *skip = false;
    if (!*old || or_replace || (*old)->object.builtin)
        return STATUS_OK;
    static const char *const kinds[] = {"table", "view", "materialized view"};
    if (if_not_exists) {
        *skip = true;
        ddl->summary = arena_printf(ddl->arena, "%s \"%s\" exists already, skipped", kinds[(*old)->object.kind],
                                    (*old)->object.name);
        return STATUS_OK;
    }
    FAIL_AT(ddl->error, path->position, STATUS_DUPLICATE_TABLE, "%s \"%s\" exists already", kinds[(*old)->object.kind],
            (*old)->object.name);
    error_hint(ddl->error, "CREATE ... IF NOT EXISTS leaves it, CREATE OR REPLACE replaces it");
    return STATUS_DUPLICATE_TABLE;
}

static void install(struct ddl *ddl, const struct object_path *path, struct stored_object *old,
                    struct stored_object *new) {
    if (old)
        database_remove(path->database, old);
    database_add(path->database, new);
    ddl->catalogue->version++;
}

static enum status create_table(struct ddl *ddl) {
    const struct ast_create_table *create = ddl->statement->create_table;
    struct object_path path;
    struct stored_object *old, *table;
    struct table_definition definition;
    bool skip;
    TRY(path_resolve(ddl->catalogue, &create->name, &path, ddl->error));
    TRY(check_existing(ddl, &path, create->temporary, create->if_not_exists, create->or_replace, &old, &skip));
    if (skip)
        return STATUS_OK;
    TRY(define_table(ddl, create, &definition));
    TRY(definition_build(ddl->catalogue, ddl->arena, &definition, &path, create->temporary, &table, ddl->error));
    install(ddl, &path, old, table);
    ddl->summary = arena_printf(ddl->arena, "table \"%s\" created", path.name);
    return STATUS_OK;
}

static int field_of(const struct schema *schema, const char *name) {
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

static struct column_definition query_column(const struct schema *schema, uint32_t field) {
    return (struct column_definition){.name = schema->fields[field].name, .type = schema->fields[field].type};
}

/* CREATE TABLE t (b, a) AS: the query's columns in another order. */
static enum status order_columns(struct ddl *ddl, const struct ast_column_definitions *names,
                                 const struct schema *schema, struct table_definition *definition) {
    for (unsigned i = 0; i < names->count; i++) {
        const struct ast_column_definition *named = &names->items[i];
        int field = field_of(schema, named->name.text);
        if (field < 0 || definition_column(definition, named->name.text) >= 0)
            return FAIL_AT(ddl->error, named->position, STATUS_UNDEFINED_COLUMN, "column \"%s\" %s", named->name.text,
                           field < 0 ? "is not in the query" : "is named twice");
        ARRAY_PUSH(ddl->arena, &definition->columns, query_column(schema, (uint32_t)field));
    }
    if (names->count == schema->field_count)
        return STATUS_OK;
    FAIL_AT(ddl->error, names->items[0].position, STATUS_INVALID_DEFINITION, "%u of the query's %u columns are named",
            names->count, schema->field_count);
    error_hint(ddl->error, "name them all, or give types to add columns");
    return STATUS_INVALID_DEFINITION;
}

/* As in Flink: first the columns that are declared and not in the query, then the query's, with their declared type if any. */
static enum status define_table_as(struct ddl *ddl, const struct ast_create_table *create, const struct schema *schema,
                                   struct table_definition *definition) {
    const struct ast_column_definitions *columns = &create->schema.columns;
    struct ast_create_table without = *create;
    struct table_definition declared;
    bool bare = columns->count && columns->items[0].kind == AST_COLUMN_PHYSICAL && !columns->items[0].type;
    if (bare)
        without.schema.columns.count = 0;
    TRY(define_table(ddl, &without, &declared));
    *definition = declared;
    memset(&definition->columns, 0, sizeof definition->columns);
    if (bare)
        return order_columns(ddl, columns, schema, definition);
    for (size_t i = 0; i < declared.columns.count; i++)
        if (field_of(schema, declared.columns.items[i].name) < 0)
            ARRAY_PUSH(ddl->arena, &definition->columns, declared.columns.items[i]);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        int column = definition_column(&declared, schema->fields[i].name);
        struct column_definition added = column < 0 ? query_column(schema, i) : declared.columns.items[column];
        ARRAY_PUSH(ddl->arena, &definition->columns, added);
    }
    return STATUS_OK;
}

enum status catalogue_create_table_as(struct catalogue *catalogue, const struct ast_create_table *create,
                                      const struct schema *schema, struct str sql_text, const struct settings *settings,
                                      bool *created, struct error *error) {
    struct arena arena;
    arena_init(&arena);
    struct ddl ddl = {
        .catalogue = catalogue, .sql_text = sql_text, .settings = settings, .arena = &arena, .error = error};
    struct object_path path;
    struct stored_object *old, *table = NULL;
    struct table_definition definition;
    bool skip = false;
    enum status status = path_resolve(catalogue, &create->name, &path, error);
    if (status == STATUS_OK)
        status = check_existing(&ddl, &path, create->temporary, create->if_not_exists, create->or_replace, &old, &skip);
    *created = false;
    if (status == STATUS_OK && !skip) {
        status = define_table_as(&ddl, create, schema, &definition);
        if (status == STATUS_OK)
            status = definition_build(catalogue, &arena, &definition, &path, create->temporary, &table, error);
        if (status == STATUS_OK) {
            install(&ddl, &path, old, table);
            *created = true;
        }
    }
    arena_release(&arena);
    return status;
}

void catalogue_add_weather(struct catalogue *catalogue) {
    static const char text[] = "CREATE TABLE weather (city STRING, temp DOUBLE, humidity DOUBLE, ts TIMESTAMP(3), "
                               "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'weather')";
    struct arena arena;
    arena_init(&arena);
    struct ast_statement *statement;
    size_t offset = 0;
    struct error error;
    enum status status = sql_parse_next(&arena, STR(text), &offset, &statement, &error);
    if (status == STATUS_OK)
        status = catalogue_execute(catalogue, statement, STR(text), NULL, &arena, NULL, &error);
    ASSERT(status == STATUS_OK);
    database_find(catalogue->current_database, "weather", false)->object.builtin = true;
    catalogue->version = 0;
    arena_release(&arena);
}

static enum status create_view(struct ddl *ddl) {
    const struct ast_create_view *create = ddl->statement->create_view;
    struct object_path path;
    struct stored_object *old;
    bool skip;
    TRY(path_resolve(ddl->catalogue, &create->name, &path, ddl->error));
    bool replace = create->or_replace || create->or_alter;
    TRY(check_existing(ddl, &path, create->temporary, create->if_not_exists, replace, &old, &skip));
    if (skip)
        return STATUS_OK;
    struct stored_object *view =
        stored_object_new(create->materialized ? CATALOGUE_MATERIALIZED_VIEW : CATALOGUE_VIEW, &path);
    view->object.temporary = create->temporary;
    view->object.comment = create->comment.data ? str_copy(&view->arena, create->comment) : NULL;
    enum status status = view_define(ddl->catalogue, view, create->query, create->query_text, &create->columns,
                                     ddl->settings, ddl->arena, ddl->error);
    if (status != STATUS_OK) {
        stored_object_free(view);
        return status;
    }
    install(ddl, &path, old, view);
    ddl->summary =
        arena_printf(ddl->arena, "%s \"%s\" created", create->materialized ? "materialized view" : "view", path.name);
    return STATUS_OK;
}

/* ---- catalogs and databases ---- */

static enum status create_catalog(struct ddl *ddl) {
    const struct ast_create_catalog *create = ddl->statement->create_catalog;
    const struct ast_name *name = &create->name.items[create->name.count - 1];
    if (catalogue_find_catalog(ddl->catalogue, name->text)) {
        ddl->summary = arena_printf(ddl->arena, "catalog \"%s\" exists already, skipped", name->text);
        return create->if_not_exists ? STATUS_OK
                                     : FAIL_AT(ddl->error, name->position, STATUS_DUPLICATE_OBJECT,
                                               "catalog \"%s\" exists already", name->text);
    }
    const char *database = "default";
    for (unsigned i = 0; i < create->options.count; i++) {
        const struct ast_option *option = &create->options.items[i];
        bool is_database = str_equal(option->key, STR("default-database"));
        if (is_database)
            database = str_copy(ddl->arena, option->value);
        else if (!str_equal(option->key, STR("type")))
            return FAIL_AT(ddl->error, option->position, STATUS_INVALID_OPTION,
                           "a catalog has no option '%.*s', only 'type' and 'default-database'",
                           STR_FORMAT(option->key));
        else if (!str_equal(option->value, STR("generic_in_memory")))
            return FAIL_AT(ddl->error, option->position, STATUS_UNSUPPORTED,
                           "only catalogs of 'type' = 'generic_in_memory' are supported");
    }
    struct catalog *catalog = catalogue_add_catalog(ddl->catalogue, name->text);
    catalog_add_database(catalog, database);
    ddl->catalogue->version++;
    ddl->summary = arena_printf(ddl->arena, "catalog \"%s\" created", name->text);
    return STATUS_OK;
}

/* The catalog that [catalog.]database names; *last is the database's name. */
static enum status database_path(struct ddl *ddl, const struct ast_names *names, struct catalog **catalog,
                                 const struct ast_name **last) {
    *catalog = ddl->catalogue->current_catalog;
    *last = &names->items[names->count - 1];
    if (names->count > 2)
        return FAIL_AT(ddl->error, names->items[0].position, STATUS_UNDEFINED_OBJECT,
                       "the name of a database has at most two parts");
    if (names->count == 2)
        *catalog = catalogue_find_catalog(ddl->catalogue, names->items[0].text);
    if (*catalog)
        return STATUS_OK;
    return FAIL_AT(ddl->error, names->items[0].position, STATUS_UNDEFINED_OBJECT, "catalog \"%s\" does not exist",
                   names->items[0].text);
}

static enum status create_database(struct ddl *ddl) {
    const struct ast_create_catalog *create = ddl->statement->create_catalog;
    struct catalog *catalog;
    const struct ast_name *name;
    TRY(database_path(ddl, &create->name, &catalog, &name));
    if (catalog_find_database(catalog, name->text)) {
        ddl->summary = arena_printf(ddl->arena, "database \"%s\" exists already, skipped", name->text);
        return create->if_not_exists ? STATUS_OK
                                     : FAIL_AT(ddl->error, name->position, STATUS_DUPLICATE_OBJECT,
                                               "database \"%s\" exists already", name->text);
    }
    catalog_add_database(catalog, name->text);
    ddl->catalogue->version++;
    ddl->summary = arena_printf(ddl->arena, "database \"%s\" created", name->text);
    return STATUS_OK;
}

/* Properties of a database have no meaning here, as in CREATE DATABASE. */
static enum status alter_database(struct ddl *ddl) {
    struct catalog *catalog;
    const struct ast_name *name;
    TRY(database_path(ddl, &ddl->statement->alter->name, &catalog, &name));
    if (!catalog_find_database(catalog, name->text))
        return FAIL_AT(ddl->error, name->position, STATUS_UNDEFINED_OBJECT, "database \"%s\" does not exist",
                       name->text);
    ddl->summary = arena_printf(ddl->arena, "database \"%s\" altered", name->text);
    return STATUS_OK;
}

static enum status use(struct ddl *ddl) {
    const struct ast_use *use = &ddl->statement->use;
    struct catalog *catalog;
    const struct ast_name *name;
    if (use->object == AST_OBJECT_CATALOG) {
        name = &use->name.items[use->name.count - 1];
        catalog = catalogue_find_catalog(ddl->catalogue, name->text);
        if (!catalog)
            return FAIL_AT(ddl->error, name->position, STATUS_UNDEFINED_OBJECT, "catalog \"%s\" does not exist",
                           name->text);
        ddl->catalogue->current_catalog = catalog;
        ddl->catalogue->current_database = catalog->count ? catalog->databases[0] : NULL;
        ddl->summary = arena_printf(ddl->arena, "using catalog \"%s\"", catalog->name);
    } else {
        TRY(database_path(ddl, &use->name, &catalog, &name));
        struct database *database = catalog_find_database(catalog, name->text);
        if (!database)
            return FAIL_AT(ddl->error, name->position, STATUS_UNDEFINED_OBJECT, "database \"%s\" does not exist",
                           name->text);
        ddl->catalogue->current_catalog = catalog;
        ddl->catalogue->current_database = database;
        ddl->summary = arena_printf(ddl->arena, "using database \"%s\"", database->name);
    }
    ddl->catalogue->version++;
    return STATUS_OK;
}

/* ---- DROP ---- */

static enum status missing(struct ddl *ddl, const struct ast_name *name, const char *what, enum status status) {
    const struct ast_drop *drop = ddl->statement->drop;
    if (drop->if_exists) {
        ddl->summary = arena_printf(ddl->arena, "%s \"%s\" does not exist, skipped", what, name->text);
        return STATUS_OK;
    }
    return FAIL_AT(ddl->error, name->position, status, "%s \"%s\" does not exist", what, name->text);
}

static bool drops_kind(enum ast_object_kind object, enum catalogue_kind kind) {
    static const enum ast_object_kind objects[] = {AST_OBJECT_TABLE, AST_OBJECT_VIEW, AST_OBJECT_MATERIALIZED_VIEW};
    return objects[kind] == object;
}

static enum status drop_object(struct ddl *ddl) {
    const struct ast_drop *drop = ddl->statement->drop;
    const char *what = ast_object_name(drop->object);
    struct object_path path;
    enum status status = path_resolve(ddl->catalogue, &drop->name, &path, ddl->error);
    if (status != STATUS_OK && drop->if_exists) {
        error_reset(ddl->error);
        return missing(ddl, &drop->name.items[drop->name.count - 1], what, status);
    }
    TRY(status);
    const struct ast_name *name = &drop->name.items[drop->name.count - 1];
    struct stored_object *stored =
        drop->temporary ? database_find(path.database, path.name, true) : database_find_any(path.database, path.name);
    if (!stored)
        return missing(ddl, name, what, STATUS_UNDEFINED_TABLE);
    if (!drops_kind(drop->object, stored->object.kind)) {
        static const char *const kinds[] = {"TABLE", "VIEW", "MATERIALIZED VIEW"};
        FAIL_AT(ddl->error, name->position, STATUS_UNDEFINED_TABLE, "\"%s\" is not a %s", stored->object.name, what);
        error_hint(ddl->error, "use DROP %s", kinds[stored->object.kind]);
        return STATUS_UNDEFINED_TABLE;
    }
    ddl->summary = arena_printf(ddl->arena, "%s \"%s\" dropped", what, stored->object.name);
    database_remove(path.database, stored);
    ddl->catalogue->version++;
    return STATUS_OK;
}

static enum status drop_database(struct ddl *ddl) {
    const struct ast_drop *drop = ddl->statement->drop;
    struct catalog *catalog;
    const struct ast_name *name;
    TRY(database_path(ddl, &drop->name, &catalog, &name));
    struct database *database = catalog_find_database(catalog, name->text);
    if (!database)
        return missing(ddl, name, "database", STATUS_UNDEFINED_OBJECT);
    if (database == ddl->catalogue->current_database)
        return FAIL_AT(ddl->error, name->position, STATUS_INVALID_ARGUMENT, "database \"%s\" is in use",
                       database->name);
    if (database->count && !drop->cascade) {
        FAIL_AT(ddl->error, name->position, STATUS_INVALID_ARGUMENT, "database \"%s\" is not empty", database->name);
        error_hint(ddl->error, "DROP DATABASE ... CASCADE drops what is in it too");
        return STATUS_INVALID_ARGUMENT;
    }
    ddl->summary = arena_printf(ddl->arena, "database \"%s\" dropped", database->name);
    catalog_remove_database(catalog, database);
    ddl->catalogue->version++;
    return STATUS_OK;
}

static enum status drop_catalog(struct ddl *ddl) {
    const struct ast_name *name = &ddl->statement->drop->name.items[ddl->statement->drop->name.count - 1];
    struct catalog *catalog = catalogue_find_catalog(ddl->catalogue, name->text);
    if (!catalog)
        return missing(ddl, name, "catalog", STATUS_UNDEFINED_OBJECT);
    if (catalog == ddl->catalogue->current_catalog)
        return FAIL_AT(ddl->error, name->position, STATUS_INVALID_ARGUMENT, "catalog \"%s\" is in use", catalog->name);
    ddl->summary = arena_printf(ddl->arena, "catalog \"%s\" dropped", catalog->name);
    catalogue_remove_catalog(ddl->catalogue, catalog);
    ddl->catalogue->version++;
    return STATUS_OK;
}

static enum status drop(struct ddl *ddl) {
    const struct ast_drop *ast = ddl->statement->drop;
    switch (ast->object) {
    case AST_OBJECT_TABLE:
    case AST_OBJECT_VIEW:
    case AST_OBJECT_MATERIALIZED_VIEW: return drop_object(ddl);
    case AST_OBJECT_DATABASE: return drop_database(ddl);
    case AST_OBJECT_CATALOG: return drop_catalog(ddl);
    case AST_OBJECT_FUNCTION: break;
    }
    return FAIL_AT(ddl->error, ddl->statement->position, STATUS_UNSUPPORTED,
                   "DROP FUNCTION is parsed but not executed yet");
}

/* ---- dispatch ---- */

static enum status alter(struct ddl *ddl) {
    return alter_execute(ddl->catalogue, ddl->statement->alter, ddl->sql_text, ddl->settings, ddl->arena, &ddl->summary,
                         ddl->error);
}

static enum status (*find_handler(const struct ast_statement *statement))(struct ddl *) {
    switch (statement->kind) {
    case AST_STATEMENT_CREATE_TABLE: return statement->create_table->query ? NULL : create_table;
    case AST_STATEMENT_CREATE_VIEW:
    case AST_STATEMENT_CREATE_MATERIALIZED_VIEW: return create_view;
    case AST_STATEMENT_CREATE_CATALOG: return create_catalog;
    case AST_STATEMENT_CREATE_DATABASE: return create_database;
    case AST_STATEMENT_DROP: return drop;
    case AST_STATEMENT_ALTER_TABLE:
    case AST_STATEMENT_ALTER_VIEW: return alter;
    case AST_STATEMENT_ALTER_DATABASE: return alter_database;
    case AST_STATEMENT_USE: return use;
    default: return NULL;
    }
}

bool catalogue_executes(const struct ast_statement *statement) {
    return find_handler(statement) != NULL;
}

enum status catalogue_execute(struct catalogue *catalogue, const struct ast_statement *statement, struct str sql_text,
                              const struct settings *settings, struct arena *arena, const char **summary,
                              struct error *error) {
    struct ddl ddl = {
        .catalogue = catalogue,
        .statement = statement,
        .sql_text = sql_text,
        .settings = settings,
        .arena = arena,
        .summary = "",
        .error = error,
    };
    enum status (*handler)(struct ddl *) = find_handler(statement);
    ASSERT(handler);
    TRY(handler(&ddl));
    if (summary)
        *summary = ddl.summary;
    return STATUS_OK;
}
