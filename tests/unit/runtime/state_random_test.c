/* state_random_test.c: a seeded stream of operations on memory, on rocksdb with a tiny budget, and on a naive model; checkpoints, restores and
 * changes of parallelism come at random moments, and after each the three must have the same entries in the same order. */
#include "state_place.h"

#include "executor/snapshot.h"

enum { KEYS = 700, PLACES = 6, TABLES = 6, BATCH = 40, BUDGET = 700 << 10 };

static const struct state_descriptor descriptors[TABLES] = {
    {.operator_id = "a", .role = "value", .kind = STATE_VALUE, .version = 1},
    {.operator_id = "a", .role = "map", .kind = STATE_MAP, .version = 2},
    {.operator_id = "a", .role = "list", .kind = STATE_LIST, .version = 1},
    {.operator_id = "b", .role = "ordered", .kind = STATE_ORDERED, .version = 1},
    {.operator_id = "b", .role = "expiring", .kind = STATE_MAP, .version = 1, .ttl_us = 5000},
    {.operator_id = "b", .role = "cold", .kind = STATE_VALUE, .version = 1, .cold = true},
};

/* size 0: no entry; otherwise the value has size - 1 bytes. */
struct cell {
    uint32_t size, seed;
    int64_t expires_us;
};

struct model {
    struct cell cells[TABLES][KEYS][PLACES];
    int64_t now_us;
};

struct world {
    struct place place;
    uint64_t random;
    struct model now, *begun;
    struct state_budget memory_budget, budget;
    struct state_backend *memory, *rocks;
    struct state_table *memory_tables[TABLES], *rocks_tables[TABLES];
    bool checkpoint; /* under way */
    struct strbuf begun_snapshot;
    /* Of the last finished checkpoint. */
    bool saved;
    struct model *saved_model;
    struct strbuf saved_snapshot;
    struct state_files saved_files;
    char keys[KEYS][16];
    uint32_t order[KEYS]; /* key numbers in the order of the back-ends */
    size_t most_memory;
    uint64_t steps, restores, rescales;
};

static uint32_t draw(struct world *world, uint32_t end) {
    world->random = hash_u64(world->random + 0x9E3779B97F4A7C15ull);
    return (uint32_t)((world->random >> 32) % end);
}

/* Two keys share each hash. */
static uint32_t hash_of(uint32_t key) {
    return (uint32_t)(hash_u64(key / 2 + 1) >> 32);
}

static uint32_t place_count(uint32_t table) {
    return descriptors[table].kind == STATE_VALUE ? 1 : PLACES;
}

static struct state_address address_of(struct world *world, uint32_t table, uint32_t key, uint32_t place) {
    static const char user_keys[] = "ab\0cdef";
    struct state_address address = {.hash = hash_of(key), .key = str_from(world->keys[key])};
    switch (descriptors[table].kind) {
    case STATE_VALUE: break;
    case STATE_MAP: address.user_key = (struct str){user_keys, place}; break;
    case STATE_LIST: address.order = (int64_t)place * 1000 - 2000; break;
    case STATE_ORDERED:
        address.order = (int64_t)(place / 2) - 1;
        address.user_key = (struct str){user_keys, place % 2};
        break;
    }
    return address;
}

static struct str value_of(struct arena *arena, const struct cell *cell) {
    char *bytes = arena_alloc(arena, cell->size);
    for (uint32_t i = 0; i + 1 < cell->size; i++)
        bytes[i] = (char)(cell->seed + i * 7);
    return (struct str){bytes, cell->size - 1};
}

static bool is_there(const struct model *model, const struct cell *cell) {
    return cell->size > 0 && (cell->expires_us == 0 || cell->expires_us > model->now_us);
}

/* ---- operations ---- */

/* Eight in ten on a fifth of the keys. */
static uint32_t draw_key(struct world *world) {
    return draw(world, 10) < 8 ? draw(world, KEYS / 5) : draw(world, KEYS);
}

static void write_batch(struct world *world) {
    struct arena arena;
    arena_init(&arena);
    uint32_t table = draw(world, TABLES), count = draw(world, BATCH) + 1;
    struct state_write writes[BATCH];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = draw_key(world), place = draw(world, place_count(table));
        struct cell *cell = &world->now.cells[table][key][place];
        writes[i] = (struct state_write){.address = address_of(world, table, key, place)};
        writes[i].is_delete = draw(world, 4) == 0;
        *cell = (struct cell){0};
        if (writes[i].is_delete)
            continue;
        cell->size = 1 + draw(world, draw(world, 20) == 0 ? 3000 : 120);
        cell->seed = draw(world, 256);
        if (descriptors[table].ttl_us)
            cell->expires_us = world->now.now_us + descriptors[table].ttl_us;
        writes[i].value = value_of(&arena, cell);
    }
    struct error error = {0};
    OK(state_multi_write(world->memory_tables[table], writes, count, &error));
    OK(state_multi_write(world->rocks_tables[table], writes, count, &error));
    arena_release(&arena);
}

