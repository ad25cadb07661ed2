/* datetime_part.c: EXTRACT of every unit, FLOOR/CEIL … TO unit, DATE_TRUNC. Instants are seen on the session's wall clock.
 * The unit is a literal, so it is looked up once per batch. */
#include "core/data/datetime.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/local_time.h"
#include "core/functions/time_unit.h"

/* Microseconds on the wall clock, of any date or time type; intervals as they are. */
static int64_t local_us(const struct function_call *call, const struct column *argument, uint32_t row) {
    switch (argument->type->kind) {
    case TYPE_DATE: return argument_i32(argument, row) * US_PER_DAY;
    case TYPE_TIMESTAMP_LTZ: return utc_to_local(call->context, argument_i64(argument, row));
    default: return argument_i64(argument, row);
    }
}

static int64_t day_of_us(int64_t us) {
    return floor_divide(us, US_PER_DAY);
}

/* 1 Monday … 7 Sunday; day 0 was a Thursday. */
static int64_t iso_weekday(int64_t day) {
    int64_t rest = (day + 3) % 7;
    return (rest < 0 ? rest + 7 : rest) + 1;
}

/* The week belongs to the year of its Thursday. */
static int64_t iso_week(int64_t day, int64_t *iso_year) {
    int32_t year;
    unsigned month, day_of_month;
    int64_t thursday = day + 4 - iso_weekday(day);
    civil_from_days((int32_t)thursday, &year, &month, &day_of_month);
    *iso_year = year;
    return (thursday - days_from_civil(year, 1, 1)) / 7 + 1;
}

static int64_t date_part(enum time_unit unit, int64_t day) {
    int32_t year;
    unsigned month, day_of_month;
    int64_t iso_year;
    civil_from_days((int32_t)day, &year, &month, &day_of_month);
    switch (unit) {
    case TIME_UNIT_MILLENNIUM: return year > 0 ? (year + 999) / 1000 : year / 1000;
    case TIME_UNIT_CENTURY: return year > 0 ? (year + 99) / 100 : year / 100;
    case TIME_UNIT_DECADE: return floor_divide(year, 10);
    case TIME_UNIT_YEAR: return year;
    case TIME_UNIT_ISOYEAR: iso_week(day, &iso_year); return iso_year;
    case TIME_UNIT_QUARTER: return (month + 2) / 3;
    case TIME_UNIT_MONTH: return month;
    case TIME_UNIT_WEEK: return iso_week(day, &iso_year);
    case TIME_UNIT_DAY: return day_of_month;
    case TIME_UNIT_DOW: return iso_weekday(day) % 7 + 1;
    case TIME_UNIT_ISODOW: return iso_weekday(day);
    case TIME_UNIT_DOY: return day - days_from_civil(year, 1, 1) + 1;
    default: return 0;
    }
}

/* The unit's length and how many make the next one (of the parts of a second: the second, as in Flink); length 0: not a part
 * of the day. */
static void time_unit_size(enum time_unit unit, uint64_t *length_us, uint64_t *count, int64_t *factor) {
    *factor = unit == TIME_UNIT_NANOSECOND ? 1000 : 1;
    switch (unit) {
    case TIME_UNIT_HOUR: *length_us = US_PER_HOUR, *count = 24; break;
    case TIME_UNIT_MINUTE: *length_us = US_PER_MINUTE, *count = 60; break;
    case TIME_UNIT_SECOND: *length_us = US_PER_SECOND, *count = 60; break;
    case TIME_UNIT_MILLISECOND: *length_us = 1000, *count = 1000; break;
    case TIME_UNIT_MICROSECOND:
    case TIME_UNIT_NANOSECOND: *length_us = 1, *count = 1000000; break;
    default: *length_us = 0, *count = 1; break;
    }
}

/* Any time is above it, and it is a whole number of days, so that parts come from unsigned division. */
#define PART_BIAS_US (UINT64_C(20000000) * (uint64_t)US_PER_DAY)

static int64_t time_part(enum time_unit unit, int64_t us) {
    uint64_t length_us, count;
    int64_t factor;
    time_unit_size(unit, &length_us, &count, &factor);
    if (!length_us)
        return floor_divide(us, US_PER_SECOND); /* EPOCH */
    return (int64_t)(((uint64_t)us + PART_BIAS_US) / length_us % count) * factor;
}

