/* regexp_literal.c: see regexp_literal.h. Reads the pattern's top level from left to right as a sequence of items (literal
 * characters, classes, groups), each with the most characters it can match; a run of unquantified literal characters is a
 * candidate, the longest wins. */
#include "core/functions/kernels/regexp_literal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct scanner {
    const char *at, *end;
    bool unknown; /* something not understood: give up */
};

enum { UNBOUNDED = -1, WIDTH_MAX = 100 };

static int add_width(int a, int b) {
    return a == UNBOUNDED || b == UNBOUNDED || a + b > WIDTH_MAX ? UNBOUNDED : a + b;
}

static char peek(const struct scanner *scanner) {
    return (char)(scanner->at < scanner->end ? *scanner->at : 0);
}

/* Past a [class]. */
static void skip_class(struct scanner *scanner) {
    scanner->at++;
    if (peek(scanner) == '^')
        scanner->at++;
    if (peek(scanner) == ']')
        scanner->at++;
    while (scanner->at < scanner->end && *scanner->at != ']') {
        if (*scanner->at == '[')
            scanner->unknown = true; /* [:alpha:] */
        scanner->at += *scanner->at == '\\' ? 2 : 1;
    }
    scanner->unknown |= scanner->at >= scanner->end;
    scanner->at++;
}

/* Takes a quantifier; false when there is none. most: of repetitions, UNBOUNDED for * and the like. */
static bool take_quantifier(struct scanner *scanner, int *most) {
    char c = peek(scanner);
    if (c != '*' && c != '+' && c != '?' && c != '{')
        return false;
    *most = c == '?' ? 1 : UNBOUNDED;
    if (c == '{') {
        while (scanner->at < scanner->end && *scanner->at != '}')
            scanner->at++;
    }
    scanner->at++;
    if (peek(scanner) == '?' || peek(scanner) == '+')
        scanner->at++;
    return true;
}

static int sequence_width(struct scanner *scanner, struct regexp_literal *best);

/* (a|b|c): the widest alternative. */
static int group_width(struct scanner *scanner) {
    int widest = 0;
    scanner->at++;
    if (peek(scanner) == '?') {
        if (scanner->at + 1 >= scanner->end || scanner->at[1] != ':')
            scanner->unknown = true; /* flags, look-around, names */
        scanner->at += 2;
    }
    for (;;) {
        int width = sequence_width(scanner, NULL);
        widest = width == UNBOUNDED || widest == UNBOUNDED ? UNBOUNDED : width > widest ? width : widest;
        if (peek(scanner) != '|')
            break;
        scanner->at++;
    }
    scanner->unknown |= peek(scanner) != ')';
    scanner->at++;
    return widest;
}

/* One item. literal: the character when it is exactly one, else 0. */
static int item_width(struct scanner *scanner, char *literal) {
    char c = *scanner->at;
    *literal = 0;
    switch (c) {
    case '(': return group_width(scanner);
    case '[': skip_class(scanner); return 1;
    case '^':
    case '$': scanner->at++; return 0;
    case '.': scanner->at++; return 1;
    case '\\':
        scanner->at++;
        c = peek(scanner);
        scanner->at++;
        if (c && strchr("dDwWsS", c))
            return 1;
        if (!c || !strchr("./\\+*?()[]{}|^$-&=:;,\"'<>#@!%~_", c))
            scanner->unknown = true;
        *literal = c;
        return 1;
    default:
        scanner->at++;
        *literal = c;
        return 1;
    }
}

struct run {
    char text[REGEXP_LITERAL_MAX];
    size_t size;
    int before;
};

static void run_end(struct run *run, struct regexp_literal *best) {
    if (best && run->size > best->size) {
        memcpy(best->text, run->text, run->size);
        best->size = run->size;
        best->before = run->before;
    }
    run->size = 0;
}

static int sequence_width(struct scanner *scanner, struct regexp_literal *best) {
    int width = 0;
    struct run run = {.size = 0};
    while (scanner->at < scanner->end && *scanner->at != '|' && *scanner->at != ')' && !scanner->unknown) {
        char literal;
        int most = 1;
        int one = item_width(scanner, &literal);
        bool quantified = take_quantifier(scanner, &most);
        bool continuation = literal && ((uint8_t)literal & 0xC0) == 0x80;
        if (literal && !quantified && run.size < REGEXP_LITERAL_MAX) {
            if (run.size == 0)
                run.before = width;
            run.text[run.size++] = literal;
        } else {
            run_end(&run, best);
        }
        scanner->unknown |= quantified && literal && ((uint8_t)literal & 0x80); /* of several bytes */
        width = add_width(width, continuation ? 0 : most == UNBOUNDED && one ? UNBOUNDED : one);
    }
    run_end(&run, best);
    return width;
}

void regexp_literal_find(struct str pattern, struct regexp_literal *literal) {
    struct scanner scanner = {pattern.data, pattern.data + pattern.size, false};
    *literal = (struct regexp_literal){.size = 0};
    sequence_width(&scanner, literal);
    if (scanner.unknown || scanner.at < scanner.end || literal->size < 2)
        literal->size = 0; /* also: an alternative at the top level */
}
