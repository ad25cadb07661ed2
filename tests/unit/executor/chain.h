/* chain.h: one operator under test: a plan node built by hand, input as text, output as text.
 *
 * A row is its values separated by spaces, rows by newlines; it may start with a change kind: "-U 1 a 2.5". NULL is NULL,
 * timestamps are microseconds. Output lines always have the change kind; watermarks appear as "~5", idleness as "idle" and
 * "active", the end as "end", when they are asked for. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/str.h"
#include "core/data/datetime.h"
#include "executor/operator.h"
#include "executor/snapshot.h"

struct collector {
    struct stream_operator base;
    struct strbuf *out;
    bool shows_control;
};

static enum status collector_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)self;
    (void)node;
    (void)error;
    return STATUS_OK;
}

static inline void print_value(struct strbuf *out, const struct column *column, uint32_t row) {
    if (!column_is_null(column, row) && type_is_timestamp(column->type))
        strbuf_printf(out, "%lld", (long long)*(const int64_t *)column_value(column, row));
    else
        column_print_value(out, column, row);
}

static inline void print_batch(struct strbuf *out, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->row_count; row++) {
        strbuf_append_text(out, change_kind_text(batch->change_kinds ? batch->change_kinds[row] : CHANGE_INSERT));
        for (uint32_t i = 0; i < batch->column_count; i++) {
            strbuf_append_char(out, ' ');
            print_value(out, &batch->columns[i], row);
        }
        strbuf_append_char(out, '\n');
    }
}

static enum status collector_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                      struct error *error) {
    (void)input;
    (void)error;
    print_batch(((struct collector *)self)->out, batch);
    return STATUS_OK;
}

static enum status collector_on_watermark(struct stream_operator *self, int64_t watermark_us, struct error *error) {
    (void)error;
    struct collector *collector = (struct collector *)self;
    if (collector->shows_control && watermark_us != WATERMARK_END)
        strbuf_printf(collector->out, "~%lld\n", (long long)watermark_us);
    return STATUS_OK;
}

static enum status collector_on_end(struct stream_operator *self, struct error *error) {
    (void)error;
    struct collector *collector = (struct collector *)self;
    if (collector->shows_control)
        strbuf_append_text(collector->out, "end\n");
    return STATUS_OK;
}

static const struct operator_class collector_class = {
    .name = "Collector",
    .size = sizeof(struct collector),
    .open = collector_open,
    .on_batch = collector_on_batch,
    .on_watermark = collector_on_watermark,
    .on_end = collector_on_end,
};

static const char *chain_zone __attribute__((unused)) = "UTC"; /* of chains opened from here on */

/* Tests run as RESTORED(test) have their operator replaced, before everything it is handed, by one restored from its snapshot. Run as
 * LAYERED(test), snapshots are written in tiny steps while the operator works, and layers of them are compared with whole ones of a twin
 * that is handed the same. */
static bool chain_restores __attribute__((unused)), chain_layers __attribute__((unused));

static inline int chain_restores_on(void **state) {
    (void)state;
    chain_restores = true;
    return 0;
}

static inline int chain_layers_on(void **state) {
    (void)state;
    chain_layers = true;
    return 0;
}

