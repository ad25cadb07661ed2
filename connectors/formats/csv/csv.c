/* csv.c: the CSV format. Columns are found by their place in the table, or, with 'csv.header', by the names in a file's
 * first line.
 *
 * An empty field that is not quoted is NULL, but for strings, which are then empty. ROW and ARRAY columns of scalars lie in one
 * field, their parts separated by 'csv.array-element-delimiter'.
 */
#include <stdlib.h>

#include "connectors/connectors.h"
#include "connectors/formats/csv/dialect.h"
#include "connectors/formats/text_value.h"
#include "core/base/arena.h"
#include "core/base/base64.h"
#include "core/data/real.h"

enum { SHOWN_BYTES = 60, NO_COLUMN = -1 };

struct csv_column {
    const char *name;
    const struct type *type;
    uint32_t target; /* column of the batch */
    bool is_seen;    /* in this record */
};

struct decoder {
    struct csv_dialect dialect;
    struct csv_column *columns; /* wanted ones */
    uint32_t column_count;
    const struct schema *table_schema;
    int32_t *places; /* field of the record -> index of columns, or NO_COLUMN */
    uint32_t place_count, place_capacity;
    bool has_header, expects_header; /* expected at the start of a file, never in a stream */
    bool ignores_errors, fails_on_error;
    struct text_context text;
};

/* The record that is decoded. */
struct csv_cursor {
    struct decoder *decoder;
    struct decode_target *target;
    uint32_t row;
    struct error *error;
};

static void place_columns(struct decoder *decoder) {
    decoder->place_count = decoder->table_schema->field_count;
    for (uint32_t i = 0; i < decoder->place_count; i++) {
        decoder->places[i] = NO_COLUMN;
        for (uint32_t j = 0; j < decoder->column_count; j++)
            if (strcmp(decoder->columns[j].name, decoder->table_schema->fields[i].name) == 0)
                decoder->places[i] = (int32_t)j;
    }
}

static enum status csv_decoder_open(const struct decoder_config *config, struct decoder **decoder_out,
                                    struct error *error) {
    (void)error;
    struct options options;
    options_init_stripped(&options, config->arena, config->options, "csv.");
    struct decoder *decoder = ARENA_NEW(config->arena, struct decoder);
    csv_dialect_init(&decoder->dialect, &options);
    decoder->has_header = options_bool(&options, csv_options, "header");
    decoder->ignores_errors = options_bool(&options, csv_options, "ignore-parse-errors");
    decoder->fails_on_error = text_equal_ignore_case(options_text(&options, csv_options, "on-error"), "fail");
    decoder->table_schema = config->table_schema;
    decoder->column_count = config->column_count;
    decoder->columns = ARENA_ARRAY(config->arena, struct csv_column, config->column_count);
    for (uint32_t i = 0; i < config->column_count; i++)
        decoder->columns[i] =
            (struct csv_column){config->columns[i].name, config->columns[i].type, config->target_columns[i], false};
    decoder->place_capacity = config->table_schema->field_count;
    decoder->places = memory_alloc((decoder->place_capacity + 1) * sizeof *decoder->places);
    place_columns(decoder);
    *decoder_out = decoder;
    return STATUS_OK;
}

static bool mismatch(struct csv_cursor *cursor, const char *name, const struct type *type, struct str text) {
    struct strbuf buffer;
    strbuf_init(&buffer);
    type_print(&buffer, type);
    int shown = text.size < SHOWN_BYTES ? (int)text.size : SHOWN_BYTES;
    FAIL(cursor->error, STATUS_INVALID_TEXT, "column \"%s\" of type %s cannot take the text %.*s", name,
         strbuf_text(&buffer), shown, text.data);
    strbuf_release(&buffer);
    return false;
}

static bool set_null(struct csv_cursor *cursor, const char *name, struct column *column, uint32_t row,
                     uint32_t capacity) {
    if (!column->type->nullable) {
        FAIL(cursor->error, STATUS_NOT_NULL_VIOLATION, "column \"%s\" is NOT NULL but has no value", name);
        return false;
    }
    size_t size = layout_size(type_layout(column->type));
    memset((char *)column->values + size * row, 0, size);
    column_set_null(column, &cursor->target->batch->arena, row, capacity);
    for (uint32_t i = 0; column->type->kind == TYPE_ROW && i < column->type->field_count; i++) {
        struct column *child = &column->children[i];
        size = layout_size(type_layout(child->type));
        memset((char *)child->values + size * row, 0, size);
    }
    return true;
}

