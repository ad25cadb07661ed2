/* resolve.c: from a name and arguments to a call of the overload that fits best, with implicit casts put in.
 * The best overload is the one with the least cast cost; of equals the first row of functions.def wins. */
#include "core/functions/resolve.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/str.h"
#include "core/functions/cast.h"
#include "core/functions/expression.h"
#include "core/functions/signature.h"
#include "core/functions/time_unit.h"

struct expression *call_new(struct call_request *request, const struct function *function, const struct type *type) {
    struct expression *expression = ARENA_NEW(request->arena, struct expression);
    expression->kind = EXPRESSION_CALL;
    expression->type = type;
    expression->position = request->position;
    expression->call.function = function;
    expression->call.arguments = request->arguments;
    expression->call.argument_count = request->argument_count;
    return expression;
}

bool resolve_any_nullable(const struct call_request *request) {
    for (uint32_t i = 0; i < request->argument_count; i++) {
        if (request->arguments[i]->type->nullable)
            return true;
    }
    return false;
}

/* ---- errors ---- */

static void print_argument_types(struct strbuf *out, const struct call_request *request) {
    strbuf_append_char(out, '(');
    for (uint32_t i = 0; i < request->argument_count; i++) {
        if (i)
            strbuf_append_text(out, ", ");
        const struct type *type = request->arguments[i]->type;
        type_print(out, type_with_nullable(request->arena, type, true));
    }
    strbuf_append_char(out, ')');
}

enum { OVERLOADS_SHOWN = 5 };

static void print_accepted(struct strbuf *out, const char *name) {
    uint32_t count;
    const struct function *overloads = function_overloads(name, &count);
    for (uint32_t i = 0; i < count && i < OVERLOADS_SHOWN; i++)
        strbuf_printf(out, "%s%s", i ? " |" : "", strstr(overloads[i].signature, "<-") + 2);
    if (count > OVERLOADS_SHOWN)
        strbuf_append_text(out, " | ...");
}

/* `'a' + 1`, from languages where + joins texts. */
static void hint_arithmetic(struct call_request *request) {
    bool is_arithmetic = request->name[0] && !request->name[1] && strchr("+-*/%", request->name[0]);
    for (uint32_t i = 0; is_arithmetic && i < request->argument_count; i++) {
        if (!type_is_string(request->arguments[i]->type))
            continue;
        if (request->name[0] == '+')
            error_hint(request->error, "texts are joined with ||; CAST makes a number of a text");
        else
            error_hint(request->error, "CAST makes a number of a text");
        return;
    }
}

enum status resolve_mismatch(struct call_request *request) {
    struct strbuf types, accepted;
    strbuf_init(&types);
    strbuf_init(&accepted);
    print_argument_types(&types, request);
    print_accepted(&accepted, request->name);
    FAIL_AT(request->error, request->position, STATUS_DATATYPE_MISMATCH, "%s cannot be applied to %s", request->name,
            strbuf_text(&types));
    error_detail(request->error, "accepted:%s", strbuf_text(&accepted));
    hint_arithmetic(request);
    strbuf_release(&types);
    strbuf_release(&accepted);
    return STATUS_DATATYPE_MISMATCH;
}

