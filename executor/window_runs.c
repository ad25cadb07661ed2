/* window_runs.c: finds the run of each row (mostly the row before's), then orders rows by run with one counting pass. */
#include "executor/window_runs.h"

#include "core/base/hash.h"
#include "core/data/datetime.h"

struct splitter {
    struct arena *arena;
    struct window_run *runs;
    uint32_t count, capacity;
    uint32_t *slots; /* run + 1 by hash of its bounds; open addressing */
    uint32_t slot_count;
};

static void splitter_init(struct splitter *splitter, struct arena *arena) {
    *splitter = (struct splitter){.arena = arena, .capacity = 16, .slot_count = 64};
    splitter->runs = ARENA_ARRAY(arena, struct window_run, splitter->capacity);
    splitter->slots = ARENA_ARRAY(arena, uint32_t, splitter->slot_count);
}

static uint32_t *find_slot(struct splitter *splitter, int64_t start_us, int64_t end_us) {
    uint64_t hash = hash_combine(hash_u64((uint64_t)start_us), (uint64_t)end_us);
    for (uint32_t i = (uint32_t)hash & (splitter->slot_count - 1);; i = (i + 1) & (splitter->slot_count - 1)) {
        uint32_t run = splitter->slots[i];
        if (!run || (splitter->runs[run - 1].start_us == start_us && splitter->runs[run - 1].end_us == end_us))
            return &splitter->slots[i];
    }
}

static void grow(struct splitter *splitter) {
    struct window_run *old = splitter->runs;
    splitter->capacity *= 2;
    splitter->runs = ARENA_ARRAY(splitter->arena, struct window_run, splitter->capacity);
    memcpy(splitter->runs, old, splitter->count * sizeof *old);
    splitter->slot_count = splitter->capacity * 4;
    splitter->slots = ARENA_ARRAY(splitter->arena, uint32_t, splitter->slot_count);
    for (uint32_t i = 0; i < splitter->count; i++)
        *find_slot(splitter, old[i].start_us, old[i].end_us) = i + 1;
}

static uint32_t find_run(struct splitter *splitter, int64_t start_us, int64_t end_us) {
    uint32_t *slot = find_slot(splitter, start_us, end_us);
    if (*slot)
        return *slot - 1;
    if (splitter->count == splitter->capacity) {
        grow(splitter);
        slot = find_slot(splitter, start_us, end_us);
    }
    splitter->runs[splitter->count] = (struct window_run){.start_us = start_us, .end_us = end_us};
    *slot = ++splitter->count;
    return splitter->count - 1;
}

/* run_of[i] is the run of the i-th selected row; the counts are in the runs' selections. */
static struct window_runs order_by_run(struct splitter *splitter, const struct selection *selection,
                                       const uint16_t *run_of) {
    if (splitter->count == 1) {
        splitter->runs[0].selection = *selection;
        return (struct window_runs){splitter->runs, 1};
    }
    uint16_t *rows = arena_alloc(splitter->arena, sizeof *rows * selection->count);
    uint16_t **next = ARENA_ARRAY(splitter->arena, uint16_t *, splitter->count);
    uint16_t *place = rows;
    for (uint32_t i = 0; i < splitter->count; i++) {
        splitter->runs[i].selection.rows = next[i] = place;
        place += splitter->runs[i].selection.count;
    }
    for (uint32_t i = 0; i < selection->count; i++)
        *next[run_of[i]]++ = (uint16_t)selection_row(selection, i);
    return (struct window_runs){splitter->runs, splitter->count};
}

/* The usual case: no row is outside the first row's stretch. */
static bool all_within(const int64_t *times, const struct selection *selection, int64_t start_us, int64_t width_us) {
    uint64_t outside = 0;
    if (!selection->rows) {
        for (uint32_t row = 0; row < selection->count; row++)
            outside |= (uint64_t)(times[row] - start_us) >= (uint64_t)width_us;
        return !outside;
    }
    for (uint32_t i = 0; i < selection->count; i++)
        outside |= (uint64_t)(times[selection->rows[i]] - start_us) >= (uint64_t)width_us;
    return !outside;
}

struct window_runs window_runs_by_width(const int64_t *times, const struct selection *selection, int64_t width_us,
                                        int64_t offset_us, struct arena *arena) {
    struct splitter splitter;
    if (selection->count == 0)
        return (struct window_runs){0};
    splitter_init(&splitter, arena);
    int64_t first_us = times[selection_row(selection, 0)];
    int64_t start_us = floor_divide(first_us - offset_us, width_us) * width_us + offset_us;
    uint32_t run = find_run(&splitter, start_us, start_us + width_us);
    if (all_within(times, selection, start_us, width_us)) {
        splitter.runs[0].selection = *selection;
        return (struct window_runs){splitter.runs, 1};
    }
    uint16_t *run_of = arena_alloc(arena, sizeof *run_of * selection->count);
    for (uint32_t i = 0; i < selection->count; i++) {
        int64_t time_us = times[selection_row(selection, i)];
        if ((uint64_t)(time_us - start_us) >= (uint64_t)width_us) {
            start_us = floor_divide(time_us - offset_us, width_us) * width_us + offset_us;
            run = find_run(&splitter, start_us, start_us + width_us);
        }
        splitter.runs[run].selection.count++;
        run_of[i] = (uint16_t)run;
    }
    return order_by_run(&splitter, selection, run_of);
}

struct window_runs window_runs_by_bounds(const int64_t *starts, const int64_t *ends, const struct selection *selection,
                                         struct arena *arena) {
    struct splitter splitter;
    if (selection->count == 0)
        return (struct window_runs){0};
    splitter_init(&splitter, arena);
    uint16_t *run_of = arena_alloc(arena, sizeof *run_of * selection->count);
    uint32_t run = UINT32_MAX;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (run == UINT32_MAX || splitter.runs[run].start_us != starts[row] || splitter.runs[run].end_us != ends[row])
            run = find_run(&splitter, starts[row], ends[row]);
        splitter.runs[run].selection.count++;
        run_of[i] = (uint16_t)run;
    }
    return order_by_run(&splitter, selection, run_of);
}
