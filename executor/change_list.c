/* change_list.c: from touched groups to -U/+U pairs, chunk by chunk.
 * A chunk is up to CHUNK_ROWS records with their old results in the same order, so old and new results are columns of equal
 * length and comparing them is a loop per column. */
#include "executor/change_list.h"

#include <stdlib.h>

#include "executor/column_pick.h"

enum {
    CHUNK_ROWS = 1024,
    COPY_ROWS_MAX =
        128, /* fewer touched rows than this are copied into an open chunk instead of making one of their own */
};

struct change_chunk {
    uint8_t **records;
    struct batch
        *old; /* results before, one row per record; unspecified for groups that nobody knows. NULL: not kept */
    uint32_t count, capacity;
};

void change_list_init(struct change_list *list, struct grouping *grouping, const struct change_style *style,
                      struct group_table *table) {
    *list = (struct change_list){.grouping = grouping, .style = style, .table = table};
}

static void release_chunks(struct change_list *list) {
    for (uint32_t i = 0; i < list->chunk_count; i++) {
        batch_release(list->chunks[i].old);
        free(list->chunks[i].records);
    }
    list->chunk_count = 0;
    list->touched_count = 0;
}

void change_list_release(struct change_list *list) {
    release_chunks(list);
    free(list->chunks);
    list->chunks = NULL;
    list->chunk_capacity = 0;
}

static struct record_header *header_of(uint8_t *record) {
    return (struct record_header *)record;
}

/* Result columns of a schema are its columns behind the keys. */
static const struct field *result_field(const struct grouping *grouping, uint32_t index) {
    return &grouping->owner->schema->fields[grouping->key_count + index];
}

static struct change_chunk *add_chunk(struct change_list *list, uint32_t capacity) {
    if (list->chunk_count == list->chunk_capacity) {
        list->chunk_capacity = list->chunk_capacity ? list->chunk_capacity * 2 : 4;
        list->chunks = memory_realloc(list->chunks, list->chunk_capacity * sizeof *list->chunks);
    }
    struct change_chunk *chunk = &list->chunks[list->chunk_count++];
    *chunk = (struct change_chunk){.capacity = capacity};
    chunk->records = memory_alloc(sizeof *chunk->records * capacity);
    if (list->style->keeps_old)
        chunk->old = batch_new(list->grouping->owner->context->pool, list->grouping->aggregate_count);
    return chunk;
}

/* Many: a chunk of their own, results written straight into it. */
static enum status add_many(struct change_list *list, uint8_t *const *records, uint32_t count, struct error *error) {
    struct change_chunk *chunk = add_chunk(list, count);
    memcpy(chunk->records, records, sizeof *records * count);
    chunk->count = count;
    if (!chunk->old)
        return STATUS_OK;
    return grouping_write_results(list->grouping, records, count, &chunk->old->arena, chunk->old->columns, error);
}

static struct change_chunk *open_chunk(struct change_list *list, uint32_t count) {
    struct change_chunk *last = list->chunk_count ? &list->chunks[list->chunk_count - 1] : NULL;
    if (last && last->count + count <= last->capacity)
        return last;
    struct change_chunk *chunk = add_chunk(list, CHUNK_ROWS);
    for (uint32_t i = 0; chunk->old && i < list->grouping->aggregate_count; i++)
        column_init(&chunk->old->columns[i], &chunk->old->arena, result_field(list->grouping, i)->type, CHUNK_ROWS);
    return chunk;
}

/* Few: results are copied behind those of earlier calls. */
static enum status add_few(struct change_list *list, uint8_t *const *records, uint32_t count, struct error *error) {
    struct grouping *grouping = list->grouping;
    struct change_chunk *chunk = open_chunk(list, count);
    memcpy(chunk->records + chunk->count, records, sizeof *records * count);
    if (chunk->old) {
        struct column *results = ARENA_ARRAY(&grouping->scratch, struct column, grouping->aggregate_count);
        TRY(grouping_write_results(grouping, records, count, &grouping->scratch, results, error));
        for (uint32_t column = 0; column < grouping->aggregate_count; column++)
            for (uint32_t i = 0; i < count; i++)
                column_copy_value(&chunk->old->columns[column], &chunk->old->arena, chunk->count + i, chunk->capacity,
                                  &results[column], i);
    }
    chunk->count += count;
    return STATUS_OK;
}

enum status change_list_touch(struct change_list *list, uint8_t *const *records, uint32_t count, struct error *error) {
    uint8_t **fresh = arena_alloc(&list->grouping->scratch, sizeof *fresh * count);
    uint32_t fresh_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct record_header *header = header_of(records[i]);
        fresh[fresh_count] = records[i];
        fresh_count += !(header->marks & GROUP_TOUCHED);
        header->marks |= GROUP_TOUCHED;
    }
    list->touched_count += fresh_count;
    for (uint32_t first = 0; first < fresh_count;) {
        uint32_t left = fresh_count - first;
        uint32_t piece = left < CHUNK_ROWS ? left : CHUNK_ROWS;
        TRY(piece > COPY_ROWS_MAX ? add_many(list, fresh + first, piece, error)
                                  : add_few(list, fresh + first, piece, error));
        first += piece;
    }
    return STATUS_OK;
}

/* What to emit of a chunk: row and source (0 old, 1 new) of each output row, and its kind. */
struct emission {
    struct column_pick *picks;
    uint8_t *kinds;
    uint32_t count;
    bool has_changes;
};

