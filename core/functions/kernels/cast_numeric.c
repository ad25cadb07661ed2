/* cast_numeric.c: casts between BOOLEAN and the numbers. Fractions are cut off towards whole numbers (DECIMAL to DECIMAL
 * rounds half up); a value outside the target's range is rejected. */
#include <math.h>

#include "core/data/decimal.h"
#include "core/functions/cast.h"
#include "core/functions/kernels/kernel.h"

#define CAST_NAME(from, to) cast_##from##_to_##to

#define CAST_ROWS(job, in_type, out_type, body)             \
    const in_type *restrict in = (job)->source->values;     \
    out_type *restrict out = (job)->result->values;         \
    bool constant = (job)->source->kind == COLUMN_CONSTANT; \
    for (uint32_t i = 0; i < (job)->selection.count; i++) { \
        uint32_t row = selection_row(&(job)->selection, i); \
        in_type value = in[constant ? 0 : row];             \
        body                                                \
    }

/* Every value of `from` has a value in `to`. */
#define CAST_WIDEN(from, from_type, to, to_type, convert)                  \
    static enum status CAST_NAME(from, to)(struct cast_job * job) {        \
        if (job->dense_count && job->source->kind != COLUMN_CONSTANT) {    \
            const from_type *restrict from_values = job->source->values;   \
            to_type *restrict to_values = job->result->values;             \
            for (uint32_t k = 0; k < job->dense_count; k++) {              \
                from_type value = from_values[k];                          \
                to_values[k] = (to_type)(convert);                         \
            }                                                              \
            return STATUS_OK;                                              \
        }                                                                  \
        CAST_ROWS(job, from_type, to_type, out[row] = (to_type)(convert);) \
        return STATUS_OK;                                                  \
    }

#define CAST_NARROW(from, from_type, to, to_type, fits)                                              \
    static enum status CAST_NAME(from, to)(struct cast_job * job) {                                  \
        CAST_ROWS(job, from_type, to_type, if (__builtin_expect(fits, 1)) out[row] = (to_type)value; \
                  else TRY(cast_reject(job, row, STATUS_OUT_OF_RANGE));)                             \
        return STATUS_OK;                                                                            \
    }

