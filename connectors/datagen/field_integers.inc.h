/* field_integers.inc.h: template: fills integers and intervals. Define VALUE (C type) and NAME before including. */
static void NAME(const struct datagen_field *field, struct column *column, const uint64_t *ids, uint32_t first_row,
                 uint32_t count) {
    VALUE *values = COLUMN_VALUES(column, VALUE) + first_row;
    if (field->is_sequence) {
        for (uint32_t i = 0; i < count; i++)
            values[i] = (VALUE)((uint64_t)field->min + ids[i]);
    } else {
        for (uint32_t i = 0; i < count; i++)
            values[i] = (VALUE)random_between(random_at(field->value_stream, ids[i]), field->min, field->max);
    }
}
#undef VALUE
#undef NAME
