/* narrow_group_keys.c: a key that only says a shorter value in other words is kept as that value, and said where a group comes out:
 *
 *   Aggregate(DATE_FORMAT(t, 'yyyy-MM-dd'), …; x)  ─▶  Project(DATE_FORMAT(day, 'yyyy-MM-dd'), …; Aggregate(CAST(t AS DATE), …; x))
 *
 * A key of plain numbers is compared and kept as they are; a text is made for each row, compared byte by byte and kept beside the
 * record. core/functions/injective.h has the list of such functions. */
#include "planner/rules/rule.h"

#include "core/base/arena.h"
#include "core/functions/injective.h"

struct narrowed {
    struct expression *key;   /* as written, over the rows; NULL: the key stays */
    struct expression *value; /* what it says */
};

/* The keys' values as further columns of the aggregate's input. */
static struct logical *with_values(struct rule_context *context, const struct logical *project,
                                   const struct narrowed *narrowed, uint32_t key_count, uint32_t *keys) {
    uint32_t count = project->column_count;
    struct expression **expressions = ARENA_ARRAY(context->arena, struct expression *, count + key_count);
    const char **names = ARENA_ARRAY(context->arena, const char *, count + key_count);
    for (uint32_t i = 0; i < count; i++) {
        expressions[i] = project->project.expressions[i];
        names[i] = project->columns[i].name;
    }
    for (uint32_t k = 0; k < key_count; k++) {
        if (!narrowed[k].key)
            continue;
        expressions[count] = narrowed[k].value;
        names[count] = project->columns[keys[k]].name;
        keys[k] = count++;
    }
    return logical_project(context->arena, project->inputs[0], expressions, names, count);
}

/* The aggregate's columns as they were. */
static struct logical *with_words(struct rule_context *context, const struct logical *node, struct logical *aggregate,
                                  const struct narrowed *narrowed) {
    struct expression **expressions = logical_identity(context->arena, aggregate, aggregate->column_count);
    const char **names = ARENA_ARRAY(context->arena, const char *, aggregate->column_count);
    for (uint32_t i = 0; i < node->column_count; i++) {
        names[i] = node->columns[i].name;
        if (i >= node->aggregate.key_count || !narrowed[i].key)
            continue;
        expressions[i] = expression_of_core(context->arena, narrowed[i].key, expressions[i]);
        if (!type_equal(expressions[i]->type, node->columns[i].type))
            return NULL;
    }
    return logical_project(context->arena, aggregate, expressions, names, aggregate->column_count);
}

struct logical *rule_narrow_group_keys(struct rule_context *context, struct logical *node) {
    if (node->kind != LOGICAL_AGGREGATE || node->inputs[0]->kind != LOGICAL_PROJECT)
        return NULL;
    const struct logical_aggregate *aggregate = &node->aggregate;
    const struct logical *project = node->inputs[0];
    struct narrowed *narrowed = ARENA_ARRAY(context->arena, struct narrowed, aggregate->key_count + 1);
    bool any = false;
    for (uint32_t k = 0; k < aggregate->key_count; k++) {
        struct expression *key = project->project.expressions[aggregate->keys[k]];
        struct expression *value = expression_core(context->arena, key);
        if (!value)
            continue;
        any = true;
        narrowed[k] = (struct narrowed){key, value};
    }
    if (!any)
        return NULL;
    struct logical *copy = logical_copy(context->arena, node);
    copy->aggregate.keys = arena_copy(context->arena, aggregate->keys, aggregate->key_count * sizeof *aggregate->keys);
    copy = logical_with_input(context->arena, copy,
                              with_values(context, project, narrowed, aggregate->key_count, copy->aggregate.keys));
    copy->columns = arena_copy(context->arena, node->columns, node->column_count * sizeof *node->columns);
    for (uint32_t k = 0; k < aggregate->key_count; k++)
        if (narrowed[k].key)
            copy->columns[k].type =
                type_with_nullable(context->arena, narrowed[k].value->type, node->columns[k].type->nullable);
    return with_words(context, node, copy, narrowed);
}
