/* receiver_test.c: merging and alignment, each rule by hand and all of them under random interleavings. */
#include "tests/unit/runtime/exchange_chain.h"

enum { CHANNELS_MAX = 6 };

struct received {
    struct exchange_chain consumer;
    struct wakeup producer;
    struct channel *channels[CHANNELS_MAX];
    uint32_t count;
    struct receiver receiver;
};

static enum status print_barrier(void *context, const struct barrier *barrier, struct error *error) {
    (void)error;
    struct received *received = context;
    strbuf_printf(&received->consumer.chain.out, "barrier %llu.%u\n", (unsigned long long)barrier->epoch,
                  barrier->attempt);
    return STATUS_OK;
}

/* Nothing has come. */
static void received_open_silent(struct received *received, uint32_t count,
                                 enum status (*on_barrier)(void *, const struct barrier *, struct error *)) {
    struct chain *chain = &received->consumer.chain;
    exchange_chain_open(&received->consumer);
    chain->collector->shows_control = true;
    assert_int_equal(wakeup_init(&received->producer, &chain->error), STATUS_OK);
    received->count = count;
    for (uint32_t i = 0; i < count; i++)
        received->channels[i] =
            channel_new(&chain->arena, &(struct channel_config){.producer = &received->producer,
                                                                .consumer = &received->consumer.wakeup});
    receiver_init(&received->receiver, &(struct receiver_config){.arena = &chain->arena,
                                                                 .wakeup = &received->consumer.wakeup,
                                                                 .env = env_posix(),
                                                                 .on_barrier = on_barrier,
                                                                 .context = received});
    chain_check(chain, receiver_add_gate(&received->receiver, chain->tested, 0, chain->tested->node, received->channels,
                                         count, &chain->error));
    chain_check(chain, receiver_start(&received->receiver, chain->tested, &chain->error));
}

/* All producers have said that they are not idle. */
static void received_open(struct received *received, uint32_t count,
                          enum status (*on_barrier)(void *, const struct barrier *, struct error *)) {
    received_open_silent(received, count, on_barrier);
    for (uint32_t i = 0; i < count; i++)
        assert_true(channel_try_idle(received->channels[i], false));
}

static void received_close(struct received *received) {
    receiver_close(&received->receiver);
    for (uint32_t i = 0; i < received->count; i++)
        channel_close(received->channels[i]);
    wakeup_release(&received->producer);
    exchange_chain_close(&received->consumer);
}

static void send_row(struct received *received, uint32_t channel, const char *row) {
    struct chain *chain = &received->consumer.chain;
    struct batch *batch = chain_batch(&chain->pool, chain->input, row);
    assert_true(channel_try_batch(received->channels[channel], batch_lend(&chain->pool, batch)));
}

static void send_barrier(struct received *received, uint32_t channel, uint64_t epoch, uint32_t attempt) {
    struct barrier barrier = {.generation = 1, .epoch = epoch, .attempt = attempt};
    assert_true(channel_try_barrier(received->channels[channel], &barrier));
}

static void read_all(struct received *received) {
    bool made_progress = true;
    while (made_progress)
        chain_check(&received->consumer.chain,
                    receiver_step(&received->receiver, &made_progress, &received->consumer.chain.error));
}

static void expect(struct received *received, const char *expected) {
    read_all(received);
    chain_expect(&received->consumer.chain, expected);
}

/* Rows of one producer wait until all have said whether they are idle, and are then judged by those who are not. */
static void all_producers_begin(void **state) {
    (void)state;
    struct received received;
    received_open_silent(&received, 2, print_barrier);
    channel_try_idle(received.channels[0], false);
    channel_try_watermark(received.channels[0], 10);
    send_row(&received, 0, "1 a 1");
    expect(&received, "");
    channel_try_idle(received.channels[1], true);
    expect(&received, "~10\n+I 1 a 1\n");
    received_close(&received);
}

static void watermarks_and_ends_are_merged(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 3, print_barrier);
    send_row(&received, 2, "1 a 1");
    channel_try_watermark(received.channels[0], 10);
    channel_try_watermark(received.channels[1], 20);
    expect(&received, "+I 1 a 1\n");
    channel_try_watermark(received.channels[2], 15);
    expect(&received, "~10\n");
    channel_try_idle(received.channels[0], true);
    expect(&received, "~15\n");
    channel_end(received.channels[2]);
    expect(&received, "~20\n");
    channel_try_idle(received.channels[0], false);
    channel_try_watermark(received.channels[0], 30);
    expect(&received, "");
    channel_end(received.channels[1]);
    expect(&received, "~30\n");
    assert_false(receiver_has_ended(&received.receiver));
    channel_end(received.channels[0]);
    expect(&received, "end\n");
    assert_true(receiver_has_ended(&received.receiver));
    assert_true(received.consumer.chain.tested->ended);
    received_close(&received);
}

