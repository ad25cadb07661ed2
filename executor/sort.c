/* sort.c: ORDER BY of bounded input, stable; with a LIMIT only the rows that can still be in the answer are kept.
 *
 *   batches[] ◀── position = batch << 16 | row ── rows[]: {prefix of the first key, position}
 *
 * The prefix orders most pairs with one integer comparison; the position, which grows with arrival, decides ties.
 * With a LIMIT, rows[] is a heap with the last of the kept rows on top. Batches whose rows were mostly displaced are packed
 * together from time to time, so memory follows the limit and not the input.
 *
 * With a state back-end, rows that memory has no room for leave all together, as a sorted run (sort_runs.h), and positions begin anew: what is
 * in RAM came after all that left. The end merges the runs. */
#include "executor/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/data/row_codec.h"
#include "core/data/sort_key.h"
#include "executor/snapshot.h"
#include "executor/sort_runs.h"
#include "executor/state.h"

struct sort_row {
    uint64_t prefix;
    uint64_t position;
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
    struct sort_runs *runs; /* NULL: all rows stay in memory */
};

enum { PACK_ROWS_MIN = 65536, TAKEN_ROWS = 256 };

static enum status open_runs(const struct sort *sort, struct state_backend *backend, struct sort_runs **runs,
                             struct error *error) {
    char operator_id[STATE_OPERATOR_ID_SIZE];
    state_operator_id(sort->base.class->name, sort->base.node->id, operator_id);
    return sort_runs_open(backend, operator_id, runs, error);
}

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
    return self->context->state ? open_runs(sort, self->context->state, &sort->runs, error) : STATUS_OK;
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

/* Of its own memory or of what it borrows, whichever is more. */
static size_t held_bytes(const struct batch *batch) {
    size_t values = batch_size_bytes(batch), own = batch->arena.size_bytes;
    return values > own ? values : own;
}

static void append_batch(struct sort *sort, struct batch *batch) {
    if (sort->batch_count == sort->batch_capacity) {
        sort->batch_capacity = sort->batch_capacity ? sort->batch_capacity * 2 : 64;
        sort->batches = memory_realloc(sort->batches, sort->batch_capacity * sizeof *sort->batches);
    }
    sort->batches[sort->batch_count++] = batch;
    sort->batch_rows += batch->row_count;
    sort->state_bytes += held_bytes(batch);
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

/* ---- rows that leave memory ---- */

static size_t memory_bytes(const struct sort *sort) {
    return sort->state_bytes + sort->row_capacity * sizeof *sort->rows;
}

static void count_state(struct sort *sort) {
    sort->base.counters.state_rows = sort->row_count + (sort->runs ? sort_runs_row_count(sort->runs) : 0);
    sort->base.counters.state_bytes = memory_bytes(sort);
}

static void forget_rows(struct sort *sort) {
    release_batches(sort, sort->batches, sort->batch_count);
    free(sort->rows);
    sort->rows = NULL;
    sort->row_count = sort->row_capacity = 0;
    sort->batch_count = 0;
    sort->batch_rows = 0;
}

static enum status put_rows(struct sort *sort, struct strbuf *key, struct strbuf *value, struct error *error) {
    for (size_t i = 0; i < sort->row_count; i++) {
        const struct batch *batch = sort->batches[sort->rows[i].position >> 16];
        uint32_t row = sort->rows[i].position & 0xFFFF;
        strbuf_reset(key);
        strbuf_reset(value);
        sort_key_encode(key, batch->columns, sort->keys, sort->key_count, row);
        row_encode_exact(value, batch->columns, batch->column_count, row);
        TRY(sort_runs_put(sort->runs, strbuf_str(key), strbuf_str(value), error));
    }
    return sort_runs_end(sort->runs, error);
}

/* All rows in memory become a run. */
static enum status write_run(struct sort *sort, struct error *error) {
    struct strbuf key, value;
    if (sort->row_count == 0)
        return STATUS_OK;
    qsort_r(sort->rows, sort->row_count, sizeof *sort->rows, compare_rows, sort);
    strbuf_init(&key);
    strbuf_init(&value);
    enum status status = put_rows(sort, &key, &value, error);
    strbuf_release(&key);
    strbuf_release(&value);
    forget_rows(sort);
    return status;
}

/* When the budget asks for it: displaced rows go first, then all others. */
static enum status trim(struct sort *sort, struct error *error) {
    if (!sort->runs || !sort_runs_want_rows(sort->runs, memory_bytes(sort)))
        return STATUS_OK;
    if (sort->batch_rows / 2 > sort->row_count) {
        pack_rows(sort);
        if (!sort_runs_want_rows(sort->runs, memory_bytes(sort)))
            return STATUS_OK;
    }
    enum status status = write_run(sort, error);
    (void)sort_runs_want_rows(sort->runs, memory_bytes(sort));
    return status;
}

static enum status sort_on_memory_short(struct stream_operator *self, struct error *error) {
    struct sort *sort = (struct sort *)self;
    TRY(trim(sort, error));
    count_state(sort);
    return STATUS_OK;
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
        sort->state_bytes -= held_bytes(batch);
        batch_release(batch);
    } else if (sort->batch_rows > PACK_ROWS_MIN && sort->batch_rows / 4 > sort->row_count) {
        pack_rows(sort);
    }
    TRY(trim(sort, error));
    count_state(sort);
    return STATUS_OK;
}

