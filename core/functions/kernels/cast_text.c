/* cast_text.c: casts from and to strings and bytes. Strings are trimmed before they are read as a value; VARCHAR(n) and
 * CHAR(n) targets cut to n characters, and CHAR(n) pads with blanks. */
#include <string.h>

#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"
#include "core/functions/cast.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/local_time.h"
#include "core/functions/kernels/text_writer.h"

static struct str source_text(const struct cast_job *job, uint32_t row) {
    return argument_str(job->source, row);
}

#define CAST_EACH_ROW(job, row)    \
    for (uint32_t i_ = 0, row = 0; \
         i_ < (job)->selection.count && ((row = selection_row(&(job)->selection, i_)), true); i_++)

/* ---- text to values ---- */

/* Flink takes a fraction and drops it: '12.7' is 12. STATUS_OK, INVALID_TEXT or OUT_OF_RANGE. */
static enum status integer_read(struct str text, int64_t minimum, int64_t maximum, int64_t *value) {
    text = str_trim(text);
    size_t i = 0;
    bool negative = text.size && text.data[0] == '-';
    i += text.size && (text.data[0] == '-' || text.data[0] == '+');
    size_t digits = i;
    int128 sum = 0;
    for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        if (sum <= INT64_MAX)
            sum = sum * 10 + (text.data[i] - '0');
    }
    bool some = i > digits;
    if (i < text.size && text.data[i] == '.') {
        size_t fraction = ++i;
        while (i < text.size && text.data[i] >= '0' && text.data[i] <= '9')
            i++;
        some |= i > fraction;
    }
    if (!some || i < text.size)
        return STATUS_INVALID_TEXT;
    sum = negative ? -sum : sum;
    *value = (int64_t)sum;
    return sum < minimum || sum > maximum ? STATUS_OUT_OF_RANGE : STATUS_OK;
}

#define CAST_TEXT_TO_INTEGER(name, type, minimum, maximum)                                      \
    static enum status name(struct cast_job *job) {                                             \
        type *out = job->result->values;                                                        \
        CAST_EACH_ROW (job, row) {                                                              \
            int64_t value;                                                                      \
            enum status status = integer_read(source_text(job, row), minimum, maximum, &value); \
            if (status == STATUS_OK)                                                            \
                out[row] = (type)value;                                                         \
            else                                                                                \
                TRY(cast_reject(job, row, status));                                             \
        }                                                                                       \
        return STATUS_OK;                                                                       \
    }
CAST_TEXT_TO_INTEGER(text_to_tinyint, int8_t, INT8_MIN, INT8_MAX)
CAST_TEXT_TO_INTEGER(text_to_smallint, int16_t, INT16_MIN, INT16_MAX)
CAST_TEXT_TO_INTEGER(text_to_int, int32_t, INT32_MIN, INT32_MAX)
CAST_TEXT_TO_INTEGER(text_to_bigint, int64_t, INT64_MIN, INT64_MAX)

static bool boolean_read(struct str text, uint8_t *value) {
    static const char *const words[] = {"false", "f", "no", "n", "0", "true", "t", "yes", "y", "1"};
    text = str_trim(text);
    for (unsigned i = 0; i < 10; i++) {
        if (str_equal_ignore_case(text, str_from(words[i]))) {
            *value = i >= 5;
            return true;
        }
    }
    return false;
}

static bool date_read(struct str text, int32_t *days) {
    int64_t us;
    if (date_parse(text, days))
        return true;
    if (!timestamp_parse(text, &us, NULL, NULL))
        return false;
    *days = (int32_t)floor_divide(us, US_PER_DAY);
    return true;
}

static bool local_timestamp_read(struct str text, int64_t *us) {
    return timestamp_parse(text, us, NULL, NULL);
}

static bool instant_read(const struct cast_job *job, struct str text, int64_t *us) {
    bool has_zone = false;
    int64_t offset_us = 0;
    if (!timestamp_parse(text, us, &has_zone, &offset_us))
        return false;
    *us = has_zone ? *us - offset_us : local_to_utc(job->call->context, *us);
    return true;
}

static bool float_read(struct str text, float *value) {
    double wide;
    if (!double_parse(text, &wide))
        return false;
    *value = (float)wide;
    return true;
}

#define CAST_TEXT_TO(name, type, failure, read)                \
    static enum status name(struct cast_job *job) {            \
        type *out = job->result->values;                       \
        CAST_EACH_ROW (job, row) {                             \
            struct str text = str_trim(source_text(job, row)); \
            if (!(read))                                       \
                TRY(cast_reject(job, row, failure));           \
        }                                                      \
        return STATUS_OK;                                      \
    }
CAST_TEXT_TO(text_to_boolean, uint8_t, STATUS_INVALID_TEXT, boolean_read(text, &out[row]))
CAST_TEXT_TO(text_to_float, float, STATUS_INVALID_TEXT, float_read(text, &out[row]))
CAST_TEXT_TO(text_to_double, double, STATUS_INVALID_TEXT, double_parse(text, &out[row]))
CAST_TEXT_TO(text_to_decimal, int128, STATUS_INVALID_TEXT,
             decimal_parse(text, job->result->type->precision, job->result->type->scale, &out[row]))
CAST_TEXT_TO(text_to_date, int32_t, STATUS_INVALID_DATETIME, date_read(text, &out[row]))
CAST_TEXT_TO(text_to_time, int64_t, STATUS_INVALID_DATETIME,
             time_parse(text, &out[row]) &&
                 ((out[row] = precision_floor(out[row], job->result->type->precision)), true))
