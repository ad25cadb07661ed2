/* drive.c: tokens into the grammar.
 *
 * A soft keyword is fed as the word when the grammar can take the word here and the next token after it; else as a name
 * when that works; else as the word if at least that alone fits. Two tokens decide cases like `SELECT date FROM t` and
 * `SELECT date '2024-01-01'`, which one cannot. */
#include "grammar/drive.h"

#include "grammar/sql.h"

/* Entries of the parser's stack: enough for SQL_NESTING_LIMIT of any construct. */
enum { STACK_LIMIT = 40000 };

static void read_ahead(struct drive *drive) {
    drive->token = drive->ahead;
    drive->token_error = drive->ahead_error;
    if (drive->token.kind <= 0)
        return; /* nothing after the end, and nothing to trust after a broken token */
    (void)!lexer_next(&drive->lexer, &drive->ahead, &drive->ahead_error);
}

void drive_init(struct drive *drive, struct arena *arena, struct str text, size_t offset, struct error *error) {
    *drive = (struct drive){.build = {.arena = arena, .text = text, .error = error}};
    lexer_init(&drive->lexer, text, offset);
    drive->machine = machine_new(&drive->build);
    (void)!lexer_next(&drive->lexer, &drive->ahead, &drive->ahead_error);
    do
        read_ahead(drive);
    while (drive->token.kind == TOKEN_SEMICOLON);
    drive->build.end = drive->token.position;
}

void drive_release(struct drive *drive) {
    machine_free(drive->machine);
    drive->machine = NULL;
}

static bool accepts_ahead(const struct drive *drive, int kind) {
    const struct sql_token *ahead = &drive->ahead;
    if (ahead->kind < 0)
        return machine_accepts(drive->machine, kind);
    return machine_accepts_two(drive->machine, kind, ahead->kind) ||
           (ahead->soft && machine_accepts_two(drive->machine, kind, TOKEN_NAME)) ||
           (ahead->kind == TOKEN_SEMICOLON && machine_accepts_two(drive->machine, kind, 0));
}

/* WITH TIME ZONE after a type is told from any other WITH by its second word. */
static int zone_word(const struct drive *drive, int kind) {
    bool zone = drive->ahead.kind == TOKEN_TIME || drive->ahead.kind == TOKEN_LOCAL;
    int word = kind == TOKEN_WITH ? TOKEN_WITH_ZONE : TOKEN_WITHOUT_ZONE;
    return zone && machine_accepts(drive->machine, word) ? word : kind;
}

static int meant(const struct drive *drive) {
    const struct sql_token *token = &drive->token;
    if (token->kind == TOKEN_WITH || token->kind == TOKEN_WITHOUT) {
        int word = zone_word(drive, token->kind);
        if (word != token->kind || !token->soft)
            return word;
    }
    if (!token->soft)
        return token->kind;
    bool fits = machine_accepts(drive->machine, token->kind);
    if (fits && accepts_ahead(drive, token->kind))
        return token->kind;
    if (machine_accepts(drive->machine, TOKEN_NAME) && (!fits || accepts_ahead(drive, TOKEN_NAME)))
        return TOKEN_NAME;
    return fits ? token->kind : TOKEN_NAME;
}

/* Deep nesting is refused where it goes too deep, not when it comes back. */
static void count_nesting(struct drive *drive, int kind) {
    switch (kind) {
    case TOKEN_LEFT_PAREN:
    case TOKEN_LEFT_BRACKET:
    case TOKEN_CASE: drive->nesting++; break;
    case TOKEN_RIGHT_PAREN:
    case TOKEN_RIGHT_BRACKET: drive->nesting -= drive->nesting > 0; break;
    case TOKEN_END: drive->nesting -= drive->nesting > 0; break;
    default: break;
    }
    if (drive->nesting > SQL_NESTING_LIMIT || machine_stack_size(drive->machine) > STACK_LIMIT)
        build_too_deep(&drive->build, drive->token.position);
}

enum status drive_step(struct drive *drive) {
    struct sql_token *token = &drive->token;
    if (token->kind < 0) {
        drive->build.status = drive->token_error.status;
        if (drive->build.error)
            *drive->build.error = drive->token_error;
        return drive->build.status;
    }
    token->kind = meant(drive);
    count_nesting(drive, token->kind);
    if (drive->build.status == STATUS_OK)
        machine_feed(drive->machine, *token);
    TRY(drive->build.status);
    drive->build.end = token_end(*token);
    drive->last = *token;
    read_ahead(drive);
    return STATUS_OK;
}

void drive_until(struct drive *drive, sql_position position) {
    while (drive->token.kind > 0 && drive->token.position < position)
        if (drive_step(drive) != STATUS_OK)
            return;
}

bool drive_at_end(const struct drive *drive) {
    return drive->token.kind == 0 ||
           (drive->token.kind == TOKEN_SEMICOLON && !machine_accepts(drive->machine, TOKEN_SEMICOLON));
}

enum status drive_finish(struct drive *drive) {
    struct sql_token end = drive->token;
    end.kind = 0;
    machine_feed(drive->machine, end);
    if (drive->build.refused)
        drive->build.refused_token = drive->token;
    return drive->build.status;
}