/* What other systems call it: a name that is spelt alike would mislead. NULL when we do not know. */
static const char *own_name(const char *name) {
    static const char *const names[][2] = {
        {"to_char", "date_format"},
        {"strftime", "date_format"},
        {"len", "char_length"},
        {"datediff", "timestampdiff"},
        {"date_diff", "timestampdiff"},
        {"dateadd", "timestampadd"},
        {"date_add", "timestampadd"},
        {"group_concat", "listagg"},
        {"iif", "if"},
        {"getdate", "now"},
        {"sysdate", "now"},
        {"epoch", "unix_timestamp"},
        {"charindex", "locate"},
        {"substring_index", "split_index"},
        {"any_value", "first_value"},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (text_equal_ignore_case(name, names[i][0]))
            return names[i][1];
    return NULL;
}

/* Built-in functions of Flink that are not here: refused as such, not as slips of others. */
static bool is_missing_builtin(const char *name) {
    static const char *const names[] = {"collect",    "cume_dist", "dense_rank", "intersection", "json",
                                        "lag",        "lead",      "nth_value",  "ntile",        "percent_rank",
                                        "percentile", "printf",    "rank",       "row_number",   "source_watermark"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (text_equal_ignore_case(name, names[i]))
            return true;
    return false;
}

static enum status undefined_function(const struct call_request *request) {
    if (is_missing_builtin(request->name))
        return FAIL_AT(request->error, request->position, STATUS_UNSUPPORTED, "function %s is not executed yet",
                       request->name);
    uint32_t count;
    const char *const *names = function_names(&count);
    const char *nearest = own_name(request->name);
    if (!nearest)
        nearest = text_nearest(request->name, names, count);
    FAIL_AT(request->error, request->position, STATUS_UNDEFINED_FUNCTION, "function \"%s\" does not exist",
            request->name);
    if (nearest)
        error_hint(request->error, "did you mean \"%s\"?", nearest);
    return STATUS_UNDEFINED_FUNCTION;
}

/* ---- pieces for resolvers ---- */

enum status resolve_cast_argument(struct call_request *request, uint32_t i, const struct type *type) {
    struct expression *argument = request->arguments[i];
    if (cast_is_free(argument->type, type))
        return STATUS_OK;
    type = type_with_nullable(request->arena, type, argument->type->nullable);
    return expression_cast(request->arena, argument, type, CAST_EXPLICIT, argument->position, &request->arguments[i],
                           request->error);
}

/* The next of the arguments that resolve_common is about; argument_count after the last. */
static uint32_t next_argument(const struct call_request *request, uint32_t i, uint32_t step, bool with_last) {
    uint32_t count = request->argument_count;
    if (i + step < count)
        return i + step;
    return with_last && i + 1 < count ? count - 1 : count;
}

enum status resolve_common(struct call_request *request, uint32_t first, uint32_t step, bool with_last, bool from_text,
                           const struct type **common) {
    *common = &type_null;
    bool nullable = false;
    for (uint32_t i = first; i < request->argument_count; i = next_argument(request, i, step, with_last)) {
        const struct type *type = request->arguments[i]->type;
        const struct type *next = type_common_argument(request->arena, *common, type, from_text);
        if (!next) {
            return FAIL_AT(request->error, request->arguments[i]->position, STATUS_DATATYPE_MISMATCH,
                           "%s: types %s and %s have no common type", request->name,
                           type_text(request->arena, type_with_nullable(request->arena, *common, true)),
                           type_text(request->arena, type_with_nullable(request->arena, type, true)));
        }
        nullable |= type->nullable;
        *common = next;
    }
    *common = type_with_nullable(request->arena, *common, nullable);
    for (uint32_t i = first; i < request->argument_count; i = next_argument(request, i, step, with_last))
        TRY(resolve_cast_argument(request, i, *common));
    return STATUS_OK;
}

enum status resolve_call(struct call_request *request, const char *name, struct expression *const *arguments,
                         uint32_t argument_count, struct expression **result) {
    return expression_call(request->arena, name, arguments, argument_count, request->position, result, request->error);
}

enum status resolve_internal(struct call_request *request, const struct function *function) {
    FAIL_AT(request->error, request->position, STATUS_UNDEFINED_FUNCTION, "function \"%s\" does not exist",
            request->name);
    error_hint(request->error, "%s", function->documentation);
    return STATUS_UNDEFINED_FUNCTION;
}

enum status resolve_first(struct call_request *request, const struct function *function) {
    (void)function;
    request->result = request->arguments[0];
    return STATUS_OK;
}

/* ---- overloads by signature ---- */

static enum status check_units(const struct call_request *request, const struct signature *signature) {
    for (uint32_t i = 0; i < request->argument_count && i < signature->parameter_count; i++) {
        const struct pattern *pattern = signature->parameters[i].pattern;
        const struct expression *argument = request->arguments[i];
        if (pattern->kind != PATTERN_CLASS || pattern->class != CLASS_UNIT)
            continue;
        if (argument->kind != EXPRESSION_LITERAL || column_is_null(&argument->literal, 0))
            return FAIL_AT(request->error, argument->position, STATUS_INVALID_ARGUMENT,
                           "a time unit must be a literal");
        struct str text = view_str(COLUMN_VALUES(&argument->literal, struct string_view));
        if (time_unit_find(text) == TIME_UNIT_NONE) {
            FAIL_AT(request->error, argument->position, STATUS_INVALID_ARGUMENT, "unknown time unit \"%.*s\"",
                    STR_FORMAT(text));
            error_hint(request->error, "time units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND …");
            return STATUS_INVALID_ARGUMENT;
        }
    }
    return STATUS_OK;
}

static enum status call_overload(struct call_request *request, const struct function *function) {
    struct signature signature;
    const struct type *result;
    const struct type **casts = ARENA_ARRAY(request->arena, const struct type *, request->argument_count + 2);
    ASSERT(signature_parse(function->signature, &signature));
    ASSERT(signature_match(request->arena, &signature, request->arguments, request->argument_count, casts, &result) >=
           0);
    TRY(check_units(request, &signature));
    for (uint32_t i = 0; i < request->argument_count; i++) {
        if (casts[i])
            TRY(resolve_cast_argument(request, i, casts[i]));
    }
    request->result = call_new(request, function, result);
    return STATUS_OK;
}

static const struct function *best_overload(struct call_request *request, const struct function *overloads,
                                            uint32_t count) {
    const struct function *best = NULL;
    int best_cost = INT32_MAX;
    const struct type **casts = ARENA_ARRAY(request->arena, const struct type *, request->argument_count + 2);
    for (uint32_t i = 0; i < count; i++) {
        struct signature signature;
        const struct type *result;
        ASSERT(signature_parse(overloads[i].signature, &signature));
        int cost =
            signature_match(request->arena, &signature, request->arguments, request->argument_count, casts, &result);
        if (cost >= 0 && cost < best_cost) {
            best = &overloads[i];
            best_cost = cost;
        }
    }
    return best;
}

enum status expression_call(struct arena *arena, const char *name, struct expression *const *arguments,
                            uint32_t argument_count, sql_position position, struct expression **result,
                            struct error *error) {
    struct call_request request = {
        .arena = arena,
        .name = name,
        .arguments = arena_alloc(arena, (argument_count + 1) * sizeof *arguments),
        .argument_count = argument_count,
        .position = position,
        .error = error,
    };
    if (argument_count)
        memcpy(request.arguments, arguments, argument_count * sizeof *arguments);
    uint32_t count;
    const struct function *overloads = function_overloads(name, &count);
    if (!overloads)
        return undefined_function(&request);
    const struct function *function = best_overload(&request, overloads, count);
    if (!function)
        return resolve_mismatch(&request);
    TRY(function->resolve ? function->resolve(&request, function) : call_overload(&request, function));
    *result = request.result;
    return STATUS_OK;
}