#define PART_LOOP(length, count)                                                                                  \
    do {                                                                                                          \
        KERNEL_ROWS (call, row)                                                                                   \
            out[row] =                                                                                            \
                (int64_t)(((uint64_t)argument_i64(argument, row) + PART_BIAS_US) / (uint64_t)(length) % (count)); \
    } while (0)

/* Parts of the day of a type without zone: constant divisors, no branch. */
static bool extract_plain(struct function_call *call, enum time_unit unit, const struct column *argument,
                          int64_t *out) {
    if (argument->type->kind != TYPE_TIMESTAMP && argument->type->kind != TYPE_TIME)
        return false;
    if (unit == TIME_UNIT_HOUR)
        PART_LOOP(US_PER_HOUR, 24);
    else if (unit == TIME_UNIT_MINUTE)
        PART_LOOP(US_PER_MINUTE, 60);
    else if (unit == TIME_UNIT_SECOND)
        PART_LOOP(US_PER_SECOND, 60);
    else
        return false;
    return true;
}

enum status datetime_extract(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    int64_t *out = result->values;
    enum time_unit unit = time_unit_find(argument_str(&arguments[0], 0));
    const struct column *argument = &arguments[1];
    if (extract_plain(call, unit, argument, out))
        return STATUS_OK;
    if (unit == TIME_UNIT_EPOCH && argument->type->kind == TYPE_TIMESTAMP_LTZ) {
        KERNEL_ROWS (call, row)
            out[row] = floor_divide(argument_i64(argument, row), US_PER_SECOND);
    } else if (unit >= TIME_UNIT_HOUR) {
        KERNEL_ROWS (call, row)
            out[row] = time_part(unit, local_us(call, argument, row));
    } else {
        int64_t last_day = INT64_MIN, last_part = 0; /* rows of one day come together */
        KERNEL_ROWS (call, row) {
            int64_t day = day_of_us(local_us(call, argument, row));
            if (day != last_day)
                last_part = date_part(unit, day);
            last_day = day;
            out[row] = last_part;
        }
    }
    return STATUS_OK;
}

/* Parts of an interval of time: whole days, then hours 0 … 23 and so on, with the interval's sign. */
enum status datetime_extract_interval(struct function_call *call, const struct column *arguments, struct column *result,
                                      struct error *error) {
    int64_t *out = result->values;
    enum time_unit unit = time_unit_find(argument_str(&arguments[0], 0));
    if (unit != TIME_UNIT_DAY && unit < TIME_UNIT_HOUR)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "an interval of time has no %.*s",
                       STR_FORMAT(argument_str(&arguments[0], 0)));
    KERNEL_ROWS (call, row) {
        int64_t us = argument_i64(&arguments[1], row);
        int64_t size = us == INT64_MIN ? INT64_MAX : us < 0 ? -us : us;
        int64_t part = unit == TIME_UNIT_DAY ? size / US_PER_DAY : time_part(unit, size);
        out[row] = us < 0 ? -part : part;
    }
    return STATUS_OK;
}

enum status datetime_extract_months(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    int64_t *out = result->values;
    enum time_unit unit = time_unit_find(argument_str(&arguments[0], 0));
    if (unit != TIME_UNIT_YEAR && unit != TIME_UNIT_MONTH && unit != TIME_UNIT_QUARTER)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "an interval of months has no %.*s",
                       STR_FORMAT(argument_str(&arguments[0], 0)));
    KERNEL_ROWS (call, row) {
        int32_t months = argument_i32(&arguments[1], row);
        out[row] = unit == TIME_UNIT_YEAR ? months / 12 : unit == TIME_UNIT_MONTH ? months % 12 : months % 12 / 3 + 1;
    }
    return STATUS_OK;
}

/* ---- FLOOR and CEIL ---- */

/* Weeks start on Sunday in FLOOR and CEIL, as in Flink, and on Monday in DATE_TRUNC, as in PostgreSQL. */
enum rounding { ROUNDING_FLOOR, ROUNDING_CEIL, ROUNDING_TRUNC };