static inline int chain_modes_off(void **state) {
    (void)state;
    chain_restores = chain_layers = false;
    return 0;
}
#define RESTORED(test) \
    { "restored: " #test, test, chain_restores_on, chain_modes_off, NULL }
#define LAYERED(test) \
    { "layered: " #test, test, chain_layers_on, chain_modes_off, NULL }

enum { CHAIN_LAYERS_MAX = 5 };

struct chain {
    struct arena arena;
    struct batch_pool pool;
    struct evaluation_context evaluation;
    struct operator_context context;
    bool stop_wanted;
    struct schema *input;
    Plan__Node *input_node; /* its change mode is the input's */
    struct stream_operator *tested;
    struct collector *collector;
    struct strbuf out;
    struct error error;
    /* LAYERED */
    struct stream_operator *twin; /* sees the same, and has whole snapshots only */
    struct collector *twin_collector;
    struct strbuf twin_out;
    bool writes;
    struct snapshot_writer writer;               /* of the snapshot under way */
    struct strbuf layer;                         /* what was taken from it so far */
    struct strbuf expected;                      /* the twin's whole one of the same moment */
    struct strbuf layer_bytes[CHAIN_LAYERS_MAX]; /* complete, in order */
    size_t layer_count;
};

/* Columns as "name TYPE, …" of the few types tests need; a type is nullable unless it ends in "!". */
static inline const struct type *chain_type(struct arena *arena, const char *name) {
    bool required = name[strlen(name) - 1] == '!';
    char *bare = arena_strndup(arena, name, strlen(name) - required);
    static const struct {
        const char *name;
        const struct type *type;
    } types[] = {{"BIGINT", &type_bigint},      {"INT", &type_int},
                 {"DOUBLE", &type_double},      {"STRING", &type_string},
                 {"BOOLEAN", &type_boolean},    {"TIMESTAMP", &type_timestamp3},
                 {"LTZ", &type_timestamp_ltz3}, {"TIMESTAMP6", &type_timestamp6}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, bare) == 0)
            return type_with_nullable(arena, types[i].type, !required);
    fail_msg("type %s", name);
    return NULL;
}

static inline struct schema *chain_schema(struct arena *arena, const char *text) {
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->fields = ARENA_ARRAY(arena, struct field, 32);
    char *copy = arena_strdup(arena, text), *rest = NULL;
    for (char *part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        char *inner = NULL;
        const char *name = strtok_r(part, " ", &inner);
        schema->fields[schema->field_count++] = (struct field){name, chain_type(arena, strtok_r(NULL, " ", &inner))};
    }
    return schema;
}

static inline Plan__Field **chain_fields(struct arena *arena, const struct schema *schema) {
    Plan__Field **fields = ARENA_ARRAY(arena, Plan__Field *, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        fields[i] = ARENA_NEW(arena, Plan__Field);
        plan__field__init(fields[i]);
        fields[i]->name = (char *)schema->fields[i].name;
        fields[i]->type = plan_type_encode(arena, schema->fields[i].type);
    }
    return fields;
}

static inline Plan__Node *chain_node(struct chain *chain, const struct schema *schema) {
    Plan__Node *node = ARENA_NEW(&chain->arena, Plan__Node);
    plan__node__init(node);
    node->output = chain_fields(&chain->arena, schema);
    node->n_output = schema->field_count;
    return node;
}

/* A plan of the node and, when there are input columns, one node before it. */
static inline void chain_plan(struct chain *chain, Plan__Node *node) {
    Plan__Plan *plan = ARENA_NEW(&chain->arena, Plan__Plan);
    plan__plan__init(plan);
    plan->nodes = ARENA_ARRAY(&chain->arena, Plan__Node *, 2);
    plan->nodes[0] = chain->input_node;
    plan->nodes[1] = node;
    plan->n_nodes = 2;
    node->id = 1;
    node->inputs = ARENA_ARRAY(&chain->arena, uint32_t, 8);
    node->n_inputs = chain->input ? 1 : 0;
    chain->context.plan = plan;
}

/* Starts a chain over input columns; the node's operation is set by the caller, then chain_open. */
static inline Plan__Node *chain_init(struct chain *chain, const char *input, const char *output) {
    memset(chain, 0, sizeof *chain);
    arena_init(&chain->arena);
    batch_pool_init(&chain->pool);
    strbuf_init(&chain->out);
    strbuf_init(&chain->twin_out);
    strbuf_init(&chain->layer);
    strbuf_init(&chain->expected);
    chain->evaluation = (struct evaluation_context){.watermark_us = WATERMARK_NONE, .zone = time_zone_find(chain_zone)};
    chain->context = (struct operator_context){.arena = &chain->arena,
                                               .pool = &chain->pool,
                                               .evaluation = &chain->evaluation,
                                               .batch_rows = BATCH_ROWS_DEFAULT,
                                               .stop_wanted = &chain->stop_wanted};
    chain->input = input ? chain_schema(&chain->arena, input) : NULL;
    if (chain->input)
        chain->input_node = chain_node(chain, chain->input);
    Plan__Node *node = chain_node(chain, chain_schema(&chain->arena, output));
    chain_plan(chain, node);
    return node;
}

static inline enum status chain_try_open(struct chain *chain, const Plan__Node *node, uint32_t input_count) {
    struct schema *inputs[8];
    for (uint32_t i = 0; i < input_count; i++)
        inputs[i] = chain->input;
    TRY(operator_new(operator_class_for(node), node, inputs, input_count, &chain->context, &chain->tested,
                     &chain->error));
    struct stream_operator *collector;
    TRY(operator_new(&collector_class, node, &chain->tested->schema, 1, &chain->context, &collector, &chain->error));
    chain->collector = (struct collector *)collector;
    chain->collector->out = &chain->out;
    operator_connect(chain->tested, collector, 0);
    return STATUS_OK;
}

static inline void chain_check(struct chain *chain, enum status status) {
    if (status != STATUS_OK)
        fail_msg("%s: %s", status_name(status), chain->error.message);
}

/* An operator like the tested one, wired as it is, with its state from the snapshot. */
static inline enum status chain_replace(struct chain *chain, struct str snapshot, struct stream_operator **restored) {
    struct stream_operator *old = chain->tested;
    struct error error = {0};
    struct snapshot_reader reader;
    chain_check(chain, operator_new(old->class, old->node, old->input_schemas, old->input_count, &chain->context,
                                    restored, &chain->error));
    operator_connect(*restored, &chain->collector->base, 0);
    snapshot_reader_init(&reader, snapshot);
    return operator_restore(*restored, &reader, &error);
}

static inline void chain_restore(struct chain *chain) {
    static unsigned seed;
    if (!chain_restores || chain->tested->ended)
        return;
    struct snapshot_writer writer;
    struct stream_operator *restored;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    chain_check(chain, operator_on_flush(chain->tested, &chain->error));
    chain_check(chain, operator_snapshot(chain->tested, &writer, &chain->error));
    for (int damage = 0; damage < 3; damage++) { /* is noticed */
        seed = seed * 1103515245 + 12345;
        size_t bit = (seed >> 3) % (writer.out.size * 8);
        writer.out.data[bit / 8] = (char)(writer.out.data[bit / 8] ^ 1 << bit % 8);
        assert_int_not_equal(chain_replace(chain, strbuf_str(&writer.out), &restored), STATUS_OK);
        operator_close(restored);
        writer.out.data[bit / 8] = (char)(writer.out.data[bit / 8] ^ 1 << bit % 8);
    }
    assert_int_equal(chain_replace(chain, strbuf_str(&writer.out), &restored), STATUS_OK);
    operator_close(chain->tested);
    chain->tested = restored;
    snapshot_writer_release(&writer);
}

/* ---- LAYERED ---- */

static inline unsigned chain_random(unsigned below) {
    static unsigned seed = 7;
    seed = seed * 1103515245 + 12345;
    return (seed >> 8) % below;
}

/* The whole snapshot of an operator restored from these layers, of some key groups: the same for the same state. */
static inline enum status chain_again(struct chain *chain, const struct str *layers, size_t count, uint32_t first,
                                      uint32_t end, struct strbuf *again) {
    struct stream_operator *restored, *old = chain->tested;
    struct snapshot_reader reader;
    struct snapshot_writer writer;
    struct error error = {0};
    chain_check(chain, operator_new(old->class, old->node, old->input_schemas, old->input_count, &chain->context,
                                    &restored, &chain->error));
    operator_connect(restored, &chain->collector->base, 0);
    snapshot_reader_init_layers(&reader, layers, count);
    reader.first_key_group = first;
    reader.end_key_group = end;
    enum status status = operator_restore(restored, &reader, &error);
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    if (status == STATUS_OK)
        chain_check(chain, operator_snapshot(restored, &writer, &error));
    operator_close(restored);
    *again = writer.out;
    strbuf_init(&writer.out);
    snapshot_writer_release(&writer);
    return status;
}

static inline void chain_compare(struct chain *chain, uint32_t first, uint32_t end) {
    struct str layers[CHAIN_LAYERS_MAX], whole = strbuf_str(&chain->expected);
    struct strbuf expected, merged;
    for (size_t i = 0; i < chain->layer_count; i++)
        layers[i] = strbuf_str(&chain->layer_bytes[i]);
    assert_int_equal(chain_again(chain, &whole, 1, first, end, &expected), STATUS_OK);
    assert_int_equal(chain_again(chain, layers, chain->layer_count, first, end, &merged), STATUS_OK);
    assert_int_equal(merged.size, expected.size);
    assert_memory_equal(merged.data, expected.data, expected.size);
    strbuf_release(&expected);
    strbuf_release(&merged);
    struct strbuf *damaged = &chain->layer_bytes[chain_random((unsigned)chain->layer_count)];
    size_t bit = chain_random((unsigned)damaged->size * 8);
    damaged->data[bit / 8] = (char)(damaged->data[bit / 8] ^ 1 << bit % 8);
    assert_int_not_equal(chain_again(chain, layers, chain->layer_count, first, end, &merged), STATUS_OK);
    damaged->data[bit / 8] = (char)(damaged->data[bit / 8] ^ 1 << bit % 8);
    strbuf_release(&merged);
}

static inline void chain_forget_layers(struct chain *chain) {
    while (chain->layer_count > 0)
        strbuf_release(&chain->layer_bytes[--chain->layer_count]);
}

/* A step of the snapshot under way; a complete one is a layer more. */
static inline void chain_step(struct chain *chain, size_t budget_bytes) {
    struct strbuf piece;
    bool done;
    chain_check(chain, operator_snapshot_step(chain->tested, &chain->writer, budget_bytes, &done, &chain->error));
    while (snapshot_writer_take(&chain->writer, &piece)) {
        strbuf_append_str(&chain->layer, strbuf_str(&piece));
        strbuf_release(&piece);
    }
    if (!done)
        return;
    snapshot_writer_release(&chain->writer);
    chain->writes = false;
    chain->layer_bytes[chain->layer_count++] = chain->layer;
    strbuf_init(&chain->layer);
    chain_compare(chain, 0, KEY_GROUP_COUNT);
    uint32_t first = chain_random(KEY_GROUP_COUNT);
    chain_compare(chain, first, first + 1 + chain_random(KEY_GROUP_COUNT - first));
    if (chain->layer_count == CHAIN_LAYERS_MAX) {
        operator_snapshot_abandon(chain->tested);
        chain_forget_layers(chain);
    }
}

static inline void chain_begin(struct chain *chain) {
    struct snapshot_writer whole;
    chain_check(chain, operator_on_flush(chain->tested, &chain->error));
    chain_check(chain, operator_on_flush(chain->twin, &chain->error));
    snapshot_writer_init(&chain->writer, chain->layer_count ? SNAPSHOT_DELTA : SNAPSHOT_FULL);
    chain_check(chain, operator_snapshot_begin(chain->tested, &chain->writer, &chain->error));
    chain->writes = true;
    strbuf_reset(&chain->layer);
    snapshot_writer_init(&whole, SNAPSHOT_FULL);
    chain_check(chain, operator_snapshot(chain->twin, &whole, &chain->error));
    strbuf_reset(&chain->expected);
    strbuf_append_str(&chain->expected, strbuf_str(&whole.out));
    snapshot_writer_release(&whole);
}

static inline void chain_give_up(struct chain *chain) {
    operator_snapshot_abandon(chain->tested);
    snapshot_writer_release(&chain->writer);
    chain->writes = false;
    chain_forget_layers(chain);
}

static inline void chain_open_twin(struct chain *chain) {
    const struct stream_operator *tested = chain->tested;
    struct stream_operator *collector;
    chain_check(chain, operator_new(tested->class, tested->node, tested->input_schemas, tested->input_count,
                                    &chain->context, &chain->twin, &chain->error));
    chain_check(chain, operator_new(chain->collector->base.class, tested->node, &chain->twin->schema, 1,
                                    &chain->context, &collector, &chain->error));
    chain->twin_collector = (struct collector *)collector;
    chain->twin_collector->out = &chain->twin_out;
    operator_connect(chain->twin, collector, 0);
}

static inline void chain_replace_restored(struct chain *chain, struct stream_operator **operator,
                                          struct collector * collector, const struct str *layers, size_t count) {
    struct stream_operator *old = *operator;
    struct snapshot_reader reader;
    chain_check(chain, operator_new(old->class, old->node, old->input_schemas, old->input_count,
                                    &chain->context, operator, & chain->error));
    operator_connect(*operator, & collector->base, 0);
    snapshot_reader_init_layers(&reader, layers, count);
    chain_check(chain, operator_restore(*operator, & reader, &chain->error));
    operator_close(old);
}

/* Both go on as restored ones: nothing came since the barrier. */
static inline void chain_go_on_restored(struct chain *chain) {
    struct str layers[CHAIN_LAYERS_MAX], whole = strbuf_str(&chain->expected);
    for (size_t i = 0; i < chain->layer_count; i++)
        layers[i] = strbuf_str(&chain->layer_bytes[i]);
    if (chain->layer_count == 0)
        return;
    chain_replace_restored(chain, &chain->tested, chain->collector, layers, chain->layer_count);
    chain_replace_restored(chain, &chain->twin, chain->twin_collector, &whole, 1);
    chain_forget_layers(chain);
}

/* Before something is handed in. */
static inline void chain_layer(struct chain *chain) {
    if (!chain_layers || chain->tested->ended)
        return;
    chain->twin_collector->shows_control = chain->collector->shows_control;
    if (chain->writes && chain_random(8) == 0)
        chain_give_up(chain);
    for (unsigned i = chain_random(3); chain->writes && i > 0; i--)
        chain_step(chain, 1 + chain_random(200));
    if (chain->writes)
        return;
    chain_begin(chain);
    if (chain_random(4))
        return;
    while (chain->writes)
        chain_step(chain, 1 + chain_random(100));
    chain_go_on_restored(chain);
}

static inline void chain_open(struct chain *chain, const Plan__Node *node) {
    chain_check(chain, chain_try_open(chain, node, chain->input ? 1 : 0));
    if (chain_layers)
        chain_open_twin(chain);
}

static inline void parse_value(struct batch *batch, struct column *column, uint32_t row, const char *text) {
    if (strcmp(text, "NULL") == 0) {
        column_set_null(column, &batch->arena, row, batch->row_count);
        return;
    }
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL: COLUMN_VALUES(column, uint8_t)[row] = strcmp(text, "TRUE") == 0; break;
    case LAYOUT_I32: COLUMN_VALUES(column, int32_t)[row] = (int32_t)strtol(text, NULL, 10); break;
    case LAYOUT_I64: COLUMN_VALUES(column, int64_t)[row] = strtoll(text, NULL, 10); break;
    case LAYOUT_F64: COLUMN_VALUES(column, double)[row] = strtod(text, NULL); break;
    case LAYOUT_VIEW: COLUMN_VALUES(column, struct string_view)[row] = view_copy(&batch->arena, str_from(text)); break;
    default: fail_msg("value %s", text);
    }
}

