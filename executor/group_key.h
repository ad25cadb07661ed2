/* group_key.h: group keys as plain words, so that comparing two keys is comparing bytes.
 *
 *   WORD   one column of up to 8 bytes          -> 8 bytes
 *   PAIR   two such columns, or one DECIMAL     -> 16 bytes
 *   BYTES  one string, or anything else as a row-codec row -> a string view
 *
 * -0.0 is kept as 0.0 and every NaN as one NaN: they group together. NULL columns are zero with a bit in `nulls`
 * (row-codec rows have their own).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/data/column.h"

struct arena;
struct strbuf;

enum key_form { KEY_WORD, KEY_PAIR, KEY_BYTES };

enum { KEY_COLUMNS_MAX = 64 };

struct key_layout {
    enum key_form form;
    bool is_encoded; /* BYTES: row-codec rows, not one string's bytes */
    uint32_t column_count;
    const struct type **types;
};

/* The keys of one batch, in order of the selection. */
struct batch_keys {
    const uint64_t *words;           /* WORD: one each; PAIR: two each */
    const struct string_view *views; /* BYTES */
    const uint8_t *nulls;            /* NULL: none */
};

static inline uint32_t key_form_size(enum key_form form) {
    return form == KEY_WORD ? 8 : 16;
}

/* `types` is kept by pointer and must live as long as the layout. */
void key_layout_init(struct key_layout *layout, const struct type **types, uint32_t column_count);
/* Memory comes from `scratch`, or is the columns' own. */
void key_layout_read(const struct key_layout *layout, const struct column *columns, const struct selection *selection,
                     struct arena *scratch, struct batch_keys *keys);
/* BYTES: whether these bytes, from elsewhere, can be a key. */
bool key_layout_accepts(const struct key_layout *layout, struct str bytes);
/* Writes the key of one record (key_form_size bytes at `key`) into row `row` of the FLAT columns. */
void key_layout_write(const struct key_layout *layout, const uint8_t *key, uint8_t nulls, struct column *columns,
                      uint32_t row, uint32_t capacity_rows, struct arena *arena);
