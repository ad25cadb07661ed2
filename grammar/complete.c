/* complete.c: what an editor or a shell asks about text that may not be finished: where statements end, which tokens
 * there are, what may come next. */
#include "core/base/arena.h"
#include "core/base/array.h"
#include "grammar/drive.h"
#include "grammar/keywords.h"
#include "grammar/parser.h"
#include "grammar/sql.h"

/* --- where statements end --- */

/* Follows one statement's tokens:  ... STATEMENT SET BEGIN  and  BEGIN STATEMENT SET  open a set, whose END is the first
 * one that closes no CASE. */
struct extent {
    int last[2]; /* the two tokens before, newest first */
    unsigned cases;
    bool in_set;
    bool empty;
};

static void extent_take(struct extent *extent, int kind) {
    const int *last = extent->last;
    if ((last[1] == TOKEN_STATEMENT && last[0] == TOKEN_SET && kind == TOKEN_BEGIN) ||
        (last[1] == TOKEN_BEGIN && last[0] == TOKEN_STATEMENT && kind == TOKEN_SET))
        extent->in_set = true;
    if (kind == TOKEN_CASE)
        extent->cases++;
    if (kind == TOKEN_END && extent->cases)
        extent->cases--;
    else if (kind == TOKEN_END)
        extent->in_set = false;
    extent->last[1] = extent->last[0];
    extent->last[0] = kind;
}

size_t sql_statement_end(struct str text, size_t offset, bool *complete) {
    struct extent extent = {.empty = true};
    bool ended = false, broken = false;
    size_t end = text.size;
    struct lexer lexer;
    if (text.size < UINT32_MAX - 1) {
        lexer_init(&lexer, text, offset);
        for (;;) {
            struct sql_token token = lexer_piece(&lexer, NULL);
            broken = token.kind == LEXER_UNTERMINATED;
            if (token.kind == 0 || broken)
                break;
            if (token.kind == LEXER_SPACE || token.kind == LEXER_COMMENT)
                continue;
            ended = token.kind == TOKEN_SEMICOLON && !extent.in_set;
            if (ended)
                break;
            extent.empty = false;
            extent_take(&extent, token.kind);
        }
        end = lexer.offset;
    }
    if (complete)
        *complete = ended || (extent.empty && !broken);
    return end;
}

/* Where the last statement begins: the one that the end of the text is in. */
static size_t last_statement(struct str text, bool *complete) {
    size_t start = 0;
    for (*complete = true; start < text.size;) {
        size_t end = sql_statement_end(text, start, complete);
        if (!*complete)
            break;
        start = end;
    }
    return start;
}

bool sql_is_complete(struct str text) {
    bool complete;
    last_statement(text, &complete);
    return complete;
}

/* --- highlighting --- */

static enum sql_token_class class_of(struct sql_token token) {
    switch (token.kind) {
    case LEXER_COMMENT: return SQL_TOKEN_COMMENT;
    case LEXER_BAD:
    case LEXER_UNTERMINATED: return SQL_TOKEN_ERROR;
    case TOKEN_NAME: return SQL_TOKEN_NAME;
    case TOKEN_QUOTED_NAME: return SQL_TOKEN_QUOTED_NAME;
    case TOKEN_STRING:
    case TOKEN_ESCAPE_STRING:
    case TOKEN_UNICODE_STRING:
    case TOKEN_BYTES:
    case TOKEN_SETTING: return SQL_TOKEN_STRING;
    case TOKEN_INTEGER:
    case TOKEN_DECIMAL:
    case TOKEN_DOUBLE:
    case TOKEN_DURATION: return SQL_TOKEN_NUMBER;
    case TOKEN_LEFT_PAREN:
    case TOKEN_RIGHT_PAREN:
    case TOKEN_LEFT_BRACKET:
    case TOKEN_RIGHT_BRACKET:
    case TOKEN_LEFT_BRACE:
    case TOKEN_RIGHT_BRACE:
    case TOKEN_COMMA:
    case TOKEN_DOT:
    case TOKEN_SEMICOLON: return SQL_TOKEN_PUNCTUATION;
    default: return keyword_find(token_text(token)) ? SQL_TOKEN_KEYWORD : SQL_TOKEN_OPERATOR;
    }
}

void sql_tokenize(struct arena *arena, struct str text, struct sql_token_ranges *ranges) {
    struct builder build = {.arena = arena};
    *ranges = (struct sql_token_ranges){0};
    struct sql_token_ranges *list = ranges;
    if (text.size >= UINT32_MAX - 1)
        return;
    struct lexer lexer;
    lexer_init(&lexer, text, 0);
    for (;;) {
        struct sql_token token = lexer_piece(&lexer, NULL);
        if (token.kind == 0)
            return;
        if (token.kind == LEXER_SPACE)
            continue;
        struct sql_token_range range = {.class = class_of(token), .offset = token.position - 1, .size = token.size};
        BUILD_PUSH(&build, list, 0, range);
    }
}

