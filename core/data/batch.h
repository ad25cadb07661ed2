/* batch.h: up to 2,048 rows, column by column: what travels between operators.
 *
 * A batch is built by one owner, then emitted and from then on immutable and shared by reference count.
 * It owns the memory of its columns (its arena) and holds on to what its columns borrow from:
 *
 *     batch ── arena (values, validity)
 *       └───── holds: input batches, reference-counted buffers (Kafka fetch, file block, string pool)
 *
 * so a string can travel from the source's buffer to the sink without a copy.
 * Batches come from a pool and return to it with the last reference. Pool and batches belong to one task thread, so counting
 * references is not atomic. A batch that was lent (batch_lend) is owned by whoever has its one reference, on any thread;
 * when its last reference goes it is given back to the pool it came from, whose thread then lets go of what it held:
 *
 *     home: batch_lend ─▶ other thread: reference, hold, release ─▶ pool.returned ─▶ home: batch_pool_collect
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/data/column.h"
#include "core/data/type.h"

enum { BATCH_ROWS_DEFAULT = 2048, BATCH_ROWS_MAX = 65535 };

/* Change kinds, as in Flink: +I, -U, +U, -D. */
enum change_kind { CHANGE_INSERT = 0, CHANGE_UPDATE_BEFORE = 1, CHANGE_UPDATE_AFTER = 2, CHANGE_DELETE = 3 };
static inline bool change_kind_is_retraction(uint8_t kind) {
    return kind == CHANGE_UPDATE_BEFORE || kind == CHANGE_DELETE;
}
const char *change_kind_text(enum change_kind kind); /* "+I" … */

/* Reference-counted bytes that batches point into. */
struct buffer {
    uint32_t reference_count;               /* atomic: buffers may cross threads */
    void (*release)(struct buffer *buffer); /* frees bytes and struct */
    char *data;
    size_t size;
};
struct buffer *buffer_new(size_t size); /* heap, uninitialised, one reference */
void buffer_reference(struct buffer *buffer);
void buffer_release(struct buffer *buffer);

struct batch_pool;

struct batch {
    uint32_t reference_count;
    uint32_t row_count;
    uint32_t column_count;
    struct column *columns;
    uint8_t *change_kinds; /* enum change_kind per row; NULL: all inserts */
    int64_t ingest_us;     /* processing time at which the source read its rows; 0 unknown */
    struct arena arena;
    bool is_lent; /* the last reference gives it back instead of letting go of what it holds */
    struct batch_pool *pool;
    struct batch *next_free; /* pool only */
};

struct batch_pool {
    struct batch *free;
    uint32_t free_count;
    uint32_t live_count;    /* handed out and not yet back */
    struct batch *returned; /* atomic, last in first out: lent batches that were let go of, on whatever thread */
};

void batch_pool_init(struct batch_pool *pool);
void batch_pool_release(struct batch_pool *pool); /* asserts that every batch is back */
/* Takes back lent batches, which may give back what they held to other pools: pools that lent to each other are emptied from the last
 * borrower to the first lender. The pool's thread; batch_new does it, too. */
void batch_pool_collect(struct batch_pool *pool);

/* One reference, no rows, `column_count` zeroed columns in the batch's arena. */
struct batch *batch_new(struct batch_pool *pool, uint32_t column_count);
/* With FLAT columns of the schema's types and room for row_count rows. */
struct batch *batch_new_for(struct batch_pool *pool, const struct schema *schema, uint32_t row_count);
void batch_reference(struct batch *batch);
void batch_release(struct batch *batch);

/* Takes the caller's reference and returns a batch that another thread may have: this one when nobody else refers to it, else a new
 * one of the pool that shares its columns and holds it. The caller must hand it on, or release it, and not look at it after. */
struct batch *batch_lend(struct batch_pool *pool, struct batch *batch);

/* Roughly what its columns take in memory, long strings included, whoever owns them. */
size_t batch_size_bytes(const struct batch *batch);

/* The batch keeps the other alive for as long as it lives itself. */
void batch_hold_batch(struct batch *batch, struct batch *other);
void batch_hold_buffer(struct batch *batch, struct buffer *buffer);

/* New batch with the selected rows of all columns (and change kinds), holding `source`. */
struct batch *batch_gather(struct batch_pool *pool, struct batch *source, const struct selection *selection);
