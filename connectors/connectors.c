/* connectors.c: finds connectors and formats by name and checks WITH clauses against their option tables.
 *
 * Which keys a table may have: the few that every connector understands, the connector's own, and those of its formats
 * behind the format's name ("json.ignore-parse-errors"; "value.json." and "key.json." when a table has two formats).
 */
#include "connectors/connectors.h"

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/hash.h"

static const struct connector_class *const builtin_connectors[] = {
#define CONNECTOR(name) &name##_connector,
#define FORMAT(name)
#include "connectors/connectors.def"
#undef CONNECTOR
#undef FORMAT
    NULL,
};

static const struct format_class *const builtin_formats[] = {
#define CONNECTOR(name)
#define FORMAT(name) &name##_format,
#include "connectors/connectors.def"
#undef CONNECTOR
#undef FORMAT
    NULL,
};

static const struct connector_registry builtin_registry = {builtin_connectors, builtin_formats};

const struct connector_registry *connectors_builtin(void) {
    return &builtin_registry;
}

static const struct option_spec every_table[] = {
    {"connector", OPTION_STRING, NULL, true, NULL, "name of the connector"},
    {"property-version", OPTION_INT, "1", false, NULL, "accepted for Flink's sake"},
    {"scan.parallelism", OPTION_COUNT, NULL, false, NULL, "tasks that read the table, at most"},
    {"sink.parallelism", OPTION_COUNT, NULL, false, NULL, "tasks that write the table, at most"},
    {0},
};

static const struct option_spec format_keys[] = {
    {"format", OPTION_STRING, NULL, false, NULL, "format of the records"},
    {0},
};

const struct connector_class *connector_find(const struct connector_registry *registry, const char *name) {
    for (const struct connector_class *const *connector = registry->connectors; *connector; connector++)
        if (strcmp((*connector)->name, name) == 0)
            return *connector;
    return NULL;
}

const struct format_class *format_find(const struct connector_registry *registry, const char *name) {
    for (const struct format_class *const *format = registry->formats; *format; format++)
        if (strcmp((*format)->name, name) == 0)
            return *format;
    return NULL;
}

enum { CANDIDATES_MAX = 256 };

struct candidates {
    const char *names[CANDIDATES_MAX];
    size_t count;
};

static void candidate_add(struct candidates *candidates, const char *name) {
    if (candidates->count < CANDIDATES_MAX)
        candidates->names[candidates->count++] = name;
}

/* Hint: the nearest name, or, when there is none near, all of them. */
static void hint_names(struct error *error, const char *name, const struct candidates *candidates, const char *what) {
    const char *nearest = text_nearest(name, candidates->names, candidates->count);
    if (nearest) {
        error_hint(error, "did you mean \"%s\"?", nearest);
        return;
    }
    struct strbuf list;
    strbuf_init(&list);
    for (size_t i = 0; i < candidates->count; i++)
        strbuf_printf(&list, "%s%s", i ? ", " : "", candidates->names[i]);
    error_hint(error, "%s: %s", what, strbuf_text(&list));
    strbuf_release(&list);
}

static int option_index_of(const struct options *options, const char *key) {
    for (size_t i = 0; i < options->map.count; i++)
        if (strcmp(options->map.entries[i].key, key) == 0)
            return (int)i;
    return -1;
}

static enum status find_connector(const struct connector_registry *registry, const struct options *options,
                                  const struct connector_class **connector, struct error *error) {
    struct candidates candidates = {.count = 0};
    for (size_t i = 0; registry->connectors[i]; i++)
        candidate_add(&candidates, registry->connectors[i]->name);
    const char *name = options_find(options, "connector");
    if (!name) {
        FAIL(error, STATUS_INVALID_OPTION, "option \"connector\" is missing");
        hint_names(error, "", &candidates, "connectors");
        return STATUS_INVALID_OPTION;
    }
    *connector = connector_find(registry, name);
    if (*connector)
        return STATUS_OK;
    FAIL(error, STATUS_INVALID_OPTION, "unknown connector \"%s\"", name);
    hint_names(error, name, &candidates, "connectors");
    return STATUS_INVALID_OPTION;
}