static bool set_scalar(struct csv_cursor *cursor, const char *name, struct column *column, uint32_t row,
                       uint32_t capacity, const struct csv_field *field) {
    const struct csv_dialect *dialect = &cursor->decoder->dialect;
    const struct type *type = column->type;
    bool is_null = dialect->null_literal && str_equal(field->text, str_from(dialect->null_literal));
    is_null |= !field->is_quoted && field->text.size == 0 && !type_is_string(type);
    if (is_null)
        return set_null(cursor, name, column, row, capacity);
    void *slot = (char *)column->values + layout_size(type_layout(type)) * row;
    if (text_value_read(type, slot, field->text, &cursor->decoder->text))
        return true;
    if (cursor->decoder->ignores_errors)
        return set_null(cursor, name, column, row, capacity);
    return mismatch(cursor, name, type, field->text);
}

/* Cuts off the text up to the next delimiter of elements. false: there is none left. */
static bool take_element(const char *delimiter, struct str *rest, struct str *element) {
    if (!rest->data)
        return false;
    size_t size = strlen(delimiter);
    const char *stop = memmem(rest->data, rest->size, delimiter, size);
    *element = (struct str){rest->data, stop ? (size_t)(stop - rest->data) : rest->size};
    *rest = stop ? (struct str){stop + size, rest->size - element->size - size} : (struct str){NULL, 0};
    return true;
}

static bool set_array(struct csv_cursor *cursor, const char *name, struct column *column, uint32_t row,
                      struct str text) {
    const char *delimiter = cursor->decoder->dialect.array_delimiter;
    struct str rest = text, element;
    uint32_t count = 0;
    while (text.size && take_element(delimiter, &rest, &element))
        count++;
    uint32_t first = column_list_append(column, &cursor->target->batch->arena, row, count);
    rest = text;
    for (uint32_t i = 0; i < count; i++) {
        take_element(delimiter, &rest, &element);
        struct csv_field field = {.text = element};
        if (!set_scalar(cursor, name, &column->children[0], first + i, column->element_capacity, &field))
            return false;
    }
    return true;
}

static bool set_row(struct csv_cursor *cursor, const char *name, struct column *column, uint32_t row, struct str text) {
    struct str rest = text, element;
    uint32_t count = column->type->field_count;
    for (uint32_t i = 0; i < count; i++) {
        if (!take_element(cursor->decoder->dialect.array_delimiter, &rest, &element))
            return mismatch(cursor, name, column->type, text);
        struct csv_field field = {.text = element};
        if (!set_scalar(cursor, column->type->fields[i].name, &column->children[i], row, cursor->target->capacity,
                        &field))
            return false;
    }
    return rest.data == NULL || mismatch(cursor, name, column->type, text);
}

static bool set_field(struct csv_cursor *cursor, struct csv_column *wanted, const struct csv_field *field) {
    struct column *column = &cursor->target->batch->columns[wanted->target];
    enum layout layout = type_layout(wanted->type);
    uint32_t row = cursor->row, capacity = cursor->target->capacity;
    wanted->is_seen = true;
    if (layout != LAYOUT_LIST && layout != LAYOUT_ROW)
        return set_scalar(cursor, wanted->name, column, row, capacity, field);
    const char *null_literal = cursor->decoder->dialect.null_literal;
    bool is_null =
        null_literal ? str_equal(field->text, str_from(null_literal)) : !field->is_quoted && field->text.size == 0;
    if (is_null)
        return set_null(cursor, wanted->name, column, row, capacity);
    bool ok = layout == LAYOUT_LIST ? set_array(cursor, wanted->name, column, row, field->text)
                                    : set_row(cursor, wanted->name, column, row, field->text);
    return ok || (cursor->decoder->ignores_errors && set_null(cursor, wanted->name, column, row, capacity));
}

