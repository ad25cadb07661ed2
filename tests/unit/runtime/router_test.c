/* router_test.c: where rows go, in which pieces, and what goes with them; the channels are read by the test. */
#include "tests/unit/runtime/exchange_chain.h"

#include "core/base/hash.h"

enum { TARGETS_MAX = 8 };

struct routed {
    struct exchange_chain producer;
    struct wakeup consumer;
    struct channel *channels[TARGETS_MAX];
    uint32_t count;
    struct stream_operator *router;
};

static const uint32_t by_first[] = {0}, by_two[] = {1, 0};

static void routed_open(struct routed *routed, Plan__Distribution distribution, uint32_t count, const uint32_t *keys,
                        uint32_t key_count, int64_t granularity_us, uint32_t batch_rows) {
    struct chain *chain = &routed->producer.chain;
    exchange_chain_open(&routed->producer);
    chain->context.batch_rows = batch_rows;
    assert_int_equal(wakeup_init(&routed->consumer, &chain->error), STATUS_OK);
    routed->count = count;
    for (uint32_t i = 0; i < count; i++)
        routed->channels[i] = channel_new(&chain->arena, &(struct channel_config){.producer = &routed->producer.wakeup,
                                                                                  .consumer = &routed->consumer});
    struct router_config config = {distribution, keys, key_count, routed->channels, count, granularity_us};
    chain_check(chain, router_new(&config, chain->tested, &routed->router, &chain->error));
}

static void routed_close(struct routed *routed) {
    operator_close(routed->router);
    for (uint32_t i = 0; i < routed->count; i++)
        channel_close(routed->channels[i]);
    wakeup_release(&routed->consumer);
    exchange_chain_close(&routed->producer);
}

static void flush(struct routed *routed) {
    chain_check(&routed->producer.chain, operator_on_flush(routed->router, &routed->producer.chain.error));
}

/* Every row arrives once, in the order of its key, at the instance that owns its key group. */
static void hashed_by(const uint32_t *keys, uint32_t key_count, uint32_t count) {
    struct routed routed;
    routed_open(&routed, PLAN__DISTRIBUTION__HASH, count, keys, key_count, 0, 64);
    for (int i = 0; i < 40; i++) {
        struct strbuf rows;
        strbuf_init(&rows);
        for (int row = 0; row < 25; row++)
            strbuf_printf(&rows, "%s %s%d %d\n", row % 7 ? "4" : "NULL",
                          row % 3 ? "short" : "a-string-that-does-not-fit-into-a-view-", row % 5, 25 * i + row);
        chain_push(&routed.producer.chain, strbuf_text(&rows));
        strbuf_release(&rows);
    }
    flush(&routed);
    uint32_t total = 0;
    for (uint32_t target = 0; target < count; target++) {
        int64_t last[64] = {0}; /* by value modulo 35: which decides the key */
        struct channel_item item;
        while (channel_take(routed.channels[target], &item)) {
            assert_int_equal(item.kind, CHANNEL_BATCH);
            struct batch *batch = item.batch;
            assert_true(batch->row_count <= 64);
            struct selection all = {.count = batch->row_count};
            uint64_t hashes[65];
            for (uint32_t k = 0; k < key_count; k++)
                column_hash(&batch->columns[keys[k]], &all, hashes, k == 0);
            for (uint32_t row = 0; row < batch->row_count; row++) {
                assert_int_equal(key_group_instance(hash_key_group(hashes[row]), count), target);
                int64_t value = COLUMN_VALUES(&batch->columns[2], int64_t)[row];
                assert_true(value >= last[value % 25]);
                last[value % 25] = value + 1;
            }
            total += batch->row_count;
            batch_release(batch);
        }
    }
    assert_int_equal(total, 1000);
    assert_int_equal(routed.router->counters.rows_out, 1000);
    routed_close(&routed);
}

static void rows_go_to_the_owner_of_their_key_group(void **state) {
    (void)state;
    hashed_by(by_first, 1, 3);
    hashed_by(by_two, 2, 3);
    hashed_by(by_two, 2, 8);
    hashed_by(by_two, 2, 1);
}

