/* datetime_arithmetic.c: timestamps and intervals: ± and differences, TIMESTAMPADD, TIMESTAMPDIFF, AT TIME ZONE.
 * Intervals of months move along the calendar (the day is clipped to the month's end), those of time along the clock. */
#include <inttypes.h>
#include <math.h>

#include "core/data/datetime.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/local_time.h"
#include "core/functions/time_unit.h"

/* Years 0001 to 9999, and a little room around them. */
#define TIMESTAMP_MIN_US (INT64_C(-62200000000) * US_PER_SECOND)
#define TIMESTAMP_MAX_US (INT64_C(253500000000) * US_PER_SECOND)

static bool timestamp_fits(int64_t us) {
    return us >= TIMESTAMP_MIN_US && us <= TIMESTAMP_MAX_US;
}

static enum status __attribute__((cold)) out_of_range(const struct function_call *call, struct error *error) {
    return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "%s out of range", type_kind_name(call->type->kind));
}

static bool add_time(int64_t us, int64_t interval_us, int64_t *sum) {
    return !__builtin_add_overflow(us, interval_us, sum) && timestamp_fits(*sum);
}

static bool add_months(const struct function_call *call, const struct type *type, int64_t us, int64_t months,
                       int64_t *sum) {
    bool local = type->kind == TYPE_TIMESTAMP_LTZ;
    if (months > 240000 || months < -240000)
        return false;
    *sum = timestamp_add_months(local ? utc_to_local(call->context, us) : us, months);
    if (local)
        *sum = local_to_utc(call->context, *sum);
    return timestamp_fits(*sum);
}

/* ---- timestamp ± interval ---- */

/* sign: 1 or -1; the timestamp is argument `at`, the interval the other. */
static enum status shift_time(struct function_call *call, const struct column *arguments, struct column *result,
                              uint32_t at, int64_t sign, struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t interval = argument_i64(&arguments[1 - at], row);
        if (interval == INT64_MIN || !add_time(argument_i64(&arguments[at], row), sign * interval, &out[row]))
            return out_of_range(call, error);
    }
    return STATUS_OK;
}

static enum status shift_months(struct function_call *call, const struct column *arguments, struct column *result,
                                uint32_t at, int64_t sign, struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t months = sign * argument_i32(&arguments[1 - at], row);
        if (!add_months(call, arguments[at].type, argument_i64(&arguments[at], row), months, &out[row]))
            return out_of_range(call, error);
    }
    return STATUS_OK;
}

#define SHIFT(name, shift, at, sign)                                                                    \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        return shift(call, arguments, result, at, sign, error);                                         \
    }
SHIFT(datetime_plus_time, shift_time, 0, 1)
SHIFT(datetime_time_plus, shift_time, 1, 1)
SHIFT(datetime_minus_time, shift_time, 0, -1)
SHIFT(datetime_plus_months, shift_months, 0, 1)
SHIFT(datetime_months_plus, shift_months, 1, 1)
SHIFT(datetime_minus_months, shift_months, 0, -1)

/* TIME ± interval goes round the clock. */
static enum status shift_clock(struct function_call *call, const struct column *arguments, struct column *result,
                               uint32_t at, int64_t sign, struct error *error) {
    (void)error;
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t time_us =
            argument_i64(&arguments[at], row) + sign * (argument_i64(&arguments[1 - at], row) % US_PER_DAY);
        out[row] = time_us - floor_divide(time_us, US_PER_DAY) * US_PER_DAY;
    }
    return STATUS_OK;
}
SHIFT(datetime_clock_plus, shift_clock, 0, 1)
SHIFT(datetime_plus_clock, shift_clock, 1, 1)
SHIFT(datetime_clock_minus, shift_clock, 0, -1)

/* DATE ± whole days or months. */
static enum status shift_date(struct function_call *call, const struct column *arguments, struct column *result,
                              uint32_t at, int64_t sign, struct error *error) {
    int32_t *out = result->values;
    bool months = arguments[1 - at].type->kind == TYPE_INTERVAL_MONTH;
    KERNEL_ROWS (call, row) {
        int64_t us = argument_i32(&arguments[at], row) * US_PER_DAY, sum = 0;
        bool good = months ? add_months(call, &type_timestamp3, us, sign * argument_i32(&arguments[1 - at], row), &sum)
                           : add_time(us, sign * argument_i64(&arguments[1 - at], row), &sum);
        if (!good)
            return out_of_range(call, error);
        out[row] = (int32_t)floor_divide(sum, US_PER_DAY);
    }
    return STATUS_OK;
}
SHIFT(datetime_date_plus, shift_date, 0, 1)
SHIFT(datetime_plus_date, shift_date, 1, 1)
SHIFT(datetime_date_minus, shift_date, 0, -1)

/* ---- differences ---- */

