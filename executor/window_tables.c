/* window_tables.c: windows with a table each: for results that are updated while the window is open (ON_UPDATE, EVERY) or after
 * it closed (allowed lateness), and for rows that bring their window along.
 *
 *   open ──close passed──▶ fired ──lateness passed──▶ dropped        a row for a fired window is an update at once
 *
 * Windows are kept and closed in order of (end, start). Rows for a fired window are folded in one by one, each followed by its
 * changes, so what goes out does not depend on how rows were batched. */
#include "executor/window_aggregate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/change_list.h"
#include "executor/grouping_cold.h"
#include "executor/window_runs.h"

struct open_window {
    struct window_bounds bounds;
    int64_t close_us; /* the clock that closes it */
    bool fired;
    struct change_list changes;
};

struct window_tables {
    struct open_window *windows; /* by end, then start */
    uint32_t count, capacity;
    int64_t stretch_us; /* rows of one stretch of time are in the same windows */
    struct change_style style;
};

static struct window_tables *tables_of(struct window_aggregate *window) {
    return window->state;
}

/* What change lists are told with each flush. */
struct flush_context {
    struct window_aggregate *window;
    struct window_bounds bounds;
};

static void add_columns(void *context, struct batch *batch) {
    struct flush_context *flush = context;
    window_aggregate_add_bounds(flush->window, batch, flush->bounds);
}

static enum status flush_window(struct window_aggregate *window, struct open_window *open, struct error *error) {
    struct flush_context context = {.window = window, .bounds = open->bounds};
    return open->changes.touched_count ? change_list_flush(&open->changes, &context, error) : STATUS_OK;
}

static enum status tables_open(struct window_aggregate *window, struct error *error) {
    struct window_tables *tables = ARENA_NEW(window->base.context->arena, struct window_tables);
    window->state = tables;
    tables->style =
        (struct change_style){.emits_before = window->emits_before, .keeps_old = true, .add_columns = add_columns};
    int64_t a = window->assigner.size_us, b = window->assigner.slide_us;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    tables->stretch_us = a;
    if (window->plan->input_has_window)
        window->assigner.zone = NULL; /* the columns say when windows end */
    return window_aggregate_open_grouping(window, 0, error);
}

/* ---- windows ---- */

static int compare_bounds(struct window_bounds a, struct window_bounds b) {
    if (a.end_us != b.end_us)
        return a.end_us < b.end_us ? -1 : 1;
    return (a.start_us > b.start_us) - (a.start_us < b.start_us);
}

