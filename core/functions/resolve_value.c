/* resolve_value.c: typing of constructors (ARRAY, MAP, ROW), of DECIMAL rounding, and of date functions. */
#include "core/functions/resolve.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/data/datetime.h"
#include "core/functions/expression.h"
#include "core/functions/time_unit.h"

enum status resolve_array(struct call_request *request, const struct function *function) {
    const struct type *element;
    TRY(resolve_common(request, 0, 1, false, false, &element));
    const struct type *type = type_array(request->arena, element);
    request->result = call_new(request, function, type_with_nullable(request->arena, type, false));
    return STATUS_OK;
}

enum status resolve_map(struct call_request *request, const struct function *function) {
    const struct type *key, *value;
    if (request->argument_count % 2)
        return FAIL_AT(request->error, request->position, STATUS_DATATYPE_MISMATCH,
                       "a MAP takes keys and values in turn, so an even number of items");
    TRY(resolve_common(request, 0, 2, false, false, &key));
    TRY(resolve_common(request, 1, 2, false, false, &value));
    const struct type *type = type_map(request->arena, key, value);
    request->result = call_new(request, function, type_with_nullable(request->arena, type, false));
    return STATUS_OK;
}

enum status resolve_row(struct call_request *request, const struct function *function) {
    struct field *fields = ARENA_ARRAY(request->arena, struct field, request->argument_count);
    for (uint32_t i = 0; i < request->argument_count; i++) {
        fields[i].name = arena_printf(request->arena, "EXPR$%u", i);
        fields[i].type = request->arguments[i]->type;
    }
    const struct type *type = type_row(request->arena, fields, request->argument_count);
    request->result = call_new(request, function, type_with_nullable(request->arena, type, false));
    return STATUS_OK;
}

/* ARRAY<ROW<key, value>> of a MAP. */
enum status resolve_map_entries(struct call_request *request, const struct function *function) {
    const struct type *map = request->arguments[0]->type;
    struct field *fields = ARENA_ARRAY(request->arena, struct field, 2);
    fields[0] = (struct field){.name = "key", .type = map->key};
    fields[1] = (struct field){.name = "value", .type = map->element};
    const struct type *type = type_array(request->arena, type_row(request->arena, fields, 2));
    request->result = call_new(request, function, type_with_nullable(request->arena, type, map->nullable));
    return STATUS_OK;
}

/* The digits asked for, when they are known now. */
static bool literal_digits(const struct call_request *request, int64_t *digits) {
    *digits = 0;
    if (request->argument_count < 2)
        return true;
    const struct expression *argument = request->arguments[1];
    if (argument->kind != EXPRESSION_LITERAL || column_is_null(&argument->literal, 0))
        return false;
    *digits = COLUMN_VALUES(&argument->literal, int32_t)[0];
    return true;
}

/* ROUND and TRUNCATE: rounding up may need one whole digit more; Flink gives TRUNCATE the same type. */
enum status resolve_decimal_round(struct call_request *request, const struct function *function) {
    const struct type *type = request->arguments[0]->type;
    int64_t digits;
    if (request->argument_count > 1)
        TRY(resolve_cast_argument(request, 1, &type_int));
    if (literal_digits(request, &digits) && digits < type->scale) {
        unsigned scale = digits < 0 ? 0 : (unsigned)digits;
        unsigned precision = (unsigned)type->precision - type->scale + scale + 1;
        precision = precision > DECIMAL_PRECISION_MAX ? DECIMAL_PRECISION_MAX : precision ? precision : 1;
        type = type_decimal(request->arena, precision, scale);
    }
    request->result =
        call_new(request, function, type_with_nullable(request->arena, type, resolve_any_nullable(request)));
    return STATUS_OK;
}

enum status resolve_decimal_floor(struct call_request *request, const struct function *function) {
    const struct type *type = type_decimal(request->arena, request->arguments[0]->type->precision, 0);
    request->result =
        call_new(request, function, type_with_nullable(request->arena, type, resolve_any_nullable(request)));
    return STATUS_OK;
}

/* DATE ± whole days is a DATE; any other interval of time makes it a TIMESTAMP. */
enum status resolve_date_interval(struct call_request *request, const struct function *function) {
    uint32_t date = request->arguments[0]->type->kind == TYPE_DATE ? 0 : 1;
    const struct expression *interval = request->arguments[1 - date];
    bool whole_days = interval->kind == EXPRESSION_LITERAL && !column_is_null(&interval->literal, 0) &&
                      COLUMN_VALUES(&interval->literal, int64_t)[0] % US_PER_DAY == 0;
    if (!whole_days) {
        TRY(resolve_cast_argument(request, date, &type_timestamp3));
        return resolve_call(request, function->name, request->arguments, 2, &request->result);
    }
    request->result =
        call_new(request, function, type_with_nullable(request->arena, &type_date, resolve_any_nullable(request)));
    return STATUS_OK;
}

/* hour(x) is EXTRACT(HOUR FROM x) */
enum status resolve_extract(struct call_request *request, const struct function *function) {
    struct expression *unit = expression_string(request->arena, str_from(function->name), request->position);
    struct expression *arguments[] = {unit, request->arguments[0]};
    return resolve_call(request, "extract", arguments, 2, &request->result);
}

/* TIMESTAMPADD of days and longer units keeps a DATE. */
enum status resolve_date_add(struct call_request *request, const struct function *function) {
    const struct expression *unit = request->arguments[0];
    bool literal = unit->kind == EXPRESSION_LITERAL && !column_is_null(&unit->literal, 0);
    if (literal && time_unit_find(view_str(unit->literal.values)) < TIME_UNIT_HOUR) {
        TRY(resolve_cast_argument(request, 1, &type_bigint));
        request->result =
            call_new(request, function, type_with_nullable(request->arena, &type_date, resolve_any_nullable(request)));
        return STATUS_OK;
    }
    TRY(resolve_cast_argument(request, 2, &type_timestamp3));
    return resolve_call(request, function->name, request->arguments, 3, &request->result);
}

/* Text in place of a timestamp is cast to one. */
enum status resolve_date_format(struct call_request *request, const struct function *function) {
    TRY(resolve_cast_argument(request, 0, &type_timestamp3));
    return resolve_call(request, function->name, request->arguments, 2, &request->result);
}

enum status resolve_typeof(struct call_request *request, const struct function *function) {
    (void)function;
    const char *text = type_text(request->arena, request->arguments[0]->type);
    request->result = expression_string(request->arena, str_from(text), request->position);
    return STATUS_OK;
}
