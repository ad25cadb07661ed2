/* script.c: see script.h. Scanning for the end of a statement starts at its beginning: for long statements it waits for a
 * line with a semicolon, so that a statement of many lines does not cost their square. */
#include "cli/script.h"

#include <ctype.h>
#include <string.h>

#include "cli/client.h"
#include "cli/line_reader.h"
#include "cli/shell.h"
#include "core/base/arena.h"
#include "grammar/parser.h"

enum { SHORT_BYTES = 1 << 14 };

void script_begin(struct script *script, struct shell *shell, const char *file) {
    *script = (struct script){.file = file, .includer = shell->script};
    strbuf_init(&script->text);
    shell->script = script;
    shell->was_stopped = false;
}

void script_finish(struct script *script, struct shell *shell) {
    strbuf_release(&script->text);
    shell->script = script->includer;
}

static unsigned count_lines(const char *data, size_t size) {
    unsigned lines = 0;
    for (const char *p = data; p && (p = memchr(p, '\n', size - (size_t)(p - data))) != NULL; p++)
        lines++;
    return lines;
}

static bool has_more(const struct script *script, size_t from) {
    return str_trim((struct str){script->text.data + from, script->text.size - from}).size > 0;
}

static void drop(struct script *script, size_t size) {
    if (size)
        memmove(script->text.data, script->text.data + size, script->text.size - size);
    script->text.size -= size;
}

static bool must_end(const struct shell *shell) {
    return shell->wants_quit || shell->was_stopped;
}

static enum status execute(struct shell *shell, struct str statement, unsigned lines_before) {
    struct report_source source = {shell->script->file, statement, lines_before};
    if (shell->reader && !shell->script->file)
        line_reader_remember(shell->reader, statement);
    enum status status = client_execute(shell->client, &source, SESSION_SEQUENTIAL);
    shell->wants_quit |= session_wants_quit(shell->client->session);
    shell->was_stopped = session_was_stopped(shell->client->session);
    return status;
}

/* Executes the complete statements at the front of the text and removes them. */
static enum status execute_complete(struct shell *shell) {
    struct script *script = shell->script;
    size_t done = 0;
    enum status status = STATUS_OK;
    bool complete = true;
    while (has_more(script, done)) {
        size_t end = sql_statement_end(strbuf_str(&script->text), done, &complete);
        if (!complete)
            break;
        status = execute(shell, (struct str){script->text.data + done, end - done}, script->lines_before);
        script->lines_before += count_lines(script->text.data + done, end - done);
        done = end;
        if (status != STATUS_OK || must_end(shell))
            break;
    }
    drop(script, complete ? script->text.size : done);
    return status;
}

/* \r and its like are taken where a statement is being written, but not in the middle of a string. */
static bool ends_inside(const struct strbuf *text) {
    struct arena arena;
    struct sql_expected expected = {0};
    if (!text->size)
        return false;
    arena_init(&arena);
    sql_expected_tokens(&arena, strbuf_str(text), &expected);
    bool inside = expected.inside;
    arena_release(&arena);
    return inside;
}

/* ".tables", as in SQLite and DuckDB. */
static bool is_dot_command(const struct shell *shell, struct str line) {
    return shell->client->is_interactive && !shell->script->text.size && line.size > 1 && line.data[0] == '.' &&
           isalpha((unsigned char)line.data[1]);
}

enum status script_line(struct shell *shell, struct str line) {
    struct script *script = shell->script;
    struct str trimmed = str_trim(line);
    if (!script->text.size)
        script->lines_before = script->lines;
    script->lines++;
    if (trimmed.size && trimmed.data[0] == '\\' && !ends_inside(&script->text)) {
        if (shell->reader && !script->file)
            line_reader_remember(shell->reader, trimmed);
        return shell_command(shell, trimmed);
    }
    if (!trimmed.size ? !script->text.size : shell_word(shell, trimmed))
        return STATUS_OK;
    if (is_dot_command(shell, trimmed)) {
        report_line("commands begin with a backslash; \\? lists them");
        return STATUS_OK;
    }
    strbuf_append_str(&script->text, line);
    strbuf_append_char(&script->text, '\n');
    if (script->text.size > SHORT_BYTES && !memchr(line.data, ';', line.size))
        return STATUS_OK;
    return execute_complete(shell);
}

enum status script_go(struct shell *shell) {
    struct script *script = shell->script;
    enum status status =
        has_more(script, 0) ? execute(shell, strbuf_str(&script->text), script->lines_before) : STATUS_OK;
    drop(script, script->text.size);
    return status;
}

enum status script_end(struct shell *shell) {
    return script_go(shell);
}

enum status script_run(struct shell *shell, struct str text, const char *file) {
    struct script script;
    enum status status = STATUS_OK;
    script_begin(&script, shell, file);
    for (size_t at = 0; at < text.size && status == STATUS_OK;) {
        const char *end = memchr(text.data + at, '\n', text.size - at);
        size_t size = end ? (size_t)(end - (text.data + at)) : text.size - at;
        status = script_line(shell, (struct str){text.data + at, size});
        at += size + 1;
        if (must_end(shell))
            break;
    }
    if (status == STATUS_OK && !must_end(shell))
        status = script_end(shell);
    script_finish(&script, shell);
    return status;
}

bool script_has_commands(struct str text) {
    bool at_start = true;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (at_start && c == '\\')
            return true;
        at_start = c == '\n' || (at_start && (c == ' ' || c == '\t'));
    }
    return false;
}
