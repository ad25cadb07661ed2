/* sort.c: ORDER BY of bounded input, in memory, stable; with a LIMIT only the rows that can still be in the answer are kept.
 *
 *   batches[] ◀── position = batch << 16 | row ── rows[]: {prefix of the first key, position}
 *
 * The prefix orders most pairs with one integer comparison; the position, which grows with arrival, decides ties.
 * With a LIMIT, rows[] is a heap with the last of the kept rows on top. Batches whose rows were mostly displaced are packed
 * together from time to time, so memory follows the limit and not the input. */
#include "executor/operator.h"

#include <stdlib.h>
#include <string.h>

#include "core/data/row_codec.h"
#include "executor/snapshot.h"

struct sort_row {
    uint64_t prefix;
    uint64_t position;
};

struct sort_key {
    uint32_t column;
    bool descending;
    bool nulls_first;
};

struct sort {
    struct stream_operator base;
    struct sort_key *keys;
    uint32_t key_count;
    uint64_t keep_rows; /* offset + limit; UINT64_MAX: all */
    uint64_t offset_rows;
    struct sort_row *rows;
    size_t row_count, row_capacity;
    struct batch **batches;
    size_t batch_count, batch_capacity;
    uint64_t batch_rows; /* in all batches, kept or displaced */
    uint64_t state_bytes;
};

enum { PACK_ROWS_MIN = 65536 };

static enum status sort_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    struct sort *sort = (struct sort *)self;
    const Plan__Sort *plan = node->sort;
    sort->key_count = (uint32_t)plan->n_keys;
    sort->keys = ARENA_ARRAY(self->context->arena, struct sort_key, plan->n_keys);
    for (uint32_t i = 0; i < sort->key_count; i++) {
        const Plan__SortKey *key = plan->keys[i];
        if (key->column >= self->input_schemas[0]->field_count)
            return FAIL(error, STATUS_INTERNAL, "sort key %u is not a column of the input", key->column);
        sort->keys[i] = (struct sort_key){key->column, key->descending, key->nulls_first};
    }
    sort->offset_rows = plan->offset;
    sort->keep_rows = UINT64_MAX;
    if (plan->has_limit && plan->limit < UINT64_MAX - plan->offset)
        sort->keep_rows = plan->limit + plan->offset;
    if (plan->has_limit && plan->limit == 0)
        operator_set_done(self);
    return STATUS_OK;
}

static uint64_t double_prefix(double value) {
    if (value != value)
        return UINT64_MAX;
    uint64_t bits;
    value += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}

static uint64_t view_prefix(const struct string_view *view) {
    uint64_t bytes = 0;
    memcpy(&bytes, view_data(view), view->size < 8 ? view->size : 8);
    return __builtin_bswap64(bytes);
}

/* Orders as the values do, but for values that it maps together. */
static uint64_t value_prefix(const struct column *column, uint32_t row) {
    const void *value = column_value(column, row);
    const uint64_t sign = 1ull << 63;
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL: return *(const uint8_t *)value;
    case LAYOUT_I8: return (uint64_t) * (const int8_t *)value ^ sign;
    case LAYOUT_I16: return (uint64_t) * (const int16_t *)value ^ sign;
    case LAYOUT_I32: return (uint64_t) * (const int32_t *)value ^ sign;
    case LAYOUT_I64: return (uint64_t) * (const int64_t *)value ^ sign;
    case LAYOUT_I128: return (uint64_t)(*(const int128 *)value >> 64) ^ sign;
    case LAYOUT_F32: return double_prefix((double)*(const float *)value);
    case LAYOUT_F64: return double_prefix(*(const double *)value);
    case LAYOUT_VIEW: return view_prefix(value);
    default: return 0;
    }
}

static uint64_t row_prefix(const struct sort *sort, const struct batch *batch, uint32_t row) {
    if (sort->key_count == 0)
        return 0;
    const struct sort_key *key = &sort->keys[0];
    const struct column *column = &batch->columns[key->column];
    if (column_is_null(column, row))
        return key->nulls_first ? 0 : UINT64_MAX;
    uint64_t prefix = value_prefix(column, row);
    return key->descending ? ~prefix : prefix;
}

