/* arguments.c: one table of flags, one of subcommands, one of environment variables. */
#include "cli/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/printer.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/data/batch.h"

enum flag {
#define FLAG(name, long_name, short_name, value, documentation) FLAG_##name,
#include "cli/flags.def"
#undef FLAG
    FLAG_COUNT
};

static const struct flag_spec {
    const char *long_name, *short_name, *value, *documentation;
} flags[FLAG_COUNT] = {
#define FLAG(name, long_name, short_name, value, documentation) {long_name, short_name, value, documentation},
#include "cli/flags.def"
#undef FLAG
};

enum subcommand {
    SUBCOMMAND_RUN,
    SUBCOMMAND_VERIFY,
    SUBCOMMAND_DEMO,
    SUBCOMMAND_HELP,
    SUBCOMMAND_VERSION,
    SUBCOMMAND_LATER
};

static const struct subcommand_spec {
    const char *name;
    enum subcommand subcommand;
} subcommands[] = {
    {"run", SUBCOMMAND_RUN},         {"demo", SUBCOMMAND_DEMO},     {"help", SUBCOMMAND_HELP},
    {"version", SUBCOMMAND_VERSION}, {"server", SUBCOMMAND_LATER},  {"coordinator", SUBCOMMAND_LATER},
    {"worker", SUBCOMMAND_LATER},    {"submit", SUBCOMMAND_LATER},  {"jobs", SUBCOMMAND_LATER},
    {"status", SUBCOMMAND_LATER},    {"cancel", SUBCOMMAND_LATER},  {"savepoint", SUBCOMMAND_LATER},
    {"export", SUBCOMMAND_LATER},    {"verify", SUBCOMMAND_VERIFY},
};

void arguments_print_help(struct strbuf *out) {
    strbuf_append_text(out,
                       "streamsql runs continuous SQL over streams.\n\n"
                       "  streamsql                      the shell, on the embedded engine\n"
                       "  streamsql -c \"SQL; SQL\"        run statements, print their rows\n"
                       "  streamsql -f FILE              the same from a file; - is stdin\n"
                       "  streamsql < FILE               the same, statement by statement\n"
                       "  streamsql run FILE.sql         run a script as a job until it ends or SIGINT\n"
                       "  streamsql verify FILE.sql      prove that what the script's jobs published is whole, once\n"
                       "  streamsql demo                 the weather query on generated readings\n\n"
                       "Flags\n");
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        char left[64];
        if (!flags[i].documentation)
            continue;
        snprintf(left, sizeof left, "%s%s%s%s%s", flags[i].short_name ? flags[i].short_name : "    ",
                 flags[i].short_name ? ", " : "", flags[i].long_name, flags[i].value ? " " : "",
                 flags[i].value ? flags[i].value : "");
        strbuf_printf(out, "  %-32s %s\n", left, flags[i].documentation);
    }
    strbuf_append_text(
        out, "\nEnvironment\n"
             "  CHECKPOINT_PATH, GCS_CHECKPOINT_PATH   where jobs (run) have their checkpoints\n"
             "  CHECKPOINT_INTERVAL                    milliseconds between them\n"
             "  STATE_BACKEND                          memory or rocksdb, where --state-backend is not given\n"
             "  TASK_SLOTS                             slots of a worker: checked, of no use without workers\n"
             "  PAGER                                  shows the shell's long results; unset: less, empty: none\n"
             "  LOG_LEVEL                              debug, info, warn (when not given), error or off\n\n"
             "Results go to stdout, everything else to stderr. Exit status: 0; 1 after an error; 2 when\n"
             "called wrongly; 128 + N when signal N ended it (130: Ctrl-C). A job (run) is meant to be\n"
             "ended by a signal: 0, unless it takes a second one. Ctrl-C ends with a last checkpoint.\n");
}

enum { CHECKPOINT_INTERVAL_US = 10000000 }; /* when not given */

static enum status not_yet(const char *what, struct error *error) {
    return FAIL(error, STATUS_UNSUPPORTED, "%s is not in this build yet", what);
}

static enum status parse_count(const char *what, const char *text, int64_t least, int64_t most, int64_t *value,
                               struct error *error) {
    if (int_parse(str_from(text), value) && *value >= least && *value <= most)
        return STATUS_OK;
    return FAIL(error, STATUS_INVALID_OPTION, "%s takes a whole number from %lld to %lld, not \"%s\"", what,
                (long long)least, (long long)most, text);
}