CAST_WIDEN(u8, uint8_t, u8, uint8_t, value);
CAST_WIDEN(u8, uint8_t, i8, int8_t, value);
CAST_WIDEN(u8, uint8_t, i16, int16_t, value);
CAST_WIDEN(u8, uint8_t, i32, int32_t, value);
CAST_WIDEN(u8, uint8_t, i64, int64_t, value);
CAST_WIDEN(u8, uint8_t, f32, float, value);
CAST_WIDEN(u8, uint8_t, f64, double, value);
CAST_WIDEN(i8, int8_t, u8, uint8_t, value != 0);
CAST_WIDEN(i8, int8_t, i8, int8_t, value);
CAST_WIDEN(i8, int8_t, i16, int16_t, value);
CAST_WIDEN(i8, int8_t, i32, int32_t, value);
CAST_WIDEN(i8, int8_t, i64, int64_t, value);
CAST_WIDEN(i8, int8_t, f32, float, value);
CAST_WIDEN(i8, int8_t, f64, double, value);
CAST_WIDEN(i16, int16_t, u8, uint8_t, value != 0);
CAST_NARROW(i16, int16_t, i8, int8_t, value == (int8_t)value);
CAST_WIDEN(i16, int16_t, i16, int16_t, value);
CAST_WIDEN(i16, int16_t, i32, int32_t, value);
CAST_WIDEN(i16, int16_t, i64, int64_t, value);
CAST_WIDEN(i16, int16_t, f32, float, value);
CAST_WIDEN(i16, int16_t, f64, double, value);
CAST_WIDEN(i32, int32_t, u8, uint8_t, value != 0);
CAST_NARROW(i32, int32_t, i8, int8_t, value == (int8_t)value);
CAST_NARROW(i32, int32_t, i16, int16_t, value == (int16_t)value);
CAST_WIDEN(i32, int32_t, i32, int32_t, value);
CAST_WIDEN(i32, int32_t, i64, int64_t, value);
CAST_WIDEN(i32, int32_t, f32, float, value);
CAST_WIDEN(i32, int32_t, f64, double, value);
CAST_WIDEN(i64, int64_t, u8, uint8_t, value != 0);
CAST_NARROW(i64, int64_t, i8, int8_t, value == (int8_t)value);
CAST_NARROW(i64, int64_t, i16, int16_t, value == (int16_t)value);
CAST_NARROW(i64, int64_t, i32, int32_t, value == (int32_t)value);
CAST_WIDEN(i64, int64_t, i64, int64_t, value);
CAST_WIDEN(i64, int64_t, f32, float, value);
CAST_WIDEN(i64, int64_t, f64, double, value);
CAST_WIDEN(f32, float, u8, uint8_t, value != 0);
CAST_NARROW(f32, float, i8, int8_t, value > -129.0f && value < 128.0f);
CAST_NARROW(f32, float, i16, int16_t, value > -32769.0f && value < 32768.0f);
CAST_NARROW(f32, float, i32, int32_t, value >= -2147483648.0f && value < 2147483648.0f);
CAST_NARROW(f32, float, i64, int64_t, value >= -9223372036854775808.0f && value < 9223372036854775808.0f);
CAST_WIDEN(f32, float, f32, float, value);
CAST_WIDEN(f32, float, f64, double, value);
CAST_WIDEN(f64, double, u8, uint8_t, value != 0);
CAST_NARROW(f64, double, i8, int8_t, value > -129.0 && value < 128.0);
CAST_NARROW(f64, double, i16, int16_t, value > -32769.0 && value < 32768.0);
CAST_NARROW(f64, double, i32, int32_t, value > -2147483649.0 && value < 2147483648.0);
CAST_NARROW(f64, double, i64, int64_t, value >= -9223372036854775808.0 && value < 9223372036854775808.0);
CAST_WIDEN(f64, double, f32, float, value);
CAST_WIDEN(f64, double, f64, double, value);

/* ---- DECIMAL ---- */

/* From whole numbers (and BOOLEAN): times a power of ten. */
#define CAST_TO_DECIMAL(from, from_type, digits)                                                                     \
    static enum status CAST_NAME(from, i128)(struct cast_job * job) {                                                \
        const struct type *type = job->result->type;                                                                 \
        int128 factor = decimal_power_of_ten(type->scale);                                                           \
        bool safe = type->precision - type->scale >= (digits);                                                       \
        if (safe && job->dense_count && job->source->kind != COLUMN_CONSTANT) {                                      \
            const from_type *restrict from_values = job->source->values;                                             \
            int128 *restrict to_values = job->result->values;                                                        \
            for (uint32_t k = 0; k < job->dense_count; k++)                                                          \
                to_values[k] = (int128)from_values[k] * factor;                                                      \
            return STATUS_OK;                                                                                        \
        }                                                                                                            \
        CAST_ROWS(job, from_type, int128,                                                                            \
                  if (safe || decimal_fits(value, type->precision - type->scale)) out[row] = (int128)value * factor; \
                  else TRY(cast_reject(job, row, STATUS_OUT_OF_RANGE));)                                             \
        return STATUS_OK;                                                                                            \
    }
CAST_TO_DECIMAL(u8, uint8_t, 1)
CAST_TO_DECIMAL(i8, int8_t, 3)
CAST_TO_DECIMAL(i16, int16_t, 5)
CAST_TO_DECIMAL(i32, int32_t, 10)
CAST_TO_DECIMAL(i64, int64_t, 19)

#define CAST_REAL_TO_DECIMAL(from, from_type)                                                       \
    static enum status CAST_NAME(from, i128)(struct cast_job * job) {                               \
        const struct type *type = job->result->type;                                                \
        CAST_ROWS(job, from_type, int128,                                                           \
                  if (!decimal_from_double((double)value, type->precision, type->scale, &out[row])) \
                      TRY(cast_reject(job, row, STATUS_OUT_OF_RANGE));)                             \
        return STATUS_OK;                                                                           \
    }
