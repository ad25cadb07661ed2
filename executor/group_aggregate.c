/* group_aggregate.c: GROUP BY without a window: one record per group, and changes of the result as rows come.
 *
 *   rows ─▶ records ─▶ touched groups keep their old results ─▶ fold ─▶ … ─▶ flush: -U/+U, +I, -D
 *
 * Changes go out after each batch, or, mini-batched, after so many rows or so much time; watermarks wait for them, so order is
 * kept. With emit_final nothing goes out before the end, and then only the groups as they are. */
#include "executor/operator.h"

#include "executor/change_list.h"
#include "executor/grouping_cold.h"
#include "executor/snapshot.h"

struct group_aggregate {
    struct stream_operator base;
    struct grouping grouping;
    struct group_table *table;
    struct change_style style;
    struct change_list changes;
    bool emits_final;
    uint64_t held_rows; /* folded since the last flush */
    uint64_t mini_batch_rows;
    int64_t mini_batch_us;
    int64_t flush_at_us;       /* processing time; INT64_MAX: nothing is held */
    int64_t held_watermark_us; /* waits for held changes; WATERMARK_NONE: none */
    int64_t state_ttl_us;
    int64_t sweep_at_us;
};

enum { SWEEPS_PER_TTL = 4 };

/* Own bytes of a record when groups expire: when it was last touched. */
static int64_t *touched_us(const struct group_aggregate *aggregate, uint8_t *record) {
    return (int64_t *)(record + aggregate->grouping.own_offset);
}

/* Every row changes COUNT(*), so comparing old and new results would be in vain. */
static bool always_changes(const Plan__GroupAggregate *plan) {
    for (size_t i = 0; i < plan->n_aggregates; i++) {
        const Plan__AggregateCall *call = plan->aggregates[i];
        if (strcmp(call->aggregate, "count_star") == 0 && !call->has_filter && !call->distinct)
            return true;
    }
    return false;
}

static void schedule(struct group_aggregate *aggregate) {
    int64_t next_us = aggregate->flush_at_us;
    if (aggregate->state_ttl_us > 0 && aggregate->sweep_at_us < next_us)
        next_us = aggregate->sweep_at_us;
    aggregate->base.next_tick_us = next_us;
}

static enum status group_aggregate_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    const Plan__GroupAggregate *plan = node->group_aggregate;
    aggregate->emits_final = plan->emit_final;
    aggregate->mini_batch_rows = plan->mini_batch_rows;
    aggregate->mini_batch_us = plan->mini_batch_us;
    aggregate->state_ttl_us = plan->state_ttl_us;
    aggregate->flush_at_us = INT64_MAX;
    aggregate->held_watermark_us = WATERMARK_NONE;
    TRY(grouping_open(&aggregate->grouping, self, plan->keys, plan->n_keys, plan->aggregates, plan->n_aggregates,
                      plan->state_ttl_us > 0 ? 8u : 0, plan->keeps_last, error));
    struct grouping_cold_config cold = {.ttl_us = plan->state_ttl_us, .touched_offset = aggregate->grouping.own_offset};
    grouping_cold_open(&aggregate->grouping, &cold);
    aggregate->table = grouping_table_open(&aggregate->grouping, "groups", 0);
    bool certain = always_changes(plan) && !aggregate->grouping.counts_rows;
    aggregate->style = (struct change_style){
        .emits_before = plan->emit_before,
        .keeps_old = plan->emit_before || !certain,
    };
    change_list_init(&aggregate->changes, &aggregate->grouping, &aggregate->style, aggregate->table);
    if (aggregate->state_ttl_us > 0)
        aggregate->sweep_at_us = self->context->evaluation->now_us + aggregate->state_ttl_us;
    schedule(aggregate);
    return STATUS_OK;
}

static void update_counters(struct group_aggregate *aggregate) {
    aggregate->base.counters.state_rows = grouping_table_rows(aggregate->table);
    aggregate->base.counters.state_bytes =
        group_table_bytes(aggregate->table) + aggregate_set_bytes(aggregate->grouping.aggregates);
}

static enum status flush(struct group_aggregate *aggregate, struct error *error) {
    aggregate->held_rows = 0;
    aggregate->flush_at_us = INT64_MAX;
    schedule(aggregate);
    TRY(change_list_flush(&aggregate->changes, aggregate, error));
    update_counters(aggregate);
    int64_t watermark_us = aggregate->held_watermark_us;
    aggregate->held_watermark_us = WATERMARK_NONE;
    return watermark_us == WATERMARK_NONE ? STATUS_OK : operator_emit_watermark(&aggregate->base, watermark_us, error);
}