static int compare_key(const struct sort_key *key, const struct batch *a, uint32_t row_a, const struct batch *b,
                       uint32_t row_b) {
    const struct column *column_a = &a->columns[key->column];
    const struct column *column_b = &b->columns[key->column];
    bool null_a = column_is_null(column_a, row_a);
    bool null_b = column_is_null(column_b, row_b);
    if (null_a || null_b)
        return null_a == null_b ? 0 : null_a == key->nulls_first ? -1 : 1;
    int order = column_values_compare(column_a, row_a, column_b, row_b);
    return key->descending ? -order : order;
}

static int compare_rows(const void *left, const void *right, void *context) {
    const struct sort *sort = context;
    const struct sort_row *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    for (uint32_t i = 0; i < sort->key_count; i++) {
        int order = compare_key(&sort->keys[i], sort->batches[a->position >> 16], a->position & 0xFFFF,
                                sort->batches[b->position >> 16], b->position & 0xFFFF);
        if (order)
            return order;
    }
    return (a->position > b->position) - (a->position < b->position);
}

static int compare_positions(const void *left, const void *right) {
    const struct sort_row *a = left, *b = right;
    return (a->position > b->position) - (a->position < b->position);
}

static int compare_descending(const void *left, const void *right, void *context) {
    return compare_rows(right, left, context);
}

static void append_row(struct sort *sort, struct sort_row row) {
    if (sort->row_count == sort->row_capacity) {
        sort->row_capacity = sort->row_capacity ? sort->row_capacity * 2 : 1024;
        sort->rows = memory_realloc(sort->rows, sort->row_capacity * sizeof *sort->rows);
    }
    sort->rows[sort->row_count++] = row;
}

static void append_batch(struct sort *sort, struct batch *batch) {
    if (sort->batch_count == sort->batch_capacity) {
        sort->batch_capacity = sort->batch_capacity ? sort->batch_capacity * 2 : 64;
        sort->batches = memory_realloc(sort->batches, sort->batch_capacity * sizeof *sort->batches);
    }
    sort->batches[sort->batch_count++] = batch;
    sort->batch_rows += batch->row_count;
    sort->state_bytes += batch->arena.size_bytes;
}

static void sift_up(struct sort *sort, size_t index) {
    struct sort_row row = sort->rows[index];
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (compare_rows(&row, &sort->rows[parent], sort) <= 0)
            break;
        sort->rows[index] = sort->rows[parent];
        index = parent;
    }
    sort->rows[index] = row;
}

static void replace_top(struct sort *sort, struct sort_row row) {
    size_t index = 0;
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= sort->row_count)
            break;
        if (child + 1 < sort->row_count && compare_rows(&sort->rows[child + 1], &sort->rows[child], sort) > 0)
            child++;
        if (compare_rows(&row, &sort->rows[child], sort) >= 0)
            break;
        sort->rows[index] = sort->rows[child];
        index = child;
    }
    sort->rows[index] = row;
}

/* Adds the rows of the newest batch that belong to the kept ones; how many did. */
static uint32_t keep_best(struct sort *sort, const struct batch *batch, uint64_t position) {
    uint32_t kept = 0;
    for (uint32_t row = 0; row < batch->row_count; row++) {
        struct sort_row candidate = {.prefix = row_prefix(sort, batch, row), .position = position | row};
        if (sort->row_count < sort->keep_rows) {
            append_row(sort, candidate);
            sift_up(sort, sort->row_count - 1);
        } else if (candidate.prefix <= sort->rows[0].prefix && compare_rows(&candidate, &sort->rows[0], sort) < 0) {
            replace_top(sort, candidate);
        } else {
            continue;
        }
        kept++;
    }
    return kept;
}

/* Copies `count` kept rows, in the order of rows[], into FLAT columns of `target`. */
static void copy_rows(const struct sort *sort, const struct sort_row *rows, uint32_t count, struct batch *target) {
    for (uint32_t column = 0; column < target->column_count; column++)
        for (uint32_t i = 0; i < count; i++)
            column_copy_value(&target->columns[column], &target->arena, i, count,
                              &sort->batches[rows[i].position >> 16]->columns[column], rows[i].position & 0xFFFF);
}

