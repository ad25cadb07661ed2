/* evaluator.c: runs the steps of bound expressions over batches.
 *
 * What is the same for all functions is done here, once: NULL handling of strict functions, constants staying constant,
 * dictionaries staying dictionaries, narrowing to the rows that a kernel may see. Kernels are loops over values.
 * Invariant: a step's value is defined for every row of the scope it was computed in (see step.h).
 */
#include "core/functions/evaluator.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/selection.h"
#include "core/functions/step.h"

static enum status step_value(struct evaluator *evaluator, uint32_t number, struct column *value, struct error *error);

/* ---- scopes ---- */

static const struct selection *current_selection(const struct evaluator *evaluator) {
    return &evaluator->scopes.items[evaluator->scopes.count - 1].selection;
}

static void scope_push(struct evaluator *evaluator, const struct selection *selection) {
    struct scope scope = {++evaluator->next_scope, *selection};
    ARRAY_PUSH(evaluator->arena, &evaluator->scopes, scope);
}

static bool scope_is_open(const struct evaluator *evaluator, uint64_t id) {
    for (size_t i = evaluator->scopes.count; i-- > 0 && evaluator->scopes.items[i].id >= id;) {
        if (evaluator->scopes.items[i].id == id)
            return true;
    }
    return false;
}

/* Whether the rows are those of the innermost scope; a subset of it with as many rows is. */
static bool selection_is_current(const struct evaluator *evaluator, const struct selection *selection) {
    return current_selection(evaluator)->count == selection->count;
}

/* ---- columns ---- */

static uint32_t word_count(uint32_t rows) {
    return (rows + 63) / 64;
}

/* The rows where both are valid; NULL when all are. Shares what it can. */
static uint64_t *validity_and(struct arena *arena, uint64_t *a, uint64_t *b, uint32_t rows) {
    if (!a || !b || a == b)
        return a ? a : b;
    uint64_t *both = arena_alloc(arena, word_count(rows) * sizeof(uint64_t));
    for (uint32_t i = 0; i < word_count(rows); i++)
        both[i] = a[i] & b[i];
    return both;
}

static uint32_t safe_code(const struct column *column, uint32_t row) {
    uint32_t code = column->codes[row];
    return code < column->dictionary_size ? code : 0; /* a NULL row's code may be anything */
}

static void flatten(struct column *column, struct arena *arena, const struct selection *selection, uint32_t row_count) {
    size_t size = layout_size(type_layout(column->type));
    if (size == 0 || type_layout(column->type) == LAYOUT_LIST || column->dictionary_size == 0) {
        *column = column_flatten(column, arena, row_count);
        return;
    }
    uint8_t *target = arena_alloc(arena, size * row_count);
    const uint8_t *source = column->values;
    if (size == 16) {
        for (uint32_t i = 0; i < selection->count; i++) {
            uint32_t row = selection_row(selection, i);
            memcpy(target + (size_t)row * 16, source + (size_t)safe_code(column, row) * 16, 16);
        }
    } else {
        for (uint32_t i = 0; i < selection->count; i++) {
            uint32_t row = selection_row(selection, i);
            memcpy(target + row * size, source + safe_code(column, row) * size, size);
        }
    }
    column->kind = COLUMN_FLAT;
    column->values = target;
    column->codes = NULL;
    column->dictionary_size = 0;
}

static struct column null_column(struct evaluator *evaluator, const struct type *type) {
    struct column column;
    column_init_null(&column, evaluator->batch_arena, type);
    return column;
}

/* ---- calls ---- */

enum argument_shape { SHAPE_MIXED, SHAPE_CONSTANT, SHAPE_NULL, SHAPE_DICTIONARY };

static enum argument_shape arguments_shape(const struct step *step, uint32_t *dictionary) {
    uint32_t constants = 0, dictionaries = 0;
    bool strict = step->call.function->flags & FUNCTION_STRICT;
    for (uint32_t i = 0; i < step->argument_count; i++) {
        const struct column *column = &step->columns[i];
        if (column->kind == COLUMN_CONSTANT) {
            constants++;
            if (strict && column_is_null(column, 0))
                return SHAPE_NULL;
        } else if (column->kind == COLUMN_DICTIONARY) {
            dictionaries++;
            *dictionary = i;
        }
    }
    if (constants == step->argument_count)
        return step->call.function->flags & FUNCTION_VOLATILE ? SHAPE_MIXED : SHAPE_CONSTANT;
    return dictionaries == 1 && constants + 1 == step->argument_count ? SHAPE_DICTIONARY : SHAPE_MIXED;
}

