/* cast.c: which casts exist, how a cast becomes a call, and the one dispatcher behind "cast", "try_cast" and "cast_safe".
 * Literals are cast at once, so that `price > 5` compares with a BIGINT and DATE columns with dates. */
#include "core/functions/cast.h"

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/functions/evaluator.h"
#include "core/functions/expression.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/signature.h"

static bool fields_are_free(const struct type *from, const struct type *to) {
    if (from->field_count != to->field_count)
        return false;
    for (uint32_t i = 0; i < from->field_count; i++) {
        if (!cast_is_free(from->fields[i].type, to->fields[i].type))
            return false;
    }
    return true;
}

/* Longer or unbounded text takes any shorter one; a CHAR would be padded. */
static bool length_is_free(const struct type *from, const struct type *to, enum type_kind fixed) {
    if (to->kind == fixed)
        return from->kind == fixed && from->length == to->length;
    return from->length <= to->length;
}

bool cast_is_free(const struct type *from, const struct type *to) {
    if (from->kind == TYPE_NULL)
        return to->kind == TYPE_NULL;
    if (type_is_string(from) && type_is_string(to))
        return length_is_free(from, to, TYPE_CHAR);
    if (type_is_binary(from) && type_is_binary(to))
        return length_is_free(from, to, TYPE_BINARY);
    if (from->kind != to->kind)
        return false;
    switch (from->kind) {
    case TYPE_DECIMAL: return from->scale == to->scale && from->precision <= to->precision;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return from->precision <= to->precision || to->precision >= 6;
    case TYPE_ROW: return fields_are_free(from, to);
    case TYPE_ARRAY: return cast_is_free(from->element, to->element);
    case TYPE_MAP: return cast_is_free(from->key, to->key) && cast_is_free(from->element, to->element);
    default: return true;
    }
}

static unsigned integer_digits(const struct type *type) {
    switch (type->kind) {
    case TYPE_TINYINT: return 3;
    case TYPE_SMALLINT: return 5;
    case TYPE_INT: return 10;
    default: return 19;
    }
}

static bool nested_can_fail(const struct type *from, const struct type *to) {
    for (uint32_t i = 0; i < from->field_count; i++) {
        if (cast_can_fail(from->fields[i].type, to->fields[i].type))
            return true;
    }
    return (from->element && cast_can_fail(from->element, to->element)) ||
           (from->key && cast_can_fail(from->key, to->key));
}

bool cast_can_fail(const struct type *from, const struct type *to) {
    if (cast_is_free(from, to) || from->kind == TYPE_NULL || from->kind == TYPE_BOOLEAN || type_is_string(to) ||
        type_is_binary(to) || to->kind == TYPE_BOOLEAN)
        return type_is_string(from) && to->kind == TYPE_BOOLEAN;
    if (type_is_numeric(from) && (to->kind == TYPE_FLOAT || to->kind == TYPE_DOUBLE))
        return false;
    if (type_is_integer(from) && type_is_integer(to))
        return from->kind > to->kind;
    if (type_is_integer(from) && to->kind == TYPE_DECIMAL)
        return (unsigned)to->precision - to->scale < integer_digits(from);
    if (from->kind == TYPE_DECIMAL && to->kind == TYPE_DECIMAL)
        return from->precision - from->scale + (from->scale > to->scale) > to->precision - to->scale;
    if (type_is_datetime(from) && type_is_datetime(to))
        return false;
    if (from->kind == to->kind && (from->kind == TYPE_ROW || from->element))
        return nested_can_fail(from, to);
    return true;
}

bool cast_needs_zone(const struct type *from, const struct type *to) {
    if (from->kind == TYPE_ROW || from->element)
        return true;
    return (from->kind == TYPE_TIMESTAMP_LTZ) != (to->kind == TYPE_TIMESTAMP_LTZ) && from->kind != TYPE_NULL;
}

cast_kernel *cast_kernel_for(const struct type *from, const struct type *to) {
    cast_kernel *kernel = cast_numeric_kernel(from, to);
    if (!kernel)
        kernel = cast_text_kernel(from, to);
    if (!kernel)
        kernel = cast_datetime_kernel(from, to);
    return kernel ? kernel : cast_nested_kernel(from, to);
}

static bool implicit_cast_exists(const struct type *from, const struct type *to) {
    if (from->kind == to->kind && (from->kind == TYPE_ROW || from->element)) {
        if (from->field_count != to->field_count)
            return false;
        for (uint32_t i = 0; i < from->field_count; i++) {
            if (!implicit_cast_exists(from->fields[i].type, to->fields[i].type))
                return false;
        }
        return (!from->element || implicit_cast_exists(from->element, to->element)) &&
               (!from->key || implicit_cast_exists(from->key, to->key));
    }
    return implicit_cast_cost(from, to->kind) >= 0;
}

bool type_can_cast(const struct type *from, const struct type *to, enum cast_kind kind) {
    if (cast_is_free(from, to) || from->kind == TYPE_NULL)
        return true;
    if (kind == CAST_IMPLICIT && !implicit_cast_exists(from, to))
        return false;
    return cast_kernel_for(from, to) != NULL;
}

