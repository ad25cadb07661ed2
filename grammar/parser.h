/* parser.h: SQL text to syntax trees. The public face of the grammar layer. */
#pragma once

#include "core/base/str.h"
#include "grammar/ast.h"

struct arena;

/* Parses a whole script: statements separated by ';', the last one with or without. On failure the statements before the
 * wrong one stay in `script`. The tree lives in `arena` and borrows `text`. Errors: STATUS_SYNTAX_ERROR,
 * STATUS_INVALID_ENCODING, STATUS_TOO_COMPLEX (nesting beyond SQL_NESTING_LIMIT), STATUS_LIMIT_EXCEEDED (4 GiB of text)
 * and those of literals, all with a position. */
enum status sql_parse(struct arena *arena, struct str text, struct ast_script *script, struct error *error) MUST_CHECK;

/* Parses the next statement at or after *offset and moves *offset behind it and its ';'. *statement is NULL when only
 * space and comments were left. After a failure *offset is behind the wrong statement, so that a caller may go on.
 * Positions count from the start of `text`. The arena may be reset between statements: memory is bounded by the
 * largest statement, not by the script. */
enum status sql_parse_next(struct arena *arena, struct str text, size_t *offset, struct ast_statement **statement,
                           struct error *error) MUST_CHECK;

/* Where the statement at or after `offset` ends, by its tokens alone: behind its ';', or the end of the text. Knows that
 * a statement set has semicolons inside. *complete (may be NULL) says whether the ';' was there. */
size_t sql_statement_end(struct str text, size_t offset, bool *complete);
/* True when the text ends in a complete statement, or in nothing: the REPL need not ask for another line. */
bool sql_is_complete(struct str text);

/* --- for highlighting --- */

enum sql_token_class {
    SQL_TOKEN_KEYWORD, /* reserved, or soft: those may be names */
    SQL_TOKEN_NAME,
    SQL_TOKEN_QUOTED_NAME,
    SQL_TOKEN_STRING,
    SQL_TOKEN_NUMBER, /* and durations */
    SQL_TOKEN_OPERATOR,
    SQL_TOKEN_PUNCTUATION,
    SQL_TOKEN_COMMENT,
    SQL_TOKEN_ERROR,
};
struct sql_token_range {
    enum sql_token_class class;
    size_t offset;
    size_t size;
};
AST_LIST(sql_token_ranges, struct sql_token_range);
/* All tokens and comments of any text; never fails. */
void sql_tokenize(struct arena *arena, struct str text, struct sql_token_ranges *ranges);

/* --- for completion --- */

struct sql_expected {
    struct str partial;       /* the word that the text ends in and that is being typed; empty after a space */
    bool inside;              /* the text ends inside of a string, a quoted name or a comment: nothing to complete */
    bool name;                /* an identifier may come */
    bool expression;          /* an expression may come: columns, functions */
    const char *const *words; /* keywords and signs that may come, ordered; those that start with `partial` */
    size_t word_count;
    const char *after; /* the last keyword before the place, in upper case: FROM, JOIN ...; "" if none */
};
/* What may come at the end of `text`. */
void sql_expected_tokens(struct arena *arena, struct str text, struct sql_expected *expected);

/* --- for people --- */

/* ERROR 42601: ..., then line and column, the line with a caret under the place, detail and hint. Columns count
 * characters; a long line is cut around the caret. `lines_before`: lines of the script before `text`. */
void sql_render_error(struct strbuf *buffer, struct str text, unsigned lines_before, const struct error *error);
/* Line and column, both from 1, of a position; the column counts characters. False when there is no such place. */
bool sql_locate(struct str text, sql_position position, unsigned *line, unsigned *column);
