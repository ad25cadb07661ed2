/* build_command.h: statements that look and steer: EXPLAIN, DESCRIBE, SHOW, SET, USE, jobs, jars, modules. */
#pragma once

#include "grammar/build.h"

enum {
    BUILD_EXPLAIN_ESTIMATED_COST = 1,
    BUILD_EXPLAIN_CHANGELOG_MODE = 2,
    BUILD_EXPLAIN_JSON_EXECUTION_PLAN = 4,
    BUILD_EXPLAIN_PLAN_ADVICE = 8,
    BUILD_EXPLAIN_VERBOSE = 16,
};
enum { BUILD_STOP_SAVEPOINT = 1, BUILD_STOP_DRAIN = 2 };

struct build_like { /* SHOW ... LIKE */
    struct str pattern;
    bool negated;
    bool ignore_case;
};

/* What a keyword stands for. */
enum ast_show_kind build_show_kind(struct sql_token keyword);
enum ast_object_kind build_object(struct sql_token keyword);
unsigned build_explain_detail(struct sql_token keyword);

/* A statement from `position` to the last token. */
struct ast_statement *build_statement(struct builder *build, enum ast_statement_kind kind, sql_position position);

/* `details` are BUILD_EXPLAIN_... flags. */
struct ast_statement *build_explain(struct builder *build, struct sql_token keyword, enum ast_explain_mode mode,
                                    unsigned details, struct ast_statement *statement);
struct ast_statement *build_describe(struct builder *build, struct sql_token keyword, bool extended,
                                     enum ast_object_kind object, struct ast_names *name);
struct ast_statement *build_show(struct builder *build, struct sql_token keyword, enum ast_show_kind kind,
                                 struct ast_names *name, struct build_like like);
struct ast_statement *build_show_setting(struct builder *build, struct sql_token keyword, struct sql_token key);
struct build_like build_no_like(void);
struct build_like build_like(struct builder *build, bool negated, bool ignore_case, struct sql_token pattern);

struct ast_statement *build_use(struct builder *build, struct sql_token keyword, enum ast_object_kind object,
                                struct ast_names *name);
struct ast_statement *build_module(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                   struct ast_names *names, struct ast_options *options);
/* SET and RESET; key and value may be NULL. */
struct ast_statement *build_set(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                const struct sql_token *key, const struct sql_token *value);
struct ast_statement *build_file(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                 struct sql_token path);
struct ast_statement *build_plan_file(struct builder *build, struct sql_token keyword, bool execute,
                                      struct sql_token path, bool if_not_exists, struct ast_statement *statement);
struct ast_statement *build_job(struct builder *build, struct sql_token keyword, enum ast_statement_kind kind,
                                struct sql_token id, int stop_options);
struct ast_statement *build_call_statement(struct builder *build, struct sql_token keyword,
                                           struct ast_expression *call);
struct ast_statement *build_plain_statement(struct builder *build, struct sql_token keyword,
                                            enum ast_statement_kind kind);
