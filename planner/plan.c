/* plan.c: types, schemas and expressions between memory and the plan's messages, and whole plans as bytes.
 *
 * Whatever is decoded may be foreign: every kind, index, length and depth is checked here or in plan_verify.c before
 * anybody relies on it. Unpacking measures the nesting of the bytes first, because protobuf-c recurses without a bound. */
#include "planner/plan.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/data/column.h"
#include "core/data/row_codec.h"
#include "core/functions/function.h"

enum {
    EXPRESSION_DEPTH_MAX = 1000,
    TYPE_DEPTH_MAX = 100,
    MESSAGE_DEPTH_MAX = 2 * EXPRESSION_DEPTH_MAX + 2 * TYPE_DEPTH_MAX,
    TYPE_FIELDS_MAX = 10000,
    ARGUMENTS_MAX = 100000,
};

/* ---- types ---- */

static enum status check_type_parameters(const Plan__Type *message, struct error *error) {
    if (message->kind >= TYPE_KIND_COUNT)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: unknown type kind %u", message->kind);
    enum type_kind kind = (enum type_kind)message->kind;
    if (kind == TYPE_DECIMAL &&
        (message->precision < 1 || message->precision > DECIMAL_PRECISION_MAX || message->scale > message->precision))
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: DECIMAL(%u, %u) does not exist", message->precision,
                    message->scale);
    if (kind != TYPE_DECIMAL && (message->precision > 9 || message->scale > 9))
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: precision %u of %s", message->precision,
                    type_kind_name(kind));
    if (message->length > LENGTH_MAX)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: length %u of %s", message->length, type_kind_name(kind));
    if (message->n_fields > TYPE_FIELDS_MAX || (kind != TYPE_ROW && message->n_fields))
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: %s with %zu fields", type_kind_name(kind),
                    message->n_fields);
    if (!message->element != (kind != TYPE_ARRAY && kind != TYPE_MAP) || !message->key != (kind != TYPE_MAP))
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: element types of %s", type_kind_name(kind));
    return STATUS_OK;
}

static enum status decode_type(struct arena *arena, const Plan__Type *message, unsigned depth, const struct type **type,
                               struct error *error) {
    if (!message)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: a type is missing");
    if (depth > TYPE_DEPTH_MAX)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: types are nested too deeply");
    TRY(check_type_parameters(message, error));
    struct type *result = ARENA_NEW(arena, struct type);
    *result = (struct type){
        .kind = (enum type_kind)message->kind,
        .nullable = message->nullable,
        .precision = (uint8_t)message->precision,
        .scale = (uint8_t)message->scale,
        .length = message->length,
        .field_count = (uint32_t)message->n_fields,
    };
    struct field *fields = ARENA_ARRAY(arena, struct field, message->n_fields);
    for (size_t i = 0; i < message->n_fields; i++) {
        fields[i].name = arena_strdup(arena, message->fields[i]->name);
        TRY(decode_type(arena, message->fields[i]->type, depth + 1, &fields[i].type, error));
    }
    result->fields = fields;
    if (message->element)
        TRY(decode_type(arena, message->element, depth + 1, &result->element, error));
    if (message->key)
        TRY(decode_type(arena, message->key, depth + 1, &result->key, error));
    *type = result;
    return STATUS_OK;
}

enum status plan_type_decode(struct arena *arena, const Plan__Type *message, const struct type **type,
                             struct error *error) {
    return decode_type(arena, message, 0, type, error);
}

enum status plan_schema_decode(struct arena *arena, Plan__Field *const *fields, size_t count, struct schema *schema,
                               struct error *error) {
    if (count > TYPE_FIELDS_MAX)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: %zu columns", count);
    schema->fields = ARENA_ARRAY(arena, struct field, count);
    schema->field_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        schema->fields[i].name = arena_strdup(arena, fields[i]->name);
        TRY(plan_type_decode(arena, fields[i]->type, &schema->fields[i].type, error));
    }
    return STATUS_OK;
}

