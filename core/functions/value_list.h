/* value_list.h: values in the order they came, from which any may be taken back: FIRST_VALUE, LAST_VALUE, LISTAGG under
 * retraction, ARRAY_AGG, SINGLE_VALUE.
 *
 * Taking a value back removes its earliest occurrence, as Flink does. Found by hash once the list is long:
 *
 *   entries   v0  --  v2  v0  v4      "--" was removed; equal values are chained in order
 *   slots     value -> first and last entry of its chain
 */
#pragma once

#include "core/functions/cell.h"

struct value_entry;
struct value_slot;

struct value_list {
    struct value_entry *entries; /* in the state memory, as are the slots */
    struct value_slot *slots;    /* NULL while the list is short */
    uint32_t count;              /* entries, removed ones included */
    uint32_t capacity;
    uint32_t live_count;
    uint32_t slot_capacity; /* power of two, or 0 */
    uint32_t head;          /* entries before it are removed */
    uint32_t chain_count;   /* slots in use, also by values that are gone */
};

/* A zeroed list is empty. value NULL appends a NULL. The list copies the value. LIMIT_EXCEEDED above 2^31 values. */
enum status value_list_append(struct value_list *list, enum cell_kind kind, const struct cell *value,
                              struct state_memory *memory, struct error *error) MUST_CHECK;
/* false when the list does not have the value. */
bool value_list_remove(struct value_list *list, enum cell_kind kind, const struct cell *value,
                       struct state_memory *memory);
/* Live values in order: start with *position 0; false after the last. *is_null tells whether it is a NULL. */
bool value_list_next(const struct value_list *list, uint32_t *position, struct cell *value, bool *is_null);
bool value_list_last(const struct value_list *list, struct cell *value, bool *is_null);
/* Live values in order, as bytes and back into an empty list; `type` is that of the values. What was read before a failure is in
 * the list. */
struct bytes_reader;
struct strbuf;
void value_list_encode(const struct value_list *list, enum cell_kind kind, struct strbuf *out);
void value_list_decode(struct value_list *list, const struct type *type, struct bytes_reader *reader,
                       struct state_memory *memory);
void value_list_release(struct value_list *list, enum cell_kind kind, struct state_memory *memory);
