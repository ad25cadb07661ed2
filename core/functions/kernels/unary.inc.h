/* unary.inc.h: kernel of one fixed-width argument. Include with
 *   KERNEL_NAME, KERNEL_IN, KERNEL_OUT, KERNEL_STEP(in, out, bad), and where a value can fail
 *   KERNEL_BAD, KERNEL_FAILED(bad), KERNEL_REPORT(call, in, error). See binary.inc.h. */

#ifdef KERNEL_REPORT
static enum status __attribute__((cold, noinline))
KERNEL_PASTE(KERNEL_NAME, _recheck)(struct function_call *call, const struct column *arguments, struct error *error) {
    const KERNEL_IN *in = arguments[0].values;
    KERNEL_ROWS (call, row) {
        KERNEL_IN a = in[argument_index(&arguments[0], row)];
        KERNEL_OUT out = 0;
        KERNEL_BAD bad = 0;
        KERNEL_STEP(a, out, bad);
        (void)out;
        if (KERNEL_FAILED(bad) && arguments_are_valid(call, arguments, row))
            return KERNEL_REPORT(call, a, error);
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
    const KERNEL_IN *restrict in = arguments[0].values;
    KERNEL_OUT *restrict out = result->values;
    KERNEL_BAD bad = 0;
    if (call->dense_count) {
        for (uint32_t i = 0; i < call->dense_count; i++)
            KERNEL_STEP(in[i], out[i], bad);
    } else {
        KERNEL_ROWS (call, row)
            KERNEL_STEP(in[row], out[row], bad);
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
#undef KERNEL_IN
#undef KERNEL_OUT
#undef KERNEL_STEP
#undef KERNEL_BAD
#undef KERNEL_FAILED
#undef KERNEL_REPORT
