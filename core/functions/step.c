/* step.c: from expression trees to steps. Equal sub-expressions become one step (volatile calls excepted), chains of AND
 * and of OR become one call each, and their cheap operands that cannot fail come first. */
#include "core/functions/step.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/functions/cast.h"
#include "core/functions/kernels/kernels.h"

/* Open addressing; keys are hashes of a step's content or of a node's address. */
struct step_map {
    struct arena *arena;
    uint64_t *keys; /* 0: free */
    uint32_t *steps;
    uint32_t capacity, count;
};

struct builder {
    struct evaluator *evaluator;
    struct step_map by_content;
    struct step_map by_address;
};

static void map_add(struct step_map *map, uint64_t key, uint32_t step) {
    if (map->count * 2 >= map->capacity) {
        struct step_map grown = {.arena = map->arena, .capacity = map->capacity ? map->capacity * 2 : 64};
        grown.keys = ARENA_ARRAY(map->arena, uint64_t, grown.capacity);
        grown.steps = ARENA_ARRAY(map->arena, uint32_t, grown.capacity);
        for (uint32_t i = 0; i < map->capacity; i++) {
            if (map->keys[i])
                map_add(&grown, map->keys[i], map->steps[i]);
        }
        *map = grown;
    }
    uint32_t slot = (uint32_t)key & (map->capacity - 1);
    while (map->keys[slot])
        slot = (slot + 1) & (map->capacity - 1);
    map->keys[slot] = key;
    map->steps[slot] = step;
    map->count++;
}

/* The next step with this key from *slot on; -1 when there is none. Start with *slot = key. */
static int64_t map_next(const struct step_map *map, uint64_t key, uint64_t *slot) {
    if (!map->capacity)
        return -1;
    for (;; (*slot)++) {
        uint32_t at = (uint32_t)*slot & (map->capacity - 1);
        if (!map->keys[at])
            return -1;
        if (map->keys[at] == key) {
            (*slot)++;
            return map->steps[at];
        }
    }
}

static uint64_t content_key(const struct step *step) {
    const struct expression *expression = step->expression;
    uint64_t key = hash_u64((uint64_t)step->kind << 8 | (uint64_t)expression->type->kind);
    switch (expression->kind) {
    case EXPRESSION_COLUMN: key = hash_combine(key, expression->column); break;
    case EXPRESSION_FIELD: key = hash_combine(key, expression->field.index); break;
    case EXPRESSION_CALL: key = hash_combine(key, (uintptr_t)expression->call.function); break;
    case EXPRESSION_LITERAL: {
        uint64_t hash = 0;
        column_hash(&expression->literal, &(struct selection){NULL, 1}, &hash, true);
        key = hash_combine(key, hash);
        break;
    }
    }
    for (uint32_t i = 0; i < step->argument_count; i++)
        key = hash_combine(key, step->arguments[i]);
    return key | 1;
}

static bool content_equal(const struct step *a, const struct step *b) {
    const struct expression *x = a->expression, *y = b->expression;
    if (a->kind != b->kind || x->kind != y->kind || a->argument_count != b->argument_count ||
        !type_equal_ignore_null(x->type, y->type))
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++) {
        if (a->arguments[i] != b->arguments[i])
            return false;
    }
    switch (x->kind) {
    case EXPRESSION_COLUMN: return x->column == y->column;
    case EXPRESSION_FIELD: return x->field.index == y->field.index;
    case EXPRESSION_LITERAL: return column_values_equal(&x->literal, 0, &y->literal, 0);
    case EXPRESSION_CALL: return x->call.function == y->call.function;
    }
    return false;
}

static uint32_t step_add(struct builder *builder, struct expression *expression);

/* Adds the operands of a chain of one operator: and(and(a, b), c) has a, b, c. */
static void add_operands(struct builder *builder, struct step *step, const struct function *function,
                         struct expression *expression) {
    bool inner = expression->kind == EXPRESSION_CALL && expression->call.function == function;
    if (!inner) {
        uint32_t operand = step_add(builder, expression);
        uint32_t *longer = arena_alloc(builder->evaluator->arena, (step->argument_count + 1) * sizeof(uint32_t));
        if (step->argument_count)
            memcpy(longer, step->arguments, step->argument_count * sizeof(uint32_t));
        longer[step->argument_count++] = operand;
        step->arguments = longer;
        return;
    }
    for (uint32_t i = 0; i < expression->call.argument_count; i++)
        add_operands(builder, step, function, expression->call.arguments[i]);
}

static void cheap_first(struct builder *builder, struct step *step) {
    uint32_t *ordered = arena_alloc(builder->evaluator->arena, step->argument_count * sizeof(uint32_t));
    uint32_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < step->argument_count; i++) {
            const struct step *operand = builder->evaluator->steps.items[step->arguments[i]];
            if ((operand->expensive || operand->can_fail) == pass)
                ordered[count++] = step->arguments[i];
        }
    }
    step->arguments = ordered;
}

