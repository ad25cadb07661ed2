/* catalogue_build.c: a definition becomes a table: options checked against the connector, metadata against what it offers,
 * computed columns and watermark bound. Everything goes into the object's own arena. */
#include "planner/catalogue_store.h"

#include <string.h>

#include "core/base/array.h"
#include "grammar/parser.h"
#include "planner/binder.h"

/* ---- texts ---- */

enum status parse_query_text(struct arena *arena, struct str text, const struct ast_query **query,
                             struct error *error) {
    struct ast_statement *statement;
    size_t offset = 0;
    TRY(sql_parse_next(arena, text, &offset, &statement, error));
    if (!statement || statement->kind != AST_STATEMENT_QUERY)
        return FAIL(error, STATUS_SYNTAX_ERROR, "a query is expected");
    *query = statement->query;
    return STATUS_OK;
}

enum status parse_expression_text(struct arena *arena, const char *text, const struct ast_expression **expression,
                                  struct error *error) {
    const struct ast_query *query;
    TRY(parse_query_text(arena, str_from(arena_printf(arena, "SELECT %s", text)), &query, error));
    if (query->body->kind != AST_BODY_SELECT || query->body->select->items.count != 1)
        return FAIL(error, STATUS_SYNTAX_ERROR, "an expression is expected");
    *expression = query->body->select->items.items[0].expression;
    return STATUS_OK;
}

/* ---- options ---- */

/* Options that the planner reads; the connector never sees them. "*" stands for a column. */
static const struct {
    const char *prefix, *suffix;
    enum { PLANNER_DURATION, PLANNER_NUMBER, PLANNER_TEXT } type;
} planner_options_table[] = {
    {"statistics.rows-per-second", "", PLANNER_NUMBER},
    {"statistics.row-count", "", PLANNER_NUMBER},
    {"statistics.", ".distinct-count", PLANNER_NUMBER},
    {"scan.watermark.idle-timeout", "", PLANNER_DURATION},
    {"scan.watermark.emit.strategy", "", PLANNER_TEXT},
    {"scan.watermark.emit.on-event.gap", "", PLANNER_TEXT},
    {"scan.watermark.alignment.group", "", PLANNER_TEXT},
    {"scan.watermark.alignment.max-drift", "", PLANNER_DURATION},
    {"scan.watermark.alignment.update-interval", "", PLANNER_DURATION},
};

static bool is_planner_option(const char *key) {
    return strncmp(key, "statistics.", 11) == 0 || strncmp(key, "scan.watermark.", 15) == 0;
}

static bool matches(const char *key, const char *prefix, const char *suffix) {
    size_t size = strlen(key), prefix_size = strlen(prefix), suffix_size = strlen(suffix);
    if (!suffix_size)
        return strcmp(key, prefix) == 0;
    return size > prefix_size + suffix_size && strncmp(key, prefix, prefix_size) == 0 &&
           strcmp(key + size - suffix_size, suffix) == 0;
}

static enum status check_planner_value(const struct option_definition *option, int type, struct error *error) {
    int64_t number;
    enum status status = STATUS_OK;
    if (type == PLANNER_DURATION)
        status = duration_parse(str_from(option->value), &number, error);
    if (type == PLANNER_NUMBER && (!int_parse(str_from(option->value), &number) || number < 0))
        status = FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" must be a whole number, not \"%s\"", option->key,
                      option->value);
    if (status != STATUS_OK && error)
        error->position = option->position;
    return status;
}

static enum status check_planner_option(const struct option_definition *option, struct error *error) {
    const char *candidates[COUNT_OF(planner_options_table)];
    for (size_t i = 0; i < COUNT_OF(planner_options_table); i++) {
        candidates[i] = planner_options_table[i].prefix;
        if (matches(option->key, planner_options_table[i].prefix, planner_options_table[i].suffix))
            return check_planner_value(option, (int)planner_options_table[i].type, error);
    }
    FAIL_AT(error, option->position, STATUS_INVALID_OPTION, "unknown option \"%s\"", option->key);
    const char *nearest = text_nearest(option->key, candidates, COUNT_OF(candidates));
    if (nearest)
        error_hint(error, "did you mean \"%s\"?", nearest);
    return STATUS_INVALID_OPTION;
}

