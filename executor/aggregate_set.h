/* aggregate_set.h: the aggregate calls of one operator: their states side by side in each group's record.
 *
 *   record   … | state of call 0 | state of call 1 | … | distinct values of calls 1, 3 | …
 *              ^ offset, chosen by the operator (aggregate_set_place)
 *
 * A call may have a filter (only rows for which a BOOLEAN column is TRUE) and may be DISTINCT: then the group keeps the values
 * it has seen, once for all calls over the same arguments, with a bit (or, where values can be taken back, a count) for each of
 * their filters; and the aggregate itself sees a value when it is new. Rows that are retractions (change kinds) are taken out
 * of the states, after the batch's other rows were put in.
 * records[i] belongs to row selection_row(selection, i). One set belongs to one operator instance, and so to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/column.h"

struct aggregate;
struct aggregate_set;
struct arena;
struct bytes_reader;
struct strbuf;

struct aggregate_set_call {
    const struct aggregate *aggregate; /* where rows may be retracted, the set takes aggregate_retractable() of it */
    const struct type *type;           /* of the result */
    const uint32_t *arguments;         /* input columns; literal arguments are not among them */
    uint32_t argument_count;
    const struct column *constants; /* literal arguments (aggregate_call.constants) or NULL */
    int32_t filter;                 /* BOOLEAN input column, or -1 */
    bool distinct;
    sql_position position;
};

/* Copies `calls`; what they point at, and `input`, live as long as the set. retracting: rows may be retractions; then an
 * aggregate without a retractable form is refused (UNSUPPORTED, by name), as is more than 32 DISTINCT calls over one argument. */
enum status aggregate_set_open(const struct aggregate_set_call *calls, uint32_t call_count, const struct schema *input,
                               bool retracting, struct aggregate_set **set, struct error *error) MUST_CHECK;
void aggregate_set_close(struct aggregate_set *set); /* with everything that states hold; NULL is ignored */

uint32_t aggregate_set_size(const struct aggregate_set *set); /* bytes of a record's states, a multiple of 8 */
/* Where in the records the states lie (a multiple of 8; 0 at first). Before the first record is used. */
void aggregate_set_place(struct aggregate_set *set, uint32_t offset);

/* Makes the states of records[items[i]] empty, or of records[i] when items is NULL. Their former content is not looked at. */
void aggregate_set_init(const struct aggregate_set *set, uint8_t *const *records, const uint16_t *items,
                        uint32_t count);
/* Folds rows in. columns are those of the input (any column kind; only what calls name is looked at); change_kinds per row,
 * or NULL when all are inserts. */
enum status aggregate_set_update(struct aggregate_set *set, const struct column *columns, const uint8_t *change_kinds,
                                 const struct selection *selection, uint8_t *const *records,
                                 struct error *error) MUST_CHECK;
/* targets[i] += sources[i]; rows of the sources count as later ones. Sources stay as they were. */
enum status aggregate_set_merge(struct aggregate_set *set, uint8_t *const *targets, uint8_t *const *sources,
                                uint32_t count, struct error *error) MUST_CHECK;
/* Makes results[c] a FLAT column of call c's type with `count` rows; the records stay as they were. */
enum status aggregate_set_finish(struct aggregate_set *set, uint8_t *const *records, uint32_t count,
                                 struct arena *arena, struct column *results, struct error *error) MUST_CHECK;
/* Whether aggregate_set_release has anything to do. */
bool aggregate_set_owns_memory(const struct aggregate_set *set);
/* Frees what the states hold beyond the record, and makes them empty. */
void aggregate_set_release(struct aggregate_set *set, uint8_t *const *records, uint32_t count);

/* The states of one record as bytes, for snapshots, and back into states that are as init left them. Foreign and cut bytes are
 * refused (reader->failed); the states can be released whatever happens. */
void aggregate_set_encode(const struct aggregate_set *set, const uint8_t *record, struct strbuf *out);
void aggregate_set_decode(struct aggregate_set *set, uint8_t *record, struct bytes_reader *reader);

/* Whether the encoded states are the aggregate_set_size bytes of the record, as they are. */
bool aggregate_set_is_plain(const struct aggregate_set *set);

size_t aggregate_set_bytes(const struct aggregate_set *set); /* held by states beyond their records */
