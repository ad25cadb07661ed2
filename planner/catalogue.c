/* catalogue.c: the tree of catalogs, databases and objects, and finding things in it.
 *
 * Lists are short, so they are plain arrays. Every object has its own arena and is freed as one piece. */
#include "planner/catalogue_store.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "planner/binder.h"

static void *grow(void *items, size_t count, size_t *capacity, size_t item_size) {
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 4;
    return memory_realloc(items, *capacity * item_size);
}

#define LIST_ADD(owner, list, item)                                                                     \
    do {                                                                                                \
        (owner)->list = grow((owner)->list, (owner)->count, &(owner)->capacity, sizeof *(owner)->list); \
        (owner)->list[(owner)->count++] = (item);                                                       \
    } while (0)

/* ---- objects ---- */

struct stored_object *stored_object_new(enum catalogue_kind kind, const struct object_path *path) {
    struct stored_object *stored = memory_zalloc(sizeof *stored);
    arena_init(&stored->arena);
    stored->object.kind = kind;
    stored->object.catalog = arena_strdup(&stored->arena, path->catalog->name);
    stored->object.database = arena_strdup(&stored->arena, path->database->name);
    stored->object.name = arena_strdup(&stored->arena, path->name);
    stored->object.watermark_column = -1;
    return stored;
}

void stored_object_free(struct stored_object *object) {
    arena_release(&object->arena);
    free(object);
}

void database_add(struct database *database, struct stored_object *object) {
    LIST_ADD(database, objects, object);
}

void database_remove(struct database *database, struct stored_object *object) {
    for (size_t i = 0; i < database->count; i++)
        if (database->objects[i] == object) {
            database->count--;
            memmove(&database->objects[i], &database->objects[i + 1], (database->count - i) * sizeof object);
            stored_object_free(object);
            return;
        }
    UNREACHABLE();
}

struct stored_object *database_find(const struct database *database, const char *name, bool temporary) {
    struct stored_object *found = NULL;
    for (size_t i = 0; i < database->count; i++) {
        struct stored_object *stored = database->objects[i];
        if (stored->object.temporary != temporary)
            continue;
        if (strcmp(stored->object.name, name) == 0)
            return stored;
        if (text_equal_ignore_case(stored->object.name, name))
            found = stored;
    }
    return found;
}

struct stored_object *database_find_any(const struct database *database, const char *name) {
    struct stored_object *temporary = database_find(database, name, true);
    return temporary ? temporary : database_find(database, name, false);
}

/* ---- databases and catalogs ---- */

static struct database *database_new(const char *name) {
    struct database *database = memory_zalloc(sizeof *database);
    database->name = memory_strdup(name);
    return database;
}

static void database_free(struct database *database) {
    for (size_t i = 0; i < database->count; i++)
        stored_object_free(database->objects[i]);
    free(database->objects);
    free(database->name);
    free(database);
}

static void catalog_free(struct catalog *catalog) {
    for (size_t i = 0; i < catalog->count; i++)
        database_free(catalog->databases[i]);
    free(catalog->databases);
    free(catalog->name);
    free(catalog);
}

struct catalog *catalogue_add_catalog(struct catalogue *catalogue, const char *name) {
    struct catalog *catalog = memory_zalloc(sizeof *catalog);
    catalog->name = memory_strdup(name);
    LIST_ADD(catalogue, catalogs, catalog);
    return catalog;
}

struct database *catalog_add_database(struct catalog *catalog, const char *name) {
    struct database *database = database_new(name);
    LIST_ADD(catalog, databases, database);
    return database;
}

void catalogue_remove_catalog(struct catalogue *catalogue, struct catalog *catalog) {
    size_t i = 0;
    while (catalogue->catalogs[i] != catalog)
        i++;
    catalogue->count--;
    memmove(&catalogue->catalogs[i], &catalogue->catalogs[i + 1], (catalogue->count - i) * sizeof catalog);
    catalog_free(catalog);
}

void catalog_remove_database(struct catalog *catalog, struct database *database) {
    size_t i = 0;
    while (catalog->databases[i] != database)
        i++;
    catalog->count--;
    memmove(&catalog->databases[i], &catalog->databases[i + 1], (catalog->count - i) * sizeof database);
    database_free(database);
}

struct catalog *catalogue_find_catalog(const struct catalogue *catalogue, const char *name) {
    for (size_t i = 0; i < catalogue->count; i++)
        if (text_equal_ignore_case(catalogue->catalogs[i]->name, name))
            return catalogue->catalogs[i];
    return NULL;
}

struct database *catalog_find_database(const struct catalog *catalog, const char *name) {
    for (size_t i = 0; i < catalog->count; i++)
        if (text_equal_ignore_case(catalog->databases[i]->name, name))
            return catalog->databases[i];
    return NULL;
}

void catalogue_remove(struct catalogue *catalogue, const struct catalogue_object *object) {
    struct database *database =
        catalog_find_database(catalogue_find_catalog(catalogue, object->catalog), object->database);
    database_remove(database, database_find(database, object->name, object->temporary));
    catalogue->version++;
}