static bool wrong_count(struct csv_cursor *cursor, uint32_t count) {
    FAIL(cursor->error, STATUS_MALFORMED_RECORD, "record has %u fields instead of %u", count,
         cursor->decoder->place_count);
    return false;
}

static bool set_missing(struct csv_cursor *cursor, uint32_t field_count) {
    struct decoder *decoder = cursor->decoder;
    /* csv.ignore-parse-errors makes missing fields NULL; a record with too many fields is never used, as in Flink. */
    if (field_count > decoder->place_count || (field_count < decoder->place_count && !decoder->ignores_errors))
        return wrong_count(cursor, field_count);
    for (uint32_t i = 0; i < decoder->column_count; i++) {
        struct csv_column *wanted = &decoder->columns[i];
        struct column *column = &cursor->target->batch->columns[wanted->target];
        if (!wanted->is_seen && !set_null(cursor, wanted->name, column, cursor->row, cursor->target->capacity))
            return false;
    }
    return true;
}

static bool decode_record(struct csv_cursor *cursor, struct str record) {
    struct decoder *decoder = cursor->decoder;
    const char *at = record.data, *end = record.data + record.size;
    size_t valid = utf8_validate(record.data, record.size);
    if (valid < record.size) {
        FAIL(cursor->error, STATUS_INVALID_ENCODING, "invalid UTF-8 at byte %zu", valid);
        return false;
    }
    for (uint32_t i = 0; i < decoder->column_count; i++)
        decoder->columns[i].is_seen = false;
    uint32_t count = 0;
    for (; at; count++) {
        struct csv_field field;
        if (!csv_take_field(&decoder->dialect, &at, end, decoder->text.arena, &field)) {
            FAIL(cursor->error, STATUS_MALFORMED_RECORD, "field %u has a quote that is not closed, or text behind it",
                 count + 1);
            return false;
        }
        if (count < decoder->place_count && decoder->places[count] != NO_COLUMN &&
            !set_field(cursor, &decoder->columns[decoder->places[count]], &field))
            return false;
    }
    return set_missing(cursor, count);
}

/* The names in a file's first line. A wanted column that is not there is NULL in this file, which is worth a report. */
static bool read_header(struct csv_cursor *cursor, struct str record) {
    struct decoder *decoder = cursor->decoder;
    const char *at = record.data, *end = record.data + record.size;
    decoder->expects_header = false;
    decoder->place_count = 0;
    for (uint32_t i = 0; i < decoder->column_count; i++)
        decoder->columns[i].is_seen = false;
    while (at) {
        struct csv_field field;
        if (!csv_take_field(&decoder->dialect, &at, end, decoder->text.arena, &field)) {
            FAIL(cursor->error, STATUS_MALFORMED_RECORD,
                 "the header has a quote that is not closed, or text behind it");
            return false;
        }
        if (decoder->place_count == decoder->place_capacity) {
            decoder->place_capacity = decoder->place_capacity * 2 + 8;
            decoder->places = memory_realloc(decoder->places, decoder->place_capacity * sizeof *decoder->places);
        }
        int32_t *place = &decoder->places[decoder->place_count++];
        *place = NO_COLUMN;
        for (uint32_t i = 0; i < decoder->column_count; i++)
            if (str_equal(str_trim(field.text), str_from(decoder->columns[i].name))) {
                *place = (int32_t)i;
                decoder->columns[i].is_seen = true;
            }
    }
    for (uint32_t i = 0; i < decoder->column_count; i++)
        if (!decoder->columns[i].is_seen) {
            FAIL(cursor->error, STATUS_MALFORMED_RECORD, "the header has no column \"%s\"", decoder->columns[i].name);
            return false;
        }
    return true;
}

/* A row that was given up may have left NULLs. */
static void reset_row(const struct csv_cursor *cursor) {
    for (uint32_t i = 0; i < cursor->decoder->column_count; i++) {
        struct column *column = &cursor->target->batch->columns[cursor->decoder->columns[i].target];
        if (column->validity)
            validity_set(column->validity, cursor->row, true);
        for (uint32_t j = 0; column->type->kind == TYPE_ROW && j < column->type->field_count; j++)
            if (column->children[j].validity)
                validity_set(column->children[j].validity, cursor->row, true);
    }
}

