/* checkpoints.c: what a snapshot costs a group aggregate of many keys, without stores and runtime: how long a barrier and a step take,
 * how long full and incremental snapshots are under way while rows go on, and how long it takes to come back.
 * make MODE=release build/release/bench/checkpoints && build/release/bench/checkpoints [KEYS [BARRIERS]]
 * Keys are BIGINT, aggregates COUNT(*) and SUM; rows come in batches of 2,048; a step of 256 KiB follows each batch while a snapshot is
 * under way. An incremental one has 5 % of the keys. Times are CPU times of the one thread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/hash.h"
#include "core/functions/expression.h"
#include "executor/operator.h"
#include "executor/snapshot.h"

enum { ROWS = 2048, STEP_BYTES = 256 << 10, DIRTY_PERCENT = 5, PIECES_MAX = 1 << 20 };

static struct arena arena;
static struct batch_pool pool;
static struct evaluation_context evaluation;
static struct operator_context context;
static bool stop_wanted;
static uint64_t rows_out;
static double times_ms[4 << 20];
static size_t time_count;

/* CPU time: nothing here waits, and other work on the machine does not count. */
static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void must(enum status status, const struct error *error) {
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s\n", status_name(status), error->message);
    exit(1);
}

/* ---- the operator ---- */

static enum status sink_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)self;
    (void)node;
    (void)error;
    return STATUS_OK;
}

static enum status sink_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                 struct error *error) {
    (void)self;
    (void)input;
    (void)error;
    rows_out += batch->row_count;
    return STATUS_OK;
}

static const struct operator_class sink_class = {
    .name = "sink", .size = sizeof(struct stream_operator), .open = sink_open, .on_batch = sink_on_batch};

static struct schema *schema_of(uint32_t count) {
    static const char *const names[] = {"a", "b", "c"};
    struct schema *schema = ARENA_NEW(&arena, struct schema);
    schema->fields = ARENA_ARRAY(&arena, struct field, count);
    schema->field_count = count;
    for (uint32_t i = 0; i < count; i++)
        schema->fields[i] = (struct field){names[i], &type_bigint};
    return schema;
}

static Plan__Node *node_of(const struct schema *schema) {
    Plan__Node *node = ARENA_NEW(&arena, Plan__Node);
    plan__node__init(node);
    node->output = ARENA_ARRAY(&arena, Plan__Field *, schema->field_count);
    node->n_output = schema->field_count;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        node->output[i] = ARENA_NEW(&arena, Plan__Field);
        plan__field__init(node->output[i]);
        node->output[i]->name = (char *)(uintptr_t)schema->fields[i].name;
        node->output[i]->type = plan_type_encode(&arena, schema->fields[i].type);
    }
    return node;
}

static Plan__AggregateCall *call_of(const char *id) {
    Plan__AggregateCall *call = ARENA_NEW(&arena, Plan__AggregateCall);
    plan__aggregate_call__init(call);
    call->aggregate = call->name = (char *)(uintptr_t)id;
    call->type = plan_type_encode(&arena, &type_bigint);
    if (strcmp(id, "count_star") != 0) {
        call->arguments = ARENA_ARRAY(&arena, uint32_t, 1);
        call->arguments[0] = 1;
        call->n_arguments = 1;
    }
    return call;
}

static Plan__Node *make_plan(void) {
    Plan__Plan *plan = ARENA_NEW(&arena, Plan__Plan);
    plan__plan__init(plan);
    plan->nodes = ARENA_ARRAY(&arena, Plan__Node *, 2);
    plan->n_nodes = 2;
    plan->nodes[0] = node_of(schema_of(2));
    Plan__Node *node = plan->nodes[1] = node_of(schema_of(3));
    node->id = 1;
    node->inputs = ARENA_ARRAY(&arena, uint32_t, 1);
    node->n_inputs = 1;
    node->change_mode = PLAN__CHANGE_MODE__UPSERT;
    node->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    Plan__GroupAggregate *group = node->group_aggregate = ARENA_NEW(&arena, Plan__GroupAggregate);
    plan__group_aggregate__init(group);
    group->keys = ARENA_ARRAY(&arena, uint32_t, 1);
    group->n_keys = 1;
    group->aggregates = ARENA_ARRAY(&arena, Plan__AggregateCall *, 2);
    group->n_aggregates = 2;
    group->aggregates[0] = call_of("count_star");
    group->aggregates[1] = call_of("sum_bigint");
    context = (struct operator_context){.arena = &arena,
                                        .plan = plan,
                                        .pool = &pool,
                                        .evaluation = &evaluation,
                                        .batch_rows = ROWS,
                                        .stop_wanted = &stop_wanted};
    return node;
}