static enum status run_kernel(struct evaluator *evaluator, struct step *step, uint32_t row_count,
                              struct selection selection, struct column *result, struct error *error) {
    struct function_call *call = &step->call;
    call->row_count = row_count;
    call->selection = selection;
    call->dense_count = selection.rows ? 0 : selection.count;
    if (step->dense && selection.rows && selection.count * 2 >= row_count)
        call->dense_count = row_count;
    call->arena = evaluator->batch_arena;
    call->context = evaluator->context;
    column_init(result, evaluator->batch_arena, call->type, row_count);
    return call->function->kernel(call, step->columns, result, error);
}

static enum status run_constant(struct evaluator *evaluator, struct step *step, struct column *result,
                                struct error *error) {
    TRY(run_kernel(evaluator, step, 1, (struct selection){NULL, 1}, result, error));
    result->kind = COLUMN_CONSTANT;
    return STATUS_OK;
}

/* The function of each dictionary entry, under the rows' codes. */
static enum status run_dictionary(struct evaluator *evaluator, struct step *step, uint32_t index, struct column *result,
                                  struct error *error) {
    struct column dictionary = step->columns[index];
    uint32_t row_count = evaluator->input->row_count;
    struct column *entries = &step->columns[index];
    entries->kind = COLUMN_FLAT;
    entries->validity = NULL;
    TRY(run_kernel(evaluator, step, dictionary.dictionary_size, (struct selection){NULL, dictionary.dictionary_size},
                   result, error));
    uint64_t *entry_validity = result->validity;
    result->kind = COLUMN_DICTIONARY;
    result->codes = dictionary.codes;
    result->dictionary_size = dictionary.dictionary_size;
    result->validity = dictionary.validity;
    if (!entry_validity)
        return STATUS_OK;
    uint64_t *validity = validity_new(evaluator->batch_arena, row_count, true);
    for (uint32_t row = 0; row < row_count; row++) {
        bool valid =
            validity_get(dictionary.validity, row) && validity_get(entry_validity, safe_code(&dictionary, row));
        if (!valid)
            validity_set(validity, row, false);
    }
    result->validity = validity;
    return STATUS_OK;
}

static enum status run_rows(struct evaluator *evaluator, struct step *step, struct column *result,
                            struct error *error) {
    uint32_t row_count = evaluator->input->row_count;
    struct selection selection = *current_selection(evaluator);
    struct arena *arena = evaluator->batch_arena;
    uint64_t *validity = NULL;
    bool strict = step->call.function->flags & FUNCTION_STRICT;
    for (uint32_t i = 0; i < step->argument_count; i++) {
        struct column *column = &step->columns[i];
        if (column->kind == COLUMN_DICTIONARY)
            flatten(column, arena, &selection, row_count);
        if (strict && column->kind != COLUMN_CONSTANT)
            validity = validity_and(arena, validity, column->validity, row_count);
    }
    if (validity && !step->dense) {
        uint16_t *rows = arena_alloc(arena, selection.count * sizeof(uint16_t));
        selection = selection_where_valid(validity, &selection, rows);
        if (selection.count == 0) {
            *result = null_column(evaluator, step->call.type);
            return STATUS_OK;
        }
    }
    TRY(run_kernel(evaluator, step, row_count, selection, result, error));
    result->validity = validity_and(arena, result->validity, validity, row_count);
    return STATUS_OK;
}

static enum status run_lazy(struct evaluator *evaluator, struct step *step, struct column *result,
                            struct error *error) {
    step->call.lazy = &step->site;
    return run_kernel(evaluator, step, evaluator->input->row_count, *current_selection(evaluator), result, error);
}

static bool may_run_on_dictionary(const struct evaluator *evaluator, const struct step *step, uint32_t index) {
    uint32_t flags = step->call.function->flags;
    uint32_t size = step->columns[index].dictionary_size;
    enum layout layout = type_layout(step->call.type);
    if (layout == LAYOUT_LIST || layout == LAYOUT_ROW)
        return false;
    return flags & FUNCTION_STRICT && !(flags & (FUNCTION_CAN_FAIL | FUNCTION_VOLATILE)) && size > 0 &&
           size <= current_selection(evaluator)->count;
}

