/* shell_commands.c: the backslash commands: one row each in the table at the end. Part of shell.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/completion.h"
#include "cli/printer.h"
#include "cli/script.h"
#include "cli/shell.h"
#include "cli/text_file.h"
#include "core/base/arena.h"
#include "core/base/array.h"

/* What the argument is, for completion. */
enum argument { NO_ARGUMENT, ANY_ARGUMENT, TABLE_NAME, FUNCTION_NAME, SETTING_KEY, FORMAT_NAME, ON_OR_OFF, FILE_NAME };

struct command {
    const char *name;
    const char *argument;      /* for help; "" when there is none */
    const char *documentation; /* NULL: another name of the command above, which help leaves out */
    enum status (*run)(struct shell *shell, const char *argument);
    enum argument kind;
};

/* "file:line: " in front of what a command says, when it stands in a script. */
static const char *place_of(struct arena *arena, const struct shell *shell) {
    const struct script *script = shell->script;
    return script->file ? arena_printf(arena, "%s:%u: ", script->file, script->lines) : "";
}

static enum status fail(const struct shell *shell, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);
static enum status fail(const struct shell *shell, enum status status, const char *format, ...) {
    struct arena arena;
    struct strbuf text;
    va_list arguments;
    arena_init(&arena);
    strbuf_init(&text);
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    report_line("%s%s", place_of(&arena, shell), strbuf_text(&text));
    strbuf_release(&text);
    arena_release(&arena);
    return status;
}

static enum status fail_with(const struct shell *shell, const struct error *error) {
    return fail(shell, error->status, "ERROR %s: %s", status_sqlstate(error->status), error->message);
}

static enum status execute(struct shell *shell, const char *format, ...) PRINTF_LIKE(2, 3);
static enum status execute(struct shell *shell, const char *format, ...) {
    struct strbuf text;
    va_list arguments;
    strbuf_init(&text);
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    struct report_source source = {.text = strbuf_str(&text)};
    enum status status = client_execute(shell->client, &source, SESSION_SEQUENTIAL);
    strbuf_release(&text);
    return status;
}

/* "LIKE '...'" for a pattern as psql has it: * and ? stand for % and _; nothing without a pattern. */
static void append_pattern(struct strbuf *text, const char *pattern) {
    if (pattern[0])
        strbuf_append_text(text, " LIKE '");
    for (const char *p = pattern; *p; p++) {
        if (*p == '\'')
            strbuf_append_char(text, '\'');
        strbuf_append_char(text, *p == '*' ? '%' : *p == '?' ? '_' : *p);
    }
    if (pattern[0])
        strbuf_append_char(text, '\'');
}

static enum status show(struct shell *shell, const char *what, const char *pattern) {
    struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text, "SHOW %s", what);
    append_pattern(&text, pattern);
    enum status status = execute(shell, "%s", strbuf_text(&text));
    strbuf_release(&text);
    return status;
}

static enum status run_describe(struct shell *shell, const char *argument) {
    if (strpbrk(argument, "*?%"))
        return show(shell, "TABLES", argument);
    return argument[0] ? execute(shell, "DESCRIBE %s", argument) : execute(shell, "SHOW TABLES");
}

static enum status run_tables(struct shell *shell, const char *argument) {
    return show(shell, "TABLES", argument);
}

static enum status run_views(struct shell *shell, const char *argument) {
    return show(shell, "VIEWS", argument);
}

static enum status run_functions(struct shell *shell, const char *argument) {
    return show(shell, "FUNCTIONS", argument);
}

static enum status run_databases(struct shell *shell, const char *argument) {
    return show(shell, "DATABASES", argument);
}

static enum status run_use(struct shell *shell, const char *argument) {
    return argument[0] ? execute(shell, "USE %s", argument) : execute(shell, "SHOW CURRENT DATABASE");
}

