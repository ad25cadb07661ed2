/* evaluator.h: runs bound expressions over batches.
 *
 * An evaluator is opened once per operator: it flattens the expressions into steps with shared sub-expressions computed
 * once, and then runs batch by batch. Only selected rows can raise errors; lazily evaluated branches (CASE, AND, OR,
 * COALESCE) see only the rows that reach them. Not thread-safe: one evaluator per operator instance.
 */
#pragma once

#include <stdint.h>

#include "core/base/status.h"
#include "core/data/batch.h"
#include "core/functions/expression.h"
#include "core/functions/function.h"

struct evaluator;

/* Borrows the expressions; returns an evaluator in `arena` (released with it). */
enum status evaluator_open(struct arena *arena, struct expression *const *expressions, uint32_t count,
                           struct evaluator **evaluator, struct error *error) MUST_CHECK;

/* Computes every expression for the selected rows. results[i] has the positions of the input (row r of the input is row r
 * of the result); only selected rows are defined. Result memory comes from `arena` or is the input's own (plain column
 * references are shared, not copied). Results may be FLAT, CONSTANT or DICTIONARY. */
enum status evaluator_run(struct evaluator *evaluator, const struct batch *input, const struct selection *selection,
                          const struct evaluation_context *context, struct arena *arena, struct column *results,
                          struct error *error) MUST_CHECK;

/* Rows of `selection` for which expression `index` (BOOLEAN) is TRUE; `rows` has room for selection->count. */
enum status evaluator_filter(struct evaluator *evaluator, uint32_t index, const struct batch *input,
                             const struct selection *selection, const struct evaluation_context *context,
                             struct arena *arena, uint16_t *rows, struct selection *result,
                             struct error *error) MUST_CHECK;

/* One constant expression (expression_is_constant) to its value: a CONSTANT column in `arena`. For constant folding. */
enum status expression_evaluate_constant(struct arena *arena, const struct expression *expression,
                                         const struct evaluation_context *context, struct column *value,
                                         struct error *error) MUST_CHECK;
