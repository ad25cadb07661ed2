/* aggregate_set.c: see the header. Calls are plain (filter or not) or belong to a family of DISTINCT calls (distinct.h).
 * A batch is cut at most twice, into inserts and retractions, and then once for each filter. */
#include "executor/aggregate_set.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/data/batch.h"
#include "core/functions/aggregate.h"
#include "core/functions/state_memory.h"
#include "executor/distinct.h"

struct set_call {
    struct aggregate_call call;
    const uint32_t *arguments;
    int32_t filter;
    bool is_distinct;
    uint32_t position; /* of the state behind the set's offset */
};

struct aggregate_set {
    struct arena arena;   /* of the set */
    struct arena scratch; /* of one call */
    struct state_memory *memory;
    const struct schema *input;
    bool retracting;
    struct set_call *calls;
    uint32_t call_count;
    struct distinct_family *families;
    uint32_t *family_positions;
    uint32_t family_count;
    uint32_t size, offset;
    uint8_t *initial;       /* the states of a group without rows */
    bool *is_used;          /* per input column */
    struct column *columns; /* of the batch at hand, none a DICTIONARY; only those used */
    bool owns_memory;
};

/* --- opening --- */

static enum status refuse_retraction(const struct aggregate_set_call *call, struct error *error) {
    char name[64];
    size_t size = 0;
    for (; size < sizeof name - 1 && call->aggregate->name[size]; size++)
        name[size] = (char)toupper((unsigned char)call->aggregate->name[size]);
    name[size] = '\0';
    FAIL_AT(error, call->position, STATUS_UNSUPPORTED, "%s cannot take back rows, and its input may retract some",
            name);
    error_hint(error, "aggregate over an append-only input, or use another function");
    return STATUS_UNSUPPORTED;
}

static enum status open_call(struct aggregate_set *set, const struct aggregate_set_call *from, struct set_call *to,
                             struct error *error) {
    const struct aggregate *aggregate = set->retracting ? aggregate_retractable(from->aggregate) : from->aggregate;
    if (!aggregate)
        return refuse_retraction(from, error);
    const struct type **types = ARENA_ARRAY(&set->arena, const struct type *, from->argument_count);
    uint32_t *arguments = ARENA_ARRAY(&set->arena, uint32_t, from->argument_count);
    for (uint32_t a = 0; a < from->argument_count; a++) {
        arguments[a] = from->arguments[a];
        types[a] = set->input->fields[arguments[a]].type;
        set->is_used[arguments[a]] = true;
    }
    if (from->filter >= 0)
        set->is_used[from->filter] = true;
    *to = (struct set_call){
        .call = {.aggregate = aggregate,
                 .type = from->type,
                 .argument_types = types,
                 .argument_count = from->argument_count,
                 .memory = set->memory,
                 .constants = from->constants,
                 .position = from->position},
        .arguments = arguments,
        .filter = from->filter,
        .is_distinct = from->distinct && from->argument_count && !aggregate->ignores_duplicates,
        .position = set->size,
    };
    set->size += aggregate->state_size;
    set->owns_memory |= to->is_distinct || aggregate->release;
    return STATUS_OK;
}

static struct distinct_family *family_of(struct aggregate_set *set, const struct set_call *call) {
    size_t size = call->call.argument_count * sizeof *call->arguments;
    for (uint32_t f = 0; f < set->family_count; f++) {
        struct distinct_family *family = &set->families[f];
        if (family->argument_count == call->call.argument_count &&
            memcmp(family->arguments, call->arguments, size) == 0)
            return family;
    }
    struct distinct_family *family = &set->families[set->family_count++];
    *family = (struct distinct_family){
        .arguments = call->arguments,
        .argument_count = call->call.argument_count,
        .argument_types = (const struct type **)(uintptr_t)call->call.argument_types,
        .memory = set->memory,
        .calls = ARENA_ARRAY(&set->arena, struct family_call, FAMILY_CALLS_MAX),
    };
    return family;
}