/* The format that `key` names, NULL when the key is not given. */
static enum status find_format(const struct connector_registry *registry, const struct options *options,
                               const char *key, const struct format_class **format, struct error *error) {
    const char *name = options_find(options, key);
    *format = name ? format_find(registry, name) : NULL;
    if (!name || *format)
        return STATUS_OK;
    struct candidates candidates = {.count = 0};
    for (size_t i = 0; registry->formats[i]; i++)
        candidate_add(&candidates, registry->formats[i]->name);
    FAIL(error, STATUS_INVALID_OPTION, "unknown format \"%s\"", name);
    hint_names(error, name, &candidates, "formats");
    return STATUS_INVALID_OPTION;
}

struct validation {
    const struct connector_registry *registry;
    const struct options *options;
    const struct connector_class *connector;
    const struct format_class *value_format;
    const struct format_class *key_format;
    bool value_prefix; /* written as 'value.format': its options may start with "value." */
};

/* Strips "<prefix><format's name>." off the key; NULL when it does not start so. */
static const char *format_option(const struct format_class *format, const char *prefix, const char *key) {
    size_t prefix_size = strlen(prefix);
    if (!format || strncmp(key, prefix, prefix_size) != 0)
        return NULL;
    size_t name_size = strlen(format->name);
    key += prefix_size;
    return strncmp(key, format->name, name_size) == 0 && key[name_size] == '.' ? key + name_size + 1 : NULL;
}

static const struct option_spec *find_spec(const struct validation *validation, const char *key) {
    const struct option_spec *spec = option_spec_find(validation->connector->options, key);
    if (!spec)
        spec = option_spec_find(every_table, key);
    if (!spec && validation->connector->uses_format)
        spec = option_spec_find(format_keys, key);
    if (spec)
        return spec;
    const char *rest = format_option(validation->value_format, "", key);
    if (!rest && validation->value_prefix)
        rest = format_option(validation->value_format, "value.", key);
    if (rest)
        return option_spec_find(validation->value_format->options, rest);
    rest = format_option(validation->key_format, "key.", key);
    return rest ? option_spec_find(validation->key_format->options, rest) : NULL;
}

static void add_specs(struct candidates *candidates, struct arena *arena, const struct option_spec *specs,
                      const char *prefix, const char *format) {
    for (; specs && specs->name; specs++)
        if (!strchr(specs->name, '*'))
            candidate_add(candidates, arena_printf(arena, "%s%s%s%s", prefix, format, *format ? "." : "", specs->name));
}

static enum status unknown_option(const struct validation *validation, const char *key, struct error *error) {
    struct arena arena;
    arena_init(&arena);
    struct candidates candidates = {.count = 0};
    add_specs(&candidates, &arena, validation->connector->options, "", "");
    if (validation->connector->uses_format)
        add_specs(&candidates, &arena, format_keys, "", "");
    if (validation->value_format)
        add_specs(&candidates, &arena, validation->value_format->options, validation->value_prefix ? "value." : "",
                  validation->value_format->name);
    if (validation->key_format)
        add_specs(&candidates, &arena, validation->key_format->options, "key.", validation->key_format->name);
    FAIL(error, STATUS_INVALID_OPTION, "connector \"%s\" has no option \"%s\"", validation->connector->name, key);
    hint_names(error, key, &candidates, "options");
    arena_release(&arena);
    return STATUS_INVALID_OPTION;
}

static enum status check_required(const struct connector_class *connector, const struct options *options,
                                  struct error *error) {
    for (const struct option_spec *spec = connector->options; spec && spec->name; spec++)
        if (spec->required && !options_find(options, spec->name)) {
            FAIL(error, STATUS_INVALID_OPTION, "connector \"%s\" needs the option \"%s\"", connector->name, spec->name);
            error_hint(error, "%s", spec->documentation);
            return STATUS_INVALID_OPTION;
        }
    return STATUS_OK;
}

