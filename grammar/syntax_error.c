/* syntax_error.c: messages for text that the grammar refuses.
 *
 * The state of the refusing machine is of no use, for it may have reduced on the way to its refusal. So the statement is
 * fed again to a fresh one, up to the place in question, and that one is asked which tokens it could take. */
#include "grammar/syntax_error.h"

#include "grammar/keywords.h"
#include "grammar/sql.h"

enum { EXPECTED_SHOWN = 12, TOKEN_SHOWN = 60, CANDIDATES_MAX = 512 };

/* A machine that has read everything before `position`. Release with replay_release. */
struct replay {
    struct arena arena;
    struct drive drive;
};

static void replay_init(struct replay *replay, struct str text, size_t offset, sql_position position) {
    arena_init(&replay->arena);
    drive_init(&replay->drive, &replay->arena, text, offset, NULL);
    drive_until(&replay->drive, position);
}

static void replay_release(struct replay *replay) {
    drive_release(&replay->drive);
    arena_release(&replay->arena);
}

/* --- expected tokens --- */

/* One bit a token. */
struct token_set {
    bool has[512];
};

static void acceptable(const struct sql_machine *machine, struct token_set *set) {
    memset(set, 0, sizeof *set);
    ASSERT(machine_token_count() <= (int)COUNT_OF(set->has));
    for (int kind = 0; kind < machine_token_count(); kind++)
        set->has[kind] = machine_accepts(machine, kind);
}

static void acceptable_after(const char *text, struct token_set *set) {
    struct replay replay;
    replay_init(&replay, str_from(text), 0, (sql_position)strlen(text) + 1);
    acceptable(replay.drive.machine, set);
    replay_release(&replay);
}

static void remove_all(struct token_set *set, const struct token_set *gone) {
    for (size_t i = 0; i < COUNT_OF(set->has); i++)
        set->has[i] = set->has[i] && !gone->has[i];
}

/* What may begin an expression, and what may continue one, are said in one word each. */
static void summarise(struct token_set *set, bool *expression, bool *operator) {
    struct token_set begin, go_on;
    acceptable_after("SELECT CAST (", &begin);
    acceptable_after("SELECT CAST ( a", &go_on);
    go_on.has[TOKEN_AS] = go_on.has[0] = false;
    *expression = set->has[TOKEN_INTEGER] && set->has[TOKEN_CASE] && set->has[TOKEN_NAME];
    *operator= set->has[TOKEN_PLUS] && set->has[TOKEN_CONCAT] && !* expression;
    if (*expression)
        remove_all(set, &begin);
    if (*operator)
        remove_all(set, &go_on);
    set->has[TOKEN_HINT_OPEN] = false; /* nobody looks for one */
}

struct list {
    struct str items[EXPECTED_SHOWN];
    size_t count;
    bool more;
};

static void list_add(struct list *list, const char *item) {
    if (item == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i], str_from(item)))
            return;
    if (list->count < EXPECTED_SHOWN)
        list->items[list->count++] = str_from(item);
    else
        list->more = true;
}

/* What ends or goes on with a list, then words in the order that sql.y gives them, then other signs. */
static int rank(int kind, const char *name) {
    return kind == TOKEN_RIGHT_PAREN || kind == TOKEN_COMMA ? 0 : name[0] == '\'' ? 2 : 1;
}

static void collect(struct list *list, const struct token_set *set, bool expression, bool operator) {
    if (expression)
        list_add(list, "an expression");
    if (set->has[TOKEN_NAME])
        list_add(list, "a name");
    for (int wanted = 0; wanted < 3; wanted++)
        for (int kind = 1; kind < machine_token_count(); kind++) {
            const char *name = set->has[kind] ? token_name(kind) : NULL;
            if (name && rank(kind, name) == wanted)
                list_add(list, name);
        }
    if (operator)
        list_add(list, "an operator");
    if (set->has[0])
        list_add(list, "the end of the statement");
}

static void describe_expected(struct error *error, const struct sql_machine *machine) {
    struct token_set set;
    struct list list = {0};
    bool expression, operator;
    acceptable(machine, &set);
    summarise(&set, &expression, &operator);
    collect(&list, &set, expression, operator);
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < list.count; i++)
        strbuf_printf(&text, "%s%.*s", i ? ", " : "", STR_FORMAT(list.items[i]));
    if (list.count)
        error_detail(error, "expected %s%s%s", list.count > 1 ? "one of: " : "", strbuf_text(&text),
                     list.more ? ", ..." : "");
    strbuf_release(&text);
}

/* --- hints --- */

/* The keyword nearest to a word among those that could stand here with `ahead` after them; NULL when none is near. */
static const char *nearest_keyword(const struct sql_machine *machine, struct sql_token word,
                                   const struct sql_token *ahead) {
    if (word.size == 0 || word.size > 40 || word.data[0] == '`' || word.data[0] == '"')
        return NULL;
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < keyword_count && count < CANDIDATES_MAX; i++) {
        int kind = keywords[i].token;
        if (machine_accepts_two(machine, kind, ahead->kind < 0 ? TOKEN_NAME : ahead->kind) ||
            (ahead->soft && machine_accepts_two(machine, kind, TOKEN_NAME)) ||
            (ahead->kind == TOKEN_SEMICOLON && machine_accepts_two(machine, kind, 0)))
            candidates[count++] = keywords[i].name;
    }
    char text[48];
    memcpy(text, word.data, word.size);
    text[word.size] = '\0';
    const char *nearest = text_nearest(text, candidates, count);
    return nearest && !text_equal_ignore_case(nearest, text) ? nearest : NULL;
}

