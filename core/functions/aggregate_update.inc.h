/* aggregate_update.inc.h: template: folds the selected, non-NULL values of the first argument into their states.
 *
 * Define before including: NAME (function), VALUE (C type of a value), STATE (C type of a state), STEP(state, value)
 * (statement; may set `failed`), and FAILURE (expression: the status to return when a step failed), which may use `call`
 * and `error`. The decisions about NULLs and row lists are taken outside the loops. */
enum status NAME(const struct aggregate_call *call, const struct column *arguments, const struct selection *selection,
                 uint8_t *const *states, struct error *error) {
    const struct column *column = &arguments[0];
    const VALUE *values = column->values;
    const uint64_t *validity = column->validity;
    const uint16_t *rows = selection->rows;
    uint32_t count = selection->count, offset = call->state_offset;
    bool failed = false;
    if (column->kind == COLUMN_CONSTANT) {
        VALUE value = values[0];
        count = validity_get(validity, 0) ? count : 0;
        for (uint32_t i = 0; i < count; i++) {
            STATE *state = (STATE *)(states[i] + offset);
            STEP(state, value);
        }
    } else if (!validity && !rows) {
        for (uint32_t i = 0; i < count; i++) {
            STATE *state = (STATE *)(states[i] + offset);
            STEP(state, values[i]);
        }
    } else {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = rows ? rows[i] : i;
            STATE *state = (STATE *)(states[i] + offset);
            if (validity_get(validity, row))
                STEP(state, values[row]);
        }
    }
    (void)error;
    return failed ? FAILURE : STATUS_OK;
}
#undef NAME
#undef VALUE
#undef STATE
#undef STEP
#undef FAILURE
