/* sort_runs.c: sorted runs in the back-end. Invariants: run r of `items` has entries at places 0 … size - 1 and no others; no iterator is
 * open between calls. */
#include "executor/sort_runs.h"

#include <endian.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "executor/snapshot.h"
#include "executor/state.h"

enum {
    ENTRIES_VERSION = 1,
    STEP_ROWS = 1024,         /* written at once */
    READ_PART = 4,            /* of the budget's share: what the merge reads ahead, all runs together */
    READ_BYTES_MAX = 1 << 20, /* of one run */
    RUN_SHIFT = 32,           /* a snapshot's order: run << RUN_SHIFT | place */
};
#define SIZES_SECTION "runs"
#define ENTRIES_SECTION "stored rows"
#define ENTRIES_ROLE "sorted rows"

struct run {
    uint32_t size;
    /* The merge: rows read ahead, as blocks, and the first of them, which is the run's next one. */
    uint32_t next_place; /* to be read */
    struct strbuf ahead;
    size_t ahead_at;
    struct str key, row;
};

struct sort_runs {
    struct state_backend *backend;
    struct state_table *entries;
    bool was_restored; /* they came with the back-end */
    struct run *items;
    uint32_t count, capacity;
    uint64_t row_count;
    size_t counted_bytes; /* in the budget */
    /* The run being written: entries that were not handed over yet, and where each ends. */
    uint32_t written; /* places of it that are taken */
    uint32_t pending;
    struct strbuf bytes;
    size_t ends[STEP_ROWS];
    struct state_write writes[STEP_ROWS];
    /* The merge: runs that have rows left, a heap with the one whose row is next on top. */
    uint32_t *heap;
    uint32_t heap_count;
    bool top_was_shown;
    size_t read_bytes; /* ahead, of each run */
    /* The snapshot under way. */
    struct snapshot_writer *writer;
    uint32_t section;
    uint32_t saved_runs; /* how many it has */
    uint32_t next_run, next_place;
};

/* ---- open and close ---- */

enum status sort_runs_open(struct state_backend *backend, const char *operator_id, struct sort_runs **opened,
                           struct error *error) {
    struct sort_runs *runs = memory_zalloc(sizeof *runs);
    *opened = runs;
    runs->backend = backend;
    strbuf_init(&runs->bytes);
    atomic_fetch_add(&backend->budget->member_count, 1);
    runs->was_restored = state_table_find(backend, operator_id, ENTRIES_ROLE, 0) != NULL;
    struct state_descriptor descriptor = {.operator_id = operator_id,
                                          .role = ENTRIES_ROLE,
                                          .kind = STATE_LIST,
                                          .version = ENTRIES_VERSION,
                                          .description = "sorted runs of rows that memory has no room for",
                                          .cold = true};
    return state_table_open(backend, &descriptor, &runs->entries, error);
}

static void set_counted(struct sort_runs *runs, size_t bytes) {
    state_budget_change(runs->backend->budget, bytes, runs->counted_bytes);
    runs->counted_bytes = bytes;
}

static void forget_merge(struct sort_runs *runs) {
    for (uint32_t i = 0; runs->heap && i < runs->count; i++)
        strbuf_release(&runs->items[i].ahead);
    free(runs->heap);
    runs->heap = NULL;
    runs->heap_count = 0;
}

void sort_runs_close(struct sort_runs *runs) {
    if (!runs)
        return;
    forget_merge(runs);
    set_counted(runs, 0);
    atomic_fetch_sub(&runs->backend->budget->member_count, 1);
    strbuf_release(&runs->bytes);
    free(runs->items);
    free(runs);
}

bool sort_runs_want_rows(struct sort_runs *runs, size_t bytes) {
    struct state_budget *budget = runs->backend->budget;
    set_counted(runs, bytes);
    return state_budget_used(budget) > budget->limit_bytes && bytes > state_budget_share(budget);
}

uint64_t sort_runs_row_count(const struct sort_runs *runs) {
    return runs->row_count;
}

/* ---- writing ---- */

/* `number` is the key's bytes: big endian, so that runs lie one behind the other. */
static struct state_address address_of(uint32_t run, uint32_t place, uint32_t *number) {
    *number = htobe32(run);
    return (struct state_address){.key = {(const char *)number, sizeof *number}, .order = place};
}

