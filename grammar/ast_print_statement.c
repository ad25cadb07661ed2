/* ast_print_statement.c: statements as S-expressions. */
#include <inttypes.h>

#include "grammar/ast_print.h"

/* ` (word 'text')`, or nothing when there is none */
static void print_text(struct strbuf *buffer, const char *word, struct str text) {
    if (text.data == NULL)
        return;
    strbuf_printf(buffer, " (%s ", word);
    ast_print_string(buffer, text);
    strbuf_append_char(buffer, ')');
}

static void print_flag(struct strbuf *buffer, bool flag, const char *word) {
    if (flag)
        strbuf_printf(buffer, " %s", word);
}

static void print_path(struct strbuf *buffer, const char *word, const struct ast_names *names) {
    if (names->count == 0)
        return;
    strbuf_printf(buffer, word[0] ? " (%s " : " ", word);
    ast_print_names(buffer, names);
    if (word[0])
        strbuf_append_char(buffer, ')');
}

static void print_clause(struct strbuf *buffer, const char *word, const struct ast_expression *expression) {
    if (expression == NULL)
        return;
    strbuf_printf(buffer, " (%s ", word);
    ast_print_expression(buffer, expression);
    strbuf_append_char(buffer, ')');
}

static void print_as(struct strbuf *buffer, const struct ast_query *query) {
    if (query == NULL)
        return;
    strbuf_append_text(buffer, " (as ");
    ast_print_query(buffer, query);
    strbuf_append_char(buffer, ')');
}

static void print_partition(struct strbuf *buffer, const struct ast_partition_values *values) {
    if (values->count == 0)
        return;
    strbuf_append_text(buffer, " (partition");
    for (unsigned i = 0; i < values->count; i++) {
        strbuf_append_char(buffer, ' ');
        ast_print_name(buffer, &values->items[i].column);
        if (values->items[i].value) {
            strbuf_append_char(buffer, '=');
            ast_print_expression(buffer, values->items[i].value);
        }
    }
    strbuf_append_char(buffer, ')');
}

static void print_insert(struct strbuf *buffer, const struct ast_insert *insert) {
    strbuf_append_text(buffer, insert->overwrite ? "(insert-overwrite" : "(insert");
    print_path(buffer, "", &insert->table);
    ast_print_hints(buffer, &insert->hints);
    print_partition(buffer, &insert->partition);
    ast_print_name_list(buffer, "columns", &insert->columns);
    strbuf_append_char(buffer, ' ');
    ast_print_query(buffer, insert->query);
    strbuf_append_char(buffer, ')');
}

/* --- tables --- */

static void print_column(struct strbuf *buffer, const struct ast_column_definition *column) {
    static const char *const kinds[] = {"column", "computed", "metadata"};
    strbuf_printf(buffer, " (%s ", kinds[column->kind]);
    ast_print_name(buffer, &column->name);
    if (column->type) {
        strbuf_append_char(buffer, ' ');
        ast_print_type(buffer, column->type);
    }
    if (column->expression) {
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, column->expression);
    }
    print_text(buffer, "from", column->metadata_key);
    print_flag(buffer, column->is_virtual, "virtual");
    print_clause(buffer, "default", column->default_value);
    print_text(buffer, "comment", column->comment);
    print_flag(buffer, column->place == AST_PLACE_FIRST, "first");
    if (column->place == AST_PLACE_AFTER) {
        strbuf_append_text(buffer, " (after ");
        ast_print_name(buffer, &column->after);
        strbuf_append_char(buffer, ')');
    }
    strbuf_append_char(buffer, ')');
}

static void print_schema(struct strbuf *buffer, const struct ast_table_schema *schema) {
    for (unsigned i = 0; i < schema->columns.count; i++)
        print_column(buffer, &schema->columns.items[i]);
    for (unsigned i = 0; i < schema->constraints.count; i++) {
        const struct ast_constraint *constraint = &schema->constraints.items[i];
        strbuf_append_text(buffer, constraint->kind == AST_CONSTRAINT_PRIMARY_KEY ? " (primary-key" : " (unique");
        if (constraint->name.text)
            strbuf_printf(buffer, " named=%s", constraint->name.text);
        ast_print_name_list(buffer, "columns", &constraint->columns);
        print_flag(buffer, constraint->enforced, "enforced");
        print_flag(buffer, constraint->not_enforced, "not-enforced");
        strbuf_append_char(buffer, ')');
    }
    for (unsigned i = 0; i < schema->watermarks.count; i++) {
        strbuf_append_text(buffer, " (watermark ");
        ast_print_names(buffer, &schema->watermarks.items[i].column);
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, schema->watermarks.items[i].expression);
        strbuf_append_char(buffer, ')');
    }
}