static enum status csv_decode(struct decoder *decoder, const struct str *records, uint32_t count, uint32_t *next,
                              struct decode_target *target, struct error *error) {
    struct csv_cursor cursor = {decoder, target, 0, error};
    decoder->text.arena = &target->batch->arena;
    for (; *next < count && target->row_count < target->capacity; (*next)++) {
        const struct str *record = &records[*next];
        if (decoder->dialect.allows_comments && record->size && record->data[0] == '#')
            continue;
        bool is_header = decoder->expects_header;
        cursor.row = target->row_count;
        bool ok = is_header ? read_header(&cursor, *record) : decode_record(&cursor, *record);
        if (ok && !is_header) {
            if (target->row_records)
                target->row_records[target->row_count] = *next;
            target->row_count++;
        } else if (!ok) {
            if (decoder->fails_on_error)
                return error->status;
            reset_row(&cursor);
            target->bad_record(target->context, *next, error);
        }
    }
    return STATUS_OK;
}

static void csv_decoder_close(struct decoder *decoder) {
    free(decoder->places);
}

static const char *csv_find_record_end(struct decoder *decoder, const char *data, const char *end) {
    return csv_record_end(&decoder->dialect, data, end);
}

static void csv_start_file(struct decoder *decoder) {
    decoder->expects_header = decoder->has_header;
}

struct encoder {
    struct csv_dialect dialect;
    const struct schema *schema;
    const uint32_t *columns;
    uint32_t column_count;
    bool has_header, is_plain_decimal;
    struct strbuf text; /* of one field */
};

static enum status csv_encoder_open(const struct encoder_config *config, struct encoder **encoder_out,
                                    struct error *error) {
    (void)error;
    struct options options;
    options_init_stripped(&options, config->arena, config->options, "csv.");
    struct encoder *encoder = ARENA_NEW(config->arena, struct encoder);
    csv_dialect_init(&encoder->dialect, &options);
    encoder->schema = config->schema;
    encoder->columns = arena_copy(config->arena, config->columns, config->column_count * sizeof(uint32_t));
    encoder->column_count = config->column_count;
    encoder->has_header = options_bool(&options, csv_options, "header");
    encoder->is_plain_decimal = !options_bool(&options, csv_options, "write-bigdecimal-in-scientific-notation");
    strbuf_init(&encoder->text);
    *encoder_out = encoder;
    return STATUS_OK;
}

static void write_value(struct encoder *encoder, const struct column *column, uint32_t row);

static void write_parts(struct encoder *encoder, const struct column *column, uint32_t row) {
    const char *delimiter = encoder->dialect.array_delimiter;
    if (column->type->kind == TYPE_ROW) {
        uint32_t child_row = column_value_index(column, row);
        for (uint32_t i = 0; i < column->type->field_count; i++) {
            if (i)
                strbuf_append_text(&encoder->text, delimiter);
            write_value(encoder, &column->children[i], child_row);
        }
        return;
    }
    const struct list_slice *slice = column_value(column, row);
    for (uint32_t i = 0; i < slice->count; i++) {
        if (i)
            strbuf_append_text(&encoder->text, delimiter);
        write_value(encoder, &column->children[0], slice->offset + i);
    }
}

static void write_real(struct strbuf *out, enum layout layout, const void *value) {
    if (layout == LAYOUT_F32)
        float_print(out, *(const float *)value);
    else
        double_print(out, *(const double *)value);
}