enum status options_check(struct arena *arena, const struct connector_registry *registry,
                          const struct option_definition *options, size_t count, const struct schema *schema,
                          struct checked_options *checked, struct error *error) {
    sql_position *positions = ARENA_ARRAY(arena, sql_position, count);
    options_init(&checked->all, arena);
    options_init(&checked->connector, arena);
    for (size_t i = 0; i < count; i++) {
        options_put(&checked->all, options[i].key, options[i].value);
        if (is_planner_option(options[i].key)) {
            TRY(check_planner_option(&options[i], error));
            continue;
        }
        positions[checked->connector.map.count] = options[i].position;
        options_put(&checked->connector, options[i].key, options[i].value);
    }
    int index = -1;
    enum status status =
        connector_validate(registry, &checked->connector, schema, &checked->class, &checked->format, &index, error);
    if (status != STATUS_OK && error && !error->position && index >= 0 && (size_t)index < count)
        error->position = positions[index];
    return status;
}

enum status catalogue_options_with(struct arena *arena, const struct catalogue *catalogue,
                                   const struct catalogue_object *table, const struct ast_options *more,
                                   const struct options **options, const struct options **connector_options,
                                   struct error *error) {
    struct table_definition definition;
    struct checked_options *checked = ARENA_NEW(arena, struct checked_options);
    definition_from_object(arena, &definition, table);
    TRY(definition_add_options(arena, &definition, more, true, error));
    struct schema schema = {ARENA_ARRAY(arena, struct field, table->column_count), 0};
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind == TABLE_COLUMN_PHYSICAL)
            schema.fields[schema.field_count++] = (struct field){table->columns[i].name, table->columns[i].type};
    TRY(options_check(arena, catalogue->registry, definition.options.items, definition.options.count, &schema, checked,
                      error));
    if (checked->class != table->connector)
        return FAIL_AT(error, more->items[0].position, STATUS_INVALID_OPTION, "a hint cannot change the connector");
    *options = &checked->all;
    *connector_options = &checked->connector;
    return STATUS_OK;
}

/* ---- columns ---- */

struct table_builder {
    struct catalogue *catalogue;
    struct arena *scratch;
    const struct table_definition *definition;
    struct arena *arena; /* the object's */
    struct catalogue_object *object;
    struct error *error;
};

/* A table declared without columns gets those of its connector. */
static enum status take_default_schema(struct table_builder *builder, struct table_definition *definition) {
    for (size_t i = 0; i < definition->columns.count; i++)
        if (definition->columns.items[i].kind == TABLE_COLUMN_PHYSICAL)
            return STATUS_OK;
    const char *name = NULL;
    for (size_t i = 0; i < definition->options.count; i++)
        if (strcmp(definition->options.items[i].key, "connector") == 0)
            name = definition->options.items[i].value;
    const struct connector_class *connector = name ? connector_find(builder->catalogue->registry, name) : NULL;
    if (!connector || !connector->default_schema)
        return STATUS_OK;
    const struct schema *schema = connector->default_schema(builder->scratch);
    struct table_definition merged = {0};
    for (uint32_t i = 0; i < schema->field_count; i++)
        ARRAY_PUSH(builder->scratch, &merged.columns,
                   ((struct column_definition){.name = schema->fields[i].name, .type = schema->fields[i].type}));
    for (size_t i = 0; i < definition->columns.count; i++) {
        if (definition_column(&merged, definition->columns.items[i].name) >= 0)
            return FAIL_AT(builder->error, definition->columns.items[i].position, STATUS_DUPLICATE_COLUMN,
                           "column \"%s\" is one of the connector's own", definition->columns.items[i].name);
        ARRAY_PUSH(builder->scratch, &merged.columns, definition->columns.items[i]);
    }
    memcpy(&definition->columns, &merged.columns, sizeof merged.columns);
    builder->object->schema_from_connector = true;
    return STATUS_OK;
}

