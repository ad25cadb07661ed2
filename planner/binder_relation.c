/* binder_relation.c: what stands in FROM: tables with their computed columns and watermarks, views, WITH queries,
 * subqueries, window table functions; and what parses but does not run yet. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/functions/aggregate.h"

static enum status count_relation(struct binder *binder, sql_position position) {
    if (++binder->relation_count > RELATIONS_MAX)
        return FAIL_AT(binder->error, position, STATUS_TOO_COMPLEX,
                       "the statement reads more than %d relations, those of its views included", RELATIONS_MAX);
    return STATUS_OK;
}

/* ---- tables ---- */

/* Options of the table with those of the hints on top; checked again when there are any. */
static enum status apply_hints(struct binder *binder, const struct catalogue_object *table,
                               const struct ast_hints *hints, struct logical_scan *scan) {
    scan->options = &table->options;
    scan->connector_options = &table->connector_options;
    if (!hints)
        return STATUS_OK;
    for (unsigned i = 0; i < hints->count; i++)
        if (hints->items[i].name.text && text_equal_ignore_case(hints->items[i].name.text, "options"))
            TRY(catalogue_options_with(binder->arena, binder->catalogue, table, &hints->items[i].options,
                                       &scan->options, &scan->connector_options, binder->error));
        else
            binder_ignore_hint(binder, &hints->items[i]);
    return STATUS_OK;
}

static bool is_in_primary_key(const struct catalogue_object *table, uint32_t column) {
    for (uint32_t i = 0; i < table->primary_key_count; i++)
        if (table->primary_key[i] == column)
            return true;
    return false;
}

/* As it is read: a row that is taken back may have its key and no more. */
static const struct type *read_type(struct arena *arena, const struct catalogue_object *table, uint32_t column,
                                    const struct type *declared) {
    bool may_lack = table->connector->source_upserts && !is_in_primary_key(table, column);
    return may_lack ? type_with_nullable(arena, declared, true) : declared;
}

static enum status bind_scan(struct binder *binder, const struct catalogue_object *table, const struct ast_hints *hints,
                             sql_position position, struct logical **result, uint32_t *positions) {
    struct arena *arena = binder->arena;
    struct logical *node = logical_new(arena, LOGICAL_SCAN, NULL);
    node->position = position;
    node->scan.table = table;
    TRY(apply_hints(binder, table, hints, &node->scan));
    const struct connector_class *connector = table->connector;
    if (!connector->source_open)
        return FAIL_AT(binder->error, position, STATUS_INVALID_DEFINITION,
                       "table \"%s\" cannot be read: connector '%s' is a sink", table->name, connector->name);
    if (connector->source_upserts && table->primary_key_count == 0)
        return FAIL_AT(
            binder->error, position, STATUS_INVALID_DEFINITION,
            "table \"%s\" cannot be read without a PRIMARY KEY: connector '%s' gives the newest row of each key",
            table->name, connector->name);
    node->scan.bounded = connector->is_bounded && connector->is_bounded(node->scan.connector_options);
    node->columns = ARENA_ARRAY(arena, struct logical_column, table->column_count);
    node->scan.columns = ARENA_ARRAY(arena, struct scan_column, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        if (column->kind == TABLE_COLUMN_COMPUTED)
            continue;
        const struct type *type = column->kind == TABLE_COLUMN_METADATA ? column->metadata_type : column->type;
        type = read_type(arena, table, i, type);
        positions[i] = node->column_count;
        node->scan.columns[node->column_count] = (struct scan_column){.table_column = i, .type = type};
        node->columns[node->column_count++] = (struct logical_column){.name = column->name, .type = type};
    }
    *result = node;
    return STATUS_OK;
}

