/* source_operator.h: a Scan: polls a connector's source, computes projections, keeps the watermarks of its splits.
 * The task asks it for one step at a time; rows, watermarks, idleness and the end go out through the chain. */
#pragma once

#include "executor/operator.h"
#include "runtime/split_watermarks.h"
#include "runtime/task_context.h"

extern const struct operator_class source_operator_class;

struct source_step {
    bool made_progress; /* rows came, or the source wants to be asked again at once */
    int64_t wait_us;    /* no progress: ask again after this; > 0 */
};

/* Before the first step: what follows sees which splits there are, and whether all are idle. */
enum status source_operator_start(struct stream_operator *source, struct error *error) MUST_CHECK;
/* May block up to max_wait_us in the source. Ends the operator when the source is exhausted. */
enum status source_operator_step(struct stream_operator *source, int64_t max_wait_us, struct source_step *step,
                                 struct error *error) MUST_CHECK;
/* Nothing more is read; what follows sees the end. */
enum status source_operator_end(struct stream_operator *source, struct error *error) MUST_CHECK;

const struct split_watermarks *source_operator_splits(const struct stream_operator *source);
const char *source_operator_split_name(const struct stream_operator *source, uint32_t split);
/* Position after the last row that was emitted, as the connector tells it. */
void source_operator_split_position(const struct stream_operator *source, uint32_t split, struct strbuf *out);
/* A decided checkpoint has these positions of its splits. */
void source_operator_committed(struct stream_operator *source, const struct source_position *positions, uint32_t count);
const char *source_operator_table(const struct stream_operator *source);
