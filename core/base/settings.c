/* settings.c: the table of settings, and checking of their values.
 * Invariant: values[i].number always belongs to values[i].text, or to the default when text is NULL. */
#include "core/base/settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

static const struct setting_spec specs[SETTING_COUNT] = {
#define SETTING(name, key, type, default_value, bounds, documentation) \
    [SETTING_##name] = {key, SETTING_TYPE_##type, default_value, bounds, documentation},
#include "core/base/settings.def"
#undef SETTING
};

/* What a key of Flink's starts with. */
static const char *const foreign_prefixes[] = {
    "akka.",
    "classloader.",
    "client.",
    "cluster.",
    "env.",
    "execution.",
    "fs.",
    "heartbeat.",
    "high-availability",
    "historyserver.",
    "io.",
    "job-retry-strategy",
    "jobmanager.",
    "kubernetes.",
    "metrics.",
    "parallelism.",
    "pipeline.",
    "rest.",
    "restart-strategy",
    "s3.",
    "security.",
    "sql-client.",
    "sql-gateway.",
    "state.",
    "table.",
    "taskmanager.",
    "web.",
    "yarn.",
};

static const struct foreign_setting {
    const char *start, *values, *hint;
} foreign_settings[] = {
#define FOREIGN_SETTING(start, values, hint) {start, values, hint},
#include "core/base/foreign_settings.def"
#undef FOREIGN_SETTING
};

static const struct foreign_setting *foreign_setting_find(const char *key) {
    for (size_t i = 0; i < COUNT_OF(foreign_settings); i++)
        if (str_starts_with(str_from(key), str_from(foreign_settings[i].start)))
            return &foreign_settings[i];
    return NULL;
}

const char *setting_foreign_hint(const char *key) {
    const struct foreign_setting *foreign = foreign_setting_find(key);
    return foreign ? foreign->hint : NULL;
}

const struct setting_spec *setting_spec(enum setting setting) {
    ASSERT((unsigned)setting < SETTING_COUNT);
    return &specs[setting];
}

/* Flink's older name. */
#define STATE_BACKEND_ALIAS "state.backend"

bool setting_find(const char *key, enum setting *setting) {
    if (strcmp(key, STATE_BACKEND_ALIAS) == 0)
        key = specs[SETTING_STATE_BACKEND].key;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(specs[i].key, key) == 0) {
            *setting = (enum setting)i;
            return true;
        }
    }
    return false;
}

static bool parse_bool(const char *value, int64_t *number) {
    *number = text_equal_ignore_case(value, "true");
    return *number || text_equal_ignore_case(value, "false");
}

/* The index of `value` in "one|other". */
static bool parse_choice(const char *choices, struct str value, int64_t *number) {
    int64_t index = 0;
    for (const char *choice = choices;; index++) {
        size_t size = strcspn(choice, "|");
        if (str_equal_ignore_case(value, (struct str){choice, size})) {
            *number = index;
            return true;
        }
        if (choice[size] == '\0')
            return false;
        choice += size + 1;
    }
}

/* Whether the number lies in "least..most". */
static bool in_bounds(const char *bounds, int64_t number) {
    const char *dots = strstr(bounds, "..");
    int64_t least, most;
    ASSERT(dots && int_parse((struct str){bounds, (size_t)(dots - bounds)}, &least) &&
           int_parse(str_from(dots + 2), &most));
    return number >= least && number <= most;
}

static enum status refuse(const struct setting_spec *spec, const char *value, const char *wanted, struct error *error) {
    FAIL(error, STATUS_INVALID_OPTION, "\"%s\" is not a value of setting '%s'", value, spec->key);
    error_hint(error, "%s", wanted);
    return STATUS_INVALID_OPTION;
}

