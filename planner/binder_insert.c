/* binder_insert.c: what a query's rows go to: a table's columns, with casts, defaults and checks; or the client. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"

struct insert_binder {
    struct binder *binder;
    const struct catalogue_object *table;
    const struct ast_insert *ast; /* NULL: CREATE TABLE … AS */
    struct logical *query;
    sql_position position;
    bool drops_nulls;              /* table.exec.sink.not-null-enforcer */
    int *sources;                  /* table column -> column of the query, -1 = none */
    struct expression **constants; /* table column -> value of PARTITION (c = v), NULL = none */
};

static bool is_written(const struct table_column *column) {
    return column->kind == TABLE_COLUMN_PHYSICAL || (column->kind == TABLE_COLUMN_METADATA && !column->is_virtual);
}

static enum status find_target(const struct insert_binder *insert, const struct ast_name *name, uint32_t *column) {
    struct binder *binder = insert->binder;
    int index = catalogue_object_column(insert->table, name->text);
    if (index < 0) {
        const char **candidates = ARENA_ARRAY(binder->arena, const char *, insert->table->column_count);
        for (uint32_t i = 0; i < insert->table->column_count; i++)
            candidates[i] = insert->table->columns[i].name;
        const char *nearest = text_nearest(name->text, candidates, insert->table->column_count);
        FAIL_AT(binder->error, name->position, STATUS_UNDEFINED_COLUMN, "column \"%s\" of table \"%s\" does not exist",
                name->text, insert->table->name);
        if (nearest)
            error_hint(binder->error, "did you mean \"%s\"?", nearest);
        return STATUS_UNDEFINED_COLUMN;
    }
    if (!is_written(&insert->table->columns[index]))
        return FAIL_AT(binder->error, name->position, STATUS_INVALID_DEFINITION,
                       "column \"%s\" of table \"%s\" is %s: it cannot be written", name->text, insert->table->name,
                       insert->table->columns[index].kind == TABLE_COLUMN_COMPUTED ? "computed" : "virtual");
    *column = (uint32_t)index;
    return STATUS_OK;
}

static enum status place_partition(struct insert_binder *insert) {
    struct binder *binder = insert->binder;
    struct scope scope = {.node = bind_one_row(binder)};
    struct expression_context context = {.binder = binder, .scope = &scope, .clause = "PARTITION"};
    for (unsigned i = 0; insert->ast && i < insert->ast->partition.count; i++) {
        const struct ast_partition_value *value = &insert->ast->partition.items[i];
        uint32_t column;
        TRY(find_target(insert, &value->column, &column));
        if (value->value)
            TRY(bind_expression(&context, value->value, &insert->constants[column]));
    }
    return STATUS_OK;
}

static enum status wrong_count(const struct insert_binder *insert, uint32_t targets) {
    struct binder *binder = insert->binder;
    FAIL_AT(binder->error, insert->position, STATUS_DATATYPE_MISMATCH,
            "the query gives %u columns, table \"%s\" takes %u", insert->query->column_count, insert->table->name,
            targets);
    struct strbuf names;
    strbuf_init(&names);
    for (uint32_t i = 0; i < insert->table->column_count; i++)
        if (is_written(&insert->table->columns[i]))
            strbuf_printf(&names, "%s%s", names.size ? ", " : "", insert->table->columns[i].name);
    error_detail(binder->error, "columns of \"%s\": %s", insert->table->name, strbuf_text(&names));
    strbuf_release(&names);
    error_hint(binder->error, "INSERT INTO t (a, b) names the columns that are given");
    return STATUS_DATATYPE_MISMATCH;
}

/* The columns of the query of CREATE TABLE … AS: each has one of its name, which may stand elsewhere. */
static enum status place_by_name(struct insert_binder *insert) {
    const char **names = unique_names(insert->binder->arena, insert->query);
    for (uint32_t i = 0; i < insert->query->column_count; i++) {
        struct ast_name name = {.text = names[i], .position = insert->position};
        uint32_t column;
        TRY(find_target(insert, &name, &column));
        insert->sources[column] = (int)i;
    }
    return STATUS_OK;
}