static void release_batches(struct sort *sort, struct batch **batches, size_t count) {
    for (size_t i = 0; i < count; i++)
        batch_release(batches[i]);
    sort->state_bytes = 0;
}

/* Moves the kept rows into batches of their own, in order of arrival, and lets go of the input. */
static void pack_rows(struct sort *sort) {
    qsort(sort->rows, sort->row_count, sizeof *sort->rows, compare_positions);
    struct batch **old = sort->batches;
    size_t old_count = sort->batch_count;
    size_t packed_count = (sort->row_count + BATCH_ROWS_DEFAULT - 1) / BATCH_ROWS_DEFAULT;
    struct batch **packed = memory_alloc(packed_count * sizeof *packed);
    for (size_t i = 0; i < packed_count; i++) {
        size_t first = i * BATCH_ROWS_DEFAULT;
        size_t left = sort->row_count - first;
        uint32_t count = left < BATCH_ROWS_DEFAULT ? (uint32_t)left : BATCH_ROWS_DEFAULT;
        packed[i] = batch_new_for(sort->base.context->pool, sort->base.input_schemas[0], count);
        copy_rows(sort, sort->rows + first, count, packed[i]);
    }
    release_batches(sort, old, old_count);
    free(old);
    sort->batches = NULL;
    sort->batch_count = sort->batch_capacity = 0;
    sort->batch_rows = 0;
    for (size_t i = 0; i < packed_count; i++)
        append_batch(sort, packed[i]);
    free(packed);
    for (size_t i = 0; i < sort->row_count; i++)
        sort->rows[i].position = (uint64_t)(i / BATCH_ROWS_DEFAULT) << 16 | i % BATCH_ROWS_DEFAULT;
    qsort_r(sort->rows, sort->row_count, sizeof *sort->rows, compare_descending, sort); /* is a heap */
}

static enum status refuse_changes(const struct batch *batch, struct error *error) {
    for (uint32_t row = 0; batch->change_kinds && row < batch->row_count; row++)
        if (batch->change_kinds[row] != CHANGE_INSERT)
            return FAIL(error, STATUS_UNSUPPORTED, "ORDER BY over a result that is updated");
    return STATUS_OK;
}

static enum status sort_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                 struct error *error) {
    (void)input;
    struct sort *sort = (struct sort *)self;
    TRY(refuse_changes(batch, error));
    uint64_t position = (uint64_t)sort->batch_count << 16;
    size_t had_rows = sort->row_count;
    append_batch(sort, batch);
    batch_reference(batch);
    uint32_t kept = batch->row_count;
    if (sort->keep_rows == UINT64_MAX)
        for (uint32_t row = 0; row < batch->row_count; row++)
            append_row(sort, (struct sort_row){.prefix = row_prefix(sort, batch, row), .position = position | row});
    else
        kept = keep_best(sort, batch, position);
    self->counters.rows_filtered += batch->row_count - (sort->row_count - had_rows);
    if (kept == 0) {
        sort->batch_count--;
        sort->batch_rows -= batch->row_count;
        sort->state_bytes -= batch->arena.size_bytes;
        batch_release(batch);
    } else if (sort->batch_rows > PACK_ROWS_MIN && sort->batch_rows / 4 > sort->row_count) {
        pack_rows(sort);
    }
    self->counters.state_rows = sort->row_count;
    self->counters.state_bytes = sort->state_bytes + sort->row_capacity * sizeof *sort->rows;
    return STATUS_OK;
}