static enum status open_families(struct aggregate_set *set, struct error *error) {
    set->families = ARENA_ARRAY(&set->arena, struct distinct_family, set->call_count);
    set->family_positions = ARENA_ARRAY(&set->arena, uint32_t, set->call_count);
    for (uint32_t c = 0; c < set->call_count; c++) {
        struct set_call *call = &set->calls[c];
        if (!call->is_distinct)
            continue;
        struct distinct_family *family = family_of(set, call);
        if (family->call_count == FAMILY_CALLS_MAX)
            return FAIL_AT(error, call->call.position, STATUS_UNSUPPORTED,
                           "more than %d DISTINCT aggregates over the same argument", FAMILY_CALLS_MAX);
        family->calls[family->call_count++] = (struct family_call){&call->call, call->filter};
    }
    for (uint32_t f = 0; f < set->family_count; f++) {
        set->family_positions[f] = set->size;
        set->size += (uint32_t)sizeof(struct value_set);
        distinct_family_prepare(&set->families[f], set->retracting);
    }
    return STATUS_OK;
}

static enum status fill_set(struct aggregate_set *set, const struct aggregate_set_call *calls, struct error *error) {
    for (uint32_t c = 0; c < set->call_count; c++)
        TRY(open_call(set, &calls[c], &set->calls[c], error));
    TRY(open_families(set, error));
    set->initial = ARENA_ARRAY(&set->arena, uint8_t, set->size + 1);
    for (uint32_t c = 0; c < set->call_count; c++)
        if (set->calls[c].call.aggregate->init)
            set->calls[c].call.aggregate->init(&set->calls[c].call, set->initial + set->calls[c].position);
    return STATUS_OK;
}

enum status aggregate_set_open(const struct aggregate_set_call *calls, uint32_t call_count, const struct schema *input,
                               bool retracting, struct aggregate_set **set, struct error *error) {
    struct aggregate_set *opened = memory_zalloc(sizeof *opened);
    opened->memory = state_memory_new();
    opened->input = input;
    opened->retracting = retracting;
    opened->calls = ARENA_ARRAY(&opened->arena, struct set_call, call_count);
    opened->call_count = call_count;
    opened->is_used = ARENA_ARRAY(&opened->arena, bool, input->field_count);
    opened->columns = ARENA_ARRAY(&opened->arena, struct column, input->field_count);
    enum status status = fill_set(opened, calls, error);
    if (status != STATUS_OK) {
        aggregate_set_close(opened);
        return status;
    }
    aggregate_set_place(opened, 0);
    *set = opened;
    return STATUS_OK;
}

void aggregate_set_close(struct aggregate_set *set) {
    if (!set)
        return;
    for (uint32_t f = 0; f < set->family_count; f++)
        distinct_family_close(&set->families[f]);
    state_memory_free(set->memory);
    arena_release(&set->scratch);
    arena_release(&set->arena);
    free(set);
}

uint32_t aggregate_set_size(const struct aggregate_set *set) {
    return set->size;
}

void aggregate_set_place(struct aggregate_set *set, uint32_t offset) {
    ASSERT(offset % 8 == 0);
    set->offset = offset;
    for (uint32_t c = 0; c < set->call_count; c++)
        set->calls[c].call.state_offset = offset + set->calls[c].position;
    for (uint32_t f = 0; f < set->family_count; f++)
        set->families[f].set_offset = offset + set->family_positions[f];
}

void aggregate_set_init(const struct aggregate_set *set, uint8_t *const *records, const uint16_t *items,
                        uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        memcpy(records[items ? items[i] : i] + set->offset, set->initial, set->size);
}

/* --- rows in --- */

/* Some rows of the batch, and their records. */
struct part {
    struct selection selection;
    uint8_t *const *records;
};

