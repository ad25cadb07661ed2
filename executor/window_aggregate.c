/* window_aggregate.c: GROUP BY in windows: chooses the strategy, keeps the clock, and emits what closes.
 * Event-time windows close by the merged watermark, processing-time windows by ticks; the watermark goes on only after the
 * rows that it released. */
#include "executor/window_aggregate.h"

#include "core/base/hash.h"
#include "executor/change_list.h"
#include "executor/grouping_cold.h"

static const struct window_strategy *choose_strategy(const Plan__WindowAggregate *plan) {
    if (plan->input_has_window)
        return &window_tables_strategy;
    if (plan->window->kind == PLAN__WINDOW_KIND__SESSION)
        return &window_sessions_strategy;
    bool updates = plan->emit != PLAN__EMIT__ON_CLOSE || plan->allowed_lateness_us > 0;
    return updates ? &window_tables_strategy : &window_slices_strategy;
}

static enum status window_aggregate_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    const Plan__WindowAggregate *plan = node->window_aggregate;
    window->plan = plan;
    window->clock_us = WATERMARK_NONE;
    window->emit_at_us = INT64_MAX;
    window->window_column = (uint32_t)(plan->n_keys + plan->n_aggregates);
    window->emits_before = node->change_mode == PLAN__CHANGE_MODE__RETRACT;
    window_assigner_init(&window->assigner, plan->window, self->input_schemas[0], self->context->evaluation);
    window->strategy = choose_strategy(plan);
    return window->strategy->open(window, error);
}

enum status window_aggregate_open_grouping(struct window_aggregate *window, uint32_t own_size, struct error *error) {
    const Plan__WindowAggregate *plan = window->plan;
    TRY(grouping_open(&window->grouping, &window->base, plan->keys, plan->n_keys, plan->aggregates, plan->n_aggregates,
                      own_size, false, error));
    grouping_cold_open(&window->grouping, &(struct grouping_cold_config){0});
    return STATUS_OK;
}

static bool is_processing_time(const struct window_aggregate *window) {
    return window->assigner.processing_time && !window->plan->input_has_window;
}

static void schedule(struct window_aggregate *window) {
    int64_t next_us = window->emit_at_us;
    if (is_processing_time(window)) {
        int64_t close_us = window->strategy->next_close_us(window);
        if (close_us < next_us - 1)
            next_us = close_us + 1;
    }
    window->base.next_tick_us = next_us;
}

static enum status advance(struct window_aggregate *window, int64_t clock_us, struct error *error) {
    if (clock_us <= window->clock_us)
        return STATUS_OK;
    window->clock_us = clock_us;
    return window->strategy->advance(window, error);
}

static enum status after_rows(struct window_aggregate *window, struct error *error) {
    if (window->plan->emit == PLAN__EMIT__ON_UPDATE && window->strategy->emit_changes)
        TRY(window->strategy->emit_changes(window, error));
    if (window->plan->emit == PLAN__EMIT__EVERY && window->emit_at_us == INT64_MAX)
        window->emit_at_us = window->base.context->evaluation->now_us + window->plan->emit_interval_us;
    schedule(window);
    return STATUS_OK;
}

static enum status window_aggregate_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                             struct error *error) {
    (void)input;
    struct window_aggregate *window = (struct window_aggregate *)self;
    if (is_processing_time(window))
        TRY(advance(window, self->context->evaluation->now_us - 1, error));
    arena_reset(&window->scratch);
    TRY(window->strategy->on_batch(window, batch, error));
    return after_rows(window, error);
}

static enum status window_aggregate_on_watermark(struct stream_operator *self, int64_t watermark_us,
                                                 struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    if (!is_processing_time(window) || watermark_us == WATERMARK_END)
        TRY(advance(window, watermark_us, error));
    schedule(window);
    return operator_emit_watermark(self, watermark_us, error);
}

static enum status window_aggregate_on_tick(struct stream_operator *self, int64_t now_us, struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    if (is_processing_time(window))
        TRY(advance(window, now_us - 1, error));
    if (now_us >= window->emit_at_us) {
        window->emit_at_us = INT64_MAX; /* until rows come again */
        if (window->strategy->emit_changes)
            TRY(window->strategy->emit_changes(window, error));
    }
    schedule(window);
    return STATUS_OK;
}