static enum status sort_on_end(struct stream_operator *self, struct error *error) {
    struct sort *sort = (struct sort *)self;
    if (sort->row_count > 0)
        qsort_r(sort->rows, sort->row_count, sizeof *sort->rows, compare_rows, sort);
    size_t first = sort->offset_rows < sort->row_count ? (size_t)sort->offset_rows : sort->row_count;
    self->counters.rows_filtered += first;
    while (first < sort->row_count && operator_wants_rows(self)) {
        size_t left = sort->row_count - first;
        uint32_t count = left < self->context->batch_rows ? (uint32_t)left : self->context->batch_rows;
        struct batch *batch = operator_batch_new(self, count);
        copy_rows(sort, sort->rows + first, count, batch);
        TRY(operator_emit(self, batch, error));
        first += count;
    }
    self->counters.state_rows = self->counters.state_bytes = 0;
    return STATUS_OK;
}

enum { ROWS_VERSION = 1 };

/* Kept rows in the order in which they came. */
static enum status sort_on_snapshot(struct stream_operator *self, struct snapshot_writer *writer, struct error *error) {
    (void)error;
    const struct sort *sort = (const struct sort *)self;
    struct sort_row *rows = memory_alloc((sort->row_count + 1) * sizeof *rows);
    if (sort->row_count)
        memcpy(rows, sort->rows, sort->row_count * sizeof *rows);
    qsort(rows, sort->row_count, sizeof *rows, compare_positions);
    struct strbuf value;
    strbuf_init(&value);
    snapshot_section_begin(writer, "rows", ROWS_VERSION);
    for (size_t i = 0; i < sort->row_count; i++) {
        const struct batch *batch = sort->batches[rows[i].position >> 16];
        strbuf_reset(&value);
        row_encode_exact(&value, batch->columns, batch->column_count, rows[i].position & 0xFFFF);
        snapshot_put(writer, &(struct snapshot_record){.order = i, .value = strbuf_str(&value)});
    }
    snapshot_section_end(writer);
    strbuf_release(&value);
    free(rows);
    return STATUS_OK;
}

static enum status restore_rows(struct sort *sort, const struct snapshot_record *records, uint32_t count,
                                struct error *error) {
    struct batch *batch = batch_new_for(sort->base.context->pool, sort->base.input_schemas[0], count);
    uint64_t position = (uint64_t)sort->batch_count << 16;
    append_batch(sort, batch);
    for (uint32_t row = 0; row < count; row++) {
        struct str bytes = records[row].value;
        bytes.data = arena_copy(&batch->arena, bytes.data, bytes.size);
        TRY(row_decode(bytes, batch->columns, batch->column_count, row, count, &batch->arena, error));
        append_row(sort, (struct sort_row){.prefix = row_prefix(sort, batch, row), .position = position | row});
    }
    return STATUS_OK;
}

static enum status sort_on_restore(struct stream_operator *self, struct snapshot_reader *reader, struct error *error) {
    struct sort *sort = (struct sort *)self;
    struct snapshot_record *records;
    size_t count;
    TRY(snapshot_section_open(reader, "rows", ROWS_VERSION, error));
    TRY(snapshot_records(reader, &records, &count, error));
    enum status status = STATUS_OK;
    for (size_t first = 0; first < count && status == STATUS_OK; first += BATCH_ROWS_DEFAULT) {
        size_t left = count - first;
        status =
            restore_rows(sort, records + first, left < BATCH_ROWS_DEFAULT ? (uint32_t)left : BATCH_ROWS_DEFAULT, error);
    }
    free(records);
    TRY(status);
    if (sort->keep_rows != UINT64_MAX && sort->row_count > 0)
        qsort_r(sort->rows, sort->row_count, sizeof *sort->rows, compare_descending, sort); /* is a heap */
    self->counters.state_rows = sort->row_count;
    self->counters.state_bytes = sort->state_bytes + sort->row_capacity * sizeof *sort->rows;
    return STATUS_OK;
}

static void sort_close(struct stream_operator *self) {
    struct sort *sort = (struct sort *)self;
    release_batches(sort, sort->batches, sort->batch_count);
    free(sort->batches);
    free(sort->rows);
}

const struct operator_class sort_class = {
    .name = "Sort",
    .size = sizeof(struct sort),
    .open = sort_open,
    .on_batch = sort_on_batch,
    .on_end = sort_on_end,
    .on_snapshot = sort_on_snapshot,
    .on_restore = sort_on_restore,
    .close = sort_close,
};
