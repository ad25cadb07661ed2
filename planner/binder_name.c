/* binder_name.c: what a name means in a scope.
 *
 * a.b.c may be column.field.field, table.column.field, database.table.column …: the longest reading as a table's name that
 * has such a column wins, then the reading as a column with fields. Exact spelling wins over another case. */
#include "planner/binder.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"

enum match { MATCH_NONE, MATCH_CASE_IGNORED, MATCH_EXACT };

static enum match text_match(const char *a, const char *b) {
    if (strcmp(a, b) == 0)
        return MATCH_EXACT;
    return text_equal_ignore_case(a, b) ? MATCH_CASE_IGNORED : MATCH_NONE;
}

/* Do the names before the column's mean this table? */
static bool qualifier_matches(const struct scope_table *table, const struct ast_name *names, unsigned count) {
    if (!table)
        return false;
    const char *parts[] = {table->alias, table->database, table->catalog};
    if (count > COUNT_OF(parts))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!parts[i] || text_match(parts[i], names[count - 1 - i].text) == MATCH_NONE)
            return false;
    return true;
}

enum { FOUND_NONE = -1, FOUND_SEVERAL = -2 };

/* The column `names[qualifier]` of a table that the names before it mean. */
static int find_qualified(const struct scope *scope, const struct ast_name *names, unsigned qualifier) {
    int found = FOUND_NONE;
    enum match best = MATCH_NONE;
    bool several = false;
    for (uint32_t i = 0; i < scope->node->column_count; i++) {
        if (qualifier && !qualifier_matches(scope->tables[i], names, qualifier))
            continue;
        enum match match = text_match(scope->node->columns[i].name, names[qualifier].text);
        if (match == MATCH_NONE || match < best)
            continue;
        several = match == best;
        best = match;
        found = (int)i;
    }
    return several ? FOUND_SEVERAL : found;
}

/* *used receives how many names the column took; the rest are fields. */
static int find_column(const struct scope *scope, const struct ast_names *names, unsigned *used) {
    for (unsigned qualifier = names->count < 4 ? names->count - 1 : 3; qualifier > 0; qualifier--) {
        int found = find_qualified(scope, names->items, qualifier);
        *used = qualifier + 1;
        if (found != FOUND_NONE)
            return found;
    }
    *used = 1;
    return find_qualified(scope, names->items, 0);
}

int scope_find(const struct scope *scope, const struct ast_names *names) {
    unsigned used;
    int found = find_column(scope, names, &used);
    return found >= 0 && used == names->count ? found : -1;
}

bool scope_star(const struct scope *scope, const struct ast_names *qualifier, bool *columns) {
    bool any = false;
    for (uint32_t i = 0; i < scope->node->column_count; i++) {
        columns[i] = qualifier_matches(scope->tables[i], qualifier->items, qualifier->count);
        any |= columns[i];
    }
    return any;
}

static bool is_table(const struct scope *scope, const struct ast_name *name) {
    for (uint32_t i = 0; i < scope->node->column_count; i++)
        if (qualifier_matches(scope->tables[i], name, 1))
            return true;
    return false;
}

/* The binder's text need not be the one that the name stands in: not for a stored definition. */
static bool is_double_quoted(const struct binder *binder, const struct ast_name *name) {
    size_t size = strlen(name->text);
    if (!name->quoted || !name->position || name->position + size > binder->sql_text.size)
        return false;
    const char *written = binder->sql_text.data + name->position - 1;
    return written[0] == '"' && strncmp(written + 1, name->text, size) == 0;
}

static void hint_undefined_column(const struct expression_context *context, const struct ast_name *column) {
    const struct binder *binder = context->binder;
    bool is_select = context->clause && strcmp(context->clause, "the SELECT list") == 0;
    if (is_double_quoted(binder, column))
        error_hint(binder->error, "double quotes are for names: a text is written '%s'", column->text);
    else if (context->scope->node->column_count == 0 && is_select)
        error_hint(binder->error, "there is no FROM: a text is written in single quotes");
    else if (context->scope->node->column_count == 0 && context->clause)
        error_hint(binder->error, "%s cannot use columns", context->clause);
}

