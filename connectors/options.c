/* options.c: reading and checking the WITH clause against option tables.
 *
 * A table row whose name holds a '*' stands for many keys: "properties.*" for every key with the prefix,
 * "fields.*.kind" for every key with that beginning and that end. An exact row wins over a pattern.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "connectors/connector.h"
#include "core/base/arena.h"
#include "core/data/real.h"

void options_init(struct options *options, struct arena *arena) {
    map_init(&options->map, arena, false);
}

void options_put(struct options *options, const char *key, const char *value) {
    map_put(&options->map, key, arena_strdup(options->map.arena, value));
}

void options_init_stripped(struct options *options, struct arena *arena, const struct options *from,
                           const char *prefix) {
    size_t size = strlen(prefix);
    options_init(options, arena);
    for (size_t i = 0; i < from->map.count; i++)
        if (strncmp(from->map.entries[i].key, prefix, size) == 0)
            options_put(options, from->map.entries[i].key + size, from->map.entries[i].value);
}

const char *options_find(const struct options *options, const char *key) {
    return map_get(&options->map, key);
}

bool option_spec_matches(const struct option_spec *spec, const char *key) {
    const char *star = strchr(spec->name, '*');
    if (!star)
        return strcmp(spec->name, key) == 0;
    size_t head = (size_t)(star - spec->name), tail = strlen(star + 1), size = strlen(key);
    return size > head + tail && memcmp(key, spec->name, head) == 0 && memcmp(key + size - tail, star + 1, tail) == 0;
}

const struct option_spec *option_spec_find(const struct option_spec *specs, const char *key) {
    const struct option_spec *pattern = NULL;
    for (const struct option_spec *spec = specs; spec && spec->name; spec++) {
        if (!option_spec_matches(spec, key))
            continue;
        if (!strchr(spec->name, '*'))
            return spec;
        if (!pattern)
            pattern = spec;
    }
    return pattern;
}

bool option_choice_contains(const char *choices, struct str value) {
    for (const char *choice = choices; *choice;) {
        size_t size = strcspn(choice, "|");
        if (str_equal_ignore_case(value, (struct str){choice, size}))
            return true;
        choice += size + (choice[size] == '|');
    }
    return false;
}

static bool bool_parse(const char *text, bool *value) {
    *value = text_equal_ignore_case(text, "true");
    return *value || text_equal_ignore_case(text, "false");
}

enum status option_check(const struct option_spec *spec, const char *key, const char *value, struct error *error) {
    static const char *const wanted[] = {[OPTION_INT] = "an integer",
                                         [OPTION_COUNT] = "a whole number above 0",
                                         [OPTION_DOUBLE] = "a number",
                                         [OPTION_BOOL] = "true or false"};
    struct str text = str_from(value);
    struct error cause;
    int64_t integer;
    uint64_t size_bytes;
    double number;
    bool truth, good = true;
    switch (spec->type) {
    case OPTION_STRING: break;
    case OPTION_INT: good = int_parse(str_trim(text), &integer); break;
    case OPTION_COUNT: good = int_parse(str_trim(text), &integer) && integer > 0 && integer <= UINT32_MAX; break;
    case OPTION_DOUBLE: good = double_parse(text, &number) && isfinite(number); break;
    case OPTION_BOOL: good = bool_parse(value, &truth); break;
    case OPTION_CHOICE:
        if (option_choice_contains(spec->choices, text))
            break;
        FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" cannot be \"%s\"", key, value);
        error_hint(error, "possible values: %s", spec->choices);
        return STATUS_INVALID_OPTION;
    case OPTION_DURATION:
    case OPTION_SIZE:
        if ((spec->type == OPTION_DURATION ? duration_parse(text, &integer, &cause)
                                           : size_parse(text, &size_bytes, &cause)) == STATUS_OK)
            break;
        FAIL(error, STATUS_INVALID_OPTION, "option \"%s\": %s", key, cause.message);
        error_hint(error, "%s", cause.hint);
        return STATUS_INVALID_OPTION;
    }
    if (!good)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" must be %s, not \"%s\"", key, wanted[spec->type],
                    value);
    return STATUS_OK;
}

const char *options_text(const struct options *options, const struct option_spec *specs, const char *key) {
    const char *value = options_find(options, key);
    if (value)
        return value;
    const struct option_spec *spec = option_spec_find(specs, key);
    ASSERT(spec);
    return spec->default_value;
}

/* The text of an option that must have one: given, or by default. */
static const char *options_value(const struct options *options, const struct option_spec *specs, const char *key) {
    const char *text = options_text(options, specs, key);
    ASSERT(text);
    return text;
}

int64_t options_int(const struct options *options, const struct option_spec *specs, const char *key) {
    int64_t value;
    ASSERT(int_parse(str_trim(str_from(options_value(options, specs, key))), &value));
    return value;
}

double options_double(const struct options *options, const struct option_spec *specs, const char *key) {
    double value;
    ASSERT(double_parse(str_from(options_value(options, specs, key)), &value));
    return value;
}

bool options_bool(const struct options *options, const struct option_spec *specs, const char *key) {
    bool value;
    ASSERT(bool_parse(options_value(options, specs, key), &value));
    return value;
}

int64_t options_duration_us(const struct options *options, const struct option_spec *specs, const char *key) {
    int64_t value;
    ASSERT(duration_parse(str_from(options_value(options, specs, key)), &value, NULL) == STATUS_OK);
    return value;
}

uint64_t options_size_bytes(const struct options *options, const struct option_spec *specs, const char *key) {
    uint64_t value;
    ASSERT(size_parse(str_from(options_value(options, specs, key)), &value, NULL) == STATUS_OK);
    return value;
}

enum delivery_guarantee options_guarantee(const struct options *options) {
    const char *text = options_find(options, "sink.delivery-guarantee");
    if (!text)
        return DELIVERY_BEST;
    return text_equal_ignore_case(text, "exactly-once") ? DELIVERY_EXACTLY_ONCE : DELIVERY_AT_LEAST_ONCE;
}
