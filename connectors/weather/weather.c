/* weather.c: the demo's generator: stations that report temperature and humidity, some of them out of order or late.
 *
 * A row is a pure function of the options and its number n. Its event time is start-time + n · time-step, moved back by up
 * to max-delay for the out-of-order share, and by late-delay for the late share.
 */
#include <math.h>

#include "connectors/connectors.h"
#include "connectors/generator.h"
#include "connectors/rows.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"
#include "core/data/datetime.h"

static const struct option_spec weather_options[] = {
    {"seed", OPTION_INT, "1", false, NULL, "other seeds give other rows"},
    {"rows-per-second", OPTION_DOUBLE, "5", false, NULL, "rows handed out per second; 0 is as fast as possible"},
    {"number-of-rows", OPTION_INT, "0", false, NULL, "the table ends after so many rows; 0 is never"},
    {"cities", OPTION_STRING, "Berlin;Bergen;Cairo;Delhi;Lima;Nairobi;Oslo;Paris;Reykjavik;Tokyo", false, NULL,
     "names, separated by semicolons"},
    {"start-time", OPTION_STRING, "2024-05-01 12:00:00", false, NULL, "event time of the first row, or 'now'"},
    {"time-step", OPTION_DURATION, "1s", false, NULL, "event time from one row to the next"},
    {"out-of-order", OPTION_DOUBLE, "0", false, NULL, "share of the rows, 0 to 1, that come after newer ones"},
    {"max-delay", OPTION_DURATION, "5s", false, NULL, "how far an out-of-order row lies back at most"},
    {"late", OPTION_DOUBLE, "0", false, NULL, "share of the rows, 0 to 1, that come very late"},
    {"late-delay", OPTION_DURATION, "1min", false, NULL, "how far a late row lies back"},
    {0},
};

static const struct schema weather_schema = {
    .fields =
        (struct field[]){
            {"city", &type_string},
            {"temp", &type_double},
            {"humidity", &type_double},
            {"ts", &type_timestamp3},
        },
    .field_count = 4,
};

enum weather_column { CITY, TEMP, HUMIDITY, TS };
enum { STREAM_CITY, STREAM_TEMP, STREAM_HUMIDITY, STREAM_ORDER, STREAM_DELAY, STREAM_COUNT };

struct city {
    struct string_view name;
    double mean_temperature;
    double mean_humidity;
};

struct weather {
    struct generator generator;
    enum weather_column *columns; /* what config's columns are */
    struct city *cities;
    uint32_t city_count;
    uint64_t streams[STREAM_COUNT];
    int64_t start_us, step_us, max_delay_us, late_delay_us;
    double out_of_order, late;
};

static uint32_t city_of(const struct weather *weather, uint64_t row) {
    return random_below((uint32_t)random_at(weather->streams[STREAM_CITY], row), weather->city_count);
}

static int64_t time_of(const struct weather *weather, uint64_t row) {
    int64_t time_us = weather->start_us + (int64_t)row * weather->step_us;
    double share = random_unit(random_at(weather->streams[STREAM_ORDER], row));
    if (share < weather->late)
        return time_us - weather->late_delay_us;
    if (share >= weather->late + weather->out_of_order)
        return time_us;
    double delay = random_unit(random_at(weather->streams[STREAM_DELAY], row)) * (double)weather->max_delay_us;
    return time_us - (int64_t)(delay / 1000) * 1000; /* whole milliseconds */
}

/* The sum of two uniform numbers: a bell of width ±spread, in tenths. */
static double around(double mean, double spread, uint64_t random) {
    double bell = (double)(uint32_t)random * 0x1p-32 + (double)(uint32_t)(random >> 32) * 0x1p-32 - 1;
    return (double)(int64_t)floor((mean + bell * spread) * 10 + 0.5) / 10;
}

static void weather_fill(struct generator *generator, struct batch *batch, uint64_t first_row) {
    struct weather *weather = (struct weather *)generator;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        void *values = batch->columns[c].values;
        for (uint32_t i = 0; i < batch->row_count; i++) {
            uint64_t row = first_row + i;
            switch (weather->columns[c]) {
            case CITY: ((struct string_view *)values)[i] = weather->cities[city_of(weather, row)].name; break;
            case TEMP:
                ((double *)values)[i] = around(weather->cities[city_of(weather, row)].mean_temperature, 8,
                                               random_at(weather->streams[STREAM_TEMP], row));
                break;
            case HUMIDITY:
                ((double *)values)[i] = around(weather->cities[city_of(weather, row)].mean_humidity, 20,
                                               random_at(weather->streams[STREAM_HUMIDITY], row));
                break;
            case TS: ((int64_t *)values)[i] = time_of(weather, row); break;
            }
        }
    }
}