static void add_arguments(struct builder *builder, struct step *step, struct expression *const *arguments,
                          uint32_t count) {
    step->argument_count = count;
    step->arguments = arena_alloc(builder->evaluator->arena, (count + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++)
        step->arguments[i] = step_add(builder, arguments[i]);
}

static bool is_fixed_width(const struct type *type) {
    enum layout layout = type_layout(type);
    return layout != LAYOUT_VIEW && layout != LAYOUT_ROW && layout != LAYOUT_LIST;
}

static void prepare_call(struct builder *builder, struct step *step) {
    struct evaluator *evaluator = builder->evaluator;
    const struct function *function = step->expression->call.function;
    const struct type **types = ARENA_ARRAY(evaluator->arena, const struct type *, step->argument_count + 1);
    for (uint32_t i = 0; i < step->argument_count; i++)
        types[i] = evaluator->steps.items[step->arguments[i]]->expression->type;
    step->site = (struct lazy_site){evaluator, step->arguments};
    step->call = (struct function_call){
        .function = function,
        .type = step->expression->type,
        .argument_types = types,
        .argument_count = step->argument_count,
        .state_arena = evaluator->arena,
        .position = step->expression->position,
    };
    step->columns = ARENA_ARRAY(evaluator->arena, struct column, step->argument_count + 1);
    for (uint32_t i = 0; i < step->argument_count; i++) {
        const struct step *argument = evaluator->steps.items[step->arguments[i]];
        if (argument->kind == STEP_LITERAL)
            step->columns[i] = argument->expression->literal;
    }
    step->can_fail = function->flags & FUNCTION_CAN_FAIL;
    step->expensive = function->flags & FUNCTION_EXPENSIVE;
    bool dense = function->flags & FUNCTION_DENSE;
    if (function->kernel == cast_strict && !(function->flags & FUNCTION_CAN_FAIL))
        dense = types[0]->kind != TYPE_DECIMAL && !type_is_datetime(types[0]);
    step->dense = dense && is_fixed_width(step->expression->type);
    for (uint32_t i = 0; i < step->argument_count; i++)
        step->dense &= is_fixed_width(types[i]);
}

static bool is_free_cast(const struct expression *expression) {
    const struct function *function = expression->call.function;
    return (function->kernel == cast_strict || function->kernel == cast_or_null) &&
           cast_is_free(expression->call.arguments[0]->type, expression->type);
}

static struct step *step_new(struct builder *builder, struct expression *expression) {
    struct step *step = ARENA_NEW(builder->evaluator->arena, struct step);
    step->expression = expression;
    switch (expression->kind) {
    case EXPRESSION_COLUMN: step->kind = STEP_COLUMN; return step;
    case EXPRESSION_LITERAL: step->kind = STEP_LITERAL; return step;
    case EXPRESSION_FIELD:
        step->kind = STEP_FIELD;
        add_arguments(builder, step, &expression->field.row, 1);
        return step;
    case EXPRESSION_CALL: break;
    }
    const struct function *function = expression->call.function;
    step->kind = is_free_cast(expression) ? STEP_RETYPE : STEP_CALL;
    if (function->kernel == logic_and || function->kernel == logic_or) {
        add_operands(builder, step, function, expression);
        cheap_first(builder, step);
    } else {
        add_arguments(builder, step, expression->call.arguments, expression->call.argument_count);
    }
    if (step->kind == STEP_CALL)
        prepare_call(builder, step);
    return step;
}

static uint32_t step_add(struct builder *builder, struct expression *expression) {
    struct evaluator *evaluator = builder->evaluator;
    uint64_t address = hash_u64((uintptr_t)expression) | 1, slot = address;
    for (int64_t found; (found = map_next(&builder->by_address, address, &slot)) >= 0;) {
        if (evaluator->steps.items[found]->expression == expression)
            return (uint32_t)found;
    }
    struct step *step = step_new(builder, expression);
    bool is_volatile = step->kind == STEP_CALL && step->call.function->flags & FUNCTION_VOLATILE;
    uint64_t key = content_key(step);
    slot = key;
    for (int64_t found; !is_volatile && (found = map_next(&builder->by_content, key, &slot)) >= 0;) {
        if (content_equal(evaluator->steps.items[found], step)) {
            map_add(&builder->by_address, address, (uint32_t)found);
            return (uint32_t)found;
        }
    }
    for (uint32_t i = 0; i < step->argument_count; i++) {
        const struct step *argument = evaluator->steps.items[step->arguments[i]];
        step->can_fail |= argument->can_fail;
        step->expensive |= argument->expensive;
    }
    uint32_t number = (uint32_t)evaluator->steps.count;
    ARRAY_PUSH(evaluator->arena, &evaluator->steps, step);
    map_add(&builder->by_content, key, number);
    map_add(&builder->by_address, address, number);
    return number;
}

void steps_build(struct evaluator *evaluator, struct expression *const *expressions, uint32_t count) {
    struct arena scratch;
    arena_init(&scratch);
    struct builder builder = {.evaluator = evaluator, .by_content.arena = &scratch, .by_address.arena = &scratch};
    evaluator->roots = ARENA_ARRAY(evaluator->arena, uint32_t, count);
    evaluator->root_count = count;
    for (uint32_t i = 0; i < count; i++)
        evaluator->roots[i] = step_add(&builder, expressions[i]);
    arena_release(&scratch);
}
