/* record_store_test.c: records by place against a plain model: random changes, barriers, steps, snapshots given up, and layers read back for
 * random ranges of key groups. */
#include "executor/record_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/hash.h"
#include "executor/snapshot.h"

enum { PLACES_MAX = 20000, LAYERS_MAX = 6, VALUE_WORDS = 3, FORMAT = 7 };

/* What a test's records are. */
struct record {
    struct record_header header;
    uint64_t value[VALUE_WORDS];
};

struct model_record {
    bool live;
    uint8_t marks;
    uint32_t tag;
    uint64_t value;
};

struct model {
    struct record_store store;
    const struct record_codec *codec;
    struct model_record *now, *at_barrier; /* by place */
    uint32_t place_count, barrier_count;   /* free ones included */
    struct snapshot_writer writer;
    bool writes;
    uint64_t next_serial, digest;
    struct strbuf layers[LAYERS_MAX], layer;
    size_t layer_count;
    uint64_t random;
};

static uint32_t random_below(struct model *model, uint32_t below) {
    return (uint32_t)(hash_u64(model->random++) % below);
}

static void fill(struct record *record, uint64_t value) {
    for (int i = 0; i < VALUE_WORDS; i++)
        record->value[i] = value * (unsigned)(i + 1);
}

/* Bodies of different sizes: the value, and as many bytes as it has in its last digit. */
static void encode(void *context, const uint8_t *bytes, struct strbuf *out) {
    (void)context;
    const struct record *record = (const struct record *)bytes;
    strbuf_append(out, record->value, sizeof record->value);
    for (uint64_t i = record->value[0] % 10; i > 0; i--)
        strbuf_append_char(out, 'x');
}

static bool decode(void *context, uint8_t *bytes, struct str body) {
    (void)context;
    struct record *record = (struct record *)bytes;
    if (body.size < sizeof record->value)
        return false;
    memcpy(record->value, body.data, sizeof record->value);
    return body.size == sizeof record->value + record->value[0] % 10;
}

static const struct record_codec as_they_are, encoded = {.encode = encode, .decode = decode};

static struct record *record_of(const struct record_store *store, uint32_t place) {
    return (struct record *)record_store_at(store, place);
}

/* ---- what happens to a store ---- */

static void add(struct model *model) {
    if (model->store.live_count == PLACES_MAX)
        return;
    uint64_t value = random_below(model, 1000000);
    uint32_t tag = (uint32_t)hash_u64(value), place = record_store_add(&model->store, tag);
    fill(record_of(&model->store, place), value);
    model->now[place] = (struct model_record){.live = true, .tag = tag, .value = value};
    if (place == model->place_count)
        model->place_count++;
}

static void change(struct model *model, uint32_t place) {
    record_store_note(&model->store, model->codec, place);
    struct model_record *expected = &model->now[place];
    expected->value++;
    expected->marks = (uint8_t)(expected->value % 3);
    fill(record_of(&model->store, place), expected->value);
    record_of(&model->store, place)->header.marks = expected->marks;
}

static void remove_place(struct model *model, uint32_t place) {
    record_store_note(&model->store, model->codec, place);
    record_store_kill(&model->store, place);
    record_store_free(&model->store, place);
    model->now[place].live = false;
}

static void process(struct model *model, uint32_t operations) {
    for (uint32_t i = 0; i < operations; i++) {
        uint32_t kind = random_below(model, 10), place = random_below(model, model->place_count + 1);
        bool live = place < model->place_count && model->now[place].live;
        if (kind < 4 || !live)
            add(model);
        else if (kind < 8)
            change(model, place);
        else
            remove_place(model, place);
    }
}

/* ---- snapshots ---- */

static void barrier(struct model *model) {
    snapshot_writer_init(&model->writer, model->layer_count ? SNAPSHOT_DELTA : SNAPSHOT_FULL);
    record_store_begin(&model->store, model->codec, &model->writer, "records", FORMAT, &model->next_serial);
    memcpy(model->at_barrier, model->now, model->place_count * sizeof *model->now);
    model->barrier_count = model->place_count;
    model->writes = true;
    strbuf_reset(&model->layer);
}

static void open_layers(const struct model *model, struct snapshot_reader *reader, struct str *layers) {
    for (size_t i = 0; i < model->layer_count; i++)
        layers[i] = strbuf_str(&model->layers[i]);
    snapshot_reader_init_layers(reader, layers, model->layer_count);
}

static void check_record(const struct record_store *store, uint32_t place, const struct model_record *expected) {
    const struct record *record = record_of(store, place);
    assert_true(record_is_live((const uint8_t *)record));
    assert_int_equal(record->header.tag, expected->tag);
    assert_int_equal(record->header.marks, expected->marks);
    assert_int_equal(record->value[0], expected->value);
    assert_int_equal(record->value[VALUE_WORDS - 1], expected->value * VALUE_WORDS);
}