static enum status write_pending(struct sort_runs *runs, struct error *error) {
    uint32_t number;
    for (uint32_t i = 0; i < runs->pending; i++) {
        size_t start = i ? runs->ends[i - 1] : 0;
        runs->writes[i] = (struct state_write){.address = address_of(runs->count, runs->written + i, &number),
                                               .value = {runs->bytes.data + start, runs->ends[i] - start}};
    }
    runs->written += runs->pending;
    enum status status = state_multi_write(runs->entries, runs->writes, runs->pending, error);
    runs->pending = 0;
    strbuf_reset(&runs->bytes);
    return status;
}

enum status sort_runs_put(struct sort_runs *runs, struct str key, struct str row, struct error *error) {
    ASSERT(!runs->heap && runs->written < UINT32_MAX - STEP_ROWS);
    bytes_put_block(&runs->bytes, key);
    strbuf_append_str(&runs->bytes, row);
    runs->ends[runs->pending++] = runs->bytes.size;
    return runs->pending == STEP_ROWS ? write_pending(runs, error) : STATUS_OK;
}

static void add_run(struct sort_runs *runs, uint32_t size) {
    if (runs->count == runs->capacity) {
        runs->capacity = runs->capacity ? runs->capacity * 2 : 16;
        runs->items = memory_realloc(runs->items, runs->capacity * sizeof *runs->items);
    }
    runs->items[runs->count++] = (struct run){.size = size};
    runs->row_count += size;
}

enum status sort_runs_end(struct sort_runs *runs, struct error *error) {
    TRY(write_pending(runs, error));
    if (runs->written > 0)
        add_run(runs, runs->written);
    runs->written = 0;
    return STATUS_OK;
}

/* ---- reading ---- */

static enum status damaged(struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "a row in the state of Sort cannot be decoded");
}

/* From a place on, to the end of the run. */
static enum status open_run(struct sort_runs *runs, uint32_t run, uint32_t place, struct state_iterator **iterator,
                            struct error *error) {
    uint32_t number;
    struct state_address from = address_of(run, place, &number);
    struct state_range range = state_range_orders(from.hash, from.key, place, runs->items[run].size);
    return state_iterator_open(runs->entries, &range, iterator, error);
}

/* The next entry, which is the one of this place. */
static enum status next_entry(struct state_iterator *iterator, uint32_t place, struct str *value, struct error *error) {
    struct state_entry entry;
    bool found;
    TRY(state_iterator_next(iterator, &entry, &found, error));
    if (!found || entry.address.order != place)
        return damaged(error);
    *value = entry.value;
    return STATUS_OK;
}

static bool split_entry(struct str value, struct str *key, struct str *row) {
    struct bytes_reader bytes = bytes_reader_of(value);
    *key = bytes_get_block(&bytes);
    *row = bytes_get(&bytes, bytes_left(&bytes));
    return bytes_are_done(&bytes);
}

/* ---- the merge ---- */

static enum status read_ahead(struct sort_runs *runs, struct run *run, struct error *error) {
    struct state_iterator *iterator;
    strbuf_reset(&run->ahead);
    run->ahead_at = 0;
    TRY(open_run(runs, (uint32_t)(run - runs->items), run->next_place, &iterator, error));
    enum status status = STATUS_OK;
    do {
        struct str value;
        status = next_entry(iterator, run->next_place, &value, error);
        if (status != STATUS_OK)
            break;
        bytes_put_block(&run->ahead, value);
        run->next_place++;
    } while (run->next_place < run->size && run->ahead.size < runs->read_bytes);
    state_iterator_close(iterator);
    return status;
}

/* To the run's next row; *found is false after its last. */
static enum status advance(struct sort_runs *runs, struct run *run, bool *found, struct error *error) {
    *found = run->ahead_at < run->ahead.size || run->next_place < run->size;
    if (!*found)
        return STATUS_OK;
    if (run->ahead_at == run->ahead.size)
        TRY(read_ahead(runs, run, error));
    struct bytes_reader bytes =
        bytes_reader_of((struct str){run->ahead.data + run->ahead_at, run->ahead.size - run->ahead_at});
    struct str value = bytes_get_block(&bytes);
    run->ahead_at = run->ahead.size - bytes_left(&bytes);
    return split_entry(value, &run->key, &run->row) ? STATUS_OK : damaged(error);
}