static void check_value(const struct world *world, const struct cell *cell, struct str value, struct arena *arena) {
    if (!is_there(&world->now, cell)) {
        assert_null(value.data);
        return;
    }
    assert_non_null(value.data);
    assert_true(str_equal(value, value_of(arena, cell)));
}

static void get_batch(struct world *world) {
    struct arena arena;
    arena_init(&arena);
    uint32_t table = draw(world, TABLES), count = draw(world, BATCH) + 1;
    struct state_address addresses[BATCH];
    const struct cell *cells[BATCH];
    struct str values[BATCH];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = draw_key(world), place = draw(world, place_count(table));
        cells[i] = &world->now.cells[table][key][place];
        addresses[i] = address_of(world, table, key, place);
    }
    struct error error = {0};
    OK(state_multi_get(world->memory_tables[table], addresses, count, values, &error));
    for (uint32_t i = 0; i < count; i++)
        check_value(world, cells[i], values[i], &arena);
    OK(state_multi_get(world->rocks_tables[table], addresses, count, values, &error));
    for (uint32_t i = 0; i < count; i++)
        check_value(world, cells[i], values[i], &arena);
    arena_release(&arena);
}

/* The range's entries as the model has them, and as the table does. */
static void check_range(struct world *world, struct state_table *target, uint32_t table,
                        const struct state_range *range, int64_t only_key) {
    struct arena arena;
    arena_init(&arena);
    struct state_iterator *iterator;
    struct error error = {0};
    struct state_entry entry;
    bool found;
    OK(state_iterator_open(target, range, &iterator, &error));
    for (uint32_t k = 0; k < KEYS; k++) {
        uint32_t key = world->order[k], key_group = hash_of(key) >> 22;
        if (only_key >= 0 ? key != only_key : key_group < range->first_key_group || key_group >= range->end_key_group)
            continue;
        for (uint32_t place = 0; place < place_count(table); place++) {
            const struct cell *cell = &world->now.cells[table][key][place];
            struct state_address address = address_of(world, table, key, place);
            bool wanted = !range->by_order || (address.order >= range->first_order && address.order < range->end_order);
            if (!wanted || !is_there(&world->now, cell))
                continue;
            OK(state_iterator_next(iterator, &entry, &found, &error));
            assert_true(found);
            assert_int_equal(entry.address.hash, address.hash);
            assert_true(str_equal(entry.address.key, address.key));
            assert_int_equal(entry.address.order, address.order);
            assert_true(str_equal(entry.address.user_key, address.user_key));
            assert_true(str_equal(entry.value, value_of(&arena, cell)));
            assert_int_equal(entry.expires_us, cell->expires_us);
        }
    }
    OK(state_iterator_next(iterator, &entry, &found, &error));
    assert_false(found);
    state_iterator_close(iterator);
    arena_release(&arena);
}

static void iterate(struct world *world) {
    uint32_t table = draw(world, TABLES), key = draw_key(world);
    struct state_range range = state_range_all();
    int64_t only_key = -1;
    bool has_order = descriptors[table].kind == STATE_LIST || descriptors[table].kind == STATE_ORDERED;
    switch (draw(world, 3)) {
    case 0:
        range.first_key_group = draw(world, KEY_GROUP_COUNT);
        range.end_key_group = range.first_key_group + draw(world, KEY_GROUP_COUNT - range.first_key_group + 1);
        break;
    case 1:
        only_key = key;
        range = state_range_key(hash_of(key), str_from(world->keys[key]));
        break;
    default:
        if (!has_order)
            return;
        only_key = key;
        range = state_range_orders(hash_of(key), str_from(world->keys[key]), (int64_t)draw(world, 7) - 3,
                                   (int64_t)draw(world, 4000) - 3);
    }
    check_range(world, world->memory_tables[table], table, &range, only_key);
    check_range(world, world->rocks_tables[table], table, &range, only_key);
}

