/* build_command.c: statements that look and steer. */
#include "grammar/build_command.h"

#include "grammar/build_literal.h"
#include "grammar/sql.h"

enum ast_show_kind build_show_kind(struct sql_token keyword) {
    switch (keyword.kind) {
    case TOKEN_TABLES: return AST_SHOW_TABLES;
    case TOKEN_VIEWS: return AST_SHOW_VIEWS;
    case TOKEN_FUNCTIONS: return AST_SHOW_FUNCTIONS;
    case TOKEN_DATABASES: return AST_SHOW_DATABASES;
    case TOKEN_CATALOGS: return AST_SHOW_CATALOGS;
    case TOKEN_SETTINGS: return AST_SHOW_SETTINGS;
    case TOKEN_JOBS: return AST_SHOW_JOBS;
    case TOKEN_JARS: return AST_SHOW_JARS;
    case TOKEN_MODULES: return AST_SHOW_MODULES;
    case TOKEN_PROCEDURES: return AST_SHOW_PROCEDURES;
    case TOKEN_CONNECTORS: return AST_SHOW_CONNECTORS;
    case TOKEN_FORMATS: return AST_SHOW_FORMATS;
    default: UNREACHABLE();
    }
}

enum ast_object_kind build_object(struct sql_token keyword) {
    switch (keyword.kind) {
    case TOKEN_TABLE: return AST_OBJECT_TABLE;
    case TOKEN_VIEW: return AST_OBJECT_VIEW;
    case TOKEN_FUNCTION: return AST_OBJECT_FUNCTION;
    case TOKEN_CATALOG: return AST_OBJECT_CATALOG;
    case TOKEN_DATABASE: return AST_OBJECT_DATABASE;
    default: UNREACHABLE();
    }
}

unsigned build_explain_detail(struct sql_token keyword) {
    switch (keyword.kind) {
    case TOKEN_ESTIMATED_COST: return BUILD_EXPLAIN_ESTIMATED_COST;
    case TOKEN_CHANGELOG_MODE: return BUILD_EXPLAIN_CHANGELOG_MODE;
    case TOKEN_JSON_EXECUTION_PLAN: return BUILD_EXPLAIN_JSON_EXECUTION_PLAN;
    case TOKEN_PLAN_ADVICE: return BUILD_EXPLAIN_PLAN_ADVICE;
    case TOKEN_VERBOSE: return BUILD_EXPLAIN_VERBOSE;
    default: UNREACHABLE();
    }
}

struct ast_statement *build_statement(struct builder *build, enum ast_statement_kind kind, sql_position position) {
    struct ast_statement *statement = ARENA_NEW(build->arena, struct ast_statement);
    statement->kind = kind;
    statement->position = position;
    statement->end = build->end;
    statement->text = ast_text(build->text, position, build->end);
    return statement;
}

struct ast_statement *build_explain(struct builder *build, struct sql_token keyword, enum ast_explain_mode mode,
                                    unsigned details, struct ast_statement *explained) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_EXPLAIN, keyword.position);
    statement->explain = (struct ast_explain){
        .mode = mode,
        .verbose = details & BUILD_EXPLAIN_VERBOSE,
        .estimated_cost = details & BUILD_EXPLAIN_ESTIMATED_COST,
        .changelog_mode = details & BUILD_EXPLAIN_CHANGELOG_MODE,
        .json_execution_plan = details & BUILD_EXPLAIN_JSON_EXECUTION_PLAN,
        .plan_advice = details & BUILD_EXPLAIN_PLAN_ADVICE,
        .statement = explained,
    };
    return statement;
}

struct ast_statement *build_describe(struct builder *build, struct sql_token keyword, bool extended,
                                     enum ast_object_kind object, struct ast_names *name) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_DESCRIBE, keyword.position);
    statement->describe = (struct ast_describe){.extended = extended, .object = object, .name = *name};
    return statement;
}

struct ast_statement *build_show(struct builder *build, struct sql_token keyword, enum ast_show_kind kind,
                                 struct ast_names *name, struct build_like like) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_SHOW, keyword.position);
    statement->show = (struct ast_show){.kind = kind,
                                        .name = LIST_OR_EMPTY(name),
                                        .pattern = like.pattern,
                                        .not_like = like.negated,
                                        .ignore_case = like.ignore_case};
    return statement;
}

struct ast_statement *build_show_setting(struct builder *build, struct sql_token keyword, struct sql_token key) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_SHOW, keyword.position);
    statement->show = (struct ast_show){.kind = AST_SHOW_SETTING, .key = build_string(build, key)};
    return statement;
}

struct build_like build_no_like(void) {
    return (struct build_like){0};
}

struct build_like build_like(struct builder *build, bool negated, bool ignore_case, struct sql_token pattern) {
    return (struct build_like){.pattern = build_string(build, pattern), .negated = negated, .ignore_case = ignore_case};
}

struct ast_statement *build_use(struct builder *build, struct sql_token keyword, enum ast_object_kind object,
                                struct ast_names *name) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_USE, keyword.position);
    statement->use = (struct ast_use){.object = object, .name = *name};
    return statement;
}

struct ast_statement *build_module(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                   struct ast_names *names, struct ast_options *options) {
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    statement->module = (struct ast_module){.names = *names, .options = LIST_OR_EMPTY(options)};
    return statement;
}

/* A string without its quotes; any other token as written. */
static struct str setting_text(struct builder *build, const struct sql_token *token) {
    if (token->kind == TOKEN_STRING)
        return build_string(build, *token);
    return str_from(arena_strndup(build->arena, token->data, token->size));
}

struct ast_statement *build_set(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                const struct sql_token *key, const struct sql_token *value) {
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    if (key) {
        statement->set.key = setting_text(build, key);
        statement->set.key_position = key->position;
    }
    if (value) {
        statement->set.value = setting_text(build, value);
        statement->set.value_position = value->position;
    }
    return statement;
}

struct ast_statement *build_file(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                 struct sql_token path) {
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    statement->file.path = build_string(build, path);
    return statement;
}

struct ast_statement *build_plan_file(struct builder *build, struct sql_token keyword, bool execute,
                                      struct sql_token path, bool if_not_exists, struct ast_statement *planned) {
    enum ast_statement_kind kind = planned ? AST_STATEMENT_COMPILE_PLAN : AST_STATEMENT_EXECUTE_PLAN;
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    statement->plan_file = (struct ast_plan_file){
        .path = build_string(build, path), .if_not_exists = if_not_exists, .execute = execute, .statement = planned};
    return statement;
}

struct ast_statement *build_job(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                struct sql_token id, int stop_options) {
    struct ast_statement *statement = build_statement(build, kind, keyword.position);
    statement->job = (struct ast_job){.id = build_string(build, id),
                                      .savepoint = stop_options & BUILD_STOP_SAVEPOINT,
                                      .drain = stop_options & BUILD_STOP_DRAIN};
    return statement;
}

struct ast_statement *build_call_statement(struct builder *build, struct sql_token keyword,
                                           struct ast_expression *call) {
    struct ast_statement *statement = build_statement(build, AST_STATEMENT_CALL, keyword.position);
    statement->call.call = call;
    return statement;
}

struct ast_statement *build_plain_statement(struct builder *build, struct sql_token keyword,
                                            enum ast_statement_kind kind) {
    return build_statement(build, kind, keyword.position);
}