static uint32_t lower_bound(const struct window_tables *tables, struct window_bounds bounds) {
    uint32_t low = 0, high = tables->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (compare_bounds(tables->windows[middle].bounds, bounds) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct open_window *window_for(struct window_aggregate *window, struct window_bounds bounds) {
    struct window_tables *tables = tables_of(window);
    uint32_t index = lower_bound(tables, bounds);
    if (index < tables->count && compare_bounds(tables->windows[index].bounds, bounds) == 0)
        return &tables->windows[index];
    if (tables->count == tables->capacity) {
        tables->capacity = tables->capacity ? tables->capacity * 2 : 16;
        tables->windows = memory_realloc(tables->windows, tables->capacity * sizeof *tables->windows);
    }
    struct open_window *open = &tables->windows[index];
    memmove(open + 1, open, (tables->count - index) * sizeof *open);
    tables->count++;
    *open =
        (struct open_window){.bounds = bounds, .close_us = window_assigner_close_us(&window->assigner, bounds.end_us)};
    open->fired = open->close_us <= window->clock_us;
    char role[32];
    snprintf(role, sizeof role, "window %" PRId64, bounds.start_us);
    change_list_init(&open->changes, &window->grouping, &tables->style,
                     grouping_table_open(&window->grouping, role, bounds.end_us));
    return open;
}

static bool is_dropped(const struct window_aggregate *window, int64_t close_us) {
    return window->clock_us != WATERMARK_NONE &&
           (window->clock_us == WATERMARK_END || close_us <= window->clock_us - window->plan->allowed_lateness_us);
}

static enum status fire(struct window_aggregate *window, struct open_window *open, struct error *error) {
    open->fired = true;
    if (window->plan->emit != PLAN__EMIT__ON_CLOSE)
        return flush_window(window, open, error);
    return window_aggregate_emit_table(window, open->changes.table, open->bounds, false, error);
}

static void drop(struct window_aggregate *window, uint32_t count) {
    struct window_tables *tables = tables_of(window);
    for (uint32_t i = 0; i < count; i++) {
        grouping_table_recycle(&window->grouping, tables->windows[i].changes.table);
        change_list_release(&tables->windows[i].changes);
    }
    tables->count -= count;
    memmove(tables->windows, tables->windows + count, tables->count * sizeof *tables->windows);
}

static void update_counters(struct window_aggregate *window) {
    const struct window_tables *tables = tables_of(window);
    uint64_t rows = 0, bytes = aggregate_set_bytes(window->grouping.aggregates);
    for (uint32_t i = 0; i < tables->count; i++) {
        rows += grouping_table_rows(tables->windows[i].changes.table);
        bytes += group_table_bytes(tables->windows[i].changes.table);
    }
    window->base.counters.state_rows = rows;
    window->base.counters.state_bytes = bytes;
}

static enum status tables_advance(struct window_aggregate *window, struct error *error) {
    struct window_tables *tables = tables_of(window);
    uint32_t dropped = 0;
    for (uint32_t i = 0; i < tables->count && tables->windows[i].close_us <= window->clock_us; i++) {
        arena_reset(&window->scratch);
        arena_reset(&window->grouping.scratch);
        if (!tables->windows[i].fired)
            TRY(fire(window, &tables->windows[i], error));
        if (dropped == i && is_dropped(window, tables->windows[i].close_us))
            dropped++;
    }
    if (dropped) {
        drop(window, dropped);
        update_counters(window);
    }
    return STATUS_OK;
}

static enum status tables_emit_changes(struct window_aggregate *window, struct error *error) {
    struct window_tables *tables = tables_of(window);
    for (uint32_t i = 0; i < tables->count; i++)
        TRY(flush_window(window, &tables->windows[i], error));
    update_counters(window);
    return STATUS_OK;
}

static int64_t tables_next_close_us(struct window_aggregate *window) {
    const struct window_tables *tables = tables_of(window);
    for (uint32_t i = 0; i < tables->count; i++)
        if (!tables->windows[i].fired)
            return tables->windows[i].close_us;
    return INT64_MAX;
}

/* ---- rows ---- */

static enum status fold(struct window_aggregate *window, struct open_window *open, struct batch *batch,
                        const struct selection *selection, struct error *error) {
    struct grouping *grouping = &window->grouping;
    uint32_t new_count;
    TRY(grouping_lookup(grouping, open->changes.table, selection, &new_count, error));
    if (open->fired || window->plan->emit != PLAN__EMIT__ON_CLOSE)
        TRY(change_list_touch(&open->changes, grouping->records, selection->count, error));
    return grouping_update(grouping, batch, selection, grouping->records, error);
}

static enum status fold_late(struct window_aggregate *window, struct open_window *open, struct batch *batch,
                             const struct selection *selection, struct error *error) {
    for (uint32_t i = 0; i < selection->count; i++) {
        uint16_t row = (uint16_t)selection_row(selection, i);
        struct selection one = {.rows = &row, .count = 1};
        TRY(fold(window, open, batch, &one, error));
        TRY(flush_window(window, open, error));
    }
    return STATUS_OK;
}

static enum status bound_values(const struct batch *batch, uint32_t column, struct arena *arena, const int64_t **values,
                                struct error *error) {
    struct column flat = column_flatten(&batch->columns[column], arena, batch->row_count);
    for (uint32_t row = 0; flat.validity && row < batch->row_count; row++)
        if (!validity_get(flat.validity, row))
            return FAIL(error, STATUS_NOT_NULL_VIOLATION, "NULL as the bound of a window");
    *values = COLUMN_VALUES(&flat, int64_t);
    return STATUS_OK;
}

/* What decides the windows of each row: its time, or the window it brings along. */
struct row_times {
    const int64_t *starts; /* NULL: times decide */
    const int64_t *ends_or_times;
};

static enum status read_times(struct window_aggregate *window, struct batch *batch, struct row_times *times,
                              struct error *error) {
    *times = (struct row_times){0};
    if (!window->plan->input_has_window)
        return window_aggregate_times(window, batch, &times->ends_or_times, error);
    TRY(bound_values(batch, window->plan->window_start_column, &window->scratch, &times->starts, error));
    return bound_values(batch, window->plan->window_end_column, &window->scratch, &times->ends_or_times, error);
}

static bool meets_closed_window(const struct window_aggregate *window, const struct row_times *times, uint32_t row) {
    int64_t time_us = times->ends_or_times[row];
    if (times->starts)
        return time_us - 1 <= window->clock_us;
    if (!window->assigner.zone && time_us > window->clock_us)
        return false;
    int64_t end_us = window_assigner_window(&window->assigner, time_us, 0).end_us;
    return window_assigner_close_us(&window->assigner, end_us) <= window->clock_us;
}

static struct window_runs split_rows(struct window_aggregate *window, const struct row_times *times,
                                     const struct selection *selection) {
    if (times->starts)
        return window_runs_by_bounds(times->starts, times->ends_or_times, selection, &window->scratch);
    return window_runs_by_width(times->ends_or_times, selection, tables_of(window)->stretch_us,
                                window->assigner.offset_us, &window->scratch);
}

static uint32_t windows_of_run(const struct window_aggregate *window, const struct window_run *run) {
    return window->plan->input_has_window ? 1 : window_assigner_count(&window->assigner, run->start_us);
}

static struct window_bounds window_of_run(const struct window_aggregate *window, const struct window_run *run,
                                          uint32_t index) {
    if (window->plan->input_has_window)
        return (struct window_bounds){run->start_us, run->end_us};
    return window_assigner_window(&window->assigner, run->start_us, index);
}

static int compare_bounds_at(const void *a, const void *b) {
    return compare_bounds(*(const struct window_bounds *)a, *(const struct window_bounds *)b);
}

/* All windows that take rows of the runs, each once, by end. Rows whose last window takes none any more are late. */
static struct window_bounds *windows_of_runs(struct window_aggregate *window, const struct window_runs *runs,
                                             uint32_t *count) {
    uint32_t capacity = 0, distinct = 0;
    for (uint32_t i = 0; i < runs->count; i++)
        capacity += windows_of_run(window, &runs->runs[i]);
    struct window_bounds *bounds = arena_alloc(&window->scratch, sizeof *bounds * capacity);
    *count = 0;
    for (uint32_t i = 0; i < runs->count; i++) {
        uint32_t before = *count;
        for (uint32_t k = 0; k < windows_of_run(window, &runs->runs[i]); k++) {
            struct window_bounds candidate = window_of_run(window, &runs->runs[i], k);
            if (!is_dropped(window, window_assigner_close_us(&window->assigner, candidate.end_us)))
                bounds[(*count)++] = candidate;
        }
        uint64_t *counter = *count > before ? &window->base.counters.rows_merged : &window->base.counters.rows_late;
        *counter += runs->runs[i].selection.count;
    }
    qsort(bounds, *count, sizeof *bounds, compare_bounds_at);
    for (uint32_t i = 0; i < *count; i++)
        if (i == 0 || compare_bounds(bounds[i], bounds[distinct - 1]) != 0)
            bounds[distinct++] = bounds[i];
    *count = distinct;
    return bounds;
}

/* Rows of the selection that are in the window, in their order: groups are created in order of rows. */
static struct selection rows_in_window(struct window_aggregate *window, const struct row_times *times,
                                       const struct selection *selection, struct window_bounds bounds) {
    uint16_t *rows = arena_alloc(&window->scratch, sizeof *rows * selection->count);
    struct selection inside = {.rows = rows};
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        int64_t time_us = times->ends_or_times[row];
        rows[inside.count] = (uint16_t)row;
        inside.count += time_us >= bounds.start_us && time_us < bounds.end_us;
    }
    return inside;
}

static enum status fold_into(struct window_aggregate *window, struct window_bounds bounds, struct batch *batch,
                             const struct selection *selection, struct error *error) {
    struct open_window *open = window_for(window, bounds);
    return open->fired ? fold_late(window, open, batch, selection, error) : fold(window, open, batch, selection, error);
}

/* Every run is a window of its own. */
static enum status fold_apart(struct window_aggregate *window, const struct window_runs *runs, struct batch *batch,
                              struct error *error) {
    for (uint32_t i = 0; i < runs->count; i++) {
        struct window_runs one = {.runs = &runs->runs[i], .count = 1};
        uint32_t count;
        struct window_bounds *bounds = windows_of_runs(window, &one, &count);
        if (count > 0)
            TRY(fold_into(window, bounds[0], batch, &runs->runs[i].selection, error));
    }
    return STATUS_OK;
}

/* Runs share windows. */
static enum status fold_overlapping(struct window_aggregate *window, const struct window_runs *runs,
                                    const struct row_times *times, struct batch *batch,
                                    const struct selection *selection, struct error *error) {
    uint32_t count;
    struct window_bounds *bounds = windows_of_runs(window, runs, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct selection rows =
            runs->count > 1 ? rows_in_window(window, times, selection, bounds[i]) : runs->runs[0].selection;
        TRY(fold_into(window, bounds[i], batch, &rows, error));
    }
    return STATUS_OK;
}

static enum status fold_selected(struct window_aggregate *window, const struct row_times *times, struct batch *batch,
                                 const struct selection *selection, struct error *error) {
    struct window_runs runs = split_rows(window, times, selection);
    bool apart = times->starts || window->assigner.kind == PLAN__WINDOW_KIND__TUMBLE;
    return apart ? fold_apart(window, &runs, batch, error)
                 : fold_overlapping(window, &runs, times, batch, selection, error);
}

static enum status tables_on_batch(struct window_aggregate *window, struct batch *batch, struct error *error) {
    struct row_times times;
    TRY(read_times(window, batch, &times, error));
    grouping_set_batch(&window->grouping, batch);
    uint16_t *rows = arena_alloc(&window->scratch, sizeof *rows * batch->row_count);
    struct selection together = {.rows = rows};
    for (uint32_t row = 0; row < batch->row_count; row++) {
        bool alone = window->clock_us != WATERMARK_NONE && meets_closed_window(window, &times, row);
        if (alone && together.count > 0) { /* groups are created in order of rows */
            TRY(fold_selected(window, &times, batch, &together, error));
            together.count = 0;
        }
        rows[together.count++] = (uint16_t)row;
        if (alone) {
            TRY(fold_selected(window, &times, batch, &together, error));
            together.count = 0;
        }
    }
    if (together.count == batch->row_count)
        together.rows = NULL;
    TRY(fold_selected(window, &times, batch, &together, error));
    update_counters(window);
    return STATUS_OK;
}

/* ---- snapshots: the windows, then a section for each ---- */

enum { WINDOWS_VERSION = 1, WINDOW_BYTES = 2 * sizeof(int64_t) + 1 };

static enum status tables_snapshot(struct window_aggregate *window, struct snapshot_writer *writer,
                                   struct error *error) {
    (void)error;
    struct window_tables *tables = tables_of(window);
    struct strbuf fields;
    strbuf_init(&fields);
    bytes_put_varint(&fields, tables->count);
    for (uint32_t i = 0; i < tables->count; i++) {
        ASSERT(tables->windows[i].changes.touched_count == 0); /* flushed */
        bytes_put_i64(&fields, tables->windows[i].bounds.start_us);
        bytes_put_i64(&fields, tables->windows[i].bounds.end_us);
        bytes_put_u8(&fields, tables->windows[i].fired);
    }
    snapshot_put_value(writer, "windows", WINDOWS_VERSION, strbuf_str(&fields));
    strbuf_release(&fields);
    for (uint32_t i = 0; i < tables->count; i++)
        grouping_snapshot(&window->grouping, tables->windows[i].changes.table, "window", writer);
    return STATUS_OK;
}

struct restored_window {
    struct window_bounds bounds;
    bool fired;
};

/* A window that another instance has not fired fires once more, for the groups that are its own. */
static enum status restore_window(struct window_aggregate *window, const struct restored_window *from,
                                  struct snapshot_reader *reader, struct error *error) {
    struct window_tables *tables = tables_of(window);
    uint32_t before = tables->count;
    struct open_window *open = window_for(window, from->bounds);
    open->fired = from->fired && (tables->count > before || open->fired);
    return grouping_restore(&window->grouping, open->changes.table, "window", reader, error);
}

static enum status tables_restore(struct window_aggregate *window, struct snapshot_reader *reader,
                                  struct error *error) {
    struct bytes_reader fields;
    TRY(snapshot_get_value(reader, "windows", WINDOWS_VERSION, &fields, error));
    uint32_t count = bytes_get_count(&fields, WINDOW_BYTES);
    struct restored_window *windows = ARENA_ARRAY(&window->scratch, struct restored_window, count);
    for (uint32_t i = 0; i < count; i++) {
        windows[i].bounds.start_us = bytes_get_i64(&fields);
        windows[i].bounds.end_us = bytes_get_i64(&fields);
        windows[i].fired = bytes_get_bool(&fields);
        if (i > 0 && compare_bounds(windows[i - 1].bounds, windows[i].bounds) >= 0)
            bytes_refuse(&fields);
    }
    TRY(snapshot_check(reader, &fields, error));
    for (uint32_t i = 0; i < count; i++)
        TRY(restore_window(window, &windows[i], reader, error));
    arena_reset(&window->scratch);
    update_counters(window);
    return STATUS_OK;
}

/* Groups that had left memory before their window fired do not say that they were emitted. */
static void tables_on_restored(struct window_aggregate *window) {
    const struct window_tables *tables = tables_of(window);
    for (uint32_t i = 0; i < tables->count; i++) {
        struct group_table *table = tables->windows[i].changes.table;
        uint32_t position = 0;
        if (!tables->windows[i].fired)
            continue;
        grouping_cold_set_emitted(table);
        for (uint8_t *record; (record = group_table_next(table, &position));)
            if (grouping_is_live(&window->grouping, record))
                record_header(record)->marks |= GROUP_EMITTED;
    }
}

static void tables_close(struct window_aggregate *window) {
    struct window_tables *tables = tables_of(window);
    for (uint32_t i = 0; i < tables->count; i++) {
        group_table_free(tables->windows[i].changes.table);
        change_list_release(&tables->windows[i].changes);
    }
    free(tables->windows);
}

const struct window_strategy window_tables_strategy = {
    .open = tables_open,
    .on_batch = tables_on_batch,
    .advance = tables_advance,
    .emit_changes = tables_emit_changes,
    .next_close_us = tables_next_close_us,
    .snapshot = tables_snapshot,
    .restore = tables_restore,
    .on_restored = tables_on_restored,
    .close = tables_close,
};
