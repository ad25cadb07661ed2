/* raw.c: a record's bytes as the one column of the table, as they are. */
#include "connectors/connectors.h"
#include "connectors/view.h"
#include "core/base/arena.h"

static const struct option_spec raw_options[] = {
    {"charset", OPTION_CHOICE, "UTF-8", false, "UTF-8", "of STRING columns"},
    {"endianness", OPTION_CHOICE, "big-endian", false, "big-endian|little-endian", "of numbers"},
    {"on-error", OPTION_CHOICE, "dead-letter", false, "dead-letter|fail",
     "what a record that cannot be decoded does: it is reported and skipped, or the job fails"},
    {0},
};

struct decoder {
    bool has_column; /* false: nobody wants it */
    uint32_t target;
    const struct type *type;
    bool is_big_endian, fails_on_error;
};

static enum status raw_decoder_open(const struct decoder_config *config, struct decoder **decoder_out,
                                    struct error *error) {
    (void)error;
    struct options options;
    options_init_stripped(&options, config->arena, config->options, "raw.");
    struct decoder *decoder = ARENA_NEW(config->arena, struct decoder);
    decoder->is_big_endian = text_equal_ignore_case(options_text(&options, raw_options, "endianness"), "big-endian");
    decoder->fails_on_error = text_equal_ignore_case(options_text(&options, raw_options, "on-error"), "fail");
    decoder->has_column = config->column_count > 0;
    if (decoder->has_column) {
        decoder->target = config->target_columns[0];
        decoder->type = config->columns[0].type;
    }
    *decoder_out = decoder;
    return STATUS_OK;
}

/* Numbers in the other order of bytes. */
static void copy_bytes(char *to, const char *from, size_t size, bool is_big_endian) {
    for (size_t i = 0; i < size; i++)
        to[i] = from[is_big_endian ? size - 1 - i : i];
}

static bool store_null(struct column *column, const struct decode_target *target, struct error *error) {
    if (!column->type->nullable) {
        FAIL(error, STATUS_NOT_NULL_VIOLATION, "there is no record, and its column is NOT NULL");
        return false;
    }
    column_set_null(column, &target->batch->arena, target->row_count, target->capacity);
    return true;
}

static bool store(const struct decoder *decoder, const struct decode_target *target, struct str record,
                  struct error *error) {
    struct column *column = &target->batch->columns[decoder->target];
    uint32_t row = target->row_count;
    if (!record.data)
        return store_null(column, target, error);
    if (type_layout(decoder->type) == LAYOUT_VIEW) {
        size_t valid = type_is_string(decoder->type) ? utf8_validate(record.data, record.size) : record.size;
        if (valid < record.size) {
            FAIL(error, STATUS_INVALID_ENCODING, "invalid UTF-8 at byte %zu", valid);
            return false;
        }
        view_store(COLUMN_VALUES(column, struct string_view) + row, record.data, (uint32_t)record.size, record.size);
        return true;
    }
    size_t size = layout_size(type_layout(decoder->type));
    if (record.size != size) {
        FAIL(error, STATUS_MALFORMED_RECORD, "record has %zu bytes instead of %zu", record.size, size);
        return false;
    }
    if (decoder->type->kind == TYPE_BOOLEAN)
        COLUMN_VALUES(column, uint8_t)[row] = record.data[0] != 0;
    else
        copy_bytes((char *)column->values + size * row, record.data, size, decoder->is_big_endian);
    return true;
}

static enum status raw_decode(struct decoder *decoder, const struct str *records, uint32_t count, uint32_t *next,
                              struct decode_target *target, struct error *error) {
    for (; *next < count && target->row_count < target->capacity; (*next)++) {
        if (!decoder->has_column || store(decoder, target, records[*next], error)) {
            if (target->row_records)
                target->row_records[target->row_count] = *next;
            target->row_count++;
        } else if (decoder->fails_on_error) {
            return error->status;
        } else {
            target->bad_record(target->context, *next, error);
        }
    }
    return STATUS_OK;
}

static void raw_decoder_close(struct decoder *decoder) {
    (void)decoder;
}

struct encoder {
    uint32_t column;
    bool is_big_endian;
};

static enum status raw_encoder_open(const struct encoder_config *config, struct encoder **encoder_out,
                                    struct error *error) {
    if (config->column_count != 1)
        return FAIL(error, STATUS_INVALID_DEFINITION, "format \"raw\" writes exactly one column, not %u",
                    config->column_count);
    struct options options;
    options_init_stripped(&options, config->arena, config->options, "raw.");
    struct encoder *encoder = ARENA_NEW(config->arena, struct encoder);
    encoder->column = config->columns[0];
    encoder->is_big_endian = text_equal_ignore_case(options_text(&options, raw_options, "endianness"), "big-endian");
    *encoder_out = encoder;
    return STATUS_OK;
}

/* NULL has no bytes, and where there can be no record, none (reads_null), as in Flink. */
static enum status raw_encode(struct encoder *encoder, const struct batch *batch, const struct selection *selection,
                              struct encoded_rows *rows, struct error *error) {
    const struct column *column = &batch->columns[encoder->column];
    size_t size = layout_size(type_layout(column->type));
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (!column_is_null(column, row)) {
            const void *value = column_value(column, row);
            char bytes[16];
            if (type_layout(column->type) == LAYOUT_VIEW) {
                strbuf_append_str(&rows->data, view_str(value));
            } else {
                copy_bytes(bytes, value, size, encoder->is_big_endian);
                strbuf_append(&rows->data, bytes, size);
            }
        }
        if (rows->data.size > UINT32_MAX)
            return FAIL(error, STATUS_LIMIT_EXCEEDED, "a batch of raw rows is larger than 4 GiB");
        rows->ends[i] = (uint32_t)rows->data.size;
    }
    return STATUS_OK;
}

static void raw_encoder_close(struct encoder *encoder) {
    (void)encoder;
}

static enum status raw_validate(const struct schema *schema, const struct options *options, struct error *error) {
    (void)options;
    if (!schema)
        return STATUS_OK;
    if (schema->field_count != 1)
        return FAIL(error, STATUS_INVALID_DEFINITION, "format \"raw\" needs exactly one column, not %u",
                    schema->field_count);
    const struct type *type = schema->fields[0].type;
    switch (type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: return STATUS_OK;
    default:
        return FAIL(error, STATUS_UNSUPPORTED, "column \"%s\" of type %s cannot be raw bytes", schema->fields[0].name,
                    type_kind_name(type->kind));
    }
}

const struct format_class raw_format = {
    .name = "raw",
    .options = raw_options,
    .is_delimited = true,
    .keeps_empty_records = true,
    .reads_null = true,
    .decoder_open = raw_decoder_open,
    .decode = raw_decode,
    .decoder_close = raw_decoder_close,
    .encoder_open = raw_encoder_open,
    .encode = raw_encode,
    .encoder_close = raw_encoder_close,
    .validate = raw_validate,
};