Plan__Type *plan_type_encode(struct arena *arena, const struct type *type) {
    Plan__Type *message = ARENA_NEW(arena, Plan__Type);
    plan__type__init(message);
    message->kind = type->kind;
    message->nullable = type->nullable;
    message->precision = type->precision;
    message->scale = type->scale;
    message->length = type->length;
    message->n_fields = type->field_count;
    message->fields = ARENA_ARRAY(arena, Plan__Field *, type->field_count);
    for (uint32_t i = 0; i < type->field_count; i++) {
        Plan__Field *field = ARENA_NEW(arena, Plan__Field);
        plan__field__init(field);
        field->name = arena_strdup(arena, type->fields[i].name);
        field->type = plan_type_encode(arena, type->fields[i].type);
        message->fields[i] = field;
    }
    message->element = type->element ? plan_type_encode(arena, type->element) : NULL;
    message->key = type->key ? plan_type_encode(arena, type->key) : NULL;
    return message;
}

/* ---- expressions ---- */

struct expression_decoder {
    struct arena *arena;
    uint32_t input_columns;
    struct error *error;
};

static enum status decode_expression(const struct expression_decoder *decoder, const Plan__Expression *message,
                                     unsigned depth, struct expression **expression);

static enum status decode_literal(const struct expression_decoder *decoder, const Plan__Expression *message,
                                  struct expression *expression) {
    struct column value;
    column_init(&value, decoder->arena, expression->type, 1);
    /* Long strings of the value point into these bytes. */
    struct str bytes = {arena_copy(decoder->arena, message->literal.data, message->literal.len), message->literal.len};
    TRY(row_decode(bytes, &value, 1, 0, 1, decoder->arena, decoder->error));
    value.kind = COLUMN_CONSTANT;
    expression->kind = EXPRESSION_LITERAL;
    expression->literal = value;
    return STATUS_OK;
}

static bool is_cast(const struct function *function) {
    return strcmp(function->name, "cast") == 0 || strcmp(function->name, "try_cast") == 0;
}

/* Did resolving leave the arguments as they were? If not, casts were missing. */
static bool same_arguments(const struct expression *a, const struct expression *b) {
    if (a->call.argument_count != b->call.argument_count)
        return false;
    for (uint32_t i = 0; i < a->call.argument_count; i++)
        if (a->call.arguments[i] != b->call.arguments[i])
            return false;
    return true;
}

/* Do values of this type serve as the result's without a cast? Lengths and precisions may differ, the scale may not. */
static bool passes_as(const struct type *type, const struct type *result) {
    if (type_equal_ignore_null(type, result))
        return true;
    if (type_is_string(type) && type_is_string(result))
        return true;
    return type->kind == result->kind && type->scale == result->scale && type_layout(type) < LAYOUT_ROW;
}

/* COALESCE resolves to its first argument once that is known not to be NULL; the longer form computes the same. */
static bool is_longer_coalesce(const struct expression *call) {
    if (strcmp(call->call.function->name, "coalesce") != 0)
        return false;
    for (uint32_t i = 0; i < call->call.argument_count; i++)
        if (!passes_as(call->call.arguments[i]->type, call->type))
            return false;
    return true;
}

/* A call is what resolving its function over its arguments gives, and nothing else: kernels rely on their types. The type of
 * the result may depend on the value of an argument (digits of ROUND) where the function types itself; its kind does not. */
static bool call_is_sound(const struct expression_decoder *decoder, const struct expression *call) {
    const struct function *function = call->call.function;
    struct expression *again;
    if (is_cast(function))
        return call->call.argument_count == 1 &&
               type_can_cast(call->call.arguments[0]->type, call->type, CAST_EXPLICIT);
    if (expression_call(decoder->arena, function->name, call->call.arguments, call->call.argument_count, 0, &again,
                        NULL) != STATUS_OK)
        return false;
    if (again->kind != EXPRESSION_CALL || again->call.function != function || !same_arguments(again, call))
        return is_longer_coalesce(call);
    return type_equal_ignore_null(again->type, call->type) ||
           (function->resolve && again->type->kind == call->type->kind && type_layout(call->type) < LAYOUT_ROW);
}