static void print_distribution(struct strbuf *buffer, const struct ast_distribution *distribution) {
    static const char *const kinds[] = {"", "any", "hash", "range"};
    if (distribution->kind == AST_DISTRIBUTION_NONE)
        return;
    strbuf_printf(buffer, " (distributed %s", kinds[distribution->kind]);
    ast_print_name_list(buffer, "by", &distribution->columns);
    if (distribution->buckets)
        strbuf_printf(buffer, " (buckets %" PRId64 ")", distribution->buckets);
    strbuf_append_char(buffer, ')');
}

static void print_create_table(struct strbuf *buffer, const struct ast_create_table *table) {
    print_flag(buffer, table->temporary, "temporary");
    print_flag(buffer, table->or_replace, "or-replace");
    print_flag(buffer, table->if_not_exists, "if-not-exists");
    print_path(buffer, "", &table->name);
    print_schema(buffer, &table->schema);
    print_text(buffer, "comment", table->comment);
    print_distribution(buffer, &table->distribution);
    ast_print_name_list(buffer, "partitioned-by", &table->partitioned_by);
    ast_print_options(buffer, "with", &table->options);
    print_path(buffer, "like", &table->like);
    for (unsigned i = 0; i < table->like_options.count; i++)
        strbuf_printf(buffer, " (%s %s)", table->like_options.items[i].merging, table->like_options.items[i].feature);
    print_as(buffer, table->query);
}

static void print_create_view(struct strbuf *buffer, const struct ast_create_view *view) {
    print_flag(buffer, view->temporary, "temporary");
    print_flag(buffer, view->or_replace, "or-replace");
    print_flag(buffer, view->or_alter, "or-alter");
    print_flag(buffer, view->if_not_exists, "if-not-exists");
    print_path(buffer, "", &view->name);
    for (unsigned i = 0; i < view->columns.count; i++) {
        strbuf_append_text(buffer, " (column ");
        ast_print_name(buffer, &view->columns.items[i].name);
        print_text(buffer, "comment", view->columns.items[i].comment);
        strbuf_append_char(buffer, ')');
    }
    print_text(buffer, "comment", view->comment);
    ast_print_options(buffer, "with", &view->options);
    print_as(buffer, view->query);
}

static void print_create_function(struct strbuf *buffer, const struct ast_create_function *function) {
    print_flag(buffer, function->temporary, "temporary");
    print_flag(buffer, function->system, "system");
    print_flag(buffer, function->or_replace, "or-replace");
    print_flag(buffer, function->if_not_exists, "if-not-exists");
    print_path(buffer, "", &function->name);
    print_text(buffer, "as", function->identifier);
    if (function->language.text)
        strbuf_printf(buffer, " (language %s)", function->language.text);
    ast_print_options(buffer, "using", &function->resources);
}

static void print_create_catalog(struct strbuf *buffer, const struct ast_create_catalog *catalog) {
    print_flag(buffer, catalog->if_not_exists, "if-not-exists");
    print_path(buffer, "", &catalog->name);
    print_text(buffer, "comment", catalog->comment);
    ast_print_options(buffer, "with", &catalog->options);
}

static void print_drop(struct strbuf *buffer, const struct ast_drop *drop) {
    strbuf_printf(buffer, " %s", ast_object_name(drop->object));
    print_flag(buffer, drop->temporary, "temporary");
    print_flag(buffer, drop->system, "system");
    print_flag(buffer, drop->if_exists, "if-exists");
    print_path(buffer, "", &drop->name);
    print_flag(buffer, drop->cascade, "cascade");
}

