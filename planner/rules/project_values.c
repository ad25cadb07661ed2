/* project_values.c: Project(f, Values) ─▶ Values(f): SELECT 1 needs no operator. What cannot be computed now, because it fails
 * or depends on the time of running, stays a projection. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"
#include "planner/rules/fold.h"

enum { ROWS_MAX = 1000 };

struct logical *rule_project_values(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_PROJECT || node->inputs[0]->kind != LOGICAL_VALUES)
        return NULL;
    const struct logical *input = node->inputs[0];
    if (input->values.row_count > ROWS_MAX)
        return NULL;
    struct expression ***rows = ARENA_ARRAY(context->arena, struct expression **, input->values.row_count);
    for (uint32_t i = 0; i < input->values.row_count; i++) {
        rows[i] = ARENA_ARRAY(context->arena, struct expression *, node->column_count);
        for (uint32_t k = 0; k < node->column_count; k++) {
            struct expression *value =
                expression_substitute(context->arena, node->project.expressions[k], input->values.rows[i]);
            rows[i][k] = fold_expression(context, value);
            if (rows[i][k]->kind != EXPRESSION_LITERAL)
                return NULL;
        }
    }
    struct logical *values = logical_new(context->arena, LOGICAL_VALUES, NULL);
    values->position = node->position;
    values->columns = node->columns;
    values->column_count = node->column_count;
    values->values.rows = rows;
    values->values.row_count = input->values.row_count;
    return values;
}
