/* channel_test.c: a channel's order, limits and reserved room; two threads that sleep and wake each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/data/batch.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/wakeup.h"

static struct field fields[] = {{"a", &type_bigint}};
static const struct schema schema = {fields, 1};

struct pair {
    struct arena arena;
    struct batch_pool pool;
    struct wakeup producer, consumer;
    struct channel *channel;
};

static void pair_open(struct pair *pair, uint32_t batch_limit, size_t byte_limit) {
    struct error error = {0};
    arena_init(&pair->arena);
    batch_pool_init(&pair->pool);
    assert_int_equal(wakeup_init(&pair->producer, &error), STATUS_OK);
    assert_int_equal(wakeup_init(&pair->consumer, &error), STATUS_OK);
    pair->channel =
        channel_new(&pair->arena, &(struct channel_config){&pair->producer, &pair->consumer, batch_limit, byte_limit});
}

static void pair_close(struct pair *pair) {
    channel_close(pair->channel);
    batch_pool_release(&pair->pool);
    wakeup_release(&pair->producer);
    wakeup_release(&pair->consumer);
    arena_release(&pair->arena);
}

static struct batch *numbered(struct pair *pair, int64_t number, uint32_t rows) {
    struct batch *batch = batch_new_for(&pair->pool, &schema, rows);
    COLUMN_VALUES(&batch->columns[0], int64_t)[0] = number;
    return batch_lend(&pair->pool, batch);
}

static bool try_number(struct pair *pair, int64_t number, uint32_t rows) {
    struct batch *batch = numbered(pair, number, rows);
    bool sent = channel_try_batch(pair->channel, batch);
    if (!sent)
        batch_release(batch);
    return sent;
}

static int64_t take_number(struct pair *pair) {
    struct channel_item item;
    assert_true(channel_take(pair->channel, &item));
    assert_int_equal(item.kind, CHANNEL_BATCH);
    int64_t number = COLUMN_VALUES(&item.batch->columns[0], int64_t)[0];
    batch_release(item.batch);
    return number;
}

/* A full queue of batches leaves room for control records, and all keep their order. */
static void control_records_have_room(void **state) {
    (void)state;
    struct pair pair;
    struct channel_item item;
    pair_open(&pair, 2, 0);
    assert_false(channel_take(pair.channel, &item));
    assert_true(try_number(&pair, 1, 1));
    assert_true(channel_try_watermark(pair.channel, 10));
    assert_true(try_number(&pair, 2, 1));
    assert_false(try_number(&pair, 3, 1));
    assert_int_equal(channel_queued_batches(pair.channel), 2);
    assert_true(channel_try_idle(pair.channel, true));
    assert_true(channel_try_barrier(pair.channel, &(struct barrier){.generation = 1, .epoch = 7}));
    channel_end(pair.channel);
    assert_int_equal(take_number(&pair), 1);
    assert_true(channel_take(pair.channel, &item) && item.kind == CHANNEL_WATERMARK && item.watermark_us == 10);
    assert_int_equal(take_number(&pair), 2);
    assert_true(channel_take(pair.channel, &item) && item.kind == CHANNEL_IDLE && item.idle);
    assert_true(channel_take(pair.channel, &item) && item.kind == CHANNEL_BARRIER && item.barrier.epoch == 7);
    assert_true(channel_take(pair.channel, &item) && item.kind == CHANNEL_END);
    assert_false(channel_has_items(pair.channel));
    pair_close(&pair);
}

/* Watermarks cannot take the barriers' room, barriers not the end's. */
static void room_is_reserved(void **state) {
    (void)state;
    struct pair pair;
    struct barrier barrier = {.generation = 1};
    pair_open(&pair, 4, 0);
    uint32_t watermarks = 0, barriers = 0;
    while (channel_try_watermark(pair.channel, watermarks))
        watermarks++;
    assert_false(channel_try_idle(pair.channel, true));
    assert_true(watermarks >= CHANNEL_CONTROL_SLOTS);
    while (channel_try_barrier(pair.channel, &barrier))
        barriers++;
    assert_int_equal(barriers, CHANNEL_BARRIER_SLOTS);
    assert_false(try_number(&pair, 1, 1));
    channel_end(pair.channel);
    pair_close(&pair);
}