static void range_delete(struct world *world) {
    uint32_t table = draw(world, 2) ? 2 : 3, key = draw_key(world);
    int64_t first = (int64_t)draw(world, 4) - 2, end = first + draw(world, 3);
    struct state_range range = state_range_orders(hash_of(key), str_from(world->keys[key]), first, end);
    for (uint32_t place = 0; place < PLACES; place++) {
        int64_t order = address_of(world, table, key, place).order;
        if (order >= first && order < end)
            world->now.cells[table][key][place] = (struct cell){0};
    }
    struct error error = {0};
    OK(state_range_delete(world->memory_tables[table], &range, &error));
    OK(state_range_delete(world->rocks_tables[table], &range, &error));
}

static void check_all(struct world *world) {
    struct state_range all = state_range_all();
    for (uint32_t table = 0; table < TABLES; table++) {
        check_range(world, world->memory_tables[table], table, &all, -1);
        check_range(world, world->rocks_tables[table], table, &all, -1);
    }
}

/* ---- tables ---- */

static void open_tables(struct state_backend *backend, struct state_table **tables) {
    struct error error = {0};
    for (uint32_t i = 0; i < TABLES; i++)
        OK(state_table_open(backend, &descriptors[i], &tables[i], &error));
}

static void drop_table(struct world *world) {
    uint32_t table = draw(world, TABLES);
    struct error error = {0};
    OK(state_table_drop(world->memory_tables[table], &error));
    OK(state_table_drop(world->rocks_tables[table], &error));
    OK(state_table_open(world->memory, &descriptors[table], &world->memory_tables[table], &error));
    OK(state_table_open(world->rocks, &descriptors[table], &world->rocks_tables[table], &error));
    memset(world->now.cells[table], 0, sizeof world->now.cells[table]);
}

/* ---- checkpoints ---- */

static void snapshot_memory(struct world *world, struct strbuf *out) {
    struct snapshot_writer writer;
    struct error error = {0};
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    OK(state_backend_snapshot(world->memory, &writer, &error));
    snapshot_writer_end(&writer, 0);
    strbuf_reset(out);
    strbuf_append_str(out, strbuf_str(&writer.out));
    snapshot_writer_release(&writer);
}

static void checkpoint_advance(struct world *world) {
    struct error error = {0};
    if (!world->checkpoint) {
        OK(state_checkpoint_begin(world->rocks, &error));
        *world->begun = world->now;
        snapshot_memory(world, &world->begun_snapshot);
        world->checkpoint = true;
        return;
    }
    bool done;
    if (draw(world, 4) > 0) {
        OK(state_checkpoint_step(world->rocks, draw(world, 500), &done, &error));
        return;
    }
    struct state_files files;
    for (done = false; !done;)
        OK(state_checkpoint_finish(world->rocks, &files, &done, &error));
    world->checkpoint = false;
    if (draw(world, 5) > 0) {
        world->saved = true;
        world->saved_files = place_upload(&world->place, &files);
        *world->saved_model = *world->begun;
        strbuf_reset(&world->saved_snapshot);
        strbuf_append_str(&world->saved_snapshot, strbuf_str(&world->begun_snapshot));
    }
    OK(state_checkpoint_release(world->rocks, &error));
}

static void restore_memory(struct world *world) {
    struct snapshot_reader reader;
    struct error error = {0};
    state_backend_close(world->memory);
    world->memory = memory_backend_open(&world->memory_budget);
    OK(state_backend_advance(world->memory, world->now.now_us, &error));
    /* In two parts, as two tasks would take it and hand it back. */
    uint32_t middle = draw(world, KEY_GROUP_COUNT);
    for (int part = 0; part < 2; part++) {
        snapshot_reader_init(&reader, strbuf_str(&world->saved_snapshot));
        reader.first_key_group = part == 0 ? 0 : middle;
        reader.end_key_group = part == 0 ? middle : KEY_GROUP_COUNT;
        OK(state_backend_restore(world->memory, &reader, &error));
        OK(snapshot_finish(&reader, &error));
    }
    open_tables(world->memory, world->memory_tables);
}

/* Two back-ends with a part of the key groups each, their checkpoints, and one that takes both over. */
static struct state_files *split(struct world *world, struct state_files *halves) {
    struct error error = {0};
    uint32_t middle = draw(world, KEY_GROUP_COUNT + 1);
    for (int part = 0; part < 2; part++) {
        struct rocks_config config = place_config(&world->place, &world->budget, &world->saved_files, 1);
        config.first_key_group = part == 0 ? 0 : middle;
        config.end_key_group = part == 0 ? middle : KEY_GROUP_COUNT;
        struct state_backend *half;
        OK(rocks_backend_open(&config, &half, &error));
        halves[part] = place_checkpoint(&world->place, half);
        state_backend_close(half);
    }
    world->rescales++;
    return halves;
}

