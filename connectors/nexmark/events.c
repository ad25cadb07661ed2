/* events.c: fills the columns of Nexmark events.
 *
 * Bid columns are filled for every row, as more than nine in ten are bids and what lies under a NULL does not matter; person
 * and auction columns only for their rows. Values of one field come from one random stream, so that leaving a column out
 * changes no other.
 */
#include "connectors/nexmark/events.h"

#include <pthread.h>
#include <stdio.h>

#include "connectors/generator.h"
#include "connectors/nexmark/texts.h"
#include "connectors/view.h"
#include "core/base/arena.h"

enum {
    FIRST_ID = 1000, /* of persons and auctions */
    FIRST_CATEGORY = 10,
    CATEGORIES = 5,
    HOT_GROUP = 100, /* the first of so many auctions or persons is the hot one */
    AUCTIONS_IN_FLIGHT = 100,
    ACTIVE_PERSONS = 1000,
    ID_LEAD = 10, /* ids that do not exist yet may be used */
    PRICE_TABLE = 1024,
    CURRENT_BID_BYTES = 32, /* of a bid without its extra text, as the reference counts them */
};

enum stream {
    STREAM_PERSON_NAME,
    STREAM_PERSON_EMAIL,
    STREAM_PERSON_CARD,
    STREAM_PERSON_CITY,
    STREAM_PERSON_STATE,
    STREAM_PERSON_EXTRA,
    STREAM_AUCTION_NAME,
    STREAM_AUCTION_DESCRIPTION,
    STREAM_AUCTION_INITIAL_BID,
    STREAM_AUCTION_RESERVE,
    STREAM_AUCTION_EXPIRES,
    STREAM_AUCTION_SELLER,
    STREAM_AUCTION_CATEGORY,
    STREAM_AUCTION_EXTRA,
    STREAM_BID_AUCTION,
    STREAM_BID_BIDDER,
    STREAM_BID_PRICE,
    STREAM_BID_CHANNEL,
    STREAM_BID_EXTRA,
};

static uint64_t stream_of(const struct nexmark_events *events, enum stream stream) {
    return random_stream(events->model->seed, stream);
}

static uint32_t low(uint64_t random) {
    return (uint32_t)random;
}
static uint32_t high(uint64_t random) {
    return (uint32_t)(random >> 32);
}

/* 100 · 10^(6 i / 1024). Products, not pow: the same on every machine. */
static double price_table[PRICE_TABLE];
static pthread_once_t price_table_once = PTHREAD_ONCE_INIT;

static void make_price_table(void) {
    double value = 100;
    for (int i = 0; i < PRICE_TABLE; i++, value *= 1.0135831333340657) /* 10^(6 / 1024) */
        price_table[i] = value;
}

/* A choice nobody can predict: without a branch. */
static inline int64_t pick(bool first, int64_t one, int64_t other) {
    return other ^ ((other ^ one) & -(int64_t)first);
}

void nexmark_events_init(struct nexmark_events *events, const struct nexmark_model *model, struct arena *arena,
                         uint32_t capacity) {
    pthread_once(&price_table_once, make_price_table);
    *events = (struct nexmark_events){
        .model = model,
        .capacity = capacity,
        .numbers = ARENA_ARRAY(arena, uint64_t, capacity),
        .runs = ARENA_ARRAY(arena, struct nexmark_run, capacity),
    };
    for (unsigned kind = 0; kind < NEXMARK_KINDS; kind++)
        events->rows[kind] = ARENA_ARRAY(arena, uint16_t, capacity);
}

static void fill_numbers(struct nexmark_events *events, uint64_t first_number) {
    uint64_t group = (uint64_t)events->model->group_size;
    for (uint32_t i = 0; i < events->count; i++) {
        uint64_t number = first_number + i;
        events->numbers[i] = group == 1 ? number : number / group * group + number % group * 953 % group;
    }
}

static enum nexmark_kind kind_at(const struct nexmark_model *model, int64_t place) {
    if (place < model->proportions[NEXMARK_PERSON])
        return NEXMARK_PERSON;
    return place < model->proportions[NEXMARK_PERSON] + model->proportions[NEXMARK_AUCTION] ? NEXMARK_AUCTION
                                                                                            : NEXMARK_BID;
}