static enum status run_call(struct evaluator *evaluator, struct step *step, struct column *result,
                            struct error *error) {
    if (step->call.function->flags & FUNCTION_LAZY)
        return run_lazy(evaluator, step, result, error);
    for (uint32_t i = 0; i < step->argument_count; i++) {
        if (evaluator->steps.items[step->arguments[i]]->kind != STEP_LITERAL)
            TRY(step_value(evaluator, step->arguments[i], &step->columns[i], error));
    }
    uint32_t dictionary = 0;
    switch (arguments_shape(step, &dictionary)) {
    case SHAPE_NULL: *result = null_column(evaluator, step->call.type); return STATUS_OK;
    case SHAPE_CONSTANT: return run_constant(evaluator, step, result, error);
    case SHAPE_DICTIONARY:
        if (may_run_on_dictionary(evaluator, step, dictionary))
            return run_dictionary(evaluator, step, dictionary, result, error);
        break;
    case SHAPE_MIXED: break;
    }
    return run_rows(evaluator, step, result, error);
}

/* ---- other steps ---- */

static enum status step_compute(struct evaluator *evaluator, struct step *step, struct column *result,
                                struct error *error) {
    switch (step->kind) {
    case STEP_COLUMN:
        ASSERT(step->expression->column < evaluator->input->column_count);
        *result = evaluator->input->columns[step->expression->column];
        return STATUS_OK;
    case STEP_LITERAL: *result = step->expression->literal; return STATUS_OK;
    case STEP_CALL: return run_call(evaluator, step, result, error);
    case STEP_FIELD: {
        struct column row;
        TRY(step_value(evaluator, step->arguments[0], &row, error));
        *result =
            column_field(&row, evaluator->batch_arena, step->expression->field.index, evaluator->input->row_count);
        return STATUS_OK;
    }
    case STEP_RETYPE:
        TRY(step_value(evaluator, step->arguments[0], result, error));
        result->type = step->expression->type;
        return STATUS_OK;
    }
    UNREACHABLE();
}

/* The step's value for the rows of the innermost scope. */
static enum status step_value(struct evaluator *evaluator, uint32_t number, struct column *value, struct error *error) {
    struct step *step = evaluator->steps.items[number];
    if (!scope_is_open(evaluator, step->scope)) {
        if (current_selection(evaluator)->count == 0) {
            *value = null_column(evaluator, step->expression->type);
            return STATUS_OK;
        }
        step->scope = 0;
        TRY(step_compute(evaluator, step, &step->value, error));
        step->scope = evaluator->scopes.items[evaluator->scopes.count - 1].id;
    }
    *value = step->value;
    return STATUS_OK;
}

/* ---- filters ---- */

static enum status step_filter(struct evaluator *evaluator, uint32_t number, uint16_t *rows, struct selection *result,
                               struct error *error);

static enum status filter_in_scope(struct evaluator *evaluator, uint32_t number, const struct selection *selection,
                                   uint16_t *rows, struct selection *result, struct error *error) {
    if (selection->count == 0) {
        *result = *selection;
        return STATUS_OK;
    }
    if (selection_is_current(evaluator, selection))
        return step_filter(evaluator, number, rows, result, error);
    scope_push(evaluator, selection);
    enum status status = step_filter(evaluator, number, rows, result, error);
    evaluator->scopes.count--;
    return status;
}

static enum status filter_and(struct evaluator *evaluator, const struct step *step, uint16_t *rows,
                              struct selection *result, struct error *error) {
    struct selection left = *current_selection(evaluator);
    for (uint32_t i = 0; i < step->argument_count; i++)
        TRY(filter_in_scope(evaluator, step->arguments[i], &left, rows, &left, error));
    *result = left;
    return STATUS_OK;
}

static enum status filter_or(struct evaluator *evaluator, const struct step *step, uint16_t *rows,
                             struct selection *result, struct error *error) {
    struct selection left = *current_selection(evaluator);
    struct selection taken = {NULL, 0};
    uint32_t room = left.count;
    uint16_t *lists = arena_alloc(evaluator->batch_arena, 4 * room * sizeof(uint16_t));
    for (uint32_t i = 0; i < step->argument_count && left.count; i++) {
        struct selection more;
        TRY(filter_in_scope(evaluator, step->arguments[i], &left, lists, &more, error));
        uint16_t *merged = lists + (i % 2 + 1) * room;
        taken = selection_merge(&taken, &more, merged);
        left = selection_without(&left, &more, lists + 3 * room);
    }
    if (taken.count)
        memcpy(rows, taken.rows, taken.count * sizeof(uint16_t));
    *result = (struct selection){rows, taken.count};
    return STATUS_OK;
}