static char *copy_text(const struct table_builder *builder, const char *text) {
    return text ? arena_strdup(builder->arena, text) : NULL;
}

static void make_columns(struct table_builder *builder) {
    const struct table_definition *definition = builder->definition;
    struct catalogue_object *object = builder->object;
    object->column_count = (uint32_t)definition->columns.count;
    object->columns = ARENA_ARRAY(builder->arena, struct table_column, object->column_count);
    for (uint32_t i = 0; i < object->column_count; i++) {
        const struct column_definition *source = &definition->columns.items[i];
        object->columns[i] = (struct table_column){
            .name = copy_text(builder, source->name),
            .type = source->type ? type_copy(builder->arena, source->type) : &type_null,
            .kind = source->kind,
            .expression_text = copy_text(builder, source->expression_text),
            .metadata_key = copy_text(builder, source->metadata_key),
            .is_virtual = source->is_virtual,
            .comment = copy_text(builder, source->comment),
        };
    }
}

static enum status make_primary_key(struct table_builder *builder) {
    const struct table_definition *definition = builder->definition;
    struct catalogue_object *object = builder->object;
    object->primary_key_name = copy_text(builder, definition->primary_key_name);
    object->primary_key = ARENA_ARRAY(builder->arena, uint32_t, definition->primary_key.count);
    for (size_t i = 0; i < definition->primary_key.count; i++) {
        const char *name = definition->primary_key.items[i];
        int column = definition_column(definition, name);
        if (column < 0)
            return FAIL_AT(builder->error, definition->primary_key_position, STATUS_UNDEFINED_COLUMN,
                           "primary key column \"%s\" does not exist", name);
        if (object->columns[column].kind != TABLE_COLUMN_PHYSICAL)
            return FAIL_AT(builder->error, definition->primary_key_position, STATUS_INVALID_DEFINITION,
                           "primary key column \"%s\" is not a physical column", name);
        for (size_t k = 0; k < i; k++)
            if (object->primary_key[k] == (uint32_t)column)
                return FAIL_AT(builder->error, definition->primary_key_position, STATUS_DUPLICATE_COLUMN,
                               "column \"%s\" is twice in the primary key", name);
        object->primary_key[i] = (uint32_t)column;
        object->columns[column].type = type_with_nullable(builder->arena, object->columns[column].type, false);
    }
    object->primary_key_count = (uint32_t)definition->primary_key.count;
    return STATUS_OK;
}

static enum status check_options(struct table_builder *builder) {
    struct catalogue_object *object = builder->object;
    struct schema *schema = ARENA_NEW(builder->arena, struct schema);
    schema->fields = ARENA_ARRAY(builder->arena, struct field, object->column_count);
    for (uint32_t i = 0; i < object->column_count; i++)
        if (object->columns[i].kind == TABLE_COLUMN_PHYSICAL)
            schema->fields[schema->field_count++] = (struct field){object->columns[i].name, object->columns[i].type};
    struct checked_options checked;
    const struct table_definition *definition = builder->definition;
    struct option_definition *options =
        ARENA_ARRAY(builder->arena, struct option_definition, definition->options.count);
    for (size_t i = 0; i < definition->options.count; i++)
        options[i] = (struct option_definition){copy_text(builder, definition->options.items[i].key),
                                                copy_text(builder, definition->options.items[i].value),
                                                definition->options.items[i].position};
    enum status status = options_check(builder->arena, builder->catalogue->registry, options, definition->options.count,
                                       schema, &checked, builder->error);
    if (status != STATUS_OK && builder->error && !builder->error->position)
        builder->error->position = definition->position;
    TRY(status);
    object->options = checked.all;
    object->connector_options = checked.connector;
    object->connector = checked.class;
    object->format = checked.format;
    if (object->column_count == 0)
        return FAIL_AT(builder->error, definition->position, STATUS_INVALID_DEFINITION,
                       "table \"%s\" needs columns: connector '%s' has none of its own", object->name,
                       checked.class->name);
    return STATUS_OK;
}