static void add_row(struct nexmark_events *events, uint32_t row, int64_t epoch, int64_t place) {
    enum nexmark_kind kind = kind_at(events->model, place);
    events->rows[kind][events->row_counts[kind]++] = (uint16_t)row;
    struct nexmark_run *run = events->run_count ? &events->runs[events->run_count - 1] : NULL;
    if (run && run->epoch == epoch)
        run->count++;
    else
        events->runs[events->run_count++] = (struct nexmark_run){row, 1, epoch};
}

void nexmark_events_start(struct nexmark_events *events, struct arena *batch_arena, uint64_t first_number,
                          uint32_t count) {
    ASSERT(count <= events->capacity);
    events->arena = batch_arena;
    events->count = count;
    events->run_count = 0;
    events->times_us = NULL;
    memset(events->row_counts, 0, sizeof events->row_counts);
    fill_numbers(events, first_number);
    int64_t total = events->model->total, epoch = 0, place = -1;
    for (uint32_t i = 0; i < count; i++) {
        bool follows = i && events->numbers[i] == events->numbers[i - 1] + 1;
        place = follows ? place + 1 : (int64_t)(events->numbers[i] % (uint64_t)total);
        if (!follows)
            epoch = (int64_t)(events->numbers[i] / (uint64_t)total);
        else if (place == total)
            place = 0, epoch++;
        add_row(events, i, epoch, place);
    }
}

uint64_t *nexmark_events_validity(const struct nexmark_events *events, enum nexmark_kind kind) {
    bool is_common = events->row_counts[kind] * 2 > events->count;
    uint64_t *validity = validity_new(events->arena, events->count, is_common);
    for (unsigned other = 0; other < NEXMARK_KINDS; other++) {
        if ((other == (unsigned)kind) == is_common)
            continue;
        for (uint32_t i = 0; i < events->row_counts[other]; i++)
            validity_set(validity, events->rows[other][i], !is_common);
    }
    return validity;
}

void nexmark_events_types(const struct nexmark_events *events, int32_t *types) {
    for (uint32_t i = 0; i < events->count; i++)
        types[i] = NEXMARK_BID;
    for (int kind = 0; kind < NEXMARK_BID; kind++)
        for (uint32_t i = 0; i < events->row_counts[kind]; i++)
            types[events->rows[kind][i]] = kind;
}

static int64_t time_of(const struct nexmark_model *model, uint64_t number) {
    return model->base_us + (int64_t)((double)number * model->step_us) / 1000 * 1000;
}

/* One array serves the dateTime of all three kinds. */
static const int64_t *event_times(struct nexmark_events *events) {
    if (events->times_us)
        return events->times_us;
    int64_t *times_us = arena_alloc(events->arena, events->count * sizeof *times_us);
    for (uint32_t i = 0; i < events->count; i++)
        times_us[i] = time_of(events->model, events->numbers[i]);
    return events->times_us = times_us;
}

static void event_time(struct nexmark_events *events, struct column *column) {
    event_times(events);
    column->values = events->times_us;
}

/* 100 · 10^(6u), rounded, for u = random / 2^32: the table for the first ten bits, the exponential's series for the rest. */
static int64_t price_from(uint32_t random) {
    double x = (double)(random & (UINT32_MAX >> 10)) * (0.013491709529261988 / (1 << 22)); /* 6 ln 10 / 1024 */
    double factor = 1 + x * (1 + x * (0.5 + x * (1.0 / 6)));
    return (int64_t)(price_table[random >> 22] * factor + 0.5);
}

/* The last person who exists when an event of this epoch happens (an auction or a bid), counted from 0. */
static int64_t last_person(const struct nexmark_model *model, int64_t epoch) {
    return (epoch + 1) * model->proportions[NEXMARK_PERSON] - 1;
}

static int64_t last_auction(const struct nexmark_model *model, int64_t epoch) {
    return (epoch + 1) * model->proportions[NEXMARK_AUCTION] - 1;
}

/* People an auction or bid may name: `least` … `least + range`. */
static int64_t active_persons(int64_t last, uint32_t *range) {
    int64_t active = last + 1 < ACTIVE_PERSONS ? last + 1 : ACTIVE_PERSONS;
    *range = (uint32_t)active + ID_LEAD;
    return last + 1 - active + FIRST_ID;
}

