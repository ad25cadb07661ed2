/* grouping.c: keys, records and results of grouping operators, over tables that the operator chooses.
 * Without keys there is one group: its record is looked up once and stands for every row. */
#include "executor/grouping.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/functions/aggregate.h"
#include "core/functions/expression.h"
#include "executor/grouping_cold_parts.h"

/* Literal arguments as CONSTANT columns. */
static enum status decode_constants(struct arena *arena, const Plan__AggregateCall *message, struct column **constants,
                                    struct error *error) {
    *constants = NULL;
    if (message->n_constants == 0)
        return STATUS_OK;
    *constants = ARENA_ARRAY(arena, struct column, message->n_constants);
    for (size_t i = 0; i < message->n_constants; i++) {
        struct expression *literal;
        TRY(plan_expression_decode(arena, message->constants[i], 0, &literal, error));
        if (literal->kind != EXPRESSION_LITERAL)
            return FAIL(error, STATUS_INVALID_DEFINITION, "an argument of %s must be a literal", message->name);
        (*constants)[i] = literal->literal;
    }
    return STATUS_OK;
}

static enum status decode_call(struct arena *arena, const Plan__AggregateCall *message, struct aggregate_set_call *call,
                               struct error *error) {
    struct column *constants;
    TRY(decode_constants(arena, message, &constants, error));
    *call = (struct aggregate_set_call){
        .aggregate = aggregate_by_id(message->aggregate),
        .arguments = message->arguments,
        .argument_count = (uint32_t)message->n_arguments,
        .constants = constants,
        .filter = message->has_filter ? (int32_t)message->filter : -1,
        .distinct = message->distinct,
    };
    if (!call->aggregate)
        return FAIL(error, STATUS_UNDEFINED_FUNCTION, "aggregate \"%s\" is not known", message->aggregate);
    return plan_type_decode(arena, message->type, &call->type, error);
}

static enum status open_aggregates(struct grouping *grouping, Plan__AggregateCall *const *messages, size_t count,
                                   struct error *error) {
    struct arena *arena = grouping->owner->context->arena;
    struct aggregate_set_call *calls = ARENA_ARRAY(arena, struct aggregate_set_call, count);
    for (size_t i = 0; i < count; i++) {
        TRY(decode_call(arena, messages[i], &calls[i], error));
        if (grouping->keeps_last)
            calls[i].aggregate = &aggregate_last_row;
    }
    grouping->aggregate_count = (uint32_t)count;
    return aggregate_set_open(calls, (uint32_t)count, grouping->owner->input_schemas[0], grouping->counts_rows,
                              &grouping->aggregates, error);
}

enum status grouping_open(struct grouping *grouping, struct stream_operator *self, const uint32_t *keys,
                          size_t key_count, Plan__AggregateCall *const *calls, size_t call_count, uint32_t own_size,
                          bool keeps_last, struct error *error) {
    struct arena *arena = self->context->arena;
    if (key_count > GROUPING_KEYS_MAX)
        return FAIL(error, STATUS_TOO_COMPLEX, "%zu grouping keys, the limit is %d", key_count, GROUPING_KEYS_MAX);
    *grouping = (struct grouping){
        .owner = self,
        .key_columns = keys,
        .key_count = (uint32_t)key_count,
        .counts_rows = operator_input_may_change(self, 0),
        .keeps_last = keeps_last,
    };
    grouping->key_types = ARENA_ARRAY(arena, const struct type *, key_count);
    grouping->keys = ARENA_ARRAY(arena, struct column, key_count);
    for (size_t i = 0; i < key_count; i++)
        grouping->key_types[i] = self->input_schemas[0]->fields[keys[i]].type;
    TRY(open_aggregates(grouping, calls, call_count, error));
    uint32_t count_size = grouping->counts_rows ? 8 : 0;
    grouping->state_size = count_size + own_size + aggregate_set_size(grouping->aggregates);
    struct group_table *table = grouping_table_new(grouping); /* tells where states begin; the first one to be used */
    grouping->count_offset = group_table_state_offset(table);
    grouping->own_offset = grouping->count_offset + count_size;
    aggregate_set_place(grouping->aggregates, grouping->own_offset + own_size);
    grouping_codec_open(grouping);
    grouping_table_recycle(grouping, table);
    return STATUS_OK;
}