static enum status check_metadata(struct table_builder *builder, uint32_t index) {
    struct table_column *column = &builder->object->columns[index];
    const struct column_definition *source = &builder->definition->columns.items[index];
    const struct metadata_column *metadata = builder->object->connector->metadata;
    const char *candidates[100];
    size_t count = 0;
    for (; metadata && metadata->key; metadata++) {
        if (count < COUNT_OF(candidates))
            candidates[count++] = metadata->key;
        if (strcmp(metadata->key, column->metadata_key) != 0)
            continue;
        if (!type_can_cast(metadata->type, column->type, CAST_EXPLICIT))
            return FAIL_AT(builder->error, source->position, STATUS_DATATYPE_MISMATCH,
                           "metadata \"%s\" is %s, which cannot be cast to %s", column->metadata_key,
                           type_text(builder->scratch, metadata->type), type_text(builder->scratch, column->type));
        column->metadata_type = metadata->type;
        if (!metadata->writable)
            column->is_virtual = true;
        return STATUS_OK;
    }
    FAIL_AT(builder->error, source->position, STATUS_INVALID_DEFINITION, "connector '%s' has no metadata \"%s\"",
            builder->object->connector->name, column->metadata_key);
    const char *nearest = text_nearest(column->metadata_key, candidates, count);
    if (nearest)
        error_hint(builder->error, "did you mean \"%s\"?", nearest);
    return STATUS_INVALID_DEFINITION;
}

/* ---- expressions ---- */

/* The table's columns as a scope; computed ones are nameless until `with_computed`. */
static struct scope column_scope(struct table_builder *builder, bool with_computed) {
    const struct catalogue_object *object = builder->object;
    struct logical *node = logical_new(builder->arena, LOGICAL_VALUES, NULL);
    node->column_count = object->column_count;
    node->columns = ARENA_ARRAY(builder->arena, struct logical_column, object->column_count);
    for (uint32_t i = 0; i < object->column_count; i++) {
        bool hidden = object->columns[i].kind == TABLE_COLUMN_COMPUTED && !with_computed;
        node->columns[i] =
            (struct logical_column){.name = hidden ? "" : object->columns[i].name, .type = object->columns[i].type};
    }
    return (struct scope){.node = node,
                          .tables = ARENA_ARRAY(builder->arena, const struct scope_table *, object->column_count)};
}

static enum status bind_in_table(struct table_builder *builder, const struct scope *scope,
                                 const struct ast_expression *ast, const char *text, sql_position position,
                                 const char *clause, struct expression **expression) {
    struct binder binder;
    binder_init(&binder, builder->arena, builder->catalogue, NULL, NULL, builder->error);
    struct expression_context context = {.binder = &binder, .scope = scope, .clause = clause};
    if (ast)
        return bind_expression(&context, ast, expression);
    TRY(parse_expression_text(builder->arena, text, &ast, builder->error));
    enum status status = bind_expression(&context, ast, expression);
    if (status != STATUS_OK && builder->error)
        builder->error->position = position; /* not a place of this statement */
    return status;
}

static enum status bind_computed_columns(struct table_builder *builder) {
    struct catalogue_object *object = builder->object;
    struct scope scope = column_scope(builder, false);
    for (uint32_t i = 0; i < object->column_count; i++) {
        struct table_column *column = &object->columns[i];
        const struct column_definition *source = &builder->definition->columns.items[i];
        if (column->kind != TABLE_COLUMN_COMPUTED)
            continue;
        enum status status = bind_in_table(builder, &scope, source->ast, column->expression_text,
                                           builder->definition->position, "a computed column", &column->expression);
        if (status == STATUS_UNDEFINED_COLUMN && builder->error && !builder->error->hint[0])
            error_hint(builder->error, "a computed column can use physical and metadata columns only");
        TRY(status);
        column->type = column->expression->type;
    }
    return STATUS_OK;
}

