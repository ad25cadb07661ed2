/* datetime_now.c: the functions that ask the evaluation context for the time: NOW, CURRENT_DATE, PROCTIME, CURRENT_WATERMARK.
 * A bounded query has one NOW for the whole statement; a stream's moves with its batches. PROCTIME always moves. */
#include "core/data/datetime.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/local_time.h"

static int64_t now_us(const struct function_call *call) {
    return call->context->statement_start_us ? call->context->statement_start_us : call->context->now_us;
}

#define NOW(name, type, value)                                                                          \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        (void)arguments, (void)error;                                                                   \
        COLUMN_VALUES(result, type)[0] = (type)(value);                                                 \
        return STATUS_OK;                                                                               \
    }

static int64_t local_now_us(const struct function_call *call) {
    return utc_to_local(call->context, now_us(call));
}

static int64_t time_of_day(int64_t us) {
    return us - floor_divide(us, US_PER_DAY) * US_PER_DAY;
}

NOW(datetime_now, int64_t, precision_floor(now_us(call), 3))
NOW(datetime_proctime, int64_t, precision_floor(call->context->now_us, 3))
NOW(datetime_local_now, int64_t, precision_floor(local_now_us(call), 3))
NOW(datetime_current_date, int32_t, floor_divide(local_now_us(call), US_PER_DAY))
NOW(datetime_current_time, int64_t, precision_floor(time_of_day(local_now_us(call)), 0))
NOW(datetime_unix_now, int64_t, floor_divide(now_us(call), US_PER_SECOND))

/* Of the whole input; its argument only tells the type. NULL before the first watermark. */
enum status datetime_watermark(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)arguments, (void)error;
    KERNEL_ROWS (call, row) {
        if (call->context->watermark_us == INT64_MIN)
            result_null(call, result, row);
        else
            COLUMN_VALUES(result, int64_t)[row] = call->context->watermark_us;
    }
    return STATUS_OK;
}