static bool holds_back(const struct group_aggregate *aggregate) {
    return aggregate->mini_batch_us > 0 && aggregate->held_rows < aggregate->mini_batch_rows;
}

static enum status fold(struct group_aggregate *aggregate, struct batch *batch, struct error *error) {
    struct grouping *grouping = &aggregate->grouping;
    struct selection all = {.count = batch->row_count};
    grouping_set_batch(grouping, batch);
    uint32_t new_count;
    TRY(grouping_lookup(grouping, aggregate->table, &all, &new_count, error));
    if (!aggregate->emits_final)
        TRY(change_list_touch(&aggregate->changes, grouping->records, all.count, error));
    if (aggregate->state_ttl_us > 0)
        for (uint32_t i = 0; i < all.count; i++)
            *touched_us(aggregate, grouping->records[i]) = aggregate->base.context->evaluation->now_us;
    aggregate->base.counters.rows_merged += all.count;
    return grouping_update(grouping, batch, &all, grouping->records, error);
}

static enum status group_aggregate_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                            struct error *error) {
    (void)input;
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    TRY(fold(aggregate, batch, error));
    aggregate->held_rows += batch->row_count;
    if (aggregate->emits_final) {
        update_counters(aggregate);
        return STATUS_OK;
    }
    if (!holds_back(aggregate))
        return flush(aggregate, error);
    if (aggregate->flush_at_us == INT64_MAX)
        aggregate->flush_at_us = self->context->evaluation->now_us + aggregate->mini_batch_us;
    schedule(aggregate);
    return STATUS_OK;
}

static enum status group_aggregate_on_watermark(struct stream_operator *self, int64_t watermark_us,
                                                struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    if (aggregate->emits_final)
        return STATUS_OK; /* the end follows the rows, in on_end; earlier ones would make them late */
    if (watermark_us != WATERMARK_END && aggregate->changes.touched_count > 0) {
        aggregate->held_watermark_us = watermark_us;
        return STATUS_OK;
    }
    if (watermark_us == WATERMARK_END) {
        aggregate->held_watermark_us = WATERMARK_NONE;
        TRY(flush(aggregate, error));
    }
    return operator_emit_watermark(self, watermark_us, error);
}

/* State that was not touched for so long goes without a word, as in Flink. */
static void sweep(struct group_aggregate *aggregate, int64_t now_us) {
    uint32_t position = 0;
    for (uint8_t *record; (record = group_table_next(aggregate->table, &position));) {
        bool touched = ((struct record_header *)record)->marks & GROUP_TOUCHED;
        if (!touched && now_us - *touched_us(aggregate, record) >= aggregate->state_ttl_us)
            grouping_remove(&aggregate->grouping, aggregate->table, record);
    }
    int64_t interval_us = aggregate->state_ttl_us / SWEEPS_PER_TTL;
    aggregate->sweep_at_us = now_us + (interval_us > 0 ? interval_us : 1);
    update_counters(aggregate);
}

static enum status group_aggregate_on_tick(struct stream_operator *self, int64_t now_us, struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    if (aggregate->state_ttl_us > 0 && now_us >= aggregate->sweep_at_us)
        sweep(aggregate, now_us);
    schedule(aggregate);
    return now_us >= aggregate->flush_at_us ? flush(aggregate, error) : STATUS_OK;
}

/* The one group of an aggregation without keys exists even when no row came. */
static enum status ensure_single_group(struct group_aggregate *aggregate, struct error *error) {
    struct grouping *grouping = &aggregate->grouping;
    if (grouping->key_count > 0 || group_table_count(aggregate->table) > 0)
        return STATUS_OK;
    struct batch *batch = batch_new(aggregate->base.context->pool, 0);
    batch->row_count = 1;
    struct selection one = {.count = 1};
    grouping_set_batch(grouping, batch);
    uint32_t new_count;
    enum status status = grouping_lookup(grouping, aggregate->table, &one, &new_count, error);
    batch_release(batch);
    return status;
}

/* The living ones of some groups, and of an aggregation without keys the only one. */
static enum status emit_groups(void *context, struct group_table *table, uint8_t **records, uint32_t count,
                               struct error *error) {
    struct group_aggregate *aggregate = context;
    struct grouping *grouping = &aggregate->grouping;
    struct stream_operator *self = &aggregate->base;
    uint32_t live = 0;
    for (uint32_t i = 0; i < count; i++) {
        records[live] = records[i];
        live += grouping->key_count == 0 || grouping_is_live(grouping, records[i]);
    }
    if (live == 0)
        return STATUS_OK;
    struct batch *batch = batch_new(self->context->pool, self->schema->field_count);
    batch->row_count = live;
    enum status status = grouping_write(grouping, table, records, live, &batch->arena, batch->columns, error);
    if (status == STATUS_OK)
        return operator_emit(self, batch, error);
    batch_release(batch);
    return status;
}