static void restore(struct world *world) {
    if (!world->saved)
        return;
    struct error error = {0};
    world->now = *world->saved_model;
    world->checkpoint = false;
    restore_memory(world);
    state_backend_close(world->rocks);
    struct state_files halves[2];
    bool rescaled = draw(world, 2) == 0;
    struct state_files *sources = rescaled ? split(world, halves) : &world->saved_files;
    struct rocks_config config = place_config(&world->place, &world->budget, sources, rescaled ? 2 : 1);
    OK(rocks_backend_open(&config, &world->rocks, &error));
    OK(state_backend_advance(world->rocks, world->now.now_us, &error));
    open_tables(world->rocks, world->rocks_tables);
    world->restores++;
    check_all(world);
}

static void advance(struct world *world) {
    struct error error = {0};
    world->now.now_us += draw(world, 300);
    OK(state_backend_advance(world->memory, world->now.now_us, &error));
    OK(state_backend_advance(world->rocks, world->now.now_us, &error));
}

/* ---- the stream ---- */

static int compare_numbers(const void *left, const void *right, void *context) {
    const struct world *world = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (hash_of(a) != hash_of(b))
        return hash_of(a) < hash_of(b) ? -1 : 1;
    size_t a_size = strlen(world->keys[a]), b_size = strlen(world->keys[b]);
    if (a_size != b_size)
        return a_size < b_size ? -1 : 1;
    return strcmp(world->keys[a], world->keys[b]);
}

static struct world *world_open(uint64_t seed) {
    struct world *world = memory_zalloc(sizeof *world);
    world->random = seed;
    world->begun = memory_zalloc(sizeof *world->begun);
    world->saved_model = memory_zalloc(sizeof *world->saved_model);
    strbuf_init(&world->begun_snapshot);
    strbuf_init(&world->saved_snapshot);
    for (uint32_t i = 0; i < KEYS; i++) {
        snprintf(world->keys[i], sizeof world->keys[i], "%u", i * 37 % 1000);
        world->order[i] = i;
    }
    qsort_r(world->order, KEYS, sizeof world->order[0], compare_numbers, world);
    place_open(&world->place);
    state_budget_init(&world->memory_budget, SIZE_MAX);
    state_budget_init(&world->budget, BUDGET);
    world->now.now_us = 1000000;
    world->memory = memory_backend_open(&world->memory_budget);
    struct rocks_config config = place_config(&world->place, &world->budget, NULL, 0);
    struct error error = {0};
    OK(rocks_backend_open(&config, &world->rocks, &error));
    OK(state_backend_advance(world->memory, world->now.now_us, &error));
    OK(state_backend_advance(world->rocks, world->now.now_us, &error));
    open_tables(world->memory, world->memory_tables);
    open_tables(world->rocks, world->rocks_tables);
    return world;
}

static void world_close(struct world *world) {
    state_backend_close(world->memory);
    state_backend_close(world->rocks);
    assert_int_equal(state_budget_used(&world->memory_budget), 0);
    assert_int_equal(state_budget_used(&world->budget), 0);
    strbuf_release(&world->begun_snapshot);
    strbuf_release(&world->saved_snapshot);
    place_close(&world->place);
    free(world->begun);
    free(world->saved_model);
    free(world);
}

/* Outside checkpoints the budget is kept whenever a back-end had its say. */
static void measure(struct world *world) {
    struct error error = {0};
    OK(state_backend_advance(world->rocks, world->now.now_us, &error));
    if (!world->checkpoint)
        assert_in_range(state_budget_used(&world->budget), 1, BUDGET);
    size_t used = state_budget_used(&world->memory_budget);
    world->most_memory = used > world->most_memory ? used : world->most_memory;
}

static void run(uint64_t seed, uint32_t steps) {
    struct world *world = world_open(seed);
    for (uint32_t i = 0; i < steps; i++) {
        uint32_t what = draw(world, 1000);
        if (what < 450)
            write_batch(world);
        else if (what < 800)
            get_batch(world);
        else if (what < 850)
            iterate(world);
        else if (what < 870)
            range_delete(world);
        else if (what < 920)
            advance(world);
        else if (what < 990)
            checkpoint_advance(world);
        else if (what < 992)
            drop_table(world);
        else if (what < 994)
            restore(world);
        measure(world);
    }
    check_all(world);
    assert_true(world->restores > 0);
    assert_true(world->most_memory > BUDGET); /* there was something to evict */
    world_close(world);
}

static void random_operations(void **state) {
    (void)state;
    const char *seed = getenv("STATE_SEED");
    if (seed) {
        run(strtoull(seed, NULL, 10), 6000);
        return;
    }
    for (uint64_t i = 1; i <= 4; i++)
        run(i, 3000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