/* ---- the whole ---- */

struct catalogue *catalogue_new(const struct connector_registry *registry) {
    struct catalogue *catalogue = memory_zalloc(sizeof *catalogue);
    catalogue->registry = registry;
    catalogue->current_catalog = catalogue_add_catalog(catalogue, "default_catalog");
    catalogue->current_database = catalog_add_database(catalogue->current_catalog, "default_database");
    if (connector_find(registry, "weather"))
        catalogue_add_weather(catalogue);
    return catalogue;
}

void catalogue_free(struct catalogue *catalogue) {
    for (size_t i = 0; i < catalogue->count; i++)
        catalog_free(catalogue->catalogs[i]);
    free(catalogue->catalogs);
    free(catalogue);
}

const struct connector_registry *catalogue_registry(const struct catalogue *catalogue) {
    return catalogue->registry;
}

uint64_t catalogue_version(const struct catalogue *catalogue) {
    return catalogue->version;
}

const char *catalogue_current_catalog(const struct catalogue *catalogue) {
    return catalogue->current_catalog->name;
}

const char *catalogue_current_database(const struct catalogue *catalogue) {
    return catalogue->current_database ? catalogue->current_database->name : "";
}

/* ---- look-up ---- */

static enum status no_such(const struct ast_name *name, const char *what, const char *const *candidates, size_t count,
                           struct error *error) {
    FAIL_AT(error, name->position, STATUS_UNDEFINED_OBJECT, "%s \"%s\" does not exist", what, name->text);
    const char *nearest = text_nearest(name->text, candidates, count);
    if (nearest)
        error_hint(error, "did you mean \"%s\"?", nearest);
    return STATUS_UNDEFINED_OBJECT;
}

enum { CANDIDATES_MAX = 1000 };

static enum status no_such_catalog(const struct catalogue *catalogue, const struct ast_name *name,
                                   struct error *error) {
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < catalogue->count && count < CANDIDATES_MAX; i++)
        candidates[count++] = catalogue->catalogs[i]->name;
    return no_such(name, "catalog", candidates, count, error);
}

static enum status no_such_database(const struct catalog *catalog, const struct ast_name *name, struct error *error) {
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < catalog->count && count < CANDIDATES_MAX; i++)
        candidates[count++] = catalog->databases[i]->name;
    return no_such(name, "database", candidates, count, error);
}

enum status path_resolve(const struct catalogue *catalogue, const struct ast_names *names, struct object_path *path,
                         struct error *error) {
    const struct ast_name *last = &names->items[names->count - 1];
    *path = (struct object_path){
        .catalog = catalogue->current_catalog,
        .database = catalogue->current_database,
        .name = last->text,
        .position = names->items[0].position,
    };
    if (names->count > 3)
        return FAIL_AT(error, names->items[0].position, STATUS_UNDEFINED_OBJECT,
                       "a name has at most three parts: catalog.database.name");
    if (names->count == 3) {
        path->catalog = catalogue_find_catalog(catalogue, names->items[0].text);
        if (!path->catalog)
            return no_such_catalog(catalogue, &names->items[0], error);
    }
    if (names->count >= 2) {
        path->database = catalog_find_database(path->catalog, names->items[names->count - 2].text);
        if (!path->database)
            return no_such_database(path->catalog, &names->items[names->count - 2], error);
    }
    if (!path->database)
        return FAIL_AT(error, last->position, STATUS_UNDEFINED_OBJECT, "no database is in use: USE one first");
    return STATUS_OK;
}

static enum status no_such_table(const struct object_path *path, const struct ast_names *names, struct error *error) {
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < path->database->count && count < CANDIDATES_MAX; i++)
        candidates[count++] = path->database->objects[i]->object.name;
    const char *nearest = text_nearest(path->name, candidates, count);
    FAIL_AT(error, names->items[names->count - 1].position, STATUS_UNDEFINED_TABLE, "table \"%s\" does not exist",
            path->name);
    if (nearest)
        error_hint(error, "did you mean \"%s\"?", nearest);
    else
        error_hint(error, "SHOW TABLES lists what there is");
    return STATUS_UNDEFINED_TABLE;
}

enum status catalogue_find(const struct catalogue *catalogue, const struct ast_names *name,
                           const struct catalogue_object **object, struct error *error) {
    struct object_path path;
    TRY(path_resolve(catalogue, name, &path, error));
    struct stored_object *stored = database_find_any(path.database, path.name);
    if (!stored)
        return no_such_table(&path, name, error);
    *object = &stored->object;
    return STATUS_OK;
}

enum status catalogue_find_from(const struct catalogue *catalogue, const char *catalog, const char *database,
                                const struct ast_names *name, const struct catalogue_object **object,
                                struct error *error) {
    struct catalogue elsewhere = *catalogue;
    elsewhere.current_catalog = catalogue_find_catalog(catalogue, catalog);
    if (!elsewhere.current_catalog)
        elsewhere.current_catalog = catalogue->current_catalog;
    elsewhere.current_database = catalog_find_database(elsewhere.current_catalog, database);
    return catalogue_find(&elsewhere, name, object, error);
}