static void print_alter(struct strbuf *buffer, const struct ast_alter *alter) {
    static const char *const actions[] = {
        "rename",          "rename-column",  "set", "reset", "add", "modify", "drop", "drop-primary-key",
        "drop-constraint", "drop-watermark", "as",
    };
    print_flag(buffer, alter->if_exists, "if-exists");
    print_path(buffer, "", &alter->name);
    strbuf_printf(buffer, " (%s", actions[alter->action]);
    print_path(buffer, "", &alter->column);
    print_path(buffer, "", &alter->new_name);
    ast_print_name_list(buffer, "columns", &alter->columns);
    ast_print_options(buffer, "options", &alter->options);
    print_schema(buffer, &alter->schema);
    print_as(buffer, alter->query);
    strbuf_append_char(buffer, ')');
}

/* --- the rest --- */

static void print_explain(struct strbuf *buffer, const struct ast_explain *explain) {
    print_flag(buffer, explain->mode == AST_EXPLAIN_ANALYZE, "analyze");
    print_flag(buffer, explain->verbose, "verbose");
    print_flag(buffer, explain->estimated_cost, "estimated-cost");
    print_flag(buffer, explain->changelog_mode, "changelog-mode");
    print_flag(buffer, explain->json_execution_plan, "json-execution-plan");
    print_flag(buffer, explain->plan_advice, "plan-advice");
    strbuf_append_char(buffer, ' ');
    ast_print_statement(buffer, explain->statement);
}

static void print_show(struct strbuf *buffer, const struct ast_show *show) {
    static const char *const kinds[] = {
        [AST_SHOW_TABLES] = "tables",
        [AST_SHOW_VIEWS] = "views",
        [AST_SHOW_MATERIALIZED_VIEWS] = "materialized-views",
        [AST_SHOW_FUNCTIONS] = "functions",
        [AST_SHOW_USER_FUNCTIONS] = "user-functions",
        [AST_SHOW_DATABASES] = "databases",
        [AST_SHOW_CATALOGS] = "catalogs",
        [AST_SHOW_CURRENT_CATALOG] = "current-catalog",
        [AST_SHOW_CURRENT_DATABASE] = "current-database",
        [AST_SHOW_COLUMNS] = "columns",
        [AST_SHOW_CREATE_TABLE] = "create-table",
        [AST_SHOW_CREATE_VIEW] = "create-view",
        [AST_SHOW_SETTINGS] = "settings",
        [AST_SHOW_SETTING] = "setting",
        [AST_SHOW_JOBS] = "jobs",
        [AST_SHOW_JARS] = "jars",
        [AST_SHOW_MODULES] = "modules",
        [AST_SHOW_FULL_MODULES] = "full-modules",
        [AST_SHOW_PARTITIONS] = "partitions",
        [AST_SHOW_PROCEDURES] = "procedures",
        [AST_SHOW_CONNECTORS] = "connectors",
        [AST_SHOW_FORMATS] = "formats",
    };
    strbuf_printf(buffer, " %s", kinds[show->kind]);
    print_path(buffer, "", &show->name);
    print_text(buffer, "key", show->key);
    print_flag(buffer, show->not_like, "not");
    print_text(buffer, show->ignore_case ? "ilike" : "like", show->pattern);
}

static void print_modify(struct strbuf *buffer, const struct ast_modify *modify) {
    print_path(buffer, "", &modify->table);
    if (modify->alias.text)
        strbuf_printf(buffer, " (alias %s)", modify->alias.text);
    for (unsigned i = 0; i < modify->assignments.count; i++) {
        strbuf_append_text(buffer, " (set ");
        ast_print_names(buffer, &modify->assignments.items[i].column);
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, modify->assignments.items[i].value);
        strbuf_append_char(buffer, ')');
    }
    print_clause(buffer, "where", modify->where);
    print_partition(buffer, &modify->partition);
    print_flag(buffer, modify->all_columns, "all-columns");
    ast_print_name_list(buffer, "columns", &modify->columns);
}

static void print_plan_file(struct strbuf *buffer, const struct ast_plan_file *plan) {
    print_text(buffer, "file", plan->path);
    print_flag(buffer, plan->if_not_exists, "if-not-exists");
    print_flag(buffer, plan->execute, "execute");
    if (plan->statement) {
        strbuf_append_char(buffer, ' ');
        ast_print_statement(buffer, plan->statement);
    }
}