/* Channels are read in turn: a full one does not starve the others. */
static void channels_are_read_in_turn(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 2, print_barrier);
    for (int i = 0; i < 3; i++)
        send_row(&received, 0, "0 a 0");
    send_row(&received, 1, "1 b 1");
    expect(&received, "+I 0 a 0\n+I 1 b 1\n+I 0 a 0\n+I 0 a 0\n");
    received_close(&received);
}

static void barriers_are_aligned(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 3, print_barrier);
    send_barrier(&received, 0, 1, 1);
    send_row(&received, 0, "9 behind 9");
    send_row(&received, 1, "1 before 1");
    expect(&received, "+I 1 before 1\n");
    send_barrier(&received, 1, 1, 1);
    channel_end(received.channels[2]); /* counts as delivered */
    expect(&received, "barrier 1.1\n+I 9 behind 9\n");
    send_barrier(&received, 1, 2, 1);
    expect(&received, "");
    channel_end(received.channels[0]);
    expect(&received, "barrier 2.1\n");
    channel_end(received.channels[1]);
    expect(&received, "end\n");
    struct barrier last = {.generation = 1, .epoch = 3, .attempt = 1};
    chain_check(&received.consumer.chain, receiver_inject(&received.receiver, &last, &received.consumer.chain.error));
    expect(&received, "barrier 3.1\n");
    assert_int_equal(received.receiver.barriers_completed, 3);
    assert_int_equal(received.receiver.barriers_given_up, 0);
    received_close(&received);
}

static void newer_attempts_replace_older_ones(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 2, print_barrier);
    send_barrier(&received, 0, 1, 1); /* never comes on channel 1 */
    send_row(&received, 0, "1 a 1");
    expect(&received, "");
    send_barrier(&received, 1, 1, 2);
    send_row(&received, 1, "2 b 2");
    expect(&received, "+I 1 a 1\n");  /* channel 0 is read on, channel 1 waits */
    send_barrier(&received, 0, 1, 1); /* stale: passed over */
    send_barrier(&received, 0, 1, 2);
    expect(&received, "barrier 1.2\n+I 2 b 2\n");
    send_barrier(&received, 1, 1, 2); /* repeated after it was completed */
    send_row(&received, 1, "3 c 3");
    expect(&received, "+I 3 c 3\n");
    assert_int_equal(received.receiver.barriers_given_up, 1);
    received_close(&received);
}

static void aborted_attempts_hold_nothing_back(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 2, print_barrier);
    send_barrier(&received, 0, 5, 1);
    send_row(&received, 0, "1 a 1");
    expect(&received, "");
    receiver_abort(&received.receiver, &(struct barrier){.generation = 1, .epoch = 5, .attempt = 1});
    send_barrier(&received, 1, 5, 1);
    send_row(&received, 1, "2 b 2");
    expect(&received, "+I 1 a 1\n+I 2 b 2\n");
    send_barrier(&received, 0, 5, 2);
    send_barrier(&received, 1, 5, 2);
    receiver_abort(&received.receiver, &(struct barrier){.generation = 1, .epoch = 4, .attempt = 9}); /* old news */
    expect(&received, "barrier 5.2\n");
    received_close(&received);
}

/* A consumer that is done tells its producers. */
static void unwanted_rows_are_refused(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 2, print_barrier);
    send_row(&received, 0, "1 a 1");
    read_all(&received);
    assert_false(channel_is_refused(received.channels[0]));
    operator_set_done(&received.consumer.chain.collector->base);
    send_row(&received, 0, "2 b 2");
    expect(&received, "+I 1 a 1\n");
    assert_true(channel_is_refused(received.channels[0]) && channel_is_refused(received.channels[1]));
    channel_end(received.channels[0]);
    channel_end(received.channels[1]);
    expect(&received, "end\n");
    received_close(&received);
}

/* Input 1 of a head with two has no channels: it ends at once. */
static void inputs_without_channels(void **state) {
    (void)state;
    struct received received;
    received_open(&received, 1, print_barrier);
    struct chain *chain = &received.consumer.chain;
    struct schema *schemas[] = {chain->input, chain->input};
    struct stream_operator *head;
    chain_check(chain, operator_new(chain->tested->class, chain->tested->node, schemas, 2, &chain->context, &head,
                                    &chain->error));
    struct receiver receiver;
    receiver_init(&receiver, &received.receiver.config);
    chain_check(chain, receiver_add_gate(&receiver, head, 0, chain->tested->node, received.channels, 1, &chain->error));
    chain_check(chain, receiver_add_gate(&receiver, head, 1, chain->tested->node, NULL, 0, &chain->error));
    chain_check(chain, receiver_start(&receiver, head, &chain->error));
    assert_false(head->inputs[0].ended);
    assert_true(head->inputs[1].ended);
    received_close(&received);
}

/* ---- random interleavings ---- */

enum { ITEMS = 400 };

