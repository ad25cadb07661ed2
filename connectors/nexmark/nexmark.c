/* nexmark.c: the Nexmark benchmark's auction site as a table, with the option names of Flink's nexmark connector.
 *
 * Only the columns and ROW fields that the query reads are generated.
 */
#include <stdio.h>

#include "connectors/connectors.h"
#include "connectors/generator.h"
#include "connectors/nexmark/events.h"
#include "connectors/nexmark/texts.h"
#include "connectors/rows.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"
#include "core/data/datetime.h"

static const struct option_spec nexmark_options[] = {
    {"events.num", OPTION_INT, "0", false, NULL, "the table ends after so many events; 0 is never"},
    {"stop-at", OPTION_INT, "-1", false, NULL, "ends after so many events, if fewer than events.num; -1 is never"},
    {"keep-alive", OPTION_BOOL, "false", false, NULL, "after the last event the table stays open"},
    {"first-event.rate", OPTION_INT, "10000", false, NULL, "events per second of event time"},
    {"next-event.rate", OPTION_INT, "10000", false, NULL, "accepted for Flink's sake, where it has no effect either"},
    {"rate.shape", OPTION_CHOICE, "SQUARE", false, "SQUARE|SINE",
     "accepted for Flink's sake, where it has no effect either"},
    {"rate.period", OPTION_DURATION, "600s", false, NULL, "accepted for Flink's sake, where it has no effect either"},
    {"rate.limited", OPTION_BOOL, "false", false, NULL, "events come no faster than first-event.rate"},
    {"max-emit-speed", OPTION_BOOL, "true", false, NULL, "false is the same as 'rate.limited' = 'true'"},
    {"person.proportion", OPTION_INT, "1", false, NULL, "persons in every epoch"},
    {"auction.proportion", OPTION_INT, "3", false, NULL, "auctions in every epoch"},
    {"bid.proportion", OPTION_INT, "46", false, NULL, "bids in every epoch"},
    {"person.avg-size", OPTION_SIZE, "200b", false, NULL, "average bytes of a person"},
    {"auction.avg-size", OPTION_SIZE, "500b", false, NULL, "average bytes of an auction"},
    {"bid.avg-size", OPTION_SIZE, "100b", false, NULL, "average bytes of a bid"},
    {"bid.hot-ratio.auctions", OPTION_INT, "2", false, NULL, "all but one in so many bids are for a hot auction"},
    {"bid.hot-ratio.bidders", OPTION_INT, "4", false, NULL, "all but one in so many bids are by a hot bidder"},
    {"auction.hot-ratio.sellers", OPTION_INT, "4", false, NULL, "all but one in so many auctions are by a hot seller"},
    {"out-of-order.group-size", OPTION_INT, "1", false, NULL, "events are shuffled within groups of so many"},
    {"base-time", OPTION_STRING, "2015-07-15 00:00:00", false, NULL, "event time of the first event, or 'now'"},
    {"seed", OPTION_INT, "1", false, NULL, "other seeds give other events"},
    {0},
};

#define TYPE_ROW(name, type, fill) {#name, &type},
static const struct field person_types[] = {NEXMARK_PERSON_FIELDS(TYPE_ROW)};
static const struct field auction_types[] = {NEXMARK_AUCTION_FIELDS(TYPE_ROW)};
static const struct field bid_types[] = {NEXMARK_BID_FIELDS(TYPE_ROW)};
#undef TYPE_ROW
#define ROW_OF(list) \
    { .kind = TYPE_ROW, .nullable = true, .field_count = COUNT_OF(list), .fields = (list) }
static const struct type person_type = ROW_OF(person_types), auction_type = ROW_OF(auction_types),
                         bid_type = ROW_OF(bid_types);

static const struct schema nexmark_schema = {
    .fields =
        (struct field[]){
            {"event_type", &type_int},
            {"person", &person_type},
            {"auction", &auction_type},
            {"bid", &bid_type},
        },
    .field_count = 4,
};