/* All columns in declared order: computed ones, metadata cast to its declared type. */
static enum status bind_computed(struct binder *binder, const struct catalogue_object *table, const uint32_t *positions,
                                 struct logical **node) {
    struct arena *arena = binder->arena;
    struct expression **expressions = ARENA_ARRAY(arena, struct expression *, table->column_count);
    const char **names = ARENA_ARRAY(arena, const char *, table->column_count);
    bool needed = false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        names[i] = column->name;
        if (column->kind == TABLE_COLUMN_COMPUTED) {
            expressions[i] = expression_remap(arena, column->expression, positions);
            expressions[i] = arena_copy(arena, expressions[i], sizeof *expressions[i]);
            expressions[i]->type = read_type(arena, table, i, expressions[i]->type);
            needed = true;
            continue;
        }
        expressions[i] = logical_column_reference(arena, *node, positions[i]);
        if (column->kind == TABLE_COLUMN_METADATA && !type_equal(column->type, column->metadata_type)) {
            TRY(expression_cast(arena, expressions[i], column->type, CAST_EXPLICIT, 0, &expressions[i], binder->error));
            needed = true;
        }
    }
    if (needed)
        *node = logical_project(arena, *node, expressions, names, table->column_count);
    return STATUS_OK;
}

static struct logical *assign_watermark(struct binder *binder, const struct catalogue_object *table,
                                        struct logical *input) {
    struct arena *arena = binder->arena;
    struct logical *node = logical_new(arena, LOGICAL_WATERMARK, input);
    node->watermark.column = (uint32_t)table->watermark_column;
    node->watermark.expression = table->watermark;
    node->columns = arena_copy(arena, input->columns, input->column_count * sizeof *input->columns);
    node->columns[table->watermark_column].time = TIME_EVENT;
    return node;
}

static enum status keep_column(struct binder *binder, struct logical *input, uint32_t column,
                               struct logical_aggregate_call *call) {
    struct expression *argument = logical_column_reference(binder->arena, input, column);
    *call = (struct logical_aggregate_call){.argument_count = 1, .filter = -1, .name = "LAST_VALUE"};
    call->arguments = arena_copy(binder->arena, &column, sizeof column);
    return aggregate_resolve(binder->arena, "last_value", false, &argument, 1, 0, &call->aggregate, &call->type,
                             binder->error);
}

/* The rows of a source that replace each other by primary key, as rows that come, change and go: what was there before is needed for that. All columns in
 * declared order again. */
static enum status keep_last_rows(struct binder *binder, const struct catalogue_object *table, struct logical **node) {
    struct arena *arena = binder->arena;
    struct logical *input = *node, *kept = logical_new(arena, LOGICAL_AGGREGATE, input);
    struct logical_aggregate *aggregate = &kept->aggregate;
    struct expression **expressions = ARENA_ARRAY(arena, struct expression *, input->column_count);
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, input->column_count);
    aggregate->keeps_last = true;
    aggregate->keys = arena_copy(arena, table->primary_key, table->primary_key_count * sizeof *table->primary_key);
    aggregate->key_count = table->primary_key_count;
    aggregate->calls = ARENA_ARRAY(arena, struct logical_aggregate_call, input->column_count);
    kept->position = input->position;
    kept->columns = ARENA_ARRAY(arena, struct logical_column, input->column_count);
    kept->column_count = 0;
    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        places[aggregate->keys[i]] = kept->column_count;
        kept->columns[kept->column_count++] = input->columns[aggregate->keys[i]];
    }
    for (uint32_t i = 0; i < input->column_count; i++) {
        if (is_in_primary_key(table, i))
            continue;
        struct logical_aggregate_call *call = &aggregate->calls[aggregate->call_count++];
        TRY(keep_column(binder, input, i, call));
        places[i] = kept->column_count;
        kept->columns[kept->column_count++] = input->columns[i];
        kept->columns[places[i]].type = call->type;
    }
    for (uint32_t i = 0; i < input->column_count; i++)
        expressions[i] = logical_column_reference(arena, kept, places[i]);
    *node = logical_project(arena, kept, expressions, NULL, input->column_count);
    return STATUS_OK;
}

static enum status bind_base_table(struct binder *binder, const struct catalogue_object *table,
                                   const struct ast_hints *hints, sql_position position, struct logical **result) {
    uint32_t *positions = ARENA_ARRAY(binder->arena, uint32_t, table->column_count);
    TRY(bind_scan(binder, table, hints, position, result, positions));
    TRY(bind_computed(binder, table, positions, result));
    if (table->watermark_column >= 0)
        *result = assign_watermark(binder, table, *result);
    if (table->connector->source_upserts)
        TRY(keep_last_rows(binder, table, result));
    return STATUS_OK;
}

