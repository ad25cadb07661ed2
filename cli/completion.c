/* completion.c: collects candidates by what the grammar expects: keywords always, tables behind FROM and its like,
 * columns and functions where an expression may stand, keys behind SET, names of connectors and formats in WITH. */
#include "cli/completion.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/printer.h"
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
    bool found = false;
    if (catalogue_list(session_catalogue(finder->session), CATALOGUE_LIST_TABLES, NULL, finder->arena, &names,
                       &error) == STATUS_OK)
        for (size_t i = 0; i < names.count; i++)
            add_columns_of(finder, names.items[i], &found);
}

static const char *token_name_of(const struct finder *finder, const struct sql_token_range *token) {
    bool is_quoted = token->class == SQL_TOKEN_QUOTED_NAME || token->class == SQL_TOKEN_STRING;
    size_t quotes = is_quoted && token->size > 1 ? 1 : 0;
    return arena_strndup(finder->arena, finder->text.data + token->offset + quotes, token->size - 2 * quotes);
}

/* Columns of every table that the statement names; of all when it names none yet. */
static void add_columns(struct finder *finder) {
    bool found = false;
    struct sql_token_ranges tokens = {0};
    sql_tokenize(finder->arena, finder->text, &tokens);
    for (unsigned i = 0; i < tokens.count; i++) {
        const struct sql_token_range *token = &tokens.items[i];
        if (token->class == SQL_TOKEN_NAME || token->class == SQL_TOKEN_QUOTED_NAME ||
            token->class == SQL_TOKEN_KEYWORD)
            add_columns_of(finder, token_name_of(finder, token), &found);
    }
    if (!found && finder->partial.size)
        add_all_columns(finder);
}

