/* catalogue.h: what names mean: catalogs, databases, and the tables and views in them.
 *
 *     catalogue -> catalog ("default_catalog") -> database ("default_database") -> table | view | materialized view
 *
 * Temporary objects hide permanent ones of the same path. Every object owns its memory, so a long session does not grow
 * per statement; what a look-up returns is borrowed and valid until the next call that changes the catalogue. Plans copy
 * what they need and outlive the objects that they were made from.
 * The table `weather` of the demo is there from the start. Names are matched exactly first, then with ASCII case ignored.
 * Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/type.h"
#include "grammar/ast.h"

struct arena;
struct catalogue;
struct expression;
struct settings;

enum catalogue_kind { CATALOGUE_TABLE, CATALOGUE_VIEW, CATALOGUE_MATERIALIZED_VIEW };

enum table_column_kind { TABLE_COLUMN_PHYSICAL, TABLE_COLUMN_COMPUTED, TABLE_COLUMN_METADATA };

struct table_column {
    const char *name;
    const struct type *type;
    enum table_column_kind kind;
    struct expression
        *expression;             /* COMPUTED: COLUMN nodes are indexes into the table's columns, never computed ones */
    const char *expression_text; /* COMPUTED: as written */
    const char *metadata_key;    /* METADATA: the connector's key */
    const struct type *metadata_type; /* METADATA: what the connector delivers; `type` is cast from it */
    bool is_virtual;                  /* METADATA: not written by INSERT */
    const char *comment;              /* NULL = none */
};

struct catalogue_object {
    enum catalogue_kind kind;
    bool temporary;
    bool builtin;
    const char *catalog;
    const char *database;
    const char *name;
    const char *comment; /* NULL = none */

    /* Tables. */
    struct table_column *columns; /* views: names and types of the query's result, as of the view's creation */
    uint32_t column_count;
    int watermark_column;         /* index into columns; -1 = none */
    struct expression *watermark; /* over the columns (computed ones too) */
    const char *watermark_text;
    uint32_t *primary_key; /* indexes into columns */
    uint32_t primary_key_count;
    const char *primary_key_name; /* NULL = none given */
    struct ast_names partitioned_by;
    struct options options;           /* as declared, statistics.* and scan.watermark.* included */
    struct options connector_options; /* what the connector sees */
    const struct connector_class *connector;
    const struct format_class *format; /* NULL for connectors without formats */
    bool schema_from_connector;        /* declared without columns */

    /* Views. */
    const char *query_text;
    const struct ast_query *query;            /* positions refer to query_text */
    const char *path_catalog, *path_database; /* where its unqualified names are looked up */
};

/* The registry is borrowed for the catalogue's life. */
struct catalogue *catalogue_new(const struct connector_registry *registry);
void catalogue_free(struct catalogue *catalogue);
const struct connector_registry *catalogue_registry(const struct catalogue *catalogue);

/* Raised by every change: lets completion and caches see that theirs are old. */
uint64_t catalogue_version(const struct catalogue *catalogue);
const char *catalogue_current_catalog(const struct catalogue *catalogue);
const char *catalogue_current_database(const struct catalogue *catalogue);

/* ---- DDL ---- */

/* CREATE TABLE (without AS), CREATE VIEW, CREATE CATALOG, CREATE DATABASE, DROP, ALTER, USE. */
bool catalogue_executes(const struct ast_statement *statement);
/* Executes one of those. sql_text is what the statement's positions refer to. `summary` (may be NULL) receives one line for
 * the user, "table \"t\" created", in `arena`; also when nothing was to be done ("… exists already, skipped"). On failure
 * nothing has changed. A database or catalog that is not empty is dropped with CASCADE only. */
enum status catalogue_execute(struct catalogue *catalogue, const struct ast_statement *statement, struct str sql_text,
                              const struct settings *settings, struct arena *arena, const char **summary,
                              struct error *error) MUST_CHECK;
/* The table of CREATE TABLE … AS, with the query's columns; the caller then plans the INSERT (plan_statement does both). */
enum status catalogue_create_table_as(struct catalogue *catalogue, const struct ast_create_table *create,
                                      const struct schema *schema, struct str sql_text, const struct settings *settings,
                                      bool *created, struct error *error) MUST_CHECK;

/* Takes back what was just created. */
void catalogue_remove(struct catalogue *catalogue, const struct catalogue_object *object);

/* ---- look-up ---- */

/* name, database.name or catalog.database.name; UNDEFINED_TABLE at its position, with the nearest name as hint. */
enum status catalogue_find(const struct catalogue *catalogue, const struct ast_names *name,
                           const struct catalogue_object **object, struct error *error) MUST_CHECK;
/* The same, where unqualified names belong to this database ("" = none). */
enum status catalogue_find_from(const struct catalogue *catalogue, const char *catalog, const char *database,
                                const struct ast_names *name, const struct catalogue_object **object,
                                struct error *error) MUST_CHECK;
const struct catalogue_object *catalogue_find_text(const struct catalogue *catalogue, const char *name); /* or NULL */
/* `catalog`.`database`.`name`, in the arena. */
const char *catalogue_object_path(struct arena *arena, const struct catalogue_object *object);
/* The columns as a schema, in declared order. */
const struct schema *catalogue_object_schema(struct arena *arena, const struct catalogue_object *object);
int catalogue_object_column(const struct catalogue_object *object, const char *name); /* as schema_find */
/* The table's options with these on top (an OPTIONS hint), checked as those of a CREATE TABLE. Lists in `arena`. */
enum status catalogue_options_with(struct arena *arena, const struct catalogue *catalogue,
                                   const struct catalogue_object *table, const struct ast_options *more,
                                   const struct options **options, const struct options **connector_options,
                                   struct error *error) MUST_CHECK;

/* ---- lists ---- */

struct catalogue_names {
    const char **items; /* in the arena, sorted */
    size_t count;
    size_t capacity;
};
enum catalogue_list {
    CATALOGUE_LIST_TABLES, /* tables and views, as SHOW TABLES */
    CATALOGUE_LIST_VIEWS,
    CATALOGUE_LIST_MATERIALIZED_VIEWS,
    CATALOGUE_LIST_DATABASES,
    CATALOGUE_LIST_CATALOGS,
};
/* `within`: database or catalog.database (tables, views), catalog (databases); NULL or empty = the current one. */
enum status catalogue_list(const struct catalogue *catalogue, enum catalogue_list list, const struct ast_names *within,
                           struct arena *arena, struct catalogue_names *names, struct error *error) MUST_CHECK;
/* Does `text` match an SQL LIKE pattern (% _ and \ as escape)? For SHOW … LIKE. */
bool catalogue_like(const char *text, struct str pattern, bool ignore_case);

/* ---- texts ---- */

/* One row of DESCRIBE, as Flink prints it; empty strings for what does not apply. */
struct describe_row {
    const char *name, *type, *null, *key, *extras, *watermark, *comment;
};
struct describe_rows {
    struct describe_row *items; /* in the arena */
    size_t count;
    size_t capacity;
    bool has_comments;
};
void catalogue_describe(struct arena *arena, const struct catalogue_object *object, struct describe_rows *rows);
/* A statement that makes the same object; SHOW CREATE TABLE, SHOW CREATE VIEW. */
void catalogue_show_create(struct strbuf *out, const struct catalogue_object *object);