static enum status decode_call(const struct expression_decoder *decoder, const Plan__Call *message, unsigned depth,
                               struct expression *expression) {
    const struct function *function = message ? function_by_id(message->function) : NULL;
    if (!function || !function->kernel)
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: unknown function \"%.100s\"",
                    message ? message->function : "");
    if (message->n_arguments > ARGUMENTS_MAX)
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: %zu arguments", message->n_arguments);
    struct expression **arguments = ARENA_ARRAY(decoder->arena, struct expression *, message->n_arguments);
    for (size_t i = 0; i < message->n_arguments; i++)
        TRY(decode_expression(decoder, message->arguments[i], depth + 1, &arguments[i]));
    expression->kind = EXPRESSION_CALL;
    expression->call.function = function;
    expression->call.arguments = arguments;
    expression->call.argument_count = (uint32_t)message->n_arguments;
    if (!call_is_sound(decoder, expression))
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: %s does not take these arguments", function->id);
    return STATUS_OK;
}

static enum status decode_field(const struct expression_decoder *decoder, const Plan__FieldAccess *message,
                                unsigned depth, struct expression *expression) {
    struct expression *row = NULL;
    if (!message || !message->row)
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: a field of nothing");
    TRY(decode_expression(decoder, message->row, depth + 1, &row));
    if (row->type->kind != TYPE_ROW || message->index >= row->type->field_count)
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: field %u of %s", message->index,
                    type_kind_name(row->type->kind));
    if (!type_equal_ignore_null(row->type->fields[message->index].type, expression->type))
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: type of field %u", message->index);
    expression->kind = EXPRESSION_FIELD;
    expression->field.row = row;
    expression->field.index = message->index;
    return STATUS_OK;
}

static enum status decode_expression(const struct expression_decoder *decoder, const Plan__Expression *message,
                                     unsigned depth, struct expression **expression) {
    if (depth > EXPRESSION_DEPTH_MAX)
        return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: an expression is nested too deeply");
    struct expression *result = ARENA_NEW(decoder->arena, struct expression);
    result->position = message->position;
    TRY(plan_type_decode(decoder->arena, message->type, &result->type, decoder->error));
    *expression = result;
    switch (message->node_case) {
    case PLAN__EXPRESSION__NODE_COLUMN:
        if (message->column >= decoder->input_columns)
            return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: column %u of %u", message->column,
                        decoder->input_columns);
        result->kind = EXPRESSION_COLUMN;
        result->column = message->column;
        return STATUS_OK;
    case PLAN__EXPRESSION__NODE_LITERAL: return decode_literal(decoder, message, result);
    case PLAN__EXPRESSION__NODE_CALL: return decode_call(decoder, message->call, depth, result);
    case PLAN__EXPRESSION__NODE_FIELD: return decode_field(decoder, message->field, depth, result);
    default: return FAIL(decoder->error, STATUS_INVALID_DEFINITION, "plan: an expression of no kind");
    }
}

enum status plan_expression_decode(struct arena *arena, const Plan__Expression *message, uint32_t input_columns,
                                   struct expression **expression, struct error *error) {
    if (!message)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: an expression is missing");
    struct expression_decoder decoder = {.arena = arena, .input_columns = input_columns, .error = error};
    return decode_expression(&decoder, message, 0, expression);
}

static ProtobufCBinaryData encode_literal(struct arena *arena, const struct column *value) {
    struct strbuf bytes;
    strbuf_init(&bytes);
    row_encode(&bytes, value, (const uint32_t[]){0}, 1, 0);
    ProtobufCBinaryData data = {.len = bytes.size, .data = arena_copy(arena, bytes.data, bytes.size)};
    strbuf_release(&bytes);
    return data;
}