enum status datetime_difference(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        if (__builtin_sub_overflow(argument_i64(&arguments[0], row), argument_i64(&arguments[1], row), &out[row]))
            return out_of_range(call, error);
    }
    return STATUS_OK;
}

enum status datetime_date_difference(struct function_call *call, const struct column *arguments, struct column *result,
                                     struct error *error) {
    (void)error;
    int64_t *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = ((int64_t)argument_i32(&arguments[0], row) - argument_i32(&arguments[1], row)) * US_PER_DAY;
    return STATUS_OK;
}

/* ---- interval * number ---- */

/* `at`: which argument is the interval. */
static enum status scale_time(struct function_call *call, const struct column *arguments, struct column *result,
                              uint32_t at, struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        double scaled = rint((double)argument_i64(&arguments[at], row) * argument_f64(&arguments[1 - at], row));
        if (!(fabs(scaled) < 9.2e18))
            return out_of_range(call, error);
        out[row] = (int64_t)scaled;
    }
    return STATUS_OK;
}

static enum status multiply_time(struct function_call *call, const struct column *arguments, struct column *result,
                                 uint32_t at, struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        if (__builtin_mul_overflow(argument_i64(&arguments[at], row), argument_i64(&arguments[1 - at], row), &out[row]))
            return out_of_range(call, error);
    }
    return STATUS_OK;
}

static enum status multiply_months(struct function_call *call, const struct column *arguments, struct column *result,
                                   uint32_t at, struct error *error) {
    int32_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t product;
        if (__builtin_mul_overflow((int64_t)argument_i32(&arguments[at], row), argument_i64(&arguments[1 - at], row),
                                   &product) ||
            product != (int32_t)product)
            return out_of_range(call, error);
        out[row] = (int32_t)product;
    }
    return STATUS_OK;
}

#define SCALE(name, scale, at)                                                                          \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        return scale(call, arguments, result, at, error);                                               \
    }
SCALE(datetime_scale_interval, scale_time, 0)
SCALE(datetime_scale_interval_right, scale_time, 1)
SCALE(datetime_multiply_interval, multiply_time, 0)
SCALE(datetime_multiply_interval_right, multiply_time, 1)
SCALE(datetime_multiply_months, multiply_months, 0)
SCALE(datetime_multiply_months_right, multiply_months, 1)

enum status datetime_divide_interval(struct function_call *call, const struct column *arguments, struct column *result,
                                     struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        double divisor = argument_f64(&arguments[1], row);
        if (divisor == 0)
            return FAIL_AT(error, call->position, STATUS_DIVISION_BY_ZERO, "division by zero");
        double quotient = rint((double)argument_i64(&arguments[0], row) / divisor);
        if (!(fabs(quotient) < 9.2e18))
            return out_of_range(call, error);
        out[row] = (int64_t)quotient;
    }
    return STATUS_OK;
}

/* ---- TIMESTAMPADD, TIMESTAMPDIFF ---- */

/* Months of a calendar unit, or 0. */
static int64_t unit_months(enum time_unit unit) {
    switch (unit) {
    case TIME_UNIT_MONTH: return 1;
    case TIME_UNIT_QUARTER: return 3;
    case TIME_UNIT_YEAR: return 12;
    case TIME_UNIT_DECADE: return 120;
    case TIME_UNIT_CENTURY: return 1200;
    case TIME_UNIT_MILLENNIUM: return 12000;
    default: return 0;
    }
}

static int64_t unit_us(enum time_unit unit) {
    switch (unit) {
    case TIME_UNIT_WEEK: return 7 * US_PER_DAY;
    case TIME_UNIT_DAY: return US_PER_DAY;
    case TIME_UNIT_HOUR: return US_PER_HOUR;
    case TIME_UNIT_MINUTE: return US_PER_MINUTE;
    case TIME_UNIT_SECOND: return US_PER_SECOND;
    case TIME_UNIT_MILLISECOND: return 1000;
    case TIME_UNIT_MICROSECOND: return 1;
    default: return 0;
    }
}

static enum status check_unit(const struct function_call *call, enum time_unit unit, struct str name,
                              struct error *error) {
    if (unit_months(unit) || unit_us(unit))
        return STATUS_OK;
    return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "%s cannot count in %.*s", call->function->name,
                   STR_FORMAT(name));
}

enum status datetime_add(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    struct str name = argument_str(&arguments[0], 0);
    enum time_unit unit = time_unit_find(name);
    TRY(check_unit(call, unit, name, error));
    const struct column *value = &arguments[2];
    bool date = value->type->kind == TYPE_DATE;
    KERNEL_ROWS (call, row) {
        int64_t count = argument_i64(&arguments[1], row), step, sum = 0;
        int64_t us = date ? argument_i32(value, row) * US_PER_DAY : argument_i64(value, row);
        int64_t months = unit_months(unit);
        if (__builtin_mul_overflow(count, months ? months : unit_us(unit), &step) ||
            !(months ? add_months(call, value->type, us, step, &sum) : add_time(us, step, &sum)))
            return out_of_range(call, error);
        if (date)
            COLUMN_VALUES(result, int32_t)[row] = (int32_t)floor_divide(sum, US_PER_DAY);
        else
            COLUMN_VALUES(result, int64_t)[row] = sum;
    }
    return STATUS_OK;
}