const struct catalogue_object *catalogue_find_text(const struct catalogue *catalogue, const char *name) {
    struct stored_object *stored =
        catalogue->current_database ? database_find_any(catalogue->current_database, name) : NULL;
    return stored ? &stored->object : NULL;
}

const char *catalogue_object_path(struct arena *arena, const struct catalogue_object *object) {
    return arena_printf(arena, "`%s`.`%s`.`%s`", object->catalog, object->database, object->name);
}

const struct schema *catalogue_object_schema(struct arena *arena, const struct catalogue_object *object) {
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->fields = ARENA_ARRAY(arena, struct field, object->column_count);
    schema->field_count = object->column_count;
    for (uint32_t i = 0; i < object->column_count; i++)
        schema->fields[i] = (struct field){object->columns[i].name, object->columns[i].type};
    return schema;
}

int catalogue_object_column(const struct catalogue_object *object, const char *name) {
    int found = -1;
    for (uint32_t i = 0; i < object->column_count; i++) {
        if (strcmp(object->columns[i].name, name) == 0)
            return (int)i;
        if (text_equal_ignore_case(object->columns[i].name, name))
            found = found == -1 ? (int)i : -2;
    }
    return found;
}

/* ---- lists ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_listed(const struct catalogue_object *object, enum catalogue_list list) {
    if (list == CATALOGUE_LIST_VIEWS)
        return object->kind == CATALOGUE_VIEW;
    return list == CATALOGUE_LIST_TABLES || object->kind == CATALOGUE_MATERIALIZED_VIEW;
}

static void list_objects(const struct database *database, enum catalogue_list list, struct arena *arena,
                         struct catalogue_names *names) {
    for (size_t i = 0; i < database->count; i++) {
        const struct catalogue_object *object = &database->objects[i]->object;
        bool hidden = !object->temporary && database_find(database, object->name, true);
        if (is_listed(object, list) && !hidden) {
            const char *name = arena_strdup(arena, object->name);
            ARRAY_PUSH(arena, names, name);
        }
    }
}

static enum status list_within(const struct catalogue *catalogue, const struct ast_names *within, bool want_database,
                               struct catalog **catalog, struct database **database, struct error *error) {
    *catalog = catalogue->current_catalog;
    *database = catalogue->current_database;
    if (!within || within->count == 0)
        return STATUS_OK;
    bool names_catalog = !want_database || within->count > 1;
    if (names_catalog) {
        *catalog = catalogue_find_catalog(catalogue, within->items[0].text);
        if (!*catalog)
            return no_such_catalog(catalogue, &within->items[0], error);
    }
    if (!want_database)
        return STATUS_OK;
    const struct ast_name *last = &within->items[within->count - 1];
    *database = catalog_find_database(*catalog, last->text);
    return *database ? STATUS_OK : no_such_database(*catalog, last, error);
}

enum status catalogue_list(const struct catalogue *catalogue, enum catalogue_list list, const struct ast_names *within,
                           struct arena *arena, struct catalogue_names *names, struct error *error) {
    struct catalog *catalog;
    struct database *database;
    bool want_database = list != CATALOGUE_LIST_DATABASES && list != CATALOGUE_LIST_CATALOGS;
    *names = (struct catalogue_names){0};
    TRY(list_within(catalogue, within, want_database, &catalog, &database, error));
    if (want_database && database)
        list_objects(database, list, arena, names);
    for (size_t i = 0; list == CATALOGUE_LIST_DATABASES && i < catalog->count; i++) {
        const char *name = arena_strdup(arena, catalog->databases[i]->name);
        ARRAY_PUSH(arena, names, name);
    }
    for (size_t i = 0; list == CATALOGUE_LIST_CATALOGS && i < catalogue->count; i++) {
        const char *name = arena_strdup(arena, catalogue->catalogs[i]->name);
        ARRAY_PUSH(arena, names, name);
    }
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    return STATUS_OK;
}

static char fold(char c, bool ignore_case) {
    return ignore_case && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Greedy with one place to come back to, so a pattern of many % is not exponential. */
bool catalogue_like(const char *text, struct str pattern, bool ignore_case) {
    size_t at = 0, star = SIZE_MAX;
    const char *star_text = NULL;
    for (;;) {
        bool escaped = at + 1 < pattern.size && pattern.data[at] == '\\';
        if (at < pattern.size && !escaped && pattern.data[at] == '%') {
            star = ++at;
            star_text = text;
            continue;
        }
        if (!*text && at == pattern.size)
            return true;
        bool any = at < pattern.size && !escaped && pattern.data[at] == '_';
        if (*text && at < pattern.size &&
            (any || fold(pattern.data[at + escaped], ignore_case) == fold(*text, ignore_case))) {
            text++;
            at += 1 + escaped;
            continue;
        }
        if (star == SIZE_MAX || !*star_text)
            return false;
        text = ++star_text;
        at = star;
    }
}
