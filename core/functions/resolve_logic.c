/* resolve_logic.c: typing of conditionals, and the forms that are written as other forms: BETWEEN, NULLIF, IF, short IN
 * lists. Rewriting them here leaves fewer shapes for the rules of the planner and for the evaluator, which computes an
 * operand that occurs twice only once. */
#include "core/functions/resolve.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/functions/expression.h"

static enum status call_both(struct call_request *request, const char *outer, struct expression *a,
                             struct expression *b, struct expression **result) {
    struct expression *arguments[] = {a, b};
    return resolve_call(request, outer, arguments, 2, result);
}

/* x >= low AND x <= high */
static enum status range_check(struct call_request *request, struct expression *low, struct expression *high,
                               struct expression **result) {
    struct expression *above, *below;
    TRY(call_both(request, ">=", request->arguments[0], low, &above));
    TRY(call_both(request, "<=", request->arguments[0], high, &below));
    return call_both(request, "and", above, below, result);
}

enum status resolve_between(struct call_request *request, const struct function *function) {
    (void)function;
    return range_check(request, request->arguments[1], request->arguments[2], &request->result);
}

enum status resolve_between_symmetric(struct call_request *request, const struct function *function) {
    (void)function;
    struct expression *upward, *downward;
    TRY(range_check(request, request->arguments[1], request->arguments[2], &upward));
    TRY(range_check(request, request->arguments[2], request->arguments[1], &downward));
    return call_both(request, "or", upward, downward, &request->result);
}

/* Takes NULL literals out of the list: they only turn FALSE into NULL, as OR NULL does. */
static bool drop_nulls(struct call_request *request) {
    uint32_t count = 1;
    for (uint32_t i = 1; i < request->argument_count; i++) {
        if (!expression_is_null_literal(request->arguments[i]))
            request->arguments[count++] = request->arguments[i];
    }
    bool dropped = count < request->argument_count;
    request->argument_count = count;
    return dropped;
}

static enum status or_of_equals(struct call_request *request, struct expression **result) {
    uint32_t count = request->argument_count - 1;
    struct expression **equals = arena_alloc(request->arena, count * sizeof(struct expression *));
    for (uint32_t i = 0; i < count; i++)
        TRY(call_both(request, "=", request->arguments[0], request->arguments[i + 1], &equals[i]));
    *result = equals[0];
    return count > 1 ? resolve_call(request, "or", equals, count, result) : STATUS_OK;
}

/* A list of literals stays a list; anything else becomes x = a OR x = b …; one element is a plain comparison. */
enum status resolve_in(struct call_request *request, const struct function *function) {
    const struct type *common;
    TRY(resolve_common(request, 0, 1, false, true, &common));
    bool null = drop_nulls(request);
    struct expression *nothing = expression_null(request->arena, &type_boolean, request->position);
    if (request->argument_count == 1) {
        request->result = nothing;
        return STATUS_OK;
    }
    bool literals = request->argument_count > 2;
    for (uint32_t i = 1; i < request->argument_count; i++)
        literals &= request->arguments[i]->kind == EXPRESSION_LITERAL;
    bool nullable = request->arguments[0]->type->nullable;
    if (literals)
        request->result = call_new(request, function, type_with_nullable(request->arena, &type_boolean, nullable));
    else
        TRY(or_of_equals(request, &request->result));
    return null ? call_both(request, "or", request->result, nothing, &request->result) : STATUS_OK;
}

/* case(condition, result, condition, result, …, otherwise): a missing ELSE is NULL. */
enum status resolve_case(struct call_request *request, const struct function *function) {
    if (request->argument_count < 2)
        return resolve_mismatch(request);
    if (request->argument_count % 2 == 0) {
        struct expression **longer =
            arena_alloc(request->arena, (request->argument_count + 1) * sizeof(struct expression *));
        memcpy(longer, request->arguments, request->argument_count * sizeof *longer);
        longer[request->argument_count++] = expression_null(request->arena, &type_null, request->position);
        request->arguments = longer;
    }
    for (uint32_t i = 0; i + 1 < request->argument_count; i += 2) {
        const struct type *type = request->arguments[i]->type;
        if (type->kind == TYPE_NULL)
            TRY(resolve_cast_argument(request, i, &type_boolean));
        else if (type->kind != TYPE_BOOLEAN)
            return FAIL_AT(request->error, request->arguments[i]->position, STATUS_DATATYPE_MISMATCH,
                           "condition must be BOOLEAN, not %s", type_text(request->arena, type));
    }
    const struct type *common;
    TRY(resolve_common(request, 1, 2, true, false, &common));
    request->result = call_new(request, function, common);
    return STATUS_OK;
}

enum status resolve_if(struct call_request *request, const struct function *function) {
    (void)function;
    return resolve_call(request, "case", request->arguments, request->argument_count, &request->result);
}

enum status resolve_coalesce(struct call_request *request, const struct function *function) {
    const struct type *common;
    bool nullable = true;
    TRY(resolve_common(request, 0, 1, false, false, &common));
    for (uint32_t i = 0; i < request->argument_count; i++)
        nullable &= request->arguments[i]->type->nullable;
    if (request->argument_count == 1 || !request->arguments[0]->type->nullable) {
        request->result = request->arguments[0];
        return STATUS_OK;
    }
    request->result = call_new(request, function, type_with_nullable(request->arena, common, nullable));
    return STATUS_OK;
}

/* nullif(a, b) is CASE WHEN a = b THEN NULL ELSE a END */
enum status resolve_nullif(struct call_request *request, const struct function *function) {
    (void)function;
    struct expression *equal;
    TRY(call_both(request, "=", request->arguments[0], request->arguments[1], &equal));
    struct expression *arguments[] = {equal, expression_null(request->arena, &type_null, request->position),
                                      request->arguments[0]};
    return resolve_call(request, "case", arguments, 3, &request->result);
}