static struct part part_new(struct arena *arena, uint32_t capacity, uint16_t **rows, uint8_t ***records) {
    *rows = arena_alloc(arena, capacity * sizeof **rows);
    *records = arena_alloc(arena, capacity * sizeof **records);
    return (struct part){.selection = {.rows = *rows}, .records = *records};
}

static struct part filter_part(struct aggregate_set *set, const struct part *part, const struct column *filter) {
    uint16_t *rows;
    uint8_t **records;
    struct part result = part_new(&set->scratch, part->selection.count, &rows, &records);
    uint32_t count = 0;
    for (uint32_t i = 0; i < part->selection.count; i++) {
        uint32_t row = selection_row(&part->selection, i);
        rows[count] = (uint16_t)row;
        records[count] = part->records[i];
        count += !column_is_null(filter, row) && *(const uint8_t *)column_value(filter, row);
    }
    result.selection.count = count;
    return result;
}

static const struct column *call_arguments(struct aggregate_set *set, const struct set_call *call) {
    if (call->call.argument_count <= 1)
        return call->call.argument_count ? &set->columns[call->arguments[0]] : NULL;
    struct column *arguments = ARENA_ARRAY(&set->scratch, struct column, call->call.argument_count);
    for (uint32_t a = 0; a < call->call.argument_count; a++)
        arguments[a] = set->columns[call->arguments[a]];
    return arguments;
}

static enum status update_part(struct aggregate_set *set, const struct part *part, bool retract, struct error *error) {
    struct part filtered = {0};
    int32_t filter = -1; /* calls with one filter mostly stand together: the last part serves them all */
    if (!part->selection.count)
        return STATUS_OK;
    for (uint32_t c = 0; c < set->call_count; c++) {
        const struct set_call *call = &set->calls[c];
        if (call->is_distinct)
            continue;
        if (call->filter >= 0 && call->filter != filter) {
            filtered = filter_part(set, part, &set->columns[call->filter]);
            filter = call->filter;
        }
        const struct part *rows = call->filter >= 0 ? &filtered : part;
        aggregate_update_function *function = retract ? call->call.aggregate->retract : call->call.aggregate->update;
        if (rows->selection.count)
            TRY(function(&call->call, call_arguments(set, call), &rows->selection, rows->records, error));
    }
    for (uint32_t f = 0; f < set->family_count; f++)
        TRY(distinct_family_update(&set->families[f], set->columns, &part->selection, part->records, retract,
                                   &set->scratch, error));
    return STATUS_OK;
}

/* One past the highest row that is selected. */
static uint32_t selection_end(const struct selection *selection) {
    uint32_t end = selection->rows ? 0 : selection->count;
    for (uint32_t i = 0; selection->rows && i < selection->count; i++)
        end = selection->rows[i] >= end ? selection->rows[i] + 1u : end;
    return end;
}

/* Kernels do not know dictionaries. */
static void set_columns(struct aggregate_set *set, const struct column *columns, const struct selection *selection) {
    for (uint32_t i = 0; i < set->input->field_count; i++) {
        if (!set->is_used[i])
            continue;
        set->columns[i] = columns[i].kind == COLUMN_DICTIONARY
                              ? column_flatten(&columns[i], &set->scratch, selection_end(selection))
                              : columns[i];
    }
}

static bool has_retraction(const uint8_t *change_kinds, const struct selection *selection) {
    for (uint32_t i = 0; change_kinds && i < selection->count; i++)
        if (change_kind_is_retraction(change_kinds[selection_row(selection, i)]))
            return true;
    return false;
}