static enum status take_setting(struct arguments *arguments, struct arena *arena, const char *value,
                                struct error *error) {
    const char *equals = strchr(value, '=');
    if (!equals || equals == value)
        return FAIL(error, STATUS_INVALID_OPTION, "--set takes KEY=VALUE, not \"%s\"", value);
    struct set_argument set = {arena_strndup(arena, value, (size_t)(equals - value)), equals + 1};
    ARRAY_PUSH(arena, &arguments->settings, set);
    return STATUS_OK;
}

static enum status take_format(struct arguments *arguments, const char *value, struct error *error) {
    if (!printer_class_find(value) && strcmp(value, "changelog") != 0) {
        const char *names[16] = {"changelog"};
        size_t count = 1;
        for (const struct printer_class *const *class = printer_classes(); *class && count < COUNT_OF(names); class ++)
            names[count++] = (*class)->name;
        const char *nearest = text_nearest(value, names, count);
        enum status status = FAIL(error, STATUS_INVALID_OPTION, "there is no format \"%s\"", value);
        if (nearest)
            error_hint(error, "did you mean \"%s\"?", nearest);
        else
            error_hint(error, "formats are table, csv, tsv, json, jsonl, vertical, changelog");
        return status;
    }
    arguments->format = value;
    return STATUS_OK;
}

static enum status check_backend(const char *what, const char *value, struct error *error) {
    if (strcmp(value, "memory") == 0 || strcmp(value, "rocksdb") == 0)
        return STATUS_OK;
    return FAIL(error, STATUS_INVALID_OPTION, "%s is memory or rocksdb, not \"%s\"", what, value);
}

/* The setting, under a name of its own. */
static enum status take_parallelism(struct arguments *arguments, struct arena *arena, const char *value,
                                    struct error *error) {
    int64_t count;
    TRY(parse_count("--parallelism", value, 1, 1024, &count, error));
    return take_setting(arguments, arena, arena_printf(arena, "parallelism.default=%lld", (long long)count), error);
}

static void take_input(struct arguments *arguments, struct arena *arena, bool is_file, const char *text) {
    struct input_text input = {is_file, text};
    ARRAY_PUSH(arena, &arguments->inputs, input);
    if (arguments->command == COMMAND_SHELL)
        arguments->command = COMMAND_TEXTS;
}

static enum status take_flag(struct arguments *arguments, struct arena *arena, enum flag flag, const char *value,
                             struct error *error) {
    int64_t number = 0;
    switch (flag) {
    case FLAG_COMMAND: take_input(arguments, arena, false, value); break;
    case FLAG_FILE: take_input(arguments, arena, true, value); break;
    case FLAG_FORMAT: return take_format(arguments, value, error);
    case FLAG_SET: return take_setting(arguments, arena, value, error);
    case FLAG_DEAD_LETTERS: arguments->dead_letter_path = value; break;
    case FLAG_BATCH_ROWS:
        TRY(parse_count("--batch-rows", value, 1, BATCH_ROWS_MAX, &number, error));
        arguments->batch_rows = (uint32_t)number;
        break;
    case FLAG_PARALLELISM: return take_parallelism(arguments, arena, value, error);
    case FLAG_CHECKPOINT_DIR:
        arguments->checkpoint_uri = value;
        return value[0] ? STATUS_OK : FAIL(error, STATUS_INVALID_OPTION, "--checkpoint-dir needs a place");
    case FLAG_RESUME: arguments->resume = true; break;
    case FLAG_STOP_WITH_SAVEPOINT: arguments->stop_with_savepoint = true; break;
    case FLAG_ACCEPT_PLAN_CHANGE: arguments->accept_plan_change = true; break;
    case FLAG_FROM_SAVEPOINT: arguments->savepoint = value; break;
    case FLAG_CHECKPOINT_INTERVAL:
        TRY(duration_parse(str_from(value), &arguments->checkpoint_interval_us, error));
        if (arguments->checkpoint_interval_us <= 0)
            return FAIL(error, STATUS_INVALID_OPTION, "--checkpoint-interval must be above zero");
        arguments->interval_is_given = true;
        break;
    case FLAG_CHECKPOINT_STOP_AFTER:
        return parse_count("--checkpoint-stop-after", value, 1, INT64_MAX, &arguments->checkpoint_stop_batches, error);
    case FLAG_SERVER: return not_yet(flags[flag].long_name, error);
    case FLAG_STATE_BACKEND: arguments->state_backend = value; return check_backend("--state-backend", value, error);
    case FLAG_DURATION:
        TRY(duration_parse(str_from(value), &arguments->duration_us, error));
        if (arguments->duration_us <= 0)
            return FAIL(error, STATUS_INVALID_OPTION, "--duration must be above zero");
        break;
    case FLAG_ROWS: return parse_count("--rows", value, 1, INT64_MAX, &arguments->rows, error);
    case FLAG_VERSION: arguments->command = COMMAND_VERSION; break;
    case FLAG_HELP: arguments->command = COMMAND_HELP; break;
    case FLAG_LIST_FAULT_POINTS: arguments->command = COMMAND_FAULT_POINTS; break;
    case FLAG_COUNT: UNREACHABLE();
    }
    return STATUS_OK;
}