static enum status run_set(struct shell *shell, const char *argument) {
    struct str rest = str_from(argument);
    if (!rest.size)
        return execute(shell, "SET");
    size_t key = 0;
    while (key < rest.size && rest.data[key] != ' ' && rest.data[key] != '=')
        key++;
    struct str value = str_trim((struct str){rest.data + key, rest.size - key});
    if (value.size && value.data[0] == '=')
        value = str_trim((struct str){value.data + 1, value.size - 1});
    if (value.size > 1 && value.data[0] == '\'' && value.data[value.size - 1] == '\'')
        value = (struct str){value.data + 1, value.size - 2};
    if (!value.size)
        return execute(shell, "SHOW '%.*s'", (int)key, rest.data);
    return execute(shell, "SET '%.*s' = '%.*s'", (int)key, rest.data, STR_FORMAT(value));
}

/* "on", "off" or nothing: the other way. */
static enum status take_switch(const struct shell *shell, const char *argument, bool *is_on) {
    if (strcmp(argument, "on") == 0 || strcmp(argument, "off") == 0 || !argument[0]) {
        *is_on = argument[0] ? strcmp(argument, "on") == 0 : !*is_on;
        return STATUS_OK;
    }
    return fail(shell, STATUS_INVALID_OPTION,
                "write on or off, not \"%s\"; without it the command switches to the other", argument);
}

static enum status run_timing(struct shell *shell, const char *argument) {
    enum status status = take_switch(shell, argument, &shell->client->shows_timing);
    if (status == STATUS_OK)
        report_line("timing is %s", shell->client->shows_timing ? "on" : "off");
    return status;
}

static enum status run_pager(struct shell *shell, const char *argument) {
    enum status status = take_switch(shell, argument, &shell->client->pages);
    if (status == STATUS_OK)
        report_line("the pager is %s", shell->client->pages ? "on" : "off");
    return status;
}

static void choose_format(struct shell *shell) {
    shell->client->format = shell->is_expanded ? "vertical" : shell->chosen_format;
}

static enum status run_expanded(struct shell *shell, const char *argument) {
    enum status status = take_switch(shell, argument, &shell->is_expanded);
    choose_format(shell);
    if (status == STATUS_OK)
        report_line("one column a line is %s", shell->is_expanded ? "on" : "off");
    return status;
}

static enum status run_format(struct shell *shell, const char *argument) {
    static const char *const changelog = "changelog";
    const struct printer_class *class = printer_class_find(argument);
    if (!class && strcmp(argument, changelog) != 0) {
        struct strbuf names = {0};
        for (const struct printer_class *const *each = printer_classes(); *each; each++)
            strbuf_printf(&names, "%s, ", (*each)->name);
        enum status status = argument[0] ? STATUS_INVALID_OPTION : STATUS_OK;
        status = fail(shell, status, "formats are %s%s", strbuf_text(&names), changelog);
        strbuf_release(&names);
        return status;
    }
    shell->chosen_format = class ? class->name : changelog;
    shell->is_expanded = false;
    choose_format(shell);
    return STATUS_OK;
}

enum { INCLUDES_MAX = 50 };

/* A relative name is meant from the folder of the script that it stands in; on the terminal from the working folder. */
static const char *resolve(struct arena *arena, const struct script *script, const char *name) {
    const char *slash = script->file ? strrchr(script->file, '/') : NULL;
    if (name[0] == '~' && name[1] == '/' && getenv("HOME"))
        return arena_printf(arena, "%s%s", getenv("HOME"), name + 1);
    if (!slash || name[0] == '/')
        return name;
    return arena_printf(arena, "%.*s/%s", (int)(slash - script->file), script->file, name);
}

static unsigned depth_of(const struct script *script) {
    unsigned depth = 0;
    for (; script; script = script->includer)
        depth++;
    return depth;
}

static enum status read_include(struct shell *shell, const char *path, struct strbuf *text, struct error *error) {
    if (depth_of(shell->script) > INCLUDES_MAX)
        return FAIL(error, STATUS_TOO_COMPLEX, "\"%s\" is included more than %d levels deep: does it include itself?",
                    path, INCLUDES_MAX);
    return text_file_read(path, text, error);
}

static enum status run_include(struct shell *shell, const char *argument) {
    struct error error = {0};
    struct strbuf text;
    struct arena arena;
    if (!argument[0])
        return fail(shell, STATUS_INVALID_OPTION, "\\i needs the name of a file");
    arena_init(&arena);
    strbuf_init(&text);
    const char *path = resolve(&arena, shell->script, argument);
    enum status status = read_include(shell, path, &text, &error);
    status = status == STATUS_OK ? script_run(shell, strbuf_str(&text), path) : fail_with(shell, &error);
    strbuf_release(&text);
    arena_release(&arena);
    return status;
}