/* Whole months from a to b, toward zero: a month is whole when the day and time of a are reached. */
static int64_t months_between(int64_t a, int64_t b) {
    struct civil from = civil_from_us(a), to = civil_from_us(b);
    int64_t months = (to.year - from.year) * INT64_C(12) + to.month - from.month;
    int64_t reached = timestamp_add_months(a, months);
    if (months > 0 && reached > b)
        months--;
    else if (months < 0 && reached < b)
        months++;
    return months;
}

static int64_t wall_us(const struct function_call *call, const struct column *argument, uint32_t row) {
    if (argument->type->kind == TYPE_DATE)
        return argument_i32(argument, row) * US_PER_DAY;
    int64_t us = argument_i64(argument, row);
    return argument->type->kind == TYPE_TIMESTAMP_LTZ ? utc_to_local(call->context, us) : us;
}

enum status datetime_diff(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    struct str name = argument_str(&arguments[0], 0);
    enum time_unit unit = time_unit_find(name);
    TRY(check_unit(call, unit, name, error));
    bool instants = arguments[1].type->kind == TYPE_TIMESTAMP_LTZ && arguments[2].type->kind == TYPE_TIMESTAMP_LTZ;
    int32_t *out = result->values;
    KERNEL_ROWS (call, row) {
        bool clock = instants && unit_us(unit) && unit_us(unit) < US_PER_DAY;
        int64_t from = clock ? argument_i64(&arguments[1], row) : wall_us(call, &arguments[1], row);
        int64_t to = clock ? argument_i64(&arguments[2], row) : wall_us(call, &arguments[2], row);
        int64_t count = unit_months(unit) ? months_between(from, to) / unit_months(unit) : (to - from) / unit_us(unit);
        out[row] = (int32_t)count;
        if (out[row] != count)
            return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "TIMESTAMPDIFF out of range: %" PRId64, count);
    }
    return STATUS_OK;
}

/* ---- time zones by name ---- */

/* The zone of this row; looked up again only when the name changes. */
static enum status row_zone(struct function_call *call, const struct column *names, uint32_t row,
                            const struct time_zone **zone, struct error *error) {
    if (*zone && names->kind == COLUMN_CONSTANT)
        return STATUS_OK;
    struct str name = argument_str(names, row);
    char text[128];
    if (name.size < sizeof text) {
        memcpy(text, name.data, name.size);
        text[name.size] = 0;
        *zone = time_zone_find(text);
    } else {
        *zone = NULL;
    }
    if (!*zone)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "unknown time zone \"%.*s\"",
                       name.size > 100 ? 100 : (int)name.size, name.data);
    return STATUS_OK;
}

/* TIMESTAMP AT TIME ZONE z is an instant; an instant AT TIME ZONE z is the wall clock there. */
enum status datetime_at_zone(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    const struct time_zone *zone = NULL;
    int64_t *out = result->values;
    bool instant = arguments[0].type->kind == TYPE_TIMESTAMP_LTZ;
    KERNEL_ROWS (call, row) {
        TRY(row_zone(call, &arguments[1], row, &zone, error));
        int64_t us = argument_i64(&arguments[0], row);
        out[row] = instant ? us + time_zone_offset_us(zone, us) : time_zone_to_utc(zone, us);
    }
    return STATUS_OK;
}

/* CONVERT_TZ(text, from, to): NULL when the text is not a timestamp. */
enum status datetime_convert_zone(struct function_call *call, const struct column *arguments, struct column *result,
                                  struct error *error) {
    const struct time_zone *from = NULL, *to = NULL;
    struct string_view *out = result->values;
    struct strbuf text;
    strbuf_init(&text);
    enum status status = STATUS_OK;
    KERNEL_ROWS (call, row) {
        int64_t us;
        if ((status = row_zone(call, &arguments[1], row, &from, error)) != STATUS_OK ||
            (status = row_zone(call, &arguments[2], row, &to, error)) != STATUS_OK)
            break;
        if (!timestamp_parse(str_trim(argument_str(&arguments[0], row)), &us, NULL, NULL)) {
            result_null(call, result, row);
            continue;
        }
        us = time_zone_to_utc_later(from, us);
        strbuf_reset(&text);
        timestamp_print(&text, us + time_zone_offset_us(to, us), 0);
        out[row] = view_copy(call->arena, strbuf_str(&text));
    }
    strbuf_release(&text);
    return status;
}