static bool comes_before(const struct sort_runs *runs, uint32_t a, uint32_t b) {
    int order = str_compare(runs->items[a].key, runs->items[b].key);
    return order ? order < 0 : a < b;
}

static void sift_down(struct sort_runs *runs, uint32_t at) {
    uint32_t run = runs->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < runs->heap_count; at = child) {
        if (child + 1 < runs->heap_count && comes_before(runs, runs->heap[child + 1], runs->heap[child]))
            child++;
        if (comes_before(runs, run, runs->heap[child]))
            break;
        runs->heap[at] = runs->heap[child];
    }
    runs->heap[at] = run;
}

enum status sort_runs_merge(struct sort_runs *runs, struct error *error) {
    ASSERT(!runs->heap && runs->written == 0 && runs->pending == 0 && runs->count > 0);
    size_t all_bytes = state_budget_share(runs->backend->budget) / READ_PART;
    runs->read_bytes = all_bytes / runs->count < READ_BYTES_MAX ? all_bytes / runs->count : READ_BYTES_MAX;
    set_counted(runs, runs->read_bytes * runs->count);
    runs->heap = memory_alloc(runs->count * sizeof *runs->heap);
    for (uint32_t i = 0; i < runs->count; i++)
        strbuf_init(&runs->items[i].ahead);
    for (uint32_t i = 0; i < runs->count; i++) {
        bool found;
        TRY(advance(runs, &runs->items[i], &found, error));
        runs->heap[runs->heap_count++] = i; /* no run is empty */
    }
    for (uint32_t at = runs->heap_count / 2; at-- > 0;)
        sift_down(runs, at);
    return STATUS_OK;
}

/* The row that was handed out lies in its run's bytes, so the run goes on only now. */
static enum status pass_top(struct sort_runs *runs, struct error *error) {
    bool found;
    struct run *run = &runs->items[runs->heap[0]];
    TRY(advance(runs, run, &found, error));
    if (!found) {
        strbuf_release(&run->ahead);
        runs->heap[0] = runs->heap[--runs->heap_count];
    }
    if (runs->heap_count > 0)
        sift_down(runs, 0);
    return STATUS_OK;
}

enum status sort_runs_next(struct sort_runs *runs, struct str *row, bool *found, struct error *error) {
    if (runs->top_was_shown)
        TRY(pass_top(runs, error));
    *found = runs->top_was_shown = runs->heap_count > 0;
    if (*found)
        *row = runs->items[runs->heap[0]].row;
    return STATUS_OK;
}

enum status sort_runs_finish(struct sort_runs *runs, struct error *error) {
    forget_merge(runs);
    set_counted(runs, 0);
    if (runs->writer) /* the table goes with the back-end */
        return STATUS_OK;
    runs->count = 0;
    runs->row_count = 0;
    struct state_table *entries = runs->entries;
    runs->entries = NULL;
    return state_table_drop(entries, error);
}

/* ---- snapshots ---- */

void sort_runs_snapshot(struct sort_runs *runs, struct snapshot_writer *writer) {
    ASSERT(!runs->writer && runs->pending == 0);
    if (runs->count == 0)
        return;
    struct strbuf sizes;
    strbuf_init(&sizes);
    for (uint32_t i = 0; i < runs->count; i++)
        bytes_put_varint(&sizes, runs->items[i].size);
    snapshot_put_value(writer, SIZES_SECTION, ENTRIES_VERSION, strbuf_str(&sizes));
    strbuf_release(&sizes);
    runs->section = snapshot_section_begin(writer, ENTRIES_SECTION, ENTRIES_VERSION);
    snapshot_section_end(writer);
    if (writer->entries_are_in_files)
        return;
    runs->writer = writer;
    runs->saved_runs = runs->count;
    runs->next_run = runs->next_place = 0;
}

/* Rows of one run, as many as the budget has room for: the one place where the section of entries is written. */
static enum status save_rows(struct sort_runs *runs, size_t budget_bytes, struct error *error) {
    struct state_iterator *iterator;
    size_t before = runs->writer->out.size;
    TRY(open_run(runs, runs->next_run, runs->next_place, &iterator, error));
    snapshot_section_resume(runs->writer, runs->section);
    enum status status = STATUS_OK;
    while (runs->next_place < runs->items[runs->next_run].size && runs->writer->out.size - before < budget_bytes) {
        struct str value;
        status = next_entry(iterator, runs->next_place, &value, error);
        if (status != STATUS_OK)
            break;
        uint64_t order = (uint64_t)runs->next_run << RUN_SHIFT | runs->next_place++;
        snapshot_put(runs->writer, &(struct snapshot_record){.order = order, .value = value});
    }
    snapshot_section_end(runs->writer);
    state_iterator_close(iterator);
    return status;
}

