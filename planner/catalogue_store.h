/* catalogue_store.h: how the catalogue keeps its objects. Internal to the planner.
 *
 * A definition is a table on its way into the catalogue: what CREATE TABLE, LIKE and ALTER TABLE put together, as text where
 * the catalogue keeps text. It lives in the statement's arena; definition_build binds and checks it and makes the object,
 * which owns its memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "planner/catalogue.h"

/* What the catalogue holds; `object` is what others see. */
struct stored_object {
    struct catalogue_object object;
    struct arena arena; /* owns everything in object, this struct apart */
};

struct database {
    char *name;
    struct stored_object **objects;
    size_t count, capacity;
};

struct catalog {
    char *name;
    struct database **databases;
    size_t count, capacity;
};

struct catalogue {
    const struct connector_registry *registry;
    struct catalog **catalogs;
    size_t count, capacity;
    struct catalog *current_catalog;
    struct database *current_database;
    uint64_t version;
};

/* catalog, database and object of a qualified name. */
struct object_path {
    struct catalog *catalog;
    struct database *database;
    const char *name;
    sql_position position;
};
/* UNDEFINED_OBJECT when the database or catalog does not exist. */
enum status path_resolve(const struct catalogue *catalogue, const struct ast_names *names, struct object_path *path,
                         struct error *error) MUST_CHECK;
struct stored_object *database_find(const struct database *database, const char *name, bool temporary);
/* The temporary one, else the permanent one; exact spelling first. */
struct stored_object *database_find_any(const struct database *database, const char *name);
void database_add(struct database *database, struct stored_object *object);
void database_remove(struct database *database, struct stored_object *object); /* frees it */
struct catalog *catalogue_find_catalog(const struct catalogue *catalogue, const char *name);
struct database *catalog_find_database(const struct catalog *catalog, const char *name);
struct catalog *catalogue_add_catalog(struct catalogue *catalogue, const char *name);
struct database *catalog_add_database(struct catalog *catalog, const char *name);
void catalogue_remove_catalog(struct catalogue *catalogue, struct catalog *catalog);
void catalog_remove_database(struct catalog *catalog, struct database *database);
struct stored_object *stored_object_new(enum catalogue_kind kind, const struct object_path *path);
void stored_object_free(struct stored_object *object);

/* ---- definitions (catalogue_definition.c) ---- */

struct column_definition {
    const char *name;
    enum table_column_kind kind;
    const struct type *type;          /* NULL: computed */
    const char *expression_text;      /* COMPUTED */
    const struct ast_expression *ast; /* of this statement, for positions; NULL: from an object, parse the text */
    const char *metadata_key;
    bool is_virtual;
    const char *comment;
    sql_position position;
};

struct option_definition {
    const char *key, *value;
    sql_position position;
};

struct table_definition {
    struct {
        struct column_definition *items;
        size_t count, capacity;
    } columns;
    struct {
        struct option_definition *items;
        size_t count, capacity;
    } options;
    struct {
        const char **items;
        size_t count, capacity;
    } primary_key, partitioned_by;
    const char *primary_key_name;
    sql_position primary_key_position;
    const char *watermark_column; /* NULL = none */
    const char *watermark_text;
    const struct ast_expression *watermark_ast;
    sql_position watermark_position;
    const char *comment;
    sql_position position;
};

/* Adds the elements of CREATE TABLE (…) or ALTER TABLE ADD (…). */
enum status definition_add_schema(struct arena *arena, struct table_definition *definition,
                                  const struct ast_table_schema *schema, struct str sql_text,
                                  struct error *error) MUST_CHECK;
/* A column of ALTER TABLE MODIFY in place of the one of its name, whose comment it keeps unless it has one; moved when a place is given. */
enum status definition_replace_column(struct arena *arena, struct table_definition *definition,
                                      const struct ast_column_definition *ast, struct str sql_text,
                                      struct error *error) MUST_CHECK;
enum status definition_add_options(struct arena *arena, struct table_definition *definition,
                                   const struct ast_options *options, bool replace, struct error *error) MUST_CHECK;
int definition_column(const struct table_definition *definition, const char *name); /* -1 = none */
/* What the object was made from. */
void definition_from_object(struct arena *arena, struct table_definition *definition,
                            const struct catalogue_object *object);
/* Columns and constraints, options … as LIKE's options say. */
enum status definition_add_like(struct arena *arena, struct table_definition *definition,
                                const struct ast_create_table *create, const struct catalogue_object *source,
                                struct error *error) MUST_CHECK;
enum status definition_build(struct catalogue *catalogue, struct arena *scratch,
                             const struct table_definition *definition, const struct object_path *path, bool temporary,
                             struct stored_object **object, struct error *error) MUST_CHECK;

/* Splits options into the connector's and ours (statistics.*, scan.watermark.*), and validates both. */
struct checked_options {
    struct options all, connector;
    const struct connector_class *class;
    const struct format_class *format;
};
enum status options_check(struct arena *arena, const struct connector_registry *registry,
                          const struct option_definition *options, size_t count, const struct schema *schema,
                          struct checked_options *checked, struct error *error) MUST_CHECK;

/* The demo's table, there without DDL. */
void catalogue_add_weather(struct catalogue *catalogue);

/* ---- ALTER, views (catalogue_alter.c) ---- */

enum status alter_execute(struct catalogue *catalogue, const struct ast_alter *alter, struct str sql_text,
                          const struct settings *settings, struct arena *arena, const char **summary,
                          struct error *error) MUST_CHECK;
/* Parses and binds the view's query and sets its columns. */
enum status view_define(const struct catalogue *catalogue, struct stored_object *view, const struct ast_query *query,
                        struct str query_text, const struct ast_view_columns *columns, const struct settings *settings,
                        struct arena *scratch, struct error *error) MUST_CHECK;

/* Text to tree, in the arena; positions refer to the text. */
enum status parse_query_text(struct arena *arena, struct str text, const struct ast_query **query,
                             struct error *error) MUST_CHECK;
enum status parse_expression_text(struct arena *arena, const char *text, const struct ast_expression **expression,
                                  struct error *error) MUST_CHECK;
