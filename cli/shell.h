/* shell.h: the interactive program: reads statements and backslash commands until \q or the end of input. */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct client;
struct line_reader;

struct shell {
    struct client *client;
    struct line_reader *reader;
    bool wants_quit;
    bool is_expanded;          /* \x */
    const char *chosen_format; /* --format or \format; NULL: by where the output goes */
    char *output_path;         /* \o; owned */
};

/* Returns the exit status. From a pipe the first error ends it. */
int shell_run(struct client *client);

/* Executes a line that starts with a backslash; failures are reported. shell_commands.c */
enum status shell_command(struct shell *shell, struct str line);
/* Names of all backslash commands, for completion; NULL-terminated. */
const char *const *shell_command_names(void);
