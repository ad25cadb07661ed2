/* spilling_groups.h: for tests of operators with groups (spilling.h): streams of rows by key, and outputs whose order says nothing. */
#pragma once

#include "tests/unit/runtime/spilling.h"

enum { BUDGET_BYTES = 2048, LIVE_MAX = 4000, LINES_MAX = 16384 };

/* Opens the operator that is tested, over this back-end; NULL: in memory. */
typedef void spill_open_chain(struct chain *chain, const void *shape, struct state_backend *backend);

static inline void spilling_open(struct spilling *spilling, spill_open_chain *open, const void *shape,
                                 struct place *place, bool rocks) {
    spilling_open_backend(spilling, place, BUDGET_BYTES, rocks);
    open(&spilling->chain, shape, spilling->backend);
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

static inline void push_same(struct chain *left, struct chain *right, const char *rows, bool in_order) {
    chain_push(left, rows);
    chain_push(right, rows);
    expect_same(left, right, in_order);
}