enum status sort_runs_snapshot_step(struct sort_runs *runs, size_t *budget_bytes, bool *done, struct error *error) {
    while (runs->writer && *budget_bytes > 0) {
        if (runs->next_run == runs->saved_runs) {
            runs->writer = NULL;
            break;
        }
        size_t before = runs->writer->out.size;
        TRY(save_rows(runs, *budget_bytes, error));
        size_t used = runs->writer->out.size - before;
        *budget_bytes -= used < *budget_bytes ? used : *budget_bytes;
        if (runs->next_place == runs->items[runs->next_run].size) {
            runs->next_run++;
            runs->next_place = 0;
        }
    }
    *done = !runs->writer;
    return STATUS_OK;
}

void sort_runs_snapshot_abandon(struct sort_runs *runs) {
    runs->writer = NULL;
}

/* ---- restoring ---- */

/* Opens the section of entries; *row_count is how many there must be: all have hash 0. */
static enum status open_sections(struct snapshot_reader *reader, struct sort_runs *runs, uint64_t *row_count,
                                 struct error *error) {
    struct bytes_reader sizes;
    bool is_wanted = snapshot_wants(reader, 0);
    *row_count = 0;
    TRY(snapshot_get_value(reader, SIZES_SECTION, ENTRIES_VERSION, &sizes, error));
    while (bytes_left(&sizes) > 0) {
        uint64_t size = bytes_get_varint(&sizes);
        if (size == 0 || size > UINT32_MAX)
            bytes_refuse(&sizes);
        else if (runs && is_wanted)
            add_run(runs, (uint32_t)size);
        *row_count += is_wanted ? size : 0;
    }
    TRY(snapshot_check(reader, &sizes, error));
    return snapshot_section_open(reader, ENTRIES_SECTION, ENTRIES_VERSION, error);
}

static enum status restore_record(struct sort_runs *runs, const struct snapshot_record *record,
                                  const struct snapshot_reader *reader, uint32_t *number, struct state_write *write,
                                  struct error *error) {
    uint64_t run = record->order >> RUN_SHIFT;
    uint32_t place = (uint32_t)record->order;
    if (run >= runs->count || place >= runs->items[run].size)
        return snapshot_malformed(reader, "has a row of no run", error);
    *write = (struct state_write){.address = address_of((uint32_t)run, place, number), .value = record->value};
    return STATUS_OK;
}

enum status sort_runs_restore(struct sort_runs *runs, struct snapshot_reader *reader, struct error *error) {
    ASSERT(runs->count == 0);
    uint64_t left, all;
    TRY(open_sections(reader, runs, &all, error));
    left = all;
    uint32_t numbers[STEP_ROWS];
    for (bool found = true; found;) {
        uint32_t count = 0;
        for (; count < STEP_ROWS; count++) {
            struct snapshot_record record;
            TRY(snapshot_next(reader, &record, &found, error));
            if (!found)
                break;
            TRY(restore_record(runs, &record, reader, &numbers[count], &runs->writes[count], error));
        }
        left -= count;
        TRY(state_multi_write(runs->entries, runs->writes, count, error));
    }
    bool is_in_files = left == all && runs->was_restored;
    return left == 0 || is_in_files ? STATUS_OK : snapshot_malformed(reader, "has not the rows of its runs", error);
}

enum status sort_runs_read(struct snapshot_reader *reader, struct snapshot_record **records, size_t *count,
                           struct error *error) {
    uint64_t row_count;
    TRY(open_sections(reader, NULL, &row_count, error));
    TRY(snapshot_records(reader, records, count, error));
    bool is_sound = *count == row_count;
    for (size_t i = 0; i < *count && is_sound; i++) {
        struct str key;
        is_sound = split_entry((*records)[i].value, &key, &(*records)[i].value);
    }
    if (is_sound)
        return STATUS_OK;
    free(*records);
    *records = NULL;
    return snapshot_malformed(reader, "has not the rows of its runs", error);
}