static enum status update_changes(struct aggregate_set *set, const uint8_t *change_kinds, const struct part *all,
                                  struct error *error) {
    if (!set->retracting)
        return FAIL(error, STATUS_INTERNAL, "a retraction came to aggregates that were planned for append-only input");
    for (int retract = 0; retract < 2; retract++) {
        uint16_t *rows;
        uint8_t **records;
        struct part part = part_new(&set->scratch, all->selection.count, &rows, &records);
        for (uint32_t i = 0; i < all->selection.count; i++) {
            uint32_t row = selection_row(&all->selection, i);
            rows[part.selection.count] = (uint16_t)row;
            records[part.selection.count] = all->records[i];
            part.selection.count += change_kind_is_retraction(change_kinds[row]) == (retract == 1);
        }
        TRY(update_part(set, &part, retract == 1, error));
    }
    return STATUS_OK;
}

enum status aggregate_set_update(struct aggregate_set *set, const struct column *columns, const uint8_t *change_kinds,
                                 const struct selection *selection, uint8_t *const *records, struct error *error) {
    struct part all = {.selection = *selection, .records = records};
    arena_reset(&set->scratch);
    set_columns(set, columns, selection);
    if (has_retraction(change_kinds, selection))
        return update_changes(set, change_kinds, &all, error);
    return update_part(set, &all, false, error);
}

enum status aggregate_set_merge(struct aggregate_set *set, uint8_t *const *targets, uint8_t *const *sources,
                                uint32_t count, struct error *error) {
    arena_reset(&set->scratch);
    for (uint32_t c = 0; c < set->call_count; c++)
        if (!set->calls[c].is_distinct)
            TRY(set->calls[c].call.aggregate->merge(&set->calls[c].call, targets, sources, count, error));
    for (uint32_t f = 0; f < set->family_count; f++)
        TRY(distinct_family_merge(&set->families[f], targets, sources, count, &set->scratch, error));
    return STATUS_OK;
}

/* --- results out --- */

enum status aggregate_set_finish(struct aggregate_set *set, uint8_t *const *records, uint32_t count,
                                 struct arena *arena, struct column *results, struct error *error) {
    for (uint32_t c = 0; c < set->call_count; c++) {
        const struct aggregate_call *call = &set->calls[c].call;
        column_init(&results[c], arena, call->type, count);
        TRY(call->aggregate->finish(call, records, count, arena, &results[c], error));
    }
    return STATUS_OK;
}

bool aggregate_set_owns_memory(const struct aggregate_set *set) {
    return set->owns_memory;
}

void aggregate_set_release(struct aggregate_set *set, uint8_t *const *records, uint32_t count) {
    for (uint32_t c = 0; c < set->call_count; c++) {
        const struct set_call *call = &set->calls[c];
        for (uint32_t i = 0; call->call.aggregate->release && i < count; i++)
            call->call.aggregate->release(&call->call, records[i] + call->call.state_offset);
    }
    for (uint32_t f = 0; f < set->family_count; f++)
        for (uint32_t i = 0; i < count; i++)
            distinct_family_release(&set->families[f], records[i]);
    aggregate_set_init(set, records, NULL, count);
}

/* --- snapshots --- */

void aggregate_set_encode(const struct aggregate_set *set, const uint8_t *record, struct strbuf *out) {
    for (uint32_t c = 0; c < set->call_count; c++)
        aggregate_encode(&set->calls[c].call, record + set->calls[c].call.state_offset, out);
    for (uint32_t f = 0; f < set->family_count; f++)
        distinct_family_encode(&set->families[f], record, out);
}

void aggregate_set_decode(struct aggregate_set *set, uint8_t *record, struct bytes_reader *reader) {
    for (uint32_t c = 0; c < set->call_count; c++)
        aggregate_decode(&set->calls[c].call, record + set->calls[c].call.state_offset, reader);
    for (uint32_t f = 0; f < set->family_count; f++)
        distinct_family_decode(&set->families[f], record, reader);
}

bool aggregate_set_is_plain(const struct aggregate_set *set) {
    for (uint32_t c = 0; c < set->call_count; c++)
        if (set->calls[c].call.aggregate->encode)
            return false;
    return set->family_count == 0;
}

size_t aggregate_set_bytes(const struct aggregate_set *set) {
    return state_memory_held_bytes(set->memory);
}