static void bid_auction(struct nexmark_events *events, struct column *column) {
    const struct nexmark_model *model = events->model;
    uint64_t stream = stream_of(events, STREAM_BID_AUCTION);
    int64_t *restrict values = column->values;
    for (const struct nexmark_run *run = events->runs; run < events->runs + events->run_count; run++) {
        int64_t last = last_auction(model, run->epoch);
        int64_t least = last > AUCTIONS_IN_FLIGHT ? last - AUCTIONS_IN_FLIGHT : 0;
        uint32_t range = (uint32_t)(last - least + 1 + ID_LEAD);
        int64_t hot = last / HOT_GROUP * HOT_GROUP + FIRST_ID;
        least += FIRST_ID;
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            uint64_t random = random_at(stream, events->numbers[i]);
            int64_t any = least + random_below(high(random), range);
            values[i] = pick(random_below(low(random), model->hot_auctions) > 0, hot, any);
        }
    }
}

static void bid_bidder(struct nexmark_events *events, struct column *column) {
    const struct nexmark_model *model = events->model;
    uint64_t stream = stream_of(events, STREAM_BID_BIDDER);
    int64_t *restrict values = column->values;
    for (const struct nexmark_run *run = events->runs; run < events->runs + events->run_count; run++) {
        int64_t last = last_person(model, run->epoch);
        uint32_t range;
        int64_t least = active_persons(last, &range);
        int64_t hot = last / HOT_GROUP * HOT_GROUP + 1 + FIRST_ID;
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            uint64_t random = random_at(stream, events->numbers[i]);
            int64_t any = least + random_below(high(random), range);
            values[i] = pick(random_below(low(random), model->hot_bidders) > 0, hot, any);
        }
    }
}

static void bid_price(struct nexmark_events *events, struct column *column) {
    uint64_t stream = stream_of(events, STREAM_BID_PRICE);
    int64_t *restrict values = column->values;
    for (uint32_t i = 0; i < events->count; i++)
        values[i] = price_from(high(random_at(stream, events->numbers[i])));
}

/* Half the bids come from one of the hot channels. */
static void fill_channels(struct nexmark_events *events, struct column *column,
                          const struct string_view *restrict table) {
    uint64_t stream = stream_of(events, STREAM_BID_CHANNEL);
    struct string_view *restrict values = column->values;
    for (uint32_t i = 0; i < events->count; i++) {
        uint64_t random = random_at(stream, events->numbers[i]);
        uint32_t hot = random_below(high(random), NEXMARK_HOT_CHANNELS);
        uint32_t any = NEXMARK_HOT_CHANNELS + random_below(high(random), NEXMARK_CHANNELS - NEXMARK_HOT_CHANNELS);
        values[i] = table[pick(low(random) & 1, hot, any)];
    }
}

static void bid_channel(struct nexmark_events *events, struct column *column) {
    fill_channels(events, column, nexmark_texts()->channels);
}

static void bid_url(struct nexmark_events *events, struct column *column) {
    fill_channels(events, column, nexmark_texts()->urls);
}

/* How long the extra text of an event may be: 80 % to 120 % of what its other fields leave of the average size. */
static uint32_t extra_range(int64_t average, int64_t current, uint32_t *least) {
    int64_t wanted = average > current ? average - current : 0;
    int64_t delta = (wanted * 2 + 5) / 10;
    *least = (uint32_t)(wanted - delta);
    return delta ? (uint32_t)(2 * delta) : 1;
}

static void store_from_pool(struct string_view *target, const char *pool, uint32_t random, uint32_t size) {
    const char *text = pool + random_below(random, NEXMARK_POOL_BYTES / 2);
    view_store(target, text, size, NEXMARK_POOL_BYTES / 2);
}

static void bid_extra(struct nexmark_events *events, struct column *column) {
    uint64_t stream = stream_of(events, STREAM_BID_EXTRA);
    uint32_t least, range = extra_range(events->model->average_bytes[NEXMARK_BID], CURRENT_BID_BYTES, &least);
    const char *pool = nexmark_texts()->pool;
    struct string_view *restrict values = column->values;
    for (uint32_t i = 0; i < events->count; i++) {
        uint64_t random = random_at(stream, events->numbers[i]);
        store_from_pool(&values[i], pool, high(random), least + random_below(low(random), range));
    }
}

