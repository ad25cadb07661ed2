/* script.h: lines that become statements and backslash commands, whether they come from the terminal, a pipe or a file.
 *
 * A statement ends with its semicolon, however many lines it has. A line that begins with a backslash, outside of strings and
 * comments, is a command; the statement that is being written stays as it is, unless the command is about it (\r, \g).
 */
#pragma once

#include "core/base/status.h"
#include "core/base/str.h"

struct shell;

struct script {
    const char *file;        /* for messages, and what \i inside of it starts from; NULL: the terminal, or -c */
    struct strbuf text;      /* of the statement that is not complete yet, in whole lines */
    unsigned lines;          /* taken so far */
    unsigned lines_before;   /* of them, those before `text` */
    struct script *includer; /* NULL: none */
};

/* Makes it the shell's innermost script. `file` is borrowed. */
void script_begin(struct script *script, struct shell *shell, const char *file);
/* Gives what was not complete up; the shell's script is the includer again. */
void script_finish(struct script *script, struct shell *shell);

/* The next line of the shell's script, without its line break. Executes what it completes; failures were reported, and what
 * the line holds behind the failed statement is dropped. */
enum status script_line(struct shell *shell, struct str line);
/* The end of the lines: executes a last statement without its semicolon. */
enum status script_end(struct shell *shell);
/* Executes what was written so far as if it ended with a semicolon. */
enum status script_go(struct shell *shell);

/* All lines of a text, up to the first failure, \q, or a statement that a signal stopped. */
enum status script_run(struct shell *shell, struct str text, const char *file);
/* True when a line of the text begins with a backslash. */
bool script_has_commands(struct str text);
