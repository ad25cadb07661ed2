/* window_slices.c: TUMBLE, HOP and CUMULATE that emit once: time is cut into slices of the greatest common divisor of size and
 * slide, every slice has a table, and a window is the merge of its slices.
 *
 *   HOP 10 s / 2 s     slices   | 0 | 2 | 4 | 6 | 8 | 10 | …        window [0, 10) = 0+2+4+6+8
 *   CUMULATE 10 s / 2 s         | running [0, 4) | 4 | 6 | …        windows [0, 2), [0, 4) … share one running table
 *
 * Windows close in order of their ends. A slice goes when its last window closed, and its table is used again. Rows of slices
 * whose windows have all closed are late: dropped and counted. Rows of a slice that still has windows to come count there. */
#include "executor/window_aggregate.h"

#include <stdlib.h>

#include "core/data/datetime.h"
#include "executor/window_blocks.h"
#include "executor/window_runs.h"

#define CLOSED_NONE INT64_MIN

struct slice {
    int64_t start_us;
    struct group_table *table;
};

struct window_slices {
    int64_t width_us;
    struct slice *slices; /* by start */
    uint32_t count, capacity;
    uint32_t last_hit;
    int64_t closed_end_us;       /* windows that end here or before are closed */
    int64_t late_before_us;      /* rows before this are late: the start of the first slice that is not */
    struct group_table *running; /* CUMULATE: slices [running_start, running_end) merged; NULL: none yet */
    int64_t running_start_us, running_end_us;
    struct window_blocks *blocks; /* HOP over many slices; NULL: slices are merged one by one */
    uint64_t state_rows;
};

