/* snapshot_fuzz.c: any bytes as layers of a snapshot; and layers of real operators with any of their bytes changed, digests made right again,
 * or nothing would come past them. Nothing foreign does harm: it is refused, or what was restored can be snapshotted again and closed.
 *
 *   input   operator | row count | keys of the rows … | changes: layer, place (2 bytes), what to xor …       or, with an operator of 0xFF, a layer */
#include <string.h>

#include "executor/operator.h"
#include "executor/snapshot.h"
#include "executor/snapshot_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 3, LAYERS = 3, ROWS_MAX = 64, CHANGE_BYTES = 4 };

struct fuzz {
    struct arena arena;
    struct batch_pool pool;
    struct evaluation_context evaluation;
    struct operator_context context;
    bool stop_wanted;
    struct schema input, output;
    struct field input_fields[COLUMNS], output_fields[6];
    Plan__Node *node;
};

static Plan__Node *node_of(struct fuzz *fuzz, const struct schema *schema) {
    Plan__Node *node = ARENA_NEW(&fuzz->arena, Plan__Node);
    plan__node__init(node);
    node->output = ARENA_ARRAY(&fuzz->arena, Plan__Field *, schema->field_count);
    node->n_output = schema->field_count;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        node->output[i] = ARENA_NEW(&fuzz->arena, Plan__Field);
        plan__field__init(node->output[i]);
        node->output[i]->name = (char *)(uintptr_t)schema->fields[i].name;
        node->output[i]->type = plan_type_encode(&fuzz->arena, schema->fields[i].type);
    }
    return node;
}

/* COUNT(*), or an aggregate of the second column. */
static Plan__AggregateCall **calls_of(struct fuzz *fuzz, const char *second, bool distinct) {
    Plan__AggregateCall **calls = ARENA_ARRAY(&fuzz->arena, Plan__AggregateCall *, 2);
    for (int i = 0; i < 2; i++) {
        Plan__AggregateCall *call = calls[i] = ARENA_NEW(&fuzz->arena, Plan__AggregateCall);
        plan__aggregate_call__init(call);
        call->aggregate = call->name = (char *)(uintptr_t)(i ? second : "count_star");
        call->type = plan_type_encode(&fuzz->arena, &type_bigint);
        call->distinct = i && distinct;
        call->arguments = ARENA_ARRAY(&fuzz->arena, uint32_t, 1);
        call->arguments[0] = 1;
        call->n_arguments = (size_t)i;
    }
    return calls;
}

static void make_group(struct fuzz *fuzz, uint32_t *key, const char *aggregate, bool distinct) {
    Plan__GroupAggregate *group = ARENA_NEW(&fuzz->arena, Plan__GroupAggregate);
    plan__group_aggregate__init(group);
    group->keys = key;
    group->n_keys = 1;
    group->aggregates = calls_of(fuzz, aggregate, distinct);
    group->n_aggregates = 2;
    group->emit_before = true;
    fuzz->node->operation_case = PLAN__NODE__OPERATION_GROUP_AGGREGATE;
    fuzz->node->group_aggregate = group;
}