static void add_function_names(struct finder *finder, const char *suffix) {
    uint32_t count;
    const char *const *names = function_names(&count);
    for (uint32_t i = 0; i < count; i++)
        if (names[i][0] >= 'a' && names[i][0] <= 'z' && !strchr(names[i], ' '))
            add_keyword(finder, arena_printf(finder->arena, "%s%s", names[i], suffix));
    const struct aggregate *aggregates = aggregate_table(&count);
    for (uint32_t i = 0; i < count; i++)
        add_keyword(finder, arena_printf(finder->arena, "%s%s", aggregates[i].name, suffix));
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

/* The value behind 'key' = in the statement so far; NULL when it has none. */
static const char *option_value(const struct finder *finder, const char *key) {
    struct sql_token_ranges tokens = {0};
    sql_tokenize(finder->arena, finder->text, &tokens);
    for (unsigned i = 0; i + 2 < tokens.count; i++)
        if (tokens.items[i].class == SQL_TOKEN_STRING && tokens.items[i + 2].class == SQL_TOKEN_STRING &&
            strcmp(token_name_of(finder, &tokens.items[i]), key) == 0)
            return token_name_of(finder, &tokens.items[i + 2]);
    return NULL;
}

/* A pattern ("properties.*") gives what stands before its star. */
static void add_option_keys(struct finder *finder, const struct option_spec *specs, const char *prefix) {
    for (const struct option_spec *spec = specs; spec && spec->name; spec++)
        add(finder, arena_printf(finder->arena, "%s%.*s", prefix, (int)strcspn(spec->name, "*"), spec->name));
}

/* Keys that the connector and the formats named so far have. */
static void add_options(struct finder *finder) {
    const struct connector_registry *registry = catalogue_registry(session_catalogue(finder->session));
    const char *connector_name = option_value(finder, "connector");
    if (!connector_name)
        add(finder, "connector");
    for (const struct connector_class *const *connector = registry->connectors; *connector; connector++) {
        if (!connector_name || strcmp((*connector)->name, connector_name) != 0)
            continue;
        add_option_keys(finder, (*connector)->options, "");
        if ((*connector)->uses_format)
            add(finder, "format");
    }
    const char *format_name = option_value(finder, "format");
    for (const struct format_class *const *format = registry->formats; *format; format++)
        if (format_name && strcmp((*format)->name, format_name) == 0)
            add_option_keys(finder, (*format)->options, arena_printf(finder->arena, "%s.", format_name));
}

/* Inside of a string: a setting's key, a key of WITH, a connector's or a format's name. */
static void find_in_string(struct finder *finder, const char *after, struct str before) {
    finder->completion->ending = "'";
    if (str_equal_ignore_case(before, STR("SET")) || str_equal_ignore_case(before, STR("RESET")))
        add_settings(finder);
    else if (ends_with_ignore_case(before, "'connector' =") || ends_with_ignore_case(before, "'connector'="))
        add_connectors(finder);
    else if (ends_with_ignore_case(before, "format' =") || ends_with_ignore_case(before, "format'="))
        add_formats(finder);
    else if ((strcmp(after, "WITH") == 0 || strcmp(after, "SET") == 0) &&
             (ends_with_ignore_case(before, "(") || ends_with_ignore_case(before, ",")))
        add_options(finder);
}

static bool names_table(const char *after) {
    static const char *const words[] = {"FROM", "JOIN", "INTO", "TABLE", "DESCRIBE", "DESC", "VIEW", "EXISTS"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(after, words[i]) == 0)
            return true;
    return false;
}

/* Inside of a string or of a quoted name that is not closed yet: what was typed of it begins behind the quote. */
static void find_in_quotes(struct finder *finder, const char *after) {
    struct sql_token_ranges tokens = {0};
    sql_tokenize(finder->arena, finder->text, &tokens);
    if (!tokens.count)
        return;
    size_t quote = tokens.items[tokens.count - 1].offset;
    char kind = finder->text.data[quote];
    finder->partial = (struct str){finder->text.data + quote + 1, finder->text.size - quote - 1};
    if (kind == '\'') {
        find_in_string(finder, after, str_trim((struct str){finder->text.data, quote}));
    } else if (kind == '`' || kind == '"') {
        finder->completion->ending = kind == '`' ? "`" : "\"";
        if (names_table(after))
            add_tables(finder);
        else
            add_columns(finder);
    }
}

/* The table that a name stands for: itself, or what it is an alias of. NULL: it is not known (yet). */
static const char *table_of(const struct finder *finder, const char *name) {
    const struct catalogue *catalogue = session_catalogue(finder->session);
    struct sql_token_ranges tokens = {0};
    sql_tokenize(finder->arena, finder->text, &tokens);
    for (unsigned i = 0; i + 1 < tokens.count; i++) {
        const char *table = token_name_of(finder, &tokens.items[i]);
        unsigned next = i + 1;
        if (next + 1 < tokens.count && strcasecmp(token_name_of(finder, &tokens.items[next]), "AS") == 0)
            next++;
        if (strcmp(token_name_of(finder, &tokens.items[next]), name) == 0 && catalogue_find_text(catalogue, table))
            return table;
    }
    return catalogue_find_text(catalogue, name) ? name : NULL;
}

/* "name.part": a column of what the name stands for. False when the text does not end so. */
static bool find_qualified(struct finder *finder) {
    size_t end = finder->text.size - finder->partial.size, start;
    if (!end || finder->text.data[end - 1] != '.')
        return false;
    for (start = --end;
         start && (isalnum((unsigned char)finder->text.data[start - 1]) || finder->text.data[start - 1] == '_');)
        start--;
    const char *table = table_of(finder, arena_strndup(finder->arena, finder->text.data + start, end - start));
    bool found = false;
    if (table)
        add_columns_of(finder, table, &found);
    else
        add_all_columns(finder);
    return true;
}

/* The folder of the partial name is kept as it was typed. */
static void add_files(struct finder *finder) {
    const char *partial = str_copy(finder->arena, finder->partial), *slash = strrchr(partial, '/');
    size_t folder_size = slash ? (size_t)(slash - partial) + 1 : 0;
    const char *folder = folder_size ? arena_strndup(finder->arena, partial, folder_size) : "./";
    DIR *files = opendir(folder);
    for (struct dirent *file; files && (file = readdir(files)) != NULL;) {
        struct stat entry;
        const char *path = arena_printf(finder->arena, "%s%s", folder, file->d_name);
        bool is_hidden = file->d_name[0] == '.' && partial[folder_size] != '.';
        bool is_folder = stat(path, &entry) == 0 && S_ISDIR(entry.st_mode);
        path = arena_printf(finder->arena, "%.*s%s%s", (int)folder_size, partial, file->d_name, is_folder ? "/" : "");
        if (!is_hidden && strncmp(path, partial, finder->partial.size) == 0)
            ARRAY_PUSH(finder->arena, finder->completion, path);
    }
    if (files)
        closedir(files);
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
        find_in_quotes(&finder, expected.after);
    } else if (!find_qualified(&finder)) {
        for (size_t i = 0; i < expected.word_count; i++)
            if (expected.words[i][0] >= 'A' && expected.words[i][0] <= 'Z')
                add_keyword(&finder, expected.words[i]);
        if (expected.name && names_table(expected.after)) {
            add_tables(&finder);
        } else if (expected.expression) {
            add_columns(&finder);
            if (expected.partial.size)
                add_function_names(&finder, "(");
        }
    }
    completion->partial_size = finder.partial.size;
    sort_and_unite(completion);
}

void completion_find_names(struct arena *arena, struct session *session, enum completion_names names,
                           struct str partial, struct completion *completion) {
    struct finder finder = {.arena = arena, .session = session, .partial = partial, .completion = completion};
    *completion = (struct completion){.ending = "", .partial_size = partial.size};
    switch (names) {
    case COMPLETION_TABLES: add_tables(&finder); break;
    case COMPLETION_FUNCTIONS: add_function_names(&finder, ""); break;
    case COMPLETION_SETTINGS:
        add_settings(&finder);
        completion->ending = " ";
        break;
    case COMPLETION_PRINTERS:
        for (const struct printer_class *const *class = printer_classes(); *class; class ++)
            add(&finder, (*class)->name);
        add(&finder, "changelog");
        break;
    case COMPLETION_ON_AND_OFF:
        add(&finder, "on");
        add(&finder, "off");
        break;
    case COMPLETION_FILES: add_files(&finder); break;
    }
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
