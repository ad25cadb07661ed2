/* nexmark_test.c: events are pure functions of their number, pruning changes nothing, and the distributions are those of the
 * reference generator. */
#include <math.h>

#include "connectors/generator.h"
#include "tests/unit/connectors/table.h"

#define OPTIONS(...) ((const char *const[]){"connector", "nexmark", __VA_ARGS__, NULL})

static char *read_text(const char *const *options, uint32_t batch_rows) {
    struct table table;
    table_init(&table, options);
    if (table_open(&table, NULL, NULL, batch_rows, NULL))
        fail_msg("%s", table.error.message);
    assert_int_equal(table_read(&table, 0, 0), STATUS_OK);
    char *text = memory_strdup(table.rows.data);
    table_release(&table);
    return text;
}

static void same_events_in_any_batches(void **state) {
    (void)state;
    char *whole = read_text(OPTIONS("events.num", "5000"), 2048), *parts = read_text(OPTIONS("events.num", "5000"), 37);
    assert_string_equal(whole, parts);
    char *other = read_text(OPTIONS("events.num", "5000", "seed", "2"), 2048);
    assert_string_not_equal(whole, other);
    free(whole), free(parts), free(other);
    whole = read_text(OPTIONS("events.num", "3000", "out-of-order.group-size", "7"), 2048);
    parts = read_text(OPTIONS("events.num", "3000", "out-of-order.group-size", "7"), 10);
    assert_string_equal(whole, parts);
    free(whole), free(parts);
}

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Out-of-order groups give the same events in another order. */
static void groups_only_shuffle(void **state) {
    (void)state;
    char *texts[2] = {read_text(OPTIONS("events.num", "1000"), 2048),
                      read_text(OPTIONS("events.num", "1000", "out-of-order.group-size", "100"), 2048)};
    char *lines[2][1000];
    assert_string_not_equal(texts[0], texts[1]);
    for (int t = 0; t < 2; t++) {
        char *rest = texts[t];
        for (int i = 0; i < 1000; i++)
            lines[t][i] = strsep(&rest, "\n");
        qsort(lines[t], 1000, sizeof(char *), compare_lines);
    }
    for (int i = 0; i < 1000; i++)
        assert_string_equal(lines[0][i], lines[1][i]);
    free(texts[0]), free(texts[1]);
}

/* Every field read alone has the value that it has beside all the others. */
static void pruning(void **state) {
    (void)state;
    struct table whole;
    table_init(&whole, OPTIONS("events.num", "400"));
    assert_int_equal(table_open(&whole, NULL, NULL, 400, NULL), STATUS_OK);
    struct source_poll all, one;
    assert_int_equal(whole.source->class->poll(whole.source, 0, &all, &whole.error), STATUS_OK);
    unsigned fields = 0;
    for (uint32_t c = 1; c < 4; c++) {
        const struct type *row = whole.schema.fields[c].type;
        for (uint32_t f = 0; f < row->field_count; f++, fields++) {
            struct type pruned = *row;
            pruned.fields = &row->fields[f];
            pruned.field_count = 1;
            struct source_column column = {whole.schema.fields[c].name, &pruned, (int32_t)c};
            struct source_config config = whole.config;
            config.columns = &column;
            config.column_count = 1;
            struct source *source;
            assert_int_equal(whole.connector->source_open(&config, &source, &whole.error), STATUS_OK);
            assert_int_equal(source->class->poll(source, 0, &one, &whole.error), STATUS_OK);
            for (uint32_t i = 0; i < 400; i++) {
                bool is_null = column_is_null(&all.batch->columns[c], i);
                assert_int_equal(is_null, column_is_null(&one.batch->columns[0], i));
                if (!is_null)
                    assert_true(column_values_equal(&all.batch->columns[c].children[f], i,
                                                    &one.batch->columns[0].children[0], i));
            }
            batch_release(one.batch);
            source->class->close(source);
        }
    }
    assert_int_equal(fields, 25);
    batch_release(all.batch);
    table_release(&whole);
}

struct counts {
    unsigned rows, kinds[3], hot_auctions, hot_bidders, hot_channels, channel_ids, wide_urls;
    double bid_bytes, log_price;
};

static int64_t int_at(const struct batch *batch, uint32_t column, uint32_t field, uint32_t row) {
    return COLUMN_VALUES(&batch->columns[column].children[field], int64_t)[row];
}
static struct str text_at(const struct batch *batch, uint32_t column, uint32_t field, uint32_t row) {
    return view_str(&COLUMN_VALUES(&batch->columns[column].children[field], struct string_view)[row]);
}