static enum status emit_final(struct group_aggregate *aggregate, struct error *error) {
    TRY(ensure_single_group(aggregate, error));
    return grouping_walk(&aggregate->grouping, aggregate->table, key_groups_all(), aggregate->base.context->batch_rows,
                         emit_groups, aggregate, error);
}

static enum status group_aggregate_on_end(struct stream_operator *self, struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    if (!aggregate->emits_final)
        return STATUS_OK;
    TRY(emit_final(aggregate, error));
    return operator_emit_watermark(self, WATERMARK_END, error);
}

/* Changes held back must not be lost by a stop; final results of half the input are nobody's. */
static enum status group_aggregate_on_flush(struct stream_operator *self, struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    return aggregate->emits_final || self->ended ? STATUS_OK : flush(aggregate, error);
}

static enum status group_aggregate_on_memory_short(struct stream_operator *self, struct error *error) {
    return grouping_cold_give_back(&((struct group_aggregate *)self)->grouping, error);
}

enum { FIELDS_VERSION = 1 };

static enum status group_aggregate_on_snapshot(struct stream_operator *self, struct snapshot_writer *writer,
                                               struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    struct grouping *grouping = &aggregate->grouping;
    ASSERT(aggregate->changes.touched_count == 0 && aggregate->held_watermark_us == WATERMARK_NONE); /* flushed */
    struct strbuf fields;
    strbuf_init(&fields);
    bytes_put_i64(&fields, aggregate->sweep_at_us);
    snapshot_put_value(writer, "fields", FIELDS_VERSION, strbuf_str(&fields));
    strbuf_release(&fields);
    grouping_snapshot(grouping, aggregate->table, "groups", writer);
    return grouping_cold_snapshot(grouping, writer, error);
}

static enum status group_aggregate_on_snapshot_step(struct stream_operator *self, size_t *budget_bytes, bool *done,
                                                    struct error *error) {
    struct grouping *grouping = &((struct group_aggregate *)self)->grouping;
    *done = grouping_snapshot_step(grouping, budget_bytes);
    return *done ? grouping_cold_snapshot_step(grouping, budget_bytes, done, error) : STATUS_OK;
}

static void group_aggregate_on_snapshot_abandon(struct stream_operator *self) {
    struct grouping *grouping = &((struct group_aggregate *)self)->grouping;
    grouping_snapshot_abandon(grouping);
    grouping_cold_snapshot_abandon(grouping);
}

static enum status restore_fields(struct group_aggregate *aggregate, struct snapshot_reader *reader,
                                  struct error *error) {
    struct bytes_reader fields;
    TRY(snapshot_get_value(reader, "fields", FIELDS_VERSION, &fields, error));
    int64_t sweep_at_us = bytes_get_i64(&fields);
    if (reader->chain == 0 || sweep_at_us < aggregate->sweep_at_us)
        aggregate->sweep_at_us = sweep_at_us;
    return snapshot_check(reader, &fields, error);
}

static enum status group_aggregate_on_restore(struct stream_operator *self, struct snapshot_reader *reader,
                                              struct error *error) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    TRY(restore_fields(aggregate, reader, error));
    TRY(grouping_restore(&aggregate->grouping, aggregate->table, "groups", reader, error));
    TRY(grouping_cold_restore(&aggregate->grouping, reader, error));
    schedule(aggregate);
    update_counters(aggregate);
    return STATUS_OK;
}

static void group_aggregate_close(struct stream_operator *self) {
    struct group_aggregate *aggregate = (struct group_aggregate *)self;
    change_list_release(&aggregate->changes);
    group_table_free(aggregate->table);
    grouping_close(&aggregate->grouping);
}

const struct operator_class group_aggregate_class = {
    .name = "GroupAggregate",
    .size = sizeof(struct group_aggregate),
    .open = group_aggregate_open,
    .on_batch = group_aggregate_on_batch,
    .on_watermark = group_aggregate_on_watermark,
    .on_tick = group_aggregate_on_tick,
    .on_end = group_aggregate_on_end,
    .on_flush = group_aggregate_on_flush,
    .on_memory_short = group_aggregate_on_memory_short,
    .on_snapshot = group_aggregate_on_snapshot,
    .on_snapshot_step = group_aggregate_on_snapshot_step,
    .on_snapshot_abandon = group_aggregate_on_snapshot_abandon,
    .on_restore = group_aggregate_on_restore,
    .is_divisible = true,
    .close = group_aggregate_close,
};
