/* aggregate.c: the catalogue of aggregates, generated from aggregates.def, and the choice of an overload. */
#include "core/functions/aggregate.h"

#include <pthread.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/array.h"
#include "core/base/str.h"
#include "core/functions/aggregate_kernels.h"
#include "core/functions/expression.h"

#define KERNELS_min_i8 KERNELS_EXTREME(min, i8, int8_t)
#define KERNELS_min_i16 KERNELS_EXTREME(min, i16, int16_t)
#define KERNELS_min_i32 KERNELS_EXTREME(min, i32, int32_t)
#define KERNELS_min_i64 KERNELS_EXTREME(min, i64, int64_t)
#define KERNELS_min_i128 KERNELS_EXTREME(min, i128, int128)
#define KERNELS_min_f32 KERNELS_EXTREME(min, f32, float)
#define KERNELS_min_f64 KERNELS_EXTREME(min, f64, double)
#define KERNELS_min_view KERNELS_EXTREME_VIEW(min)
#define KERNELS_max_i8 KERNELS_EXTREME(max, i8, int8_t)
#define KERNELS_max_i16 KERNELS_EXTREME(max, i16, int16_t)
#define KERNELS_max_i32 KERNELS_EXTREME(max, i32, int32_t)
#define KERNELS_max_i64 KERNELS_EXTREME(max, i64, int64_t)
#define KERNELS_max_i128 KERNELS_EXTREME(max, i128, int128)
#define KERNELS_max_f32 KERNELS_EXTREME(max, f32, float)
#define KERNELS_max_f64 KERNELS_EXTREME(max, f64, double)
#define KERNELS_max_view KERNELS_EXTREME_VIEW(max)

static const struct aggregate aggregates[] = {
#define AGGREGATE(id_, name_, signature_, kinds, min, max, result_, kernels, finish_, retractable, what) \
    {.id = #id_,                                                                                         \
     .name = name_,                                                                                      \
     .signature = signature_,                                                                            \
     .argument_kinds = kinds,                                                                            \
     .argument_count_min = min,                                                                          \
     .argument_count_max = max,                                                                          \
     .result = result_,                                                                                  \
     KERNELS_##kernels,                                                                                  \
     .finish = finish_,                                                                                  \
     .retractable_id = retractable,                                                                      \
     .documentation = what},
#include "core/functions/aggregates.def"
#undef AGGREGATE
};

const struct aggregate *aggregate_table(uint32_t *count) {
    *count = COUNT_OF(aggregates);
    return aggregates;
}

const struct aggregate *aggregate_by_id(const char *id) {
    for (size_t i = 0; i < COUNT_OF(aggregates); i++)
        if (strcmp(aggregates[i].id, id) == 0)
            return &aggregates[i];
    return NULL;
}

static const char *names[COUNT_OF(aggregates)];
static uint32_t name_count;
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

/* Rows of one name stand together: a name is new when it differs from the row before. */
static void fill_names(void) {
    for (size_t i = 0; i < COUNT_OF(aggregates); i++)
        if (i == 0 || strcmp(aggregates[i].name, aggregates[i - 1].name) != 0)
            names[name_count++] = aggregates[i].name;
}

const char *const *aggregate_names(uint32_t *count) {
    pthread_once(&names_once, fill_names);
    *count = name_count;
    return names;
}

bool aggregate_name_exists(const char *name) {
    for (size_t i = 0; i < COUNT_OF(aggregates); i++)
        if (text_equal_ignore_case(aggregates[i].name, name))
            return true;
    return false;
}

const struct aggregate *aggregate_retractable(const struct aggregate *aggregate) {
    if (aggregate->retract)
        return aggregate;
    return aggregate->retractable_id ? aggregate_by_id(aggregate->retractable_id) : NULL;
}

static bool is_twin(const struct aggregate *aggregate) {
    size_t size = strlen(aggregate->id), suffix = strlen("_retract");
    return size > suffix && strcmp(aggregate->id + size - suffix, "_retract") == 0;
}

/* --- overloads --- */

struct aggregate_request {
    struct arena *arena;
    const char *name;
    struct expression **arguments;
    uint32_t argument_count;
    sql_position position;
    struct error *error;
};

static bool name_matches(const struct aggregate *aggregate, const struct aggregate_request *request) {
    return text_equal_ignore_case(aggregate->name, request->name) && !is_twin(aggregate);
}

static bool count_matches(const struct aggregate *aggregate, const struct aggregate_request *request) {
    return request->argument_count >= aggregate->argument_count_min &&
           request->argument_count <= aggregate->argument_count_max;
}

static bool kind_matches(const struct aggregate *aggregate, enum type_kind kind) {
    return aggregate->argument_kinds >> kind & 1;
}

static const struct aggregate *find_overload(const struct aggregate_request *request) {
    for (size_t i = 0; i < COUNT_OF(aggregates); i++) {
        const struct aggregate *aggregate = &aggregates[i];
        if (!name_matches(aggregate, request) || !count_matches(aggregate, request))
            continue;
        if (request->argument_count == 0 || kind_matches(aggregate, request->arguments[0]->type->kind))
            return aggregate;
    }
    return NULL;
}

