/* show.c: what there is: one function per family of SHOW statements. Column names are Flink's. */
#include "server/show.h"

#include <stdlib.h>

#include "connectors/connector.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/functions/aggregate.h"
#include "core/functions/function.h"
#include "planner/catalogue.h"
#include "server/text_rows.h"

struct show {
    struct arena *arena;
    const struct catalogue *catalogue;
    const struct settings *settings;
    const struct ast_show *statement;
    struct text_rows *rows;
};

static void start_rows(struct show *show, const char *const *names, uint32_t count) {
    text_rows_init(show->rows, show->arena, names, count);
}

static bool matches(const struct show *show, const char *text) {
    const struct ast_show *statement = show->statement;
    return !statement->pattern.data ||
           catalogue_like(text, statement->pattern, statement->ignore_case) != statement->not_like;
}

static void start_names(struct show *show, const char *column) {
    const char **names = ARENA_ARRAY(show->arena, const char *, 1);
    names[0] = column;
    start_rows(show, names, 1);
}

static void add_name(struct show *show, const char *name) {
    if (matches(show, name))
        text_rows_add(show->rows, &name);
}

static enum status show_list(struct show *show, enum catalogue_list list, const char *column, struct error *error) {
    struct catalogue_names names = {0};
    TRY(catalogue_list(show->catalogue, list, &show->statement->name, show->arena, &names, error));
    start_names(show, column);
    for (size_t i = 0; i < names.count; i++)
        add_name(show, names.items[i]);
    return STATUS_OK;
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void show_functions(struct show *show) {
    struct catalogue_names names = {0};
    uint32_t count;
    const char *const *scalars = function_names(&count);
    for (uint32_t i = 0; i < count; i++)
        if ((scalars[i][0] >= 'a' && scalars[i][0] <= 'z') && !strchr(scalars[i], ' '))
            ARRAY_PUSH(show->arena, &names, scalars[i]);
    const struct aggregate *aggregates = aggregate_table(&count);
    for (uint32_t i = 0; i < count; i++)
        ARRAY_PUSH(show->arena, &names, aggregates[i].name);
    qsort(names.items, names.count, sizeof *names.items, compare_texts);
    start_names(show, "function name");
    for (size_t i = 0; i < names.count; i++)
        if (i == 0 || strcmp(names.items[i], names.items[i - 1]) != 0)
            add_name(show, names.items[i]);
}

static void show_connectors(struct show *show) {
    static const char *const names[] = {"connector name", "source", "sink", "format"};
    start_rows(show, names, COUNT_OF(names));
    const struct connector_registry *registry = catalogue_registry(show->catalogue);
    for (const struct connector_class *const *connector = registry->connectors; *connector; connector++) {
        const char *cells[] = {(*connector)->name, (*connector)->source_open ? "YES" : "NO",
                               (*connector)->sink_open ? "YES" : "NO", (*connector)->uses_format ? "YES" : "NO"};
        if (matches(show, cells[0]))
            text_rows_add(show->rows, cells);
    }
}

static void show_formats(struct show *show) {
    static const char *const names[] = {"format name", "reads", "writes"};
    start_rows(show, names, COUNT_OF(names));
    const struct connector_registry *registry = catalogue_registry(show->catalogue);
    for (const struct format_class *const *format = registry->formats; *format; format++) {
        const char *cells[] = {(*format)->name, (*format)->decoder_open ? "YES" : "NO",
                               (*format)->encoder_open ? "YES" : "NO"};
        if (matches(show, cells[0]))
            text_rows_add(show->rows, cells);
    }
}

static enum status show_columns(struct show *show, const struct ast_names *name, struct error *error) {
    static const char *const names[] = {"name", "type", "null", "key", "extras", "watermark", "comment"};
    const struct catalogue_object *object;
    struct describe_rows described = {0};
    TRY(catalogue_find(show->catalogue, name, &object, error));
    catalogue_describe(show->arena, object, &described);
    start_rows(show, names, described.has_comments ? 7 : 6);
    for (size_t i = 0; i < described.count; i++) {
        const struct describe_row *row = &described.items[i];
        const char *cells[] = {row->name, row->type, row->null, row->key, row->extras, row->watermark, row->comment};
        if (!show->statement || matches(show, row->name))
            text_rows_add(show->rows, cells);
    }
    return STATUS_OK;
}

static enum status show_create(struct show *show, bool wants_view, struct error *error) {
    const struct ast_names *name = &show->statement->name;
    const struct catalogue_object *object;
    TRY(catalogue_find(show->catalogue, name, &object, error));
    if (wants_view != (object->kind != CATALOGUE_TABLE)) {
        enum status status =
            FAIL_AT(error, name->count ? name->items[0].position : 0, STATUS_UNDEFINED_TABLE, "\"%s\" is a %s",
                    ast_names_text(show->arena, name), wants_view ? "table" : "view");
        error_hint(error, "SHOW CREATE %s", wants_view ? "TABLE" : "VIEW");
        return status;
    }
    struct strbuf text;
    strbuf_init(&text);
    catalogue_show_create(&text, object);
    const char *cell = arena_strdup(show->arena, strbuf_text(&text));
    strbuf_release(&text);
    start_names(show, "result");
    show->rows->is_text = true;
    text_rows_add(show->rows, &cell);
    return STATUS_OK;
}

static enum status show_setting(struct show *show, struct error *error) {
    const char *key = str_copy(show->arena, show->statement->key);
    const char *value = settings_find(show->settings, key);
    if (!value)
        return FAIL(error, STATUS_INVALID_OPTION, "there is no setting \"%s\"", key);
    const char **names = ARENA_ARRAY(show->arena, const char *, 1);
    names[0] = key;
    start_rows(show, names, 1);
    text_rows_add(show->rows, &value);
    return STATUS_OK;
}

static void show_settings(struct show *show) {
    static const char *const names[] = {"key", "value", "description"};
    start_rows(show, names, COUNT_OF(names));
    for (enum setting setting = 0; setting < SETTING_COUNT; setting++) {
        const struct setting_spec *spec = setting_spec(setting);
        const char *cells[] = {spec->key, settings_text(show->settings, setting), spec->documentation};
        if (!show->statement || matches(show, spec->key))
            text_rows_add(show->rows, cells);
    }
    for (size_t i = 0; i < show->settings->foreign.count; i++) {
        const struct map_entry *entry = &show->settings->foreign.entries[i];
        const char *cells[] = {entry->key, entry->value, "no effect here"};
        if (!show->statement || matches(show, entry->key))
            text_rows_add(show->rows, cells);
    }
}

/* The built-in functions are one module, which is always loaded. */
static void show_modules(struct show *show, bool full) {
    static const char *const names[] = {"module name", "used"};
    static const char *const cells[] = {"core", "TRUE"};
    start_rows(show, names, full ? 2 : 1);
    text_rows_add(show->rows, cells);
}

static void show_nothing(struct show *show, const char *const *names, uint32_t count) {
    start_rows(show, names, count);
}

static enum status show_execute(struct show *show, sql_position position, struct error *error) {
    static const char *const job_columns[] = {"job id", "job name", "status", "start time"};
    static const char *const jar_columns[] = {"jars"};
    static const char *const function_columns[] = {"function name"};
    static const char *const procedure_columns[] = {"procedure name"};
    switch (show->statement->kind) {
    case AST_SHOW_TABLES: return show_list(show, CATALOGUE_LIST_TABLES, "table name", error);
    case AST_SHOW_VIEWS: return show_list(show, CATALOGUE_LIST_VIEWS, "view name", error);
    case AST_SHOW_MATERIALIZED_VIEWS:
        return show_list(show, CATALOGUE_LIST_MATERIALIZED_VIEWS, "materialized view name", error);
    case AST_SHOW_DATABASES: return show_list(show, CATALOGUE_LIST_DATABASES, "database name", error);
    case AST_SHOW_CATALOGS: return show_list(show, CATALOGUE_LIST_CATALOGS, "catalog name", error);
    case AST_SHOW_CURRENT_CATALOG:
        start_names(show, "current catalog name");
        add_name(show, catalogue_current_catalog(show->catalogue));
        return STATUS_OK;
    case AST_SHOW_CURRENT_DATABASE:
        start_names(show, "current database name");
        add_name(show, catalogue_current_database(show->catalogue));
        return STATUS_OK;
    case AST_SHOW_FUNCTIONS: show_functions(show); return STATUS_OK;
    case AST_SHOW_USER_FUNCTIONS: show_nothing(show, function_columns, 1); return STATUS_OK;
    case AST_SHOW_COLUMNS: return show_columns(show, &show->statement->name, error);
    case AST_SHOW_CREATE_TABLE: return show_create(show, false, error);
    case AST_SHOW_CREATE_VIEW: return show_create(show, true, error);
    case AST_SHOW_SETTINGS: show_settings(show); return STATUS_OK;
    case AST_SHOW_SETTING: return show_setting(show, error);
    case AST_SHOW_JOBS: show_nothing(show, job_columns, COUNT_OF(job_columns)); return STATUS_OK;
    case AST_SHOW_JARS: show_nothing(show, jar_columns, 1); return STATUS_OK;
    case AST_SHOW_PROCEDURES: show_nothing(show, procedure_columns, 1); return STATUS_OK;
    case AST_SHOW_CONNECTORS: show_connectors(show); return STATUS_OK;
    case AST_SHOW_FORMATS: show_formats(show); return STATUS_OK;
    case AST_SHOW_MODULES:
    case AST_SHOW_FULL_MODULES: show_modules(show, show->statement->kind == AST_SHOW_FULL_MODULES); return STATUS_OK;
    case AST_SHOW_PARTITIONS: break;
    }
    return FAIL_AT(error, position, STATUS_UNSUPPORTED, "SHOW PARTITIONS is not executed yet");
}

/* ---- DESCRIBE of what is no table ---- */

static void start_info(struct show *show) {
    static const char *const names[] = {"info name", "info value"};
    start_rows(show, names, COUNT_OF(names));
}

static void add_info(struct show *show, const char *name, const char *value) {
    const char *cells[] = {name, value};
    text_rows_add(show->rows, cells);
}

/* "upper(string) -> string" for the catalogue's "string <- string". */
static void add_signature(struct show *show, const char *name, const char *signature) {
    const char *arrow = strstr(signature, "<-");
    struct str result = str_trim((struct str){signature, arrow ? (size_t)(arrow - signature) : 0});
    struct str arguments = arrow ? str_trim(str_from(arrow + 2)) : str_from(signature);
    add_info(show, "signature",
             arena_printf(show->arena, "%s(%.*s) -> %.*s", name, STR_FORMAT(arguments), STR_FORMAT(result)));
}

static bool describe_scalar(struct show *show, const char *name) {
    uint32_t count;
    const struct function *overloads = function_overloads(name, &count);
    if (!overloads)
        return false;
    add_info(show, "kind", "SCALAR");
    for (uint32_t i = 0; i < count; i++)
        add_signature(show, name, overloads[i].signature);
    add_info(show, "description", overloads[0].documentation);
    return true;
}

static bool describe_aggregate(struct show *show, const char *name) {
    uint32_t count;
    const struct aggregate *aggregates = aggregate_table(&count);
    const struct aggregate *last = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!text_equal_ignore_case(aggregates[i].name, name))
            continue;
        if (!last)
            add_info(show, "kind", "AGGREGATE");
        if (!last || strcmp(last->signature, aggregates[i].signature) != 0)
            add_signature(show, name, aggregates[i].signature);
        last = &aggregates[i];
    }
    if (last)
        add_info(show, "description", last->documentation);
    return last != NULL;
}