/* --- completion --- */

/* The tokens of the unfinished statement that matter: the last whole one, and the word being typed. */
struct ending {
    struct sql_token last;    /* kind 0: none */
    struct sql_token partial; /* kind 0: none */
    bool inside;
};

static bool is_word(struct sql_token token) {
    return token.kind == TOKEN_NAME || (token.kind > 0 && token.size && keyword_find(token_text(token)) != NULL);
}

static struct ending find_ending(struct str text, size_t offset) {
    struct ending ending = {0};
    struct lexer lexer;
    lexer_init(&lexer, text, offset);
    for (;;) {
        struct sql_token token = lexer_piece(&lexer, NULL);
        if (token.kind == 0)
            return ending;
        bool at_end = token.position - 1 + token.size == text.size;
        bool line_comment = token.kind == LEXER_COMMENT && token.data[0] == '-';
        ending.inside = token.kind == LEXER_UNTERMINATED || (at_end && line_comment);
        if (token.kind == LEXER_SPACE || token.kind == LEXER_COMMENT || ending.inside)
            continue;
        if (at_end && is_word(token))
            ending.partial = token;
        else
            ending.last = token;
    }
}

/* Whether `kind` may come after the last whole token, which may have been meant as a word or as a name. */
static bool may_come(const struct drive *drive, struct sql_token last, int kind) {
    if (last.kind == 0)
        return machine_accepts(drive->machine, kind);
    return machine_accepts_two(drive->machine, last.kind, kind) ||
           (last.soft && machine_accepts_two(drive->machine, TOKEN_NAME, kind));
}

static bool begins_with(const char *name, struct sql_token partial) {
    return strlen(name) >= partial.size &&
           str_equal_ignore_case((struct str){name, partial.size}, (struct str){partial.data, partial.size});
}

static void list_words(struct arena *arena, const struct drive *drive, const struct ending *ending,
                       struct sql_expected *expected) {
    size_t limit = keyword_count + (size_t)machine_token_count();
    const char **words = ARENA_ARRAY(arena, const char *, limit);
    size_t count = 0;
    struct sql_token partial = ending->partial;
    for (size_t i = 0; i < keyword_count; i++) {
        const char *name = keywords[i].name;
        bool spelled = keywords[i].token == TOKEN_NILADIC || strcmp(name, token_name(keywords[i].token)) == 0;
        if (spelled && begins_with(name, partial) && may_come(drive, ending->last, keywords[i].token))
            words[count++] = name;
    }
    for (int kind = 1; kind < machine_token_count() && partial.size == 0; kind++) {
        const char *name = token_name(kind);
        if (name && name[0] == '\'' && may_come(drive, ending->last, kind))
            words[count++] = arena_strndup(arena, name + 1, strlen(name) - 2);
    }
    expected->words = words;
    expected->word_count = count;
}

static const char *last_keyword(struct arena *arena, struct str text, size_t offset, const struct ending *ending) {
    struct builder build = {.arena = arena};
    struct sql_token found = {0};
    struct lexer lexer;
    lexer_init(&lexer, text, offset);
    for (;;) {
        struct sql_token token = lexer_piece(&lexer, NULL);
        if (token.kind == 0 || (ending->partial.kind && token.position >= ending->partial.position))
            break;
        if (token.kind > 0 && keyword_find(token_text(token)))
            found = token;
    }
    return found.kind ? build_upper(&build, token_text(found)) : "";
}

void sql_expected_tokens(struct arena *arena, struct str text, struct sql_expected *expected) {
    *expected = (struct sql_expected){.after = "", .partial = {"", 0}};
    if (text.size >= UINT32_MAX - 1)
        return;
    bool complete;
    size_t start = last_statement(text, &complete);
    struct ending ending = find_ending(text, start);
    expected->inside = ending.inside;
    if (ending.partial.kind)
        expected->partial = token_text(ending.partial);
    expected->after = last_keyword(arena, text, start, &ending);
    if (ending.inside)
        return;
    struct arena scratch;
    arena_init(&scratch);
    struct drive drive;
    drive_init(&drive, &scratch, text, start, NULL);
    sql_position place = ending.last.kind ? ending.last.position : drive.token.position;
    drive_until(&drive, place);
    if (drive.build.status == STATUS_OK && drive.token.position == place && ending.last.kind >= 0) {
        list_words(arena, &drive, &ending, expected);
        expected->name = may_come(&drive, ending.last, TOKEN_NAME);
        expected->expression = expected->name && may_come(&drive, ending.last, TOKEN_CASE);
    }
    drive_release(&drive);
    arena_release(&scratch);
}