static enum status run_output(struct shell *shell, const char *argument) {
    struct error error = {0};
    char *path = argument[0] ? memory_strdup(argument) : NULL;
    if (client_output(shell->client, path, &error) != STATUS_OK) {
        free(path);
        return fail_with(shell, &error);
    }
    free(shell->output_path);
    shell->output_path = path;
    return STATUS_OK;
}

static enum status run_quit(struct shell *shell, const char *argument) {
    (void)argument;
    shell->wants_quit = true;
    return STATUS_OK;
}

static enum status run_print(struct shell *shell, const char *argument) {
    (void)argument;
    struct str text = str_trim(strbuf_str(&shell->script->text));
    report_line("%.*s", STR_FORMAT(text.size ? text : STR("nothing is being written")));
    return STATUS_OK;
}

static enum status run_reset(struct shell *shell, const char *argument) {
    (void)argument;
    strbuf_reset(&shell->script->text);
    return STATUS_OK;
}

static enum status run_go(struct shell *shell, const char *argument) {
    (void)argument;
    return script_go(shell);
}

static enum status run_echo(struct shell *shell, const char *argument) {
    struct error error = {0};
    strbuf_printf(&shell->client->console.pending, "%s\n", argument);
    return console_flush(&shell->client->console, &error) == STATUS_OK ? STATUS_OK : fail_with(shell, &error);
}

static enum status run_help(struct shell *shell, const char *argument);

static const struct command commands[] = {
    {"\\?", "", "this list", run_help, NO_ARGUMENT},
    {"\\h", "", NULL, run_help, NO_ARGUMENT},
    {"\\help", "", NULL, run_help, NO_ARGUMENT},
    {"\\q", "", "quit (Ctrl-D, quit and exit do too)", run_quit, NO_ARGUMENT},
    {"\\quit", "", NULL, run_quit, NO_ARGUMENT},
    {"\\d", "[NAME]", "the columns of a table or view; without a name all tables", run_describe, TABLE_NAME},
    {"\\dt", "[PATTERN]", "tables and views, such as \\dt w*", run_tables, TABLE_NAME},
    {"\\dv", "[PATTERN]", "views", run_views, TABLE_NAME},
    {"\\df", "[PATTERN]", "functions, such as \\df to_*", run_functions, FUNCTION_NAME},
    {"\\l", "[PATTERN]", "databases", run_databases, ANY_ARGUMENT},
    {"\\c", "[DATABASE]", "use a database; without a name, which one is used", run_use, ANY_ARGUMENT},
    {"\\set", "[KEY [VALUE]]", "settings", run_set, SETTING_KEY},
    {"\\timing", "[on|off]", "say how long statements take", run_timing, ON_OR_OFF},
    {"\\x", "[on|off]", "one column a line", run_expanded, ON_OR_OFF},
    {"\\pager", "[on|off]", "show long results screen by screen, with $PAGER or less", run_pager, ON_OR_OFF},
    {"\\format", "[FORMAT]", "how rows are printed", run_format, FORMAT_NAME},
    {"\\i", "FILE", "execute a file; in a file, named from that file's folder", run_include, FILE_NAME},
    {"\\ir", "FILE", NULL, run_include, FILE_NAME},
    {"\\o", "[FILE]", "send rows to a file; without a name to the terminal again", run_output, FILE_NAME},
    {"\\echo", "[TEXT]", "print a text among the rows", run_echo, ANY_ARGUMENT},
    {"\\p", "", "print the statement that is being written", run_print, NO_ARGUMENT},
    {"\\r", "", "drop it", run_reset, NO_ARGUMENT},
    {"\\g", "", "execute it, as ; does", run_go, NO_ARGUMENT},
};

