/* datetime_text.c: DATE_FORMAT, TO_TIMESTAMP, TO_DATE, UNIX_TIMESTAMP, FROM_UNIXTIME. A constant pattern is read once per
 * call site; a pattern of days or minutes gives one text per day or minute, which neighbouring rows share.
 * Text that does not match its pattern gives NULL, as in Flink. */
#include <math.h>
#include <string.h>

#include "core/data/datetime.h"
#include "core/functions/kernels/datetime_pattern.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/local_time.h"
#include "core/functions/kernels/text_writer.h"

#define DEFAULT_PATTERN STR("yyyy-MM-dd HH:mm:ss")

struct pattern_site {
    struct datetime_pattern pattern;
    char text[256]; /* what the pattern was read from */
    size_t size;    /* SIZE_MAX: nothing yet */
};

static enum status site_pattern(struct function_call *call, struct str text, const struct datetime_pattern **pattern,
                                struct error *error) {
    if (!call->state) {
        call->state = ARENA_NEW(call->state_arena, struct pattern_site);
        ((struct pattern_site *)call->state)->size = SIZE_MAX;
    }
    struct pattern_site *site = call->state;
    *pattern = &site->pattern;
    if (site->size == text.size && memcmp(site->text, text.data, text.size) == 0)
        return STATUS_OK;
    if (text.size > sizeof site->text)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "date pattern is too long");
    site->size = SIZE_MAX;
    TRY(datetime_pattern_read(text, &site->pattern, call->position, error));
    memcpy(site->text, text.data, text.size);
    site->size = text.size;
    return STATUS_OK;
}

static const char *zone_name(const struct function_call *call) {
    return call->context && call->context->zone ? time_zone_name(call->context->zone) : "UTC";
}

/* Texts of local times; `utc_at` gives the instant of a row, or the local time itself when it has no zone. */
struct formatter {
    struct function_call *call;
    struct text_writer writer;
    const struct datetime_pattern *pattern;
    int64_t same_from, same_to; /* local times that have last_view */
    struct string_view last_view;
};

static struct formatter formatter_make(struct function_call *call) {
    return (struct formatter){.call = call, .writer = text_writer_make(call->arena)};
}

static struct string_view format_one(struct formatter *formatter, int64_t us, bool instant) {
    int64_t local = instant ? utc_to_local(formatter->call->context, us) : us;
    if (local >= formatter->same_from && local < formatter->same_to)
        return formatter->last_view;
    char *at = text_reserve(&formatter->writer, DATETIME_TEXT_MAX);
    size_t size = datetime_pattern_write(formatter->pattern, local, local - (instant ? us : local),
                                         instant ? zone_name(formatter->call) : "", at);
    int64_t unit_us = formatter->pattern->unit_us;
    formatter->same_from = unit_us ? floor_divide(local, unit_us) * unit_us : 0;
    formatter->same_to = unit_us ? formatter->same_from + unit_us : 0;
    formatter->last_view = text_commit(&formatter->writer, size);
    return formatter->last_view;
}

enum status datetime_format(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    struct string_view *out = result->values;
    struct formatter formatter = formatter_make(call);
    bool instant = arguments[0].type->kind == TYPE_TIMESTAMP_LTZ, constant = arguments[1].kind == COLUMN_CONSTANT;
    KERNEL_ROWS (call, row) {
        if (!formatter.pattern || !constant) {
            TRY(site_pattern(call, argument_str(&arguments[1], row), &formatter.pattern, error));
            formatter.same_to = formatter.same_from;
        }
        out[row] = format_one(&formatter, argument_i64(&arguments[0], row), instant);
    }
    return STATUS_OK;
}

/* FROM_UNIXTIME(seconds[, pattern]) in the session's zone. */
enum status datetime_from_unixtime(struct function_call *call, const struct column *arguments, struct column *result,
                                   struct error *error) {
    struct string_view *out = result->values;
    struct formatter formatter = formatter_make(call);
    KERNEL_ROWS (call, row) {
        struct str text = call->argument_count > 1 ? argument_str(&arguments[1], row) : DEFAULT_PATTERN;
        int64_t us;
        TRY(site_pattern(call, text, &formatter.pattern, error));
        if (call->argument_count > 1 && arguments[1].kind != COLUMN_CONSTANT)
            formatter.same_to = formatter.same_from;
        if (__builtin_mul_overflow(argument_i64(&arguments[0], row), US_PER_SECOND, &us) ||
            us > INT64_C(253402300799999999) || us < INT64_C(-62135596800000000))
            return FAIL_AT(error, call->position, STATUS_OUT_OF_RANGE, "seconds out of range of a TIMESTAMP");
        out[row] = format_one(&formatter, us, true);
    }
    return STATUS_OK;
}

/* ---- text to time ---- */

static bool iso_or_pattern(struct str text, const struct datetime_pattern *pattern, int64_t *local_us, bool *has_zone,
                           int64_t *offset_us) {
    return pattern ? datetime_pattern_parse(pattern, text, local_us, has_zone, offset_us)
                   : timestamp_parse(text, local_us, has_zone, offset_us);
}