static inline struct batch *chain_batch(struct batch_pool *pool, const struct schema *schema, const char *rows) {
    struct arena arena;
    arena_init(&arena);
    uint32_t count = 0;
    for (const char *c = rows; *c; c++)
        count += *c == '\n' || c[1] == '\0';
    struct batch *batch = batch_new_for(pool, schema, count);
    char *copy = arena_strdup(&arena, rows), *rest = NULL;
    uint32_t row = 0;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), row++) {
        char *inner = NULL, *value = strtok_r(line, " ", &inner);
        for (uint8_t kind = 0; kind < 4; kind++)
            if (strcmp(value, change_kind_text(kind)) == 0) {
                if (!batch->change_kinds)
                    batch->change_kinds = arena_zalloc(&batch->arena, count);
                batch->change_kinds[row] = kind;
                value = strtok_r(NULL, " ", &inner);
                break;
            }
        for (uint32_t i = 0; i < schema->field_count; i++, value = strtok_r(NULL, " ", &inner)) {
            assert_non_null(value);
            parse_value(batch, &batch->columns[i], row, value);
        }
        assert_null(value);
    }
    assert_int_equal(row, count);
    arena_release(&arena);
    return batch;
}

static inline enum status chain_try_push(struct chain *chain, uint32_t input, const char *rows) {
    struct error error;
    chain_restore(chain);
    chain_layer(chain);
    struct batch *batch = chain_batch(&chain->pool, chain->input, rows);
    enum status status = operator_on_batch(chain->tested, input, batch, &chain->error);
    if (chain->twin)
        assert_int_equal(operator_on_batch(chain->twin, input, batch, &error), status);
    batch_release(batch);
    return status;
}

