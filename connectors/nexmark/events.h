/* events.h: the columns of Nexmark events, generated batch by batch from nothing but a seed and event numbers.
 *
 * Model (ids, proportions, hot ratios, text lengths, times): the reference generator nexmark/nexmark. Differences, each on purpose:
 * every value comes from (seed, event number), so that runs repeat and splits can start anywhere; a bidder's id has the
 * first person id added once, so that bids join persons; prices are 100 · 10^(6u) within a relative error of 2e-9, rounded.
 *
 *   event number n, adjusted to n' inside its out-of-order group
 *   epoch = n' / total, place = n' % total:   [ person | auction auction auction | bid … bid ]
 */
#pragma once

#include "connectors/connector.h"
#include "core/data/column.h"

enum nexmark_kind { NEXMARK_PERSON, NEXMARK_AUCTION, NEXMARK_BID, NEXMARK_KINDS };

/* One list of fields: SQL name, type, function that fills the column; in the order of the schema. */
#define NEXMARK_PERSON_FIELDS(X)                   \
    X(id, type_bigint, person_id)                  \
    X(name, type_string, person_name)              \
    X(emailAddress, type_string, person_email)     \
    X(creditCard, type_string, person_credit_card) \
    X(city, type_string, person_city)              \
    X(state, type_string, person_state)            \
    X(dateTime, type_timestamp3, event_time)       \
    X(extra, type_string, person_extra)
#define NEXMARK_AUCTION_FIELDS(X)                    \
    X(id, type_bigint, auction_id)                   \
    X(itemName, type_string, auction_item_name)      \
    X(description, type_string, auction_description) \
    X(initialBid, type_bigint, auction_initial_bid)  \
    X(reserve, type_bigint, auction_reserve)         \
    X(dateTime, type_timestamp3, event_time)         \
    X(expires, type_timestamp3, auction_expires)     \
    X(seller, type_bigint, auction_seller)           \
    X(category, type_bigint, auction_category)       \
    X(extra, type_string, auction_extra)
#define NEXMARK_BID_FIELDS(X)                \
    X(auction, type_bigint, bid_auction)     \
    X(bidder, type_bigint, bid_bidder)       \
    X(price, type_bigint, bid_price)         \
    X(channel, type_string, bid_channel)     \
    X(url, type_string, bid_url)             \
    X(dateTime, type_timestamp3, event_time) \
    X(extra, type_string, bid_extra)

struct nexmark_model {
    int64_t proportions[NEXMARK_KINDS]; /* events of each kind in an epoch */
    int64_t total;
    int64_t average_bytes[NEXMARK_KINDS];
    uint32_t hot_auctions, hot_bidders, hot_sellers; /* k: all but one in k are hot */
    int64_t group_size;                              /* events are shuffled within so many */
    double step_us;                                  /* event time from one event to the next */
    int64_t base_us;
    uint64_t seed;
};

/* Rows of one batch that share an epoch. */
struct nexmark_run {
    uint32_t first, count;
    int64_t epoch;
};

/* What is known of a batch's rows before any column is filled. Reused from batch to batch. */
struct nexmark_events {
    const struct nexmark_model *model;
    struct arena *arena; /* the batch's */
    uint32_t count, capacity;
    uint64_t *numbers; /* adjusted */
    struct nexmark_run *runs;
    uint32_t run_count;
    uint16_t *rows[NEXMARK_KINDS]; /* rows of persons, auctions, bids */
    uint32_t row_counts[NEXMARK_KINDS];
    int64_t *times_us; /* of the batch; NULL until a column wants them */
};

typedef void nexmark_fill_function(struct nexmark_events *events, struct column *column);

/* A field of the schema; the three tables follow the lists above. */
struct nexmark_field {
    const char *name;
    nexmark_fill_function *fill;
};
extern const struct nexmark_field nexmark_person_fields[], nexmark_auction_fields[], nexmark_bid_fields[];

void nexmark_events_init(struct nexmark_events *events, const struct nexmark_model *model, struct arena *arena,
                         uint32_t capacity);
/* Rows [0, count) are the events first_number… */
void nexmark_events_start(struct nexmark_events *events, struct arena *batch_arena, uint64_t first_number,
                          uint32_t count);
/* The validity of the ROW column of a kind, and the event_type column. */
uint64_t *nexmark_events_validity(const struct nexmark_events *events, enum nexmark_kind kind);
void nexmark_events_types(const struct nexmark_events *events, int32_t *types);