/* A city's climate comes from its name, so that the same city is the same in every list. */
static void weather_add_city(struct weather *weather, struct arena *arena, struct str name) {
    uint64_t climate = 0;
    for (size_t i = 0; i < name.size; i++)
        climate = random_stream(climate, (uint8_t)name.data[i]);
    weather->cities[weather->city_count++] = (struct city){
        .name = view_copy(arena, name),
        .mean_temperature = (double)(climate % 250) / 10 + 3,
        .mean_humidity = (double)((climate >> 32) % 400) / 10 + 30,
    };
}

static void weather_add_cities(struct weather *weather, struct arena *arena, const char *list) {
    weather->cities = ARENA_ARRAY(arena, struct city, strlen(list) + 1);
    while (*list) {
        size_t size = strcspn(list, ";");
        struct str name = str_trim((struct str){list, size});
        if (name.size)
            weather_add_city(weather, arena, name);
        list += size + (list[size] == ';');
    }
}

static enum status weather_open(const struct source_config *config, struct source **source, struct error *error) {
    const struct options *options = config->options;
    struct weather *weather = ARENA_NEW(config->arena, struct weather);
    TRY(generator_init(&weather->generator, config, (uint64_t)options_int(options, weather_options, "number-of-rows"),
                       options_double(options, weather_options, "rows-per-second"), error));
    weather->generator.fill = weather_fill;
    weather->columns = ARENA_ARRAY(config->arena, enum weather_column, config->column_count);
    for (uint32_t i = 0; i < config->column_count; i++) {
        int index = schema_find(&weather_schema, config->columns[i].name);
        if (index < 0)
            return FAIL(error, STATUS_INTERNAL, "no weather column \"%s\"", config->columns[i].name);
        weather->columns[i] = (enum weather_column)index;
    }
    uint64_t seed = (uint64_t)options_int(options, weather_options, "seed");
    for (uint32_t i = 0; i < STREAM_COUNT; i++)
        weather->streams[i] = random_stream(seed, i);
    weather_add_cities(weather, config->arena, options_text(options, weather_options, "cities"));
    const char *start = options_text(options, weather_options, "start-time");
    if (!timestamp_parse(str_from(start), &weather->start_us, NULL, NULL))
        weather->start_us = env_now_us(config->env) / 1000 * 1000;
    weather->step_us = options_duration_us(options, weather_options, "time-step");
    weather->max_delay_us = options_duration_us(options, weather_options, "max-delay");
    weather->late_delay_us = options_duration_us(options, weather_options, "late-delay");
    weather->out_of_order = options_double(options, weather_options, "out-of-order");
    weather->late = options_double(options, weather_options, "late");
    *source = &weather->generator.source;
    return STATUS_OK;
}

static enum status weather_validate(const struct schema *schema, const struct options *options, struct error *error) {
    TRY(schema_check_subset(schema, &weather_schema, "weather", error));
    TRY(option_check_range(options, weather_options, "number-of-rows", 0, INT64_MAX, error));
    static const char *const shares[] = {"out-of-order", "late"};
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        double share = options_double(options, weather_options, shares[i]);
        if (share < 0 || share > 1)
            return FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" must be between 0 and 1", shares[i]);
    }
    if (options_double(options, weather_options, "rows-per-second") < 0)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"rows-per-second\" must not be negative");
    const char *start = options_text(options, weather_options, "start-time");
    int64_t start_us;
    if (!text_equal_ignore_case(start, "now") && !timestamp_parse(str_from(start), &start_us, NULL, NULL))
        return FAIL(error, STATUS_INVALID_OPTION, "option \"start-time\" must be a timestamp or now, not \"%s\"",
                    start);
    const char *cities = options_text(options, weather_options, "cities");
    if (strspn(cities, "; \t") == strlen(cities))
        return FAIL(error, STATUS_INVALID_OPTION, "option \"cities\" names no city");
    return STATUS_OK;
}

static bool weather_is_bounded(const struct options *options) {
    return options_int(options, weather_options, "number-of-rows") > 0;
}

static void weather_statistics(const struct options *options, struct source_statistics *statistics) {
    int64_t count = options_int(options, weather_options, "number-of-rows");
    double rate = options_double(options, weather_options, "rows-per-second");
    statistics->row_count = count ? (double)count : -1;
    statistics->rows_per_second = rate > 0 ? rate : -1;
}

static const struct schema *weather_default_schema(struct arena *arena) {
    (void)arena;
    return &weather_schema;
}

const struct connector_class weather_connector = {
    .name = "weather",
    .options = weather_options,
    .default_schema = weather_default_schema,
    .validate = weather_validate,
    .is_bounded = weather_is_bounded,
    .statistics = weather_statistics,
    .source_open = weather_open,
};