static enum status check_value(const struct setting_spec *spec, const char *value, int64_t *number,
                               struct error *error) {
    struct str text = str_trim(str_from(value));
    struct error cause = {0};
    uint64_t size_bytes;
    *number = 0;
    switch (spec->type) {
    case SETTING_TYPE_BOOL: return parse_bool(value, number) ? STATUS_OK : refuse(spec, value, "true or false", error);
    case SETTING_TYPE_INT:
        if (int_parse(text, number) && (!spec->bounds || in_bounds(spec->bounds, *number)))
            return STATUS_OK;
        refuse(spec, value, "a whole number", error);
        if (spec->bounds)
            error_hint(error, "a whole number in %s", spec->bounds);
        return STATUS_INVALID_OPTION;
    case SETTING_TYPE_DURATION:
        return duration_parse(text, number, &cause) == STATUS_OK ? STATUS_OK : refuse(spec, value, cause.hint, error);
    case SETTING_TYPE_SIZE:
        if (size_parse(text, &size_bytes, &cause) != STATUS_OK || size_bytes > INT64_MAX)
            return refuse(spec, value, cause.hint, error);
        *number = (int64_t)size_bytes;
        return STATUS_OK;
    case SETTING_TYPE_CHOICE:
        if (parse_choice(spec->bounds, text, number))
            return STATUS_OK;
        refuse(spec, value, "", error);
        error_hint(error, "one of %s", spec->bounds);
        return STATUS_INVALID_OPTION;
    case SETTING_TYPE_TEXT: return STATUS_OK;
    }
    UNREACHABLE();
}

static void set_default(struct settings *settings, size_t i) {
    free(settings->values[i].text);
    settings->values[i].text = NULL;
    enum status status = check_value(&specs[i], specs[i].default_value, &settings->values[i].number, NULL);
    ASSERT(status == STATUS_OK);
}

static void release_foreign(struct settings *settings) {
    for (size_t i = 0; i < settings->foreign.count; i++)
        free(settings->foreign.entries[i].value);
    arena_reset(&settings->arena);
    map_init(&settings->foreign, &settings->arena, false);
}

void settings_init(struct settings *settings) {
    memset(settings, 0, sizeof *settings);
    arena_init(&settings->arena);
    map_init(&settings->foreign, &settings->arena, false);
    settings_reset_all(settings);
}

void settings_release(struct settings *settings) {
    for (size_t i = 0; i < SETTING_COUNT; i++)
        free(settings->values[i].text);
    release_foreign(settings);
    arena_release(&settings->arena);
}

void settings_copy(struct settings *to, const struct settings *from) {
    settings_init(to);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        to->values[i].text = from->values[i].text ? memory_strdup(from->values[i].text) : NULL;
        to->values[i].number = from->values[i].number;
    }
    for (size_t i = 0; i < from->foreign.count; i++)
        map_put(&to->foreign, from->foreign.entries[i].key, memory_strdup(from->foreign.entries[i].value));
}

/* How much of the two keys is the same in whole dotted parts. */
static size_t shared_parts(const char *a, const char *b) {
    size_t shared = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.')
            shared = i + 1;
    return shared;
}

/* Compares what is left after the shared parts: 'pipeline.jars' is no slip of 'pipeline.name', but jrs is one of jars. */
static const char *nearest_key(const char *key) {
    const char *nearest = NULL;
    unsigned nearest_distance = UINT32_MAX;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        size_t shared = shared_parts(key, specs[i].key);
        const char *rest = specs[i].key + shared;
        if (!text_nearest(key + shared, &rest, 1))
            continue;
        unsigned distance = text_distance(key, specs[i].key, 8);
        if (distance < nearest_distance) {
            nearest = specs[i].key;
            nearest_distance = distance;
        }
    }
    return nearest;
}

static bool is_foreign(const char *key) {
    for (size_t i = 0; i < COUNT_OF(foreign_prefixes); i++)
        if (str_starts_with(str_from(key), str_from(foreign_prefixes[i])))
            return true;
    return false;
}