/* A bare NULL has no type: it becomes an INT where that fits, else the overload's first kind. */
static enum status type_null_argument(const struct aggregate_request *request) {
    if (request->argument_count == 0 || request->arguments[0]->type->kind != TYPE_NULL || find_overload(request))
        return STATUS_OK;
    static const enum type_kind kinds[] = {TYPE_INT, TYPE_VARCHAR, TYPE_BOOLEAN};
    for (size_t i = 0; i < COUNT_OF(aggregates); i++)
        for (size_t k = 0; k < COUNT_OF(kinds); k++)
            if (name_matches(&aggregates[i], request) && kind_matches(&aggregates[i], kinds[k])) {
                request->arguments[0] =
                    expression_null(request->arena, type_simple(kinds[k]), request->arguments[0]->position);
                return STATUS_OK;
            }
    return STATUS_OK;
}

static enum status fail_unknown(const struct aggregate_request *request) {
    uint32_t count;
    const char *const *known = aggregate_names(&count);
    const char *nearest = text_nearest(request->name, known, count);
    FAIL_AT(request->error, request->position, STATUS_UNDEFINED_FUNCTION, "aggregate function \"%s\" does not exist",
            request->name);
    if (nearest)
        error_hint(request->error, "did you mean \"%s\"?", nearest);
    return STATUS_UNDEFINED_FUNCTION;
}

static enum status fail_mismatch(const struct aggregate_request *request) {
    struct strbuf types, accepted;
    strbuf_init(&types);
    strbuf_init(&accepted);
    for (uint32_t i = 0; i < request->argument_count; i++) {
        strbuf_append_text(&types, i ? ", " : "");
        type_print(&types, type_with_nullable(request->arena, request->arguments[i]->type, true));
    }
    for (size_t i = 0; i < COUNT_OF(aggregates); i++)
        if (name_matches(&aggregates[i], request))
            strbuf_printf(&accepted, "%s%s", accepted.size ? " | " : "", strstr(aggregates[i].signature, "<- ") + 3);
    FAIL_AT(request->error, request->position, STATUS_DATATYPE_MISMATCH, "%s cannot be applied to (%s)", request->name,
            strbuf_text(&types));
    error_detail(request->error, "accepted: %s", strbuf_text(&accepted));
    strbuf_release(&types);
    strbuf_release(&accepted);
    return STATUS_DATATYPE_MISMATCH;
}

static const struct type *result_type(struct arena *arena, const struct aggregate *aggregate,
                                      const struct type *argument) {
    switch (aggregate->result) {
    case RESULT_COUNT: return type_with_nullable(arena, &type_bigint, false);
    case RESULT_ARGUMENT: return type_with_nullable(arena, argument, true);
    case RESULT_DOUBLE: return &type_double;
    case RESULT_DECIMAL_SUM: return type_decimal(arena, DECIMAL_PRECISION_MAX, argument->scale);
    case RESULT_DECIMAL_AVG:
        return type_decimal(arena, DECIMAL_PRECISION_MAX, argument->scale < 6 ? 6 : argument->scale);
    case RESULT_STRING: return &type_string;
    case RESULT_BOOLEAN: return &type_boolean;
    case RESULT_ARRAY: return type_array(arena, argument);
    }
    UNREACHABLE();
}

/* LISTAGG's separator. */
static enum status check_constants(const struct aggregate_request *request, const struct aggregate *aggregate) {
    if (aggregate->result != RESULT_STRING || request->argument_count < 2)
        return STATUS_OK;
    const struct expression *separator = request->arguments[1];
    if (separator->kind != EXPRESSION_LITERAL || !type_is_string(separator->type))
        return FAIL_AT(request->error, separator->position, STATUS_DATATYPE_MISMATCH,
                       "the separator of %s must be a string literal", request->name);
    return STATUS_OK;
}

enum status aggregate_resolve(struct arena *arena, const char *name, bool star, struct expression **arguments,
                              uint32_t argument_count, sql_position position, const struct aggregate **aggregate,
                              const struct type **type, struct error *error) {
    struct aggregate_request request = {arena, name, arguments, star ? 0 : argument_count, position, error};
    if (!aggregate_name_exists(name))
        return fail_unknown(&request);
    if (star && !text_equal_ignore_case(name, "count"))
        return FAIL_AT(error, position, STATUS_SYNTAX_ERROR, "only COUNT takes *");
    if (!star && argument_count == 0)
        return fail_mismatch(&request);
    TRY(type_null_argument(&request));
    const struct aggregate *found = find_overload(&request);
    if (!found)
        return fail_mismatch(&request);
    TRY(check_constants(&request, found));
    *aggregate = found;
    *type = result_type(arena, found, star ? NULL : arguments[0]->type);
    return STATUS_OK;
}

void aggregate_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out) {
    if (call->aggregate->encode)
        call->aggregate->encode(call, state, out);
    else
        strbuf_append(out, state, call->aggregate->state_size);
}

void aggregate_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader) {
    if (call->aggregate->decode) {
        call->aggregate->decode(call, state, reader);
        return;
    }
    struct str bytes = bytes_get(reader, call->aggregate->state_size);
    if (!reader->failed)
        memcpy(state, bytes.data, bytes.size);
}