/* Person and auction columns: `row` and `number` for every event of the kind. Views of other rows stay readable. */
#define FOR_EACH_EVENT(events, kind)                                                                                \
    for (uint32_t at_ = 0, row; at_ < (events)->row_counts[kind] && (row = (events)->rows[kind][at_], true); at_++) \
        for (uint64_t number = (events)->numbers[row], once_ = 1; once_; once_ = 0)

static struct string_view *empty_views(struct nexmark_events *events, struct column *column) {
    return memset(column->values, 0, events->count * sizeof(struct string_view));
}

static int64_t person_number(const struct nexmark_model *model, uint64_t number) {
    int64_t total = model->total;
    return (int64_t)number / total * model->proportions[NEXMARK_PERSON] + (int64_t)number % total;
}

static int64_t auction_number(const struct nexmark_model *model, uint64_t number) {
    int64_t total = model->total, place = (int64_t)number % total - model->proportions[NEXMARK_PERSON];
    return (int64_t)number / total * model->proportions[NEXMARK_AUCTION] + place;
}

static void person_id(struct nexmark_events *events, struct column *column) {
    FOR_EACH_EVENT(events, NEXMARK_PERSON)
    COLUMN_VALUES(column, int64_t)[row] = person_number(events->model, number) + FIRST_ID;
}

static void fill_from_table(struct nexmark_events *events, struct column *column, enum stream stream,
                            const struct string_view *table, uint32_t table_size) {
    uint64_t seed = stream_of(events, stream);
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_PERSON)
    values[row] = table[random_below(high(random_at(seed, number)), table_size)];
}

static void person_name(struct nexmark_events *events, struct column *column) {
    fill_from_table(events, column, STREAM_PERSON_NAME, nexmark_texts()->names, NEXMARK_NAMES);
}

static void person_city(struct nexmark_events *events, struct column *column) {
    fill_from_table(events, column, STREAM_PERSON_CITY, nexmark_texts()->cities, NEXMARK_CITIES);
}

static void person_state(struct nexmark_events *events, struct column *column) {
    fill_from_table(events, column, STREAM_PERSON_STATE, nexmark_texts()->states, NEXMARK_STATES);
}

/* 3 to 6 letters, '@', 3 or 4 letters, ".com" */
static void person_email(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_PERSON_EMAIL);
    const char *pool = nexmark_texts()->pool;
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_PERSON) {
        uint64_t random = random_at(seed, number);
        char text[16];
        int size = snprintf(text, sizeof text, "%.*s@%.*s.com", (int)(3 + (random & 3)),
                            pool + random_below(high(random), NEXMARK_POOL_BYTES - 8), (int)(3 + (random >> 2 & 1)),
                            pool + (random >> 3 & 0xFFFF));
        values[row] = view_copy(events->arena, (struct str){text, (size_t)size});
    }
}

static void person_credit_card(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_PERSON_CARD);
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_PERSON) {
        uint64_t random = random_at(seed, number);
        char text[24];
        int size = snprintf(text, sizeof text, "%04u %04u %04u %04u", (unsigned)(random & 0xFFFF) % 10000,
                            (unsigned)(random >> 16 & 0xFFFF) % 10000, (unsigned)(random >> 32 & 0xFFFF) % 10000,
                            (unsigned)(random >> 48) % 10000);
        values[row] = view_copy(events->arena, (struct str){text, (size_t)size});
    }
}

/* The other fields of a person have nearly the same size each time: 8 + name 11 + email 12 + card 19 + city 8 + state 2. */
static void person_extra(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_PERSON_EXTRA);
    uint32_t least, range = extra_range(events->model->average_bytes[NEXMARK_PERSON], 60, &least);
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_PERSON) {
        uint64_t random = random_at(seed, number);
        store_from_pool(&values[row], nexmark_texts()->pool, high(random), least + random_below(low(random), range));
    }
}

static void auction_id(struct nexmark_events *events, struct column *column) {
    FOR_EACH_EVENT(events, NEXMARK_AUCTION)
    COLUMN_VALUES(column, int64_t)[row] = auction_number(events->model, number) + FIRST_ID;
}

