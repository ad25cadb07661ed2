/* lexer.h: text to tokens. Knows the words and the shapes of literals, and nothing of the grammar, with one exception:
 * the bare key and value of `SET key.name = value` are read as they stand. */
#pragma once

#include "grammar/build.h"

/* Kinds of pieces that the grammar never sees. */
enum {
    LEXER_SPACE = -1,
    LEXER_COMMENT = -2,
    LEXER_UNTERMINATED = -3, /* a string, quoted name or comment that the text ends in */
    LEXER_BAD = -4,          /* anything else that is no token */
};

/* Where in a statement the lexer is. */
enum lexer_state {
    LEXER_START, /* before the first token of a statement */
    LEXER_INSIDE,
    LEXER_SET_KEY,   /* after SET */
    LEXER_RESET_KEY, /* after RESET */
    LEXER_SET_EQUAL, /* after the key */
    LEXER_SET_VALUE, /* after '=' */
};

struct lexer {
    struct str text;
    size_t offset; /* of the next piece */
    bool in_hint;
    enum lexer_state state;
};

/* `text` must outlive the lexer and be shorter than 4 GiB. */
void lexer_init(struct lexer *lexer, struct str text, size_t offset);
/* The next piece of any kind; `kind` 0 at the end. For LEXER_UNTERMINATED and LEXER_BAD fills `error` (may be NULL). */
struct sql_token lexer_piece(struct lexer *lexer, struct error *error);
/* The next token for the grammar: spaces and comments are skipped. */
enum status lexer_next(struct lexer *lexer, struct sql_token *token, struct error *error) MUST_CHECK;