/* Rows of the innermost scope for which the step is TRUE. */
static enum status step_filter(struct evaluator *evaluator, uint32_t number, uint16_t *rows, struct selection *result,
                               struct error *error) {
    const struct step *step = evaluator->steps.items[number];
    if (step->kind == STEP_CALL && !scope_is_open(evaluator, step->scope)) {
        if (step->call.function->kernel == logic_and)
            return filter_and(evaluator, step, rows, result, error);
        if (step->call.function->kernel == logic_or && (step->can_fail || step->expensive))
            return filter_or(evaluator, step, rows, result, error);
    }
    struct column value;
    TRY(step_value(evaluator, number, &value, error));
    *result = selection_where_true(&value, current_selection(evaluator), rows);
    return STATUS_OK;
}

/* ---- lazy arguments ---- */

enum status lazy_argument(struct function_call *call, uint32_t index, const struct selection *selection,
                          struct column *value, struct error *error) {
    struct evaluator *evaluator = call->lazy->evaluator;
    bool current = selection_is_current(evaluator, selection);
    if (!current)
        scope_push(evaluator, selection);
    enum status status = step_value(evaluator, call->lazy->arguments[index], value, error);
    if (!current)
        evaluator->scopes.count--;
    if (status == STATUS_OK && value->kind == COLUMN_DICTIONARY)
        flatten(value, evaluator->batch_arena, selection, evaluator->input->row_count);
    return status;
}

enum status lazy_filter(struct function_call *call, uint32_t index, const struct selection *selection, uint16_t *rows,
                        struct selection *result, struct error *error) {
    return filter_in_scope(call->lazy->evaluator, call->lazy->arguments[index], selection, rows, result, error);
}

bool lazy_can_fail(const struct function_call *call, uint32_t index) {
    return call->lazy->evaluator->steps.items[call->lazy->arguments[index]]->can_fail;
}

bool lazy_is_expensive(const struct function_call *call, uint32_t index) {
    return call->lazy->evaluator->steps.items[call->lazy->arguments[index]]->expensive;
}

/* ---- interface ---- */

enum status evaluator_open(struct arena *arena, struct expression *const *expressions, uint32_t count,
                           struct evaluator **evaluator, struct error *error) {
    (void)error;
    *evaluator = ARENA_NEW(arena, struct evaluator);
    (*evaluator)->arena = arena;
    steps_build(*evaluator, expressions, count);
    return STATUS_OK;
}

static void run_begin(struct evaluator *evaluator, const struct batch *input, const struct selection *selection,
                      const struct evaluation_context *context, struct arena *arena) {
    evaluator->input = input;
    evaluator->context = context;
    evaluator->batch_arena = arena;
    evaluator->scopes.count = 0;
    scope_push(evaluator, selection);
}

enum status evaluator_run(struct evaluator *evaluator, const struct batch *input, const struct selection *selection,
                          const struct evaluation_context *context, struct arena *arena, struct column *results,
                          struct error *error) {
    run_begin(evaluator, input, selection, context, arena);
    for (uint32_t i = 0; i < evaluator->root_count; i++)
        TRY(step_value(evaluator, evaluator->roots[i], &results[i], error));
    return STATUS_OK;
}

enum status evaluator_filter(struct evaluator *evaluator, uint32_t index, const struct batch *input,
                             const struct selection *selection, const struct evaluation_context *context,
                             struct arena *arena, uint16_t *rows, struct selection *result, struct error *error) {
    run_begin(evaluator, input, selection, context, arena);
    if (selection->count == 0) {
        *result = *selection;
        return STATUS_OK;
    }
    return step_filter(evaluator, evaluator->roots[index], rows, result, error);
}

enum status expression_evaluate_constant(struct arena *arena, const struct expression *expression,
                                         const struct evaluation_context *context, struct column *value,
                                         struct error *error) {
    static const struct evaluation_context no_context = {.watermark_us = INT64_MIN};
    struct expression *expressions[] = {(struct expression *)(uintptr_t)expression};
    struct batch one_row = {.row_count = 1};
    struct selection selection = {NULL, 1};
    struct evaluator *evaluator;
    TRY(evaluator_open(arena, expressions, 1, &evaluator, error));
    TRY(evaluator_run(evaluator, &one_row, &selection, context ? context : &no_context, arena, value, error));
    if (value->kind != COLUMN_CONSTANT) {
        *value = column_flatten(value, arena, 1);
        value->kind = COLUMN_CONSTANT;
    }
    return STATUS_OK;
}