CAST_REAL_TO_DECIMAL(f32, float)
CAST_REAL_TO_DECIMAL(f64, double)

#define CAST_FROM_DECIMAL(to, to_type)                                                             \
    static enum status CAST_NAME(i128, to)(struct cast_job * job) {                                \
        int128 divisor = decimal_power_of_ten(job->source->type->scale);                           \
        CAST_ROWS(job, int128, to_type, int128 whole = value / divisor; out[row] = (to_type)whole; \
                  if (out[row] != whole) TRY(cast_reject(job, row, STATUS_OUT_OF_RANGE));)         \
        return STATUS_OK;                                                                          \
    }
CAST_FROM_DECIMAL(i8, int8_t)
CAST_FROM_DECIMAL(i16, int16_t)
CAST_FROM_DECIMAL(i32, int32_t)
CAST_FROM_DECIMAL(i64, int64_t)

static enum status cast_i128_to_u8(struct cast_job *job) {
    CAST_ROWS(job, int128, uint8_t, out[row] = value != 0;)
    return STATUS_OK;
}

static enum status cast_i128_to_f32(struct cast_job *job) {
    unsigned scale = job->source->type->scale;
    CAST_ROWS(job, int128, float, out[row] = (float)decimal_to_double(value, scale);)
    return STATUS_OK;
}

static enum status cast_i128_to_f64(struct cast_job *job) {
    unsigned scale = job->source->type->scale;
    CAST_ROWS(job, int128, double, out[row] = decimal_to_double(value, scale);)
    return STATUS_OK;
}

static enum status cast_i128_to_i128(struct cast_job *job) {
    const struct type *from = job->source->type, *to = job->result->type;
    CAST_ROWS(job, int128, int128,
              if (!decimal_rescale(value, from->scale, to->scale, &out[row]) || !decimal_fits(out[row], to->precision))
                  TRY(cast_reject(job, row, STATUS_OUT_OF_RANGE));)
    return STATUS_OK;
}

/* ---- the table ---- */

enum { NUMBER_BOOL, NUMBER_I8, NUMBER_I16, NUMBER_I32, NUMBER_I64, NUMBER_F32, NUMBER_F64, NUMBER_I128, NUMBER_COUNT };

#define CAST_TABLE_ROW(from)                                                                                        \
    {                                                                                                               \
        CAST_NAME(from, u8), CAST_NAME(from, i8), CAST_NAME(from, i16), CAST_NAME(from, i32), CAST_NAME(from, i64), \
            CAST_NAME(from, f32), CAST_NAME(from, f64), CAST_NAME(from, i128)                                       \
    }
static cast_kernel *const kernels[NUMBER_COUNT][NUMBER_COUNT] = {
    CAST_TABLE_ROW(u8),  CAST_TABLE_ROW(i8),  CAST_TABLE_ROW(i16), CAST_TABLE_ROW(i32),
    CAST_TABLE_ROW(i64), CAST_TABLE_ROW(f32), CAST_TABLE_ROW(f64), CAST_TABLE_ROW(i128),
};

static int number_index(const struct type *type) {
    switch (type->kind) {
    case TYPE_BOOLEAN: return NUMBER_BOOL;
    case TYPE_TINYINT: return NUMBER_I8;
    case TYPE_SMALLINT: return NUMBER_I16;
    case TYPE_INT: return NUMBER_I32;
    case TYPE_BIGINT: return NUMBER_I64;
    case TYPE_FLOAT: return NUMBER_F32;
    case TYPE_DOUBLE: return NUMBER_F64;
    case TYPE_DECIMAL: return NUMBER_I128;
    default: return -1;
    }
}

cast_kernel *cast_numeric_kernel(const struct type *from, const struct type *to) {
    int row = number_index(from), column = number_index(to);
    return row < 0 || column < 0 ? NULL : kernels[row][column];
}