static Plan__Call *encode_call(struct arena *arena, const struct expression *expression) {
    Plan__Call *call = ARENA_NEW(arena, Plan__Call);
    plan__call__init(call);
    call->function = arena_strdup(arena, expression->call.function->id);
    call->n_arguments = expression->call.argument_count;
    call->arguments = ARENA_ARRAY(arena, Plan__Expression *, call->n_arguments);
    for (size_t i = 0; i < call->n_arguments; i++)
        call->arguments[i] = plan_expression_encode(arena, expression->call.arguments[i]);
    return call;
}

Plan__Expression *plan_expression_encode(struct arena *arena, const struct expression *expression) {
    Plan__Expression *message = ARENA_NEW(arena, Plan__Expression);
    plan__expression__init(message);
    message->type = plan_type_encode(arena, expression->type);
    message->position = expression->position;
    switch (expression->kind) {
    case EXPRESSION_COLUMN:
        message->node_case = PLAN__EXPRESSION__NODE_COLUMN;
        message->column = expression->column;
        break;
    case EXPRESSION_LITERAL:
        message->node_case = PLAN__EXPRESSION__NODE_LITERAL;
        message->literal = encode_literal(arena, &expression->literal);
        break;
    case EXPRESSION_CALL:
        message->node_case = PLAN__EXPRESSION__NODE_CALL;
        message->call = encode_call(arena, expression);
        break;
    case EXPRESSION_FIELD:
        message->node_case = PLAN__EXPRESSION__NODE_FIELD;
        message->field = ARENA_NEW(arena, Plan__FieldAccess);
        plan__field_access__init(message->field);
        message->field->row = plan_expression_encode(arena, expression->field.row);
        message->field->index = expression->field.index;
        break;
    }
    return message;
}

/* ---- bytes ---- */

struct str plan_pack(struct arena *arena, const Plan__Plan *plan) {
    size_t size = plan__plan__get_packed_size(plan);
    uint8_t *bytes = arena_alloc(arena, size ? size : 1);
    plan__plan__pack(plan, bytes);
    return (struct str){(const char *)bytes, size};
}

static void *allocate(void *arena, size_t size) {
    return arena_alloc(arena, size);
}
static void release(void *arena, void *data) {
    (void)arena;
    (void)data;
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* Are the messages in these bytes nested no deeper than `depth`? Malformed bytes are protobuf-c's to refuse. */
static bool nesting_is_bounded(const ProtobufCMessageDescriptor *descriptor, const uint8_t *at, const uint8_t *end,
                               unsigned depth) {
    static const size_t fixed_sizes[] = {[1] = 8, [5] = 4};
    if (depth == 0)
        return false;
    while (at < end) {
        uint64_t tag, size;
        if (!read_varint(&at, end, &tag))
            return true;
        unsigned wire_type = tag & 7;
        if (wire_type == 0) {
            if (!read_varint(&at, end, &size))
                return true;
            continue;
        }
        if (wire_type == 2) {
            if (!read_varint(&at, end, &size))
                return true;
        } else if (wire_type == 1 || wire_type == 5) {
            size = fixed_sizes[wire_type];
        } else {
            return true;
        }
        if (size > (uint64_t)(end - at))
            return true;
        const ProtobufCFieldDescriptor *field =
            tag >> 3 > UINT32_MAX ? NULL : protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        if (wire_type == 2 && field && field->type == PROTOBUF_C_TYPE_MESSAGE &&
            !nesting_is_bounded(field->descriptor, at, at + size, depth - 1))
            return false;
        at += size;
    }
    return true;
}

enum status plan_unpack(struct arena *arena, struct str bytes, Plan__Plan **plan, struct error *error) {
    const uint8_t *data = (const uint8_t *)bytes.data;
    if (!nesting_is_bounded(&plan__plan__descriptor, data, data + bytes.size, MESSAGE_DEPTH_MAX))
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: nested too deeply");
    ProtobufCAllocator allocator = {.alloc = allocate, .free = release, .allocator_data = arena};
    Plan__Plan *result = plan__plan__unpack(&allocator, bytes.size, data);
    if (!result)
        return FAIL(error, STATUS_INVALID_DEFINITION, "plan: the bytes are not a plan");
    TRY(plan_verify(result, error));
    *plan = result;
    return STATUS_OK;
}
