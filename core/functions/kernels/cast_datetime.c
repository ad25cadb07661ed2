/* cast_datetime.c: casts between DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. Instants are seen on the session's wall clock. */
#include "core/data/datetime.h"
#include "core/functions/cast.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/local_time.h"

#define CAST_DATETIME(name, from_type, to_type, convert)               \
    static enum status name(struct cast_job *job) {                    \
        const from_type *in = job->source->values;                     \
        to_type *out = job->result->values;                            \
        const struct evaluation_context *context = job->call->context; \
        unsigned precision = job->result->type->precision;             \
        (void)context, (void)precision;                                \
        for (uint32_t i = 0; i < job->selection.count; i++) {          \
            uint32_t row = selection_row(&job->selection, i);          \
            from_type value = in[argument_index(job->source, row)];    \
            out[row] = (to_type)(convert);                             \
        }                                                              \
        return STATUS_OK;                                              \
    }

CAST_DATETIME(to_precision, int64_t, int64_t, precision_floor(value, precision))
CAST_DATETIME(date_to_timestamp, int32_t, int64_t, value *US_PER_DAY)
CAST_DATETIME(date_to_ltz, int32_t, int64_t, local_to_utc(context, value *US_PER_DAY))
CAST_DATETIME(timestamp_to_date, int64_t, int32_t, floor_divide(value, US_PER_DAY))
CAST_DATETIME(timestamp_to_time, int64_t, int64_t,
              precision_floor(value - floor_divide(value, US_PER_DAY) * US_PER_DAY, precision))
CAST_DATETIME(timestamp_to_ltz, int64_t, int64_t, local_to_utc(context, precision_floor(value, precision)))
CAST_DATETIME(ltz_to_date, int64_t, int32_t, floor_divide(utc_to_local(context, value), US_PER_DAY))
CAST_DATETIME(ltz_to_timestamp, int64_t, int64_t, precision_floor(utc_to_local(context, value), precision))

static enum status ltz_to_time(struct cast_job *job) {
    const int64_t *in = job->source->values;
    int64_t *out = job->result->values;
    for (uint32_t i = 0; i < job->selection.count; i++) {
        uint32_t row = selection_row(&job->selection, i);
        int64_t local = utc_to_local(job->call->context, in[argument_index(job->source, row)]);
        out[row] = precision_floor(local - floor_divide(local, US_PER_DAY) * US_PER_DAY, job->result->type->precision);
    }
    return STATUS_OK;
}

cast_kernel *cast_datetime_kernel(const struct type *from, const struct type *to) {
    enum { COUNT = 4 };
    static const enum type_kind kinds[COUNT] = {TYPE_DATE, TYPE_TIME, TYPE_TIMESTAMP, TYPE_TIMESTAMP_LTZ};
    static cast_kernel *const kernels[COUNT][COUNT] = {
        {NULL, NULL, date_to_timestamp, date_to_ltz},
        {NULL, to_precision, NULL, NULL},
        {timestamp_to_date, timestamp_to_time, to_precision, timestamp_to_ltz},
        {ltz_to_date, ltz_to_time, ltz_to_timestamp, to_precision},
    };
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            if (from->kind == kinds[i] && to->kind == kinds[j])
                return kernels[i][j];
        }
    }
    return NULL;
}