static enum status check_keys(const struct validation *validation, int *option_index, struct error *error) {
    const struct map *map = &validation->options->map;
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->entries[i].key;
        *option_index = (int)i;
        const struct option_spec *spec = find_spec(validation, key);
        if (!spec)
            return unknown_option(validation, key, error);
        TRY(option_check(spec, key, map->entries[i].value, error));
    }
    *option_index = -1;
    return check_required(validation->connector, validation->options, error);
}

static enum status find_formats(struct validation *validation, int *option_index, struct error *error) {
    const struct options *options = validation->options;
    validation->value_prefix = option_spec_find(validation->connector->options, "value.format") != NULL &&
                               options_find(options, "value.format") != NULL;
    const char *key = validation->value_prefix ? "value.format" : "format";
    *option_index = option_index_of(options, key);
    TRY(find_format(validation->registry, options, key, &validation->value_format, error));
    if (option_spec_find(validation->connector->options, "key.format")) {
        *option_index = option_index_of(options, "key.format");
        TRY(find_format(validation->registry, options, "key.format", &validation->key_format, error));
    }
    *option_index = -1;
    if (!validation->value_format) {
        FAIL(error, STATUS_INVALID_OPTION, "connector \"%s\" needs the option \"format\"", validation->connector->name);
        error_hint(error, "for example 'format' = 'json'");
        return STATUS_INVALID_OPTION;
    }
    return STATUS_OK;
}

/* The option that an error of a connector or a format speaks of: messages quote its key, a format's without "key." or "value.". -1: none. */
static int option_spoken_of(const struct options *options, const char *message) {
    const char *open = strchr(message, '"'), *close = open ? strchr(open + 1, '"') : NULL;
    if (!close)
        return -1;
    struct str quoted = {open + 1, (size_t)(close - open - 1)};
    for (size_t i = 0; i < options->map.count; i++) {
        struct str key = str_from(options->map.entries[i].key);
        if (str_equal(key, quoted))
            return (int)i;
    }
    for (size_t i = 0; i < options->map.count; i++) {
        const char *key = options->map.entries[i].key, *dot = strchr(key, '.');
        if (dot && str_equal(str_from(dot + 1), quoted))
            return (int)i;
    }
    return -1;
}

static enum status validate_all(const struct validation *validation, const struct schema *schema, struct error *error) {
    const struct format_class *format = validation->value_format;
    if (format && format->validate && !validation->connector->validates_formats)
        TRY(format->validate(schema, validation->options, error));
    return validation->connector->validate ? validation->connector->validate(schema, validation->options, error)
                                           : STATUS_OK;
}

enum status connector_validate(const struct connector_registry *registry, const struct options *options,
                               const struct schema *schema, const struct connector_class **connector,
                               const struct format_class **format, int *option_index, struct error *error) {
    struct validation validation = {.registry = registry, .options = options};
    int ignored_index;
    if (!option_index)
        option_index = &ignored_index;
    *option_index = option_index_of(options, "connector");
    TRY(find_connector(registry, options, &validation.connector, error));
    *option_index = -1;
    if (validation.connector->uses_format)
        TRY(find_formats(&validation, option_index, error));
    TRY(check_keys(&validation, option_index, error));
    *option_index = -1;
    enum status status = validate_all(&validation, schema, error);
    if (status != STATUS_OK) {
        if (error && (status == STATUS_INVALID_OPTION || status == STATUS_INVALID_REGEX))
            *option_index = option_spoken_of(options, error->message);
        return status;
    }
    *connector = validation.connector;
    if (format)
        *format = validation.value_format;
    return STATUS_OK;
}

uint32_t split_owner(const char *name, uint32_t number, uint32_t instance_count) {
    return instance_count > 1 ? (uint32_t)((hash_bytes(name, strlen(name)) + number) % instance_count) : 0;
}

bool split_is_own(const struct source_config *config, const char *name, uint32_t number) {
    return split_owner(name, number, config->instance_count) == config->instance;
}