static bool is_word(struct sql_token token) {
    return token.size &&
           ((token.data[0] >= 'a' && token.data[0] <= 'z') || (token.data[0] >= 'A' && token.data[0] <= 'Z'));
}

/* Words that begin the next clause more often than they are meant as a name. */
static bool begins_clause(int kind) {
    static const int kinds[] = {TOKEN_FROM, TOKEN_WHERE, TOKEN_HAVING, TOKEN_ON,   TOKEN_SELECT, TOKEN_UNION,
                                TOKEN_JOIN, TOKEN_AND,   TOKEN_OR,     TOKEN_THEN, TOKEN_WHEN,   TOKEN_ELSE};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static bool reserved_as_name(const struct drive *drive, struct sql_token token) {
    if (!is_word(token) || keyword_find(token_text(token)) == NULL || !machine_accepts(drive->machine, TOKEN_NAME))
        return false;
    int last = drive->last.kind;
    return last == TOKEN_AS || last == TOKEN_DOT || !begins_clause(token.kind);
}

/* SET 'key' and no more. */
static bool is_setting_key(const struct drive *drive) {
    return machine_accepts(drive->machine, TOKEN_TO) && machine_accepts(drive->machine, TOKEN_EQUAL);
}

static void hint(struct error *error, const struct replay *here, struct sql_token token) {
    const struct drive *drive = &here->drive;
    const char *nearest = is_word(token) ? nearest_keyword(drive->machine, token, &drive->ahead) : NULL;
    int last = drive->last.kind;
    if (nearest)
        error_hint(error, "did you mean %s?", nearest);
    else if (reserved_as_name(drive, token))
        error_hint(error, "%.*s is a reserved word; as a name it is written `%.*s`", (int)token.size, token.data,
                   (int)token.size, token.data);
    else if (last == TOKEN_COMMA && token.kind > 0)
        error_hint(error, "remove the comma before it, or write what should follow the comma");
    else if (token.kind == TOKEN_EQUAL && last == TOKEN_EQUAL)
        error_hint(error, "equality is written with one =");
    else if ((token.kind == 0 || token.kind == TOKEN_SEMICOLON) && is_setting_key(drive))
        error_hint(error, "SET 'key' = 'value' changes a setting, SHOW 'key' shows it");
    else if (is_word(token) && last == TOKEN_STRING && token_end(drive->last) == token.position)
        error_hint(error, "a quote inside a string is written twice: ''");
    else if (token.kind == TOKEN_HINT_OPEN)
        error_hint(error,
                   "a hint may stand after SELECT and after a table name; a comment is written /* without the +");
    else if (machine_accepts(drive->machine, TOKEN_ON) && machine_accepts(drive->machine, TOKEN_USING))
        error_hint(error, "a join needs ON or USING");
}

/* --- the message --- */

static void message(struct error *error, struct sql_token token, sql_position end) {
    if (token.kind == 0) {
        FAIL_AT(error, end, STATUS_SYNTAX_ERROR, "syntax error at the end of the text: the statement is not complete");
        return;
    }
    size_t size = token.size > TOKEN_SHOWN ? TOKEN_SHOWN : token.size;
    size = utf8_validate(token.data, size); /* not half a character */
    FAIL_AT(error, token.position, STATUS_SYNTAX_ERROR, "syntax error at \"%.*s%s\"", (int)size, token.data,
            size < token.size ? "..." : "");
}

/* `SELECT a FORM t`: FORM was taken for an alias, and the refused token is t. True when the token before the refused one
 * is near to a keyword that would have let it pass. */
static bool blame_previous(struct error *error, const struct drive *drive, size_t offset, struct sql_token refused) {
    struct sql_token previous = drive->last;
    if (previous.kind != TOKEN_NAME)
        return false;
    struct replay before;
    replay_init(&before, drive->build.text, offset, previous.position);
    const char *nearest = nearest_keyword(before.drive.machine, previous, &refused);
    if (nearest) {
        message(error, previous, previous.position);
        describe_expected(error, before.drive.machine);
        error_hint(error, "did you mean %s?", nearest);
    }
    replay_release(&before);
    return nearest != NULL;
}

void syntax_error_describe(const struct drive *drive, size_t offset) {
    struct error *error = drive->build.error;
    struct sql_token refused = drive->build.refused_token;
    if (error == NULL)
        return;
    struct replay here;
    replay_init(&here, drive->build.text, offset, refused.position);
    struct sql_token as_written = here.drive.token;
    if (as_written.kind < 0) /* cannot be: it was a token before */
        as_written = refused;
    message(error, as_written, drive->build.end);
    describe_expected(error, here.drive.machine);
    hint(error, &here, as_written);
    if (error->hint[0] == '\0')
        blame_previous(error, &here.drive, offset, as_written);
    replay_release(&here);
}