/* ---- views ---- */

static struct logical *rename_columns(struct binder *binder, struct logical *input, const char *const *names) {
    return logical_project(binder->arena, input, logical_identity(binder->arena, input, input->column_count), names,
                           input->column_count);
}

/* An error inside a view points at no place of this statement. */
static enum status view_failed(struct binder *binder, const struct catalogue_object *view, sql_position position,
                               enum status status) {
    if (!binder->error)
        return status;
    binder->error->position = position;
    if (!binder->error->detail[0])
        error_detail(binder->error, "in the definition of view \"%s\": %s", view->name, view->query_text);
    return status;
}

static enum status bind_view(struct binder *binder, const struct catalogue_object *view, sql_position position,
                             struct logical **result) {
    if (binder->view_depth >= VIEW_DEPTH_MAX)
        return FAIL_AT(binder->error, position, STATUS_TOO_COMPLEX,
                       "views are nested too deeply: does \"%s\" read itself?", view->name);
    struct binder inner = *binder;
    inner.ctes = NULL;
    inner.view_depth++;
    inner.view = view;
    inner.notices = NULL;
    enum status status = bind_query(&inner, view->query, result);
    binder->relation_count = inner.relation_count;
    binder->emit_used |= inner.emit_used;
    if (status != STATUS_OK)
        return view_failed(binder, view, position, status);
    if ((*result)->column_count != view->column_count)
        return FAIL_AT(binder->error, position, STATUS_INVALID_DEFINITION,
                       "view \"%s\" was made with %u columns, its query now has %u: create it again", view->name,
                       view->column_count, (*result)->column_count);
    const char **names = ARENA_ARRAY(binder->arena, const char *, view->column_count);
    for (uint32_t i = 0; i < view->column_count; i++)
        names[i] = view->columns[i].name;
    *result = rename_columns(binder, *result, names);
    return STATUS_OK;
}

enum status bind_object(struct binder *binder, const struct ast_names *name, const struct catalogue_object **object) {
    if (!binder->view)
        return catalogue_find(binder->catalogue, name, object, binder->error);
    return catalogue_find_from(binder->catalogue, binder->view->path_catalog, binder->view->path_database, name, object,
                               binder->error);
}

enum status bind_table(struct binder *binder, const struct ast_names *name, const struct ast_hints *hints,
                       struct logical **result) {
    const struct catalogue_object *object;
    sql_position position = name->items[0].position;
    TRY(count_relation(binder, position));
    TRY(bind_object(binder, name, &object));
    return object->kind == CATALOGUE_TABLE ? bind_base_table(binder, object, hints, position, result)
                                           : bind_view(binder, object, position, result);
}

/* ---- scopes ---- */

static void set_table(struct binder *binder, struct scope *scope, const struct scope_table *table) {
    scope->tables = ARENA_ARRAY(binder->arena, const struct scope_table *, scope->node->column_count);
    for (uint32_t i = 0; i < scope->node->column_count; i++)
        scope->tables[i] = table;
}

static const struct scope_table *table_named(struct binder *binder, const char *alias, const char *database,
                                             const char *catalog) {
    struct scope_table *table = ARENA_NEW(binder->arena, struct scope_table);
    *table = (struct scope_table){alias, database, catalog};
    return table;
}

static const struct cte *find_cte(const struct binder *binder, const char *name) {
    for (const struct cte *cte = binder->ctes; cte; cte = cte->outer)
        if (text_equal_ignore_case(cte->definition->name.text, name))
            return cte;
    return NULL;
}

static enum status check_column_count(const struct binder *binder, const struct ast_names *names,
                                      const struct logical *node) {
    if (names->count <= node->column_count)
        return STATUS_OK;
    return FAIL_AT(binder->error, names->items[node->column_count].position, STATUS_UNDEFINED_COLUMN,
                   "%u column names for %u columns", names->count, node->column_count);
}