/* All rows of one key: pieces are packed, an update is not torn apart, kinds go along. */
static void pieces_are_packed(void **state) {
    (void)state;
    struct routed routed;
    routed_open(&routed, PLAN__DISTRIBUTION__HASH, 2, by_first, 1, 0, 4);
    uint64_t hash;
    struct batch *one = chain_batch(&routed.producer.chain.pool, routed.producer.chain.input, "7 x 0");
    column_hash(&one->columns[0], &(struct selection){.count = 1}, &hash, true);
    batch_release(one);
    struct channel *to = routed.channels[key_group_instance(hash_key_group(hash), 2)];
    chain_push(&routed.producer.chain, "7 a 1\n7 b 2");
    chain_push(&routed.producer.chain, "7 c 3\n-U 7 a 1\n+U 7 d 4\n-D 7 b 2");
    expect_channel(to, "+I 7 a 1\n+I 7 b 2\n+I 7 c 3\n-U 7 a 1\n+U 7 d 4\n--\n");
    flush(&routed);
    expect_channel(to, "-D 7 b 2\n--\n");
    flush(&routed);
    expect_channel(to, "");
    routed_close(&routed);
}

/* Rows wait for a watermark that closes a window, for time, or for a barrier; a harmless watermark waits with them. */
static void what_is_held_and_when_it_goes(void **state) {
    (void)state;
    struct routed routed;
    struct chain *chain = &routed.producer.chain;
    routed_open(&routed, PLAN__DISTRIBUTION__SINGLETON, 1, NULL, 0, 10, 8);
    struct channel *to = routed.channels[0];
    chain_push(chain, "1 a 1");
    expect_channel(to, "");
    chain_watermark(chain, 12); /* the first one */
    expect_channel(to, "+I 1 a 1\n--\n~12\n");
    chain_push(chain, "2 b 2");
    chain_watermark(chain, 15);
    chain_watermark(chain, 18);
    chain_push(chain, "3 c 3"); /* passes them: no window ends at 13 … 19 */
    expect_channel(to, "");
    chain_watermark(chain, 19); /* closes [10, 20) */
    expect_channel(to, "+I 2 b 2\n+I 3 c 3\n--\n~19\n");
    chain_push(chain, "4 d 4");
    chain_watermark(chain, 20);
    chain->evaluation.now_us += ROUTER_LINGER_US;
    assert_true(routed.router->next_tick_us <= chain->evaluation.now_us);
    chain_check(chain, operator_on_tick(routed.router, chain->evaluation.now_us, &chain->error));
    expect_channel(to, "+I 4 d 4\n--\n~20\n");
    assert_int_equal(routed.router->next_tick_us, INT64_MAX);
    chain_push(chain, "5 e 5");
    struct barrier barrier = {.generation = 1, .epoch = 3, .attempt = 1};
    chain_check(chain, router_barrier(routed.router, &barrier, &chain->error));
    chain_push(chain, "6 f 6");
    chain_check(chain, operator_on_idle(chain->tested, 0, true, &chain->error));
    chain_check(chain, operator_on_idle(chain->tested, 0, false, &chain->error));
    expect_channel(to, "+I 5 e 5\n--\nbarrier 3.1\n+I 6 f 6\n--\nidle\nactive\n");
    chain_push(chain, "7 g 7");
    chain_end(chain);
    expect_channel(to, "+I 7 g 7\n--\n~end\nend\n");
    chain_check(chain, router_barrier(routed.router, &barrier, &chain->error)); /* nothing after the end */
    expect_channel(to, "");
    routed_close(&routed);
}