/* A stop: changes that only wait for their time go out; windows that are not complete do not. */
static enum status window_aggregate_on_flush(struct stream_operator *self, struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    if (self->ended || window->plan->emit == PLAN__EMIT__ON_CLOSE || !window->strategy->emit_changes)
        return STATUS_OK;
    return window->strategy->emit_changes(window, error);
}

static enum status window_aggregate_on_memory_short(struct stream_operator *self, struct error *error) {
    return grouping_cold_give_back(&((struct window_aggregate *)self)->grouping, error);
}

enum { FIELDS_VERSION = 1 };

static enum status window_aggregate_on_snapshot(struct stream_operator *self, struct snapshot_writer *writer,
                                                struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    struct strbuf fields;
    strbuf_init(&fields);
    bytes_put_i64(&fields, window->clock_us);
    snapshot_put_value(writer, "fields", FIELDS_VERSION, strbuf_str(&fields));
    strbuf_release(&fields);
    TRY(window->strategy->snapshot(window, writer, error));
    return grouping_cold_snapshot(&window->grouping, writer, error);
}

static enum status window_aggregate_on_snapshot_step(struct stream_operator *self, size_t *budget_bytes, bool *done,
                                                     struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    *done = grouping_snapshot_step(&window->grouping, budget_bytes);
    if (*done && window->strategy->snapshot_step)
        TRY(window->strategy->snapshot_step(window, budget_bytes, done, error));
    return *done ? grouping_cold_snapshot_step(&window->grouping, budget_bytes, done, error) : STATUS_OK;
}

static void window_aggregate_on_snapshot_abandon(struct stream_operator *self) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    grouping_snapshot_abandon(&window->grouping);
    grouping_cold_snapshot_abandon(&window->grouping);
    if (window->strategy->snapshot_abandon)
        window->strategy->snapshot_abandon(window);
}

static enum status window_aggregate_on_restore(struct stream_operator *self, struct snapshot_reader *reader,
                                               struct error *error) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    struct bytes_reader fields;
    TRY(snapshot_get_value(reader, "fields", FIELDS_VERSION, &fields, error));
    int64_t clock_us = bytes_get_i64(&fields);
    if (reader->chain == 0 || clock_us < window->clock_us)
        window->clock_us = clock_us;
    TRY(snapshot_check(reader, &fields, error));
    TRY(window->strategy->restore(window, reader, error));
    TRY(grouping_cold_restore(&window->grouping, reader, error));
    if (window->strategy->on_restored)
        window->strategy->on_restored(window);
    schedule(window);
    return STATUS_OK;
}

static void window_aggregate_close(struct stream_operator *self) {
    struct window_aggregate *window = (struct window_aggregate *)self;
    if (window->strategy && window->state)
        window->strategy->close(window);
    grouping_close(&window->grouping);
    arena_release(&window->scratch);
}

void window_aggregate_add_bounds(const struct window_aggregate *window, struct batch *batch,
                                 struct window_bounds bounds) {
    struct column *columns = &batch->columns[window->window_column];
    for (uint32_t i = 0; i < 3; i++) {
        column_init(&columns[i], &batch->arena, window->base.schema->fields[window->window_column + i].type, 1);
        columns[i].kind = COLUMN_CONSTANT;
    }
    window_assigner_write(&window->assigner, bounds, columns, 0);
}

struct emission {
    struct window_aggregate *window;
    struct window_bounds bounds;
    struct group_table *emitted; /* the table whose records are marked; NULL: none */
};