CAST_TEXT_TO(text_to_timestamp, int64_t, STATUS_INVALID_DATETIME,
             local_timestamp_read(text, &out[row]) &&
                 ((out[row] = precision_floor(out[row], job->result->type->precision)), true))
CAST_TEXT_TO(text_to_timestamp_ltz, int64_t, STATUS_INVALID_DATETIME,
             instant_read(job, text, &out[row]) &&
                 ((out[row] = precision_floor(out[row], job->result->type->precision)), true))

/* ---- values to text ---- */

/* Bytes of the first `count` characters. */
static size_t characters_size(struct str text, uint32_t count, uint32_t *found) {
    size_t i = 0;
    *found = 0;
    for (; i < text.size; i++) {
        bool starts = ((uint8_t)text.data[i] & 0xC0) != 0x80;
        if (starts && *found == count)
            break;
        *found += starts;
    }
    return i;
}

static struct string_view fitted(struct text_writer *writer, const struct type *type, struct str text, bool copy) {
    bool fixed = type->kind == TYPE_CHAR || type->kind == TYPE_BINARY;
    bool bytes = type_is_binary(type);
    uint32_t found = (uint32_t)text.size;
    size_t size = text.size;
    if (fixed || text.size > type->length)
        size =
            bytes ? (text.size < type->length ? text.size : type->length) : characters_size(text, type->length, &found);
    if (fixed && found < type->length) {
        size_t padding = type->length - found;
        char *at = text_reserve(writer, size + padding + 1);
        memcpy(at, text.data, size);
        memset(at + size, bytes ? 0 : ' ', padding);
        return text_commit(writer, size + padding);
    }
    text.size = size;
    return copy ? text_put(writer, text) : view_make(text.data, (uint32_t)size);
}

static enum status text_to_text(struct cast_job *job) {
    struct string_view *out = job->result->values;
    struct text_writer writer = text_writer_make(job->call->arena);
    CAST_EACH_ROW (job, row)
        out[row] = fitted(&writer, job->result->type, source_text(job, row), false);
    return STATUS_OK;
}

static size_t integer_write(char *text, int64_t value) {
    char digits[20];
    size_t count = 0, size = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        text[size++] = '-';
    while (count)
        text[size++] = digits[--count];
    return size;
}

static int64_t integer_at(const struct column *column, uint32_t row) {
    const void *value = column_value(column, row);
    switch (type_layout(column->type)) {
    case LAYOUT_I8: return *(const int8_t *)value;
    case LAYOUT_I16: return *(const int16_t *)value;
    case LAYOUT_I32: return *(const int32_t *)value;
    default: return *(const int64_t *)value;
    }
}

static enum status integer_to_text(struct cast_job *job) {
    struct string_view *out = job->result->values;
    struct text_writer writer = text_writer_make(job->call->arena);
    CAST_EACH_ROW (job, row) {
        char text[24];
        size_t size = integer_write(text, integer_at(job->source, row));
        out[row] = fitted(&writer, job->result->type, (struct str){text, size}, true);
    }
    return STATUS_OK;
}

/* As results show it; an instant in the session's zone. */
static enum status value_to_text(struct cast_job *job) {
    struct string_view *out = job->result->values;
    struct text_writer writer = text_writer_make(job->call->arena);
    const struct type *type = job->source->type;
    struct strbuf text;
    strbuf_init(&text);
    CAST_EACH_ROW (job, row) {
        strbuf_reset(&text);
        if (type->kind == TYPE_BOOLEAN)
            strbuf_append_text(&text, argument_bool(job->source, row) ? "TRUE" : "FALSE");
        else if (type->kind == TYPE_TIMESTAMP_LTZ)
            timestamp_print(&text, utc_to_local(job->call->context, argument_i64(job->source, row)), type->precision);
        else
            column_print_value(&text, job->source, row);
        out[row] = fitted(&writer, job->result->type, strbuf_str(&text), true);
    }
    strbuf_release(&text);
    return STATUS_OK;
}

/* ---- the tables ---- */

static cast_kernel *const from_text[TYPE_KIND_COUNT] = {
    [TYPE_BOOLEAN] = text_to_boolean,     [TYPE_TINYINT] = text_to_tinyint,
    [TYPE_SMALLINT] = text_to_smallint,   [TYPE_INT] = text_to_int,
    [TYPE_BIGINT] = text_to_bigint,       [TYPE_FLOAT] = text_to_float,
    [TYPE_DOUBLE] = text_to_double,       [TYPE_DECIMAL] = text_to_decimal,
    [TYPE_DATE] = text_to_date,           [TYPE_TIME] = text_to_time,
    [TYPE_TIMESTAMP] = text_to_timestamp, [TYPE_TIMESTAMP_LTZ] = text_to_timestamp_ltz,
};

cast_kernel *cast_text_kernel(const struct type *from, const struct type *to) {
    bool to_text = type_is_string(to), to_bytes = type_is_binary(to);
    if ((type_is_string(from) || type_is_binary(from)) && (to_text || to_bytes))
        return text_to_text;
    if (type_is_string(from))
        return from_text[to->kind];
    if (!to_text)
        return NULL;
    return type_is_integer(from) ? integer_to_text : value_to_text;
}