/* Words of 3 to length_max - 1 characters, without the spaces at the ends. */
static struct string_view words_of(uint64_t random, uint32_t length_max) {
    uint32_t size = 3 + random_below(low(random), length_max - 3);
    const char *words = nexmark_texts()->words + random_below(high(random), NEXMARK_WORDS_BYTES - size);
    struct str text = str_trim((struct str){words, size});
    return view_make(text.data, (uint32_t)text.size);
}

static void auction_item_name(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_AUCTION_NAME);
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION)
    values[row] = words_of(random_at(seed, number), 20);
}

static void auction_description(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_AUCTION_DESCRIPTION);
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION)
    values[row] = words_of(random_at(seed, number), 100);
}

static void auction_initial_bid(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_AUCTION_INITIAL_BID);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION)
    COLUMN_VALUES(column, int64_t)[row] = price_from(high(random_at(seed, number)));
}

static void auction_reserve(struct nexmark_events *events, struct column *column) {
    uint64_t initial = stream_of(events, STREAM_AUCTION_INITIAL_BID), more = stream_of(events, STREAM_AUCTION_RESERVE);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION)
    COLUMN_VALUES(column, int64_t)
    [row] = price_from(high(random_at(initial, number))) + price_from(high(random_at(more, number)));
}

/* 1 ms to twice the time in which as many auctions begin as are in flight. */
static void auction_expires(struct nexmark_events *events, struct column *column) {
    const struct nexmark_model *model = events->model;
    uint64_t seed = stream_of(events, STREAM_AUCTION_EXPIRES);
    const int64_t *times_us = event_times(events);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION) {
        uint64_t ahead = (uint64_t)(AUCTIONS_IN_FLIGHT * model->total / model->proportions[NEXMARK_AUCTION]);
        int64_t horizon_ms = (time_of(model, number + ahead) - times_us[row]) / 1000;
        uint64_t range_ms = horizon_ms > 0 ? (uint64_t)horizon_ms * 2 : 1;
        int64_t length_ms = 1 + (int64_t)(((__uint128_t)random_at(seed, number) * range_ms) >> 64);
        COLUMN_VALUES(column, int64_t)[row] = times_us[row] + length_ms * 1000;
    }
}

static void auction_seller(struct nexmark_events *events, struct column *column) {
    const struct nexmark_model *model = events->model;
    uint64_t seed = stream_of(events, STREAM_AUCTION_SELLER);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION) {
        int64_t last = last_person(model, (int64_t)number / model->total);
        uint64_t random = random_at(seed, number);
        uint32_t range;
        int64_t any = active_persons(last, &range);
        any += random_below(high(random), range);
        int64_t hot = last / HOT_GROUP * HOT_GROUP + FIRST_ID;
        COLUMN_VALUES(column, int64_t)[row] = random_below(low(random), model->hot_sellers) > 0 ? hot : any;
    }
}

static void auction_category(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_AUCTION_CATEGORY);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION)
    COLUMN_VALUES(column, int64_t)[row] = FIRST_CATEGORY + random_below(high(random_at(seed, number)), CATEGORIES);
}

static void auction_extra(struct nexmark_events *events, struct column *column) {
    uint64_t seed = stream_of(events, STREAM_AUCTION_EXTRA), names = stream_of(events, STREAM_AUCTION_NAME),
             descriptions = stream_of(events, STREAM_AUCTION_DESCRIPTION);
    struct string_view *values = empty_views(events, column);
    FOR_EACH_EVENT(events, NEXMARK_AUCTION) {
        uint64_t random = random_at(seed, number);
        int64_t current =
            48 + words_of(random_at(names, number), 20).size + words_of(random_at(descriptions, number), 100).size;
        uint32_t least, range = extra_range(events->model->average_bytes[NEXMARK_AUCTION], current, &least);
        store_from_pool(&values[row], nexmark_texts()->pool, high(random), least + random_below(low(random), range));
    }
}

#define FIELD_ROW(name, type, fill) {#name, fill},
const struct nexmark_field nexmark_person_fields[] = {NEXMARK_PERSON_FIELDS(FIELD_ROW){0}};
const struct nexmark_field nexmark_auction_fields[] = {NEXMARK_AUCTION_FIELDS(FIELD_ROW){0}};
const struct nexmark_field nexmark_bid_fields[] = {NEXMARK_BID_FIELDS(FIELD_ROW){0}};
