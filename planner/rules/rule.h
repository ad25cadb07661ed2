/* rule.h: rewrites of the logical plan, one a file, and the driver that applies them.
 *
 * A rule looks at one node and its inputs and gives a better node with the same columns (names, types, time attributes may only be
 * refined), or NULL when it has nothing to say. Nodes are immutable: a rule builds new ones and shares the old.
 * The driver goes bottom-up, applying the rules of rules.def in order, and repeats until nothing changes.
 * Two rewrites need to know what is wanted from above and run over the whole tree: unused columns and unused watermarks.
 *
 * To add one: a file with one function, a row in rules.def, a case in tests/plan.
 */
#pragma once

#include "core/base/status.h"
#include "core/functions/function.h"
#include "planner/logical.h"

struct arena;
struct planner_trace;

struct rule_context {
    struct arena *arena;
    const struct evaluation_context *evaluation; /* for folding: session time zone */
    struct planner_trace *trace;                 /* names of the rules that changed something; NULL = not wanted */
};

typedef struct logical *rule_function(struct rule_context *context, struct logical *node);
typedef struct logical *tree_rule_function(struct rule_context *context, struct logical *root);

#define RULE(name) rule_function rule_##name;
#define TREE_RULE(name) tree_rule_function rule_##name;
#include "planner/rules/rules.def"
#undef RULE
#undef TREE_RULE

/* All rules to the fixpoint. The root is a Sink (or any node: it keeps its columns). */
struct logical *rules_apply(struct rule_context *context, struct logical *root);
/* Those that look at a node at a time only: the columns that scans read stay. */
struct logical *rules_apply_nodes(struct rule_context *context, struct logical *root);
