/* exchange.c: what it costs to send rows from one task to others: ns per row, for each number of targets and each way.
 *
 *   make MODE=release build/release/bench/exchange
 *   build/release/bench/exchange [million rows]
 *
 * One producer thread routes batches of 2,048 rows of three BIGINTs and a STRING of 24 bytes; one consumer thread per target takes them and
 * lets go of them. "cpu" is of the producer alone, "wall" of all: on fewer cores than threads the difference is the others.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/router.h"
#include "runtime/exchange/wakeup.h"

enum { TARGETS_MAX = 16, DISTINCT_BATCHES = 16 };

static struct field fields[] = {{"k", &type_bigint}, {"a", &type_bigint}, {"b", &type_bigint}, {"s", &type_string}};
static const struct schema schema = {fields, 4};
static const uint32_t key_columns[] = {0};

struct consumer {
    struct wakeup wakeup;
    struct channel *channel;
    uint64_t row_count, batch_count;
};

static void *consume(void *context) {
    struct consumer *consumer = context;
    for (struct channel_item item = {0}; item.kind != CHANNEL_END;) {
        if (!channel_take(consumer->channel, &item)) {
            wakeup_arm(&consumer->wakeup);
            if (channel_has_items(consumer->channel))
                wakeup_disarm(&consumer->wakeup);
            else
                wakeup_wait(&consumer->wakeup, -1);
        } else if (item.kind == CHANNEL_BATCH) {
            consumer->row_count += item.batch->row_count;
            consumer->batch_count++;
            batch_release(item.batch);
        }
    }
    return NULL;
}

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(enum status status, const struct error *error) {
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

static enum status pass(struct stream_operator *self, uint32_t input, struct batch *batch, struct error *error) {
    (void)input;
    batch_reference(batch);
    return operator_emit(self, batch, error);
}
static enum status open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)self, (void)node, (void)error;
    return STATUS_OK;
}
static const struct operator_class pass_class = {
    .name = "Pass", .size = sizeof(struct stream_operator), .open = open, .on_batch = pass};

struct producer {
    struct arena arena;
    struct batch_pool pool;
    struct evaluation_context evaluation;
    struct operator_context context;
    bool stop_wanted;
    struct wakeup wakeup;
    struct stream_operator *head, *router;
    struct batch *batches[DISTINCT_BATCHES];
};

static struct batch *make_batch(struct producer *producer, uint64_t seed) {
    struct batch *batch = batch_new_for(&producer->pool, &schema, BATCH_ROWS_DEFAULT);
    for (uint32_t row = 0; row < batch->row_count; row++) {
        for (uint32_t i = 0; i < 3; i++)
            COLUMN_VALUES(&batch->columns[i], uint64_t)[row] = hash_u64(seed * 10000 + row + i) % 100000;
        COLUMN_VALUES(&batch->columns[3], struct string_view)
        [row] = view_copy(&batch->arena, str_from("twenty-four bytes of text"));
    }
    return batch;
}

static void open_producer(struct producer *producer, Plan__Distribution distribution, struct channel **channels,
                          uint32_t count) {
    struct error error;
    producer->context = (struct operator_context){.arena = &producer->arena,
                                                  .pool = &producer->pool,
                                                  .evaluation = &producer->evaluation,
                                                  .batch_rows = BATCH_ROWS_DEFAULT,
                                                  .stop_wanted = &producer->stop_wanted};
    Plan__Node *node = ARENA_NEW(&producer->arena, Plan__Node);
    plan__node__init(node);
    node->n_output = schema.field_count;
    node->output = ARENA_ARRAY(&producer->arena, Plan__Field *, schema.field_count);
    for (uint32_t i = 0; i < schema.field_count; i++) {
        node->output[i] = ARENA_NEW(&producer->arena, Plan__Field);
        plan__field__init(node->output[i]);
        node->output[i]->name = (char *)(uintptr_t)fields[i].name;
        node->output[i]->type = plan_type_encode(&producer->arena, fields[i].type);
    }
    struct schema *input = schema_copy(&producer->arena, &schema);
    check(operator_new(&pass_class, node, &input, 1, &producer->context, &producer->head, &error), &error);
    struct router_config config = {distribution, key_columns, 1, channels, count, 0};
    check(router_new(&config, producer->head, &producer->router, &error), &error);
    for (uint64_t i = 0; i < DISTINCT_BATCHES; i++)
        producer->batches[i] = make_batch(producer, i);
}

static void measure(const char *name, Plan__Distribution distribution, uint32_t count, uint64_t row_count) {
    struct producer producer = {0};
    struct consumer consumers[TARGETS_MAX] = {0};
    struct channel *channels[TARGETS_MAX];
    pthread_t threads[TARGETS_MAX];
    struct error error;
    arena_init(&producer.arena);
    batch_pool_init(&producer.pool);
    check(wakeup_init(&producer.wakeup, &error), &error);
    for (uint32_t i = 0; i < count; i++) {
        check(wakeup_init(&consumers[i].wakeup, &error), &error);
        channels[i] = consumers[i].channel = channel_new(
            &producer.arena, &(struct channel_config){.producer = &producer.wakeup, .consumer = &consumers[i].wakeup});
    }
    open_producer(&producer, distribution, channels, count);
    for (uint32_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, consume, &consumers[i]);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    uint64_t batch_count = row_count / BATCH_ROWS_DEFAULT;
    for (uint64_t i = 0; i < batch_count; i++)
        check(operator_on_batch(producer.head, 0, producer.batches[i % DISTINCT_BATCHES], &error), &error);
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    check(operator_on_end(producer.head, 0, &error), &error);
    uint64_t rows = 0, batches = 0, waits = 0;
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        rows += consumers[i].row_count;
        batches += consumers[i].batch_count;
        waits += channel_wait_count(channels[i]);
        wakeup_release(&consumers[i].wakeup);
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    double sent = (double)(batch_count * BATCH_ROWS_DEFAULT);
    printf("%-10s x%-3u cpu %6.2f ns/row   wall %6.2f ns/row   %7.0f rows a batch   %llu waits\n", name, count,
           cpu / sent * 1e9, wall / sent * 1e9, (double)rows / (double)batches, (unsigned long long)waits);
    operator_close(producer.router);
    for (uint32_t i = 0; i < DISTINCT_BATCHES; i++)
        batch_release(producer.batches[i]);
    batch_pool_release(&producer.pool);
    wakeup_release(&producer.wakeup);
    arena_release(&producer.arena);
}

int main(int argument_count, char **arguments) {
    uint64_t rows = (argument_count > 1 ? strtoull(arguments[1], NULL, 10) : 50) * 1000000;
    measure("singleton", PLAN__DISTRIBUTION__SINGLETON, 1, rows);
    measure("hash", PLAN__DISTRIBUTION__HASH, 2, rows);
    measure("hash", PLAN__DISTRIBUTION__HASH, 4, rows);
    measure("hash", PLAN__DISTRIBUTION__HASH, 16, rows);
    measure("broadcast", PLAN__DISTRIBUTION__BROADCAST, 4, rows);
    return 0;
}
