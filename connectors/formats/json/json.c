/* json.c: the JSON format: options, and the loops over records and rows. */
#include "connectors/connectors.h"
#include "connectors/formats/json/decoder.h"
#include "connectors/formats/json/encoder.h"
#include "connectors/formats/text_value.h"
#include "core/base/arena.h"

static const struct option_spec json_options[] = {
    {"on-error", OPTION_CHOICE, "dead-letter", false, "dead-letter|fail",
     "what a record that cannot be decoded does: it is reported and skipped, or the job fails"},
    {"ignore-parse-errors", OPTION_BOOL, "false", false, NULL, "fields that cannot be decoded become NULL"},
    {"fail-on-missing-field", OPTION_BOOL, "false", false, NULL, "a field that is missing is an error instead of NULL"},
    {"timestamp-format.standard", OPTION_CHOICE, "SQL", false, "SQL|ISO-8601",
     "how timestamps are written: '2024-05-01 12:00:00' or '2024-05-01T12:00:00'; both are read"},
    {"map-null-key.mode", OPTION_CHOICE, "FAIL", false, "FAIL|DROP|LITERAL", "what is written for a MAP's NULL key"},
    {"map-null-key.literal", OPTION_STRING, "null", false, NULL, "the key written for NULL in LITERAL mode"},
    {"encode.decimal-as-plain-number", OPTION_BOOL, "false", false, NULL, "never write a DECIMAL with an exponent"},
    {"encode.ignore-null-fields", OPTION_BOOL, "false", false, NULL, "leave fields out that are NULL"},
    {"decode.json-parser.enabled", OPTION_BOOL, "true", false, NULL, "accepted for Flink's sake"},
    {0},
};

struct decoder {
    struct json_node root; /* a ROW of the wanted columns */
    struct column root_column;
    const uint32_t *target_columns;
    struct json_settings settings;
    struct json_shapes *shapes;
    struct text_context text;
};

static void node_init(struct json_node *node, struct arena *arena, const char *name, const struct type *type) {
    *node = (struct json_node){.type = type, .name = name, .name_size = strlen(name), .layout = type_layout(type)};
    const struct field array[] = {{"element", type->element}}, map[] = {{"key", type->key}, {"value", type->element}};
    const struct field *fields = type->kind == TYPE_ROW ? type->fields : type->kind == TYPE_MAP ? map : array;
    node->child_count = type->kind == TYPE_ROW     ? type->field_count
                        : type->kind == TYPE_MAP   ? 2
                        : type->kind == TYPE_ARRAY ? 1
                                                   : 0;
    node->children = ARENA_ARRAY(arena, struct json_node, node->child_count);
    for (uint32_t i = 0; i < node->child_count; i++)
        node_init(&node->children[i], arena, fields[i].name, fields[i].type);
}

static enum status json_decoder_open(const struct decoder_config *config, struct decoder **decoder_out,
                                     struct error *error) {
    (void)error;
    struct decoder *decoder = ARENA_NEW(config->arena, struct decoder);
    struct options options;
    options_init_stripped(&options, config->arena, config->options, "json.");
    decoder->settings = (struct json_settings){
        .fail_on_missing_field = options_bool(&options, json_options, "fail-on-missing-field"),
        .ignore_parse_errors = options_bool(&options, json_options, "ignore-parse-errors"),
        .fail_on_error = text_equal_ignore_case(options_text(&options, json_options, "on-error"), "fail"),
    };
    struct field *fields = ARENA_ARRAY(config->arena, struct field, config->column_count);
    for (uint32_t i = 0; i < config->column_count; i++)
        fields[i] = (struct field){config->columns[i].name, config->columns[i].type};
    node_init(&decoder->root, config->arena, "", type_row(config->arena, fields, config->column_count));
    decoder->root.column = &decoder->root_column;
    decoder->target_columns =
        arena_copy(config->arena, config->target_columns, config->column_count * sizeof(uint32_t));
    decoder->shapes = json_shapes_new(config->arena);
    *decoder_out = decoder;
    return STATUS_OK;
}

static bool decode_record(struct decoder *decoder, struct json_cursor *cursor, uint32_t row) {
    if (!json_is_ascii(cursor->start, cursor->end, cursor->limit)) {
        size_t size = (size_t)(cursor->end - cursor->start), valid = utf8_validate(cursor->start, size);
        if (valid < size) {
            FAIL(cursor->error, STATUS_INVALID_ENCODING, "invalid UTF-8 at byte %zu", valid);
            return false;
        }
    }
    if (!decoder->settings.general_only && json_shapes_decode(decoder->shapes, cursor, &decoder->root, row))
        return true;
    cursor->trace = decoder->settings.general_only ? NULL : json_shapes_trace(decoder->shapes);
    bool ok = json_parse_record(cursor, &decoder->root, row);
    if (!ok)
        json_reset_row(&decoder->root, row);
    else if (cursor->trace)
        json_shapes_learn(decoder->shapes, cursor, &decoder->root, row);
    return ok;
}

