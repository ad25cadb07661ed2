/* spill.h: an operator with room for a handful of groups beside the same one in memory: what tests of state that leaves memory share. */
#pragma once

#include "tests/unit/executor/chain.h"
#include "tests/unit/runtime/state_place.h"

enum { LAYERS_MAX = 24, BUDGET_BYTES = 2048, LIVE_MAX = 4000, LINES_MAX = 16384 };

/* A chain, and the back-end under it. */
struct spilling {
    struct chain chain;
    struct state_budget budget;
    struct state_backend *backend;
};

/* Opens the operator that is tested, over this back-end; NULL: in memory. */
typedef void spill_open_chain(struct chain *chain, const void *shape, struct state_backend *backend);

static inline void spilling_open(struct spilling *spilling, spill_open_chain *open, const void *shape,
                                 struct place *place, bool rocks) {
    struct error error = {0};
    spilling->backend = NULL;
    state_budget_init(&spilling->budget, BUDGET_BYTES);
    if (rocks) {
        struct rocks_config config = place_config(place, &spilling->budget, NULL, 0);
        config.folder = arena_printf(&place->arena, "%s/groups-%u", place->folder, place->incarnations);
        OK(rocks_backend_open(&config, &spilling->backend, &error));
    }
    open(&spilling->chain, shape, spilling->backend);
}

static inline void spilling_close(struct spilling *spilling) {
    chain_close(&spilling->chain);
    state_backend_close(spilling->backend);
    assert_int_equal(state_budget_used(&spilling->budget), 0);
    assert_int_equal(atomic_load(&spilling->budget.member_count), 0);
}

/* Entries of all tables of the operator that is tested. */
static inline uint64_t spilling_entries(const struct spilling *spilling) {
    uint64_t rows = 0;
    for (struct state_table *table = spilling->backend->tables; table; table = table->next)
        rows += state_table_usage(table).rows;
    return rows;
}

static inline Plan__AggregateCall *call_node(struct chain *chain, const char *id) {
    Plan__AggregateCall *call = ARENA_NEW(&chain->arena, Plan__AggregateCall);
    plan__aggregate_call__init(call);
    call->distinct = strcmp(id, "distinct") == 0;
    call->aggregate = call->name = (char *)(call->distinct ? "count" : id);
    call->type = plan_type_encode(&chain->arena, &type_bigint);
    if (strcmp(id, "count_star") != 0) {
        call->arguments = ARENA_ARRAY(&chain->arena, uint32_t, 1);
        call->arguments[0] = 1;
        call->n_arguments = 1;
    }
    return call;
}

/* ---- rows ---- */

struct stream {
    uint64_t random;
    uint32_t live[LIVE_MAX]; /* rows that can be retracted, as the test numbers them */
    uint32_t live_count;
    struct strbuf rows;
};

/* SPILL_SEED=n: other streams. */
static inline uint64_t stream_seed(uint64_t seed) {
    const char *more = getenv("SPILL_SEED");
    return seed + (more ? strtoull(more, NULL, 10) : 0);
}

static inline uint32_t draw(struct stream *stream, uint32_t below) {
    stream->random = stream->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(stream->random >> 33) % below;
}

/* One that can be retracted, and then is gone. */
static inline uint32_t take_live(struct stream *stream) {
    uint32_t at = draw(stream, stream->live_count), row = stream->live[at];
    stream->live[at] = stream->live[--stream->live_count];
    return row;
}

static inline void add_live(struct stream *stream, uint32_t row) {
    if (stream->live_count < LIVE_MAX)
        stream->live[stream->live_count++] = row;
}

/* "NULL", a short key or a long one. */
static inline void put_key(struct stream *stream, const char *kind, uint32_t key) {
    if (stream->rows.size)
        strbuf_append_text(&stream->rows, "\n");
    strbuf_append_text(&stream->rows, kind);
    if (key == 0)
        strbuf_append_text(&stream->rows, " NULL");
    else
        strbuf_printf(&stream->rows, key % 3 ? " k%u" : " a-key-that-is-not-kept-inline-%u", key);
}

static inline int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of a text, which is cut into them, sorted. */
static inline uint32_t sorted_lines(struct strbuf *text, char **lines) {
    uint32_t count = 0;
    for (char *rest = (char *)strbuf_text(text), *line; (line = strsep(&rest, "\n"));)
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    return count;
}

/* The same rows; in the same order only where the order says something: groups that are not in memory come out last. */
static inline void expect_same(struct chain *left, struct chain *right, bool in_order) {
    static char *lines[2][LINES_MAX];
    if (in_order) {
        assert_string_equal(strbuf_text(&left->out), strbuf_text(&right->out));
    } else {
        uint32_t count = sorted_lines(&left->out, lines[0]);
        assert_int_equal(count, sorted_lines(&right->out, lines[1]));
        for (uint32_t i = 0; i < count; i++)
            assert_string_equal(lines[0][i], lines[1][i]);
    }
    strbuf_reset(&left->out);
    strbuf_reset(&right->out);
}

static inline void push_both(struct chain *left, struct chain *right, const char *rows, bool in_order) {
    chain_push(left, rows);
    chain_push(right, rows);
    expect_same(left, right, in_order);
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