static enum status describe_function(struct show *show, const struct ast_names *name, struct error *error) {
    const struct ast_name *last = &name->items[name->count - 1];
    start_info(show);
    add_info(show, "is system function", "TRUE");
    add_info(show, "is temporary", "FALSE");
    if (name->count == 1 && (describe_scalar(show, last->text) || describe_aggregate(show, last->text)))
        return STATUS_OK;
    uint32_t count;
    const char *const *names = function_names(&count);
    const char *nearest = text_nearest(last->text, names, count);
    FAIL_AT(error, name->items[0].position, STATUS_UNDEFINED_FUNCTION, "function \"%s\" does not exist",
            ast_names_text(show->arena, name));
    if (nearest)
        error_hint(error, "did you mean \"%s\"?", nearest);
    else
        error_hint(error, "SHOW FUNCTIONS lists what there is");
    return STATUS_UNDEFINED_FUNCTION;
}

/* A catalog, or a database: nothing is known of them but that they exist. */
static enum status describe_namespace(struct show *show, const struct ast_describe *describe, struct error *error) {
    bool is_catalog = describe->object == AST_OBJECT_CATALOG;
    struct ast_names within = describe->name;
    const struct ast_name *last = &within.items[--within.count];
    struct catalogue_names names = {0};
    TRY(catalogue_list(show->catalogue, is_catalog ? CATALOGUE_LIST_CATALOGS : CATALOGUE_LIST_DATABASES,
                       is_catalog ? NULL : &within, show->arena, &names, error));
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i], last->text) != 0)
            continue;
        start_info(show);
        add_info(show, "name", last->text);
        if (is_catalog)
            add_info(show, "type", "generic_in_memory");
        return STATUS_OK;
    }
    return FAIL_AT(error, last->position, STATUS_UNDEFINED_OBJECT, "%s \"%s\" does not exist",
                   is_catalog ? "catalog" : "database", last->text);
}

static enum status describe_execute(struct show *show, const struct ast_describe *describe, struct error *error) {
    switch (describe->object) {
    case AST_OBJECT_FUNCTION: return describe_function(show, &describe->name, error);
    case AST_OBJECT_CATALOG:
    case AST_OBJECT_DATABASE: return describe_namespace(show, describe, error);
    default: return show_columns(show, &describe->name, error);
    }
}

enum status show_statement(struct arena *arena, const struct catalogue *catalogue, const struct settings *settings,
                           const struct ast_statement *statement, struct text_rows *rows, struct error *error) {
    struct show show = {.arena = arena, .catalogue = catalogue, .settings = settings, .rows = rows};
    switch (statement->kind) {
    case AST_STATEMENT_SHOW: show.statement = &statement->show; return show_execute(&show, statement->position, error);
    case AST_STATEMENT_DESCRIBE: return describe_execute(&show, &statement->describe, error);
    default: show_settings(&show); return STATUS_OK;
    }
}