static enum status emit_groups(void *context, struct group_table *table, uint8_t **records, uint32_t count,
                               struct error *error) {
    const struct emission *emission = context;
    struct grouping *grouping = &emission->window->grouping;
    struct stream_operator *self = &emission->window->base;
    uint32_t live = 0;
    for (uint32_t i = 0; i < count; i++) {
        records[live] = records[i];
        live += grouping_is_live(grouping, records[i]);
    }
    if (live == 0)
        return STATUS_OK;
    if (table == emission->emitted)
        grouping_note(grouping, table, records, live);
    for (uint32_t i = 0; table == emission->emitted && i < live; i++)
        record_header(records[i])->marks |= GROUP_EMITTED;
    struct batch *batch = batch_new(self->context->pool, self->schema->field_count);
    batch->row_count = live;
    window_aggregate_add_bounds(emission->window, batch, emission->bounds);
    enum status status = grouping_write(grouping, table, records, live, &batch->arena, batch->columns, error);
    if (status == STATUS_OK)
        return operator_emit(self, batch, error);
    batch_release(batch);
    return status;
}

enum status window_aggregate_emit_table(struct window_aggregate *window, struct group_table *table,
                                        struct window_bounds bounds, bool is_last, struct error *error) {
    struct emission emission = {.window = window, .bounds = bounds, .emitted = is_last ? NULL : table};
    TRY(grouping_walk(&window->grouping, table, key_groups_all(), window->base.context->batch_rows, emit_groups,
                      &emission, error));
    if (!is_last)
        grouping_cold_set_emitted(table);
    return STATUS_OK;
}

/* The merge of these key groups, in a table of its own. */
static enum status emit_key_groups(struct window_aggregate *window, struct group_table *const *tables, uint32_t count,
                                   struct key_groups wanted, struct window_bounds bounds, struct error *error) {
    struct group_table *merged = grouping_table_new(&window->grouping);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = grouping_merge(&window->grouping, merged, tables[i], wanted, error);
    if (status == STATUS_OK)
        status = window_aggregate_emit_table(window, merged, bounds, true, error);
    grouping_table_recycle(&window->grouping, merged);
    return status;
}

/* Where groups have left memory they come back in parts, so many at a time. */
enum { GROUPS_AT_ONCE = 65536 };

enum status window_aggregate_emit_merged(struct window_aggregate *window, struct group_table *const *tables,
                                         uint32_t count, struct window_bounds bounds, struct error *error) {
    uint64_t away = 0, rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        away += grouping_cold_count(tables[i]);
        rows += grouping_table_rows(tables[i]);
    }
    uint64_t parts = away == 0 ? 1 : 1 + rows / GROUPS_AT_ONCE;
    uint32_t width = parts < KEY_GROUP_COUNT ? (uint32_t)(KEY_GROUP_COUNT / parts) : 1;
    for (uint32_t first = 0; first < KEY_GROUP_COUNT; first += width) {
        uint32_t end = first + width < KEY_GROUP_COUNT ? first + width : KEY_GROUP_COUNT;
        TRY(emit_key_groups(window, tables, count, (struct key_groups){first, end}, bounds, error));
    }
    return STATUS_OK;
}

enum status window_aggregate_times(struct window_aggregate *window, struct batch *batch, const int64_t **times,
                                   struct error *error) {
    int64_t constant_us = 0;
    TRY(window_assigner_times(&window->assigner, batch, window->base.context->evaluation, &window->scratch, times,
                              &constant_us, error));
    if (*times)
        return STATUS_OK;
    int64_t *same = arena_alloc(&window->scratch, sizeof *same * batch->row_count);
    for (uint32_t row = 0; row < batch->row_count; row++)
        same[row] = constant_us;
    *times = same;
    return STATUS_OK;
}

const struct operator_class window_aggregate_class = {
    .name = "WindowAggregate",
    .size = sizeof(struct window_aggregate),
    .open = window_aggregate_open,
    .on_batch = window_aggregate_on_batch,
    .on_watermark = window_aggregate_on_watermark,
    .on_tick = window_aggregate_on_tick,
    .on_flush = window_aggregate_on_flush,
    .on_memory_short = window_aggregate_on_memory_short,
    .on_snapshot = window_aggregate_on_snapshot,
    .on_snapshot_step = window_aggregate_on_snapshot_step,
    .on_snapshot_abandon = window_aggregate_on_snapshot_abandon,
    .on_restore = window_aggregate_on_restore,
    .is_divisible = true,
    .close = window_aggregate_close,
};