static inline void chain_push(struct chain *chain, const char *rows) {
    chain_check(chain, chain_try_push(chain, 0, rows));
}

static inline void chain_watermark(struct chain *chain, int64_t watermark_us) {
    chain_restore(chain);
    chain_layer(chain);
    chain_check(chain, operator_on_watermark(chain->tested, 0, watermark_us, &chain->error));
    if (chain->twin)
        chain_check(chain, operator_on_watermark(chain->twin, 0, watermark_us, &chain->error));
}

static inline void chain_tick(struct chain *chain, int64_t now_us) {
    chain_restore(chain);
    chain_layer(chain);
    chain_check(chain, operator_on_tick(chain->tested, now_us, &chain->error));
    if (chain->twin)
        chain_check(chain, operator_on_tick(chain->twin, now_us, &chain->error));
}

static inline void chain_end(struct chain *chain) {
    chain_restore(chain);
    chain_layer(chain);
    uint32_t inputs = chain->tested->input_count;
    for (uint32_t i = 0; i < inputs || i == 0; i++) {
        chain_check(chain, operator_on_end(chain->tested, i, &chain->error));
        if (chain->twin)
            chain_check(chain, operator_on_end(chain->twin, i, &chain->error));
    }
    if (chain->writes) /* begun before, done after */
        chain_step(chain, SIZE_MAX);
}

/* Compares what came out since the last call. */
static inline void chain_expect(struct chain *chain, const char *expected) {
    assert_string_equal(strbuf_text(&chain->out), expected);
    if (chain->twin)
        assert_string_equal(strbuf_text(&chain->twin_out), expected);
    strbuf_reset(&chain->out);
    strbuf_reset(&chain->twin_out);
}

/* LAYERED: what came out since the last call is what came out of the twin. */
static inline void chain_expect_twin(struct chain *chain) {
    assert_string_equal(strbuf_text(&chain->out), strbuf_text(&chain->twin_out));
    strbuf_reset(&chain->out);
    strbuf_reset(&chain->twin_out);
}

static inline void chain_close(struct chain *chain) {
    if (chain->writes)
        snapshot_writer_release(&chain->writer);
    chain_forget_layers(chain);
    strbuf_release(&chain->layer);
    strbuf_release(&chain->expected);
    strbuf_release(&chain->twin_out);
    operator_close(chain->twin);
    operator_close(chain->tested);
    arena_release(&chain->arena);
    batch_pool_release(&chain->pool);
    strbuf_release(&chain->out);
}
