/* datagen.c: Flink's generator of random and sequential rows, for every type; seeded, so that every run gives the same rows
 * (but for date and time types, which are relative to the clock, as in Flink). */
#include "connectors/connectors.h"
#include "connectors/datagen/field.h"
#include "connectors/generator.h"
#include "connectors/rows.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"

const struct option_spec datagen_options[] = {
    {"rows-per-second", OPTION_DOUBLE, "10000", false, NULL, "rows handed out per second; 0 is as fast as possible"},
    {"number-of-rows", OPTION_INT, NULL, false, NULL, "the table ends after so many rows"},
    {"seed", OPTION_INT, "1", false, NULL, "other seeds give other rows"},
    {"fields.*.kind", OPTION_CHOICE, "random", false, "random|sequence", "how a column's values are made"},
    {"fields.*.start", OPTION_STRING, NULL, false, NULL, "first value of a sequence"},
    {"fields.*.end", OPTION_STRING, NULL, false, NULL,
     "last value of a sequence; the table ends with the shortest one"},
    {"fields.*.min", OPTION_STRING, NULL, false, NULL, "least random value"},
    {"fields.*.max", OPTION_STRING, NULL, false, NULL, "greatest random value"},
    {"fields.*.max-past", OPTION_DURATION, NULL, false, NULL,
     "how far a random timestamp lies back at most; default 0"},
    {"fields.*.length", OPTION_INT, NULL, false, NULL,
     "length of a random string (default 100), ARRAY or MAP (default 3)"},
    {"fields.*.var-len", OPTION_BOOL, NULL, false, NULL, "length is the greatest, each value has its own"},
    {"fields.*.null-rate", OPTION_DOUBLE, NULL, false, NULL, "share of NULLs, 0 to 1"},
    {0},
};

struct datagen {
    struct generator generator;
    struct datagen_field *fields; /* one per column of the batch */
    uint64_t *ids;
};

static void datagen_fill(struct generator *generator, struct batch *batch, uint64_t first_row) {
    struct datagen *datagen = (struct datagen *)generator;
    struct datagen_batch context = {&batch->arena, env_now_us(generator->config->env)};
    for (uint32_t i = 0; i < batch->row_count; i++)
        datagen->ids[i] = first_row + i;
    for (uint32_t i = 0; i < batch->column_count; i++)
        datagen_field_fill(&datagen->fields[i], &batch->columns[i], &context, datagen->ids, 0, batch->row_count,
                           batch->row_count);
}

/* Rows until the first sequence or number-of-rows ends; 0: never. */
static uint64_t row_count_of(const struct options *options, const struct map *fields) {
    uint64_t count = options_find(options, "number-of-rows")
                         ? (uint64_t)options_int(options, datagen_options, "number-of-rows")
                         : UINT64_MAX;
    for (size_t i = 0; i < fields->count; i++) {
        const struct datagen_field *field = fields->entries[i].value;
        if (field->is_sequence && (uint64_t)(field->max - field->min) < count)
            count = (uint64_t)(field->max - field->min) + 1;
    }
    return count == UINT64_MAX ? 0 : count;
}

static enum status init_fields(const struct schema *schema, const struct options *options, struct arena *arena,
                               struct map *paths, struct datagen_field **fields, struct error *error) {
    map_init(paths, arena, false);
    *fields = ARENA_ARRAY(arena, struct datagen_field, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        TRY(datagen_field_init(&(*fields)[i], arena, options, schema->fields[i].name, schema->fields[i].type, paths,
                               error));
    return STATUS_OK;
}

/* Sequences of columns that are not read still end the table, so all fields are looked at, and only the wanted ones kept. */
static enum status datagen_open(const struct source_config *config, struct source **source, struct error *error) {
    struct map all_paths, paths;
    struct datagen_field *all;
    TRY(init_fields(config->table_schema, config->options, config->arena, &all_paths, &all, error));
    struct datagen *datagen = ARENA_NEW(config->arena, struct datagen);
    uint64_t row_count = row_count_of(config->options, &all_paths);
    TRY(generator_init(&datagen->generator, config, row_count,
                       options_double(config->options, datagen_options, "rows-per-second"), error));
    if (row_count == 0 && options_find(config->options, "number-of-rows"))
        datagen->generator.end_row = 0;
    datagen->generator.fill = datagen_fill;
    TRY(init_fields(&datagen->generator.schema, config->options, config->arena, &paths, &datagen->fields, error));
    datagen->ids = ARENA_ARRAY(config->arena, uint64_t, config->batch_rows);
    *source = &datagen->generator.source;
    return STATUS_OK;
}

/* The path in "fields.<path>.<option>". */
static bool names_a_field(const char *key, const struct map *paths) {
    const char *last = strrchr(key, '.');
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->entries[i].key;
        size_t size = strlen(path);
        if (strncmp(key, path, size) == 0 && key + size == last)
            return true;
    }
    return false;
}

static enum status check_fields(const struct schema *schema, const struct options *options, struct arena *arena,
                                struct error *error) {
    struct map paths;
    struct datagen_field *fields;
    TRY(init_fields(schema, options, arena, &paths, &fields, error));
    for (size_t i = 0; i < options->map.count; i++) {
        const char *key = options->map.entries[i].key;
        if (strncmp(key, "fields.", 7) != 0 || names_a_field(key + 7, &paths))
            continue;
        FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" names no column of the table", key);
        error_hint(error, "write fields.<column>.<option>");
        return STATUS_INVALID_OPTION;
    }
    return STATUS_OK;
}

static enum status datagen_validate(const struct schema *schema, const struct options *options, struct error *error) {
    TRY(option_check_range(options, datagen_options, "number-of-rows", 0, INT64_MAX, error));
    if (options_double(options, datagen_options, "rows-per-second") < 0)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"rows-per-second\" must not be negative");
    struct arena arena;
    arena_init(&arena);
    enum status status = check_fields(schema, options, &arena, error);
    arena_release(&arena);
    return status;
}

static bool datagen_is_bounded(const struct options *options) {
    for (size_t i = 0; i < options->map.count; i++) {
        const struct map_entry *entry = &options->map.entries[i];
        size_t size = strlen(entry->key);
        if (size > 5 && strcmp(entry->key + size - 5, ".kind") == 0 && text_equal_ignore_case(entry->value, "sequence"))
            return true;
    }
    return options_find(options, "number-of-rows") != NULL;
}

static void datagen_statistics(const struct options *options, struct source_statistics *statistics) {
    double rate = options_double(options, datagen_options, "rows-per-second");
    statistics->rows_per_second = rate > 0 ? rate : -1;
    statistics->row_count =
        options_find(options, "number-of-rows") ? (double)options_int(options, datagen_options, "number-of-rows") : -1;
}

const struct connector_class datagen_connector = {
    .name = "datagen",
    .options = datagen_options,
    .validate = datagen_validate,
    .is_bounded = datagen_is_bounded,
    .statistics = datagen_statistics,
    .source_open = datagen_open,
};