void grouping_close(struct grouping *grouping) {
    grouping_cold_close(grouping);
    grouping_codec_close(grouping);
    for (uint32_t i = 0; i < grouping->spare_count; i++)
        group_table_free(grouping->spare[i]);
    free(grouping->spare);
    free(grouping->named);
    free(grouping->restored);
    free(grouping->records);
    free(grouping->new_items);
    aggregate_set_close(grouping->aggregates);
    arena_release(&grouping->scratch);
    *grouping = (struct grouping){0};
}

struct group_table *grouping_table_new(struct grouping *grouping) {
    if (grouping->spare_count)
        return grouping->spare[--grouping->spare_count];
    return group_table_new(grouping->key_types, grouping->key_count, grouping->state_size);
}

static void note_name(struct grouping *grouping, struct group_table *table, const char *role, int64_t instance) {
    if (grouping->named_count == grouping->named_capacity) {
        grouping->named_capacity = grouping->named_capacity ? grouping->named_capacity * 2 : 4;
        grouping->named = memory_realloc(grouping->named, grouping->named_capacity * sizeof *grouping->named);
    }
    struct named_table *named = &grouping->named[grouping->named_count++];
    *named = (struct named_table){.table = table, .instance = instance};
    snprintf(named->role, sizeof named->role, "%s", role);
}

void grouping_table_name(struct grouping *grouping, struct group_table *table, const char *role, int64_t instance) {
    if (grouping->cold)
        cold_groups_new(grouping, table, role, instance);
    else if (grouping->owner->context->restored_state)
        note_name(grouping, table, role, instance);
}

struct group_table *grouping_table_open(struct grouping *grouping, const char *role, int64_t instance) {
    struct group_table *table = grouping_table_new(grouping);
    grouping_table_name(grouping, table, role, instance);
    return table;
}

uint64_t grouping_table_rows(const struct group_table *table) {
    return group_table_count(table) + grouping_cold_count(table);
}

static void release_states(struct grouping *grouping, struct group_table *table) {
    uint32_t position = 0;
    for (uint8_t *record; (record = group_table_next(table, &position));)
        aggregate_set_release(grouping->aggregates, &record, 1);
}

void grouping_table_recycle(struct grouping *grouping, struct group_table *table) {
    if (!table || grouping_snapshot_keeps(grouping, table))
        return;
    bool is_short = group_table_cold(table) && cold_groups_retire(group_table_cold(table));
    if (aggregate_set_owns_memory(grouping->aggregates))
        release_states(grouping, table);
    group_table_reset(table);
    if (is_short)
        group_table_give_back(table);
    if (grouping->spare_count == grouping->spare_capacity) {
        grouping->spare_capacity = grouping->spare_capacity ? grouping->spare_capacity * 2 : 16;
        grouping->spare = memory_realloc(grouping->spare, grouping->spare_capacity * sizeof *grouping->spare);
    }
    grouping->spare[grouping->spare_count++] = table;
}

static void reserve(struct grouping *grouping, uint32_t row_count) {
    if (row_count <= grouping->capacity)
        return;
    grouping->capacity = row_count;
    grouping->records = memory_realloc(grouping->records, sizeof *grouping->records * row_count);
    grouping->new_items = memory_realloc(grouping->new_items, sizeof *grouping->new_items * row_count);
}

void grouping_set_batch(struct grouping *grouping, const struct batch *batch) {
    arena_reset(&grouping->scratch);
    reserve(grouping, batch->row_count);
    for (uint32_t i = 0; i < grouping->key_count; i++)
        grouping->keys[i] = batch->columns[grouping->key_columns[i]];
}