static void emit_row(struct emission *emission, uint32_t row, uint16_t source, enum change_kind kind) {
    emission->picks[emission->count] = (struct column_pick){(uint16_t)row, source};
    emission->kinds[emission->count++] = (uint8_t)kind;
    emission->has_changes |= kind != CHANGE_INSERT;
}

static void plan_row(const struct change_list *list, const struct change_chunk *chunk, uint32_t row, bool changed,
                     struct emission *emission) {
    struct record_header *header = header_of(chunk->records[row]);
    bool live = grouping_is_live(list->grouping, chunk->records[row]);
    bool known = header->marks & GROUP_EMITTED;
    header->marks = live ? GROUP_EMITTED : 0;
    if (live && !known) {
        emit_row(emission, row, 1, CHANGE_INSERT);
    } else if (live && changed) {
        if (list->style->emits_before)
            emit_row(emission, row, 0, CHANGE_UPDATE_BEFORE);
        emit_row(emission, row, 1, CHANGE_UPDATE_AFTER);
    } else if (known && !live) {
        emit_row(emission, row, chunk->old ? 0 : 1, CHANGE_DELETE);
    }
}

static void mark_changed(const struct change_chunk *chunk, const struct batch *now, uint32_t column_count,
                         uint8_t *changed) {
    memset(changed, !chunk->old, chunk->count); /* nothing to compare with: taken as changed */
    for (uint32_t i = 0; chunk->old && i < column_count; i++)
        column_mark_changed(&chunk->old->columns[i], &now->columns[i], chunk->count, changed);
}

/* Output rows [first, first + count) of the emission as a batch. `now` has results, then keys, of the chunk's records. */
static enum status emit_piece(struct change_list *list, const struct change_chunk *chunk, struct batch *now,
                              const struct emission *emission, uint32_t first, uint32_t count, void *context,
                              struct error *error) {
    struct grouping *grouping = list->grouping;
    struct stream_operator *self = grouping->owner;
    struct batch *output = batch_new(self->context->pool, self->schema->field_count);
    output->row_count = count;
    uint16_t *rows = arena_alloc(&output->arena, sizeof *rows * count);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = emission->picks[first + i].row;
    struct selection selection = {.rows = rows, .count = count};
    for (uint32_t i = 0; i < grouping->key_count; i++)
        output->columns[i] = column_gather(&now->columns[grouping->aggregate_count + i], &output->arena, &selection);
    for (uint32_t i = 0; i < grouping->aggregate_count; i++) {
        const struct column *const sources[] = {chunk->old ? &chunk->old->columns[i] : NULL, &now->columns[i]};
        output->columns[grouping->key_count + i] =
            column_pick_rows(sources, emission->picks + first, count, &output->arena);
    }
    if (emission->has_changes)
        output->change_kinds = arena_copy(&output->arena, emission->kinds + first, count);
    batch_hold_batch(output, now);
    if (chunk->old)
        batch_hold_batch(output, chunk->old);
    if (list->style->add_columns)
        list->style->add_columns(context, output);
    return operator_emit(self, output, error);
}

/* At most `limit`, but -U and +U stay together: whoever works by key looks for the one behind the other. */
static uint32_t piece_rows(const struct emission *emission, uint32_t first, uint32_t limit) {
    uint32_t left = emission->count - first;
    if (left <= limit)
        return left;
    return limit + (emission->kinds[first + limit - 1] == CHANGE_UPDATE_BEFORE);
}

static enum status emit_chunk(struct change_list *list, const struct change_chunk *chunk, struct batch *now,
                              void *context, struct error *error) {
    struct grouping *grouping = list->grouping;
    TRY(grouping_write_results(grouping, chunk->records, chunk->count, &now->arena, now->columns, error));
    grouping_write_keys(grouping, list->table, chunk->records, chunk->count, &now->arena,
                        now->columns + grouping->aggregate_count);
    uint8_t *changed = arena_alloc(&now->arena, chunk->count);
    mark_changed(chunk, now, grouping->aggregate_count, changed);
    struct emission emission = {
        .picks = arena_alloc(&now->arena, sizeof *emission.picks * 2 * chunk->count),
        .kinds = arena_alloc(&now->arena, 2 * (size_t)chunk->count),
    };
    for (uint32_t row = 0; row < chunk->count; row++)
        plan_row(list, chunk, row, changed[row], &emission);
    for (uint32_t first = 0; first < emission.count;) {
        uint32_t count = piece_rows(&emission, first, grouping->owner->context->batch_rows);
        TRY(emit_piece(list, chunk, now, &emission, first, count, context, error));
        first += count;
    }
    for (uint32_t row = 0; row < chunk->count; row++)
        if (!grouping_is_live(grouping, chunk->records[row]))
            grouping_remove(grouping, list->table, chunk->records[row]);
    return STATUS_OK;
}

enum status change_list_flush(struct change_list *list, void *context, struct error *error) {
    struct grouping *grouping = list->grouping;
    for (uint32_t i = 0; i < list->chunk_count; i++) {
        struct batch *now = batch_new(grouping->owner->context->pool, grouping->aggregate_count + grouping->key_count);
        enum status status = emit_chunk(list, &list->chunks[i], now, context, error);
        batch_release(now);
        TRY(status);
    }
    release_chunks(list);
    return STATUS_OK;
}
