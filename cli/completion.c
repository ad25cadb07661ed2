/* completion.c: collects candidates by what the grammar expects: keywords always, tables behind FROM and its like,
 * columns and functions where an expression may stand, keys behind SET, names of connectors and formats in WITH. */
#include "cli/completion.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/connector.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/settings.h"
#include "core/functions/aggregate.h"
#include "core/functions/function.h"
#include "grammar/parser.h"
#include "planner/catalogue.h"
#include "server/session.h"

struct finder {
    struct arena *arena;
    struct session *session;
    struct str text;
    struct str partial;
    struct completion *completion;
};

static bool continues(const struct finder *finder, const char *word) {
    return strncasecmp(word, finder->partial.data, finder->partial.size) == 0;
}

static void add(struct finder *finder, const char *word) {
    if (!finder->partial.size || continues(finder, word))
        ARRAY_PUSH(finder->arena, finder->completion, arena_strdup(finder->arena, word));
}

/* In the case that the user types in. */
static void add_keyword(struct finder *finder, const char *word) {
    bool lower = false;
    for (size_t i = 0; i < finder->partial.size; i++)
        lower |= finder->partial.data[i] >= 'a' && finder->partial.data[i] <= 'z';
    add(finder, lower ? text_lower(finder->arena, word) : word);
}

static void add_tables(struct finder *finder) {
    struct catalogue_names names = {0};
    struct error error;
    if (catalogue_list(session_catalogue(finder->session), CATALOGUE_LIST_TABLES, NULL, finder->arena, &names,
                       &error) == STATUS_OK)
        for (size_t i = 0; i < names.count; i++)
            add(finder, names.items[i]);
}

static void add_columns_of(struct finder *finder, const char *table, bool *found) {
    const struct catalogue_object *object = catalogue_find_text(session_catalogue(finder->session), table);
    *found |= object != NULL;
    for (uint32_t column = 0; object && column < object->column_count; column++)
        add(finder, object->columns[column].name);
}

/* Columns of every table: the SELECT list comes before FROM. */
static void add_all_columns(struct finder *finder) {
    struct catalogue_names names = {0};
    struct error error;
    bool found;
    if (catalogue_list(session_catalogue(finder->session), CATALOGUE_LIST_TABLES, NULL, finder->arena, &names,
                       &error) == STATUS_OK)
        for (size_t i = 0; i < names.count; i++)
            add_columns_of(finder, names.items[i], &found);
}

/* Columns of every table that the statement names; of all when it names none yet. */
static void add_columns(struct finder *finder) {
    bool found = false;
    struct sql_token_ranges tokens = {0};
    sql_tokenize(finder->arena, finder->text, &tokens);
    for (unsigned i = 0; i < tokens.count; i++) {
        const struct sql_token_range *token = &tokens.items[i];
        if (token->class != SQL_TOKEN_NAME && token->class != SQL_TOKEN_QUOTED_NAME &&
            token->class != SQL_TOKEN_KEYWORD)
            continue;
        size_t quotes = token->class == SQL_TOKEN_QUOTED_NAME && token->size > 2 ? 1 : 0;
        const char *name =
            arena_strndup(finder->arena, finder->text.data + token->offset + quotes, token->size - 2 * quotes);
        add_columns_of(finder, name, &found);
    }
    if (!found && finder->partial.size)
        add_all_columns(finder);
}

static void add_functions(struct finder *finder) {
    uint32_t count;
    const char *const *names = function_names(&count);
    for (uint32_t i = 0; i < count; i++)
        if (names[i][0] >= 'a' && names[i][0] <= 'z' && !strchr(names[i], ' '))
            add_keyword(finder, arena_printf(finder->arena, "%s(", names[i]));
    const struct aggregate *aggregates = aggregate_table(&count);
    for (uint32_t i = 0; i < count; i++)
        add_keyword(finder, arena_printf(finder->arena, "%s(", aggregates[i].name));
}

static void add_settings(struct finder *finder) {
    for (enum setting setting = 0; setting < SETTING_COUNT; setting++)
        add(finder, setting_spec(setting)->key);
}

static void add_connectors(struct finder *finder) {
    const struct connector_registry *registry = catalogue_registry(session_catalogue(finder->session));
    for (const struct connector_class *const *connector = registry->connectors; *connector; connector++)
        add(finder, (*connector)->name);
}

static void add_formats(struct finder *finder) {
    const struct connector_registry *registry = catalogue_registry(session_catalogue(finder->session));
    for (const struct format_class *const *format = registry->formats; *format; format++)
        add(finder, (*format)->name);
}

static bool ends_with_ignore_case(struct str text, const char *end) {
    size_t size = strlen(end);
    return text.size >= size && strncasecmp(text.data + text.size - size, end, size) == 0;
}

/* Inside of a string: a setting's key, a connector's or a format's name. */
static void find_in_string(struct finder *finder) {
    size_t quote = finder->text.size;
    while (quote && finder->text.data[quote - 1] != '\'')
        quote--;
    if (!quote)
        return;
    finder->partial = (struct str){finder->text.data + quote, finder->text.size - quote};
    struct str before = str_trim((struct str){finder->text.data, quote - 1});
    finder->completion->ending = "'";
    if (str_equal_ignore_case(before, STR("SET")) || str_equal_ignore_case(before, STR("RESET")))
        add_settings(finder);
    else if (ends_with_ignore_case(before, "'connector' =") || ends_with_ignore_case(before, "'connector'="))
        add_connectors(finder);
    else if (ends_with_ignore_case(before, "format' =") || ends_with_ignore_case(before, "format'="))
        add_formats(finder);
}

static bool names_table(const char *after) {
    static const char *const words[] = {"FROM", "JOIN", "INTO", "TABLE", "DESCRIBE", "DESC", "VIEW", "EXISTS"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(after, words[i]) == 0)
            return true;
    return false;
}

static int compare_words(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_and_unite(struct completion *completion) {
    size_t kept = 0;
    if (completion->count)
        qsort(completion->items, completion->count, sizeof *completion->items, compare_words);
    for (size_t i = 0; i < completion->count; i++)
        if (i == 0 || strcmp(completion->items[i], completion->items[kept - 1]) != 0)
            completion->items[kept++] = completion->items[i];
    completion->count = kept;
}

void completion_find(struct arena *arena, struct session *session, struct str text, struct completion *completion) {
    struct sql_expected expected;
    *completion = (struct completion){.ending = " "};
    sql_expected_tokens(arena, text, &expected);
    struct finder finder = {
        .arena = arena, .session = session, .text = text, .partial = expected.partial, .completion = completion};
    if (expected.inside) {
        find_in_string(&finder);
    } else {
        for (size_t i = 0; i < expected.word_count; i++)
            if (expected.words[i][0] >= 'A' && expected.words[i][0] <= 'Z')
                add_keyword(&finder, expected.words[i]);
        if (expected.name && names_table(expected.after)) {
            add_tables(&finder);
        } else if (expected.expression) {
            add_columns(&finder);
            if (expected.partial.size)
                add_functions(&finder);
        }
    }
    completion->partial_size = finder.partial.size;
    sort_and_unite(completion);
}

size_t completion_common_size(const struct completion *completion) {
    if (!completion->count)
        return 0;
    size_t size = strlen(completion->items[0]);
    for (size_t i = 1; i < completion->count; i++) {
        size_t same = 0;
        while (same < size && completion->items[i][same] == completion->items[0][same])
            same++;
        size = same;
    }
    return size;
}
