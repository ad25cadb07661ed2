/* column_hash.inc.h: template: hashes of selected values of a FLAT column. Define VALUE (C type), HASH(pointer) and NAME
 * before including. `first` and the presence of NULLs and of a row list are decided outside the loops. */
static void NAME(const struct column *column, const struct selection *selection, uint64_t *restrict hashes,
                 bool first) {
    const VALUE *restrict values = column->values;
    const uint16_t *restrict rows = selection->rows;
    const uint64_t *restrict validity = column->validity;
    uint32_t count = selection->count;
    if (!validity && first && !rows) {
        for (uint32_t i = 0; i < count; i++)
            hashes[i] = HASH(&values[i]);
    } else if (!validity && first) {
        for (uint32_t i = 0; i < count; i++)
            hashes[i] = HASH(&values[rows[i]]);
    } else {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = rows ? rows[i] : i;
            uint64_t hash = validity_get(validity, row) ? HASH(&values[row]) : HASH_OF_NULL;
            hashes[i] = first ? hash : hash_combine(hashes[i], hash);
        }
    }
}
#undef VALUE
#undef HASH
#undef NAME