/* Large batches go as they are: shared, not copied; small ones before them go first. */
static void whole_batches_are_shared(void **state) {
    (void)state;
    struct routed routed;
    struct chain *chain = &routed.producer.chain;
    routed_open(&routed, PLAN__DISTRIBUTION__SINGLETON, 1, NULL, 0, 0, 4);
    chain_push(chain, "1 a 1");
    struct batch *batch = chain_batch(&chain->pool, chain->input, "2 b 2\n3 c 3\n4 d 4");
    chain_check(chain, operator_on_batch(chain->tested, 0, batch, &chain->error));
    struct channel_item item;
    assert_true(channel_take(routed.channels[0], &item));
    assert_int_equal(item.batch->row_count, 1);
    batch_release(item.batch);
    assert_true(channel_take(routed.channels[0], &item));
    assert_ptr_equal(item.batch->columns[0].values, batch->columns[0].values);
    batch_release(batch);
    assert_int_equal(COLUMN_VALUES(&item.batch->columns[2], int64_t)[2], 4);
    batch_release(item.batch);
    routed_close(&routed);
}

static void broadcast(void **state) {
    (void)state;
    struct routed routed;
    routed_open(&routed, PLAN__DISTRIBUTION__BROADCAST, 3, NULL, 0, 0, 4);
    chain_push(&routed.producer.chain, "1 a 1\n-D 2 a-string-that-does-not-fit-into-a-view 2");
    for (uint32_t i = 0; i < 3; i++)
        expect_channel(routed.channels[i], "+I 1 a 1\n-D 2 a-string-that-does-not-fit-into-a-view 2\n--\n");
    routed_close(&routed);
}

/* With all channels refused nobody wants rows: sources may stop; with one left, they may not. */
static void refusal(void **state) {
    (void)state;
    struct routed routed;
    struct chain *chain = &routed.producer.chain;
    routed_open(&routed, PLAN__DISTRIBUTION__BROADCAST, 2, NULL, 0, 0, 4);
    channel_refuse(routed.channels[0]);
    router_check(routed.router);
    chain_push(chain, "1 a 1");
    expect_channel(routed.channels[0], "");
    expect_channel(routed.channels[1], "+I 1 a 1\n--\n");
    assert_true(operator_wants_rows(routed.router));
    channel_refuse(routed.channels[1]);
    router_check(routed.router);
    assert_false(operator_wants_rows(routed.router));
    assert_true(chain->stop_wanted);
    chain_push(chain, "2 b 2");
    chain_end(chain);
    expect_channel(routed.channels[0], "~end\nend\n");
    routed_close(&routed);
}

/* A full channel holds the chain back until somebody cancels. */
static void cancellation(void **state) {
    (void)state;
    struct routed routed;
    struct chain *chain = &routed.producer.chain;
    routed_open(&routed, PLAN__DISTRIBUTION__SINGLETON, 1, NULL, 0, 0, 2);
    channel_cancel(routed.channels[0]);
    enum status status = STATUS_OK;
    for (int i = 0; i < CHANNEL_BATCHES_DEFAULT + 1 && status == STATUS_OK; i++)
        status = chain_try_push(chain, 0, "1 a 1\n2 b 2");
    assert_int_equal(status, STATUS_CANCELLED);
    routed_close(&routed);
}

/* The consumers of a restored task learn how far it is. */
static void how_a_task_begins(void **state) {
    (void)state;
    struct routed routed;
    struct chain *chain = &routed.producer.chain;
    routed_open(&routed, PLAN__DISTRIBUTION__SINGLETON, 1, NULL, 0, 10, 2);
    chain_check(chain, router_start(routed.router, chain->tested, &chain->error));
    expect_channel(routed.channels[0], "active\n");
    chain->tested->watermark_us = 55; /* restored */
    chain->tested->idle = true;
    chain_check(chain, router_start(routed.router, chain->tested, &chain->error));
    expect_channel(routed.channels[0], "idle\n~55\nidle\n");
    chain->tested->ended = true;
    chain_check(chain, router_start(routed.router, chain->tested, &chain->error));
    expect_channel(routed.channels[0], "active\n~end\nend\n");
    routed_close(&routed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_to_the_owner_of_their_key_group),
        cmocka_unit_test(pieces_are_packed),
        cmocka_unit_test(what_is_held_and_when_it_goes),
        cmocka_unit_test(whole_batches_are_shared),
        cmocka_unit_test(broadcast),
        cmocka_unit_test(refusal),
        cmocka_unit_test(cancellation),
        cmocka_unit_test(how_a_task_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
