/* window_assigner.c: arithmetic of windows. Times are checked once per batch to lie so far from the ends of int64 that adding
 * sizes, gaps and offsets cannot overflow. */
#include "executor/window_assigner.h"

#include "core/data/datetime.h"

enum { WINDOW_TIME_LAG_US = 1000 }; /* window_time is the window's last millisecond, as in Flink */
#define TIME_LIMIT_US (INT64_MAX / 4)

void window_assigner_init(struct window_assigner *assigner, const Plan__Window *window, const struct schema *input,
                          const struct evaluation_context *evaluation) {
    *assigner = (struct window_assigner){
        .kind = window->kind,
        .size_us = window->size_us,
        .slide_us = window->kind == PLAN__WINDOW_KIND__TUMBLE ? window->size_us : window->slide_us,
        .gap_us = window->gap_us,
        .processing_time = window->processing_time,
        .time_column = window->time_column,
    };
    if (window->kind != PLAN__WINDOW_KIND__SESSION)
        assigner->offset_us = window->offset_us - floor_divide(window->offset_us, window->size_us) * window->size_us;
    bool zoned = window->processing_time;
    if (window->time_column < input->field_count) {
        const struct field *field = &input->fields[window->time_column];
        assigner->time_column_name = field->name;
        zoned |= field->type->kind == TYPE_TIMESTAMP_LTZ;
    }
    const char *zone_name = zoned && evaluation->zone ? time_zone_name(evaluation->zone) : "UTC";
    assigner->zone = strcmp(zone_name, "UTC") == 0 ? NULL : evaluation->zone;
}

static enum status check_range(int64_t least_us, int64_t greatest_us, struct error *error) {
    if (least_us >= -TIME_LIMIT_US && greatest_us <= TIME_LIMIT_US)
        return STATUS_OK;
    return FAIL(error, STATUS_OUT_OF_RANGE, "event time %lld is out of range",
                (long long)(least_us < -TIME_LIMIT_US ? least_us : greatest_us));
}

static const int64_t *shift_into_zone(const struct time_zone *zone, const int64_t *times, uint32_t row_count,
                                      struct arena *arena) {
    int64_t *shifted = arena_alloc(arena, sizeof *shifted * row_count);
    for (uint32_t row = 0; row < row_count; row++)
        shifted[row] = row > 0 && times[row] == times[row - 1] ? shifted[row - 1]
                                                               : times[row] + time_zone_offset_us(zone, times[row]);
    return shifted;
}

enum status window_assigner_times(const struct window_assigner *assigner, const struct batch *batch,
                                  const struct evaluation_context *evaluation, struct arena *arena,
                                  const int64_t **times, int64_t *constant_us, struct error *error) {
    if (assigner->processing_time) {
        *times = NULL;
        *constant_us = evaluation->now_us;
        if (assigner->zone)
            *constant_us += time_zone_offset_us(assigner->zone, evaluation->now_us);
        return STATUS_OK;
    }
    struct column column = column_flatten(&batch->columns[assigner->time_column], arena, batch->row_count);
    for (uint32_t row = 0; column.validity && row < batch->row_count; row++)
        if (!validity_get(column.validity, row)) {
            enum status status =
                FAIL(error, STATUS_NOT_NULL_VIOLATION, "NULL in event-time column \"%s\"", assigner->time_column_name);
            error_hint(error, "filter such rows before the window, for example with WHERE %s IS NOT NULL",
                       assigner->time_column_name);
            return status;
        }
    const int64_t *values = COLUMN_VALUES(&column, int64_t);
    int64_t least_us = 0, greatest_us = 0;
    for (uint32_t row = 0; row < batch->row_count; row++) {
        least_us = values[row] < least_us ? values[row] : least_us;
        greatest_us = values[row] > greatest_us ? values[row] : greatest_us;
    }
    TRY(check_range(least_us, greatest_us, error));
    *times = assigner->zone ? shift_into_zone(assigner->zone, values, batch->row_count, arena) : values;
    return STATUS_OK;
}

static int64_t align_down(int64_t time_us, int64_t offset_us, int64_t step_us) {
    return floor_divide(time_us - offset_us, step_us) * step_us + offset_us;
}

uint32_t window_assigner_count(const struct window_assigner *assigner, int64_t time_us) {
    int64_t last_start = align_down(time_us, assigner->offset_us, assigner->slide_us);
    switch ((int)assigner->kind) {
    case PLAN__WINDOW_KIND__HOP:
        return (uint32_t)((last_start + assigner->size_us - time_us - 1) / assigner->slide_us + 1);
    case PLAN__WINDOW_KIND__CUMULATE: {
        int64_t end = align_down(time_us, assigner->offset_us, assigner->size_us) + assigner->size_us;
        return (uint32_t)((end - last_start) / assigner->slide_us);
    }
    default: return 1;
    }
}

struct window_bounds window_assigner_window(const struct window_assigner *assigner, int64_t time_us, uint32_t index) {
    int64_t last_start = align_down(time_us, assigner->offset_us, assigner->slide_us);
    if (assigner->kind == PLAN__WINDOW_KIND__CUMULATE) {
        int64_t start = align_down(time_us, assigner->offset_us, assigner->size_us);
        return (struct window_bounds){start, last_start + (int64_t)(index + 1) * assigner->slide_us};
    }
    uint32_t later = window_assigner_count(assigner, time_us) - 1 - index;
    int64_t start = last_start - (int64_t)later * assigner->slide_us;
    return (struct window_bounds){start, start + assigner->size_us};
}

/* Where clocks are set back, local times come twice: the window stays open until the second time. */
static int64_t last_utc(const struct time_zone *zone, int64_t local_us) {
    int64_t first_us = time_zone_to_utc(zone, local_us);
    int64_t offset_us = time_zone_offset_us(zone, first_us + 3 * US_PER_HOUR);
    int64_t second_us = local_us - offset_us;
    bool twice = second_us > first_us && time_zone_offset_us(zone, second_us) == offset_us;
    return twice ? second_us : first_us;
}

int64_t window_assigner_close_us(const struct window_assigner *assigner, int64_t end_us) {
    return (assigner->zone ? last_utc(assigner->zone, end_us) : end_us) - 1;
}

int64_t window_assigner_bound(const struct window_assigner *assigner, int64_t bound_us, const struct type *type) {
    return assigner->zone && type->kind == TYPE_TIMESTAMP_LTZ ? time_zone_to_utc(assigner->zone, bound_us) : bound_us;
}

void window_assigner_write(const struct window_assigner *assigner, struct window_bounds window, struct column *columns,
                           uint32_t row) {
    int64_t end_us = window_assigner_bound(assigner, window.end_us, columns[2].type);
    COLUMN_VALUES(&columns[0], int64_t)[row] = window_assigner_bound(assigner, window.start_us, columns[0].type);
    COLUMN_VALUES(&columns[1], int64_t)[row] = window_assigner_bound(assigner, window.end_us, columns[1].type);
    COLUMN_VALUES(&columns[2], int64_t)[row] = end_us - WINDOW_TIME_LAG_US;
}