/* "--name", "--name=value", "-n". Returns FLAG_COUNT when there is none; *value points behind an "=". */
static enum flag find_flag(const char *text, const char **value) {
    *value = NULL;
    for (enum flag flag = 0; flag < FLAG_COUNT; flag++) {
        size_t size = strlen(flags[flag].long_name);
        if (strncmp(text, flags[flag].long_name, size) == 0 && (text[size] == '\0' || text[size] == '=')) {
            *value = text[size] == '=' ? text + size + 1 : NULL;
            return flag;
        }
        if (flags[flag].short_name && strcmp(text, flags[flag].short_name) == 0)
            return flag;
    }
    return FLAG_COUNT;
}

static enum status unknown_flag(const char *text, struct error *error) {
    const char *names[FLAG_COUNT];
    for (size_t i = 0; i < FLAG_COUNT; i++)
        names[i] = flags[i].long_name;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text);
    const char *nearest = text_nearest(name, names, FLAG_COUNT);
    enum status status = FAIL(error, STATUS_INVALID_OPTION, "there is no flag %s", name);
    if (nearest)
        error_hint(error, "did you mean %s?", nearest);
    else
        error_hint(error, "streamsql --help lists all flags");
    return status;
}

static enum status take_subcommand(struct arguments *arguments, const char *name, struct error *error) {
    const char *names[COUNT_OF(subcommands)];
    for (size_t i = 0; i < COUNT_OF(subcommands); i++) {
        names[i] = subcommands[i].name;
        if (strcmp(subcommands[i].name, name) != 0)
            continue;
        switch (subcommands[i].subcommand) {
        case SUBCOMMAND_RUN: arguments->command = COMMAND_RUN; return STATUS_OK;
        case SUBCOMMAND_VERIFY: arguments->command = COMMAND_VERIFY; return STATUS_OK;
        case SUBCOMMAND_DEMO: arguments->command = COMMAND_DEMO; return STATUS_OK;
        case SUBCOMMAND_HELP: arguments->command = COMMAND_HELP; return STATUS_OK;
        case SUBCOMMAND_VERSION: arguments->command = COMMAND_VERSION; return STATUS_OK;
        case SUBCOMMAND_LATER: return FAIL(error, STATUS_UNSUPPORTED, "`streamsql %s` is not in this build yet", name);
        }
    }
    const char *nearest = text_nearest(name, names, COUNT_OF(subcommands));
    size_t size = strlen(name);
    enum status status = FAIL(error, STATUS_INVALID_OPTION, "there is no command \"%s\"", name);
    if (nearest)
        error_hint(error, "did you mean \"%s\"?", nearest);
    else if (size > 4 && strcmp(name + size - 4, ".sql") == 0)
        error_hint(error, "to run a file: streamsql run %s", name);
    return status;
}

/* Subcommands about the jobs of one script. */
static bool takes_script(const struct arguments *arguments) {
    return arguments->command == COMMAND_RUN || arguments->command == COMMAND_VERIFY;
}