/* Which column of the query goes to which of the table. */
static enum status place_columns(struct insert_binder *insert) {
    const struct ast_names *names = insert->ast ? &insert->ast->columns : NULL;
    uint32_t placed = 0;
    if (!insert->ast || insert->ast->by_name)
        return place_by_name(insert);
    if (names && names->count) {
        for (unsigned i = 0; i < names->count; i++) {
            uint32_t column;
            TRY(find_target(insert, &names->items[i], &column));
            if (insert->sources[column] >= 0 || insert->constants[column])
                return FAIL_AT(insert->binder->error, names->items[i].position, STATUS_DUPLICATE_COLUMN,
                               "column \"%s\" is given twice", names->items[i].text);
            insert->sources[column] = (int)placed++;
        }
        return placed == insert->query->column_count ? STATUS_OK : wrong_count(insert, placed);
    }
    for (uint32_t i = 0; i < insert->table->column_count; i++)
        if (is_written(&insert->table->columns[i]) && !insert->constants[i])
            insert->sources[i] = (int)placed++;
    return placed == insert->query->column_count ? STATUS_OK : wrong_count(insert, placed);
}

static bool is_null(const struct expression *expression) {
    return expression_is_null_literal(expression) || expression->type->kind == TYPE_NULL;
}

/* A literal NULL that the query's outermost SELECT gives for a column is found now, not when the first row comes. */
static bool gives_null(const struct logical *query, const struct expression *source) {
    if (source->kind == EXPRESSION_COLUMN && query->kind == LOGICAL_PROJECT)
        source = query->project.expressions[source->column];
    return is_null(source);
}

static enum status target_expression(struct insert_binder *insert, uint32_t index, struct expression **result) {
    struct binder *binder = insert->binder;
    const struct table_column *column = &insert->table->columns[index];
    const struct type *type = column->type;
    struct expression *source = insert->constants[index];
    sql_position position = source ? source->position : insert->position;
    if (insert->sources[index] >= 0)
        source = logical_column_reference(binder->arena, insert->query, (uint32_t)insert->sources[index]);
    if (!source)
        source = expression_null(binder->arena, type, position);
    bool is_given = insert->sources[index] >= 0 || insert->constants[index];
    if (!type->nullable && !(insert->drops_nulls && is_given) && gives_null(insert->query, source))
        return FAIL_AT(binder->error, position, STATUS_NOT_NULL_VIOLATION,
                       "column \"%s\" of table \"%s\" is NOT NULL and gets %s", column->name, insert->table->name,
                       insert->sources[index] < 0 ? "no value" : "NULL");
    if (!type_can_cast(source->type, type, CAST_IMPLICIT)) {
        const char *wanted = type_text(binder->arena, type_with_nullable(binder->arena, type, true));
        FAIL_AT(binder->error, position, STATUS_DATATYPE_MISMATCH,
                "column \"%s\" of table \"%s\" is %s, the query gives %s", column->name, insert->table->name, wanted,
                type_text(binder->arena, type_with_nullable(binder->arena, source->type, true)));
        error_hint(binder->error, "write CAST(... AS %s)", wanted);
        return STATUS_DATATYPE_MISMATCH;
    }
    const struct type *wanted = type_with_nullable(binder->arena, type, source->type->nullable || type->nullable);
    TRY(expression_cast(binder->arena, source, wanted, CAST_IMPLICIT, position, &source, binder->error));
    if (column->kind == TABLE_COLUMN_METADATA)
        TRY(expression_cast(binder->arena, source, type_with_nullable(binder->arena, column->metadata_type, true),
                            CAST_EXPLICIT, position, &source, binder->error));
    *result = source;
    return STATUS_OK;
}

/* Rows with a NULL for a column that is NOT NULL go no further. */
static enum status drop_nulls(const struct insert_binder *insert, const uint32_t *columns, struct logical **rows) {
    struct binder *binder = insert->binder;
    struct expression *condition = NULL;
    for (uint32_t i = 0; i < (*rows)->column_count; i++) {
        if (insert->table->columns[columns[i]].type->nullable || !(*rows)->columns[i].type->nullable)
            continue;
        struct expression *value = logical_column_reference(binder->arena, *rows, i), *test;
        TRY(expression_call(binder->arena, "is_not_null", &value, 1, insert->position, &test, binder->error));
        struct expression *both[] = {condition, test};
        if (condition)
            TRY(expression_call(binder->arena, "and", both, 2, insert->position, &test, binder->error));
        condition = test;
    }
    if (condition)
        *rows = logical_filter(binder->arena, *rows, condition);
    return STATUS_OK;
}