/* ---- the end ---- */

static enum status decode_row(struct batch *batch, uint32_t row, uint32_t capacity_rows, struct str bytes,
                              struct error *error) {
    bytes.data = arena_copy(&batch->arena, bytes.data, bytes.size);
    return row_decode(bytes, batch->columns, batch->column_count, row, capacity_rows, &batch->arena, error);
}

static enum status read_merged(struct sort *sort, struct batch *batch, uint32_t count, struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        struct str bytes;
        bool found;
        TRY(sort_runs_next(sort->runs, &bytes, &found, error));
        ASSERT(found);
        TRY(decode_row(batch, i, count, bytes, error));
    }
    return STATUS_OK;
}

static enum status skip_merged(struct sort *sort, uint64_t count, struct error *error) {
    for (bool found = true; found && count > 0; count--) {
        struct str bytes;
        TRY(sort_runs_next(sort->runs, &bytes, &found, error));
    }
    return STATUS_OK;
}

/* The next rows: from memory, or merged from the runs. */
static enum status fill_batch(struct sort *sort, uint64_t first, struct batch *batch, uint32_t count,
                              struct error *error) {
    if (sort->runs && sort_runs_row_count(sort->runs) > 0)
        return read_merged(sort, batch, count, error);
    copy_rows(sort, sort->rows + first, count, batch);
    return STATUS_OK;
}

static enum status emit_rows(struct sort *sort, uint64_t first, uint64_t end, struct error *error) {
    struct stream_operator *self = &sort->base;
    while (first < end && operator_wants_rows(self)) {
        uint64_t left = end - first;
        uint32_t count = left < self->context->batch_rows ? (uint32_t)left : self->context->batch_rows;
        struct batch *batch = operator_batch_new(self, count);
        enum status status = fill_batch(sort, first, batch, count, error);
        if (status != STATUS_OK) {
            batch_release(batch);
            return status;
        }
        TRY(operator_emit(self, batch, error));
        first += count;
    }
    return STATUS_OK;
}

static enum status sort_on_end(struct stream_operator *self, struct error *error) {
    struct sort *sort = (struct sort *)self;
    bool has_runs = sort->runs && sort_runs_row_count(sort->runs) > 0;
    if (has_runs)
        TRY(write_run(sort, error));
    else if (sort->row_count > 0)
        qsort_r(sort->rows, sort->row_count, sizeof *sort->rows, compare_rows, sort);
    uint64_t held = has_runs ? sort_runs_row_count(sort->runs) : sort->row_count;
    uint64_t end = held < sort->keep_rows ? held : sort->keep_rows;
    uint64_t first = sort->offset_rows < end ? sort->offset_rows : end;
    self->counters.rows_filtered += first + (held - end);
    if (has_runs) {
        TRY(sort_runs_merge(sort->runs, error));
        TRY(skip_merged(sort, first, error));
    }
    TRY(emit_rows(sort, first, end, error));
    if (has_runs)
        TRY(sort_runs_finish(sort->runs, error));
    self->counters.state_rows = self->counters.state_bytes = 0;
    return STATUS_OK;
}

/* ---- snapshots ---- */

enum { ROWS_VERSION = 1 };

/* Rows in memory, in the order in which they came; those of runs follow. */
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
    if (sort->runs)
        sort_runs_snapshot(sort->runs, writer);
    return STATUS_OK;
}

static enum status sort_on_snapshot_step(struct stream_operator *self, size_t *budget_bytes, bool *done,
                                         struct error *error) {
    struct sort *sort = (struct sort *)self;
    *done = true;
    return sort->runs ? sort_runs_snapshot_step(sort->runs, budget_bytes, done, error) : STATUS_OK;
}

static void sort_on_snapshot_abandon(struct stream_operator *self) {
    struct sort *sort = (struct sort *)self;
    if (sort->runs)
        sort_runs_snapshot_abandon(sort->runs);
}