static enum status run_help(struct shell *shell, const char *argument) {
    (void)shell;
    (void)argument;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        char left[40];
        if (!commands[i].documentation)
            continue;
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].argument);
        report_line("  %-20s %s", left, commands[i].documentation);
    }
    report_line("Statements end with ; and may span lines. Tab completes, Ctrl-C stops a query,\n"
                "Ctrl-R searches what was typed before. SHOW FUNCTIONS, SHOW CONNECTORS, SHOW\n"
                "FORMATS and SET list what there is.");
    return STATUS_OK;
}

/* psql's \d+ says more than \d; ours says all that there is. */
static const struct command *find_command(const char *name, size_t size) {
    if (size > 2 && name[size - 1] == '+' && name[1] == 'd')
        size--;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strlen(commands[i].name) == size && strncmp(commands[i].name, name, size) == 0)
            return &commands[i];
    return NULL;
}

static enum status unknown_command(const struct shell *shell, const char *name) {
    const char *names[COUNT_OF(commands)];
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        names[i] = commands[i].name;
    const char *nearest = text_nearest(name, names, COUNT_OF(commands));
    if (nearest)
        return fail(shell, STATUS_SYNTAX_ERROR, "there is no command %s (did you mean %s?); \\? lists them", name,
                    nearest);
    return fail(shell, STATUS_SYNTAX_ERROR, "there is no command %s; \\? lists them", name);
}

static size_t name_size(struct str line) {
    size_t size = 0;
    while (size < line.size && !strchr(" \t;", line.data[size]))
        size++;
    return size;
}

enum status shell_command(struct shell *shell, struct str line) {
    size_t size = name_size(line);
    struct str rest = str_trim((struct str){line.data + size, line.size - size});
    while (rest.size && rest.data[rest.size - 1] == ';')
        rest = str_trim((struct str){rest.data, rest.size - 1});
    struct arena arena;
    arena_init(&arena);
    const char *name = str_copy(&arena, (struct str){line.data, size}), *argument = str_copy(&arena, rest);
    const struct command *command = find_command(name, size);
    enum status status;
    if (!command)
        status = unknown_command(shell, name);
    else if (command->kind == NO_ARGUMENT && argument[0])
        status = fail(shell, STATUS_SYNTAX_ERROR, "%s takes no argument", name);
    else
        status = command->run(shell, argument);
    arena_release(&arena);
    return status;
}

bool shell_word(struct shell *shell, struct str line) {
    static const struct {
        struct str word;
        enum status (*run)(struct shell *shell, const char *argument);
    } words[] = {{STR("quit"), run_quit}, {STR("exit"), run_quit}, {STR("help"), run_help}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!str_equal_ignore_case(line, words[i].word))
            continue;
        if (!shell->script->text.size)
            return words[i].run(shell, "") == STATUS_OK;
        if (shell->client->is_interactive)
            report_line("a statement is being written: ; ends it, \\r drops it, \\q quits");
        return false;
    }
    return false;
}

void shell_complete_command(struct shell *shell, struct arena *arena, struct str text, struct completion *completion) {
    static const enum completion_names names[] = {
        [TABLE_NAME] = COMPLETION_TABLES,    [FUNCTION_NAME] = COMPLETION_FUNCTIONS,
        [SETTING_KEY] = COMPLETION_SETTINGS, [FORMAT_NAME] = COMPLETION_PRINTERS,
        [ON_OR_OFF] = COMPLETION_ON_AND_OFF, [FILE_NAME] = COMPLETION_FILES};
    size_t size = name_size(text);
    if (size == text.size) {
        *completion = (struct completion){.ending = " ", .partial_size = text.size};
        for (size_t i = 0; i < COUNT_OF(commands); i++)
            if (commands[i].documentation && strncmp(commands[i].name, text.data, size) == 0)
                ARRAY_PUSH(arena, completion, commands[i].name);
        return;
    }
    const struct command *command = find_command(text.data, size);
    while (size < text.size && (text.data[size] == ' ' || text.data[size] == '\t'))
        size++;
    struct str partial = {text.data + size, text.size - size};
    *completion = (struct completion){.ending = " "};
    if (command && command->kind != NO_ARGUMENT && command->kind != ANY_ARGUMENT &&
        !memchr(partial.data, ' ', partial.size))
        completion_find_names(arena, shell->client->session, names[command->kind], partial, completion);
}
