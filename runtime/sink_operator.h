/* sink_operator.h: a Sink: hands batches to a connector, or to the client that asked for the rows. */
#pragma once

#include "executor/operator.h"
#include "runtime/task_context.h"

extern const struct operator_class sink_operator_class;

/* Whether a sink is written exactly once in this job: its connector can, its options do not ask for less, and there are checkpoints.
 * Refused when its options ask for it and it cannot be. `found` receives the connector. */
enum status sink_operator_guarantee(const struct task_context *task, const Plan__Sink *plan,
                                    struct task_connector *found, bool *exactly_once, struct error *error) MUST_CHECK;
/* The rows of an exactly-once sink on their way; NULL: rows go to the outside at once. */
struct row_log *sink_operator_log(struct stream_operator *sink);

/* Rows that may not have reached the outside yet: operator_on_flush makes them. */
bool sink_operator_is_dirty(const struct stream_operator *sink);
/* How long rows may wait for a flush, when the connector has a wish; -1: it has none. */
int64_t sink_operator_flush_interval_us(const struct stream_operator *sink);
/* Since when there have been such rows: `now_us` at the first call after they came. */
int64_t sink_operator_dirty_since_us(struct stream_operator *sink, int64_t now_us);
