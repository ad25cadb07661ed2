/* plan.h: the physical plan in memory is the protobuf-c message of plan.proto; this header is how the other layers read it.
 *
 * Decoders copy into the given arena and check everything (kinds, indexes, function ids, depth <= 1000), because a plan
 * may come over the wire or from a checkpoint: bad bytes give INVALID_DEFINITION, never a crash.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/type.h"
#include "core/functions/expression.h"
#include "planner/plan.pb-c.h"

struct arena;
struct strbuf;

enum { PLAN_VERSION = 1 };

enum status plan_type_decode(struct arena *arena, const Plan__Type *message, const struct type **type,
                             struct error *error) MUST_CHECK;
enum status plan_schema_decode(struct arena *arena, Plan__Field *const *fields, size_t count, struct schema *schema,
                               struct error *error) MUST_CHECK;
/* input_columns bounds column references and gives nothing else. */
enum status plan_expression_decode(struct arena *arena, const Plan__Expression *message, uint32_t input_columns,
                                   struct expression **expression, struct error *error) MUST_CHECK;

Plan__Type *plan_type_encode(struct arena *arena, const struct type *type);
Plan__Expression *plan_expression_encode(struct arena *arena, const struct expression *expression);

/* Whole plan to bytes and back; unpack verifies topology and column indexes of every node. */
struct str plan_pack(struct arena *arena, const Plan__Plan *plan);
enum status plan_unpack(struct arena *arena, struct str bytes, Plan__Plan **plan, struct error *error) MUST_CHECK;
/* The same checks on a plan built in memory. */
enum status plan_verify(const Plan__Plan *plan, struct error *error) MUST_CHECK;

enum { PARALLELISM_MAX = 1024 }; /* of a plan, and what limits a node */
/* How many instances each node (by id) has with the plan's parallelism. */
void plan_parallelism(const Plan__Plan *plan, uint32_t *parallelism);

const char *plan_node_name(const Plan__Node *node); /* "Scan", "Calc", "WindowAggregate" … */
/* The indented text of the physical plan, as EXPLAIN shows it. */
void plan_print(struct strbuf *out, const Plan__Plan *plan);