static struct window_slices *slices_of(struct window_aggregate *window) {
    return window->state;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static enum status slices_open(struct window_aggregate *window, struct error *error) {
    struct window_slices *slices = ARENA_NEW(window->base.context->arena, struct window_slices);
    slices->width_us = greatest_common_divisor(window->assigner.size_us, window->assigner.slide_us);
    slices->closed_end_us = CLOSED_NONE;
    slices->late_before_us = INT64_MIN;
    window->state = slices;
    TRY(window_aggregate_open_grouping(window, 0, error));
    if (window->assigner.kind == PLAN__WINDOW_KIND__HOP)
        slices->blocks = window_blocks_new(&window->grouping, window->assigner.size_us / slices->width_us,
                                           slices->width_us, window->assigner.offset_us);
    return STATUS_OK;
}

/* ---- slices by start ---- */

/* Index of the first slice that starts at start_us or later. */
static uint32_t lower_bound(const struct window_slices *slices, int64_t start_us) {
    uint32_t low = 0, high = slices->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (slices->slices[middle].start_us < start_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct group_table *add_slice(struct window_aggregate *window, uint32_t index, int64_t start_us) {
    struct window_slices *slices = slices_of(window);
    if (slices->count == slices->capacity) {
        slices->capacity = slices->capacity ? slices->capacity * 2 : 16;
        slices->slices = memory_realloc(slices->slices, slices->capacity * sizeof *slices->slices);
    }
    memmove(&slices->slices[index + 1], &slices->slices[index], (slices->count - index) * sizeof *slices->slices);
    slices->count++;
    slices->slices[index] =
        (struct slice){.start_us = start_us, .table = grouping_table_open(&window->grouping, "slice", start_us)};
    return slices->slices[index].table;
}

/* Where rows of the slice go. */
static struct group_table *table_of(struct window_aggregate *window, int64_t start_us) {
    struct window_slices *slices = slices_of(window);
    if (slices->running && start_us >= slices->running_start_us && start_us < slices->running_end_us)
        return slices->running;
    if (slices->last_hit < slices->count && slices->slices[slices->last_hit].start_us == start_us)
        return slices->slices[slices->last_hit].table;
    uint32_t index = lower_bound(slices, start_us);
    slices->last_hit = index;
    if (index < slices->count && slices->slices[index].start_us == start_us)
        return slices->slices[index].table;
    return add_slice(window, index, start_us);
}

static void recycle(struct window_aggregate *window, struct group_table *table) {
    slices_of(window)->state_rows -= grouping_table_rows(table);
    grouping_table_recycle(&window->grouping, table);
}

static void remove_slices(struct window_aggregate *window, uint32_t first, uint32_t count) {
    struct window_slices *slices = slices_of(window);
    if (count == 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        recycle(window, slices->slices[first + i].table);
    slices->count -= count;
    memmove(&slices->slices[first], &slices->slices[first + count], (slices->count - first) * sizeof *slices->slices);
}

/* ---- windows ---- */

static int64_t align_down(int64_t time_us, int64_t offset_us, int64_t step_us) {
    return floor_divide(time_us - offset_us, step_us) * step_us + offset_us;
}

/* Ends of windows are at slide_us steps from here. */
static int64_t end_offset(const struct window_assigner *assigner) {
    return assigner->kind == PLAN__WINDOW_KIND__CUMULATE ? assigner->offset_us
                                                         : assigner->offset_us + assigner->size_us;
}

/* The end of the first window that a slice with this end is in. */
static int64_t first_window_end(const struct window_assigner *assigner, int64_t slice_end_us) {
    return align_down(slice_end_us + assigner->slide_us - 1, end_offset(assigner), assigner->slide_us);
}

static int64_t late_before(const struct window_assigner *assigner, int64_t closed_end_us) {
    if (assigner->kind == PLAN__WINDOW_KIND__CUMULATE)
        return align_down(closed_end_us, assigner->offset_us, assigner->size_us);
    return closed_end_us - assigner->size_us + assigner->slide_us;
}

/* The last window end that the clock has closed. In a time zone, near a clock change, the nearest guess is corrected. */
static int64_t closed_end(const struct window_aggregate *window) {
    const struct window_assigner *assigner = &window->assigner;
    int64_t local_us = window->clock_us + 1;
    if (assigner->zone)
        local_us += time_zone_offset_us(assigner->zone, local_us);
    int64_t end_us = align_down(local_us, end_offset(assigner), assigner->slide_us);
    while (assigner->zone && window_assigner_close_us(assigner, end_us) > window->clock_us)
        end_us -= assigner->slide_us;
    return end_us;
}

/* The end of the next window that has rows; INT64_MAX when there are none. */
static int64_t next_end(const struct window_aggregate *window) {
    const struct window_slices *slices = window->state;
    int64_t slice_end_us;
    if (slices->running)
        slice_end_us = slices->running_end_us + slices->width_us;
    else if (slices->count > 0)
        slice_end_us = slices->slices[0].start_us + slices->width_us;
    else
        return INT64_MAX;
    int64_t end_us = first_window_end(&window->assigner, slice_end_us);
    if (slices->closed_end_us != CLOSED_NONE && end_us <= slices->closed_end_us)
        end_us = slices->closed_end_us + window->assigner.slide_us;
    return end_us;
}

static enum status emit_merged(struct window_aggregate *window, struct window_bounds bounds, uint32_t first,
                               uint32_t count, struct error *error) {
    struct window_slices *slices = slices_of(window);
    struct group_table *tables[WINDOW_BLOCKS_MAX];
    if (slices->blocks)
        TRY(window_blocks_of(slices->blocks, bounds, tables, &count, error));
    for (uint32_t i = 0; i < count && !slices->blocks; i++)
        tables[i] = slices->slices[first + i].table;
    return window_aggregate_emit_merged(window, tables, count, bounds, error);
}

/* TUMBLE and HOP: the window's slices, merged unless there is only one. */
static enum status close_window(struct window_aggregate *window, int64_t end_us, struct error *error) {
    struct window_slices *slices = slices_of(window);
    struct window_bounds bounds = {end_us - window->assigner.size_us, end_us};
    uint32_t first = lower_bound(slices, bounds.start_us);
    uint32_t count = lower_bound(slices, bounds.end_us) - first;
    if (count == 0)
        return STATUS_OK;
    if (count == 1)
        return window_aggregate_emit_table(window, slices->slices[first].table, bounds, true, error);
    return emit_merged(window, bounds, first, count, error);
}

/* CUMULATE: what came since the last step joins the running table. */
static enum status close_step(struct window_aggregate *window, int64_t end_us, struct error *error) {
    struct window_slices *slices = slices_of(window);
    int64_t start_us = align_down(end_us - 1, window->assigner.offset_us, window->assigner.size_us);
    uint32_t first = lower_bound(slices, start_us);
    uint32_t count = lower_bound(slices, end_us) - first;
    if (!slices->running)
        slices->running = grouping_table_open(&window->grouping, "running", start_us);
    uint64_t before = grouping_table_rows(slices->running);
    for (uint32_t i = 0; i < count; i++)
        TRY(grouping_merge(&window->grouping, slices->running, slices->slices[first + i].table, key_groups_all(),
                           error));
    slices->state_rows += grouping_table_rows(slices->running) - before;
    remove_slices(window, first, count);
    slices->running_start_us = start_us;
    slices->running_end_us = end_us;
    TRY(window_aggregate_emit_table(window, slices->running, (struct window_bounds){start_us, end_us}, true, error));
    if (end_us == start_us + window->assigner.size_us) {
        recycle(window, slices->running);
        slices->running = NULL;
    }
    return STATUS_OK;
}

static void expire(struct window_aggregate *window, int64_t closed_end_us) {
    struct window_slices *slices = slices_of(window);
    slices->closed_end_us = closed_end_us;
    slices->late_before_us = late_before(&window->assigner, closed_end_us);
    remove_slices(window, 0, lower_bound(slices, slices->late_before_us));
    if (slices->blocks)
        window_blocks_expire(slices->blocks, slices->late_before_us);
}

static void update_counters(struct window_aggregate *window) {
    const struct window_slices *slices = window->state;
    uint64_t bytes = aggregate_set_bytes(window->grouping.aggregates) + window_blocks_bytes(slices->blocks);
    for (uint32_t i = 0; i < slices->count; i++)
        bytes += group_table_bytes(slices->slices[i].table);
    if (slices->running)
        bytes += group_table_bytes(slices->running);
    window->base.counters.state_bytes = bytes;
    window->base.counters.state_rows = slices->state_rows;
}

static enum status slices_advance(struct window_aggregate *window, struct error *error) {
    struct window_slices *slices = slices_of(window);
    bool all = window->clock_us == WATERMARK_END;
    int64_t last_us = all ? INT64_MAX - 1 : closed_end(window);
    if (!all && slices->closed_end_us != CLOSED_NONE && last_us <= slices->closed_end_us)
        return STATUS_OK;
    bool closed_any = false;
    for (int64_t end_us; (end_us = next_end(window)) <= last_us; closed_any = true) {
        arena_reset(&window->scratch);
        if (window->assigner.kind == PLAN__WINDOW_KIND__CUMULATE)
            TRY(close_step(window, end_us, error));
        else
            TRY(close_window(window, end_us, error));
        expire(window, end_us);
    }
    if (!all)
        expire(window, last_us);
    if (closed_any)
        update_counters(window);
    return STATUS_OK;
}

static int64_t slices_next_close_us(struct window_aggregate *window) {
    int64_t end_us = next_end(window);
    return end_us == INT64_MAX ? INT64_MAX : window_assigner_close_us(&window->assigner, end_us);
}

/* ---- rows ---- */

/* All rows but the late ones, which are counted. */
static struct selection select_in_time(struct window_aggregate *window, const int64_t *times, uint32_t row_count) {
    int64_t late_before_us = slices_of(window)->late_before_us;
    uint32_t late = 0;
    for (uint32_t row = 0; row < row_count; row++)
        late += times[row] < late_before_us;
    struct selection selection = {.count = row_count};
    if (late == 0)
        return selection;
    uint16_t *rows = arena_alloc(&window->scratch, sizeof *rows * row_count);
    selection = (struct selection){.rows = rows};
    for (uint32_t row = 0; row < row_count; row++)
        if (times[row] >= late_before_us)
            rows[selection.count++] = (uint16_t)row;
    window->base.counters.rows_late += late;
    return selection;
}

static enum status slices_on_batch(struct window_aggregate *window, struct batch *batch, struct error *error) {
    struct window_slices *slices = slices_of(window);
    const int64_t *times;
    TRY(window_aggregate_times(window, batch, &times, error));
    struct selection in_time = select_in_time(window, times, batch->row_count);
    struct window_runs runs =
        window_runs_by_width(times, &in_time, slices->width_us, window->assigner.offset_us, &window->scratch);
    grouping_set_batch(&window->grouping, batch);
    for (uint32_t i = 0; i < runs.count; i++) {
        struct group_table *table = table_of(window, runs.runs[i].start_us);
        uint32_t new_count;
        if (slices->blocks)
            window_blocks_touch(slices->blocks, runs.runs[i].start_us, table);
        TRY(grouping_lookup(&window->grouping, table, &runs.runs[i].selection, &new_count, error));
        slices->state_rows += new_count;
        TRY(grouping_update(&window->grouping, batch, &runs.runs[i].selection, window->grouping.records, error));
    }
    window->base.counters.rows_merged += in_time.count;
    window->base.counters.state_rows = slices->state_rows;
    return STATUS_OK;
}

/* ---- snapshots: the fields and the starts of the slices, then the running table, then a section for each slice. Blocks are
 * merges of slices and are made again when a window needs them. ---- */

enum { SLICES_VERSION = 1 };

static enum status slices_snapshot(struct window_aggregate *window, struct snapshot_writer *writer,
                                   struct error *error) {
    (void)error;
    struct window_slices *slices = slices_of(window);
    struct strbuf fields;
    strbuf_init(&fields);
    bytes_put_i64(&fields, slices->closed_end_us);
    bytes_put_i64(&fields, slices->late_before_us);
    bytes_put_u8(&fields, slices->running != NULL);
    bytes_put_i64(&fields, slices->running_start_us);
    bytes_put_i64(&fields, slices->running_end_us);
    bytes_put_varint(&fields, slices->count);
    for (uint32_t i = 0; i < slices->count; i++)
        bytes_put_i64(&fields, slices->slices[i].start_us);
    snapshot_put_value(writer, "slices", SLICES_VERSION, strbuf_str(&fields));
    strbuf_release(&fields);
    if (slices->running)
        grouping_snapshot(&window->grouping, slices->running, "running", writer);
    for (uint32_t i = 0; i < slices->count; i++)
        grouping_snapshot(&window->grouping, slices->slices[i].table, "slice", writer);
    return STATUS_OK;
}

static enum status restore_slice(struct window_aggregate *window, int64_t start_us, struct snapshot_reader *reader,
                                 struct error *error) {
    struct window_slices *slices = slices_of(window);
    uint32_t index = lower_bound(slices, start_us);
    bool is_there = index < slices->count && slices->slices[index].start_us == start_us;
    struct group_table *table = is_there ? slices->slices[index].table : add_slice(window, index, start_us);
    uint32_t before = group_table_count(table);
    TRY(grouping_restore(&window->grouping, table, "slice", reader, error));
    slices->state_rows += group_table_count(table) - before;
    if (slices->blocks)
        window_blocks_touch(slices->blocks, start_us, table);
    return STATUS_OK;
}

/* Of a CUMULATE window under way. Instances whose clocks are watermarks are all at the same step. */
static enum status restore_running(struct window_aggregate *window, int64_t start_us, int64_t end_us,
                                   struct snapshot_reader *reader, struct error *error) {
    struct window_slices *slices = slices_of(window);
    if (slices->running && (slices->running_start_us != start_us || slices->running_end_us != end_us)) {
        (void)FAIL(error, STATUS_UNSUPPORTED,
                   "the instances of CUMULATE (node %u) were at different steps of their windows",
                   window->base.node->id);
        error_hint(error, "restore it with the parallelism that it had; windows in event time have no such limit");
        return STATUS_UNSUPPORTED;
    }
    if (!slices->running)
        slices->running = grouping_table_open(&window->grouping, "running", start_us);
    slices->running_start_us = start_us;
    slices->running_end_us = end_us;
    uint32_t before = group_table_count(slices->running);
    TRY(grouping_restore(&window->grouping, slices->running, "running", reader, error));
    slices->state_rows += group_table_count(slices->running) - before;
    return STATUS_OK;
}

static void restore_clock(struct window_slices *slices, int64_t closed_end_us, int64_t late_before_us, bool is_first) {
    if (is_first || closed_end_us < slices->closed_end_us)
        slices->closed_end_us = closed_end_us;
    if (is_first || late_before_us < slices->late_before_us)
        slices->late_before_us = late_before_us;
}

static enum status slices_restore(struct window_aggregate *window, struct snapshot_reader *reader,
                                  struct error *error) {
    struct bytes_reader fields;
    TRY(snapshot_get_value(reader, "slices", SLICES_VERSION, &fields, error));
    int64_t closed_end_us = bytes_get_i64(&fields);
    restore_clock(slices_of(window), closed_end_us, bytes_get_i64(&fields), reader->chain == 0);
    bool has_running = bytes_get_bool(&fields);
    int64_t running_start_us = bytes_get_i64(&fields), running_end_us = bytes_get_i64(&fields);
    uint32_t count = bytes_get_count(&fields, sizeof(int64_t));
    struct bytes_reader starts = fields;
    int64_t last_us = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        int64_t start_us = bytes_get_i64(&fields);
        bool possible = i == 0 || start_us > last_us;
        last_us = start_us;
        if (!possible)
            bytes_refuse(&fields);
    }
    TRY(snapshot_check(reader, &fields, error));
    if (has_running)
        TRY(restore_running(window, running_start_us, running_end_us, reader, error));
    for (uint32_t i = 0; i < count; i++)
        TRY(restore_slice(window, bytes_get_i64(&starts), reader, error));
    update_counters(window);
    return STATUS_OK;
}

static void slices_close(struct window_aggregate *window) {
    struct window_slices *slices = slices_of(window);
    window_blocks_free(slices->blocks);
    for (uint32_t i = 0; i < slices->count; i++)
        group_table_free(slices->slices[i].table);
    free(slices->slices);
    group_table_free(slices->running);
}

const struct window_strategy window_slices_strategy = {
    .open = slices_open,
    .on_batch = slices_on_batch,
    .advance = slices_advance,
    .next_close_us = slices_next_close_us,
    .snapshot = slices_snapshot,
    .restore = slices_restore,
    .close = slices_close,
};