/* ---- building ---- */

static enum status cannot_cast(struct arena *arena, const struct expression *argument, const struct type *type,
                               enum cast_kind kind, sql_position position, struct error *error) {
    const char *from = type_text(arena, type_with_nullable(arena, argument->type, true));
    const char *to = type_text(arena, type_with_nullable(arena, type, true));
    if (kind == CAST_IMPLICIT) {
        FAIL_AT(error, position, STATUS_DATATYPE_MISMATCH, "%s expected, but the expression is %s", to, from);
        if (type_can_cast(argument->type, type, CAST_EXPLICIT))
            error_hint(error, "use CAST(... AS %s)", to);
        return STATUS_DATATYPE_MISMATCH;
    }
    FAIL_AT(error, position, STATUS_CANNOT_COERCE, "cannot cast %s to %s", from, to);
    if (type_is_numeric(argument->type) && type_is_timestamp(type))
        error_hint(error, "use TO_TIMESTAMP_LTZ(number, precision) for numbers since the epoch");
    return STATUS_CANNOT_COERCE;
}

static struct expression *cast_node(struct arena *arena, struct expression *argument, const struct type *type,
                                    enum cast_kind kind, sql_position position) {
    const char *id = !cast_can_fail(argument->type, type) ? "cast_safe" : kind == CAST_TRY ? "try_cast" : "cast";
    struct expression *expression = ARENA_NEW(arena, struct expression);
    expression->kind = EXPRESSION_CALL;
    expression->type = type;
    expression->position = position;
    expression->call.function = function_by_id(id);
    expression->call.arguments = arena_copy(arena, &argument, sizeof argument);
    expression->call.argument_count = 1;
    return expression;
}

/* A literal is cast now; a value that does not fit stays a cast and fails when (and only if) it is evaluated. */
static struct expression *folded(struct arena *arena, struct expression *cast, sql_position position) {
    struct column value;
    if (cast_needs_zone(cast->call.arguments[0]->type, cast->type) ||
        expression_evaluate_constant(arena, cast, NULL, &value, NULL) != STATUS_OK)
        return cast;
    value.type = cast->type;
    return expression_from_value(arena, &value, 0, position);
}

enum status expression_cast(struct arena *arena, struct expression *argument, const struct type *type,
                            enum cast_kind kind, sql_position position, struct expression **result,
                            struct error *error) {
    const struct type *from = argument->type;
    if (type_equal(from, type)) {
        *result = argument;
        return STATUS_OK;
    }
    if (!type_can_cast(from, type, kind))
        return cannot_cast(arena, argument, type, kind, position, error);
    bool nullable = from->nullable || (kind == CAST_TRY && cast_can_fail(from, type));
    type = type_with_nullable(arena, type, nullable);
    if (expression_is_null_literal(argument))
        *result = expression_null(arena, type, argument->position);
    else if (type_equal(from, type))
        *result = argument;
    else
        *result = cast_node(arena, argument, type, kind, position);
    if (argument->kind == EXPRESSION_LITERAL && (*result)->kind == EXPRESSION_CALL)
        *result = folded(arena, *result, argument->position);
    return STATUS_OK;
}

/* ---- running ---- */

enum status cast_reject(struct cast_job *job, uint32_t row, enum status status) {
    if (job->try_cast) {
        column_set_null(job->result, job->call->arena, row, job->row_count);
        return STATUS_OK;
    }
    struct strbuf text, type;
    strbuf_init(&text);
    strbuf_init(&type);
    column_print_value(&text, job->source, row);
    struct type nullable = *job->result->type;
    nullable.nullable = true;
    type_print(&type, &nullable);
    FAIL_AT(job->error, job->call->position, status, "cannot cast %s'%.*s' to %s",
            type_is_string(job->source->type) ? "" : "value ", text.size > 200 ? 200 : (int)text.size,
            strbuf_text(&text), strbuf_text(&type));
    error_hint(job->error, "TRY_CAST gives NULL instead of an error");
    strbuf_release(&text);
    strbuf_release(&type);
    return status;
}

enum status cast_run(struct cast_job *job) {
    cast_kernel *kernel = cast_kernel_for(job->source->type, job->result->type);
    ASSERT(kernel);
    return kernel(job);
}

static enum status cast_call(struct function_call *call, const struct column *arguments, struct column *result,
                             bool try_cast, struct error *error) {
    struct cast_job job = {
        .call = call,
        .source = &arguments[0],
        .result = result,
        .selection = call->selection,
        .dense_count = call->dense_count,
        .row_count = call->row_count,
        .try_cast = try_cast,
        .error = error,
    };
    return cast_run(&job);
}

enum status cast_strict(struct function_call *call, const struct column *arguments, struct column *result,
                        struct error *error) {
    return cast_call(call, arguments, result, false, error);
}

enum status cast_or_null(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    return cast_call(call, arguments, result, true, error);
}