static enum status unknown_key(const char *key, const char *nearest, struct error *error) {
    FAIL(error, STATUS_INVALID_OPTION, "unknown setting '%s'", key);
    if (nearest)
        error_hint(error, "did you mean '%s'?", nearest);
    else
        error_hint(error, "SET without arguments lists the settings");
    return STATUS_INVALID_OPTION;
}

enum status settings_set(struct settings *settings, const char *key, const char *value, bool *has_effect,
                         struct error *error) {
    enum setting setting;
    bool ours = setting_find(key, &setting);
    if (has_effect)
        *has_effect = ours;
    if (ours) {
        int64_t number;
        TRY(check_value(&specs[setting], value, &number, error));
        char *text = memory_strdup(value);
        free(settings->values[setting].text);
        settings->values[setting].text = text;
        settings->values[setting].number = number;
        return STATUS_OK;
    }
    const struct foreign_setting *foreign = foreign_setting_find(key);
    const char *nearest = foreign ? NULL : nearest_key(key);
    int64_t index;
    if (nearest || !is_foreign(key))
        return unknown_key(key, nearest, error);
    if (foreign && foreign->values && !parse_choice(foreign->values, str_trim(str_from(value)), &index)) {
        FAIL(error, STATUS_UNSUPPORTED, "'%s' = '%s' is not supported", key, value);
        error_hint(error, "%s", foreign->hint);
        return STATUS_UNSUPPORTED;
    }
    free(map_put(&settings->foreign, key, memory_strdup(value)));
    return STATUS_OK;
}

enum status settings_reset(struct settings *settings, const char *key, struct error *error) {
    enum setting setting;
    if (setting_find(key, &setting)) {
        set_default(settings, setting);
        return STATUS_OK;
    }
    char *value = map_get(&settings->foreign, key);
    if (value) {
        map_remove(&settings->foreign, key);
        free(value);
        return STATUS_OK;
    }
    const char *nearest = nearest_key(key);
    return !nearest && is_foreign(key) ? STATUS_OK : unknown_key(key, nearest, error);
}

void settings_reset_all(struct settings *settings) {
    for (size_t i = 0; i < SETTING_COUNT; i++)
        set_default(settings, i);
    release_foreign(settings);
}

static int64_t number_of(const struct settings *settings, enum setting setting, enum setting_type type) {
    ASSERT((unsigned)setting < SETTING_COUNT && specs[setting].type == type);
    return settings->values[setting].number;
}

bool settings_bool(const struct settings *settings, enum setting setting) {
    return number_of(settings, setting, SETTING_TYPE_BOOL) != 0;
}

int64_t settings_int(const struct settings *settings, enum setting setting) {
    return number_of(settings, setting, SETTING_TYPE_INT);
}

int64_t settings_duration_us(const struct settings *settings, enum setting setting) {
    return number_of(settings, setting, SETTING_TYPE_DURATION);
}

uint64_t settings_size_bytes(const struct settings *settings, enum setting setting) {
    return (uint64_t)number_of(settings, setting, SETTING_TYPE_SIZE);
}

const char *settings_text(const struct settings *settings, enum setting setting) {
    ASSERT((unsigned)setting < SETTING_COUNT);
    const char *text = settings->values[setting].text;
    return text ? text : specs[setting].default_value;
}

bool settings_choice_is(const struct settings *settings, enum setting setting, const char *choice) {
    int64_t number = number_of(settings, setting, SETTING_TYPE_CHOICE);
    int64_t index;
    bool known = parse_choice(specs[setting].bounds, str_from(choice), &index);
    ASSERT(known);
    return number == index;
}

bool settings_is_default(const struct settings *settings, enum setting setting) {
    ASSERT((unsigned)setting < SETTING_COUNT);
    return settings->values[setting].text == NULL;
}

const char *settings_find(const struct settings *settings, const char *key) {
    enum setting setting;
    return setting_find(key, &setting) ? settings_text(settings, setting) : map_get(&settings->foreign, key);
}
