/* distinct.c: see the header. A value's hash is column_hash over the arguments; only 32 bits of it are kept. */
#include "executor/distinct.h"

#include "core/base/arena.h"
#include "core/data/row_codec.h"

enum { PREFETCH_ROWS = 32, MERGE_ROWS = 1024 };

void distinct_family_prepare(struct distinct_family *family, bool retracting) {
    enum cell_kind kind = family->argument_count == 1 ? cell_kind_of(family->argument_types[0]) : CELL_ENCODED;
    bool is_wide = type_layout(family->argument_types[0]) == LAYOUT_I128;
    value_set_format_init(&family->format, kind, is_wide, retracting ? family->call_count : 0);
    strbuf_init(&family->encoded);
}

void distinct_family_close(struct distinct_family *family) {
    strbuf_release(&family->encoded);
}

static struct value_set *set_of(const struct distinct_family *family, uint8_t *record) {
    return (struct value_set *)(record + family->set_offset);
}

/* Bit c is set where call c's filter lets the row through and no argument is NULL. */
static uint32_t *filter_masks(const struct distinct_family *family, const struct column *columns,
                              const struct selection *selection, struct arena *scratch) {
    uint32_t *masks = ARENA_ARRAY(scratch, uint32_t, selection->count);
    for (uint32_t c = 0; c < family->call_count; c++) {
        int32_t filter = family->calls[c].filter;
        for (uint32_t i = 0; i < selection->count; i++) {
            uint32_t row = selection_row(selection, i);
            bool passes = filter < 0 || (!column_is_null(&columns[filter], row) &&
                                         *(const uint8_t *)column_value(&columns[filter], row));
            masks[i] |= (uint32_t)passes << c;
        }
    }
    for (uint32_t a = 0; a < family->argument_count; a++) {
        const struct column *argument = &columns[family->arguments[a]];
        for (uint32_t i = 0; argument->validity && i < selection->count; i++)
            if (column_is_null(argument, selection_row(selection, i)))
                masks[i] = 0;
    }
    return masks;
}

static struct cell read_value(struct distinct_family *family, const struct column *columns, uint32_t row) {
    if (family->argument_count == 1)
        return cell_read(&columns[family->arguments[0]], row, &family->encoded);
    strbuf_reset(&family->encoded);
    row_encode(&family->encoded, columns, family->arguments, family->argument_count, row);
    ASSERT(family->encoded.size <= UINT32_MAX);
    return (struct cell){.view = view_make(family->encoded.data, (uint32_t)family->encoded.size)};
}

/* Counts for each call in the mask; returns the calls for which the value came (step 1) or went (step -1). */
static uint32_t count_value(const struct distinct_family *family, struct value_entry_head *entry, uint32_t mask,
                            int64_t step) {
    if (!family->format.count_count) {
        uint32_t before = entry->mask;
        entry->mask |= mask;
        return mask & ~before;
    }
    int64_t *counts = value_set_counts(&family->format, entry);
    uint32_t changed = 0;
    for (; mask; mask &= mask - 1) {
        uint32_t call = (uint32_t)__builtin_ctz(mask);
        bool before = counts[call] > 0;
        counts[call] += step;
        changed |= (uint32_t)((counts[call] > 0) != before) << call;
    }
    entry->mask ^= changed;
    return changed;
}

static void prefetch_sets(const struct distinct_family *family, uint8_t *const *records, const uint64_t *hashes,
                          uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct value_set *set = set_of(family, records[i]);
        if (set->capacity)
            __builtin_prefetch(value_set_home(set, &family->format, value_set_tag(hashes[i])), 1);
    }
}

/* Hands the rows whose bit is set to each call. */
static enum status run_calls(const struct distinct_family *family, const struct column *arguments,
                             const struct selection *selection, const uint32_t *bits, uint8_t *const *records,
                             bool retract, struct arena *scratch, struct error *error) {
    uint16_t *rows = arena_alloc(scratch, selection->count * sizeof *rows);
    uint8_t **states = arena_alloc(scratch, selection->count * sizeof *states);
    for (uint32_t c = 0; c < family->call_count; c++) {
        const struct aggregate_call *call = family->calls[c].call;
        struct selection chosen = {.rows = rows};
        for (uint32_t i = 0; i < selection->count; i++) {
            rows[chosen.count] = (uint16_t)selection_row(selection, i);
            states[chosen.count] = records[i];
            chosen.count += bits[i] >> c & 1;
        }
        if (!chosen.count)
            continue;
        aggregate_update_function *function = retract ? call->aggregate->retract : call->aggregate->update;
        TRY(function(call, arguments, &chosen, states, error));
    }
    return STATUS_OK;
}

/* The arguments side by side, as aggregates want them. */
static const struct column *argument_columns(const struct distinct_family *family, const struct column *columns,
                                             struct arena *scratch) {
    struct column *arguments = ARENA_ARRAY(scratch, struct column, family->argument_count);
    for (uint32_t a = 0; a < family->argument_count; a++)
        arguments[a] = columns[family->arguments[a]];
    return arguments;
}

