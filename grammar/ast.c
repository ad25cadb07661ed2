/* ast.c: names of the kinds of nodes, and the text that a node covers. */
#include "grammar/ast.h"

#include "core/base/arena.h"
#include "core/base/array.h"

const char *ast_statement_name(enum ast_statement_kind kind) {
    static const char *const names[] = {
#define AST_STATEMENT_KIND(name, words, member) [AST_STATEMENT_##name] = words,
        AST_STATEMENT_KINDS(AST_STATEMENT_KIND)
#undef AST_STATEMENT_KIND
    };
    ASSERT((size_t)kind < COUNT_OF(names));
    return names[kind];
}

const char *ast_time_unit_name(enum ast_time_unit unit) {
    static const char *const names[] = {
        [AST_UNIT_NONE] = "",
        [AST_UNIT_MILLENNIUM] = "MILLENNIUM",
        [AST_UNIT_CENTURY] = "CENTURY",
        [AST_UNIT_DECADE] = "DECADE",
        [AST_UNIT_YEAR] = "YEAR",
        [AST_UNIT_ISOYEAR] = "ISOYEAR",
        [AST_UNIT_QUARTER] = "QUARTER",
        [AST_UNIT_MONTH] = "MONTH",
        [AST_UNIT_WEEK] = "WEEK",
        [AST_UNIT_DAY] = "DAY",
        [AST_UNIT_DOW] = "DOW",
        [AST_UNIT_ISODOW] = "ISODOW",
        [AST_UNIT_DOY] = "DOY",
        [AST_UNIT_HOUR] = "HOUR",
        [AST_UNIT_MINUTE] = "MINUTE",
        [AST_UNIT_SECOND] = "SECOND",
        [AST_UNIT_MILLISECOND] = "MILLISECOND",
        [AST_UNIT_MICROSECOND] = "MICROSECOND",
        [AST_UNIT_NANOSECOND] = "NANOSECOND",
        [AST_UNIT_EPOCH] = "EPOCH",
    };
    ASSERT((size_t)unit < COUNT_OF(names));
    return names[unit];
}

const char *ast_object_name(enum ast_object_kind kind) {
    static const char *const names[] = {"table", "view", "materialized view", "function", "catalog", "database"};
    ASSERT((size_t)kind < COUNT_OF(names));
    return names[kind];
}

const char *ast_names_text(struct arena *arena, const struct ast_names *names) {
    struct strbuf buffer;
    strbuf_init(&buffer);
    for (unsigned i = 0; i < names->count; i++) {
        if (i)
            strbuf_append_char(&buffer, '.');
        strbuf_append_text(&buffer, names->items[i].text);
    }
    const char *text = arena_strndup(arena, strbuf_text(&buffer), buffer.size);
    strbuf_release(&buffer);
    return text;
}

struct str ast_text(struct str text, sql_position position, sql_position end) {
    ASSERT(position >= 1 && position <= end && end <= text.size + 1);
    return (struct str){text.data + position - 1, end - position};
}