static enum status restore_batch(struct sort *sort, const struct snapshot_record *records, uint32_t count,
                                 struct error *error) {
    struct batch *batch = batch_new_for(sort->base.context->pool, sort->base.input_schemas[0], count);
    for (uint32_t row = 0; row < count; row++) {
        enum status status = decode_row(batch, row, count, records[row].value, error);
        if (status == STATUS_OK)
            continue;
        batch_release(batch);
        return status;
    }
    uint64_t position = (uint64_t)sort->batch_count << 16;
    append_batch(sort, batch);
    for (uint32_t row = 0; row < count; row++)
        append_row(sort, (struct sort_row){.prefix = row_prefix(sort, batch, row), .position = position | row});
    return STATUS_OK;
}

/* Behind those that are there. */
static enum status restore_rows(struct sort *sort, const struct snapshot_record *records, size_t count,
                                struct error *error) {
    for (size_t first = 0; first < count; first += BATCH_ROWS_DEFAULT) {
        size_t left = count - first;
        TRY(restore_batch(sort, records + first, left < BATCH_ROWS_DEFAULT ? (uint32_t)left : BATCH_ROWS_DEFAULT,
                          error));
        TRY(trim(sort, error));
    }
    return STATUS_OK;
}

/* In order, so that of equal rows the earlier one stays the first. */
static enum status take_over_rows(struct sort *sort, struct sort_runs *runs, struct error *error) {
    struct snapshot_record records[TAKEN_ROWS] = {0};
    struct arena arena;
    arena_init(&arena);
    enum status status = sort_runs_merge(runs, error);
    for (bool found = true; found && status == STATUS_OK;) {
        size_t count = 0;
        for (; count < TAKEN_ROWS; count++) {
            struct str row;
            status = sort_runs_next(runs, &row, &found, error);
            if (status != STATUS_OK || !found)
                break;
            records[count].value = (struct str){arena_copy(&arena, row.data, row.size), row.size};
        }
        if (status == STATUS_OK)
            status = restore_rows(sort, records, count, error);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return status;
}

/* Without a back-end: what a checkpoint's files have of the runs becomes rows in memory. */
static enum status take_over(struct sort *sort, struct snapshot_reader *reader, struct error *error) {
    struct sort_runs *runs = NULL;
    enum status status = open_runs(sort, sort->base.context->restored_state, &runs, error);
    if (status == STATUS_OK)
        status = sort_runs_restore(runs, reader, error);
    if (status == STATUS_OK && sort_runs_row_count(runs) > 0)
        status = take_over_rows(sort, runs, error);
    sort_runs_close(runs);
    return status;
}

/* Rows of runs came before those in memory. */
static enum status restore_runs(struct sort *sort, struct snapshot_reader *reader, struct error *error) {
    struct snapshot_record *records;
    size_t count;
    if (snapshot_is_read(reader))
        return STATUS_OK;
    if (sort->runs)
        return sort_runs_restore(sort->runs, reader, error);
    if (sort->base.context->restored_state)
        return take_over(sort, reader, error);
    TRY(sort_runs_read(reader, &records, &count, error));
    enum status status = restore_rows(sort, records, count, error);
    free(records);
    return status;
}

static enum status sort_on_restore(struct stream_operator *self, struct snapshot_reader *reader, struct error *error) {
    struct sort *sort = (struct sort *)self;
    struct snapshot_record *records;
    size_t count;
    TRY(snapshot_section_open(reader, "rows", ROWS_VERSION, error));
    TRY(snapshot_records(reader, &records, &count, error));
    enum status status = restore_runs(sort, reader, error);
    if (status == STATUS_OK)
        status = restore_rows(sort, records, count, error);
    free(records);
    TRY(status);
    if (sort->keep_rows != UINT64_MAX && sort->row_count > 0)
        qsort_r(sort->rows, sort->row_count, sizeof *sort->rows, compare_descending, sort); /* is a heap */
    count_state(sort);
    return STATUS_OK;
}

static void sort_close(struct stream_operator *self) {
    struct sort *sort = (struct sort *)self;
    release_batches(sort, sort->batches, sort->batch_count);
    free(sort->batches);
    free(sort->rows);
    sort_runs_close(sort->runs);
}

const struct operator_class sort_class = {
    .name = "Sort",
    .size = sizeof(struct sort),
    .open = sort_open,
    .on_batch = sort_on_batch,
    .on_end = sort_on_end,
    .on_memory_short = sort_on_memory_short,
    .on_snapshot = sort_on_snapshot,
    .on_snapshot_step = sort_on_snapshot_step,
    .on_snapshot_abandon = sort_on_snapshot_abandon,
    .on_restore = sort_on_restore,
    .close = sort_close,
};