static int64_t week_start(int64_t day, enum rounding rounding) {
    return rounding == ROUNDING_TRUNC ? day + 1 - iso_weekday(day) : day - iso_weekday(day) % 7;
}

/* The first day of the unit that the day lies in; with next, of the one after. */
static int64_t day_floor(enum time_unit unit, int64_t day, enum rounding rounding, bool next) {
    int32_t year;
    unsigned month, day_of_month;
    civil_from_days((int32_t)day, &year, &month, &day_of_month);
    int32_t years = 0, months = 0;
    switch (unit) {
    case TIME_UNIT_WEEK: return week_start(day, rounding) + (next ? 7 : 0);
    case TIME_UNIT_MONTH: months = 1; break;
    case TIME_UNIT_QUARTER:
        month = (month - 1) / 3 * 3 + 1;
        months = 3;
        break;
    case TIME_UNIT_YEAR: years = 1; break;
    case TIME_UNIT_DECADE: years = 10; break;
    case TIME_UNIT_CENTURY: years = 100; break;
    case TIME_UNIT_MILLENNIUM: years = 1000; break;
    default: return day + next;
    }
    if (years) {
        int32_t shift = years >= 100; /* centuries start with year 1 */
        year = (int32_t)floor_divide(year - shift, years) * years + shift + (next ? years : 0);
        return days_from_civil(year, 1, 1);
    }
    month += next ? (unsigned)months : 0;
    return month > 12 ? days_from_civil(year + 1, month - 12, 1) : days_from_civil(year, month, 1);
}

static int64_t unit_us(enum time_unit unit) {
    switch (unit) {
    case TIME_UNIT_HOUR: return US_PER_HOUR;
    case TIME_UNIT_MINUTE: return US_PER_MINUTE;
    case TIME_UNIT_SECOND: return US_PER_SECOND;
    case TIME_UNIT_MILLISECOND: return 1000;
    case TIME_UNIT_MICROSECOND:
    case TIME_UNIT_NANOSECOND: return 1;
    default: return 0;
    }
}

static int64_t round_us(enum time_unit unit, int64_t us, enum rounding rounding) {
    int64_t size = unit_us(unit);
    bool up = rounding == ROUNDING_CEIL;
    if (size) {
        int64_t floored = floor_divide(us, size) * size;
        return up && floored != us ? floored + size : floored;
    }
    int64_t day = day_of_us(us);
    int64_t floored = day_floor(unit, day, rounding, false) * US_PER_DAY;
    return up && floored != us ? day_floor(unit, day, rounding, true) * US_PER_DAY : floored;
}

static enum status round_all(struct function_call *call, const struct column *value, const struct column *unit_name,
                             struct column *result, enum rounding rounding, struct error *error) {
    enum time_unit unit = time_unit_find(argument_str(unit_name, 0));
    if (unit == TIME_UNIT_NONE || unit == TIME_UNIT_ISOYEAR || unit == TIME_UNIT_DOW || unit == TIME_UNIT_ISODOW ||
        unit == TIME_UNIT_DOY || unit == TIME_UNIT_EPOCH)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "cannot round to %.*s",
                       STR_FORMAT(argument_str(unit_name, 0)));
    KERNEL_ROWS (call, row) {
        int64_t rounded = round_us(unit, local_us(call, value, row), rounding);
        if (value->type->kind == TYPE_DATE)
            COLUMN_VALUES(result, int32_t)[row] = (int32_t)day_of_us(rounded);
        else
            COLUMN_VALUES(result, int64_t)
        [row] = value->type->kind == TYPE_TIMESTAMP_LTZ ? local_to_utc(call->context, rounded) : rounded;
    }
    return STATUS_OK;
}

enum status datetime_floor(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    return round_all(call, &arguments[0], &arguments[1], result, ROUNDING_FLOOR, error);
}

enum status datetime_ceil(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    return round_all(call, &arguments[0], &arguments[1], result, ROUNDING_CEIL, error);
}

enum status datetime_trunc(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    return round_all(call, &arguments[1], &arguments[0], result, ROUNDING_TRUNC, error);
}