/* Appends to encoder->text. */
static void write_value(struct encoder *encoder, const struct column *column, uint32_t row) {
    struct strbuf *out = &encoder->text;
    const struct type *type = column->type;
    enum layout layout = type_layout(type);
    if (column_is_null(column, row)) {
        strbuf_append_text(out, encoder->dialect.null_literal ? encoder->dialect.null_literal : "");
        return;
    }
    if (layout == LAYOUT_ROW || layout == LAYOUT_LIST) {
        write_parts(encoder, column, row);
        return;
    }
    const void *value = column_value(column, row);
    if (type_is_datetime(type)) {
        text_datetime_write(out, type, value, false);
        return;
    }
    switch (layout) {
    case LAYOUT_BOOL: strbuf_append_text(out, *(const uint8_t *)value ? "true" : "false"); break;
    case LAYOUT_I8: text_int_write(out, *(const int8_t *)value); break;
    case LAYOUT_I16: text_int_write(out, *(const int16_t *)value); break;
    case LAYOUT_I32: text_int_write(out, *(const int32_t *)value); break;
    case LAYOUT_I64:
        text_int_write(out, *(const int64_t *)value / (type->kind == TYPE_INTERVAL_SECOND ? 1000 : 1));
        break;
    case LAYOUT_I128: text_decimal_write(out, *(const int128 *)value, type->scale, encoder->is_plain_decimal); break;
    case LAYOUT_F32:
    case LAYOUT_F64: write_real(out, layout, value); break;
    case LAYOUT_VIEW:
        if (type_is_string(type))
            strbuf_append_str(out, view_str(value));
        else
            base64_append(out, view_str(value));
        break;
    default: UNREACHABLE();
    }
}

static enum status csv_encode(struct encoder *encoder, const struct batch *batch, const struct selection *selection,
                              struct encoded_rows *rows, struct error *error) {
    struct strbuf *out = &rows->data;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        for (uint32_t j = 0; j < encoder->column_count; j++) {
            const struct column *column = &batch->columns[encoder->columns[j]];
            if (j)
                strbuf_append_char(out, encoder->dialect.delimiter);
            strbuf_reset(&encoder->text);
            write_value(encoder, column, row);
            if (column_is_null(column, row))
                strbuf_append_str(out, strbuf_str(&encoder->text)); /* never quoted: quoted it would be a text */
            else
                csv_write_field(out, &encoder->dialect, strbuf_str(&encoder->text));
        }
        if (out->size > UINT32_MAX)
            return FAIL(error, STATUS_LIMIT_EXCEEDED, "a batch of CSV rows is larger than 4 GiB");
        rows->ends[i] = (uint32_t)out->size;
    }
    return STATUS_OK;
}

static void csv_encoder_close(struct encoder *encoder) {
    strbuf_release(&encoder->text);
}

static void csv_write_header(struct encoder *encoder, struct strbuf *out) {
    if (!encoder->has_header)
        return;
    for (uint32_t i = 0; i < encoder->column_count; i++) {
        if (i)
            strbuf_append_char(out, encoder->dialect.delimiter);
        csv_write_field(out, &encoder->dialect, str_from(encoder->schema->fields[encoder->columns[i]].name));
    }
    strbuf_append_char(out, '\n');
}

static bool is_scalar(const struct type *type) {
    return type_layout(type) != LAYOUT_LIST && type_layout(type) != LAYOUT_ROW;
}

static bool is_supported(const struct type *type) {
    if (type->kind == TYPE_ARRAY)
        return is_scalar(type->element);
    for (uint32_t i = 0; type->kind == TYPE_ROW && i < type->field_count; i++)
        if (!is_scalar(type->fields[i].type))
            return false;
    return type->kind != TYPE_MAP;
}

static enum status csv_validate(const struct schema *schema, const struct options *all, struct error *error) {
    struct arena arena;
    arena_init(&arena);
    struct options options;
    options_init_stripped(&options, &arena, all, "csv.");
    enum status status = csv_dialect_check(&options, error);
    for (uint32_t i = 0; schema && i < schema->field_count && status == STATUS_OK; i++)
        if (!is_supported(schema->fields[i].type)) {
            status = FAIL(error, STATUS_UNSUPPORTED, "column \"%s\" of type %s cannot be CSV", schema->fields[i].name,
                          type_text(&arena, schema->fields[i].type));
            error_hint(error, "CSV takes scalars, and ROW and ARRAY of scalars");
        }
    arena_release(&arena);
    return status;
}

const struct format_class csv_format = {
    .name = "csv",
    .options = csv_options,
    .is_delimited = true,
    .decoder_open = csv_decoder_open,
    .decode = csv_decode,
    .decoder_close = csv_decoder_close,
    .record_end = csv_find_record_end,
    .decoder_start_file = csv_start_file,
    .encoder_open = csv_encoder_open,
    .encode = csv_encode,
    .encoder_close = csv_encoder_close,
    .encoder_start_file = csv_write_header,
    .validate = csv_validate,
};