/* How to fill one column of the batch. */
struct nexmark_column {
    enum nexmark_kind kind;        /* NEXMARK_KINDS: event_type */
    nexmark_fill_function **fills; /* of its fields */
};

struct nexmark {
    struct generator generator;
    struct nexmark_model model;
    struct nexmark_events events;
    struct nexmark_column *columns;
};

static void nexmark_fill(struct generator *generator, struct batch *batch, uint64_t first_row) {
    struct nexmark *nexmark = (struct nexmark *)generator;
    struct nexmark_events *events = &nexmark->events;
    nexmark_events_start(events, &batch->arena, first_row, batch->row_count);
    for (uint32_t i = 0; i < batch->column_count; i++) {
        struct column *column = &batch->columns[i];
        if (nexmark->columns[i].kind == NEXMARK_KINDS) {
            nexmark_events_types(events, column->values);
            continue;
        }
        column->validity = nexmark_events_validity(events, nexmark->columns[i].kind);
        for (uint32_t j = 0; j < column->type->field_count; j++)
            nexmark->columns[i].fills[j](events, &column->children[j]);
    }
}

static enum status init_column(struct nexmark_column *column, struct arena *arena, const struct source_column *wanted,
                               struct error *error) {
    static const struct nexmark_field *const tables[] = {nexmark_person_fields, nexmark_auction_fields,
                                                         nexmark_bid_fields};
    int index = schema_find(&nexmark_schema, wanted->name);
    if (index < 0)
        return FAIL(error, STATUS_INTERNAL, "no nexmark column \"%s\"", wanted->name);
    if (index == 0) {
        column->kind = NEXMARK_KINDS;
        return STATUS_OK;
    }
    column->kind = (enum nexmark_kind)(index - 1);
    const struct type *whole = nexmark_schema.fields[index].type;
    struct schema fields = {(struct field *)whole->fields, whole->field_count};
    column->fills = ARENA_ARRAY(arena, nexmark_fill_function *, wanted->type->field_count);
    for (uint32_t i = 0; i < wanted->type->field_count; i++) {
        int field = schema_find(&fields, wanted->type->fields[i].name);
        if (field < 0)
            return FAIL(error, STATUS_INTERNAL, "no nexmark field \"%s\"", wanted->type->fields[i].name);
        column->fills[i] = tables[column->kind][field].fill;
    }
    return STATUS_OK;
}

static void init_model(struct nexmark_model *model, const struct options *options, struct env *env) {
    const struct option_spec *specs = nexmark_options;
    static const char *const kinds[] = {"person", "auction", "bid"};
    for (unsigned kind = 0; kind < NEXMARK_KINDS; kind++) {
        char key[32];
        snprintf(key, sizeof key, "%s.proportion", kinds[kind]);
        model->proportions[kind] = options_int(options, specs, key);
        model->total += model->proportions[kind];
        snprintf(key, sizeof key, "%s.avg-size", kinds[kind]);
        model->average_bytes[kind] = (int64_t)options_size_bytes(options, specs, key);
    }
    model->hot_auctions = (uint32_t)options_int(options, specs, "bid.hot-ratio.auctions");
    model->hot_bidders = (uint32_t)options_int(options, specs, "bid.hot-ratio.bidders");
    model->hot_sellers = (uint32_t)options_int(options, specs, "auction.hot-ratio.sellers");
    model->group_size = options_int(options, specs, "out-of-order.group-size");
    model->step_us = 1e6 / (double)options_int(options, specs, "first-event.rate");
    model->seed = (uint64_t)options_int(options, specs, "seed");
    if (!timestamp_parse(str_from(options_text(options, specs, "base-time")), &model->base_us, NULL, NULL))
        model->base_us = env_now_us(env) / 1000 * 1000;
}

static uint64_t event_count(const struct options *options) {
    int64_t count = options_int(options, nexmark_options, "events.num");
    int64_t stop_at = options_int(options, nexmark_options, "stop-at");
    return (uint64_t)(stop_at > 0 && (count == 0 || stop_at < count) ? stop_at : count);
}