static enum status undefined_column(const struct expression_context *context, const struct ast_names *names) {
    const struct binder *binder = context->binder;
    const struct scope *scope = context->scope;
    const struct ast_name *column = &names->items[names->count > 1 && is_table(scope, &names->items[0])];
    const char **candidates = ARENA_ARRAY(binder->arena, const char *, scope->node->column_count);
    for (uint32_t i = 0; i < scope->node->column_count; i++)
        candidates[i] = scope->node->columns[i].name;
    const char *nearest = text_nearest(column->text, candidates, scope->node->column_count);
    if (names->count > 1 && column == names->items && !nearest) {
        FAIL_AT(binder->error, column->position, STATUS_UNDEFINED_TABLE,
                "\"%s\" is neither a table of this FROM nor a column", column->text);
        return STATUS_UNDEFINED_TABLE;
    }
    FAIL_AT(binder->error, column->position, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", column->text);
    if (nearest)
        error_hint(binder->error, "did you mean \"%s\"?", nearest);
    else
        hint_undefined_column(context, column);
    return STATUS_UNDEFINED_COLUMN;
}

static enum status ambiguous_column(const struct expression_context *context, const struct ast_names *names,
                                    unsigned used) {
    const struct binder *binder = context->binder;
    const struct ast_name *name = &names->items[used - 1];
    FAIL_AT(binder->error, name->position, STATUS_AMBIGUOUS_COLUMN, "column \"%s\" is ambiguous", name->text);
    error_hint(binder->error, "there are several of that name: give them different aliases");
    return STATUS_AMBIGUOUS_COLUMN;
}

enum status bind_field(const struct binder *binder, struct expression *row, const struct ast_name *name,
                       struct expression **field) {
    if (row->type->kind != TYPE_ROW)
        return FAIL_AT(binder->error, name->position, STATUS_DATATYPE_MISMATCH,
                       "\"%s\" is no field: what stands before it is %s, not a ROW", name->text,
                       type_text(binder->arena, row->type));
    struct schema fields = {(struct field *)(uintptr_t)row->type->fields, row->type->field_count};
    int index = schema_find(&fields, name->text);
    if (index >= 0) {
        *field = expression_field(binder->arena, row, (uint32_t)index, name->position);
        return STATUS_OK;
    }
    if (index == -2)
        return FAIL_AT(binder->error, name->position, STATUS_AMBIGUOUS_COLUMN, "field \"%s\" is ambiguous", name->text);
    const char **candidates = ARENA_ARRAY(binder->arena, const char *, fields.field_count);
    for (uint32_t i = 0; i < fields.field_count; i++)
        candidates[i] = fields.fields[i].name;
    const char *nearest = text_nearest(name->text, candidates, fields.field_count);
    FAIL_AT(binder->error, name->position, STATUS_UNDEFINED_COLUMN, "field \"%s\" does not exist", name->text);
    if (nearest)
        error_hint(binder->error, "did you mean \"%s\"?", nearest);
    return STATUS_UNDEFINED_COLUMN;
}

enum status bind_column(const struct expression_context *context, const struct ast_names *names,
                        struct expression **expression) {
    unsigned used;
    int found = find_column(context->scope, names, &used);
    if (found == FOUND_SEVERAL)
        return ambiguous_column(context, names, used);
    if (found == FOUND_NONE) {
        if (context->grouping && bind_window_column(context->grouping, names, expression))
            return STATUS_OK;
        return undefined_column(context, names);
    }
    *expression = expression_column(context->binder->arena, (uint32_t)found, context->scope->node->columns[found].type,
                                    names->items[0].position);
    for (unsigned i = used; i < names->count; i++)
        TRY(bind_field(context->binder, *expression, &names->items[i], expression));
    return STATUS_OK;
}