enum status distinct_family_update(struct distinct_family *family, const struct column *columns,
                                   const struct selection *selection, uint8_t *const *records, bool retract,
                                   struct arena *scratch, struct error *error) {
    uint32_t *masks = filter_masks(family, columns, selection, scratch);
    uint64_t *hashes = arena_alloc(scratch, selection->count * sizeof *hashes);
    for (uint32_t a = 0; a < family->argument_count; a++)
        column_hash(&columns[family->arguments[a]], selection, hashes, a == 0);
    for (uint32_t i = 0; i < selection->count; i++) {
        if (i % PREFETCH_ROWS == 0) {
            uint32_t left = selection->count - i;
            prefetch_sets(family, records + i, hashes + i, left < PREFETCH_ROWS ? left : PREFETCH_ROWS);
        }
        if (!masks[i])
            continue;
        struct cell value = read_value(family, columns, selection_row(selection, i));
        struct value_entry_head *entry =
            value_set_add(set_of(family, records[i]), &family->format, value_set_tag(hashes[i]), value, family->memory);
        masks[i] = count_value(family, entry, masks[i], retract ? -1 : 1);
    }
    return run_calls(family, argument_columns(family, columns, scratch), selection, masks, records, retract, scratch,
                     error);
}

/* --- merging: values that a target did not have yet are fed to its aggregates --- */

struct merge_batch {
    struct arena round;       /* of what is collected until the next flush */
    struct column *arguments; /* the values, MERGE_ROWS of them */
    uint32_t came[MERGE_ROWS], went[MERGE_ROWS];
    uint8_t *targets[MERGE_ROWS];
    uint32_t count;
};

static void start_round(const struct distinct_family *family, struct merge_batch *batch) {
    arena_reset(&batch->round);
    batch->count = 0;
    batch->arguments = ARENA_ARRAY(&batch->round, struct column, family->argument_count);
    for (uint32_t a = 0; a < family->argument_count; a++)
        column_init(&batch->arguments[a], &batch->round, family->argument_types[a], MERGE_ROWS);
}

static enum status flush_merge(const struct distinct_family *family, struct merge_batch *batch, struct error *error) {
    struct selection all = {.count = batch->count};
    TRY(run_calls(family, batch->arguments, &all, batch->came, batch->targets, false, &batch->round, error));
    if (family->format.count_count)
        TRY(run_calls(family, batch->arguments, &all, batch->went, batch->targets, true, &batch->round, error));
    start_round(family, batch);
    return STATUS_OK;
}

static void write_arguments(const struct distinct_family *family, struct merge_batch *batch, struct cell value) {
    if (family->argument_count == 1) {
        cell_write(value, &batch->arguments[0], batch->count, MERGE_ROWS, &batch->round);
        return;
    }
    struct error error;
    ASSERT(row_decode(view_str(&value.view), batch->arguments, family->argument_count, batch->count, MERGE_ROWS,
                      &batch->round, &error) == STATUS_OK);
}

/* Adds a source's counts to a target's, call by call; says for which calls the value came or went. */
static void add_counts(const struct distinct_family *family, struct value_entry_head *target,
                       struct value_entry_head *source, uint32_t *came, uint32_t *went) {
    *came = *went = 0;
    if (!family->format.count_count) {
        *came = count_value(family, target, source->mask, 1);
        return;
    }
    const int64_t *counts = value_set_counts(&family->format, source);
    for (uint32_t c = 0; c < family->call_count; c++) {
        uint32_t changed = counts[c] ? count_value(family, target, 1u << c, counts[c]) : 0;
        *(counts[c] > 0 ? came : went) |= changed;
    }
}

static enum status merge_set(struct distinct_family *family, struct merge_batch *batch, uint8_t *target,
                             const struct value_set *source, struct error *error) {
    uint32_t position = 0;
    struct value_entry_head *entry;
    while ((entry = value_set_next(source, &family->format, &position))) {
        struct cell value = value_set_value(&family->format, entry);
        struct value_entry_head *present =
            value_set_add(set_of(family, target), &family->format, entry->tag, value, family->memory);
        uint32_t came, went;
        add_counts(family, present, entry, &came, &went);
        if (!came && !went)
            continue;
        write_arguments(family, batch, value);
        batch->came[batch->count] = came;
        batch->went[batch->count] = went;
        batch->targets[batch->count++] = target;
        if (batch->count == MERGE_ROWS)
            TRY(flush_merge(family, batch, error));
    }
    return STATUS_OK;
}

enum status distinct_family_merge(struct distinct_family *family, uint8_t *const *targets, uint8_t *const *sources,
                                  uint32_t count, struct arena *scratch, struct error *error) {
    struct merge_batch *batch = ARENA_NEW(scratch, struct merge_batch);
    enum status status = STATUS_OK;
    start_round(family, batch);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = merge_set(family, batch, targets[i], set_of(family, sources[i]), error);
    if (status == STATUS_OK)
        status = flush_merge(family, batch, error);
    arena_release(&batch->round);
    return status;
}

void distinct_family_release(struct distinct_family *family, uint8_t *record) {
    value_set_release(set_of(family, record), &family->format, family->memory);
}

void distinct_family_encode(const struct distinct_family *family, const uint8_t *record, struct strbuf *out) {
    value_set_encode((const struct value_set *)(record + family->set_offset), &family->format, out);
}

void distinct_family_decode(struct distinct_family *family, uint8_t *record, struct bytes_reader *reader) {
    value_set_decode(set_of(family, record), &family->format, family->argument_types, family->argument_count, reader,
                     family->memory);
}