/* All key groups: places as they were, and free ones are given out as they would have been. */
static void check_whole(const struct model *model) {
    struct record_store store;
    struct snapshot_reader reader;
    struct str layers[LAYERS_MAX];
    struct error error;
    record_store_init(&store, sizeof(struct record));
    open_layers(model, &reader, layers);
    assert_int_equal(record_store_restore(&store, model->codec, true, "records", FORMAT, &reader, &error), STATUS_OK);
    assert_int_equal(snapshot_finish(&reader, &error), STATUS_OK);
    assert_int_equal(store.place_count, model->barrier_count);
    uint32_t live = 0;
    for (uint32_t place = 0; place < model->barrier_count; place++) {
        if (model->at_barrier[place].live)
            check_record(&store, place, &model->at_barrier[place]);
        else
            assert_false(record_is_live(record_store_at(&store, place)));
        live += model->at_barrier[place].live;
    }
    assert_int_equal(store.live_count, live);
    record_store_release(&store);
}

static void check_range(const struct model *model, uint32_t first, uint32_t end) {
    struct record_store store;
    struct snapshot_reader reader;
    struct str layers[LAYERS_MAX];
    struct error error;
    record_store_init(&store, sizeof(struct record));
    open_layers(model, &reader, layers);
    reader.first_key_group = first;
    reader.end_key_group = end;
    assert_int_equal(record_store_restore(&store, model->codec, true, "records", FORMAT, &reader, &error), STATUS_OK);
    uint32_t count = 0;
    for (uint32_t place = 0; place < model->barrier_count; place++) {
        const struct model_record *expected = &model->at_barrier[place];
        if (expected->live && expected->tag >> 22 >= first && expected->tag >> 22 < end)
            check_record(&store, count++, expected);
    }
    assert_int_equal(store.place_count, count);
    assert_int_equal(store.live_count, count);
    record_store_release(&store);
}

static void forget_layers(struct model *model) {
    while (model->layer_count > 0)
        strbuf_release(&model->layers[--model->layer_count]);
}

static void give_up(struct model *model) {
    record_store_abandon(&model->store);
    snapshot_writer_release(&model->writer);
    model->writes = false;
    forget_layers(model);
}

static void step(struct model *model, size_t budget) {
    struct strbuf piece;
    bool done = record_store_step(&model->store, model->codec, &budget);
    if (done)
        model->digest = snapshot_writer_end(&model->writer, model->layer_count ? model->digest : 0);
    while (snapshot_writer_take(&model->writer, &piece)) {
        strbuf_append_str(&model->layer, strbuf_str(&piece));
        strbuf_release(&piece);
    }
    if (!done)
        return;
    snapshot_writer_release(&model->writer);
    model->writes = false;
    model->layers[model->layer_count++] = model->layer;
    strbuf_init(&model->layer);
    check_whole(model);
    uint32_t first = random_below(model, KEY_GROUP_COUNT);
    check_range(model, first, first + 1 + random_below(model, KEY_GROUP_COUNT - first));
    if (model->layer_count == LAYERS_MAX)
        forget_layers(model);
}

static void model_init(struct model *model, const struct record_codec *codec, uint64_t seed) {
    *model = (struct model){.codec = codec, .random = seed << 32};
    record_store_init(&model->store, sizeof(struct record));
    strbuf_init(&model->layer);
    model->now = calloc(PLACES_MAX + 1, sizeof *model->now);
    model->at_barrier = calloc(PLACES_MAX + 1, sizeof *model->at_barrier);
}

static void model_release(struct model *model) {
    if (model->writes)
        give_up(model);
    forget_layers(model);
    strbuf_release(&model->layer);
    record_store_release(&model->store);
    free(model->now);
    free(model->at_barrier);
}

static void run_model(const struct record_codec *codec, uint64_t seed, uint32_t first_records) {
    struct model model;
    model_init(&model, codec, seed);
    for (uint32_t i = 0; i < first_records; i++)
        add(&model);
    for (int round = 0; round < 300; round++) {
        process(&model, random_below(&model, 60));
        if (!model.writes && random_below(&model, 3) == 0)
            barrier(&model);
        else if (model.writes && random_below(&model, 40) == 0)
            give_up(&model);
        else if (model.writes)
            step(&model, 1 + random_below(&model, first_records ? 200000 : 300));
    }
    model_release(&model);
}

static void layers_are_what_was(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        run_model(&as_they_are, seed, 0);
        run_model(&encoded, seed, 0);
    }
}

static void layers_of_many_pages_are_what_was(void **state) {
    (void)state;
    run_model(&as_they_are, 11, 15000);
    run_model(&encoded, 12, 15000);
}

