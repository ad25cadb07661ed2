/* spilling.h: for tests of operators whose state may leave memory: one above RocksDB with next to no budget beside one in memory, the same rows
 * in; and snapshots of both at one barrier, in steps, in layers. */
#pragma once

#include "tests/unit/executor/chain.h"
#include "tests/unit/runtime/state_place.h"

enum { LAYERS_MAX = 24 };

/* A chain, and the back-end under it. */
struct spilling {
    struct chain chain;
    struct state_budget budget;
    struct state_backend *backend;
};

/* Before the chain is opened, whose context gets the back-end; none without `rocks`. */
static inline void spilling_open_backend(struct spilling *spilling, struct place *place, size_t budget_bytes,
                                         bool rocks) {
    struct error error = {0};
    spilling->backend = NULL;
    state_budget_init(&spilling->budget, budget_bytes);
    if (!rocks)
        return;
    struct rocks_config config = place_config(place, &spilling->budget, NULL, 0);
    config.folder = arena_printf(&place->arena, "%s/operator-%u", place->folder, place->incarnations);
    OK(rocks_backend_open(&config, &spilling->backend, &error));
}

static inline void spilling_close(struct spilling *spilling) {
    chain_close(&spilling->chain);
    state_backend_close(spilling->backend);
    assert_int_equal(state_budget_used(&spilling->budget), 0);
    assert_int_equal(atomic_load(&spilling->budget.member_count), 0);
}

static inline void push_both(struct chain *left, struct chain *right, const char *rows) {
    chain_push(left, rows);
    chain_push(right, rows);
    assert_string_equal(strbuf_text(&left->out), strbuf_text(&right->out));
    strbuf_reset(&left->out);
    strbuf_reset(&right->out);
}

/* ---- snapshots ---- */

struct layers {
    struct strbuf items[LAYERS_MAX];
    uint32_t count;
    struct snapshot_writer writer;
    struct strbuf whole; /* of the one in memory, at the same barrier */
    bool under_way;
};

static inline void layers_forget(struct layers *layers) {
    for (uint32_t i = 0; i < layers->count; i++)
        strbuf_release(&layers->items[i]);
    layers->count = 0;
}

static inline void snapshot_begin(struct layers *layers, struct chain *memory, struct chain *tested) {
    struct snapshot_writer whole;
    snapshot_writer_init(&whole, SNAPSHOT_FULL);
    chain_check(memory, operator_on_flush(memory->tested, &memory->error));
    chain_check(memory, operator_snapshot(memory->tested, &whole, &memory->error));
    strbuf_release(&layers->whole);
    assert_true(snapshot_writer_take(&whole, &layers->whole));
    snapshot_writer_release(&whole);
    if (layers->count == LAYERS_MAX)
        layers_forget(layers);
    snapshot_writer_init(&layers->writer, layers->count ? SNAPSHOT_DELTA : SNAPSHOT_FULL);
    chain_check(tested, operator_on_flush(tested->tested, &tested->error));
    chain_check(tested, operator_snapshot_begin(tested->tested, &layers->writer, &tested->error));
    strbuf_init(&layers->items[layers->count]);
    layers->under_way = true;
}

/* True when it is complete. */
static inline bool snapshot_step(struct layers *layers, struct chain *tested, size_t budget_bytes) {
    bool done;
    struct strbuf piece;
    chain_check(tested, operator_snapshot_step(tested->tested, &layers->writer, budget_bytes, &done, &tested->error));
    if (snapshot_writer_take(&layers->writer, &piece)) {
        strbuf_append_str(&layers->items[layers->count], strbuf_str(&piece));
        strbuf_release(&piece);
    }
    if (!done)
        return false;
    snapshot_writer_release(&layers->writer);
    layers->count++;
    layers->under_way = false;
    return true;
}

static inline void snapshot_give_up(struct layers *layers, struct chain *tested) {
    operator_snapshot_abandon(tested->tested);
    snapshot_writer_release(&layers->writer);
    strbuf_release(&layers->items[layers->count]);
    layers_forget(layers);
    layers->under_way = false;
}

static inline void restore_into(struct chain *chain, const struct strbuf *items, uint32_t count) {
    struct str bytes[LAYERS_MAX];
    struct snapshot_reader reader;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = strbuf_str(&items[i]);
    snapshot_reader_init_layers(&reader, bytes, count);
    chain_check(chain, operator_restore(chain->tested, &reader, &chain->error));
}

/* One from the whole snapshot, the other from the layers. */
static inline void restore_both(const struct layers *layers, struct chain *memory, struct chain *restored) {
    restore_into(memory, &layers->whole, 1);
    restore_into(restored, layers->items, layers->count);
}
