/* shell.h: the program that reads statements and backslash commands until \q or the end of input. */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct client;
struct line_reader;
struct script;

struct shell {
    struct client *client;
    struct line_reader *reader; /* NULL: texts of -c and -f */
    struct script *script;      /* whose lines are being executed: the innermost one */
    bool wants_quit;
    bool was_stopped;          /* a signal stopped the last statement */
    bool is_expanded;          /* \x */
    const char *chosen_format; /* --format or \format; NULL: by where the output goes */
    char *output_path;         /* \o; owned */
};

/* The client is borrowed, and must be closed before the shell is released: it may write to the file of \o. */
void shell_init(struct shell *shell, struct client *client);
void shell_release(struct shell *shell);
/* Lines from the terminal or a pipe. Returns the exit status. From a pipe the first error ends it. */
int shell_run(struct shell *shell);

/* Executes a line that starts with a backslash; failures are reported. shell_commands.c */
enum status shell_command(struct shell *shell, struct str line);
/* A line that is one word: quit, exit and help need no semicolon. False when the line belongs to a statement. */
bool shell_word(struct shell *shell, struct str line);
struct arena;
struct completion;
/* Candidates for the end of a line that starts with a backslash. */
void shell_complete_command(struct shell *shell, struct arena *arena, struct str text, struct completion *completion);