static void count_bid(struct counts *counts, const struct batch *batch, uint32_t row, int64_t number) {
    int64_t epoch = number / 50, last_auction = epoch * 3 + 2, last_person = epoch;
    int64_t auction = int_at(batch, 3, 0, row) - 1000, bidder = int_at(batch, 3, 1, row) - 1000;
    int64_t price = int_at(batch, 3, 2, row);
    assert_true(auction >= 0 && auction <= last_auction + 10);
    assert_true(auction >= last_auction - 100 || auction == last_auction / 100 * 100);
    assert_true(bidder >= 0 && bidder <= last_person + 10 && (bidder >= last_person - 999));
    assert_in_range(price, 100, 100000000);
    counts->hot_auctions += auction == last_auction / 100 * 100;
    counts->hot_bidders += bidder == last_person / 100 * 100 + 1;
    counts->log_price += log10((double)price / 100) / 6;
    struct str channel = text_at(batch, 3, 3, row), url = text_at(batch, 3, 4, row), extra = text_at(batch, 3, 6, row);
    assert_true(str_starts_with(url, STR("https://www.nexmark.com/")));
    bool is_hot = !str_starts_with(channel, STR("channel-"));
    bool has_id = memmem(url.data, url.size, "&channel_id=", 12) != NULL;
    assert_false(is_hot && has_id);
    counts->hot_channels += is_hot;
    counts->channel_ids += has_id;
    counts->bid_bytes += 32 + (double)extra.size;
    assert_in_range(extra.size, 54, 82);
}

static void check_others(const struct batch *batch, uint32_t row, int64_t number) {
    int64_t epoch = number / 50, place = number % 50;
    if (place == 0) {
        assert_int_equal(int_at(batch, 1, 0, row), 1000 + epoch);
        assert_int_equal(text_at(batch, 1, 3, row).size, 19);
        assert_non_null(memchr(text_at(batch, 1, 2, row).data, '@', text_at(batch, 1, 2, row).size));
        return;
    }
    assert_int_equal(int_at(batch, 2, 0, row), 1000 + epoch * 3 + place - 1);
    assert_true(int_at(batch, 2, 4, row) >= int_at(batch, 2, 3, row) + 100); /* reserve */
    int64_t length_us = int_at(batch, 2, 6, row) - int_at(batch, 2, 5, row);
    assert_true(length_us >= 1000 && length_us <= 2 * 166700 + 1000); /* 1,666 events at 10,000 a second, twice */
    assert_in_range(int_at(batch, 2, 8, row), 10, 14);
    int64_t seller = int_at(batch, 2, 7, row) - 1000;
    assert_true(seller >= 0 && seller <= epoch + 10);
}

static void distributions(void **state) {
    (void)state;
    struct table table;
    table_init(&table, OPTIONS("events.num", "200000"));
    assert_int_equal(table_open(&table, NULL, NULL, 2048, NULL), STATUS_OK);
    struct counts counts = {0};
    int64_t base_us = 1436918400000000; /* 2015-07-15 */
    struct source_poll poll = {0};
    while (poll.state != SOURCE_END) {
        assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
        for (uint32_t row = 0; row < poll.batch->row_count; row++) {
            int64_t number = counts.rows++;
            int32_t kind = COLUMN_VALUES(&poll.batch->columns[0], int32_t)[row];
            assert_int_equal(kind, number % 50 == 0 ? 0 : number % 50 < 4 ? 1 : 2);
            counts.kinds[kind]++;
            for (int32_t c = 0; c < 3; c++)
                assert_int_equal(column_is_null(&poll.batch->columns[c + 1], row), c != kind);
            uint32_t time_field = kind == 0 ? 6 : 5;
            assert_int_equal(int_at(poll.batch, (uint32_t)kind + 1, time_field, row), base_us + number / 10 * 1000);
            if (kind == 2)
                count_bid(&counts, poll.batch, row, number);
            else
                check_others(poll.batch, row, number);
        }
        batch_release(poll.batch);
    }
    assert_int_equal(counts.rows, 200000);
    double bids = counts.kinds[2];
    assert_int_equal(counts.kinds[2], 184000);
    assert_true(fabs(counts.hot_auctions / bids - 0.505) < 0.01); /* half, and now and then by chance */
    assert_true(fabs(counts.hot_bidders / bids - 0.75) < 0.01);
    assert_true(fabs(counts.hot_channels / bids - 0.5) < 0.01);
    assert_true(fabs(counts.channel_ids / bids - 0.45) < 0.02);
    assert_true(fabs(counts.log_price / bids - 0.5) < 0.01); /* the exponent is uniform */
    assert_true(fabs(counts.bid_bytes / bids - 100) < 1);
    table_release(&table);
}

static void wrong_options(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"first-event.rate", "0"},  {"bid.hot-ratio.auctions", "0"},  {"bid.avg-size", "1mb"},
        {"base-time", "yesterday"}, {"out-of-order.group-size", "0"}, {"rate-limited", "true"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct table table;
        table_init(&table, OPTIONS(cases[i][0], cases[i][1]));
        assert_int_equal(table_validate(&table, NULL), STATUS_INVALID_OPTION);
        table_release(&table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_events_in_any_batches),
        cmocka_unit_test(groups_only_shuffle),
        cmocka_unit_test(pruning),
        cmocka_unit_test(distributions),
        cmocka_unit_test(wrong_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
