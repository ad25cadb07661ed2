/* column_gather.inc.h: template: packs selected values. Define VALUE (C type) and NAME (function) before including. */
static void NAME(void *restrict target, const void *restrict source, const uint16_t *restrict rows, uint32_t count) {
    VALUE *restrict to = target;
    const VALUE *restrict from = source;
    for (uint32_t i = 0; i < count; i++)
        to[i] = from[rows[i]];
}
#undef VALUE
#undef NAME
