/* distinct.h: DISTINCT calls over the same arguments, which share one set of values per group.
 *
 *   row ── filters of the calls ──▶ mask ──▶ value's entry ──▶ bits that are new ──▶ those calls see the row
 *
 * A family belongs to an aggregate set and is private to it. Rows with a NULL among the arguments are not looked at.
 */
#pragma once

#include "core/base/str.h"
#include "core/functions/aggregate.h"
#include "executor/value_set.h"

enum { FAMILY_CALLS_MAX = 32 };

struct family_call {
    const struct aggregate_call *call; /* borrowed; its state_offset is current */
    int32_t filter;                    /* BOOLEAN input column, or -1 */
};

struct distinct_family {
    const uint32_t *arguments; /* input columns, borrowed */
    uint32_t argument_count;
    const struct type **argument_types;
    uint32_t set_offset; /* of the struct value_set in a record */
    struct value_set_format format;
    struct state_memory *memory;
    struct family_call *calls;
    uint32_t call_count;
    struct strbuf encoded; /* of a value of several columns, or nested */
};

/* After calls are complete: the shape of the entries. */
void distinct_family_prepare(struct distinct_family *family, bool retracting);
void distinct_family_close(struct distinct_family *family);
/* columns: FLAT or CONSTANT where calls look. retract: the rows are taken out. scratch is for the call. */
enum status distinct_family_update(struct distinct_family *family, const struct column *columns,
                                   const struct selection *selection, uint8_t *const *records, bool retract,
                                   struct arena *scratch, struct error *error) MUST_CHECK;
enum status distinct_family_merge(struct distinct_family *family, uint8_t *const *targets, uint8_t *const *sources,
                                  uint32_t count, struct arena *scratch, struct error *error) MUST_CHECK;
/* The set of a record as bytes, and back into an empty one. */
void distinct_family_encode(const struct distinct_family *family, const uint8_t *record, struct strbuf *out);
void distinct_family_decode(struct distinct_family *family, uint8_t *record, struct bytes_reader *reader);
void distinct_family_release(struct distinct_family *family, uint8_t *record);
