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

/* Tests run as RESTORED(test) have their operator replaced, before everything it is handed, by one restored from its snapshot. */
static bool chain_restores __attribute__((unused));

static inline int chain_restores_on(void **state) {
    (void)state;
    chain_restores = true;
    return 0;
}

static inline int chain_restores_off(void **state) {
    (void)state;
    chain_restores = false;
    return 0;
}
#define RESTORED(test) \
    { "restored: " #test, test, chain_restores_on, chain_restores_off, NULL }

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

static inline void chain_open(struct chain *chain, const Plan__Node *node) {
    chain_check(chain, chain_try_open(chain, node, chain->input ? 1 : 0));
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
    chain_restore(chain);
    struct batch *batch = chain_batch(&chain->pool, chain->input, rows);
    enum status status = operator_on_batch(chain->tested, input, batch, &chain->error);
    batch_release(batch);
    return status;
}

static inline void chain_push(struct chain *chain, const char *rows) {
    chain_check(chain, chain_try_push(chain, 0, rows));
}

static inline void chain_watermark(struct chain *chain, int64_t watermark_us) {
    chain_restore(chain);
    chain_check(chain, operator_on_watermark(chain->tested, 0, watermark_us, &chain->error));
}

static inline void chain_end(struct chain *chain) {
    chain_restore(chain);
    uint32_t inputs = chain->tested->input_count;
    for (uint32_t i = 0; i < inputs || i == 0; i++)
        chain_check(chain, operator_on_end(chain->tested, i, &chain->error));
}

/* Compares what came out since the last call. */
static inline void chain_expect(struct chain *chain, const char *expected) {
    assert_string_equal(strbuf_text(&chain->out), expected);
    strbuf_reset(&chain->out);
}

static inline void chain_close(struct chain *chain) {
    operator_close(chain->tested);
    arena_release(&chain->arena);
    batch_pool_release(&chain->pool);
    strbuf_release(&chain->out);
}