void grouping_note(struct grouping *grouping, struct group_table *table, uint8_t *const *records, uint32_t count) {
    struct record_store *store = group_table_store(table);
    uint8_t dirty = store->dirty;
    if (!dirty)
        return; /* no snapshots */
    if (!store->under_way) {
        for (uint32_t i = 0; i < count; i++)
            record_header(records[i])->bits |= dirty;
        return;
    }
    const struct record_codec *codec = grouping_codec(grouping, table);
    for (uint32_t i = 0; i < count; i++) {
        struct record_header *header = record_header(records[i]);
        if (record_is_pending(store, header))
            record_store_write(store, codec, group_table_place(table, records[i]));
        header->bits |= dirty;
    }
}

enum status grouping_lookup(struct grouping *grouping, struct group_table *table, const struct selection *selection,
                            uint32_t *new_count, struct error *error) {
    struct cold_groups *cold = group_table_cold(table);
    if (cold)
        return cold_groups_lookup(cold, selection, new_count, error);
    struct selection looked_up = *selection;
    if (grouping->key_count == 0 && looked_up.count > 1)
        looked_up.count = 1;
    group_table_lookup(table, grouping->keys, &looked_up, &grouping->scratch, grouping->records, grouping->new_items,
                       new_count);
    if (*new_count > 0 && !grouping->contents)
        aggregate_set_init(grouping->aggregates, grouping->records, grouping->new_items, *new_count);
    grouping_note(grouping, table, grouping->records, looked_up.count);
    for (uint32_t i = looked_up.count; i < selection->count; i++)
        grouping->records[i] = grouping->records[0];
    return STATUS_OK;
}

static void count_rows(struct grouping *grouping, const struct batch *batch, const struct selection *selection,
                       uint8_t *const *records) {
    uint32_t offset = grouping->count_offset;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint8_t kind = batch->change_kinds ? batch->change_kinds[selection_row(selection, i)] : (uint8_t)CHANGE_INSERT;
        int64_t *count = (int64_t *)(records[i] + offset);
        bool is_retraction = change_kind_is_retraction(kind);
        *count = grouping->keeps_last ? !is_retraction : *count + (is_retraction ? -1 : 1);
    }
}

enum status grouping_update(struct grouping *grouping, const struct batch *batch, const struct selection *selection,
                            uint8_t *const *records, struct error *error) {
    if (grouping->counts_rows)
        count_rows(grouping, batch, selection, records);
    return aggregate_set_update(grouping->aggregates, batch->columns, batch->change_kinds, selection, records, error);
}

void grouping_write_keys(struct grouping *grouping, struct group_table *table, uint8_t *const *records, uint32_t count,
                         struct arena *arena, struct column *columns) {
    if (grouping->key_count > 0)
        group_table_keys(table, records, count, arena, columns);
}

enum status grouping_write_results(struct grouping *grouping, uint8_t *const *records, uint32_t count,
                                   struct arena *arena, struct column *columns, struct error *error) {
    return aggregate_set_finish(grouping->aggregates, records, count, arena, columns, error);
}

enum status grouping_write(struct grouping *grouping, struct group_table *table, uint8_t *const *records,
                           uint32_t count, struct arena *arena, struct column *columns, struct error *error) {
    grouping_write_keys(grouping, table, records, count, arena, columns);
    return grouping_write_results(grouping, records, count, arena, columns + grouping->key_count, error);
}

void grouping_remove(struct grouping *grouping, struct group_table *table, uint8_t *record) {
    if (group_table_cold(table))
        cold_groups_forget(group_table_cold(table), record);
    grouping_note(grouping, table, &record, 1);
    if (aggregate_set_owns_memory(grouping->aggregates))
        aggregate_set_release(grouping->aggregates, &record, 1);
    group_table_remove(table, record);
}
