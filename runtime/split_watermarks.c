/* split_watermarks.c: merging the watermarks of a source's splits, and where a batch must be cut. */
#include "runtime/split_watermarks.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/data/datetime.h"
#include "executor/operator.h"

void split_watermarks_init(struct split_watermarks *watermarks, int64_t idle_timeout_us) {
    *watermarks = (struct split_watermarks){.idle_timeout_us = idle_timeout_us, .merged_us = WATERMARK_NONE};
}

void split_watermarks_release(struct split_watermarks *watermarks) {
    free(watermarks->splits);
    *watermarks = (struct split_watermarks){0};
}

void split_watermarks_grow(struct split_watermarks *watermarks, uint32_t count, int64_t now_us) {
    if (count <= watermarks->count)
        return;
    if (count > watermarks->capacity) {
        watermarks->capacity = count * 2;
        watermarks->splits = memory_realloc(watermarks->splits, watermarks->capacity * sizeof *watermarks->splits);
    }
    for (uint32_t i = watermarks->count; i < count; i++)
        watermarks->splits[i] = (struct split_state){.watermark_us = WATERMARK_NONE, .last_row_us = now_us};
    watermarks->count = count;
}

void split_watermarks_active(struct split_watermarks *watermarks, uint32_t split, int64_t now_us) {
    struct split_state *state = &watermarks->splits[split];
    state->last_row_us = now_us;
    state->idle = false;
}

static bool is_quiet(const struct split_watermarks *watermarks, const struct split_state *state, int64_t now_us) {
    return watermarks->idle_timeout_us > 0 && state->caught_up &&
           now_us - state->last_row_us >= watermarks->idle_timeout_us;
}

bool split_watermarks_update(struct split_watermarks *watermarks, int64_t now_us) {
    int64_t least_us = WATERMARK_END, greatest_us = WATERMARK_NONE;
    bool any_active = false, any_live = false;
    for (uint32_t i = 0; i < watermarks->count; i++) {
        struct split_state *state = &watermarks->splits[i];
        if (state->ended)
            continue;
        any_live = true;
        if (state->watermark_us > greatest_us)
            greatest_us = state->watermark_us;
        state->idle = state->idle || is_quiet(watermarks, state, now_us);
        if (state->idle)
            continue;
        any_active = true;
        if (state->watermark_us < least_us)
            least_us = state->watermark_us;
    }
    int64_t merged_us = any_active ? least_us : greatest_us;
    bool all_idle = (any_live || watermarks->lacks_splits) && !any_active;
    bool raised = any_live && merged_us > watermarks->merged_us;
    bool changed = raised || all_idle != watermarks->all_idle;
    if (raised)
        watermarks->merged_us = merged_us;
    watermarks->all_idle = all_idle;
    return changed;
}

int64_t split_watermarks_next_idle_us(const struct split_watermarks *watermarks) {
    int64_t next_us = INT64_MAX;
    for (uint32_t i = 0; watermarks->idle_timeout_us > 0 && i < watermarks->count; i++) {
        const struct split_state *state = &watermarks->splits[i];
        int64_t idle_us = state->last_row_us + watermarks->idle_timeout_us;
        if (!state->ended && !state->idle && state->caught_up && idle_us < next_us)
            next_us = idle_us;
    }
    return next_us;
}

/* The last end of a window that the watermark closes: e - 1 <= watermark. */
static int64_t last_closed_end(int64_t watermark_us, int64_t granularity_us) {
    if (watermark_us == WATERMARK_END)
        return WATERMARK_END;
    if (watermark_us < INT64_MIN + granularity_us)
        return INT64_MIN;
    return floor_divide(watermark_us + 1, granularity_us) * granularity_us;
}

uint32_t watermark_cut(const int64_t *times, const int64_t *marks, uint32_t first, uint32_t count,
                       int64_t granularity_us, int64_t reach_us, int64_t *watermark_us) {
    int64_t emitted_us = *watermark_us;
    int64_t running_us = emitted_us;
    int64_t closed_of_us = emitted_us, closed_end_us = last_closed_end(emitted_us, granularity_us);
    uint32_t row = first;
    for (; row < count; row++) {
        if (times[row] - reach_us <= running_us && running_us > emitted_us) {
            if (closed_of_us != running_us) {
                closed_of_us = running_us;
                closed_end_us = last_closed_end(running_us, granularity_us);
            }
            if (times[row] - reach_us < closed_end_us && closed_end_us > emitted_us + 1)
                break;
        }
        if (marks[row] > running_us)
            running_us = marks[row];
    }
    *watermark_us = running_us;
    return row - first;
}
