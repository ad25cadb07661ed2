/* arguments.h: the command line and the environment, checked.
 *
 * Flags win over the environment. What this build cannot do is refused by name (UNSUPPORTED), an unknown flag with the nearest
 * one; nothing is ignored.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/array.h"
#include "core/base/status.h"

struct arena;
struct strbuf;

enum arguments_command {
    COMMAND_SHELL,
    COMMAND_TEXTS,
    COMMAND_RUN,
    COMMAND_VERIFY, /* run's file: what its jobs published is compared with their markers */
    COMMAND_DEMO,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_FAULT_POINTS
};

struct input_text {
    bool is_file;
    const char *text; /* SQL, or a path; "-" is stdin */
};
struct set_argument {
    const char *key, *value;
};

struct arguments {
    enum arguments_command command;
    ARRAY_OF(struct input_text) inputs; /* -c and -f in their order; run: the file */
    ARRAY_OF(struct set_argument) settings;
    const char *format; /* NULL: by where the output goes */
    const char *dead_letter_path;
    uint32_t batch_rows;            /* 0: not given */
    const char *checkpoint_uri;     /* NULL: none */
    int64_t checkpoint_interval_us; /* > 0 with a place for checkpoints */
    bool interval_is_given;         /* by the flag: it wins over the script's SET */
    const char *savepoint;          /* NULL: not given */
    bool resume, stop_with_savepoint, accept_plan_change;
    const char *state_backend;       /* memory or rocksdb, by flag or environment; NULL: the session's setting */
    int64_t checkpoint_stop_batches; /* 0: not given */
    int64_t duration_us;             /* demo; 0: not given */
    int64_t rows;                    /* demo; 0: not given */
};

/* Strings are borrowed from argv or live in the arena. UNSUPPORTED: asked for what this build lacks; any other failure is a
 * mistake in how the program was called. */
enum status arguments_parse(struct arguments *arguments, struct arena *arena, int argc, char **argv,
                            struct error *error) MUST_CHECK;
/* The environment variables of the program; unset ones count as absent. Sets the level of the log. */
enum status arguments_check_environment(struct error *error) MUST_CHECK;
void arguments_print_help(struct strbuf *out);