static enum status check_combination(const struct arguments *arguments, struct error *error) {
    if (takes_script(arguments) && arguments->inputs.count != 1)
        return FAIL(error, STATUS_INVALID_OPTION, "run and verify take one file: streamsql run FILE.sql");
    if (arguments->command == COMMAND_VERIFY && !arguments->checkpoint_uri)
        return FAIL(error, STATUS_INVALID_OPTION, "verify needs the --checkpoint-dir that the job was run with");
    if (arguments->command == COMMAND_DEMO && arguments->inputs.count)
        return FAIL(error, STATUS_INVALID_OPTION, "demo takes no -c and no -f");
    bool takes_checkpoints = takes_script(arguments) || arguments->command == COMMAND_TEXTS;
    if (arguments->checkpoint_uri && !takes_checkpoints)
        return FAIL(error, STATUS_INVALID_OPTION, "--checkpoint-dir belongs to run, -f and -c");
    bool wants_checkpoints = arguments->interval_is_given || arguments->checkpoint_stop_batches || arguments->resume ||
                             arguments->savepoint || arguments->stop_with_savepoint || arguments->accept_plan_change;
    if (!arguments->checkpoint_uri && wants_checkpoints)
        return FAIL(error, STATUS_INVALID_OPTION, "checkpoints need --checkpoint-dir");
    if (arguments->resume && arguments->savepoint)
        return FAIL(error, STATUS_INVALID_OPTION, "--resume and --from-savepoint exclude each other");
    if (arguments->command != COMMAND_DEMO && arguments->command != COMMAND_HELP &&
        (arguments->duration_us || arguments->rows))
        return FAIL(error, STATUS_INVALID_OPTION, "--duration and --rows belong to demo");
    return STATUS_OK;
}

/* The first of these variables that says something. */
static const char *environment_value(const char *name, const char *other) {
    const char *value = getenv(name);
    if ((!value || !value[0]) && other)
        value = getenv(other);
    return value && value[0] ? value : NULL;
}

/* What flags did not say. A place for checkpoints in the environment is one for jobs (run), not for every SELECT. */
static enum status take_environment(struct arguments *arguments, struct error *error) {
    if (!arguments->state_backend)
        arguments->state_backend = environment_value("STATE_BACKEND", NULL);
    if (!arguments->checkpoint_uri && takes_script(arguments))
        arguments->checkpoint_uri = environment_value("CHECKPOINT_PATH", "GCS_CHECKPOINT_PATH");
    if (!arguments->checkpoint_uri || arguments->checkpoint_interval_us)
        return STATUS_OK;
    int64_t interval_ms = CHECKPOINT_INTERVAL_US / 1000;
    const char *interval = environment_value("CHECKPOINT_INTERVAL", NULL);
    if (interval)
        TRY(parse_count("CHECKPOINT_INTERVAL", interval, 1, 86400000, &interval_ms, error));
    arguments->checkpoint_interval_us = interval_ms * 1000;
    return STATUS_OK;
}

enum status arguments_parse(struct arguments *arguments, struct arena *arena, int argc, char **argv,
                            struct error *error) {
    bool has_subcommand = false;
    *arguments = (struct arguments){.command = COMMAND_SHELL};
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (text[0] != '-' || text[1] == '\0') {
            if (takes_script(arguments) && has_subcommand)
                take_input(arguments, arena, true, text);
            else if (has_subcommand || arguments->command == COMMAND_TEXTS)
                return FAIL(error, STATUS_INVALID_OPTION, "what is \"%s\" for?", text);
            else
                TRY(take_subcommand(arguments, text, error));
            has_subcommand = true;
            continue;
        }
        const char *value;
        enum flag flag = find_flag(text, &value);
        if (flag == FLAG_COUNT)
            return unknown_flag(text, error);
        if (value && !flags[flag].value)
            return FAIL(error, STATUS_INVALID_OPTION, "%s takes no value", flags[flag].long_name);
        if (!value && flags[flag].value) {
            if (i + 1 == argc)
                return FAIL(error, STATUS_INVALID_OPTION, "%s needs a value: %s", text, flags[flag].value);
            value = argv[++i];
        }
        TRY(take_flag(arguments, arena, flag, value, error));
        if (arguments->command == COMMAND_HELP || arguments->command == COMMAND_VERSION)
            return STATUS_OK;
    }
    TRY(take_environment(arguments, error));
    return check_combination(arguments, error);
}

static enum status take_log_level(struct error *error) {
    const char *text = getenv("LOG_LEVEL");
    struct log_config config = {.level = LOG_LEVEL_WARN, .descriptor = STDERR_FILENO};
    if (text && text[0] && !log_level_parse(text, &config.level))
        return FAIL(error, STATUS_INVALID_OPTION, "LOG_LEVEL is debug, info, warn, error or off, not \"%s\"", text);
    log_configure(&config);
    return STATUS_OK;
}

enum status arguments_check_environment(struct error *error) {
    int64_t number;
    TRY(take_log_level(error));
    const char *slots = getenv("TASK_SLOTS");
    if (slots && slots[0])
        TRY(parse_count("TASK_SLOTS", slots, 1, 4096, &number, error));
    const char *backend = getenv("STATE_BACKEND");
    return backend && backend[0] ? check_backend("STATE_BACKEND", backend, error) : STATUS_OK;
}