static bool is_paced(const struct options *options) {
    return options_bool(options, nexmark_options, "rate.limited") ||
           !options_bool(options, nexmark_options, "max-emit-speed");
}

static enum status nexmark_open(const struct source_config *config, struct source **source, struct error *error) {
    const struct options *options = config->options;
    struct nexmark *nexmark = ARENA_NEW(config->arena, struct nexmark);
    TRY(generator_init(&nexmark->generator, config, event_count(options),
                       is_paced(options) ? (double)options_int(options, nexmark_options, "first-event.rate") : 0,
                       error));
    nexmark->generator.fill = nexmark_fill;
    nexmark->generator.keep_alive = options_bool(options, nexmark_options, "keep-alive");
    init_model(&nexmark->model, options, config->env);
    nexmark_events_init(&nexmark->events, &nexmark->model, config->arena, config->batch_rows);
    nexmark->columns = ARENA_ARRAY(config->arena, struct nexmark_column, config->column_count);
    for (uint32_t i = 0; i < config->column_count; i++)
        TRY(init_column(&nexmark->columns[i], config->arena, &config->columns[i], error));
    *source = &nexmark->generator.source;
    return STATUS_OK;
}

static enum status nexmark_validate(const struct schema *schema, const struct options *options, struct error *error) {
    TRY(schema_check_subset(schema, &nexmark_schema, "nexmark", error));
    static const struct {
        const char *key;
        int64_t least, most;
    } ranges[] = {
        {"events.num", 0, INT64_MAX},
        {"stop-at", -1, INT64_MAX},
        {"first-event.rate", 1, 1000000000},
        {"person.proportion", 0, 10000},
        {"auction.proportion", 0, 10000},
        {"bid.proportion", 0, 10000},
        {"bid.hot-ratio.auctions", 1, INT32_MAX},
        {"bid.hot-ratio.bidders", 1, INT32_MAX},
        {"auction.hot-ratio.sellers", 1, INT32_MAX},
        {"out-of-order.group-size", 1, 1000000000},
    };
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        TRY(option_check_range(options, nexmark_options, ranges[i].key, ranges[i].least, ranges[i].most, error));
    int64_t total = 0;
    for (size_t i = 3; i < 6; i++)
        total += options_int(options, nexmark_options, ranges[i].key);
    if (total == 0)
        return FAIL(error, STATUS_INVALID_OPTION, "the proportions of persons, auctions and bids are all 0");
    static const char *const sizes[] = {"person.avg-size", "auction.avg-size", "bid.avg-size"};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (options_size_bytes(options, nexmark_options, sizes[i]) > NEXMARK_POOL_BYTES / 2)
            return FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" must be at most %d bytes", sizes[i],
                        NEXMARK_POOL_BYTES / 2);
    const char *base = options_text(options, nexmark_options, "base-time");
    int64_t base_us;
    if (!text_equal_ignore_case(base, "now") && !timestamp_parse(str_from(base), &base_us, NULL, NULL))
        return FAIL(error, STATUS_INVALID_OPTION, "option \"base-time\" must be a timestamp or now, not \"%s\"", base);
    return STATUS_OK;
}

static bool nexmark_is_bounded(const struct options *options) {
    return event_count(options) > 0 && !options_bool(options, nexmark_options, "keep-alive");
}

static void nexmark_statistics(const struct options *options, struct source_statistics *statistics) {
    uint64_t count = event_count(options);
    statistics->row_count = count ? (double)count : -1;
    statistics->rows_per_second =
        is_paced(options) ? (double)options_int(options, nexmark_options, "first-event.rate") : -1;
}

static const struct schema *nexmark_default_schema(struct arena *arena) {
    (void)arena;
    return &nexmark_schema;
}

const struct connector_class nexmark_connector = {
    .name = "nexmark",
    .options = nexmark_options,
    .default_schema = nexmark_default_schema,
    .validate = nexmark_validate,
    .is_bounded = nexmark_is_bounded,
    .statistics = nexmark_statistics,
    .source_open = nexmark_open,
};
