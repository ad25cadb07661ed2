/* window_aggregate.h: what the three ways of aggregating in windows share. Private to executor/window_*.c.
 *
 *   strategy   when                                                        state
 *   slices     rows go out once, when a window closes (ON_CLOSE), and      one table per slice; a row costs one look-up,
 *              late rows are dropped                                       however many windows it is in
 *   tables     results are updated (ON_UPDATE, EVERY, allowed lateness),   one table per window
 *              or rows bring their window along
 *   sessions   SESSION                                                     one table of keys, sessions chained to them
 */
#pragma once

#include "executor/grouping.h"
#include "executor/operator.h"
#include "executor/snapshot.h"
#include "executor/window_assigner.h"

struct window_aggregate;

struct window_strategy {
    enum status (*open)(struct window_aggregate *window, struct error *error);
    enum status (*on_batch)(struct window_aggregate *window, struct batch *batch, struct error *error);
    /* window->clock_us rose: what closed goes out. */
    enum status (*advance)(struct window_aggregate *window, struct error *error);
    /* Changes since the last call go out. NULL: the strategy has none. */
    enum status (*emit_changes)(struct window_aggregate *window, struct error *error);
    /* The clock that closes the next window; INT64_MAX when there is none. */
    int64_t (*next_close_us)(struct window_aggregate *window);
    /* After emit_changes: the tables of the grouping are only marked (grouping_snapshot). The next two are for state elsewhere; NULL: there is
     * none. Restoring: into a strategy that was opened, and has the state of reader->chain other instances; window->clock_us is the least of
     * theirs. Where windows close by event time it is the same for all: barriers pass no watermark. */
    enum status (*snapshot)(struct window_aggregate *window, struct snapshot_writer *writer, struct error *error);
    enum status (*snapshot_step)(struct window_aggregate *window, size_t *budget_bytes, bool *done,
                                 struct error *error);
    void (*snapshot_abandon)(struct window_aggregate *window);
    enum status (*restore)(struct window_aggregate *window, struct snapshot_reader *reader, struct error *error);
    /* MAY: all groups of the reader are there, wherever. */
    void (*on_restored)(struct window_aggregate *window);
    void (*close)(struct window_aggregate *window);
};

extern const struct window_strategy window_slices_strategy, window_tables_strategy, window_sessions_strategy;

struct window_aggregate {
    struct stream_operator base;
    const struct window_strategy *strategy;
    void *state; /* the strategy's, in the task's arena */
    const Plan__WindowAggregate *plan;
    struct window_assigner assigner;
    struct grouping grouping;
    struct arena scratch;   /* of one call into the operator */
    uint32_t window_column; /* output: the first of window_start, window_end, window_time */
    bool emits_before;
    /* The watermark; under processing time, one microsecond before now. Windows with close <= clock are closed. */
    int64_t clock_us;
    int64_t emit_at_us; /* EVERY: next emission, processing time; INT64_MAX: nothing to emit */
};

/* Own bytes of the slices' and tables' records; sessions keep a pointer. */
enum status window_aggregate_open_grouping(struct window_aggregate *window, uint32_t own_size,
                                           struct error *error) MUST_CHECK;
/* Fills the three window columns of an output batch with one window for all rows. */
void window_aggregate_add_bounds(const struct window_aggregate *window, struct batch *batch,
                                 struct window_bounds bounds);
/* Emits all groups of a table as inserts of one window, in order of creation while all are in memory; marks them emitted when something may
 * follow. */
enum status window_aggregate_emit_table(struct window_aggregate *window, struct group_table *table,
                                        struct window_bounds bounds, bool is_last, struct error *error) MUST_CHECK;
/* The same for several tables as one, each with later rows than the one before. */
enum status window_aggregate_emit_merged(struct window_aggregate *window, struct group_table *const *tables,
                                         uint32_t count, struct window_bounds bounds, struct error *error) MUST_CHECK;
/* Times of the batch's rows on the windows' line, one per row (processing time too). */
enum status window_aggregate_times(struct window_aggregate *window, struct batch *batch, const int64_t **times,
                                   struct error *error) MUST_CHECK;