static enum status check_watermark(struct table_builder *builder, sql_position position) {
    struct catalogue_object *object = builder->object;
    const struct type *type = object->columns[object->watermark_column].type;
    if (!type_is_timestamp(type))
        return FAIL_AT(builder->error, position, STATUS_INVALID_DEFINITION,
                       "a watermark needs a TIMESTAMP or TIMESTAMP_LTZ column, \"%s\" is %s",
                       object->columns[object->watermark_column].name, type_text(builder->scratch, type));
    if (object->watermark->type->kind != type->kind)
        return FAIL_AT(builder->error, position, STATUS_INVALID_DEFINITION,
                       "the watermark's expression is %s, its column \"%s\" is %s",
                       type_text(builder->scratch, object->watermark->type),
                       object->columns[object->watermark_column].name, type_text(builder->scratch, type));
    if (!expression_is_deterministic(object->watermark))
        return FAIL_AT(builder->error, position, STATUS_INVALID_DEFINITION,
                       "the watermark's expression must depend on the row only");
    return STATUS_OK;
}

static enum status bind_watermark(struct table_builder *builder) {
    const struct table_definition *definition = builder->definition;
    struct catalogue_object *object = builder->object;
    if (!definition->watermark_column)
        return STATUS_OK;
    sql_position position = definition->watermark_position ? definition->watermark_position : definition->position;
    object->watermark_column = catalogue_object_column(object, definition->watermark_column);
    if (object->watermark_column < 0)
        return FAIL_AT(builder->error, position, STATUS_UNDEFINED_COLUMN, "watermark column \"%s\" does not exist",
                       definition->watermark_column);
    object->watermark_text = copy_text(builder, definition->watermark_text);
    struct scope scope = column_scope(builder, true);
    TRY(bind_in_table(builder, &scope, definition->watermark_ast, object->watermark_text, position, "WATERMARK",
                      &object->watermark));
    return check_watermark(builder, position);
}

static enum status make_partitions(struct table_builder *builder) {
    const struct table_definition *definition = builder->definition;
    struct ast_names *names = &builder->object->partitioned_by;
    names->items = ARENA_ARRAY(builder->arena, struct ast_name, definition->partitioned_by.count);
    for (size_t i = 0; i < definition->partitioned_by.count; i++) {
        int column = definition_column(definition, definition->partitioned_by.items[i]);
        if (column < 0 || builder->object->columns[column].kind != TABLE_COLUMN_PHYSICAL)
            return FAIL_AT(builder->error, definition->position, STATUS_UNDEFINED_COLUMN,
                           "partition column \"%s\" is not a physical column", definition->partitioned_by.items[i]);
        names->items[names->count++].text = copy_text(builder, definition->partitioned_by.items[i]);
    }
    return STATUS_OK;
}

static enum status build_parts(struct table_builder *builder) {
    make_columns(builder);
    TRY(make_primary_key(builder));
    TRY(check_options(builder));
    for (uint32_t i = 0; i < builder->object->column_count; i++)
        if (builder->object->columns[i].kind == TABLE_COLUMN_METADATA)
            TRY(check_metadata(builder, i));
    TRY(bind_computed_columns(builder));
    TRY(bind_watermark(builder));
    return make_partitions(builder);
}

enum status definition_build(struct catalogue *catalogue, struct arena *scratch,
                             const struct table_definition *definition, const struct object_path *path, bool temporary,
                             struct stored_object **object, struct error *error) {
    struct stored_object *stored = stored_object_new(CATALOGUE_TABLE, path);
    struct table_definition whole = *definition;
    struct table_builder builder = {
        .catalogue = catalogue,
        .scratch = scratch,
        .definition = &whole,
        .arena = &stored->arena,
        .object = &stored->object,
        .error = error,
    };
    stored->object.temporary = temporary;
    stored->object.comment = copy_text(&builder, definition->comment);
    enum status status = take_default_schema(&builder, &whole);
    if (status == STATUS_OK)
        status = build_parts(&builder);
    if (status != STATUS_OK) {
        stored_object_free(stored);
        return status;
    }
    *object = stored;
    return STATUS_OK;
}
