/* shell_commands.c: the backslash commands: one row each in the table at the end. Part of shell.h. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/printer.h"
#include "cli/report.h"
#include "cli/shell.h"
#include "cli/text_file.h"
#include "core/base/arena.h"
#include "core/base/array.h"

struct command {
    const char *name;
    const char *argument; /* for help; "" when there is none */
    const char *documentation;
    enum status (*run)(struct shell *shell, const char *argument);
};

static enum status fail(const struct error *error) {
    struct report_source source = {0};
    report_error(&source, error);
    return error->status;
}

static enum status execute(struct shell *shell, const char *format, ...) PRINTF_LIKE(2, 3);
static enum status execute(struct shell *shell, const char *format, ...) {
    struct strbuf text;
    va_list arguments;
    strbuf_init(&text);
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    enum status status = client_execute(shell->client, strbuf_str(&text), NULL, SESSION_SEQUENTIAL);
    strbuf_release(&text);
    return status;
}

static enum status run_describe(struct shell *shell, const char *argument) {
    return argument[0] ? execute(shell, "DESCRIBE %s", argument) : execute(shell, "SHOW TABLES");
}

static enum status run_tables(struct shell *shell, const char *argument) {
    return argument[0] ? execute(shell, "SHOW TABLES LIKE '%s'", argument) : execute(shell, "SHOW TABLES");
}

static enum status run_views(struct shell *shell, const char *argument) {
    (void)argument;
    return execute(shell, "SHOW VIEWS");
}

static enum status run_functions(struct shell *shell, const char *argument) {
    return argument[0] ? execute(shell, "SHOW FUNCTIONS LIKE '%s'", argument) : execute(shell, "SHOW FUNCTIONS");
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
static bool switched(const char *argument, bool now) {
    return strcmp(argument, "on") == 0 || (strcmp(argument, "off") != 0 && !now);
}

static enum status run_timing(struct shell *shell, const char *argument) {
    shell->client->shows_timing = switched(argument, shell->client->shows_timing);
    report_line("timing is %s", shell->client->shows_timing ? "on" : "off");
    return STATUS_OK;
}

static void choose_format(struct shell *shell) {
    shell->client->format = shell->is_expanded ? "vertical" : shell->chosen_format;
}

static enum status run_expanded(struct shell *shell, const char *argument) {
    shell->is_expanded = switched(argument, shell->is_expanded);
    choose_format(shell);
    report_line("one column a line is %s", shell->is_expanded ? "on" : "off");
    return STATUS_OK;
}

static enum status run_format(struct shell *shell, const char *argument) {
    static const char *const changelog = "changelog";
    const struct printer_class *class = printer_class_find(argument);
    if (!class && strcmp(argument, changelog) != 0) {
        struct strbuf names = {0};
        for (const struct printer_class *const *each = printer_classes(); *each; each++)
            strbuf_printf(&names, "%s, ", (*each)->name);
        report_line("formats are %s%s", strbuf_text(&names), changelog);
        strbuf_release(&names);
        return argument[0] ? STATUS_INVALID_OPTION : STATUS_OK;
    }
    shell->chosen_format = class ? class->name : changelog;
    shell->is_expanded = false;
    choose_format(shell);
    return STATUS_OK;
}

static enum status run_include(struct shell *shell, const char *argument) {
    struct error error = {0};
    struct strbuf text;
    strbuf_init(&text);
    enum status status = text_file_read(argument, &text, &error);
    status = status == STATUS_OK ? client_execute(shell->client, strbuf_str(&text), argument, SESSION_SEQUENTIAL)
                                 : fail(&error);
    strbuf_release(&text);
    return status;
}

static enum status run_output(struct shell *shell, const char *argument) {
    struct error error = {0};
    char *path = argument[0] ? memory_strdup(argument) : NULL;
    if (client_output(shell->client, path, &error) != STATUS_OK) {
        free(path);
        return fail(&error);
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

static enum status run_help(struct shell *shell, const char *argument);

static const struct command commands[] = {
    {"\\?", "", "this list", run_help},
    {"\\q", "", "quit (Ctrl-D too)", run_quit},
    {"\\d", "[NAME]", "the columns of a table or view; without a name all tables", run_describe},
    {"\\dt", "[PATTERN]", "tables and views", run_tables},
    {"\\dv", "", "views", run_views},
    {"\\df", "[PATTERN]", "functions, such as \\df to_%", run_functions},
    {"\\set", "[KEY [VALUE]]", "settings", run_set},
    {"\\timing", "[on|off]", "say how long statements take", run_timing},
    {"\\x", "[on|off]", "one column a line", run_expanded},
    {"\\format", "[FORMAT]", "how rows are printed", run_format},
    {"\\i", "FILE", "execute the statements of a file", run_include},
    {"\\o", "[FILE]", "send rows to a file; without a name to the terminal again", run_output},
};

static enum status run_help(struct shell *shell, const char *argument) {
    (void)shell;
    (void)argument;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].argument);
        report_line("  %-24s %s", left, commands[i].documentation);
    }
    report_line("Statements end with ; and may span lines. Tab completes, Ctrl-C stops a query. SHOW FUNCTIONS, SHOW "
                "CONNECTORS,\n"
                "SHOW FORMATS and SET list what there is.");
    return STATUS_OK;
}

const char *const *shell_command_names(void) {
    static const char *names[COUNT_OF(commands) + 1];
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        names[i] = commands[i].name;
    return names;
}

enum status shell_command(struct shell *shell, struct str line) {
    size_t size = 0;
    while (size < line.size && line.data[size] != ' ' && line.data[size] != '\t' && line.data[size] != ';')
        size++;
    struct str rest = str_trim((struct str){line.data + size, line.size - size});
    while (rest.size && rest.data[rest.size - 1] == ';')
        rest = str_trim((struct str){rest.data, rest.size - 1});
    struct arena arena;
    arena_init(&arena);
    const char *name = str_copy(&arena, (struct str){line.data, size}), *argument = str_copy(&arena, rest);
    enum status status = STATUS_SYNTAX_ERROR;
    size_t i = 0;
    while (i < COUNT_OF(commands) && strcmp(commands[i].name, name) != 0)
        i++;
    if (i < COUNT_OF(commands))
        status = commands[i].run(shell, argument);
    else
        report_line("there is no command %s; \\? lists them", name);
    arena_release(&arena);
    return status;
}