/* One text per row through the row's pattern, if there is one: *good is whether it matched. */
static enum status parse_row(struct function_call *call, const struct column *arguments, uint32_t row, bool *good,
                             int64_t *us, bool *has_zone, int64_t *offset_us, struct error *error) {
    const struct datetime_pattern *pattern = NULL;
    *has_zone = false;
    *offset_us = 0;
    if (call->argument_count > 1)
        TRY(site_pattern(call, argument_str(&arguments[1], row), &pattern, error));
    *good = iso_or_pattern(str_trim(argument_str(&arguments[0], row)), pattern, us, has_zone, offset_us);
    return STATUS_OK;
}

enum status datetime_to_timestamp(struct function_call *call, const struct column *arguments, struct column *result,
                                  struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        bool good, has_zone;
        int64_t offset_us;
        TRY(parse_row(call, arguments, row, &good, &out[row], &has_zone, &offset_us, error));
        if (good)
            out[row] = precision_floor(out[row], call->type->precision);
        else
            result_null(call, result, row);
    }
    return STATUS_OK;
}

/* The zone that the optional third argument names; UTC without. */
static enum status text_zone(struct function_call *call, const struct column *arguments, uint32_t row,
                             const struct time_zone **zone, struct error *error) {
    *zone = NULL;
    if (call->argument_count <= 2)
        return STATUS_OK;
    struct str name = argument_str(&arguments[2], row);
    char text[128];
    if (name.size < sizeof text) {
        memcpy(text, name.data, name.size);
        text[name.size] = 0;
        *zone = time_zone_find(text);
    }
    if (!*zone)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "unknown time zone \"%.*s\"",
                       name.size > 100 ? 100 : (int)name.size, name.data);
    return STATUS_OK;
}

/* TO_TIMESTAMP_LTZ(text[, pattern[, zone]]): in UTC, not the session's zone, unless the text or the zone tells another. */
enum status datetime_to_instant(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        bool good, has_zone;
        int64_t offset_us, us;
        const struct time_zone *zone;
        TRY(text_zone(call, arguments, row, &zone, error));
        TRY(parse_row(call, arguments, row, &good, &us, &has_zone, &offset_us, error));
        if (!good) {
            result_null(call, result, row);
            continue;
        }
        out[row] =
            precision_floor(has_zone || !zone ? us - offset_us : time_zone_to_utc(zone, us), call->type->precision);
    }
    return STATUS_OK;
}

enum status datetime_to_date(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    int32_t *out = result->values;
    KERNEL_ROWS (call, row) {
        bool good, has_zone;
        int64_t offset_us, us;
        TRY(parse_row(call, arguments, row, &good, &us, &has_zone, &offset_us, error));
        if (good)
            out[row] = (int32_t)floor_divide(us, US_PER_DAY);
        else
            result_null(call, result, row);
    }
    return STATUS_OK;
}

/* UNIX_TIMESTAMP(text[, pattern]): seconds; what does not match gives the smallest BIGINT, as in Flink. */
enum status datetime_unix_timestamp(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        bool good, has_zone;
        int64_t offset_us, us;
        TRY(parse_row(call, arguments, row, &good, &us, &has_zone, &offset_us, error));
        const struct time_zone *zone = call->context ? call->context->zone : NULL;
        int64_t utc = good && !has_zone && zone ? time_zone_to_utc_later(zone, us) : us - offset_us;
        out[row] = good ? floor_divide(utc, US_PER_SECOND) : INT64_MIN;
    }
    return STATUS_OK;
}

/* TO_TIMESTAMP_LTZ(number, precision): a number of seconds (0), milliseconds (3), microseconds (6) or nanoseconds (9). */
enum status datetime_number_to_instant(struct function_call *call, const struct column *arguments,
                                       struct column *result, struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t precision = call->argument_count > 1 ? argument_i64(&arguments[1], row) : 3, us = 0;
        if (precision != 0 && precision != 3 && precision != 6 && precision != 9)
            return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT,
                           "precision of TO_TIMESTAMP_LTZ must be 0 (seconds) or 3 (milliseconds), not %lld",
                           (long long)precision);
        int64_t number = argument_i64(&arguments[0], row);
        bool overflow = false;
        if (precision == 9)
            us = floor_divide(number, 1000);
        else
            overflow = __builtin_mul_overflow(number, precision == 0 ? US_PER_SECOND : precision == 3 ? 1000 : 1, &us);
        if (overflow || us > INT64_C(253402300799999999) || us < INT64_C(-62135596800000000))
            result_null(call, result, row);
        else
            out[row] = precision_floor(us, call->type->precision);
    }
    return STATUS_OK;
}

/* The same from a fractional number; the fraction counts. */
enum status datetime_real_to_instant(struct function_call *call, const struct column *arguments, struct column *result,
                                     struct error *error) {
    int64_t *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t precision = call->argument_count > 1 ? argument_i64(&arguments[1], row) : 3;
        if (precision != 0 && precision != 3 && precision != 6 && precision != 9)
            return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT,
                           "precision of TO_TIMESTAMP_LTZ must be 0 (seconds) or 3 (milliseconds), not %lld",
                           (long long)precision);
        double us = floor(argument_f64(&arguments[0], row) * pow(10, (double)(6 - precision)));
        if (!(us <= 253402300799999999.0 && us >= -62135596800000000.0))
            result_null(call, result, row);
        else
            out[row] = precision_floor((int64_t)us, call->type->precision);
    }
    return STATUS_OK;
}