/* What follows the statement's words. */
static void print_rest(struct strbuf *buffer, const struct ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_CREATE_TABLE: print_create_table(buffer, statement->create_table); break;
    case AST_STATEMENT_CREATE_VIEW:
    case AST_STATEMENT_CREATE_MATERIALIZED_VIEW: print_create_view(buffer, statement->create_view); break;
    case AST_STATEMENT_CREATE_FUNCTION: print_create_function(buffer, statement->create_function); break;
    case AST_STATEMENT_CREATE_CATALOG:
    case AST_STATEMENT_CREATE_DATABASE: print_create_catalog(buffer, statement->create_catalog); break;
    case AST_STATEMENT_DROP: print_drop(buffer, statement->drop); break;
    case AST_STATEMENT_ALTER_TABLE:
    case AST_STATEMENT_ALTER_VIEW:
    case AST_STATEMENT_ALTER_DATABASE: print_alter(buffer, statement->alter); break;
    case AST_STATEMENT_USE:
        strbuf_printf(buffer, " %s", ast_object_name(statement->use.object));
        print_path(buffer, "", &statement->use.name);
        break;
    case AST_STATEMENT_USE_MODULES:
    case AST_STATEMENT_LOAD_MODULE:
    case AST_STATEMENT_UNLOAD_MODULE:
        ast_print_name_list(buffer, "modules", &statement->module.names);
        ast_print_options(buffer, "with", &statement->module.options);
        break;
    case AST_STATEMENT_EXPLAIN: print_explain(buffer, &statement->explain); break;
    case AST_STATEMENT_DESCRIBE:
        strbuf_printf(buffer, " %s", ast_object_name(statement->describe.object));
        print_flag(buffer, statement->describe.extended, "extended");
        print_path(buffer, "", &statement->describe.name);
        break;
    case AST_STATEMENT_SHOW: print_show(buffer, &statement->show); break;
    case AST_STATEMENT_SET:
    case AST_STATEMENT_RESET:
        print_text(buffer, "key", statement->set.key);
        print_text(buffer, "value", statement->set.value);
        break;
    case AST_STATEMENT_ANALYZE_TABLE:
    case AST_STATEMENT_TRUNCATE_TABLE:
    case AST_STATEMENT_DELETE:
    case AST_STATEMENT_UPDATE: print_modify(buffer, statement->modify); break;
    case AST_STATEMENT_COMPILE_PLAN:
    case AST_STATEMENT_EXECUTE_PLAN: print_plan_file(buffer, &statement->plan_file); break;
    case AST_STATEMENT_ADD_JAR:
    case AST_STATEMENT_REMOVE_JAR: print_text(buffer, "file", statement->file.path); break;
    case AST_STATEMENT_STOP_JOB:
    case AST_STATEMENT_DESCRIBE_JOB:
        print_text(buffer, "id", statement->job.id);
        print_flag(buffer, statement->job.savepoint, "savepoint");
        print_flag(buffer, statement->job.drain, "drain");
        break;
    case AST_STATEMENT_CALL:
        strbuf_append_char(buffer, ' ');
        ast_print_expression(buffer, statement->call.call);
        break;
    default: break;
    }
}

void ast_print_statement(struct strbuf *buffer, const struct ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY: ast_print_query(buffer, statement->query); return;
    case AST_STATEMENT_INSERT: print_insert(buffer, statement->insert); return;
    case AST_STATEMENT_STATEMENT_SET:
        strbuf_append_text(buffer, "(statement-set");
        for (unsigned i = 0; i < statement->statement_set.count; i++) {
            strbuf_append_char(buffer, ' ');
            print_insert(buffer, statement->statement_set.items[i]);
        }
        strbuf_append_char(buffer, ')');
        return;
    default: break;
    }
    strbuf_append_char(buffer, '(');
    for (const char *p = ast_statement_name(statement->kind); *p; p++)
        strbuf_append_char(buffer, (char)(*p == ' ' ? '-' : *p | 0x20));
    print_rest(buffer, statement);
    strbuf_append_char(buffer, ')');
}