static struct stream_operator *make_operator(const Plan__Node *node) {
    struct stream_operator *operator, * sink;
    struct error error;
    struct schema *input = schema_of(2);
    must(operator_new(operator_class_for(node), node, &input, 1, &context, &operator, & error), &error);
    must(operator_new(&sink_class, node, &operator->schema, 1, &context, &sink, &error), &error);
    operator_connect(operator, sink, 0);
    return operator;
}

/* Keys first, first + 1 …, spread by a hash, below `below`; as they are when `below` is 0. */
static void push(struct stream_operator *operator, uint64_t first, uint64_t below) {
    struct error error;
    struct batch *batch = batch_new_for(&pool, operator->input_schemas[0], ROWS);
    batch->row_count = ROWS;
    for (uint32_t row = 0; row < ROWS; row++) {
        uint64_t number = first + row;
        COLUMN_VALUES(&batch->columns[0], int64_t)[row] = (int64_t)(below ? hash_u64(number) % below : number);
        COLUMN_VALUES(&batch->columns[1], int64_t)[row] = (int64_t)row;
    }
    must(operator_on_batch(operator, 0, batch, &error), &error);
    batch_release(batch);
}

/* ---- snapshots ---- */

static int compare_times(const void *left, const void *right) {
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static double percentile(double share) {
    qsort(times_ms, time_count, sizeof *times_ms, compare_times);
    return time_count ? times_ms[(size_t)((double)(time_count - 1) * share)] : 0;
}

static void append_pieces(struct snapshot_writer *writer, struct strbuf *layer) {
    struct strbuf piece;
    while (snapshot_writer_take(writer, &piece)) {
        if (layer)
            strbuf_append_str(layer, strbuf_str(&piece));
        strbuf_release(&piece);
    }
}

struct taken {
    double begin_ms, whole_ms, step_p99_ms, step_max_ms, rows_per_us;
    uint64_t bytes;
};

/* A snapshot while rows of keys below `below` go on. `layer` keeps it; NULL: bytes are only counted, as if another thread took them. */
static struct taken take(struct stream_operator *operator, enum snapshot_mode mode, uint64_t below, uint64_t *number,
                         struct strbuf *layer) {
    struct snapshot_writer writer;
    struct taken taken = {0};
    struct error error;
    uint64_t rows = 0;
    double others_ms = 0; /* what is another thread's business */
    snapshot_writer_init(&writer, mode);
    time_count = 0;
    double start = now_ms();
    must(operator_on_flush(operator, & error), &error);
    must(operator_snapshot_begin(operator, & writer, &error), &error);
    taken.begin_ms = now_ms() - start;
    for (bool done = false; !done;) {
        push(operator, * number, below);
        *number += ROWS;
        rows += ROWS;
        double before = now_ms();
        must(operator_snapshot_step(operator, & writer, STEP_BYTES, &done, &error), &error);
        double after = now_ms();
        times_ms[time_count++] = after - before;
        taken.bytes += writer.out.size;
        append_pieces(&writer, layer);
        others_ms += now_ms() - after;
    }
    taken.whole_ms = now_ms() - start - others_ms;
    taken.rows_per_us = (double)rows / taken.whole_ms / 1e3;
    taken.step_p99_ms = percentile(0.99);
    taken.step_max_ms = percentile(1);
    snapshot_writer_release(&writer);
    return taken;
}

static void print_taken(const char *name, const struct taken *taken) {
    printf("%-12s barrier %.3f ms, step p99 %.3f ms, max %.3f ms; complete after %.0f ms, %.1f MB, meanwhile %.2f M "
           "rows/s\n",
           name, taken->begin_ms, taken->step_p99_ms, taken->step_max_ms, taken->whole_ms, (double)taken->bytes / 1e6,
           taken->rows_per_us);
}

static double rate(struct stream_operator *operator, uint64_t below, uint64_t *number, uint64_t rows) {
    double start = now_ms();
    for (uint64_t i = 0; i < rows; i += ROWS, *number += ROWS)
        push(operator, * number, below);
    return (double)rows / (now_ms() - start) / 1e3;
}

/* One barrier after another; what they cost, once the first full one is there. */
static void measure_barriers(struct stream_operator *operator, uint64_t dirty_keys, unsigned count, uint64_t *number) {
    double *begins = calloc(count, sizeof *begins), longest_ms = 0;
    for (unsigned i = 0; i < count; i++) {
        for (uint64_t row = 0; row < dirty_keys; row += ROWS)
            push(operator, row, 0);
        struct taken taken = take(operator, SNAPSHOT_DELTA, dirty_keys, number, NULL);
        begins[i] = taken.begin_ms;
        longest_ms = taken.whole_ms > longest_ms ? taken.whole_ms : longest_ms;
        if (i == 0)
            print_taken("delta", &taken);
    }
    memcpy(times_ms, begins, count * sizeof *begins);
    time_count = count;
    printf("%-12s %u deltas of %d %% of the keys: barrier p99 %.3f ms, max %.3f ms, longest complete after %.0f ms\n",
           "barriers", count, DIRTY_PERCENT, percentile(0.99), percentile(1), longest_ms);
    free(begins);
}

static void measure_restore(const Plan__Node *node, const struct strbuf *layers) {
    struct str bytes[2] = {strbuf_str(&layers[0]), strbuf_str(&layers[1])};
    struct snapshot_reader reader;
    struct error error;
    uint64_t rows_before = rows_out;
    double start = now_ms();
    struct stream_operator *operator= make_operator(node);
    snapshot_reader_init_layers(&reader, bytes, 2);
    must(operator_restore(operator, & reader, &error), &error);
    double restored = now_ms() - start;
    push(operator, 0, 0);
    printf("%-12s %.1f + %.1f MB, %.1f M keys, %.1f MB of state: restored after %.0f ms, first rows (%llu) after %.0f "
           "ms\n",
           "restore", (double)bytes[0].size / 1e6, (double)bytes[1].size / 1e6,
           (double)operator->counters.state_rows / 1e6, (double)operator->counters.state_bytes / 1e6, restored,
           (unsigned long long)(rows_out - rows_before), now_ms() - start);
    operator_close(operator);
}

int main(int argc, char **argv) {
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000, number = 0;
    unsigned barriers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
    uint64_t dirty_keys = keys * DIRTY_PERCENT / 100 / ROWS * ROWS;
    if (keys < 100 * ROWS || barriers == 0)
        return 2;
    arena_init(&arena);
    batch_pool_init(&pool);
    const Plan__Node *node = make_plan();
    struct stream_operator *operator= make_operator(node);
    for (uint64_t key = 0; key < keys; key += ROWS)
        push(operator, key, 0);
    printf("%-12s %.1f M, %.1f bytes each\n", "keys", (double)operator->counters.state_rows / 1e6,
           (double)operator->counters.state_bytes /(double) operator->counters.state_rows);
    printf("%-12s %.2f M rows/s before the first snapshot\n", "updates", rate(operator, keys, &number, keys));
    struct strbuf layers[2];
    strbuf_init(&layers[0]);
    strbuf_init(&layers[1]);
    strbuf_reserve(&layers[0], keys * 64);
    strbuf_reserve(&layers[1], keys * 64);
    struct taken taken = take(operator, SNAPSHOT_FULL, keys, &number, &layers[0]);
    print_taken("full", &taken);
    printf("%-12s %.2f M rows/s between snapshots\n", "updates", rate(operator, keys, &number, keys));
    struct taken second = take(operator, SNAPSHOT_DELTA, keys, &number, &layers[1]);
    print_taken("most dirty", &second);
    measure_barriers(operator, dirty_keys, barriers, &number);
    operator_close(operator);
    measure_restore(node, layers);
    strbuf_release(&layers[0]);
    strbuf_release(&layers[1]);
    batch_pool_release(&pool);
    arena_release(&arena);
    return 0;
}
