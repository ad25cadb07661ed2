/* build_literal.c: numbers, and strings with their escapes. Intervals are in build_interval.c. */
#include "grammar/build_literal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "grammar/build_expression.h"
#include "grammar/sql.h"

static struct ast_expression *literal_new(struct builder *build, sql_position position, enum ast_literal_kind kind,
                                          struct str text) {
    struct ast_expression *expression = build_expression(build, AST_LITERAL, position, 0);
    expression->literal.kind = kind;
    expression->literal.text = text;
    return expression;
}

/* --- numbers --- */

static struct str digits_of(struct builder *build, struct sql_token token) {
    char *text = arena_alloc(build->arena, token.size + 1u);
    size_t size = 0;
    for (size_t i = 0; i < token.size; i++)
        if (token.data[i] != '_')
            text[size++] = token.data[i];
    text[size] = '\0';
    return (struct str){text, size};
}

/* Whole numbers are BIGINT where they fit, as in Flink; else DECIMAL. */
static void number_value(struct builder *build, struct ast_expression *number, int kind) {
    struct ast_literal *literal = &number->literal;
    if (kind == TOKEN_DOUBLE) {
        literal->kind = AST_LITERAL_DOUBLE;
        literal->number = strtod(literal->text.data, NULL);
        if (isinf(literal->number))
            BUILD_FAIL(build, number->position, STATUS_OUT_OF_RANGE, "number is too large for DOUBLE");
    } else if (kind == TOKEN_INTEGER && int_parse(literal->text, &literal->integer)) {
        literal->kind = AST_LITERAL_INTEGER;
    } else {
        literal->kind = AST_LITERAL_DECIMAL;
    }
}

struct ast_expression *build_number(struct builder *build, struct sql_token token) {
    struct ast_expression *number = literal_new(build, token.position, AST_LITERAL_INTEGER, digits_of(build, token));
    number_value(build, number, token.kind);
    return number;
}

void build_negate(struct builder *build, struct ast_expression *number, sql_position position) {
    struct ast_literal *literal = &number->literal;
    char *text = arena_alloc(build->arena, literal->text.size + 2);
    text[0] = '-';
    memcpy(text + 1, literal->text.data, literal->text.size + 1);
    literal->text = (struct str){text, literal->text.size + 1};
    number->position = position;
    bool whole = literal->kind != AST_LITERAL_DOUBLE && memchr(text, '.', literal->text.size) == NULL;
    number_value(build, number,
                 literal->kind == AST_LITERAL_DOUBLE ? TOKEN_DOUBLE
                 : whole                             ? TOKEN_INTEGER
                                                     : TOKEN_DECIMAL);
}

struct ast_expression *build_one(struct builder *build, struct sql_token token) {
    struct ast_expression *one = literal_new(build, token.position, AST_LITERAL_INTEGER, STR("1"));
    one->literal.integer = 1;
    return one;
}

int64_t build_integer(struct builder *build, struct sql_token token) {
    int64_t value = 0;
    if (!int_parse(digits_of(build, token), &value))
        BUILD_FAIL(build, token.position, STATUS_OUT_OF_RANGE, "number is too large");
    return value;
}

int build_precision(struct builder *build, struct sql_token token) {
    int64_t value = build_integer(build, token);
    if (value > INT32_MAX) {
        BUILD_FAIL(build, token.position, STATUS_OUT_OF_RANGE, "number is too large");
        return 0;
    }
    return (int)value;
}

