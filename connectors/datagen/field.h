/* field.h: one generated field of a datagen table: how its values are made, for every type, ROW/ARRAY/MAP included.
 *
 * A value is a pure function of the field's stream and an id: the row's number for a column, and for an element of an ARRAY
 * or MAP a number made from the row's. Options of a field: "fields.<path>.<option>", where the path goes through ROW fields by
 * name, and through "element" (ARRAY), "key" and "value" (MAP), as in Flink.
 */
#pragma once

#include "connectors/connector.h"
#include "core/data/column.h"

struct datagen_field {
    const struct type *type;
    bool is_sequence;
    bool has_variable_length;
    double null_rate;
    uint64_t value_stream, null_stream, length_stream;
    int64_t min, max;          /* integers, intervals; SEQUENCE: of every type, start and end */
    double min_real, max_real; /* FLOAT, DOUBLE */
    int128 min_decimal, max_decimal;
    uint32_t length;     /* CHAR, VARCHAR, BINARY, VARBINARY, ARRAY, MAP */
    int64_t max_past_us; /* timestamps */
    struct datagen_field *children;
    uint32_t child_count;
};

/* What is the same for all rows of a batch. */
struct datagen_batch {
    struct arena *arena;
    int64_t now_us;
};

extern const struct option_spec datagen_options[];

/* Reads the options of the field at `path` (and of those below). INVALID_OPTION or UNSUPPORTED names the key or the type.
 * `paths` (may be NULL) collects every path there is. */
enum status datagen_field_init(struct datagen_field *field, struct arena *arena, const struct options *options,
                               const char *path, const struct type *type, struct map *paths,
                               struct error *error) MUST_CHECK;

/* Writes values for ids[0..count) to rows first_row… of a FLAT column that has room for capacity_rows. */
void datagen_field_fill(const struct datagen_field *field, struct column *column, const struct datagen_batch *batch,
                        const uint64_t *ids, uint32_t first_row, uint32_t count, uint32_t capacity_rows);