static enum status build_sink(struct insert_binder *insert, const struct options *connector_options,
                              struct logical **sink) {
    struct arena *arena = insert->binder->arena;
    uint32_t capacity = insert->table->column_count, count = 0;
    struct expression **expressions = ARENA_ARRAY(arena, struct expression *, capacity);
    const char **names = ARENA_ARRAY(arena, const char *, capacity);
    uint32_t *columns = ARENA_ARRAY(arena, uint32_t, capacity);
    for (uint32_t i = 0; i < capacity; i++) {
        if (!is_written(&insert->table->columns[i]))
            continue;
        TRY(target_expression(insert, i, &expressions[count]));
        names[count] = insert->table->columns[i].name;
        columns[count++] = i;
    }
    struct logical *rows = logical_project(arena, insert->query, expressions, names, count);
    if (insert->drops_nulls)
        TRY(drop_nulls(insert, columns, &rows));
    *sink = logical_new(arena, LOGICAL_SINK, rows);
    (*sink)->position = insert->position;
    (*sink)->sink =
        (struct logical_sink){.table = insert->table, .connector_options = connector_options, .table_columns = columns};
    return STATUS_OK;
}

/* Rows would have to go into a folder for each value. */
static enum status check_partitions(const struct insert_binder *insert) {
    if (insert->table->partitioned_by.count == 0 || !insert->table->connector->reads_partitions)
        return STATUS_OK;
    FAIL_AT(insert->binder->error, insert->position, STATUS_UNSUPPORTED,
            "table \"%s\" is partitioned: it can be read, but writing into partitions is not executed yet",
            insert->table->name);
    error_hint(insert->binder->error, "without PARTITIONED BY all columns are written into the records");
    return STATUS_UNSUPPORTED;
}

static enum status bind_target(struct insert_binder *insert, const struct options *connector_options,
                               struct logical **sink) {
    struct binder *binder = insert->binder;
    uint32_t count = insert->table->column_count;
    insert->drops_nulls = binder->settings && settings_choice_is(binder->settings, SETTING_NOT_NULL_ENFORCER, "drop");
    TRY(check_partitions(insert));
    insert->sources = ARENA_ARRAY(binder->arena, int, count);
    insert->constants = ARENA_ARRAY(binder->arena, struct expression *, count);
    for (uint32_t i = 0; i < count; i++)
        insert->sources[i] = -1;
    if (!insert->table->connector->sink_open)
        return FAIL_AT(binder->error, insert->position, STATUS_INVALID_DEFINITION,
                       "table \"%s\" cannot be written: connector '%s' is a source", insert->table->name,
                       insert->table->connector->name);
    TRY(place_partition(insert));
    TRY(place_columns(insert));
    return build_sink(insert, connector_options, sink);
}

enum status bind_insert(struct binder *binder, const struct ast_insert *ast, struct logical **sink) {
    sql_position position = ast->table.items[0].position;
    if (ast->overwrite)
        return binder_unsupported(binder, ast->position, "INSERT OVERWRITE");
    const struct catalogue_object *table;
    TRY(catalogue_find(binder->catalogue, &ast->table, &table, binder->error));
    if (table->kind != CATALOGUE_TABLE)
        return FAIL_AT(binder->error, position, STATUS_INVALID_DEFINITION, "cannot insert into view \"%s\"",
                       table->name);
    const struct options *options, *connector_options = &table->connector_options;
    for (unsigned i = 0; i < ast->hints.count; i++)
        if (ast->hints.items[i].name.text && text_equal_ignore_case(ast->hints.items[i].name.text, "options"))
            TRY(catalogue_options_with(binder->arena, binder->catalogue, table, &ast->hints.items[i].options, &options,
                                       &connector_options, binder->error));
    struct insert_binder insert = {.binder = binder, .table = table, .ast = ast, .position = position};
    TRY(bind_query(binder, ast->query, &insert.query));
    return bind_target(&insert, connector_options, sink);
}

enum status bind_insert_query(struct binder *binder, const struct catalogue_object *table, struct logical *query,
                              sql_position position, struct logical **sink) {
    struct insert_binder insert = {.binder = binder, .table = table, .query = query, .position = position};
    return bind_target(&insert, &table->connector_options, sink);
}

/* ---- the client ---- */

static bool name_is_taken(const char *const *names, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

const char **unique_names(struct arena *arena, const struct logical *node) {
    const char **names = ARENA_ARRAY(arena, const char *, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++) {
        const char *name = node->columns[i].name;
        for (uint32_t k = 0; name_is_taken(names, i, name); k++)
            name = arena_printf(arena, "%s%u", node->columns[i].name, k);
        names[i] = name;
    }
    return names;
}

struct logical *bind_client_sink(struct binder *binder, struct logical *query) {
    struct arena *arena = binder->arena;
    const char **names = unique_names(arena, query);
    bool renamed = false;
    for (uint32_t i = 0; i < query->column_count; i++)
        renamed |= strcmp(names[i], query->columns[i].name) != 0;
    if (renamed)
        query = logical_project(arena, query, logical_identity(arena, query, query->column_count), names,
                                query->column_count);
    return logical_new(arena, LOGICAL_SINK, query);
}