/* What a producer does, one step after the other: a row, a barrier, or the end. */
struct script {
    struct {
        bool is_barrier;
        struct barrier barrier;
    } items[ITEMS];
    uint32_t count, sent;
};

static struct {
    struct received received;
    struct script scripts[CHANNELS_MAX];
    uint32_t rows_seen[CHANNELS_MAX];
    uint64_t completed;
    uint64_t seed;
} world;

static uint32_t random_below(uint32_t bound) {
    world.seed = world.seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(world.seed >> 33) % bound;
}

/* Rows in the script before this barrier; all of them when it never comes. */
static uint32_t rows_before(const struct script *script, const struct barrier *barrier) {
    uint32_t rows = 0;
    for (uint32_t i = 0; i < script->count; i++) {
        if (!script->items[i].is_barrier)
            rows++;
        else if (script->items[i].barrier.epoch == barrier->epoch &&
                 script->items[i].barrier.attempt == barrier->attempt)
            return rows;
    }
    return rows;
}

static void count_rows(void) {
    for (const char *line = strbuf_text(&world.received.consumer.chain.out), *end; (end = strchr(line, '\n'));
         line = end + 1)
        if (line[0] == '+')
            world.rows_seen[atoi(line + 3)]++;
    strbuf_reset(&world.received.consumer.chain.out);
}

/* A consistent cut: of every channel exactly the rows before its barrier. */
static enum status check_cut(void *context, const struct barrier *barrier, struct error *error) {
    (void)context, (void)error;
    count_rows();
    for (uint32_t i = 0; i < world.received.count; i++)
        assert_int_equal(world.rows_seen[i], rows_before(&world.scripts[i], barrier));
    world.completed++;
    return STATUS_OK;
}

/* Barriers in the order of epochs and attempts; attempts but the last of an epoch may be missing on a channel. */
static void write_script(struct script *script) {
    *script = (struct script){.count = 20 + random_below(ITEMS - 20)};
    uint64_t epoch = 1;
    uint32_t attempt = 1;
    for (uint32_t i = 0; i < script->count; i++) {
        if (random_below(8))
            continue;
        while (attempt < 3 && random_below(2))
            attempt++;
        script->items[i].is_barrier = true;
        script->items[i].barrier = (struct barrier){.generation = 1, .epoch = epoch, .attempt = attempt};
        epoch += attempt == 3;
        attempt = attempt == 3 ? 1 : attempt + 1;
    }
}

static void send_next(uint32_t channel) {
    struct script *script = &world.scripts[channel];
    struct received *received = &world.received;
    if (script->sent > script->count)
        return;
    if (script->sent == script->count) {
        channel_end(received->channels[channel]);
    } else if (script->items[script->sent].is_barrier) {
        if (!channel_try_barrier(received->channels[channel], &script->items[script->sent].barrier))
            return;
    } else {
        char row[32];
        snprintf(row, sizeof row, "%u r 0", channel);
        struct chain *chain = &received->consumer.chain;
        struct batch *batch = batch_lend(&chain->pool, chain_batch(&chain->pool, chain->input, row));
        if (!channel_try_batch(received->channels[channel], batch)) {
            batch_release(batch);
            return;
        }
    }
    script->sent++;
}

static void every_completed_barrier_is_a_consistent_cut(void **state) {
    (void)state;
    uint64_t completed = 0;
    for (uint32_t history = 0; history < 300; history++) {
        memset(&world, 0, sizeof world);
        world.seed = history;
        received_open(&world.received, 1 + random_below(CHANNELS_MAX), check_cut);
        for (uint32_t i = 0; i < world.received.count; i++)
            write_script(&world.scripts[i]);
        uint32_t idle_rounds = 0;
        while (!receiver_has_ended(&world.received.receiver)) {
            bool made_progress = false;
            if (random_below(3))
                send_next(random_below(world.received.count));
            else
                chain_check(&world.received.consumer.chain, receiver_step(&world.received.receiver, &made_progress,
                                                                          &world.received.consumer.chain.error));
            idle_rounds = made_progress ? 0 : idle_rounds + 1;
            assert_true(idle_rounds < 100000); /* else: stuck */
        }
        count_rows();
        for (uint32_t i = 0; i < world.received.count; i++)
            assert_int_equal(world.rows_seen[i], rows_before(&world.scripts[i], &(struct barrier){0}));
        completed += world.completed;
        received_close(&world.received);
    }
    assert_true(completed > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_producers_begin),
        cmocka_unit_test(watermarks_and_ends_are_merged),
        cmocka_unit_test(channels_are_read_in_turn),
        cmocka_unit_test(barriers_are_aligned),
        cmocka_unit_test(newer_attempts_replace_older_ones),
        cmocka_unit_test(aborted_attempts_hold_nothing_back),
        cmocka_unit_test(unwanted_rows_are_refused),
        cmocka_unit_test(inputs_without_channels),
        cmocka_unit_test(every_completed_barrier_is_a_consistent_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
