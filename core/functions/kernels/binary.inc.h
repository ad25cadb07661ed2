/* binary.inc.h: kernel of two fixed-width arguments. Include with
 *   KERNEL_NAME          the kernel
 *   KERNEL_LEFT, KERNEL_RIGHT, KERNEL_OUT   C types of the values
 *   KERNEL_STEP(left, right, out, bad)      sets out; bad |= … when the values have no result
 *   KERNEL_BAD, KERNEL_FAILED(bad), KERNEL_REPORT(call, left, right, error)   only where a value can fail
 * Dense loops have no branch and vectorise; a failure is looked for again, row by row, only after one was noticed,
 * because rows that are NULL or not selected may hold anything. */

#ifdef KERNEL_REPORT
static enum status __attribute__((cold, noinline))
KERNEL_PASTE(KERNEL_NAME, _recheck)(struct function_call *call, const struct column *arguments, struct error *error) {
    const KERNEL_LEFT *left = arguments[0].values;
    const KERNEL_RIGHT *right = arguments[1].values;
    KERNEL_ROWS (call, row) {
        KERNEL_LEFT a = left[argument_index(&arguments[0], row)];
        KERNEL_RIGHT b = right[argument_index(&arguments[1], row)];
        KERNEL_OUT out = 0;
        KERNEL_BAD bad = 0;
        KERNEL_STEP(a, b, out, bad);
        (void)out;
        if (KERNEL_FAILED(bad) && arguments_are_valid(call, arguments, row))
            return KERNEL_REPORT(call, a, b, error);
    }
    return STATUS_OK;
}
#else
#define KERNEL_BAD uint8_t
#endif

#ifndef KERNEL_STATIC
#define KERNEL_STATIC
#endif
KERNEL_STATIC enum status KERNEL_NAME(struct function_call *call, const struct column *arguments, struct column *result,
                                      struct error *error) {
    const KERNEL_LEFT *restrict left = arguments[0].values;
    const KERNEL_RIGHT *restrict right = arguments[1].values;
    KERNEL_OUT *restrict out = result->values;
    bool left_constant = arguments[0].kind == COLUMN_CONSTANT, right_constant = arguments[1].kind == COLUMN_CONSTANT;
    uint32_t count = call->dense_count;
    KERNEL_BAD bad = 0;
    if (!count) {
        const uint16_t *rows = call->selection.rows;
        for (uint32_t i = 0; i < call->selection.count; i++) {
            uint32_t row = rows[i];
            KERNEL_STEP(left[left_constant ? 0 : row], right[right_constant ? 0 : row], out[row], bad);
        }
    } else if (right_constant) {
        const KERNEL_RIGHT constant = right[0];
        const uint32_t left_count = left_constant ? 1 : count;
        for (uint32_t i = 0; i < left_count; i++)
            KERNEL_STEP(left[i], constant, out[i], bad);
    } else if (left_constant) {
        const KERNEL_LEFT constant = left[0];
        for (uint32_t i = 0; i < count; i++)
            KERNEL_STEP(constant, right[i], out[i], bad);
    } else {
        for (uint32_t i = 0; i < count; i++)
            KERNEL_STEP(left[i], right[i], out[i], bad);
    }
#ifdef KERNEL_REPORT
    if (__builtin_expect(KERNEL_FAILED(bad), 0))
        return KERNEL_PASTE(KERNEL_NAME, _recheck)(call, arguments, error);
#else
    (void)error;
    (void)bad;
#endif
    return STATUS_OK;
}

#undef KERNEL_NAME
#undef KERNEL_LEFT
#undef KERNEL_RIGHT
#undef KERNEL_OUT
#undef KERNEL_STEP
#undef KERNEL_BAD
#undef KERNEL_FAILED
#undef KERNEL_REPORT
