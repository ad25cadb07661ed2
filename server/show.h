/* show.h: SHOW, DESCRIBE and the list of settings, as rows of text. */
#pragma once

#include "core/base/status.h"
#include "grammar/ast.h"

struct arena;
struct catalogue;
struct settings;
struct text_rows;

/* For AST_STATEMENT_SHOW, AST_STATEMENT_DESCRIBE, and AST_STATEMENT_SET without a key. */
enum status show_statement(struct arena *arena, const struct catalogue *catalogue, const struct settings *settings,
                           const struct ast_statement *statement, struct text_rows *rows,
                           struct error *error) MUST_CHECK;
