/* lexer.re: text to tokens (re2c, UTF-8). Strings, quoted names and comments are only begun by a rule: their end is
 * searched by hand, which is faster and tells an unterminated one from a wrong one. */
#include "grammar/lexer.h"

#include "grammar/keywords.h"
#include "grammar/sql.h"

void lexer_init(struct lexer *lexer, struct str text, size_t offset) {
    ASSERT(text.size < UINT32_MAX - 1 && offset <= text.size);
    *lexer = (struct lexer){.text = text, .offset = offset};
    if (text.data == NULL)
        lexer->text.data = "";
    if (offset == 0 && text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        lexer->offset = 3; /* byte order mark */
}

static sql_position position_of(const struct lexer *lexer, const char *p) {
    return (sql_position)(p - lexer->text.data) + 1;
}

/* A piece's text must be UTF-8 without NUL. Returns its kind or LEXER_BAD. */
static int checked(const struct lexer *lexer, int kind, const char *start, const char *end, struct error *error) {
    size_t size = (size_t)(end - start);
    const char *nul = memchr(start, '\0', size);
    size_t valid = utf8_validate(start, nul ? (size_t)(nul - start) : size);
    if (valid < size && start + valid != nul) {
        FAIL_AT(error, position_of(lexer, start + valid), STATUS_INVALID_ENCODING, "text is not valid UTF-8: byte 0x%02X",
                (unsigned char)start[valid]);
        return LEXER_BAD;
    }
    if (nul) {
        FAIL_AT(error, position_of(lexer, nul), STATUS_INVALID_ENCODING, "text contains a NUL byte");
        return LEXER_BAD;
    }
    return kind;
}

/* Finds the quote that ends what `cursor` is inside of; a doubled one does not. */
static int quoted(const struct lexer *lexer, int kind, const char *start, const char **cursor, char quote, bool backslash,
                  struct error *error) {
    const char *limit = lexer->text.data + lexer->text.size;
    for (const char *p = *cursor; p < limit; p++) {
        if (backslash && *p == '\\') {
            p++;
        } else if (*p == quote) {
            if (p + 1 == limit || p[1] != quote) {
                *cursor = p + 1;
                return checked(lexer, kind, start, *cursor, error);
            }
            p++;
        }
    }
    *cursor = limit;
    kind = checked(lexer, LEXER_UNTERMINATED, start, limit, error);
    if (kind == LEXER_UNTERMINATED)
        FAIL_AT(error, position_of(lexer, start), STATUS_SYNTAX_ERROR, "%s is not terminated",
                quote == '\'' ? "string" : "quoted name");
    bool is_behind_word = start > lexer->text.data && (isalnum((unsigned char)start[-1]) || (start[-1] & 0x80));
    if (kind == LEXER_UNTERMINATED && error && quote == '\'' && is_behind_word) /* 'it's' */
        error_hint(error, "a quote inside a string is written twice: ''");
    return kind;
}

static int line_comment(const struct lexer *lexer, const char *start, const char **cursor, struct error *error) {
    const char *limit = lexer->text.data + lexer->text.size;
    const char *end = memchr(*cursor, '\n', (size_t)(limit - *cursor));
    *cursor = end ? end : limit;
    return checked(lexer, LEXER_COMMENT, start, *cursor, error);
}

static int block_comment(const struct lexer *lexer, const char *start, const char **cursor, struct error *error) {
    const char *limit = lexer->text.data + lexer->text.size;
    const char *end = memmem(*cursor, (size_t)(limit - *cursor), "*/", 2);
    *cursor = end ? end + 2 : limit;
    int kind = checked(lexer, end ? LEXER_COMMENT : LEXER_UNTERMINATED, start, *cursor, error);
    if (kind == LEXER_UNTERMINATED)
        FAIL_AT(error, position_of(lexer, start), STATUS_SYNTAX_ERROR, "comment is not terminated");
    return kind;
}

static int word(const struct lexer *lexer, const char *start, const char *end, bool *soft, struct error *error) {
    const struct keyword *keyword = keyword_find((struct str){start, (size_t)(end - start)});
    *soft = keyword && !keyword->reserved;
    return keyword ? keyword->token : checked(lexer, TOKEN_NAME, start, end, error);
}

/* What was meant by a character that SQL has no use for. */
static const char *unexpected_hint(const struct lexer *lexer, const char *start) {
    if (start == lexer->text.data && lexer->text.size > 1 &&
        (memcmp(start, "\xFF\xFE", 2) == 0 || memcmp(start, "\xFE\xFF", 2) == 0))
        return "this looks like UTF-16: save the text as UTF-8";
    switch (*start) {
    case '&': return "conditions are joined with AND";
    case '#': return "a comment begins with --";
    case '\\': return "backslash commands stand at the beginning of a line, in the shell and in what \\i, -f and -c execute";
    default: return NULL;
    }
}

/* A byte or character that begins nothing. Takes in the rest of a character. */
static int unexpected(const struct lexer *lexer, const char *start, const char **cursor, struct error *error) {
    const char *limit = lexer->text.data + lexer->text.size;
    while (*cursor < limit && (**cursor & 0xC0) == 0x80)
        ++*cursor;
    if (utf8_validate(start, (size_t)(*cursor - start)) < (size_t)(*cursor - start))
        FAIL_AT(error, position_of(lexer, start), STATUS_INVALID_ENCODING, "text is not valid UTF-8: byte 0x%02X",
                (unsigned char)*start);
    else
        FAIL_AT(error, position_of(lexer, start), STATUS_SYNTAX_ERROR, "unexpected character \"%.*s\"",
                (int)(*cursor - start), start);
    const char *hint = unexpected_hint(lexer, start);
    if (error && hint)
        error_hint(error, "%s", hint);
    return LEXER_BAD;
}

static int bad_quote(const struct lexer *lexer, const char *start, const char *end, struct error *error) {
    FAIL_AT(error, position_of(lexer, start), STATUS_SYNTAX_ERROR, "unexpected character \"%.*s\"", (int)(end - start),
            start);
    error_hint(error, "this is a typographic quotation mark; write ' around strings and ` or \" around names");
    return LEXER_BAD;
}

static int bad_number(const struct lexer *lexer, const char *start, const char *end, struct error *error) {
    int size = end - start > 60 ? 60 : (int)(end - start);
    if (checked(lexer, LEXER_BAD, start, end, error) == LEXER_BAD && utf8_validate(start, (size_t)size) == (size_t)size)
        FAIL_AT(error, position_of(lexer, start), STATUS_SYNTAX_ERROR, "\"%.*s\" is neither a number nor a name", size,
                start);
    error_hint(error, "a name cannot begin with a digit unless it is in back quotes; a duration is written 10s, 5m, 1h30m");
    return LEXER_BAD;
}

/* clang-format off */
/*!re2c
    re2c:api = custom;
    re2c:api:style = free-form;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYPEEK = "(unsigned char)(cursor < limit ? *cursor : 0)";
    re2c:define:YYSKIP = "++cursor;";
    re2c:define:YYBACKUP = "marker = cursor;";
    re2c:define:YYRESTORE = "cursor = marker;";
    re2c:yyfill:enable = 0;

    wide_space = [\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff];
    typographic = [\u2018-\u201f];
    letter = [a-zA-Z_] | ([\u0080-\ud7ff\ue000-\U0010ffff] \ wide_space \ typographic);
    digit = [0-9];
    digits = digit+ ("_" digit+)*;
    decimal = digits "." digits? | "." digits;
    unit = 'us' | 'ms' | 's' | 'm' | 'min' | 'h' | 'd' | 'w';
    charset = 'utf' "-"? ("8" | ("16" | "32") ('le' | 'be')?) | 'latin1' | 'iso' [-_] "8859" [-_] "1" | ('us-')? 'ascii';
*/

static int scan(struct lexer *lexer, const char *start, const char **end, bool *soft, struct error *error) {
    const char *limit = lexer->text.data + lexer->text.size;
    const char *cursor = start;
    const char *marker = start;
    int kind;
    if (cursor == limit) {
        *end = cursor;
        return 0;
    }
/*!re2c
    ([ \t\r\n\v\f] | wide_space)+   { kind = LEXER_SPACE; goto done; }
    "--"                            { kind = line_comment(lexer, start, &cursor, error); goto done; }
    "/*"                            { kind = block_comment(lexer, start, &cursor, error); goto done; }
    "/*+"                           { kind = TOKEN_HINT_OPEN; goto done; }
    "*" "/"                         { if (!lexer->in_hint) { cursor--; kind = TOKEN_STAR; goto done; }
                                      kind = TOKEN_HINT_CLOSE; goto done; }

    digits                          { kind = TOKEN_INTEGER; goto done; }
    decimal                         { kind = TOKEN_DECIMAL; goto done; }
    (digits | decimal) 'e' [+-]? digit+ { kind = TOKEN_DOUBLE; goto done; }
    (digit+ unit)+                  { kind = TOKEN_DURATION; goto done; }
    (digits | decimal) letter (letter | digit)* { kind = bad_number(lexer, start, cursor, error); goto done; }

    ("_" charset | 'n') "'"         { cursor--; kind = LEXER_SPACE; goto done; } /* all text is UTF-8 */
    "'"                             { kind = quoted(lexer, TOKEN_STRING, start, &cursor, '\'', false, error); goto done; }
    'e' "'"                         { kind = quoted(lexer, TOKEN_ESCAPE_STRING, start, &cursor, '\'', true, error); goto done; }
    'x' "'"                         { kind = quoted(lexer, TOKEN_BYTES, start, &cursor, '\'', false, error); goto done; }
    'u' "&'"                        { kind = quoted(lexer, TOKEN_UNICODE_STRING, start, &cursor, '\'', false, error); goto done; }
    "`"                             { kind = quoted(lexer, TOKEN_QUOTED_NAME, start, &cursor, '`', false, error); goto done; }
    ["]                             { kind = quoted(lexer, TOKEN_QUOTED_NAME, start, &cursor, '"', false, error); goto done; }
    letter (letter | digit | "$")*  { kind = word(lexer, start, cursor, soft, error); goto done; }

    "("     { kind = TOKEN_LEFT_PAREN; goto done; }
    ")"     { kind = TOKEN_RIGHT_PAREN; goto done; }
    "["     { kind = TOKEN_LEFT_BRACKET; goto done; }
    "]"     { kind = TOKEN_RIGHT_BRACKET; goto done; }
    "{"     { kind = TOKEN_LEFT_BRACE; goto done; }
    "}"     { kind = TOKEN_RIGHT_BRACE; goto done; }
    "{-"    { kind = TOKEN_EXCLUDE_OPEN; goto done; }
    "-}"    { kind = TOKEN_EXCLUDE_CLOSE; goto done; }
    ","     { kind = TOKEN_COMMA; goto done; }
    ";"     { kind = TOKEN_SEMICOLON; goto done; }
    "."     { kind = TOKEN_DOT; goto done; }
    "+"     { kind = TOKEN_PLUS; goto done; }
    "-"     { kind = TOKEN_MINUS; goto done; }
    "*"     { kind = TOKEN_STAR; goto done; }
    "/"     { kind = TOKEN_SLASH; goto done; }
    "%"     { kind = TOKEN_PERCENT; goto done; }
    "|"     { kind = TOKEN_BAR; goto done; }
    "||"    { kind = TOKEN_CONCAT; goto done; }
    "::"    { kind = TOKEN_CAST_OPERATOR; goto done; }
    "=>"    { kind = TOKEN_ARROW; goto done; }
    "="     { kind = TOKEN_EQUAL; goto done; }
    "<>"    { kind = TOKEN_NOT_EQUAL; goto done; }
    "!="    { kind = TOKEN_NOT_EQUAL; goto done; }
    "<"     { kind = TOKEN_LESS; goto done; }
    "<="    { kind = TOKEN_LESS_EQUAL; goto done; }
    ">"     { kind = TOKEN_GREATER; goto done; }
    ">="    { kind = TOKEN_GREATER_EQUAL; goto done; }
    "?"     { kind = TOKEN_QUESTION; goto done; }
    "^"     { kind = TOKEN_CARET; goto done; }
    "$"     { kind = TOKEN_DOLLAR; goto done; }

    typographic { kind = bad_quote(lexer, start, cursor, error); goto done; }
    [\x00]  { kind = checked(lexer, LEXER_BAD, start, cursor, error); goto done; }
    *       { kind = unexpected(lexer, start, &cursor, error); goto done; }
*/
done:
    *end = cursor;
    return kind;
}
/* clang-format on */

/* A bare key of SET: letters, digits and ._- up to a space or '='. Returns where it ends. */
static const char *setting_key(const char *p, const char *limit) {
    while (p < limit && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '.' ||
                         *p == '_' || (*p == '-' && !(p + 1 < limit && p[1] == '-'))))
        p++;
    return p;
}

/* A bare value of SET: the rest of the line up to ';' or a comment, without the spaces at its end. */
static const char *setting_value(const char *start, const char *limit) {
    const char *p = start, *end = start;
    for (; p < limit && *p != ';' && *p != '\n' && *p != '\''; p++) {
        if (*p == '-' && p + 1 < limit && p[1] == '-')
            break;
        if (*p != ' ' && *p != '\t' && *p != '\r')
            end = p + 1;
    }
    return end;
}

/* The bare word that SET allows here, or 0. */
static int setting(struct lexer *lexer, const char *start, const char **end, struct error *error) {
    const char *limit = lexer->text.data + lexer->text.size;
    if (lexer->state == LEXER_SET_KEY || lexer->state == LEXER_RESET_KEY)
        *end = setting_key(start, limit);
    else if (lexer->state == LEXER_SET_VALUE)
        *end = setting_value(start, limit);
    else
        return 0;
    return *end > start ? checked(lexer, TOKEN_SETTING, start, *end, error) : 0;
}

static void advance(struct lexer *lexer, int kind) {
    static const enum lexer_state after[] = {
        [LEXER_START] = LEXER_INSIDE,      [LEXER_INSIDE] = LEXER_INSIDE,       [LEXER_SET_KEY] = LEXER_SET_EQUAL,
        [LEXER_RESET_KEY] = LEXER_INSIDE, [LEXER_SET_EQUAL] = LEXER_SET_VALUE, [LEXER_SET_VALUE] = LEXER_INSIDE,
    };
    if (kind == LEXER_SPACE || kind == LEXER_COMMENT)
        return;
    if (kind == TOKEN_HINT_OPEN || kind == TOKEN_HINT_CLOSE)
        lexer->in_hint = kind == TOKEN_HINT_OPEN;
    if (kind == TOKEN_SEMICOLON)
        lexer->state = LEXER_START;
    else if (lexer->state == LEXER_START && (kind == TOKEN_SET || kind == TOKEN_RESET))
        lexer->state = kind == TOKEN_SET ? LEXER_SET_KEY : LEXER_RESET_KEY;
    else
        lexer->state = after[lexer->state];
}

struct sql_token lexer_piece(struct lexer *lexer, struct error *error) {
    const char *start = lexer->text.data + lexer->offset;
    const char *end = start;
    bool soft = false;
    int kind = scan(lexer, start, &end, &soft, error);
    if (kind != 0 && kind != LEXER_SPACE && kind != LEXER_COMMENT && lexer->state >= LEXER_SET_KEY) {
        const char *bare_end;
        int bare = kind == TOKEN_STRING || kind == TOKEN_SEMICOLON ? 0 : setting(lexer, start, &bare_end, error);
        if (bare) {
            kind = bare;
            end = bare_end;
        }
    }
    advance(lexer, kind);
    lexer->offset = (size_t)(end - lexer->text.data);
    return (struct sql_token){.kind = kind,
                              .size = (uint32_t)(end - start),
                              .data = start,
                              .position = position_of(lexer, start),
                              .soft = soft && kind > 0};
}

enum status lexer_next(struct lexer *lexer, struct sql_token *token, struct error *error) {
    struct error fault = {0};
    do
        *token = lexer_piece(lexer, &fault);
    while (token->kind == LEXER_SPACE || token->kind == LEXER_COMMENT);
    if (token->kind >= 0)
        return STATUS_OK;
    if (error)
        *error = fault;
    return fault.status;
}