static void make_window(struct fuzz *fuzz, uint32_t *key, Plan__WindowKind kind, Plan__Emit emit) {
    Plan__WindowAggregate *plan = ARENA_NEW(&fuzz->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(plan);
    plan->window = ARENA_NEW(&fuzz->arena, Plan__Window);
    plan__window__init(plan->window);
    plan->window->kind = kind;
    plan->window->size_us = plan->window->gap_us = 20000;
    plan->window->slide_us = kind == PLAN__WINDOW_KIND__TUMBLE ? 0 : 5000;
    plan->window->time_column = 2;
    plan->keys = key;
    plan->n_keys = 1;
    plan->aggregates = calls_of(fuzz, "max_bigint", false);
    plan->n_aggregates = 2;
    plan->emit = emit;
    fuzz->node->operation_case = PLAN__NODE__OPERATION_WINDOW_AGGREGATE;
    fuzz->node->window_aggregate = plan;
}

static void make_plan(struct fuzz *fuzz, uint8_t kind) {
    static uint32_t number_key[] = {1}, text_key[] = {0};
    uint32_t *key = kind % 2 ? number_key : text_key;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    const struct type *input[] = {&type_string, &type_bigint, &type_timestamp3};
    const struct type *output[] = {kind % 2 ? &type_bigint : &type_string,
                                   &type_bigint,
                                   &type_bigint,
                                   &type_timestamp3,
                                   &type_timestamp3,
                                   &type_timestamp3};
    for (int i = 0; i < COLUMNS; i++)
        fuzz->input_fields[i] = (struct field){names[i], input[i]};
    for (int i = 0; i < 6; i++)
        fuzz->output_fields[i] = (struct field){names[i], output[i]};
    fuzz->input = (struct schema){.fields = fuzz->input_fields, .field_count = COLUMNS};
    fuzz->output = (struct schema){.fields = fuzz->output_fields, .field_count = kind / 2 % 8 < 3 ? 3 : 6};
    fuzz->node = node_of(fuzz, &fuzz->output);
    switch (kind / 2 % 8) {
    case 0: make_group(fuzz, key, "sum_bigint", false); break;
    case 1: make_group(fuzz, key, "sum_bigint", true); break;
    case 2: make_group(fuzz, key, "max_bigint_retract", false); break;
    case 3: make_window(fuzz, key, PLAN__WINDOW_KIND__TUMBLE, PLAN__EMIT__ON_CLOSE); break;
    case 4: make_window(fuzz, key, PLAN__WINDOW_KIND__HOP, PLAN__EMIT__ON_UPDATE); break;
    case 5: make_window(fuzz, key, PLAN__WINDOW_KIND__CUMULATE, PLAN__EMIT__ON_CLOSE); break;
    case 6: make_window(fuzz, key, PLAN__WINDOW_KIND__SESSION, PLAN__EMIT__ON_CLOSE); break;
    case 7: make_window(fuzz, key, PLAN__WINDOW_KIND__SESSION, PLAN__EMIT__ON_UPDATE); break;
    }
    Plan__Plan *plan = ARENA_NEW(&fuzz->arena, Plan__Plan);
    plan__plan__init(plan);
    plan->nodes = ARENA_ARRAY(&fuzz->arena, Plan__Node *, 2);
    plan->nodes[0] = node_of(fuzz, &fuzz->input);
    plan->nodes[1] = fuzz->node;
    plan->n_nodes = 2;
    fuzz->node->id = 1;
    fuzz->node->inputs = ARENA_ARRAY(&fuzz->arena, uint32_t, 1);
    fuzz->node->n_inputs = 1;
    fuzz->node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    fuzz->context.plan = plan;
}

static void fuzz_open(struct fuzz *fuzz, uint8_t kind) {
    memset(fuzz, 0, sizeof *fuzz);
    arena_init(&fuzz->arena);
    batch_pool_init(&fuzz->pool);
    fuzz->context = (struct operator_context){.arena = &fuzz->arena,
                                              .pool = &fuzz->pool,
                                              .evaluation = &fuzz->evaluation,
                                              .batch_rows = 100,
                                              .stop_wanted = &fuzz->stop_wanted};
    make_plan(fuzz, kind);
}

static void must(enum status status, const struct error *error) {
    if (status != STATUS_OK)
        assert_failed(error->message, __FILE__, __LINE__);
}

static struct stream_operator *operator_of(struct fuzz *fuzz) {
    struct stream_operator *operator;
    struct schema *input = &fuzz->input;
    struct error error;
    must(operator_new(operator_class_for(fuzz->node), fuzz->node, &input, 1, &fuzz->context, &operator, & error),
         &error);
    return operator;
}

static void push(struct fuzz *fuzz, struct stream_operator *operator, const uint8_t * keys, size_t count) {
    struct error error;
    struct batch *batch = batch_new_for(&fuzz->pool, &fuzz->input, (uint32_t)count);
    batch->row_count = (uint32_t)count;
    for (uint32_t row = 0; row < count; row++) {
        const char *text = keys[row] % 2 ? "key" : "a key that is not kept inline";
        COLUMN_VALUES(&batch->columns[0], struct string_view)
        [row] = view_make(text, (uint32_t)strlen(text) - keys[row] % 3);
        COLUMN_VALUES(&batch->columns[1], int64_t)[row] = keys[row] % 16;
        COLUMN_VALUES(&batch->columns[2], int64_t)[row] = keys[row] * INT64_C(1000);
    }
    must(operator_on_batch(operator, 0, batch, &error), &error);
    batch_release(batch);
}

/* A FULL one and DELTAs, written while the rest of the rows came. */
static void write_layers(struct fuzz *fuzz, const uint8_t *keys, size_t count, struct strbuf *layers) {
    struct stream_operator *operator= operator_of(fuzz);
    struct error error;
    for (int i = 0; i < LAYERS; i++) {
        struct snapshot_writer writer;
        bool done = false;
        size_t piece = count / LAYERS;
        push(fuzz, operator, keys +(size_t) i * piece, piece / 2);
        must(operator_on_flush(operator, & error), &error);
        snapshot_writer_init(&writer, i ? SNAPSHOT_DELTA : SNAPSHOT_FULL);
        must(operator_snapshot_begin(operator, & writer, &error), &error);
        push(fuzz, operator, keys +(size_t) i * piece + piece / 2, piece - piece / 2);
        while (!done)
            must(operator_snapshot_step(operator, & writer, 64, &done, &error), &error);
        layers[i] = writer.out;
        strbuf_init(&writer.out);
        snapshot_writer_release(&writer);
    }
    operator_close(operator);
}

/* All digests as they should be, as far as there are frames. Returns the layer's. */
static uint64_t seal(struct strbuf *layer, uint64_t parent) {
    struct snapshot_tail tail;
    struct frame_head head;
    memcpy(&tail, layer->data + layer->size - sizeof tail, sizeof tail);
    size_t room = layer->size - sizeof tail;
    if (tail.section_count > room / sizeof(struct snapshot_section))
        tail.section_count = (uint32_t)(room / sizeof(struct snapshot_section));
    size_t start = room - tail.section_count * sizeof(struct snapshot_section);
    tail.frame_count = tail.frames_digest = 0;
    for (size_t at = 0; start - at >= sizeof head; at += sizeof head + (size_t)head.payload_size) {
        memcpy(&head, layer->data + at, sizeof head);
        if (head.payload_size > start - at - sizeof head)
            break;
        head.digest = frame_digest(&head, layer->data + at + sizeof head);
        memcpy(layer->data + at, &head, sizeof head);
        tail.frames_digest = hash_combine(tail.frames_digest, head.digest);
        tail.frame_count++;
    }
    tail.parent = parent;
    tail.magic = SNAPSHOT_MAGIC;
    tail.version = SNAPSHOT_VERSION;
    memcpy(layer->data + layer->size - sizeof tail, &tail, sizeof tail);
    tail.digest = hash_bytes(layer->data + start, layer->size - start - sizeof tail.digest);
    memcpy(layer->data + layer->size - sizeof tail.digest, &tail.digest, sizeof tail.digest);
    return tail.digest;
}

static void restore(struct fuzz *fuzz, const struct str *layers, size_t count, uint32_t first, uint32_t end) {
    struct stream_operator *operator= operator_of(fuzz);
    struct snapshot_reader reader;
    struct snapshot_writer writer;
    struct error error;
    snapshot_reader_init_layers(&reader, layers, count);
    reader.first_key_group = first;
    reader.end_key_group = end;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    if (operator_restore(operator, & reader, &error) == STATUS_OK)
        must(operator_snapshot(operator, & writer, &error), &error);
    snapshot_writer_release(&writer);
    operator_close(operator);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz fuzz;
    struct strbuf layers[LAYERS];
    struct str list[LAYERS];
    if (size < 2)
        return 0;
    uint8_t kind = data[0];
    fuzz_open(&fuzz, kind);
    if (kind == 0xFF) {
        list[0] = (struct str){(const char *)data + 1, size - 1};
        restore(&fuzz, list, 1, 0, KEY_GROUP_COUNT);
    } else {
        size_t rows = data[1] % ROWS_MAX < size - 2 ? data[1] % ROWS_MAX : size - 2;
        write_layers(&fuzz, data + 2, rows, layers);
        for (size_t at = 2 + rows; at + CHANGE_BYTES <= size; at += CHANGE_BYTES) {
            struct strbuf *layer = &layers[data[at] % LAYERS];
            size_t place = (size_t)(data[at + 1] | data[at + 2] << 8) % layer->size;
            layer->data[place] = (char)(layer->data[place] ^ data[at + 3]);
        }
        uint64_t parent = 0;
        for (int i = 0; i < LAYERS; i++) {
            parent = seal(&layers[i], parent);
            list[i] = strbuf_str(&layers[i]);
        }
        restore(&fuzz, list, LAYERS, 0, KEY_GROUP_COUNT);
        restore(&fuzz, list, LAYERS, 200, 700);
        for (int i = 0; i < LAYERS; i++)
            strbuf_release(&layers[i]);
    }
    arena_release(&fuzz.arena);
    batch_pool_release(&fuzz.pool);
    return 0;
}
