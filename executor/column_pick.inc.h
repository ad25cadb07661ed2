/* column_pick.inc.h: template: picks values of two arrays. Define VALUE (C type) and NAME (function) before including. */
static void NAME(void *restrict target, const void *const sources[2], const struct column_pick *restrict picks,
                 uint32_t count) {
    VALUE *restrict to = target;
    for (uint32_t i = 0; i < count; i++)
        to[i] = ((const VALUE *)sources[picks[i].source])[picks[i].row];
}
#undef VALUE
#undef NAME