static enum status json_decode(struct decoder *decoder, const struct str *records, uint32_t count, uint32_t *next,
                               struct decode_target *target, struct error *error) {
    struct json_cursor cursor = {
        .arena = &target->batch->arena,
        .error = error,
        .settings = &decoder->settings,
        .text = &decoder->text,
    };
    decoder->text.arena = &target->batch->arena;
    for (uint32_t i = 0; i < decoder->root.child_count; i++)
        json_node_bind(&decoder->root.children[i], &target->batch->columns[decoder->target_columns[i]],
                       target->capacity);
    for (; *next < count && target->row_count < target->capacity; (*next)++) {
        const struct str *record = &records[*next];
        cursor.start = record->data;
        cursor.end = record->data + record->size;
        cursor.limit = cursor.end + target->padding_bytes;
        if (decode_record(decoder, &cursor, target->row_count)) {
            if (target->row_records)
                target->row_records[target->row_count] = *next;
            target->row_count++;
        } else if (decoder->settings.fail_on_error) {
            return error->status;
        } else {
            target->bad_record(target->context, *next, error);
        }
    }
    return STATUS_OK;
}

static void json_decoder_close(struct decoder *decoder) {
    json_shapes_free(decoder->shapes);
}

void json_decoder_use_general_path(struct decoder *decoder) {
    decoder->settings.general_only = true;
}

struct encoder {
    struct json_output *outputs;
    const uint32_t *columns;
    uint32_t column_count;
    struct json_encode_settings settings;
};

static enum json_null_key null_key_mode(const char *text) {
    if (text_equal_ignore_case(text, "DROP"))
        return JSON_NULL_KEY_DROP;
    return text_equal_ignore_case(text, "LITERAL") ? JSON_NULL_KEY_LITERAL : JSON_NULL_KEY_FAIL;
}

static enum status json_encoder_open(const struct encoder_config *config, struct encoder **encoder_out,
                                     struct error *error) {
    (void)error;
    struct encoder *encoder = ARENA_NEW(config->arena, struct encoder);
    struct options options;
    options_init_stripped(&options, config->arena, config->options, "json.");
    encoder->settings = (struct json_encode_settings){
        .is_iso_time =
            text_equal_ignore_case(options_text(&options, json_options, "timestamp-format.standard"), "ISO-8601"),
        .is_plain_decimal = options_bool(&options, json_options, "encode.decimal-as-plain-number"),
        .ignores_null_fields = options_bool(&options, json_options, "encode.ignore-null-fields"),
        .null_key = null_key_mode(options_text(&options, json_options, "map-null-key.mode")),
        .null_key_literal = options_text(&options, json_options, "map-null-key.literal"),
    };
    encoder->column_count = config->column_count;
    encoder->columns = arena_copy(config->arena, config->columns, config->column_count * sizeof(uint32_t));
    encoder->outputs = ARENA_ARRAY(config->arena, struct json_output, config->column_count);
    for (uint32_t i = 0; i < config->column_count; i++) {
        const struct field *field = &config->schema->fields[config->columns[i]];
        json_output_init(&encoder->outputs[i], config->arena, field->name, field->type);
    }
    *encoder_out = encoder;
    return STATUS_OK;
}

static enum status json_encode(struct encoder *encoder, const struct batch *batch, const struct selection *selection,
                               struct encoded_rows *rows, struct error *error) {
    struct strbuf *out = &rows->data;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        strbuf_append_char(out, '{');
        size_t start = out->size;
        for (uint32_t j = 0; j < encoder->column_count; j++)
            TRY(json_write_field(out, &encoder->outputs[j], &batch->columns[encoder->columns[j]], row,
                                 &encoder->settings, error));
        out->size -= out->size > start;
        strbuf_append_char(out, '}');
        if (out->size > UINT32_MAX)
            return FAIL(error, STATUS_LIMIT_EXCEEDED, "a batch of JSON rows is larger than 4 GiB");
        rows->ends[i] = (uint32_t)out->size;
    }
    return STATUS_OK;
}

static void json_encoder_close(struct encoder *encoder) {
    (void)encoder;
}

static enum status json_validate(const struct schema *schema, const struct options *options, struct error *error) {
    (void)schema;
    const char *missing = options_find(options, "json.fail-on-missing-field");
    const char *ignore = options_find(options, "json.ignore-parse-errors");
    if (missing && ignore && text_equal_ignore_case(missing, "true") && text_equal_ignore_case(ignore, "true"))
        return FAIL(error, STATUS_INVALID_OPTION,
                    "'json.fail-on-missing-field' and 'json.ignore-parse-errors' cannot both be true");
    return STATUS_OK;
}

const struct format_class json_format = {
    .name = "json",
    .options = json_options,
    .is_delimited = true,
    .decoder_open = json_decoder_open,
    .decode = json_decode,
    .decoder_close = json_decoder_close,
    .encoder_open = json_encoder_open,
    .encode = json_encode,
    .encoder_close = json_encoder_close,
    .validate = json_validate,
};