/* --- strings --- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads exactly `digits` hex digits at text[*i]; -1 when they are not there. */
static int64_t take_hex(struct str text, size_t *i, unsigned digits) {
    int64_t value = 0;
    for (unsigned k = 0; k < digits; k++, ++*i) {
        int digit = *i < text.size ? hex_digit(text.data[*i]) : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Appends a code point as UTF-8; false when it is none that may be stored. */
static bool put_code_point(char *out, size_t *size, int64_t code) {
    if (code <= 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return false;
    if (code < 0x80) {
        out[(*size)++] = (char)code;
        return true;
    }
    unsigned follow = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    out[(*size)++] = (char)(lead[follow] | (code >> (6 * follow)));
    while (follow--)
        out[(*size)++] = (char)(0x80 | ((code >> (6 * follow)) & 0x3F));
    return true;
}

/* Joins a UTF-16 surrogate pair: \uD83D\uDE00. `again` reads the next escape's digits; -1 when there is none. */
static int64_t join_surrogates(struct str text, size_t *i, int64_t code, const char *introducer) {
    size_t size = strlen(introducer);
    size_t next = *i;
    if (code < 0xD800 || code > 0xDBFF || text.size - next < size || memcmp(text.data + next, introducer, size) != 0)
        return code;
    next += size;
    int64_t low = take_hex(text, &next, 4);
    if (low < 0xDC00 || low > 0xDFFF)
        return code;
    *i = next;
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

static void bad_escape(struct builder *build, sql_position position, const char *hint) {
    bool first = build->status == STATUS_OK;
    BUILD_FAIL(build, position, STATUS_SYNTAX_ERROR, "escape in the string is not valid");
    if (first)
        error_hint(build->error, "%s", hint);
}

/* One escape of E'...', after its backslash at text[*i - 1]. */
static bool take_backslash(struct str text, size_t *i, char *out, size_t *size) {
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    char c = text.data[(*i)++];
    const char *simple = memchr(from, c, sizeof from - 1);
    if (simple) {
        out[(*size)++] = to[simple - from];
        return true;
    }
    int64_t code;
    switch (c) {
    case 'x':
        code = take_hex(text, i, 2);
        if (code > 0x7F)
            return false; /* a single byte above it is no UTF-8 */
        return put_code_point(out, size, code);
    case 'u': code = take_hex(text, i, 4); return put_code_point(out, size, join_surrogates(text, i, code, "\\u"));
    case 'U': return put_code_point(out, size, take_hex(text, i, 8));
    case '\\':
    case '\'':
    case '"':
    case '/':
    case '?': out[(*size)++] = c; return true;
    default: return false;
    }
}

/* The inside of E'...'. */
static struct str unescape(struct builder *build, struct str text, sql_position position) {
    char *out = arena_alloc(build->arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        char c = text.data[i++];
        if (c == '\\' && i < text.size) {
            size_t start = i;
            if (!take_backslash(text, &i, out, &size))
                bad_escape(build, position + (sql_position)start - 1,
                           "use \\n \\r \\t \\b \\f \\\\ \\' \\xHH (up to 7F), \\uXXXX or \\UXXXXXXXX");
        } else {
            out[size++] = c;
            if (c == '\'')
                i++; /* the second of two */
        }
    }
    out[size] = '\0';
    return (struct str){out, size};
}

static struct str undoubled(struct builder *build, struct str text) {
    char *out = arena_alloc(build->arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        out[size++] = text.data[i];
        if (text.data[i] == '\'')
            i++;
    }
    out[size] = '\0';
    return (struct str){out, size};
}

static struct str hex_bytes(struct builder *build, struct str text, sql_position position) {
    char *out = arena_alloc(build->arena, text.size / 2 + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        size_t start = i;
        int64_t byte = take_hex(text, &i, 2);
        if (byte < 0) {
            BUILD_FAIL(build, position + (sql_position)start, STATUS_SYNTAX_ERROR,
                       "X'...' needs an even number of hexadecimal digits");
            break;
        }
        out[size++] = (char)byte;
    }
    out[size] = '\0';
    return (struct str){out, size};
}

/* What stands between the quotes, which follow a prefix of that many bytes. */
static struct str inside(struct sql_token token, unsigned prefix) {
    return (struct str){token.data + prefix + 1, token.size - prefix - 2};
}

struct str build_string(struct builder *build, struct sql_token token) {
    if (token.kind == TOKEN_ESCAPE_STRING)
        return unescape(build, inside(token, 1), token.position + 2);
    if (token.kind == TOKEN_BYTES)
        return hex_bytes(build, inside(token, 1), token.position + 2);
    return undoubled(build, inside(token, 0));
}

struct ast_expression *build_string_literal(struct builder *build, struct sql_token token) {
    enum ast_literal_kind kind = token.kind == TOKEN_BYTES ? AST_LITERAL_BYTES : AST_LITERAL_STRING;
    return literal_new(build, token.position, kind, build_string(build, token));
}

/* U&'d\0061t\+000061': four or six hex digits after the escape character, which stands for itself when doubled. */
static struct str unicode_string(struct builder *build, struct str text, sql_position position, char escape) {
    char *out = arena_alloc(build->arena, text.size + 1);
    char introducer[2] = {escape, 0};
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        size_t start = i;
        char c = text.data[i++];
        if (c != escape || (i < text.size && text.data[i] == escape)) {
            out[size++] = c;
            i += c == escape || c == '\'';
            continue;
        }
        bool long_form = i < text.size && text.data[i] == '+';
        i += long_form;
        int64_t code = take_hex(text, &i, long_form ? 6 : 4);
        if (!put_code_point(out, &size, join_surrogates(text, &i, code, introducer)))
            bad_escape(build, position + (sql_position)start,
                       "write the escape character and four hexadecimal digits, "
                       "or + and six: \\0061, \\+000061");
    }
    out[size] = '\0';
    return (struct str){out, size};
}

struct ast_expression *build_unicode_literal(struct builder *build, struct sql_token token,
                                             const struct sql_token *escape) {
    char escape_character = '\\';
    if (escape) {
        struct str text = build_string(build, *escape);
        if (text.size == 1 && hex_digit(text.data[0]) < 0 && !strchr("+'\" \t\n", text.data[0]))
            escape_character = text.data[0];
        else
            BUILD_FAIL(build, escape->position, STATUS_SYNTAX_ERROR,
                       "UESCAPE must be one ASCII character that is no "
                       "hexadecimal digit, plus sign, quote or space");
    }
    return literal_new(build, token.position, AST_LITERAL_STRING,
                       unicode_string(build, inside(token, 2), token.position + 3, escape_character));
}

/* --- the rest --- */

struct ast_expression *build_constant(struct builder *build, struct sql_token token) {
    struct ast_expression *constant = literal_new(build, token.position, AST_LITERAL_NULL, token_text(token));
    if (token.kind != TOKEN_NULL) {
        constant->literal.kind = AST_LITERAL_BOOLEAN;
        constant->literal.boolean = token.kind == TOKEN_TRUE;
    }
    return constant;
}

struct ast_expression *build_datetime(struct builder *build, struct sql_token keyword, struct sql_token token) {
    enum ast_literal_kind kind = keyword.kind == TOKEN_DATE        ? AST_LITERAL_DATE
                                 : keyword.kind == TOKEN_TIME      ? AST_LITERAL_TIME
                                 : keyword.kind == TOKEN_TIMESTAMP ? AST_LITERAL_TIMESTAMP
                                                                   : AST_LITERAL_TIMESTAMP_LTZ;
    return literal_new(build, keyword.position, kind, build_string(build, token));
}