static void bytes_are_bounded(void **state) {
    (void)state;
    struct pair pair;
    pair_open(&pair, 100, 1000);
    assert_true(try_number(&pair, 1, 60)); /* 480 bytes */
    assert_true(try_number(&pair, 2, 60));
    assert_false(try_number(&pair, 3, 60));
    take_number(&pair);
    take_number(&pair);
    assert_true(try_number(&pair, 4, 10000)); /* alone it may be any size */
    assert_false(try_number(&pair, 5, 1));
    pair_close(&pair); /* releases what is queued */
}

static void refusal_and_cancellation(void **state) {
    (void)state;
    struct pair pair;
    struct error error = {0};
    pair_open(&pair, 1, 0);
    assert_true(try_number(&pair, 1, 1));
    assert_false(try_number(&pair, 2, 1));
    channel_refuse(pair.channel);
    assert_int_equal(channel_wait_for_room(pair.channel, &error), STATUS_OK);
    for (int64_t i = 0; i < 10; i++)
        assert_true(try_number(&pair, i, 1)); /* vanish */
    assert_int_equal(channel_queued_batches(pair.channel), 1);
    channel_cancel(pair.channel);
    assert_int_equal(channel_wait_for_room(pair.channel, &error), STATUS_CANCELLED);
    pair_close(&pair);
}

/* ---- threads ---- */

enum { NUMBERS = 60000 };

static void *produce(void *context) {
    struct pair *pair = context;
    struct error error;
    for (int64_t number = 0; number < NUMBERS; number++) {
        struct batch *batch = numbered(pair, number, number % 37 == 0 ? 300 : 1);
        while (!channel_try_batch(pair->channel, batch))
            if (channel_wait_for_room(pair->channel, &error) != STATUS_OK) {
                batch_release(batch);
                return NULL;
            }
        while (number % 5 == 0 && !channel_try_watermark(pair->channel, number))
            if (channel_wait_for_room(pair->channel, &error) != STATUS_OK)
                return NULL;
    }
    channel_end(pair->channel);
    return pair;
}

/* Everything arrives once and in order, however small the channel; nobody sleeps for ever (no time limit on any wait). */
static void nothing_is_lost(uint32_t batch_limit, size_t byte_limit) {
    struct pair pair;
    pthread_t thread;
    pair_open(&pair, batch_limit, byte_limit);
    assert_int_equal(pthread_create(&thread, NULL, produce, &pair), 0);
    int64_t next = 0, watermark = -5;
    for (bool ended = false; !ended;) {
        struct channel_item item;
        if (!channel_take(pair.channel, &item)) {
            wakeup_arm(&pair.consumer);
            if (channel_has_items(pair.channel))
                wakeup_disarm(&pair.consumer);
            else
                wakeup_wait(&pair.consumer, -1);
            continue;
        }
        if (item.kind == CHANNEL_BATCH) {
            assert_int_equal(COLUMN_VALUES(&item.batch->columns[0], int64_t)[0], next++);
            batch_release(item.batch);
        } else if (item.kind == CHANNEL_WATERMARK) {
            assert_int_equal(item.watermark_us, watermark += 5);
            assert_int_equal(item.watermark_us, next - 1);
        } else {
            ended = item.kind == CHANNEL_END;
        }
    }
    assert_int_equal(next, NUMBERS);
    pthread_join(thread, NULL);
    batch_pool_collect(&pair.pool);
    assert_int_equal(pair.pool.live_count, 0);
    pair_close(&pair);
}

static void one_at_a_time(void **state) {
    (void)state;
    nothing_is_lost(1, 0);
}
static void small(void **state) {
    (void)state;
    nothing_is_lost(4, 0);
}
static void few_bytes(void **state) {
    (void)state;
    nothing_is_lost(64, 1000);
}
static void usual(void **state) {
    (void)state;
    nothing_is_lost(0, 0);
}

/* A producer that sleeps for room is woken by cancellation. */
static void cancelled_while_asleep(void **state) {
    (void)state;
    struct pair pair;
    pthread_t thread;
    void *result;
    pair_open(&pair, 2, 0);
    assert_int_equal(pthread_create(&thread, NULL, produce, &pair), 0);
    while (channel_wait_count(pair.channel) == 0)
        sched_yield();
    channel_cancel(pair.channel);
    pthread_join(thread, &result);
    assert_null(result);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_records_have_room),
        cmocka_unit_test(room_is_reserved),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(refusal_and_cancellation),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(small),
        cmocka_unit_test(few_bytes),
        cmocka_unit_test(usual),
        cmocka_unit_test(cancelled_while_asleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