/* After restoring, new records take the places that they would have taken. */
static void free_places_come_in_the_same_order(void **state) {
    (void)state;
    struct model model;
    model_init(&model, &as_they_are, 3);
    for (int i = 0; i < 200; i++)
        add(&model);
    barrier(&model);
    step(&model, SIZE_MAX);
    for (uint32_t i = 0; i < 90; i++)
        remove_place(&model, i * 37 % 200);
    for (int i = 0; i < 20; i++)
        add(&model);
    barrier(&model);
    step(&model, SIZE_MAX);
    struct record_store restored;
    struct snapshot_reader reader;
    struct str layers[LAYERS_MAX];
    struct error error;
    record_store_init(&restored, sizeof(struct record));
    open_layers(&model, &reader, layers);
    assert_int_equal(record_store_restore(&restored, &as_they_are, true, "records", FORMAT, &reader, &error),
                     STATUS_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(record_store_add(&restored, 1), record_store_add(&model.store, 1));
    record_store_release(&restored);
    model_release(&model);
}

/* More snapshots given up in a row than there are generations. */
static void generations_come_round(void **state) {
    (void)state;
    struct model model;
    model_init(&model, &as_they_are, 4);
    for (int i = 0; i < 300; i++)
        add(&model);
    barrier(&model);
    step(&model, SIZE_MAX);
    for (int i = 0; i < 700; i++) {
        forget_layers(&model); /* the next one is FULL */
        barrier(&model);
        step(&model, 1);
        assert_true(model.writes);
        process(&model, 3);
        give_up(&model);
        if (i % 250 > 246 || i % 50 == 0) {
            barrier(&model);
            step(&model, 1);
            process(&model, 3);
            if (i % 100 == 0)
                give_up(&model);
            while (model.writes)
                step(&model, 5000);
        }
    }
    model_release(&model);
}

/* ---- damage ---- */

static enum status read_back(const struct str *layers, size_t count) {
    struct record_store store;
    struct snapshot_reader reader;
    struct error error;
    record_store_init(&store, sizeof(struct record));
    snapshot_reader_init_layers(&reader, layers, count);
    enum status status = record_store_restore(&store, &encoded, true, "records", FORMAT, &reader, &error);
    if (status == STATUS_OK)
        status = snapshot_finish(&reader, &error);
    record_store_release(&store);
    return status;
}

static void make_layers(struct model *model, struct str *layers) {
    model_init(model, &encoded, 5);
    for (int i = 0; i < 12; i++)
        add(model);
    for (int layer = 0; layer < 3; layer++) {
        barrier(model);
        step(model, 50);
        process(model, 4);
        while (model->writes)
            step(model, 50);
        layers[layer] = strbuf_str(&model->layers[layer]);
    }
    assert_int_equal(read_back(layers, 3), STATUS_OK);
}

static void every_bit_and_every_cut_is_noticed(void **state) {
    (void)state;
    struct model model;
    struct str layers[3];
    make_layers(&model, layers);
    for (int layer = 0; layer < 3; layer++) {
        char *bytes = model.layers[layer].data;
        size_t size = layers[layer].size;
        for (size_t bit = 0; bit < size * 8; bit++) {
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
            assert_int_not_equal(read_back(layers, 3), STATUS_OK);
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        }
        for (layers[layer].size = 0; layers[layer].size < size; layers[layer].size++)
            assert_int_not_equal(read_back(layers, 3), STATUS_OK);
        assert_int_equal(read_back(layers, 3), STATUS_OK);
    }
    model_release(&model);
}

static void layers_must_follow_each_other(void **state) {
    (void)state;
    struct model model;
    struct str layers[3];
    make_layers(&model, layers);
    assert_int_equal(read_back(layers, 2), STATUS_OK);
    assert_int_equal(read_back(layers + 1, 2), STATUS_MALFORMED_RECORD); /* a DELTA first */
    assert_int_equal(read_back((struct str[]){layers[0], layers[2]}, 2), STATUS_MALFORMED_RECORD);
    assert_int_equal(read_back((struct str[]){layers[0], layers[0]}, 2), STATUS_MALFORMED_RECORD);
    assert_int_equal(read_back((struct str[]){layers[0], layers[2], layers[1]}, 3), STATUS_MALFORMED_RECORD);
    model_release(&model);
}

static void other_sections_are_refused(void **state) {
    (void)state;
    struct model model;
    struct str layers[3];
    make_layers(&model, layers);
    struct record_store store;
    struct snapshot_reader reader;
    struct error error;
    record_store_init(&store, sizeof(struct record));
    snapshot_reader_init_layers(&reader, layers, 3);
    assert_int_equal(record_store_restore(&store, &encoded, true, "others", FORMAT, &reader, &error),
                     STATUS_MALFORMED_RECORD);
    snapshot_reader_init_layers(&reader, layers, 3);
    assert_int_equal(record_store_restore(&store, &encoded, true, "records", FORMAT + 1, &reader, &error),
                     STATUS_UNSUPPORTED);
    snapshot_reader_init_layers(&reader, layers, 3);
    assert_int_equal(record_store_restore(&store, &as_they_are, true, "records", FORMAT, &reader, &error),
                     STATUS_MALFORMED_RECORD);
    snapshot_reader_init_layers(&reader, layers, 3);
    assert_int_equal(snapshot_section_open(&reader, "records", FORMAT, &error), STATUS_MALFORMED_RECORD);
    record_store_release(&store);
    model_release(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_what_was),
        cmocka_unit_test(layers_of_many_pages_are_what_was),
        cmocka_unit_test(free_places_come_in_the_same_order),
        cmocka_unit_test(generations_come_round),
        cmocka_unit_test(every_bit_and_every_cut_is_noticed),
        cmocka_unit_test(layers_must_follow_each_other),
        cmocka_unit_test(other_sections_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
