/* sink_operator.h: a Sink: hands batches to a connector, or to the client that asked for the rows. */
#pragma once

#include "executor/operator.h"
#include "runtime/task_context.h"

extern const struct operator_class sink_operator_class;

/* Rows that may not have reached the outside yet: operator_on_flush makes them. */
bool sink_operator_is_dirty(const struct stream_operator *sink);