static enum status name_columns(struct binder *binder, const struct ast_names *names, struct logical **node) {
    if (names->count == 0)
        return STATUS_OK;
    TRY(check_column_count(binder, names, *node));
    const char **list = ARENA_ARRAY(binder->arena, const char *, (*node)->column_count);
    for (unsigned i = 0; i < names->count; i++)
        list[i] = names->items[i].text;
    *node = rename_columns(binder, *node, list);
    return STATUS_OK;
}

static enum status bind_cte(struct binder *binder, const struct cte *cte, struct scope *scope) {
    struct binder inner = *binder;
    inner.ctes = cte->outer;
    TRY(count_relation(&inner, cte->definition->name.position));
    enum status status = bind_query(&inner, cte->definition->query, &scope->node);
    binder->relation_count = inner.relation_count;
    binder->emit_used |= inner.emit_used;
    TRY(status);
    TRY(name_columns(binder, &cte->definition->columns, &scope->node));
    set_table(binder, scope, table_named(binder, cte->definition->name.text, NULL, NULL));
    return STATUS_OK;
}

static enum status bind_named(struct binder *binder, const struct ast_relation *relation, struct scope *scope) {
    const struct ast_names *name = &relation->table.name;
    if (relation->table.system_time)
        return binder_unsupported(binder, relation->table.system_time->position, "FOR SYSTEM_TIME AS OF");
    const struct cte *cte = name->count == 1 ? find_cte(binder, name->items[0].text) : NULL;
    if (cte)
        return bind_cte(binder, cte, scope);
    const struct catalogue_object *object;
    TRY(bind_table(binder, name, &relation->table.hints, &scope->node));
    TRY(bind_object(binder, name, &object));
    set_table(binder, scope, table_named(binder, object->name, object->database, object->catalog));
    return STATUS_OK;
}

static enum status bind_function(struct binder *binder, const struct ast_expression *call, struct scope *scope) {
    Plan__WindowKind kind;
    TRY(count_relation(binder, call->position));
    if (window_function_find(call->call.function, &kind))
        return bind_window_table(binder, call, scope);
    return binder_unsupported(binder, call->position,
                              arena_printf(binder->arena, "table function %s", call->call.function));
}

static const char *join_name(const struct ast_relation *relation) {
    static const char *const names[] = {
        [AST_JOIN_COMMA] = "a comma in FROM (cross join)",
        [AST_JOIN_CROSS] = "CROSS JOIN",
        [AST_JOIN_INNER] = "JOIN",
        [AST_JOIN_LEFT] = "LEFT JOIN",
        [AST_JOIN_RIGHT] = "RIGHT JOIN",
        [AST_JOIN_FULL] = "FULL JOIN",
    };
    if (relation->join.right->kind == AST_RELATION_UNNEST)
        return "UNNEST";
    return relation->join.asof ? "ASOF JOIN" : names[relation->join.kind];
}

static enum status bind_kind(struct binder *binder, const struct ast_relation *relation, struct scope *scope) {
    switch (relation->kind) {
    case AST_RELATION_TABLE: return bind_named(binder, relation, scope);
    case AST_RELATION_QUERY:
        if (relation->lateral)
            return binder_unsupported(binder, relation->position, "LATERAL");
        TRY(count_relation(binder, relation->position));
        TRY(bind_query(binder, relation->query, &scope->node));
        set_table(binder, scope, NULL);
        return STATUS_OK;
    case AST_RELATION_FUNCTION: return bind_function(binder, relation->function, scope);
    case AST_RELATION_UNNEST: return binder_unsupported(binder, relation->position, "UNNEST");
    case AST_RELATION_JOIN: return binder_unsupported(binder, relation->position, join_name(relation));
    case AST_RELATION_MATCH: return binder_unsupported(binder, relation->position, "MATCH_RECOGNIZE");
    }
    UNREACHABLE();
}

enum status bind_relation(struct binder *binder, const struct ast_relation *relation, struct scope *scope) {
    *scope = (struct scope){0};
    TRY(bind_kind(binder, relation, scope));
    TRY(name_columns(binder, &relation->alias_columns, &scope->node));
    if (relation->alias.text)
        set_table(binder, scope, table_named(binder, relation->alias.text, NULL, NULL));
    return STATUS_OK;
}
